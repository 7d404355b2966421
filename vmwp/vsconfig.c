/*
 * vsconfig.dll: the facade VirtualizationSettings over the host-wide settings (reference 1.12).
 */
#include "vmwp/modules.h"

static ntstatus
vsconfig_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

const struct module vsconfig_module = {
	.name = "vsconfig",
	.image = "vsconfig.dll",
	.doc = "Host-wide virtualization settings.",
	.entry = vsconfig_entry,
};
