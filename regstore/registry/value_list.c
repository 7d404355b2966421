/*
 * Lists of a key's values, and finding a value in one.
 *
 * A list is kept as it was read. Who reads one value of a key after the other is served from one
 * list: it is read at the second value that is asked for, and of the next key at the first. So a
 * single value costs one look-up, and the values of a key one walk over them.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"

#define SEARCHED_MOST 1024u /* values of a list that a look-up in the store is dearer than */

/* One walk over a key's values. Names of the upper key hide those of the lower. */
struct value_walk {
	bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size);
	void *context;
	bool two;         /* the key is two */
	bool lower;       /* it is the lower one's turn */
	bool any;         /* value was there */
	bool stopped;     /* by `each` */
	struct buf names; /* of the upper one, each with its NUL, if there is a lower one */
};

static bool
is_hidden(const struct value_walk *walk, const char *name)
{
	for (size_t at = 0; at < walk->names.size;) {
		const char *upper = (const char *)walk->names.data + at;

		if (name_compare(upper, name) == 0)
			return true;
		at += strlen(upper) + 1;
	}
	return false;
}

static bool
walk_one(void *context, const char *name, uint32_t type, const void *data, size_t size)
{
	struct value_walk *walk = context;

	walk->any = true;
	if (walk->lower && is_hidden(walk, name))
		return true;
	if (walk->two && !walk->lower)
		buf_append(&walk->names, name, strlen(name) + 1);
	walk->stopped = walk->names.failed || !walk->each(walk->context, name, type, data, size);
	return !walk->stopped;
}

static lstatus
each_value(struct registry *registry, reg_key key, bool small,
    bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size),
    void *context)
{
	struct value_walk walk = { .each = each, .context = context, .two = key.below != 0 };
	lstatus status = store_each_value(registry->store, key.id, small, walk_one, &walk);
	struct store_key row;

	/* Only a key without values may be gone. */
	if (lstatus_ok(status) && !walk.any)
		status = store_get_key(registry->store, key.id, &row, NULL, NULL);
	walk.lower = true;
	if (lstatus_ok(status) && walk.two && !walk.stopped)
		status = store_each_value(registry->store, key.below, small, walk_one, &walk);
	if (lstatus_ok(status) && walk.names.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&walk.names);
	return status;
}

lstatus
registry_each_value(struct registry *registry, reg_key key,
    bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size),
    void *context)
{
	return each_value(registry, key, false, each, context);
}

/* --- Lists --------------------------------------------------------------------------------------
 */

/* A value of a list that was read: where its parts begin in the data and names. */
struct packed_value {
	uint32_t type;
	bool asked; /* for by its name */
	size_t name;
	size_t data;
	size_t size;
};

struct value_lister {
	struct buf rows;  /* struct packed_value each */
	struct buf bytes; /* data, each at a multiple of 8 with its name after it */
};

/* A list in memory. It is kept as one block, of rows and bytes. */
struct values {
	struct packed_value *rows;
	size_t count;
	const uint8_t *bytes;
	size_t size; /* of `bytes` */
};

static void
lister_release(struct value_lister *lister)
{
	buf_release(&lister->rows);
	buf_release(&lister->bytes);
}

static bool
list_one(void *context, const char *name, uint32_t type, const void *data, size_t size)
{
	struct value_lister *lister = context;
	struct packed_value row = { .type = type, .data = lister->bytes.size, .size = size };
	size_t length = strlen(name) + 1;

	row.name = row.data + size;
	buf_append(&lister->bytes, data, size);
	buf_append(&lister->bytes, name, length);
	buf_append(&lister->bytes, "\0\0\0\0\0\0\0", (8 - (size + length) % 8) % 8);
	buf_append(&lister->rows, &row, sizeof(row));
	return !lister->bytes.failed && !lister->rows.failed;
}

static struct values
values_of_lister(const struct value_lister *lister)
{
	return (struct values){ .rows = (void *)lister->rows.data,
		.count = lister->rows.size / sizeof(struct packed_value),
		.bytes = lister->bytes.data,
		.size = lister->bytes.size };
}

static struct values
values_of_answer(const struct answer *answer)
{
	struct values values = { .rows = answer->data, .count = answer->type };

	values.bytes = (const uint8_t *)(values.rows + values.count);
	values.size = answer->size - values.count * sizeof(*values.rows);
	return values;
}

/* Make a list of what is kept, or was read to be. */
static lstatus
unpack(const struct values *values, struct reg_value_list *ret_list)
{
	struct reg_value_list list = { .count = values->count };
	uint8_t *copy;

	if (list.count > 0) {
		list.entries = malloc(list.count * sizeof(*list.entries) + values->size);
		if (list.entries == NULL)
			return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		copy = (uint8_t *)(list.entries + list.count);
		memcpy(copy, values->bytes, values->size);
		for (size_t i = 0; i < list.count; i++)
			list.entries[i] =
			    (struct reg_value_entry){ .name = (char *)copy + values->rows[i].name,
				    .type = values->rows[i].type,
				    .data = copy + values->rows[i].data,
				    .size = values->rows[i].size };
	}
	*ret_list = list;
	return LSTATUS(ERROR_SUCCESS);
}

