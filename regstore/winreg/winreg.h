/*
 * Windows' registry functions over a host's registry: a program written for winreg.h compiles with
 * this one instead, unchanged.
 *
 * The host is the one that registry_default_root of registry.h names ($HVEMU_ROOT, or the user's
 * default host); it is made and opened at the first call. Every function may be called by every
 * thread at once. Each thread has a connection of its own to the host, made at its first call and
 * closed when it ends; handles belong to the process. A forked child opens the host itself; its
 * parent's notifications are not its own.
 *
 * Windows' function                here (W and A, where Windows has both)
 * RegCloseKey                      yes
 * RegConnectRegistry               this machine only; other names are ERROR_BAD_NETPATH
 * RegConnectRegistryEx
 * RegCopyTree                      yes; security descriptors are not copied
 * RegCreateKey, RegCreateKeyEx     yes
 * RegCreateKeyTransacted           yes; see synchapi.h for what a transaction is here
 * RegDeleteKey, RegDeleteKeyEx     yes
 * RegDeleteKeyTransacted           yes
 * RegDeleteKeyValue                yes
 * RegDeleteTree                    yes
 * RegDeleteValue                   yes
 * RegDisablePredefinedCache(Ex)    yes; there is nothing to disable
 * RegDisableReflectionKey          yes; as since Windows 7 nothing is reflected
 * RegEnableReflectionKey           yes
 * RegEnumKey, RegEnumKeyEx         yes
 * RegEnumValue                     yes
 * RegFlushKey                      yes; what was written is on disk already
 * RegGetKeySecurity                yes
 * RegGetValue                      yes
 * RegLoadAppKey
 * RegLoadKey                       yes; file names are this machine's
 * RegLoadMUIString
 * RegNotifyChangeKeyValue          yes
 * RegOpenCurrentUser               yes
 * RegOpenKey, RegOpenKeyEx         yes
 * RegOpenKeyTransacted             yes
 * RegOpenUserClassesRoot           yes; the token is not looked at
 * RegOverridePredefKey             yes
 * RegQueryInfoKey                  yes
 * RegQueryMultipleValues           yes
 * RegQueryReflectionKey            yes; reflection is always off
 * RegQueryValue, RegQueryValueEx   yes; not HKEY_PERFORMANCE_DATA: ERROR_NOT_SUPPORTED
 * RegRenameKey                     yes
 * RegReplaceKey
 * RegRestoreKey                    yes; not REG_WHOLE_HIVE_VOLATILE, REG_REFRESH_HIVE
 * RegSaveKey, RegSaveKeyEx         yes; always in the standard format
 * RegSetKeySecurity                yes
 * RegSetKeyValue                   yes
 * RegSetValue, RegSetValueEx       yes
 * RegUnLoadKey                     yes
 *
 * The A functions convert by the code page 1252. Names that they cannot show have '?' for the rest.
 */
#ifndef REGSTORE_WINREG_WINREG_H
#define REGSTORE_WINREG_WINREG_H

#include "regstore/winreg/windef.h"

typedef LONG LSTATUS;

struct HKEY__ {
	int unused;
};
typedef struct HKEY__ *HKEY;
typedef HKEY *PHKEY;

#define HKEY_CLASSES_ROOT                ((HKEY)(ULONG_PTR)(LONG)0x80000000)
#define HKEY_CURRENT_USER                ((HKEY)(ULONG_PTR)(LONG)0x80000001)
#define HKEY_LOCAL_MACHINE               ((HKEY)(ULONG_PTR)(LONG)0x80000002)
#define HKEY_USERS                       ((HKEY)(ULONG_PTR)(LONG)0x80000003)
#define HKEY_PERFORMANCE_DATA            ((HKEY)(ULONG_PTR)(LONG)0x80000004)
#define HKEY_CURRENT_CONFIG              ((HKEY)(ULONG_PTR)(LONG)0x80000005)
#define HKEY_DYN_DATA                    ((HKEY)(ULONG_PTR)(LONG)0x80000006)
#define HKEY_CURRENT_USER_LOCAL_SETTINGS ((HKEY)(ULONG_PTR)(LONG)0x80000007)
#define HKEY_PERFORMANCE_TEXT            ((HKEY)(ULONG_PTR)(LONG)0x80000050)
#define HKEY_PERFORMANCE_NLSTEXT         ((HKEY)(ULONG_PTR)(LONG)0x80000060)

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

