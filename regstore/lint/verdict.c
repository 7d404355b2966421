/*
 * From a reading to a finding: which rule its verdict is, and which line wins.
 */
#include <string.h>
#include <strings.h>

#include "regstore/lint/internal.h"

static bool
is_number_type(uint32_t type)
{
	return type == REG_DWORD || type == REG_QWORD;
}

static bool
same_effect(const struct tunable_reading *left, const struct tunable_reading *right)
{
	struct buf one = { 0 };
	struct buf other = { 0 };
	bool same;

	if (left->kind != right->kind)
		return false;
	if (left->kind == KIND_NUMBER)
		return left->number == right->number;
	tunable_effective(left, &one);
	tunable_effective(right, &other);
	same = strcmp(buf_text(&one), buf_text(&other)) == 0;
	buf_release(&one);
	buf_release(&other);
	return same;
}

/* A value that is taken: perhaps it would be so without it. */
static const char *
applied_code(const struct lint_case *given, const struct tunable_reading *reading)
{
	struct lint_case without = *given;
	struct tunable_reading absent;

	if (reading->source == SOURCE_FORCED)
		return "HV1208";
	if (reading->entry->row->type == TYPE_ANY && strcmp(reading->entry->row->name, "*") == 0)
		return "HV1308";
	if (!reading->entry->row->has_default && reading->entry->row->def_text == NULL &&
	    reading->entry->row->variant_state == NULL)
		return "HV1101";
	without.write = NULL;
	if (reading->source == SOURCE_BCD)
		without.given.bcd = NULL;
	lint_judge(&without, &absent);
	return absent.source == SOURCE_DEFAULT && same_effect(reading, &absent) ? "HV1102"
	                                                                        : "HV1101";
}

static const char *
shadowed_code(const struct tunable_reading *reading)
{
	if (reading->source == SOURCE_FORCED)
		return "HV1208";
	if (reading->judged_in == SOURCE_POLICY)
		return "HV1204";
	return reading->judged_in == SOURCE_BCD ? "HV1205" : "HV1206";
}

static const char *
gated_code(const struct lint_case *given, const struct tunable_reading *reading)
{
	const struct tunable_gate *gate = &reading->entry->row->gates[reading->closed_gate];

	if (gate->state != NULL && given->missing != NULL)
		return "HV1209";
	return "HV1203";
}

static const char *
code_of(const struct lint_case *given, const struct tunable_reading *reading)
{
	const struct tunable *row = reading->entry->row;

	switch (reading->verdict) {
	case VERDICT_DEFAULT_ZERO:
		return "HV1103";
	case VERDICT_COERCED:
		return "HV1104";
	case VERDICT_CAPPED:
		return "HV1105";
	case VERDICT_RAISED:
		return "HV1106";
	case VERDICT_RESET:
		return "HV1107";
	case VERDICT_REJECTED:
		return "HV1108";
	case VERDICT_UNSTATED:
		return "HV1109";
	case VERDICT_IGNORED_TYPE:
		return is_number_type(reading->raw.type) && (reading->raw.type == row->type ||
		                                                reading->raw.type == row->type_also)
		           ? "HV1202"
		           : "HV1201";
	case VERDICT_IGNORED_GATED:
		return gated_code(given, reading);
	case VERDICT_SHADOWED:
		return shadowed_code(reading);
	default:
		return applied_code(given, reading);
	}
}

/* The place of the value that hides this one; nowhere if a rule does. */
static struct lint_place
winner(struct lint_case *given, const struct tunable_reading *reading)
{
	const struct tunable_entry *from = reading->judged_from;
	const struct lint_write *write = NULL;
	uint32_t node;

	if (reading->verdict != VERDICT_SHADOWED || from == NULL)
		return (struct lint_place){ 0 };
	node = lint_sibling_node(given, from->table);
	if (node != LINT_NONE)
		write = lint_value(given->lint, node, from->row->name);
	return write != NULL ? lint_place_of(given->lint, write) : (struct lint_place){ 0 };
}

void
lint_emit_reading(struct lint *lint, const struct lint_write *write, const char *key,
    const char *name, const struct lint_case *given, const struct tunable_reading *reading)
{
	struct lint_case copy = *given;
	struct lint_finding finding =
	    lint_finding_of(lint, code_of(given, reading), write, key, name);

	finding.entry = reading->entry;
	finding.reading = reading;
	finding.other = winner(&copy, reading);
	lint_emit(lint, write, &finding);
}
