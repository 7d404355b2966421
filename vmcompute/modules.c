/*
 * What the two processes load, in this order.
 */
#include "vmcompute/modules.h"

const struct module *const vmcompute_modules[] = {
	&vmcompute_module,
	&vmusrv_module,
	&computecore_module,
	NULL,
};

const struct module *const svchost_modules[] = {
	&hgclientservice_module,
	&vmictimeprovider_module,
	NULL,
};
