/*
 * Images of hives: a file's is copied and checked before libhivex sees it.
 *
 * The layout is the public one (base block, bins, cells). libhivex trusts a cell's size of
 * 0x80000000 and a record's fixed part beyond a cell's end; the check and the zero bytes behind the
 * copy are what keeps malformed files from reaching that.
 */
#include "regstore/formats/hive_image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK = 65536,
	PADDING = 512 * 1024,    /* a list of 65,535 offsets and a record */
	MEMORY_MAX = 256 * 1024, /* of a copy that is no file on disk */
	MINOR_MAX = 6,
};

#define HIVE_SIZE_MAX ((size_t)2 << 30)

lstatus
hive_fail(struct reg_hive_report *report, lstatus status, const char *file_name, size_t offset,
    const char *format, ...)
{
	char text[REG_HIVE_MESSAGE_MAX / 2];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (offset == SIZE_MAX)
		snprintf(report->message, sizeof(report->message), "%.300s: %s", file_name, text);
	else
		snprintf(report->message, sizeof(report->message), "%.300s: at 0x%zx: %s",
		    file_name, offset, text);
	return status;
}

void
hive_lose(struct reg_hive_report *report, struct buf *path, const char *format, ...)
{
	va_list arguments;

	buf_printf(&report->lost, "%s: ", path->size > 0 ? buf_text(path) : "(top key)");
	va_start(arguments, format);
	buf_vprintf(&report->lost, format, arguments);
	va_end(arguments);
	buf_append_byte(&report->lost, '\n');
}

uint32_t
hive_checksum(const uint8_t *base)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < HIVE_CHECKSUM_AT; at += 4)
		sum ^= hive_get32(base + at);
	if (sum == 0)
		return 1;
	return sum == UINT32_MAX ? UINT32_MAX - 1 : sum;
}

void
hive_image_release(struct hive_image *image)
{
	if (image->bytes != NULL)
		munmap((void *)image->bytes, image->size + PADDING);
	image->bytes = NULL;
	if (image->descriptor >= 0)
		close(image->descriptor);
	image->descriptor = -1;
}

/* A file without a name in a folder; -1 with errno. */
static int
make_nameless(const char *folder)
{
	struct buf name = { 0 };
	int descriptor = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	/* Not every file system has them. */
	if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return descriptor;
	buf_printf(&name, "%s/hive-XXXXXX", folder);
	buf_text(&name);
	errno = ENOMEM;
	if (!name.failed)
		descriptor = mkostemp((char *)name.data, O_CLOEXEC);
	if (descriptor >= 0)
		unlink((const char *)name.data);
	buf_release(&name);
	return descriptor;
}

/* Where a copy of a large file goes: to disk if there is a folder, as memory is for small ones. */
static int
make_file(size_t size)
{
	const char *folders[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	int descriptor = -1;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && descriptor < 0 && size > MEMORY_MAX; i++) {
		if (folders[i] != NULL && folders[i][0] == '/')
			descriptor = make_nameless(folders[i]);
	}
	return descriptor >= 0 ? descriptor : memfd_create("hive", MFD_CLOEXEC);
}

