/*
 * The true daemons: killed under load and brought up again, ended by SIGTERM under load, without
 * descriptors. $HVEMU_BIN has the programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/base/unix.h"
#include "regstore/svc/client.h"
#include "tests/fault/workload.h"

#define CALL_MS     10000
#define END_MS      5000 /* that a daemon may take to end */
#define WRITERS     2
#define CLIENTS     4
#define CONNECTIONS 200 /* more than the descriptors that a daemon is left */
#define SETTLE_MS   100
#define SPIN_MS     500
#define SPIN_SHARE  10 /* per cent of the processor while nothing can be accepted */
#define RUN_US      50000

static const char *const names[] = { "hvloader", "ntoskrnl", "vmcompute", "svchost", "vmms" };

/* --- Hosts and their processes ------------------------------------------------------------------
 */

/* The process of a daemon, by its own word; 0 if it does not answer. */
static pid_t
process_of(const char *root, const char *name)
{
	struct buf error = { 0 };
	json_t *result = NULL;
	pid_t process = 0;

	if (svc_client_call(root, name, "status", NULL, CALL_MS, &result, &error) == SVC_CLIENT_OK)
		process = (pid_t)json_integer_value(json_object_get(result, "pid"));
	json_decref(result);
	buf_release(&error);
	return process;
}

/* --- Killed -------------------------------------------------------------------------------------
 */

static _Noreturn void
write_on(const char *root, int writer, int acks)
{
	struct registry *registry = fault_open(root, false);
	uint32_t number = 0;

	fault_need(workload_number(registry, writer, &number));
	do {
		number++;
		fault_need(workload_write(registry, writer, number, 500));
	} while (write(acks, &number, sizeof(number)) == sizeof(number));
	_exit(0);
}

static pid_t
start_writer(const char *root, int writer, int *ret_acks)
{
	int ends[2];
	pid_t child;

	fault_need(pipe(ends) == 0);
	child = fork();
	fault_need(child >= 0);
	if (child == 0) {
		close(ends[0]);
		write_on(root, writer, ends[1]);
	}
	close(ends[1]);
	*ret_acks = ends[0];
	return child;
}

/* Kill some of the host's processes and all writers, in the midst of it; what was told is there. */
static void
kill_round(struct fault *fault, const char *root, uint32_t acknowledged[WRITERS])
{
	pid_t writers[WRITERS];
	int acks[WRITERS];
	uint32_t victims = 1 + fault_roll(fault, (1u << ARRAY_SIZE(names)) - 1);
	struct registry *registry;

	for (int i = 0; i < WRITERS; i++)
		writers[i] = start_writer(root, i, &acks[i]);
	fault_linger(fault, RUN_US);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		pid_t process = (victims & 1u << i) != 0 ? process_of(root, names[i]) : 0;

		if (process > 1)
			kill(process, SIGKILL);
	}
	for (int i = 0; i < WRITERS; i++) {
		uint32_t number;

		fault_kill(writers[i]);
		while (read(acks[i], &number, sizeof(number)) == sizeof(number)) {
			acknowledged[i] = number;
			fault->acknowledged++;
		}
		close(acks[i]);
	}
	registry = fault_open(root, false);
	for (int i = 0; i < WRITERS; i++)
		acknowledged[i] = workload_check(fault, registry, i, acknowledged[i], false);
	registry_close(registry);
}

static void
kill_daemons(struct fault *fault)
{
	uint32_t acknowledged[WRITERS] = { 0 };
	char root[4200];

	if (!fault_programs(fault, root))
		return;
	fault_need(fault_run("hvctl", "up", NULL));
	for (fault->done = 0; fault->done < fault->rounds; fault->done++) {
		int64_t begin;
		double ms;

		kill_round(fault, root, acknowledged);
		/* What is left goes down, as after any failure, and the host comes up again. */
		fault_run("hvctl", "down", NULL);
		begin = clock_monotonic_ns();
		if (!fault_run("hvctl", "up", NULL))
			fault_failed(fault, "the host does not come up again");
		ms = (double)(clock_monotonic_ns() - begin) / 1e6;
		fault->restart_ms = ms > fault->restart_ms ? ms : fault->restart_ms;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			if (process_of(root, names[i]) <= 0)
				fault_failed(fault, "%s does not answer", names[i]);
		}
	}
	if (!fault_run("hvctl", "down", NULL))
		fault_failed(fault, "the host does not go down");
	fault_check_host(fault, root);
}

