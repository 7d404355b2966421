/*
 * All keys below one, as one range of the index over folded paths: a key comes before what is below
 * it, and siblings in the order of their folded names.
 *
 * The index knows path and id. What else a row holds is read by a second scan, in the order of ids:
 * where keys were made in the order of their paths, as an import makes them, the row wanted is
 * mostly the next one, and half of all look-ups are saved. Where it is not, the scan begins anew at
 * the row.
 *
 * The statements stay open between two keys, and with them SQLite's read transaction: whatever else
 * the connection reads meanwhile is of the same moment, and takes no further locks. What reads a
 * tree in another way holds the moment by itself (store_read_begin).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/store/internal.h"

/* The page cache, in KiB: of a long walk at the least, and SQLite's own. */
#define CACHE_LEAST   256
#define CACHE_DEFAULT "2000"

/* A statement that is not at its end keeps SQLite's read transaction open. */
lstatus
store_read_begin(struct store *store)
{
	sqlite3_stmt *statement = store_statement(store, SQL_MOMENT);
	int code;

	if (statement == NULL)
		return store->failure;
	if (store->moments == 0 && (code = sqlite3_step(statement)) != SQLITE_ROW) {
		sqlite3_reset(statement);
		return store_fail(store, code);
	}
	store->moments++;
	return LSTATUS(ERROR_SUCCESS);
}

void
store_read_end(struct store *store)
{
	if (--store->moments == 0)
		sqlite3_reset(store->statements[SQL_MOMENT]);
}

struct store_walk {
	struct store *store;
	sqlite3_stmt *paths; /* its own: walks nest */
	sqlite3_stmt *rows;
	uint64_t count;  /* of keys */
	bool keeps;      /* the page cache as small as it was */
	struct buf from; /* the range of paths, bound to the statement */
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
	static const char paths[] =
	    "SELECT path, id FROM key WHERE path > ?1 AND path < ?2 ORDER BY path";
	static const char columns[] =
	    "SELECT id, security, last_write, flags, name, class FROM key WHERE id ";
	struct store *store = walk->store;
	/* Of views each row is looked for: they have no order of ids to be scanned in. */
	const char *which = store->as_of == 0 ? ">= ?1 ORDER BY id" : "= ?1";
	char rows[sizeof(columns) + 32];
	int code;

	snprintf(rows, sizeof(rows), "%s%s", columns, which);
	code = sqlite3_prepare_v2(store->db, paths, -1, &walk->paths, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(store->db, rows, -1, &walk->rows, NULL);
	if (code != SQLITE_OK)
		return store_fail(store, code);
	sqlite3_bind_text(
	    walk->paths, 1, (const char *)walk->from.data, (int)walk->from.size, SQLITE_STATIC);
	sqlite3_bind_text(
	    walk->paths, 2, (const char *)walk->to.data, (int)walk->to.size, SQLITE_STATIC);
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

/* Go on to the row with this id, if it is the next one; else begin at it. */
static lstatus
find_row(struct store_walk *walk, int64_t id)
{
	int code = SQLITE_DONE;

	if (walk->count > 0)
		code = sqlite3_step(walk->rows);
	if (code == SQLITE_DONE ||
	    (code == SQLITE_ROW && sqlite3_column_int64(walk->rows, 0) != id)) {
		sqlite3_reset(walk->rows);
		sqlite3_bind_int64(walk->rows, 1, id);
		code = sqlite3_step(walk->rows);
	}
	if (code == SQLITE_DONE ||
	    (code == SQLITE_ROW && sqlite3_column_int64(walk->rows, 0) != id))
		return LSTATUS(ERROR_REGISTRY_CORRUPT);
	return code == SQLITE_ROW ? LSTATUS(ERROR_SUCCESS) : store_fail(walk->store, code);
}

/*
 * A long walk passes by most pages once: the page cache stays as large as it is, as memory that is
 * touched for the first time costs more than a page that is read again.
 */
static void
keep_cache(struct store_walk *walk)
{
	char pragma[64];
	int used = 0;
	int most;

	if (sqlite3_db_status(walk->store->db, SQLITE_DBSTATUS_CACHE_USED, &used, &most, 0) !=
	    SQLITE_OK)
		return;
	snprintf(pragma, sizeof(pragma), "PRAGMA cache_size = -%d",
	    used / 1024 > CACHE_LEAST ? used / 1024 : CACHE_LEAST);
	walk->keeps = lstatus_ok(store_execute(walk->store, pragma));
}

lstatus
store_walk_next(struct store_walk *walk, struct store_walk_row *ret_row)
{
	int code = sqlite3_step(walk->paths);
	lstatus status;
	int64_t id;

	if (code == SQLITE_DONE)
		return LSTATUS(ERROR_NO_MORE_ITEMS);
	if (code != SQLITE_ROW)
		return store_fail(walk->store, code);
	id = sqlite3_column_int64(walk->paths, 1);
	status = find_row(walk, id);
	if (!lstatus_ok(status))
		return status;
	if (++walk->count == STORE_PROGRESS_STEP)
		keep_cache(walk);
	if (walk->count % STORE_PROGRESS_STEP == 0 && walk->store->progress != NULL)
		walk->store->progress(walk->store->progress_context, walk->count);
	*ret_row = (struct store_walk_row){
		.id = id,
		.security = sqlite3_column_int64(walk->rows, 1),
		.last_write = sqlite3_column_int64(walk->rows, 2),
		.flags = (uint32_t)sqlite3_column_int64(walk->rows, 3),
		.name = (const char *)sqlite3_column_text(walk->rows, 4),
		.path = (const char *)sqlite3_column_text(walk->paths, 0),
	};
	if (ret_row->name == NULL || ret_row->path == NULL)
		return store_fail(walk->store, SQLITE_NOMEM);
	ret_row->path += walk->from.size;
	ret_row->path_length = (size_t)sqlite3_column_bytes(walk->paths, 0) - walk->from.size;
	if (sqlite3_column_type(walk->rows, 5) != SQLITE_NULL) {
		ret_row->class = sqlite3_column_blob(walk->rows, 5);
		ret_row->class_size = (size_t)sqlite3_column_bytes(walk->rows, 5);
	}
	return LSTATUS(ERROR_SUCCESS);
}

void
store_walk_end(struct store_walk *walk)
{
	if (walk == NULL)
		return;
	sqlite3_finalize(walk->paths);
	sqlite3_finalize(walk->rows);
	if (walk->keeps)
		(void)store_execute(walk->store, "PRAGMA cache_size = -" CACHE_DEFAULT);
	buf_release(&walk->from);
	buf_release(&walk->to);
	free(walk);
}
