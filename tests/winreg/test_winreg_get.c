/*
 * RegGetValue, environment strings, roots, views, rights, security, transactions, hives.
 */
#include "tests/winreg/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- RegGetValue ------------------------------------------------------------------------------ */

static void
getting_filters_by_type(void **state)
{
	struct out out = poisoned(sizeof(out.data));

	set_dword(*state, L"n", 0x11223344);
	OK(RegGetValueW(*state, NULL, L"n", RRF_RT_REG_DWORD, &out.type, out.data, &out.size));
	assert_int_equal(out.type, REG_DWORD);
	assert_int_equal(out.size, 4);
	assert_poison(&out, 4);
	out = poisoned(sizeof(out.data));
	FAILS(ERROR_UNSUPPORTED_TYPE,
	    RegGetValueW(*state, NULL, L"n", RRF_RT_REG_SZ, &out.type, out.data, &out.size));
	assert_int_equal(out.type, REG_DWORD);
	assert_poison(&out, 0);
	FAILS(ERROR_UNSUPPORTED_TYPE,
	    RegGetValueW(*state, NULL, L"n", RRF_RT_REG_BINARY, NULL, NULL, NULL));
	OK(RegGetValueW(*state, L"", L"n", RRF_RT_ANY, NULL, NULL, NULL));
	FAILS(ERROR_FILE_NOT_FOUND, RegGetValueW(*state, NULL, L"m", RRF_RT_ANY, NULL, NULL, NULL));
	FAILS(
	    ERROR_FILE_NOT_FOUND, RegGetValueW(*state, L"no", L"n", RRF_RT_ANY, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegGetValueW(*state, NULL, L"n", RRF_RT_ANY, NULL, out.data, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegGetValueW(*state, NULL, L"n", RRF_RT_REG_EXPAND_SZ, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegGetValueW(*state, NULL, L"n", RRF_RT_ANY | RRF_WOW64_MASK, NULL, NULL, NULL));
}

static void
binary_data_stand_for_a_number_of_their_size(void **state)
{
	struct out out = poisoned(sizeof(out.data));

	set_bytes(*state, L"four", REG_BINARY, "1234", 4);
	set_bytes(*state, L"eight", REG_BINARY, "12345678", 8);
	OK(RegGetValueW(*state, NULL, L"four", RRF_RT_DWORD, NULL, out.data, &out.size));
	out.size = sizeof(out.data);
	FAILS(ERROR_DATATYPE_MISMATCH,
	    RegGetValueW(*state, NULL, L"eight", RRF_RT_DWORD, NULL, out.data, &out.size));
	out.size = sizeof(out.data);
	OK(RegGetValueA(*state, NULL, "eight", RRF_RT_QWORD, NULL, out.data, &out.size));
	FAILS(ERROR_DATATYPE_MISMATCH,
	    RegGetValueA(*state, NULL, "four", RRF_RT_QWORD, NULL, NULL, NULL));
}

static void
missing_terminators_are_added(void **state)
{
	static const BYTE text[] = { 'a', 0, 'b', 0, 'x', 'x' };
	struct out out = poisoned(sizeof(out.data));

	OK(RegSetValueExW(*state, L"s", 0, REG_SZ, text, 4));
	OK(RegSetValueExW(*state, L"m", 0, REG_MULTI_SZ, text, 4));
	OK(RegSetValueExW(*state, L"e", 0, REG_SZ, NULL, 0));
	OK(RegGetValueW(*state, NULL, L"s", RRF_RT_REG_SZ, NULL, out.data, &out.size));
	assert_int_equal(out.size, 6);
	assert_memory_equal(out.data, L"ab", 6);
	out = poisoned(5);
	FAILS(ERROR_MORE_DATA,
	    RegGetValueW(*state, NULL, L"s", RRF_RT_REG_SZ, NULL, out.data, &out.size));
	assert_int_equal(out.size, 6);
	assert_poison(&out, 0);
	out.size = 0;
	OK(RegGetValueW(*state, NULL, L"m", RRF_RT_REG_MULTI_SZ, NULL, NULL, &out.size));
	assert_int_equal(out.size, 8);
	OK(RegGetValueW(*state, NULL, L"m", RRF_RT_REG_MULTI_SZ, NULL, out.data, &out.size));
	assert_memory_equal(out.data, L"ab\0", 8);
	OK(RegGetValueA(*state, NULL, "m", RRF_RT_REG_MULTI_SZ, NULL, out.data, &out.size));
	assert_int_equal(out.size, 4);
	OK(RegGetValueW(*state, NULL, L"e", RRF_RT_REG_SZ, NULL, NULL, &out.size));
	assert_int_equal(out.size, 2);
}

static void
text_is_expanded_unless_asked_not_to(void **state)
{
	struct out out = poisoned(sizeof(out.data));

	assert_int_equal(setenv("HVEMU_TEST_WORD", "word", 1), 0);
	set_wide(*state, L"x", REG_EXPAND_SZ, L"%SYSTEMROOT%\\%HVEMU_TEST_WORD%\\%none%\\50%");
	OK(RegGetValueA(*state, NULL, "x", RRF_RT_REG_SZ, &out.type, out.data, &out.size));
	assert_int_equal(out.type, REG_SZ);
	assert_string_equal((const char *)out.data, "C:\\Windows\\word\\%none%\\50%");
	assert_int_equal(out.size, strlen("C:\\Windows\\word\\%none%\\50%") + 1);
	out.size = sizeof(out.data);
	OK(RegGetValueW(*state, NULL, L"x", RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, &out.type,
	    out.data, &out.size));
	assert_int_equal(out.type, REG_EXPAND_SZ);
	assert_memory_equal(out.data, L"%SYSTEMROOT%", 24);
	FAILS(ERROR_UNSUPPORTED_TYPE,
	    RegGetValueW(*state, NULL, L"x", RRF_RT_REG_SZ | RRF_NOEXPAND, NULL, NULL, NULL));
	out.size = 4;
	FAILS(ERROR_MORE_DATA,
	    RegGetValueW(*state, NULL, L"x", RRF_RT_ANY, NULL, out.data, &out.size));
	assert_int_equal(out.size, 2 * (strlen("C:\\Windows\\word\\%none%\\50%") + 1));
}

static void
environment_strings_expand_into_a_buffer(void **state UNUSED)
{
	WCHAR wide[16];
	char ansi[4];

	assert_int_equal(ExpandEnvironmentStringsW(L"%windir%", wide, 16), 11);
	assert_memory_equal(wide, L"C:\\Windows", 22);
	assert_int_equal(ExpandEnvironmentStringsA("%SystemDrive%", ansi, 2), 3);
	assert_int_equal(ExpandEnvironmentStringsA("%SystemDrive%", ansi, 3), 3);
	assert_string_equal(ansi, "C:");
	assert_int_equal(ExpandEnvironmentStringsA("%%", NULL, 0), 3);
	assert_int_equal(ExpandEnvironmentStringsA(NULL, NULL, 0), 0);
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void
a_failure_can_zero_the_buffer(void **state)
{
	struct out out = poisoned(4);

	FAILS(ERROR_FILE_NOT_FOUND, RegGetValueW(*state, NULL, L"none",
	                                RRF_RT_ANY | RRF_ZEROONFAILURE, NULL, out.data, &out.size));
	assert_int_equal(out.data[0] | out.data[3], 0);
	assert_poison(&out, 4);
	set_wide(*state, L"s", REG_SZ, L"longer");
	out = poisoned(4);
	FAILS(ERROR_MORE_DATA, RegGetValueW(*state, NULL, L"s", RRF_RT_ANY | RRF_ZEROONFAILURE,
	                           NULL, out.data, &out.size));
	assert_int_equal(out.data[0] | out.data[3], 0);
	assert_poison(&out, 4);
	assert_int_equal(out.size, 14);
}

/* --- Roots and views -------------------------------------------------------------------------- */

static void
the_two_views_are_two_keys(void **state)
{
	HKEY key = POISON_KEY;
	DWORD size = 0;

	OK(RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\View", 0, NULL, 0,
	    KEY_ALL_ACCESS | KEY_WOW64_32KEY, NULL, &key, NULL));
	set_dword(key, L"n", 32);
	OK(RegCloseKey(key));
	FAILS(ERROR_FILE_NOT_FOUND, RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\View", 0,
	                                KEY_READ | KEY_WOW64_64KEY, &key));
	OK(RegOpenKeyExW(
	    HKEY_LOCAL_MACHINE, L"SOFTWARE\\View", 0, KEY_READ | KEY_WOW64_32KEY, &key));
	OK(RegCloseKey(key));
	OK(RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\WOW6432Node\\View", L"n", RRF_RT_ANY, NULL,
	    NULL, &size));
	OK(RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\View", L"n",
	    RRF_RT_ANY | RRF_SUBKEY_WOW6432KEY, NULL, NULL, &size));
	FAILS(ERROR_FILE_NOT_FOUND, RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\View", L"n",
	                                RRF_RT_ANY, NULL, NULL, NULL));
	FAILS(
	    ERROR_INVALID_PARAMETER, RegOpenKeyExW(*state, L"", 0, KEY_READ | KEY_WOW64_RES, &key));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegCreateKeyExW(*state, L"x", 0, NULL, 0, KEY_READ | KEY_WOW64_RES, NULL, &key, NULL));
	FAILS(ERROR_INVALID_PARAMETER, RegDeleteKeyExW(*state, L"x", KEY_WOW64_RES, 0));
	FAILS(ERROR_FILE_NOT_FOUND,
	    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\View", KEY_WOW64_64KEY, 0));
	OK(RegDeleteKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\View", KEY_WOW64_32KEY, 0));
}

static void
classes_root_is_the_users_over_the_machines(void **state UNUSED)
{
	struct out out = poisoned(sizeof(out.data));
	LONG size = sizeof(out.data);

	OK(RegSetValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Classes\\.hv", REG_SZ, "machine", 0));
	OK(RegQueryValueA(HKEY_CLASSES_ROOT, ".hv", (LPSTR)out.data, &size));
	assert_string_equal((const char *)out.data, "machine");
	OK(RegSetValueA(HKEY_CURRENT_USER, "Software\\Classes\\.hv", REG_SZ, "user", 0));
	size = sizeof(out.data);
	OK(RegQueryValueA(HKEY_CLASSES_ROOT, ".hv", (LPSTR)out.data, &size));
	assert_string_equal((const char *)out.data, "user");
	OK(RegDeleteKeyA(HKEY_CURRENT_USER, "Software\\Classes\\.hv"));
	size = sizeof(out.data);
	OK(RegQueryValueA(HKEY_CLASSES_ROOT, ".HV", (LPSTR)out.data, &size));
	assert_string_equal((const char *)out.data, "machine");
	OK(RegDeleteKeyA(HKEY_CLASSES_ROOT, ".hv"));
	FAILS(ERROR_FILE_NOT_FOUND, RegQueryValueA(HKEY_CLASSES_ROOT, ".hv", NULL, &size));
}

static void
roots_are_reached_by_other_calls_too(void **state)
{
	HKEY key = POISON_KEY;
	BOOL off = 7;
	DWORD size = 0;

	OK(RegOpenCurrentUser(KEY_READ, &key));
	OK(RegCloseKey(key));
	OK(RegOpenUserClassesRoot(NULL, 0, KEY_READ, &key));
	OK(RegCloseKey(key));
	OK(RegOpenUserClassesRoot(NULL, 0, MAXIMUM_ALLOWED, &key));
	OK(RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
	OK(RegCloseKey(key));
	FAILS(ERROR_ACCESS_DENIED, RegOpenUserClassesRoot(NULL, 0, 0, &key));
	OK(RegConnectRegistryW(NULL, HKEY_LOCAL_MACHINE, &key));
	OK(RegCloseKey(key));
	OK(RegConnectRegistryA("\\\\localhost", HKEY_USERS, &key));
	FAILS(ERROR_BAD_NETPATH, RegConnectRegistryA("\\\\elsewhere.invalid", HKEY_USERS, &key));
	FAILS(ERROR_INVALID_HANDLE, RegConnectRegistryW(NULL, *state, &key));
	OK(RegCloseKey(HKEY_LOCAL_MACHINE));
	OK(RegOpenKeyExA(HKEY_CURRENT_CONFIG, NULL, 0, KEY_READ, &key));
	FAILS(ERROR_NOT_SUPPORTED,
	    RegQueryValueExW(HKEY_PERFORMANCE_DATA, L"Global", NULL, NULL, NULL, &size));
	FAILS(ERROR_INVALID_HANDLE, RegOpenKeyExA(HKEY_DYN_DATA, NULL, 0, KEY_READ, &key));
	OK(RegDisablePredefinedCache());
	OK(RegDisablePredefinedCacheEx());
	OK(RegDisableReflectionKey(*state));
	OK(RegEnableReflectionKey(*state));
	OK(RegQueryReflectionKey(*state, &off));
	assert_int_equal(off, TRUE);
	OK(RegFlushKey(*state));
	FAILS(ERROR_INVALID_HANDLE, RegFlushKey(NULL));
}

static void
a_predefined_key_can_be_overridden(void **state)
{
	HKEY key = subkey(*state, L"mapped");

	set_dword(key, L"here", 1);
	FAILS(ERROR_INVALID_HANDLE, RegOverridePredefKey(*state, key));
	OK(RegOverridePredefKey(HKEY_CURRENT_USER, key));
	OK(RegCloseKey(key));
	OK(RegGetValueW(HKEY_CURRENT_USER, NULL, L"here", RRF_RT_ANY, NULL, NULL, NULL));
	OK(RegOverridePredefKey(HKEY_CURRENT_USER, NULL));
	FAILS(ERROR_FILE_NOT_FOUND,
	    RegGetValueW(HKEY_CURRENT_USER, NULL, L"here", RRF_RT_ANY, NULL, NULL, NULL));
}

/* --- Rights and security ---------------------------------------------------------------------- */

static void
a_handle_does_what_it_was_opened_for(void **state)
{
	WCHAR name[8];
	DWORD length = 8;
	HKEY key = POISON_KEY;
	HKEY child = POISON_KEY;
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

	OK(RegOpenKeyExW(*state, NULL, 0, KEY_SET_VALUE, &key));
	set_dword(key, L"n", 1);
	FAILS(ERROR_ACCESS_DENIED, RegQueryValueExW(key, L"n", NULL, NULL, NULL, NULL));
	FAILS(ERROR_ACCESS_DENIED, RegGetValueW(key, NULL, L"n", RRF_RT_ANY, NULL, NULL, NULL));
	FAILS(ERROR_ACCESS_DENIED, RegEnumValueW(key, 0, name, &length, NULL, NULL, NULL, NULL));
	FAILS(ERROR_ACCESS_DENIED, RegEnumKeyW(key, 0, name, 8));
	FAILS(ERROR_ACCESS_DENIED, RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	                               NULL, NULL, NULL, NULL));
	FAILS(ERROR_ACCESS_DENIED,
	    RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_NAME, event, TRUE));
	FAILS(
	    ERROR_ACCESS_DENIED, RegGetKeySecurity(key, DACL_SECURITY_INFORMATION, NULL, &length));
	/* What is made below asks the key's descriptor, not the handle. */
	OK(RegCreateKeyExW(key, L"c", 0, NULL, 0, KEY_READ, NULL, &child, NULL));
	FAILS(ERROR_ACCESS_DENIED, RegSetValueExW(child, L"n", 0, REG_NONE, NULL, 0));
	FAILS(ERROR_ACCESS_DENIED, RegDeleteValueW(child, L"n"));
	FAILS(ERROR_ACCESS_DENIED, RegDeleteTreeW(child, NULL));
	OK(RegCloseKey(child));
	OK(RegCloseKey(key));
	OK(RegOpenKeyExW(*state, NULL, 0, GENERIC_READ, &key));
	OK(RegQueryValueExW(key, L"n", NULL, NULL, NULL, NULL));
	FAILS(ERROR_ACCESS_DENIED, RegSetValueExW(key, L"n", 0, REG_NONE, NULL, 0));
	OK(RegCloseKey(key));
	OK(RegOpenKeyExW(*state, NULL, 0, MAXIMUM_ALLOWED, &key));
	set_dword(key, L"n", 2);
	OK(RegCloseKey(key));
	assert_true(CloseHandle(event));
}

static void
a_token_gets_what_the_descriptor_gives(void **state)
{
	HKEY key = POISON_KEY;

	OK(RegCloseKey(subkey(*state, L"s")));
	assert_int_equal(setenv("HVEMU_TOKEN", "user", 1), 0);
	FAILS(ERROR_ACCESS_DENIED, RegOpenKeyExW(*state, L"s", 0, KEY_WRITE, &key));
	FAILS(ERROR_ACCESS_DENIED,
	    RegCreateKeyExW(*state, L"s\\new", 0, NULL, 0, KEY_READ, NULL, &key, NULL));
	FAILS(ERROR_ACCESS_DENIED, RegDeleteKeyW(*state, L"s"));
	FAILS(ERROR_PRIVILEGE_NOT_HELD, RegSaveKeyW(*state, L"x", NULL));
	FAILS(ERROR_ACCESS_DENIED,
	    RegOpenKeyExW(*state, L"s", REG_OPTION_BACKUP_RESTORE, KEY_READ, &key));
	OK(RegOpenKeyExW(*state, L"s", 0, KEY_READ, &key));
	OK(RegCloseKey(key));
	OK(RegOpenKeyExW(*state, L"s", 0, MAXIMUM_ALLOWED, &key));
	FAILS(ERROR_ACCESS_DENIED, RegSetValueExW(key, L"n", 0, REG_NONE, NULL, 0));
	OK(RegCloseKey(key));
	assert_int_equal(unsetenv("HVEMU_TOKEN"), 0);
	OK(RegOpenKeyExW(*state, L"s", REG_OPTION_BACKUP_RESTORE, 0, &key));
	OK(RegCloseKey(key));
}

static void
a_descriptor_is_read_in_parts_and_written_back(void **state)
{
	struct out out = poisoned(0);
	DWORD whole = 0;

	FAILS(ERROR_INSUFFICIENT_BUFFER,
	    RegGetKeySecurity(*state, DACL_SECURITY_INFORMATION, out.data, &out.size));
	assert_true(out.size > 20 && out.size <= sizeof(out.data));
	assert_poison(&out, 0);
	FAILS(ERROR_INVALID_PARAMETER,
	    RegGetKeySecurity(*state, DACL_SECURITY_INFORMATION, out.data, NULL));
	OK(RegGetKeySecurity(*state, DACL_SECURITY_INFORMATION, out.data, &out.size));
	assert_poison(&out, out.size);
	OK(RegSetKeySecurity(*state, DACL_SECURITY_INFORMATION, out.data));
	OK(RegQueryInfoKeyW(
	    *state, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &whole, NULL));
	assert_true(whole > out.size);
	FAILS(ERROR_INVALID_PARAMETER, RegSetKeySecurity(*state, DACL_SECURITY_INFORMATION, NULL));
	memset(out.data, 0xFF, 20);
	FAILS(ERROR_INVALID_SECURITY_DESCR,
	    RegSetKeySecurity(*state, DACL_SECURITY_INFORMATION, out.data));
}

/* An absolute descriptor, as 64-bit Windows has it in memory: protected, and nobody is allowed. */
static void
a_key_is_made_with_its_creators_descriptor(void **state)
{
	static const uint16_t empty_list[] = { 2, 8, 0, 0 };
	struct {
		BYTE head[4];
		const void *parts[4];
	} absolute = { { 1, 0, 0x04, 0x10 }, { NULL, NULL, NULL, empty_list } };
	SECURITY_ATTRIBUTES attributes = { sizeof(attributes), &absolute, FALSE };
	HKEY key = POISON_KEY;
	HKEY again = POISON_KEY;

	OK(RegCreateKeyExW(*state, L"mine", 0, NULL, 0, KEY_ALL_ACCESS, &attributes, &key, NULL));
	set_dword(key, L"n", 1);
	FAILS(ERROR_ACCESS_DENIED, RegOpenKeyExW(*state, L"mine", 0, KEY_SET_VALUE, &again));
	absolute.parts[3] = NULL;
	OK(RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, &absolute));
	OK(RegOpenKeyExW(*state, L"mine", 0, KEY_SET_VALUE, &again));
	OK(RegCloseKey(again));
	FAILS(ERROR_INVALID_SECURITY_DESCR,
	    RegSetKeySecurity(key, OWNER_SECURITY_INFORMATION, &absolute));
	FAILS(ERROR_INVALID_SECURITY_DESCR,
	    RegSetKeySecurity(key, GROUP_SECURITY_INFORMATION, &absolute));
	/* Of a list that is not present nobody reads the pointer. */
	absolute.head[2] = 0;
	absolute.parts[2] = POISON_KEY;
	absolute.parts[3] = POISON_KEY;
	OK(RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, &absolute));
	OK(RegCloseKey(key));
}

