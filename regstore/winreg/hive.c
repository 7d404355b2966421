/*
 * Hive files: RegSaveKey, RegRestoreKey, RegLoadKey, RegUnLoadKey. File names are this machine's.
 *
 * Windows asks for the backup or the restore privilege here, not for rights on the key.
 */
#include "regstore/formats/hive.h"

#include <unistd.h>

#include "regstore/security/access.h"

#include "regstore/winreg/internal.h"

static lstatus
check_privilege(uint32_t privilege)
{
	struct token token;

	token_current(&token);
	return (token.privileges & privilege) != 0 ? LSTATUS(ERROR_SUCCESS)
	                                           : LSTATUS(ERROR_PRIVILEGE_NOT_HELD);
}

/* --- Save ------------------------------------------------------------------------------------- */

static LSTATUS
save_key(HKEY handle, const void *file, DWORD flags, bool ansi)
{
	struct call call;
	struct text name;
	lstatus status;

	if (file == NULL || (flags != REG_STANDARD_FORMAT && flags != REG_LATEST_FORMAT &&
	                        flags != REG_NO_COMPRESSION))
		return ERROR_INVALID_PARAMETER;
	status = check_privilege(PRIVILEGE_BACKUP);
	if (lstatus_ok(status))
		status = call_begin(handle, 0, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&name, file, ansi);
	if (lstatus_ok(status) && access(name.utf8, F_OK) == 0)
		status = LSTATUS(ERROR_ALREADY_EXISTS);
	if (lstatus_ok(status))
		status = reg_hive_save(call.registry, call.key->id, name.utf8, NULL);
	text_release(&name);
	call_end(&call);
	return result(status);
}

LSTATUS
RegSaveKeyExW(
    HKEY hKey, LPCWSTR lpFile, LPSECURITY_ATTRIBUTES lpSecurityAttributes UNUSED, DWORD Flags)
{
	return save_key(hKey, lpFile, Flags, false);
}

LSTATUS
RegSaveKeyExA(
    HKEY hKey, LPCSTR lpFile, LPSECURITY_ATTRIBUTES lpSecurityAttributes UNUSED, DWORD Flags)
{
	return save_key(hKey, lpFile, Flags, true);
}

LSTATUS
RegSaveKeyW(HKEY hKey, LPCWSTR lpFile, LPSECURITY_ATTRIBUTES lpSecurityAttributes UNUSED)
{
	return save_key(hKey, lpFile, REG_STANDARD_FORMAT, false);
}

LSTATUS
RegSaveKeyA(HKEY hKey, LPCSTR lpFile, LPSECURITY_ATTRIBUTES lpSecurityAttributes UNUSED)
{
	return save_key(hKey, lpFile, REG_STANDARD_FORMAT, true);
}

/* --- Restore ---------------------------------------------------------------------------------- */

static LSTATUS
restore_key(HKEY handle, const void *file, DWORD flags, bool ansi)
{
	struct reg_hive_report report = { 0 };
	struct call call;
	struct text name;
	lstatus status;

	if (file == NULL)
		return ERROR_INVALID_PARAMETER;
	if ((flags & ~(DWORD)(REG_FORCE_RESTORE | REG_NO_LAZY_FLUSH)) != 0)
		return ERROR_NOT_SUPPORTED;
	status = check_privilege(PRIVILEGE_RESTORE);
	if (lstatus_ok(status))
		status = call_begin(handle, 0, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&name, file, ansi);
	if (lstatus_ok(status))
		status = reg_hive_load(
		    call.registry, name.utf8, call.key->id, REG_HIVE_REPLACE, &report);
	reg_hive_report_release(&report);
	text_release(&name);
	call_end(&call);
	return result(status);
}

LSTATUS
RegRestoreKeyW(HKEY hKey, LPCWSTR lpFile, DWORD dwFlags)
{
	return restore_key(hKey, lpFile, dwFlags, false);
}

LSTATUS
RegRestoreKeyA(HKEY hKey, LPCSTR lpFile, DWORD dwFlags)
{
	return restore_key(hKey, lpFile, dwFlags, true);
}

/* --- Load and unload -------------------------------------------------------------------------- */

/* The path of a hive below one of the two roots that take them. */
static lstatus
hive_path(struct call *call, const struct text *subkey, struct buf *path)
{
	lstatus status = registry_key_path(call->registry, call->key->id, path);

	if (!lstatus_ok(status))
		return status;
	buf_printf(path, "\\%s", text_or_empty(subkey));
	buf_text(path);
	return path->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

/* Load with a file, unload without. */
static LSTATUS
load_key(HKEY handle, const void *subkey, const void *file, bool ansi)
{
	struct reg_hive_report report = { 0 };
	struct buf path = { 0 };
	struct call call;
	struct text name = { 0 };
	struct text file_name = { 0 };
	lstatus status = check_privilege(PRIVILEGE_RESTORE);

	if (subkey == NULL || text_size(subkey, ansi) == 0)
		return ERROR_INVALID_PARAMETER;
	if (lstatus_ok(status))
		status = call_begin(handle, 0, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&name, subkey, ansi);
	if (lstatus_ok(status))
		status = text_take(&file_name, file, ansi);
	if (lstatus_ok(status))
		status = hive_path(&call, &name, &path);
	if (lstatus_ok(status) && file != NULL)
		status = reg_hive_mount(call.registry, buf_text(&path), file_name.utf8, &report);
	else if (lstatus_ok(status))
		status = reg_hive_unmount(call.registry, buf_text(&path), &report);
	reg_hive_report_release(&report);
	buf_release(&path);
	text_release(&name);
	text_release(&file_name);
	call_end(&call);
	return result(status);
}

LSTATUS
RegLoadKeyW(HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpFile)
{
	return lpFile != NULL ? load_key(hKey, lpSubKey, lpFile, false) : ERROR_INVALID_PARAMETER;
}

LSTATUS
RegLoadKeyA(HKEY hKey, LPCSTR lpSubKey, LPCSTR lpFile)
{
	return lpFile != NULL ? load_key(hKey, lpSubKey, lpFile, true) : ERROR_INVALID_PARAMETER;
}

LSTATUS
RegUnLoadKeyW(HKEY hKey, LPCWSTR lpSubKey)
{
	return load_key(hKey, lpSubKey, NULL, false);
}

LSTATUS
RegUnLoadKeyA(HKEY hKey, LPCSTR lpSubKey)
{
	return load_key(hKey, lpSubKey, NULL, true);
}
