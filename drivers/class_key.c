/*
 * ramparser.sys and vmbusproxy.sys (reference 2.10): drivers without settings of their own that
 * link a shared PnP helper. It reads the standard settings of new device objects from the
 * Properties key of the device's class, when the device is added.
 *
 * The names and types are those of the keywords of an INF file's AddReg directive.
 */
#include <string.h>

#include "drivers/status.h"
#include "drivers/tables.h"
#include "regstore/tunable/view.h"

#define PROPERTIES "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{ClassGUID}\\Properties"

#define TYPE_NOTE                                                                                  \
	"The reference gives no type: as an INF file's AddReg directive writes it. Which class "   \
	"the device is of is not stated: each class with a Properties key counts."

struct class_key_device {
	struct tunable_bytes security;
	struct tunable_number device_type;
	struct tunable_number device_characteristics;
	struct tunable_number exclusive;
};

/* The characteristics that an INF file may give. */
static const struct tunable_word characteristics_words[] = {
	{ 0x001, "FILE_REMOVABLE_MEDIA" },
	{ 0x002, "FILE_READ_ONLY_DEVICE" },
	{ 0x004, "FILE_FLOPPY_DISKETTE" },
	{ 0x008, "FILE_WRITE_ONCE_MEDIA" },
	{ 0x100, "FILE_DEVICE_SECURE_OPEN" },
	{ 0 },
};

static const struct tunable device_rows[] = {
	{
	    .name = "Security",
	    .type = REG_BINARY,
	    .type_also = REG_SZ,
	    .into = BYTES_FIELD(struct class_key_device, security),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "Security descriptor of the class's device objects, as bytes or as SDDL text.",
	    .note = TYPE_NOTE,
	},
	{
	    .name = "DeviceType",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct class_key_device, device_type),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "Type of the class's device objects.",
	    .note = TYPE_NOTE,
	},
	{
	    .name = "DeviceCharacteristics",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct class_key_device, device_characteristics),
	    .shape = SHAPE_BITMASK,
	    .words = characteristics_words,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE | FACT_SHAPE,
	    .doc = "Characteristics of the class's device objects.",
	    .note = TYPE_NOTE,
	},
	{
	    .name = "Exclusive",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct class_key_device, exclusive),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE | FACT_SHAPE,
	    .doc = "Let one handle at a time be open to such a device object.",
	    .note = TYPE_NOTE,
	},
};

static const struct tunable_table ramparser_table = {
	.name = "ramparser.class",
	.owner = "ramparser.sys",
	.key = PROPERTIES,
	.section = "2.10",
	.reader = "shared PnP helper",
	.apply = APPLY_DEVICE_ADD,
	.rows = device_rows,
	.count = ARRAY_SIZE(device_rows),
	.state_size = sizeof(struct class_key_device),
};

static const struct tunable_table vmbusproxy_table = {
	.name = "vmbusproxy.class",
	.owner = "vmbusproxy.sys",
	.key = PROPERTIES,
	.section = "2.10",
	.reader = "shared PnP helper",
	.apply = APPLY_DEVICE_ADD,
	.rows = device_rows,
	.count = ARRAY_SIZE(device_rows),
	.state_size = sizeof(struct class_key_device),
};

static const struct tunable_table *const ramparser_tables[] = { &ramparser_table };
static const struct tunable_table *const vmbusproxy_tables[] = { &vmbusproxy_table };

static ntstatus
class_key_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

/* The shared PnP helper. */
static ntstatus
class_key_add_device(struct module_object *object, const char *key)
{
	return module_load_instance(object, object->module->devices, key, NULL, tunable_read_value);
}

/* What a device object of the class is created with. */
static json_t *
device_json(const struct tunable_snapshot *snapshot)
{
	const struct class_key_device *device = snapshot->state;

	return json_pack("{s:o, s:o, s:o, s:b, s:s}", "key", tunable_json_text(snapshot->key),
	    "type", status_number(device->device_type), "characteristics",
	    status_number(device->device_characteristics), "exclusive",
	    number_or(device->exclusive, 0) != 0, "security",
	    device->security.data != NULL ? "set" : "default");
}

static void
class_key_status(const struct module_object *object, json_t *state)
{
	json_t *devices = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;

		if (snapshot->key_present)
			json_array_append_new(devices, device_json(snapshot));
	}
	json_object_set_new(state, "configuration",
	    json_string("none of its own: the standard settings of the device's class"));
	json_object_set_new(state, "device_objects", devices);
}

const struct module ramparser_driver = {
	.name = "ramparser",
	.image = "ramparser.sys",
	.service = "ramparser",
	.doc = "Parser of disks in memory.",
	.tables = ramparser_tables,
	.table_count = ARRAY_SIZE(ramparser_tables),
	.entry = class_key_entry,
	.add_device = class_key_add_device,
	.devices = &ramparser_table,
	.status = class_key_status,
};

const struct module vmbusproxy_driver = {
	.name = "vmbusproxy",
	.image = "vmbusproxy.sys",
	.service = "vmbusproxy",
	.doc = "Proxy of VMBus channels.",
	.tables = vmbusproxy_tables,
	.table_count = ARRAY_SIZE(vmbusproxy_tables),
	.entry = class_key_entry,
	.add_device = class_key_add_device,
	.devices = &vmbusproxy_table,
	.status = class_key_status,
};
