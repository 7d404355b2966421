/*
 * The Rtl calls: RtlQueryRegistryValues with each of its flags, and the calls that take a path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ntreg/nt.h"

#define CALLS_MAX 16

#define P(literal) ((PVOID)(literal))

/* What a query routine was called with. */
struct call {
	WCHAR name[16];
	BOOLEAN named;
	ULONG type;
	ULONG length;
	UCHAR data[64];
	BOOLEAN data_given;
	PVOID entry_context;
};

struct calls {
	size_t count;
	NTSTATUS answer;
	struct call calls[CALLS_MAX];
};

static NTSTATUS
note(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry_context)
{
	struct calls *calls = context;
	struct call *call = &calls->calls[calls->count++];
	UNICODE_STRING given;

	assert_true(calls->count <= CALLS_MAX && length <= sizeof(call->data));
	call->named = name != NULL;
	if (name != NULL) {
		RtlInitUnicodeString(&given, name);
		memcpy(call->name, name, given.Length + sizeof(WCHAR));
	}
	call->type = type;
	call->length = length;
	call->data_given = data != NULL;
	if (data != NULL && length > 0)
		memcpy(call->data, data, length);
	call->entry_context = entry_context;
	return calls->answer;
}

/* Query one entry of the tests' key. */
static NTSTATUS
query(RTL_QUERY_REGISTRY_TABLE entry, struct calls *calls)
{
	RTL_QUERY_REGISTRY_TABLE table[2] = { entry, { 0 } };

	memset(calls, 0, sizeof(*calls));
	return RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH, table, calls, NULL);
}

static NTSTATUS
query_direct(ULONG flags, ULONG type, PVOID buffer)
{
	struct calls calls;
	RTL_QUERY_REGISTRY_TABLE entry = {
		.Flags = RTL_QUERY_REGISTRY_DIRECT | flags,
		.Name = W(u"v"),
		.EntryContext = buffer,
		.DefaultType = type << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT,
	};

	return query(entry, &calls);
}

static void
set_v(ULONG type, const void *data, ULONG size)
{
	HANDLE key = nt_key(KEY_SET_VALUE);

	nt_set(key, US(u"v"), type, data, size);
	ZwClose(key);
}

#define assert_call(call, type_, text, size)                                                       \
	do {                                                                                       \
		assert_int_equal((call).type, (type_));                                            \
		assert_int_equal((call).length, (size));                                           \
		assert_memory_equal((call).data, (text), (size));                                  \
	} while (0)

/* --- Named values
 * --------------------------------------------------------------------------------- */

static void
a_routine_gets_name_type_data_and_contexts(void **state UNUSED)
{
	struct calls calls;
	int context;

	set_v(REG_DWORD, P("\1\2\3\4"), 4);
	assert_status(
	    query((RTL_QUERY_REGISTRY_TABLE){ note, 0, W(u"V"), &context, 0, NULL, 0 }, &calls),
	    STATUS_SUCCESS);
	assert_int_equal(calls.count, 1);
	assert_call(calls.calls[0], REG_DWORD, "\1\2\3\4", 4);
	assert_memory_equal(calls.calls[0].name, u"V", 4);
	assert_ptr_equal(calls.calls[0].entry_context, &context);
}

static void
a_routines_failure_ends_the_query_but_for_one(void **state UNUSED)
{
	struct calls calls = { .answer = STATUS_UNSUCCESSFUL };
	RTL_QUERY_REGISTRY_TABLE table[3] = {
		{ .QueryRoutine = note, .Name = W(u"v") },
		{ .QueryRoutine = note, .Name = W(u"v") },
	};

	set_v(REG_DWORD, P("\1\2\3\4"), 4);
	assert_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH, table, &calls, NULL),
	    STATUS_UNSUCCESSFUL);
	assert_int_equal(calls.count, 1);
	calls = (struct calls){ .answer = STATUS_BUFFER_TOO_SMALL };
	assert_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH, table, &calls, NULL),
	    STATUS_SUCCESS);
	assert_int_equal(calls.count, 2);
}

