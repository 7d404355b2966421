/*
 * Levers and their choices.
 *
 * The choices of a number are those of the matrix of its row and of the row that is to be moved,
 * with the goal and its neighbours: between them nothing changes but the number itself.
 */
#include "regstore/tunable/lever.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/bcd/bcd.h"
#include "regstore/tunable/matrix.h"

/* --- The goal
 * ------------------------------------------------------------------------------------- */

static bool
read_decimal(const char *text, uint64_t *ret_number)
{
	char *end;
	bool hex = strncasecmp(text, "0x", 2) == 0;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 20)
		return false;
	*ret_number = strtoull(text, &end, hex ? 16 : 10);
	return *end == '\0' &&
	       (*ret_number != UINT64_MAX || hex || strcmp(text, "18446744073709551615") == 0);
}

static bool
read_word(const struct tunable *row, const char *text, uint64_t *ret_number)
{
	static const char *const on[] = { "true", "on", "yes" };
	static const char *const off[] = { "false", "off", "no" };

	for (const struct tunable_word *at = row->words; at != NULL && at->word != NULL; at++) {
		if (strcasecmp(at->word, text) == 0) {
			*ret_number = at->number;
			return true;
		}
	}
	for (size_t i = 0; row->shape == SHAPE_BOOL && i < ARRAY_SIZE(on); i++) {
		*ret_number = strcasecmp(on[i], text) == 0;
		if (*ret_number == 1 || strcasecmp(off[i], text) == 0)
			return true;
	}
	return false;
}

struct goal
goal_read(const struct tunable *row, const char *text)
{
	struct goal goal = { .text = text, .length = strlen(text) };

	if (goal.length >= 2 && text[0] == '"' && text[goal.length - 1] == '"') {
		goal.text++;
		goal.length -= 2;
		return goal;
	}
	goal.absent = strcmp(text, "absent") == 0;
	goal.has_number = read_decimal(text, &goal.number) || read_word(row, text, &goal.number);
	return goal;
}

/* --- Choices
 * -------------------------------------------------------------------------------------- */

static struct lever *
add_lever(struct levers *levers)
{
	struct lever *lever = &levers->list[levers->count];

	if (levers->count == LEVERS_MAX)
		return NULL;
	*lever = (struct lever){ .first = levers->choice_count };
	levers->count++;
	return lever;
}

/* To the last lever; the same choice twice does no harm. */
static void
add_choice(struct levers *levers, const struct choice *choice)
{
	if (!array_room(&levers->choices, &levers->choice_capacity, levers->choice_count,
	        sizeof(*levers->choices))) {
		levers->failed = true;
		return;
	}
	levers->choices[levers->choice_count++] = *choice;
	levers->list[levers->count - 1].count++;
}

/* An input of vectors; false for one that is malformed. */
static bool
add_input(struct levers *levers, char *text)
{
	struct choice choice = { 0 };
	size_t before = levers->bytes.size;

	if (vector_data_parse(text, &choice.data, &levers->bytes) != NULL) {
		levers->bytes.size = before;
		return false;
	}
	add_choice(levers, &choice);
	return true;
}

static bool
add_number(struct levers *levers, uint32_t type, uint64_t number)
{
	char text[40];

	snprintf(text, sizeof(text), "%s:%" PRIu64, type == REG_QWORD ? "qword" : "dword", number);
	return (type == REG_QWORD || number <= UINT32_MAX) && add_input(levers, text);
}

/* The goal in one type; false if the type does not hold it. */
static bool
add_goal(struct levers *levers, const struct goal *goal, uint32_t type)
{
	static const char *const prefixes[] = { [REG_NONE] = "none:",
		[REG_SZ] = "sz:",
		[REG_EXPAND_SZ] = "expand_sz:",
		[REG_BINARY] = "binary:",
		[REG_MULTI_SZ] = "multi_sz:" };
	bool quotes = type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
	struct buf text = { 0 };
	bool ok;

	if (type == REG_DWORD || type == REG_QWORD)
		return goal->has_number && add_number(levers, type, goal->number);
	if (type >= ARRAY_SIZE(prefixes) || prefixes[type] == NULL || goal->absent)
		return false;
	buf_append_text(&text, prefixes[type]);
	buf_append_text(&text, quotes ? "\"" : "");
	buf_append(&text, goal->text, goal->length);
	buf_append(&text, quotes ? "\"" : "", quotes ? 2 : 1); /* with the NUL */
	levers->failed = levers->failed || text.failed;
	ok = !text.failed && add_input(levers, (char *)text.data);
	buf_release(&text);
	return ok;
}

