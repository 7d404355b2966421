/*
 * The registry engine: keys and values of one host, over its store.
 *
 * The two faces that Windows programs know (winreg.h, the kernel's Zw and Rtl calls) and everything
 * inside hvemu stand on these functions. Names and paths are UTF-8 as regstore/base/utf16.h
 * describes it; data are bytes as Windows stores them and are never changed on the way. A path is
 * "HKEY_LOCAL_MACHINE\SYSTEM\Select", "HKLM\...", or the kernel's "\Registry\Machine\...". The
 * roots are HKLM, HKU, HKCU, HKCR (the user's classes over the machine's) and HKCC.
 *
 * What Windows calls it            here
 * RegCreateKeyEx                   registry_create_key
 * RegOpenKeyEx                     registry_open_key
 * RegCloseKey                      (a reg_key is a number; nothing to close)
 * RegDeleteKeyEx, RegDeleteTree    registry_delete_key, registry_delete_tree
 * RegSetValueEx, RegQueryValueEx   registry_set_value, registry_query_value
 * RegDeleteValue                   registry_delete_value
 * RegRenameKey, RegCopyTree        registry_rename_key, registry_copy_tree
 * RegGetKeySecurity, ...Set...     registry_query_security, registry_set_security
 * ORGetVirtualFlags, ...Set...     registry_query_flags, registry_set_flags
 * RegEnumKeyEx, RegEnumValue       registry_list_keys, registry_list_values
 * RegQueryInfoKey                  registry_query_info
 * RegLoadKey, RegUnLoadKey         registry_mount, registry_unmount; files: formats/hive.h
 * RegNotifyChangeKeyValue          registry_watch_key (native form: stays armed)
 * RegFlushKey                      (every committed write is on disk already)
 */
#ifndef REGSTORE_REGISTRY_REGISTRY_H
#define REGSTORE_REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"
#include "regstore/base/guid.h"
#include "regstore/base/status.h"
#include "regstore/security/sid.h"

/* The user whose hive HKEY_CURRENT_USER is: the machine's Administrator (relative id 500). */
#define REGISTRY_USER_SID SID_ADMINISTRATOR

/* Limits of Windows' registry ("Registry element size limits"), in 16-bit units and levels. */
#define REG_KEY_NAME_MAX   256u /* "255" in the documentation; wdm.h: 512 bytes */
#define REG_VALUE_NAME_MAX 16383u
#define REG_DEPTH_MAX      512u
#define REG_DATA_MAX       (1024u * 1024u * 64u) /* bytes; "available memory" on Windows */

/* Value types, by Windows' numbers (winnt.h). Other numbers are kept as they are. */
enum reg_type {
	REG_NONE = 0,
	REG_SZ = 1,
	REG_EXPAND_SZ = 2,
	REG_BINARY = 3,
	REG_DWORD = 4,
	REG_DWORD_BIG_ENDIAN = 5,
	REG_LINK = 6,
	REG_MULTI_SZ = 7,
	REG_RESOURCE_LIST = 8,
	REG_FULL_RESOURCE_DESCRIPTOR = 9,
	REG_RESOURCE_REQUIREMENTS_LIST = 10,
	REG_QWORD = 11,
};

/* "REG_DWORD" for 4 and so on; NULL for a number without a name. */
const char *reg_type_name(uint32_t type);

/* The number of a type's name, without case; false for an unknown name. */
bool reg_type_parse(const char *name, uint32_t *ret_type);

/*
 * A key that was found: valid until the key is deleted, then every use answers ERROR_KEY_DELETED.
 * Under HKEY_CLASSES_ROOT a key can be two: the user's, and the machine's `below` it, whose values
 * and subkeys show through where the user's has none. Writes go to `id`.
 */
typedef struct reg_key {
	int64_t id;
	int64_t below; /* 0: none */
} reg_key;

/* One connection to a host's registry; one thread uses it at a time. */
struct registry;

enum registry_mode {
	REGISTRY_OPEN,   /* the host must exist */
	REGISTRY_CREATE, /* make the host if there is none */
};