static void
what_is_missing_is_passed_over_or_required(void **state UNUSED)
{
	struct calls calls;

	assert_status(
	    query((RTL_QUERY_REGISTRY_TABLE){ note, 0, W(u"none"), NULL, 0, NULL, 0 }, &calls),
	    STATUS_SUCCESS);
	assert_int_equal(calls.count, 0);
	assert_status(query((RTL_QUERY_REGISTRY_TABLE){ note, RTL_QUERY_REGISTRY_REQUIRED,
	                        W(u"none"), NULL, REG_NONE, P("ignored"), 4 },
	                  &calls),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(calls.count, 0);
	/* A default stands in, required or not. */
	assert_status(query((RTL_QUERY_REGISTRY_TABLE){ note, RTL_QUERY_REGISTRY_REQUIRED,
	                        W(u"none"), NULL, REG_DWORD, P("\7\0\0\0"), 4 },
	                  &calls),
	    STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_DWORD, "\7\0\0\0", 4);
}

static void
a_defaults_length_is_computed(void **state UNUSED)
{
	struct calls calls;

	assert_status(
	    query((RTL_QUERY_REGISTRY_TABLE){ note, 0, W(u"none"), NULL, REG_SZ, W(u"ab"), 0 },
	        &calls),
	    STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_SZ, u"ab", 6);
	assert_status(query((RTL_QUERY_REGISTRY_TABLE){ note, RTL_QUERY_REGISTRY_NOEXPAND,
	                        W(u"none"), NULL, REG_MULTI_SZ, W(u"a\0b\0"), 0 },
	                  &calls),
	    STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_MULTI_SZ, u"a\0b\0", 10);
	assert_status(
	    query((RTL_QUERY_REGISTRY_TABLE){ note, 0, W(u"none"), NULL, REG_BINARY, P("abc"), 0 },
	        &calls),
	    STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_BINARY, "", 0);
	/* Only the last byte of the type is the default's. */
	assert_status(query((RTL_QUERY_REGISTRY_TABLE){ note, 0, W(u"none"), NULL,
	                        REG_SZ << 24 | REG_DWORD, P("\1\0\0\0"), 4 },
	                  &calls),
	    STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_DWORD, "\1\0\0\0", 4);
}

static void
delete_removes_what_was_told(void **state UNUSED)
{
	struct calls calls;
	RTL_QUERY_REGISTRY_TABLE entry = { note, RTL_QUERY_REGISTRY_DELETE, W(u"v"), NULL, REG_SZ,
		W(u"d"), 0 };

	set_v(REG_SZ, u"x", 4);
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_SZ, u"x", 4);
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_SZ, u"d", 4);
	/* All values of a key. */
	set_v(REG_SZ, u"x", 4);
	entry.Name = NULL;
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_int_equal(calls.count, 1);
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_int_equal(calls.count, 0);
	/* What the routine refused stays. */
	set_v(REG_SZ, u"x", 4);
	entry.Name = W(u"v");
	memset(&calls, 0, sizeof(calls));
	calls.answer = STATUS_UNSUCCESSFUL;
	assert_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH,
	                  (RTL_QUERY_REGISTRY_TABLE[2]){ entry }, &calls, NULL),
	    STATUS_UNSUCCESSFUL);
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_SZ, u"x", 4);
}

/* --- Strings ------------------------------------------------------------------------------------
 */

static void
names_in_percent_signs_are_expanded(void **state UNUSED)
{
	static const WCHAR stored[] = u"%One%-%None%-%%-%one";
	static const WCHAR expected[] = u"1-%None%-%%-%one";
	static WCHAR environment[] = u"Other=x\0ONE=1\0";
	RTL_QUERY_REGISTRY_TABLE table[2] = { { .QueryRoutine = note, .Name = W(u"v") } };
	struct calls calls = { 0 };

	set_v(REG_EXPAND_SZ, stored, sizeof(stored));
	assert_status(
	    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH, table, &calls, environment),
	    STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_SZ, expected, sizeof(expected));
	table[0].Flags = RTL_QUERY_REGISTRY_NOEXPAND;
	memset(&calls, 0, sizeof(calls));
	assert_status(
	    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH, table, &calls, environment),
	    STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_EXPAND_SZ, stored, sizeof(stored));
	/* The process's own environment; a plain string is never expanded. */
	setenv("NTREG_TEST", "\xc3\xa4", 1);
	set_v(REG_EXPAND_SZ, u"%ntreg_test%", 26);
	assert_status(query(table[0], &calls), STATUS_SUCCESS);
	table[0].Flags = 0;
	assert_status(query(table[0], &calls), STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_SZ, u"\u00e4", 4);
	set_v(REG_SZ, u"%ntreg_test%", 26);
	assert_status(query(table[0], &calls), STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_SZ, u"%ntreg_test%", 26);
}

