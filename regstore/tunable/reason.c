/*
 * Why a reading is what it is, in a sentence.
 */
#include <inttypes.h>
#include <string.h>

#include "regstore/tunable/tunable.h"

static void
append_type(struct buf *out, uint32_t type)
{
	const char *name = reg_type_name(type);

	if (name != NULL)
		buf_append_text(out, name);
	else
		buf_printf(out, "type %u", (unsigned)type);
}

/* Units that read well behind a number; "5 count" and "5 priority" do not. */
void
tunable_number_text(const struct tunable *row, uint64_t number, struct buf *out)
{
	static const char *const units[] = { "ms", "s", "%", "bytes", "MB", "threads", "pages" };

	buf_printf(out, "%" PRIu64, number);
	for (size_t i = 0; row->unit != NULL && i < ARRAY_SIZE(units); i++) {
		if (strcmp(row->unit, units[i]) == 0)
			buf_printf(out, " %s", row->unit);
	}
}

/* The place that was judged, where it is not the value's own; returns false for that. */
static bool
append_place(const struct tunable_reading *reading, struct buf *out)
{
	const struct tunable_entry *from = reading->judged_from;

	switch (reading->judged_in) {
	case SOURCE_POLICY:
		buf_printf(out, "policy %s", from->row->name);
		return true;
	case SOURCE_BCD:
		buf_printf(out, "bcd %s", reading->entry->row->bcd);
		return true;
	case SOURCE_FALLBACK:
		buf_append_text(out, from->row->name);
		return true;
	default:
		if (reading->judged_in != SOURCE_REGISTRY || from == NULL)
			return false;
		buf_append_text(out, from->table->key);
		return true;
	}
}

/* "300001 ms", "sz:none", "VmsVmqMode: 7" */
static void
append_judged(const struct tunable_reading *reading, struct buf *out)
{
	const struct tunable_raw *judged = &reading->judged;

	if (append_place(reading, out))
		buf_append_text(out, ": ");
	if (judged->type != REG_DWORD && judged->type != REG_QWORD) {
		tunable_raw_text(judged, out);
		return;
	}
	tunable_number_text(reading->entry->row, tunable_raw_number(judged), out);
}

/* "300001 ms is above 300000" */
static void
reason_range(const struct tunable_reading *reading, struct buf *out)
{
	const struct tunable *row = reading->entry->row;
	uint64_t number = tunable_raw_number(&reading->judged);

	append_judged(reading, out);
	if (reading->misshapen && row->shape == SHAPE_POWER_OF_TWO)
		buf_append_text(out, " is no power of two");
	else if (reading->misshapen && row->shape == SHAPE_ENUM)
		buf_append_text(out, " is not a listed number");
	else if (reading->misshapen)
		buf_append_text(out, " has not the stated shape");
	else if (reading->bound_known)
		buf_printf(out, " is %s %" PRIu64, number > reading->bound ? "above" : "below",
		    reading->bound);
	else
		buf_append_text(out, " is out of range");
}

static void
append_result(const struct tunable_reading *reading, struct buf *out)
{
	if (reading->kind == KIND_ABSENT) {
		buf_append_text(out, "no value and no default");
		return;
	}
	if (reading->kind == KIND_NUMBER)
		tunable_number_text(reading->entry->row, reading->number, out);
	else
		tunable_effective(reading, out);
}

void
tunable_gate_test_text(const struct tunable_gate *gate, struct buf *out)
{
	if (gate->word != NULL)
		buf_append_text(out, gate->word);
	else if (gate->test == GATE_NONZERO)
		buf_append_text(out, "other than 0");
	else if (gate->test == GATE_ZERO)
		buf_append_text(out, "0");
	else
		buf_printf(out, "%s%" PRIu64, gate->test == GATE_AT_LEAST ? "at least " : "",
		    gate->number);
}

void
tunable_gate_text(const struct tunable_gate *gate, struct buf *out)
{
	buf_printf(out, "%s must be ", gate->name != NULL ? gate->name : gate->state);
	tunable_gate_test_text(gate, out);
}

