/*
 * Looking for a GUID in lists of them.
 */
#include "vmwp/lists.h"

#include <string.h>
#include <strings.h>

#include "regstore/base/guid.h"

#define GUID_LENGTH ((size_t)GUID_TEXT_SIZE - 1)

/* Whether `length` bytes of text are this GUID (without braces), in braces or not. */
static bool
is_guid(const char *text, size_t length, const char *guid)
{
	if (length == GUID_LENGTH + 2 && text[0] == '{' && text[length - 1] == '}') {
		text++;
		length -= 2;
	}
	return length == GUID_LENGTH && strncasecmp(text, guid, length) == 0;
}

/* A list that counts as absent, as one of another type does, has nothing. */
static bool
list_has(const struct tunable_reading *reading, const char *guid)
{
	struct buf text = { 0 };
	bool found = false;

	if (reading->kind != KIND_BYTES)
		return false;
	tunable_effective(reading, &text);
	for (const char *at = buf_text(&text); *at != '\0' && !found;) {
		size_t length = strcspn(at, "|");

		found = is_guid(at, length, guid);
		at += length + (at[length] == '|');
	}
	buf_release(&text);
	return found;
}

ntstatus
lists_have_guid(struct module_object *object, const struct tunable_table *table, const char *guid,
    bool *ret_found)
{
	ntstatus status;

	if (!guid_is_text(guid, strlen(guid)))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = module_load(object, table, NULL);
	if (!ntstatus_ok(status))
		return status;
	*ret_found = false;
	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;

		for (size_t at = 0; snapshot->table == table && at < snapshot->count; at++)
			*ret_found = *ret_found ||
			             list_has(&snapshot->readings[at], guid + (guid[0] == '{'));
	}
	module_forget(object, table, NULL);
	return status;
}

ntstatus
lists_operation(struct module_object *object, const struct tunable_table *table, const char *guid,
    const char *name, json_t *result)
{
	bool found = false;
	ntstatus status = lists_have_guid(object, table, guid, &found);

	if (ntstatus_ok(status))
		json_object_set_new(result, name, json_boolean(found));
	return status;
}
