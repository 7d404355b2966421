/*
 * The control socket: clients, their lines, and the queues of their answers.
 *
 * What a client may cost is bounded: SVC_CLIENTS_MAX connections, SVC_LINE_MAX bytes of a request.
 * Of a client that does not take its answers, no further request is read while more than
 * SVC_QUEUE_MAX bytes wait for it. A client that closes its side gives up what it is still owed by
 * deferred calls, and gets what is in its queue.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/unix.h"
#include "regstore/svc/internal.h"

#define INPUT_SIZE 65536u /* of one read */
#define BACKLOG    128

struct client {
	uv_pipe_t pipe;
	struct svc *svc;
	struct client *next;
	struct client **link; /* what points here */
	struct buf in;        /* what came and is no whole line, or waits while the queue is full */
	size_t scanned;       /* bytes of it without a newline */
	unsigned deferred;    /* calls whose answers come later */
	bool reading;
	bool ended;   /* no more requests: closed once the queue is empty */
	bool closing; /* uv_close was called */
};

/* One answer in a client's queue. */
struct outgoing {
	uv_write_t request;
	struct buf text;
};

static void take_lines(struct client *client);

/* --- A client's life -------------------------------------------------------------------------- */

static void
on_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;

	*client->link = client->next;
	if (client->next != NULL)
		client->next->link = client->link;
	client->svc->private->client_count--;
	buf_release(&client->in);
	free(client);
}

/* Close at once; what is queued is lost. */
static void
client_close(struct client *client)
{
	if (client->closing)
		return;
	client->closing = true;
	rpc_forget(client->svc, client);
	uv_close((uv_handle_t *)&client->pipe, on_closed);
}

static size_t
queued(const struct client *client)
{
	return uv_stream_get_write_queue_size((const uv_stream_t *)&client->pipe);
}

static void
stop_reading(struct client *client)
{
	if (client->reading)
		uv_read_stop((uv_stream_t *)&client->pipe);
	client->reading = false;
}

/* Take no more requests, flush the queue, then close. */
static void
client_end(struct client *client)
{
	if (client->closing || client->ended)
		return;
	client->ended = true;
	stop_reading(client);
	rpc_forget(client->svc, client);
	if (queued(client) == 0)
		client_close(client);
}

/* --- Answers ---------------------------------------------------------------------------------- */

static void
on_written(uv_write_t *request, int status)
{
	struct outgoing *outgoing = (struct outgoing *)request;
	struct client *client = request->data;

	buf_release(&outgoing->text);
	free(outgoing);
	if (status < 0 || (client->ended && queued(client) == 0))
		client_close(client);
	else
		take_lines(client);
}

static int
dump_to_buf(const char *text, size_t size, void *data)
{
	buf_append(data, text, size);
	return 0;
}

void
control_send(struct client *client, json_t *answer)
{
	struct outgoing *outgoing = NULL;
	uv_buf_t piece;

	if (client == NULL || client->closing) {
		json_decref(answer);
		return;
	}
	outgoing = calloc(1, sizeof(*outgoing));
	if (answer == NULL || outgoing == NULL)
		goto fail;
	if (json_dump_callback(answer, dump_to_buf, &outgoing->text, JSON_COMPACT) != 0)
		goto fail;
	buf_append_byte(&outgoing->text, '\n');
	if (outgoing->text.failed)
		goto fail;
	outgoing->request.data = client;
	piece = (uv_buf_t){ .base = (char *)outgoing->text.data, .len = outgoing->text.size };
	if (uv_write(&outgoing->request, (uv_stream_t *)&client->pipe, &piece, 1, on_written) != 0)
		goto fail;
	json_decref(answer);
	return;

fail: /* a client must not wait for an answer that was lost */
	if (outgoing != NULL)
		buf_release(&outgoing->text);
	free(outgoing);
	json_decref(answer);
	client_close(client);
}

