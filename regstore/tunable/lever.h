/*
 * What a row's effective value can be moved by, and to what each of these can be set; for solve.c.
 */
#ifndef REGSTORE_TUNABLE_LEVER_H
#define REGSTORE_TUNABLE_LEVER_H

#include "regstore/tunable/solve.h"

#define LEVERS_MAX 16u

/* The effective value that is wanted. */
struct goal {
	const char *text; /* without the quotes */
	size_t length;
	bool absent;
	bool has_number;
	uint64_t number;
};

struct lever {
	const struct tunable_entry *entry; /* a value; NULL otherwise */
	const char *option;                /* a boot option */
	const char *state;                 /* a state */
	size_t first;                      /* of its choices */
	size_t count;
};

struct choice {
	bool deletes;
	const char *word; /* of a state; NULL: the text at data.offset */
	struct vector_data data;
};

struct levers {
	struct lever list[LEVERS_MAX];
	size_t count;
	struct choice *choices;
	size_t choice_count;
	size_t choice_capacity;
	struct buf bytes;
	bool failed; /* no memory */
};

/* Read a goal for a row. */
struct goal goal_read(const struct tunable *row, const char *text);

/*
 * Gather the levers of a question's readers: the value itself first, states last. *ret_goal: the
 * one whose first choice is to hold the goal itself, NULL where no type does.
 */
void levers_gather(const struct solve_question *question, const struct goal *goal,
    struct levers *levers, const struct lever **ret_goal);
void levers_release(struct levers *levers);

/* Whether two rows are about the same value of the same key. */
bool same_place(const struct tunable_entry *left, const struct tunable_entry *right);

#endif
