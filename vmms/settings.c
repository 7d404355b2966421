/*
 * vmms.exe: the host's settings (reference 1.1).
 *
 * Those without a function are assumed to be read when the service starts. Three are read when a
 * virtual machine starts, by VmmsVirtualMachine::CreateInitContext and
 * CreateConfigurationForWorkerProcess; two when the service stops.
 */
#include <inttypes.h>
#include <string.h>

#include "regstore/base/guid.h"
#include "regstore/tunable/view.h"
#include "vmms/internal.h"
#include "vmwp/rows.h"

/* What stands in where the reference gives no default: our choice. */
#define VSS_THREADS_ASSUMED        4u
#define SHUTDOWN_TIMEOUT_ASSUMED_S 20u
#define MS_PER_S                   1000u

struct vmms_settings {
	struct tunable_number allow_gen1_vm_scale_up;
	struct tunable_number allow_gen2_vm_scale_up;
	struct tunable_number disable_non_buffered_copy_with_file_flush;
	struct tunable_number enable_gpu_overcommit;
	struct tunable_number enable_secure_boot_template_cache;
	struct tunable_number skip_metrics;
	struct tunable_number vss_thread_pool_size;
	struct tunable_number trace_vmms_worker_manager_wp_tracking;
	struct tunable_number enable_mpx;
	struct tunable_number force_smt_enablement;
	struct tunable_number trace_guest_state_file_debug_logs;
	struct tunable_text current_vm_version;
	struct tunable_text compatible_vm_version;
	struct tunable_text current_vdev_version;
	struct tunable_text compatible_vdev_version;
};

struct vmms_access {
	struct tunable_number access_check_flags;
};

struct vmms_errata {
	struct tunable_number ifu_errata_mitigations;
};

struct vmms_phu {
	struct tunable_number vm_phu_features;
};

struct vmms_phu_shutdown {
	struct tunable_number fhr_task_drain_timeout_ms;
};

struct vmms_shutdown {
	struct tunable_number shutdown_timeout;
};

struct vmms_checkpoint {
	struct tunable_number checkpoint_validate_perfmon_pebs;
};

struct vmms_init_context {
	struct tunable_number startup_wait_timeout;
};

struct vmms_worker_configuration {
	struct tunable_number management_vtl_dump_size_override_mb;
	struct tunable_number bios_enable_network_media_state;
};

#define FACADE_NOTE                                                                                \
	"The vsconfig.dll facade has a property of the same name; read as the same value."

static const struct tunable settings_rows[] = {
	{ SWITCH_ROW(struct vmms_settings, "AllowGen1VmScaleUp", allow_gen1_vm_scale_up,
	    "Let virtual machines of generation 1 scale up.") },
	{ SWITCH_ROW(struct vmms_settings, "AllowGen2VmScaleUp", allow_gen2_vm_scale_up,
	    "Let virtual machines of generation 2 scale up.") },
	{ SWITCH_ROW(struct vmms_settings, "DisableNonBufferedCopyWithFileFlush",
	    disable_non_buffered_copy_with_file_flush,
	    "How disk files are copied: not unbuffered with a flush.") },
	{ SWITCH_ROW(struct vmms_settings, "EnableGPUOvercommit", enable_gpu_overcommit,
	    "Let more of a GPU be promised than there is.") },
	{ SWITCH_ROW(struct vmms_settings, "EnableSecureBootTemplateCache",
	    enable_secure_boot_template_cache, "Cache the templates of Secure Boot.") },
	{ SWITCH_ROW(struct vmms_settings, "SkipMetrics", skip_metrics, "Collect no metrics.") },
	{
	    NUMBER_ROW(struct vmms_settings, "VssThreadPoolSize", vss_thread_pool_size,
	        "Threads of the pool that serves volume shadow copies."),
	    .unit = "threads",
	},
	{ SWITCH_ROW(struct vmms_settings, "TraceVmmsWorkerManagerWPTracking",
	    trace_vmms_worker_manager_wp_tracking,
	    "Trace how the worker manager tracks worker processes.") },
	{ SWITCH_ROW(struct vmms_settings, "EnableMpx", enable_mpx,
	    "Offer Intel's memory protection extensions (MPX).") },
	{
	    SWITCH_ROW(struct vmms_settings, "ForceSmtEnablement", force_smt_enablement,
	        "Turn on SMT even where policy disallows it."),
	    .note =
	        "Against the worker's NoAutomaticSmtEnablement this one wins; the reference does "
	        "not rank them.",
	},
	{ SWITCH_ROW(struct vmms_settings, "TraceGuestStateFileDebugLogs",
	    trace_guest_state_file_debug_logs, "Trace the debug log of guest state files.") },
	{
	    TEXT_ROW(struct vmms_settings, "CurrentVmVersion", REG_SZ, current_vm_version,
	        "Current version of the virtual machines' schema."),
	    .note = FACADE_NOTE,
	},
	{
	    TEXT_ROW(struct vmms_settings, "CompatibleVmVersion", REG_SZ, compatible_vm_version,
	        "Compatible version of the virtual machines' schema."),
	    .note = FACADE_NOTE,
	},
	{ TEXT_ROW(struct vmms_settings, "CurrentVdevVersion", REG_SZ, current_vdev_version,
	    "Current version of the virtual devices.") },
	{ TEXT_ROW(struct vmms_settings, "CompatibleVdevVersion", REG_SZ, compatible_vdev_version,
	    "Compatible version of the virtual devices.") },
};

