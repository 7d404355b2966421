/*
 * Reading the write log: what each write was about, forwards as it grows, or back from its end.
 *
 * A reader holds no transaction between two calls: it takes one transaction's list at a time. That
 * a list is missing shows by its numbers.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/store/internal.h"

struct store_log {
	struct store *store;
	uint64_t first;
	uint64_t last;
	bool backwards;
	uint64_t next;      /* the number that comes next */
	struct store_tx tx; /* of the list at hand */
	struct buf bytes;
	struct change_entry *entries;
	size_t capacity;
	size_t count;
	sqlite3_stmt *found; /* the changes that were looked for; NULL: all */
};

lstatus
store_first_number(struct store *store, uint64_t *ret_number)
{
	int64_t pruned = 0;
	lstatus status = store_find_meta_number(store, STORE_META_PRUNED, &pruned);

	*ret_number = (uint64_t)pruned + 1;
	return lstatus_is(status, ERROR_FILE_NOT_FOUND) ? LSTATUS(ERROR_SUCCESS) : status;
}

lstatus
store_log_open(
    struct store *store, uint64_t first, uint64_t last, bool backwards, struct store_log **ret_log)
{
	struct store_log *log;
	uint64_t oldest = 0;
	lstatus status = store_first_number(store, &oldest);

	if (lstatus_ok(status) && first < oldest && first > 0)
		status = LSTATUS(ERROR_JOURNAL_ENTRY_DELETED);
	if (!lstatus_ok(status))
		return status;
	log = calloc(1, sizeof(*log));
	if (log == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	log->store = store;
	log->first = first > 0 ? first : oldest;
	log->last = last;
	log->backwards = backwards;
	log->next = backwards ? last : log->first;
	*ret_log = log;
	return status;
}

lstatus
store_log_open_key(struct store *store, const char *path, size_t length, bool subtree,
    const char *folded, size_t folded_length, uint64_t first, uint64_t last,
    struct store_log **ret_log)
{
	struct store_log *log = NULL;
	lstatus status = store_log_open(store, first, last, true, &log);

