/*
 * Watches of keys, which follow them.
 *
 * The watcher is a connection of its own; a writer marks its watches before the commit returns, so
 * no test here waits.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/registry/history.h"
#include "regstore/store/internal.h"
#include "tests/lib/host.h"

#define KEY    "HKLM\\SOFTWARE\\Test"
#define VALUES REGISTRY_NOTIFY_LAST_SET
#define ALL    REGISTRY_NOTIFY_ALL
#define ROUNDS 200

static struct reg_watch *
watch_key(struct registry *watcher, reg_key key, bool subtree, uint32_t filter)
{
	struct reg_watch *watch = NULL;

	assert_lstatus(
	    registry_watch_key(watcher, watcher, key, subtree, filter, &watch), ERROR_SUCCESS);
	return watch;
}

static void
rename_to(struct registry *registry, reg_key key, const char *name)
{
	assert_lstatus(registry_rename_key(registry, key, name), ERROR_SUCCESS);
}

static void
set(struct registry *registry, const char *path)
{
	assert_lstatus(
	    registry_set_dword(registry, host_key(registry, path), "v", 1), ERROR_SUCCESS);
}

/* Whether the watcher's process would have been woken; takes the wake-up. */
static bool
is_woken(struct registry *watcher)
{
	struct pollfd wait = { .fd = registry_watch_fd(watcher), .events = POLLIN };
	bool woken = poll(&wait, 1, 0) == 1;

	registry_watch_drain(watcher);
	return woken;
}

/* --- Where a watch goes ----------------------------------------------------------------------- */

static void
a_watch_goes_where_its_key_goes(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	reg_key key = host_key(registry, KEY "\\Old");
	struct reg_watch *watch = watch_key(watcher, key, false, VALUES);

	rename_to(registry, key, "New");
	assert_false(is_woken(watcher));
	set(registry, KEY "\\New");
	assert_true(is_woken(watcher));
	assert_true(registry_watch_taken(watch));
	set(registry, KEY "\\Old"); /* another key */
	set(registry, KEY "\\New\\below");
	assert_false(is_woken(watcher));
	rename_to(registry, key, "Newer");
	rename_to(registry, key, "Newest");
	set(registry, KEY "\\Newest");
	assert_true(registry_watch_taken(watch));
	/* And back: the key with the first name is in the way. */
	registry_delete_key(registry, host_key(registry, KEY "\\Old"));
	rename_to(registry, key, "OLD");
	assert_false(registry_watch_taken(watch));
	set(registry, KEY "\\Old");
	assert_true(registry_watch_taken(watch));
	registry_close(watcher);
}

static void
a_watch_goes_along_with_a_key_above(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	reg_key above = host_key(registry, KEY "\\Old");
	reg_key key = host_key(registry, KEY "\\Old\\a\\b");
	struct reg_watch *plain = watch_key(watcher, key, false, ALL);
	struct reg_watch *deep = watch_key(watcher, key, true, ALL);

	rename_to(registry, above, "New");
	assert_false(is_woken(watcher));
	set(registry, KEY "\\Old\\a\\b");
	assert_false(is_woken(watcher));
	set(registry, KEY "\\New\\a\\b");
	assert_true(registry_watch_taken(plain));
	assert_true(registry_watch_taken(deep));
	set(registry, KEY "\\New\\a\\b\\c");
	assert_true(registry_watch_taken(plain)); /* it has a new subkey */
	assert_true(registry_watch_taken(deep));
	set(registry, KEY "\\New\\a\\b\\c");
	assert_false(registry_watch_taken(plain));
	assert_true(registry_watch_taken(deep));
	registry_close(watcher);
}

static void
a_rename_is_a_change_of_the_key_and_of_those_above(void **state)
{
	struct host *host = *state;
	struct registry *watcher = host_connect(host);
	reg_key key = host_key(host->registry, KEY "\\Old");
	struct reg_watch *own = watch_key(watcher, key, false, REGISTRY_NOTIFY_NAME);
	struct reg_watch *above =
	    watch_key(watcher, host_key(host->registry, KEY), false, REGISTRY_NOTIFY_NAME);
	struct reg_watch *other =
	    watch_key(watcher, host_key(host->registry, KEY "\\Other"), true, ALL);

	registry_watch_taken(above);
	rename_to(host->registry, key, "New");
	assert_true(registry_watch_taken(own));
	assert_true(registry_watch_taken(above));
	assert_false(registry_watch_taken(other));
	registry_close(watcher);
}

