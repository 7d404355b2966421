/*
 * The modules of a host's processes, read through another connection.
 */
#include "vmms/hvctl_mirror.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drivers/protocol.h"
#include "hvloader/protocol.h"
#include "vmms/hvctl_boot_values.h"

/* One process: a program's, or one of several workers. */
struct mirrored {
	struct mirror *mirror;
	const struct host_process *process;
	char *name;
	json_t *views; /* what has effect there; NULL: it does not run */
	json_t *words; /* of the conditions that it knows */
	struct module_object *objects;
	size_t count;
};

struct mirror {
	const struct hvctl *hvctl;
	struct registry *registry;
	struct mirrored *list;
	size_t count;
	json_t *in_effect;
	json_t *first_numbers;       /* of tunables that are conditions of others, by name */
	json_t *numbers;             /* the same, as they were last read */
	struct host_conditions next; /* what a boot would find */
	bool boots;                  /* those are what the kernel reads under */
};

/* --- Conditions
 * ----------------------------------------------------------------------------------- */

static void
add_name(json_t *names, const char *name)
{
	json_t *known;
	size_t index;

	if (name == NULL)
		return;
	json_array_foreach(names, index, known)
	{
		if (strcasecmp(json_string_value(known), name) == 0)
			return;
	}
	json_array_append_new(names, json_string(name));
}

/* The conditions that rows and modules ask for. */
static json_t *
condition_names(const struct hvctl *hvctl, const struct host_process *process)
{
	json_t *names = json_array();

	for (size_t i = 0; i < hvctl->hvemu->catalog.count; i++) {
		const struct tunable_entry *entry = &hvctl->hvemu->catalog.entries[i];
		const struct tunable *row = entry->row;

		for (unsigned gate = 0; gate < TUNABLE_GATES; gate++)
			add_name(names, row->gates[gate].state);
		add_name(names, row->variant_state);
		add_name(names, row->outcome != NULL ? row->outcome->state : NULL);
		add_name(names, entry->max_from == NULL ? row->max_from : NULL);
	}
	for (const struct module *const *module = process->modules; *module != NULL; module++)
		add_name(names, (*module)->requires.name);
	return names;
}

/* Whether what the boot decides are the conditions of the process. */
static bool
is_launched(const struct mirrored *mirrored)
{
	return strcmp(mirrored->process->name, KERNEL_NAME) == 0 ||
	       strcmp(mirrored->process->name, HVLOADER_NAME) == 0;
}

static const char *
word_of(void *context, const char *name)
{
	const struct mirrored *mirrored = context;
	const struct mirror *mirror = mirrored->mirror;

	if (is_launched(mirrored) && (mirror->boots || mirrored->views == NULL))
		return host_condition(&mirror->next, name);
	return json_string_value(json_object_get(mirrored->words, name));
}

/* --- The processes
 * -------------------------------------------------------------------------------- */

/* Ask a process that runs; false after it was told what is wrong. */
static bool
ask_process(const struct hvctl *hvctl, struct mirrored *mirrored)
{
	enum hvctl_asked asked =
	    hvctl_ask(hvctl, mirrored->name, "tunables", NULL, &mirrored->views);

	if (asked == ASKED_OK)
		asked = hvctl_ask(hvctl, mirrored->name, "conditions",
		    json_pack("{s:o}", "names", condition_names(hvctl, mirrored->process)),
		    &mirrored->words);
	/* One that ends meanwhile does not run. */
	if (asked == ASKED_DOWN) {
		json_decref(mirrored->views);
		mirrored->views = NULL;
	}
	return asked != ASKED_FAILED;
}

static bool
add_process(struct mirror *mirror, const struct host_process *process, const char *name)
{
	struct mirrored *list = realloc(mirror->list, (mirror->count + 1) * sizeof(*list));
	struct mirrored *mirrored;
	size_t modules = 0;

	if (list == NULL)
		return false;
	mirror->list = list;
	mirrored = &list[mirror->count++];
	*mirrored = (struct mirrored){ .process = process, .name = strdup(name) };
	while (process->modules[modules] != NULL)
		modules++;
	mirrored->objects = calloc(modules + 1, sizeof(*mirrored->objects));
	if (mirrored->name == NULL || mirrored->objects == NULL)
		return false;
	mirrored->count = modules;
	for (size_t i = 0; i < modules; i++)
		mirrored->objects[i] = (struct module_object){ .module = process->modules[i],
			.registry = mirror->registry,
			.catalog = &mirror->hvctl->hvemu->catalog,
			.state = word_of };
	return true;
}

