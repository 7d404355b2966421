/*
 * Copies of a host's ProgramData.
 */
#include "vmms/host_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/macro.h"
#include "regstore/base/unix.h"

#define FILES      "ProgramData"
#define KEPT       "snapshots"
#define OPEN_FILES 16
#define PATH_SIZE  4096

static bool
fail(struct buf *error, const char *what)
{
	buf_printf(error, "%s: %s", what, strerror(errno));
	return false;
}

/* --- Copying ------------------------------------------------------------------------------------
 */

static bool
copy_file(int from, int to, const char *name, mode_t mode)
{
	int source = openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0777);
	bool ok =
	    source >= 0 && target >= 0 && unix_copy_bytes(source, target) && fsync(target) == 0;
	int kept = errno;

	if (source >= 0)
		close(source);
	if (target >= 0)
		close(target);
	errno = kept;
	return ok;
}

static bool
copy_link(int from, int to, const char *name)
{
	char target[PATH_SIZE];
	ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);

	if (length < 0)
		return false;
	target[length] = '\0';
	return symlinkat(target, to, name) == 0;
}

static bool
copy_entry(int from, int to, const char *name, struct buf *error)
{
	struct stat info;
	int source;
	int target;
	bool ok;

	if (fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT || fail(error, name); /* gone meanwhile */
	if (S_ISREG(info.st_mode))
		return copy_file(from, to, name, info.st_mode) || fail(error, name);
	if (S_ISLNK(info.st_mode))
		return copy_link(from, to, name) || fail(error, name);
	if (!S_ISDIR(info.st_mode))
		return true;
	if (mkdirat(to, name, info.st_mode & 0777) != 0)
		return fail(error, name);
	source = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	target = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	ok = source >= 0 && target >= 0 ? host_files_copy(source, target, NULL, error)
	                                : fail(error, name);
	if (source >= 0)
		close(source);
	if (target >= 0)
		close(target);
	return ok;
}

bool
host_files_copy(int from, int to, bool (*leaves_out)(const char *name), struct buf *error)
{
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = again >= 0 ? fdopendir(again) : NULL;
	const struct dirent *entry;
	bool ok = folder != NULL || fail(error, "folder");

	while (ok && (entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    (leaves_out == NULL || !leaves_out(entry->d_name)))
			ok = copy_entry(from, to, entry->d_name, error);
	}
	if (folder != NULL)
		closedir(folder);
	else if (again >= 0)
		close(again);
	return ok;
}

/* Copy a folder to a new one; one that is not there is an empty one. */
static bool
copy_tree(const char *from, const char *to, struct buf *error)
{
	int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int target = -1;
	bool ok = source >= 0 || errno == ENOENT || fail(error, from);

	if (ok && mkdir(to, 0700) != 0)
		ok = fail(error, to);
	if (ok && source >= 0) {
		target = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ok = target >= 0 ? host_files_copy(source, target, NULL, error) : fail(error, to);
	}
	if (source >= 0)
		close(source);
	if (target >= 0)
		close(target);
	return ok;
}

static int
remove_one(
    const char *path, const struct stat *info UNUSED, int type UNUSED, struct FTW *place UNUSED)
{
	return remove(path);
}

static bool
remove_tree(const char *path, struct buf *error)
{
	return nftw(path, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT ||
	       fail(error, path);
}

/* --- Kept files ---------------------------------------------------------------------------------
 */

struct paths {
	char files[PATH_SIZE]; /* ROOT/ProgramData */
	char fresh[PATH_SIZE]; /* what is being copied */
	char kept[PATH_SIZE];  /* ROOT/snapshots/NAME */
};

static bool
make_paths(const char *root, const char *name, struct paths *paths, struct buf *error)
{
	char folder[PATH_SIZE];

	if ((size_t)snprintf(folder, sizeof(folder), "%s/" KEPT, root) >= sizeof(folder) ||
	    (size_t)snprintf(paths->files, PATH_SIZE, "%s/" FILES, root) >= PATH_SIZE ||
	    (size_t)snprintf(paths->fresh, PATH_SIZE, "%s/" KEPT "/.fresh", root) >= PATH_SIZE ||
	    (size_t)snprintf(paths->kept, PATH_SIZE, "%s/" KEPT "/%s", root, name) >= PATH_SIZE) {
		errno = ENAMETOOLONG;
		return fail(error, root);
	}
	/* What an interrupted copy left behind goes. */
	return (mkdir(folder, 0700) == 0 || errno == EEXIST || fail(error, folder)) &&
	       remove_tree(paths->fresh, error);
}

bool
host_files_keep(const char *root, const char *name, struct buf *error)
{
	struct paths paths;

	if (!make_paths(root, name, &paths, error))
		return false;
	if (copy_tree(paths.files, paths.fresh, error) && remove_tree(paths.kept, error) &&
	    (rename(paths.fresh, paths.kept) == 0 || fail(error, paths.kept)))
		return true;
	remove_tree(paths.fresh, error);
	return false;
}

bool
host_files_restore(const char *root, const char *name, struct buf *error)
{
	struct paths paths;

	if (!make_paths(root, name, &paths, error))
		return false;
	if (access(paths.kept, F_OK) != 0)
		return fail(error, paths.kept);
	if (!copy_tree(paths.kept, paths.fresh, error))
		return false;
	if (mkdir(paths.files, 0700) != 0 && errno != EEXIST)
		return fail(error, paths.files);
	if (renameat2(AT_FDCWD, paths.fresh, AT_FDCWD, paths.files, RENAME_EXCHANGE) != 0)
		return fail(error, paths.files);
	return remove_tree(paths.fresh, error);
}

bool
host_files_drop(const char *root, const char *name, struct buf *error)
{
	struct paths paths;

	return make_paths(root, name, &paths, error) && remove_tree(paths.kept, error);
}
