/*
 * What is done to whole keys: delete, copy, rename, flush, and the calls about reflection.
 */
#include "regstore/registry/security.h"
#include "regstore/security/token.h"

#include "regstore/winreg/internal.h"

/* --- Delete ----------------------------------------------------------------------------------- */

static LSTATUS
delete_key(HKEY handle, const void *subkey, REGSAM sam, HANDLE transaction_handle, bool ansi)
{
	struct object *transaction = NULL;
	struct call call;
	struct text path;
	uint32_t flags;
	reg_key key;
	lstatus status = view_flags(sam, &flags);

	if (subkey == NULL || !lstatus_ok(status))
		return ERROR_INVALID_PARAMETER;
	if (transaction_handle != NULL) {
		transaction = handle_object(transaction_handle, OBJECT_TRANSACTION);
		if (transaction == NULL)
			return ERROR_INVALID_HANDLE;
	}
	status = call_begin_in(handle, 0, (struct transaction *)transaction, &call);
	if (lstatus_ok(status)) {
		status = text_take(&path, subkey, ansi);
		/* A link is deleted itself. */
		if (lstatus_ok(status))
			status =
			    call_subkey(&call, path.utf8, DELETE, flags | REGISTRY_OPEN_LINK, &key);
		if (lstatus_ok(status))
			status = registry_delete_key(call.registry, key);
		text_release(&path);
		call_end(&call);
	}
	object_drop(transaction);
	return result(status);
}

LSTATUS
RegDeleteKeyW(HKEY hKey, LPCWSTR lpSubKey)
{
	return delete_key(hKey, lpSubKey, 0, NULL, false);
}

LSTATUS
RegDeleteKeyA(HKEY hKey, LPCSTR lpSubKey)
{
	return delete_key(hKey, lpSubKey, 0, NULL, true);
}

LSTATUS
RegDeleteKeyExW(HKEY hKey, LPCWSTR lpSubKey, REGSAM samDesired, DWORD Reserved)
{
	if (Reserved != 0)
		return ERROR_INVALID_PARAMETER;
	return delete_key(hKey, lpSubKey, samDesired, NULL, false);
}

LSTATUS
RegDeleteKeyExA(HKEY hKey, LPCSTR lpSubKey, REGSAM samDesired, DWORD Reserved)
{
	if (Reserved != 0)
		return ERROR_INVALID_PARAMETER;
	return delete_key(hKey, lpSubKey, samDesired, NULL, true);
}

LSTATUS
RegDeleteKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, REGSAM samDesired, DWORD Reserved,
    HANDLE hTransaction, PVOID pExtendedParameter UNUSED)
{
	if (Reserved != 0)
		return ERROR_INVALID_PARAMETER;
	if (hTransaction == NULL)
		return ERROR_INVALID_HANDLE;
	return delete_key(hKey, lpSubKey, samDesired, hTransaction, false);
}

LSTATUS
RegDeleteKeyTransactedA(HKEY hKey, LPCSTR lpSubKey, REGSAM samDesired, DWORD Reserved,
    HANDLE hTransaction, PVOID pExtendedParameter UNUSED)
{
	if (Reserved != 0)
		return ERROR_INVALID_PARAMETER;
	if (hTransaction == NULL)
		return ERROR_INVALID_HANDLE;
	return delete_key(hKey, lpSubKey, samDesired, hTransaction, true);
}

/* All that a key has: its subkeys with what is below them, and its values. */
static lstatus
empty_key(struct registry *registry, reg_key key)
{
	struct reg_key_list keys = { 0 };
	struct reg_value_list values = { 0 };
	lstatus status = registry_list_keys(registry, key, &keys);

	if (lstatus_ok(status))
		status = registry_list_values(registry, key, &values);
	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++) {
		status = access_check_tree(registry, keys.entries[i].key, DELETE);
		if (lstatus_ok(status))
			status = registry_delete_tree(registry, keys.entries[i].key);
	}
	for (size_t i = 0; i < values.count && lstatus_ok(status); i++)
		status = registry_delete_value(registry, key, values.entries[i].name);
	reg_key_list_release(&keys);
	reg_value_list_release(&values);
	return status;
}

static lstatus
empty_in_transaction(struct call *call)
{
	bool own = call->transaction == NULL;
	lstatus status = own ? registry_begin(call->registry, NULL) : LSTATUS(ERROR_SUCCESS);

	if (!lstatus_ok(status))
		return status;
	status = empty_key(call->registry, call->key->id);
	if (own && lstatus_ok(status))
		return registry_commit(call->registry);
	if (own)
		registry_rollback(call->registry);
	return status;
}

static lstatus
delete_tree(struct call *call, const char *path)
{
	REGSAM needed = KEY_ENUMERATE_SUB_KEYS | KEY_QUERY_VALUE;
	bool itself = path != NULL && path[0] != '\0';
	reg_key key;
	lstatus status;

	/* Without a name the key stays, and its values go. */
	needed |= itself ? DELETE : KEY_SET_VALUE;
	status = call_subkey(call, path, needed, REGISTRY_OPEN_LINK, &key);
	if (lstatus_ok(status) && !itself)
		return empty_in_transaction(call);
	if (lstatus_ok(status))
		status = access_check_tree(call->registry, key, DELETE);
	return lstatus_ok(status) ? registry_delete_tree(call->registry, key) : status;
}

