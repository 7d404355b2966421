/*
 * tunables: what the readers made of the host's values.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drivers/protocol.h"
#include "regstore/tunable/nearest.h"
#include "vmms/hvctl.h"

/* --- Views
 * ---------------------------------------------------------------------------------------- */

/* Which views: of one module, of one name (then with their steps); NULL: of all. */
struct asked_for {
	const struct module *module;
	const char *name;
	struct registry *registry; /* opened for the first process that does not run */
};

/* Append what the modules of a process, or one of them, would make of the store. */
static bool
views_from_store(const struct hvctl *hvctl, const struct host_process *process,
    struct asked_for *what, json_t *views)
{
	struct registry *registry =
	    what->registry != NULL ? what->registry : hvctl_open(hvctl, REGISTRY_OPEN);
	size_t first = json_array_size(views);
	bool ok = registry != NULL;

	what->registry = registry;
	for (const struct module *const *module = process->modules; ok && *module != NULL;
	     module++) {
		struct module_object object = {
			.module = *module, .registry = registry, .catalog = &hvctl->hvemu->catalog
		};

		if (what->module != NULL && what->module != *module)
			continue;
		ok = module_view(&object, what->name, views);
		if (!ok)
			hvctl_fail(
			    hvctl, "the registry cannot be read: %s", registry_error(registry));
	}
	for (; first < json_array_size(views); first++)
		json_object_set_new(json_array_get(views, first), "process",
		    json_string(process->workers ? process->program : process->name));
	return ok;
}

static bool
has_module(const struct host_process *process, const struct module *wanted)
{
	for (const struct module *const *module = process->modules; *module != NULL; module++) {
		if (wanted == NULL || *module == wanted)
			return true;
	}
	return false;
}

/* Append the views of a process: of each that runs, or from the store if none does. */
static bool
views_of_process(const struct hvctl *hvctl, const struct host_process *process,
    struct asked_for *what, json_t *views, bool *ret_running)
{
	json_t *names = hvctl_sockets(hvctl, process);
	bool failed = false;
	json_t *name;
	size_t index;

	*ret_running = false;
	json_array_foreach(names, index, name)
	{
		json_t *own = NULL;
		enum hvctl_asked asked = hvctl_ask(hvctl, json_string_value(name), "tunables",
		    json_pack("{s:s*, s:s*}", "module",
		        what->module != NULL ? what->module->name : NULL, "name", what->name),
		    &own);

		if (asked == ASKED_OK)
			*ret_running = true;
		failed = failed || asked == ASKED_FAILED;
		json_array_extend(views, own);
		json_decref(own);
	}
	json_decref(names);
	return !failed && (*ret_running || views_from_store(hvctl, process, what, views));
}

json_t *
hvctl_views(
    const struct hvctl *hvctl, const struct module *only, const char *name, bool *ret_running)
{
	struct asked_for what = { .module = only, .name = name };
	json_t *views = json_array();
	bool ok = true;

	*ret_running = true;
	for (const struct host_process *process = host_processes; ok && process->name != NULL;
	     process++) {
		bool running = false;

		if (!has_module(process, only))
			continue;
		/* What runs knows of the present only. */
		ok = hvctl->as_of != NULL
		         ? views_from_store(hvctl, process, &what, views)
		         : views_of_process(hvctl, process, &what, views, &running);
		*ret_running = *ret_running && (running || !process->boots);
	}
	registry_close(what.registry);
	if (ok)
		return views;
	json_decref(views);
	return NULL;
}

void
hvctl_view_id(const json_t *view, struct buf *out)
{
	static const char *const members[] = { "process", "table", "key", "name", "instance" };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *text = json_string_value(json_object_get(view, members[i]));

		buf_printf(out, "%s%s", i > 0 ? "!" : "", text != NULL ? text : "");
	}
}

/* --- Values that nobody reads
 * ----------------------------------------------------------------------- */