/* The goal in each type that a row's reader takes. */
static bool
add_goals(struct levers *levers, const struct goal *goal, const struct tunable *row)
{
	static const uint32_t any[] = { REG_DWORD, REG_QWORD, REG_SZ, REG_BINARY, REG_EXPAND_SZ,
		REG_MULTI_SZ };
	bool added = false;

	for (size_t i = 0; row->type == TYPE_ANY && i < ARRAY_SIZE(any); i++)
		added = add_goal(levers, goal, any[i]) || added;
	if (row->type == TYPE_ANY)
		return added;
	added = add_goal(levers, goal, row->type);
	if (row->type_also != 0)
		added = add_goal(levers, goal, row->type_also) || added;
	return added;
}

/* The numbers at which something may change, for a value of `row` that is to move `target`. */
static void
add_numbers(struct levers *levers, const struct tunable *row, const struct tunable *target,
    const struct goal *goal)
{
	uint32_t type = row->type == REG_QWORD ? REG_QWORD : REG_DWORD;
	struct tunable_numbers numbers;
	struct tunable_numbers others;

	tunable_numbers(row, &numbers);
	tunable_numbers(target, &others);
	for (size_t i = 0; row != target && i < others.count; i++)
		tunable_add_number(row, others.numbers[i], &numbers);
	if (goal->has_number)
		tunable_add_about(row, goal->number, &numbers);
	for (unsigned i = 0; i < TUNABLE_GATES; i++) {
		if (target->gates[i].test != GATE_NONE)
			tunable_add_about(row, target->gates[i].number, &numbers);
	}
	for (size_t i = 0; i < numbers.count; i++)
		add_number(levers, type, numbers.numbers[i]);
}

/* --- Values and boot options
 * ---------------------------------------------------------------------- */

bool
same_place(const struct tunable_entry *left, const struct tunable_entry *right)
{
	return left == right || (strcasecmp(left->table->key, right->table->key) == 0 &&
	                            strcasecmp(left->row->name, right->row->name) == 0);
}

static bool
has_value_lever(const struct levers *levers, const struct tunable_entry *entry)
{
	for (size_t i = 0; i < levers->count; i++) {
		if (levers->list[i].entry != NULL && same_place(levers->list[i].entry, entry))
			return true;
	}
	return false;
}

/* False if the goal is none of its choices. */
static bool
add_value(struct levers *levers, const struct solve_reader *reader,
    const struct tunable_entry *entry, const struct goal *goal)
{
	const struct tunable_case *given = reader->given;
	const struct tunable *row = entry->row;
	const struct choice deletes = { .deletes = true };
	char subkey[] = "subkey:present";
	struct lever *lever;
	bool added = false;

	if (!tunable_in_registry(entry->table) || has_value_lever(levers, entry) ||
	    (lever = add_lever(levers)) == NULL)
		return false;
	lever->entry = entry;
	if (row->shape == SHAPE_SUBKEY)
		added = add_input(levers, subkey) && goal->has_number && goal->number == 1;
	else
		added = add_goals(levers, goal, row);
	if (given->raw != NULL && given->raw(given, entry).present)
		add_choice(levers, &deletes);
	if (tunable_takes_number(row))
		add_numbers(levers, row, reader->entry->row, goal);
	/* A place of another type may hold what the row itself takes. */
	if (entry != reader->entry && row->type != reader->entry->row->type)
		add_goals(levers, goal, reader->entry->row);
	return added;
}

/* Boot options hold what their element's format holds. */
static bool
add_option(struct levers *levers, const struct solve_reader *reader, const struct goal *goal)
{
	const struct tunable_case *given = reader->given;
	const struct tunable *row = reader->entry->row;
	const struct bcd_element *element =
	    row->bcd != NULL ? bcd_element_named(row->bcd, BCD_OSLOADER) : NULL;
	const struct choice deletes = { .deletes = true };
	struct tunable_numbers numbers;
	struct lever *lever;
	bool added = false;

	if (element == NULL || (lever = add_lever(levers)) == NULL)
		return false;
	lever->option = row->bcd;
	if (bcd_format(element->id) == BCD_STRING)
		added = add_goal(levers, goal, REG_SZ);
	else if (goal->has_number && (bcd_format(element->id) != BCD_BOOLEAN || goal->number <= 1))
		added = add_number(
		    levers, goal->number > UINT32_MAX ? REG_QWORD : REG_DWORD, goal->number);
	if (given->bcd != NULL && given->bcd(given, row->bcd).present)
		add_choice(levers, &deletes);
	tunable_numbers(row, &numbers);
	for (size_t i = 0; bcd_format(element->id) == BCD_INTEGER && i < numbers.count; i++)
		add_number(levers, numbers.numbers[i] > UINT32_MAX ? REG_QWORD : REG_DWORD,
		    numbers.numbers[i]);
	for (uint64_t i = 0; bcd_format(element->id) == BCD_BOOLEAN && i < 2; i++)
		add_number(levers, REG_DWORD, i);
	return added;
}

