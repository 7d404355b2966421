/*
 * FILETIME and the monotonic clock.
 */
#include "regstore/base/clock.h"

#include <ctype.h>
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

/* Read exactly `digits` digits, within bounds. */
static bool
read_digits(const char **at, int digits, int min, int max, int *ret_number)
{
	int number = 0;

	for (int i = 0; i < digits; i++, ++*at) {
		if (!isdigit((unsigned char)**at))
			return false;
		number = number * 10 + (**at - '0');
	}
	*ret_number = number;
	return number >= min && number <= max;
}

static bool
skip(const char **at, char wanted)
{
	if (**at != wanted)
		return false;
	++*at;
	return true;
}

/* The part of a second behind its point, in 100 ns: one to seven digits. */
static bool
read_fraction(const char **at, int64_t *ret_units)
{
	int64_t units = 0;
	int digits = 0;

	for (; isdigit((unsigned char)**at) && digits < 7; digits++, ++*at)
		units = units * 10 + (**at - '0');
	for (int i = digits; i < 7; i++)
		units *= 10;
	*ret_units = units;
	return digits > 0;
}

static bool
read_time(const char **at, struct tm *parts, int64_t *ret_units)
{
	if (!read_digits(at, 2, 0, 23, &parts->tm_hour) || !skip(at, ':') ||
	    !read_digits(at, 2, 0, 59, &parts->tm_min))
		return false;
	if (!skip(at, ':'))
		return true;
	return read_digits(at, 2, 0, 60, &parts->tm_sec) &&
	       (!skip(at, '.') || read_fraction(at, ret_units));
}

bool
clock_parse(const char *text, int64_t *ret_filetime)
{
	struct tm parts = { 0 };
	struct tm normal;
	int64_t units = 0;
	time_t seconds;

	if (!read_digits(&text, 4, 1601, 9999, &parts.tm_year) || !skip(&text, '-') ||
	    !read_digits(&text, 2, 1, 12, &parts.tm_mon) || !skip(&text, '-') ||
	    !read_digits(&text, 2, 1, 31, &parts.tm_mday))
		return false;
	if ((skip(&text, 'T') || skip(&text, ' ')) && !read_time(&text, &parts, &units))
		return false;
	skip(&text, 'Z');
	if (*text != '\0')
		return false;
	parts.tm_year -= 1900;
	parts.tm_mon--;
	normal = parts;
	seconds = timegm(&normal);
	if (normal.tm_mday != parts.tm_mday)
		return false; /* no such day in the month */
	*ret_filetime = (seconds + EPOCH_DIFFERENCE) * FILETIME_PER_SECOND + units;
	return true;
}
