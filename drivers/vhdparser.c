/*
 * vhdparser.sys: the parser of virtual disks of a virtual machine (reference 2.4).
 */
#include "drivers/tables.h"

struct vhdparser_parameters {
	struct tunable_number enable_vhdop_driver;
};

static const struct tunable parameter_rows[] = {
	{
	    .name = "EnableVhdopDriver",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdparser_parameters, enable_vhdop_driver),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Use the driver vhdop.",
	},
};

static const struct tunable_table parameter_table = {
	.name = "vhdparser.parameters",
	.owner = "vhdparser.sys",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vhdparser\\Parameters",
	.section = "2.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = parameter_rows,
	.count = ARRAY_SIZE(parameter_rows),
	.state_size = sizeof(struct vhdparser_parameters),
};

static const struct tunable_table *const tables[] = { &parameter_table };

static ntstatus
vhdparser_entry(struct module_object *object)
{
	return module_load(object, &parameter_table, NULL);
}

static void
vhdparser_status(const struct module_object *object, json_t *state)
{
	const struct vhdparser_parameters *parameters = module_state(object, &parameter_table);

	json_object_set_new(
	    state, "vhdop", json_boolean(number_or(parameters->enable_vhdop_driver, 0) != 0));
}

const struct module vhdparser_driver = {
	.name = "vhdparser",
	.image = "vhdparser.sys",
	.service = "vhdparser",
	.doc = "Parser of virtual disks.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vhdparser_entry,
	.status = vhdparser_status,
};
