/*
 * Vectors: reading a case from its line, judging it, comparing.
 */
#include "regstore/tunable/vector.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/tunable/vector_case.h"

enum column {
	COLUMN_ID,
	COLUMN_KEY,
	COLUMN_VALUE,
	COLUMN_GIVEN,
	COLUMN_EXPECT,
	COLUMN_WHY,
	COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = { "id", "key", "value", "given", "expect",
	"why" };

struct runner {
	struct vector_case vector; /* first: the interpreter hands its beginning back */
	struct buf got;
	struct buf effective;
	void (*step)(void *context, const struct tunable_step *step); /* or NULL */
	void *step_context;
	const struct tunable_entry *only_steps_of; /* NULL: those of siblings too */
};

static void
case_step(const struct tunable_case *given, const struct tunable_step *step)
{
	const struct runner *runner = (const struct runner *)(const void *)given;

	if (runner->only_steps_of == NULL || runner->only_steps_of == step->entry)
		runner->step(runner->step_context, step);
}

/* --- Judging and comparing
 * ------------------------------------------------------------------------ */

struct expectation {
	const char *value; /* NULL: any */
	size_t value_length;
	bool quoted;
	bool negated;
	bool has_verdict;
	enum tunable_verdict verdict;
};

/* Whether the text ends in a blank and a verdict's name, which is taken off it. */
static bool
take_verdict(struct expectation *expected, const char *text)
{
	const char *blank = strrchr(text, ' ');

	if (blank == NULL ||
	    !tunable_verdict_parse(blank + 1, strlen(blank + 1), &expected->verdict))
		return false;
	expected->value_length = (size_t)(blank - text);
	return true;
}

/* False, with the reason in runner->vector.error, for what can be no expectation. */
static bool
parse_expectation(struct runner *runner, const char *text, struct expectation *ret_expected)
{
	struct expectation expected = { .value = text, .value_length = strlen(text) };

	if (strncmp(text, "verdict:", 8) == 0) {
		expected.value = NULL;
		expected.has_verdict = true;
		*ret_expected = expected;
		return tunable_verdict_parse(text + 8, strlen(text + 8), &ret_expected->verdict) ||
		       vector_case_fail(&runner->vector, "unknown verdict", text + 8);
	}
	expected.has_verdict = take_verdict(&expected, text);
	if (strncmp(text, "not:", 4) == 0 && expected.value_length >= 4) {
		expected.negated = true;
		expected.value += 4;
		expected.value_length -= 4;
	}
	if (expected.value_length >= 2 && expected.value[0] == '"' &&
	    expected.value[expected.value_length - 1] == '"') {
		expected.quoted = true;
		expected.value++;
		expected.value_length -= 2;
	}
	*ret_expected = expected;
	/* A misspelt verdict after "not:5 " would make a value that nothing can have. */
	if (expected.negated && !expected.quoted &&
	    memchr(expected.value, ' ', expected.value_length) != NULL)
		return vector_case_fail(
		    &runner->vector, "unknown verdict, or text without quotes", text);
	return true;
}

static bool
is_hex_value(const struct tunable_reading *reading)
{
	return reading->kind == KIND_BYTES && reading->text == NULL && reading->type != REG_SZ &&
	       reading->type != REG_EXPAND_SZ && reading->type != REG_MULTI_SZ;
}

/* Whether the effective value is the expected one; a text "absent" is not the absence of one. */
static bool
same_value(struct runner *runner, const struct expectation *expected,
    const struct tunable_reading *reading)
{
	bool is_value = reading->kind == KIND_NUMBER || reading->kind == KIND_BYTES;
	bool names_none =
	    !expected->quoted && ((expected->value_length == strlen("absent") &&
	                              memcmp(expected->value, "absent", 6) == 0) ||
	                             (expected->value_length == strlen("not-consulted") &&
	                                 memcmp(expected->value, "not-consulted", 13) == 0));

	buf_clear(&runner->effective);
	tunable_effective(reading, &runner->effective);
	if (is_value == names_none || runner->effective.size != expected->value_length)
		return false;
	if (is_hex_value(reading))
		return strncasecmp(buf_text(&runner->effective), expected->value,
		           expected->value_length) == 0;
	return expected->value_length == 0 ||
	       memcmp(runner->effective.data, expected->value, expected->value_length) == 0;
}

static bool
is_word(const struct expectation *expected, const char *word)
{
	return expected->value != NULL && word != NULL && strlen(word) == expected->value_length &&
	       memcmp(expected->value, word, expected->value_length) == 0;
}

static bool
matches(struct runner *runner, const struct expectation *expected,
    const struct tunable_reading *reading)
{
	const struct tunable_outcome *outcome = reading->entry->row->outcome;

	if (expected->has_verdict && expected->verdict != reading->verdict)
		return false;
	if (expected->value != NULL && !expected->quoted && outcome != NULL &&
	    (is_word(expected, outcome->yes) || is_word(expected, outcome->no)))
		return is_word(expected, tunable_outcome_word(reading, &runner->vector.given)) !=
		       expected->negated;
	/* A value that a closed gate replaces by another was not asked for either. */
	if (is_word(expected, "not-consulted") && !expected->quoted)
		return (reading->verdict == VERDICT_IGNORED_GATED) != expected->negated;
	return expected->value == NULL ||
	       same_value(runner, expected, reading) != expected->negated;
}

static void
describe_got(struct runner *runner, const struct tunable_reading *reading)
{
	const char *outcome = tunable_outcome_word(reading, &runner->vector.given);

	buf_clear(&runner->got);
	tunable_effective(reading, &runner->got);
	if (outcome != NULL)
		buf_printf(&runner->got, " (%s)", outcome);
	buf_printf(&runner->got, " %s: ", tunable_verdict_name(reading->verdict));
	tunable_reason(reading, &runner->got);
}

/* One value may have several readers: the case holds if it holds for each of them. */
static void
run_case(struct runner *runner, struct vector_result *result, struct tunable_reading *reading)
{
	struct expectation expected;
	size_t key_length = strlen(result->key);
	size_t name_length = strlen(result->value);
	const struct tunable_entry *entry = tunable_find(
	    runner->vector.catalog, result->key, key_length, result->value, name_length, NULL);

	result->passed = false;
	if (!parse_expectation(runner, result->expect, &expected)) {
		result->got = buf_text(&runner->vector.error);
		return;
	}
	if (entry == NULL) {
		vector_case_fail(&runner->vector, "unknown key or name", result->value);
		result->got = buf_text(&runner->vector.error);
		return;
	}
	for (; entry != NULL; entry = tunable_find(runner->vector.catalog, result->key, key_length,
	                          result->value, name_length, entry)) {
		result->reading = NULL;
		if (!vector_case_parse(&runner->vector, entry, result->value, result->given)) {
			result->got = buf_text(&runner->vector.error);
			return;
		}
		runner->only_steps_of = entry;
		tunable_interpret(entry, &runner->vector.given, reading);
		result->reading = reading;
		if (!matches(runner, &expected, reading)) {
			describe_got(runner, reading);
			result->got = buf_text(&runner->got);
			return;
		}
	}
	result->passed = true;
}

static void
release(struct runner *runner)
{
	vector_case_release(&runner->vector);
	buf_release(&runner->got);
	buf_release(&runner->effective);
}

static void
tell_steps(struct runner *runner, void (*step)(void *context, const struct tunable_step *step),
    void *context)
{
	runner->vector.given.step = step != NULL ? case_step : NULL;
	runner->step = step;
	runner->step_context = context;
}

bool
vector_explain(const struct tunable_catalog *catalog, const struct tunable_entry *entry,
    const char *given, void (*step)(void *context, const struct tunable_step *step),
    void (*use)(void *context, const struct tunable_reading *reading), void *context,
    struct buf *error)
{
	struct runner runner = { 0 };
	struct tunable_reading reading;
	bool ok;

