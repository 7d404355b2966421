/*
 * What the last commits set, as other processes read it from the shared page: the same as the store
 * says, or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/registry/internal.h"
#include "regstore/store/internal.h"
#include "tests/lib/host.h"

#define KEY "HKLM\\SOFTWARE\\Test"

/* One who watches, and one who writes. */
struct pair {
	struct registry *watcher;
	struct registry *writer;
	reg_key key;
};

static struct pair
begin(struct host *host)
{
	struct pair pair = { .watcher = host->registry, .writer = host_connect(host) };
	struct reg_watch *watch = NULL;

	pair.key = host_key(pair.writer, KEY);
	assert_lstatus(registry_watch(pair.watcher, KEY, true, REGISTRY_NOTIFY_LAST_SET, &watch),
	    ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(pair.writer, pair.key, "v", 1), ERROR_SUCCESS);
	assert_int_equal(host_dword(pair.watcher, pair.key, "v"), 1);
	return pair;
}

/* Whether the watcher is told a value of the key without a query. */
static bool
is_told(const struct pair *pair, const char *folded, struct buf *data)
{
	struct store_mark mark = { 0 };
	uint32_t type;

	mark_key(pair->watcher, &mark, pair->key);
	return store_recent_value(
	    pair->watcher->store, &mark, pair->key.id, folded, strlen(folded), &type, data);
}

static void
assert_told(const struct pair *pair, const char *folded, uint32_t number)
{
	struct buf data = { 0 };

	assert_true(is_told(pair, folded, &data));
	assert_int_equal(data.size, sizeof(number));
	assert_memory_equal(data.data, &number, sizeof(number));
	buf_release(&data);
}

static void
assert_not_told(const struct pair *pair, const char *folded)
{
	struct buf data = { 0 };

	assert_false(is_told(pair, folded, &data));
	assert_int_equal(data.size, 0);
}

static void
what_a_commit_set_is_read_without_a_query(void **state)
{
	struct pair pair = begin(*state);
	int before;

	for (uint32_t i = 0; i < 100; i++) {
		sqlite3_stmt *find = store_statement(pair.watcher->store, SQL_VALUE_FIND);

		assert_lstatus(registry_set_dword(pair.writer, pair.key, "v", i), ERROR_SUCCESS);
		before = sqlite3_stmt_status(find, SQLITE_STMTSTATUS_RUN, 0);
		assert_told(&pair, "V", i);
		assert_int_equal(host_dword(pair.watcher, pair.key, "v"), i);
		assert_int_equal(sqlite3_stmt_status(find, SQLITE_STMTSTATUS_RUN, 0), before);
	}
	registry_close(pair.writer);
}

static void
a_few_values_of_one_transaction_are_told_and_many_are_not(void **state)
{
	struct pair pair = begin(*state);
	char name[16];

	for (uint32_t count = 1; count <= RECENT_VALUES + 1; count++) {
		assert_lstatus(registry_begin(pair.writer, NULL), ERROR_SUCCESS);
		for (uint32_t i = 0; i < count; i++) {
			snprintf(name, sizeof(name), "n%u", i);
			registry_set_dword(pair.writer, pair.key, name, 10 * count + i);
		}
		/* The last is new, and not committed yet. */
		snprintf(name, sizeof(name), "N%u", count - 1);
		assert_not_told(&pair, name);
		assert_lstatus(registry_commit(pair.writer), ERROR_SUCCESS);
		for (uint32_t i = 0; i < count; i++) {
			snprintf(name, sizeof(name), "N%u", i);
			/* Two may share a slot, which is the later one's then. */
			if (count > RECENT_VALUES)
				assert_not_told(&pair, name);
			else if (i == count - 1)
				assert_told(&pair, name, 10 * count + i);
			assert_int_equal(host_dword(pair.watcher, pair.key, name), 10 * count + i);
		}
	}
	registry_close(pair.writer);
}

static void
a_transaction_that_does_something_else_too_tells_nothing(void **state)
{
	struct pair pair = begin(*state);

	assert_lstatus(registry_begin(pair.writer, NULL), ERROR_SUCCESS);
	registry_set_dword(pair.writer, pair.key, "v", 2);
	registry_delete_value(pair.writer, pair.key, "v");
	assert_lstatus(registry_commit(pair.writer), ERROR_SUCCESS);
	assert_not_told(&pair, "V");
	assert_lstatus(
	    registry_query_value(pair.watcher, pair.key, "v", NULL, NULL), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_begin(pair.writer, NULL), ERROR_SUCCESS);
	registry_set_dword(pair.writer, pair.key, "v", 3);
	registry_delete_key(pair.writer, pair.key);
	assert_lstatus(registry_commit(pair.writer), ERROR_SUCCESS);
	assert_not_told(&pair, "V");
	assert_lstatus(
	    registry_query_value(pair.watcher, pair.key, "v", NULL, NULL), ERROR_KEY_DELETED);
	registry_close(pair.writer);
}

