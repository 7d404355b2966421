/*
 * vdrvroot.sys: the root of virtual drives (reference 2.4).
 *
 * It registers itself as what file systems depend on if its parameters have a subkey; the subkey's
 * values do not count.
 */
#include "drivers/tables.h"

struct vdrvroot_dependency {
	struct tunable_number registered;
};

static const struct tunable_outcome registration = { .yes = "registered", .no = "not-registered" };

static const struct tunable dependency_rows[] = {
	{
	    .name = "(subkey)",
	    .type = TYPE_ANY,
	    .into = NUMBER_FIELD(struct vdrvroot_dependency, registered),
	    .shape = SHAPE_SUBKEY,
	    .outcome = &registration,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Register the dependency of file systems while this key is there.",
	},
};

static const struct tunable_table dependency_table = {
	.name = "vdrvroot.dependency",
	.owner = "vdrvroot.sys",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vdrvroot\\Parameters\\FsDepends",
	.section = "2.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = dependency_rows,
	.count = ARRAY_SIZE(dependency_rows),
	.state_size = sizeof(struct vdrvroot_dependency),
};

static const struct tunable_table *const tables[] = { &dependency_table };

static ntstatus
vdrvroot_entry(struct module_object *object)
{
	return module_load(object, &dependency_table, NULL);
}

static void
vdrvroot_status(const struct module_object *object, json_t *state)
{
	const struct vdrvroot_dependency *dependency = module_state(object, &dependency_table);

	json_object_set_new(state, "file_system_dependency",
	    json_string(dependency->registered.value != 0 ? registration.yes : registration.no));
}

const struct module vdrvroot_driver = {
	.name = "vdrvroot",
	.image = "vdrvroot.sys",
	.service = "vdrvroot",
	.doc = "Root of virtual drives.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vdrvroot_entry,
	.status = vdrvroot_status,
};
