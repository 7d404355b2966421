/*
 * Saving a key and all below it as a hive.
 *
 * libhivex fills a hive of the top key alone, key by key. It stamps every key with its parent's
 * time, knows no classes and one descriptor for all, and orders and hashes names beyond ASCII by
 * their UTF-8 bytes; so these are noted on the way and put right in the file that it wrote. Keys
 * and lists stay where they are from their last change on, and a key's handle is its cell's offset
 * in the file.
 */
#include <errno.h>
#include <hivex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/base/utf16.h"
#include "regstore/formats/hive_image.h"
#include "regstore/formats/out_file.h"

/* libhivex refuses larger cells; four bytes of one are its size. */
enum { CELL_MAX = 1000000, DATA_MAX = CELL_MAX - 4, SUBKEYS_MAX = 65535, VALUES_MAX = 110000 };

/* What to put right in the file. */
struct key_note {
	size_t node;
	int64_t time;
	struct hive_extra extra;
};

struct list_note {
	size_t parent;
	size_t count; /* of struct list_entry that follow in `entries` */
};

struct list_entry {
	size_t node;
	uint32_t hash;
};

struct saver {
	struct registry *registry;
	const char *file_name;
	struct reg_hive_report *report;
	hive_h *hive;
	struct hive_extras extras;
	struct buf path;    /* of the key at hand, below the top key */
	struct buf keys;    /* struct key_note */
	struct buf lists;   /* struct list_note */
	struct buf entries; /* struct list_entry */
};

static lstatus save_key(struct saver *saver, reg_key key, hive_node_h node);

static lstatus
fail_hivex(struct saver *saver, const char *what)
{
	lstatus status = errno == ERANGE || errno == EOVERFLOW ? LSTATUS(ERROR_NOT_SUPPORTED)
	                                                       : lstatus_from_errno(errno);

	return hive_fail(saver->report, status, saver->file_name, SIZE_MAX,
	    "key \"%.150s\": %s: %s", buf_text(&saver->path), what, strerror(errno));
}

/* Whether libhivex can take a name: neither a NUL unit (C0 80) nor a lone surrogate (ED A0..). */
static bool
is_plain_name(const char *name)
{
	for (const uint8_t *at = (const uint8_t *)name; *at != 0; at++) {
		if (*at == 0xc0 || (*at == 0xed && at[1] >= 0xa0))
			return false;
	}
	return true;
}

/* --- Values ----------------------------------------------------------------------------- */

/* Pick the values that a hive can hold; the texts and data stay the list's. */
static size_t
pick_values(
    struct saver *saver, const struct reg_value_list *values, struct hive_set_value *ret_picked)
{
	static char nothing[1];
	size_t count = 0;

	for (size_t i = 0; i < values->count; i++) {
		const struct reg_value_entry *value = &values->entries[i];

		if (!is_plain_name(value->name)) {
			hive_lose(saver->report, &saver->path,
			    "value \"%s\" is left out: its name is no well-formed text",
			    value->name);
			continue;
		}
		if (value->size > DATA_MAX) {
			hive_lose(saver->report, &saver->path,
			    "value \"%s\" is left out: %zu bytes, a hive takes %d", value->name,
			    value->size, (int)DATA_MAX);
			continue;
		}
		ret_picked[count++] = (struct hive_set_value){
			.key = value->name,
			.t = (hive_type)value->type,
			.len = value->size,
			.value = value->size > 0 ? (char *)value->data : nothing,
		};
	}
	return count;
}

static lstatus
save_values(struct saver *saver, reg_key key, hive_node_h node)
{
	struct reg_value_list values;
	struct hive_set_value *picked;
	size_t count;
	lstatus status = registry_list_values(saver->registry, key, &values);

	if (!lstatus_ok(status) || values.count == 0)
		return status;
	picked = calloc(values.count, sizeof(*picked));
	if (picked == NULL) {
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	} else if ((count = pick_values(saver, &values, picked)) > VALUES_MAX) {
		errno = ERANGE;
		status = fail_hivex(saver, "too many values");
	} else if (count > 0 && hivex_node_set_values(saver->hive, node, count, picked, 0) != 0) {
		status = fail_hivex(saver, "libhivex cannot set the values");
	} else {
		saver->report->values += count;
	}
	free(picked);
	reg_value_list_release(&values);
	return status;
}

