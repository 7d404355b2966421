/*
 * solve: which settings make a value the effective one.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/bcd/bcd.h"
#include "vmms/hvctl_solve.h"

/* --- The host
 * ------------------------------------------------------------------------------------- */

/* As the user says, else as the host reads. */
static const char *
host_state(const struct tunable_case *given, const char *name)
{
	const struct solve_found *found = (const struct solve_found *)(const void *)given;
	struct solve_task *task = found->task;

	for (size_t i = 0; i < task->state_count; i++) {
		if (strcasecmp(task->states[i].name, name) == 0)
			return task->states[i].word;
	}
	return tunable_switch_word(&task->hvctl->catalog, task->registry, name);
}

/* The same while a snapshot is loaded: there the loader's context comes back. */
static const char *
loader_state(const struct tunable_case *given, const char *name)
{
	return host_state(given->context, name);
}

static struct tunable_raw
host_raw(const struct tunable_case *given, const struct tunable_entry *entry)
{
	const struct solve_found *found = (const struct solve_found *)(const void *)given;

	if (found->snapshot == NULL)
		return (struct tunable_raw){ 0 };
	return found->values.given.raw(&found->values.given, entry);
}

static struct tunable_raw
host_bcd(const struct tunable_case *given, const char *name)
{
	const struct solve_found *found = (const struct solve_found *)(const void *)given;
	struct solve_task *task = found->task;
	struct solve_option *option = task->options;

	while (option < task->options + task->option_count && strcasecmp(option->name, name) != 0)
		option++;
	if (task->registry == NULL || option == task->options + SOLVE_OPTIONS_MAX)
		return (struct tunable_raw){ 0 };
	if (option == task->options + task->option_count) {
		task->option_count++;
		option->name = name;
		buf_reserve(&option->data, 1); /* so that an empty value has an address */
		option->present =
		    lstatus_ok(bcd_option(task->registry, name, &option->type, &option->data));
	}
	return (struct tunable_raw){ option->present, option->type, option->data.data,
		option->data.size };
}

/* Read what a reader finds; false, with a message, if the registry cannot be read. */
static bool
read_host(struct solve_task *task, struct solve_found *found, const struct tunable_entry *entry)
{
	struct tunable_loader loader = { .catalog = &task->hvctl->catalog,
		.registry = task->registry,
		.state = loader_state,
		.bcd = bcd_option,
		.context = found };
	const struct tunable_reading *reading;
	lstatus status;

	found->given =
	    (struct tunable_case){ .raw = host_raw, .state = host_state, .bcd = host_bcd };
	found->task = task;
	if (task->registry == NULL || !tunable_in_registry(entry->table))
		return true;
	status = tunable_load(&loader, entry->table, buf_text(&task->key), &found->snapshot);
	if (!lstatus_ok(status)) {
		hvctl_fail(task->hvctl, "%s: %s", buf_text(&task->key), lstatus_text(status));
		return false;
	}
	reading = tunable_snapshot_find(found->snapshot, task->name);
	if (reading != NULL) {
		tunable_snapshot_case(
		    found->snapshot, (size_t)(reading - found->snapshot->readings), &found->values);
	} else { /* a name that is not fixed, and not there */
		tunable_snapshot_free(found->snapshot);
		found->snapshot = NULL;
	}
	return true;
}

/* Open the host if there is one; false, with a message, if it cannot be. */
static bool
open_host(struct solve_task *task)
{
	struct buf error = { 0 };
	struct registry_options options = {
		.mode = REGISTRY_OPEN, .channel = "hvctl", .error = &error
	};
	lstatus status = registry_open(task->hvctl->root, &options, &task->registry);
	bool ok = lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND);

	if (!ok)
		hvctl_fail(task->hvctl, "%s: %s", task->hvctl->root, buf_text(&error));
	buf_release(&error);
	return ok;
}

/* --- The value
 * ------------------------------------------------------------------------------------ */

static bool
has_placeholder(const struct tunable_table *table)
{
	char *root = tunable_table_root(table);
	bool has = root == NULL || strcmp(root, tunable_table_key(table)) != 0;

	free(root);
	return has;
}

/* The one instance of a table's key that the host has; false if there is none, or more. */
static bool
only_instance(struct solve_task *task, const struct tunable_table *table, struct buf *ret_key)
{
	struct buf keys = { 0 };
	bool one;

	if (task->registry == NULL ||
	    !lstatus_ok(tunable_instances(task->registry, table, &keys)) || keys.size == 0) {
		buf_release(&keys);
		return false;
	}
	one = strlen((const char *)keys.data) + 1 == keys.size;
	if (one)
		buf_append_text(ret_key, (const char *)keys.data);
	buf_release(&keys);
	return one;
}

