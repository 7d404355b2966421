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
	for (size_t i = 0; i < texts->size;) {
		const char *at = (const char *)texts->data + i;

		if (strcasecmp(at, text) == 0)
			return true;
		i += strlen(at) + 1;
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

static lstatus
add_watch(struct driver_object *object, const struct tunable_table *table)
{
	char *root = tunable_table_root(table);
	bool below = root != NULL && strcmp(root, tunable_table_key(table)) != 0;
	lstatus status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	if (root != NULL)
		status = registry_watch(object->registry, root, below, REGISTRY_NOTIFY_ALL,
		    &object->watches[object->watch_count]);
	if (lstatus_ok(status))
		object->watch_count++;
	free(root);
	return status;
}

/* Watch the keys of the tables that follow changes, before they are read. */
static ntstatus
add_watches(struct driver_object *object)
{
	const struct driver *driver = object->driver;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	object->watches = calloc(driver->table_count + 1, sizeof(struct reg_watch *));
	if (object->watches == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	for (size_t i = 0; i < driver->table_count && lstatus_ok(status); i++) {
		if (tunable_table_event(driver->tables[i]) == APPLY_CHANGE_NOTIFICATION)
			status = add_watch(object, driver->tables[i]);
	}
	return ntstatus_from_lstatus(status);
}

/* What is read once a boot stays; the rest goes with the driver. */
static void
forget_all(struct driver_object *object, bool boot_too)
{
	for (size_t i = object->snapshot_count; i-- > 0;) {
		struct driver_snapshot *kept = &object->snapshots[i];

		if (boot_too || tunable_table_event(kept->snapshot->table) != APPLY_BOOT)
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
	ntstatus status;

	for (size_t i = 0; i < object->watch_count; i++)
		taken = registry_watch_taken(object->watches[i]) || taken;
	if (!taken || !object->running || object->driver->changed == NULL)
		return;
	status = object->driver->changed(object);
	if (!ntstatus_ok(status))
		driver_log(object, "%s: change: %s", object->driver->name, ntstatus_name(status));
}

ntstatus
driver_add_device(struct driver_object *object, const char *key)
{
	const struct driver *driver = object->driver;
	struct buf device = { 0 };
	struct buf keys = { 0 };
	ntstatus status;

	if (!object->running)
		return NTSTATUS(STATUS_DEVICE_NOT_READY);
	if (driver->AddDevice == NULL || driver->devices == NULL)
		return NTSTATUS(STATUS_INVALID_DEVICE_REQUEST);
	if (!tunable_instance_key(driver->devices, key, &device))
		return NTSTATUS(STATUS_OBJECT_NAME_INVALID);
	status = ntstatus_from_lstatus(tunable_instances(object->registry, driver->devices, &keys));
	if (ntstatus_ok(status) && !has_text(&keys, buf_text(&device)))
		status = NTSTATUS(STATUS_NO_SUCH_DEVICE);
	if (ntstatus_ok(status))
		status = driver->AddDevice(object, buf_text(&device));
	buf_release(&device);
	buf_release(&keys);
	return status;
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

/* What is viewed: a key as it is now, and for what it was read. */
struct place {
	const struct driver_object *object;
	const char *path;
	bool have_key;
	reg_key key;
	const char *label; /* or NULL */
	json_t *views;
};

static bool
view_value(const struct place *place, const struct tunable_reading *loaded,
    const struct tunable_reading *now, const char *name)
{
	json_t *view = tunable_view(loaded, now, place->path, name);

	if (view == NULL || json_array_append_new(place->views, view) != 0)
		return false;
	json_object_set_new(view, "running", json_boolean(place->object->running));
	if (place->label != NULL)
		json_object_set_new(view, "instance", tunable_json_text(place->label));
	if (place->have_key)
		tunable_view_add_writer(view, place->object->registry, place->key);
	else
		json_object_set_new(view, "last_write", json_null());
	return true;
}

/* The reading of a row's value where there is none. */
static struct tunable_reading
absent_reading(const struct tunable_entry *entry)
{
	const struct tunable_case nothing = { 0 };
	struct tunable_reading reading;

	tunable_interpret(entry, &nothing, &reading);
	return reading;
}

/* The values of a key whose names are not fixed: those that are there, then those that went. */
static bool
view_any_names(const struct place *place, const struct tunable_snapshot *loaded,
    const struct tunable_snapshot *now)
{
	bool ok = true;

	for (size_t i = 0; i < now->count && ok; i++) {
		const char *name = tunable_snapshot_name(now, i);
		const struct tunable_reading *reading = tunable_snapshot_find(loaded, name);
		struct tunable_reading absent = absent_reading(now->readings[i].entry);

		ok =
		    view_value(place, reading != NULL ? reading : &absent, &now->readings[i], name);
	}
	for (size_t i = 0; i < loaded->count && ok; i++) {
		const char *name = tunable_snapshot_name(loaded, i);
		struct tunable_reading absent = absent_reading(loaded->readings[i].entry);

		if (tunable_snapshot_find(now, name) == NULL)
			ok = view_value(place, &loaded->readings[i], &absent, name);
	}
	return ok;
}

/* What was read beside what would be read now; `label` or NULL. */
static bool
view_snapshot(const struct driver_object *object, const struct tunable_snapshot *loaded,
    const struct tunable_snapshot *now, const char *label, json_t *views)
{
	struct place place = { .object = object, .path = now->key, .label = label, .views = views };
	bool ok = true;

	place.have_key =
	    lstatus_ok(registry_open_key(object->registry, NULL, now->key, 0, &place.key));
	if (now->names != NULL)
		return view_any_names(&place, loaded, now);
	for (size_t i = 0; i < now->count && ok; i++)
		ok = view_value(
		    &place, &loaded->readings[i], &now->readings[i], tunable_snapshot_name(now, i));
	return ok;
}

/* A key that the driver has not read: as it would be read by the next operation, or pending. */
static bool
view_unread(const struct driver_object *object, const struct tunable_snapshot *now, json_t *views)
{
	struct tunable_loader loader = loader_of(object, tunable_read_nothing);
	enum tunable_apply event = tunable_table_event(now->table);
	struct tunable_snapshot *nothing;
	bool ok;

	if (!object->running || event == APPLY_OPERATION || event == APPLY_ATTACH)
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

/* The keys of a table that exist, then those that were read and are gone since. */
static bool
view_instances(const struct driver_object *object, const struct tunable_table *table, json_t *views)
{
	struct buf keys = { 0 };
	bool ok = lstatus_ok(tunable_instances(object->registry, table, &keys));

	for (size_t at = 0; at < keys.size && ok;) {
		const char *key = (const char *)keys.data + at;

		ok = view_key(object, table, key, views);
		at += strlen(key) + 1;
	}
	for (size_t i = 0; i < object->snapshot_count && ok; i++) {
		const struct tunable_snapshot *loaded = object->snapshots[i].snapshot;

		if (loaded->table == table && !has_text(&keys, loaded->key))
			ok = view_key(object, table, loaded->key, views);
	}
	buf_release(&keys);
	return ok;
}

bool
driver_view(const struct driver_object *object, json_t *views)
{
	bool ok = true;

	for (size_t i = 0; i < object->driver->table_count && ok; i++) {
		const struct tunable_table *table = object->driver->tables[i];

		if (tunable_table_has_instances(table))
			ok = view_instances(object, table, views);
		else
			ok = view_key(object, table, NULL, views);
	}
	return ok;
}
