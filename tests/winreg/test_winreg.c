/*
 * Keys and values through winreg.h: return codes, buffers, both character sets.
 */
#include "tests/winreg/common.h"

#include <sys/wait.h>
#include <unistd.h>

/* --- Open and create -------------------------------------------------------------------------- */

static void
opening_says_what_is_wrong(void **state)
{
	HKEY key = POISON_KEY;

	FAILS(ERROR_INVALID_PARAMETER, RegOpenKeyExW(*state, L"x", 0, KEY_READ, NULL));
	FAILS(ERROR_INVALID_PARAMETER, RegOpenKeyExW(*state, L"x", 0x100, KEY_READ, &key));
	FAILS(ERROR_INVALID_HANDLE, RegOpenKeyExW(NULL, L"x", 0, KEY_READ, &key));
	FAILS(
	    ERROR_INVALID_HANDLE, RegOpenKeyExW((HKEY)(ULONG_PTR)0xBEEF, L"x", 0, KEY_READ, &key));
	assert_ptr_equal(key, POISON_KEY);
	FAILS(ERROR_FILE_NOT_FOUND, RegOpenKeyExW(*state, L"x", 0, KEY_READ, &key));
	assert_null(key);
	FAILS(ERROR_FILE_NOT_FOUND, RegOpenKeyExA(*state, "x\\y", 0, KEY_READ, &key));
	FAILS(ERROR_BAD_PATHNAME,
	    RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"\\SOFTWARE", 0, KEY_READ, &key));
	FAILS(ERROR_ACCESS_DENIED, RegOpenKeyExW(*state, L"", 0, 0, &key));
	FAILS(ERROR_FILE_NOT_FOUND, RegOpenKeyW(*state, L"x", &key));
	FAILS(ERROR_INVALID_PARAMETER, RegOpenKeyW(*state, L"x", NULL));
	FAILS(ERROR_INVALID_PARAMETER, RegOpenKeyA(*state, NULL, NULL));
}

static void
an_empty_name_is_the_key_itself(void **state)
{
	HKEY key = POISON_KEY;

	OK(RegOpenKeyExW(*state, NULL, 0, KEY_READ, &key));
	assert_ptr_not_equal(key, *state);
	OK(RegCloseKey(key));
	OK(RegOpenKeyExA(*state, "", 0, KEY_READ, &key));
	OK(RegCloseKey(key));
	OK(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"", 0, KEY_READ, &key));
	assert_ptr_equal(key, HKEY_LOCAL_MACHINE);
	OK(RegOpenKeyA(*state, "", &key));
	assert_ptr_equal(key, *state);
	OK(RegCreateKeyW(*state, NULL, &key));
	assert_ptr_equal(key, *state);
	FAILS(ERROR_INVALID_HANDLE, RegOpenKeyW((HKEY)(ULONG_PTR)0xBEEC, NULL, &key));
	OK(RegCreateKeyExW(*state, L"", 0, NULL, 0, KEY_READ, NULL, &key, NULL));
	OK(RegCloseKey(key));
}

static void
creating_tells_whether_it_did(void **state)
{
	HKEY key = POISON_KEY;
	DWORD disposition = POISON_NUMBER;

	OK(RegCreateKeyExW(*state, L"a\\b", 0, NULL, 0, KEY_READ, NULL, &key, &disposition));
	assert_int_equal(disposition, REG_CREATED_NEW_KEY);
	OK(RegCloseKey(key));
	disposition = POISON_NUMBER;
	OK(RegCreateKeyExA(*state, "A\\B", 0, NULL, 0, KEY_READ, NULL, &key, &disposition));
	assert_int_equal(disposition, REG_OPENED_EXISTING_KEY);
	OK(RegCloseKey(key));
	OK(RegCreateKeyA(*state, "a\\c", &key));
	OK(RegCloseKey(key));
	OK(RegOpenKeyA(*state, "A\\C", &key));
	OK(RegCloseKey(key));
}

