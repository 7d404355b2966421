/*
 * The guest's memory: how its access tracker is made, and operations over it as a whole, which save
 * and restore it (reference 1.1, 1.2).
 *
 * No guest is there: an operation works on a memory of its own (ram.h), with the threads that its
 * settings ask for.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vmwp/crew.h"
#include "vmwp/internal.h"
#include "vmwp/ram.h"

#define TRACKER_KEY    VIRTUALIZATION_KEY "\\GpaAccessTracker"
#define ORDER_SWITCH   "RamOpConcurrencyOrder"
#define BLOCK_PAGES    512u /* that one thread works on at a time: 2 MB; assumed */
#define BITS_OF_A_BYTE 8u

struct vmwp_tracker {
	struct tunable_number initial_buffer_size_in_bits;
};

struct vmwp_create_ram {
	struct tunable_number enabled;
};

struct vmwp_ram_operation {
	struct tunable_number ram_op_concurrency_min;
	struct tunable_number ram_op_concurrency_max;
	struct tunable_number ram_op_concurrency_mem_scale;
	struct tunable_number ram_op_compress_disable_merge_page_runs;
};

struct vmwp_restore {
	struct tunable_number enable_all_zero_buffer_write;
};

/* --- The order of the two thread counts
 * ---------------------------------------------------------- */

/* Places of the two in ram_operation_rows. */
enum { ROW_CONCURRENCY_MIN, ROW_CONCURRENCY_MAX };

#define CONCURRENCY_MIN_DEFAULT 4u
#define CONCURRENCY_MAX_DEFAULT 16u

static const char *const order_words[] = { "lower-min", "defaults", "swap", NULL };

static const struct tunable_switch ram_switches[] = {
	{
	    .name = ORDER_SWITCH,
	    .words = order_words,
	    .doc =
	        "RamOpConcurrencyMin above RamOpConcurrencyMax: lower-min brings Min down to Max, "
	        "defaults takes both defaults, swap exchanges them.",
	},
	{ 0 },
};

/* The number that a row of the same table has by itself; its default where there is none to take.
 */
static uint64_t
own_number(const struct tunable_case *given, const struct tunable_entry *entry)
{
	struct tunable_raw raw =
	    given->raw != NULL ? given->raw(given, entry) : (struct tunable_raw){ 0 };
	uint64_t number = 0;

	if (!raw.present || raw.type != REG_DWORD || raw.size != 4)
		return entry->row->def;
	for (size_t i = raw.size; i-- > 0;)
		number = number << 8 | raw.data[i];
	return number;
}

/* Another number than the row's own, because of its sibling. */
static void
force(struct tunable_reading *reading, uint64_t number, enum tunable_verdict verdict)
{
	if (reading->source == SOURCE_REGISTRY)
		reading->verdict = verdict;
	reading->source = SOURCE_FORCED;
	reading->number = number;
}

static void
settle_concurrency(const struct tunable_case *given, struct tunable_reading *reading)
{
	/* The rows of a table follow each other in the catalog. */
	const struct tunable_entry *first =
	    reading->entry - (reading->entry->row - reading->entry->table->rows);
	uint64_t min = own_number(given, first + ROW_CONCURRENCY_MIN);
	uint64_t max = own_number(given, first + ROW_CONCURRENCY_MAX);
	bool is_min = reading->entry == first + ROW_CONCURRENCY_MIN;
	const char *order = given->state != NULL ? given->state(given, ORDER_SWITCH) : NULL;

	if (min <= max)
		return;
	if (order != NULL && strcasecmp(order, "defaults") == 0)
		force(reading, reading->entry->row->def, VERDICT_RESET);
	else if (order != NULL && strcasecmp(order, "swap") == 0)
		force(reading, is_min ? max : min, is_min ? VERDICT_CAPPED : VERDICT_RAISED);
	else if (is_min)
		force(reading, max, VERDICT_CAPPED);
}