bool
control_hold(struct client *client)
{
	if (client == NULL)
		return true;
	if (client->deferred >= SVC_DEFERRED_MAX)
		return false;
	client->deferred++;
	return true;
}

void
control_unhold(struct client *client)
{
	client->deferred--;
}

/* --- Requests --------------------------------------------------------------------------------- */

/* Send a last error that belongs to no request. */
static void
refuse(struct client *client, const char *what, unsigned limit)
{
	char text[64];

	snprintf(text, sizeof(text), "%s: the limit is %u.", what, limit);
	control_send(client, rpc_error(NULL, SVC_INVALID_REQUEST, text));
	client_end(client);
}

static void
take_line(struct client *client, const char *line, size_t length)
{
	json_t *answer;

	if (length > 0 && line[length - 1] == '\r')
		length--;
	if (length == 0)
		return;
	if (!rpc_handle(client->svc, client, line, length, &answer))
		client_close(client);
	else if (answer != NULL)
		control_send(client, answer);
}

static void
drop_front(struct buf *buf, size_t size)
{
	if (size == 0)
		return;
	memmove(buf->data, buf->data + size, buf->size - size);
	buf_truncate(buf, buf->size - size);
	if (buf->size == 0)
		buf_release(buf); /* an idle client holds no memory */
}

static bool
takes_requests(const struct client *client)
{
	return !client->ended && !client->closing && !client->svc->private->stopping &&
	       queued(client) <= SVC_QUEUE_MAX;
}

static void
on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_room)
{
	struct client *client = handle->data;

	(void)suggested;
	*ret_room = uv_buf_init(client->svc->private->input, INPUT_SIZE);
}

static void
on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
	struct client *client = stream->data;

	if (size == UV_EOF) {
		client_end(client);
	} else if (size < 0) {
		client_close(client);
	} else if (size > 0) {
		buf_append(&client->in, data->base, (size_t)size);
		if (client->in.failed)
			client_close(client);
		else
			take_lines(client);
	}
}

/* Handle the whole lines that have come, while there is room for answers; then read on, or wait. */
static void
take_lines(struct client *client)
{
	size_t start = 0;
	bool too_long = false;

	while (takes_requests(client) && client->scanned < client->in.size) {
		const char *data = (const char *)client->in.data;
		const char *newline =
		    memchr(data + client->scanned, '\n', client->in.size - client->scanned);
		size_t end = newline != NULL ? (size_t)(newline - data) : client->in.size;

		client->scanned = end;
		too_long = end - start > SVC_LINE_MAX;
		if (too_long || newline == NULL)
			break;
		take_line(client, data + start, end - start);
		start = client->scanned = end + 1;
	}
	drop_front(&client->in, start);
	client->scanned -= start;
	if (too_long)
		refuse(client, "The request is too long", SVC_LINE_MAX);
	if (!takes_requests(client)) {
		if (!client->closing)
			stop_reading(client);
	} else if (!client->reading) {
		client->reading =
		    uv_read_start((uv_stream_t *)&client->pipe, on_room, on_read) == 0;
		if (!client->reading)
			client_close(client);
	}
}

/* --- The listener ----------------------------------------------------------------------------- */

