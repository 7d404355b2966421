/*
 * Saving, loading, mounting and unmounting hives: transactions and reports around the two ways.
 */
#include "regstore/formats/hive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/formats/hive_image.h"

void
reg_hive_report_release(struct reg_hive_report *report)
{
	buf_release(&report->lost);
}

/* Begin a report: the caller's, emptied, or one of our own that nobody reads. */
static struct reg_hive_report *
begin_report(struct reg_hive_report *report, struct reg_hive_report *own)
{
	if (report == NULL)
		report = own;
	buf_clear(&report->lost);
	report->keys = 0;
	report->values = 0;
	report->message[0] = '\0';
	return report;
}

/* After a failure nothing was carried over and nothing lost. */
static lstatus
end_report(struct reg_hive_report *report, struct reg_hive_report *own, lstatus status)
{
	if (!lstatus_ok(status)) {
		buf_clear(&report->lost);
		report->keys = 0;
		report->values = 0;
	}
	reg_hive_report_release(own);
	return status;
}

static lstatus
end_transaction(struct registry *registry, lstatus status)
{
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

static void
note_failure(struct reg_hive_report *report, const char *name, lstatus status)
{
	if (!lstatus_ok(status) && report->message[0] == '\0')
		hive_fail(report, status, name, SIZE_MAX, "%s", lstatus_text(status));
}

lstatus
reg_hive_save(
    struct registry *registry, reg_key key, const char *file_name, struct reg_hive_report *report)
{
	struct reg_hive_report own = { 0 };

	report = begin_report(report, &own);
	return end_report(report, &own, hive_save(registry, key, NULL, file_name, report));
}

lstatus
reg_hive_save_as(struct registry *registry, reg_key key, const char *root_name,
    const char *file_name, struct reg_hive_report *report)
{
	struct reg_hive_report own = { 0 };

	report = begin_report(report, &own);
	return end_report(report, &own, hive_save(registry, key, root_name, file_name, report));
}

lstatus
reg_hive_load(struct registry *registry, const char *file_name, reg_key into, unsigned flags,
    struct reg_hive_report *report)
{
	struct reg_hive_report own = { 0 };
	bool begun;
	lstatus status = registry_enter(registry, "load a hive", &begun);

	report = begin_report(report, &own);
	if (lstatus_ok(status))
		status = registry_leave(
		    registry, begun, hive_load(registry, file_name, into, flags, report));
	note_failure(report, file_name, status);
	return end_report(report, &own, status);
}

/* Mount within a transaction. `path` is the file's absolute name. */
static lstatus
mount(struct registry *registry, const char *root_path, const char *path, bool empty,
    struct reg_hive_report *report)
{
	reg_key key;
	lstatus status = registry_mount(registry, root_path, path, &key);

	if (!lstatus_ok(status))
		return status;
	if (empty)
		return hive_save(registry, key, NULL, path, report);
	return hive_load(registry, path, key, REG_HIVE_REPLACE, report);
}

/* The absolute name of a file that may not be there yet; NULL with errno. The caller frees it. */
static char *
absolute_name(const char *file_name, bool *ret_missing)
{
	char *path = realpath(file_name, NULL);
	struct buf joined = { 0 };
	char *folder;

	*ret_missing = path == NULL && errno == ENOENT;
	if (!*ret_missing || file_name[0] == '\0')
		return path;
	folder = getcwd(NULL, 0);
	if (folder == NULL)
		return NULL;
	buf_printf(&joined, "%s%s%s", file_name[0] == '/' ? "" : folder,
	    file_name[0] == '/' ? "" : "/", file_name);
	path = strdup(buf_text(&joined));
	if (joined.failed) {
		free(path);
		path = NULL;
		errno = ENOMEM;
	}
	free(folder);
	buf_release(&joined);
	return path;
}

lstatus
reg_hive_mount(struct registry *registry, const char *root_path, const char *file_name,
    struct reg_hive_report *report)
{
	struct reg_hive_report own = { 0 };
	bool missing;
	char *path = absolute_name(file_name, &missing);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	report = begin_report(report, &own);
	if (path == NULL)
		status = lstatus_from_errno(errno);
	if (lstatus_ok(status))
		status = registry_begin(registry, "mount a hive");
	if (lstatus_ok(status))
		status =
		    end_transaction(registry, mount(registry, root_path, path, missing, report));
	free(path);
	note_failure(report, file_name, status);
	return end_report(report, &own, status);
}

/* Unmount within a transaction, so that nobody writes to the hive after it was saved. */
static lstatus
unmount(struct registry *registry, const char *root_path, struct reg_hive_report *report)
{
	struct buf file_name = { 0 };
	reg_key key;
	lstatus status = registry_mount_file(registry, root_path, &file_name);

	if (lstatus_ok(status))
		status = registry_open_key(registry, NULL, root_path, REGISTRY_OPEN_LINK, &key);
	if (lstatus_ok(status))
		status = hive_save(registry, key, NULL, buf_text(&file_name), report);
	if (lstatus_ok(status))
		status = registry_unmount(registry, root_path);
	buf_release(&file_name);
	return status;
}

lstatus
reg_hive_unmount(struct registry *registry, const char *root_path, struct reg_hive_report *report)
{
	struct reg_hive_report own = { 0 };
	lstatus status = registry_begin(registry, "unmount a hive");

	report = begin_report(report, &own);
	if (lstatus_ok(status))
		status = end_transaction(registry, unmount(registry, root_path, report));
	note_failure(report, root_path, status);
	return end_report(report, &own, status);
}
