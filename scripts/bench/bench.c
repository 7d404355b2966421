/*
 * bench-store: what the registry costs over plain prepared SQLite with the same rows, in one run.
 *
 * Two hosts with the same contents: ours is used through registry.h, the other by SQL statements
 * prepared in raw.c. Rounds alternate between the two, so that both see the same machine. Prints
 * one row an operation, its fields separated by tabs; scripts/bench/run makes a table of them.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "scripts/bench/bench.h"

#define OPEN_FILES 16

static const struct bench_size full = {
	.rounds = 15, .values = 1000000, .rows = 1000, .below = 10000, .watchers = 100
};
static const struct bench_size quick = {
	.rounds = 2, .values = 2000, .rows = 20, .below = 100, .watchers = 3
};

/* --- Results ---------------------------------------------------------------------------------- */

_Noreturn void
bench_die(const char *what)
{
	fprintf(stderr, "bench-store: %s\n", what);
	exit(1);
}

void
bench_need(lstatus status, const char *what)
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
		bench_die(db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
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

int64_t
bench_settle(void)
{
	sync();
	return clock_monotonic_ns();
}

double
bench_median(double *samples, size_t count)
{
	qsort(samples, count, sizeof(*samples), compare_samples);
	return count % 2 != 0 ? samples[count / 2]
	                      : (samples[count / 2 - 1] + samples[count / 2]) / 2;
}

void
bench_report(const char *name, const char *unit, const char *peer, double ours, double theirs)
{
	printf("%s\t%s\t%s\t%.3f\t%.3f\n", name, unit, peer, ours, theirs);
	fflush(stdout);
}

void
bench_report_alone(const char *name, const char *unit, double ours)
{
	printf("%s\t%s\t-\t%.3f\t-\n", name, unit, ours);
	fflush(stdout);
}

/* --- The two hosts ---------------------------------------------------------------------------- */

static int
remove_one(
    const char *path, const struct stat *info UNUSED, int type UNUSED, struct FTW *place UNUSED)
{
	return remove(path);
}

static void
remove_tree(const char *folder)
{
	nftw(folder, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
}

void
bench_open(struct bench *bench, const struct bench_size *size, const char *folder, bool relaxed)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = relaxed };
	struct registry *registry = NULL;

	*bench = (struct bench){ .size = size };
	bench->ours.keys = calloc(size->rows, sizeof(int64_t));
	bench->other.keys = calloc(size->rows, sizeof(int64_t));
	bench->ours.paths = calloc(size->rows, sizeof(*bench->ours.paths));
	bench->other.paths = calloc(size->rows, sizeof(*bench->other.paths));
	if (bench->ours.keys == NULL || bench->other.keys == NULL || bench->ours.paths == NULL ||
	    bench->other.paths == NULL)
		bench_die("out of memory");
	snprintf(bench->ours.root, sizeof(bench->ours.root), "%s/ours", folder);
	snprintf(bench->other.root, sizeof(bench->other.root), "%s/other", folder);
	bench_need(registry_open(bench->other.root, &options, &registry), "open");
	registry_close(registry);
	raw_open(&bench->other.raw, bench->other.root, relaxed);
	bench_need(registry_open(bench->ours.root, &options, &bench->ours.registry), "open");
}

void
bench_close(struct bench *bench)
{
	registry_close(bench->ours.registry);
	raw_close(&bench->other.raw);
	remove_tree(bench->ours.root);
	remove_tree(bench->other.root);
	free(bench->ours.keys);
	free(bench->other.keys);
	free(bench->ours.paths);
	free(bench->other.paths);
}

/* --- Other programs --------------------------------------------------------------------------- */

/* Run a program without output and print its time in ms and its largest resident size in KiB. */
static int
time_program(char **arguments)
{
	int64_t start = bench_settle();
	struct rusage usage;
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		bench_die(strerror(errno));
	if (child == 0) {
		if (freopen("/dev/null", "w", stdout) == NULL ||
		    freopen("/dev/null", "r", stdin) == NULL)
			_exit(127);
		execvp(arguments[0], arguments);
		_exit(127);
	}
	if (wait4(child, &status, 0, &usage) != child)
		bench_die(strerror(errno));
	printf("%.3f\t%ld\n", (double)(clock_monotonic_ns() - start) / 1e6, (long)usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* --- The run ---------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(const struct bench_size *size, const char *folder);
} groups[] = {
	{ "rows", bench_rows },
	{ "write", bench_write },
	{ "notify", bench_notify },
	{ "bulk", bench_bulk },
	{ "cold", bench_cold },
	{ "schema", bench_schema },
};

static int
usage(void)
{
	fprintf(stderr,
	    "usage: bench-store [--quick] GROUP...   (of rows write notify bulk cold schema)\n"
	    "       bench-store time PROGRAM [ARGUMENT...]\n"
	    "       bench-store tree VALUES FILE.reg\n");
	return 2;
}

static int
run_group(const char *name, const struct bench_size *size)
{
	const char *base = getenv("TMPDIR");
	char folder[256];

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (strcmp(groups[i].name, name) != 0)
			continue;
		snprintf(folder, sizeof(folder), "%.200s/hvemu-bench-XXXXXX",
		    base != NULL ? base : "/tmp");
		if (mkdtemp(folder) == NULL)
			bench_die(strerror(errno));
		groups[i].run(size, folder);
		remove_tree(folder);
		return 0;
	}
	return usage();
}

int
main(int argc, char **argv)
{
	bool small = argc > 1 && strcmp(argv[1], "--quick") == 0;
	int code = argc > 1 ? 0 : usage();

	if (argc == 2 && strcmp(argv[1], "version") == 0)
		return puts(sqlite3_libversion()) < 0;
	if (argc > 2 && strcmp(argv[1], "time") == 0)
		return time_program(argv + 2);
	if (argc == 4 && strcmp(argv[1], "tree") == 0)
		return bench_write_tree((uint32_t)strtoul(argv[2], NULL, 10), argv[3]);
	if (argc == 5 && strcmp(argv[1], "cold") == 0)
		return bench_cold_process(argv[2], argv[3], (int)strtoul(argv[4], NULL, 10));
	for (int i = small ? 2 : 1; i < argc && code == 0; i++)
		code = run_group(argv[i], small ? &quick : &full);
	return code;
}
