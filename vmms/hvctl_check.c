/*
 * hvctl host check: whether the host's registry is whole.
 */
#include "regstore/store/check.h"
#include "vmms/hvctl.h"

static void
add_fault(void *context, const char *fault)
{
	json_array_append_new(context, tunable_json_text(fault));
}

int
hvctl_check_host(struct hvctl *hvctl)
{
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	json_t *faults = json_array();
	json_t *fault;
	size_t index;
	lstatus status;
	bool whole;

	if (registry == NULL) {
		json_decref(faults);
		return EXIT_FAILURE;
	}
	status = store_check(registry_store(registry), add_fault, faults);
	if (!lstatus_ok(status))
		hvctl_fail(hvctl, "%s: %s (%s)", hvctl->root, lstatus_text(status),
		    registry_error(registry));
	registry_close(registry);
	whole = lstatus_ok(status) && json_array_size(faults) == 0;
	if (hvctl->json) {
		hvctl_print_json(hvctl, json_pack("{s:s, s:b, s:o}", "root", hvctl->root, "whole",
		                            whole, "faults", faults));
		return whole ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	json_array_foreach(faults, index, fault) puts(json_string_value(fault));
	json_decref(faults);
	if (whole)
		printf("The registry of the host in %s is whole.\n", hvctl->root);
	return whole ? EXIT_SUCCESS : EXIT_FAILURE;
}
