/*
 * Data as `reg` takes them with /d and as it prints them.
 *
 * Facts kept from reg.exe: REG_NONE is given as text and printed as bytes; REG_DWORD_BIG_ENDIAN is
 * stored low byte first; an odd number of hexadecimal digits means a first byte of one digit; empty
 * REG_MULTI_SZ data are one NUL.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/reg/reg.h"

#define DEFAULT_SEPARATOR "\\0"

bool
reg_data_type(const char *name, uint32_t *ret_type)
{
	if (strcasecmp(name, "REG_DWORD_LITTLE_ENDIAN") == 0) {
		*ret_type = REG_DWORD;
		return true;
	}
	return reg_type_parse(name, ret_type);
}

static int
digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* A number of `size` bytes, decimal or hexadecimal after 0x; nothing before or after it. */
static bool
parse_number(const char *text, size_t size, struct buf *out)
{
	uint64_t max = size == 4 ? UINT32_MAX : UINT64_MAX;
	uint64_t base = 10;
	uint64_t number = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		int digit = digit_value(*text);

		if (digit < 0 || (uint64_t)digit >= base || number > (max - (uint64_t)digit) / base)
			return false;
		number = number * base + (uint64_t)digit;
	}
	for (size_t i = 0; i < size; i++)
		buf_append_byte(out, (uint8_t)(number >> 8 * i));
	return true;
}

static bool
parse_binary(const char *text, struct buf *out)
{
	size_t length = strlen(text);
	uint8_t byte = 0;

	for (size_t i = 0; i < length; i++) {
		int digit = digit_value(text[i]);

		if (digit < 0)
			return false;
		byte = (uint8_t)(byte << 4 | digit);
		if ((length - i) % 2 == 1) {
			buf_append_byte(out, byte);
			byte = 0;
		}
	}
	return true;
}

static bool
parse_text(const char *text, size_t length, struct buf *out)
{
	if (!utf16_from_utf8(text, length, out))
		return false;
	buf_append(out, "\0", 2);
	return true;
}

/* An empty string would end the list, so only the last piece may be empty. */
static bool
parse_multi(const char *text, const char *separator, struct buf *out)
{
	while (*text != '\0') {
		const char *end = strstr(text, separator);
		size_t length = end != NULL ? (size_t)(end - text) : strlen(text);

		if (length == 0 || !parse_text(text, length, out))
			return false;
		text += length;
		if (end != NULL)
			text += strlen(separator);
	}
	buf_append(out, "\0", 2);
	return true;
}

bool
reg_data_parse(uint32_t type, const char *text, const char *separator, struct buf *out)
{
	switch (type) {
	case REG_DWORD:
	case REG_DWORD_BIG_ENDIAN:
		return text != NULL && parse_number(text, 4, out);
	case REG_QWORD:
		return text != NULL && parse_number(text, 8, out);
	case REG_NONE:
	case REG_SZ:
	case REG_EXPAND_SZ:
		return parse_text(text != NULL ? text : "", text != NULL ? strlen(text) : 0, out);
	case REG_MULTI_SZ:
		return parse_multi(text != NULL ? text : "",
		    separator != NULL ? separator : DEFAULT_SEPARATOR, out);
	default:
		return parse_binary(text != NULL ? text : "", out);
	}
}

static void
format_number(const uint8_t *bytes, size_t size, struct buf *out)
{
	uint64_t number = 0;

	for (size_t i = size; i > 0; i--)
		number = number << 8 | bytes[i - 1];
	buf_printf(out, "0x%llx", (unsigned long long)number);
}

static void
format_binary(const uint8_t *bytes, size_t size, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < size; i++) {
		buf_append_byte(out, (uint8_t)digits[bytes[i] >> 4]);
		buf_append_byte(out, (uint8_t)digits[bytes[i] & 15]);
	}
}

static bool
is_nul(const uint8_t *bytes, size_t at)
{
	return bytes[at] == 0 && bytes[at + 1] == 0;
}

/* The strings of a list with the separator between them; the NULs at the end separate nothing. */
static void
format_multi(const uint8_t *bytes, size_t size, const char *separator, struct buf *out)
{
	size_t begin = 0;

	size -= size % 2;
	while (size > 0 && is_nul(bytes, size - 2))
		size -= 2;
	for (size_t at = 0; at < size; at += 2) {
		if (!is_nul(bytes, at))
			continue;
		utf16_to_utf8(bytes + begin, at - begin, false, out);
		buf_append_text(out, separator);
		begin = at + 2;
	}
	if (begin < size)
		utf16_to_utf8(bytes + begin, size - begin, false, out);
}

void
reg_data_format(
    uint32_t type, const void *data, size_t size, const char *separator, struct buf *out)
{
	if (type == REG_SZ || type == REG_EXPAND_SZ)
		utf16_to_utf8(data, size, true, out);
	else if (type == REG_MULTI_SZ)
		format_multi(data, size, separator != NULL ? separator : DEFAULT_SEPARATOR, out);
	else if ((type == REG_DWORD || type == REG_DWORD_BIG_ENDIAN) && size == 4)
		format_number(data, size, out);
	else if (type == REG_QWORD && size == 8)
		format_number(data, size, out);
	else
		format_binary(data, size, out);
}
