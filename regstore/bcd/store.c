/*
 * A BCD store in a registry.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/guid.h"
#include "regstore/base/utf16.h"
#include "regstore/bcd/bcd.h"

#define PERSIST_SEQUENCE 0x26000031u /* of the boot manager */

/* --- The store
 * ------------------------------------------------------------------------------------ */

lstatus
bcd_open(struct registry *registry, const char *root, struct bcd *ret_bcd)
{
	struct buf path = { 0 };
	reg_key objects;
	lstatus status;

	buf_printf(&path, "%s\\Objects", root);
	status = path.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                     : registry_open_key(registry, NULL, buf_text(&path), 0, &objects);
	buf_release(&path);
	if (lstatus_ok(status))
		*ret_bcd = (struct bcd){ .registry = registry,
			.objects = objects,
			.live = strcasecmp(root, BCD_ROOT) == 0 };
	return status;
}

lstatus
bcd_make(struct registry *registry, const char *root)
{
	struct buf path = { 0 };
	reg_key key;
	lstatus status;

	buf_printf(&path, "%s\\Description", root);
	status = path.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                     : registry_create_key(registry, NULL, buf_text(&path), 0, &key, NULL);
	if (lstatus_ok(status))
		status = registry_set_text(registry, key, "KeyName", REG_SZ, "BCD00000000");
	buf_clear(&path);
	buf_printf(&path, "%s\\Objects", root);
	if (path.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		status = registry_create_key(registry, NULL, buf_text(&path), 0, &key, NULL);
	buf_release(&path);
	return status;
}

static lstatus
open_below(const struct bcd *bcd, const char *guid, const char *below, reg_key *ret_key)
{
	char path[BCD_GUID_SIZE + 32];

	snprintf(path, sizeof(path), "%s%s", guid, below);
	return registry_open_key(bcd->registry, &bcd->objects, path, 0, ret_key);
}

static lstatus
open_element(const struct bcd *bcd, const char *guid, uint32_t id, reg_key *ret_key)
{
	char below[24];

	snprintf(below, sizeof(below), "\\Elements\\%08x", id);
	return open_below(bcd, guid, below, ret_key);
}

/* --- Identifiers
 * ---------------------------------------------------------------------------------- */

/* The GUID in lower case and braces; false if the text is none. */
static bool
take_guid(const char *text, char ret_guid[BCD_GUID_SIZE])
{
	bool braced = text[0] == '{';

	if (!guid_is_text(text, strlen(text)))
		return false;
	snprintf(ret_guid, BCD_GUID_SIZE, "{%.36s}", text + braced);
	for (char *at = ret_guid; *at != '\0'; at++) {
		if (*at >= 'A' && *at <= 'F')
			*at = (char)(*at - 'A' + 'a');
	}
	return true;
}

/* The texts of REG_SZ or REG_MULTI_SZ data, each with its NUL. */
static void
split_texts(const struct buf *data, struct buf *texts)
{
	size_t at = 0;

	while (at + 1 < data->size) {
		size_t size = 0;

		while (at + size + 1 < data->size &&
		       (data->data[at + size] != 0 || data->data[at + size + 1] != 0))
			size += 2;
		if (size > 0) {
			utf16_to_utf8(data->data + at, size, true, texts);
			buf_append_byte(texts, 0);
		}
		at += size + 2;
	}
}

/* The first entry that a list of the boot manager's has, of those that there are. */
static bool
first_entry(const struct bcd *bcd, uint32_t id, char ret_guid[BCD_GUID_SIZE])
{
	struct buf texts = { 0 };
	bool found = false;
	uint32_t type;

	bcd_get_texts(bcd, BCD_GUID_BOOTMGR, id, &texts);
	for (size_t at = 0; at < texts.size && !found;) {
		const char *text = (const char *)texts.data + at;

		found = take_guid(text, ret_guid) && lstatus_ok(bcd_type(bcd, ret_guid, &type));
		at += strlen(text) + 1;
	}
	buf_release(&texts);
	return found;
}

/* The entry that {default} stands for. */
static bool
default_entry(const struct bcd *bcd, char ret_guid[BCD_GUID_SIZE])
{
	struct buf texts = { 0 };
	bool found = lstatus_ok(bcd_get_texts(bcd, BCD_GUID_BOOTMGR, BCD_DEFAULT, &texts)) &&
	             texts.size > 0 && take_guid((const char *)texts.data, ret_guid);

	buf_release(&texts);
	return found;
}

/* The entry that {current} stands for, if a boot has left it and it is still there. */
static bool
booted_entry(const struct bcd *bcd, char ret_guid[BCD_GUID_SIZE])
{
	struct buf data = { 0 };
	struct buf texts = { 0 };
	uint32_t type = 0;
	bool found = false;
	reg_key key;

	if (lstatus_ok(registry_open_key(bcd->registry, NULL, BCD_BOOTED, 0, &key)) &&
	    lstatus_ok(registry_query_value(bcd->registry, key, "BootIdentifier", &type, &data)) &&
	    type == REG_SZ)
		split_texts(&data, &texts);
	if (texts.size > 0)
		found = take_guid((const char *)texts.data, ret_guid) &&
		        lstatus_ok(bcd_type(bcd, ret_guid, &type));
	buf_release(&data);
	buf_release(&texts);
	return found;
}

bool
bcd_next(const struct bcd *bcd, char ret_guid[BCD_GUID_SIZE])
{
	return first_entry(bcd, BCD_BOOT_SEQUENCE, ret_guid) || default_entry(bcd, ret_guid);
}

bool
bcd_resolve(const struct bcd *bcd, const char *text, char ret_guid[BCD_GUID_SIZE])
{
	const struct bcd_known *at = bcd_known;

	if (!take_guid(text, ret_guid)) {
		while (at->alias != NULL && strcasecmp(at->alias, text) != 0)
			at++;
		if (at->alias == NULL)
			return false;
		snprintf(ret_guid, BCD_GUID_SIZE, "%s", at->guid);
	}
	if (bcd->live && strcmp(ret_guid, BCD_GUID_CURRENT) == 0)
		return booted_entry(bcd, ret_guid) || default_entry(bcd, ret_guid);
	if (strcmp(ret_guid, BCD_GUID_DEFAULT) == 0)
		return default_entry(bcd, ret_guid);
	return true;
}

/* --- Objects
 * -------------------------------------------------------------------------------------- */

static lstatus
read_dword(struct registry *registry, reg_key key, const char *name, uint32_t *ret_number)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	lstatus status = registry_query_value(registry, key, name, &type, &data);

	if (lstatus_ok(status) && (type != REG_DWORD || data.size != 4))
		status = LSTATUS(ERROR_INVALID_DATA);
	if (lstatus_ok(status))
		*ret_number = (uint32_t)data.data[0] | (uint32_t)data.data[1] << 8 |
		              (uint32_t)data.data[2] << 16 | (uint32_t)data.data[3] << 24;
	buf_release(&data);
	return status;
}

