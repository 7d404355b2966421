/*
 * Keys: open, create, delete, list.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"

lstatus
registry_open_key(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, reg_key *ret_key)
{
	struct path resolved = { 0 };
	struct store_key key;
	lstatus status = path_resolve(registry, parent, path, flags, &resolved);

	if (lstatus_ok(status))
		status = store_find_key(registry->store, (const char *)resolved.folded.data,
		    resolved.folded.size, &key);
	if (lstatus_ok(status))
		ret_key->id = key.id;
	path_release(&resolved);
	return status;
}

/* --- Create ----------------------------------------------------------------------------------- */

static lstatus
check_limits(const struct path *path)
{
	const char *text = (const char *)path->text.data;
	size_t at = 0;
	size_t depth = 0;

	while (at < path->text.size) {
		char name[REG_KEY_NAME_MAX * 4 + 1];
		const char *end = memchr(text + at, STORE_SEPARATOR, path->text.size - at);
		size_t length = end != NULL ? (size_t)(end - text) - at : path->text.size - at;

		if (length >= sizeof(name) || ++depth > REG_DEPTH_MAX)
			return LSTATUS(ERROR_INVALID_PARAMETER);
		memcpy(name, text + at, length);
		name[length] = '\0';
		if (utf16_units(name) > REG_KEY_NAME_MAX)
			return LSTATUS(ERROR_INVALID_PARAMETER);
		at += length + 1;
	}
	return LSTATUS(ERROR_SUCCESS);
}

/* Where the last component begins: 0 if there is one only. */
static size_t
last_component(const struct buf *path, size_t length)
{
	const uint8_t *at = length > 0 ? memrchr(path->data, STORE_SEPARATOR, length) : NULL;

	return at != NULL ? (size_t)(at - path->data) + 1 : 0;
}

/*
 * A path in its own case and folded has the same components, but a component's bytes may differ in
 * number: the end of the n-th component from the last, in either buffer.
 */
static size_t
end_of_parent(const struct buf *path, size_t levels_up)
{
	size_t length = path->size;

	while (levels_up-- > 0 && length > 0) {
		size_t last = last_component(path, length);

		length = last > 0 ? last - 1 : 0;
	}
	return length;
}

/* Make the key whose path ends `levels_up` components before the end. */
static lstatus
create_one(struct registry *registry, const struct path *path, size_t levels_up, uint32_t flags,
    const struct store_key *parent, struct store_key *ret_key)
{
	size_t end = end_of_parent(&path->text, levels_up);
	size_t start = last_component(&path->text, end);
	size_t folded_end = end_of_parent(&path->folded, levels_up);
	char name[REG_KEY_NAME_MAX * 4 + 1];
	uint32_t stored = (flags & REGISTRY_VOLATILE) != 0 ? STORE_KEY_VOLATILE : 0;

	if ((flags & REGISTRY_VOLATILE) == 0 && (parent->flags & STORE_KEY_VOLATILE) != 0)
		return LSTATUS(ERROR_CHILD_MUST_BE_VOLATILE);
	if ((flags & REGISTRY_CREATE_LINK) != 0 && levels_up == 0) {
		stored |= STORE_KEY_LINK;
		registry->links_stale = true;
	}
	memcpy(name, path->text.data + start, end - start);
	name[end - start] = '\0';
	return store_insert_key(registry->store, parent, (const char *)path->folded.data,
	    folded_end, name, stored, ret_key);
}

/* Find the nearest key above that exists, then make what is missing below it. */
static lstatus
create_missing(
    struct registry *registry, const struct path *path, uint32_t flags, struct store_key *ret_key)
{
	struct store_key key = { 0 };
	size_t missing = 1;
	lstatus status;

