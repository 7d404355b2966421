/*
 * solve: which settings make a value the effective one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/bcd/bcd.h"
#include "regstore/formats/reg_text.h"
#include "regstore/tunable/solve.h"
#include "vmms/hvctl.h"

#define READERS_MAX 8u
#define STATES_MAX  32u
#define OPTIONS_MAX 32u

/* What the host's boot configuration holds for an option. */
struct option {
	const char *name;
	bool present;
	uint32_t type;
	struct buf data;
};

/* What one reader finds on the host. */
struct found {
	struct tunable_case given; /* first: the interpreter hands this back */
	struct task *task;
	struct tunable_snapshot *snapshot; /* or NULL: nothing */
	struct tunable_snapshot_case values;
};

struct task {
	struct hvctl *hvctl;
	struct registry *registry; /* NULL: there is no host */
	char *target;              /* "NAME" or "KEY\NAME" */
	const char *goal;
	const char *name; /* of the value */
	struct buf key;   /* concrete */
	struct {
		const char *name, *word;
	} states[STATES_MAX];
	size_t state_count;
	struct option options[OPTIONS_MAX];
	size_t option_count;
	struct found found[READERS_MAX];
	struct solve_reader readers[READERS_MAX];
	struct solve_question question;
	struct solve_answer answer;
};

/* --- The host
 * ------------------------------------------------------------------------------------- */

/* As the user says, else as the host reads. */
static const char *
host_state(const struct tunable_case *given, const char *name)
{
	const struct found *found = (const struct found *)(const void *)given;
	struct task *task = found->task;

	for (size_t i = 0; i < task->state_count; i++) {
		if (strcasecmp(task->states[i].name, name) == 0)
			return task->states[i].word;
	}
	return tunable_switch_word(&task->hvctl->catalog, task->registry, name);
}

/* The same while a snapshot is loaded: there the loader's context comes back. */
static const char *
loader_state(const struct tunable_case *given, const char *name)
{
	return host_state(given->context, name);
}

static struct tunable_raw
host_raw(const struct tunable_case *given, const struct tunable_entry *entry)
{
	const struct found *found = (const struct found *)(const void *)given;

	if (found->snapshot == NULL)
		return (struct tunable_raw){ 0 };
	return found->values.given.raw(&found->values.given, entry);
}

static struct tunable_raw
host_bcd(const struct tunable_case *given, const char *name)
{
	const struct found *found = (const struct found *)(const void *)given;
	struct task *task = found->task;
	struct option *option = task->options;

	while (option < task->options + task->option_count && strcasecmp(option->name, name) != 0)
		option++;
	if (task->registry == NULL || option == task->options + OPTIONS_MAX)
		return (struct tunable_raw){ 0 };
	if (option == task->options + task->option_count) {
		task->option_count++;
		option->name = name;
		buf_reserve(&option->data, 1); /* so that an empty value has an address */
		option->present =
		    lstatus_ok(bcd_option(task->registry, name, &option->type, &option->data));
	}
	return (struct tunable_raw){ option->present, option->type, option->data.data,
		option->data.size };
}

/* Read what a reader finds; false, with a message, if the registry cannot be read. */
static bool
read_host(struct task *task, struct found *found, const struct tunable_entry *entry)
{
	struct tunable_loader loader = { .catalog = &task->hvctl->catalog,
		.registry = task->registry,
		.state = loader_state,
		.bcd = bcd_option,
		.context = found };
	const struct tunable_reading *reading;
	lstatus status;

	found->given =
	    (struct tunable_case){ .raw = host_raw, .state = host_state, .bcd = host_bcd };
	found->task = task;
	if (task->registry == NULL || !tunable_in_registry(entry->table))
		return true;
	status = tunable_load(&loader, entry->table, buf_text(&task->key), &found->snapshot);
	if (!lstatus_ok(status)) {
		hvctl_fail(task->hvctl, "%s: %s", buf_text(&task->key), lstatus_text(status));
		return false;
	}
	reading = tunable_snapshot_find(found->snapshot, task->name);
	if (reading != NULL) {
		tunable_snapshot_case(
		    found->snapshot, (size_t)(reading - found->snapshot->readings), &found->values);
	} else { /* a name that is not fixed, and not there */
		tunable_snapshot_free(found->snapshot);
		found->snapshot = NULL;
	}
	return true;
}

