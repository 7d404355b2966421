/*
 * diff: two hosts, files or moments beside each other, by what is stored and by what the readers
 * make of it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "regstore/base/utf16.h"
#include "regstore/bcd/bcd.h"
#include "regstore/formats/reg_diff.h"
#include "regstore/registry/scratch.h"
#include "vmms/hvctl_compare.h"
#include "vmms/hvctl_input.h"
#include "vmms/hvctl_mirror.h"

#define EXIT_DIFFERENT 1
#define EXIT_FAILED    2

/* One of the two: a host's folder, a moment of one, or a file on a new host. */
struct side {
	struct hvctl hvctl;
	char *root; /* of a host with a moment */
	struct scratch scratch;
	struct registry *registry;
	json_t *views;
};

struct diff {
	struct hvctl *hvctl;
	const char *names[2];
	const char *into[2]; /* the key that a hive or policy goes to */
	size_t count;
	bool effective_only;
	bool raw_only;
	bool reg;
	struct side left;
	struct side right;
	json_t *effective; /* what differs in effect */
	json_t *stored;    /* and what does in the registry only, or beside that */
	json_t *seen;      /* "KEY!NAME" of what differs in effect, folded */
};

/* --- The sides
 * ------------------------------------------------------------------------------------ */

/* A new host with a file imported: what the file sets, beside what every host has. */
static bool
open_file(struct side *side, const char *name, const char *into)
{
	struct input input = { .file = name, .into = into };
	lstatus status = scratch_open("hvctl", &side->scratch);
	bool done = false;

	side->registry = side->scratch.registry;
	side->hvctl.root = side->scratch.folder;
	if (lstatus_ok(status))
		status = host_install(side->registry);
	if (lstatus_ok(status))
		status = registry_begin(side->registry, name);
	if (lstatus_ok(status) && input_import(&side->hvctl, side->registry, &input)) {
		status = registry_commit(side->registry);
		done = lstatus_ok(status);
	}
	if (!lstatus_ok(status))
		hvctl_fail(&side->hvctl, "%s: %s", name, lstatus_text(status));
	input_release(&input);
	return done;
}

/* "HOST@MOMENT", or "@MOMENT" of the host that --root names. */
static bool
open_moment(struct side *side, const char *name)
{
	const char *at = strrchr(name, '@');

	if (at > name) {
		side->root = strndup(name, (size_t)(at - name));
		side->hvctl.root = side->root;
	}
	side->hvctl.as_of = at + 1;
	side->registry = side->hvctl.root != NULL ? hvctl_open(&side->hvctl, REGISTRY_OPEN) : NULL;
	return side->registry != NULL;
}

static bool
open_side(const struct diff *diff, size_t which, struct side *side)
{
	const char *name = diff->names[which];
	struct stat status;
	bool there = stat(name, &status) == 0;

	side->hvctl = *diff->hvctl;
	if (!there && strchr(name, '@') != NULL)
		return open_moment(side, name);
	if (there && !S_ISDIR(status.st_mode))
		return open_file(side, name, diff->into[which]);
	side->root = strdup(name);
	side->hvctl.root = side->root;
	side->registry = side->root != NULL ? hvctl_open(&side->hvctl, REGISTRY_OPEN) : NULL;
	return side->registry != NULL;
}

static void
close_side(struct side *side)
{
	if (side->scratch.registry == NULL)
		registry_close(side->registry);
	scratch_close(&side->scratch);
	json_decref(side->views);
	free(side->root);
}

static bool
read_side(struct side *side)
{
	struct mirror *mirror = mirror_new(&side->hvctl, side->registry, false);

	if (mirror != NULL)
		side->views = mirror_views(mirror, true);
	mirror_free(mirror);
	return side->views != NULL;
}

/* --- Comparing
 * ------------------------------------------------------------------------------------ */

/* "HKEY_LOCAL_MACHINE\...!NAME" without case: how a walk through the registry calls a value. */
static void
stored_id(const char *path, const char *name, struct buf *out)
{
	struct buf id = { 0 };

	buf_printf(&id, "%s!%s", path, name);
	name_fold(buf_text(&id), id.size, out);
	buf_release(&id);
}

/* Note where a value that differs in effect is stored: its key may be reached through a link. */
static void
note_seen(struct diff *diff, const json_t *difference)
{
	struct side *sides[] = { &diff->left, &diff->right };
	const char *key = json_string_value(json_object_get(difference, "key"));
	const char *name = json_string_value(json_object_get(difference, "name"));

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		struct buf path = { 0 };
		struct buf id = { 0 };
		reg_key opened;

		if (lstatus_ok(registry_open_key(sides[i]->registry, NULL, key, 0, &opened)) &&
		    lstatus_ok(registry_key_path(sides[i]->registry, opened, &path))) {
			stored_id(buf_text(&path), name, &id);
			json_object_set_new(diff->seen, buf_text(&id), json_true());
		}
		buf_release(&path);
		buf_release(&id);
	}
}

