/*
 * The C interface of the library: what hvctl prints, as text in memory.
 */
#include "vmms/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/lint/lint.h"
#include "regstore/lint/report.h"
#include "regstore/tunable/nearest.h"
#include "regstore/tunable/trace.h"
#include "regstore/tunable/vector.h"
#include "regstore/tunable/vector_case.h"
#include "regstore/tunable/view.h"
#include "vmms/solve_task.h"

#define LINT_STATES_MAX 32

const char *
hvemu_version(void)
{
	return HVEMU_VERSION;
}

const char *
hvemu_status_text(enum hvemu_status status)
{
	static const char *const texts[] = {
		[HVEMU_OK] = "success",
		[HVEMU_NO_MEMORY] = "not enough memory",
		[HVEMU_UNKNOWN_NAME] = "no reader knows this name",
		[HVEMU_BAD_INPUT] = "the input is malformed",
		[HVEMU_FAILED] = "an internal fault",
	};

	return (size_t)status < ARRAY_SIZE(texts) ? texts[status] : "unknown status";
}

void
hvemu_free(char *text)
{
	free(text);
}

/* Give a failure its sentence: the buffer's, which is released, or the status's own. */
static enum hvemu_status
fail(enum hvemu_status status, struct buf *error, char **ret_error)
{
	if (ret_error != NULL)
		*ret_error = status == HVEMU_NO_MEMORY          ? NULL
		             : error != NULL && error->size > 0 ? strdup(buf_text(error))
		                                                : strdup(hvemu_status_text(status));
	if (error != NULL)
		buf_release(error);
	return status;
}

/* Hand out JSON as text, and release it; NULL stands for no memory. */
static enum hvemu_status
give(json_t *json, char **ret_json, char **ret_error)
{
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (text == NULL)
		return fail(HVEMU_NO_MEMORY, NULL, ret_error);
	*ret_json = text;
	return HVEMU_OK;
}

static enum hvemu_status
unknown_name(const struct hvemu *hvemu, const char *name, char **ret_error)
{
	struct buf error = { 0 };

	tunable_unknown_name(&hvemu->catalog, name, &error);
	return fail(HVEMU_UNKNOWN_NAME, &error, ret_error);
}

/* --- The handle
 * ----------------------------------------------------------------------------------- */

enum hvemu_status
hvemu_open(struct hvemu **ret_hvemu, char **ret_error)
{
	struct hvemu *hvemu = calloc(1, sizeof(*hvemu));
	struct buf error = { 0 };

	if (hvemu == NULL)
		return fail(HVEMU_NO_MEMORY, NULL, ret_error);
	if (!host_catalog_init(&hvemu->catalog, &error)) {
		free(hvemu);
		return fail(HVEMU_FAILED, &error, ret_error);
	}
	host_services(hvemu->services, HOST_SERVICES_MAX);
	*ret_hvemu = hvemu;
	return HVEMU_OK;
}

void
hvemu_close(struct hvemu *hvemu)
{
	if (hvemu != NULL)
		tunable_catalog_release(&hvemu->catalog);
	free(hvemu);
}

/* --- Rows
 * ----------------------------------------------------------------------------------------- */

enum hvemu_status
hvemu_describe(const struct hvemu *hvemu, const char *name, char **ret_json, char **ret_error)
{
	const struct module *module = name != NULL ? host_module_find(name, NULL) : NULL;
	const struct tunable_entry *entry = NULL;
	json_t *rows;

	if (name == NULL || module != NULL)
		return give(
		    tunable_describe(&hvemu->catalog, module != NULL ? module->image : NULL),
		    ret_json, ret_error);
	if (tunable_find_name(&hvemu->catalog, name, NULL) == NULL)
		return unknown_name(hvemu, name, ret_error);
	rows = json_array();
	while ((entry = tunable_find_name(&hvemu->catalog, name, entry)) != NULL)
		json_array_append_new(rows, tunable_describe_row(entry));
	return give(rows, ret_json, ret_error);
}

/* One reader's answer, and how it came about. */
struct judged {
	struct tunable_trace trace;
	json_t *view;
};

static void
take_step(void *context, const struct tunable_step *step)
{
	struct judged *judged = context;

	tunable_trace_add(&judged->trace, step);
}

static void
take_reading(void *context, const struct tunable_reading *reading)
{
	struct judged *judged = context;

	judged->view =
	    tunable_view(reading, NULL, reading->entry->table->key, reading->entry->row->name);
}

