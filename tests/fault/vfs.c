/*
 * The failing file layer.
 */
#include "tests/fault/vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fault/fault.h"
#include "tests/fault/inject.h"

#define SECTOR 512

/* A write (size > 0) or a truncation to `offset` that was not flushed yet. */
struct pending {
	struct pending *next;
	int64_t offset;
	size_t size;
	uint8_t data[];
};

/* A file as the disk has it. */
struct disk {
	struct disk *next;
	char *name;
	struct buf flushed;
	struct pending *first;
	struct pending **last;
	bool there;          /* its name is on the disk */
	bool deleted;        /* which is not flushed */
	bool folder_flushed; /* by its first flush */
};

struct file {
	sqlite3_file base;
	sqlite3_file *real;
	struct disk *disk; /* NULL while power is not watched */
};

static sqlite3_vfs *real_vfs;
static int64_t room = -1;
static struct disk *disks;
static bool watched;
static bool is_cut;
static uint64_t left; /* changes until the cut */

void
vfs_room(int64_t bytes)
{
	room = bytes;
}

/* --- Power --------------------------------------------------------------------------------------
 */

void
vfs_power_on(uint64_t at)
{
	watched = true;
	is_cut = false;
	left = at;
}

void
vfs_power_cut(void)
{
	is_cut = watched;
}

bool
vfs_power_is_cut(void)
{
	return is_cut;
}

/* Whether the power goes in this change. */
static bool
power_goes(void)
{
	if (left > 0 && --left == 0)
		is_cut = true;
	return is_cut;
}

static void
flush(struct disk *disk)
{
	struct pending *at = disk->first;

	while (at != NULL) {
		struct pending *next = at->next;
		size_t end = (size_t)at->offset + at->size;

		if (at->size == 0)
			buf_truncate(&disk->flushed, end);
		if (end > disk->flushed.size) {
			size_t more = end - disk->flushed.size;

			fault_need(buf_reserve(&disk->flushed, more));
			memset(disk->flushed.data + disk->flushed.size, 0, more);
			disk->flushed.size = end;
		}
		if (at->size > 0)
			memcpy(disk->flushed.data + at->offset, at->data, at->size);
		free(at);
		at = next;
	}
	disk->first = NULL;
	disk->last = &disk->first;
	disk->there = true;
}

static void
keep_aside(struct disk *disk, const void *data, size_t size, int64_t offset)
{
	struct pending *pending = malloc(sizeof(*pending) + size);

	fault_need(pending != NULL);
	*pending = (struct pending){ .offset = offset, .size = size };
	if (size > 0)
		memcpy(pending->data, data, size);
	*disk->last = pending;
	disk->last = &pending->next;
}

/* The disk's file of that name, with what it holds already. */
static struct disk *
find_disk(const char *name, sqlite3_file *real)
{
	struct disk *disk = disks;
	sqlite3_int64 size = 0;

	while (disk != NULL && (disk->deleted || strcmp(disk->name, name) != 0))
		disk = disk->next;
	if (disk != NULL)
		return disk;
	disk = calloc(1, sizeof(*disk));
	fault_need(disk != NULL && (disk->name = strdup(name)) != NULL);
	fault_need(real->pMethods->xFileSize(real, &size) == SQLITE_OK);
	if (size > 0) {
		fault_need(buf_reserve(&disk->flushed, (size_t)size));
		fault_need(
		    real->pMethods->xRead(real, disk->flushed.data, (int)size, 0) == SQLITE_OK);
		disk->flushed.size = (size_t)size;
		disk->there = true;
	}
	disk->last = &disk->first;
	disk->next = disks;
	disks = disk;
	return disk;
}

/* What of a write reached the disk. */
static void
tear(struct fault *fault, struct pending *pending, struct disk *disk)
{
	uint32_t fate = fault_roll(fault, 4);
	struct disk part = { .flushed = disk->flushed };

	part.last = &part.first;
	if (fate == 0)
		return;
	if (fate > 1 || pending->size == 0) {
		keep_aside(&part, pending->data, pending->size, pending->offset);
		flush(&part);
		disk->flushed = part.flushed;
		return;
	}
	for (size_t at = 0; at < pending->size;) {
		size_t size = SECTOR - (size_t)(pending->offset + (int64_t)at) % SECTOR;

		size = size < pending->size - at ? size : pending->size - at;
		if (fault_roll(fault, 16) == 0)
			pending->data[at] ^= 0x55;
		if (fault_roll(fault, 2) == 0)
			keep_aside(&part, pending->data + at, size, pending->offset + (int64_t)at);
		at += size;
	}
	flush(&part);
	disk->flushed = part.flushed;
}

