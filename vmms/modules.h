/*
 * The modules of the management service, and of the client.
 */
#ifndef VMMS_MODULES_H
#define VMMS_MODULES_H

#include "regstore/tunable/module.h"

extern const struct module *const vmms_modules[];   /* ends with NULL */
extern const struct module *const client_modules[]; /* in no process of the host; ends with NULL */

extern const struct module vmms_module;      /* vmms.exe */
extern const struct module netmgmtif_module; /* NetMgmtIF.dll */
extern const struct module vmwpctrl_module;  /* vmwpctrl.dll */
extern const struct module client_module;    /* Microsoft.Virtualization.Client.dll */

#endif