/* Open the host if there is one; false, with a message, if it cannot be. */
static bool
open_host(struct task *task)
{
	struct buf error = { 0 };
	struct registry_options options = {
		.mode = REGISTRY_OPEN, .channel = "hvctl", .error = &error
	};
	lstatus status = registry_open(task->hvctl->root, &options, &task->registry);
	bool ok = lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND);

	if (!ok)
		hvctl_fail(task->hvctl, "%s: %s", task->hvctl->root, buf_text(&error));
	buf_release(&error);
	return ok;
}

/* --- The value
 * ------------------------------------------------------------------------------------ */

static bool
has_placeholder(const struct tunable_table *table)
{
	char *root = tunable_table_root(table);
	bool has = root == NULL || strcmp(root, tunable_table_key(table)) != 0;

	free(root);
	return has;
}

/* The one instance of a table's key that the host has; false if there is none, or more. */
static bool
only_instance(struct task *task, const struct tunable_table *table, struct buf *ret_key)
{
	struct buf keys = { 0 };
	bool one;

	if (task->registry == NULL ||
	    !lstatus_ok(tunable_instances(task->registry, table, &keys)) || keys.size == 0) {
		buf_release(&keys);
		return false;
	}
	one = strlen((const char *)keys.data) + 1 == keys.size;
	if (one)
		buf_append_text(ret_key, (const char *)keys.data);
	buf_release(&keys);
	return one;
}

/* The concrete key that is meant; EXIT_SUCCESS, or the status after a message. */
static int
find_key(struct task *task, const struct tunable_table *table)
{
	char *slash = strrchr(task->target, '\\');
	bool named;

	if (!has_placeholder(table)) {
		buf_append_text(&task->key, tunable_table_key(table));
		return EXIT_SUCCESS;
	}
	if (slash != NULL) {
		*slash = '\0';
		named = strchr(task->target, '<') == NULL &&
		        tunable_instance_key(table, task->target, &task->key);
		*slash = '\\';
		if (named)
			return EXIT_SUCCESS;
		buf_clear(&task->key);
	}
	if (only_instance(task, table, &task->key))
		return EXIT_SUCCESS;
	return hvctl_misused(task->hvctl,
	    "which one? Name the whole key, as in \"hvctl solve '%s\\%s=%s'\", with a name for "
	    "what "
	    "stands in brackets",
	    tunable_table_key(table), task->name, task->goal);
}

/* All readers of the one value that is meant; EXIT_SUCCESS, or the status after a message. */
static int
find_readers(struct task *task)
{
	const struct tunable_catalog *catalog = &task->hvctl->catalog;
	const struct tunable_entry *first = tunable_find_name(catalog, task->target, NULL);
	const struct tunable_entry *entry = first;
	int status;

	if (first == NULL)
		return hvctl_unknown_name(task->hvctl, task->target);
	status = find_key(task, first->table);
	for (; entry != NULL && status == EXIT_SUCCESS;
	     entry = tunable_find_name(catalog, task->target, entry)) {
		size_t at = task->question.reader_count;

		if (strcasecmp(entry->table->key, first->table->key) != 0)
			return hvctl_misused(task->hvctl,
			    "\"%s\" is the name of several values; write %s\\%s=%s or %s\\%s=%s",
			    task->target, first->table->key, task->name, task->goal,
			    entry->table->key, task->name, task->goal);
		if (at == READERS_MAX)
			break;
		if (!read_host(task, &task->found[at], entry))
			return EXIT_FAILURE;
		task->readers[at] = (struct solve_reader){ entry, &task->found[at].given };
		task->question.reader_count++;
	}
	return status;
}

/* --- What an answer says
 * -------------------------------------------------------------------------- */

/* What bcdedit takes for an option's data. */
static void
append_option_value(const struct solve_change *change, const struct buf *bytes, struct buf *out)
{
	const struct bcd_element *element = bcd_element_named(change->option, BCD_OSLOADER);
	const struct bcd_word *word = element->words;
	uint64_t number = 0;

	if (bcd_format(element->id) == BCD_STRING) {
		utf16_to_utf8(bytes->data + change->data.offset, change->data.size, true, out);
		return;
	}
	for (size_t i = change->data.size; i-- > 0;)
		number = number << 8 | bytes->data[change->data.offset + i];
	while (word != NULL && word->word != NULL && word->number != number)
		word++;
	if (word != NULL && word->word != NULL)
		buf_append_text(out, word->word);
	else if (bcd_format(element->id) == BCD_BOOLEAN)
		buf_append_text(out, number != 0 ? "yes" : "no");
	else
		buf_printf(out, "%" PRIu64, number);
}

