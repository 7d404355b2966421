/*
 * What libhivex cannot write of keys, gathered before it begins: security descriptors, of which a
 * tree has few that many keys share, and classes, which are rare.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/formats/hive_image.h"

#define CLASS_MAX 65534u
#define CELLS_MAX 0x7fff0000u /* that offsets in a hive reach */

struct collector {
	struct hive_extras *extras;
	struct registry *registry;
	uint32_t last; /* the descriptor that was found last */
};

static void
append_number(struct buf *out, uint32_t number)
{
	uint8_t bytes[4];

	hive_put32(bytes, number);
	buf_append(out, bytes, sizeof(bytes));
}

/* Append a cell: its size, then what it holds, then zeros up to a multiple of 8. */
static uint32_t
append_cell(struct buf *cells, const void *head, size_t head_size, const struct buf *data)
{
	static const uint8_t zeros[8];
	uint32_t at = (uint32_t)cells->size;
	size_t size = 4 + head_size + data->size;

	append_number(cells, 0u - (uint32_t)hive_round_up(size, 8));
	buf_append(cells, head, head_size);
	buf_append(cells, data->data, data->size);
	buf_append(cells, zeros, hive_round_up(size, 8) - size);
	return at;
}

static bool
is_descriptor(const struct hive_extras *extras, uint32_t at, const struct buf *data)
{
	const uint8_t *cell = extras->cells.data + at;

	return hive_get32(cell + HIVE_SK_SIZE) == data->size &&
	       (data->size == 0 || memcmp(cell + HIVE_SK_DATA, data->data, data->size) == 0);
}

/* The descriptor's cell, which is appended if it is a new one. */
static uint32_t
place_security(struct collector *collector, const struct buf *data)
{
	struct hive_extras *extras = collector->extras;
	const uint32_t *known = (const uint32_t *)(const void *)extras->security.data;
	size_t count = extras->security.size / sizeof(*known);
	uint8_t head[HIVE_SK_DATA - 4] = { 's', 'k' };
	uint32_t at;

	if (count > 0 && is_descriptor(extras, collector->last, data))
		return collector->last;
	for (size_t i = 0; i < count; i++) {
		if (is_descriptor(extras, known[i], data))
			return collector->last = known[i];
	}
	hive_put32(head + HIVE_SK_SIZE - 4, (uint32_t)data->size);
	at = append_cell(&extras->cells, head, sizeof(head), data);
	buf_append(&extras->security, &at, sizeof(at));
	return collector->last = at;
}

static lstatus
collect_key(struct collector *collector, reg_key key)
{
	struct hive_extras *extras = collector->extras;
	struct hive_extra extra = { .id = key.id };
	struct buf security = { 0 };
	struct buf class = { 0 };
	lstatus status = registry_query_security(collector->registry, key, &security);

	if (lstatus_ok(status))
		status = registry_query_class(collector->registry, key, &class);
	if (security.failed || class.failed || extras->cells.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status)) {
		extra.security = place_security(collector, &security);
		if (class.size > 0 && class.size <= CLASS_MAX) {
			extra.class_size = (uint32_t) class.size;
			extra.class = append_cell(&extras->cells, NULL, 0, &class);
		}
		buf_append(&extras->keys, &extra, sizeof(extra));
	}
	buf_release(&security);
	buf_release(&class);
	return status;
}

static lstatus
collect_tree(struct collector *collector, reg_key key)
{
	struct reg_key_list keys = { 0 };
	lstatus status = collect_key(collector, key);

	if (lstatus_ok(status))
		status = registry_list_keys(collector->registry, key, &keys);
	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++) {
		if ((keys.entries[i].flags & (REGISTRY_VOLATILE | REGISTRY_CREATE_LINK)) != 0)
			continue;
		status = collect_tree(collector, keys.entries[i].key);
		/* Another program may delete a key while this one reads. */
		if (lstatus_is(status, ERROR_KEY_DELETED))
			status = LSTATUS(ERROR_SUCCESS);
	}
	reg_key_list_release(&keys);
	return status;
}

static int
compare_ids(const void *left, const void *right)
{
	const struct hive_extra *a = left;
	const struct hive_extra *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

lstatus
hive_extras_collect(struct hive_extras *extras, struct registry *registry, reg_key key)
{
	struct collector collector = { .extras = extras, .registry = registry };
	lstatus status = collect_tree(&collector, key);

	if (extras->keys.failed || extras->cells.failed || extras->security.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && extras->cells.size > CELLS_MAX)
		status = LSTATUS(ERROR_NOT_SUPPORTED);
	if (lstatus_ok(status))
		qsort(extras->keys.data, extras->keys.size / sizeof(struct hive_extra),
		    sizeof(struct hive_extra), compare_ids);
	return status;
}

const struct hive_extra *
hive_extras_find(const struct hive_extras *extras, int64_t id)
{
	struct hive_extra wanted = { .id = id };

	return bsearch(&wanted, extras->keys.data, extras->keys.size / sizeof(wanted),
	    sizeof(wanted), compare_ids);
}

void
hive_extras_release(struct hive_extras *extras)
{
	buf_release(&extras->keys);
	buf_release(&extras->cells);
	buf_release(&extras->security);
}
