/*
 * What libhivex does not read, or not whole: data of over 8,000,000 bytes, data in segments whose
 * cells have no room to spare (it leaves out the last four bytes of each, and says nothing), lists
 * of more than 70,000 subkeys or 110,000 values.
 */
#include <string.h>

#include "regstore/formats/hive_image.h"

enum {
	NK_SUBKEY_COUNT = 24,
	NK_VALUE_COUNT = 40,
	NK_VALUE_LIST = 44,
};

/* --- Data ------------------------------------------------------------------------------- */

/* The place of a cell whose contents were found, as fields in it are counted. */
static size_t
place_of(const struct hive_image *image, const uint8_t *contents)
{
	return (size_t)(contents - image->bytes) - 4;
}

static bool
read_segments(const struct hive_image *image, const uint8_t *db, size_t size, struct buf *out)
{
	size_t count = hive_get16(db + HIVE_DB_COUNT - 4);
	const uint8_t *list = hive_image_cell(image, place_of(image, db), HIVE_DB_LIST, 4 * count);

	if (memcmp(db, "db", 2) != 0 || list == NULL)
		return false;
	for (size_t i = 0; i < count && size > 0; i++) {
		size_t part = size < HIVE_SEGMENT_MAX ? size : HIVE_SEGMENT_MAX;
		const uint8_t *segment =
		    hive_image_cell(image, place_of(image, list), 4 + 4 * i, part);

		if (segment == NULL)
			return false;
		buf_append(out, segment, part);
		size -= part;
	}
	return size == 0;
}

bool
hive_image_data(const struct hive_image *image, size_t value, size_t size, struct buf *out)
{
	const uint8_t *data = hive_image_cell(image, value, HIVE_VK_DATA, size);

	/* What stands in place of its offset is no longer than that. */
	if (hive_get32(image->bytes + value + HIVE_VK_DATA_SIZE) != size)
		return false;
	if (data != NULL) {
		buf_append(out, data, size);
		return true;
	}
	data = hive_image_cell(image, value, HIVE_VK_DATA, HIVE_DB_SIZE - 4 - 4);
	return data != NULL && read_segments(image, data, size, out);
}

/* --- Lists ------------------------------------------------------------------------------ */

static bool
add_place(const struct hive_image *image, const uint8_t *entry, size_t limit, struct buf *places)
{
	size_t place = HIVE_BASE_SIZE + (size_t)hive_get32(entry);

	if (place > HIVE_BASE_SIZE + image->bins_size - 8 || places->size / sizeof(place) >= limit)
		return false;
	buf_append(places, &place, sizeof(place));
	return true;
}

/* The subkeys in the list that a field of another cell leads to; `top`: or in the lists in it. */
static bool
read_list(const struct hive_image *image, size_t node, size_t field, bool top, size_t limit,
    struct buf *places)
{
	const uint8_t *list = hive_image_cell(image, node, field, 4);
	size_t count = list != NULL ? hive_get16(list + 2) : 0;
	bool hashes = list != NULL && (memcmp(list, "lf", 2) == 0 || memcmp(list, "lh", 2) == 0);
	bool lists = list != NULL && memcmp(list, "ri", 2) == 0;
	size_t step = hashes ? 8 : 4;

	list = hive_image_cell(image, node, field, 4 + step * count);
	if (list == NULL || (lists && !top) || (!hashes && !lists && memcmp(list, "li", 2) != 0))
		return false;
	for (size_t at = 4; at < 4 + step * count; at += step) {
		if (lists ? !read_list(image, place_of(image, list), at + 4, false, limit, places)
		          : !add_place(image, list + at, limit, places))
			return false;
	}
	return true;
}

bool
hive_image_subkeys(const struct hive_image *image, size_t node, size_t limit, struct buf *places)
{
	return read_list(image, node, HIVE_NK_LIST, true, limit, places) &&
	       places->size / sizeof(size_t) == hive_get32(image->bytes + node + NK_SUBKEY_COUNT);
}

bool
hive_image_values(const struct hive_image *image, size_t node, size_t limit, struct buf *places)
{
	size_t count = hive_get32(image->bytes + node + NK_VALUE_COUNT);
	const uint8_t *list =
	    count <= limit ? hive_image_cell(image, node, NK_VALUE_LIST, 4 * count) : NULL;

	for (size_t i = 0; i < count && list != NULL; i++) {
		if (!add_place(image, list + 4 * i, limit, places))
			return false;
	}
	return list != NULL;
}
