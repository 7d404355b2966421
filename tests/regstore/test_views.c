/*
 * Roots beside HKLM and HKU, the 32-bit view, and what is done to whole keys: rename, copy, class,
 * flags, security.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/host.h"

#define POISON (-77)

static lstatus
open_path(struct registry *registry, const char *path, uint32_t flags, reg_key *ret_key)
{
	*ret_key = (reg_key){ .id = POISON, .below = POISON };
	return registry_open_key(registry, NULL, path, flags, ret_key);
}

static void
assert_key_path(struct registry *registry, reg_key key, const char *expected)
{
	struct buf path = { 0 };

	assert_lstatus(registry_key_path(registry, key, &path), ERROR_SUCCESS);
	assert_string_equal(buf_text(&path), expected);
	buf_release(&path);
}

/* --- Roots --------------------------------------------------------------------------------------
 */

static void
the_current_user_is_a_hive_of_users(void **state)
{
	struct host *host = *state;
	reg_key made = host_key(host->registry, "HKCU\\Software\\Test");
	reg_key found;

	assert_key_path(host->registry, made, "HKEY_USERS\\" REGISTRY_USER_SID "\\Software\\Test");
	assert_lstatus(open_path(host->registry, "HKEY_CURRENT_USER\\software\\test", 0, &found),
	    ERROR_SUCCESS);
	assert_int_equal(found.id, made.id);
}

static void
the_current_config_lies_in_the_current_control_set(void **state)
{
	struct host *host = *state;
	reg_key found;

	assert_lstatus(open_path(host->registry, "HKCC", 0, &found), ERROR_SUCCESS);
	assert_key_path(host->registry, found,
	    "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Hardware Profiles\\Current");
}

static void
the_users_classes_are_reached_through_software(void **state)
{
	struct host *host = *state;
	reg_key made = host_key(host->registry, "HKCU\\Software\\Classes\\.x");

	assert_key_path(host->registry, made, "HKEY_USERS\\" REGISTRY_USER_SID "_Classes\\.x");
}

/* A machine class and a user class of the same name, with a value of each and one of both. */
static void
make_classes(struct host *host, reg_key *ret_machine, reg_key *ret_user)
{
	*ret_machine = host_key(host->registry, "HKLM\\SOFTWARE\\Classes\\.both");
	*ret_user = host_key(host->registry, "HKCU\\Software\\Classes\\.both");
	registry_set_dword(host->registry, *ret_machine, "machine", 1);
	registry_set_dword(host->registry, *ret_machine, "both", 1);
	registry_set_dword(host->registry, *ret_user, "both", 2);
	registry_set_dword(host->registry, *ret_user, "user", 2);
	host_key(host->registry, "HKLM\\SOFTWARE\\Classes\\.both\\machine");
	host_key(host->registry, "HKCU\\Software\\Classes\\.both\\user");
}

static void
a_users_class_lies_over_the_machines(void **state)
{
	struct host *host = *state;
	struct reg_value_list values = { 0 };
	struct reg_key_list keys = { 0 };
	reg_key machine;
	reg_key user;
	reg_key merged;

	make_classes(host, &machine, &user);
	assert_lstatus(open_path(host->registry, "HKCR\\.BOTH", 0, &merged), ERROR_SUCCESS);
	assert_int_equal(merged.id, user.id);
	assert_int_equal(merged.below, machine.id);
	assert_int_equal(host_dword(host->registry, merged, "both"), 2);
	assert_int_equal(host_dword(host->registry, merged, "user"), 2);
	assert_int_equal(host_dword(host->registry, merged, "machine"), 1);
	assert_lstatus(registry_list_values(host->registry, merged, &values), ERROR_SUCCESS);
	assert_int_equal(values.count, 3);
	reg_value_list_release(&values);
	assert_lstatus(registry_list_keys(host->registry, merged, &keys), ERROR_SUCCESS);
	assert_int_equal(keys.count, 2);
	assert_string_equal(keys.entries[0].name, "machine");
	assert_string_equal(keys.entries[1].name, "user");
	reg_key_list_release(&keys);
}