static void
raw_forms_come_with_noexpand(void **state UNUSED)
{
	struct calls calls;

	set_v(REG_MULTI_SZ, u"a\0b\0", 10);
	assert_status(query((RTL_QUERY_REGISTRY_TABLE){ note, RTL_QUERY_REGISTRY_NOEXPAND, W(u"v"),
	                        NULL, 0, NULL, 0 },
	                  &calls),
	    STATUS_SUCCESS);
	assert_int_equal(calls.count, 1);
	assert_call(calls.calls[0], REG_MULTI_SZ, u"a\0b\0", 10);
}

/*
 * The corners of REG_MULTI_SZ: data, and how many strings they are when stored, as a default with
 * its length, and as a default whose length is computed (-1: not to be asked, there is no end).
 */
static const struct corner {
	const WCHAR *data;
	ULONG size;
	int stored;
	int given;
	int computed;
	const WCHAR *strings; /* those of the longest of the three, one after the other */
} corners[] = {
	{ u"", 0, 0, -1, -1, u"" },
	{ u"", 2, 0, 0, -1, u"" },
	{ u"\0", 4, 1, 0, 0, u"\0" },
	{ u"abc", 8, 1, 1, -1, u"abc\0" },
	{ u"abc\0", 10, 1, 1, 1, u"abc\0" },
	{ u"abc\0de", 14, 2, 2, -1, u"abc\0de\0" },
	{ u"abc\0de\0", 16, 2, 2, 2, u"abc\0de\0" },
	{ u"abc\0\0de", 16, 3, 3, -1, u"abc\0\0de\0" },
	{ u"abc\0\0de\0", 18, 3, 3, 1, u"abc\0\0de\0" },
};

static void
assert_strings(const struct calls *calls, int count, const WCHAR *strings)
{
	assert_int_equal(calls->count, count);
	for (int i = 0; i < count; i++) {
		UNICODE_STRING expected;

		RtlInitUnicodeString(&expected, strings);
		assert_call(
		    calls->calls[i], REG_SZ, strings, expected.Length + (ULONG)sizeof(WCHAR));
		assert_memory_equal(calls->calls[i].name, u"v", 4);
		strings += expected.Length / sizeof(WCHAR) + 1;
	}
}

static void
multi_sz_is_told_string_by_string(void **state UNUSED)
{
	struct calls calls;
	HANDLE key = nt_key(KEY_ALL_ACCESS);

	for (size_t i = 0; i < sizeof(corners) / sizeof(corners[0]); i++) {
		const struct corner *corner = &corners[i];
		RTL_QUERY_REGISTRY_TABLE entry = { .QueryRoutine = note, .Name = W(u"v") };

		nt_set(key, US(u"v"), REG_MULTI_SZ, corner->data, corner->size);
		assert_status(query(entry, &calls), STATUS_SUCCESS);
		assert_strings(&calls, corner->stored, corner->strings);
		assert_status(ZwDeleteValueKey(key, US(u"v")), STATUS_SUCCESS);
		entry.DefaultType = REG_MULTI_SZ;
		entry.DefaultData = W(corner->data);
		entry.DefaultLength = corner->size;
		if (corner->given >= 0) {
			assert_status(query(entry, &calls), STATUS_SUCCESS);
			assert_strings(&calls, corner->given, corner->strings);
		}
		entry.DefaultLength = 0;
		if (corner->computed >= 0) {
			assert_status(query(entry, &calls), STATUS_SUCCESS);
			assert_strings(&calls, corner->computed, corner->strings);
		}
	}
}

