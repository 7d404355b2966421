/*
 * Calling a daemon over its control socket, and starting one.
 *
 * Starting: this process makes a go-between, which makes the daemon in a session of its own. The
 * go-between passes on the daemon's line from the readiness pipe and, if the daemon died instead,
 * how it died; then it ends, and the daemon has no parent that could gather or signal it.
 */
#include "regstore/svc/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/base/unix.h"

#define ANSWER_MAX (64u * 1024u * 1024u) /* bytes of one answer */
#define READY_FD   3                     /* of the readiness pipe in a daemon that we start */

/* --- Calling ---------------------------------------------------------------------------------- */

/* A call's connection and its time. */
struct call {
	int fd;
	int64_t deadline; /* clock_monotonic_ns; INT64_MAX: none */
	const char *name;
	struct buf *error;
};

static int
time_left_ms(const struct call *call)
{
	int64_t left = (call->deadline - clock_monotonic_ns() + 999999) / 1000000;

	if (call->deadline == INT64_MAX)
		return -1;
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* Wait until the socket is ready for `events`. False with the error said. */
static bool
wait_for(const struct call *call, short events)
{
	struct pollfd poll_fd = { .fd = call->fd, .events = events };
	int count;

	do {
		count = poll(&poll_fd, 1, time_left_ms(call));
	} while (count < 0 && errno == EINTR);
	if (count > 0)
		return true;
	if (count == 0)
		buf_printf(call->error, "%s did not answer in time.", call->name);
	else
		buf_printf(call->error, "Waiting for %s failed: %s.", call->name, strerror(errno));
	return false;
}

/* Connecting blocks while the daemon's backlog is full: bounded by the send timeout. */
static enum svc_client_status
connect_to(struct call *call, const char *root)
{
	struct sockaddr_un address;
	struct timeval timeout = { 0 };
	struct buf path = { 0 };
	char socket_file[64];
	socklen_t length = 0;
	int left = time_left_ms(call);
	int error = 0;
	int run;

	buf_printf(&path, "%s/run", root);
	run = open(buf_text(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	error = run < 0 ? errno : 0;
	buf_release(&path);
	call->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (call->fd < 0)
		error = errno;
	if (left == 0)
		left = 1; /* a zero timeout means none */
	timeout.tv_sec = left / 1000;
	timeout.tv_usec = (left % 1000) * 1000;
	if (error == 0 && left > 0)
		setsockopt(call->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	snprintf(socket_file, sizeof(socket_file), "%s.sock", call->name);
	if (error == 0)
		length = unix_address(run, socket_file, &address);
	if (error == 0 && length == 0)
		error = ENAMETOOLONG;
	if (error == 0 && connect(call->fd, (struct sockaddr *)&address, length) != 0)
		error = errno;
	if (run >= 0)
		close(run);
	if (error == 0)
		return SVC_CLIENT_OK;
	if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) {
		buf_printf(call->error, "%s is not running.", call->name);
		return SVC_CLIENT_NOT_RUNNING;
	}
	buf_printf(call->error, "Cannot connect to %s: %s.", call->name,
	    error == EAGAIN ? "it did not answer in time" : strerror(error));
	return SVC_CLIENT_BROKEN;
}

/* A daemon may refuse a line before it has read all of it, so a broken pipe is no failure yet. */
static bool
send_line(const struct call *call, const struct buf *line)
{
	size_t sent = 0;

	while (sent < line->size) {
		ssize_t size = send(
		    call->fd, line->data + sent, line->size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (size >= 0) {
			sent += (size_t)size;
		} else if (errno == EAGAIN) {
			if (!wait_for(call, POLLOUT))
				return false;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return true;
		} else if (errno != EINTR) {
			buf_printf(
			    call->error, "Cannot write to %s: %s.", call->name, strerror(errno));
			return false;
		}
	}
	return true;
}

static bool
receive_line(const struct call *call, struct buf *line)
{
	while (line->size == 0 || line->data[line->size - 1] != '\n') {
		ssize_t size;

		if (!buf_reserve(line, 4096) || line->size > ANSWER_MAX) {
			buf_printf(call->error, "The answer of %s is too large.", call->name);
			return false;
		}
		if (!wait_for(call, POLLIN))
			return false;
		size = recv(
		    call->fd, line->data + line->size, line->capacity - line->size, MSG_DONTWAIT);
		if (size > 0) {
			line->size += (size_t)size;
		} else if (size == 0) {
			buf_printf(
			    call->error, "%s closed the connection without an answer.", call->name);
			return false;
		} else if (errno != EAGAIN && errno != EINTR) {
			buf_printf(
			    call->error, "Cannot read from %s: %s.", call->name, strerror(errno));
			return false;
		}
	}
	return true;
}

static bool
make_request(const char *method, const json_t *params, struct buf *line)
{
	json_t *request = json_pack("{s:s, s:i, s:s}", "jsonrpc", "2.0", "id", 1, "method", method);
	char *text = NULL;

	/* The request holds a reference for a moment; nothing of the caller's object changes. */
	if (request != NULL && params != NULL &&
	    json_object_set(request, "params", (json_t *)(uintptr_t)params) != 0) {
		json_decref(request);
		return false;
	}
	if (request != NULL)
		text = json_dumps(request, JSON_COMPACT);
	if (text != NULL) {
		buf_append_text(line, text);
		buf_append_byte(line, '\n');
	}
	free(text);
	json_decref(request);
	return text != NULL && !line->failed;
}

/* Take the answer apart. */
static enum svc_client_status
read_answer(const struct call *call, const struct buf *line, json_t **ret_result)
{
	json_t *answer = json_loadb((const char *)line->data, line->size, 0, NULL);
	const char *version = json_string_value(json_object_get(answer, "jsonrpc"));
	json_t *result = json_object_get(answer, "result");
	const char *message =
	    json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
	enum svc_client_status status = SVC_CLIENT_BROKEN;

	if (version == NULL || strcmp(version, "2.0") != 0 || (result == NULL && message == NULL)) {
		buf_printf(call->error, "The answer of %s is not JSON-RPC 2.0.", call->name);
	} else if (message != NULL) {
		buf_append_text(call->error, message);
		status = SVC_CLIENT_ERROR;
	} else {
		*ret_result = json_incref(result);
		status = SVC_CLIENT_OK;
	}
	json_decref(answer);
	return status;
}

enum svc_client_status
svc_client_call(const char *root, const char *name, const char *method, const json_t *params,
    int timeout_ms, json_t **ret_result, struct buf *error)
{
	struct call call = { .fd = -1, .deadline = INT64_MAX, .name = name, .error = error };
	struct buf line = { 0 };
	enum svc_client_status status = SVC_CLIENT_BROKEN;

	if (timeout_ms >= 0)
		call.deadline = clock_monotonic_ns() + timeout_ms * 1000000ll;
	if (!make_request(method, params, &line)) {
		buf_append_text(error, "The request cannot be written as JSON.");
		goto out;
	}
	status = connect_to(&call, root);
	if (status != SVC_CLIENT_OK)
		goto out;
	status = SVC_CLIENT_BROKEN;
	if (!send_line(&call, &line))
		goto out;
	buf_clear(&line);
	if (receive_line(&call, &line))
		status = read_answer(&call, &line, ret_result);
out:
	if (call.fd >= 0)
		close(call.fd);
	buf_release(&line);
	return status;
}

/* --- Starting --------------------------------------------------------------------------------- */

static void
write_text(int fd, const char *text)
{
	size_t size = strlen(text);

	while (size > 0) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno != EINTR)
			return;
		if (written > 0) {
			text += written;
			size -= (size_t)written;
		}
	}
}

/* Append what comes from a pipe, to its end. */
static void
read_all(int fd, struct buf *out)
{
	char chunk[512];
	ssize_t size;

	while ((size = read(fd, chunk, sizeof(chunk))) != 0) {
		if (size > 0)
			buf_append(out, chunk, (size_t)size);
		else if (errno != EINTR)
			return;
	}
}

/* This process's environment with HVEMU_READY_FD; the array is the caller's, its texts are not. */
static char **
make_environment(void)
{
	static char ready[32];
	size_t count = 0;
	size_t kept = 0;
	char **list;

	while (environ != NULL && environ[count] != NULL)
		count++;
	list = calloc(count + 2, sizeof(*list));
	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (strncmp(environ[i], "HVEMU_READY_FD=", 15) != 0)
			list[kept++] = environ[i];
	}
	snprintf(ready, sizeof(ready), "HVEMU_READY_FD=%d", READY_FD);
	list[kept] = ready;
	return list;
}

/* The daemon-to-be: standard streams to nowhere, the readiness pipe at READY_FD, nothing else. */
static _Noreturn void
become_daemon(const char *program, const char *root, char **environment, int ready)
{
	char *const arguments[] = { (char *)(uintptr_t)program, (char *)(uintptr_t) "--root",
		(char *)(uintptr_t)root, NULL };
	sigset_t none;
	int null = open("/dev/null", O_RDWR);
	char text[128];

	/* First out of the way of the numbers that are filled next. */
	ready = fcntl(ready, F_DUPFD, READY_FD + 1);
	if (null < 0 || ready < 0)
		_exit(127);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	dup2(ready, READY_FD);
	close_range(READY_FD + 1, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (chdir("/") == 0)
		execve(program, arguments, environment);
	snprintf(
	    text, sizeof(text), "failed The program cannot be started: %s.\n", strerror(errno));
	write_text(READY_FD, text);
	_exit(127);
}

/* The go-between: writes to `relay` the daemon's own line, or how it died. */
static _Noreturn void
go_between(const char *program, const char *root, char **environment, int relay)
{
	struct buf line = { 0 };
	char text[64];
	int ready[2];
	int status = 0;
	pid_t pid;

	setsid();
	if (pipe2(ready, O_CLOEXEC) != 0)
		_exit(1);
	pid = fork();
	if (pid < 0)
		_exit(1);
	if (pid == 0)
		become_daemon(program, root, environment, ready[1]);
	close(ready[1]);
	read_all(ready[0], &line);
	write_text(relay, buf_text(&line));
	if (strncmp(buf_text(&line), "ready ", 6) != 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFSIGNALED(status))
			snprintf(text, sizeof(text), "signal %d\n", WTERMSIG(status));
		else
			snprintf(text, sizeof(text), "exit %d\n", WEXITSTATUS(status));
		if (line.size == 0)
			write_text(relay, text);
	}
	_exit(0);
}

/* Judge the line that the go-between passed on. */
static bool
read_verdict(struct buf *line, pid_t *ret_pid, struct buf *error)
{
	const char *text = buf_text(line);
	size_t length = strcspn(text, "\n");
	int number = 0;

	if (sscanf(text, "ready %d", &number) == 1 && number > 0) {
		*ret_pid = number;
		return true;
	}
	if (strncmp(text, "failed ", 7) == 0)
		buf_append(error, text + 7, length - 7);
	else if (sscanf(text, "exit %d", &number) == 1)
		buf_printf(error, "It ended with status %d before it was ready.", number);
	else if (sscanf(text, "signal %d", &number) == 1)
		buf_printf(error, "It was killed by signal %d (%s) before it was ready.", number,
		    strsignal(number));
	else
		buf_append_text(error, "It could not be started.");
	return false;
}

bool
svc_client_start(const char *program, const char *root, pid_t *ret_pid, struct buf *error)
{
	char program_path[PATH_MAX];
	char root_path[PATH_MAX];
	char **environment = NULL;
	struct buf line = { 0 };
	int relay[2];
	bool ready = false;
	pid_t pid;

	if (realpath(program, program_path) == NULL) {
		buf_printf(error, "There is no program %s: %s.", program, strerror(errno));
		return false;
	}
	if (realpath(root, root_path) == NULL) {
		buf_printf(error, "There is no host in %s: %s.", root, strerror(errno));
		return false;
	}
	environment = make_environment();
	if (environment == NULL || pipe2(relay, O_CLOEXEC) != 0) {
		buf_printf(error, "Cannot start %s: %s.", program, strerror(errno));
		free(environment);
		return false;
	}
	pid = fork();
	if (pid == 0) {
		close(relay[0]);
		go_between(program_path, root_path, environment, relay[1]);
	}
	close(relay[1]);
	if (pid < 0) {
		buf_printf(error, "Cannot start %s: %s.", program, strerror(errno));
	} else {
		read_all(relay[0], &line);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		ready = read_verdict(&line, ret_pid, error);
	}
	close(relay[0]);
	free(environment);
	buf_release(&line);
	return ready;
}

bool
svc_client_wait_gone(pid_t pid, int timeout_ms)
{
	struct pollfd poll_fd = { .events = POLLIN };
	struct call call = { .deadline = INT64_MAX };
	int count;

	if (timeout_ms >= 0)
		call.deadline = clock_monotonic_ns() + timeout_ms * 1000000ll;
	poll_fd.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (poll_fd.fd < 0) /* gone, or an old kernel, where all we can do is look */
		return kill(pid, 0) != 0 && errno == ESRCH;
	do {
		count = poll(&poll_fd, 1, time_left_ms(&call));
	} while (count < 0 && errno == EINTR);
	close(poll_fd.fd);
	return count > 0;
}

void
svc_client_program(const char *name, struct buf *out)
{
	const char *folder = getenv("HVEMU_LIBEXEC");
	char own[PATH_MAX];
	ssize_t length;
	size_t start = out->size;
	char *slash;

	if (folder != NULL && folder[0] != '\0') {
		buf_printf(out, "%s/%s", folder, name);
		return;
	}
	length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	own[length > 0 ? (size_t)length : 0] = '\0';
	slash = strrchr(own, '/');
	if (slash != NULL)
		*slash = '\0';
	buf_printf(out, "%s/%s", own, name);
	if (access(buf_text(out) + start, X_OK) == 0)
		return;
	buf_truncate(out, start);
	buf_printf(out, "%s/../libexec/hvemu/%s", own, name);
}
