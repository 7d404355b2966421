/*
 * Values: ZwQueryValueKey, ZwEnumerateValueKey, ZwQueryMultipleValueKey, ZwSetValueKey,
 * ZwDeleteValueKey.
 */
#include <string.h>

#include "regstore/ntreg/internal.h"

#define ENTRIES_MAX 0x10000u /* of one ZwQueryMultipleValueKey */

/* --- Into the caller's buffer -------------------------------------------------------------------
 */

/* One value, its name as UTF-16LE. */
struct value {
	const void *name;
	size_t name_size;
	ULONG type;
	const void *data;
	size_t size;
};

static size_t
align(size_t offset, size_t to)
{
	return (offset + to - 1) / to * to;
}

/* The fixed part of a class; what follows it is at `name` and `data`. */
struct layout {
	const void *fixed;
	size_t fixed_size;
	size_t name; /* offset; 0: the class has no name */
	size_t data; /* offset; 0: the class has no data */
	size_t whole;
};

static NTSTATUS
put_layout(const struct layout *layout, const struct value *value, const struct output *output)
{
	NTSTATUS status = nt_output_begin(output, layout->fixed_size, layout->whole);

	if (!nt_output_takes(status))
		return status;
	nt_output_put(output, 0, layout->fixed, layout->fixed_size);
	if (layout->name > 0)
		nt_output_put(output, layout->name, value->name, value->name_size);
	if (layout->data > 0)
		nt_output_put(output, layout->data, value->data, value->size);
	return status;
}

static NTSTATUS
put_basic(const struct value *value, const struct output *output)
{
	KEY_VALUE_BASIC_INFORMATION basic = {
		.Type = value->type,
		.NameLength = (ULONG)value->name_size,
	};
	struct layout layout = {
		.fixed = &basic,
		.fixed_size = offsetof(KEY_VALUE_BASIC_INFORMATION, Name),
		.name = offsetof(KEY_VALUE_BASIC_INFORMATION, Name),
		.whole = offsetof(KEY_VALUE_BASIC_INFORMATION, Name) + value->name_size,
	};

	return put_layout(&layout, value, output);
}

static NTSTATUS
put_full(const struct value *value, size_t alignment, const struct output *output)
{
	size_t fixed = offsetof(KEY_VALUE_FULL_INFORMATION, Name);
	size_t data = align(fixed + value->name_size, alignment);
	KEY_VALUE_FULL_INFORMATION full = {
		.Type = value->type,
		.DataOffset = value->size > 0 ? (ULONG)data : UINT32_MAX,
		.DataLength = (ULONG)value->size,
		.NameLength = (ULONG)value->name_size,
	};
	struct layout layout = {
		.fixed = &full,
		.fixed_size = fixed,
		.name = fixed,
		.data = data,
		.whole = value->size > 0 ? data + value->size : fixed + value->name_size,
	};

	return put_layout(&layout, value, output);
}

static NTSTATUS
put_partial(const struct value *value, const struct output *output)
{
	KEY_VALUE_PARTIAL_INFORMATION partial = {
		.Type = value->type,
		.DataLength = (ULONG)value->size,
	};
	struct layout layout = {
		.fixed = &partial,
		.fixed_size = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data),
		.data = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data),
		.whole = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data) + value->size,
	};

	return put_layout(&layout, value, output);
}

static NTSTATUS
put_partial_align64(const struct value *value, const struct output *output)
{
	KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 partial = {
		.Type = value->type,
		.DataLength = (ULONG)value->size,
	};
	struct layout layout = {
		.fixed = &partial,
		.fixed_size = offsetof(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data),
		.data = offsetof(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data),
		.whole = offsetof(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data) + value->size,
	};

	return put_layout(&layout, value, output);
}

