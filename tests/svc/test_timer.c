/*
 * Timers on the host's clock, which the test pauses, steps and jumps: no test waits for real time
 * that does not say so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/base/clock.h"
#include "regstore/store/clock.h"
#include "regstore/svc/timer.h"
#include "tests/lib/daemon.h"

#define MS (FILETIME_PER_SECOND / 1000)

struct fixture {
	struct daemon daemon;
	struct svc_timer timers[4];
	char fired[64]; /* their letters, in order */
	int64_t at[64]; /* what had passed then, in ms */
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	daemon_init(&fixture->daemon);
	for (size_t i = 0; i < ARRAY_SIZE(fixture->timers); i++)
		fixture->timers[i].self = fixture;
	assert_lstatus(
	    store_clock_pause(registry_store(fixture->daemon.svc.registry)), ERROR_SUCCESS);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	daemon_release(&fixture->daemon);
	free(fixture);
	return 0;
}

static struct store *
store_of(struct fixture *fixture)
{
	return registry_store(fixture->daemon.svc.registry);
}

static void
note(struct svc_timer *timer)
{
	struct fixture *fixture = timer->self;
	size_t count = strlen(fixture->fired);

	fixture->fired[count] = (char)('a' + (timer - fixture->timers));
	fixture->at[count] = svc_passed_ms(&fixture->daemon.svc);
}

static void
start(struct fixture *fixture, size_t which, uint64_t delay_ms)
{
	svc_timer_start(&fixture->daemon.svc, &fixture->timers[which], delay_ms, note);
}

/* Step by ms on another connection, as hvctl does, and let the daemon be woken by the bell. */
static void
step(struct fixture *fixture, int64_t ms)
{
	struct registry *other = host_connect(&fixture->daemon.host);

	assert_lstatus(store_clock_step(registry_store(other), ms * MS), ERROR_SUCCESS);
	registry_close(other);
	uv_ref((uv_handle_t *)&fixture->daemon.private.watch);
	uv_run(fixture->daemon.svc.loop, UV_RUN_NOWAIT);
	uv_unref((uv_handle_t *)&fixture->daemon.private.watch);
	daemon_run(&fixture->daemon);
}

static void
a_timer_fires_at_its_moment_and_once(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, 0, 300000);
	daemon_run(&fixture->daemon); /* nothing comes nearer: the loop has nothing to wait for */
	step(fixture, 299999);
	assert_string_equal(fixture->fired, "");
	step(fixture, 1);
	assert_string_equal(fixture->fired, "a");
	step(fixture, 1000000000);
	assert_string_equal(fixture->fired, "a");
}

static void
timers_fire_in_the_order_in_which_they_are_due(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, 0, 500);
	start(fixture, 1, 100);
	start(fixture, 2, 300);
	start(fixture, 3, 300);
	step(fixture, 1000);
	assert_string_equal(fixture->fired, "bcda");
}

static void
a_jump_moves_no_timer(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, 0, 1000);
	step(fixture, 999);
	assert_lstatus(store_clock_jump(store_of(fixture), FILETIME_MAX), ERROR_SUCCESS);
	timers_fire(&fixture->daemon.svc);
	assert_lstatus(store_clock_jump(store_of(fixture), 0), ERROR_SUCCESS);
	timers_fire(&fixture->daemon.svc);
	assert_string_equal(fixture->fired, "");
	step(fixture, 1);
	assert_string_equal(fixture->fired, "a");
	assert_lstatus(store_clock_jump(store_of(fixture), 1), ERROR_SUCCESS);
	step(fixture, 5000);
	assert_string_equal(fixture->fired, "a");
}

static void
a_timer_is_set_anew_and_stopped(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, 0, 100);
	start(fixture, 0, 200);
	start(fixture, 1, 150);
	svc_timer_stop(&fixture->timers[1]);
	svc_timer_stop(&fixture->timers[1]);
	step(fixture, 199);
	assert_string_equal(fixture->fired, "");
	step(fixture, 1);
	assert_string_equal(fixture->fired, "a");
}

