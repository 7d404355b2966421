/*
 * The store: one host's keys, values and write log in SQLite, and the bell that wakes watchers.
 *
 * This layer knows rows; what they mean on Windows (paths, links, limits, default values) is the
 * registry's business above. Each process opens the store itself, so a read is a query in process.
 *
 * The database is in WAL mode. By default every commit is flushed (synchronous=FULL): a commit that
 * returned survives a power cut. A host made `relaxed` is flushed at checkpoints only
 * (synchronous=NORMAL): a commit survives kill -9; a power cut may take the last ones, each whole.
 *
 * Writers of all processes wait in one line, in which who comes first is served first, and then for
 * a lock file of our own (lock.c): SQLite's busy back-off never decides who is next. The log is
 * brought back into the database by the keeper of a host that is up (keeper.h), by a writer when
 * there is none, and not within a commit.
 *
 * A store belongs to the process that opened it: a forked child opens its own, and may only close
 * what it inherited. It gets none (ERROR_BUSY) after a fork within a transaction, or once its
 * parent has closed what it inherited; a program of several threads forks while none of them uses a
 * store.
 */
#ifndef REGSTORE_STORE_STORE_H
#define REGSTORE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"

#define STORE_SCHEMA_VERSION 2
#define STORE_SEPARATOR      '\x01' /* between the components of a folded path */
#define STORE_ROOT_ID        1      /* \REGISTRY, the key above all */

/* Key flags as stored. */
#define STORE_KEY_VOLATILE 1u
#define STORE_KEY_LINK     2u

/* The virtualization flags of a key, Windows' numbers (registry.h) moved out of these bits' way. */
#define STORE_KEY_VIRTUAL_SHIFT 8u
#define STORE_KEY_VIRTUAL_MASK  (0xeu << STORE_KEY_VIRTUAL_SHIFT)

struct store;

struct store_options {
	bool create;
	bool relaxed;
	const int64_t *random_seed; /* of a host that is made; or NULL */
	const char *actor;
	const char *channel;
	struct buf *error; /* takes the text of what failed, where there is one; or NULL */
};

/* Open (or make) the store in the host's folder `root`. Errors as registry_open's. */
lstatus store_open(const char *root, const struct store_options *options, struct store **ret_store);

/* Close; rolls back an open transaction. Takes NULL. */
void store_close(struct store *store);

/* The text of the last failure of SQLite or the system; never NULL. */
const char *store_error(const struct store *store);

/*
 * Begin a write transaction: waits in line for the other writers. ERROR_BUSY if one is open, also
 * if this thread has one open on another connection to the host. When a write in it fails for a
 * reason of the host (disk, memory), the transaction can only be rolled back: every further write
 * and the commit return that failure.
 */
lstatus store_begin(struct store *store, const char *comment);

/* Commit, then wake the watchers of what changed. On failure the transaction is rolled back. */
lstatus store_commit(struct store *store);
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);

/*
 * Tell `each` (NULL: nobody) now and then how many writes the open transaction has made, or how
 * many keys a walk came by. It may not use the store.
 */
void
store_set_progress(struct store *store, void (*each)(void *context, uint64_t count), void *context);

/* The same for a write that did not come as far as the store, if it lacked memory. */
void store_note_memory(struct store *store, lstatus status);

/* The same for a failure in the midst of writes that belong together; returns `status`. */
lstatus store_doom(struct store *store, lstatus status);

/*
 * A value of the table `meta`, as a number; `fallback`, ERROR_FILE_NOT_FOUND if it is not there.
 * One that cannot be read dooms an open transaction.
 */
int64_t store_meta_number(struct store *store, const char *name, int64_t fallback);
lstatus store_find_meta_number(struct store *store, const char *name, int64_t *ret_number);
lstatus store_set_meta_number(struct store *store, const char *name, int64_t number);

/* The same for text, which is appended; ERROR_FILE_NOT_FOUND. Setting NULL removes it. */
lstatus store_meta_text(struct store *store, const char *name, struct buf *text);
lstatus store_set_meta_text(struct store *store, const char *name, const char *text);