struct registry_options {
	enum registry_mode mode;
	bool relaxed; /* on creation: a power cut may take the last writes (throw-away hosts) */
	const int64_t *random_seed; /* on creation: makes ids repeat themselves (store_random) */
	const char
	    *channel;      /* through what writes come: "reg", "regedit", "kernel"; "api" if NULL */
	const char *actor; /* who writes; the login name if NULL */
	struct buf *error; /* takes why opening failed, for a message; or NULL */
};

/*
 * Open the registry of the host in folder `root`.
 *
 * Returns ERROR_FILE_NOT_FOUND (no host there), ERROR_NOT_REGISTRY_FILE (the file is not a store of
 * this product or of a newer schema), ERROR_REGISTRY_CORRUPT, ERROR_ACCESS_DENIED,
 * ERROR_NOT_ENOUGH_MEMORY; ERROR_BUSY in a forked child (store.h says when). The caller owns
 * *ret_registry and closes it.
 */
lstatus registry_open(
    const char *root, const struct registry_options *options, struct registry **ret_registry);

/* Close; an open transaction is rolled back, watches are dropped. Takes NULL. */
void registry_close(struct registry *registry);

/*
 * The folder of the host that programs use when no --root is given: $HVEMU_ROOT, else "default" in
 * $XDG_DATA_HOME/hvemu (~/.local/share/hvemu). Appended to `out`.
 */
void registry_default_root(struct buf *out);

/* The store below, for what is no matter of keys and values: the clock (store/clock.h). */
struct store *registry_store(struct registry *registry);

/* A new GUID for what the host calls by `stream` (store_random), in upper case without braces. */
lstatus
registry_new_guid(struct registry *registry, const char *stream, char ret_text[GUID_TEXT_SIZE]);

/*
 * What a boot does to the registry: volatile keys go, the hives are mounted, and CurrentControlSet
 * is linked to the control set that SYSTEM\Select\Current names. One transaction.
 */
lstatus registry_boot(struct registry *registry);

/* What the host's machinery (SQLite, system) said about the last failure, for a log or a message.
 */
const char *registry_error(const struct registry *registry);

/*
 * Tell `each` (NULL: nobody) now and then how far a long call is: how many writes it has made in
 * the open transaction, or how many keys a walk came by. It may not use the registry.
 */
void registry_set_progress(
    struct registry *registry, void (*each)(void *context, uint64_t count), void *context);

/*
 * Transactions over any number of writes. A write outside of one is a transaction of its own. After
 * registry_commit returned ERROR_SUCCESS the writes survive kill -9 and (unless the host is
 * relaxed) a power cut, and the watchers of what changed have been woken. `comment` (or NULL) goes
 * to the write log. Transactions do not nest: ERROR_BUSY.
 */
lstatus registry_begin(struct registry *registry, const char *comment);
lstatus registry_commit(struct registry *registry);
void registry_rollback(struct registry *registry);

/*
 * From here to registry_read_end everything that this connection reads is of one moment, whatever
 * others commit meanwhile; it may not write. A connection that stays there holds up the host's
 * checkpoints. Nests. registry_read_end after a registry_read_begin that returned ERROR_SUCCESS.
 */
lstatus registry_read_begin(struct registry *registry);
void registry_read_end(struct registry *registry);

/*
 * Begin a transaction unless one is open: for what is a transaction by itself, and a part of its
 * caller's where that has one. registry_leave ends what registry_enter began, by a commit, or after
 * a failure by a rollback, and returns the first failure; in the caller's transaction it only hands
 * `status` on, and after a failure that can only be rolled back.
 */
lstatus registry_enter(struct registry *registry, const char *comment, bool *ret_own);
lstatus registry_leave(struct registry *registry, bool own, lstatus status);

/*
 * After a failure in the midst of writes that belong together: the open transaction can only be
 * rolled back. Every further write and the commit return `status`, as this does.
 */
lstatus registry_doom(struct registry *registry, lstatus status);

/* --- Keys ------------------------------------------------------------------------------------- */

/* Flags of open. */
#define REGISTRY_OPEN_LINK 1u /* open a link itself, not its target (REG_OPTION_OPEN_LINK) */
#define REGISTRY_WOW64_32  4u /* the 32-bit view of HKLM\SOFTWARE (KEY_WOW64_32KEY); create too */

