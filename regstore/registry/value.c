/*
 * Values: set, query, delete, list, and who wrote them.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"

static const char *const type_names[] = {
	[REG_NONE] = "REG_NONE",
	[REG_SZ] = "REG_SZ",
	[REG_EXPAND_SZ] = "REG_EXPAND_SZ",
	[REG_BINARY] = "REG_BINARY",
	[REG_DWORD] = "REG_DWORD",
	[REG_DWORD_BIG_ENDIAN] = "REG_DWORD_BIG_ENDIAN",
	[REG_LINK] = "REG_LINK",
	[REG_MULTI_SZ] = "REG_MULTI_SZ",
	[REG_RESOURCE_LIST] = "REG_RESOURCE_LIST",
	[REG_FULL_RESOURCE_DESCRIPTOR] = "REG_FULL_RESOURCE_DESCRIPTOR",
	[REG_RESOURCE_REQUIREMENTS_LIST] = "REG_RESOURCE_REQUIREMENTS_LIST",
	[REG_QWORD] = "REG_QWORD",
};

const char *
reg_type_name(uint32_t type)
{
	return type < ARRAY_SIZE(type_names) ? type_names[type] : NULL;
}

bool
reg_type_parse(const char *name, uint32_t *ret_type)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(type_names); i++) {
		if (strcasecmp(name, type_names[i]) == 0) {
			*ret_type = i;
			return true;
		}
	}
	return false;
}

lstatus
value_name_fold(const char *name, struct buf *folded)
{
	/* No unit takes less than one byte: short names need no counting. */
	if (strlen(name) > REG_VALUE_NAME_MAX && utf16_units(name) > REG_VALUE_NAME_MAX)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	if (!name_fold(name, strlen(name), folded))
		return LSTATUS(ERROR_INVALID_PARAMETER);
	return folded->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : LSTATUS(ERROR_SUCCESS);
}

/* A link holds its target and nothing else. */
static lstatus
check_link(struct registry *registry, reg_key key, const char *name, uint32_t type)
{
	bool is_link = false;
	lstatus status = links_have(registry, key.id, &is_link);

	if (lstatus_ok(status) && is_link &&
	    (type != REG_LINK || name_compare(name, "SymbolicLinkValue") != 0))
		status = LSTATUS(ERROR_ACCESS_DENIED);
	return status;
}

lstatus
registry_set_value(struct registry *registry, reg_key key, const char *name, uint32_t type,
    const void *data, size_t size)
{
	struct buf folded = { 0 };
	lstatus status;

	if (size > REG_DATA_MAX || (data == NULL && size > 0))
		return LSTATUS(ERROR_INVALID_PARAMETER);
	status = value_name_fold(name, &folded);
	if (lstatus_ok(status))
		status = check_link(registry, key, name, type);
	if (lstatus_ok(status))
		status = store_set_value(registry->store, key.id, (const char *)folded.data,
		    folded.size, name, type, data, size);
	if (type == REG_LINK)
		registry->links_stale = true;
	store_note_memory(registry->store, status);
	buf_release(&folded);
	return status;
}

lstatus
registry_set_text(
    struct registry *registry, reg_key key, const char *name, uint32_t type, const char *text)
{
	struct buf data = { 0 };
	lstatus status;

	if (!utf16_from_utf8(text, strlen(text), &data)) {
		buf_release(&data);
		return LSTATUS(ERROR_INVALID_PARAMETER);
	}
	if (type != REG_LINK)
		buf_append(&data, "\0", 2);
	status = data.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                     : registry_set_value(registry, key, name, type, data.data, data.size);
	store_note_memory(registry->store, status);
	buf_release(&data);
	return status;
}