/* The host's clock as a FILETIME. */
int64_t store_virtual_now(struct store *store);

/*
 * Copy the database to a new file, as of one moment, while others write on. It has the same host's
 * keys, values and write log; it is nobody else's yet. On failure there is no file.
 */
lstatus store_copy(struct store *store, const char *path);

/* --- Keys ------------------------------------------------------------------------------------- */

struct store_key {
	int64_t id;
	int64_t parent;
	int64_t security;
	int64_t last_write;
	uint32_t flags;
};

/* Find a key by its folded path. ERROR_FILE_NOT_FOUND if there is none. */
lstatus
store_find_key(struct store *store, const char *path, size_t length, struct store_key *ret_key);

/* Get a key by id; appends its folded path and its name where not NULL. ERROR_KEY_DELETED. */
lstatus store_get_key(
    struct store *store, int64_t id, struct store_key *ret_key, struct buf *path, struct buf *name);

/*
 * Keep, until the end of the open transaction or a change of its keys, the parent of the key with
 * this path if it is new itself; find what is kept. False if it is another one's.
 */
void store_keep_parent(
    struct store *store, const char *path, size_t length, const struct store_key *parent);
bool store_find_parent(
    const struct store *store, const char *path, size_t length, struct store_key *ret_key);

/*
 * Insert a key below `parent` with parent->security; path is the folded full path.
 * ERROR_ALREADY_EXISTS, and no number is spent.
 */
lstatus store_insert_key(struct store *store, const struct store_key *parent, const char *path,
    size_t length, const char *name, uint32_t flags, struct store_key *ret_key);

/* Delete a key and all below it. `only_leaf`: ERROR_ACCESS_DENIED if it has subkeys. */
lstatus store_delete_key(struct store *store, int64_t id, bool only_leaf);

/* Give a key another folded path and name; what is below it follows. The path must be free. */
lstatus store_rename_key(
    struct store *store, int64_t id, const char *path, size_t length, const char *name);

/* Append the key's class and its security descriptor, each where not NULL. */
lstatus
store_query_extra(struct store *store, int64_t id, struct buf *class, struct buf *descriptor);
lstatus store_set_class(struct store *store, int64_t id, const void *data, size_t size);
lstatus store_set_security(struct store *store, int64_t id, const void *data, size_t size);

/* Set those of a key's flags that are in `mask`; the others stay. */
lstatus store_set_flags(struct store *store, int64_t id, uint32_t mask, uint32_t flags);

/*
 * Descriptors are rows of their own, which are never changed: append the one with this id, or find
 * (and keep, in the open transaction) the id of one. An id from a transaction that was rolled back
 * means nothing any more: store_rollbacks, which counts them, then gives another number.
 */
lstatus store_get_descriptor(struct store *store, int64_t id, struct buf *data);
lstatus store_keep_descriptor(struct store *store, const void *data, size_t size, int64_t *ret_id);
uint64_t store_rollbacks(const struct store *store);

/* Append the ids (int64_t, each once) of the descriptors of all keys below a key. */
lstatus store_descriptors_below(struct store *store, int64_t id, struct buf *ids);

/* Delete every volatile key (the host boots). */
lstatus store_delete_volatile(struct store *store);

/*
 * Call `each` for every direct subkey, in the order of the folded names. `each` returns false to
 * stop; it may not use the store.
 */
lstatus store_each_key(struct store *store, int64_t id,
    bool (*each)(void *context, const struct store_key *key, const char *name), void *context);

/* A key that a walk comes by. The texts live until the walk goes on. */
struct store_walk_row {
	int64_t id;
	int64_t security;
	int64_t last_write;
	uint32_t flags;
	const char *name;
	const char *path; /* folded, below where the walk began */
	size_t path_length;
	const void *class;
	size_t class_size;
};

/* From here to store_read_end all that this connection reads is of one moment. Nests. */
lstatus store_read_begin(struct store *store);
void store_read_end(struct store *store);

struct store_walk;

