/*
 * Keys, values and links, as Windows has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "regstore/base/utf16.h"
#include "tests/lib/host.h"

#define KEY    "HKLM\\SOFTWARE\\Test"
#define LINK   "HKLM\\SOFTWARE\\Link"
#define POISON (-12345)

static lstatus
try_open(struct registry *registry, const char *path)
{
	reg_key key = { .id = POISON };
	lstatus status = registry_open_key(registry, NULL, path, 0, &key);

	if (!lstatus_ok(status))
		assert_int_equal(key.id, POISON);
	else
		assert_int_not_equal(key.id, POISON);
	return status;
}

static lstatus
try_create(struct registry *registry, const char *path, uint32_t flags)
{
	reg_key key = { .id = POISON };
	bool created = true;
	lstatus status = registry_create_key(registry, NULL, path, flags, &key, &created);

	if (!lstatus_ok(status))
		assert_int_equal(key.id, POISON);
	return status;
}

static void
assert_path(struct registry *registry, reg_key key, const char *expected)
{
	struct buf path = { 0 };

	assert_lstatus(registry_key_path(registry, key, &path), ERROR_SUCCESS);
	assert_string_equal(buf_text(&path), expected);
	buf_release(&path);
}

/* --- Keys ------------------------------------------------------------------------------------- */

static void
a_new_host_has_its_hives_and_control_set(void **state)
{
	struct host *host = *state;
	static const char *const paths[] = { "HKLM", "HKEY_LOCAL_MACHINE\\SYSTEM", "HKU\\S-1-5-18",
		"HKLM\\HARDWARE", "HKLM\\SYSTEM\\ControlSet001\\Services",
		"HKLM\\SYSTEM\\CurrentControlSet\\Control", "\\Registry\\Machine\\Software",
		"\\REGISTRY\\USER\\.DEFAULT", "\\Registry", "\\Registry\\", "HKLM\\" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_lstatus(try_open(host->registry, paths[i]), ERROR_SUCCESS);
	assert_int_equal(
	    host_dword(host->registry, host_key(host->registry, "HKLM\\SYSTEM\\Select"), "Current"),
	    1);
}

static void
creating_makes_every_missing_key_and_says_whether_it_did(void **state)
{
	struct host *host = *state;
	reg_key key = { .id = POISON };
	bool created = false;

	assert_lstatus(
	    registry_create_key(host->registry, NULL, KEY "\\a\\b\\c", 0, &key, &created),
	    ERROR_SUCCESS);
	assert_true(created);
	assert_lstatus(try_open(host->registry, KEY "\\a\\b"), ERROR_SUCCESS);
	assert_lstatus(
	    registry_create_key(host->registry, NULL, KEY "\\a\\b\\c", 0, &key, &created),
	    ERROR_SUCCESS);
	assert_false(created);
}

static void
names_find_without_case_and_keep_their_case(void **state)
{
	struct host *host = *state;
	reg_key made = host_key(host->registry, KEY "\\Stra\xc3\x9f"
	                                            "e\\\xc3\x84\xc3\xb6\\\xf0\x90\x90\xa8");
	reg_key key = { .id = POISON };

	assert_lstatus(registry_open_key(host->registry, NULL,
	                   "hklm\\software\\TEST\\sTRA\xc3\x9f"
	                   "E\\\xc3\xa4\xc3\x96\\\xf0\x90\x90\xa8",
	                   0, &key),
	    ERROR_SUCCESS);
	assert_int_equal(key.id, made.id);
	assert_path(host->registry, key,
	    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Stra\xc3\x9f"
	    "e\\\xc3\x84\xc3\xb6\\\xf0\x90\x90\xa8");
	/* Units are folded one by one: a letter beyond U+FFFF has no capital. */
	assert_lstatus(try_open(host->registry, KEY "\\Stra\xc3\x9f"
	                                            "e\\\xc3\x84\xc3\xb6\\\xf0\x90\x90\x80"),
	    ERROR_FILE_NOT_FOUND);
}

static void
paths_that_are_malformed_are_refused(void **state)
{
	struct host *host = *state;
	static const char *const paths[] = { "", "SOFTWARE", "HKLMX\\a", "HKLM\\\\a", "\\HKLM",
		"HKLM\\a\\\\", "HKLM\\\xff", "\\RegistryX\\a" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_lstatus(try_open(host->registry, paths[i]), ERROR_BAD_PATHNAME);
		assert_lstatus(try_create(host->registry, paths[i], 0), ERROR_BAD_PATHNAME);
	}
	assert_lstatus(try_open(host->registry, "HKLM\\none"), ERROR_FILE_NOT_FOUND);
	assert_lstatus(try_open(host->registry, "\\Registry\\none"), ERROR_FILE_NOT_FOUND);
}

static void
relative_paths_start_at_the_parent(void **state)
{
	struct host *host = *state;
	reg_key parent = host_key(host->registry, KEY "\\Parent");
	reg_key key = { .id = POISON };

	assert_lstatus(registry_create_key(host->registry, &parent, "Child\\Leaf", 0, &key, NULL),
	    ERROR_SUCCESS);
	assert_path(host->registry, key, "HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Parent\\Child\\Leaf");
	assert_lstatus(registry_open_key(host->registry, &parent, "", 0, &key), ERROR_SUCCESS);
	assert_int_equal(key.id, parent.id);
	assert_lstatus(
	    registry_open_key(host->registry, &parent, "\\Child", 0, &key), ERROR_BAD_PATHNAME);
	assert_lstatus(
	    registry_open_key(host->registry, &parent, "child\\LEAF\\", 0, &key), ERROR_SUCCESS);
}

static void
the_roots_take_no_new_children_and_are_not_deleted(void **state)
{
	struct host *host = *state;
	reg_key key = { .id = POISON };
	static const char *const paths[] = { "HKLM", "HKU", "HKLM\\SYSTEM", "HKU\\.DEFAULT",
		"\\Registry" };

	assert_lstatus(try_create(host->registry, "HKLM\\New", 0), ERROR_INVALID_PARAMETER);
	assert_lstatus(try_create(host->registry, "HKU\\New\\Sub", 0), ERROR_INVALID_PARAMETER);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_lstatus(
		    registry_open_key(host->registry, NULL, paths[i], 0, &key), ERROR_SUCCESS);
		assert_lstatus(registry_delete_key(host->registry, key), ERROR_ACCESS_DENIED);
		assert_lstatus(registry_delete_tree(host->registry, key), ERROR_ACCESS_DENIED);
	}
}

