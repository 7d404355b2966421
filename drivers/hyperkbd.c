/*
 * hyperkbd.sys: the synthetic keyboard (reference 2.8).
 *
 * The reference says both that the driver reads the key crashdump below its Parameters, with
 * kbdclass's Parameters as companion, and that it makes no registry query itself. The second is
 * the more specific: the class driver and the crash-dump path touch these keys. What they hold is
 * shown, and nothing is derived from it.
 */
#include "drivers/tables.h"

#define SERVICES  "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define CRASHDUMP SERVICES "hyperkbd\\Parameters\\crashdump"
#define KBDCLASS  SERVICES "kbdclass\\Parameters"

#define NOT_QUERIED                                                                                \
	"The driver itself makes no registry query: the class and crash-dump path is taken to "    \
	"touch the key."

static const struct tunable connect_rows[] = {
	{
	    .name = "KbdConnectData",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Connection of the keyboard for the crash-dump path.",
	    .note = NOT_QUERIED,
	},
};

static const struct tunable crashdump_rows[] = {
	{
	    .name = "*",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Further content of the crash-dump key.",
	    .note = NOT_QUERIED,
	},
};

static const struct tunable class_rows[] = {
	{
	    .name = "*",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Settings of the keyboard class driver.",
	    .note = NOT_QUERIED,
	},
};

static const struct tunable_table connect_table = {
	.name = "hyperkbd.connect",
	.owner = "hyperkbd.sys",
	.key = CRASHDUMP,
	.section = "2.8",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = connect_rows,
	.count = ARRAY_SIZE(connect_rows),
};

static const struct tunable_table crashdump_table = {
	.name = "hyperkbd.crashdump",
	.owner = "hyperkbd.sys",
	.key = CRASHDUMP,
	.section = "2.8",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = crashdump_rows,
	.count = ARRAY_SIZE(crashdump_rows),
};

static const struct tunable_table class_table = {
	.name = "hyperkbd.class",
	.owner = "hyperkbd.sys",
	.key = KBDCLASS,
	.section = "2.8",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = class_rows,
	.count = ARRAY_SIZE(class_rows),
};

static const struct tunable_table *const tables[] = { &connect_table, &crashdump_table,
	&class_table };

static ntstatus
hyperkbd_entry(struct module_object *object)
{
	ntstatus status = NTSTATUS(STATUS_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(tables) && ntstatus_ok(status); i++)
		status = module_load(object, tables[i], tunable_read_value);
	return status;
}

static void
hyperkbd_status(const struct module_object *object UNUSED, json_t *state)
{
	json_object_set_new(state, "configuration",
	    json_string("none: the driver makes no registry query of its own"));
}

const struct module hyperkbd_driver = {
	.name = "hyperkbd",
	.image = "hyperkbd.sys",
	.service = "hyperkbd",
	.doc = "Synthetic keyboard.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = hyperkbd_entry,
	.status = hyperkbd_status,
};
