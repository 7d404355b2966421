/*
 * Steps in words: one sentence for each, which names the place, what was found and the rule.
 */
#include "regstore/tunable/trace.h"

#include <inttypes.h>
#include <string.h>

#include "regstore/tunable/view.h"

/* --- Names
 * ---------------------------------------------------------------------------------------- */

/* The key of a row that the judged one has to do with, in the same instance. */
static void
append_key(const struct tunable_trace *trace, const struct tunable_entry *entry, struct buf *out)
{
	struct buf key = { 0 };

	if (trace->key == NULL)
		buf_append_text(out, entry->table->key);
	else if (entry->table == trace->entry->table)
		buf_append_text(out, trace->key);
	else if (tunable_related_key(entry->table, trace->entry->table, trace->key, &key))
		buf_append_text(out, buf_text(&key));
	else
		buf_append_text(out, tunable_table_key(entry->table));
	buf_release(&key);
}

static const char *
name_of(const struct tunable_trace *trace, const struct tunable_entry *entry)
{
	return entry == trace->entry ? trace->name : entry->row->name;
}

static void
append_place(const struct tunable_trace *trace, const struct tunable_step *step, struct buf *out)
{
	const struct tunable_entry *at = step->from != NULL ? step->from : step->entry;

	if (step->place == SOURCE_BCD) {
		buf_printf(out, "boot option %s", step->entry->row->bcd);
		return;
	}
	append_key(trace, at, out);
	if (at->row->shape != SHAPE_SUBKEY)
		buf_printf(out, "\\%s", name_of(trace, at));
}

/* --- Sentences
 * ------------------------------------------------------------------------------------ */

static void
append_types(const struct tunable *row, struct buf *out)
{
	const char *type = reg_type_name(row->type);
	const char *also = row->type_also != 0 ? reg_type_name(row->type_also) : NULL;

	buf_append_text(out, type != NULL ? type : "another type");
	if (also != NULL)
		buf_printf(out, " or %s", also);
}

static void
say_place(const struct tunable_trace *trace, const struct tunable_step *step, struct buf *out)
{
	const struct tunable *row = step->entry->row;
	bool own = step->place == SOURCE_REGISTRY && step->from == NULL;

	if (step->place == SOURCE_POLICY)
		buf_append_text(out, "policy ");
	append_place(trace, step, out);
	if (row->shape == SHAPE_SUBKEY) {
		buf_append_text(out, step->found == FOUND_TAKEN ? " is there, which is all that "
		                                                  "is asked"
		                                                : " is not there");
		return;
	}
	if (!own)
		buf_append_text(out, step->place == SOURCE_FALLBACK ? ", which stands in for it,"
		                                                    : ", which is asked first,");
	buf_append_text(out, step->found == FOUND_NOTHING ? " is " : " holds ");
	tunable_raw_text(&step->raw, out);
	switch (step->found) {
	case FOUND_TYPE:
		buf_append_text(out, ", but the reader takes ");
		append_types(row, out);
		buf_append_text(out, ": it counts as absent");
		break;
	case FOUND_SIZE:
		buf_printf(out, ", %zu bytes, which is no ", step->raw.size);
		append_types(row, out);
		buf_append_text(out, ": it counts as absent");
		break;
	case FOUND_ZERO:
		buf_append_text(out, ", and wins only with another number");
		break;
	case FOUND_TAKEN:
		buf_append_text(out,
		    own ? ", which is judged" : ", which is judged in place of the value's own");
		break;
	default:
		break;
	}
}

static void
say_gate(const struct tunable_trace *trace, const struct tunable_step *step, struct buf *out)
{
	const struct tunable_gate *gate = &step->entry->row->gates[step->gate];

	buf_printf(out, "%s is asked for only while ", name_of(trace, step->entry));
	if (gate->name == NULL)
		buf_append_text(out, "the state ");
	buf_printf(out, "%s is ", gate->name != NULL ? gate->name : gate->state);
	tunable_gate_test_text(gate, out);
	if (step->word != NULL)
		buf_printf(out, "; it is %s", step->word);
	else if (gate->word != NULL || step->from == NULL)
		buf_append_text(out, "; it is not set");
	else
		buf_printf(out, "; it is %" PRIu64, step->number);
	buf_append_text(out, step->holds ? ": it is asked for" : ": it is not asked for");
}

/* What follows for a number out of range or shape. */
static void
say_judgement(enum tunable_oob judgement, bool clamps, struct buf *out)
{
	switch (judgement) {
	case OOB_RESET:
		buf_append_text(out, ": reset to the default");
		break;
	case OOB_REJECT:
		buf_append_text(out, ": discarded, as if it were not there");
		break;
	case OOB_CLAMP:
		if (clamps) {
			buf_append_text(out, ": brought to it");
			break;
		}
	/* fallthrough */
	default:
		buf_append_text(out, ": what then is not stated, it is taken as it is");
		break;
	}
}

static void
append_words(const struct tunable *row, struct buf *out)
{
	for (const struct tunable_word *at = row->words; at != NULL && at->word != NULL; at++)
		buf_printf(
		    out, "%s%" PRIu64 " %s", at == row->words ? "" : ", ", at->number, at->word);
}

