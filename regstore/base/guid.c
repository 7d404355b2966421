/*
 * GUIDs as text: 8-4-4-4-12 hexadecimal digits.
 */
#include "regstore/base/guid.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define GUID_TEXT_LENGTH 36

bool
guid_is_text(const char *text, size_t length)
{
	if (length == GUID_TEXT_LENGTH + 2 && text[0] == '{' && text[length - 1] == '}') {
		text++;
		length -= 2;
	}
	if (length != GUID_TEXT_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

void
guid_make(const uint8_t random[16], char ret_text[GUID_TEXT_SIZE])
{
	uint8_t bytes[16];

	memcpy(bytes, random, sizeof(bytes));
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	snprintf(ret_text, GUID_TEXT_SIZE,
	    "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", bytes[0],
	    bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8],
	    bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]);
}
