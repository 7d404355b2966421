/*
 * Elements' data as text, both ways.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/bcd/bcd.h"

/* --- Devices
 * -------------------------------------------------------------------------------------- */

/*
 * The form of a partition (88 bytes): the GUID of additional options, then type, flags and size
 * from byte 16 on, a partition and a disk by GUID. The partition of a drive letter on a host that
 * has no disks bears the letter in its GUID, after the bytes "hvemu".
 */
enum {
	DEVICE_SIZE = 88,
	DEVICE_TYPE = 16,
	DEVICE_LENGTH = 24,
	DEVICE_PARTITION = 32,
	DEVICE_STYLE = 52,
	DEVICE_DISK = 56,
	LETTER_AT = 15,
	TYPE_LOCAL = 0,
	TYPE_BOOT = 5,
	TYPE_PARTITION = 6,
	TYPE_LOCATE = 8,
	LENGTH_PARTITION = 0x48,
};

static const uint8_t letter_guid[16] = "hvemu";

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static void
put32(uint8_t *at, uint32_t number)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> (8 * i));
}

static void
format_guid(const uint8_t *at, struct buf *out)
{
	buf_printf(out, "{%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
	    at[3], at[2], at[1], at[0], at[5], at[4], at[7], at[6], at[8], at[9], at[10], at[11],
	    at[12], at[13], at[14], at[15]);
}

static void
format_device(const uint8_t *data, size_t size, struct buf *out)
{
	uint32_t type = size >= DEVICE_PARTITION ? get32(data + DEVICE_TYPE) : UINT32_MAX;

	if (type == TYPE_BOOT) {
		buf_append_text(out, "boot");
	} else if (type == TYPE_PARTITION && size >= DEVICE_SIZE &&
	           memcmp(data + DEVICE_PARTITION, letter_guid, LETTER_AT) == 0) {
		buf_printf(out, "partition=%c:", data[DEVICE_PARTITION + LETTER_AT]);
	} else if (type == TYPE_PARTITION && size >= DEVICE_SIZE) {
		buf_append_text(out, "partition=");
		format_guid(data + DEVICE_PARTITION, out);
	} else if (type == TYPE_LOCATE) {
		buf_append_text(out, "locate=unknown");
	} else {
		buf_append_text(out, "unknown");
	}
}

static bool
parse_device(const char *text, struct buf *data, struct buf *error)
{
	uint8_t device[DEVICE_SIZE] = { 0 };

	put32(device + DEVICE_LENGTH, LENGTH_PARTITION);
	if (strcasecmp(text, "boot") == 0) {
		put32(device + DEVICE_TYPE, TYPE_BOOT);
	} else if (strncasecmp(text, "partition=", 10) == 0 && strlen(text) == 12 &&
	           text[11] == ':' && (text[10] | 0x20) >= 'a' && (text[10] | 0x20) <= 'z') {
		put32(device + DEVICE_TYPE, TYPE_PARTITION);
		memcpy(device + DEVICE_PARTITION, letter_guid, LETTER_AT);
		device[DEVICE_PARTITION + LETTER_AT] = (uint8_t)(text[10] & ~0x20);
	} else {
		buf_append_text(error, "expected boot or partition=LETTER:");
		return false;
	}
	buf_append(data, device, sizeof(device));
	return true;
}

/* --- Numbers and words
 * ---------------------------------------------------------------------------- */

static uint64_t
get_number(const uint8_t *data, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size && i < 8; i++)
		number |= (uint64_t)data[i] << (8 * i);
	return number;
}

static void
put_number(struct buf *data, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buf_append_byte(data, (uint8_t)(number >> (8 * i)));
}

/* Whether an element is the IPv4 address of a debugger's host. */
static bool
is_address(const struct bcd_element *element)
{
	return element != NULL && strstr(element->name, "hostip") != NULL;
}

