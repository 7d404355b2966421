/*
 * RegOpenKey, RegCreateKey and their variants.
 */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "regstore/base/utf16.h"
#include "regstore/winreg/internal.h"

lstatus
view_flags(REGSAM sam, uint32_t *ret_flags)
{
	if ((sam & KEY_WOW64_RES) == KEY_WOW64_RES)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	*ret_flags = (sam & KEY_WOW64_32KEY) != 0 ? REGISTRY_WOW64_32 : 0;
	return LSTATUS(ERROR_SUCCESS);
}

/* A handle for a key that is opened or made next; nobody else knows it yet. */
static lstatus
new_handle(struct call *call, struct key **ret_key, HANDLE *ret_handle)
{
	struct key *key = key_new((reg_key){ 0 }, 0, call->transaction);
	lstatus status;

	if (key == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = handle_make(&key->object, ret_handle);
	if (lstatus_ok(status))
		*ret_key = key;
	return status;
}

/* Open a path below the call's key as a handle of its own. */
static lstatus
open_handle(
    struct call *call, const char *path, REGSAM sam, uint32_t flags, bool backup, HKEY *ret_handle)
{
	REGSAM granted;
	reg_key id;
	struct key *key;
	HANDLE handle;
	lstatus status = registry_open_key(call->registry, &call->key->id, path, flags, &id);

	if (lstatus_ok(status))
		status = backup ? access_backup(&granted)
		                : access_check(call->registry, id, sam, &granted);
	if (lstatus_ok(status))
		status = new_handle(call, &key, &handle);
	if (!lstatus_ok(status))
		return status;
	key->id = id;
	key->granted = granted;
	*ret_handle = handle;
	return status;
}

/* --- Create ----------------------------------------------------------------------------------- */

lstatus
create_key(struct call *call, const char *path, const struct create *create, reg_key *ret_key,
    REGSAM *ret_granted, bool *ret_created)
{
	uint32_t open_flags = create->flags & REGISTRY_WOW64_32;
	bool made = false;
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);

	if ((create->flags & REGISTRY_CREATE_LINK) == 0)
		status =
		    registry_open_key(call->registry, &call->key->id, path, open_flags, ret_key);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
		status = access_check_create(call, path, create->flags, create->sam);
		if (lstatus_ok(status))
			status = security_create(call, path, create, ret_key, &made);
	}
	if (!lstatus_ok(status))
		return status;
	*ret_created = made;
	if (create->backup)
		return access_backup(ret_granted);
	if (!made)
		return access_check(call->registry, *ret_key, create->sam, ret_granted);
	/* Who makes a key is granted what it asks for. */
	*ret_granted = access_map(create->sam);
	if ((*ret_granted & MAXIMUM_ALLOWED) != 0)
		*ret_granted = (*ret_granted & ~(REGSAM)MAXIMUM_ALLOWED) | KEY_ALL_ACCESS;
	return status;
}

/* The handle comes first: a key that was made and cannot be handed out would stay behind. */
static lstatus
create_handle(struct call *call, const char *path, const struct create *create, HKEY *ret_handle,
    DWORD *disposition)
{
	bool made = false;
	struct key *key;
	HANDLE handle;
	lstatus status = new_handle(call, &key, &handle);

	if (!lstatus_ok(status))
		return status;
	status = create_key(call, path, create, &key->id, &key->granted, &made);
	if (!lstatus_ok(status)) {
		(void)handle_close(handle, OBJECT_KEY);
		return status;
	}
	*ret_handle = handle;
	if (disposition != NULL)
		*disposition = made ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
	return status;
}

/* --- The functions ---------------------------------------------------------------------------- */

/* A transaction's handle, with a reference; *ret_transaction is NULL for "none" (NULL). */
static lstatus
take_transaction(HANDLE handle, struct transaction **ret_transaction)
{
	*ret_transaction = (struct transaction *)handle_object(handle, OBJECT_TRANSACTION);
	return *ret_transaction != NULL ? LSTATUS(ERROR_SUCCESS) : LSTATUS(ERROR_INVALID_HANDLE);
}

