/*
 * What the files of winreg/ share.
 *
 * registry.h comes before winreg.h: its enumerations have the names of the other's macros.
 */
#ifndef REGSTORE_WINREG_INTERNAL_H
#define REGSTORE_WINREG_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "regstore/base/buf.h"
#include "regstore/registry/registry.h"

#include "regstore/winreg/synchapi.h"
#include "regstore/winreg/winreg.h"

/* What a public function returns. */
static inline LONG
result(lstatus status)
{
	return (LONG)status.code;
}

/* --- Objects and their handles ---------------------------------------------------------------- */

enum object_kind { OBJECT_ANY, OBJECT_KEY, OBJECT_EVENT, OBJECT_TRANSACTION };

/* What a handle stands for. It lives while a handle or a call uses it. */
struct object {
	enum object_kind kind;
	atomic_uint references;
	void (*close)(struct object *object); /* its handle is closed; may be NULL */
	void (*destroy)(struct object *object);
};

/* Give the object a handle, which takes over the caller's reference; on failure it is dropped. */
lstatus handle_make(struct object *object, HANDLE *ret_handle);

/* The object behind a handle with a reference for the caller; NULL for any other number. */
struct object *handle_object(HANDLE handle, enum object_kind kind);

/* ERROR_INVALID_HANDLE for what is no open handle of this kind. */
lstatus handle_close(HANDLE handle, enum object_kind kind);

void object_init(struct object *object, enum object_kind kind, void (*close)(struct object *object),
    void (*destroy)(struct object *object));
void object_drop(struct object *object); /* takes NULL */

/* --- The host --------------------------------------------------------------------------------- */

/* Open another connection to the process's host. */
lstatus process_connect(struct registry **ret_registry);

/* This thread's connection. */
lstatus process_registry(struct registry **ret_registry);

/* A pointer that is this thread's while it lives, noticed by notify_thread_ends; NULL: no memory.
 */
const void *process_thread(void);

/* --- Transactions ----------------------------------------------------------------------------- */

struct transaction {
	struct object object;
	pthread_mutex_t mutex; /* guards all below */
	struct registry *registry;
	char *comment;
	uint64_t writes; /* calls that may have written */
	bool begun;
	bool ended;
};

/* Lock the transaction, begun, for a call. ERROR_TRANSACTION_NOT_ACTIVE after its end. */
lstatus transaction_enter(struct transaction *transaction);
void transaction_leave(struct transaction *transaction);

/* --- Keys ------------------------------------------------------------------------------------- */

struct notify;

/* Subkeys or values as they were at one moment of the key. */
struct listing {
	uint64_t keys_moment; /* 0: not there, or not to be used again */
	uint64_t values_moment;
	struct reg_key_list keys;
	struct reg_value_list values;
};

struct key {
	struct object object;
	reg_key id;
	REGSAM granted;
	struct transaction *transaction; /* NULL for none */
	pthread_mutex_t mutex;           /* guards the listing */
	struct listing listing;
	struct notify *notify; /* guarded by notify.c */
};

/* A key that no handle has yet. `transaction` gets another reference. NULL without memory. */
struct key *key_new(reg_key id, REGSAM granted, struct transaction *transaction);

/* The key behind a handle, predefined ones too, with a reference for the caller. */
lstatus key_from_handle(HKEY handle, struct key **ret_key);

/* 0, 1, ... for HKEY_CLASSES_ROOT, ...; -1 for a handle that is not predefined. */
int key_predefined(HKEY handle);

/* What a call works with: a key, and the connection on which it is used. */
struct call {
	struct key *key;
	struct registry *registry;
	struct transaction *transaction; /* NULL for none */
};

/* Begin a call on a key handle that must have been granted all of `needed`. */
lstatus call_begin(HKEY handle, REGSAM needed, struct call *call);

/* The same, in a transaction (NULL: the key's own, if any). */
lstatus
call_begin_in(HKEY handle, REGSAM needed, struct transaction *transaction, struct call *call);
void call_end(struct call *call);

/* ERROR_INVALID_PARAMETER if both views are asked for; else the engine's flags for the one. */
lstatus view_flags(REGSAM sam, uint32_t *ret_flags);

/*
 * What of `sam` the process is granted on a key: generic rights mapped, MAXIMUM_ALLOWED resolved.
 * ERROR_ACCESS_DENIED if that is not all.
 */
lstatus access_check(struct registry *registry, reg_key key, REGSAM sam, REGSAM *ret_granted);

