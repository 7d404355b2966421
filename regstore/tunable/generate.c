/*
 * Generated vectors: the surroundings of a row, times the inputs of its matrix.
 */
#include "regstore/tunable/generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "regstore/tunable/matrix.h"
#include "regstore/tunable/vector.h"

struct generator {
	const struct tunable_catalog *catalog;
	const struct tunable_entry *entry;
	struct buf *out;
	struct buf inputs; /* the matrix of the row, each with its NUL */
	struct buf opens;  /* "SpreadWork=dword:1; ": what opens the gates; empty without gates */
	size_t number;     /* of the case */
	bool failed;
};

/* What the readers of the value make of one case. */
struct outcome {
	size_t readers;
	bool same_value; /* all readers come to the same */
	bool same_verdict;
	struct buf value; /* as an expectation */
	enum tunable_verdict verdict;
	bool writable; /* a line of text can hold the value */
	bool gated;
	unsigned closed_gate;
	const char *word; /* of the row's outcome; or NULL */
};

/* --- One case
 * ------------------------------------------------------------------------------------- */

/* The effective value as an expectation: texts and bytes in quotes. */
static void
append_value(const struct tunable_reading *reading, struct buf *out)
{
	bool quotes = reading->kind == KIND_BYTES;

	buf_append_text(out, quotes ? "\"" : "");
	tunable_effective(reading, out);
	buf_append_text(out, quotes ? "\"" : "");
}

static void
take(void *context, const struct tunable_reading *reading)
{
	struct outcome *outcome = context;
	struct buf value = { 0 };

	append_value(reading, &value);
	if (outcome->readers++ == 0) {
		buf_append(&outcome->value, value.data, value.size);
		outcome->verdict = reading->verdict;
		outcome->same_value = outcome->same_verdict = true;
		outcome->gated = reading->kind == KIND_NOT_CONSULTED;
		outcome->closed_gate = reading->closed_gate;
	}
	outcome->same_value = outcome->same_value && value.size == outcome->value.size &&
	                      memcmp(value.data, outcome->value.data, value.size) == 0;
	outcome->same_verdict = outcome->same_verdict && reading->verdict == outcome->verdict;
	/* A tab would end the field, a line end the case. */
	outcome->writable = memchr(value.data, '\0', value.size) == NULL &&
	                    strpbrk(buf_text(&value), "\t\r\n") == NULL;
	buf_release(&value);
}

static void
take_step(void *context, const struct tunable_step *step)
{
	struct outcome *outcome = context;

	if (step->kind == STEP_OUTCOME)
		outcome->word =
		    step->holds ? step->entry->row->outcome->yes : step->entry->row->outcome->no;
}

/* Judge a case by all readers of the value; false if it cannot be, as a sibling's name is unknown.
 */
static bool
judge(struct generator *generator, const char *given, struct outcome *ret_outcome)
{
	const char *key = generator->entry->table->key;
	const char *name = generator->entry->row->name;
	const struct tunable_entry *entry = NULL;
	struct outcome outcome = { 0 };
	struct buf error = { 0 };
	bool ok = true;

	while (ok && (entry = tunable_find(
	                  generator->catalog, key, strlen(key), name, strlen(name), entry)) != NULL)
		ok = vector_explain(
		    generator->catalog, entry, given, take_step, take, &outcome, &error);
	buf_release(&error);
	if (!ok)
		buf_release(&outcome.value);
	else
		*ret_outcome = outcome;
	return ok;
}

static void
add_line(struct generator *generator, const char *given, const char *expect, const char *verdict)
{
	const struct tunable_table *table = generator->entry->table;
	const char *name = generator->entry->row->name;

	buf_printf(generator->out, "%s-%s-%zu\t%s\t%s\t%s\t%s%s%s\t%s: as the tables have it\n",
	    table->name, name, ++generator->number, table->key, name, given, expect,
	    verdict != NULL ? " " : "", verdict != NULL ? verdict : "", table->section);
}

static void
add_case(struct generator *generator, const char *given)
{
	struct outcome outcome;

	if (!judge(generator, given, &outcome))
		return;
	if (outcome.same_value && outcome.writable)
		add_line(generator, given, buf_text(&outcome.value),
		    outcome.same_verdict ? tunable_verdict_name(outcome.verdict) : NULL);
	if (outcome.word != NULL && outcome.readers == 1)
		add_line(generator, given, outcome.word, NULL);
	buf_release(&outcome.value);
}

