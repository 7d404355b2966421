/*
 * Rows and readings as JSON: what `describe` and `tunables` print and the control sockets answer.
 */
#ifndef REGSTORE_TUNABLE_VIEW_H
#define REGSTORE_TUNABLE_VIEW_H

#include <jansson.h>
#include <stdio.h>

#include "regstore/tunable/load.h"
#include "regstore/tunable/vector.h"

/*
 * All rows (of one owner, "vhdmp" or "vhdmp.sys", if not NULL) as an array of objects: key name
 * type owner table reader section default min max unit judgement apply basis purpose, and more.
 * Numbers are numbers; what a row does not have is null. NULL without memory. The caller owns the
 * result.
 */
json_t *tunable_describe(const struct tunable_catalog *catalog, const char *owner);

/* One of them. */
json_t *tunable_describe_row(const struct tunable_entry *entry);

/*
 * The catalog in numbers, an object: rows tables readers owners without_default; basis, of rows,
 * with those apart that are documented but for some fact; apply, of rows by their class; by_owner,
 * where each has rows tables readers. A reader is a function of one image. NULL without memory. The
 * caller owns the result.
 */
json_t *tunable_summary(const struct tunable_catalog *catalog);

/*
 * Text from a host as a JSON string. JSON holds Unicode only: what names and texts of Windows can
 * hold beside it (lone surrogates, NUL units, malformed bytes) becomes U+FFFD.
 */
json_t *tunable_json_text(const char *text);

/* The same of a buffer's text; the buffer is released. NULL where it had no memory. */
json_t *tunable_json_take(struct buf *text);

/* What was found, as tunable_raw_text writes it; null for what is absent. */
json_t *tunable_json_raw(const struct tunable_raw *raw);

/* Append text the same way. */
void tunable_clean_text(const char *text, struct buf *out);

/* Print text inside of an XML document; characters that XML 1.0 cannot hold become '?'. */
void tunable_print_xml(FILE *out, const char *text);

/* A number, or its decimal text where it is over what JSON's integers hold here. */
json_t *tunable_json_number(uint64_t number);

/* Whether an owner's name ("vhdmp.sys") is meant by a user's word ("vhdmp", without case). */
bool tunable_owner_is(const char *owner, const char *word);

/*
 * One reading as an object: key name owner table raw effective verdict source reason, the row's
 * facts, and pending: whether `now` (what would be read at this moment; NULL: the same) differs,
 * with the event that would apply it. `key` is the concrete key, `name` the value's.
 */
json_t *tunable_view(const struct tunable_reading *loaded, const struct tunable_reading *now,
    const char *key, const char *name);

/* Add who last wrote the value and when, from the write log, to a view. False without memory. */
bool tunable_view_add_writer(json_t *view, struct registry *registry, reg_key key);

/*
 * What became of a vector, as an object: file line id key value given expect why passed got and,
 * where it could be judged, effective and verdict. NULL without memory. The caller owns the result.
 */
json_t *tunable_vector_json(const struct vector_result *result);

#endif
