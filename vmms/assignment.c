/*
 * vmms.exe: discrete device assignment (reference 1.1, 3.1).
 *
 * Two requirements stand at the Virtualization key and, under the same names, in the policy key.
 * The reference does not rank them; the policy wins where it is set, as policies do.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vmms/internal.h"
#include "vmwp/rows.h"

#define POLICY_KEY "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\HyperV"
#define SECURE     "RequireSecureDeviceAssignment"
#define SUPPORTED  "RequireSupportedDeviceAssignment"

static const struct tunable_outcome blocks_insecure = {
	.yes = "blocked",
	.no = "allowed",
	.state = "device",
	.word = "not-dma-remap-secure",
};

static const struct tunable_outcome blocks_unsupported = {
	.yes = "blocked",
	.no = "allowed",
	.state = "device",
	.word = "not-on-supported-list",
};

#define LOCAL_NOTE "The policy value of the same name wins where it is set."
#define POLICY_NOTE                                                                                \
	"Wins over the value at the Virtualization key, which counts where this is not set."

static const struct tunable assignment_rows[] = {
	{
	    .name = SECURE,
	    .type = REG_DWORD,
	    .shape = SHAPE_BOOL,
	    .policy = "HyperV\\" SECURE,
	    .outcome = &blocks_insecure,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .doc = "Assign only devices whose DMA is remapped securely.",
	    .note = LOCAL_NOTE,
	},
	{
	    .name = SUPPORTED,
	    .type = REG_DWORD,
	    .shape = SHAPE_BOOL,
	    .policy = "HyperV\\" SUPPORTED,
	    .outcome = &blocks_unsupported,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .doc = "Assign only devices on the list of supported ones.",
	    .note = LOCAL_NOTE,
	},
};

/* In the order of `errors`. */
static const struct tunable policy_rows[] = {
	{
	    .name = SECURE,
	    .type = REG_DWORD,
	    .shape = SHAPE_BOOL,
	    .fallback = "Virtualization\\" SECURE,
	    .outcome = &blocks_insecure,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .doc = "Policy: assign only devices whose DMA is remapped securely.",
	    .note = POLICY_NOTE,
	},
	{
	    .name = SUPPORTED,
	    .type = REG_DWORD,
	    .shape = SHAPE_BOOL,
	    .fallback = "Virtualization\\" SUPPORTED,
	    .outcome = &blocks_unsupported,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .doc = "Policy: assign only devices on the list of supported ones.",
	    .note = POLICY_NOTE,
	},
};

static const char *const errors[ARRAY_SIZE(policy_rows)] = {
	"Device is not compliant with HyperV\\" SECURE " group policy.",
	"Device is not compliant with HyperV\\" SUPPORTED " group policy.",
};

const struct tunable_table vmms_assignment_table = {
	.name = "vmms.assignment",
	.owner = "vmms.exe",
	.key = VIRTUALIZATION_KEY,
	.section = "1.1",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = assignment_rows,
	.count = ARRAY_SIZE(assignment_rows),
};

const struct tunable_table vmms_assignment_policy_table = {
	.name = "vmms.assignment_policy",
	.owner = "vmms.exe",
	.key = POLICY_KEY,
	.section = "3.1",
	.reader = "Vml::VmRegistryKey::Open",
	.apply = APPLY_OPERATION,
	.rows = policy_rows,
	.count = ARRAY_SIZE(policy_rows),
};

/* What can be known of a device. */
static const char *const device_words[] = { "dma-remap-secure", "not-dma-remap-secure",
	"on-supported-list", "not-on-supported-list" };

static bool
is_device_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(device_words); i++) {
		if (strcmp(device_words[i], word) == 0)
			return true;
	}
	return false;
}

static const char *
state_of_device(const struct tunable_case *given, const char *name)
{
	return strcasecmp(name, "device") == 0 ? given->context : NULL;
}

/* The requirements as they stand: the policy's, else the host's own. The caller frees them. */
static ntstatus
Vml_VmRegistryKey_Open(struct module_object *object, struct tunable_snapshot **ret_snapshot)
{
	struct tunable_loader loader = { .catalog = object->catalog, .registry = object->registry };

	return ntstatus_from_lstatus(
	    tunable_load(&loader, &vmms_assignment_policy_table, NULL, ret_snapshot));
}

/* The error of the first requirement that something known of the device breaks; or NULL. */
static const char *
find_error(const struct tunable_snapshot *requirements, char *word)
{
	const struct tunable_case given = { .state = state_of_device, .context = word };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		if (strcmp(tunable_outcome_word(&requirements->readings[i], &given), "blocked") ==
		    0)
			return errors[i];
	}
	return NULL;
}

ntstatus
vmms_assign_device(struct module_object *object, const char *argument, json_t *result)
{
	struct tunable_snapshot *requirements = NULL;
	char *words = strdup(argument);
	char *rest = words;
	const char *error = NULL;
	ntstatus status = NTSTATUS(STATUS_NO_MEMORY);

	if (words != NULL)
		status = Vml_VmRegistryKey_Open(object, &requirements);
	while (ntstatus_ok(status) && rest != NULL) {
		char *word = strsep(&rest, ",");

		if (!is_device_word(word))
			status = NTSTATUS(STATUS_INVALID_PARAMETER);
		else if (error == NULL)
			error = find_error(requirements, word);
	}
	if (ntstatus_ok(status) && error != NULL)
		status = NTSTATUS(STATUS_ACCESS_DENIED);
	if (error != NULL) {
		json_object_set_new(result, "error", json_string(error));
		module_log(object, "vmms: %s", error);
	}
	json_object_set_new(
	    result, "device", json_string(ntstatus_ok(status) ? "allowed" : "blocked"));
	tunable_snapshot_free(requirements);
	free(words);
	return status;
}
