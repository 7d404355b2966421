/*
 * Values: query, set, delete.
 */
#include <string.h>
#include <unistd.h>

#include "regstore/winreg/internal.h"

/* --- Query ------------------------------------------------------------------------------------ */

static LSTATUS
query_value(HKEY handle, const void *name, const DWORD *reserved, LPDWORD type, void *data,
    LPDWORD size, bool ansi)
{
	struct buf found = { 0 };
	uint32_t found_type = 0;
	struct call call;
	struct text text;
	lstatus status;

	if (reserved != NULL || (data != NULL && size == NULL))
		return ERROR_INVALID_PARAMETER;
	status = call_begin(handle, KEY_QUERY_VALUE, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&text, name, ansi);
	if (lstatus_ok(status))
		status = registry_query_value(
		    call.registry, call.key->id, text_or_empty(&text), &found_type, &found);
	if (lstatus_ok(status))
		status = data_to_caller(&found, found_type, ansi);
	if (lstatus_ok(status)) {
		status = give_data(found.data, found.size, found_type, ansi, data, size);
		if (type != NULL)
			*type = found_type;
	}
	buf_release(&found);
	text_release(&text);
	call_end(&call);
	return result(status);
}

LSTATUS
RegQueryValueExW(HKEY hKey, LPCWSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData,
    LPDWORD lpcbData)
{
	return query_value(hKey, lpValueName, lpReserved, lpType, lpData, lpcbData, false);
}

LSTATUS
RegQueryValueExA(HKEY hKey, LPCSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData,
    LPDWORD lpcbData)
{
	return query_value(hKey, lpValueName, lpReserved, lpType, lpData, lpcbData, true);
}

/* The default value as text; a key without one has the empty text. */
static lstatus
query_default(struct call *call, const char *subkey, bool ansi, void *data, DWORD *size)
{
	struct buf found = { 0 };
	uint32_t type = REG_SZ;
	reg_key key;
	lstatus status = call_subkey(call, subkey, KEY_QUERY_VALUE, 0, &key);

	if (lstatus_ok(status)) {
		status = registry_query_value(call->registry, key, "", &type, &found);
		if (lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
			status = LSTATUS(ERROR_SUCCESS);
			buf_append(&found, "\0", sizeof(WCHAR));
		}
	}
	if (lstatus_ok(status) && type != REG_SZ && type != REG_EXPAND_SZ)
		status = LSTATUS(ERROR_INVALID_DATA);
	if (lstatus_ok(status))
		status = data_to_caller(&found, type, ansi);
	if (lstatus_ok(status))
		status = give_data(found.data, found.size, type, ansi, data, size);
	buf_release(&found);
	return status;
}

static LSTATUS
query_default_call(HKEY handle, const void *subkey, void *data, PLONG size, bool ansi)
{
	DWORD room = size != NULL && *size > 0 ? (DWORD)*size : 0;
	struct call call;
	struct text path;
	lstatus status;

	if (data != NULL && size == NULL)
		return ERROR_INVALID_PARAMETER;
	status = call_begin(handle, 0, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&path, subkey, ansi);
	if (lstatus_ok(status))
		status = query_default(&call, path.utf8, ansi, data, &room);
	if ((lstatus_ok(status) || lstatus_is(status, ERROR_MORE_DATA)) && size != NULL)
		*size = (LONG)room;
	text_release(&path);
	call_end(&call);
	return result(status);
}

LSTATUS
RegQueryValueW(HKEY hKey, LPCWSTR lpSubKey, LPWSTR lpData, PLONG lpcbData)
{
	return query_default_call(hKey, lpSubKey, lpData, lpcbData, false);
}

LSTATUS
RegQueryValueA(HKEY hKey, LPCSTR lpSubKey, LPSTR lpData, PLONG lpcbData)
{
	return query_default_call(hKey, lpSubKey, lpData, lpcbData, true);
}

/* --- Several at once -------------------------------------------------------------------------- */

#define VALUES_TOTAL_MAX (1024u * 1024u)

/* One of the entries of RegQueryMultipleValues, in either form. */
struct entry {
	const void *name;
	DWORD *size;
	DWORD_PTR *at;
	DWORD *type;
};

static struct entry
entry_at(void *entries, DWORD index, bool ansi)
{
	VALENTA *a = (VALENTA *)entries + index;
	VALENTW *w = (VALENTW *)entries + index;

	return ansi ? (struct entry){ a->ve_valuename, &a->ve_valuelen, &a->ve_valueptr,
		&a->ve_type }
	            : (struct entry){ w->ve_valuename, &w->ve_valuelen, &w->ve_valueptr,
		              &w->ve_type };
}

