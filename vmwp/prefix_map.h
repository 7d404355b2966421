/*
 * The device class of a virtual disk, by the prefix of its name (reference 1.13): looked up by the
 * libraries that attach disks, each through a table of its own over the rows of shared.h.
 */
#ifndef VMWP_PREFIX_MAP_H
#define VMWP_PREFIX_MAP_H

#include "regstore/tunable/module.h"

/*
 * Look up a prefix now: its class, and whether that is the one of prefixes that have none, go to
 * `result`. STATUS_INVALID_PARAMETER for an empty prefix.
 */
ntstatus prefix_map_find(struct module_object *object, const struct tunable_table *table,
    const char *prefix, json_t *result);

#endif
