/*
 * hvloader.dll: the merge of boot configuration and registry, and the launch block that comes of it
 * (reference 2.11).
 */
#ifndef HVLOADER_HVLOADER_H
#define HVLOADER_HVLOADER_H

#include "hvloader/protocol.h"
#include "regstore/tunable/module.h"

extern const struct module hvloader_module;
extern const struct module *const hvloader_modules[]; /* ends with NULL */

/*
 * Read all that the loader reads (its own name for it is HvlLoadHypervisor), and resolve it into
 * the block. The readings stay with the object, so that each field can be explained.
 */
ntstatus HvlLoadHypervisor(struct module_object *object, struct launch_block *ret_block);

/*
 * Each field of the block as an object {field, value, from, verdict, reason, key, name}, in the
 * block's order; `from` is the layer that won: bcd, registry, default, none, machine.
 */
json_t *launch_explain(const struct module_object *object, const struct launch_block *block);

#endif
