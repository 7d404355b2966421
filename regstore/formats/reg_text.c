/*
 * The parser of .reg files.
 *
 * One pass over the file's 16-bit units; an entry is handed out when the line that ends it was
 * read. Escapes other than \\ and \" are errors, and so is a value whose line does not end where it
 * should: a typing error must not become a setting. See reg_text.h for the grammar.
 */
#include "regstore/formats/reg_text.h"

#include <stdbool.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/reg_scan.h"

/* A path of REG_DEPTH_MAX names, each with its backslash; far longer ones are refused unread. */
#define PATH_UNITS_MAX (REG_DEPTH_MAX * (REG_KEY_NAME_MAX + 1))

enum { HEADER_UNITS_MAX = 64, WORD_MAX = 8 };

enum place {
	PLACE_START,       /* before the first key */
	PLACE_KEY,         /* in a key that was made */
	PLACE_DELETED_KEY, /* after "[-path]" */
	PLACE_LOST,        /* in a key that could not be read */
};

struct parser {
	struct reg_scan scan;
	const struct reg_text_handler *handler;
	void *self;
	bool version4;
	enum place place;
	bool lost;           /* since a line that could not be read: what follows may be its rest */
	bool handler_failed; /* the status is a handler's */
	struct buf raw;      /* UTF-16LE of the name, path or text that is being read */
	struct buf name;
	struct buf data;
	struct buf comment;
};

static lstatus
check_memory(struct parser *parser)
{
	if (parser->raw.failed || parser->name.failed || parser->data.failed)
		return reg_scan_out_of_memory(&parser->scan);
	return LSTATUS(ERROR_SUCCESS);
}

/* A handler has no message of its own. */
static lstatus
report_handler(struct parser *parser, lstatus status, uint64_t line)
{
	parser->handler_failed = !lstatus_ok(status);
	if (parser->handler_failed)
		reg_scan_fail(&parser->scan, status, line, "%s", lstatus_text(status));
	return status;
}

static void
append_unit(struct buf *out, uint32_t unit)
{
	buf_append_byte(out, (uint8_t)(unit & 0xff));
	buf_append_byte(out, (uint8_t)(unit >> 8));
}

/* Hand out a comment; the end of its line stays. */
static lstatus
take_comment(struct parser *parser)
{
	uint64_t line = parser->scan.in.line;

	buf_clear(&parser->raw);
	buf_clear(&parser->comment);
	while (!reg_unit_ends_line(reg_scan_peek(&parser->scan))) {
		append_unit(&parser->raw, (uint32_t)reg_scan_peek(&parser->scan));
		reg_scan_take(&parser->scan);
	}
	utf16_to_utf8(parser->raw.data, parser->raw.size, false, &parser->comment);
	if (parser->raw.failed || parser->comment.failed)
		return reg_scan_out_of_memory(&parser->scan);
	return report_handler(
	    parser, parser->handler->comment(parser->self, line, buf_text(&parser->comment)), line);
}

/* The end of an entry, with what it gathered. */
static lstatus
parse_line_end(struct parser *parser, const char *expectation)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	reg_scan_skip_blanks(&parser->scan);
	if (parser->handler->comment != NULL && reg_scan_peek(&parser->scan) == ';')
		status = take_comment(parser);
	if (lstatus_ok(status))
		status = reg_scan_entry_end(&parser->scan, expectation);
	return lstatus_ok(status) ? check_memory(parser) : status;
}

/* --- Keys ------------------------------------------------------------------------------ */

static uint32_t
raw_unit(const struct parser *parser, size_t at)
{
	return (uint32_t)parser->raw.data[at] | (uint32_t)parser->raw.data[at + 1] << 8;
}

/*
 * Find the bracket that closes the key: the line's last one, since a key's name may hold brackets.
 * Only blanks and a comment may follow. Returns false if there is none.
 */
