/*
 * The parts of vmms.exe: one file a subject, composed in vmms.c.
 *
 * A part exports its tables, its operations if it has any, and a struct vmms_part. To add one:
 * declare them here, and name them in the three lists of vmms.c.
 */
#ifndef VMMS_INTERNAL_H
#define VMMS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "regstore/tunable/module.h"
#include "vmwp/shared.h"

/* A subject of the service. */
struct vmms_part {
	/* Read what is read when the service starts; NULL if that is nothing. */
	ntstatus (*entry)(struct module_object *object);
	/* The service stops, or a later part failed to start; or NULL. */
	void (*unload)(struct module_object *object);
	/* Add what was derived, under names of its own; or NULL. */
	void (*status)(const struct module_object *object, json_t *state);
};

/* The service's own state (object->extension), from before the first entry to the last unload. */
struct vmms {
	struct vmms_pool *vss; /* settings.c */
};

/* The name of an operation that takes one word has this type; see struct module_operation. */
typedef ntstatus vmms_operation(struct module_object *object, const char *argument, json_t *result);

/* A number that may be missing, for `status`: null without value and default. */
static inline json_t *
vmms_number(struct tunable_number number)
{
	return number.set ? json_integer((json_int_t)number.value) : json_null();
}

/* A switch that may be missing: off without value and default. */
static inline bool
vmms_on(struct tunable_number number)
{
	return number.set && number.value != 0;
}

/* --- pool.c: threads
 * ---------------------------------------------------------------------------------------------- */

/* Start `wanted` threads, up to a limit; NULL if that fails. */
struct vmms_pool *vmms_pool_start(uint64_t wanted);
/* End them and free the pool, if there is one. */
void vmms_pool_stop(struct vmms_pool *pool);
size_t vmms_pool_size(const struct vmms_pool *pool);

/* --- settings.c: the host's settings (1.1)
 * ---------------------------------------------------------------------- */

extern const struct vmms_part vmms_settings_part;
extern const struct tunable_table vmms_settings_table;
extern const struct tunable_table vmms_access_table;
extern const struct tunable_table vmms_errata_table;
extern const struct tunable_table vmms_phu_table;
extern const struct tunable_table vmms_phu_shutdown_table;
extern const struct tunable_table vmms_shutdown_table;
extern const struct tunable_table vmms_checkpoint_table;
extern const struct tunable_table vmms_init_context_table;
extern const struct tunable_table vmms_worker_configuration_table;
extern const struct tunable_table vmms_vm_table;
vmms_operation vmms_checkpoint;

/*
 * A virtual machine starts: what its start reads, under its GUID. *ret_timeout_s: how long to wait
 * for its worker process.
 */
ntstatus VmmsVirtualMachine_CreateInitContext(
    struct module_object *object, const char *guid, bool shielded, uint64_t *ret_timeout_s);

/* Add to `configuration` what the worker process of a virtual machine is told at its start. */
ntstatus CreateConfigurationForWorkerProcess(
    struct module_object *object, const char *guid, bool shielded, json_t *configuration);

/* A virtual machine has stopped: what its start read is no longer in use. */
void vmms_forget_machine(struct module_object *object, const char *guid);

/* vmwpctrl.c: the same for the containment of a worker; `object` is vmwpctrl's. */
ntstatus VmWpCtrl_LoadWorkerAppContainerPolicy(
    struct module_object *object, const char *guid, json_t *configuration);
void VmWpCtrl_forget(struct module_object *object, const char *guid);

/* How long the service, when it stops, waits for its workers; read at each call. */
uint64_t vmms_shutdown_timeout_ms(struct module_object *object);

/* Whether the worker manager's tracking of worker processes is traced to the log. */
bool vmms_traces_workers(const struct module_object *object);

/* --- worker_settings.c: what vmms reads of the Worker key (1.2)
 * ---------------------------------------------------------------------- */

extern const struct vmms_part vmms_worker_settings_part;
extern const struct tunable_table vmms_worker_table;
extern const struct tunable_table vmms_realize_table;
extern const struct tunable_table vmms_copy_table;
extern const struct tunable_table vmms_parent_path_table;
vmms_operation vmms_migrate_storage;

/* --- migration.c: live migration (1.4)
 * ---------------------------------------------------------------------- */

extern const struct vmms_part vmms_migration_part;
extern const struct tunable_table vmms_migration_table;
extern const struct tunable_table vmms_smb_send_table;
extern const struct tunable_table vmms_migration_network_table;
extern const struct tunable_table vmms_compressor_table;
extern const struct tunable_table vmms_memory_share_table;
extern const struct tunable_table vmms_storage_share_table;
vmms_operation vmms_monitor_compressor;
vmms_operation vmms_create_share;
vmms_operation vmms_send_pages;

/* --- assignment.c: discrete device assignment (1.1, 3.1)
 * ---------------------------------------------------------------------- */

extern const struct tunable_table vmms_assignment_table;
extern const struct tunable_table vmms_assignment_policy_table;
vmms_operation vmms_assign_device;

/* --- network.c: the system's network settings (1.13)
 * ---------------------------------------------------------------------- */

extern const struct vmms_part vmms_network_part;
extern const struct tunable_table vmms_winrm_table;
extern const struct tunable_table vmms_nic_table;
extern const struct tunable_table vmms_tcpip_table;
extern const struct tunable_table vmms_netbt_table;

/* --- replication.c: Hyper-V Replica (1.5)
 * ---------------------------------------------------------------------- */

extern const struct vmms_part vmms_replication_part;
extern const struct tunable_table vmms_replication_table;
extern const struct tunable_table vmms_replication_queue_table;
extern const struct tunable_table vmms_replication_disk_table;
extern const struct tunable_table vmms_replication_machine_table;
extern const struct tunable_table vmms_replication_first_log_table;
extern const struct tunable_table vmms_replication_stage_table;
extern const struct tunable_table vmms_replication_broker_table;
extern const struct tunable_table vmms_replication_diagnostics_table;
extern const struct tunable_table vmms_reference_point_table;
vmms_operation vmms_apply_log;
vmms_operation vmms_block_stage;

/* --- devices.c: the directories of virtual devices and components (1.6)
 * ---------------------------------------------------------------------- */

extern const struct vmms_part vmms_devices_part;
extern const struct tunable_table vmms_device_table;
extern const struct tunable_table vmms_component_table;
vmms_operation vmms_find_device;

/* --- fc.c: virtual Fibre Channel (1.7)
 * ---------------------------------------------------------------------- */

extern const struct vmms_part vmms_fc_part;
extern const struct tunable_table vmms_fc_port_table;
extern const struct tunable_table vmms_fc_fabric_table;
vmms_operation vmms_allocate_wwpn;

/* --- credentials.c: delegation of credentials (3.2)
 * ---------------------------------------------------------------------- */

extern const struct vmms_part vmms_credentials_part; /* after migration's */
extern const struct tunable_table vmms_fresh_credentials_table;
extern const struct tunable_table vmms_fresh_credentials_ntlm_table;
vmms_operation vmms_register_spn;

#endif