static void
say_shape(const struct tunable_step *step, struct buf *out)
{
	static const char *const kept[] = {
		[SHAPE_BOOL] = " is 0 (off) or 1 (on)",
		[SHAPE_ENUM] = " is one of the listed numbers: ",
		[SHAPE_POWER_OF_TWO] = " is a power of two",
		[SHAPE_EVEN] = " is even",
		[SHAPE_GUID] = "the text is that of a GUID",
		[SHAPE_MAC] = "there are six bytes, as an address has",
	};
	static const char *const broken[] = {
		[SHAPE_BOOL] = ": any number but 0 is on",
		[SHAPE_ENUM] = " is none of the listed numbers: ",
		[SHAPE_POWER_OF_TWO] = " is no power of two",
		[SHAPE_EVEN] = " is odd",
		[SHAPE_GUID] = "the text is not that of a GUID",
		[SHAPE_MAC] = "these are not the six bytes of an address",
	};
	const struct tunable *row = step->entry->row;

	if (row->shape != SHAPE_GUID && row->shape != SHAPE_MAC)
		tunable_number_text(row, step->number, out);
	buf_append_text(out, step->holds ? kept[row->shape] : broken[row->shape]);
	if (row->shape == SHAPE_ENUM)
		append_words(row, out);
	if (!step->holds && row->shape != SHAPE_BOOL)
		say_judgement(step->judgement, false, out);
}

static void
say_bound(const struct tunable_trace *trace, const struct tunable_step *step, struct buf *out)
{
	const struct tunable *row = step->entry->row;

	if (step->of_default)
		buf_append_text(out, "the default ");
	tunable_number_text(row, step->number, out);
	buf_printf(out, " is %s%s the %s, ", step->holds ? "not " : "",
	    step->upper ? "above" : "below", step->upper ? "highest" : "lowest");
	tunable_number_text(row, step->bound, out);
	if (step->from != NULL)
		buf_printf(out, " (which %s sets)", name_of(trace, step->from));
	else if (step->word != NULL)
		buf_printf(out, " (which the state %s sets)", row->max_from);
	if (!step->holds)
		say_judgement(step->judgement, true, out);
}

static void
append_value(const struct tunable_reading *reading, struct buf *out)
{
	if (reading->kind == KIND_NUMBER)
		tunable_number_text(reading->entry->row, reading->number, out);
	else
		tunable_effective(reading, out);
}

static void
say_default(const struct tunable_step *step, struct buf *out)
{
	if (step->reading->kind == KIND_ABSENT) {
		buf_append_text(out, "there is no default: no value");
		return;
	}
	buf_append_text(out, "the default");
	if (step->word != NULL)
		buf_printf(out, " while %s is %s", step->entry->row->variant_state, step->word);
	buf_append_text(out, " is ");
	append_value(step->reading, out);
}

static void
say_settle(const struct tunable_step *step, struct buf *out)
{
	if (step->holds) {
		buf_append_text(out, "the rule between values leaves it as it is: ");
		append_value(step->reading, out);
		return;
	}
	buf_append_text(out, "the rule between values makes of ");
	append_value(step->before, out);
	buf_printf(out, " (%s) ", tunable_verdict_name(step->before->verdict));
	append_value(step->reading, out);
	buf_printf(out, " (%s)", tunable_verdict_name(step->reading->verdict));
}

static void
say_outcome(const struct tunable_step *step, struct buf *out)
{
	const struct tunable_outcome *outcome = step->entry->row->outcome;

	if (step->word != NULL)
		buf_printf(out, "the %s is %s: ", outcome->state, step->word);
	buf_printf(out, "the operation: %s", step->holds ? outcome->yes : outcome->no);
}

static void
say(const struct tunable_trace *trace, const struct tunable_step *step, struct buf *out)
{
	/* A sibling's steps say whose they are. */
	if (step->entry != trace->entry && step->kind != STEP_PLACE && step->kind != STEP_GATE)
		buf_printf(out, "%s: ", name_of(trace, step->entry));
	switch (step->kind) {
	case STEP_GATE:
		say_gate(trace, step, out);
		break;
	case STEP_PLACE:
		say_place(trace, step, out);
		break;
	case STEP_ZERO:
		buf_append_text(out, "0 means the default");
		break;
	case STEP_SHAPE:
		say_shape(step, out);
		break;
	case STEP_BOUND:
		say_bound(trace, step, out);
		break;
	case STEP_DEFAULT:
		say_default(step, out);
		break;
	case STEP_SETTLE:
		say_settle(step, out);
		break;
	case STEP_OUTCOME:
		say_outcome(step, out);
		break;
	}
}

/* --- What a step rests on
 * ------------------------------------------------------------------------- */

