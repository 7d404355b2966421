/*
 * A hive file that is being made: cells are appended to it in bins, and patched where they are.
 *
 * What is in memory is the file's end, a window of fixed size: what leaves it is written, and a
 * patch of what has left it goes to the file at once.
 */
#ifndef REGSTORE_FORMATS_HIVE_FILE_H
#define REGSTORE_FORMATS_HIVE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/status.h"

struct hive_file {
	int descriptor;  /* the caller's, of an empty file */
	uint8_t *window; /* of the file, from `start` on */
	size_t start;
	size_t size;    /* of the file so far, the base block included */
	size_t bin_end; /* where the last bin ends */
	int64_t time;   /* of the first bin */
	lstatus status; /* the first failure; nothing is written after it */
};

/* Begin with an empty base block. The caller releases the file in every case. */
lstatus hive_file_begin(struct hive_file *file, int descriptor, int64_t time);

/*
 * Append a cell that holds `head` and, right behind it, `tail` (NULL: so many zero bytes) and say
 * where it is, counted from the first bin. Returns also an earlier call's failure, and
 * ERROR_NOT_SUPPORTED when the file is as long as offsets in a hive reach.
 */
lstatus hive_file_cell(struct hive_file *file, const void *head, size_t head_size, const void *tail,
    size_t tail_size, uint32_t *ret_cell);

/* Overwrite a part of a cell; `field` counts from the cell's beginning (its size). */
void hive_file_patch(
    struct hive_file *file, uint32_t cell, size_t field, const void *bytes, size_t size);

/* Close the last bin; the size of all bins. */
size_t hive_file_close_bins(struct hive_file *file);

/* Write the base block and what is in memory still. Returns the first failure of all. */
lstatus hive_file_end(struct hive_file *file, const void *base);

void hive_file_release(struct hive_file *file);

#endif
