/*
 * vmdynmem.dll: dynamic memory (reference 1.9, PerformanceTracing).
 */
#include "vmwp/modules.h"
#include "vmwp/shared.h"

struct vmdynmem_tracing {
	struct tunable_number performance_tracing;
};

static const struct tunable tracing_rows[] = {
	{
	    .name = "(subkey)",
	    .type = TYPE_ANY,
	    .into = NUMBER_FIELD(struct vmdynmem_tracing, performance_tracing),
	    .shape = SHAPE_SUBKEY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Further tracing of performance, while the key is there.",
	},
};

static const struct tunable_table tracing_table = {
	.name = "vmdynmem.tracing",
	.owner = "vmdynmem.dll",
	.key = VIRTUALIZATION_KEY "\\PerformanceTracing",
	.section = "1.9",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = tracing_rows,
	.count = ARRAY_SIZE(tracing_rows),
	.state_size = sizeof(struct vmdynmem_tracing),
};

static const struct tunable_table *const tables[] = { &tracing_table };

static ntstatus
vmdynmem_entry(struct module_object *object)
{
	return module_load(object, &tracing_table, NULL);
}

static void
vmdynmem_status(const struct module_object *object, json_t *state)
{
	const struct vmdynmem_tracing *tracing = module_state(object, &tracing_table);

	json_object_set_new(
	    state, "performance_tracing", json_boolean(tracing->performance_tracing.value != 0));
}

const struct module vmdynmem_module = {
	.name = "vmdynmem",
	.image = "vmdynmem.dll",
	.doc = "Dynamic memory.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmdynmem_entry,
	.status = vmdynmem_status,
};