static void
strings_without_an_end_get_one(void **state UNUSED)
{
	struct calls calls;
	RTL_QUERY_REGISTRY_TABLE entry = { .QueryRoutine = note, .Name = W(u"v") };

	set_v(REG_MULTI_SZ, u"abc", 6);
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_strings(&calls, 1, u"abc");
	set_v(REG_MULTI_SZ, u"abcd", 7);
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_strings(&calls, 1, u"abc");
	set_v(REG_SZ, u"abc", 6);
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_call(calls.calls[0], REG_SZ, u"abc", 6);
}

/* --- DIRECT -------------------------------------------------------------------------------------
 */

static void
direct_stores_strings(void **state UNUSED)
{
	WCHAR buffer[4];
	UNICODE_STRING string = { 0, sizeof(buffer), buffer };
	UNICODE_STRING made = { 0 };

	memset(buffer, POISON, sizeof(buffer));
	set_v(REG_SZ, u"abc", 8);
	assert_status(query_direct(RTL_QUERY_REGISTRY_TYPECHECK, REG_SZ, &string), STATUS_SUCCESS);
	assert_int_equal(string.Length, 6);
	assert_memory_equal(buffer, u"abc", 8);
	assert_status(query_direct(0, 0, &made), STATUS_SUCCESS);
	assert_int_equal(made.Length, 6);
	assert_int_equal(made.MaximumLength, 8);
	assert_memory_equal(made.Buffer, u"abc", 8);
	RtlFreeUnicodeString(&made);
	assert_null(made.Buffer);
	/* Without its terminator it takes as much room. */
	set_v(REG_SZ, u"abcd", 8);
	assert_status(query_direct(0, 0, &string), STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(string.Length, 6);
	set_v(REG_SZ, NULL, 0);
	assert_status(query_direct(0, 0, &string), STATUS_SUCCESS);
	assert_int_equal(string.Length, 0);
	set_v(REG_MULTI_SZ, u"a\0b", 8);
	assert_status(query_direct(0, 0, &string), STATUS_INVALID_PARAMETER);
	assert_status(query_direct(RTL_QUERY_REGISTRY_NOEXPAND, 0, &string), STATUS_SUCCESS);
	assert_memory_equal(buffer, u"a\0b", 8);
	assert_int_equal(string.Length, 6);
}

static void
direct_stores_small_data_as_they_are(void **state UNUSED)
{
	UCHAR buffer[8];

	memset(buffer, POISON, sizeof(buffer));
	set_v(REG_DWORD, P("\1\2\3\4"), 4);
	assert_status(
	    query_direct(RTL_QUERY_REGISTRY_TYPECHECK, REG_DWORD, buffer), STATUS_SUCCESS);
	assert_memory_equal(buffer, "\1\2\3\4\xa5", 5);
	set_v(REG_BINARY, "\7\7", 2);
	assert_status(query_direct(0, 0, buffer), STATUS_SUCCESS);
	assert_memory_equal(buffer, "\7\7\3\4\xa5", 5);
	set_v(REG_NONE, NULL, 0);
	assert_status(query_direct(0, 0, buffer), STATUS_SUCCESS);
	assert_memory_equal(buffer, "\7\7\3\4\xa5", 5);
}

static void
direct_stores_larger_data_by_their_buffers_size(void **state UNUSED)
{
	UCHAR buffer[24];
	LONG size = -8;

	memset(buffer, POISON, sizeof(buffer));
	set_v(REG_QWORD, "12345678", 8);
	memcpy(buffer, &size, 4);
	assert_status(query_direct(0, 0, buffer), STATUS_SUCCESS);
	assert_memory_equal(buffer, "12345678\xa5", 9);
	size = -7;
	memcpy(buffer, &size, 4);
	assert_status(query_direct(0, 0, buffer), STATUS_BUFFER_TOO_SMALL);
	assert_memory_equal(buffer, &size, 4);
	size = 16;
	memset(buffer, POISON, sizeof(buffer));
	memcpy(buffer, &size, 4);
	assert_status(query_direct(0, 0, buffer), STATUS_SUCCESS);
	assert_memory_equal(buffer,
	    "\x8\0\0\0\xb\0\0\0"
	    "12345678\xa5",
	    17);
	size = 15;
	memcpy(buffer, &size, 4);
	assert_status(query_direct(0, 0, buffer), STATUS_BUFFER_TOO_SMALL);
}

static void
direct_stores_a_default(void **state UNUSED)
{
	struct calls calls;
	ULONG number = 0xa5a5a5a5;
	RTL_QUERY_REGISTRY_TABLE entry = {
		.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK,
		.Name = W(u"none"),
		.EntryContext = &number,
		.DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT | REG_NONE,
	};

	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_int_equal(number, 0xa5a5a5a5);
	entry.DefaultType |= REG_DWORD;
	entry.DefaultData = &(ULONG){ 42 };
	entry.DefaultLength = 4;
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_int_equal(number, 42);
}

static void
the_stored_type_is_checked(void **state UNUSED)
{
	ULONG number = 0xa5a5a5a5;

	set_v(REG_BINARY, "abcd", 4);
	assert_status(query_direct(RTL_QUERY_REGISTRY_TYPECHECK, REG_DWORD, &number),
	    STATUS_OBJECT_TYPE_MISMATCH);
	assert_int_equal(number, 0xa5a5a5a5);
	assert_status(
	    query_direct(RTL_QUERY_REGISTRY_TYPECHECK, REG_BINARY, &number), STATUS_SUCCESS);
	assert_memory_equal(&number, "abcd", 4);
	assert_status(query_direct(RTL_QUERY_REGISTRY_TYPECHECK, REG_NONE, &number),
	    STATUS_OBJECT_TYPE_MISMATCH);
}

static void
an_untrusted_hive_wants_the_type_checked(void **state UNUSED)
{
	ULONG number = 0xa5a5a5a5;
	RTL_QUERY_REGISTRY_TABLE table[2] = { {
	    .Flags = RTL_QUERY_REGISTRY_DIRECT,
	    .Name = W(u"v"),
	    .EntryContext = &number,
	    .DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT,
	} };

	assert_status(
	    RtlWriteRegistryValue(RTL_REGISTRY_USER, u"Acme", u"v", REG_DWORD, P("\1\0\0\0"), 4),
	    STATUS_SUCCESS);
	assert_status(RtlQueryRegistryValues(RTL_REGISTRY_USER, u"Acme", table, NULL, NULL),
	    STATUS_STACK_BUFFER_OVERRUN);
	assert_int_equal(number, 0xa5a5a5a5);
	table[0].Flags |= RTL_QUERY_REGISTRY_TYPECHECK;
	assert_status(
	    RtlQueryRegistryValues(RTL_REGISTRY_USER, u"Acme", table, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(number, 1);
}

/* --- The table ----------------------------------------------------------------------------------
 */

static void
wrong_entries_end_the_query(void **state UNUSED)
{
	struct calls calls;
	ULONG number;
	const RTL_QUERY_REGISTRY_TABLE wrong[] = {
		{ .Flags = RTL_QUERY_REGISTRY_DIRECT, .EntryContext = &number },
		{ note, RTL_QUERY_REGISTRY_DIRECT, W(u"v"), &number, 0, NULL, 0 },
		{ .Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_SUBKEY,
		    .Name = W(u"v"),
		    .EntryContext = &number },
		{ .Flags = RTL_QUERY_REGISTRY_SUBKEY },
		{ note, RTL_QUERY_REGISTRY_SUBKEY, NULL, NULL, 0, NULL, 0 },
		{ .Name = W(u"v") },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_status(query(wrong[i], &calls), STATUS_INVALID_PARAMETER);
		assert_int_equal(calls.count, 0);
	}
	assert_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH, NULL, NULL, NULL),
	    STATUS_ACCESS_VIOLATION);
}

static void
without_a_name_all_values_are_told(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_SET_VALUE);
	struct calls calls;
	RTL_QUERY_REGISTRY_TABLE entry = { .QueryRoutine = note };

	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_int_equal(calls.count, 0);
	entry.Flags = RTL_QUERY_REGISTRY_REQUIRED;
	assert_status(query(entry, &calls), STATUS_OBJECT_NAME_NOT_FOUND);
	nt_set(key, US(u"two"), REG_DWORD, P("\2\0\0\0"), 4);
	nt_set(key, US(u"one"), REG_MULTI_SZ, u"a\0b\0", 10);
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_int_equal(calls.count, 3);
	assert_memory_equal(calls.calls[0].name, u"two", 8);
	assert_memory_equal(calls.calls[2].name, u"one", 8);
	assert_call(calls.calls[2], REG_SZ, u"b", 4);
	/* Only a call, whatever values there are. */
	entry.Flags = RTL_QUERY_REGISTRY_NOVALUE;
	assert_status(query(entry, &calls), STATUS_SUCCESS);
	assert_int_equal(calls.count, 1);
	assert_false(calls.calls[0].named);
	assert_false(calls.calls[0].data_given);
	assert_int_equal(calls.calls[0].type, REG_NONE);
	assert_int_equal(calls.calls[0].length, 0);
}

