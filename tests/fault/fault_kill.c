/*
 * Writers that are killed while others work on: what they were told is done is there, whole; their
 * lock and their doubtful commit keep nobody waiting, and who watches learns of what they
 * committed.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/registry/history.h"
#include "tests/fault/workload.h"

#define WRITERS     4
#define CHECK_EVERY 25    /* rounds between two checks of the whole host */
#define KEPT_WRITES 2000  /* the past beyond them is forgotten, by commits that are killed too */
#define ALONE_US    1500  /* the longest between an acknowledgement and the kill */
#define WAIT_MS     10000 /* for an acknowledgement; a stuck lock shows here */
#define RESTART_MS  2000.0

struct writer {
	pid_t process;
	int acks; /* it writes the number of each commit there */
	uint32_t acknowledged;
	struct reg_watch *watch;
	uint32_t told; /* the number that was there when the watch was last asked */
};

static _Noreturn void
write_until_killed(const char *root, int writer, int acks, bool relaxed)
{
	static const uint32_t sizes[] = { 10, 300, 5000, 70000 };
	struct registry *registry = fault_open(root, relaxed);
	uint32_t number = 0;

	fault_need(workload_number(registry, writer, &number));
	do {
		number++;
		fault_need(
		    workload_write(registry, writer, number, sizes[number % ARRAY_SIZE(sizes)]));
	} while (write(acks, &number, sizeof(number)) == sizeof(number));
	_exit(0);
}

static void
start(struct writer *writer, int index, const char *root, bool relaxed)
{
	int ends[2];

	fault_need(pipe(ends) == 0);
	writer->acks = ends[0];
	writer->process = fork();
	fault_need(writer->process >= 0);
	if (writer->process > 0) {
		close(ends[1]);
		return;
	}
	/* So that it ends too should this process be killed. */
	close(ends[0]);
	write_until_killed(root, index, ends[1], relaxed);
}

/* Take the next acknowledgement; false if there is none any more, or none in time. */
static bool
take(struct fault *fault, struct writer *writer)
{
	uint32_t number;

	if (read(writer->acks, &number, sizeof(number)) != sizeof(number))
		return false;
	writer->acknowledged = number;
	fault->acknowledged++;
	return true;
}

/* Everyone who lives has to get somewhere: wait for one more acknowledgement of each. */
static void
await_progress(struct fault *fault, struct writer writers[WRITERS])
{
	for (int i = 0; i < WRITERS; i++) {
		struct pollfd wait = { .fd = writers[i].acks, .events = POLLIN };

		if (poll(&wait, 1, WAIT_MS) != 1 || !take(fault, &writers[i]))
			fault_failed(fault, "writer %d: no commit within %d ms", i, WAIT_MS);
	}
}

static void
end(struct fault *fault, struct writer *writer)
{
	fault_kill(writer->process);
	while (take(fault, writer))
		;
	close(writer->acks);
}

/* Open the host as a program that starts now would, and look for what the dead writer did. */
static void
check_writer(struct fault *fault, const char *root, struct registry *watcher, struct writer *writer,
    int index, bool relaxed)
{
	int64_t begin = clock_monotonic_ns();
	struct registry *registry = fault_open(root, relaxed);
	double ms = (double)(clock_monotonic_ns() - begin) / 1e6;
	uint32_t number;

	fault->restart_ms = ms > fault->restart_ms ? ms : fault->restart_ms;
	if (ms > RESTART_MS)
		fault_failed(fault, "opening the host took %.0f ms", ms);
	number = workload_check(fault, registry, index, writer->acknowledged, false);
	registry_watch_drain(watcher);
	if (number != writer->told && !registry_watch_taken(writer->watch))
		fault_failed(fault, "writer %d: its commit %u went by the watch", index, number);
	writer->told = number;
	writer->acknowledged = number;
	registry_close(registry);
}

