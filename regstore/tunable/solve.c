/*
 * The search: all ways to set one lever, then two, and so on, each judged by the interpreter.
 */
#include "regstore/tunable/solve.h"

#include <string.h>
#include <strings.h>

#include "regstore/tunable/lever.h"

/* One lever and what it is set to. */
struct setting {
	const struct lever *lever;
	const struct choice *choice;
};

struct search {
	const struct solve_question *question;
	struct goal goal;
	struct levers levers;
	struct setting settings[SOLVE_CHANGES];
	size_t count;
	struct solve_answer *answer;
};

/* A reader's configuration with the settings over what it is given. */
struct trial {
	struct tunable_case given; /* first: the interpreter hands this back */
	const struct tunable_case *under;
	const struct search *search;
};

/* --- What the interpreter asks
 * -------------------------------------------------------------------- */

static const struct trial *
trial_of(const struct tunable_case *given)
{
	return (const struct trial *)(const void *)given;
}

static struct tunable_raw
raw_of(const struct search *search, const struct choice *choice)
{
	if (choice->deletes)
		return (struct tunable_raw){ 0 };
	return vector_raw(&choice->data, &search->levers.bytes);
}

static struct tunable_raw
trial_raw(const struct tunable_case *given, const struct tunable_entry *entry)
{
	const struct trial *trial = trial_of(given);
	const struct search *search = trial->search;

	for (size_t i = 0; i < search->count; i++) {
		const struct lever *lever = search->settings[i].lever;

		if (lever->entry != NULL && same_place(lever->entry, entry))
			return raw_of(search, search->settings[i].choice);
	}
	if (trial->under->raw == NULL)
		return (struct tunable_raw){ 0 };
	return trial->under->raw(trial->under, entry);
}

static struct tunable_raw
trial_bcd(const struct tunable_case *given, const char *option)
{
	const struct trial *trial = trial_of(given);
	const struct search *search = trial->search;

	for (size_t i = 0; i < search->count; i++) {
		const struct lever *lever = search->settings[i].lever;

		if (lever->option != NULL && strcasecmp(lever->option, option) == 0)
			return raw_of(search, search->settings[i].choice);
	}
	if (trial->under->bcd == NULL)
		return (struct tunable_raw){ 0 };
	return trial->under->bcd(trial->under, option);
}

static const char *
word_of(const struct levers *levers, const struct choice *choice)
{
	return choice->word != NULL ? choice->word
	                            : (const char *)levers->bytes.data + choice->data.offset;
}

static const char *
trial_state(const struct tunable_case *given, const char *name)
{
	const struct trial *trial = trial_of(given);
	const struct search *search = trial->search;

	for (size_t i = 0; i < search->count; i++) {
		const struct lever *lever = search->settings[i].lever;

		if (lever->state != NULL && strcasecmp(lever->state, name) == 0)
			return word_of(&search->levers, search->settings[i].choice);
	}
	return trial->under->state != NULL ? trial->under->state(trial->under, name) : NULL;
}

/* --- Trials
 * --------------------------------------------------------------------------------------- */

static bool
text_is(const struct goal *goal, const char *text)
{
	return text != NULL && strlen(text) == goal->length &&
	       (goal->length == 0 || memcmp(text, goal->text, goal->length) == 0);
}

static bool
is_hexadecimal(const struct tunable_reading *reading)
{
	return reading->text == NULL && reading->type != REG_SZ && reading->type != REG_EXPAND_SZ &&
	       reading->type != REG_LINK && reading->type != REG_MULTI_SZ;
}

static bool
reaches(const struct goal *goal, const struct tunable_reading *reading)
{
	struct buf text = { 0 };
	bool same;

	if (goal->absent || reading->kind == KIND_ABSENT)
		return goal->absent && reading->kind == KIND_ABSENT;
	if (reading->kind == KIND_NUMBER)
		return goal->has_number && goal->number == reading->number;
	if (reading->kind != KIND_BYTES)
		return false;
	tunable_effective(reading, &text);
	same =
	    text.size == goal->length &&
	    (is_hexadecimal(reading) ? strncasecmp(buf_text(&text), goal->text, goal->length) == 0
	                             : text_is(goal, buf_text(&text)));
	buf_release(&text);
	return same;
}

static bool
is_outcome(const struct goal *goal, const struct tunable *row)
{
	return row->outcome != NULL &&
	       (text_is(goal, row->outcome->yes) || text_is(goal, row->outcome->no));
}

static void
judge(const struct search *search, const struct solve_reader *reader, struct trial *trial,
    struct tunable_reading *ret_reading)
{
	*trial = (struct trial){
		.given = { .raw = trial_raw, .bcd = trial_bcd, .state = trial_state },
		.under = reader->given,
		.search = search,
	};
	tunable_interpret(reader->entry, &trial->given, ret_reading);
}

