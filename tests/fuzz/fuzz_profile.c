/*
 * Fuzz target: private profiles. What is set reads back, whatever the file held before.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/formats/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void
write_file(const uint8_t *data, size_t size)
{
	FILE *file;

	if (path[0] == '\0')
		snprintf(path, sizeof(path), "/tmp/fuzz-profile.%d", (int)getpid());
	file = fopen(path, "we");
	if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf names = { 0 };
	struct buf value = { 0 };

	write_file(data, size);
	if (!lstatus_ok(profile_list(path, NULL, &names)))
		abort();
	for (size_t at = 0; at < names.size;) {
		const char *section = (const char *)names.data + at;
		struct buf keys = { 0 };

		profile_list(path, section, &keys);
		buf_release(&keys);
		at += strlen(section) + 1;
	}
	/* A file that is no UTF-16 although it says so cannot be changed. */
	if (lstatus_ok(profile_set(path, "section", "key", " v\" ")) &&
	    (!lstatus_ok(profile_get(path, "section", "key", &value)) ||
	        strcmp(buf_text(&value), " v\" ") != 0))
		abort();
	buf_release(&names);
	buf_release(&value);
	unlink(path);
	return 0;
}