static bool
find_closing_bracket(const struct parser *parser, size_t *ret_at)
{
	for (size_t at = parser->raw.size; at >= 2; at -= 2) {
		size_t after = at;

		if (raw_unit(parser, at - 2) != ']')
			continue;
		while (after < parser->raw.size &&
		       (raw_unit(parser, after) == ' ' || raw_unit(parser, after) == '\t'))
			after += 2;
		if (after < parser->raw.size && raw_unit(parser, after) != ';')
			return false;
		*ret_at = at - 2;
		return true;
	}
	return false;
}

static lstatus
parse_key(struct parser *parser)
{
	uint64_t line = parser->scan.in.line;
	bool deletion;
	size_t end;
	lstatus status;

	reg_scan_take(&parser->scan); /* the bracket */
	deletion = reg_scan_peek(&parser->scan) == '-';
	if (deletion)
		reg_scan_take(&parser->scan);
	buf_clear(&parser->raw);
	while (!reg_unit_ends_line(reg_scan_peek(&parser->scan))) {
		if (parser->raw.size / 2 > PATH_UNITS_MAX) {
			return reg_scan_fail(&parser->scan, LSTATUS(ERROR_INVALID_DATA), line,
			    "the key's path is longer than %u characters", PATH_UNITS_MAX);
		}
		append_unit(&parser->raw, (uint32_t)reg_scan_peek(&parser->scan));
		reg_scan_take(&parser->scan);
	}
	if (!lstatus_ok(status = check_memory(parser)))
		return status;
	if (parser->scan.in.trouble != REG_UNITS_FINE && reg_scan_peek(&parser->scan) < 0)
		return reg_scan_fail_trouble(&parser->scan);
	if (!find_closing_bracket(parser, &end)) {
		return reg_scan_fail(&parser->scan, LSTATUS(ERROR_INVALID_DATA), line,
		    "expected \"]\" at the end of the key's line");
	}
	if (end == 0)
		return reg_scan_fail(&parser->scan, LSTATUS(ERROR_INVALID_DATA), line,
		    "expected a key's path in \"[]\"");
	buf_clear(&parser->name);
	utf16_to_utf8(parser->raw.data, end, false, &parser->name);
	if (!lstatus_ok(status = parse_line_end(parser, "the end of the line")))
		return status;

	parser->place = deletion ? PLACE_DELETED_KEY : PLACE_KEY;
	status = (deletion ? parser->handler->delete_key : parser->handler->create_key)(
	    parser->self, line, buf_text(&parser->name));
	return report_handler(parser, status, line);
}

/* --- Values ---------------------------------------------------------------------------- */

/* Take what stands for itself in quoted text, as far as it is decoded and there is room for it. */
static void
take_plain_text(struct parser *parser, size_t max_units)
{
	size_t room = 2 * max_units - parser->raw.size;
	size_t size;
	const uint8_t *units = reg_units_plain(&parser->scan.in, &size);

	size = size < room ? size : room;
	buf_append(&parser->raw, units, size);
	parser->scan.in.at += size;
}

/*
 * Read from an opening quote to the closing one, into `raw`. regedit writes line ends within names
 * and text as they are, so they are part of it; *ret_lines tells that there were some, for a better
 * message if what follows makes no sense.
 */
