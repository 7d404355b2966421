/*
 * What the two kernel-mode client libraries of the VMBus have in common (reference 2.3).
 */
#ifndef DRIVERS_VMBKMCL_H
#define DRIVERS_VMBKMCL_H

#include "regstore/tunable/module.h"

#define VMBKMCL_SERVICE "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vmbkmcl"

struct vmbkmcl_image {
	struct tunable_text image_path;
};

/* The rows of the service key, which vmbkmcl.sys and vmbkmclr.sys read both. */
#define VMBKMCL_IMAGE_ROWS 1
extern const struct tunable vmbkmcl_image_rows[VMBKMCL_IMAGE_ROWS];

/* Read the image that telemetry asserts are reported for. */
ntstatus
InitializeTelemetryAssertsKM(struct module_object *object, const struct tunable_table *table);

/* What an assert's report names: the image, and the file's name in it. */
json_t *vmbkmcl_telemetry(const struct module_object *object, const struct tunable_table *table);

#endif
