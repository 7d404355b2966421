/*
 * How far long work is, for whoever waits for it: on a line of the terminal that is written over,
 * and wiped away at the end.
 *
 * Nothing is shown where standard error is no terminal, and of work that is done soon.
 */
#ifndef REGSTORE_BASE_PROGRESS_H
#define REGSTORE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;
	int64_t next; /* when to show it again (clock_monotonic_ns); INT64_MAX: never */
	bool shown;
};

/* Begin to work on `what` ("reg import"), which lives until the end. */
void progress_begin(struct progress *progress, const char *what);

/* So much is done. Cheap enough to be told often. Fits registry_set_progress. */
void progress_tell(void *progress, uint64_t count);

/* Wipe the line away, before anything else is written to the terminal. */
void progress_end(struct progress *progress);

#endif