/* --- Inputs in their surroundings
 * ----------------------------------------------------------------- */

/* "NAME=", "bcd.OPTION=": what stands before the value's own input in a list. */
static void
append_own(const struct generator *generator, struct buf *given)
{
	const struct tunable_entry *entry = generator->entry;

	if (tunable_in_registry(entry->table))
		buf_printf(given, "%s=", entry->row->name);
	else
		buf_printf(given, "bcd.%s=", entry->row->bcd);
}

/* One input under what `around` says ("A=dword:1; ", or nothing). */
static void
add_input(struct generator *generator, const char *around, const char *input)
{
	struct buf given = { 0 };

	if (around[0] == '\0' && tunable_in_registry(generator->entry->table)) {
		add_case(generator, input);
		return;
	}
	buf_append_text(&given, around);
	append_own(generator, &given);
	buf_append_text(&given, input);
	generator->failed = generator->failed || given.failed;
	add_case(generator, buf_text(&given));
	buf_release(&given);
}

static void
add_matrix(struct generator *generator, const char *around)
{
	const char *input = (const char *)generator->inputs.data;
	const char *end = input + generator->inputs.size;

	for (; input < end; input += strlen(input) + 1)
		add_input(generator, around, input);
}

/* Absence, and one value that is not the default. */
static void
add_some(struct generator *generator, const char *around)
{
	const struct tunable *row = generator->entry->row;
	char number[40];

	add_input(generator, around, "absent");
	snprintf(number, sizeof(number), "%s:%" PRIu64, row->type == REG_QWORD ? "qword" : "dword",
	    row->has_default && row->def < UINT32_MAX ? row->def + 1 : 1);
	if (row->shape == SHAPE_SUBKEY)
		add_input(generator, around, "subkey:present");
	else
		add_input(generator, around, tunable_takes_number(row) ? number : "sz:text");
}

/* --- What surrounds a row
 * ------------------------------------------------------------------------- */

/* Append "KEY\NAME=INPUT; " for each input of another row's matrix, each with its NUL. */
static void
list_inputs(const struct tunable_entry *other, struct buf *list)
{
	struct buf inputs = { 0 };

	tunable_matrix(other->row, &inputs);
	for (size_t at = 0; at < inputs.size; at += strlen((char *)inputs.data + at) + 1) {
		buf_printf(list, "%s\\%s=%s; ", other->table->key, other->row->name,
		    (const char *)inputs.data + at);
		buf_append_byte(list, 0);
	}
	list->failed = list->failed || inputs.failed;
	buf_release(&inputs);
}

/* The same for the words of a state: its own and another one; or numbers about the one that counts.
 */
static void
list_words(const char *name, const char *word, uint64_t number, struct buf *list)
{
	if (word != NULL) {
		buf_printf(list, "state.%s=%s; ", name, word);
		buf_append_byte(list, 0);
		buf_printf(list, "state.%s=another; ", name);
		buf_append_byte(list, 0);
		return;
	}
	for (uint64_t at = number > 0 ? number - 1 : 0; at <= number + 1; at++) {
		buf_printf(list, "state.%s=%" PRIu64 "; ", name, at);
		buf_append_byte(list, 0);
	}
}

static void
list_gate(const struct tunable_entry *entry, unsigned which, struct buf *list)
{
	const struct tunable_gate *gate = &entry->row->gates[which];

	if (entry->gates[which] != NULL)
		list_inputs(entry->gates[which], list);
	if (gate->state != NULL)
		list_words(gate->state, gate->word, gate->number, list);
}

/* Call for each of a list, with what opens the gates before it. */
static void
each(struct generator *generator, struct buf *list,
    void (*use)(struct generator *generator, const char *around))
{
	struct buf around = { 0 };

	for (size_t at = 0; at < list->size; at += strlen((char *)list->data + at) + 1) {
		buf_clear(&around);
		buf_printf(&around, "%s%s", buf_text(&generator->opens), (char *)list->data + at);
		use(generator, buf_text(&around));
	}
	generator->failed = generator->failed || list->failed || around.failed;
	buf_release(&around);
	buf_release(list);
}

