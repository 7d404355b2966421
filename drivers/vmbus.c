/*
 * vmbus.sys: the virtual machine bus (reference 2.3).
 *
 * XPartGetAllowedDevicesWhenIsolatedValue reads which classes of devices an isolated partition may
 * have; the set-up of a channel reads its device's parameters, and the enumeration the keys of
 * device interfaces. Where the last two lie is assumed.
 */
#include "drivers/vmbus.h"

#include "drivers/status.h"
#include "drivers/tables.h"

#define DEVICE_CLASSES_MAX 32u /* bits of the mask */

struct vmbus_isolation {
	struct tunable_number allowed_devices_when_isolated;
};

struct vmbus_interface {
	struct tunable_text instance_guid;
	struct tunable_text user_defined;
};

static const struct tunable isolation_rows[] = {
	{
	    .name = "AllowedDevicesWhenIsolated",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmbus_isolation, allowed_devices_when_isolated),
	    DEFAULT(0),
	    .shape = SHAPE_BITMASK,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "Classes of VMBus devices that an isolated partition may have.",
	    .note = "The bits are not listed.",
	},
};

const struct tunable vmbus_channel_rows[VMBUS_CHANNEL_ROWS] = {
	{
	    .name = "DedicatedProcessor",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmbus_channel, dedicated_processor),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Dedicate a processor to the device's channel.",
	    .note = "Whether it is a flag or a processor's number is not stated, nor where the "
	            "device's parameters lie; the key below Enum\\VMBUS is assumed.",
	},
};

static const struct tunable interface_rows[] = {
	{
	    .name = "InstanceGuid",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct vmbus_interface, instance_guid),
	    .shape = SHAPE_GUID,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "GUID",
	    .doc = "Instance of a device interface.",
	    .note = "Where the interface's key lies is not stated; the one below DeviceClasses is "
	            "assumed.",
	},
	{
	    .name = "UserDefined",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct vmbus_interface, user_defined),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "User-defined data of a device interface.",
	    .note = "Typed as a text and called a subkey; read as a text. Where the interface's "
	            "key lies is assumed.",
	},
};

static const struct tunable_table isolation_table = {
	.name = "vmbus.isolation",
	.owner = "vmbus.sys",
	.key = VMBUS_SERVICE "\\Parameters",
	.section = "2.3",
	.reader = "XPartGetAllowedDevicesWhenIsolatedValue",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = isolation_rows,
	.count = ARRAY_SIZE(isolation_rows),
	.state_size = sizeof(struct vmbus_isolation),
};

static const struct tunable_table channel_table = {
	.name = "vmbus.channel",
	.owner = "vmbus.sys",
	.key = VMBUS_SERVICE "\\<device Parameters>",
	.opens = VMBUS_DEVICE_PARAMETERS,
	.section = "2.3",
	.reader = "VmbChannel setup",
	.apply = APPLY_DEVICE_ADD,
	.rows = vmbus_channel_rows,
	.count = VMBUS_CHANNEL_ROWS,
	.state_size = sizeof(struct vmbus_channel),
};

static const struct tunable_table interface_table = {
	.name = "vmbus.interface",
	.owner = "vmbus.sys",
	.key = VMBUS_SERVICE "\\<device interface>",
	.opens = VMBUS_DEVICE_INTERFACE,
	.section = "2.3",
	.reader = "enum",
	.apply = APPLY_DEVICE_ADD,
	.rows = interface_rows,
	.count = ARRAY_SIZE(interface_rows),
	.state_size = sizeof(struct vmbus_interface),
};

static const struct tunable_table *const tables[] = { &isolation_table, &channel_table,
	&interface_table };

/* --- Life
 * ----------------------------------------------------------------------------------------- */

static ntstatus
XPartGetAllowedDevicesWhenIsolatedValue(struct module_object *object)
{
	return module_load(object, &isolation_table, NULL);
}

/* The interfaces of all devices: their keys do not say which device of the bus they belong to. */
static ntstatus
enumerate_interfaces(struct module_object *object)
{
	return module_load_instances(object, &interface_table, NULL);
}

ntstatus
vmbus_setup_channel(
    struct module_object *object, const struct tunable_table *table, const char *key)
{
	return module_load_instance(object, table, key, NULL, NULL);
}

static ntstatus
vmbus_entry(struct module_object *object)
{
	ntstatus status = XPartGetAllowedDevicesWhenIsolatedValue(object);

	return ntstatus_ok(status) ? enumerate_interfaces(object) : status;
}

static ntstatus
vmbus_add_device(struct module_object *object, const char *key)
{
	ntstatus status = vmbus_setup_channel(object, &channel_table, key);

	return ntstatus_ok(status) ? enumerate_interfaces(object) : status;
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

json_t *
vmbus_channels(const struct module_object *object, const struct tunable_table *table)
{
	json_t *channels = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;
		const struct vmbus_channel *channel = snapshot->state;

		if (snapshot->table != table)
			continue;
		json_array_append_new(channels,
		    json_pack("{s:o, s:o}", "device", status_key_part(snapshot->key, 4, 3),
		        "dedicated_processor", status_number(channel->dedicated_processor)));
	}
	return channels;
}

static json_t *
interfaces(const struct module_object *object)
{
	json_t *list = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;
		const struct vmbus_interface *interface = snapshot->state;

		if (snapshot->table != &interface_table ||
		    (interface->instance_guid.text == NULL && interface->user_defined.text == NULL))
			continue;
		json_array_append_new(
		    list, json_pack("{s:o, s:o, s:o}", "class",
		              status_key_part(snapshot->key, VMBUS_INTERFACE_CLASS, 1), "instance",
		              status_text(interface->instance_guid), "user_defined",
		              status_text(interface->user_defined)));
	}
	return list;
}

static void
vmbus_status(const struct module_object *object, json_t *state)
{
	const struct vmbus_isolation *isolation = module_state(object, &isolation_table);
	uint64_t mask = isolation->allowed_devices_when_isolated.value;
	uint8_t bytes[DEVICE_CLASSES_MAX / 8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(mask >> (8 * i) & 0xff);
	json_object_set_new(state, "when_isolated",
	    json_pack("{s:I, s:o}", "allowed_mask", (json_int_t)mask, "allowed_classes",
	        status_bits(bytes, sizeof(bytes), DEVICE_CLASSES_MAX)));
	json_object_set_new(state, "channels", vmbus_channels(object, &channel_table));
	json_object_set_new(state, "interfaces", interfaces(object));
}

const struct module vmbus_driver = {
	.name = "vmbus",
	.image = "vmbus.sys",
	.service = "vmbus",
	.doc = "Virtual machine bus.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmbus_entry,
	.add_device = vmbus_add_device,
	.devices = &channel_table,
	.status = vmbus_status,
};
