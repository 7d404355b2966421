/*
 * Windows' basic types and the numbers that registry programs use, for programs built on Linux.
 *
 * Sizes are those of 64-bit Windows: LONG and DWORD have 32 bits, pointers 64. WCHAR has 16 bits in
 * every case; compile with -fshort-wchar to have L"..." and wchar_t mean the same 16 bits. (Of the
 * C library, the functions with wchar_t in them are of no use then.)
 *
 * Type names in capitals belong to Windows. A file that needs regstore/registry/registry.h too
 * includes that first: there the same numbers are enumerations.
 */
#ifndef REGSTORE_WINREG_WINDEF_H
#define REGSTORE_WINREG_WINDEF_H

#include <stddef.h>
#include <stdint.h>
#if __SIZEOF_WCHAR_T__ != 2 && !defined(__cplusplus)
#include <uchar.h>
#endif

#ifdef __cplusplus
#define HVEMU_EXTERN extern "C"
#else
#define HVEMU_EXTERN extern
#endif

/* Before every function: these, and no others, are what the shared library offers. */
#define WINADVAPI  HVEMU_EXTERN __attribute__((visibility("default")))
#define WINBASEAPI WINADVAPI
#define WINAPI
#define APIENTRY

#define CONST const
#define VOID  void
#ifndef TRUE
#define FALSE 0
#define TRUE  1
#endif

typedef int32_t BOOL;
typedef uint8_t BYTE;
typedef uint8_t BOOLEAN;
typedef uint8_t UCHAR;
typedef uint16_t WORD;
typedef uint16_t USHORT;
typedef int32_t INT;
typedef uint32_t UINT;
typedef int32_t LONG;
typedef uint32_t ULONG;
typedef uint32_t DWORD;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef uint64_t DWORD64;
typedef intptr_t LONG_PTR;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t DWORD_PTR;
typedef size_t SIZE_T;
typedef char CHAR;
#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#else
typedef char16_t WCHAR;
#endif

typedef void *PVOID;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef BYTE *PBYTE;
typedef BYTE *LPBYTE;
typedef BOOL *PBOOL;
typedef BOOL *LPBOOL;
typedef LONG *PLONG;
typedef ULONG *PULONG;
typedef DWORD *PDWORD;
typedef DWORD *LPDWORD;
typedef CHAR *LPSTR;
typedef CHAR *PSTR;
typedef const CHAR *LPCSTR;
typedef const CHAR *PCSTR;
typedef WCHAR *LPWSTR;
typedef WCHAR *PWSTR;
typedef WCHAR *PWCHAR;
typedef const WCHAR *LPCWSTR;
typedef const WCHAR *PCWSTR;

typedef void *HANDLE;
typedef HANDLE *PHANDLE;
typedef HANDLE *LPHANDLE;

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)(-1))
#define MAX_PATH             260

/* The generic names mean the W functions with UNICODE, the A functions without. */
#ifdef UNICODE
typedef WCHAR TCHAR;
#ifndef TEXT
#define TEXT(text) L##text
#endif
#else
typedef CHAR TCHAR;
#ifndef TEXT
#define TEXT(text) text
#endif
#endif
typedef TCHAR *LPTSTR;
typedef const TCHAR *LPCTSTR;

