/*
 * The vectors of tests/vectors as lines, for tests that ask which there are.
 */
#ifndef TESTS_LIB_CASES_H
#define TESTS_LIB_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/tunable/tunable.h"

/* One line; all texts live as long as the list. */
struct test_case {
	char *file; /* "vhdmp.tsv" */
	char *id;
	char *key;
	char *value;
	char *given;
	char *expect;
};

struct test_cases {
	struct test_case *cases;
	size_t count;
	size_t capacity;
};

/* Read all files of $HVEMU_SOURCE/tests/vectors. Fails the test if one cannot be read. */
void cases_read(struct test_cases *ret_cases);
void cases_release(struct test_cases *cases);

/* Whether a case is about a row of this key and name. */
bool case_is_about(const struct test_case *at, const char *key, const struct tunable *row);

/* The number that a case gives the judged value itself; false if it gives none. */
bool case_number(const struct test_case *at, uint64_t *ret_number);

#endif
