/*
 * vid.sys: the virtualization infrastructure driver (reference 2.1, and 2.11.1 for IgnoreMemPart).
 *
 * Its setup functions read Services\vid\Parameters each at a time of its own: when the device is
 * added, at each change of the key (the Exo device), at each operation, and when a partition of a
 * virtual machine is created. MemoryReserve below it holds a key for each NUMA node and for each
 * memory partition.
 *
 * No memory is reserved or mapped here: what the driver would do with the host's memory is worked
 * out and shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "drivers/tables.h"
#include "regstore/base/guid.h"
#include "regstore/tunable/view.h"

#define PARAMETERS "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vid\\Parameters"
#define RESERVE    PARAMETERS "\\MemoryReserve"
#define HYPERVISOR "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor"

/* The host where nothing else is said: our choice. */
#define MEMORY_GB_ASSUMED  64u
#define PROCESSORS_ASSUMED 16u
#define NUMA_NODES_ASSUMED 1u

#define MB_PER_GB     1024u
#define FOUR_GB_IN_MB 4096u
#define CLASS_MAX     2u /* of page sizes: 4K, 2M, 1G */

struct vid_device {
	struct tunable_number force_small_pages;
	struct tunable_number force_zero_on_free;
	struct tunable_number use_pool_for_mbp_array;
	struct tunable_number skip_small_local_allocations;
	struct tunable_number freeze_time_in_modern_standby;
};

struct vid_exo {
	struct tunable_number exo_device_enabled;
	struct tunable_number exo_device_enabled_client;
};

struct vid_page_combining {
	struct tunable_number page_combining_interval;
};

struct vid_dax {
	struct tunable_number dax_regular_file_backed_enabled;
};

struct vid_reserve_percentage {
	struct tunable_number memory_reserve_percentage;
};

struct vid_reserve {
	struct tunable_number memory_reserve_above4_gb_only;
	struct tunable_number memory_reserve_huge_pages_only;
};

struct vid_pre_deposit {
	struct tunable_number hv_pre_deposit_pages_per_gb_memory;
	struct tunable_number hv_pre_deposit_pages_per_vp;
	struct tunable_number hv_mem_withdrawal_min_pages_per_worker;
	struct tunable_number hv_mem_withdrawal_processor_cap_factor;
};

struct vid_mem_part {
	struct tunable_number ignore_mem_part;
};

struct vid_soft_restart {
	struct tunable_number soft_restart_count;
};

struct vid_partition {
	struct tunable_number force_deferred_commit;
	struct tunable_number force_pin_backing_pages;
	struct tunable_number fault_cluster_size_shift;
	struct tunable_number direct_map_fault_cluster_size_shift;
	struct tunable_number page_backing_size;
	struct tunable_number force_page_backing_size_required;
	struct tunable_number page_mapping_size;
	struct tunable_number force_small_gpa_mappings;
};

struct vid_reserve_node {
	struct tunable_number size_in_mb;
	struct tunable_number percentage;
	struct tunable_number io_space_size_in_mb;
};

struct vid_reserve_partition {
	struct tunable_number huge_pages_only;
	struct tunable_number above4_gb_only;
	struct tunable_number use_system_partition_for_hv_deposits;
	struct tunable_number use_system_partition_for_physical_buffers;
	struct tunable_number allow_spilling_for_hv_deposits;
	struct tunable_number allow_numa_spanning;
	struct tunable_number allow_post_ksr_create;
	struct tunable_number target_size_in_mb;
};

struct vid_reserve_primary {
	struct tunable_bytes numa_io_space_demotion_counts;
};

struct vid_metadata {
	struct tunable_number use_non_mirrored_partition;
};

/* --- Rules between values
 * ------------------------------------------------------------------------- */

/* The number of a REG_DWORD; false for anything else. */
static bool
raw_dword(const struct tunable_raw *raw, uint32_t *ret_number)
{
	if (!raw->present || raw->type != REG_DWORD || raw->size != 4)
		return false;
	*ret_number = 0;
	for (unsigned i = 0; i < 4; i++)
		*ret_number |= (uint32_t)raw->data[i] << (8 * i);
	return true;
}

/* Whether the host chose this reading of the reference. */
static bool
reads_as(const struct tunable_case *given, const char *name, const char *word)
{
	const char *chosen = given->state != NULL ? given->state(given, name) : NULL;

	return chosen != NULL && strcasecmp(chosen, word) == 0;
}

/* A value out of range is reset to 0; the rival reading keeps the bits that fit the flag field. */
static void
mask_to_field(
    const struct tunable_case *given, struct tunable_reading *reading, uint32_t field_mask)
{
	uint32_t number;

	if (reading->verdict != VERDICT_RESET || !reads_as(given, "VidPartitionRange", "mask") ||
	    !raw_dword(&reading->raw, &number))
		return;
	reading->kind = KIND_NUMBER;
	reading->number = number & field_mask;
	reading->source = SOURCE_FORCED;
	reading->verdict = VERDICT_COERCED;
}

static void
settle_cluster_shift(const struct tunable_case *given, struct tunable_reading *reading)
{
	mask_to_field(given, reading, 15);
}

/* A switch is on: the class is 4K, whatever the value says. */
static void
force_small(struct tunable_reading *reading)
{
	reading->kind = KIND_NUMBER;
	reading->number = 0;
	reading->misshapen = false;
	reading->source = SOURCE_FORCED;
	reading->from = reading->entry->preferred;
	reading->verdict = reading->raw.present ? VERDICT_SHADOWED : VERDICT_APPLIED;
}