/* --- Rows
 * ----------------------------------------------------------------------------------------- */

static const struct tunable tracker_rows[] = {
	{
	    NUMBER_ROW(struct vmwp_tracker, "InitialBufferSizeInBits", initial_buffer_size_in_bits,
	        "Size at first of the bitmap that tracks accesses to guest memory."),
	    .unit = "bits",
	    .note = "Listed with the host's settings, not below GpaAccessTracker.",
	},
};

static const struct tunable create_ram_rows[] = {
	{ SWITCH_ROW(struct vmwp_create_ram, "Enabled", enabled,
	    "Log accesses to guest memory from its creation on.") },
};

#define CONCURRENCY_NOTE                                                                           \
	"What follows when Min is above Max is not stated; see the choice RamOpConcurrencyOrder."

static const struct tunable ram_operation_rows[] = {
	[ROW_CONCURRENCY_MIN] = {
	    NUMBER_ROW(struct vmwp_ram_operation, "RamOpConcurrencyMin", ram_op_concurrency_min,
	        "Fewest threads of an operation over the memory."),
	    DEFAULT(CONCURRENCY_MIN_DEFAULT),
	    .settle = settle_concurrency,
	    .assumed = FACT_RULE,
	    .unit = "threads",
	    .note = CONCURRENCY_NOTE,
	},
	[ROW_CONCURRENCY_MAX] = {
	    NUMBER_ROW(struct vmwp_ram_operation, "RamOpConcurrencyMax", ram_op_concurrency_max,
	        "Most threads of an operation over the memory."),
	    DEFAULT(CONCURRENCY_MAX_DEFAULT),
	    .settle = settle_concurrency,
	    .assumed = FACT_RULE,
	    .unit = "threads",
	    .note = CONCURRENCY_NOTE,
	},
	{
	    NUMBER_ROW(struct vmwp_ram_operation, "RamOpConcurrencyMemScale",
	        ram_op_concurrency_mem_scale, "Memory for each thread of such an operation."),
	    DEFAULT(0),
	    .note = "The unit is not stated; the worker takes megabytes, and 0 as no scale.",
	},
	{
	    SWITCH_ROW(struct vmwp_ram_operation, "RamOpCompressDisableMergePageRuns",
	        ram_op_compress_disable_merge_page_runs,
	        "Do not merge runs of compressed zero pages."),
	    DEFAULT(0),
	},
};

static const struct tunable restore_rows[] = {
	{
	    SWITCH_ROW(struct vmwp_restore, "EnableAllZeroBufferWrite",
	        enable_all_zero_buffer_write,
	        "Write buffers of nothing but zero when a saved state is restored."),
	    DEFAULT(0),
	},
};

const struct tunable_table vmwp_tracker_table = {
	.name = "vmwp.tracker",
	.owner = "vmwp.exe",
	.key = VIRTUALIZATION_KEY,
	.section = "1.1",
	.reader = "GpaAccessTrackerUtilities::ReadRegistryConfigValue",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = tracker_rows,
	.count = ARRAY_SIZE(tracker_rows),
	.state_size = sizeof(struct vmwp_tracker),
};

const struct tunable_table vmwp_create_ram_table = {
	.name = "vmwp.create-ram",
	.owner = "vmwp.exe",
	.key = TRACKER_KEY,
	.section = "1.1",
	.reader = "MemoryManager::CreateRam",
	.apply = APPLY_VM_START,
	.rows = create_ram_rows,
	.count = ARRAY_SIZE(create_ram_rows),
	.state_size = sizeof(struct vmwp_create_ram),
};

const struct tunable_table vmwp_ram_operation_table = {
	.name = "vmwp.ram-operation",
	.owner = "vmwp.exe",
	.key = WORKER_KEY,
	.section = "1.2",
	.reader = "GmoRamOperation::Initialize",
	.apply = APPLY_OPERATION,
	.rows = ram_operation_rows,
	.count = ARRAY_SIZE(ram_operation_rows),
	.state_size = sizeof(struct vmwp_ram_operation),
	.switches = ram_switches,
};