static bool
compare_effects(struct diff *diff)
{
	json_t *all;
	json_t *difference;
	size_t index;

	if (!read_side(&diff->left) || !read_side(&diff->right))
		return false;
	all = views_compare(diff->left.views, diff->right.views);
	json_array_foreach(all, index, difference)
	{
		if (!json_is_true(json_object_get(difference, "effective_changes")))
			continue;
		json_array_append(diff->effective, difference);
		note_seen(diff, difference);
	}
	json_decref(all);
	return true;
}

/*
 * Whether this is about a boot entry of the host's own: setup gives each another GUID, so that no
 * two hosts had the same. What an entry comes to is what its readers make of it. An element that
 * refers to objects is about their GUIDs.
 */
static bool
is_own_entry(const struct reg_difference *difference)
{
	static const char objects[] = "HKEY_LOCAL_MACHINE\\BCD00000000\\Objects\\";
	char guid[BCD_GUID_SIZE];
	const char *element;
	enum bcd_format format;

	if (strncasecmp(difference->path, objects, strlen(objects)) != 0)
		return false;
	snprintf(guid, sizeof(guid), "%s", difference->path + strlen(objects));
	if (bcd_alias_of(guid) == NULL)
		return true;
	element = strcasestr(difference->path, "\\Elements\\");
	if (element == NULL)
		return false;
	format = bcd_format((uint32_t)strtoul(element + strlen("\\Elements\\"), NULL, 16));
	return format == BCD_OBJECT || format == BCD_OBJECT_LIST;
}

static json_t *
side_json(const struct reg_diff_side *side)
{
	struct tunable_raw raw = { side->present, side->type, side->data, side->size };

	return tunable_json_raw(&raw);
}

/* Who reads a value, of all that is stored: its row's owner, or null. */
static json_t *
reader_of(const struct diff *diff, const struct reg_difference *difference)
{
	const struct tunable_entry *entry =
	    difference->name != NULL
	        ? tunable_find(&diff->hvctl->hvemu->catalog, difference->path,
	              strlen(difference->path), difference->name, strlen(difference->name), NULL)
	        : NULL;

	return entry != NULL ? json_string(entry->table->owner) : json_null();
}

static lstatus
take_stored(void *context, const struct reg_difference *difference)
{
	struct diff *diff = context;
	bool key = difference->name == NULL;
	struct buf id = { 0 };
	json_t *json;

	if (is_own_entry(difference))
		return LSTATUS(ERROR_SUCCESS);
	stored_id(difference->path, key ? "" : difference->name, &id);
	json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "key",
	    tunable_json_text(difference->path), "name",
	    key ? json_null() : tunable_json_text(difference->name), "before",
	    key ? json_boolean(difference->left.present) : side_json(&difference->left), "after",
	    key ? json_boolean(difference->right.present) : side_json(&difference->right), "reader",
	    reader_of(diff, difference), "effective_changes",
	    !key && json_object_get(diff->seen, buf_text(&id)) != NULL);
	buf_release(&id);
	return LSTATUS(json != NULL && json_array_append_new(diff->stored, json) == 0
	                   ? ERROR_SUCCESS
	                   : ERROR_NOT_ENOUGH_MEMORY);
}

static bool
compare_stored(struct diff *diff)
{
	lstatus status = reg_diff(diff->left.registry, diff->right.registry, take_stored, diff);

	if (!lstatus_ok(status))
		hvctl_fail(diff->hvctl, "the registries cannot be read: %s", lstatus_text(status));
	return lstatus_ok(status);
}

/* --- Printing
 * ------------------------------------------------------------------------------------- */

static const char *
text_of(const json_t *object, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : otherwise;
}

static void
print_stored(const struct diff *diff, const json_t *difference)
{
	if (json_is_null(json_object_get(difference, "name"))) {
		printf("  %s [%s]\n",
		    json_is_true(json_object_get(difference, "before")) ? "only left: "
		                                                        : "only right:",
		    text_of(difference, "key", ""));
		return;
	}
	printf("  %s\\%s%s%s%s\n      %s -> %s\n", text_of(difference, "key", ""),
	    hvctl_bold(diff->hvctl),
	    text_of(difference, "name", "")[0] != '\0' ? text_of(difference, "name", "")
	                                               : "(Default)",
	    hvctl_plain(diff->hvctl),
	    json_is_null(json_object_get(difference, "reader")) ? "  (no reader knows it)" : "",
	    text_of(difference, "before", "absent"), text_of(difference, "after", "absent"));
}