/* --- Ended --------------------------------------------------------------------------------------
 */

static int
connect_to(const char *root, const char *name)
{
	struct sockaddr_un address;
	char run[4300];
	char file[64];
	socklen_t length;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int folder;
	int result;

	snprintf(run, sizeof(run), "%s/run", root);
	snprintf(file, sizeof(file), "%s.sock", name);
	folder = open(run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	length = unix_address(folder, file, &address);
	result = connect(fd, (struct sockaddr *)&address, length);
	close(folder);
	if (result == 0)
		return fd;
	close(fd);
	return -1;
}

/* Ask in a row, several at once, until the daemon ends; count what was asked and answered. */
static _Noreturn void
ask_until_end(int fd, int report)
{
	static const char request[] = "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"status\"}\n";
	uint64_t counts[2] = { 0 }; /* whole answers, and broken ones */
	FILE *stream = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	signal(SIGPIPE, SIG_IGN);
	fault_need(stream != NULL);
	for (;;) {
		bool sent = true;

		for (int i = 0; i < 3 && sent; i++)
			sent = write(fd, request, sizeof(request) - 1) == sizeof(request) - 1;
		for (int i = 0; i < 3; i++) {
			json_t *answer;

			length = getline(&line, &room, stream);
			if (length <= 0)
				goto ended;
			answer = json_loads(line, 0, NULL);
			counts[line[length - 1] == '\n' && answer != NULL ? 0 : 1]++;
			json_decref(answer);
		}
	}
ended:
	free(line);
	fault_need(write(report, counts, sizeof(counts)) == sizeof(counts));
	_exit(0);
}

static void
end_round(struct fault *fault, const char *root)
{
	struct buf error = { 0 };
	char path[4300];
	pid_t clients[CLIENTS];
	pid_t daemon = 0;
	int report[2];
	int64_t begin;
	double ms;

	snprintf(path, sizeof(path), "%s/ntoskrnl", getenv("HVEMU_BIN"));
	if (!svc_client_start(path, root, &daemon, &error)) {
		fault_failed(fault, "the daemon does not start: %s", buf_text(&error));
		buf_release(&error);
		return;
	}
	fault_need(pipe(report) == 0);
	for (int i = 0; i < CLIENTS; i++) {
		int fd = connect_to(root, "ntoskrnl");

		clients[i] = fork();
		fault_need(clients[i] >= 0);
		if (clients[i] == 0)
			ask_until_end(fd, report[1]);
		close(fd);
	}
	close(report[1]);
	fault_linger(fault, RUN_US);
	begin = clock_monotonic_ns();
	kill(daemon, SIGTERM);
	if (!svc_client_wait_gone(daemon, END_MS))
		fault_failed(fault, "the daemon is still there after %d ms", END_MS);
	ms = (double)(clock_monotonic_ns() - begin) / 1e6;
	fault->restart_ms = ms > fault->restart_ms ? ms : fault->restart_ms;
	for (int i = 0; i < CLIENTS; i++) {
		uint64_t counts[2] = { 0 };
		int status = 0;

		fault_need(waitpid(clients[i], &status, 0) == clients[i]);
		if (status != 0 || read(report[0], counts, sizeof(counts)) != sizeof(counts))
			fault_failed(fault, "a client could not ask");
		fault->acknowledged += counts[0];
		if (counts[1] > 0)
			fault_torn(
			    fault, "%llu answers were cut off", (unsigned long long)counts[1]);
	}
	close(report[0]);
	buf_release(&error);
	fault_check_host(fault, root);
	snprintf(path, sizeof(path), "%s/registry.db-wal", root);
	if (access(path, F_OK) == 0)
		fault_failed(fault, "the store was not closed");
}

static void
end_daemon(struct fault *fault)
{
	char root[4200];
	pid_t maker;

	if (!fault_programs(fault, root))
		return;
	maker = fork();
	fault_need(maker >= 0);
	if (maker == 0) {
		registry_close(fault_open(root, false));
		_exit(0);
	}
	waitpid(maker, NULL, 0);
	for (fault->done = 0; fault->done < fault->rounds; fault->done++)
		end_round(fault, root);
}

/* --- Without descriptors ------------------------------------------------------------------------
 */

/* Clock ticks that a process has used. */
static uint64_t
ticks_of(pid_t process)
{
	char path[64];
	char line[1024] = "";
	unsigned long user = 0;
	unsigned long kernel = 0;
	const char *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	at = fgets(line, sizeof(line), file) != NULL ? strrchr(line, ')') : NULL;
	fclose(file);
	if (at == NULL || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
	                      &user, &kernel) != 2)
		return 0;
	return user + kernel;
}

