/*
 * The client's side of the control sockets, and starting daemons: for commands, not for daemons.
 * Blocking, without a loop.
 */
#ifndef REGSTORE_SVC_CLIENT_H
#define REGSTORE_SVC_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "regstore/base/buf.h"

enum svc_client_status {
	SVC_CLIENT_OK,
	SVC_CLIENT_NOT_RUNNING, /* no socket, or nobody listens */
	SVC_CLIENT_ERROR,       /* the daemon answered with an error */
	SVC_CLIENT_BROKEN, /* the connection failed, timed out, or the answer is not JSON-RPC */
};

/*
 * Call a method of the daemon `name` of the host in `root` and wait for its answer, at most
 * `timeout_ms` (-1: without limit). On SVC_CLIENT_OK *ret_result is the caller's. Else `error` has
 * one sentence. `params` (borrowed) may be NULL.
 */
enum svc_client_status svc_client_call(const char *root, const char *name, const char *method,
    const json_t *params, int timeout_ms, json_t **ret_result, struct buf *error);

/*
 * Start a daemon of the host detached from this process and wait until it says that it is ready, or
 * that it failed or died. `program` is its path. Returns true when ready, with its pid; else
 * `error` says why (the daemon's own sentence).
 */
bool svc_client_start(const char *program, const char *root, pid_t *ret_pid, struct buf *error);

/* Wait until the daemon's process is gone, at most `timeout_ms`. True if it is. */
bool svc_client_wait_gone(pid_t pid, int timeout_ms);

/*
 * Append the path of a program that is installed beside this one: in $HVEMU_LIBEXEC if set, else in
 * this program's own folder, else in ../libexec/hvemu from there.
 */
void svc_client_program(const char *name, struct buf *out);

#endif
