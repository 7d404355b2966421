/*
 * What a key says of itself: its path, its counts, its subkeys.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"

#define MACHINE "MACHINE" /* the root that is HKEY_LOCAL_MACHINE */

static void
prepend(struct buf *path, struct buf *name)
{
	if (path->size > 0) {
		buf_append_byte(name, '\\');
		buf_append(name, path->data, path->size);
	}
	name->failed = name->failed || path->failed;
	buf_release(path);
	*path = *name;
	*name = (struct buf){ 0 };
}

lstatus
registry_key_path(struct registry *registry, reg_key key, struct buf *out)
{
	struct buf path = { 0 };
	struct buf name = { 0 };
	struct store_key row;
	int64_t id = key.id;
	lstatus status = store_read_begin(registry->store); /* names of one moment */

	if (!lstatus_ok(status))
		return status;
	while (id > STORE_ROOT_ID) {
		status = store_get_key(registry->store, id, &row, NULL, &name);
		if (lstatus_ok(status) && name.failed)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		if (!lstatus_ok(status))
			break;
		if (row.parent == STORE_ROOT_ID) {
			bool machine = name.size == strlen(MACHINE) &&
			               memcmp(name.data, MACHINE, name.size) == 0;

			buf_clear(&name);
			buf_append_text(&name, machine ? "HKEY_LOCAL_MACHINE" : "HKEY_USERS");
		}
		prepend(&path, &name);
		id = row.parent;
	}
	store_read_end(registry->store);
	if (lstatus_ok(status))
		buf_append(out, path.data, path.size);
	if (path.failed || out->failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&path);
	buf_release(&name);
	return status;
}

/* --- Subkeys ---------------------------------------------------------------------------------- */

uint32_t
registry_flags(uint32_t stored)
{
	uint32_t flags = 0;

	if ((stored & STORE_KEY_VOLATILE) != 0)
		flags |= REGISTRY_VOLATILE;
	if ((stored & STORE_KEY_LINK) != 0)
		flags |= REGISTRY_CREATE_LINK;
	return flags;
}

struct key_lister {
	struct reg_key_list list;
	size_t capacity;
	bool failed;
};

static bool
list_one(void *context, const struct store_key *key, const char *name)
{
	struct key_lister *lister = context;
	struct reg_key_entry *entry;

	if (!array_room(&lister->list.entries, &lister->capacity, lister->list.count,
	        sizeof(*lister->list.entries))) {
		lister->failed = true;
		return false;
	}
	entry = &lister->list.entries[lister->list.count];
	entry->key = (reg_key){ key->id, 0 };
	entry->name = strdup(name);
	entry->flags = registry_flags(key->flags);
	entry->last_write = key->last_write;
	lister->failed = entry->name == NULL;
	lister->list.count += !lister->failed;
	return !lister->failed;
}