static void
subkeys_are_entered_and_left(void **state UNUSED)
{
	struct calls calls = { 0 };
	RTL_QUERY_REGISTRY_TABLE table[] = {
		{ .Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = W(u"One") },
		{ .QueryRoutine = note, .Name = W(u"v") },
		{ .Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = W(u"One\\Deep") },
		{ .QueryRoutine = note, .Name = W(u"v") },
		{ .QueryRoutine = note, .Flags = RTL_QUERY_REGISTRY_TOPKEY, .Name = W(u"v") },
		{ .QueryRoutine = note, .Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = W(u"One") },
		{ 0 },
	};

	set_v(REG_DWORD, P("\0\0\0\0"), 4);
	assert_status(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, KEY_PATH u"\\One", u"v",
	                  REG_DWORD, P("\1\0\0\0"), 4),
	    STATUS_SUCCESS);
	assert_status(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, KEY_PATH u"\\One\\Deep", u"v",
	                  REG_DWORD, P("\2\0\0\0"), 4),
	    STATUS_SUCCESS);
	assert_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH, table, &calls, NULL),
	    STATUS_SUCCESS);
	assert_int_equal(calls.count, 4);
	assert_int_equal(calls.calls[0].data[0], 1);
	assert_int_equal(calls.calls[1].data[0], 2);
	assert_int_equal(calls.calls[2].data[0], 0);
	assert_int_equal(calls.calls[3].data[0], 1);
	table[0].Name = W(u"None");
	assert_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH, table, &calls, NULL),
	    STATUS_OBJECT_NAME_NOT_FOUND);
}

