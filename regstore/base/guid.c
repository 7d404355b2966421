/*
 * GUIDs as text: 8-4-4-4-12 hexadecimal digits.
 */
#include "regstore/base/guid.h"

#include <ctype.h>

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
