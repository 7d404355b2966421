/*
 * Writers that are killed: what they were told is committed is there, whole, and nobody is kept
 * waiting. HVEMU_KILL_ROUNDS says how many rounds (20).
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "regstore/base/clock.h"
#include "tests/lib/host.h"

#define WRITERS     3
#define ACKS_MAX    40      /* commits to wait for before the kill, at most */
#define SPIN_NS_MAX 1500000 /* and how long after the last of them */

static uint64_t seed = 9;

static uint32_t
roll(uint32_t sides)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % sides;
}

static void
writer_path(int writer, const char *rest, char path[64])
{
	snprintf(path, 64, "HKLM\\SOFTWARE\\Crash\\%d%s", writer, rest);
}

/* Transaction n: two values become n, key "n" comes and key "n - 1" goes. */
static bool
write_number(struct registry *registry, int writer, uint32_t number)
{
	char path[64];
	char name[16];
	reg_key key = { .id = -1 };
	reg_key sub = { .id = -1 };
	bool ok;

	writer_path(writer, "", path);
	ok = lstatus_ok(registry_begin(registry, "crash test")) &&
	     lstatus_ok(registry_create_key(registry, NULL, path, 0, &key, NULL)) &&
	     lstatus_ok(registry_set_dword(registry, key, "first", number));
	snprintf(name, sizeof(name), "%u", number);
	ok = ok && lstatus_ok(registry_create_key(registry, &key, name, 0, &sub, NULL));
	snprintf(name, sizeof(name), "%u", number - 1);
	if (ok && lstatus_ok(registry_open_key(registry, &key, name, 0, &sub)))
		ok = lstatus_ok(registry_delete_key(registry, sub));
	return ok && lstatus_ok(registry_set_dword(registry, key, "second", number)) &&
	       lstatus_ok(registry_commit(registry));
}

static uint32_t
stored_number(struct registry *registry, int writer)
{
	char path[64];
	struct buf data = { 0 };
	uint32_t number = 0;
	reg_key key = { .id = -1 };

	writer_path(writer, "", path);
	if (lstatus_ok(registry_open_key(registry, NULL, path, 0, &key)) &&
	    lstatus_ok(registry_query_value(registry, key, "first", NULL, &data)))
		memcpy(&number, data.data, sizeof(number));
	buf_release(&data);
	return number;
}

static _Noreturn void
write_until_killed(const char *root, int writer, int acks)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;

	if (!lstatus_ok(registry_open(root, &options, &registry)))
		_exit(1);
	for (uint32_t number = stored_number(registry, writer) + 1;; number++) {
		uint32_t ack[2] = { (uint32_t)writer, number };

		if (!write_number(registry, writer, number))
			_exit(2);
		if (write(acks, ack, sizeof(ack)) != sizeof(ack))
			_exit(3);
	}
}

/* Let the writers work for a random while, kill them all, and take every acknowledgement. */
static void
run_and_kill(const struct host *host, uint32_t acknowledged[WRITERS])
{
	uint32_t count = roll(ACKS_MAX);
	int64_t end;
	pid_t writers[WRITERS];
	uint32_t ack[2];
	int acks[2];

	assert_int_equal(pipe2(acks, O_CLOEXEC), 0);
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		if (writers[i] == 0) {
			close(acks[0]); /* so that it ends too should this process be killed */
			write_until_killed(host->root, i, acks[1]);
		}
	}
	close(acks[1]);
	while (count-- > 0 && read(acks[0], ack, sizeof(ack)) == sizeof(ack))
		acknowledged[ack[0]] = ack[1];
	end = clock_monotonic_ns() + roll(SPIN_NS_MAX);
	while (clock_monotonic_ns() < end)
		;
	for (int i = 0; i < WRITERS; i++)
		kill(writers[i], SIGKILL);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(host_wait(writers[i]), -1);
	while (read(acks[0], ack, sizeof(ack)) == sizeof(ack))
		acknowledged[ack[0]] = ack[1];
	close(acks[0]);
}

