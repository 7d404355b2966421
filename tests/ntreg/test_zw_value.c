/*
 * The Zw calls on values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/ntreg/nt.h"

static void
partial_information_fills_what_fits(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	size_t fixed = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
	struct {
		KEY_VALUE_PARTIAL_INFORMATION partial;
		UCHAR more[16];
	} buffer;
	UCHAR poison[sizeof(buffer)];
	ULONG length = 0;

	memset(poison, POISON, sizeof(poison));
	memset(&buffer, POISON, sizeof(buffer));
	nt_set(key, US(u"v"), REG_BINARY, "abcdefgh", 8);
	assert_int_equal(fixed, 12);
	assert_status(
	    ZwQueryValueKey(key, US(u"V"), KeyValuePartialInformation, &buffer, 11, &length),
	    STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(length, 20);
	assert_memory_equal(&buffer, poison, sizeof(buffer));
	assert_status(
	    ZwQueryValueKey(key, US(u"V"), KeyValuePartialInformation, &buffer, 15, &length),
	    STATUS_BUFFER_OVERFLOW);
	assert_int_equal(length, 20);
	assert_int_equal(buffer.partial.TitleIndex, 0);
	assert_int_equal(buffer.partial.Type, REG_BINARY);
	assert_int_equal(buffer.partial.DataLength, 8);
	assert_memory_equal((UCHAR *)&buffer + 12, "abc", 3);
	assert_memory_equal((UCHAR *)&buffer + 15, poison, 5);
	assert_status(
	    ZwQueryValueKey(key, US(u"v"), KeyValuePartialInformation, &buffer, 20, &length),
	    STATUS_SUCCESS);
	assert_memory_equal((UCHAR *)&buffer + 12, "abcdefgh", 8);
	length = 99;
	assert_status(
	    ZwQueryValueKey(key, US(u"w"), KeyValuePartialInformation, &buffer, 20, &length),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(ZwQueryValueKey(key, US(u"v"), MaxKeyValueInfoClass, &buffer, 20, &length),
	    STATUS_INVALID_PARAMETER);
	assert_status(ZwQueryValueKey(key, US(u"v"), KeyValuePartialInformation, &buffer, 20, NULL),
	    STATUS_ACCESS_VIOLATION);
	assert_status(ZwQueryValueKey(key, NULL, KeyValuePartialInformation, &buffer, 20, &length),
	    STATUS_ACCESS_VIOLATION);
}

static void
full_information_has_name_and_data(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	size_t fixed = offsetof(KEY_VALUE_FULL_INFORMATION, Name);
	struct {
		KEY_VALUE_FULL_INFORMATION full;
		UCHAR more[32];
	} buffer __attribute__((aligned(8)));
	ULONG length = 0;

	nt_set(key, US(u"Abc"), REG_DWORD, &(ULONG){ 0x11223344 }, 4);
	assert_int_equal(fixed, 20);
	assert_status(ZwQueryValueKey(key, US(u"aBC"), KeyValueFullInformation, &buffer,
	                  sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_int_equal(buffer.full.NameLength, 6);
	assert_memory_equal((UCHAR *)&buffer + 20, u"Abc", 6); /* as it is stored */
	assert_int_equal(buffer.full.DataOffset, 28);          /* 26, rounded up */
	assert_int_equal(buffer.full.DataLength, 4);
	assert_int_equal(length, 32);
	assert_memory_equal((UCHAR *)&buffer + 28, "\x44\x33\x22\x11", 4);
	assert_status(ZwQueryValueKey(key, US(u"abc"), KeyValueFullInformationAlign64, &buffer,
	                  sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_int_equal(buffer.full.DataOffset, 32);
	assert_status(
	    ZwQueryValueKey(key, US(u"abc"), KeyValueFullInformation, &buffer, 30, &length),
	    STATUS_BUFFER_OVERFLOW);
	assert_int_equal(length, 32);
	nt_set(key, US(u"None"), REG_NONE, NULL, 0);
	assert_status(ZwQueryValueKey(key, US(u"None"), KeyValueFullInformation, &buffer,
	                  sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_int_equal(buffer.full.DataOffset, UINT32_MAX);
	assert_int_equal(length, 28);
}

static void
basic_and_aligned_information(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	UCHAR buffer[64] __attribute__((aligned(8)));
	KEY_VALUE_BASIC_INFORMATION *basic = (void *)buffer;
	KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 *aligned = (void *)buffer;
	ULONG length = 0;

	nt_set(key, US(u"n"), REG_QWORD, &(ULONGLONG){ 5 }, 8);
	assert_status(ZwQueryValueKey(
	                  key, US(u"n"), KeyValueBasicInformation, buffer, sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_int_equal(length, 14);
	assert_int_equal(basic->Type, REG_QWORD);
	assert_int_equal(basic->NameLength, 2);
	assert_int_equal(basic->Name[0], 'n');
	assert_status(ZwQueryValueKey(key, US(u"n"), KeyValuePartialInformationAlign64, buffer,
	                  sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_int_equal(length, 16);
	assert_int_equal(aligned->DataLength, 8);
	assert_int_equal(buffer[8], 5);
	assert_status(ZwQueryValueKey(key, US(u"n"), KeyValuePartialInformationAlign64, buffer + 4,
	                  32, &length),
	    STATUS_DATATYPE_MISALIGNMENT);
	assert_status(
	    ZwQueryValueKey(key, US(u"n"), KeyValuePartialInformationAlign64, buffer, 7, &length),
	    STATUS_BUFFER_TOO_SMALL);
}

static void
values_are_enumerated_in_the_order_they_were_made(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	UCHAR buffer[64];
	KEY_VALUE_FULL_INFORMATION *full = (void *)buffer;
	ULONG length = 0;

	nt_set(key, US(u"z"), REG_DWORD, &(ULONG){ 1 }, 4);
	nt_set(key, US(u""), REG_SZ, u"", 2);
	nt_set(key, US(u"a\0b"), REG_DWORD, &(ULONG){ 2 }, 4);
	assert_status(
	    ZwEnumerateValueKey(key, 0, KeyValueFullInformation, buffer, sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_int_equal(full->Name[0], 'z');
	assert_status(
	    ZwEnumerateValueKey(key, 1, KeyValueFullInformation, buffer, sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_int_equal(full->NameLength, 0);
	assert_int_equal(full->DataOffset, 20);
	assert_status(
	    ZwEnumerateValueKey(key, 2, KeyValueFullInformation, buffer, sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_memory_equal(buffer + 20, u"a\0b", 6);
	assert_status(
	    ZwEnumerateValueKey(key, 3, KeyValueFullInformation, buffer, sizeof(buffer), &length),
	    STATUS_NO_MORE_ENTRIES);
	assert_status(ZwEnumerateValueKey(key, 0, KeyValueFullInformation, NULL, 0, &length),
	    STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(length, 28);
}

static void
names_of_values(void **state UNUSED)
{
	static WCHAR longest[16384];
	UNICODE_STRING name = { 16383 * sizeof(WCHAR), sizeof(longest) - 2, longest };
	UNICODE_STRING odd = { 3, 4, longest };
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	UCHAR buffer[32];
	ULONG length;

	for (size_t i = 0; i < 16384; i++)
		longest[i] = 'v';
	assert_status(ZwSetValueKey(key, &name, 0, REG_NONE, NULL, 0), STATUS_SUCCESS);
	assert_status(ZwDeleteValueKey(key, &name), STATUS_SUCCESS);
	name.Length = sizeof(longest);
	assert_status(ZwSetValueKey(key, &name, 0, REG_NONE, NULL, 0), STATUS_INVALID_PARAMETER);
	assert_status(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, 32, &length),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(ZwDeleteValueKey(key, &name), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(ZwSetValueKey(key, &odd, 0, REG_NONE, NULL, 0), STATUS_INVALID_PARAMETER);
	/* NULs at the end do not count, others do. */
	nt_set(key, US(u"a\0\0"), REG_NONE, NULL, 0);
	assert_status(
	    ZwQueryValueKey(key, US(u"A"), KeyValuePartialInformation, buffer, 32, &length),
	    STATUS_SUCCESS);
	assert_status(ZwDeleteValueKey(key, US(u"a\0b")), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(ZwDeleteValueKey(key, US(u"a")), STATUS_SUCCESS);
	assert_status(ZwDeleteValueKey(key, US(u"a")), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(ZwSetValueKey(key, US(u"a"), 0, REG_SZ, NULL, 4), STATUS_ACCESS_VIOLATION);
}

static void
several_values_come_at_once(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	KEY_VALUE_ENTRY entries[2] = { { .ValueName = US(u"a") }, { .ValueName = US(u"b") } };
	UCHAR buffer[32];
	ULONG length = sizeof(buffer);
	ULONG required = 0;

	nt_set(key, US(u"a"), REG_BINARY, "abcde", 5);
	nt_set(key, US(u"b"), REG_DWORD, &(ULONG){ 9 }, 4);
	assert_status(
	    ZwQueryMultipleValueKey(key, entries, 2, buffer, &length, &required), STATUS_SUCCESS);
	assert_int_equal(length, 12);
	assert_int_equal(required, 12);
	assert_int_equal(entries[0].DataOffset, 0);
	assert_int_equal(entries[0].DataLength, 5);
	assert_int_equal(entries[0].Type, REG_BINARY);
	assert_int_equal(entries[1].DataOffset, 8);
	assert_int_equal(buffer[8], 9);
	length = 10;
	memset(buffer, POISON, sizeof(buffer));
	assert_status(ZwQueryMultipleValueKey(key, entries, 2, buffer, &length, &required),
	    STATUS_BUFFER_OVERFLOW);
	assert_int_equal(length, 5);
	assert_int_equal(required, 12);
	assert_memory_equal(buffer, "abcde", 5);
	assert_int_equal(buffer[8], POISON);
	length = 0;
	assert_status(
	    ZwQueryMultipleValueKey(key, entries, 2, NULL, &length, NULL), STATUS_BUFFER_OVERFLOW);
	length = sizeof(buffer);
	entries[1].ValueName = US(u"none");
	assert_status(ZwQueryMultipleValueKey(key, entries, 2, buffer, &length, &required),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(length, sizeof(buffer));
}

#define TOGETHER 26 /* values */
#define ROUNDS   300

/* Give all values the same number, and then all the next. */
static int
write_together(struct registry *registry, reg_key key)
{
	for (uint32_t number = 0; number < ROUNDS; number++) {
		lstatus status = registry_begin(registry, NULL);

		for (char name[2] = "a"; lstatus_ok(status) && name[0] <= 'z'; name[0]++)
			status = registry_set_dword(registry, key, name, number);
		if (!lstatus_ok(status) || !lstatus_ok(registry_commit(registry)))
			return 1;
	}
	return 0;
}

static void
several_values_are_of_one_moment(void **state)
{
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	WCHAR letters[TOGETHER];
	UNICODE_STRING names[TOGETHER];
	KEY_VALUE_ENTRY entries[TOGETHER] = { { 0 } };
	ULONG numbers[TOGETHER] = { 0 };
	int status = -1;
	pid_t child;

	for (unsigned i = 0; i < TOGETHER; i++) {
		letters[i] = (WCHAR)('a' + i);
		names[i] = (UNICODE_STRING){ sizeof(WCHAR), sizeof(WCHAR), &letters[i] };
		entries[i].ValueName = &names[i];
		nt_set(key, &names[i], REG_DWORD, numbers, sizeof(*numbers));
	}
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct registry *other = host_connect(*state);

		_exit(write_together(other, host_key(other, "HKLM\\SOFTWARE\\Acme\\Driver")));
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		ULONG length = sizeof(numbers);

		assert_status(
		    ZwQueryMultipleValueKey(key, entries, TOGETHER, numbers, &length, NULL),
		    STATUS_SUCCESS);
		for (unsigned i = 1; i < TOGETHER; i++)
			assert_int_equal(numbers[i], numbers[0]);
	}
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, nt_setup, nt_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(partial_information_fills_what_fits),
		TEST(full_information_has_name_and_data),
		TEST(basic_and_aligned_information),
		TEST(values_are_enumerated_in_the_order_they_were_made),
		TEST(names_of_values),
		TEST(several_values_come_at_once),
		TEST(several_values_are_of_one_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
