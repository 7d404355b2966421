/*
 * Rows of keys.
 */
#include <string.h>

#include "regstore/store/internal.h"

/* REG_NOTIFY_CHANGE bits, as registry.h names them for users. */
#define CHANGE_NAME 1u

struct store_key
store_read_key(sqlite3_stmt *statement)
{
	return (struct store_key){
		.id = sqlite3_column_int64(statement, 0),
		.parent = sqlite3_column_int64(statement, 1),
		.security = sqlite3_column_int64(statement, 2),
		.last_write = sqlite3_column_int64(statement, 3),
		.flags = (uint32_t)sqlite3_column_int64(statement, 4),
	};
}

void
store_append_column(sqlite3_stmt *statement, int column, struct buf *out)
{
	const void *text = sqlite3_column_blob(statement, column);

	if (out != NULL)
		buf_append(out, text, (size_t)sqlite3_column_bytes(statement, column));
}

lstatus
store_find_key(struct store *store, const char *path, size_t length, struct store_key *ret_key)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_FIND);
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);
	int code;

	/* SQLite may have rolled back: what is not there then is not missing. */
	if (!lstatus_ok(store->doomed))
		return store->doomed;
	if (statement == NULL)
		return store->failure;
	sqlite3_bind_text(statement, 1, path, (int)length, SQLITE_STATIC);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*ret_key = store_read_key(statement);
		status = LSTATUS(ERROR_SUCCESS);
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}

lstatus
store_get_key(
    struct store *store, int64_t id, struct store_key *ret_key, struct buf *path, struct buf *name)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_GET);
	lstatus status = LSTATUS(ERROR_KEY_DELETED);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, id);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*ret_key = store_read_key(statement);
		store_append_column(statement, 5, path);
		store_append_column(statement, 6, name);
		status = LSTATUS(ERROR_SUCCESS);
	} else if (code != SQLITE_DONE) {
		status = store_fail(store, code);
	}
	sqlite3_reset(statement);
	return status;
}

void
store_changed(struct store *store, int64_t key, uint32_t kind)
{
	struct store_key row;
	struct buf path = { 0 };

	/* Runs of values of one key are one change, whose path is looked up once. */
	if ((store->noted == key && store->noted_kind == kind) || !bell_wants_notes(store->bell))
		return;
	store->noted = key;
	store->noted_kind = kind;
	if (lstatus_ok(store_get_key(store, key, &row, &path, NULL)) && !path.failed)
		bell_changed(store->bell, (const char *)path.data, path.size, kind);
	else
		bell_changed_unknown(store->bell);
	buf_release(&path);
}

void
store_key_changes(struct store *store, int64_t id, int64_t parent)
{
	bell_stamp_changes(store->bell, store_tag_key(id));
	bell_stamp_changes(store->bell, store_tag_subkeys(parent));
}

void
store_path_changes(struct store *store, const char *path, size_t length, uint32_t flags)
{
	bell_stamp_changes(store->bell, store_tag_path(path, length));
	if ((flags & STORE_KEY_LINK) != 0)
		bell_stamp_changes(store->bell, STORE_TAG_LINKS);
}

/* Where a key is remembered as touched. */
static int64_t *
touched_place(struct store *store, int64_t key)
{
	return &store->touched[(uint64_t)key % STORE_TOUCHED];
}

void
store_forget_touched(struct store *store)
{
	memset(store->touched, 0, sizeof(store->touched));
	store->parent.id = 0;
}

lstatus
store_touch_key(struct store *store, int64_t key)
{
	sqlite3_stmt *statement;
	struct store_key row = { 0 };
	lstatus status;

	if (key == 0 || *touched_place(store, key) == key)
		return LSTATUS(ERROR_SUCCESS);
	statement = store_statement(store, SQL_KEY_TOUCH);
	if (statement == NULL)
		return store->failure;
	status = store_get_key(store, key, &row, NULL, NULL);
	if (!lstatus_ok(status))
		return status;
	sqlite3_bind_int64(statement, 1, key);
	sqlite3_bind_int64(statement, 2, store_virtual_now(store));
	status = store_run(store, statement);
	if (!lstatus_ok(status))
		return status;
	store_key_changes(store, key, row.parent);
	*touched_place(store, key) = key;
	return status;
}

/* A path's length without its last component. */
static size_t
parent_length(const char *path, size_t length)
{
	const char *last = length > 0 ? memrchr(path, STORE_SEPARATOR, length) : NULL;

	return last != NULL ? (size_t)(last - path) : 0;
}

void
store_keep_parent(
    struct store *store, const char *path, size_t length, const struct store_key *parent)
{
	if (!store->in_transaction || parent->id == store->parent.id ||
	    parent->id < (int64_t)store->first)
		return;
	buf_clear(&store->parent_path);
	buf_append(&store->parent_path, path, parent_length(path, length));
	store->parent = *parent;
	if (store->parent_path.failed)
		store->parent.id = 0;
}

