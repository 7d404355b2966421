/*
 * svchost: the services that Windows runs as libraries in a process of this name.
 */
#include "regstore/svc/process.h"
#include "vmcompute/modules.h"
#include "vmcompute/protocol.h"

int
main(int argc, char **argv)
{
	struct process svchost = {
		.name = SVCHOST_NAME,
		.doc = "the services that are libraries: the HGS client, the time provider",
		.modules = svchost_modules,
	};

	return process_main(&svchost, argc, argv);
}