/* Each subkey by its own descriptor, on either side. */
static void
a_copy_reads_and_writes_what_the_caller_may(void **state)
{
	static const uint16_t empty_list[] = { 2, 8, 0, 0 };
	struct {
		BYTE head[4];
		const void *parts[4];
	} nobody = { { 1, 0, 0x04, 0x10 }, { NULL, NULL, NULL, empty_list } };
	HKEY from = subkey(*state, L"from");
	HKEY secret = subkey(from, L"below\\one");
	HKEY to = subkey(*state, L"to");
	HKEY within = POISON_KEY;
	HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);

	set_dword(secret, L"n", 1);
	OK(RegCopyTreeW(from, NULL, to));
	OK(RegSetKeySecurity(secret, DACL_SECURITY_INFORMATION, &nobody));
	FAILS(ERROR_ACCESS_DENIED, RegCopyTreeW(from, NULL, to));
	FAILS(ERROR_ACCESS_DENIED, RegCopyTreeW(to, NULL, from));
	OK(RegDeleteTreeW(to, L"below"));
	FAILS(ERROR_ACCESS_DENIED, RegCopyTreeW(from, NULL, to));
	FAILS(ERROR_FILE_NOT_FOUND, RegDeleteTreeW(to, L"below"));
	/* What was copied before the failure is not to be committed. */
	OK(RegCloseKey(subkey(to, L"a")));
	OK(RegCloseKey(subkey(to, L"below\\one")));
	OK(RegOpenKeyTransactedW(from, NULL, 0, KEY_ALL_ACCESS, &within, transaction, NULL));
	FAILS(ERROR_ACCESS_DENIED, RegCopyTreeW(*state, L"to", within));
	assert_false(CommitTransaction(transaction));
	assert_true(CloseHandle(transaction));
	OK(RegCloseKey(within));
	FAILS(ERROR_FILE_NOT_FOUND, RegDeleteTreeW(from, L"a"));
	nobody.parts[3] = NULL;
	OK(RegSetKeySecurity(secret, DACL_SECURITY_INFORMATION, &nobody));
	OK(RegCopyTreeW(from, NULL, to));
	OK(RegCloseKey(from));
	OK(RegCloseKey(secret));
	OK(RegCloseKey(to));
}

