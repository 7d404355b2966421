/*
 * The life of a module: start, stop, reload, and the snapshots of what it read.
 */
#include "regstore/tunable/module.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/bcd/bcd.h"
#include "regstore/tunable/trace.h"
#include "regstore/tunable/view.h"

bool
module_is(const struct module *module, const char *word)
{
	return strcasecmp(module->name, word) == 0 || strcasecmp(module->image, word) == 0 ||
	       (module->service != NULL && strcasecmp(module->service, word) == 0);
}

void
module_log(const struct module_object *object, const char *format, ...)
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

static struct module_snapshot *
find_snapshot(const struct module_object *object, const struct tunable_table *table,
    const char *key, const char *label)
{
	for (size_t i = 0; i < object->snapshot_count; i++) {
		struct module_snapshot *kept = &object->snapshots[i];

		if (kept->snapshot->table == table && same_label(kept->label, label) &&
		    (key == NULL || strcasecmp(kept->snapshot->key, key) == 0))
			return kept;
	}
	return NULL;
}

static void
remove_snapshot(struct module_object *object, struct module_snapshot *kept)
{
	tunable_snapshot_free(kept->snapshot);
	free(kept->label);
	*kept = object->snapshots[--object->snapshot_count];
}

/* One line for each value that was not simply taken or absent. */
static void
log_verdicts(const struct module_object *object, const struct tunable_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct tunable_reading *reading = &snapshot->readings[i];
		struct buf reason = { 0 };

		if (!reading->raw.present || reading->verdict == VERDICT_APPLIED)
			continue;
		tunable_reason(reading, &reason);
		module_log(object, "%s: %s!%s %s: %s", object->module->name, snapshot->key,
		    tunable_snapshot_name(snapshot, i), tunable_verdict_name(reading->verdict),
		    buf_text(&reason));
		buf_release(&reason);
	}
}

/* What the interpreter asks conditions of. */
struct conditions {
	const struct module_object *object;
	const struct module_word *words; /* of one reading; or NULL */
};

const char *
module_word(const struct module_object *object, const char *name)
{
	const char *word = NULL;

	if (object->state != NULL)
		word = object->state(object->state_context, name);
	return word != NULL ? word : tunable_switch_word(object->catalog, object->registry, name);
}

static const char *
state_of(const struct tunable_case *given, const char *name)
{
	const struct conditions *conditions = given->context;

	for (unsigned i = 0; conditions->words != NULL && i < MODULE_WORDS; i++) {
		const struct module_word *word = &conditions->words[i];

		if (word->name != NULL && strcasecmp(word->name, name) == 0)
			return word->word;
	}
	return module_word(conditions->object, name);
}

static struct tunable_loader
loader_of(const struct conditions *conditions, tunable_reader *reader)
{
	return (struct tunable_loader){
		.catalog = conditions->object->catalog,
		.registry = conditions->object->registry,
		.reader = reader,
		.state = state_of,
		.bcd = bcd_option,
		.context = (void *)(uintptr_t)conditions,
	};
}

static void
set_words(struct module_snapshot *kept, const struct module_word *words)
{
	for (unsigned i = 0; i < MODULE_WORDS; i++)
		kept->words[i] = words != NULL ? words[i] : (struct module_word){ 0 };
}

