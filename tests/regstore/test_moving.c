/*
 * Keys that another process renames, makes and deletes while they are used: no reader finds a state
 * that never was, and what is made below a key is below it.
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

#include "regstore/registry/internal.h"
#include "tests/lib/host.h"

#define KEY    "HKLM\\SOFTWARE\\Test"
#define ROUNDS 500 /* of the other process */

/* Let another process call `round` with the key at `path`, ROUNDS times. */
static pid_t
start(struct host *host, const char *path,
    lstatus (*round)(struct registry *registry, reg_key key, int number))
{
	pid_t other;

	host_close(host);
	other = fork();
	if (other == 0) {
		struct registry_options options = { .mode = REGISTRY_OPEN };
		struct registry *registry = NULL;
		reg_key key = { 0 };
		lstatus status = registry_open(host->root, &options, &registry);

		if (lstatus_ok(status))
			status = registry_open_key(registry, NULL, path, 0, &key);
		for (int i = 0; i < ROUNDS && lstatus_ok(status); i++)
			status = round(registry, key, i);
		registry_close(registry);
		_exit(lstatus_ok(status) ? 0 : 1);
	}
	assert_true(other > 0);
	host_open(host);
	return other;
}

/* Whether the other process is at it still; it has to end well. */
static bool
goes_on(pid_t other)
{
	int status = 0;
	pid_t ended = waitpid(other, &status, WNOHANG);

	assert_true(ended == 0 || (ended == other && status == 0));
	return ended == 0;
}

static lstatus
rename_it(struct registry *registry, reg_key key, int number)
{
	return registry_rename_key(registry, key, number % 2 == 0 ? "b" : "a");
}

static void
what_is_made_below_a_key_that_is_renamed_is_below_it(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY "\\a");
	pid_t other = start(host, KEY "\\a", rename_it);

	while (goes_on(other)) {
		struct store_key row;
		reg_key made;

		assert_lstatus(registry_create_key(host->registry, &key, "below", 0, &made, NULL),
		    ERROR_SUCCESS);
		assert_lstatus(
		    store_get_key(registry_store(host->registry), made.id, &row, NULL, NULL),
		    ERROR_SUCCESS);
		assert_int_equal(row.parent, key.id);
		assert_lstatus(registry_delete_key(host->registry, made), ERROR_SUCCESS);
	}
}

static void
what_is_below_a_key_that_is_renamed_is_found(void **state)
{
	struct host *host = *state;
	reg_key below = host_key(host->registry, KEY "\\a\\below");
	reg_key key = host_key(host->registry, KEY "\\a");
	pid_t other = start(host, KEY "\\a", rename_it);

	while (goes_on(other)) {
		for (int i = 0; i < 100; i++) {
			reg_key found;

			assert_lstatus(registry_open_key(host->registry, &key, "below", 0, &found),
			    ERROR_SUCCESS);
			assert_int_equal(found.id, below.id);
		}
	}
}

/* A key and the one above it, at once. */
static lstatus
rename_two(struct registry *registry, reg_key key, int number)
{
	reg_key below = { 0 };
	lstatus status = registry_begin(registry, NULL);

	if (lstatus_ok(status))
		status = registry_open_key(
		    registry, &key, number % 2 == 0 ? "below a" : "below b", 0, &below);
	if (lstatus_ok(status))
		status = registry_rename_key(registry, key, number % 2 == 0 ? "b" : "a");
	if (lstatus_ok(status))
		status =
		    registry_rename_key(registry, below, number % 2 == 0 ? "below b" : "below a");
	return lstatus_ok(status) ? registry_commit(registry) : status;
}

static void
a_keys_path_is_one_that_it_had(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY "\\a\\below a");
	pid_t other = start(host, KEY "\\a", rename_two);

	while (goes_on(other)) {
		struct buf path = { 0 };
		const char *end;

		assert_lstatus(registry_key_path(host->registry, key, &path), ERROR_SUCCESS);
		end = strstr(buf_text(&path), "\\Test\\");
		assert_non_null(end);
		if (strcmp(end, "\\Test\\a\\below a") != 0)
			assert_string_equal(end, "\\Test\\b\\below b");
		buf_release(&path);
	}
}

/* Make a key with a subkey, and delete both. */
static lstatus
make_two(struct registry *registry, reg_key key, int number UNUSED)
{
	reg_key made = { 0 };
	lstatus status = registry_begin(registry, NULL);

	if (lstatus_ok(status))
		status = registry_create_key(registry, &key, "two\\below", 0, &made, NULL);
	if (lstatus_ok(status))
		status = registry_commit(registry);
	if (lstatus_ok(status))
		status = registry_open_key(registry, &key, "two", 0, &made);
	return lstatus_ok(status) ? registry_delete_tree(registry, made) : status;
}

static void
a_key_with_subkeys_is_listed_with_them_or_is_gone(void **state)
{
	struct host *host = *state;
	reg_key above = host_key(host->registry, KEY);
	pid_t other = start(host, KEY, make_two);

	while (goes_on(other)) {
		struct reg_key_list list = { 0 };
		struct reg_key_info info;
		reg_key key;

		/* Its subkey comes and goes; it does not. */
		assert_lstatus(registry_query_info(host->registry, above, &info), ERROR_SUCCESS);
		if (!lstatus_ok(registry_open_key(host->registry, NULL, KEY "\\two", 0, &key)))
			continue;
		if (!lstatus_ok(registry_list_keys(host->registry, key, &list)))
			continue;
		assert_int_equal(list.count, 1);
		reg_key_list_release(&list);
	}
}

int
main(void)
{
#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)
	const struct CMUnitTest tests[] = {
		HOST_TEST(what_is_made_below_a_key_that_is_renamed_is_below_it),
		HOST_TEST(what_is_below_a_key_that_is_renamed_is_found),
		HOST_TEST(a_keys_path_is_one_that_it_had),
		HOST_TEST(a_key_with_subkeys_is_listed_with_them_or_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
