/*
 * What is given in one case of a vector, as text and as the interpreter asks for it.
 *
 * "dword:5" or "absent" is the judged value's own; "A=dword:1; B=sz:x; bcd.OPTION=dword:2;
 * state.NAME=WORD" is a list, in which what is not named is absent. docs/vectors.md describes it.
 */
#ifndef REGSTORE_TUNABLE_VECTOR_CASE_H
#define REGSTORE_TUNABLE_VECTOR_CASE_H

#include "regstore/tunable/tunable.h"
#include "regstore/tunable/vector_data.h"

#define VECTOR_INPUTS 32u /* inputs of one case */

struct vector_input {
	const struct tunable_entry *entry; /* NULL for a state or a BCD option */
	char *name;                        /* of a state or option, within the line */
	char *word;                        /* of a state */
	bool is_bcd;
	struct vector_data data; /* its bytes lie in the case's */
};

struct vector_case {
	struct tunable_case given; /* first: the interpreter hands this back */
	const struct tunable_catalog *catalog;
	const char *name; /* of the value that is judged */
	struct vector_input inputs[VECTOR_INPUTS];
	size_t input_count;
	struct buf data;
	struct buf line;  /* a copy of the inputs' text, cut apart */
	struct buf error; /* what is wrong with the text */
};

/* A case where nothing is given. The caller releases it. */
void vector_case_init(const struct tunable_catalog *catalog, struct vector_case *ret_case);
void vector_case_release(struct vector_case *vector);

/*
 * Give what a text says to the value `name` of a row, in place of what was given before. False,
 * with a sentence in vector->error, for a malformed one. `name` must live as long as the case is
 * used.
 */
bool vector_case_parse(struct vector_case *vector, const struct tunable_entry *entry,
    const char *name, const char *given);

/* Say what is wrong with a text, in vector->error. Returns false. */
bool vector_case_fail(struct vector_case *vector, const char *what, const char *text);

#endif
