/*
 * FILETIME and the monotonic clock.
 */
#include "regstore/base/clock.h"

#include <time.h>

/* Seconds between 1601-01-01 and 1970-01-01. */
#define EPOCH_DIFFERENCE 11644473600ll

int64_t
clock_wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec + EPOCH_DIFFERENCE) * FILETIME_PER_SECOND + now.tv_nsec / 100;
}

int64_t
clock_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

void
clock_format(int64_t filetime, struct buf *out)
{
	time_t seconds = (time_t)(filetime / FILETIME_PER_SECOND - EPOCH_DIFFERENCE);
	struct tm parts;

	if (filetime < 0 || gmtime_r(&seconds, &parts) == NULL) {
		buf_append_text(out, "1601-01-01T00:00:00.0000000Z");
		return;
	}
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%07dZ", parts.tm_year + 1900,
	    parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
	    (int)(filetime % FILETIME_PER_SECOND));
}
