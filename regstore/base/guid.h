/*
 * GUIDs as text.
 */
#ifndef REGSTORE_BASE_GUID_H
#define REGSTORE_BASE_GUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether `length` bytes of text are a GUID, with or without braces, in either case of letters. */
bool guid_is_text(const char *text, size_t length);

#define GUID_TEXT_SIZE 37 /* characters of a GUID without braces, its NUL too */

/*
 * The GUID of 16 random bytes (RFC 4122, version 4), in upper case without braces. A host's new ids
 * come from registry_new_guid, which can be made to repeat itself.
 */
void guid_make(const uint8_t random[16], char ret_text[GUID_TEXT_SIZE]);

#endif
