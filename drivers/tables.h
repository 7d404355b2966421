/*
 * All drivers of the kernel process and all their tables, for those who walk over them.
 */
#ifndef DRIVERS_TABLES_H
#define DRIVERS_TABLES_H

#include "regstore/tunable/module.h"

extern const struct module *const drivers[]; /* ends with NULL */

extern const struct module vhdmp_driver;
extern const struct module storvsp_driver;
extern const struct module vmswitch_driver;

/* Make the service keys that Windows' setup makes for the drivers (Start, Type, ImagePath, ...). */
lstatus driver_install_services(struct registry *registry);

#endif
