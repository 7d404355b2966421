/*
 * vhdmp.sys: the virtual disk miniport (reference 2.4).
 *
 * Three init paths read Services\vhdmp\Parameters: VhdmpiUpdateDynamicGlobalPolicy (reload-safe
 * values, at entry and at each reload), VhdmpiInitializeGlobalPolicyData (static for the boot) and
 * VhdmpiCTLogInitVirtualDiskForTracing (change-tracking trace, for each disk that is attached).
 *
 * No disk I/O happens here: an attached disk is a file whose format was recognised.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/tables.h"
#include "regstore/tunable/view.h"

#define PARAMETERS "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vhdmp\\Parameters"

struct vhdmp_dynamic {
	struct tunable_number internal_concurrent_mirror_thread_count;
	struct tunable_number mirror_block_size;
	struct tunable_number internal_concurrent_mirror_max_readers;
	struct tunable_number internal_concurrent_mirror_max_writers;
	struct tunable_number enable_smb_compression;
	struct tunable_number enable_live_migration_irp_tagging;
	struct tunable_number enable_refs_sparse_migration;
	struct tunable_number preserve_abc_sparse_migration;
	struct tunable_number enable_file_system_attribute_overrides;
	struct tunable_number enable_expansion_notification;
	struct tunable_number always_allow_sparse_files;
	struct tunable_number cache_node_quota;
};

struct vhdmp_static {
	struct tunable_number surface_timeout;
	struct tunable_number surface_bus_scan_period;
	struct tunable_number force_disable_tp_support;
	struct tunable_number force_enable_mega_trim;
	struct tunable_number sector_size;
	struct tunable_number ignore_crc_failures;
	struct tunable_number vhd1_physical_sector_size4_kb;
	struct tunable_number minimum_internal_offload_read_size;
	struct tunable_number vhdx_no_disk_and_block_size_limit;
	struct tunable_number vhdx_cache_flush_timeout_ms;
	struct tunable_number force_disable_odx;
	struct tunable_number force_disable_trim;
	struct tunable_number disable_re_fs_duplicate_extents;
	struct tunable_number disable_resiliency;
	struct tunable_number disable_vhdx_metadata_resiliency;
	struct tunable_number enable_shared_parent_caching;
	struct tunable_number cache_page_priority;
	struct tunable_number smb_resiliency_timeout_ms;
	struct tunable_number csv_resiliency_timeout_ms;
	struct tunable_number ct_unblock_stage_server_timeout_ms;
	struct tunable_number io_sub_tracker_count;
	struct tunable_number enable_atomic_writes;
	struct tunable_number rct_maximum_dirty_count;
	struct tunable_number rct_maximum_written_count;
	struct tunable_number rct_maximum_flushed_count;
	struct tunable_number internal_concurrent_copy_thread_count;
	struct tunable_number prefetch_disable;
};

struct vhdmp_trace {
	struct tunable_number ct_trace_flags;
	struct tunable_text ct_trace_file_path;
};

/* Reload-safe: read at driver entry and at each reload. */
static const struct tunable dynamic_rows[] = {
	{
	    .name = "InternalConcurrentMirrorThreadCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, internal_concurrent_mirror_thread_count),
	    DEFAULT(2),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "threads",
	    .doc = "Workers of a live-migration mirror.",
	},
	{
	    .name = "MirrorBlockSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, mirror_block_size),
	    DEFAULT(0x800000),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes",
	    .doc = "Block size of a mirror copy.",
	},
	{
	    .name = "InternalConcurrentMirrorMaxReaders",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, internal_concurrent_mirror_max_readers),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Cap on concurrent readers of a mirror.",
	    .note = "0 is read as no cap; the reference does not say.",
	},
	{
	    .name = "InternalConcurrentMirrorMaxWriters",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, internal_concurrent_mirror_max_writers),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Cap on concurrent writers of a mirror.",
	    .note = "0 is read as no cap; the reference does not say.",
	},
	{
	    .name = "EnableSMBCompression",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, enable_smb_compression),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Allow SMB compression during a mirror.",
	    .note = "Unrelated to the Migration key's EnableSmb values.",
	},
	{
	    .name = "EnableLiveMigrationIrpTagging",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, enable_live_migration_irp_tagging),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Tag the IRPs of a live-migration mirror.",
	},
	{
	    .name = "EnableRefsSparseMigration",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, enable_refs_sparse_migration),
	    DEFAULT(1),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Preserve ReFS sparse regions on migration.",
	},
	{
	    .name = "PreserveAbcSparseMigration",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, preserve_abc_sparse_migration),
	    DEFAULT(1),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Preserve ABC sparse regions on migration.",
	},
	{
	    .name = "EnableFileSystemAttributeOverrides",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, enable_file_system_attribute_overrides),
	    DEFAULT(1),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Allow file-system attribute overrides that a VHD supplies.",
	},
	{
	    .name = "EnableExpansionNotification",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, enable_expansion_notification),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Send disk-expanded notifications.",
	},
	{
	    .name = "AlwaysAllowSparseFiles",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, always_allow_sparse_files),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Allow sparse backing files always.",
	},
	{
	    .name = "CacheNodeQuota",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_dynamic, cache_node_quota),
	    DEFAULT(256),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Most nodes of the VHD cache.",
	},
};

