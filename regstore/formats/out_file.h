/*
 * A file that appears whole or not at all: written beside its target, flushed, then renamed.
 */
#ifndef REGSTORE_FORMATS_OUT_FILE_H
#define REGSTORE_FORMATS_OUT_FILE_H

#include <stdio.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"

struct out_file {
	const char *target; /* the caller's, until the end */
	struct buf name;    /* of the new file beside it; NUL-terminated */
	FILE *file;
};

/* Make each folder of a file's path that is not there. ERROR_PATH_NOT_FOUND if that fails. */
lstatus out_file_folders(const char *target);

/* Make the new file, with the permissions that the target would get. Nothing to end on failure. */
lstatus out_file_begin(struct out_file *out, const char *target);

/*
 * With a status of success so far: flush the file to disk and rename it to its target; otherwise
 * (or if that fails) remove it. Returns the first failure.
 */
lstatus out_file_end(struct out_file *out, lstatus status);

#endif
