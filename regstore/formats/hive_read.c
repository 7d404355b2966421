/*
 * Loading a hive's contents into a key.
 *
 * What bounds a malformed hive that passed the check: every key, value and byte of data has cells
 * of its own, so that a hive in which lists meet or run in circles has more of them than fit into
 * its bins.
 */
#include <errno.h>
#include <hivex.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/hive_image.h"
#include "regstore/security/descriptor.h"

struct loader {
	struct registry *registry;
	const char *file_name;
	struct reg_hive_report *report;
	const struct hive_image *image;
	hive_h *hive;
	bool replace;
	size_t keys_left; /* that can still come, and so on */
	size_t values_left;
	size_t bytes_left;
	struct buf path; /* of the key at hand, below the top key */
};

static lstatus load_key(struct loader *loader, hive_node_h node, reg_key key, bool made);

/* Something at a cell is not what it has to be; libhivex says no more than an errno. */
static lstatus
damaged(struct loader *loader, size_t cell, const char *expected)
{
	return hive_fail(loader->report, LSTATUS(ERROR_BADDB), loader->file_name, cell,
	    "key \"%.150s\": expected %s", buf_text(&loader->path), expected);
}

static lstatus
refused(struct loader *loader, lstatus status, const char *what, const char *name)
{
	return hive_fail(loader->report, status, loader->file_name, SIZE_MAX,
	    "key \"%.150s\": cannot %s \"%.80s\": %s", buf_text(&loader->path), what, name,
	    lstatus_text(status));
}

/* --- Lists ------------------------------------------------------------------------------ */

typedef bool
long_list(const struct hive_image *image, size_t node, size_t limit, struct buf *places);

/* A list that is longer than libhivex reads, as it gives them: ended by a zero, to be freed. */
static size_t *
read_long(struct loader *loader, hive_node_h node, long_list *list, size_t limit)
{
	static const size_t end = 0;
	struct buf places = { 0 };

	if (!list(loader->image, node, limit, &places))
		places.failed = true;
	buf_append(&places, &end, sizeof(end));
	if (places.failed)
		buf_release(&places);
	return (size_t *)(void *)places.data;
}

static hive_node_h *
list_subkeys(struct loader *loader, hive_node_h node)
{
	hive_node_h *subkeys = hivex_node_children(loader->hive, node);

	if (subkeys == NULL && errno == ERANGE)
		subkeys = read_long(loader, node, hive_image_subkeys, loader->keys_left);
	return subkeys;
}

static hive_value_h *
list_values(struct loader *loader, hive_node_h node)
{
	hive_value_h *values = hivex_node_values(loader->hive, node);

	if (values == NULL && errno == ERANGE)
		values = read_long(loader, node, hive_image_values, loader->values_left);
	return values;
}

/* --- Values ----------------------------------------------------------------------------- */

/* A value's name; NULL with *ret_status success if it is one that is left out. */
static char *
value_name(struct loader *loader, hive_value_h value, lstatus *ret_status)
{
	char *name = hivex_value_key(loader->hive, value);

	*ret_status = LSTATUS(ERROR_SUCCESS);
	if (name == NULL && errno == EILSEQ) {
		hive_lose(loader->report, &loader->path,
		    "a value whose name is no well-formed UTF-16 is left out");
	} else if (name == NULL) {
		*ret_status = damaged(loader, value, "a value's cell with a name");
	} else if (hivex_value_key_len(loader->hive, value) != strlen(name)) {
		hive_lose(loader->report, &loader->path,
		    "value \"%s\" is left out: its name goes on after a NUL", name);
		free(name);
		name = NULL;
	}
	return name;
}

static lstatus
set_value(struct loader *loader, reg_key key, const char *name, uint32_t type, const void *data,
    size_t size)
{
	lstatus status;

	loader->bytes_left -= size;
	loader->report->values++;
	status = registry_set_value(loader->registry, key, name, type, data, size);
	return lstatus_ok(status) ? status : refused(loader, status, "set the value", name);
}