static void
who_wrote_a_value_that_shows_through_is_told(void **state)
{
	struct host *host = *state;
	struct reg_write write = { 0 };
	reg_key machine;
	reg_key user;
	reg_key merged;

	make_classes(host, &machine, &user);
	open_path(host->registry, "HKCR\\.both", 0, &merged);
	assert_lstatus(
	    registry_last_write(host->registry, merged, "machine", &write), ERROR_SUCCESS);
	reg_write_release(&write);
	assert_lstatus(
	    registry_last_write(host->registry, merged, "none", &write), ERROR_FILE_NOT_FOUND);
}

static void
a_watch_on_a_class_sees_the_users_and_the_machines(void **state)
{
	struct host *host = *state;
	struct registry *watcher = host_connect(host);
	struct reg_watch *watch = NULL;
	reg_key machine;
	reg_key user;

	make_classes(host, &machine, &user);
	assert_lstatus(registry_watch(watcher, "HKCR\\.both", false, REGISTRY_NOTIFY_ALL, &watch),
	    ERROR_SUCCESS);
	registry_set_dword(host->registry, user, "v", 1);
	assert_true(registry_watch_drain(watcher));
	assert_true(registry_watch_taken(watch));
	registry_set_dword(host->registry, machine, "v", 1);
	assert_true(registry_watch_drain(watcher));
	assert_true(registry_watch_taken(watch));
	registry_set_dword(host->registry, machine, "v", 2);
	registry_set_dword(host->registry, user, "v", 2);
	assert_true(registry_watch_drain(watcher));
	assert_true(registry_watch_taken(watch));
	assert_false(registry_watch_taken(watch));
	registry_unwatch(watcher, watch);
	assert_int_equal(registry_watch_fd(watcher), -1);
	registry_close(watcher);
}

static void
a_value_goes_where_the_class_is_and_a_new_class_to_the_machine(void **state)
{
	struct host *host = *state;
	reg_key machine;
	reg_key user;
	reg_key merged;
	reg_key made;
	bool created = false;

	make_classes(host, &machine, &user);
	open_path(host->registry, "HKCR\\.both", 0, &merged);
	registry_set_dword(host->registry, merged, "new", 5);
	assert_int_equal(host_dword(host->registry, user, "new"), 5);
	assert_lstatus(registry_delete_value(host->registry, merged, "machine"), ERROR_SUCCESS);
	assert_lstatus(registry_query_value(host->registry, machine, "machine", NULL, NULL),
	    ERROR_FILE_NOT_FOUND);
	assert_lstatus(
	    registry_create_key(host->registry, NULL, "HKCR\\.fresh", 0, &made, &created),
	    ERROR_SUCCESS);
	assert_true(created);
	assert_key_path(host->registry, made, "HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\.fresh");
	assert_lstatus(registry_create_key(host->registry, NULL, "HKCR\\.both", 0, &made, &created),
	    ERROR_SUCCESS);
	assert_false(created);
	assert_int_equal(made.id, user.id);
}

static void
a_subkey_of_a_merged_class_is_merged_too(void **state)
{
	struct host *host = *state;
	reg_key machine = host_key(host->registry, "HKLM\\SOFTWARE\\Classes\\.deep\\a");
	reg_key user = host_key(host->registry, "HKCU\\Software\\Classes\\.deep\\a");
	struct reg_key_list keys = { 0 };
	reg_key merged;
	reg_key sub = { .id = POISON };

	open_path(host->registry, "HKCR\\.deep", 0, &merged);
	assert_lstatus(registry_open_key(host->registry, &merged, "A", 0, &sub), ERROR_SUCCESS);
	assert_int_equal(sub.id, user.id);
	assert_int_equal(sub.below, machine.id);
	assert_lstatus(registry_list_keys(host->registry, merged, &keys), ERROR_SUCCESS);
	assert_int_equal(keys.count, 1);
	assert_int_equal(keys.entries[0].key.below, machine.id);
	reg_key_list_release(&keys);
}

/* --- The 32-bit view
 * ------------------------------------------------------------------------------ */

