/*
 * vmms: the virtual machine management service of a host.
 */
#include "regstore/svc/process.h"
#include "vmms/modules.h"
#include "vmms/protocol.h"
#include "vmms/worker.h"

static const struct svc_stage after[] = {
	{ "workers", workers_up, workers_down },
	{ 0 },
};

int
main(int argc, char **argv)
{
	struct process vmms = {
		.name = VMMS_NAME,
		.doc = "the virtual machine management service",
		.modules = vmms_modules,
		.after = after,
		.methods = worker_methods,
	};

	return process_main(&vmms, argc, argv);
}
