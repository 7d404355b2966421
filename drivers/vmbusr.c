/*
 * vmbusr.sys: the virtual machine bus of the root partition (reference 2.3).
 *
 * It reads how often a message is posted again, by DvReadRegistryValueUINT32, from the parameters
 * of the service vmbus, and at the set-up of a channel the parameters of its device.
 */
#include "drivers/vmbus.h"

#include <errno.h>
#include <stdlib.h>

#include "drivers/tables.h"

/* Without a value a message is posted once: the reference gives no default. */
#define RETRIES_ASSUMED 0u

struct vmbusr_parameters {
	struct tunable_number retry_post_message;
};

static const struct tunable parameter_rows[] = {
	{
	    .name = "RetryPostMessage",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmbusr_parameters, retry_post_message),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "How often HvPostMessage is tried again.",
	},
};

static const struct tunable_table parameter_table = {
	.name = "vmbusr.parameters",
	.owner = "vmbusr.sys",
	.key = VMBUS_SERVICE "\\Parameters",
	.section = "2.3",
	.reader = "DvReadRegistryValueUINT32",
	.helper = "DvReadRegistryValueUINT32",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = parameter_rows,
	.count = ARRAY_SIZE(parameter_rows),
	.state_size = sizeof(struct vmbusr_parameters),
};

static const struct tunable_table channel_table = {
	.name = "vmbusr.channel",
	.owner = "vmbusr.sys",
	.key = VMBUS_SERVICE "\\<device Parameters>",
	.opens = VMBUS_DEVICE_PARAMETERS,
	.section = "2.3",
	.reader = "VmbChannel setup",
	.apply = APPLY_DEVICE_ADD,
	.rows = vmbus_channel_rows,
	.count = VMBUS_CHANNEL_ROWS,
	.state_size = sizeof(struct vmbus_channel),
};

static const struct tunable_table *const tables[] = { &parameter_table, &channel_table };

static ntstatus
DvReadRegistryValueUINT32(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
vmbusr_entry(struct module_object *object)
{
	return module_load(object, &parameter_table, DvReadRegistryValueUINT32);
}

static ntstatus
vmbusr_add_device(struct module_object *object, const char *key)
{
	return vmbus_setup_channel(object, &channel_table, key);
}

static uint64_t
retries(const struct module_object *object)
{
	const struct vmbusr_parameters *parameters = module_state(object, &parameter_table);

	return number_or(parameters->retry_post_message, RETRIES_ASSUMED);
}

/* Post a message that the hypervisor refuses `argument` times, as when it is out of buffers. */
static ntstatus
vmbusr_post_message(struct module_object *object, const char *argument, json_t *result)
{
	uint64_t most = retries(object);
	uint64_t refusals;
	char *end;

	errno = 0;
	refusals = strtoull(argument, &end, 10);
	if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0)
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	json_object_set_new(
	    result, "posts", json_integer((json_int_t)(refusals < most ? refusals + 1 : most + 1)));
	return NTSTATUS(refusals <= most ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}

static const struct module_operation operations[] = {
	{ "post-message", "post a message that the hypervisor refuses the given number of times",
	    vmbusr_post_message },
	{ 0 },
};

static void
vmbusr_status(const struct module_object *object, json_t *state)
{
	const struct vmbusr_parameters *parameters = module_state(object, &parameter_table);

	json_object_set_new(state, "post_message",
	    json_pack("{s:I, s:b}", "retries", (json_int_t)retries(object), "retries_assumed",
	        !parameters->retry_post_message.set));
	json_object_set_new(state, "channels", vmbus_channels(object, &channel_table));
}

const struct module vmbusr_driver = {
	.name = "vmbusr",
	.image = "vmbusr.sys",
	.service = "vmbusr",
	.doc = "Virtual machine bus of the root partition.",
	.requires = { "hypervisor", "on" }, /* assumed: its work is to talk to it */
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmbusr_entry,
	.add_device = vmbusr_add_device,
	.devices = &channel_table,
	.status = vmbusr_status,
	.operations = operations,
};