static void
a_path_is_watched_on_as_a_path(void **state)
{
	struct host *host = *state;
	struct registry *watcher = host_connect(host);
	reg_key key = host_key(host->registry, KEY "\\Old");
	struct reg_watch *watch = NULL;

	assert_lstatus(registry_watch(watcher, KEY "\\Old", false, VALUES, &watch), ERROR_SUCCESS);
	rename_to(host->registry, key, "New");
	set(host->registry, KEY "\\New");
	assert_false(registry_watch_taken(watch));
	set(host->registry, KEY "\\Old");
	assert_true(registry_watch_taken(watch));
	registry_close(watcher);
}

/* --- Keys that go for good, and come back ----------------------------------------------------- */

static void
a_key_that_is_gone_is_not_another_of_its_name(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	reg_key key = host_key(registry, KEY "\\Key\\below");
	struct reg_watch *watch = watch_key(watcher, key, true, ALL);

	registry_delete_tree(registry, host_key(registry, KEY "\\Key"));
	assert_true(registry_watch_taken(watch));
	is_woken(watcher);
	set(registry, KEY "\\Key\\below\\more");
	assert_false(is_woken(watcher));
	assert_lstatus(
	    registry_watch_key(watcher, watcher, key, false, ALL, &watch), ERROR_KEY_DELETED);
	registry_close(watcher);
}

static void
a_key_that_is_put_back_is_watched_again(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	struct reg_revert revert = { 0 };
	struct buf conflicts = { 0 };
	reg_key above = host_key(registry, KEY "\\Above");
	reg_key key = host_key(registry, KEY "\\Above\\key");
	struct reg_watch *watch = watch_key(watcher, key, false, ALL);

	registry_delete_key(registry, key);
	assert_lstatus(registry_write_number(registry, &revert.first), ERROR_SUCCESS);
	assert_true(registry_watch_taken(watch));
	revert.last = revert.first;
	/* Not where it was. */
	rename_to(registry, above, "Elsewhere");
	assert_lstatus(registry_revert(registry, &revert, NULL, NULL, &conflicts), ERROR_SUCCESS);
	assert_true(registry_watch_taken(watch));
	set(registry, KEY "\\Above\\key");
	assert_false(registry_watch_taken(watch));
	set(registry, KEY "\\Elsewhere\\key");
	assert_true(registry_watch_taken(watch));
	buf_release(&conflicts);
	registry_close(watcher);
}

/* --- Transactions ----------------------------------------------------------------------------- */

static void
what_happens_before_and_after_a_rename_in_one_transaction_wakes(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	reg_key key = host_key(registry, KEY "\\n0");
	struct reg_watch *watch = watch_key(watcher, key, false, VALUES);

	for (unsigned i = 0; i < 4; i++) {
		char name[2][16];

		snprintf(name[0], sizeof(name[0]), "n%u", 2 * i + 1);
		snprintf(name[1], sizeof(name[1]), "n%u", 2 * i + 2);
		assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
		if (i == 0)
			registry_set_dword(registry, key, "v", i);
		rename_to(registry, key, name[0]);
		if (i > 0)
			registry_set_dword(registry, key, "v", i);
		/* From the third on the key has three names, and that was the second. */
		if (i >= 2)
			rename_to(registry, key, name[1]);
		if (i == 3) {
			registry_rollback(registry);
			assert_false(registry_watch_taken(watch));
			continue;
		}
		assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
		assert_true(registry_watch_taken(watch));
	}
	registry_set_dword(registry, key, "v", 9);
	assert_true(registry_watch_taken(watch));
	registry_close(watcher);
}

static void
a_name_that_was_rolled_back_is_forgotten(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	reg_key key = host_key(registry, KEY "\\Old");
	struct reg_watch *watch = NULL;

	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	rename_to(registry, key, "New");
	assert_lstatus(
	    registry_watch_key(watcher, registry, key, false, VALUES, &watch), ERROR_SUCCESS);
	registry_rollback(registry);
	set(registry, KEY "\\New");
	assert_false(registry_watch_taken(watch));
	set(registry, KEY "\\Old");
	assert_true(registry_watch_taken(watch));
	registry_close(watcher);
}

