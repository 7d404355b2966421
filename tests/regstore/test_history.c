/*
 * The write log, and going back: what was written can be told and undone, exactly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/registry/history.h"
#include "regstore/registry/internal.h"
#include "regstore/store/internal.h"
#include "tests/lib/changes.h"
#include "tests/lib/host.h"
#include "tests/lib/tree.h"

#define KEY       "HKLM\\SOFTWARE\\Test"
#define ROUNDS    60
#define SNAPSHOTS 3

static uint64_t
last_number(struct registry *registry)
{
	uint64_t number = UINT64_MAX;

	assert_lstatus(registry_write_number(registry, &number), ERROR_SUCCESS);
	return number;
}

/* Undo writes; the conflicts go to `conflicts` (or nowhere). */
static lstatus
revert(struct registry *registry, uint64_t first, uint64_t last, bool force, struct buf *conflicts)
{
	struct reg_revert options = { .first = first, .last = last, .force = force };
	struct buf own = { 0 };
	lstatus status =
	    registry_revert(registry, &options, NULL, NULL, conflicts != NULL ? conflicts : &own);

	buf_release(&own);
	return status;
}

static void
assert_state(struct registry *registry, const char *key, struct buf *expected)
{
	struct buf text = { 0 };

	changes_print(registry, key, &text);
	assert_string_equal(buf_text(&text), buf_text(expected));
	buf_release(&text);
}

/* --- Going back to a moment ------------------------------------------------------------------- */

static void
going_back_restores_every_state_exactly(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	struct buf states[ROUNDS] = { 0 };
	uint64_t numbers[ROUNDS];
	uint32_t seed = 11;

	host_key(host->registry, CHANGES_ROOT);
	for (int i = 0; i < ROUNDS; i++) {
		change_some(host->registry, &seed);
		numbers[i] = last_number(host->registry);
		changes_print(host->registry, "HKLM", &states[i]);
	}
	/* There and back, in any order: what going back wrote is gone back over as well. */
	for (int i = 0; i < ROUNDS * 2; i++) {
		uint32_t to = tree_random(&seed) % ROUNDS;

		if (numbers[to] == last_number(host->registry))
			continue;
		assert_lstatus(revert(host->registry, numbers[to] + 1, last_number(host->registry),
		                   false, NULL),
		    ERROR_SUCCESS);
		assert_state(host->registry, "HKLM", &states[to]);
		assert_state(other, "HKLM", &states[to]);
		for (uint32_t more = tree_random(&seed) % 3; more > 0; more--)
			change_some(host->registry, &seed);
	}
	for (int i = 0; i < ROUNDS; i++)
		buf_release(&states[i]);
	registry_close(other);
}

/* Between some snapshots, and now and then the log is forgotten that was gone over last time. */
static void
a_host_that_is_reset_again_and_again_is_as_it_was_each_time(void **state)
{
	const struct reg_log_limit few = { .writes = 5 };
	struct host *host = *state;
	struct store *store = registry_store(host->registry);
	struct buf states[SNAPSHOTS] = { 0 };
	uint64_t numbers[SNAPSHOTS];
	uint32_t seed = 12;

	host_key(host->registry, CHANGES_ROOT);
	for (uint32_t i = 0; i < SNAPSHOTS; i++) {
		const char name[] = { (char)('a' + i), '\0' };

		for (int more = 0; more < 10; more++)
			change_some(host->registry, &seed);
		assert_lstatus(registry_snapshot_create(host->registry, name, NULL), ERROR_SUCCESS);
		numbers[i] = last_number(host->registry);
		changes_print(host->registry, "HKLM", &states[i]);
	}
	for (int i = 0; i < ROUNDS * 2; i++) {
		uint32_t to = tree_random(&seed) % SNAPSHOTS;
		uint64_t last;

		change_some(host->registry, &seed);
		if (i % 8 == 7)
			assert_lstatus(registry_prune(host->registry, &few), ERROR_SUCCESS);
		last = last_number(host->registry);
		if (last == numbers[to])
			continue;
		assert_lstatus(
		    revert(host->registry, numbers[to] + 1, last, false, NULL), ERROR_SUCCESS);
		assert_state(host->registry, "HKLM", &states[to]);
		if (last_number(host->registry) > last)
			assert_int_equal(
			    store_restored(store, numbers[to]), last_number(host->registry));
	}
	assert_lstatus(registry_snapshot_delete(host->registry, "a"), ERROR_SUCCESS);
	assert_int_equal(store_restored(store, numbers[0]), numbers[0]);
	for (int i = 0; i < SNAPSHOTS; i++)
		buf_release(&states[i]);
}

