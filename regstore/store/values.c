/*
 * Rows of values.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
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

void
store_bind_data(sqlite3_stmt *statement, int index, const void *data, size_t size)
{
	sqlite3_bind_blob64(statement, index, size > 0 ? data : "", size, SQLITE_STATIC);
}

static lstatus
update_value(struct store *store, const struct value_row *row)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_UPDATE);
	lstatus status = statement != NULL
	                     ? move_to_past(store, row->key, row->folded, row->length, row->number)
	                     : store->failure;

	if (!lstatus_ok(status))
		return status;
	sqlite3_bind_int64(statement, 1, row->key);
	sqlite3_bind_text(statement, 2, row->folded, (int)row->length, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, row->type);
	store_bind_data(statement, 4, row->data, row->size);
	sqlite3_bind_int64(statement, 5, (int64_t)row->number);
	return store_run(store, statement);
}

lstatus
store_write_value(struct store *store, const struct value_row *row)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_INSERT);
	lstatus status;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, row->key);
	sqlite3_bind_text(statement, 2, row->folded, (int)row->length, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, row->name, (int)row->name_length, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 4, row->type);
	store_bind_data(statement, 5, row->data, row->size);
	sqlite3_bind_int64(statement, 6, (int64_t)row->number);
	status = store_run(store, statement);
	if (lstatus_ok(status) && sqlite3_changes(store->db) == 0)
		status = update_value(store, row);
	return status;
}

lstatus
store_value_changes(
    struct store *store, int64_t key, const char *folded, size_t length, uint64_t *ret_number)
{
	lstatus status = store_touch_key(store, key);

	if (!lstatus_ok(status))
		return status;
	note_value(store, folded, length);
	store_changed(store, key, CHANGE_LAST_SET);
	*ret_number = store_next_number(store, key, folded, length);
	return status;
}

static lstatus
set_value(struct store *store, struct value_row *row)
{
	lstatus status =
	    store_value_changes(store, row->key, row->folded, row->length, &row->number);

	if (!lstatus_ok(status))
		return status;
	recent_note(store, row->key, row->folded, row->length, row->type, row->data, row->size);
	return store_batch_takes(store, row) ? store_batch_value(store, row)
	                                     : store_write_value(store, row);
}

lstatus
store_set_value(struct store *store, int64_t key, const char *folded, size_t length,
    const char *name, uint32_t type, const void *data, size_t size)
{
	struct value_row row = {
		.key = key,
		.folded = folded,
		.length = length,
		.name = name,
		.name_length = strlen(name),
		.type = type,
		.data = data,
		.size = size,
	};
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	return store_leave(store, own, set_value(store, &row));
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

/* --- All values of a key ------------------------------------------------------------------------
 */

/* A value as it was listed. Its name and data lie in `bytes`, in this order. */
struct listed {
	int64_t created;
	uint32_t type;
	bool apart; /* the data are long and not listed: they are read when their turn comes */
	size_t at;
	size_t name_length;
	size_t size;
};

#define LISTING_KEPT 0x40000u /* bytes: memory that is not given back between two listings */

/* Listings follow each other, and may nest: the memory of the last one serves the next. */
static struct value_listing
begin_listing(struct store *store)
{
	struct value_listing listing = store->listing;

	store->listing = (struct value_listing){ 0 };
	buf_clear(&listing.values);
	buf_clear(&listing.bytes);
	listing.sorted = true;
	return listing;
}

static void
end_listing(struct store *store, struct value_listing *listing)
{
	store_release_listing(&store->listing);
	if (listing->values.capacity + listing->bytes.capacity > LISTING_KEPT)
		store_release_listing(listing);
	store->listing = *listing;
}

void
store_release_listing(struct value_listing *listing)
{
	buf_release(&listing->values);
	buf_release(&listing->bytes);
}