static void
a_key_that_a_transaction_makes_can_be_watched_in_it(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	struct reg_watch *watch = NULL;
	reg_key key;

	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	key = host_key(registry, KEY "\\Fresh");
	assert_lstatus(
	    registry_watch_key(watcher, watcher, key, false, ALL, &watch), ERROR_KEY_DELETED);
	assert_lstatus(
	    registry_watch_key(watcher, registry, key, false, VALUES, &watch), ERROR_SUCCESS);
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
	rename_to(registry, key, "Renamed");
	set(registry, KEY "\\Renamed");
	assert_true(registry_watch_taken(watch));
	registry_close(watcher);
}

static void
a_rename_of_more_keys_than_are_remembered_loses_no_watch(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	reg_key above = host_key(registry, KEY "\\Old");
	struct reg_watch *watch;
	char path[64];

	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(path, sizeof(path), KEY "\\Old\\%u", i);
		host_key(registry, path);
	}
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
	watch = watch_key(watcher, host_key(registry, KEY "\\Old\\0"), false, VALUES);
	rename_to(registry, above, "New");
	registry_watch_taken(watch);
	set(registry, KEY "\\New\\0");
	assert_true(registry_watch_taken(watch));
	registry_close(watcher);
}

/* --- Writers that die, and race --------------------------------------------------------------- */

/* Rename the key, and die after the COMMIT, before anybody is told. */
static _Noreturn void
rename_and_die(const struct host *host, const char *path, reg_key key)
{
	struct registry *registry = host_connect(host);
	struct store *store = registry_store(registry);

	if (lstatus_ok(registry_begin(registry, NULL)) &&
	    lstatus_ok(registry_rename_key(registry, key, path)) &&
	    lstatus_ok(store_log_writes(store))) {
		bell_doubt(store->bell);
		sqlite3_step(store_statement(store, SQL_COMMIT));
	}
	raise(SIGKILL);
	_exit(0);
}

static void
who_comes_next_looks_where_the_keys_are(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	reg_key key = host_key(registry, KEY "\\Old");
	struct reg_watch *watch = watch_key(watcher, key, false, VALUES);
	pid_t child = fork();

	if (child == 0)
		rename_and_die(host, "New", key);
	assert_int_equal(host_wait(child), -1);
	set(registry, KEY "\\Old");
	registry_watch_taken(watch); /* everybody was woken in the place of the dead */
	set(registry, KEY "\\Old");
	assert_false(registry_watch_taken(watch));
	set(registry, KEY "\\New");
	assert_true(registry_watch_taken(watch));
	registry_close(watcher);
}

static int
rename_to_and_fro(const struct host *host, reg_key key)
{
	struct registry *registry = host_connect(host);

	for (unsigned i = 0; i < ROUNDS; i++) {
		if (!lstatus_ok(registry_rename_key(registry, key, i % 2 == 0 ? "b" : "a")))
			return 1;
	}
	registry_close(registry);
	return 0;
}

/* Whatever the renames have come to when a watch is armed, it is where the key is. */
static void
a_watch_that_is_armed_during_renames_is_not_left_behind(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *watcher = host_connect(host);
	struct reg_watch *watches[ROUNDS];
	reg_key key = host_key(registry, KEY "\\a");
	pid_t child = fork();

	if (child == 0)
		_exit(rename_to_and_fro(host, key));
	for (unsigned i = 0; i < ROUNDS; i++) {
		watches[i] = watch_key(watcher, key, false, VALUES);
		assert_lstatus(registry_set_dword(registry, key, "v", i), ERROR_SUCCESS);
		assert_true(registry_watch_taken(watches[i]));
	}
	assert_int_equal(host_wait(child), 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		registry_watch_taken(watches[i]);
	registry_set_dword(registry, key, "v", ROUNDS);
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_true(registry_watch_taken(watches[i]));
	registry_close(watcher);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_watch_goes_where_its_key_goes),
		HOST_TEST(a_watch_goes_along_with_a_key_above),
		HOST_TEST(a_rename_is_a_change_of_the_key_and_of_those_above),
		HOST_TEST(a_path_is_watched_on_as_a_path),
		HOST_TEST(a_key_that_is_gone_is_not_another_of_its_name),
		HOST_TEST(a_key_that_is_put_back_is_watched_again),
		HOST_TEST(what_happens_before_and_after_a_rename_in_one_transaction_wakes),
		HOST_TEST(a_name_that_was_rolled_back_is_forgotten),
		HOST_TEST(a_key_that_a_transaction_makes_can_be_watched_in_it),
		HOST_TEST(a_rename_of_more_keys_than_are_remembered_loses_no_watch),
		HOST_TEST(who_comes_next_looks_where_the_keys_are),
		HOST_TEST(a_watch_that_is_armed_during_renames_is_not_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