/* What was gone over and found as it should be is not gone over again. */
static void
a_reset_that_changes_nothing_is_remembered(void **state)
{
	struct registry *registry = ((struct host *)*state)->registry;
	reg_key key = host_key(registry, KEY);
	uint64_t number;
	uint64_t last;

	assert_lstatus(registry_set_dword(registry, key, "v", 1), ERROR_SUCCESS);
	assert_lstatus(registry_snapshot_create(registry, "a", NULL), ERROR_SUCCESS);
	number = last_number(registry);
	assert_lstatus(registry_set_dword(registry, key, "v", 2), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(registry, key, "v", 1), ERROR_SUCCESS);
	last = last_number(registry);
	assert_lstatus(revert(registry, number + 1, last, false, NULL), ERROR_SUCCESS);
	assert_int_equal(last_number(registry), last);
	assert_int_equal(store_restored(registry_store(registry), number), last);
}

static void
names_that_were_swapped_are_swapped_back(void **state)
{
	struct host *host = *state;
	reg_key a = host_key(host->registry, KEY "\\a");
	reg_key b = host_key(host->registry, KEY "\\b");
	struct buf before = { 0 };
	uint64_t number;

	registry_set_dword(host->registry, host_key(host->registry, KEY "\\a\\x"), "v", 1);
	registry_set_dword(host->registry, b, "v", 2);
	number = last_number(host->registry);
	changes_print(host->registry, KEY, &before);
	assert_lstatus(registry_rename_key(host->registry, a, "c"), ERROR_SUCCESS);
	assert_lstatus(registry_rename_key(host->registry, b, "a"), ERROR_SUCCESS);
	assert_lstatus(registry_rename_key(host->registry, a, "b"), ERROR_SUCCESS);
	assert_lstatus(revert(host->registry, number + 1, last_number(host->registry), false, NULL),
	    ERROR_SUCCESS);
	assert_state(host->registry, KEY, &before);
	buf_release(&before);
}

