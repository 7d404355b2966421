/*
 * What the drivers of the VMBus have in common (reference 2.3).
 */
#ifndef DRIVERS_VMBUS_H
#define DRIVERS_VMBUS_H

#include "regstore/tunable/module.h"

#define VMBUS_SERVICE "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vmbus"

/*
 * Keys that stand for those which the reference leaves open. Windows keeps a device's parameters
 * below its instance, and an interface's below its class, device and reference string.
 */
#define VMBUS_DEVICE_PARAMETERS                                                                    \
	"HKLM\\SYSTEM\\CurrentControlSet\\Enum\\VMBUS\\<type>\\<instance>\\Device Parameters"
#define VMBUS_DEVICE_INTERFACE                                                                     \
	"HKLM\\SYSTEM\\CurrentControlSet\\Control\\DeviceClasses\\{interface class}\\<device>"     \
	"\\<reference>\\Device Parameters"
#define VMBUS_INTERFACE_CLASS 5 /* components of the key of an interface */

struct vmbus_channel {
	struct tunable_number dedicated_processor;
};

/* The rows of a channel's device, which vmbus.sys and vmbusr.sys read both. */
#define VMBUS_CHANNEL_ROWS 1
extern const struct tunable vmbus_channel_rows[VMBUS_CHANNEL_ROWS];

/* Read the rows of a channel's device. */
ntstatus vmbus_setup_channel(
    struct module_object *object, const struct tunable_table *table, const char *key);

/* The channels that were set up. */
json_t *vmbus_channels(const struct module_object *object, const struct tunable_table *table);

#endif
