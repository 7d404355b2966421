/*
 * Writers: how long the slowest writes take, four writers at once, a reader that does not end, and
 * going back.
 *
 * Ours has a keeper of the write-ahead log in a process of its own, as a host that is up; the other
 * leaves it to SQLite. Of four writers each has a process of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/registry/history.h"
#include "regstore/store/keeper.h"
#include "scripts/bench/bench.h"

#define WRITERS      4
#define CHANGED      100 /* values of a key that are changed, and changed back */
#define RESETS       5
#define BUSY_TIMEOUT 60000 /* ms: SQLite's own way to wait */

/* Writes of one kind: as many as make the log long some times. */
static uint32_t
write_count(const struct bench *bench, bool relaxed)
{
	return bench->size->rounds * (relaxed ? 2000 : 400);
}

typedef void write_one(struct side *side, uint32_t i);

static void
write_ours(struct side *side, uint32_t i)
{
	bench_need(
	    registry_set_dword(side->registry, (reg_key){ .id = side->keys[0] }, "v", i), "set");
}

static void
write_other(struct side *side, uint32_t i)
{
	raw_set(&side->raw, side->keys[0], "V", &i, sizeof(i));
}

/* --- The keeper ---------------------------------------------------------------------------------
 */

struct keeper {
	pid_t process;
	int stop; /* closed to end it */
};

static _Noreturn void
keep(const char *root, int ready, int stop)
{
	struct store_keeper *keeper = NULL;
	char byte;

	bench_need(store_keeper_start(root, &keeper), "keeper");
	if (write(ready, "x", 1) == 1)
		(void)!read(stop, &byte, 1);
	store_keeper_stop(keeper);
	_exit(0);
}

