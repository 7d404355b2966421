/*
 * Values of new keys, written some at a time: one statement with many rows costs half of as many
 * statements.
 *
 * A value is noted and numbered when it is set, and its row lies here until the batch is full or
 * somebody asks for values. Rows that turn out to be there already are written as new versions.
 */
#include <string.h>

#include "regstore/store/internal.h"

enum { COLUMNS = 7, SIZE_MAX_EACH = STORE_BATCH_BYTES / 4 };

bool
store_batch_takes(const struct store *store, const struct value_row *row)
{
	/* An id is the number of the write that made the key. Long data are no faster in a batch.
	 */
	return row->key >= (int64_t)store->first && row->length <= SIZE_MAX_EACH &&
	       row->name_length <= SIZE_MAX_EACH && row->size <= SIZE_MAX_EACH;
}

static bool
has_value(const struct value_batch *batch, const struct value_row *row)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct value_row *other = &batch->rows[i];

		if (other->key == row->key && other->length == row->length &&
		    memcmp(other->folded, row->folded, row->length) == 0)
			return true;
	}
	return false;
}

static void *
keep(struct value_batch *batch, const void *data, size_t size)
{
	void *kept = batch->bytes + batch->used;

	if (size > 0)
		memcpy(kept, data, size);
	batch->used += size;
	return kept;
}

lstatus
store_batch_value(struct store *store, const struct value_row *row)
{
	struct value_batch *batch = &store->batch;
	size_t size = row->length + row->name_length + row->size;
	lstatus status = LSTATUS(ERROR_SUCCESS);
	struct value_row *kept;

	if (size > sizeof(batch->bytes) - batch->used || has_value(batch, row))
		status = store_write_batch(store);
	if (!lstatus_ok(status))
		return status;
	kept = &batch->rows[batch->count++];
	*kept = *row;
	kept->folded = keep(batch, row->folded, row->length);
	kept->name = keep(batch, row->name, row->name_length);
	kept->data = keep(batch, row->data, row->size);
	return batch->count == STORE_BATCH ? store_write_batch(store) : status;
}

static void
bind_row(sqlite3_stmt *statement, int at, const struct value_row *row)
{
	sqlite3_bind_int64(statement, at + 1, row->key);
	sqlite3_bind_text(statement, at + 2, row->folded, (int)row->length, SQLITE_STATIC);
	sqlite3_bind_text(statement, at + 3, row->name, (int)row->name_length, SQLITE_STATIC);
	sqlite3_bind_int64(statement, at + 4, row->type);
	store_bind_data(statement, at + 5, row->data, row->size);
	sqlite3_bind_int64(statement, at + 6, (int64_t)row->number);
	sqlite3_bind_int64(statement, at + 7, (int64_t)row->number);
}

/* Insert the rows of a full batch that are not there yet: *ret_count of them. */
static lstatus
insert_rows(struct store *store, const struct value_batch *batch, size_t *ret_count)
{
	sqlite3_stmt *statement = store_statement(store, SQL_VALUE_INSERT_BATCH);
	lstatus status;

	if (statement == NULL)
		return store->failure;
	for (size_t i = 0; i < STORE_BATCH; i++)
		bind_row(statement, (int)i * COLUMNS, &batch->rows[i]);
	status = store_run(store, statement);
	*ret_count = (size_t)sqlite3_changes(store->db);
	return status;
}

/* Write a row that insert_rows may have inserted. */
static lstatus
write_row(struct store *store, const struct value_row *row, bool inserted)
{
	struct store_value found = { 0 };
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);

	if (inserted)
		status = store_find_value(store, row->key, row->folded, row->length, &found, NULL);
	if (lstatus_ok(status) && found.since == row->number)
		return status;
	return lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND)
	           ? store_write_value(store, row)
	           : status;
}

lstatus
store_write_batch(struct store *store)
{
	struct value_batch *batch = &store->batch;
	size_t count = batch->count;
	size_t inserted = 0;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	batch->count = 0; /* what writes the rows asks for values, too */
	batch->used = 0;
	if (count == STORE_BATCH)
		status = insert_rows(store, batch, &inserted);
	for (size_t i = 0; i < count && inserted < STORE_BATCH && lstatus_ok(status); i++)
		status = write_row(store, &batch->rows[i], inserted > 0);
	return lstatus_ok(status) ? status : store_doom(store, status);
}
