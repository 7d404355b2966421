/*
 * vmms.exe: live migration (reference 1.4): what the worker reads too, the thresholds by which the
 * compressor follows the load of the logical processors, and the limits of the shares.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/tunable/view.h"
#include "vmms/internal.h"
#include "vmwp/rows.h"

struct vmms_compressor {
	struct tunable_number compressor_lp_utilization_high_threshold;
	struct tunable_number compressor_lp_utilization_low_threshold;
};

struct vmms_memory_share {
	struct tunable_number memory_transfer_smb_share_max_uses;
};

struct vmms_storage_share {
	struct tunable_number storage_migration_smb_share_max_uses;
};

#define ORDER_SWITCH "CompressorThresholdOrder"
#define ORDER_RAW    "raw"

static const struct tunable_switch compressor_switches[] = {
	{
	    .name = ORDER_SWITCH,
	    .words = (const char *const[]){ "cap-first", ORDER_RAW, NULL },
	    .doc = "What CompressorLpUtilizationLowThreshold is compared with: cap-first = the "
	           "high threshold after its cap of 100, raw = the high threshold as it stands.",
	},
	{ 0 },
};

/* The number that a REG_DWORD's bytes are. */
static uint64_t
dword_of(const struct tunable_raw *raw)
{
	uint64_t number = 0;

	for (size_t i = 0; i < raw->size && i < sizeof(uint32_t); i++)
		number |= (uint64_t)raw->data[i] << (8 * i);
	return number;
}

/*
 * The low threshold was compared with the capped high one. Compared with the raw one it comes out
 * otherwise only where both were capped: a raw high threshold over 100 caps the low one later.
 */
static void
settle_low_threshold(const struct tunable_case *given, struct tunable_reading *reading)
{
	const char *order = given->state != NULL ? given->state(given, ORDER_SWITCH) : NULL;
	struct tunable_reading high;
	uint64_t low;

	if (order == NULL || strcmp(order, ORDER_RAW) != 0 || reading->verdict != VERDICT_CAPPED)
		return;
	tunable_interpret(reading->entry->max_from, given, &high);
	if (high.verdict != VERDICT_CAPPED)
		return;
	low = dword_of(&reading->judged);
	reading->bound = dword_of(&high.judged);
	reading->number = low < reading->bound ? low : reading->bound;
	reading->verdict = low <= reading->bound ? VERDICT_APPLIED : VERDICT_CAPPED;
}

static const struct tunable compressor_rows[] = {
	{
	    NUMBER_ROW(struct vmms_compressor, "CompressorLpUtilizationHighThreshold",
	        compressor_lp_utilization_high_threshold,
	        "Load of the logical processors above which the compressor slows down."),
	    DEFAULT(85),
	    AT_MOST(100),
	    .above = OOB_CLAMP,
	    .unit = "%",
	    .note = "No lower bound is stated; zero is taken as it is.",
	},
	{
	    .name = "CompressorLpUtilizationLowThreshold",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmms_compressor, compressor_lp_utilization_low_threshold),
	    DEFAULT(70),
	    .max_from = "CompressorLpUtilizationHighThreshold",
	    .above = OOB_CLAMP,
	    .settle = settle_low_threshold,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_RULE,
	    .unit = "%",
	    .doc = "Load of the logical processors below which the compressor speeds up.",
	    .note = "Compared with the high threshold after its cap (see the switch " ORDER_SWITCH
	            "); the default is compared too.",
	},
};

static const struct tunable memory_share_rows[] = {
	{
	    NUMBER_ROW(struct vmms_memory_share, "MemoryTransferSMBShareMaxUses",
	        memory_transfer_smb_share_max_uses,
	        "Most connections to the share of a memory transfer."),
	    .unit = "count",
	},
};

static const struct tunable storage_share_rows[] = {
	{
	    NUMBER_ROW(struct vmms_storage_share, "StorageMigrationSMBShareMaxUses",
	        storage_migration_smb_share_max_uses,
	        "Most connections to the share of a storage migration."),
	    DEFAULT(3),
	    .unit = "count",
	},
};

/* A table of the Migration key; more columns may follow. */
#define TABLE(stem, table_key, row_list, row_count, state, function, when, assumed_when)           \
	.name = "vmms." stem, .owner = "vmms.exe", .key = (table_key), .section = "1.4",           \
	.reader = (function), .apply = (when), .assumed_apply = (assumed_when),                    \
	.rows = (row_list), .count = (row_count), .state_size = sizeof(struct state)

