/*
 * The bell: how a commit wakes the processes that watch what it changed.
 *
 * A file in run/ that every process of a host maps holds a generation and a table of watches: the
 * hash of a folded path, a filter, and the number of the socket (run/bell.<number>) to ring. After
 * its COMMIT a writer, still in the write lock, marks all watches that match and only then sends
 * one byte to each socket concerned. Nobody polls, processes that watch something else stay asleep,
 * and a socket whose process died answers ECONNREFUSED, by which its watches are cleared.
 *
 * The generation is odd from just before a COMMIT until its watchers are woken. A writer that is
 * killed in between leaves it odd: the next one to take the write lock, or to open the host, wakes
 * everybody in its place.
 *
 * The file holds stamps too, by which what was read can be kept: counters that the things of the
 * registry share by the hash of a tag. A commit makes the stamps of what it changes odd before its
 * COMMIT and even, another number, after it. So what was read while a stamp was even is true until
 * the stamp is another, and that costs a reader no more than a look at it. Nothing needs to be
 * remembered of a commit, however much it changed, and a writer that is killed leaves only the
 * stamps odd of what it was about to change: nobody keeps that until the next writer has come.
 *
 * A watch of a key follows it: who renames a key, or deletes one, looks after its COMMIT where the
 * keys are whose watches stand at a path that was left. The watch stays asleep if nothing else
 * happened to the key.
 *
 * A watcher is armed before it reads: what commits later marks it, what committed before is read.
 */
#ifndef REGSTORE_STORE_BELL_H
#define REGSTORE_STORE_BELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"
#include "regstore/store/recent.h"

struct bell;
struct store;
struct store_watch;

/*
 * How the bell asks its store, which holds the write lock, for a key's path: it is appended;
 * ERROR_KEY_DELETED if the key is gone.
 */
typedef lstatus bell_find(struct store *store, int64_t key, struct buf *path);

/* Open the bell in the folder `run` (a descriptor that the bell keeps using). */
lstatus bell_open(int run, bell_find *find, struct store *store, struct bell **ret_bell);
void bell_close(struct bell *bell);

/* Odd: a commit is under way, or its writer died in the midst of it. */
uint64_t bell_generation(const struct bell *bell);

/*
 * Stamps: a folded path's hash, as a tag; the stamp that a tag (any number) falls on, which tag 0
 * has for itself; and what it is.
 */
#define BELL_STAMPS 8192u

uint64_t bell_hash(const char *path, size_t length);
uint32_t bell_stamp_of(uint64_t tag);
uint64_t bell_stamp(const struct bell *bell, uint32_t stamp);

/* Note, within a transaction, that what has this tag changes; or that anything may. */
void bell_stamp_changes(struct bell *bell, uint64_t tag);
void bell_stamps_change(struct bell *bell);

/* The line that writers wait in: lock.c. */
struct bell_line {
	_Atomic uint32_t next; /* ticket to be given out */
	_Atomic uint32_t turn; /* the ticket that may come to the lock */
};

struct bell_line *bell_line(struct bell *bell);

/* What writers and the keeper of the write-ahead log know of it: checkpoint.c. */
struct bell_wal {
	_Atomic uint32_t pages;     /* of the log after the last commit */
	_Atomic uint32_t limit;     /* pages from which on the keeper is asked */
	_Atomic uint32_t kept_back; /* pages that readers did not let it take over, last time */
};

struct bell_wal *bell_wal(struct bell *bell);

/* What the last commits set: recent.h. */
struct recent_slot *bell_recent(struct bell *bell);

/* Become the host's keeper: *ret_fd, which stays the bell's, is readable when one is asked. */
lstatus bell_keep(struct bell *bell, int *ret_fd);

/* The keeper hears what it was asked: it is to be asked again. */
void bell_keeper_comes(struct bell *bell);

bool bell_has_keeper(const struct bell *bell);

/* Ask the keeper; false when there is none, or one that has not come since it was asked before. */
bool bell_ask_keeper(struct bell *bell);

/* What is watched: a folded path, or with a key (not 0) that key, which has the path now. */
struct bell_place {
	int64_t key;
	const char *path;
	size_t length;
};

lstatus bell_watch(struct bell *bell, const struct bell_place *place, bool subtree, uint32_t filter,
    struct store_watch **ret_watch);
void bell_unwatch(struct bell *bell, struct store_watch *watch);
int bell_fd(const struct bell *bell);
bool bell_drain(struct bell *bell);
bool bell_taken(struct store_watch *watch);

/*
 * A write transaction begins; the write lock is held. Rings for a writer that died before it could,
 * and gets what bell_ring will need, so that a lack of descriptors shows before anything is
 * written.
 */
lstatus bell_begin(struct bell *bell);

/* Ring for a writer that died before it could; the write lock is held. */
void bell_repair(struct bell *bell);

/* Whether noting a change is of use; false saves the caller from finding the path out. */
bool bell_wants_notes(struct bell *bell);

/* Beside a REG_NOTIFY_CHANGE bit: what became of the key of the path. */
#define BELL_DELETED  0x100u
#define BELL_RENAMED  0x200u /* it has another path now */
#define BELL_CARRIED  0x400u /* it came or goes with a key above, which is no change of its own */
#define BELL_RESTORED 0x800u

/* Note, within a transaction, that `kind` (a REG_NOTIFY_CHANGE bit) happened to a folded path. */
void bell_changed(struct bell *bell, const char *path, size_t length, uint32_t kind);

/* Note that something changed whose path cannot be told: everybody will be woken. */
void bell_changed_unknown(struct bell *bell);

/* COMMIT comes next: from here on the outcome is in doubt until bell_ring or bell_forget. */
void bell_doubt(struct bell *bell);

/* The transaction was rolled back: forget what was noted. */
void bell_forget(struct bell *bell);

/* The transaction was committed: settle the stamps, mark, wake, settle the generation. */
void bell_ring(struct bell *bell);

#endif
