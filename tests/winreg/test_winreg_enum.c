/*
 * Enumerations by index, and what a key says of itself.
 */
#include "tests/winreg/common.h"

#include <stdio.h>

static void
subkeys_come_in_order(void **state)
{
	static const WCHAR *const names[] = { L"b", L"A", L"c3" };
	WCHAR name[8];
	char ansi[8];
	DWORD length = 8;
	FILETIME time = { 0, 0 };

	for (size_t i = 0; i < 3; i++)
		OK(RegCloseKey(subkey(*state, names[i])));
	OK(RegEnumKeyExW(*state, 0, name, &length, NULL, NULL, NULL, &time));
	assert_int_equal(length, 1);
	assert_memory_equal(name, L"A", 4);
	assert_int_not_equal(time.dwHighDateTime, 0);
	length = 2;
	name[0] = 0x7777;
	FAILS(ERROR_MORE_DATA, RegEnumKeyExW(*state, 2, name, &length, NULL, NULL, NULL, NULL));
	assert_int_equal(length, 2);
	assert_int_equal(name[0], 0x7777);
	length = 3;
	OK(RegEnumKeyExA(*state, 2, ansi, &length, NULL, NULL, NULL, NULL));
	assert_int_equal(length, 2);
	assert_string_equal(ansi, "c3");
	FAILS(ERROR_NO_MORE_ITEMS, RegEnumKeyExW(*state, 3, name, &length, NULL, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegEnumKeyExW(*state, 0, NULL, &length, NULL, NULL, NULL, NULL));
	FAILS(
	    ERROR_INVALID_PARAMETER, RegEnumKeyExW(*state, 0, name, NULL, NULL, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegEnumKeyExW(*state, 0, name, &length, &length, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegEnumKeyExW(*state, 0, name, &length, NULL, name, NULL, NULL));
	OK(RegEnumKeyW(*state, 1, name, 2));
	assert_memory_equal(name, L"b", 4);
	FAILS(ERROR_MORE_DATA, RegEnumKeyA(*state, 1, ansi, 1));
	FAILS(ERROR_NO_MORE_ITEMS, RegEnumKeyA(*state, 9, ansi, 8));
}

static void
what_is_enumerated_is_what_is_there_now(void **state)
{
	WCHAR name[8];
	DWORD length = 8;

	OK(RegCloseKey(subkey(*state, L"a")));
	OK(RegCloseKey(subkey(*state, L"b")));
	OK(RegEnumKeyExW(*state, 1, name, &length, NULL, NULL, NULL, NULL));
	OK(RegDeleteKeyW(*state, L"a"));
	length = 8;
	FAILS(ERROR_NO_MORE_ITEMS, RegEnumKeyExW(*state, 1, name, &length, NULL, NULL, NULL, NULL));
	OK(RegEnumKeyExW(*state, 0, name, &length, NULL, NULL, NULL, NULL));
	assert_memory_equal(name, L"b", 4);
	while (RegEnumKeyW(*state, 0, name, 8) == ERROR_SUCCESS)
		OK(RegDeleteKeyW(*state, name));
}

static void
values_come_in_the_order_of_their_creation(void **state)
{
	WCHAR name[8];
	struct out out = poisoned(sizeof(out.data));
	DWORD length = 8;

	set_wide(*state, L"zz", REG_SZ, L"foobar");
	set_dword(*state, L"aa", 3);
	set_wide(*state, L"zz", REG_SZ, L"foobaz");
	OK(RegEnumValueW(*state, 0, name, &length, NULL, &out.type, out.data, &out.size));
	assert_int_equal(length, 2);
	assert_memory_equal(name, L"zz", 6);
	assert_int_equal(out.type, REG_SZ);
	assert_int_equal(out.size, 14);
	assert_memory_equal(out.data, L"foobaz", 14);
	length = 8;
	OK(RegEnumValueW(*state, 1, name, &length, NULL, NULL, NULL, NULL));
	assert_memory_equal(name, L"aa", 6);
	FAILS(ERROR_NO_MORE_ITEMS, RegEnumValueW(*state, 2, name, &length, NULL, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegEnumValueW(*state, 0, NULL, &length, NULL, NULL, NULL, NULL));
	FAILS(
	    ERROR_INVALID_PARAMETER, RegEnumValueW(*state, 0, name, NULL, NULL, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegEnumValueW(*state, 0, name, &length, NULL, NULL, out.data, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegEnumValueW(*state, 0, name, &length, &length, NULL, NULL, NULL));
}

static void
an_enumerated_value_that_does_not_fit_is_told_of(void **state)
{
	struct out out = poisoned(2);
	char ansi[8];
	WCHAR name[8];
	DWORD length = 2;

	set_wide(*state, L"Test", REG_SZ, L"foobar");
	memset(ansi, POISON_BYTE, sizeof(ansi));
	FAILS(ERROR_MORE_DATA,
	    RegEnumValueA(*state, 0, ansi, &length, NULL, &out.type, out.data, &out.size));
	assert_int_equal(length, 2);
	assert_int_equal(out.size, 7);
	assert_int_equal(out.type, REG_SZ);
	length = 8;
	out.size = 2;
	FAILS(ERROR_MORE_DATA,
	    RegEnumValueA(*state, 0, ansi, &length, NULL, &out.type, out.data, &out.size));
	assert_int_equal(length, 8);
	assert_int_equal((BYTE)ansi[0], POISON_BYTE);
	assert_poison(&out, 0);
	out.size = 2;
	FAILS(ERROR_MORE_DATA,
	    RegEnumValueW(*state, 0, name, &length, NULL, &out.type, out.data, &out.size));
	assert_int_equal(length, 4);
	assert_memory_equal(name, L"Test", 10);
	assert_int_equal(out.size, 14);
	assert_poison(&out, 0);
	length = 5;
	OK(RegEnumValueA(*state, 0, ansi, &length, NULL, NULL, out.data, &out.size));
	assert_string_equal(ansi, "Test");
	assert_string_equal((const char *)out.data, "foobar");
	assert_int_equal(out.size, 7);
}

static void
a_key_says_what_it_holds(void **state)
{
	WCHAR class[8] = L"";
	WCHAR class_name[] = L"klass";
	char ansi_class[8];
	DWORD length = 8;
	DWORD numbers[7];
	FILETIME time = { 0, 0 };
	HKEY key = POISON_KEY;

	OK(RegCreateKeyExW(*state, L"classy", 0, class_name, 0, KEY_ALL_ACCESS, NULL, &key, NULL));
	set_wide(key, L"value", REG_SZ, L"12");
	OK(RegCloseKey(subkey(key, L"sub")));
	memset(numbers, POISON_BYTE, sizeof(numbers));
	OK(RegQueryInfoKeyW(key, class, &length, NULL, &numbers[0], &numbers[1], &numbers[2],
	    &numbers[3], &numbers[4], &numbers[5], &numbers[6], &time));
	assert_int_equal(length, 5);
	assert_memory_equal(class, L"klass", 12);
	assert_int_equal(numbers[0], 1);
	assert_int_equal(numbers[1], 3);
	assert_int_equal(numbers[2], 0);
	assert_int_equal(numbers[3], 1);
	assert_int_equal(numbers[4], 5);
	assert_int_equal(numbers[5], 6);
	assert_int_not_equal(time.dwHighDateTime, 0);
	length = 5;
	FAILS(ERROR_MORE_DATA, RegQueryInfoKeyA(key, ansi_class, &length, NULL, NULL, NULL, NULL,
	                           NULL, NULL, NULL, NULL, NULL));
	assert_int_equal(length, 5);
	length = 6;
	OK(RegQueryInfoKeyA(
	    key, ansi_class, &length, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
	assert_string_equal(ansi_class, "klass");
	OK(RegQueryInfoKeyW(
	    *state, NULL, NULL, NULL, NULL, NULL, &numbers[2], NULL, NULL, NULL, NULL, NULL));
	assert_int_equal(numbers[2], 5);
	FAILS(ERROR_INVALID_PARAMETER, RegQueryInfoKeyW(key, class, NULL, NULL, NULL, NULL, NULL,
	                                   NULL, NULL, NULL, NULL, NULL));
	OK(RegCloseKey(key));
}

#define MANY 1000

/* Quadratic work would take minutes. */
static void
many_values_are_enumerated_by_index(void **state)
{
	WCHAR wide[16];
	char name[16];
	DWORD length;

	for (DWORD i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "value%u", i);
		OK(RegSetValueExA(*state, name, 0, REG_DWORD, (const BYTE *)&i, sizeof(i)));
	}
	for (DWORD i = 0; i < MANY; i++) {
		DWORD number = POISON_NUMBER;
		DWORD size = sizeof(number);

		length = 16;
		OK(RegEnumValueW(*state, i, wide, &length, NULL, NULL, (BYTE *)&number, &size));
		assert_int_equal(number, i);
	}
	length = 16;
	FAILS(ERROR_NO_MORE_ITEMS,
	    RegEnumValueW(*state, MANY, wide, &length, NULL, NULL, NULL, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, winreg_setup, winreg_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(subkeys_come_in_order),
		TEST(what_is_enumerated_is_what_is_there_now),
		TEST(values_come_in_the_order_of_their_creation),
		TEST(an_enumerated_value_that_does_not_fit_is_told_of),
		TEST(a_key_says_what_it_holds),
		TEST(many_values_are_enumerated_by_index),
	};

	return cmocka_run_group_tests(tests, winreg_group_setup, winreg_group_teardown);
}