/* --- Transactions ----------------------------------------------------------------------------- */

static void
a_transaction_is_seen_when_it_is_committed(void **state)
{
	WCHAR comment[] = L"test";
	HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, comment);
	HKEY key = POISON_KEY;
	HKEY outside = POISON_KEY;
	DWORD disposition = POISON_NUMBER;

	assert_ptr_not_equal(transaction, INVALID_HANDLE_VALUE);
	OK(RegCreateKeyTransactedW(*state, L"tx", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key,
	    &disposition, transaction, NULL));
	assert_int_equal(disposition, REG_CREATED_NEW_KEY);
	set_dword(key, L"n", 1);
	FAILS(ERROR_FILE_NOT_FOUND, RegOpenKeyExW(*state, L"tx", 0, KEY_READ, &outside));
	FAILS(ERROR_BUSY, RegSetValueExW(*state, L"n", 0, REG_NONE, NULL, 0));
	assert_true(CommitTransaction(transaction));
	OK(RegOpenKeyExW(*state, L"tx", 0, KEY_READ, &outside));
	OK(RegCloseKey(outside));
	FAILS(ERROR_TRANSACTION_NOT_ACTIVE, RegSetValueExW(key, L"n", 0, REG_NONE, NULL, 0));
	assert_false(CommitTransaction(transaction));
	assert_int_equal(GetLastError(), ERROR_TRANSACTION_NOT_ACTIVE);
	OK(RegCloseKey(key));
	assert_true(CloseHandle(transaction));
}

