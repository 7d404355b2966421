/*
 * vmbkmclr.sys: the kernel-mode client library of the VMBus in the root partition (reference 2.3).
 *
 * It reads the path of the image that telemetry asserts are reported for, from the service key of
 * vmbkmcl, and from which delay on a packet is traced.
 */
#include "drivers/tables.h"
#include "drivers/vmbkmcl.h"

struct vmbkmclr_trace {
	struct tunable_number trace_log_packet_delay_threshold_sec;
};

static const struct tunable trace_rows[] = {
	{
	    .name = "TraceLogPacketDelayThresholdSec",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmbkmclr_trace, trace_log_packet_delay_threshold_sec),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "s",
	    .doc = "Delay from which on a VMBus packet is traced.",
	    .note = "0 is read as no trace; the reference does not say.",
	},
};

static const struct tunable_table image_table = {
	.name = "vmbkmclr.image",
	.owner = "vmbkmclr.sys",
	.key = VMBKMCL_SERVICE,
	.section = "2.3",
	.reader = "InitializeTelemetryAssertsKM",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = vmbkmcl_image_rows,
	.count = VMBKMCL_IMAGE_ROWS,
	.state_size = sizeof(struct vmbkmcl_image),
};

static const struct tunable_table trace_table = {
	.name = "vmbkmclr.trace",
	.owner = "vmbkmclr.sys",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vmbkmclr\\Parameters",
	.section = "2.3",
	.reader = "KMCL trace-threshold init",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = trace_rows,
	.count = ARRAY_SIZE(trace_rows),
	.state_size = sizeof(struct vmbkmclr_trace),
};

static const struct tunable_table *const tables[] = { &image_table, &trace_table };

static ntstatus
vmbkmclr_entry(struct module_object *object)
{
	ntstatus status = InitializeTelemetryAssertsKM(object, &image_table);

	return ntstatus_ok(status) ? module_load(object, &trace_table, NULL) : status;
}

static void
vmbkmclr_status(const struct module_object *object, json_t *state)
{
	const struct vmbkmclr_trace *trace = module_state(object, &trace_table);
	uint64_t threshold = trace->trace_log_packet_delay_threshold_sec.value;

	json_object_set_new(state, "telemetry", vmbkmcl_telemetry(object, &image_table));
	json_object_set_new(state, "packet_delay_trace",
	    json_pack("{s:b, s:I}", "on", threshold != 0, "threshold_s", (json_int_t)threshold));
}

const struct module vmbkmclr_driver = {
	.name = "vmbkmclr",
	.image = "vmbkmclr.sys",
	.service = "vmbkmclr",
	.doc = "Kernel-mode client library of the VMBus in the root partition.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmbkmclr_entry,
	.status = vmbkmclr_status,
};
