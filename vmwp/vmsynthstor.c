/*
 * vmsynthstor.dll: the synthetic storage adapter (reference 1.13).
 */
#include "vmwp/modules.h"
#include "vmwp/prefix_map.h"
#include "vmwp/shared.h"

static const struct tunable_table prefix_table = {
	.name = "vmsynthstor.prefix",
	.owner = "vmsynthstor.dll",
	.key = PREFIX_MAP_KEY,
	.section = "1.13",
	.reader = "SynthStorAttachment::Mount",
	.apply = APPLY_OPERATION,
	.rows = shared_prefix_rows,
	.count = SHARED_PREFIX_ROWS,
};

static const struct tunable_table *const tables[] = { &prefix_table };

static ntstatus
vmsynthstor_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

static ntstatus
SynthStorAttachment_Mount(struct module_object *object, const char *argument, json_t *result)
{
	return prefix_map_find(object, &prefix_table, argument, result);
}

static const struct module_operation operations[] = {
	{ "prefix", "the device class that a disk with a prefix is mounted as",
	    SynthStorAttachment_Mount },
	{ 0 },
};

const struct module vmsynthstor_module = {
	.name = "vmsynthstor",
	.image = "vmsynthstor.dll",
	.doc = "Synthetic storage adapter.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmsynthstor_entry,
	.operations = operations,
};
