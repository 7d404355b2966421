/*
 * What "bcdedit /enum" prints, as objects and elements.
 *
 *     Windows Boot Loader
 *     -------------------
 *     identifier              {current}
 *     description             Windows Server
 *     displayorder            {current}
 *                             {0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}
 *
 * An object begins with a title over a line of dashes and ends at an empty line, a sentence or the
 * next title. Titles and the word of the first line are in the system's language; elements are not.
 * What stands between objects (the command's line, for one) is left out.
 *
 * "bcdedit /hypervisorsettings" and its like print one object's elements alone, without a title:
 * then the reader has to know the object.
 */
#ifndef REGSTORE_LINT_BCDEDIT_TEXT_H
#define REGSTORE_LINT_BCDEDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the parser calls, in the order of the text; false ends the parsing. */
struct bcdedit_text_handler {
	bool (*object)(void *self, uint64_t line, const char *title, const char *identifier);
	/* `values`: `count` texts, each with its NUL. */
	bool (*element)(
	    void *self, uint64_t line, const char *name, const char *values, size_t count);
};

struct bcdedit_text_error {
	uint64_t line;
	char message[160]; /* what was expected; "" if a handler ended the parsing */
};

/*
 * Parse UTF-8 text; with `identifier` (else NULL) one without titles, of that object. On failure
 * returns false and fills *ret_error.
 */
bool bcdedit_text_parse(const char *text, size_t size, const char *identifier,
    const struct bcdedit_text_handler *handler, void *self, struct bcdedit_text_error *ret_error);

/* Whether there is a title over a line of dashes. */
bool bcdedit_text_is(const char *text, size_t size);

#endif
