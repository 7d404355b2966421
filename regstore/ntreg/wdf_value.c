/*
 * Values through the framework's keys.
 */
#include <string.h>

#include "regstore/ntreg/internal.h"

#define STRING_MAX 0xfffeu /* bytes in a counted string */

/* --- Query --------------------------------------------------------------------------------------
 */

/* A value's type and bytes; the caller releases `data`, also after a failure. */
static NTSTATUS
read_value(WDFKEY key, PCUNICODE_STRING value_name, ULONG *ret_type, struct buf *data)
{
	struct wdf_object *wdf = wdf_find(key, WDF_KEY);
	struct buf name = { 0 };
	struct object *object;
	NTSTATUS status;

	if (wdf == NULL)
		return STATUS_INVALID_HANDLE;
	if (value_name == NULL)
		return STATUS_INVALID_PARAMETER;
	status = nt_handle_find_key(wdf->key, KEY_QUERY_VALUE, &object);
	if (NT_SUCCESS(status))
		status = nt_value_name_to_utf8(value_name, &name);
	if (NT_SUCCESS(status))
		status = nt_key_read_value(object, buf_text(&name), ret_type, data);
	buf_release(&name);
	return status;
}

/* A value of one type, without what is not a whole unit. */
static NTSTATUS
read_text(WDFKEY key, PCUNICODE_STRING value_name, ULONG wanted, struct buf *data)
{
	ULONG type;
	NTSTATUS status = read_value(key, value_name, &type, data);

	if (NT_SUCCESS(status) && type != wanted)
		status = STATUS_OBJECT_TYPE_MISMATCH;
	if (NT_SUCCESS(status))
		buf_truncate(data, data->size - data->size % sizeof(WCHAR));
	return status;
}

/* The size of a string's data without its terminator. */
static size_t
text_size(const struct buf *data)
{
	size_t size = data->size;

	if (size >= sizeof(WCHAR) && data->data[size - 2] == 0 && data->data[size - 1] == 0)
		size -= sizeof(WCHAR);
	return size;
}

NTSTATUS
WdfRegistryQueryULong(WDFKEY Key, PCUNICODE_STRING ValueName, PULONG Value)
{
	struct buf data = { 0 };
	ULONG type;
	NTSTATUS status;

	if (Value == NULL)
		return STATUS_INVALID_PARAMETER;
	status = read_value(Key, ValueName, &type, &data);
	if (NT_SUCCESS(status) && (type != REG_DWORD || data.size != sizeof(ULONG)))
		status = STATUS_OBJECT_TYPE_MISMATCH;
	if (NT_SUCCESS(status))
		memcpy(Value, data.data, sizeof(ULONG));
	buf_release(&data);
	return status;
}

NTSTATUS
WdfRegistryQueryUnicodeString(
    WDFKEY Key, PCUNICODE_STRING ValueName, PUSHORT ValueByteLength, PUNICODE_STRING Value)
{
	struct buf data = { 0 };
	size_t size;
	NTSTATUS status;

	if (ValueByteLength == NULL && Value == NULL)
		return STATUS_INVALID_PARAMETER;
	status = read_text(Key, ValueName, REG_SZ, &data);
	size = text_size(&data);
	if (NT_SUCCESS(status) && size + sizeof(WCHAR) > STRING_MAX)
		status = STATUS_INVALID_BUFFER_SIZE;
	if (NT_SUCCESS(status) && ValueByteLength != NULL)
		*ValueByteLength = (USHORT)(size + sizeof(WCHAR));
	if (NT_SUCCESS(status) && Value != NULL) {
		UNICODE_STRING source = { (USHORT)size, (USHORT)size, (PWSTR)(void *)data.data };

		RtlCopyUnicodeString(Value, &source);
		if (Value->Length < size) {
			Value->Length = (USHORT)(Value->Length - Value->Length % sizeof(WCHAR));
			status = STATUS_BUFFER_OVERFLOW;
		}
	}
	buf_release(&data);
	return status;
}

