/*
 * The Rtl calls that take a path: where it is, and the simple ones of them.
 */
#include <string.h>

#include "regstore/ntreg/internal.h"

/* What RelativeTo's numbers stand for. */
static const char *const roots[RTL_REGISTRY_MAXIMUM] = {
	[RTL_REGISTRY_ABSOLUTE] = "",
	[RTL_REGISTRY_SERVICES] = "\\Registry\\Machine\\System\\CurrentControlSet\\Services",
	[RTL_REGISTRY_CONTROL] = "\\Registry\\Machine\\System\\CurrentControlSet\\Control",
	[RTL_REGISTRY_WINDOWS_NT] =
	    "\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
	[RTL_REGISTRY_DEVICEMAP] = "\\Registry\\Machine\\Hardware\\DeviceMap",
	/* Drivers are entered in the system's process, whose user this is. */
	[RTL_REGISTRY_USER] = "\\Registry\\User\\.Default",
};

NTSTATUS
rtl_open_path(ULONG relative_to, PCWSTR path, bool create, ACCESS_MASK desired, HANDLE *ret_handle)
{
	ULONG root = relative_to & ~(RTL_REGISTRY_HANDLE | RTL_REGISTRY_OPTIONAL);
	struct buf text = { 0 };
	struct object *object;
	NTSTATUS status = STATUS_SUCCESS;

	if ((relative_to & RTL_REGISTRY_HANDLE) != 0) {
		*ret_handle = (HANDLE)(uintptr_t)path;
		return nt_handle_find_key(*ret_handle, 0, &object);
	}
	if (root >= RTL_REGISTRY_MAXIMUM || (root == RTL_REGISTRY_ABSOLUTE && path == NULL))
		return STATUS_INVALID_PARAMETER;
	buf_append_text(&text, roots[root]);
	if (path != NULL && path[0] != 0) {
		if (text.size > 0)
			buf_append_byte(&text, '\\');
		status = nt_text_to_utf8(path, &text);
	}
	if (NT_SUCCESS(status))
		status = nt_key_open_path(NULL, buf_text(&text), create, desired, NULL, ret_handle);
	buf_release(&text);
	return status;
}

void
rtl_close_path(ULONG relative_to, HANDLE handle)
{
	if ((relative_to & RTL_REGISTRY_HANDLE) == 0 && handle != NULL)
		ZwClose(handle);
}

NTSTATUS
RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
    PVOID ValueData, ULONG ValueLength)
{
	UNICODE_STRING name;
	HANDLE key;
	NTSTATUS status = rtl_open_path(RelativeTo, Path, true, KEY_SET_VALUE, &key);

	if (!NT_SUCCESS(status))
		return status;
	RtlInitUnicodeString(&name, ValueName);
	status = ZwSetValueKey(key, &name, 0, ValueType, ValueData, ValueLength);
	rtl_close_path(RelativeTo, key);
	return status;
}

NTSTATUS
RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName)
{
	UNICODE_STRING name;
	HANDLE key;
	NTSTATUS status = rtl_open_path(RelativeTo, Path, false, KEY_SET_VALUE, &key);

	if (!NT_SUCCESS(status))
		return status;
	RtlInitUnicodeString(&name, ValueName);
	status = ZwDeleteValueKey(key, &name);
	rtl_close_path(RelativeTo, key);
	return status;
}

static NTSTATUS
open_and_close(ULONG relative_to, PCWSTR path, bool create)
{
	HANDLE key;
	NTSTATUS status = rtl_open_path(relative_to, path, create, KEY_READ, &key);

	if (NT_SUCCESS(status))
		rtl_close_path(relative_to, key);
	return status;
}

NTSTATUS
RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
	return open_and_close(RelativeTo, Path, false);
}

NTSTATUS
RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path)
{
	return open_and_close(RelativeTo, Path, true);
}