/* The rival reading of a priority above the highest one: the highest. */
static void
settle_cache_page_priority(const struct tunable_case *given, struct tunable_reading *reading)
{
	const char *word =
	    given->state != NULL ? given->state(given, "CachePagePriorityRange") : NULL;

	if (word == NULL || strcasecmp(word, "cap") != 0 || reading->verdict != VERDICT_RESET)
		return;
	reading->number = reading->bound;
	reading->verdict = VERDICT_CAPPED;
	reading->source = reading->judged_in;
	reading->from = reading->judged_from;
}

static const char *const priority_words[] = { "reset", "cap", NULL };

static const struct tunable_switch static_switches[] = {
	{ "CachePagePriorityRange", priority_words,
	    "What a CachePagePriority above 7 becomes: the default (reset), or 7 (cap)." },
	{ 0 },
};

/* Static: read once a boot. */
static const struct tunable static_rows[] = {
	{
	    .name = "SurfaceTimeout",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, surface_timeout),
	    DEFAULT(300),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "s",
	    .doc = "Watchdog of attaching and surfacing a VHD.",
	},
	{
	    .name = "SurfaceBusScanPeriod",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, surface_bus_scan_period),
	    DEFAULT(60),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "s",
	    .doc = "Period of re-scanning the VHD bus.",
	},
	{
	    .name = "ForceDisableTpSupport",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, force_disable_tp_support),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Do not send UNMAP (thin provisioning) to the backing store.",
	},
	{
	    .name = "ForceEnableMegaTrim",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, force_enable_mega_trim),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Enable TRIM over large spans.",
	},
	{
	    .name = "SectorSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, sector_size),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes",
	    .doc = "Override of the exposed sector size; 0 is none.",
	    .note = "That 0 means no override is a reading; the sizes that are permitted are not "
	            "listed.",
	},
	{
	    .name = "IgnoreCrcFailures",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, ignore_crc_failures),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Ignore CRC failures, for diagnosis.",
	},
	{
	    .name = "Vhd1PhysicalSectorSize4KB",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, vhd1_physical_sector_size4_kb),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Report VHD1 disks with 4K physical sectors.",
	},
	{
	    .name = "MinimumInternalOffloadReadSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, minimum_internal_offload_read_size),
	    DEFAULT(64 * 1024),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes",
	    .doc = "Smallest internal offload read.",
	    .note = "The reference says 64 KB; bytes are a reading.",
	},
	{
	    .name = "VhdxNoDiskAndBlockSizeLimit",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, vhdx_no_disk_and_block_size_limit),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Bypass the VHDX limits on disk and block size.",
	},
	{
	    .name = "VhdxCacheFlushTimeoutMs",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, vhdx_cache_flush_timeout_ms),
	    DEFAULT(5000),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "Timeout of flushing the VHDX cache.",
	},
	{
	    .name = "ForceDisableODX",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, force_disable_odx),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Do not use ODX offloaded copies.",
	},
	{
	    .name = "ForceDisableTrim",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, force_disable_trim),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Do not pass on UNMAP and TRIM.",
	},
	{
	    .name = "DisableReFSDuplicateExtents",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, disable_re_fs_duplicate_extents),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Do not use ReFS duplicate extents.",
	},
	{
	    .name = "DisableResiliency",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, disable_resiliency),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Disable resiliency to lost backing storage.",
	    .note = "Unrelated to vmwp's value of the same name.",
	},
	{
	    .name = "DisableVhdxMetadataResiliency",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, disable_vhdx_metadata_resiliency),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Disable resiliency of VHDX metadata.",
	},
	{
	    .name = "EnableSharedParentCaching",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, enable_shared_parent_caching),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Enable the cache of shared parents.",
	},
	{
	    .name = "CachePagePriority",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, cache_page_priority),
	    DEFAULT(5),
	    RANGE(0, 7),
	    OUTSIDE(OOB_RESET),
	    .settle = settle_cache_page_priority,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "priority",
	    .doc = "Page priority of the cache: 5 is normal, 7 the highest.",
	    .note = "What happens above 7 is not stated; resetting follows the driver's timeouts. "
	            "Capping is the rival reading: CachePagePriorityRange.",
	},
	{
	    .name = "SmbResiliencyTimeoutMs",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, smb_resiliency_timeout_ms),
	    DEFAULT(60000),
	    RANGE(1, 300000),
	    OUTSIDE(OOB_RESET),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "How long I/O to an SMB share waits for its return.",
	    .note = "Only the reset value is given; an absent value, read as 0, is out of range "
	            "and gives the same.",
	},
	{
	    .name = "CsvResiliencyTimeoutMs",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, csv_resiliency_timeout_ms),
	    DEFAULT(180000),
	    RANGE(1, 300000),
	    OUTSIDE(OOB_RESET),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "How long I/O to a cluster volume waits for its return.",
	    .note = "Only the reset value is given; an absent value, read as 0, is out of range "
	            "and gives the same.",
	},
	{
	    .name = "CTUnblockStageServerTimeoutMs",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, ct_unblock_stage_server_timeout_ms),
	    DEFAULT(700),
	    RANGE(200, 300000),
	    OUTSIDE(OOB_RESET),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "Server-side timeout of the unblock stage of change tracking.",
	    .note = "Only the reset value is given; an absent value, read as 0, is out of range "
	            "and gives the same.",
	},
	{
	    .name = "IoSubTrackerCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, io_sub_tracker_count),
	    DEFAULT(128),
	    .shape = SHAPE_POWER_OF_TWO,
	    .misshapen = OOB_RESET,
	    AT_LEAST(1),
	    .below = OOB_RESET,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "count",
	    .doc = "I/O sub-trackers; a power of two.",
	    .note = "Other numbers are invalid; that 128 stands in for them is a reading.",
	},
	{
	    .name = "EnableAtomicWrites",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, enable_atomic_writes),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Enable atomic writes.",
	},
	{
	    .name = "RctMaximumDirtyCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, rct_maximum_dirty_count),
	    DEFAULT(64),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Resilient change tracking: most dirty entries.",
	},
	{
	    .name = "RctMaximumWrittenCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, rct_maximum_written_count),
	    DEFAULT(120),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Resilient change tracking: most written entries.",
	},
	{
	    .name = "RctMaximumFlushedCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, rct_maximum_flushed_count),
	    DEFAULT(64),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Resilient change tracking: most flushed entries.",
	},
	{
	    .name = "InternalConcurrentCopyThreadCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, internal_concurrent_copy_thread_count),
	    DEFAULT(4),
	    RANGE(1, 8),
	    OUTSIDE(OOB_RESET),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "threads",
	    .doc = "Threads of a concurrent copy.",
	    .note =
	        "What happens out of 1..8 is not stated; resetting follows the driver's timeouts.",
	},
	{
	    .name = "PrefetchDisable",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_static, prefetch_disable),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Disable the VHDX prefetcher.",
	},
};

