/*
 * The judgement of one value: pure, one fixed order.
 *
 * Gate; policy over BCD over a preferred place over the row's own value over the fallback over the
 * default; then for a number zero rule, shape, range; then the row's own settle rule. A value of
 * the wrong type counts as absent: the reference does not say so, it is assumed throughout.
 */
#include <string.h>
#include <strings.h>

#include "regstore/base/guid.h"
#include "regstore/tunable/tunable.h"

/* Tell whoever wants to know of a step: the members of a struct tunable_step follow. */
#define TELL(given, ...)                                                                           \
	do {                                                                                       \
		if ((given)->step != NULL)                                                         \
			(given)->step((given), &(const struct tunable_step){ __VA_ARGS__ });       \
	} while (0)

static struct tunable_raw
find_raw(const struct tunable_case *given, const struct tunable_entry *entry)
{
	if (given->raw == NULL)
		return (struct tunable_raw){ 0 };
	return given->raw(given, entry);
}

static const char *
find_state(const struct tunable_case *given, const char *name)
{
	return given->state != NULL && name != NULL ? given->state(given, name) : NULL;
}

static bool
is_number_type(uint32_t type)
{
	return type == REG_DWORD || type == REG_QWORD;
}

/* A number takes as many bytes as its type says; anything else is not of the type. */
static bool
is_well_formed(const struct tunable_raw *raw)
{
	if (raw->type == REG_DWORD)
		return raw->size == 4;
	if (raw->type == REG_QWORD)
		return raw->size == 8;
	return true;
}

/* What the row's reader makes of what a place holds. */
static enum tunable_found
look_at(const struct tunable *row, const struct tunable_raw *raw)
{
	if (!raw->present)
		return FOUND_NOTHING;
	if (row->type == TYPE_ANY)
		return FOUND_TAKEN;
	if (raw->type != row->type && (row->type_also == 0 || raw->type != row->type_also))
		return FOUND_TYPE;
	return is_well_formed(raw) ? FOUND_TAKEN : FOUND_SIZE;
}

static bool
parse_decimal(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (number > (UINT64_MAX - (uint64_t)(*text - '0')) / 10)
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	*ret_number = number;
	return true;
}

/* --- Bounds and defaults ------------------------------------------------------------------------
 */

struct bound {
	uint64_t max;
	const char *word;                 /* of the state that sets it; or NULL */
	const struct tunable_entry *from; /* the sibling that sets it; or NULL */
};

/* The upper bound in force: a sibling's or a state's number before the row's own. */
static bool
upper_bound(
    const struct tunable_entry *entry, const struct tunable_case *given, struct bound *ret_bound)
{
	const struct tunable *row = entry->row;
	const char *word = find_state(given, row->max_from);

	*ret_bound = (struct bound){ .max = row->max };
	if (word != NULL && parse_decimal(word, &ret_bound->max)) {
		ret_bound->word = word;
		return true;
	}
	if (entry->max_from != NULL) {
		struct tunable_reading sibling;

		tunable_interpret(entry->max_from, given, &sibling);
		if (sibling.kind == KIND_NUMBER) {
			ret_bound->max = sibling.number;
			ret_bound->from = entry->max_from;
			return true;
		}
	}
	return row->has_max;
}

/* A bound that a sibling or a state sets holds for the default too. */
static void
bound_default(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;
	uint64_t number = reading->number;
	struct bound bound;
	bool holds;

	if (reading->kind != KIND_NUMBER || row->max_from == NULL ||
	    !upper_bound(reading->entry, given, &bound))
		return;
	holds = number <= bound.max;
	if (!holds)
		reading->number = row->has_min && bound.max < row->min ? row->min : bound.max;
	TELL(given, .kind = STEP_BOUND, .entry = reading->entry, .reading = reading,
	    .from = bound.from, .word = bound.word, .holds = holds, .number = number,
	    .bound = bound.max, .upper = true, .of_default = true, .judgement = OOB_CLAMP);
}

static void
take_default(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;
	const char *word = find_state(given, row->variant_state);
	bool variant =
	    word != NULL && row->variant_word != NULL && strcasecmp(word, row->variant_word) == 0;

	reading->source = SOURCE_DEFAULT;
	reading->from = NULL;
	if (variant) {
		reading->kind = KIND_NUMBER;
		reading->number = row->variant_def;
	} else if (row->def_text != NULL) {
		reading->kind = KIND_BYTES;
		reading->type = row->type;
		reading->text = row->def_text;
	} else if (row->has_default) {
		reading->kind = KIND_NUMBER;
		reading->number = row->def;
	} else {
		reading->kind = KIND_ABSENT;
		reading->source = SOURCE_NONE;
	}
	TELL(given, .kind = STEP_DEFAULT, .entry = reading->entry, .reading = reading,
	    .word = variant ? word : NULL);
	bound_default(given, reading);
}

