/*
 * Enumerations by index, and RegQueryInfoKey.
 *
 * A handle keeps the list that it read last, for as long as nothing was written to the key: to
 * enumerate n entries reads n of them, not n times n.
 */
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/winreg/internal.h"

/* Bring the listing of subkeys up to date. The key's mutex is held. */
static lstatus
list_keys(struct call *call, const struct reg_key_list **ret_list)
{
	struct listing *listing = &call->key->listing;
	uint64_t moment = call_moment(call);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (moment == 0 || listing->keys_moment != moment) {
		reg_key_list_release(&listing->keys);
		status = registry_list_keys(call->registry, call->key->id, &listing->keys);
		listing->keys_moment = lstatus_ok(status) ? moment : 0;
	}
	*ret_list = &listing->keys;
	return status;
}

static lstatus
list_values(struct call *call, const struct reg_value_list **ret_list)
{
	struct listing *listing = &call->key->listing;
	uint64_t moment = call_moment(call);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (moment == 0 || listing->values_moment != moment) {
		reg_value_list_release(&listing->values);
		status = registry_list_values(call->registry, call->key->id, &listing->values);
		listing->values_moment = lstatus_ok(status) ? moment : 0;
	}
	*ret_list = &listing->values;
	return status;
}

/* --- Subkeys ---------------------------------------------------------------------------------- */

/* Where a subkey's name, class and time go. */
struct key_out {
	void *name;
	DWORD *name_characters;
	void *class;
	DWORD *class_characters;
	FILETIME *time;
};

static lstatus
give_class(struct call *call, reg_key id, bool ansi, const struct key_out *out)
{
	struct buf class = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (out->class_characters == NULL)
		return status;
	status = registry_query_class(call->registry, id, &class);
	if (lstatus_ok(status))
		status = give_utf16(&class, ansi, out->class, out->class_characters);
	buf_release(&class);
	return status;
}

static lstatus
enumerate_key(struct call *call, DWORD index, bool ansi, const struct key_out *out)
{
	const struct reg_key_list *list;
	const struct reg_key_entry *entry;
	lstatus status = list_keys(call, &list);

	if (!lstatus_ok(status))
		return status;
	if (index >= list->count)
		return LSTATUS(ERROR_NO_MORE_ITEMS);
	entry = &list->entries[index];
	status = give_name(entry->name, ansi, out->name, out->name_characters);
	if (lstatus_ok(status))
		status = give_class(call, entry->key, ansi, out);
	if (lstatus_ok(status) && out->time != NULL)
		*out->time = filetime(entry->last_write);
	return status;
}

static LSTATUS
enumerate_key_call(HKEY handle, DWORD index, const struct key_out *out, bool ansi)
{
	struct call call;
	lstatus status;

	if (out->name == NULL || out->name_characters == NULL ||
	    (out->class != NULL && out->class_characters == NULL))
		return ERROR_INVALID_PARAMETER;
	status = call_begin(handle, KEY_ENUMERATE_SUB_KEYS, &call);
	if (!lstatus_ok(status))
		return result(status);
	pthread_mutex_lock(&call.key->mutex);
	status = enumerate_key(&call, index, ansi, out);
	pthread_mutex_unlock(&call.key->mutex);
	call_end(&call);
	return result(status);
}

LSTATUS
RegEnumKeyExW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved,
    LPWSTR lpClass, LPDWORD lpcchClass, PFILETIME lpftLastWriteTime)
{
	struct key_out out = { lpName, lpcchName, lpClass, lpcchClass, lpftLastWriteTime };

	if (lpReserved != NULL)
		return ERROR_INVALID_PARAMETER;
	return enumerate_key_call(hKey, dwIndex, &out, false);
}

LSTATUS
RegEnumKeyExA(HKEY hKey, DWORD dwIndex, LPSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved,
    LPSTR lpClass, LPDWORD lpcchClass, PFILETIME lpftLastWriteTime)
{
	struct key_out out = { lpName, lpcchName, lpClass, lpcchClass, lpftLastWriteTime };

	if (lpReserved != NULL)
		return ERROR_INVALID_PARAMETER;
	return enumerate_key_call(hKey, dwIndex, &out, true);
}

