/*
 * The life of a driver: start, stop, reload, and the snapshots of what it read.
 */
#include "drivers/driver.h"

#include <stdlib.h>
#include <string.h>

#include "regstore/tunable/view.h"

void
driver_log(const struct driver_object *object, const char *format, ...)
{
	va_list arguments;

	if (object->log == NULL)
		return;
	va_start(arguments, format);
	object->log(object->log_context, format, arguments);
	va_end(arguments);
}

/* --- Snapshots
 * ------------------------------------------------------------------------------------ */

static bool
same_label(const char *left, const char *right)
{
	if (left == NULL || right == NULL)
		return left == right;
	return strcmp(left, right) == 0;
}

static struct driver_snapshot *
find_snapshot(const struct driver_object *object, const struct tunable_table *table,
    const char *key, const char *label)
{
	for (size_t i = 0; i < object->snapshot_count; i++) {
		struct driver_snapshot *kept = &object->snapshots[i];

		if (kept->snapshot->table == table && same_label(kept->label, label) &&
		    (key == NULL || strcasecmp(kept->snapshot->key, key) == 0))
			return kept;
	}
	return NULL;
}

static void
remove_snapshot(struct driver_object *object, struct driver_snapshot *kept)
{
	tunable_snapshot_free(kept->snapshot);
	free(kept->label);
	*kept = object->snapshots[--object->snapshot_count];
}

/* One line for each value that was not simply taken or absent. */
static void
log_verdicts(const struct driver_object *object, const struct tunable_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct tunable_reading *reading = &snapshot->readings[i];
		struct buf reason = { 0 };

		if (!reading->raw.present || reading->verdict == VERDICT_APPLIED)
			continue;
		tunable_reason(reading, &reason);
		driver_log(object, "%s: %s!%s %s: %s", object->driver->name, snapshot->key,
		    tunable_snapshot_name(snapshot, i), tunable_verdict_name(reading->verdict),
		    buf_text(&reason));
		buf_release(&reason);
	}
}

static struct tunable_loader
loader_of(const struct driver_object *object, tunable_reader *reader)
{
	return (struct tunable_loader){
		.catalog = object->catalog, .registry = object->registry, .reader = reader
	};
}

ntstatus
driver_load_instance(struct driver_object *object, const struct tunable_table *table,
    const char *key, const char *label, tunable_reader *reader)
{
	struct tunable_loader loader = loader_of(object, reader);
	struct driver_snapshot *kept = find_snapshot(object, table, key, label);
	struct tunable_snapshot *snapshot;
	char *label_copy = NULL;
	lstatus status = tunable_load(&loader, table, key, &snapshot);

	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	log_verdicts(object, snapshot);
	if (kept != NULL) {
		tunable_snapshot_free(kept->snapshot);
		kept->snapshot = snapshot;
		return NTSTATUS(STATUS_SUCCESS);
	}
	kept = realloc(object->snapshots, (object->snapshot_count + 1) * sizeof(*kept));
	if (kept != NULL)
		object->snapshots = kept;
	if (label != NULL)
		label_copy = strdup(label);
	if (kept == NULL || (label != NULL && label_copy == NULL)) {
		tunable_snapshot_free(snapshot);
		return NTSTATUS(STATUS_NO_MEMORY);
	}
	object->snapshots[object->snapshot_count++] =
	    (struct driver_snapshot){ .snapshot = snapshot, .label = label_copy };
	return NTSTATUS(STATUS_SUCCESS);
}

ntstatus
driver_load(struct driver_object *object, const struct tunable_table *table, tunable_reader *reader)
{
	return driver_load_instance(object, table, NULL, NULL, reader);
}

ntstatus
driver_load_once(
    struct driver_object *object, const struct tunable_table *table, tunable_reader *reader)
{
	if (find_snapshot(object, table, NULL, NULL) != NULL)
		return NTSTATUS(STATUS_SUCCESS);
	return driver_load(object, table, reader);
}

/* Whether a list of NUL-terminated texts has one. */
static bool
has_text(const struct buf *texts, const char *text)
{
	const char *at = (const char *)texts->data;
	const char *end = at + texts->size;

	for (; at < end; at += strlen(at) + 1) {
		if (strcasecmp(at, text) == 0)
			return true;
	}
	return false;
}

ntstatus
driver_load_instances(
    struct driver_object *object, const struct tunable_table *table, tunable_reader *reader)
{
	struct buf keys = { 0 };
	ntstatus status = ntstatus_from_lstatus(tunable_instances(object->registry, table, &keys));