/* Only the daemon's own user, and root, may call. */
static bool
peer_is_trusted(struct client *client)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	uv_os_fd_t fd;

	if (uv_fileno((const uv_handle_t *)&client->pipe, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	if (peer.uid == geteuid() || peer.uid == 0)
		return true;
	svc_log(client->svc, "control: refused process %d of user %u", (int)peer.pid,
	    (unsigned)peer.uid);
	return false;
}

static struct client *
accept_client(struct svc *svc, uv_stream_t *listener)
{
	struct svc_private *own = svc->private;
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	if (uv_pipe_init(svc->loop, &client->pipe, 0) != 0) {
		free(client);
		return NULL;
	}
	client->pipe.data = client;
	client->svc = svc;
	client->next = own->clients;
	client->link = &own->clients;
	if (client->next != NULL)
		client->next->link = &client->next;
	own->clients = client;
	own->client_count++;
	if (uv_accept(listener, (uv_stream_t *)&client->pipe) != 0)
		client_close(client);
	return client;
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct svc *svc = listener->data;
	struct client *client;

	if (status < 0) {
		svc_log(svc, "control: cannot accept: %s", uv_strerror(status));
		return;
	}
	client = accept_client(svc, listener);
	if (client == NULL || client->closing)
		svc_log(svc, "control: cannot accept a client");
	else if (!peer_is_trusted(client))
		client_close(client);
	else if (svc->private->client_count > SVC_CLIENTS_MAX)
		refuse(client, "There are too many clients", SVC_CLIENTS_MAX);
	else
		take_lines(client);
}

static void
socket_name(const struct svc *svc, char *name, size_t size)
{
	snprintf(name, size, "%s.sock", svc->name);
}

/* Bind the socket file, in place of one that a dead daemon left. -1 with errno on failure. */
static int
bind_socket(const struct svc *svc)
{
	struct sockaddr_un address;
	char name[64];
	socklen_t length;
	mode_t mask;
	int fd;
	int error = 0;

	socket_name(svc, name, sizeof(name));
	length = unix_address(svc->private->run, name, &address);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	unlinkat(svc->private->run, name, 0);
	mask = umask(0177);
	if (length == 0)
		error = ENAMETOOLONG;
	else if (bind(fd, (struct sockaddr *)&address, length) != 0)
		error = errno;
	umask(mask);
	if (error != 0) {
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

bool
control_open(struct svc *svc)
{
	struct svc_private *own = svc->private;
	int error = 0;
	int fd;

	own->input = malloc(INPUT_SIZE);
	if (own->input == NULL) {
		svc_failed(svc, "There is not enough memory.");
		return false;
	}
	fd = bind_socket(svc);
	if (fd < 0) {
		svc_failed(svc, "The control socket cannot be bound: %s.", strerror(errno));
		return false;
	}
	error = uv_pipe_init(svc->loop, &own->listener, 0);
	if (error == 0) {
		own->listening = true;
		own->listener.data = svc;
		error = uv_pipe_open(&own->listener, fd);
	}
	if (error != 0)
		close(fd);
	else
		error = uv_listen((uv_stream_t *)&own->listener, BACKLOG, on_connection);
	if (error != 0) {
		svc_failed(svc, "The control socket cannot be opened: %s.", uv_strerror(error));
		return false;
	}
	return true;
}

void
control_close(struct svc *svc)
{
	struct svc_private *own = svc->private;
	char name[64];

	if (!own->listening)
		return;
	own->listening = false;
	uv_close((uv_handle_t *)&own->listener, NULL);
	socket_name(svc, name, sizeof(name));
	unlinkat(own->run, name, 0);
	for (struct client *client = own->clients; client != NULL; client = client->next)
		stop_reading(client);
}

/* --- The end ---------------------------------------------------------------------------------- */

static void
on_drain_over(uv_timer_t *timer)
{
	struct svc *svc = timer->data;

	for (struct client *client = svc->private->clients; client != NULL; client = client->next)
		client_close(client);
}

void
control_drain(struct svc *svc)
{
	struct svc_private *own = svc->private;

	rpc_give_up(svc);
	for (struct client *client = own->clients; client != NULL; client = client->next)
		client_end(client);
	if (own->clients != NULL) {
		uv_timer_init(svc->loop, &own->drain);
		own->drain.data = svc;
		uv_timer_start(&own->drain, on_drain_over, SVC_DRAIN_MS, 0);
		while (own->clients != NULL)
			uv_run(svc->loop, UV_RUN_ONCE);
		uv_close((uv_handle_t *)&own->drain, NULL);
	}
	free(own->input);
	own->input = NULL;
}
