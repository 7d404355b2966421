/*
 * Changes at random.
 */
#include "tests/lib/changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/base/macro.h"
#include "tests/lib/host.h"
#include "tests/lib/tree.h"

#define LEVELS 4

static const char *const key_names[] = { "a", "B", "Ärger", "x y" };
static const char *const other_case[] = { "A", "b", "äRGER", "X Y" };
static const char *const value_names[] = { "", "one", "Two", "ß", "four", "Five" };

static uint32_t
roll(uint32_t *seed, uint32_t sides)
{
	return tree_random(seed) % sides;
}

/* A path of up to LEVELS keys below the root of the changes. */
static void
random_path(uint32_t *seed, uint32_t at_least, struct buf *path)
{
	uint32_t levels = at_least + roll(seed, LEVELS + 1 - at_least);

	buf_append_text(path, CHANGES_ROOT);
	for (uint32_t i = 0; i < levels; i++)
		buf_printf(path, "\\%s", key_names[roll(seed, ARRAY_SIZE(key_names))]);
}

static void
change_value(struct registry *registry, reg_key key, uint32_t *seed)
{
	const char *name = value_names[roll(seed, ARRAY_SIZE(value_names))];
	uint8_t data[8];
	uint32_t size = roll(seed, sizeof(data) + 1);

	if (roll(seed, 3) == 0) {
		(void)registry_delete_value(registry, key, name);
		return;
	}
	for (uint32_t i = 0; i < size; i++)
		data[i] = (uint8_t)roll(seed, 3);
	assert_lstatus(
	    registry_set_value(registry, key, name, roll(seed, 12), data, size), ERROR_SUCCESS);
}

static void
change_key(struct registry *registry, reg_key key, uint32_t *seed)
{
	uint32_t which = roll(seed, ARRAY_SIZE(key_names));

	switch (roll(seed, 6)) {
	case 0:
		assert_lstatus(registry_delete_tree(registry, key), ERROR_SUCCESS);
		break;
	case 1:
		(void)registry_rename_key(registry, key, key_names[which]);
		break;
	case 2:
		(void)registry_rename_key(registry, key, other_case[which]);
		break;
	case 3:
		assert_lstatus(
		    registry_set_class(registry, key, key_names[which], which), ERROR_SUCCESS);
		break;
	case 4:
		assert_lstatus(
		    registry_set_flags(registry, key, roll(seed, 8) << 1), ERROR_SUCCESS);
		break;
	default:
		assert_lstatus(
		    registry_set_security(registry, key, key_names[which], 1), ERROR_SUCCESS);
		break;
	}
}

void
change_one(struct registry *registry, uint32_t *seed)
{
	struct buf path = { 0 };
	reg_key key;
	uint32_t what = roll(seed, 10);
	lstatus status;

	random_path(seed, what < 3 ? 1 : 0, &path);
	status = registry_open_key(registry, NULL, buf_text(&path), 0, &key);
	if (lstatus_ok(status) && what < 3)
		change_key(registry, key, seed);
	else if (lstatus_ok(status) && what < 8)
		change_value(registry, key, seed);
	else
		status = registry_create_key(registry, NULL, buf_text(&path),
		    roll(seed, 8) == 0 ? REGISTRY_VOLATILE : 0, &key, NULL);
	assert_true(lstatus_ok(status) || lstatus_is(status, ERROR_CHILD_MUST_BE_VOLATILE));
	buf_release(&path);
}

void
change_some(struct registry *registry, uint32_t *seed)
{
	uint32_t count = 1 + roll(seed, 8);

	assert_lstatus(registry_begin(registry, "changes"), ERROR_SUCCESS);
	while (count-- > 0)
		change_one(registry, seed);
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
}

static void
print_bytes(const void *data, size_t size, struct buf *out)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		buf_printf(out, "%02x", bytes[i]);
	buf_append_byte(out, '\n');
}

static void
print_key(struct registry *registry, reg_key key, struct buf *out)
{
	struct reg_value_list values = { 0 };
	struct reg_key_list keys = { 0 };
	struct buf data = { 0 };
	uint32_t flags = 0;

	assert_lstatus(registry_key_path(registry, key, out), ERROR_SUCCESS);
	assert_lstatus(registry_query_flags(registry, key, &flags), ERROR_SUCCESS);
	assert_lstatus(registry_query_class(registry, key, &data), ERROR_SUCCESS);
	buf_printf(out, " flags %u class ", flags);
	print_bytes(data.data, data.size, out);
	buf_clear(&data);
	assert_lstatus(registry_query_security(registry, key, &data), ERROR_SUCCESS);
	print_bytes(data.data, data.size, out);
	buf_release(&data);
	assert_lstatus(registry_list_values(registry, key, &values), ERROR_SUCCESS);
	for (size_t i = 0; i < values.count; i++) {
		buf_printf(out, "  %s type %u ", values.entries[i].name, values.entries[i].type);
		print_bytes(values.entries[i].data, values.entries[i].size, out);
	}
	reg_value_list_release(&values);
	assert_lstatus(registry_list_keys(registry, key, &keys), ERROR_SUCCESS);
	for (size_t i = 0; i < keys.count; i++) {
		buf_printf(out, "%u ", keys.entries[i].flags);
		print_key(registry, keys.entries[i].key, out);
	}
	reg_key_list_release(&keys);
}

void
changes_print(struct registry *registry, const char *path, struct buf *out)
{
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, path, 0, &key);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		buf_append_text(out, "(no key)\n");
	else
		print_key(registry, key, out);
	assert_false(out->failed);
}
