/*
 * What is done to a key beside making and deleting it: rename, copy, class, flags, security.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"

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

static lstatus copy_tree(struct registry *registry, reg_key from, reg_key to, unsigned depth);

static lstatus
copy_subkey(struct registry *registry, const struct reg_key_entry *from, reg_key to, unsigned depth)
{
	/* A link is copied as a link, with its target: what it leads to is not copied. */
	uint32_t link = from->flags & REGISTRY_CREATE_LINK;
	reg_key made;
	struct buf class = { 0 };
	lstatus status = registry_create_key(registry, &to, from->name, link, &made, NULL);

	if (lstatus_ok(status))
		status = registry_query_class(registry, from->key, &class);
	if (lstatus_ok(status) && class.size > 0)
		status = registry_set_class(registry, made, class.data, class.size);
	buf_release(&class);
	return lstatus_ok(status) ? copy_tree(registry, from->key, made, depth + 1) : status;
}

static lstatus
copy_tree(struct registry *registry, reg_key from, reg_key to, unsigned depth)
{
	struct reg_value_list values = { 0 };
	struct reg_key_list keys = { 0 };
	lstatus status = depth < REG_DEPTH_MAX ? registry_list_values(registry, from, &values)
	                                       : LSTATUS(ERROR_INVALID_PARAMETER);

	/* The list is taken before anything is made: a copy into the tree itself ends. */
	if (lstatus_ok(status))
		status = registry_list_keys(registry, from, &keys);
	for (size_t i = 0; i < values.count && lstatus_ok(status); i++) {
		const struct reg_value_entry *value = &values.entries[i];

		status = registry_set_value(
		    registry, to, value->name, value->type, value->data, value->size);
	}
	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++) {
		if (keys.entries[i].key.id != to.id)
			status = copy_subkey(registry, &keys.entries[i], to, depth);
	}
	reg_value_list_release(&values);
	reg_key_list_release(&keys);
	return status;
}

lstatus
registry_copy_tree(struct registry *registry, reg_key from, reg_key to)
{
	bool own;
	lstatus status = registry_enter(registry, NULL, &own);

	if (!lstatus_ok(status))
		return status;
	return registry_leave(registry, own, copy_tree(registry, from, to, 0));
}
