/*
 * Suppressions: findings that somebody knows of and accepts, for a reason and until a day.
 *
 *     HV1105 key=*\vhdmp\Parameters name=SmbResiliencyTimeoutMs until=2027-01-31 reason="..."
 *
 * One a line in a file (# begins a comment), or in a .reg file's comment after "hvlint:", where it
 * holds for the entry of that line or the next one.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/lint/internal.h"

#define MARK "hvlint:"

/* --- Reading
 * -------------------------------------------------------------------------------------- */

struct line {
	const char *at;
	const char *end;
	const char *expected; /* what is wrong with the line; NULL: nothing */
};

static bool
expect(struct line *line, const char *expected)
{
	line->expected = expected;
	return false;
}

static void
skip_blanks(struct line *line)
{
	while (line->at < line->end && (*line->at == ' ' || *line->at == '\t' || *line->at == '\r'))
		line->at++;
}

/* A word to the next blank, or in double quotes. NULL without memory or a closing quote. */
static char *
take_word(struct line *line)
{
	const char *start = line->at;
	bool quoted = start < line->end && *start == '"';

	if (quoted) {
		const char *close = memchr(start + 1, '"', (size_t)(line->end - start - 1));

		if (close == NULL) {
			expect(line, "a closing quote");
			return NULL;
		}
		line->at = close + 1;
		return strndup(start + 1, (size_t)(close - start - 1));
	}
	while (line->at < line->end && *line->at != ' ' && *line->at != '\t' && *line->at != '\r')
		line->at++;
	return strndup(start, (size_t)(line->at - start));
}

/* A day as YYYY-MM-DD. */
static bool
is_day(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned month;
	unsigned day;

	if (strlen(text) != strlen(form))
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	}
	month = (unsigned)(text[5] - '0') * 10 + (unsigned)(text[6] - '0');
	day = (unsigned)(text[8] - '0') * 10 + (unsigned)(text[9] - '0');
	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

static bool
are_codes(const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, ",");
		char code[16] = "";

		if (length < sizeof(code))
			memcpy(code, text, length);
		if (lint_rule_find(code) == NULL)
			return false;
		text += length + (text[length] == ',');
	}
	return true;
}

/* One "FIELD=VALUE". */
static bool
take_field(struct line *line, struct lint_suppression *suppression)
{
	const struct {
		const char *name;
		char **value;
	} fields[] = {
		{ "file=", &suppression->file },
		{ "key=", &suppression->key },
		{ "name=", &suppression->name },
		{ "until=", &suppression->until },
		{ "reason=", &suppression->reason },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		size_t length = strlen(fields[i].name);

		if ((size_t)(line->end - line->at) < length ||
		    memcmp(line->at, fields[i].name, length) != 0)
			continue;
		if (*fields[i].value != NULL)
			return expect(line, "each field once");
		line->at += length;
		*fields[i].value = take_word(line);
		return *fields[i].value != NULL;
	}
	return expect(line, "file=, key=, name=, until= or reason=");
}

static bool
take_line(struct line *line, struct lint_suppression *suppression)
{
	skip_blanks(line);
	suppression->codes = take_word(line);
	if (suppression->codes == NULL)
		return false;
	if (suppression->codes[0] == '\0' || !are_codes(suppression->codes))
		return expect(line, "a finding's code (HV1105), or several with commas between");
	for (skip_blanks(line); line->at < line->end; skip_blanks(line)) {
		if (!take_field(line, suppression))
			return false;
	}
	if (suppression->until == NULL || !is_day(suppression->until))
		return expect(line, "until=YYYY-MM-DD, the last day on which it holds");
	if (suppression->reason == NULL || suppression->reason[0] == '\0')
		return expect(line, "reason=\"...\", why the finding is accepted");
	return true;
}

static void
release(struct lint_suppression *suppression)
{
	free(suppression->codes);
	free(suppression->file);
	free(suppression->key);
	free(suppression->name);
	free(suppression->until);
	free(suppression->reason);
}

static bool
note_malformed(
    struct lint *lint, const struct lint_place *place, const char *expected, bool in_comment)
{
	if (!array_room(&lint->malformed, &lint->malformed_capacity, lint->malformed_count,
	        sizeof(*lint->malformed)))
		return lint_no_memory(lint);
	lint->malformed[lint->malformed_count++] =
	    (struct lint_malformed){ *place, in_comment, expected };
	return true;
}

