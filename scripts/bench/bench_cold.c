/*
 * A cold start: a new process reads 500 values under 30 keys, from its main to the last value.
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
#define ROUNDS 15

static void
read_ours(const char *root)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;
	struct buf data = { 0 };

	bench_need(registry_open(root, &options, &registry), "open");
	for (int i = 0; i < KEYS; i++) {
		char text[64];
		reg_key key = { 0 };

		snprintf(text, sizeof(text), "HKLM\\SOFTWARE\\Bench0\\Key%03d", i % 20);
		bench_need(registry_open_key(registry, NULL, text, 0, &key), "open");
		for (int j = 0; j < READS / KEYS; j++) {
			snprintf(text, sizeof(text), "Value%02d", j);
			buf_clear(&data);
			bench_need(registry_query_value(registry, key, text, NULL, &data), "query");
		}
	}
	buf_release(&data);
	registry_close(registry);
}

static void
read_other(const char *root)
{
	struct raw raw;
	struct buf data = { 0 };

	raw_open_to_read(&raw, root);
	for (int i = 0; i < KEYS; i++) {
		char text[64];
		int64_t key;

		snprintf(text, sizeof(text),
		    "MACHINE\x01SOFTWARE\x01"
		    "BENCH0\x01KEY%03d",
		    i % 20);
		key = raw_find(&raw, text);
		for (int j = 0; j < READS / KEYS; j++) {
			snprintf(text, sizeof(text), "VALUE%02d", j);
			buf_clear(&data);
			raw_query(&raw, key, text, &data);
		}
	}
	buf_release(&data);
	raw_close(&raw);
}

int
bench_cold_process(const char *side, const char *root)
{
	int64_t start = clock_monotonic_ns();

	(strcmp(side, "ours") == 0 ? read_ours : read_other)(root);
	printf("%.3f\n", (double)(clock_monotonic_ns() - start) / 1e6);
	return 0;
}

/* Run this program anew; its time in ms. */
static double
time_process(const char *side, const char *root)
{
	char text[32] = "";
	int out[2];
	pid_t child;
	int status = 0;

	if (pipe(out) != 0 || (child = fork()) < 0)
		bench_die(strerror(errno));
	if (child == 0) {
		dup2(out[1], STDOUT_FILENO);
		execl("/proc/self/exe", "bench-store", "cold", side, root, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	if (read(out[0], text, sizeof(text) - 1) <= 0)
		bench_die("the new process said nothing");
	close(out[0]);
	waitpid(child, &status, 0);
	return strtod(text, NULL);
}

void
bench_cold(const struct bench_size *size, const char *folder)
{
	struct bench bench;
	double ours[ROUNDS];
	double theirs[ROUNDS];
	double times[2];

	/* Both hosts stay open here, as a host's daemons keep theirs. */
	bench_open(&bench, size, folder, true);
	bench_fill(&bench, 0, &times[0], &times[1]);
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = time_process("ours", bench.ours.root);
		theirs[i] = time_process("other", bench.other.root);
	}
	bench_close(&bench);
	bench_report("new process reads 500 values of 30 keys", "ms", "raw SQLite",
	    bench_median(ours, ROUNDS), bench_median(theirs, ROUNDS));
}
