/*
 * The log as a feed: every write in its order, none left out, none twice, whoever writes and
 * whoever is killed; and what pruning takes from it.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/registry/history.h"
#include "regstore/store/internal.h"
#include "tests/lib/changes.h"
#include "tests/lib/host.h"
#include "tests/lib/tree.h"

#define KEY     "HKLM\\SOFTWARE\\Test"
#define FULL    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Test"
#define WRITERS 3
#define ROUNDS  8

static uint64_t
last_number(struct registry *registry)
{
	uint64_t number = UINT64_MAX;

	assert_lstatus(registry_write_number(registry, &number), ERROR_SUCCESS);
	return number;
}

static struct reg_log *
open_feed(struct registry *registry, uint64_t first, const char *key)
{
	struct reg_log_query query = {
		.first = first, .last = UINT64_MAX, .key = key, .subtree = true
	};
	struct reg_log *log = NULL;

	assert_lstatus(registry_log_open(registry, &query, &log), ERROR_SUCCESS);
	return log;
}

/* --- The feed equals what was done ------------------------------------------------------------ */

static void
the_feed_and_the_past_tell_the_same(void **state)
{
	struct host *host = *state;
	struct registry *reader = host_connect(host);
	struct reg_log *log;
	struct reg_change change = { 0 };
	uint64_t expected;
	uint32_t seed = 5;
	lstatus status;

	host_key(host->registry, CHANGES_ROOT);
	expected = last_number(host->registry) + 1;
	log = open_feed(reader, expected, NULL);
	for (int round = 0; round < 40; round++) {
		change_some(host->registry, &seed);
		while (lstatus_ok(status = registry_log_next(log, &change))) {
			struct buf data = { 0 };
			uint32_t type = 0;
			struct registry *then;
			reg_key key;

			assert_int_equal(change.number, expected);
			expected++;
			if (change.kind != REG_CHANGE_SET || tree_random(&seed) % 4 != 0)
				continue;
			then = host_connect(host);
			assert_lstatus(registry_go_back(then, change.number), ERROR_SUCCESS);
			assert_lstatus(
			    registry_open_key(then, NULL, buf_text(&change.path), 0, &key),
			    ERROR_SUCCESS);
			assert_lstatus(
			    registry_query_value(then, key, buf_text(&change.name), &type, &data),
			    ERROR_SUCCESS);
			assert_int_equal(type, change.new_type);
			assert_int_equal(data.size, change.new_data.size);
			buf_release(&data);
			registry_close(then);
		}
		assert_lstatus(status, ERROR_NO_MORE_ITEMS);
		assert_int_equal(expected, last_number(host->registry) + 1);
	}
	registry_log_close(log);
	reg_change_release(&change);
	registry_close(reader);
}

static void
a_feed_of_a_key_leaves_out_what_lies_elsewhere(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY "\\in");
	reg_key beside = host_key(host->registry, KEY "\\inside");
	struct reg_log *log =
	    open_feed(host->registry, last_number(host->registry) + 1, KEY "\\IN");
	struct reg_change change = { 0 };

	registry_set_dword(host->registry, beside, "no", 1);
	registry_set_dword(host->registry, key, "yes", 1);
	registry_set_dword(host->registry, host_key(host->registry, KEY "\\in\\below"), "too", 1);
	registry_delete_tree(host->registry, key);
	host_key(host->registry, KEY "\\in");
	for (int i = 0; i < 8; i++) {
		static const enum reg_change_kind kinds[] = { REG_CHANGE_SET, REG_CHANGE_KEY_CREATE,
			REG_CHANGE_SET, REG_CHANGE_DELETE, REG_CHANGE_KEY_DELETE, REG_CHANGE_DELETE,
			REG_CHANGE_KEY_DELETE, REG_CHANGE_KEY_CREATE };

		assert_lstatus(registry_log_next(log, &change), ERROR_SUCCESS);
		assert_int_equal(change.kind, kinds[i]);
	}
	assert_lstatus(registry_log_next(log, &change), ERROR_NO_MORE_ITEMS);
	registry_log_close(log);
	reg_change_release(&change);
}