const struct tunable_table vmwp_restore_table = {
	.name = "vmwp.restore",
	.owner = "vmwp.exe",
	.key = VIRTUALIZATION_KEY,
	.section = "1.1",
	.reader = "restore-init, msvml_gmo_restore",
	.apply = APPLY_OPERATION,
	.rows = restore_rows,
	.count = ARRAY_SIZE(restore_rows),
	.state_size = sizeof(struct vmwp_restore),
};

/* --- The start
 * ------------------------------------------------------------------------------------ */

static ntstatus
GpaAccessTrackerUtilities_ReadRegistryConfigValue(struct module_object *object)
{
	return module_load(object, &vmwp_tracker_table, NULL);
}

static ntstatus
MemoryManager_CreateRam(struct module_object *object)
{
	return module_load(object, &vmwp_create_ram_table, NULL);
}

static ntstatus
memory_entry(struct module_object *object)
{
	ntstatus status = GpaAccessTrackerUtilities_ReadRegistryConfigValue(object);

	if (ntstatus_ok(status))
		status = MemoryManager_CreateRam(object);
	return status;
}

static void
memory_status(const struct module_object *object, json_t *state)
{
	const struct vmwp_tracker *tracker = module_state(object, &vmwp_tracker_table);
	const struct vmwp_create_ram *create = module_state(object, &vmwp_create_ram_table);
	struct tunable_number bits = tracker->initial_buffer_size_in_bits;

	json_object_set_new(state, "access_tracker",
	    json_pack("{s:b, s:o}", "enabled", vmwp_on(create->enabled), "bitmap_bytes",
	        bits.set
	            ? json_integer((json_int_t)((bits.value + BITS_OF_A_BYTE - 1) / BITS_OF_A_BYTE))
	            : json_null()));
}

/* --- Operations over the memory
 * ------------------------------------------------------------------ */

/* An operation under way: its settings, and what its threads have found so far. */
struct ram_operation {
	struct ram ram;
	struct vmwp_ram_operation settings; /* numbers only */
	bool writes_zero;
	uint8_t *target; /* of a restore */
	atomic_size_t zero_pages;
	atomic_size_t zero_records; /* that the saved state has for them */
	atomic_size_t written;      /* pages */
};

static ntstatus
GmoRamOperation_Initialize(struct module_object *object, struct ram_operation *operation)
{
	ntstatus status = module_load(object, &vmwp_ram_operation_table, NULL);
	const struct vmwp_ram_operation *settings = module_state(object, &vmwp_ram_operation_table);

	if (!ntstatus_ok(status))
		return status;
	operation->settings = *settings;
	module_forget(object, &vmwp_ram_operation_table, NULL);
	return status;
}

/* Without a scale as many as allowed; with one, a thread for so much memory, within the bounds. */
static uint64_t
thread_count(const struct ram_operation *operation)
{
	uint64_t min = operation->settings.ram_op_concurrency_min.value;
	uint64_t max = operation->settings.ram_op_concurrency_max.value;
	uint64_t scale = operation->settings.ram_op_concurrency_mem_scale.value;
	uint64_t wanted = max;

	if (scale > 0)
		wanted = (operation->ram.megabytes + scale - 1) / scale;
	if (wanted > max)
		wanted = max;
	if (wanted < min)
		wanted = min;
	return wanted > 0 ? wanted : 1;
}

static size_t
block_end(const struct ram_operation *operation, size_t block)
{
	size_t end = (block + 1) * BLOCK_PAGES;

	return end < operation->ram.pages ? end : operation->ram.pages;
}

