/*
 * Undoing writes: what they touched becomes what it was before, by new writes.
 *
 * Of what was touched (touched.c finds it) keys go first: those that were not there are deleted,
 * those with another name get their old one, those that are gone come back, the ones above before
 * the ones below (a key's id is greater than its parent's). Then their values, all of them at once:
 * what differs between then and now goes to the table `undo`, which gives each its number, and a
 * statement each moves rows to the past, deletes them, and brings them back.
 */
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/store/internal.h"

struct undo {
	struct store *store;
	const struct store_revert *revert;
	uint64_t then; /* the write whose state is wanted */
	bool conflicts;
};

/* --- Conflicts ----------------------------------------------------------------------------------
 */

static void
report(struct undo *undo, int64_t key, const char *folded, size_t length, uint64_t number)
{
	struct store_change change = {
		.number = number, .key = key, .folded = folded, .length = length
	};

	undo->conflicts = true;
	if (undo->revert->conflict != NULL)
		undo->revert->conflict(undo->revert->context, &change);
}

/* Report the rows (key, folded, number) of a query in which ?1 is the last write to be undone. */
static lstatus
report_rows(struct undo *undo, const char *sql)
{
	struct store *store = undo->store;
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

	if (code == SQLITE_OK) {
		sqlite3_bind_int64(statement, 1, (int64_t)undo->revert->last);
		sqlite3_bind_int64(statement, 2, (int64_t)undo->then);
	}
	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		report(undo, sqlite3_column_int64(statement, 0),
		    (const char *)sqlite3_column_text(statement, 1),
		    (size_t)sqlite3_column_bytes(statement, 1),
		    (uint64_t)sqlite3_column_int64(statement, 2));
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? LSTATUS(ERROR_SUCCESS) : store_fail(store, code);
}

/* ?2 is the write before the first that is undone. */
#define NOT_THERE_THEN                                                                             \
	"NOT EXISTS (SELECT 1 FROM main.key WHERE id = touched_key.id AND since <= ?2 UNION ALL "  \
	"SELECT 1 FROM main.key_past WHERE id = touched_key.id AND until > ?2 AND since <= ?2)"

/* What was touched and written to again; and what is new in a key that was made. */
static lstatus
find_conflicts(struct undo *undo)
{
	static const char *const queries[] = {
		"SELECT id, NULL, max(number) FROM ("
		"SELECT id, since AS number FROM main.key WHERE id IN (SELECT id FROM touched_key) "
		"AND since > ?1 UNION ALL SELECT id, until FROM main.key_past "
		"WHERE id IN (SELECT id FROM touched_key) AND until > ?1) GROUP BY id",
		"SELECT key, folded, max(number) FROM ("
		"SELECT touched.key, touched.folded, since AS number FROM touched JOIN main.value "
		"USING (key, folded) WHERE since > ?1 UNION ALL "
		"SELECT touched.key, touched.folded, until FROM touched JOIN main.value_past "
		"USING (key, folded) WHERE until > ?1) GROUP BY key, folded",
		"SELECT below.id, NULL, below.since FROM touched_key JOIN main.key AS below "
		"ON below.parent = touched_key.id WHERE below.id > ?1 AND " NOT_THERE_THEN,
		"SELECT value.key, value.folded, value.since FROM touched_key JOIN main.value "
		"ON value.key = touched_key.id WHERE value.since > ?1 AND NOT EXISTS (SELECT 1 "
		"FROM touched WHERE key = value.key AND folded = value.folded) AND " NOT_THERE_THEN,
	};
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(queries) && lstatus_ok(status); i++)
		status = report_rows(undo, queries[i]);
	return status;
}

/* --- Keys ---------------------------------------------------------------------------------------
 */

