/*
 * What can be read of a damaged database: each table from both ends up to the damage, and what lies
 * between by halves; keys whose rows are lost from the indexes.
 */
#include <stdio.h>
#include <string.h>

#include "regstore/store/internal.h"

#define ATTEMPTS    4096 /* to read on behind damage, for one table */
#define LAST_NUMBER (INT64_C(1) << 53)

/* A table, its order, and the number that its rows are found by. */
static const struct table {
	const char *name;
	const char *columns;
	const char *number; /* NULL: it has none */
	const char *up;
	const char *down;
} tables[STORE_TABLES] = {
	{ "meta", "name, value", NULL, "name", "name DESC" },
	{ "tx", "first, last, wall, virtual, actor, channel, comment, changes", "first", "first",
	    "first DESC" },
	{ "security", "id, descriptor", "id", "id", "id DESC" },
	{ "key", "id, parent, path, name, class, flags, security, last_write, since", "id", "id",
	    "id DESC" },
	{ "key_past", "until, id, parent, name, class, flags, security, since", "until", "until",
	    "until DESC" },
	{ "value", "key, folded, name, type, data, created, since", "key", "key, folded",
	    "key DESC, folded DESC" },
	{ "value_past", "until, key, folded, name, type, data, created, since", "until", "until",
	    "until DESC" },
	{ "snapshot", "name, number, wall, virtual, comment", NULL, "name", "name DESC" },
};

struct salvage {
	const struct table *table;
	sqlite3_stmt *up;
	sqlite3_stmt *down;
	sqlite3_stmt *insert;
	unsigned attempts; /* that are left */
	bool damaged;
	int64_t saved;
};

/* The new table may not take a row: of a number that was there, or without what it must have. */
static void
save_row(struct salvage *salvage, sqlite3_stmt *row)
{
	int count = sqlite3_column_count(row);

	for (int i = 0; i < count; i++)
		sqlite3_bind_value(salvage->insert, i + 1, sqlite3_column_value(row, i));
	if (sqlite3_step(salvage->insert) == SQLITE_DONE)
		salvage->saved += sqlite3_changes(sqlite3_db_handle(salvage->insert));
	else
		salvage->damaged = true;
	sqlite3_reset(salvage->insert);
	sqlite3_clear_bindings(salvage->insert);
}

/* Save rows up to the end, or to damage; *at is the number of the last one. */
static bool
save_rows(struct salvage *salvage, sqlite3_stmt *rows, int64_t low, int64_t high, int64_t *at)
{
	int code;

	if (salvage->table->number != NULL) {
		sqlite3_bind_int64(rows, 1, low);
		sqlite3_bind_int64(rows, 2, high);
	}
	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		if (salvage->table->number != NULL)
			*at = sqlite3_column_int64(rows, 0);
		save_row(salvage, rows);
	}
	sqlite3_reset(rows);
	salvage->damaged |= code != SQLITE_DONE;
	return code == SQLITE_DONE;
}

/* The rows whose numbers are in a range: from both ends, then by halves what is between. */
static void
save_range(struct salvage *salvage, int64_t low, int64_t high)
{
	int64_t first = low;
	int64_t last = high;
	int64_t middle;

	if (low > high || salvage->attempts == 0)
		return;
	salvage->attempts--;
	if (save_rows(salvage, salvage->up, low, high, &first) ||
	    save_rows(salvage, salvage->down, first, high, &last) ||
	    salvage->table->number == NULL || last - first < 2)
		return;
	middle = first + (last - first) / 2;
	save_range(salvage, first + 1, middle);
	save_range(salvage, middle + 1, last - 1);
}

static lstatus
prepare(struct store *store, const char *sql, const struct buf *text, sqlite3_stmt **ret_statement)
{
	int code = text->failed ? SQLITE_NOMEM
	                        : sqlite3_prepare_v2(store->db, sql, -1, ret_statement, NULL);

	return code == SQLITE_OK ? LSTATUS(ERROR_SUCCESS) : store_fail(store, code);
}

static lstatus
prepare_rows(
    struct store *store, const struct table *table, const char *order, sqlite3_stmt **ret_statement)
{
	struct buf sql = { 0 };
	lstatus status;

	buf_printf(&sql, "SELECT %s FROM %s", table->columns, table->name);
	if (table->number != NULL)
		buf_printf(&sql, " WHERE %s BETWEEN ?1 AND ?2", table->number);
	buf_printf(&sql, " ORDER BY %s", order);
	status = prepare(store, buf_text(&sql), &sql, ret_statement);
	buf_release(&sql);
	return status;
}

static lstatus
prepare_insert(struct store *store, const struct table *table, sqlite3_stmt **ret_statement)
{
	struct buf sql = { 0 };
	lstatus status;

	buf_printf(&sql, "INSERT OR IGNORE INTO %s (%s) VALUES (?", table->name, table->columns);
	for (const char *at = table->columns; (at = strchr(at, ',')) != NULL; at++)
		buf_append_text(&sql, ", ?");
	buf_append_text(&sql, ")");
	status = prepare(store, buf_text(&sql), &sql, ret_statement);
	buf_release(&sql);
	return status;
}

