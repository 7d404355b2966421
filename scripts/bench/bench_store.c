/*
 * bench-store: what the registry costs over plain prepared SQLite with the same rows, in one run.
 *
 * Two hosts with the same contents: ours is used through registry.h, the other by SQL statements
 * prepared here. Rounds alternate between the two, so that both see the same machine. `--json`
 * prints one object a row instead of the table.
 */
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/registry/registry.h"
#include "scripts/bench/bench.h"

#define KEYS       1000
#define VALUES     100 /* a key */
#define ROUNDS     15
#define IMPORTS    3
#define WATCHERS   100
#define NOTIFIES   100
#define WIDE       1000 /* values of the key that is listed */
#define OPEN_FILES 16

/* The other host, by SQL. */
struct raw {
	sqlite3 *db;
	sqlite3_stmt *begin;
	sqlite3_stmt *commit;
	sqlite3_stmt *last;
	sqlite3_stmt *tx;
	sqlite3_stmt *find;
	sqlite3_stmt *touch;
	sqlite3_stmt *insert_key;
	sqlite3_stmt *insert;
	sqlite3_stmt *past;
	sqlite3_stmt *update;
	sqlite3_stmt *query;
	sqlite3_stmt *list;
};

struct side {
	char root[512];
	struct registry *registry; /* ours */
	struct raw raw;            /* or the other */
	int64_t keys[KEYS];
	int64_t wide;
};

struct bench {
	struct side ours;
	struct side other;
};

static bool json;

/* --- Results ---------------------------------------------------------------------------------- */

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "bench-store: %s\n", what);
	exit(1);
}

static void
need(lstatus status, const char *what)
{
	if (lstatus_ok(status))
		return;
	fprintf(stderr, "bench-store: %s: %s\n", what, lstatus_name(status));
	exit(1);
}