static void
a_key_with_subkeys_is_deleted_only_as_a_tree(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	reg_key sub = host_key(host->registry, KEY "\\Sub");
	reg_key sibling = host_key(host->registry, KEY "2\\Sub");

	assert_lstatus(registry_delete_key(host->registry, key), ERROR_ACCESS_DENIED);
	assert_lstatus(registry_delete_key(host->registry, sub), ERROR_SUCCESS);
	sub = host_key(host->registry, KEY "\\Sub\\Deeper\\Deepest");
	assert_lstatus(registry_delete_tree(host->registry, key), ERROR_SUCCESS);
	assert_lstatus(try_open(host->registry, KEY), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_set_dword(host->registry, sub, "x", 1), ERROR_KEY_DELETED);
	assert_lstatus(registry_set_dword(host->registry, sibling, "x", 1), ERROR_SUCCESS);
}

static void
every_use_of_a_deleted_key_says_so(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	reg_key key = host_key(registry, KEY);
	reg_key other = { .id = POISON };
	struct reg_key_info info;
	struct reg_key_list keys;
	struct reg_value_list values;
	struct reg_write write;
	struct buf buf = { 0 };

	registry_set_dword(registry, key, "v", 1);
	assert_lstatus(registry_delete_key(registry, key), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(registry, key, "v", 1), ERROR_KEY_DELETED);
	assert_lstatus(registry_query_value(registry, key, "v", NULL, &buf), ERROR_KEY_DELETED);
	assert_lstatus(registry_delete_value(registry, key, "v"), ERROR_KEY_DELETED);
	assert_lstatus(registry_last_write(registry, key, "v", &write), ERROR_KEY_DELETED);
	assert_lstatus(registry_query_info(registry, key, &info), ERROR_KEY_DELETED);
	assert_lstatus(registry_list_keys(registry, key, &keys), ERROR_KEY_DELETED);
	assert_lstatus(registry_list_values(registry, key, &values), ERROR_KEY_DELETED);
	assert_lstatus(registry_key_path(registry, key, &buf), ERROR_KEY_DELETED);
	assert_lstatus(registry_open_key(registry, &key, "x", 0, &other), ERROR_KEY_DELETED);
	assert_lstatus(
	    registry_create_key(registry, &key, "x", 0, &other, NULL), ERROR_KEY_DELETED);
	assert_lstatus(registry_delete_key(registry, key), ERROR_KEY_DELETED);
	/* A new key of the same name is another key. */
	other = host_key(registry, KEY);
	assert_lstatus(registry_query_value(registry, key, "v", NULL, &buf), ERROR_KEY_DELETED);
	assert_lstatus(
	    registry_query_value(registry, other, "v", NULL, &buf), ERROR_FILE_NOT_FOUND);
	buf_release(&buf);
}

