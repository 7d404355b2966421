/*
 * The host's clock and its random numbers, as every connection to the host has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/store/clock.h"
#include "regstore/store/internal.h"
#include "tests/lib/host.h"

#define KEY    "HKLM\\SOFTWARE\\Test"
#define SECOND FILETIME_PER_SECOND

static struct store *
store_of(const struct host *host)
{
	return registry_store(host->registry);
}

static struct store_clock
clock_of(struct registry *registry)
{
	struct store_clock clock;

	store_clock_read(registry_store(registry), &clock);
	return clock;
}

static int64_t
last_write(struct registry *registry, const char *path)
{
	struct reg_key_info info;

	assert_lstatus(
	    registry_query_info(registry, host_key(registry, path), &info), ERROR_SUCCESS);
	return info.last_write;
}

static void
a_new_hosts_clock_is_the_machines(void **state)
{
	const struct host *host = *state;
	int64_t before = clock_wall();
	struct store_clock clock = clock_of(host->registry);

	assert_false(clock.paused);
	assert_in_range(clock.now, before, clock_wall());
	assert_true(clock_of(host->registry).passed >= clock.passed);
}

static void
a_paused_clock_stands_for_every_connection_and_moves_by_steps(void **state)
{
	const struct host *host = *state;
	struct registry *other = host_connect(host);
	struct store_clock clock;

	assert_lstatus(store_clock_pause(store_of(host)), ERROR_SUCCESS);
	clock = clock_of(host->registry);
	assert_true(clock.paused);
	assert_int_equal(clock_of(other).now, clock.now);
	assert_int_equal(clock_of(other).passed, clock.passed);
	assert_lstatus(store_clock_step(registry_store(other), 300 * SECOND), ERROR_SUCCESS);
	assert_int_equal(clock_of(host->registry).now, clock.now + 300 * SECOND);
	assert_int_equal(clock_of(host->registry).passed, clock.passed + 300 * SECOND);
	assert_lstatus(store_clock_resume(registry_store(other)), ERROR_SUCCESS);
	assert_false(clock_of(host->registry).paused);
	assert_in_range(
	    clock_of(host->registry).now, clock.now + 300 * SECOND, clock.now + 900 * SECOND);
	registry_close(other);
}

static void
a_jump_moves_the_time_of_day_and_not_what_has_passed(void **state)
{
	const struct host *host = *state;
	struct store_clock clock;

	store_clock_pause(store_of(host));
	clock = clock_of(host->registry);
	assert_lstatus(store_clock_jump(store_of(host), 12345), ERROR_SUCCESS);
	assert_int_equal(clock_of(host->registry).now, 12345);
	assert_int_equal(clock_of(host->registry).passed, clock.passed);
}

static void
the_clock_ends_where_windows_does(void **state)
{
	const struct host *host = *state;
	struct store *store = store_of(host);

	store_clock_pause(store);
	assert_lstatus(store_clock_jump(store, -1), ERROR_INVALID_PARAMETER);
	assert_lstatus(store_clock_jump(store, INT64_MAX), ERROR_INVALID_PARAMETER);
	assert_lstatus(store_clock_step(store, -1), ERROR_INVALID_PARAMETER);
	assert_lstatus(store_clock_step(store, INT64_MAX), ERROR_INVALID_PARAMETER);
	assert_lstatus(store_clock_jump(store, FILETIME_MAX - 5), ERROR_SUCCESS);
	assert_lstatus(store_clock_step(store, 6), ERROR_INVALID_PARAMETER);
	assert_int_equal(clock_of(host->registry).now, FILETIME_MAX - 5);
	assert_lstatus(store_clock_step(store, 5), ERROR_SUCCESS);
	assert_int_equal(clock_of(host->registry).now, FILETIME_MAX);
	/* It stays there, and the next jump leads away. */
	assert_lstatus(store_clock_resume(store), ERROR_SUCCESS);
	assert_int_equal(clock_of(host->registry).now, FILETIME_MAX);
	assert_lstatus(store_clock_jump(store, 0), ERROR_SUCCESS);
	assert_in_range(clock_of(host->registry).now, 0, 600 * SECOND);
}

