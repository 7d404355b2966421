/*
 * What the files of ntreg/ share: handles, names, and the way into the engine.
 */
#ifndef REGSTORE_NTREG_INTERNAL_H
#define REGSTORE_NTREG_INTERNAL_H

/* The engine's headers first: nttypes.h takes the names NTSTATUS and STATUS_... over. */
#include "regstore/base/utf16.h"
#include "regstore/registry/registry.h"

#include "regstore/ntreg/ntreg.h"

/* --- Handles ---------------------------------------------------------------------------------- */

enum object_kind {
	OBJECT_KEY,
	OBJECT_EVENT,
};

struct object {
	enum object_kind kind;
	HANDLE handle;
	ACCESS_MASK granted;
	/* a key */
	struct registry *registry;
	reg_key key;
	struct reg_watch *watch; /* from the first ZwNotifyChangeKey on; NULL before */
	bool fired;
	/* an event */
	EVENT_TYPE type;
	bool signalled;
};

/* The registry that this thread is attached to, or NULL. */
struct registry *nt_attached(void);

/* Put an object into the table, which owns it from then on. Frees it when it fails. */
NTSTATUS nt_handle_insert(struct object *object, HANDLE *ret_handle);

/*
 * The object of a handle, if it is of the kind and was opened with the access: else
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
 */
NTSTATUS
nt_handle_find(
    HANDLE handle, enum object_kind kind, ACCESS_MASK access, struct object **ret_object);
NTSTATUS nt_handle_find_key(HANDLE handle, ACCESS_MASK access, struct object **ret_object);

/* Make a handle to a key that was found. */
NTSTATUS
nt_handle_open_key(struct registry *registry, reg_key key, ACCESS_MASK desired, HANDLE *ret_handle);

/* End what waits for a key's changes (zw_notify.c). */
void nt_notify_cleanup(struct object *key);

/* --- Names and statuses -------------------------------------------------------------------------
 */

/* The one place where the engine's codes become NTSTATUS. */
NTSTATUS nt_status(lstatus status);

/* Append a counted string's text as the engine's UTF-8. NULL is empty. */
NTSTATUS nt_name_to_utf8(PCUNICODE_STRING name, struct buf *out);

/* The same for text with a terminator. */
NTSTATUS nt_text_to_utf8(PCWSTR text, struct buf *out);

/* The same for a value's name, without NULs at its end. */
NTSTATUS nt_value_name_to_utf8(PCUNICODE_STRING name, struct buf *out);

/* Append a name from the engine as UTF-16LE, without a terminator. */
NTSTATUS nt_name_from_utf8(const char *name, struct buf *out);

/* How many units are before the terminator. */
size_t nt_units_before_nul(PCWSTR text);

/* --- A caller's buffer ---------------------------------------------------------------------------
 */

struct output {
	UCHAR *buffer;
	ULONG length;
	PULONG result_length;
};

/*
 * The rule of all information classes: tell the `whole` size, and STATUS_BUFFER_TOO_SMALL if the
 * `fixed` part does not fit, STATUS_BUFFER_OVERFLOW if only the rest does not.
 */
NTSTATUS nt_output_begin(const struct output *output, size_t fixed, size_t whole);

/* Whether something is to be written after nt_output_begin. */
static inline bool
nt_output_takes(NTSTATUS begun)
{
	return begun == STATUS_SUCCESS || begun == STATUS_BUFFER_OVERFLOW;
}

/* Copy what fits of `data` to `offset`. */
void nt_output_put(const struct output *output, size_t offset, const void *data, size_t size);

/* --- Between the files --------------------------------------------------------------------------
 */

/* Append a key's path in the kernel's form, as UTF-8: "\REGISTRY\MACHINE\...". */
NTSTATUS nt_key_kernel_path(struct registry *registry, reg_key key, struct buf *out);

/* Whether the key is in one of the system's hives, whose values are trusted. */
NTSTATUS nt_key_is_trusted(struct registry *registry, reg_key key, bool *ret_trusted);

/* Open (or, with `create`, make) a key by a path in UTF-8 of the kernel's form. */
NTSTATUS nt_key_open_path(HANDLE root, const char *path, bool create, ACCESS_MASK desired,
    PULONG ret_disposition, HANDLE *ret_handle);

/* A value's type and, appended to `data`, its bytes. The name is UTF-8. */
NTSTATUS
nt_key_read_value(const struct object *key, const char *name, ULONG *ret_type, struct buf *data);

/*
 * A handle for what a RelativeTo and a Path mean; the caller closes it with rtl_close_path. With
 * RTL_REGISTRY_HANDLE it is the caller's own.
 */
NTSTATUS
rtl_open_path(ULONG relative_to, PCWSTR path, bool create, ACCESS_MASK desired, HANDLE *ret_handle);
void rtl_close_path(ULONG relative_to, HANDLE handle);

/* Append a driver's or device's key in UTF-8 (io.c). */
NTSTATUS io_driver_key(const DRIVER_OBJECT *driver, struct buf *out);

/* Append the text (`size` bytes) with %names% replaced and a terminator. */
NTSTATUS rtl_expand(const void *text, size_t size, PCWSTR environment, struct buf *out);

/* Store a value as RTL_QUERY_REGISTRY_DIRECT does; strings end in a terminator within `size`. */
NTSTATUS rtl_store_direct(ULONG type, const void *data, size_t size, PVOID destination);

/* --- The framework's objects, as far as keys need them
 * -------------------------------------------- */

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
