/*
 * vmwp.exe: the virtual machine worker process (reference 1.1, 1.2, 1.4).
 */
#include "vmwp/modules.h"

static ntstatus
vmwp_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

const struct module vmwp_module = {
	.name = "vmwp",
	.image = "vmwp.exe",
	.doc = "Virtual machine worker process.",
	.entry = vmwp_entry,
};

const struct module *const vmwp_modules[] = {
	&vmwp_module,
	&vsconfig_module,
	NULL,
};