static void
print_unread_of_key(
    const struct hvctl *hvctl, struct registry *registry, const char *path, size_t *count)
{
	struct reg_value_list list = { 0 };
	reg_key key;

	if (!lstatus_ok(registry_open_key(registry, NULL, path, 0, &key)) ||
	    !lstatus_ok(registry_list_values(registry, key, &list)))
		return;
	for (size_t i = 0; i < list.count; i++) {
		const char *name = list.entries[i].name;
		const struct tunable_entry *near;

		if (name[0] == '\0' || tunable_is_service_value(name) ||
		    tunable_find(&hvctl->hvemu->catalog, path, strlen(path), name, strlen(name),
		        NULL) != NULL)
			continue;
		if ((*count)++ == 0)
			printf("\n%sValues that no reader knows%s\n", hvctl_warn(hvctl),
			    hvctl_plain(hvctl));
		near = tunable_nearest(&hvctl->hvemu->catalog, name);
		printf("  %s\\%s%s%s%s\n", path, name, near != NULL ? ": did you mean " : "",
		    near != NULL ? near->row->name : "", near != NULL ? "?" : "");
	}
	reg_value_list_release(&list);
}

static void
print_unread_of_module(const struct hvctl *hvctl, struct registry *registry,
    const struct module *module, size_t *count)
{
	const char *last = "";

	for (size_t i = 0; i < module->table_count; i++) {
		const struct tunable_table *table = module->tables[i];
		struct buf keys = { 0 };

		if (strcmp(table->key, last) == 0)
			continue;
		last = table->key;
		if (strstr(last, "\\Services\\") != NULL)
			tunable_instances(registry, table, &keys);
		for (size_t at = 0; at < keys.size; at += strlen((const char *)keys.data + at) + 1)
			print_unread_of_key(hvctl, registry, (const char *)keys.data + at, count);
		buf_release(&keys);
	}
}

static void
print_unread(const struct hvctl *hvctl, const struct module *only)
{
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	size_t count = 0;

	for (const struct host_process *process = host_processes;
	     registry != NULL && process->name != NULL; process++) {
		for (const struct module *const *module = process->modules; *module != NULL;
		     module++) {
			if (only == NULL || only == *module)
				print_unread_of_module(hvctl, registry, *module, &count);
		}
	}
	registry_close(registry);
}

/* --- Printing
 * ------------------------------------------------------------------------------------- */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "-";
}

/* What is restarted for an image: the driver, or the process that has it. */
static const char *
restarted(const char *owner, char *stem, size_t size)
{
	const struct host_process *process = NULL;

	snprintf(stem, size, "%.*s", (int)strcspn(owner, "."), owner);
	if (host_module_find(stem, &process) == NULL || strcmp(process->name, KERNEL_NAME) == 0)
		return stem;
	return process->name;
}

void
hvctl_event_command(enum tunable_apply event, const char *owner, struct buf *out)
{
	char stem[64];
	const char *image = restarted(owner, stem, sizeof(stem));

	switch (event) {
	case APPLY_BOOT:
		buf_append_text(out, "hvctl reboot");
		break;
	case APPLY_DRIVER_ENTRY:
	case APPLY_SERVICE_START:
		buf_printf(out, "hvctl restart %s", image);
		break;
	case APPLY_VM_START:
		buf_append_text(out, "hvctl vm stop NAME, hvctl vm start NAME");
		break;
	case APPLY_RELOAD:
		buf_printf(out, "hvctl reload %s", stem);
		break;
	case APPLY_DEVICE_ADD:
		buf_printf(out, "hvctl add-device %s KEY", stem);
		break;
	case APPLY_ATTACH:
		buf_append_text(out, "hvctl call vhdmp attach FILE");
		break;
	default:
		break;
	}
}

/* The event of this name (see tunable_apply_name). */
static enum tunable_apply
event_named(const char *name)
{
	for (int event = APPLY_BOOT; event < APPLY_UNKNOWN; event++) {
		if (strcmp(tunable_apply_name((enum tunable_apply)event), name) == 0)
			return (enum tunable_apply)event;
	}
	return APPLY_UNKNOWN;
}