/* The connections that it inherits stay the parent's. */
static struct keeper
start_keeper(const struct side *side)
{
	struct keeper keeper;
	int ready[2];
	int stop[2];
	char byte;

	if (pipe(ready) != 0 || pipe(stop) != 0)
		bench_die("no pipe");
	keeper.process = fork();
	if (keeper.process == 0) {
		close(stop[1]);
		keep(side->root, ready[1], stop[0]);
	}
	close(stop[0]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		bench_die("no keeper");
	close(ready[0]);
	keeper.stop = stop[1];
	return keeper;
}

static void
stop_keeper(const struct keeper *keeper)
{
	close(keeper->stop);
	waitpid(keeper->process, NULL, 0);
}

/* --- The slowest --------------------------------------------------------------------------------
 */

/* Time `count` writes, in microseconds, sorted. */
static void
time_writes(struct side *side, write_one *write, double *samples, uint32_t count)
{
	(void)bench_settle();
	for (uint32_t i = 0; i < count; i++) {
		int64_t start = clock_monotonic_ns();

		write(side, i);
		samples[i] = (double)(clock_monotonic_ns() - start) / 1e3;
	}
	bench_median(samples, count);
}

static void
report_tail(const char *what, uint32_t count, const double *ours, const double *other)
{
	char name[96];

	snprintf(name, sizeof(name), "%s: 99.9 %% of %u", what, count);
	bench_report(
	    name, "us", "SQLite", ours[count - 1 - count / 1000], other[count - 1 - count / 1000]);
	snprintf(name, sizeof(name), "%s: the slowest", what);
	bench_report(name, "us", "SQLite", ours[count - 1], other[count - 1]);
}

static void
compare_tails(struct bench *bench, const char *what, uint32_t count)
{
	double *ours = calloc(count, sizeof(*ours));
	double *other = calloc(count, sizeof(*other));
	struct keeper keeper;

	if (ours == NULL || other == NULL)
		bench_die("no memory");
	keeper = start_keeper(&bench->ours);
	time_writes(&bench->ours, write_ours, ours, count);
	stop_keeper(&keeper);
	time_writes(&bench->other, write_other, other, count);
	report_tail(what, count, ours, other);
	free(ours);
	free(other);
}

/* --- Several ------------------------------------------------------------------------------------
 */

/* Every write of each of the writers, in microseconds. */
static double *
share_samples(uint32_t count)
{
	double *samples = mmap(NULL, WRITERS * count * sizeof(*samples), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (samples == MAP_FAILED)
		bench_die("no memory");
	return samples;
}

static _Noreturn void
write_beside_others(
    const struct side *side, bool ours, bool relaxed, double *samples, uint32_t count)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct side own = *side;

	/* The inherited connections stay the parent's. */
	if (ours)
		bench_need(registry_open(side->root, &options, &own.registry), "open");
	else
		raw_open(&own.raw, side->root, relaxed);
	if (!ours)
		sqlite3_busy_timeout(own.raw.db, BUSY_TIMEOUT);
	time_writes(&own, ours ? write_ours : write_other, samples, count);
	_exit(0);
}

/* Writes a second of all, and the longest that one took. */
static void
time_several(const struct side *side, bool ours, bool relaxed, uint32_t count, double *ret_rate,
    double *ret_worst)
{
	double *samples = share_samples(count);
	int64_t start = clock_monotonic_ns();
	pid_t children[WRITERS];

	for (int i = 0; i < WRITERS; i++) {
		children[i] = fork();
		if (children[i] == 0)
			write_beside_others(
			    side, ours, relaxed, samples + (uint32_t)i * count, count);
	}
	for (int i = 0; i < WRITERS; i++)
		waitpid(children[i], NULL, 0);
	*ret_rate = WRITERS * count / ((double)(clock_monotonic_ns() - start) / 1e9);
	bench_median(samples, WRITERS * count);
	*ret_worst = samples[WRITERS * count - 1] / 1e3;
	munmap(samples, WRITERS * count * sizeof(*samples));
}

static void
compare_several(struct bench *bench, bool relaxed, uint32_t count)
{
	double rate[2];
	double worst[2];
	struct keeper keeper = start_keeper(&bench->ours);

	time_several(&bench->ours, true, relaxed, count, &rate[0], &worst[0]);
	stop_keeper(&keeper);
	time_several(&bench->other, false, relaxed, count, &rate[1], &worst[1]);
	bench_report(relaxed ? "4 writers, relaxed: writes a second" : "4 writers: writes a second",
	    "/s", "SQLite", rate[0], rate[1]);
	bench_report(relaxed ? "4 writers, relaxed: the slowest" : "4 writers: the slowest", "ms",
	    "SQLite", worst[0], worst[1]);
}

/* --- A reader that does not end -----------------------------------------------------------------
 */

static double
time_beside_reader(struct side *side, write_one *write, double *samples, uint32_t count)
{
	char file[600];
	sqlite3 *reader = NULL;

	snprintf(file, sizeof(file), "%s/registry.db", side->root);
	bench_check(NULL, sqlite3_open(file, &reader));
	bench_check(reader, sqlite3_exec(reader, "BEGIN; SELECT * FROM meta", NULL, NULL, NULL));
	for (int i = 0; i < 2; i++) /* the second time the log is long */
		time_writes(side, write, samples, count);
	sqlite3_close(reader);
	return samples[count / 2];
}

static void
compare_beside_reader(struct bench *bench, uint32_t count)
{
	double *samples = count > 0 ? calloc(count, sizeof(*samples)) : NULL;
	double ours;

	if (samples == NULL)
		bench_die("no memory");
	ours = time_beside_reader(&bench->ours, write_ours, samples, count);
	bench_report("set a value while a reader does not end", "us", "SQLite", ours,
	    time_beside_reader(&bench->other, write_other, samples, count));
	free(samples);
}

/* --- Going back ---------------------------------------------------------------------------------
 */

/* Change values of these keys, and return what the last write was before. */
static uint64_t
change_ours(struct side *side, uint32_t keys, uint32_t round)
{
	uint64_t before = 0;

	bench_need(registry_write_number(side->registry, &before), "number");
	bench_need(registry_begin(side->registry, NULL), "begin");
	for (uint32_t i = 0; i < keys * CHANGED; i++) {
		char name[16];

		snprintf(name, sizeof(name), "Value%02u", i % CHANGED);
		bench_need(registry_set_dword(side->registry,
		               (reg_key){ .id = side->keys[i / CHANGED] }, name, 1000 + round),
		    "set");
	}
	bench_need(registry_commit(side->registry), "commit");
	return before;
}

static double
reset_ours(struct side *side, uint32_t keys, uint32_t round)
{
	struct reg_revert revert = { .first = change_ours(side, keys, round) + 1 };
	struct buf conflicts = { 0 };
	int64_t start;

	bench_need(registry_write_number(side->registry, &revert.last), "number");
	start = bench_settle();
	bench_need(registry_revert(side->registry, &revert, NULL, NULL, &conflicts), "revert");
	buf_release(&conflicts);
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

/* The other knows what to write: it need not find out. */
static double
change_other(struct side *side, uint32_t keys, uint32_t round)
{
	struct raw *raw = &side->raw;
	int64_t start = bench_settle();
	int64_t first = raw_begin(raw) + 1;
	int64_t number = first - 1;

	for (uint32_t i = 0; i < keys; i++) {
		raw_touch(raw, side->keys[i]);
		for (uint32_t j = 0; j < CHANGED; j++) {
			char name[16];

			snprintf(name, sizeof(name), "VALUE%02u", j);
			raw_update(raw, &number, side->keys[i], name, &round, sizeof(round));
		}
	}
	raw_commit(raw, first, number);
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

static void
compare_resets(struct bench *bench, bool relaxed)
{
	uint32_t keys = bench->size->rows < 100 ? bench->size->rows : 100;
	struct keeper keeper = start_keeper(&bench->ours);
	double ours[RESETS];
	double other[RESETS];
	char name[96];

	for (uint32_t i = 0; i < RESETS; i++)
		ours[i] = reset_ours(&bench->ours, keys, i);
	stop_keeper(&keeper);
	for (uint32_t i = 0; i < RESETS; i++) {
		change_other(&bench->other, keys, 2 * i);
		other[i] = change_other(&bench->other, keys, 2 * i + 1);
	}
	snprintf(name, sizeof(name), "reset of %u changed values%s", keys * CHANGED,
	    relaxed ? ", relaxed host" : ", durable");
	bench_report(
	    name, "ms", "raw SQLite", bench_median(ours, RESETS), bench_median(other, RESETS));
}

static void
compare_writes(const struct bench_size *size, const char *folder, bool relaxed)
{
	struct bench bench;
	double times[2];
	uint32_t count;

	bench_open(&bench, size, folder, relaxed);
	bench_fill(&bench, 0, &times[0], &times[1]);
	compare_resets(&bench, relaxed);
	count = write_count(&bench, relaxed);
	compare_tails(
	    &bench, relaxed ? "set a value, relaxed host" : "set a value, durable", count);
	compare_several(&bench, relaxed, count / WRITERS);
	if (relaxed)
		compare_beside_reader(&bench, count / WRITERS);
	bench_close(&bench);
}

void
bench_write(const struct bench_size *size, const char *folder)
{
	compare_writes(size, folder, true);
	compare_writes(size, folder, false);
}