/* Save a block: the zero pages become records, one a run where runs are merged. */
static void
save_block(void *context, size_t block)
{
	struct ram_operation *operation = context;
	bool merges = operation->settings.ram_op_compress_disable_merge_page_runs.value == 0;
	bool in_run = false;

	for (size_t page = block * BLOCK_PAGES; page < block_end(operation, block); page++) {
		bool zero = ram_is_zero(&operation->ram, page);

		atomic_fetch_add(&operation->zero_pages, zero);
		atomic_fetch_add(&operation->zero_records, zero && !(merges && in_run));
		in_run = zero;
	}
}

/* Restore a block: new memory is zero, so zero pages are written only if that is asked for. */
static void
restore_block(void *context, size_t block)
{
	struct ram_operation *operation = context;

	for (size_t page = block * BLOCK_PAGES; page < block_end(operation, block); page++) {
		if (ram_is_zero(&operation->ram, page)) {
			atomic_fetch_add(&operation->zero_pages, 1);
			if (!operation->writes_zero)
				continue;
		}
		memcpy(operation->target + page * RAM_PAGE, operation->ram.bytes + page * RAM_PAGE,
		    RAM_PAGE);
		atomic_fetch_add(&operation->written, 1);
	}
}

static ntstatus
run_operation(
    struct ram_operation *operation, void (*work)(void *context, size_t block), json_t *result)
{
	size_t blocks = (operation->ram.pages + BLOCK_PAGES - 1) / BLOCK_PAGES;
	unsigned threads = crew_run(thread_count(operation), blocks, work, operation);

	if (threads == 0)
		return NTSTATUS(STATUS_INSUFFICIENT_RESOURCES);
	json_object_set_new(result, "threads", json_integer((json_int_t)threads));
	json_object_set_new(result, "pages", json_integer((json_int_t)operation->ram.pages));
	json_object_set_new(
	    result, "zero_pages", json_integer((json_int_t)atomic_load(&operation->zero_pages)));
	return NTSTATUS(STATUS_SUCCESS);
}

ntstatus
vmwp_ram_operation(struct module_object *object, const char *argument, json_t *result)
{
	struct ram_operation operation = { 0 };
	ntstatus status = ram_make(argument, &operation.ram);

	if (ntstatus_ok(status))
		status = GmoRamOperation_Initialize(object, &operation);
	if (ntstatus_ok(status))
		status = run_operation(&operation, save_block, result);
	if (ntstatus_ok(status))
		json_object_set_new(result, "zero_records",
		    json_integer((json_int_t)atomic_load(&operation.zero_records)));
	ram_release(&operation.ram);
	return status;
}

/* What a restore reads of its own, beside the settings of all operations over the memory. */
static ntstatus
restore_init(struct module_object *object, struct ram_operation *operation)
{
	ntstatus status = GmoRamOperation_Initialize(object, operation);
	const struct vmwp_restore *restore;

	if (ntstatus_ok(status))
		status = module_load(object, &vmwp_restore_table, NULL);
	if (!ntstatus_ok(status))
		return status;
	restore = module_state(object, &vmwp_restore_table);
	operation->writes_zero = restore->enable_all_zero_buffer_write.value != 0;
	module_forget(object, &vmwp_restore_table, NULL);
	operation->target = calloc(operation->ram.pages, RAM_PAGE);
	return NTSTATUS(operation->target != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY);
}

ntstatus
vmwp_restore(struct module_object *object, const char *argument, json_t *result)
{
	struct ram_operation operation = { 0 };
	ntstatus status = ram_make(argument, &operation.ram);

	if (ntstatus_ok(status))
		status = restore_init(object, &operation);
	if (ntstatus_ok(status))
		status = run_operation(&operation, restore_block, result);
	if (ntstatus_ok(status))
		json_object_set_new(result, "written_pages",
		    json_integer((json_int_t)atomic_load(&operation.written)));
	free(operation.target);
	ram_release(&operation.ram);
	return status;
}

const struct vmwp_part vmwp_memory_part = {
	.entry = memory_entry,
	.status = memory_status,
};
