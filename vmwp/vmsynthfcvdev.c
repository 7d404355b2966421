/*
 * vmsynthfcvdev.dll: the synthetic Fibre Channel adapter (reference 1.9, FibreChannel).
 */
#include "vmwp/lists.h"
#include "vmwp/modules.h"
#include "vmwp/shared.h"

static const struct tunable disabled_rows[] = {
	{
	    .name = "*",
	    .type = REG_MULTI_SZ,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Fibre Channel devices that are not passed through.",
	    .note =
	        "FibreChannel is read as a key, with a list whose name is not stated: each list of "
	        "the key is read.",
	},
};

static const struct tunable_table disabled_table = {
	.name = "vmsynthfcvdev.disabled",
	.owner = "vmsynthfcvdev.dll",
	.key = VIRTUALIZATION_KEY "\\FibreChannel",
	.section = "1.9",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = disabled_rows,
	.count = ARRAY_SIZE(disabled_rows),
};

static const struct tunable_table *const tables[] = { &disabled_table };

static ntstatus
vmsynthfcvdev_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

static ntstatus
is_device_disabled(struct module_object *object, const char *argument, json_t *result)
{
	return lists_operation(object, &disabled_table, argument, "disabled", result);
}

static const struct module_operation operations[] = {
	{ "is-device-disabled", "whether a list has the GUID of a device", is_device_disabled },
	{ 0 },
};

const struct module vmsynthfcvdev_module = {
	.name = "vmsynthfcvdev",
	.image = "vmsynthfcvdev.dll",
	.doc = "Synthetic Fibre Channel adapter.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmsynthfcvdev_entry,
	.operations = operations,
};
