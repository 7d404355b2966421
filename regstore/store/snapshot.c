/*
 * Snapshots: moments with a name; and by which write the state of one was last brought back, so
 * that a host which is reset again and again is gone over from there.
 */
#include <stdio.h>
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

/* --- What was brought back ----------------------------------------------------------------------
 */

#define RESTORED "restored " /* and the number of the snapshot's write */

uint64_t
store_restored(struct store *store, uint64_t number)
{
	char name[48];
	uint64_t oldest = 0;
	uint64_t by;

	snprintf(name, sizeof(name), RESTORED "%llu", (unsigned long long)number);
	by = (uint64_t)store_meta_number(store, name, (int64_t)number);
	if (!lstatus_ok(store_first_number(store, &oldest)))
		return number;
	return by > number && by + 1 >= oldest ? by : number;
}

lstatus
store_set_restored(struct store *store, uint64_t number, uint64_t by)
{
	char name[48];

	if (!store_is_snapshot(store, number, NULL))
		return LSTATUS(ERROR_SUCCESS);
	snprintf(name, sizeof(name), RESTORED "%llu", (unsigned long long)number);
	return store_set_meta_number(store, name, (int64_t)by);
}

lstatus
store_forget_restored(struct store *store)
{
	return store_execute(store, "DELETE FROM meta WHERE name GLOB '" RESTORED "*'");
}

/* --- Deleting and looking -----------------------------------------------------------------------
 */

static lstatus
delete_row(struct store *store, const char *name)
{
	sqlite3_stmt *statement = store_statement(store, SQL_SNAPSHOT_DELETE);
	lstatus status = store_run_with(store,
	    "DELETE FROM meta WHERE name = '" RESTORED
	    "' || (SELECT number FROM snapshot WHERE name = ?3)",
	    0, 0, name, strlen(name));

	if (statement == NULL || !lstatus_ok(status))
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
	status = delete_row(store, name);
	if (lstatus_ok(status))
		status = store_forget_snapshot(store);
	return store_leave(store, own, status);
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