/* Flags of create. */
#define REGISTRY_VOLATILE    1u /* gone at the host's next boot (REG_OPTION_VOLATILE) */
#define REGISTRY_CREATE_LINK 2u /* a symbolic link (REG_OPTION_CREATE_LINK) */

/*
 * Find a key by path. With `parent` (NULL: none) the path is relative to it; "" is the parent
 * itself. Returns ERROR_FILE_NOT_FOUND, ERROR_BAD_PATHNAME (no such root, malformed text),
 * ERROR_CANT_RESOLVE_FILENAME (links in a circle).
 */
lstatus registry_open_key(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, reg_key *ret_key);

/*
 * Find or make a key, and every key above it that is missing (RegCreateKeyEx). *ret_created (may be
 * NULL) says which. Returns also ERROR_INVALID_PARAMETER (a name over REG_KEY_NAME_MAX, a path
 * deeper than REG_DEPTH_MAX, a new direct child of a root), ERROR_CHILD_MUST_BE_VOLATILE,
 * ERROR_ALREADY_EXISTS (a link over an existing key).
 */
lstatus registry_create_key(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, reg_key *ret_key, bool *ret_created);

/* Delete a key that has no subkeys; ERROR_ACCESS_DENIED if it has some or is a root. */
lstatus registry_delete_key(struct registry *registry, reg_key key);

/* Delete a key and all below it. */
lstatus registry_delete_tree(struct registry *registry, reg_key key);

/* Append the key's full path ("HKEY_LOCAL_MACHINE\\..."), in the case it was created with. */
lstatus registry_key_path(struct registry *registry, reg_key key, struct buf *out);

/*
 * Give a key another name (RegRenameKey); all below it keeps its place. ERROR_ALREADY_EXISTS if a
 * sibling has the name, ERROR_ACCESS_DENIED for a root or a hive, ERROR_INVALID_PARAMETER for a
 * name with a backslash, an empty or a too long one.
 */
lstatus registry_rename_key(struct registry *registry, reg_key key, const char *name);

/* Copy the values and subkeys of `from` into `to`, in one transaction (RegCopyTree). */
lstatus registry_copy_tree(struct registry *registry, reg_key from, reg_key to);

/* The key's class, UTF-16LE as it was given; set replaces it (RegCreateKeyEx gives it once). */
lstatus registry_query_class(struct registry *registry, reg_key key, struct buf *data);
lstatus registry_set_class(struct registry *registry, reg_key key, const void *data, size_t size);

/* A key's virtualization flags, by Windows' numbers (REG_KEY_*). */
#define REGISTRY_KEY_DONT_VIRTUALIZE  2u
#define REGISTRY_KEY_DONT_SILENT_FAIL 4u
#define REGISTRY_KEY_RECURSE_FLAG     8u /* a new subkey gets all three from this key */
#define REGISTRY_KEY_FLAGS            14u

/*
 * The key's virtualization flags: kept and passed on, but nothing is virtualized. Set replaces all
 * three; ERROR_INVALID_PARAMETER for other bits.
 */
lstatus registry_query_flags(struct registry *registry, reg_key key, uint32_t *ret_flags);
lstatus registry_set_flags(struct registry *registry, reg_key key, uint32_t flags);

/*
 * The key's security descriptor, self-relative as Windows stores it. A new key's is
 * made from its parent's (regstore/security/access.h, security_inherit).
 * Set does not check its shape: that is its caller's.
 */
lstatus registry_query_security(struct registry *registry, reg_key key, struct buf *data);
lstatus
registry_set_security(struct registry *registry, reg_key key, const void *data, size_t size);

/*
 * Hives mounted by name (RegLoadKey). `path` names a direct child of HKEY_LOCAL_MACHINE or
 * HKEY_USERS, which nothing else makes. The file's name is remembered with the mount and is its
 * caller's business (regstore/formats/hive.h reads and writes it). A mount outlasts a boot.
 *
 * registry_mount makes the empty key: ERROR_ALREADY_EXISTS if there is one,
 * ERROR_INVALID_PARAMETER for a path of another depth. registry_mount_file appends the file's name
 * and registry_unmount deletes the key with all below it: ERROR_FILE_NOT_FOUND for no such key,
 * ERROR_INVALID_PARAMETER for a key that is not a mount. All three work within a transaction too.
 */