/* Whether a gate lets the value be asked for; the gates behind it may not. */
static bool
opens(struct generator *generator, unsigned which, const char *around)
{
	struct outcome outcome;
	struct buf given = { 0 };
	bool open = false;

	buf_printf(&given, "%s%s", buf_text(&generator->opens), around);
	append_own(generator, &given);
	buf_append_text(&given, "absent");
	if (judge(generator, buf_text(&given), &outcome)) {
		open = !outcome.gated || outcome.closed_gate > which;
		buf_release(&outcome.value);
	}
	buf_release(&given);
	return open;
}

/* Find what opens the gates, one after the other. */
static void
open_gates(struct generator *generator)
{
	for (unsigned i = 0; i < TUNABLE_GATES; i++) {
		struct buf list = { 0 };
		size_t at = 0;

		list_gate(generator->entry, i, &list);
		while (at < list.size && !opens(generator, i, (char *)list.data + at))
			at += strlen((char *)list.data + at) + 1;
		if (at < list.size)
			buf_append_text(&generator->opens, (char *)list.data + at);
		generator->failed = generator->failed || list.failed;
		buf_release(&list);
	}
}

/* What is asked beside the gates and the value itself. */
static void
list_others(const struct tunable_entry *entry, struct buf *list)
{
	const struct tunable *row = entry->row;
	const struct tunable_entry *others[] = { entry->policy, entry->preferred, entry->fallback,
		entry->max_from };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i] != NULL)
			list_inputs(others[i], list);
	}
	if (row->bcd != NULL && tunable_in_registry(entry->table)) {
		buf_printf(list, "bcd.%s=dword:0; ", row->bcd);
		buf_append_byte(list, 0);
		buf_printf(list, "bcd.%s=dword:1; ", row->bcd);
		buf_append_byte(list, 0);
		buf_printf(list, "bcd.%s=sz:text; ", row->bcd);
		buf_append_byte(list, 0);
	}
	if (row->variant_state != NULL)
		list_words(row->variant_state, row->variant_word, 0, list);
	if (row->max_from != NULL && entry->max_from == NULL)
		list_words(row->max_from, NULL, row->max, list);
	if (row->outcome != NULL && row->outcome->state != NULL)
		list_words(row->outcome->state, row->outcome->word, 0, list);
}

/* The rival readings that a rule between values may ask for. */
static void
list_switches(const struct tunable_entry *entry, struct buf *list)
{
	const struct tunable_switch *at = entry->table->switches;

	for (; entry->row->settle != NULL && at != NULL && at->name != NULL; at++) {
		for (size_t i = 1; at->words[i] != NULL; i++) {
			buf_printf(list, "state.%s=%s; ", at->name, at->words[i]);
			buf_append_byte(list, 0);
		}
	}
}

/* --- A row
 * ---------------------------------------------------------------------------------------- */

void
generate_header(struct buf *out)
{
	buf_append_text(out, "# Made from the tables by hvctl verify --generate: what the "
	                     "interpreter says now. A baseline\n"
	                     "# against regressions, and no proof against the reference: what the "
	                     "tables have wrong, these\n"
	                     "# have wrong too.\n"
	                     "id\tkey\tvalue\tgiven\texpect\twhy\n");
}

bool
generate_vectors(
    const struct tunable_catalog *catalog, const struct tunable_entry *entry, struct buf *out)
{
	struct generator generator = { .catalog = catalog, .entry = entry, .out = out };
	struct buf list = { 0 };

	tunable_matrix(entry->row, &generator.inputs);
	for (unsigned i = 0; i < TUNABLE_GATES; i++)
		list_gate(entry, i, &list);
	each(&generator, &list, add_some);
	open_gates(&generator);
	add_matrix(&generator, buf_text(&generator.opens));
	list = (struct buf){ 0 };
	list_others(entry, &list);
	each(&generator, &list, add_some);
	list = (struct buf){ 0 };
	list_switches(entry, &list);
	each(&generator, &list, add_matrix);
	generator.failed = generator.failed || generator.inputs.failed || generator.opens.failed;
	buf_release(&generator.inputs);
	buf_release(&generator.opens);
	return !generator.failed && !out->failed;
}