static void
names_are_swapped_back_whatever_others_are_called(void **state)
{
	struct host *host = *state;
	reg_key a = host_key(host->registry, KEY "\\a");
	reg_key b = host_key(host->registry, KEY "\\b");
	uint64_t before;
	reg_key found;
	char taken[64];

	snprintf(taken, sizeof(taken), KEY "\\~%lld", (long long)b.id);
	host_key(host->registry, taken);
	before = last_number(host->registry);
	registry_rename_key(host->registry, a, "c");
	registry_rename_key(host->registry, b, "a");
	registry_rename_key(host->registry, a, "b");
	assert_lstatus(revert(host->registry, before + 1, last_number(host->registry), false, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(
	    registry_open_key(host->registry, NULL, KEY "\\b", 0, &found), ERROR_SUCCESS);
	assert_int_equal(found.id, b.id);
}

static void
only_the_key_that_is_named_goes_back(void **state)
{
	struct host *host = *state;
	reg_key one = host_key(host->registry, KEY "\\one");
	reg_key two = host_key(host->registry, KEY "\\two");
	struct reg_revert options = { .key = KEY "\\one" };
	struct buf conflicts = { 0 };

	registry_set_dword(host->registry, one, "v", 1);
	registry_set_dword(host->registry, two, "v", 1);
	options.first = last_number(host->registry) + 1;
	registry_set_dword(host->registry, one, "v", 2);
	registry_set_dword(host->registry, two, "v", 2);
	options.last = last_number(host->registry);
	assert_lstatus(
	    registry_revert(host->registry, &options, NULL, NULL, &conflicts), ERROR_SUCCESS);
	assert_int_equal(host_dword(host->registry, one, "v"), 1);
	assert_int_equal(host_dword(host->registry, two, "v"), 2);
	buf_release(&conflicts);
}

struct told {
	size_t count;
	enum reg_change_kind kind;
};

static void
tell(void *context, struct reg_change *change)
{
	struct told *told = context;

	told->count++;
	told->kind = change->kind;
}

static void
a_dry_run_tells_and_changes_nothing(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct reg_revert options = { .dry_run = true };
	struct told told = { 0 };
	struct buf conflicts = { 0 };

	registry_set_dword(host->registry, key, "v", 1);
	options.first = options.last = last_number(host->registry);
	assert_lstatus(
	    registry_revert(host->registry, &options, tell, &told, &conflicts), ERROR_SUCCESS);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.kind, REG_CHANGE_DELETE);
	assert_int_equal(last_number(host->registry), options.last);
	assert_int_equal(host_dword(host->registry, key, "v"), 1);
	buf_release(&conflicts);
}

/* --- Undoing writes in the midst -------------------------------------------------------------- */

static void
what_was_written_since_is_a_conflict_unless_forced(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct buf conflicts = { 0 };
	uint64_t number;

	registry_set_dword(host->registry, key, "v", 1);
	registry_set_dword(host->registry, key, "v", 2);
	number = last_number(host->registry);
	registry_set_dword(host->registry, key, "other", 7);
	registry_set_dword(host->registry, key, "v", 3);
	assert_lstatus(
	    revert(host->registry, number, number, false, &conflicts), ERROR_REVISION_MISMATCH);
	assert_non_null(strstr(buf_text(&conflicts), "SOFTWARE\\Test\\v: written since"));
	assert_int_equal(host_dword(host->registry, key, "v"), 3);
	assert_lstatus(revert(host->registry, number, number, true, NULL), ERROR_SUCCESS);
	assert_int_equal(host_dword(host->registry, key, "v"), 1);
	assert_int_equal(host_dword(host->registry, key, "other"), 7);
	buf_release(&conflicts);
}

static void
a_key_that_was_filled_since_is_not_deleted_by_undoing_its_creation(void **state)
{
	struct host *host = *state;
	uint64_t number;
	reg_key key;

	host_key(host->registry, KEY);
	key = host_key(host->registry, KEY "\\sub");
	number = last_number(host->registry);
	host_key(host->registry, KEY "\\sub\\later");
	assert_lstatus(
	    revert(host->registry, number, number, false, NULL), ERROR_REVISION_MISMATCH);
	assert_lstatus(revert(host->registry, number, number, true, NULL), ERROR_SUCCESS);
	assert_lstatus(
	    registry_open_key(host->registry, NULL, KEY "\\sub", 0, &key), ERROR_FILE_NOT_FOUND);
}

static void
a_value_that_was_set_since_in_a_new_key_is_a_conflict_too(void **state)
{
	struct host *host = *state;
	uint64_t number;
	reg_key key;

	host_key(host->registry, KEY);
	key = host_key(host->registry, KEY "\\sub");
	number = last_number(host->registry);
	registry_set_dword(host->registry, key, "v", 1);
	assert_lstatus(
	    revert(host->registry, number, number, false, NULL), ERROR_REVISION_MISMATCH);
	assert_int_equal(host_dword(host->registry, key, "v"), 1);
}

static void
a_key_that_was_made_again_is_in_the_way_of_the_old_one(void **state)
{
	struct host *host = *state;
	reg_key old = host_key(host->registry, KEY "\\sub");
	reg_key found;
	uint64_t number;

	assert_lstatus(registry_delete_key(host->registry, old), ERROR_SUCCESS);
	number = last_number(host->registry);
	host_key(host->registry, KEY "\\sub");
	assert_lstatus(
	    revert(host->registry, number, number, false, NULL), ERROR_REVISION_MISMATCH);
	assert_lstatus(revert(host->registry, number, number, true, NULL), ERROR_SUCCESS);
	assert_lstatus(
	    registry_open_key(host->registry, NULL, KEY "\\sub", 0, &found), ERROR_SUCCESS);
	assert_int_equal(found.id, old.id);
}

static void
numbers_that_no_write_has_are_refused(void **state)
{
	struct host *host = *state;
	uint64_t last = last_number(host->registry);

	assert_lstatus(
	    revert(host->registry, last + 1, last + 1, false, NULL), ERROR_INVALID_PARAMETER);
	assert_lstatus(revert(host->registry, 0, last, false, NULL), ERROR_INVALID_PARAMETER);
	assert_lstatus(
	    revert(host->registry, last, last - 1, false, NULL), ERROR_INVALID_PARAMETER);
	assert_int_equal(last_number(host->registry), last);
}

/* --- The log ---------------------------------------------------------------------------------- */

static void
next_is(struct reg_log *log, struct reg_change *change, enum reg_change_kind kind, const char *path,
    const char *name)
{
	assert_lstatus(registry_log_next(log, change), ERROR_SUCCESS);
	assert_int_equal(change->kind, kind);
	assert_string_equal(buf_text(&change->path), path);
	assert_string_equal(buf_text(&change->name), name);
}

#define FULL "HKEY_LOCAL_MACHINE\\SOFTWARE\\Test"

static void
the_log_of_a_key_that_is_gone_tells_all_of_it(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY "\\sub");
	struct reg_log_query query = { .last = UINT64_MAX, .newest_first = true };
	struct reg_change change = { 0 };
	struct reg_log *log = NULL;

	registry_set_dword(host->registry, key, "Value", 1);
	registry_set_class(host->registry, key, "c", 1);
	registry_rename_key(host->registry, key, "Renamed");
	registry_set_dword(host->registry, host_key(host->registry, KEY "\\else"), "v", 1);
	registry_delete_key(host->registry, key);
	query.key = KEY "\\SUB";
	assert_lstatus(registry_log_open(host->registry, &query, &log), ERROR_SUCCESS);
	next_is(log, &change, REG_CHANGE_KEY_DELETE, FULL "\\Renamed", "");
	next_is(log, &change, REG_CHANGE_DELETE, FULL "\\Renamed", "Value");
	assert_true(change.was && !change.is && change.old_type == REG_DWORD);
	next_is(log, &change, REG_CHANGE_KEY_RENAME, FULL "\\sub", "");
	assert_string_equal(buf_text(&change.new_path), FULL "\\Renamed");
	next_is(log, &change, REG_CHANGE_KEY_CLASS, FULL "\\sub", "");
	assert_int_equal(change.new_data.size, 1);
	next_is(log, &change, REG_CHANGE_SET, FULL "\\sub", "Value");
	assert_string_equal(change.write->actor, "tester");
	next_is(log, &change, REG_CHANGE_KEY_CREATE, FULL "\\sub", "");
	assert_lstatus(registry_log_next(log, &change), ERROR_NO_MORE_ITEMS);
	registry_log_close(log);
	query.value = "value";
	assert_lstatus(registry_log_open(host->registry, &query, &log), ERROR_SUCCESS);
	next_is(log, &change, REG_CHANGE_DELETE, FULL "\\Renamed", "Value");
	next_is(log, &change, REG_CHANGE_SET, FULL "\\sub", "Value");
	assert_lstatus(registry_log_next(log, &change), ERROR_NO_MORE_ITEMS);
	registry_log_close(log);
	reg_change_release(&change);
}