	for (;; missing++) {
		size_t length = end_of_parent(&path->folded, missing);

		if (length == 0)
			return LSTATUS(ERROR_FILE_NOT_FOUND);
		status =
		    store_find_key(registry->store, (const char *)path->folded.data, length, &key);
		if (!lstatus_is(status, ERROR_FILE_NOT_FOUND))
			break;
	}
	if (lstatus_ok(status) && key.parent == STORE_ROOT_ID)
		return LSTATUS(ERROR_INVALID_PARAMETER); /* hives are mounted, not made */
	while (lstatus_ok(status) && missing-- > 0) {
		struct store_key child;

		status = create_one(registry, path, missing, flags, &key, &child);
		if (lstatus_ok(status))
			key = child;
	}
	if (lstatus_ok(status))
		*ret_key = key;
	return status;
}

static lstatus
find_or_create(struct registry *registry, const reg_key *parent, const struct path *path,
    uint32_t flags, struct store_key *ret_key, bool *ret_created)
{
	struct store_key key;
	bool created = false;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	/* A parent that was deleted since its path was found is not made anew. */
	if (parent != NULL)
		status = store_get_key(registry->store, parent->id, &key, NULL, NULL);
	if (!lstatus_ok(status))
		return status;
	status = store_find_key(
	    registry->store, (const char *)path->folded.data, path->folded.size, &key);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
		status = create_missing(registry, path, flags, &key);
		created = true;
	} else if (lstatus_ok(status) && (flags & REGISTRY_CREATE_LINK) != 0) {
		status = LSTATUS(ERROR_ALREADY_EXISTS);
	}
	if (lstatus_ok(status)) {
		*ret_key = key;
		*ret_created = created;
	}
	return status;
}

static lstatus
create_key(struct registry *registry, const reg_key *parent, const struct path *path,
    uint32_t flags, reg_key *ret_key, bool *ret_created)
{
	struct store_key key = { 0 };
	bool own = !store_in_transaction(registry->store);
	lstatus status = own ? store_begin(registry->store, NULL) : LSTATUS(ERROR_SUCCESS);
	bool created = false;

	if (!lstatus_ok(status))
		return status;
	status = find_or_create(registry, parent, path, flags, &key, &created);
	if (own && lstatus_ok(status))
		status = store_commit(registry->store);
	else if (own)
		store_rollback(registry->store);
	if (!lstatus_ok(status))
		return status;
	ret_key->id = key.id;
	if (ret_created != NULL)
		*ret_created = created;
	return status;
}

lstatus
registry_create_key(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, reg_key *ret_key, bool *ret_created)
{
	struct path resolved = { 0 };
	struct store_key key;
	lstatus status = path_resolve(registry, parent, path,
	    (flags & REGISTRY_CREATE_LINK) != 0 ? REGISTRY_OPEN_LINK : 0, &resolved);

	/* A key that is there already needs no lock and no transaction. */
	if (lstatus_ok(status) && (flags & REGISTRY_CREATE_LINK) == 0 &&
	    lstatus_ok(store_find_key(
	        registry->store, (const char *)resolved.folded.data, resolved.folded.size, &key))) {
		ret_key->id = key.id;
		if (ret_created != NULL)
			*ret_created = false;
		path_release(&resolved);
		return status;
	}
	if (lstatus_ok(status))
		status = check_limits(&resolved);
	if (lstatus_ok(status))
		status = create_key(registry, parent, &resolved, flags, ret_key, ret_created);
	path_release(&resolved);
	return status;
}

/* --- Delete ----------------------------------------------------------------------------------- */

/* The roots and the hives below them stay. */
static lstatus
check_deletable(struct registry *registry, reg_key key)
{
	struct store_key row;
	lstatus status = store_get_key(registry->store, key.id, &row, NULL, NULL);

	if (lstatus_ok(status) && row.id != STORE_ROOT_ID && row.parent != STORE_ROOT_ID)
		status = store_get_key(registry->store, row.parent, &row, NULL, NULL);
	if (lstatus_ok(status) && (row.id == STORE_ROOT_ID || row.parent == STORE_ROOT_ID))
		status = LSTATUS(ERROR_ACCESS_DENIED);
	return status;
}

