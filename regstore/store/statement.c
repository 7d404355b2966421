/*
 * The connection's statements, and the failures that running one can meet.
 */
#include <errno.h>
#include <string.h>

#include "regstore/store/internal.h"

static const char *const statement_sql[STATEMENT_COUNT] = {
#define X(name, sql) [SQL_##name] = sql,
	STATEMENTS(X)
#undef X
};

static lstatus
status_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return LSTATUS(ERROR_DISK_FULL);
	case SQLITE_NOMEM:
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	case SQLITE_CORRUPT:
		return LSTATUS(ERROR_REGISTRY_CORRUPT);
	case SQLITE_NOTADB:
		return LSTATUS(ERROR_NOT_REGISTRY_FILE);
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return LSTATUS(ERROR_ACCESS_DENIED);
	case SQLITE_BUSY:
		return LSTATUS(ERROR_BUSY);
	case SQLITE_TOOBIG:
		return LSTATUS(ERROR_INVALID_PARAMETER);
	default:
		return LSTATUS(ERROR_REGISTRY_IO_FAILED);
	}
}

lstatus
store_doom(struct store *store, lstatus status)
{
	store->failure = status;
	if (store->in_transaction && lstatus_ok(store->doomed))
		store->doomed = status;
	return status;
}

lstatus
store_fail(struct store *store, int code)
{
	buf_clear(&store->error);
	buf_append_text(
	    &store->error, store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));
	return store_doom(store, status_of(code));
}

void
store_note_memory(struct store *store, lstatus status)
{
	if (lstatus_is(status, ERROR_NOT_ENOUGH_MEMORY))
		store_doom(store, status);
}

lstatus
store_fail_errno(struct store *store, const char *what)
{
	int error = errno;

	buf_clear(&store->error);
	buf_printf(&store->error, "%s: %s", what, strerror(error));
	return store_doom(store, lstatus_from_errno(error));
}

const char *
store_error(const struct store *store)
{
	/* buf_text may add the terminating NUL: the text itself stays as it is. */
	return buf_text((struct buf *)&store->error);
}

sqlite3_stmt *
store_statement(struct store *store, enum statement which)
{
	if (which >= SQL_VALUE_AT && store->batch.count > 0 &&
	    !lstatus_ok(store_write_batch(store)))
		return NULL;
	if (store->statements[which] == NULL) {
		int code = sqlite3_prepare_v3(store->db, statement_sql[which], -1,
		    SQLITE_PREPARE_PERSISTENT, &store->statements[which], NULL);

		if (code != SQLITE_OK) {
			store_fail(store, code);
			return NULL;
		}
	}
	return store->statements[which];
}

void
store_forget_statements(struct store *store)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
}

lstatus
store_run(struct store *store, sqlite3_stmt *statement)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	/*
	 * A statement that failed, a read too, may have made SQLite roll back by itself: what
	 * follows would be no part of any transaction.
	 */
	if (store->in_transaction && sqlite3_get_autocommit(store->db) != 0)
		return lstatus_ok(store->doomed)
		           ? store_doom(store, LSTATUS(ERROR_REGISTRY_IO_FAILED))
		           : store->doomed;
	code = sqlite3_step(statement);
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		status = store_fail(store, code);
	sqlite3_reset(statement);
	return status;
}

lstatus
store_execute(struct store *store, const char *sql)
{
	lstatus status = store_write_batch(store);
	int code;

	if (!lstatus_ok(status))
		return status;
	code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? status : store_fail(store, code);
}

lstatus
store_query_number(struct store *store, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? LSTATUS(ERROR_SUCCESS) : store_fail(store, code);
}
