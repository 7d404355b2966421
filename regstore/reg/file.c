/*
 * reg import and reg export.
 *
 * An export goes to a new file beside the target, which replaces it when it is complete and on
 * disk: whoever reads the target sees the old file or the whole new one. A target that is no
 * regular file (a pipe, a terminal) is written directly.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "regstore/formats/out_file.h"
#include "regstore/formats/reg_text.h"
#include "regstore/reg/reg.h"
#include "regstore/registry/security.h"
#include "regstore/security/rights.h"

static int
import_from(FILE *file, const struct reg_arguments *arguments)
{
	struct reg_import_result result;
	struct registry *registry;
	struct buf comment = { 0 };
	int code = EXIT_FAILED;
	lstatus status;

	registry = reg_open_host(REGISTRY_CREATE);
	if (registry == NULL)
		return EXIT_FAILED;
	buf_printf(&comment, "reg import %s", arguments->file);
	reg_begin_progress(registry, "reg import");
	status = reg_import(
	    registry, file, arguments->view, arguments->file, buf_text(&comment), &result);
	reg_end_progress();
	if (lstatus_ok(status)) {
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
		return reg_fail_file();
	code = import_from(file, arguments);
	fclose(file);
	return code;
}

static lstatus
export_directly(struct registry *registry, reg_key key, const struct reg_arguments *arguments)
{
	FILE *file = fopen(arguments->file, "wbe");
	lstatus status;

	if (file == NULL)
		return lstatus_from_errno(errno);
	status =
	    reg_export(registry, key, (const char *)arguments->key.data, file, REG_TEXT_V5, NULL);
	if (fclose(file) != 0 && lstatus_ok(status))
		status = lstatus_from_errno(errno);
	return status;
}

static lstatus
export_beside(struct registry *registry, reg_key key, const struct reg_arguments *arguments)
{
	struct out_file out;
	lstatus status = out_file_begin(&out, arguments->file);

	if (!lstatus_ok(status))
		return status;
	status = reg_export(
	    registry, key, (const char *)arguments->key.data, out.file, REG_TEXT_V5, NULL);
	return out_file_end(&out, status);
}

static int
export_from(struct registry *registry, const struct reg_arguments *arguments)
{
	struct stat target;
	reg_key key;
	lstatus status;
	int code = EXIT_OK;

	status = registry_open_key(
	    registry, NULL, (const char *)arguments->key.data, arguments->view, &key);
	if (lstatus_ok(status))
		status = registry_may_tree(registry, key, KEY_READ);
	if (!lstatus_ok(status))
		return reg_fail_status(arguments->verb, status);
	if (!reg_may_write(arguments, &code))
		return code;
	reg_begin_progress(registry, "reg export");
	if (stat(arguments->file, &target) == 0 && !S_ISREG(target.st_mode))
		status = export_directly(registry, key, arguments);
	else
		status = export_beside(registry, key, arguments);
	reg_end_progress();
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