/* Each worker that runs, or the program by itself. */
static bool
add_processes(struct mirror *mirror, const struct host_process *process, bool asks)
{
	json_t *names = asks ? hvctl_sockets(mirror->hvctl, process) : json_array();
	size_t first = mirror->count;
	bool ok = true;
	json_t *name;
	size_t index;

	json_array_foreach(names, index, name)
	{
		ok = ok && add_process(mirror, process, json_string_value(name)) &&
		     ask_process(mirror->hvctl, &mirror->list[mirror->count - 1]);
	}
	if (ok && mirror->count == first)
		ok = add_process(
		    mirror, process, process->workers ? process->program : process->name);
	json_decref(names);
	return ok;
}

/* --- Instances
 * ------------------------------------------------------------------------------------ */

static const char *
text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* The table of a name and the module that has it; NULL if there is none. */
static const struct tunable_table *
find_table(struct mirrored *mirrored, const char *name, struct module_object **ret_object)
{
	for (size_t i = 0; i < mirrored->count && name != NULL; i++) {
		const struct module *module = mirrored->objects[i].module;

		for (size_t at = 0; at < module->table_count; at++) {
			if (strcmp(module->tables[at]->name, name) != 0)
				continue;
			*ret_object = &mirrored->objects[i];
			return module->tables[at];
		}
	}
	return NULL;
}

/* The number that a value without instances has now, as text, by the row of its name; or null. */
static json_t *
number_now(const struct mirror *mirror, const char *name)
{
	const struct tunable_entry *entry =
	    tunable_find_name(&mirror->hvctl->hvemu->catalog, name, NULL);
	const struct tunable_loader loader = {
		.catalog = &mirror->hvctl->hvemu->catalog,
		.registry = mirror->registry,
	};
	const struct tunable_reading *reading;
	struct tunable_snapshot *snapshot;
	struct buf number = { 0 };
	json_t *text = json_null();

	if (entry == NULL || tunable_table_has_instances(entry->table) ||
	    !lstatus_ok(tunable_load(&loader, entry->table, NULL, &snapshot)))
		return text;
	reading = tunable_snapshot_find(snapshot, name);
	if (reading != NULL && reading->kind == KIND_NUMBER) {
		tunable_effective(reading, &number);
		text = json_string(buf_text(&number));
	}
	buf_release(&number);
	tunable_snapshot_free(snapshot);
	return text;
}

/*
 * The word of a condition of one instance. One that bears a tunable's name is that tunable's number
 * as it was read before: once that has changed here, the next instance is read under the new one.
 */
static const char *
instance_word(struct mirror *mirror, const char *name, const json_t *word)
{
	json_t *now = number_now(mirror, name);
	const json_t *first = json_object_get(mirror->first_numbers, name);
	json_t *known = json_object_get(mirror->numbers, name);

	if (first == NULL)
		json_object_set(mirror->first_numbers, name, now);
	/* Snapshots go by the text: it stays where it is for as long as it is the same. */
	if (known == NULL || !json_equal(known, now))
		json_object_set(mirror->numbers, name, known = now);
	json_decref(now);
	return json_string_value(
	    first == NULL || json_equal(first, known) || json_is_null(known) ? word : known);
}

/* Read for one thing, as the process did. */
static bool
load_like(struct mirrored *mirrored, const json_t *view)
{
	struct module_object *object;
	const struct tunable_table *table = find_table(mirrored, text_of(view, "table"), &object);
	struct module_word words[MODULE_WORDS] = { 0 };
	json_t *conditions = json_object_get(view, "conditions");
	unsigned count = 0;
	const char *name;
	json_t *word;

	if (table == NULL)
		return true;
	json_object_foreach(conditions, name, word)
	{
		if (count < MODULE_WORDS)
			words[count++] = (struct module_word){ name,
				instance_word(mirrored->mirror, name, word) };
	}
	return ntstatus_ok(module_load_under(
	    object, table, text_of(view, "key"), text_of(view, "instance"), words, NULL));
}

/*
 * Read again what the process read for one thing (a disk, a machine) or under conditions of its
 * own; all else is viewed as it is. What was read once for all beside them is one of them.
 */
