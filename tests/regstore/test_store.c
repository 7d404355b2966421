/*
 * The store: its files, transactions, write log, and what it says when it cannot be opened.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/store/internal.h"
#include "tests/lib/host.h"

#define KEY "HKLM\\SOFTWARE\\Test"

/* --- Plain SQL on the side -------------------------------------------------------------------- */

static void
database_path(const struct host *host, char *path, size_t size)
{
	snprintf(path, size, "%.4000s/registry.db", host->root);
}

static sqlite3 *
open_sql(const struct host *host)
{
	char path[4096];
	sqlite3 *db = NULL;

	database_path(host, path, sizeof(path));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

static void
run_sql(const struct host *host, const char *sql)
{
	sqlite3 *db = open_sql(host);

	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* The first column of the first row as text, "" for none, with ?1 and ?2 bound. */
static void
ask_sql(const struct host *host, const char *sql, int64_t first, int64_t second, char answer[256])
{
	sqlite3 *db = open_sql(host);
	sqlite3_stmt *statement = NULL;
	const char *text = "";

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	sqlite3_bind_int64(statement, 1, first);
	sqlite3_bind_int64(statement, 2, second);
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_bytes(statement, 0) > 0)
		text = (const char *)sqlite3_column_text(statement, 0);
	snprintf(answer, 256, "%s", text);
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static uint64_t
last_number(struct registry *registry)
{
	uint64_t number = UINT64_MAX;

	assert_lstatus(registry_write_number(registry, &number), ERROR_SUCCESS);
	return number;
}

/* --- Files ------------------------------------------------------------------------------------ */

static void
assert_mode(const struct host *host, const char *name, mode_t mode)
{
	char path[4096];
	struct stat stat_;

	snprintf(path, sizeof(path), "%.3900s/%s", host->root, name);
	assert_int_equal(stat(path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 0777, mode);
}

static void
the_files_of_a_host_are_its_owners_alone(void **state UNUSED)
{
	struct host host;
	mode_t mask = umask(0);

	host_init(&host);
	host_open(&host);
	umask(mask);
	assert_mode(&host, "registry.db", 0600);
	assert_mode(&host, "registry.db-wal", 0600);
	assert_mode(&host, "registry.db-shm", 0600);
	assert_mode(&host, "registry.lock", 0600);
	assert_mode(&host, "run", 0700);
	host_release(&host);
}

static lstatus
try_open(const char *root, enum registry_mode mode)
{
	struct registry_options options = { .mode = mode };
	struct registry *registry = (struct registry *)(uintptr_t)1;
	lstatus status = registry_open(root, &options, &registry);

	if (lstatus_ok(status))
		registry_close(registry);
	else
		assert_ptr_equal(registry, (struct registry *)(uintptr_t)1);
	return status;
}

static void
a_host_that_is_not_there_is_not_found_and_nothing_is_made(void **state UNUSED)
{
	struct host host;
	char path[4096];

	host_init(&host);
	assert_lstatus(try_open(host.root, REGISTRY_OPEN), ERROR_FILE_NOT_FOUND);
	snprintf(path, sizeof(path), "%.4000s/run", host.root);
	assert_int_not_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%.4000s/none", host.root);
	assert_lstatus(try_open(path, REGISTRY_OPEN), ERROR_FILE_NOT_FOUND);
	assert_lstatus(try_open("", REGISTRY_OPEN), ERROR_FILE_NOT_FOUND);
	assert_lstatus(try_open("", REGISTRY_CREATE), ERROR_FILE_NOT_FOUND);
	host_release(&host);
}

static void
creating_a_host_makes_the_folders_above_it(void **state UNUSED)
{
	struct host host;
	char path[4096];

	host_init(&host);
	snprintf(path, sizeof(path), "%.4000s/a//b/c/", host.root);
	assert_lstatus(try_open(path, REGISTRY_CREATE), ERROR_SUCCESS);
	assert_lstatus(try_open(path, REGISTRY_OPEN), ERROR_SUCCESS);
	host_release(&host);
}

static void
write_file(const struct host *host, const char *text, size_t size)
{
	char path[4096];
	FILE *file;

	database_path(host, path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static void
a_file_that_is_no_database_is_refused(void **state UNUSED)
{
	static char junk[8192];
	struct host host;

	memset(junk, 'x', sizeof(junk));
	host_init(&host);
	write_file(&host, junk, sizeof(junk));
	assert_lstatus(try_open(host.root, REGISTRY_OPEN), ERROR_NOT_REGISTRY_FILE);
	assert_lstatus(try_open(host.root, REGISTRY_CREATE), ERROR_NOT_REGISTRY_FILE);
	host_release(&host);
}

static void
an_empty_file_is_a_host_still_to_be_made(void **state UNUSED)
{
	struct host host;

	host_init(&host);
	write_file(&host, "", 0);
	assert_lstatus(try_open(host.root, REGISTRY_OPEN), ERROR_FILE_NOT_FOUND);
	assert_lstatus(try_open(host.root, REGISTRY_CREATE), ERROR_SUCCESS);
	host_release(&host);
}

static void
a_database_of_another_program_is_refused_and_left_as_it_was(void **state UNUSED)
{
	struct host host;
	char answer[256];

	host_init(&host);
	run_sql(&host, "CREATE TABLE other (x); INSERT INTO other VALUES (7)");
	assert_lstatus(try_open(host.root, REGISTRY_OPEN), ERROR_NOT_REGISTRY_FILE);
	assert_lstatus(try_open(host.root, REGISTRY_CREATE), ERROR_NOT_REGISTRY_FILE);
	ask_sql(&host, "SELECT group_concat(name) FROM sqlite_schema", 0, 0, answer);
	assert_string_equal(answer, "other");
	ask_sql(&host, "PRAGMA journal_mode", 0, 0, answer);
	assert_string_equal(answer, "delete");
	host_release(&host);
}

static void
a_store_of_a_newer_schema_is_refused(void **state)
{
	struct host *host = *state;
	char pragma[64];

	host_close(host);
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", STORE_SCHEMA_VERSION + 1);
	run_sql(host, pragma);
	assert_lstatus(try_open(host->root, REGISTRY_OPEN), ERROR_NOT_REGISTRY_FILE);
	assert_lstatus(try_open(host->root, REGISTRY_CREATE), ERROR_NOT_REGISTRY_FILE);
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", STORE_SCHEMA_VERSION);
	run_sql(host, pragma);
	assert_lstatus(try_open(host->root, REGISTRY_OPEN), ERROR_SUCCESS);
}

static void
a_damaged_store_is_told_as_corrupt(void **state)
{
	struct host *host = *state;
	char path[4096];
	char junk[4096];
	int fd;

	host_close(host);
	database_path(host, path, sizeof(path));
	memset(junk, 0xa5, sizeof(junk));
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	/* Page 1 after its header: the schema. */
	assert_int_equal(pwrite(fd, junk, 3996, 100), 3996);
	close(fd);
	assert_lstatus(try_open(host->root, REGISTRY_OPEN), ERROR_REGISTRY_CORRUPT);
}

/* In a child without root's rights: the code that opening answers. */
static uint32_t
open_unprivileged(const char *root)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct registry_options options = { .mode = REGISTRY_OPEN };
		struct registry *registry = NULL;

		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(255);
		_exit((int)registry_open(root, &options, &registry).code);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? (uint32_t)WEXITSTATUS(status) : UINT32_MAX;
}

static void
a_host_that_may_not_be_written_is_denied(void **state)
{
	struct host *host = *state;
	char path[4096];

	host_close(host);
	database_path(host, path, sizeof(path));
	chmod(path, 0444);
	chmod(host->root, 0555);
	assert_int_equal(open_unprivileged(host->root), ERROR_ACCESS_DENIED);
	chmod(path, 0666);
	assert_int_equal(open_unprivileged(host->root), ERROR_ACCESS_DENIED);
	chmod(host->root, 0700);
}

static void
a_copy_without_a_write_ahead_log_gets_one_back(void **state)
{
	struct host *host = *state;
	char answer[256];

	host_close(host);
	run_sql(host, "PRAGMA journal_mode = DELETE");
	host_open(host);
	ask_sql(host, "PRAGMA journal_mode", 0, 0, answer);
	assert_string_equal(answer, "wal");
}

static void
several_processes_make_one_host_together(void **state UNUSED)
{
	struct host host;
	pid_t children[16];
	char answer[256];

	host_init(&host);
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit((int)try_open(host.root, REGISTRY_CREATE).code);
	}
	for (size_t i = 0; i < ARRAY_SIZE(children); i++)
		assert_int_equal(host_wait(children[i]), 0);
	ask_sql(&host, "SELECT count(*) FROM tx", 0, 0, answer);
	assert_string_equal(answer, "2");
	host_release(&host);
}

/* --- Durability ------------------------------------------------------------------------------- */

static int64_t
synchronous(struct store *store)
{
	sqlite3_stmt *statement = NULL;
	int64_t mode = -1;

	sqlite3_prepare_v2(store->db, "PRAGMA synchronous", -1, &statement, NULL);
	if (sqlite3_step(statement) == SQLITE_ROW)
		mode = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return mode;
}

static int64_t
synchronous_of(const char *root, bool relaxed)
{
	struct store_options options = { .create = true, .relaxed = relaxed };
	struct store *store = NULL;
	int64_t mode;

	assert_lstatus(store_open(root, &options, &store), ERROR_SUCCESS);
	/* It counts for writes, and is set before the first of them. */
	assert_lstatus(store_begin(store, NULL), ERROR_SUCCESS);
	mode = synchronous(store);
	store_rollback(store);
	store_close(store);
	return mode;
}

static void
a_host_flushes_every_commit_unless_it_was_made_relaxed(void **state UNUSED)
{
	struct host strict;
	struct host relaxed;

	host_init(&strict);
	host_init(&relaxed);
	assert_int_equal(synchronous_of(strict.root, false), 2);
	assert_int_equal(synchronous_of(strict.root, true), 2);
	assert_int_equal(synchronous_of(relaxed.root, true), 1);
	assert_int_equal(synchronous_of(relaxed.root, false), 1);
	host_release(&strict);
	host_release(&relaxed);
}

/* --- Transactions ----------------------------------------------------------------------------- */

static void
a_transaction_is_seen_by_others_whole_and_only_after_commit(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key key = host_key(host->registry, KEY);

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, key, "a", 1), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, key, "b", 2), ERROR_SUCCESS);
	assert_int_equal(host_dword(host->registry, key, "a"), 1);
	assert_lstatus(registry_query_value(other, key, "a", NULL, NULL), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	assert_int_equal(host_dword(other, key, "a"), 1);
	assert_int_equal(host_dword(other, key, "b"), 2);
	registry_close(other);
}

static void
a_rollback_leaves_everything_as_it_was(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	uint64_t number;
	reg_key gone = { .id = -1 };

	assert_lstatus(registry_set_dword(host->registry, key, "kept", 1), ERROR_SUCCESS);
	number = last_number(host->registry);
	assert_lstatus(registry_begin(host->registry, "vain"), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, key, "kept", 2), ERROR_SUCCESS);
	gone = host_key(host->registry, KEY "\\Sub");
	assert_lstatus(registry_delete_value(host->registry, key, "kept"), ERROR_SUCCESS);
	registry_rollback(host->registry);
	registry_rollback(host->registry);
	assert_int_equal(host_dword(host->registry, key, "kept"), 1);
	assert_lstatus(registry_set_dword(host->registry, gone, "x", 1), ERROR_KEY_DELETED);
	assert_int_equal(last_number(host->registry), number);
}