lstatus
registry_set_dword(struct registry *registry, reg_key key, const char *name, uint32_t number)
{
	uint8_t data[4] = { (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
		(uint8_t)(number >> 24) };

	return registry_set_value(registry, key, name, REG_DWORD, data, sizeof(data));
}

/* What it means that a value was not found: no such value, or no such key any more. */
static lstatus
not_found(struct registry *registry, reg_key key)
{
	struct store_key row;
	lstatus status = store_get_key(registry->store, key.id, &row, NULL, NULL);

	return lstatus_ok(status) ? LSTATUS(ERROR_FILE_NOT_FOUND) : status;
}

/* Read a value of the key, or of the one below it that shows through. */
static lstatus
find_value(
    struct registry *registry, reg_key key, const char *name, uint32_t *ret_type, struct buf *data)
{
	struct buf folded = { 0 };
	struct store_value value;
	lstatus status = value_name_fold(name, &folded);

	if (lstatus_is(status, ERROR_INVALID_PARAMETER))
		status = LSTATUS(ERROR_FILE_NOT_FOUND); /* no value can have such a name */
	else if (lstatus_ok(status))
		status = store_find_value(
		    registry->store, key.id, (const char *)folded.data, folded.size, &value, data);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) && key.below != 0 && !folded.failed)
		status = store_find_value(registry->store, key.below, (const char *)folded.data,
		    folded.size, &value, data);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = not_found(registry, key);
	if (lstatus_ok(status) && data->failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		*ret_type = value.type;
	buf_release(&folded);
	return status;
}

/* The same, of which a copy is kept. */
static lstatus
find_and_keep(struct registry *registry, const struct question *question, uint32_t *ret_type,
    struct buf *data)
{
	struct store_mark mark = { 0 };
	size_t before = data->size;
	uint32_t type = 0;
	lstatus status;

	mark_key(registry, &mark, question->key);
	status = find_value(registry, question->key, question->name, &type, data);
	if (lstatus_ok(status))
		*ret_type = type;
	if (lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND))
		cache_keep(registry, question, &mark,
		    &(struct answer){ .status = status,
		        .type = type,
		        .data = data->size > before ? data->data + before : NULL,
		        .size = data->size - before });
	return status;
}

lstatus
registry_query_value(
    struct registry *registry, reg_key key, const char *name, uint32_t *ret_type, struct buf *data)
{
	struct question question = {
		.kind = QUESTION_VALUE, .key = key, .name = name, .length = strlen(name)
	};
	struct answer answer;
	struct buf unwanted = { 0 };

	if (cache_find(registry, &question, &answer)) {
		if (data != NULL)
			buf_append(data, answer.data, answer.size);
	} else {
		answer.status = find_and_keep(
		    registry, &question, &answer.type, data != NULL ? data : &unwanted);
		buf_release(&unwanted);
	}
	if (lstatus_ok(answer.status) && data != NULL && data->failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(answer.status) && ret_type != NULL)
		*ret_type = answer.type;
	return answer.status;
}

lstatus
registry_delete_value(struct registry *registry, reg_key key, const char *name)
{
	struct buf folded = { 0 };
	lstatus status = value_name_fold(name, &folded);

	if (lstatus_is(status, ERROR_INVALID_PARAMETER))
		status = LSTATUS(ERROR_FILE_NOT_FOUND);
	if (lstatus_ok(status))
		status = store_delete_value(
		    registry->store, key.id, (const char *)folded.data, folded.size);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) && key.below != 0)
		status = store_delete_value(
		    registry->store, key.below, (const char *)folded.data, folded.size);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = not_found(registry, key);
	registry->links_stale = registry->links_stale || registry->link_count > 0;
	store_note_memory(registry->store, status);
	buf_release(&folded);
	return status;
}

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

lstatus
registry_each_value(struct registry *registry, reg_key key,
    bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size),
    void *context)
{
	struct value_walk walk = { .each = each, .context = context, .two = key.below != 0 };
	lstatus status = store_each_value(registry->store, key.id, walk_one, &walk);
	struct store_key row;

	/* Only a key without values may be gone. */
	if (lstatus_ok(status) && !walk.any)
		status = store_get_key(registry->store, key.id, &row, NULL, NULL);
	walk.lower = true;
	if (lstatus_ok(status) && walk.two && !walk.stopped)
		status = store_each_value(registry->store, key.below, walk_one, &walk);
	if (lstatus_ok(status) && walk.names.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&walk.names);
	return status;
}

/* --- Lists --------------------------------------------------------------------------------------
 */

/*
 * A list as it is kept: the count, a row for each value, then data and names. A list that is handed
 * out is one block of entries with the same data and names behind them.
 */