/*
 * Walk over all keys below one: parents first, siblings in the order of their folded names. From
 * the first key to the end of the walk everything that this connection reads is of one moment; a
 * walk that stands still holds up the host's checkpoints. Walks nest. No write may be made outside
 * of an open transaction meanwhile. `next` returns ERROR_NO_MORE_ITEMS when there is no further
 * key.
 */
lstatus store_walk_begin(struct store *store, int64_t id, struct store_walk **ret_walk);
lstatus store_walk_next(struct store_walk *walk, struct store_walk_row *ret_row);
void store_walk_end(struct store_walk *walk);

/* A symbolic link. The pointers live until `each` returns. */
struct store_link {
	int64_t id;
	const char *path; /* folded */
	uint32_t type;    /* of its SymbolicLinkValue; without one REG_NONE and no data */
	const void *data;
	size_t size;
};

/* Call `each` for every symbolic link of the host, until it fails; it may not use the store. */
lstatus store_each_link(struct store *store,
    lstatus (*each)(void *context, const struct store_link *link), void *context);

/* --- Values ----------------------------------------------------------------------------------- */

struct store_value {
	uint32_t type;
	uint64_t since;
	uint64_t created;
};

/* Read a value by folded name; appends the data where not NULL. ERROR_FILE_NOT_FOUND. */
lstatus store_find_value(struct store *store, int64_t key, const char *folded, size_t length,
    struct store_value *ret_value, struct buf *data);

/* Set a value: a new one, or a new version of an old one (which keeps its place and name). */
lstatus store_set_value(struct store *store, int64_t key, const char *folded, size_t length,
    const char *name, uint32_t type, const void *data, size_t size);

lstatus store_delete_value(struct store *store, int64_t key, const char *folded, size_t length);

/*
 * Call `each` for every value of the key, in the order of creation. `each` returns false to stop;
 * it may use the store. Values of up to 4 KiB are in memory together, of the longer ones one at a
 * time. With `small` ERROR_MORE_DATA, before any call, for a key that has more than
 * STORE_SMALL_VALUES values, more than STORE_SMALL_BYTES in them, or one of over 4 KiB: finding
 * that out costs no more than reading a key that has not.
 */
#define STORE_SMALL_VALUES 128u
#define STORE_SMALL_BYTES  (16u << 10)

lstatus store_each_value(struct store *store, int64_t key, bool small,
    bool (*each)(void *context, const char *name, uint32_t type, const void *data, size_t size),
    void *context);

/* --- Write log -------------------------------------------------------------------------------- */

struct store_tx {
	uint64_t first;
	uint64_t last;
	int64_t wall;
	int64_t virtual_time;
	char *actor;
	char *channel;
	char *comment;
};

/* The transaction that made write `number`. The caller releases it. */
lstatus store_find_tx(struct store *store, uint64_t number, struct store_tx *ret_tx);
void store_tx_release(struct store_tx *tx);

/* The number of the last committed write; of the one that is shown after store_go_back. */
lstatus store_last_number(struct store *store, uint64_t *ret_number);

/*
 * ERROR_INVALID_PARAMETER for a number that no write has, ERROR_JOURNAL_ENTRY_DELETED for one whose
 * state is pruned away.
 */
lstatus store_check_number(struct store *store, uint64_t number);

/*
 * The number of the last write that was made at a time or before it, by the machine's clock or the
 * host's own. ERROR_FILE_NOT_FOUND if there is none. Looks at the transactions since then.
 */
lstatus
store_number_at(struct store *store, int64_t time, bool virtual_clock, uint64_t *ret_number);

/* What a write was about: a value of the key by its folded name, or (NULL) the key itself. */
struct store_change {
	uint64_t number;
	int64_t key;
	const char *folded; /* not terminated; lives until the log is asked again */
	size_t length;
};

/* The first number that is not pruned away. */
lstatus store_first_number(struct store *store, uint64_t *ret_number);

