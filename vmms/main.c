/*
 * vmms: the virtual machine management service of a host.
 */
#include "regstore/svc/process.h"
#include "vmms/modules.h"
#include "vmms/protocol.h"

int
main(int argc, char **argv)
{
	struct process vmms = {
		.name = VMMS_NAME,
		.doc = "the virtual machine management service",
		.modules = vmms_modules,
	};

	return process_main(&vmms, argc, argv);
}
