/*
 * The kernel face of the registry: the calls that a Windows driver makes, over a host's registry.
 *
 * Signatures, status codes and buffer rules are the WDK's; the source of a driver's registry code
 * compiles against this header alone (with -fshort-wchar for L"literals"). Nothing of WDM beside
 * the registry is here. IRQL is always PASSIVE_LEVEL. Every call of the WDK, and what there is:
 *
 * Zw... (and Nt..., the same)             here
 * ZwCreateKey, ZwOpenKey, ZwOpenKeyEx     yes; "\Registry\..." or relative to RootDirectory
 * ZwClose                                 yes; keys and events
 * ZwDeleteKey, ZwDeleteValueKey           yes
 * ZwEnumerateKey                          Basic, Node, Full (others: STATUS_INVALID_PARAMETER)
 * ZwQueryKey                              Basic, Node, Full, Name, Cached, Trust
 * ZwEnumerateValueKey, ZwQueryValueKey    Basic, Full, Partial, and both Align64
 * ZwQueryMultipleValueKey                 yes
 * ZwSetValueKey                           yes; TitleIndex is ignored
 * ZwRenameKey                             yes
 * ZwFlushKey                              yes; a write is on disk when its call returns
 * ZwNotifyChangeKey                       yes; what is asynchronous is told by ntreg_dispatch
 * ZwCreateEvent, ZwSetEvent               yes, for ZwNotifyChangeKey
 * ZwWaitForSingleObject                   yes, on events
 * ZwCreateKeyTransacted,                  -
 *   ZwOpenKeyTransacted, ...TransactedEx  -
 * ZwLoadKey, ZwUnloadKey, ZwReplaceKey    -  (hives are the host's)
 * ZwSaveKey, ZwSaveKeyEx, ZwRestoreKey    -
 * ZwSetInformationKey                     -
 * ZwNotifyChangeMultipleKeys              -
 * ZwQueryOpenSubKeys, ...SubKeysEx        -
 * ZwCompactKeys, ZwCompressKey            -
 * ZwLockRegistryKey, ZwInitializeRegistry -
 * ZwFreezeRegistry, ZwThawRegistry        -
 *
 * Rtl...
 * RtlQueryRegistryValues                  yes
 * RtlQueryRegistryValuesEx                yes; the same
 * RtlWriteRegistryValue                   yes
 * RtlDeleteRegistryValue                  yes
 * RtlCheckRegistryKey                     yes
 * RtlCreateRegistryKey                    yes
 * RtlQueryRegistryValueWithFallback       -
 *
 * Io...
 * IoOpenDeviceRegistryKey                 yes; a DEVICE_OBJECT names its keys
 * IoOpenDriverRegistryKey                 DriverRegKeyParameters (others: STATUS_NOT_SUPPORTED)
 * IoOpenDeviceInterfaceRegistryKey        yes
 *
 * Cm...
 * CmRegisterCallback, ...CallbackEx       -
 * CmUnRegisterCallback                    -
 * CmGetCallbackVersion                    -
 * CmGetBoundTransaction                   -
 * CmSetCallbackObjectContext              -
 * CmCallbackGetKeyObjectID, ...IDEx       -
 * CmCallbackReleaseKeyObjectIDEx          -
 *
 * Wdf...
 * WdfRegistryOpenKey, ...CreateKey        yes
 * WdfRegistryClose, ...WdmGetHandle       yes
 * WdfRegistryRemoveKey, ...RemoveValue    yes
 * WdfRegistryQueryULong                   yes
 * WdfRegistryQueryUnicodeString           yes
 * WdfRegistryQueryString                  yes
 * WdfRegistryQueryMultiString             yes
 * WdfRegistryQueryMemory, ...QueryValue   yes
 * WdfRegistryAssignULong                  yes
 * WdfRegistryAssignUnicodeString          yes
 * WdfRegistryAssignString                 yes
 * WdfRegistryAssignMultiString            yes
 * WdfRegistryAssignMemory, ...AssignValue yes
 * WdfDeviceOpenRegistryKey                yes
 * WdfDriverOpenParametersRegistryKey      yes
 * WdfDriverGetRegistryPath                yes
 * WdfFdoInitOpenRegistryKey               -
 * WdfDriverOpenPersistentStateRegistryKey -
 * WdfDeviceOpenDevicemapKey               -
 *
 * Where Windows stops the machine (a bug check), the call fails with the status that its
 * description below names. Where Windows faults on a NULL pointer that must not be NULL, the call
 * returns STATUS_ACCESS_VIOLATION.
 */
