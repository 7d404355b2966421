/*
 * vmwp.exe: the virtual machine worker process (reference 1.1, 1.2, 1.4). Each subject is a file of
 * its own, and this one composes them.
 */
#include "vmwp/internal.h"
#include "vmwp/modules.h"

static const struct vmwp_part *const parts[] = {
	&vmwp_settings_part,
	&vmwp_memory_part,
	&vmwp_migration_part,
};

static const struct tunable_table *const tables[] = {
	/* settings.c */
	&vmwp_settings_table,
	&vmwp_vtl0_table,
	&vmwp_hvs_table,
	&vmwp_machine_table,
	&vmwp_worker_table,
	&vmwp_tuning_table,
	&vmwp_realize_table,
	&vmwp_template_table,
	&vmwp_device_table,
	/* memory.c */
	&vmwp_tracker_table,
	&vmwp_create_ram_table,
	&vmwp_ram_operation_table,
	&vmwp_restore_table,
	/* migration.c */
	&vmwp_migration_table,
	&vmwp_smb_send_table,
	&vmwp_buffer_count_table,
	&vmwp_worker_count_table,
	&vmwp_chunk_table,
	&vmwp_network_table,
	&vmwp_device_policy_table,
	/* guest.c */
	&vmwp_guest_control_table,
	&vmwp_bugcheck_table,
	&vmwp_triple_fault_table,
};

static const struct module_operation operations[] = {
	{ "realize-disk", "how a virtual disk is realized", vmwp_realize },
	{ "ram-op", "save a memory of so many megabytes, with the threads that are set for it",
	    vmwp_ram_operation },
	{ "restore", "restore a saved memory of so many megabytes", vmwp_restore },
	{ "migrate-memory", "scan a memory of so many megabytes, as a live migration does",
	    vmwp_migrate_memory },
	{ "migrate-device", "the policies of a virtual device's migration method",
	    vmwp_migrate_device },
	{ "guest-control-start", "the handshake with the guest, which no guest answers",
	    vmwp_guest_control_start },
	{ "guest-crash", "the guest crashes: bugcheck or triple-fault", vmwp_guest_crash },
	{ 0 },
};

static ntstatus
vmwp_entry(struct module_object *object)
{
	ntstatus status = NTSTATUS(STATUS_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(parts) && ntstatus_ok(status); i++)
		status = parts[i]->entry(object);
	return status;
}

static void
vmwp_status(const struct module_object *object, json_t *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i]->status != NULL)
			parts[i]->status(object, state);
	}
}

const struct module vmwp_module = {
	.name = "vmwp",
	.image = "vmwp.exe",
	.doc = "Virtual machine worker process.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmwp_entry,
	.status = vmwp_status,
	.operations = operations,
};

const struct module *const vmwp_modules[] = {
	&vmwp_module,
	&vsconfig_module,
	&vmsynthnic_module,
	&icsvc_module,
	&icsvcvss_module,
	&vmchipset_module,
	&vmdynmem_module,
	&vmflexio_module,
	&vmicrdv_module,
	&vmsynthfcvdev_module,
	&vmsynthstor_module,
	NULL,
};
