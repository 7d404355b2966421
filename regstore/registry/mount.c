/*
 * Hives mounted by name, as RegLoadKey does: direct children of HKEY_LOCAL_MACHINE and HKEY_USERS.
 *
 * The store's table `meta` remembers each mount's file under "mount:" and the key's folded path. It
 * does so after the mount is gone, too: going back to a moment brings the key back, not the table.
 */
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"

/* Resolve a path to a child of a root. The caller releases *path. */
static lstatus
resolve_mount(struct registry *registry, const char *text, struct path *path, struct buf *meta_name)
{
	lstatus status = path_resolve(registry, NULL, text, REGISTRY_OPEN_LINK, path);
	const uint8_t *separator;
	size_t rest;

	if (!lstatus_ok(status))
		return status;
	separator = memchr(path->folded.data, STORE_SEPARATOR, path->folded.size);
	if (separator == NULL)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	rest = path->folded.size - (size_t)(separator + 1 - path->folded.data);
	if (memchr(separator + 1, STORE_SEPARATOR, rest) != NULL)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	buf_append_text(meta_name, "mount:");
	buf_append(meta_name, path->folded.data, path->folded.size);
	buf_text(meta_name);
	return meta_name->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

static lstatus
insert_mount(struct registry *registry, struct path *path, struct store_key *ret_key)
{
	const char *folded = (const char *)path->folded.data;
	const char *text = buf_text(&path->text);
	const char *name = strchr(text, STORE_SEPARATOR) + 1;
	size_t root_length = (size_t)(strchr(folded, STORE_SEPARATOR) - folded);
	struct store_key root;
	lstatus status;

	if (path->text.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (utf16_units(name) > REG_KEY_NAME_MAX)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	status = store_find_key(registry->store, folded, path->folded.size, &root);
	if (lstatus_ok(status))
		return LSTATUS(ERROR_ALREADY_EXISTS);
	if (!lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return status;
	status = store_find_key(registry->store, folded, root_length, &root);
	if (!lstatus_ok(status))
		return status;
	return store_insert_key(
	    registry->store, &root, folded, path->folded.size, name, 0, ret_key);
}

lstatus
registry_mount(struct registry *registry, const char *path, const char *file_name, reg_key *ret_key)
{
	struct path resolved = { 0 };
	struct buf meta_name = { 0 };
	struct store_key key;
	bool own = false;
	lstatus status = registry_enter(registry, NULL, &own);

	if (!lstatus_ok(status))
		return status;
	status = resolve_mount(registry, path, &resolved, &meta_name);
	if (lstatus_ok(status))
		status = insert_mount(registry, &resolved, &key);
	if (lstatus_ok(status))
		status = store_set_meta_text(registry->store, buf_text(&meta_name), file_name);
	if (lstatus_ok(status))
		*ret_key = (reg_key){ key.id, 0 };
	path_release(&resolved);
	buf_release(&meta_name);
	return registry_leave(registry, own, status);
}

/* The key of a mount, and its file's name appended where not NULL. */
static lstatus
find_mount(struct registry *registry, const struct path *path, struct buf *meta_name,
    struct store_key *ret_key, struct buf *file_name)
{
	struct buf found = { 0 };
	lstatus status = store_find_key(
	    registry->store, (const char *)path->folded.data, path->folded.size, ret_key);

	if (!lstatus_ok(status))
		return status;
	status = store_meta_text(registry->store, buf_text(meta_name), &found);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = LSTATUS(ERROR_INVALID_PARAMETER); /* a key, but no mount */
	if (lstatus_ok(status) && file_name != NULL) {
		buf_append(file_name, found.data, found.size);
		if (file_name->failed)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	buf_release(&found);
	return status;
}

lstatus
registry_mount_file(struct registry *registry, const char *path, struct buf *file_name)
{
	struct path resolved = { 0 };
	struct buf meta_name = { 0 };
	struct store_key key;
	lstatus status = resolve_mount(registry, path, &resolved, &meta_name);

	if (lstatus_ok(status))
		status = find_mount(registry, &resolved, &meta_name, &key, file_name);
	path_release(&resolved);
	buf_release(&meta_name);
	return status;
}

lstatus
registry_unmount(struct registry *registry, const char *path)
{
	struct path resolved = { 0 };
	struct buf meta_name = { 0 };
	struct store_key key;
	bool own = false;
	lstatus status = registry_enter(registry, NULL, &own);

	if (!lstatus_ok(status))
		return status;
	status = resolve_mount(registry, path, &resolved, &meta_name);
	if (lstatus_ok(status))
		status = find_mount(registry, &resolved, &meta_name, &key, NULL);
	if (lstatus_ok(status)) {
		registry->links_stale = true;
		status = store_delete_key(registry->store, key.id, false);
	}
	path_release(&resolved);
	buf_release(&meta_name);
	return registry_leave(registry, own, status);
}
