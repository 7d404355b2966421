/*
 * hvctl clock: the clock that all processes of a host follow, and the seed of its ids.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/clock.h"
#include "regstore/store/clock.h"
#include "vmms/hvctl.h"

#define UNITS_PER_MS 10000 /* of a FILETIME */

/* --- The processes ----------------------------------------------------------------------------
 */

/*
 * Have every process act upon the clock as it is now, and wait until it has. `list` (or NULL) gets
 * {process, timers, next_ms} of each that waits for something; *next is how far the nearest timer
 * is off, INT64_MAX without any. False if a process did not answer, which was told.
 */
static bool
settle(const struct hvctl *hvctl, json_t *list, int64_t *next)
{
	json_t *names = hvctl_sockets(hvctl, NULL);
	bool settled = true;
	json_t *name;
	size_t index;

	*next = INT64_MAX;
	json_array_foreach(names, index, name)
	{
		json_t *clock = NULL;
		enum hvctl_asked asked =
		    hvctl_ask(hvctl, json_string_value(name), "clock", NULL, &clock);
		const json_t *first = json_object_get(clock, "next");

		settled = settled && asked != ASKED_FAILED;
		if (json_is_integer(first)) {
			if (json_integer_value(first) < *next)
				*next = json_integer_value(first);
			json_array_append_new(
			    list, json_pack("{s:O, s:O, s:f}", "process", name, "timers",
			              json_object_get(clock, "timers"), "next_ms",
			              (double)json_integer_value(first) / (double)UNITS_PER_MS));
		}
		json_decref(clock);
	}
	json_decref(names);
	return settled;
}

/*
 * Let a while pass, from one timer that is due to the next, so that each finds the clock at its own
 * time; all act before it goes on.
 */
static lstatus
step(const struct hvctl *hvctl, struct registry *registry, int64_t left, bool *settled)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int64_t next;

	*settled = settle(hvctl, NULL, &next);
	while (left > 0 && *settled && lstatus_ok(status)) {
		int64_t by = next < left ? next : left;

		if (by > 0)
			status = store_clock_step(registry_store(registry), by);
		left -= by;
		if (lstatus_ok(status))
			*settled = settle(hvctl, NULL, &next);
	}
	return status;
}

/* --- Words ------------------------------------------------------------------------------------ */

/* "90s", "5m", "1.5h", "200ms", "2d", or seconds. */
static bool
parse_duration(const char *text, int64_t *ret_units)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
		{ "d", 86400000 } };
	char *end;
	double number = strtod(text, &end);

	if (end == text || text[strspn(text, "0123456789.")] != *end)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		double length = number * (double)units[i].ms * (double)UNITS_PER_MS;

		if (strcmp(end, units[i].unit) == 0 && length >= 1 && length < (double)INT64_MAX) {
			*ret_units = (int64_t)length;
			return true;
		}
	}
	return false;
}

bool
hvctl_parse_seed(const char *text, int64_t *ret_seed)
{
	char *end;

	errno = 0;
	*ret_seed = strtoll(text, &end, 0);
	return end != text && *end == '\0' && errno == 0;
}

/* --- Showing ---------------------------------------------------------------------------------- */

static json_t *
clock_json(struct registry *registry, json_t *processes)
{
	struct store *store = registry_store(registry);
	struct store_clock clock;
	struct buf now = { 0 };
	struct buf wall = { 0 };
	int64_t seed;
	json_t *json;

	store_clock_read(store, &clock);
	clock_format(clock.now, &now);
	clock_format(clock_wall(), &wall);
	json = json_pack("{s:s, s:s, s:b, s:o, s:o}", "time", buf_text(&now), "wall",
	    buf_text(&wall), "paused", clock.paused, "seed",
	    lstatus_ok(store_random_seed(store, &seed)) ? json_integer(seed) : json_null(),
	    "processes", processes);
	buf_release(&now);
	buf_release(&wall);
	return json;
}

static int
show(struct hvctl *hvctl, struct registry *registry)
{
	json_t *processes = json_array();
	int64_t next;
	bool settled = settle(hvctl, processes, &next);
	json_t *json = clock_json(registry, processes);
	json_t *process;
	size_t index;

	if (hvctl->json)
		return hvctl_print_json(hvctl, json) == EXIT_SUCCESS && settled ? EXIT_SUCCESS
		                                                                : EXIT_FAILURE;
	printf("%s, %s", json_string_value(json_object_get(json, "time")),
	    json_is_true(json_object_get(json, "paused")) ? "paused" : "running");
	if (json_is_integer(json_object_get(json, "seed")))
		printf(", seed %" JSON_INTEGER_FORMAT,
		    json_integer_value(json_object_get(json, "seed")));
	putchar('\n');
	json_array_foreach(json_object_get(json, "processes"), index, process) printf(
	    "%-44s next timer in %.3f s\n", json_string_value(json_object_get(process, "process")),
	    json_real_value(json_object_get(process, "next_ms")) / 1000);
	json_decref(json);
	return settled ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- The command ------------------------------------------------------------------------------ */

static int
failed(const struct hvctl *hvctl, struct registry *registry, lstatus status)
{
	if (lstatus_is(status, ERROR_INVALID_PARAMETER))
		return hvctl_fail(hvctl, "the clock goes from 1601-01-01T00:00:00Z to "
		                         "30827-12-31T23:59:59Z");
	return hvctl_fail(hvctl, "%s: %s", lstatus_text(status), registry_error(registry));
}

/* Carry out a word with its argument; *misused if there is none such. */
static lstatus
change(struct hvctl *hvctl, struct registry *registry, const char *word, const char *argument,
    bool *misused)
{
	struct store *store = registry_store(registry);
	bool settled = true;
	int64_t number;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (strcmp(word, "pause") == 0 && argument == NULL)
		return store_clock_pause(store);
	if (strcmp(word, "resume") == 0 && argument == NULL)
		return store_clock_resume(store);
	if (argument != NULL && strcmp(word, "jump") == 0 && clock_parse(argument, &number))
		return store_clock_jump(store, number);
	if (argument != NULL && strcmp(word, "seed") == 0 && strcmp(argument, "off") == 0)
		return store_set_random_seed(store, NULL);
	if (argument != NULL && strcmp(word, "seed") == 0 && hvctl_parse_seed(argument, &number))
		return store_set_random_seed(store, &number);
	*misused =
	    argument == NULL || strcmp(word, "step") != 0 || !parse_duration(argument, &number);
	if (!*misused)
		status = step(hvctl, registry, number, &settled);
	return status;
}

int
hvctl_clock(struct hvctl *hvctl, int argc, char **argv)
{
	struct registry *registry;
	bool misused = false;
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int result;

	if (argc > 3)
		return hvctl_misused(hvctl, "expected show, pause, resume, step, jump or seed");
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	if (argc > 1 && (argc > 2 || strcmp(argv[1], "show") != 0))
		status = change(hvctl, registry, argv[1], argc > 2 ? argv[2] : NULL, &misused);
	if (misused)
		result = hvctl_misused(hvctl,
		    "expected show, pause, resume, \"step\" with a duration (300s, 5m), \"jump\" "
		    "with a time of the years 1601 to 30827 (2026-11-29T10:00:00Z), or \"seed\" "
		    "with a number or \"off\"");
	else if (!lstatus_ok(status))
		result = failed(hvctl, registry, status);
	else
		result = show(hvctl, registry);
	registry_close(registry);
	return result;
}