static void
subkeys_list_in_upper_cased_order_of_16_bit_units(void **state)
{
	struct host *host = *state;
	/* In order: ASCII by capitals, Latin, U+10000 as D800 DC00, then U+E000 and U+FFFD. */
	static const char *const names[] = { "1", "a", "B", "c-d", "cd", "Z", "[", "_", "~",
		"\xc3\xa9", "\xf0\x90\x80\x80", "\xee\x80\x80", "\xef\xbf\xbd" };
	reg_key key = host_key(host->registry, KEY);
	struct reg_key_list list;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t at = (i * 5 + 3) % ARRAY_SIZE(names);
		reg_key sub = { .id = POISON };

		assert_lstatus(registry_create_key(host->registry, &key, names[at], 0, &sub, NULL),
		    ERROR_SUCCESS);
	}
	host_key(host->registry, KEY "\\b\\sub");
	assert_lstatus(registry_list_keys(host->registry, key, &list), ERROR_SUCCESS);
	assert_int_equal(list.count, ARRAY_SIZE(names));
	for (size_t i = 0; i < list.count; i++)
		assert_string_equal(list.entries[i].name, names[i]);
	reg_key_list_release(&list);
}

static void
info_counts_subkeys_and_values_and_tells_the_last_write(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct reg_key_info before = { .subkeys = 77 };
	struct reg_key_info after = { .subkeys = 77 };

	assert_lstatus(registry_query_info(host->registry, key, &before), ERROR_SUCCESS);
	assert_int_equal(before.subkeys, 0);
	assert_int_equal(before.values, 0);
	assert_int_equal(before.flags, 0);
	host_key(host->registry, KEY "\\a");
	host_key(host->registry, KEY "\\b\\c");
	registry_set_dword(host->registry, key, "", 1);
	assert_lstatus(registry_query_info(host->registry, key, &after), ERROR_SUCCESS);
	assert_int_equal(after.subkeys, 2);
	assert_int_equal(after.values, 1);
	assert_true(after.last_write >= before.last_write);
}

/* --- Limits ----------------------------------------------------------------------------------- */

/* "HKLM\SOFTWARE\" and `count` times `unit`. */
static void
long_path(struct buf *path, const char *unit, size_t count)
{
	buf_clear(path);
	buf_append_text(path, "HKLM\\SOFTWARE\\");
	for (size_t i = 0; i < count; i++)
		buf_append_text(path, unit);
}

static void
key_names_have_up_to_256_units(void **state)
{
	struct host *host = *state;
	static const struct {
		const char *unit;
		size_t fits;
	} rows[] = { { "k", 256 }, { "\xe2\x82\xac", 256 }, { "\xf0\x9f\x98\x80", 128 } };
	struct buf path = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		long_path(&path, rows[i].unit, rows[i].fits);
		assert_lstatus(try_create(host->registry, buf_text(&path), 0), ERROR_SUCCESS);
		assert_lstatus(try_open(host->registry, buf_text(&path)), ERROR_SUCCESS);
		long_path(&path, rows[i].unit, rows[i].fits + 1);
		assert_lstatus(
		    try_create(host->registry, buf_text(&path), 0), ERROR_INVALID_PARAMETER);
		assert_lstatus(try_open(host->registry, buf_text(&path)), ERROR_FILE_NOT_FOUND);
	}
	long_path(&path, "k", 100000);
	assert_lstatus(try_create(host->registry, buf_text(&path), 0), ERROR_INVALID_PARAMETER);
	buf_release(&path);
}

static void
keys_are_up_to_512_levels_deep(void **state)
{
	struct host *host = *state;
	struct buf path = { 0 };

	long_path(&path, "d\\", 510);
	assert_lstatus(try_create(host->registry, buf_text(&path), 0), ERROR_SUCCESS);
	long_path(&path, "d\\", 511);
	assert_lstatus(try_create(host->registry, buf_text(&path), 0), ERROR_INVALID_PARAMETER);
	buf_release(&path);
}

static char *
repeat(char letter, size_t count)
{
	char *text = malloc(count + 1);

	assert_non_null(text);
	memset(text, letter, count);
	text[count] = '\0';
	return text;
}

