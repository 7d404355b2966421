/*
 * Registry.pol's records: reading and writing.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/pol.h"

enum { VERSION = 1, BLOCK = 65536 };

static const char signature[] = "PReg";

struct parser {
	FILE *file;            /* NULL: everything is in memory */
	const uint8_t *memory; /* what is still to come then */
	size_t memory_left;
	uint64_t offset;  /* of the next byte */
	struct buf units; /* of the text at hand */
	struct buf key;   /* UTF-8 */
	struct buf name;  /* UTF-8 */
	struct buf data;
	struct reg_pol_error *error;
};

static lstatus PRINTF_LIKE(4, 5)
    fail(struct parser *parser, lstatus status, uint64_t offset, const char *format, ...)
{
	va_list arguments;

	parser->error->offset = offset;
	va_start(arguments, format);
	vsnprintf(parser->error->message, sizeof(parser->error->message), format, arguments);
	va_end(arguments);
	return status;
}

static lstatus
out_of_memory(struct parser *parser)
{
	return fail(parser, LSTATUS(ERROR_NOT_ENOUGH_MEMORY), parser->offset, "not enough memory");
}

/* Take up to `size` bytes; fewer are the end of the file. */
static lstatus
take_some(struct parser *parser, void *bytes, size_t size, size_t *ret_count)
{
	size_t count = size < parser->memory_left ? size : parser->memory_left;

	if (parser->file != NULL) {
		errno = 0;
		count = fread(bytes, 1, size, parser->file);
		if (count < size && ferror(parser->file)) {
			int error = errno != 0 ? errno : EIO;

			return fail(parser, lstatus_from_errno(error), parser->offset + count,
			    "cannot read: %s", strerror(error));
		}
	} else if (count > 0) {
		memcpy(bytes, parser->memory, count);
		parser->memory += count;
		parser->memory_left -= count;
	}
	parser->offset += count;
	*ret_count = count;
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
take(struct parser *parser, void *bytes, size_t size, const char *expected)
{
	size_t count = 0;
	lstatus status = take_some(parser, bytes, size, &count);

	if (lstatus_ok(status) && count < size)
		return fail(parser, LSTATUS(ERROR_INVALID_DATA), parser->offset,
		    "expected %s, found the end of the file", expected);
	return status;
}

static lstatus
take_number(struct parser *parser, const char *expected, uint32_t *ret_number)
{
	uint8_t bytes[4] = { 0 };
	lstatus status = take(parser, bytes, sizeof(bytes), expected);

	*ret_number = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	              (uint32_t)bytes[3] << 24;
	return status;
}

static lstatus
take_mark(struct parser *parser, char mark, const char *after)
{
	uint8_t bytes[2] = { 0 };
	char expected[64];
	lstatus status;

	snprintf(expected, sizeof(expected), "\"%c\" %s", mark, after);
	status = take(parser, bytes, sizeof(bytes), expected);
	if (lstatus_ok(status) && (bytes[0] != (uint8_t)mark || bytes[1] != 0))
		return fail(parser, LSTATUS(ERROR_INVALID_DATA), parser->offset - 2,
		    "expected %s, found 0x%02x%02x", expected, bytes[1], bytes[0]);
	return status;
}

/* Units up to a NUL, at most `max`, as UTF-8. */
static lstatus
take_text(struct parser *parser, size_t max, const char *what, struct buf *text)
{
	uint64_t begin = parser->offset;
	char expected[64];
	uint8_t unit[2] = { 0 };

	snprintf(expected, sizeof(expected), "%s that ends with a NUL", what);
	buf_clear(&parser->units);
	buf_clear(text);
	for (;;) {
		lstatus status = take(parser, unit, sizeof(unit), expected);

		if (!lstatus_ok(status))
			return status;
		if (unit[0] == 0 && unit[1] == 0)
			break;
		if (parser->units.size / 2 >= max)
			return fail(parser, LSTATUS(ERROR_INVALID_DATA), begin,
			    "expected %s of at most %zu characters", what, max);
		buf_append(&parser->units, unit, sizeof(unit));
	}
	utf16_to_utf8(parser->units.data, parser->units.size, false, text);
	buf_text(text);
	return parser->units.failed || text->failed ? out_of_memory(parser)
	                                            : LSTATUS(ERROR_SUCCESS);
}

/* The data, in blocks, so that a wrong size costs no more memory than the file has bytes. */
static lstatus
take_data(struct parser *parser, size_t size)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	buf_clear(&parser->data);
	while (size > 0 && lstatus_ok(status)) {
		size_t count = size < BLOCK ? size : BLOCK;

		if (!buf_reserve(&parser->data, count))
			return out_of_memory(parser);
		status = take(parser, parser->data.data + parser->data.size, count, "data");
		if (lstatus_ok(status))
			parser->data.size += count;
		size -= count;
	}
	return status;
}

