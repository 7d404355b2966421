/*
 * All drivers of the kernel process and all their tables, for those who walk over them.
 */
#ifndef DRIVERS_TABLES_H
#define DRIVERS_TABLES_H

#include "regstore/tunable/module.h"

extern const struct module *const drivers[]; /* ends with NULL */

extern const struct module winhv_driver;
extern const struct module winhvr_driver;
extern const struct module hvservice_driver;
extern const struct module hvcrash_driver;
extern const struct module vid_driver;
extern const struct module vmbusr_driver;
extern const struct module vmbus_driver;
extern const struct module vmbkmclr_driver;
extern const struct module vmbkmcl_driver;
extern const struct module hvsocket_driver;
extern const struct module vdrvroot_driver;
extern const struct module vmstorfl_driver;
extern const struct module wcifs_driver;
extern const struct module vhdmp_driver;
extern const struct module vhdparser_driver;
extern const struct module pvhdparser_driver;
extern const struct module storvsp_driver;
extern const struct module storvsc_driver;
extern const struct module vmswitch_driver;
extern const struct module pcip_driver;
extern const struct module hypervideo_driver;
extern const struct module hyperkbd_driver;
extern const struct module ramparser_driver;
extern const struct module vmbusproxy_driver;

/* The drivers that read nothing. */
enum unconfigured {
	UNCONFIGURED_DMVSC,
	UNCONFIGURED_VMGENCOUNTER,
	UNCONFIGURED_VMGID,
	UNCONFIGURED_VMSVCEXT,
	UNCONFIGURED_LUNPARSER,
	UNCONFIGURED_NDISVIRTUALBUS,
	UNCONFIGURED_VMSPROXY,
	UNCONFIGURED_VMSPROXYHNIC,
	UNCONFIGURED_HVSOCKETCONTROL,
	UNCONFIGURED_PASSTHRUPARSER,
	UNCONFIGURED_VPCIVSP,
	UNCONFIGURED_VMBUSHID,
	UNCONFIGURED_COUNT,
};
extern const struct module unconfigured_drivers[UNCONFIGURED_COUNT];

/* Make the service keys that Windows' setup makes for the drivers (Start, Type, ImagePath, ...). */
lstatus driver_install_services(struct registry *registry);

#endif