static void
closing_rolls_an_open_transaction_back(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, key, "a", 1), ERROR_SUCCESS);
	host_close(host);
	host_open(host);
	assert_lstatus(
	    registry_query_value(host->registry, key, "a", NULL, NULL), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_set_dword(host->registry, key, "a", 1), ERROR_SUCCESS);
}

static void
transactions_do_not_nest_and_need_a_beginning(void **state)
{
	struct host *host = *state;

	assert_lstatus(registry_commit(host->registry), ERROR_INVALID_FUNCTION);
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_BUSY);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
}

static void
a_second_connection_of_the_same_thread_does_not_wait_for_itself(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key key = host_key(host->registry, KEY);

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(other, key, "a", 1), ERROR_BUSY);
	assert_lstatus(registry_begin(other, NULL), ERROR_BUSY);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(other, key, "a", 1), ERROR_SUCCESS);
	assert_int_equal(host_dword(host->registry, key, "a"), 1);
	registry_close(other);
}

static struct store *
open_store(const struct host *host)
{
	struct store_options options = { .create = true };
	struct store *store = NULL;

	assert_lstatus(store_open(host->root, &options, &store), ERROR_SUCCESS);
	return store;
}

static lstatus
set_bytes(struct store *store, int64_t key, const char *name, size_t size)
{
	uint8_t *data = calloc(1, size);
	lstatus status = store_set_value(store, key, name, strlen(name), name, 3, data, size);

	free(data);
	return status;
}