static const struct tunable access_rows[] = {
	{
	    NUMBER_ROW(struct vmms_access, "AccessCheckFlags", access_check_flags,
	        "Flags of the authorization manager's access check."),
	    DEFAULT(0),
	    .shape = SHAPE_BITMASK,
	    .unit = "flags",
	    .note = "The bits are not listed.",
	},
};

static const struct tunable errata_rows[] = {
	{
	    SWITCH_ROW(struct vmms_errata, "IfuErrataMitigations", ifu_errata_mitigations,
	        "Default of a processor's mitigation of in-field-update errata."),
	    DEFAULT(0),
	},
};

static const struct tunable phu_rows[] = {
	{
	    NUMBER_ROW(struct vmms_phu, "VmPhuFeatures", vm_phu_features,
	        "Handle-brokering features of a per-host update."),
	    DEFAULT(0x1007),
	    .shape = SHAPE_BITMASK,
	    .unit = "flags",
	    .note = "The bits are not listed.",
	},
};

/* Read when the service stops. */
static const struct tunable phu_shutdown_rows[] = {
	{
	    NUMBER_ROW(struct vmms_phu_shutdown, "FhrTaskDrainTimeoutMs", fhr_task_drain_timeout_ms,
	        "How long a stop of the service waits for FHR tasks."),
	    DEFAULT(60000),
	    .unit = "ms",
	},
};

static const struct tunable shutdown_rows[] = {
	{
	    NUMBER_ROW(struct vmms_shutdown, "ShutdownTimeout", shutdown_timeout,
	        "How long a stop of the service waits for its workers."),
	    .note =
	        "The unit is not stated; hvemu counts in seconds, and waits 20 without a value.",
	},
};

static const struct tunable checkpoint_rows[] = {
	{ SWITCH_ROW(struct vmms_checkpoint, "CheckpointValidatePerfmonPebs",
	    checkpoint_validate_perfmon_pebs,
	    "Check processor event based sampling (PEBS) at a checkpoint.") },
};

/* Read when a virtual machine starts. */
static const struct tunable init_context_rows[] = {
	{
	    NUMBER_ROW(struct vmms_init_context, "StartupWaitTimeout", startup_wait_timeout,
	        "How long the start of a worker process is waited for."),
	    DEFAULT(300),
	    .variant_state = "vm",
	    .variant_word = "shielded",
	    .variant_def = 600,
	    .unit = "s",
	    .note = "600 is read as the default of shielded virtual machines; a value holds for "
	            "both.",
	},
};

