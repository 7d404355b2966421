/*
 * The patterns that reg query /f searches for.
 */
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/reg/reg.h"

/* The length of the UTF-8 sequence at `text`, as far as it goes. */
static size_t
sequence_length(const char *text)
{
	size_t length = 1;

	while (((uint8_t)text[length] & 0xc0) == 0x80)
		length++;
	return length;
}

/*
 * Match from the beginning. After a mismatch only the last star needs to take one character more,
 * so the work is bounded by the product of the lengths. `open_end`: the text may go on.
 */
static bool
match_from(const char *pattern, const char *text, bool open_end)
{
	const char *star = NULL;
	const char *retry = NULL;

	for (;;) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == '\0' && (*text == '\0' || open_end)) {
			return true;
		} else if (*text != '\0' && *pattern == '?') {
			pattern++;
			text += sequence_length(text);
		} else if (*text != '\0' && *pattern == *text) {
			pattern++;
			text++;
		} else {
			if (star == NULL || *retry == '\0')
				return false;
			retry += sequence_length(retry);
			pattern = star;
			text = retry;
		}
	}
}

static bool
match(const char *pattern, const char *text, bool exact)
{
	if (exact)
		return match_from(pattern, text, false);
	for (;; text += sequence_length(text)) {
		if (match_from(pattern, text, true))
			return true;
		/* A leading star has tried every place by itself. */
		if (*text == '\0' || *pattern == '*')
			return false;
	}
}

bool
reg_pattern_matches(const char *pattern, const char *text, bool exact, bool match_case)
{
	struct buf folded_pattern = { 0 };
	struct buf folded_text = { 0 };
	bool matches;

	if (match_case)
		return match(pattern, text, exact);
	if (name_fold(pattern, strlen(pattern), &folded_pattern) &&
	    name_fold(text, strlen(text), &folded_text))
		matches = match(buf_text(&folded_pattern), buf_text(&folded_text), exact);
	else
		matches = match(pattern, text, exact);
	buf_release(&folded_pattern);
	buf_release(&folded_text);
	return matches;
}
