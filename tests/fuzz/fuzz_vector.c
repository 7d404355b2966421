/*
 * Fuzz target: vector files, judged with the product's own tables and shown as verify shows them.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/tunable/vector.h"
#include "regstore/tunable/view.h"
#include "vmms/processes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct tunable_catalog catalog;
static volatile size_t sink;

static void
need(bool promise)
{
	if (!promise)
		abort();
}

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	struct buf error = { 0 };

	need(host_catalog_init(&catalog, &error));
	return 0;
}

static void
touch(void *context, const struct vector_result *result)
{
	struct buf text = { 0 };

	(*(size_t *)context)++;
	sink = strlen(result->id) + strlen(result->key) + strlen(result->value) +
	       strlen(result->given) + strlen(result->expect) + strlen(result->why);
	need(result->passed == (result->got[0] == '\0'));
	if (result->reading != NULL) {
		json_t *view = tunable_view(result->reading, NULL, result->key, result->value);

		tunable_reason(result->reading, &text);
		need(text.size > 0);
		need(json_is_string(json_object_get(view, "reason")));
		need(json_is_string(json_object_get(view, "key")));
		json_decref(view);
	}
	buf_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t calls = 0;
	const struct vector_sink touching = { .result = touch, .context = &calls };
	struct vector_count count = { 0 };
	struct buf error = { 0 };
	FILE *file = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;

	if (file == NULL)
		return 0;
	need(
	    vector_run(&catalog, file, "fuzz.tsv", &touching, &count, &error) == (error.size == 0));
	need(count.passed + count.failed == calls);
	fclose(file);
	buf_release(&error);
	return 0;
}
