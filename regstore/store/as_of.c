/*
 * The host as an earlier write left it.
 *
 * A connection that goes back holds one read transaction from then on, and sees views in the places
 * of the tables `key` and `value`: SQLite finds a name among temporary objects first. So every
 * statement that reads works unchanged, and its conditions are pushed down to the indexes of both
 * tables. Values need nothing prepared. Keys do: a past key's path follows from its parents', and a
 * rename moves the paths of all that lies below. So the table `key_was` takes the keys that were
 * something else then, with their paths of then: as many rows as keys changed since.
 */
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/store/internal.h"

/* name_fold for SQL. */
static void
folded(sqlite3_context *context, int count UNUSED, sqlite3_value **arguments)
{
	const char *name = (const char *)sqlite3_value_text(arguments[0]);
	struct buf out = { 0 };

	if (name == NULL || !name_fold(name, (size_t)sqlite3_value_bytes(arguments[0]), &out))
		sqlite3_result_error(context, "malformed name", -1);
	else if (out.failed)
		sqlite3_result_error_nomem(context);
	else
		sqlite3_result_text(
		    context, (const char *)out.data, (int)out.size, SQLITE_TRANSIENT);
	buf_release(&out);
}

lstatus
store_add_functions(struct store *store)
{
	int code = sqlite3_create_function(
	    store->db, "folded", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, folded, NULL, NULL);

	return code == SQLITE_OK ? store_execute(store, "PRAGMA temp_store = MEMORY")
	                         : store_fail(store, code);
}

/* Which keys were something else at write ?1, or lie below one that had another name. */
static const char find_changed[] =
    "INSERT INTO key_was SELECT id, parent, NULL, name, class, flags, security, NULL, since "
    "FROM main.key_past WHERE until > ?1 AND since <= ?1";
static const char find_moved[] =
    "INSERT OR IGNORE INTO key_was SELECT below.id, below.parent, NULL, below.name, below.class, "
    "below.flags, below.security, below.last_write, below.since FROM key_was AS was "
    "JOIN main.key AS now ON now.id = was.id AND now.name <> was.name "
    "JOIN main.key AS below ON below.path > now.path || char(1) AND "
    "below.path < now.path || char(2) WHERE below.since <= ?1";

/* A parent that is not among them has its path of then still. */
static const char find_paths[] =
    "WITH RECURSIVE derived (id, path) AS ("
    "SELECT was.id, CASE WHEN was.parent = 0 THEN '' WHEN above.path = '' THEN folded(was.name) "
    "ELSE above.path || char(1) || folded(was.name) END "
    "FROM key_was AS was LEFT JOIN main.key AS above ON above.id = was.parent "
    "WHERE was.parent NOT IN (SELECT id FROM key_was) "
    "UNION ALL "
    "SELECT was.id, CASE WHEN derived.path = '' THEN folded(was.name) "
    "ELSE derived.path || char(1) || folded(was.name) END "
    "FROM derived JOIN key_was AS was ON was.parent = derived.id) "
    "UPDATE key_was SET path = derived.path FROM derived WHERE derived.id = key_was.id";

/*
 * The time of a key that was written to since: that of the last write by then to its values and its
 * subkeys. In these texts # stands for the write's number, @ for the host's time then.
 */
#define LATEST(column, rows) ", coalesce((SELECT max(" column ") FROM main." rows "), 0)"
#define LAST_WRITE                                                                                 \
	"CASE WHEN last_write <= @ THEN last_write ELSE coalesce((SELECT virtual FROM main.tx "    \
	"WHERE first <= max(that.id" LATEST("since", "value WHERE key = that.id AND since <= #")   \
	    LATEST("since", "value_past WHERE key = that.id AND since <= #") LATEST(               \
	        "until", "value_past WHERE key = that.id AND until <= #")                          \
	        LATEST("since", "key WHERE parent = that.id AND since <= #") LATEST(               \
	            "since", "key_past WHERE parent = that.id AND since <= #") LATEST("until",     \
	            "key_past WHERE parent = that.id AND until <= #") ") "                         \
	                                                              "ORDER BY first DESC LIMIT " \
	                                                              "1), @) END AS last_write"

static const char make_tables[] =
    "CREATE TEMP TABLE key_was (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, path TEXT UNIQUE, "
    "name TEXT NOT NULL, class BLOB, flags INTEGER NOT NULL, security INTEGER NOT NULL, "
    "last_write INTEGER, since INTEGER NOT NULL);"
    "CREATE INDEX temp.key_was_child ON key_was (parent);";

static const char make_views[] =
    "CREATE TEMP VIEW value AS "
    "SELECT key, folded, name, type, data, created, since FROM main.value WHERE since <= # "
    "UNION ALL "
    "SELECT key, folded, name, type, data, created, since FROM main.value_past "
    "WHERE until > # AND since <= #;"
    "CREATE TEMP VIEW key AS "
    "SELECT id, parent, path, name, class, flags, security, " LAST_WRITE
    ", since FROM main.key AS that WHERE since <= # AND id NOT IN (SELECT id FROM key_was) "
    "UNION ALL "
    "SELECT id, parent, path, name, class, flags, security, " LAST_WRITE
    ", since FROM key_was AS that";

static lstatus
run_at(struct store *store, const char *sql, uint64_t number)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	lstatus status;

	if (code != SQLITE_OK)
		return store_fail(store, code);
	sqlite3_bind_int64(statement, 1, (int64_t)number);
	status = store_run(store, statement);
	sqlite3_finalize(statement);
	return status;
}

static lstatus
show_views(struct store *store, uint64_t number, int64_t moment)
{
	struct buf sql = { 0 };
	lstatus status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	for (const char *at = make_views; *at != '\0'; at++) {
		if (*at == '#')
			buf_printf(&sql, "%lld", (long long)number);
		else if (*at == '@')
			buf_printf(&sql, "%lld", (long long)moment);
		else
			buf_append_byte(&sql, (uint8_t)*at);
	}
	buf_text(&sql);
	if (!sql.failed)
		status = store_execute(store, buf_text(&sql));
	buf_release(&sql);
	return status;
}

/* Within the read transaction. */
static lstatus
go_back(struct store *store, uint64_t number)
{
	struct store_tx tx = { 0 };
	lstatus status = store_check_number(store, number);

	if (lstatus_ok(status))
		status = store_find_tx(store, number, &tx);
	/* The transaction of an old snapshot may be pruned. */
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) &&
	    store_is_snapshot(store, number, &tx.virtual_time))
		status = LSTATUS(ERROR_SUCCESS);
	store_tx_release(&tx);
	if (lstatus_ok(status))
		status = store_execute(store, make_tables);
	if (lstatus_ok(status))
		status = run_at(store, find_changed, number);
	if (lstatus_ok(status))
		status = run_at(store, find_moved, number);
	if (lstatus_ok(status))
		status = run_at(store, find_paths, number);
	/* What was prepared before means the tables. */
	store_forget_statements(store);
	return lstatus_ok(status) ? show_views(store, number, tx.virtual_time) : status;
}

lstatus
store_go_back(struct store *store, uint64_t number)
{
	lstatus status;

	if (store->in_transaction || store->as_of != 0)
		return LSTATUS(ERROR_BUSY);
	status = store_add_functions(store);
	if (lstatus_ok(status))
		status = store_execute(store, "BEGIN");
	if (lstatus_ok(status))
		status = go_back(store, number);
	if (lstatus_ok(status))
		store->as_of = number;
	else
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL); /* the tables go with it */
	return status;
}