static void
list_row(sqlite3_stmt *statement, struct value_listing *listing)
{
	struct listed value = {
		.created = sqlite3_column_int64(statement, 0),
		.type = (uint32_t)sqlite3_column_int64(statement, 1),
		.at = listing->bytes.size,
	};
	size_t count = listing->values.size / sizeof(value);
	const struct listed *last = (const struct listed *)(const void *)listing->values.data;
	const void *name = sqlite3_column_blob(statement, 2);
	const void *data;

	value.name_length = (size_t)sqlite3_column_bytes(statement, 2);
	buf_append(&listing->bytes, name, value.name_length);
	buf_append_byte(&listing->bytes, '\0');
	data = sqlite3_column_blob(statement, 3);
	value.size = (size_t)sqlite3_column_bytes(statement, 3);
	/* Data of no bytes are none either way. */
	value.apart = data == NULL && sqlite3_column_type(statement, 3) == SQLITE_NULL;
	buf_append(&listing->bytes, data, value.size);
	listing->sorted =
	    listing->sorted && (count == 0 || last[count - 1].created < value.created);
	buf_append(&listing->values, &value, sizeof(value));
}

static int
compare_created(const void *left, const void *right)
{
	const struct listed *a = left;
	const struct listed *b = right;

	return (a->created > b->created) - (a->created < b->created);
}

/* Whether the key has turned out not to be small. */
static bool
is_large(const struct value_listing *listing)
{
	size_t count = listing->values.size / sizeof(struct listed);
	const struct listed *values = (const struct listed *)(const void *)listing->values.data;

	return count > STORE_SMALL_VALUES || listing->bytes.size > STORE_SMALL_BYTES ||
	       (count > 0 && values[count - 1].apart);
}

static lstatus
list_values(struct store *store, int64_t key, bool small, struct value_listing *listing)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_LIST);
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, key);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		list_row(statement, listing);
		if (small && is_large(listing))
			break;
	}
	if (code == SQLITE_ROW)
		status = LSTATUS(ERROR_MORE_DATA);
	else if (code != SQLITE_DONE)
		status = store_fail(store, code);
	else if (listing->values.failed || listing->bytes.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	sqlite3_reset(statement);
	if (!listing->sorted && lstatus_ok(status))
		qsort(listing->values.data, listing->values.size / sizeof(struct listed),
		    sizeof(struct listed), compare_created);
	return status;
}

/* Read data that were left out, and the type they have now. *ret_there: the value is not gone. */
static lstatus
read_apart(struct store *store, int64_t key, struct listed *value, const char *name,
    struct buf *data, bool *ret_there)
{
	struct store_value found = { 0 };
	struct buf folded = { 0 };
	lstatus status = LSTATUS(ERROR_REGISTRY_CORRUPT);

	buf_clear(data);
	if (name_fold(name, value->name_length, &folded))
		status = LSTATUS(folded.failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
	if (lstatus_ok(status))
		status = store_find_value(
		    store, key, (const char *)folded.data, folded.size, &found, data);
	buf_release(&folded);
	*ret_there = lstatus_ok(status);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return LSTATUS(ERROR_SUCCESS);
	value->type = found.type;
	value->size = data->size;
	return data->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

lstatus
store_each_value(struct store *store, int64_t key, bool small,
    bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size),
    void *context)
{
	struct value_listing listing = begin_listing(store);
	struct buf apart = { 0 };
	lstatus status = list_values(store, key, small, &listing);
	bool more = true;

	for (size_t at = 0; at < listing.values.size && more && lstatus_ok(status);
	     at += sizeof(struct listed)) {
		struct listed *value = (struct listed *)(void *)(listing.values.data + at);
		const char *name = (const char *)listing.bytes.data + value->at;
		const void *data = name + value->name_length + 1;
		bool there = true;

		if (value->apart) {
			status = read_apart(store, key, value, name, &apart, &there);
			data = apart.data;
		}
		if (lstatus_ok(status) && there)
			more = each(context, name, value->type, data, value->size);
	}
	end_listing(store, &listing);
	buf_release(&apart);
	return status;
}