static void
the_32_bit_view_of_software_is_a_key_below_it(void **state)
{
	static const struct {
		const char *path;
		const char *expected;
	} cases[] = {
		{ "HKLM\\SOFTWARE\\Vendor", "HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Vendor" },
		{ "HKLM\\SOFTWARE\\WOW6432Node\\V",
		    "HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\V" },
		{ "HKLM\\SOFTWARE\\Policies\\P", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\P" },
		{ "HKLM\\SOFTWARE\\PoliciesX",
		    "HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\PoliciesX" },
		{ "HKLM\\SOFTWARE\\Classes\\.x", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\.x" },
		{ "HKLM\\SOFTWARE\\Classes\\CLSID\\{x}",
		    "HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Classes\\CLSID\\{x}" },
		{ "HKLM\\SYSTEM\\Vendor", "HKEY_LOCAL_MACHINE\\SYSTEM\\Vendor" },
	};
	struct host *host = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		reg_key made = { .id = POISON };
		reg_key found;

		assert_lstatus(registry_create_key(host->registry, NULL, cases[i].path,
		                   REGISTRY_WOW64_32, &made, NULL),
		    ERROR_SUCCESS);
		assert_key_path(host->registry, made, cases[i].expected);
		assert_lstatus(open_path(host->registry, cases[i].path, REGISTRY_WOW64_32, &found),
		    ERROR_SUCCESS);
		assert_int_equal(found.id, made.id);
	}
}

/* --- Names
 * ---------------------------------------------------------------------------------------- */

static void
a_name_may_hold_the_byte_that_separates_stored_paths(void **state)
{
	struct host *host = *state;
	reg_key made = host_key(host->registry, "HKLM\\SOFTWARE\\a\x01"
	                                        "b\\c");
	struct reg_key_list keys = { 0 };
	struct reg_key_info info = { 0 };
	reg_key parent;
	reg_key found;

	assert_lstatus(open_path(host->registry,
	                   "HKLM\\SOFTWARE\\A\x01"
	                   "B\\C",
	                   0, &found),
	    ERROR_SUCCESS);
	assert_int_equal(found.id, made.id);
	assert_lstatus(
	    open_path(host->registry, "HKLM\\SOFTWARE\\a\\b", 0, &found), ERROR_FILE_NOT_FOUND);
	assert_lstatus(open_path(host->registry,
	                   "HKLM\\SOFTWARE\\a\xc0\x81"
	                   "b",
	                   0, &parent),
	    ERROR_SUCCESS);
	assert_lstatus(registry_list_keys(host->registry, parent, &keys), ERROR_SUCCESS);
	assert_int_equal(keys.count, 1);
	reg_key_list_release(&keys);
	assert_lstatus(registry_query_info(host->registry, parent, &info), ERROR_SUCCESS);
	assert_int_equal(info.subkeys, 1);
}

/* --- Rename, copy
 * --------------------------------------------------------------------------------- */

static void
a_renamed_key_keeps_all_below_it(void **state)
{
	struct host *host = *state;
	reg_key deep = host_key(host->registry, "HKLM\\SOFTWARE\\Old\\\xc3\xa4\\c");
	reg_key key;
	reg_key found;

	registry_set_dword(host->registry, deep, "v", 7);
	open_path(host->registry, "HKLM\\SOFTWARE\\Old", 0, &key);
	assert_lstatus(registry_rename_key(host->registry, key, "N\xc3\xa9w"), ERROR_SUCCESS);
	assert_lstatus(
	    open_path(host->registry, "HKLM\\SOFTWARE\\n\xc3\x89W\\\xc3\x84\\C", 0, &found),
	    ERROR_SUCCESS);
	assert_int_equal(found.id, deep.id);
	assert_int_equal(host_dword(host->registry, found, "v"), 7);
	assert_key_path(
	    host->registry, deep, "HKEY_LOCAL_MACHINE\\SOFTWARE\\N\xc3\xa9w\\\xc3\xa4\\c");
	assert_lstatus(
	    open_path(host->registry, "HKLM\\SOFTWARE\\Old", 0, &found), ERROR_FILE_NOT_FOUND);
	/* Another case of the same name is a rename as well. */
	assert_lstatus(registry_rename_key(host->registry, key, "N\xc3\x89W"), ERROR_SUCCESS);
	assert_key_path(host->registry, key, "HKEY_LOCAL_MACHINE\\SOFTWARE\\N\xc3\x89W");
}

static void
a_rename_is_refused_where_it_cannot_be(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, "HKLM\\SOFTWARE\\One");
	reg_key root;
	char name[REG_KEY_NAME_MAX + 2];

	host_key(host->registry, "HKLM\\SOFTWARE\\Two");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_lstatus(registry_rename_key(host->registry, key, "TWO"), ERROR_ALREADY_EXISTS);
	assert_lstatus(registry_rename_key(host->registry, key, ""), ERROR_INVALID_PARAMETER);
	assert_lstatus(registry_rename_key(host->registry, key, "a\\b"), ERROR_INVALID_PARAMETER);
	assert_lstatus(registry_rename_key(host->registry, key, name), ERROR_INVALID_PARAMETER);
	open_path(host->registry, "HKLM\\SOFTWARE", 0, &root);
	assert_lstatus(registry_rename_key(host->registry, root, "S"), ERROR_ACCESS_DENIED);
	assert_key_path(host->registry, key, "HKEY_LOCAL_MACHINE\\SOFTWARE\\One");
}

