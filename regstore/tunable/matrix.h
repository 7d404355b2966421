/*
 * The boundary matrix of a row: the inputs that stand at the edges of what its reader tells apart.
 */
#ifndef REGSTORE_TUNABLE_MATRIX_H
#define REGSTORE_TUNABLE_MATRIX_H

#include "regstore/tunable/tunable.h"

#define TUNABLE_NUMBERS 192u

struct tunable_numbers {
	uint64_t numbers[TUNABLE_NUMBERS]; /* ascending, each once */
	size_t count;
};

/* The largest number that the row's types hold; 0 for a row that takes no number. */
uint64_t tunable_largest(const struct tunable *row);

/* Add a number, unless the row's types cannot hold it. */
void
tunable_add_number(const struct tunable *row, uint64_t number, struct tunable_numbers *numbers);

/* Add a number and its neighbours; the nearest of the shape too, where that is no range. */
void tunable_add_about(const struct tunable *row, uint64_t number, struct tunable_numbers *numbers);

/*
 * The numbers of a row's matrix: 0 to 2, those about each bound and about the default, each that
 * has a word and one that has none, the powers of two about the bounds where that is the shape, and
 * the largest of 31, 32 and 64 bits with their successors. None for a row that takes no number.
 */
void tunable_numbers(const struct tunable *row, struct tunable_numbers *ret_numbers);

/* Whether a number is judged at the bounds: neither the rule for 0 nor its shape decides before. */
bool tunable_reaches_bounds(const struct tunable *row, uint64_t number);

/*
 * Append the matrix of a row's own value as inputs of vectors ("absent", "dword:5", "hex(4):01"),
 * each NUL-terminated: absence; its numbers in each type that it takes, and those of too few and
 * too many bytes; texts and bytes, empty, of the right and of the wrong shape; one value of each
 * type that it does not take.
 */
void tunable_matrix(const struct tunable *row, struct buf *ret_inputs);

#endif
