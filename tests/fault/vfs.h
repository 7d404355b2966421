/*
 * A file layer for SQLite that fails, fills up, and loses its power. It stands before the default
 * one, whose files it uses.
 *
 * Failing: each call is one that inject.h counts.
 *
 * Losing power: from vfs_power_on on, what is written to a file is kept aside until it is flushed.
 * At a cut every call begins to fail; vfs_power_restore then makes the files anew as a disk may
 * hold them: what was flushed, and of each later write all, nothing, or some sectors, which may be
 * rubbish if the cut came in their midst.
 */
#ifndef TESTS_FAULT_VFS_H
#define TESTS_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

struct fault;

/* Make it SQLite's default. */
void vfs_install(void);

/* Files may grow by so many bytes from now on; negative: without a limit. */
void vfs_room(int64_t bytes);

/* Keep what is not flushed aside, and cut the power in the `at`-th write, truncation or flush. */
void vfs_power_on(uint64_t at);

/* Cut it now, if it is not cut yet. */
void vfs_power_cut(void);
bool vfs_power_is_cut(void);

/* Write into `folder` what is left of the files, and forget them: power is back, nothing fails. */
void vfs_power_restore(struct fault *fault, const char *folder);

#endif
