/*
 * Hosts that are made and removed by one command.
 */
#include "regstore/registry/scratch.h"

#include <stdio.h>
#include <stdlib.h>

#include "regstore/base/unix.h"

lstatus
scratch_open(const char *channel, struct scratch *ret_scratch)
{
	struct registry_options options = {
		.mode = REGISTRY_CREATE, .relaxed = true, .channel = channel
	};
	const char *top = getenv("TMPDIR");

	ret_scratch->registry = NULL;
	snprintf(ret_scratch->folder, sizeof(ret_scratch->folder), "%s/hvemu.XXXXXX",
	    top != NULL ? top : "/tmp");
	if (mkdtemp(ret_scratch->folder) == NULL) {
		ret_scratch->folder[0] = '\0';
		return LSTATUS(ERROR_PATH_NOT_FOUND);
	}
	return registry_open(ret_scratch->folder, &options, &ret_scratch->registry);
}

void
scratch_close(struct scratch *scratch)
{
	registry_close(scratch->registry);
	scratch->registry = NULL;
	if (scratch->folder[0] != '\0')
		unix_remove_tree(scratch->folder);
	scratch->folder[0] = '\0';
}
