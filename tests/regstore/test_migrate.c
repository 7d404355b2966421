/*
 * Versions of the schema: a store of an older one becomes one of this program's, whole or not at
 * all. HVEMU_KILL_ROUNDS says how many times a migration is killed (50).
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/base/clock.h"
#include "regstore/store/internal.h"
#include "tests/lib/host.h"
#include "tests/lib/stores.h"

#define POINTS_MAX  300     /* places of a migration at which it is interrupted */
#define SPIN_NS_MAX 3000000 /* when a kill at a moment of its own comes, at the latest */
#define OPENERS     6

/* Two steps that nobody took yet, from this program's version on: one makes, one changes rows. */
#define NEXT (STORE_SCHEMA_VERSION + 1)
#define LAST (STORE_SCHEMA_VERSION + 2)

static const char *const next_steps[LAST] = {
	[STORE_SCHEMA_VERSION] =
	    "CREATE TABLE extra (id INTEGER PRIMARY KEY, data); "
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
	    "INSERT INTO extra SELECT i, zeroblob(100) FROM n; "
	    "CREATE INDEX extra_data ON extra (data)",
	[NEXT] = "ALTER TABLE extra ADD COLUMN more; UPDATE extra SET more = id; "
	         "INSERT INTO extra (more) SELECT id FROM key",
};

/* --- Files ------------------------------------------------------------------------------------ */