/* Data that may be in segments. */
static lstatus
load_long_value(struct loader *loader, hive_value_h value, const char *name, reg_key key,
    uint32_t type, size_t size)
{
	struct buf data = { 0 };
	lstatus status;

	if (size > loader->bytes_left)
		return damaged(loader, value, "no more data than fit into the hive");
	if (!hive_image_data(loader->image, value, size, &data))
		status = damaged(loader, value, "a value's cell with its data");
	else if (data.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else
		status = set_value(loader, key, name, type, data.data, size);
	buf_release(&data);
	return status;
}

static lstatus
load_value(struct loader *loader, hive_value_h value, reg_key key)
{
	lstatus status;
	char *name;
	char *data = NULL;
	hive_type type = hive_t_REG_NONE;
	size_t size = 0;
	bool known;

	if (loader->values_left-- == 0)
		return damaged(loader, value, "no more values than fit into the hive");
	name = value_name(loader, value, &status);
	if (name == NULL)
		return status;
	known = hivex_value_type(loader->hive, value, &type, &size) == 0;
	if (known && size <= HIVE_SEGMENT_MAX)
		data = hivex_value_value(loader->hive, value, &type, &size);
	if (known && size > HIVE_SEGMENT_MAX)
		status = load_long_value(loader, value, name, key, (uint32_t)type, size);
	else if (data == NULL)
		status = damaged(loader, value, "a value's cell with its data");
	else if (size > loader->bytes_left)
		status = damaged(loader, value, "no more data than fit into the hive");
	else
		status = set_value(loader, key, name, (uint32_t)type, data, size);
	free(name);
	free(data);
	return status;
}

static lstatus
load_values(struct loader *loader, hive_node_h node, reg_key key)
{
	hive_value_h *values = list_values(loader, node);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (values == NULL)
		return damaged(loader, node, "a list of values");
	for (size_t i = 0; values[i] != 0 && lstatus_ok(status); i++)
		status = load_value(loader, values[i], key);
	free(values);
	return status;
}

/* --- Security and class ----------------------------------------------------------------- */

/* Set the descriptor that the hive has for a key, if the key has another. */
static lstatus
load_security(struct loader *loader, hive_node_h node, reg_key key)
{
	const uint8_t *cell =
	    hive_image_cell(loader->image, node, HIVE_NK_SECURITY, HIVE_SK_DATA - 4);
	uint32_t size = cell != NULL ? hive_get32(cell + HIVE_SK_SIZE - 4) : 0;
	struct buf has = { 0 };
	lstatus status;

	if (cell == NULL || memcmp(cell, "sk", 2) != 0 ||
	    hive_image_cell(
	        loader->image, node, HIVE_NK_SECURITY, (size_t)HIVE_SK_DATA - 4 + size) == NULL) {
		hive_lose(loader->report, &loader->path, "the hive has no descriptor for it");
		return LSTATUS(ERROR_SUCCESS);
	}
	/* Nobody could open a key whose descriptor cannot be read. */
	if (descriptor_size(cell + HIVE_SK_DATA - 4, size) == 0) {
		hive_lose(loader->report, &loader->path, "its security descriptor is malformed");
		return LSTATUS(ERROR_SUCCESS);
	}
	status = registry_query_security(loader->registry, key, &has);
	if (lstatus_ok(status) &&
	    (has.size != size || memcmp(has.data, cell + HIVE_SK_DATA - 4, size) != 0))
		status =
		    registry_set_security(loader->registry, key, cell + HIVE_SK_DATA - 4, size);
	buf_release(&has);
	return status;
}

static lstatus
load_class(struct loader *loader, hive_node_h node, reg_key key)
{
	size_t size = hive_get16(loader->image->bytes + node + HIVE_NK_CLASS_SIZE);
	const uint8_t *cell;

	if (size == 0 || hive_get32(loader->image->bytes + node + HIVE_NK_CLASS) == HIVE_NONE)
		return LSTATUS(ERROR_SUCCESS);
	cell = hive_image_cell(loader->image, node, HIVE_NK_CLASS, size);
	if (cell == NULL)
		return damaged(loader, node, "a class within a cell");
	return registry_set_class(loader->registry, key, cell, size);
}

/* --- Keys ------------------------------------------------------------------------------- */

/* A link is stored as a key with this one value; its flag cannot be read through libhivex. */
static bool
is_link(struct loader *loader, hive_node_h node)
{
	hive_value_h *values;
	char *name;
	hive_type type = hive_t_REG_NONE;
	bool link = false;

	if (hivex_node_nr_values(loader->hive, node) != 1 ||
	    hivex_node_nr_children(loader->hive, node) != 0)
		return false;
	values = hivex_node_values(loader->hive, node);
	if (values != NULL && values[0] != 0 &&
	    hivex_value_type(loader->hive, values[0], &type, NULL) == 0 &&
	    type == hive_t_REG_LINK) {
		name = hivex_value_key(loader->hive, values[0]);
		link = name != NULL && name_compare(name, "SymbolicLinkValue") == 0;
		free(name);
	}
	free(values);
	return link;
}

/* Whether the key that is there has a link of this name below it. */
static bool
has_link(const struct reg_key_list *there, const char *name)
{
	for (size_t i = 0; i < there->count; i++) {
		if ((there->entries[i].flags & REGISTRY_CREATE_LINK) != 0 &&
		    name_compare(there->entries[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Note a link that was made: a second subkey of its name would go to where the link leads. */
static lstatus
note_link(struct reg_key_list *there, reg_key key, const char *name)
{
	struct reg_key_entry *entries =
	    realloc(there->entries, (there->count + 1) * sizeof(*entries));
	char *copy = strdup(name);

	if (entries != NULL)
		there->entries = entries;
	if (entries == NULL || copy == NULL) {
		free(copy);
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	entries[there->count++] =
	    (struct reg_key_entry){ .key = key, .name = copy, .flags = REGISTRY_CREATE_LINK };
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
load_named(struct loader *loader, hive_node_h node, const char *name, reg_key parent,
    struct reg_key_list *there)
{
	bool link = is_link(loader, node);
	bool made = false;
	reg_key key;
	lstatus status = registry_create_key(
	    loader->registry, &parent, name, link ? REGISTRY_CREATE_LINK : 0, &key, &made);

	if (link && lstatus_is(status, ERROR_ALREADY_EXISTS)) {
		hive_lose(loader->report, &loader->path,
		    "the link is left out: the registry has a key of that name");
		return LSTATUS(ERROR_SUCCESS);
	}
	if (!lstatus_ok(status))
		return refused(loader, status, "make the key", name);
	if (link)
		status = note_link(there, key, name);
	if (!lstatus_ok(status))
		return status;
	loader->report->keys++;
	return load_key(loader, node, key, made);
}

static lstatus
load_subkey(struct loader *loader, hive_node_h node, reg_key parent, struct reg_key_list *there)
{
	char *name = hivex_node_name(loader->hive, node);
	size_t length = loader->path.size;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (name == NULL && errno == EILSEQ) {
		hive_lose(loader->report, &loader->path,
		    "a subkey whose name is no well-formed UTF-16 is left out");
		return status;
	}
	if (name == NULL)
		return damaged(loader, node, "a subkey's cell with a name");
	if (length > 0)
		buf_append_byte(&loader->path, '\\');
	buf_append_text(&loader->path, name);
	if (name[0] == '\0' || strchr(name, '\\') != NULL || utf16_units(name) > REG_KEY_NAME_MAX)
		status = damaged(
		    loader, node, "a key's name of 1 to 255 characters without a backslash");
	else if (hivex_node_name_len(loader->hive, node) != strlen(name))
		hive_lose(loader->report, &loader->path,
		    "the key is left out: its name goes on after a NUL");
	else if (has_link(there, name))
		hive_lose(loader->report, &loader->path,
		    "the key is left out: the registry has a link of that name");
	else
		status = load_named(loader, node, name, parent, there);
	buf_truncate(&loader->path, length);
	free(name);
	return status;
}

static lstatus
load_subkeys(struct loader *loader, hive_node_h node, reg_key key, bool made)
{
	struct reg_key_list there = { 0 };
	hive_node_h *children = list_subkeys(loader, node);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (children == NULL)
		return damaged(loader, node, "a list of subkeys");
	if (!made && children[0] != 0)
		status = registry_list_keys(loader->registry, key, &there);
	for (size_t i = 0; children[i] != 0 && lstatus_ok(status); i++)
		status = load_subkey(loader, children[i], key, &there);
	reg_key_list_release(&there);
	free(children);
	return status;
}

/* `made`: the key is new, so nothing can be in the way below it. */
static lstatus
load_key(struct loader *loader, hive_node_h node, reg_key key, bool made)
{
	lstatus status;

	if (loader->keys_left-- == 0)
		return damaged(loader, node, "no more keys than fit into the hive");
	if (loader->path.failed || loader->report->lost.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = load_values(loader, node, key);
	if (lstatus_ok(status) && (made || loader->replace))
		status = load_security(loader, node, key);
	if (lstatus_ok(status) && (made || loader->replace))
		status = load_class(loader, node, key);
	return lstatus_ok(status) ? load_subkeys(loader, node, key, made) : status;
}

/* --- The whole -------------------------------------------------------------------------- */

/* Note a value's name with its NUL. */
static bool
note_name(void *context, const char *name, uint32_t type UNUSED, const void *data UNUSED,
    size_t size UNUSED)
{
	struct buf *names = context;

	buf_append(names, name, strlen(name) + 1);
	return !names->failed;
}

static lstatus
clear_values(struct registry *registry, reg_key key)
{
	struct buf names = { 0 };
	lstatus status = registry_each_value(registry, key, note_name, &names);

	if (names.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	for (size_t at = 0; at < names.size && lstatus_ok(status);) {
		const char *name = (const char *)names.data + at;

		status = registry_delete_value(registry, key, name);
		at += strlen(name) + 1;
	}
	buf_release(&names);
	return status;
}

/* Delete what a key has, but not the links in it: they belong to this registry. */
static lstatus
clear_key(struct registry *registry, reg_key key)
{
	struct reg_key_list keys = { 0 };
	lstatus status = clear_values(registry, key);

	if (lstatus_ok(status))
		status = registry_list_keys(registry, key, &keys);
	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++) {
		if ((keys.entries[i].flags & REGISTRY_CREATE_LINK) == 0)
			status = registry_delete_tree(registry, keys.entries[i].key);
	}
	reg_key_list_release(&keys);
	return status;
}

static void
note_losses(struct loader *loader, const struct hive_image *image)
{
	struct buf *lost = &loader->report->lost;

	if (image->dirty)
		buf_append_text(lost, "The hive was not closed cleanly: changes that are in its "
		                      "logs only are not there.\n");
}

static lstatus
load_image(struct loader *loader, const struct hive_image *image, reg_key into, unsigned flags)
{
	hive_node_h root;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	loader->image = image;
	loader->replace = (flags & REG_HIVE_REPLACE) != 0;
	loader->keys_left = image->bins_size / HIVE_NK_SIZE;
	loader->values_left = image->bins_size / HIVE_VK_SIZE;
	loader->bytes_left = image->bins_size;
	loader->hive = hivex_open(image->path, 0);
	if (loader->hive == NULL)
		return hive_fail(loader->report, LSTATUS(ERROR_BADDB), loader->file_name, SIZE_MAX,
		    "expected a hive that libhivex reads: %s", strerror(errno));
	note_losses(loader, image);
	if (loader->replace)
		status = clear_key(loader->registry, into);
	root = hivex_root(loader->hive);
	if (lstatus_ok(status) && root == 0)
		status = damaged(loader, SIZE_MAX, "a top key");
	if (lstatus_ok(status))
		status = load_key(loader, root, into, false);
	if (!lstatus_ok(status))
		registry_doom(loader->registry, status);
	hivex_close(loader->hive);
	return status;
}

lstatus
hive_load(struct registry *registry, const char *file_name, reg_key into, unsigned flags,
    struct reg_hive_report *report)
{
	struct loader loader = { .registry = registry, .file_name = file_name, .report = report };
	struct hive_image image;
	lstatus status = hive_image_open(&image, file_name, report);

	if (!lstatus_ok(status))
		return status;
	status = load_image(&loader, &image, into, flags);
	hive_image_release(&image);
	buf_release(&loader.path);
	if (lstatus_ok(status) && report->lost.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (!lstatus_ok(status) && report->message[0] == '\0')
		hive_fail(report, status, file_name, SIZE_MAX, "%s", lstatus_text(status));
	return status;
}