/* The object of the boot configuration that holds an option now. */
static bool
option_holder(struct task *task, const char *name, char ret_guid[BCD_GUID_SIZE])
{
	const struct bcd_element *element = bcd_element_named(name, BCD_OSLOADER);
	char entry[BCD_GUID_SIZE];
	struct bcd bcd;

	return lstatus_ok(bcd_open(task->registry, BCD_ROOT, &bcd)) && bcd_next(&bcd, entry) &&
	       lstatus_ok(bcd_effective(&bcd, entry, element->id, ret_guid));
}

static void
append_command(struct task *task, const struct solve_change *change, struct buf *out)
{
	char guid[BCD_GUID_SIZE] = "{current}";
	struct buf value = { 0 };
	bool quotes;

	if (change->deletes) {
		option_holder(task, change->option, guid);
		buf_printf(out, "bcdedit /deletevalue %s %s", guid, change->option);
		return;
	}
	append_option_value(change, &task->answer.bytes, &value);
	quotes = value.size == 0 || strpbrk(buf_text(&value), " \t") != NULL;
	buf_printf(out, "bcdedit /set %s %s%s%s", change->option, quotes ? "\"" : "",
	    buf_text(&value), quotes ? "\"" : "");
	buf_release(&value);
}

/* "HKEY_LOCAL_MACHINE\...": the key of a change, in the instance that is meant. */
static void
append_key(struct task *task, const struct tunable_entry *entry, struct buf *out)
{
	static const char *const roots[][2] = { { "HKLM\\", "HKEY_LOCAL_MACHINE\\" },
		{ "HKCU\\", "HKEY_CURRENT_USER\\" }, { "HKU\\", "HKEY_USERS\\" } };
	const struct tunable_table *own = task->readers[0].entry->table;
	struct buf key = { 0 };
	const char *text;

	if (entry->table == own)
		buf_append_text(&key, buf_text(&task->key));
	else if (!tunable_related_key(entry->table, own, buf_text(&task->key), &key)) {
		buf_clear(&key);
		buf_append_text(&key, tunable_table_key(entry->table));
	}
	text = buf_text(&key);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		if (strncasecmp(text, roots[i][0], strlen(roots[i][0])) == 0) {
			buf_append_text(out, roots[i][1]);
			text += strlen(roots[i][0]);
		}
	}
	buf_append_text(out, text);
	buf_release(&key);
}

static const char *
name_of(struct task *task, const struct tunable_entry *entry)
{
	return strcasecmp(entry->row->name, task->readers[0].entry->row->name) == 0
	           ? task->name
	           : entry->row->name;
}

/* The readers, and the event at which each takes a change. */
static json_t *
readers_json(struct task *task)
{
	json_t *readers = json_array();
	struct buf command = { 0 };

	for (size_t i = 0; i < task->question.reader_count; i++) {
		const struct tunable_entry *entry = task->readers[i].entry;
		enum tunable_apply event = tunable_apply_event(entry);

		buf_clear(&command);
		hvctl_event_command(event, entry->table->owner, &command);
		json_array_append_new(readers,
		    json_pack("{s:s, s:s, s:s, s:o}", "owner", entry->table->owner, "section",
		        entry->table->section, "event", tunable_apply_name(event), "command",
		        command.size > 0 ? json_string(buf_text(&command)) : json_null()));
	}
	buf_release(&command);
	return readers;
}

/* --- Printing
 * ------------------------------------------------------------------------------------- */

/* The lines that say what the changes are for. `mark` begins a comment. */
static void
print_comments(struct task *task, const char *mark)
{
	struct solve_answer *answer = &task->answer;
	struct buf command = { 0 };

	for (size_t i = 0; i < task->question.reader_count; i++) {
		const struct tunable_entry *entry = task->readers[i].entry;
		enum tunable_apply event = tunable_apply_event(entry);

		buf_clear(&command);
		hvctl_event_command(event, entry->table->owner, &command);
		printf("%s %s = %s for %s (reference, section %s); takes effect at %s%s%s%s\n",
		    mark, task->name, task->goal, entry->table->owner, entry->table->section,
		    tunable_apply_name(event),
		    tunable_apply_class(entry) == APPLY_UNKNOWN ? " (assumed)" : "",
		    command.size > 0 ? ": " : "", buf_text(&command));
	}
	buf_release(&command);
	for (size_t i = 0; i < answer->condition_count; i++)
		printf("%s only while %s is %s, which is no setting\n", mark,
		    answer->conditions[i].name, answer->conditions[i].word);
	if (answer->change_count == 0)
		printf("%s nothing is to be changed\n", mark);
}