static const struct tunable worker_configuration_rows[] = {
	{
	    NUMBER_ROW(struct vmms_worker_configuration, "ManagementVtlDumpSizeOverrideMb",
	        management_vtl_dump_size_override_mb,
	        "Size of the crash dump of a management VTL."),
	    DEFAULT(512),
	    .unit = "MB",
	},
	{
	    SWITCH_ROW(struct vmms_worker_configuration, "BiosEnableNetworkMediaState",
	        bios_enable_network_media_state,
	        "Let the BIOS report whether a network adapter's medium is connected."),
	    DEFAULT(0),
	},
};

/* A table of the Virtualization key. */
#define TABLE(stem, function, when, assumed_when)                                                  \
	const struct tunable_table vmms_##stem##_table = {                                         \
		.name = "vmms." #stem,                                                             \
		.owner = "vmms.exe",                                                               \
		.key = VIRTUALIZATION_KEY,                                                         \
		.section = "1.1",                                                                  \
		.reader = (function),                                                              \
		.apply = (when),                                                                   \
		.assumed_apply = (assumed_when),                                                   \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
		.state_size = sizeof(struct vmms_##stem),                                          \
	}

TABLE(settings, NULL, APPLY_UNKNOWN, APPLY_SERVICE_START);
TABLE(access, "AuthorizationUtilities::Details::GetAccessCheckFlags", APPLY_UNKNOWN,
    APPLY_SERVICE_START);
TABLE(errata, "VmProcessorSettings::GetDefaultIfuErrataMitigations", APPLY_UNKNOWN,
    APPLY_SERVICE_START);
TABLE(phu, "VmmsVmPhuManager::UpdatePhuSettingsFromRegistry", APPLY_UNKNOWN, APPLY_SERVICE_START);
TABLE(phu_shutdown, "VmmsVmPhuManager shutdown", APPLY_OPERATION, APPLY_FORGOTTEN);
TABLE(shutdown, NULL, APPLY_OPERATION, APPLY_FORGOTTEN);
TABLE(checkpoint, NULL, APPLY_OPERATION, APPLY_FORGOTTEN);
TABLE(init_context, "VmmsVirtualMachine::CreateInitContext", APPLY_VM_START, APPLY_FORGOTTEN);
TABLE(worker_configuration, "CreateConfigurationForWorkerProcess", APPLY_VM_START, APPLY_FORGOTTEN);

/* The service names a virtual machine whenever it has to: what it knows is never old. */
const struct tunable_table vmms_vm_table = {
	.name = "vmms.vm",
	.owner = "vmms.exe",
	.key = VM_KEY,
	.is_instance = guid_is_text,
	.section = "1.1",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = shared_vm_rows,
	.count = SHARED_VM_ROWS,
	.state_size = sizeof(struct shared_vm),
};

/* --- Start and stop of the service
 * ---------------------------------------------------------------- */

static ntstatus
AuthorizationUtilities_Details_GetAccessCheckFlags(struct module_object *object)
{
	return module_load(object, &vmms_access_table, tunable_read_value);
}

static ntstatus
VmProcessorSettings_GetDefaultIfuErrataMitigations(struct module_object *object)
{
	return module_load(object, &vmms_errata_table, tunable_read_value);
}

static ntstatus
VmmsVmPhuManager_UpdatePhuSettingsFromRegistry(struct module_object *object)
{
	return module_load(object, &vmms_phu_table, tunable_read_value);
}

