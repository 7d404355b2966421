/*
 * Watches on keys.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/registry/internal.h"

struct reg_watch {
	struct store_watch *watch;
	struct store_watch *upper; /* of the user's classes, over the machine's; else NULL */
	struct reg_watch *next;
};

/* What is watched: where a path leads, or (NULL) where a key is, as a connection sees it. */
struct target {
	struct registry *from;
	const char *path;
	int64_t key;
};

static lstatus
resolve(const struct target *target, struct path *ret_path)
{
	struct store_key row;
	lstatus status;

	if (target->path != NULL)
		return path_resolve(target->from, NULL, target->path, 0, ret_path);
	status = store_get_key(target->from->store, target->key, &row, &ret_path->folded, NULL);
	if (lstatus_ok(status) && ret_path->folded.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return status;
}

/* Whether the target is still where `resolved` says, which becomes where it is now. */
static lstatus
resolve_again(const struct target *target, struct path *resolved, bool *ret_same)
{
	struct path now = { 0 };
	lstatus status = resolve(target, &now);

	*ret_same = lstatus_ok(status) && now.folded.size == resolved->folded.size &&
	            (now.folded.size == 0 ||
	                memcmp(now.folded.data, resolved->folded.data, now.folded.size) == 0);
	path_release(resolved);
	*resolved = now;
	return status;
}

/*
 * Arm the watch. A link that is turned, or a key that is renamed, while it is being armed would
 * leave it at the old place.
 */
static lstatus
arm(struct registry *registry, const struct target *target, bool subtree, uint32_t filter,
    struct store_watch **ret_watch)
{
	struct path resolved = { 0 };
	struct store_watch *watch = NULL;
	bool same = false;
	lstatus status = resolve(target, &resolved);

	while (lstatus_ok(status) && !same) {
		store_unwatch(registry->store, watch);
		watch = NULL;
		status =
		    store_watch(registry->store, target->key, (const char *)resolved.folded.data,
		        resolved.folded.size, subtree, filter, &watch);
		if (lstatus_ok(status))
			status = resolve_again(target, &resolved, &same);
	}
	path_release(&resolved);
	if (lstatus_ok(status))
		*ret_watch = watch;
	else
		store_unwatch(registry->store, watch);
	return status;
}

/* A path from HKEY_CLASSES_ROOT leads to two places: the machine's, and the user's over it. */
static lstatus
arm_upper(struct registry *registry, const struct target *target, bool subtree, uint32_t filter,
    struct store_watch **ret_watch)
{
	struct buf path = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (target->path == NULL || !path_of_users_class(target->path, &path))
		return status;
	if (path.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else
		status = arm(registry, &(struct target){ target->from, buf_text(&path), 0 },
		    subtree, filter, ret_watch);
	buf_release(&path);
	return status;
}

static lstatus
watch_target(struct registry *registry, const struct target *target, bool subtree, uint32_t filter,
    struct reg_watch **ret_watch)
{
	struct reg_watch *watch = calloc(1, sizeof(*watch));
	lstatus status;

	if (watch == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = arm(registry, target, subtree, filter, &watch->watch);
	if (lstatus_ok(status))
		status = arm_upper(registry, target, subtree, filter, &watch->upper);
	if (!lstatus_ok(status)) {
		store_unwatch(registry->store, watch->watch);
		free(watch);
		return status;
	}
	watch->next = registry->watches;
	registry->watches = watch;
	*ret_watch = watch;
	return status;
}

lstatus
registry_watch(struct registry *registry, const char *path, bool subtree, uint32_t filter,
    struct reg_watch **ret_watch)
{
	return watch_target(
	    registry, &(struct target){ registry, path, 0 }, subtree, filter, ret_watch);
}

lstatus
registry_watch_key(struct registry *registry, struct registry *from, reg_key key, bool subtree,
    uint32_t filter, struct reg_watch **ret_watch)
{
	return watch_target(
	    registry, &(struct target){ from, NULL, key.id }, subtree, filter, ret_watch);
}

void
registry_unwatch(struct registry *registry, struct reg_watch *watch)
{
	struct reg_watch **at = &registry->watches;

	if (watch == NULL)
		return;
	while (*at != NULL && *at != watch)
		at = &(*at)->next;
	if (*at == watch)
		*at = watch->next;
	store_unwatch(registry->store, watch->watch);
	store_unwatch(registry->store, watch->upper);
	free(watch);
}

int
registry_watch_fd(const struct registry *registry)
{
	return store_watch_fd(registry->store);
}

bool
registry_watch_drain(struct registry *registry)
{
	return store_watch_drain(registry->store);
}

bool
registry_watch_taken(struct reg_watch *watch)
{
	bool upper = watch->upper != NULL && store_watch_taken(watch->upper);

	return store_watch_taken(watch->watch) || upper;
}
