/*
 * Keys: open, create, delete, list.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"
#include "regstore/security/rights.h"

/* --- Two keys in one view
 * ------------------------------------------------------------------------- */

#define USER_CLASSES "\\REGISTRY\\USER\\" REGISTRY_USER_SID "_Classes"

/* The one or two places that a path below a parent means, the upper one first. */
struct places {
	reg_key parents[2];
	bool relative;
	const char *paths[2];
	size_t count;
	struct buf user; /* the text of a path that is not as it was given */
};

/* What follows HKEY_CLASSES_ROOT in a path from there; NULL for other paths. */
static const char *
below_classes_root(const char *path)
{
	size_t length = (size_t)(strchrnul(path, '\\') - path);

	if ((length == 4 && strncasecmp(path, "HKCR", length) == 0) ||
	    (length == 17 && strncasecmp(path, "HKEY_CLASSES_ROOT", length) == 0))
		return path + length;
	return NULL;
}

bool
path_of_users_class(const char *path, struct buf *out)
{
	const char *rest = below_classes_root(path);

	if (rest != NULL) {
		buf_append_text(out, USER_CLASSES);
		buf_append_text(out, rest);
		buf_text(out);
	}
	return rest != NULL;
}

/* Whether a path leads to two places. */
static bool
is_two(const reg_key *parent, const char *path)
{
	return parent != NULL ? parent->below != 0 : below_classes_root(path) != NULL;
}

static lstatus
find_places(const reg_key *parent, const char *path, struct places *places)
{
	*places = (struct places){ .relative = parent != NULL, .paths = { path, path } };
	if (parent != NULL) {
		places->parents[0].id = parent->id;
		places->parents[1].id = parent->below;
	}
	places->count = is_two(parent, path) ? 2 : 1;
	if (parent != NULL || !path_of_users_class(path, &places->user))
		return LSTATUS(ERROR_SUCCESS);
	places->paths[0] = buf_text(&places->user);
	if (!places->user.failed)
		return LSTATUS(ERROR_SUCCESS);
	buf_release(&places->user);
	return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
}

static void
release_places(struct places *places)
{
	buf_release(&places->user);
}

/* The mark gets all that the answer follows from, the links apart. */
static lstatus
open_place(struct registry *registry, const struct places *places, size_t which, uint32_t flags,
    struct store_mark *mark, int64_t *ret_id)
{
	const reg_key *parent = places->relative ? &places->parents[which] : NULL;
	struct path resolved = { 0 };
	struct store_key key;
	lstatus status;

	if (parent != NULL)
		store_mark_add(registry->store, mark, store_tag_key(parent->id));
	status = path_resolve(registry, parent, places->paths[which], flags, &resolved);
	store_mark_add(registry->store, mark,
	    store_tag_path((const char *)resolved.folded.data, resolved.folded.size));
	if (lstatus_ok(status))
		status = store_find_key(registry->store, (const char *)resolved.folded.data,
		    resolved.folded.size, &key);
	if (lstatus_ok(status))
		*ret_id = key.id;
	path_release(&resolved);
	return status;
}

/* Open what there is of the places; the lower one shows through the upper one. */
static lstatus
open_places(struct registry *registry, const struct places *places, uint32_t flags,
    struct store_mark *mark, reg_key *ret_key)
{
	int64_t ids[2] = { 0, 0 };
	lstatus status = open_place(registry, places, 0, flags, mark, &ids[0]);

	if (places->count == 2) {
		lstatus lower = open_place(registry, places, 1, flags, mark, &ids[1]);

		/* A lower key that could not be looked for is not one that is not there. */
		if (lstatus_is(status, ERROR_FILE_NOT_FOUND) ||
		    (lstatus_ok(status) && !lstatus_ok(lower) &&
		        !lstatus_is(lower, ERROR_FILE_NOT_FOUND) &&
		        !lstatus_is(lower, ERROR_KEY_DELETED)))
			status = lower;
	}
	if (lstatus_ok(status))
		*ret_key = ids[0] != 0 ? (reg_key){ ids[0], ids[1] } : (reg_key){ ids[1], 0 };
	return status;
}

/* Again, with all that is read being of one moment: nothing is renamed or turned between. */
static lstatus
open_at_one_moment(
    struct registry *registry, const struct places *places, uint32_t flags, reg_key *ret_key)
{
	struct store_mark unused = { 0 };
	lstatus status = store_read_begin(registry->store);

	if (!lstatus_ok(status))
		return status;
	status = open_places(registry, places, flags, &unused, ret_key);
	store_read_end(registry->store);
	return status;
}

lstatus
registry_open_key(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, reg_key *ret_key)
{
	struct question question = { .kind = QUESTION_OPEN,
		.number = flags,
		.key = parent != NULL ? *parent : (reg_key){ 0, 0 },
		.name = path,
		.length = strlen(path) };
	struct store_mark mark = { 0 };
	struct answer answer;
	struct places places;
	reg_key key = { 0 };
	lstatus status;

	if (cache_find(registry, &question, &answer)) {
		if (lstatus_ok(answer.status))
			memcpy(ret_key, answer.data, sizeof(*ret_key));
		return answer.status;
	}
	status = find_places(parent, path, &places);
	if (!lstatus_ok(status))
		return status;
	store_mark_add(registry->store, &mark, STORE_TAG_LINKS);
	status = open_places(registry, &places, flags, &mark, &key);
	/* Where others may have written between two of the reads. */
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) && store_reads_latest(registry->store) &&
	    !store_mark_holds(registry->store, &mark))
		status = open_at_one_moment(registry, &places, flags, &key);
	release_places(&places);
	if (lstatus_ok(status))
		*ret_key = key;
	if (lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND))
		cache_keep(registry, &question, &mark,
		    &(struct answer){ .status = status, .data = &key, .size = sizeof(key) });
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

