/*
 * The keys of drivers, devices and device interfaces.
 */
#include <string.h>

#include "regstore/ntreg/internal.h"

#define CONTROL_SET "\\Registry\\Machine\\System\\CurrentControlSet"
#define PROFILE     CONTROL_SET "\\Hardware Profiles\\Current\\System\\CurrentControlSet"

#define DEVICE_PARAMETERS "Device Parameters"
#define GUID_LENGTH       38 /* with its braces */

/* Open `path`, or the key `made` below it, which is made if only it is missing. */
static NTSTATUS
open_and_make(struct buf *path, const char *made, ACCESS_MASK desired, HANDLE *ret_handle)
{
	HANDLE parent;
	NTSTATUS status;

	if (path->failed)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (made == NULL)
		return nt_key_open_path(NULL, buf_text(path), false, desired, NULL, ret_handle);
	status = nt_key_open_path(NULL, buf_text(path), false, KEY_READ, NULL, &parent);
	if (!NT_SUCCESS(status))
		return status;
	status = nt_key_open_path(parent, made, true, desired, NULL, ret_handle);
	ZwClose(parent);
	return status;
}

NTSTATUS
IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType,
    ACCESS_MASK DesiredAccess, PHANDLE DeviceRegKey)
{
	bool profile = (DevInstKeyType & PLUGPLAY_REGKEY_CURRENT_HWPROFILE) != 0;
	ULONG type = DevInstKeyType & ~PLUGPLAY_REGKEY_CURRENT_HWPROFILE;
	bool driver = type == PLUGPLAY_REGKEY_DRIVER;
	struct buf path = { 0 };
	PCUNICODE_STRING name;
	NTSTATUS status;

	if (DeviceRegKey == NULL)
		return STATUS_ACCESS_VIOLATION;
	if (DeviceObject == NULL || (!driver && type != PLUGPLAY_REGKEY_DEVICE))
		return STATUS_INVALID_PARAMETER;
	name = driver ? &DeviceObject->DriverKey : &DeviceObject->InstancePath;
	if (name->Length == 0)
		return driver ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_INVALID_PARAMETER;
	buf_append_text(&path, profile ? PROFILE : CONTROL_SET);
	buf_append_text(&path, driver ? "\\Control\\Class\\" : "\\Enum\\");
	status = nt_name_to_utf8(name, &path);
	if (NT_SUCCESS(status))
		status = open_and_make(
		    &path, driver ? NULL : DEVICE_PARAMETERS, DesiredAccess, DeviceRegKey);
	buf_release(&path);
	return status;
}

NTSTATUS
io_driver_key(const DRIVER_OBJECT *driver, struct buf *out)
{
	if (driver == NULL || driver->ServiceKey.Length == 0)
		return STATUS_INVALID_PARAMETER;
	return nt_name_to_utf8(&driver->ServiceKey, out);
}

NTSTATUS
IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType,
    ACCESS_MASK DesiredAccess, ULONG Flags, PHANDLE DriverRegKey)
{
	struct buf path = { 0 };
	NTSTATUS status;

	if (DriverRegKey == NULL)
		return STATUS_ACCESS_VIOLATION;
	if (Flags != 0 || RegKeyType > DriverRegKeySharedPersistentState)
		return STATUS_INVALID_PARAMETER;
	if (RegKeyType != DriverRegKeyParameters)
		return STATUS_NOT_SUPPORTED;
	status = io_driver_key(DriverObject, &path);
	buf_append_text(&path, "\\Parameters");
	if (NT_SUCCESS(status))
		status = open_and_make(&path, NULL, DesiredAccess, DriverRegKey);
	buf_release(&path);
	return status;
}

/* --- Device interfaces
 * ---------------------------------------------------------------------------- */

/*
 * "\??\A#B#{guid}\ref" has its key at Control\DeviceClasses\{guid}\##?#A#B#{guid}\#ref. Append that
 * path; false for a text that is no such name.
 */
static bool
append_interface(const char *link, struct buf *path)
{
	static const char prefix[] = "\\??\\";
	const char *guid = strrchr(link, '{');
	const char *rest;

	if (strncmp(link, prefix, strlen(prefix)) != 0 || guid == NULL || guid[-1] != '#' ||
	    strlen(guid) < GUID_LENGTH || guid[GUID_LENGTH - 1] != '}')
		return false;
	rest = guid + GUID_LENGTH;
	if (*rest != '\0' && *rest != '\\')
		return false;
	link += strlen(prefix);
	if (memchr(link, '\\', (size_t)(guid - link)) != NULL ||
	    (*rest == '\\' && strchr(rest + 1, '\\') != NULL))
		return false;
	buf_append_text(path, CONTROL_SET "\\Control\\DeviceClasses\\");
	buf_append(path, guid, GUID_LENGTH);
	buf_append_text(path, "\\##?#");
	buf_append(path, link, (size_t)(rest - link));
	buf_append_text(path, "\\#");
	buf_append_text(path, *rest == '\\' ? rest + 1 : "");
	return true;
}

NTSTATUS
IoOpenDeviceInterfaceRegistryKey(
    PUNICODE_STRING SymbolicLinkName, ACCESS_MASK DesiredAccess, PHANDLE DeviceInterfaceRegKey)
{
	struct buf link = { 0 };
	struct buf path = { 0 };
	NTSTATUS status;

	if (SymbolicLinkName == NULL || DeviceInterfaceRegKey == NULL)
		return STATUS_ACCESS_VIOLATION;
	status = nt_name_to_utf8(SymbolicLinkName, &link);
	if (NT_SUCCESS(status) && !append_interface(buf_text(&link), &path))
		status = STATUS_INVALID_PARAMETER;
	if (NT_SUCCESS(status))
		status =
		    open_and_make(&path, DEVICE_PARAMETERS, DesiredAccess, DeviceInterfaceRegKey);
	buf_release(&link);
	buf_release(&path);
	return status;
}
