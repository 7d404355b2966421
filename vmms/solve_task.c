/*
 * Finding the one value that is meant, its readers, and the answer.
 */
#include "vmms/solve_task.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/tunable/load.h"
#include "regstore/tunable/nearest.h"

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
only_instance(struct solve_task *task, const struct tunable_table *table, struct buf *ret_key)
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

/* The instance of a table's key that the target's own key is; false if it is none. */
static bool
named_instance(struct solve_task *task, const struct tunable_table *table)
{
	const char *slash = strrchr(task->target, '\\');
	char *key = slash != NULL ? strndup(task->target, (size_t)(slash - task->target)) : NULL;
	bool named =
	    key != NULL && strchr(key, '<') == NULL && tunable_instance_key(table, key, &task->key);

	if (!named)
		buf_clear(&task->key);
	free(key);
	return named;
}

/* The concrete key that is meant. */
static enum solve_asked
find_key(struct solve_task *task, const struct tunable_table *table)
{
	if (!has_placeholder(table)) {
		buf_append_text(&task->key, tunable_table_key(table));
		return SOLVE_ASKED;
	}
	if (named_instance(task, table) || only_instance(task, table, &task->key))
		return SOLVE_ASKED;
	buf_printf(&task->error,
	    "which one? Name the whole key, as in \"%s\\%s\", with a name for what stands in "
	    "brackets",
	    tunable_table_key(table), task->name);
	return SOLVE_UNCLEAR;
}

/* All readers of the one value that is meant. */
static enum solve_asked
find_readers(struct solve_task *task)
{
	const struct tunable_entry *first = tunable_find_name(task->catalog, task->target, NULL);
	const struct tunable_entry *entry = first;
	enum solve_asked asked;

	if (first == NULL) {
		tunable_unknown_name(task->catalog, task->target, &task->error);
		return SOLVE_UNKNOWN;
	}
	asked = find_key(task, first->table);
	for (size_t at = 0; entry != NULL && at < SOLVE_READERS_MAX && asked == SOLVE_ASKED; at++) {
		const struct tunable_case *given;

		if (strcasecmp(entry->table->key, first->table->key) != 0) {
			buf_printf(&task->error,
			    "\"%s\" is the name of several values; write %s\\%s or %s\\%s",
			    task->target, first->table->key, task->name, entry->table->key,
			    task->name);
			return SOLVE_UNCLEAR;
		}
		given = task->given(task, at, entry);
		if (given == NULL)
			return SOLVE_UNREADABLE;
		task->readers[at] = (struct solve_reader){ entry, given };
		task->question.reader_count = at + 1;
		entry = tunable_find_name(task->catalog, task->target, entry);
	}
	return asked;
}

enum solve_asked
solve_task_ask(struct solve_task *task)
{
	const char *slash = strrchr(task->target, '\\');
	enum solve_asked asked;

	task->name = slash != NULL ? slash + 1 : task->target;
	asked = find_readers(task);
	if (asked != SOLVE_ASKED)
		return asked;
	task->question.readers = task->readers;
	task->question.goal = task->goal;
	if (solve(&task->question, &task->answer))
		return SOLVE_ASKED;
	buf_append_text(&task->error, "not enough memory");
	return SOLVE_NO_MEMORY;
}

void
solve_task_release(struct solve_task *task)
{
	solve_answer_release(&task->answer);
	buf_release(&task->key);
	buf_release(&task->error);
}
