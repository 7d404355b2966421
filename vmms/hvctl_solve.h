/*
 * solve: what its parts share. hvctl_solve.c asks, hvctl_answer.c prints.
 */
#ifndef VMMS_HVCTL_SOLVE_H
#define VMMS_HVCTL_SOLVE_H

#include "regstore/tunable/solve.h"
#include "vmms/hvctl.h"

#define SOLVE_READERS_MAX 8u
#define SOLVE_STATES_MAX  32u
#define SOLVE_OPTIONS_MAX 32u

struct solve_task;

/* What the host's boot configuration holds for an option. */
struct solve_option {
	const char *name;
	bool present;
	uint32_t type;
	struct buf data;
};

/* What one reader finds on the host. */
struct solve_found {
	struct tunable_case given; /* first: the interpreter hands this back */
	struct solve_task *task;
	struct tunable_snapshot *snapshot; /* or NULL: nothing */
	struct tunable_snapshot_case values;
};

/* One call of the command. */
struct solve_task {
	struct hvctl *hvctl;
	struct registry *registry; /* NULL: there is no host */
	char *target;              /* "NAME" or "KEY\NAME" */
	const char *goal;
	const char *name; /* of the value */
	struct buf key;   /* concrete */
	struct {
		const char *name, *word;
	} states[SOLVE_STATES_MAX];
	size_t state_count;
	struct solve_option options[SOLVE_OPTIONS_MAX];
	size_t option_count;
	struct solve_found found[SOLVE_READERS_MAX];
	struct solve_reader readers[SOLVE_READERS_MAX];
	struct solve_question question;
	struct solve_answer answer;
};

/* Print the answer: a .reg file, or commands of bcdedit. Returns the exit status. */
int hvctl_answer_print(struct solve_task *task);

/* Say on standard error that there is none, what the goal becomes, and what is nearest. Returns 1.
 */
int hvctl_answer_none(struct solve_task *task);

/* The answer, or that there is none, as an object. NULL without memory. */
json_t *hvctl_answer_json(struct solve_task *task);

#endif
