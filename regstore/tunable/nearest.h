/*
 * Finding the name that a misspelt one was meant to be.
 *
 * How far apart two names are is Levenshtein's distance without the case of ASCII letters. An index
 * is for looking up many: for each name it knows how often which letters occur, which bounds the
 * distance from below, so that few are compared in full.
 */
#ifndef REGSTORE_TUNABLE_NEAREST_H
#define REGSTORE_TUNABLE_NEAREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/tunable/tunable.h"

#define NEAREST_LETTERS 32u

struct nearest_name {
	const char *text; /* the caller's, not NUL-terminated */
	size_t length;
	uint32_t tag;                     /* the caller's */
	uint8_t letters[NEAREST_LETTERS]; /* how often letters occur, by hash; 255 at most */
};

/* Begin with all members zero. */
struct nearest {
	struct nearest_name *names; /* by length once sorted */
	size_t count;
	size_t capacity;
	bool sorted;
};

/* Add a name, which must live as long as the index. False without memory. */
bool nearest_add(struct nearest *index, const char *name, size_t length, uint32_t tag);

void nearest_release(struct nearest *index);

/*
 * The tag of the name that is nearest, at most `limit` edits away; of several the one with the
 * least tag. False if there is none.
 */
bool nearest_find(
    struct nearest *index, const char *name, size_t length, size_t limit, uint32_t *ret_tag);

/* How many edits make a name another word: with a third of its letters wrong it is one. */
static inline size_t
nearest_limit(size_t length)
{
	return length / 3;
}

/* The distance of two names; SIZE_MAX if it is greater than `limit`. */
size_t nearest_distance(
    const char *left, size_t left_length, const char *right, size_t right_length, size_t limit);

/*
 * The row whose name is nearest to the last component of NAME or KEY\NAME, within nearest_limit;
 * NULL if none is. Looks at every row: for more than a few names keep an index.
 */
const struct tunable_entry *
tunable_nearest(const struct tunable_catalog *catalog, const char *text);

/*
 * Append that no reader knows a name, and the one that may be meant: false if there is none.
 */
bool tunable_unknown_name(const struct tunable_catalog *catalog, const char *text, struct buf *out);

#endif