#define KEY_QUERY_VALUE        0x0001
#define KEY_SET_VALUE          0x0002
#define KEY_CREATE_SUB_KEY     0x0004
#define KEY_ENUMERATE_SUB_KEYS 0x0008
#define KEY_NOTIFY             0x0010
#define KEY_CREATE_LINK        0x0020
#define KEY_WOW64_64KEY        0x0100
#define KEY_WOW64_32KEY        0x0200
#define KEY_WOW64_RES          0x0300
#define KEY_READ               0x20019
#define KEY_WRITE              0x20006
#define KEY_EXECUTE            0x20019
#define KEY_ALL_ACCESS         0xF003F

#define REG_OPTION_RESERVED       0x00000000
#define REG_OPTION_NON_VOLATILE   0x00000000
#define REG_OPTION_VOLATILE       0x00000001
#define REG_OPTION_CREATE_LINK    0x00000002
#define REG_OPTION_BACKUP_RESTORE 0x00000004
#define REG_OPTION_OPEN_LINK      0x00000008

#define REG_CREATED_NEW_KEY     1u
#define REG_OPENED_EXISTING_KEY 2u

#define REG_STANDARD_FORMAT     1u
#define REG_LATEST_FORMAT       2u
#define REG_NO_COMPRESSION      4u
#define REG_WHOLE_HIVE_VOLATILE 0x00000001
#define REG_REFRESH_HIVE        0x00000002
#define REG_NO_LAZY_FLUSH       0x00000004
#define REG_FORCE_RESTORE       0x00000008

#define REG_NOTIFY_CHANGE_NAME       0x00000001
#define REG_NOTIFY_CHANGE_ATTRIBUTES 0x00000002
#define REG_NOTIFY_CHANGE_LAST_SET   0x00000004
#define REG_NOTIFY_CHANGE_SECURITY   0x00000008
#define REG_NOTIFY_THREAD_AGNOSTIC   0x10000000
#define REG_LEGAL_CHANGE_FILTER      0x1000000F

#define RRF_RT_REG_NONE       0x00000001
#define RRF_RT_REG_SZ         0x00000002
#define RRF_RT_REG_EXPAND_SZ  0x00000004
#define RRF_RT_REG_BINARY     0x00000008
#define RRF_RT_REG_DWORD      0x00000010
#define RRF_RT_REG_MULTI_SZ   0x00000020
#define RRF_RT_REG_QWORD      0x00000040
#define RRF_RT_DWORD          0x00000018
#define RRF_RT_QWORD          0x00000048
#define RRF_RT_ANY            0x0000FFFF
#define RRF_SUBKEY_WOW6464KEY 0x00010000
#define RRF_SUBKEY_WOW6432KEY 0x00020000
#define RRF_WOW64_MASK        0x00030000
#define RRF_NOEXPAND          0x10000000
#define RRF_ZEROONFAILURE     0x20000000

typedef struct value_entW {
	LPWSTR ve_valuename;
	DWORD ve_valuelen;
	DWORD_PTR ve_valueptr;
	DWORD ve_type;
} VALENTW, *PVALENTW;

typedef struct value_entA {
	LPSTR ve_valuename;
	DWORD ve_valuelen;
	DWORD_PTR ve_valueptr;
	DWORD ve_type;
} VALENTA, *PVALENTA;

/* --- Keys ------------------------------------------------------------------------------------- */

WINADVAPI LSTATUS APIENTRY RegOpenKeyExW(
    HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult);
WINADVAPI LSTATUS APIENTRY RegOpenKeyExA(
    HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult);

WINADVAPI LSTATUS APIENTRY RegOpenKeyW(HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult);
WINADVAPI LSTATUS APIENTRY RegOpenKeyA(HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult);

WINADVAPI LSTATUS APIENTRY RegCreateKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved,
    LPWSTR lpClass, DWORD dwOptions, REGSAM samDesired, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
    PHKEY phkResult, LPDWORD lpdwDisposition);
