/*
 * Reading a .reg file block by block and decoding it to 16-bit units.
 *
 * regedit writes UTF-16LE with a mark. People and configuration tools write UTF-8; a file without a
 * mark is taken as that, except that version 4 files are ANSI by definition. "ANSI" is
 * Windows-1252, the code page of an English Windows Server.
 */
#include "regstore/formats/reg_units.h"

#include <errno.h>
#include <string.h>

#include "regstore/base/utf16.h"

static const char version4_header[] = "REGEDIT4";

uint16_t
reg_unit_from_cp1252(uint8_t byte)
{
	/* 0x80 to 0x9f; the rest is equal to Unicode's first 256 code points. */
	static const uint16_t upper_controls[32] = {
		0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, /* 80 */
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f, /* 88 */
		0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, /* 90 */
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178, /* 98 */
	};

	return byte >= 0x80 && byte < 0xa0 ? upper_controls[byte - 0x80] : byte;
}

int
reg_unit_to_cp1252(uint16_t unit)
{
	if (unit < 0x80 || (unit >= 0xa0 && unit <= 0xff))
		return unit;
	for (int byte = 0x80; byte < 0xa0; byte++) {
		if (reg_unit_from_cp1252((uint8_t)byte) == unit)
			return byte;
	}
	return -1;
}

/* Fill `bytes` up; what is not decoded yet stays at its beginning. */
static void
read_bytes(struct reg_units *units)
{
	size_t room = sizeof(units->bytes) - units->byte_count;
	size_t count;

	if (units->bytes_end || room == 0)
		return;
	if (units->file != NULL) {
		errno = 0;
		count = fread(units->bytes + units->byte_count, 1, room, units->file);
		if (count < room) {
			units->bytes_end = true;
			if (ferror(units->file)) {
				units->error = errno != 0 ? errno : EIO;
				units->trouble = REG_UNITS_READ_ERROR;
			}
		}
	} else {
		count = room < units->memory_left ? room : units->memory_left;
		if (count > 0)
			memcpy(units->bytes + units->byte_count, units->memory, count);
		units->memory += count;
		units->memory_left -= count;
		units->bytes_end = units->memory_left == 0;
	}
	units->byte_count += count;
}

static void
drop_bytes(struct reg_units *units, size_t count)
{
	units->byte_count -= count;
	memmove(units->bytes, units->bytes + count, units->byte_count);
}

void
reg_units_init(struct reg_units *units, FILE *file, const void *memory, size_t size)
{
	static const uint8_t utf8_mark[] = { 0xef, 0xbb, 0xbf };
	const uint8_t *bytes = units->bytes;

	memset(units, 0, sizeof(*units));
	units->file = file;
	units->memory = memory;
	units->memory_left = size;
	units->line = 1;
	units->mark = SIZE_MAX;
	read_bytes(units);
	if (units->byte_count >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe) {
		units->encoding = REG_ENCODING_UTF16LE;
		drop_bytes(units, 2);
	} else if (units->byte_count >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff) {
		units->trouble = REG_UNITS_BIG_ENDIAN;
	} else if (units->byte_count >= 3 && memcmp(bytes, utf8_mark, 3) == 0) {
		drop_bytes(units, 3);
	} else if (units->byte_count >= 2 && bytes[0] != 0 && bytes[1] == 0) {
		units->encoding = REG_ENCODING_UTF16LE; /* the mark was lost; the NUL tells */
	} else if (units->byte_count >= strlen(version4_header) &&
	           memcmp(bytes, version4_header, strlen(version4_header)) == 0) {
		units->encoding = REG_ENCODING_CP1252;
	}
}

void
reg_units_release(struct reg_units *units)
{
	buf_release(&units->window);
}

/* How many of the bytes make whole UTF-8 sequences, as far as their lead bytes say. */
static size_t
whole_sequences(const uint8_t *bytes, size_t count)
{
	for (size_t back = 1; back <= 3 && back <= count; back++) {
		uint8_t byte = bytes[count - back];

		if ((byte & 0xc0) == 0x80)
			continue;
		if ((byte >= 0xc0 && back < 2) || (byte >= 0xe0 && back < 3) || byte >= 0xf0)
			return count - back;
		break;
	}
	return count;
}

/* Decode what can be decoded of `bytes`; returns how many bytes that was. */
static size_t
decode_bytes(struct reg_units *units)
{
	size_t count = units->byte_count;

	switch (units->encoding) {
	case REG_ENCODING_UTF16LE:
		count -= count % 2;
		buf_append(&units->window, units->bytes, count);
		break;
	case REG_ENCODING_UTF8:
		count = whole_sequences(units->bytes, count);
		if (!utf16_from_utf8((const char *)units->bytes, count, &units->window))
			units->trouble = REG_UNITS_MALFORMED;
		break;
	case REG_ENCODING_CP1252:
		for (size_t i = 0; i < count; i++) {
			uint16_t unit = reg_unit_from_cp1252(units->bytes[i]);

			buf_append_byte(&units->window, (uint8_t)(unit & 0xff));
			buf_append_byte(&units->window, (uint8_t)(unit >> 8));
		}
		break;
	}
	return count;
}

const uint8_t *
reg_units_plain(const struct reg_units *units, size_t *ret_size)
{
	size_t at = units->at;

	for (; at < units->window.size; at += 2) {
		int32_t unit = reg_unit_at(&units->window, at);

		if (unit == '"' || unit == '\\' || unit == '\r' || unit == '\n')
			break;
	}
	*ret_size = at - units->at;
	return units->window.data + units->at;
}

void
reg_units_mark(struct reg_units *units)
{
	units->mark = units->at;
	units->mark_line = units->line;
}

void
reg_units_rewind(struct reg_units *units)
{
	units->at = units->mark;
	units->line = units->mark_line;
}

/* Make room for the next block: what was taken goes, but for what stands after the mark. */
static void
drop_window(struct reg_units *units)
{
	struct buf *window = &units->window;
	size_t from = units->mark < units->at ? units->mark : units->at;

	if (from < window->size)
		memmove(window->data, window->data + from, window->size - from);
	buf_truncate(window, window->size - from);
	units->at -= from;
	if (units->mark != SIZE_MAX)
		units->mark = 0;
}

bool
reg_units_refill(struct reg_units *units)
{
	size_t kept;
	size_t used;

	if (units->trouble != REG_UNITS_FINE)
		return false;
	drop_window(units);
	kept = units->window.size;
	read_bytes(units);
	used = decode_bytes(units);
	drop_bytes(units, used);
	if (units->window.failed) {
		units->trouble = REG_UNITS_NO_MEMORY;
		return false;
	}
	if (units->trouble == REG_UNITS_FINE && units->bytes_end && used == 0 &&
	    units->byte_count > 0)
		units->trouble = REG_UNITS_MALFORMED; /* the file ends within a character */
	return units->window.size > kept;
}