static void
write_change(struct task *task, const struct solve_change *change, const char *key,
    struct reg_text_writer *writer)
{
	const char *name = name_of(task, change->entry);
	bool subkey = change->entry->row->shape == SHAPE_SUBKEY;

	if (change->deletes && subkey) {
		reg_text_write_deleted_key(writer, key);
		return;
	}
	reg_text_write_key(writer, key);
	if (change->deletes)
		reg_text_write_deleted_value(writer, name);
	else if (!subkey)
		reg_text_write_value(writer, name, change->data.type,
		    task->answer.bytes.data + change->data.offset, change->data.size);
}

/* The writer's text on standard output, as UTF-8 and with plain line ends. */
static void
print_written(struct reg_text_writer *writer)
{
	struct buf text = { 0 };

	utf16_to_utf8(writer->text.data, writer->text.size, false, &text);
	for (const char *at = buf_text(&text); *at != '\0'; at++) {
		if (*at != '\r')
			putchar(*at);
	}
	buf_release(&text);
	buf_clear(&writer->text);
}

static int
print_reg(struct task *task)
{
	struct solve_answer *answer = &task->answer;
	struct reg_text_writer writer = { .format = REG_TEXT_V5 };
	struct buf text = { 0 };
	lstatus status;

	puts("Windows Registry Editor Version 5.00\n");
	print_comments(task, ";");
	for (size_t i = 0; i < answer->change_count; i++) {
		buf_clear(&text);
		if (answer->changes[i].entry == NULL) {
			append_command(task, &answer->changes[i], &text);
			printf("; and: %s\n", buf_text(&text));
			continue;
		}
		append_key(task, answer->changes[i].entry, &text);
		write_change(task, &answer->changes[i], buf_text(&text), &writer);
		print_written(&writer);
	}
	status = writer.status;
	reg_text_writer_release(&writer);
	buf_release(&text);
	return lstatus_ok(status) ? EXIT_SUCCESS
	                          : hvctl_fail(task->hvctl, "%s", lstatus_text(status));
}

static bool
changes_registry(const struct solve_answer *answer)
{
	for (size_t i = 0; i < answer->change_count; i++) {
		if (answer->changes[i].entry != NULL)
			return true;
	}
	return false;
}

static int
print_commands(struct task *task)
{
	struct buf text = { 0 };

	print_comments(task, "#");
	for (size_t i = 0; i < task->answer.change_count; i++) {
		buf_clear(&text);
		append_command(task, &task->answer.changes[i], &text);
		puts(buf_text(&text));
	}
	buf_release(&text);
	return EXIT_SUCCESS;
}

static int
say_none(struct task *task)
{
	struct solve_answer *answer = &task->answer;
	const struct tunable *row = task->readers[0].entry->row;
	const char *type = reg_type_name(row->type);

	fprintf(stderr, "hvctl: no setting makes %s %s\n", task->name, task->goal);
	if (answer->instead.size > 0)
		fprintf(stderr, "  written as it is, it becomes %s\n", buf_text(&answer->instead));
	else
		fprintf(stderr, "  %s cannot hold it\n", type != NULL ? type : "its type");
	if (answer->has_below)
		fprintf(stderr, "  the nearest below: %" PRIu64 "\n", answer->below);
	if (answer->has_above)
		fprintf(stderr, "  the nearest above: %" PRIu64 "\n", answer->above);
	return EXIT_FAILURE;
}

/* --- As JSON
 * -------------------------------------------------------------------------------------- */

static json_t *
change_json(struct task *task, const struct solve_change *change)
{
	struct tunable_raw raw = vector_raw(&change->data, &task->answer.bytes);
	struct buf text = { 0 };
	json_t *json = json_object();

	if (change->entry == NULL) {
		append_command(task, change, &text);
		json_object_set_new(json, "option", json_string(change->option));
		json_object_set_new(json, "command", tunable_json_text(buf_text(&text)));
	} else {
		append_key(task, change->entry, &text);
		json_object_set_new(json, "key", tunable_json_text(buf_text(&text)));
		json_object_set_new(json, "name", tunable_json_text(name_of(task, change->entry)));
	}
	buf_clear(&text);
	tunable_raw_text(&raw, &text);
	json_object_set_new(
	    json, "data", change->deletes ? json_null() : tunable_json_text(buf_text(&text)));
	buf_release(&text);
	return json;
}

