/*
 * Notification: from the return of a commit until a watcher has read the new value, and from before
 * the write. Ours wakes the watchers within the commit, the other after it.
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
 * A watcher sleeps in poll, reads the value and says when it had it: the clock is one for all
 * processes. Ours is woken by the bell; the other by a byte on a socket of its own.
 */
static void
report_time(int results, const struct buf *data)
{
	int64_t now = clock_monotonic_ns();

	if (data->size != sizeof(now))
		bench_die("no time in the value");
	if (write(results, &now, sizeof(now)) != sizeof(now))
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
		report_time(results, &data);
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
		report_time(results, &data);
	}
}

struct crowd {
	pid_t processes[WATCHERS_MAX];
	int sockets[WATCHERS_MAX]; /* of the other side */
	int results;
	size_t count;
};

static void
read_results(struct crowd *crowd, int64_t *times)
{
	for (size_t i = 0; i < crowd->count; i++) {
		if (read(crowd->results, &times[i], sizeof(*times)) != sizeof(*times))
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

/* Write, and tell when that began and when the commit returned. */
static void
write_time(
    struct bench *bench, struct crowd *crowd, bool ours, int64_t *ret_begin, int64_t *ret_return)
{
	int64_t now = clock_monotonic_ns();

	*ret_begin = now;
	if (ours) {
		bench_need(
		    registry_set_value(bench->ours.registry, (reg_key){ .id = bench->ours.keys[0] },
		        "Value00", REG_QWORD, &now, sizeof(now)),
		    "set");
		*ret_return = clock_monotonic_ns();
		return;
	}
	raw_set(&bench->other.raw, bench->other.keys[0], "VALUE00", &now, sizeof(now));
	*ret_return = clock_monotonic_ns();
	for (size_t i = 0; i < crowd->count; i++) {
		if (send(crowd->sockets[i], "", 1, 0) != 1)
			bench_die("a watcher is gone");
	}
}

/* Medians, in us: of a watcher's time from the return and from before; of the last one's. */
struct latency {
	double each;
	double last;
	double each_whole;
	double last_whole;
};

/* Who had the value before the writer's commit returned waited for nothing. */
static double
latency(int64_t from, int64_t to)
{
	return to > from ? (double)(to - from) / 1e3 : 0;
}

static int64_t
latest(const int64_t *times, size_t count)
{
	int64_t last = times[0];

	for (size_t i = 1; i < count; i++)
		last = times[i] > last ? times[i] : last;
	return last;
}

static struct latency
time_crowd(struct bench *bench, bool ours, size_t count)
{
	static double each[2][NOTIFIES * WATCHERS_MAX];
	double last[2][NOTIFIES];
	struct crowd crowd;

	start_crowd(bench, &crowd, ours, count);
	for (size_t i = 0; i < NOTIFIES; i++) {
		int64_t times[WATCHERS_MAX];
		int64_t from[2];

		write_time(bench, &crowd, ours, &from[1], &from[0]);
		read_results(&crowd, times);
		for (size_t j = 0; j < 2; j++) {
			for (size_t k = 0; k < count; k++)
				each[j][i * count + k] = latency(from[j], times[k]);
			last[j][i] = latency(from[j], latest(times, count));
		}
	}
	stop_crowd(&crowd);
	return (struct latency){ .each = bench_median(each[0], NOTIFIES * count),
		.last = bench_median(last[0], NOTIFIES),
		.each_whole = bench_median(each[1], NOTIFIES * count),
		.last_whole = bench_median(last[1], NOTIFIES) };
}

/* With the write beside a peer; from the commit's return alone, as the peer wakes nobody in it. */
static void
report(size_t watchers, const char *which, double whole, double theirs, double after)
{
	char name[80];

	snprintf(name, sizeof(name), "notification, %zu watcher%s%s", watchers,
	    watchers > 1 ? "s: " : "", which);
	bench_report(name, "us", "raw SQLite", whole, theirs);
	snprintf(name, sizeof(name), "notification, %zu watcher%s%s, after the return", watchers,
	    watchers > 1 ? "s: " : "", which);
	bench_report_alone(name, "us", after);
}

/* The crowd's times with so many watchers of one key. */
static void
compare(struct bench *bench, size_t watchers)
{
	struct latency ours = time_crowd(bench, true, watchers);
	struct latency theirs = time_crowd(bench, false, watchers);

	report(watchers, watchers > 1 ? "each" : "", ours.each_whole, theirs.each_whole, ours.each);
	if (watchers > 1)
		report(watchers, "the last", ours.last_whole, theirs.last_whole, ours.last);
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
