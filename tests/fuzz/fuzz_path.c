/*
 * Fuzz target: a path and, after the first line end, a value's name, through parsing and folding,
 * to a key and value that are made and rolled back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/registry.h"

/* As assert, and there in every build. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct registry *registry;
static char root[] = "/tmp/hvemu-fuzz-XXXXXX";

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = true };

	if (mkdtemp(root) == NULL || !lstatus_ok(registry_open(root, &options, &registry)))
		abort();
	return 0;
}

/* Text goes to units and back; folding twice is folding once; and a name equals its folded form. */
static void
check_text(const char *text)
{
	struct buf units = { 0 };
	struct buf again = { 0 };
	struct buf folded = { 0 };
	struct buf twice = { 0 };

	if (utf16_from_utf8(text, strlen(text), &units)) {
		CHECK(utf16_units(text) == units.size / 2);
		utf16_to_utf8(units.data, units.size, false, &folded);
		CHECK(utf16_from_utf8(buf_text(&folded), folded.size, &again));
		CHECK(again.size == units.size);
		CHECK(units.size == 0 || memcmp(again.data, units.data, units.size) == 0);
		buf_clear(&folded);
		CHECK(name_fold(text, strlen(text), &folded));
		CHECK(name_fold(buf_text(&folded), folded.size, &twice));
		CHECK(strcmp(buf_text(&folded), buf_text(&twice)) == 0);
		CHECK(name_compare(text, buf_text(&folded)) == 0);
	} else {
		CHECK(utf16_units(text) == SIZE_MAX);
		CHECK(!name_fold(text, strlen(text), &folded));
	}
	buf_release(&units);
	buf_release(&again);
	buf_release(&folded);
	buf_release(&twice);
}

/* What was created is found again, by the path that it says it has. */
static void
check_path(const char *path, const char *name)
{
	struct buf full = { 0 };
	reg_key made = { .id = -1 };
	reg_key found = { .id = -2 };
	uint32_t type = 0;

	if (!lstatus_ok(registry_create_key(registry, NULL, path, 0, &made, NULL)))
		return;
	CHECK(lstatus_ok(registry_open_key(registry, NULL, path, 0, &found)));
	CHECK(found.id == made.id);
	CHECK(lstatus_ok(registry_key_path(registry, made, &full)));
	/* The key above all has no name there. */
	CHECK(full.size == 0 ||
	      lstatus_ok(registry_open_key(registry, NULL, buf_text(&full), 0, &found)));
	CHECK(found.id == made.id);
	if (lstatus_ok(registry_set_value(registry, made, name, REG_DWORD, "abcd", 4))) {
		CHECK(lstatus_ok(registry_query_value(registry, made, name, &type, NULL)));
		CHECK(type == REG_DWORD);
		CHECK(lstatus_ok(registry_delete_value(registry, made, name)));
	}
	buf_release(&full);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = strndup((const char *)data, size);
	char *name;

	if (path == NULL)
		return 0;
	name = path + strcspn(path, "\n");
	if (*name != '\0')
		*name++ = '\0';
	check_text(path);
	check_text(name);
	if (!lstatus_ok(registry_begin(registry, NULL)))
		abort();
	check_path(path, name);
	registry_rollback(registry);
	free(path);
	return 0;
}
