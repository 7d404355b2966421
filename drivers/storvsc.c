/*
 * storvsc.sys: the storage virtualization service client (reference 2.4).
 *
 * Services\storvsc\Parameters\Device says which channels it opens and on which processors, and
 * Control\CrashControl how much one transfer of a crash dump may carry.
 */
#include "drivers/status.h"
#include "drivers/tables.h"

#define CONTROL "HKLM\\SYSTEM\\CurrentControlSet\\Control"
#define DEVICE  "HKLM\\SYSTEM\\CurrentControlSet\\Services\\storvsc\\Parameters\\Device"

/* As many processors as Windows runs on; a mask may be longer. */
#define PROCESSORS_MAX 2048u

struct storvsc_device {
	struct tunable_number multi_phase_resume_enabled;
	struct tunable_bytes stor_channel;
	struct tunable_number channel_count;
	struct tunable_bytes channel_mask;
};

struct storvsc_dump {
	struct tunable_number maximum_transfer_size;
};

static const struct tunable device_rows[] = {
	{
	    .name = "MultiPhaseResumeEnabled",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsc_device, multi_phase_resume_enabled),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Resume in several phases.",
	},
	{
	    .name = "StorChannel",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct storvsc_device, stor_channel),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Container of channel settings.",
	    .note = "Whether ChannelCount and ChannelMask are parts of it is not stated; they are "
	            "read as values of their own.",
	},
	{
	    .name = "ChannelCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsc_device, channel_count),
	    RANGE(1, 64),
	    OUTSIDE(OOB_CLAMP),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "count",
	    .doc = "Channels of an adapter.",
	    .note = "What happens out of 1..64 is not stated, nor a default; out of it the nearest "
	            "bound is taken.",
	},
	{
	    .name = "ChannelMask",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct storvsc_device, channel_mask),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "mask",
	    .doc = "Processors that the channels may use.",
	    .note = "Low byte first is assumed, as for Windows' affinity masks.",
	},
};

static const struct tunable dump_rows[] = {
	{
	    .name = "MaximumTransferSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsc_dump, maximum_transfer_size),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "Largest transfer on the path of a crash dump.",
	    .note = "Neither the type nor the unit is stated.",
	},
};

static const struct tunable_table device_table = {
	.name = "storvsc.device",
	.owner = "storvsc.sys",
	.key = DEVICE,
	.section = "2.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = device_rows,
	.count = ARRAY_SIZE(device_rows),
	.state_size = sizeof(struct storvsc_device),
};

static const struct tunable_table dump_table = {
	.name = "storvsc.dump",
	.owner = "storvsc.sys",
	.key = CONTROL "\\CrashControl",
	.section = "2.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = dump_rows,
	.count = ARRAY_SIZE(dump_rows),
	.state_size = sizeof(struct storvsc_dump),
};

static const struct tunable_table *const tables[] = { &device_table, &dump_table };

static ntstatus
storvsc_entry(struct module_object *object)
{
	ntstatus status = module_load(object, &device_table, NULL);

	return ntstatus_ok(status) ? module_load(object, &dump_table, NULL) : status;
}

static void
storvsc_status(const struct module_object *object, json_t *state)
{
	const struct storvsc_device *device = module_state(object, &device_table);
	const struct storvsc_dump *dump = module_state(object, &dump_table);

	json_object_set_new(state, "channels",
	    json_pack("{s:o, s:o}", "count", status_number(device->channel_count), "processors",
	        status_bits(device->channel_mask.data, device->channel_mask.size, PROCESSORS_MAX)));
	json_object_set_new(state, "resume",
	    json_string(number_or(device->multi_phase_resume_enabled, 0) != 0 ? "multi-phase"
	                                                                      : "single-phase"));
	json_object_set_new(
	    state, "dump_maximum_transfer", status_number(dump->maximum_transfer_size));
}

const struct module storvsc_driver = {
	.name = "storvsc",
	.image = "storvsc.sys",
	.service = "storvsc",
	.doc = "Storage virtualization service client.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = storvsc_entry,
	.status = storvsc_status,
};