static void
value_names_have_up_to_16383_units(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	char *fits = repeat('v', REG_VALUE_NAME_MAX);
	char *longer = repeat('v', REG_VALUE_NAME_MAX + 1);

	assert_lstatus(registry_set_dword(host->registry, key, fits, 5), ERROR_SUCCESS);
	assert_int_equal(host_dword(host->registry, key, fits), 5);
	assert_lstatus(registry_set_dword(host->registry, key, longer, 5), ERROR_INVALID_PARAMETER);
	assert_lstatus(
	    registry_query_value(host->registry, key, longer, NULL, NULL), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_delete_value(host->registry, key, longer), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_set_dword(host->registry, key, "\xff", 5), ERROR_INVALID_PARAMETER);
	free(fits);
	free(longer);
}

/* --- Values ----------------------------------------------------------------------------------- */

static void
assert_data(struct registry *registry, reg_key key, const char *name, uint32_t type,
    const void *data, size_t size)
{
	struct buf got = { 0 };
	uint32_t got_type = 0xdeadbeef;

	assert_lstatus(registry_query_value(registry, key, name, &got_type, &got), ERROR_SUCCESS);
	assert_int_equal(got_type, type);
	assert_int_equal(got.size, size);
	if (size > 0)
		assert_memory_equal(got.data, data, size);
	buf_release(&got);
}

static void
every_type_keeps_every_length_as_it_was_stored(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	static const uint32_t types[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x80000000u,
		0xffffffffu };
	uint8_t data[9] = { 0, 0xff, 0xd8, 0, 1, 2, 0, 0, 0xdc };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		for (size_t size = 0; size <= sizeof(data); size++) {
			char name[32];

			snprintf(name, sizeof(name), "%u-%zu", types[i], size);
			assert_lstatus(registry_set_value(host->registry, key, name, types[i],
			                   size > 0 ? data : NULL, size),
			    ERROR_SUCCESS);
			assert_data(host->registry, key, name, types[i], data, size);
		}
	}
}

static void
a_big_value_is_kept_and_one_over_the_limit_refused(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	size_t size = 2u << 20;
	uint8_t *data = malloc(size);

	assert_non_null(data);
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	assert_lstatus(
	    registry_set_value(host->registry, key, "big", REG_BINARY, data, size), ERROR_SUCCESS);
	assert_data(host->registry, key, "big", REG_BINARY, data, size);
	assert_lstatus(
	    registry_set_value(host->registry, key, "bigger", REG_BINARY, data, REG_DATA_MAX + 1u),
	    ERROR_INVALID_PARAMETER);
	assert_lstatus(registry_set_value(host->registry, key, "null", REG_BINARY, NULL, 1),
	    ERROR_INVALID_PARAMETER);
	free(data);
}

static void
texts_are_stored_with_their_terminator(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);

	assert_lstatus(
	    registry_set_text(host->registry, key, "", REG_SZ, "a\xe2\x82\xac"), ERROR_SUCCESS);
	assert_data(host->registry, key, "", REG_SZ, "a\0\xac\x20\0\0", 6);
	assert_lstatus(
	    registry_set_text(host->registry, key, "", REG_EXPAND_SZ, ""), ERROR_SUCCESS);
	assert_data(host->registry, key, "", REG_EXPAND_SZ, "\0\0", 2);
	assert_lstatus(
	    registry_set_text(host->registry, key, "", REG_SZ, "\xff"), ERROR_INVALID_PARAMETER);
}

static void
values_list_in_the_order_of_their_creation_and_keep_place_and_name(void **state)
{
	struct host *host = *state;
	static const char *const expected[] = { "Zeta", "", "\xc3\x84lpha", "beta", "gamma" };
	reg_key key = host_key(host->registry, KEY);
	struct reg_value_list list;

	registry_set_dword(host->registry, key, "gamma", 1);
	for (size_t i = 0; i < 4; i++)
		registry_set_dword(host->registry, key, expected[i], 1);
	/* Overwritten in another case and with another type: place and name stay. */
	registry_set_text(host->registry, key, "ZETA", REG_SZ, "x");
	registry_set_dword(host->registry, key, "\xc3\xa4LPHA", 2);
	/* Deleted and set again: a new value, at the end. */
	assert_lstatus(registry_delete_value(host->registry, key, "GAMMA"), ERROR_SUCCESS);
	registry_set_dword(host->registry, key, "gamma", 3);
	assert_lstatus(registry_list_values(host->registry, key, &list), ERROR_SUCCESS);
	assert_int_equal(list.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < list.count; i++)
		assert_string_equal(list.entries[i].name, expected[i]);
	assert_int_equal(list.entries[0].type, REG_SZ);
	assert_int_equal(list.entries[0].size, 4);
	assert_int_equal(list.entries[2].data[0], 2);
	reg_value_list_release(&list);
}

