/*
 * Key objects, the predefined ones, and the frame of every call on a key.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/winreg/internal.h"

/* The predefined keys, by what follows 0x80000000 in their handles. */
static const struct {
	uint32_t number;
	const char *path; /* NULL: nothing here is behind it */
} predefined[] = {
	{ 0x00, "HKEY_CLASSES_ROOT" },
	{ 0x01, "HKEY_CURRENT_USER" },
	{ 0x02, "HKEY_LOCAL_MACHINE" },
	{ 0x03, "HKEY_USERS" },
	{ 0x04, NULL },
	{ 0x05, "HKEY_CURRENT_CONFIG" },
	{ 0x06, NULL },
	{ 0x07, "HKEY_CURRENT_USER\\Software\\Classes\\Local Settings" },
	{ 0x50, NULL },
	{ 0x60, NULL },
};

#define PERFORMANCE_DATA 4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct key *roots[ARRAY_SIZE(predefined)];     /* opened at their first use */
static struct key *overrides[ARRAY_SIZE(predefined)]; /* of RegOverridePredefKey */

/* --- Objects ---------------------------------------------------------------------------------- */

static void
close_key(struct object *object)
{
	notify_close((struct key *)object);
}

static void
destroy_key(struct object *object)
{
	struct key *key = (struct key *)object;

	/* A call that was under way when the handle was closed may have begun to watch since. */
	if (key->notify != NULL)
		notify_close(key);
	reg_key_list_release(&key->listing.keys);
	reg_value_list_release(&key->listing.values);
	if (key->transaction != NULL)
		object_drop(&key->transaction->object);
	pthread_mutex_destroy(&key->mutex);
	free(key);
}

struct key *
key_new(reg_key id, REGSAM granted, struct transaction *transaction)
{
	struct key *key = calloc(1, sizeof(*key));

	if (key == NULL)
		return NULL;
	if (pthread_mutex_init(&key->mutex, NULL) != 0) {
		free(key);
		return NULL;
	}
	object_init(&key->object, OBJECT_KEY, close_key, destroy_key);
	key->id = id;
	key->granted = granted;
	key->transaction = transaction;
	if (transaction != NULL)
		atomic_fetch_add(&transaction->object.references, 1);
	return key;
}

/* --- Predefined keys -------------------------------------------------------------------------- */

int
key_predefined(HKEY handle)
{
	uintptr_t number = (uintptr_t)handle;

	/* 32-bit programs' numbers have no sign to extend; Windows takes them all the same. */
	if (number >> 32 != 0 && number >> 32 != UINT32_MAX)
		return -1;
	for (unsigned i = 0; i < ARRAY_SIZE(predefined); i++) {
		if ((uint32_t)number == (0x80000000u | predefined[i].number))
			return (int)i;
	}
	return -1;
}

static lstatus
open_root(int index)
{
	struct registry *registry;
	REGSAM granted;
	reg_key id;
	lstatus status;

	if (predefined[index].path == NULL)
		return LSTATUS(
		    index == PERFORMANCE_DATA ? ERROR_NOT_SUPPORTED : ERROR_INVALID_HANDLE);
	status = process_registry(&registry);
	if (lstatus_ok(status))
		status = registry_open_key(registry, NULL, predefined[index].path, 0, &id);
	if (lstatus_ok(status))
		status = access_check(registry, id, MAXIMUM_ALLOWED, &granted);
	if (!lstatus_ok(status))
		return status;
	roots[index] = key_new(id, granted, NULL);
	return roots[index] != NULL ? status : LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
}

static lstatus
predefined_key(int index, struct key **ret_key)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	struct key *key;

	pthread_mutex_lock(&mutex);
	if (overrides[index] == NULL && roots[index] == NULL)
		status = open_root(index);
	key = overrides[index] != NULL ? overrides[index] : roots[index];
	if (lstatus_ok(status)) {
		atomic_fetch_add(&key->object.references, 1);
		*ret_key = key;
	}
	pthread_mutex_unlock(&mutex);
	return status;
}

