/*
 * The registry through time: moments, and the state at one.
 *
 * Every write of a host has a number (see regstore/store/schema.sql); the state after each is kept.
 * A *moment* is what a person calls one of these states: a number, a time, or a snapshot's name.
 */
#ifndef REGSTORE_REGISTRY_HISTORY_H
#define REGSTORE_REGISTRY_HISTORY_H

#include "regstore/registry/registry.h"

/*
 * Find the number of the write whose state a moment means: a number; "now"; a snapshot's name; a
 * time as clock_parse reads it, by the machine's clock, or by the host's own behind "virtual:" (the
 * state after the last write at that time or before it). On failure a text for people is appended
 * to `error`: ERROR_INVALID_PARAMETER (no such number, no moment at all), ERROR_FILE_NOT_FOUND (a
 * time before the first write), ERROR_JOURNAL_ENTRY_DELETED (the state is pruned away).
 */
lstatus registry_find_moment(
    struct registry *registry, const char *text, uint64_t *ret_number, struct buf *error);

/*
 * Show the host as write `number` left it, on this connection, from now on: all that reads works
 * unchanged, all that writes returns ERROR_WRITE_PROTECT. Costs as much as keys (not values)
 * changed since. The connection holds a read transaction until it is closed: use it for one
 * command, not for keeps. ERROR_INVALID_PARAMETER for a number that no write has, ERROR_BUSY within
 * a transaction or a second time.
 *
 * Tables beside the keys and values (the files of mounted hives) show what is true now.
 */
lstatus registry_go_back(struct registry *registry, uint64_t number);

/* --- The write log ------------------------------------------------------------------------------
 */

/* What a write did. */
enum reg_change_kind {
	REG_CHANGE_SET, /* of a value */
	REG_CHANGE_DELETE,
	REG_CHANGE_KEY_CREATE,
	REG_CHANGE_KEY_DELETE,
	REG_CHANGE_KEY_RENAME,
	REG_CHANGE_KEY_CLASS,
	REG_CHANGE_KEY_FLAGS, /* REGISTRY_KEY_*, four bytes, low first */
	REG_CHANGE_KEY_SECURITY,
};

/* "set", "delete", "key-create", ... */
const char *reg_change_kind_name(enum reg_change_kind kind);

/* One write. Zero-initialise before the first use; filled anew by each call; release at the end. */
struct reg_change {
	uint64_t number;
	enum reg_change_kind kind;
	reg_key key;
	struct buf path;     /* the key's path before the write (of a new key, after it) */
	struct buf new_path; /* of a key that was renamed */
	struct buf name;     /* of the value, in its own case */
	bool was;            /* there was a value before; old_* are its */
	bool is;             /* there is one after; new_* are its */
	uint32_t old_type;
	uint32_t new_type;
	struct buf old_data; /* also a key's class, flags or descriptor */
	struct buf new_data;
	const struct reg_write *write; /* who, when, through what; the log's, until its next call */
};

void reg_change_release(struct reg_change *change);

struct reg_log_query {
	uint64_t first; /* the first number; 0: the oldest that is kept */
	uint64_t last;  /* the last number; UINT64_MAX: no end */
	bool newest_first;
	const char *key;   /* only of this key, by its path; NULL: of all */
	bool subtree;      /* and of all below it */
	const char *value; /* only of this value of the key; NULL: of all */
	const char *actor; /* only this actor's writes; NULL: all */
	const char *channel;
};

/*
 * Read the write log. Newest first, a key is looked up by all that it was: what was written to keys
 * that ever had the path, gone or renamed since; this costs as much as was written to them. Oldest
 * first, what was written to whatever had the path at that time. Without a key either way costs as
 * much as is read.
 *
 * registry_log_next returns ERROR_NO_MORE_ITEMS at the end. Oldest first it may be asked again when
 * more was written (see registry_watch): no write is left out, none comes twice, and a reader that
 * starts again with `first` = the number after the last one that it got goes on where it was.
 * ERROR_JOURNAL_ENTRY_DELETED from either call: what would be next is pruned away, see
 * registry_first_number. The caller closes the log before the registry.
 */
