/*
 * The write-ahead log comes back into the database: by a keeper, by writers when there is none, and
 * as soon as a reader that held it up has ended.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/registry/internal.h"
#include "regstore/store/internal.h"
#include "regstore/store/keeper.h"
#include "tests/lib/host.h"

#define KEY "HKLM\\SOFTWARE\\Test"

/* So many writes, each some pages of the log; and its pages, which are less than half of those. */
struct load {
	uint32_t writes;
	uint64_t log;
};

static const struct load unkept = { .writes = 4000, .log = 8192 };
static const struct load kept = { .writes = 12000, .log = 24576 };

static int
setup(void **state)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = true };
	struct host *host = malloc(sizeof(*host));

	if (host == NULL)
		return -1;
	host_init(host);
	assert_lstatus(registry_open(host->root, &options, &host->registry), ERROR_SUCCESS);
	*state = host;
	return 0;
}

static struct store_wal
look(const struct host *host)
{
	struct store_wal wal = { 0 };

	assert_lstatus(store_wal_state(host->registry->store, &wal), ERROR_SUCCESS);
	return wal;
}

/* Write much; the pages that went into the log, and how long it was at its longest. */
static void
write_much(const struct host *host, uint32_t writes, uint64_t *ret_pages, uint64_t *ret_longest)
{
	reg_key key = host_key(host->registry, KEY);
	uint32_t before = 0;

	*ret_pages = *ret_longest = 0;
	for (uint32_t i = 0; i < writes; i++) {
		uint32_t now;

		assert_lstatus(registry_set_dword(host->registry, key, "v", i), ERROR_SUCCESS);
		now = host->registry->store->wal_pages;
		*ret_pages += now > before ? now - before : now;
		before = now;
		if (now > *ret_longest)
			*ret_longest = now;
	}
}

static void
assert_bounded(const struct host *host, const struct load *load)
{
	uint64_t pages;
	uint64_t longest;

	write_much(host, load->writes, &pages, &longest);
	assert_true(pages > 2 * load->log);
	assert_true(longest <= load->log);
}

static void
without_a_keeper_writers_bring_the_log_back(void **state)
{
	assert_bounded(*state, &unkept);
}

static void
a_keeper_brings_the_log_back(void **state)
{
	struct host *host = *state;
	struct store_keeper *keeper = NULL;
	struct bell_wal *wal = bell_wal(host->registry->store->bell);
	reg_key key = host_key(host->registry, KEY);

	assert_lstatus(store_keeper_start(host->root, &keeper), ERROR_SUCCESS);
	assert_bounded(host, &kept);
	atomic_store(&wal->kept_back, UINT32_MAX);
	/* The keeper may be at it still, and set the limit. */
	do {
		atomic_store(&wal->limit, 1);
		registry_set_dword(host->registry, key, "v", 1);
	} while (host->registry->store->wal_pages < 1100);
	/* What was asked for is done before it ends. */
	store_keeper_stop(keeper);
	assert_int_not_equal(atomic_load(&wal->kept_back), UINT32_MAX);
}

/* Start a keeper in a process of its own. */
static pid_t
start_keeper_process(const struct host *host)
{
	struct store_keeper *keeper = NULL;
	int pipes[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		if (lstatus_ok(store_keeper_start(host->root, &keeper)) &&
		    write(pipes[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
	close(pipes[1]);
	return child;
}

/* The keeper's process dies; nobody says so. */
static void
a_dead_keeper_is_found_out(void **state)
{
	struct host *host = *state;
	pid_t keeper = start_keeper_process(host);

	kill(keeper, SIGKILL);
	assert_int_equal(host_wait(keeper), -1);
	assert_bounded(host, &unkept);
}

static void
writers_do_without_a_keeper_that_does_not_come(void **state)
{
	const struct load load = { .writes = 8000, .log = 12288 };
	struct host *host = *state;
	pid_t keeper = start_keeper_process(host);

	kill(keeper, SIGSTOP);
	assert_int_equal(waitpid(keeper, NULL, WUNTRACED), keeper);
	assert_bounded(host, &load);
	kill(keeper, SIGKILL);
	assert_int_equal(host_wait(keeper), -1);
}

static void
a_reader_that_does_not_end_is_told_and_the_log_is_used_anew_when_it_has(void **state)
{
	struct host *host = *state;
	struct registry *reader = host_connect(host);
	uint64_t pages;
	uint64_t longest;
	uint64_t grown;

	assert_lstatus(store_execute(reader->store, "BEGIN; SELECT * FROM meta"), ERROR_SUCCESS);
	write_much(host, unkept.writes, &pages, &grown);
	assert_true(grown >= pages);
	assert_true(look(host).bytes > grown * 4096);
	assert_true(look(host).kept_back > 1000);
	assert_lstatus(store_execute(reader->store, "COMMIT"), ERROR_SUCCESS);
	for (int i = 0; i < 3; i++)
		write_much(host, unkept.writes, &pages, &longest);
	assert_int_equal(look(host).kept_back, 0);
	assert_true(longest <= unkept.log);
	registry_close(reader);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(without_a_keeper_writers_bring_the_log_back),
		HOST_TEST(a_keeper_brings_the_log_back),
		HOST_TEST(a_dead_keeper_is_found_out),
		HOST_TEST(writers_do_without_a_keeper_that_does_not_come),
		HOST_TEST(a_reader_that_does_not_end_is_told_and_the_log_is_used_anew_when_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
