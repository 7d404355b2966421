/*
 * reg import and reg export.
 *
 * An export goes to a new file beside the target, which replaces it when it is complete and on
 * disk: whoever reads the target sees the old file or the whole new one. A target that is no
 * regular file (a pipe, a terminal) is written directly.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/formats/reg_text.h"
#include "regstore/reg/reg.h"

static int
fail_file(void)
{
	return reg_fail("Error opening the file. There may be a disk or file system error.");
}

static int
import_from(FILE *file, const struct reg_arguments *arguments)
{
	struct reg_import_result result;
	struct registry *registry;
	struct buf comment = { 0 };
	int code = EXIT_FAILED;

	registry = reg_open_host(REGISTRY_CREATE);
	if (registry == NULL)
		return EXIT_FAILED;
	buf_printf(&comment, "reg import %s", arguments->file);
	if (lstatus_ok(reg_import(registry, file, arguments->file, buf_text(&comment), &result))) {
		/* reg.exe says this on standard error, for this verb alone. */
		fprintf(stderr, "The operation completed successfully.\n");
		code = EXIT_OK;
	} else {
		reg_fail("%s", result.message);
	}
	buf_release(&comment);
	registry_close(registry);
	return code;
}

int
reg_import_file(const struct reg_arguments *arguments)
{
	FILE *file = fopen(arguments->file, "rbe");
	int code;

	if (file == NULL)
		return fail_file();
	code = import_from(file, arguments);
	fclose(file);
	return code;
}

/* Write the export and see it on disk. */
static lstatus
write_export(struct registry *registry, reg_key key, const char *path, FILE *file, bool regular)
{
	lstatus status = reg_export(registry, key, path, file);

	if (!lstatus_ok(status))
		return status;
	if (fflush(file) != 0 || (regular && fsync(fileno(file)) != 0))
		return lstatus_from_errno(errno);
	return status;
}

static lstatus
export_directly(struct registry *registry, reg_key key, const struct reg_arguments *arguments)
{
	FILE *file = fopen(arguments->file, "wbe");
	lstatus status;

	if (file == NULL)
		return lstatus_from_errno(errno);
	status = write_export(registry, key, (const char *)arguments->key.data, file, false);
	if (fclose(file) != 0 && lstatus_ok(status))
		status = lstatus_from_errno(errno);
	return status;
}

/* A new file beside the target, with the permissions that the target would get. */
static FILE *
open_beside(const char *target, struct buf *name)
{
	mode_t mask = umask(0);
	FILE *file;
	int descriptor;

	umask(mask);
	buf_printf(name, "%s.XXXXXX", target);
	buf_text(name);
	if (name->failed) {
		errno = ENOMEM;
		return NULL;
	}
	descriptor = mkostemp((char *)name->data, O_CLOEXEC);
	if (descriptor < 0)
		return NULL;
	if (fchmod(descriptor, 0666 & ~mask) == 0) {
		file = fdopen(descriptor, "wb");
		if (file != NULL)
			return file;
	}
	close(descriptor);
	unlink((const char *)name->data);
	return NULL;
}

static lstatus
export_beside(struct registry *registry, reg_key key, const struct reg_arguments *arguments)
{
	struct buf name = { 0 };
	FILE *file = open_beside(arguments->file, &name);
	lstatus status;

	if (file == NULL) {
		status = lstatus_from_errno(errno);
		buf_release(&name);
		return status;
	}
	status = write_export(registry, key, (const char *)arguments->key.data, file, true);
	if (fclose(file) != 0 && lstatus_ok(status))
		status = lstatus_from_errno(errno);
	if (lstatus_ok(status) && rename(buf_text(&name), arguments->file) != 0)
		status = lstatus_from_errno(errno);
	if (!lstatus_ok(status))
		unlink(buf_text(&name));
	buf_release(&name);
	return status;
}

static int
export_from(struct registry *registry, const struct reg_arguments *arguments)
{
	struct stat target;
	bool exists;
	reg_key key;
	lstatus status;
	int code = EXIT_OK;

	status = registry_open_key(registry, NULL, (const char *)arguments->key.data, 0, &key);
	if (!lstatus_ok(status))
		return reg_fail_status(arguments->verb, status);
	exists = stat(arguments->file, &target) == 0;
	if (exists && S_ISDIR(target.st_mode))
		return fail_file();
	if (exists && !S_ISREG(target.st_mode)) {
		status = export_directly(registry, key, arguments);
	} else {
		if (exists && !arguments->force &&
		    !reg_confirm(
		        &code, "File %s already exists. Overwrite (Yes/No)?", arguments->file))
			return code;
		status = export_beside(registry, key, arguments);
	}
	if (lstatus_ok(status))
		return reg_succeed();
	return reg_fail(
	    "Unable to write to the file %s: %s", arguments->file, lstatus_text(status));
}

int
reg_export_file(const struct reg_arguments *arguments)
{
	struct registry *registry = reg_open_host(REGISTRY_OPEN);
	int code = EXIT_FAILED;

	if (registry != NULL)
		code = export_from(registry, arguments);
	registry_close(registry);
	return code;
}