static enum hvemu_status
judge(const struct hvemu *hvemu, const char *name, const char *given, bool steps, char **ret_json,
    char **ret_error)
{
	const char *slash = strrchr(name, '\\');
	const struct tunable_entry *entry = NULL;
	json_t *views = json_array();
	struct buf error = { 0 };

	while (
	    error.size == 0 && (entry = tunable_find_name(&hvemu->catalog, name, entry)) != NULL) {
		struct judged judged = { .trace = { .entry = entry,
			                     .name = slash != NULL ? slash + 1 : name,
			                     .steps = json_array() } };

		if (vector_explain(
		        &hvemu->catalog, entry, given, take_step, take_reading, &judged, &error)) {
			if (steps)
				json_object_set(judged.view, "steps", judged.trace.steps);
			json_array_append_new(views, judged.view);
		}
		json_decref(judged.trace.steps);
	}
	if (error.size == 0 && json_array_size(views) > 0)
		return give(views, ret_json, ret_error);
	json_decref(views);
	return error.size > 0 ? fail(HVEMU_BAD_INPUT, &error, ret_error)
	                      : unknown_name(hvemu, name, ret_error);
}

enum hvemu_status
hvemu_resolve(const struct hvemu *hvemu, const char *name, const char *given, char **ret_json,
    char **ret_error)
{
	return judge(hvemu, name, given, false, ret_json, ret_error);
}

enum hvemu_status
hvemu_why(const struct hvemu *hvemu, const char *name, const char *given, char **ret_json,
    char **ret_error)
{
	return judge(hvemu, name, given, true, ret_json, ret_error);
}

/* --- Goals
 * ---------------------------------------------------------------------------------------- */

/* What holds already, as each reader finds it. */
struct goal_task {
	struct solve_task task; /* first: it is what `given` gets */
	const char *given;
	struct vector_case cases[SOLVE_READERS_MAX];
	size_t count;
};

static const struct tunable_case *
given_case(struct solve_task *task, size_t at, const struct tunable_entry *entry)
{
	struct goal_task *goal = (struct goal_task *)(void *)task;
	struct vector_case *vector = &goal->cases[at];

	vector_case_init(task->catalog, vector);
	goal->count = at + 1;
	if (vector_case_parse(vector, entry, task->name, goal->given))
		return &vector->given;
	buf_append_text(&task->error, buf_text(&vector->error));
	return NULL;
}

static enum hvemu_status
ask(struct goal_task *goal, char **ret_json, char **ret_error)
{
	struct solve_task *task = &goal->task;

	switch (solve_task_ask(task)) {
	case SOLVE_ASKED:
		return give(solve_task_json(task), ret_json, ret_error);
	case SOLVE_UNKNOWN:
		return fail(HVEMU_UNKNOWN_NAME, &task->error, ret_error);
	case SOLVE_UNCLEAR:
	case SOLVE_UNREADABLE:
		return fail(HVEMU_BAD_INPUT, &task->error, ret_error);
	default:
		return fail(HVEMU_NO_MEMORY, NULL, ret_error);
	}
}

enum hvemu_status
hvemu_solve(const struct hvemu *hvemu, const char *name, const char *goal, const char *given,
    char **ret_json, char **ret_error)
{
	struct goal_task *asked = calloc(1, sizeof(*asked));
	enum hvemu_status status;

	if (asked == NULL)
		return fail(HVEMU_NO_MEMORY, NULL, ret_error);
	asked->task = (struct solve_task){ .catalog = &hvemu->catalog,
		.target = name,
		.goal = goal,
		.given = given_case,
		.question = { .registry = true, .options = true } };
	asked->given = given != NULL ? given : "absent";
	status = ask(asked, ret_json, ret_error);
	for (size_t i = 0; i < asked->count; i++)
		vector_case_release(&asked->cases[i]);
	solve_task_release(&asked->task);
	free(asked);
	return status;
}

/* --- Files
 * ---------------------------------------------------------------------------------------- */

static void
take_finding(void *context, const struct lint_finding *finding)
{
	lint_report_add(context, finding);
}

/* A file in memory as a stream. An empty buffer cannot be opened; an empty line says as little. */
static FILE *
open_memory(const struct hvemu_file *file)
{
	bool empty = file->size == 0;

	return fmemopen(
	    (void *)(uintptr_t)(empty ? "\n" : file->data), empty ? 1 : file->size, "r");
}

static bool
add_suppressions(struct lint *lint, const struct hvemu_file *suppressions)
{
	FILE *memory = open_memory(suppressions);
	bool added =
	    memory != NULL && lstatus_ok(lint_add_suppressions(lint, memory, suppressions->name));

	if (memory != NULL)
		fclose(memory);
	return added;
}

static bool
lint_files(struct lint *lint, const struct hvemu_file *files, size_t count,
    const struct hvemu_file *suppressions, struct lint_summary *ret_summary)
{
	bool added = suppressions == NULL || add_suppressions(lint, suppressions);

	for (size_t i = 0; i < count && added; i++)
		added =
		    lstatus_ok(lint_add_memory(lint, files[i].data, files[i].size, files[i].name));
	return added && lstatus_ok(lint_finish(lint, ret_summary));
}