static void
no_key_is_written_before_it_was_made(void **state)
{
	const struct host *host = *state;
	int64_t made;

	store_clock_pause(store_of(host));
	made = clock_of(host->registry).now;
	host_key(host->registry, KEY);
	assert_int_equal(last_write(host->registry, KEY), made);
	store_clock_step(store_of(host), 100 * SECOND);
	registry_set_dword(host->registry, host_key(host->registry, KEY), "a", 1);
	assert_int_equal(last_write(host->registry, KEY), made + 100 * SECOND);
	/* Back, but not before it was made: the time is what the clock says. */
	store_clock_jump(store_of(host), made + 10 * SECOND);
	registry_set_dword(host->registry, host_key(host->registry, KEY), "a", 2);
	assert_int_equal(last_write(host->registry, KEY), made + 10 * SECOND);
	store_clock_jump(store_of(host), 0);
	registry_set_dword(host->registry, host_key(host->registry, KEY), "a", 3);
	assert_int_equal(last_write(host->registry, KEY), made);
}

static void
a_change_is_in_the_write_log_and_one_that_changes_nothing_is_not(void **state)
{
	const struct host *host = *state;
	struct store_tx tx;
	uint64_t before = 0;
	uint64_t number = 0;

	assert_lstatus(store_last_number(store_of(host), &before), ERROR_SUCCESS);
	store_clock_pause(store_of(host));
	store_clock_pause(store_of(host));
	assert_lstatus(store_last_number(store_of(host), &number), ERROR_SUCCESS);
	assert_int_equal(number, before + 1);
	assert_lstatus(store_find_tx(store_of(host), number, &tx), ERROR_SUCCESS);
	assert_string_equal(tx.comment, "clock: pause");
	assert_string_equal(tx.actor, "tester");
	free(tx.actor);
	free(tx.channel);
	free(tx.comment);
}

static void
a_change_that_is_rolled_back_was_none(void **state)
{
	const struct host *host = *state;
	struct store_clock clock;

	store_clock_pause(store_of(host));
	clock = clock_of(host->registry);
	assert_lstatus(store_begin(store_of(host), NULL), ERROR_SUCCESS);
	assert_lstatus(store_clock_step(store_of(host), SECOND), ERROR_SUCCESS);
	assert_lstatus(store_clock_step(store_of(host), SECOND), ERROR_SUCCESS);
	store_rollback(store_of(host));
	assert_int_equal(clock_of(host->registry).now, clock.now);
	assert_lstatus(store_begin(store_of(host), NULL), ERROR_SUCCESS);
	store_clock_step(store_of(host), SECOND);
	store_clock_step(store_of(host), SECOND);
	assert_int_equal(clock_of(host->registry).now, clock.now);
	assert_lstatus(store_commit(store_of(host)), ERROR_SUCCESS);
	assert_int_equal(clock_of(host->registry).now, clock.now + 2 * SECOND);
}

static void
the_page_is_made_anew_from_the_store(void **state)
{
	struct host *host = *state;
	char path[4200];
	struct store_clock clock;

	store_clock_pause(store_of(host));
	store_clock_jump(store_of(host), 777);
	clock = clock_of(host->registry);
	host_close(host);
	snprintf(path, sizeof(path), "%s/run/clock-1", host->root);
	assert_int_equal(unlink(path), 0);
	host_open(host);
	assert_int_equal(clock_of(host->registry).now, 777);
	assert_int_equal(clock_of(host->registry).passed, clock.passed);
	assert_true(clock_of(host->registry).paused);
}

/* A writer that is killed after COMMIT, before it turns the page and rings. */
static void
die_before_the_page(const struct host *host)
{
	struct store *store = registry_store(host_connect(host));

	store_begin(store, NULL);
	store_clock_jump(store, 555);
	bell_doubt(store->bell);
	sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	_exit(0);
}

static void
a_change_whose_writer_died_is_seen_when_the_next_one_writes(void **state)
{
	struct host *host = *state;
	pid_t child;

	store_clock_pause(store_of(host));
	child = fork();
	if (child == 0)
		die_before_the_page(host);
	assert_int_equal(host_wait(child), 0);
	registry_set_dword(host->registry, host_key(host->registry, KEY), "a", 1);
	assert_int_equal(clock_of(host->registry).now, 555);
}