lstatus registry_mount(
    struct registry *registry, const char *path, const char *file_name, reg_key *ret_key);
lstatus registry_mount_file(struct registry *registry, const char *path, struct buf *file_name);
lstatus registry_unmount(struct registry *registry, const char *path);

struct reg_key_info {
	uint32_t subkeys;
	uint32_t values;
	uint32_t flags;            /* REGISTRY_VOLATILE, REGISTRY_CREATE_LINK */
	int64_t last_write;        /* FILETIME by the host's clock */
	uint32_t max_subkey_units; /* the longest subkey name, in 16-bit units */
	uint32_t max_value_units;  /* the longest value name */
	uint32_t max_class_size;   /* the longest class of a subkey, in bytes */
	uint32_t max_data_size;    /* the largest data, in bytes */
};

/* RegQueryInfoKey's counts and time. */
lstatus registry_query_info(struct registry *registry, reg_key key, struct reg_key_info *ret_info);

struct reg_key_entry {
	reg_key key;
	char *name;
	uint32_t flags;     /* REGISTRY_VOLATILE, REGISTRY_CREATE_LINK */
	int64_t last_write; /* FILETIME by the host's clock */
};

struct reg_key_list {
	struct reg_key_entry *entries; /* in the order of their upper-cased names */
	size_t count;
};

/*
 * A number that is another once the key, its values or the list of its subkeys may have changed,
 * for who keeps a list beside it; asked before the list is read. It costs no query, and does not
 * count what the open transaction wrote. 0: it cannot be told now, and nothing is to be kept.
 */
uint64_t registry_key_moment(struct registry *registry, reg_key key);

/* All direct subkeys. The caller releases the list. */
lstatus registry_list_keys(struct registry *registry, reg_key key, struct reg_key_list *ret_list);
void reg_key_list_release(struct reg_key_list *list);

/* A key that a walk comes by; what it points to is there until its call returns. */
struct reg_walk_key {
	reg_key key;
	size_t depth;     /* 1 for a subkey of where the walk began */
	const char *name; /* the end of `path` */
	const char *path; /* from below where the walk began, with backslashes */
	uint32_t flags;   /* REGISTRY_VOLATILE, REGISTRY_CREATE_LINK */
	int64_t last_write;
	int64_t security; /* equal for keys with the same security descriptor */
	const void *class;
	size_t class_size;
};

enum reg_walk_step {
	REG_WALK_ON,
	REG_WALK_PAST, /* on, but not to what is below this key */
	REG_WALK_STOP,
};

/*
 * Call `each` for every key below a key: a key before what is below it, siblings in the order of
 * their upper-cased names. Links are come by, not followed. One scan, and one moment: what others
 * commit meanwhile is seen by no read of this connection until the walk ends. `each` may read keys
 * and values and walk itself; it may not write. ERROR_KEY_DELETED if the key itself is gone.
 */
lstatus registry_walk(struct registry *registry, reg_key key,
    enum reg_walk_step (*each)(void *context, const struct reg_walk_key *key), void *context);

/* --- Values ----------------------------------------------------------------------------------- */

/*
 * Set a value; `name` "" is the default value. `data` are `size` bytes in Windows' form. Returns
 * ERROR_INVALID_PARAMETER (name too long or malformed), ERROR_KEY_DELETED, ERROR_DISK_FULL, ...
 */
lstatus registry_set_value(struct registry *registry, reg_key key, const char *name, uint32_t type,
    const void *data, size_t size);

/* Set text as REG_SZ or REG_EXPAND_SZ, with its terminator. */
lstatus registry_set_text(
    struct registry *registry, reg_key key, const char *name, uint32_t type, const char *text);

/* Set a REG_DWORD. */
lstatus
registry_set_dword(struct registry *registry, reg_key key, const char *name, uint32_t number);

/*
 * Read a value: *ret_type and, appended to `data`, its bytes. Both may be NULL.
 * Returns ERROR_FILE_NOT_FOUND when there is no such value.
 */
lstatus registry_query_value(
    struct registry *registry, reg_key key, const char *name, uint32_t *ret_type, struct buf *data);

