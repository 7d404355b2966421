/*
 * Walking a hive's keys and values without a registry.
 *
 * What bounds a malformed hive that passed the check is what bounds a load of it: cells are no more
 * than fit into its bins.
 */
#include <errno.h>
#include <hivex.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/hive_image.h"

struct walker {
	const struct reg_hive_visitor *visitor;
	void *self;
	const char *file_name;
	struct reg_hive_report *report;
	const struct hive_image *image;
	hive_h *hive;
	size_t keys_left;
	size_t values_left;
	size_t bytes_left;
	struct buf path; /* of the key at hand, below the top key */
	size_t depth;    /* of it */
};

static lstatus
damaged(struct walker *walker, size_t cell, const char *expected)
{
	return hive_fail(walker->report, LSTATUS(ERROR_BADDB), walker->file_name, cell,
	    "key \"%.150s\": expected %s", buf_text(&walker->path), expected);
}

/* --- Lists
 * ---------------------------------------------------------------------------------------- */

typedef bool
long_list(const struct hive_image *image, size_t node, size_t limit, struct buf *places);

/* The places of a key's subkeys or values, ended by a zero, whatever their number. */
static size_t *
list(struct walker *walker, hive_node_h node, size_t *(*short_list)(hive_h *hive, hive_node_h node),
    long_list *whole, size_t limit)
{
	static const size_t end = 0;
	struct buf places = { 0 };
	size_t *found = short_list(walker->hive, node);

	if (found != NULL || errno != ERANGE)
		return found;
	if (!whole(walker->image, node, limit, &places))
		places.failed = true;
	buf_append(&places, &end, sizeof(end));
	if (places.failed)
		buf_release(&places);
	return (size_t *)(void *)places.data;
}

/* --- Values
 * --------------------------------------------------------------------------------------- */

static lstatus
visit(struct walker *walker, hive_value_h value, const char *name, uint32_t type, const void *data,
    size_t size)
{
	walker->bytes_left -= size;
	walker->report->values++;
	return walker->visitor->value(walker->self, value, name, type, data, size);
}

/* Data that may be in segments. */
static lstatus
walk_long_value(
    struct walker *walker, hive_value_h value, const char *name, uint32_t type, size_t size)
{
	struct buf data = { 0 };
	lstatus status;

	if (size > walker->bytes_left || !hive_image_data(walker->image, value, size, &data))
		status = damaged(walker, value, "a value's cell with its data");
	else if (data.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else
		status = visit(walker, value, name, type, data.data, size);
	buf_release(&data);
	return status;
}

static lstatus
walk_value(struct walker *walker, hive_value_h value)
{
	char *name;
	char *data = NULL;
	hive_type type = hive_t_REG_NONE;
	size_t size = 0;
	bool known;
	lstatus status;

	if (walker->values_left-- == 0)
		return damaged(walker, value, "no more values than fit into the hive");
	name = hivex_value_key(walker->hive, value);
	if (name == NULL && errno == EILSEQ) {
		hive_lose(walker->report, &walker->path,
		    "a value whose name is no well-formed UTF-16 is left out");
		return LSTATUS(ERROR_SUCCESS);
	}
	if (name == NULL)
		return damaged(walker, value, "a value's cell with a name");
	known = hivex_value_type(walker->hive, value, &type, &size) == 0;
	if (known && size <= HIVE_SEGMENT_MAX)
		data = hivex_value_value(walker->hive, value, &type, &size);
	if (known && size > HIVE_SEGMENT_MAX)
		status = walk_long_value(walker, value, name, (uint32_t)type, size);
	else if (data == NULL || size > walker->bytes_left)
		status = damaged(walker, value, "a value's cell with its data");
	else
		status = visit(walker, value, name, (uint32_t)type, data, size);
	free(name);
	free(data);
	return status;
}

/* --- Keys
 * ----------------------------------------------------------------------------------------- */

static lstatus walk_key(struct walker *walker, hive_node_h node);

static lstatus
walk_subkey(struct walker *walker, hive_node_h node)
{
	char *name = hivex_node_name(walker->hive, node);
	size_t length = walker->path.size;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (name == NULL && errno == EILSEQ) {
		hive_lose(walker->report, &walker->path,
		    "a subkey whose name is no well-formed UTF-16 is left out");
		return status;
	}
	if (name == NULL)
		return damaged(walker, node, "a subkey's cell with a name");
	if (length > 0)
		buf_append_byte(&walker->path, '\\');
	buf_append_text(&walker->path, name);
	if (name[0] == '\0' || strchr(name, '\\') != NULL || utf16_units(name) > REG_KEY_NAME_MAX)
		status = damaged(
		    walker, node, "a key's name of 1 to 255 characters without a backslash");
	else {
		walker->depth++;
		status = walk_key(walker, node);
		walker->depth--;
	}
	buf_truncate(&walker->path, length);
	free(name);
	return status;
}

static lstatus
walk_key(struct walker *walker, hive_node_h node)
{
	size_t *places;
	lstatus status;

	if (walker->keys_left-- == 0)
		return damaged(walker, node, "no more keys than fit into the hive");
	if (walker->path.failed || walker->report->lost.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (walker->depth > REG_DEPTH_MAX)
		return damaged(walker, node, "no deeper keys than a registry has");
	walker->report->keys++;
	status = walker->visitor->key(walker->self, node, buf_text(&walker->path));
	if (!lstatus_ok(status))
		return status;
	places = list(walker, node, hivex_node_values, hive_image_values, walker->values_left);
	if (places == NULL)
		return damaged(walker, node, "a list of values");
	for (size_t i = 0; places[i] != 0 && lstatus_ok(status); i++)
		status = walk_value(walker, places[i]);
	free(places);
	if (!lstatus_ok(status))
		return status;
	places = list(walker, node, hivex_node_children, hive_image_subkeys, walker->keys_left);
	if (places == NULL)
		return damaged(walker, node, "a list of subkeys");
	for (size_t i = 0; places[i] != 0 && lstatus_ok(status); i++)
		status = walk_subkey(walker, places[i]);
	free(places);
	return status;
}

static lstatus
walk_image(struct walker *walker)
{
	hive_node_h root;
	lstatus status;

	walker->keys_left = walker->image->bins_size / HIVE_NK_SIZE;
	walker->values_left = walker->image->bins_size / HIVE_VK_SIZE;
	walker->bytes_left = walker->image->bins_size;
	walker->hive = hivex_open(walker->image->path, 0);
	if (walker->hive == NULL)
		return hive_fail(walker->report, LSTATUS(ERROR_BADDB), walker->file_name, SIZE_MAX,
		    "expected a hive that libhivex reads: %s", strerror(errno));
	root = hivex_root(walker->hive);
	status = root != 0 ? walk_key(walker, root) : damaged(walker, SIZE_MAX, "a top key");
	hivex_close(walker->hive);
	return status;
}

lstatus
reg_hive_walk(const char *file_name, const struct reg_hive_visitor *visitor, void *self,
    struct reg_hive_report *report)
{
	struct walker walker = {
		.visitor = visitor,
		.self = self,
		.file_name = file_name,
		.report = report,
	};
	struct hive_image image;
	lstatus status = hive_image_open(&image, file_name, report);

	if (!lstatus_ok(status))
		return status;
	walker.image = &image;
	status = walk_image(&walker);
	hive_image_release(&image);
	buf_release(&walker.path);
	if (lstatus_ok(status) && report->lost.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (!lstatus_ok(status) && report->message[0] == '\0')
		hive_fail(report, status, file_name, SIZE_MAX, "%s", lstatus_text(status));
	return status;
}
