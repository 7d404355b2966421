/*
 * vmflexio.dll: flexible I/O devices of a virtual machine (reference 1.9, FlexIOV).
 */
#include "vmwp/internal.h"
#include "vmwp/lists.h"
#include "vmwp/modules.h"

#define FLEXIOV_KEY VIRTUALIZATION_KEY "\\FlexIOV"

enum { ERROR_ACTION_LOG = 1, ERROR_ACTION_BUGCHECK = 2 };

struct vmflexio_settings {
	struct tunable_number vtl2_communication_error_action;
	struct tunable_number vtl2_device_binding_timeout_seconds;
};

static const struct tunable_word error_action_words[] = {
	{ ERROR_ACTION_LOG, "log" },
	{ ERROR_ACTION_BUGCHECK, "bugcheck" },
	{ 0 },
};

static const struct tunable settings_rows[] = {
	{
	    NUMBER_ROW(struct vmflexio_settings, "Vtl2CommunicationErrorAction",
	        vtl2_communication_error_action, "What an error of talking with VTL2 does."),
	    DEFAULT(ERROR_ACTION_LOG),
	    RANGE(1, 2),
	    .shape = SHAPE_ENUM,
	    .words = error_action_words,
	    .misshapen = OOB_RESET,
	    .assumed = FACT_JUDGEMENT,
	    .note = "1 and 2 are valid; another number is read as the default.",
	},
	{
	    NUMBER_ROW(struct vmflexio_settings, "Vtl2DeviceBindingTimeoutSeconds",
	        vtl2_device_binding_timeout_seconds, "How long VTL2 may take to bind a device."),
	    DEFAULT(60),
	    .unit = "s",
	},
};

static const struct tunable disabled_rows[] = {
	{
	    .name = "*",
	    .type = REG_MULTI_SZ,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Devices for which the prediction of WHEA page faults is off.",
	    .note = "The value's name is not stated: each list of the key is read.",
	},
};

static const struct tunable_table settings_table = {
	.name = "vmflexio.settings",
	.owner = "vmflexio.dll",
	.key = FLEXIOV_KEY,
	.section = "1.9",
	.reader = "Settings::Query*",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = settings_rows,
	.count = ARRAY_SIZE(settings_rows),
	.state_size = sizeof(struct vmflexio_settings),
};

static const struct tunable_table disabled_table = {
	.name = "vmflexio.disabled",
	.owner = "vmflexio.dll",
	.key = FLEXIOV_KEY,
	.section = "1.9",
	.reader = "Settings::QueryWheaPfaDeviceDisabled",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = disabled_rows,
	.count = ARRAY_SIZE(disabled_rows),
};

static const struct tunable_table *const tables[] = { &settings_table, &disabled_table };

static ntstatus
Settings_Query(struct module_object *object)
{
	return module_load(object, &settings_table, NULL);
}

static ntstatus
Settings_QueryWheaPfaDeviceDisabled(
    struct module_object *object, const char *argument, json_t *result)
{
	return lists_operation(object, &disabled_table, argument, "disabled", result);
}

static void
vmflexio_status(const struct module_object *object, json_t *state)
{
	const struct vmflexio_settings *settings = module_state(object, &settings_table);
	bool bugchecks = settings->vtl2_communication_error_action.value == ERROR_ACTION_BUGCHECK;

	json_object_set_new(state, "vtl2_error", json_string(bugchecks ? "bugcheck" : "log"));
	json_object_set_new(
	    state, "vtl2_binding_s", vmwp_number(settings->vtl2_device_binding_timeout_seconds));
}

static const struct module_operation operations[] = {
	{ "is-device-disabled", "whether a list has the GUID of a device",
	    Settings_QueryWheaPfaDeviceDisabled },
	{ 0 },
};

const struct module vmflexio_module = {
	.name = "vmflexio",
	.image = "vmflexio.dll",
	.doc = "Flexible I/O devices of a virtual machine.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = Settings_Query,
	.status = vmflexio_status,
	.operations = operations,
};
