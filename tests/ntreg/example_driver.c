/*
 * A driver's registry code, written as for Windows: nothing here knows of a host or of Linux.
 */
#include "tests/ntreg/example_driver.h"

#define DEFAULT_QUEUE_DEPTH 32
#define TYPE_OF(type)       ((type) << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)
#define DIRECT_FLAGS        (RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK)

EXAMPLE_SETTINGS ExampleSettings;

static NTSTATUS NTAPI
CountRange(_In_ PWSTR ValueName, _In_ ULONG ValueType, _In_ PVOID ValueData, _In_ ULONG ValueLength,
    _In_ PVOID Context, _In_ PVOID EntryContext)
{
	PEXAMPLE_SETTINGS settings = (PEXAMPLE_SETTINGS)Context;

	UNREFERENCED_PARAMETER(ValueName);
	UNREFERENCED_PARAMETER(ValueData);
	UNREFERENCED_PARAMETER(EntryContext);
	if (ValueType != REG_SZ || ValueLength < sizeof(WCHAR))
		return STATUS_OBJECT_TYPE_MISMATCH;
	settings->Ranges++;
	return STATUS_SUCCESS;
}

/* All of Parameters in one call. */
static NTSTATUS
ReadParameters(_In_ HANDLE Parameters, _Out_ PEXAMPLE_SETTINGS Settings)
{
	ULONG defaultDepth = DEFAULT_QUEUE_DEPTH;
	RTL_QUERY_REGISTRY_TABLE table[6];

	PAGED_CODE();
	RtlZeroMemory(table, sizeof(table));
	RtlZeroMemory(Settings, sizeof(*Settings));

	table[0].Flags = DIRECT_FLAGS;
	table[0].Name = L"QueueDepth";
	table[0].EntryContext = &Settings->QueueDepth;
	table[0].DefaultType = TYPE_OF(REG_DWORD) | REG_DWORD;
	table[0].DefaultData = &defaultDepth;
	table[0].DefaultLength = sizeof(defaultDepth);

	table[1].Flags = DIRECT_FLAGS | RTL_QUERY_REGISTRY_REQUIRED;
	table[1].Name = L"Flags";
	table[1].EntryContext = &Settings->Flags;
	table[1].DefaultType = TYPE_OF(REG_DWORD) | REG_NONE;

	table[2].Flags = DIRECT_FLAGS | RTL_QUERY_REGISTRY_NOEXPAND;
	table[2].Name = L"FriendlyName";
	table[2].EntryContext = &Settings->FriendlyName;
	table[2].DefaultType = TYPE_OF(REG_SZ) | REG_SZ;
	table[2].DefaultData = L"Example";

	table[3].QueryRoutine = CountRange;
	table[3].Name = L"Ranges";

	table[4].Flags = DIRECT_FLAGS;
	table[4].Name = L"BootCount";
	table[4].EntryContext = &Settings->BootCount;
	table[4].DefaultType = TYPE_OF(REG_DWORD) | REG_NONE;

	return RtlQueryRegistryValues(
	    RTL_REGISTRY_HANDLE, (PCWSTR)Parameters, table, Settings, NULL);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
	DECLARE_CONST_UNICODE_STRING(bootCount, L"BootCount");
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING name;
	HANDLE service = NULL;
	HANDLE parameters = NULL;
	ULONG count;
	NTSTATUS status;

	UNREFERENCED_PARAMETER(DriverObject);
	InitializeObjectAttributes(
	    &attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
	status = ZwOpenKey(&service, KEY_READ, &attributes);
	if (!NT_SUCCESS(status))
		return status;

	RtlInitUnicodeString(&name, L"Parameters");
	InitializeObjectAttributes(
	    &attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, service, NULL);
	status = ZwOpenKey(&parameters, KEY_READ | KEY_SET_VALUE, &attributes);
	ZwClose(service);
	if (!NT_SUCCESS(status))
		return status;

	status = ReadParameters(parameters, &ExampleSettings);
	if (NT_SUCCESS(status)) {
		count = ExampleSettings.BootCount + 1;
		status = ZwSetValueKey(
		    parameters, (PUNICODE_STRING)&bootCount, 0, REG_DWORD, &count, sizeof(count));
	}
	ZwClose(parameters);
	return status;
}

VOID
DriverUnload(_In_ PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	RtlFreeUnicodeString(&ExampleSettings.FriendlyName);
}

/* The framework's way, for one value of the device's. */
NTSTATUS
AddDevice(_In_ PDRIVER_OBJECT DriverObject, _In_ PDEVICE_OBJECT PhysicalDeviceObject)
{
	DECLARE_CONST_UNICODE_STRING(portNumber, L"PortNumber");
	WDFKEY key;
	NTSTATUS status;

	UNREFERENCED_PARAMETER(DriverObject);
	status = WdfDeviceOpenRegistryKey(PhysicalDeviceObject, PLUGPLAY_REGKEY_DEVICE,
	    KEY_QUERY_VALUE, WDF_NO_OBJECT_ATTRIBUTES, &key);
	if (!NT_SUCCESS(status))
		return status;
	status = WdfRegistryQueryULong(key, &portNumber, &ExampleSettings.PortNumber);
	WdfRegistryClose(key);
	return status;
}
