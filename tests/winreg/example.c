/*
 * A registry program as one writes it for Windows: nothing of Linux or of this project is in it.
 * Exit status 0, or the number of the step that failed.
 */
#include <windows.h>

#define PATH L"SOFTWARE\\Example\\Settings"

static int
same(const WCHAR *left, const WCHAR *right)
{
	while (*left == *right && *left != L'\0') {
		left++;
		right++;
	}
	return *left == *right;
}

static int
write_settings(void)
{
	static const WCHAR greeting[] = L"Grüße, %SystemRoot%";
	DWORD number = 42;
	DWORD disposition = 0;
	HKEY key;

	if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, PATH, 0, NULL, REG_OPTION_NON_VOLATILE,
	        KEY_ALL_ACCESS, NULL, &key, &disposition) != ERROR_SUCCESS)
		return 1;
	if (disposition != REG_CREATED_NEW_KEY)
		return 2;
	if (RegSetValueExW(key, L"Answer", 0, REG_DWORD, (const BYTE *)&number, sizeof(number)) !=
	    ERROR_SUCCESS)
		return 3;
	if (RegSetValueExW(key, L"Greeting", 0, REG_EXPAND_SZ, (const BYTE *)greeting,
	        sizeof(greeting)) != ERROR_SUCCESS)
		return 4;
	return RegCloseKey(key) == ERROR_SUCCESS ? 0 : 5;
}

static int
read_settings(void)
{
	WCHAR text[64];
	DWORD size = sizeof(text);
	DWORD number = 0;
	DWORD type = REG_NONE;

	if (RegGetValueW(HKEY_LOCAL_MACHINE, PATH, L"Greeting", RRF_RT_REG_SZ, &type, text,
	        &size) != ERROR_SUCCESS)
		return 10;
	if (type != REG_SZ || !same(text, L"Grüße, C:\\Windows") ||
	    size != sizeof(L"Grüße, C:\\Windows"))
		return 11;
	size = sizeof(number);
	if (RegGetValueW(HKEY_LOCAL_MACHINE, PATH, L"answer", RRF_RT_DWORD, NULL, &number, &size) !=
	        ERROR_SUCCESS ||
	    number != 42)
		return 12;
	return 0;
}

static int
enumerate(void)
{
	WCHAR name[32];
	DWORD length = 32;
	DWORD count = 0;
	HKEY key;

	if (RegOpenKeyEx(HKEY_LOCAL_MACHINE, PATH, 0, KEY_READ, &key) != ERROR_SUCCESS)
		return 20;
	while (RegEnumValueW(key, count, name, &length, NULL, NULL, NULL, NULL) == ERROR_SUCCESS) {
		if (!same(name, count == 0 ? L"Answer" : L"Greeting"))
			return 21;
		count++;
		length = 32;
	}
	RegCloseKey(key);
	return count == 2 ? 0 : 22;
}

static int
notify(void)
{
	HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
	DWORD number = 43;
	HKEY key;

	if (event == NULL || RegOpenKeyExW(HKEY_LOCAL_MACHINE, PATH, 0, KEY_ALL_ACCESS, &key) != 0)
		return 30;
	if (RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE) != 0)
		return 31;
	if (WaitForSingleObject(event, 0) != WAIT_TIMEOUT)
		return 32;
	RegSetValueExW(key, L"Answer", 0, REG_DWORD, (const BYTE *)&number, sizeof(number));
	if (WaitForSingleObject(event, 10000) != WAIT_OBJECT_0)
		return 33;
	RegCloseKey(key);
	CloseHandle(event);
	return 0;
}

int
main(void)
{
	int failed = write_settings();

	if (failed == 0)
		failed = read_settings();
	if (failed == 0)
		failed = enumerate();
	if (failed == 0)
		failed = notify();
	if (failed == 0 &&
	    RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Example") != ERROR_SUCCESS)
		failed = 40;
	return failed;
}