/* --- Writers and readers that are killed ------------------------------------------------------ */

static _Noreturn void
write_on(const char *root, int writer)
{
	struct registry_options options = { .mode = REGISTRY_OPEN, .actor = "writer" };
	struct registry *registry = NULL;
	char path[64];
	reg_key key;

	snprintf(path, sizeof(path), KEY "\\%d", writer);
	if (!lstatus_ok(registry_open(root, &options, &registry)) ||
	    !lstatus_ok(registry_create_key(registry, NULL, path, 0, &key, NULL)))
		_exit(1);
	for (uint32_t i = 0;; i++) {
		if (!lstatus_ok(registry_begin(registry, NULL)) ||
		    !lstatus_ok(registry_set_dword(registry, key, "a", i)) ||
		    !lstatus_ok(registry_set_dword(registry, key, "b", i)) ||
		    !lstatus_ok(registry_commit(registry)))
			_exit(2);
	}
}

/* Send the number of every write that the feed tells, from `first` on, until killed. */
static _Noreturn void
read_on(const char *root, uint64_t first, int out)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct reg_log_query query = { .first = first, .last = UINT64_MAX };
	struct registry *registry = NULL;
	struct reg_watch *watch;
	struct reg_log *log = NULL;
	struct reg_change change = { 0 };

	if (!lstatus_ok(registry_open(root, &options, &registry)) ||
	    !lstatus_ok(
	        registry_watch(registry, "\\REGISTRY", true, REGISTRY_NOTIFY_ALL, &watch)) ||
	    !lstatus_ok(registry_log_open(registry, &query, &log)))
		_exit(1);
	for (;;) {
		struct pollfd poll_fd = { .fd = registry_watch_fd(registry), .events = POLLIN };
		lstatus status;

		registry_watch_drain(registry);
		while (lstatus_ok(status = registry_log_next(log, &change))) {
			if (write(out, &change.number, sizeof(change.number)) !=
			    sizeof(change.number))
				_exit(3);
		}
		if (!lstatus_is(status, ERROR_NO_MORE_ITEMS))
			_exit(4);
		poll(&poll_fd, 1, -1);
	}
}

static void
the_feed_goes_on_where_a_killed_reader_was(void **state)
{
	struct host *host = *state;
	uint64_t expected = last_number(host->registry) + 1;
	uint32_t seed = 3;

	for (int round = 0; round < ROUNDS; round++) {
		uint32_t wanted = 20 + tree_random(&seed) % 50;
		pid_t writers[WRITERS];
		pid_t reader;
		uint64_t number;
		int pipe_[2];

		assert_int_equal(pipe(pipe_), 0);
		reader = fork();
		if (reader == 0) {
			close(pipe_[0]);
			read_on(host->root, expected, pipe_[1]);
		}
		close(pipe_[1]);
		for (int i = 0; i < WRITERS; i++) {
			writers[i] = fork();
			if (writers[i] == 0)
				write_on(host->root, i);
		}
		while (wanted-- > 0) {
			assert_int_equal(read(pipe_[0], &number, sizeof(number)), sizeof(number));
			assert_int_equal(number, expected);
			expected++;
		}
		for (int i = 0; i < WRITERS; i++)
			kill(writers[i], SIGKILL);
		kill(reader, SIGKILL);
		for (int i = 0; i < WRITERS; i++)
			assert_int_equal(host_wait(writers[i]), -1);
		assert_int_equal(host_wait(reader), -1);
		while (read(pipe_[0], &number, sizeof(number)) == sizeof(number)) {
			assert_int_equal(number, expected);
			expected++;
		}
		close(pipe_[0]);
	}
	assert_true(expected <= last_number(host->registry) + 1);
}

/* --- Pruning ---------------------------------------------------------------------------------- */

static void
write_many(struct registry *registry, reg_key key, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		assert_lstatus(registry_set_dword(registry, key, "v", i), ERROR_SUCCESS);
}