bool
store_find_parent(
    const struct store *store, const char *path, size_t length, struct store_key *ret_key)
{
	size_t size = store->parent_path.size;

	if (store->parent.id == 0 || size == 0 || parent_length(path, length) != size ||
	    memcmp(path, store->parent_path.data, size) != 0)
		return false;
	*ret_key = store->parent;
	return true;
}

static lstatus
insert_key(struct store *store, const struct store_key *parent, const char *path, size_t length,
    const char *name, uint32_t flags, struct store_key *ret_key)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_INSERT);
	struct store_key key = {
		.id = (int64_t)store->number + 1,
		.parent = parent->id,
		.security = parent->security,
		.last_write = store_virtual_now(store),
		.flags = flags,
	};
	lstatus status;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, key.id);
	sqlite3_bind_int64(statement, 2, key.parent);
	sqlite3_bind_text(statement, 3, path, (int)length, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 5, key.flags);
	sqlite3_bind_int64(statement, 6, key.security);
	sqlite3_bind_int64(statement, 7, key.last_write);
	status = store_run(store, statement);
	if (lstatus_ok(status) && sqlite3_changes(store->db) == 0)
		return LSTATUS(ERROR_ALREADY_EXISTS);
	store_path_changes(store, path, length, flags);
	store_key_changes(store, key.id, parent->id);
	if (lstatus_ok(status)) {
		(void)store_next_number(store, 0, NULL, 0); /* which is the id */
		*touched_place(store, key.id) = key.id;     /* it bears the transaction's time */
		status = store_touch_key(store, parent->id);
	}
	if (lstatus_ok(status))
		*ret_key = key;
	return status;
}

/* Somebody may watch the new key's own path: its creation is a change too. */
static void
note_made(struct store *store, const char *path, size_t length, uint32_t kind)
{
	bell_changed(store->bell, path, parent_length(path, length), CHANGE_NAME);
	bell_changed(store->bell, path, length, kind);
}

lstatus
store_restore_key(struct store *store, const struct store_key *key, uint64_t number,
    const char *path, size_t length)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_RESTORE);
	lstatus status;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, key->id);
	sqlite3_bind_int64(statement, 2, (int64_t)number);
	sqlite3_bind_text(statement, 3, path, (int)length, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 4, store_virtual_now(store));
	sqlite3_bind_int64(statement, 5, (int64_t)store_next_number(store, key->id, NULL, 0));
	status = store_run(store, statement);
	store_path_changes(store, path, length, key->flags);
	store_key_changes(store, key->id, key->parent);
	if (lstatus_ok(status))
		status = store_touch_key(store, key->parent);
	if (lstatus_ok(status))
		note_made(store, path, length, CHANGE_NAME | BELL_RESTORED);
	return status;
}

lstatus
store_insert_key(struct store *store, const struct store_key *parent, const char *path,
    size_t length, const char *name, uint32_t flags, struct store_key *ret_key)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	status = insert_key(store, parent, path, length, name, flags, ret_key);
	if (lstatus_ok(status))
		note_made(store, path, length, CHANGE_NAME);
	return store_leave(store, own, status);
}

static lstatus
delete_one(struct store *store, int64_t id)
{
	sqlite3_stmt *to_past = store_statement(store, SQL_KEY_TO_PAST);
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_DELETE);
	lstatus status = store_delete_all_values(store, id);

	if (to_past == NULL || statement == NULL)
		return store->failure;
	if (!lstatus_ok(status))
		return status;
	sqlite3_bind_int64(to_past, 1, id);
	sqlite3_bind_int64(to_past, 2, (int64_t)store_next_number(store, id, NULL, 0));
	status = store_run(store, to_past);
	if (!lstatus_ok(status))
		return status;
	bell_stamp_changes(store->bell, store_tag_key(id));
	sqlite3_bind_int64(statement, 1, id);
	return store_run(store, statement);
}

/* Tell the watchers of a key that is gone, and break the marks of its path. */
static void
note_gone(struct store *store, const char *path, size_t length, uint32_t flags)
{
	store_path_changes(store, path, length, flags);
	bell_changed(store->bell, path, length, CHANGE_NAME | BELL_DELETED);
}

struct id_list {
	int64_t *ids;
	size_t count;
};

/* The ids of rows; of keys that are about to be deleted (`deleted`) their paths are noted. */
static lstatus
collect_ids(struct store *store, sqlite3_stmt *statement, bool deleted, struct id_list *list)
{
	struct buf ids = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(statement, 0);

		buf_append(&ids, &id, sizeof(id));
		if (deleted)
			note_gone(store, sqlite3_column_blob(statement, 2),
			    (size_t)sqlite3_column_bytes(statement, 2),
			    (uint32_t)sqlite3_column_int64(statement, 1));
	}
	if (code != SQLITE_DONE)
		status = store_fail(store, code);
	else if (ids.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	sqlite3_reset(statement);
	if (!lstatus_ok(status)) {
		buf_release(&ids);
		return status;
	}
	list->count = ids.size / sizeof(int64_t);
	list->ids = (int64_t *)(void *)ids.data;
	return status;
}