static void
names_may_hold_nul_and_lone_surrogate_units(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY "\\a\xc0\x80"
	                                           "b");
	reg_key plain = host_key(host->registry, KEY "\\a");
	struct reg_value_list list;

	assert_int_not_equal(key.id, plain.id);
	registry_set_dword(host->registry, key, "\xed\xa0\x80", 1);
	registry_set_dword(host->registry, key, "x\xc0\x80", 2);
	registry_set_dword(host->registry, key, "x", 3);
	registry_set_dword(host->registry, key, "\x01", 4);
	assert_int_equal(host_dword(host->registry, key, "X\xc0\x80"), 2);
	assert_int_equal(host_dword(host->registry, key, "\xed\xa0\x80"), 1);
	assert_lstatus(registry_list_values(host->registry, key, &list), ERROR_SUCCESS);
	assert_int_equal(list.count, 4);
	assert_string_equal(list.entries[1].name, "x\xc0\x80");
	reg_value_list_release(&list);
}

static void
querying_gives_type_and_size_without_a_buffer(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	uint32_t type = 77;

	registry_set_dword(host->registry, key, "v", 1);
	assert_lstatus(registry_query_value(host->registry, key, "v", &type, NULL), ERROR_SUCCESS);
	assert_int_equal(type, REG_DWORD);
	type = 77;
	assert_lstatus(
	    registry_query_value(host->registry, key, "w", &type, NULL), ERROR_FILE_NOT_FOUND);
	assert_int_equal(type, 77);
}

static void
types_have_their_windows_names(void **state UNUSED)
{
	uint32_t type = 77;

	assert_string_equal(reg_type_name(REG_QWORD), "REG_QWORD");
	assert_null(reg_type_name(12));
	assert_true(reg_type_parse("reg_multi_sz", &type));
	assert_int_equal(type, REG_MULTI_SZ);
	assert_false(reg_type_parse("REG_", &type));
	assert_int_equal(type, REG_MULTI_SZ);
}

/* --- Volatile keys and booting ---------------------------------------------------------------- */

