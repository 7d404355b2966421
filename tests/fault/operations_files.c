/*
 * Operations on files: what the host's registry is written to and read from, and its boot
 * configuration, which is a hive of its own.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "regstore/bcd/bcd.h"
#include "regstore/formats/hive.h"
#include "regstore/formats/pol.h"
#include "regstore/formats/profile.h"
#include "regstore/formats/reg_text.h"
#include "tests/fault/operations.h"

#define OBJECT "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"

static const char reg_file[] = "Windows Registry Editor Version 5.00\r\n\r\n"
                               "[HKEY_LOCAL_MACHINE\\SOFTWARE\\T\\imported\\below]\r\n"
                               "\"text\"=\"value\"\r\n"
                               "\"number\"=dword:0000002a\r\n"
                               "\"bytes\"=hex:01,02,03,\\\r\n  04,05\r\n"
                               "\"d\"=-\r\n\r\n"
                               "[-HKEY_LOCAL_MACHINE\\SOFTWARE\\T\\a]\r\n\r\n"
                               "[HKEY_LOCAL_MACHINE\\SOFTWARE\\T]\r\n"
                               "\"s\"=-\r\n";

/* --- Files --------------------------------------------------------------------------------------
 */

static void
file_path(const char *root, const char *name, char path[static 4300])
{
	snprintf(path, 4300, "%s/%s", root, name);
}

lstatus
operation_import_text(struct registry *registry, const char *root)
{
	struct reg_import_result result = { 0 };
	char path[4300];
	FILE *file;
	lstatus status;

	file_path(root, "in.reg", path);
	file = fopen(path, "rb");
	if (file == NULL)
		return LSTATUS(ERROR_REGISTRY_IO_FAILED);
	status = reg_import(registry, file, 0, "in.reg", "import", &result);
	if (lstatus_ok(status) != (result.message[0] == '\0'))
		status = LSTATUS(ERROR_INVALID_FUNCTION);
	fclose(file);
	return status;
}

lstatus
operation_export_text(struct registry *registry, const char *root)
{
	char path[4300];
	reg_key key;
	FILE *file;
	lstatus status;

	file_path(root, "out.reg", path);
	file = fopen(path, "wb");
	if (file == NULL)
		return LSTATUS(ERROR_REGISTRY_IO_FAILED);
	status = operation_open_key(registry, OPERATIONS_TOP, &key);
	THEN(status,
	    reg_export(registry, key, "HKEY_LOCAL_MACHINE\\SOFTWARE\\T", file, REG_TEXT_V5, NULL));
	fclose(file);
	if (!lstatus_ok(status))
		unlink(path);
	return status;
}

lstatus
operation_save_hive(struct registry *registry, const char *root)
{
	struct reg_hive_report report = { 0 };
	char path[4300];
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP, &key);

	file_path(root, "out.hiv", path);
	THEN(status, reg_hive_save(registry, key, path, &report));
	reg_hive_report_release(&report);
	return status;
}

lstatus
operation_load_hive(struct registry *registry, const char *root)
{
	struct reg_hive_report report = { 0 };
	char path[4300];
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP "\\target", &key);

	file_path(root, "in.hiv", path);
	THEN(status, reg_hive_load(registry, path, key, REG_HIVE_REPLACE, &report));
	reg_hive_report_release(&report);
	return status;
}

lstatus
operation_mount_hive(struct registry *registry, const char *root)
{
	struct reg_hive_report report = { 0 };
	char path[4300];
	lstatus status;

	file_path(root, "in.hiv", path);
	status = reg_hive_mount(registry, "HKLM\\MOUNTED", path, &report);
	reg_hive_report_release(&report);
	return status;
}

lstatus
operation_unmount_hive(struct registry *registry, const char *root UNUSED)
{
	struct reg_hive_report report = { 0 };
	lstatus status = reg_hive_unmount(registry, "HKU\\THERE", &report);

	reg_hive_report_release(&report);
	return status;
}