lstatus
bcd_type(const struct bcd *bcd, const char *guid, uint32_t *ret_type)
{
	reg_key key;
	lstatus status = open_below(bcd, guid, "\\Description", &key);

	return lstatus_ok(status) ? read_dword(bcd->registry, key, "Type", ret_type) : status;
}

lstatus
bcd_list(const struct bcd *bcd, struct bcd_objects *ret_objects)
{
	struct bcd_objects objects = { 0 };
	struct reg_key_list keys = { 0 };
	lstatus status = registry_list_keys(bcd->registry, bcd->objects, &keys);

	if (lstatus_ok(status)) {
		objects.list = calloc(keys.count + 1, sizeof(*objects.list));
		if (objects.list == NULL)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++) {
		struct bcd_object *object = &objects.list[objects.count];

		/* What is no object, or has no type, is not shown: as if it were not there. */
		if (take_guid(keys.entries[i].name, object->guid) &&
		    lstatus_ok(bcd_type(bcd, object->guid, &object->type)))
			objects.count++;
	}
	reg_key_list_release(&keys);
	if (lstatus_ok(status))
		*ret_objects = objects;
	else
		free(objects.list);
	return status;
}

void
bcd_objects_release(struct bcd_objects *objects)
{
	free(objects->list);
	*objects = (struct bcd_objects){ 0 };
}

lstatus
bcd_create(const struct bcd *bcd, const char *guid, uint32_t type)
{
	char path[BCD_GUID_SIZE + 32];
	uint32_t has;
	reg_key key;
	lstatus status;

	status = bcd_type(bcd, guid, &has);
	if (lstatus_ok(status))
		return LSTATUS(ERROR_ALREADY_EXISTS);
	if (lstatus_is(status, ERROR_NOT_ENOUGH_MEMORY) ||
	    lstatus_is(status, ERROR_REGISTRY_IO_FAILED))
		return status;
	snprintf(path, sizeof(path), "%s\\Description", guid);
	status = registry_create_key(bcd->registry, &bcd->objects, path, 0, &key, NULL);
	if (lstatus_ok(status))
		status = registry_set_dword(bcd->registry, key, "Type", type);
	snprintf(path, sizeof(path), "%s\\Elements", guid);
	if (lstatus_ok(status))
		status = registry_create_key(bcd->registry, &bcd->objects, path, 0, &key, NULL);
	return status;
}

