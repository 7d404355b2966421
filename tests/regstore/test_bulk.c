/*
 * Transactions that write much: values go to the database some at a time, the log of the writes in
 * several rows, and nobody can tell.
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
#include "regstore/store/internal.h"
#include "tests/lib/changes.h"
#include "tests/lib/host.h"
#include "tests/lib/tree.h"

#define WIDE  CHANGES_ROOT "\\Wide"
#define KEY   "HKLM\\SOFTWARE\\Test"
#define STEPS 2000
#define MANY  20000u

static uint64_t
last_number(struct registry *registry)
{
	uint64_t number = UINT64_MAX;

	assert_lstatus(registry_write_number(registry, &number), ERROR_SUCCESS);
	return number;
}

/* --- Values of new keys ----------------------------------------------------------------------- */

/* Set, and set again, a value of one of a few keys; most are small, some longer than others. */
static void
set_one(struct registry *registry, uint32_t *seed)
{
	static uint8_t data[6000];
	char path[64];
	char name[16];
	uint32_t size = tree_random(seed) % 20;

	if (tree_random(seed) % 16 == 0)
		size = tree_random(seed) % sizeof(data);
	memset(data, (int)(tree_random(seed) & 0xff), sizeof(data));
	snprintf(path, sizeof(path), WIDE "\\%u", (unsigned)(tree_random(seed) % 3));
	snprintf(name, sizeof(name), "Name%u", (unsigned)(tree_random(seed) % 25));
	assert_lstatus(
	    registry_set_value(registry, host_key(registry, path), name, REG_BINARY, data, size),
	    ERROR_SUCCESS);
}

static void
read_one(struct registry *registry, uint32_t *seed, struct buf *out)
{
	char name[16];
	reg_key key;

	snprintf(name, sizeof(name), "NAME%u", (unsigned)(tree_random(seed) % 25));
	if (lstatus_ok(registry_open_key(registry, NULL, WIDE "\\1", 0, &key)))
		registry_query_value(registry, key, name, NULL, out);
	changes_print(registry, WIDE "\\2", out);
}

/* The same steps for the same seed; *seen gets what was read on the way. */
static void
take_steps(struct registry *registry, bool together, struct buf *seen)
{
	uint32_t seed = 23;

	if (together)
		assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	host_key(registry, WIDE);
	host_key(registry, WIDE "\\2");
	for (int i = 0; i < STEPS; i++) {
		uint32_t what = tree_random(&seed) % 64;

		if (what == 0)
			read_one(registry, &seed, seen);
		else if (what == 1)
			registry_delete_value(registry, host_key(registry, WIDE "\\2"), "name7");
		else if (what == 2)
			registry_delete_tree(registry, host_key(registry, WIDE "\\0"));
		else if (what < 24)
			change_one(registry, &seed);
		else
			set_one(registry, &seed);
	}
	if (together)
		assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
}

static void
print_data(const struct buf *data, struct buf *out)
{
	buf_printf(out, " %zu:", data->size);
	buf_append(out, data->data, data->size < 8 ? data->size : 8);
}

/* What each write was, as text. */
static void
print_log(struct registry *registry, struct buf *out)
{
	struct reg_log_query query = { .last = UINT64_MAX };
	struct reg_change change = { 0 };
	struct reg_log *log;
	lstatus status;

	assert_lstatus(registry_log_open(registry, &query, &log), ERROR_SUCCESS);
	while (lstatus_ok(status = registry_log_next(log, &change))) {
		buf_printf(out, "%llu %s %s %s", (unsigned long long)change.number,
		    reg_change_kind_name(change.kind), buf_text(&change.path),
		    buf_text(&change.name));
		print_data(&change.old_data, out);
		print_data(&change.new_data, out);
		buf_append_byte(out, '\n');
	}
	assert_lstatus(status, ERROR_NO_MORE_ITEMS);
	registry_log_close(log);
	reg_change_release(&change);
}

static void
assert_same(struct buf *left, struct buf *right)
{
	assert_int_equal(left->size, right->size);
	assert_memory_equal(left->data, right->data, left->size);
	buf_release(left);
	buf_release(right);
}