/* Merge the lower keys in, both lists being in order: a name that both have is one view of two. */
static lstatus
merge_lists(struct reg_key_list *upper, struct reg_key_list *lower, struct reg_key_list *ret_list)
{
	struct reg_key_list merged = { 0 };
	size_t a = 0;
	size_t b = 0;

	merged.entries = calloc(upper->count + lower->count + 1, sizeof(*merged.entries));
	if (merged.entries == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	while (a < upper->count || b < lower->count) {
		int order = a == upper->count ? 1
		            : b == lower->count
		                ? -1
		                : name_compare(upper->entries[a].name, lower->entries[b].name);
		struct reg_key_entry *taken =
		    order <= 0 ? &upper->entries[a++] : &lower->entries[b++];
		struct reg_key_entry *entry = &merged.entries[merged.count++];

		*entry = *taken;
		taken->name = NULL;
		if (order == 0)
			entry->key.below = lower->entries[b++].key.id;
	}
	*ret_list = merged;
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
list_one_key(struct registry *registry, int64_t id, struct reg_key_list *ret_list)
{
	struct key_lister lister = { 0 };
	struct store_key row;
	lstatus status = store_each_key(registry->store, id, list_one, &lister);

	/* Only a key without subkeys may be gone. */
	if (lstatus_ok(status) && lister.list.count == 0)
		status = store_get_key(registry->store, id, &row, NULL, NULL);
	if (lister.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		*ret_list = lister.list;
	else
		reg_key_list_release(&lister.list);
	return status;
}

static lstatus
list_both(struct registry *registry, reg_key key, struct reg_key_list *ret_list)
{
	struct reg_key_list upper = { 0 };
	struct reg_key_list lower = { 0 };
	lstatus status = list_one_key(registry, key.id, &upper);

	if (key.below == 0) {
		if (lstatus_ok(status))
			*ret_list = upper;
		return status;
	}
	if (lstatus_ok(status))
		status = list_one_key(registry, key.below, &lower);
	if (lstatus_ok(status))
		status = merge_lists(&upper, &lower, ret_list);
	reg_key_list_release(&upper);
	reg_key_list_release(&lower);
	return status;
}

/* Add a key and the list of its subkeys to a mark. */
static void
mark_subkeys(struct registry *registry, struct store_mark *mark, reg_key key)
{
	mark_key(registry, mark, key);
	store_mark_add(registry->store, mark, store_tag_subkeys(key.id));
	if (key.below != 0)
		store_mark_add(registry->store, mark, store_tag_subkeys(key.below));
}

uint64_t
registry_key_moment(struct registry *registry, reg_key key)
{
	struct store_mark mark = { 0 };

	mark_subkeys(registry, &mark, key);
	return mark.doubtful ? 0 : mark.sum + 1;
}

/* A list is kept as its entries, with the names behind them. */
static void
keep_list(struct registry *registry, const struct question *question, const struct store_mark *mark,
    const struct reg_key_list *list)
{
	struct buf packed = { 0 };

	buf_append(&packed, list->entries, list->count * sizeof(*list->entries));
	for (size_t i = 0; i < list->count; i++)
		buf_append(&packed, list->entries[i].name, strlen(list->entries[i].name) + 1);
	if (!packed.failed)
		cache_keep(registry, question, mark,
		    &(struct answer){
		        .type = (uint32_t)list->count, .data = packed.data, .size = packed.size });
	buf_release(&packed);
}

static lstatus
unpack_list(const struct answer *answer, struct reg_key_list *ret_list)
{
	const struct reg_key_entry *entries = answer->data;
	const char *name = (const char *)(entries + answer->type);
	struct reg_key_list list = { 0 };

	list.entries = answer->type > 0 ? calloc(answer->type, sizeof(*list.entries)) : NULL;
	if (answer->type > 0 && list.entries == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	for (; list.count < answer->type; list.count++) {
		size_t size = strlen(name) + 1;
		struct reg_key_entry *entry = &list.entries[list.count];

		*entry = entries[list.count];
		entry->name = malloc(size);
		if (entry->name == NULL) {
			reg_key_list_release(&list);
			return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		}
		memcpy(entry->name, name, size);
		name += size;
	}
	*ret_list = list;
	return LSTATUS(ERROR_SUCCESS);
}

lstatus
registry_list_keys(struct registry *registry, reg_key key, struct reg_key_list *ret_list)
{
	struct question question = { .kind = QUESTION_KEYS, .key = key };
	struct store_mark mark = { 0 };
	struct answer answer;
	lstatus status;

	if (cache_find(registry, &question, &answer))
		return unpack_list(&answer, ret_list);
	mark_subkeys(registry, &mark, key);
	status = list_both(registry, key, ret_list);
	if (lstatus_ok(status))
		keep_list(registry, &question, &mark, ret_list);
	return status;
}

void
reg_key_list_release(struct reg_key_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].name);
	free(list->entries);
	*list = (struct reg_key_list){ 0 };
}

/* --- Counts ----------------------------------------------------------------------------------- */

static uint32_t
longer(uint32_t longest, size_t length)
{
	return length > longest ? (uint32_t)length : longest;
}

static bool
measure_value(
    void *context, const char *name, uint32_t type UNUSED, const void *data UNUSED, size_t size)
{
	struct reg_key_info *info = context;

	info->max_value_units = longer(info->max_value_units, utf16_units(name));
	info->max_data_size = longer(info->max_data_size, size);
	info->values++;
	return true;
}

/* The longest names, classes and data: what RegQueryInfoKey tells so that buffers can be made. */
static lstatus
measure(struct registry *registry, reg_key key, struct reg_key_info *info)
{
	struct reg_key_list keys = { 0 };
	lstatus status = registry_list_keys(registry, key, &keys);

	if (lstatus_ok(status))
		status = registry_each_value(registry, key, measure_value, info);
	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++) {
		struct buf class = { 0 };

		info->max_subkey_units =
		    longer(info->max_subkey_units, utf16_units(keys.entries[i].name));
		status = registry_query_class(registry, keys.entries[i].key, &class);
		info->max_class_size = longer(info->max_class_size, class.size);
		/* It may be gone since it was listed. */
		if (lstatus_is(status, ERROR_KEY_DELETED))
			status = LSTATUS(ERROR_SUCCESS);
		buf_release(&class);
	}
	info->subkeys = (uint32_t)keys.count;
	reg_key_list_release(&keys);
	return status;
}

static lstatus
read_info(struct registry *registry, reg_key key, struct reg_key_info *ret_info)
{
	struct store_key row;
	lstatus status = store_get_key(registry->store, key.id, &row, NULL, NULL);

	if (lstatus_ok(status))
		status = measure(registry, key, ret_info);
	if (!lstatus_ok(status))
		return status;
	ret_info->last_write = row.last_write;
	ret_info->flags = registry_flags(row.flags);
	return status;
}

lstatus
registry_query_info(struct registry *registry, reg_key key, struct reg_key_info *ret_info)
{
	struct question question = { .kind = QUESTION_INFO, .key = key };
	struct reg_key_info info = { 0 };
	struct store_mark mark = { 0 };
	struct answer answer;
	lstatus status;

	if (cache_find(registry, &question, &answer)) {
		memcpy(ret_info, answer.data, sizeof(*ret_info));
		return answer.status;
	}
	mark_subkeys(registry, &mark, key);
	status = read_info(registry, key, &info);
	if (!lstatus_ok(status))
		return status;
	*ret_info = info;
	cache_keep(
	    registry, &question, &mark, &(struct answer){ .data = &info, .size = sizeof(info) });
	return status;
}