/* Change-tracking trace: read for each virtual disk that is attached. */
static const struct tunable trace_rows[] = {
	{
	    .name = "CTTraceFlags",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vhdmp_trace, ct_trace_flags),
	    .shape = SHAPE_BITMASK,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "Change-tracking trace flags; bits are not listed.",
	    .note = "Independent of Replication\\CTDiagnostics\\CTTraceFlags.",
	},
	{
	    .name = "CTTraceFilePath",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct vhdmp_trace, ct_trace_file_path),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "path",
	    .doc = "File of the change-tracking trace.",
	},
};

static const struct tunable_table dynamic_table = {
	.name = "vhdmp.dynamic",
	.owner = "vhdmp.sys",
	.key = PARAMETERS,
	.section = "2.4",
	.reader = "VhdmpiUpdateDynamicGlobalPolicy",
	.helper = "VhdmpiGetPolicyDWORD / VhdmpiGetPolicyBOOLEAN",
	.apply = APPLY_RELOAD,
	.rows = dynamic_rows,
	.count = ARRAY_SIZE(dynamic_rows),
	.state_size = sizeof(struct vhdmp_dynamic),
};

static const struct tunable_table static_table = {
	.name = "vhdmp.static",
	.owner = "vhdmp.sys",
	.key = PARAMETERS,
	.section = "2.4",
	.reader = "VhdmpiInitializeGlobalPolicyData",
	.helper = "VhdmpiGetPolicyDWORD / VhdmpiGetPolicyBOOLEAN",
	.apply = APPLY_BOOT,
	.rows = static_rows,
	.count = ARRAY_SIZE(static_rows),
	.state_size = sizeof(struct vhdmp_static),
	.switches = static_switches,
};