static void
note_link(struct registry *registry, int64_t id, const struct buf *folded)
{
	char *path = strndup((const char *)folded->data, folded->size);

	if (path != NULL)
		links_note(registry, &(struct store_link){ .id = id, .path = path });
	else
		registry->links_stale = true;
	free(path);
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
	struct store_key above = *parent;
	lstatus status;

	if ((flags & REGISTRY_VOLATILE) == 0 && (parent->flags & STORE_KEY_VOLATILE) != 0)
		return LSTATUS(ERROR_CHILD_MUST_BE_VOLATILE);
	if ((flags & REGISTRY_CREATE_LINK) != 0 && levels_up == 0)
		stored |= STORE_KEY_LINK;
	if ((parent->flags & REGISTRY_KEY_RECURSE_FLAG << STORE_KEY_VIRTUAL_SHIFT) != 0)
		stored |= parent->flags & STORE_KEY_VIRTUAL_MASK;
	memcpy(name, path->text.data + start, end - start);
	name[end - start] = '\0';
	status = registry_new_security(registry, parent, levels_up == 0, &above.security);
	if (!lstatus_ok(status))
		return status;
	status = store_insert_key(registry->store, &above, (const char *)path->folded.data,
	    folded_end, name, stored, ret_key);
	if (lstatus_ok(status) && (stored & STORE_KEY_LINK) != 0)
		note_link(registry, ret_key->id, &path->folded);
	if (lstatus_ok(status))
		store_keep_parent(
		    registry->store, (const char *)path->folded.data, folded_end, parent);
	return status;
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
	if (lstatus_ok(status))
		status = registry_may_by(registry, key.security,
		    KEY_CREATE_SUB_KEY |
		        ((flags & REGISTRY_CREATE_LINK) != 0 ? KEY_CREATE_LINK : 0u));
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

/*
 * Most keys of an import are new, and below one that is new as well: to make such a key tells
 * whether it is there. ERROR_FILE_NOT_FOUND: it has to be looked for.
 */
static lstatus
create_below_new(
    struct registry *registry, const struct path *path, uint32_t flags, struct store_key *ret_key)
{
	struct store_key parent;
	lstatus status;

	if ((flags & REGISTRY_CREATE_LINK) != 0 ||
	    !store_find_parent(
	        registry->store, (const char *)path->folded.data, path->folded.size, &parent))
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	status = registry_may_by(registry, parent.security, KEY_CREATE_SUB_KEY);
	if (lstatus_ok(status))
		status = create_one(registry, path, 0, flags, &parent, ret_key);
	return lstatus_is(status, ERROR_ALREADY_EXISTS) || lstatus_is(status, ERROR_ACCESS_DENIED)
	           ? LSTATUS(ERROR_FILE_NOT_FOUND)
	           : status;
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
	status = create_below_new(registry, path, flags, ret_key);
	if (!lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
		*ret_created = lstatus_ok(status);
		return status;
	}
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

/*
 * In two places a key that exists is opened; a new one is made in the lower, the machine's. The
 * path is resolved with the write lock held: what it leads through is not renamed meanwhile.
 */
static lstatus
create_place(struct registry *registry, const struct places *places, uint32_t flags,
    reg_key *ret_key, bool *ret_created)
{
	size_t which = places->count - 1;
	const reg_key *parent = places->relative ? &places->parents[which] : NULL;
	struct path resolved = { 0 };
	struct store_key key = { 0 };
	bool own;
	lstatus status = registry_enter(registry, NULL, &own);

	if (!lstatus_ok(status))
		return status;
	status = path_resolve(registry, parent, places->paths[which],
	    (flags & REGISTRY_WOW64_32) |
	        ((flags & REGISTRY_CREATE_LINK) != 0 ? REGISTRY_OPEN_LINK : 0),
	    &resolved);
	if (lstatus_ok(status))
		status = check_limits(&resolved);
	if (lstatus_ok(status))
		status = find_or_create(registry, parent, &resolved, flags, &key, ret_created);
	path_release(&resolved);
	status = registry_leave(registry, own, status);
	if (lstatus_ok(status))
		*ret_key = (reg_key){ key.id, 0 };
	return status;
}

lstatus
registry_create_key(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, reg_key *ret_key, bool *ret_created)
{
	struct places places;
	bool created = false;
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);

	/*
	 * A key that is there already needs no lock and no transaction. In one that is open, a key
	 * of one place is looked for when it is to be made, and not twice.
	 */
	if ((flags & REGISTRY_CREATE_LINK) == 0 &&
	    (!store_in_transaction(registry->store) || is_two(parent, path)))
		status =
		    registry_open_key(registry, parent, path, flags & REGISTRY_WOW64_32, ret_key);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
		status = find_places(parent, path, &places);
		if (lstatus_ok(status)) {
			status = create_place(registry, &places, flags, ret_key, &created);
			release_places(&places);
		}
	}
	store_note_memory(registry->store, status);
	if (lstatus_ok(status) && ret_created != NULL)
		*ret_created = created;
	return status;
}

/* --- Delete ----------------------------------------------------------------------------------- */

lstatus
registry_check_movable(struct registry *registry, reg_key key)
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
	lstatus status = registry_check_movable(registry, key);

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