#ifndef REGSTORE_NTREG_NTREG_H
#define REGSTORE_NTREG_NTREG_H

#include "regstore/ntreg/nttypes.h"

/* --- The host behind the calls ------------------------------------------------------------------
 */

struct registry;

/*
 * From now on the calls of this thread go to `registry` (NULL: to none; calls that need one return
 * STATUS_DEVICE_NOT_READY). A handle stays with the registry that it was opened in. Returns what
 * was attached before.
 */
struct registry *ntreg_attach(struct registry *registry);

/*
 * Forget a registry before it is closed: its key handles become invalid, requests for notification
 * that wait on them end with STATUS_NOTIFY_CLEANUP, and this thread is attached to it no longer.
 */
void ntreg_detach(struct registry *registry);

/*
 * Deliver the change notifications that are due on the attached registry: to call when its
 * registry_watch_fd is readable. Sets events, calls routines; returns how many requests it ended.
 */
ULONG ntreg_dispatch(void);

/* --- Strings ---------------------------------------------------------------------------------- */

/* A NULL `source` gives an empty string without a buffer. */
VOID RtlInitUnicodeString(PUNICODE_STRING destination, PCWSTR source);
VOID RtlCopyUnicodeString(PUNICODE_STRING destination, PCUNICODE_STRING source);
NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING destination, PCWSTR source);
NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING destination, PCUNICODE_STRING source);
LONG RtlCompareUnicodeString(PCUNICODE_STRING left, PCUNICODE_STRING right, BOOLEAN ignore_case);
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING left, PCUNICODE_STRING right, BOOLEAN ignore_case);

/* Release a buffer that a call here allocated; the string is empty after it. */
VOID RtlFreeUnicodeString(PUNICODE_STRING string);
VOID ExFreePool(PVOID memory);

/* --- Keys ------------------------------------------------------------------------------------- */

/*
 * Open a key, or make it. Of a path only the last component is made: STATUS_OBJECT_NAME_NOT_FOUND
 * when one before it is missing. `Disposition` and `Class` may be NULL. What may be done with the
 * handle is `DesiredAccess`, with generic rights and MAXIMUM_ALLOWED mapped to a key's.
 */
NTSTATUS
ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition);
NTSTATUS
ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
    POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions);
NTSTATUS ZwClose(HANDLE Handle);

/* STATUS_CANNOT_DELETE: the key has subkeys or is a root. Needs DELETE. */
NTSTATUS ZwDeleteKey(HANDLE KeyHandle);

/* Needs KEY_WRITE. */
NTSTATUS ZwRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName);
NTSTATUS ZwFlushKey(HANDLE KeyHandle);

/*
 * Information into a buffer, here and below. *ResultLength is what the whole takes. A buffer that
 * cannot hold the structure's fixed part: STATUS_BUFFER_TOO_SMALL, nothing is written. One that
 * cannot hold what follows it: STATUS_BUFFER_OVERFLOW, as much as fits is written.
 * An `Index` past the end: STATUS_NO_MORE_ENTRIES.
 */
NTSTATUS ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
    PVOID KeyInformation, ULONG Length, PULONG ResultLength);
NTSTATUS ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass,
    PVOID KeyInformation, ULONG Length, PULONG ResultLength);

/* --- Values: NULs at the end of a value's name do not count -------------------------------------
 */

NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
    KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation, ULONG Length,
    PULONG ResultLength);
NTSTATUS ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
    KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation, ULONG Length,
    PULONG ResultLength);

/*
 * All or STATUS_OBJECT_NAME_NOT_FOUND. Each value's data begin at a multiple of 4. With too short a
 * buffer the values that fit are there: STATUS_BUFFER_OVERFLOW. *BufferLength becomes what was
 * used.
 */
NTSTATUS ZwQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount,
    PVOID ValueBuffer, PULONG BufferLength, PULONG RequiredBufferLength);
NTSTATUS ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type,
    PVOID Data, ULONG DataSize);
NTSTATUS ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName);

/* --- Change notification ------------------------------------------------------------------------
 */

/*
 * Wait for one change, or ask to be told of one. Needs KEY_NOTIFY. The handle's first call fixes
 * filter and subtree; what changes between two calls ends the second at once. A change ends a
 * request with STATUS_NOTIFY_ENUM_DIR, closing the handle with STATUS_NOTIFY_CLEANUP.
 * Asynchronous: returns STATUS_PENDING; ntreg_dispatch, or a wait on the event in this thread,
 * writes *IoStatusBlock, sets the event and calls the routine with ApcContext (on Windows a kernel
 * caller passes a WORK_QUEUE_ITEM and a queue there). Buffer and BufferSize are reserved.
 */