	for (size_t i = object->snapshot_count; i-- > 0 && ntstatus_ok(status);) {
		struct driver_snapshot *kept = &object->snapshots[i];

		if (kept->snapshot->table == table && !has_text(&keys, kept->snapshot->key))
			remove_snapshot(object, kept);
	}
	for (size_t at = 0; at < keys.size && ntstatus_ok(status);) {
		const char *key = (const char *)keys.data + at;

		status = driver_load_instance(object, table, key, NULL, reader);
		at += strlen(key) + 1;
	}
	buf_release(&keys);
	return status;
}

void
driver_forget(struct driver_object *object, const struct tunable_table *table, const char *label)
{
	struct driver_snapshot *kept = find_snapshot(object, table, NULL, label);

	if (kept != NULL)
		remove_snapshot(object, kept);
}

const void *
driver_state(const struct driver_object *object, const struct tunable_table *table)
{
	const struct driver_snapshot *kept = find_snapshot(object, table, NULL, NULL);

	return kept != NULL ? kept->snapshot->state : NULL;
}

/* --- Life
 * ----------------------------------------------------------------------------------------- */

static void
drop_watches(struct driver_object *object)
{
	while (object->watch_count > 0)
		registry_unwatch(object->registry, object->watches[--object->watch_count]);
	free(object->watches);
	object->watches = NULL;
}

