/*
 * revert, snapshot and reset: going back by new writes.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "vmms/host_files.h"
#include "vmms/hvctl_history.h"

/* --- revert -------------------------------------------------------------------------------------
 */

/* What was written, as it is told. */
struct output {
	const struct hvctl *hvctl;
	json_t *changes;
	size_t count;
};

static void
note_change(void *context, struct reg_change *change)
{
	static const struct reg_write unknown = { .actor = (char *)"", .channel = (char *)"" };
	struct output *output = context;
	json_t *json;

	output->count++;
	change->write = &unknown;
	json = hvctl_change_json(change);
	/* Who writes, and when, is the caller and now. */
	json_object_del(json, "time");
	json_object_del(json, "host_time");
	json_object_del(json, "actor");
	json_object_del(json, "channel");
	json_object_del(json, "comment");
	json_object_set_new(json, "number", json_integer((json_int_t)change->number));
	json_array_append_new(output->changes, json);
}

static void
print_changes(const json_t *changes)
{
	json_t *json;
	size_t index;

	json_array_foreach(changes, index, json)
	{
		const char *name = json_string_value(json_object_get(json, "name"));
		const char *old = json_string_value(json_object_get(json, "old"));
		const char *new = json_string_value(json_object_get(json, "new"));

		printf("  %s %s%s%s", json_string_value(json_object_get(json, "kind")),
		    json_string_value(json_object_get(json, "key")), name != NULL ? "\\" : "",
		    name != NULL ? name[0] != '\0' ? name : "(Default)" : "");
		if (json_object_get(json, "old") != NULL)
			printf(": %s -> %s", old != NULL ? old : "absent",
			    new != NULL ? new : "absent");
		putchar('\n');
	}
}

/* Undo, and say what kept it from being done. */
static bool
undo(const struct hvctl *hvctl, struct registry *registry, const struct reg_revert *revert,
    struct output *output)
{
	struct buf conflicts = { 0 };
	/* What is only counted needs not be told one by one. */
	lstatus status = registry_revert(
	    registry, revert, output->changes != NULL ? note_change : NULL, output, &conflicts);
	uint64_t last = 0;

	if (lstatus_is(status, ERROR_REVISION_MISMATCH)) {
		fputs(buf_text(&conflicts), stderr);
		hvctl_fail(hvctl, "nothing was undone: later writes are in the way; --force undoes "
		                  "them too");
	} else if (hvctl_roots_text(registry, revert, status) != NULL) {
		hvctl_fail(hvctl, "%s", hvctl_roots_text(registry, revert, status));
	} else if (!lstatus_ok(status)) {
		hvctl_log_failed(hvctl, registry, revert->key, status);
	}
	if (lstatus_ok(status) && output->changes == NULL &&
	    lstatus_ok(registry_write_number(registry, &last)))
		output->count = (size_t)(last - revert->last);
	buf_release(&conflicts);
	return lstatus_ok(status);
}

/* "N" or "N..M" */
static bool
parse_range(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
	char *end;

	*ret_first = *ret_last = strtoull(text, &end, 10);
	if (end != text && strncmp(end, "..", 2) == 0) {
		text = end + 2;
		*ret_last = strtoull(text, &end, 10);
	}
	return end != text && *end == '\0' && *ret_first > 0 && *ret_first <= *ret_last;
}

struct revert_arguments {
	struct reg_revert revert;
	const char *range;
	const char *to;
};

static int
parse_revert(const struct hvctl *hvctl, int argc, char **argv, struct revert_arguments *arguments)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--to") == 0 && i + 1 < argc)
			arguments->to = argv[++i];
		else if (strcmp(argv[i], "--key") == 0 && i + 1 < argc)
			arguments->revert.key = argv[++i];
		else if (strcmp(argv[i], "--force") == 0)
			arguments->revert.force = true;
		else if (strcmp(argv[i], "--dry-run") == 0)
			arguments->revert.dry_run = true;
		else if (argv[i][0] != '-' && arguments->range == NULL)
			arguments->range = argv[i];
		else
			return hvctl_misused(hvctl, "\"revert\" does not take \"%s\"", argv[i]);
	}
	if ((arguments->range == NULL) == (arguments->to == NULL))
		return hvctl_misused(hvctl, "\"revert\" takes N, N..M or --to MOMENT");
	if (arguments->range != NULL &&
	    !parse_range(arguments->range, &arguments->revert.first, &arguments->revert.last))
		return hvctl_misused(hvctl, "\"%s\" is no range of writes", arguments->range);
	return EXIT_SUCCESS;
}

