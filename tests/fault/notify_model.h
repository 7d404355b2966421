/*
 * Random changes below one key, and what they are to the watchers of any path.
 *
 * The rules are written down here a second time, from the words of registry.h: a value that is set
 * or deleted is a change of its key; a key that comes or goes is one of its own path and of the key
 * above it; what comes or goes with it comes or goes too. Who watches a key and not a path goes
 * where it goes.
 */
#ifndef TESTS_FAULT_NOTIFY_MODEL_H
#define TESTS_FAULT_NOTIFY_MODEL_H

#include "tests/fault/fault.h"

#define MODEL_TOP   "HKLM\\SOFTWARE\\N"
#define MODEL_PATHS 40 /* that keys can have: 3 names, 3 levels, and the top */

#define MODEL_GONE -1

struct model_event {
	int path;
	uint32_t kind; /* REGISTRY_NOTIFY_ bits; 0: the key has another path from here on */
	int to;        /* that path, or MODEL_GONE */
	bool carried;  /* it came or goes with a key above, which is no change of the key itself */
};

struct model {
	struct fault *fault;
	struct registry *registry; /* who writes */
	struct model_event events[1024];
	size_t count; /* of the last transaction; 0 if it was rolled back */
};

/* The text of a path by its number: 0 is the top. */
void model_path(int path, char text[static 64]);

/* Make the top key. */
void model_begin(struct model *model);

/* One transaction of one to four changes, or a change outside of any; sometimes rolled back. */
void model_change(struct model *model);

/* Whether the last transaction is to wake who watches the path. */
bool model_wakes(const struct model *model, int path, bool subtree, uint32_t filter);

/*
 * Whether it is to wake who watches the key that had this path, which becomes the path that it has
 * now, or MODEL_GONE. When it is another one, a wake-up too many is none: what the last transaction
 * did under the old path may be another key's by then.
 */
bool model_wakes_key(const struct model *model, int *path, bool subtree, uint32_t filter);

/* Whether the key is there. */
bool model_exists(const struct model *model, int path);

#endif