static LSTATUS
delete_tree_call(HKEY handle, const void *subkey, bool ansi)
{
	struct call call;
	struct text path;
	lstatus status = call_begin(handle, 0, &call);

	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&path, subkey, ansi);
	if (lstatus_ok(status))
		status = delete_tree(&call, path.utf8);
	text_release(&path);
	call_end(&call);
	return result(status);
}

LSTATUS
RegDeleteTreeW(HKEY hKey, LPCWSTR lpSubKey)
{
	return delete_tree_call(hKey, lpSubKey, false);
}

LSTATUS
RegDeleteTreeA(HKEY hKey, LPCSTR lpSubKey)
{
	return delete_tree_call(hKey, lpSubKey, true);
}

/* --- Copy and rename -------------------------------------------------------------------------- */

/* The two keys by their handles' rights, what is below them by its own. */
static lstatus
copy_as_caller(struct registry *registry, reg_key from, reg_key to)
{
	struct token token;
	lstatus status;

	token_current(&token);
	registry_act_for(registry, &token);
	status = registry_copy_tree(registry, from, to);
	registry_act_for(registry, NULL);
	return status;
}

static LSTATUS
copy_tree(HKEY from, const void *subkey, HKEY to, bool ansi)
{
	const REGSAM needed = KEY_SET_VALUE | KEY_CREATE_SUB_KEY;
	struct key *target = NULL;
	struct call call;
	struct text path;
	reg_key source;
	lstatus status = key_from_handle(to, &target);

	if (!lstatus_ok(status))
		return result(status);
	status = call_begin_in(from, 0, target->transaction, &call);
	if (!lstatus_ok(status)) {
		object_drop(&target->object);
		return result(status);
	}
	status = text_take(&path, subkey, ansi);
	if (lstatus_ok(status))
		status = call_subkey(
		    &call, path.utf8, KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS, 0, &source);
	if (lstatus_ok(status) && (target->granted & needed) != needed)
		status = LSTATUS(ERROR_ACCESS_DENIED);
	if (lstatus_ok(status))
		status = copy_as_caller(call.registry, source, target->id);
	text_release(&path);
	call_end(&call);
	object_drop(&target->object);
	return result(status);
}

LSTATUS
RegCopyTreeW(HKEY hKeySrc, LPCWSTR lpSubKey, HKEY hKeyDest)
{
	return copy_tree(hKeySrc, lpSubKey, hKeyDest, false);
}

LSTATUS
RegCopyTreeA(HKEY hKeySrc, LPCSTR lpSubKey, HKEY hKeyDest)
{
	return copy_tree(hKeySrc, lpSubKey, hKeyDest, true);
}

LSTATUS
RegRenameKey(HKEY hKey, LPCWSTR lpSubKeyName, LPCWSTR lpNewKeyName)
{
	struct call call;
	struct text path = { 0 };
	struct text name = { 0 };
	reg_key key;
	lstatus status;

	if (lpNewKeyName == NULL)
		return ERROR_INVALID_PARAMETER;
	status = call_begin(hKey, 0, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = text_take(&path, lpSubKeyName, false);
	if (lstatus_ok(status))
		status = text_take(&name, lpNewKeyName, false);
	if (lstatus_ok(status))
		status = call_subkey(&call, path.utf8, KEY_WRITE, REGISTRY_OPEN_LINK, &key);
	if (lstatus_ok(status))
		status = registry_rename_key(call.registry, key, name.utf8);
	/* The kernel's STATUS_CANNOT_DELETE. */
	if (lstatus_is(status, ERROR_ALREADY_EXISTS))
		status = LSTATUS(ERROR_ACCESS_DENIED);
	text_release(&path);
	text_release(&name);
	call_end(&call);
	return result(status);
}

/* --- Calls that have nothing to do ------------------------------------------------------------ */

static LSTATUS
check_handle(HKEY handle)
{
	struct key *key;
	lstatus status = key_from_handle(handle, &key);

	if (lstatus_ok(status))
		object_drop(&key->object);
	return result(status);
}

LSTATUS
RegFlushKey(HKEY hKey)
{
	return check_handle(hKey);
}

LSTATUS
RegDisableReflectionKey(HKEY hBase)
{
	return check_handle(hBase);
}

LSTATUS
RegEnableReflectionKey(HKEY hBase)
{
	return check_handle(hBase);
}

LSTATUS
RegQueryReflectionKey(HKEY hBase, BOOL *bIsReflectionDisabled)
{
	LSTATUS code = check_handle(hBase);

	if (bIsReflectionDisabled == NULL)
		return ERROR_INVALID_PARAMETER;
	if (code == ERROR_SUCCESS)
		*bIsReflectionDisabled = TRUE;
	return code;
}
