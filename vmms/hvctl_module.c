/*
 * Modules and processes: their state, and the events that make them read again.
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/protocol.h"
#include "vmms/hvctl.h"
#include "vmms/protocol.h"
#include "vmwp/protocol.h"

/* --- status
 * --------------------------------------------------------------------------------------- */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static void
print_module(const struct hvctl *hvctl, const char *process, const json_t *module)
{
	printf("%s%s%s  %s in %s  %s", hvctl_bold(hvctl), text_of(module, "name"),
	    hvctl_plain(hvctl),
	    json_is_true(json_object_get(module, "running")) ? "running" : "stopped", process,
	    text_of(module, "purpose"));
	printf("  (entries %d, reloads %d)\n",
	    (int)json_integer_value(json_object_get(module, "entries")),
	    (int)json_integer_value(json_object_get(module, "reloads")));
	hvctl_print_tree(json_object_get(module, "state"), 2);
}

/* One process's status with its modules; NULL with *ret_asked if there is no answer. */
static json_t *
process_status(const struct hvctl *hvctl, const char *name, enum hvctl_asked *ret_asked)
{
	json_t *status = NULL;
	json_t *modules = NULL;

	*ret_asked = hvctl_ask(hvctl, name, "status", NULL, &status);
	if (*ret_asked == ASKED_OK)
		*ret_asked = hvctl_ask(hvctl, name, "modules", NULL, &modules);
	if (*ret_asked != ASKED_OK) {
		json_decref(status);
		return NULL;
	}
	json_object_set_new(status, "modules", modules);
	return status;
}

static void
print_process(const struct hvctl *hvctl, const json_t *process)
{
	json_t *module;
	size_t index;

	printf("%s%s%s  process %d, up %.1f s, %d KiB resident\n", hvctl_bold(hvctl),
	    text_of(process, "name"), hvctl_plain(hvctl),
	    (int)json_integer_value(json_object_get(process, "pid")),
	    (double)json_integer_value(json_object_get(process, "uptime_ms")) / 1e3,
	    (int)json_integer_value(json_object_get(process, "resident_kib")));
	json_array_foreach(json_object_get(process, "modules"), index, module)
	{
		printf("  %-16s %-8s %s\n", text_of(module, "name"),
		    json_is_true(json_object_get(module, "running")) ? "running" : "stopped",
		    text_of(module, "purpose"));
	}
}

/* All processes that answer, as an array; NULL if one fails. */
static json_t *
all_processes(const struct hvctl *hvctl)
{
	json_t *list = json_array();

	for (const struct host_process *at = host_processes; at->name != NULL; at++) {
		json_t *names = hvctl_sockets(hvctl, at);
		json_t *name;
		size_t index;

		json_array_foreach(names, index, name)
		{
			enum hvctl_asked asked;
			json_t *status = process_status(hvctl, json_string_value(name), &asked);

			if (status != NULL)
				json_array_append_new(list, status);
			if (asked != ASKED_FAILED)
				continue;
			json_decref(names);
			json_decref(list);
			return NULL;
		}
		json_decref(names);
	}
	return list;
}

static int
status_all(struct hvctl *hvctl)
{
	json_t *list = all_processes(hvctl);
	json_t *process;
	size_t index;
	bool up = false;

	if (list == NULL)
		return EXIT_FAILURE;
	/* Without the kernel the host is down, whatever is left of the rest. */
	json_array_foreach(list, index, process) up =
	    up || strcmp(text_of(process, "name"), KERNEL_NAME) == 0;
	if (!up && !hvctl->json) {
		json_decref(list);
		return hvctl_down_error(hvctl);
	}
	if (hvctl->json) {
		int status = hvctl_print_json(hvctl,
		    json_pack("{s:s, s:b, s:o}", "root", hvctl->root, "up", up, "processes", list));

		return up ? status : EXIT_FAILURE;
	}
	printf("The host in %s is up.\n", hvctl->root);
	json_array_foreach(list, index, process) print_process(hvctl, process);
	json_decref(list);
	return EXIT_SUCCESS;
}

/* A module's state in each process that has it. */
static int
status_of(struct hvctl *hvctl, const char *word)
{
	json_t *found = json_array();
	json_t *list = all_processes(hvctl);
	json_t *process;
	json_t *module;
	size_t index;
	size_t at;

	json_array_foreach(list, index, process)
	{
		json_array_foreach(json_object_get(process, "modules"), at, module)
		{
			const struct module *known =
			    host_module_find(text_of(module, "image"), NULL);

			if (known == NULL || !module_is(known, word))
				continue;
			json_object_set(module, "process", json_object_get(process, "name"));
			json_array_append(found, module);
		}
	}
	json_decref(list);
	if (list == NULL || json_array_size(found) == 0) {
		json_decref(found);
		return list == NULL ? EXIT_FAILURE : hvctl_down_error(hvctl);
	}
	if (hvctl->json) {
		json_t *one = json_array_size(found) == 1 ? json_incref(json_array_get(found, 0))
		                                          : json_incref(found);

		json_decref(found);
		return hvctl_print_json(hvctl, one);
	}
	json_array_foreach(found, index, module)
	    print_module(hvctl, text_of(module, "process"), module);
	json_decref(found);
	return EXIT_SUCCESS;
}

int
hvctl_status(struct hvctl *hvctl, int argc, char **argv)
{
	if (argc > 2)
		return hvctl_misused(hvctl, "\"status\" takes one module at most");
	if (argc == 1)
		return status_all(hvctl);
	if (host_module_find(argv[1], NULL) == NULL)
		return hvctl_misused(hvctl, "there is no module \"%s\"", argv[1]);
	return status_of(hvctl, argv[1]);
}

