/*
 * wcifs.sys: the file system filter of Windows containers (reference 2.9).
 *
 * WcSetConfiguration reads the driver's parameters, and WcSetBootConfiguration the container that
 * the system was booted in, from a subkey of Control that the reference leaves open.
 */
#include <string.h>

#include "drivers/status.h"
#include "drivers/tables.h"
#include "regstore/tunable/view.h"

#define CONTROL "HKLM\\SYSTEM\\CurrentControlSet\\Control"

/* Bits of a reparse tag, by winnt.h. */
#define REPARSE_TAG_MICROSOFT 0x80000000u

struct wcifs_configuration {
	struct tunable_number debug_options;
};

struct wcifs_boot {
	struct tunable_text boot_container;
	struct tunable_text boot_container_guid;
	struct tunable_number hvsi;
	struct tunable_number wcifs_container_mode;
	struct tunable_text instance_name;
	struct tunable_number reparse_tag;
};

static const struct tunable_outcome present = { .no = "not-present" };

static const struct tunable configuration_rows[] = {
	{
	    .name = "DebugOptions",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct wcifs_configuration, debug_options),
	    DEFAULT(0),
	    .shape = SHAPE_BITMASK,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "What is traced: IRPs, reparse points, tombstones, placeholders, layers.",
	    .note = "Which bit is which is not stated.",
	},
};

static const struct tunable boot_rows[] = {
	{
	    .name = "BootContainer",
	    .type = REG_SZ,
	    .type_also = REG_BINARY,
	    .into = TEXT_FIELD(struct wcifs_boot, boot_container),
	    .outcome = &present,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Container that the system was booted in; absent on a host.",
	    .note = "Two types are named and both are taken. The name of the key below Control is "
	            "not stated and assumed, here and for its other values.",
	},
	{
	    .name = "BootContainerGuid",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct wcifs_boot, boot_container_guid),
	    .shape = SHAPE_GUID,
	    .outcome = &present,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "GUID",
	    .doc = "GUID of the boot container, which selects its sub-hive.",
	},
	{
	    .name = "Hvsi",
	    .type = REG_DWORD,
	    .type_also = REG_SZ,
	    .into = NUMBER_FIELD(struct wcifs_boot, hvsi),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "The container is isolated by Hyper-V.",
	    .note = "Two types are named and both are taken; of texts all but none and \"0\" are "
	            "read as on.",
	},
	{
	    .name = "WCIFSContainerMode",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct wcifs_boot, wcifs_container_mode),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Mode of layering: silo, nested or boot.",
	    .note = "Which number is which mode is not stated.",
	},
	{
	    .name = "InstanceName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct wcifs_boot, instance_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Instance of the filter that mounts the boot container.",
	},
	{
	    .name = "ReparseTag",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct wcifs_boot, reparse_tag),
	    DEFAULT(0x8000001B),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Reparse tag that the filter honours.",
	    .note = "The default is as written, though it is none of the two tags that are named "
	            "beside it.",
	},
};

static const struct tunable_table configuration_table = {
	.name = "wcifs.configuration",
	.owner = "wcifs.sys",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\wcifs\\Parameters",
	.section = "2.9",
	.reader = "WcSetConfiguration",
	.helper = "IoOpenDriverRegistryKey",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = configuration_rows,
	.count = ARRAY_SIZE(configuration_rows),
	.state_size = sizeof(struct wcifs_configuration),
};

static const struct tunable_table boot_table = {
	.name = "wcifs.boot",
	.owner = "wcifs.sys",
	.key = CONTROL "\\<boot-config subkey>",
	.opens = CONTROL "\\BootConfiguration",
	.section = "2.9",
	.reader = "WcSetBootConfiguration",
	.apply = APPLY_DRIVER_ENTRY,
	.rows = boot_rows,
	.count = ARRAY_SIZE(boot_rows),
	.state_size = sizeof(struct wcifs_boot),
};

static const struct tunable_table *const tables[] = { &configuration_table, &boot_table };

static ntstatus
WcSetConfiguration(struct module_object *object)
{
	return module_load(object, &configuration_table, NULL);
}

static ntstatus
WcSetBootConfiguration(struct module_object *object)
{
	return module_load(object, &boot_table, NULL);
}

static ntstatus
wcifs_entry(struct module_object *object)
{
	ntstatus status = WcSetConfiguration(object);

	return ntstatus_ok(status) ? WcSetBootConfiguration(object) : status;
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

/* Hvsi as a text has no place in the state: its reading is asked. */
static bool
is_isolated(const struct module_object *object)
{
	const struct tunable_reading *reading = NULL;
	struct buf text = { 0 };
	bool on;

	for (size_t i = 0; i < object->snapshot_count && reading == NULL; i++) {
		if (object->snapshots[i].snapshot->table == &boot_table)
			reading = tunable_snapshot_find(object->snapshots[i].snapshot, "Hvsi");
	}
	if (reading == NULL)
		return false;
	tunable_effective(reading, &text);
	on = text.size > 0 && strcmp(buf_text(&text), "0") != 0;
	buf_release(&text);
	return on;
}

static json_t *
container_status(const struct module_object *object, const struct wcifs_boot *boot)
{
	bool container = boot->boot_container.text != NULL;

	return json_pack("{s:o, s:o, s:s, s:I, s:o}", "id",
	    container ? status_text(boot->boot_container) : json_string("host"), "sub_hive",
	    status_text(boot->boot_container_guid), "isolation",
	    is_isolated(object) ? "hyper-v" : "process", "layering_mode",
	    (json_int_t)boot->wcifs_container_mode.value, "instance",
	    status_text(boot->instance_name));
}

static void
wcifs_status(const struct module_object *object, json_t *state)
{
	const struct wcifs_configuration *configuration =
	    module_state(object, &configuration_table);
	const struct wcifs_boot *boot = module_state(object, &boot_table);
	uint64_t tag = boot->reparse_tag.value;
	struct buf text = { 0 };

	buf_printf(&text, "0x%08X", (unsigned)tag);
	json_object_set_new(state, "boot_container", container_status(object, boot));
	json_object_set_new(state, "reparse_tag",
	    json_pack("{s:s, s:b}", "tag", buf_text(&text), "microsoft",
	        (tag & REPARSE_TAG_MICROSOFT) != 0));
	json_object_set_new(
	    state, "debug_options", json_integer((json_int_t)configuration->debug_options.value));
	buf_release(&text);
}

const struct module wcifs_driver = {
	.name = "wcifs",
	.image = "wcifs.sys",
	.service = "wcifs",
	.doc = "File system filter of Windows containers.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = wcifs_entry,
	.status = wcifs_status,
};