static void
a_transaction_that_ends_otherwise_leaves_nothing(void **state)
{
	HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);
	HKEY key = POISON_KEY;

	OK(RegCloseKey(subkey(*state, L"stays")));
	OK(RegDeleteKeyTransactedW(*state, L"stays", 0, 0, transaction, NULL));
	FAILS(ERROR_FILE_NOT_FOUND,
	    RegOpenKeyTransactedW(*state, L"stays", 0, KEY_READ, &key, transaction, NULL));
	assert_true(RollbackTransaction(transaction));
	assert_true(CloseHandle(transaction));
	OK(RegOpenKeyW(*state, L"stays", &key));
	OK(RegCloseKey(key));
	transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);
	OK(RegCreateKeyTransactedA(
	    *state, "lost", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL, transaction, NULL));
	assert_true(CloseHandle(transaction));
	OK(RegCloseKey(key));
	FAILS(ERROR_FILE_NOT_FOUND, RegOpenKeyW(*state, L"lost", &key));
	FAILS(ERROR_INVALID_HANDLE,
	    RegOpenKeyTransactedA(*state, "", 0, KEY_READ, &key, transaction, NULL));
	FAILS(ERROR_INVALID_HANDLE, RegDeleteKeyTransactedA(*state, "x", 0, 0, NULL, NULL));
}