/* How many rows are lost: an index, if one is whole, knows how many there were. */
static int64_t
count_lost(struct store *store, const struct salvage *salvage)
{
	char sql[64];
	int64_t count = 0;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", salvage->table->name);
	if (lstatus_ok(store_query_number(store, sql, &count)))
		return count > salvage->saved ? count - salvage->saved : 0;
	return salvage->damaged ? -1 : 0;
}

/* A table that cannot be read at all is lost: the others go on. */
static lstatus
save_table(
    struct store *from, struct store *to, const struct table *table, struct store_saved *ret_saved)
{
	struct salvage salvage = { .table = table, .attempts = ATTEMPTS };
	lstatus status = prepare_insert(to, table, &salvage.insert);

	if (lstatus_ok(status)) {
		if (lstatus_ok(prepare_rows(from, table, table->up, &salvage.up)) &&
		    lstatus_ok(prepare_rows(from, table, table->down, &salvage.down)))
			save_range(&salvage, 0, LAST_NUMBER);
		else
			salvage.damaged = true;
		*ret_saved = (struct store_saved){ .table = table->name,
			.rows = salvage.saved,
			.lost = count_lost(from, &salvage) };
	}
	sqlite3_finalize(salvage.up);
	sqlite3_finalize(salvage.down);
	sqlite3_finalize(salvage.insert);
	return status;
}

/*
 * Where rows of keys are lost, the indexes still tell their paths, which are volatile, and which
 * are links. The names are then those of the paths, in upper case.
 */
static const struct {
	const char *find;
	const char *keep;
} key_indexes[] = {
	{ "SELECT id, 1 FROM key INDEXED BY key_volatile WHERE flags & 1",
	    "INSERT INTO told (id, flag) VALUES (?1, ?2)" },
	{ "SELECT id, 2 FROM key INDEXED BY key_link WHERE flags & 2",
	    "INSERT INTO told (id, flag) VALUES (?1, ?2)" },
	{ "SELECT id, path FROM key INDEXED BY sqlite_autoindex_key_1 WHERE path > '' "
	  "ORDER BY path",
	    "INSERT OR IGNORE INTO key (id, parent, path, name, flags, security, last_write, "
	    "since) "
	    "SELECT ?1, CASE above WHEN '' THEN 1 ELSE coalesce((SELECT id FROM key "
	    "WHERE path = above), -1) END, ?2, ltrim(substr(?2, length(above) + 1), char(1)), "
	    "(SELECT total(flag) FROM told WHERE id = ?1), coalesce((SELECT id FROM security "
	    "WHERE descriptor = default_descriptor()), 0), 0, ?1 FROM "
	    "(SELECT rtrim(rtrim(?2, replace(?2, char(1), '')), char(1)) AS above)" },
};

/* An index that cannot be read tells nothing, or what it can. */
static lstatus
save_from_index(
    struct store *old, struct store *new, const char *find, const char *keep, int64_t *saved)
{
	sqlite3_stmt *from = NULL;
	sqlite3_stmt *to = NULL;
	int code = sqlite3_prepare_v2(new->db, keep, -1, &to, NULL);

	if (code == SQLITE_OK && sqlite3_prepare_v2(old->db, find, -1, &from, NULL) == SQLITE_OK) {
		while (sqlite3_step(from) == SQLITE_ROW) {
			sqlite3_bind_value(to, 1, sqlite3_column_value(from, 0));
			sqlite3_bind_value(to, 2, sqlite3_column_value(from, 1));
			if (sqlite3_step(to) == SQLITE_DONE)
				*saved += sqlite3_changes(new->db);
			sqlite3_reset(to);
		}
	}
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	return code == SQLITE_OK ? LSTATUS(ERROR_SUCCESS) : store_fail(new, code);
}

static lstatus
save_keys_by_path(struct store *from, struct store *to, struct store_saved *ret_saved)
{
	lstatus status = store_execute(to, "CREATE TEMP TABLE told (id INTEGER, flag INTEGER)");
	int64_t saved = 0;

	for (size_t i = 0; i < ARRAY_SIZE(key_indexes) && lstatus_ok(status); i++) {
		saved = 0;
		status =
		    save_from_index(from, to, key_indexes[i].find, key_indexes[i].keep, &saved);
	}
	ret_saved->rows += saved;
	ret_saved->lost = ret_saved->lost > saved ? ret_saved->lost - saved : 0;
	return lstatus_ok(status) ? store_execute(to, "DROP TABLE told") : status;
}

lstatus
store_salvage(struct store *from, struct store *to, struct store_saved saved[STORE_TABLES])
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < STORE_TABLES && lstatus_ok(status); i++)
		status = save_table(from, to, &tables[i], &saved[i]);
	for (size_t i = 0; i < STORE_TABLES && lstatus_ok(status); i++) {
		if (strcmp(saved[i].table, "key") == 0)
			status = save_keys_by_path(from, to, &saved[i]);
	}
	return status;
}