static lstatus
parse_quoted(struct parser *parser, size_t max_units, bool *ret_lines)
{
	uint64_t line = parser->scan.in.line;

	reg_scan_take(&parser->scan);
	buf_clear(&parser->raw);
	for (;;) {
		int32_t unit;

		take_plain_text(parser, max_units);
		unit = reg_scan_peek(&parser->scan);
		if (unit == REG_UNIT_END && parser->scan.in.trouble != REG_UNITS_FINE)
			return reg_scan_fail_trouble(&parser->scan);
		if (unit == REG_UNIT_END) {
			return reg_scan_fail(&parser->scan, LSTATUS(ERROR_INVALID_DATA), line,
			    "expected '\"' at the end of the text, found the end of the file");
		}
		reg_scan_take(&parser->scan);
		if (unit == '"')
			break;
		if (unit == '\\') {
			unit = reg_scan_peek(&parser->scan);
			if (unit != '\\' && unit != '"')
				return reg_scan_fail_expected(
				    &parser->scan, "\\", "\"\\\\\" or '\\\"' in text");
			reg_scan_take(&parser->scan);
		}
		if (parser->raw.size / 2 >= max_units) {
			return reg_scan_fail(&parser->scan, LSTATUS(ERROR_INVALID_DATA), line,
			    "the text is longer than %zu characters", max_units);
		}
		append_unit(&parser->raw, (uint32_t)unit);
	}
	*ret_lines = parser->scan.in.line != line;
	return check_memory(parser);
}

/* A failure after text that went over a line's end: most likely its closing quote is missing. */
static lstatus
blame_open_quote(struct parser *parser, lstatus status, uint64_t line, bool lines)
{
	if (!lines || parser->scan.in.trouble != REG_UNITS_FINE ||
	    !lstatus_is(status, ERROR_INVALID_DATA))
		return status;
	return reg_scan_fail(&parser->scan, LSTATUS(ERROR_INVALID_DATA), line,
	    "expected '\"' at the end of the text, found the end of the line");
}

static lstatus
parse_text(struct parser *parser)
{
	uint64_t line = parser->scan.in.line;
	bool lines = false;
	lstatus status;

	status = parse_quoted(parser, REG_DATA_MAX / 2 - 1, &lines);
	if (!lstatus_ok(status))
		return blame_open_quote(parser, status, line, parser->scan.in.line != line);
	append_unit(&parser->raw, 0);
	buf_append(&parser->data, parser->raw.data, parser->raw.size);
	status = parse_line_end(parser, "the end of the line");
	return blame_open_quote(parser, status, line, lines);
}

static lstatus
parse_dword(struct parser *parser)
{
	uint32_t number;
	lstatus status;

	reg_scan_skip_blanks(&parser->scan);
	if (!lstatus_ok(status = reg_scan_hex_number(&parser->scan, "dword:", &number)))
		return status;
	append_unit(&parser->data, number & 0xffff);
	append_unit(&parser->data, number >> 16);
	return parse_line_end(parser, "a hexadecimal digit or the end of the line");
}

/* Skip blanks, and a backslash at a line's end with the line end and comments before what follows.
 */
static lstatus
skip_continuation(struct parser *parser)
{
	int32_t unit;

	reg_scan_skip_blanks(&parser->scan);
	while (reg_scan_peek(&parser->scan) == '\\') {
		reg_scan_take(&parser->scan);
		reg_scan_skip_blanks(&parser->scan);
		unit = reg_scan_peek(&parser->scan);
		if (unit != ';' && !reg_unit_ends_line(unit))
			return reg_scan_fail_expected(
			    &parser->scan, "\\", "the end of the line after \"\\\"");
		do {
			reg_scan_skip_line(&parser->scan);
			reg_scan_skip_blanks(&parser->scan);
			unit = reg_scan_peek(&parser->scan);
		} while (unit == ';' || unit == '\r' || unit == '\n');
		if (unit == REG_UNIT_END)
			return reg_scan_fail_expected(
			    &parser->scan, "", "the bytes that \"\\\" promises");
	}
	return LSTATUS(ERROR_SUCCESS);
}

/* Append one byte of hexadecimal data; in version 4 a text's byte is an ANSI character. */
static void
append_hex_byte(struct parser *parser, uint32_t type, uint8_t byte)
{
	if (parser->version4 && (type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ))
		append_unit(&parser->data, reg_unit_from_cp1252(byte));
	else
		buf_append_byte(&parser->data, byte);
}

