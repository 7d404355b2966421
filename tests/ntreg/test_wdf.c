/*
 * The keys of drivers and devices, the framework's calls, and a driver that is compiled as on
 * Windows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ntreg/nt.h"

#include "tests/ntreg/example_driver.h"

#define SERVICE   u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\acme"
#define SERVICES  "HKLM\\SYSTEM\\CurrentControlSet\\Services\\acme"
#define ENUM_KEY  "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\ROOT\\ACME\\0000"
#define CLASS_KEY "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{c}\\0000"
#define GUID      "{01234567-89ab-cdef-0123-456789abcdef}"

static DRIVER_OBJECT driver = { RTL_CONSTANT_STRING(SERVICE) };
static DEVICE_OBJECT device = {
	&driver,
	RTL_CONSTANT_STRING(u"ROOT\\ACME\\0000"),
	RTL_CONSTANT_STRING(u"{c}\\0000"),
};

static struct registry *
registry_of(void **state)
{
	return ((struct host *)*state)->registry;
}

/* The tests' key as an object. */
static WDFKEY
open_key(ACCESS_MASK access)
{
	WDFKEY key = NULL;

	assert_status(WdfRegistryOpenKey(NULL, US(KEY_PATH), access, NULL, &key), STATUS_SUCCESS);
	return key;
}

static void
set(WDFKEY key, PUNICODE_STRING name, ULONG type, const void *data, ULONG size)
{
	assert_status(WdfRegistryAssignValue(key, name, type, size, (PVOID)data), STATUS_SUCCESS);
}

/* --- Io -----------------------------------------------------------------------------------------
 */