static void
drop_transaction(struct transaction *transaction)
{
	if (transaction != NULL)
		object_drop(&transaction->object);
}

static LSTATUS
open_key(HKEY base, const void *subkey, DWORD options, REGSAM sam, struct transaction *transaction,
    PHKEY ret_handle, bool ansi)
{
	struct call call;
	struct text path;
	uint32_t flags;
	lstatus status;

	if (ret_handle == NULL ||
	    (options & ~(DWORD)(REG_OPTION_OPEN_LINK | REG_OPTION_BACKUP_RESTORE)) != 0)
		return ERROR_INVALID_PARAMETER;
	status = view_flags(sam, &flags);
	if (!lstatus_ok(status))
		return result(status);
	if ((options & REG_OPTION_OPEN_LINK) != 0)
		flags |= REGISTRY_OPEN_LINK;
	status = call_begin_in(base, 0, transaction, &call);
	if (!lstatus_ok(status))
		return result(status);
	*ret_handle = NULL;
	status = text_take(&path, subkey, ansi);
	/* A predefined key is itself again. */
	if (lstatus_ok(status) && text_or_empty(&path)[0] == '\0' && transaction == NULL &&
	    (flags & REGISTRY_WOW64_32) == 0 && key_predefined(base) >= 0)
		*ret_handle = base;
	else if (lstatus_ok(status))
		status = open_handle(&call, text_or_empty(&path), sam, flags,
		    (options & REG_OPTION_BACKUP_RESTORE) != 0, ret_handle);
	text_release(&path);
	call_end(&call);
	return result(status);
}

LSTATUS
RegOpenKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult)
{
	return open_key(hKey, lpSubKey, ulOptions, samDesired, NULL, phkResult, false);
}

LSTATUS
RegOpenKeyExA(HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult)
{
	return open_key(hKey, lpSubKey, ulOptions, samDesired, NULL, phkResult, true);
}

/* RegOpenKey and RegCreateKey without a name give back the handle that they got. */
static LSTATUS
same_key(HKEY handle, PHKEY ret_handle)
{
	struct key *key;
	lstatus status = key_from_handle(handle, &key);

	if (lstatus_ok(status)) {
		object_drop(&key->object);
		*ret_handle = handle;
	}
	return result(status);
}

LSTATUS
RegOpenKeyW(HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult)
{
	if (phkResult != NULL && (lpSubKey == NULL || lpSubKey[0] == 0))
		return same_key(hKey, phkResult);
	return open_key(hKey, lpSubKey, 0, MAXIMUM_ALLOWED, NULL, phkResult, false);
}

LSTATUS
RegOpenKeyA(HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult)
{
	if (phkResult != NULL && (lpSubKey == NULL || lpSubKey[0] == 0))
		return same_key(hKey, phkResult);
	return open_key(hKey, lpSubKey, 0, MAXIMUM_ALLOWED, NULL, phkResult, true);
}

LSTATUS
RegOpenKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired,
    PHKEY phkResult, HANDLE hTransaction, PVOID pExtendedParameter UNUSED)
{
	struct transaction *transaction;
	lstatus status = take_transaction(hTransaction, &transaction);
	LSTATUS code = result(status);

	if (lstatus_ok(status))
		code =
		    open_key(hKey, lpSubKey, ulOptions, samDesired, transaction, phkResult, false);
	drop_transaction(transaction);
	return code;
}

LSTATUS
RegOpenKeyTransactedA(HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions, REGSAM samDesired,
    PHKEY phkResult, HANDLE hTransaction, PVOID pExtendedParameter UNUSED)
{
	struct transaction *transaction;
	lstatus status = take_transaction(hTransaction, &transaction);
	LSTATUS code = result(status);

	if (lstatus_ok(status))
		code =
		    open_key(hKey, lpSubKey, ulOptions, samDesired, transaction, phkResult, true);
	drop_transaction(transaction);
	return code;
}

/* The arguments of RegCreateKeyEx that need no conversion. */
struct create_arguments {
	DWORD reserved;
	DWORD options;
	REGSAM sam;
	const SECURITY_ATTRIBUTES *attributes;
	PHKEY handle;
	LPDWORD disposition;
	struct transaction *transaction;
};

