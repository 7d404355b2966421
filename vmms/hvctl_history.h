/*
 * Writes of the write log as hvctl prints them.
 */
#ifndef VMMS_HVCTL_HISTORY_H
#define VMMS_HVCTL_HISTORY_H

#include "regstore/registry/history.h"
#include "vmms/hvctl.h"

/* A write as JSON: number time host_time actor channel comment kind key, name, old, new. */
json_t *hvctl_change_json(struct reg_change *change);

/*
 * Print a write: for people; with --json as an element of an array, of which it is the one with
 * this index, or as a line of its own (`lines`).
 */
void
hvctl_print_change(const struct hvctl *hvctl, struct reg_change *change, bool lines, size_t index);

/*
 * Say why the log cannot be read, and where it begins if it was pruned; `key` is what was asked
 * for, or NULL. Returns EXIT_FAILURE.
 */
int hvctl_log_failed(
    const struct hvctl *hvctl, struct registry *registry, const char *key, lstatus status);

/*
 * The number of the write that made the last of the registry's roots: no copy and no revert goes
 * back beyond it. And the words for that, if `status` is that of such a revert; else NULL.
 */
uint64_t hvctl_roots(struct registry *registry);
const char *
hvctl_roots_text(struct registry *registry, const struct reg_revert *revert, lstatus status);

/* watch --since: print every write after a moment, below a key if it is not NULL, as they come. */
int hvctl_feed(struct hvctl *hvctl, const char *since, const char *key, size_t count);

/* Make a snapshot of the registry and the files; says why not. */
bool hvctl_take_snapshot(
    const struct hvctl *hvctl, struct registry *registry, const char *name, const char *comment);

/* history prune and history limit: argv[1] is the word. */
int hvctl_log_limit(struct hvctl *hvctl, int argc, char **argv);

/* The writes from one moment (NULL: the oldest that is kept) to another (NULL: now); told if not.
 */
bool hvctl_moments(const struct hvctl *hvctl, struct registry *registry, const char *from,
    const char *to, uint64_t *ret_low, uint64_t *ret_high);

/* A write of the log as JSON; NULL if it cannot be told. */
json_t *hvctl_write_json(struct registry *registry, uint64_t number);

/* bisect --run: the command with its arguments, NULL at the end. Returns the exit status. */
int hvctl_bisect_run(struct hvctl *hvctl, const char *from, const char *to, char **command);

#endif