/* --- Keys ------------------------------------------------------------------------------- */

/* Why a subkey is left out; NULL if it is not. */
static const char *
why_left_out(const struct reg_key_entry *entry)
{
	if ((entry->flags & REGISTRY_CREATE_LINK) != 0)
		return "the symbolic link is left out";
	if ((entry->flags & REGISTRY_VOLATILE) != 0)
		return "the volatile key is left out";
	if (!is_plain_name(entry->name))
		return "the key is left out: its name is no well-formed text";
	return NULL;
}

/* Note a key's time and extras. One that was made since those were gathered has the top key's. */
static void
note_key(struct saver *saver, hive_node_h node, int64_t id, int64_t time)
{
	const struct hive_extra *extra = hive_extras_find(&saver->extras, id);
	struct key_note note = { .node = node, .time = time };

	if (extra != NULL)
		note.extra = *extra;
	buf_append(&saver->keys, &note, sizeof(note));
}

/* The hash by which Windows finds a name in a list. */
static uint32_t
hash_name(const char *name)
{
	struct buf units = { 0 };
	uint32_t hash = 0;

	utf16_from_utf8(name, strlen(name), &units);
	for (size_t at = 0; at + 1 < units.size; at += 2)
		hash = hash * 37 + utf16_upcase((uint16_t)hive_get16(units.data + at));
	buf_release(&units);
	return hash;
}

static bool
is_ascii(const char *name)
{
	while (*name != '\0') {
		if ((uint8_t)*name++ >= 0x80)
			return false;
	}
	return true;
}

/* Note the order and the hashes of a list that has names beyond ASCII. */
static void
note_list(struct saver *saver, hive_node_h parent, const struct reg_key_list *keys,
    const hive_node_h *nodes)
{
	struct list_note note = { .parent = parent };
	bool ascii = true;

	for (size_t i = 0; i < keys->count; i++) {
		note.count += nodes[i] != 0;
		ascii = ascii && (nodes[i] == 0 || is_ascii(keys->entries[i].name));
	}
	if (ascii)
		return;
	buf_append(&saver->lists, &note, sizeof(note));
	for (size_t i = 0; i < keys->count; i++) {
		struct list_entry entry = { .node = nodes[i] };

		if (nodes[i] == 0)
			continue;
		entry.hash = hash_name(keys->entries[i].name);
		buf_append(&saver->entries, &entry, sizeof(entry));
	}
}

/*
 * Make all subkeys before any of theirs, the last name first: libhivex moves a list with each key
 * that it takes in, and finds the place for a first one at once. nodes[i] is 0 for a key left out.
 */