/* Read one value and put it behind those before it, if it still fits. */
static lstatus
query_entry(
    struct call *call, struct entry entry, bool ansi, uint8_t *data, DWORD room, size_t *used)
{
	struct buf found = { 0 };
	uint32_t type;
	struct text name;
	lstatus status = text_take(&name, entry.name, ansi);
	size_t at = (*used + 3) & ~(size_t)3; /* as the kernel aligns them */

	if (lstatus_ok(status))
		status = registry_query_value(
		    call->registry, call->key->id, text_or_empty(&name), &type, &found);
	if (lstatus_ok(status))
		status = data_to_caller(&found, type, ansi);
	if (lstatus_ok(status)) {
		*used = at + found.size;
		*entry.size = (DWORD)found.size;
		*entry.type = type;
		if (data != NULL && *used <= room) {
			if (found.size > 0)
				memcpy(data + at, found.data, found.size);
			*entry.at = (DWORD_PTR)(data + at);
		}
	}
	buf_release(&found);
	text_release(&name);
	return status;
}

/* All of one moment, as Windows documents it. */
static lstatus
query_each(struct call *call, void *entries, DWORD count, bool ansi, uint8_t *data, DWORD room,
    size_t *used)
{
	lstatus status = registry_read_begin(call->registry);

	if (!lstatus_ok(status))
		return status;
	for (DWORD i = 0; i < count && lstatus_ok(status); i++)
		status = query_entry(call, entry_at(entries, i, ansi), ansi, data, room, used);
	registry_read_end(call->registry);
	return status;
}

static LSTATUS
query_entries(HKEY handle, void *entries, DWORD count, void *data, LPDWORD size, bool ansi)
{
	struct call call;
	size_t used = 0;
	lstatus status;

	if (entries == NULL || size == NULL)
		return ERROR_INVALID_PARAMETER;
	status = call_begin(handle, KEY_QUERY_VALUE, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = query_each(&call, entries, count, ansi, data, *size, &used);
	call_end(&call);
	if (!lstatus_ok(status))
		return result(status);
	if (used > VALUES_TOTAL_MAX)
		return ERROR_TRANSFER_TOO_LONG;
	if (data == NULL || used > *size)
		status = LSTATUS(ERROR_MORE_DATA);
	*size = (DWORD)used;
	return result(status);
}

LSTATUS
RegQueryMultipleValuesW(
    HKEY hKey, PVALENTW val_list, DWORD num_vals, LPWSTR lpValueBuf, LPDWORD ldwTotsize)
{
	return query_entries(hKey, val_list, num_vals, lpValueBuf, ldwTotsize, false);
}

LSTATUS
RegQueryMultipleValuesA(
    HKEY hKey, PVALENTA val_list, DWORD num_vals, LPSTR lpValueBuf, LPDWORD ldwTotsize)
{
	return query_entries(hKey, val_list, num_vals, lpValueBuf, ldwTotsize, true);
}

/* --- Set -------------------------------------------------------------------------------------- */

/*
 * Windows looks one character past text that does not end with a terminator: if that is one, it is
 * stored too. Only what is on the same page as the text is looked at.
 */
__attribute__((no_sanitize("address"))) static size_t
with_terminator(const BYTE *data, size_t size, bool ansi)
{
	size_t unit = ansi ? sizeof(CHAR) : sizeof(WCHAR);
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const BYTE *last;

	if (size < unit || size % unit != 0)
		return size;
	last = data + size - unit;
	if ((uintptr_t)last / page != ((uintptr_t)last + 2 * unit - 1) / page)
		return size;
	if (last[0] == 0 && last[unit - 1] == 0)
		return size;
	return last[unit] == 0 && last[2 * unit - 1] == 0 ? size + unit : size;
}

/* Store data in a caller's form. */
static lstatus
store_value(struct call *call, reg_key key, const char *name, DWORD type, const void *data,
    size_t size, bool ansi)
{
	struct buf converted = { 0 };
	lstatus status;

	if (data == NULL && size > 0)
		return LSTATUS(ERROR_NOACCESS);
	if (type_is_text(type))
		size = with_terminator(data, size, ansi);
	if (!ansi || !type_is_text(type))
		return registry_set_value(call->registry, key, name, type, data, size);
	ansi_to_utf16(data, size, &converted);
	status = converted.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                          : registry_set_value(call->registry, key, name, type,
	                                converted.data, converted.size);
	buf_release(&converted);
	return status;
}

static LSTATUS
set_value(HKEY handle, const void *name, DWORD reserved, DWORD type, const void *data, DWORD size,
    bool ansi)
{
	struct call call;
	struct text text;
	lstatus status;

	if (reserved != 0)
		return ERROR_INVALID_PARAMETER;
	status = call_begin(handle, KEY_SET_VALUE, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&text, name, ansi);
	if (lstatus_ok(status))
		status =
		    store_value(&call, call.key->id, text_or_empty(&text), type, data, size, ansi);
	text_release(&text);
	call_end(&call);
	return result(status);
}

LSTATUS
RegSetValueExW(
    HKEY hKey, LPCWSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE *lpData, DWORD cbData)
{
	return set_value(hKey, lpValueName, Reserved, dwType, lpData, cbData, false);
}

LSTATUS
RegSetValueExA(
    HKEY hKey, LPCSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE *lpData, DWORD cbData)
{
	return set_value(hKey, lpValueName, Reserved, dwType, lpData, cbData, true);
}

/* Set a value of a subkey that is made if need be. */
static LSTATUS
set_key_value(HKEY handle, const void *subkey, const void *name, DWORD type, const void *data,
    DWORD size, bool ansi)
{
	struct create create = { .sam = KEY_SET_VALUE };
	REGSAM granted;
	bool created;
	struct call call;
	struct text path = { 0 };
	struct text text = { 0 };
	reg_key key;
	lstatus status = call_begin(handle, 0, &call);

	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&path, subkey, ansi);
	if (lstatus_ok(status))
		status = text_take(&text, name, ansi);
	if (lstatus_ok(status) && text_or_empty(&path)[0] == '\0')
		status = call_subkey(&call, NULL, KEY_SET_VALUE, 0, &key);
	else if (lstatus_ok(status))
		status = create_key(&call, path.utf8, &create, &key, &granted, &created);
	if (lstatus_ok(status))
		status = store_value(&call, key, text_or_empty(&text), type, data, size, ansi);
	text_release(&path);
	text_release(&text);
	call_end(&call);
	return result(status);
}

