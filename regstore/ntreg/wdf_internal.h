/*
 * The framework's objects, as far as keys need them.
 */
#ifndef REGSTORE_NTREG_WDF_INTERNAL_H
#define REGSTORE_NTREG_WDF_INTERNAL_H

#include "regstore/ntreg/internal.h"

enum wdf_kind {
	WDF_KEY,
	WDF_STRING,
	WDF_MEMORY,
	WDF_COLLECTION,
};

struct wdf_object {
	enum wdf_kind kind;
	struct wdf_object *next; /* of all objects */
	WDFOBJECT parent;
	HANDLE key;
	UCHAR *data; /* a string's units with a terminator, a memory's bytes */
	size_t size; /* without the terminator */
	WDFOBJECT *items;
	ULONG count;
	ULONG capacity;
};

/* Make an object below its attributes' parent. */
NTSTATUS wdf_create(
    enum wdf_kind kind, const WDF_OBJECT_ATTRIBUTES *attributes, struct wdf_object **ret_object);

/* The object behind a handle of that kind; NULL if it is none or was deleted. */
struct wdf_object *wdf_find(const void *handle, enum wdf_kind kind);

/* Give a string or memory its contents. */
NTSTATUS wdf_set_data(struct wdf_object *object, const void *data, size_t size);

#endif