/* Take bytes with two digits and a comma each, as far as they are decoded: most are such. */
static void
take_hex_bytes(struct parser *parser, uint32_t type)
{
	const struct buf *window = &parser->scan.in.window;
	size_t at = parser->scan.in.at;

	while (window->size - at >= 8 && parser->data.size < REG_DATA_MAX) {
		int high = reg_unit_hex_digit(reg_unit_at(window, at));
		int low = reg_unit_hex_digit(reg_unit_at(window, at + 2));

		if (high < 0 || low < 0 || reg_unit_at(window, at + 4) != ',')
			break;
		append_hex_byte(parser, type, (uint8_t)(high << 4 | low));
		at += 6;
	}
	parser->scan.in.at = at;
}

/* The bytes after "hex:", down to the end of the last line that belongs to them. */
static lstatus
parse_hex_bytes(struct parser *parser, uint32_t type)
{
	lstatus status;

	for (;;) {
		int digit;
		int byte;

		take_hex_bytes(parser, type);
		if (!lstatus_ok(status = skip_continuation(parser)))
			return status;
		if ((byte = reg_unit_hex_digit(reg_scan_peek(&parser->scan))) < 0)
			break;
		reg_scan_take(&parser->scan);
		if ((digit = reg_unit_hex_digit(reg_scan_peek(&parser->scan))) >= 0) {
			byte = byte << 4 | digit;
			reg_scan_take(&parser->scan);
		}
		if (parser->data.size >= REG_DATA_MAX) {
			return reg_scan_fail(&parser->scan, LSTATUS(ERROR_INVALID_DATA),
			    parser->scan.in.line, "the data are longer than %u bytes",
			    REG_DATA_MAX);
		}
		append_hex_byte(parser, type, (uint8_t)byte);
		if (!lstatus_ok(status = skip_continuation(parser)))
			return status;
		if (reg_scan_peek(&parser->scan) != ',') {
			return parse_line_end(
			    parser, "\",\" between the bytes or the end of the line");
		}
		reg_scan_take(&parser->scan);
	}
	return parse_line_end(parser, "a byte in hexadecimal or the end of the line");
}

/* After "hex": the type's number if there is one, the colon, the bytes. */
static lstatus
parse_hex(struct parser *parser, uint32_t *ret_type)
{
	uint32_t type = REG_BINARY;
	lstatus status;

	if (reg_scan_peek(&parser->scan) == '(') {
		reg_scan_take(&parser->scan);
		if (!lstatus_ok(status = reg_scan_hex_number(&parser->scan, "hex(", &type)))
			return status;
		if (reg_scan_peek(&parser->scan) != ')')
			return reg_scan_fail_expected(
			    &parser->scan, "", "\")\" after the type's number");
		reg_scan_take(&parser->scan);
	}
	if (reg_scan_peek(&parser->scan) != ':')
		return reg_scan_fail_expected(&parser->scan, "", "\":\" before the bytes");
	reg_scan_take(&parser->scan);
	*ret_type = type;
	return parse_hex_bytes(parser, type);
}

