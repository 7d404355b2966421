/*
 * What RtlQueryRegistryValues makes of one value's data: %names% replaced, and the DIRECT forms.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/ntreg/internal.h"

#define STRING_MAX 0xfffeu /* bytes in a counted string */

/* --- Environment --------------------------------------------------------------------------------
 */

static bool
same_name(PCWSTR left, PCWSTR right, size_t units)
{
	for (size_t i = 0; i < units; i++) {
		if (utf16_upcase(left[i]) != utf16_upcase(right[i]))
			return false;
	}
	return true;
}

/* Append what NAME=VALUE says, if it says it of this name. */
static bool
append_if_named(PCWSTR variable, size_t length, PCWSTR name, size_t units, struct buf *out)
{
	if (length <= units || variable[units] != '=' || !same_name(variable, name, units))
		return false;
	buf_append(out, variable + units + 1, (length - units - 1) * sizeof(WCHAR));
	return true;
}

static bool
append_from_block(PCWSTR block, PCWSTR name, size_t units, struct buf *out)
{
	while (block[0] != 0) {
		size_t length = nt_units_before_nul(block);

		if (append_if_named(block, length, name, units, out))
			return true;
		block += length + 1;
	}
	return false;
}

static bool
append_from_process(PCWSTR name, size_t units, struct buf *out)
{
	struct buf variable = { 0 };
	bool found = false;

	for (char **at = environ; at != NULL && *at != NULL && !found; at++) {
		buf_clear(&variable);
		if (utf16_from_utf8(*at, strlen(*at), &variable) && !variable.failed)
			found = append_if_named((PCWSTR)(const void *)variable.data,
			    variable.size / sizeof(WCHAR), name, units, out);
	}
	buf_release(&variable);
	return found;
}

/* Append the value of the name between text[0] and its partner; how many units that were. */
static size_t
expand_one(PCWSTR text, size_t units, PCWSTR environment, struct buf *out)
{
	size_t end = 1;

	while (end < units && text[end] != '%')
		end++;
	if (end == units || end == 1)
		return 0;
	if (environment != NULL ? append_from_block(environment, text + 1, end - 1, out)
	                        : append_from_process(text + 1, end - 1, out))
		return end + 1;
	return 0;
}

NTSTATUS
rtl_expand(const void *text, size_t size, PCWSTR environment, struct buf *out)
{
	PCWSTR units = text;
	size_t count = 0;

	while (count < size / sizeof(WCHAR) && units[count] != 0)
		count++;
	for (size_t at = 0; at < count;) {
		size_t used =
		    units[at] == '%' ? expand_one(units + at, count - at, environment, out) : 0;

		if (used == 0)
			buf_append(out, &units[at++], sizeof(WCHAR));
		at += used;
	}
	buf_append(out, "\0", sizeof(WCHAR));
	return out->failed ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

/* --- DIRECT -------------------------------------------------------------------------------------
 */

static NTSTATUS
store_string(const void *data, size_t size, PUNICODE_STRING destination)
{
	if (size > STRING_MAX)
		return STATUS_BUFFER_TOO_SMALL;
	if (destination->Buffer == NULL) {
		destination->Buffer = malloc(size);
		if (destination->Buffer == NULL)
			return STATUS_NO_MEMORY;
		destination->MaximumLength = (USHORT)size;
	} else if (size > destination->MaximumLength) {
		return STATUS_BUFFER_TOO_SMALL;
	}
	memcpy(destination->Buffer, data, size);
	destination->Length = (USHORT)(size - sizeof(WCHAR));
	return STATUS_SUCCESS;
}

/* Data of more than four bytes: the buffer begins with its size, whose sign says what to store. */
static NTSTATUS
store_sized(ULONG type, const void *data, size_t size, UCHAR *destination)
{
	ULONG header[2] = { (ULONG)size, type };
	LONG given;
	size_t room;

	memcpy(&given, destination, sizeof(given));
	room = (size_t)llabs((long long)given);
	if (given < 0) {
		if (room < size)
			return STATUS_BUFFER_TOO_SMALL;
		memcpy(destination, data, size);
		return STATUS_SUCCESS;
	}
	if (room < sizeof(header) + size)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(destination, header, sizeof(header));
	memcpy(destination + sizeof(header), data, size);
	return STATUS_SUCCESS;
}

NTSTATUS
rtl_store_direct(ULONG type, const void *data, size_t size, PVOID destination)
{
	if (type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ)
		return store_string(data, size, destination);
	if (size > sizeof(ULONG))
		return store_sized(type, data, size, destination);
	if (size > 0)
		memcpy(destination, data, size);
	return STATUS_SUCCESS;
}
