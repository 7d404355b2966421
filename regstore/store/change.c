/*
 * Changes of a key itself: its name and path, class, flags and security descriptor.
 *
 * Each is a new version of the key's row. A path follows from names and parents, so a rename is one
 * write however much lies below.
 */
#include <string.h>

#include "regstore/store/internal.h"

/* REG_NOTIFY_CHANGE bits, as registry.h names them for users. */
#define CHANGE_NAME       1u
#define CHANGE_ATTRIBUTES 2u
#define CHANGE_SECURITY   8u

lstatus
store_query_extra(struct store *store, int64_t id, struct buf *class, struct buf *descriptor)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_EXTRA);
	lstatus status = LSTATUS(ERROR_KEY_DELETED);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, id);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		struct buf *const outs[] = { class, descriptor };

		status = LSTATUS(ERROR_SUCCESS);
		for (int i = 0; i < 2; i++) {
			const void *data = sqlite3_column_blob(statement, i);

			if (outs[i] == NULL)
				continue;
			buf_append(outs[i], data, (size_t)sqlite3_column_bytes(statement, i));
			if (outs[i]->failed)
				status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		}
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}

/* Keep the key's row as it was until this write; the new row's number is *ret_number. */
static lstatus
keep_version(struct store *store, int64_t id, uint64_t *ret_number)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_TO_PAST);
	lstatus status;

	if (statement == NULL)
		return store->failure;
	*ret_number = store_next_number(store, id, NULL, 0);
	sqlite3_bind_int64(statement, 1, id);
	sqlite3_bind_int64(statement, 2, (int64_t)*ret_number);
	status = store_run(store, statement);
	if (lstatus_ok(status) && sqlite3_changes(store->db) == 0)
		return LSTATUS(ERROR_KEY_DELETED);
	return status;
}

/* --- Rename -------------------------------------------------------------------------------------
 */

/* Bind the range of the paths below one, as parameters 1 and 2. */
static bool
bind_below(
    sqlite3_stmt *statement, const char *path, size_t length, struct buf *begin, struct buf *end)
{
	buf_append(begin, path, length);
	buf_append_byte(begin, STORE_SEPARATOR);
	buf_append(end, path, length);
	buf_append_byte(end, STORE_SEPARATOR + 1);
	if (begin->failed || end->failed)
		return false;
	sqlite3_bind_text(statement, 1, (const char *)begin->data, (int)begin->size, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, (const char *)end->data, (int)end->size, SQLITE_STATIC);
	return true;
}

/* Everything below the old path gets the new one in its place. */
static lstatus
move_below(struct store *store, const struct buf *old, const char *path, size_t length)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_MOVE_BELOW);
	struct buf begin = { 0 };
	struct buf end = { 0 };
	lstatus status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	if (statement == NULL)
		return store->failure;
	if (bind_below(statement, (const char *)old->data, old->size, &begin, &end)) {
		sqlite3_bind_text(statement, 3, path, (int)length, SQLITE_STATIC);
		sqlite3_bind_text(
		    statement, 4, (const char *)old->data, (int)old->size, SQLITE_STATIC);
		status = store_run(store, statement);
	}
	buf_release(&begin);
	buf_release(&end);
	return status;
}

/* Tell the watchers of each path below one that its key comes, or goes. */
static lstatus
note_below(struct store *store, const char *path, size_t length)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_BELOW);
	struct buf begin = { 0 };
	struct buf end = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code = SQLITE_NOMEM;

	if (statement == NULL)
		return store->failure;
	if (!bell_wants_notes(store->bell))
		return status;
	if (bind_below(statement, path, length, &begin, &end)) {
		while ((code = sqlite3_step(statement)) == SQLITE_ROW)
			bell_changed(store->bell, sqlite3_column_blob(statement, 2),
			    (size_t)sqlite3_column_bytes(statement, 2), CHANGE_NAME | BELL_CARRIED);
	}
	if (code != SQLITE_DONE)
		status = store_fail(store, code);
	sqlite3_reset(statement);
	buf_release(&begin);
	buf_release(&end);
	return status;
}

