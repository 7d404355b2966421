/*
 * solve's answers in words and as JSON.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/bcd/bcd.h"
#include "regstore/tunable/view.h"
#include "vmms/hvctl.h"
#include "vmms/solve_task.h"

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

	return task->registry != NULL && lstatus_ok(bcd_open(task->registry, BCD_ROOT, &bcd)) &&
	       bcd_next(&bcd, entry) &&
	       lstatus_ok(bcd_effective(&bcd, entry, element->id, ret_guid));
}

void
solve_task_command(struct solve_task *task, const struct solve_change *change, struct buf *out)
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
void
solve_task_key(struct solve_task *task, const struct tunable_entry *entry, struct buf *out)
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

const char *
solve_task_name(struct solve_task *task, const struct tunable_entry *entry)
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

void
solve_task_reason(struct solve_task *task, struct buf *out)
{
	struct solve_answer *answer = &task->answer;
	const char *type = reg_type_name(task->readers[0].entry->row->type);

	if (answer->instead.size > 0)
		buf_printf(out, "written as it is, it becomes %s", buf_text(&answer->instead));
	else
		buf_printf(out, "%s cannot hold it", type != NULL ? type : "its type");
	if (answer->has_below)
		buf_printf(out, "; the nearest below: %" PRIu64, answer->below);
	if (answer->has_above)
		buf_printf(out, "; the nearest above: %" PRIu64, answer->above);
}

/* --- As JSON
 * -------------------------------------------------------------------------------------- */

static json_t *
change_json(struct solve_task *task, const struct solve_change *change)
{
	struct tunable_raw raw = vector_raw(&change->data, &task->answer.bytes);
	json_t *json = json_object();
	struct buf text = { 0 };

	if (change->entry == NULL) {
		solve_task_command(task, change, &text);
		json_object_set_new(json, "option", json_string(change->option));
		json_object_set_new(json, "command", tunable_json_take(&text));
	} else {
		solve_task_key(task, change->entry, &text);
		json_object_set_new(json, "key", tunable_json_take(&text));
		json_object_set_new(
		    json, "name", tunable_json_text(solve_task_name(task, change->entry)));
	}
	if (!change->deletes)
		tunable_raw_text(&raw, &text);
	json_object_set_new(json, "data", change->deletes ? json_null() : tunable_json_take(&text));
	return json;
}

static json_t *
nearest_json(bool has, uint64_t number)
{
	return has ? tunable_json_number(number) : json_null();
}

json_t *
solve_task_json(struct solve_task *task)
{
	struct solve_answer *answer = &task->answer;
	json_t *changes = json_array();
	json_t *conditions = json_object();
	struct buf reason = { 0 };
	json_t *json;

	for (size_t i = 0; i < answer->change_count; i++)
		json_array_append_new(changes, change_json(task, &answer->changes[i]));
	for (size_t i = 0; i < answer->condition_count; i++)
		json_object_set_new(conditions, answer->conditions[i].name,
		    tunable_json_text(answer->conditions[i].word));
	if (!answer->found)
		solve_task_reason(task, &reason);
	json = json_pack("{s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
	    tunable_json_text(task->name), "goal", tunable_json_text(task->goal), "found",
	    answer->found, "changes", changes, "conditions", conditions, "readers",
	    readers_json(task), "reason", answer->found ? json_null() : tunable_json_take(&reason),
	    "instead",
	    answer->instead.size > 0 ? tunable_json_text(buf_text(&answer->instead)) : json_null(),
	    "nearest_below", nearest_json(!answer->found && answer->has_below, answer->below),
	    "nearest_above", nearest_json(!answer->found && answer->has_above, answer->above));
	buf_release(&reason);
	return json;
}