static void
a_transaction_with_a_failed_write_can_only_be_rolled_back(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct store *store = open_store(host);
	struct store_value value;

	assert_lstatus(store_begin(store, NULL), ERROR_SUCCESS);
	assert_lstatus(set_bytes(store, key.id, "FIRST", 10), ERROR_SUCCESS);
	sqlite3_exec(store->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL);
	assert_lstatus(set_bytes(store, key.id, "SECOND", 100000), ERROR_DISK_FULL);
	assert_lstatus(set_bytes(store, key.id, "THIRD", 1), ERROR_DISK_FULL);
	assert_lstatus(store_commit(store), ERROR_DISK_FULL);
	assert_lstatus(
	    store_find_value(store, key.id, "FIRST", 5, &value, NULL), ERROR_FILE_NOT_FOUND);
	assert_lstatus(set_bytes(store, key.id, "OWN", 100000), ERROR_DISK_FULL);
	sqlite3_exec(store->db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL);
	assert_lstatus(set_bytes(store, key.id, "OWN", 100000), ERROR_SUCCESS);
	store_close(store);
	assert_lstatus(registry_set_dword(host->registry, key, "other", 1), ERROR_SUCCESS);
}

static void
a_forked_child_that_closes_what_it_inherited_takes_nothing_from_the_parent(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct reg_watch *watch = NULL;
	pid_t child;

	assert_lstatus(
	    registry_watch(host->registry, KEY, false, REGISTRY_NOTIFY_ALL, &watch), ERROR_SUCCESS);
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, key, "a", 1), ERROR_SUCCESS);
	child = fork();
	if (child == 0) {
		bool refused = lstatus_is(registry_begin(host->registry, NULL), ERROR_BUSY);

		registry_close(host->registry);
		_exit(refused ? 0 : 1);
	}
	assert_int_equal(host_wait(child), 0);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	assert_int_equal(host_dword(host->registry, key, "a"), 1);
	assert_true(registry_watch_drain(host->registry));
	assert_true(registry_watch_taken(watch));
}

