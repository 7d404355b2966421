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

static bool
type_fits(const struct tunable *row, const struct tunable_raw *raw)
{
	if (row->type == TYPE_ANY)
		return true;
	return is_well_formed(raw) &&
	       (raw->type == row->type || (row->type_also != 0 && raw->type == row->type_also));
}

static uint64_t
read_number(const struct tunable_raw *raw)
{
	uint64_t number = 0;

	for (size_t i = 0; i < raw->size && i < 8; i++)
		number |= (uint64_t)raw->data[i] << (8 * i);
	return number;
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

/* The upper bound in force: a sibling's or a state's number before the row's own. */
static bool
upper_bound(const struct tunable_entry *entry, const struct tunable_case *given, uint64_t *ret_max)
{
	const struct tunable *row = entry->row;
	const char *word = find_state(given, row->max_from);

	if (word != NULL && parse_decimal(word, ret_max))
		return true;
	if (entry->max_from != NULL) {
		struct tunable_reading sibling;

		tunable_interpret(entry->max_from, given, &sibling);
		if (sibling.kind == KIND_NUMBER) {
			*ret_max = sibling.number;
			return true;
		}
	}
	*ret_max = row->max;
	return row->has_max;
}

/* A bound that a sibling or a state sets holds for the default too. */
static void
bound_default(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;
	uint64_t max;

	if (reading->kind != KIND_NUMBER || row->max_from == NULL ||
	    !upper_bound(reading->entry, given, &max) || reading->number <= max)
		return;
	reading->number = row->has_min && max < row->min ? row->min : max;
}

static void
take_default(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;
	const char *word = find_state(given, row->variant_state);

	reading->source = SOURCE_DEFAULT;
	reading->from = NULL;
	if (word != NULL && row->variant_word != NULL && strcasecmp(word, row->variant_word) == 0) {
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

static void
judge_range(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;
	uint64_t number = reading->number;
	uint64_t max;

	if (upper_bound(reading->entry, given, &max) && number > max) {
		reading->bound = max;
		reading->bound_known = true;
		if (row->above != OOB_CLAMP) {
			judge_outside(given, row->above, reading);
			return;
		}
		reading->number = max;
		reading->verdict = VERDICT_CAPPED;
	}
	if (row->has_min && reading->number < row->min) {
		/* Where the bounds cross, the lower one wins, if it is one to bring numbers to. */
		if (row->below != OOB_CLAMP && number >= row->min)
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
}

static void
judge_number(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;

	if (row->zero_is_default && reading->number == 0) {
		take_default(given, reading);
		reading->verdict = VERDICT_DEFAULT_ZERO;
		return;
	}
	if (row->shape == SHAPE_BOOL && reading->number > 1) {
		reading->number = 1;
		reading->verdict = VERDICT_COERCED;
		return;
	}
	if (!shape_fits(row, reading->number)) {
		reading->misshapen = true;
		judge_outside(given, row->misshapen, reading);
		return;
	}
	if (row->shape != SHAPE_ENUM)
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
		reading->number = read_number(raw);
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
gate_open(const struct tunable_entry *entry, unsigned which, const struct tunable_case *given)
{
	const struct tunable_gate *gate = &entry->row->gates[which];
	const char *word = find_state(given, gate->state);
	uint64_t number = 0;

	if (gate->test == GATE_NONE)
		return true;
	if (gate->word != NULL)
		return word != NULL && strcasecmp(word, gate->word) == 0;
	if (word != NULL) {
		parse_decimal(word, &number);
	} else if (entry->gates[which] != NULL) {
		struct tunable_reading sibling;

		tunable_interpret(entry->gates[which], given, &sibling);
		number = sibling.kind == KIND_NUMBER ? sibling.number : 0;
	}
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
gates_open(const struct tunable_case *given, struct tunable_reading *reading)
{
	for (unsigned i = 0; i < TUNABLE_GATES; i++) {
		if (gate_open(reading->entry, i, given))
			continue;
		reading->kind = KIND_NOT_CONSULTED;
		reading->verdict = VERDICT_IGNORED_GATED;
		reading->source = SOURCE_NONE;
		reading->closed_gate = i;
		return false;
	}
	return true;
}

/* What another place holds that wins over the row's own value, if its reader would take it. */
static bool
take_other(const struct tunable_case *given, const struct tunable_raw *raw,
    enum tunable_source source, const struct tunable_entry *from, struct tunable_reading *reading)
{
	if (!raw->present || !type_fits(reading->entry->row, raw))
		return false;
	judge(given, raw, source, from, reading);
	if (reading->raw.present)
		reading->verdict = VERDICT_SHADOWED;
	return true;
}

static bool
is_zero(const struct tunable_raw *raw)
{
	return is_number_type(raw->type) && is_well_formed(raw) && read_number(raw) == 0;
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
		if (entry->row->preferred_nonzero && raw.present && is_zero(&raw))
			return false;
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

		if (raw.present && type_fits(entry->row, &raw)) {
			judge(given, &raw, SOURCE_FALLBACK, entry->fallback, reading);
			if (reading->raw.present)
				reading->verdict = VERDICT_IGNORED_TYPE;
			return;
		}
	}
	take_default(given, reading);
	reading->verdict = reading->raw.present ? VERDICT_IGNORED_TYPE : VERDICT_DEFAULT_ABSENT;
}

/* Only whether the key is there counts. */
static void
judge_subkey(struct tunable_reading *reading)
{
	bool present = reading->raw.present;

	reading->kind = KIND_NUMBER;
	reading->number = present;
	reading->verdict = present ? VERDICT_APPLIED : VERDICT_DEFAULT_ABSENT;
	reading->source = present ? SOURCE_REGISTRY : SOURCE_DEFAULT;
	reading->judged = reading->raw;
	reading->judged_in = reading->source;
}

const char *
tunable_outcome_word(const struct tunable_reading *reading, const struct tunable_case *given)
{
	const struct tunable_outcome *outcome = reading->entry->row->outcome;
	const char *word;
	bool yes =
	    reading->kind == KIND_BYTES || (reading->kind == KIND_NUMBER && reading->number != 0);

	if (outcome == NULL)
		return NULL;
	if (yes && outcome->state != NULL) {
		word = find_state(given, outcome->state);
		yes = word != NULL && strcasecmp(word, outcome->word) == 0;
	}
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
		judge_subkey(reading);
		return;
	}
	if (!take_precedence(given, reading)) {
		if (reading->raw.present && type_fits(entry->row, &reading->raw))
			judge(given, &reading->raw, SOURCE_REGISTRY, NULL, reading);
		else
			take_substitute(given, reading);
	}
	if (entry->row->settle != NULL)
		entry->row->settle(given, reading);
}
