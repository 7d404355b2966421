/*
 * pcip.sys: the driver of PCI functions that are given to virtual machines (reference 2.6).
 *
 * InitializeMitigationMaps reads PCIPHackFlags from the device's software key through the driver
 * framework. The other three are device properties, which come from the same key.
 */
#include "drivers/status.h"
#include "drivers/tables.h"

/* The software keys of the setup class System, to which dismounted functions belong: assumed. */
#define SYSTEM_CLASS                                                                               \
	"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\"                                        \
	"{4d36e97d-e325-11ce-bfc1-08002be10318}\\<n>"
#define SOFTWARE_KEY "<per-device software key>"
#define HACK_FLAGS   32u

struct pcip_mitigations {
	struct tunable_number pcip_hack_flags;
};

struct pcip_properties {
	struct tunable_number supported_device;
	struct tunable_number hot_remove_safe;
	struct tunable_number disable_power_management;
};

static const struct tunable mitigation_rows[] = {
	{
	    .name = "PCIPHackFlags",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct pcip_mitigations, pcip_hack_flags),
	    DEFAULT(0),
	    .shape = SHAPE_BITMASK,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "Disable or alter single mitigations of the function's configuration space.",
	    .note = "The bits are not listed. Where the software key lies is not stated; one of "
	            "the setup class System is assumed.",
	},
};

#define PROPERTY_NOTE                                                                              \
	"Called a REG_DWORD that is no direct registry call; read as a device property of this "   \
	"type."

static const struct tunable property_rows[] = {
	{
	    .name = "SupportedDevice",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct pcip_properties, supported_device),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "The device is supported for assignment to virtual machines.",
	    .note = PROPERTY_NOTE,
	},
	{
	    .name = "HotRemoveSafe",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct pcip_properties, hot_remove_safe),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "The device may be removed while it runs.",
	    .note = PROPERTY_NOTE,
	},
	{
	    .name = "DisablePowerManagement",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct pcip_properties, disable_power_management),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "No power management of the assigned device.",
	    .note = PROPERTY_NOTE,
	},
};

static const struct tunable_table mitigation_table = {
	.name = "pcip.mitigations",
	.owner = "pcip.sys",
	.key = SOFTWARE_KEY,
	.opens = SYSTEM_CLASS,
	.section = "2.6",
	.reader = "InitializeMitigationMaps",
	.helper = "WdfRegistryQueryULong",
	.apply = APPLY_DEVICE_ADD,
	.rows = mitigation_rows,
	.count = ARRAY_SIZE(mitigation_rows),
	.state_size = sizeof(struct pcip_mitigations),
};

static const struct tunable_table property_table = {
	.name = "pcip.properties",
	.owner = "pcip.sys",
	.key = SOFTWARE_KEY,
	.opens = SYSTEM_CLASS,
	.section = "2.6",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DEVICE_ADD,
	.rows = property_rows,
	.count = ARRAY_SIZE(property_rows),
	.state_size = sizeof(struct pcip_properties),
};

static const struct tunable_table *const tables[] = { &mitigation_table, &property_table };

static ntstatus
WdfRegistryQueryULong(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
InitializeMitigationMaps(struct module_object *object, const char *key)
{
	return module_load_instance(object, &mitigation_table, key, NULL, WdfRegistryQueryULong);
}

/* All that the driver reads, it reads for a device. */
static ntstatus
pcip_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

static ntstatus
pcip_add_device(struct module_object *object, const char *key)
{
	ntstatus status = InitializeMitigationMaps(object, key);

	return ntstatus_ok(status) ? module_load_instance(object, &property_table, key, NULL, NULL)
	                           : status;
}

static json_t *
device_status(const struct module_object *object, const char *key)
{
	const struct pcip_mitigations *mitigations =
	    module_state_of(object, &mitigation_table, key, NULL);
	const struct pcip_properties *properties =
	    module_state_of(object, &property_table, key, NULL);
	uint64_t flags = mitigations != NULL ? mitigations->pcip_hack_flags.value : 0;
	uint8_t bytes[HACK_FLAGS / 8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(flags >> (8 * i) & 0xff);
	return json_pack("{s:o, s:b, s:b, s:b, s:s, s:o}", "device", status_key_part(key, 5, 2),
	    "assignable", properties->supported_device.value != 0, "hot_remove",
	    properties->hot_remove_safe.value != 0, "power_management",
	    properties->disable_power_management.value == 0, "mitigations",
	    flags == 0 ? "all" : "altered", "hack_flags",
	    status_bits(bytes, sizeof(bytes), HACK_FLAGS));
}

static void
pcip_status(const struct module_object *object, json_t *state)
{
	json_t *devices = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;

		if (snapshot->table == &property_table)
			json_array_append_new(devices, device_status(object, snapshot->key));
	}
	json_object_set_new(state, "devices", devices);
}

const struct module pcip_driver = {
	.name = "pcip",
	.image = "pcip.sys",
	.service = "pcip",
	.doc = "PCI functions that are given to virtual machines.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = pcip_entry,
	.add_device = pcip_add_device,
	.devices = &mitigation_table,
	.status = pcip_status,
};
