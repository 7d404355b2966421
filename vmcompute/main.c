/*
 * vmcompute: the Host Compute Service.
 */
#include "regstore/svc/process.h"
#include "vmcompute/modules.h"
#include "vmcompute/protocol.h"

int
main(int argc, char **argv)
{
	struct process compute = {
		.name = COMPUTE_NAME,
		.doc = "the Host Compute Service",
		.modules = vmcompute_modules,
	};

	return process_main(&compute, argc, argv);
}
