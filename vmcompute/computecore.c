/*
 * computecore.dll: the compute core of the Host Compute Service (reference 1.3, 1.13).
 *
 * Beside the management library's values it reads which class of device stands behind a virtual
 * disk's prefix, each time that a prefix is looked up.
 */
#include <string.h>

#include "regstore/tunable/view.h"
#include "vmcompute/internal.h"
#include "vmcompute/modules.h"
#include "vmwp/vml.h"

static const struct tunable prefix_rows[] = {
	{
	    .name = "*",
	    .type = REG_SZ,
	    .def_text = "{f916c826-f0f5-4cd9-be68-4fd638cf9a53}",
	    .shape = SHAPE_GUID,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "Class of the devices behind disks with this prefix.",
	    .note = "The last part of the reference's path, <prefix>, is read as the value's name; "
	            "the type of its text is assumed.",
	},
};

static const struct tunable_table prefix_table = {
	.name = "computecore.prefix-map",
	.owner = "computecore.dll",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\StorVSP\\PrefixMap",
	.section = "1.13",
	.apply = APPLY_OPERATION,
	.rows = prefix_rows,
	.count = ARRAY_SIZE(prefix_rows),
};

static const struct tunable_table *const tables[] = { &vml_computecore_table,
	&vml_computecore_levels_table, &prefix_table };

/* The device class of a prefix: the map's, else the fallback that the reference gives. */
static ntstatus
disk_prefix(struct module_object *object, const char *argument, json_t *result)
{
	struct tunable_loader loader = { .catalog = object->catalog, .registry = object->registry };
	const struct tunable_reading *reading;
	struct tunable_snapshot *snapshot;
	struct buf device = { 0 };
	lstatus status;

	if (argument[0] == '\0')
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = tunable_load(&loader, &prefix_table, NULL, &snapshot);
	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	reading = tunable_snapshot_find(snapshot, argument);
	if (reading != NULL)
		tunable_effective(reading, &device);
	else
		buf_append_text(&device, prefix_rows[0].def_text);
	json_object_set_new(result, "prefix", tunable_json_text(argument));
	json_object_set_new(result, "device_class", tunable_json_text(buf_text(&device)));
	json_object_set_new(result, "mapped", json_boolean(reading != NULL));
	vml_trace(object, VML_CHANNEL_OPERATIONS, VML_VERBOSE, "prefix %s is of class %s", argument,
	    buf_text(&device));
	buf_release(&device);
	tunable_snapshot_free(snapshot);
	return NTSTATUS(STATUS_SUCCESS);
}

static ntstatus
computecore_entry(struct module_object *object)
{
	return Vml_load(object, &vml_computecore);
}

static const struct module_operation operations[] = {
	{ "disk-prefix", "find the device class of a virtual disk's prefix", disk_prefix },
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
