/*
 * Fuzz target: the parser of what bcdedit prints, over handlers that touch what they are given.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/lint/bcdedit_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sink;

static bool
touch_object(void *self, uint64_t line, const char *title, const char *identifier)
{
	*(bool *)self = true;
	sink = strlen(title) + strlen(identifier) + (size_t)line;
	return true;
}

static bool
touch_element(void *self, uint64_t line, const char *name, const char *values, size_t count)
{
	/* An element belongs to an object, and has a value, be it empty. */
	if (!*(bool *)self || count == 0 || name[0] == '\0')
		abort();
	for (size_t i = 0; i < count; i++) {
		sink = strlen(values) + (size_t)line;
		values += strlen(values) + 1;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bcdedit_text_handler handler = { touch_object, touch_element };
	struct bcdedit_text_error error = { 0 };
	bool inside = false;
	bool ok = bcdedit_text_parse((const char *)data, size, NULL, &handler, &inside, &error);

	if (!ok && (error.line == 0 || error.message[0] == '\0'))
		abort();
	if (ok && !bcdedit_text_is((const char *)data, size))
		abort();
	inside = false;
	memset(&error, 0, sizeof(error));
	ok = bcdedit_text_parse(
	    (const char *)data, size, "{dbgsettings}", &handler, &inside, &error);
	if (!ok && (error.line == 0 || error.message[0] == '\0'))
		abort();
	return 0;
}
