/*
 * What a worker reads of the machine, its processors and its devices (reference 1.1, 1.2).
 */
#include <string.h>

#include "regstore/base/guid.h"
#include "vmwp/internal.h"

#define DEVICE_KEY VIRTUALIZATION_KEY "\\VirtualDeviceDirectory\\<CLSID>"
#define FORCE_SMT  "ForceSmtEnablement"

struct vmwp_settings {
	struct tunable_number enable_exdi_debugger;
	struct tunable_text firmware_version;
	struct tunable_text uefi_crash_dump_path;
	struct tunable_number cpu_id_hide_hyper_v_leaves;
	struct tunable_number disable_resiliency;
	struct tunable_number allow_spilling_for_hv_deposits;
	struct tunable_number use_system_partition_for_hv_deposits;
	struct tunable_number use_system_partition_for_physical_buffers;
	struct tunable_number auto_huge_pages_enabled;
	struct tunable_number enable_virtual_slit_raw_values;
	struct tunable_text min_vm_version_for_cpu_based_mitigations;
	struct tunable_number force_rsba_on;
	struct tunable_number no_automatic_smt_enablement;
	struct tunable_number emulation_enabled;
	struct tunable_number wait_for_debugger_on_emulation_failure;
};

struct vmwp_vtl0 {
	struct tunable_number start_vtl0_timeout_in_seconds;
};

struct vmwp_hvs {
	struct tunable_number hvs_async_warning_timeout_ms;
};

struct vmwp_tuning {
	struct tunable_number hide_hypervisor_present;
	struct tunable_number max_nested_tlb_size;
};

struct vmwp_template {
	struct tunable_number disable_template_file_prefetch;
};

struct vmwp_device {
	struct tunable_text interfaces;
};

static const struct tunable settings_rows[] = {
	{ SWITCH_ROW(struct vmwp_settings, "EnableExdiDebugger", enable_exdi_debugger,
	    "Kernel debugging through EXDI.") },
	{ TEXT_ROW(struct vmwp_settings, "Firmware Version", REG_SZ, firmware_version,
	    "Version that the firmware gives itself.") },
	{
	    TEXT_ROW(struct vmwp_settings, "UefiCrashDumpPath", REG_SZ, uefi_crash_dump_path,
	        "Where the firmware's crash dump goes."),
	    .unit = "path",
	},
	{ SWITCH_ROW(struct vmwp_settings, "CpuIdHideHyperVLeaves", cpu_id_hide_hyper_v_leaves,
	    "Hide the CPUID leaves of Hyper-V from the guest.") },
	{ SWITCH_ROW(struct vmwp_settings, "DisableResiliency", disable_resiliency,
	      "Turn the worker's resiliency off."),
	    .note = "Another value than vhdmp's of the same name." },
	{ SWITCH_ROW(struct vmwp_settings, "AllowSpillingForHvDeposits",
	      allow_spilling_for_hv_deposits, "Let deposits to the hypervisor spill."),
	    .note = "Another value than a memory reserve's of the same name." },
	{ SWITCH_ROW(struct vmwp_settings, "UseSystemPartitionForHvDeposits",
	      use_system_partition_for_hv_deposits,
	      "Take deposits to the hypervisor from the system partition."),
	    .note = "Another value than a memory reserve's of the same name." },
	{ SWITCH_ROW(struct vmwp_settings, "UseSystemPartitionForPhysicalBuffers",
	      use_system_partition_for_physical_buffers,
	      "Take physical buffers from the system partition."),
	    .note = "Another value than a memory reserve's of the same name." },
	{ SWITCH_ROW(struct vmwp_settings, "AutoHugePagesEnabled", auto_huge_pages_enabled,
	    "Back the guest's memory with huge pages where possible.") },
	{ SWITCH_ROW(struct vmwp_settings, "EnableVirtualSlitRawValues",
	    enable_virtual_slit_raw_values, "Raw distances in the virtual SLIT.") },
	{ TEXT_ROW(struct vmwp_settings, "MinVmVersionForCpuBasedMitigations", REG_SZ,
	    min_vm_version_for_cpu_based_mitigations,
	    "Lowest version of a virtual machine that gets processor mitigations.") },
	{ SWITCH_ROW(struct vmwp_settings, "ForceRsbaOn", force_rsba_on,
	    "Report RSBA to the guest in any case.") },
	{
	    NUMBER_ROW(struct vmwp_settings, "NoAutomaticSmtEnablement",
	        no_automatic_smt_enablement, "Do not turn SMT on by itself."),
	    .shape = SHAPE_BOOL,
	    .gates = { { .state = FORCE_SMT, .test = GATE_ZERO } },
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .note = "ForceSmtEnablement, which vmms reads, is read as the stronger: it holds even "
	            "when policy disallows.",
	},
	{ SWITCH_ROW(struct vmwp_settings, "EmulationEnabled", emulation_enabled,
	    "Emulation of the processor.") },
	{ SWITCH_ROW(struct vmwp_settings, "WaitForDebuggerOnEmulationFailure",
	    wait_for_debugger_on_emulation_failure,
	    "Wait for a debugger when the emulation fails.") },
};

