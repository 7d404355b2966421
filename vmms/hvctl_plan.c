/*
 * plan: what files would change, and what would make that effective; and the doing of it.
 *
 * The files are imported in a transaction and every table is read again through it, so the answer
 * is what the readers would make of the whole registry. Then the transaction is rolled back, or
 * with --apply committed, and the steps that were found are taken.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "regstore/base/clock.h"
#include "regstore/registry/scratch.h"
#include "vmms/hvctl_compare.h"
#include "vmms/hvctl_input.h"
#include "vmms/hvctl_mirror.h"
#include "vmms/hvctl_steps.h"

#define FILES_MAX 256u

/* Until a process that is notified of a change has read it. */
#define NOTICE_NS 5000000000
#define AGAIN_NS  5000000

struct plan {
	const struct hvctl *hvctl; /* of the host, or of a scratch one */
	bool scratch;
	bool apply;
	struct registry *registry;
	struct mirror *mirror;
	struct steps steps;
	struct input inputs[FILES_MAX];
	size_t count;
	json_t *changes;
};

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* --- Finding
 * -------------------------------------------------------------------------------------- */

/* Whether a module runs in a process: what it shows there says so. */
static bool
runs_there(const json_t *in_effect, const json_t *change)
{
	json_t *view;
	size_t index;

	json_array_foreach(in_effect, index, view)
	{
		if (strcmp(text_of(view, "process"), text_of(change, "process")) == 0 &&
		    strcmp(text_of(view, "module"), text_of(change, "module")) == 0)
			return json_is_true(json_object_get(view, "running"));
	}
	return false;
}

/*
 * What the import changed in the registry, as changes of what has effect in the processes that
 * run. A value that is pending already and that the files leave alone is none of them.
 */
static json_t *
find_changes(const struct plan *plan, const json_t *stored, const json_t *after)
{
	json_t *changes = views_compare(stored, after);
	json_t *in_effect = views_by_id(mirror_in_effect(plan->mirror));
	json_t *change;
	size_t index;

	json_array_foreach(changes, index, change)
	{
		const json_t *view;
		struct buf id = { 0 };

		hvctl_view_id(change, &id);
		view = json_object_get(in_effect, buf_text(&id));
		if (view != NULL)
			views_set_before(change, view);
		json_object_set_new(change, "running",
		    json_boolean(runs_there(mirror_in_effect(plan->mirror), change)));
		buf_release(&id);
	}
	json_decref(in_effect);
	return changes;
}

static bool
any_boots(const struct plan *plan)
{
	json_t *change;
	size_t index;

	json_array_foreach(plan->changes, index, change)
	{
		if (steps_is_boot(&plan->steps, change))
			return true;
	}
	return false;
}

/* Read all again; once more as after a boot, if one is needed and that changes what is read. */
static bool
read_changes(struct plan *plan, const json_t *stored, const json_t *conditions)
{
	json_t *words = mirror_conditions(plan->mirror);
	json_t *after = NULL;

	if (words == NULL)
		return false;
	plan->steps.boot = !json_equal(conditions, words);
	json_decref(words);
	for (bool boots = plan->steps.boot;; boots = true) {
		after = mirror_views(plan->mirror, boots);
		if (after == NULL)
			return false;
		json_decref(plan->changes);
		plan->changes = find_changes(plan, stored, after);
		json_decref(after);
		if (boots || !any_boots(plan))
			break;
	}
	steps_find(&plan->steps, plan->changes);
	return true;
}

static bool
import_all(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (!input_import(plan->hvctl, plan->registry, &plan->inputs[i]))
			return false;
	}
	return true;
}

/* The transaction: import, look, and take it back or keep it. */
static bool
try_files(struct plan *plan, const json_t *stored, const json_t *conditions)
{
	lstatus status = registry_begin(plan->registry, "hvctl plan --apply");

	if (!lstatus_ok(status)) {
		hvctl_fail(plan->hvctl, "the registry cannot be written: %s", lstatus_text(status));
		return false;
	}
	if (!import_all(plan) || !read_changes(plan, stored, conditions)) {
		registry_rollback(plan->registry);
		return false;
	}
	if (!plan->apply) {
		registry_rollback(plan->registry);
		return true;
	}
	status = registry_commit(plan->registry);
	if (!lstatus_ok(status))
		hvctl_fail(plan->hvctl, "nothing was written: %s", lstatus_text(status));
	return lstatus_ok(status);
}

static bool
make_plan(struct plan *plan)
{
	json_t *stored = NULL;
	json_t *conditions = NULL;
	bool done;

	plan->mirror = mirror_new(plan->hvctl, plan->registry, true);
	done = plan->mirror != NULL &&
	       steps_init(&plan->steps, plan->hvctl, plan->registry, mirror_is_up(plan->mirror));
	if (done)
		stored = mirror_views(plan->mirror, false);
	if (stored != NULL)
		conditions = mirror_conditions(plan->mirror);
	done = done && conditions != NULL && try_files(plan, stored, conditions);
	json_decref(stored);
	json_decref(conditions);
	return done;
}

/* --- Printing
 * ------------------------------------------------------------------------------------- */

