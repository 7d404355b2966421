/*
 * vmms.exe: the virtual machine management service (reference 1.1, 1.2, 1.4 to 1.7, 1.13, 3). Its
 * rows are many: each subject is a file of its own, and this one composes them.
 */
#include <stdlib.h>

#include "vmms/internal.h"
#include "vmms/modules.h"
#include "vmwp/modules.h"
#include "vmwp/vml.h"

/* The management library, first of all: the parts trace through it. */
static ntstatus
library_entry(struct module_object *object)
{
	return Vml_load(object, &vml_vmms);
}

static const struct vmms_part library_part = { .entry = library_entry, .status = vml_status };

static const struct vmms_part *const parts[] = {
	&library_part,
	&vmms_settings_part,
	&vmms_worker_settings_part,
	&vmms_migration_part,
	&vmms_network_part,
	&vmms_replication_part,
	&vmms_devices_part,
	&vmms_fc_part,
	&vmms_credentials_part,
};

static const struct tunable_table *const tables[] = {
	/* vmwp/vml.c */
	&vml_vmms_table,
	&vml_vmms_levels_table,
	/* settings.c */
	&vmms_settings_table,
	&vmms_access_table,
	&vmms_errata_table,
	&vmms_phu_table,
	&vmms_phu_shutdown_table,
	&vmms_shutdown_table,
	&vmms_checkpoint_table,
	&vmms_init_context_table,
	&vmms_worker_configuration_table,
	&vmms_vm_table,
	/* worker_settings.c */
	&vmms_worker_table,
	&vmms_realize_table,
	&vmms_copy_table,
	&vmms_parent_path_table,
	/* migration.c */
	&vmms_migration_table,
	&vmms_smb_send_table,
	&vmms_migration_network_table,
	&vmms_compressor_table,
	&vmms_memory_share_table,
	&vmms_storage_share_table,
	/* assignment.c */
	&vmms_assignment_table,
	&vmms_assignment_policy_table,
	/* network.c */
	&vmms_winrm_table,
	&vmms_nic_table,
	&vmms_tcpip_table,
	&vmms_netbt_table,
	/* replication.c */
	&vmms_replication_table,
	&vmms_replication_queue_table,
	&vmms_replication_disk_table,
	&vmms_replication_machine_table,
	&vmms_replication_first_log_table,
	&vmms_replication_stage_table,
	&vmms_replication_broker_table,
	&vmms_replication_diagnostics_table,
	&vmms_reference_point_table,
	/* devices.c */
	&vmms_device_table,
	&vmms_component_table,
	/* fc.c */
	&vmms_fc_port_table,
	&vmms_fc_fabric_table,
	/* credentials.c */
	&vmms_fresh_credentials_table,
	&vmms_fresh_credentials_ntlm_table,
};

static const struct module_operation operations[] = {
	{ "checkpoint", "what a checkpoint of a virtual machine validates", vmms_checkpoint },
	{ "migrate-storage", "how a disk on a file system (NTFS, ReFS, ...) is migrated",
	    vmms_migrate_storage },
	{ "monitor-compressor", "what the compressor does at a processor load in percent",
	    vmms_monitor_compressor },
	{ "create-share", "the share of a migration: memory or storage", vmms_create_share },
	{ "send-pages", "pages of one send through SMB: compressed or uncompressed",
	    vmms_send_pages },
	{ "assign-device",
	    "whether a device may be assigned: what is known of it, as WORD[,WORD] "
	    "(not-dma-remap-secure, not-on-supported-list)",
	    vmms_assign_device },
	{ "apply-log",
	    "whether one more log is applied: logs waiting for the disk, disks of the machine and "
	    "machines of the primary host at work, as LOGS[,DISKS[,MACHINES]]",
	    vmms_apply_log },
	{ "block-stage", "the time-out of a block stage, and whether so many ms exceed it",
	    vmms_block_stage },
	{ "find-device", "the virtual devices of a class, a name or a resource type",
	    vmms_find_device },
	{ "allocate-wwpn", "give a virtual Fibre Channel adapter its names: the port",
	    vmms_allocate_wwpn },
	{ "register-spn", "allow delegation of credentials to a host; this one if none is named",
	    vmms_register_spn },
	{ 0 },
};

/* Stop the first `count` parts, the last of them first. */
static void
unload_parts(struct module_object *object, size_t count)
{
	while (count-- > 0) {
		if (parts[count]->unload != NULL)
			parts[count]->unload(object);
	}
	free(object->extension);
	object->extension = NULL;
}

static ntstatus
vmms_entry(struct module_object *object)
{
	ntstatus status = NTSTATUS(STATUS_SUCCESS);
	size_t started = 0;

	object->extension = calloc(1, sizeof(struct vmms));
	if (object->extension == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	for (; started < ARRAY_SIZE(parts) && ntstatus_ok(status); started++) {
		if (parts[started]->entry != NULL)
			status = parts[started]->entry(object);
	}
	vml_trace(object, VML_CHANNEL_SETTINGS, VML_INFORMATION, "%zu of %zu parts started",
	    ntstatus_ok(status) ? started : started - 1, ARRAY_SIZE(parts));
	/* The one that failed has nothing to give back. */
	if (!ntstatus_ok(status))
		unload_parts(object, started - 1);
	return status;
}

static void
vmms_unload(struct module_object *object)
{
	unload_parts(object, ARRAY_SIZE(parts));
}

static void
vmms_status(const struct module_object *object, json_t *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i]->status != NULL)
			parts[i]->status(object, state);
	}
}

const struct module vmms_module = {
	.name = "vmms",
	.image = "vmms.exe",
	.service = "vmms",
	.doc = "Virtual machine management service.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmms_entry,
	.unload = vmms_unload,
	.status = vmms_status,
	.operations = operations,
};

const struct module *const vmms_modules[] = {
	&vmms_module,
	&vsconfig_module,
	&netmgmtif_module,
	&vmwpctrl_module,
	NULL,
};

const struct module *const client_modules[] = {
	&client_module,
	NULL,
};