struct reg_log;
lstatus registry_log_open(
    struct registry *registry, const struct reg_log_query *query, struct reg_log **ret_log);
lstatus registry_log_next(struct reg_log *log, struct reg_change *change);
void registry_log_close(struct reg_log *log);

/* The number of the first write that is not pruned away. */
lstatus registry_first_number(struct registry *registry, uint64_t *ret_number);

/* --- Going back ---------------------------------------------------------------------------------
 */

struct reg_revert {
	uint64_t first;      /* the writes that are undone: what they touched becomes ... */
	uint64_t last;       /* ... what it was before the first of them */
	const char *key;     /* only this key and what is below it; NULL: everything */
	bool force;          /* also where something was written since */
	bool dry_run;        /* do nothing, but tell */
	const char *comment; /* for the write log */
};

/*
 * Undo writes by new writes in one transaction: keys come back as they were, values in their places
 * in the order of enumeration. What was touched again after the last of the writes is a conflict:
 * ERROR_REVISION_MISMATCH, nothing is changed, and a line for each is appended to `conflicts`
 * ("HKEY_...: written since by 123"); with `force` it is undone too, and what would have been in
 * the way is told all the same. `each` (or NULL) is called for every new write.
 * Undoing all writes after a moment brings that moment back; it has no conflicts.
 * ERROR_JOURNAL_ENTRY_DELETED if what is needed is pruned, ERROR_ACCESS_DENIED if a root would go
 * (the host's very first writes), ERROR_BUSY within a transaction.
 */
lstatus registry_revert(struct registry *registry, const struct reg_revert *revert,
    void (*each)(void *context, struct reg_change *change), void *context, struct buf *conflicts);

/* --- Snapshots ----------------------------------------------------------------------------------
 */

struct reg_snapshot {
	char *name;
	uint64_t number; /* of the write whose state it is */
	int64_t wall;
	int64_t virtual_time;
	char *comment; /* or NULL */
};

/*
 * Name the state of now. A name begins with a letter, holds letters, digits, '.', '_' and '-', is
 * not "now", has at most 64 characters and no case. ERROR_INVALID_NAME, ERROR_ALREADY_EXISTS,
 * ERROR_FILE_NOT_FOUND.
 */
lstatus registry_snapshot_create(struct registry *registry, const char *name, const char *comment);
lstatus registry_snapshot_delete(struct registry *registry, const char *name);

/* Find one by its name, or the newest if `name` is NULL. The caller releases it. */
lstatus registry_snapshot_find(
    struct registry *registry, const char *name, struct reg_snapshot *ret_snapshot);
void reg_snapshot_release(struct reg_snapshot *snapshot);

/* All of them, the newest first. The caller releases each and frees the array. */
lstatus registry_snapshot_list(
    struct registry *registry, struct reg_snapshot **ret_list, size_t *ret_count);

/* --- How long the log is kept -------------------------------------------------------------------
 */

/* What is kept of the write log; 0 for no such limit. */
struct reg_log_limit {
	uint64_t writes; /* the last so many */
	uint64_t days;   /* what was written in the last so many days, by the machine's clock */
	uint64_t size;   /* bytes: as long as the whole registry uses no more */
};

/*
 * The host's limit, which every process keeps that writes: a little at a time, with its commits.
 * Until it is set, 1 GiB. Snapshots stay whole whatever the limit is.
 */
lstatus registry_log_limit(struct registry *registry, struct reg_log_limit *ret_limit);
lstatus registry_set_log_limit(struct registry *registry, const struct reg_log_limit *limit);

/* Forget what is beyond a limit at once. What was forgotten is told by registry_first_number. */
lstatus registry_prune(struct registry *registry, const struct reg_log_limit *limit);

#endif
