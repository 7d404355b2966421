/*
 * Appending to a hive file through a window, and patching it.
 */
#include "regstore/formats/hive_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/formats/hive_image.h"

enum {
	WINDOW = 256 * 1024, /* most keys are complete before they leave it */
	BIN_TIME_AT = 20,
};

#define HBIN     0x6e696268u
#define BINS_MAX 0x7fff0000u /* that offsets in a hive reach */

/* --- Bytes ------------------------------------------------------------------------------ */

static void
write_at(struct hive_file *file, size_t at, const uint8_t *bytes, size_t size)
{
	while (size > 0 && lstatus_ok(file->status)) {
		ssize_t written = pwrite(file->descriptor, bytes, size, (off_t)at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			file->status = lstatus_from_errno(written < 0 ? errno : EIO);
			break;
		}
		at += (size_t)written;
		bytes += written;
		size -= (size_t)written;
	}
}

/* Write what the window holds; it then begins at the file's end. */
static void
flush_window(struct hive_file *file)
{
	write_at(file, file->start, file->window, file->size - file->start);
	file->start = file->size;
}

/* Append bytes, or zeros for NULL. */
static void
append(struct hive_file *file, const void *bytes, size_t size)
{
	const uint8_t *from = bytes;

	while (size > 0 && lstatus_ok(file->status)) {
		size_t used = file->size - file->start;
		size_t part = size < WINDOW - used ? size : WINDOW - used;

		if (from != NULL) {
			memcpy(file->window + used, from, part);
			from += part;
		} else {
			memset(file->window + used, 0, part);
		}
		file->size += part;
		size -= part;
		if (file->size - file->start == WINDOW)
			flush_window(file);
	}
}

/* Overwrite what was appended: in the file, in the window, or in both. */
static void
overwrite(struct hive_file *file, size_t at, const uint8_t *bytes, size_t size)
{
	size_t written = 0;

	if (!lstatus_ok(file->status))
		return;
	if (at < file->start) {
		written = size < file->start - at ? size : file->start - at;
		write_at(file, at, bytes, written);
	}
	if (written < size)
		memcpy(
		    file->window + (at + written - file->start), bytes + written, size - written);
}

/* --- Bins and cells --------------------------------------------------------------------- */

/* What is left of the last bin becomes one free cell. */
static void
close_bin(struct hive_file *file)
{
	size_t rest = file->bin_end - file->size;
	uint8_t field[4];

	if (rest == 0)
		return;
	hive_put32(field, (uint32_t)rest);
	append(file, field, sizeof(field));
	append(file, NULL, rest - sizeof(field));
}

static void
begin_bin(struct hive_file *file, size_t need)
{
	size_t at = file->size - HIVE_BASE_SIZE;
	size_t size = hive_round_up(HIVE_BIN_HEADER_SIZE + need, HIVE_PAGE);
	uint8_t header[HIVE_BIN_HEADER_SIZE] = { 0 };

	hive_put32(header, HBIN);
	hive_put32(header + 4, (uint32_t)at);
	hive_put32(header + 8, (uint32_t)size);
	if (at == 0)
		hive_put64(header + BIN_TIME_AT, (uint64_t)file->time);
	file->bin_end = file->size + size;
	append(file, header, sizeof(header));
}

lstatus
hive_file_cell(struct hive_file *file, const void *head, size_t head_size, const void *tail,
    size_t tail_size, uint32_t *ret_cell)
{
	size_t whole = hive_round_up(head_size + tail_size + 4, 8);
	uint8_t field[4];

	if (!lstatus_ok(file->status))
		return file->status;
	if (file->bin_end - file->size < whole) {
		close_bin(file);
		if (whole > BINS_MAX || file->size + whole > BINS_MAX)
			file->status = LSTATUS(ERROR_NOT_SUPPORTED);
		else
			begin_bin(file, whole);
	}
	*ret_cell = (uint32_t)(file->size - HIVE_BASE_SIZE);
	hive_put32(field, 0u - (uint32_t)whole);
	append(file, field, sizeof(field));
	append(file, head, head_size);
	append(file, tail, tail_size);
	append(file, NULL, whole - sizeof(field) - head_size - tail_size);
	return file->status;
}

void
hive_file_patch(struct hive_file *file, uint32_t cell, size_t field, const void *bytes, size_t size)
{
	overwrite(file, HIVE_BASE_SIZE + (size_t)cell + field, bytes, size);
}

/* --- The whole -------------------------------------------------------------------------- */

lstatus
hive_file_begin(struct hive_file *file, int descriptor, int64_t time)
{
	*file = (struct hive_file){ .descriptor = descriptor, .time = time };
	file->window = malloc(WINDOW);
	if (file->window == NULL)
		file->status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	append(file, NULL, HIVE_BASE_SIZE);
	file->bin_end = file->size;
	return file->status;
}

size_t
hive_file_close_bins(struct hive_file *file)
{
	close_bin(file);
	return file->size - HIVE_BASE_SIZE;
}

lstatus
hive_file_end(struct hive_file *file, const void *base)
{
	flush_window(file);
	overwrite(file, 0, base, HIVE_BASE_SIZE);
	return file->status;
}

void
hive_file_release(struct hive_file *file)
{
	free(file->window);
	file->window = NULL;
}