	vector_case_init(catalog, &runner.vector);
	ok = vector_case_parse(&runner.vector, entry, entry->row->name, given);
	if (ok) {
		tell_steps(&runner, step, context);
		tunable_interpret(entry, &runner.vector.given, &reading);
		tunable_outcome_word(&reading, &runner.vector.given);
		use(context, &reading);
	} else {
		buf_append_text(error, buf_text(&runner.vector.error));
	}
	release(&runner);
	return ok;
}

bool
vector_judge(const struct tunable_catalog *catalog, const struct tunable_entry *entry,
    const char *given, void (*use)(void *context, const struct tunable_reading *reading),
    void *context, struct buf *error)
{
	return vector_explain(catalog, entry, given, NULL, use, context, error);
}

/* --- Files
 * ---------------------------------------------------------------------------------------- */

/* Cut a line at its tabs; returns the number of fields. */
static size_t
split(char *line, char **fields, size_t max)
{
	size_t count = 0;

	while (count < max) {
		char *tab = strchr(line, '\t');

		fields[count++] = line;
		if (tab == NULL)
			break;
		*tab = '\0';
		line = tab + 1;
	}
	return count;
}

#define FIELDS_MAX 64u

static bool
read_header(char *line, size_t places[COLUMN_COUNT], struct buf *error)
{
	char *fields[FIELDS_MAX];
	size_t count = split(line, fields, FIELDS_MAX);

	for (size_t column = 0; column < COLUMN_COUNT; column++) {
		places[column] = SIZE_MAX;
		for (size_t i = 0; i < count; i++) {
			if (strcmp(vector_trim(fields[i]), column_names[column]) == 0)
				places[column] = i;
		}
		if (places[column] == SIZE_MAX && column != COLUMN_WHY) {
			buf_printf(error, "expected a header row with the column \"%s\"",
			    column_names[column]);
			return false;
		}
	}
	return true;
}

static void
run_line(struct runner *runner, const char *file_name, size_t number, char *line,
    const size_t places[COLUMN_COUNT], const struct vector_sink *sink, struct vector_count *count)
{
	char *fields[FIELDS_MAX];
	const char *columns[COLUMN_COUNT];
	size_t have = split(line, fields, FIELDS_MAX);
	struct vector_result result = { .file = file_name, .line = number, .got = "" };
	struct tunable_reading reading;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		columns[i] = places[i] < have ? vector_trim(fields[places[i]]) : "";
	result.id = columns[COLUMN_ID];
	result.key = columns[COLUMN_KEY];
	result.value = columns[COLUMN_VALUE];
	result.given = columns[COLUMN_GIVEN];
	result.expect = columns[COLUMN_EXPECT];
	result.why = columns[COLUMN_WHY];
	if (places[COLUMN_EXPECT] >= have || *result.expect == '\0')
		result.got = "the line has no expectation";
	else
		run_case(runner, &result, &reading);
	count->passed += result.passed;
	count->failed += !result.passed;
	sink->result(sink->context, &result);
}

bool
vector_run(const struct tunable_catalog *catalog, FILE *file, const char *file_name,
    const struct vector_sink *sink, struct vector_count *count, struct buf *error)
{
	struct runner runner = { 0 };
	size_t places[COLUMN_COUNT];
	size_t number = 0;
	char *line = NULL;
	size_t capacity = 0;
	bool header = false;
	ssize_t length;

	vector_case_init(catalog, &runner.vector);
	tell_steps(&runner, sink->step, sink->context);
	while ((length = getline(&line, &capacity, file)) >= 0) {
		if (number++ == 0 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
			memmove(line, line + 3, (size_t)(length -= 3) + 1);
		while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
			line[--length] = '\0';
		if (length == 0 || line[0] == '#')
			continue;
		if (memchr(line, '\0', (size_t)length) != NULL) {
			buf_printf(error, "line %zu holds a NUL: this is no text", number);
			header = false;
			break;
		}
		if (header) {
			run_line(&runner, file_name, number, line, places, sink, count);
		} else if (!read_header(line, places, error)) {
			break;
		} else {
			header = true;
		}
	}
	if (ferror(file)) {
		buf_append_text(error, "the file cannot be read");
		header = false;
	} else if (!header && error->size == 0) {
		buf_append_text(error, "expected a header row, found an empty file");
	}
	free(line);
	release(&runner);
	return header;
}