static void
what_is_pruned_is_refused_and_what_is_not_is_whole(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct reg_log_limit limit = { .writes = 10 };
	struct reg_log_query query = { .first = 1, .last = UINT64_MAX };
	struct registry *then = host_connect(host);
	struct reg_change change = { 0 };
	struct reg_log *log = NULL;
	struct buf conflicts = { 0 };
	struct reg_revert revert = { .first = 2 };
	uint64_t first = 0;
	uint64_t last;

	write_many(host->registry, key, 50);
	last = last_number(host->registry);
	assert_lstatus(registry_prune(host->registry, &limit), ERROR_SUCCESS);
	assert_int_equal(last_number(host->registry), last);
	assert_lstatus(registry_first_number(host->registry, &first), ERROR_SUCCESS);
	assert_int_equal(first, last - 10);
	assert_lstatus(
	    registry_log_open(host->registry, &query, &log), ERROR_JOURNAL_ENTRY_DELETED);
	assert_lstatus(registry_go_back(then, first - 2), ERROR_JOURNAL_ENTRY_DELETED);
	assert_lstatus(registry_go_back(then, first - 1), ERROR_SUCCESS);
	assert_int_equal(host_dword(then, key, "v"), 38);
	revert.last = last;
	assert_lstatus(registry_revert(host->registry, &revert, NULL, NULL, &conflicts),
	    ERROR_JOURNAL_ENTRY_DELETED);
	query.first = first;
	assert_lstatus(registry_log_open(host->registry, &query, &log), ERROR_SUCCESS);
	for (uint64_t number = first; number <= last; number++) {
		assert_lstatus(registry_log_next(log, &change), ERROR_SUCCESS);
		assert_int_equal(change.number, number);
		assert_true(change.was && change.is);
	}
	registry_log_close(log);
	reg_change_release(&change);
	buf_release(&conflicts);
	registry_close(then);
}

static void
a_reader_that_pruning_overtakes_is_told(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct registry *reader = host_connect(host);
	struct reg_log_limit limit = { .writes = 100 };
	struct reg_change change = { 0 };
	struct reg_log *log;

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	write_many(host->registry, key, 100);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	log = open_feed(reader, last_number(host->registry) - 98, NULL);
	assert_lstatus(registry_log_next(log, &change), ERROR_SUCCESS);
	assert_true(change.was && change.is);
	/* In the midst of the transaction that it has at hand. */
	write_many(host->registry, key, 50);
	assert_lstatus(registry_prune(host->registry, &limit), ERROR_SUCCESS);
	assert_lstatus(registry_log_next(log, &change), ERROR_JOURNAL_ENTRY_DELETED);
	registry_log_close(log);
	reg_change_release(&change);
	registry_close(reader);
}

static void
a_snapshot_survives_pruning_and_can_be_gone_back_to(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY "\\sub");
	struct reg_log_limit limit = { .writes = 1 };
	struct reg_revert revert = { 0 };
	struct buf expected = { 0 };
	struct buf text = { 0 };
	struct registry *then = host_connect(host);
	uint64_t number;

	write_many(host->registry, key, 20);
	assert_lstatus(registry_snapshot_create(host->registry, "kept", NULL), ERROR_SUCCESS);
	number = last_number(host->registry);
	changes_print(host->registry, KEY, &expected);
	write_many(host->registry, key, 20);
	assert_lstatus(registry_set_dword(host->registry, key, "new", 1), ERROR_SUCCESS);
	assert_lstatus(registry_delete_tree(host->registry, key), ERROR_SUCCESS);
	host_key(host->registry, KEY "\\other");
	assert_lstatus(registry_prune(host->registry, &limit), ERROR_SUCCESS);
	assert_lstatus(registry_go_back(then, number), ERROR_SUCCESS);
	changes_print(then, KEY, &text);
	assert_string_equal(buf_text(&text), buf_text(&expected));
	revert.first = number + 1;
	revert.last = last_number(host->registry);
	buf_clear(&text);
	assert_lstatus(registry_revert(host->registry, &revert, NULL, NULL, &text), ERROR_SUCCESS);
	buf_clear(&text);
	changes_print(host->registry, KEY, &text);
	assert_string_equal(buf_text(&text), buf_text(&expected));
	assert_lstatus(registry_snapshot_delete(host->registry, "kept"), ERROR_SUCCESS);
	registry_close(then);
	then = host_connect(host);
	assert_lstatus(registry_go_back(then, number), ERROR_JOURNAL_ENTRY_DELETED);
	registry_close(then);
	buf_release(&expected);
	buf_release(&text);
}