static const struct tunable_table trace_table = {
	.name = "vhdmp.trace",
	.owner = "vhdmp.sys",
	.key = PARAMETERS,
	.section = "2.4",
	.reader = "VhdmpiCTLogInitVirtualDiskForTracing",
	.helper = "VhdmpiGetPolicyDWORD / CmRegUtilUcValueGetFullBuffer",
	.apply = APPLY_ATTACH,
	.rows = trace_rows,
	.count = ARRAY_SIZE(trace_rows),
	.state_size = sizeof(struct vhdmp_trace),
};

static const struct tunable_table *const tables[] = { &dynamic_table, &static_table, &trace_table };

/* --- Readers
 * -------------------------------------------------------------------------------------- */

static ntstatus
VhdmpiGetPolicyDWORD(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
VhdmpiGetPolicyBOOLEAN(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
CmRegUtilUcValueGetFullBuffer(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
read_policy(struct registry *registry, reg_key key, const struct tunable *row, uint32_t *ret_type,
    struct buf *data)
{
	if (row->type == REG_SZ)
		return CmRegUtilUcValueGetFullBuffer(registry, key, row, ret_type, data);
	if (row->shape == SHAPE_BOOL)
		return VhdmpiGetPolicyBOOLEAN(registry, key, row, ret_type, data);
	return VhdmpiGetPolicyDWORD(registry, key, row, ret_type, data);
}

/* --- State
 * ---------------------------------------------------------------------------------------- */

enum disk_format { DISK_VHD, DISK_VHDX };

struct vhdmp_disk {
	char *path;
	enum disk_format format;
	struct vhdmp_disk *next;
};

struct vhdmp {
	struct vhdmp_disk *disks;
	size_t disk_count;
};

#define DISKS_MAX 1024u

static ntstatus
VhdmpiUpdateDynamicGlobalPolicy(struct module_object *object)
{
	return module_load(object, &dynamic_table, read_policy);
}

static ntstatus
VhdmpiInitializeGlobalPolicyData(struct module_object *object)
{
	return module_load_once(object, &static_table, read_policy);
}

static ntstatus
VhdmpiCTLogInitVirtualDiskForTracing(struct module_object *object, const char *path)
{
	return module_load_instance(object, &trace_table, NULL, path, read_policy);
}

static ntstatus
vhdmp_entry(struct module_object *object)
{
	ntstatus status = VhdmpiInitializeGlobalPolicyData(object);

	if (ntstatus_ok(status))
		status = VhdmpiUpdateDynamicGlobalPolicy(object);
	if (!ntstatus_ok(status))
		return status;
	object->extension = calloc(1, sizeof(struct vhdmp));
	return NTSTATUS(object->extension != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY);
}

static void
free_disk(struct vhdmp_disk *disk)
{
	free(disk->path);
	free(disk);
}

static void
vhdmp_unload(struct module_object *object)
{
	struct vhdmp *vhdmp = object->extension;

	while (vhdmp->disks != NULL) {
		struct vhdmp_disk *disk = vhdmp->disks;

		vhdmp->disks = disk->next;
		free_disk(disk);
	}
	free(vhdmp);
	object->extension = NULL;
}

/* --- Attaching
 * ------------------------------------------------------------------------------------ */

/* VHDX begins with "vhdxfile"; VHD ends with a 512-byte footer that begins with "conectix". */
static ntstatus
recognise(const char *path, enum disk_format *ret_format)
{
	char signature[8];
	ntstatus status = NTSTATUS(STATUS_NOT_SUPPORTED);
	int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not stop the kernel */
	struct stat info;

	if (fd < 0)
		return ntstatus_from_lstatus(lstatus_from_errno(errno));
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		close(fd);
		return status;
	}
	if (pread(fd, signature, sizeof(signature), 0) == (ssize_t)sizeof(signature) &&
	    memcmp(signature, "vhdxfile", sizeof(signature)) == 0) {
		*ret_format = DISK_VHDX;
		status = NTSTATUS(STATUS_SUCCESS);
	} else if (info.st_size >= 512 &&
	           pread(fd, signature, sizeof(signature), info.st_size - 512) ==
	               (ssize_t)sizeof(signature) &&
	           memcmp(signature, "conectix", sizeof(signature)) == 0) {
		*ret_format = DISK_VHD;
		status = NTSTATUS(STATUS_SUCCESS);
	}
	close(fd);
	return status;
}

static struct vhdmp_disk **
find_disk(struct vhdmp *vhdmp, const char *path)
{
	struct vhdmp_disk **at = &vhdmp->disks;

	while (*at != NULL && strcmp((*at)->path, path) != 0)
		at = &(*at)->next;
	return at;
}

static ntstatus
vhdmp_attach(struct module_object *object, const char *path, json_t *result)
{
	struct vhdmp *vhdmp = object->extension;
	struct vhdmp_disk **place = find_disk(vhdmp, path);
	struct vhdmp_disk *disk;
	enum disk_format format = DISK_VHD;
	ntstatus status = recognise(path, &format);

	/* The caller's folder is not the kernel's. */
	if (!ntstatus_ok(status) && path[0] != '/')
		json_object_set_new(result, "error",
		    json_sprintf("%s: %s Give the file's full path.", path, ntstatus_text(status)));
	if (!ntstatus_ok(status))
		return status;
	if (*place != NULL)
		return NTSTATUS(STATUS_OBJECT_NAME_COLLISION);
	if (vhdmp->disk_count == DISKS_MAX)
		return NTSTATUS(STATUS_INSUFFICIENT_RESOURCES);
	disk = calloc(1, sizeof(*disk));
	if (disk == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	disk->path = strdup(path);
	disk->format = format;
	status = disk->path != NULL ? VhdmpiCTLogInitVirtualDiskForTracing(object, path)
	                            : NTSTATUS(STATUS_NO_MEMORY);
	if (!ntstatus_ok(status)) {
		free_disk(disk);
		return status;
	}
	*place = disk;
	vhdmp->disk_count++;
	json_object_set_new(result, "format", json_string(format == DISK_VHDX ? "VHDX" : "VHD"));
	return status;
}

static ntstatus
vhdmp_detach(struct module_object *object, const char *path, json_t *result UNUSED)
{
	struct vhdmp *vhdmp = object->extension;
	struct vhdmp_disk **place = find_disk(vhdmp, path);
	struct vhdmp_disk *disk = *place;

	if (disk == NULL)
		return NTSTATUS(STATUS_NO_SUCH_DEVICE);
	module_forget(object, &trace_table, path);
	*place = disk->next;
	vhdmp->disk_count--;
	free_disk(disk);
	return NTSTATUS(STATUS_SUCCESS);
}

static const struct module_operation operations[] = {
	{ "attach", "attach a virtual disk file, by its full path: reads the trace settings",
	    vhdmp_attach },
	{ "detach", "detach a virtual disk file", vhdmp_detach },
	{ 0 },
};

/* --- Status
 * --------------------------------------------------------------------------------------- */

static const char *
capability(struct tunable_number disable)
{
	return disable.set && disable.value != 0 ? "off" : "on";
}

static json_t *
mirror_status(const struct vhdmp_dynamic *policy)
{
	uint64_t workers = policy->internal_concurrent_mirror_thread_count.value;
	uint64_t block = policy->mirror_block_size.value;
	uint64_t buffers = block > 0 && workers > INT64_MAX / block ? INT64_MAX : workers * block;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:b}", "workers", (json_int_t)workers,
	    "block_size", (json_int_t)block, "buffer_bytes", (json_int_t)buffers, "max_readers",
	    (json_int_t)policy->internal_concurrent_mirror_max_readers.value, "max_writers",
	    (json_int_t)policy->internal_concurrent_mirror_max_writers.value, "smb_compression",
	    (int)policy->enable_smb_compression.value, "irp_tagging",
	    (int)policy->enable_live_migration_irp_tagging.value);
}

/* A disabled resiliency makes its timeouts moot. */
static json_t *
resiliency_status(const struct vhdmp_static *policy)
{
	bool off = number_or(policy->disable_resiliency, 0) != 0;
	bool metadata_off = off || number_or(policy->disable_vhdx_metadata_resiliency, 0) != 0;

	return json_pack("{s:s, s:s, s:I, s:I, s:I}", "data", off ? "off" : "on", "metadata",
	    metadata_off ? "off" : "on", "smb_timeout_ms",
	    (json_int_t)(off ? 0 : policy->smb_resiliency_timeout_ms.value), "csv_timeout_ms",
	    (json_int_t)(off ? 0 : policy->csv_resiliency_timeout_ms.value),
	    "ct_unblock_timeout_ms", (json_int_t)policy->ct_unblock_stage_server_timeout_ms.value);
}

/* Which offloads reach the backing store: disabling thin provisioning takes TRIM along. */
static json_t *
offload_status(const struct vhdmp_static *policy)
{
	bool provisioning = policy->force_disable_tp_support.value == 0;
	bool trim = provisioning && number_or(policy->force_disable_trim, 0) == 0;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "odx",
	    capability(policy->force_disable_odx), "thin_provisioning", provisioning ? "on" : "off",
	    "trim", trim ? "on" : "off", "mega_trim",
	    trim && policy->force_enable_mega_trim.value != 0 ? "on" : "off",
	    "refs_duplicate_extents", capability(policy->disable_re_fs_duplicate_extents),
	    "minimum_offload_read", (json_int_t)policy->minimum_internal_offload_read_size.value);
}

