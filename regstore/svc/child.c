/*
 * Starting and watching daemons from a daemon.
 */
#include "regstore/svc/child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "regstore/svc/client.h"

#define READY_FD      3 /* of the readiness pipe in the child */
#define ARGUMENTS_MAX 16u

/* --- The end
 * -------------------------------------------------------------------------------------- */

static void
handle_closed(uv_handle_t *handle)
{
	struct svc_child *child = handle->data;

	if (--child->handles > 0)
		return;
	if (child->pidfd >= 0)
		close(child->pidfd);
	child->pidfd = -1;
	child->pid = 0;
	child->ended(child);
}

static void
close_handle(struct svc_child *child, uv_handle_t *handle)
{
	if (handle->data == child && !uv_is_closing(handle))
		uv_close(handle, handle_closed);
}

static void
end(struct svc_child *child)
{
	if (child->ending)
		return;
	child->ending = true;
	svc_timer_stop(&child->timer);
	close_handle(child, (uv_handle_t *)&child->pipe);
	close_handle(child, (uv_handle_t *)&child->process);
	close_handle(child, (uv_handle_t *)&child->gone);
}

static void
process_exited(uv_process_t *process, int64_t status, int term_signal)
{
	struct svc_child *child = process->data;

	child->status = term_signal != 0 ? -1 : (int)status;
	child->signal = term_signal;
	if (!child->is_ready && child->fault[0] == '\0')
		snprintf(child->fault, sizeof(child->fault),
		    "its process ended with status %d, signal %d", child->status, child->signal);
	end(child);
}

static void
pidfd_ready(uv_poll_t *poll, int status UNUSED, int events UNUSED)
{
	struct svc_child *child = poll->data;

	child->status = -1;
	end(child);
}

void
svc_child_let_go(struct svc_child *child)
{
	child->let_go = true;
	end(child);
}

void
svc_child_kill(struct svc_child *child, int number)
{
	if (child->pid > 0 && !child->ending)
		kill(child->pid, number);
}

/* --- The timer
 * ------------------------------------------------------------------------------------ */

static void
timer_fired(struct svc_timer *timer)
{
	struct svc_child *child = timer->self;

	child->timed_out(child);
}

void
svc_child_set_timer(
    struct svc_child *child, uint64_t timeout_ms, void (*timed_out)(struct svc_child *child))
{
	if (child->ending)
		return;
	child->timed_out = timed_out;
	if (timed_out != NULL)
		svc_timer_start(child->svc, &child->timer, timeout_ms, timer_fired);
	else
		svc_timer_stop(&child->timer);
}

/* --- The start
 * ------------------------------------------------------------------------------------ */

/* The child says "ready PID" or "failed SENTENCE" on one line. */
static void
take_line(struct svc_child *child)
{
	char *stop = memchr(child->line, '\n', child->line_size);

	if (stop == NULL || child->is_ready)
		return;
	*stop = '\0';
	if (strncmp(child->line, "ready ", 6) == 0) {
		child->is_ready = true;
		if (!child->ending)
			child->ready(child);
	} else {
		snprintf(child->fault, sizeof(child->fault), "%s",
		    strncmp(child->line, "failed ", 7) == 0 ? child->line + 7 : child->line);
	}
}

static void
give_room(uv_handle_t *handle, size_t suggested UNUSED, uv_buf_t *buf)
{
	struct svc_child *child = handle->data;

	buf->base = child->line + child->line_size;
	buf->len = sizeof(child->line) - child->line_size;
}

static void
line_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf UNUSED)
{
	struct svc_child *child = stream->data;

	if (size < 0) {
		close_handle(child, (uv_handle_t *)stream);
		return;
	}
	child->line_size += (size_t)size;
	take_line(child);
}

/* Whether a text of the environment sets a name that one of ours sets too. */
static bool
is_overridden(const char *text, const char *const *ours)
{
	size_t length = strcspn(text, "=") + 1;

	for (; ours != NULL && *ours != NULL; ours++) {
		if (strncmp(*ours, text, length) == 0)
			return true;
	}
	return strncmp(text, "HVEMU_READY_FD=", 15) == 0;
}

/* The child's environment: a list for the caller to free, of texts that are not its own. */
static char **
make_environment(const char *const *ours)
{
	static char ready[] = "HVEMU_READY_FD=3";
	size_t count = 2;
	char **list;

	for (char **at = environ; *at != NULL; at++)
		count++;
	for (const char *const *at = ours; at != NULL && *at != NULL; at++)
		count++;
	list = calloc(count, sizeof(*list));
	if (list == NULL)
		return NULL;
	count = 0;
	list[count++] = ready;
	for (const char *const *at = ours; at != NULL && *at != NULL; at++)
		list[count++] = (char *)(uintptr_t)*at;
	for (char **at = environ; *at != NULL; at++) {
		if (!is_overridden(*at, ours))
			list[count++] = *at;
	}
	return list;
}

static int
spawn(struct svc_child *child, char **arguments, char **environment)
{
	uv_stdio_container_t stdio[READY_FD + 1] = { 0 };
	uv_process_options_t options = {
		.exit_cb = process_exited,
		.file = arguments[0],
		.args = arguments,
		.env = environment,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = READY_FD + 1,
		.stdio = stdio,
	};

	stdio[READY_FD].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
	stdio[READY_FD].data.stream = (uv_stream_t *)&child->pipe;
	child->process.data = child;
	child->handles++;
	return uv_spawn(child->svc->loop, &child->process, &options);
}

static void
reset(struct svc *svc, struct svc_child *child)
{
	*child = (struct svc_child){ .self = child->self,
		.ready = child->ready,
		.ended = child->ended,
		.svc = svc,
		.timer = { .self = child },
		.pidfd = -1 };
}

bool
svc_child_start(struct svc *svc, struct svc_child *child, const char *program,
    const char *const *arguments, const char *const *environment)
{
	char *list[ARGUMENTS_MAX] = { 0 };
	struct buf path = { 0 };
	char **variables = make_environment(environment);
	size_t count = 1;
	int status = UV_ENOMEM;

	reset(svc, child);
	uv_pipe_init(svc->loop, &child->pipe, 0);
	child->pipe.data = child;
	child->handles++;
	svc_client_program(program, &path);
	list[0] = (char *)(uintptr_t)buf_text(&path);
	for (; arguments != NULL && *arguments != NULL && count + 3 < ARGUMENTS_MAX; arguments++)
		list[count++] = (char *)(uintptr_t)*arguments;
	list[count++] = (char *)(uintptr_t) "--root";
	list[count] = (char *)(uintptr_t)svc->root;
	if (variables != NULL && !path.failed)
		status = spawn(child, list, variables);
	if (status == 0) {
		child->pid = child->process.pid;
		uv_read_start((uv_stream_t *)&child->pipe, give_room, line_read);
	} else {
		snprintf(child->fault, sizeof(child->fault), "%s: %s", buf_text(&path),
		    uv_strerror(status));
		end(child);
	}
	free(variables);
	buf_release(&path);
	return status == 0;
}

bool
svc_child_take_over(struct svc *svc, struct svc_child *child, pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		return false;
	reset(svc, child);
	child->pidfd = pidfd;
	child->pid = pid;
	child->is_ready = true;
	uv_poll_init(svc->loop, &child->gone, pidfd);
	child->gone.data = child;
	child->handles++;
	uv_poll_start(&child->gone, UV_READABLE, pidfd_ready);
	return true;
}