static void
print_text(const struct diff *diff)
{
	const json_t *last = NULL;
	json_t *difference;
	size_t index;
	size_t effective = json_array_size(diff->effective);
	size_t stored = json_array_size(diff->stored);

	if (!diff->raw_only) {
		printf("%zu difference%s in effect\n", effective, effective == 1 ? "" : "s");
		json_array_foreach(diff->effective, index, difference)
		{
			views_print_heading(diff->hvctl, last, difference);
			views_print_change(diff->hvctl, difference);
			last = difference;
		}
	}
	if (diff->effective_only)
		return;
	printf("%s%zu difference%s in what is stored%s\n", diff->raw_only ? "" : "\n", stored,
	    stored == 1 ? "" : "s",
	    diff->raw_only ? ""
	    : stored == 1  ? " that has no effect"
	                   : " that have no effect");
	json_array_foreach(diff->stored, index, difference) print_stored(diff, difference);
}

/* Without --raw what is stored differently and differs in effect is shown once, by its effect. */
static void
leave_out_seen(struct diff *diff)
{
	for (size_t i = json_array_size(diff->stored); i-- > 0;) {
		const json_t *difference = json_array_get(diff->stored, i);

		if (json_is_true(json_object_get(difference, "effective_changes")))
			json_array_remove(diff->stored, i);
	}
}

static int
report(struct diff *diff)
{
	bool differs;

	if (!diff->raw_only && !diff->effective_only)
		leave_out_seen(diff);
	differs = json_array_size(diff->effective) > 0 || json_array_size(diff->stored) > 0;
	if (!diff->hvctl->json)
		print_text(diff);
	else if (hvctl_print_json(diff->hvctl,
	             json_pack("{s:s, s:s, s:O, s:O}", "left", diff->names[0], "right",
	                 diff->names[1], "effective", diff->effective, "stored", diff->stored)) !=
	         EXIT_SUCCESS)
		return EXIT_FAILED;
	return differs ? EXIT_DIFFERENT : EXIT_SUCCESS;
}

struct reg_output {
	struct reg_diff_writer writer;
	bool any;
};

static lstatus
write_difference(void *context, const struct reg_difference *difference)
{
	struct reg_output *output = context;

	if (is_own_entry(difference))
		return LSTATUS(ERROR_SUCCESS);
	output->any = true;
	return reg_diff_write(&output->writer, difference);
}

/* The .reg file that makes the left side like the right one, on standard output. */
static int
write_reg(struct diff *diff)
{
	struct reg_output output = {
		.writer.text = { .file = stdout, .format = REG_TEXT_V5 },
	};
	lstatus status;
	lstatus ended;

	reg_text_write_begin(&output.writer.text);
	status = reg_diff(diff->left.registry, diff->right.registry, write_difference, &output);
	ended = reg_diff_write_end(&output.writer);
	if (lstatus_ok(status))
		status = ended;
	if (lstatus_ok(status))
		return output.any ? EXIT_DIFFERENT : EXIT_SUCCESS;
	hvctl_fail(diff->hvctl, "the differences cannot be written: %s", lstatus_text(status));
	return EXIT_FAILED;
}

/* --- The command
 * ---------------------------------------------------------------------------------- */

static int
run(struct diff *diff)
{
	if (!open_side(diff, 0, &diff->left) || !open_side(diff, 1, &diff->right))
		return EXIT_FAILED;
	if (diff->reg)
		return write_reg(diff);
	if (!diff->raw_only && !compare_effects(diff))
		return EXIT_FAILED;
	if (!diff->effective_only && !compare_stored(diff))
		return EXIT_FAILED;
	return report(diff);
}

static bool
parse_arguments(struct diff *diff, int argc, char **argv)
{
	const char *into = NULL;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--effective") == 0)
			diff->effective_only = true;
		else if (strcmp(argv[i], "--raw") == 0)
			diff->raw_only = true;
		else if (strcmp(argv[i], "--reg") == 0)
			diff->reg = true;
		else if (strcmp(argv[i], "--into") == 0 && i + 1 < argc && into == NULL)
			into = argv[++i];
		else if (argv[i][0] == '-' || diff->count == ARRAY_SIZE(diff->names))
			return false;
		else {
			diff->into[diff->count] = into;
			diff->names[diff->count++] = argv[i];
			into = NULL;
		}
	}
	return diff->count == ARRAY_SIZE(diff->names) && into == NULL &&
	       diff->effective_only + diff->raw_only + diff->reg <= 1;
}

int
hvctl_diff(struct hvctl *hvctl, int argc, char **argv)
{
	struct diff diff = { .hvctl = hvctl };
	int status;

	if (!parse_arguments(&diff, argc, argv))
		return hvctl_misused(hvctl,
		    "\"diff\" takes two hosts, files or HOST@MOMENTs, --into KEY before a hive or "
		    "policy, and one of --effective, --raw, --reg");
	diff.effective = json_array();
	diff.stored = json_array();
	diff.seen = json_object();
	status = run(&diff);
	close_side(&diff.left);
	close_side(&diff.right);
	json_decref(diff.effective);
	json_decref(diff.stored);
	json_decref(diff.seen);
	return status;
}
