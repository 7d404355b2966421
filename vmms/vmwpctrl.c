/*
 * vmwpctrl.dll: how worker processes are contained (reference 1.9).
 */
#include "vmms/internal.h"
#include "vmms/modules.h"
#include "vmwp/shared.h"

struct vmwpctrl_policy {
	struct tunable_number worker_app_container;
};

static const struct tunable policy_rows[] = {
	{
	    .name = "WorkerAppContainer",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmwpctrl_policy, worker_app_container),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Isolate worker processes in an AppContainer.",
	    .note =
	        "Listed among the subkeys, but written as a typed path: a value of the base key.",
	},
};

static const struct tunable_table policy_table = {
	.name = "vmwpctrl.policy",
	.owner = "vmwpctrl.dll",
	.key = VIRTUALIZATION_KEY,
	.section = "1.9",
	.reader = "VmWpCtrl::LoadWorkerAppContainerPolicy",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = policy_rows,
	.count = ARRAY_SIZE(policy_rows),
	.state_size = sizeof(struct vmwpctrl_policy),
};

static const struct tunable_table *const tables[] = { &policy_table };

ntstatus
VmWpCtrl_LoadWorkerAppContainerPolicy(
    struct module_object *object, const char *guid, json_t *configuration)
{
	const struct vmwpctrl_policy *policy;
	ntstatus status = module_load_instance(object, &policy_table, NULL, guid, NULL);

	if (!ntstatus_ok(status))
		return status;
	policy = module_state_of(object, &policy_table, NULL, guid);
	json_object_set_new(
	    configuration, "app_container", json_boolean(vmms_on(policy->worker_app_container)));
	return status;
}

void
VmWpCtrl_forget(struct module_object *object, const char *guid)
{
	module_forget(object, &policy_table, guid);
}

static ntstatus
vmwpctrl_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

const struct module vmwpctrl_module = {
	.name = "vmwpctrl",
	.image = "vmwpctrl.dll",
	.doc = "Control of worker processes.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmwpctrl_entry,
};
