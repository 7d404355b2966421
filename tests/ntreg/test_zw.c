/*
 * The Zw calls on keys: handles, names, statuses, and the rules of buffers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ntreg/nt.h"

static NTSTATUS
create(HANDLE root, PUNICODE_STRING name, ULONG options, PHANDLE key, PULONG disposition)
{
	OBJECT_ATTRIBUTES attributes;

	InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE, root, NULL);
	return ZwCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, NULL, options, disposition);
}

/* --- Opening ------------------------------------------------------------------------------------
 */

static void
paths_are_absolute_or_relative_to_a_root(void **state UNUSED)
{
	HANDLE key = NULL;
	HANDLE subkey = NULL;

	assert_status(
	    nt_open(NULL, US(u"\\registry\\MACHINE\\SOFTWARE"), KEY_READ, &key), STATUS_SUCCESS);
	assert_status(nt_open(key, US(u"acme\\DRIVER"), KEY_READ, &subkey), STATUS_SUCCESS);
	assert_status(ZwClose(subkey), STATUS_SUCCESS);
	assert_status(nt_open(key, US(u""), KEY_READ, &subkey), STATUS_SUCCESS);
	assert_status(ZwClose(subkey), STATUS_SUCCESS);
	assert_status(nt_open(key, NULL, KEY_READ, &subkey), STATUS_SUCCESS);
	assert_status(ZwClose(subkey), STATUS_SUCCESS);
	assert_status(
	    nt_open(key, US(u"\\Acme"), KEY_READ, &subkey), STATUS_OBJECT_PATH_SYNTAX_BAD);
	assert_status(
	    nt_open(key, US(u"Nothing"), KEY_READ, &subkey), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(
	    nt_open(key, US(u"Nothing\\Here"), KEY_READ, &subkey), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(ZwClose(key), STATUS_SUCCESS);
	assert_status(nt_open(NULL, US(u"\\Registry"), KEY_READ, &key), STATUS_SUCCESS);
	assert_status(nt_open(key, US(u"Machine\\Software"), KEY_READ, &subkey), STATUS_SUCCESS);
}

static void
names_that_are_not_the_registrys_are_refused(void **state UNUSED)
{
	HANDLE key = NULL;
	UNICODE_STRING odd = { 19, 20, W(u"\\Registry\\Machine") };

	assert_status(
	    nt_open(NULL, US(u"Software"), KEY_READ, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
	assert_status(nt_open(NULL, US(u""), KEY_READ, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
	assert_status(nt_open(NULL, NULL, KEY_READ, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
	assert_status(
	    nt_open(NULL, US(u"\\Device\\Null"), KEY_READ, &key), STATUS_OBJECT_PATH_NOT_FOUND);
	assert_status(
	    nt_open(NULL, US(u"\\RegistryX"), KEY_READ, &key), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(nt_open(NULL, &odd, KEY_READ, &key), STATUS_OBJECT_NAME_INVALID);
	assert_null(key);
}

static void
attributes_and_options_are_checked(void **state UNUSED)
{
	PUNICODE_STRING name = US(KEY_PATH);
	OBJECT_ATTRIBUTES attributes;
	HANDLE key = NULL;

	InitializeObjectAttributes(&attributes, name, 0, NULL, NULL);
	assert_status(ZwOpenKey(NULL, KEY_READ, &attributes), STATUS_ACCESS_VIOLATION);
	assert_status(ZwOpenKey(&key, KEY_READ, NULL), STATUS_ACCESS_VIOLATION);
	assert_status(ZwOpenKeyEx(&key, KEY_READ, &attributes, REG_OPTION_VOLATILE),
	    STATUS_INVALID_PARAMETER);
	assert_status(ZwCreateKey(&key, KEY_READ, &attributes, 0, NULL, 0x100, NULL),
	    STATUS_INVALID_PARAMETER);
	attributes.Attributes = 1;
	assert_status(ZwOpenKey(&key, KEY_READ, &attributes), STATUS_INVALID_PARAMETER);
	attributes.Attributes = 0;
	attributes.Length = 1;
	assert_status(ZwOpenKey(&key, KEY_READ, &attributes), STATUS_INVALID_PARAMETER);
	assert_null(key);
}

static void
handles_are_validated(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_READ);
	HANDLE next;
	ULONG length;

	assert_status(ZwClose(key), STATUS_SUCCESS);
	assert_status(ZwClose(key), STATUS_INVALID_HANDLE);
	next = nt_key(KEY_READ);
	assert_ptr_not_equal(key, next);
	assert_status(ZwFlushKey(key), STATUS_INVALID_HANDLE);
	assert_status(ZwFlushKey(next), STATUS_SUCCESS);
	assert_status(ZwFlushKey(NULL), STATUS_INVALID_HANDLE);
	assert_status(ZwFlushKey((HANDLE)(uintptr_t)0x7ffc), STATUS_INVALID_HANDLE);
	assert_status(ZwFlushKey((HANDLE)((uintptr_t)next | 1)), STATUS_INVALID_HANDLE);
	assert_status(nt_open(key, US(u"x"), KEY_READ, &next), STATUS_INVALID_HANDLE);
	assert_status(
	    ZwQueryKey(key, KeyBasicInformation, NULL, 0, &length), STATUS_INVALID_HANDLE);
}

static void
without_a_host_nothing_opens(void **state)
{
	struct host *host = *state;
	HANDLE key = nt_key(KEY_READ);
	HANDLE other = NULL;

	assert_ptr_equal(ntreg_attach(NULL), host->registry);
	assert_status(nt_open(NULL, US(KEY_PATH), KEY_READ, &other), STATUS_DEVICE_NOT_READY);
	assert_status(nt_open(key, US(u""), KEY_READ, &other), STATUS_SUCCESS);
	ntreg_detach(host->registry);
	assert_status(ZwClose(other), STATUS_INVALID_HANDLE);
	assert_status(ZwClose(key), STATUS_INVALID_HANDLE);
}

static void
access_is_what_was_asked_for(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_ENUMERATE_SUB_KEYS);
	UCHAR buffer[64];
	ULONG length;
	IO_STATUS_BLOCK block;

	assert_status(ZwQueryValueKey(key, US(u"v"), KeyValuePartialInformation, buffer,
	                  sizeof(buffer), &length),
	    STATUS_ACCESS_DENIED);
	assert_status(ZwEnumerateValueKey(
	                  key, 0, KeyValuePartialInformation, buffer, sizeof(buffer), &length),
	    STATUS_ACCESS_DENIED);
	assert_status(ZwSetValueKey(key, US(u"v"), 0, REG_DWORD, buffer, 4), STATUS_ACCESS_DENIED);
	assert_status(ZwDeleteValueKey(key, US(u"v")), STATUS_ACCESS_DENIED);
	assert_status(ZwDeleteKey(key), STATUS_ACCESS_DENIED);
	assert_status(ZwRenameKey(key, US(u"x")), STATUS_ACCESS_DENIED);
	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, &block, 1, FALSE, NULL, 0, TRUE),
	    STATUS_ACCESS_DENIED);
	assert_status(ZwQueryKey(key, KeyBasicInformation, buffer, sizeof(buffer), &length),
	    STATUS_ACCESS_DENIED);
	/* A name may be asked for with any handle. */
	assert_status(
	    ZwQueryKey(key, KeyNameInformation, buffer, 4, &length), STATUS_BUFFER_OVERFLOW);
	assert_status(ZwEnumerateKey(key, 0, KeyBasicInformation, buffer, sizeof(buffer), &length),
	    STATUS_NO_MORE_ENTRIES);
	assert_status(ZwClose(key), STATUS_SUCCESS);
	key = nt_key(KEY_QUERY_VALUE);
	assert_status(ZwEnumerateKey(key, 0, KeyBasicInformation, buffer, sizeof(buffer), &length),
	    STATUS_ACCESS_DENIED);
	assert_status(ZwClose(key), STATUS_SUCCESS);
	key = nt_key(GENERIC_READ);
	assert_status(ZwQueryValueKey(key, US(u"v"), KeyValuePartialInformation, buffer,
	                  sizeof(buffer), &length),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(ZwSetValueKey(key, US(u"v"), 0, REG_DWORD, buffer, 4), STATUS_ACCESS_DENIED);
	key = nt_key(MAXIMUM_ALLOWED);
	assert_status(ZwSetValueKey(key, US(u"v"), 0, REG_NONE, NULL, 0), STATUS_SUCCESS);
}

/* --- Creating, deleting
 * --------------------------------------------------------------------------- */

static void
only_the_last_component_is_created(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_READ);
	HANDLE child = NULL;
	HANDLE other = NULL;
	ULONG disposition = 0;

	assert_status(
	    create(key, US(u"One\\Two"), 0, &child, &disposition), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(disposition, 0);
	assert_status(create(key, US(u"One\\"), 0, &child, &disposition), STATUS_SUCCESS);
	assert_int_equal(disposition, REG_CREATED_NEW_KEY);
	assert_status(create(key, US(u"ONE"), 0, &other, &disposition), STATUS_SUCCESS);
	assert_int_equal(disposition, REG_OPENED_EXISTING_KEY);
	assert_status(create(key, US(u"One\\Two"), 0, &other, NULL), STATUS_SUCCESS);
	assert_status(create(NULL, US(u"\\Registry\\Machine\\Nothing\\New"), 0, &other, NULL),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(create(NULL, US(u"\\Registry\\Machine\\Mine"), 0, &other, NULL),
	    STATUS_INVALID_PARAMETER);
}

static void
a_volatile_key_has_only_volatile_children(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_READ);
	HANDLE child = NULL;
	HANDLE other = NULL;

	assert_status(create(key, US(u"V"), REG_OPTION_VOLATILE, &child, NULL), STATUS_SUCCESS);
	assert_status(create(child, US(u"S"), 0, &other, NULL), STATUS_CHILD_MUST_BE_VOLATILE);
	assert_status(create(child, US(u"S"), REG_OPTION_VOLATILE, &other, NULL), STATUS_SUCCESS);
}

static void
names_may_hold_nuls_and_have_a_limit(void **state UNUSED)
{
	static WCHAR longest[257];
	UNICODE_STRING name = { 256 * sizeof(WCHAR), sizeof(longest), longest };
	HANDLE key = nt_key(KEY_READ);
	HANDLE child = NULL;
	HANDLE other = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(longest); i++)
		longest[i] = 'k';
	assert_status(create(key, &name, 0, &child, NULL), STATUS_SUCCESS);
	name.Length = sizeof(longest);
	assert_status(create(key, &name, 0, &child, NULL), STATUS_INVALID_PARAMETER);
	assert_status(create(key, US(u"a\0b"), 0, &child, NULL), STATUS_SUCCESS);
	assert_status(nt_open(key, US(u"A\0B"), KEY_READ, &other), STATUS_SUCCESS);
	assert_status(nt_open(key, US(u"a"), KEY_READ, &other), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(nt_open(key, US(u"a\0"), KEY_READ, &other), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void
a_class_is_given_when_the_key_is_made(void **state UNUSED)
{
	PUNICODE_STRING name = US(KEY_PATH u"\\C");
	OBJECT_ATTRIBUTES attributes;
	HANDLE key = NULL;
	struct {
		KEY_FULL_INFORMATION full;
		WCHAR more[16];
	} buffer;
	ULONG length = 0;
	size_t fixed = offsetof(KEY_FULL_INFORMATION, Class);

	InitializeObjectAttributes(&attributes, name, 0, NULL, NULL);
	assert_status(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, US(u"Klasse"), 0, NULL),
	    STATUS_SUCCESS);
	memset(&buffer, POISON, sizeof(buffer));
	assert_status(
	    ZwQueryKey(key, KeyFullInformation, &buffer, sizeof(buffer), &length), STATUS_SUCCESS);
	assert_int_equal(length, fixed + 12);
	assert_int_equal(buffer.full.ClassOffset, fixed);
	assert_int_equal(buffer.full.ClassLength, 12);
	assert_memory_equal((UCHAR *)&buffer + fixed, u"Klasse", 12);
	assert_int_equal(buffer.full.TitleIndex, 0);
	/* The second creation does not change it. */
	assert_status(
	    ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, US(u"X"), 0, NULL), STATUS_SUCCESS);
	assert_status(ZwQueryKey(key, KeyFullInformation, &buffer, (ULONG)fixed, &length),
	    STATUS_BUFFER_OVERFLOW);
	assert_int_equal(length, fixed + 12);
}

static void
a_key_with_subkeys_is_not_deleted(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	HANDLE child = NULL;
	HANDLE root = NULL;
	ULONG length;

	assert_status(create(key, US(u"Sub"), 0, &child, NULL), STATUS_SUCCESS);
	assert_status(ZwDeleteKey(key), STATUS_CANNOT_DELETE);
	assert_status(ZwDeleteKey(child), STATUS_SUCCESS);
	assert_status(ZwQueryKey(child, KeyBasicInformation, NULL, 0, &length), STATUS_KEY_DELETED);
	assert_status(ZwSetValueKey(child, US(u"v"), 0, REG_NONE, NULL, 0), STATUS_KEY_DELETED);
	assert_status(ZwFlushKey(child), STATUS_KEY_DELETED);
	assert_status(create(child, US(u"x"), 0, &root, NULL), STATUS_KEY_DELETED);
	assert_status(ZwClose(child), STATUS_SUCCESS);
	assert_status(ZwDeleteKey(key), STATUS_SUCCESS);
	assert_status(
	    nt_open(NULL, US(u"\\Registry\\Machine\\System"), DELETE, &root), STATUS_SUCCESS);
	assert_status(ZwDeleteKey(root), STATUS_CANNOT_DELETE);
}

static void
a_key_gets_another_name(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_READ);
	HANDLE one = NULL;
	HANDLE two = NULL;
	HANDLE found = NULL;

	assert_status(create(key, US(u"One"), 0, &one, NULL), STATUS_SUCCESS);
	assert_status(create(key, US(u"Two"), 0, &two, NULL), STATUS_SUCCESS);
	assert_status(ZwRenameKey(one, US(u"TWO")), STATUS_OBJECT_NAME_COLLISION);
	assert_status(ZwRenameKey(one, US(u"a\\b")), STATUS_INVALID_PARAMETER);
	assert_status(ZwRenameKey(one, US(u"")), STATUS_INVALID_PARAMETER);
	assert_status(ZwRenameKey(one, NULL), STATUS_ACCESS_VIOLATION);
	assert_status(ZwRenameKey(one, US(u"Three")), STATUS_SUCCESS);
	assert_status(nt_open(key, US(u"three"), KEY_READ, &found), STATUS_SUCCESS);
	assert_status(nt_open(key, US(u"One"), KEY_READ, &found), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void
a_link_is_opened_by_its_target_or_itself(void **state UNUSED)
{
	PUNICODE_STRING name = US(u"\\Registry\\Machine\\Software\\Acme\\Link");
	static const WCHAR target[] = KEY_PATH;
	OBJECT_ATTRIBUTES attributes;
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	HANDLE link = NULL;
	HANDLE through = NULL;
	UCHAR buffer[16];
	ULONG length;

	InitializeObjectAttributes(&attributes, name, 0, NULL, NULL);
	assert_status(
	    ZwCreateKey(&link, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_CREATE_LINK, NULL),
	    STATUS_SUCCESS);
	nt_set(link, US(u"SymbolicLinkValue"), REG_LINK, target, sizeof(target) - sizeof(WCHAR));
	assert_status(ZwSetValueKey(link, US(u"other"), 0, REG_SZ, NULL, 0), STATUS_ACCESS_DENIED);
	nt_set(key, US(u"v"), REG_DWORD, &(ULONG){ 7 }, 4);
	assert_status(ZwOpenKey(&through, KEY_READ, &attributes), STATUS_SUCCESS);
	assert_status(ZwQueryValueKey(through, US(u"v"), KeyValuePartialInformation, buffer,
	                  sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_status(
	    ZwOpenKeyEx(&through, KEY_READ, &attributes, REG_OPTION_OPEN_LINK), STATUS_SUCCESS);
	assert_status(ZwQueryValueKey(through, US(u"v"), KeyValuePartialInformation, buffer,
	                  sizeof(buffer), &length),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	attributes.Attributes = OBJ_OPENLINK;
	assert_status(ZwOpenKey(&through, KEY_READ, &attributes), STATUS_SUCCESS);
	assert_status(ZwQueryValueKey(through, US(u"SymbolicLinkValue"), KeyValuePartialInformation,
	                  buffer, sizeof(buffer), &length),
	    STATUS_BUFFER_OVERFLOW);
	assert_status(ZwCreateKey(&through, KEY_ALL_ACCESS, &attributes, 0, NULL,
	                  REG_OPTION_CREATE_LINK, NULL),
	    STATUS_OBJECT_NAME_COLLISION);
}

/* --- Information on keys
 * -------------------------------------------------------------------------- */

static void
basic_information_fills_what_fits(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_READ);
	size_t fixed = offsetof(KEY_BASIC_INFORMATION, Name);
	struct {
		KEY_BASIC_INFORMATION basic;
		WCHAR more[16];
	} buffer;
	UCHAR poison[sizeof(buffer)];
	ULONG length = 0;

	memset(poison, POISON, sizeof(poison));
	memset(&buffer, POISON, sizeof(buffer));
	assert_int_equal(fixed, 16);
	assert_status(
	    ZwQueryKey(key, KeyBasicInformation, NULL, 0, &length), STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(length, fixed + 12);
	length = 0;
	assert_status(ZwQueryKey(key, KeyBasicInformation, &buffer, (ULONG)fixed - 1, &length),
	    STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(length, fixed + 12);
	assert_memory_equal(&buffer, poison, sizeof(buffer));
	assert_status(ZwQueryKey(key, KeyBasicInformation, &buffer, (ULONG)fixed + 5, &length),
	    STATUS_BUFFER_OVERFLOW);
	assert_int_equal(length, fixed + 12);
	assert_int_equal(buffer.basic.NameLength, 12);
	assert_memory_equal((UCHAR *)&buffer + fixed, u"Driver", 5);
	assert_memory_equal((UCHAR *)&buffer + fixed + 5, poison, 7);
	assert_status(ZwQueryKey(key, KeyBasicInformation, &buffer, (ULONG)fixed + 12, &length),
	    STATUS_SUCCESS);
	assert_memory_equal((UCHAR *)&buffer + fixed, u"Driver", 12);
	assert_true(buffer.basic.LastWriteTime.QuadPart > 0);
	assert_status(ZwQueryKey(key, KeyBasicInformation, &buffer, sizeof(buffer), NULL),
	    STATUS_ACCESS_VIOLATION);
}

static void
node_information_has_name_and_class(void **state UNUSED)
{
	PUNICODE_STRING name = US(u"abc");
	OBJECT_ATTRIBUTES attributes;
	HANDLE key = NULL;
	HANDLE parent = nt_key(KEY_READ);
	size_t fixed = offsetof(KEY_NODE_INFORMATION, Name);
	struct {
		KEY_NODE_INFORMATION node;
		WCHAR more[16];
	} buffer;
	ULONG length = 0;

	InitializeObjectAttributes(&attributes, name, 0, parent, NULL);
	assert_status(
	    ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, US(u"cls"), 0, NULL), STATUS_SUCCESS);
	memset(&buffer, POISON, sizeof(buffer));
	assert_status(
	    ZwEnumerateKey(parent, 0, KeyNodeInformation, &buffer, sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_int_equal(fixed, 24);
	assert_int_equal(buffer.node.NameLength, 6);
	assert_int_equal(buffer.node.ClassOffset, 32); /* 30, rounded up */
	assert_int_equal(buffer.node.ClassLength, 6);
	assert_int_equal(length, 38);
	assert_memory_equal((UCHAR *)&buffer + 24, u"abc", 6);
	assert_memory_equal((UCHAR *)&buffer + 32, u"cls", 6);
	assert_status(ZwQueryKey(parent, KeyNodeInformation, &buffer, sizeof(buffer), &length),
	    STATUS_SUCCESS);
	assert_int_equal(buffer.node.ClassOffset, UINT32_MAX);
	assert_int_equal(length, 24 + 12);
}

static void
full_and_cached_information_count(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	HANDLE child = NULL;
	KEY_FULL_INFORMATION full;
	KEY_CACHED_INFORMATION cached;
	ULONG length = 0;

	assert_status(create(key, US(u"four"), 0, &child, NULL), STATUS_SUCCESS);
	assert_status(create(key, US(u"sixsix"), 0, &child, NULL), STATUS_SUCCESS);
	nt_set(key, US(u"value"), REG_BINARY, "0123456789", 10);
	memset(&full, POISON, sizeof(full));
	assert_status(
	    ZwQueryKey(key, KeyFullInformation, &full, sizeof(full), &length), STATUS_SUCCESS);
	assert_int_equal(length, 44);
	assert_int_equal(full.SubKeys, 2);
	assert_int_equal(full.MaxNameLen, 12);
	assert_int_equal(full.MaxClassLen, 0);
	assert_int_equal(full.Values, 1);
	assert_int_equal(full.MaxValueNameLen, 10);
	assert_int_equal(full.MaxValueDataLen, 10);
	assert_int_equal(full.ClassOffset, UINT32_MAX);
	memset(&cached, POISON, sizeof(cached));
	assert_status(ZwQueryKey(key, KeyCachedInformation, &cached, sizeof(cached) - 1, &length),
	    STATUS_BUFFER_TOO_SMALL);
	assert_status(ZwQueryKey(key, KeyCachedInformation, &cached, sizeof(cached), &length),
	    STATUS_SUCCESS);
	assert_int_equal(length, sizeof(cached));
	assert_int_equal(cached.SubKeys, 2);
	assert_int_equal(cached.NameLength, 12);
	assert_int_equal(cached.MaxValueDataLen, 10);
	assert_true(cached.LastWriteTime.QuadPart == full.LastWriteTime.QuadPart);
	assert_status(ZwQueryKey(key, KeyFlagsInformation, &full, sizeof(full), &length),
	    STATUS_INVALID_PARAMETER);
	assert_status(ZwQueryKey(key, MaxKeyInfoClass, &full, sizeof(full), &length),
	    STATUS_INVALID_PARAMETER);
}

static void
name_information_is_the_whole_path(void **state UNUSED)
{
	static const WCHAR expected[] = u"\\REGISTRY\\MACHINE\\SOFTWARE\\Acme\\Driver";
	HANDLE key = nt_key(0);
	HANDLE root = NULL;
	struct {
		KEY_NAME_INFORMATION name;
		WCHAR more[64];
	} buffer;
	ULONG length = 0;

	assert_status(
	    ZwQueryKey(key, KeyNameInformation, &buffer, sizeof(buffer), &length), STATUS_SUCCESS);
	assert_int_equal(length, 4 + sizeof(expected) - 2);
	assert_int_equal(buffer.name.NameLength, sizeof(expected) - 2);
	assert_memory_equal((UCHAR *)&buffer + 4, expected, sizeof(expected) - 2);
	assert_status(
	    ZwQueryKey(key, KeyNameInformation, &buffer, 3, &length), STATUS_BUFFER_TOO_SMALL);
	assert_status(nt_open(NULL, US(u"\\Registry"), 0, &root), STATUS_SUCCESS);
	assert_status(
	    ZwQueryKey(root, KeyNameInformation, &buffer, sizeof(buffer), &length), STATUS_SUCCESS);
	assert_int_equal(buffer.name.NameLength, 18);
}

static void
system_hives_are_trusted(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_READ);
	KEY_TRUST_INFORMATION trust;
	ULONG length;

	assert_status(
	    ZwQueryKey(key, KeyTrustInformation, &trust, sizeof(trust), &length), STATUS_SUCCESS);
	assert_int_equal(trust.TrustedKey, 1);
	assert_status(
	    nt_open(NULL, US(u"\\Registry\\User\\.Default"), KEY_READ, &key), STATUS_SUCCESS);
	assert_status(
	    ZwQueryKey(key, KeyTrustInformation, &trust, sizeof(trust), &length), STATUS_SUCCESS);
	assert_int_equal(trust.TrustedKey, 0);
}

static void
subkeys_are_enumerated_in_upper_cased_order(void **state UNUSED)
{
	static const WCHAR *const names[] = { u"alpha", u"Beta", u"gamma" };
	HANDLE key = nt_key(KEY_READ);
	HANDLE child = NULL;
	struct {
		KEY_BASIC_INFORMATION basic;
		WCHAR more[16];
	} buffer;
	ULONG length = 0;

	assert_status(create(key, US(u"gamma"), 0, &child, NULL), STATUS_SUCCESS);
	assert_status(create(key, US(u"Beta"), 0, &child, NULL), STATUS_SUCCESS);
	assert_status(create(key, US(u"alpha"), 0, &child, NULL), STATUS_SUCCESS);
	for (ULONG i = 0; i < 3; i++) {
		UNICODE_STRING name;

		RtlInitUnicodeString(&name, names[i]);
		assert_status(
		    ZwEnumerateKey(key, i, KeyBasicInformation, &buffer, sizeof(buffer), &length),
		    STATUS_SUCCESS);
		assert_int_equal(buffer.basic.NameLength, name.Length);
		assert_memory_equal(buffer.basic.Name, name.Buffer, name.Length);
	}
	assert_status(ZwEnumerateKey(key, 3, KeyBasicInformation, &buffer, sizeof(buffer), &length),
	    STATUS_NO_MORE_ENTRIES);
	assert_status(ZwEnumerateKey(key, 0, KeyNameInformation, &buffer, sizeof(buffer), &length),
	    STATUS_INVALID_PARAMETER);
	assert_status(
	    ZwEnumerateKey(key, 0, KeyBasicInformation, NULL, 0, &length), STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(length, 16 + 10);
}

/* --- Strings
 * -------------------------------------------------------------------------------------- */

static void
counted_strings(void **state UNUSED)
{
	WCHAR buffer[6];
	UNICODE_STRING string = { 0, sizeof(buffer), buffer };
	UNICODE_STRING other;

	RtlInitUnicodeString(&other, NULL);
	assert_int_equal(other.Length, 0);
	assert_int_equal(other.MaximumLength, 0);
	assert_null(other.Buffer);
	RtlInitUnicodeString(&other, u"abc");
	assert_int_equal(other.Length, 6);
	assert_int_equal(other.MaximumLength, 8);
	RtlCopyUnicodeString(&string, &other);
	assert_int_equal(string.Length, 6);
	assert_int_equal(buffer[3], 0);
	assert_status(RtlAppendUnicodeToString(&string, u"def"), STATUS_SUCCESS);
	assert_int_equal(string.Length, 12);
	assert_status(RtlAppendUnicodeStringToString(&string, &other), STATUS_BUFFER_TOO_SMALL);
	assert_true(RtlEqualUnicodeString(US(u"aBc"), &other, TRUE));
	assert_false(RtlEqualUnicodeString(US(u"aBc"), &other, FALSE));
	assert_true(RtlCompareUnicodeString(US(u"ab"), &other, TRUE) < 0);
	assert_true(RtlCompareUnicodeString(US(u"abd"), &other, TRUE) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, nt_setup, nt_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paths_are_absolute_or_relative_to_a_root),
		TEST(names_that_are_not_the_registrys_are_refused),
		TEST(attributes_and_options_are_checked),
		TEST(handles_are_validated),
		TEST(without_a_host_nothing_opens),
		TEST(access_is_what_was_asked_for),
		TEST(only_the_last_component_is_created),
		TEST(a_volatile_key_has_only_volatile_children),
		TEST(names_may_hold_nuls_and_have_a_limit),
		TEST(a_class_is_given_when_the_key_is_made),
		TEST(a_key_with_subkeys_is_not_deleted),
		TEST(a_key_gets_another_name),
		TEST(a_link_is_opened_by_its_target_or_itself),
		TEST(basic_information_fills_what_fits),
		TEST(node_information_has_name_and_class),
		TEST(full_and_cached_information_count),
		TEST(name_information_is_the_whole_path),
		TEST(system_hives_are_trusted),
		TEST(subkeys_are_enumerated_in_upper_cased_order),
		TEST(counted_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