/*
 * Read what the writes `first` (0: the oldest) to `last` (UINT64_MAX: no end) were about, one after
 * the other or `backwards`. store_log_next returns ERROR_NO_MORE_ITEMS at the end; forwards it may
 * be asked again when more was written. ERROR_JOURNAL_ENTRY_DELETED from either call: what would be
 * next is pruned away. The caller closes the log before the store.
 */
struct store_log;
lstatus store_log_open(
    struct store *store, uint64_t first, uint64_t last, bool backwards, struct store_log **ret_log);

/*
 * The same, backwards, of what was written to the keys that ever had a folded path, however they
 * are called now and whether they are there or not; of one value if `folded` is not NULL. It costs
 * as much as was written to them. There is one such log a connection.
 */
lstatus store_log_open_key(struct store *store, const char *path, size_t length, bool subtree,
    const char *folded, size_t folded_length, uint64_t first, uint64_t last,
    struct store_log **ret_log);
lstatus store_log_next(struct store_log *log, struct store_change *ret_change);
void store_log_close(struct store_log *log);

/* The transaction of the change that came last; the log owns it. */
const struct store_tx *store_log_tx(const struct store_log *log);

/*
 * A value, and a key, as write `number` left them; names, data and class are appended where not
 * NULL. ERROR_FILE_NOT_FOUND if it was not there then. A key's time is not known (0).
 */
lstatus store_value_at(struct store *store, int64_t key, const char *folded, size_t length,
    uint64_t number, struct store_value *ret_value, struct buf *name, struct buf *data);
lstatus store_key_at(struct store *store, int64_t id, uint64_t number, struct store_key *ret_key,
    struct buf *name, struct buf *class);

/* --- Snapshots --------------------------------------------------------------------------------
 */

struct store_snapshot {
	const char *name;
	uint64_t number; /* the write whose state it is */
	int64_t wall;
	int64_t virtual_time;
	const char *comment; /* or NULL */
};

/*
 * Name the state of now, with the open transaction if there is one. Names are without case.
 * ERROR_ALREADY_EXISTS, ERROR_FILE_NOT_FOUND.
 */
lstatus store_snapshot_create(struct store *store, const char *name, const char *comment);
lstatus store_snapshot_delete(struct store *store, const char *name);

/* Call `each` for every snapshot, the newest first; it returns false to stop. */
lstatus store_each_snapshot(struct store *store,
    bool (*each)(void *context, const struct store_snapshot *snapshot), void *context);

/* Whether the state of a number is a snapshot's, and when it was taken by the host's clock. */
bool store_is_snapshot(struct store *store, uint64_t number, int64_t *ret_virtual_time);

/* --- Pruning -----------------------------------------------------------------------------------
 */

/* What is kept of the write log; 0 for no such limit. */
struct store_limit {
	uint64_t writes; /* the last so many */
	uint64_t days;   /* the last so many days, by the machine's clock */
	uint64_t size;   /* as long as the whole database uses no more bytes */
};

/* The host's limit: commits keep it a little at a time. Without one it is 1 GiB. */
lstatus store_log_limit(struct store *store, struct store_limit *ret_limit);
lstatus store_set_log_limit(struct store *store, const struct store_limit *limit);

/*
 * Forget at once what is beyond a limit, in transactions of bounded length. What a snapshot shows
 * stays, and so does the last transaction.
 */
lstatus store_prune(struct store *store, const struct store_limit *limit);

/* --- Going back --------------------------------------------------------------------------------
 */

struct store_revert {
	uint64_t first;   /* the writes that are undone: what they touched becomes ... */
	uint64_t last;    /* ... what it was before the first of them */
	const char *path; /* only below this folded path; NULL: everywhere */
	size_t length;
	bool force; /* also what was written after the last of them */
	/* Something was written to later (by write change->number) and is left, unless forced. */
	void (*conflict)(void *context, const struct store_change *change);
	void *context;
};

/*
 * Undo writes by new writes, in the open transaction: keys come back under their ids, values in
 * their places. ERROR_REVISION_MISMATCH if there was a conflict and `force` is not set; the
 * transaction is then to be rolled back. ERROR_JOURNAL_ENTRY_DELETED if what is needed is pruned,
 * ERROR_ACCESS_DENIED if a root would go, which no revert brings back.
 * Costs as much as was written from `first` to `last`; if that is all since a snapshot, no more
 * than was written since the last time.
 */
