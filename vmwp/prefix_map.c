/*
 * Looking up a disk's device class.
 */
#include "vmwp/prefix_map.h"

#include "regstore/tunable/view.h"
#include "vmwp/shared.h"

ntstatus
prefix_map_find(struct module_object *object, const struct tunable_table *table, const char *prefix,
    json_t *result)
{
	const struct tunable_reading *reading = NULL;
	struct buf text = { 0 };
	bool found;
	ntstatus status;

	if (prefix[0] == '\0')
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = module_load(object, table, NULL);
	if (!ntstatus_ok(status))
		return status;
	for (size_t i = 0; i < object->snapshot_count; i++) {
		if (object->snapshots[i].snapshot->table == table)
			reading = tunable_snapshot_find(object->snapshots[i].snapshot, prefix);
	}
	found = reading != NULL && reading->source == SOURCE_REGISTRY;
	if (found)
		tunable_effective(reading, &text);
	json_object_set_new(
	    result, "class", tunable_json_text(found ? buf_text(&text) : PREFIX_CLASS));
	json_object_set_new(result, "fallback", json_boolean(!found));
	buf_release(&text);
	module_forget(object, table, NULL);
	return status;
}
