/*
 * VmSynthNic.dll: the synthetic network adapter in the worker process (reference 1.9).
 */
#include "vmwp/mac_pool.h"
#include "vmwp/modules.h"
#include "vmwp/shared.h"

static const struct tunable_table range_table = {
	.name = "VmSynthNic.mac-range",
	.owner = "VmSynthNic.dll",
	.key = VIRTUALIZATION_KEY,
	.section = "1.9",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = mac_range_rows,
	.count = MAC_RANGE_ROWS,
	.state_size = sizeof(struct mac_range),
};

static const struct tunable_table cursor_table = {
	.name = "VmSynthNic.mac-cursor",
	.owner = "VmSynthNic.dll",
	.key = WORKER_KEY,
	.section = "1.9",
	.reader = "MAC allocator",
	.apply = APPLY_OPERATION,
	.rows = mac_cursor_rows,
	.count = MAC_CURSOR_ROWS,
	.state_size = sizeof(struct mac_cursor),
};

static const struct tunable_table *const tables[] = { &range_table, &cursor_table };

static const struct mac_tables mac_tables = { &range_table, &cursor_table };

static ntstatus
synth_nic_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

static ntstatus
allocate(struct module_object *object, const char *argument, json_t *result)
{
	return mac_pool_allocate(object, &mac_tables, argument, result);
}

static void
synth_nic_status(const struct module_object *object, json_t *state)
{
	mac_pool_status(object, &mac_tables, state);
}

static const struct module_operation operations[] = {
	{ "allocate-mac", "give addresses of the host's MAC pool: how many", allocate },
	{ 0 },
};

const struct module vmsynthnic_module = {
	.name = "VmSynthNic",
	.image = "VmSynthNic.dll",
	.doc = "Synthetic network adapter.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = synth_nic_entry,
	.status = synth_nic_status,
	.operations = operations,
};