static const struct tunable vtl0_rows[] = {
	{
	    NUMBER_ROW(struct vmwp_vtl0, "StartVtl0TimeoutInSeconds", start_vtl0_timeout_in_seconds,
	        "How long the start of VTL0 may take."),
	    .unit = "s",
	},
};

/* Read once, when the first socket of Hyper-V is used. */
static const struct tunable hvs_rows[] = {
	{
	    NUMBER_ROW(struct vmwp_hvs, "HvsAsyncWarningTimeoutMs", hvs_async_warning_timeout_ms,
	        "From when on an asynchronous operation of HVSocket is warned of."),
	    DEFAULT(10000),
	    .unit = "ms",
	},
};

static const struct tunable tuning_rows[] = {
	{ SWITCH_ROW(struct vmwp_tuning, "HideHypervisorPresent", hide_hypervisor_present,
	      "Hide the hypervisor's CPUID leaves from the guest."),
	    .note =
	        "Another setting than CpuIdHideHyperVLeaves and than the processor's property in "
	        "WMI." },
	{
	    NUMBER_ROW(struct vmwp_tuning, "MaxNestedTlbSize", max_nested_tlb_size,
	        "Largest TLB of a nested hypervisor; 0: off."),
	    DEFAULT(0),
	    RANGE(0, 10),
	    .above = OOB_REJECT,
	},
};

static const struct tunable template_rows[] = {
	{
	    SWITCH_ROW(struct vmwp_template, "DisableTemplateFilePrefetch",
	        disable_template_file_prefetch,
	        "Do not read ahead the file of a template virtual machine."),
	    DEFAULT(0),
	},
};

static const struct tunable device_rows[] = {
	{ TEXT_ROW(struct vmwp_device, "Interfaces", REG_MULTI_SZ, interfaces,
	      "Interfaces that a class of virtual devices has."),
	    .note = "\"Per-VDev subkey\" is read as the class's key in VirtualDeviceDirectory." },
};

const struct tunable_table vmwp_settings_table = {
	.name = "vmwp.settings",
	.owner = "vmwp.exe",
	.key = VIRTUALIZATION_KEY,
	.section = "1.1",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = settings_rows,
	.count = ARRAY_SIZE(settings_rows),
	.state_size = sizeof(struct vmwp_settings),
};

const struct tunable_table vmwp_vtl0_table = {
	.name = "vmwp.vtl0",
	.owner = "vmwp.exe",
	.key = VIRTUALIZATION_KEY,
	.section = "1.1",
	.apply = APPLY_VM_START,
	.rows = vtl0_rows,
	.count = ARRAY_SIZE(vtl0_rows),
	.state_size = sizeof(struct vmwp_vtl0),
};

const struct tunable_table vmwp_hvs_table = {
	.name = "vmwp.hvs",
	.owner = "vmwp.exe",
	.key = VIRTUALIZATION_KEY,
	.section = "1.1",
	.reader = "HvsPerf init lambda",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = hvs_rows,
	.count = ARRAY_SIZE(hvs_rows),
	.state_size = sizeof(struct vmwp_hvs),
};

const struct tunable_table vmwp_machine_table = {
	.name = "vmwp.machine",
	.owner = "vmwp.exe",
	.key = VM_KEY,
	.is_instance = guid_is_text,
	.section = "1.1",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = shared_vm_rows,
	.count = SHARED_VM_ROWS,
	.state_size = sizeof(struct shared_vm),
};

const struct tunable_table vmwp_worker_table = {
	.name = "vmwp.worker",
	.owner = "vmwp.exe",
	.key = WORKER_KEY,
	.section = "1.2",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = shared_worker_rows,
	.count = SHARED_WORKER_ROWS,
	.state_size = sizeof(struct shared_worker),
};

const struct tunable_table vmwp_tuning_table = {
	.name = "vmwp.tuning",
	.owner = "vmwp.exe",
	.key = WORKER_KEY,
	.section = "1.2",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = tuning_rows,
	.count = ARRAY_SIZE(tuning_rows),
	.state_size = sizeof(struct vmwp_tuning),
};