static lstatus
rename_row(struct store *store, int64_t id, const char *path, size_t length, const char *name)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_RENAME);
	uint64_t number = 0;
	lstatus status;

	if (statement == NULL)
		return store->failure;
	status = keep_version(store, id, &number);
	if (!lstatus_ok(status))
		return status;
	sqlite3_bind_int64(statement, 1, id);
	sqlite3_bind_text(statement, 2, path, (int)length, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 4, (int64_t)number);
	return store_run(store, statement);
}

static lstatus
rename_key(struct store *store, int64_t id, const char *path, size_t length, const char *name)
{
	struct store_key key = { 0 };
	struct buf old = { 0 };
	lstatus status = store_get_key(store, id, &key, &old, NULL);

	if (lstatus_ok(status) && old.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		status = rename_row(store, id, path, length, name);
	if (lstatus_ok(status))
		status = note_below(store, (const char *)old.data, old.size);
	if (lstatus_ok(status))
		status = move_below(store, &old, path, length);
	if (lstatus_ok(status))
		status = note_below(store, path, length);
	bell_stamps_change(store->bell); /* all that is below has other paths now */
	if (lstatus_ok(status)) {
		bell_changed(
		    store->bell, (const char *)old.data, old.size, CHANGE_NAME | BELL_RENAMED);
		bell_changed(store->bell, path, length, CHANGE_NAME);
		store_changed(store, key.parent, CHANGE_NAME);
		store_forget_touched(store);
		status = store_touch_key(store, key.parent);
	}
	buf_release(&old);
	return status;
}

lstatus
store_rename_key(struct store *store, int64_t id, const char *path, size_t length, const char *name)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	return store_leave(store, own, rename_key(store, id, path, length, name));
}

/* --- Class, flags and security ------------------------------------------------------------------
 */

/* Begin a change of one column: keep the old version, and bind the key's id to the statement. */
static lstatus
begin_change(struct store *store, enum statement which, int64_t id, sqlite3_stmt **ret_statement,
    uint64_t *ret_number)
{
	sqlite3_stmt *statement = store_statement(store, which);
	struct store_key key = { 0 };
	lstatus status =
	    statement != NULL ? store_get_key(store, id, &key, NULL, NULL) : store->failure;

	if (lstatus_ok(status))
		status = keep_version(store, id, ret_number);
	if (lstatus_ok(status)) {
		store_key_changes(store, id, key.parent);
		store_forget_touched(store);
		sqlite3_bind_int64(statement, 1, id);
		*ret_statement = statement;
	}
	return status;
}

/* Carry the change out, and note what kind it is for the bell. */
static lstatus
end_change(struct store *store, sqlite3_stmt *statement, int64_t id, uint32_t kind)
{
	lstatus status = store_run(store, statement);

	if (lstatus_ok(status))
		store_changed(store, id, kind);
	return status;
}

static lstatus
set_class(struct store *store, int64_t id, const void *data, size_t size)
{
	sqlite3_stmt *statement = NULL;
	uint64_t number = 0;
	lstatus status;

	status = begin_change(store, SQL_KEY_SET_CLASS, id, &statement, &number);
	if (!lstatus_ok(status))
		return status;
	if (size > 0)
		sqlite3_bind_blob64(statement, 2, data, size, SQLITE_STATIC);
	else
		sqlite3_bind_null(statement, 2);
	sqlite3_bind_int64(statement, 3, (int64_t)number);
	return end_change(store, statement, id, CHANGE_ATTRIBUTES);
}

lstatus
store_set_class(struct store *store, int64_t id, const void *data, size_t size)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	return store_leave(store, own, set_class(store, id, data, size));
}

static lstatus
set_flags(struct store *store, int64_t id, uint32_t mask, uint32_t flags)
{
	sqlite3_stmt *statement = NULL;
	uint64_t number = 0;
	lstatus status;

	status = begin_change(store, SQL_KEY_SET_FLAGS, id, &statement, &number);
	if (!lstatus_ok(status))
		return status;
	sqlite3_bind_int64(statement, 2, mask);
	sqlite3_bind_int64(statement, 3, flags & mask);
	sqlite3_bind_int64(statement, 4, (int64_t)number);
	return end_change(store, statement, id, CHANGE_ATTRIBUTES);
}