/* --- Numbers ------------------------------------------------------------------------------------
 */

static bool
in_words(const struct tunable_word *words, uint64_t number)
{
	for (; words != NULL && words->word != NULL; words++) {
		if (words->number == number)
			return true;
	}
	return false;
}

static bool
shape_fits(const struct tunable *row, uint64_t number)
{
	switch (row->shape) {
	case SHAPE_BOOL:
		return number <= 1;
	case SHAPE_ENUM:
		return in_words(row->words, number);
	case SHAPE_POWER_OF_TWO:
		return number != 0 && (number & (number - 1)) == 0;
	case SHAPE_EVEN:
		return number % 2 == 0;
	default:
		return true;
	}
}

/* A judgement other than clamping. `reading` holds the raw number already. */
static void
judge_outside(
    const struct tunable_case *given, enum tunable_oob judgement, struct tunable_reading *reading)
{
	switch (judgement) {
	case OOB_RESET:
		take_default(given, reading);
		reading->verdict = VERDICT_RESET;
		break;
	case OOB_REJECT:
		take_default(given, reading);
		reading->verdict = VERDICT_REJECTED;
		break;
	default:
		reading->verdict = VERDICT_UNSTATED;
		break;
	}
}

/* False once the number is judged. */
static bool
judge_upper(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;
	uint64_t number = reading->number;
	struct bound bound;

	if (!upper_bound(reading->entry, given, &bound))
		return true;
	TELL(given, .kind = STEP_BOUND, .entry = reading->entry, .reading = reading,
	    .from = bound.from, .word = bound.word, .holds = number <= bound.max, .number = number,
	    .bound = bound.max, .upper = true, .judgement = row->above);
	if (number <= bound.max)
		return true;
	reading->bound = bound.max;
	reading->bound_known = true;
	if (row->above != OOB_CLAMP) {
		judge_outside(given, row->above, reading);
		return false;
	}
	reading->number = bound.max;
	reading->verdict = VERDICT_CAPPED;
	return true;
}

/* `number` is as it was before the upper bound brought it down. */
static void
judge_lower(const struct tunable_case *given, uint64_t number, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;
	bool holds = reading->number >= row->min;

	/* Where the bounds cross, the lower one wins, if it is one to bring numbers to. */
	if (!holds && row->below != OOB_CLAMP && number >= row->min)
		return;
	if (!holds || reading->verdict != VERDICT_CAPPED)
		TELL(given, .kind = STEP_BOUND, .entry = reading->entry, .reading = reading,
		    .holds = holds, .number = reading->number, .bound = row->min,
		    .judgement = row->below);
	if (holds)
		return;
	reading->bound = row->min;
	reading->bound_known = true;
	if (row->below != OOB_CLAMP) {
		reading->number = number;
		judge_outside(given, row->below, reading);
		return;
	}
	reading->number = row->min;
	reading->verdict = number < row->min ? VERDICT_RAISED : VERDICT_CAPPED;
	if (number == row->min)
		reading->verdict = VERDICT_APPLIED;
}

static void
judge_range(const struct tunable_case *given, struct tunable_reading *reading)
{
	uint64_t number = reading->number;

	if (judge_upper(given, reading) && reading->entry->row->has_min)
		judge_lower(given, number, reading);
}

/* Where it is one that numbers have; any number has another. */
static bool
judge_shape(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;
	bool fits = shape_fits(row, reading->number);

	if (row->shape != SHAPE_ANY && row->shape != SHAPE_BITMASK)
		TELL(given, .kind = STEP_SHAPE, .entry = reading->entry, .reading = reading,
		    .holds = fits, .number = reading->number, .judgement = row->misshapen);
	if (fits)
		return true;
	if (row->shape == SHAPE_BOOL) {
		reading->number = 1;
		reading->verdict = VERDICT_COERCED;
		return false;
	}
	reading->misshapen = true;
	judge_outside(given, row->misshapen, reading);
	return false;
}

static void
judge_number(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;

	if (row->zero_is_default && reading->number == 0) {
		TELL(given, .kind = STEP_ZERO, .entry = reading->entry, .reading = reading);
		take_default(given, reading);
		reading->verdict = VERDICT_DEFAULT_ZERO;
		return;
	}
	if (judge_shape(given, reading) && row->shape != SHAPE_ENUM)
		judge_range(given, reading);
}

/* --- Bytes --------------------------------------------------------------------------------------
 */

/* Text of a GUID in UTF-16LE, terminator or not. */
static bool
is_guid_data(const struct tunable_raw *raw)
{
	char text[40];
	size_t units = raw->size / 2;

	while (units > 0 && raw->data[2 * units - 2] == 0 && raw->data[2 * units - 1] == 0)
		units--;
	if (units >= sizeof(text))
		return false;
	for (size_t i = 0; i < units; i++) {
		if (raw->data[2 * i + 1] != 0)
			return false;
		text[i] = (char)raw->data[2 * i];
	}
	return guid_is_text(text, units);
}

