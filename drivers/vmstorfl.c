/*
 * vmstorfl.sys: the storage filter (reference 2.4).
 *
 * It has one value, below the key that the driver framework opens for a driver's parameters.
 */
#include "drivers/tables.h"

struct vmstorfl_parameters {
	struct tunable_number enabled;
};

static const struct tunable parameter_rows[] = {
	{
	    .name = "Enabled",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmstorfl_parameters, enabled),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Activate the storage filter.",
	    .note = "\"WDF Parameters\" is read as the subkey Parameters of the service, which the "
	            "driver framework opens. Unrelated to GpaAccessTracker's value of this name.",
	},
};

static const struct tunable_table parameter_table = {
	.name = "vmstorfl.parameters",
	.owner = "vmstorfl.sys",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vmstorfl\\Parameters",
	.section = "2.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = parameter_rows,
	.count = ARRAY_SIZE(parameter_rows),
	.state_size = sizeof(struct vmstorfl_parameters),
};

static const struct tunable_table *const tables[] = { &parameter_table };

static ntstatus
vmstorfl_entry(struct module_object *object)
{
	return module_load(object, &parameter_table, NULL);
}

static void
vmstorfl_status(const struct module_object *object, json_t *state)
{
	const struct vmstorfl_parameters *parameters = module_state(object, &parameter_table);

	json_object_set_new(state, "filter",
	    json_string(number_or(parameters->enabled, 0) != 0 ? "active" : "inactive"));
}

const struct module vmstorfl_driver = {
	.name = "vmstorfl",
	.image = "vmstorfl.sys",
	.service = "vmstorfl",
	.doc = "Storage filter.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmstorfl_entry,
	.status = vmstorfl_status,
};
