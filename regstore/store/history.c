/*
 * The write log: numbers, transactions, the host's clock.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/clock.h"
#include "regstore/store/clock.h"
#include "regstore/store/internal.h"

#define LIST_MAX 0x20000u /* bytes: what a row of the write log lists, or a name more */

lstatus
store_find_meta_number(struct store *store, const char *name, int64_t *ret_number)
{
	sqlite3_stmt *statement = store_statement(store, SQL_META_GET);
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*ret_number = sqlite3_column_int64(statement, 0);
		status = LSTATUS(ERROR_SUCCESS);
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}

int64_t
store_meta_number(struct store *store, const char *name, int64_t fallback)
{
	int64_t number = fallback;

	(void)store_find_meta_number(store, name, &number);
	return number;
}

lstatus
store_set_meta_number(struct store *store, const char *name, int64_t number)
{
	sqlite3_stmt *statement;
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	statement = store_statement(store, SQL_META_SET);
	if (statement == NULL)
		return store_leave(store, own, store->failure);
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, number);
	return store_leave(store, own, store_run(store, statement));
}

lstatus
store_meta_text(struct store *store, const char *name, struct buf *text)
{
	sqlite3_stmt *statement = store_statement(store, SQL_META_GET);
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		const void *found = sqlite3_column_blob(statement, 0);

		buf_append(text, found, (size_t)sqlite3_column_bytes(statement, 0));
		status = LSTATUS(text->failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}

lstatus
store_set_meta_text(struct store *store, const char *name, const char *text)
{
	sqlite3_stmt *statement;
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	statement = store_statement(store, text != NULL ? SQL_META_SET : SQL_META_DELETE);
	if (statement == NULL)
		return store_leave(store, own, store->failure);
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	if (text != NULL)
		sqlite3_bind_text(statement, 2, text, -1, SQLITE_STATIC);
	return store_leave(store, own, store_run(store, statement));
}

int64_t
store_virtual_now(struct store *store)
{
	struct store_clock clock;

	/* One moment a transaction: all that it writes bears the same time. */
	if (store->in_transaction && store->virtual_time != 0)
		return store->virtual_time;
	store_clock_read(store, &clock);
	store->virtual_time = clock.now;
	return store->virtual_time;
}

lstatus
store_last_number(struct store *store, uint64_t *ret_number)
{
	sqlite3_stmt *statement = store_statement(store, SQL_TX_LAST);
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	if (statement == NULL)
		return store->failure;
	if (store->as_of != 0) {
		*ret_number = store->as_of;
		return status;
	}
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
	else if (code == SQLITE_DONE)
		*ret_number = 0;
	else
		status = store_fail(store, code);
	sqlite3_reset(statement);
	return status;
}

lstatus
store_log_writes(struct store *store)
{
	sqlite3_stmt *statement = store_statement(store, SQL_TX_INSERT);
	lstatus status;

	if (statement == NULL)
		return store->failure;
	if (store->changes.bytes.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (store->wall_time == 0)
		store->wall_time = clock_wall();
	sqlite3_bind_int64(statement, 1, (int64_t)store->listed);
	sqlite3_bind_int64(statement, 2, (int64_t)store->number);
	sqlite3_bind_int64(statement, 3, store->wall_time);
	sqlite3_bind_int64(statement, 4, store_virtual_now(store));
	sqlite3_bind_text(statement, 5, store->actor, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 6, store->channel, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 7, store->comment, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(
	    statement, 8, store->changes.bytes.data, store->changes.bytes.size, SQLITE_STATIC);
	status = store_run(store, statement);
	if (lstatus_ok(status)) {
		store->listed = store->number + 1;
		change_list_clear(&store->changes);
	}
	return status;
}

void
store_set_progress(struct store *store, void (*each)(void *context, uint64_t count), void *context)
{
	store->progress = each;
	store->progress_context = context;
}

/* The list of a transaction does not grow without end. A failure here dooms the transaction. */
static void
begin_list(struct store *store)
{
	(void)store_log_writes(store);
}

static void
append_change(struct store *store, int64_t key, const char *folded, size_t length)
{
	if (store->changes.bytes.size >= LIST_MAX)
		begin_list(store);
	store->number++;
	change_list_append(&store->changes, key, folded, length);
	if (store->number % STORE_PROGRESS_STEP == 0 && store->progress != NULL)
		store->progress(store->progress_context, store->number - store->first + 1);
}

uint64_t
store_next_number(struct store *store, int64_t key, const char *folded, size_t length)
{
	append_change(store, key != 0 ? key : (int64_t)store->number + 1, folded, length);
	return store->number;
}

void
store_spend_number(struct store *store)
{
	append_change(store, 0, NULL, 0);
}

static char *
column_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text != NULL ? strdup(text) : NULL;
}

lstatus
store_read_tx(sqlite3_stmt *statement, struct store_tx *ret_tx)
{
	struct store_tx tx = {
		.first = (uint64_t)sqlite3_column_int64(statement, 0),
		.last = (uint64_t)sqlite3_column_int64(statement, 1),
		.wall = sqlite3_column_int64(statement, 2),
		.virtual_time = sqlite3_column_int64(statement, 3),
		.actor = column_text(statement, 4),
		.channel = column_text(statement, 5),
	};

	if (sqlite3_column_type(statement, 6) != SQLITE_NULL)
		tx.comment = column_text(statement, 6);
	if (tx.actor == NULL || tx.channel == NULL ||
	    (tx.comment == NULL && sqlite3_column_type(statement, 6) != SQLITE_NULL)) {
		store_tx_release(&tx);
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	*ret_tx = tx;
	return LSTATUS(ERROR_SUCCESS);
}

void
store_tx_release(struct store_tx *tx)
{
	free(tx->actor);
	free(tx->channel);
	free(tx->comment);
	tx->actor = tx->channel = tx->comment = NULL;
}

lstatus
store_find_tx(struct store *store, uint64_t number, struct store_tx *ret_tx)
{
	sqlite3_stmt *statement = store_statement(store, SQL_TX_FIND);
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, (int64_t)number);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW && sqlite3_column_int64(statement, 1) >= (int64_t)number) {
		status = store_read_tx(statement, ret_tx);
	} else if (code != SQLITE_ROW && code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}

lstatus
store_check_number(struct store *store, uint64_t number)
{
	uint64_t last = 0;
	lstatus status = store_last_number(store, &last);

	if (lstatus_ok(status) && (number == 0 || number > last))
		status = LSTATUS(ERROR_INVALID_PARAMETER);
	else if (lstatus_ok(status) &&
	         number < (uint64_t)store_meta_number(store, STORE_META_PRUNED, 0) &&
	         !store_is_snapshot(store, number, NULL))
		status = LSTATUS(ERROR_JOURNAL_ENTRY_DELETED);
	return status;
}

lstatus
store_number_at(struct store *store, int64_t time, bool virtual_clock, uint64_t *ret_number)
{
	sqlite3_stmt *statement =
	    store_statement(store, virtual_clock ? SQL_TX_AT_VIRTUAL : SQL_TX_AT_WALL);
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, time);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
		status = LSTATUS(ERROR_SUCCESS);
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}
