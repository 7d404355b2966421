/*
 * All drivers of the kernel process and all their tables, for those who walk over them.
 */
#ifndef DRIVERS_TABLES_H
#define DRIVERS_TABLES_H

#include "drivers/driver.h"

extern const struct driver *const drivers[]; /* ends with NULL */

extern const struct driver vhdmp_driver;
extern const struct driver storvsp_driver;
extern const struct driver vmswitch_driver;

/* Index every table of every driver. As tunable_catalog_init. */
bool driver_catalog_init(struct tunable_catalog *ret_catalog, struct buf *error);

/* The driver of a name ("vhdmp", "vhdmp.sys", "VmsMp"), without case; NULL if there is none. */
const struct driver *driver_find(const char *name);

/* Make the service keys that Windows' setup makes for the drivers (Start, Type, ImagePath, ...). */
lstatus driver_install_services(struct registry *registry);

#endif
