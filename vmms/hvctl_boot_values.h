/*
 * What a boot reads and no tunable is: how services are started, and which control set is the
 * current one.
 */
#ifndef VMMS_HVCTL_BOOT_VALUES_H
#define VMMS_HVCTL_BOOT_VALUES_H

#include "vmms/hvctl.h"

/*
 * Append a view (as mirror_views has them) of each such value that the registry has: Start, Type,
 * ImagePath, DependOnService and FailureActions of a service, and those of Select. False if the
 * registry cannot be read.
 */
bool boot_values_view(struct registry *registry, json_t *views);

#endif