/* --- Events
 * --------------------------------------------------------------------------------------- */

/* Call a method that changes something, and say that it was done. */
static int
raise(
    struct hvctl *hvctl, const char *process, const char *method, json_t *params, const char *done)
{
	json_t *result = NULL;

	switch (hvctl_ask(hvctl, process, method, params, &result)) {
	case ASKED_DOWN:
		return hvctl_down_error(hvctl);
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

static const struct {
	const char *verb;
	const char *method;
	const char *driver_done;
	const char *process_done;
} verbs[] = {
	{ "reload", "reload", "reloaded", "reloaded" },
	{ "start", "load", "loaded", "started" },
	{ "stop", "unload", "unloaded", "stopped" },
	{ "restart", "restart", "restarted", "restarted" },
};

static size_t
find_verb(const char *text)
{
	size_t verb = 0;

	while (strcmp(verbs[verb].verb, text) != 0)
		verb++;
	return verb;
}

int
hvctl_verb(struct hvctl *hvctl, int argc, char **argv)
{
	const struct host_process *process = NULL;
	const struct module *module;
	size_t verb = find_verb(argv[0]);
	bool reloads = strcmp(argv[0], "reload") == 0;
	char done[96];

	if (argc == 1 && reloads)
		return raise(
		    hvctl, KERNEL_NAME, "reload", NULL, "All drivers that can reload have.");
	if (argc != 2)
		return hvctl_misused(hvctl, "\"%s\" takes one driver or process", argv[0]);
	process = host_process_find(argv[1]);
	if (process != NULL && !reloads)
		return hvctl_change_service(hvctl, argv[0], process->name);
	module = host_module_find(argv[1], &process);
	if (module == NULL)
		return hvctl_misused(hvctl, "there is no driver or process \"%s\"", argv[1]);
	if (!process->boots)
		return hvctl_misused(hvctl, "%s lives in %s only", module->image, process->doc);
	snprintf(done, sizeof(done), "%s is %s.", module->name, verbs[verb].driver_done);
	return raise(hvctl, process->name, verbs[verb].method,
	    json_pack("{s:s}", "module", module->name), done);
}

/* The process of a module that a command names; NULL after the error was told. */
static const struct host_process *
process_with(const struct hvctl *hvctl, const char *word)
{
	const struct host_process *process = NULL;

	if (host_module_find(word, &process) == NULL)
		hvctl_misused(hvctl, "there is no module \"%s\"", word);
	return process;
}

int
hvctl_add_device(struct hvctl *hvctl, int argc, char **argv)
{
	const struct host_process *process;

	if (argc != 3)
		return hvctl_misused(hvctl, "\"add-device\" takes a driver and a key");
	process = process_with(hvctl, argv[1]);
	if (process == NULL)
		return EXIT_USAGE;
	return raise(hvctl, process->name, "add-device",
	    json_pack("{s:s, s:s}", "module", argv[1], "key", argv[2]), "The device is added.");
}

/* The socket of the worker that a call is for; NULL after it was told what is wrong. */
static char *
worker_socket(struct hvctl *hvctl, const struct host_process *process, const char *machine)
{
	json_t *names = hvctl_sockets(hvctl, process);
	json_t *list = NULL;
	json_t *one;
	size_t index;
	char *found = NULL;

	if (machine == NULL && json_array_size(names) == 1) {
		found = strdup(json_string_value(json_array_get(names, 0)));
	} else if (machine == NULL) {
		hvctl_fail(hvctl, "%zu virtual machines run; --vm NAME says which is meant",
		    json_array_size(names));
	} else if (hvctl_ask(hvctl, VMMS_NAME, "vm-list", NULL, &list) == ASKED_OK) {
		json_array_foreach(list, index, one)
		{
			const char *guid = text_of(one, "guid");
			struct buf name = { 0 };

			if (strcasecmp(guid, machine) != 0 &&
			    strcasecmp(text_of(one, "name"), machine) != 0)
				continue;
			buf_printf(&name, "%s%s", process->name, guid);
			free(found);
			found = strdup(buf_text(&name));
			buf_release(&name);
		}
		if (found == NULL)
			hvctl_fail(hvctl, "there is no virtual machine \"%s\"", machine);
	}
	json_decref(list);
	json_decref(names);
	return found;
}

static int
call_operation(struct hvctl *hvctl, const char *socket, char **words, const char *argument)
{
	json_t *result = NULL;

	switch (hvctl_ask(hvctl, socket, "call",
	    json_pack(
	        "{s:s, s:s, s:s}", "module", words[0], "operation", words[1], "argument", argument),
	    &result)) {
	case ASKED_DOWN:
		return hvctl_fail(hvctl, "%s does not run", socket);
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

int
hvctl_call(struct hvctl *hvctl, int argc, char **argv)
{
	const struct host_process *process;
	const char *machine = NULL;
	char *words[3] = { 0 };
	size_t count = 0;
	char *socket;
	int status;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--vm") == 0 && i + 1 < argc)
			machine = argv[++i];
		else if (count < ARRAY_SIZE(words))
			words[count++] = argv[i];
		else
			count++;
	}
	if (count < 2 || count > ARRAY_SIZE(words))
		return hvctl_misused(
		    hvctl, "\"call\" takes a module, an operation, and an argument");
	process = process_with(hvctl, words[0]);
	if (process == NULL)
		return EXIT_USAGE;
	socket = process->workers || machine != NULL
	             ? worker_socket(hvctl, host_process_find(WORKER_PROGRAM), machine)
	             : strdup(process->name);
	if (socket == NULL)
		return EXIT_FAILURE;
	status = call_operation(hvctl, socket, words, words[2] != NULL ? words[2] : "");
	free(socket);
	return status;
}
