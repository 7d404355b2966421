/*
 * Listing the judgements of rows, and finding the one that a step is.
 */
#include "regstore/tunable/coverage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/tunable/matrix.h"

/* --- What a row can come to
 * ----------------------------------------------------------------------- */

/* Being filled. */
struct list {
	struct coverage *coverage;
	const struct tunable_entry *entry;
	bool failed;
};

static void
add_detail(struct list *list, enum coverage_kind kind, uint32_t detail)
{
	struct coverage *coverage = list->coverage;

	if (!array_room(&coverage->points, &coverage->capacity, coverage->count,
	        sizeof(*coverage->points))) {
		list->failed = true;
		return;
	}
	coverage->points[coverage->count++] =
	    (struct coverage_point){ .entry = list->entry, .kind = kind, .detail = detail };
}

static void
add(struct list *list, enum coverage_kind kind)
{
	add_detail(list, kind, 0);
}

static void
add_if(struct list *list, bool there_is, enum coverage_kind kind)
{
	if (there_is)
		add(list, kind);
}

static void
list_places(struct list *list)
{
	const struct tunable *row = list->entry->row;
	bool writable = tunable_in_registry(list->entry->table);

	for (uint32_t i = 0; i < TUNABLE_GATES; i++) {
		if (row->gates[i].test == GATE_NONE)
			continue;
		add_detail(list, COVER_GATE_OPEN, i);
		add_detail(list, COVER_GATE_CLOSED, i);
	}
	add_if(list, list->entry->policy != NULL, COVER_POLICY);
	add_if(list, row->bcd != NULL, COVER_BCD);
	add_if(list, list->entry->preferred != NULL, COVER_PREFERRED);
	add_if(list, row->preferred_nonzero, COVER_PREFERRED_ZERO);
	add(list, COVER_ABSENT);
	add_if(list, writable, COVER_TAKEN);
	add_if(list, writable && row->type_also != 0, COVER_TAKEN_ALSO);
	if (row->shape == SHAPE_SUBKEY || !writable)
		return;
	add_if(list, row->type != TYPE_ANY, COVER_WRONG_TYPE);
	add_if(list, row->type != TYPE_ANY && tunable_takes_number(row), COVER_WRONG_SIZE);
}

static void
list_defaults(struct list *list)
{
	const struct tunable *row = list->entry->row;
	bool bounded = row->max_from != NULL && (row->has_default || row->variant_word != NULL);

	add_if(list, list->entry->fallback != NULL, COVER_FALLBACK);
	add_if(list, row->has_default || row->def_text != NULL, COVER_DEFAULT);
	add_if(list, row->variant_word != NULL, COVER_VARIANT);
	add_if(list, !row->has_default && row->def_text == NULL, COVER_NO_DEFAULT);
	add_if(list, bounded, COVER_DEFAULT_BOUNDED);
	add_if(list, row->zero_is_default, COVER_ZERO);
}

static void
list_words(struct list *list)
{
	const struct tunable *row = list->entry->row;

	for (uint32_t i = 0; row->words[i].word != NULL; i++) {
		if (row->words[i].number != 0 || !row->zero_is_default)
			add_detail(list, COVER_WORD, i);
	}
	add(list, COVER_NO_WORD);
}

static void
list_shape(struct list *list)
{
	const struct tunable *row = list->entry->row;

	switch (row->shape) {
	case SHAPE_BOOL:
		add_if(list, !row->zero_is_default, COVER_OFF);
		add(list, COVER_ON);
		add(list, COVER_COERCED);
		break;
	case SHAPE_ENUM:
		list_words(list);
		break;
	case SHAPE_POWER_OF_TWO:
	case SHAPE_EVEN:
	case SHAPE_GUID:
	case SHAPE_MAC:
		add(list, COVER_SHAPED);
		add(list, COVER_MISSHAPEN);
		break;
	default:
		break;
	}
}

/* The matrix of a row has the numbers about each bound: is one of them judged like this? */
static bool
some_number(const struct tunable *row, bool (*is)(const struct tunable *row, uint64_t number))
{
	struct tunable_numbers numbers;

	tunable_numbers(row, &numbers);
	for (size_t i = 0; i < numbers.count; i++) {
		if (tunable_reaches_bounds(row, numbers.numbers[i]) && is(row, numbers.numbers[i]))
			return true;
	}
	return false;
}

static bool
is_below(const struct tunable *row, uint64_t number)
{
	return number < row->min;
}

static bool
is_min(const struct tunable *row, uint64_t number)
{
	return number == row->min;
}

static bool
is_over_min(const struct tunable *row, uint64_t number)
{
	return number > row->min && (!row->has_max || number <= row->max);
}

static bool
is_under_max(const struct tunable *row, uint64_t number)
{
	return number < row->max;
}

static bool
is_max(const struct tunable *row, uint64_t number)
{
	return number == row->max;
}

static bool
is_above(const struct tunable *row, uint64_t number)
{
	return number > row->max;
}

