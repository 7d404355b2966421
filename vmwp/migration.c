/*
 * Live migration, as the worker process does its part of it (reference 1.1, 1.4).
 *
 * No other host is there: a migration of memory scans the memory that stands in for the guest's
 * (ram.h) with the walkers and in the chunks that its settings ask for, and reports what it would
 * send.
 */
#include <stdatomic.h>
#include <string.h>

#include "vmwp/crew.h"
#include "vmwp/internal.h"
#include "vmwp/ram.h"

struct vmwp_buffer_count {
	struct tunable_number extra_compressor_buffer_count;
};

struct vmwp_worker_count {
	struct tunable_number vpless_node_compressor_vp_count;
};

struct vmwp_chunk {
	struct tunable_number lm_memory_chunk_page_count;
};

struct vmwp_device_policy {
	struct tunable_number invocation_kind;
	struct tunable_number error_action;
	struct tunable_number input_list_filter;
	struct tunable_number lists_transform;
	struct tunable_number operation_flags;
};

static const struct tunable buffer_count_rows[] = {
	{
	    NUMBER_ROW(struct vmwp_buffer_count, "ExtraCompressorBufferCount",
	        extra_compressor_buffer_count, "Compressor buffers beyond one for each worker."),
	    DEFAULT(1),
	    .unit = "count",
	},
};

static const struct tunable worker_count_rows[] = {
	{
	    NUMBER_ROW(struct vmwp_worker_count, "VplessNodeCompressorVpCount",
	        vpless_node_compressor_vp_count,
	        "Compressor's processors on a node without virtual processors; 0: off."),
	    DEFAULT(0),
	    RANGE(0, 64),
	    .above = OOB_CLAMP,
	    .unit = "count",
	},
};

static const struct tunable chunk_rows[] = {
	{
	    NUMBER_ROW(struct vmwp_chunk, "LmMemoryChunkPageCount", lm_memory_chunk_page_count,
	        "Pages of one chunk of transferred memory."),
	    DEFAULT(0x4000),
	    RANGE(1, 0x100000),
	    OUTSIDE(OOB_CLAMP),
	    .assumed = FACT_JUDGEMENT,
	    .unit = "pages",
	    .note = "Only the bounds are stated; values beyond them are read as brought to them.",
	},
};

static const struct tunable device_policy_rows[] = {
	{
	    NUMBER_ROW(struct vmwp_device_policy, "InvocationKind", invocation_kind,
	        "When a device's migration method runs."),
	    DEFAULT(0),
	    .note = "Pre, post or around: the numbers are not stated.",
	},
	{
	    NUMBER_ROW(struct vmwp_device_policy, "ErrorAction", error_action,
	        "What an error of a device's migration method does."),
	    DEFAULT(0),
	    .note = "Ignore or fail: the numbers are not stated.",
	},
	{
	    NUMBER_ROW(struct vmwp_device_policy, "InputListFilter", input_list_filter,
	        "Which devices a migration method is given."),
	    DEFAULT(0),
	    .note = "What the numbers mean is not stated.",
	},
	{
	    NUMBER_ROW(struct vmwp_device_policy, "ListsTransform", lists_transform,
	        "How the lists of devices before and after are matched."),
	    DEFAULT(0),
	    .note = "What the numbers mean is not stated.",
	},
	{
	    NUMBER_ROW(struct vmwp_device_policy, "OperationFlags", operation_flags,
	        "Flags of a device's migration method."),
	    DEFAULT(0),
	    .shape = SHAPE_BITMASK,
	    .unit = "flags",
	    .note = "The bits are not stated.",
	},
};

#define MIGRATION_TABLE(stem, of_section, path, function, row_count, type, array)                  \
	const struct tunable_table vmwp_##stem##_table = {                                         \
		.name = "vmwp." #stem,                                                             \
		.owner = "vmwp.exe",                                                               \
		.key = (path),                                                                     \
		.section = (of_section),                                                           \
		.reader = (function),                                                              \
		.apply = APPLY_OPERATION,                                                          \
		.rows = (array),                                                                   \
		.count = (row_count),                                                              \
		.state_size = sizeof(type),                                                        \
	}

