/*
 * The hive that libhivex fills: a base block, and one bin with the top key and what libhivex cannot
 * write, the cells of security descriptors and classes.
 *
 * The layout is the public one of version 1.3.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/hive_image.h"

static const uint8_t regf[] = { 'r', 'e', 'g', 'f' };
static const uint8_t hbin[] = { 'h', 'b', 'i', 'n' };
static const uint8_t nk[] = { 'n', 'k' };

/* A key's name as a hive stores it: one byte a unit if all fit, which *ret_narrow says. */
static void
encode_name(const char *name, struct buf *out, bool *ret_narrow)
{
	struct buf units = { 0 };

	*ret_narrow = true;
	if (!utf16_from_utf8(name, strlen(name), &units))
		buf_clear(&units);
	for (size_t at = 0; at < units.size; at += 2)
		*ret_narrow = *ret_narrow && units.data[at + 1] == 0;
	for (size_t at = 0; at < units.size; at += *ret_narrow ? 2 : 1)
		buf_append_byte(out, units.data[at]);
	out->failed = out->failed || units.failed;
	buf_release(&units);
}

static void
fill_base(uint8_t *base, size_t bins_size, int64_t time, const char *file_name)
{
	struct buf path = { 0 };
	size_t skip;

	memcpy(base, regf, sizeof(regf));
	hive_put32(base + 4, 1);
	hive_put32(base + 8, 1);
	hive_put64(base + HIVE_TIME_AT, (uint64_t)time);
	hive_put32(base + HIVE_MAJOR_AT, 1);
	hive_put32(base + HIVE_MINOR_AT, HIVE_MINOR);
	hive_put32(base + HIVE_FORMAT_AT, 1);
	hive_put32(base + HIVE_ROOT_AT, HIVE_BIN_HEADER_SIZE);
	hive_put32(base + HIVE_BINS_AT, (uint32_t)bins_size);
	hive_put32(base + HIVE_CLUSTERING_AT, 1);
	/* The end of the file's name, with a NUL. */
	if (utf16_from_utf8(file_name, strlen(file_name), &path) && !path.failed) {
		skip = path.size > HIVE_PATH_SIZE - 2 ? path.size - (HIVE_PATH_SIZE - 2) : 0;
		if (path.size > skip)
			memcpy(base + HIVE_PATH_AT, path.data + skip, path.size - skip);
	}
	buf_release(&path);
	hive_put32(base + HIVE_CHECKSUM_AT, hive_checksum(base));
}

static void
fill_root(uint8_t *cell, size_t size, const struct buf *name, bool narrow, uint32_t security,
    int64_t time)
{
	hive_put32(cell, 0u - (uint32_t)size);
	memcpy(cell + 4, nk, sizeof(nk));
	hive_put16(cell + 6, 0x0004u | 0x0008u | (narrow ? 0x0020u : 0u)); /* root, not deletable */
	hive_put64(cell + HIVE_NK_TIME, (uint64_t)time);
	hive_put32(cell + HIVE_NK_PARENT, HIVE_NONE);
	hive_put32(cell + HIVE_NK_LIST, HIVE_NONE);
	hive_put32(cell + HIVE_NK_LIST + 4, HIVE_NONE); /* of volatile subkeys */
	hive_put32(cell + 44, HIVE_NONE);               /* values */
	hive_put32(cell + HIVE_NK_SECURITY, security);
	hive_put32(cell + HIVE_NK_CLASS, HIVE_NONE);
	hive_put16(cell + 76, (uint32_t)name->size);
	if (name->size > 0)
		memcpy(cell + HIVE_NK_SIZE, name->data, name->size);
}

/* Link the descriptors' cells to a ring. Each has one user until the users are counted. */
static void
fill_ring(const struct hive_extras *extras, uint8_t *cells)
{
	const uint32_t *at = (const uint32_t *)(const void *)extras->security.data;
	size_t count = extras->security.size / sizeof(*at);

	for (size_t i = 0; i < count; i++) {
		hive_put32(
		    cells + at[i] + HIVE_SK_NEXT, extras->base + at[i + 1 < count ? i + 1 : 0]);
		hive_put32(
		    cells + at[i] + HIVE_SK_PREVIOUS, extras->base + at[i > 0 ? i - 1 : count - 1]);
		hive_put32(cells + at[i] + HIVE_SK_USERS, 1);
	}
}

static uint8_t *
build(const struct buf *name, bool narrow, struct hive_extras *extras, int64_t time,
    const char *file_name, size_t *ret_size)
{
	size_t nk_size = hive_round_up(HIVE_NK_SIZE + name->size, 8);
	size_t end = HIVE_BIN_HEADER_SIZE + nk_size + extras->cells.size;
	size_t bins_size = hive_round_up(end, HIVE_PAGE);
	uint8_t *image = calloc(1, HIVE_BASE_SIZE + bins_size);
	uint8_t *bin;

	if (image == NULL)
		return NULL;
	bin = image + HIVE_BASE_SIZE;
	extras->base = (uint32_t)(HIVE_BIN_HEADER_SIZE + nk_size);
	fill_base(image, bins_size, time, file_name);
	memcpy(bin, hbin, sizeof(hbin));
	hive_put32(bin + 8, (uint32_t)bins_size);
	hive_put64(bin + 20, (uint64_t)time);
	fill_root(bin + HIVE_BIN_HEADER_SIZE, nk_size, name, narrow, extras->base, time);
	memcpy(bin + extras->base, extras->cells.data, extras->cells.size);
	fill_ring(extras, bin + extras->base);
	if (end < bins_size)
		hive_put32(bin + end, (uint32_t)(bins_size - end));
	*ret_size = HIVE_BASE_SIZE + bins_size;
	return image;
}

lstatus
hive_image_new(struct hive_image *image, const char *root_name, struct hive_extras *extras,
    int64_t time, const char *file_name)
{
	struct buf name = { 0 };
	bool narrow;
	uint8_t *bytes = NULL;
	size_t size = 0;
	lstatus status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	*image = (struct hive_image){ .descriptor = -1 };
	encode_name(root_name, &name, &narrow);
	if (!name.failed)
		bytes = build(&name, narrow, extras, time, file_name, &size);
	if (bytes != NULL)
		status = hive_image_begin(image);
	if (lstatus_ok(status))
		status = hive_image_append(image, bytes, size);
	if (!lstatus_ok(status))
		hive_image_release(image);
	free(bytes);
	buf_release(&name);
	return status;
}