static sqlite3 *
open_sql(const struct host *host)
{
	char path[4200];
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/registry.db", host->root);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void
host_of_version(struct host *host, int version)
{
	sqlite3 *db;

	host_init(host);
	db = open_sql(host);
	assert_int_equal(sqlite3_exec(db, stores_schemas[version], NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, stores_contents[version], NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* All columns of all rows as one text, each as an SQL literal. */
static void
append_rows(sqlite3 *db, const char *sql, struct buf *out)
{
	sqlite3_stmt *statement = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(statement); i++) {
			sqlite3_value *value = sqlite3_column_value(statement, i);
			const void *data = sqlite3_value_blob(value);

			buf_printf(out, "%d:", sqlite3_value_type(value));
			buf_append(out, data, (size_t)sqlite3_value_bytes(value));
			buf_append_text(out, "|");
		}
		buf_append_text(out, "\n");
	}
	sqlite3_finalize(statement);
}

static void
read_rows(const struct host *host, struct buf *out)
{
	sqlite3 *db = open_sql(host);

	for (size_t i = 0; i < STORES_ROWS; i++)
		append_rows(db, stores_rows[i], out);
	sqlite3_close(db);
}

static void
read_schema(const struct host *host, struct buf *out)
{
	sqlite3 *db = open_sql(host);

	append_rows(db,
	    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql NOTNULL ORDER BY name",
	    out);
	append_rows(db, "SELECT * FROM pragma_user_version, pragma_application_id", out);
	sqlite3_close(db);
}

static void
assert_same(struct buf *left, struct buf *right)
{
	assert_false(left->failed || right->failed);
	assert_string_equal(buf_text(left), buf_text(right));
}

/* --- Interruption -----------------------------------------------------------------------------
 */

/*
 * SQLite asks before each of its operations whether to go on: the one that `countdown` counts to
 * fails, or kills. Nobody cuts the power here, so nothing waits for the disk.
 */
static int64_t countdown = INT64_MAX;
static bool lethal;

static int
ask(void *context UNUSED)
{
	if (--countdown != 0)
		return 0;
	if (lethal)
		kill(getpid(), SIGKILL);
	return 1;
}

static int
on_open(sqlite3 *db, char **error UNUSED, const struct sqlite3_api_routines *api UNUSED)
{
	sqlite3_busy_timeout(db, 10000); /* somebody else may be making the log */
	sqlite3_progress_handler(db, 1, ask, NULL);
	return sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
}

static void
interrupt_at(int64_t point, bool by_kill)
{
	countdown = point;
	lethal = by_kill;
}

/* What opening does, and the two further steps, of which SQLite's operations are counted. */
static lstatus
open_and_migrate(const struct host *host)
{
	struct store_options options = { .actor = "tester" };
	struct store *store = NULL;
	lstatus status = store_open(host->root, &options, &store);

	if (lstatus_ok(status))
		status = store_migrate(store, next_steps, LAST);
	store_close(store);
	return status;
}

/* How many operations there are from a version's store to the last step. */
static int64_t
count_points(int version)
{
	struct host host;
	int64_t count;

	host_of_version(&host, version);
	interrupt_at(INT64_MAX, false);
	assert_lstatus(open_and_migrate(&host), ERROR_SUCCESS);
	count = INT64_MAX - countdown;
	host_release(&host);
	return count;
}

/* The schemas that a store may have on its way, each as text. */
struct way {
	struct buf schemas[LAST + 1];
	struct buf rows;
};

static void
way_init(struct way *way, int version)
{
	struct store_options options = { .actor = "tester" };
	struct host host;

	memset(way, 0, sizeof(*way));
	for (int at = version; at <= LAST; at++) {
		host_of_version(&host, version);
		if (at > version) {
			struct store *store = NULL;

			assert_lstatus(store_open(host.root, &options, &store), ERROR_SUCCESS);
			if (at > STORE_SCHEMA_VERSION)
				assert_lstatus(store_migrate(store, next_steps, at), ERROR_SUCCESS);
			store_close(store);
		}
		read_schema(&host, &way->schemas[at]);
		if (at == version)
			read_rows(&host, &way->rows);
		host_release(&host);
	}
}

static void
way_release(struct way *way)
{
	for (size_t i = 0; i < ARRAY_SIZE(way->schemas); i++)
		buf_release(&way->schemas[i]);
	buf_release(&way->rows);
}

static int64_t
count_extra(const struct host *host)
{
	sqlite3 *db = open_sql(host);
	sqlite3_stmt *statement = NULL;
	int64_t count = -1;

	if (sqlite3_prepare_v2(db, "SELECT count(*) FROM extra", -1, &statement, NULL) ==
	        SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

/* The store is of one of the way's versions, with all rows; and a program of it can use it. */
static void
assert_whole(const struct host *host, struct way *way)
{
	static const int64_t extra[] = { -1, 300, 303 }; /* rows after no, one, two steps */
	struct buf schema = { 0 };
	struct buf rows = { 0 };
	int found = 0;

	read_schema(host, &schema);
	for (int at = 1; at <= LAST; at++) {
		if (way->schemas[at].size > 0 &&
		    strcmp(buf_text(&schema), buf_text(&way->schemas[at])) == 0)
			found = at;
	}
	assert_int_not_equal(found, 0);
	assert_int_equal(
	    count_extra(host), extra[found > STORE_SCHEMA_VERSION ? found - NEXT + 1 : 0]);
	read_rows(host, &rows);
	assert_same(&rows, &way->rows);
	assert_lstatus(open_and_migrate(host),
	    found > STORE_SCHEMA_VERSION ? ERROR_NOT_REGISTRY_FILE : ERROR_SUCCESS);
	buf_release(&schema);
	buf_release(&rows);
}

/* --- The tests -------------------------------------------------------------------------------- */

static void
a_store_of_each_version_becomes_what_a_new_one_is_and_keeps_its_rows(void **state UNUSED)
{
	struct host fresh;
	struct buf expected = { 0 };

	host_init(&fresh);
	host_open(&fresh);
	host_close(&fresh);
	read_schema(&fresh, &expected);
	for (int version = 1; version <= STORE_SCHEMA_VERSION; version++) {
		struct host host;
		struct buf before = { 0 };
		struct buf after = { 0 };
		struct buf schema = { 0 };
		struct store_options options = { .actor = NULL };
		struct store *store = NULL;

		host_of_version(&host, version);
		read_rows(&host, &before);
		assert_lstatus(store_open(host.root, &options, &store), ERROR_SUCCESS);
		store_close(store);
		read_rows(&host, &after);
		read_schema(&host, &schema);
		assert_same(&after, &before);
		assert_same(&schema, &expected);
		buf_release(&before);
		buf_release(&after);
		buf_release(&schema);
		host_release(&host);
	}
	buf_release(&expected);
	host_release(&fresh);
}

static void
the_lists_of_changes_are_those_of_a_newer_store(void **state UNUSED)
{
	struct store_options options = { .actor = NULL };
	struct store *store = NULL;
	struct host host;
	struct buf lists = { 0 };
	sqlite3 *db;

	host_of_version(&host, 1);
	assert_lstatus(store_open(host.root, &options, &store), ERROR_SUCCESS);
	store_close(store);
	db = open_sql(&host);
	append_rows(db, "SELECT hex(changes) FROM tx ORDER BY first", &lists);
	sqlite3_close(db);
	assert_string_equal(
	    buf_text(&lists), "3:000100020003|\n3:01020156030156030157030157000802|\n");
	buf_release(&lists);
	host_release(&host);
}

static void
a_migration_that_fails_at_any_operation_leaves_the_old_or_the_new_schema(void **state UNUSED)
{
	for (int version = 1; version <= STORE_SCHEMA_VERSION; version++) {
		int64_t count = count_points(version);
		struct way way;

		way_init(&way, version);
		for (int64_t point = 1; point <= count; point += 1 + count / POINTS_MAX) {
			struct host host;

			host_of_version(&host, version);
			interrupt_at(point, false);
			assert_false(lstatus_ok(open_and_migrate(&host)));
			interrupt_at(INT64_MAX, false);
			assert_whole(&host, &way);
			host_release(&host);
		}
		way_release(&way);
	}
}

static uint64_t seed = 11;

static int64_t
roll(int64_t sides)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (int64_t)(seed >> 33) % sides;
}

/* Killed at an operation, or, where `count` is 0, at a moment. */
static void
kill_once(const struct host *host, int64_t count)
{
	int64_t end = clock_monotonic_ns() + roll(SPIN_NS_MAX);
	int64_t point = count > 0 ? 1 + roll(count) : 0;
	pid_t child = fork();

	if (child == 0) {
		if (count > 0)
			interrupt_at(point, true);
		open_and_migrate(host);
		_exit(0);
	}
	while (count == 0 && clock_monotonic_ns() < end)
		;
	if (count == 0)
		kill(child, SIGKILL);
	host_wait(child);
}

static void
a_migration_that_is_killed_leaves_the_old_or_the_new_schema(void **state UNUSED)
{
	const char *setting = getenv("HVEMU_KILL_ROUNDS");
	long rounds = setting != NULL ? strtol(setting, NULL, 10) : 50;

	for (int version = 1; version <= STORE_SCHEMA_VERSION; version++) {
		int64_t count = count_points(version);
		struct way way;

		way_init(&way, version);
		for (long round = 0; round < rounds; round++) {
			struct host host;

			host_of_version(&host, version);
			kill_once(&host, round % 2 == 0 ? count : 0);
			assert_whole(&host, &way);
			host_release(&host);
		}
		way_release(&way);
	}
}

static void
a_migration_without_space_leaves_the_old_schema_and_works_with_space(void **state UNUSED)
{
	struct store_options options = { .actor = NULL };
	struct store *store = NULL;
	struct host host;
	struct way way;

	way_init(&way, 1);
	host_of_version(&host, 1);
	assert_lstatus(store_open(host.root, &options, &store), ERROR_SUCCESS);
	/* No page more than there are. */
	assert_lstatus(store_execute(store, "PRAGMA max_page_count = 1"), ERROR_SUCCESS);
	assert_lstatus(store_migrate(store, next_steps, LAST), ERROR_DISK_FULL);
	assert_false(store_in_transaction(store));
	assert_int_equal(count_extra(&host), -1);
	assert_lstatus(store_execute(store, "PRAGMA max_page_count = 1000000"), ERROR_SUCCESS);
	assert_lstatus(store_migrate(store, next_steps, LAST), ERROR_SUCCESS);
	store_close(store);
	assert_whole(&host, &way);
	assert_int_equal(count_extra(&host), 303);
	host_release(&host);
	way_release(&way);
}

/* Open the store, say whether that went well, and take the further steps once the gate is shut. */
static _Noreturn void
migrate_at_gate(const struct host *host, int gate, int ready)
{
	struct store_options options = { .actor = NULL };
	struct store *store = NULL;
	bool opened = lstatus_ok(store_open(host->root, &options, &store));
	char byte = 0;

	if (write(ready, &opened, 1) != 1 || read(gate, &byte, 1) != 0 || !opened)
		_exit(1);
	_exit(lstatus_ok(store_migrate(store, next_steps, LAST)) ? 0 : 2);
}

/* Processes that open an old store, and take the same steps, at the same moment. */
static void
several_may_migrate_at_once(void **state UNUSED)
{
	for (int round = 0; round < 5; round++) {
		pid_t children[OPENERS];
		int gate[2];
		int ready[2];
		bool opened;
		struct host host;

		host_of_version(&host, 1);
		assert_int_equal(pipe(gate), 0);
		assert_int_equal(pipe(ready), 0);
		for (int i = 0; i < OPENERS; i++) {
			children[i] = fork();
			if (children[i] == 0) {
				close(gate[1]);
				migrate_at_gate(&host, gate[0], ready[1]);
			}
		}
		close(ready[1]);
		for (int i = 0; i < OPENERS; i++)
			assert_true(read(ready[0], &opened, 1) == 1 && opened);
		close(gate[0]);
		close(gate[1]);
		close(ready[0]);
		for (int i = 0; i < OPENERS; i++)
			assert_int_equal(host_wait(children[i]), 0);
		assert_int_equal(count_extra(&host), 303);
		host_release(&host);
	}
}

static void
who_has_migrated_a_store_can_undo_writes(void **state UNUSED)
{
	struct store_options options = { .actor = NULL };
	struct store *store = NULL;
	struct store_revert revert = { 0 };
	struct store_key key;
	struct host host;

	host_of_version(&host, 1);
	assert_lstatus(store_open(host.root, &options, &store), ERROR_SUCCESS);
	assert_lstatus(store_find_key(store, "MACHINE", 7, &key), ERROR_SUCCESS);
	assert_lstatus(store_set_value(store, key.id, "NEW", 3, "new", 1, "", 1), ERROR_SUCCESS);
	assert_lstatus(store_last_number(store, &revert.last), ERROR_SUCCESS);
	revert.first = revert.last;
	assert_lstatus(store_begin(store, NULL), ERROR_SUCCESS);
	assert_lstatus(store_revert(store, &revert), ERROR_SUCCESS);
	assert_lstatus(store_commit(store), ERROR_SUCCESS);
	assert_lstatus(store_find_value(store, key.id, "NEW", 3, &(struct store_value){ 0 }, NULL),
	    ERROR_FILE_NOT_FOUND);
	store_close(store);
	host_release(&host);
}

static void
a_program_that_knows_only_older_versions_is_refused(void **state UNUSED)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct buf error = { 0 };
	struct registry *registry = NULL;
	struct host host;
	sqlite3 *db;

	options.error = &error;
	host_of_version(&host, STORE_SCHEMA_VERSION);
	db = open_sql(&host);
	sqlite3_exec(db, "PRAGMA user_version = 77", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_lstatus(registry_open(host.root, &options, &registry), ERROR_NOT_REGISTRY_FILE);
	assert_null(registry);
	assert_non_null(strstr(buf_text(&error), "schema version 77; this program knows up to"));
	buf_release(&error);
	host_release(&host);
}

static void
a_program_that_runs_on_over_a_newer_schema_reads_but_does_not_write(void **state UNUSED)
{
	struct store_options options = { .actor = NULL };
	struct store *store = NULL;
	struct store *newer = NULL;
	struct store_key key;
	struct host host;

	host_of_version(&host, 1);
	assert_lstatus(store_open(host.root, &options, &store), ERROR_SUCCESS);
	assert_lstatus(store_open(host.root, &options, &newer), ERROR_SUCCESS);
	assert_lstatus(store_find_key(store, "MACHINE", 7, &key), ERROR_SUCCESS);
	assert_lstatus(store_migrate(newer, next_steps, NEXT), ERROR_SUCCESS);
	assert_lstatus(store_find_key(store, "MACHINE", 7, &key), ERROR_SUCCESS);
	assert_lstatus(store_begin(store, NULL), ERROR_NOT_REGISTRY_FILE);
	assert_false(store_in_transaction(store));
	assert_non_null(strstr(store_error(store), "schema version"));
	store_close(newer);
	store_close(store);
	host_release(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lists_of_changes_are_those_of_a_newer_store),
		cmocka_unit_test(
		    a_store_of_each_version_becomes_what_a_new_one_is_and_keeps_its_rows),
		cmocka_unit_test(
		    a_migration_that_fails_at_any_operation_leaves_the_old_or_the_new_schema),
		cmocka_unit_test(a_migration_that_is_killed_leaves_the_old_or_the_new_schema),
		cmocka_unit_test(
		    a_migration_without_space_leaves_the_old_schema_and_works_with_space),
		cmocka_unit_test(several_may_migrate_at_once),
		cmocka_unit_test(who_has_migrated_a_store_can_undo_writes),
		cmocka_unit_test(a_program_that_knows_only_older_versions_is_refused),
		cmocka_unit_test(
		    a_program_that_runs_on_over_a_newer_schema_reads_but_does_not_write),
	};

	sqlite3_auto_extension((void (*)(void))on_open);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