/* Which writes are undone; says so if there are none of these numbers. */
static bool
find_writes(
    const struct hvctl *hvctl, struct registry *registry, struct revert_arguments *arguments)
{
	struct reg_revert *revert = &arguments->revert;
	uint64_t newest;
	lstatus status = registry_write_number(registry, &newest);

	if (!lstatus_ok(status)) {
		hvctl_log_failed(hvctl, registry, NULL, status);
		return false;
	}
	if (arguments->to != NULL) {
		revert->last = newest;
		if (!hvctl_moment(hvctl, registry, arguments->to, &revert->first))
			return false;
		revert->first++; /* what came after the moment */
		return true;
	}
	if (revert->last > newest)
		hvctl_fail(hvctl, "%llu is no write of this host: they are numbered 1 to %llu",
		    (unsigned long long)revert->last, (unsigned long long)newest);
	return revert->last <= newest;
}

static int
report(const struct hvctl *hvctl, struct output *output, bool dry_run)
{
	if (hvctl->json)
		return hvctl_print_json(hvctl, output->changes);
	printf("%zu write%s%s\n", output->count, output->count == 1 ? "" : "s",
	    dry_run             ? " would be made:"
	    : output->count > 0 ? ":"
	                        : ": it was so already");
	print_changes(output->changes);
	json_decref(output->changes);
	return EXIT_SUCCESS;
}

static int
revert_host(
    const struct hvctl *hvctl, struct registry *registry, struct revert_arguments *arguments)
{
	struct output output = { .hvctl = hvctl, .changes = json_array() };
	struct reg_revert *revert = &arguments->revert;
	struct buf comment = { 0 };
	bool ok = find_writes(hvctl, registry, arguments);
	bool nothing = revert->first > revert->last;

	buf_printf(&comment, "revert %s%s", arguments->to != NULL ? "--to " : "",
	    arguments->to != NULL ? arguments->to : arguments->range);
	revert->comment = buf_text(&comment);
	ok = ok && (nothing || undo(hvctl, registry, revert, &output));
	buf_release(&comment);
	if (ok)
		return report(hvctl, &output, revert->dry_run);
	json_decref(output.changes);
	return EXIT_FAILURE;
}

int
hvctl_revert(struct hvctl *hvctl, int argc, char **argv)
{
	struct revert_arguments arguments = { 0 };
	struct registry *registry;
	int status = parse_revert(hvctl, argc, argv, &arguments);

	if (status != EXIT_SUCCESS)
		return status;
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	status = revert_host(hvctl, registry, &arguments);
	registry_close(registry);
	return status;
}

/* --- snapshot -----------------------------------------------------------------------------------
 */

static json_t *
snapshot_json(const struct reg_snapshot *snapshot)
{
	struct buf wall = { 0 };
	struct buf host = { 0 };
	json_t *json;

	clock_format(snapshot->wall, &wall);
	clock_format(snapshot->virtual_time, &host);
	json = json_pack("{s:s, s:I, s:s, s:s, s:o}", "name", snapshot->name, "number",
	    (json_int_t)snapshot->number, "time", buf_text(&wall), "host_time", buf_text(&host),
	    "comment",
	    snapshot->comment != NULL ? tunable_json_text(snapshot->comment) : json_null());
	buf_release(&wall);
	buf_release(&host);
	return json;
}

