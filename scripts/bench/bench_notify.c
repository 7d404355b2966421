/*
 * Notification: from before a write until a watcher has read the new value.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "scripts/bench/bench.h"

#define NOTIFIES     100 /* writes a crowd sees */
#define WATCHERS_MAX 100

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
		bench_die("no time in the value");
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

	bench_need(registry_open(root, &options, &registry), "open");
	bench_need(
	    registry_open_key(registry, NULL, "HKLM\\SOFTWARE\\Bench0\\Key000", 0, &key), "open");
	bench_need(registry_watch(registry, "HKLM\\SOFTWARE\\Bench0\\Key000", false,
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
		bench_need(registry_query_value(registry, key, "Value00", NULL, &data), "query");
		report_latency(results, &data);
	}
}

static _Noreturn void
watch_other(struct side *side, int socket, int results)
{
	struct buf data = { 0 };
	int64_t ready = 0;
	char byte;

	raw_open(&side->raw, side->root, true);
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
	pid_t processes[WATCHERS_MAX];
	int sockets[WATCHERS_MAX]; /* of the other side */
	int results;
	size_t count;
};

static void
read_results(struct crowd *crowd, int64_t *latencies)
{
	for (size_t i = 0; i < crowd->count; i++) {
		if (read(crowd->results, &latencies[i], sizeof(*latencies)) != sizeof(*latencies))
			bench_die("a watcher is gone");
	}
}

static void
start_crowd(struct bench *bench, struct crowd *crowd, bool ours, size_t count)
{
	int64_t ready[WATCHERS_MAX];
	int results[2];

	if (pipe(results) != 0)
		bench_die("no pipe");
	for (size_t i = 0; i < count; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
			bench_die("no socket");
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
		bench_need(
		    registry_set_value(bench->ours.registry, (reg_key){ .id = bench->ours.keys[0] },
		        "Value00", REG_QWORD, &now, sizeof(now)),
		    "set");
		return;
	}
	raw_set(&bench->other.raw, bench->other.keys[0], "VALUE00", &now, sizeof(now));
	for (size_t i = 0; i < crowd->count; i++) {
		if (send(crowd->sockets[i], "", 1, 0) != 1)
			bench_die("a watcher is gone");
	}
}

/* Medians of a watcher's latency, and of the last one's of each write. */
static void
time_crowd(struct bench *bench, bool ours, size_t count, double *ret_each, double *ret_last)
{
	static double each[NOTIFIES * WATCHERS_MAX];
	double last[NOTIFIES];
	struct crowd crowd;

	start_crowd(bench, &crowd, ours, count);
	for (size_t i = 0; i < NOTIFIES; i++) {
		int64_t latencies[WATCHERS_MAX];

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

/* The crowd's times with so many watchers of one key. */
static void
compare(struct bench *bench, size_t watchers)
{
	double each[2];
	double last[2];
	char name[64];

	time_crowd(bench, true, watchers, &each[0], &last[0]);
	time_crowd(bench, false, watchers, &each[1], &last[1]);
	snprintf(name, sizeof(name), "notification, %zu watcher%s", watchers,
	    watchers > 1 ? "s: each" : "");
	bench_report(name, "us", "raw SQLite", each[0], each[1]);
	if (watchers == 1)
		return;
	snprintf(name, sizeof(name), "notification, %zu watchers: the last", watchers);
	bench_report(name, "us", "raw SQLite", last[0], last[1]);
}

void
bench_notify(const struct bench_size *size, const char *folder)
{
	struct bench bench;
	double times[2];

	bench_open(&bench, size, folder, true);
	bench_fill(&bench, 0, &times[0], &times[1]);
	compare(&bench, 1);
	compare(&bench, size->watchers);
	bench_close(&bench);
}