MIGRATION_TABLE(smb_send, "1.4", MIGRATION_KEY, NULL, SHARED_SMB_SEND_ROWS, struct shared_smb_send,
    shared_smb_send_rows);
MIGRATION_TABLE(buffer_count, "1.4", MIGRATION_KEY, "GetCompressorBufferCount",
    ARRAY_SIZE(buffer_count_rows), struct vmwp_buffer_count, buffer_count_rows);
MIGRATION_TABLE(worker_count, "1.4", MIGRATION_KEY, "GetCompressorWorkerCount",
    ARRAY_SIZE(worker_count_rows), struct vmwp_worker_count, worker_count_rows);
MIGRATION_TABLE(chunk, "1.4", MIGRATION_KEY, "VmMigrationSettings::GetLmMemoryChunkPageCount",
    ARRAY_SIZE(chunk_rows), struct vmwp_chunk, chunk_rows);
MIGRATION_TABLE(device_policy, "1.1", VIRTUALIZATION_KEY,
    "VmMigrationVDevOperationSettings::ExecutionPolicies", ARRAY_SIZE(device_policy_rows),
    struct vmwp_device_policy, device_policy_rows);

const struct tunable_table vmwp_migration_table = {
	.name = "vmwp.migration",
	.owner = "vmwp.exe",
	.key = MIGRATION_KEY,
	.section = "1.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = shared_migration_rows,
	.count = SHARED_MIGRATION_ROWS,
	.state_size = sizeof(struct shared_migration),
};

const struct tunable_table vmwp_network_table = {
	.name = "vmwp.migration-network",
	.owner = "vmwp.exe",
	.key = MIGRATION_NETWORK_KEY,
	.section = "1.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = shared_network_rows,
	.count = SHARED_NETWORK_ROWS,
	.state_size = sizeof(struct shared_network),
};

/* --- The start
 * ------------------------------------------------------------------------------------ */

static ntstatus
migration_entry(struct module_object *object)
{
	ntstatus status = module_load(object, &vmwp_migration_table, NULL);

	if (ntstatus_ok(status))
		status = module_load_instances(object, &vmwp_network_table, NULL);
	return status;
}

static json_t *
networks_json(const struct module_object *object)
{
	json_t *networks = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;
		const struct shared_network *network = snapshot->state;

		if (snapshot->table == &vmwp_network_table)
			json_array_append_new(networks,
			    json_pack("{s:o, s:o, s:o, s:o}", "subnet",
			        vmwp_text(network->subnet_number), "prefix",
			        vmwp_number(network->prefix_length), "metric",
			        vmwp_number(network->metric), "tags", vmwp_text(network->tags)));
	}
	return networks;
}

static const char *
authentication_word(struct tunable_number type)
{
	for (const struct tunable_word *at = shared_authentication_words; at->word != NULL; at++) {
		if (type.set && at->number == type.value)
			return at->word;
	}
	return NULL;
}

/* Whether what a migration sends is compressed; what holds without a value is not stated. */
static bool
is_compressed(const struct shared_migration *migration)
{
	return vmwp_on(migration->enable_compression);
}

static void
migration_status(const struct module_object *object, json_t *state)
{
	const struct shared_migration *migration = module_state(object, &vmwp_migration_table);

	json_object_set_new(state, "migration",
	    json_pack("{s:o, s:s?, s:s, s:b, s:I, s:I, s:I, s:I, s:o}", "enabled",
	        vmwp_switch(migration->enable_virtual_system_migration), "authentication",
	        authentication_word(migration->authentication_type), "transport",
	        vmwp_on(migration->enable_smb_transport) ? "SMB" : "TCP", "compressed",
	        is_compressed(migration), "memory_walkers",
	        (json_int_t)migration->memory_walker_count.value, "network_buffers",
	        (json_int_t)migration->network_buffer_count.value, "completion_threads",
	        (json_int_t)migration->tcp_transport_completion_threads.value, "transfers",
	        (json_int_t)migration->maximum_active_transfers.value, "networks",
	        networks_json(object)));
}