LSTATUS
RegEnumKeyW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, DWORD cchName)
{
	return RegEnumKeyExW(hKey, dwIndex, lpName, &cchName, NULL, NULL, NULL, NULL);
}

LSTATUS
RegEnumKeyA(HKEY hKey, DWORD dwIndex, LPSTR lpName, DWORD cchName)
{
	return RegEnumKeyExA(hKey, dwIndex, lpName, &cchName, NULL, NULL, NULL, NULL);
}

/* --- Values ----------------------------------------------------------------------------------- */

struct value_out {
	void *name;
	DWORD *name_characters;
	DWORD *type;
	void *data;
	DWORD *size;
};

/*
 * Hand a value over. Type and size are told in every case; the W function hands over the name
 * beside data that do not fit, the A function hands over both or nothing.
 */
static lstatus
give_value(const struct reg_value_entry *entry, bool ansi, const struct value_out *out)
{
	struct buf converted = { 0 };
	const void *data = entry->data;
	size_t size = entry->size;
	DWORD characters = *out->name_characters;
	bool data_fit;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (ansi && type_is_text(entry->type)) {
		utf16_to_ansi(entry->data, entry->size, &converted);
		if (converted.failed)
			return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		data = converted.data;
		size = converted.size;
	}
	data_fit = out->size == NULL || out->data == NULL || *out->size >= size;
	if (data_fit || !ansi)
		status = give_name(entry->name, ansi, out->name, &characters);
	if (lstatus_ok(status))
		*out->name_characters = ansi && !data_fit ? *out->name_characters : characters;
	if (lstatus_ok(status) && !data_fit)
		status = LSTATUS(ERROR_MORE_DATA);
	if (out->type != NULL)
		*out->type = entry->type;
	if (lstatus_ok(status))
		status = give_data(data, size, entry->type, ansi, out->data, out->size);
	else if (out->size != NULL)
		*out->size = (DWORD)size;
	buf_release(&converted);
	return status;
}

static LSTATUS
enumerate_value(HKEY handle, DWORD index, const struct value_out *out, bool ansi)
{
	const struct reg_value_list *list;
	struct call call;
	lstatus status;

	if (out->name == NULL || out->name_characters == NULL ||
	    (out->data != NULL && out->size == NULL))
		return ERROR_INVALID_PARAMETER;
	status = call_begin(handle, KEY_QUERY_VALUE, &call);
	if (!lstatus_ok(status))
		return result(status);
	pthread_mutex_lock(&call.key->mutex);
	status = list_values(&call, &list);
	if (lstatus_ok(status) && index >= list->count)
		status = LSTATUS(ERROR_NO_MORE_ITEMS);
	if (lstatus_ok(status))
		status = give_value(&list->entries[index], ansi, out);
	pthread_mutex_unlock(&call.key->mutex);
	call_end(&call);
	return result(status);
}

LSTATUS
RegEnumValueW(HKEY hKey, DWORD dwIndex, LPWSTR lpValueName, LPDWORD lpcchValueName,
    LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData)
{
	struct value_out out = { lpValueName, lpcchValueName, lpType, lpData, lpcbData };

	if (lpReserved != NULL)
		return ERROR_INVALID_PARAMETER;
	return enumerate_value(hKey, dwIndex, &out, false);
}

LSTATUS
RegEnumValueA(HKEY hKey, DWORD dwIndex, LPSTR lpValueName, LPDWORD lpcchValueName,
    LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData)
{
	struct value_out out = { lpValueName, lpcchValueName, lpType, lpData, lpcbData };

	if (lpReserved != NULL)
		return ERROR_INVALID_PARAMETER;
	return enumerate_value(hKey, dwIndex, &out, true);
}

