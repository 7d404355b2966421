/*
 * A cold start: a new process reads 500 values under 30 keys, from its main to the last value. The
 * peer does as one would who has nothing but SQLite: a SELECT a value, each a transaction. Beside
 * it stands what is left when all of them are one transaction, which sees one moment only; and what
 * the first value alone takes, most of which is the opening.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "scripts/bench/bench.h"

#define KEYS   30
#define READS  500
#define A_KEY  ((READS + KEYS - 1) / KEYS) /* values */
#define ROUNDS 31

/* The values in both hosts. */
static void
fill(struct bench *bench)
{
	struct raw *raw = &bench->other.raw;
	int64_t first = raw_begin(raw) + 1;
	int64_t number = first - 1;
	int64_t top = raw_key(raw, &number, raw_find(raw, "MACHINE\x01SOFTWARE"),
	    "MACHINE\x01SOFTWARE\x01"
	    "COLD",
	    "Cold");

	bench_need(registry_begin(bench->ours.registry, NULL), "begin");
	for (int i = 0; i < KEYS; i++) {
		char text[64];
		reg_key key = { 0 };
		int64_t other;

		snprintf(text, sizeof(text), "HKLM\\SOFTWARE\\Cold\\Key%02d", i);
		bench_need(
		    registry_create_key(bench->ours.registry, NULL, text, 0, &key, NULL), "create");
		snprintf(text, sizeof(text),
		    "MACHINE\x01SOFTWARE\x01"
		    "COLD\x01KEY%02d",
		    i);
		other = raw_key(raw, &number, top, text, text);
		for (int j = 0; j < A_KEY; j++) {
			snprintf(text, sizeof(text), "VALUE%02d", j);
			bench_need(registry_set_dword(bench->ours.registry, key, text, 1), "set");
			raw_insert(raw, &number, other, text, text, REG_DWORD, "\x01\0\0\0", 4);
		}
	}
	bench_need(registry_commit(bench->ours.registry), "commit");
	raw_commit(raw, first, number);
}

/* The time when the last value was read. */
static int64_t
read_ours(const char *root, int reads)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;
	struct buf data = { 0 };
	reg_key key = { 0 };
	int64_t end;

	bench_need(registry_open(root, &options, &registry), "open");
	for (int i = 0; i < reads; i++) {
		char text[64];

		snprintf(text, sizeof(text), "HKLM\\SOFTWARE\\Cold\\Key%02d", i / A_KEY);
		if (i % A_KEY == 0)
			bench_need(registry_open_key(registry, NULL, text, 0, &key), "open");
		snprintf(text, sizeof(text), "Value%02d", i % A_KEY);
		buf_clear(&data);
		bench_need(registry_query_value(registry, key, text, NULL, &data), "query");
	}
	end = clock_monotonic_ns();
	buf_release(&data);
	registry_close(registry);
	return end;
}

static int64_t
read_other(const char *root, bool together, int reads)
{
	struct raw raw;
	struct buf data = { 0 };
	int64_t key = 0;
	int64_t end;

	raw_open_to_read(&raw, root);
	if (together)
		bench_check(raw.db, sqlite3_exec(raw.db, "BEGIN", NULL, NULL, NULL));
	for (int i = 0; i < reads; i++) {
		char text[64];

		snprintf(text, sizeof(text),
		    "MACHINE\x01SOFTWARE\x01"
		    "COLD\x01KEY%02d",
		    i / A_KEY);
		if (i % A_KEY == 0)
			key = raw_find(&raw, text);
		snprintf(text, sizeof(text), "VALUE%02d", i % A_KEY);
		buf_clear(&data);
		raw_query(&raw, key, text, &data);
	}
	if (together)
		bench_check(raw.db, sqlite3_exec(raw.db, "COMMIT", NULL, NULL, NULL));
	end = clock_monotonic_ns();
	buf_release(&data);
	raw_close(&raw);
	return end;
}

int
bench_cold_process(const char *side, const char *root, int reads)
{
	int64_t start = clock_monotonic_ns();
	int64_t end = strcmp(side, "ours") == 0
	                  ? read_ours(root, reads)
	                  : read_other(root, strcmp(side, "together") == 0, reads);

	printf("%.4f\n", (double)(end - start) / 1e6);
	return 0;
}

/* Run this program anew; its time in ms. */
static double
time_process(const char *side, const char *root, int reads)
{
	char text[32] = "";
	char count[16];
	int out[2];
	pid_t child;
	int status = 0;

	snprintf(count, sizeof(count), "%d", reads);
	if (pipe(out) != 0 || (child = fork()) < 0)
		bench_die(strerror(errno));
	if (child == 0) {
		dup2(out[1], STDOUT_FILENO);
		execl("/proc/self/exe", "bench-store", "cold", side, root, count, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	if (read(out[0], text, sizeof(text) - 1) <= 0)
		bench_die("the new process said nothing");
	close(out[0]);
	waitpid(child, &status, 0);
	return strtod(text, NULL);
}

static void
compare(const struct bench *bench, int reads, const char *name)
{
	static const char *const sides[] = { "ours", "alone", "together" };
	double times[ARRAY_SIZE(sides)][ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(sides); j++)
			times[j][i] = time_process(
			    sides[j], j == 0 ? bench->ours.root : bench->other.root, reads);
	}
	for (size_t j = 1; j < (reads > 1 ? ARRAY_SIZE(sides) : 2); j++)
		bench_report(name, "ms", j == 1 ? "raw SQLite" : "one transaction",
		    bench_median(times[0], ROUNDS), bench_median(times[j], ROUNDS));
}

void
bench_cold(const struct bench_size *size, const char *folder)
{
	struct bench bench;

	/* Both hosts stay open here, as a host's daemons keep theirs. */
	bench_open(&bench, size, folder, true);
	fill(&bench);
	compare(&bench, READS, "new process reads 500 values of 30 keys");
	compare(&bench, 1, "new process reads 1 value");
	bench_close(&bench);
}