lstatus registry_delete_value(struct registry *registry, reg_key key, const char *name);

struct reg_value_entry {
	const char *name; /* the list's, as the data */
	uint32_t type;
	const uint8_t *data;
	size_t size;
};

struct reg_value_list {
	struct reg_value_entry *entries; /* in the order of their creation, as Windows enumerates */
	size_t count;
};

/* All values of a key with their data. The caller releases the list. */
lstatus
registry_list_values(struct registry *registry, reg_key key, struct reg_value_list *ret_list);
void reg_value_list_release(struct reg_value_list *list);

/*
 * Call `each` for every value of a key, in the same order: name and data are there until it
 * returns. Of values over 4 KiB the data of one at a time are in memory. `each` returns false to
 * stop.
 */
lstatus registry_each_value(struct registry *registry, reg_key key,
    bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size),
    void *context);

/* --- The write log ------------------------------------------------------------------------------
 */

struct reg_write {
	uint64_t number;      /* of the write; numbers grow by one a write, over the whole host */
	int64_t wall;         /* FILETIME by the machine's clock */
	int64_t virtual_time; /* FILETIME by the host's clock */
	char *actor;
	char *channel;
	char *comment; /* NULL for none */
};

/* Who last wrote a value, and when. The caller releases *ret_write. */
lstatus registry_last_write(
    struct registry *registry, reg_key key, const char *name, struct reg_write *ret_write);
void reg_write_release(struct reg_write *write);

/* The number of the host's last committed write; 0 for none. */
lstatus registry_write_number(struct registry *registry, uint64_t *ret_number);

/*
 * The database's write-ahead log: its bytes, and how many pages of it cannot be taken over into the
 * database, and the log not begun anew, until a reader has ended (as last seen; a few come and go).
 */
struct reg_write_ahead {
	uint64_t bytes;
	uint32_t kept_back;
};

lstatus registry_write_ahead(struct registry *registry, struct reg_write_ahead *ret_log);

/* --- Change notification ------------------------------------------------------------------------
 */

/* Filters, by Windows' numbers (REG_NOTIFY_CHANGE_*). */
#define REGISTRY_NOTIFY_NAME       1u /* a subkey was made or deleted */
#define REGISTRY_NOTIFY_ATTRIBUTES 2u
#define REGISTRY_NOTIFY_LAST_SET   4u /* a value was set or deleted */
#define REGISTRY_NOTIFY_SECURITY   8u
#define REGISTRY_NOTIFY_ALL        15u

struct reg_watch;

/*
 * Watch a path (`subtree`: and all below it). The key need not exist yet: its creation is a change.
 * From the return of this call on, every commit by any process that changes what is watched makes
 * registry_watch_fd readable and marks the watch. Links in the path are resolved now. Below
 * HKEY_CLASSES_ROOT both the user's key and the machine's are watched.
 * Returns ERROR_NO_LOG_SPACE when the host has too many watches. The registry owns the watch.
 */
lstatus registry_watch(struct registry *registry, const char *path, bool subtree, uint32_t filter,
    struct reg_watch **ret_watch);

/*
 * Watch a key itself, as a handle does on Windows (of two halves, the first): it is watched on
 * under its new path after it, or a key above it, was renamed, and another key that is made at its
 * old path is not. A key that goes along with one above it has not changed. That the key is deleted
 * is told whatever the filter. `from` is a connection to the host that has the key, which its open
 * transaction may have made; often `registry` itself. ERROR_KEY_DELETED.
 */
lstatus registry_watch_key(struct registry *registry, struct registry *from, reg_key key,
    bool subtree, uint32_t filter, struct reg_watch **ret_watch);
void registry_unwatch(struct registry *registry, struct reg_watch *watch);

/* A descriptor to poll for reading; -1 while nothing is watched. */
int registry_watch_fd(const struct registry *registry);

/*
 * Take the wake-ups that have come: clears the descriptor and returns true if any watch was marked.
 * Ask each watch then with registry_watch_taken.
 */
bool registry_watch_drain(struct registry *registry);

/* Whether the watched key changed since this was last asked; asking clears the mark. */
bool registry_watch_taken(struct reg_watch *watch);

#endif
