/*
 * The list of drivers, and what follows from it.
 */
#include "drivers/tables.h"

const struct module *const drivers[] = {
	&winhv_driver,
	&winhvr_driver,
	&hvservice_driver,
	&hvcrash_driver,
	&vid_driver,
	&vmbusr_driver,
	&vmbus_driver,
	&vmbkmclr_driver,
	&vmbkmcl_driver,
	&hvsocket_driver,
	&vdrvroot_driver,
	&vmstorfl_driver,
	&wcifs_driver,
	&vhdmp_driver,
	&vhdparser_driver,
	&pvhdparser_driver,
	&storvsp_driver,
	&storvsc_driver,
	&vmswitch_driver,
	&pcip_driver,
	&hypervideo_driver,
	&hyperkbd_driver,
	&ramparser_driver,
	&vmbusproxy_driver,
	&unconfigured_drivers[UNCONFIGURED_DMVSC],
	&unconfigured_drivers[UNCONFIGURED_VMGENCOUNTER],
	&unconfigured_drivers[UNCONFIGURED_VMGID],
	&unconfigured_drivers[UNCONFIGURED_VMSVCEXT],
	&unconfigured_drivers[UNCONFIGURED_LUNPARSER],
	&unconfigured_drivers[UNCONFIGURED_NDISVIRTUALBUS],
	&unconfigured_drivers[UNCONFIGURED_VMSPROXY],
	&unconfigured_drivers[UNCONFIGURED_VMSPROXYHNIC],
	&unconfigured_drivers[UNCONFIGURED_HVSOCKETCONTROL],
	&unconfigured_drivers[UNCONFIGURED_PASSTHRUPARSER],
	&unconfigured_drivers[UNCONFIGURED_VPCIVSP],
	&unconfigured_drivers[UNCONFIGURED_VMBUSHID],
	NULL,
};

/* Service values by winnt.h: a kernel driver, started on demand, whose failure is logged. */
#define SERVICE_KERNEL_DRIVER 1
#define SERVICE_DEMAND_START  3
#define SERVICE_ERROR_NORMAL  1

static lstatus
install_service(struct registry *registry, const struct module *driver)
{
	struct buf path = { 0 };
	struct buf image = { 0 };
	reg_key key;
	bool created;
	lstatus status;

	buf_printf(&path, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\%s", driver->service);
	buf_printf(&image, "\\SystemRoot\\System32\\drivers\\%s", driver->image);
	status = registry_create_key(registry, NULL, buf_text(&path), 0, &key, &created);
	if (lstatus_ok(status) && created) {
		status = registry_set_dword(registry, key, "Type", SERVICE_KERNEL_DRIVER);
		if (lstatus_ok(status))
			status = registry_set_dword(registry, key, "Start", SERVICE_DEMAND_START);
		if (lstatus_ok(status))
			status =
			    registry_set_dword(registry, key, "ErrorControl", SERVICE_ERROR_NORMAL);
		if (lstatus_ok(status))
			status = registry_set_text(
			    registry, key, "ImagePath", REG_EXPAND_SZ, buf_text(&image));
	}
	buf_release(&path);
	buf_release(&image);
	return status;
}

lstatus
driver_install_services(struct registry *registry)
{
	lstatus status = registry_begin(registry, "services of the drivers");

	for (const struct module *const *driver = drivers; *driver != NULL && lstatus_ok(status);
	     driver++)
		status = install_service(registry, *driver);
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}
