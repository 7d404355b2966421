/*
 * Times as Windows keeps them: FILETIME, in 100 ns units since 1601-01-01 UTC.
 */
#ifndef REGSTORE_BASE_CLOCK_H
#define REGSTORE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "regstore/base/buf.h"

#define FILETIME_PER_SECOND 10000000ll
#define FILETIME_MAX        9223149887999999999ll /* the end of 30827, SYSTEMTIME's last year */

/* The machine's wall clock as a FILETIME. */
int64_t clock_wall(void);

/* A monotonic clock, in nanoseconds from an unspecified moment; never steps back. */
int64_t clock_monotonic_ns(void);

/* Append a FILETIME as ISO 8601 in UTC, with seven digits of a second
 * ("2026-11-22T10:00:00.0000000Z"). */
void clock_format(int64_t filetime, struct buf *out);

/*
 * Read a time as clock_format writes it; seconds, their digits and the Z may be missing, the time
 * of the day too (midnight then), and a blank may stand for the T. It is UTC in any case. False for
 * other text.
 */
bool clock_parse(const char *text, int64_t *ret_filetime);

#endif
