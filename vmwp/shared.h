/*
 * What the management service and the worker both read (reference 1.1, 1.2, 1.4), and what three
 * libraries read (1.13): the same rows, which each of them has in a table of its own.
 *
 * The rows of one array are read at the same events. Each array has the structure that its rows
 * fill.
 */
#ifndef VMWP_SHARED_H
#define VMWP_SHARED_H

#include "regstore/tunable/tunable.h"

#define VIRTUALIZATION_KEY    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization"
#define VM_KEY                VIRTUALIZATION_KEY "\\<VM-GUID>"
#define WORKER_KEY            VIRTUALIZATION_KEY "\\Worker"
#define MIGRATION_KEY         VIRTUALIZATION_KEY "\\Migration"
#define MIGRATION_NETWORK_KEY MIGRATION_KEY "\\Networks\\<n>"
#define PREFIX_MAP_KEY        "HKLM\\SYSTEM\\CurrentControlSet\\Control\\StorVSP\\PrefixMap"

/* The device class of a disk whose prefix has none (1.13). */
#define PREFIX_CLASS "{f916c826-f0f5-4cd9-be68-4fd638cf9a53}"

enum {
	SHARED_VM_ROWS = 2,
	SHARED_WORKER_ROWS = 8,
	SHARED_REALIZE_ROWS = 1,
	SHARED_MIGRATION_ROWS = 24,
	SHARED_SMB_SEND_ROWS = 1,
	SHARED_NETWORK_ROWS = 4,
	SHARED_PREFIX_ROWS = 1,
};

/* VM_KEY; a table over it has .is_instance = guid_is_text. When they are read is not stated. */
struct shared_vm {
	struct tunable_text description;
	struct tunable_text element_name;
};

/* WORKER_KEY. When they are read is not stated. */
struct shared_worker {
	struct tunable_number pending_operation_wait_seconds;
	struct tunable_number validate_perfmon;
	struct tunable_number validate_perfmon_pebs;
	struct tunable_number validate_perfmon_ipt;
	struct tunable_number allow_early_realize;
	struct tunable_number event_log_progress_interval_sec;
	struct tunable_number fc_wmi_query_retry_count;
	struct tunable_number hba_lun_timeout;
};

/* WORKER_KEY, read each time a disk is realized: APPLY_OPERATION. */
struct shared_realize {
	struct tunable_number include_fixing_realized_vhd_acls;
};

/* MIGRATION_KEY. When they are read is not stated. */
struct shared_migration {
	struct tunable_number enable_virtual_system_migration;
	struct tunable_number enable_loopback_migration;
	struct tunable_number enable_virtual_system_to_suspended_migration;
	struct tunable_number authentication_type;
	struct tunable_number use_storage_cached_credentials;
	struct tunable_number maximum_active_vm_migration_count;
	struct tunable_number maximum_active_storage_migration_count;
	struct tunable_number maximum_active_transfers;
	struct tunable_number enable_compression;
	struct tunable_number enable_smb_memory_compression;
	struct tunable_number enable_smb_storage_compression;
	struct tunable_number enable_smb_transport;
	struct tunable_number enable_access_tracking;
	struct tunable_text cluster_common_node_vm_set;
	struct tunable_number compressor_cpu_requirement;
	struct tunable_number decompressor_cpu_requirement;
	struct tunable_number compressor_buffer_size;
	struct tunable_number low_network_utilization_higher_thresholds;
	struct tunable_number low_network_utilization_lower_thresholds;
	struct tunable_number memory_walker_count;
	struct tunable_number network_buffer_count;
	struct tunable_number tcp_transport_completion_threads;
	struct tunable_number tcp_buffer_size;
	struct tunable_number tcp_socket_async_receive_buffer_size;
};

/*
 * MIGRATION_KEY, read for each transfer: APPLY_OPERATION, under the state "transfer"
 * ("compressed" or "uncompressed").
 */
struct shared_smb_send {
	struct tunable_number smb_transport_maximum_pages_per_send_io;
};

/* MIGRATION_NETWORK_KEY. When they are read is not stated. */
struct shared_network {
	struct tunable_text subnet_number;
	struct tunable_number prefix_length;
	struct tunable_number metric;
	struct tunable_text tags; /* joined with '|' */
};

extern const struct tunable shared_vm_rows[SHARED_VM_ROWS];
extern const struct tunable shared_worker_rows[SHARED_WORKER_ROWS];
extern const struct tunable shared_realize_rows[SHARED_REALIZE_ROWS];
extern const struct tunable shared_migration_rows[SHARED_MIGRATION_ROWS];
extern const struct tunable shared_smb_send_rows[SHARED_SMB_SEND_ROWS];
extern const struct tunable shared_network_rows[SHARED_NETWORK_ROWS];

/* PREFIX_MAP_KEY, read for each disk: APPLY_OPERATION. A row without a name, and so without a
 * field. */
extern const struct tunable shared_prefix_rows[SHARED_PREFIX_ROWS];

/* The names of AuthenticationType's numbers; ends with word NULL. */
extern const struct tunable_word shared_authentication_words[];

#endif