/* --- What a key says of itself ---------------------------------------------------------------- */

/* Where RegQueryInfoKey's answers go, each NULL if it is not wanted. */
struct info_out {
	void *class;
	LPDWORD class_characters;
	LPDWORD subkeys;
	LPDWORD max_subkey;
	LPDWORD max_class;
	LPDWORD values;
	LPDWORD max_value;
	LPDWORD max_data;
	LPDWORD security;
	PFILETIME time;
};

static void
put(LPDWORD where, size_t number)
{
	if (where != NULL)
		*where = (DWORD)number;
}

static lstatus
security_size(struct call *call, const struct info_out *out)
{
	struct buf descriptor = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (out->security != NULL) {
		status = registry_query_security(call->registry, call->key->id, &descriptor);
		if (lstatus_ok(status))
			put(out->security, descriptor.size);
		buf_release(&descriptor);
	}
	return status;
}

static lstatus
query_info(struct call *call, const struct info_out *out, bool ansi)
{
	struct key_out class = { NULL, NULL, out->class, out->class_characters, NULL };
	struct reg_key_info info;
	lstatus status = registry_query_info(call->registry, call->key->id, &info);

	if (lstatus_ok(status))
		status = security_size(call, out);
	if (!lstatus_ok(status))
		return status;
	put(out->subkeys, info.subkeys);
	put(out->max_subkey, info.max_subkey_units);
	put(out->max_class, info.max_class_size / sizeof(WCHAR));
	put(out->values, info.values);
	put(out->max_value, info.max_value_units);
	put(out->max_data, info.max_data_size);
	if (out->time != NULL)
		*out->time = filetime(info.last_write);
	return give_class(call, call->key->id, ansi, &class);
}

static LSTATUS
query_info_call(HKEY handle, const struct info_out *out, const DWORD *reserved, bool ansi)
{
	struct call call;
	lstatus status;

	if (reserved != NULL || (out->class != NULL && out->class_characters == NULL))
		return ERROR_INVALID_PARAMETER;
	status = call_begin(handle, KEY_QUERY_VALUE, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = query_info(&call, out, ansi);
	call_end(&call);
	return result(status);
}

LSTATUS
RegQueryInfoKeyW(HKEY hKey, LPWSTR lpClass, LPDWORD lpcchClass, LPDWORD lpReserved,
    LPDWORD lpcSubKeys, LPDWORD lpcbMaxSubKeyLen, LPDWORD lpcbMaxClassLen, LPDWORD lpcValues,
    LPDWORD lpcbMaxValueNameLen, LPDWORD lpcbMaxValueLen, LPDWORD lpcbSecurityDescriptor,
    PFILETIME lpftLastWriteTime)
{
	struct info_out out = { lpClass, lpcchClass, lpcSubKeys, lpcbMaxSubKeyLen, lpcbMaxClassLen,
		lpcValues, lpcbMaxValueNameLen, lpcbMaxValueLen, lpcbSecurityDescriptor,
		lpftLastWriteTime };

	return query_info_call(hKey, &out, lpReserved, false);
}

LSTATUS
RegQueryInfoKeyA(HKEY hKey, LPSTR lpClass, LPDWORD lpcchClass, LPDWORD lpReserved,
    LPDWORD lpcSubKeys, LPDWORD lpcbMaxSubKeyLen, LPDWORD lpcbMaxClassLen, LPDWORD lpcValues,
    LPDWORD lpcbMaxValueNameLen, LPDWORD lpcbMaxValueLen, LPDWORD lpcbSecurityDescriptor,
    PFILETIME lpftLastWriteTime)
{
	struct info_out out = { lpClass, lpcchClass, lpcSubKeys, lpcbMaxSubKeyLen, lpcbMaxClassLen,
		lpcValues, lpcbMaxValueNameLen, lpcbMaxValueLen, lpcbSecurityDescriptor,
		lpftLastWriteTime };

	return query_info_call(hKey, &out, lpReserved, true);
}
