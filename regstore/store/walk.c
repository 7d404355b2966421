/*
 * All keys below one, as one range of the index over folded paths: a key comes before what is below
 * it, and siblings in the order of their folded names.
 *
 * The statement stays open between two keys, and with it SQLite's read transaction: whatever else
 * the connection reads meanwhile is of the same moment, and takes no further locks.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/store/internal.h"

struct store_walk {
	struct store *store;
	sqlite3_stmt *statement; /* its own: walks nest */
	uint64_t count;          /* of keys */
	struct buf from;         /* the range of paths, bound to the statement */
	struct buf to;
};

/* The key above all has no path: everything is below it. FF is in no path. */
static lstatus
set_range(struct store_walk *walk, int64_t id)
{
	struct store_key key;
	lstatus status = store_get_key(walk->store, id, &key, &walk->from, NULL);
	bool all = walk->from.size == 0;

	buf_append(&walk->to, walk->from.data, walk->from.size);
	buf_append_byte(&walk->to, all ? 0xff : STORE_SEPARATOR + 1);
	buf_append_byte(&walk->from, STORE_SEPARATOR);
	if (lstatus_ok(status) && (walk->from.failed || walk->to.failed))
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (all)
		buf_clear(&walk->from);
	return status;
}

static lstatus
prepare(struct store_walk *walk)
{
	static const char sql[] = "SELECT id, parent, security, last_write, flags, name, path, "
	                          "class FROM key WHERE path > ?1 AND path < ?2 ORDER BY path";
	struct store *store = walk->store;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &walk->statement, NULL);

	if (code != SQLITE_OK)
		return store_fail(store, code);
	sqlite3_bind_text(
	    walk->statement, 1, (const char *)walk->from.data, (int)walk->from.size, SQLITE_STATIC);
	sqlite3_bind_text(
	    walk->statement, 2, (const char *)walk->to.data, (int)walk->to.size, SQLITE_STATIC);
	return LSTATUS(ERROR_SUCCESS);
}

lstatus
store_walk_begin(struct store *store, int64_t id, struct store_walk **ret_walk)
{
	struct store_walk *walk = calloc(1, sizeof(*walk));
	lstatus status;

	if (walk == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	walk->store = store;
	status = set_range(walk, id);
	if (lstatus_ok(status))
		status = prepare(walk);
	if (lstatus_ok(status))
		*ret_walk = walk;
	else
		store_walk_end(walk);
	return status;
}

static const char *
column_text(sqlite3_stmt *statement, int column, size_t *ret_length)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	*ret_length = (size_t)sqlite3_column_bytes(statement, column);
	return text;
}

lstatus
store_walk_next(struct store_walk *walk, struct store_walk_row *ret_row)
{
	sqlite3_stmt *statement = walk->statement;
	int code = sqlite3_step(statement);
	size_t length;

	if (code == SQLITE_DONE)
		return LSTATUS(ERROR_NO_MORE_ITEMS);
	if (code != SQLITE_ROW)
		return store_fail(walk->store, code);
	if (++walk->count % STORE_PROGRESS_STEP == 0 && walk->store->progress != NULL)
		walk->store->progress(walk->store->progress_context, walk->count);
	ret_row->key = store_read_key(statement);
	ret_row->name = column_text(statement, 5, &length);
	ret_row->path = column_text(statement, 6, &length);
	if (ret_row->name == NULL || ret_row->path == NULL)
		return store_fail(walk->store, SQLITE_NOMEM);
	ret_row->path += walk->from.size;
	ret_row->path_length = length - walk->from.size;
	ret_row->class = sqlite3_column_blob(statement, 7);
	ret_row->class_size = (size_t)sqlite3_column_bytes(statement, 7);
	return LSTATUS(ERROR_SUCCESS);
}

void
store_walk_end(struct store_walk *walk)
{
	if (walk == NULL)
		return;
	sqlite3_finalize(walk->statement);
	buf_release(&walk->from);
	buf_release(&walk->to);
	free(walk);
}
