/*
 * The modules of the Host Compute Service, and of the services that Windows runs in svchost.
 */
#ifndef VMCOMPUTE_MODULES_H
#define VMCOMPUTE_MODULES_H

#include "regstore/tunable/module.h"

extern const struct module *const vmcompute_modules[]; /* ends with NULL */
extern const struct module *const svchost_modules[];   /* ends with NULL */

extern const struct module vmcompute_module; /* vmcompute.exe */

#endif