/* The switch was written, but is not yet in force: judge the row's own value after all. */
static void
take_own_class(struct tunable_reading *reading)
{
	uint32_t number = 0;
	bool taken = raw_dword(&reading->raw, &number);
	bool listed = number <= CLASS_MAX;

	reading->kind = KIND_NUMBER;
	reading->number = listed ? number : 0;
	reading->misshapen = !listed;
	reading->source = taken && listed ? SOURCE_REGISTRY : SOURCE_DEFAULT;
	reading->from = NULL;
	reading->judged = reading->raw;
	reading->judged_in = SOURCE_REGISTRY;
	reading->judged_from = NULL;
	reading->verdict = !reading->raw.present ? VERDICT_DEFAULT_ABSENT
	                   : !taken              ? VERDICT_IGNORED_TYPE
	                   : listed              ? VERDICT_APPLIED
	                                         : VERDICT_RESET;
}

/*
 * The switch that wins over a size class stands in the column `preferred`, which looks into the
 * registry. A state of its name says what the driver took the switch for when it read it.
 */
static void
settle_size_class(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable_entry *force = reading->entry->preferred;
	bool hidden = reading->judged_from != NULL;
	const char *word = given->state != NULL ? given->state(given, force->row->name) : NULL;

	if (word != NULL ? strcmp(word, "0") != 0 : hidden) {
		force_small(reading);
		return;
	}
	if (hidden)
		take_own_class(reading);
	mask_to_field(given, reading, 3);
}

/* The rival reading: Control\Hypervisor overrides with an explicit 0 too. */
static void
settle_ignore_mem_part(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable_entry *global = reading->entry->preferred;
	struct tunable_raw raw;
	uint32_t number;

	if (given->raw == NULL || !reads_as(given, "IgnoreMemPartZero", "overrides"))
		return;
	raw = given->raw(given, global);
	if (!raw_dword(&raw, &number) || number != 0)
		return;
	reading->kind = KIND_NUMBER;
	reading->number = 0;
	reading->source = reading->judged_in = SOURCE_REGISTRY;
	reading->from = reading->judged_from = global;
	reading->judged = raw;
	reading->verdict = reading->raw.present ? VERDICT_SHADOWED : VERDICT_APPLIED;
}

static const char *const mask_words[] = { "reset", "mask", NULL };
static const char *const zero_words[] = { "vid-value", "overrides", NULL };

static const struct tunable_switch partition_switches[] = {
	{
	    .name = "VidPartitionRange",
	    .words = mask_words,
	    .doc = "A shift above 15 or a size class above 2: reset acts as 0, mask keeps the bits "
	           "that fit the field of the flag word.",
	},
	{ 0 },
};

static const struct tunable_switch mem_part_switches[] = {
	{
	    .name = "IgnoreMemPartZero",
	    .words = zero_words,
	    .doc = "An explicit 0 in Control\\Hypervisor: vid-value lets vid's own value count, "
	           "overrides wins over it.",
	},
	{ 0 },
};

/* --- Rows
 * ----------------------------------------------------------------------------------------- */

/* Read by VidDeviceAddVsmmLayerSetup. */
static const struct tunable device_rows[] = {
	{
	    .name = "ForceSmallPages",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_device, force_small_pages),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Back guest memory with 4K pages, none of 2M or 1G.",
	    .note = "That it wins over PageBackingSize is a reading.",
	},
	{
	    .name = "ForceZeroOnFree",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_device, force_zero_on_free),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Zero guest pages when they are freed.",
	},
	{
	    .name = "UsePoolForMbpArray",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_device, use_pool_for_mbp_array),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Allocate the MBP array from pool, not from a region of its own.",
	},
	{
	    .name = "SkipSmallLocalAllocations",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_device, skip_small_local_allocations),
	    DEFAULT(1),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Bypass the path of small local allocations.",
	},
	{
	    .name = "FreezeTimeInModernStandby",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_device, freeze_time_in_modern_standby),
	    DEFAULT(1),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Freeze guest time while the host is in Modern Standby.",
	},
};

/* Read by VidExopRegKeyNotificationHandler. */
static const struct tunable exo_rows[] = {
	{
	    .name = "ExoDeviceEnabled",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_exo, exo_device_enabled),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Expose the Exo partition API as \\Device\\VidExo.",
	},
	{
	    .name = "ExoDeviceEnabledClient",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_exo, exo_device_enabled_client),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Let clients that are no administrators use the Exo device.",
	    .note = "What it does without ExoDeviceEnabled is not stated; it is read, and has no "
	            "effect without the device.",
	},
};

/* Read by VsmmpRegQuery. */
static const struct tunable page_combining_rows[] = {
	{
	    .name = "PageCombiningInterval",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_page_combining, page_combining_interval),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "s",
	    .doc = "Interval of the scan that combines equal pages; 0 is off.",
	},
};

/* Read by VsmmDaxFilepLockInputValidation. */
static const struct tunable dax_rows[] = {
	{
	    .name = "DaxRegularFileBackedEnabled",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_dax, dax_regular_file_backed_enabled),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Let a regular file, not on DAX storage, back a DAX memory block.",
	},
};

/* Read by VsmmMemReservepQueryParametersPercentage. */
static const struct tunable reserve_percentage_rows[] = {
	{
	    .name = "MemoryReservePercentage",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_percentage, memory_reserve_percentage),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "%",
	    .doc = "Part of the memory that is reserved where a node says nothing of its own.",
	    .note = "An upper bound is not stated. That a node's own value wins is a reading.",
	},
};

/* Read by VsmmMemReservepQueryParameters. */
static const struct tunable reserve_rows[] = {
	{
	    .name = "MemoryReserveAbove4GBOnly",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_reserve, memory_reserve_above4_gb_only),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Take the reserve from above 4 GB only.",
	    .note = "That a partition's own value wins is a reading.",
	},
	{
	    .name = "MemoryReserveHugePagesOnly",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_reserve, memory_reserve_huge_pages_only),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Reserve pages of 1 GB only.",
	    .note = "That a partition's own value wins is a reading.",
	},
};