static void
what_a_snapshot_alone_kept_goes_with_it(void **state)
{
	struct host *host = *state;
	struct store *store = registry_store(host->registry);
	reg_key key = host_key(host->registry, KEY);
	struct reg_log_limit limit = { .writes = 1 };
	int64_t kept = 0;

	write_many(host->registry, key, 5);
	assert_lstatus(registry_snapshot_create(host->registry, "kept", NULL), ERROR_SUCCESS);
	assert_lstatus(registry_delete_value(host->registry, key, "v"), ERROR_SUCCESS);
	host_key(host->registry, KEY "\\one");
	host_key(host->registry, KEY "\\two");
	assert_lstatus(registry_prune(host->registry, &limit), ERROR_SUCCESS);
	assert_lstatus(
	    store_query_number(store, "SELECT count(*) FROM value_past", &kept), ERROR_SUCCESS);
	assert_int_equal(kept, 1);
	assert_lstatus(registry_snapshot_delete(host->registry, "kept"), ERROR_SUCCESS);
	assert_lstatus(
	    store_query_number(store, "SELECT count(*) FROM value_past", &kept), ERROR_SUCCESS);
	assert_int_equal(kept, 0);
}

static void
commits_keep_to_the_limit_by_themselves(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct reg_log_limit limit = { .writes = 100 };
	uint64_t first = 0;

	assert_lstatus(registry_set_log_limit(host->registry, &limit), ERROR_SUCCESS);
	write_many(host->registry, key, 600);
	assert_lstatus(registry_first_number(host->registry, &first), ERROR_SUCCESS);
	assert_in_range(last_number(host->registry) - first, 99, 170);
}

static void
a_clock_that_was_set_back_ages_nothing_that_was_written_before(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct reg_log_limit limit = { .days = 30 };
	uint64_t first = 0;

	write_many(host->registry, key, 5);
	assert_lstatus(store_execute(registry_store(host->registry),
	                   "UPDATE tx SET wall = 0 WHERE first = (SELECT max(first) FROM tx)"),
	    ERROR_SUCCESS);
	write_many(host->registry, key, 5);
	assert_lstatus(registry_prune(host->registry, &limit), ERROR_SUCCESS);
	assert_lstatus(registry_first_number(host->registry, &first), ERROR_SUCCESS);
	assert_int_equal(first, 1);
	/* What is old is forgotten, with what was written on a clock that was ahead. */
	assert_lstatus(
	    store_execute(registry_store(host->registry),
	        "UPDATE tx SET wall = CASE first % 5 WHEN 0 THEN 4000000000000000000 ELSE 0 END"),
	    ERROR_SUCCESS);
	assert_lstatus(registry_prune(host->registry, &limit), ERROR_SUCCESS);
	assert_lstatus(registry_first_number(host->registry, &first), ERROR_SUCCESS);
	assert_in_range(last_number(host->registry) - first, 0, 3);
}

int
main(void)
{
#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)
	const struct CMUnitTest tests[] = {
		HOST_TEST(the_feed_and_the_past_tell_the_same),
		HOST_TEST(a_feed_of_a_key_leaves_out_what_lies_elsewhere),
		HOST_TEST(the_feed_goes_on_where_a_killed_reader_was),
		HOST_TEST(what_is_pruned_is_refused_and_what_is_not_is_whole),
		HOST_TEST(a_reader_that_pruning_overtakes_is_told),
		HOST_TEST(a_snapshot_survives_pruning_and_can_be_gone_back_to),
		HOST_TEST(what_a_snapshot_alone_kept_goes_with_it),
		HOST_TEST(commits_keep_to_the_limit_by_themselves),
		HOST_TEST(a_clock_that_was_set_back_ages_nothing_that_was_written_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
