/*
 * A host for the tests of the Win32 face.
 */
#include "tests/winreg/common.h"

#include <stdlib.h>

int
winreg_group_setup(void **state)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = true };
	struct host *host = malloc(sizeof(*host));

	if (host == NULL)
		return -1;
	host_init(host);
	*state = host;
	if (!lstatus_ok(registry_open(host->root, &options, &host->registry)))
		return -1;
	return setenv("HVEMU_ROOT", host->root, 1);
}

int
winreg_group_teardown(void **state)
{
	host_release(*state);
	free(*state);
	return 0;
}

int
winreg_setup(void **state)
{
	HKEY key;

	if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, TEST_PATH, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key,
	        NULL) != ERROR_SUCCESS)
		return -1;
	*state = key;
	return 0;
}

int
winreg_teardown(void **state)
{
	RegCloseKey(*state);
	return RegDeleteTreeW(HKEY_LOCAL_MACHINE, TEST_PATH) == ERROR_SUCCESS ? 0 : -1;
}

void
set_bytes(HKEY key, const WCHAR *name, DWORD type, const void *data, size_t size)
{
	OK(RegSetValueExW(key, name, 0, type, data, (DWORD)size));
}

void
set_dword(HKEY key, const WCHAR *name, DWORD number)
{
	set_bytes(key, name, REG_DWORD, &number, sizeof(number));
}

HKEY
subkey(HKEY key, const WCHAR *path)
{
	HKEY made = POISON_KEY;

	OK(RegCreateKeyExW(key, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &made, NULL));
	return made;
}