WINADVAPI LSTATUS APIENTRY RegCreateKeyExA(HKEY hKey, LPCSTR lpSubKey, DWORD Reserved,
    LPSTR lpClass, DWORD dwOptions, REGSAM samDesired, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
    PHKEY phkResult, LPDWORD lpdwDisposition);

WINADVAPI LSTATUS APIENTRY RegCreateKeyW(HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult);
WINADVAPI LSTATUS APIENTRY RegCreateKeyA(HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult);

WINADVAPI LSTATUS APIENTRY RegCloseKey(HKEY hKey);

WINADVAPI LSTATUS APIENTRY RegOpenKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions,
    REGSAM samDesired, PHKEY phkResult, HANDLE hTransaction, PVOID pExtendedParameter);
WINADVAPI LSTATUS APIENTRY RegOpenKeyTransactedA(HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions,
    REGSAM samDesired, PHKEY phkResult, HANDLE hTransaction, PVOID pExtendedParameter);

WINADVAPI LSTATUS APIENTRY RegCreateKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved,
    LPWSTR lpClass, DWORD dwOptions, REGSAM samDesired, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
    PHKEY phkResult, LPDWORD lpdwDisposition, HANDLE hTransaction, PVOID pExtendedParameter);
WINADVAPI LSTATUS APIENTRY RegCreateKeyTransactedA(HKEY hKey, LPCSTR lpSubKey, DWORD Reserved,
    LPSTR lpClass, DWORD dwOptions, REGSAM samDesired, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
    PHKEY phkResult, LPDWORD lpdwDisposition, HANDLE hTransaction, PVOID pExtendedParameter);

WINADVAPI LSTATUS APIENTRY RegDeleteKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, REGSAM samDesired,
    DWORD Reserved, HANDLE hTransaction, PVOID pExtendedParameter);
WINADVAPI LSTATUS APIENTRY RegDeleteKeyTransactedA(HKEY hKey, LPCSTR lpSubKey, REGSAM samDesired,
    DWORD Reserved, HANDLE hTransaction, PVOID pExtendedParameter);

WINADVAPI LSTATUS APIENTRY RegDeleteKeyW(HKEY hKey, LPCWSTR lpSubKey);
WINADVAPI LSTATUS APIENTRY RegDeleteKeyA(HKEY hKey, LPCSTR lpSubKey);

WINADVAPI LSTATUS APIENTRY RegDeleteKeyExW(
    HKEY hKey, LPCWSTR lpSubKey, REGSAM samDesired, DWORD Reserved);
WINADVAPI LSTATUS APIENTRY RegDeleteKeyExA(
    HKEY hKey, LPCSTR lpSubKey, REGSAM samDesired, DWORD Reserved);

WINADVAPI LSTATUS APIENTRY RegDeleteTreeW(HKEY hKey, LPCWSTR lpSubKey);
WINADVAPI LSTATUS APIENTRY RegDeleteTreeA(HKEY hKey, LPCSTR lpSubKey);

WINADVAPI LSTATUS APIENTRY RegCopyTreeW(HKEY hKeySrc, LPCWSTR lpSubKey, HKEY hKeyDest);
WINADVAPI LSTATUS APIENTRY RegCopyTreeA(HKEY hKeySrc, LPCSTR lpSubKey, HKEY hKeyDest);

WINADVAPI LSTATUS APIENTRY RegRenameKey(HKEY hKey, LPCWSTR lpSubKeyName, LPCWSTR lpNewKeyName);

WINADVAPI LSTATUS APIENTRY RegFlushKey(HKEY hKey);

WINADVAPI LSTATUS APIENTRY RegEnumKeyExW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, LPDWORD lpcchName,
    LPDWORD lpReserved, LPWSTR lpClass, LPDWORD lpcchClass, PFILETIME lpftLastWriteTime);
WINADVAPI LSTATUS APIENTRY RegEnumKeyExA(HKEY hKey, DWORD dwIndex, LPSTR lpName, LPDWORD lpcchName,
    LPDWORD lpReserved, LPSTR lpClass, LPDWORD lpcchClass, PFILETIME lpftLastWriteTime);

