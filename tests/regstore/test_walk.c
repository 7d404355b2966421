/*
 * Walks over a tree of keys, and what follows from them: copies of trees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/base/buf.h"
#include "tests/lib/host.h"

#define TOP "HKLM\\SOFTWARE\\Walk"

/* What a walk came by, "depth:path " each; `past` and `stop` are names. */
struct record {
	struct registry *registry;
	struct registry *other; /* writes while the walk goes on */
	struct buf seen;
	const char *past;
	const char *stop;
	int values;
};

static bool
count_value(void *context, const char *name UNUSED, uint32_t type UNUSED, const void *data UNUSED,
    size_t size UNUSED)
{
	((struct record *)context)->values++;
	return true;
}

static enum reg_walk_step
note(void *context, const struct reg_walk_key *key)
{
	struct record *record = context;

	buf_printf(&record->seen, "%zu:%s ", key->depth, key->path);
	assert_string_equal(key->name, key->path + strlen(key->path) - strlen(key->name));
	assert_lstatus(
	    registry_each_value(record->registry, key->key, count_value, record), ERROR_SUCCESS);
	if (record->other != NULL)
		host_key(record->other, TOP "\\zz");
	if (record->past != NULL && strcmp(key->name, record->past) == 0)
		return REG_WALK_PAST;
	if (record->stop != NULL && strcmp(key->name, record->stop) == 0)
		return REG_WALK_STOP;
	return REG_WALK_ON;
}

static void
assert_walk(struct record *record, reg_key key, const char *expected)
{
	assert_lstatus(registry_walk(record->registry, key, note, record), ERROR_SUCCESS);
	assert_string_equal(buf_text(&record->seen), expected);
	buf_release(&record->seen);
}

static void
make_tree(struct registry *registry)
{
	static const char *const paths[] = { TOP "\\b", TOP "\\A B", TOP "\\a\\y\\z",
		TOP "\\a\\X" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_lstatus(registry_set_dword(registry, host_key(registry, paths[i]), "v", 1),
		    ERROR_SUCCESS);
}

static void
a_walk_comes_by_parents_first_and_siblings_in_order(void **state)
{
	struct host *host = *state;
	struct record record = { .registry = host->registry };

	make_tree(host->registry);
	assert_walk(
	    &record, host_key(host->registry, TOP), "1:a 2:a\\X 2:a\\y 3:a\\y\\z 1:A B 1:b ");
	assert_int_equal(record.values, 4);
}

static void
a_walk_passes_by_and_stops_where_it_is_told(void **state)
{
	struct host *host = *state;
	struct record record = { .registry = host->registry, .past = "a", .stop = "A B" };

	make_tree(host->registry);
	assert_walk(&record, host_key(host->registry, TOP), "1:a 1:A B ");
}

static void
a_walk_sees_one_moment(void **state)
{
	struct host *host = *state;
	struct record record = { .registry = host->registry, .other = host_connect(host) };

	make_tree(host->registry);
	assert_walk(
	    &record, host_key(host->registry, TOP), "1:a 2:a\\X 2:a\\y 3:a\\y\\z 1:A B 1:b ");
	registry_close(record.other);
	record.other = NULL;
	assert_walk(
	    &record, host_key(host->registry, TOP), "1:a 2:a\\X 2:a\\y 3:a\\y\\z 1:A B 1:b 1:zz ");
}

static void
what_is_read_between_begin_and_end_is_of_one_moment(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key first = host_key(host->registry, TOP "\\first");
	reg_key second = host_key(host->registry, TOP "\\second");

	assert_lstatus(registry_set_dword(host->registry, first, "v", 1), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, second, "v", 1), ERROR_SUCCESS);
	assert_lstatus(registry_read_begin(host->registry), ERROR_SUCCESS);
	assert_int_equal(host_dword(host->registry, first, "v"), 1);
	assert_lstatus(registry_read_begin(host->registry), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(other, second, "v", 2), ERROR_SUCCESS);
	registry_read_end(host->registry);
	assert_int_equal(host_dword(host->registry, second, "v"), 1);
	registry_read_end(host->registry);
	assert_int_equal(host_dword(host->registry, second, "v"), 2);
	registry_close(other);
}

static void
a_walk_over_two_keys_comes_by_what_either_has(void **state)
{
	struct host *host = *state;
	struct record record = { .registry = host->registry };
	reg_key upper = host_key(host->registry, TOP "\\upper");
	reg_key lower = host_key(host->registry, TOP "\\lower");

	host_key(host->registry, TOP "\\upper\\one\\u");
	host_key(host->registry, TOP "\\upper\\three");
	host_key(host->registry, TOP "\\lower\\ONE\\v");
	host_key(host->registry, TOP "\\lower\\Two");
	assert_walk(
	    &record, (reg_key){ upper.id, lower.id }, "1:one 2:one\\u 2:one\\v 1:three 1:Two ");
}

static void
a_walk_from_a_deleted_key_says_so(void **state)
{
	struct host *host = *state;
	struct record record = { .registry = host->registry };
	reg_key key = host_key(host->registry, TOP);

	assert_lstatus(registry_delete_key(host->registry, key), ERROR_SUCCESS);
	assert_lstatus(registry_walk(host->registry, key, note, &record), ERROR_KEY_DELETED);
}

static void
a_tree_is_copied_into_itself_once(void **state)
{
	struct host *host = *state;
	struct record record = { .registry = host->registry };
	reg_key top = host_key(host->registry, TOP);

	make_tree(host->registry);
	assert_lstatus(
	    registry_copy_tree(host->registry, top, host_key(host->registry, TOP "\\b\\c")),
	    ERROR_SUCCESS);
	assert_walk(&record, top,
	    "1:a 2:a\\X 2:a\\y 3:a\\y\\z 1:A B 1:b 2:b\\c 3:b\\c\\a 4:b\\c\\a\\X 4:b\\c\\a\\y "
	    "5:b\\c\\a\\y\\z 3:b\\c\\A B 3:b\\c\\b ");
	assert_int_equal(record.values, 8);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_walk_comes_by_parents_first_and_siblings_in_order),
		HOST_TEST(a_walk_passes_by_and_stops_where_it_is_told),
		HOST_TEST(a_walk_sees_one_moment),
		HOST_TEST(what_is_read_between_begin_and_end_is_of_one_moment),
		HOST_TEST(a_walk_over_two_keys_comes_by_what_either_has),
		HOST_TEST(a_walk_from_a_deleted_key_says_so),
		HOST_TEST(a_tree_is_copied_into_itself_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