static void
volatile_keys_go_with_the_next_boot_and_the_others_stay(void **state)
{
	struct host *host = *state;
	reg_key key = { .id = POISON };
	struct reg_key_info info = { 0 };

	assert_lstatus(registry_create_key(
	                   host->registry, NULL, KEY "\\Vol\\Sub", REGISTRY_VOLATILE, &key, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(registry_query_info(host->registry, key, &info), ERROR_SUCCESS);
	assert_int_equal(info.flags, REGISTRY_VOLATILE);
	host_key(host->registry, "HKLM\\SYSTEM\\Stays");
	registry_set_dword(host->registry, key, "v", 1);
	host_close(host);
	host_open(host);
	assert_int_equal(host_dword(host->registry, key, "v"), 1);
	assert_lstatus(registry_boot(host->registry), ERROR_SUCCESS);
	/* Every key that the call made is volatile, the hive is not. */
	assert_lstatus(try_open(host->registry, KEY), ERROR_FILE_NOT_FOUND);
	assert_lstatus(try_open(host->registry, "HKLM\\SOFTWARE"), ERROR_SUCCESS);
	assert_lstatus(try_open(host->registry, "HKLM\\SYSTEM\\Stays"), ERROR_SUCCESS);
	assert_lstatus(try_open(host->registry, "HKLM\\HARDWARE"), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, key, "v", 1), ERROR_KEY_DELETED);
}

static void
a_stable_key_below_a_volatile_one_is_refused(void **state)
{
	struct host *host = *state;
	reg_key key = { .id = POISON };
	bool created = true;

	assert_lstatus(
	    registry_create_key(host->registry, NULL, KEY, REGISTRY_VOLATILE, &key, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(try_create(host->registry, KEY "\\Sub", 0), ERROR_CHILD_MUST_BE_VOLATILE);
	assert_lstatus(
	    try_create(host->registry, "HKLM\\HARDWARE\\X\\Y", 0), ERROR_CHILD_MUST_BE_VOLATILE);
	assert_lstatus(try_create(host->registry, KEY "\\Sub", REGISTRY_VOLATILE), ERROR_SUCCESS);
	/* The flag means nothing for a key that is there. */
	assert_lstatus(
	    registry_create_key(host->registry, NULL, KEY, 0, &key, &created), ERROR_SUCCESS);
	assert_false(created);
}

static void
booting_twice_changes_nothing_but_volatile_keys(void **state)
{
	struct host *host = *state;
	struct reg_write first;
	struct reg_write second;
	reg_key link = { .id = POISON };

	assert_lstatus(registry_open_key(host->registry, NULL, "HKLM\\SYSTEM\\CurrentControlSet",
	                   REGISTRY_OPEN_LINK, &link),
	    ERROR_SUCCESS);
	assert_lstatus(
	    registry_last_write(host->registry, link, "SymbolicLinkValue", &first), ERROR_SUCCESS);
	assert_lstatus(registry_boot(host->registry), ERROR_SUCCESS);
	assert_lstatus(
	    registry_last_write(host->registry, link, "SymbolicLinkValue", &second), ERROR_SUCCESS);
	assert_int_equal(first.number, second.number);
	reg_write_release(&first);
	reg_write_release(&second);
}

static void
booting_points_current_control_set_where_select_says(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *other = host_connect(host);
	reg_key select = host_key(registry, "HKLM\\SYSTEM\\Select");
	reg_key one = host_key(registry, "HKLM\\SYSTEM\\CurrentControlSet\\Which");
	reg_key two = host_key(registry, "HKLM\\SYSTEM\\ControlSet002\\Which");
	reg_key key = { .id = POISON };

	registry_set_dword(registry, one, "v", 1);
	registry_set_dword(registry, two, "v", 2);
	key = host_key(other, "HKLM\\SYSTEM\\CurrentControlSet\\Which");
	assert_int_equal(key.id, one.id);
	registry_set_dword(registry, select, "Current", 2);
	key = host_key(other, "HKLM\\SYSTEM\\CurrentControlSet\\Which");
	assert_int_equal(key.id, one.id);
	assert_lstatus(registry_boot(registry), ERROR_SUCCESS);
	key = host_key(other, "HKLM\\SYSTEM\\CurrentControlSet\\Which");
	assert_int_equal(key.id, two.id);
	assert_path(other, key, "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet002\\Which");
	/* What is no control set's number counts as 1. */
	registry_set_text(registry, select, "Current", REG_SZ, "2");
	assert_lstatus(registry_boot(registry), ERROR_SUCCESS);
	key = host_key(other, "HKLM\\SYSTEM\\CurrentControlSet\\Which");
	assert_int_equal(key.id, one.id);
	registry_close(other);
}

/* --- Links ------------------------------------------------------------------------------------ */

static reg_key
make_link(struct registry *registry, const char *path, const char *target)
{
	reg_key key = { .id = POISON };

	assert_lstatus(registry_create_key(registry, NULL, path, REGISTRY_CREATE_LINK, &key, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(
	    registry_set_text(registry, key, "SymbolicLinkValue", REG_LINK, target), ERROR_SUCCESS);
	return key;
}

static void
a_path_through_a_link_leads_to_its_target(void **state)
{
	struct host *host = *state;
	reg_key target = host_key(host->registry, KEY "\\Target");
	reg_key link =
	    make_link(host->registry, LINK, "\\REGISTRY\\Machine\\Software\\Test\\Target");
	reg_key key = { .id = POISON };

	assert_lstatus(registry_open_key(host->registry, NULL, LINK, 0, &key), ERROR_SUCCESS);
	assert_int_equal(key.id, target.id);
	key = host_key(host->registry, LINK "\\Made\\Here");
	assert_path(host->registry, key, "HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Target\\Made\\Here");
	assert_lstatus(
	    registry_open_key(host->registry, NULL, LINK, REGISTRY_OPEN_LINK, &key), ERROR_SUCCESS);
	assert_int_equal(key.id, link.id);
	/* No link: a name that only starts alike. */
	assert_lstatus(try_open(host->registry, LINK "2"), ERROR_FILE_NOT_FOUND);
}

static void
a_target_is_stored_without_a_terminator(void **state)
{
	struct host *host = *state;
	reg_key link = make_link(host->registry, LINK, "\\R");

	assert_data(host->registry, link, "SymbolicLinkValue", REG_LINK, "\\\0R\0", 4);
}

static void
a_link_takes_no_other_value_than_its_target(void **state)
{
	struct host *host = *state;
	reg_key link = make_link(host->registry, LINK, "\\Registry\\Machine\\Software\\Test");

	assert_lstatus(registry_set_dword(host->registry, link, "other", 1), ERROR_ACCESS_DENIED);
	assert_lstatus(registry_set_text(host->registry, link, "SymbolicLinkValue", REG_SZ, "x"),
	    ERROR_ACCESS_DENIED);
	assert_lstatus(registry_set_text(host->registry, link, "SYMBOLICLINKVALUE", REG_LINK,
	                   "\\Registry\\Machine\\System"),
	    ERROR_SUCCESS);
}

static void
a_link_over_an_existing_key_is_refused(void **state)
{
	struct host *host = *state;

	host_key(host->registry, KEY);
	make_link(host->registry, LINK, "\\Registry\\Machine\\Software\\Test");
	assert_lstatus(try_create(host->registry, KEY, REGISTRY_CREATE_LINK), ERROR_ALREADY_EXISTS);
	assert_lstatus(
	    try_create(host->registry, LINK, REGISTRY_CREATE_LINK), ERROR_ALREADY_EXISTS);
}

static void
a_link_that_leads_nowhere_is_not_found(void **state)
{
	struct host *host = *state;
	reg_key key = { .id = POISON };
	reg_key link = make_link(host->registry, LINK, "\\Registry\\Machine\\Software\\None");

	assert_lstatus(try_open(host->registry, LINK), ERROR_FILE_NOT_FOUND);
	assert_lstatus(
	    registry_set_text(host->registry, link, "SymbolicLinkValue", REG_LINK, "no such root"),
	    ERROR_SUCCESS);
	assert_lstatus(try_open(host->registry, LINK), ERROR_FILE_NOT_FOUND);
	assert_lstatus(
	    registry_delete_value(host->registry, link, "SymbolicLinkValue"), ERROR_SUCCESS);
	assert_lstatus(try_open(host->registry, LINK "\\Sub"), ERROR_FILE_NOT_FOUND);
	assert_lstatus(
	    registry_open_key(host->registry, NULL, LINK, REGISTRY_OPEN_LINK, &key), ERROR_SUCCESS);
}

static void
links_in_a_circle_cannot_be_resolved(void **state)
{
	struct host *host = *state;

	make_link(host->registry, LINK, "\\Registry\\Machine\\Software\\Link2\\x");
	make_link(host->registry, LINK "2", "\\Registry\\Machine\\Software\\Link");
	assert_lstatus(try_open(host->registry, LINK), ERROR_CANT_RESOLVE_FILENAME);
	assert_lstatus(try_create(host->registry, LINK "2\\a", 0), ERROR_CANT_RESOLVE_FILENAME);
}

static void
links_lead_through_links(void **state)
{
	struct host *host = *state;
	reg_key target = host_key(host->registry, KEY "\\Deep");
	reg_key key;

	make_link(host->registry, LINK, "\\Registry\\Machine\\Software\\Link2");
	make_link(host->registry, LINK "2", "\\Registry\\Machine\\Software\\Test");
	key = host_key(host->registry, LINK "\\deep");
	assert_int_equal(key.id, target.id);
}

static void
a_link_to_the_top_leads_there(void **state)
{
	struct host *host = *state;

	make_link(host->registry, LINK, "\\Registry");
	assert_lstatus(try_open(host->registry, LINK "\\Machine\\System"), ERROR_SUCCESS);
	assert_lstatus(try_open(host->registry, LINK), ERROR_SUCCESS);
}

static void
deleting_a_link_leaves_its_target(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY "\\Sub");
	reg_key link = make_link(host->registry, LINK, "\\Registry\\Machine\\Software\\Test");

	assert_lstatus(registry_delete_tree(host->registry, link), ERROR_SUCCESS);
	assert_lstatus(try_open(host->registry, LINK), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_set_dword(host->registry, key, "v", 1), ERROR_SUCCESS);
}

static void
a_link_of_a_transaction_is_seen_in_it_and_gone_after_rollback(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);

	host_key(host->registry, KEY "\\Sub");
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	make_link(host->registry, LINK, "\\Registry\\Machine\\Software\\Test");
	assert_lstatus(try_open(host->registry, LINK "\\Sub"), ERROR_SUCCESS);
	assert_lstatus(try_open(other, LINK "\\Sub"), ERROR_FILE_NOT_FOUND);
	registry_rollback(host->registry);
	assert_lstatus(try_open(host->registry, LINK "\\Sub"), ERROR_FILE_NOT_FOUND);
	make_link(host->registry, LINK, "\\Registry\\Machine\\Software\\Test");
	assert_lstatus(try_open(other, LINK "\\Sub"), ERROR_SUCCESS);
	registry_close(other);
}

static void
a_link_of_a_transaction_can_be_led_elsewhere_in_it(void **state)
{
	struct host *host = *state;
	reg_key link;

	host_key(host->registry, KEY "\\One");
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	link = make_link(host->registry, LINK, "\\Registry\\Machine\\Software\\None");
	assert_lstatus(try_open(host->registry, LINK "\\One"), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_set_text(host->registry, link, "SymbolicLinkValue", REG_LINK,
	                   "\\Registry\\Machine\\Software\\Test"),
	    ERROR_SUCCESS);
	assert_lstatus(try_open(host->registry, LINK "\\One"), ERROR_SUCCESS);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	assert_lstatus(try_open(host->registry, LINK "\\One"), ERROR_SUCCESS);
}

/* All links were read again for each, which took seconds here; it takes milliseconds now. */
static void
many_links_of_a_transaction_are_not_read_for_each(void **state)
{
	struct host *host = *state;
	clock_t begin = clock();

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	for (unsigned i = 0; i < 2500; i++) {
		char path[64];

		snprintf(path, sizeof(path), LINK "%u", i);
		make_link(host->registry, path, "\\Registry\\Machine\\Software\\Test");
	}
	registry_rollback(host->registry);
	assert_true(clock() - begin < CLOCKS_PER_SEC);
}

static void
the_default_root_comes_from_the_environment(void **state UNUSED)
{
	struct buf root = { 0 };

	setenv("HVEMU_ROOT", "/x/y", 1);
	registry_default_root(&root);
	assert_string_equal(buf_text(&root), "/x/y");
	buf_clear(&root);
	unsetenv("HVEMU_ROOT");
	setenv("XDG_DATA_HOME", "/data", 1);
	registry_default_root(&root);
	assert_string_equal(buf_text(&root), "/data/hvemu/default");
	buf_clear(&root);
	unsetenv("XDG_DATA_HOME");
	setenv("HOME", "/home/u", 1);
	registry_default_root(&root);
	assert_string_equal(buf_text(&root), "/home/u/.local/share/hvemu/default");
	buf_release(&root);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_new_host_has_its_hives_and_control_set),
		HOST_TEST(creating_makes_every_missing_key_and_says_whether_it_did),
		HOST_TEST(names_find_without_case_and_keep_their_case),
		HOST_TEST(paths_that_are_malformed_are_refused),
		HOST_TEST(relative_paths_start_at_the_parent),
		HOST_TEST(the_roots_take_no_new_children_and_are_not_deleted),
		HOST_TEST(a_key_with_subkeys_is_deleted_only_as_a_tree),
		HOST_TEST(every_use_of_a_deleted_key_says_so),
		HOST_TEST(subkeys_list_in_upper_cased_order_of_16_bit_units),
		HOST_TEST(info_counts_subkeys_and_values_and_tells_the_last_write),
		HOST_TEST(key_names_have_up_to_256_units),
		HOST_TEST(keys_are_up_to_512_levels_deep),
		HOST_TEST(value_names_have_up_to_16383_units),
		HOST_TEST(every_type_keeps_every_length_as_it_was_stored),
		HOST_TEST(a_big_value_is_kept_and_one_over_the_limit_refused),
		HOST_TEST(texts_are_stored_with_their_terminator),
		HOST_TEST(values_list_in_the_order_of_their_creation_and_keep_place_and_name),
		HOST_TEST(names_may_hold_nul_and_lone_surrogate_units),
		HOST_TEST(querying_gives_type_and_size_without_a_buffer),
		cmocka_unit_test(types_have_their_windows_names),
		HOST_TEST(volatile_keys_go_with_the_next_boot_and_the_others_stay),
		HOST_TEST(a_stable_key_below_a_volatile_one_is_refused),
		HOST_TEST(booting_twice_changes_nothing_but_volatile_keys),
		HOST_TEST(booting_points_current_control_set_where_select_says),
		HOST_TEST(a_path_through_a_link_leads_to_its_target),
		HOST_TEST(a_target_is_stored_without_a_terminator),
		HOST_TEST(a_link_takes_no_other_value_than_its_target),
		HOST_TEST(a_link_over_an_existing_key_is_refused),
		HOST_TEST(a_link_that_leads_nowhere_is_not_found),
		HOST_TEST(links_in_a_circle_cannot_be_resolved),
		HOST_TEST(links_lead_through_links),
		HOST_TEST(a_link_to_the_top_leads_there),
		HOST_TEST(deleting_a_link_leaves_its_target),
		HOST_TEST(a_link_of_a_transaction_is_seen_in_it_and_gone_after_rollback),
		HOST_TEST(a_link_of_a_transaction_can_be_led_elsewhere_in_it),
		HOST_TEST(many_links_of_a_transaction_are_not_read_for_each),
		cmocka_unit_test(the_default_root_comes_from_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