typedef struct _FILETIME {
	DWORD dwLowDateTime;
	DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _GUID {
	uint32_t Data1;
	uint16_t Data2;
	uint16_t Data3;
	uint8_t Data4[8];
} GUID, *LPGUID;

/* --- Security --------------------------------------------------------------------------------- */

typedef DWORD ACCESS_MASK;
typedef ACCESS_MASK REGSAM;
typedef DWORD SECURITY_INFORMATION;
typedef PVOID PSECURITY_DESCRIPTOR; /* self-relative, or absolute as below */
typedef PVOID PSID;

typedef struct _SECURITY_ATTRIBUTES {
	DWORD nLength;
	LPVOID lpSecurityDescriptor;
	BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

#define OWNER_SECURITY_INFORMATION 0x00000001
#define GROUP_SECURITY_INFORMATION 0x00000002
#define DACL_SECURITY_INFORMATION  0x00000004
#define SACL_SECURITY_INFORMATION  0x00000008

#define DELETE                 0x00010000
#define READ_CONTROL           0x00020000
#define WRITE_DAC              0x00040000
#define WRITE_OWNER            0x00080000
#define SYNCHRONIZE            0x00100000
#define ACCESS_SYSTEM_SECURITY 0x01000000
#define MAXIMUM_ALLOWED        0x02000000
#define GENERIC_ALL            0x10000000
#define GENERIC_EXECUTE        0x20000000
#define GENERIC_WRITE          0x40000000
#define GENERIC_READ           0x80000000u

#define STANDARD_RIGHTS_REQUIRED 0x000F0000
#define STANDARD_RIGHTS_READ     READ_CONTROL
#define STANDARD_RIGHTS_WRITE    READ_CONTROL
#define STANDARD_RIGHTS_EXECUTE  READ_CONTROL
#define STANDARD_RIGHTS_ALL      0x001F0000
#define SPECIFIC_RIGHTS_ALL      0x0000FFFF

/* --- Codes that the functions return (winerror.h) --------------------------------------------- */

#define NO_ERROR                     0
#define ERROR_SUCCESS                0
#define ERROR_INVALID_FUNCTION       1
#define ERROR_FILE_NOT_FOUND         2
#define ERROR_PATH_NOT_FOUND         3
#define ERROR_TOO_MANY_OPEN_FILES    4
#define ERROR_ACCESS_DENIED          5
#define ERROR_INVALID_HANDLE         6
#define ERROR_NOT_ENOUGH_MEMORY      8
#define ERROR_INVALID_DATA           13
#define ERROR_OUTOFMEMORY            14
#define ERROR_NOT_READY              21
#define ERROR_SHARING_VIOLATION      32
#define ERROR_NOT_SUPPORTED          50
#define ERROR_BAD_NETPATH            53
#define ERROR_INVALID_PARAMETER      87
#define ERROR_CALL_NOT_IMPLEMENTED   120
#define ERROR_DISK_FULL              112
#define ERROR_SEM_TIMEOUT            121
#define ERROR_INSUFFICIENT_BUFFER    122
#define ERROR_INVALID_NAME           123
#define ERROR_DIR_NOT_EMPTY          145
#define ERROR_BAD_PATHNAME           161
#define ERROR_BUSY                   170
#define ERROR_ALREADY_EXISTS         183
#define ERROR_TRANSFER_TOO_LONG      222
#define ERROR_MORE_DATA              234
#define ERROR_NO_MORE_ITEMS          259
#define ERROR_NOACCESS               998
#define ERROR_BADDB                  1009
#define ERROR_BADKEY                 1010
#define ERROR_CANTOPEN               1011
#define ERROR_CANTREAD               1012
#define ERROR_CANTWRITE              1013
#define ERROR_REGISTRY_CORRUPT       1015
#define ERROR_REGISTRY_IO_FAILED     1016
#define ERROR_NOT_REGISTRY_FILE      1017
#define ERROR_KEY_DELETED            1018
#define ERROR_NO_LOG_SPACE           1019
#define ERROR_KEY_HAS_CHILDREN       1020
#define ERROR_CHILD_MUST_BE_VOLATILE 1021
#define ERROR_PRIVILEGE_NOT_HELD     1314
#define ERROR_INVALID_SECURITY_DESCR 1338
#define ERROR_NO_SYSTEM_RESOURCES    1450
#define ERROR_TIMEOUT                1460
#define ERROR_DATATYPE_MISMATCH      1629
#define ERROR_UNSUPPORTED_TYPE       1630
#define ERROR_CANT_RESOLVE_FILENAME  1921
#define ERROR_INVALID_TRANSACTION    6700
#define ERROR_TRANSACTION_NOT_ACTIVE 6701

#endif
