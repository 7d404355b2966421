/*
 * What the writes that are to be undone were about.
 *
 * A write that changed or deleted a value moved the row it had to value_past under the write's own
 * number: those are one range. The rest, keys and values that were made, is in the lists of
 * changes.
 */
#include "regstore/store/internal.h"

static const char make_tables[] =
    "DROP TABLE IF EXISTS temp.touched_key; DROP TABLE IF EXISTS temp.touched; "
    "CREATE TEMP TABLE touched_key (id INTEGER PRIMARY KEY); "
    "CREATE TEMP TABLE touched (key INTEGER, folded TEXT, moved INTEGER, "
    "PRIMARY KEY (key, folded)) WITHOUT ROWID";

/*
 * Values that were there then and were touched: the first write to one, which moved its row of then
 * to the past, is that row's `until`. Those that were not there have none, and come from elsewhere.
 */
static lstatus
find_moved(struct store *store, const struct store_revert *revert)
{
	return store_run_with(store,
	    "INSERT OR FAIL INTO touched SELECT key, folded, until FROM main.value_past "
	    "WHERE until BETWEEN ?1 AND ?2 AND since < ?1",
	    (int64_t)revert->first, (int64_t)revert->last, NULL, 0);
}

/* What reading the log needs at each change. */
struct reading {
	struct store *store;
	sqlite3_stmt *moved; /* the numbers of the writes that moved a value's row to the past */
	uint64_t number;     /* the one at hand */
	sqlite3_stmt *key;
	sqlite3_stmt *value;
};

/* Whether a write made its value; numbers are asked for as they grow. */
static lstatus
made_value(struct reading *reading, uint64_t number, bool *ret_made)
{
	while (reading->number < number) {
		int code = sqlite3_step(reading->moved);

		if (code != SQLITE_ROW && code != SQLITE_DONE)
			return store_fail(reading->store, code);
		reading->number = code == SQLITE_ROW
		                      ? (uint64_t)sqlite3_column_int64(reading->moved, 0)
		                      : UINT64_MAX;
	}
	*ret_made = reading->number != number;
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
note_touched(struct reading *reading, const struct store_change *change)
{
	sqlite3_stmt *statement = change->folded != NULL ? reading->value : reading->key;
	bool noted = true;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (change->folded != NULL)
		status = made_value(reading, change->number, &noted);
	if (!lstatus_ok(status) || !noted)
		return status;
	sqlite3_bind_int64(statement, 1, change->key);
	if (change->folded != NULL)
		sqlite3_bind_text(statement, 2, change->folded, (int)change->length, SQLITE_STATIC);
	return store_run(reading->store, statement);
}

static lstatus
prepare_reading(struct store *store, const struct store_revert *revert, struct reading *reading)
{
	sqlite3 *db = store->db;
	int code = sqlite3_prepare_v2(
	    db, "INSERT OR IGNORE INTO touched_key VALUES (?1)", -1, &reading->key, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(db, "INSERT OR IGNORE INTO touched VALUES (?1, ?2, NULL)",
		    -1, &reading->value, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(db,
		    "SELECT until FROM main.value_past WHERE until BETWEEN ?1 AND ?2 "
		    "ORDER BY until",
		    -1, &reading->moved, NULL);
	if (code != SQLITE_OK)
		return store_fail(store, code);
	sqlite3_bind_int64(reading->moved, 1, (int64_t)revert->first);
	sqlite3_bind_int64(reading->moved, 2, (int64_t)revert->last);
	return LSTATUS(ERROR_SUCCESS);
}

/* The keys, and the values that were made. */
static lstatus
find_in_log(struct store *store, const struct store_revert *revert)
{
	struct reading reading = { .store = store };
	struct store_log *log = NULL;
	struct store_change change;
	lstatus status = store_log_open(store, revert->first, revert->last, false, &log);

	if (lstatus_ok(status))
		status = prepare_reading(store, revert, &reading);
	while (lstatus_ok(status) && lstatus_ok(status = store_log_next(log, &change)))
		status = note_touched(&reading, &change);
	sqlite3_finalize(reading.moved);
	sqlite3_finalize(reading.key);
	sqlite3_finalize(reading.value);
	store_log_close(log);
	return lstatus_is(status, ERROR_NO_MORE_ITEMS) ? LSTATUS(ERROR_SUCCESS) : status;
}

/* Of a snapshot that is older than the log, the rows tell: all of them are looked at. */
static lstatus
find_in_rows(struct store *store, const struct store_revert *revert)
{
	static const char values[] = "INSERT OR IGNORE INTO touched "
	                             "SELECT key, folded, NULL FROM main.value WHERE since > ?1";
	static const char *const queries[] = {
		"INSERT OR IGNORE INTO touched_key SELECT id FROM main.key WHERE since > ?1",
		"INSERT OR IGNORE INTO touched_key SELECT id FROM main.key_past WHERE until > ?1",
		values,
	};
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(queries) && lstatus_ok(status); i++)
		status = store_run_with(store, queries[i], (int64_t)revert->first - 1, 0, NULL, 0);
	return status;
}

static lstatus
find_everywhere(struct store *store, const struct store_revert *revert)
{
	uint64_t oldest = 0;
	lstatus status = store_first_number(store, &oldest);

	if (lstatus_ok(status))
		status = find_moved(store, revert);
	if (!lstatus_ok(status))
		return status;
	if (revert->first < oldest && revert->last == store->first - 1 &&
	    store_is_snapshot(store, revert->first - 1, NULL))
		return find_in_rows(store, revert);
	return find_in_log(store, revert);
}

static lstatus
keep_scope(struct store *store, const struct store_revert *revert)
{
	lstatus status = store_want(store, revert->path, revert->length, true);

	if (lstatus_ok(status))
		status = store_execute(store,
		    "DELETE FROM touched_key WHERE id NOT IN (SELECT id FROM wanted); "
		    "DELETE FROM touched WHERE key NOT IN (SELECT id FROM wanted)");
	return status;
}

lstatus
store_find_touched(struct store *store, const struct store_revert *revert)
{
	lstatus status = store_execute(store, make_tables);

	if (lstatus_ok(status))
		status = find_everywhere(store, revert);
	if (lstatus_ok(status) && revert->path != NULL)
		status = keep_scope(store, revert);
	return status;
}
