/*
 * The drivers that have no configuration of their own (reference 2.10): they make no registry call
 * against their service key and go by the state of their VMBus channel, or by what vmms asks of
 * them. They are here so that who looks for their settings finds that there are none.
 *
 * The reference names images only; each service is taken to bear its image's name.
 */
#include "drivers/tables.h"

static ntstatus
entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

static void
status(const struct module_object *object UNUSED, json_t *state)
{
	json_object_set_new(state, "configuration",
	    json_string("none: its VMBus channel and requests of vmms.exe decide"));
}

const struct module unconfigured_drivers[UNCONFIGURED_COUNT] = {
	[UNCONFIGURED_DMVSC] = {
	    .name = "dmvsc",
	    .image = "dmvsc.sys",
	    .service = "dmvsc",
	    .doc = "Dynamic memory client; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_VMGENCOUNTER] = {
	    .name = "vmgencounter",
	    .image = "vmgencounter.sys",
	    .service = "vmgencounter",
	    .doc = "VM generation counter; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_VMGID] = {
	    .name = "vmgid",
	    .image = "vmgid.sys",
	    .service = "vmgid",
	    .doc = "Guest infrastructure driver; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_VMSVCEXT] = {
	    .name = "vmsvcext",
	    .image = "vmsvcext.sys",
	    .service = "vmsvcext",
	    .doc = "Extension of the virtual machine service; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_LUNPARSER] = {
	    .name = "lunparser",
	    .image = "lunparser.sys",
	    .service = "lunparser",
	    .doc = "Parser of physical disks; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_NDISVIRTUALBUS] = {
	    .name = "NdisVirtualBus",
	    .image = "NdisVirtualBus.sys",
	    .service = "NdisVirtualBus",
	    .doc = "Bus of virtual network adapters; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_VMSPROXY] = {
	    .name = "VmsProxy",
	    .image = "VmsProxy.sys",
	    .service = "VmsProxy",
	    .doc = "Proxy of the virtual switch; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_VMSPROXYHNIC] = {
	    .name = "VmsProxyHNic",
	    .image = "VmsProxyHNic.sys",
	    .service = "VmsProxyHNic",
	    .doc = "Proxy of the virtual switch for the host's adapter; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_HVSOCKETCONTROL] = {
	    .name = "hvsocketcontrol",
	    .image = "hvsocketcontrol.sys",
	    .service = "hvsocketcontrol",
	    .doc = "Control of hypervisor sockets; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_PASSTHRUPARSER] = {
	    .name = "passthruparser",
	    .image = "passthruparser.sys",
	    .service = "passthruparser",
	    .doc = "Parser of pass-through disks; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_VPCIVSP] = {
	    .name = "vpcivsp",
	    .image = "vpcivsp.sys",
	    .service = "vpcivsp",
	    .doc = "Backend of discrete device assignment; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
	[UNCONFIGURED_VMBUSHID] = {
	    .name = "VMBusHID",
	    .image = "VMBusHID.sys",
	    .service = "VMBusHID",
	    .doc = "Synthetic input device; reads nothing.",
	    .entry = entry,
	    .status = status,
	},
};
