/*
 * Goals: which settings make a value the effective one.
 *
 * The interpreter says what a reader makes of a configuration; this asks it backwards. What a row
 * can be moved by (its own value, its gates, its bound, the places that win over it or stand in for
 * it, states) is tried from the least to the most, and each trial is judged by the interpreter
 * itself: what comes out as an answer is one that it gave.
 */
#ifndef REGSTORE_TUNABLE_SOLVE_H
#define REGSTORE_TUNABLE_SOLVE_H

#include "regstore/tunable/tunable.h"
#include "regstore/tunable/vector_data.h"

#define SOLVE_CHANGES 4u /* that one answer takes at most */

/* One reader of the value, and what holds now: nothing that a case does not answer. */
struct solve_reader {
	const struct tunable_entry *entry;
	const struct tunable_case *given;
};

struct solve_question {
	const struct solve_reader *readers; /* of one value of one key; all must come to the goal */
	size_t reader_count;
	/*
	 * The effective value: a number, a word of an enumeration or of a boolean, text, a list
	 * with
	 * '|' between, hexadecimal bytes, absent, or the word of an outcome. In double quotes it is
	 * text.
	 */
	const char *goal;
	bool registry; /* values may be changed */
	bool options;  /* boot options may be changed */
};

/* A value or a boot option that is to be written or deleted. */
struct solve_change {
	const struct tunable_entry *entry; /* the value; NULL: a boot option */
	const char *option;
	bool deletes;
	struct vector_data data; /* its bytes lie in the answer's */
};

/* A state that must be so, as it is no setting. */
struct solve_condition {
	const char *name;
	const char *word; /* lives as long as the answer and the catalog */
};

struct solve_answer {
	bool found;
	struct solve_change changes[SOLVE_CHANGES]; /* none: it is effective already */
	size_t change_count;
	struct solve_condition conditions[SOLVE_CHANGES];
	size_t condition_count;
	/* Where there is none: what writing the goal itself gives; empty if no type holds it. */
	struct buf instead;
	/* The nearest numbers that can be reached. */
	bool has_below, has_above;
	uint64_t below, above;
	struct buf bytes;
};

/*
 * Find the fewest changes, of the value itself before others. False without memory. The caller
 * releases *ret_answer.
 */
bool solve(const struct solve_question *question, struct solve_answer *ret_answer);
void solve_answer_release(struct solve_answer *answer);

#endif