/* The facts of the row by which a step was decided. */
static uint32_t
facts_of(const struct tunable_step *step)
{
	bool own = step->place == SOURCE_REGISTRY && step->from == NULL;

	switch (step->kind) {
	case STEP_PLACE:
		return own ? FACT_TYPE : FACT_RULE;
	case STEP_ZERO:
	case STEP_DEFAULT:
		return step->reading->kind != KIND_ABSENT ? FACT_DEFAULT : 0;
	case STEP_SHAPE:
		return FACT_SHAPE | (step->holds ? 0 : FACT_JUDGEMENT);
	case STEP_BOUND:
		return FACT_RANGE | (step->holds ? 0 : FACT_JUDGEMENT) |
		       (step->of_default || step->from != NULL ? FACT_RULE : 0);
	default:
		return FACT_RULE;
	}
}

const char *
tunable_step_basis(const struct tunable_step *step)
{
	const struct tunable *row = step->entry->row;

	/* That a value of another type counts as absent is our choice for all rows. */
	if (step->kind == STEP_PLACE && (step->found == FOUND_TYPE || step->found == FOUND_SIZE))
		return tunable_basis_name(BASIS_ASSUMED);
	return tunable_basis_name(
	    (row->assumed & facts_of(step)) != 0 ? BASIS_ASSUMED : row->basis);
}

/* --- As JSON
 * -------------------------------------------------------------------------------------- */

static void
set_number(json_t *object, const char *member, uint64_t number)
{
	json_object_set_new(object, member, tunable_json_number(number));
}

static void
add_place(const struct tunable_trace *trace, const struct tunable_step *step, json_t *object)
{
	static const char *const found[] = {
		[FOUND_NOTHING] = "absent",
		[FOUND_TYPE] = "wrong-type",
		[FOUND_SIZE] = "wrong-size",
		[FOUND_ZERO] = "zero",
		[FOUND_TAKEN] = "taken",
	};
	struct buf text = { 0 };

	append_place(trace, step, &text);
	json_object_set_new(object, "looked_at", tunable_json_take(&text));
	tunable_raw_text(&step->raw, &text);
	json_object_set_new(object, "raw", tunable_json_take(&text));
	json_object_set_new(object, "found", json_string(found[step->found]));
}

static void
add_bound(const struct tunable_step *step, json_t *object)
{
	static const char *const judgements[] = {
		[OOB_UNSTATED] = "unstated",
		[OOB_CLAMP] = "clamp",
		[OOB_RESET] = "reset-default",
		[OOB_REJECT] = "reject",
	};

	set_number(object, "number", step->number);
	if (step->kind == STEP_BOUND) {
		set_number(object, "bound", step->bound);
		json_object_set_new(object, "upper", json_boolean(step->upper));
	}
	json_object_set_new(object, "judgement", json_string(judgements[step->judgement]));
}

static const char *const kind_names[] = {
	[STEP_GATE] = "gate",
	[STEP_PLACE] = "place",
	[STEP_ZERO] = "zero",
	[STEP_SHAPE] = "shape",
	[STEP_BOUND] = "bound",
	[STEP_DEFAULT] = "default",
	[STEP_SETTLE] = "settle",
	[STEP_OUTCOME] = "outcome",
};

void
tunable_trace_add(struct tunable_trace *trace, const struct tunable_step *step)
{
	json_t *object = json_object();
	struct buf text = { 0 };

	json_object_set_new(object, "kind", json_string(kind_names[step->kind]));
	json_object_set_new(object, "name", tunable_json_text(name_of(trace, step->entry)));
	append_key(trace, step->entry, &text);
	json_object_set_new(object, "key", tunable_json_take(&text));
	if (step->kind == STEP_PLACE)
		add_place(trace, step, object);
	else if (step->kind != STEP_ZERO && step->kind != STEP_DEFAULT)
		json_object_set_new(object, "holds", json_boolean(step->holds));
	if (step->kind == STEP_BOUND || step->kind == STEP_SHAPE)
		add_bound(step, object);
	if (step->kind != STEP_PLACE && step->from != NULL)
		json_object_set_new(object, "set_by", json_string(step->from->row->name));
	if (step->word != NULL)
		json_object_set_new(object, "word", tunable_json_text(step->word));
	json_object_set_new(object, "section", json_string(step->entry->table->section));
	json_object_set_new(object, "basis", json_string(tunable_step_basis(step)));
	say(trace, step, &text);
	json_object_set_new(object, "text", tunable_json_take(&text));
	json_array_append_new(trace->steps, object);
}

/* --- Of a snapshot
 * -------------------------------------------------------------------------------- */

static void
add_step(const struct tunable_case *given, const struct tunable_step *step)
{
	tunable_trace_add(given->context, step);
}

json_t *
tunable_snapshot_steps(const struct tunable_snapshot *snapshot, size_t index)
{
	struct tunable_trace trace = {
		.entry = snapshot->readings[index].entry,
		.key = snapshot->key,
		.name = tunable_snapshot_name(snapshot, index),
		.steps = json_array(),
	};
	struct tunable_snapshot_case again;
	struct tunable_reading reading;

	tunable_snapshot_case(snapshot, index, &again);
	again.given.step = add_step;
	again.given.context = &trace;
	tunable_interpret(trace.entry, &again.given, &reading);
	tunable_outcome_word(&reading, &again.given);
	return trace.steps;
}