/* All end, nobody has the host open: look at all of it. */
static void
check_all(struct fault *fault, const char *root, struct registry **watcher,
    struct writer writers[WRITERS], bool relaxed)
{
	for (int i = 0; i < WRITERS; i++) {
		end(fault, &writers[i]);
		check_writer(fault, root, *watcher, &writers[i], i, relaxed);
	}
	registry_close(*watcher);
	fault_check_host(fault, root);
	*watcher = fault_open(root, relaxed);
}

static void
watch_and_start(struct fault *fault, const char *root, struct registry *watcher,
    struct writer writers[WRITERS], bool relaxed)
{
	for (int i = 0; i < WRITERS; i++) {
		char path[64];

		snprintf(path, sizeof(path), "HKLM\\SOFTWARE\\Fault\\%d", i);
		fault_need(lstatus_ok(
		    registry_watch(watcher, path, true, REGISTRY_NOTIFY_ALL, &writers[i].watch)));
		fault_need(workload_number(watcher, i, &writers[i].told));
		start(&writers[i], i, root, relaxed);
	}
	await_progress(fault, writers);
}

static void
kill_writers(struct fault *fault, bool relaxed)
{
	static const struct reg_log_limit limit = { .writes = KEPT_WRITES };
	struct writer writers[WRITERS] = { 0 };
	struct registry *watcher;
	char root[4200];

	fault_path(fault, "host", root);
	watcher = fault_open(root, relaxed);
	fault_need(lstatus_ok(registry_set_log_limit(watcher, &limit)));
	watch_and_start(fault, root, watcher, writers, relaxed);
	for (fault->done = 0; fault->done < fault->rounds; fault->done++) {
		uint32_t victims = 1 + fault_roll(fault, (1u << WRITERS) - 1);

		fault_linger(fault, ALONE_US);
		for (int i = 0; i < WRITERS; i++) {
			if ((victims & 1u << i) != 0)
				kill(writers[i].process, SIGKILL);
		}
		for (int i = 0; i < WRITERS; i++) {
			if ((victims & 1u << i) == 0)
				continue;
			end(fault, &writers[i]);
			check_writer(fault, root, watcher, &writers[i], i, relaxed);
			start(&writers[i], i, root, relaxed);
		}
		if (fault->done % CHECK_EVERY == CHECK_EVERY - 1) {
			check_all(fault, root, &watcher, writers, relaxed);
			watch_and_start(fault, root, watcher, writers, relaxed);
		}
		await_progress(fault, writers);
	}
	check_all(fault, root, &watcher, writers, relaxed);
	registry_close(watcher);
}

static void
kill_durable(struct fault *fault)
{
	kill_writers(fault, false);
}

static void
kill_relaxed(struct fault *fault)
{
	kill_writers(fault, true);
}

/* Make a host from nothing and be killed on the way; then make it for good. */
static void
kill_maker(struct fault *fault)
{
	char root[4200];

	fault_path(fault, "host", root);
	for (fault->done = 0; fault->done < fault->rounds; fault->done++) {
		struct registry *registry;
		uint64_t number = 0;
		pid_t child = fork();
		int64_t begin;
		double ms;

		fault_need(child >= 0);
		if (child == 0) {
			fault_open(root, false);
			_exit(0);
		}
		fault_linger(fault, ALONE_US * 5);
		fault_kill(child);
		begin = clock_monotonic_ns();
		registry = fault_open(root, false);
		ms = (double)(clock_monotonic_ns() - begin) / 1e6;
		fault->restart_ms = ms > fault->restart_ms ? ms : fault->restart_ms;
		if (!lstatus_ok(registry_write_number(registry, &number)) || number < 20)
			fault_torn(fault, "a new host has %llu writes", (unsigned long long)number);
		registry_close(registry);
		fault_check_host(fault, root);
		fault_remove(root);
	}
}

const struct fault_scenario kill_scenarios[] = {
	{ "kill-writers", "1 kill -9 of 4 writers", 50, 1000, kill_durable },
	{ "kill-writers-relaxed", "1 the same, relaxed host", 20, 1000, kill_relaxed },
	{ "kill-maker", "1 kill -9 while a host is made", 50, 500, kill_maker },
	{ 0 },
};
