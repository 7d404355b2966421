/*
 * What is done to a key beside making and deleting it: rename, copy, class, flags, security.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"
#include "regstore/registry/security.h"
#include "regstore/security/rights.h"

/* --- Class, flags and security ------------------------------------------------------------------
 */

lstatus
registry_query_class(struct registry *registry, reg_key key, struct buf *data)
{
	return store_query_extra(registry->store, key.id, data, NULL);
}

lstatus
registry_query_security(struct registry *registry, reg_key key, struct buf *data)
{
	return store_query_extra(registry->store, key.id, NULL, data);
}

lstatus
registry_set_class(struct registry *registry, reg_key key, const void *data, size_t size)
{
	return store_set_class(registry->store, key.id, data, size);
}

lstatus
registry_set_security(struct registry *registry, reg_key key, const void *data, size_t size)
{
	return store_set_security(registry->store, key.id, data, size);
}

lstatus
registry_query_flags(struct registry *registry, reg_key key, uint32_t *ret_flags)
{
	struct store_key row;
	lstatus status = store_get_key(registry->store, key.id, &row, NULL, NULL);

	if (lstatus_ok(status))
		*ret_flags = (row.flags & STORE_KEY_VIRTUAL_MASK) >> STORE_KEY_VIRTUAL_SHIFT;
	return status;
}

lstatus
registry_set_flags(struct registry *registry, reg_key key, uint32_t flags)
{
	if ((flags & ~REGISTRY_KEY_FLAGS) != 0)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	return store_set_flags(
	    registry->store, key.id, STORE_KEY_VIRTUAL_MASK, flags << STORE_KEY_VIRTUAL_SHIFT);
}

/* --- Rename -------------------------------------------------------------------------------------
 */

static lstatus
check_new_name(const char *name)
{
	size_t units = utf16_units(name);

	if (units == 0 || units > REG_KEY_NAME_MAX || strchr(name, '\\') != NULL)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	return LSTATUS(ERROR_SUCCESS);
}

/* The key's folded path with another last component. */
static lstatus
renamed_path(
    struct registry *registry, const struct store_key *row, const char *name, struct buf *path)
{
	struct store_key parent;
	lstatus status = store_get_key(registry->store, row->parent, &parent, path, NULL);

	if (!lstatus_ok(status))
		return status;
	buf_append_byte(path, STORE_SEPARATOR);
	if (!name_fold(name, strlen(name), path))
		return LSTATUS(ERROR_INVALID_PARAMETER);
	return path->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : LSTATUS(ERROR_SUCCESS);
}

static lstatus
rename_key(struct registry *registry, reg_key key, const char *name)
{
	struct store_key row;
	struct store_key other;
	struct buf path = { 0 };
	lstatus status = store_get_key(registry->store, key.id, &row, NULL, NULL);

	if (lstatus_ok(status))
		status = renamed_path(registry, &row, name, &path);
	if (lstatus_ok(status) &&
	    lstatus_ok(
	        store_find_key(registry->store, (const char *)path.data, path.size, &other)) &&
	    other.id != key.id)
		status = LSTATUS(ERROR_ALREADY_EXISTS);
	if (lstatus_ok(status))
		status = store_rename_key(
		    registry->store, key.id, (const char *)path.data, path.size, name);
	buf_release(&path);
	return status;
}

lstatus
registry_rename_key(struct registry *registry, reg_key key, const char *name)
{
	struct buf component = { 0 };
	bool own;
	lstatus status = check_new_name(name);

	if (lstatus_ok(status))
		status = registry_check_movable(registry, key);
	if (lstatus_ok(status))
		status = registry_enter(registry, NULL, &own);
	if (!lstatus_ok(status))
		return status;
	registry->links_stale = true;
	component_append(name, strlen(name), &component);
	status = component.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                          : rename_key(registry, key, buf_text(&component));
	buf_release(&component);
	return registry_leave(registry, own, status);
}

/* --- Copy ---------------------------------------------------------------------------------------
 */

/* A key to copy. The list is made before anything is written: a copy into the tree itself ends. */
struct listed {
	reg_key key;
	size_t path; /* in `paths`, NUL-terminated */
	bool link;
	bool class;
};

struct copy {
	struct registry *registry;
	reg_key to;
	struct buf keys; /* struct listed */
	struct buf paths;
	reg_key made; /* where values go */
	lstatus status;
};

static enum reg_walk_step
list_key(void *context, const struct reg_walk_key *key)
{
	struct copy *copy = context;
	struct listed listed = {
		.key = key->key,
		.path = copy->paths.size,
		.link = (key->flags & REGISTRY_CREATE_LINK) != 0,
		.class = key->class_size > 0,
	};

	if (key->key.id == copy->to.id)
		return REG_WALK_PAST;
	buf_append(&copy->paths, key->path, strlen(key->path) + 1);
	buf_append(&copy->keys, &listed, sizeof(listed));
	copy->status = registry_may_by(copy->registry, key->security, KEY_READ);
	return copy->paths.failed || copy->keys.failed || !lstatus_ok(copy->status) ? REG_WALK_STOP
	                                                                            : REG_WALK_ON;
}

static bool
copy_value(void *context, const char *name, uint32_t type, const void *data, size_t size)
{
	struct copy *copy = context;

	copy->status = registry_set_value(copy->registry, copy->made, name, type, data, size);
	return lstatus_ok(copy->status);
}

static lstatus
copy_values(struct copy *copy, reg_key from, reg_key to)
{
	lstatus status;

	copy->made = to;
	status = registry_each_value(copy->registry, from, copy_value, copy);
	return lstatus_ok(status) ? copy->status : status;
}

/* A link is copied as a link, with its target: what it leads to is not copied. */
static lstatus
copy_key(struct copy *copy, const struct listed *listed)
{
	struct buf class = { 0 };
	reg_key made = { 0 };
	bool created;
	lstatus status = registry_create_key(copy->registry, &copy->to,
	    (const char *)copy->paths.data + listed->path, listed->link ? REGISTRY_CREATE_LINK : 0,
	    &made, &created);

	if (lstatus_ok(status) && !created)
		status = registry_may(copy->registry, made, KEY_SET_VALUE);
	if (lstatus_ok(status) && listed->class)
		status = registry_query_class(copy->registry, listed->key, &class);
	if (class.size > 0 && lstatus_ok(status))
		status = registry_set_class(copy->registry, made, class.data, class.size);
	buf_release(&class);
	return lstatus_ok(status) ? copy_values(copy, listed->key, made) : status;
}

static lstatus
copy_listed(struct copy *copy, reg_key from)
{
	lstatus status = copy_values(copy, from, copy->to);

	for (size_t at = 0; at < copy->keys.size && lstatus_ok(status); at += sizeof(struct listed))
		status =
		    copy_key(copy, (const struct listed *)(const void *)(copy->keys.data + at));
	return lstatus_ok(status) ? status : registry_doom(copy->registry, status);
}

static lstatus
copy_tree(struct copy *copy, reg_key from)
{
	lstatus status = registry_walk(copy->registry, from, list_key, copy);

	if (lstatus_ok(status))
		status = copy->status;
	if (copy->keys.failed || copy->paths.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		status = copy_listed(copy, from);
	buf_release(&copy->keys);
	buf_release(&copy->paths);
	return status;
}

lstatus
registry_copy_tree(struct registry *registry, reg_key from, reg_key to)
{
	struct copy copy = { .registry = registry, .to = to };
	bool own;
	lstatus status = registry_enter(registry, NULL, &own);

	if (!lstatus_ok(status))
		return status;
	return registry_leave(registry, own, copy_tree(&copy, from));
}