void
hvctl_print_pending(const struct hvctl *hvctl, const json_t *view, int indent)
{
	const char *event = text_of(view, "pending_event");
	struct buf command = { 0 };
	char *effective = hvctl_member(view, "pending_effective");

	printf("%*s%spending until %s%s: %s would give %s (%s)%s\n", indent, "", hvctl_warn(hvctl),
	    event, strcmp(text_of(view, "apply"), "unknown") == 0 ? " (assumed)" : "",
	    json_is_null(json_object_get(view, "pending_raw")) ? "absent"
	                                                       : text_of(view, "pending_raw"),
	    effective != NULL ? effective : "", text_of(view, "pending_verdict"),
	    hvctl_plain(hvctl));
	hvctl_event_command(event_named(event), text_of(view, "owner"), &command);
	if (command.size > 0 && indent == 2)
		printf("%*s(%s)\n", indent + 2, "", buf_text(&command));
	buf_release(&command);
	free(effective);
}

#define RAW_WIDTH       22
#define EFFECTIVE_WIDTH 18

/* Print text in a column; what does not fit is cut, as --json and `why` show it whole. */
static void
print_column(const char *text, int width)
{
	int cut = width - 2;

	if (strlen(text) <= (size_t)width) {
		printf("%-*s ", width, text);
		return;
	}
	while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--; /* not within a character */
	printf("%.*s.. ", cut, text);
}

void
hvctl_print_view(const struct hvctl *hvctl, const json_t *view)
{
	char *effective = hvctl_member(view, "effective");
	const json_t *raw = json_object_get(view, "raw");

	printf("  %-42s ", text_of(view, "name"));
	print_column(json_is_null(raw) ? "absent" : json_string_value(raw), RAW_WIDTH);
	print_column(effective != NULL && strcmp(effective, "-") != 0 ? effective : "absent",
	    EFFECTIVE_WIDTH);
	printf("%-14s %-10s %s\n", text_of(view, "verdict"), text_of(view, "source"),
	    text_of(view, "reason"));
	if (json_is_true(json_object_get(view, "pending")))
		hvctl_print_pending(hvctl, view, 4);
	free(effective);
}

static bool
same_member(const json_t *left, const json_t *right, const char *name)
{
	const json_t *one = json_object_get(left, name);
	const json_t *other = json_object_get(right, name);

	return one == other || json_equal(one, other) != 0; /* two that are missing are the same */
}

/* A line that heads the rows that one function reads from one key. */
static void
print_heading(const struct hvctl *hvctl, const json_t *view, bool first)
{
	printf("%s%s%s %s%s", first ? "" : "\n", hvctl_bold(hvctl), text_of(view, "owner"),
	    text_of(view, "key"), hvctl_plain(hvctl));
	if (json_object_get(view, "instance") != NULL)
		printf(" [%s]", text_of(view, "instance"));
	printf("\n  in %s", text_of(view, "process"));
	printf("; read by %s; event: %s%s\n",
	    json_is_string(json_object_get(view, "reader")) ? text_of(view, "reader")
	                                                    : "a function not named",
	    text_of(view, "read_at"),
	    strcmp(text_of(view, "apply"), "unknown") == 0 ? " (assumed)" : "");
	printf("  %-42s %-*s %-*s %-14s %-10s %s\n", "NAME", RAW_WIDTH, "RAW", EFFECTIVE_WIDTH,
	    "EFFECTIVE", "VERDICT", "SOURCE", "REASON");
}

static void
print_views(const struct hvctl *hvctl, const json_t *views)
{
	const json_t *last = NULL;
	json_t *view;
	size_t index;

	json_array_foreach(views, index, view)
	{
		if (last == NULL || !same_member(last, view, "key") ||
		    !same_member(last, view, "reader") || !same_member(last, view, "instance") ||
		    !same_member(last, view, "process"))
			print_heading(hvctl, view, index == 0);
		hvctl_print_view(hvctl, view);
		last = view;
	}
}

/* --- tunables
 * ------------------------------------------------------------------------------------- */

struct selection {
	const char *name; /* NAME or KEY\NAME, or NULL */
	bool pending;
	bool set;
};

