/*
 * The framework's objects: strings, memory, collections, and what owns what.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/ntreg/internal.h"

#define ITEMS_AT_FIRST 8

static struct wdf_object *objects;
static pthread_mutex_t objects_lock = PTHREAD_MUTEX_INITIALIZER;

NTSTATUS
wdf_create(
    enum wdf_kind kind, const WDF_OBJECT_ATTRIBUTES *attributes, struct wdf_object **ret_object)
{
	struct wdf_object *object;

	if (attributes != NULL && attributes->Size != sizeof(*attributes))
		return STATUS_INVALID_PARAMETER;
	object = calloc(1, sizeof(*object));
	if (object == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	object->kind = kind;
	object->parent = attributes != NULL ? attributes->ParentObject : NULL;
	pthread_mutex_lock(&objects_lock);
	object->next = objects;
	objects = object;
	pthread_mutex_unlock(&objects_lock);
	*ret_object = object;
	return STATUS_SUCCESS;
}

struct wdf_object *
wdf_find(const void *handle, enum wdf_kind kind)
{
	struct wdf_object *object;

	pthread_mutex_lock(&objects_lock);
	for (object = objects; object != NULL && object != handle; object = object->next)
		;
	pthread_mutex_unlock(&objects_lock);
	return object != NULL && object->kind == kind ? object : NULL;
}

/* Take the object itself, or one that it is the parent of, off the list. */
static struct wdf_object *
take(const void *handle, bool child)
{
	struct wdf_object **at = &objects;
	struct wdf_object *object;

	pthread_mutex_lock(&objects_lock);
	while (*at != NULL && (child ? (*at)->parent : *at) != handle)
		at = &(*at)->next;
	object = *at;
	if (object != NULL)
		*at = object->next;
	pthread_mutex_unlock(&objects_lock);
	return object;
}

VOID
WdfObjectDelete(WDFOBJECT Object)
{
	struct wdf_object *object = Object != NULL ? take(Object, false) : NULL;
	struct wdf_object *child;

	if (object == NULL)
		return;
	while ((child = take(object, true)) != NULL) {
		/* Off the list already: back on it, so that it can be deleted like any other. */
		pthread_mutex_lock(&objects_lock);
		child->parent = NULL;
		child->next = objects;
		objects = child;
		pthread_mutex_unlock(&objects_lock);
		WdfObjectDelete(child);
	}
	if (object->key != NULL)
		ZwClose(object->key);
	free(object->data);
	free(object->items);
	free(object);
}

NTSTATUS
wdf_set_data(struct wdf_object *object, const void *data, size_t size)
{
	UCHAR *copy = calloc(1, size + sizeof(WCHAR));

	if (copy == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (size > 0 && data != NULL)
		memcpy(copy, data, size);
	free(object->data);
	object->data = copy;
	object->size = size;
	return STATUS_SUCCESS;
}

/* --- Strings, memory
 * ------------------------------------------------------------------------------ */

NTSTATUS
WdfStringCreate(
    PCUNICODE_STRING UnicodeString, PWDF_OBJECT_ATTRIBUTES Attributes, WDFSTRING *String)
{
	struct wdf_object *object;
	NTSTATUS status;

	if (String == NULL)
		return STATUS_INVALID_PARAMETER;
	status = wdf_create(WDF_STRING, Attributes, &object);
	if (!NT_SUCCESS(status))
		return status;
	status = wdf_set_data(object, UnicodeString != NULL ? UnicodeString->Buffer : NULL,
	    UnicodeString != NULL ? UnicodeString->Length : 0);
	if (NT_SUCCESS(status))
		*String = (WDFSTRING)(void *)object;
	else
		WdfObjectDelete(object);
	return status;
}

VOID
WdfStringGetUnicodeString(WDFSTRING String, PUNICODE_STRING UnicodeString)
{
	struct wdf_object *object = wdf_find(String, WDF_STRING);

	*UnicodeString = (UNICODE_STRING){ 0 };
	if (object == NULL)
		return;
	UnicodeString->Buffer = (PWSTR)(void *)object->data;
	UnicodeString->Length = (USHORT)object->size;
	UnicodeString->MaximumLength = (USHORT)(object->size + sizeof(WCHAR));
}

NTSTATUS
WdfMemoryCreate(PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType, ULONG PoolTag,
    size_t BufferSize, WDFMEMORY *Memory, PVOID *Buffer)
{
	struct wdf_object *object;
	NTSTATUS status;

	UNREFERENCED_PARAMETER(PoolType);
	UNREFERENCED_PARAMETER(PoolTag);
	if (Memory == NULL || BufferSize == 0)
		return STATUS_INVALID_PARAMETER;
	status = wdf_create(WDF_MEMORY, Attributes, &object);
	if (!NT_SUCCESS(status))
		return status;
	status = wdf_set_data(object, NULL, BufferSize);
	if (!NT_SUCCESS(status)) {
		WdfObjectDelete(object);
		return status;
	}
	*Memory = (WDFMEMORY)(void *)object;
	if (Buffer != NULL)
		*Buffer = object->data;
	return STATUS_SUCCESS;
}

PVOID
WdfMemoryGetBuffer(WDFMEMORY Memory, size_t *BufferSize)
{
	struct wdf_object *object = wdf_find(Memory, WDF_MEMORY);

	if (BufferSize != NULL)
		*BufferSize = object != NULL ? object->size : 0;
	return object != NULL ? object->data : NULL;
}

/* --- Collections
 * ---------------------------------------------------------------------------------- */

NTSTATUS
WdfCollectionCreate(PWDF_OBJECT_ATTRIBUTES Attributes, WDFCOLLECTION *Collection)
{
	struct wdf_object *object;
	NTSTATUS status;

	if (Collection == NULL)
		return STATUS_INVALID_PARAMETER;
	status = wdf_create(WDF_COLLECTION, Attributes, &object);
	if (NT_SUCCESS(status))
		*Collection = (WDFCOLLECTION)(void *)object;
	return status;
}

NTSTATUS
WdfCollectionAdd(WDFCOLLECTION Collection, WDFOBJECT Object)
{
	struct wdf_object *object = wdf_find(Collection, WDF_COLLECTION);

	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	if (Object == NULL)
		return STATUS_INVALID_PARAMETER;
	if (object->count == object->capacity) {
		ULONG capacity = object->capacity == 0 ? ITEMS_AT_FIRST : object->capacity * 2;
		WDFOBJECT *items = realloc(object->items, capacity * sizeof(WDFOBJECT));

		if (items == NULL)
			return STATUS_INSUFFICIENT_RESOURCES;
		object->items = items;
		object->capacity = capacity;
	}
	object->items[object->count++] = Object;
	return STATUS_SUCCESS;
}

ULONG
WdfCollectionGetCount(WDFCOLLECTION Collection)
{
	struct wdf_object *object = wdf_find(Collection, WDF_COLLECTION);

	return object != NULL ? object->count : 0;
}

WDFOBJECT
WdfCollectionGetItem(WDFCOLLECTION Collection, ULONG Index)
{
	struct wdf_object *object = wdf_find(Collection, WDF_COLLECTION);

	return object != NULL && Index < object->count ? object->items[Index] : NULL;
}
