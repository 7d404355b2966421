/*
 * hvcrash.sys: crash support of the hypervisor (reference 2.2).
 *
 * Diagnostics::Initialize reads DebugFlags through WdfRegistryQueryULong.
 */
#include "drivers/tables.h"

#define PARAMETERS "HKLM\\SYSTEM\\CurrentControlSet\\Services\\hvcrash\\Parameters"

#define DBG_PRINT_ON_ERROR 1u
#define DBG_BREAK_ON_ERROR 2u

struct hvcrash_debug {
	struct tunable_number debug_flags;
};

static const struct tunable_word debug_words[] = { { DBG_PRINT_ON_ERROR, "DbgPrintOnError" },
	{ DBG_BREAK_ON_ERROR, "DbgBreakOnError" }, { 0 } };

static const struct tunable debug_rows[] = {
	{
	    .name = "DebugFlags",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hvcrash_debug, debug_flags),
	    DEFAULT(0),
	    .shape = SHAPE_BITMASK,
	    .words = debug_words,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "What an error does for who debugs the driver.",
	},
};

static const struct tunable_table debug_table = {
	.name = "hvcrash.debug",
	.owner = "hvcrash.sys",
	.key = PARAMETERS,
	.section = "2.2",
	.reader = "Diagnostics::Initialize",
	.helper = "WdfRegistryQueryULong",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = debug_rows,
	.count = ARRAY_SIZE(debug_rows),
	.state_size = sizeof(struct hvcrash_debug),
};

static const struct tunable_table *const tables[] = { &debug_table };

static ntstatus
WdfRegistryQueryULong(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
Diagnostics_Initialize(struct module_object *object)
{
	return module_load(object, &debug_table, WdfRegistryQueryULong);
}

static void
hvcrash_status(const struct module_object *object, json_t *state)
{
	const struct hvcrash_debug *debug = module_state(object, &debug_table);
	uint64_t flags = debug->debug_flags.value;

	json_object_set_new(
	    state, "DbgPrintOnError", json_boolean((flags & DBG_PRINT_ON_ERROR) != 0));
	json_object_set_new(
	    state, "DbgBreakOnError", json_boolean((flags & DBG_BREAK_ON_ERROR) != 0));
}

const struct module hvcrash_driver = {
	.name = "hvcrash",
	.image = "hvcrash.sys",
	.service = "hvcrash",
	.doc = "Crash support of the hypervisor.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = Diagnostics_Initialize,
	.status = hvcrash_status,
};
