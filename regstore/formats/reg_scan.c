/*
 * Lines, numbers and messages for the .reg parser.
 */
#include "regstore/formats/reg_scan.h"

#include <stdarg.h>
#include <string.h>

#include "regstore/base/utf16.h"

enum { FOUND_UNITS_MAX = 24, HEX_NUMBER_DIGITS = 8 };

lstatus
reg_scan_fail(struct reg_scan *scan, lstatus status, uint64_t line, const char *format, ...)
{
	va_list arguments;

	scan->error->line = line;
	va_start(arguments, format);
	vsnprintf(scan->error->message, sizeof(scan->error->message), format, arguments);
	va_end(arguments);
	return status;
}

lstatus
reg_scan_out_of_memory(struct reg_scan *scan)
{
	return reg_scan_fail(
	    scan, LSTATUS(ERROR_NOT_ENOUGH_MEMORY), scan->in.line, "out of memory");
}

lstatus
reg_scan_fail_trouble(struct reg_scan *scan)
{
	uint64_t line = scan->in.line;

	switch (scan->in.trouble) {
	case REG_UNITS_BIG_ENDIAN:
		return reg_scan_fail(scan, LSTATUS(ERROR_NOT_REGISTRY_FILE), line,
		    "the file is UTF-16 in big-endian order; expected little-endian or UTF-8");
	case REG_UNITS_READ_ERROR:
		return reg_scan_fail(scan, lstatus_from_errno(scan->in.error), line,
		    "the file cannot be read: %s", strerror(scan->in.error));
	case REG_UNITS_NO_MEMORY:
		return reg_scan_out_of_memory(scan);
	default:
		return reg_scan_fail(scan, LSTATUS(ERROR_INVALID_DATA), line, "%s",
		    scan->in.encoding == REG_ENCODING_UTF16LE
		        ? "the file ends within a 16-bit character"
		        : "expected UTF-8, found bytes that are none");
	}
}

/* Take the next unit into `out` as a message shows it. */
static void
take_found_unit(struct reg_scan *scan, struct buf *out)
{
	int32_t unit = reg_scan_peek(scan);
	char shown[8];

	reg_scan_take(scan);
	if (unit < 0x20 || unit == 0x7f) {
		snprintf(shown, sizeof(shown), "\\u%04x", (unsigned)unit & 0xffff);
		utf16_from_utf8(shown, strlen(shown), out);
		return;
	}
	buf_append_byte(out, (uint8_t)(unit & 0xff));
	buf_append_byte(out, (uint8_t)(unit >> 8));
}

lstatus
reg_scan_fail_expected(struct reg_scan *scan, const char *begun, const char *expectation)
{
	uint64_t line = scan->in.line;
	struct buf units = { 0 };
	struct buf found = { 0 };
	lstatus status;
	int32_t unit = reg_scan_peek(scan);

	if (unit == REG_UNIT_END && scan->in.trouble != REG_UNITS_FINE)
		return reg_scan_fail_trouble(scan);
	if (begun[0] == '\0' && reg_unit_ends_line(unit)) {
		return reg_scan_fail(scan, LSTATUS(ERROR_INVALID_DATA), line,
		    "expected %s, found the end of the %s", expectation,
		    unit == REG_UNIT_END ? "file" : "line");
	}
	for (int i = 0; i < FOUND_UNITS_MAX && !reg_unit_ends_line(unit); i++) {
		take_found_unit(scan, &units);
		unit = reg_scan_peek(scan);
		if (unit == ' ' || unit == '\t')
			break;
	}
	buf_append_text(&found, begun);
	utf16_to_utf8(units.data, units.size, false, &found);
	status = reg_scan_fail(scan, LSTATUS(ERROR_INVALID_DATA), line, "expected %s, found \"%s\"",
	    expectation, buf_text(&found));
	buf_release(&units);
	buf_release(&found);
	return status;
}

void
reg_scan_skip_blanks(struct reg_scan *scan)
{
	int32_t unit = reg_scan_peek(scan);

	while (unit == ' ' || unit == '\t') {
		reg_scan_take(scan);
		unit = reg_scan_peek(scan);
	}
}

void
reg_scan_skip_line(struct reg_scan *scan)
{
	while (!reg_unit_ends_line(reg_scan_peek(scan)))
		reg_scan_take(scan);
	if (reg_scan_peek(scan) == '\r')
		reg_scan_take(scan);
	if (reg_scan_peek(scan) == '\n')
		reg_scan_take(scan);
}

lstatus
reg_scan_entry_end(struct reg_scan *scan, const char *expectation)
{
	int32_t unit;

	reg_scan_skip_blanks(scan);
	unit = reg_scan_peek(scan);
	if (unit != ';' && !reg_unit_ends_line(unit))
		return reg_scan_fail_expected(scan, "", expectation);
	while (!reg_unit_ends_line(reg_scan_peek(scan)))
		reg_scan_take(scan);
	if (reg_scan_peek(scan) == REG_UNIT_END && scan->in.trouble != REG_UNITS_FINE)
		return reg_scan_fail_trouble(scan);
	reg_scan_skip_line(scan);
	return LSTATUS(ERROR_SUCCESS);
}

lstatus
reg_scan_hex_number(struct reg_scan *scan, const char *after, uint32_t *ret_number)
{
	uint32_t number = 0;
	char expectation[64];

	for (int digits = 0;; digits++) {
		int digit = reg_unit_hex_digit(reg_scan_peek(scan));

		if (digit < 0 && digits == 0) {
			snprintf(expectation, sizeof(expectation),
			    "a hexadecimal digit after \"%s\"", after);
			return reg_scan_fail_expected(scan, "", expectation);
		}
		if (digit >= 0 && digits == HEX_NUMBER_DIGITS) {
			snprintf(expectation, sizeof(expectation),
			    "at most 8 hexadecimal digits after \"%s\"", after);
			return reg_scan_fail_expected(scan, "", expectation);
		}
		if (digit < 0)
			break;
		number = number << 4 | (uint32_t)digit;
		reg_scan_take(scan);
	}
	*ret_number = number;
	return LSTATUS(ERROR_SUCCESS);
}
