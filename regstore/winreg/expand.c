/*
 * Environment strings: %SystemRoot% is the host's, not of the machine that runs hvemu.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/winreg/internal.h"

extern char **environ;

/* What Windows Server sets for its Administrator. */
static const struct {
	const char *name;
	const char *text;
} host_environment[] = {
	{ "ALLUSERSPROFILE", "C:\\ProgramData" },
	{ "APPDATA", "C:\\Users\\Administrator\\AppData\\Roaming" },
	{ "CommonProgramFiles", "C:\\Program Files\\Common Files" },
	{ "CommonProgramFiles(x86)", "C:\\Program Files (x86)\\Common Files" },
	{ "CommonProgramW6432", "C:\\Program Files\\Common Files" },
	{ "ComSpec", "C:\\Windows\\system32\\cmd.exe" },
	{ "DriverData", "C:\\Windows\\System32\\Drivers\\DriverData" },
	{ "HOMEDRIVE", "C:" },
	{ "HOMEPATH", "\\Users\\Administrator" },
	{ "LOCALAPPDATA", "C:\\Users\\Administrator\\AppData\\Local" },
	{ "OS", "Windows_NT" },
	{ "PROCESSOR_ARCHITECTURE", "AMD64" },
	{ "ProgramData", "C:\\ProgramData" },
	{ "ProgramFiles", "C:\\Program Files" },
	{ "ProgramFiles(x86)", "C:\\Program Files (x86)" },
	{ "ProgramW6432", "C:\\Program Files" },
	{ "PUBLIC", "C:\\Users\\Public" },
	{ "SystemDrive", "C:" },
	{ "SystemRoot", "C:\\Windows" },
	{ "TEMP", "C:\\Users\\Administrator\\AppData\\Local\\Temp" },
	{ "TMP", "C:\\Users\\Administrator\\AppData\\Local\\Temp" },
	{ "USERNAME", "Administrator" },
	{ "USERPROFILE", "C:\\Users\\Administrator" },
	{ "windir", "C:\\Windows" },
};

/* A variable's text by its name without case; NULL if there is none. */
static const char *
find_variable(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(host_environment); i++) {
		if (strcasecmp(host_environment[i].name, name) == 0)
			return host_environment[i].text;
	}
	for (char **at = environ; at != NULL && *at != NULL; at++) {
		if (strncasecmp(*at, name, length) == 0 && (*at)[length] == '=')
			return *at + length + 1;
	}
	return NULL;
}

/* Append the variable that `size` bytes of UTF-16 name; false if there is none. */
static bool
append_variable(const uint8_t *text, size_t size, struct buf *out)
{
	struct buf name = { 0 };
	const char *found;
	size_t before = out->size;
	bool good = false;

	utf16_to_utf8(text, size, false, &name);
	found = name.size > 0 ? find_variable(buf_text(&name)) : NULL;
	if (found != NULL)
		good = utf16_from_utf8(found, strlen(found), out);
	if (!good)
		buf_truncate(out, before);
	buf_release(&name);
	return good;
}

static bool
is_percent(const uint8_t *text, size_t at)
{
	return text[at] == '%' && text[at + 1] == 0;
}

void
expand_environment(const void *given, size_t size, struct buf *out)
{
	const uint8_t *text = given;
	size_t at = 0;

	size -= size % 2;
	while (at < size) {
		size_t end = at + 2;

		if (is_percent(text, at)) {
			while (end < size && !is_percent(text, end))
				end += 2;
			if (end < size && append_variable(text + at + 2, end - at - 2, out)) {
				at = end + 2;
				continue;
			}
			/* No such variable: its closing % may open the next. */
		}
		buf_append(out, text + at, end - at);
		at = end;
	}
}

static DWORD
expand_strings(const void *source, void *target, DWORD room, bool ansi)
{
	struct buf text = { 0 };
	struct buf expanded = { 0 };
	DWORD length = room;
	lstatus status = LSTATUS(ERROR_INVALID_PARAMETER);

	if (source != NULL) {
		if (ansi)
			ansi_to_utf16(source, text_size(source, true), &text);
		else
			buf_append(&text, source, text_size(source, false));
		expand_environment(text.data, text.size, &expanded);
		status = text.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
		                     : give_utf16(&expanded, ansi, target, &length);
	}
	buf_release(&text);
	buf_release(&expanded);
	if (lstatus_ok(status) || lstatus_is(status, ERROR_MORE_DATA))
		return length + 1;
	SetLastError(status.code);
	return 0;
}

DWORD
ExpandEnvironmentStringsW(LPCWSTR lpSrc, LPWSTR lpDst, DWORD nSize)
{
	return expand_strings(lpSrc, lpDst, nSize, false);
}

DWORD
ExpandEnvironmentStringsA(LPCSTR lpSrc, LPSTR lpDst, DWORD nSize)
{
	return expand_strings(lpSrc, lpDst, nSize, true);
}