const struct tunable_table vmwp_realize_table = {
	.name = "vmwp.realize",
	.owner = "vmwp.exe",
	.key = WORKER_KEY,
	.section = "1.2",
	.apply = APPLY_OPERATION,
	.rows = shared_realize_rows,
	.count = SHARED_REALIZE_ROWS,
	.state_size = sizeof(struct shared_realize),
};

const struct tunable_table vmwp_template_table = {
	.name = "vmwp.template",
	.owner = "vmwp.exe",
	.key = WORKER_KEY,
	.section = "1.2",
	.reader = "WorkerConfiguration::InitializeRuntimeStateFromTemplate",
	.apply = APPLY_VM_START,
	.rows = template_rows,
	.count = ARRAY_SIZE(template_rows),
	.state_size = sizeof(struct vmwp_template),
};

const struct tunable_table vmwp_device_table = {
	.name = "vmwp.device",
	.owner = "vmwp.exe",
	.key = DEVICE_KEY,
	.section = "1.1",
	.reader = "ReadSingleVDevClassInfo",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = device_rows,
	.count = ARRAY_SIZE(device_rows),
	.state_size = sizeof(struct vmwp_device),
};

/* --- Reading
 * -------------------------------------------------------------------------------------- */

/* Whether the host forces SMT on: vmms reads that when it starts, and tells each worker. */
static bool
is_smt_forced(const struct module_object *object)
{
	const char *text = module_word(object, WORD_CONFIGURATION);
	json_t *configuration = text != NULL ? json_loads(text, 0, NULL) : NULL;
	bool forced = json_is_true(json_object_get(configuration, "force_smt"));

	json_decref(configuration);
	return forced;
}

static ntstatus
read_settings(struct module_object *object)
{
	const struct module_word words[MODULE_WORDS] = {
		{ FORCE_SMT, is_smt_forced(object) ? "1" : "0" },
	};

	return module_load_under(object, &vmwp_settings_table, NULL, NULL, words, NULL);
}

/* The machine's own key; a worker that knows no machine reads none. */
static ntstatus
read_machine(struct module_object *object)
{
	const char *guid = module_word(object, WORD_VM_GUID);
	struct buf key = { 0 };
	ntstatus status;

	if (guid == NULL)
		return NTSTATUS(STATUS_SUCCESS);
	buf_printf(&key, "%s\\%s", VIRTUALIZATION_KEY, guid);
	status = module_load_instance(object, &vmwp_machine_table, buf_text(&key), NULL, NULL);
	buf_release(&key);
	return status;
}

static ntstatus
WorkerConfiguration_InitializeRuntimeStateFromTemplate(struct module_object *object)
{
	return module_load(object, &vmwp_template_table, NULL);
}

static ntstatus
ReadSingleVDevClassInfo(struct module_object *object)
{
	return module_load_instances(object, &vmwp_device_table, NULL);
}

static ntstatus
settings_entry(struct module_object *object)
{
	static const struct tunable_table *const plain[] = { &vmwp_vtl0_table, &vmwp_hvs_table,
		&vmwp_worker_table, &vmwp_tuning_table };
	static ntstatus (*const steps[])(struct module_object * object) = { read_settings,
		read_machine, WorkerConfiguration_InitializeRuntimeStateFromTemplate,
		ReadSingleVDevClassInfo };
	ntstatus status = NTSTATUS(STATUS_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(plain) && ntstatus_ok(status); i++)
		status = module_load(object, plain[i], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && ntstatus_ok(status); i++)
		status = steps[i](object);
	return status;
}

ntstatus
vmwp_realize(struct module_object *object, const char *argument UNUSED, json_t *result)
{
	const struct shared_worker *worker = module_state(object, &vmwp_worker_table);
	const struct shared_realize *realize;
	ntstatus status = module_load(object, &vmwp_realize_table, NULL);

	if (!ntstatus_ok(status))
		return status;
	realize = module_state(object, &vmwp_realize_table);
	json_object_set_new(
	    result, "fixes_acls", vmwp_switch(realize->include_fixing_realized_vhd_acls));
	json_object_set_new(result, "early", vmwp_switch(worker->allow_early_realize));
	module_forget(object, &vmwp_realize_table, NULL);
	return status;
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

/* Who decides on SMT: the host's force, the worker's refusal, or neither. */
static const char *
smt_word(const struct module_object *object, const struct vmwp_settings *settings)
{
	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct module_snapshot *kept = &object->snapshots[i];

		if (kept->snapshot->table == &vmwp_settings_table && kept->words[0].word != NULL &&
		    strcmp(kept->words[0].word, "1") == 0)
			return "forced";
	}
	return vmwp_on(settings->no_automatic_smt_enablement) ? "not-automatic" : "automatic";
}