NTSTATUS
WdfRegistryQueryString(WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String)
{
	struct wdf_object *string = wdf_find(String, WDF_STRING);
	struct buf data = { 0 };
	NTSTATUS status;

	if (string == NULL)
		return STATUS_INVALID_HANDLE;
	status = read_text(Key, ValueName, REG_SZ, &data);
	if (NT_SUCCESS(status) && data.size == 0)
		status = STATUS_RESOURCE_DATA_NOT_FOUND;
	if (NT_SUCCESS(status) && text_size(&data) > STRING_MAX - sizeof(WCHAR))
		status = STATUS_INVALID_BUFFER_SIZE;
	if (NT_SUCCESS(status))
		status = wdf_set_data(string, data.data, text_size(&data));
	buf_release(&data);
	return status;
}

/* Put one string at the collection's end. */
static NTSTATUS
add_string(WDFCOLLECTION collection, const WDF_OBJECT_ATTRIBUTES *attributes, PCWSTR text)
{
	WDF_OBJECT_ATTRIBUTES own;
	UNICODE_STRING string;
	WDFSTRING object;
	NTSTATUS status;

	if (attributes != NULL)
		own = *attributes;
	else
		WDF_OBJECT_ATTRIBUTES_INIT(&own);
	if (own.ParentObject == NULL)
		own.ParentObject = collection;
	RtlInitUnicodeString(&string, text);
	status = WdfStringCreate(&string, &own, &object);
	if (!NT_SUCCESS(status))
		return status;
	status = WdfCollectionAdd(collection, object);
	if (!NT_SUCCESS(status))
		WdfObjectDelete(object);
	return status;
}

NTSTATUS
WdfRegistryQueryMultiString(WDFKEY Key, PCUNICODE_STRING ValueName,
    PWDF_OBJECT_ATTRIBUTES StringsAttributes, WDFCOLLECTION Collection)
{
	struct buf data = { 0 };
	NTSTATUS status;

	if (wdf_find(Collection, WDF_COLLECTION) == NULL)
		return STATUS_INVALID_HANDLE;
	status = read_text(Key, ValueName, REG_MULTI_SZ, &data);
	if (NT_SUCCESS(status) && data.size == 0)
		status = STATUS_RESOURCE_DATA_NOT_FOUND;
	buf_append(&data, "\0\0\0", 2 * sizeof(WCHAR));
	if (data.failed)
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (NT_SUCCESS(status)) {
		PCWSTR at = (PCWSTR)(const void *)data.data;

		for (; *at != 0 && NT_SUCCESS(status); at += nt_units_before_nul(at) + 1)
			status = add_string(Collection, StringsAttributes, at);
	}
	buf_release(&data);
	return status;
}

NTSTATUS
WdfRegistryQueryMemory(WDFKEY Key, PCUNICODE_STRING ValueName, POOL_TYPE PoolType,
    PWDF_OBJECT_ATTRIBUTES MemoryAttributes, WDFMEMORY *Memory, PULONG ValueType)
{
	struct buf data = { 0 };
	PVOID buffer;
	ULONG type;
	NTSTATUS status;

	if (Memory == NULL)
		return STATUS_INVALID_PARAMETER;
	status = read_value(Key, ValueName, &type, &data);
	if (NT_SUCCESS(status) && data.size == 0)
		status = STATUS_RESOURCE_DATA_NOT_FOUND;
	if (NT_SUCCESS(status))
		status = WdfMemoryCreate(MemoryAttributes, PoolType, 0, data.size, Memory, &buffer);
	if (NT_SUCCESS(status)) {
		memcpy(buffer, data.data, data.size);
		if (ValueType != NULL)
			*ValueType = type;
	}
	buf_release(&data);
	return status;
}

NTSTATUS
WdfRegistryQueryValue(WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueLength, PVOID Value,
    PULONG ValueLengthQueried, PULONG ValueType)
{
	struct buf data = { 0 };
	ULONG type;
	NTSTATUS status;

	if (Value == NULL && ValueLength > 0)
		return STATUS_INVALID_PARAMETER;
	status = read_value(Key, ValueName, &type, &data);
	if (NT_SUCCESS(status)) {
		if (ValueLengthQueried != NULL)
			*ValueLengthQueried = (ULONG)data.size;
		if (ValueType != NULL)
			*ValueType = type;
		if (ValueLength < data.size)
			status = STATUS_BUFFER_OVERFLOW;
		else if (data.size > 0)
			memcpy(Value, data.data, data.size);
	}
	buf_release(&data);
	return status;
}