/* --- Memory
 * --------------------------------------------------------------------------------------- */

/* A migration of memory: its settings, and what its walkers have found so far. */
struct transfer {
	struct ram ram;
	uint64_t chunk_pages;
	bool compressed;
	uint64_t pages_per_send;
	uint64_t compressor_workers;
	uint64_t compressor_buffers;
	atomic_size_t zero_pages;
	atomic_size_t sends;
};

static ntstatus
VmMigrationSettings_GetLmMemoryChunkPageCount(
    struct module_object *object, struct transfer *transfer)
{
	ntstatus status = module_load(object, &vmwp_chunk_table, NULL);
	const struct vmwp_chunk *chunk;

	if (!ntstatus_ok(status))
		return status;
	chunk = module_state(object, &vmwp_chunk_table);
	transfer->chunk_pages = chunk->lm_memory_chunk_page_count.value;
	module_forget(object, &vmwp_chunk_table, NULL);
	return status;
}

static ntstatus
GetCompressorWorkerCount(struct module_object *object, struct transfer *transfer)
{
	ntstatus status = module_load(object, &vmwp_worker_count_table, NULL);
	const struct vmwp_worker_count *count;

	if (!ntstatus_ok(status))
		return status;
	count = module_state(object, &vmwp_worker_count_table);
	transfer->compressor_workers = count->vpless_node_compressor_vp_count.value;
	module_forget(object, &vmwp_worker_count_table, NULL);
	return status;
}

/* One for each worker, and the extra ones. */
static ntstatus
GetCompressorBufferCount(struct module_object *object, struct transfer *transfer)
{
	ntstatus status = module_load(object, &vmwp_buffer_count_table, NULL);
	const struct vmwp_buffer_count *count;

	if (!ntstatus_ok(status))
		return status;
	count = module_state(object, &vmwp_buffer_count_table);
	transfer->compressor_buffers =
	    transfer->compressor_workers + count->extra_compressor_buffer_count.value;
	module_forget(object, &vmwp_buffer_count_table, NULL);
	return status;
}

static ntstatus
read_send_size(struct module_object *object, struct transfer *transfer)
{
	const struct module_word words[MODULE_WORDS] = {
		{ "transfer", transfer->compressed ? "compressed" : "uncompressed" },
	};
	ntstatus status = module_load_under(object, &vmwp_smb_send_table, NULL, NULL, words, NULL);
	const struct shared_smb_send *send;

	if (!ntstatus_ok(status))
		return status;
	send = module_state(object, &vmwp_smb_send_table);
	transfer->pages_per_send = send->smb_transport_maximum_pages_per_send_io.value;
	module_forget(object, &vmwp_smb_send_table, NULL);
	return status;
}

/* Scan one chunk: its zero pages need no sending, the others go in sends of so many pages. */
static void
walk_chunk(void *context, size_t chunk)
{
	struct transfer *transfer = context;
	size_t page = chunk * transfer->chunk_pages;
	size_t rest = transfer->ram.pages - page;
	size_t end = page + (rest < transfer->chunk_pages ? rest : transfer->chunk_pages);
	size_t full = 0;

	for (; page < end; page++) {
		if (ram_is_zero(&transfer->ram, page))
			atomic_fetch_add(&transfer->zero_pages, 1);
		else
			full++;
	}
	/* No rule forbids zero pages in a send: then each goes by itself. */
	if (transfer->pages_per_send > 1)
		full = (full + transfer->pages_per_send - 1) / transfer->pages_per_send;
	atomic_fetch_add(&transfer->sends, full);
}

