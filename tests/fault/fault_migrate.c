/*
 * Programs that open a store of the first version of the schema, all at once, and some of which are
 * killed on the way: at a moment, or in one of the calls that change files. The store is of one of
 * the versions, never between; what it held is there; the others migrate it and write on.
 */
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "tests/fault/inject.h"
#include "tests/fault/workload.h"
#include "tests/lib/stores.h"

#define PROCESSES 3
#define OLD       PROCESSES /* the writer of what the old store holds */
#define OLD_COUNT 150u
#define MOMENT_US 4000 /* about what opening takes */
#define WAIT_MS   10000

/* --- Stores of the first version ---------------------------------------------------------------
 */

/* What is taken over from a store of today, and has to be there after a migration. */
static const char *const tables[][2] = {
	{ "meta", "name, value" },
	{ "tx", "first, last, wall, virtual, actor, channel, comment" },
	{ "security", "id, descriptor" },
	{ "key", "id, parent, path, name, class, flags, security, last_write, since" },
	{ "key_past", "until, id, parent, name, class, flags, security, since" },
	{ "value", "key, folded, name, type, data, created, since" },
	{ "value_past", "until, key, folded, name, type, data, created, since" },
};

static sqlite3 *
open_database(const char *root)
{
	char path[4300];
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/registry.db", root);
	fault_need(sqlite3_open(path, &db) == SQLITE_OK);
	return db;
}

static void
attach(sqlite3 *db, const char *root)
{
	char *sql = sqlite3_mprintf("ATTACH '%q/registry.db' AS other", root);

	fault_need(sql != NULL && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_free(sql);
}

/* A host as a program of the first version would have left it after some use. */
static void
make_old(struct fault *fault, const char *root)
{
	struct registry *registry;
	char today[4200];
	sqlite3 *db;

	fault_path(fault, "today", today);
	registry = fault_open(today, false);
	for (uint32_t i = 1; i <= OLD_COUNT; i++)
		fault_need(workload_write(registry, OLD, i, 200));
	registry_close(registry);
	fault_copy(today, root);
	fault_path(fault, "old/registry.db", today);
	fault_need(unlink(today) == 0);
	fault_path(fault, "today", today);
	db = open_database(root);
	fault_need(sqlite3_exec(db, stores_schemas[1], NULL, NULL, NULL) == SQLITE_OK);
	attach(db, today);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		char *sql = sqlite3_mprintf("INSERT INTO main.%s SELECT %s FROM other.%s",
		    tables[i][0], tables[i][1], tables[i][0]);

		fault_need(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
		sqlite3_free(sql);
	}
	sqlite3_close(db);
}

/* --- What is there ------------------------------------------------------------------------------
 */

static void
append_row(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buf *text = sqlite3_user_data(context);

	for (int i = 0; i < count; i++)
		buf_printf(text, "%s|", (const char *)sqlite3_value_text(values[i]));
}

/* All that makes the schema, as one text. */
static void
read_schema(sqlite3 *db, struct buf *text)
{
	fault_need(sqlite3_create_function(db, "append_row", -1, SQLITE_UTF8, text, append_row,
	               NULL, NULL) == SQLITE_OK);
	fault_need(sqlite3_exec(db,
	               "SELECT append_row(type, name, sql) FROM (SELECT type, name, sql FROM "
	               "sqlite_schema WHERE sql NOTNULL ORDER BY name); "
	               "SELECT append_row(user_version, application_id) FROM "
	               "pragma_user_version, pragma_application_id",
	               NULL, NULL, NULL) == SQLITE_OK);
}

/* Whether the schema is that of one of the versions, and of none in part. */
static bool
is_of_a_version(sqlite3 *db)
{
	struct buf found = { 0 };
	bool known = false;

	read_schema(db, &found);
	for (int version = 1; version <= STORE_SCHEMA_VERSION && !known; version++) {
		struct buf frozen = { 0 };
		sqlite3 *model = NULL;

		fault_need(
		    sqlite3_open(":memory:", &model) == SQLITE_OK &&
		    sqlite3_exec(model, stores_schemas[version], NULL, NULL, NULL) == SQLITE_OK);
		read_schema(model, &frozen);
		known = strcmp(buf_text(&found), buf_text(&frozen)) == 0;
		sqlite3_close(model);
		buf_release(&frozen);
	}
	buf_release(&found);
	return known;
}

static int64_t
count_missing(sqlite3 *db, const char *table, const char *columns)
{
	sqlite3_stmt *statement = NULL;
	int64_t count = -1;
	char *sql =
	    sqlite3_mprintf("SELECT count(*) FROM (SELECT %s FROM other.%s EXCEPT SELECT %s FROM "
	                    "main.%s)",
	        columns, table, columns, table);

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_free(sql);
	return count;
}

/* Nothing that the old store held is gone; the key that all writers write below has another time.
 */
static void
check_store(struct fault *fault, const char *root, const char *old)
{
	sqlite3 *db = open_database(root);

	if (!is_of_a_version(db))
		fault_torn(fault, "the schema is of no version");
	attach(db, old);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		int64_t count = count_missing(db, tables[i][0], tables[i][1]);

		if (count < 0 || count > (strcmp(tables[i][0], "key") == 0))
			fault_lost(fault, "%lld rows of table %s are gone", (long long)count,
			    tables[i][0]);
	}
	sqlite3_close(db);
}

