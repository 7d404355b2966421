/*
 * The steps of a judgement in words and as JSON: what `hvctl why` prints.
 */
#ifndef REGSTORE_TUNABLE_TRACE_H
#define REGSTORE_TUNABLE_TRACE_H

#include <jansson.h>

#include "regstore/tunable/load.h"

/* What is judged, and the steps as they come. */
struct tunable_trace {
	const struct tunable_entry *entry;
	const char *key;  /* the concrete key; NULL: as the reference writes it */
	const char *name; /* the value's */
	json_t *steps;    /* an array; NULL: there was no memory */
};

/*
 * Append a step as an object: kind, name and key of the row whose step it is, section and basis of
 * the rule, text (one plain sentence that says all of it), and what the kind has: looked_at raw
 * found (a place), holds (a gate, a shape, a bound, a rule, an outcome), number bound upper
 * judgement set_by (a bound), word (a state's).
 */
void tunable_trace_add(struct tunable_trace *trace, const struct tunable_step *step);

/*
 * The steps by which a reading of a snapshot came about, judged again from what the snapshot was
 * read from; NULL without memory. The caller owns the result.
 */
json_t *tunable_snapshot_steps(const struct tunable_snapshot *snapshot, size_t index);

/* What a step's rule rests on: "documented", "public", "assumed". */
const char *tunable_step_basis(const struct tunable_step *step);

#endif