static json_t *
files_json(struct plan *plan)
{
	json_t *files = json_array();

	for (size_t i = 0; i < plan->count; i++) {
		struct input *input = &plan->inputs[i];

		json_array_append_new(files,
		    json_pack("{s:s, s:s, s:s?, s:I, s:I, s:I, s:s}", "file", input->file, "kind",
		        input_kind_name(input->kind), "into", input->into, "values",
		        (json_int_t)input->values, "deletions", (json_int_t)input->deletions,
		        "unread", (json_int_t)input->unread, "lost", buf_text(&input->lost)));
	}
	return files;
}

static void
print_files(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct input *input = &plan->inputs[i];

		printf("%s: %llu values, %llu deletions\n", input->file,
		    (unsigned long long)input->values, (unsigned long long)input->deletions);
		if (input->lost.size > 0)
			printf("  not carried over:\n%s", buf_text(&input->lost));
		if (input->unread > 0)
			printf("  %llu of them no reader knows; \"hvctl lint %s\" tells which\n",
			    (unsigned long long)input->unread, input->file);
	}
}

static void
print_change(const struct plan *plan, const json_t *change)
{
	const json_t *needs = json_object_get(change, "needs");

	views_print_change(plan->hvctl, change);
	if (json_is_string(needs))
		printf("      read at %s%s: %s\n", text_of(change, "read_at"),
		    strcmp(text_of(change, "apply"), "unknown") == 0 ? " (assumed)" : "",
		    json_string_value(needs));
	else
		printf("      %s\n", text_of(change, "when"));
}

static void
print_steps(const struct plan *plan)
{
	json_t *step;
	size_t index;

	if (json_array_size(plan->steps.list) == 0) {
		printf("\nNothing has to be reloaded or restarted.\n");
		return;
	}
	printf("\n%sTo make all of it effective%s\n", hvctl_bold(plan->hvctl),
	    hvctl_plain(plan->hvctl));
	json_array_foreach(plan->steps.list, index, step)
	{
		size_t names = json_array_size(json_object_get(step, "for"));

		printf("  %zu. %s", index + 1, text_of(step, "command"));
		if (names > 0)
			printf("  (%s%s)",
			    json_string_value(json_array_get(json_object_get(step, "for"), 0)),
			    names > 1 ? ", ..." : "");
		else
			printf("  (it runs now, and does not outlast the step before)");
		putchar('\n');
	}
}

static void
print_plan(struct plan *plan)
{
	const json_t *last = NULL;
	json_t *change;
	size_t index;

	printf("%s: %s\n", plan->hvctl->root,
	    plan->scratch    ? "a new host, for there is none to plan for"
	    : plan->steps.up ? "the host is up"
	                     : "the host is down");
	print_files(plan);
	json_array_foreach(plan->changes, index, change)
	{
		views_print_heading(plan->hvctl, last, change);
		print_change(plan, change);
		last = change;
	}
	if (json_array_size(plan->changes) == 0)
		printf("\nNo tunable changes.\n");
	if (plan->steps.up)
		print_steps(plan);
}

/* --- Applying
 * ------------------------------------------------------------------------------------- */

/* Whether a change that its process could have by now has its effect. */
static bool
has_effect(const json_t *in_effect, const json_t *change)
{
	const json_t *after = json_object_get(change, "after");
	const json_t *view;
	struct buf id = { 0 };

	hvctl_view_id(change, &id);
	view = json_object_get(in_effect, buf_text(&id));
	buf_release(&id);
	/* A disk that is attached no more, a key that is gone: nobody goes by the old value. */
	return view == NULL || json_is_null(after) ||
	       json_equal(json_object_get(view, "effective"), json_object_get(after, "effective"));
}

/* The changes that a step or a notification was for and that have no effect; NULL on failure. */
static json_t *
still_pending(const struct plan *plan)
{
	struct mirror *mirror = mirror_new(plan->hvctl, plan->registry, true);
	json_t *pending = json_array();
	json_t *in_effect;
	json_t *change;
	size_t index;

	if (mirror == NULL) {
		json_decref(pending);
		return NULL;
	}
	in_effect = views_by_id(mirror_in_effect(mirror));
	json_array_foreach(plan->changes, index, change)
	{
		if (json_is_true(json_object_get(change, "effective_changes")) &&
		    (json_is_string(json_object_get(change, "needs")) ||
		        strcmp(text_of(change, "read_at"), "notification") == 0) &&
		    !has_effect(in_effect, change))
			json_array_append(pending, change);
	}
	json_decref(in_effect);
	mirror_free(mirror);
	return pending;
}

/* The same, once the processes have had the time to read what they are notified of. */
static json_t *
pending_at_last(const struct plan *plan)
{
	static const struct timespec moment = { .tv_nsec = AGAIN_NS };
	int64_t end = clock_monotonic_ns() + NOTICE_NS;
	json_t *pending = still_pending(plan);

	while (pending != NULL && json_array_size(pending) > 0 && clock_monotonic_ns() < end) {
		nanosleep(&moment, NULL);
		json_decref(pending);
		pending = still_pending(plan);
	}
	return pending;
}

