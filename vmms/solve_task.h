/*
 * A question to solve about one value by its name, on a host or without one.
 */
#ifndef VMMS_SOLVE_TASK_H
#define VMMS_SOLVE_TASK_H

#include <jansson.h>

#include "regstore/registry/registry.h"
#include "regstore/tunable/solve.h"

#define SOLVE_READERS_MAX 8u

struct solve_task {
	/* What is asked; the caller's. */
	const struct tunable_catalog *catalog;
	struct registry *registry; /* NULL: there is no host */
	const char *target;        /* "NAME" or "KEY\NAME" */
	const char *goal;
	/*
	 * What the reader with number `at` is given, which lives until the task is released; NULL
	 * with a sentence in task->error.
	 */
	const struct tunable_case *(*given)(
	    struct solve_task *task, size_t at, const struct tunable_entry *entry);
	/* What was found. */
	const char *name; /* of the value */
	struct buf key;   /* concrete */
	struct solve_reader readers[SOLVE_READERS_MAX];
	struct solve_question question; /* registry and options are the caller's */
	struct solve_answer answer;
	struct buf error;
};

enum solve_asked {
	SOLVE_ASKED,      /* there is an answer: answer.found says which */
	SOLVE_UNKNOWN,    /* no reader knows the name */
	SOLVE_UNCLEAR,    /* it is several values' name, or of several instances of a key */
	SOLVE_UNREADABLE, /* what a reader is given is not to be had */
	SOLVE_NO_MEMORY,
};

/* Find the value's readers and an answer; else a sentence in task->error. The task is released. */
enum solve_asked solve_task_ask(struct solve_task *task);
void solve_task_release(struct solve_task *task);

/* Append why nothing makes the value the goal: what that becomes, and what is nearest. */
void solve_task_reason(struct solve_task *task, struct buf *out);

/* Append "HKEY_LOCAL_MACHINE\...": the key of a changed value, in the instance that is meant. */
void solve_task_key(struct solve_task *task, const struct tunable_entry *entry, struct buf *out);

/* The name of a changed value: the judged one's as it was asked for, else the row's. */
const char *solve_task_name(struct solve_task *task, const struct tunable_entry *entry);

/* Append bcdedit's command that makes the change of a boot option. */
void
solve_task_command(struct solve_task *task, const struct solve_change *change, struct buf *out);

/*
 * The answer as an object: name goal found changes conditions readers reason instead nearest_below
 * nearest_above. NULL without memory. The caller owns it.
 */
json_t *solve_task_json(struct solve_task *task);

#endif
