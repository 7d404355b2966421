/*
 * The types and constants of ntreg.h, under the WDK's names and with its sizes and numbers.
 *
 * Clashes. "regstore/base/status.h" has the project's own NTSTATUS() macro and STATUS_ enumerators:
 * a file that needs both includes the project's headers first; this one then takes the names over.
 * A program with STATUS_ constants of its own defines NTREG_NO_STATUS before including this (as
 * WIN32_NO_STATUS does on Windows).
 */
#ifndef REGSTORE_NTREG_NTTYPES_H
#define REGSTORE_NTREG_NTTYPES_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- Base types ------------------------------------------------------------------------------- */

#ifdef NTSTATUS
#undef NTSTATUS
#endif

#define VOID  void
#define CONST const
#define NTAPI

typedef uint8_t UCHAR;
typedef uint8_t BOOLEAN;
typedef uint16_t USHORT, *PUSHORT;
typedef int32_t LONG, *PLONG;
typedef uint32_t ULONG, *PULONG;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef uintptr_t ULONG_PTR;
typedef size_t SIZE_T;
typedef void *PVOID;
typedef void *HANDLE, **PHANDLE;
typedef uint32_t ACCESS_MASK;

/* A 16-bit unit: L"text" with -fshort-wchar, u"text" without. */
typedef uint16_t WCHAR, *PWSTR, *PWCHAR;
typedef const uint16_t *PCWSTR;

typedef LONG NTSTATUS;

#ifndef TRUE
#define TRUE  1
#define FALSE 0
#endif

#define NT_SUCCESS(status)           (((NTSTATUS)(status)) >= 0)
#define UNREFERENCED_PARAMETER(name) ((void)(name))
#define PAGED_CODE()                 ((void)0)
#define RtlZeroMemory(to, size)      memset((to), 0, (size))
#define RtlCopyMemory(to, from, n)   memcpy((to), (from), (n))

/* What a driver's source says of its parameters. */
#ifndef _In_
#define _In_
#define _In_opt_
#define _Out_
#define _Out_opt_
#define _Inout_
#define _Inout_opt_
#endif

