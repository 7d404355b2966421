/*
 * What differs between two registries, and the .reg file that makes one like the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/formats/reg_diff.h"
#include "tests/lib/host.h"

#define ROUNDS 40
#define WRITES 60

struct pair {
	struct host left;
	struct host right;
};

static int
setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	host_init(&pair->left);
	host_open(&pair->left);
	host_init(&pair->right);
	host_open(&pair->right);
	*state = pair;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *pair = *state;

	host_release(&pair->left);
	host_release(&pair->right);
	free(pair);
	return 0;
}

/* What was told, a line each. */
static lstatus
note(void *context, const struct reg_difference *difference)
{
	struct buf *lines = context;
	const char *below = strrchr(difference->path, '\\');

	buf_printf(lines, "%s%s%s%s%s%s\n", below + 1, difference->name != NULL ? "!" : "",
	    difference->name != NULL ? difference->name : "",
	    difference->left.present ? " left" : "", difference->right.present ? " right" : "",
	    difference->within ? " within" : "");
	return LSTATUS(ERROR_SUCCESS);
}

static void
expect_differences(struct pair *pair, const char *expected)
{
	struct buf lines = { 0 };

	assert_lstatus(
	    reg_diff(pair->left.registry, pair->right.registry, note, &lines), ERROR_SUCCESS);
	assert_string_equal(buf_text(&lines), expected);
	buf_release(&lines);
}

static void
two_new_hosts_do_not_differ(void **state)
{
	expect_differences(*state, "");
}

static void
keys_and_values_are_told_in_the_order_of_their_names(void **state)
{
	struct pair *pair = *state;
	reg_key left = host_key(pair->left.registry, "HKLM\\SOFTWARE\\T");
	reg_key right = host_key(pair->right.registry, "HKLM\\SOFTWARE\\t");

	host_key(pair->left.registry, "HKLM\\SOFTWARE\\T\\gone\\sub");
	host_key(pair->right.registry, "HKLM\\SOFTWARE\\T\\made");
	registry_set_dword(
	    pair->left.registry, host_key(pair->left.registry, "HKLM\\SOFTWARE\\T\\gone"), "v", 1);
	registry_set_dword(pair->left.registry, left, "b", 1);
	registry_set_dword(pair->left.registry, left, "A", 1);
	registry_set_dword(pair->left.registry, left, "same", 1);
	registry_set_dword(pair->right.registry, right, "SAME", 1);
	registry_set_dword(pair->right.registry, right, "B", 2);
	registry_set_dword(pair->right.registry, right, "c", 2);
	expect_differences(pair, "T!A left\n"
	                         "T!b left right\n"
	                         "T!c right\n"
	                         "gone left\n"
	                         "gone!v left within\n"
	                         "sub left within\n"
	                         "made right\n");
}

static void
a_type_alone_makes_a_difference(void **state)
{
	struct pair *pair = *state;

	registry_set_value(pair->left.registry, host_key(pair->left.registry, "HKLM\\SOFTWARE\\T"),
	    "v", REG_SZ, "a\0\0", 4);
	registry_set_value(pair->right.registry,
	    host_key(pair->right.registry, "HKLM\\SOFTWARE\\T"), "v", REG_EXPAND_SZ, "a\0\0", 4);
	expect_differences(pair, "T!v left right\n");
}

static void
what_a_boot_takes_away_and_links_are_left_out(void **state)
{
	struct pair *pair = *state;
	reg_key key;

	assert_lstatus(registry_create_key(pair->left.registry, NULL, "HKLM\\SOFTWARE\\V",
	                   REGISTRY_VOLATILE, &key, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(registry_create_key(pair->right.registry, NULL, "HKLM\\SOFTWARE\\L",
	                   REGISTRY_CREATE_LINK, &key, NULL),
	    ERROR_SUCCESS);
	expect_differences(pair, "");
}

/* --- Round trips
 * ---------------------------------------------------------------------------------- */

static uint32_t seed;

static uint32_t
roll(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void
random_path(struct buf *path)
{
	static const char *const names[] = { "a", "B", "key]", "-x", "ü", "with space", "[in]",
		"\xf0\x9f\x98\x80", "\"q\"", "a;b" };
	uint32_t depth = 1 + roll(4);

	buf_append_text(path, roll(4) == 0 ? "HKU\\.DEFAULT\\T" : "HKLM\\SOFTWARE\\T");
	for (uint32_t i = 0; i < depth; i++)
		buf_printf(path, "\\%s", names[roll(ARRAY_SIZE(names))]);
}

/* Make, change or delete something. */
static void
random_write(struct registry *registry)
{
	static const char *const names[] = { "", "v", "V2", "new\nline", "\"", "\\", "=", "@", "ß",
		"-" };
	static const uint32_t types[] = { REG_SZ, REG_DWORD, REG_BINARY, REG_MULTI_SZ, REG_QWORD,
		REG_NONE, 0xffff0007 };
	const char *name = names[roll(ARRAY_SIZE(names))];
	uint8_t data[12];
	struct buf path = { 0 };
	reg_key key;

	random_path(&path);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)roll(roll(2) == 0 ? 2 : 256);
	if (roll(5) != 0) {
		key = host_key(registry, buf_text(&path));
		if (roll(4) != 0)
			registry_set_value(registry, key, name, types[roll(ARRAY_SIZE(types))],
			    data, roll(sizeof(data) + 1));
		else
			registry_delete_value(registry, key, name);
	} else if (lstatus_ok(registry_open_key(registry, NULL, buf_text(&path), 0, &key))) {
		registry_delete_tree(registry, key);
	}
	buf_release(&path);
}

static void
random_writes(struct registry *registry)
{
	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	for (int i = 0; i < WRITES; i++)
		random_write(registry);
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
}

/* Make the left side like the right one by the file that says how. */
static void
apply_difference(struct pair *pair, uint32_t round)
{
	struct reg_diff_writer writer = { 0 };
	struct reg_import_result result;
	lstatus status;

	writer.text.file = tmpfile();
	assert_non_null(writer.text.file);
	reg_text_write_begin(&writer.text);
	assert_lstatus(reg_diff(pair->left.registry, pair->right.registry, reg_diff_write, &writer),
	    ERROR_SUCCESS);
	FILE *file = writer.text.file;

	assert_lstatus(reg_diff_write_end(&writer), ERROR_SUCCESS);
	rewind(file);
	status = reg_import(pair->left.registry, file, 0, "diff.reg", NULL, &result);
	if (!lstatus_ok(status))
		fail_msg("round %u: %s", round, result.message);
	fclose(file);
}

static void
the_file_makes_any_registry_like_any_other(void **state)
{
	struct pair *pair = *state;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		seed = round;
		random_writes(pair->left.registry);
		random_writes(pair->right.registry);
		apply_difference(pair, round);
		expect_differences(pair, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_new_hosts_do_not_differ, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    keys_and_values_are_told_in_the_order_of_their_names, setup, teardown),
		cmocka_unit_test_setup_teardown(a_type_alone_makes_a_difference, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_a_boot_takes_away_and_links_are_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    the_file_makes_any_registry_like_any_other, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
