/*
 * vmcompute.exe: the Host Compute Service (reference 1.3, 1.8, 1.13).
 */
#include "vmcompute/modules.h"

static ntstatus
vmcompute_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

const struct module vmcompute_module = {
	.name = "vmcompute",
	.image = "vmcompute.exe",
	.doc = "Host Compute Service.",
	.entry = vmcompute_entry,
};

const struct module *const vmcompute_modules[] = {
	&vmcompute_module,
	NULL,
};

const struct module *const svchost_modules[] = {
	NULL,
};
