/*
 * What the hive files share: an image of a hive as bytes, checked or made, and reports.
 */
#ifndef REGSTORE_FORMATS_HIVE_IMAGE_H
#define REGSTORE_FORMATS_HIVE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "regstore/base/macro.h"
#include "regstore/formats/hive.h"

/* Cells are counted from the first bin; so are all offsets in a hive. */
enum { HIVE_BASE_SIZE = 4096, HIVE_BIN_HEADER_SIZE = 32 };

#define HIVE_NONE 0xffffffffu

/* Fields of the base block. */
enum {
	HIVE_PAGE = 4096,
	HIVE_TIME_AT = 12,
	HIVE_MAJOR_AT = 20,
	HIVE_MINOR_AT = 24,
	HIVE_TYPE_AT = 28,
	HIVE_FORMAT_AT = 32,
	HIVE_ROOT_AT = 36,
	HIVE_BINS_AT = 40,
	HIVE_CLUSTERING_AT = 44,
	HIVE_PATH_AT = 48,
	HIVE_PATH_SIZE = 64,
	HIVE_CHECKSUM_AT = 508,
	HIVE_MINOR = 3,       /* that is written, and the least that is read */
	HIVE_MINOR_LARGE = 5, /* that is written where data are too long for HIVE_MINOR */
};

/* Fields of a key's cell, from the cell's beginning (its size). */
enum {
	HIVE_NK_TIME = 8,
	HIVE_NK_PARENT = 20,
	HIVE_NK_LIST = 32,
	HIVE_NK_SECURITY = 48,
	HIVE_NK_CLASS = 52,
	HIVE_NK_MAX_CLASS = 60, /* of the subkeys' classes */
	HIVE_NK_CLASS_SIZE = 78,
	HIVE_NK_SIZE = 80,
	/* Of a value's cell. */
	HIVE_VK_DATA_SIZE = 8, /* its highest bit: the data are in place of their offset */
	HIVE_VK_DATA = 12,
	HIVE_VK_SIZE = 24,
	/* Of the cell that leads to data in segments, from HIVE_MINOR_LARGE on. */
	HIVE_DB_COUNT = 6,
	HIVE_DB_LIST = 8,
	HIVE_DB_SIZE = 16,
	HIVE_SEGMENT_MAX = 16344,
	/* Of a security descriptor's cell. */
	HIVE_SK_NEXT = 8,
	HIVE_SK_PREVIOUS = 12,
	HIVE_SK_USERS = 16,
	HIVE_SK_SIZE = 20,
	HIVE_SK_DATA = 24,
};

static inline uint32_t
hive_get32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static inline uint32_t
hive_get16(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static inline void
hive_put32(uint8_t *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> 8 * i);
}

static inline void
hive_put16(uint8_t *at, uint32_t number)
{
	at[0] = (uint8_t)number;
	at[1] = (uint8_t)(number >> 8);
}

static inline void
hive_put64(uint8_t *at, uint64_t number)
{
	hive_put32(at, (uint32_t)number);
	hive_put32(at + 4, (uint32_t)(number >> 32));
}

static inline size_t
hive_round_up(size_t size, size_t step)
{
	return (size + step - 1) / step * step;
}

/* The checksum of a base block. */
uint32_t hive_checksum(const uint8_t *base);

/* --- Images ----------------------------------------------------------------------------- */

/*
 * A private copy of a hive file, so that nobody changes it under the reader, whose base block, bins
 * and cells were checked. Zero bytes follow it, further than libhivex reads past a short cell. It
 * is a file without a name in $TMPDIR, /var/tmp or /tmp, mapped to be read; a small one is memory.
 */
struct hive_image {
	int descriptor;
	char path[64];        /* by which libhivex opens it */
	const uint8_t *bytes; /* NULL for an image that was made */
	size_t size;          /* of the file */
	size_t bins_size;     /* what follows the base block */
	bool dirty;           /* its last writer did not finish */
};

/* Copy and check a file. The image needs no release on failure; report->message says what is wrong.
 */
lstatus
hive_image_open(struct hive_image *image, const char *file_name, struct reg_hive_report *report);

/*
 * The contents of the cell that a 32-bit offset leads to, which is `field` bytes behind the place
 * `node` of another cell: at least `size` bytes, behind the cell's size. NULL if it leads nowhere
 * or out of the bins.
 */
const uint8_t *
hive_image_cell(const struct hive_image *image, size_t node, size_t field, size_t size);

/*
 * Append a value's data, `size` of more than four bytes, in one cell or in segments. False if they
 * are not there; out->failed says the rest.
 */
bool hive_image_data(const struct hive_image *image, size_t value, size_t size, struct buf *out);

/*
 * Append the places (size_t) of a key's subkeys or values, as libhivex counts them. False for a
 * list that is not there, or one of more than `limit`.
 */
bool
hive_image_subkeys(const struct hive_image *image, size_t node, size_t limit, struct buf *places);
bool
hive_image_values(const struct hive_image *image, size_t node, size_t limit, struct buf *places);

void hive_image_release(struct hive_image *image);

/* --- Save, load, report ----------------------------------------------------------------- */

/*
 * Save and load, with a report that is empty. Load writes within the caller's transaction, which is
 * to be rolled back if it fails.
 */
lstatus hive_save(struct registry *registry, reg_key key, const char *root_name,
    const char *file_name, struct reg_hive_report *report);
lstatus hive_load(struct registry *registry, const char *file_name, reg_key into, unsigned flags,
    struct reg_hive_report *report);

/* Fill report->message with "file: at 0x1000: ..."; `offset` SIZE_MAX for none. Returns status. */
lstatus hive_fail(struct reg_hive_report *report, lstatus status, const char *file_name,
    size_t offset, const char *format, ...) PRINTF_LIKE(5, 6);

/* Add a line to report->lost: the key's path, and what of it is not kept. */
void hive_lose(struct reg_hive_report *report, struct buf *path, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