lstatus
key_from_handle(HKEY handle, struct key **ret_key)
{
	int index = key_predefined(handle);
	struct object *object;

	if (index >= 0)
		return predefined_key(index, ret_key);
	object = handle_object(handle, OBJECT_KEY);
	if (object == NULL)
		return LSTATUS(ERROR_INVALID_HANDLE);
	*ret_key = (struct key *)object;
	return LSTATUS(ERROR_SUCCESS);
}

LSTATUS
RegOverridePredefKey(HKEY hKey, HKEY hNewHKey)
{
	int index = key_predefined(hKey);
	struct key *given = NULL;
	struct key *override = NULL;
	struct key *old;
	lstatus status;

	if (index < 0 || (predefined[index].path == NULL && index != PERFORMANCE_DATA))
		return ERROR_INVALID_HANDLE;
	if (hNewHKey != NULL) {
		if (key_predefined(hNewHKey) >= 0)
			return ERROR_INVALID_HANDLE;
		status = key_from_handle(hNewHKey, &given);
		if (!lstatus_ok(status))
			return result(status);
		/* A key of its own: the caller closes the one it gave. */
		override = key_new(given->id, given->granted, given->transaction);
		object_drop(&given->object);
		if (override == NULL)
			return ERROR_NOT_ENOUGH_MEMORY;
	}
	pthread_mutex_lock(&mutex);
	old = overrides[index];
	overrides[index] = override;
	pthread_mutex_unlock(&mutex);
	if (old != NULL) {
		notify_close(old);
		object_drop(&old->object);
	}
	return ERROR_SUCCESS;
}

LSTATUS
RegDisablePredefinedCache(void)
{
	return ERROR_SUCCESS;
}

LSTATUS
RegDisablePredefinedCacheEx(void)
{
	return ERROR_SUCCESS;
}

LSTATUS
RegCloseKey(HKEY hKey)
{
	if (key_predefined(hKey) >= 0)
		return ERROR_SUCCESS;
	return result(handle_close(hKey, OBJECT_KEY));
}

/* --- Calls ------------------------------------------------------------------------------------ */

lstatus
call_begin_in(HKEY handle, REGSAM needed, struct transaction *transaction, struct call *call)
{
	struct key *key = NULL;
	lstatus status = key_from_handle(handle, &key);

	*call = (struct call){ 0 };
	if (!lstatus_ok(status))
		return status;
	if ((key->granted & needed) != needed)
		status = LSTATUS(ERROR_ACCESS_DENIED);
	if (transaction == NULL)
		transaction = key->transaction;
	else if (key->transaction != NULL && key->transaction != transaction)
		status = LSTATUS(ERROR_INVALID_PARAMETER);
	if (lstatus_ok(status) && transaction == NULL)
		status = process_registry(&call->registry);
	else if (lstatus_ok(status))
		status = transaction_enter(transaction);
	if (!lstatus_ok(status)) {
		object_drop(&key->object);
		return status;
	}
	call->key = key;
	call->transaction = transaction;
	if (transaction != NULL) {
		call->registry = transaction->registry;
		transaction->writes += (needed & KEY_READ) != needed || needed == 0;
	}
	return status;
}

lstatus
call_begin(HKEY handle, REGSAM needed, struct call *call)
{
	return call_begin_in(handle, needed, NULL, call);
}

void
call_end(struct call *call)
{
	if (call->transaction != NULL)
		transaction_leave(call->transaction);
	object_drop(&call->key->object);
}

uint64_t
call_moment(struct call *call)
{
	uint64_t moment = registry_key_moment(call->registry, call->key->id);

	if (moment != 0 && call->transaction != NULL)
		moment += call->transaction->writes << 32;
	return moment;
}

lstatus
call_subkey(struct call *call, const char *path, REGSAM sam, uint32_t flags, reg_key *ret_key)
{
	REGSAM granted;
	reg_key found;
	lstatus status;

	if (path == NULL || path[0] == '\0') {
		if ((call->key->granted & sam) != sam)
			return LSTATUS(ERROR_ACCESS_DENIED);
		*ret_key = call->key->id;
		return LSTATUS(ERROR_SUCCESS);
	}
	status = registry_open_key(call->registry, &call->key->id, path, flags, &found);
	if (lstatus_ok(status))
		status = access_check(call->registry, found, sam, &granted);
	if (lstatus_ok(status))
		*ret_key = found;
	return status;
}