static void
a_watch_on_the_clock_is_marked_by_its_changes_alone(void **state)
{
	const struct host *host = *state;
	struct registry *other = host_connect(host);
	struct store_watch *clock = NULL;
	struct store_watch *all = NULL;

	assert_lstatus(store_watch_clock(registry_store(other), &clock), ERROR_SUCCESS);
	assert_lstatus(
	    store_watch(registry_store(other), 0, "", 0, true, 0xf, &all), ERROR_SUCCESS);
	registry_set_dword(host->registry, host_key(host->registry, KEY), "a", 1);
	assert_false(store_watch_taken(clock));
	assert_true(store_watch_taken(all));
	store_clock_step(store_of(host), 1);
	assert_true(store_watch_taken(clock));
	assert_false(store_watch_taken(all));
	store_unwatch(registry_store(other), clock);
	store_unwatch(registry_store(other), all);
	registry_close(other);
}

/* --- Random numbers --------------------------------------------------------------------------- */

static void
draw(const struct host *host, const char *stream, char guid[GUID_TEXT_SIZE])
{
	assert_lstatus(registry_new_guid(host->registry, stream, guid), ERROR_SUCCESS);
	assert_true(guid_is_text(guid, strlen(guid)));
}

static void
a_seed_makes_ids_repeat_themselves_stream_by_stream(void **state)
{
	const struct host *host = *state;
	const int64_t seed = 42;
	char first[3][GUID_TEXT_SIZE];
	char again[GUID_TEXT_SIZE];

	store_set_random_seed(store_of(host), &seed);
	draw(host, "one", first[0]);
	draw(host, "one", first[1]);
	draw(host, "two", first[2]);
	assert_string_not_equal(first[0], first[1]);
	assert_string_not_equal(first[0], first[2]);
	/* From the start, and with the streams the other way round. */
	store_set_random_seed(store_of(host), &seed);
	draw(host, "two", again);
	assert_string_equal(again, first[2]);
	draw(host, "one", again);
	assert_string_equal(again, first[0]);
	draw(host, "one", again);
	assert_string_equal(again, first[1]);
}

static void
without_a_seed_ids_differ(void **state)
{
	const struct host *host = *state;
	const int64_t seed = 0;
	int64_t got = 9;
	char one[GUID_TEXT_SIZE];
	char two[GUID_TEXT_SIZE];

	store_set_random_seed(store_of(host), &seed);
	assert_lstatus(store_random_seed(store_of(host), &got), ERROR_SUCCESS);
	assert_int_equal(got, 0);
	draw(host, "one", one);
	store_set_random_seed(store_of(host), NULL);
	assert_lstatus(store_random_seed(store_of(host), &got), ERROR_FILE_NOT_FOUND);
	draw(host, "one", two);
	assert_string_not_equal(one, two);
	draw(host, "one", one);
	assert_string_not_equal(one, two);
}

static void
a_draw_that_is_rolled_back_is_made_again(void **state)
{
	const struct host *host = *state;
	const int64_t seed = -5;
	char one[GUID_TEXT_SIZE];
	char two[GUID_TEXT_SIZE];

	store_set_random_seed(store_of(host), &seed);
	store_begin(store_of(host), NULL);
	draw(host, "one", one);
	store_rollback(store_of(host));
	draw(host, "one", two);
	assert_string_equal(one, two);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_new_hosts_clock_is_the_machines),
		HOST_TEST(a_paused_clock_stands_for_every_connection_and_moves_by_steps),
		HOST_TEST(a_jump_moves_the_time_of_day_and_not_what_has_passed),
		HOST_TEST(the_clock_ends_where_windows_does),
		HOST_TEST(no_key_is_written_before_it_was_made),
		HOST_TEST(a_change_is_in_the_write_log_and_one_that_changes_nothing_is_not),
		HOST_TEST(a_change_that_is_rolled_back_was_none),
		HOST_TEST(the_page_is_made_anew_from_the_store),
		HOST_TEST(a_change_whose_writer_died_is_seen_when_the_next_one_writes),
		HOST_TEST(a_watch_on_the_clock_is_marked_by_its_changes_alone),
		HOST_TEST(a_seed_makes_ids_repeat_themselves_stream_by_stream),
		HOST_TEST(without_a_seed_ids_differ),
		HOST_TEST(a_draw_that_is_rolled_back_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