lstatus
store_set_flags(struct store *store, int64_t id, uint32_t mask, uint32_t flags)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	return store_leave(store, own, set_flags(store, id, mask, flags));
}

lstatus
store_get_descriptor(struct store *store, int64_t id, struct buf *data)
{
	sqlite3_stmt *statement = store_statement(store, SQL_SECURITY_GET);
	lstatus status = LSTATUS(ERROR_REGISTRY_CORRUPT);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, id);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		buf_append(data, sqlite3_column_blob(statement, 0),
		    (size_t)sqlite3_column_bytes(statement, 0));
		status = LSTATUS(data->failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}

static lstatus
collect_ids(struct store *store, sqlite3_stmt *statement, struct buf *ids)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(statement, 0);

		buf_append(ids, &id, sizeof(id));
	}
	if (code != SQLITE_DONE)
		status = store_fail(store, code);
	else if (ids->failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	sqlite3_reset(statement);
	return status;
}

lstatus
store_descriptors_below(struct store *store, int64_t id, struct buf *ids)
{
	sqlite3_stmt *statement = store_statement(store, SQL_SECURITY_BELOW);
	struct store_key key;
	struct buf from = { 0 };
	struct buf to = { 0 };
	lstatus status =
	    statement != NULL ? store_get_key(store, id, &key, &from, NULL) : store->failure;

	/* The key above all has no path: everything is below it. FF is in no path. */
	buf_append(&to, from.data, from.size);
	buf_append_byte(&to, from.size > 0 ? STORE_SEPARATOR + 1 : 0xff);
	buf_append_byte(&from, STORE_SEPARATOR);
	if (lstatus_ok(status) && (from.failed || to.failed))
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status)) {
		sqlite3_bind_text(
		    statement, 1, (const char *)from.data, (int)from.size, SQLITE_STATIC);
		sqlite3_bind_text(statement, 2, (const char *)to.data, (int)to.size, SQLITE_STATIC);
		status = collect_ids(store, statement, ids);
	}
	buf_release(&from);
	buf_release(&to);
	return status;
}

uint64_t
store_rollbacks(const struct store *store)
{
	return store->rollbacks;
}

/* Equal descriptors are kept once. */
lstatus
store_keep_descriptor(struct store *store, const void *data, size_t size, int64_t *ret_id)
{
	sqlite3_stmt *find = store_statement(store, SQL_SECURITY_FIND);
	sqlite3_stmt *insert = store_statement(store, SQL_SECURITY_INSERT);
	lstatus status;
	int code;

	if (find == NULL || insert == NULL)
		return store->failure;
	sqlite3_bind_blob64(find, 1, data, size, SQLITE_STATIC);
	code = sqlite3_step(find);
	if (code == SQLITE_ROW)
		*ret_id = sqlite3_column_int64(find, 0);
	sqlite3_reset(find);
	if (code == SQLITE_ROW)
		return LSTATUS(ERROR_SUCCESS);
	if (code != SQLITE_DONE)
		return store_fail(store, code);
	sqlite3_bind_blob64(insert, 1, data, size, SQLITE_STATIC);
	status = store_run(store, insert);
	if (lstatus_ok(status))
		*ret_id = sqlite3_last_insert_rowid(store->db);
	return status;
}

static lstatus
set_security(struct store *store, int64_t id, const void *data, size_t size)
{
	sqlite3_stmt *statement = NULL;
	int64_t descriptor = 0;
	uint64_t number = 0;
	lstatus status;

	status = store_keep_descriptor(store, data, size, &descriptor);
	if (lstatus_ok(status))
		status = begin_change(store, SQL_KEY_SET_SECURITY, id, &statement, &number);
	if (!lstatus_ok(status))
		return status;
	sqlite3_bind_int64(statement, 2, descriptor);
	sqlite3_bind_int64(statement, 3, (int64_t)number);
	return end_change(store, statement, id, CHANGE_SECURITY);
}

lstatus
store_set_security(struct store *store, int64_t id, const void *data, size_t size)
{
	bool own;
	lstatus status;

	if (data == NULL || size == 0)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	status = store_enter(store, &own);
	if (!lstatus_ok(status))
		return status;
	return store_leave(store, own, set_security(store, id, data, size));
}