/* Read by VsmmHvpMemPreDepositRegistryQuery. */
static const struct tunable pre_deposit_rows[] = {
	{
	    .name = "HvPreDepositPagesPerGbMemory",
	    .type = REG_QWORD,
	    .into = NUMBER_FIELD(struct vid_pre_deposit, hv_pre_deposit_pages_per_gb_memory),
	    DEFAULT(590),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "pages/GB",
	    .doc = "Pages deposited with the hypervisor in advance for each GB of the host.",
	},
	{
	    .name = "HvPreDepositPagesPerVp",
	    .type = REG_QWORD,
	    .into = NUMBER_FIELD(struct vid_pre_deposit, hv_pre_deposit_pages_per_vp),
	    DEFAULT(20),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "pages/VP",
	    .doc = "Pages deposited with the hypervisor in advance for each virtual processor.",
	},
	{
	    .name = "HvMemWithdrawalMinPagesPerWorker",
	    .type = REG_QWORD,
	    .into = NUMBER_FIELD(struct vid_pre_deposit, hv_mem_withdrawal_min_pages_per_worker),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "pages",
	    .doc = "Fewest pages for each worker that withdraws memory from the hypervisor.",
	},
	{
	    .name = "HvMemWithdrawalProcessorCapFactor",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_pre_deposit, hv_mem_withdrawal_processor_cap_factor),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "factor",
	    .doc = "Cap factor of the workers that withdraw memory from the hypervisor.",
	},
};

/* Read by VsmmMemPartSetupPhase0. */
static const struct tunable mem_part_rows[] = {
	{
	    .name = "IgnoreMemPart",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_mem_part, ignore_mem_part),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .preferred = "Control\\Hypervisor\\IgnoreMemPart",
	    .preferred_nonzero = true,
	    .settle = settle_ignore_mem_part,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .doc = "Ignore the configuration of memory partitions.",
	    .note = "The value of this name in Control\\Hypervisor overrides it with any number "
	            "but 0; what an explicit 0 there does is not stated.",
	},
};

static const struct tunable hypervisor_rows[] = {
	{
	    .name = "IgnoreMemPart",
	    .type = REG_DWORD,
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Ignore memory partitions: global override of vid's own value.",
	    .note = "The section says that hvloader reads all values of this key, and of this one "
	            "that vid reads it too. hvloader reads it at boot; vid is taken to do so too.",
	},
};

/* Read by VsmmHvMemPartpRegister. */
static const struct tunable soft_restart_rows[] = {
	{
	    .name = "SoftRestartCount",
	    .type = REG_QWORD,
	    .into = NUMBER_FIELD(struct vid_soft_restart, soft_restart_count),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Generation of soft restarts: kept state, not a setting.",
	},
};

static const struct tunable_word size_class_words[] = { { 0, "4K" }, { 1, "2M" }, { 2, "1G" },
	{ 0 } };

static const struct tunable_outcome backing_outcome = {
	.yes = "fail-vm-start",
	.no = "vm-starts",
	.state = "backing",
	.word = "unavailable",
};

/* Read by VidPartitionIoctlSetup. */
static const struct tunable partition_rows[] = {
	{
	    .name = "ForceDeferredCommit",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_partition, force_deferred_commit),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Commit guest memory later than at the VM's start.",
	},
	{
	    .name = "ForcePinBackingPages",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_partition, force_pin_backing_pages),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Pin the pages that back guest memory.",
	},
	{
	    .name = "FaultClusterSizeShift",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_partition, fault_cluster_size_shift),
	    DEFAULT(0),
	    RANGE(0, 15),
	    OUTSIDE(OOB_RESET),
	    .settle = settle_cluster_shift,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "log2 pages",
	    .doc = "Pages brought in by one fault, as a power of two; flag bits 9-12.",
	    .note = "What happens above 15 is not stated: the default, as the helper's name "
	            "suggests; the bits that fit the field are the rival reading.",
	},
	{
	    .name = "DirectMapFaultClusterSizeShift",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_partition, direct_map_fault_cluster_size_shift),
	    DEFAULT(0),
	    RANGE(0, 15),
	    OUTSIDE(OOB_RESET),
	    .settle = settle_cluster_shift,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "log2 pages",
	    .doc = "The same for regions that are mapped directly; flag bits 13-16.",
	    .note = "What happens above 15 is not stated: the default, as the helper's name "
	            "suggests; the bits that fit the field are the rival reading.",
	},
	{
	    .name = "PageBackingSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_partition, page_backing_size),
	    DEFAULT(0),
	    RANGE(0, CLASS_MAX),
	    .shape = SHAPE_ENUM,
	    .words = size_class_words,
	    .misshapen = OOB_RESET,
	    .preferred = "ForceSmallPages",
	    .preferred_nonzero = true,
	    .settle = settle_size_class,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT | FACT_RULE,
	    .doc = "Size of the pages that back guest memory; flag bits 0-1.",
	    .note =
	        "ForceSmallPages is read as winning: the class is 4K then. What happens above 2 "
	        "is not stated: the default.",
	},
	{
	    .name = "ForcePageBackingSizeRequired",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_partition, force_page_backing_size_required),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .outcome = &backing_outcome,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Fail a VM's start if the class of PageBackingSize cannot be had; flag bit 2.",
	    .note = "4K pages can always be had. Bit 2 of the field at 32 is taken to be in the "
	            "same word as the bits of the other values.",
	},
	{
	    .name = "PageMappingSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_partition, page_mapping_size),
	    DEFAULT(0),
	    RANGE(0, CLASS_MAX),
	    .shape = SHAPE_ENUM,
	    .words = size_class_words,
	    .misshapen = OOB_RESET,
	    .preferred = "ForceSmallGpaMappings",
	    .preferred_nonzero = true,
	    .settle = settle_size_class,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT | FACT_RULE,
	    .doc = "Granularity of the mapping of guest to system pages; flag bits 3-4.",
	    .note = "ForceSmallGpaMappings is read as winning: the class is 4K then. What happens "
	            "above 2 is not stated: the default.",
	},
	{
	    .name = "ForceSmallGpaMappings",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_partition, force_small_gpa_mappings),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Map guest memory in 4K entries.",
	    .note = "That it wins over PageMappingSize is a reading.",
	},
};

