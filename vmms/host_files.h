/*
 * The files of a host beside its registry: copies of them, and those that are kept with a snapshot,
 * all that is in its ProgramData.
 */
#ifndef VMMS_HOST_FILES_H
#define VMMS_HOST_FILES_H

#include <stdbool.h>

#include "regstore/base/buf.h"

/*
 * Copy what is in an open folder into another, with all below it; both stay the caller's. What is
 * left out by its name (NULL: nothing) stands in the folder itself. Sockets, pipes and devices are
 * nobody's state and left out too; what goes meanwhile is no failure. False with a text in `error`.
 */
bool host_files_copy(int from, int to, bool (*leaves_out)(const char *name), struct buf *error);

/*
 * Keep the files as they are now under a snapshot's name, in the host's folder "snapshots". Where
 * the file system can share blocks nothing is copied. False with a text in `error`; then nothing is
 * kept. Sockets, pipes and devices are left out.
 */
bool host_files_keep(const char *root, const char *name, struct buf *error);

/* Put the files back as they were kept: the whole folder is exchanged at once. */
bool host_files_restore(const char *root, const char *name, struct buf *error);

/* Drop what was kept; it is no error if there is nothing. */
bool host_files_drop(const char *root, const char *name, struct buf *error);

#endif