/* The ids of the touched keys, in their order. */
static lstatus
list_ids(struct undo *undo, struct buf *ids)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(
	    undo->store->db, "SELECT id FROM touched_key ORDER BY id", -1, &statement, NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(statement, 0);

		buf_append(ids, &id, sizeof(id));
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	if (code != SQLITE_DONE)
		return store_fail(undo->store, code);
	return LSTATUS(ids->failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
}

/* One touched key: as it was, and as it is. */
struct versions {
	struct store_key then;
	struct store_key now;
	struct buf then_name;
	struct buf now_name;
	struct buf then_class;
	struct buf now_class;
	bool was;
	bool is;
};

static void
release_versions(struct versions *versions)
{
	buf_release(&versions->then_name);
	buf_release(&versions->now_name);
	buf_release(&versions->then_class);
	buf_release(&versions->now_class);
}

static lstatus
get_versions(struct undo *undo, int64_t id, struct versions *versions)
{
	lstatus status = store_key_at(undo->store, id, undo->then, &versions->then,
	    &versions->then_name, &versions->then_class);

	versions->was = lstatus_ok(status);
	if (lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = store_key_at(undo->store, id, INT64_MAX - 1, &versions->now,
		    &versions->now_name, &versions->now_class);
	versions->is = lstatus_ok(status);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = LSTATUS(ERROR_SUCCESS);
	if (versions->then_name.failed || versions->now_name.failed ||
	    versions->then_class.failed || versions->now_class.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return status;
}

static bool
same_bytes(const struct buf *left, const struct buf *right)
{
	return left->size == right->size &&
	       (left->size == 0 || memcmp(left->data, right->data, left->size) == 0);
}

/* The path of a name below a parent as it is now. */
static lstatus
path_below(struct store *store, int64_t parent, const struct buf *name, struct buf *path)
{
	struct store_key key;
	lstatus status = store_get_key(store, parent, &key, path, NULL);

	if (!lstatus_ok(status))
		return status;
	if (path->size > 0)
		buf_append_byte(path, STORE_SEPARATOR);
	if (!name_fold((const char *)name->data, name->size, path))
		return LSTATUS(ERROR_REGISTRY_CORRUPT);
	return LSTATUS(path->failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
}

static bool
is_touched(struct undo *undo, int64_t id)
{
	sqlite3_stmt *statement = NULL;
	bool touched =
	    sqlite3_prepare_v2(undo->store->db, "SELECT 1 FROM touched_key WHERE id = ?1", -1,
	        &statement, NULL) == SQLITE_OK &&
	    sqlite3_bind_int64(statement, 1, id) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW;

	sqlite3_finalize(statement);
	return touched;
}

/* A name for a key that goes aside, and its path: one that nobody has. */
static lstatus
find_aside(struct store *store, const struct store_key *key, struct buf *name, struct buf *path)
{
	struct store_key other;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	buf_printf(name, "~%lld", (long long)key->id);
	while (!name->failed && lstatus_ok(status)) {
		buf_clear(path);
		status = path_below(store, key->parent, name, path);
		if (lstatus_ok(status))
			status =
			    store_find_key(store, (const char *)path->data, path->size, &other);
		if (lstatus_ok(status))
			buf_append_byte(name, '~');
	}
	if (name->failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return lstatus_is(status, ERROR_FILE_NOT_FOUND) ? LSTATUS(ERROR_SUCCESS) : status;
}

/*
 * Make room at a path: who stands there goes aside if its own name is to change too, or is deleted
 * if that is forced. Else it is in conflict, and *ret_free false.
 */
static lstatus
free_path(struct undo *undo, int64_t id, const struct buf *path, bool *ret_free)
{
	struct store *store = undo->store;
	struct store_key other;
	struct store_key was;
	struct buf name = { 0 };
	struct buf aside = { 0 };
	lstatus status = store_find_key(store, (const char *)path->data, path->size, &other);

	*ret_free =
	    lstatus_is(status, ERROR_FILE_NOT_FOUND) || (lstatus_ok(status) && other.id == id);
	if (*ret_free || !lstatus_ok(status))
		return *ret_free ? LSTATUS(ERROR_SUCCESS) : status;
	if (is_touched(undo, other.id) &&
	    lstatus_ok(store_key_at(store, other.id, undo->then, &was, NULL, NULL))) {
		status = find_aside(store, &other, &name, &aside);
		if (lstatus_ok(status))
			status = store_rename_key(
			    store, other.id, (const char *)aside.data, aside.size, buf_text(&name));
		*ret_free = true;
	} else if (undo->revert->force) {
		status = store_delete_key(store, other.id, false);
		*ret_free = true;
	} else {
		report(undo, other.id, NULL, 0, (uint64_t)other.id);
	}
	buf_release(&name);
	buf_release(&aside);
	return status;
}

static lstatus
delete_new(struct undo *undo, int64_t id, struct versions *versions)
{
	lstatus status;

	if (versions->was || !versions->is)
		return LSTATUS(ERROR_SUCCESS);
	if (versions->now.parent <= STORE_ROOT_ID)
		return LSTATUS(ERROR_ACCESS_DENIED); /* a root: there is no way back */
	status = store_delete_key(undo->store, id, false);
	/* Gone with one above it. */
	return lstatus_is(status, ERROR_KEY_DELETED) ? LSTATUS(ERROR_SUCCESS) : status;
}

/* Give a key that is there its old name; or put one that is gone back under it. */
static lstatus
place(struct undo *undo, int64_t id, struct versions *versions)
{
	struct buf path = { 0 };
	bool free_ = false;
	lstatus status;

	if (!versions->was ||
	    (versions->is && same_bytes(&versions->then_name, &versions->now_name)))
		return LSTATUS(ERROR_SUCCESS);
	status = path_below(undo->store, versions->then.parent, &versions->then_name, &path);
	if (lstatus_is(status, ERROR_KEY_DELETED)) {
		report(undo, id, NULL, 0, (uint64_t)id); /* its parent is gone, by a later write */
		status = LSTATUS(ERROR_SUCCESS);
	} else if (lstatus_ok(status)) {
		status = free_path(undo, id, &path, &free_);
	}
	if (lstatus_ok(status) && free_)
		status = versions->is ? store_rename_key(undo->store, id, (const char *)path.data,
		                            path.size, buf_text(&versions->then_name))
		                      : store_restore_key(undo->store, &versions->then, undo->then,
		                            (const char *)path.data, path.size);
	buf_release(&path);
	return status;
}

static lstatus
set_attributes(struct undo *undo, int64_t id, struct versions *versions)
{
	struct buf descriptor = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (!versions->was || !versions->is)
		return status;
	if (!same_bytes(&versions->then_class, &versions->now_class))
		status = store_set_class(
		    undo->store, id, versions->then_class.data, versions->then_class.size);
	if (lstatus_ok(status) && versions->then.flags != versions->now.flags)
		status = store_set_flags(undo->store, id, UINT32_MAX, versions->then.flags);
	if (lstatus_ok(status) && versions->then.security != versions->now.security)
		status = store_get_descriptor(undo->store, versions->then.security, &descriptor);
	if (lstatus_ok(status) && descriptor.size > 0)
		status = store_set_security(undo->store, id, descriptor.data, descriptor.size);
	buf_release(&descriptor);
	return status;
}

static lstatus
undo_keys(struct undo *undo)
{
	static lstatus (*const steps[])(struct undo * undo, int64_t id,
	    struct versions * versions) = { delete_new, place, set_attributes };
	struct buf ids = { 0 };
	lstatus status = list_ids(undo, &ids);

	for (size_t step = 0; step < ARRAY_SIZE(steps) && lstatus_ok(status); step++) {
		for (size_t at = 0; at < ids.size && lstatus_ok(status); at += sizeof(int64_t)) {
			struct versions versions = { 0 };
			int64_t id;

			memcpy(&id, ids.data + at, sizeof(id));
			status = get_versions(undo, id, &versions);
			if (lstatus_ok(status))
				status = steps[step](undo, id, &versions);
			release_versions(&versions);
		}
	}
	buf_release(&ids);
	return status;
}

/* --- Values -------------------------------------------------------------------------------------
 */

static const char make_table[] =
    "DROP TABLE IF EXISTS temp.undo; CREATE TEMP TABLE undo (place INTEGER PRIMARY KEY, "
    "key INTEGER, folded TEXT, until INTEGER)";

/* Those whose row of then (until, NULL: none) is not that of now. */
static const char find_values[] =
    "INSERT OR FAIL INTO undo (key, folded, until) SELECT touched.key, touched.folded, was.until "
    "FROM touched CROSS JOIN main.key ON key.id = touched.key "
    "LEFT JOIN main.value AS now ON now.key = touched.key AND now.folded = touched.folded "
    "LEFT JOIN main.value_past AS was ON was.until = touched.moved "
    "WHERE coalesce(now.since, was.until) AND NOT coalesce(was.type = now.type AND "
    "was.data = now.data AND was.name = now.name AND was.created = now.created, 0) "
    "ORDER BY touched.key, touched.folded";

/* ?1 is the number before the first of them. */
static const char *const write_values[] = {
	"INSERT OR FAIL INTO main.value_past (until, key, folded, name, type, data, created, "
	"since) SELECT ?1 + undo.place, now.key, now.folded, now.name, now.type, now.data, "
	"now.created, now.since FROM undo CROSS JOIN main.value AS now ON now.key = undo.key "
	"AND now.folded = undo.folded ORDER BY undo.place",
	"DELETE FROM main.value WHERE (key, folded) IN "
	"(SELECT key, folded FROM undo WHERE until IS NULL)",
	"REPLACE INTO main.value (key, folded, name, type, data, created, since) "
	"SELECT was.key, was.folded, was.name, was.type, was.data, was.created, ?1 + undo.place "
	"FROM undo CROSS JOIN main.value_past AS was ON was.until = undo.until "
	"ORDER BY undo.place",
};

/* Give each its number, in their order. */
static lstatus
number_values(struct store *store)
{
	sqlite3_stmt *rows = NULL;
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code = sqlite3_prepare_v2(
	    store->db, "SELECT key, folded FROM undo ORDER BY place", -1, &rows, NULL);

	while (
	    code == SQLITE_OK && lstatus_ok(status) && (code = sqlite3_step(rows)) == SQLITE_ROW) {
		const char *folded = (const char *)sqlite3_column_text(rows, 1);
		uint64_t number;

		if (folded == NULL)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		else
			status = store_value_changes(store, sqlite3_column_int64(rows, 0), folded,
			    (size_t)sqlite3_column_bytes(rows, 1), &number);
		code = SQLITE_OK;
	}
	sqlite3_finalize(rows);
	if (lstatus_ok(status) && code != SQLITE_DONE)
		status = store_fail(store, code);
	return status;
}

static lstatus
undo_values(struct undo *undo)
{
	struct store *store = undo->store;
	int64_t before = (int64_t)store->number;
	lstatus status = store_execute(store, make_table);

	if (lstatus_ok(status))
		status = store_run_with(store, find_values, 0, 0, NULL, 0);
	if (lstatus_ok(status))
		status = number_values(store);
	for (size_t i = 0; i < ARRAY_SIZE(write_values) && lstatus_ok(status); i++)
		status = store_run_with(store, write_values[i], before, 0, NULL, 0);
	return status;
}

/* --- All of it ----------------------------------------------------------------------------------
 */

static lstatus
undo_all(struct undo *undo)
{
	struct store *store = undo->store;
	const struct store_revert *revert = undo->revert;
	lstatus status = store_add_functions(store);

	if (lstatus_ok(status))
		status = store_find_touched(store, revert);
	if (lstatus_ok(status) && revert->last < store->first - 1)
		status = find_conflicts(undo);
	if (lstatus_ok(status) && undo->conflicts && !revert->force)
		status = LSTATUS(ERROR_REVISION_MISMATCH);
	if (lstatus_ok(status))
		status = undo_keys(undo);
	if (lstatus_ok(status))
		status = undo_values(undo);
	if (lstatus_ok(status) && undo->conflicts && !revert->force)
		status = LSTATUS(ERROR_REVISION_MISMATCH);
	return status;
}

lstatus
store_revert(struct store *store, const struct store_revert *revert)
{
	struct store_revert rest = *revert;
	struct undo undo = { .store = store, .revert = &rest };
	bool everything = revert->path == NULL && revert->last == store->number;
	lstatus status = store_check_number(store, revert->last);

	if (lstatus_ok(status) && (revert->first == 0 || revert->first > revert->last))
		status = LSTATUS(ERROR_INVALID_PARAMETER);
	if (!lstatus_ok(status))
		return status;
	if (everything)
		rest.first = store_restored(store, revert->first - 1) + 1;
	undo.then = rest.first - 1;
	if (rest.first > rest.last)
		return status;
	status = undo_all(&undo);
	if (lstatus_ok(status) && everything)
		status = store_set_restored(store, revert->first - 1, store->number);
	return status;
}

static void
each_listed(const void *list, size_t size, uint64_t first,
    void (*each)(void *context, const struct store_change *change), void *context)
{
	struct change_cursor cursor = { .at = list };
	struct store_change change = { .number = first };
	struct change_entry entry;

	cursor.end = cursor.at != NULL ? cursor.at + size : NULL;
	for (; change_cursor_next(&cursor, &entry); change.number++) {
		change.key = entry.key;
		change.folded = entry.folded;
		change.length = entry.length;
		each(context, &change);
	}
}

lstatus
store_each_pending(struct store *store,
    void (*each)(void *context, const struct store_change *change), void *context)
{
	sqlite3_stmt *rows = store_statement(store, SQL_TX_PENDING);
	int code;

	if (rows == NULL)
		return store->failure;
	sqlite3_bind_int64(rows, 1, (sqlite3_int64)store->first);
	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		const void *list = sqlite3_column_blob(rows, 1);

		each_listed(list, (size_t)sqlite3_column_bytes(rows, 1),
		    (uint64_t)sqlite3_column_int64(rows, 0), each, context);
	}
	sqlite3_reset(rows);
	if (code != SQLITE_DONE)
		return store_fail(store, code);
	each_listed(
	    store->changes.bytes.data, store->changes.bytes.size, store->listed, each, context);
	return LSTATUS(ERROR_SUCCESS);
}
