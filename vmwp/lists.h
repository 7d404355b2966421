/*
 * Lists of GUIDs, each a REG_MULTI_SZ, of which a library asks whether they have one.
 */
#ifndef VMWP_LISTS_H
#define VMWP_LISTS_H

#include "regstore/tunable/module.h"

/*
 * Read a table now, and tell whether any of its lists has a GUID: braces and case do not matter.
 * STATUS_INVALID_PARAMETER for a text that is no GUID.
 */
ntstatus lists_have_guid(struct module_object *object, const struct tunable_table *table,
    const char *guid, bool *ret_found);

/* The same as an operation, whose result has one member: { NAME: true or false }. */
ntstatus lists_operation(struct module_object *object, const struct tunable_table *table,
    const char *guid, const char *name, json_t *result);

#endif