static const struct tunable reserve_node_rows[] = {
	{
	    .name = "SizeInMB",
	    .type = REG_QWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_node, size_in_mb),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "MB",
	    .doc = "Reserve of one NUMA node.",
	},
	{
	    .name = "Percentage",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_node, percentage),
	    .fallback = "MemoryReservePercentage",
	    .gates = { { .name = "SizeInMB", .test = GATE_ZERO } },
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_RULE,
	    .unit = "%",
	    .doc = "Reserve of one NUMA node, as a part of its memory.",
	    .note = "The precedence is not stated: SizeInMB first, unless it is 0, then this, then "
	            "MemoryReservePercentage of the key above.",
	},
	{
	    .name = "IoSpaceSizeInMB",
	    .type = REG_QWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_node, io_space_size_in_mb),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "MB",
	    .doc = "Reserve of I/O space of one NUMA node.",
	},
};

static const struct tunable reserve_partition_rows[] = {
	{
	    .name = "HugePagesOnly",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_partition, huge_pages_only),
	    .shape = SHAPE_BOOL,
	    .fallback = "MemoryReserveHugePagesOnly",
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .doc = "Reserve pages of 1 GB only for one partition.",
	    .note = "That MemoryReserveHugePagesOnly of the key above stands in is a reading.",
	},
	{
	    .name = "Above4GBOnly",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_partition, above4_gb_only),
	    .shape = SHAPE_BOOL,
	    .fallback = "MemoryReserveAbove4GBOnly",
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .doc = "Take one partition's reserve from above 4 GB only.",
	    .note = "That MemoryReserveAbove4GBOnly of the key above stands in is a reading.",
	},
	{
	    .name = "UseSystemPartitionForHvDeposits",
	    .type = REG_DWORD,
	    .into =
	        NUMBER_FIELD(struct vid_reserve_partition, use_system_partition_for_hv_deposits),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Take deposits to the hypervisor from the system partition.",
	    .note = "Independent of the worker's value of the same name.",
	},
	{
	    .name = "UseSystemPartitionForPhysicalBuffers",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(
	        struct vid_reserve_partition, use_system_partition_for_physical_buffers),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Take physical buffers from the system partition.",
	    .note = "Independent of the worker's value of the same name.",
	},
	{
	    .name = "AllowSpillingForHvDeposits",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_partition, allow_spilling_for_hv_deposits),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Let deposits to the hypervisor spill into other memory.",
	    .note = "Independent of the worker's value of the same name.",
	},
	{
	    .name = "AllowNumaSpanning",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_partition, allow_numa_spanning),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Let the reserve span NUMA nodes.",
	},
	{
	    .name = "AllowPostKsrCreate",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_partition, allow_post_ksr_create),
	    DEFAULT(1),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Let the partition be made after a soft restart of the kernel.",
	},
	{
	    .name = "TargetSizeInMB",
	    .type = REG_QWORD,
	    .into = NUMBER_FIELD(struct vid_reserve_partition, target_size_in_mb),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "MB",
	    .doc = "Target size of one partition's reserve.",
	},
};

static const struct tunable reserve_primary_rows[] = {
	{
	    .name = "NumaIoSpaceDemotionCounts",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct vid_reserve_primary, numa_io_space_demotion_counts),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Demotions of I/O space, by NUMA node: kept state, not a setting.",
	    .note = "The layout is not given.",
	},
};

static const struct tunable metadata_rows[] = {
	{
	    .name = "UseNonMirroredPartition",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vid_metadata, use_non_mirrored_partition),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Keep metadata of the virtualization stack in a partition that is not mirrored.",
	},
};

/* --- Tables
 * --------------------------------------------------------------------------------------- */

/* A node's key is named by its number; any other name below MemoryReserve is a partition's. */
static bool
is_node(const char *part, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (part[i] < '0' || part[i] > '9')
			return false;
	}
	return length > 0;
}

static bool
is_partition(const char *part, size_t length)
{
	return !is_node(part, length);
}

#define VID_TABLE(stem, title, key_path, function, through, when, assumed_when, type, ...)         \
	static const struct tunable_table stem##_table = { .name = "vid." title,                   \
		.owner = "vid.sys",                                                                \
		.key = (key_path),                                                                 \
		.section = "2.1",                                                                  \
		.reader = (function),                                                              \
		.helper = (through),                                                               \
		.apply = (when),                                                                   \
		.assumed_apply = (assumed_when),                                                   \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
		.state_size = (type),                                                              \
		__VA_ARGS__ }

#define UINT32       "VidRegistryQueryUINT32"
#define UINT32_OR    "VidRegistryQueryUINT32WithDefault"
#define UINT64       "VidRegistryQueryUINT64"
#define UINT64_OR    "VidRegistryQueryUINT64WithDefault"
#define BINARY       "VidRegistryQueryBinary"
#define WITHOUT_MORE .switches = NULL

VID_TABLE(device, "device", PARAMETERS, "VidDeviceAddVsmmLayerSetup", UINT32_OR, APPLY_DEVICE_ADD,
    APPLY_FORGOTTEN, sizeof(struct vid_device), WITHOUT_MORE);
VID_TABLE(exo, "exo", PARAMETERS, "VidExopRegKeyNotificationHandler", UINT32_OR,
    APPLY_CHANGE_NOTIFICATION, APPLY_FORGOTTEN, sizeof(struct vid_exo), WITHOUT_MORE);
VID_TABLE(page_combining, "page-combining", PARAMETERS, "VsmmpRegQuery", UINT32_OR, APPLY_UNKNOWN,
    APPLY_DRIVER_ENTRY, sizeof(struct vid_page_combining), WITHOUT_MORE);