/* The states that options name; the texts are cut apart. */
struct states {
	char *texts[LINT_STATES_MAX];
	struct lint_state list[LINT_STATES_MAX];
	size_t count;
};

static bool
add_state(const struct hvemu *hvemu, const char *text, struct states *states)
{
	const char *equals = strchr(text, '=');
	size_t at = states->count;

	if (equals == NULL || at == LINT_STATES_MAX)
		return false;
	states->texts[at] = strdup(text);
	if (states->texts[at] == NULL)
		return false;
	states->texts[at][equals - text] = '\0';
	states->list[at] =
	    (struct lint_state){ states->texts[at], states->texts[at] + (equals - text) + 1 };
	states->count++;
	return tunable_state_is_known(&hvemu->catalog, states->list[at].name);
}

/* Translate options; NULL, or the text that is none. */
static const char *
take_options(const struct hvemu *hvemu, const struct hvemu_lint_options *from,
    struct lint_options *to, struct states *states)
{
	if (from->format != NULL && !lint_format_parse(from->format, &to->format))
		return from->format;
	for (const char *const *at = from->states; at != NULL && *at != NULL; at++) {
		if (!add_state(hvemu, *at, states))
			return *at;
	}
	to->at = from->at;
	to->user = from->user != 0;
	to->all = from->all != 0;
	to->states = states->list;
	to->state_count = states->count;
	return NULL;
}

/* The report as text; NULL without memory. */
static char *
report_text(const struct lint_report *report, const struct lint_summary *summary)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	bool written = memory != NULL && lint_report_json(report, summary, memory);

	if (memory != NULL && fclose(memory) == 0 && written)
		return text;
	free(text);
	return NULL;
}

/* Lint, and give the report; NULL without memory. */
static char *
lint_text(const struct lint_options *options, struct lint_report *report,
    const struct hvemu_file *files, size_t count, const struct hvemu_file *suppressions)
{
	struct lint *lint = report != NULL ? lint_new(options) : NULL;
	struct lint_summary summary;
	char *text = NULL;

	if (lint != NULL && lint_files(lint, files, count, suppressions, &summary))
		text = report_text(report, &summary);
	lint_free(lint);
	return text;
}

enum hvemu_status
hvemu_lint(const struct hvemu *hvemu, const struct hvemu_file *files, size_t count,
    const struct hvemu_lint_options *options, char **ret_json, char **ret_error)
{
	static const struct hvemu_lint_options plain = { 0 };
	const struct hvemu_lint_options *given = options != NULL ? options : &plain;
	struct lint_report *report = lint_report_new();
	struct lint_options own = {
		.catalog = &hvemu->catalog,
		.services = hvemu->services,
		.finding = take_finding,
		.context = report,
	};
	struct states states = { 0 };
	const char *wrong = take_options(hvemu, given, &own, &states);
	struct buf error = { 0 };
	char *text = NULL;

	if (wrong == NULL)
		text = lint_text(&own, report, files, count, given->suppressions);
	for (size_t i = 0; i < LINT_STATES_MAX; i++)
		free(states.texts[i]);
	lint_report_free(report);
	if (wrong != NULL) {
		buf_printf(&error, "no format or state of the host: \"%s\"", wrong);
		return fail(HVEMU_BAD_INPUT, &error, ret_error);
	}
	if (text == NULL)
		return fail(HVEMU_NO_MEMORY, NULL, ret_error);
	*ret_json = text;
	return HVEMU_OK;
}

static void
take_result(void *context, const struct vector_result *result)
{
	json_array_append_new(context, tunable_vector_json(result));
}

enum hvemu_status
hvemu_verify(
    const struct hvemu *hvemu, const struct hvemu_file *file, char **ret_json, char **ret_error)
{
	struct vector_sink sink = { .result = take_result, .context = json_array() };
	FILE *memory = open_memory(file);
	struct vector_count count = { 0 };
	struct buf error = { 0 };
	bool done = memory != NULL && sink.context != NULL;

	if (done && !vector_run(&hvemu->catalog, memory, file->name, &sink, &count, &error)) {
		fclose(memory);
		json_decref(sink.context);
		return fail(HVEMU_BAD_INPUT, &error, ret_error);
	}
	if (memory != NULL)
		fclose(memory);
	buf_release(&error);
	if (!done) {
		json_decref(sink.context);
		return fail(HVEMU_NO_MEMORY, NULL, ret_error);
	}
	return give(json_pack("{s:I, s:I, s:o}", "passed", (json_int_t)count.passed, "failed",
	                (json_int_t)count.failed, "cases", (json_t *)sink.context),
	    ret_json, ret_error);
}
