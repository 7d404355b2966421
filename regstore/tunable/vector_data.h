/*
 * One input of a vector: a value's type and bytes as text.
 *
 * absent, dword:5, qword:0x10, sz:text, expand_sz:text, multi_sz:one|two, binary:0102, none:,
 * hex(4):01, subkey:present; docs/vectors.md says what each means.
 */
#ifndef REGSTORE_TUNABLE_VECTOR_DATA_H
#define REGSTORE_TUNABLE_VECTOR_DATA_H

#include "regstore/tunable/tunable.h"

struct vector_data {
	bool present;
	uint32_t type;
	size_t offset; /* into the bytes that it was parsed to */
	size_t size;
};

/*
 * Parse an input, which is cut apart; its data are appended to `bytes`. Returns NULL, or what is
 * wrong with the text. Without memory bytes->failed is set.
 */
const char *vector_data_parse(char *text, struct vector_data *ret_data, struct buf *bytes);

/* The value that an input is. Its data lie in `bytes`, and move when that grows. */
struct tunable_raw vector_raw(const struct vector_data *data, const struct buf *bytes);

/* The text without the blanks around it, and a carriage return at its end. Cuts it. */
char *vector_trim(char *text);

/* The text within the double quotes that it stands in; the text itself without. Cuts it. */
char *vector_unquote(char *text);

#endif
