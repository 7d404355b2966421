/*
 * Inputs of vectors: text to a value's type and bytes.
 */
#include "regstore/tunable/vector_data.h"

#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"

static bool
parse_number(const char *text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;
	unsigned base = 10;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		unsigned digit;

		if (*text >= '0' && *text <= '9')
			digit = (unsigned)(*text - '0');
		else if (base == 16 && (*text | 0x20) >= 'a' && (*text | 0x20) <= 'f')
			digit = (unsigned)((*text | 0x20) - 'a') + 10;
		else
			return false;
		if (number > (max - digit) / base)
			return false;
		number = number * base + digit;
	}
	*ret_number = number;
	return true;
}

static void
append_number(struct buf *bytes, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buf_append_byte(bytes, (uint8_t)(number >> (8 * i)));
}

static bool
append_hex(struct buf *bytes, const char *text)
{
	uint64_t byte;

	for (; text[0] != '\0'; text += 2) {
		char pair[5] = { '0', 'x', text[0], text[1], '\0' };

		if (text[1] == '\0' || !parse_number(pair, 255, &byte))
			return false;
		buf_append_byte(bytes, (uint8_t)byte);
	}
	return true;
}

static bool
append_string(struct buf *bytes, const char *text, size_t length)
{
	if (!utf16_from_utf8(text, length, bytes))
		return false;
	append_number(bytes, 0, 2);
	return true;
}

static bool
append_list(struct buf *bytes, const char *text)
{
	while (*text != '\0') {
		size_t length = (size_t)(strchrnul(text, '|') - text);

		if (!append_string(bytes, text, length))
			return false;
		text += length + (text[length] == '|');
	}
	append_number(bytes, 0, 2);
	return true;
}

char *
vector_trim(char *text)
{
	size_t length;

	while (*text == ' ')
		text++;
	length = strlen(text);
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\r'))
		text[--length] = '\0';
	return text;
}

char *
vector_unquote(char *text)
{
	size_t length = strlen(text);

	if (length < 2 || text[0] != '"' || text[length - 1] != '"')
		return text;
	text[length - 1] = '\0';
	return text + 1;
}

/* "hex(4):0102": bytes under any type number. */
static bool
parse_typed_hex(const char *text, struct vector_data *data, struct buf *bytes)
{
	size_t digits = strspn(text + 4, "0123456789abcdefABCDEF");
	const char *end = text + 4 + digits;

	if (digits == 0 || digits > 8 || strncmp(end, "):", 2) != 0)
		return false;
	data->type = (uint32_t)strtoul(text + 4, NULL, 16);
	return append_hex(bytes, end + 2);
}

static bool
parse_typed(uint32_t type, char *text, struct vector_data *data, struct buf *bytes)
{
	uint64_t number;

	data->type = type;
	switch (type) {
	case REG_DWORD:
		if (!parse_number(text, UINT32_MAX, &number))
			return false;
		append_number(bytes, number, 4);
		return true;
	case REG_QWORD:
		if (!parse_number(text, UINT64_MAX, &number))
			return false;
		append_number(bytes, number, 8);
		return true;
	case REG_SZ:
	case REG_EXPAND_SZ:
		text = vector_unquote(text);
		return append_string(bytes, text, strlen(text));
	case REG_MULTI_SZ:
		return append_list(bytes, vector_unquote(text));
	default:
		return append_hex(bytes, text);
	}
}

const char *
vector_data_parse(char *text, struct vector_data *ret_data, struct buf *bytes)
{
	static const struct {
		const char *prefix;
		uint32_t type;
	} forms[] = {
		{ "dword:", REG_DWORD },
		{ "qword:", REG_QWORD },
		{ "sz:", REG_SZ },
		{ "expand_sz:", REG_EXPAND_SZ },
		{ "multi_sz:", REG_MULTI_SZ },
		{ "binary:", REG_BINARY },
		{ "none:", REG_NONE },
	};
	struct vector_data data = { .offset = bytes->size, .present = true };
	bool ok = false;

	buf_reserve(bytes, 1); /* so that an empty value has an address */
	if (strcmp(text, "absent") == 0 || strcmp(text, "subkey:present") == 0) {
		data.present = text[0] == 's';
		*ret_data = data;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t length = strlen(forms[i].prefix);

		if (strncmp(text, forms[i].prefix, length) != 0)
			continue;
		ok = parse_typed(forms[i].type, text + length, &data, bytes);
		data.size = bytes->size - data.offset;
		*ret_data = data;
		return ok ? NULL : "malformed data";
	}
	if (strncmp(text, "hex(", 4) == 0)
		ok = parse_typed_hex(text, &data, bytes);
	data.size = bytes->size - data.offset;
	*ret_data = data;
	return ok ? NULL
	          : "expected absent, dword:, qword:, sz:, expand_sz:, multi_sz:, binary: or none:";
}

struct tunable_raw
vector_raw(const struct vector_data *data, const struct buf *bytes)
{
	return (struct tunable_raw){
		.present = data->present,
		.type = data->type,
		.data = bytes->data + data->offset,
		.size = data->size,
	};
}
