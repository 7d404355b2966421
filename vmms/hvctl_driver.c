/*
 * Drivers: their state, and the events that make them read again.
 */
#include <stdlib.h>
#include <string.h>

#include "vmms/hvctl.h"

static int
down(const struct hvctl *hvctl)
{
	return hvctl_fail(hvctl, "the host in %s is down; boot it with \"hvctl up\"", hvctl->root);
}

/* --- status
 * --------------------------------------------------------------------------------------- */

static void
print_driver(const struct hvctl *hvctl, const json_t *driver)
{
	const json_t *state = json_object_get(driver, "state");

	printf("%s%s%s  %s  %s", hvctl_bold(hvctl),
	    json_string_value(json_object_get(driver, "name")), hvctl_plain(hvctl),
	    json_is_true(json_object_get(driver, "running")) ? "running" : "stopped",
	    json_string_value(json_object_get(driver, "purpose")));
	printf("  (entries %d, reloads %d)\n",
	    (int)json_integer_value(json_object_get(driver, "entries")),
	    (int)json_integer_value(json_object_get(driver, "reloads")));
	hvctl_print_tree(state, 2);
}

static int
status_all(struct hvctl *hvctl)
{
	json_t *status = NULL;
	json_t *list = NULL;
	json_t *driver;
	size_t index;
	enum hvctl_asked asked = hvctl_ask(hvctl, "status", NULL, &status);

	if (asked == ASKED_OK)
		asked = hvctl_ask(hvctl, "drivers", NULL, &list);
	if (asked != ASKED_OK) {
		json_decref(status);
		return asked == ASKED_DOWN ? down(hvctl) : EXIT_FAILURE;
	}
	json_object_set_new(status, "drivers", list);
	json_object_set_new(status, "up", json_true());
	if (hvctl->json)
		return hvctl_print_json(hvctl, status);
	printf("%sThe host in %s is up.%s\n", hvctl_bold(hvctl), hvctl->root, hvctl_plain(hvctl));
	printf("%s  process %d, up %.1f s, %d KiB resident\n",
	    json_string_value(json_object_get(status, "name")),
	    (int)json_integer_value(json_object_get(status, "pid")),
	    (double)json_integer_value(json_object_get(status, "uptime_ms")) / 1e3,
	    (int)json_integer_value(json_object_get(status, "resident_kib")));
	json_array_foreach(list, index, driver)
	{
		printf("  %-10s %-8s %s\n", json_string_value(json_object_get(driver, "name")),
		    json_is_true(json_object_get(driver, "running")) ? "running" : "stopped",
		    json_string_value(json_object_get(driver, "purpose")));
	}
	json_decref(status);
	return EXIT_SUCCESS;
}

int
hvctl_status(struct hvctl *hvctl, int argc, char **argv)
{
	json_t *result = NULL;
	enum hvctl_asked asked;

	if (argc > 2)
		return hvctl_misused(hvctl, "\"status\" takes one driver at most");
	if (argc == 2 && driver_find(argv[1]) == NULL)
		return hvctl_misused(hvctl, "there is no driver \"%s\"", argv[1]);
	asked = hvctl_ask(
	    hvctl, "drivers", argc == 2 ? json_pack("{s:s}", "driver", argv[1]) : NULL, &result);
	if (asked == ASKED_DOWN) {
		if (!hvctl->json)
			return down(hvctl);
		hvctl_print_json(hvctl, json_pack("{s:s, s:b}", "root", hvctl->root, "up", false));
		return EXIT_FAILURE;
	}
	if (asked == ASKED_FAILED)
		return EXIT_FAILURE;
	if (argc == 1) {
		json_decref(result);
		return status_all(hvctl);
	}
	if (hvctl->json)
		return hvctl_print_json(hvctl, result);
	print_driver(hvctl, result);
	json_decref(result);
	return EXIT_SUCCESS;
}

/* --- Events
 * --------------------------------------------------------------------------------------- */

/* Call a method that changes something, and say that it was done. */
static int
raise(struct hvctl *hvctl, const char *method, json_t *params, const char *done)
{
	json_t *result = NULL;

	switch (hvctl_ask(hvctl, method, params, &result)) {
	case ASKED_DOWN:
		return down(hvctl);
	case ASKED_FAILED:
		return EXIT_FAILURE;
	default:
		break;
	}
	if (hvctl->json)
		return hvctl_print_json(hvctl, result);
	printf("%s\n", done);
	json_decref(result);
	return EXIT_SUCCESS;
}

int
hvctl_driver_verb(struct hvctl *hvctl, int argc, char **argv)
{
	static const struct {
		const char *verb;
		const char *method;
		const char *done;
	} verbs[] = {
		{ "reload", "reload", "reloaded" },
		{ "start", "start", "loaded" },
		{ "stop", "stop-driver", "unloaded" },
		{ "restart", "restart", "restarted" },
	};
	const struct driver *driver;
	char done[96];

	if (argc == 1 && strcmp(argv[0], "reload") == 0)
		return raise(hvctl, "reload", NULL, "All drivers that can reload have.");
	if (argc != 2)
		return hvctl_misused(hvctl, "\"%s\" takes one driver", argv[0]);
	driver = driver_find(argv[1]);
	if (driver == NULL)
		return hvctl_misused(hvctl, "there is no driver \"%s\"", argv[1]);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[0], verbs[i].verb) != 0)
			continue;
		snprintf(done, sizeof(done), "%s is %s.", driver->name, verbs[i].done);
		return raise(
		    hvctl, verbs[i].method, json_pack("{s:s}", "driver", driver->name), done);
	}
	return EXIT_USAGE;
}

int
hvctl_add_device(struct hvctl *hvctl, int argc, char **argv)
{
	if (argc != 3)
		return hvctl_misused(hvctl, "\"add-device\" takes a driver and a key");
	return raise(hvctl, "add-device",
	    json_pack("{s:s, s:s}", "driver", argv[1], "key", argv[2]), "The device is added.");
}

int
hvctl_call(struct hvctl *hvctl, int argc, char **argv)
{
	json_t *result = NULL;

	if (argc != 4)
		return hvctl_misused(
		    hvctl, "\"call\" takes a driver, an operation and an argument");
	switch (hvctl_ask(hvctl, "call",
	    json_pack(
	        "{s:s, s:s, s:s}", "driver", argv[1], "operation", argv[2], "argument", argv[3]),
	    &result)) {
	case ASKED_DOWN:
		return down(hvctl);
	case ASKED_FAILED:
		return EXIT_FAILURE;
	default:
		break;
	}
	if (hvctl->json)
		return hvctl_print_json(hvctl, result);
	hvctl_print_tree(result, 0);
	json_decref(result);
	return EXIT_SUCCESS;
}
