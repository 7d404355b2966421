/*
 * RegGetValue: a value of the types that the caller can take, text complete and expanded.
 */
#include <string.h>

#include "regstore/winreg/internal.h"

/* The restriction by which a type is taken. */
static DWORD
type_mask(DWORD type)
{
	switch (type) {
	case REG_NONE:
		return RRF_RT_REG_NONE;
	case REG_SZ:
		return RRF_RT_REG_SZ;
	case REG_EXPAND_SZ:
		return RRF_RT_REG_EXPAND_SZ;
	case REG_BINARY:
		return RRF_RT_REG_BINARY;
	case REG_DWORD:
		return RRF_RT_REG_DWORD;
	case REG_MULTI_SZ:
		return RRF_RT_REG_MULTI_SZ;
	case REG_QWORD:
		return RRF_RT_REG_QWORD;
	default:
		return 0;
	}
}

/* Whether the caller takes this; binary data that stand for a number must have its size. */
static lstatus
check_type(DWORD flags, DWORD type, size_t size)
{
	if ((flags & RRF_RT_ANY) == RRF_RT_ANY)
		return LSTATUS(ERROR_SUCCESS);
	if ((flags & type_mask(type)) == 0)
		return LSTATUS(ERROR_UNSUPPORTED_TYPE);
	if (type == REG_BINARY && (flags & RRF_RT_ANY) == RRF_RT_DWORD && size != sizeof(DWORD))
		return LSTATUS(ERROR_DATATYPE_MISMATCH);
	if (type == REG_BINARY && (flags & RRF_RT_ANY) == RRF_RT_QWORD && size != sizeof(DWORD64))
		return LSTATUS(ERROR_DATATYPE_MISMATCH);
	return LSTATUS(ERROR_SUCCESS);
}

static bool
ends_with_nul(const struct buf *data, size_t size)
{
	return size >= 2 && data->data[size - 1] == 0 && data->data[size - 2] == 0;
}

/* Give text the terminators that it lacks. */
static void
terminate(struct buf *data, DWORD type)
{
	if (!type_is_text(type))
		return;
	if (data->size % 2 != 0)
		buf_append_byte(data, 0);
	if (!ends_with_nul(data, data->size))
		buf_append(data, "\0", 2);
	if (type == REG_MULTI_SZ && !data->failed && !ends_with_nul(data, data->size - 2))
		buf_append(data, "\0", 2);
}

/* Expand the text before the first terminator; it becomes a REG_SZ. */
static void
expand(struct buf *data, DWORD *type)
{
	struct buf expanded = { 0 };
	size_t size = 0;

	while (size + 1 < data->size && (data->data[size] != 0 || data->data[size + 1] != 0))
		size += 2;
	expand_environment(data->data, size, &expanded);
	expanded.failed = expanded.failed || data->failed;
	buf_release(data);
	*data = expanded;
	*type = REG_SZ;
}

/* Read the value and make it what the caller gets. */
static lstatus
get(struct call *call, reg_key key, const char *name, DWORD flags, bool ansi, struct buf *data,
    DWORD *type)
{
	uint32_t found_type = 0;
	lstatus status = registry_query_value(call->registry, key, name, &found_type, data);

	if (!lstatus_ok(status))
		return status;
	*type = found_type;
	if (found_type == REG_EXPAND_SZ && (flags & RRF_NOEXPAND) == 0)
		expand(data, type);
	status = check_type(flags, *type, data->size);
	terminate(data, *type);
	if (lstatus_ok(status) || !data->failed) {
		lstatus converted = data_to_caller(data, *type, ansi);

		if (lstatus_ok(status))
			status = converted;
	}
	return status;
}

static lstatus
check_arguments(DWORD flags, const void *data, const DWORD *size, uint32_t *ret_view)
{
	if (data != NULL && size == NULL)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	if ((flags & RRF_RT_REG_EXPAND_SZ) != 0 && (flags & RRF_NOEXPAND) == 0 &&
	    (flags & RRF_RT_ANY) != RRF_RT_ANY)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	if ((flags & RRF_WOW64_MASK) == RRF_WOW64_MASK)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	*ret_view = (flags & RRF_SUBKEY_WOW6432KEY) != 0 ? REGISTRY_WOW64_32 : 0;
	return LSTATUS(ERROR_SUCCESS);
}

struct wanted {
	const void *subkey;
	const void *name;
	DWORD flags;
	uint32_t view;
	bool ansi;
};

static lstatus
get_value(HKEY handle, const struct wanted *wanted, LPDWORD ret_type, void *data, LPDWORD size)
{
	struct buf found = { 0 };
	DWORD type = 0;
	bool have = false;
	struct call call;
	struct text path = { 0 };
	struct text name = { 0 };
	reg_key key;
	lstatus status = call_begin(handle, 0, &call);

	if (!lstatus_ok(status))
		return status;
	status = text_take(&path, wanted->subkey, wanted->ansi);
	if (lstatus_ok(status))
		status = text_take(&name, wanted->name, wanted->ansi);
	if (lstatus_ok(status))
		status = call_subkey(&call, path.utf8, KEY_QUERY_VALUE, wanted->view, &key);
	if (lstatus_ok(status)) {
		status = get(
		    &call, key, text_or_empty(&name), wanted->flags, wanted->ansi, &found, &type);
		have = lstatus_ok(status) || lstatus_is(status, ERROR_UNSUPPORTED_TYPE) ||
		       lstatus_is(status, ERROR_DATATYPE_MISMATCH);
	}
	/* What type and size there would be is told even if the caller does not take it. */
	if (have && ret_type != NULL)
		*ret_type = type;
	if (lstatus_ok(status))
		status = give_data(found.data, found.size, type, wanted->ansi, data, size);
	else if (have && size != NULL)
		*size = (DWORD)found.size;
	buf_release(&found);
	text_release(&path);
	text_release(&name);
	call_end(&call);
	return status;
}

static LSTATUS
get_value_call(HKEY handle, struct wanted wanted, LPDWORD type, void *data, LPDWORD size)
{
	DWORD room = size != NULL ? *size : 0;
	lstatus status = check_arguments(wanted.flags, data, size, &wanted.view);

	if (lstatus_ok(status))
		status = get_value(handle, &wanted, type, data, size);
	if (!lstatus_ok(status) && (wanted.flags & RRF_ZEROONFAILURE) != 0 && data != NULL &&
	    room > 0)
		memset(data, 0, room);
	return result(status);
}

LSTATUS
RegGetValueW(HKEY hkey, LPCWSTR lpSubKey, LPCWSTR lpValue, DWORD dwFlags, LPDWORD pdwType,
    PVOID pvData, LPDWORD pcbData)
{
	struct wanted wanted = { lpSubKey, lpValue, dwFlags, 0, false };

	return get_value_call(hkey, wanted, pdwType, pvData, pcbData);
}

LSTATUS
RegGetValueA(HKEY hkey, LPCSTR lpSubKey, LPCSTR lpValue, DWORD dwFlags, LPDWORD pdwType,
    PVOID pvData, LPDWORD pcbData)
{
	struct wanted wanted = { lpSubKey, lpValue, dwFlags, 0, true };

	return get_value_call(hkey, wanted, pdwType, pvData, pcbData);
}
