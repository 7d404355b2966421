/*
 * The writer of .reg files, as regedit lays them out.
 *
 * One deviation: regedit writes the line ends that a REG_SZ holds as they are, and an editor or a
 * version control system that changes a file's line ends then changes the data. Such text goes out
 * as hex(1) here. Names have no other form, so theirs are written as they are.
 */
#include "regstore/formats/reg_text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/reg_units.h"

/* Hexadecimal data go to the next line once a line is this long ("xx," included). */
enum { WRAP_COLUMN = 77, FLUSH_SIZE = 64 * 1024 };

static void
put_failure(struct reg_text_writer *writer, lstatus status)
{
	if (lstatus_ok(writer->status))
		writer->status = status;
}

static void
flush(struct reg_text_writer *writer)
{
	if (writer->text.failed)
		put_failure(writer, LSTATUS(ERROR_NOT_ENOUGH_MEMORY));
	if (writer->file == NULL || writer->text.size == 0)
		return;
	if (lstatus_ok(writer->status)) {
		errno = 0;
		if (fwrite(writer->text.data, 1, writer->text.size, writer->file) !=
		    writer->text.size)
			put_failure(writer, lstatus_from_errno(errno != 0 ? errno : EIO));
	}
	buf_clear(&writer->text);
}

static void
put_unit(struct reg_text_writer *writer, uint32_t unit)
{
	int byte = writer->format == REG_TEXT_V4 ? reg_unit_to_cp1252((uint16_t)unit) : 0;

	if (byte < 0) {
		writer->lossy = true;
		byte = '?';
	}
	if (writer->format == REG_TEXT_V4) {
		buf_append_byte(&writer->text, (uint8_t)byte);
	} else {
		buf_append_byte(&writer->text, (uint8_t)(unit & 0xff));
		buf_append_byte(&writer->text, (uint8_t)(unit >> 8));
	}
	writer->column++;
}

static void
put_ascii(struct reg_text_writer *writer, const char *text, size_t length)
{
	size_t width = writer->format == REG_TEXT_V4 ? 1 : 2;
	uint8_t *out;

	if (!buf_reserve(&writer->text, width * length))
		return;
	out = writer->text.data + writer->text.size;
	memset(out, 0, width * length);
	for (size_t i = 0; i < length; i++)
		out[width * i] = (uint8_t)text[i];
	writer->text.size += width * length;
	writer->column += length;
}

static void
put_line_end(struct reg_text_writer *writer)
{
	put_ascii(writer, "\r\n", 2);
	writer->column = 0;
	if (writer->text.size >= FLUSH_SIZE)
		flush(writer);
}

static uint32_t
unit_at(const uint8_t *data, size_t at)
{
	return (uint32_t)data[at] | (uint32_t)data[at + 1] << 8;
}

/* UTF-16LE as it is. */
static void
put_units(struct reg_text_writer *writer, const uint8_t *data, size_t size)
{
	if (writer->format == REG_TEXT_V5) {
		buf_append(&writer->text, data, size);
		writer->column += size / 2;
		return;
	}
	for (size_t at = 0; at < size; at += 2)
		put_unit(writer, unit_at(data, at));
}

/* UTF-16LE between quotes, with the two escapes. */
static void
put_quoted(struct reg_text_writer *writer, const uint8_t *data, size_t size)
{
	size_t plain = 0; /* what is not written yet begins there */

	size -= size % 2;
	put_unit(writer, '"');
	for (size_t at = 0; at < size; at += 2) {
		uint32_t unit = unit_at(data, at);

		if (unit != '"' && unit != '\\')
			continue;
		put_units(writer, data + plain, at - plain);
		put_unit(writer, '\\');
		plain = at;
	}
	if (size > 0)
		put_units(writer, data + plain, size - plain);
	put_unit(writer, '"');
}

/* The text as UTF-16LE in `units`; false if it is none. */
static bool
to_units(struct reg_text_writer *writer, const char *text)
{
	buf_clear(&writer->units);
	if (!utf16_from_utf8(text, strlen(text), &writer->units)) {
		put_failure(writer, LSTATUS(ERROR_INVALID_NAME));
		return false;
	}
	if (writer->units.failed)
		put_failure(writer, LSTATUS(ERROR_NOT_ENOUGH_MEMORY));
	return !writer->units.failed;
}

void
reg_text_write_begin(struct reg_text_writer *writer)
{
	static const char version4[] = "REGEDIT4";
	static const char version5[] = "Windows Registry Editor Version 5.00";

	if (writer->format == REG_TEXT_V4) {
		put_ascii(writer, version4, strlen(version4));
	} else {
		put_unit(writer, 0xfeff);
		put_ascii(writer, version5, strlen(version5));
	}
	put_line_end(writer);
}

static void
put_key(struct reg_text_writer *writer, const char *before, const char *path)
{
	if (strpbrk(path, "\r\n") != NULL) {
		put_failure(writer, LSTATUS(ERROR_INVALID_NAME));
		return;
	}
	if (!to_units(writer, path))
		return;
	put_line_end(writer);
	put_ascii(writer, before, strlen(before));
	put_units(writer, writer->units.data, writer->units.size);
	put_unit(writer, ']');
	put_line_end(writer);
}