/* --- Assign -------------------------------------------------------------------------------------
 */

NTSTATUS
WdfRegistryAssignValue(
    WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType, ULONG ValueLength, PVOID Value)
{
	struct wdf_object *object = wdf_find(Key, WDF_KEY);

	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	if (ValueName == NULL || (Value == NULL && ValueLength > 0))
		return STATUS_INVALID_PARAMETER;
	return ZwSetValueKey(
	    object->key, (PUNICODE_STRING)ValueName, 0, ValueType, Value, ValueLength);
}

NTSTATUS
WdfRegistryAssignULong(WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Value)
{
	return WdfRegistryAssignValue(Key, ValueName, REG_DWORD, sizeof(Value), &Value);
}

/* Append a counted string with a terminator. */
static void
append_string(struct buf *data, PCUNICODE_STRING string)
{
	if (string->Length > 0)
		buf_append(data, string->Buffer, string->Length);
	buf_append(data, "\0", sizeof(WCHAR));
}

static NTSTATUS
assign_buf(WDFKEY key, PCUNICODE_STRING value_name, ULONG type, struct buf *data)
{
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

	if (!data->failed)
		status =
		    WdfRegistryAssignValue(key, value_name, type, (ULONG)data->size, data->data);
	buf_release(data);
	return status;
}

NTSTATUS
WdfRegistryAssignUnicodeString(WDFKEY Key, PCUNICODE_STRING ValueName, PCUNICODE_STRING Value)
{
	struct buf data = { 0 };

	if (Value == NULL)
		return STATUS_INVALID_PARAMETER;
	append_string(&data, Value);
	return assign_buf(Key, ValueName, REG_SZ, &data);
}

NTSTATUS
WdfRegistryAssignString(WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String)
{
	UNICODE_STRING string;

	if (wdf_find(String, WDF_STRING) == NULL)
		return STATUS_INVALID_HANDLE;
	WdfStringGetUnicodeString(String, &string);
	return WdfRegistryAssignUnicodeString(Key, ValueName, &string);
}

NTSTATUS
WdfRegistryAssignMultiString(
    WDFKEY Key, PCUNICODE_STRING ValueName, WDFCOLLECTION StringsCollection)
{
	struct buf data = { 0 };

	if (wdf_find(StringsCollection, WDF_COLLECTION) == NULL)
		return STATUS_INVALID_HANDLE;
	for (ULONG i = 0; i < WdfCollectionGetCount(StringsCollection); i++) {
		WDFOBJECT item = WdfCollectionGetItem(StringsCollection, i);
		UNICODE_STRING string;

		if (wdf_find(item, WDF_STRING) == NULL) {
			buf_release(&data);
			return STATUS_INVALID_PARAMETER;
		}
		WdfStringGetUnicodeString(item, &string);
		append_string(&data, &string);
	}
	buf_append(&data, "\0", sizeof(WCHAR));
	return assign_buf(Key, ValueName, REG_MULTI_SZ, &data);
}

NTSTATUS
WdfRegistryAssignMemory(WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType, WDFMEMORY Memory,
    PWDFMEMORY_OFFSET MemoryOffsets)
{
	struct wdf_object *memory = wdf_find(Memory, WDF_MEMORY);
	size_t offset = 0;
	size_t size;

	if (memory == NULL)
		return STATUS_INVALID_HANDLE;
	size = memory->size;
	if (MemoryOffsets != NULL) {
		offset = MemoryOffsets->BufferOffset;
		if (offset > size || MemoryOffsets->BufferLength > size - offset)
			return STATUS_INVALID_PARAMETER;
		size =
		    MemoryOffsets->BufferLength > 0 ? MemoryOffsets->BufferLength : size - offset;
	}
	if (size > UINT32_MAX)
		return STATUS_INVALID_PARAMETER;
	return WdfRegistryAssignValue(
	    Key, ValueName, ValueType, (ULONG)size, memory->data + offset);
}