static void
a_copied_tree_is_equal_and_apart(void **state)
{
	struct host *host = *state;
	reg_key from = host_key(host->registry, "HKLM\\SOFTWARE\\From");
	reg_key deep = host_key(host->registry, "HKLM\\SOFTWARE\\From\\a\\b");
	reg_key to = host_key(host->registry, "HKLM\\SOFTWARE\\To");
	reg_key copy;

	registry_set_dword(host->registry, deep, "v", 1);
	assert_lstatus(registry_copy_tree(host->registry, from, to), ERROR_SUCCESS);
	assert_lstatus(
	    open_path(host->registry, "HKLM\\SOFTWARE\\To\\a\\b", 0, &copy), ERROR_SUCCESS);
	assert_int_equal(host_dword(host->registry, copy, "v"), 1);
	registry_set_dword(host->registry, deep, "v", 2);
	assert_int_equal(host_dword(host->registry, copy, "v"), 1);
}

static void
a_copied_link_is_a_link(void **state)
{
	struct host *host = *state;
	reg_key from = host_key(host->registry, "HKLM\\SOFTWARE\\Links");
	reg_key to = host_key(host->registry, "HKLM\\SOFTWARE\\Copies");
	reg_key target = host_key(host->registry, "HKLM\\SOFTWARE\\Target");
	struct reg_key_info info = { 0 };
	reg_key link = { .id = POISON };
	reg_key found;

	assert_lstatus(
	    registry_create_key(host->registry, &from, "link", REGISTRY_CREATE_LINK, &link, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(registry_set_text(host->registry, link, "SymbolicLinkValue", REG_LINK,
	                   "\\Registry\\Machine\\SOFTWARE\\Target"),
	    ERROR_SUCCESS);
	assert_lstatus(registry_copy_tree(host->registry, from, to), ERROR_SUCCESS);
	assert_lstatus(
	    open_path(host->registry, "HKLM\\SOFTWARE\\Copies\\link", 0, &found), ERROR_SUCCESS);
	assert_int_equal(found.id, target.id);
	assert_lstatus(
	    open_path(host->registry, "HKLM\\SOFTWARE\\Copies\\link", REGISTRY_OPEN_LINK, &found),
	    ERROR_SUCCESS);
	assert_lstatus(registry_query_info(host->registry, found, &info), ERROR_SUCCESS);
	assert_int_equal(info.flags & REGISTRY_CREATE_LINK, REGISTRY_CREATE_LINK);
}

static void
a_tree_can_be_copied_below_itself(void **state)
{
	struct host *host = *state;
	reg_key from = host_key(host->registry, "HKLM\\SOFTWARE\\Self");
	reg_key to = host_key(host->registry, "HKLM\\SOFTWARE\\Self\\inner");
	reg_key found;

	host_key(host->registry, "HKLM\\SOFTWARE\\Self\\other");
	assert_lstatus(registry_copy_tree(host->registry, from, to), ERROR_SUCCESS);
	assert_lstatus(open_path(host->registry, "HKLM\\SOFTWARE\\Self\\inner\\other", 0, &found),
	    ERROR_SUCCESS);
}

/* --- Class, security, sizes
 * ------------------------------------------------------------------------- */

static void
class_and_security_are_kept_as_given(void **state)
{
	static const uint8_t class[] = { 'C', 0, 'l', 0 };
	static const uint8_t descriptor[] = { 1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0 };
	struct host *host = *state;
	reg_key key = host_key(host->registry, "HKLM\\SOFTWARE\\Classy");
	reg_key parent;
	struct reg_key_info info = { 0 };
	struct buf data = { 0 };

	assert_lstatus(registry_query_class(host->registry, key, &data), ERROR_SUCCESS);
	assert_int_equal(data.size, 0);
	assert_lstatus(
	    registry_set_class(host->registry, key, class, sizeof(class)), ERROR_SUCCESS);
	assert_lstatus(registry_query_class(host->registry, key, &data), ERROR_SUCCESS);
	assert_int_equal(data.size, sizeof(class));
	assert_memory_equal(data.data, class, sizeof(class));
	buf_clear(&data);
	assert_lstatus(registry_set_security(host->registry, key, descriptor, sizeof(descriptor)),
	    ERROR_SUCCESS);
	assert_lstatus(registry_query_security(host->registry, key, &data), ERROR_SUCCESS);
	assert_int_equal(data.size, sizeof(descriptor));
	assert_memory_equal(data.data, descriptor, sizeof(descriptor));
	buf_release(&data);
	open_path(host->registry, "HKLM\\SOFTWARE", 0, &parent);
	assert_lstatus(registry_query_info(host->registry, parent, &info), ERROR_SUCCESS);
	assert_int_equal(info.max_class_size, sizeof(class));
	assert_lstatus(
	    registry_set_security(host->registry, key, NULL, 0), ERROR_INVALID_PARAMETER);
}

static uint32_t
flags_of(struct host *host, reg_key key)
{
	uint32_t flags = UINT32_MAX;

	assert_lstatus(registry_query_flags(host->registry, key, &flags), ERROR_SUCCESS);
	return flags;
}

static void
virtualization_flags_are_kept_beside_the_others(void **state)
{
	struct host *host = *state;
	reg_key key;
	struct reg_key_info info = { 0 };
	uint64_t before = 0;
	uint64_t after = 0;
	uint32_t flags = UINT32_MAX;

	assert_lstatus(registry_create_key(host->registry, NULL, "HKLM\\SOFTWARE\\Flags",
	                   REGISTRY_VOLATILE, &key, NULL),
	    ERROR_SUCCESS);
	assert_int_equal(flags_of(host, key), 0);
	assert_lstatus(registry_write_number(host->registry, &before), ERROR_SUCCESS);
	assert_lstatus(registry_set_flags(host->registry, key, REGISTRY_KEY_FLAGS), ERROR_SUCCESS);
	assert_lstatus(registry_write_number(host->registry, &after), ERROR_SUCCESS);
	assert_int_equal(after, before + 1);
	assert_int_equal(flags_of(host, key), REGISTRY_KEY_FLAGS);
	assert_lstatus(registry_query_info(host->registry, key, &info), ERROR_SUCCESS);
	assert_int_equal(info.flags, REGISTRY_VOLATILE);
	assert_lstatus(
	    registry_set_flags(host->registry, key, REGISTRY_KEY_DONT_SILENT_FAIL), ERROR_SUCCESS);
	assert_int_equal(flags_of(host, key), REGISTRY_KEY_DONT_SILENT_FAIL);
	assert_lstatus(registry_set_flags(host->registry, key, 1), ERROR_INVALID_PARAMETER);
	assert_lstatus(registry_set_flags(host->registry, key, 16), ERROR_INVALID_PARAMETER);
	assert_int_equal(flags_of(host, key), REGISTRY_KEY_DONT_SILENT_FAIL);
	assert_lstatus(registry_set_flags(host->registry, key, 0), ERROR_SUCCESS);
	assert_int_equal(flags_of(host, key), 0);
	assert_lstatus(registry_boot(host->registry), ERROR_SUCCESS);
	assert_lstatus(registry_query_flags(host->registry, key, &flags), ERROR_KEY_DELETED);
	assert_lstatus(registry_set_flags(host->registry, key, 0), ERROR_KEY_DELETED);
}

static void
new_subkeys_get_flags_that_recurse(void **state)
{
	struct host *host = *state;
	reg_key parent = host_key(host->registry, "HKLM\\SOFTWARE\\Flags");
	reg_key old = host_key(host->registry, "HKLM\\SOFTWARE\\Flags\\Old");
	reg_key single;
	reg_key deep;

	assert_lstatus(registry_set_flags(host->registry, parent, REGISTRY_KEY_DONT_VIRTUALIZE),
	    ERROR_SUCCESS);
	single = host_key(host->registry, "HKLM\\SOFTWARE\\Flags\\Single");
	assert_int_equal(flags_of(host, single), 0);
	assert_lstatus(registry_set_flags(host->registry, parent,
	                   REGISTRY_KEY_DONT_VIRTUALIZE | REGISTRY_KEY_RECURSE_FLAG),
	    ERROR_SUCCESS);
	deep = host_key(host->registry, "HKLM\\SOFTWARE\\Flags\\New\\Deep");
	assert_int_equal(
	    flags_of(host, deep), REGISTRY_KEY_DONT_VIRTUALIZE | REGISTRY_KEY_RECURSE_FLAG);
	assert_int_equal(flags_of(host, old), 0);
	assert_int_equal(flags_of(host, single), 0);
	assert_lstatus(registry_set_flags(host->registry, parent, 0), ERROR_SUCCESS);
	assert_int_equal(
	    flags_of(host, deep), REGISTRY_KEY_DONT_VIRTUALIZE | REGISTRY_KEY_RECURSE_FLAG);
}

static void
sizes_are_those_of_the_longest(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, "HKLM\\SOFTWARE\\Sizes");
	struct reg_key_info info = { 0 };

	host_key(host->registry, "HKLM\\SOFTWARE\\Sizes\\ab");
	host_key(host->registry, "HKLM\\SOFTWARE\\Sizes\\\xf0\x90\x90\x80"
	                         "abc");
	registry_set_text(host->registry, key, "name", REG_SZ, "12345");
	registry_set_dword(host->registry, key, "\xc3\xa4", 1);
	assert_lstatus(registry_query_info(host->registry, key, &info), ERROR_SUCCESS);
	assert_int_equal(info.subkeys, 2);
	assert_int_equal(info.values, 2);
	assert_int_equal(info.max_subkey_units, 5);
	assert_int_equal(info.max_value_units, 4);
	assert_int_equal(info.max_data_size, 12);
}

#define HOST_TEST(function) cmocka_unit_test_setup_teardown(function, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(the_current_user_is_a_hive_of_users),
		HOST_TEST(the_current_config_lies_in_the_current_control_set),
		HOST_TEST(the_users_classes_are_reached_through_software),
		HOST_TEST(a_users_class_lies_over_the_machines),
		HOST_TEST(who_wrote_a_value_that_shows_through_is_told),
		HOST_TEST(a_watch_on_a_class_sees_the_users_and_the_machines),
		HOST_TEST(a_value_goes_where_the_class_is_and_a_new_class_to_the_machine),
		HOST_TEST(a_subkey_of_a_merged_class_is_merged_too),
		HOST_TEST(the_32_bit_view_of_software_is_a_key_below_it),
		HOST_TEST(a_name_may_hold_the_byte_that_separates_stored_paths),
		HOST_TEST(a_renamed_key_keeps_all_below_it),
		HOST_TEST(a_rename_is_refused_where_it_cannot_be),
		HOST_TEST(a_copied_tree_is_equal_and_apart),
		HOST_TEST(a_copied_link_is_a_link),
		HOST_TEST(a_tree_can_be_copied_below_itself),
		HOST_TEST(class_and_security_are_kept_as_given),
		HOST_TEST(virtualization_flags_are_kept_beside_the_others),
		HOST_TEST(new_subkeys_get_flags_that_recurse),
		HOST_TEST(sizes_are_those_of_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