/*
 * Everything below the path, the deepest first, so that no key is ever without its parent. A
 * child's folded path starts with its parent's, so that it sorts after it.
 */
static lstatus
delete_below(struct store *store, struct buf *path)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_BELOW);
	struct id_list list = { 0 };
	size_t length = path->size;
	struct buf end = { 0 };
	lstatus status = store->failure; /* of preparing the statement, if it has to be */

	buf_append_byte(path, STORE_SEPARATOR);
	buf_append(&end, path->data, length);
	buf_append_byte(&end, STORE_SEPARATOR + 1);
	if (path->failed || end.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else if (statement != NULL) {
		sqlite3_bind_text(
		    statement, 1, (const char *)path->data, (int)path->size, SQLITE_STATIC);
		sqlite3_bind_text(
		    statement, 2, (const char *)end.data, (int)end.size, SQLITE_STATIC);
		status = collect_ids(store, statement, true, &list);
	}
	for (size_t i = 0; i < list.count && lstatus_ok(status); i++)
		status = delete_one(store, list.ids[i]);
	free(list.ids);
	buf_release(&end);
	buf_truncate(path, length);
	return status;
}

static lstatus
has_child(struct store *store, int64_t id, bool *ret_has)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_HAS_CHILD);
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, id);
	code = sqlite3_step(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		status = store_fail(store, code);
	else
		*ret_has = code == SQLITE_ROW;
	sqlite3_reset(statement);
	return status;
}

/* Tell the watchers of the key, and of the one above it, that it is gone. */
static void
note_deleted(struct store *store, const struct buf *path, const struct store_key *key)
{
	const char *text = (const char *)path->data;

	note_gone(store, text, path->size, key->flags);
	store_key_changes(store, key->id, key->parent);
	bell_changed(store->bell, text, parent_length(text, path->size), CHANGE_NAME);
}

static lstatus
delete_key(struct store *store, int64_t id, bool only_leaf)
{
	struct store_key key = { 0 };
	struct buf path = { 0 };
	bool children = false;
	lstatus status = store_get_key(store, id, &key, &path, NULL);

	if (lstatus_ok(status))
		status = has_child(store, id, &children);
	if (lstatus_ok(status) && children && only_leaf)
		status = LSTATUS(ERROR_ACCESS_DENIED);
	if (path.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && children)
		status = delete_below(store, &path);
	if (lstatus_ok(status))
		status = delete_one(store, id);
	if (lstatus_ok(status)) {
		note_deleted(store, &path, &key);
		store_forget_touched(store);
		status = store_touch_key(store, key.parent);
	}
	buf_release(&path);
	return status;
}

lstatus
store_delete_key(struct store *store, int64_t id, bool only_leaf)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	return store_leave(store, own, delete_key(store, id, only_leaf));
}

lstatus
store_delete_volatile(struct store *store)
{
	sqlite3_stmt *statement;
	struct id_list list = { 0 };
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	statement = store_statement(store, SQL_KEY_VOLATILE);
	status = statement != NULL ? collect_ids(store, statement, false, &list) : store->failure;
	for (size_t i = 0; i < list.count && lstatus_ok(status); i++) {
		status = delete_key(store, list.ids[i], false);
		/* Gone with a volatile parent that came before it. */
		if (lstatus_is(status, ERROR_KEY_DELETED))
			status = LSTATUS(ERROR_SUCCESS);
	}
	free(list.ids);
	return store_leave(store, own, status);
}

lstatus
store_each_key(struct store *store, int64_t id,
    bool (*each)(void *context, const struct store_key *key, const char *name), void *context)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_CHILDREN);
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, id);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct store_key key = store_read_key(statement);
		const char *text = (const char *)sqlite3_column_text(statement, 5);

		if (text == NULL) {
			code = SQLITE_NOMEM;
			break;
		}
		if (!each(context, &key, text))
			break;
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		status = store_fail(store, code);
	sqlite3_reset(statement);
	return status;
}

lstatus
store_each_link(struct store *store, lstatus (*each)(void *context, const struct store_link *link),
    void *context)
{
	sqlite3_stmt *statement = store_statement(store, SQL_KEY_LINKS);
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code = SQLITE_DONE;

	if (statement == NULL)
		return store->failure;
	while (lstatus_ok(status) && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct store_link link = { .id = sqlite3_column_int64(statement, 0),
			.path = (const char *)sqlite3_column_text(statement, 1),
			.type = (uint32_t)sqlite3_column_int64(statement, 2),
			.data = sqlite3_column_blob(statement, 3) };

		link.size = (size_t)sqlite3_column_bytes(statement, 3);
		status = link.path != NULL ? each(context, &link) : store_fail(store, SQLITE_NOMEM);
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		status = store_fail(store, code);
	sqlite3_reset(statement);
	return status;
}
