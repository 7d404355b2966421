/*
 * solve's answers: as a .reg file, as commands of bcdedit, as JSON.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/bcd/bcd.h"
#include "regstore/formats/reg_text.h"
#include "vmms/hvctl_solve.h"

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
option_holder(struct solve_task *task, const char *name, char ret_guid[BCD_GUID_SIZE])
{
	const struct bcd_element *element = bcd_element_named(name, BCD_OSLOADER);
	char entry[BCD_GUID_SIZE];
	struct bcd bcd;

	return lstatus_ok(bcd_open(task->registry, BCD_ROOT, &bcd)) && bcd_next(&bcd, entry) &&
	       lstatus_ok(bcd_effective(&bcd, entry, element->id, ret_guid));
}

static void
append_command(struct solve_task *task, const struct solve_change *change, struct buf *out)
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
append_key(struct solve_task *task, const struct tunable_entry *entry, struct buf *out)
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
name_of(struct solve_task *task, const struct tunable_entry *entry)
{
	return strcasecmp(entry->row->name, task->readers[0].entry->row->name) == 0
	           ? task->name
	           : entry->row->name;
}

/* The readers, and the event at which each takes a change. */
static json_t *
readers_json(struct solve_task *task)
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
print_comments(struct solve_task *task, const char *mark)
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
write_change(struct solve_task *task, const struct solve_change *change, const char *key,
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
print_reg(struct solve_task *task)
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
print_commands(struct solve_task *task)
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

int
hvctl_answer_print(struct solve_task *task)
{
	const struct solve_answer *answer = &task->answer;

	if (task->question.registry && (changes_registry(answer) || answer->change_count == 0))
		return print_reg(task);
	return print_commands(task);
}

int
hvctl_answer_none(struct solve_task *task)
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
change_json(struct solve_task *task, const struct solve_change *change)
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

json_t *
hvctl_answer_json(struct solve_task *task)
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
