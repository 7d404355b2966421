/*
 * vmchipset.dll: the virtual chipset (reference 1.13).
 */
#include "vmwp/modules.h"
#include "vmwp/prefix_map.h"
#include "vmwp/shared.h"

static const struct tunable_table prefix_table = {
	.name = "vmchipset.prefix",
	.owner = "vmchipset.dll",
	.key = PREFIX_MAP_KEY,
	.section = "1.13",
	.reader = "GetVirtualDiskPrefix",
	.apply = APPLY_OPERATION,
	.rows = shared_prefix_rows,
	.count = SHARED_PREFIX_ROWS,
};

static const struct tunable_table *const tables[] = { &prefix_table };

static ntstatus
vmchipset_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

static ntstatus
GetVirtualDiskPrefix(struct module_object *object, const char *argument, json_t *result)
{
	return prefix_map_find(object, &prefix_table, argument, result);
}

static const struct module_operation operations[] = {
	{ "prefix", "the device class of the disks with a prefix", GetVirtualDiskPrefix },
	{ 0 },
};

const struct module vmchipset_module = {
	.name = "vmchipset",
	.image = "vmchipset.dll",
	.doc = "Virtual chipset.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmchipset_entry,
	.operations = operations,
};
