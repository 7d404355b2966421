/*
 * Forgetting the oldest of the write log.
 *
 * "Pruned up to P" means: what a write up to P ended is gone, and so are the transactions before
 * its own. The states from P on are whole. Of older ones the snapshots stay: a row that a snapshot
 * shows is kept. A limit is kept a little at a time: a commit in which the numbers pass a multiple
 * of PRUNE_EVERY forgets some more than was written since the last one.
 */
#include "regstore/base/clock.h"
#include "regstore/store/internal.h"

#define PRUNE_EVERY 64u
#define PRUNE_BATCH 256u
#define DAY         (24 * 3600 * FILETIME_PER_SECOND)

#define META_WRITES  "keep_writes"
#define META_DAYS    "keep_days"
#define META_SIZE    "keep_size"
#define SIZE_DEFAULT (1ll << 30)

/* Rows that ended after write ?1 and up to ?2, but for what a snapshot shows. */
#define FORGET(table)                                                                              \
	"DELETE FROM " table " WHERE until > ?1 AND until <= ?2 AND NOT EXISTS (SELECT 1 "         \
	"FROM snapshot WHERE number >= " table ".since AND number < " table ".until)"

lstatus
store_log_limit(struct store *store, struct store_limit *ret_limit)
{
	*ret_limit = (struct store_limit){
		.writes = (uint64_t)store_meta_number(store, META_WRITES, 0),
		.days = (uint64_t)store_meta_number(store, META_DAYS, 0),
		.size = (uint64_t)store_meta_number(store, META_SIZE, SIZE_DEFAULT),
	};
	return LSTATUS(ERROR_SUCCESS);
}

lstatus
store_set_log_limit(struct store *store, const struct store_limit *limit)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	status = store_set_meta_number(store, META_WRITES, (int64_t)limit->writes);
	if (lstatus_ok(status))
		status = store_set_meta_number(store, META_DAYS, (int64_t)limit->days);
	if (lstatus_ok(status))
		status = store_set_meta_number(store, META_SIZE, (int64_t)limit->size);
	return store_leave(store, own, status);
}

/* Bytes of the database that are in use. */
static lstatus
used_size(struct store *store, uint64_t *ret_size)
{
	int64_t pages = 0;
	int64_t free_pages = 0;
	int64_t size = 0;
	lstatus status = store_query_number(store, "PRAGMA page_count", &pages);

	if (lstatus_ok(status))
		status = store_query_number(store, "PRAGMA freelist_count", &free_pages);
	if (lstatus_ok(status))
		status = store_query_number(store, "PRAGMA page_size", &size);
	if (lstatus_ok(status))
		*ret_size = (uint64_t)(pages - free_pages) * (uint64_t)size;
	return status;
}

/* The last write up to `to` that is older than the days, looking at no more than some of them. */
static lstatus
older_than(struct store *store, uint64_t days, uint64_t from, uint64_t *ret_to)
{
	sqlite3_stmt *statement = store_statement(store, SQL_PRUNE_DAYS);
	int64_t now = clock_wall();
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)from);
	sqlite3_bind_int64(statement, 2, now - (int64_t)days * DAY);
	sqlite3_bind_int64(statement, 3, now);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		*ret_to = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return code == SQLITE_ROW ? LSTATUS(ERROR_SUCCESS) : store_fail(store, code);
}

/* Up to which write the limit wants to forget, but no more than a batch beyond `from`. */
static lstatus
find_target(struct store *store, const struct store_limit *limit, uint64_t from, uint64_t last,
    uint64_t batch, uint64_t *ret_to)
{
	uint64_t to = from;
	uint64_t size = 0;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (limit->writes > 0 && last > limit->writes && last - limit->writes > to)
		to = last - limit->writes;
	if (limit->days > 0)
		status = older_than(store, limit->days, to, &to);
	if (lstatus_ok(status) && limit->size > 0)
		status = used_size(store, &size);
	if (lstatus_ok(status) && size > limit->size)
		to = last;
	if (to > from + batch)
		to = from + batch;
	*ret_to = to < last ? to : last;
	return status;
}

static lstatus
forget(struct store *store, uint64_t from, uint64_t to)
{
	static const char *const queries[] = { FORGET("value_past"), FORGET("key_past"),
		"DELETE FROM tx WHERE first <= ?2 AND last < ?2 AND ?1 >= 0" };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(queries) && lstatus_ok(status); i++)
		status = store_run_with(store, queries[i], (int64_t)from, (int64_t)to, NULL, 0);
	if (lstatus_ok(status))
		status = store_set_meta_number(store, STORE_META_PRUNED, (int64_t)to);
	return status;
}

/* Forget a batch by a limit, in the open transaction; *ret_more: there may be more. */
static lstatus
prune(struct store *store, const struct store_limit *limit, uint64_t batch, bool *ret_more)
{
	uint64_t from = (uint64_t)store_meta_number(store, STORE_META_PRUNED, 0);
	uint64_t to = from;
	/* The last transaction stays: by it the next one's numbers are known. */
	lstatus status =
	    find_target(store, limit, from, store->first > 1 ? store->first - 2 : 0, batch, &to);

	*ret_more = lstatus_ok(status) && to > from;
	return *ret_more ? forget(store, from, to) : status;
}

lstatus
store_keep_limit(struct store *store)
{
	struct store_limit limit;
	bool more;
	lstatus status;

	if (store->number / PRUNE_EVERY == (store->first - 1) / PRUNE_EVERY)
		return LSTATUS(ERROR_SUCCESS);
	status = store_log_limit(store, &limit);
	return lstatus_ok(status) ? prune(store, &limit,
	                                PRUNE_BATCH + 2 * (store->number + 1 - store->first), &more)
	                          : status;
}

lstatus
store_prune(struct store *store, const struct store_limit *limit)
{
	bool more = true;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	while (more && lstatus_ok(status)) {
		status = store_begin(store, NULL);
		if (lstatus_ok(status))
			status = store_leave(
			    store, true, prune(store, limit, PRUNE_BATCH * PRUNE_EVERY, &more));
	}
	return status;
}

lstatus
store_forget_snapshot(struct store *store)
{
	static const char *const queries[] = { FORGET("value_past"), FORGET("key_past") };
	int64_t to = store_meta_number(store, STORE_META_PRUNED, 0);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(queries) && lstatus_ok(status); i++)
		status = store_run_with(store, queries[i], 0, to, NULL, 0);
	return status;
}
