/*
 * The rows that the management service and the worker both read (reference 1.1, 1.2, 1.4), and
 * those of the libraries that look up a disk's device class (1.13).
 */
#include "vmwp/shared.h"

#include "vmwp/rows.h"

const struct tunable shared_vm_rows[SHARED_VM_ROWS] = {
	{ TEXT_ROW(struct shared_vm, "Description", REG_SZ, description,
	    "Description of the virtual machine.") },
	{ TEXT_ROW(struct shared_vm, "ElementName", REG_SZ, element_name,
	    "Name of the virtual machine as its user knows it.") },
};

const struct tunable shared_worker_rows[SHARED_WORKER_ROWS] = {
	{
	    NUMBER_ROW(struct shared_worker, "PendingOperationWaitSeconds",
	        pending_operation_wait_seconds, "How long pending operations are waited for."),
	    .unit = "s",
	},
	{ SWITCH_ROW(struct shared_worker, "ValidatePerfmon", validate_perfmon,
	    "Check the performance monitoring feature.") },
	{ SWITCH_ROW(struct shared_worker, "ValidatePerfmonPebs", validate_perfmon_pebs,
	    "Check processor event based sampling (PEBS).") },
	{ SWITCH_ROW(struct shared_worker, "ValidatePerfmonIpt", validate_perfmon_ipt,
	    "Check processor trace (IPT).") },
	{ SWITCH_ROW(struct shared_worker, "AllowEarlyRealize", allow_early_realize,
	    "Let virtual disks be realized early.") },
	{
	    NUMBER_ROW(struct shared_worker, "EventLogProgressIntervalSec",
	        event_log_progress_interval_sec, "Time between two progress events in the log."),
	    .unit = "s",
	},
	{
	    NUMBER_ROW(struct shared_worker, "FcWMIQueryRetryCount", fc_wmi_query_retry_count,
	        "How often a WMI query for Fibre Channel is tried again."),
	    .unit = "count",
	},
	{
	    NUMBER_ROW(struct shared_worker, "HbaLunTimeout", hba_lun_timeout,
	        "How long a host bus adapter's logical units are waited for."),
	    .note = "The unit is not stated.",
	},
};

const struct tunable shared_realize_rows[SHARED_REALIZE_ROWS] = {
	{ SWITCH_ROW(struct shared_realize, "IncludeFixingRealizedVhdAcls",
	    include_fixing_realized_vhd_acls, "Repair a disk's access list when it is realized.") },
};

const struct tunable_word shared_authentication_words[] = {
	{ 0, "CredSSP" },
	{ 1, "Kerberos" },
	{ 0 },
};

/* Zero is no number of these: it asks for the default, and so is not brought up to the minimum. */
#define ZERO_NOTE "Zero asks for the default: it is not raised to the minimum of 1."