/* Write, say so, wait until the parent has closed, write again. */
static _Noreturn void
write_twice(const struct host *host, int go, int told)
{
	struct registry *registry = host_connect(host);
	reg_key key = host_key(registry, KEY);
	char byte = 0;
	bool good = lstatus_ok(registry_set_dword(registry, key, "first", 1)) &&
	            write(told, &byte, 1) == 1 && read(go, &byte, 1) == 1 &&
	            lstatus_ok(registry_set_dword(registry, key, "second", 2));

	registry_close(registry);
	_exit(good ? 0 : 1);
}

static void
a_forked_child_writes_on_when_its_parent_has_closed_the_host(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	char byte = 0;
	int go[2];
	int told[2];
	pid_t child;

	registry_set_dword(host->registry, key, "zero", 0);
	assert_int_equal(pipe(go) + pipe(told), 0);
	child = fork();
	if (child == 0)
		write_twice(host, go[0], told[1]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	host_close(host);
	assert_int_equal(write(go[1], &byte, 1), 1);
	assert_int_equal(host_wait(child), 0);
	host_open(host);
	key = host_key(host->registry, KEY);
	assert_int_equal(host_dword(host->registry, key, "first"), 1);
	assert_int_equal(host_dword(host->registry, key, "second"), 2);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(told[i]);
	}
}

/* Whether opening the host fails, and the reason is the fork. */
static bool
is_refused(const struct host *host)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;
	struct buf error = { 0 };
	bool refused;

	options.error = &error;
	refused = lstatus_is(registry_open(host->root, &options, &registry), ERROR_BUSY) &&
	          strstr(buf_text(&error), "was forked from one that") != NULL;
	buf_release(&error);
	return refused;
}

static void
a_child_that_was_forked_within_a_transaction_does_not_open_the_host(void **state)
{
	struct host *host = *state;
	pid_t child;

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	child = fork();
	if (child == 0)
		_exit(is_refused(host) ? 0 : 1);
	assert_int_equal(host_wait(child), 0);
	registry_rollback(host->registry);
}

/* What the child inherited of it is of no use, and not to be mixed with what is there now. */
static void
a_child_whose_parent_has_closed_the_host_does_not_open_it(void **state)
{
	struct host *host = *state;
	int go[2];
	char byte = 0;
	pid_t child;

	assert_int_equal(pipe(go), 0);
	child = fork();
	if (child == 0)
		_exit(read(go[0], &byte, 1) == 1 && is_refused(host) ? 0 : 1);
	host_close(host);
	host_open(host);
	assert_int_equal(write(go[1], &byte, 1), 1);
	assert_int_equal(host_wait(child), 0);
	close(go[0]);
	close(go[1]);
}