void
bench_check(sqlite3 *db, int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
		die(db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

void
bench_run(sqlite3_stmt *statement)
{
	bench_check(sqlite3_db_handle(statement), sqlite3_step(statement));
	sqlite3_reset(statement);
}

sqlite3_stmt *
bench_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	bench_check(
	    db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
	return statement;
}

static int
compare_samples(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

double
bench_median(double *samples, size_t count)
{
	qsort(samples, count, sizeof(*samples), compare_samples);
	return count % 2 != 0 ? samples[count / 2]
	                      : (samples[count / 2 - 1] + samples[count / 2]) / 2;
}

void
bench_report(const char *name, const char *unit, double ours, double other)
{
	if (json)
		printf("{\"name\": \"%s\", \"unit\": \"%s\", \"ours\": %.3f, \"other\": %.3f, "
		       "\"ratio\": %.3f}\n",
		    name, unit, ours, other, ours / other);
	else
		printf("%-46s %10.2f %10.2f %-3s %8.2f\n", name, ours, other, unit, ours / other);
	fflush(stdout);
}

/* --- The other host --------------------------------------------------------------------------- */

static void
open_raw(struct side *side, bool relaxed)
{
	struct raw *raw = &side->raw;
	char file[600];

	snprintf(file, sizeof(file), "%s/registry.db", side->root);
	bench_check(NULL,
	    sqlite3_open_v2(file, &raw->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	bench_check(raw->db, sqlite3_exec(raw->db,
	                         relaxed ? "PRAGMA synchronous = OFF; PRAGMA cache_size = -65536"
	                                 : "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536",
	                         NULL, NULL, NULL));
	raw->begin = bench_prepare(raw->db, "BEGIN IMMEDIATE");
	raw->commit = bench_prepare(raw->db, "COMMIT");
	raw->last = bench_prepare(raw->db, "SELECT last FROM tx ORDER BY first DESC LIMIT 1");
	raw->tx =
	    bench_prepare(raw->db, "INSERT INTO tx VALUES (?1, ?2, 1, 1, 'raw', 'raw', NULL, NULL)");
	raw->find = bench_prepare(raw->db, "SELECT id FROM key WHERE path = ?1");
	raw->touch = bench_prepare(raw->db, "UPDATE key SET last_write = 2 WHERE id = ?1");
	raw->insert_key = bench_prepare(raw->db, "INSERT INTO key (id, parent, path, name, flags, "
	                                         "security, last_write, since) "
	                                         "VALUES (?1, ?2, ?3, ?4, 0, 1, 1, ?1)");
	raw->insert = bench_prepare(raw->db, "INSERT INTO value (key, folded, name, type, data, "
	                                     "created, since) VALUES (?1, ?2, ?3, 4, ?4, ?5, ?5)");
	raw->past = bench_prepare(raw->db,
	    "INSERT INTO value_past (until, key, folded, name, type, data, created, since) SELECT "
	    "?3, key, folded, name, type, data, created, since FROM value WHERE key = ?1 AND "
	    "folded = ?2");
	raw->update = bench_prepare(raw->db, "UPDATE value SET type = 4, data = ?3, since = ?4 "
	                                     "WHERE key = ?1 AND folded = ?2");
	raw->query =
	    bench_prepare(raw->db, "SELECT type, data FROM value WHERE key = ?1 AND folded = ?2");
	raw->list = bench_prepare(
	    raw->db, "SELECT name, type, data FROM value WHERE key = ?1 ORDER BY created");
}

static int64_t
raw_last(struct raw *raw)
{
	int64_t last = 0;

	if (sqlite3_step(raw->last) == SQLITE_ROW)
		last = sqlite3_column_int64(raw->last, 0);
	sqlite3_reset(raw->last);
	return last;
}

static int64_t
raw_begin(struct raw *raw)
{
	bench_run(raw->begin);
	return raw_last(raw);
}

static void
raw_commit(struct raw *raw, int64_t first, int64_t last)
{
	sqlite3_bind_int64(raw->tx, 1, first);
	sqlite3_bind_int64(raw->tx, 2, last);
	bench_run(raw->tx);
	bench_run(raw->commit);
}

static int64_t
raw_find(struct raw *raw, const char *path)
{
	int64_t id = -1;

	sqlite3_bind_text(raw->find, 1, path, -1, SQLITE_STATIC);
	if (sqlite3_step(raw->find) == SQLITE_ROW)
		id = sqlite3_column_int64(raw->find, 0);
	sqlite3_reset(raw->find);
	return id;
}

static int64_t
raw_key(struct raw *raw, int64_t *number, int64_t parent, const char *path, const char *name)
{
	++*number;
	sqlite3_bind_int64(raw->insert_key, 1, *number);
	sqlite3_bind_int64(raw->insert_key, 2, parent);
	sqlite3_bind_text(raw->insert_key, 3, path, -1, SQLITE_STATIC);
	sqlite3_bind_text(raw->insert_key, 4, name, -1, SQLITE_STATIC);
	bench_run(raw->insert_key);
	return *number;
}

static void
raw_insert(struct raw *raw, int64_t *number, int64_t key, const char *folded, const char *name)
{
	sqlite3_bind_int64(raw->insert, 1, key);
	sqlite3_bind_text(raw->insert, 2, folded, -1, SQLITE_STATIC);
	sqlite3_bind_text(raw->insert, 3, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob(raw->insert, 4, "\x01\x02\x03\x04", 4, SQLITE_STATIC);
	sqlite3_bind_int64(raw->insert, 5, ++*number);
	bench_run(raw->insert);
}

static void
raw_query(struct raw *raw, int64_t key, const char *folded, struct buf *data)
{
	sqlite3_bind_int64(raw->query, 1, key);
	sqlite3_bind_text(raw->query, 2, folded, -1, SQLITE_STATIC);
	if (sqlite3_step(raw->query) != SQLITE_ROW)
		die("value not found");
	buf_append(
	    data, sqlite3_column_blob(raw->query, 1), (size_t)sqlite3_column_bytes(raw->query, 1));
	sqlite3_reset(raw->query);
}

/* A new version of a value, as the store writes it. */
static void
raw_set(struct raw *raw, int64_t key, const char *folded, const void *data, int size)
{
	int64_t number = raw_begin(raw) + 1;

	sqlite3_bind_int64(raw->touch, 1, key);
	bench_run(raw->touch);
	sqlite3_bind_int64(raw->past, 1, key);
	sqlite3_bind_text(raw->past, 2, folded, -1, SQLITE_STATIC);
	sqlite3_bind_int64(raw->past, 3, number);
	bench_run(raw->past);
	sqlite3_bind_int64(raw->update, 1, key);
	sqlite3_bind_text(raw->update, 2, folded, -1, SQLITE_STATIC);
	sqlite3_bind_blob(raw->update, 3, data, size, SQLITE_STATIC);
	sqlite3_bind_int64(raw->update, 4, number);
	bench_run(raw->update);
	raw_commit(raw, number, number);
}

/* --- Filling ---------------------------------------------------------------------------------- */

/* 1,000 keys of 100 values: ours. */
static double
fill_ours(struct side *side, int round)
{
	char text[96];
	reg_key key = { 0 };
	int64_t start = clock_monotonic_ns();

	need(registry_begin(side->registry, NULL), "begin");
	for (int i = 0; i < KEYS; i++) {
		snprintf(text, sizeof(text), "HKLM\\SOFTWARE\\Bench%d\\Key%03d", round, i);
		need(registry_create_key(side->registry, NULL, text, 0, &key, NULL), "create");
		side->keys[i] = key.id;
		for (uint32_t j = 0; j < VALUES; j++) {
			snprintf(text, sizeof(text), "Value%02u", j);
			need(registry_set_dword(side->registry, key, text, j), "set");
		}
	}
	need(registry_commit(side->registry), "commit");
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

static double
fill_other(struct side *side, int round)
{
	struct raw *raw = &side->raw;
	int64_t start = clock_monotonic_ns();
	int64_t first = raw_begin(raw) + 1;
	int64_t number = first - 1;
	char path[96];
	char name[32];
	char folded[32];
	int64_t parent;

	snprintf(path, sizeof(path),
	    "MACHINE\x01SOFTWARE\x01"
	    "BENCH%d",
	    round);
	parent = raw_key(raw, &number, raw_find(raw, "MACHINE\x01SOFTWARE"), path, "Bench");
	for (int i = 0; i < KEYS; i++) {
		snprintf(path, sizeof(path),
		    "MACHINE\x01SOFTWARE\x01"
		    "BENCH%d\x01KEY%03d",
		    round, i);
		snprintf(name, sizeof(name), "Key%03d", i);
		side->keys[i] = raw_key(raw, &number, parent, path, name);
		for (int j = 0; j < VALUES; j++) {
			snprintf(name, sizeof(name), "Value%02d", j);
			snprintf(folded, sizeof(folded), "VALUE%02d", j);
			raw_insert(raw, &number, side->keys[i], folded, name);
		}
	}
	raw_commit(raw, first, number);
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

/* A key of 1,000 values in both. */
static void
fill_wide(struct bench *bench)
{
	struct raw *raw = &bench->other.raw;
	int64_t first = raw_begin(raw) + 1;
	int64_t number = first - 1;
	reg_key key = { 0 };

	need(registry_begin(bench->ours.registry, NULL), "begin");
	need(registry_create_key(bench->ours.registry, NULL, "HKLM\\SOFTWARE\\Wide", 0, &key, NULL),
	    "create");
	bench->ours.wide = key.id;
	bench->other.wide = raw_key(raw, &number, raw_find(raw, "MACHINE\x01SOFTWARE"),
	    "MACHINE\x01SOFTWARE\x01WIDE", "Wide");
	for (uint32_t i = 0; i < WIDE; i++) {
		char name[32];

		snprintf(name, sizeof(name), "VALUE%u", i);
		need(registry_set_dword(bench->ours.registry, key, name, i), "set");
		raw_insert(raw, &number, bench->other.wide, name, name);
	}
	raw_commit(raw, first, number);
	need(registry_commit(bench->ours.registry), "commit");
}

static void
open_sides(struct bench *bench, const char *folder, const char *name, bool relaxed)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = relaxed };
	struct registry *registry = NULL;

	memset(bench, 0, sizeof(*bench));
	snprintf(bench->ours.root, sizeof(bench->ours.root), "%s/%s-ours", folder, name);
	snprintf(bench->other.root, sizeof(bench->other.root), "%s/%s-other", folder, name);
	need(registry_open(bench->other.root, &options, &registry), "open");
	registry_close(registry);
	open_raw(&bench->other, relaxed);
	need(registry_open(bench->ours.root, &options, &bench->ours.registry), "open");
}

static void
close_sides(struct bench *bench)
{
	sqlite3_stmt *statement;

	registry_close(bench->ours.registry);
	while ((statement = sqlite3_next_stmt(bench->other.raw.db, NULL)) != NULL)
		sqlite3_finalize(statement);
	sqlite3_close(bench->other.raw.db);
}

/* --- Operations, one of each kind ------------------------------------------------------------- */

static void
ours_open_query(struct side *side, uint32_t i)
{
	struct buf data = { 0 };
	char path[96];
	char name[32];
	reg_key key = { 0 };

	snprintf(path, sizeof(path), "HKLM\\SOFTWARE\\Bench0\\Key%03u", i * 7919 % KEYS);
	snprintf(name, sizeof(name), "Value%02u", i % VALUES);
	need(registry_open_key(side->registry, NULL, path, 0, &key), "open");
	need(registry_query_value(side->registry, key, name, NULL, &data), "query");
	buf_release(&data);
}

static void
other_open_query(struct side *side, uint32_t i)
{
	struct buf data = { 0 };
	char path[96];
	char name[32];

	snprintf(path, sizeof(path),
	    "MACHINE\x01SOFTWARE\x01"
	    "BENCH0\x01KEY%03u",
	    i * 7919 % KEYS);
	snprintf(name, sizeof(name), "VALUE%02u", i % VALUES);
	raw_query(&side->raw, raw_find(&side->raw, path), name, &data);
	buf_release(&data);
}

static void
ours_query(struct side *side, uint32_t i)
{
	struct buf data = { 0 };
	char name[32];

	snprintf(name, sizeof(name), "Value%02u", i % VALUES);
	need(registry_query_value(
	         side->registry, (reg_key){ .id = side->keys[i * 7919 % KEYS] }, name, NULL, &data),
	    "query");
	buf_release(&data);
}

static void
other_query(struct side *side, uint32_t i)
{
	struct buf data = { 0 };
	char name[32];

	snprintf(name, sizeof(name), "VALUE%02u", i % VALUES);
	raw_query(&side->raw, side->keys[i * 7919 % KEYS], name, &data);
	buf_release(&data);
}

static void
ours_set(struct side *side, uint32_t i)
{
	char name[32];

	snprintf(name, sizeof(name), "Value%02u", i % VALUES);
	need(registry_set_dword(side->registry, (reg_key){ .id = side->keys[i % KEYS] }, name, i),
	    "set");
}

static void
other_set(struct side *side, uint32_t i)
{
	char name[32];

	snprintf(name, sizeof(name), "VALUE%02u", i % VALUES);
	raw_set(&side->raw, side->keys[i % KEYS], name, &i, sizeof(i));
}

static void
ours_list(struct side *side, uint32_t i UNUSED)
{
	struct reg_value_list list;

	need(registry_list_values(side->registry, (reg_key){ .id = side->wide }, &list), "list");
	if (list.count != WIDE)
		die("not all values listed");
	reg_value_list_release(&list);
}

static void
other_list(struct side *side, uint32_t i UNUSED)
{
	struct raw *raw = &side->raw;
	int rows = 0;

	sqlite3_bind_int64(raw->list, 1, side->wide);
	while (sqlite3_step(raw->list) == SQLITE_ROW)
		rows += sqlite3_column_text(raw->list, 0) != NULL &&
		        sqlite3_column_blob(raw->list, 2) != NULL;
	sqlite3_reset(raw->list);
	if (rows != WIDE)
		die("not all values listed");
}

typedef void operation(struct side *side, uint32_t i);

static double
time_batch(operation *run, struct side *side, uint32_t batch, uint32_t round)
{
	int64_t start = clock_monotonic_ns();

	for (uint32_t i = 0; i < batch; i++)
		run(side, round * batch + i);
	return (double)(clock_monotonic_ns() - start) / 1e3 / batch;
}

static void
compare(struct bench *bench, const char *name, operation *ours, operation *other, uint32_t batch)
{
	double mine[ROUNDS];
	double theirs[ROUNDS];

	time_batch(ours, &bench->ours, batch, 0);
	time_batch(other, &bench->other, batch, 0);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		mine[i] = time_batch(ours, &bench->ours, batch, i);
		theirs[i] = time_batch(other, &bench->other, batch, i);
	}
	bench_report(name, "us", bench_median(mine, ROUNDS), bench_median(theirs, ROUNDS));
}

/* --- Notification ----------------------------------------------------------------------------- */

/*
 * A watcher sleeps in poll, reads the value, which is the moment before the write, and sends how
 * long ago that was. Ours is woken by the bell; the other by a byte on a socket of its own.
 */
static void
report_latency(int results, const struct buf *data)
{
	int64_t then = 0;
	int64_t latency;

	if (data->size != sizeof(then))
		die("no time in the value");
	memcpy(&then, data->data, sizeof(then));
	latency = clock_monotonic_ns() - then;
	if (write(results, &latency, sizeof(latency)) != sizeof(latency))
		_exit(0);
}

static _Noreturn void
watch_ours(const char *root, int results)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;
	struct reg_watch *watch = NULL;
	struct buf data = { 0 };
	reg_key key = { 0 };
	int64_t ready = 0;

	need(registry_open(root, &options, &registry), "open");
	need(registry_open_key(registry, NULL, "HKLM\\SOFTWARE\\Bench0\\Key000", 0, &key), "open");
	need(registry_watch(registry, "HKLM\\SOFTWARE\\Bench0\\Key000", false,
	         REGISTRY_NOTIFY_LAST_SET, &watch),
	    "watch");
	if (write(results, &ready, sizeof(ready)) != sizeof(ready))
		_exit(1);
	for (;;) {
		struct pollfd poll_ = { .fd = registry_watch_fd(registry), .events = POLLIN };

		poll(&poll_, 1, -1);
		if (!registry_watch_drain(registry) || !registry_watch_taken(watch))
			continue;
		buf_clear(&data);
		need(registry_query_value(registry, key, "Value00", NULL, &data), "query");
		report_latency(results, &data);
	}
}

static _Noreturn void
watch_other(struct side *side, int socket, int results)
{
	struct buf data = { 0 };
	int64_t ready = 0;
	char byte;

	open_raw(side, true);
	if (write(results, &ready, sizeof(ready)) != sizeof(ready))
		_exit(1);
	for (;;) {
		struct pollfd poll_ = { .fd = socket, .events = POLLIN };

		poll(&poll_, 1, -1);
		if (recv(socket, &byte, 1, 0) != 1)
			_exit(0);
		buf_clear(&data);
		raw_query(&side->raw, side->keys[0], "VALUE00", &data);
		report_latency(results, &data);
	}
}

struct crowd {
	pid_t processes[WATCHERS];
	int sockets[WATCHERS]; /* of the other side */
	int results;
	size_t count;
};

static void
read_results(struct crowd *crowd, int64_t *latencies)
{
	for (size_t i = 0; i < crowd->count; i++) {
		if (read(crowd->results, &latencies[i], sizeof(*latencies)) != sizeof(*latencies))
			die("a watcher is gone");
	}
}

static void
start_crowd(struct bench *bench, struct crowd *crowd, bool ours, size_t count)
{
	int64_t ready[WATCHERS];
	int results[2];

	if (pipe(results) != 0)
		die("no pipe");
	for (size_t i = 0; i < count; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
			die("no socket");
		crowd->processes[i] = fork();
		if (crowd->processes[i] == 0 && ours)
			watch_ours(bench->ours.root, results[1]);
		if (crowd->processes[i] == 0)
			watch_other(&bench->other, pair[1], results[1]);
		close(pair[1]);
		crowd->sockets[i] = pair[0];
	}
	close(results[1]);
	crowd->results = results[0];
	crowd->count = count;
	read_results(crowd, ready);
}

static void
stop_crowd(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++) {
		kill(crowd->processes[i], SIGKILL);
		waitpid(crowd->processes[i], NULL, 0);
		close(crowd->sockets[i]);
	}
	close(crowd->results);
}

static void
write_time(struct bench *bench, struct crowd *crowd, bool ours)
{
	int64_t now = clock_monotonic_ns();

	if (ours) {
		need(
		    registry_set_value(bench->ours.registry, (reg_key){ .id = bench->ours.keys[0] },
		        "Value00", REG_QWORD, &now, sizeof(now)),
		    "set");
		return;
	}
	raw_set(&bench->other.raw, bench->other.keys[0], "VALUE00", &now, sizeof(now));
	for (size_t i = 0; i < crowd->count; i++) {
		if (send(crowd->sockets[i], "", 1, 0) != 1)
			die("a watcher is gone");
	}
}

/* Medians of a watcher's latency, and of the last one's of each write. */
static void
time_crowd(struct bench *bench, bool ours, size_t count, double *ret_each, double *ret_last)
{
	static double each[NOTIFIES * WATCHERS];
	double last[NOTIFIES];
	struct crowd crowd;

	start_crowd(bench, &crowd, ours, count);
	for (size_t i = 0; i < NOTIFIES; i++) {
		int64_t latencies[WATCHERS];

		write_time(bench, &crowd, ours);
		read_results(&crowd, latencies);
		last[i] = 0;
		for (size_t j = 0; j < count; j++) {
			each[i * count + j] = (double)latencies[j] / 1e3;
			if (each[i * count + j] > last[i])
				last[i] = each[i * count + j];
		}
	}
	stop_crowd(&crowd);
	*ret_each = bench_median(each, NOTIFIES * count);
	*ret_last = bench_median(last, NOTIFIES);
}

static void
compare_notification(struct bench *bench)
{
	double each[2];
	double last[2];

	time_crowd(bench, true, 1, &each[0], &last[0]);
	time_crowd(bench, false, 1, &each[1], &last[1]);
	bench_report("notification, 1 watcher", "us", each[0], each[1]);
	time_crowd(bench, true, WATCHERS, &each[0], &last[0]);
	time_crowd(bench, false, WATCHERS, &each[1], &last[1]);
	bench_report("notification, 100 watchers: each", "us", each[0], each[1]);
	bench_report("notification, 100 watchers: the last", "us", last[0], last[1]);
}

/* --- The run ---------------------------------------------------------------------------------- */

static void
compare_imports(struct bench *bench)
{
	double ours[IMPORTS];
	double other[IMPORTS];

	for (int i = IMPORTS - 1; i >= 0; i--) {
		ours[i] = fill_ours(&bench->ours, i);
		other[i] = fill_other(&bench->other, i);
	}
	bench_report("100,000 new values in one transaction", "ms", bench_median(ours, IMPORTS),
	    bench_median(other, IMPORTS));
}

static void
bench_relaxed(const char *folder)
{
	struct bench bench;

	open_sides(&bench, folder, "relaxed", true);
	compare_imports(&bench);
	fill_wide(&bench);
	compare(&bench, "read a value by path", ours_open_query, other_open_query, 2000);
	compare(&bench, "read a value by key handle", ours_query, other_query, 2000);
	compare(&bench, "list a key of 1,000 values", ours_list, other_list, 50);
	compare(&bench, "set a value, relaxed host", ours_set, other_set, 1000);
	compare_notification(&bench);
	close_sides(&bench);
}

static void
bench_durable(const char *folder)
{
	struct bench bench;

	open_sides(&bench, folder, "durable", false);
	fill_ours(&bench.ours, 0);
	fill_other(&bench.other, 0);
	compare(&bench, "set a value, durable", ours_set, other_set, 100);
	close_sides(&bench);
}

static int
remove_one(
    const char *path, const struct stat *info UNUSED, int type UNUSED, struct FTW *place UNUSED)
{
	return remove(path);
}

int
main(int argc, char **argv)
{
	const char *base = getenv("TMPDIR");
	char folder[256];

	json = argc == 2 && strcmp(argv[1], "--json") == 0;
	if (argc > 1 && !json) {
		fprintf(stderr, "usage: bench-store [--json]\n");
		return 2;
	}
	snprintf(folder, sizeof(folder), "%.200s/hvemu-bench-XXXXXX", base != NULL ? base : "/tmp");
	if (mkdtemp(folder) == NULL)
		die(strerror(errno));
	if (!json)
		printf("%-46s %10s %10s %-3s %8s\n", "", "ours", "SQLite", "", "ratio");
	bench_relaxed(folder);
	bench_durable(folder);
	if (!json)
		printf("\n%-46s %10s %10s %-3s %8s\n", "", "path", "walk", "", "ratio");
	bench_schema(folder);
	nftw(folder, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
	return 0;
}
