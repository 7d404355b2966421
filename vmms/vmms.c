/*
 * vmms.exe: the virtual machine management service (reference 1.1, 1.2, 1.4 to 1.7, 1.13, 3).
 */
#include "vmms/modules.h"
#include "vmwp/modules.h"

static ntstatus
vmms_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

const struct module vmms_module = {
	.name = "vmms",
	.image = "vmms.exe",
	.service = "vmms",
	.doc = "Virtual machine management service.",
	.entry = vmms_entry,
};

const struct module *const vmms_modules[] = {
	&vmms_module,
	&vsconfig_module,
	NULL,
};

const struct module *const client_modules[] = {
	NULL,
};
