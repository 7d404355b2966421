/*
 * Operations of the Win32 face. Compiled with -fshort-wchar.
 */
#include <stddef.h>
#include <stdint.h>

#include "tests/fault/operations.h"

#include "regstore/winreg/windows.h"

#define KEY_PATH L"SOFTWARE\\T"

static lstatus
status_of(LONG code)
{
	return LSTATUS((enum win32_code)code);
}

lstatus
operation_winreg_create(struct registry *registry UNUSED, const char *root UNUSED)
{
	HKEY key = NULL;
	LONG code = RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY_PATH L"\\winreg\\below", 0, NULL, 0,
	    KEY_ALL_ACCESS, NULL, &key, NULL);

	if (code == ERROR_SUCCESS)
		RegCloseKey(key);
	return status_of(code);
}

lstatus
operation_winreg_set(struct registry *registry UNUSED, const char *root UNUSED)
{
	DWORD number = 5;

	return status_of(RegSetKeyValueW(
	    HKEY_LOCAL_MACHINE, KEY_PATH, L"number", REG_DWORD, &number, sizeof(number)));
}

lstatus
operation_winreg_delete(struct registry *registry UNUSED, const char *root UNUSED)
{
	return status_of(RegDeleteTreeW(HKEY_LOCAL_MACHINE, KEY_PATH L"\\a"));
}

lstatus
operation_winreg_read(struct registry *registry UNUSED, const char *root UNUSED)
{
	WCHAR name[64];
	DWORD units = ARRAY_SIZE(name);
	DWORD number = 0;
	DWORD size = sizeof(number);
	HKEY key = NULL;
	LONG code = RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY_PATH, 0, KEY_READ, &key);

	if (code != ERROR_SUCCESS)
		return status_of(code);
	code = RegEnumKeyExW(key, 1, name, &units, NULL, NULL, NULL, NULL);
	if (code == ERROR_SUCCESS)
		code = RegGetValueW(key, NULL, L"d", RRF_RT_REG_DWORD, NULL, &number, &size);
	if (code == ERROR_SUCCESS && number != 7)
		code = ERROR_INVALID_DATA;
	RegCloseKey(key);
	return status_of(code);
}

static LONG
watch(HKEY key, HANDLE event)
{
	DWORD number = 9;
	LONG code = RegNotifyChangeKeyValue(key, TRUE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE);

	if (code == ERROR_SUCCESS)
		code = RegSetKeyValueW(
		    HKEY_LOCAL_MACHINE, KEY_PATH, L"watched", REG_DWORD, &number, sizeof(number));
	if (code == ERROR_SUCCESS && WaitForSingleObject(event, 0) != WAIT_OBJECT_0)
		code = ERROR_INVALID_DATA;
	return code;
}

lstatus
operation_winreg_notify(struct registry *registry UNUSED, const char *root UNUSED)
{
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	HKEY key = NULL;
	LONG code;

	if (event == NULL)
		return status_of((LONG)GetLastError());
	code = RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY_PATH, 0, KEY_READ, &key);
	if (code == ERROR_SUCCESS) {
		code = watch(key, event);
		RegCloseKey(key);
	}
	CloseHandle(event);
	return status_of(code);
}

lstatus
operation_winreg_transaction(struct registry *registry UNUSED, const char *root UNUSED)
{
	DWORD number = 3;
	HKEY key = NULL;
	HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);
	LONG code;

	if (transaction == INVALID_HANDLE_VALUE)
		return status_of((LONG)GetLastError());
	code = RegCreateKeyTransactedW(HKEY_LOCAL_MACHINE, KEY_PATH L"\\transacted\\below", 0, NULL,
	    0, KEY_ALL_ACCESS, NULL, &key, NULL, transaction, NULL);
	if (code == ERROR_SUCCESS) {
		code = RegSetValueExW(
		    key, L"number", 0, REG_DWORD, (const BYTE *)&number, sizeof(number));
		RegCloseKey(key);
	}
	if (code == ERROR_SUCCESS && !CommitTransaction(transaction))
		code = (LONG)GetLastError();
	CloseHandle(transaction);
	return status_of(code);
}
