/*
 * The vectors as lines.
 */
#include "tests/lib/cases.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#define FIELDS_MAX 16u

enum field { ID, KEY, VALUE, GIVEN, EXPECT, FIELDS };

static const char *const field_names[FIELDS] = { "id", "key", "value", "given", "expect" };

static size_t
cut(char *line, char *fields[FIELDS_MAX])
{
	size_t count = 0;

	line[strcspn(line, "\r\n")] = '\0';
	while (line != NULL && count < FIELDS_MAX)
		fields[count++] = strsep(&line, "\t");
	return count;
}

static void
read_header(char *line, size_t places[FIELDS])
{
	char *fields[FIELDS_MAX];
	size_t count = cut(line, fields);

	for (size_t field = 0; field < FIELDS; field++) {
		places[field] = FIELDS_MAX;
		for (size_t i = 0; i < count; i++) {
			if (strcmp(fields[i], field_names[field]) == 0)
				places[field] = i;
		}
		assert_true(places[field] < FIELDS_MAX);
	}
}

static char *
keep(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	return copy;
}

static void
add_case(struct test_cases *cases, const char *file, char *line, const size_t places[FIELDS])
{
	char *fields[FIELDS_MAX];
	size_t count = cut(line, fields);

	for (size_t field = 0; field < FIELDS; field++) {
		if (places[field] >= count)
			fail_msg("%s: a line without its %s", file, field_names[field]);
	}
	assert_true(
	    array_room(&cases->cases, &cases->capacity, cases->count, sizeof(*cases->cases)));
	cases->cases[cases->count++] = (struct test_case){
		.file = keep(file),
		.id = keep(fields[places[ID]]),
		.key = keep(fields[places[KEY]]),
		.value = keep(fields[places[VALUE]]),
		.given = keep(fields[places[GIVEN]]),
		.expect = keep(fields[places[EXPECT]]),
	};
}

static void
read_file(struct test_cases *cases, const char *path)
{
	size_t places[FIELDS];
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t capacity = 0;
	bool header = false;

	assert_non_null(file);
	while (getline(&line, &capacity, file) > 0) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (header)
			add_case(cases, strrchr(path, '/') + 1, line, places);
		else
			read_header(line, places);
		header = true;
	}
	free(line);
	fclose(file);
}

void
cases_read(struct test_cases *ret_cases)
{
	const char *source = getenv("HVEMU_SOURCE");
	struct buf pattern = { 0 };
	glob_t found;

	*ret_cases = (struct test_cases){ 0 };
	assert_non_null(source);
	buf_printf(&pattern, "%s/tests/vectors/*.tsv", source);
	assert_int_equal(glob(buf_text(&pattern), 0, NULL, &found), 0);
	buf_release(&pattern);
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_file(ret_cases, found.gl_pathv[i]);
	globfree(&found);
}

void
cases_release(struct test_cases *cases)
{
	for (size_t i = 0; i < cases->count; i++) {
		struct test_case *at = &cases->cases[i];

		free(at->file);
		free(at->id);
		free(at->key);
		free(at->value);
		free(at->given);
		free(at->expect);
	}
	free(cases->cases);
	*cases = (struct test_cases){ 0 };
}

bool
case_is_about(const struct test_case *at, const char *key, const struct tunable *row)
{
	return tunable_name_matches(row, at->value, strlen(at->value)) &&
	       (strcasecmp(key, at->key) == 0 ||
	           tunable_key_matches(key, at->key, strlen(at->key)));
}

/* "dword:5" or "qword:0x10" at the beginning of a text. */
static bool
read_number(const char *text, uint64_t *ret_number)
{
	while (*text == ' ')
		text++;
	if (strncmp(text, "dword:", 6) != 0 && strncmp(text, "qword:", 6) != 0)
		return false;
	*ret_number = strtoull(text + 6, NULL, 0);
	return true;
}

bool
case_number(const struct test_case *at, uint64_t *ret_number)
{
	size_t length = strlen(at->value);

	if (strchr(at->given, '=') == NULL)
		return read_number(at->given, ret_number);
	for (const char *part = at->given; part != NULL; part = strchr(part, ';')) {
		part += strspn(part, "; ");
		part += strncasecmp(part, "bcd.", 4) == 0 ? 4 : 0;
		if (strncasecmp(part, at->value, length) == 0 && part[length] == '=')
			return read_number(part + length + 1, ret_number);
	}
	return false;
}