/* Spoil the last value of a hive. */
static void
spoil(const char *file)
{
	static char bytes[1 << 16];
	FILE *hive = fopen(file, "r+");
	size_t size;
	size_t last = 0;

	assert_non_null(hive);
	size = fread(bytes, 1, sizeof(bytes), hive);
	for (size_t at = 0x1000; at + 1 < size; at++) {
		if (memcmp(bytes + at, "vk", 2) == 0)
			last = at;
	}
	assert_int_not_equal(last, 0);
	assert_int_equal(fseek(hive, (long)last, SEEK_SET), 0);
	assert_int_equal(fwrite("xx", 1, 2, hive), 2);
	assert_int_equal(fclose(hive), 0);
}

static void
what_fails_halfway_is_not_committed(void **state)
{
	HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);
	char file[4200];
	HKEY key = subkey(*state, L"restored");

	snprintf(file, sizeof(file), "%s/spoiled.hiv", getenv("HVEMU_ROOT"));
	set_dword(key, L"n", 5);
	OK(RegCloseKey(subkey(key, L"below")));
	OK(RegSaveKeyA(key, file, NULL));
	spoil(file);
	OK(RegCloseKey(key));
	OK(RegOpenKeyTransactedW(*state, L"restored", 0, KEY_ALL_ACCESS, &key, transaction, NULL));
	FAILS(ERROR_FILE_NOT_FOUND, RegRestoreKeyA(key, "/nonexistent/none.hiv", 0));
	set_dword(key, L"n", 6);
	FAILS(ERROR_BADDB, RegRestoreKeyA(key, file, REG_FORCE_RESTORE));
	FAILS(ERROR_BADDB, RegSetValueExW(key, L"n", 0, REG_NONE, NULL, 0));
	assert_false(CommitTransaction(transaction));
	assert_int_equal(GetLastError(), ERROR_BADDB);
	OK(RegCloseKey(key));
	assert_true(CloseHandle(transaction));
	OK(RegOpenKeyW(*state, L"restored\\below", &key));
	OK(RegCloseKey(key));
	OK(RegGetValueW(*state, L"restored", L"n", RRF_RT_REG_DWORD, NULL, NULL, NULL));
	unlink(file);
}