static NTSTATUS
put_value(KEY_VALUE_INFORMATION_CLASS class, const struct value *value, const struct output *output)
{
	switch (class) {
	case KeyValueBasicInformation:
		return put_basic(value, output);
	case KeyValueFullInformation:
		return put_full(value, sizeof(ULONG), output);
	case KeyValueFullInformationAlign64:
		return put_full(value, sizeof(ULONGLONG), output);
	case KeyValuePartialInformation:
		return put_partial(value, output);
	case KeyValuePartialInformationAlign64:
		return put_partial_align64(value, output);
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/* What can be said against a call's buffer before anything is read. */
static NTSTATUS
check_output(KEY_VALUE_INFORMATION_CLASS class, const struct output *output)
{
	if (output->result_length == NULL)
		return STATUS_ACCESS_VIOLATION;
	if (class > KeyValuePartialInformationAlign64)
		return STATUS_INVALID_PARAMETER;
	if ((class == KeyValueFullInformationAlign64 ||
	        class == KeyValuePartialInformationAlign64) &&
	    (uintptr_t)output->buffer % sizeof(ULONGLONG) != 0)
		return STATUS_DATATYPE_MISALIGNMENT;
	return STATUS_SUCCESS;
}

/* --- Queries ------------------------------------------------------------------------------------
 */

NTSTATUS
nt_key_read_value(const struct object *key, const char *name, ULONG *ret_type, struct buf *data)
{
	NTSTATUS status =
	    nt_status(registry_query_value(key->registry, key->key, name, ret_type, data));

	return NT_SUCCESS(status) && data->failed ? STATUS_INSUFFICIENT_RESOURCES : status;
}

/* The class that tells a name tells it as it is stored, not as it was asked for. */
static NTSTATUS
stored_name(const struct object *object, const char *name, struct buf *out)
{
	struct reg_value_list list = { 0 };
	NTSTATUS status = nt_status(registry_list_values(object->registry, object->key, &list));

	for (size_t i = 0; i < list.count && NT_SUCCESS(status) && out->size == 0; i++) {
		if (name_compare(list.entries[i].name, name) == 0)
			status = nt_name_from_utf8(list.entries[i].name, out);
	}
	reg_value_list_release(&list);
	return status;
}

static NTSTATUS
query_value(const struct object *object, const char *name, KEY_VALUE_INFORMATION_CLASS class,
    const struct output *output)
{
	struct buf data = { 0 };
	struct buf units = { 0 };
	struct value value = { 0 };
	NTSTATUS status = nt_key_read_value(object, name, &value.type, &data);

	if (NT_SUCCESS(status) && class != KeyValuePartialInformation &&
	    class != KeyValuePartialInformationAlign64)
		status = stored_name(object, name, &units);
	value.name = units.data;
	value.name_size = units.size;
	value.data = data.data;
	value.size = data.size;
	if (NT_SUCCESS(status))
		status = put_value(class, &value, output);
	buf_release(&data);
	buf_release(&units);
	return status;
}

NTSTATUS
ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
    KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation, ULONG Length,
    PULONG ResultLength)
{
	struct output output = { KeyValueInformation, Length, ResultLength };
	struct buf name = { 0 };
	struct object *object;
	NTSTATUS status = check_output(KeyValueInformationClass, &output);

	if (NT_SUCCESS(status))
		status = nt_handle_find_key(KeyHandle, KEY_QUERY_VALUE, &object);
	if (NT_SUCCESS(status))
		status = nt_value_name_to_utf8(ValueName, &name);
	if (NT_SUCCESS(status))
		status = query_value(object, buf_text(&name), KeyValueInformationClass, &output);
	buf_release(&name);
	return status;
}

NTSTATUS
ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
    KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation, ULONG Length,
    PULONG ResultLength)
{
	struct output output = { KeyValueInformation, Length, ResultLength };
	struct reg_value_list list = { 0 };
	struct buf units = { 0 };
	struct object *object;
	NTSTATUS status = check_output(KeyValueInformationClass, &output);

	if (NT_SUCCESS(status))
		status = nt_handle_find_key(KeyHandle, KEY_QUERY_VALUE, &object);
	if (NT_SUCCESS(status))
		status = nt_status(registry_list_values(object->registry, object->key, &list));
	if (NT_SUCCESS(status) && Index >= list.count)
		status = STATUS_NO_MORE_ENTRIES;
	if (NT_SUCCESS(status))
		status = nt_name_from_utf8(list.entries[Index].name, &units);
	if (NT_SUCCESS(status)) {
		struct value value = { units.data, units.size, list.entries[Index].type,
			list.entries[Index].data, list.entries[Index].size };

		status = put_value(KeyValueInformationClass, &value, &output);
	}
	reg_value_list_release(&list);
	buf_release(&units);
	return status;
}

