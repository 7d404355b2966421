/*
 * The parser of bcdedit's output: lines, and what they begin.
 */
#include "regstore/lint/bcdedit_text.h"

#include <stdio.h>
#include <string.h>

#include "regstore/base/buf.h"

struct span {
	const char *text;
	size_t length;
};

struct parser {
	const char *at;
	const char *end;
	uint64_t line; /* of what `at` begins, from 1 */
	const struct bcdedit_text_handler *handler;
	void *self;
	struct bcdedit_text_error *error;
	struct buf title;
	struct buf name; /* of the element at hand; empty: none */
	struct buf values;
	size_t value_count;
	uint64_t name_line;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The line that begins at `at`, without its end and the blanks before that. */
static struct span
line_at(const char *at, const char *end)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));
	struct span line = { at, (size_t)((stop != NULL ? stop : end) - at) };

	while (line.length > 0 &&
	       (is_blank(line.text[line.length - 1]) || line.text[line.length - 1] == '\r'))
		line.length--;
	return line;
}

static const char *
next_line(const char *at, const char *end)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));

	return stop != NULL ? stop + 1 : end;
}

static bool
is_dashes(struct span line)
{
	for (size_t i = 0; i < line.length; i++) {
		if (line.text[i] != '-')
			return false;
	}
	return line.length >= 3;
}

/* Whether a line is a title: the next one is of dashes. */
static bool
is_title(struct span line, const char *next, const char *end)
{
	return line.length > 0 && !is_blank(line.text[0]) && !is_dashes(line) && next < end &&
	       is_dashes(line_at(next, end));
}

bool
bcdedit_text_is(const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *next = next_line(text, end);

		if (is_title(line_at(text, end), next, end))
			return true;
		text = next;
	}
	return false;
}

static bool
fail(struct parser *parser, uint64_t line, const char *expected, struct span found)
{
	int length = found.length > 40 ? 40 : (int)found.length;

	parser->error->line = line;
	snprintf(parser->error->message, sizeof(parser->error->message),
	    "expected %s, found \"%.*s\"", expected, length, found.text);
	return false;
}

/* --- Elements
 * ------------------------------------------------------------------------------------- */

static bool
end_element(struct parser *parser)
{
	bool ok;

	if (parser->name.size == 0)
		return true;
	if (parser->name.failed || parser->values.failed)
		return false;
	ok = parser->handler->element(parser->self, parser->name_line, buf_text(&parser->name),
	    buf_text(&parser->values), parser->value_count);
	buf_clear(&parser->name);
	return ok;
}

static void
add_value(struct parser *parser, struct span line)
{
	while (line.length > 0 && is_blank(line.text[0])) {
		line.text++;
		line.length--;
	}
	buf_append(&parser->values, line.text, line.length);
	buf_append_byte(&parser->values, 0);
	parser->value_count++;
}

/* The word that a line begins with; empty if it is no element's name. */
static struct span
name_of(struct span line)
{
	struct span name = { line.text, 0 };

	while (name.length < line.length && !is_blank(line.text[name.length])) {
		char c = line.text[name.length];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		        c == ':'))
			return (struct span){ line.text, 0 };
		name.length++;
	}
	return name;
}

/* bcdedit's own words after a list: "The operation completed successfully." */
static bool
is_sentence(struct span line)
{
	return line.length > 0 && line.text[0] >= 'A' && line.text[0] <= 'Z' &&
	       line.text[line.length - 1] == '.' && memchr(line.text, ' ', line.length) != NULL;
}

static bool
parse_element(struct parser *parser, struct span line)
{
	struct span name = name_of(line);

	if (is_blank(line.text[0])) {
		if (parser->name.size == 0)
			return fail(
			    parser, parser->line, "an element before a further value", line);
		add_value(parser, line);
		return true;
	}
	if (!end_element(parser))
		return false;
	if (name.length == 0)
		return fail(parser, parser->line, "an element's name and its value", line);
	buf_append(&parser->name, name.text, name.length);
	buf_clear(&parser->values);
	parser->value_count = 0;
	parser->name_line = parser->line;
	add_value(parser, (struct span){ line.text + name.length, line.length - name.length });
	return true;
}