static void
the_log_chooses_by_who_wrote_and_through_what(void **state)
{
	struct host *host = *state;
	struct registry_options options = { .mode = REGISTRY_OPEN, .actor = "eve", .channel = "x" };
	struct reg_log_query query = { .last = UINT64_MAX, .newest_first = true, .actor = "eve" };
	struct registry *other = NULL;
	struct reg_change change = { 0 };
	struct reg_log *log = NULL;

	assert_lstatus(registry_open(host->root, &options, &other), ERROR_SUCCESS);
	registry_set_dword(other, host_key(host->registry, KEY), "hers", 1);
	registry_set_dword(host->registry, host_key(host->registry, KEY), "ours", 1);
	assert_lstatus(registry_log_open(host->registry, &query, &log), ERROR_SUCCESS);
	next_is(log, &change, REG_CHANGE_SET, FULL, "hers");
	assert_lstatus(registry_log_next(log, &change), ERROR_NO_MORE_ITEMS);
	registry_log_close(log);
	query.channel = "y";
	assert_lstatus(registry_log_open(host->registry, &query, &log), ERROR_SUCCESS);
	assert_lstatus(registry_log_next(log, &change), ERROR_NO_MORE_ITEMS);
	registry_log_close(log);
	reg_change_release(&change);
	registry_close(other);
}

/* --- Snapshots -------------------------------------------------------------------------------- */