const struct tunable shared_migration_rows[SHARED_MIGRATION_ROWS] = {
	{ SWITCH_ROW(struct shared_migration, "EnableVirtualSystemMigration",
	    enable_virtual_system_migration, "Live migration as a whole.") },
	{ SWITCH_ROW(struct shared_migration, "EnableLoopbackMigration", enable_loopback_migration,
	    "Migration from a host to itself.") },
	{ SWITCH_ROW(struct shared_migration, "EnableVirtualSystemToSuspendedMigration",
	    enable_virtual_system_to_suspended_migration, "Migration into a suspended state.") },
	{
	    NUMBER_ROW(struct shared_migration, "AuthenticationType", authentication_type,
	        "How the two hosts of a migration authenticate."),
	    RANGE(0, 1),
	    .shape = SHAPE_ENUM,
	    .words = shared_authentication_words,
	    .misshapen = OOB_RESET,
	    .assumed = FACT_JUDGEMENT,
	    .note = "No default is stated: another number is read as if there were none.",
	},
	{ SWITCH_ROW(struct shared_migration, "UseStorageCachedCredentials",
	    use_storage_cached_credentials, "Cached credentials for storage migration.") },
	{
	    NUMBER_ROW(struct shared_migration, "MaximumActiveVmMigrationCount",
	        maximum_active_vm_migration_count, "Most live migrations at a time."),
	    DEFAULT(2),
	    .unit = "count",
	    .note = "No cap is enforced; zero is taken as it is.",
	},
	{
	    NUMBER_ROW(struct shared_migration, "MaximumActiveStorageMigrationCount",
	        maximum_active_storage_migration_count, "Most storage migrations at a time."),
	    DEFAULT(2),
	    .unit = "count",
	    .note = "No cap is enforced; zero is taken as it is.",
	},
	{
	    NUMBER_ROW(struct shared_migration, "MaximumActiveTransfers", maximum_active_transfers,
	        "Most transfers at a time."),
	    DEFAULT(6),
	    RANGE(6, 1006),
	    OUTSIDE(OOB_RESET),
	    .unit = "count",
	},
	{ SWITCH_ROW(struct shared_migration, "EnableCompression", enable_compression,
	    "Compression of what a migration transfers.") },
	{ SWITCH_ROW(struct shared_migration, "EnableSmbMemoryCompression",
	    enable_smb_memory_compression, "SMB compression of transferred memory.") },
	{ SWITCH_ROW(struct shared_migration, "EnableSmbStorageCompression",
	    enable_smb_storage_compression, "SMB compression of transferred storage.") },
	{ SWITCH_ROW(struct shared_migration, "EnableSmbTransport", enable_smb_transport,
	    "SMB as the transport of a migration.") },
	{ SWITCH_ROW(struct shared_migration, "EnableAccessTracking", enable_access_tracking,
	    "Tracking of the guest's accesses to its memory.") },
	{ TEXT_ROW(struct shared_migration, "ClusterCommonNodeVmSet", REG_SZ,
	    cluster_common_node_vm_set, "Virtual machines that stay on one node of the cluster.") },
	{
	    NUMBER_ROW(struct shared_migration, "CompressorCpuRequirement",
	        compressor_cpu_requirement, "Processor time that compressing asks for."),
	    .note = "The unit is not stated.",
	},
	{
	    NUMBER_ROW(struct shared_migration, "DecompressorCpuRequirement",
	        decompressor_cpu_requirement, "Processor time that decompressing asks for."),
	    .note = "The unit is not stated.",
	},
	{
	    NUMBER_ROW(struct shared_migration, "CompressorBufferSize", compressor_buffer_size,
	        "Size of a compressor's buffer."),
	    .note = "The unit is not stated.",
	},
	{
	    NUMBER_ROW(struct shared_migration, "LowNetworkUtilizationHigherThresholds",
	        low_network_utilization_higher_thresholds,
	        "Upper bound by which a low use of the network is told."),
	    DEFAULT(40),
	    .unit = "%",
	    .note = "Not compared with the lower threshold.",
	},
	{
	    NUMBER_ROW(struct shared_migration, "LowNetworkUtilizationLowerThresholds",
	        low_network_utilization_lower_thresholds,
	        "Lower bound by which a low use of the network is told."),
	    DEFAULT(20),
	    .unit = "%",
	    .note = "Not compared with the higher threshold.",
	},
	{
	    NUMBER_ROW(struct shared_migration, "MemoryWalkerCount", memory_walker_count,
	        "Threads that scan the guest's memory during a migration."),
	    DEFAULT(4),
	    RANGE(1, 128),
	    .above = OOB_CLAMP,
	    .zero_is_default = true,
	    .unit = "threads",
	    .note = ZERO_NOTE,
	},
	{
	    NUMBER_ROW(struct shared_migration, "NetworkBufferCount", network_buffer_count,
	        "Network buffers of a migration."),
	    DEFAULT(32),
	    RANGE(1, 1024),
	    .above = OOB_CLAMP,
	    .zero_is_default = true,
	    .unit = "count",
	    .note = ZERO_NOTE,
	},
	{
	    NUMBER_ROW(struct shared_migration, "TcpTransportCompletionThreads",
	        tcp_transport_completion_threads,
	        "Threads that complete I/O of the TCP transport."),
	    DEFAULT(4),
	    RANGE(1, 64),
	    .above = OOB_CLAMP,
	    .zero_is_default = true,
	    .unit = "threads",
	    .note = ZERO_NOTE,
	},
	{
	    NUMBER_ROW(struct shared_migration, "TcpBufferSize", tcp_buffer_size,
	        "Size of a TCP send or receive buffer."),
	    .note = "The unit is not stated.",
	},
	{
	    NUMBER_ROW(struct shared_migration, "TcpSocketAsyncReceiveBufferSize",
	        tcp_socket_async_receive_buffer_size,
	        "Size of the buffer of an asynchronous receive."),
	    .note = "The unit is not stated.",
	},
};

const struct tunable shared_smb_send_rows[SHARED_SMB_SEND_ROWS] = {
	{
	    NUMBER_ROW(struct shared_smb_send, "SmbTransportMaximumPagesPerSendIo",
	        smb_transport_maximum_pages_per_send_io, "Most pages of one send through SMB."),
	    DEFAULT(256),
	    .variant_state = "transfer",
	    .variant_word = "compressed",
	    .variant_def = 64,
	    .unit = "pages",
	    .note = "64 is read as the default of compressed transfers; a value holds for both.",
	},
};

const struct tunable shared_network_rows[SHARED_NETWORK_ROWS] = {
	{ TEXT_ROW(struct shared_network, "SubnetNumber", REG_SZ, subnet_number,
	    "Subnet of a network for live migration.") },
	{
	    NUMBER_ROW(struct shared_network, "PrefixLength", prefix_length,
	        "Length of the subnet's prefix."),
	    .unit = "bits",
	},
	{ NUMBER_ROW(struct shared_network, "Metric", metric, "Metric of the network.") },
	{ TEXT_ROW(
	    struct shared_network, "Tags", REG_MULTI_SZ, tags, "Tags of the network's entry.") },
};

const struct tunable shared_prefix_rows[SHARED_PREFIX_ROWS] = {
	{
	    .name = "*",
	    .type = REG_SZ,
	    .def_text = PREFIX_CLASS,
	    .shape = SHAPE_GUID,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "Device class of the disks whose names begin with the prefix.",
	    .note = "The last part of the path, <prefix>, is read as the value's name.",
	},
};