static json_t *
processor_json(const struct module_object *object, const struct vmwp_settings *settings)
{
	const struct vmwp_tuning *tuning = module_state(object, &vmwp_tuning_table);
	uint64_t nested = tuning->max_nested_tlb_size.value;

	return json_pack("{s:s, s:b, s:b, s:o, s:o, s:o, s:b, s:o}", "smt",
	    smt_word(object, settings), "hides_hypervisor",
	    vmwp_on(tuning->hide_hypervisor_present), "hides_hyperv_leaves",
	    vmwp_on(settings->cpu_id_hide_hyper_v_leaves), "nested_tlb",
	    nested > 0 ? json_integer((json_int_t)nested) : json_string("off"), "emulation",
	    vmwp_switch(settings->emulation_enabled), "waits_for_debugger",
	    vmwp_switch(settings->wait_for_debugger_on_emulation_failure), "rsba_forced",
	    vmwp_on(settings->force_rsba_on), "mitigations_from_version",
	    vmwp_text(settings->min_vm_version_for_cpu_based_mitigations));
}

static json_t *
deposits_json(const struct vmwp_settings *settings)
{
	return json_pack("{s:b, s:b, s:b}", "hypervisor_from_system_partition",
	    vmwp_on(settings->use_system_partition_for_hv_deposits),
	    "buffers_from_system_partition",
	    vmwp_on(settings->use_system_partition_for_physical_buffers), "may_spill",
	    vmwp_on(settings->allow_spilling_for_hv_deposits));
}

static json_t *
machine_json(const struct module_object *object)
{
	const struct shared_vm *vm = module_state(object, &vmwp_machine_table);
	const char *guid = module_word(object, WORD_VM_GUID);

	if (vm == NULL)
		return json_null();
	return json_pack("{s:s?, s:o, s:o}", "guid", guid, "name", vmwp_text(vm->element_name),
	    "description", vmwp_text(vm->description));
}

static json_t *
waits_json(const struct module_object *object)
{
	const struct shared_worker *worker = module_state(object, &vmwp_worker_table);
	const struct vmwp_vtl0 *vtl0 = module_state(object, &vmwp_vtl0_table);
	const struct vmwp_hvs *hvs = module_state(object, &vmwp_hvs_table);

	return json_pack("{s:o, s:o, s:o, s:o}", "pending_operations_s",
	    vmwp_number(worker->pending_operation_wait_seconds), "vtl0_start_s",
	    vmwp_number(vtl0->start_vtl0_timeout_in_seconds), "hvsocket_warning_ms",
	    vmwp_number(hvs->hvs_async_warning_timeout_ms), "progress_event_s",
	    vmwp_number(worker->event_log_progress_interval_sec));
}

static json_t *
devices_json(const struct module_object *object)
{
	json_t *devices = json_object();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;
		struct buf name = { 0 };

		if (snapshot->table != &vmwp_device_table)
			continue;
		tunable_clean_text(strrchr(snapshot->key, '\\') + 1, &name);
		json_object_set_new(devices, buf_text(&name),
		    vmwp_text(((const struct vmwp_device *)snapshot->state)->interfaces));
		buf_release(&name);
	}
	return devices;
}

static void
settings_status(const struct module_object *object, json_t *state)
{
	const struct vmwp_settings *settings = module_state(object, &vmwp_settings_table);
	const struct vmwp_template *template = module_state(object, &vmwp_template_table);
	const char *configuration = module_word(object, WORD_CONFIGURATION);

	json_object_set_new(state, "machine", machine_json(object));
	if (configuration != NULL)
		json_object_set_new(state, "configuration", json_loads(configuration, 0, NULL));
	json_object_set_new(state, "processor", processor_json(object, settings));
	json_object_set_new(state, "deposits", deposits_json(settings));
	json_object_set_new(state, "waits", waits_json(object));
	json_object_set_new(
	    state, "resiliency", json_boolean(!vmwp_on(settings->disable_resiliency)));
	json_object_set_new(
	    state, "exdi_debugger", json_boolean(vmwp_on(settings->enable_exdi_debugger)));
	json_object_set_new(state, "firmware",
	    json_pack("{s:o, s:o, s:b}", "version", vmwp_text(settings->firmware_version),
	        "crash_dump", vmwp_text(settings->uefi_crash_dump_path), "raw_slit",
	        vmwp_on(settings->enable_virtual_slit_raw_values)));
	json_object_set_new(state, "huge_pages", vmwp_switch(settings->auto_huge_pages_enabled));
	json_object_set_new(state, "template_prefetch",
	    json_boolean(!vmwp_on(template->disable_template_file_prefetch)));
	json_object_set_new(state, "devices", devices_json(object));
}

const struct vmwp_part vmwp_settings_part = {
	.entry = settings_entry,
	.status = settings_status,
};