/* --- Objects
 * -------------------------------------------------------------------------------------- */

/* The line after the dashes: a word in any language, and an identifier in braces. */
static bool
parse_identifier(struct parser *parser, struct span line)
{
	const char *open = memchr(line.text, '{', line.length);
	struct buf identifier = { 0 };
	bool ok;

	if (open == NULL || open == line.text || !is_blank(open[-1]) ||
	    line.text[line.length - 1] != '}')
		return fail(
		    parser, parser->line, "the entry's identifier in braces after its title", line);
	buf_append(&identifier, open, line.length - (size_t)(open - line.text));
	ok = parser->handler->object(
	    parser->self, parser->line, buf_text(&parser->title), buf_text(&identifier));
	buf_release(&identifier);
	return ok;
}

static void
step(struct parser *parser)
{
	parser->at = next_line(parser->at, parser->end);
	parser->line++;
}

/* A title, its dashes, the identifier. */
static bool
parse_head(struct parser *parser, struct span title)
{
	buf_clear(&parser->title);
	buf_append(&parser->title, title.text, title.length);
	step(parser);
	step(parser);
	if (parser->at == parser->end)
		return fail(parser, parser->line,
		    "the entry's identifier in braces after its title", (struct span){ "", 0 });
	return parse_identifier(parser, line_at(parser->at, parser->end));
}

/* Whether a line without a title above it is an element: its name, blanks, its value. */
static bool
is_element(struct span line)
{
	size_t name = name_of(line).length;

	return name > 0 && name + 2 < line.length && line.text[0] >= 'a' && line.text[0] <= 'z' &&
	       is_blank(line.text[name]) && is_blank(line.text[name + 1]);
}

/* The elements of one object, from the first line that is one. */
static bool
parse_bare(struct parser *parser, const char *identifier)
{
	bool inside = false;

	for (; parser->at < parser->end; step(parser)) {
		struct span line = line_at(parser->at, parser->end);

		if (!inside && is_element(line)) {
			inside = true;
			if (!parser->handler->object(parser->self, parser->line, "", identifier))
				return false;
		} else if (inside && (line.length == 0 || is_sentence(line))) {
			break;
		}
		if (inside && !parse_element(parser, line))
			return false;
	}
	return end_element(parser);
}

static bool
parse(struct parser *parser)
{
	bool inside = false;

	for (; parser->at < parser->end; step(parser)) {
		struct span line = line_at(parser->at, parser->end);

		if (is_title(line, next_line(parser->at, parser->end), parser->end)) {
			if (!end_element(parser) || !parse_head(parser, line))
				return false;
			inside = true;
		} else if (inside && (line.length == 0 || is_sentence(line))) {
			inside = false;
			if (!end_element(parser))
				return false;
		} else if (inside && !parse_element(parser, line)) {
			return false;
		}
	}
	return end_element(parser);
}

bool
bcdedit_text_parse(const char *text, size_t size, const char *identifier,
    const struct bcdedit_text_handler *handler, void *self, struct bcdedit_text_error *ret_error)
{
	struct bcdedit_text_error error = { 0 };
	struct parser parser = {
		.at = text,
		.end = text + size,
		.line = 1,
		.handler = handler,
		.self = self,
		.error = &error,
	};
	bool ok = identifier != NULL ? parse_bare(&parser, identifier) : parse(&parser);

	if (ok && identifier == NULL && !bcdedit_text_is(text, size))
		ok = fail(&parser, 1, "a title over a line of dashes", line_at(text, text + size));
	if (!ok)
		*ret_error = error;
	buf_release(&parser.title);
	buf_release(&parser.name);
	buf_release(&parser.values);
	return ok;
}