static void
a_snapshot_is_a_moment_with_a_name(void **state)
{
	struct host *host = *state;
	struct reg_snapshot found = { 0 };
	struct buf error = { 0 };
	uint64_t number = 0;

	assert_lstatus(registry_snapshot_find(host->registry, NULL, &found), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_snapshot_create(host->registry, "one", "why"), ERROR_SUCCESS);
	number = last_number(host->registry);
	host_key(host->registry, KEY);
	assert_lstatus(registry_snapshot_create(host->registry, "ONE", NULL), ERROR_ALREADY_EXISTS);
	assert_lstatus(registry_snapshot_create(host->registry, "two", NULL), ERROR_SUCCESS);
	assert_lstatus(registry_snapshot_find(host->registry, "One", &found), ERROR_SUCCESS);
	assert_int_equal(found.number, number);
	assert_string_equal(found.comment, "why");
	reg_snapshot_release(&found);
	assert_lstatus(registry_snapshot_find(host->registry, NULL, &found), ERROR_SUCCESS);
	assert_string_equal(found.name, "two");
	reg_snapshot_release(&found);
	assert_lstatus(registry_find_moment(host->registry, "one", &number, &error), ERROR_SUCCESS);
	assert_lstatus(registry_snapshot_delete(host->registry, "one"), ERROR_SUCCESS);
	assert_lstatus(registry_snapshot_delete(host->registry, "one"), ERROR_FILE_NOT_FOUND);
	buf_release(&error);
}

static void
a_snapshots_name_cannot_be_taken_for_another_moment(void **state)
{
	static const char *const wrong[] = { "", "1", "2026-01-01", "now", "a b", "virtual:x", "é",
		"../x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct host *host = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_lstatus(
		    registry_snapshot_create(host->registry, wrong[i], NULL), ERROR_INVALID_NAME);
}

/* --- What stays ------------------------------------------------------------------------------- */

static void
the_roots_stay_whatever_is_undone(void **state)
{
	struct host *host = *state;
	uint64_t last = last_number(host->registry);

	assert_lstatus(revert(host->registry, 1, last, false, NULL), ERROR_ACCESS_DENIED);
	assert_lstatus(revert(host->registry, 1, 3, true, NULL), ERROR_ACCESS_DENIED);
	assert_int_equal(last_number(host->registry), last);
	host_key(host->registry, KEY);
}

static void
a_mount_that_comes_back_is_a_mount(void **state)
{
	struct host *host = *state;
	struct buf file = { 0 };
	uint64_t before;
	reg_key key;

	assert_lstatus(
	    registry_mount(host->registry, "HKLM\\Mine", "mine.hiv", &key), ERROR_SUCCESS);
	before = last_number(host->registry);
	assert_lstatus(registry_unmount(host->registry, "HKLM\\Mine"), ERROR_SUCCESS);
	assert_lstatus(
	    registry_mount_file(host->registry, "HKLM\\Mine", &file), ERROR_FILE_NOT_FOUND);
	assert_lstatus(revert(host->registry, before + 1, last_number(host->registry), false, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(registry_mount_file(host->registry, "HKLM\\Mine", &file), ERROR_SUCCESS);
	assert_string_equal(buf_text(&file), "mine.hiv");
	assert_lstatus(registry_unmount(host->registry, "HKLM\\Mine"), ERROR_SUCCESS);
	buf_release(&file);
}

int
main(void)
{
#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)
	const struct CMUnitTest tests[] = {
		HOST_TEST(going_back_restores_every_state_exactly),
		HOST_TEST(a_host_that_is_reset_again_and_again_is_as_it_was_each_time),
		HOST_TEST(a_reset_that_changes_nothing_is_remembered),
		HOST_TEST(names_that_were_swapped_are_swapped_back),
		HOST_TEST(names_are_swapped_back_whatever_others_are_called),
		HOST_TEST(only_the_key_that_is_named_goes_back),
		HOST_TEST(a_dry_run_tells_and_changes_nothing),
		HOST_TEST(what_was_written_since_is_a_conflict_unless_forced),
		HOST_TEST(a_key_that_was_filled_since_is_not_deleted_by_undoing_its_creation),
		HOST_TEST(a_value_that_was_set_since_in_a_new_key_is_a_conflict_too),
		HOST_TEST(a_key_that_was_made_again_is_in_the_way_of_the_old_one),
		HOST_TEST(numbers_that_no_write_has_are_refused),
		HOST_TEST(the_log_of_a_key_that_is_gone_tells_all_of_it),
		HOST_TEST(the_log_chooses_by_who_wrote_and_through_what),
		HOST_TEST(a_snapshot_is_a_moment_with_a_name),
		HOST_TEST(a_snapshots_name_cannot_be_taken_for_another_moment),
		HOST_TEST(the_roots_stay_whatever_is_undone),
		HOST_TEST(a_mount_that_comes_back_is_a_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
