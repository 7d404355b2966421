/*
 * boot, events and service: the loader's side of a host.
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/protocol.h"
#include "hvloader/protocol.h"
#include "regstore/svc/events.h"
#include "vmms/hvctl.h"

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "-";
}

/* Ask the loader; NULL after what is wrong was told. */
static json_t *
ask(const struct hvctl *hvctl, const char *method, json_t *params)
{
	json_t *result = NULL;

	if (hvctl_ask(hvctl, HVLOADER_NAME, method, params, &result) == ASKED_DOWN)
		hvctl_down_error(hvctl);
	return result;
}

/* --- boot
 * ----------------------------------------------------------------------------------------- */

static void
print_block(const struct hvctl *hvctl, const json_t *block)
{
	json_t *field;
	size_t index;

	printf("%s  %-26s %-18s %-10s %-15s %s%s\n", hvctl_bold(hvctl), "FIELD", "VALUE", "FROM",
	    "VERDICT", "REASON", hvctl_plain(hvctl));
	json_array_foreach(block, index, field)
	{
		char *value = hvctl_member(field, "value");

		printf("  %-26s %-18s %-10s %-15s %s\n", text_of(field, "field"),
		    value != NULL && value[0] != '\0' ? value : "-", text_of(field, "from"),
		    text_of(field, "verdict"), text_of(field, "reason"));
		free(value);
	}
}

int
hvctl_boot(struct hvctl *hvctl, int argc, char **argv)
{
	bool explain = argc == 2 && strcmp(argv[1], "--explain") == 0;
	json_t *boot;

	if (argc > 2 || (argc == 2 && !explain))
		return hvctl_misused(hvctl, "\"boot\" takes no argument but --explain");
	boot = ask(hvctl, "boot", NULL);
	if (boot == NULL)
		return EXIT_FAILURE;
	if (hvctl->json)
		return hvctl_print_json(hvctl, boot);
	printf("Booted from control set %d%s in %.0f ms",
	    (int)json_integer_value(json_object_get(boot, "control_set")),
	    json_is_true(json_object_get(boot, "last_known_good")) ? " (last known good)" : "",
	    json_real_value(json_object_get(boot, "boot_ms")));
	if (json_is_true(json_object_get(boot, "hypervisor")))
		printf("; the hypervisor's scheduler type is %d.\n",
		    (int)json_integer_value(json_object_get(boot, "scheduler")));
	else
		printf("; without a hypervisor (hypervisorlaunchtype is Off).\n");
	if (explain)
		print_block(hvctl, json_object_get(boot, "launch_block"));
	json_decref(boot);
	return EXIT_SUCCESS;
}

/* --- events
 * --------------------------------------------------------------------------------------- */

int
hvctl_events(struct hvctl *hvctl, int argc, char **argv)
{
	const char *provider = NULL;
	unsigned long id = 0;
	json_t *list;
	json_t *event;
	size_t index;

	for (int i = 1; i < argc; i++) {
		char *end = NULL;

		if (strcmp(argv[i], "--provider") == 0 && i + 1 < argc) {
			provider = argv[++i];
		} else if (strcmp(argv[i], "--id") == 0 && i + 1 < argc) {
			id = strtoul(argv[++i], &end, 10);
			if (*end != '\0' || id == 0 || id > 65535)
				return hvctl_misused(hvctl, "--id needs a number from 1 to 65535");
		} else {
			return hvctl_misused(hvctl, "\"events\" takes --provider NAME and --id N");
		}
	}
	list = events_read(hvctl->root, provider, (unsigned)id);
	if (hvctl->json)
		return hvctl_print_json(hvctl, list);
	json_array_foreach(list, index, event)
	    printf("%s  %-11s %5d  %s\n    %s\n", text_of(event, "time"), text_of(event, "level"),
	        (int)json_integer_value(json_object_get(event, "id")), text_of(event, "provider"),
	        text_of(event, "message"));
	json_decref(list);
	return EXIT_SUCCESS;
}

/* --- service
 * -------------------------------------------------------------------------------------- */

static void
print_service(const struct hvctl *hvctl, const json_t *service)
{
	json_t *name;
	size_t index;

	printf("%s%s%s  %s\n", hvctl_bold(hvctl), text_of(service, "name"), hvctl_plain(hvctl),
	    text_of(service, "display_name"));
	printf("  state %s, start %s, program %s, process %d\n", text_of(service, "state"),
	    text_of(service, "start"), text_of(service, "program"),
	    (int)json_integer_value(json_object_get(service, "pid")));
	if (json_integer_value(json_object_get(service, "failures")) > 0)
		printf("  failed %d times, started again %d times\n",
		    (int)json_integer_value(json_object_get(service, "failures")),
		    (int)json_integer_value(json_object_get(service, "restarts")));
	json_array_foreach(json_object_get(service, "depends"), index, name)
	    printf("  depends on %s\n", json_string_value(name));
}

static int
query(struct hvctl *hvctl, const char *wanted)
{
	json_t *all = ask(hvctl, "services", NULL);
	json_t *found = json_array();
	json_t *service;
	size_t index;

	json_array_foreach(all, index, service)
	{
		if (wanted == NULL || strcasecmp(text_of(service, "name"), wanted) == 0 ||
		    strcasecmp(text_of(service, "program"), wanted) == 0)
			json_array_append(found, service);
	}
	json_decref(all);
	if (all == NULL || (wanted != NULL && json_array_size(found) == 0)) {
		json_decref(found);
		return all == NULL ? EXIT_FAILURE
		                   : hvctl_fail(hvctl, "there is no service \"%s\"", wanted);
	}
	if (hvctl->json)
		return hvctl_print_json(hvctl, found);
	json_array_foreach(found, index, service) print_service(hvctl, service);
	json_decref(found);
	return EXIT_SUCCESS;
}

static const struct {
	const char *verb;
	const char *method;
	const char *done;
} verbs[] = {
	{ "start", "start-service", "started" },
	{ "stop", "stop-service", "stopped" },
	{ "restart", "restart-service", "restarted" },
};

int
hvctl_change_service(struct hvctl *hvctl, const char *verb, const char *name)
{
	size_t at = 0;
	json_t *result;

	if (strcmp(name, HVLOADER_NAME) == 0 || strcmp(name, KERNEL_NAME) == 0)
		return hvctl_misused(hvctl, "%s goes with the host: \"hvctl reboot\"", name);
	while (strcmp(verbs[at].verb, verb) != 0)
		at++;
	result = ask(hvctl, verbs[at].method, json_pack("{s:s}", "service", name));
	if (result == NULL)
		return EXIT_FAILURE;
	if (hvctl->json)
		return hvctl_print_json(hvctl, result);
	printf("%s is %s.\n", name, verbs[at].done);
	json_decref(result);
	return EXIT_SUCCESS;
}

int
hvctl_service(struct hvctl *hvctl, int argc, char **argv)
{
	if (argc >= 2 && argc <= 3 && strcmp(argv[1], "query") == 0)
		return query(hvctl, argc == 3 ? argv[2] : NULL);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (argc == 3 && strcmp(argv[1], verbs[i].verb) == 0)
			return hvctl_change_service(hvctl, argv[1], argv[2]);
	}
	return hvctl_misused(
	    hvctl, "expected \"service query\", or start, stop or restart and a name");
}