/* Watch the keys of the tables that follow changes, before they are read. */
static ntstatus
add_watches(struct driver_object *object)
{
	const struct driver *driver = object->driver;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	object->watches = calloc(driver->table_count, sizeof(struct reg_watch *));
	if (object->watches == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	for (size_t i = 0; i < driver->table_count && lstatus_ok(status); i++) {
		const struct tunable_table *table = driver->tables[i];

		if (table->apply != APPLY_CHANGE_NOTIFICATION)
			continue;
		status = registry_watch(object->registry, tunable_table_key(table), false,
		    REGISTRY_NOTIFY_ALL, &object->watches[object->watch_count]);
		if (lstatus_ok(status))
			object->watch_count++;
	}
	return ntstatus_from_lstatus(status);
}

/* What is read once a boot stays; the rest goes with the driver. */
static void
forget_all(struct driver_object *object, bool boot_too)
{
	for (size_t i = object->snapshot_count; i-- > 0;) {
		struct driver_snapshot *kept = &object->snapshots[i];

		if (boot_too || kept->snapshot->table->apply != APPLY_BOOT)
			remove_snapshot(object, kept);
	}
}

static ntstatus
add_devices(struct driver_object *object)
{
	const struct driver *driver = object->driver;
	struct buf keys = { 0 };
	ntstatus status;

	if (driver->AddDevice == NULL || driver->devices == NULL)
		return NTSTATUS(STATUS_SUCCESS);
	status = ntstatus_from_lstatus(tunable_instances(object->registry, driver->devices, &keys));
	for (size_t at = 0; at < keys.size && ntstatus_ok(status);) {
		const char *key = (const char *)keys.data + at;

		status = driver->AddDevice(object, key);
		at += strlen(key) + 1;
	}
	buf_release(&keys);
	return status;
}

ntstatus
driver_start(struct driver_object *object)
{
	ntstatus status;

	if (object->running)
		return NTSTATUS(STATUS_INVALID_DEVICE_REQUEST);
	status = add_watches(object);
	if (ntstatus_ok(status))
		status = object->driver->DriverEntry(object);
	if (ntstatus_ok(status)) {
		object->running = true;
		object->entries++;
		status = add_devices(object);
	}
	if (!ntstatus_ok(status)) {
		driver_stop(object);
		return status;
	}
	driver_log(object, "%s: loaded", object->driver->name);
	return status;
}

void
driver_stop(struct driver_object *object)
{
	if (object->running && object->driver->DriverUnload != NULL)
		object->driver->DriverUnload(object);
	drop_watches(object);
	forget_all(object, false);
	if (object->running)
		driver_log(object, "%s: unloaded", object->driver->name);
	object->running = false;
}

ntstatus
driver_reload(struct driver_object *object)
{
	ntstatus status;

	if (!object->running)
		return NTSTATUS(STATUS_DEVICE_NOT_READY);
	if (object->driver->reload == NULL)
		return NTSTATUS(STATUS_INVALID_DEVICE_REQUEST);
	status = object->driver->reload(object);
	if (ntstatus_ok(status))
		object->reloads++;
	driver_log(object, "%s: reload: %s", object->driver->name, ntstatus_name(status));
	return status;
}

void
driver_notify(struct driver_object *object)
{
	bool taken = false;

	for (size_t i = 0; i < object->watch_count; i++)
		taken = registry_watch_taken(object->watches[i]) || taken;
	if (taken && object->running && object->driver->changed != NULL)
		object->driver->changed(object);
}

ntstatus
driver_add_device(struct driver_object *object, const char *key)
{
	if (!object->running)
		return NTSTATUS(STATUS_DEVICE_NOT_READY);
	if (object->driver->AddDevice == NULL)
		return NTSTATUS(STATUS_INVALID_DEVICE_REQUEST);
	return object->driver->AddDevice(object, key);
}

void
driver_release(struct driver_object *object)
{
	driver_stop(object);
	forget_all(object, true);
	free(object->snapshots);
	object->snapshots = NULL;
}

/* --- View
 * ----------------------------------------------------------------------------------------- */

/* A reader that finds nothing: what a component knows of a key that it has not read. */
static ntstatus
read_nothing(struct registry *registry UNUSED, reg_key key UNUSED, const struct tunable *row UNUSED,
    uint32_t *ret_type UNUSED, struct buf *data UNUSED)
{
	return NTSTATUS(STATUS_OBJECT_NAME_NOT_FOUND);
}

/* What was read beside what would be read now; `label` or NULL. */
static bool
view_snapshot(const struct driver_object *object, const struct tunable_snapshot *loaded,
    const struct tunable_snapshot *now, const char *label, json_t *views)
{
	reg_key key;
	bool have_key = lstatus_ok(registry_open_key(object->registry, NULL, now->key, 0, &key));

	for (size_t i = 0; i < now->count; i++) {
		const char *name = tunable_snapshot_name(now, i);
		const struct tunable_reading *reading = tunable_snapshot_find(loaded, name);
		json_t *view = tunable_view(reading != NULL ? reading : &now->readings[i],
		    &now->readings[i], now->key, name);

		if (view == NULL || json_array_append_new(views, view) != 0)
			return false;
		json_object_set_new(view, "running", json_boolean(object->running));
		if (label != NULL)
			json_object_set_new(view, "instance", json_string(label));
		if (have_key)
			tunable_view_add_writer(view, object->registry, key);
		else
			json_object_set_new(view, "last_write", json_null());
	}
	return true;
}

/* A key that the driver has not read: as it would be read by the next operation, or pending. */
static bool
view_unread(const struct driver_object *object, const struct tunable_snapshot *now, json_t *views)
{
	struct tunable_loader loader = loader_of(object, read_nothing);
	enum tunable_apply apply =
	    now->table->apply == APPLY_UNKNOWN ? now->table->assumed_apply : now->table->apply;
	struct tunable_snapshot *nothing;
	bool ok;

	if (!object->running || apply == APPLY_OPERATION || apply == APPLY_ATTACH)
		return view_snapshot(object, now, now, NULL, views);
	if (!lstatus_ok(tunable_load(&loader, now->table, now->key, &nothing)))
		return false;
	ok = view_snapshot(object, nothing, now, NULL, views);
	tunable_snapshot_free(nothing);
	return ok;
}

static bool
view_key(const struct driver_object *object, const struct tunable_table *table, const char *key,
    json_t *views)
{
	struct tunable_loader loader = loader_of(object, NULL);
	struct tunable_snapshot *now;
	size_t shown = 0;
	bool ok = true;

	if (!lstatus_ok(tunable_load(&loader, table, key, &now)))
		return false;
	for (size_t i = 0; i < object->snapshot_count && ok; i++) {
		const struct driver_snapshot *kept = &object->snapshots[i];

		if (kept->snapshot->table != table ||
		    strcasecmp(kept->snapshot->key, now->key) != 0)
			continue;
		ok = view_snapshot(object, kept->snapshot, now, kept->label, views);
		shown++;
	}
	if (ok && shown == 0)
		ok = view_unread(object, now, views);
	tunable_snapshot_free(now);
	return ok;
}

bool
driver_view(const struct driver_object *object, json_t *views)
{
	for (size_t i = 0; i < object->driver->table_count; i++) {
		const struct tunable_table *table = object->driver->tables[i];
		struct buf keys = { 0 };
		bool ok = true;

		if (!tunable_table_has_instances(table)) {
			if (!view_key(object, table, NULL, views))
				return false;
			continue;
		}
		ok = lstatus_ok(tunable_instances(object->registry, table, &keys));
		for (size_t at = 0; at < keys.size && ok;) {
			const char *key = (const char *)keys.data + at;

			ok = view_key(object, table, key, views);
			at += strlen(key) + 1;
		}
		buf_release(&keys);
		if (!ok)
			return false;
	}
	return true;
}