/* The same for a key and all below it. */
lstatus access_check_tree(struct registry *registry, reg_key key, REGSAM sam);

/* Whether the path may be made: the rights on the key that is there, or to make subkeys above. */
lstatus access_check_create(struct call *call, const char *path, uint32_t flags, REGSAM sam);

/* What REG_OPTION_BACKUP_RESTORE grants on any key. ERROR_ACCESS_DENIED without the privileges. */
lstatus access_backup(REGSAM *ret_granted);

/* The generic rights in `sam` as rights of keys; the bits of the views are taken out. */
REGSAM access_map(REGSAM sam);

/* Find a key below the call's for one use: "" or NULL is the call's own, which must have `sam`. */
lstatus
call_subkey(struct call *call, const char *path, REGSAM sam, uint32_t flags, reg_key *ret_key);

/* Find or make a path below the call's key, with what RegCreateKeyEx checks. */
struct create {
	uint32_t flags; /* the engine's */
	REGSAM sam;
	bool backup;           /* rights by privilege instead of by the descriptor */
	struct buf class;      /* UTF-16LE, or empty */
	struct buf descriptor; /* self-relative, or empty */
};
lstatus create_key(struct call *call, const char *path, const struct create *create,
    reg_key *ret_key, REGSAM *ret_granted, bool *ret_created);

/* Which moment of its key the call sees: a number that moves with every change; 0: unknown. */
uint64_t call_moment(struct call *call);

/* --- Text ------------------------------------------------------------------------------------- */

/* A text that a caller gave, as UTF-8; utf8 is NULL where the caller gave NULL. */
struct text {
	struct buf buf;
	const char *utf8;
};

/* Take a LPCSTR (`ansi`) or LPCWSTR. ERROR_NOT_ENOUGH_MEMORY. Release it in every case. */
lstatus text_take(struct text *text, const void *given, bool ansi);
void text_release(struct text *text);

/* The text, or "" for none. */
const char *text_or_empty(const struct text *text);

/* Append, converted between the code page 1252 and UTF-16LE; lengths in bytes. */
void ansi_to_utf16(const void *text, size_t size, struct buf *out);
void utf16_to_ansi(const void *text, size_t size, struct buf *out);

/* The bytes before the terminator of a LPCSTR or LPCWSTR. */
size_t text_size(const void *text, bool ansi);

/* Whether values of this type are text, which the A functions convert. */
bool type_is_text(DWORD type);

/*
 * Data as the caller sees them, in place: for the A functions text becomes ANSI.
 * ERROR_NOT_ENOUGH_MEMORY.
 */
lstatus data_to_caller(struct buf *data, DWORD type, bool ansi);

/*
 * Hand a name over to a caller's buffer of *characters (with the terminator); *characters becomes
 * the length without it. ERROR_MORE_DATA, and nothing changed, if it does not fit.
 */
lstatus give_name(const char *utf8, bool ansi, void *buffer, DWORD *characters);

/* The same for UTF-16LE; a short buffer gets *characters all the same. */
lstatus give_utf16(const struct buf *given, bool ansi, void *buffer, DWORD *characters);

/*
 * Hand data over: *size is the room and becomes what is needed. Without `data` only that. Text
 * without a terminator gets one if there is room for it (*size does not count it).
 */
lstatus
give_data(const void *found, size_t found_size, DWORD type, bool ansi, void *data, DWORD *size);

FILETIME filetime(int64_t time);

/* Append `given` (UTF-16LE without terminator) with %NAME% replaced. */
void expand_environment(const void *given, size_t size, struct buf *out);

/* --- Security descriptors --------------------------------------------------------------------- */

/* Append a caller's descriptor, of either kind, self-relative. ERROR_INVALID_SECURITY_DESCR. */
lstatus security_take(const void *descriptor, struct buf *out);

/* Make a key with its class and descriptor, in one transaction. */
lstatus security_create(struct call *call, const char *path, const struct create *create,
    reg_key *ret_key, bool *ret_created);

/* --- Events and notification ------------------------------------------------------------------ */

/* An event without a handle; NULL without memory. */
struct object *event_new(bool manual, bool signaled);
void event_set(struct object *event);
void event_reset(struct object *event);
void event_wait(struct object *event);

/* Look for changes and signal who waits for them, so that what this process did is seen at once. */
void notify_poll(void);

/* The key's handle is closed, a thread ends: who waited is signalled. */
void notify_close(struct key *key);
void notify_thread_ends(const void *thread);

#endif
