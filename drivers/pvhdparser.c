/*
 * pvhdparser.sys: the parser of persistent virtual disks (reference 2.4).
 */
#include "drivers/status.h"
#include "drivers/tables.h"

struct pvhdparser_parameters {
	struct tunable_number rdssd_to_abc_migration;
	struct tunable_number fast_pause;
	struct tunable_number fast_close;
	struct tunable_number ignore_flushes;
};

struct pvhdparser_computer {
	struct tunable_text computer_name;
};

static const struct tunable parameter_rows[] = {
	{
	    .name = "RdssdToAbcMigration",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct pvhdparser_parameters, rdssd_to_abc_migration),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Migrate from RDSSD to ABC.",
	},
	{
	    .name = "FastPause",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct pvhdparser_parameters, fast_pause),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Pause a disk the fast way.",
	},
	{
	    .name = "FastClose",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct pvhdparser_parameters, fast_close),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Close a disk the fast way.",
	},
	{
	    .name = "IgnoreFlushes",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct pvhdparser_parameters, ignore_flushes),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Ignore flushes.",
	},
};

static const struct tunable computer_rows[] = {
	{
	    .name = "ComputerName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct pvhdparser_computer, computer_name),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "Name of this computer.",
	    .note = "The path ends in ComputerName three times: two keys and the value.",
	},
};

static const struct tunable_table parameter_table = {
	.name = "pvhdparser.parameters",
	.owner = "pvhdparser.sys",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\pvhdparser\\Parameters",
	.section = "2.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = parameter_rows,
	.count = ARRAY_SIZE(parameter_rows),
	.state_size = sizeof(struct pvhdparser_parameters),
};

static const struct tunable_table computer_table = {
	.name = "pvhdparser.computer",
	.owner = "pvhdparser.sys",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName",
	.section = "2.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = computer_rows,
	.count = ARRAY_SIZE(computer_rows),
	.state_size = sizeof(struct pvhdparser_computer),
};

static const struct tunable_table *const tables[] = { &parameter_table, &computer_table };

static ntstatus
pvhdparser_entry(struct module_object *object)
{
	ntstatus status = module_load(object, &parameter_table, NULL);

	return ntstatus_ok(status) ? module_load(object, &computer_table, NULL) : status;
}

static void
pvhdparser_status(const struct module_object *object, json_t *state)
{
	const struct pvhdparser_parameters *parameters = module_state(object, &parameter_table);
	const struct pvhdparser_computer *computer = module_state(object, &computer_table);
	bool ignores = number_or(parameters->ignore_flushes, 0) != 0;

	json_object_set_new(state, "disk",
	    json_pack("{s:s, s:s, s:s}", "pause",
	        number_or(parameters->fast_pause, 0) != 0 ? "fast" : "normal", "close",
	        number_or(parameters->fast_close, 0) != 0 ? "fast" : "normal", "flushes",
	        ignores ? "ignored" : "passed on"));
	json_object_set_new(state, "rdssd_to_abc",
	    json_boolean(number_or(parameters->rdssd_to_abc_migration, 0) != 0));
	json_object_set_new(state, "computer_name", status_text(computer->computer_name));
}

const struct module pvhdparser_driver = {
	.name = "pvhdparser",
	.image = "pvhdparser.sys",
	.service = "pvhdparser",
	.doc = "Parser of persistent virtual disks.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = pvhdparser_entry,
	.status = pvhdparser_status,
};
