/*
 * Snapshots: moments with a name.
 */
#include <string.h>

#include "regstore/base/clock.h"
#include "regstore/store/internal.h"

static lstatus
insert(struct store *store, const char *name, const char *comment, uint64_t number)
{
	sqlite3_stmt *statement = store_statement(store, SQL_SNAPSHOT_INSERT);
	lstatus status;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)number);
	sqlite3_bind_int64(statement, 3, clock_wall());
	sqlite3_bind_int64(statement, 4, store_virtual_now(store));
	sqlite3_bind_text(statement, 5, comment, -1, SQLITE_STATIC);
	status = store_run(store, statement);
	return lstatus_ok(status) && sqlite3_changes(store->db) == 0 ? LSTATUS(ERROR_ALREADY_EXISTS)
	                                                             : status;
}

lstatus
store_snapshot_create(struct store *store, const char *name, const char *comment)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	/* What the open transaction wrote is part of it. */
	return store_leave(store, own, insert(store, name, comment, store->number));
}

static lstatus
delete_row(struct store *store, const char *name)
{
	sqlite3_stmt *statement = store_statement(store, SQL_SNAPSHOT_DELETE);
	lstatus status;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	status = store_run(store, statement);
	return lstatus_ok(status) && sqlite3_changes(store->db) == 0 ? LSTATUS(ERROR_FILE_NOT_FOUND)
	                                                             : status;
}

lstatus
store_snapshot_delete(struct store *store, const char *name)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	return store_leave(store, own, delete_row(store, name));
}

lstatus
store_each_snapshot(struct store *store,
    bool (*each)(void *context, const struct store_snapshot *snapshot), void *context)
{
	sqlite3_stmt *statement = store_statement(store, SQL_SNAPSHOT_LIST);
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	if (statement == NULL)
		return store->failure;
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct store_snapshot snapshot = {
			.name = (const char *)sqlite3_column_text(statement, 0),
			.number = (uint64_t)sqlite3_column_int64(statement, 1),
			.wall = sqlite3_column_int64(statement, 2),
			.virtual_time = sqlite3_column_int64(statement, 3),
			.comment = (const char *)sqlite3_column_text(statement, 4),
		};

		if (!each(context, &snapshot))
			break;
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		status = store_fail(store, code);
	sqlite3_reset(statement);
	return status;
}

struct search {
	uint64_t number;
	int64_t virtual_time;
	bool found;
};

static bool
match_number(void *context, const struct store_snapshot *snapshot)
{
	struct search *search = context;

	search->found = snapshot->number == search->number;
	search->virtual_time = snapshot->virtual_time;
	return !search->found;
}

bool
store_is_snapshot(struct store *store, uint64_t number, int64_t *ret_virtual_time)
{
	struct search search = { .number = number };

	if (!lstatus_ok(store_each_snapshot(store, match_number, &search)) || !search.found)
		return false;
	if (ret_virtual_time != NULL)
		*ret_virtual_time = search.virtual_time;
	return true;
}