lstatus store_revert(struct store *store, const struct store_revert *revert);

/* Call `each` for the writes of the open transaction, in their order. */
lstatus store_each_pending(struct store *store,
    void (*each)(void *context, const struct store_change *change), void *context);

/*
 * From now on this connection shows the host as write `number` left it: keys, values and their
 * order, security, class, links. What is committed later does not show, every write is refused
 * (ERROR_WRITE_PROTECT), and there is no way forward again. It costs as much as keys changed since.
 * The connection holds a read transaction until it is closed, which keeps the write-ahead log from
 * being used anew: it is not for keeping. A key's time is that of the last write to its values and
 * subkeys by then. Errors as store_check_number's.
 */
lstatus store_go_back(struct store *store, uint64_t number);

/* The write-ahead log, which a reader that does not end keeps from being used anew. */
struct store_wal {
	uint64_t bytes;
	uint32_t kept_back; /* pages that are waiting for a reader to end, as last seen */
};

lstatus store_wal_state(struct store *store, struct store_wal *ret_wal);

/* --- Marks --------------------------------------------------------------------------------------
 *
 * What was read may be kept while its mark holds. A mark is taken before the read, of everything
 * that the answer follows from; asking whether it holds reads no disk and makes no call of the
 * system. It breaks with the first commit, by anybody, that changes one of those things (now and
 * then with another's, which costs a read and is no mistake). During a walk no mark holds: what is
 * read then is of the walk's moment.
 *
 * A program that writes the file without this library breaks no marks: what was kept stays until
 * its keeper closes the store.
 */

/* What a tag stands for: whether there is a key with this folded path ... */
uint64_t store_tag_path(const char *path, size_t length);
/* ... all of a key (there being one) but its path, name and subkeys ... */
uint64_t store_tag_key(int64_t id);
/* ... the list of a key's subkeys with what store_each_key tells of each; their classes ... */
uint64_t store_tag_subkeys(int64_t id);
/* ... where the host has links, and where they lead. */
#define STORE_TAG_LINKS 0

#define STORE_MARK_TAGS 6

struct store_mark {
	uint64_t sum; /* of the stamps, which only grow: equal while they all are */
	uint16_t stamps[STORE_MARK_TAGS];
	uint16_t count;
	bool doubtful; /* a commit was under way: what is read now is not to be kept */
};

/* Add a tag to a mark, which begins as all zero. */
void store_mark_add(const struct store *store, struct store_mark *mark, uint64_t tag);
bool store_mark_holds(const struct store *store, const struct store_mark *mark);

/*
 * Whether reads see the last commit and nothing else: not so within a transaction, which sees its
 * own writes, nor while a walk is open, which goes on in the state that it began in. What is read
 * otherwise is not to be kept, nor is what was kept to be used.
 */
bool store_reads_latest(const struct store *store);

/*
 * Take a value from what the last commits have shown, by its folded name; false if it is not there.
 * The mark is of the key and nothing else, and holds for what is appended.
 */
bool store_recent_value(struct store *store, const struct store_mark *mark, int64_t key,
    const char *folded, size_t length, uint32_t *ret_type, struct buf *data);

/* --- Bell ------------------------------------------------------------------------------------- */

struct store_watch;

/*
 * Watch a folded path (`key` 0), or the key that has it, wherever it goes; see registry_watch. A
 * key that was renamed meanwhile stands at the old path until it is renamed again: look afterwards.
 */
lstatus store_watch(struct store *store, int64_t key, const char *path, size_t length, bool subtree,
    uint32_t filter, struct store_watch **ret_watch);
void store_unwatch(struct store *store, struct store_watch *watch);
int store_watch_fd(const struct store *store);
bool store_watch_drain(struct store *store);
bool store_watch_taken(struct store_watch *watch);

#endif