static lstatus
delete_key(struct registry *registry, reg_key key, bool only_leaf)
{
	lstatus status = check_deletable(registry, key);

	if (!lstatus_ok(status))
		return status;
	registry->links_stale = true;
	return store_delete_key(registry->store, key.id, only_leaf);
}

lstatus
registry_delete_key(struct registry *registry, reg_key key)
{
	return delete_key(registry, key, true);
}

lstatus
registry_delete_tree(struct registry *registry, reg_key key)
{
	return delete_key(registry, key, false);
}

/* --- Ask -------------------------------------------------------------------------------------- */

static void
prepend(struct buf *path, struct buf *name)
{
	if (path->size > 0) {
		buf_append_byte(name, '\\');
		buf_append(name, path->data, path->size);
	}
	name->failed = name->failed || path->failed;
	buf_release(path);
	*path = *name;
	*name = (struct buf){ 0 };
}

lstatus
registry_key_path(struct registry *registry, reg_key key, struct buf *out)
{
	struct buf path = { 0 };
	struct buf name = { 0 };
	struct store_key row;
	int64_t id = key.id;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	while (id > STORE_ROOT_ID) {
		status = store_get_key(registry->store, id, &row, NULL, &name);
		if (!lstatus_ok(status))
			break;
		if (row.parent == STORE_ROOT_ID) {
			bool machine = strcmp(buf_text(&name), "MACHINE") == 0;

			buf_clear(&name);
			buf_append_text(&name, machine ? "HKEY_LOCAL_MACHINE" : "HKEY_USERS");
		}
		prepend(&path, &name);
		id = row.parent;
	}
	if (lstatus_ok(status))
		buf_append(out, path.data, path.size);
	if (path.failed || out->failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&path);
	buf_release(&name);
	return status;
}

lstatus
registry_query_info(struct registry *registry, reg_key key, struct reg_key_info *ret_info)
{
	struct reg_key_info info = { 0 };
	struct store_key row;
	lstatus status = store_get_key(registry->store, key.id, &row, NULL, NULL);

	if (lstatus_ok(status))
		status = store_count(registry->store, key.id, &info.subkeys, &info.values);
	if (!lstatus_ok(status))
		return status;
	info.last_write = row.last_write;
	if ((row.flags & STORE_KEY_VOLATILE) != 0)
		info.flags |= REGISTRY_VOLATILE;
	if ((row.flags & STORE_KEY_LINK) != 0)
		info.flags |= REGISTRY_CREATE_LINK;
	*ret_info = info;
	return status;
}

struct key_lister {
	struct reg_key_list list;
	size_t capacity;
	bool failed;
};

static bool
list_one(void *context, const struct store_key *key, const char *name)
{
	struct key_lister *lister = context;
	struct reg_key_entry *entry;

	if (lister->list.count == lister->capacity) {
		size_t capacity = lister->capacity == 0 ? 16 : lister->capacity * 2;
		void *entries =
		    realloc(lister->list.entries, capacity * sizeof(*lister->list.entries));

		if (entries == NULL) {
			lister->failed = true;
			return false;
		}
		lister->list.entries = entries;
		lister->capacity = capacity;
	}
	entry = &lister->list.entries[lister->list.count];
	entry->key.id = key->id;
	entry->name = strdup(name);
	lister->failed = entry->name == NULL;
	lister->list.count += !lister->failed;
	return !lister->failed;
}

lstatus
registry_list_keys(struct registry *registry, reg_key key, struct reg_key_list *ret_list)
{
	struct key_lister lister = { 0 };
	struct store_key row;
	lstatus status = store_get_key(registry->store, key.id, &row, NULL, NULL);

	if (lstatus_ok(status))
		status = store_each_key(registry->store, key.id, list_one, &lister);
	if (lister.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		*ret_list = lister.list;
	else
		reg_key_list_release(&lister.list);
	return status;
}

void
reg_key_list_release(struct reg_key_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].name);
	free(list->entries);
	*list = (struct reg_key_list){ 0 };
}