static lstatus
check_create(const struct create_arguments *arguments, struct create *create)
{
	DWORD known = REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK | REG_OPTION_BACKUP_RESTORE |
	              REG_OPTION_OPEN_LINK;
	lstatus status = view_flags(arguments->sam, &create->flags);

	if (arguments->handle == NULL || arguments->reserved != 0 ||
	    (arguments->options & ~known) != 0)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	if ((arguments->options & REG_OPTION_VOLATILE) != 0)
		create->flags |= REGISTRY_VOLATILE;
	if ((arguments->options & REG_OPTION_CREATE_LINK) != 0)
		create->flags |= REGISTRY_CREATE_LINK;
	create->sam = arguments->sam;
	create->backup = (arguments->options & REG_OPTION_BACKUP_RESTORE) != 0;
	if (lstatus_ok(status) && arguments->attributes != NULL &&
	    arguments->attributes->lpSecurityDescriptor != NULL)
		status =
		    security_take(arguments->attributes->lpSecurityDescriptor, &create->descriptor);
	return status;
}

static lstatus
take_class(const void *class, bool ansi, struct buf *out)
{
	if (class == NULL)
		return LSTATUS(ERROR_SUCCESS);
	if (ansi)
		ansi_to_utf16(class, text_size(class, true), out);
	else
		buf_append(out, class, text_size(class, false));
	return out->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : LSTATUS(ERROR_SUCCESS);
}

static LSTATUS
create_in_call(struct call *call, const void *subkey, const void *class, struct create *create,
    const struct create_arguments *arguments, bool ansi)
{
	struct text path;
	lstatus status = text_take(&path, subkey, ansi);

	*arguments->handle = NULL;
	if (lstatus_ok(status))
		status = take_class(class, ansi, &create->class);
	if (lstatus_ok(status))
		status = create_handle(
		    call, path.utf8, create, arguments->handle, arguments->disposition);
	text_release(&path);
	return result(status);
}

static LSTATUS
create_key_call(HKEY base, const void *subkey, const void *class,
    const struct create_arguments *arguments, bool ansi)
{
	struct create create = { 0 };
	struct call call;
	LSTATUS code;
	lstatus status = check_create(arguments, &create);

	if (lstatus_ok(status) && subkey == NULL)
		status = LSTATUS(ERROR_BADKEY);
	if (lstatus_ok(status))
		status = call_begin_in(base, 0, arguments->transaction, &call);
	code = result(status);
	if (lstatus_ok(status)) {
		code = create_in_call(&call, subkey, class, &create, arguments, ansi);
		call_end(&call);
	}
	buf_release(&create.class);
	buf_release(&create.descriptor);
	return code;
}

LSTATUS
RegCreateKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass, DWORD dwOptions,
    REGSAM samDesired, LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult,
    LPDWORD lpdwDisposition)
{
	struct create_arguments arguments = { Reserved, dwOptions, samDesired, lpSecurityAttributes,
		phkResult, lpdwDisposition, NULL };

	return create_key_call(hKey, lpSubKey, lpClass, &arguments, false);
}

LSTATUS
RegCreateKeyExA(HKEY hKey, LPCSTR lpSubKey, DWORD Reserved, LPSTR lpClass, DWORD dwOptions,
    REGSAM samDesired, LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult,
    LPDWORD lpdwDisposition)
{
	struct create_arguments arguments = { Reserved, dwOptions, samDesired, lpSecurityAttributes,
		phkResult, lpdwDisposition, NULL };

	return create_key_call(hKey, lpSubKey, lpClass, &arguments, true);
}

LSTATUS
RegCreateKeyW(HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult)
{
	if (phkResult != NULL && (lpSubKey == NULL || lpSubKey[0] == 0))
		return same_key(hKey, phkResult);
	return RegCreateKeyExW(hKey, lpSubKey, 0, NULL, 0, MAXIMUM_ALLOWED, NULL, phkResult, NULL);
}