/* Note a number that the settings come to, unless a state would have to help. */
static void
note_number(struct search *search, uint64_t number)
{
	struct solve_answer *answer = search->answer;

	for (size_t i = 0; i < search->count; i++) {
		if (search->settings[i].lever->state != NULL)
			return;
	}
	if (number < search->goal.number && (!answer->has_below || number > answer->below)) {
		answer->has_below = true;
		answer->below = number;
	}
	if (number > search->goal.number && (!answer->has_above || number < answer->above)) {
		answer->has_above = true;
		answer->above = number;
	}
}

/* Whether all readers come to the goal with the settings as they stand. */
static bool
try_settings(struct search *search)
{
	const struct solve_question *question = search->question;
	bool all = true;
	bool agree = search->goal.has_number;
	uint64_t number = 0;

	for (size_t i = 0; i < question->reader_count && (all || agree); i++) {
		const struct solve_reader *reader = &question->readers[i];
		struct tunable_reading reading;
		struct trial trial;

		judge(search, reader, &trial, &reading);
		if (is_outcome(&search->goal, reader->entry->row))
			all = all &&
			      text_is(&search->goal, tunable_outcome_word(&reading, &trial.given));
		else
			all = all && reaches(&search->goal, &reading);
		agree =
		    agree && reading.kind == KIND_NUMBER && (i == 0 || reading.number == number);
		number = reading.number;
	}
	if (agree)
		note_number(search, number);
	return all;
}

/* Set `more` levers from `from` on, in every way, until the goal is reached. */
static bool
try_all(struct search *search, size_t from, size_t more)
{
	if (more == 0)
		return try_settings(search);
	for (size_t at = from; at + more <= search->levers.count; at++) {
		const struct lever *lever = &search->levers.list[at];
		struct setting *setting = &search->settings[search->count];

		search->count++;
		setting->lever = lever;
		for (size_t i = 0; i < lever->count; i++) {
			setting->choice = &search->levers.choices[lever->first + i];
			if (try_all(search, at + 1, more - 1))
				return true;
		}
		search->count--;
	}
	return false;
}

/* --- The answer
 * ----------------------------------------------------------------------------------- */

static void
take_settings(struct search *search)
{
	struct solve_answer *answer = search->answer;

	for (size_t i = 0; i < search->count; i++) {
		const struct lever *lever = search->settings[i].lever;
		const struct choice *choice = search->settings[i].choice;

		if (lever->state != NULL)
			answer->conditions[answer->condition_count++] =
			    (struct solve_condition){ lever->state,
				    word_of(&search->levers, choice) };
		else
			answer->changes[answer->change_count++] = (struct solve_change){
				.entry = lever->entry,
				.option = lever->option,
				.deletes = choice->deletes,
				.data = choice->data,
			};
	}
}

/* What becomes of the goal where it is simply written. */
static void
say_instead(struct search *search, const struct lever *lever)
{
	const struct solve_reader *reader = &search->question->readers[0];
	struct buf *instead = &search->answer->instead;
	struct tunable_reading reading;
	struct trial trial;

	search->settings[0].lever = lever;
	search->settings[0].choice = &search->levers.choices[lever->first];
	search->count = 1;
	judge(search, reader, &trial, &reading);
	tunable_effective(&reading, instead);
	buf_printf(instead, " (%s: ", tunable_verdict_name(reading.verdict));
	tunable_reason(&reading, instead);
	buf_append_text(instead, ")");
}

bool
solve(const struct solve_question *question, struct solve_answer *ret_answer)
{
	struct solve_answer answer = { 0 };
	struct search search = {
		.question = question,
		.goal = goal_read(question->readers[0].entry->row, question->goal),
		.answer = &answer,
	};
	const struct lever *of_goal;

	levers_gather(question, &search.goal, &search.levers, &of_goal);
	for (size_t more = 0; more <= SOLVE_CHANGES && more <= search.levers.count &&
	                      !search.levers.failed && !answer.found;
	     more++)
		answer.found = try_all(&search, 0, more);
	if (answer.found)
		take_settings(&search);
	else if (of_goal != NULL && !search.levers.failed)
		say_instead(&search, of_goal);
	/* What changes and conditions point into goes with the answer. */
	answer.bytes = search.levers.bytes;
	search.levers.bytes = (struct buf){ 0 };
	if (search.levers.failed || answer.instead.failed) {
		levers_release(&search.levers);
		solve_answer_release(&answer);
		return false;
	}
	levers_release(&search.levers);
	*ret_answer = answer;
	return true;
}

void
solve_answer_release(struct solve_answer *answer)
{
	buf_release(&answer->instead);
	buf_release(&answer->bytes);
}
