/*
 * watch: changes of tunables as they happen.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "vmms/hvctl_history.h"

static lstatus
watch_module(struct registry *registry, const struct module *module)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < module->table_count && lstatus_ok(status); i++) {
		char *key = tunable_table_root(module->tables[i]);
		struct reg_watch *watch;

		if (key == NULL)
			return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		status = registry_watch(registry, key, true, REGISTRY_NOTIFY_ALL, &watch);
		free(key);
	}
	return status;
}

static lstatus
watch_process(
    struct registry *registry, const struct host_process *process, const struct module *only)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (const struct module *const *module = process->modules;
	     *module != NULL && lstatus_ok(status); module++) {
		if (only == NULL || only == *module)
			status = watch_module(registry, *module);
	}
	return status;
}

/* Whether a view shows something else than it did before. */
static bool
differs(const json_t *before, const json_t *view)
{
	static const char *const members[] = { "raw", "effective", "verdict", "pending",
		"pending_raw", "pending_effective" };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *left = json_object_get(before, members[i]);
		json_t *right = json_object_get(view, members[i]);

		if (left != right && !json_equal(left, right))
			return true;
	}
	return false;
}

/* Print what differs from `before`, which is an object by key and name; then keep the new. */
static size_t
print_changes(const struct hvctl *hvctl, json_t *before, const json_t *views, bool silent)
{
	size_t changes = 0;
	json_t *view;
	size_t index;

	json_array_foreach(views, index, view)
	{
		struct buf id = { 0 };
		json_t *old;

		hvctl_view_id(view, &id);
		old = json_object_get(before, buf_text(&id));
		if (!silent && (old == NULL || differs(old, view))) {
			changes++;
			if (hvctl->json) {
				json_dumpf(view, stdout, JSON_COMPACT);
				putchar('\n');
			} else {
				printf("%s\n", json_string_value(json_object_get(view, "key")));
				hvctl_print_view(hvctl, view);
			}
		}
		json_object_set(before, buf_text(&id), view);
		buf_release(&id);
	}
	fflush(stdout);
	return changes;
}

static int
follow(
    const struct hvctl *hvctl, struct registry *registry, const struct module *only, size_t count)
{
	json_t *before = json_object();
	size_t seen = 0;
	bool running;
	bool first = true;
	int status = EXIT_SUCCESS;

	while (status == EXIT_SUCCESS && (count == 0 || seen < count)) {
		struct pollfd poll_fd = { .fd = registry_watch_fd(registry), .events = POLLIN };
		json_t *views = hvctl_views(hvctl, only, NULL, &running);

		if (views == NULL) {
			status = EXIT_FAILURE;
			break;
		}
		seen += print_changes(hvctl, before, views, first);
		json_decref(views);
		if (first && !hvctl->json)
			printf("Watching; end with Ctrl-C.\n");
		fflush(stdout);
		first = false;
		if (count != 0 && seen >= count)
			break;
		while (poll(&poll_fd, 1, -1) < 0 && errno == EINTR)
			;
		registry_watch_drain(registry);
	}
	json_decref(before);
	return status;
}

int
hvctl_watch(struct hvctl *hvctl, int argc, char **argv)
{
	const struct module *only = NULL;
	struct registry *registry;
	const char *since = NULL;
	const char *key = NULL;
	size_t count = 0;
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int result;

	for (int i = 1; i < argc; i++) {
		char *end = NULL;

		if (strcmp(argv[i], "--count") == 0 && i + 1 < argc) {
			count = strtoul(argv[++i], &end, 10);
			if (*end != '\0' || count == 0)
				return hvctl_misused(hvctl, "--count needs a number above 0");
		} else if (strcmp(argv[i], "--since") == 0 && i + 1 < argc) {
			since = argv[++i];
		} else if (key == NULL && strchr(argv[i], '\\') != NULL) {
			key = argv[i];
		} else if (only != NULL || (only = host_module_find(argv[i], NULL)) == NULL) {
			return hvctl_misused(hvctl, "there is no module \"%s\"", argv[i]);
		}
	}
	if (since != NULL && only == NULL)
		return hvctl_feed(hvctl, since, key, count);
	if (since != NULL || key != NULL)
		return hvctl_misused(hvctl, "--since and a key belong together, without a module");
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	for (const struct host_process *process = host_processes;
	     process->name != NULL && lstatus_ok(status); process++)
		status = watch_process(registry, process, only);
	result = lstatus_ok(status) ? follow(hvctl, registry, only, count)
	                            : hvctl_fail(hvctl, "the registry cannot be watched: %s",
	                                  lstatus_text(status));
	registry_close(registry);
	return result;
}
