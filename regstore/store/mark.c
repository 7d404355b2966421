/*
 * Marks, by which what was read is known to be true still, and watches.
 */
#include "regstore/store/internal.h"

/* --- Marks --------------------------------------------------------------------------------------
 */

uint64_t
store_tag_path(const char *path, size_t length)
{
	return bell_hash(path, length) | 1;
}

uint64_t
store_tag_key(int64_t id)
{
	return (uint64_t)id * 4 + 2;
}

uint64_t
store_tag_subkeys(int64_t id)
{
	return (uint64_t)id * 4 + 4;
}

/* A statement in the midst of its rows holds a state that may be past by now. */
static bool
reads_past(const struct store *store)
{
	return sqlite3_txn_state(store->db, NULL) == SQLITE_TXN_READ;
}

void
store_mark_add(const struct store *store, struct store_mark *mark, uint64_t tag)
{
	uint32_t stamp = bell_stamp_of(tag);
	uint64_t number = bell_stamp(store->bell, stamp);

	if (mark->count == STORE_MARK_TAGS || (number & 1) != 0 ||
	    (reads_past(store) && store->as_of == 0)) {
		mark->doubtful = true;
		return;
	}
	mark->stamps[mark->count++] = (uint16_t)stamp;
	mark->sum += number;
}

bool
store_mark_holds(const struct store *store, const struct store_mark *mark)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < mark->count; i++)
		sum += bell_stamp(store->bell, mark->stamps[i]);
	return sum == mark->sum && !mark->doubtful;
}

bool
store_reads_latest(const struct store *store)
{
	return sqlite3_get_autocommit(store->db) != 0 && !reads_past(store);
}

/* --- Watches ------------------------------------------------------------------------------------
 */

lstatus
store_watch(struct store *store, int64_t key, const char *path, size_t length, bool subtree,
    uint32_t filter, struct store_watch **ret_watch)
{
	return bell_watch(
	    store->bell, &(struct bell_place){ key, path, length }, subtree, filter, ret_watch);
}

void
store_unwatch(struct store *store, struct store_watch *watch)
{
	bell_unwatch(store->bell, watch);
}

int
store_watch_fd(const struct store *store)
{
	return bell_fd(store->bell);
}

bool
store_watch_drain(struct store *store)
{
	return bell_drain(store->bell);
}

bool
store_watch_taken(struct store_watch *watch)
{
	return bell_taken(watch);
}