static void
writes_of_one_transaction_leave_what_they_leave_one_by_one(void **state)
{
	struct host *host = *state;
	struct host other;
	struct buf one_by_one = { 0 };
	struct buf together = { 0 };

	host_init(&other);
	host_open(&other);
	take_steps(host->registry, false, &one_by_one);
	take_steps(other.registry, true, &together);
	assert_same(&one_by_one, &together);
	changes_print(host->registry, CHANGES_ROOT, &one_by_one);
	changes_print(other.registry, CHANGES_ROOT, &together);
	assert_same(&one_by_one, &together);
	print_log(host->registry, &one_by_one);
	print_log(other.registry, &together);
	assert_same(&one_by_one, &together);
	host_release(&other);
}

static void
values_that_were_set_are_gone_after_a_rollback(void **state)
{
	struct host *host = *state;
	uint64_t number = last_number(host->registry);
	reg_key key;

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	registry_set_dword(host->registry, host_key(host->registry, KEY), "v", 1);
	registry_rollback(host->registry);
	assert_int_equal(last_number(host->registry), number);
	key = host_key(host->registry, KEY);
	assert_lstatus(
	    registry_query_value(host->registry, key, "v", NULL, NULL), ERROR_FILE_NOT_FOUND);
}

/* --- Keys below new ones ---------------------------------------------------------------------- */

static void
assert_there(struct registry *registry, const char *path, bool there)
{
	reg_key key;

	assert_lstatus(registry_open_key(registry, NULL, path, 0, &key),
	    there ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND);
}

static void
a_key_goes_below_what_has_the_path_now(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;

	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	host_key(registry, KEY "\\a\\x");
	host_key(registry, KEY "\\a\\y");
	assert_lstatus(
	    registry_rename_key(registry, host_key(registry, KEY "\\a"), "b"), ERROR_SUCCESS);
	host_key(registry, KEY "\\a\\z");
	assert_there(registry, KEY "\\b\\z", false);
	assert_there(registry, KEY "\\b\\y", true);
	assert_there(registry, KEY "\\a\\y", false);
	assert_lstatus(
	    registry_delete_tree(registry, host_key(registry, KEY "\\a")), ERROR_SUCCESS);
	host_key(registry, KEY "\\a\\w");
	assert_there(registry, KEY "\\a\\z", false);
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
	assert_there(registry, KEY "\\a\\w", true);
}

static void
a_key_inherits_what_its_new_parent_has_now(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	uint32_t flags = 0;

	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	host_key(registry, KEY "\\a\\x");
	assert_lstatus(registry_set_flags(registry, host_key(registry, KEY "\\a"),
	                   REGISTRY_KEY_DONT_VIRTUALIZE | REGISTRY_KEY_RECURSE_FLAG),
	    ERROR_SUCCESS);
	assert_lstatus(registry_query_flags(registry, host_key(registry, KEY "\\a\\y"), &flags),
	    ERROR_SUCCESS);
	assert_int_equal(flags, REGISTRY_KEY_DONT_VIRTUALIZE | REGISTRY_KEY_RECURSE_FLAG);
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
}

static void
making_a_key_again_finds_it(void **state)
{
	struct host *host = *state;
	uint64_t number;
	bool created = true;
	reg_key first;
	reg_key again = { 0 };

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	first = host_key(host->registry, KEY "\\a\\x");
	assert_lstatus(registry_create_key(host->registry, NULL, KEY "\\A\\X", 0, &again, &created),
	    ERROR_SUCCESS);
	assert_false(created);
	assert_int_equal(again.id, first.id);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	number = last_number(host->registry);
	assert_int_equal(number, first.id);
}

/* --- The log of a long transaction ------------------------------------------------------------ */

static reg_key
set_many(struct registry *registry)
{
	reg_key key;

	assert_lstatus(registry_begin(registry, "many"), ERROR_SUCCESS);
	key = host_key(registry, KEY);
	for (uint32_t i = 0; i < MANY; i++) {
		char name[24];

		snprintf(name, sizeof(name), "value-%05u", i);
		assert_lstatus(registry_set_dword(registry, key, name, i), ERROR_SUCCESS);
	}
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
	return key;
}