static void
format_integer(const struct bcd_element *element, uint64_t number, struct buf *out)
{
	const struct bcd_word *at = element != NULL ? element->words : NULL;

	for (; at != NULL && at->word != NULL; at++) {
		if (at->number == number) {
			buf_append_text(out, at->word);
			return;
		}
	}
	if (is_address(element) && number <= UINT32_MAX)
		buf_printf(out, "%u.%u.%u.%u", (unsigned)(number >> 24 & 0xff),
		    (unsigned)(number >> 16 & 0xff), (unsigned)(number >> 8 & 0xff),
		    (unsigned)(number & 0xff));
	else
		buf_printf(out, "%llu", (unsigned long long)number);
}

static bool
parse_number(const char *text, uint64_t *ret_number)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	uint64_t number = 0;

	text += hex ? 2 : 0;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		unsigned base = hex ? 16 : 10;
		unsigned digit;

		if (*text >= '0' && *text <= '9')
			digit = (unsigned)(*text - '0');
		else if (hex && (*text | 0x20) >= 'a' && (*text | 0x20) <= 'f')
			digit = (unsigned)((*text | 0x20) - 'a') + 10;
		else
			return false;
		if (number > (UINT64_MAX - digit) / base)
			return false;
		number = number * base + digit;
	}
	*ret_number = number;
	return true;
}

/* "192.168.1.2" as the number whose highest byte is the first: what the debugger's host is set to.
 */
static bool
parse_address(const char *text, uint64_t *ret_number)
{
	unsigned parts[4];
	char rest;

	if (sscanf(text, "%3u.%3u.%3u.%3u%c", &parts[0], &parts[1], &parts[2], &parts[3], &rest) !=
	    4)
		return false;
	*ret_number = 0;
	for (unsigned i = 0; i < 4; i++) {
		if (parts[i] > 255)
			return false;
		*ret_number = *ret_number << 8 | parts[i];
	}
	return true;
}

static bool
parse_integer(
    const struct bcd_element *element, const char *text, struct buf *data, struct buf *error)
{
	const struct bcd_word *at = element != NULL ? element->words : NULL;
	uint64_t number;

	for (; at != NULL && at->word != NULL; at++) {
		if (strcasecmp(at->word, text) == 0) {
			put_number(data, at->number, 8);
			return true;
		}
	}
	if (!parse_number(text, &number) &&
	    (!is_address(element) || !parse_address(text, &number))) {
		buf_append_text(error, element != NULL && element->words != NULL
		                           ? "expected one of its words or a number"
		                           : "expected a number");
		return false;
	}
	put_number(data, number, 8);
	return true;
}

static bool
parse_boolean(const char *text, struct buf *data, struct buf *error)
{
	static const char *const yes[] = { "on", "yes", "true", "1" };
	static const char *const no[] = { "off", "no", "false", "0" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			buf_append_byte(data, strcasecmp(text, yes[i]) == 0);
			return true;
		}
	}
	buf_append_text(error, "expected on, off, yes, no, true, false, 1 or 0");
	return false;
}

/* --- Texts and objects
 * ---------------------------------------------------------------------------- */

/* False for text that is no UTF-8. */
static bool
append_utf16(struct buf *data, const char *text)
{
	bool good = utf16_from_utf8(text, strlen(text), data);

	put_number(data, 0, 2);
	return good;
}

/* A GUID as it is printed: by its alias, and the entry that boots as {current} or {default}. */
static void
format_object(const struct bcd *bcd, const char *guid, bool verbose, struct buf *out)
{
	static const char *const entries[] = { "{current}", "{default}" };
	const char *alias = verbose ? NULL : bcd_alias_of(guid);

	for (size_t i = bcd->live ? 0 : 1; i < ARRAY_SIZE(entries) && alias == NULL && !verbose;
	     i++) {
		char entry[BCD_GUID_SIZE];

		if (bcd_resolve(bcd, entries[i], entry) && strcasecmp(guid, entry) == 0)
			alias = entries[i];
	}
	buf_append_text(out, alias != NULL ? alias : guid);
}

static void
format_texts(const struct bcd *bcd, const uint8_t *data, size_t size, bool objects, bool verbose,
    struct buf *out)
{
	size_t at = 0;
	bool first = true;

