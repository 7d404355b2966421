/*
 * bcdedit's commands that read and write files.
 */
#include <stdio.h>

#include "hvloader/bcdedit.h"
#include "regstore/formats/hive.h"

lstatus
bcdedit_save(struct bcdedit *bcdedit, const char *file)
{
	struct reg_hive_report report = { 0 };
	reg_key root;
	lstatus status = registry_open_key(bcdedit->registry, NULL, bcdedit->root, 0, &root);

	if (lstatus_ok(status))
		status =
		    reg_hive_save_as(bcdedit->registry, root, BCDEDIT_HIVE_ROOT, file, &report);
	reg_hive_report_release(&report);
	return status;
}

lstatus
bcdedit_load(struct bcdedit *bcdedit, const char *file, const char *root)
{
	struct reg_hive_report report = { 0 };
	reg_key key;
	lstatus status = registry_create_key(bcdedit->registry, NULL, root, 0, &key, NULL);

	if (lstatus_ok(status))
		status = reg_hive_load(bcdedit->registry, file, key, REG_HIVE_REPLACE, &report);
	/* What is wrong with a file, and where, Windows does not tell. */
	if (!lstatus_ok(status) && !lstatus_is(status, ERROR_FILE_NOT_FOUND))
		fprintf(stderr, "bcdedit: %s\n", report.message);
	reg_hive_report_release(&report);
	return status;
}

int
bcdedit_export(struct bcdedit *bcdedit)
{
	lstatus status;

	if (bcdedit->count != 1)
		return bcdedit_misused("export");
	status = bcdedit_save(bcdedit, bcdedit->words[0]);
	return lstatus_ok(status)
	           ? bcdedit_done()
	           : bcdedit_failed("The store export operation has failed.", status);
}

/* Whether a file holds a store: any other hive would leave the host without one. */
static lstatus
check_store(const char *file)
{
	struct bcdedit other = { .root = BCDEDIT_FILE_ROOT };
	lstatus status = bcdedit_open_scratch(&other);

	if (lstatus_ok(status))
		status = bcdedit_load(&other, file, BCDEDIT_FILE_ROOT);
	if (lstatus_ok(status)) {
		status = bcd_open(other.registry, BCDEDIT_FILE_ROOT, &other.bcd);
		if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
			status = LSTATUS(ERROR_INVALID_DATA);
	}
	bcdedit_close(&other);
	return status;
}

int
bcdedit_import(struct bcdedit *bcdedit)
{
	lstatus status;

	if (bcdedit->count < 1 || bcdedit->count > 2 ||
	    (bcdedit->count == 2 && !bcdedit_is_word(bcdedit->words[1], "/clean")))
		return bcdedit_misused("import");
	status = check_store(bcdedit->words[0]);
	if (lstatus_ok(status))
		status = bcdedit_load(bcdedit, bcdedit->words[0], bcdedit->root);
	bcdedit->changed = lstatus_ok(status);
	return lstatus_ok(status)
	           ? bcdedit_done()
	           : bcdedit_failed("The store import operation has failed.", status);
}

int
bcdedit_createstore(struct bcdedit *bcdedit)
{
	lstatus status;

	if (bcdedit->count != 1)
		return bcdedit_misused("createstore");
	status = bcd_make(bcdedit->registry, BCDEDIT_FILE_ROOT);
	if (lstatus_ok(status))
		status = bcdedit_save(bcdedit, bcdedit->words[0]);
	return lstatus_ok(status)
	           ? bcdedit_done()
	           : bcdedit_failed("The store creation operation has failed.", status);
}

/* The host has one store, and no partitions that it could be on. */
int
bcdedit_sysstore(struct bcdedit *bcdedit)
{
	if (bcdedit->count != 1)
		return bcdedit_misused("sysstore");
	return bcdedit_failed(
	    "The system store device could not be set.", LSTATUS(ERROR_NOT_SUPPORTED));
}