NTSTATUS ZwNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
    PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter, BOOLEAN WatchTree,
    PVOID Buffer, ULONG BufferSize, BOOLEAN Asynchronous);

/* ObjectAttributes may be NULL; events have no names here (STATUS_NOT_SUPPORTED). */
NTSTATUS ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
    POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType, BOOLEAN InitialState);
NTSTATUS ZwSetEvent(HANDLE EventHandle, PLONG PreviousState);

/*
 * Wait for an event, dispatching notifications meanwhile. `Timeout` in 100 ns: negative from now,
 * positive as a time of day, NULL for ever. STATUS_SUCCESS or STATUS_TIMEOUT; STATUS_UNSUCCESSFUL
 * for a wait that nothing could end.
 */
NTSTATUS ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);

/* --- Rtl: by path -------------------------------------------------------------------------------
 */

/*
 * Query values by a table (see RTL_QUERY_REGISTRY_TABLE).
 *
 * Strings given to a routine have a terminator behind them even where none is stored; a length
 * counts what is stored. Names between percent signs in REG_EXPAND_SZ are looked up in
 * `Environment` (units, NAME=VALUE, each with a terminator, an empty one at the end) or, if that
 * is NULL, in the process's environment; those not found stay. RTL_REGISTRY_OPTIONAL: a key that
 * is missing is as one without values. DIRECT without TYPECHECK outside of the system's hives is
 * bug check 0x139 on Windows: STATUS_STACK_BUFFER_OVERRUN. REG_MULTI_SZ needs NOEXPAND with DIRECT:
 * STATUS_INVALID_PARAMETER.
 */
NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
    PVOID Context, PVOID Environment);
NTSTATUS RtlQueryRegistryValuesEx(ULONG RelativeTo, PCWSTR Path,
    PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context, PVOID Environment);

/* Write; the key is made if it is missing and what is above it is not. */
NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
    PVOID ValueData, ULONG ValueLength);
NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName);
NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path);
NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path);

/* --- Io: the keys of drivers and devices -------------------------------------------------------
 */

/*
 * DEVICE: "Device Parameters" below the device's key in Enum, made if it is missing. DRIVER: the
 * key below Control\Class. With CURRENT_HWPROFILE the same below the current hardware profile.
 */
NTSTATUS IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType,
    ACCESS_MASK DesiredAccess, PHANDLE DeviceRegKey);
NTSTATUS IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType,
    ACCESS_MASK DesiredAccess, ULONG Flags, PHANDLE DriverRegKey);

/* `SymbolicLinkName` is "\??\x#y#z#{guid}" with, for some, "\reference" after it. */
NTSTATUS IoOpenDeviceInterfaceRegistryKey(
    PUNICODE_STRING SymbolicLinkName, ACCESS_MASK DesiredAccess, PHANDLE DeviceInterfaceRegKey);

/* --- Wdf: keys as objects ----------------------------------------------------------------------
 */

/* An object that is not one of the right kind is a bug check on Windows: STATUS_INVALID_HANDLE. */
VOID WdfObjectDelete(WDFOBJECT Object);
NTSTATUS
WdfStringCreate(
    PCUNICODE_STRING UnicodeString, PWDF_OBJECT_ATTRIBUTES Attributes, WDFSTRING *String);
VOID WdfStringGetUnicodeString(WDFSTRING String, PUNICODE_STRING UnicodeString);
NTSTATUS WdfMemoryCreate(PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType, ULONG PoolTag,
    size_t BufferSize, WDFMEMORY *Memory, PVOID *Buffer);
PVOID WdfMemoryGetBuffer(WDFMEMORY Memory, size_t *BufferSize);
NTSTATUS WdfCollectionCreate(PWDF_OBJECT_ATTRIBUTES Attributes, WDFCOLLECTION *Collection);
NTSTATUS WdfCollectionAdd(WDFCOLLECTION Collection, WDFOBJECT Object);
ULONG WdfCollectionGetCount(WDFCOLLECTION Collection);
WDFOBJECT WdfCollectionGetItem(WDFCOLLECTION Collection, ULONG Index);

/* `ParentKey` NULL: the name is an absolute path. */
NTSTATUS WdfRegistryOpenKey(WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
    PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key);