static lstatus
begin_image(struct hive_image *image, size_t size)
{
	image->descriptor = make_file(size);
	if (image->descriptor < 0)
		return lstatus_from_errno(errno);
	snprintf(image->path, sizeof(image->path), "/proc/self/fd/%d", image->descriptor);
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
append_image(struct hive_image *image, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(image->descriptor, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return lstatus_from_errno(written < 0 ? errno : EIO);
		bytes += written;
		size -= (size_t)written;
	}
	return LSTATUS(ERROR_SUCCESS);
}

/* --- Check ------------------------------------------------------------------------------ */

struct check {
	const char *file_name;
	const uint8_t *bytes;
	size_t size; /* of the file */
	struct reg_hive_report *report;
	struct hive_image *image;
};

#define NOT_HIVE LSTATUS(ERROR_NOT_REGISTRY_FILE)
#define DAMAGED  LSTATUS(ERROR_BADDB)

static lstatus
check_base(struct check *check)
{
	const uint8_t *base = check->bytes;
	uint32_t number;

	if (check->size < 4 || memcmp(base, "regf", 4) != 0)
		return hive_fail(check->report, NOT_HIVE, check->file_name, 0,
		    "expected the signature \"regf\" of a hive");
	if (check->size < 2 * HIVE_PAGE)
		return hive_fail(check->report, DAMAGED, check->file_name, check->size,
		    "expected a base block and a bin (8192 bytes), found the end of the file");
	number = hive_checksum(base);
	if (hive_get32(base + HIVE_CHECKSUM_AT) != number)
		return hive_fail(check->report, DAMAGED, check->file_name, HIVE_CHECKSUM_AT,
		    "expected the checksum 0x%" PRIx32 ", found 0x%" PRIx32, number,
		    hive_get32(base + HIVE_CHECKSUM_AT));
	if (hive_get32(base + HIVE_MAJOR_AT) != 1)
		return hive_fail(check->report, NOT_HIVE, check->file_name, HIVE_MAJOR_AT,
		    "expected version 1, found %" PRIu32, hive_get32(base + HIVE_MAJOR_AT));
	number = hive_get32(base + HIVE_MINOR_AT);
	if (number < HIVE_MINOR || number > MINOR_MAX)
		return hive_fail(check->report, NOT_HIVE, check->file_name, HIVE_MINOR_AT,
		    "expected version 1.3 to 1.6, found 1.%" PRIu32, number);
	if (hive_get32(base + HIVE_TYPE_AT) != 0)
		return hive_fail(check->report, NOT_HIVE, check->file_name, HIVE_TYPE_AT,
		    "expected the file type 0 (a hive), found %" PRIu32 " (a log is 1 or 6)",
		    hive_get32(base + HIVE_TYPE_AT));
	number = hive_get32(base + HIVE_BINS_AT);
	if (number == 0 || number % HIVE_PAGE != 0 || number > check->size - HIVE_PAGE)
		return hive_fail(check->report, DAMAGED, check->file_name, HIVE_BINS_AT,
		    "expected the size of the bins, a multiple of 4096 up to %zu, found %" PRIu32,
		    (check->size - HIVE_PAGE) / HIVE_PAGE * HIVE_PAGE, number);
	check->image->bins_size = number;
	check->image->dirty = hive_get32(base + 4) != hive_get32(base + 8);
	return LSTATUS(ERROR_SUCCESS);
}

/* A bin's cells, which fill it without a gap. Notes whether the root's cell is among them. */
static lstatus
check_cells(struct check *check, size_t at, size_t end, bool *root_seen)
{
	size_t root = hive_get32(check->bytes + HIVE_ROOT_AT) + (size_t)HIVE_BASE_SIZE;

	while (at < end) {
		uint32_t field = hive_get32(check->bytes + at);
		bool used = field >= 0x80000000u;
		uint32_t size = used ? 0u - field : field;

		if (size < 8 || size % 4 != 0 || size > end - at)
			return hive_fail(check->report, DAMAGED, check->file_name, at,
			    "expected a cell's size, a multiple of 4 from 8 to %zu, found "
			    "0x%" PRIx32,
			    end - at, field);
		if (at == root)
			*root_seen = used && size >= HIVE_NK_SIZE &&
			             memcmp(check->bytes + at + 4, "nk", 2) == 0;
		at += size;
	}
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
check_bins(struct check *check)
{
	size_t end = HIVE_BASE_SIZE + check->image->bins_size;
	bool root_seen = false;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t at = HIVE_BASE_SIZE; at < end && lstatus_ok(status);) {
		const uint8_t *bin = check->bytes + at;
		size_t size = hive_get32(bin + 8);

		if (memcmp(bin, "hbin", 4) != 0)
			return hive_fail(check->report, DAMAGED, check->file_name, at,
			    "expected the signature \"hbin\" of a bin");
		if (hive_get32(bin + 4) != at - HIVE_BASE_SIZE)
			return hive_fail(check->report, DAMAGED, check->file_name, at + 4,
			    "expected the bin's own offset 0x%zx, found 0x%" PRIx32,
			    at - HIVE_BASE_SIZE, hive_get32(bin + 4));
		if (size == 0 || size % HIVE_PAGE != 0 || size > end - at)
			return hive_fail(check->report, DAMAGED, check->file_name, at + 8,
			    "expected the bin's size, a multiple of 4096 up to %zu, found %zu",
			    end - at, size);
		status = check_cells(check, at + HIVE_BIN_HEADER_SIZE, at + size, &root_seen);
		at += size;
	}
	if (lstatus_ok(status) && !root_seen)
		status = hive_fail(check->report, DAMAGED, check->file_name, HIVE_ROOT_AT,
		    "expected the offset of the top key's cell, found 0x%" PRIx32,
		    hive_get32(check->bytes + HIVE_ROOT_AT));
	return status;
}

static lstatus
check_image(
    struct hive_image *image, const char *file_name, size_t size, struct reg_hive_report *report)
{
	struct check check = {
		.file_name = file_name, .size = size, .report = report, .image = image
	};
	void *bytes = mmap(NULL, size + PADDING, PROT_READ, MAP_SHARED, image->descriptor, 0);
	lstatus status;

	if (bytes == MAP_FAILED)
		return lstatus_from_errno(errno);
	image->bytes = bytes;
	image->size = size;
	check.bytes = bytes;
	status = check_base(&check);
	return lstatus_ok(status) ? check_bins(&check) : status;
}

const uint8_t *
hive_image_cell(const struct hive_image *image, size_t node, size_t field, size_t size)
{
	size_t end = HIVE_BASE_SIZE + image->bins_size;
	size_t at;
	uint32_t cell_size;

	if (node > end - 4 || field > end - 4 - node)
		return NULL;
	at = HIVE_BASE_SIZE + (size_t)hive_get32(image->bytes + node + field);
	if (at > end - 8)
		return NULL;
	cell_size = 0u - hive_get32(image->bytes + at);
	if (cell_size > end - at || cell_size < 4 + size)
		return NULL;
	return image->bytes + at + 4;
}

/* Copy the file as long as it was; what is appended meanwhile is no part of it. */
static lstatus
copy_file(struct hive_image *image, int source, size_t length, size_t *ret_size)
{
	uint8_t *block = malloc(BLOCK);
	lstatus status = LSTATUS(block != NULL ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY);
	size_t size = 0;

	while (lstatus_ok(status) && size < length) {
		ssize_t count = read(source, block, length - size < BLOCK ? length - size : BLOCK);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			status = count < 0 ? lstatus_from_errno(errno) : status;
			break;
		}
		size += (size_t)count;
		status = append_image(image, block, (size_t)count);
	}
	free(block);
	if (lstatus_ok(status) && ftruncate(image->descriptor, (off_t)(size + PADDING)) != 0)
		status = lstatus_from_errno(errno);
	*ret_size = size;
	return status;
}

lstatus
hive_image_open(struct hive_image *image, const char *file_name, struct reg_hive_report *report)
{
	int source = open(file_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info = { 0 };
	size_t size = 0;
	lstatus status;

	*image = (struct hive_image){ .descriptor = -1 };
	if (source < 0 || fstat(source, &info) != 0)
		status = lstatus_from_errno(errno);
	else if (!S_ISREG(info.st_mode) || (size_t)info.st_size > HIVE_SIZE_MAX)
		status = NOT_HIVE;
	else
		status = begin_image(image, (size_t)info.st_size);
	if (lstatus_ok(status))
		status = copy_file(image, source, (size_t)info.st_size, &size);
	if (lstatus_ok(status))
		status = check_image(image, file_name, size, report);
	if (source >= 0)
		close(source);
	if (lstatus_ok(status))
		return status;
	if (report->message[0] == '\0')
		hive_fail(report, status, file_name, SIZE_MAX, "%s", lstatus_text(status));
	hive_image_release(image);
	return status;
}