const struct tunable_table vmms_migration_table = {
	TABLE("migration", MIGRATION_KEY, shared_migration_rows, SHARED_MIGRATION_ROWS,
	    shared_migration, NULL, APPLY_UNKNOWN, APPLY_SERVICE_START),
};

const struct tunable_table vmms_smb_send_table = {
	TABLE("smb_send", MIGRATION_KEY, shared_smb_send_rows, SHARED_SMB_SEND_ROWS,
	    shared_smb_send, NULL, APPLY_OPERATION, APPLY_FORGOTTEN),
};

const struct tunable_table vmms_migration_network_table = {
	TABLE("migration_network", MIGRATION_NETWORK_KEY, shared_network_rows, SHARED_NETWORK_ROWS,
	    shared_network, NULL, APPLY_UNKNOWN, APPLY_SERVICE_START),
};

const struct tunable_table vmms_compressor_table = {
	TABLE("compressor", MIGRATION_KEY, compressor_rows, ARRAY_SIZE(compressor_rows),
	    vmms_compressor, "GetCompressorLpMonitorThresholds", APPLY_OPERATION, APPLY_FORGOTTEN),
	.switches = compressor_switches,
};

const struct tunable_table vmms_memory_share_table = {
	TABLE("memory_share", MIGRATION_KEY, memory_share_rows, ARRAY_SIZE(memory_share_rows),
	    vmms_memory_share, "VmmsVmMigrationVidShare::SmbShareCreate", APPLY_OPERATION,
	    APPLY_FORGOTTEN),
};

const struct tunable_table vmms_storage_share_table = {
	TABLE("storage_share", MIGRATION_KEY, storage_share_rows, ARRAY_SIZE(storage_share_rows),
	    vmms_storage_share, "VmmsVsmFileShare::SmbShareCreate", APPLY_OPERATION,
	    APPLY_FORGOTTEN),
};

static ntstatus
migration_entry(struct module_object *object)
{
	ntstatus status = module_load(object, &vmms_migration_table, tunable_read_value);

	if (ntstatus_ok(status))
		status = module_load_instances(
		    object, &vmms_migration_network_table, tunable_read_value);
	return status;
}

/* --- Operations
 * ----------------------------------------------------------------------------------- */

/* The loads between which the compressor stays as it is. */
static ntstatus
GetCompressorLpMonitorThresholds(
    struct module_object *object, uint64_t *ret_low, uint64_t *ret_high)
{
	const struct vmms_compressor *compressor;
	ntstatus status = module_load(object, &vmms_compressor_table, tunable_read_value);

	if (!ntstatus_ok(status))
		return status;
	compressor = module_state(object, &vmms_compressor_table);
	*ret_low = compressor->compressor_lp_utilization_low_threshold.value;
	*ret_high = compressor->compressor_lp_utilization_high_threshold.value;
	module_forget(object, &vmms_compressor_table, NULL);
	return status;
}

ntstatus
vmms_monitor_compressor(struct module_object *object, const char *argument, json_t *result)
{
	char *end;
	unsigned long load = strtoul(argument, &end, 10);
	uint64_t low;
	uint64_t high;
	ntstatus status;

	if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || load > 100)
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = GetCompressorLpMonitorThresholds(object, &low, &high);
	if (!ntstatus_ok(status))
		return status;
	json_object_set_new(result, "low", json_integer((json_int_t)low));
	json_object_set_new(result, "high", json_integer((json_int_t)high));
	json_object_set_new(result, "compressor",
	    json_string(load > high  ? "throttles-down"
	                : load < low ? "scales-up"
	                             : "stays"));
	return status;
}

static ntstatus
VmmsVmMigrationVidShare_SmbShareCreate(struct module_object *object, json_t *result)
{
	const struct vmms_memory_share *share;
	ntstatus status = module_load(object, &vmms_memory_share_table, tunable_read_value);

	if (!ntstatus_ok(status))
		return status;
	share = module_state(object, &vmms_memory_share_table);
	json_object_set_new(
	    result, "max_uses", vmms_number(share->memory_transfer_smb_share_max_uses));
	module_forget(object, &vmms_memory_share_table, NULL);
	return status;
}