static void
start_next(struct svc_timer *timer)
{
	struct fixture *fixture = timer->self;

	note(timer);
	if (timer < fixture->timers + 2)
		svc_timer_start(&fixture->daemon.svc, timer + 1, 0, start_next);
}

/* Also those that are due at once: a turn of the loop each, so that the loop is never held up. */
static void
what_a_timer_starts_is_due_after_all_that_was_started_before(void **state)
{
	struct fixture *fixture = *state;

	svc_timer_start(&fixture->daemon.svc, &fixture->timers[0], 10, start_next);
	start(fixture, 3, 20);
	assert_lstatus(store_clock_step(store_of(fixture), 20 * MS), ERROR_SUCCESS);
	timers_fire(&fixture->daemon.svc);
	assert_string_equal(fixture->fired, "ad");
	daemon_run(&fixture->daemon);
	assert_string_equal(fixture->fired, "adbc");
}

/* The one test of real time: a running clock fires without anybody's doing, and never early. */
static void
a_running_clock_fires_by_itself_and_not_early(void **state)
{
	struct fixture *fixture = *state;
	int64_t begin;

	assert_lstatus(store_clock_resume(store_of(fixture)), ERROR_SUCCESS);
	begin = svc_passed_ms(&fixture->daemon.svc);
	start(fixture, 0, 20);
	start(fixture, 1, 5);
	daemon_run(&fixture->daemon);
	assert_string_equal(fixture->fired, "ba");
	assert_true(fixture->at[0] >= begin + 5);
	assert_true(fixture->at[1] >= begin + 20);
}

static void
a_pause_halts_what_was_under_way(void **state)
{
	struct fixture *fixture = *state;
	struct registry *other = host_connect(&fixture->daemon.host);

	assert_lstatus(store_clock_resume(registry_store(other)), ERROR_SUCCESS);
	start(fixture, 0, 3600000);
	assert_lstatus(store_clock_pause(registry_store(other)), ERROR_SUCCESS);
	/* Woken by the bell, the loop drops its timer: else this would run for an hour. */
	uv_run(fixture->daemon.svc.loop, UV_RUN_ONCE);
	daemon_run(&fixture->daemon);
	assert_string_equal(fixture->fired, "");
	registry_close(other);
}

static void
the_method_clock_tells_how_far_the_next_one_is_off(void **state)
{
	struct fixture *fixture = *state;
	json_t *clock = timers_json(&fixture->daemon.svc);

	assert_true(json_is_null(json_object_get(clock, "next")));
	json_decref(clock);
	start(fixture, 0, 5000);
	start(fixture, 1, 300000);
	step(fixture, 1000);
	clock = timers_json(&fixture->daemon.svc);
	assert_int_equal(json_integer_value(json_object_get(clock, "timers")), 2);
	assert_int_equal(json_integer_value(json_object_get(clock, "next")), 4000 * MS);
	assert_true(json_is_true(json_object_get(clock, "paused")));
	json_decref(clock);
}

static void
on_the_way_down_time_is_real(void **state)
{
	struct fixture *fixture = *state;

	fixture->daemon.private.stopping = true;
	start(fixture, 0, 2);
	daemon_run(&fixture->daemon);
	assert_string_equal(fixture->fired, "a");
}

#define TIMER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TIMER_TEST(a_timer_fires_at_its_moment_and_once),
		TIMER_TEST(timers_fire_in_the_order_in_which_they_are_due),
		TIMER_TEST(a_jump_moves_no_timer),
		TIMER_TEST(a_timer_is_set_anew_and_stopped),
		TIMER_TEST(what_a_timer_starts_is_due_after_all_that_was_started_before),
		TIMER_TEST(a_running_clock_fires_by_itself_and_not_early),
		TIMER_TEST(a_pause_halts_what_was_under_way),
		TIMER_TEST(the_method_clock_tells_how_far_the_next_one_is_off),
		TIMER_TEST(on_the_way_down_time_is_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
