/*
 * Counted strings, and the crossings of names and codes between the kernel's face and the engine.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/ntreg/internal.h"

#define STRING_MAX 0xfffeu /* bytes in a counted string */

/* --- Rtl -------------------------------------------------------------------------------------- */

size_t
nt_units_before_nul(PCWSTR text)
{
	size_t units = 0;

	while (text[units] != 0)
		units++;
	return units;
}

VOID
RtlInitUnicodeString(PUNICODE_STRING destination, PCWSTR source)
{
	size_t size = source != NULL ? nt_units_before_nul(source) * sizeof(WCHAR) : 0;

	/* Windows cuts what a USHORT cannot count, the terminator with it. */
	if (size > STRING_MAX - sizeof(WCHAR))
		size = STRING_MAX - sizeof(WCHAR);
	destination->Length = (USHORT)size;
	destination->MaximumLength = (USHORT)(source != NULL ? size + sizeof(WCHAR) : 0);
	destination->Buffer = (PWSTR)source;
}

VOID
RtlCopyUnicodeString(PUNICODE_STRING destination, PCUNICODE_STRING source)
{
	size_t size = source != NULL ? source->Length : 0;

	if (size > destination->MaximumLength)
		size = destination->MaximumLength;
	if (size > 0)
		memmove(destination->Buffer, source->Buffer, size);
	destination->Length = (USHORT)size;
	if (size + sizeof(WCHAR) <= destination->MaximumLength)
		destination->Buffer[size / sizeof(WCHAR)] = 0;
}

NTSTATUS
RtlAppendUnicodeStringToString(PUNICODE_STRING destination, PCUNICODE_STRING source)
{
	size_t size = (size_t)destination->Length + source->Length;

	if (size > destination->MaximumLength)
		return STATUS_BUFFER_TOO_SMALL;
	if (source->Length > 0)
		memmove((UCHAR *)destination->Buffer + destination->Length, source->Buffer,
		    source->Length);
	destination->Length = (USHORT)size;
	if (size + sizeof(WCHAR) <= destination->MaximumLength)
		destination->Buffer[size / sizeof(WCHAR)] = 0;
	return STATUS_SUCCESS;
}

NTSTATUS
RtlAppendUnicodeToString(PUNICODE_STRING destination, PCWSTR source)
{
	UNICODE_STRING string;

	if (source == NULL)
		return STATUS_SUCCESS;
	if (nt_units_before_nul(source) * sizeof(WCHAR) > STRING_MAX)
		return STATUS_BUFFER_TOO_SMALL;
	RtlInitUnicodeString(&string, source);
	return RtlAppendUnicodeStringToString(destination, &string);
}

LONG
RtlCompareUnicodeString(PCUNICODE_STRING left, PCUNICODE_STRING right, BOOLEAN ignore_case)
{
	size_t left_units = left->Length / sizeof(WCHAR);
	size_t right_units = right->Length / sizeof(WCHAR);

	for (size_t i = 0; i < left_units && i < right_units; i++) {
		LONG a = ignore_case ? utf16_upcase(left->Buffer[i]) : left->Buffer[i];
		LONG b = ignore_case ? utf16_upcase(right->Buffer[i]) : right->Buffer[i];

		if (a != b)
			return a - b;
	}
	return (LONG)left->Length - (LONG)right->Length;
}

BOOLEAN
RtlEqualUnicodeString(PCUNICODE_STRING left, PCUNICODE_STRING right, BOOLEAN ignore_case)
{
	return left->Length == right->Length &&
	       RtlCompareUnicodeString(left, right, ignore_case) == 0;
}

VOID
RtlFreeUnicodeString(PUNICODE_STRING string)
{
	free(string->Buffer);
	*string = (UNICODE_STRING){ 0 };
}

VOID
ExFreePool(PVOID memory)
{
	free(memory);
}

/* --- Crossings -------------------------------------------------------------------------------- */

NTSTATUS
nt_status(lstatus status)
{
	switch (status.code) {
	case ERROR_CANT_RESOLVE_FILENAME:
		return STATUS_REPARSE_NOT_RESOLVED;
	case ERROR_NO_LOG_SPACE:
		return STATUS_NO_LOG_SPACE;
	case ERROR_NOT_ENOUGH_MEMORY:
		return STATUS_INSUFFICIENT_RESOURCES; /* what the kernel's calls say */
	default:
		return (NTSTATUS)ntstatus_from_lstatus(status).code;
	}
}

static NTSTATUS
append_utf8(PCUNICODE_STRING name, size_t size, struct buf *out)
{
	if (size > 0)
		utf16_to_utf8(name->Buffer, size, false, out);
	return out->failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

NTSTATUS
nt_name_to_utf8(PCUNICODE_STRING name, struct buf *out)
{
	if (name == NULL)
		return STATUS_SUCCESS;
	if (name->Length % sizeof(WCHAR) != 0)
		return STATUS_OBJECT_NAME_INVALID;
	if (name->Length > 0 && name->Buffer == NULL)
		return STATUS_ACCESS_VIOLATION;
	return append_utf8(name, name->Length, out);
}

NTSTATUS
nt_text_to_utf8(PCWSTR text, struct buf *out)
{
	utf16_to_utf8(text, nt_units_before_nul(text) * sizeof(WCHAR), false, out);
	return out->failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

NTSTATUS
nt_value_name_to_utf8(PCUNICODE_STRING name, struct buf *out)
{
	size_t size;

	if (name == NULL)
		return STATUS_ACCESS_VIOLATION;
	if (name->Length % sizeof(WCHAR) != 0)
		return STATUS_INVALID_PARAMETER;
	if (name->Length > 0 && name->Buffer == NULL)
		return STATUS_ACCESS_VIOLATION;
	size = name->Length;
	while (size > 0 && name->Buffer[size / sizeof(WCHAR) - 1] == 0)
		size -= sizeof(WCHAR);
	return append_utf8(name, size, out);
}

NTSTATUS
nt_name_from_utf8(const char *name, struct buf *out)
{
	if (!utf16_from_utf8(name, strlen(name), out))
		return STATUS_REGISTRY_CORRUPT;
	return out->failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* --- A caller's buffer
 * ---------------------------------------------------------------------------- */

NTSTATUS
nt_output_begin(const struct output *output, size_t fixed, size_t whole)
{
	*output->result_length = (ULONG)whole;
	if (output->length < fixed)
		return STATUS_BUFFER_TOO_SMALL;
	if (output->buffer == NULL)
		return STATUS_ACCESS_VIOLATION;
	return output->length < whole ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

void
nt_output_put(const struct output *output, size_t offset, const void *data, size_t size)
{
	if (offset >= output->length || size == 0)
		return;
	if (size > output->length - offset)
		size = output->length - offset;
	memcpy(output->buffer + offset, data, size);
}