/* Each child adds one to the same number a hundred times. */
static int
count_up(const struct host *host)
{
	struct registry *registry = host_connect(host);
	reg_key key = host_key(registry, KEY);

	for (int i = 0; i < 100; i++) {
		if (!lstatus_ok(registry_begin(registry, NULL)))
			return 1;
		if (!lstatus_ok(
		        registry_set_dword(registry, key, "n", host_dword(registry, key, "n") + 1)))
			return 2;
		if (!lstatus_ok(registry_commit(registry)))
			return 3;
	}
	registry_close(registry);
	return 0;
}

static void
writers_of_several_processes_do_not_overwrite_one_another(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	pid_t children[4];

	assert_lstatus(registry_set_dword(host->registry, key, "n", 0), ERROR_SUCCESS);
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(count_up(host));
	}
	for (size_t i = 0; i < ARRAY_SIZE(children); i++)
		assert_int_equal(host_wait(children[i]), 0);
	assert_int_equal(host_dword(host->registry, key, "n"), 400);
}

/* --- The write log ---------------------------------------------------------------------------- */

static void
numbers_grow_by_one_a_write(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	uint64_t number = last_number(host->registry);

	registry_set_dword(host->registry, key, "a", 1);
	assert_int_equal(last_number(host->registry), number + 1);
	registry_set_dword(host->registry, key, "a", 1);
	assert_int_equal(last_number(host->registry), number + 2);
	registry_delete_value(host->registry, key, "a");
	assert_int_equal(last_number(host->registry), number + 3);
	registry_delete_value(host->registry, key, "a");
	assert_int_equal(last_number(host->registry), number + 3);
	host_key(host->registry, KEY "\\x\\y");
	assert_int_equal(last_number(host->registry), number + 5);
	host_key(host->registry, KEY "\\x\\y");
	assert_int_equal(last_number(host->registry), number + 5);
}

static void
a_write_that_fails_takes_no_number(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	uint64_t number = last_number(host->registry);

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, (reg_key){ .id = 999999 }, "a", 1),
	    ERROR_KEY_DELETED);
	assert_lstatus(registry_set_dword(host->registry, key, "a", 1), ERROR_SUCCESS);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	assert_int_equal(last_number(host->registry), number + 1);
}

static void
the_log_says_who_wrote_when_and_through_what(void **state UNUSED)
{
	struct host host;
	struct registry_options options = {
		.mode = REGISTRY_CREATE, .actor = "alice", .channel = "regedit"
	};
	struct reg_write write = { .number = 77 };
	reg_key key;

	host_init(&host);
	assert_lstatus(registry_open(host.root, &options, &host.registry), ERROR_SUCCESS);
	key = host_key(host.registry, KEY);
	assert_lstatus(registry_begin(host.registry, "why not"), ERROR_SUCCESS);
	registry_set_dword(host.registry, key, "a", 1);
	registry_set_dword(host.registry, key, "b", 1);
	assert_lstatus(registry_commit(host.registry), ERROR_SUCCESS);
	assert_lstatus(registry_last_write(host.registry, key, "A", &write), ERROR_SUCCESS);
	assert_int_equal(write.number, last_number(host.registry) - 1);
	assert_string_equal(write.actor, "alice");
	assert_string_equal(write.channel, "regedit");
	assert_string_equal(write.comment, "why not");
	assert_in_range(write.wall, 125911584000000000ll, 157469184000000000ll);
	assert_int_equal(write.virtual_time / 600000000, write.wall / 600000000);
	reg_write_release(&write);
	assert_lstatus(
	    registry_last_write(host.registry, key, "none", &write), ERROR_FILE_NOT_FOUND);
	host_release(&host);
}

static const char value_at[] =
    "SELECT hex(data) FROM (SELECT key, folded, since, NULL AS until, data FROM value UNION ALL "
    "SELECT key, folded, since, until, data FROM value_past) "
    "WHERE key = ?1 AND folded = 'V' AND since <= ?2 AND (until IS NULL OR until > ?2)";

static void
the_state_at_every_number_can_be_read_back(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	uint64_t start = last_number(host->registry);
	static const char *const expected[] = { "", "01000000", "02000000", "", "03000000" };

	registry_set_dword(host->registry, key, "v", 1);
	registry_set_dword(host->registry, key, "V", 2);
	registry_delete_value(host->registry, key, "v");
	registry_set_dword(host->registry, key, "v", 3);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		char answer[256];

		ask_sql(host, value_at, key.id, (int64_t)(start + i), answer);
		assert_string_equal(answer, expected[i]);
	}
}

