/*
 * The framework's keys: open, create, close, remove.
 */
#include <string.h>

#include "regstore/ntreg/internal.h"

/* Make the object of a handle that was opened; the handle is closed if that fails. */
static NTSTATUS
wrap(HANDLE handle, const WDF_OBJECT_ATTRIBUTES *attributes, WDFKEY *ret_key)
{
	struct wdf_object *object;
	NTSTATUS status = wdf_create(WDF_KEY, attributes, &object);

	if (!NT_SUCCESS(status)) {
		ZwClose(handle);
		return status;
	}
	object->key = handle;
	*ret_key = (WDFKEY)(void *)object;
	return status;
}

/* The handle below which a name is; NULL for none. */
static NTSTATUS
parent_handle(WDFKEY parent, HANDLE *ret_handle)
{
	struct wdf_object *object;

	*ret_handle = NULL;
	if (parent == NULL)
		return STATUS_SUCCESS;
	object = wdf_find(parent, WDF_KEY);
	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	*ret_handle = object->key;
	return STATUS_SUCCESS;
}

NTSTATUS
WdfRegistryOpenKey(WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
    PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
	OBJECT_ATTRIBUTES attributes;
	HANDLE parent;
	HANDLE handle;
	NTSTATUS status;

	if (KeyName == NULL || Key == NULL)
		return STATUS_INVALID_PARAMETER;
	status = parent_handle(ParentKey, &parent);
	if (!NT_SUCCESS(status))
		return status;
	InitializeObjectAttributes(&attributes, (PUNICODE_STRING)KeyName,
	    OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, parent, NULL);
	status = ZwOpenKey(&handle, DesiredAccess, &attributes);
	return NT_SUCCESS(status) ? wrap(handle, KeyAttributes, Key) : status;
}

NTSTATUS
WdfRegistryCreateKey(WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
    ULONG CreateOptions, PULONG CreateDisposition, PWDF_OBJECT_ATTRIBUTES KeyAttributes,
    WDFKEY *Key)
{
	OBJECT_ATTRIBUTES attributes;
	HANDLE parent;
	HANDLE handle;
	NTSTATUS status;

	if (KeyName == NULL || Key == NULL)
		return STATUS_INVALID_PARAMETER;
	status = parent_handle(ParentKey, &parent);
	if (!NT_SUCCESS(status))
		return status;
	InitializeObjectAttributes(&attributes, (PUNICODE_STRING)KeyName,
	    OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, parent, NULL);
	status = ZwCreateKey(
	    &handle, DesiredAccess, &attributes, 0, NULL, CreateOptions, CreateDisposition);
	return NT_SUCCESS(status) ? wrap(handle, KeyAttributes, Key) : status;
}

NTSTATUS
WdfDeviceOpenRegistryKey(WDFDEVICE Device, ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess,
    PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
	HANDLE handle;
	NTSTATUS status;

	if (Key == NULL)
		return STATUS_INVALID_PARAMETER;
	status = IoOpenDeviceRegistryKey(Device, DeviceInstanceKeyType, DesiredAccess, &handle);
	return NT_SUCCESS(status) ? wrap(handle, KeyAttributes, Key) : status;
}

NTSTATUS
WdfDriverOpenParametersRegistryKey(
    WDFDRIVER Driver, ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
	bool write = (DesiredAccess &
	                 (KEY_SET_VALUE | KEY_CREATE_SUB_KEY | GENERIC_WRITE | GENERIC_ALL)) != 0;
	struct buf path = { 0 };
	HANDLE handle;
	NTSTATUS status;

	if (Key == NULL)
		return STATUS_INVALID_PARAMETER;
	status = io_driver_key(Driver, &path);
	buf_append_text(&path, "\\Parameters");
	if (NT_SUCCESS(status))
		status =
		    nt_key_open_path(NULL, buf_text(&path), write, DesiredAccess, NULL, &handle);
	buf_release(&path);
	return NT_SUCCESS(status) ? wrap(handle, KeyAttributes, Key) : status;
}

PWSTR
WdfDriverGetRegistryPath(WDFDRIVER Driver)
{
	return Driver != NULL ? Driver->ServiceKey.Buffer : NULL;
}

VOID
WdfRegistryClose(WDFKEY Key)
{
	if (wdf_find(Key, WDF_KEY) != NULL)
		WdfObjectDelete(Key);
}

HANDLE
WdfRegistryWdmGetHandle(WDFKEY Key)
{
	struct wdf_object *object = wdf_find(Key, WDF_KEY);

	return object != NULL ? object->key : NULL;
}

NTSTATUS
WdfRegistryRemoveKey(WDFKEY Key)
{
	struct wdf_object *object = wdf_find(Key, WDF_KEY);
	NTSTATUS status;

	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	status = ZwDeleteKey(object->key);
	if (NT_SUCCESS(status))
		WdfObjectDelete(Key);
	return status;
}

NTSTATUS
WdfRegistryRemoveValue(WDFKEY Key, PCUNICODE_STRING ValueName)
{
	struct wdf_object *object = wdf_find(Key, WDF_KEY);

	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	if (ValueName == NULL)
		return STATUS_INVALID_PARAMETER;
	return ZwDeleteValueKey(object->key, (PUNICODE_STRING)ValueName);
}
