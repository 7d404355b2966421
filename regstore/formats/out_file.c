/*
 * Writing a file beside its target and renaming it when it is complete and on disk.
 */
#include "regstore/formats/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/unix.h"

enum { NAMES_MAX = 100 };

lstatus
out_file_folders(const char *target)
{
	struct buf path = { 0 };
	bool made = true;

	buf_append(&path, target, strlen(target) + 1);
	if (path.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	for (char *at = strchr((char *)path.data + 1, '/'); at != NULL && made;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		made = mkdir((const char *)path.data, 0777) == 0 || errno == EEXIST;
		*at = '/';
	}
	buf_release(&path);
	return LSTATUS(made ? ERROR_SUCCESS : ERROR_PATH_NOT_FOUND);
}

/*
 * Make a file of a new name beside the target; -1 with errno. The kernel applies the umask: who
 * asked for it would change it for other threads meanwhile.
 */
static int
make_beside(const char *target, struct buf *name)
{
	int descriptor = -1;

	errno = EEXIST;
	for (int i = 0; i < NAMES_MAX && descriptor < 0 && errno == EEXIST; i++) {
		uint32_t number = 0;

		if (getrandom(&number, sizeof(number), 0) < 0)
			return -1;
		buf_clear(name);
		buf_printf(name, "%s.%08x", target, (unsigned)number);
		buf_text(name);
		if (name->failed) {
			errno = ENOMEM;
			return -1;
		}
		descriptor =
		    open((const char *)name->data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	}
	return descriptor;
}

lstatus
out_file_begin(struct out_file *out, const char *target)
{
	int descriptor;
	int error;

	*out = (struct out_file){ .target = target };
	descriptor = make_beside(target, &out->name);
	error = errno;
	if (descriptor < 0)
		goto fail;
	out->file = fdopen(descriptor, "wb");
	if (out->file != NULL)
		return LSTATUS(ERROR_SUCCESS);
	error = errno;
	close(descriptor);
	unlink((const char *)out->name.data);
fail:
	buf_release(&out->name);
	return lstatus_from_errno(error);
}

lstatus
out_file_end(struct out_file *out, lstatus status)
{
	const char *name = (const char *)out->name.data;

	if (lstatus_ok(status) && (fflush(out->file) != 0 || fsync(fileno(out->file)) != 0))
		status = lstatus_from_errno(errno);
	if (fclose(out->file) != 0 && lstatus_ok(status))
		status = lstatus_from_errno(errno);
	if (lstatus_ok(status) && rename(name, out->target) != 0)
		status = lstatus_from_errno(errno);
	if (lstatus_ok(status))
		unix_flush_folder(out->target);
	else
		unlink(name);
	buf_release(&out->name);
	return status;
}