bool
hvctl_take_snapshot(
    const struct hvctl *hvctl, struct registry *registry, const char *name, const char *comment)
{
	struct buf error = { 0 };
	bool ok = false;
	lstatus status = registry_snapshot_create(registry, name, comment);

	if (lstatus_is(status, ERROR_ALREADY_EXISTS))
		hvctl_fail(hvctl, "there is a snapshot \"%s\" already", name);
	else if (lstatus_is(status, ERROR_INVALID_NAME))
		hvctl_fail(hvctl,
		    "\"%s\" is no name of a snapshot: a letter, then letters, digits, "
		    "'.', '_', '-'",
		    name);
	else if (!lstatus_ok(status))
		hvctl_fail(hvctl, "the snapshot cannot be made: %s", lstatus_text(status));
	else if (!host_files_keep(hvctl->root, name, &error))
		hvctl_fail(hvctl, "the host's files cannot be kept: %s", buf_text(&error));
	else
		ok = true;
	/* A snapshot without its files is none. */
	if (lstatus_ok(status) && !ok)
		(void)registry_snapshot_delete(registry, name);
	buf_release(&error);
	return ok;
}

/* Find a snapshot, or the newest; says why there is none. */
static bool
find_snapshot(const struct hvctl *hvctl, struct registry *registry, const char *name,
    struct reg_snapshot *ret_snapshot)
{
	lstatus status = registry_snapshot_find(registry, name, ret_snapshot);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) && name == NULL)
		hvctl_fail(
		    hvctl, "there is no snapshot; make one with \"hvctl snapshot create NAME\"");
	else if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		hvctl_fail(hvctl, "there is no snapshot \"%s\"", name);
	else if (!lstatus_ok(status))
		hvctl_fail(hvctl, "%s", lstatus_text(status));
	return lstatus_ok(status);
}

/* The files are named as the snapshot is, whatever the case of the name given. */
static int
delete_snapshot(const struct hvctl *hvctl, struct registry *registry, const char *name)
{
	struct reg_snapshot snapshot = { 0 };
	struct buf error = { 0 };
	int result = EXIT_SUCCESS;
	lstatus status;

	if (!find_snapshot(hvctl, registry, name, &snapshot))
		return EXIT_FAILURE;
	status = registry_snapshot_delete(registry, snapshot.name);
	if (!lstatus_ok(status))
		result = hvctl_fail(hvctl, "%s", lstatus_text(status));
	else if (!host_files_drop(hvctl->root, snapshot.name, &error))
		result = hvctl_fail(hvctl, "%s", buf_text(&error));
	reg_snapshot_release(&snapshot);
	buf_release(&error);
	return result;
}

static int
list_snapshots(const struct hvctl *hvctl, struct registry *registry)
{
	struct reg_snapshot *list = NULL;
	json_t *json = json_array();
	size_t count = 0;
	lstatus status = registry_snapshot_list(registry, &list, &count);

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(json, snapshot_json(&list[i]));
		if (!hvctl->json) {
			struct buf time = { 0 };

			clock_format(list[i].wall, &time);
			printf("%-24s write %-8llu %.19s  %s\n", list[i].name,
			    (unsigned long long)list[i].number, buf_text(&time),
			    list[i].comment != NULL ? list[i].comment : "");
			buf_release(&time);
		}
		reg_snapshot_release(&list[i]);
	}
	free(list);
	if (!lstatus_ok(status)) {
		json_decref(json);
		return hvctl_fail(hvctl, "%s", lstatus_text(status));
	}
	if (hvctl->json)
		return hvctl_print_json(hvctl, json);
	json_decref(json);
	if (count == 0)
		printf("There are no snapshots.\n");
	return EXIT_SUCCESS;
}

static int
show_snapshot(const struct hvctl *hvctl, struct registry *registry, const char *name)
{
	struct reg_snapshot snapshot = { 0 };
	uint64_t last = 0;
	json_t *json;

	if (!find_snapshot(hvctl, registry, name, &snapshot))
		return EXIT_FAILURE;
	json = snapshot_json(&snapshot);
	if (lstatus_ok(registry_write_number(registry, &last)))
		json_object_set_new(
		    json, "writes_since", json_integer((json_int_t)(last - snapshot.number)));
	reg_snapshot_release(&snapshot);
	if (hvctl->json)
		return hvctl_print_json(hvctl, json);
	hvctl_print_tree(json, 0);
	json_decref(json);
	return EXIT_SUCCESS;
}

