/*
 * NetMgmtIF.dll: network management in vmms (reference 1.9).
 */
#include "vmms/modules.h"
#include "vmwp/mac_pool.h"
#include "vmwp/shared.h"

static const struct tunable_table range_table = {
	.name = "NetMgmtIF.mac-range",
	.owner = "NetMgmtIF.dll",
	.key = VIRTUALIZATION_KEY,
	.section = "1.9",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = mac_range_rows,
	.count = MAC_RANGE_ROWS,
	.state_size = sizeof(struct mac_range),
};

static const struct tunable_table cursor_table = {
	.name = "NetMgmtIF.mac-cursor",
	.owner = "NetMgmtIF.dll",
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
net_mgmt_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

static ntstatus
allocate(struct module_object *object, const char *argument, json_t *result)
{
	return mac_pool_allocate(object, &mac_tables, argument, result);
}

static void
net_mgmt_status(const struct module_object *object, json_t *state)
{
	mac_pool_status(object, &mac_tables, state);
}

static const struct module_operation operations[] = {
	{ "allocate-mac", "give addresses of the host's MAC pool: how many", allocate },
	{ 0 },
};

const struct module netmgmtif_module = {
	.name = "NetMgmtIF",
	.image = "NetMgmtIF.dll",
	.doc = "Network management of the host.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = net_mgmt_entry,
	.status = net_mgmt_status,
	.operations = operations,
};
