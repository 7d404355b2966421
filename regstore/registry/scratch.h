/*
 * A host for the length of one command: what is to be tried out without a host.
 */
#ifndef REGSTORE_REGISTRY_SCRATCH_H
#define REGSTORE_REGISTRY_SCRATCH_H

#include "regstore/registry/registry.h"

struct scratch {
	struct registry *registry;
	char folder[4096]; /* "" until it is made */
};

/*
 * Make an empty host in a folder of its own below $TMPDIR (or /tmp). `channel` as in struct
 * registry_options. Errors as registry_open's; the caller closes *ret_scratch in every case.
 */
lstatus scratch_open(const char *channel, struct scratch *ret_scratch);

/* Close the registry and remove the folder with all that is in it. */
void scratch_close(struct scratch *scratch);

#endif