WINADVAPI LSTATUS APIENTRY RegEnumKeyW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, DWORD cchName);
WINADVAPI LSTATUS APIENTRY RegEnumKeyA(HKEY hKey, DWORD dwIndex, LPSTR lpName, DWORD cchName);

WINADVAPI LSTATUS APIENTRY RegQueryInfoKeyW(HKEY hKey, LPWSTR lpClass, LPDWORD lpcchClass,
    LPDWORD lpReserved, LPDWORD lpcSubKeys, LPDWORD lpcbMaxSubKeyLen, LPDWORD lpcbMaxClassLen,
    LPDWORD lpcValues, LPDWORD lpcbMaxValueNameLen, LPDWORD lpcbMaxValueLen,
    LPDWORD lpcbSecurityDescriptor, PFILETIME lpftLastWriteTime);
WINADVAPI LSTATUS APIENTRY RegQueryInfoKeyA(HKEY hKey, LPSTR lpClass, LPDWORD lpcchClass,
    LPDWORD lpReserved, LPDWORD lpcSubKeys, LPDWORD lpcbMaxSubKeyLen, LPDWORD lpcbMaxClassLen,
    LPDWORD lpcValues, LPDWORD lpcbMaxValueNameLen, LPDWORD lpcbMaxValueLen,
    LPDWORD lpcbSecurityDescriptor, PFILETIME lpftLastWriteTime);

WINADVAPI LSTATUS APIENTRY RegOpenUserClassesRoot(
    HANDLE hToken, DWORD dwOptions, REGSAM samDesired, PHKEY phkResult);

WINADVAPI LSTATUS APIENTRY RegOpenCurrentUser(REGSAM samDesired, PHKEY phkResult);

WINADVAPI LSTATUS APIENTRY RegConnectRegistryW(LPCWSTR lpMachineName, HKEY hKey, PHKEY phkResult);
WINADVAPI LSTATUS APIENTRY RegConnectRegistryA(LPCSTR lpMachineName, HKEY hKey, PHKEY phkResult);

WINADVAPI LSTATUS APIENTRY RegOverridePredefKey(HKEY hKey, HKEY hNewHKey);

WINADVAPI LSTATUS APIENTRY RegDisablePredefinedCache(void);

WINADVAPI LSTATUS APIENTRY RegDisablePredefinedCacheEx(void);

WINADVAPI LSTATUS APIENTRY RegDisableReflectionKey(HKEY hBase);

WINADVAPI LSTATUS APIENTRY RegEnableReflectionKey(HKEY hBase);

WINADVAPI LSTATUS APIENTRY RegQueryReflectionKey(HKEY hBase, BOOL *bIsReflectionDisabled);

WINADVAPI LSTATUS APIENTRY RegGetKeySecurity(HKEY hKey, SECURITY_INFORMATION SecurityInformation,
    PSECURITY_DESCRIPTOR pSecurityDescriptor, LPDWORD lpcbSecurityDescriptor);

WINADVAPI LSTATUS APIENTRY RegSetKeySecurity(
    HKEY hKey, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor);

/* --- Values ----------------------------------------------------------------------------------- */

WINADVAPI LSTATUS APIENTRY RegQueryValueExW(HKEY hKey, LPCWSTR lpValueName, LPDWORD lpReserved,
    LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData);
WINADVAPI LSTATUS APIENTRY RegQueryValueExA(HKEY hKey, LPCSTR lpValueName, LPDWORD lpReserved,
    LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData);

WINADVAPI LSTATUS APIENTRY RegQueryValueW(
    HKEY hKey, LPCWSTR lpSubKey, LPWSTR lpData, PLONG lpcbData);
WINADVAPI LSTATUS APIENTRY RegQueryValueA(HKEY hKey, LPCSTR lpSubKey, LPSTR lpData, PLONG lpcbData);

WINADVAPI LSTATUS APIENTRY RegGetValueW(HKEY hkey, LPCWSTR lpSubKey, LPCWSTR lpValue, DWORD dwFlags,
    LPDWORD pdwType, PVOID pvData, LPDWORD pcbData);
WINADVAPI LSTATUS APIENTRY RegGetValueA(HKEY hkey, LPCSTR lpSubKey, LPCSTR lpValue, DWORD dwFlags,
    LPDWORD pdwType, PVOID pvData, LPDWORD pcbData);

