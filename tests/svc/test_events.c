/*
 * The host's event log: what is written is read, by filter, whoever writes at the same time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/svc/events.h"
#include "tests/lib/host.h"

#define PROCESSES 4
#define EVENTS    50

static size_t
count(const struct host *host, const char *provider, unsigned id)
{
	json_t *list = events_read(host->root, provider, id);
	size_t size = json_array_size(list);

	json_decref(list);
	return size;
}

static void
a_host_without_a_log_has_no_events(void **state)
{
	assert_int_equal(count(*state, NULL, 0), 0);
}

static void
events_are_read_as_they_were_written_by_provider_and_id(void **state)
{
	const struct host *host = *state;
	json_t *list;
	json_t *event;

	assert_true(event_write(host->registry, host->root, "One", 2, EVENT_INFORMATION,
	    json_pack("{s:i}", "SchedulerType", 4), "type is 0x%x.\n\"quoted\"", 4));
	assert_true(event_write(host->registry, host->root, "One", 3, EVENT_ERROR, NULL, "three"));
	assert_true(event_write(host->registry, host->root, "Two", 2, EVENT_CRITICAL, NULL, "two"));
	assert_int_equal(count(host, NULL, 0), 3);
	assert_int_equal(count(host, "one", 0), 2);
	assert_int_equal(count(host, NULL, 2), 2);
	assert_int_equal(count(host, "Two", 3), 0);
	list = events_read(host->root, "One", 2);
	assert_int_equal(json_array_size(list), 1);
	event = json_array_get(list, 0);
	assert_string_equal(
	    json_string_value(json_object_get(event, "message")), "type is 0x4.\n\"quoted\"");
	assert_string_equal(json_string_value(json_object_get(event, "level")), "information");
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(event, "data"), "SchedulerType")),
	    4);
	json_decref(list);
}

static void
a_line_that_was_cut_off_is_skipped(void **state)
{
	const struct host *host = *state;
	char path[4200];
	FILE *file;

	assert_true(
	    event_write(host->registry, host->root, "One", 1, EVENT_WARNING, NULL, "first"));
	snprintf(path, sizeof(path), "%s/log/events.jsonl", host->root);
	file = fopen(path, "ae");
	assert_non_null(file);
	fputs("{\"provider\": \"One\", \"id\n[1]\nnull\n", file);
	assert_int_equal(fclose(file), 0);
	assert_true(event_write(host->registry, host->root, "One", 1, EVENT_WARNING, NULL, "last"));
	assert_int_equal(count(host, NULL, 0), 2);
}

static void
processes_may_write_at_the_same_time(void **state)
{
	const struct host *host = *state;

	for (int i = 0; i < PROCESSES; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child > 0)
			continue;
		for (int at = 0; at < EVENTS; at++) {
			if (!event_write(host->registry, host->root, "Child", (unsigned)i + 1,
			        EVENT_ERROR, NULL, "event %d of %d", at, i))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = 0;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count(host, "Child", 0), (size_t)PROCESSES * EVENTS);
	for (unsigned i = 1; i <= PROCESSES; i++)
		assert_int_equal(count(host, "Child", i), EVENTS);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_host_without_a_log_has_no_events),
		HOST_TEST(events_are_read_as_they_were_written_by_provider_and_id),
		HOST_TEST(a_line_that_was_cut_off_is_skipped),
		HOST_TEST(processes_may_write_at_the_same_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