static json_t *
nearest_json(bool has, uint64_t number)
{
	return has ? tunable_json_number(number) : json_null();
}

static json_t *
answer_json(struct task *task)
{
	struct solve_answer *answer = &task->answer;
	json_t *changes = json_array();
	json_t *conditions = json_object();

	for (size_t i = 0; i < answer->change_count; i++)
		json_array_append_new(changes, change_json(task, &answer->changes[i]));
	for (size_t i = 0; i < answer->condition_count; i++)
		json_object_set_new(conditions, answer->conditions[i].name,
		    tunable_json_text(answer->conditions[i].word));
	return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
	    tunable_json_text(task->name), "goal", tunable_json_text(task->goal), "found",
	    answer->found, "changes", changes, "conditions", conditions, "readers",
	    readers_json(task), "instead",
	    answer->instead.size > 0 ? tunable_json_text(buf_text(&answer->instead)) : json_null(),
	    "nearest_below", nearest_json(!answer->found && answer->has_below, answer->below),
	    "nearest_above", nearest_json(!answer->found && answer->has_above, answer->above));
}

/* --- The command
 * ---------------------------------------------------------------------------------- */

/* "NAME=WORD" */
static bool
take_state(struct task *task, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL || task->state_count == STATES_MAX)
		return false;
	*equals = '\0';
	task->states[task->state_count].name = text;
	task->states[task->state_count++].word = equals + 1;
	return tunable_state_is_known(&task->hvctl->catalog, text);
}

/* "NAME=VALUE" or "KEY\NAME=VALUE" */
static bool
take_target(struct task *task, char *text)
{
	char *equals = strchr(text, '=');
	const char *slash;

	if (equals == NULL || equals == text || task->target != NULL || text[0] == '-')
		return false;
	*equals = '\0';
	task->target = text;
	task->goal = equals + 1;
	slash = strrchr(text, '\\');
	task->name = slash != NULL ? slash + 1 : text;
	return true;
}

static bool
take_arguments(struct task *task, int argc, char **argv)
{
	bool ok = true;

	task->question.registry = task->question.options = true;
	for (int i = 1; i < argc && ok; i++) {
		if (strcmp(argv[i], "--reg") == 0)
			task->question.options = false;
		else if (strcmp(argv[i], "--bcdedit") == 0)
			task->question.registry = false;
		else if (strcmp(argv[i], "--state") == 0 && i + 1 < argc)
			ok = take_state(task, argv[++i]);
		else
			ok = take_target(task, argv[i]);
	}
	return ok && task->target != NULL && (task->question.registry || task->question.options);
}

static int
answer(struct task *task)
{
	int status = find_readers(task);

	if (status != EXIT_SUCCESS)
		return status;
	task->question.readers = task->readers;
	task->question.goal = task->goal;
	if (!solve(&task->question, &task->answer))
		return hvctl_fail(task->hvctl, "not enough memory");
	if (task->hvctl->json) {
		status = hvctl_print_json(task->hvctl, answer_json(task));
		return task->answer.found ? status : EXIT_FAILURE;
	}
	if (!task->answer.found)
		return say_none(task);
	return task->question.registry &&
	               (changes_registry(&task->answer) || task->answer.change_count == 0)
	           ? print_reg(task)
	           : print_commands(task);
}

static void
release(struct task *task)
{
	solve_answer_release(&task->answer);
	for (size_t i = 0; i < READERS_MAX; i++)
		tunable_snapshot_free(task->found[i].snapshot);
	for (size_t i = 0; i < task->option_count; i++)
		buf_release(&task->options[i].data);
	buf_release(&task->key);
	registry_close(task->registry);
}

int
hvctl_solve(struct hvctl *hvctl, int argc, char **argv)
{
	struct task task = { .hvctl = hvctl };
	int status;

	if (!take_arguments(&task, argc, argv))
		return hvctl_misused(hvctl, "\"solve\" takes one NAME=VALUE, --reg or --bcdedit, "
		                            "and --state NAME=WORD of a "
		                            "state that there is");
	status = open_host(&task) ? answer(&task) : EXIT_FAILURE;
	release(&task);
	return status;
}
