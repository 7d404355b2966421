/*
 * A daemon for the tests of the skeleton: three stages, a watch, and methods that show what the
 * skeleton did.
 *
 * Environment: TESTD_FAIL names a stage that fails; TESTD_DIE one in which the process ends at once
 * with status 7.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/svc/svc.h"

#define WATCHED    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Testd"
#define FILL_MAX   (1024 * 1024)
#define WAITERS    128
#define COUNTERS   2
#define LAST_STAGE "third"

enum counter { CHANGES, RELOADS };

/* A `wait` whose counter has not moved yet. */
struct waiter {
	struct svc_later *later;
	enum counter counter;
	json_int_t seen;
};

struct testd {
	json_int_t counts[COUNTERS];
	struct waiter waiters[WAITERS];
	size_t waiter_count;
	struct reg_watch *watch;
};

static void
move(struct testd *testd, enum counter counter)
{
	size_t kept = 0;

	testd->counts[counter]++;
	for (size_t i = 0; i < testd->waiter_count; i++) {
		struct waiter *waiter = &testd->waiters[i];

		if (waiter->counter == counter && testd->counts[counter] > waiter->seen)
			svc_answer(waiter->later, json_integer(testd->counts[counter]));
		else
			testd->waiters[kept++] = *waiter;
	}
	testd->waiter_count = kept;
}

/* --- Stages ----------------------------------------------------------------------------------- */

static bool
up(struct svc *svc, const char *stage)
{
	const char *fail = getenv("TESTD_FAIL");
	const char *die = getenv("TESTD_DIE");

	if (die != NULL && strcmp(die, stage) == 0)
		_exit(7);
	if (fail != NULL && strcmp(fail, stage) == 0) {
		svc_failed(svc, "It was told to.");
		return false;
	}
	return true;
}

static bool
up_first(struct svc *svc)
{
	return up(svc, "first");
}

static bool
up_second(struct svc *svc)
{
	struct testd *testd = svc->self;

	if (!up(svc, "second"))
		return false;
	if (!lstatus_ok(
	        registry_watch(svc->registry, WATCHED, true, REGISTRY_NOTIFY_ALL, &testd->watch))) {
		svc_failed(svc, "The key cannot be watched.");
		return false;
	}
	return svc_watch_registry(svc);
}

static void
down_second(struct svc *svc)
{
	struct testd *testd = svc->self;

	registry_unwatch(svc->registry, testd->watch);
	testd->watch = NULL;
}

static bool
up_third(struct svc *svc)
{
	return up(svc, LAST_STAGE);
}

static const struct svc_stage testd_stages[] = {
	{ "first", up_first, NULL },
	{ "second", up_second, down_second },
	{ LAST_STAGE, up_third, NULL },
	{ NULL, NULL, NULL },
};

/* --- Methods ---------------------------------------------------------------------------------- */

static json_t *
call_echo(struct svc *svc, const json_t *params, struct svc_call *call)
{
	(void)svc;
	(void)call;
	return params != NULL ? json_deep_copy(params) : json_null();
}

static json_t *
call_fail(struct svc *svc, const json_t *params, struct svc_call *call)
{
	(void)svc;
	(void)params;
	return svc_error(call, SVC_FAILED, "This method fails.");
}

static json_t *
call_fill(struct svc *svc, const json_t *params, struct svc_call *call)
{
	json_int_t size = json_integer_value(json_object_get(params, "size"));
	char *text;
	json_t *result;

	(void)svc;
	if (size < 0 || size > FILL_MAX)
		return svc_error(call, SVC_INVALID_PARAMS, "The size is out of range.");
	text = malloc((size_t)size + 1);
	if (text == NULL)
		return NULL;
	memset(text, 'x', (size_t)size);
	result = json_stringn(text, (size_t)size);
	free(text);
	return result;
}

static json_t *
call_count_wakeups(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct testd *testd = svc->self;

	(void)params;
	(void)call;
	return json_integer(testd->counts[CHANGES]);
}

static json_t *
call_wait(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct testd *testd = svc->self;
	const char *what = json_string_value(json_object_get(params, "what"));
	enum counter counter = what != NULL && strcmp(what, "reloads") == 0 ? RELOADS : CHANGES;
	json_int_t seen = json_integer_value(json_object_get(params, "seen"));
	struct svc_later *later;

	if (testd->counts[counter] > seen)
		return json_integer(testd->counts[counter]);
	if (testd->waiter_count == WAITERS)
		return svc_error(call, SVC_FAILED, "Too many wait.");
	later = svc_defer(svc, call);
	if (later != NULL)
		testd->waiters[testd->waiter_count++] = (struct waiter){ later, counter, seen };
	return NULL;
}

static const struct svc_method testd_methods[] = {
	{ "echo", call_echo, "the parameters" },
	{ "fail", call_fail, "an error" },
	{ "fill", call_fill, "a text of the given size" },
	{ "count-wakeups", call_count_wakeups, "how often a watched key has changed" },
	{ "wait", call_wait, "answers once a count (what: changes, reloads) is over seen" },
	{ NULL, NULL, NULL },
};

/* --- Main ------------------------------------------------------------------------------------- */

static void
changed(struct svc *svc)
{
	struct testd *testd = svc->self;

	if (registry_watch_taken(testd->watch))
		move(testd, CHANGES);
}

static void
reload(struct svc *svc)
{
	move(svc->self, RELOADS);
}

static const struct tunable testd_rows[] = {
	{
	    .name = "Patience",
	    .type = REG_DWORD,
	    DEFAULT(3),
	    RANGE(1, 9),
	    OUTSIDE(OOB_CLAMP),
	    .basis = BASIS_ASSUMED,
	    .doc = "How long the test daemon waits.",
	},
};

static const struct tunable_table testd_table = {
	.name = "testd",
	.owner = "testd.exe",
	.key = "HKLM\\SOFTWARE\\Testd",
	.section = "none",
	.apply = APPLY_RELOAD,
	.rows = testd_rows,
	.count = ARRAY_SIZE(testd_rows),
};

static const struct tunable_table *const testd_tables[] = { &testd_table };

int
main(int argc, char **argv)
{
	struct testd testd = { 0 };
	struct svc svc = {
		.name = "testd",
		.doc = "A daemon for tests.",
		.stages = testd_stages,
		.methods = testd_methods,
		.tables = testd_tables,
		.table_count = ARRAY_SIZE(testd_tables),
		.reload = reload,
		.changed = changed,
		.self = &testd,
	};

	return svc_main(&svc, argc, argv);
}