WINADVAPI LSTATUS APIENTRY RegSetValueExW(
    HKEY hKey, LPCWSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE *lpData, DWORD cbData);
WINADVAPI LSTATUS APIENTRY RegSetValueExA(
    HKEY hKey, LPCSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE *lpData, DWORD cbData);

WINADVAPI LSTATUS APIENTRY RegSetValueW(
    HKEY hKey, LPCWSTR lpSubKey, DWORD dwType, LPCWSTR lpData, DWORD cbData);
WINADVAPI LSTATUS APIENTRY RegSetValueA(
    HKEY hKey, LPCSTR lpSubKey, DWORD dwType, LPCSTR lpData, DWORD cbData);

WINADVAPI LSTATUS APIENTRY RegSetKeyValueW(
    HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpValueName, DWORD dwType, LPCVOID lpData, DWORD cbData);
WINADVAPI LSTATUS APIENTRY RegSetKeyValueA(
    HKEY hKey, LPCSTR lpSubKey, LPCSTR lpValueName, DWORD dwType, LPCVOID lpData, DWORD cbData);

WINADVAPI LSTATUS APIENTRY RegDeleteValueW(HKEY hKey, LPCWSTR lpValueName);
WINADVAPI LSTATUS APIENTRY RegDeleteValueA(HKEY hKey, LPCSTR lpValueName);

WINADVAPI LSTATUS APIENTRY RegDeleteKeyValueW(HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpValueName);
WINADVAPI LSTATUS APIENTRY RegDeleteKeyValueA(HKEY hKey, LPCSTR lpSubKey, LPCSTR lpValueName);

WINADVAPI LSTATUS APIENTRY RegEnumValueW(HKEY hKey, DWORD dwIndex, LPWSTR lpValueName,
    LPDWORD lpcchValueName, LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData);
WINADVAPI LSTATUS APIENTRY RegEnumValueA(HKEY hKey, DWORD dwIndex, LPSTR lpValueName,
    LPDWORD lpcchValueName, LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData);

WINADVAPI LSTATUS APIENTRY RegQueryMultipleValuesW(
    HKEY hKey, PVALENTW val_list, DWORD num_vals, LPWSTR lpValueBuf, LPDWORD ldwTotsize);
WINADVAPI LSTATUS APIENTRY RegQueryMultipleValuesA(
    HKEY hKey, PVALENTA val_list, DWORD num_vals, LPSTR lpValueBuf, LPDWORD ldwTotsize);

/* --- Notification ----------------------------------------------------------------------------- */

/*
 * One change signals hEvent (or returns, with fAsynchronous FALSE), then the call is made again.
 * The first call for a handle fixes bWatchSubtree and the filter; a change between two calls
 * signals the second at once. hEvent is reset by the call. Closing the key signals too, and so does
 * the end of the calling thread, unless the filter has REG_NOTIFY_THREAD_AGNOSTIC.
 */
WINADVAPI LSTATUS APIENTRY RegNotifyChangeKeyValue(
    HKEY hKey, BOOL bWatchSubtree, DWORD dwNotifyFilter, HANDLE hEvent, BOOL fAsynchronous);

/* --- Hives ------------------------------------------------------------------------------------ */

WINADVAPI LSTATUS APIENTRY RegSaveKeyW(
    HKEY hKey, LPCWSTR lpFile, LPSECURITY_ATTRIBUTES lpSecurityAttributes);
WINADVAPI LSTATUS APIENTRY RegSaveKeyA(
    HKEY hKey, LPCSTR lpFile, LPSECURITY_ATTRIBUTES lpSecurityAttributes);

WINADVAPI LSTATUS APIENTRY RegSaveKeyExW(
    HKEY hKey, LPCWSTR lpFile, LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD Flags);
WINADVAPI LSTATUS APIENTRY RegSaveKeyExA(
    HKEY hKey, LPCSTR lpFile, LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD Flags);

WINADVAPI LSTATUS APIENTRY RegLoadKeyW(HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpFile);
WINADVAPI LSTATUS APIENTRY RegLoadKeyA(HKEY hKey, LPCSTR lpSubKey, LPCSTR lpFile);

