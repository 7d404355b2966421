/*
 * solve's answers for people: as a .reg file, as commands of bcdedit.
 */
#include <stdio.h>
#include <stdlib.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/reg_text.h"
#include "vmms/hvctl_solve.h"

/* The lines that say what the changes are for. `mark` begins a comment. */
static void
print_comments(struct solve_task *task, const char *mark)
{
	const struct solve_answer *answer = &task->answer;
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
	const char *name = solve_task_name(task, change->entry);
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
	const struct solve_answer *answer = &task->answer;
	struct reg_text_writer writer = { .format = REG_TEXT_V5 };
	struct buf text = { 0 };
	lstatus status;

	puts("Windows Registry Editor Version 5.00\n");
	print_comments(task, ";");
	for (size_t i = 0; i < answer->change_count; i++) {
		buf_clear(&text);
		if (answer->changes[i].entry == NULL) {
			solve_task_command(task, &answer->changes[i], &text);
			printf("; and: %s\n", buf_text(&text));
			continue;
		}
		solve_task_key(task, answer->changes[i].entry, &text);
		write_change(task, &answer->changes[i], buf_text(&text), &writer);
		print_written(&writer);
	}
	status = writer.status;
	reg_text_writer_release(&writer);
	buf_release(&text);
	return lstatus_ok(status) ? EXIT_SUCCESS : hvctl_fail(NULL, "%s", lstatus_text(status));
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
		solve_task_command(task, &task->answer.changes[i], &text);
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
	struct buf reason = { 0 };

	solve_task_reason(task, &reason);
	hvctl_fail(NULL, "no setting makes %s %s: %s", task->name, task->goal, buf_text(&reason));
	buf_release(&reason);
	return EXIT_FAILURE;
}