ntstatus
module_load_under(struct module_object *object, const struct tunable_table *table, const char *key,
    const char *label, const struct module_word *words, tunable_reader *reader)
{
	struct conditions conditions = { object, words };
	struct tunable_loader loader = loader_of(&conditions, reader);
	struct module_snapshot *kept = find_snapshot(object, table, key, label);
	struct tunable_snapshot *snapshot;
	char *label_copy = NULL;
	lstatus status = tunable_load(&loader, table, key, &snapshot);

	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	log_verdicts(object, snapshot);
	if (kept != NULL) {
		tunable_snapshot_free(kept->snapshot);
		kept->snapshot = snapshot;
		set_words(kept, words);
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
	kept = &object->snapshots[object->snapshot_count++];
	*kept = (struct module_snapshot){ .snapshot = snapshot, .label = label_copy };
	set_words(kept, words);
	return NTSTATUS(STATUS_SUCCESS);
}

ntstatus
module_load_instance(struct module_object *object, const struct tunable_table *table,
    const char *key, const char *label, tunable_reader *reader)
{
	return module_load_under(object, table, key, label, NULL, reader);
}

ntstatus
module_load(struct module_object *object, const struct tunable_table *table, tunable_reader *reader)
{
	return module_load_instance(object, table, NULL, NULL, reader);
}

ntstatus
module_load_once(
    struct module_object *object, const struct tunable_table *table, tunable_reader *reader)
{
	if (find_snapshot(object, table, NULL, NULL) != NULL)
		return NTSTATUS(STATUS_SUCCESS);
	return module_load(object, table, reader);
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
module_load_instances(
    struct module_object *object, const struct tunable_table *table, tunable_reader *reader)
{
	struct buf keys = { 0 };
	ntstatus status = ntstatus_from_lstatus(tunable_instances(object->registry, table, &keys));

	for (size_t i = object->snapshot_count; i-- > 0 && ntstatus_ok(status);) {
		struct module_snapshot *kept = &object->snapshots[i];

		if (kept->snapshot->table == table && !has_text(&keys, kept->snapshot->key))
			remove_snapshot(object, kept);
	}
	for (size_t at = 0; at < keys.size && ntstatus_ok(status);) {
		const char *key = (const char *)keys.data + at;

		status = module_load_instance(object, table, key, NULL, reader);
		at += strlen(key) + 1;
	}
	buf_release(&keys);
	return status;
}

void
module_forget(struct module_object *object, const struct tunable_table *table, const char *label)
{
	struct module_snapshot *kept = find_snapshot(object, table, NULL, label);

	if (kept != NULL)
		remove_snapshot(object, kept);
}

const void *
module_state_of(const struct module_object *object, const struct tunable_table *table,
    const char *key, const char *label)
{
	const struct module_snapshot *kept = find_snapshot(object, table, key, label);

	return kept != NULL ? kept->snapshot->state : NULL;
}

const void *
module_state(const struct module_object *object, const struct tunable_table *table)
{
	return module_state_of(object, table, NULL, NULL);
}

/* --- Life
 * ----------------------------------------------------------------------------------------- */

static void
drop_watches(struct module_object *object)
{
	while (object->watch_count > 0)
		registry_unwatch(object->registry, object->watches[--object->watch_count]);
	free(object->watches);
	object->watches = NULL;
}

static lstatus
add_watch(struct module_object *object, const struct tunable_table *table)
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
add_watches(struct module_object *object)
{
	const struct module *module = object->module;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	object->watches = calloc(module->table_count + 1, sizeof(struct reg_watch *));
	if (object->watches == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	for (size_t i = 0; i < module->table_count && lstatus_ok(status); i++) {
		if (tunable_table_event(module->tables[i]) == APPLY_CHANGE_NOTIFICATION)
			status = add_watch(object, module->tables[i]);
	}
	return ntstatus_from_lstatus(status);
}

/* What is read once a boot stays; the rest goes with the module. */
static void
forget_all(struct module_object *object, bool boot_too)
{
	for (size_t i = object->snapshot_count; i-- > 0;) {
		struct module_snapshot *kept = &object->snapshots[i];

		if (boot_too || tunable_table_event(kept->snapshot->table) != APPLY_BOOT)
			remove_snapshot(object, kept);
	}
}

static ntstatus
add_devices(struct module_object *object)
{
	const struct module *module = object->module;
	struct buf keys = { 0 };
	ntstatus status;

	if (module->add_device == NULL || module->devices == NULL)
		return NTSTATUS(STATUS_SUCCESS);
	status = ntstatus_from_lstatus(tunable_instances(object->registry, module->devices, &keys));
	for (size_t at = 0; at < keys.size && ntstatus_ok(status);) {
		const char *key = (const char *)keys.data + at;

		status = module->add_device(object, key);
		at += strlen(key) + 1;
	}
	buf_release(&keys);
	return status;
}

static bool
has_what_it_requires(const struct module_object *object)
{
	const struct module_word *requires = &object->module->requires;
	const char *word = requires->name != NULL ? module_word(object, requires->name) : NULL;

	if (word == NULL || strcasecmp(word, requires->word) == 0)
		return true;
	module_log(object, "%s: needs the %s to be %s; it is %s", object->module->name,
	    requires->name, requires->word, word);
	return false;
}

ntstatus
module_start(struct module_object *object)
{
	ntstatus status;

	if (object->running)
		return NTSTATUS(STATUS_INVALID_DEVICE_REQUEST);
	if (!has_what_it_requires(object))
		return NTSTATUS(STATUS_NOT_SUPPORTED);
	status = add_watches(object);
	if (ntstatus_ok(status))
		status = object->module->entry(object);
	if (ntstatus_ok(status)) {
		object->running = true;
		object->entries++;
		status = add_devices(object);
	}
	if (!ntstatus_ok(status)) {
		module_stop(object);
		return status;
	}
	module_log(object, "%s: loaded", object->module->name);
	return status;
}

void
module_stop(struct module_object *object)
{
	if (object->running && object->module->unload != NULL)
		object->module->unload(object);
	drop_watches(object);
	forget_all(object, false);
	if (object->running)
		module_log(object, "%s: unloaded", object->module->name);
	object->running = false;
}

ntstatus
module_reload(struct module_object *object)
{
	ntstatus status;

	if (!object->running)
		return NTSTATUS(STATUS_DEVICE_NOT_READY);
	if (object->module->reload == NULL)
		return NTSTATUS(STATUS_INVALID_DEVICE_REQUEST);
	status = object->module->reload(object);
	if (ntstatus_ok(status))
		object->reloads++;
	module_log(object, "%s: reload: %s", object->module->name, ntstatus_name(status));
	return status;
}

void
module_notify(struct module_object *object)
{
	bool taken = false;
	ntstatus status;

	for (size_t i = 0; i < object->watch_count; i++)
		taken = registry_watch_taken(object->watches[i]) || taken;
	if (!taken || !object->running || object->module->changed == NULL)
		return;
	status = object->module->changed(object);
	if (!ntstatus_ok(status))
		module_log(object, "%s: change: %s", object->module->name, ntstatus_name(status));
}

ntstatus
module_add_device(struct module_object *object, const char *key)
{
	const struct module *module = object->module;
	struct buf device = { 0 };
	struct buf keys = { 0 };
	ntstatus status;

	if (!object->running)
		return NTSTATUS(STATUS_DEVICE_NOT_READY);
	if (module->add_device == NULL || module->devices == NULL)
		return NTSTATUS(STATUS_INVALID_DEVICE_REQUEST);
	if (!tunable_instance_key(module->devices, key, &device))
		return NTSTATUS(STATUS_OBJECT_NAME_INVALID);
	status = ntstatus_from_lstatus(tunable_instances(object->registry, module->devices, &keys));
	if (ntstatus_ok(status) && !has_text(&keys, buf_text(&device)))
		status = NTSTATUS(STATUS_NO_SUCH_DEVICE);
	if (ntstatus_ok(status))
		status = module->add_device(object, buf_text(&device));
	buf_release(&device);
	buf_release(&keys);
	return status;
}

void
module_release(struct module_object *object)
{
	module_stop(object);
	forget_all(object, true);
	free(object->snapshots);
	object->snapshots = NULL;
}

/* --- View
 * ----------------------------------------------------------------------------------------- */

/* What is asked for. */
struct inquiry {
	const struct module_object *object;
	const char *name; /* of the values; NULL: all */
	json_t *views;
};

/* What is viewed: a key as it is now, and for what it was read. */
struct place {
	const struct inquiry *inquiry;
	const char *path;
	bool have_key;
	reg_key key;
	const struct module_snapshot *kept; /* that is viewed; NULL: the module has none */
};

/* For what, and under which conditions of its own, a snapshot was read. */
static void
add_instance_facts(json_t *view, const struct module_snapshot *kept)
{
	json_t *conditions = json_object();

	if (kept->label != NULL)
		json_object_set_new(view, "instance", tunable_json_text(kept->label));
	for (unsigned i = 0; i < MODULE_WORDS && kept->words[i].name != NULL; i++)
		json_object_set_new(
		    conditions, kept->words[i].name, json_string(kept->words[i].word));
	if (json_object_size(conditions) > 0)
		json_object_set(view, "conditions", conditions);
	json_decref(conditions);
}

/* One reading of a snapshot, or (with ABSENT) that of a row's value where there is none. */
struct seen {
	const struct tunable_snapshot *snapshot;
	size_t index;
};

#define ABSENT SIZE_MAX

static struct tunable_reading
reading_of(struct seen seen)
{
	const struct tunable_case nothing = { 0 };
	struct tunable_reading reading;

	if (seen.index != ABSENT)
		return seen.snapshot->readings[seen.index];
	tunable_interpret(seen.snapshot->readings[0].entry, &nothing, &reading);
	return reading;
}

static void
add_steps(json_t *view, const char *member, struct seen seen)
{
	json_object_set_new(view, member,
	    seen.index != ABSENT ? tunable_snapshot_steps(seen.snapshot, seen.index)
	                         : json_array());
}

static bool
view_value(const struct place *place, struct seen loaded, struct seen now, const char *name)
{
	const struct inquiry *inquiry = place->inquiry;
	const struct tunable_reading loaded_reading = reading_of(loaded);
	const struct tunable_reading now_reading = reading_of(now);
	json_t *view;

	if (inquiry->name != NULL && name_compare(inquiry->name, name) != 0)
		return true;
	view = tunable_view(&loaded_reading, &now_reading, place->path, name);
	if (view == NULL || json_array_append_new(inquiry->views, view) != 0)
		return false;
	json_object_set_new(view, "module", json_string(inquiry->object->module->name));
	json_object_set_new(view, "running", json_boolean(inquiry->object->running));
	if (place->kept != NULL)
		add_instance_facts(view, place->kept);
	if (place->have_key)
		tunable_view_add_writer(view, inquiry->object->registry, place->key);
	else
		json_object_set_new(view, "last_write", json_null());
	if (inquiry->name == NULL)
		return true;
	add_steps(view, "steps", loaded);
	if (json_is_true(json_object_get(view, "pending")))
		add_steps(view, "pending_steps", now);
	return true;
}

static size_t
index_of(const struct tunable_snapshot *snapshot, const char *name)
{
	const struct tunable_reading *reading = tunable_snapshot_find(snapshot, name);

	return reading != NULL ? (size_t)(reading - snapshot->readings) : ABSENT;
}

/* The values of a key whose names are not fixed: those that are there, then those that went. */
static bool
view_any_names(const struct place *place, const struct tunable_snapshot *loaded,
    const struct tunable_snapshot *now)
{
	bool ok = true;

	for (size_t i = 0; i < now->count && ok; i++) {
		const char *name = tunable_snapshot_name(now, i);
		size_t before = index_of(loaded, name);

		/* Where it was not there, the row's reading of nothing is that of either. */
		ok = view_value(place, (struct seen){ before != ABSENT ? loaded : now, before },
		    (struct seen){ now, i }, name);
	}
	for (size_t i = 0; i < loaded->count && ok; i++) {
		const char *name = tunable_snapshot_name(loaded, i);

		if (index_of(now, name) == ABSENT)
			ok = view_value(place, (struct seen){ loaded, i },
			    (struct seen){ loaded, ABSENT }, name);
	}
	return ok;
}

/* What was read beside what would be read now; `kept` or NULL. */
static bool
view_snapshot(const struct inquiry *inquiry, const struct tunable_snapshot *loaded,
    const struct tunable_snapshot *now, const struct module_snapshot *kept)
{
	struct registry *registry = inquiry->object->registry;
	struct place place = { .inquiry = inquiry, .path = now->key, .kept = kept };
	bool ok = true;

	place.have_key = lstatus_ok(registry_open_key(registry, NULL, now->key, 0, &place.key));
	if (now->names != NULL)
		return view_any_names(&place, loaded, now);
	for (size_t i = 0; i < now->count && ok; i++)
		ok = view_value(&place, (struct seen){ loaded, i }, (struct seen){ now, i },
		    tunable_snapshot_name(now, i));
	return ok;
}

/* A key that the module has not read: as it would be read by the next operation, or pending. */
static bool
view_unread(const struct inquiry *inquiry, const struct tunable_snapshot *now)
{
	struct conditions conditions = { inquiry->object, NULL };
	struct tunable_loader loader = loader_of(&conditions, tunable_read_nothing);
	enum tunable_apply event = tunable_table_event(now->table);
	struct tunable_snapshot *nothing;
	bool ok;

	if (!inquiry->object->running || event == APPLY_OPERATION || event == APPLY_ATTACH ||
	    event == APPLY_VM_START)
		return view_snapshot(inquiry, now, now, NULL);
	if (!lstatus_ok(tunable_load(&loader, now->table, now->key, &nothing)))
		return false;
	ok = view_snapshot(inquiry, nothing, now, NULL);
	tunable_snapshot_free(nothing);
	return ok;
}

/* What was kept of a key, each beside what would be read now under the same conditions. */
static bool
view_key(const struct inquiry *inquiry, const struct tunable_table *table, const char *key)
{
	const struct module_object *object = inquiry->object;
	struct conditions conditions = { object, NULL };
	struct tunable_loader loader = loader_of(&conditions, NULL);
	struct tunable_snapshot *now;
	size_t shown = 0;
	bool ok = true;

	for (size_t i = 0; i < object->snapshot_count && ok; i++) {
		const struct module_snapshot *kept = &object->snapshots[i];

		if (kept->snapshot->table != table ||
		    (key != NULL && strcasecmp(kept->snapshot->key, key) != 0))
			continue;
		conditions.words = kept->words;
		if (!lstatus_ok(tunable_load(&loader, table, key, &now)))
			return false;
		ok = view_snapshot(inquiry, kept->snapshot, now, kept);
		tunable_snapshot_free(now);
		shown++;
	}
	if (!ok || shown > 0)
		return ok;
	conditions.words = NULL;
	if (!lstatus_ok(tunable_load(&loader, table, key, &now)))
		return false;
	ok = view_unread(inquiry, now);
	tunable_snapshot_free(now);
	return ok;
}

/* The keys of a table that exist, then those that were read and are gone since. */
static bool
view_instances(const struct inquiry *inquiry, const struct tunable_table *table)
{
	const struct module_object *object = inquiry->object;
	struct buf keys = { 0 };
	bool ok = lstatus_ok(tunable_instances(object->registry, table, &keys));

	for (size_t at = 0; at < keys.size && ok;) {
		const char *key = (const char *)keys.data + at;

		ok = view_key(inquiry, table, key);
		at += strlen(key) + 1;
	}
	for (size_t i = 0; i < object->snapshot_count && ok; i++) {
		const struct tunable_snapshot *loaded = object->snapshots[i].snapshot;

		if (loaded->table == table && !has_text(&keys, loaded->key))
			ok = view_key(inquiry, table, loaded->key);
	}
	buf_release(&keys);
	return ok;
}

/* Whether a table can hold a value of a name. */
static bool
table_has(const struct tunable_table *table, const char *name)
{
	for (size_t i = 0; name != NULL && i < table->count; i++) {
		if (tunable_name_matches(&table->rows[i], name, strlen(name)))
			return true;
	}
	return name == NULL;
}

bool
module_view(const struct module_object *object, const char *name, json_t *views)
{
	const struct inquiry inquiry = { object, name, views };
	bool ok = true;

	for (size_t i = 0; i < object->module->table_count && ok; i++) {
		const struct tunable_table *table = object->module->tables[i];

		if (!table_has(table, name))
			continue;
		if (tunable_table_has_instances(table))
			ok = view_instances(&inquiry, table);
		else
			ok = view_key(&inquiry, table, NULL);
	}
	return ok;
}
