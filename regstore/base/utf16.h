/*
 * Text between UTF-8 and the UTF-16LE that Windows stores.
 *
 * Inside hvemu a name is NUL-terminated UTF-8 that can hold whatever 16-bit units Windows allows:
 * a lone surrogate is its three-byte form (WTF-8), and a NUL unit is the two bytes C0 80 (in names
 * of keys U+0001 is C0 81 likewise, as byte 01 separates the components of stored paths). So every
 * sequence of 16-bit units goes to UTF-8 and back without loss.
 */
#ifndef REGSTORE_BASE_UTF16_H
#define REGSTORE_BASE_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"

/*
 * Append `length` bytes of UTF-8 to `out` as UTF-16LE, without a terminator. Returns false for
 * malformed UTF-8; what was appended by then stays.
 */
bool utf16_from_utf8(const char *text, size_t length, struct buf *out);

/*
 * Append UTF-16LE (`size` bytes; an odd last byte is left out) to `out` as UTF-8. With
 * `stop_at_nul`, ends before the first NUL unit.
 */
void utf16_to_utf8(const void *data, size_t size, bool stop_at_nul, struct buf *out);

/* The number of 16-bit units that the UTF-8 text takes; SIZE_MAX if it is malformed. */
size_t utf16_units(const char *text);

/* One 16-bit unit, upper-cased one to one as NTFS and the registry do (RtlUpcaseUnicodeChar). */
uint16_t utf16_upcase(uint16_t unit);

/*
 * Append the form by which names compare: every 16-bit unit upper-cased, each unit encoded by
 * itself, so that comparing bytes orders as Windows orders units; only the NUL unit (C0 80) comes
 * after ASCII here and before it on Windows. Returns false for malformed UTF-8.
 */
bool name_fold(const char *name, size_t length, struct buf *out);

/* Compare two names without case, as strcmp orders. Malformed text compares by its bytes. */
int name_compare(const char *left, const char *right);

#endif
