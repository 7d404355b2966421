/*
 * The modules of a worker process, and the libraries that other processes load too.
 *
 * A worker is started as Windows starts vmwp.exe: with the virtual machine's GUID as its first
 * argument. Its name, its socket and its log are "vmwp-GUID".
 */
#ifndef VMWP_MODULES_H
#define VMWP_MODULES_H

#include "regstore/tunable/module.h"

extern const struct module *const vmwp_modules[]; /* ends with NULL */

extern const struct module vmwp_module;          /* vmwp.exe */
extern const struct module vsconfig_module;      /* vsconfig.dll: in vmms too */
extern const struct module vmsynthnic_module;    /* VmSynthNic.dll */
extern const struct module icsvc_module;         /* icsvc.dll */
extern const struct module icsvcvss_module;      /* icsvcvss.dll */
extern const struct module vmchipset_module;     /* vmchipset.dll */
extern const struct module vmdynmem_module;      /* vmdynmem.dll */
extern const struct module vmflexio_module;      /* vmflexio.dll */
extern const struct module vmicrdv_module;       /* vmicrdv.dll */
extern const struct module vmsynthfcvdev_module; /* vmsynthfcvdev.dll */
extern const struct module vmsynthstor_module;   /* vmsynthstor.dll */

#endif