static void
reason_gate(const struct tunable_reading *reading, struct buf *out)
{
	buf_append_text(out, "not consulted: ");
	tunable_gate_text(&reading->entry->row->gates[reading->closed_gate], out);
}

static void
reason_substitute(const struct tunable_reading *reading, struct buf *out)
{
	if (reading->verdict == VERDICT_IGNORED_TYPE) {
		append_type(out, reading->raw.type);
		if (reading->raw.type == reading->entry->row->type ||
		    reading->raw.type == reading->entry->row->type_also)
			buf_printf(out, " of %zu bytes", reading->raw.size);
		else {
			buf_append_text(out, " where ");
			append_type(out, reading->entry->row->type);
			buf_append_text(out, " is read");
		}
		buf_append_text(out, " counts as absent (assumed): ");
	} else {
		buf_append_text(out, "absent: ");
	}
	if (append_place(reading, out))
		buf_append_text(out, " gives ");
	else if (reading->kind != KIND_ABSENT)
		buf_append_text(out, "default ");
	append_result(reading, out);
}

/* Where the judgement that decided is our choice, say so. */
static void
append_assumption(const struct tunable_reading *reading, struct buf *out)
{
	uint32_t assumed = reading->entry->row->assumed;
	uint32_t decided = 0;

	switch (reading->verdict) {
	case VERDICT_CAPPED:
	case VERDICT_RAISED:
	case VERDICT_RESET:
	case VERDICT_REJECTED:
		decided = FACT_JUDGEMENT | FACT_RANGE;
		break;
	case VERDICT_COERCED:
		decided = FACT_SHAPE;
		break;
	case VERDICT_DEFAULT_ABSENT:
	case VERDICT_DEFAULT_ZERO:
		decided = reading->kind != KIND_ABSENT ? FACT_DEFAULT : 0;
		break;
	case VERDICT_IGNORED_GATED:
	case VERDICT_SHADOWED:
		decided = FACT_RULE;
		break;
	default:
		break;
	}
	if ((assumed & decided) != 0)
		buf_append_text(out, " (assumed)");
}

static void
reason_verdict(const struct tunable_reading *reading, struct buf *out)
{
	switch (reading->verdict) {
	case VERDICT_APPLIED:
		if (reading->source == SOURCE_REGISTRY && reading->from == NULL)
			buf_append_text(out, "taken as it is");
		else
			reason_substitute(reading, out);
		break;
	case VERDICT_DEFAULT_ABSENT:
	case VERDICT_IGNORED_TYPE:
		reason_substitute(reading, out);
		break;
	case VERDICT_DEFAULT_ZERO:
		if (append_place(reading, out))
			buf_append_text(out, ": ");
		buf_append_text(out, "0 means the default: ");
		append_result(reading, out);
		break;
	case VERDICT_COERCED:
		if (append_place(reading, out))
			buf_append_text(out, ": ");
		buf_append_text(out, "any number but 0 is on: ");
		append_result(reading, out);
		break;
	case VERDICT_IGNORED_GATED:
		reason_gate(reading, out);
		break;
	case VERDICT_SHADOWED:
		buf_append_text(out, "hidden by ");
		append_place(reading, out);
		buf_append_text(out, ": ");
		append_result(reading, out);
		break;
	case VERDICT_UNSTATED:
		reason_range(reading, out);
		buf_append_text(out, "; what then is not stated: taken as it is");
		break;
	default:
		reason_range(reading, out);
		buf_printf(out, ": %s%s ", tunable_verdict_name(reading->verdict),
		    reading->verdict == VERDICT_REJECTED ? "," : " to");
		append_result(reading, out);
		break;
	}
}

void
tunable_reason(const struct tunable_reading *reading, struct buf *out)
{
	if (reading->source == SOURCE_FORCED) {
		buf_append_text(out, "forced by a rule between values: ");
		append_result(reading, out);
	} else {
		reason_verdict(reading, out);
	}
	append_assumption(reading, out);
}