lstatus
bcd_delete(const struct bcd *bcd, const char *guid)
{
	reg_key key;
	lstatus status = open_below(bcd, guid, "", &key);

	return lstatus_ok(status) ? registry_delete_tree(bcd->registry, key) : status;
}

lstatus
bcd_copy(const struct bcd *bcd, const char *from, const char *to)
{
	reg_key source;
	reg_key target;
	uint32_t type;
	lstatus status = bcd_type(bcd, from, &type);

	if (lstatus_ok(status))
		status = bcd_create(bcd, to, type);
	if (lstatus_ok(status))
		status = open_below(bcd, from, "\\Elements", &source);
	if (lstatus_ok(status))
		status = open_below(bcd, to, "\\Elements", &target);
	return lstatus_ok(status) ? registry_copy_tree(bcd->registry, source, target) : status;
}

/* --- Elements
 * ------------------------------------------------------------------------------------- */

static int
compare_ids(const void *left, const void *right)
{
	uint32_t one = *(const uint32_t *)left;
	uint32_t other = *(const uint32_t *)right;

	return one < other ? -1 : one > other;
}

/* A key's name as an id: eight hexadecimal digits. */
static bool
take_id(const char *name, uint32_t *ret_id)
{
	char *end;

	if (strlen(name) != 8 || strspn(name, "0123456789abcdefABCDEF") != 8)
		return false;
	*ret_id = (uint32_t)strtoul(name, &end, 16);
	return true;
}

lstatus
bcd_ids(const struct bcd *bcd, const char *guid, uint32_t **ret_ids, size_t *ret_count)
{
	struct reg_key_list keys = { 0 };
	uint32_t *ids = NULL;
	size_t count = 0;
	reg_key key;
	lstatus status = open_below(bcd, guid, "\\Elements", &key);

	if (lstatus_ok(status))
		status = registry_list_keys(bcd->registry, key, &keys);
	if (lstatus_ok(status)) {
		ids = calloc(keys.count + 1, sizeof(*ids));
		status = LSTATUS(ids != NULL ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY);
	}
	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++)
		count += take_id(keys.entries[i].name, &ids[count]);
	reg_key_list_release(&keys);
	if (!lstatus_ok(status))
		return status;
	qsort(ids, count, sizeof(*ids), compare_ids);
	*ret_ids = ids;
	*ret_count = count;
	return status;
}

lstatus
bcd_get(const struct bcd *bcd, const char *guid, uint32_t id, uint32_t *ret_type, struct buf *data)
{
	reg_key key;
	lstatus status = open_element(bcd, guid, id, &key);

	return lstatus_ok(status)
	           ? registry_query_value(bcd->registry, key, "Element", ret_type, data)
	           : status;
}

lstatus
bcd_get_integer(const struct bcd *bcd, const char *guid, uint32_t id, uint64_t *ret_number)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	uint64_t number = 0;
	lstatus status = bcd_get(bcd, guid, id, &type, &data);

	if (lstatus_ok(status) && (type != REG_BINARY || data.size == 0 || data.size > 8))
		status = LSTATUS(ERROR_INVALID_DATA);
	for (size_t i = 0; i < data.size && lstatus_ok(status); i++)
		number |= (uint64_t)data.data[i] << (8 * i);
	if (lstatus_ok(status))
		*ret_number = number;
	buf_release(&data);
	return status;
}

lstatus
bcd_get_texts(const struct bcd *bcd, const char *guid, uint32_t id, struct buf *texts)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	lstatus status = bcd_get(bcd, guid, id, &type, &data);

	if (lstatus_ok(status) && type != REG_SZ && type != REG_MULTI_SZ)
		status = LSTATUS(ERROR_INVALID_DATA);
	if (lstatus_ok(status))
		split_texts(&data, texts);
	buf_release(&data);
	return texts->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

static uint32_t
registry_type(uint32_t id)
{
	switch (bcd_format(id)) {
	case BCD_STRING:
	case BCD_OBJECT:
		return REG_SZ;
	case BCD_OBJECT_LIST:
		return REG_MULTI_SZ;
	default:
		return REG_BINARY;
	}
}