/* The concrete key that is meant; EXIT_SUCCESS, or the status after a message. */
static int
find_key(struct solve_task *task, const struct tunable_table *table)
{
	char *slash = strrchr(task->target, '\\');
	bool named;

	if (!has_placeholder(table)) {
		buf_append_text(&task->key, tunable_table_key(table));
		return EXIT_SUCCESS;
	}
	if (slash != NULL) {
		*slash = '\0';
		named = strchr(task->target, '<') == NULL &&
		        tunable_instance_key(table, task->target, &task->key);
		*slash = '\\';
		if (named)
			return EXIT_SUCCESS;
		buf_clear(&task->key);
	}
	if (only_instance(task, table, &task->key))
		return EXIT_SUCCESS;
	return hvctl_misused(task->hvctl,
	    "which one? Name the whole key, as in \"hvctl solve '%s\\%s=%s'\", with a name for "
	    "what "
	    "stands in brackets",
	    tunable_table_key(table), task->name, task->goal);
}

/* All readers of the one value that is meant; EXIT_SUCCESS, or the status after a message. */
static int
find_readers(struct solve_task *task)
{
	const struct tunable_catalog *catalog = &task->hvctl->catalog;
	const struct tunable_entry *first = tunable_find_name(catalog, task->target, NULL);
	const struct tunable_entry *entry = first;
	int status;

	if (first == NULL)
		return hvctl_unknown_name(task->hvctl, task->target);
	status = find_key(task, first->table);
	for (; entry != NULL && status == EXIT_SUCCESS;
	     entry = tunable_find_name(catalog, task->target, entry)) {
		size_t at = task->question.reader_count;

		if (strcasecmp(entry->table->key, first->table->key) != 0)
			return hvctl_misused(task->hvctl,
			    "\"%s\" is the name of several values; write %s\\%s=%s or %s\\%s=%s",
			    task->target, first->table->key, task->name, task->goal,
			    entry->table->key, task->name, task->goal);
		if (at == SOLVE_READERS_MAX)
			break;
		if (!read_host(task, &task->found[at], entry))
			return EXIT_FAILURE;
		task->readers[at] = (struct solve_reader){ entry, &task->found[at].given };
		task->question.reader_count++;
	}
	return status;
}

/* --- The command
 * ---------------------------------------------------------------------------------- */

/* "NAME=WORD" */
static bool
take_state(struct solve_task *task, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL || task->state_count == SOLVE_STATES_MAX)
		return false;
	*equals = '\0';
	task->states[task->state_count].name = text;
	task->states[task->state_count++].word = equals + 1;
	return tunable_state_is_known(&task->hvctl->catalog, text);
}

/* "NAME=VALUE" or "KEY\NAME=VALUE" */
static bool
take_target(struct solve_task *task, char *text)
{
	char *equals = strchr(text, '=');
	const char *slash;

	if (equals == NULL || equals == text || task->target != NULL || text[0] == '-')
		return false;
	*equals = '\0';
	task->target = text;
	task->goal = equals + 1;
	slash = strrchr(text, '\\');
	task->name = slash != NULL ? slash + 1 : text;
	return true;
}

static bool
take_arguments(struct solve_task *task, int argc, char **argv)
{
	bool ok = true;

	task->question.registry = task->question.options = true;
	for (int i = 1; i < argc && ok; i++) {
		if (strcmp(argv[i], "--reg") == 0)
			task->question.options = false;
		else if (strcmp(argv[i], "--bcdedit") == 0)
			task->question.registry = false;
		else if (strcmp(argv[i], "--state") == 0 && i + 1 < argc)
			ok = take_state(task, argv[++i]);
		else
			ok = take_target(task, argv[i]);
	}
	return ok && task->target != NULL && (task->question.registry || task->question.options);
}

static int
answer(struct solve_task *task)
{
	int status = find_readers(task);

	if (status != EXIT_SUCCESS)
		return status;
	task->question.readers = task->readers;
	task->question.goal = task->goal;
	if (!solve(&task->question, &task->answer))
		return hvctl_fail(task->hvctl, "not enough memory");
	if (task->hvctl->json) {
		status = hvctl_print_json(task->hvctl, hvctl_answer_json(task));
		return task->answer.found ? status : EXIT_FAILURE;
	}
	return task->answer.found ? hvctl_answer_print(task) : hvctl_answer_none(task);
}

static void
release(struct solve_task *task)
{
	solve_answer_release(&task->answer);
	for (size_t i = 0; i < SOLVE_READERS_MAX; i++)
		tunable_snapshot_free(task->found[i].snapshot);
	for (size_t i = 0; i < task->option_count; i++)
		buf_release(&task->options[i].data);
	buf_release(&task->key);
	registry_close(task->registry);
}

int
hvctl_solve(struct hvctl *hvctl, int argc, char **argv)
{
	struct solve_task task = { .hvctl = hvctl };
	int status;

	if (!take_arguments(&task, argc, argv))
		return hvctl_misused(hvctl, "\"solve\" takes one NAME=VALUE, --reg or --bcdedit, "
		                            "and --state NAME=WORD of a "
		                            "state that there is");
	status = open_host(&task) ? answer(&task) : EXIT_FAILURE;
	release(&task);
	return status;
}