static void
assert_lock_is_free(const struct host *host)
{
	char path[4200];
	int fd;

	snprintf(path, sizeof(path), "%s/registry.lock", host->root);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
}

static void
assert_sql(const struct host *host, const char *sql, const char *expected)
{
	char path[4200];
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;

	snprintf(path, sizeof(path), "%s/registry.db", host->root);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(statement, 0), expected);
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static void
assert_whole(struct registry *registry, int writer, uint32_t acknowledged)
{
	uint32_t number = stored_number(registry, writer);
	struct reg_key_list list = { 0 };
	char path[64];
	char name[16];
	reg_key key;

	/* The one that was being committed may be there without its acknowledgement. */
	assert_in_range(number, acknowledged, acknowledged + 1);
	if (number == 0)
		return;
	writer_path(writer, "", path);
	key = host_key(registry, path);
	assert_int_equal(host_dword(registry, key, "second"), number);
	snprintf(name, sizeof(name), "%u", number);
	assert_lstatus(registry_list_keys(registry, key, &list), ERROR_SUCCESS);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.entries[0].name, name);
	reg_key_list_release(&list);
}

static void
check_host(struct host *host, uint32_t acknowledged[WRITERS])
{
	assert_lock_is_free(host);
	host_open(host);
	for (int i = 0; i < WRITERS; i++) {
		assert_whole(host->registry, i, acknowledged[i]);
		acknowledged[i] = stored_number(host->registry, i);
	}
	registry_set_dword(host->registry, host_key(host->registry, "HKLM\\SOFTWARE\\x"), "v", 1);
	host_close(host);
	assert_sql(host, "PRAGMA integrity_check", "ok");
	assert_sql(host,
	    "SELECT count(*) FROM tx a WHERE a.first > 1 AND NOT EXISTS "
	    "(SELECT 1 FROM tx b WHERE b.last = a.first - 1)",
	    "0");
	assert_sql(host,
	    "SELECT count(*) FROM key WHERE id > 1 AND parent NOT IN (SELECT id FROM key)", "0");
}

static void
kill_rounds(bool relaxed)
{
	const char *setting = getenv("HVEMU_KILL_ROUNDS");
	long rounds = setting != NULL ? strtol(setting, NULL, 10) : 20;
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = relaxed };
	uint32_t acknowledged[WRITERS] = { 0 };
	struct host host;

	host_init(&host);
	assert_lstatus(registry_open(host.root, &options, &host.registry), ERROR_SUCCESS);
	host_close(&host);
	for (long round = 0; round < rounds; round++) {
		run_and_kill(&host, acknowledged);
		check_host(&host, acknowledged);
	}
	host_release(&host);
}

static void
no_acknowledged_commit_is_lost_and_none_is_torn_by_kill(void **state UNUSED)
{
	kill_rounds(false);
}

static void
the_same_holds_for_a_relaxed_host(void **state UNUSED)
{
	kill_rounds(true);
}

/* Make a host from nothing and be killed somewhere on the way; then make it for good. */
static void
a_host_whose_making_was_killed_can_be_made(void **state UNUSED)
{
	for (int round = 0; round < 20; round++) {
		int64_t end;
		struct host host;
		pid_t child;

		host_init(&host);
		child = fork();
		if (child == 0) {
			host_open(&host);
			_exit(0);
		}
		end = clock_monotonic_ns() + roll(SPIN_NS_MAX * 4);
		while (clock_monotonic_ns() < end)
			;
		kill(child, SIGKILL);
		host_wait(child);
		host_open(&host);
		assert_int_equal(host_dword(host.registry,
		                     host_key(host.registry, "HKLM\\SYSTEM\\Select"), "Current"),
		    1);
		assert_sql(&host, "SELECT count(*) FROM tx", "2");
		host_release(&host);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_acknowledged_commit_is_lost_and_none_is_torn_by_kill),
		cmocka_unit_test(the_same_holds_for_a_relaxed_host),
		cmocka_unit_test(a_host_whose_making_was_killed_can_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