VID_TABLE(dax, "dax", PARAMETERS, "VsmmDaxFilepLockInputValidation", UINT32_OR, APPLY_OPERATION,
    APPLY_FORGOTTEN, sizeof(struct vid_dax), WITHOUT_MORE);
VID_TABLE(reserve_percentage, "reserve-percentage", PARAMETERS,
    "VsmmMemReservepQueryParametersPercentage", UINT32_OR, APPLY_UNKNOWN, APPLY_DRIVER_ENTRY,
    sizeof(struct vid_reserve_percentage), WITHOUT_MORE);
VID_TABLE(reserve, "reserve", PARAMETERS, "VsmmMemReservepQueryParameters", UINT32_OR,
    APPLY_UNKNOWN, APPLY_DRIVER_ENTRY, sizeof(struct vid_reserve), WITHOUT_MORE);
VID_TABLE(pre_deposit, "pre-deposit", PARAMETERS, "VsmmHvpMemPreDepositRegistryQuery",
    UINT64_OR " / " UINT32_OR, APPLY_UNKNOWN, APPLY_DRIVER_ENTRY, sizeof(struct vid_pre_deposit),
    WITHOUT_MORE);
/* Memory partitions are laid out once a boot, and with what hvloader saw at that boot. */
VID_TABLE(mem_part, "mem-part", PARAMETERS, "VsmmMemPartSetupPhase0", UINT32_OR, APPLY_UNKNOWN,
    APPLY_BOOT, sizeof(struct vid_mem_part), .switches = mem_part_switches);
VID_TABLE(soft_restart, "soft-restart", PARAMETERS, "VsmmHvMemPartpRegister", UINT64_OR,
    APPLY_UNKNOWN, APPLY_DRIVER_ENTRY, sizeof(struct vid_soft_restart), WITHOUT_MORE);
VID_TABLE(partition, "partition", PARAMETERS, "VidPartitionIoctlSetup", UINT32_OR, APPLY_VM_START,
    APPLY_FORGOTTEN, sizeof(struct vid_partition), .switches = partition_switches);
VID_TABLE(reserve_node, "reserve-node", RESERVE "\\<NUMA>", NULL, UINT64 " / " UINT32,
    APPLY_UNKNOWN, APPLY_DRIVER_ENTRY, sizeof(struct vid_reserve_node), .is_instance = is_node);
VID_TABLE(reserve_partition, "reserve-partition", RESERVE "\\<partition>", NULL,
    UINT32 " / " UINT32_OR " / " UINT64, APPLY_UNKNOWN, APPLY_DRIVER_ENTRY,
    sizeof(struct vid_reserve_partition), .is_instance = is_partition);
VID_TABLE(reserve_primary, "reserve-primary", RESERVE "\\Primary", NULL, BINARY, APPLY_UNKNOWN,
    APPLY_DRIVER_ENTRY, sizeof(struct vid_reserve_primary), WITHOUT_MORE);
VID_TABLE(metadata, "virt-stack-metadata", PARAMETERS "\\VirtStackMetadata", NULL, UINT32,
    APPLY_UNKNOWN, APPLY_DRIVER_ENTRY, sizeof(struct vid_metadata), WITHOUT_MORE);

static const struct tunable_table hypervisor_table = {
	.name = "vid.hypervisor",
	.owner = "vid.sys",
	.key = HYPERVISOR,
	.section = "2.11.1",
	.reader = "VsmmMemPartSetupPhase0",
	.helper = UINT32_OR,
	.apply = APPLY_BOOT,
	.rows = hypervisor_rows,
	.count = ARRAY_SIZE(hypervisor_rows),
};

static const struct tunable_table *const tables[] = { &device_table, &exo_table,
	&page_combining_table, &dax_table, &reserve_percentage_table, &reserve_table,
	&pre_deposit_table, &mem_part_table, &soft_restart_table, &partition_table,
	&reserve_node_table, &reserve_partition_table, &reserve_primary_table, &metadata_table,
	&hypervisor_table };

/* --- Readers
 * -------------------------------------------------------------------------------------- */