static lstatus
take_fields(struct parser *parser, struct reg_pol_record *record)
{
	uint32_t size = 0;
	lstatus status = take_text(
	    parser, (size_t)REG_DEPTH_MAX * (REG_KEY_NAME_MAX + 1), "a key's path", &parser->key);

	if (lstatus_ok(status) && parser->key.size == 0)
		status = fail(parser, LSTATUS(ERROR_INVALID_DATA), record->offset + 2,
		    "expected a key's path, found an empty one");
	if (lstatus_ok(status))
		status = take_mark(parser, ';', "after the key");
	if (lstatus_ok(status))
		status =
		    take_text(parser, REG_VALUE_NAME_MAX + 16, "a value's name", &parser->name);
	if (lstatus_ok(status))
		status = take_mark(parser, ';', "after the value's name");
	if (lstatus_ok(status))
		status = take_number(parser, "a type", &record->type);
	if (lstatus_ok(status))
		status = take_mark(parser, ';', "after the type");
	if (lstatus_ok(status))
		status = take_number(parser, "a size", &size);
	if (lstatus_ok(status) && size > REG_DATA_MAX)
		status = fail(parser, LSTATUS(ERROR_INVALID_DATA), parser->offset - 4,
		    "expected a size of at most %u, found %" PRIu32, REG_DATA_MAX, size);
	if (lstatus_ok(status))
		status = take_mark(parser, ';', "after the size");
	if (lstatus_ok(status))
		status = take_data(parser, size);
	if (lstatus_ok(status))
		status = take_mark(parser, ']', "after the data");
	return status;
}

static lstatus
take_header(struct parser *parser)
{
	uint8_t bytes[8] = { 0 };
	size_t count = 0;
	lstatus status = take_some(parser, bytes, sizeof(bytes), &count);

	if (!lstatus_ok(status))
		return status;
	if (count < sizeof(bytes) || memcmp(bytes, signature, 4) != 0)
		return fail(parser, LSTATUS(ERROR_NOT_REGISTRY_FILE), 0,
		    "expected the signature \"%s\" and a version", signature);
	if (bytes[4] != VERSION || bytes[5] != 0 || bytes[6] != 0 || bytes[7] != 0)
		return fail(parser, LSTATUS(ERROR_NOT_REGISTRY_FILE), 4,
		    "expected version %d, found %02x%02x%02x%02x", (int)VERSION, bytes[7], bytes[6],
		    bytes[5], bytes[4]);
	return status;
}

static lstatus
parse_records(
    struct parser *parser, lstatus (*each)(void *self, const struct reg_pol_record *), void *self)
{
	for (;;) {
		struct reg_pol_record record = { .offset = parser->offset };
		uint8_t bytes[2] = { 0 };
		size_t count = 0;
		lstatus status = take_some(parser, bytes, sizeof(bytes), &count);

		if (!lstatus_ok(status) || count == 0)
			return status;
		if (count < 2 || bytes[0] != '[' || bytes[1] != 0)
			return fail(parser, LSTATUS(ERROR_INVALID_DATA), record.offset,
			    "expected \"[\" or the end of the file");
		status = take_fields(parser, &record);
		if (!lstatus_ok(status))
			return status;
		record.key = (const char *)parser->key.data;
		record.name = (const char *)parser->name.data;
		record.data = parser->data.data;
		record.size = parser->data.size;
		status = each(self, &record);
		if (!lstatus_ok(status))
			return fail(parser, status, record.offset, "%s", lstatus_text(status));
	}
}

