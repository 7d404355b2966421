/*
 * Write transactions: what begins one, what its end adds to the write log, and whom it tells.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/store/internal.h"

/* After a migration or a check they are in a file, and it is too late within a transaction. */
#define TEMPORARY_TABLES "PRAGMA temp_store = MEMORY; "

/* What a big transaction leaves of the log: more than the keeper does, as cutting it takes time. */
#define LOG_LIMIT "PRAGMA journal_size_limit = 100663296"

static char *
login_name(void)
{
	struct passwd *entry = NULL;
	struct passwd storage;
	char text[1024];

	if (getpwuid_r(geteuid(), &storage, text, sizeof(text), &entry) == 0 && entry != NULL)
		return strdup(entry->pw_name);
	snprintf(text, sizeof(text), "%u", (unsigned)geteuid());
	return strdup(text);
}

/* What only a writer needs to know is found out when there is one. */
static lstatus
become_writer(struct store *store)
{
	lstatus status;

	if (store->actor == NULL)
		store->actor = login_name();
	if (store->actor == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (store->making)
		return LSTATUS(ERROR_SUCCESS);
	status =
	    store_execute(store, store_meta_number(store, "relaxed", 0) != 0
	                             ? TEMPORARY_TABLES "PRAGMA synchronous = NORMAL; " LOG_LIMIT
	                             : TEMPORARY_TABLES "PRAGMA synchronous = FULL; " LOG_LIMIT);
	store->writes = lstatus_ok(status);
	return status;
}

static void
end_transaction(struct store *store)
{
	store->in_transaction = false;
	store->batch.count = store->batch.used = 0;
	store->parent.id = 0;
	store->clock_changed = false;
	store->doomed = LSTATUS(ERROR_SUCCESS);
	free(store->comment);
	store->comment = NULL;
	store_unlock(store);
}

/* A program that knows only an older schema may run on while another program migrates the store. */
static lstatus
check_version(struct store *store)
{
	sqlite3_stmt *statement = store_statement(store, SQL_USER_VERSION);
	int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;
	int64_t version = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;

	if (statement == NULL)
		return store->failure;
	sqlite3_reset(statement);
	if (code != SQLITE_ROW)
		return store_fail(store, code);
	return version == STORE_SCHEMA_VERSION ? LSTATUS(ERROR_SUCCESS)
	                                       : store_fail_version(store, version);
}

lstatus
store_catch_up(struct store *store)
{
	return !store->making && (bell_generation(store->bell) & 1) != 0 ? clock_load(store)
	                                                                 : LSTATUS(ERROR_SUCCESS);
}

lstatus
store_begin_locked(struct store *store, const char *comment)
{
	lstatus status = store->writes ? LSTATUS(ERROR_SUCCESS) : become_writer(store);

	/* What ends the transaction is prepared before it begins: that cannot fail then. */
	if (lstatus_ok(status) && (store_statement(store, SQL_BEGIN) == NULL ||
	                              store_statement(store, SQL_COMMIT) == NULL ||
	                              store_statement(store, SQL_ROLLBACK) == NULL))
		status = store->failure;
	if (lstatus_ok(status))
		status = store_catch_up(store);
	if (lstatus_ok(status))
		status = bell_begin(store->bell);
	if (lstatus_ok(status))
		status = store_run(store, store->statements[SQL_BEGIN]);
	if (!lstatus_ok(status)) {
		store_unlock(store);
		return status;
	}
	store->in_transaction = true;
	store->number = 0;
	if (!store->making)
		status = check_version(store);
	if (!store->making && lstatus_ok(status))
		status = store_last_number(store, &store->number);
	store->first = store->listed = store->number + 1;
	change_list_clear(&store->changes);
	store_forget_touched(store);
	store->noted = 0;
	store->recent.count = 0;
	store->virtual_time = store->wall_time = 0;
	store->comment = comment != NULL ? strdup(comment) : NULL;
	if (lstatus_ok(status) && comment != NULL && store->comment == NULL)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (!lstatus_ok(status))
		store_rollback(store);
	return status;
}

lstatus
store_begin(struct store *store, const char *comment)
{
	lstatus status;

	if (store->in_transaction)
		return LSTATUS(ERROR_BUSY);
	if (store->as_of != 0)
		return LSTATUS(ERROR_WRITE_PROTECT);
	status = store_lock(store);
	return lstatus_ok(status) ? store_begin_locked(store, comment) : status;
}

static lstatus
commit(struct store *store, bool changed)
{
	lstatus status = store->doomed;

	/* SQLite ends a transaction by itself after some failures. */
	if (lstatus_ok(status) && sqlite3_get_autocommit(store->db) != 0)
		status = LSTATUS(ERROR_REGISTRY_IO_FAILED);
	if (lstatus_ok(status))
		status = store_write_batch(store);
	if (lstatus_ok(status) && changed)
		status = store_log_writes(store);
	if (lstatus_ok(status) && changed && !store->making)
		status = store_keep_limit(store);
	if (!lstatus_ok(status))
		return status;
	if (changed)
		bell_doubt(store->bell);
	return store_run(store, store->statements[SQL_COMMIT]);
}

lstatus
store_commit(struct store *store)
{
	bool changed = store->number >= store->first;
	lstatus status;

	if (!store->in_transaction)
		return LSTATUS(ERROR_INVALID_FUNCTION);
	status = commit(store, changed);
	if (!lstatus_ok(status)) {
		store_rollback(store);
		return status;
	}
	if (store->clock_changed)
		clock_publish(store->clock, &store->clock_next);
	if (changed) {
		recent_show(store);
		bell_ring(store->bell);
	} else {
		bell_forget(store->bell);
	}
	end_transaction(store);
	store_tend_wal(store);
	return status;
}

void
store_rollback(struct store *store)
{
	if (!store->in_transaction)
		return;
	store->rollbacks++;
	/* SQLite may have rolled back by itself (disk full): then there is nothing left to do. */
	if (sqlite3_get_autocommit(store->db) == 0) {
		sqlite3_stmt *statement = store->statements[SQL_ROLLBACK];

		sqlite3_step(statement);
		sqlite3_reset(statement);
	}
	bell_forget(store->bell);
	end_transaction(store);
}

bool
store_in_transaction(const struct store *store)
{
	return store->in_transaction;
}

lstatus
store_enter(struct store *store, bool *ret_own)
{
	lstatus status = store->doomed;
	bool own = !store->in_transaction;

	if (own)
		status = store_begin(store, NULL);
	*ret_own = own && lstatus_ok(status);
	return status;
}

lstatus
store_leave(struct store *store, bool own, lstatus status)
{
	if (!own) {
		store_note_memory(store, status);
		return status;
	}
	if (lstatus_ok(status))
		return store_commit(store);
	store_rollback(store);
	return status;
}