static bool
take_steps(const struct plan *plan)
{
	json_t *step;
	size_t index;

	json_array_foreach(plan->steps.list, index, step)
	{
		if (!plan->hvctl->json) {
			printf("%s ...", text_of(step, "command"));
			fflush(stdout);
		}
		if (!step_take(plan->hvctl, step)) {
			json_object_set_new(step, "done", json_false());
			return false;
		}
		json_object_set_new(step, "done", json_true());
		if (!plan->hvctl->json)
			printf(" done\n");
	}
	return true;
}

/* Take the steps, and prove that nothing is left. Returns the exit status. */
static int
carry_out(const struct plan *plan, json_t **ret_pending)
{
	json_t *pending;
	json_t *change;
	size_t index;

	if (!plan->hvctl->json)
		printf("\nThe files are imported.\n");
	if (!plan->steps.up)
		return EXIT_SUCCESS;
	if (!take_steps(plan))
		return EXIT_FAILURE;
	pending = pending_at_last(plan);
	if (pending == NULL)
		return EXIT_FAILURE;
	*ret_pending = pending;
	json_array_foreach(pending, index, change)
	    hvctl_fail(plan->hvctl, "%s\\%s is still pending in %s", text_of(change, "key"),
	        text_of(change, "name"), text_of(change, "process"));
	if (json_array_size(pending) > 0)
		return EXIT_FAILURE;
	if (!plan->hvctl->json)
		printf("Nothing of it is pending.\n");
	return EXIT_SUCCESS;
}

static int
report(struct plan *plan)
{
	json_t *pending = NULL;
	int status = EXIT_SUCCESS;

	if (!plan->hvctl->json)
		print_plan(plan);
	if (plan->apply)
		status = carry_out(plan, &pending);
	else if (!plan->hvctl->json)
		printf("\nNothing was written%s.\n",
		    plan->scratch ? "" : "; --apply imports the files and takes the steps");
	if (plan->hvctl->json &&
	    hvctl_print_json(plan->hvctl,
	        json_pack("{s:s, s:b, s:b, s:b, s:o, s:O, s:O, s:O?}", "root", plan->hvctl->root,
	            "scratch", plan->scratch, "up", plan->steps.up, "applied", plan->apply, "files",
	            files_json(plan), "changes", plan->changes, "steps", plan->steps.list,
	            "pending", pending)) != EXIT_SUCCESS)
		status = EXIT_FAILURE;
	json_decref(pending);
	return status;
}

/* --- The command
 * ---------------------------------------------------------------------------------- */

static int
run_plan(struct plan *plan)
{
	int status = make_plan(plan) ? report(plan) : EXIT_FAILURE;

	steps_release(&plan->steps);
	mirror_free(plan->mirror);
	json_decref(plan->changes);
	for (size_t i = 0; i < plan->count; i++)
		input_release(&plan->inputs[i]);
	return status;
}

/* Without a host a new one stands for it. */
static int
plan_scratch(struct plan *plan)
{
	struct hvctl hvctl = *plan->hvctl;
	struct scratch scratch;
	lstatus status = scratch_open("hvctl", &scratch);
	int code = EXIT_FAILURE;

	if (lstatus_ok(status))
		status = host_install(scratch.registry);
	if (lstatus_ok(status)) {
		hvctl.root = scratch.folder;
		plan->hvctl = &hvctl;
		plan->scratch = true;
		plan->registry = scratch.registry;
		code = run_plan(plan);
	} else {
		hvctl_fail(&hvctl, "a host to try it on cannot be made: %s", lstatus_text(status));
	}
	scratch_close(&scratch);
	return code;
}

static bool
parse_arguments(struct plan *plan, int argc, char **argv)
{
	const char *into = NULL;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--apply") == 0) {
			plan->apply = true;
		} else if (strcmp(argv[i], "--into") == 0 && i + 1 < argc && into == NULL) {
			into = argv[++i];
		} else if (argv[i][0] == '-' || plan->count == FILES_MAX) {
			return false;
		} else {
			plan->inputs[plan->count++] =
			    (struct input){ .file = argv[i], .into = into };
			into = NULL;
		}
	}
	return plan->count > 0 && into == NULL;
}

int
hvctl_plan(struct hvctl *hvctl, int argc, char **argv)
{
	struct plan plan = { .hvctl = hvctl };
	struct registry_options options = { .mode = REGISTRY_OPEN, .channel = "hvctl" };
	lstatus status;
	int code;

	if (!parse_arguments(&plan, argc, argv))
		return hvctl_misused(
		    hvctl, "\"plan\" takes files, --into KEY before a hive or policy, --apply");
	status = registry_open(hvctl->root, &options, &plan.registry);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) && !plan.apply)
		return plan_scratch(&plan);
	if (!lstatus_ok(status)) {
		/* The same way again, which says what is wrong. */
		plan.registry = hvctl_open(hvctl, REGISTRY_OPEN);
		if (plan.registry == NULL)
			return EXIT_FAILURE;
	}
	code = run_plan(&plan);
	registry_close(plan.registry);
	return code;
}
