/*
 * ntoskrnl: the kernel of a host, with all its drivers.
 */
#include "drivers/protocol.h"
#include "drivers/tables.h"
#include "regstore/svc/process.h"

static bool
boot_registry(struct svc *svc)
{
	lstatus status = registry_boot(svc->registry);

	if (!lstatus_ok(status))
		svc_failed(svc, "the registry does not boot: %s", lstatus_text(status));
	return lstatus_ok(status);
}

static const struct svc_stage before[] = {
	{ "registry", boot_registry, NULL },
	{ 0 },
};

int
main(int argc, char **argv)
{
	struct process kernel = {
		.name = KERNEL_NAME,
		.doc = "the kernel of a host: its drivers and what they make of their tunables",
		.modules = drivers,
		.before = before,
		.drivers = true,
	};

	return process_main(&kernel, argc, argv);
}
