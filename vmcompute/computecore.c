/*
 * computecore.dll: the compute core of the Host Compute Service (reference 1.3, 1.13).
 *
 * Beside the management library's values it reads which class of device stands behind a virtual
 * disk's prefix, each time that a prefix is looked up.
 */
#include "vmcompute/modules.h"
#include "vmwp/prefix_map.h"
#include "vmwp/shared.h"
#include "vmwp/vml.h"

static const struct tunable_table prefix_table = {
	.name = "computecore.prefix",
	.owner = "computecore.dll",
	.key = PREFIX_MAP_KEY,
	.section = "1.13",
	.apply = APPLY_OPERATION,
	.rows = shared_prefix_rows,
	.count = SHARED_PREFIX_ROWS,
};

static const struct tunable_table *const tables[] = {
	&vml_computecore_table,
	&vml_computecore_levels_table,
	&prefix_table,
};

static ntstatus
find_prefix(struct module_object *object, const char *argument, json_t *result)
{
	vml_trace(object, VML_CHANNEL_OPERATIONS, VML_VERBOSE, "prefix %s is looked up", argument);
	return prefix_map_find(object, &prefix_table, argument, result);
}

static ntstatus
computecore_entry(struct module_object *object)
{
	return Vml_load(object, &vml_computecore);
}

static const struct module_operation operations[] = {
	{ "prefix", "the device class of the disks with a prefix", find_prefix },
	{ 0 },
};

const struct module computecore_module = {
	.name = "computecore",
	.image = "computecore.dll",
	.doc = "Compute core of the Host Compute Service.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = computecore_entry,
	.status = vml_status,
	.operations = operations,
};
