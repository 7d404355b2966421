/*
 * reg save, restore, load and unload: hive files.
 *
 * What a hive cannot hold is said on standard error, a line each; reg.exe has no such lines,
 * because its hives hold everything.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "regstore/formats/hive.h"
#include "regstore/reg/reg.h"
#include "regstore/registry/security.h"

/* Say what was lost or why it failed, and release the report. */
static int
finish(const struct reg_arguments *arguments, struct reg_hive_report *report, lstatus status)
{
	int code = EXIT_FAILED;

	reg_end_progress();
	fputs(buf_text(&report->lost), stderr);
	if (lstatus_ok(status))
		code = reg_succeed();
	else if (report->message[0] != '\0')
		reg_fail("%s", report->message);
	else
		reg_fail_status(arguments->verb, status);
	reg_hive_report_release(report);
	return code;
}

static int
save(struct registry *registry, const struct reg_arguments *arguments)
{
	struct reg_hive_report report = { 0 };
	reg_key key;
	int code = EXIT_OK;
	lstatus status = registry_open_key(
	    registry, NULL, (const char *)arguments->key.data, arguments->view, &key);

	if (!lstatus_ok(status))
		return reg_fail_status(arguments->verb, status);
	if (!reg_may_write(arguments, &code))
		return code;
	status = reg_hive_save(registry, key, arguments->file, &report);
	return finish(arguments, &report, status);
}

static int
restore(struct registry *registry, const struct reg_arguments *arguments)
{
	struct reg_hive_report report = { 0 };
	reg_key key;
	lstatus status = registry_open_key(
	    registry, NULL, (const char *)arguments->key.data, arguments->view, &key);

	if (!lstatus_ok(status))
		return reg_fail_status(arguments->verb, status);
	status = reg_hive_load(registry, arguments->file, key, REG_HIVE_REPLACE, &report);
	return finish(arguments, &report, status);
}

static int
load(struct registry *registry, const struct reg_arguments *arguments)
{
	struct reg_hive_report report = { 0 };
	lstatus status;

	/* reg_hive_mount makes a file that is not there; a mistyped name is likelier here. */
	if (access(arguments->file, F_OK) != 0)
		return reg_fail("%s", lstatus_text(LSTATUS(ERROR_FILE_NOT_FOUND)));
	status =
	    reg_hive_mount(registry, (const char *)arguments->key.data, arguments->file, &report);
	return finish(arguments, &report, status);
}

static int
unload(struct registry *registry, const struct reg_arguments *arguments)
{
	struct reg_hive_report report = { 0 };
	lstatus status = reg_hive_unmount(registry, (const char *)arguments->key.data, &report);

	return finish(arguments, &report, status);
}

/* Do the work if whoever asks has the privilege; a hive's keys are then not asked. */
static int
run(const struct reg_arguments *arguments, uint32_t privilege,
    int (*work)(struct registry *registry, const struct reg_arguments *arguments))
{
	struct registry *registry = reg_open_host(REGISTRY_OPEN);
	lstatus status;
	int code;

	if (registry == NULL)
		return EXIT_FAILED;
	status = registry_may_use(registry, privilege);
	reg_begin_progress(registry, "reg");
	code = lstatus_ok(status) ? work(registry, arguments)
	                          : reg_fail_status(arguments->verb, status);
	reg_end_progress();
	registry_close(registry);
	return code;
}

int
reg_save(const struct reg_arguments *arguments)
{
	return run(arguments, PRIVILEGE_BACKUP, save);
}

int
reg_restore(const struct reg_arguments *arguments)
{
	return run(arguments, PRIVILEGE_RESTORE, restore);
}

int
reg_load(const struct reg_arguments *arguments)
{
	return run(arguments, PRIVILEGE_RESTORE, load);
}

int
reg_unload(const struct reg_arguments *arguments)
{
	return run(arguments, PRIVILEGE_RESTORE, unload);
}