/* --- Hives ------------------------------------------------------------------------------------ */

static void
a_key_goes_to_a_hive_and_back(void **state)
{
	char file[4200];
	HKEY key = subkey(*state, L"saved");

	snprintf(file, sizeof(file), "%s/saved.hiv", getenv("HVEMU_ROOT"));
	set_dword(key, L"n", 5);
	OK(RegCloseKey(subkey(key, L"below")));
	OK(RegSaveKeyA(key, file, NULL));
	FAILS(ERROR_ALREADY_EXISTS, RegSaveKeyExA(key, file, NULL, REG_STANDARD_FORMAT));
	FAILS(ERROR_INVALID_PARAMETER, RegSaveKeyA(key, NULL, NULL));
	FAILS(ERROR_INVALID_PARAMETER, RegSaveKeyExA(key, file, NULL, 0x40));
	OK(RegDeleteTreeW(key, NULL));
	OK(RegRestoreKeyA(key, file, REG_FORCE_RESTORE));
	OK(RegGetValueW(key, NULL, L"n", RRF_RT_REG_DWORD, NULL, NULL, NULL));
	FAILS(ERROR_NOT_SUPPORTED, RegRestoreKeyA(key, file, REG_WHOLE_HIVE_VOLATILE));
	FAILS(ERROR_FILE_NOT_FOUND, RegRestoreKeyA(key, "/nonexistent/none.hiv", 0));
	OK(RegCloseKey(key));
	OK(RegLoadKeyA(HKEY_USERS, "Loaded", file));
	OK(RegOpenKeyW(HKEY_USERS, L"Loaded\\below", &key));
	OK(RegCloseKey(key));
	OK(RegUnLoadKeyA(HKEY_USERS, "Loaded"));
	FAILS(ERROR_FILE_NOT_FOUND, RegOpenKeyW(HKEY_USERS, L"Loaded", &key));
	FAILS(ERROR_INVALID_PARAMETER, RegLoadKeyA(HKEY_USERS, NULL, file));
	unlink(file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, winreg_setup, winreg_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(getting_filters_by_type),
		TEST(binary_data_stand_for_a_number_of_their_size),
		TEST(missing_terminators_are_added),
		TEST(text_is_expanded_unless_asked_not_to),
		TEST(environment_strings_expand_into_a_buffer),
		TEST(a_failure_can_zero_the_buffer),
		TEST(the_two_views_are_two_keys),
		TEST(classes_root_is_the_users_over_the_machines),
		TEST(roots_are_reached_by_other_calls_too),
		TEST(a_predefined_key_can_be_overridden),
		TEST(a_handle_does_what_it_was_opened_for),
		TEST(a_token_gets_what_the_descriptor_gives),
		TEST(a_descriptor_is_read_in_parts_and_written_back),
		TEST(a_key_is_made_with_its_creators_descriptor),
		TEST(a_copy_reads_and_writes_what_the_caller_may),
		TEST(a_transaction_is_seen_when_it_is_committed),
		TEST(a_transaction_that_ends_otherwise_leaves_nothing),
		TEST(what_fails_halfway_is_not_committed),
		TEST(a_key_goes_to_a_hive_and_back),
	};

	return cmocka_run_group_tests(tests, winreg_group_setup, winreg_group_teardown);
}