static void
list_bounds(struct list *list)
{
	const struct tunable *row = list->entry->row;
	bool set = row->max_from != NULL; /* by another, to whatever number */

	if (row->shape == SHAPE_ENUM)
		return;
	if (row->has_min) {
		add_if(list, some_number(row, is_below), COVER_BELOW);
		add_if(list, some_number(row, is_min), COVER_AT_MIN);
		add_if(list, some_number(row, is_over_min), COVER_OVER_MIN);
	}
	if (row->has_max || set) {
		add_if(list, set || some_number(row, is_under_max), COVER_UNDER_MAX);
		add_if(list, set || some_number(row, is_max), COVER_AT_MAX);
		add_if(list, set || some_number(row, is_above), COVER_ABOVE);
	}
	add_if(list, list->entry->max_from != NULL, COVER_BOUND_OF_SIBLING);
	add_if(list, set && list->entry->max_from == NULL, COVER_BOUND_OF_STATE);
}

static void
list_row(struct list *list)
{
	const struct tunable *row = list->entry->row;

	list_places(list);
	if (row->shape != SHAPE_SUBKEY) {
		list_defaults(list);
		list_shape(list);
		if (tunable_takes_number(row))
			list_bounds(list);
		add_if(list, row->settle != NULL, COVER_SETTLED);
	}
	if (row->outcome != NULL) {
		add_if(list, row->outcome->yes != NULL, COVER_YES);
		add_if(list, row->outcome->no != NULL, COVER_NO);
	}
}

bool
coverage_init(const struct tunable_catalog *catalog, struct coverage *ret_coverage)
{
	struct coverage coverage = { 0 };
	struct list list = { .coverage = &coverage };

	coverage.first = calloc(catalog->count + 1, sizeof(*coverage.first));
	list.failed = coverage.first == NULL;
	for (size_t i = 0; i < catalog->count && !list.failed; i++) {
		list.entry = &catalog->entries[i];
		list_row(&list);
		coverage.first[i + 1] = coverage.count;
	}
	if (list.failed) {
		coverage_release(&coverage);
		return false;
	}
	*ret_coverage = coverage;
	return true;
}

void
coverage_release(struct coverage *coverage)
{
	free(coverage->points);
	free(coverage->first);
	*coverage = (struct coverage){ 0 };
}

/* --- What a step is
 * ------------------------------------------------------------------------------- */

static bool
hit(struct coverage *coverage, const struct tunable_entry *entry, enum coverage_kind kind,
    uint32_t detail)
{
	for (size_t i = coverage->first[entry->index]; i < coverage->first[entry->index + 1]; i++) {
		struct coverage_point *point = &coverage->points[i];

		if (point->kind == kind && point->detail == detail) {
			point->hits++;
			return true;
		}
	}
	return false;
}

static bool
hit_place(struct coverage *coverage, const struct tunable_step *step)
{
	static const enum coverage_kind own[] = {
		[FOUND_NOTHING] = COVER_ABSENT,
		[FOUND_TYPE] = COVER_WRONG_TYPE,
		[FOUND_SIZE] = COVER_WRONG_SIZE,
		[FOUND_TAKEN] = COVER_TAKEN,
	};
	static const enum coverage_kind others[] = {
		[SOURCE_POLICY] = COVER_POLICY,
		[SOURCE_BCD] = COVER_BCD,
		[SOURCE_REGISTRY] = COVER_PREFERRED,
		[SOURCE_FALLBACK] = COVER_FALLBACK,
	};
	const struct tunable *row = step->entry->row;
	bool also = row->type_also != 0 && step->raw.type == row->type_also;

	if (step->found == FOUND_ZERO)
		return hit(coverage, step->entry, COVER_PREFERRED_ZERO, 0);
	if (step->place == SOURCE_REGISTRY && step->from == NULL)
		return hit(coverage, step->entry,
		    also && step->found == FOUND_TAKEN ? COVER_TAKEN_ALSO : own[step->found], 0);
	return step->found != FOUND_TAKEN || hit(coverage, step->entry, others[step->place], 0);
}

static bool
hit_shape(struct coverage *coverage, const struct tunable_step *step)
{
	const struct tunable *row = step->entry->row;
	enum coverage_kind kind = step->holds ? COVER_SHAPED : COVER_MISSHAPEN;
	uint32_t detail = 0;

	if (row->shape == SHAPE_BOOL) {
		kind = !step->holds ? COVER_COERCED : step->number != 0 ? COVER_ON : COVER_OFF;
	} else if (row->shape == SHAPE_ENUM) {
		kind = step->holds ? COVER_WORD : COVER_NO_WORD;
		while (step->holds && row->words[detail].number != step->number)
			detail++;
	}
	return hit(coverage, step->entry, kind, detail);
}