static void
judge_bytes(const struct tunable_case *given, const struct tunable_raw *raw,
    struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;
	bool fits = true;

	if (row->shape == SHAPE_MAC)
		fits = raw->size == 6;
	else if (row->shape == SHAPE_GUID)
		fits = is_guid_data(raw);
	if (row->shape == SHAPE_MAC || row->shape == SHAPE_GUID)
		TELL(given, .kind = STEP_SHAPE, .entry = reading->entry, .reading = reading,
		    .holds = fits, .judgement = row->misshapen);
	if (!fits) {
		reading->misshapen = true;
		judge_outside(given, row->misshapen, reading);
	}
}

/* --- One value ----------------------------------------------------------------------------------
 */

static void
judge(const struct tunable_case *given, const struct tunable_raw *raw, enum tunable_source source,
    const struct tunable_entry *from, struct tunable_reading *reading)
{
	reading->source = reading->judged_in = source;
	reading->from = reading->judged_from = from;
	reading->judged = *raw;
	reading->verdict = VERDICT_APPLIED;
	if (is_number_type(raw->type) && is_well_formed(raw)) {
		reading->kind = KIND_NUMBER;
		reading->number = tunable_raw_number(raw);
		judge_number(given, reading);
		return;
	}
	reading->kind = KIND_BYTES;
	reading->type = raw->type;
	reading->data = raw->data;
	reading->size = raw->size;
	judge_bytes(given, raw, reading);
}

static bool
passes(const struct tunable_gate *gate, const char *word, uint64_t number)
{
	if (gate->word != NULL)
		return word != NULL && strcasecmp(word, gate->word) == 0;
	switch (gate->test) {
	case GATE_NONZERO:
		return number != 0;
	case GATE_ZERO:
		return number == 0;
	case GATE_AT_LEAST:
		return number >= gate->number;
	default:
		return number == gate->number;
	}
}

static bool
gate_open(const struct tunable_case *given, unsigned which, struct tunable_reading *reading)
{
	const struct tunable_entry *entry = reading->entry;
	const struct tunable_gate *gate = &entry->row->gates[which];
	const struct tunable_entry *from = NULL;
	const char *word = find_state(given, gate->state);
	uint64_t number = 0;
	bool open;

	if (word != NULL) {
		parse_decimal(word, &number);
	} else if (gate->word == NULL && entry->gates[which] != NULL) {
		struct tunable_reading sibling;

		from = entry->gates[which];
		tunable_interpret(from, given, &sibling);
		number = sibling.kind == KIND_NUMBER ? sibling.number : 0;
	}
	open = passes(gate, word, number);
	TELL(given, .kind = STEP_GATE, .entry = entry, .reading = reading, .from = from,
	    .gate = which, .word = word, .holds = open, .number = number);
	return open;
}

static bool
gates_open(const struct tunable_case *given, struct tunable_reading *reading)
{
	for (unsigned i = 0; i < TUNABLE_GATES; i++) {
		if (reading->entry->row->gates[i].test == GATE_NONE || gate_open(given, i, reading))
			continue;
		reading->kind = KIND_NOT_CONSULTED;
		reading->verdict = VERDICT_IGNORED_GATED;
		reading->source = SOURCE_NONE;
		reading->closed_gate = i;
		return false;
	}
	return true;
}

static bool
is_zero(const struct tunable_raw *raw)
{
	return raw->present && is_number_type(raw->type) && is_well_formed(raw) &&
	       tunable_raw_number(raw) == 0;
}

/* What another place holds that wins over the row's own value, if its reader would take it. */
static bool
take_other(const struct tunable_case *given, const struct tunable_raw *raw,
    enum tunable_source source, const struct tunable_entry *from, struct tunable_reading *reading)
{
	enum tunable_found found = look_at(reading->entry->row, raw);

	if (source == SOURCE_REGISTRY && reading->entry->row->preferred_nonzero && is_zero(raw))
		found = FOUND_ZERO;
	TELL(given, .kind = STEP_PLACE, .entry = reading->entry, .reading = reading,
	    .place = source, .from = from, .raw = *raw, .found = found);
	if (found != FOUND_TAKEN)
		return false;
	judge(given, raw, source, from, reading);
	if (reading->raw.present)
		reading->verdict = VERDICT_SHADOWED;
	return true;
}