static lstatus
add_subkeys(
    struct saver *saver, hive_node_h parent, const struct reg_key_list *keys, hive_node_h *nodes)
{
	for (size_t i = keys->count; i-- > 0;) {
		const struct reg_key_entry *entry = &keys->entries[i];
		const char *reason = why_left_out(entry);
		size_t length = saver->path.size;

		if (reason != NULL) {
			buf_printf(&saver->path, "%s%s", length > 0 ? "\\" : "", entry->name);
			hive_lose(saver->report, &saver->path, "%s", reason);
			buf_truncate(&saver->path, length);
			continue;
		}
		nodes[i] = hivex_node_add_child(saver->hive, parent, entry->name);
		if (nodes[i] == 0)
			return fail_hivex(saver, "libhivex cannot make a subkey");
		note_key(saver, nodes[i], entry->key.id, entry->last_write);
	}
	note_list(saver, parent, keys, nodes);
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
save_subkey(struct saver *saver, const struct reg_key_entry *entry, hive_node_h node)
{
	size_t length = saver->path.size;
	lstatus status;

	buf_printf(&saver->path, "%s%s", length > 0 ? "\\" : "", entry->name);
	saver->report->keys++;
	status = save_key(saver, entry->key, node);
	/* Another program may delete a key while this one writes. */
	if (lstatus_is(status, ERROR_KEY_DELETED)) {
		hive_lose(saver->report, &saver->path, "deleted while it was saved");
		status = LSTATUS(ERROR_SUCCESS);
	}
	buf_truncate(&saver->path, length);
	return status;
}

static lstatus
save_list(struct saver *saver, const struct reg_key_list *keys, hive_node_h node)
{
	hive_node_h *nodes;
	lstatus status;

	if (keys->count == 0)
		return LSTATUS(ERROR_SUCCESS);
	if (keys->count > SUBKEYS_MAX) {
		errno = EOVERFLOW;
		return fail_hivex(saver, "more than 65,535 subkeys");
	}
	nodes = calloc(keys->count, sizeof(*nodes));
	if (nodes == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = add_subkeys(saver, node, keys, nodes);
	for (size_t i = 0; i < keys->count && lstatus_ok(status); i++) {
		if (nodes[i] != 0)
			status = save_subkey(saver, &keys->entries[i], nodes[i]);
	}
	free(nodes);
	return status;
}

static lstatus
save_subkeys(struct saver *saver, reg_key key, hive_node_h node)
{
	struct reg_key_list keys;
	lstatus status = registry_list_keys(saver->registry, key, &keys);

	if (!lstatus_ok(status))
		return status;
	status = save_list(saver, &keys, node);
	reg_key_list_release(&keys);
	return status;
}

static lstatus
save_key(struct saver *saver, reg_key key, hive_node_h node)
{
	lstatus status;

	if (saver->path.failed || saver->report->lost.failed || saver->keys.failed ||
	    saver->lists.failed || saver->entries.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = save_values(saver, key, node);
	return lstatus_ok(status) ? save_subkeys(saver, key, node) : status;
}

/* --- Putting right ---------------------------------------------------------------------- */

/* Write a list in the registry's order; its cell has the parent's noted number of subkeys. */
static size_t
mend_list(uint8_t *file, const struct list_note *note, const struct list_entry *entries)
{
	size_t list = HIVE_BASE_SIZE + (size_t)hive_get32(file + note->parent + HIVE_NK_LIST);

	for (size_t i = 0; i < note->count; i++) {
		uint8_t *at = file + list + 8 + 8 * i;

		hive_put32(at, (uint32_t)(entries[i].node - HIVE_BASE_SIZE));
		hive_put32(at + 4, entries[i].hash);
	}
	return note->count;
}

/* Put a key's time, descriptor and class in, and count it as a user of the descriptor. */
static void
mend_key(uint8_t *file, uint32_t base, const struct key_note *note)
{
	uint8_t *key = file + note->node;
	uint8_t *users = file + HIVE_BASE_SIZE + base + note->extra.security + HIVE_SK_USERS;
	uint32_t parent = hive_get32(key + HIVE_NK_PARENT);
	uint8_t *max_class = file + HIVE_BASE_SIZE + (size_t)parent + HIVE_NK_MAX_CLASS;

	hive_put64(key + HIVE_NK_TIME, (uint64_t)note->time);
	hive_put32(key + HIVE_NK_SECURITY, base + note->extra.security);
	hive_put32(users, hive_get32(users) + 1);
	if (note->extra.class_size == 0)
		return;
	hive_put32(key + HIVE_NK_CLASS, base + note->extra.class);
	hive_put16(key + HIVE_NK_CLASS_SIZE, note->extra.class_size);
	if (parent != HIVE_NONE && hive_get32(max_class) < note->extra.class_size)
		hive_put32(max_class, note->extra.class_size);
}

static void
mend(const struct saver *saver, uint8_t *file)
{
	const struct key_note *keys = (const void *)saver->keys.data;
	const struct list_note *lists = (const void *)saver->lists.data;
	const struct list_entry *entries = (const void *)saver->entries.data;
	const uint32_t *security = (const void *)saver->extras.security.data;
	uint32_t base = saver->extras.base;

	for (size_t i = 0; i < saver->extras.security.size / sizeof(*security); i++)
		hive_put32(file + HIVE_BASE_SIZE + base + security[i] + HIVE_SK_USERS, 0);
	for (size_t i = 0; i < saver->keys.size / sizeof(*keys); i++)
		mend_key(file, base, &keys[i]);
	for (size_t i = 0; i < saver->lists.size / sizeof(*lists); i++)
		entries += mend_list(file, &lists[i], entries);
}

static lstatus
mend_file(const struct saver *saver, int descriptor)
{
	struct stat info;
	uint8_t *file;

	if (fstat(descriptor, &info) != 0)
		return lstatus_from_errno(errno);
	file = mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	if (file == MAP_FAILED)
		return lstatus_from_errno(errno);
	mend(saver, file);
	munmap(file, (size_t)info.st_size);
	return LSTATUS(ERROR_SUCCESS);
}

/* --- The whole -------------------------------------------------------------------------- */

static lstatus
write_file(struct saver *saver)
{
	struct out_file out;
	lstatus status = out_file_begin(&out, saver->file_name);

	if (!lstatus_ok(status))
		return status;
	if (hivex_commit(saver->hive, (const char *)out.name.data, 0) != 0)
		status = lstatus_from_errno(errno);
	else
		status = mend_file(saver, fileno(out.file));
	return out_file_end(&out, status);
}

/* The last component of the key's path. */
static lstatus
key_name(struct registry *registry, reg_key key, struct buf *name)
{
	struct buf path = { 0 };
	lstatus status = registry_key_path(registry, key, &path);
	const char *last;

	if (lstatus_ok(status)) {
		last = strrchr(buf_text(&path), '\\');
		buf_append_text(name, last != NULL ? last + 1 : buf_text(&path));
		buf_text(name);
		if (path.failed || name->failed)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	buf_release(&path);
	return status;
}

/* A hive of the top key alone. */
static lstatus
open_empty(struct saver *saver, reg_key key)
{
	struct reg_key_info info;
	struct hive_image image = { .descriptor = -1 };
	struct buf name = { 0 };
	lstatus status = registry_query_info(saver->registry, key, &info);

	if (lstatus_ok(status))
		status = hive_extras_collect(&saver->extras, saver->registry, key);
	if (lstatus_ok(status))
		status = key_name(saver->registry, key, &name);
	if (lstatus_ok(status))
		status = hive_image_new(&image, (const char *)name.data, &saver->extras,
		    info.last_write, saver->file_name);
	if (lstatus_ok(status)) {
		saver->hive = hivex_open(image.path, HIVEX_OPEN_WRITE);
		if (saver->hive == NULL)
			status = fail_hivex(saver, "libhivex cannot open an empty hive");
		else
			note_key(saver, hivex_root(saver->hive), key.id, info.last_write);
	}
	hive_image_release(&image);
	buf_release(&name);
	return status;
}

lstatus
hive_save(
    struct registry *registry, reg_key key, const char *file_name, struct reg_hive_report *report)
{
	struct saver saver = { .registry = registry, .file_name = file_name, .report = report };
	lstatus status = open_empty(&saver, key);

	if (lstatus_ok(status))
		status = save_key(&saver, key, hivex_root(saver.hive));
	if (lstatus_ok(status))
		status = write_file(&saver);
	if (lstatus_ok(status) && report->lost.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (!lstatus_ok(status) && report->message[0] == '\0')
		hive_fail(report, status, file_name, SIZE_MAX, "%s", lstatus_text(status));
	if (saver.hive != NULL)
		hivex_close(saver.hive);
	hive_extras_release(&saver.extras);
	buf_release(&saver.path);
	buf_release(&saver.keys);
	buf_release(&saver.lists);
	buf_release(&saver.entries);
	return status;
}