static bool
hit_bound(struct coverage *coverage, const struct tunable_step *step)
{
	bool at = step->number == step->bound;
	bool listed = true;

	if (step->of_default)
		return step->holds || hit(coverage, step->entry, COVER_DEFAULT_BOUNDED, 0);
	if (step->from != NULL)
		listed = hit(coverage, step->entry, COVER_BOUND_OF_SIBLING, 0);
	else if (step->word != NULL && step->entry->max_from == NULL)
		listed = hit(coverage, step->entry, COVER_BOUND_OF_STATE, 0);
	if (step->upper)
		return hit(coverage, step->entry,
		           at            ? COVER_AT_MAX
		           : step->holds ? COVER_UNDER_MAX
		                         : COVER_ABOVE,
		           0) &&
		       listed;
	return hit(coverage, step->entry,
	    at            ? COVER_AT_MIN
	    : step->holds ? COVER_OVER_MIN
	                  : COVER_BELOW,
	    0);
}

bool
coverage_hit(struct coverage *coverage, const struct tunable_step *step)
{
	switch (step->kind) {
	case STEP_GATE:
		return hit(coverage, step->entry, step->holds ? COVER_GATE_OPEN : COVER_GATE_CLOSED,
		    step->gate);
	case STEP_PLACE:
		return hit_place(coverage, step);
	case STEP_ZERO:
		return hit(coverage, step->entry, COVER_ZERO, 0);
	case STEP_SHAPE:
		return hit_shape(coverage, step);
	case STEP_BOUND:
		return hit_bound(coverage, step);
	case STEP_DEFAULT:
		return hit(coverage, step->entry,
		    step->reading->kind == KIND_ABSENT ? COVER_NO_DEFAULT
		    : step->word != NULL               ? COVER_VARIANT
		                                       : COVER_DEFAULT,
		    0);
	case STEP_SETTLE:
		return step->holds || hit(coverage, step->entry, COVER_SETTLED, 0);
	case STEP_OUTCOME:
		return hit(coverage, step->entry, step->holds ? COVER_YES : COVER_NO, 0);
	}
	return false;
}

/* --- In numbers and words
 * ------------------------------------------------------------------------- */

size_t
coverage_total(const struct coverage *coverage, const char *owner, size_t *ret_hit)
{
	size_t total = 0;
	size_t hits = 0;

	for (size_t i = 0; i < coverage->count; i++) {
		const struct coverage_point *point = &coverage->points[i];

		if (owner != NULL && strcmp(point->entry->table->owner, owner) != 0)
			continue;
		total++;
		hits += point->hits > 0;
	}
	*ret_hit = hits;
	return total;
}

static const char *const point_texts[] = {
	[COVER_GATE_OPEN] = "open",
	[COVER_GATE_CLOSED] = "closed",
	[COVER_POLICY] = "the policy wins",
	[COVER_BCD] = "the boot option wins",
	[COVER_PREFERRED] = "the place read first wins",
	[COVER_PREFERRED_ZERO] = "0 in the place read first does not win",
	[COVER_TAKEN] = "taken",
	[COVER_TAKEN_ALSO] = "taken in the second type",
	[COVER_ABSENT] = "absent",
	[COVER_WRONG_TYPE] = "a wrong type",
	[COVER_WRONG_SIZE] = "a wrong size",
	[COVER_FALLBACK] = "the fallback is taken",
	[COVER_DEFAULT] = "the default",
	[COVER_VARIANT] = "the second default",
	[COVER_NO_DEFAULT] = "no value and no default",
	[COVER_DEFAULT_BOUNDED] = "the default brought down to the bound",
	[COVER_ZERO] = "0 means the default",
	[COVER_OFF] = "off",
	[COVER_ON] = "on",
	[COVER_COERCED] = "on by another number",
	[COVER_WORD] = "listed",
	[COVER_NO_WORD] = "a number that is not listed",
	[COVER_SHAPED] = "of the shape",
	[COVER_MISSHAPEN] = "not of the shape",
	[COVER_BELOW] = "below the lower bound",
	[COVER_AT_MIN] = "at the lower bound",
	[COVER_OVER_MIN] = "over the lower bound",
	[COVER_UNDER_MAX] = "under the upper bound",
	[COVER_AT_MAX] = "at the upper bound",
	[COVER_ABOVE] = "above the upper bound",
	[COVER_BOUND_OF_SIBLING] = "a bound that another value sets",
	[COVER_BOUND_OF_STATE] = "a bound that a state sets",
	[COVER_SETTLED] = "changed by the rule between values",
	[COVER_YES] = "outcome",
	[COVER_NO] = "outcome",
};

void
coverage_point_text(const struct coverage_point *point, struct buf *out)
{
	const struct tunable *row = point->entry->row;
	const struct tunable_gate *gate = &row->gates[point->detail % TUNABLE_GATES];
	const char *text = point_texts[point->kind];

	switch (point->kind) {
	case COVER_GATE_OPEN:
	case COVER_GATE_CLOSED:
		buf_printf(out, "gate %s %s", gate->name != NULL ? gate->name : gate->state, text);
		break;
	case COVER_WORD:
		buf_printf(out, "%" PRIu64 " %s", row->words[point->detail].number,
		    row->words[point->detail].word);
		break;
	case COVER_YES:
		buf_printf(out, "%s %s", text, row->outcome->yes);
		break;
	case COVER_NO:
		buf_printf(out, "%s %s", text, row->outcome->no);
		break;
	default:
		buf_append_text(out, text);
		break;
	}
}
