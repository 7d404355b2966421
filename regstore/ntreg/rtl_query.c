/*
 * RtlQueryRegistryValues: a table of values, walked from its top.
 *
 * REG_MULTI_SZ is told string by string as Windows does: each unit before the data's last one that
 * is not yet in a string begins one, which ends with the next NUL. So an empty string within the
 * data is a string, what follows it too, and a list's final NUL is none. A default differs: its
 * computed length ends at the first empty string, and one that begins with a NUL has no strings.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/ntreg/internal.h"

struct query {
	HANDLE top;     /* NULL: an optional key that is missing */
	HANDLE current; /* the top, or a subkey of it */
	PVOID context;
	PCWSTR environment;
};

/* A value on its way to the caller; its data end in a NUL unit beyond `size`. */
struct item {
	PWSTR name;
	ULONG type;
	struct buf data;
	size_t size;
};

static bool
is_text(ULONG type)
{
	return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

static NTSTATUS
finish_item(struct item *item)
{
	item->size = item->data.size;
	buf_append(&item->data, "\0\0", sizeof(WCHAR) + 1); /* whole units after an odd size, too */
	return item->data.failed ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

/* --- To the caller ------------------------------------------------------------------------------
 */

static NTSTATUS
call_routine(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry, PWSTR name,
    ULONG type, PVOID data, size_t size)
{
	NTSTATUS status =
	    entry->QueryRoutine(name, type, data, (ULONG)size, query->context, entry->EntryContext);

	return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
}

/* One call a string. */
static NTSTATUS
tell_strings(
    const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry, const struct item *item)
{
	PWSTR units = (PWSTR)(void *)item->data.data;
	size_t count = item->size / sizeof(WCHAR);
	NTSTATUS status = STATUS_SUCCESS;

	memset(units + count, 0, sizeof(WCHAR)); /* the odd byte, if there is one */
	if (count > 0 && units[count - 1] != 0)
		count++; /* the terminator that was not stored */
	for (size_t at = 0; at + 1 < count && NT_SUCCESS(status);) {
		size_t length = nt_units_before_nul(units + at) + 1;

		status = call_routine(
		    query, entry, item->name, REG_SZ, units + at, length * sizeof(WCHAR));
		at += length;
	}
	return status;
}

/* Strings are stored with a terminator, whether or not they have one. */
static NTSTATUS
store(const RTL_QUERY_REGISTRY_TABLE *entry, const struct item *item)
{
	size_t size = item->size;

	if (is_text(item->type)) {
		size -= size % sizeof(WCHAR);
		memset(item->data.data + size, 0, sizeof(WCHAR));
		if (size == 0 || item->data.data[size - 2] != 0 || item->data.data[size - 1] != 0)
			size += sizeof(WCHAR);
	}
	return rtl_store_direct(item->type, item->data.data, size, entry->EntryContext);
}

static NTSTATUS
expand_item(const struct query *query, struct item *item)
{
	struct buf expanded = { 0 };
	NTSTATUS status = rtl_expand(item->data.data, item->size, query->environment, &expanded);

	buf_release(&item->data);
	item->data = expanded;
	item->type = REG_SZ;
	return NT_SUCCESS(status) ? finish_item(item) : status;
}

static NTSTATUS
tell(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry, struct item *item)
{
	bool direct = (entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0;
	NTSTATUS status;

	if ((entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND) == 0) {
		if (item->type == REG_MULTI_SZ)
			return direct ? STATUS_INVALID_PARAMETER : tell_strings(query, entry, item);
		status = item->type == REG_EXPAND_SZ ? expand_item(query, item) : STATUS_SUCCESS;
		if (!NT_SUCCESS(status))
			return status;
	}
	if (direct)
		return store(entry, item);
	return call_routine(query, entry, item->name, item->type, item->data.data, item->size);
}

/* --- Where there is no value --------------------------------------------------------------------
 */

/* The length of a default whose length is to be computed, in bytes. */
static size_t
default_size(ULONG type, PCWSTR data)
{
	size_t units = 0;

	if (type != REG_MULTI_SZ)
		return (nt_units_before_nul(data) + 1) * sizeof(WCHAR);
	while (data[units] != 0)
		units += nt_units_before_nul(data + units) + 1;
	return (units + 1) * sizeof(WCHAR);
}

static NTSTATUS
tell_default(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry)
{
	struct item item = { .name = entry->Name, .type = entry->DefaultType & 0xff };
	size_t size = entry->DefaultLength;
	NTSTATUS status;

	if (item.type == REG_NONE)
		return (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0
		           ? STATUS_OBJECT_NAME_NOT_FOUND
		           : STATUS_SUCCESS;
	if (entry->DefaultData == NULL)
		size = 0;
	else if (size == 0 && is_text(item.type))
		size = default_size(item.type, entry->DefaultData);
	if (size > 0)
		buf_append(&item.data, entry->DefaultData, size);
	if (item.type == REG_MULTI_SZ && size >= sizeof(WCHAR) &&
	    *(PCWSTR)entry->DefaultData == 0 && (entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND) == 0)
		buf_clear(&item.data);
	status = finish_item(&item);
	if (NT_SUCCESS(status))
		status = tell(query, entry, &item);
	buf_release(&item.data);
	return status;
}

/* --- Where there is one -------------------------------------------------------------------------
 */

/* Only DIRECT can overflow a buffer, and only where anybody may have written the value. */
static NTSTATUS
check_trust(const struct object *key, const RTL_QUERY_REGISTRY_TABLE *entry)
{
	bool trusted;
	NTSTATUS status;

	if ((entry->Flags & RTL_QUERY_REGISTRY_DIRECT) == 0 ||
	    (entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) != 0)
		return STATUS_SUCCESS;
	status = nt_key_is_trusted(key->registry, key->key, &trusted);
	return NT_SUCCESS(status) && !trusted ? STATUS_STACK_BUFFER_OVERRUN : status;
}

static NTSTATUS
tell_stored(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry, struct item *item)
{
	NTSTATUS status;

	if ((entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) != 0 &&
	    entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT != item->type)
		return STATUS_OBJECT_TYPE_MISMATCH;
	status = finish_item(item);
	return NT_SUCCESS(status) ? tell(query, entry, item) : status;
}

static NTSTATUS
delete_value(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry, PCWSTR name)
{
	UNICODE_STRING string;
	NTSTATUS status;

	if ((entry->Flags & RTL_QUERY_REGISTRY_DELETE) == 0)
		return STATUS_SUCCESS;
	RtlInitUnicodeString(&string, name);
	status = ZwDeleteValueKey(query->current, &string);
	/* The routine may have been faster. */
	return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
}

static NTSTATUS
query_named(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry)
{
	struct item item = { .name = entry->Name };
	struct buf name = { 0 };
	struct object *key;
	NTSTATUS status;

	if (query->current == NULL)
		return tell_default(query, entry);
	status = nt_handle_find_key(query->current, KEY_QUERY_VALUE, &key);
	if (NT_SUCCESS(status))
		status = check_trust(key, entry);
	if (NT_SUCCESS(status))
		status = nt_text_to_utf8(entry->Name, &name);
	if (!NT_SUCCESS(status)) {
		buf_release(&name);
		return status;
	}
	status = nt_key_read_value(key, buf_text(&name), &item.type, &item.data);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		status = tell_default(query, entry);
	else if (NT_SUCCESS(status))
		status = tell_stored(query, entry, &item);
	if (NT_SUCCESS(status) && item.data.size > 0)
		status = delete_value(query, entry, entry->Name);
	buf_release(&item.data);
	buf_release(&name);
	return status;
}

static NTSTATUS
query_one_of_all(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry,
    const struct reg_value_entry *value)
{
	struct item item = { .type = value->type };
	struct buf name = { 0 };
	NTSTATUS status = nt_name_from_utf8(value->name, &name);

	buf_append(&name, "\0", sizeof(WCHAR));
	buf_append(&item.data, value->data, value->size);
	if (name.failed)
		status = STATUS_NO_MEMORY;
	item.name = (PWSTR)(void *)name.data;
	if (NT_SUCCESS(status))
		status = tell_stored(query, entry, &item);
	if (NT_SUCCESS(status))
		status = delete_value(query, entry, item.name);
	buf_release(&item.data);
	buf_release(&name);
	return status;
}

static NTSTATUS
query_all(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry)
{
	struct reg_value_list list = { 0 };
	struct object *key;
	NTSTATUS status = STATUS_SUCCESS;

	if (query->current != NULL) {
		status = nt_handle_find_key(query->current, KEY_QUERY_VALUE, &key);
		if (NT_SUCCESS(status))
			status = nt_status(registry_list_values(key->registry, key->key, &list));
	}
	if (NT_SUCCESS(status) && list.count == 0 &&
	    (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0)
		status = STATUS_OBJECT_NAME_NOT_FOUND;
	for (size_t i = 0; i < list.count && NT_SUCCESS(status); i++)
		status = query_one_of_all(query, entry, &list.entries[i]);
	reg_value_list_release(&list);
	return status;
}

/* --- The table ----------------------------------------------------------------------------------
 */

static bool
is_end(const RTL_QUERY_REGISTRY_TABLE *entry)
{
	return entry->QueryRoutine == NULL && entry->Name == NULL &&
	       (entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)) == 0;
}

static bool
is_valid(const RTL_QUERY_REGISTRY_TABLE *entry)
{
	bool subkey = (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0;

	if ((entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0)
		return entry->Name != NULL && !subkey && entry->QueryRoutine == NULL;
	return subkey ? entry->Name != NULL : entry->QueryRoutine != NULL;
}

static void
back_to_top(struct query *query)
{
	if (query->current != query->top)
		ZwClose(query->current);
	query->current = query->top;
}

static NTSTATUS
enter_subkey(struct query *query, PCWSTR name)
{
	struct buf path = { 0 };
	HANDLE subkey;
	NTSTATUS status;

	if (query->top == NULL)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	status = nt_text_to_utf8(name, &path);
	if (NT_SUCCESS(status))
		status = nt_key_open_path(
		    query->top, buf_text(&path), false, MAXIMUM_ALLOWED, NULL, &subkey);
	if (NT_SUCCESS(status))
		query->current = subkey;
	buf_release(&path);
	return status;
}

static NTSTATUS
process_entry(struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry)
{
	bool subkey = (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0;
	NTSTATUS status;

	if (!is_valid(entry))
		return STATUS_INVALID_PARAMETER;
	if (subkey || (entry->Flags & RTL_QUERY_REGISTRY_TOPKEY) != 0)
		back_to_top(query);
	if (subkey) {
		status = enter_subkey(query, entry->Name);
		if (!NT_SUCCESS(status) || entry->QueryRoutine == NULL)
			return status;
	} else if (entry->Name != NULL) {
		return query_named(query, entry);
	}
	if ((entry->Flags & RTL_QUERY_REGISTRY_NOVALUE) != 0)
		return call_routine(query, entry, NULL, REG_NONE, NULL, 0);
	return query_all(query, entry);
}

NTSTATUS
RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
    PVOID Context, PVOID Environment)
{
	struct query query = { .context = Context, .environment = Environment };
	NTSTATUS status;

	if (QueryTable == NULL)
		return STATUS_ACCESS_VIOLATION;
	status = rtl_open_path(RelativeTo, Path, false, MAXIMUM_ALLOWED, &query.top);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND && (RelativeTo & RTL_REGISTRY_OPTIONAL) != 0)
		status = STATUS_SUCCESS;
	query.current = query.top;
	for (; NT_SUCCESS(status) && !is_end(QueryTable); QueryTable++)
		status = process_entry(&query, QueryTable);
	if (query.top != NULL) {
		back_to_top(&query);
		rtl_close_path(RelativeTo, query.top);
	}
	return status;
}

NTSTATUS
RtlQueryRegistryValuesEx(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
    PVOID Context, PVOID Environment)
{
	return RtlQueryRegistryValues(RelativeTo, Path, QueryTable, Context, Environment);
}