static ntstatus
VidRegistryQueryUINT32(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
VidRegistryQueryUINT32WithDefault(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
VidRegistryQueryUINT64(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
VidRegistryQueryUINT64WithDefault(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
VidRegistryQueryBinary(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

/* The helper by the row's type, and by whether it has a default to give. */
static ntstatus
read_value(struct registry *registry, reg_key key, const struct tunable *row, uint32_t *ret_type,
    struct buf *data)
{
	if (row->type == REG_BINARY)
		return VidRegistryQueryBinary(registry, key, row, ret_type, data);
	if (row->type == REG_QWORD && row->has_default)
		return VidRegistryQueryUINT64WithDefault(registry, key, row, ret_type, data);
	if (row->type == REG_QWORD)
		return VidRegistryQueryUINT64(registry, key, row, ret_type, data);
	if (row->has_default)
		return VidRegistryQueryUINT32WithDefault(registry, key, row, ret_type, data);
	return VidRegistryQueryUINT32(registry, key, row, ret_type, data);
}

/* --- Setup
 * ---------------------------------------------------------------------------------------- */

static ntstatus
VidDeviceAddVsmmLayerSetup(struct module_object *object)
{
	return module_load(object, &device_table, read_value);
}

static ntstatus
VidExopRegKeyNotificationHandler(struct module_object *object)
{
	return module_load(object, &exo_table, read_value);
}

static ntstatus
VsmmpRegQuery(struct module_object *object)
{
	return module_load(object, &page_combining_table, read_value);
}

static ntstatus
VsmmMemReservepQueryParametersPercentage(struct module_object *object)
{
	return module_load(object, &reserve_percentage_table, read_value);
}

static ntstatus
VsmmMemReservepQueryParameters(struct module_object *object)
{
	return module_load(object, &reserve_table, read_value);
}

static ntstatus
VsmmHvpMemPreDepositRegistryQuery(struct module_object *object)
{
	return module_load(object, &pre_deposit_table, read_value);
}

static ntstatus
VsmmMemPartSetupPhase0(struct module_object *object)
{
	ntstatus status = module_load_once(object, &hypervisor_table, read_value);

	if (ntstatus_ok(status))
		status = module_load_once(object, &mem_part_table, read_value);
	return status;
}

static ntstatus
VsmmHvMemPartpRegister(struct module_object *object)
{
	return module_load(object, &soft_restart_table, read_value);
}

/* The keys below Parameters, whose readers the reference does not name. */
static ntstatus
read_subkeys(struct module_object *object)
{
	ntstatus status = module_load_instances(object, &reserve_node_table, read_value);

	if (ntstatus_ok(status))
		status = module_load_instances(object, &reserve_partition_table, read_value);
	if (ntstatus_ok(status))
		status = module_load(object, &reserve_primary_table, read_value);
	if (ntstatus_ok(status))
		status = module_load(object, &metadata_table, read_value);
	return status;
}

/* The driver has one device, which is there from its entry on. */
static ntstatus
vid_entry(struct module_object *object)
{
	static ntstatus (*const setup[])(struct module_object *) = {
		VsmmMemPartSetupPhase0,
		VsmmHvMemPartpRegister,
		VsmmMemReservepQueryParametersPercentage,
		VsmmMemReservepQueryParameters,
		read_subkeys,
		VsmmHvpMemPreDepositRegistryQuery,
		VsmmpRegQuery,
		VidExopRegKeyNotificationHandler,
		VidDeviceAddVsmmLayerSetup,
	};
	ntstatus status = NTSTATUS(STATUS_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(setup) && ntstatus_ok(status); i++)
		status = setup[i](object);
	return status;
}

static ntstatus
vid_add_device(struct module_object *object, const char *key UNUSED)
{
	return VidDeviceAddVsmmLayerSetup(object);
}

/* --- Partitions of virtual machines
 * --------------------------------------------------------------- */

/* The flag word of a partition: the field at 32 of its setup. */
static uint32_t
partition_flags(const struct vid_partition *partition)
{
	return (uint32_t)partition->page_backing_size.value |
	       (uint32_t)partition->force_page_backing_size_required.value << 2 |
	       (uint32_t)partition->page_mapping_size.value << 3 |
	       (uint32_t)partition->fault_cluster_size_shift.value << 9 |
	       (uint32_t)partition->direct_map_fault_cluster_size_shift.value << 13;
}

static const char *
size_class_name(uint64_t number)
{
	return number <= CLASS_MAX ? size_class_words[number].word : "none";
}

static json_t *
partition_json(const struct vid_partition *partition, const char *guid)
{
	char flags[16];

	snprintf(flags, sizeof(flags), "0x%08" PRIx32, partition_flags(partition));
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:I, s:I, s:b, s:b}", "partition", guid,
	    "flags", flags, "backing", size_class_name(partition->page_backing_size.value),
	    "backing_required", partition->force_page_backing_size_required.value != 0, "mapping",
	    size_class_name(partition->page_mapping_size.value), "fault_cluster_pages",
	    (json_int_t)1 << partition->fault_cluster_size_shift.value, "direct_map_cluster_pages",
	    (json_int_t)1 << partition->direct_map_fault_cluster_size_shift.value,
	    "deferred_commit", partition->force_deferred_commit.value != 0, "pinned",
	    partition->force_pin_backing_pages.value != 0);
}

/* A GUID in the form in which a partition is known: no braces, upper case. */
static bool
partition_name(const char *text, char name[GUID_TEXT_SIZE])
{
	if (text == NULL || !guid_is_text(text, strlen(text)))
		return false;
	text += text[0] == '{';
	for (size_t i = 0; i < GUID_TEXT_SIZE - 1; i++)
		name[i] = text[i] >= 'a' && text[i] <= 'f' ? (char)(text[i] - 'a' + 'A') : text[i];
	name[GUID_TEXT_SIZE - 1] = '\0';
	return true;
}

/* ForceSmallPages holds as it was when the device was added. */
static ntstatus
VidPartitionIoctlSetup(struct module_object *object, const char *guid)
{
	const struct vid_device *device = module_state(object, &device_table);
	const struct module_word words[MODULE_WORDS] = {
		{ "ForceSmallPages", device->force_small_pages.value != 0 ? "1" : "0" },
	};

	return module_load_under(object, &partition_table, NULL, guid, words, read_value);
}

/* Whether the class is required and the host has no such pages; 4K pages are always there. */
static bool
backing_is_missing(const struct module_object *object, const struct vid_partition *partition)
{
	const char *word = module_word(object, backing_outcome.state);

	return partition->force_page_backing_size_required.value != 0 &&
	       partition->page_backing_size.value != 0 && word != NULL &&
	       strcasecmp(word, backing_outcome.word) == 0;
}

/* A partition that is still there has lost its VM (its manager ended): it is set up anew. */
static ntstatus
vid_create_partition(struct module_object *object, const char *argument, json_t *result)
{
	const struct vid_partition *partition;
	char guid[GUID_TEXT_SIZE];
	ntstatus status;

	if (!partition_name(argument, guid))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = VidPartitionIoctlSetup(object, guid);
	if (!ntstatus_ok(status))
		return status;
	partition = module_state_of(object, &partition_table, NULL, guid);
	if (backing_is_missing(object, partition)) {
		module_log(object, "vid: %s: no %s pages for it", guid,
		    size_class_name(partition->page_backing_size.value));
		module_forget(object, &partition_table, guid);
		return NTSTATUS(STATUS_INSUFFICIENT_RESOURCES);
	}
	json_object_set_new(result, "partition", partition_json(partition, guid));
	return status;
}

static ntstatus
vid_delete_partition(struct module_object *object, const char *argument, json_t *result UNUSED)
{
	char guid[GUID_TEXT_SIZE];

	if (!partition_name(argument, guid))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	if (module_state_of(object, &partition_table, NULL, guid) == NULL)
		return NTSTATUS(STATUS_NOT_FOUND);
	module_forget(object, &partition_table, guid);
	return NTSTATUS(STATUS_SUCCESS);
}

/* --- DAX files
 * ------------------------------------------------------------------------------------ */

/* A file that lies on DAX storage may back a memory block; another only where that is allowed. */
static ntstatus
VsmmDaxFilepLockInputValidation(struct module_object *object, bool is_dax)
{
	struct tunable_loader loader = {
		.catalog = object->catalog,
		.registry = object->registry,
		.reader = read_value,
	};
	struct tunable_snapshot *snapshot;
	const struct vid_dax *dax;
	lstatus status = tunable_load(&loader, &dax_table, NULL, &snapshot);
	bool allowed;

	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	dax = snapshot->state;
	allowed = is_dax || dax->dax_regular_file_backed_enabled.value != 0;
	tunable_snapshot_free(snapshot);
	return NTSTATUS(allowed ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED);
}

static ntstatus
vid_lock_dax_file(struct module_object *object, const char *path, json_t *result)
{
	struct statx info;
	bool is_dax;
	ntstatus status;

	if (statx(AT_FDCWD, path, AT_STATX_SYNC_AS_STAT, STATX_TYPE, &info) != 0)
		return ntstatus_from_lstatus(lstatus_from_errno(errno));
	if (!S_ISREG(info.stx_mode))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	is_dax = (info.stx_attributes & STATX_ATTR_DAX) != 0;
	status = VsmmDaxFilepLockInputValidation(object, is_dax);
	if (ntstatus_ok(status))
		json_object_set_new(result, "file", json_string(is_dax ? "dax" : "regular"));
	return status;
}

static const struct module_operation operations[] = {
	{ "create-partition", "set up the partition of a VM by its GUID, as at each VM start",
	    vid_create_partition },
	{ "delete-partition", "forget the partition of a VM by its GUID", vid_delete_partition },
	{ "lock-dax-file", "check whether a file may back a DAX memory block", vid_lock_dax_file },
	{ 0 },
};

/* --- Status
 * --------------------------------------------------------------------------------------- */

/* The host's memory, processors and nodes; or, in part, what is assumed of them. */
struct vid_host {
	uint64_t memory_gb;
	uint64_t processors;
	uint64_t nodes;
	bool assumed;
};

/* A number that the host knows a condition by; `otherwise`, and so noted, where it knows none. */
static uint64_t
host_number(const struct module_object *object, const char *name, uint64_t otherwise, bool *assumed)
{
	const char *word = module_word(object, name);
	char *end = NULL;
	unsigned long long number = 0;

	if (word != NULL && word[0] >= '0' && word[0] <= '9')
		number = strtoull(word, &end, 10);
	if (number > 0 && number <= UINT32_MAX && *end == '\0')
		return number;
	*assumed = true;
	return otherwise;
}

static struct vid_host
host_of(const struct module_object *object)
{
	struct vid_host host = { 0 };

	host.memory_gb = host_number(object, "memory_gb", MEMORY_GB_ASSUMED, &host.assumed);
	host.processors = host_number(object, "processors", PROCESSORS_ASSUMED, &host.assumed);
	host.nodes = host_number(object, "numa_nodes", NUMA_NODES_ASSUMED, &host.assumed);
	return host;
}

static uint64_t
least(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

/* left * right + more, or the greatest number that JSON holds. */
static uint64_t
product(uint64_t left, uint64_t right, uint64_t more)
{
	uint64_t number;

	if (__builtin_mul_overflow(left, right, &number) ||
	    __builtin_add_overflow(number, more, &number))
		return INT64_MAX;
	return least(number, INT64_MAX);
}

static json_t *
number_json(struct tunable_number number)
{
	return number.set ? json_integer((json_int_t)least(number.value, INT64_MAX)) : json_null();
}

/* The name of a snapshot's instance: the last component of its key. */
static const char *
instance_name(const struct tunable_snapshot *snapshot)
{
	return strrchr(snapshot->key, '\\') + 1;
}

/* No reserve is larger than the memory that it is taken from. */
static json_t *
node_json(const struct tunable_snapshot *snapshot, const struct vid_host *host, bool ignored)
{
	const struct vid_reserve_node *node = snapshot->state;
	uint64_t memory = host->memory_gb * MB_PER_GB / host->nodes;
	uint64_t wanted = number_or(node->size_in_mb, 0);

	if (wanted == 0)
		wanted = memory * least(number_or(node->percentage, 0), 100) / 100;
	return json_pack("{s:o, s:I, s:I, s:o}", "node", tunable_json_text(instance_name(snapshot)),
	    "memory_mb", (json_int_t)memory, "reserve_mb",
	    (json_int_t)(ignored ? 0 : least(wanted, memory)), "io_space_mb",
	    number_json(node->io_space_size_in_mb));
}

/* After a soft restart only those partitions are made that allow it. */
static json_t *
reserve_partition_json(const struct module_object *object, const struct tunable_snapshot *snapshot,
    const struct vid_host *host, bool ignored)
{
	const struct vid_reserve_partition *partition = snapshot->state;
	const struct vid_soft_restart *restart = module_state(object, &soft_restart_table);
	bool created = !ignored && (restart->soft_restart_count.value == 0 ||
	                               partition->allow_post_ksr_create.value != 0);
	bool huge = number_or(partition->huge_pages_only, 0) != 0;
	bool above = number_or(partition->above4_gb_only, 0) != 0;
	uint64_t memory = host->memory_gb * MB_PER_GB;
	uint64_t reserve;

	if (above)
		memory -= least(memory, FOUR_GB_IN_MB);
	reserve = least(number_or(partition->target_size_in_mb, 0), memory);
	if (huge)
		reserve -= reserve % MB_PER_GB;
	return json_pack("{s:o, s:b, s:b, s:I, s:b, s:b, s:b, s:s, s:s, s:b}", "partition",
	    tunable_json_text(instance_name(snapshot)), "system",
	    strcasecmp(instance_name(snapshot), "Primary") == 0, "created", created, "reserve_mb",
	    (json_int_t)(created ? reserve : 0), "huge_pages_only", huge, "above_4gb_only", above,
	    "numa_spanning", number_or(partition->allow_numa_spanning, 0) != 0, "hv_deposits_from",
	    number_or(partition->use_system_partition_for_hv_deposits, 0) != 0 ? "system" : "own",
	    "physical_buffers_from",
	    number_or(partition->use_system_partition_for_physical_buffers, 0) != 0 ? "system"
	                                                                            : "own",
	    "hv_deposits_spill", number_or(partition->allow_spilling_for_hv_deposits, 0) != 0);
}

static json_t *
reserve_status(const struct module_object *object, const struct vid_host *host)
{
	const struct vid_mem_part *mem_part = module_state(object, &mem_part_table);
	const struct vid_reserve_percentage *top = module_state(object, &reserve_percentage_table);
	const struct vid_reserve_primary *primary = module_state(object, &reserve_primary_table);
	const struct vid_metadata *metadata = module_state(object, &metadata_table);
	bool ignored = mem_part->ignore_mem_part.value != 0;
	json_t *nodes = json_array();
	json_t *partitions = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;

		if (snapshot->table == &reserve_node_table)
			json_array_append_new(nodes, node_json(snapshot, host, ignored));
		else if (snapshot->table == &reserve_partition_table)
			json_array_append_new(
			    partitions, reserve_partition_json(object, snapshot, host, ignored));
	}
	return json_pack("{s:b, s:I, s:o, s:o, s:I, s:o}", "ignored", ignored, "percentage",
	    (json_int_t)top->memory_reserve_percentage.value, "nodes", nodes, "partitions",
	    partitions, "demotion_count_bytes",
	    (json_int_t)primary->numa_io_space_demotion_counts.size, "metadata_non_mirrored",
	    number_json(metadata->use_non_mirrored_partition));
}

static json_t *
pre_deposit_status(const struct module_object *object, const struct vid_host *host)
{
	const struct vid_pre_deposit *deposit = module_state(object, &pre_deposit_table);
	uint64_t pages = product(deposit->hv_pre_deposit_pages_per_vp.value, host->processors, 0);

	pages = product(deposit->hv_pre_deposit_pages_per_gb_memory.value, host->memory_gb, pages);
	return json_pack("{s:I, s:o, s:o}", "pages", (json_int_t)pages,
	    "withdrawal_min_pages_per_worker",
	    number_json(deposit->hv_mem_withdrawal_min_pages_per_worker),
	    "withdrawal_processor_cap_factor",
	    number_json(deposit->hv_mem_withdrawal_processor_cap_factor));
}

static json_t *
device_status(const struct module_object *object)
{
	const struct vid_device *device = module_state(object, &device_table);

	return json_pack("{s:b, s:b, s:s, s:b, s:b}", "small_pages",
	    device->force_small_pages.value != 0, "zero_on_free",
	    device->force_zero_on_free.value != 0, "mbp_array_from",
	    device->use_pool_for_mbp_array.value != 0 ? "pool" : "region",
	    "skip_small_local_allocations", device->skip_small_local_allocations.value != 0,
	    "freeze_time_in_standby", device->freeze_time_in_modern_standby.value != 0);
}

/* Clients have nothing to open while the device is not there. */
static json_t *
exo_status(const struct module_object *object)
{
	const struct vid_exo *exo = module_state(object, &exo_table);
	bool exposed = exo->exo_device_enabled.value != 0;

	return json_pack("{s:s, s:b, s:b}", "device", "\\Device\\VidExo", "exposed", exposed,
	    "clients", exposed && exo->exo_device_enabled_client.value != 0);
}

static void
vid_status(const struct module_object *object, json_t *state)
{
	const struct vid_page_combining *combining = module_state(object, &page_combining_table);
	const struct vid_soft_restart *restart = module_state(object, &soft_restart_table);
	uint64_t interval = combining->page_combining_interval.value;
	struct vid_host host = host_of(object);
	json_t *machines = json_array();

	json_object_set_new(state, "host",
	    json_pack("{s:I, s:I, s:I, s:b}", "memory_gb", (json_int_t)host.memory_gb, "processors",
	        (json_int_t)host.processors, "numa_nodes", (json_int_t)host.nodes, "assumed",
	        host.assumed));
	json_object_set_new(state, "device", device_status(object));
	json_object_set_new(state, "exo", exo_status(object));
	json_object_set_new(state, "page_combining",
	    json_pack("{s:s, s:I}", "scan", interval != 0 ? "on" : "off", "interval_s",
	        (json_int_t)interval));
	json_object_set_new(state, "pre_deposit", pre_deposit_status(object, &host));
	json_object_set_new(
	    state, "soft_restart_generation", number_json(restart->soft_restart_count));
	json_object_set_new(state, "reserve", reserve_status(object, &host));
	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct module_snapshot *kept = &object->snapshots[i];

		if (kept->snapshot->table == &partition_table && kept->label != NULL)
			json_array_append_new(
			    machines, partition_json(kept->snapshot->state, kept->label));
	}
	json_object_set_new(state, "partitions", machines);
}

const struct module vid_driver = {
	.name = "vid",
	.image = "vid.sys",
	.service = "vid",
	.doc = "Virtualization infrastructure driver.",
	.requires = { "hypervisor", "on" }, /* assumed: its work is to talk to it */
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vid_entry,
	.changed = VidExopRegKeyNotificationHandler,
	.add_device = vid_add_device,
	.devices = &device_table,
	.status = vid_status,
	.operations = operations,
};
