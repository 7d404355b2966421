/*
 * A daemon that another daemon starts and watches, or takes over from the one before it.
 *
 * The child is a daemon on this skeleton (svc.h): it says on its readiness pipe when it is ready or
 * why it is not. It is in a session of its own and outlives its parent unless it is told to end.
 * Everything happens on the parent's loop; a child's callbacks are called on it.
 */
#ifndef REGSTORE_SVC_CHILD_H
#define REGSTORE_SVC_CHILD_H

#include "regstore/svc/timer.h"

#define SVC_CHILD_LINE 600u /* bytes of what a child says of its start */

struct svc_child {
	/* Set before the start; `self` is the owner's. */
	void *self;
	void (*ready)(struct svc_child *child); /* it is ready */
	/*
	 * It is over: the process is gone, or was let go, and nothing of it is left on the loop, so
	 * that the memory may go or be used again. Called once for each start or take-over.
	 */
	void (*ended)(struct svc_child *child);

	/* To be read. */
	pid_t pid; /* 0: no process */
	bool is_ready;
	bool let_go; /* by svc_child_let_go */
	int status;  /* the exit status; -1 if a signal ended it, or it was taken over */
	int signal;  /* that ended it, or 0 */
	char fault[SVC_CHILD_LINE]; /* why it did not get ready; "" if it did not say */

	/* private to child.c */
	struct svc *svc;
	uv_process_t process;
	uv_pipe_t pipe;
	uv_poll_t gone;
	struct svc_timer timer;
	void (*timed_out)(struct svc_child *child);
	int pidfd;
	unsigned handles;
	bool ending;
	char line[SVC_CHILD_LINE];
	size_t line_size;
};

/*
 * Start a program of the host (see svc_client_program for where it is found). `arguments` (or NULL)
 * go before --root and the host's folder; `environment` (or NULL) are NAME=VALUE texts beside the
 * parent's own. Both end with NULL. On failure returns false with a sentence in child->fault, and
 * `ended` is still called, later.
 */
bool svc_child_start(struct svc *svc, struct svc_child *child, const char *program,
    const char *const *arguments, const char *const *environment);

/* Watch a daemon that another process started; it counts as ready. False if there is no such one.
 */
bool svc_child_take_over(struct svc *svc, struct svc_child *child, pid_t pid);

/*
 * Call `timed_out` once in `timeout_ms` of the host's clock, unless it is set anew (NULL: not at
 * all) or ends before.
 */
void svc_child_set_timer(
    struct svc_child *child, uint64_t timeout_ms, void (*timed_out)(struct svc_child *child));

/* Send a signal to the process, if there is one. */
void svc_child_kill(struct svc_child *child, int number);

/* Watch it no longer; it goes on. `ended` is called. */
void svc_child_let_go(struct svc_child *child);

#endif
