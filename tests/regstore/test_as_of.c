/*
 * The registry as it was: every state that was can be read again, exactly, and nothing but read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/base/clock.h"
#include "regstore/registry/history.h"
#include "tests/lib/changes.h"
#include "tests/lib/host.h"
#include "tests/lib/tree.h"

#define KEY    "HKLM\\SOFTWARE\\Test"
#define ROUNDS 150

static uint64_t
last_number(struct registry *registry)
{
	uint64_t number = UINT64_MAX;

	assert_lstatus(registry_write_number(registry, &number), ERROR_SUCCESS);
	return number;
}

/* A connection that shows the host at a number. The caller closes it. */
static struct registry *
connect_at(const struct host *host, uint64_t number)
{
	struct registry *registry = host_connect(host);

	assert_lstatus(registry_go_back(registry, number), ERROR_SUCCESS);
	return registry;
}

/* --- Every state there was -------------------------------------------------------------------- */

struct moment {
	uint64_t number;
	struct buf state;
};

static void
every_state_can_be_read_again(void **state)
{
	struct host *host = *state;
	struct moment moments[ROUNDS] = { 0 };
	uint32_t seed = 7;

	host_key(host->registry, CHANGES_ROOT);
	for (int i = 0; i < ROUNDS; i++) {
		change_some(host->registry, &seed);
		moments[i].number = last_number(host->registry);
		changes_print(host->registry, "HKLM", &moments[i].state);
	}
	for (int i = 0; i < ROUNDS; i++) {
		struct registry *then = connect_at(host, moments[i].number);
		struct buf text = { 0 };

		changes_print(then, "HKLM", &text);
		assert_string_equal(buf_text(&text), buf_text(&moments[i].state));
		buf_release(&text);
		registry_close(then);
	}
	for (int i = 0; i < ROUNDS; i++)
		buf_release(&moments[i].state);
}

static void
a_renamed_subtree_is_under_its_old_name_then(void **state)
{
	struct host *host = *state;
	reg_key top = host_key(host->registry, KEY "\\old");
	reg_key deep = host_key(host->registry, KEY "\\old\\x\\deep");
	struct registry *then;
	struct buf path = { 0 };
	reg_key found;
	uint64_t number;

	assert_lstatus(registry_set_dword(host->registry, deep, "v", 1), ERROR_SUCCESS);
	number = last_number(host->registry);
	assert_lstatus(registry_rename_key(host->registry, top, "new"), ERROR_SUCCESS);
	host_key(host->registry, KEY "\\old\\x\\other");
	then = connect_at(host, number);
	assert_lstatus(
	    registry_open_key(then, NULL, KEY "\\old\\x\\deep", 0, &found), ERROR_SUCCESS);
	assert_int_equal(found.id, deep.id);
	assert_lstatus(registry_key_path(then, found, &path), ERROR_SUCCESS);
	assert_string_equal(buf_text(&path), "HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\old\\x\\deep");
	assert_int_equal(host_dword(then, found, "v"), 1);
	assert_lstatus(registry_open_key(then, NULL, KEY "\\new", 0, &found), ERROR_FILE_NOT_FOUND);
	assert_lstatus(
	    registry_open_key(then, NULL, KEY "\\old\\x\\other", 0, &found), ERROR_FILE_NOT_FOUND);
	buf_release(&path);
	registry_close(then);
}

static void
a_link_leads_where_it_led_then(void **state)
{
	struct host *host = *state;
	reg_key link;
	struct registry *then;
	uint64_t number;

	registry_set_dword(host->registry, host_key(host->registry, KEY "\\one"), "v", 1);
	registry_set_dword(host->registry, host_key(host->registry, KEY "\\two"), "v", 2);
	assert_lstatus(registry_create_key(
	                   host->registry, NULL, KEY "\\link", REGISTRY_CREATE_LINK, &link, NULL),
	    ERROR_SUCCESS);
	registry_set_text(host->registry, link, "SymbolicLinkValue", REG_LINK,
	    "\\Registry\\Machine\\SOFTWARE\\Test\\one");
	number = last_number(host->registry);
	registry_set_text(host->registry, link, "SymbolicLinkValue", REG_LINK,
	    "\\Registry\\Machine\\SOFTWARE\\Test\\two");
	then = connect_at(host, number);
	assert_int_equal(
	    host_dword(host->registry, host_key(host->registry, KEY "\\link"), "v"), 2);
	assert_int_equal(host_dword(then, host_key(then, KEY "\\link"), "v"), 1);
	registry_close(then);
}

static void
a_keys_time_is_that_of_its_last_write_then(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct reg_key_info before;
	struct reg_key_info then_info;
	struct registry *then;
	uint64_t number;

	registry_set_dword(host->registry, key, "v", 1);
	assert_lstatus(registry_query_info(host->registry, key, &before), ERROR_SUCCESS);
	number = last_number(host->registry);
	registry_set_dword(host->registry, key, "v", 2);
	host_key(host->registry, KEY "\\sub");
	then = connect_at(host, number);
	assert_lstatus(registry_query_info(then, key, &then_info), ERROR_SUCCESS);
	assert_int_equal(then_info.last_write, before.last_write);
	registry_close(then);
}

/* --- What a connection to the past is --------------------------------------------------------- */

