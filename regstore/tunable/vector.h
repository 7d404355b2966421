/*
 * Vectors: cases of "given this, the reader makes that", one a line of tab-separated text.
 *
 * docs/vectors.md describes the format. Nothing here touches a host.
 */
#ifndef REGSTORE_TUNABLE_VECTOR_H
#define REGSTORE_TUNABLE_VECTOR_H

#include <stdio.h>

#include "regstore/tunable/tunable.h"

/* What became of one case. All pointers live during the callback only. */
struct vector_result {
	const char *file;
	size_t line;
	const char *id;
	const char *key;
	const char *value;
	const char *given;
	const char *expect;
	const char *why;
	bool passed;
	const char *got; /* value and verdict, or what was wrong with the line; "" when passed */
	const struct tunable_reading *reading; /* NULL when the case could not be judged */
};

struct vector_sink {
	void (*result)(void *context, const struct vector_result *result);
	/* Each step of the judgement of a case's own row, before its result; or NULL. */
	void (*step)(void *context, const struct tunable_step *step);
	void *context;
};

struct vector_count {
	size_t passed;
	size_t failed;
};

/*
 * Judge every case of a file. Returns false, with a sentence in `error`, when the file is no vector
 * file (no header row with the columns id key value given expect); cases before that are counted.
 */
bool vector_run(const struct tunable_catalog *catalog, FILE *file, const char *file_name,
    const struct vector_sink *sink, struct vector_count *count, struct buf *error);

/*
 * Judge one row with inputs in the vectors' text form ("dword:5", "absent", "A=dword:1; B=sz:x")
 * and hand the reading to `use` while its bytes live. False, with `error`, for malformed inputs.
 */
bool vector_judge(const struct tunable_catalog *catalog, const struct tunable_entry *entry,
    const char *given, void (*use)(void *context, const struct tunable_reading *reading),
    void *context, struct buf *error);

/* The same, with each step on the way to `step` first. */
bool vector_explain(const struct tunable_catalog *catalog, const struct tunable_entry *entry,
    const char *given, void (*step)(void *context, const struct tunable_step *step),
    void (*use)(void *context, const struct tunable_reading *reading), void *context,
    struct buf *error);

#endif