lstatus
bcd_set(const struct bcd *bcd, const char *guid, uint32_t id, const void *data, size_t size)
{
	char path[BCD_GUID_SIZE + 32];
	uint32_t type;
	reg_key key;
	lstatus status = bcd_type(bcd, guid, &type);

	snprintf(path, sizeof(path), "%s\\Elements\\%08x", guid, id);
	if (lstatus_ok(status))
		status = registry_create_key(bcd->registry, &bcd->objects, path, 0, &key, NULL);
	if (lstatus_ok(status))
		status = registry_set_value(
		    bcd->registry, key, "Element", registry_type(id), data, size);
	return status;
}

lstatus
bcd_set_integer(const struct bcd *bcd, const char *guid, uint32_t id, uint64_t number)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	return bcd_set(bcd, guid, id, bytes, bcd_format(id) == BCD_BOOLEAN ? 1 : 8);
}

lstatus
bcd_set_text(const struct bcd *bcd, const char *guid, uint32_t id, const char *text)
{
	struct buf texts = { 0 };
	lstatus status;

	buf_append(&texts, text, strlen(text) + 1);
	status = bcd_set_texts(bcd, guid, id, &texts);
	buf_release(&texts);
	return status;
}

lstatus
bcd_set_texts(const struct bcd *bcd, const char *guid, uint32_t id, const struct buf *texts)
{
	struct buf data = { 0 };
	bool good = true;
	lstatus status;

	for (size_t at = 0; at < texts->size;) {
		const char *text = (const char *)texts->data + at;

		good = utf16_from_utf8(text, strlen(text), &data) && good;
		buf_append(&data, "\0\0", 2);
		at += strlen(text) + 1;
	}
	if (bcd_format(id) == BCD_OBJECT_LIST)
		buf_append(&data, "\0\0", 2);
	if (texts->failed || data.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else if (!good)
		status = LSTATUS(ERROR_NO_UNICODE_TRANSLATION);
	else
		status = bcd_set(bcd, guid, id, data.data, data.size);
	buf_release(&data);
	return status;
}

lstatus
bcd_unset(const struct bcd *bcd, const char *guid, uint32_t id)
{
	reg_key key;
	lstatus status = open_element(bcd, guid, id, &key);

	return lstatus_ok(status) ? registry_delete_tree(bcd->registry, key) : status;
}

/* The texts without one of them; whether it was there. */
static bool
drop_text(const struct buf *texts, const char *text, struct buf *ret_rest)
{
	bool found = false;

	for (size_t at = 0; at < texts->size;) {
		const char *next = (const char *)texts->data + at;
		size_t size = strlen(next) + 1;

		if (strcasecmp(next, text) == 0)
			found = true;
		else
			buf_append(ret_rest, next, size);
		at += size;
	}
	return found;
}

static lstatus
forget_in(const struct bcd *bcd, const char *owner, uint32_t id, const char *guid)
{
	struct buf texts = { 0 };
	struct buf rest = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	/* Data that are no texts refer to nothing. */
	if (lstatus_ok(bcd_get_texts(bcd, owner, id, &texts)) && drop_text(&texts, guid, &rest))
		status = rest.failed     ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
		         : rest.size > 0 ? bcd_set_texts(bcd, owner, id, &rest)
		                         : bcd_unset(bcd, owner, id);
	buf_release(&texts);
	buf_release(&rest);
	return status;
}

lstatus
bcd_forget(const struct bcd *bcd, const char *guid)
{
	struct bcd_objects objects = { 0 };
	lstatus status = bcd_list(bcd, &objects);

	for (size_t i = 0; i < objects.count && lstatus_ok(status); i++) {
		uint32_t *ids = NULL;
		size_t count = 0;

		/* An object without elements has no key of them. */
		bcd_ids(bcd, objects.list[i].guid, &ids, &count);
		for (size_t at = 0; at < count && lstatus_ok(status); at++) {
			if (bcd_format(ids[at]) == BCD_OBJECT ||
			    bcd_format(ids[at]) == BCD_OBJECT_LIST)
				status = forget_in(bcd, objects.list[i].guid, ids[at], guid);
		}
		free(ids);
	}
	bcd_objects_release(&objects);
	return status;
}

/* --- Inheritance
 * ---------------------------------------------------------------------------------- */

/* A look-up of one element, and the objects that were asked: each is asked once. */
struct search {
	const struct bcd *bcd;
	uint32_t id;
	struct buf asked; /* GUIDs, each with its NUL */
};

static bool
was_asked(const struct search *search, const char *guid)
{
	for (size_t at = 0; at < search->asked.size; at += BCD_GUID_SIZE) {
		if (strcmp((const char *)search->asked.data + at, guid) == 0)
			return true;
	}
	return false;
}

/* Depth first, in the order of the list. */
static lstatus
find_element(struct search *search, const char *guid, unsigned depth, char ret_from[BCD_GUID_SIZE])
{
	struct buf parents = { 0 };
	reg_key key;
	lstatus status = open_element(search->bcd, guid, search->id, &key);

	if (lstatus_ok(status))
		snprintf(ret_from, BCD_GUID_SIZE, "%s", guid);
	buf_append(&search->asked, guid, BCD_GUID_SIZE);
	if (lstatus_ok(status) || depth == BCD_DEPTH_MAX || search->asked.failed ||
	    !lstatus_ok(bcd_get_texts(search->bcd, guid, BCD_INHERIT, &parents))) {
		buf_release(&parents);
		return status;
	}
	for (size_t at = 0; at < parents.size && !lstatus_ok(status);) {
		const char *text = (const char *)parents.data + at;
		char parent[BCD_GUID_SIZE];

		if (take_guid(text, parent) && !was_asked(search, parent))
			status = find_element(search, parent, depth + 1, ret_from);
		at += strlen(text) + 1;
	}
	buf_release(&parents);
	return status;
}

lstatus
bcd_effective(const struct bcd *bcd, const char *guid, uint32_t id, char ret_from[BCD_GUID_SIZE])
{
	struct search search = { .bcd = bcd, .id = id };
	char first[BCD_GUID_SIZE];
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);

	if (take_guid(guid, first))
		status = find_element(&search, first, 0, ret_from);
	buf_release(&search.asked);
	return status;
}

