/*
 * Finding what was ever written to a key: by its path, though the key may be gone, or was made
 * again, or had another name.
 *
 * The keys that ever had the path are found component by component among present and past rows;
 * what was written to them is found through the indexes of their values. All goes to temporary
 * tables, so that reading on holds no transaction.
 */
#include <string.h>

#include "regstore/store/internal.h"

#define ALL_KEYS                                                                                   \
	"(SELECT id, parent, name FROM main.key UNION ALL "                                        \
	"SELECT id, parent, name FROM main.key_past)"

static const char make_tables[] =
    "DROP TABLE IF EXISTS temp.line; DROP TABLE IF EXISTS temp.wanted; "
    "DROP TABLE IF EXISTS temp.found; "
    "CREATE TEMP TABLE line (depth INTEGER, id INTEGER, PRIMARY KEY (depth, id)) WITHOUT ROWID; "
    "CREATE TEMP TABLE wanted (id INTEGER PRIMARY KEY); "
    "CREATE TEMP TABLE found (number INTEGER PRIMARY KEY, key INTEGER, folded TEXT); "
    "INSERT INTO line VALUES (0, 1)";

static const char next_component[] =
    "INSERT OR IGNORE INTO line SELECT ?1 + 1, id FROM " ALL_KEYS
    " WHERE parent IN (SELECT id FROM line WHERE depth = ?1) AND folded(name) = ?2";

static const char want_key[] = "INSERT INTO wanted SELECT id FROM line WHERE depth = ?1";
static const char want_subtree[] =
    "WITH RECURSIVE below (id) AS (SELECT id FROM line WHERE depth = ?1 "
    "UNION SELECT key.id FROM below JOIN main.key ON key.parent = below.id "
    "UNION SELECT key_past.id FROM below JOIN main.key_past ON key_past.parent = below.id) "
    "INSERT INTO wanted SELECT id FROM below";

/* ?1 and ?2 are the bounds, ?3 is the value's folded name. */
#define BETWEEN(column) column " BETWEEN ?1 AND ?2"
#define FIND(column, what, table, id)                                                              \
	"INSERT OR IGNORE INTO found SELECT " column ", " what " FROM main." table " WHERE " id    \
	" IN (SELECT id FROM wanted) AND " BETWEEN(column)
#define OF_NAME " AND folded = ?3"

static const char *const find_values[] = {
	FIND("since", "key, folded", "value", "key"),
	FIND("since", "key, folded", "value_past", "key"),
	FIND("until", "key, folded", "value_past", "key"),
};
static const char *const find_value[] = {
	FIND("since", "key, folded", "value", "key") OF_NAME,
	FIND("since", "key, folded", "value_past", "key") OF_NAME,
	FIND("until", "key, folded", "value_past", "key") OF_NAME,
};
static const char *const find_keys[] = {
	FIND("since", "id, NULL", "key", "id"),
	FIND("since", "id, NULL", "key_past", "id"),
	FIND("until", "id, NULL", "key_past", "id"),
};

lstatus
store_run_with(struct store *store, const char *sql, int64_t first, int64_t last, const char *text,
    size_t length)
{
	sqlite3_stmt *statement = NULL;
	lstatus status = store_write_batch(store);
	int code;

	if (!lstatus_ok(status))
		return status;
	code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return store_fail(store, code);
	sqlite3_bind_int64(statement, 1, first);
	sqlite3_bind_int64(statement, 2, last);
	if (text != NULL)
		sqlite3_bind_text(statement, sqlite3_bind_parameter_count(statement), text,
		    (int)length, SQLITE_STATIC);
	status = store_run(store, statement);
	sqlite3_finalize(statement);
	return status;
}

lstatus
store_want(struct store *store, const char *path, size_t length, bool subtree)
{
	const char *end = path + length;
	int64_t depth = 0;
	lstatus status = store_execute(store, make_tables);

	while (path < end && lstatus_ok(status)) {
		const char *separator = memchr(path, STORE_SEPARATOR, (size_t)(end - path));
		size_t component = (size_t)((separator != NULL ? separator : end) - path);

		status = store_run_with(store, next_component, depth++, 0, path, component);
		path += component + (separator != NULL);
	}
	if (lstatus_ok(status))
		status =
		    store_run_with(store, subtree ? want_subtree : want_key, depth, 0, NULL, 0);
	return status;
}

lstatus
store_find_changes(struct store *store, const char *path, size_t length, bool subtree,
    const char *folded, size_t folded_length, uint64_t first, uint64_t last)
{
	const char *const *values = folded != NULL ? find_value : find_values;
	int64_t to = last > INT64_MAX ? INT64_MAX : (int64_t)last;
	lstatus status = store_add_functions(store);

	if (lstatus_ok(status))
		status = store_want(store, path, length, subtree);
	for (size_t i = 0; i < ARRAY_SIZE(find_values) && lstatus_ok(status); i++)
		status =
		    store_run_with(store, values[i], (int64_t)first, to, folded, folded_length);
	for (size_t i = 0; i < ARRAY_SIZE(find_keys) && lstatus_ok(status) && folded == NULL; i++)
		status = store_run_with(store, find_keys[i], (int64_t)first, to, NULL, 0);
	return status;
}
