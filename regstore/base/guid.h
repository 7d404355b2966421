/*
 * GUIDs as text.
 */
#ifndef REGSTORE_BASE_GUID_H
#define REGSTORE_BASE_GUID_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `length` bytes of text are a GUID, with or without braces, in either case of letters. */
bool guid_is_text(const char *text, size_t length);

#endif