/* What a row refers to, and what that is asked for through: its gates before the rest. */
static void
add_related(struct levers *levers, const struct solve_reader *reader,
    const struct tunable_entry *entry, const struct goal *goal)
{
	const struct tunable_entry *related[TUNABLE_GATES + TUNABLE_SEES + 4];
	size_t count = 0;

	for (unsigned i = 0; i < TUNABLE_GATES; i++)
		related[count++] = entry->gates[i];
	related[count++] = entry->max_from;
	related[count++] = entry->fallback;
	related[count++] = entry->preferred;
	related[count++] = entry->policy;
	for (unsigned i = 0; i < TUNABLE_SEES; i++)
		related[count++] = entry->sees[i];
	for (size_t i = 0; i < count; i++) {
		if (related[i] == NULL || has_value_lever(levers, related[i]))
			continue;
		add_value(levers, reader, related[i], goal);
		if (has_value_lever(levers, related[i])) /* else there is no more room */
			add_related(levers, reader, related[i], goal);
	}
}

/* --- States
 * --------------------------------------------------------------------------------------- */

/* A state is a lever only while nothing says what it is. Its words are added by the caller. */
static bool
add_state(struct levers *levers, const struct solve_reader *reader, const char *name)
{
	const struct tunable_case *given = reader->given;
	struct lever *lever;

	if (name == NULL || (given->state != NULL && given->state(given, name) != NULL))
		return false;
	for (size_t i = 0; i < levers->count; i++) {
		if (levers->list[i].state != NULL && strcasecmp(levers->list[i].state, name) == 0)
			return false;
	}
	lever = add_lever(levers);
	if (lever != NULL)
		lever->state = name;
	return lever != NULL;
}

static void
add_word(struct levers *levers, const char *word)
{
	const struct choice choice = { .word = word };

	if (word != NULL)
		add_choice(levers, &choice);
}

static void
add_number_word(struct levers *levers, uint64_t number)
{
	struct choice choice = { .data.offset = levers->bytes.size };

	buf_printf(&levers->bytes, "%" PRIu64, number);
	buf_append_byte(&levers->bytes, 0);
	add_choice(levers, &choice);
}

static void
add_states(struct levers *levers, const struct solve_reader *reader,
    const struct tunable_entry *entry, const struct goal *goal)
{
	const struct tunable *row = entry->row;

	for (unsigned i = 0; i < TUNABLE_GATES; i++) {
		const struct tunable_gate *gate = &row->gates[i];

		if (!add_state(levers, reader, gate->state))
			continue;
		add_word(levers, gate->word);
		for (uint64_t number = 0; gate->word == NULL && number < 2; number++)
			add_number_word(levers, number);
		if (gate->word == NULL && gate->number > 1)
			add_number_word(levers, gate->number);
	}
	if (add_state(levers, reader, row->variant_state))
		add_word(levers, row->variant_word);
	if (row->outcome != NULL && add_state(levers, reader, row->outcome->state))
		add_word(levers, row->outcome->word);
	if (entry->max_from == NULL && goal->has_number && add_state(levers, reader, row->max_from))
		add_number_word(levers, goal->number);
}

void
levers_gather(const struct solve_question *question, const struct goal *goal, struct levers *levers,
    const struct lever **ret_goal)
{
	const struct solve_reader *first = &question->readers[0];
	const struct lever *of_goal = NULL;
	size_t values;

	if (question->registry && add_value(levers, first, first->entry, goal))
		of_goal = &levers->list[0];
	for (size_t i = 0; i < question->reader_count; i++) {
		const struct solve_reader *reader = &question->readers[i];

		if (question->registry)
			add_related(levers, reader, reader->entry, goal);
		if (question->options && add_option(levers, reader, goal) && of_goal == NULL)
			of_goal = &levers->list[levers->count - 1];
	}
	values = levers->count;
	for (size_t i = 0; i < question->reader_count; i++)
		add_states(levers, &question->readers[i], question->readers[i].entry, goal);
	/* What a related value is gated by counts for the rules that ask for it. */
	for (size_t i = 0; i < values; i++) {
		if (levers->list[i].entry != NULL)
			add_states(levers, first, levers->list[i].entry, goal);
	}
	levers->failed = levers->failed || levers->bytes.failed;
	*ret_goal = of_goal;
}

void
levers_release(struct levers *levers)
{
	free(levers->choices);
	buf_release(&levers->bytes);
}