static void
a_handle_may_stand_for_the_path(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_QUERY_VALUE);
	struct calls calls = { 0 };
	RTL_QUERY_REGISTRY_TABLE table[2] = { { .QueryRoutine = note, .Name = W(u"v") } };

	set_v(REG_DWORD, P("\1\0\0\0"), 4);
	assert_status(
	    RtlQueryRegistryValuesEx(RTL_REGISTRY_HANDLE, (PCWSTR)key, table, &calls, NULL),
	    STATUS_SUCCESS);
	assert_int_equal(calls.count, 1);
	/* It is still open. */
	assert_status(ZwClose(key), STATUS_SUCCESS);
	assert_status(RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, (PCWSTR)key, table, &calls, NULL),
	    STATUS_INVALID_HANDLE);
}

static void
an_optional_key_may_be_missing(void **state UNUSED)
{
	struct calls calls = { 0 };
	RTL_QUERY_REGISTRY_TABLE table[2] = { { note, 0, W(u"v"), NULL, REG_SZ, W(u"d"), 0 } };

	assert_status(
	    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY_PATH u"\\None", table, &calls, NULL),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(calls.count, 0);
	assert_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE | RTL_REGISTRY_OPTIONAL,
	                  KEY_PATH u"\\None", table, &calls, NULL),
	    STATUS_SUCCESS);
	assert_int_equal(calls.count, 1);
	assert_call(calls.calls[0], REG_SZ, u"d", 4);
}

/* --- By path ------------------------------------------------------------------------------------
 */