/* Policy, then BCD, then the preferred place: the first that has a value hides the row's own. */
static bool
take_precedence(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable_entry *entry = reading->entry;
	struct tunable_raw raw;

	if (entry->policy != NULL) {
		raw = find_raw(given, entry->policy);
		if (take_other(given, &raw, SOURCE_POLICY, entry->policy, reading))
			return true;
	}
	if (entry->row->bcd != NULL && given->bcd != NULL) {
		raw = given->bcd(given, entry->row->bcd);
		if (take_other(given, &raw, SOURCE_BCD, NULL, reading))
			return true;
	}
	if (entry->preferred != NULL) {
		raw = find_raw(given, entry->preferred);
		if (take_other(given, &raw, SOURCE_REGISTRY, entry->preferred, reading))
			return true;
	}
	return false;
}

/* The row's own value is absent, or of a type that its reader does not take. */
static void
take_substitute(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable_entry *entry = reading->entry;

	if (entry->fallback != NULL) {
		struct tunable_raw raw = find_raw(given, entry->fallback);
		enum tunable_found found = look_at(entry->row, &raw);

		TELL(given, .kind = STEP_PLACE, .entry = entry, .reading = reading,
		    .place = SOURCE_FALLBACK, .from = entry->fallback, .raw = raw, .found = found);
		if (found == FOUND_TAKEN) {
			judge(given, &raw, SOURCE_FALLBACK, entry->fallback, reading);
			if (reading->raw.present)
				reading->verdict = VERDICT_IGNORED_TYPE;
			return;
		}
	}
	take_default(given, reading);
	reading->verdict = reading->raw.present ? VERDICT_IGNORED_TYPE : VERDICT_DEFAULT_ABSENT;
}

static void
take_own(const struct tunable_case *given, struct tunable_reading *reading)
{
	enum tunable_found found = look_at(reading->entry->row, &reading->raw);

	TELL(given, .kind = STEP_PLACE, .entry = reading->entry, .reading = reading,
	    .place = SOURCE_REGISTRY, .raw = reading->raw, .found = found);
	if (found == FOUND_TAKEN)
		judge(given, &reading->raw, SOURCE_REGISTRY, NULL, reading);
	else
		take_substitute(given, reading);
}

/* Only whether the key is there counts. */
static void
judge_subkey(const struct tunable_case *given, struct tunable_reading *reading)
{
	bool present = reading->raw.present;

	TELL(given, .kind = STEP_PLACE, .entry = reading->entry, .reading = reading,
	    .place = SOURCE_REGISTRY, .raw = reading->raw,
	    .found = present ? FOUND_TAKEN : FOUND_NOTHING);
	reading->kind = KIND_NUMBER;
	reading->number = present;
	reading->verdict = present ? VERDICT_APPLIED : VERDICT_DEFAULT_ABSENT;
	reading->source = present ? SOURCE_REGISTRY : SOURCE_DEFAULT;
	reading->judged = reading->raw;
	reading->judged_in = reading->source;
}

/* The rule that no column says; it may change the reading. */
static void
settle(const struct tunable_case *given, struct tunable_reading *reading)
{
	struct tunable_reading before;

	if (given->step == NULL) {
		reading->entry->row->settle(given, reading);
		return;
	}
	before = *reading;
	reading->entry->row->settle(given, reading);
	TELL(given, .kind = STEP_SETTLE, .entry = reading->entry, .reading = reading,
	    .before = &before,
	    .holds = tunable_same(&before, reading) && before.verdict == reading->verdict &&
	             before.source == reading->source && before.from == reading->from);
}

const char *
tunable_outcome_word(const struct tunable_reading *reading, const struct tunable_case *given)
{
	const struct tunable_outcome *outcome = reading->entry->row->outcome;
	const char *word = NULL;
	bool yes =
	    reading->kind == KIND_BYTES || (reading->kind == KIND_NUMBER && reading->number != 0);

	if (outcome == NULL)
		return NULL;
	if (yes && outcome->state != NULL) {
		word = find_state(given, outcome->state);
		yes = word != NULL && strcasecmp(word, outcome->word) == 0;
	}
	if ((yes ? outcome->yes : outcome->no) != NULL)
		TELL(given, .kind = STEP_OUTCOME, .entry = reading->entry, .reading = reading,
		    .word = word, .holds = yes);
	return yes ? outcome->yes : outcome->no;
}

void
tunable_interpret(const struct tunable_entry *entry, const struct tunable_case *given,
    struct tunable_reading *ret_reading)
{
	struct tunable_reading *reading = ret_reading;

	*reading = (struct tunable_reading){ .entry = entry, .raw = find_raw(given, entry) };
	if (!gates_open(given, reading))
		return;
	if (entry->row->shape == SHAPE_SUBKEY) {
		judge_subkey(given, reading);
		return;
	}
	if (!take_precedence(given, reading))
		take_own(given, reading);
	if (entry->row->settle != NULL)
		settle(given, reading);
}