static bool
load_instances(struct mirrored *mirrored)
{
	json_t *tables = json_object();
	const json_t *last = NULL;
	bool ok = true;
	json_t *view;
	size_t index;

	json_array_foreach(mirrored->views, index, view)
	{
		if (json_object_get(view, "instance") != NULL ||
		    json_object_get(view, "conditions") != NULL)
			json_object_set_new(tables, text_of(view, "table"), json_true());
	}
	json_array_foreach(mirrored->views, index, view)
	{
		const char *table = text_of(view, "table");
		const char *instance = text_of(view, "instance");

		if (!ok || json_object_get(tables, table) == NULL)
			continue;
		if (last == NULL || strcmp(text_of(last, "table"), table) != 0 ||
		    strcmp(text_of(last, "key"), text_of(view, "key")) != 0 ||
		    text_of(last, "instance") == NULL || instance == NULL ||
		    strcmp(text_of(last, "instance"), instance) != 0)
			ok = load_like(mirrored, view);
		last = view;
	}
	json_decref(tables);
	return ok;
}

/* --- The whole
 * ------------------------------------------------------------------------------------ */

struct mirror *
mirror_new(const struct hvctl *hvctl, struct registry *registry, bool asks)
{
	struct mirror *mirror = calloc(1, sizeof(*mirror));
	bool ok = mirror != NULL;

	if (ok) {
		mirror->hvctl = hvctl;
		mirror->registry = registry;
		mirror->in_effect = json_array();
		mirror->first_numbers = json_object();
		mirror->numbers = json_object();
	}
	for (const struct host_process *process = host_processes; ok && process->name != NULL;
	     process++)
		ok = add_processes(mirror, process, asks);
	if (!ok) {
		mirror_free(mirror);
		return NULL;
	}
	for (size_t i = 0; i < mirror->count; i++) {
		struct mirrored *mirrored = &mirror->list[i];

		mirrored->mirror = mirror;
		for (size_t at = 0; at < mirrored->count; at++)
			mirrored->objects[at].state_context = mirrored;
		json_array_extend(mirror->in_effect, mirrored->views);
	}
	return mirror;
}

void
mirror_free(struct mirror *mirror)
{
	if (mirror == NULL)
		return;
	for (size_t i = 0; i < mirror->count; i++) {
		struct mirrored *mirrored = &mirror->list[i];

		for (size_t at = 0; at < mirrored->count; at++)
			module_release(&mirrored->objects[at]);
		free(mirrored->objects);
		json_decref(mirrored->views);
		json_decref(mirrored->words);
		free(mirrored->name);
	}
	json_decref(mirror->in_effect);
	json_decref(mirror->first_numbers);
	json_decref(mirror->numbers);
	free(mirror->list);
	free(mirror);
}

bool
mirror_is_up(const struct mirror *mirror)
{
	for (size_t i = 0; i < mirror->count; i++) {
		if (strcmp(mirror->list[i].name, KERNEL_NAME) == 0)
			return mirror->list[i].views != NULL;
	}
	return false;
}

const json_t *
mirror_in_effect(const struct mirror *mirror)
{
	return mirror->in_effect;
}

static void
unreadable(const struct mirror *mirror)
{
	hvctl_fail(
	    mirror->hvctl, "the registry cannot be read: %s", registry_error(mirror->registry));
}

static bool
view_process(struct mirrored *mirrored, json_t *views)
{
	size_t first = json_array_size(views);
	bool ok = load_instances(mirrored);

	for (size_t i = 0; i < mirrored->count && ok; i++)
		ok = module_view(&mirrored->objects[i], NULL, views);
	for (; first < json_array_size(views); first++)
		json_object_set_new(
		    json_array_get(views, first), "process", json_string(mirrored->name));
	return ok;
}

json_t *
mirror_views(struct mirror *mirror, bool boots)
{
	json_t *views = json_array();
	bool ok = ntstatus_ok(
	    host_conditions_read(mirror->registry, &mirror->hvctl->hvemu->catalog, &mirror->next));

	mirror->boots = boots;
	for (size_t i = 0; i < mirror->count && ok; i++)
		ok = view_process(&mirror->list[i], views);
	if (ok && boot_values_view(mirror->registry, views))
		return views;
	json_decref(views);
	unreadable(mirror);
	return NULL;
}

json_t *
mirror_conditions(const struct mirror *mirror)
{
	struct host_conditions conditions;
	json_t *words = json_object();

	if (!ntstatus_ok(host_conditions_read(
	        mirror->registry, &mirror->hvctl->hvemu->catalog, &conditions))) {
		json_decref(words);
		unreadable(mirror);
		return NULL;
	}
	for (size_t i = 0; i < LAUNCH_WORDS; i++)
		json_object_set_new(
		    words, conditions.words[i].name, tunable_json_text(conditions.words[i].word));
	return words;
}