int
hvctl_snapshot(struct hvctl *hvctl, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool comment = argc == 5 && strcmp(argv[3], "--comment") == 0;
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	int status;

	if (registry == NULL)
		return EXIT_FAILURE;
	if (strcmp(verb, "create") == 0 && (argc == 3 || comment))
		status = hvctl_take_snapshot(hvctl, registry, argv[2], comment ? argv[4] : NULL)
		             ? EXIT_SUCCESS
		             : EXIT_FAILURE;
	else if (strcmp(verb, "list") == 0 && argc == 2)
		status = list_snapshots(hvctl, registry);
	else if (strcmp(verb, "show") == 0 && argc == 3)
		status = show_snapshot(hvctl, registry, argv[2]);
	else if (strcmp(verb, "delete") == 0 && argc == 3)
		status = delete_snapshot(hvctl, registry, argv[2]);
	else
		status =
		    hvctl_misused(hvctl, "expected \"create NAME [--comment TEXT]\", \"list\", "
		                         "\"show NAME\" or \"delete NAME\"");
	registry_close(registry);
	return status;
}

/* --- reset --------------------------------------------------------------------------------------
 */

/* How many tunables of a running host are pending now; of one that is down none is. */
static size_t
count_pending(const struct hvctl *hvctl)
{
	json_t *names = hvctl_sockets(hvctl, NULL);
	bool running = false;
	json_t *views =
	    json_array_size(names) > 0 ? hvctl_views(hvctl, NULL, NULL, &running) : NULL;
	size_t pending = 0;
	json_t *view;
	size_t index;

	json_array_foreach(views, index, view) pending +=
	    json_is_true(json_object_get(view, "pending"));
	json_decref(views);
	json_decref(names);
	return pending;
}

static bool
go_back_to(const struct hvctl *hvctl, struct registry *registry,
    const struct reg_snapshot *snapshot, struct output *output)
{
	struct reg_revert revert = { .first = snapshot->number + 1 };
	struct buf comment = { 0 };
	struct buf error = { 0 };
	bool ok = lstatus_ok(registry_write_number(registry, &revert.last));

	buf_printf(&comment, "reset to %s", snapshot->name);
	revert.comment = buf_text(&comment);
	if (ok && revert.last > snapshot->number)
		ok = undo(hvctl, registry, &revert, output);
	if (ok && !host_files_restore(hvctl->root, snapshot->name, &error)) {
		hvctl_fail(hvctl, "the registry is reset, the files are not: %s", buf_text(&error));
		ok = false;
	}
	buf_release(&comment);
	buf_release(&error);
	return ok;
}

int
hvctl_reset(struct hvctl *hvctl, int argc, char **argv)
{
	struct output output = { .hvctl = hvctl };
	struct reg_snapshot snapshot = { 0 };
	struct registry *registry;
	size_t pending;
	int64_t start = clock_monotonic_ns();
	double milliseconds;
	bool ok;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return hvctl_misused(hvctl, "\"reset\" takes one snapshot");
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	ok = find_snapshot(hvctl, registry, argc == 2 ? argv[1] : NULL, &snapshot) &&
	     go_back_to(hvctl, registry, &snapshot, &output);
	registry_close(registry);
	milliseconds = (double)(clock_monotonic_ns() - start) / 1e6;
	if (!ok) {
		reg_snapshot_release(&snapshot);
		return EXIT_FAILURE;
	}
	pending = count_pending(hvctl);
	if (hvctl->json) {
		json_t *json = json_pack("{s:s, s:I, s:I, s:f}", "snapshot", snapshot.name,
		    "writes", (json_int_t)output.count, "pending", (json_int_t)pending, "ms",
		    milliseconds);

		reg_snapshot_release(&snapshot);
		return hvctl_print_json(hvctl, json);
	}
	printf("The host is as it was at \"%s\": %zu write%s, %.0f ms.\n", snapshot.name,
	    output.count, output.count == 1 ? "" : "s", milliseconds);
	if (pending > 0)
		printf("%zu tunable%s pending until %s event%s; \"hvctl tunables --pending\" "
		       "names %s.\n",
		    pending, pending == 1 ? " is" : "s are", pending == 1 ? "its" : "their",
		    pending == 1 ? "" : "s", pending == 1 ? "it" : "them");
	reg_snapshot_release(&snapshot);
	return EXIT_SUCCESS;
}
