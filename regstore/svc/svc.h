/*
 * The daemon skeleton: one main for every process of a host.
 *
 * A daemon is a table of named stages, brought up in order and taken down in reverse. Around it
 * stand the same things everywhere: the event loop (libuv), the registry connection, the log, the
 * control socket run/<name>.sock (JSON-RPC 2.0, one object a line), signals (SIGTERM and SIGINT
 * drain and stop, SIGHUP re-reads and opens the log anew), and wake-ups of the registry watches.
 * uv.h is included by svc/ and by those who need timers of their own.
 *
 * The control socket opens when all stages are up: a daemon that answers is ready. On the way down
 * it takes no more requests, the stages go down, and what was answered is flushed (SVC_DRAIN_MS at
 * most).
 *
 * With HVEMU_READY_FD in the environment the daemon writes "ready PID" or "failed SENTENCE" as one
 * line to that descriptor and closes it. run/<name>.lock is locked while the daemon lives, and has
 * its pid: one daemon of a name a host.
 *
 * Command line of every daemon: --root DIR, --foreground (log to standard error too), --describe
 * (print the tunables as JSON and exit), -n (open the registry, check the tunables, report faults,
 * exit), --help, --version. Exit status 0, 1 (failed), 2 (usage).
 */
#ifndef REGSTORE_SVC_SVC_H
#define REGSTORE_SVC_SVC_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "regstore/registry/registry.h"
#include "regstore/tunable/tunable.h"

struct svc;
struct svc_call;
struct svc_later;

/* One step of a daemon's life. `up` returns false with a sentence in svc_failed(). */
struct svc_stage {
	const char *name;
	bool (*up)(struct svc *svc);
	void (*down)(struct svc *svc); /* may be NULL */
};

/*
 * One method of the control socket. Returns the result (owned by the caller afterwards), or NULL
 * after svc_error() set the JSON-RPC error or svc_defer() put the answer off. `params` is an
 * object, or NULL when none was sent.
 */
struct svc_method {
	const char *name;
	json_t *(*call)(struct svc *svc, const json_t *params, struct svc_call *call);
	const char *doc;
};

/* A call under way, for svc_error() and svc_defer(). */
struct svc_call {
	int code;                /* JSON-RPC error code, 0 for none */
	char text[512];          /* its message */
	struct svc_later *later; /* the answer comes later */
	/* private to control.c and rpc.c */
	struct client *client;
	json_t *id; /* NULL: a notification, which gets no answer */
};

/* JSON-RPC 2.0 error codes; -32000 and below are ours. */
#define SVC_PARSE_ERROR      (-32700)
#define SVC_INVALID_REQUEST  (-32600)
#define SVC_METHOD_NOT_FOUND (-32601)
#define SVC_INVALID_PARAMS   (-32602)
#define SVC_INTERNAL_ERROR   (-32603)
#define SVC_FAILED           (-32000)

/* Limits on what a client controls. */
#define SVC_CLIENTS_MAX  64u
#define SVC_LINE_MAX     (1024u * 1024u) /* bytes of one request */
#define SVC_QUEUE_MAX    (1024u * 1024u) /* bytes not yet taken, above which requests wait */
#define SVC_DEFERRED_MAX 64u             /* calls of one client whose answers come later */
#define SVC_DRAIN_MS     2000u           /* for slow readers, on the way down */

struct svc {
	/* Set by main before svc_main. */
	const char *name;                 /* "ntoskrnl": of the socket and the log */
	const char *doc;                  /* one line for --help */
	const struct svc_stage *stages;   /* ends with name NULL */
	const struct svc_method *methods; /* ends with name NULL; beside the built-in ones */
	const struct tunable_table *const *tables;
	size_t table_count;
	void (*reload)(struct svc *svc);  /* SIGHUP and the method "reload" without its own */
	void (*changed)(struct svc *svc); /* some registry watch was marked */
	void *self;                       /* the daemon's own state */

	/* Valid from the first stage on. */
	const char *root;
	uv_loop_t *loop;
	struct registry *registry;
	struct tunable_catalog catalog;
	struct svc_private *private;
};

/* Run a daemon from its main: parse, open, stages, loop, down. Returns the exit status. */
int svc_main(struct svc *svc, int argc, char **argv);

/* Ask the loop to end: the stages go down in reverse, then svc_main returns. */
void svc_stop(struct svc *svc);

/* Why a stage failed; one sentence. */
void svc_failed(struct svc *svc, const char *format, ...) PRINTF_LIKE(2, 3);

/* Fill in a call's error. Always returns NULL, for "return svc_error(...)". */
json_t *svc_error(struct svc_call *call, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/*
 * In a method that then returns NULL: the answer comes later, by svc_answer() or
 * svc_answer_error(), which the daemon owes. Answers may come in any order; one whose client is
 * gone is dropped. What is still owed when the last stage is down is answered with an error.
 * Returns NULL with the call's error set when the client has SVC_DEFERRED_MAX such calls already.
 */
struct svc_later *svc_defer(struct svc *svc, struct svc_call *call);

/* Answer a deferred call; `result` and `later` are taken. A NULL result is "no memory". */
void svc_answer(struct svc_later *later, json_t *result);
void svc_answer_error(struct svc_later *later, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/*
 * Wait for the registry's watches on the loop from now on: svc->changed is called when one was
 * marked. To be called after the first registry_watch. Returns false after svc_failed().
 */
bool svc_watch_registry(struct svc *svc);

/* One line to the daemon's log (log/<name>.log, and standard error with --foreground). */
void svc_log(struct svc *svc, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