/* Read a list; the lister, which is zero, is to be released whatever comes of it. */
static lstatus
read_values(struct registry *registry, reg_key key, bool small, struct value_lister *lister)
{
	lstatus status = each_value(registry, key, small, list_one, lister);

	if (lister->rows.failed || lister->bytes.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return status;
}

/* The lister's rows get the bytes behind them. */
static void
keep_values(struct registry *registry, const struct question *question,
    const struct store_mark *mark, struct value_lister *lister)
{
	struct answer answer = {
		.type = (uint32_t)(lister->rows.size / sizeof(struct packed_value)),
	};

	buf_append(&lister->rows, lister->bytes.data, lister->bytes.size);
	answer.data = lister->rows.data;
	answer.size = lister->rows.size;
	if (!lister->rows.failed)
		cache_keep(registry, question, mark, &answer);
}

static lstatus
list_and_keep(
    struct registry *registry, const struct question *question, struct reg_value_list *ret_list)
{
	struct value_lister lister = { 0 };
	struct store_mark mark = { 0 };
	struct values values;
	lstatus status;

	mark_key(registry, &mark, question->key);
	status = read_values(registry, question->key, false, &lister);
	values = values_of_lister(&lister);
	if (lstatus_ok(status))
		status = unpack(&values, ret_list);
	if (lstatus_ok(status))
		keep_values(registry, question, &mark, &lister);
	lister_release(&lister);
	return status;
}

lstatus
registry_list_values(struct registry *registry, reg_key key, struct reg_value_list *ret_list)
{
	struct question question = { .kind = QUESTION_VALUES, .key = key };
	struct answer answer;
	struct values values;

	if (!cache_find(registry, &question, &answer))
		return list_and_keep(registry, &question, ret_list);
	values = values_of_answer(&answer);
	return unpack(&values, ret_list);
}

void
reg_value_list_release(struct reg_value_list *list)
{
	free(list->entries);
	*list = (struct reg_value_list){ 0 };
}

/* --- One value of a list ------------------------------------------------------------------------
 */

/* Looked for from `*from` on: values are often asked for in their order. */
static struct packed_value *
find_row(const struct values *values, const char *name, uint32_t *from)
{
	for (size_t i = 0; i < values->count; i++) {
		size_t at = (*from + i) % values->count;
		struct packed_value *row = &values->rows[at];

		if (name_compare((const char *)values->bytes + row->name, name) == 0) {
			*from = (uint32_t)at + 1;
			return row;
		}
	}
	return NULL;
}

static struct ahead_key *
ahead_of(struct registry *registry, reg_key key)
{
	return &registry->ahead.keys[(uint64_t)key.id % AHEAD_KEYS];
}

/* Note that a value of the key is asked for. Whether the key's values are to be read, now. */
static bool
is_to_be_read(struct registry *registry, reg_key key, const struct store_mark *mark)
{
	struct ahead_key *slot = ahead_of(registry, key);

	if (slot->key.id == key.id && slot->key.below == key.below &&
	    store_mark_holds(registry->store, &slot->mark)) {
		registry->ahead.read_on = true;
		return ++slot->asked == 2 && !slot->tried;
	}
	if (slot->asked == 1)
		registry->ahead.read_on = false;
	*slot = (struct ahead_key){
		.key = key, .mark = *mark, .asked = 1, .tried = registry->ahead.read_on
	};
	return slot->tried;
}

/* The list of the key's values, kept or (*ret_read) read now; false if there is none to be had. */
static bool
get_values(struct registry *registry, const struct question *question,
    const struct store_mark *mark, struct value_lister *lister, struct values *ret_values,
    bool *ret_read)
{
	bool now = is_to_be_read(registry, question->key, mark);
	struct answer answer;

	if (cache_find(registry, question, &answer)) {
		*ret_values = values_of_answer(&answer);
		return ret_values->count <= SEARCHED_MOST;
	}
	if (!now || !lstatus_ok(read_values(registry, question->key, true, lister)))
		return false;
	*ret_values = values_of_lister(lister);
	*ret_read = true;
	return true;
}

bool
values_know(struct registry *registry, reg_key key, const char *name, const struct store_mark *mark,
    lstatus *ret_status, uint32_t *ret_type, struct buf *data, bool *ret_again)
{
	struct question question = { .kind = QUESTION_VALUES, .key = key };
	struct value_lister lister = { 0 };
	struct values values;
	struct packed_value *row;
	bool read = false;

	if (mark->doubtful || !store_reads_latest(registry->store) ||
	    !get_values(registry, &question, mark, &lister, &values, &read)) {
		lister_release(&lister);
		return false;
	}
	row = find_row(&values, name, &ahead_of(registry, key)->next);
	*ret_again = row == NULL || row->asked;
	*ret_status = LSTATUS(row != NULL ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND);
	if (row != NULL) {
		row->asked = true;
		*ret_type = row->type;
		buf_append(data, values.bytes + row->data, row->size);
	}
	if (read)
		keep_values(registry, &question, mark, &lister);
	lister_release(&lister);
	return true;
}