static void
restore_one(struct fault *fault, struct disk *disk, const char *folder)
{
	const char *name = strrchr(disk->name, '/');
	struct pending *at = disk->first;
	bool luck = fault_roll(fault, 2) == 0;
	bool there = disk->deleted ? disk->there && luck : disk->there || luck;
	char path[8400];
	int fd;

	while (at != NULL) {
		struct pending *next = at->next;

		tear(fault, at, disk);
		free(at);
		at = next;
	}
	snprintf(path, sizeof(path), "%s%s", folder, name);
	fd = there ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		fault_need(write(fd, disk->flushed.data, disk->flushed.size) ==
		           (ssize_t)disk->flushed.size);
		close(fd);
	}
	buf_release(&disk->flushed);
	free(disk->name);
	free(disk);
}

/* A file that was deleted comes first: one of the same name that was made after it overwrites it.
 */
void
vfs_power_restore(struct fault *fault, const char *folder)
{
	for (int deleted = 1; deleted >= 0; deleted--) {
		struct disk **at = &disks;

		while (*at != NULL) {
			struct disk *disk = *at;

			if (disk->deleted != (deleted == 1)) {
				at = &disk->next;
				continue;
			}
			*at = disk->next;
			restore_one(fault, disk, folder);
		}
	}
	watched = false;
	is_cut = false;
	left = 0;
}

/* --- Files --------------------------------------------------------------------------------------
 */

static sqlite3_file *
real_of(sqlite3_file *base)
{
	return ((struct file *)base)->real;
}

static bool
fails(void)
{
	return is_cut || inject_strikes(INJECT_FILES);
}

/* What a call that fails says: a full disk where it is one. */
static int
failure(int code)
{
	return inject_reason() == ENOSPC && code == SQLITE_IOERR_WRITE ? SQLITE_FULL : code;
}

static int
file_close(sqlite3_file *base)
{
	struct file *file = (struct file *)base;
	int code = file->real->pMethods->xClose(file->real);

	sqlite3_free(file->real);
	return code;
}

static int
file_read(sqlite3_file *base, void *data, int size, sqlite3_int64 offset)
{
	sqlite3_file *real = real_of(base);

	return fails() ? SQLITE_IOERR_READ : real->pMethods->xRead(real, data, size, offset);
}

/* Whether there is room for the file to become that big, which is taken. */
static bool
take_room(sqlite3_file *real, int64_t end)
{
	sqlite3_int64 size = 0;

	if (room < 0 || real->pMethods->xFileSize(real, &size) != SQLITE_OK || end <= size)
		return true;
	if (end - size > room)
		return false;
	room -= end - size;
	return true;
}

static int
file_write(sqlite3_file *base, const void *data, int size, sqlite3_int64 offset)
{
	struct file *file = (struct file *)base;
	bool was_cut = is_cut;

	if (fails())
		return failure(SQLITE_IOERR_WRITE);
	if (!take_room(file->real, offset + size))
		return SQLITE_FULL;
	if (file->disk != NULL && !was_cut) {
		keep_aside(file->disk, data, (size_t)size, offset);
		if (power_goes())
			return SQLITE_IOERR_WRITE;
	}
	return file->real->pMethods->xWrite(file->real, data, size, offset);
}

static int
file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct file *file = (struct file *)base;

	if (fails())
		return SQLITE_IOERR_TRUNCATE;
	if (file->disk != NULL) {
		keep_aside(file->disk, NULL, 0, size);
		if (power_goes())
			return SQLITE_IOERR_TRUNCATE;
	}
	return file->real->pMethods->xTruncate(file->real, size);
}

/* Whether a flush of the file flushes its folder too. */
static bool
flushes_folder(const struct disk *disk)
{
	size_t length = strlen(disk->name);

	return !disk->folder_flushed && length > 4 &&
	       (strcmp(disk->name + length - 4, "-wal") == 0 ||
	           strcmp(disk->name + length - 4, "rnal") == 0);
}

static int
file_sync(sqlite3_file *base, int flags)
{
	struct file *file = (struct file *)base;

	if (fails())
		return SQLITE_IOERR_FSYNC;
	if (file->disk == NULL)
		return file->real->pMethods->xSync(file->real, flags);
	if (power_goes())
		return SQLITE_IOERR_FSYNC;
	flush(file->disk);
	/* SQLite flushes the folder with a new log: what was made or deleted before it, too. */
	for (struct disk *disk = disks; disk != NULL && flushes_folder(file->disk);
	     disk = disk->next)
		disk->there = !disk->deleted;
	file->disk->folder_flushed = true;
	return SQLITE_OK;
}

static int
file_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
	sqlite3_file *real = real_of(base);

	return fails() ? SQLITE_IOERR_FSTAT : real->pMethods->xFileSize(real, ret_size);
}

