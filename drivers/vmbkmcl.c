/*
 * vmbkmcl.sys: the kernel-mode client library of the VMBus (reference 2.3).
 *
 * InitializeTelemetryAssertsKM reads the path of the image from the service key; the library of the
 * root partition (vmbkmclr.c) does the same.
 */
#include "drivers/vmbkmcl.h"

#include <string.h>

#include "drivers/status.h"
#include "drivers/tables.h"
#include "regstore/tunable/view.h"

const struct tunable vmbkmcl_image_rows[VMBKMCL_IMAGE_ROWS] = {
	{
	    .name = "ImagePath",
	    .type = REG_EXPAND_SZ,
	    .into = TEXT_FIELD(struct vmbkmcl_image, image_path),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "path",
	    .doc = "Image of the client library, which reports of telemetry asserts name.",
	},
};

static const struct tunable_table image_table = {
	.name = "vmbkmcl.image",
	.owner = "vmbkmcl.sys",
	.key = VMBKMCL_SERVICE,
	.section = "2.3",
	.reader = "InitializeTelemetryAssertsKM",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = vmbkmcl_image_rows,
	.count = VMBKMCL_IMAGE_ROWS,
	.state_size = sizeof(struct vmbkmcl_image),
};

static const struct tunable_table *const tables[] = { &image_table };

ntstatus
InitializeTelemetryAssertsKM(struct module_object *object, const struct tunable_table *table)
{
	return module_load(object, table, NULL);
}

static ntstatus
vmbkmcl_entry(struct module_object *object)
{
	return InitializeTelemetryAssertsKM(object, &image_table);
}

json_t *
vmbkmcl_telemetry(const struct module_object *object, const struct tunable_table *table)
{
	const struct vmbkmcl_image *image = module_state(object, table);
	const char *path = image->image_path.text;
	const char *slash = path != NULL ? strrchr(path, '\\') : NULL;

	return json_pack("{s:o, s:o}", "image", status_text(image->image_path), "component",
	    path != NULL ? tunable_json_text(slash != NULL ? slash + 1 : path) : json_null());
}

static void
vmbkmcl_status(const struct module_object *object, json_t *state)
{
	json_object_set_new(state, "telemetry", vmbkmcl_telemetry(object, &image_table));
}

const struct module vmbkmcl_driver = {
	.name = "vmbkmcl",
	.image = "vmbkmcl.sys",
	.service = "vmbkmcl",
	.doc = "Kernel-mode client library of the VMBus.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmbkmcl_entry,
	.status = vmbkmcl_status,
};