static void
a_deleted_tree_moves_to_the_past_with_its_values(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	reg_key sub = host_key(host->registry, KEY "\\Sub\\Deep");
	uint64_t before;
	char answer[256];

	registry_set_dword(host->registry, key, "v", 1);
	registry_set_dword(host->registry, sub, "V", 2);
	before = last_number(host->registry);
	assert_lstatus(registry_delete_tree(host->registry, key), ERROR_SUCCESS);
	/* Three keys and two values. */
	assert_int_equal(last_number(host->registry), before + 5);
	ask_sql(host,
	    "SELECT group_concat(name, '/') FROM (SELECT name FROM key_past WHERE until > ?1 "
	    "ORDER BY id)",
	    (int64_t)before, 0, answer);
	assert_string_equal(answer, "Test/Sub/Deep");
	ask_sql(
	    host, "SELECT count(*) FROM value WHERE key = ?1 OR key = ?2", key.id, sub.id, answer);
	assert_string_equal(answer, "0");
	ask_sql(host, value_at, sub.id, (int64_t)before, answer);
	assert_string_equal(answer, "02000000");
	ask_sql(host, value_at, sub.id, (int64_t)before + 5, answer);
	assert_string_equal(answer, "");
}

static void
transactions_cover_the_numbers_without_a_gap(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	char answer[256];

	for (uint32_t i = 0; i < 20; i++) {
		assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
		for (uint32_t j = 0; j < i % 4; j++)
			registry_set_dword(host->registry, key, "v", i);
		if (i % 3 == 0)
			registry_rollback(host->registry);
		else
			assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	}
	ask_sql(host,
	    "SELECT count(*) FROM tx a WHERE a.first > 1 AND NOT EXISTS "
	    "(SELECT 1 FROM tx b WHERE b.last = a.first - 1)",
	    0, 0, answer);
	assert_string_equal(answer, "0");
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_files_of_a_host_are_its_owners_alone),
		cmocka_unit_test(a_host_that_is_not_there_is_not_found_and_nothing_is_made),
		cmocka_unit_test(creating_a_host_makes_the_folders_above_it),
		cmocka_unit_test(a_file_that_is_no_database_is_refused),
		cmocka_unit_test(an_empty_file_is_a_host_still_to_be_made),
		cmocka_unit_test(a_database_of_another_program_is_refused_and_left_as_it_was),
		HOST_TEST(a_store_of_a_newer_schema_is_refused),
		HOST_TEST(a_damaged_store_is_told_as_corrupt),
		HOST_TEST(a_host_that_may_not_be_written_is_denied),
		HOST_TEST(a_copy_without_a_write_ahead_log_gets_one_back),
		cmocka_unit_test(several_processes_make_one_host_together),
		cmocka_unit_test(a_host_flushes_every_commit_unless_it_was_made_relaxed),
		HOST_TEST(a_transaction_is_seen_by_others_whole_and_only_after_commit),
		HOST_TEST(a_rollback_leaves_everything_as_it_was),
		HOST_TEST(closing_rolls_an_open_transaction_back),
		HOST_TEST(transactions_do_not_nest_and_need_a_beginning),
		HOST_TEST(a_second_connection_of_the_same_thread_does_not_wait_for_itself),
		HOST_TEST(a_transaction_with_a_failed_write_can_only_be_rolled_back),
		HOST_TEST(
		    a_forked_child_that_closes_what_it_inherited_takes_nothing_from_the_parent),
		HOST_TEST(a_forked_child_writes_on_when_its_parent_has_closed_the_host),
		HOST_TEST(a_child_whose_parent_has_closed_the_host_does_not_open_it),
		HOST_TEST(a_child_that_was_forked_within_a_transaction_does_not_open_the_host),
		HOST_TEST(writers_of_several_processes_do_not_overwrite_one_another),
		HOST_TEST(numbers_grow_by_one_a_write),
		HOST_TEST(a_write_that_fails_takes_no_number),
		cmocka_unit_test(the_log_says_who_wrote_when_and_through_what),
		HOST_TEST(the_state_at_every_number_can_be_read_back),
		HOST_TEST(a_deleted_tree_moves_to_the_past_with_its_values),
		HOST_TEST(transactions_cover_the_numbers_without_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