static int
file_lock(sqlite3_file *base, int lock)
{
	sqlite3_file *real = real_of(base);

	return fails() ? SQLITE_IOERR_LOCK : real->pMethods->xLock(real, lock);
}

static int
file_unlock(sqlite3_file *base, int lock)
{
	sqlite3_file *real = real_of(base);

	return real->pMethods->xUnlock(real, lock);
}

static int
file_check_lock(sqlite3_file *base, int *ret_held)
{
	sqlite3_file *real = real_of(base);

	return real->pMethods->xCheckReservedLock(real, ret_held);
}

static int
file_control(sqlite3_file *base, int operation, void *argument)
{
	sqlite3_file *real = real_of(base);

	return real->pMethods->xFileControl(real, operation, argument);
}

static int
file_sector(sqlite3_file *base)
{
	sqlite3_file *real = real_of(base);

	return real->pMethods->xSectorSize(real);
}

static int
file_traits(sqlite3_file *base)
{
	sqlite3_file *real = real_of(base);

	return real->pMethods->xDeviceCharacteristics(real);
}

static int
shared_map(sqlite3_file *base, int page, int size, int extend, void volatile **ret_page)
{
	sqlite3_file *real = real_of(base);

	return fails() ? SQLITE_IOERR_SHMMAP
	               : real->pMethods->xShmMap(real, page, size, extend, ret_page);
}

static int
shared_lock(sqlite3_file *base, int offset, int count, int flags)
{
	sqlite3_file *real = real_of(base);
	bool takes = (flags & SQLITE_SHM_LOCK) != 0;

	return takes && fails() ? SQLITE_IOERR_SHMLOCK
	                        : real->pMethods->xShmLock(real, offset, count, flags);
}

static void
shared_barrier(sqlite3_file *base)
{
	sqlite3_file *real = real_of(base);

	real->pMethods->xShmBarrier(real);
}

static int
shared_unmap(sqlite3_file *base, int delete)
{
	sqlite3_file *real = real_of(base);

	return real->pMethods->xShmUnmap(real, delete);
}

static int
file_fetch(sqlite3_file *base, sqlite3_int64 offset, int size, void **ret_page)
{
	sqlite3_file *real = real_of(base);

	return real->pMethods->xFetch(real, offset, size, ret_page);
}

static int
file_unfetch(sqlite3_file *base, sqlite3_int64 offset, void *page)
{
	sqlite3_file *real = real_of(base);

	return real->pMethods->xUnfetch(real, offset, page);
}

static const sqlite3_io_methods methods = {
	.iVersion = 3,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = shared_map,
	.xShmLock = shared_lock,
	.xShmBarrier = shared_barrier,
	.xShmUnmap = shared_unmap,
	.xFetch = file_fetch,
	.xUnfetch = file_unfetch,
};

/* --- The layer ----------------------------------------------------------------------------------
 */

static int
vfs_open(sqlite3_vfs *vfs UNUSED, const char *name, sqlite3_file *base, int flags, int *ret_flags)
{
	struct file *file = (struct file *)base;
	int code;

	base->pMethods = NULL;
	if (fails())
		return SQLITE_CANTOPEN;
	file->real = sqlite3_malloc(real_vfs->szOsFile);
	if (file->real == NULL)
		return SQLITE_NOMEM;
	memset(file->real, 0, (size_t)real_vfs->szOsFile);
	code = real_vfs->xOpen(real_vfs, name, file->real, flags, ret_flags);
	if (code != SQLITE_OK) {
		sqlite3_free(file->real);
		return code;
	}
	file->disk = watched && name != NULL ? find_disk(name, file->real) : NULL;
	base->pMethods = &methods;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs UNUSED, const char *name, int sync_folder)
{
	int code = fails() ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync_folder);

	for (struct disk *disk = disks; disk != NULL && code == SQLITE_OK; disk = disk->next) {
		if (disk->deleted || strcmp(disk->name, name) != 0)
			continue;
		disk->deleted = true;
		disk->there = disk->there && sync_folder == 0;
	}
	return code;
}

static int
vfs_access(sqlite3_vfs *vfs UNUSED, const char *name, int flags, int *ret_result)
{
	return fails() ? SQLITE_IOERR_ACCESS : real_vfs->xAccess(real_vfs, name, flags, ret_result);
}

void
vfs_install(void)
{
	static sqlite3_vfs vfs;

	fault_need(sqlite3_initialize() == SQLITE_OK);
	real_vfs = sqlite3_vfs_find(NULL);
	fault_need(real_vfs != NULL);
	vfs = *real_vfs;
	vfs.pNext = NULL;
	vfs.zName = "fault";
	vfs.szOsFile = sizeof(struct file);
	vfs.xOpen = vfs_open;
	vfs.xDelete = vfs_delete;
	vfs.xAccess = vfs_access;
	fault_need(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}
