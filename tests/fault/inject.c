/*
 * Counting calls, and failing them.
 */
#include "tests/fault/inject.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fault/fault.h"
#include "tests/fault/vfs.h"

static _Thread_local struct {
	bool armed;
	enum inject_kind kind;
	uint64_t calls; /* so far */
	uint64_t at;    /* the one that fails */
	bool lasting;
	bool lethal;
} plan;

static int reason = EIO;

void
inject_arm(enum inject_kind kind, uint64_t at, bool lasting)
{
	plan.kind = kind;
	plan.calls = 0;
	plan.at = at;
	plan.lasting = lasting;
	plan.lethal = false;
	plan.armed = true;
}

void
inject_kill(enum inject_kind kind, uint64_t at)
{
	inject_arm(kind, at, false);
	plan.lethal = true;
}

uint64_t
inject_disarm(void)
{
	plan.armed = false;
	return plan.calls;
}

/* For who looks into one point: where it is. */
static void
show_caller(void)
{
	void *frames[32];
	int count;

	plan.armed = false;
	count = backtrace(frames, ARRAY_SIZE(frames));
	backtrace_symbols_fd(frames, count, STDERR_FILENO);
	plan.armed = true;
}

bool
inject_strikes(enum inject_kind kind)
{
	if (!plan.armed || plan.kind != kind)
		return false;
	plan.calls++;
	if (plan.calls == plan.at && getenv("HVEMU_FAULT_AT") != NULL)
		show_caller();
	if (plan.calls == plan.at && plan.lethal)
		kill(getpid(), SIGKILL);
	return plan.calls == plan.at || (plan.lasting && plan.calls > plan.at);
}

void
inject_errno(int error)
{
	reason = error;
}

int
inject_reason(void)
{
	return reason;
}

/* --- SQLite's memory ----------------------------------------------------------------------------
 */

static sqlite3_mem_methods memory;

static void *
memory_malloc(int size)
{
	return inject_strikes(INJECT_MEMORY) ? NULL : memory.xMalloc(size);
}

static void *
memory_realloc(void *data, int size)
{
	return inject_strikes(INJECT_MEMORY) ? NULL : memory.xRealloc(data, size);
}

void
inject_install(void)
{
	sqlite3_mem_methods methods;

	fault_need(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory) == SQLITE_OK);
	methods = memory;
	methods.xMalloc = memory_malloc;
	methods.xRealloc = memory_realloc;
	fault_need(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
	vfs_install();
}

/* --- The project's calls ------------------------------------------------------------------------
 * The linker leads the project's calls of NAME to __wrap_NAME, and __real_NAME to the library's.
 */

#define MEMORY(result, name, parameters, arguments)                                                \
	result __real_##name parameters;                                                           \
	result __wrap_##name parameters;                                                           \
	result __wrap_##name parameters                                                            \
	{                                                                                          \
		if (inject_strikes(INJECT_MEMORY)) {                                               \
			errno = ENOMEM;                                                            \
			return NULL;                                                               \
		}                                                                                  \
		return __real_##name arguments;                                                    \
	}

#define FILES(result, failure, name, parameters, arguments)                                        \
	result __real_##name parameters;                                                           \
	result __wrap_##name parameters;                                                           \
	result __wrap_##name parameters                                                            \
	{                                                                                          \
		if (inject_strikes(INJECT_FILES)) {                                                \
			errno = reason;                                                            \
			return failure;                                                            \
		}                                                                                  \
		return __real_##name arguments;                                                    \
	}

MEMORY(void *, malloc, (size_t size), (size))
MEMORY(void *, calloc, (size_t count, size_t size), (count, size))
MEMORY(void *, realloc, (void *data, size_t size), (data, size))
MEMORY(char *, strdup, (const char *text), (text))
MEMORY(char *, strndup, (const char *text, size_t size), (text, size))

FILES(int, -1, faccessat, (int at, const char *path, int mode, int flags), (at, path, mode, flags))
FILES(int, -1, fflush, (FILE * file), (file))
FILES(int, -1, flock, (int fd, int operation), (fd, operation))
FILES(int, -1, fstat, (int fd, struct stat *info), (fd, info))
FILES(int, -1, fsync, (int fd), (fd))
FILES(int, -1, ftruncate, (int fd, off_t size), (fd, size))
FILES(int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
FILES(int, -1, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode))
FILES(int, -1, memfd_create, (const char *name, unsigned flags), (name, flags))
FILES(int, -1, rename, (const char *from, const char *to), (from, to))
FILES(int, -1, socket, (int domain, int type, int protocol), (domain, type, protocol))
FILES(int, -1, bind, (int fd, const struct sockaddr *address, socklen_t length),
    (fd, address, length))
FILES(int, reason, posix_fallocate, (int fd, off_t offset, off_t size), (fd, offset, size))
FILES(FILE *, NULL, fdopen, (int fd, const char *mode), (fd, mode))
FILES(FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
FILES(ssize_t, -1, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
FILES(ssize_t, -1, pread, (int fd, void *data, size_t size, off_t at), (fd, data, size, at))
FILES(ssize_t, -1, read, (int fd, void *data, size_t size), (fd, data, size))
FILES(ssize_t, -1, write, (int fd, const void *data, size_t size), (fd, data, size))
FILES(void *, MAP_FAILED, mmap,
    (void *at, size_t size, int protection, int flags, int fd, off_t offset),
    (at, size, protection, flags, fd, offset))

/* A stream that cannot write or read says so by ferror too, which no caller of these asks. */
FILES(size_t, 0, fwrite, (const void *data, size_t size, size_t count, FILE *file),
    (data, size, count, file))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...);

int
__wrap_openat(int at, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (inject_strikes(INJECT_FILES)) {
		errno = reason;
		return -1;
	}
	return __real_openat(at, path, flags, mode);
}

int
__wrap_open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (inject_strikes(INJECT_FILES)) {
		errno = reason;
		return -1;
	}
	return __real_open(path, flags, mode);
}
