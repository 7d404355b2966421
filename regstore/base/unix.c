/*
 * Addresses of Unix sockets, by way of /proc/self/fd so that the folder's depth does not matter;
 * shared pages; folders on the disk; a count of forks.
 */
#include "regstore/base/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/buf.h"
#include "regstore/base/macro.h"

#define OPEN_FOLDERS 16
#define COPY_CHUNK   (1u << 30)

socklen_t
unix_address(int folder, const char *name, struct sockaddr_un *ret_address)
{
	int length;

	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->sun_family = AF_UNIX;
	length = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path),
	    "/proc/self/fd/%d/%s", folder, name);
	if (length < 0 || (size_t)length >= sizeof(ret_address->sun_path))
		return 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length + 1);
}

static int
map_shared(int fd, size_t size, void **ret_memory)
{
	struct stat stat;
	void *memory;
	int error = 0;

	if (fstat(fd, &stat) != 0)
		return errno;
	/* All blocks at once: a hole that a full disk cannot fill would be SIGBUS at some store. */
	if (stat.st_size < (off_t)size || stat.st_blocks * 512 < (blkcnt_t)size)
		error = posix_fallocate(fd, 0, (off_t)size);
	if (error != 0)
		return error;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return errno;
	*ret_memory = memory;
	return 0;
}

lstatus
unix_map_file(int folder, const char *name, size_t size, void **ret_memory)
{
	int fd = openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int error;

	if (fd < 0)
		return lstatus_from_errno(errno);
	error = map_shared(fd, size, ret_memory);
	close(fd);
	return error == 0 ? LSTATUS(ERROR_SUCCESS) : lstatus_from_errno(error);
}

static int
remove_one(
    const char *path, const struct stat *status UNUSED, int flag UNUSED, struct FTW *walk UNUSED)
{
	return remove(path);
}

void
unix_remove_tree(const char *path)
{
	nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

void
unix_flush_folder(const char *path)
{
	const char *last = strrchr(path, '/');
	struct buf folder = { 0 };
	int descriptor;

	if (last == NULL)
		buf_append_text(&folder, ".");
	else
		buf_append(&folder, path, (size_t)(last - path) + 1);
	descriptor = open(buf_text(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (descriptor >= 0) {
		(void)fsync(descriptor);
		close(descriptor);
	}
	buf_release(&folder);
}

bool
unix_copy_bytes(int from, int to)
{
	ssize_t size;

	if (ioctl(to, FICLONE, from) == 0)
		return true;
	do {
		size = copy_file_range(from, NULL, to, NULL, COPY_CHUNK, 0);
	} while (size > 0 || (size < 0 && errno == EINTR));
	return size == 0;
}

/* --- Forks --------------------------------------------------------------------------------------
 */

static unsigned forks;
static bool forks_counted;

static void
begin_child(void)
{
	forks++;
}

static void
count_forks(void)
{
	forks_counted = pthread_atfork(NULL, NULL, begin_child) == 0;
}

unsigned
unix_process(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, count_forks);
	return forks_counted ? forks : (unsigned)getpid();
}