static ntstatus
read_transfer(struct module_object *object, struct transfer *transfer)
{
	ntstatus status = VmMigrationSettings_GetLmMemoryChunkPageCount(object, transfer);

	if (ntstatus_ok(status))
		status = read_send_size(object, transfer);
	if (ntstatus_ok(status) && transfer->compressed)
		status = GetCompressorWorkerCount(object, transfer);
	if (ntstatus_ok(status) && transfer->compressed)
		status = GetCompressorBufferCount(object, transfer);
	return status;
}

static void
report_transfer(const struct transfer *transfer, unsigned walkers, size_t chunks, json_t *result)
{
	json_object_set_new(result, "walkers", json_integer((json_int_t)walkers));
	json_object_set_new(result, "chunks", json_integer((json_int_t)chunks));
	json_object_set_new(result, "chunk_pages", json_integer((json_int_t)transfer->chunk_pages));
	json_object_set_new(result, "pages", json_integer((json_int_t)transfer->ram.pages));
	json_object_set_new(
	    result, "zero_pages", json_integer((json_int_t)atomic_load(&transfer->zero_pages)));
	json_object_set_new(
	    result, "sends", json_integer((json_int_t)atomic_load(&transfer->sends)));
	json_object_set_new(
	    result, "pages_per_send", json_integer((json_int_t)transfer->pages_per_send));
	json_object_set_new(result, "compressed", json_boolean(transfer->compressed));
	json_object_set_new(
	    result, "compressor_workers", json_integer((json_int_t)transfer->compressor_workers));
	json_object_set_new(
	    result, "compressor_buffers", json_integer((json_int_t)transfer->compressor_buffers));
}

ntstatus
vmwp_migrate_memory(struct module_object *object, const char *argument, json_t *result)
{
	const struct shared_migration *migration = module_state(object, &vmwp_migration_table);
	struct transfer transfer = { .compressed = is_compressed(migration) };
	size_t chunks = 0;
	unsigned walkers = 0;
	ntstatus status;

	if (migration->enable_virtual_system_migration.set &&
	    migration->enable_virtual_system_migration.value == 0)
		return NTSTATUS(STATUS_NOT_SUPPORTED);
	status = ram_make(argument, &transfer.ram);
	if (ntstatus_ok(status))
		status = read_transfer(object, &transfer);
	if (ntstatus_ok(status)) {
		chunks = (transfer.ram.pages + transfer.chunk_pages - 1) / transfer.chunk_pages;
		walkers =
		    crew_run(migration->memory_walker_count.value, chunks, walk_chunk, &transfer);
		if (walkers == 0)
			status = NTSTATUS(STATUS_INSUFFICIENT_RESOURCES);
	}
	if (ntstatus_ok(status))
		report_transfer(&transfer, walkers, chunks, result);
	ram_release(&transfer.ram);
	return status;
}

/* --- Devices
 * -------------------------------------------------------------------------------------- */

static ntstatus
VmMigrationVDevOperationSettings_ExecutionPolicies(struct module_object *object, json_t *result)
{
	ntstatus status = module_load(object, &vmwp_device_policy_table, NULL);
	const struct vmwp_device_policy *policy;

	if (!ntstatus_ok(status))
		return status;
	policy = module_state(object, &vmwp_device_policy_table);
	json_object_set_new(result, "invocation_kind", vmwp_number(policy->invocation_kind));
	json_object_set_new(result, "error_action", vmwp_number(policy->error_action));
	json_object_set_new(result, "input_list_filter", vmwp_number(policy->input_list_filter));
	json_object_set_new(result, "lists_transform", vmwp_number(policy->lists_transform));
	json_object_set_new(result, "operation_flags", vmwp_number(policy->operation_flags));
	module_forget(object, &vmwp_device_policy_table, NULL);
	return status;
}

ntstatus
vmwp_migrate_device(struct module_object *object, const char *argument UNUSED, json_t *result)
{
	return VmMigrationVDevOperationSettings_ExecutionPolicies(object, result);
}

const struct vmwp_part vmwp_migration_part = {
	.entry = migration_entry,
	.status = migration_status,
};
