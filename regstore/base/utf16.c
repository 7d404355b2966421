/*
 * UTF-8 and UTF-16LE, and the folding of names.
 *
 * Windows upper-cases by a one-to-one table of 16-bit units. Unicode's simple upper-case mapping
 * (utf8proc) stands in for that table, less what the published NTFS tables leave alone: a unit that
 * its capital does not lower-case back to (dotless i, long s, micro sign, title-case digraphs,
 * Greek symbol letters; not so the final sigma), sharp s, and Georgian, whose capitals are younger
 * than the table. The rest is assumed equal.
 */
#include "regstore/base/utf16.h"

#include <string.h>
#include <utf8proc.h>

#define SHARP_S        0x00df
#define FINAL_SIGMA    0x03c2
#define GEORGIAN_FIRST 0x10d0
#define GEORGIAN_LAST  0x10ff

/* Decode one code point; returns its length in bytes, 0 when malformed. */
static size_t
decode(const uint8_t *text, size_t length, uint32_t *ret_code)
{
	uint32_t code;
	size_t bytes;

	if (text[0] < 0x80) {
		*ret_code = text[0];
		return 1;
	}
	if (text[0] == 0xc0 && length >= 2 && (text[1] == 0x80 || text[1] == 0x81)) {
		*ret_code = text[1] & 1u;
		return 2;
	}
	if (text[0] >= 0xc2 && text[0] <= 0xdf) {
		bytes = 2;
		code = text[0] & 0x1fu;
	} else if ((text[0] & 0xf0) == 0xe0) {
		bytes = 3;
		code = text[0] & 0x0fu;
	} else if (text[0] >= 0xf0 && text[0] <= 0xf4) {
		bytes = 4;
		code = text[0] & 0x07u;
	} else {
		return 0;
	}
	if (length < bytes)
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fu);
	}
	if ((bytes == 3 && code < 0x800) || (bytes == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	*ret_code = code;
	return bytes;
}

/* Append a code point below 0x110000, surrogates included, in up to four bytes. */
static void
encode(struct buf *out, uint32_t code)
{
	uint8_t bytes[4];
	size_t count;

	if (code == 0) {
		bytes[0] = 0xc0;
		bytes[1] = 0x80;
		count = 2;
	} else if (code < 0x80) {
		bytes[0] = (uint8_t)code;
		count = 1;
	} else if (code < 0x800) {
		bytes[0] = (uint8_t)(0xc0 | code >> 6);
		bytes[1] = (uint8_t)(0x80 | (code & 0x3f));
		count = 2;
	} else if (code < 0x10000) {
		bytes[0] = (uint8_t)(0xe0 | code >> 12);
		bytes[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		bytes[2] = (uint8_t)(0x80 | (code & 0x3f));
		count = 3;
	} else {
		bytes[0] = (uint8_t)(0xf0 | code >> 18);
		bytes[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
		bytes[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		bytes[3] = (uint8_t)(0x80 | (code & 0x3f));
		count = 4;
	}
	buf_append(out, bytes, count);
}

static void
append_unit(struct buf *out, uint32_t unit)
{
	buf_append_byte(out, (uint8_t)(unit & 0xff));
	buf_append_byte(out, (uint8_t)(unit >> 8));
}

bool
utf16_from_utf8(const char *text, size_t length, struct buf *out)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t at = 0;

	if (length > SIZE_MAX / 2 || !buf_reserve(out, 2 * length))
		out->failed = true;
	while (at < length) {
		uint32_t code;
		size_t used;

		if (bytes[at] < 0x80) {
			append_unit(out, bytes[at++]);
			continue;
		}
		used = decode(bytes + at, length - at, &code);
		if (used == 0)
			return false;
		at += used;
		if (code < 0x10000) {
			append_unit(out, code);
		} else {
			append_unit(out, 0xd800 + ((code - 0x10000) >> 10));
			append_unit(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
		}
	}
	return true;
}

static uint32_t
unit_at(const uint8_t *bytes, size_t at)
{
	return (uint32_t)bytes[at] | (uint32_t)bytes[at + 1] << 8;
}

void
utf16_to_utf8(const void *data, size_t size, bool stop_at_nul, struct buf *out)
{
	const uint8_t *bytes = data;

	for (size_t at = 0; at + 1 < size; at += 2) {
		uint32_t code = unit_at(bytes, at);

		if (code == 0 && stop_at_nul)
			return;
		if (code != 0 && code < 0x80) {
			buf_append_byte(out, (uint8_t)code);
			continue;
		}
		if (code >= 0xd800 && code < 0xdc00 && at + 3 < size) {
			uint32_t low = unit_at(bytes, at + 2);

			if (low >= 0xdc00 && low < 0xe000) {
				code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
				at += 2;
			}
		}
		encode(out, code);
	}
}

size_t
utf16_units(const char *text)
{
	size_t length = strlen(text);
	size_t units = 0;

	for (size_t at = 0; at < length;) {
		uint32_t code;
		size_t used = decode((const uint8_t *)text + at, length - at, &code);

		if (used == 0)
			return SIZE_MAX;
		at += used;
		units += code < 0x10000 ? 1 : 2;
	}
	return units;
}

uint16_t
utf16_upcase(uint16_t unit)
{
	utf8proc_int32_t upper;

	if (unit < 0x80)
		return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit;
	if (unit >= 0xd800 && unit < 0xe000)
		return unit;
	if (unit == SHARP_S || (unit >= GEORGIAN_FIRST && unit <= GEORGIAN_LAST))
		return unit;
	upper = utf8proc_toupper(unit);
	if (upper > 0xffff || (utf8proc_tolower(upper) != unit && unit != FINAL_SIGMA))
		return unit;
	return (uint16_t)upper;
}

bool
name_fold(const char *name, size_t length, struct buf *out)
{
	const uint8_t *bytes = (const uint8_t *)name;

	if (!buf_reserve(out, length + 1))
		return true; /* the failure stays in the buffer */
	for (size_t at = 0; at < length;) {
		uint32_t code;
		size_t used;

		if (bytes[at] < 0x80 && bytes[at] != 0) {
			uint8_t byte = bytes[at++];

			buf_append_byte(
			    out, byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte);
			continue;
		}
		used = decode(bytes + at, length - at, &code);
		if (used == 0)
			return false;
		at += used;
		if (code <= 1) { /* the two-byte forms stay what they are */
			buf_append(out, bytes + at - used, used);
		} else if (code < 0x10000) {
			encode(out, utf16_upcase((uint16_t)code));
		} else {
			encode(out, 0xd800 + ((code - 0x10000) >> 10));
			encode(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
		}
	}
	return true;
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((uint8_t)*text >= 0x80)
			return false;
	}
	return true;
}

static int
compare_ascii(const char *left, const char *right)
{
	for (;; left++, right++) {
		int a = utf16_upcase((uint8_t)*left);
		int b = utf16_upcase((uint8_t)*right);

		if (a != b || a == 0)
			return a - b;
	}
}

int
name_compare(const char *left, const char *right)
{
	struct buf a = { 0 };
	struct buf b = { 0 };
	int order;

	if (is_ascii(left) && is_ascii(right))
		return compare_ascii(left, right);
	if (name_fold(left, strlen(left), &a) && name_fold(right, strlen(right), &b) && !a.failed &&
	    !b.failed)
		order = strcmp(buf_text(&a), buf_text(&b));
	else
		order = strcmp(left, right);
	buf_release(&a);
	buf_release(&b);
	return order;
}
