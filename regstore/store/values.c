/*
 * Rows of values.
 */
#include <string.h>

#include "regstore/store/internal.h"

#define CHANGE_LAST_SET 4u

lstatus
store_find_value(struct store *store, int64_t key, const char *folded, size_t length,
    struct store_value *ret_value, struct buf *data)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_FIND);
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, key);
	sqlite3_bind_text(statement, 2, folded, (int)length, SQLITE_STATIC);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*ret_value = (struct store_value){
			.type = (uint32_t)sqlite3_column_int64(statement, 0),
			.since = (uint64_t)sqlite3_column_int64(statement, 1),
			.created = (uint64_t)sqlite3_column_int64(statement, 2),
		};
		if (data != NULL) {
			const void *blob = sqlite3_column_blob(statement, 3);

			buf_append(data, blob, (size_t)sqlite3_column_bytes(statement, 3));
		}
		status = LSTATUS(ERROR_SUCCESS);
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}

static lstatus
move_to_past(struct store *store, int64_t key, const char *folded, size_t length, uint64_t number)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_TO_PAST);
	lstatus status;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, key);
	sqlite3_bind_text(statement, 2, folded, (int)length, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, (int64_t)number);
	status = store_run(store, statement);
	if (lstatus_ok(status) && sqlite3_changes(store->db) == 0)
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	return status;
}

/* The value changes; its key's row does too, and says so when it is touched. */
static void
note_value(struct store *store, const char *folded, size_t length)
{
	static const char target[] = "SYMBOLICLINKVALUE";

	if (length == strlen(target) && memcmp(folded, target, length) == 0)
		bell_stamp_changes(store->bell, STORE_TAG_LINKS);
}

/* A zero-length value is a blob of no bytes, not NULL. */
static void
bind_data(sqlite3_stmt *statement, int index, const void *data, size_t size)
{
	sqlite3_bind_blob64(statement, index, size > 0 ? data : "", size, SQLITE_STATIC);
}

static lstatus
update_value(struct store *store, int64_t key, const char *folded, size_t length, uint32_t type,
    const void *data, size_t size, uint64_t number)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_UPDATE);
	lstatus status =
	    statement != NULL ? move_to_past(store, key, folded, length, number) : store->failure;

	if (!lstatus_ok(status))
		return status;
	sqlite3_bind_int64(statement, 1, key);
	sqlite3_bind_text(statement, 2, folded, (int)length, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, type);
	bind_data(statement, 4, data, size);
	sqlite3_bind_int64(statement, 5, (int64_t)number);
	return store_run(store, statement);
}

static lstatus
set_value(struct store *store, int64_t key, const char *folded, size_t length, const char *name,
    uint32_t type, const void *data, size_t size)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_INSERT);
	lstatus status = statement != NULL ? store_touch_key(store, key) : store->failure;
	uint64_t number;

	if (!lstatus_ok(status))
		return status;
	note_value(store, folded, length);
	number = store_next_number(store, key, folded, length);
	sqlite3_bind_int64(statement, 1, key);
	sqlite3_bind_text(statement, 2, folded, (int)length, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 4, type);
	bind_data(statement, 5, data, size);
	sqlite3_bind_int64(statement, 6, (int64_t)number);
	status = store_run(store, statement);
	if (lstatus_ok(status) && sqlite3_changes(store->db) == 0)
		status = update_value(store, key, folded, length, type, data, size, number);
	if (lstatus_ok(status))
		store_changed(store, key, CHANGE_LAST_SET);
	return status;
}

lstatus
store_set_value(struct store *store, int64_t key, const char *folded, size_t length,
    const char *name, uint32_t type, const void *data, size_t size)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	return store_leave(
	    store, own, set_value(store, key, folded, length, name, type, data, size));
}

static lstatus
delete_value(struct store *store, int64_t key, const char *folded, size_t length)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_DELETE);
	struct store_value value;
	lstatus status = statement != NULL
	                     ? store_find_value(store, key, folded, length, &value, NULL)
	                     : store->failure;

	if (lstatus_ok(status))
		status = move_to_past(
		    store, key, folded, length, store_next_number(store, key, folded, length));
	if (!lstatus_ok(status))
		return status;
	note_value(store, folded, length);
	sqlite3_bind_int64(statement, 1, key);
	sqlite3_bind_text(statement, 2, folded, (int)length, SQLITE_STATIC);
	return store_run(store, statement);
}

lstatus
store_delete_value(struct store *store, int64_t key, const char *folded, size_t length)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	status = delete_value(store, key, folded, length);
	if (lstatus_ok(status))
		status = store_touch_key(store, key);
	if (lstatus_ok(status))
		store_changed(store, key, CHANGE_LAST_SET);
	return store_leave(store, own, status);
}

lstatus
store_delete_all_values(struct store *store, int64_t key)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_NAMES);
	struct buf names = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, key);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		int size = sqlite3_column_bytes(statement, 0);

		buf_append(&names, &size, sizeof(size));
		buf_append(&names, sqlite3_column_blob(statement, 0), (size_t)size);
	}
	if (code != SQLITE_DONE)
		status = store_fail(store, code);
	else if (names.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	sqlite3_reset(statement);
	for (size_t at = 0; at < names.size && lstatus_ok(status);) {
		int size;

		memcpy(&size, names.data + at, sizeof(size));
		at += sizeof(size);
		status = delete_value(store, key, (const char *)names.data + at, (size_t)size);
		at += (size_t)size;
	}
	if (names.size > 0 && lstatus_ok(status))
		store_changed(store, key, CHANGE_LAST_SET);
	buf_release(&names);
	return status;
}

static lstatus
each_row(struct store *store, enum statement which, int64_t key,
    bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size),
    void *context)
{
	sqlite3_stmt *statement = store_statement(store, which);
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, key);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 0);
		const void *data = sqlite3_column_blob(statement, 2);
		size_t size = (size_t)sqlite3_column_bytes(statement, 2);

		if (name == NULL) {
			code = SQLITE_NOMEM;
			break;
		}
		if (!each(context, name, (uint32_t)sqlite3_column_int64(statement, 1), data, size))
			break;
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		status = store_fail(store, code);
	sqlite3_reset(statement);
	return status;
}

lstatus
store_each_value(struct store *store, int64_t key,
    bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size),
    void *context)
{
	return each_row(store, SQL_VALUE_LIST, key, each, context);
}

lstatus
store_stream_values(struct store *store, int64_t key,
    bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size),
    void *context)
{
	return each_row(store, SQL_VALUE_STREAM, key, each, context);
}
