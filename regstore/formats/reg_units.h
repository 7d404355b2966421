/*
 * The characters of a .reg file, one 16-bit unit at a time.
 *
 * UTF-16LE with its byte order mark, UTF-8 with or without one, and Windows-1252 for the files that
 * begin with REGEDIT4 and have no mark. Holds one block of the file, however long the file is.
 */
#ifndef REGSTORE_FORMATS_REG_UNITS_H
#define REGSTORE_FORMATS_REG_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "regstore/base/buf.h"

enum { REG_UNITS_BLOCK = 32768 };

#define REG_UNIT_END (-1)

enum reg_encoding {
	REG_ENCODING_UTF8,
	REG_ENCODING_UTF16LE,
	REG_ENCODING_CP1252,
};

/* What ended the units before the file did. */
enum reg_units_trouble {
	REG_UNITS_FINE,
	REG_UNITS_BIG_ENDIAN, /* a mark of UTF-16 in the other byte order */
	REG_UNITS_MALFORMED,  /* no UTF-8, or half a 16-bit unit */
	REG_UNITS_READ_ERROR, /* `error` is the errno */
	REG_UNITS_NO_MEMORY,
};

struct reg_units {
	FILE *file;            /* NULL: everything is in `bytes` from the start */
	const uint8_t *memory; /* what is still to come when file is NULL */
	size_t memory_left;
	enum reg_encoding encoding;
	uint8_t bytes[REG_UNITS_BLOCK]; /* read and not decoded yet */
	size_t byte_count;
	bool bytes_end;    /* nothing follows `bytes` */
	struct buf window; /* decoded: UTF-16LE */
	size_t at;         /* the next unit's offset in `window` */
	uint64_t line;     /* of the next unit, from 1 */
	size_t mark;       /* in `window`: what can be gone back to; SIZE_MAX: nothing */
	uint64_t mark_line;
	enum reg_units_trouble trouble;
	int error;
};

/* Begin at a file's (or, with `file` NULL, a memory block's) first byte; finds the encoding. */
void reg_units_init(struct reg_units *units, FILE *file, const void *memory, size_t size);
void reg_units_release(struct reg_units *units);

/* Decode the next block into the window; false at the end or in trouble. */
bool reg_units_refill(struct reg_units *units);

/* The unit at an offset of decoded text. */
static inline int32_t
reg_unit_at(const struct buf *window, size_t at)
{
	return window->data[at] | window->data[at + 1] << 8;
}

/*
 * The units to come, as far as they are decoded, up to the first quote, backslash or line end:
 * UTF-16LE, *ret_size bytes of it. They are taken by adding to `at`.
 */
const uint8_t *reg_units_plain(const struct reg_units *units, size_t *ret_size);

/* Keep the units from the next one on, until the next mark; and go back to it. */
void reg_units_mark(struct reg_units *units);
void reg_units_rewind(struct reg_units *units);

/* The next unit, which stays; REG_UNIT_END at the end and in trouble. */
static inline int32_t
reg_units_peek(struct reg_units *units)
{
	if (units->at >= units->window.size && !reg_units_refill(units))
		return REG_UNIT_END;
	return reg_unit_at(&units->window, units->at);
}

/* Take the unit that was peeked. A lone CR ends a line as CR LF and LF do. */
static inline void
reg_units_take(struct reg_units *units)
{
	int32_t unit = reg_units_peek(units);

	if (unit == REG_UNIT_END)
		return;
	units->at += 2;
	if (unit == '\n' || (unit == '\r' && reg_units_peek(units) != '\n'))
		units->line++;
}

/* The unit that Windows-1252 means by a byte; the five unassigned bytes stand for themselves. */
uint16_t reg_unit_from_cp1252(uint8_t byte);

/* The byte for a unit; -1 if Windows-1252 has none. */
int reg_unit_to_cp1252(uint16_t unit);

#endif
