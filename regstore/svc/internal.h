/*
 * What the files of the daemon skeleton share.
 */
#ifndef REGSTORE_SVC_INTERNAL_H
#define REGSTORE_SVC_INTERNAL_H

#include "regstore/svc/svc.h"

struct client;

struct svc_private {
	/* svc.c */
	uv_loop_t loop;
	uv_signal_t signals[3];
	uv_poll_t watch;
	bool loop_open;
	bool watching;
	bool stopping;
	size_t stages_up;
	char root[4096];  /* PATH_MAX */
	int run;          /* the folder run/; -1 while closed */
	int lock;         /* run/<name>.lock, locked; -1 without */
	int64_t started;  /* clock_monotonic_ns */
	char reason[512]; /* by svc_failed */

	/* timer.c */
	uv_timer_t clock;         /* for the first of: */
	struct svc_timer *timers; /* in the order in which they are due */
	uint64_t timer_turn;      /* how many were started */
	struct store_watch *clock_watch;

	/* log.c */
	int log;      /* -1 while closed */
	int log_home; /* the folder log/ */
	int ready;    /* HVEMU_READY_FD; -1 once written or if there is none */
	bool foreground;

	/* control.c */
	uv_pipe_t listener;
	uv_timer_t drain;
	bool listening;
	struct client *clients;
	size_t client_count;
	struct svc_later *laters; /* the answers that are owed */
	char *input;              /* where all clients' reads arrive */
};

/* --- log.c --- */

/* Open (or open anew) log/<name>.log; the folder is made. False with a sentence in svc_failed. */
bool log_open(struct svc *svc);
void log_close(struct svc *svc);

/* The readiness pipe: take it from the environment, and say one line. */
void ready_take(struct svc *svc);
void ready_say(struct svc *svc, const char *word, const char *text);

/* --- timer.c --- */

/* Make the timers usable on the loop; drop them all. */
bool timers_open(struct svc *svc);
void timers_close(struct svc *svc);

/* Fire what is due. */
void timers_fire(struct svc *svc);

/* Whether the clock's watch was marked; then what is due was fired. */
bool timers_woken(struct svc *svc);

/* {time, paused, timers, next}; `next` is how far the first is off, in 100 ns, or null. */
json_t *timers_json(const struct svc *svc);

/* --- control.c --- */

/* Bind run/<name>.sock and listen. False with a sentence in svc_failed. */
bool control_open(struct svc *svc);

/* Take no more clients and no more requests. Does nothing when not open. */
void control_close(struct svc *svc);

/* Answer what is owed, flush, and close all clients; runs the loop. */
void control_drain(struct svc *svc);

/* Put an answer (taken) into a client's queue. */
void control_send(struct client *client, json_t *answer);

/* The counts of one client's deferred calls: false when it has its fill. */
bool control_hold(struct client *client);
void control_unhold(struct client *client);

/* --- rpc.c --- */

/*
 * Handle one request line of a client (NULL: of nobody, for tests). *ret_answer, the caller's, is
 * NULL when none is due now. Returns false without memory for the answer.
 */
bool rpc_handle(
    struct svc *svc, struct client *client, const char *line, size_t length, json_t **ret_answer);

/* An error's answer; `id` (borrowed) may be NULL for null. NULL without memory. */
json_t *rpc_error(json_t *id, int code, const char *text);

/* Forget a client that is gone in the calls that it is owed an answer for. */
void rpc_forget(struct svc *svc, const struct client *client);

/* Answer all that is owed with an error. */
void rpc_give_up(struct svc *svc);

#endif
