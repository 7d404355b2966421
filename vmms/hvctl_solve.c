/*
 * solve: which settings make a value the effective one.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/bcd/bcd.h"
#include "vmms/hvctl_solve.h"

#define STATES_MAX  32u
#define OPTIONS_MAX 32u

/* What the host's boot configuration holds for an option. */
struct option {
	const char *name;
	bool present;
	uint32_t type;
	struct buf data;
};

/* What one reader finds on the host. */
struct found {
	struct tunable_case given; /* first: the interpreter hands this back */
	struct call *call;
	struct tunable_snapshot *snapshot; /* or NULL: nothing */
	struct tunable_snapshot_case values;
};

/* One call of the command. */
struct call {
	struct solve_task task; /* first: it is what `given` gets */
	struct hvctl *hvctl;
	struct {
		const char *name, *word;
	} states[STATES_MAX];
	size_t state_count;
	struct option options[OPTIONS_MAX];
	size_t option_count;
	struct found found[SOLVE_READERS_MAX];
};

/* --- The host
 * ------------------------------------------------------------------------------------- */

/* As the user says, else as the host reads. */
static const char *
host_state(const struct tunable_case *given, const char *name)
{
	const struct found *found = (const struct found *)(const void *)given;
	struct call *call = found->call;

	for (size_t i = 0; i < call->state_count; i++) {
		if (strcasecmp(call->states[i].name, name) == 0)
			return call->states[i].word;
	}
	return tunable_switch_word(&call->hvctl->hvemu->catalog, call->task.registry, name);
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
	const struct found *found = (const struct found *)(const void *)given;

	if (found->snapshot == NULL)
		return (struct tunable_raw){ 0 };
	return found->values.given.raw(&found->values.given, entry);
}

static struct tunable_raw
host_bcd(const struct tunable_case *given, const char *name)
{
	const struct found *found = (const struct found *)(const void *)given;
	struct call *call = found->call;
	struct option *option = call->options;

	while (option < call->options + call->option_count && strcasecmp(option->name, name) != 0)
		option++;
	if (call->task.registry == NULL || option == call->options + OPTIONS_MAX)
		return (struct tunable_raw){ 0 };
	if (option == call->options + call->option_count) {
		call->option_count++;
		option->name = name;
		buf_reserve(&option->data, 1); /* so that an empty value has an address */
		option->present =
		    lstatus_ok(bcd_option(call->task.registry, name, &option->type, &option->data));
	}
	return (struct tunable_raw){ option->present, option->type, option->data.data,
		option->data.size };
}

/* Read what a reader finds. */
static const struct tunable_case *
read_host(struct solve_task *task, size_t at, const struct tunable_entry *entry)
{
	struct call *call = (struct call *)(void *)task;
	struct found *found = &call->found[at];
	struct tunable_loader loader = { .catalog = task->catalog,
		.registry = task->registry,
		.state = loader_state,
		.bcd = bcd_option,
		.context = found };
	const struct tunable_reading *reading;
	lstatus status;

	found->given =
	    (struct tunable_case){ .raw = host_raw, .state = host_state, .bcd = host_bcd };
	found->call = call;
	if (task->registry == NULL || !tunable_in_registry(entry->table))
		return &found->given;
	status = tunable_load(&loader, entry->table, buf_text(&task->key), &found->snapshot);
	if (!lstatus_ok(status)) {
		buf_printf(&task->error, "%s: %s", buf_text(&task->key), lstatus_text(status));
		return NULL;
	}
	reading = tunable_snapshot_find(found->snapshot, task->name);
	if (reading != NULL) {
		tunable_snapshot_case(
		    found->snapshot, (size_t)(reading - found->snapshot->readings), &found->values);
	} else { /* a name that is not fixed, and not there */
		tunable_snapshot_free(found->snapshot);
		found->snapshot = NULL;
	}
	return &found->given;
}

/* Open the host if there is one; false, with a message, if it cannot be. */
static bool
open_host(struct call *call)
{
	struct buf error = { 0 };
	struct registry_options options = {
		.mode = REGISTRY_OPEN, .channel = "hvctl", .error = &error
	};
	lstatus status = registry_open(call->hvctl->root, &options, &call->task.registry);
	bool ok = lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND);

	if (!ok)
		hvctl_fail(call->hvctl, "%s: %s", call->hvctl->root, buf_text(&error));
	buf_release(&error);
	return ok;
}

/* --- The command
 * ---------------------------------------------------------------------------------- */

/* "NAME=WORD" */
static bool
take_state(struct call *call, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL || call->state_count == STATES_MAX)
		return false;
	*equals = '\0';
	call->states[call->state_count].name = text;
	call->states[call->state_count++].word = equals + 1;
	return tunable_state_is_known(&call->hvctl->hvemu->catalog, text);
}

/* "NAME=VALUE" or "KEY\NAME=VALUE" */
static bool
take_target(struct call *call, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL || equals == text || call->task.target != NULL || text[0] == '-')
		return false;
	*equals = '\0';
	call->task.target = text;
	call->task.goal = equals + 1;
	return true;
}

static bool
take_arguments(struct call *call, int argc, char **argv)
{
	bool ok = true;

	call->task.question.registry = call->task.question.options = true;
	for (int i = 1; i < argc && ok; i++) {
		if (strcmp(argv[i], "--reg") == 0)
			call->task.question.options = false;
		else if (strcmp(argv[i], "--bcdedit") == 0)
			call->task.question.registry = false;
		else if (strcmp(argv[i], "--state") == 0 && i + 1 < argc)
			ok = take_state(call, argv[++i]);
		else
			ok = take_target(call, argv[i]);
	}
	return ok && call->task.target != NULL &&
	       (call->task.question.registry || call->task.question.options);
}

static int
answer(struct call *call)
{
	struct solve_task *task = &call->task;
	int status;

	switch (solve_task_ask(task)) {
	case SOLVE_ASKED:
		break;
	case SOLVE_UNCLEAR:
		return hvctl_misused(call->hvctl, "%s", buf_text(&task->error));
	default:
		return hvctl_fail(call->hvctl, "%s", buf_text(&task->error));
	}
	if (call->hvctl->json) {
		status = hvctl_print_json(call->hvctl, solve_task_json(task));
		return task->answer.found ? status : EXIT_FAILURE;
	}
	return task->answer.found ? hvctl_answer_print(task) : hvctl_answer_none(task);
}

static void
release(struct call *call)
{
	for (size_t i = 0; i < SOLVE_READERS_MAX; i++)
		tunable_snapshot_free(call->found[i].snapshot);
	for (size_t i = 0; i < call->option_count; i++)
		buf_release(&call->options[i].data);
	registry_close(call->task.registry);
	solve_task_release(&call->task);
}

int
hvctl_solve(struct hvctl *hvctl, int argc, char **argv)
{
	struct call call = { .task = { .catalog = &hvctl->hvemu->catalog, .given = read_host },
		.hvctl = hvctl };
	int status;

	if (!take_arguments(&call, argc, argv))
		return hvctl_misused(hvctl, "\"solve\" takes one NAME=VALUE, --reg or --bcdedit, "
		                            "and --state NAME=WORD of a "
		                            "state that there is");
	status = open_host(&call) ? answer(&call) : EXIT_FAILURE;
	release(&call);
	return status;
}