bool
hvctl_is_named(const struct hvctl *hvctl, const json_t *view, const char *text)
{
	const char *key = text_of(view, "key");
	const char *slash = strrchr(text, '\\');

	if (strcasecmp(slash != NULL ? slash + 1 : text, text_of(view, "name")) != 0)
		return false;
	if (slash == NULL)
		return true;
	/* The entry that the text means must be one whose key this view's key is an instance of. */
	for (const struct tunable_entry *entry =
	         tunable_find_name(&hvctl->hvemu->catalog, text, NULL);
	     entry != NULL; entry = tunable_find_name(&hvctl->hvemu->catalog, text, entry)) {
		if (tunable_key_matches(tunable_table_key(entry->table), key, strlen(key)))
			return true;
	}
	return false;
}

static bool
is_selected(const struct hvctl *hvctl, const struct selection *selection, const json_t *view)
{
	if (selection->pending && !json_is_true(json_object_get(view, "pending")))
		return false;
	if (selection->set && json_is_null(json_object_get(view, "raw")) &&
	    !json_is_true(json_object_get(view, "pending")))
		return false;
	return selection->name == NULL || hvctl_is_named(hvctl, view, selection->name);
}

static json_t *
select_views(const struct hvctl *hvctl, const struct selection *selection, const json_t *views)
{
	json_t *selected = json_array();
	json_t *view;
	size_t index;

	json_array_foreach(views, index, view)
	{
		if (is_selected(hvctl, selection, view))
			json_array_append(selected, view);
	}
	return selected;
}

int
hvctl_unknown_name(const struct hvctl *hvctl, const char *name)
{
	struct buf error = { 0 };

	if (!tunable_unknown_name(&hvctl->hvemu->catalog, name, &error))
		buf_append_text(&error, "; \"hvctl describe\" lists all");
	hvctl_fail(hvctl, "%s", buf_text(&error));
	buf_release(&error);
	return EXIT_FAILURE;
}

/* Read the arguments of `tunables`: a word that is a module, else a name; and switches. */
static bool
parse_selection(int argc, char **argv, struct selection *selection, const struct module **module)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--pending") == 0)
			selection->pending = true;
		else if (strcmp(argv[i], "--set") == 0)
			selection->set = true;
		else if (argv[i][0] == '-' || *module != NULL || selection->name != NULL)
			return false;
		else if ((*module = host_module_find(argv[i], NULL)) == NULL)
			selection->name = argv[i];
	}
	return true;
}

int
hvctl_tunables(struct hvctl *hvctl, int argc, char **argv)
{
	struct selection selection = { 0 };
	const struct module *module = NULL;
	bool running;
	json_t *views;
	json_t *selected;

	if (argc == 2 && strcmp(argv[1], "--summary") == 0)
		return hvctl_summary(hvctl);
	argc = hvctl_take_as_of(hvctl, argc, argv);
	if (argc < 0 || !parse_selection(argc, argv, &selection, &module))
		return hvctl_misused(hvctl,
		    "\"tunables\" takes one module or name, --pending, --set, --as-of MOMENT");
	if (selection.name != NULL &&
	    tunable_find_name(&hvctl->hvemu->catalog, selection.name, NULL) == NULL)
		return hvctl_unknown_name(hvctl, selection.name);
	views = hvctl_views(hvctl, module, NULL, &running);
	if (views == NULL)
		return EXIT_FAILURE;
	selected = select_views(hvctl, &selection, views);
	json_decref(views);
	if (hvctl->json)
		return hvctl_print_json(hvctl, selected);
	if (hvctl->as_of != NULL)
		printf("As of %s: this is what each reader would have made of the registry.\n\n",
		    hvctl->as_of);
	else if (!running)
		printf(
		    "The host is down: this is what each reader would make of its registry.\n\n");
	print_views(hvctl, selected);
	if (selection.pending && json_array_size(selected) == 0)
		printf("Nothing is pending.\n");
	if (!selection.pending && selection.name == NULL)
		print_unread(hvctl, module);
	json_decref(selected);
	return EXIT_SUCCESS;
}
