/*
 * The modules of the Host Compute Service, and of the services that Windows runs in svchost.
 */
#ifndef VMCOMPUTE_MODULES_H
#define VMCOMPUTE_MODULES_H

#include "regstore/tunable/module.h"

extern const struct module *const vmcompute_modules[]; /* ends with NULL */
extern const struct module *const svchost_modules[];   /* ends with NULL */

extern const struct module vmcompute_module;        /* vmcompute.exe */
extern const struct module vmusrv_module;           /* vmusrv.dll */
extern const struct module computecore_module;      /* computecore.dll */
extern const struct module hgclientservice_module;  /* hgclientservice.dll */
extern const struct module vmictimeprovider_module; /* vmictimeprovider.dll */

#endif
