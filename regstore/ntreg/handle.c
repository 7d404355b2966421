/*
 * Handles: a table of the whole process, since a kernel's handles are known in every thread.
 *
 * A handle's number is a multiple of 4 as on Windows; its upper half counts how often the slot was
 * used, so that a closed handle is not taken for the slot's next one.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/ntreg/internal.h"

#define SLOTS_AT_FIRST 64
#define SLOTS_MAX      (1u << 20)
#define INDEX_SHIFT    2
#define USE_SHIFT      32

struct slot {
	struct object *object; /* NULL: free */
	uint32_t uses;
};

static struct {
	pthread_mutex_t lock;
	struct slot *slots;
	size_t count;
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local struct registry *attached;

struct registry *
nt_attached(void)
{
	return attached;
}

struct registry *
ntreg_attach(struct registry *registry)
{
	struct registry *before = attached;

	attached = registry;
	return before;
}

/* --- The table -------------------------------------------------------------------------------- */

static bool
grow(void)
{
	size_t count = table.count == 0 ? SLOTS_AT_FIRST : table.count * 2;
	struct slot *slots;

	if (count > SLOTS_MAX)
		return false;
	slots = realloc(table.slots, count * sizeof(*slots));
	if (slots == NULL)
		return false;
	memset(slots + table.count, 0, (count - table.count) * sizeof(*slots));
	table.slots = slots;
	table.count = count;
	return true;
}

static HANDLE
handle_of(size_t index)
{
	uint64_t number = (uint64_t)table.slots[index].uses << USE_SHIFT | (uint64_t)(index + 1)
	                                                                       << INDEX_SHIFT;

	return (HANDLE)(uintptr_t)number;
}

/* The slot of a handle that is open; NULL for any other number. */
static struct slot *
slot_of(HANDLE handle)
{
	uint64_t number = (uintptr_t)handle;
	size_t index = (size_t)(number & UINT32_MAX) >> INDEX_SHIFT;

	if (index == 0 || index > table.count || table.slots[index - 1].object == NULL ||
	    handle_of(index - 1) != handle)
		return NULL;
	return &table.slots[index - 1];
}

NTSTATUS
nt_handle_insert(struct object *object, HANDLE *ret_handle)
{
	size_t index = 0;
	bool room;

	pthread_mutex_lock(&table.lock);
	while (index < table.count && table.slots[index].object != NULL)
		index++;
	room = index < table.count || grow();
	if (room) {
		table.slots[index].object = object;
		table.slots[index].uses++;
		object->handle = handle_of(index);
		*ret_handle = object->handle;
	}
	pthread_mutex_unlock(&table.lock);
	if (room)
		return STATUS_SUCCESS;
	free(object);
	return STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS
nt_handle_find(HANDLE handle, enum object_kind kind, ACCESS_MASK access, struct object **ret_object)
{
	struct slot *slot;
	struct object *object;

	pthread_mutex_lock(&table.lock);
	slot = slot_of(handle);
	object = slot != NULL ? slot->object : NULL;
	pthread_mutex_unlock(&table.lock);
	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	if (object->kind != kind)
		return STATUS_OBJECT_TYPE_MISMATCH;
	if ((object->granted & access) != access)
		return STATUS_ACCESS_DENIED;
	*ret_object = object;
	return STATUS_SUCCESS;
}

NTSTATUS
nt_handle_find_key(HANDLE handle, ACCESS_MASK access, struct object **ret_object)
{
	return nt_handle_find(handle, OBJECT_KEY, access, ret_object);
}

static void
free_object(struct object *object)
{
	if (object->kind == OBJECT_KEY) {
		nt_notify_cleanup(object);
		registry_unwatch(object->registry, object->watch);
	}
	free(object);
}

NTSTATUS
ZwClose(HANDLE Handle)
{
	struct slot *slot;
	struct object *object = NULL;

	pthread_mutex_lock(&table.lock);
	slot = slot_of(Handle);
	if (slot != NULL) {
		object = slot->object;
		slot->object = NULL;
	}
	pthread_mutex_unlock(&table.lock);
	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	free_object(object);
	return STATUS_SUCCESS;
}

/* Take one key of the registry out of the table; NULL when none is left. */
static struct object *
take_key_of(const struct registry *registry)
{
	struct object *taken = NULL;

	pthread_mutex_lock(&table.lock);
	for (size_t i = 0; i < table.count && taken == NULL; i++) {
		struct object *object = table.slots[i].object;

		if (object != NULL && object->kind == OBJECT_KEY && object->registry == registry) {
			taken = object;
			table.slots[i].object = NULL;
		}
	}
	pthread_mutex_unlock(&table.lock);
	return taken;
}

void
ntreg_detach(struct registry *registry)
{
	struct object *object;

	while ((object = take_key_of(registry)) != NULL)
		free_object(object);
	if (attached == registry)
		attached = NULL;
}

/* --- Keys ------------------------------------------------------------------------------------- */

/* The rights of a key that a mask asks for (RtlMapGenericMask with a key's mapping). */
static ACCESS_MASK
map_access(ACCESS_MASK desired)
{
	ACCESS_MASK granted = desired & 0x001fffffu;

	if ((desired & GENERIC_READ) != 0)
		granted |= KEY_READ;
	if ((desired & GENERIC_EXECUTE) != 0)
		granted |= KEY_EXECUTE;
	if ((desired & GENERIC_WRITE) != 0)
		granted |= KEY_WRITE;
	if ((desired & (GENERIC_ALL | MAXIMUM_ALLOWED)) != 0)
		granted |= KEY_ALL_ACCESS;
	return granted;
}

NTSTATUS
nt_handle_open_key(struct registry *registry, reg_key key, ACCESS_MASK desired, HANDLE *ret_handle)
{
	struct object *object = calloc(1, sizeof(*object));

	if (object == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	object->kind = OBJECT_KEY;
	object->granted = map_access(desired);
	object->registry = registry;
	object->key = key;
	return nt_handle_insert(object, ret_handle);
}