static void
what_was_changed_since_or_rolled_back_is_not_told(void **state)
{
	struct pair pair = begin(*state);

	assert_lstatus(registry_set_dword(pair.writer, pair.key, "v", 2), ERROR_SUCCESS);
	assert_told(&pair, "V", 2);
	assert_lstatus(registry_begin(pair.writer, NULL), ERROR_SUCCESS);
	registry_set_dword(pair.writer, pair.key, "v", 3);
	registry_rollback(pair.writer);
	assert_told(&pair, "V", 2);
	assert_lstatus(registry_delete_value(pair.writer, pair.key, "v"), ERROR_SUCCESS);
	assert_not_told(&pair, "V");
	registry_close(pair.writer);
}

static void
long_names_and_data_are_not_told(void **state)
{
	struct pair pair = begin(*state);
	static const uint8_t bytes[RECENT_DATA + 1] = { 7 };
	struct buf data = { 0 };
	char name[RECENT_NAME + 2];

	memset(name, 'N', sizeof(name));
	name[RECENT_NAME + 1] = '\0';
	assert_lstatus(registry_set_dword(pair.writer, pair.key, name, 1), ERROR_SUCCESS);
	assert_not_told(&pair, name);
	name[RECENT_NAME] = '\0';
	assert_lstatus(registry_set_dword(pair.writer, pair.key, name, 2), ERROR_SUCCESS);
	assert_told(&pair, name, 2);
	for (size_t size = RECENT_DATA; size <= sizeof(bytes); size++) {
		buf_clear(&data);
		assert_lstatus(
		    registry_set_value(pair.writer, pair.key, "data", REG_BINARY, bytes, size),
		    ERROR_SUCCESS);
		assert_int_equal(is_told(&pair, "DATA", &data), size == RECENT_DATA);
		buf_clear(&data);
		assert_lstatus(registry_query_value(pair.watcher, pair.key, "data", NULL, &data),
		    ERROR_SUCCESS);
		assert_int_equal(data.size, size);
	}
	assert_lstatus(
	    registry_set_value(pair.writer, pair.key, "", REG_NONE, NULL, 0), ERROR_SUCCESS);
	buf_clear(&data);
	assert_true(is_told(&pair, "", &data));
	assert_int_equal(data.size, 0);
	buf_release(&data);
	registry_close(pair.writer);
}

/* Who has the host to himself may replace the database. */
static void
what_was_committed_before_a_connection_was_opened_is_not_told(void **state)
{
	struct host *host = *state;
	struct pair pair = begin(host);

	assert_lstatus(registry_set_dword(pair.writer, pair.key, "v", 2), ERROR_SUCCESS);
	registry_close(pair.writer);
	pair.writer = host_connect(host);
	registry_close(pair.writer);
	pair.watcher = host_connect(host);
	assert_not_told(&pair, "V");
	assert_int_equal(host_dword(pair.watcher, pair.key, "v"), 2);
	registry_close(pair.watcher);
}

/* A writer that was killed in the midst of a slot leaves it odd. */
static void
a_slot_that_was_left_half_written_is_nobodys_until_it_is_written_again(void **state)
{
	struct pair pair = begin(*state);
	struct recent_slot *slots = bell_recent(pair.watcher->store->bell);

	assert_lstatus(registry_set_dword(pair.writer, pair.key, "v", 2), ERROR_SUCCESS);
	for (size_t i = 0; i < RECENT_SLOTS; i++)
		slots[i].turn |= 1;
	assert_not_told(&pair, "V");
	assert_int_equal(host_dword(pair.watcher, pair.key, "v"), 2);
	assert_lstatus(registry_set_dword(pair.writer, pair.key, "v", 3), ERROR_SUCCESS);
	assert_told(&pair, "V", 3);
	registry_close(pair.writer);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(what_a_commit_set_is_read_without_a_query),
		HOST_TEST(a_few_values_of_one_transaction_are_told_and_many_are_not),
		HOST_TEST(a_transaction_that_does_something_else_too_tells_nothing),
		HOST_TEST(what_was_changed_since_or_rolled_back_is_not_told),
		HOST_TEST(long_names_and_data_are_not_told),
		HOST_TEST(what_was_committed_before_a_connection_was_opened_is_not_told),
		HOST_TEST(a_slot_that_was_left_half_written_is_nobodys_until_it_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
