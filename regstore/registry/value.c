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
	if (lstatus_ok(status) && type == REG_LINK)
		links_note(registry,
		    &(struct store_link){ .id = key.id, .type = type, .data = data, .size = size });
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
find_value(struct registry *registry, reg_key key, const struct buf *folded,
    struct store_value *ret_value, struct buf *data)
{
	lstatus status = store_find_value(
	    registry->store, key.id, (const char *)folded->data, folded->size, ret_value, data);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) && key.below != 0)
		status = store_find_value(registry->store, key.below, (const char *)folded->data,
		    folded->size, ret_value, data);
	return lstatus_is(status, ERROR_FILE_NOT_FOUND) ? not_found(registry, key) : status;
}

/* The same, of which a copy is kept. */
static lstatus
find_and_keep(struct registry *registry, const struct question *question, uint32_t *ret_type,
    struct buf *data)
{
	struct store_mark mark = { 0 };
	struct buf folded = { 0 };
	size_t before = data->size;
	struct store_value value = { 0 };
	bool keep = true;
	lstatus status = value_name_fold(question->name, &folded);

	mark_key(registry, &mark, question->key);
	if (lstatus_is(status, ERROR_INVALID_PARAMETER))
		status = not_found(registry, question->key); /* no value can have such a name */
	else if (lstatus_ok(status) &&
	         !store_recent_value(registry->store, &mark, question->key.id,
	             (const char *)folded.data, folded.size, &value.type, data) &&
	         !values_know(registry, question->key, question->name, &mark, &status, &value.type,
	             data, &keep))
		status = find_value(registry, question->key, &folded, &value, data);
	if (lstatus_ok(status) && data->failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&folded);
	if (lstatus_ok(status))
		*ret_type = value.type;
	if (keep && (lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND)))
		cache_keep(registry, question, &mark,
		    &(struct answer){ .status = status,
		        .type = value.type,
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

lstatus
registry_last_write(
    struct registry *registry, reg_key key, const char *name, struct reg_write *ret_write)
{
	struct buf folded = { 0 };
	struct store_value value;
	struct store_tx tx;
	lstatus status = value_name_fold(name, &folded);

	if (lstatus_ok(status))
		status = find_value(registry, key, &folded, &value, NULL);
	else if (lstatus_is(status, ERROR_INVALID_PARAMETER))
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
