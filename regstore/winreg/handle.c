/*
 * Handles: numbers that stand for objects, and that are found out when they are stale or made up.
 *
 * As on Windows a handle is a multiple of four below 2^31. It has a slot's number and the slot's
 * generation, which moves when the handle is closed; slots are used again in the order in which
 * they became free, so a stale handle is told for long.
 */
#include <stdlib.h>

#include "regstore/winreg/internal.h"

#define INDEX_BITS      17u
#define HANDLES_MAX     (1u << INDEX_BITS)
#define GENERATION_MASK 0xFFFu
#define SLOTS_FIRST     64u

struct slot {
	struct object *object; /* NULL: free */
	uint32_t generation;
	uint32_t next_free; /* 0: none; slot 0 is never used */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct slot *slots;
static uint32_t slot_count;
static uint32_t first_free;
static uint32_t last_free;

void
object_init(struct object *object, enum object_kind kind, void (*close)(struct object *object),
    void (*destroy)(struct object *object))
{
	object->kind = kind;
	object->close = close;
	object->destroy = destroy;
	atomic_init(&object->references, 1);
}

void
object_drop(struct object *object)
{
	if (object != NULL && atomic_fetch_sub(&object->references, 1) == 1)
		object->destroy(object);
}

static void
append_free(uint32_t index)
{
	slots[index].next_free = 0;
	if (last_free != 0)
		slots[last_free].next_free = index;
	else
		first_free = index;
	last_free = index;
}

static lstatus
grow(void)
{
	uint32_t count = slot_count == 0 ? SLOTS_FIRST : slot_count * 2;
	struct slot *more;

	if (count > HANDLES_MAX)
		return LSTATUS(ERROR_NO_SYSTEM_RESOURCES);
	more = realloc(slots, count * sizeof(*more));
	if (more == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	slots = more;
	for (uint32_t i = slot_count; i < count; i++) {
		slots[i] = (struct slot){ 0 };
		if (i > 0)
			append_free(i);
	}
	slot_count = count;
	return LSTATUS(ERROR_SUCCESS);
}

lstatus
handle_make(struct object *object, HANDLE *ret_handle)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	uint32_t index;
	uintptr_t number = 0;

	pthread_mutex_lock(&mutex);
	if (first_free == 0)
		status = grow();
	if (lstatus_ok(status)) {
		index = first_free;
		first_free = slots[index].next_free;
		if (first_free == 0)
			last_free = 0;
		slots[index].object = object;
		number =
		    ((uintptr_t)(slots[index].generation & GENERATION_MASK) << INDEX_BITS | index)
		    << 2;
	}
	pthread_mutex_unlock(&mutex);
	if (lstatus_ok(status))
		*ret_handle = (HANDLE)number;
	else
		object_drop(object);
	return status;
}

/* The slot of an open handle of this kind; NULL for others. Under the mutex. */
static struct slot *
find_slot(HANDLE handle, enum object_kind kind)
{
	uintptr_t number = (uintptr_t)handle >> 2;
	uintptr_t index = number & (HANDLES_MAX - 1);
	struct slot *slot;

	if (((uintptr_t)handle & 3) != 0 || index == 0 || index >= slot_count)
		return NULL;
	slot = &slots[index];
	if (slot->object == NULL || number >> INDEX_BITS != (slot->generation & GENERATION_MASK) ||
	    (kind != OBJECT_ANY && slot->object->kind != kind))
		return NULL;
	return slot;
}

struct object *
handle_object(HANDLE handle, enum object_kind kind)
{
	struct object *object = NULL;
	struct slot *slot;

	pthread_mutex_lock(&mutex);
	slot = find_slot(handle, kind);
	if (slot != NULL) {
		object = slot->object;
		atomic_fetch_add(&object->references, 1);
	}
	pthread_mutex_unlock(&mutex);
	return object;
}

lstatus
handle_close(HANDLE handle, enum object_kind kind)
{
	struct object *object = NULL;
	struct slot *slot;

	pthread_mutex_lock(&mutex);
	slot = find_slot(handle, kind);
	if (slot != NULL) {
		object = slot->object;
		slot->object = NULL;
		slot->generation++;
		append_free((uint32_t)(slot - slots));
	}
	pthread_mutex_unlock(&mutex);
	if (object == NULL)
		return LSTATUS(ERROR_INVALID_HANDLE);
	if (object->close != NULL)
		object->close(object);
	object_drop(object);
	return LSTATUS(ERROR_SUCCESS);
}