WINADVAPI LSTATUS APIENTRY RegUnLoadKeyW(HKEY hKey, LPCWSTR lpSubKey);
WINADVAPI LSTATUS APIENTRY RegUnLoadKeyA(HKEY hKey, LPCSTR lpSubKey);

WINADVAPI LSTATUS APIENTRY RegRestoreKeyW(HKEY hKey, LPCWSTR lpFile, DWORD dwFlags);
WINADVAPI LSTATUS APIENTRY RegRestoreKeyA(HKEY hKey, LPCSTR lpFile, DWORD dwFlags);

/* --- The generic names ------------------------------------------------------------------------ */

#ifdef UNICODE
#define VALENT                 VALENTW
#define PVALENT                PVALENTW
#define RegOpenKeyEx           RegOpenKeyExW
#define RegOpenKey             RegOpenKeyW
#define RegCreateKeyEx         RegCreateKeyExW
#define RegCreateKey           RegCreateKeyW
#define RegOpenKeyTransacted   RegOpenKeyTransactedW
#define RegCreateKeyTransacted RegCreateKeyTransactedW
#define RegDeleteKeyTransacted RegDeleteKeyTransactedW
#define RegDeleteKey           RegDeleteKeyW
#define RegDeleteKeyEx         RegDeleteKeyExW
#define RegDeleteTree          RegDeleteTreeW
#define RegCopyTree            RegCopyTreeW
#define RegEnumKeyEx           RegEnumKeyExW
#define RegEnumKey             RegEnumKeyW
#define RegQueryInfoKey        RegQueryInfoKeyW
#define RegConnectRegistry     RegConnectRegistryW
#define RegQueryValueEx        RegQueryValueExW
#define RegQueryValue          RegQueryValueW
#define RegGetValue            RegGetValueW
#define RegSetValueEx          RegSetValueExW
#define RegSetValue            RegSetValueW
#define RegSetKeyValue         RegSetKeyValueW
#define RegDeleteValue         RegDeleteValueW
#define RegDeleteKeyValue      RegDeleteKeyValueW
#define RegEnumValue           RegEnumValueW
#define RegQueryMultipleValues RegQueryMultipleValuesW
#define RegSaveKey             RegSaveKeyW
#define RegSaveKeyEx           RegSaveKeyExW
#define RegLoadKey             RegLoadKeyW
#define RegUnLoadKey           RegUnLoadKeyW
#define RegRestoreKey          RegRestoreKeyW
#else
#define VALENT                 VALENTA
#define PVALENT                PVALENTA
#define RegOpenKeyEx           RegOpenKeyExA
#define RegOpenKey             RegOpenKeyA
#define RegCreateKeyEx         RegCreateKeyExA
#define RegCreateKey           RegCreateKeyA
#define RegOpenKeyTransacted   RegOpenKeyTransactedA
#define RegCreateKeyTransacted RegCreateKeyTransactedA
#define RegDeleteKeyTransacted RegDeleteKeyTransactedA
#define RegDeleteKey           RegDeleteKeyA
#define RegDeleteKeyEx         RegDeleteKeyExA
#define RegDeleteTree          RegDeleteTreeA
#define RegCopyTree            RegCopyTreeA
#define RegEnumKeyEx           RegEnumKeyExA
#define RegEnumKey             RegEnumKeyA
#define RegQueryInfoKey        RegQueryInfoKeyA
#define RegConnectRegistry     RegConnectRegistryA
#define RegQueryValueEx        RegQueryValueExA
#define RegQueryValue          RegQueryValueA
#define RegGetValue            RegGetValueA
#define RegSetValueEx          RegSetValueExA
#define RegSetValue            RegSetValueA
#define RegSetKeyValue         RegSetKeyValueA
#define RegDeleteValue         RegDeleteValueA
#define RegDeleteKeyValue      RegDeleteKeyValueA
#define RegEnumValue           RegEnumValueA
#define RegQueryMultipleValues RegQueryMultipleValuesA
#define RegSaveKey             RegSaveKeyA
#define RegSaveKeyEx           RegSaveKeyExA
#define RegLoadKey             RegLoadKeyA
#define RegUnLoadKey           RegUnLoadKeyA
#define RegRestoreKey          RegRestoreKeyA
#endif

#endif