/* --- Several values
 * ------------------------------------------------------------------------------- */

struct gathering {
	UCHAR *buffer;
	size_t length;
	size_t used;     /* of the buffer */
	size_t required; /* of a buffer that holds all */
};

static NTSTATUS
gather_one(const struct object *object, PKEY_VALUE_ENTRY entry, struct gathering *gathering)
{
	struct buf name = { 0 };
	struct buf data = { 0 };
	ULONG type = REG_NONE;
	NTSTATUS status = nt_value_name_to_utf8(entry->ValueName, &name);

	if (NT_SUCCESS(status))
		status = nt_key_read_value(object, buf_text(&name), &type, &data);
	if (NT_SUCCESS(status)) {
		size_t offset = align(gathering->required, sizeof(ULONG));

		entry->Type = type;
		entry->DataLength = (ULONG)data.size;
		entry->DataOffset = (ULONG)offset;
		/* Once one did not fit, none is put after it. */
		if (gathering->used == gathering->required &&
		    offset + data.size <= gathering->length) {
			if (data.size > 0)
				memcpy(gathering->buffer + offset, data.data, data.size);
			gathering->used = offset + data.size;
		}
		gathering->required = offset + data.size;
	}
	buf_release(&name);
	buf_release(&data);
	return status;
}

/* All of one moment. */
static NTSTATUS
gather(
    const struct object *object, PKEY_VALUE_ENTRY entries, ULONG count, struct gathering *gathering)
{
	NTSTATUS status = nt_status(registry_read_begin(object->registry));

	if (!NT_SUCCESS(status))
		return status;
	for (ULONG i = 0; i < count && NT_SUCCESS(status); i++)
		status = gather_one(object, &entries[i], gathering);
	registry_read_end(object->registry);
	return status;
}

NTSTATUS
ZwQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount,
    PVOID ValueBuffer, PULONG BufferLength, PULONG RequiredBufferLength)
{
	struct gathering gathering = { .buffer = ValueBuffer };
	struct object *object;
	NTSTATUS status;

	if (BufferLength == NULL || (ValueEntries == NULL && EntryCount > 0) ||
	    (ValueBuffer == NULL && *BufferLength > 0))
		return STATUS_ACCESS_VIOLATION;
	if (EntryCount > ENTRIES_MAX)
		return STATUS_INSUFFICIENT_RESOURCES;
	gathering.length = *BufferLength;
	status = nt_handle_find_key(KeyHandle, KEY_QUERY_VALUE, &object);
	if (NT_SUCCESS(status))
		status = gather(object, ValueEntries, EntryCount, &gathering);
	if (!NT_SUCCESS(status))
		return status;
	*BufferLength = (ULONG)gathering.used;
	if (RequiredBufferLength != NULL)
		*RequiredBufferLength = (ULONG)gathering.required;
	return gathering.used < gathering.required ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* --- Writes -------------------------------------------------------------------------------------
 */

NTSTATUS
ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data,
    ULONG DataSize)
{
	struct buf name = { 0 };
	struct object *object;
	NTSTATUS status = nt_handle_find_key(KeyHandle, KEY_SET_VALUE, &object);

	UNREFERENCED_PARAMETER(TitleIndex);
	if (!NT_SUCCESS(status))
		return status;
	if (Data == NULL && DataSize > 0)
		return STATUS_ACCESS_VIOLATION;
	status = nt_value_name_to_utf8(ValueName, &name);
	if (NT_SUCCESS(status))
		status = nt_status(registry_set_value(
		    object->registry, object->key, buf_text(&name), Type, Data, DataSize));
	buf_release(&name);
	return status;
}

NTSTATUS
ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
	struct buf name = { 0 };
	struct object *object;
	NTSTATUS status = nt_handle_find_key(KeyHandle, KEY_SET_VALUE, &object);

	if (!NT_SUCCESS(status))
		return status;
	status = nt_value_name_to_utf8(ValueName, &name);
	if (NT_SUCCESS(status))
		status = nt_status(
		    registry_delete_value(object->registry, object->key, buf_text(&name)));
	buf_release(&name);
	return status;
}
