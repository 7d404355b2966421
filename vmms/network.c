/*
 * vmms.exe: what it reads of the system's network settings (reference 1.13).
 */

#include "vmms/internal.h"
#include "vmwp/rows.h"

#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"

struct vmms_winrm {
	struct tunable_number max_connections;
};

static const struct tunable winrm_rows[] = {
	{
	    NUMBER_ROW(struct vmms_winrm, "MaxConnections", max_connections,
	        "Most HTTP connections, which remote management (WinRM) shares."),
	    .unit = "count",
	},
};

static const struct tunable nic_rows[] = {
	{
	    .name = "*",
	    .type = REG_BINARY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Configuration of a network adapter of the virtual switch.",
	    .note = "Configuration is read as the key, not as the name of a value in it.",
	},
};

static const struct tunable tcpip_rows[] = {
	{
	    .name = "*",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "IP configuration of an interface.",
	    .note = "The values and their types are not listed; any type is taken.",
	},
};

static const struct tunable netbt_rows[] = {
	{
	    .name = "*",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "NetBT configuration of an interface.",
	    .note = "The values and their types are not listed; any type is taken.",
	},
};

#define TABLE(stem, table_key, size)                                                               \
	const struct tunable_table vmms_##stem##_table = {                                         \
		.name = "vmms." #stem,                                                             \
		.owner = "vmms.exe",                                                               \
		.key = (table_key),                                                                \
		.section = "1.13",                                                                 \
		.apply = APPLY_UNKNOWN,                                                            \
		.assumed_apply = APPLY_SERVICE_START,                                              \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
		.state_size = (size),                                                              \
	}

TABLE(winrm, SERVICES "HTTP\\Parameters", sizeof(struct vmms_winrm));
TABLE(
    nic, "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Network\\Interfaces\\{GUID}\\Configuration", 0);
TABLE(tcpip, SERVICES "Tcpip\\Parameters\\Interfaces\\{GUID}", 0);
TABLE(netbt, SERVICES "NetBT\\Parameters\\Interfaces\\{GUID}", 0);

static ntstatus
network_entry(struct module_object *object)
{
	ntstatus status = module_load(object, &vmms_winrm_table, tunable_read_value);

	if (ntstatus_ok(status))
		status = module_load_instances(object, &vmms_nic_table, tunable_read_value);
	if (ntstatus_ok(status))
		status = module_load_instances(object, &vmms_tcpip_table, tunable_read_value);
	if (ntstatus_ok(status))
		status = module_load_instances(object, &vmms_netbt_table, tunable_read_value);
	return status;
}

/* How many instances of a table were read. */
static json_int_t
count_of(const struct module_object *object, const struct tunable_table *table)
{
	json_int_t count = 0;

	for (size_t i = 0; i < object->snapshot_count; i++)
		count += object->snapshots[i].snapshot->table == table;
	return count;
}

static void
network_status(const struct module_object *object, json_t *state)
{
	const struct vmms_winrm *winrm = module_state(object, &vmms_winrm_table);

	json_object_set_new(state, "network",
	    json_pack("{s:o, s:I, s:I, s:I}", "http_max_connections",
	        vmms_number(winrm->max_connections), "switch_adapters",
	        count_of(object, &vmms_nic_table), "ip_interfaces",
	        count_of(object, &vmms_tcpip_table), "netbt_interfaces",
	        count_of(object, &vmms_netbt_table)));
}

const struct vmms_part vmms_network_part = {
	.entry = network_entry,
	.status = network_status,
};