static lstatus
parse(struct parser *parser, lstatus (*each)(void *self, const struct reg_pol_record *), void *self)
{
	lstatus status = take_header(parser);

	if (lstatus_ok(status))
		status = parse_records(parser, each, self);
	buf_release(&parser->units);
	buf_release(&parser->key);
	buf_release(&parser->name);
	buf_release(&parser->data);
	return status;
}

lstatus
reg_pol_parse(FILE *file, lstatus (*each)(void *self, const struct reg_pol_record *record),
    void *self, struct reg_pol_error *ret_error)
{
	struct parser parser = { .file = file, .error = ret_error };

	return parse(&parser, each, self);
}

lstatus
reg_pol_parse_memory(const void *data, size_t size,
    lstatus (*each)(void *self, const struct reg_pol_record *record), void *self,
    struct reg_pol_error *ret_error)
{
	struct parser parser = { .memory = data, .memory_left = size, .error = ret_error };

	return parse(&parser, each, self);
}

/* --- Writing ---------------------------------------------------------------------------- */

static void
put_unit(struct buf *out, uint32_t unit)
{
	buf_append_byte(out, (uint8_t)unit);
	buf_append_byte(out, (uint8_t)(unit >> 8));
}

static void
put_number(struct buf *out, uint32_t number)
{
	put_unit(out, number & 0xffff);
	put_unit(out, number >> 16);
}

void
reg_pol_write_begin(struct buf *out)
{
	buf_append_text(out, signature);
	put_number(out, VERSION);
}

void
reg_pol_write(struct buf *out, const char *key, const char *name, uint32_t type, const void *data,
    size_t size)
{
	put_unit(out, '[');
	utf16_from_utf8(key, strlen(key), out);
	put_unit(out, 0);
	put_unit(out, ';');
	utf16_from_utf8(name, strlen(name), out);
	put_unit(out, 0);
	put_unit(out, ';');
	put_number(out, type);
	put_unit(out, ';');
	put_number(out, (uint32_t)size);
	put_unit(out, ';');
	buf_append(out, data, size);
	put_unit(out, ']');
}

/* --- Directives
 * ----------------------------------------------------------------------------------- */

/* If a name begins with a directive, what follows it; NULL otherwise. */
static const char *
after_directive(const char *name, const char *directive)
{
	size_t length = strlen(directive);

	return strncasecmp(name, directive, length) == 0 ? name + length : NULL;
}

enum reg_pol_action
reg_pol_action(const struct reg_pol_record *record, const char **ret_name)
{
	const char *name = record->name;
	const char *rest;

	if (strncmp(name, "**", 2) != 0) {
		if (name[0] == '\0' && record->type == REG_NONE && record->size == 0)
			return REG_POL_CREATE_KEY;
		*ret_name = name;
		return REG_POL_SET;
	}
	if (strcasecmp(name, "**DelVals.") == 0 || strcasecmp(name, "**DelVals") == 0)
		return REG_POL_DELETE_ALL_VALUES;
	if (strcasecmp(name, "**DeleteValues") == 0)
		return REG_POL_DELETE_VALUES;
	if (strcasecmp(name, "**DeleteKeys") == 0)
		return REG_POL_DELETE_KEYS;
	rest = after_directive(name, "**Del.");
	if (rest != NULL) {
		*ret_name = rest;
		return REG_POL_DELETE;
	}
	rest = after_directive(name, "**soft.");
	if (rest == NULL)
		return REG_POL_KEPT;
	*ret_name = rest;
	return REG_POL_SET_IF_ABSENT;
}

void
reg_pol_names(const struct reg_pol_record *record, struct buf *out)
{
	struct buf text = { 0 };
	char *rest;
	char *name;

	utf16_to_utf8(record->data, record->size, true, &text);
	buf_text(&text);
	rest = text.failed ? NULL : (char *)text.data;
	out->failed = out->failed || text.failed;
	while ((name = strsep(&rest, ";")) != NULL) {
		if (name[0] != '\0')
			buf_append(out, name, strlen(name) + 1);
	}
	buf_release(&text);
}