/* Read a line; its index plus one, 0 if it is malformed. */
static uint32_t
add_line(struct lint *lint, const char *text, size_t length, const struct lint_place *place,
    bool in_comment)
{
	struct lint_suppression suppression = { .place = *place, .in_comment = in_comment };
	struct line line = { .at = text, .end = text + length };
	const char *today = lint->options.today;

	if (!take_line(&line, &suppression) ||
	    !array_room(&lint->suppressions, &lint->suppression_capacity, lint->suppression_count,
	        sizeof(*lint->suppressions))) {
		release(&suppression);
		if (line.expected != NULL)
			note_malformed(lint, place, line.expected, in_comment);
		else
			lint_no_memory(lint);
		return 0;
	}
	suppression.expired = today != NULL && strcmp(suppression.until, today) < 0;
	lint->suppressions[lint->suppression_count++] = suppression;
	return (uint32_t)lint->suppression_count;
}

uint32_t
lint_suppression_comment(struct lint *lint, const char *text, const struct lint_place *place)
{
	text += strspn(text, ";# \t");
	if (strncasecmp(text, MARK, strlen(MARK)) != 0)
		return 0;
	text += strlen(MARK);
	return add_line(lint, text, strlen(text), place, true);
}

bool
lint_read_suppressions(struct lint *lint, const char *text, size_t size, const char *name)
{
	const char *at = text;
	const char *end = text + size;
	struct lint_place place = { .line = 1 };
	uint32_t file;

	if (!lint_begin_file(lint, name, false, &file))
		return false;
	lint->summary.files--;
	place.file = lint->files[file].name;
	for (; at < end; place.line++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct line line = { .at = at, .end = stop != NULL ? stop : end };

		skip_blanks(&line);
		if (line.at < line.end && *line.at != '#')
			add_line(lint, line.at, (size_t)(line.end - line.at), &place, false);
		at = stop != NULL ? stop + 1 : end;
	}
	return !lint->no_memory;
}

/* --- Hiding
 * --------------------------------------------------------------------------------------- */

static bool
matches(const char *pattern, const char *text)
{
	return pattern == NULL ||
	       fnmatch(pattern, text != NULL ? text : "", FNM_NOESCAPE | FNM_CASEFOLD) == 0;
}

static bool
has_code(const char *codes, const char *code)
{
	size_t length = strlen(code);

	for (const char *at = codes; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncasecmp(at, code, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

static bool
hides(const struct lint_suppression *suppression, const struct lint_finding *finding)
{
	return !suppression->expired && has_code(suppression->codes, finding->rule->code) &&
	       matches(suppression->file, finding->place.file) &&
	       matches(suppression->key, finding->key) && matches(suppression->name, finding->name);
}

struct lint_suppression *
lint_suppression_for(
    struct lint *lint, const struct lint_write *write, const struct lint_finding *finding)
{
	for (uint32_t at = write != NULL ? write->quiet : 0; at != 0;
	     at = lint->suppressions[at - 1].next) {
		if (hides(&lint->suppressions[at - 1], finding))
			return &lint->suppressions[at - 1];
	}
	for (size_t i = 0; i < lint->suppression_count && write != NULL; i++) {
		if (!lint->suppressions[i].in_comment && hides(&lint->suppressions[i], finding))
			return &lint->suppressions[i];
	}
	return NULL;
}

/* --- What is to be said of them
 * ------------------------------------------------------------------- */

static void
emit(struct lint *lint, const char *code, const struct lint_place *place, const char *detail)
{
	const struct lint_rule *rule = lint_rule_find(code);
	struct lint_finding finding = {
		.rule = rule,
		.severity = rule->severity,
		.place = *place,
		.detail = detail,
	};

	lint_emit(lint, NULL, &finding);
}

void
lint_judge_suppressions(struct lint *lint)
{
	enum lint_about about = lint->options.about_suppressions;

	for (size_t i = 0; i < lint->malformed_count; i++) {
		const struct lint_malformed *malformed = &lint->malformed[i];

		if (malformed->in_comment || about != LINT_ABOUT_NONE)
			emit(lint, "HV1903", &malformed->place, malformed->expected);
		lint->summary.failed = true;
	}
	for (size_t i = 0; i < lint->suppression_count; i++) {
		const struct lint_suppression *suppression = &lint->suppressions[i];
		bool all = suppression->in_comment || about == LINT_ABOUT_ALL;

		if (suppression->expired && (all || about == LINT_ABOUT_FAULTS))
			emit(lint, "HV1901", &suppression->place, suppression->until);
		else if (!suppression->expired && !suppression->used && all)
			emit(lint, "HV1902", &suppression->place, suppression->codes);
	}
}

void
lint_suppressions_release(struct lint *lint)
{
	for (size_t i = 0; i < lint->suppression_count; i++)
		release(&lint->suppressions[i]);
	free(lint->suppressions);
	free(lint->malformed);
}