static void
a_device_has_a_hardware_and_a_software_key(void **state)
{
	struct registry *registry = registry_of(state);
	HANDLE key = NULL;
	DEVICE_OBJECT bare = device;

	assert_status(IoOpenDeviceRegistryKey(&device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	host_key(registry, ENUM_KEY);
	assert_status(IoOpenDeviceRegistryKey(&device, PLUGPLAY_REGKEY_DEVICE, KEY_WRITE, &key),
	    STATUS_SUCCESS);
	nt_set(key, US(u"v"), REG_DWORD, "\5\0\0\0", 4);
	assert_int_equal(
	    host_dword(registry, host_key(registry, ENUM_KEY "\\Device Parameters"), "v"), 5);
	assert_status(IoOpenDeviceRegistryKey(&device, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &key),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	host_key(registry, CLASS_KEY);
	assert_status(IoOpenDeviceRegistryKey(&device, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &key),
	    STATUS_SUCCESS);
	assert_status(ZwSetValueKey(key, US(u"v"), 0, REG_NONE, NULL, 0), STATUS_ACCESS_DENIED);
	bare.DriverKey.Length = 0;
	assert_status(IoOpenDeviceRegistryKey(&bare, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &key),
	    STATUS_OBJECT_NAME_NOT_FOUND);
}

static void
a_devices_keys_are_asked_for_by_one_flag(void **state)
{
	HANDLE key = NULL;

	assert_status(
	    IoOpenDeviceRegistryKey(&device, 0, KEY_READ, &key), STATUS_INVALID_PARAMETER);
	assert_status(
	    IoOpenDeviceRegistryKey(&device, 3, KEY_READ, &key), STATUS_INVALID_PARAMETER);
	assert_status(
	    IoOpenDeviceRegistryKey(&device, 9, KEY_READ, &key), STATUS_INVALID_PARAMETER);
	assert_status(
	    IoOpenDeviceRegistryKey(&device, PLUGPLAY_REGKEY_CURRENT_HWPROFILE, KEY_READ, &key),
	    STATUS_INVALID_PARAMETER);
	assert_status(IoOpenDeviceRegistryKey(NULL, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key),
	    STATUS_INVALID_PARAMETER);
	host_key(registry_of(state), "HKCC\\System\\CurrentControlSet\\Control\\Class\\{c}\\0000");
	assert_status(
	    IoOpenDeviceRegistryKey(&device,
	        PLUGPLAY_REGKEY_DRIVER | PLUGPLAY_REGKEY_CURRENT_HWPROFILE, KEY_READ, &key),
	    STATUS_SUCCESS);
}

static void
a_driver_has_parameters(void **state)
{
	HANDLE key = NULL;

	assert_status(IoOpenDriverRegistryKey(&driver, DriverRegKeyParameters, KEY_READ, 0, &key),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	host_key(registry_of(state), SERVICES "\\Parameters");
	assert_status(IoOpenDriverRegistryKey(&driver, DriverRegKeyParameters, KEY_READ, 0, &key),
	    STATUS_SUCCESS);
	assert_status(IoOpenDriverRegistryKey(&driver, DriverRegKeyParameters, KEY_READ, 1, &key),
	    STATUS_INVALID_PARAMETER);
	assert_status(
	    IoOpenDriverRegistryKey(&driver, DriverRegKeyPersistentState, KEY_READ, 0, &key),
	    STATUS_NOT_SUPPORTED);
	assert_status(IoOpenDriverRegistryKey(NULL, DriverRegKeyParameters, KEY_READ, 0, &key),
	    STATUS_INVALID_PARAMETER);
}

static void
an_interface_has_its_key_by_its_name(void **state)
{
	struct registry *registry = registry_of(state);
	HANDLE key = NULL;
	PUNICODE_STRING link = US(u"\\??\\ROOT#ACME#0000#"
	                          u"" GUID);
	PUNICODE_STRING refined = US(u"\\??\\ROOT#ACME#0000#"
	                             u"" GUID u"\\one");

	host_key(registry, "HKLM\\SYSTEM\\CurrentControlSet\\Control\\DeviceClasses\\" GUID
	                   "\\##?#ROOT#ACME#0000#" GUID "\\#one");
	assert_status(IoOpenDeviceInterfaceRegistryKey(refined, KEY_WRITE, &key), STATUS_SUCCESS);
	nt_set(key, US(u"v"), REG_DWORD, "\6\0\0\0", 4);
	assert_int_equal(
	    host_dword(registry,
	        host_key(registry, "HKLM\\SYSTEM\\CurrentControlSet\\Control\\DeviceClasses\\" GUID
	                           "\\##?#ROOT#ACME#0000#" GUID "\\#one\\Device Parameters"),
	        "v"),
	    6);
	assert_status(
	    IoOpenDeviceInterfaceRegistryKey(link, KEY_READ, &key), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(IoOpenDeviceInterfaceRegistryKey(US(u"\\??\\C:"), KEY_READ, &key),
	    STATUS_INVALID_PARAMETER);
	assert_status(IoOpenDeviceInterfaceRegistryKey(US(u"\\??\\X#{short}"), KEY_READ, &key),
	    STATUS_INVALID_PARAMETER);
}

/* --- Wdf: keys ----------------------------------------------------------------------------------
 */

static void
keys_are_opened_created_and_removed(void **state UNUSED)
{
	WDFKEY key = open_key(KEY_ALL_ACCESS);
	WDFKEY child = NULL;
	ULONG disposition = 0;

	assert_status(WdfRegistryOpenKey(key, US(u"Sub"), KEY_READ, NULL, &child),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_null(child);
	assert_status(
	    WdfRegistryCreateKey(key, US(u"Sub"), KEY_ALL_ACCESS, 0, &disposition, NULL, &child),
	    STATUS_SUCCESS);
	assert_int_equal(disposition, REG_CREATED_NEW_KEY);
	assert_status(WdfRegistryRemoveKey(key), STATUS_CANNOT_DELETE);
	assert_status(ZwFlushKey(WdfRegistryWdmGetHandle(child)), STATUS_SUCCESS);
	assert_status(WdfRegistryRemoveKey(child), STATUS_SUCCESS);
	assert_null(WdfRegistryWdmGetHandle(child));
	set(key, US(u"v"), REG_NONE, NULL, 0);
	assert_status(WdfRegistryRemoveValue(key, US(u"v")), STATUS_SUCCESS);
	assert_status(WdfRegistryRemoveValue(key, US(u"v")), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(
	    WdfRegistryOpenKey(NULL, NULL, KEY_READ, NULL, &child), STATUS_INVALID_PARAMETER);
	WdfRegistryClose(key);
	assert_status(
	    WdfRegistryOpenKey(key, US(u"Sub"), KEY_READ, NULL, &child), STATUS_INVALID_HANDLE);
	WdfRegistryClose(key);
}

static void
the_parameters_key_is_made_for_who_writes(void **state)
{
	WDFKEY key = NULL;

	host_key(registry_of(state), SERVICES);
	assert_status(WdfDriverOpenParametersRegistryKey(&driver, KEY_READ, NULL, &key),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(
	    WdfDriverOpenParametersRegistryKey(&driver, KEY_WRITE, NULL, &key), STATUS_SUCCESS);
	WdfRegistryClose(key);
	assert_status(
	    WdfDriverOpenParametersRegistryKey(&driver, KEY_READ, NULL, &key), STATUS_SUCCESS);
	WdfRegistryClose(key);
	assert_ptr_equal(WdfDriverGetRegistryPath(&driver), driver.ServiceKey.Buffer);
}

/* --- Wdf: values --------------------------------------------------------------------------------
 */

static void
a_ulong_is_a_reg_dword(void **state UNUSED)
{
	WDFKEY key = open_key(KEY_ALL_ACCESS);
	WDFKEY blind = open_key(KEY_SET_VALUE);
	ULONG number = 0xa5a5a5a5;

	assert_status(WdfRegistryQueryULong(key, US(u"v"), &number), STATUS_OBJECT_NAME_NOT_FOUND);
	set(key, US(u"v"), REG_BINARY, "abcd", 4);
	assert_status(WdfRegistryQueryULong(key, US(u"v"), &number), STATUS_OBJECT_TYPE_MISMATCH);
	set(key, US(u"v"), REG_DWORD, "abc", 3);
	assert_status(WdfRegistryQueryULong(key, US(u"v"), &number), STATUS_OBJECT_TYPE_MISMATCH);
	assert_int_equal(number, 0xa5a5a5a5);
	assert_status(WdfRegistryAssignULong(key, US(u"v"), 77), STATUS_SUCCESS);
	assert_status(WdfRegistryQueryULong(key, US(u"v"), &number), STATUS_SUCCESS);
	assert_int_equal(number, 77);
	assert_status(WdfRegistryQueryULong(blind, US(u"v"), &number), STATUS_ACCESS_DENIED);
	assert_status(WdfRegistryQueryULong(key, US(u"v"), NULL), STATUS_INVALID_PARAMETER);
	assert_status(WdfRegistryQueryULong(key, NULL, &number), STATUS_INVALID_PARAMETER);
	assert_status(WdfRegistryQueryULong(NULL, US(u"v"), &number), STATUS_INVALID_HANDLE);
	WdfRegistryClose(key);
	WdfRegistryClose(blind);
}

static void
a_unicode_string_is_a_reg_sz(void **state UNUSED)
{
	WDFKEY key = open_key(KEY_ALL_ACCESS);
	WCHAR buffer[4];
	UNICODE_STRING string = { 0, sizeof(buffer), buffer };
	USHORT length = 0;

	memset(buffer, POISON, sizeof(buffer));
	assert_status(WdfRegistryAssignUnicodeString(key, US(u"v"), US(u"abc")), STATUS_SUCCESS);
	assert_status(WdfRegistryQueryUnicodeString(key, US(u"v"), &length, NULL), STATUS_SUCCESS);
	assert_int_equal(length, 8);
	assert_status(WdfRegistryQueryUnicodeString(key, US(u"v"), NULL, &string), STATUS_SUCCESS);
	assert_int_equal(string.Length, 6);
	assert_memory_equal(buffer, u"abc", 8);
	set(key, US(u"v"), REG_SZ, u"abcde", 10); /* without a terminator */
	assert_status(
	    WdfRegistryQueryUnicodeString(key, US(u"v"), &length, &string), STATUS_BUFFER_OVERFLOW);
	assert_int_equal(length, 12);
	assert_int_equal(string.Length, 8);
	assert_memory_equal(buffer, u"abcd", 8);
	set(key, US(u"v"), REG_EXPAND_SZ, u"a", 4);
	assert_status(WdfRegistryQueryUnicodeString(key, US(u"v"), &length, &string),
	    STATUS_OBJECT_TYPE_MISMATCH);
	assert_status(WdfRegistryQueryUnicodeString(key, US(u"none"), &length, &string),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_status(
	    WdfRegistryQueryUnicodeString(key, US(u"v"), NULL, NULL), STATUS_INVALID_PARAMETER);
	WdfRegistryClose(key);
}

static void
a_string_object_holds_a_reg_sz(void **state UNUSED)
{
	WDFKEY key = open_key(KEY_ALL_ACCESS);
	WDFSTRING string = NULL;
	UNICODE_STRING text;

	assert_status(WdfStringCreate(US(u"xyz"), NULL, &string), STATUS_SUCCESS);
	assert_status(WdfRegistryAssignString(key, US(u"v"), string), STATUS_SUCCESS);
	set(key, US(u"empty"), REG_SZ, NULL, 0);
	assert_status(
	    WdfRegistryQueryString(key, US(u"empty"), string), STATUS_RESOURCE_DATA_NOT_FOUND);
	assert_status(
	    WdfRegistryQueryString(key, US(u"none"), string), STATUS_OBJECT_NAME_NOT_FOUND);
	set(key, US(u"w"), REG_SZ, u"longer", 14);
	assert_status(WdfRegistryQueryString(key, US(u"w"), string), STATUS_SUCCESS);
	WdfStringGetUnicodeString(string, &text);
	assert_int_equal(text.Length, 12);
	assert_memory_equal(text.Buffer, u"longer", 14);
	assert_status(WdfRegistryQueryString(key, US(u"v"), string), STATUS_SUCCESS);
	WdfStringGetUnicodeString(string, &text);
	assert_memory_equal(text.Buffer, u"xyz", 8);
	assert_status(WdfRegistryQueryString(key, US(u"v"), NULL), STATUS_INVALID_HANDLE);
	assert_status(WdfRegistryAssignULong(key, US(u"v"), 1), STATUS_SUCCESS);
	assert_status(WdfRegistryQueryString(key, US(u"v"), string), STATUS_OBJECT_TYPE_MISMATCH);
	WdfObjectDelete(string);
	WdfRegistryClose(key);
}

static void
a_collection_holds_a_reg_multi_sz(void **state UNUSED)
{
	WDFKEY key = open_key(KEY_ALL_ACCESS);
	WDFCOLLECTION collection = NULL;
	WDFOBJECT item;
	UNICODE_STRING text;
	UCHAR data[16];
	ULONG length = 0;
	ULONG type = 0;

	assert_status(WdfCollectionCreate(NULL, &collection), STATUS_SUCCESS);
	set(key, US(u"v"), REG_MULTI_SZ, u"ab\0c\0", 12);
	assert_status(WdfRegistryQueryMultiString(key, US(u"v"), NULL, collection), STATUS_SUCCESS);
	assert_int_equal(WdfCollectionGetCount(collection), 2);
	/* Further strings come after these. */
	set(key, US(u"w"), REG_MULTI_SZ, u"d", 2);
	assert_status(WdfRegistryQueryMultiString(key, US(u"w"), NULL, collection), STATUS_SUCCESS);
	assert_int_equal(WdfCollectionGetCount(collection), 3);
	WdfStringGetUnicodeString(WdfCollectionGetItem(collection, 2), &text);
	assert_true(RtlEqualUnicodeString(&text, US(u"d"), FALSE));
	assert_null(WdfCollectionGetItem(collection, 3));
	assert_status(WdfRegistryAssignMultiString(key, US(u"x"), collection), STATUS_SUCCESS);
	assert_status(WdfRegistryQueryValue(key, US(u"x"), sizeof(data), data, &length, &type),
	    STATUS_SUCCESS);
	assert_int_equal(type, REG_MULTI_SZ);
	assert_int_equal(length, 16);
	assert_memory_equal(data, u"ab\0c\0d\0", 16);
	set(key, US(u"v"), REG_MULTI_SZ, NULL, 0);
	assert_status(WdfRegistryQueryMultiString(key, US(u"v"), NULL, collection),
	    STATUS_RESOURCE_DATA_NOT_FOUND);
	set(key, US(u"v"), REG_SZ, u"a", 4);
	assert_status(WdfRegistryQueryMultiString(key, US(u"v"), NULL, collection),
	    STATUS_OBJECT_TYPE_MISMATCH);
	/* The strings go with the collection. */
	item = WdfCollectionGetItem(collection, 0);
	WdfObjectDelete(collection);
	WdfStringGetUnicodeString(item, &text);
	assert_null(text.Buffer);
	assert_status(
	    WdfRegistryQueryMultiString(key, US(u"v"), NULL, collection), STATUS_INVALID_HANDLE);
	WdfRegistryClose(key);
}

static void
memory_and_buffers_hold_any_value(void **state UNUSED)
{
	WDFKEY key = open_key(KEY_ALL_ACCESS);
	WDFMEMORY memory = NULL;
	WDFMEMORY_OFFSET offset = { 1, 2 };
	UCHAR data[8];
	ULONG length = 0;
	ULONG type = 99;
	size_t size = 0;

	set(key, US(u"v"), REG_BINARY, "abcde", 5);
	assert_status(
	    WdfRegistryQueryMemory(key, US(u"v"), PagedPool, NULL, &memory, &type), STATUS_SUCCESS);
	assert_int_equal(type, REG_BINARY);
	assert_memory_equal(WdfMemoryGetBuffer(memory, &size), "abcde", 5);
	assert_int_equal(size, 5);
	assert_status(
	    WdfRegistryAssignMemory(key, US(u"w"), REG_NONE, memory, &offset), STATUS_SUCCESS);
	memset(data, POISON, sizeof(data));
	assert_status(
	    WdfRegistryQueryValue(key, US(u"w"), 8, data, &length, &type), STATUS_SUCCESS);
	assert_int_equal(length, 2);
	assert_int_equal(type, REG_NONE);
	assert_memory_equal(data, "bc\xa5", 3);
	offset.BufferLength = 5;
	assert_status(WdfRegistryAssignMemory(key, US(u"w"), REG_NONE, memory, &offset),
	    STATUS_INVALID_PARAMETER);
	assert_status(
	    WdfRegistryAssignMemory(key, US(u"w"), REG_NONE, memory, NULL), STATUS_SUCCESS);
	assert_status(
	    WdfRegistryQueryValue(key, US(u"w"), 0, NULL, &length, NULL), STATUS_BUFFER_OVERFLOW);
	assert_int_equal(length, 5);
	memset(data, POISON, sizeof(data));
	assert_status(
	    WdfRegistryQueryValue(key, US(u"w"), 4, data, NULL, &type), STATUS_BUFFER_OVERFLOW);
	assert_int_equal(data[0], POISON);
	assert_status(WdfRegistryQueryValue(key, US(u"none"), 8, data, &length, &type),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	set(key, US(u"v"), REG_BINARY, NULL, 0);
	WdfObjectDelete(memory);
	memory = NULL;
	assert_status(WdfRegistryQueryMemory(key, US(u"v"), PagedPool, NULL, &memory, NULL),
	    STATUS_RESOURCE_DATA_NOT_FOUND);
	assert_null(memory);
	WdfRegistryClose(key);
}

static void
an_object_goes_with_its_parent(void **state UNUSED)
{
	WDF_OBJECT_ATTRIBUTES attributes;
	WDFKEY key = open_key(KEY_ALL_ACCESS);
	WDFKEY child = NULL;
	WDFSTRING string = NULL;
	HANDLE handle;

	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ParentObject = key;
	assert_status(WdfRegistryCreateKey(key, US(u"Sub"), KEY_READ, 0, NULL, &attributes, &child),
	    STATUS_SUCCESS);
	attributes.ParentObject = child;
	assert_status(WdfStringCreate(NULL, &attributes, &string), STATUS_SUCCESS);
	handle = WdfRegistryWdmGetHandle(child);
	WdfRegistryClose(key);
	assert_status(ZwFlushKey(handle), STATUS_INVALID_HANDLE);
	key = open_key(KEY_ALL_ACCESS);
	assert_status(WdfRegistryAssignString(key, US(u"v"), string), STATUS_INVALID_HANDLE);
	WdfRegistryClose(key);
	attributes.Size = 1;
	assert_status(WdfStringCreate(NULL, &attributes, &string), STATUS_INVALID_PARAMETER);
}

/* --- A driver -----------------------------------------------------------------------------------
 */

static void
a_driver_as_on_windows_reads_its_parameters(void **state)
{
	struct registry *registry = registry_of(state);
	reg_key key;

	assert_status(DriverEntry(&driver, &driver.ServiceKey), STATUS_OBJECT_NAME_NOT_FOUND);
	key = host_key(registry, SERVICES "\\Parameters");
	assert_status(DriverEntry(&driver, &driver.ServiceKey), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_lstatus(registry_set_dword(registry, key, "Flags", 0x11), ERROR_SUCCESS);
	assert_lstatus(registry_set_value(registry, key, "Ranges", REG_MULTI_SZ,
	                   u"1-2\0"
	                   u"5-9\0",
	                   18),
	    ERROR_SUCCESS);
	assert_status(DriverEntry(&driver, &driver.ServiceKey), STATUS_SUCCESS);
	assert_int_equal(ExampleSettings.QueueDepth, 32);
	assert_int_equal(ExampleSettings.Flags, 0x11);
	assert_int_equal(ExampleSettings.Ranges, 2);
	assert_int_equal(ExampleSettings.BootCount, 0);
	assert_true(RtlEqualUnicodeString(&ExampleSettings.FriendlyName, US(u"Example"), FALSE));
	DriverUnload(&driver);
	assert_lstatus(registry_set_dword(registry, key, "QueueDepth", 64), ERROR_SUCCESS);
	assert_lstatus(
	    registry_set_text(registry, key, "FriendlyName", REG_SZ, "Mine"), ERROR_SUCCESS);
	assert_status(DriverEntry(&driver, &driver.ServiceKey), STATUS_SUCCESS);
	assert_int_equal(ExampleSettings.QueueDepth, 64);
	assert_int_equal(ExampleSettings.BootCount, 1);
	assert_true(RtlEqualUnicodeString(&ExampleSettings.FriendlyName, US(u"Mine"), FALSE));
	DriverUnload(&driver);
	assert_int_equal(host_dword(registry, key, "BootCount"), 2);
	/* A value of the wrong type cannot overrun the driver's buffer. */
	assert_lstatus(
	    registry_set_text(registry, key, "QueueDepth", REG_SZ, "a long text"), ERROR_SUCCESS);
	assert_status(DriverEntry(&driver, &driver.ServiceKey), STATUS_OBJECT_TYPE_MISMATCH);
}

static void
a_driver_as_on_windows_reads_its_devices_key(void **state)
{
	struct registry *registry = registry_of(state);
	reg_key key = host_key(registry, ENUM_KEY "\\Device Parameters");

	ExampleSettings.PortNumber = 0xa5a5a5a5;
	assert_status(AddDevice(&driver, &device), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(ExampleSettings.PortNumber, 0xa5a5a5a5);
	assert_lstatus(registry_set_dword(registry, key, "PortNumber", 3), ERROR_SUCCESS);
	assert_status(AddDevice(&driver, &device), STATUS_SUCCESS);
	assert_int_equal(ExampleSettings.PortNumber, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, nt_setup, nt_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_has_a_hardware_and_a_software_key),
		TEST(a_devices_keys_are_asked_for_by_one_flag),
		TEST(a_driver_has_parameters),
		TEST(an_interface_has_its_key_by_its_name),
		TEST(keys_are_opened_created_and_removed),
		TEST(the_parameters_key_is_made_for_who_writes),
		TEST(a_ulong_is_a_reg_dword),
		TEST(a_unicode_string_is_a_reg_sz),
		TEST(a_string_object_holds_a_reg_sz),
		TEST(a_collection_holds_a_reg_multi_sz),
		TEST(memory_and_buffers_hold_any_value),
		TEST(an_object_goes_with_its_parent),
		TEST(a_driver_as_on_windows_reads_its_parameters),
		TEST(a_driver_as_on_windows_reads_its_devices_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
