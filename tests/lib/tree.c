/*
 * Random trees of keys, and their comparison.
 */
#include "tests/lib/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/base/macro.h"
#include "tests/lib/host.h"

uint32_t
tree_random(uint32_t *seed)
{
	/* xorshift */
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* A name that no other of the key has, because of its number. */
static void
random_name(uint32_t *seed, int number, int plain, char *ret_name, size_t size)
{
	static const char *const words[] = { "a", "Zulu", "mixed Case", "with.dot", "{guid}", "é",
		"ÄÖÜ", "ÿ", "Ω", "ж", "漢字", "😀", "ı", "ß", "_", "~" };
	size_t count = plain ? 5 : ARRAY_SIZE(words);
	const char *word = words[tree_random(seed) % count];
	const char *more = words[tree_random(seed) % count];

	if (tree_random(seed) % 40 == 0)
		snprintf(ret_name, size, "%s%0*d", word, 200, number);
	else
		snprintf(ret_name, size, "%s%d%s", word, number, more);
}

static size_t
random_size(uint32_t *seed)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 5, 8, 16344, 16345, 20000, 70001 };

	return tree_random(seed) % 8 == 0 ? sizes[tree_random(seed) % ARRAY_SIZE(sizes)]
	                                  : tree_random(seed) % 64;
}

static void
fill_values(struct registry *registry, reg_key key, uint32_t *seed, int plain)
{
	static const uint32_t types[] = { REG_NONE, REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD,
		REG_DWORD_BIG_ENDIAN, REG_LINK, REG_MULTI_SZ, REG_RESOURCE_LIST,
		REG_FULL_RESOURCE_DESCRIPTOR, REG_RESOURCE_REQUIREMENTS_LIST, REG_QWORD, 12,
		0xffff0007 };
	int count = (int)(tree_random(seed) % 6);

	for (int i = 0; i < count; i++) {
		char name[512] = "";
		uint32_t type = types[tree_random(seed) % ARRAY_SIZE(types)];
		size_t size = random_size(seed);
		uint8_t *data = malloc(size + 1);

		assert_non_null(data);
		if (i > 0 || tree_random(seed) % 3 != 0)
			random_name(seed, i, plain, name, sizeof(name));
		for (size_t at = 0; at < size; at++)
			data[at] = (uint8_t)tree_random(seed);
		assert_lstatus(
		    registry_set_value(registry, key, name, type, data, size), ERROR_SUCCESS);
		free(data);
	}
}

void
tree_fill(struct registry *registry, reg_key key, uint32_t *seed, int levels, int plain)
{
	int count = levels > 0 ? (int)(tree_random(seed) % 7) : 0;

	fill_values(registry, key, seed, plain);
	for (int i = 0; i < count; i++) {
		char name[512];
		reg_key child;

		random_name(seed, i, plain, name, sizeof(name));
		assert_lstatus(
		    registry_create_key(registry, &key, name, 0, &child, NULL), ERROR_SUCCESS);
		tree_fill(registry, child, seed, levels - 1, plain);
	}
}

static void
assert_same_values(
    struct registry *left, reg_key left_key, struct registry *right, reg_key right_key)
{
	struct reg_value_list a;
	struct reg_value_list b;

	assert_lstatus(registry_list_values(left, left_key, &a), ERROR_SUCCESS);
	assert_lstatus(registry_list_values(right, right_key, &b), ERROR_SUCCESS);
	assert_int_equal(a.count, b.count);
	for (size_t i = 0; i < a.count; i++) {
		assert_string_equal(a.entries[i].name, b.entries[i].name);
		assert_int_equal(a.entries[i].type, b.entries[i].type);
		assert_int_equal(a.entries[i].size, b.entries[i].size);
		if (a.entries[i].size > 0)
			assert_memory_equal(
			    a.entries[i].data, b.entries[i].data, a.entries[i].size);
	}
	reg_value_list_release(&a);
	reg_value_list_release(&b);
}

void
tree_assert_same(struct registry *left, reg_key left_key, struct registry *right, reg_key right_key)
{
	struct reg_key_list a;
	struct reg_key_list b;

	assert_same_values(left, left_key, right, right_key);
	assert_lstatus(registry_list_keys(left, left_key, &a), ERROR_SUCCESS);
	assert_lstatus(registry_list_keys(right, right_key, &b), ERROR_SUCCESS);
	assert_int_equal(a.count, b.count);
	for (size_t i = 0; i < a.count; i++) {
		assert_string_equal(a.entries[i].name, b.entries[i].name);
		tree_assert_same(left, a.entries[i].key, right, b.entries[i].key);
	}
	reg_key_list_release(&a);
	reg_key_list_release(&b);
}
