/*
 * The .reg parser's lower half: units, lines, numbers, and messages that say what was expected.
 *
 * A function that fails fills the scan's error. The end of the units may be trouble instead of the
 * file's end; whoever meets it asks reg_scan_fail_trouble.
 */
#ifndef REGSTORE_FORMATS_REG_SCAN_H
#define REGSTORE_FORMATS_REG_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "regstore/base/macro.h"
#include "regstore/base/status.h"
#include "regstore/formats/reg_text.h"
#include "regstore/formats/reg_units.h"

struct reg_scan {
	struct reg_units in;
	struct reg_text_error *error;
};

static inline int32_t
reg_scan_peek(struct reg_scan *scan)
{
	return reg_units_peek(&scan->in);
}

static inline void
reg_scan_take(struct reg_scan *scan)
{
	reg_units_take(&scan->in);
}

static inline bool
reg_unit_ends_line(int32_t unit)
{
	return unit == '\r' || unit == '\n' || unit == REG_UNIT_END;
}

/* A hexadecimal digit's value; -1 for another unit. */
static inline int
reg_unit_hex_digit(int32_t unit)
{
	if (unit >= '0' && unit <= '9')
		return unit - '0';
	if (unit >= 'a' && unit <= 'f')
		return unit - 'a' + 10;
	if (unit >= 'A' && unit <= 'F')
		return unit - 'A' + 10;
	return -1;
}

/* Note the error; returns `status`. */
lstatus reg_scan_fail(struct reg_scan *scan, lstatus status, uint64_t line, const char *format, ...)
    PRINTF_LIKE(4, 5);

lstatus reg_scan_out_of_memory(struct reg_scan *scan);

/* Fail for what made the units end before the file did. */
lstatus reg_scan_fail_trouble(struct reg_scan *scan);

/*
 * Fail at what comes next: "expected <expectation>, found ...". `begun` is the part of the
 * offending word that was taken already. Takes units for the message: parsing is over.
 */
lstatus reg_scan_fail_expected(struct reg_scan *scan, const char *begun, const char *expectation);

void reg_scan_skip_blanks(struct reg_scan *scan);

/* Skip to the beginning of the next line, or to the end of the file. */
void reg_scan_skip_line(struct reg_scan *scan);

/* An entry's end: blanks, perhaps a comment, the end of the line. */
lstatus reg_scan_entry_end(struct reg_scan *scan, const char *expectation);

/* One to eight hexadecimal digits; `after` names what they follow. */
lstatus reg_scan_hex_number(struct reg_scan *scan, const char *after, uint32_t *ret_number);

#endif