lstatus
operation_import_policy(struct registry *registry, const char *root)
{
	struct reg_pol_result result = { 0 };
	char path[4300];
	FILE *file;
	lstatus status;

	file_path(root, "in.pol", path);
	file = fopen(path, "rb");
	if (file == NULL)
		return LSTATUS(ERROR_REGISTRY_IO_FAILED);
	status = reg_pol_import(registry, file, "in.pol", "HKLM\\SOFTWARE", "policy", &result);
	reg_pol_result_release(&result);
	fclose(file);
	return status;
}

lstatus
operation_export_policy(struct registry *registry, const char *root)
{
	char path[4300];
	reg_key key;
	FILE *file;
	lstatus status;

	file_path(root, "out.pol", path);
	file = fopen(path, "wb");
	if (file == NULL)
		return LSTATUS(ERROR_REGISTRY_IO_FAILED);
	status = operation_open_key(registry, OPERATIONS_TOP, &key);
	THEN(status, reg_pol_export(registry, key, "SOFTWARE\\T", file, NULL));
	fclose(file);
	if (!lstatus_ok(status))
		unlink(path);
	return status;
}

lstatus
operation_set_profile(struct registry *registry UNUSED, const char *root)
{
	char path[4300];

	file_path(root, "in.ini", path);
	return profile_set(path, "Section", "Key", "value");
}

/* --- Boot configuration -------------------------------------------------------------------------
 */

lstatus
operation_install_bcd(struct registry *registry, const char *root UNUSED)
{
	return bcd_install(registry);
}

lstatus
operation_set_bcd(struct registry *registry, const char *root UNUSED)
{
	struct bcd bcd;
	struct bcd_objects objects = { 0 };
	lstatus status = bcd_open(registry, "HKLM\\SOFTWARE\\Bcd", &bcd);

	THEN(status, bcd_list(&bcd, &objects));
	bcd_objects_release(&objects);
	THEN(status, registry_begin(registry, "bcd"));
	if (!lstatus_ok(status))
		return status;
	status = bcd_set_integer(&bcd, OBJECT, 0x25000004, 30);
	THEN(status, bcd_set_text(&bcd, OBJECT, 0x12000004, "title"));
	return operation_end(registry, status);
}

/* --- What they work on --------------------------------------------------------------------------
 */

static void
make_file(const char *root, const char *name, const void *data, size_t size)
{
	char path[4300];
	FILE *file;

	file_path(root, name, path);
	file = fopen(path, "wb");
	fault_need(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

static void
prepare_files(struct registry *registry, const char *root)
{
	static const char profile[] = "[Section]\nOther=1\n";
	struct reg_hive_report report = { 0 };
	struct buf pol = { 0 };
	char path[4300];
	reg_key key = operation_made(registry, OPERATIONS_TOP "\\a", 0);

	make_file(root, "in.reg", reg_file, sizeof(reg_file) - 1);
	make_file(root, "in.ini", profile, sizeof(profile) - 1);
	reg_pol_write_begin(&pol);
	reg_pol_write(&pol, "T\\policy", "number", REG_DWORD, "\1\0\0\0", 4);
	reg_pol_write(&pol, "T", "**Del.d", REG_SZ, "\0\0", 2);
	reg_pol_write(&pol, "T\\many", "**DelVals.", REG_SZ, "\0\0", 2);
	make_file(root, "in.pol", pol.data, pol.size);
	buf_release(&pol);
	file_path(root, "in.hiv", path);
	fault_need(lstatus_ok(reg_hive_save(registry, key, path, &report)));
	reg_hive_report_release(&report);
	file_path(root, "there.hiv", path);
	fault_need(lstatus_ok(reg_hive_mount(registry, "HKU\\THERE", path, &report)));
	reg_hive_report_release(&report);
}

static void
prepare_bcd(struct registry *registry)
{
	struct bcd bcd;

	fault_need(lstatus_ok(bcd_make(registry, "HKLM\\SOFTWARE\\Bcd")));
	fault_need(lstatus_ok(bcd_open(registry, "HKLM\\SOFTWARE\\Bcd", &bcd)));
	fault_need(lstatus_ok(bcd_create(&bcd, OBJECT, 0x10100002)));
}

void
operations_prepare_files(struct registry *registry, const char *root)
{
	prepare_files(registry, root);
	prepare_bcd(registry);
}