	if (lstatus_ok(status))
		status = store_find_changes(
		    store, path, length, subtree, folded, folded_length, log->first, last);
	if (lstatus_ok(status)) {
		int code = sqlite3_prepare_v2(store->db,
		    "SELECT number, key, folded FROM found ORDER BY number DESC", -1, &log->found,
		    NULL);

		if (code != SQLITE_OK)
			status = store_fail(store, code);
	}
	if (lstatus_ok(status))
		*ret_log = log;
	else
		store_log_close(log);
	return status;
}

void
store_log_close(struct store_log *log)
{
	if (log == NULL)
		return;
	sqlite3_finalize(log->found);
	store_tx_release(&log->tx);
	buf_release(&log->bytes);
	free(log->entries);
	free(log);
}

/* Take the list apart, so that it can be read from either end. */
static lstatus
split(struct store_log *log)
{
	struct change_cursor cursor = {
		.at = log->bytes.data,
		.end = log->bytes.size > 0 ? log->bytes.data + log->bytes.size : log->bytes.data,
	};
	struct change_entry entry;

	while (change_cursor_next(&cursor, &entry)) {
		if (!array_room(&log->entries, &log->capacity, log->count, sizeof(*log->entries)))
			return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		log->entries[log->count++] = entry;
	}
	return LSTATUS(cursor.at == cursor.end ? ERROR_SUCCESS : ERROR_REGISTRY_CORRUPT);
}

static lstatus
take_row(struct store_log *log, sqlite3_stmt *statement)
{
	struct store_tx tx;
	lstatus status = store_read_tx(statement, &tx);

	if (!lstatus_ok(status))
		return status;
	store_tx_release(&log->tx);
	log->tx = tx;
	buf_clear(&log->bytes);
	log->count = 0;
	if (sqlite3_column_type(statement, 7) == SQLITE_NULL)
		return status;
	buf_append(&log->bytes, sqlite3_column_blob(statement, 7),
	    (size_t)sqlite3_column_bytes(statement, 7));
	if (log->bytes.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = split(log);
	return lstatus_ok(status) && log->count != tx.last - tx.first + 1
	           ? LSTATUS(ERROR_REGISTRY_CORRUPT)
	           : status;
}

/* Read the transaction that the next number is of. */
static lstatus
load(struct store_log *log)
{
	sqlite3_stmt *statement =
	    store_statement(log->store, log->backwards ? SQL_LOG_BACK : SQL_LOG_NEXT);
	lstatus status = LSTATUS(ERROR_NO_MORE_ITEMS);
	int code;

	if (statement == NULL)
		return log->store->failure;
	sqlite3_bind_int64(
	    statement, 1, log->next > INT64_MAX ? INT64_MAX : (sqlite3_int64)log->next);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		status = take_row(log, statement);
	else if (code != SQLITE_DONE)
		status = store_fail(log->store, code);
	sqlite3_reset(statement);
	if (!lstatus_ok(status))
		return status;
	if (log->backwards && log->next > log->tx.last)
		log->next = log->tx.last; /* it was asked for from the end */
	/* Numbers have no gaps: what is not there was pruned while this was reading. */
	if (log->next < log->tx.first || log->next > log->tx.last)
		return LSTATUS(ERROR_JOURNAL_ENTRY_DELETED);
	/* A repair has found the row lost: what its numbers were about, nobody knows. */
	if (log->count == 0)
		log->next = log->backwards ? log->tx.first - 1 : log->tx.last + 1;
	return status;
}

/* The next of what was looked for. */
static lstatus
next_found(struct store_log *log, struct store_change *ret_change)
{
	int code = sqlite3_step(log->found);
	struct store_change change;
	struct store_tx tx;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? LSTATUS(ERROR_NO_MORE_ITEMS)
		                           : store_fail(log->store, code);
	change.number = (uint64_t)sqlite3_column_int64(log->found, 0);
	change.key = sqlite3_column_int64(log->found, 1);
	change.folded = (const char *)sqlite3_column_text(log->found, 2);
	change.length = (size_t)sqlite3_column_bytes(log->found, 2);
	if (change.number < log->tx.first || change.number > log->tx.last)
		status = store_find_tx(log->store, change.number, &tx);
	else
		tx = log->tx;
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = LSTATUS(ERROR_JOURNAL_ENTRY_DELETED);
	if (!lstatus_ok(status))
		return status;
	if (tx.first != log->tx.first)
		store_tx_release(&log->tx);
	log->tx = tx;
	*ret_change = change;
	return status;
}

lstatus
store_log_next(struct store_log *log, struct store_change *ret_change)
{
	const struct change_entry *entry;

	if (log->found != NULL)
		return next_found(log, ret_change);
	do {
		if (log->next < log->first || log->next > log->last)
			return LSTATUS(ERROR_NO_MORE_ITEMS);
		if (log->count == 0 || log->next < log->tx.first || log->next > log->tx.last) {
			lstatus status = load(log);

			if (!lstatus_ok(status)) {
				log->count = 0;
				return status;
			}
			continue; /* the bounds may have moved */
		}
		entry = &log->entries[log->next - log->tx.first];
		ret_change->number = log->next;
		log->next = log->backwards ? log->next - 1 : log->next + 1;
		if (entry->key != 0)
			break;
	} while (true);
	ret_change->key = entry->key;
	ret_change->folded = entry->folded;
	ret_change->length = entry->length;
	return LSTATUS(ERROR_SUCCESS);
}

const struct store_tx *
store_log_tx(const struct store_log *log)
{
	return &log->tx;
}

/* --- Rows as of a number ------------------------------------------------------------------------
 */

lstatus
store_value_at(struct store *store, int64_t key, const char *folded, size_t length, uint64_t number,
    struct store_value *ret_value, struct buf *name, struct buf *data)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_AT);
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, key);
	sqlite3_bind_text(statement, 2, folded, (int)length, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, (sqlite3_int64)number);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*ret_value = (struct store_value){
			.type = (uint32_t)sqlite3_column_int64(statement, 0),
			.since = (uint64_t)sqlite3_column_int64(statement, 1),
			.created = (uint64_t)sqlite3_column_int64(statement, 2),
		};
		store_append_column(statement, 3, data);
		store_append_column(statement, 4, name);
		status = LSTATUS(ERROR_SUCCESS);
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}

lstatus
store_key_at(struct store *store, int64_t id, uint64_t number, struct store_key *ret_key,
    struct buf *name, struct buf *class)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_AT);
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, id);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)number);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*ret_key = store_read_key(statement);
		store_append_column(statement, 5, name);
		store_append_column(statement, 6, class);
		status = LSTATUS(ERROR_SUCCESS);
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}
