/*
 * Lists of changes.
 */
#include "regstore/store/changes.h"

#define ENTRY_VALUE    1u /* about a value: its name follows */
#define ENTRY_SAME_KEY 2u /* the key of the entry before: no id follows */
#define ENTRY_FLAGS    (ENTRY_VALUE | ENTRY_SAME_KEY)

static void
append_number(struct buf *bytes, uint64_t number)
{
	for (; number > 0x7f; number >>= 7)
		buf_append_byte(bytes, (uint8_t)(number | 0x80));
	buf_append_byte(bytes, (uint8_t)number);
}

void
change_list_append(struct change_list *list, int64_t key, const char *folded, size_t length)
{
	bool same = list->bytes.size > 0 && list->key == key;

	buf_append_byte(&list->bytes,
	    (uint8_t)((folded != NULL ? ENTRY_VALUE : 0u) | (same ? ENTRY_SAME_KEY : 0u)));
	if (!same)
		append_number(&list->bytes, (uint64_t)key);
	if (folded != NULL) {
		append_number(&list->bytes, length);
		buf_append(&list->bytes, folded, length);
	}
	list->key = key;
}

void
change_list_clear(struct change_list *list)
{
	buf_clear(&list->bytes);
	list->key = 0;
}

static bool
read_number(struct change_cursor *cursor, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (unsigned shift = 0; shift < 63 && cursor->at < cursor->end; shift += 7) {
		uint8_t byte = *cursor->at++;

		number |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			*ret_number = number;
			return true;
		}
	}
	return false;
}

bool
change_cursor_next(struct change_cursor *cursor, struct change_entry *ret_entry)
{
	struct change_cursor next = *cursor;
	struct change_entry entry = { 0 };
	uint64_t number = 0;
	uint8_t flags;

	if (next.at == next.end)
		return false;
	flags = *next.at++;
	if ((flags & ~ENTRY_FLAGS) != 0)
		return false;
	if ((flags & ENTRY_SAME_KEY) == 0) {
		if (!read_number(&next, &number))
			return false;
		next.key = (int64_t)number;
	}
	entry.key = next.key;
	if ((flags & ENTRY_VALUE) != 0) {
		if (!read_number(&next, &number) || number > (size_t)(next.end - next.at))
			return false;
		entry.folded = (const char *)next.at;
		entry.length = (size_t)number;
		next.at += number;
	}
	*cursor = next;
	*ret_entry = entry;
	return true;
}

/* --- SQL functions ------------------------------------------------------------------------------
 */

struct aggregate {
	struct change_list list;
	int64_t number; /* of the last entry */
};

static void
list_step(sqlite3_context *context, int count, sqlite3_value **arguments)
{
	struct aggregate *aggregate = sqlite3_aggregate_context(context, sizeof(*aggregate));
	int64_t number = sqlite3_value_int64(arguments[1]);
	const char *folded;

	(void)count;
	if (aggregate == NULL)
		return;
	if (aggregate->number == 0)
		aggregate->number = sqlite3_value_int64(arguments[0]) - 1;
	/* Numbers that came to nothing. */
	while (++aggregate->number < number)
		change_list_append(&aggregate->list, 0, NULL, 0);
	if (sqlite3_value_type(arguments[2]) == SQLITE_NULL)
		return;
	folded = (const char *)sqlite3_value_text(arguments[3]);
	change_list_append(&aggregate->list, sqlite3_value_int64(arguments[2]), folded,
	    (size_t)sqlite3_value_bytes(arguments[3]));
}

static void
list_final(sqlite3_context *context)
{
	struct aggregate *aggregate = sqlite3_aggregate_context(context, 0);

	if (aggregate == NULL)
		return;
	if (aggregate->list.bytes.failed)
		sqlite3_result_error_nomem(context);
	else
		sqlite3_result_blob64(context, aggregate->list.bytes.data,
		    aggregate->list.bytes.size, SQLITE_TRANSIENT);
	buf_release(&aggregate->list.bytes);
}

static void
list_length(sqlite3_context *context, int count, sqlite3_value **arguments)
{
	struct change_cursor cursor = { .at = sqlite3_value_blob(arguments[0]) };
	struct change_entry entry;
	int64_t length = 0;

	(void)count;
	cursor.end = cursor.at != NULL ? cursor.at + sqlite3_value_bytes(arguments[0]) : cursor.at;
	while (change_cursor_next(&cursor, &entry))
		length++;
	if (cursor.at == cursor.end)
		sqlite3_result_int64(context, length);
}

int
change_list_register(sqlite3 *db)
{
	int code = sqlite3_create_function(
	    db, "list_changes", 4, SQLITE_UTF8, NULL, NULL, list_step, list_final);

	return code == SQLITE_OK
	           ? sqlite3_create_function(db, "list_length", 1,
	                 SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, list_length, NULL, NULL)
	           : code;
}