struct packed_value {
	uint32_t type;
	size_t data; /* where in the data and names it begins */
	size_t size;
	size_t name;
};

struct value_lister {
	size_t count;
	struct buf rows;  /* struct packed_value each */
	struct buf bytes; /* data, each at a multiple of 8 with its name after it */
};

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
	lister->count++;
	return !lister->bytes.failed && !lister->rows.failed;
}

/* Make a list of rows and bytes. */
static lstatus
unpack(const struct packed_value *rows, size_t count, const void *bytes, size_t size,
    struct reg_value_list *ret_list)
{
	struct reg_value_list list = { .count = count };
	uint8_t *copy;

	if (count > 0) {
		list.entries = malloc(count * sizeof(*list.entries) + size);
		if (list.entries == NULL)
			return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		copy = (uint8_t *)(list.entries + count);
		memcpy(copy, bytes, size);
		for (size_t i = 0; i < count; i++)
			list.entries[i] =
			    (struct reg_value_entry){ .name = (char *)copy + rows[i].name,
				    .type = rows[i].type,
				    .data = copy + rows[i].data,
				    .size = rows[i].size };
	}
	*ret_list = list;
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
list_and_keep(
    struct registry *registry, const struct question *question, struct reg_value_list *ret_list)
{
	struct value_lister lister = { 0 };
	struct store_mark mark = { 0 };
	size_t rows_size;
	lstatus status;

	mark_key(registry, &mark, question->key);
	status = registry_each_value(registry, question->key, list_one, &lister);
	if (lister.rows.failed || lister.bytes.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		status = unpack((const struct packed_value *)(const void *)lister.rows.data,
		    lister.count, lister.bytes.data, lister.bytes.size, ret_list);
	rows_size = lister.rows.size;
	buf_append(&lister.rows, lister.bytes.data, lister.bytes.size);
	if (lstatus_ok(status) && !lister.rows.failed)
		cache_keep(registry, question, &mark,
		    &(struct answer){ .status = status,
		        .type = (uint32_t)(rows_size / sizeof(struct packed_value)),
		        .data = lister.rows.data,
		        .size = lister.rows.size });
	buf_release(&lister.rows);
	buf_release(&lister.bytes);
	return status;
}

lstatus
registry_list_values(struct registry *registry, reg_key key, struct reg_value_list *ret_list)
{
	struct question question = { .kind = QUESTION_VALUES, .key = key };
	struct answer answer;
	const struct packed_value *rows;
	size_t rows_size;

	if (!cache_find(registry, &question, &answer))
		return list_and_keep(registry, &question, ret_list);
	rows = answer.data;
	rows_size = answer.type * sizeof(*rows);
	return unpack(rows, answer.type, (const uint8_t *)answer.data + rows_size,
	    answer.size - rows_size, ret_list);
}

void
reg_value_list_release(struct reg_value_list *list)
{
	free(list->entries);
	*list = (struct reg_value_list){ 0 };
}

lstatus
registry_last_write(
    struct registry *registry, reg_key key, const char *name, struct reg_write *ret_write)
{
	struct buf folded = { 0 };
	struct store_value value;
	struct store_tx tx;
	lstatus status = value_name_fold(name, &folded);

	if (lstatus_ok(status))
		status = store_find_value(
		    registry->store, key.id, (const char *)folded.data, folded.size, &value, NULL);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) || lstatus_is(status, ERROR_INVALID_PARAMETER))
		status = not_found(registry, key);
	if (lstatus_ok(status))
		status = store_find_tx(registry->store, value.since, &tx);
	if (lstatus_ok(status))
		*ret_write = (struct reg_write){
			.number = value.since,
			.wall = tx.wall,
			.virtual_time = tx.virtual_time,
			.actor = tx.actor,
			.channel = tx.channel,
			.comment = tx.comment,
		};
	buf_release(&folded);
	return status;
}

void
reg_write_release(struct reg_write *write)
{
	free(write->actor);
	free(write->channel);
	free(write->comment);
	*write = (struct reg_write){ 0 };
}

lstatus
registry_write_number(struct registry *registry, uint64_t *ret_number)
{
	return store_last_number(registry->store, ret_number);
}