static void
starve_round(struct fault *fault, const char *root, pid_t daemon, rlim_t limit)
{
	const struct rlimit few = { limit, 1024 };
	const struct rlimit enough = { 1024, 1024 };
	uint64_t most = (uint64_t)sysconf(_SC_CLK_TCK) * SPIN_MS / 1000 * SPIN_SHARE / 100 + 1;
	int connections[CONNECTIONS];
	uint64_t ticks;
	int64_t end;

	fault_need(prlimit(daemon, RLIMIT_NOFILE, &few, NULL) == 0);
	for (int i = 0; i < CONNECTIONS; i++)
		connections[i] = connect_to(root, "ntoskrnl");
	/* What it uses in a time while nothing changes: there is no event to wait for. */
	poll(NULL, 0, SETTLE_MS);
	ticks = ticks_of(daemon);
	poll(NULL, 0, SPIN_MS);
	ticks = ticks_of(daemon) - ticks;
	if (ticks > most)
		fault_failed(fault, "%llu ticks in %d ms with nothing to do",
		    (unsigned long long)ticks, SPIN_MS);
	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i] >= 0)
			close(connections[i]);
	}
	/* Whoever asks while it still has to notice that the others are gone may be turned away. */
	end = clock_monotonic_ns() + END_MS * 1000000ll;
	while (process_of(root, "ntoskrnl") != daemon && clock_monotonic_ns() < end)
		;
	if (process_of(root, "ntoskrnl") != daemon)
		fault_failed(fault, "no answer with %llu descriptors once others are gone",
		    (unsigned long long)limit);
	fault_need(prlimit(daemon, RLIMIT_NOFILE, &enough, NULL) == 0);
	if (process_of(root, "ntoskrnl") != daemon)
		fault_failed(fault, "no answer with enough descriptors");
}

static void
starve_daemon(struct fault *fault)
{
	static const rlim_t limits[] = { 32, 48, 64, 96, 128 };
	struct buf error = { 0 };
	pid_t daemon = 0;
	char root[4200];
	char path[4200];

	if (!fault_programs(fault, root))
		return;
	registry_close(fault_open(root, false));
	snprintf(path, sizeof(path), "%s/ntoskrnl", getenv("HVEMU_BIN"));
	fault_need(svc_client_start(path, root, &daemon, &error));
	for (fault->done = 0; fault->done < fault->rounds; fault->done++)
		starve_round(fault, root, daemon, limits[fault->done % ARRAY_SIZE(limits)]);
	kill(daemon, SIGTERM);
	if (!svc_client_wait_gone(daemon, END_MS))
		fault_failed(fault, "the daemon is still there after %d ms", END_MS);
	buf_release(&error);
	fault_check_host(fault, root);
}

const struct fault_scenario daemon_scenarios[] = {
	{ "daemon-kill", "1 kill -9 of a host's processes", 3, 100, kill_daemons },
	{ "daemon-descriptors", "6 a daemon without descriptors", 5, 50, starve_daemon },
	{ "daemon-end", "17 SIGTERM under load", 10, 100, end_daemon },
	{ 0 },
};