static void
append_number(struct buf *data, uint64_t number, uint32_t *ret_type)
{
	size_t size = number > UINT32_MAX ? 8 : 4;

	*ret_type = size == 8 ? REG_QWORD : REG_DWORD;
	for (size_t i = 0; i < size; i++)
		buf_append_byte(data, (uint8_t)(number >> (8 * i)));
}

lstatus
bcd_option(struct registry *registry, const char *name, uint32_t *ret_type, struct buf *data)
{
	const struct bcd_element *element = bcd_element_named(name, BCD_OSLOADER);
	char entry[BCD_GUID_SIZE];
	char from[BCD_GUID_SIZE];
	uint64_t number;
	struct bcd bcd;
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);

	if (element != NULL)
		status = bcd_open(registry, BCD_ROOT, &bcd);
	if (lstatus_ok(status) && !bcd_next(&bcd, entry))
		status = LSTATUS(ERROR_FILE_NOT_FOUND);
	if (lstatus_ok(status))
		status = bcd_effective(&bcd, entry, element->id, from);
	if (!lstatus_ok(status))
		return status;
	if (bcd_format(element->id) == BCD_STRING)
		return bcd_get(&bcd, from, element->id, ret_type, data);
	status = bcd_get_integer(&bcd, from, element->id, &number);
	if (lstatus_ok(status))
		append_number(data, number, ret_type);
	return status;
}

/* Remember the entry of this boot, for as long as it lasts. */
static lstatus
mark_booted(struct registry *registry, const char *guid)
{
	reg_key key;
	lstatus status =
	    registry_create_key(registry, NULL, BCD_BOOTED, REGISTRY_VOLATILE, &key, NULL);

	return lstatus_ok(status) ? registry_set_text(registry, key, "BootIdentifier", REG_SZ, guid)
	                          : status;
}

lstatus
bcd_boot(struct registry *registry)
{
	char entry[BCD_GUID_SIZE];
	uint64_t keeps = 0;
	struct bcd bcd;
	lstatus status = bcd_open(registry, BCD_ROOT, &bcd);

	if (!lstatus_ok(status))
		return status;
	if (!bcd_next(&bcd, entry))
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	status = registry_begin(registry, "boot");
	if (!lstatus_ok(status))
		return status;
	status = mark_booted(registry, entry);
	bcd_get_integer(&bcd, BCD_GUID_BOOTMGR, PERSIST_SEQUENCE, &keeps);
	if (lstatus_ok(status) && keeps == 0) {
		status = bcd_unset(&bcd, BCD_GUID_BOOTMGR, BCD_BOOT_SEQUENCE);
		if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
			status = LSTATUS(ERROR_SUCCESS);
	}
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}