void
reg_text_write_key(struct reg_text_writer *writer, const char *path)
{
	put_key(writer, "[", path);
}

void
reg_text_write_deleted_key(struct reg_text_writer *writer, const char *path)
{
	put_key(writer, "[-", path);
}

/* Whether text comes back the same from between quotes: see reg_text_write_value. */
static bool
is_plain_text(const uint8_t *data, size_t size)
{
	if (size < 2 || size % 2 != 0 || unit_at(data, size - 2) != 0)
		return false;
	for (size_t at = 0; at < size - 2; at += 2) {
		uint32_t unit = unit_at(data, at);

		if (unit == 0 || unit == '\r' || unit == '\n')
			return false;
		if (unit < 0xd800 || unit > 0xdfff)
			continue;
		at += 2; /* a pair; the terminator follows at the latest */
		if (unit > 0xdbff || (unit_at(data, at) & 0xfc00) != 0xdc00)
			return false;
	}
	return true;
}

static const char hex_digits[] = "0123456789abcdef";

static void
put_hex(struct reg_text_writer *writer, uint32_t type, const uint8_t *data, size_t size)
{
	char line[WRAP_COLUMN + 24]; /* what is to be put */
	size_t used;

	if (type == REG_BINARY)
		used = (size_t)snprintf(line, sizeof(line), "hex:");
	else
		used = (size_t)snprintf(line, sizeof(line), "hex(%x):", (unsigned)type);
	for (size_t i = 0; i < size; i++) {
		line[used++] = hex_digits[data[i] >> 4];
		line[used++] = hex_digits[data[i] & 15];
		if (i + 1 == size)
			break;
		line[used++] = ',';
		if (writer->column + used >= WRAP_COLUMN) {
			line[used++] = '\\';
			put_ascii(writer, line, used);
			put_line_end(writer);
			memset(line, ' ', used = 2);
		}
	}
	put_ascii(writer, line, used);
}

static void
put_dword(struct reg_text_writer *writer, const uint8_t *data)
{
	char text[] = "dword:........";

	for (size_t i = 0; i < 4; i++) {
		text[6 + 2 * i] = hex_digits[data[3 - i] >> 4];
		text[7 + 2 * i] = hex_digits[data[3 - i] & 15];
	}
	put_ascii(writer, text, sizeof(text) - 1);
}

/* Whether a name is written as it is, and how many characters it has. */
static bool
is_plain_name(const char *name, size_t *ret_length)
{
	size_t length = 0;

	for (; name[length] != '\0'; length++) {
		if ((uint8_t)name[length] >= 0x80 || name[length] == '"' || name[length] == '\\')
			return false;
	}
	*ret_length = length;
	return true;
}

static void
put_name(struct reg_text_writer *writer, const char *name)
{
	size_t length;

	if (name[0] == '\0') {
		put_unit(writer, '@');
	} else if (is_plain_name(name, &length)) {
		put_unit(writer, '"');
		put_ascii(writer, name, length);
		put_unit(writer, '"');
	} else if (to_units(writer, name)) {
		put_quoted(writer, writer->units.data, writer->units.size);
	}
	put_unit(writer, '=');
}

void
reg_text_write_deleted_value(struct reg_text_writer *writer, const char *name)
{
	put_name(writer, name);
	put_unit(writer, '-');
	put_line_end(writer);
}

/* The data of a text as version 4 writes them: a byte a character. */
static void
narrow(struct reg_text_writer *writer, const uint8_t *data, size_t size, struct buf *out)
{
	writer->lossy = writer->lossy || size % 2 != 0;
	for (size_t at = 0; at + 1 < size; at += 2) {
		int byte = reg_unit_to_cp1252((uint16_t)unit_at(data, at));

		writer->lossy = writer->lossy || byte < 0;
		buf_append_byte(out, byte >= 0 ? (uint8_t)byte : '?');
	}
	if (out->failed)
		put_failure(writer, LSTATUS(ERROR_NOT_ENOUGH_MEMORY));
}

void
reg_text_write_value(
    struct reg_text_writer *writer, const char *name, uint32_t type, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	put_name(writer, name);
	if (type == REG_SZ && is_plain_text(bytes, size)) {
		put_quoted(writer, bytes, size - 2);
	} else if (type == REG_DWORD && size == 4) {
		put_dword(writer, bytes);
	} else if (writer->format == REG_TEXT_V4 &&
	           (type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ)) {
		struct buf ansi = { 0 };

		narrow(writer, bytes, size, &ansi);
		put_hex(writer, type, ansi.data, ansi.size);
		buf_release(&ansi);
	} else {
		put_hex(writer, type, bytes, size);
	}
	put_line_end(writer);
}

lstatus
reg_text_write_end(struct reg_text_writer *writer)
{
	put_line_end(writer);
	flush(writer);
	return writer->status;
}

void
reg_text_writer_release(struct reg_text_writer *writer)
{
	buf_release(&writer->text);
	buf_release(&writer->units);
}