NTSTATUS WdfRegistryCreateKey(WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
    ULONG CreateOptions, PULONG CreateDisposition, PWDF_OBJECT_ATTRIBUTES KeyAttributes,
    WDFKEY *Key);
NTSTATUS WdfDeviceOpenRegistryKey(WDFDEVICE Device, ULONG DeviceInstanceKeyType,
    ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key);

/* "Parameters" below the service's key; made, if it is missing, for whoever asks to write. */
NTSTATUS WdfDriverOpenParametersRegistryKey(
    WDFDRIVER Driver, ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key);
PWSTR WdfDriverGetRegistryPath(WDFDRIVER Driver);
VOID WdfRegistryClose(WDFKEY Key);
HANDLE WdfRegistryWdmGetHandle(WDFKEY Key);

/* Delete the key, and its object. */
NTSTATUS WdfRegistryRemoveKey(WDFKEY Key);
NTSTATUS WdfRegistryRemoveValue(WDFKEY Key, PCUNICODE_STRING ValueName);

/* Only REG_DWORD: STATUS_OBJECT_TYPE_MISMATCH; so, too, for one of another size than 4. */
NTSTATUS WdfRegistryQueryULong(WDFKEY Key, PCUNICODE_STRING ValueName, PULONG Value);

/*
 * Only REG_SZ. *ValueByteLength counts the terminator. STATUS_BUFFER_OVERFLOW: as many units as
 * fit were copied.
 */
NTSTATUS WdfRegistryQueryUnicodeString(
    WDFKEY Key, PCUNICODE_STRING ValueName, PUSHORT ValueByteLength, PUNICODE_STRING Value);

/* Only REG_SZ; without data STATUS_RESOURCE_DATA_NOT_FOUND, as for the next two. */
NTSTATUS WdfRegistryQueryString(WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String);

/*
 * Only REG_MULTI_SZ, up to its first empty string; the strings are put at the collection's end.
 * Without a parent among the attributes the collection is their parent (the driver, on Windows).
 */
NTSTATUS WdfRegistryQueryMultiString(WDFKEY Key, PCUNICODE_STRING ValueName,
    PWDF_OBJECT_ATTRIBUTES StringsAttributes, WDFCOLLECTION Collection);
NTSTATUS WdfRegistryQueryMemory(WDFKEY Key, PCUNICODE_STRING ValueName, POOL_TYPE PoolType,
    PWDF_OBJECT_ATTRIBUTES MemoryAttributes, WDFMEMORY *Memory, PULONG ValueType);

/* `Value` NULL: the length only. STATUS_BUFFER_OVERFLOW: nothing was copied. */
NTSTATUS WdfRegistryQueryValue(WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueLength,
    PVOID Value, PULONG ValueLengthQueried, PULONG ValueType);

NTSTATUS WdfRegistryAssignULong(WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Value);
NTSTATUS
WdfRegistryAssignUnicodeString(WDFKEY Key, PCUNICODE_STRING ValueName, PCUNICODE_STRING Value);
NTSTATUS WdfRegistryAssignString(WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String);
NTSTATUS
WdfRegistryAssignMultiString(
    WDFKEY Key, PCUNICODE_STRING ValueName, WDFCOLLECTION StringsCollection);
NTSTATUS WdfRegistryAssignMemory(WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType,
    WDFMEMORY Memory, PWDFMEMORY_OFFSET MemoryOffsets);
NTSTATUS WdfRegistryAssignValue(
    WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType, ULONG ValueLength, PVOID Value);

/* --- Nt: for callers in user mode; the same here ------------------------------------------------
 */

#define NtClose                 ZwClose
#define NtCreateKey             ZwCreateKey
#define NtOpenKey               ZwOpenKey
#define NtOpenKeyEx             ZwOpenKeyEx
#define NtDeleteKey             ZwDeleteKey
#define NtDeleteValueKey        ZwDeleteValueKey
#define NtEnumerateKey          ZwEnumerateKey
#define NtEnumerateValueKey     ZwEnumerateValueKey
#define NtFlushKey              ZwFlushKey
#define NtNotifyChangeKey       ZwNotifyChangeKey
#define NtQueryKey              ZwQueryKey
#define NtQueryMultipleValueKey ZwQueryMultipleValueKey
#define NtQueryValueKey         ZwQueryValueKey
#define NtRenameKey             ZwRenameKey
#define NtSetValueKey           ZwSetValueKey

#endif