LSTATUS
RegSetKeyValueW(
    HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpValueName, DWORD dwType, LPCVOID lpData, DWORD cbData)
{
	return set_key_value(hKey, lpSubKey, lpValueName, dwType, lpData, cbData, false);
}

LSTATUS
RegSetKeyValueA(
    HKEY hKey, LPCSTR lpSubKey, LPCSTR lpValueName, DWORD dwType, LPCVOID lpData, DWORD cbData)
{
	return set_key_value(hKey, lpSubKey, lpValueName, dwType, lpData, cbData, true);
}

/* RegSetValue takes text up to its terminator; the size is not looked at. */
LSTATUS
RegSetValueW(HKEY hKey, LPCWSTR lpSubKey, DWORD dwType, LPCWSTR lpData, DWORD cbData UNUSED)
{
	if (dwType != REG_SZ || lpData == NULL)
		return ERROR_INVALID_PARAMETER;
	return set_key_value(hKey, lpSubKey, NULL, dwType, lpData,
	    (DWORD)(text_size(lpData, false) + sizeof(WCHAR)), false);
}

LSTATUS
RegSetValueA(HKEY hKey, LPCSTR lpSubKey, DWORD dwType, LPCSTR lpData, DWORD cbData UNUSED)
{
	if (dwType != REG_SZ || lpData == NULL)
		return ERROR_INVALID_PARAMETER;
	return set_key_value(hKey, lpSubKey, NULL, dwType, lpData,
	    (DWORD)(text_size(lpData, true) + sizeof(CHAR)), true);
}

/* --- Delete ----------------------------------------------------------------------------------- */

static LSTATUS
delete_value(HKEY handle, const void *subkey, const void *name, bool ansi)
{
	struct call call;
	struct text path = { 0 };
	struct text text = { 0 };
	reg_key key;
	lstatus status = call_begin(handle, 0, &call);

	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&path, subkey, ansi);
	if (lstatus_ok(status))
		status = text_take(&text, name, ansi);
	if (lstatus_ok(status))
		status = call_subkey(&call, path.utf8, KEY_SET_VALUE, 0, &key);
	if (lstatus_ok(status))
		status = registry_delete_value(call.registry, key, text_or_empty(&text));
	text_release(&path);
	text_release(&text);
	call_end(&call);
	return result(status);
}

LSTATUS
RegDeleteValueW(HKEY hKey, LPCWSTR lpValueName)
{
	return delete_value(hKey, NULL, lpValueName, false);
}

LSTATUS
RegDeleteValueA(HKEY hKey, LPCSTR lpValueName)
{
	return delete_value(hKey, NULL, lpValueName, true);
}

LSTATUS
RegDeleteKeyValueW(HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpValueName)
{
	return delete_value(hKey, lpSubKey, lpValueName, false);
}

LSTATUS
RegDeleteKeyValueA(HKEY hKey, LPCSTR lpSubKey, LPCSTR lpValueName)
{
	return delete_value(hKey, lpSubKey, lpValueName, true);
}