	while (at + 1 < size) {
		struct buf text = { 0 };
		size_t length = 0;

		while (at + length + 1 < size &&
		       (data[at + length] != 0 || data[at + length + 1] != 0))
			length += 2;
		at += length + 2;
		if (length == 0)
			continue;
		utf16_to_utf8(data + at - length - 2, length, true, &text);
		if (!first)
			buf_append_byte(out, '\n');
		first = false;
		if (objects)
			format_object(bcd, buf_text(&text), verbose, out);
		else
			buf_append_text(out, buf_text(&text));
		buf_release(&text);
	}
}

/* One GUID or alias, or several with blanks between. */
static bool
parse_objects(
    const struct bcd *bcd, const char *text, bool list, struct buf *data, struct buf *error)
{
	char guid[BCD_GUID_SIZE];

	while (*text != '\0') {
		size_t length = strcspn(text, " ");
		char word[BCD_GUID_SIZE + 1] = "";

		if (length < sizeof(word))
			memcpy(word, text, length);
		if (length > 0 && !bcd_resolve(bcd, word, guid)) {
			buf_append_text(error, "expected an identifier");
			return false;
		}
		if (length > 0)
			append_utf16(data, guid);
		text += length + (text[length] == ' ');
		if (!list)
			break;
	}
	if (list)
		put_number(data, 0, 2);
	if (data->size > 2)
		return true;
	buf_append_text(error, "expected an identifier");
	return false;
}

/* --- All formats
 * ---------------------------------------------------------------------------------- */

void
bcd_format_data(const struct bcd *bcd, uint32_t id, uint32_t object_type, const void *data,
    size_t size, bool verbose, struct buf *out)
{
	const struct bcd_element *element = bcd_element_of(id, object_type);
	const uint8_t *bytes = data;

	switch (bcd_format(id)) {
	case BCD_DEVICE:
		format_device(bytes, size, out);
		break;
	case BCD_STRING:
	case BCD_OBJECT:
	case BCD_OBJECT_LIST:
		format_texts(bcd, bytes, size, bcd_format(id) != BCD_STRING, verbose, out);
		break;
	case BCD_INTEGER:
		format_integer(element, get_number(bytes, size), out);
		break;
	case BCD_BOOLEAN:
		buf_append_text(out, size > 0 && bytes[0] != 0 ? "Yes" : "No");
		break;
	case BCD_INTEGER_LIST:
		for (size_t at = 0; at + 8 <= size; at += 8)
			buf_printf(out, "%s0x%llx", at > 0 ? "\n" : "",
			    (unsigned long long)get_number(bytes + at, 8));
		break;
	default:
		for (size_t i = 0; i < size; i++)
			buf_printf(out, "%02x", bytes[i]);
		break;
	}
}

static bool
parse_list(const char *text, struct buf *data, struct buf *error)
{
	while (*text != '\0') {
		size_t length = strcspn(text, " ");
		char word[24] = "";
		uint64_t number;

		if (length < sizeof(word))
			memcpy(word, text, length);
		if (length > 0 && !parse_number(word, &number)) {
			buf_append_text(error, "expected numbers");
			return false;
		}
		if (length > 0)
			put_number(data, number, 8);
		text += length + (text[length] == ' ');
	}
	return true;
}

bool
bcd_parse_data(const struct bcd *bcd, uint32_t id, uint32_t object_type, const char *text,
    struct buf *data, struct buf *error)
{
	switch (bcd_format(id)) {
	case BCD_DEVICE:
		return parse_device(text, data, error);
	case BCD_STRING:
		if (append_utf16(data, text))
			return true;
		buf_append_text(error, "expected UTF-8");
		return false;
	case BCD_OBJECT:
		return parse_objects(bcd, text, false, data, error);
	case BCD_OBJECT_LIST:
		return parse_objects(bcd, text, true, data, error);
	case BCD_INTEGER:
		return parse_integer(bcd_element_of(id, object_type), text, data, error);
	case BCD_BOOLEAN:
		return parse_boolean(text, data, error);
	case BCD_INTEGER_LIST:
		return parse_list(text, data, error);
	default:
		buf_append_text(error, "the element cannot be set by text");
		return false;
	}
}