static void
creating_says_what_is_wrong(void **state)
{
	WCHAR longest[REG_KEY_NAME_MAX + 2];
	HKEY key = POISON_KEY;

	for (size_t i = 0; i < REG_KEY_NAME_MAX + 1; i++)
		longest[i] = L'n';
	longest[REG_KEY_NAME_MAX + 1] = 0;
	FAILS(ERROR_BADKEY, RegCreateKeyExW(*state, NULL, 0, NULL, 0, KEY_READ, NULL, &key, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegCreateKeyExW(*state, L"x", 1, NULL, 0, KEY_READ, NULL, &key, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegCreateKeyExW(*state, L"x", 0, NULL, 0, KEY_READ, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegCreateKeyExW(*state, L"x", 0, NULL, 0x4000, KEY_READ, NULL, &key, NULL));
	FAILS(ERROR_INVALID_HANDLE,
	    RegCreateKeyExW(NULL, L"x", 0, NULL, 0, KEY_READ, NULL, &key, NULL));
	assert_ptr_equal(key, POISON_KEY);
	FAILS(ERROR_INVALID_PARAMETER,
	    RegCreateKeyExW(*state, longest, 0, NULL, 0, KEY_READ, NULL, &key, NULL));
	longest[REG_KEY_NAME_MAX] = 0;
	OK(RegCreateKeyExW(*state, longest, 0, NULL, 0, KEY_READ, NULL, &key, NULL));
	OK(RegCloseKey(key));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"New", 0, NULL, 0, KEY_READ, NULL, &key, NULL));
}

static void
a_volatile_key_has_volatile_children_only(void **state)
{
	HKEY key = POISON_KEY;
	HKEY child = POISON_KEY;

	OK(RegCreateKeyExW(
	    *state, L"v", 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL, &key, NULL));
	FAILS(ERROR_CHILD_MUST_BE_VOLATILE,
	    RegCreateKeyExW(key, L"c", 0, NULL, 0, KEY_READ, NULL, &child, NULL));
	OK(RegCreateKeyExW(key, L"c", 0, NULL, REG_OPTION_VOLATILE, KEY_READ, NULL, &child, NULL));
	OK(RegCloseKey(child));
	OK(RegCloseKey(key));
}

static void
a_link_leads_to_its_target(void **state)
{
	static const WCHAR target[] = L"\\Registry\\Machine\\SOFTWARE\\Test\\target";
	struct out out = poisoned(sizeof(out.data));
	HKEY place = subkey(*state, L"target");
	HKEY link = POISON_KEY;

	set_dword(place, L"n", 7);
	OK(RegCloseKey(place));
	OK(RegCreateKeyExW(
	    *state, L"link", 0, NULL, REG_OPTION_CREATE_LINK, KEY_ALL_ACCESS, NULL, &link, NULL));
	FAILS(ERROR_ACCESS_DENIED, RegSetValueExW(link, L"other", 0, REG_LINK, (const BYTE *)target,
	                               sizeof(target) - sizeof(WCHAR)));
	set_bytes(link, L"SymbolicLinkValue", REG_LINK, target, sizeof(target) - sizeof(WCHAR));
	OK(RegCloseKey(link));
	OK(RegGetValueW(*state, L"link", L"n", RRF_RT_REG_DWORD, NULL, out.data, &out.size));
	assert_int_equal(out.data[0], 7);
	FAILS(ERROR_ALREADY_EXISTS, RegCreateKeyExW(*state, L"link", 0, NULL,
	                                REG_OPTION_CREATE_LINK, KEY_READ, NULL, &link, NULL));
	OK(RegOpenKeyExW(*state, L"link", REG_OPTION_OPEN_LINK, KEY_READ, &link));
	out = poisoned(sizeof(out.data));
	OK(RegQueryValueExW(link, L"SymbolicLinkValue", NULL, &out.type, out.data, &out.size));
	assert_int_equal(out.type, REG_LINK);
	assert_int_equal(out.size, sizeof(target) - sizeof(WCHAR));
	OK(RegCloseKey(link));
	OK(RegDeleteKeyW(*state, L"link"));
	OK(RegOpenKeyExW(*state, L"target", 0, KEY_READ, &place));
	OK(RegCloseKey(place));
}

/* --- Query ------------------------------------------------------------------------------------ */

static void
querying_follows_the_rules_of_buffers(void **state)
{
	struct out out = poisoned(sizeof(out.data));

	set_wide(*state, L"s", REG_SZ, L"abc");
	FAILS(ERROR_FILE_NOT_FOUND,
	    RegQueryValueExW(*state, L"none", NULL, &out.type, out.data, &out.size));
	assert_poison(&out, 0);
	FAILS(ERROR_INVALID_PARAMETER, RegQueryValueExW(*state, L"s", &out.size, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER, RegQueryValueExW(*state, L"s", NULL, NULL, out.data, NULL));
	OK(RegQueryValueExW(*state, L"s", NULL, NULL, NULL, NULL));
	out.size = 0;
	OK(RegQueryValueExW(*state, L"S", NULL, &out.type, NULL, &out.size));
	assert_int_equal(out.size, 8);
	assert_int_equal(out.type, REG_SZ);
	out = poisoned(7);
	FAILS(
	    ERROR_MORE_DATA, RegQueryValueExW(*state, L"s", NULL, &out.type, out.data, &out.size));
	assert_int_equal(out.size, 8);
	assert_int_equal(out.type, REG_SZ);
	assert_poison(&out, 0);
	out.size = 8;
	OK(RegQueryValueExW(*state, L"s", NULL, NULL, out.data, &out.size));
	assert_memory_equal(out.data, L"abc", 8);
	assert_poison(&out, 8);
}

static void
the_ansi_query_counts_bytes_of_the_code_page(void **state)
{
	static const WCHAR text[] = { 0x20AC, 'x', 0xE9, 0x4E00, 0 };
	static const char ansi[] = "\x80x\xE9?";
	struct out out = poisoned(4);

	set_bytes(*state, L"s", REG_SZ, text, sizeof(text));
	FAILS(ERROR_MORE_DATA, RegQueryValueExA(*state, "s", NULL, &out.type, out.data, &out.size));
	assert_int_equal(out.size, 5);
	assert_poison(&out, 0);
	OK(RegQueryValueExA(*state, "s", NULL, NULL, NULL, &out.size));
	assert_int_equal(out.size, 5);
	OK(RegQueryValueExA(*state, "s", NULL, NULL, out.data, &out.size));
	assert_memory_equal(out.data, ansi, sizeof(ansi));
	assert_poison(&out, 5);
	/* Data that are no text are not converted. */
	set_bytes(*state, L"b", REG_BINARY, text, sizeof(text));
	out = poisoned(sizeof(out.data));
	OK(RegQueryValueExA(*state, "b", NULL, &out.type, out.data, &out.size));
	assert_int_equal(out.size, sizeof(text));
	assert_memory_equal(out.data, text, sizeof(text));
}

static void
text_without_a_terminator_gets_one_if_there_is_room(void **state)
{
	static const BYTE bytes[] = { 'a', 0, 'b', 0, 'x', 'x' };
	struct out out = poisoned(4);

	OK(RegSetValueExW(*state, L"s", 0, REG_SZ, bytes, 4));
	OK(RegQueryValueExW(*state, L"s", NULL, NULL, out.data, &out.size));
	assert_int_equal(out.size, 4);
	assert_poison(&out, 4);
	out = poisoned(6);
	OK(RegQueryValueExW(*state, L"s", NULL, NULL, out.data, &out.size));
	assert_int_equal(out.size, 4);
	assert_int_equal(out.data[4] | out.data[5], 0);
	assert_poison(&out, 6);
	out = poisoned(3);
	OK(RegQueryValueExA(*state, "s", NULL, NULL, out.data, &out.size));
	assert_int_equal(out.size, 2);
	assert_int_equal(out.data[2], 0);
	assert_poison(&out, 3);
	set_bytes(*state, L"e", REG_SZ, NULL, 0);
	out = poisoned(sizeof(out.data));
	OK(RegQueryValueExW(*state, L"e", NULL, &out.type, out.data, &out.size));
	assert_int_equal(out.size, 0);
}

static void
the_unnamed_value_has_a_call_of_its_own(void **state)
{
	struct out out = poisoned(sizeof(out.data));
	LONG size = sizeof(out.data);

	OK(RegQueryValueW(*state, NULL, (LPWSTR)(void *)out.data, &size));
	assert_int_equal(size, 2);
	assert_int_equal(out.data[0] | out.data[1], 0);
	OK(RegSetValueW(*state, NULL, REG_SZ, L"main", 3));
	OK(RegSetValueA(*state, "sub", REG_SZ, "below", 0));
	FAILS(ERROR_INVALID_PARAMETER, RegSetValueW(*state, NULL, REG_BINARY, L"x", 2));
	FAILS(ERROR_INVALID_PARAMETER, RegSetValueA(*state, NULL, REG_SZ, NULL, 0));
	size = 4;
	FAILS(ERROR_MORE_DATA, RegQueryValueW(*state, NULL, (LPWSTR)(void *)out.data, &size));
	assert_int_equal(size, 10);
	OK(RegQueryValueW(*state, NULL, (LPWSTR)(void *)out.data, &size));
	assert_memory_equal(out.data, L"main", 10);
	size = sizeof(out.data);
	OK(RegQueryValueA(*state, "sub", (LPSTR)out.data, &size));
	assert_int_equal(size, 6);
	assert_string_equal((const char *)out.data, "below");
	OK(RegQueryValueA(*state, "sub", NULL, &size));
	assert_int_equal(size, 6);
	FAILS(ERROR_FILE_NOT_FOUND, RegQueryValueA(*state, "none", NULL, &size));
	FAILS(ERROR_INVALID_PARAMETER, RegQueryValueA(*state, "sub", (LPSTR)out.data, NULL));
	set_dword(*state, NULL, 1);
	FAILS(ERROR_INVALID_DATA, RegQueryValueW(*state, NULL, NULL, &size));
}

static void
several_values_come_at_once(void **state)
{
	WCHAR first[] = L"one";
	WCHAR second[] = L"two";
	VALENTW entries[2] = { { first, 0, 0, 0 }, { second, 0, 0, 0 } };
	struct out out = poisoned(8);

	set_wide(*state, first, REG_SZ, L"a\0");
	set_dword(*state, second, 5);
	FAILS(ERROR_MORE_DATA,
	    RegQueryMultipleValuesW(*state, entries, 2, (LPWSTR)(void *)out.data, &out.size));
	assert_int_equal(out.size, 12);
	OK(RegQueryMultipleValuesW(*state, entries, 2, (LPWSTR)(void *)out.data, &out.size));
	assert_int_equal(entries[0].ve_valuelen, 6);
	assert_int_equal(entries[0].ve_type, REG_SZ);
	assert_int_equal(entries[1].ve_type, REG_DWORD);
	assert_int_equal(entries[1].ve_valueptr, (DWORD_PTR)out.data + 8);
	assert_int_equal(*(const BYTE *)entries[1].ve_valueptr, 5);
	assert_poison(&out, 12);
	second[0] = 'x';
	FAILS(ERROR_FILE_NOT_FOUND,
	    RegQueryMultipleValuesW(*state, entries, 2, (LPWSTR)(void *)out.data, &out.size));
	FAILS(ERROR_INVALID_PARAMETER, RegQueryMultipleValuesW(*state, entries, 2, NULL, NULL));
}

#define TOGETHER 32 /* values */
#define ROUNDS   300

/* Give all values the same number, and then all the next. */
static int
write_together(void)
{
	for (DWORD number = 1; number <= ROUNDS; number++) {
		HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);
		HKEY key;
		LSTATUS code = RegOpenKeyTransactedW(
		    HKEY_LOCAL_MACHINE, TEST_PATH, 0, KEY_SET_VALUE, &key, transaction, NULL);

		for (WCHAR name[2] = L"A"; code == 0 && name[0] < 'A' + TOGETHER; name[0]++)
			code = RegSetValueExW(
			    key, name, 0, REG_DWORD, (const BYTE *)&number, sizeof(number));
		if (code != 0 || !CommitTransaction(transaction))
			return 1;
		RegCloseKey(key);
		CloseHandle(transaction);
	}
	return 0;
}

static void
several_values_are_of_one_moment(void **state)
{
	WCHAR names[TOGETHER][2] = { { 0 } };
	VALENTW entries[TOGETHER] = { { 0 } };
	DWORD numbers[TOGETHER] = { 0 };
	int status = -1;
	pid_t child;

	for (unsigned i = 0; i < TOGETHER; i++) {
		names[i][0] = (WCHAR)('A' + i);
		entries[i].ve_valuename = names[i];
		set_dword(*state, names[i], 0);
	}
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(write_together());
	while (waitpid(child, &status, WNOHANG) == 0) {
		DWORD size = sizeof(numbers);

		OK(RegQueryMultipleValuesW(
		    *state, entries, TOGETHER, (LPWSTR)(void *)numbers, &size));
		for (unsigned i = 1; i < TOGETHER; i++)
			assert_int_equal(numbers[i], numbers[0]);
	}
	assert_int_equal(status, 0);
}

/* --- Set and delete --------------------------------------------------------------------------- */

static DWORD
stored_size(HKEY key, const WCHAR *name)
{
	DWORD size = POISON_NUMBER;

	OK(RegQueryValueExW(key, name, NULL, NULL, NULL, &size));
	return size;
}

static void
setting_takes_the_terminator_that_follows(void **state)
{
	OK(RegSetValueExW(*state, L"w", 0, REG_SZ, (const BYTE *)L"abc", 6));
	assert_int_equal(stored_size(*state, L"w"), 8);
	OK(RegSetValueExW(*state, L"w", 0, REG_BINARY, (const BYTE *)L"abc", 6));
	assert_int_equal(stored_size(*state, L"w"), 6);
	OK(RegSetValueExA(*state, "a", 0, REG_SZ, (const BYTE *)"abc", 3));
	assert_int_equal(stored_size(*state, L"a"), 8);
	OK(RegSetValueExA(*state, "a", 0, REG_SZ, (const BYTE *)"abc", 2));
	assert_int_equal(stored_size(*state, L"a"), 4);
	OK(RegSetValueExA(*state, "a", 0, REG_SZ, (const BYTE *)"", 1));
	assert_int_equal(stored_size(*state, L"a"), 2);
	OK(RegSetValueExA(*state, "a", 0, REG_SZ, NULL, 0));
	assert_int_equal(stored_size(*state, L"a"), 0);
}

static void
setting_says_what_is_wrong(void **state)
{
	FAILS(ERROR_INVALID_PARAMETER, RegSetValueExW(*state, L"x", 1, REG_DWORD, NULL, 0));
	FAILS(ERROR_NOACCESS, RegSetValueExW(*state, L"x", 0, REG_DWORD, NULL, 4));
	FAILS(ERROR_NOACCESS, RegSetValueExA(*state, "x", 0, REG_SZ, NULL, 4));
	FAILS(ERROR_INVALID_HANDLE, RegSetValueExW(NULL, L"x", 0, REG_NONE, NULL, 0));
	FAILS(ERROR_FILE_NOT_FOUND, RegDeleteValueW(*state, L"x"));
	FAILS(ERROR_FILE_NOT_FOUND, RegDeleteValueA(*state, NULL));
	OK(RegSetValueExW(*state, L"x", 0, 0x12345678, NULL, 0));
	OK(RegDeleteValueA(*state, "X"));
}

static void
a_value_of_a_subkey_is_set_and_deleted_in_one_call(void **state)
{
	struct out out = poisoned(sizeof(out.data));
	DWORD number = 11;

	OK(RegSetKeyValueW(*state, L"p\\q", L"n", REG_DWORD, &number, sizeof(number)));
	OK(RegSetKeyValueA(*state, "p\\q", "s", REG_SZ, "text", 5));
	OK(RegSetKeyValueW(*state, NULL, L"n", REG_DWORD, &number, sizeof(number)));
	OK(RegGetValueA(*state, "p\\q", "s", RRF_RT_REG_SZ, NULL, out.data, &out.size));
	assert_string_equal((const char *)out.data, "text");
	OK(RegDeleteKeyValueW(*state, L"p\\q", L"n"));
	FAILS(ERROR_FILE_NOT_FOUND, RegDeleteKeyValueW(*state, L"p\\q", L"n"));
	FAILS(ERROR_FILE_NOT_FOUND, RegDeleteKeyValueA(*state, "none", "n"));
	OK(RegDeleteKeyValueA(*state, NULL, "n"));
}

static void
a_key_with_subkeys_is_not_deleted(void **state)
{
	HKEY key = subkey(*state, L"d");
	HKEY child = subkey(key, L"c");
	DWORD size = POISON_NUMBER;

	OK(RegCloseKey(child));
	FAILS(ERROR_ACCESS_DENIED, RegDeleteKeyW(*state, L"d"));
	FAILS(ERROR_INVALID_PARAMETER, RegDeleteKeyW(*state, NULL));
	FAILS(ERROR_FILE_NOT_FOUND, RegDeleteKeyA(*state, "none"));
	FAILS(ERROR_INVALID_PARAMETER, RegDeleteKeyExW(*state, L"d", 0, 1));
	OK(RegDeleteKeyA(*state, "D\\C"));
	OK(RegDeleteKeyExW(*state, L"d", KEY_WOW64_64KEY, 0));
	FAILS(ERROR_KEY_DELETED, RegQueryValueExW(key, L"x", NULL, NULL, NULL, &size));
	FAILS(ERROR_KEY_DELETED, RegSetValueExW(key, L"x", 0, REG_NONE, NULL, 0));
	FAILS(ERROR_KEY_DELETED, RegQueryInfoKeyW(key, NULL, NULL, NULL, &size, NULL, NULL, NULL,
	                             NULL, NULL, NULL, NULL));
	OK(RegCloseKey(key));
	key = subkey(*state, L"e");
	OK(RegDeleteKeyW(key, L""));
	OK(RegCloseKey(key));
	FAILS(ERROR_ACCESS_DENIED, RegDeleteKeyW(HKEY_LOCAL_MACHINE, L"SYSTEM"));
}

static void
a_tree_goes_with_or_without_its_top(void **state)
{
	DWORD keys = POISON_NUMBER;
	DWORD values = POISON_NUMBER;
	HKEY key = subkey(*state, L"t");

	OK(RegCloseKey(subkey(key, L"a\\b\\c")));
	set_dword(key, L"v", 1);
	OK(RegDeleteTreeW(key, NULL));
	OK(RegQueryInfoKeyW(
	    key, NULL, NULL, NULL, &keys, NULL, NULL, &values, NULL, NULL, NULL, NULL));
	assert_int_equal(keys + values, 0);
	OK(RegCloseKey(subkey(key, L"a\\b\\c")));
	OK(RegDeleteTreeA(*state, "t"));
	FAILS(ERROR_FILE_NOT_FOUND, RegDeleteTreeA(*state, "t"));
	OK(RegCloseKey(key));
}

static void
trees_are_copied_and_keys_renamed(void **state)
{
	struct out out = poisoned(sizeof(out.data));
	HKEY from = subkey(*state, L"from");
	HKEY to = subkey(*state, L"to");

	OK(RegSetKeyValueA(from, "a\\b", "v", REG_SZ, "deep", 5));
	OK(RegCopyTreeW(*state, L"from", to));
	OK(RegGetValueA(to, "a\\b", "v", RRF_RT_REG_SZ, NULL, out.data, &out.size));
	assert_string_equal((const char *)out.data, "deep");
	FAILS(ERROR_FILE_NOT_FOUND, RegCopyTreeW(*state, L"none", to));
	FAILS(ERROR_INVALID_HANDLE, RegCopyTreeA(*state, "from", NULL));
	OK(RegRenameKey(*state, L"to", L"there"));
	FAILS(ERROR_FILE_NOT_FOUND, RegRenameKey(*state, L"to", L"there"));
	FAILS(ERROR_ACCESS_DENIED, RegRenameKey(*state, L"there", L"from"));
	FAILS(ERROR_INVALID_PARAMETER, RegRenameKey(*state, L"there", NULL));
	FAILS(ERROR_INVALID_PARAMETER, RegRenameKey(*state, L"there", L"a\\b"));
	OK(RegRenameKey(to, NULL, L"again"));
	OK(RegDeleteTreeW(*state, L"again"));
	OK(RegCloseKey(from));
	OK(RegCloseKey(to));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, winreg_setup, winreg_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opening_says_what_is_wrong),
		TEST(an_empty_name_is_the_key_itself),
		TEST(creating_tells_whether_it_did),
		TEST(creating_says_what_is_wrong),
		TEST(a_volatile_key_has_volatile_children_only),
		TEST(a_link_leads_to_its_target),
		TEST(querying_follows_the_rules_of_buffers),
		TEST(the_ansi_query_counts_bytes_of_the_code_page),
		TEST(text_without_a_terminator_gets_one_if_there_is_room),
		TEST(the_unnamed_value_has_a_call_of_its_own),
		TEST(several_values_come_at_once),
		TEST(several_values_are_of_one_moment),
		TEST(setting_takes_the_terminator_that_follows),
		TEST(setting_says_what_is_wrong),
		TEST(a_value_of_a_subkey_is_set_and_deleted_in_one_call),
		TEST(a_key_with_subkeys_is_not_deleted),
		TEST(a_tree_goes_with_or_without_its_top),
		TEST(trees_are_copied_and_keys_renamed),
	};

	return cmocka_run_group_tests(tests, winreg_group_setup, winreg_group_teardown);
}
