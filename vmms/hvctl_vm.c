/*
 * vm: the virtual machines, through vmms.
 */
#include <stdlib.h>
#include <string.h>

#include "vmms/hvctl.h"
#include "vmms/protocol.h"

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* Ask vmms; NULL after what is wrong was told, with the exit status. */
static json_t *
ask(const struct hvctl *hvctl, const char *method, json_t *params)
{
	json_t *result = NULL;

	if (hvctl_ask(hvctl, VMMS_NAME, method, params, &result) == ASKED_DOWN)
		hvctl_fail(
		    hvctl, "vmms does not run; start it with \"hvctl up\" or \"hvctl start vmms\"");
	return result;
}

static int
list(struct hvctl *hvctl)
{
	json_t *machines = ask(hvctl, "vm-list", NULL);
	json_t *machine;
	size_t index;

	if (machines == NULL)
		return EXIT_FAILURE;
	if (hvctl->json)
		return hvctl_print_json(hvctl, machines);
	if (json_array_size(machines) == 0)
		printf("There is no virtual machine; make one with \"hvctl vm create NAME\".\n");
	json_array_foreach(machines, index, machine)
	{
		char *pid = hvctl_member(machine, "pid");

		printf("%s  %-9s %-8s %s%s\n", text_of(machine, "guid"), text_of(machine, "state"),
		    pid != NULL ? pid : "-", text_of(machine, "name"),
		    json_is_true(json_object_get(machine, "shielded")) ? " (shielded)" : "");
		free(pid);
	}
	json_decref(machines);
	return EXIT_SUCCESS;
}

static int
change(struct hvctl *hvctl, const char *method, json_t *params, const char *name, const char *done)
{
	json_t *result = ask(hvctl, method, params);

	if (result == NULL)
		return EXIT_FAILURE;
	if (hvctl->json)
		return hvctl_print_json(hvctl, result);
	printf("%s is %s (%s).\n", name, done, text_of(result, "guid"));
	json_decref(result);
	return EXIT_SUCCESS;
}

int
hvctl_vm(struct hvctl *hvctl, int argc, char **argv)
{
	static const struct {
		const char *verb;
		const char *method;
		const char *done;
	} verbs[] = {
		{ "start", "vm-start", "running" },
		{ "stop", "vm-stop", "off" },
		{ "delete", "vm-delete", "gone" },
	};
	bool shielded = argc == 4 && strcmp(argv[3], "--shielded") == 0;

	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list(hvctl);
	if (argc >= 3 && strcmp(argv[1], "create") == 0 && (argc == 3 || shielded))
		return change(hvctl, "vm-create",
		    json_pack("{s:s, s:b}", "name", argv[2], "shielded", shielded), argv[2],
		    "made");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (argc == 3 && strcmp(argv[1], verbs[i].verb) == 0)
			return change(hvctl, verbs[i].method, json_pack("{s:s}", "vm", argv[2]),
			    argv[2], verbs[i].done);
	}
	return hvctl_misused(
	    hvctl, "expected \"vm list\", or create, start, stop or delete and a name");
}