/* --- A round ------------------------------------------------------------------------------------
 */

struct process {
	pid_t pid;
	int acks;
	uint32_t acknowledged;
};

/* Open the store, which migrates it, and write; `at`: be killed in this call, if not 0. */
static _Noreturn void
open_and_write(const char *root, int writer, int acks, uint64_t at)
{
	struct registry *registry;
	uint32_t number = 0;

	if (at > 0)
		inject_kill(INJECT_FILES, at);
	registry = fault_open(root, false);
	do {
		number++;
		fault_need(workload_write(registry, writer, number, 100));
	} while (write(acks, &number, sizeof(number)) == sizeof(number));
	_exit(0);
}

static void
start(struct process *process, const char *root, int writer, uint64_t at)
{
	int ends[2];

	fault_need(pipe(ends) == 0);
	*process = (struct process){ .pid = fork(), .acks = ends[0] };
	fault_need(process->pid >= 0);
	if (process->pid == 0) {
		close(ends[0]);
		open_and_write(root, writer, ends[1], at);
	}
	close(ends[1]);
}

static bool
take(struct fault *fault, struct process *process)
{
	if (read(process->acks, &process->acknowledged, sizeof(process->acknowledged)) !=
	    sizeof(process->acknowledged))
		return false;
	fault->acknowledged++;
	return true;
}

/* Who is not killed gets on. */
static void
await_progress(struct fault *fault, struct process *process, int index)
{
	struct pollfd wait = { .fd = process->acks, .events = POLLIN };

	if (poll(&wait, 1, WAIT_MS) != 1 || !take(fault, process))
		fault_failed(fault, "process %d: no commit within %d ms", index, WAIT_MS);
}

/* Kill some of them at a moment; or one, in a call. Then the others, which have come to write. */
static void
kill_some(struct fault *fault, const char *root, struct process processes[PROCESSES], uint64_t at)
{
	uint32_t victims = at > 0 ? 1u : 1 + fault_roll(fault, (1u << PROCESSES) - 1);

	for (int i = 0; i < PROCESSES; i++)
		start(&processes[i], root, i, i == 0 ? at : 0);
	if (at == 0)
		fault_linger(fault, MOMENT_US);
	for (int i = 0; i < PROCESSES && at == 0; i++) {
		if ((victims & 1u << i) != 0)
			kill(processes[i].pid, SIGKILL);
	}
	for (int i = 0; i < PROCESSES; i++) {
		if ((victims & 1u << i) == 0)
			await_progress(fault, &processes[i], i);
	}
	for (int i = 0; i < PROCESSES; i++)
		fault_kill(processes[i].pid);
}

static void
migrate_round(struct fault *fault, const char *root, const char *old, uint64_t at)
{
	struct process processes[PROCESSES];
	struct registry *registry;
	int64_t begin;
	double ms;

	fault_copy(old, root);
	kill_some(fault, root, processes, at);
	check_store(fault, root, old);
	begin = clock_monotonic_ns();
	registry = fault_open(root, false);
	ms = (double)(clock_monotonic_ns() - begin) / 1e6;
	fault->restart_ms = ms > fault->restart_ms ? ms : fault->restart_ms;
	for (int i = 0; i < PROCESSES; i++) {
		while (take(fault, &processes[i]))
			;
		close(processes[i].acks);
		workload_check(fault, registry, i, processes[i].acknowledged, false);
	}
	workload_check(fault, registry, OLD, OLD_COUNT, false);
	registry_close(registry);
	check_store(fault, root, old);
	fault_check_host(fault, root);
}

/* How many calls it takes to open the store and write once. */
static uint64_t
count_calls(const char *root, const char *old)
{
	uint64_t count = 0;
	int ends[2];
	pid_t child;

	fault_copy(old, root);
	fault_need(pipe(ends) == 0);
	child = fork();
	fault_need(child >= 0);
	if (child == 0) {
		struct registry *registry;

		inject_arm(INJECT_FILES, UINT64_MAX, false);
		registry = fault_open(root, false);
		fault_need(workload_write(registry, 0, 1, 100));
		count = inject_disarm();
		fault_need(write(ends[1], &count, sizeof(count)) == sizeof(count));
		_exit(0);
	}
	fault_need(read(ends[0], &count, sizeof(count)) == sizeof(count));
	waitpid(child, NULL, 0);
	close(ends[0]);
	close(ends[1]);
	return count;
}

static void
kill_migration(struct fault *fault)
{
	char root[4200];
	char old[4200];
	uint64_t count;

	inject_install();
	fault_path(fault, "host", root);
	fault_path(fault, "old", old);
	make_old(fault, old);
	count = count_calls(root, old);
	for (fault->done = 0; fault->done < fault->rounds; fault->done++) {
		uint64_t at = fault->thorough ? 1 + fault->done / 2 % count
		                              : 1 + fault_roll(fault, (uint32_t)count);

		migrate_round(fault, root, old, fault->done % 2 == 0 ? 0 : at);
	}
}

const struct fault_scenario migrate_scenarios[] = {
	{ "migrate", "16 kill -9 while a store is migrated", 40, 1000, kill_migration },
	{ 0 },
};