static void
roots_that_paths_are_relative_to(void **state)
{
	static const struct {
		ULONG root;
		const char *path;
	} roots[] = {
		{ RTL_REGISTRY_SERVICES, "HKLM\\SYSTEM\\ControlSet001\\Services" },
		{ RTL_REGISTRY_CONTROL, "HKLM\\SYSTEM\\ControlSet001\\Control" },
		{ RTL_REGISTRY_WINDOWS_NT,
		    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion" },
		{ RTL_REGISTRY_USER, "HKU\\.DEFAULT" },
	};
	struct registry *registry = ((struct host *)*state)->registry;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		reg_key key = host_key(registry, roots[i].path);
		reg_key sub;

		assert_status(RtlCheckRegistryKey(roots[i].root, NULL), STATUS_SUCCESS);
		assert_status(
		    RtlCheckRegistryKey(roots[i].root, W(u"Sub")), STATUS_OBJECT_NAME_NOT_FOUND);
		assert_status(RtlCreateRegistryKey(roots[i].root, W(u"Sub")), STATUS_SUCCESS);
		assert_status(RtlCreateRegistryKey(roots[i].root, W(u"Sub")), STATUS_SUCCESS);
		assert_status(RtlCheckRegistryKey(roots[i].root, W(u"Sub")), STATUS_SUCCESS);
		assert_lstatus(registry_open_key(registry, &key, "Sub", 0, &sub), ERROR_SUCCESS);
	}
	assert_status(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, W(u"No\\Sub")),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(
	    RtlCheckRegistryKey(RTL_REGISTRY_MAXIMUM, W(u"Sub")), STATUS_INVALID_PARAMETER);
	assert_status(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, NULL), STATUS_INVALID_PARAMETER);
}

static void
values_are_written_and_deleted_by_path(void **state)
{
	struct registry *registry = ((struct host *)*state)->registry;
	HANDLE key = nt_key(KEY_QUERY_VALUE);

	assert_status(RtlWriteRegistryValue(
	                  RTL_REGISTRY_SERVICES, u"acme", u"Start", REG_DWORD, P("\3\0\0\0"), 4),
	    STATUS_SUCCESS);
	assert_int_equal(
	    host_dword(registry, host_key(registry, "HKLM\\SYSTEM\\ControlSet001\\Services\\acme"),
	        "Start"),
	    3);
	assert_status(
	    RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, u"acme", u"Start"), STATUS_SUCCESS);
	assert_status(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, u"acme", u"Start"),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, u"none", u"Start"),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(RtlWriteRegistryValue(
	                  RTL_REGISTRY_HANDLE, (PCWSTR)key, u"v", REG_DWORD, P("\3\0\0\0"), 4),
	    STATUS_ACCESS_DENIED);
	assert_status(RtlWriteRegistryValue(
	                  RTL_REGISTRY_SERVICES, u"no\\such", u"v", REG_DWORD, P("\3\0\0\0"), 4),
	    STATUS_OBJECT_NAME_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, nt_setup, nt_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_routine_gets_name_type_data_and_contexts),
		TEST(a_routines_failure_ends_the_query_but_for_one),
		TEST(what_is_missing_is_passed_over_or_required),
		TEST(a_defaults_length_is_computed),
		TEST(delete_removes_what_was_told),
		TEST(names_in_percent_signs_are_expanded),
		TEST(raw_forms_come_with_noexpand),
		TEST(multi_sz_is_told_string_by_string),
		TEST(strings_without_an_end_get_one),
		TEST(direct_stores_strings),
		TEST(direct_stores_small_data_as_they_are),
		TEST(direct_stores_larger_data_by_their_buffers_size),
		TEST(direct_stores_a_default),
		TEST(the_stored_type_is_checked),
		TEST(an_untrusted_hive_wants_the_type_checked),
		TEST(wrong_entries_end_the_query),
		TEST(without_a_name_all_values_are_told),
		TEST(subkeys_are_entered_and_left),
		TEST(a_handle_may_stand_for_the_path),
		TEST(an_optional_key_may_be_missing),
		TEST(roots_that_paths_are_relative_to),
		TEST(values_are_written_and_deleted_by_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
