/*
 * Which judgements a row has, and how often a run of vectors made each.
 *
 * A *judgement* is one thing that the interpreter can come to for a row, by the row's columns: its
 * gate is open, its gate is closed, the value is absent, of a wrong type, at its upper bound, above
 * it, and so on. What no input can bring about is none: nothing is below 0.
 */
#ifndef REGSTORE_TUNABLE_COVERAGE_H
#define REGSTORE_TUNABLE_COVERAGE_H

#include "regstore/tunable/tunable.h"

enum coverage_kind {
	COVER_GATE_OPEN,   /* .detail: which */
	COVER_GATE_CLOSED, /* .detail: which */
	COVER_POLICY,      /* the policy was taken */
	COVER_BCD,         /* the boot option */
	COVER_PREFERRED,   /* the place that is read first */
	COVER_PREFERRED_ZERO,
	COVER_TAKEN,
	COVER_TAKEN_ALSO, /* of the second type */
	COVER_ABSENT,
	COVER_WRONG_TYPE,
	COVER_WRONG_SIZE,
	COVER_FALLBACK,
	COVER_DEFAULT,
	COVER_VARIANT,
	COVER_NO_DEFAULT,
	COVER_DEFAULT_BOUNDED, /* brought down to a bound that a sibling or a state sets */
	COVER_ZERO,
	COVER_OFF,
	COVER_ON,
	COVER_COERCED,
	COVER_WORD, /* .detail: which */
	COVER_NO_WORD,
	COVER_SHAPED,
	COVER_MISSHAPEN,
	COVER_BELOW, /* the lower bound */
	COVER_AT_MIN,
	COVER_OVER_MIN,
	COVER_UNDER_MAX,
	COVER_AT_MAX,
	COVER_ABOVE,
	COVER_BOUND_OF_SIBLING,
	COVER_BOUND_OF_STATE,
	COVER_SETTLED, /* the rule between values changed the reading */
	COVER_YES,     /* the outcome */
	COVER_NO,
};

/* One judgement of one row. */
struct coverage_point {
	const struct tunable_entry *entry;
	enum coverage_kind kind;
	uint32_t detail;
	size_t hits;
};

struct coverage {
	struct coverage_point *points; /* in the order of the catalog */
	size_t count;
	size_t capacity;
	size_t *first; /* of each entry, and one more */
};

/*
 * List the judgements of all rows, each with no hit. False without memory. The caller releases
 * *ret_coverage; the catalog must outlive it.
 */
bool coverage_init(const struct tunable_catalog *catalog, struct coverage *ret_coverage);
void coverage_release(struct coverage *coverage);

/*
 * Count the judgement that a step is. A step that is none (a place that holds nothing but the
 * value's own, a rule that changes nothing) counts nowhere. False for a judgement that is not on
 * the list.
 */
bool coverage_hit(struct coverage *coverage, const struct tunable_step *step);

/* How many judgements of one owner (NULL: of all) there are, and how many have a hit. */
size_t coverage_total(const struct coverage *coverage, const char *owner, size_t *ret_hit);

/* Append a judgement in words: "above the upper bound", "gate vm closed". */
void coverage_point_text(const struct coverage_point *point, struct buf *out);

#endif