static ntstatus
VmmsVsmFileShare_SmbShareCreate(struct module_object *object, json_t *result)
{
	const struct vmms_storage_share *share;
	ntstatus status = module_load(object, &vmms_storage_share_table, tunable_read_value);

	if (!ntstatus_ok(status))
		return status;
	share = module_state(object, &vmms_storage_share_table);
	json_object_set_new(
	    result, "max_uses", vmms_number(share->storage_migration_smb_share_max_uses));
	module_forget(object, &vmms_storage_share_table, NULL);
	return status;
}

ntstatus
vmms_create_share(struct module_object *object, const char *argument, json_t *result)
{
	if (strcmp(argument, "memory") == 0)
		return VmmsVmMigrationVidShare_SmbShareCreate(object, result);
	if (strcmp(argument, "storage") == 0)
		return VmmsVsmFileShare_SmbShareCreate(object, result);
	return NTSTATUS(STATUS_INVALID_PARAMETER);
}

ntstatus
vmms_send_pages(struct module_object *object, const char *argument, json_t *result)
{
	bool compressed = strcmp(argument, "compressed") == 0;
	const struct module_word words[MODULE_WORDS] = { { "transfer",
	    compressed ? "compressed" : "uncompressed" } };
	const struct shared_smb_send *send;
	ntstatus status;

	if (!compressed && strcmp(argument, "uncompressed") != 0)
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status =
	    module_load_under(object, &vmms_smb_send_table, NULL, NULL, words, tunable_read_value);
	if (!ntstatus_ok(status))
		return status;
	send = module_state(object, &vmms_smb_send_table);
	json_object_set_new(
	    result, "pages", vmms_number(send->smb_transport_maximum_pages_per_send_io));
	module_forget(object, &vmms_smb_send_table, NULL);
	return status;
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

static const char *
authentication_word(struct tunable_number type)
{
	for (const struct tunable_word *word = shared_authentication_words; word->word != NULL;
	     word++) {
		if (type.set && word->number == type.value)
			return word->word;
	}
	return NULL;
}

static json_t *
transfer_status(const struct shared_migration *migration)
{
	return json_pack("{s:b, s:b, s:b, s:b, s:o, s:o, s:o}", "compression",
	    vmms_on(migration->enable_compression), "smb", vmms_on(migration->enable_smb_transport),
	    "smb_memory_compression", vmms_on(migration->enable_smb_memory_compression),
	    "smb_storage_compression", vmms_on(migration->enable_smb_storage_compression),
	    "memory_walkers", vmms_number(migration->memory_walker_count), "network_buffers",
	    vmms_number(migration->network_buffer_count), "tcp_completion_threads",
	    vmms_number(migration->tcp_transport_completion_threads));
}

static json_t *
network_status(const struct shared_network *network)
{
	const char *subnet = network->subnet_number.text;
	const char *tags = network->tags.text;

	return json_pack("{s:o, s:o, s:o, s:o}", "subnet",
	    subnet != NULL ? tunable_json_text(subnet) : json_null(), "prefix_length",
	    vmms_number(network->prefix_length), "metric", vmms_number(network->metric), "tags",
	    tags != NULL ? tunable_json_text(tags) : json_null());
}

static void
migration_status(const struct module_object *object, json_t *state)
{
	const struct shared_migration *migration = module_state(object, &vmms_migration_table);
	json_t *networks = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;

		if (snapshot->table == &vmms_migration_network_table)
			json_array_append_new(networks, network_status(snapshot->state));
	}
	json_object_set_new(state, "migration",
	    json_pack("{s:b, s:b, s:b, s:s?, s:o, s:o, s:o, s:o, s:o}", "enabled",
	        vmms_on(migration->enable_virtual_system_migration), "loopback",
	        vmms_on(migration->enable_loopback_migration), "to_suspended",
	        vmms_on(migration->enable_virtual_system_to_suspended_migration), "authentication",
	        authentication_word(migration->authentication_type), "machines_at_once",
	        vmms_number(migration->maximum_active_vm_migration_count), "storage_at_once",
	        vmms_number(migration->maximum_active_storage_migration_count), "transfers_at_once",
	        vmms_number(migration->maximum_active_transfers), "transfer",
	        transfer_status(migration), "networks", networks));
}

const struct vmms_part vmms_migration_part = {
	.entry = migration_entry,
	.status = migration_status,
};
