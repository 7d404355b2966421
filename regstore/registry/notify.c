/*
 * Watches on keys.
 */
#include <stdlib.h>

#include "regstore/registry/internal.h"

struct reg_watch {
	struct store_watch *watch;
	struct reg_watch *next;
};

lstatus
registry_watch(struct registry *registry, const char *path, bool subtree, uint32_t filter,
    struct reg_watch **ret_watch)
{
	struct reg_watch *watch = calloc(1, sizeof(*watch));
	struct path resolved = { 0 };
	lstatus status;

	if (watch == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = path_resolve(registry, NULL, path, 0, &resolved);
	if (lstatus_ok(status))
		status = store_watch(registry->store, (const char *)resolved.folded.data,
		    resolved.folded.size, subtree, filter, &watch->watch);
	path_release(&resolved);
	if (!lstatus_ok(status)) {
		free(watch);
		return status;
	}
	watch->next = registry->watches;
	registry->watches = watch;
	*ret_watch = watch;
	return status;
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
	return store_watch_taken(watch->watch);
}