static json_t *
disk_status(const struct module_object *object, const struct vhdmp_disk *disk)
{
	const struct vhdmp_trace *trace = NULL;
	const char *file = NULL;

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct module_snapshot *kept = &object->snapshots[i];

		if (kept->label != NULL && strcmp(kept->label, disk->path) == 0)
			trace = kept->snapshot->state;
	}
	if (trace != NULL)
		file = trace->ct_trace_file_path.text;
	return json_pack("{s:s, s:s, s:I, s:o}", "path", disk->path, "format",
	    disk->format == DISK_VHDX ? "VHDX" : "VHD", "trace_flags",
	    (json_int_t)(trace != NULL ? number_or(trace->ct_trace_flags, 0) : 0), "trace_file",
	    file != NULL ? tunable_json_text(file) : json_null());
}

static void
vhdmp_status(const struct module_object *object, json_t *state)
{
	const struct vhdmp *vhdmp = object->extension;
	const struct vhdmp_dynamic *dynamic = module_state(object, &dynamic_table);
	const struct vhdmp_static *policy = module_state(object, &static_table);
	json_t *disks = json_array();

	json_object_set_new(state, "mirror", mirror_status(dynamic));
	json_object_set_new(state, "resiliency", resiliency_status(policy));
	json_object_set_new(state, "offload", offload_status(policy));
	json_object_set_new(state, "cache",
	    json_pack("{s:I, s:I, s:I, s:b}", "node_quota",
	        (json_int_t)dynamic->cache_node_quota.value, "page_priority",
	        (json_int_t)policy->cache_page_priority.value, "vhdx_flush_timeout_ms",
	        (json_int_t)policy->vhdx_cache_flush_timeout_ms.value, "shared_parents",
	        (int)number_or(policy->enable_shared_parent_caching, 0)));
	json_object_set_new(state, "io",
	    json_pack("{s:I, s:I, s:I, s:b}", "sub_trackers",
	        (json_int_t)policy->io_sub_tracker_count.value, "sub_tracker_mask",
	        (json_int_t)(policy->io_sub_tracker_count.value - 1), "copy_threads",
	        (json_int_t)policy->internal_concurrent_copy_thread_count.value, "atomic_writes",
	        (int)number_or(policy->enable_atomic_writes, 0)));
	json_object_set_new(state, "surface",
	    json_pack("{s:I, s:I}", "timeout_s", (json_int_t)policy->surface_timeout.value,
	        "bus_scan_period_s", (json_int_t)policy->surface_bus_scan_period.value));
	for (const struct vhdmp_disk *disk = vhdmp->disks; disk != NULL; disk = disk->next)
		json_array_append_new(disks, disk_status(object, disk));
	json_object_set_new(state, "disks", disks);
}

const struct module vhdmp_driver = {
	.name = "vhdmp",
	.image = "vhdmp.sys",
	.service = "vhdmp",
	.doc = "Virtual disk miniport.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vhdmp_entry,
	.unload = vhdmp_unload,
	.reload = VhdmpiUpdateDynamicGlobalPolicy,
	.status = vhdmp_status,
	.operations = operations,
};