static int64_t
ask(const struct host *host, const char *sql)
{
	struct store_options options = { 0 };
	struct store *store = NULL;
	int64_t number = -1;

	assert_lstatus(store_open(host->root, &options, &store), ERROR_SUCCESS);
	assert_lstatus(store_query_number(store, sql, &number), ERROR_SUCCESS);
	store_close(store);
	return number;
}

static void
a_long_transaction_has_several_rows_of_one_time(void **state)
{
	struct host *host = *state;

	set_many(host->registry);
	assert_true(ask(host, "SELECT count(*) FROM tx WHERE comment = 'many'") > 1);
	assert_int_equal(
	    ask(host, "SELECT count(DISTINCT wall || virtual) FROM tx WHERE comment = 'many'"), 1);
	assert_int_equal(ask(host, "SELECT max(length(changes)) < 200000 FROM tx"), 1);
	assert_int_equal(ask(host, "SELECT count(*) FROM tx AS at WHERE first > 1 AND NOT EXISTS "
	                           "(SELECT 1 FROM tx WHERE last = at.first - 1)"),
	    0);
}

static void
count_log(struct registry *registry, uint64_t first, bool newest_first)
{
	struct reg_log_query query = { .last = last_number(registry),
		.newest_first = newest_first };
	struct reg_change change = { 0 };
	struct reg_log *log;

	query.first = first;
	assert_lstatus(registry_log_open(registry, &query, &log), ERROR_SUCCESS);
	for (uint64_t i = 0; i <= query.last - first; i++) {
		assert_lstatus(registry_log_next(log, &change), ERROR_SUCCESS);
		assert_int_equal(change.number, newest_first ? query.last - i : first + i);
		assert_string_equal(change.write->comment, "many");
	}
	assert_lstatus(registry_log_next(log, &change), ERROR_NO_MORE_ITEMS);
	registry_log_close(log);
	reg_change_release(&change);
}

static void
the_log_of_a_long_transaction_is_read_both_ways(void **state)
{
	struct host *host = *state;
	uint64_t first = last_number(host->registry) + 1;
	struct reg_write write = { 0 };
	reg_key key = set_many(host->registry);

	assert_int_equal(last_number(host->registry), first + MANY);
	count_log(host->registry, first, false);
	count_log(host->registry, first, true);
	assert_lstatus(
	    registry_last_write(host->registry, key, "value-00000", &write), ERROR_SUCCESS);
	assert_int_equal(write.number, first + 1);
	assert_string_equal(write.comment, "many");
	reg_write_release(&write);
}

static void
count_change(void *context, struct reg_change *change)
{
	uint64_t *count = context;

	assert_true(change->was || change->is);
	++*count;
}

static void
a_long_transaction_is_undone_by_another_that_tells_each_write(void **state)
{
	struct host *host = *state;
	struct reg_revert revert = { .dry_run = true };
	struct buf conflicts = { 0 };
	uint64_t count = 0;
	reg_key key;

	host_key(host->registry, KEY);
	revert.first = last_number(host->registry) + 1;
	key = set_many(host->registry);
	revert.last = last_number(host->registry);
	assert_lstatus(registry_revert(host->registry, &revert, count_change, &count, &conflicts),
	    ERROR_SUCCESS);
	assert_int_equal(count, MANY);
	assert_int_equal(host_dword(host->registry, key, "value-00009"), 9);
	revert.dry_run = false;
	assert_lstatus(
	    registry_revert(host->registry, &revert, NULL, NULL, &conflicts), ERROR_SUCCESS);
	assert_lstatus(registry_query_value(host->registry, key, "value-00009", NULL, NULL),
	    ERROR_FILE_NOT_FOUND);
	buf_release(&conflicts);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(writes_of_one_transaction_leave_what_they_leave_one_by_one),
		HOST_TEST(values_that_were_set_are_gone_after_a_rollback),
		HOST_TEST(a_key_goes_below_what_has_the_path_now),
		HOST_TEST(a_key_inherits_what_its_new_parent_has_now),
		HOST_TEST(making_a_key_again_finds_it),
		HOST_TEST(a_long_transaction_has_several_rows_of_one_time),
		HOST_TEST(the_log_of_a_long_transaction_is_read_both_ways),
		HOST_TEST(a_long_transaction_is_undone_by_another_that_tells_each_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
