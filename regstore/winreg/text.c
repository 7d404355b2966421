/*
 * Text between a caller's two forms (UTF-16, the code page 1252) and the registry's UTF-8, and the
 * rules by which a caller's buffers are filled.
 */
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/winreg/internal.h"

/* What 0x80 to 0x9F are in the code page 1252; the five that it leaves open stay themselves. */
static const uint16_t cp1252[32] = { 0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019,
	0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D,
	0x017E, 0x0178 };

static void
append_unit(struct buf *out, unsigned unit)
{
	buf_append_byte(out, (uint8_t)unit);
	buf_append_byte(out, (uint8_t)(unit >> 8));
}

void
ansi_to_utf16(const void *text, size_t size, struct buf *out)
{
	const uint8_t *bytes = text;

	for (size_t i = 0; i < size; i++)
		append_unit(
		    out, bytes[i] >= 0x80 && bytes[i] < 0xA0 ? cp1252[bytes[i] - 0x80] : bytes[i]);
}

static uint8_t
unit_to_ansi(unsigned unit)
{
	if (unit < 0x80 || (unit >= 0xA0 && unit <= 0xFF))
		return (uint8_t)unit;
	for (unsigned i = 0; i < ARRAY_SIZE(cp1252); i++) {
		if (cp1252[i] == unit)
			return (uint8_t)(0x80 + i);
	}
	return '?';
}

void
utf16_to_ansi(const void *text, size_t size, struct buf *out)
{
	const uint8_t *bytes = text;

	for (size_t i = 0; i + 1 < size; i += 2) {
		unsigned unit = (unsigned)bytes[i] | (unsigned)bytes[i + 1] << 8;

		/* Two units of one character are one '?'. */
		if (unit >= 0xD800 && unit < 0xDC00 && i + 3 < size &&
		    (bytes[i + 3] & 0xFC) == 0xDC)
			i += 2;
		buf_append_byte(out, unit_to_ansi(unit));
	}
}

size_t
text_size(const void *text, bool ansi)
{
	const WCHAR *wide = text;
	size_t units = 0;

	if (ansi)
		return strlen(text);
	while (wide[units] != 0)
		units++;
	return units * sizeof(*wide);
}

lstatus
text_take(struct text *text, const void *given, bool ansi)
{
	struct buf utf16 = { 0 };

	*text = (struct text){ 0 };
	if (given == NULL)
		return LSTATUS(ERROR_SUCCESS);
	if (ansi) {
		ansi_to_utf16(given, strlen(given), &utf16);
		utf16_to_utf8(utf16.data, utf16.size, false, &text->buf);
	} else {
		utf16_to_utf8(given, text_size(given, false), false, &text->buf);
	}
	text->utf8 = buf_text(&text->buf);
	if (utf16.failed)
		text->buf.failed = true;
	buf_release(&utf16);
	return text->buf.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : LSTATUS(ERROR_SUCCESS);
}

void
text_release(struct text *text)
{
	buf_release(&text->buf);
	text->utf8 = NULL;
}

const char *
text_or_empty(const struct text *text)
{
	return text->utf8 != NULL ? text->utf8 : "";
}

bool
type_is_text(DWORD type)
{
	return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

lstatus
data_to_caller(struct buf *data, DWORD type, bool ansi)
{
	struct buf converted = { 0 };

	if (data->failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (!ansi || !type_is_text(type))
		return LSTATUS(ERROR_SUCCESS);
	utf16_to_ansi(data->data, data->size, &converted);
	buf_release(data);
	*data = converted;
	return data->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : LSTATUS(ERROR_SUCCESS);
}

/* --- Callers' buffers ------------------------------------------------------------------------- */

/* Copy text and its terminator; the room was checked. */
static void
put_text(const struct buf *text, bool ansi, void *buffer)
{
	size_t terminator = ansi ? sizeof(CHAR) : sizeof(WCHAR);

	if (text->size > 0)
		memcpy(buffer, text->data, text->size);
	memset((uint8_t *)buffer + text->size, 0, terminator);
}

/* The length of text whose characters are the same in all forms; SIZE_MAX for other text. */
static size_t
ascii_length(const char *text)
{
	size_t length = 0;

	for (; text[length] != '\0'; length++) {
		if ((uint8_t)text[length] >= 0x80)
			return SIZE_MAX;
	}
	return length;
}

/* Copy such text and its terminator. */
static void
put_ascii(const char *text, size_t length, bool ansi, void *buffer)
{
	for (size_t i = 0; i <= length; i++) {
		if (ansi)
			((CHAR *)buffer)[i] = text[i];
		else
			((WCHAR *)buffer)[i] = (WCHAR)text[i];
	}
}

lstatus
give_name(const char *utf8, bool ansi, void *buffer, DWORD *characters)
{
	struct buf text = { 0 };
	size_t length = ascii_length(utf8);
	lstatus status;

	if (length < *characters) {
		put_ascii(utf8, length, ansi, buffer);
		*characters = (DWORD)length;
		return LSTATUS(ERROR_SUCCESS);
	}
	utf16_from_utf8(utf8, strlen(utf8), &text);
	status = data_to_caller(&text, REG_SZ, ansi);
	length = ansi ? text.size : text.size / sizeof(WCHAR);
	if (lstatus_ok(status) && length >= *characters)
		status = LSTATUS(ERROR_MORE_DATA);
	if (lstatus_ok(status)) {
		put_text(&text, ansi, buffer);
		*characters = (DWORD)length;
	}
	buf_release(&text);
	return status;
}

lstatus
give_utf16(const struct buf *given, bool ansi, void *buffer, DWORD *characters)
{
	struct buf text = { 0 };
	size_t length;
	lstatus status;

	buf_append(&text, given->data, given->size);
	text.failed = text.failed || given->failed;
	status = data_to_caller(&text, REG_SZ, ansi);
	length = ansi ? text.size : text.size / sizeof(WCHAR);
	if (lstatus_ok(status) && buffer != NULL && length >= *characters)
		status = LSTATUS(ERROR_MORE_DATA);
	if (lstatus_ok(status) && buffer != NULL)
		put_text(&text, ansi, buffer);
	if (lstatus_ok(status) || lstatus_is(status, ERROR_MORE_DATA))
		*characters = (DWORD)length;
	buf_release(&text);
	return status;
}

/* Terminate text that is not, as far as there is room. */
static void
courtesy_terminator(uint8_t *data, size_t size, bool ansi, size_t room)
{
	size_t unit = ansi ? sizeof(CHAR) : sizeof(WCHAR);

	if (size > 0 && (size < unit || (data[size - 1] == 0 && (ansi || data[size - 2] == 0))))
		return;
	if (room - size >= unit)
		memset(data + size, 0, unit);
}

lstatus
give_data(const void *found, size_t found_size, DWORD type, bool ansi, void *data, DWORD *size)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (size == NULL)
		return status;
	if (data != NULL && *size < found_size)
		status = LSTATUS(ERROR_MORE_DATA);
	if (data != NULL && lstatus_ok(status)) {
		if (found_size > 0)
			memcpy(data, found, found_size);
		if (type_is_text(type))
			courtesy_terminator(data, found_size, ansi, *size);
	}
	*size = (DWORD)found_size;
	return status;
}

FILETIME
filetime(int64_t time)
{
	uint64_t ticks = (uint64_t)time;

	return (FILETIME){ (DWORD)ticks, (DWORD)(ticks >> 32) };
}