static ntstatus
settings_entry(struct module_object *object)
{
	struct vmms *vmms = object->extension;
	const struct vmms_settings *settings;
	ntstatus status = module_load(object, &vmms_settings_table, tunable_read_value);

	if (ntstatus_ok(status))
		status = AuthorizationUtilities_Details_GetAccessCheckFlags(object);
	if (ntstatus_ok(status))
		status = VmProcessorSettings_GetDefaultIfuErrataMitigations(object);
	if (ntstatus_ok(status))
		status = VmmsVmPhuManager_UpdatePhuSettingsFromRegistry(object);
	if (!ntstatus_ok(status))
		return status;
	settings = module_state(object, &vmms_settings_table);
	vmms->vss = vmms_pool_start(number_or(settings->vss_thread_pool_size, VSS_THREADS_ASSUMED));
	return NTSTATUS(vmms->vss != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}

/* No host update is ever under way here, so that nothing has to be waited for. */
static void
VmmsVmPhuManager_shutdown(struct module_object *object)
{
	const struct vmms_phu_shutdown *shutdown;

	if (!ntstatus_ok(module_load(object, &vmms_phu_shutdown_table, tunable_read_value)))
		return;
	shutdown = module_state(object, &vmms_phu_shutdown_table);
	module_log(object, "vmms: no FHR task is left to wait %" PRIu64 " ms for",
	    shutdown->fhr_task_drain_timeout_ms.value);
	module_forget(object, &vmms_phu_shutdown_table, NULL);
}

static void
settings_unload(struct module_object *object)
{
	struct vmms *vmms = object->extension;

	if (object->running)
		VmmsVmPhuManager_shutdown(object);
	vmms_pool_stop(vmms->vss);
	vmms->vss = NULL;
}

uint64_t
vmms_shutdown_timeout_ms(struct module_object *object)
{
	const struct vmms_shutdown *shutdown;
	uint64_t seconds = SHUTDOWN_TIMEOUT_ASSUMED_S;

	if (ntstatus_ok(module_load(object, &vmms_shutdown_table, tunable_read_value))) {
		shutdown = module_state(object, &vmms_shutdown_table);
		seconds = number_or(shutdown->shutdown_timeout, SHUTDOWN_TIMEOUT_ASSUMED_S);
		module_forget(object, &vmms_shutdown_table, NULL);
	}
	return seconds * MS_PER_S;
}

/* --- Start of a virtual machine
 * ------------------------------------------------------------------- */

/* Read a table for a virtual machine, under what kind of machine it is. */
static ntstatus
load_for_machine(struct module_object *object, const struct tunable_table *table, const char *guid,
    bool shielded)
{
	const struct module_word words[MODULE_WORDS] = { { "vm",
	    shielded ? "shielded" : "normal" } };

	return module_load_under(object, table, NULL, guid, words, tunable_read_value);
}

ntstatus
VmmsVirtualMachine_CreateInitContext(
    struct module_object *object, const char *guid, bool shielded, uint64_t *ret_timeout_s)
{
	const struct vmms_init_context *context;
	ntstatus status = load_for_machine(object, &vmms_init_context_table, guid, shielded);

	if (!ntstatus_ok(status))
		return status;
	context = module_state_of(object, &vmms_init_context_table, NULL, guid);
	*ret_timeout_s = context->startup_wait_timeout.value;
	if (vmms_traces_workers(object))
		module_log(object, "vmms: worker manager: %s: a worker within %" PRIu64 " s", guid,
		    *ret_timeout_s);
	return status;
}

ntstatus
CreateConfigurationForWorkerProcess(
    struct module_object *object, const char *guid, bool shielded, json_t *configuration)
{
	const struct vmms_settings *settings = module_state(object, &vmms_settings_table);
	const struct vmms_worker_configuration *worker;
	ntstatus status =
	    load_for_machine(object, &vmms_worker_configuration_table, guid, shielded);

	if (!ntstatus_ok(status))
		return status;
	worker = module_state_of(object, &vmms_worker_configuration_table, NULL, guid);
	json_object_set_new(configuration, "management_vtl_dump_mb",
	    vmms_number(worker->management_vtl_dump_size_override_mb));
	json_object_set_new(configuration, "bios_network_media_state",
	    json_boolean(vmms_on(worker->bios_enable_network_media_state)));
	json_object_set_new(
	    configuration, "force_smt", json_boolean(vmms_on(settings->force_smt_enablement)));
	if (vmms_on(settings->trace_guest_state_file_debug_logs))
		module_log(object, "vmms: guest state file: %s: %s", guid,
		    shielded ? "shielded" : "not shielded");
	return status;
}

void
vmms_forget_machine(struct module_object *object, const char *guid)
{
	module_forget(object, &vmms_init_context_table, guid);
	module_forget(object, &vmms_worker_configuration_table, guid);
	if (vmms_traces_workers(object))
		module_log(object, "vmms: worker manager: %s: no worker any more", guid);
}

bool
vmms_traces_workers(const struct module_object *object)
{
	const struct vmms_settings *settings = module_state(object, &vmms_settings_table);

	return settings != NULL && vmms_on(settings->trace_vmms_worker_manager_wp_tracking);
}

ntstatus
vmms_checkpoint(struct module_object *object, const char *guid, json_t *result)
{
	const struct vmms_checkpoint *checkpoint;
	ntstatus status;

	if (!guid_is_text(guid, strlen(guid)))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = module_load(object, &vmms_checkpoint_table, tunable_read_value);
	if (!ntstatus_ok(status))
		return status;
	checkpoint = module_state(object, &vmms_checkpoint_table);
	json_object_set_new(result, "validates_perfmon_pebs",
	    json_boolean(vmms_on(checkpoint->checkpoint_validate_perfmon_pebs)));
	module_forget(object, &vmms_checkpoint_table, NULL);
	return status;
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

static json_t *
text_or_null(struct tunable_text text)
{
	return text.text != NULL ? tunable_json_text(text.text) : json_null();
}

static json_t *
host_status(const struct vmms_settings *settings)
{
	return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "gen1_scale_up",
	    vmms_on(settings->allow_gen1_vm_scale_up), "gen2_scale_up",
	    vmms_on(settings->allow_gen2_vm_scale_up), "unbuffered_copy",
	    !vmms_on(settings->disable_non_buffered_copy_with_file_flush), "gpu_overcommit",
	    vmms_on(settings->enable_gpu_overcommit), "secure_boot_template_cache",
	    vmms_on(settings->enable_secure_boot_template_cache), "metrics",
	    !vmms_on(settings->skip_metrics));
}

/* The numbers of the bits that are set. */
static json_t *
bits(uint64_t mask)
{
	json_t *list = json_array();

	for (json_int_t bit = 0; mask != 0; bit++, mask >>= 1) {
		if ((mask & 1u) != 0)
			json_array_append_new(list, json_integer(bit));
	}
	return list;
}

static void
settings_status(const struct module_object *object, json_t *state)
{
	const struct vmms *vmms = object->extension;
	const struct vmms_settings *settings = module_state(object, &vmms_settings_table);
	const struct vmms_access *access = module_state(object, &vmms_access_table);
	const struct vmms_errata *errata = module_state(object, &vmms_errata_table);
	const struct vmms_phu *phu = module_state(object, &vmms_phu_table);

	json_object_set_new(state, "host", host_status(settings));
	json_object_set_new(state, "processor",
	    json_pack("{s:b, s:b, s:b}", "mpx", vmms_on(settings->enable_mpx), "force_smt",
	        vmms_on(settings->force_smt_enablement), "ifu_errata_mitigations",
	        vmms_on(errata->ifu_errata_mitigations)));
	json_object_set_new(state, "vss",
	    json_pack("{s:I, s:b}", "threads", (json_int_t)vmms_pool_size(vmms->vss),
	        "count_assumed", !settings->vss_thread_pool_size.set));
	json_object_set_new(state, "access_check",
	    json_pack("{s:o}", "flags", bits(access->access_check_flags.value)));
	json_object_set_new(
	    state, "host_update", json_pack("{s:o}", "features", bits(phu->vm_phu_features.value)));
	json_object_set_new(state, "versions",
	    json_pack("{s:o, s:o, s:o, s:o}", "vm", text_or_null(settings->current_vm_version),
	        "vm_compatible", text_or_null(settings->compatible_vm_version), "vdev",
	        text_or_null(settings->current_vdev_version), "vdev_compatible",
	        text_or_null(settings->compatible_vdev_version)));
	json_object_set_new(state, "trace",
	    json_pack("{s:b, s:b}", "workers", vmms_traces_workers(object), "guest_state_files",
	        vmms_on(settings->trace_guest_state_file_debug_logs)));
}

const struct vmms_part vmms_settings_part = {
	.entry = settings_entry,
	.unload = settings_unload,
	.status = settings_status,
};