static void
the_past_cannot_be_written(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	uint64_t number = last_number(host->registry);
	struct registry *then = connect_at(host, number);
	reg_key made;

	assert_lstatus(registry_set_dword(then, key, "v", 1), ERROR_WRITE_PROTECT);
	assert_lstatus(registry_delete_tree(then, key), ERROR_WRITE_PROTECT);
	assert_lstatus(registry_rename_key(then, key, "x"), ERROR_WRITE_PROTECT);
	assert_lstatus(
	    registry_create_key(then, NULL, KEY "\\new", 0, &made, NULL), ERROR_WRITE_PROTECT);
	assert_lstatus(registry_begin(then, NULL), ERROR_WRITE_PROTECT);
	registry_close(then);
	assert_int_equal(last_number(host->registry), number);
	assert_lstatus(registry_set_dword(host->registry, key, "v", 1), ERROR_SUCCESS);
}

static void
what_is_written_later_does_not_show(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY "\\sub");
	struct registry *then;
	reg_key found;

	registry_set_dword(host->registry, key, "v", 1);
	then = connect_at(host, last_number(host->registry));
	registry_set_dword(host->registry, key, "v", 2);
	assert_lstatus(registry_delete_tree(host->registry, key), ERROR_SUCCESS);
	assert_lstatus(registry_open_key(then, NULL, KEY "\\sub", 0, &found), ERROR_SUCCESS);
	assert_int_equal(host_dword(then, found, "v"), 1);
	registry_close(then);
}

static void
there_is_no_state_before_the_first_write_or_after_the_last(void **state)
{
	struct host *host = *state;
	uint64_t last = last_number(host->registry);

	assert_lstatus(registry_go_back(host->registry, 0), ERROR_INVALID_PARAMETER);
	assert_lstatus(registry_go_back(host->registry, last + 1), ERROR_INVALID_PARAMETER);
	/* A connection that could not go back is as it was. */
	host_key(host->registry, KEY);
	assert_true(last_number(host->registry) > last);
	assert_lstatus(registry_go_back(host->registry, last), ERROR_SUCCESS);
	assert_int_equal(last_number(host->registry), last);
	assert_lstatus(registry_go_back(host->registry, last), ERROR_BUSY);
}

/* --- Moments ---------------------------------------------------------------------------------- */

static void
assert_moment(struct registry *registry, const char *text, uint64_t expected)
{
	struct buf error = { 0 };
	uint64_t number = 0;

	assert_lstatus(registry_find_moment(registry, text, &number, &error), ERROR_SUCCESS);
	assert_int_equal(number, expected);
	buf_release(&error);
}

static void
assert_no_moment(struct registry *registry, const char *text, enum win32_code code)
{
	struct buf error = { 0 };
	uint64_t number = 77;

	assert_lstatus(registry_find_moment(registry, text, &number, &error), code);
	assert_int_equal(number, 77);
	assert_true(error.size > 0);
	buf_release(&error);
}

static void
a_moment_is_a_number_or_a_time(void **state)
{
	struct host *host = *state;
	uint64_t last = last_number(host->registry);
	struct buf text = { 0 };

	assert_moment(host->registry, "1", 1);
	assert_moment(host->registry, "now", last);
	clock_format(clock_wall(), &text);
	host_key(host->registry, KEY);
	assert_true(last_number(host->registry) > last);
	assert_moment(host->registry, buf_text(&text), last);
	assert_moment(host->registry, "9999-12-31", last_number(host->registry));
	assert_moment(host->registry, "virtual:9999-12-31 00:00", last_number(host->registry));
	assert_no_moment(host->registry, "0", ERROR_INVALID_PARAMETER);
	assert_no_moment(host->registry, "99999999", ERROR_INVALID_PARAMETER);
	assert_no_moment(host->registry, "99999999999999999999999", ERROR_INVALID_PARAMETER);
	assert_no_moment(host->registry, "12x", ERROR_INVALID_PARAMETER);
	assert_no_moment(host->registry, "", ERROR_INVALID_PARAMETER);
	assert_no_moment(host->registry, "yesterday", ERROR_INVALID_PARAMETER);
	assert_no_moment(host->registry, "2001-01-01", ERROR_FILE_NOT_FOUND);
	buf_release(&text);
}

static void
times_are_read_as_they_are_written(void **state UNUSED)
{
	static const char *const wrong[] = { "", "2026", "2026-13-01", "2026-02-30", "2026-1-1",
		"2026-01-01T", "2026-01-01T1:00", "2026-01-01T24:00", "2026-01-01T10:00:61",
		"2026-01-01T10:00:00.", "2026-01-01T10:00:00.12345678", "2026-01-01T10:00ZZ",
		"1600-01-01", "2026-01-01 " };
	struct buf text = { 0 };
	int64_t time = 0;
	int64_t other = 0;

	assert_true(clock_parse("2026-11-22T10:00:05.1234567Z", &time));
	clock_format(time, &text);
	assert_string_equal(buf_text(&text), "2026-11-22T10:00:05.1234567Z");
	assert_true(clock_parse("2026-11-22 10:00:05.1", &other));
	assert_int_equal(time - other, 234567);
	assert_true(clock_parse("2026-11-22T10:00", &other));
	assert_int_equal(time - other, 5 * FILETIME_PER_SECOND + 1234567);
	assert_true(clock_parse("1601-01-01", &time));
	assert_int_equal(time, 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(clock_parse(wrong[i], &time));
	buf_release(&text);
}

int
main(void)
{
#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)
	const struct CMUnitTest tests[] = {
		HOST_TEST(every_state_can_be_read_again),
		HOST_TEST(a_renamed_subtree_is_under_its_old_name_then),
		HOST_TEST(a_link_leads_where_it_led_then),
		HOST_TEST(a_keys_time_is_that_of_its_last_write_then),
		HOST_TEST(the_past_cannot_be_written),
		HOST_TEST(what_is_written_later_does_not_show),
		HOST_TEST(there_is_no_state_before_the_first_write_or_after_the_last),
		HOST_TEST(a_moment_is_a_number_or_a_time),
		cmocka_unit_test(times_are_read_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
