/*
 * The bell: how a commit wakes the processes that watch what it changed.
 *
 * run/bell is a file that every process of a host maps. It holds a generation, bumped after each
 * commit, and a table of watches: the hash of a folded path, a filter, and the process's socket.
 * After its COMMIT a writer, still in the write lock, marks the watches that match and sends one
 * empty datagram to each socket concerned (run/bell.<pid>.<n>). Nobody polls, processes that watch
 * something else stay asleep, and a socket whose process died answers ECONNREFUSED, by which its
 * watches are cleared.
 *
 * A watcher is armed before it reads: what commits later marks it, what committed before is read.
 */
#ifndef REGSTORE_STORE_BELL_H
#define REGSTORE_STORE_BELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/status.h"

struct bell;
struct store_watch;

/* Open the bell in the folder `run` (a descriptor that the bell keeps using). */
lstatus bell_open(int run, struct bell **ret_bell);
void bell_close(struct bell *bell);

uint64_t bell_generation(const struct bell *bell);

lstatus bell_watch(struct bell *bell, const char *path, size_t length, bool subtree,
    uint32_t filter, struct store_watch **ret_watch);
void bell_unwatch(struct bell *bell, struct store_watch *watch);
int bell_fd(const struct bell *bell);
bool bell_drain(struct bell *bell);
bool bell_taken(struct store_watch *watch);

/* Whether noting a change is of use; false saves the caller from finding the path out. */
bool bell_wants_notes(struct bell *bell);

/* Note, within a transaction, that `kind` (a REG_NOTIFY_CHANGE bit) happened to a folded path. */
void bell_changed(struct bell *bell, const char *path, size_t length, uint32_t kind);

/* The transaction was rolled back: forget what was noted. */
void bell_forget(struct bell *bell);

/* The transaction was committed: bump the generation, mark and wake. */
void bell_ring(struct bell *bell);

#endif
