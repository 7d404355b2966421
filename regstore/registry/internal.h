/*
 * What the files of registry/ share.
 */
#ifndef REGSTORE_REGISTRY_INTERNAL_H
#define REGSTORE_REGISTRY_INTERNAL_H

#include "regstore/registry/registry.h"
#include "regstore/store/store.h"

/* A symbolic link: its folded path, and its target as components joined by the separator. */
struct link {
	int64_t id;
	char *path;
	size_t path_length;
	char *target; /* NULL: leads nowhere */
};

struct registry {
	struct store *store;
	struct link *links;
	size_t link_count;
	uint64_t links_generation; /* of the store when the links were read */
	bool links_stale;          /* a link was written through this very connection */
	struct reg_watch *watches;
};

/*
 * A path taken apart: components in their own case joined by the separator, and the same folded.
 * Zero-initialise before use, release after.
 */
struct path {
	struct buf text;
	struct buf folded;
};

void path_release(struct path *path);

/*
 * Resolve a path below `parent` (or from a root name) with all links on the way followed; the last
 * component's own link too, unless `flags` has REGISTRY_OPEN_LINK.
 */
lstatus path_resolve(struct registry *registry, const reg_key *parent, const char *text,
    uint32_t flags, struct path *ret_path);

/* A value's name, folded and checked against the limits. */
lstatus value_name_fold(const char *name, struct buf *folded);

void links_release(struct registry *registry);

/* Whether the key is a symbolic link. */
lstatus links_have(struct registry *registry, int64_t id, bool *ret_is_link);

/* ERROR_ACCESS_DENIED for what stays where it is: the roots and the hives below them. */
lstatus registry_check_movable(struct registry *registry, reg_key key);

/* Open a transaction if none is open, and end the one that was opened after its writes. */
lstatus registry_enter(struct registry *registry, bool *ret_own);
lstatus registry_leave(struct registry *registry, bool own, lstatus status);

/* Make the keys that every host has: the hives, Select, the control set and its link. */
lstatus registry_seed(struct registry *registry);

#endif