/* What stands after the equals sign, except a deletion, into `data`. */
static lstatus
parse_data(struct parser *parser, uint32_t *ret_type)
{
	char word[WORD_MAX + 1] = "";
	size_t length = 0;
	int32_t unit = reg_scan_peek(&parser->scan);

	buf_clear(&parser->data);
	if (unit == '"') {
		*ret_type = REG_SZ;
		return parse_text(parser);
	}
	while (unit < 0x80 && length < WORD_MAX &&
	       ((unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z'))) {
		word[length++] = (char)unit;
		reg_scan_take(&parser->scan);
		unit = reg_scan_peek(&parser->scan);
	}
	word[length] = '\0';
	if (strcmp(word, "dword") == 0 && unit == ':') {
		reg_scan_take(&parser->scan);
		*ret_type = REG_DWORD;
		return parse_dword(parser);
	}
	if (strcmp(word, "hex") == 0 && (unit == ':' || unit == '('))
		return parse_hex(parser, ret_type);
	return reg_scan_fail_expected(&parser->scan, word,
	    "text in quotes, \"dword:\", \"hex:\", \"hex(n):\" or \"-\" after \"=\"");
}

/* The name before the equals sign, into `name`. */
static lstatus
parse_name(struct parser *parser)
{
	uint64_t line = parser->scan.in.line;
	bool lines = false;
	lstatus status;

	buf_clear(&parser->name);
	if (reg_scan_peek(&parser->scan) == '@') {
		reg_scan_take(&parser->scan);
	} else {
		status = parse_quoted(parser, REG_VALUE_NAME_MAX, &lines);
		if (!lstatus_ok(status))
			return blame_open_quote(parser, status, line, parser->scan.in.line != line);
		utf16_to_utf8(parser->raw.data, parser->raw.size, false, &parser->name);
	}
	reg_scan_skip_blanks(&parser->scan);
	if (reg_scan_peek(&parser->scan) != '=') {
		status = reg_scan_fail_expected(&parser->scan, "", "\"=\" after the value's name");
		return blame_open_quote(parser, status, line, lines);
	}
	reg_scan_take(&parser->scan);
	reg_scan_skip_blanks(&parser->scan);
	return check_memory(parser);
}

static lstatus
parse_value(struct parser *parser)
{
	uint64_t line = parser->scan.in.line;
	uint32_t type = REG_NONE;
	lstatus status;

	if (parser->place == PLACE_START) {
		return reg_scan_fail(&parser->scan, LSTATUS(ERROR_INVALID_DATA), line,
		    "expected a \"[key]\" line before the first value");
	}
	if (parser->place == PLACE_DELETED_KEY) {
		return reg_scan_fail(&parser->scan, LSTATUS(ERROR_INVALID_DATA), line,
		    "expected a \"[key]\" line, found a value below a key that is deleted");
	}
	if (!lstatus_ok(status = parse_name(parser)))
		return status;
	if (reg_scan_peek(&parser->scan) == '-') {
		reg_scan_take(&parser->scan);
		if (!lstatus_ok(status = parse_line_end(parser, "the end of the line after \"-\"")))
			return status;
		status = parser->handler->delete_value(parser->self, line, buf_text(&parser->name));
		return report_handler(parser, status, line);
	}
	if (!lstatus_ok(status = parse_data(parser, &type)))
		return status;
	status = parser->handler->set_value(parser->self, line, buf_text(&parser->name), type,
	    parser->data.data, parser->data.size);
	return report_handler(parser, status, line);
}

/* --- The file -------------------------------------------------------------------------- */

/* The first line says the version; its case matters, blanks after it do not. */
static lstatus
parse_header(struct parser *parser)
{
	static const char version5[] = "Windows Registry Editor Version 5.00";
	static const char version4[] = "REGEDIT4";
	char header[HEADER_UNITS_MAX + 1];
	size_t length = 0;
	int32_t unit;

	for (;;) {
		unit = reg_scan_peek(&parser->scan);
		if (reg_unit_ends_line(unit) || length == HEADER_UNITS_MAX)
			break;
		header[length++] = unit >= 0x20 && unit < 0x7f ? (char)unit : '?';
		reg_scan_take(&parser->scan);
	}
	if (unit == REG_UNIT_END && parser->scan.in.trouble != REG_UNITS_FINE)
		return reg_scan_fail_trouble(&parser->scan);
	while (length > 0 && header[length - 1] == ' ')
		length--;
	header[length] = '\0';
	parser->version4 = strcmp(header, version4) == 0;
	if (!reg_unit_ends_line(unit) || (!parser->version4 && strcmp(header, version5) != 0)) {
		return reg_scan_fail(&parser->scan, LSTATUS(ERROR_NOT_REGISTRY_FILE), 1,
		    "expected \"%s\" or \"%s\" as the first line, found \"%s\"", version5, version4,
		    header);
	}
	reg_scan_skip_line(&parser->scan);
	return LSTATUS(ERROR_SUCCESS);
}

/* After an entry that could not be read: go on behind the line that is to blame. */
static lstatus
recover(struct parser *parser, lstatus status)
{
	struct reg_scan *scan = &parser->scan;
	uint64_t line = scan->error->line;

	if (parser->handler->fault == NULL || parser->handler_failed ||
	    scan->in.trouble != REG_UNITS_FINE || !lstatus_is(status, ERROR_INVALID_DATA))
		return status;
	reg_units_rewind(&scan->in);
	if (reg_scan_peek(scan) == '[' || parser->place != PLACE_KEY)
		parser->place = PLACE_LOST;
	parser->lost = true;
	while (scan->in.line <= line && reg_scan_peek(scan) != REG_UNIT_END)
		reg_scan_skip_line(scan);
	return report_handler(parser, parser->handler->fault(parser->self, scan->error), line);
}

/* One entry, comment or empty line; `unit` is its first. */
static lstatus
parse_entry(struct parser *parser, int32_t unit)
{
	bool value = unit == '"' || unit == '@';
	lstatus status;

	if (parser->handler->comment != NULL && (unit == ';' || unit == '#'))
		return take_comment(parser);
	if (unit == ';' || unit == '#' || reg_unit_ends_line(unit) ||
	    (parser->lost && unit != '[' && (!value || parser->place == PLACE_LOST))) {
		reg_scan_skip_line(&parser->scan);
		return LSTATUS(ERROR_SUCCESS);
	}
	if (unit != '[' && !value)
		return reg_scan_fail_expected(&parser->scan, "", "\"[key]\", a value or a comment");
	status = unit == '[' ? parse_key(parser) : parse_value(parser);
	if (lstatus_ok(status))
		parser->lost = false;
	return status;
}

static lstatus
parse_entries(struct parser *parser)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	while (lstatus_ok(status)) {
		int32_t unit;

		reg_scan_skip_blanks(&parser->scan);
		if (parser->handler->fault != NULL)
			reg_units_mark(&parser->scan.in);
		unit = reg_scan_peek(&parser->scan);
		if (unit == REG_UNIT_END) {
			return parser->scan.in.trouble != REG_UNITS_FINE
			           ? reg_scan_fail_trouble(&parser->scan)
			           : status;
		}
		status = parse_entry(parser, unit);
		if (!lstatus_ok(status))
			status = recover(parser, status);
	}
	return status;
}

static lstatus
parse(FILE *file, const void *data, size_t size, const struct reg_text_handler *handler, void *self,
    struct reg_text_error *ret_error)
{
	struct reg_text_error error = { 0 };
	struct parser *parser = calloc(1, sizeof(*parser));
	lstatus status;

	if (parser == NULL) {
		ret_error->line = 0;
		snprintf(ret_error->message, sizeof(ret_error->message), "out of memory");
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	parser->handler = handler;
	parser->self = self;
	parser->scan.error = &error;
	reg_units_init(&parser->scan.in, file, data, size);
	status = parse_header(parser);
	if (lstatus_ok(status))
		status = parse_entries(parser);
	if (!lstatus_ok(status))
		*ret_error = error;
	reg_units_release(&parser->scan.in);
	buf_release(&parser->raw);
	buf_release(&parser->name);
	buf_release(&parser->data);
	buf_release(&parser->comment);
	free(parser);
	return status;
}

lstatus
reg_text_parse(FILE *file, const struct reg_text_handler *handler, void *self,
    struct reg_text_error *ret_error)
{
	return parse(file, NULL, 0, handler, self, ret_error);
}

lstatus
reg_text_parse_memory(const void *data, size_t size, const struct reg_text_handler *handler,
    void *self, struct reg_text_error *ret_error)
{
	return parse(NULL, data, size, handler, self, ret_error);
}