typedef union _LARGE_INTEGER {
	struct {
		ULONG LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef struct _UNICODE_STRING {
	USHORT Length; /* bytes, without a terminator */
	USHORT MaximumLength;
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

#define UNICODE_NULL ((WCHAR)0)

/* From a literal. A const object may not be written to, whatever its type says. */
#define RTL_CONSTANT_STRING(s)                                                                     \
	{                                                                                          \
		(USHORT)(sizeof(s) - sizeof(WCHAR)), (USHORT)sizeof(s), (PWSTR)(s)                 \
	}
#define DECLARE_CONST_UNICODE_STRING(name, s) const UNICODE_STRING name = RTL_CONSTANT_STRING(s)
#define DECLARE_UNICODE_STRING_SIZE(name, units)                                                   \
	WCHAR name##_buffer[units];                                                                \
	UNICODE_STRING name = { 0, (units) * sizeof(WCHAR), name##_buffer }

typedef struct _OBJECT_ATTRIBUTES {
	ULONG Length;
	HANDLE RootDirectory;
	PUNICODE_STRING ObjectName;
	ULONG Attributes;
	PVOID SecurityDescriptor;
	PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define OBJ_INHERIT            0x00000002u
#define OBJ_CASE_INSENSITIVE   0x00000040u /* key names compare without case in any event */
#define OBJ_OPENIF             0x00000080u
#define OBJ_OPENLINK           0x00000100u /* the link itself, not its target */
#define OBJ_KERNEL_HANDLE      0x00000200u
#define OBJ_FORCE_ACCESS_CHECK 0x00000400u
#define OBJ_VALID_ATTRIBUTES   0x00001ff2u

#define InitializeObjectAttributes(p, n, a, r, s)                                                  \
	do {                                                                                       \
		(p)->Length = sizeof(OBJECT_ATTRIBUTES);                                           \
		(p)->RootDirectory = (r);                                                          \
		(p)->Attributes = (a);                                                             \
		(p)->ObjectName = (n);                                                             \
		(p)->SecurityDescriptor = (s);                                                     \
		(p)->SecurityQualityOfService = NULL;                                              \
	} while (0)

typedef struct _IO_STATUS_BLOCK {
	union {
		NTSTATUS Status;
		PVOID Pointer;
	};
	ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef VOID NTAPI IO_APC_ROUTINE(PVOID context, PIO_STATUS_BLOCK block, ULONG reserved);
typedef IO_APC_ROUTINE *PIO_APC_ROUTINE;

typedef enum _EVENT_TYPE {
	NotificationEvent,
	SynchronizationEvent,
} EVENT_TYPE;

typedef enum _POOL_TYPE {
	NonPagedPool = 0,
	PagedPool = 1,
	NonPagedPoolNx = 512,
} POOL_TYPE;

/* --- Status codes (ntstatus.h, MS-ERREF 2.3) -------------------------------------------------- */

#ifndef NTREG_NO_STATUS
#define STATUS_SUCCESS                 ((NTSTATUS)0x00000000)
#define STATUS_TIMEOUT                 ((NTSTATUS)0x00000102)
#define STATUS_PENDING                 ((NTSTATUS)0x00000103)
#define STATUS_NOTIFY_CLEANUP          ((NTSTATUS)0x0000010b)
#define STATUS_NOTIFY_ENUM_DIR         ((NTSTATUS)0x0000010c)
#define STATUS_DATATYPE_MISALIGNMENT   ((NTSTATUS)0x80000002)
#define STATUS_BUFFER_OVERFLOW         ((NTSTATUS)0x80000005)
#define STATUS_NO_MORE_ENTRIES         ((NTSTATUS)0x8000001a)
#define STATUS_UNSUCCESSFUL            ((NTSTATUS)0xc0000001)
#define STATUS_ACCESS_VIOLATION        ((NTSTATUS)0xc0000005)
#define STATUS_INVALID_HANDLE          ((NTSTATUS)0xc0000008)
#define STATUS_INVALID_PARAMETER       ((NTSTATUS)0xc000000d)
#define STATUS_INVALID_DEVICE_REQUEST  ((NTSTATUS)0xc0000010)
#define STATUS_NO_MEMORY               ((NTSTATUS)0xc0000017)
#define STATUS_ACCESS_DENIED           ((NTSTATUS)0xc0000022)
#define STATUS_BUFFER_TOO_SMALL        ((NTSTATUS)0xc0000023)
#define STATUS_OBJECT_TYPE_MISMATCH    ((NTSTATUS)0xc0000024)
#define STATUS_OBJECT_NAME_INVALID     ((NTSTATUS)0xc0000033)
#define STATUS_OBJECT_NAME_NOT_FOUND   ((NTSTATUS)0xc0000034)
#define STATUS_OBJECT_NAME_COLLISION   ((NTSTATUS)0xc0000035)
#define STATUS_OBJECT_PATH_NOT_FOUND   ((NTSTATUS)0xc000003a)
#define STATUS_OBJECT_PATH_SYNTAX_BAD  ((NTSTATUS)0xc000003b)
#define STATUS_INSUFFICIENT_RESOURCES  ((NTSTATUS)0xc000009a)
#define STATUS_DEVICE_NOT_READY        ((NTSTATUS)0xc00000a3)
#define STATUS_NOT_SUPPORTED           ((NTSTATUS)0xc00000bb)
#define STATUS_NAME_TOO_LONG           ((NTSTATUS)0xc0000106)
#define STATUS_CANNOT_DELETE           ((NTSTATUS)0xc0000121)
#define STATUS_REGISTRY_CORRUPT        ((NTSTATUS)0xc000014c)
#define STATUS_REGISTRY_IO_FAILED      ((NTSTATUS)0xc000014d)
#define STATUS_KEY_DELETED             ((NTSTATUS)0xc000017c)
#define STATUS_NO_LOG_SPACE            ((NTSTATUS)0xc000017d)
#define STATUS_CHILD_MUST_BE_VOLATILE  ((NTSTATUS)0xc0000181)
#define STATUS_RESOURCE_DATA_NOT_FOUND ((NTSTATUS)0xc0000089)
#define STATUS_INVALID_BUFFER_SIZE     ((NTSTATUS)0xc0000206)
#define STATUS_REPARSE_NOT_RESOLVED    ((NTSTATUS)0xc0000280)
#define STATUS_STACK_BUFFER_OVERRUN    ((NTSTATUS)0xc0000409)
#endif

/* --- Keys and values -------------------------------------------------------------------------- */

#define DELETE          0x00010000u
#define READ_CONTROL    0x00020000u
#define WRITE_DAC       0x00040000u
#define WRITE_OWNER     0x00080000u
#define SYNCHRONIZE     0x00100000u
#define MAXIMUM_ALLOWED 0x02000000u
#define GENERIC_ALL     0x10000000u
#define GENERIC_EXECUTE 0x20000000u
#define GENERIC_WRITE   0x40000000u
#define GENERIC_READ    0x80000000u

#define EVENT_QUERY_STATE  0x0001u
#define EVENT_MODIFY_STATE 0x0002u
#define EVENT_ALL_ACCESS   0x001f0003u

#define KEY_QUERY_VALUE        0x0001u
#define KEY_SET_VALUE          0x0002u
#define KEY_CREATE_SUB_KEY     0x0004u
#define KEY_ENUMERATE_SUB_KEYS 0x0008u
#define KEY_NOTIFY             0x0010u
#define KEY_CREATE_LINK        0x0020u
#define KEY_READ               0x00020019u
#define KEY_EXECUTE            KEY_READ
#define KEY_WRITE              0x00020006u
#define KEY_ALL_ACCESS         0x000f003fu

#define REG_OPTION_RESERVED       0x00000000u
#define REG_OPTION_NON_VOLATILE   0x00000000u
#define REG_OPTION_VOLATILE       0x00000001u
#define REG_OPTION_CREATE_LINK    0x00000002u
#define REG_OPTION_BACKUP_RESTORE 0x00000004u
#define REG_OPTION_OPEN_LINK      0x00000008u

#define REG_CREATED_NEW_KEY     1u
#define REG_OPENED_EXISTING_KEY 2u

#define REG_NONE                       0u
#define REG_SZ                         1u
#define REG_EXPAND_SZ                  2u
#define REG_BINARY                     3u
#define REG_DWORD                      4u
#define REG_DWORD_LITTLE_ENDIAN        4u
#define REG_DWORD_BIG_ENDIAN           5u
#define REG_LINK                       6u
#define REG_MULTI_SZ                   7u
#define REG_RESOURCE_LIST              8u
#define REG_FULL_RESOURCE_DESCRIPTOR   9u
#define REG_RESOURCE_REQUIREMENTS_LIST 10u
#define REG_QWORD                      11u
#define REG_QWORD_LITTLE_ENDIAN        11u

#define REG_NOTIFY_CHANGE_NAME       0x00000001u
#define REG_NOTIFY_CHANGE_ATTRIBUTES 0x00000002u
#define REG_NOTIFY_CHANGE_LAST_SET   0x00000004u
#define REG_NOTIFY_CHANGE_SECURITY   0x00000008u
#define REG_NOTIFY_THREAD_AGNOSTIC   0x10000000u

typedef enum _KEY_INFORMATION_CLASS {
	KeyBasicInformation,
	KeyNodeInformation,
	KeyFullInformation,
	KeyNameInformation,
	KeyCachedInformation,
	KeyFlagsInformation,
	KeyVirtualizationInformation,
	KeyHandleTagsInformation,
	KeyTrustInformation,
	KeyLayerInformation,
	MaxKeyInfoClass,
} KEY_INFORMATION_CLASS;

typedef struct _KEY_BASIC_INFORMATION {
	LARGE_INTEGER LastWriteTime;
	ULONG TitleIndex;
	ULONG NameLength; /* bytes */
	WCHAR Name[1];
} KEY_BASIC_INFORMATION, *PKEY_BASIC_INFORMATION;

typedef struct _KEY_NODE_INFORMATION {
	LARGE_INTEGER LastWriteTime;
	ULONG TitleIndex;
	ULONG ClassOffset; /* from the structure's start; all ones without a class */
	ULONG ClassLength;
	ULONG NameLength;
	WCHAR Name[1]; /* the class follows it */
} KEY_NODE_INFORMATION, *PKEY_NODE_INFORMATION;

typedef struct _KEY_FULL_INFORMATION {
	LARGE_INTEGER LastWriteTime;
	ULONG TitleIndex;
	ULONG ClassOffset;
	ULONG ClassLength;
	ULONG SubKeys;
	ULONG MaxNameLen; /* lengths in bytes */
	ULONG MaxClassLen;
	ULONG Values;
	ULONG MaxValueNameLen;
	ULONG MaxValueDataLen;
	WCHAR Class[1];
} KEY_FULL_INFORMATION, *PKEY_FULL_INFORMATION;

typedef struct _KEY_NAME_INFORMATION {
	ULONG NameLength;
	WCHAR Name[1]; /* the full path from \REGISTRY */
} KEY_NAME_INFORMATION, *PKEY_NAME_INFORMATION;

typedef struct _KEY_CACHED_INFORMATION {
	LARGE_INTEGER LastWriteTime;
	ULONG TitleIndex;
	ULONG SubKeys;
	ULONG MaxNameLen;
	ULONG Values;
	ULONG MaxValueNameLen;
	ULONG MaxValueDataLen;
	ULONG NameLength; /* of the last component */
} KEY_CACHED_INFORMATION, *PKEY_CACHED_INFORMATION;

typedef struct _KEY_TRUST_INFORMATION {
	ULONG TrustedKey : 1;
	ULONG Reserved : 31;
} KEY_TRUST_INFORMATION, *PKEY_TRUST_INFORMATION;

typedef enum _KEY_VALUE_INFORMATION_CLASS {
	KeyValueBasicInformation,
	KeyValueFullInformation,
	KeyValuePartialInformation,
	KeyValueFullInformationAlign64,
	KeyValuePartialInformationAlign64,
	KeyValueLayerInformation,
	MaxKeyValueInfoClass,
} KEY_VALUE_INFORMATION_CLASS;

typedef struct _KEY_VALUE_BASIC_INFORMATION {
	ULONG TitleIndex;
	ULONG Type;
	ULONG NameLength;
	WCHAR Name[1];
} KEY_VALUE_BASIC_INFORMATION, *PKEY_VALUE_BASIC_INFORMATION;

typedef struct _KEY_VALUE_FULL_INFORMATION {
	ULONG TitleIndex;
	ULONG Type;
	ULONG DataOffset; /* from the structure's start; all ones without data */
	ULONG DataLength;
	ULONG NameLength;
	WCHAR Name[1]; /* the data follow it */
} KEY_VALUE_FULL_INFORMATION, *PKEY_VALUE_FULL_INFORMATION;

typedef struct _KEY_VALUE_PARTIAL_INFORMATION {
	ULONG TitleIndex;
	ULONG Type;
	ULONG DataLength;
	UCHAR Data[1];
} KEY_VALUE_PARTIAL_INFORMATION, *PKEY_VALUE_PARTIAL_INFORMATION;

typedef struct _KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 {
	ULONG Type;
	ULONG DataLength;
	UCHAR Data[1];
} KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, *PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64;

typedef struct _KEY_VALUE_ENTRY {
	PUNICODE_STRING ValueName;
	ULONG DataLength;
	ULONG DataOffset; /* in the value buffer */
	ULONG Type;
} KEY_VALUE_ENTRY, *PKEY_VALUE_ENTRY;

/* --- RtlQueryRegistryValues ------------------------------------------------------------------- */

/* What a path is relative to. */
#define RTL_REGISTRY_ABSOLUTE   0u
#define RTL_REGISTRY_SERVICES   1u
#define RTL_REGISTRY_CONTROL    2u
#define RTL_REGISTRY_WINDOWS_NT 3u
#define RTL_REGISTRY_DEVICEMAP  4u
#define RTL_REGISTRY_USER       5u
#define RTL_REGISTRY_MAXIMUM    6u
#define RTL_REGISTRY_HANDLE     0x40000000u
#define RTL_REGISTRY_OPTIONAL   0x80000000u

#define RTL_QUERY_REGISTRY_SUBKEY          0x00000001u
#define RTL_QUERY_REGISTRY_TOPKEY          0x00000002u
#define RTL_QUERY_REGISTRY_REQUIRED        0x00000004u
#define RTL_QUERY_REGISTRY_NOVALUE         0x00000008u
#define RTL_QUERY_REGISTRY_NOEXPAND        0x00000010u
#define RTL_QUERY_REGISTRY_DIRECT          0x00000020u
#define RTL_QUERY_REGISTRY_DELETE          0x00000040u
#define RTL_QUERY_REGISTRY_NOSTRING        0x00000080u /* known by name; not handled here */
#define RTL_QUERY_REGISTRY_TYPECHECK       0x00000100u
#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24

typedef NTSTATUS NTAPI RTL_QUERY_REGISTRY_ROUTINE(PWSTR ValueName, ULONG ValueType, PVOID ValueData,
    ULONG ValueLength, PVOID Context, PVOID EntryContext);
typedef RTL_QUERY_REGISTRY_ROUTINE *PRTL_QUERY_REGISTRY_ROUTINE;

typedef struct _RTL_QUERY_REGISTRY_TABLE {
	PRTL_QUERY_REGISTRY_ROUTINE QueryRoutine;
	ULONG Flags;
	PWSTR Name;
	PVOID EntryContext;
	ULONG DefaultType;
	PVOID DefaultData;
	ULONG DefaultLength;
} RTL_QUERY_REGISTRY_TABLE, *PRTL_QUERY_REGISTRY_TABLE;

/* --- Drivers and devices: only what says where their keys are --------------------------------- */

typedef struct _DRIVER_OBJECT {
	UNICODE_STRING ServiceKey; /* "\Registry\Machine\System\CurrentControlSet\Services\x" */
} DRIVER_OBJECT, *PDRIVER_OBJECT;

typedef struct _DEVICE_OBJECT {
	PDRIVER_OBJECT DriverObject;
	UNICODE_STRING InstancePath; /* of the device below Enum: "ROOT\VMBUS\0000" */
	UNICODE_STRING DriverKey;    /* below Control\Class: "{guid}\0000"; empty for none */
} DEVICE_OBJECT, *PDEVICE_OBJECT;

#define PLUGPLAY_REGKEY_DEVICE            1u
#define PLUGPLAY_REGKEY_DRIVER            2u
#define PLUGPLAY_REGKEY_CURRENT_HWPROFILE 4u

typedef enum _DRIVER_REGKEY_TYPE {
	DriverRegKeyParameters,
	DriverRegKeyPersistentState,
	DriverRegKeySharedPersistentState,
} DRIVER_REGKEY_TYPE;

/* --- The framework's objects ------------------------------------------------------------------ */

typedef HANDLE WDFOBJECT;
typedef struct WDFKEY__ *WDFKEY;
typedef struct WDFSTRING__ *WDFSTRING;
typedef struct WDFMEMORY__ *WDFMEMORY;
typedef struct WDFCOLLECTION__ *WDFCOLLECTION;
typedef PDRIVER_OBJECT WDFDRIVER; /* the framework's object and WDM's are one here */
typedef PDEVICE_OBJECT WDFDEVICE;

/* Only the parent counts: an object goes when its parent does. */
typedef struct _WDF_OBJECT_ATTRIBUTES {
	ULONG Size;
	WDFOBJECT ParentObject;
} WDF_OBJECT_ATTRIBUTES, *PWDF_OBJECT_ATTRIBUTES;

#define WDF_NO_OBJECT_ATTRIBUTES NULL
#define WDF_OBJECT_ATTRIBUTES_INIT(attributes)                                                     \
	do {                                                                                       \
		(attributes)->Size = sizeof(WDF_OBJECT_ATTRIBUTES);                                \
		(attributes)->ParentObject = NULL;                                                 \
	} while (0)

typedef struct _WDFMEMORY_OFFSET {
	size_t BufferOffset;
	size_t BufferLength; /* 0: to the end */
} WDFMEMORY_OFFSET, *PWDFMEMORY_OFFSET;

#endif