LSTATUS
RegCreateKeyA(HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult)
{
	if (phkResult != NULL && (lpSubKey == NULL || lpSubKey[0] == 0))
		return same_key(hKey, phkResult);
	return RegCreateKeyExA(hKey, lpSubKey, 0, NULL, 0, MAXIMUM_ALLOWED, NULL, phkResult, NULL);
}

LSTATUS
RegCreateKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass,
    DWORD dwOptions, REGSAM samDesired, LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult,
    LPDWORD lpdwDisposition, HANDLE hTransaction, PVOID pExtendedParameter UNUSED)
{
	struct create_arguments arguments = { Reserved, dwOptions, samDesired, lpSecurityAttributes,
		phkResult, lpdwDisposition, NULL };
	lstatus status = take_transaction(hTransaction, &arguments.transaction);
	LSTATUS code = result(status);

	if (lstatus_ok(status))
		code = create_key_call(hKey, lpSubKey, lpClass, &arguments, false);
	drop_transaction(arguments.transaction);
	return code;
}

LSTATUS
RegCreateKeyTransactedA(HKEY hKey, LPCSTR lpSubKey, DWORD Reserved, LPSTR lpClass, DWORD dwOptions,
    REGSAM samDesired, LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult,
    LPDWORD lpdwDisposition, HANDLE hTransaction, PVOID pExtendedParameter UNUSED)
{
	struct create_arguments arguments = { Reserved, dwOptions, samDesired, lpSecurityAttributes,
		phkResult, lpdwDisposition, NULL };
	lstatus status = take_transaction(hTransaction, &arguments.transaction);
	LSTATUS code = result(status);

	if (lstatus_ok(status))
		code = create_key_call(hKey, lpSubKey, lpClass, &arguments, true);
	drop_transaction(arguments.transaction);
	return code;
}

/* --- Other ways to a root --------------------------------------------------------------------- */

LSTATUS
RegOpenCurrentUser(REGSAM samDesired, PHKEY phkResult)
{
	struct call call;
	lstatus status;

	if (phkResult == NULL)
		return ERROR_INVALID_PARAMETER;
	status = call_begin(HKEY_CURRENT_USER, 0, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = open_handle(&call, "", samDesired, 0, false, phkResult);
	call_end(&call);
	return result(status);
}

LSTATUS
RegOpenUserClassesRoot(HANDLE hToken UNUSED, DWORD dwOptions, REGSAM samDesired, PHKEY phkResult)
{
	struct call call;
	lstatus status;

	if (phkResult == NULL || dwOptions != 0)
		return ERROR_INVALID_PARAMETER;
	status = call_begin(HKEY_CLASSES_ROOT, 0, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = open_handle(&call, "", samDesired, 0, false, phkResult);
	call_end(&call);
	return result(status);
}

/* Whether a machine's name, with or without the two backslashes, means this one. */
static bool
is_this_machine(const char *name)
{
	char own[256] = "";

	name += strspn(name, "\\");
	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcasecmp(name, "localhost") == 0 ||
	    strcmp(name, "127.0.0.1") == 0)
		return true;
	return gethostname(own, sizeof(own) - 1) == 0 && strcasecmp(name, own) == 0;
}

static LSTATUS
connect_registry(const void *machine, HKEY root, PHKEY ret_handle, bool ansi)
{
	struct text name;
	lstatus status;
	bool here;

	if (ret_handle == NULL)
		return ERROR_INVALID_PARAMETER;
	status = text_take(&name, machine, ansi);
	here = lstatus_ok(status) && is_this_machine(text_or_empty(&name));
	text_release(&name);
	if (!lstatus_ok(status))
		return result(status);
	if (!here)
		return ERROR_BAD_NETPATH;
	if (key_predefined(root) < 0)
		return ERROR_INVALID_HANDLE;
	return same_key(root, ret_handle);
}

LSTATUS
RegConnectRegistryW(LPCWSTR lpMachineName, HKEY hKey, PHKEY phkResult)
{
	return connect_registry(lpMachineName, hKey, phkResult, false);
}

LSTATUS
RegConnectRegistryA(LPCSTR lpMachineName, HKEY hKey, PHKEY phkResult)
{
	return connect_registry(lpMachineName, hKey, phkResult, true);
}
