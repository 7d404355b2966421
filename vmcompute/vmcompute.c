/*
 * vmcompute.exe: the Host Compute Service (reference 1.8; 1.1, 1.3, 1.13 in part).
 *
 * The service keeps a pool of template virtual machines from which utility virtual machines are
 * made: as many as TemplateVmCount says. Here a template is a record; nothing runs.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/guid.h"
#include "vmcompute/internal.h"
#include "vmcompute/modules.h"
#include "vmwp/vml.h"

#define TEMPLATES_MAX 64u /* that one configuration may make: our bound */

struct containers_settings {
	struct tunable_number template_vm_count;
	struct tunable_number direct_map_range_size_mb;
	struct tunable_number processor_count;
	struct tunable_number shared_memory_size_mb;
};

struct service_settings {
	struct tunable_text server_executable;
};

static const struct tunable containers_rows[] = {
	{
	    .name = "TemplateVmCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct containers_settings, template_vm_count),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Template virtual machines that are kept ready.",
	},
	{
	    .name = "DirectMapRangeSizeMB",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct containers_settings, direct_map_range_size_mb),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "MB",
	    .doc = "Size of the direct-map range.",
	    .note = "It may live in a subkey whose values are not listed; read as listed.",
	},
	{
	    .name = "ProcessorCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct containers_settings, processor_count),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Processors of a utility virtual machine.",
	},
	{
	    .name = "SharedMemorySizeMB",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct containers_settings, shared_memory_size_mb),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "MB",
	    .doc = "Shared memory of a utility virtual machine.",
	    .note = "It may live in a subkey whose values are not listed; read as listed.",
	},
};

static const struct tunable service_rows[] = {
	{
	    .name = "ServerExecutable",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct service_settings, server_executable),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "path",
	    .doc = "Program of the Host Compute Service's server.",
	},
};

static const struct tunable system_memory_rows[] = {
	{
	    .name = "*",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Memory tuning of the system.",
	    .note = "The reference names the key without the values that are read.",
	},
};

static const struct tunable_table containers_table = {
	.name = "vmcompute.containers",
	.owner = "vmcompute.exe",
	.key = CONTAINERS_KEY,
	.section = "1.8",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = containers_rows,
	.count = ARRAY_SIZE(containers_rows),
	.state_size = sizeof(struct containers_settings),
};

static const struct tunable_table service_table = {
	.name = "vmcompute.service",
	.owner = "vmcompute.exe",
	.key = VIRTUALIZATION_KEY,
	.section = "1.1",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = service_rows,
	.count = ARRAY_SIZE(service_rows),
	.state_size = sizeof(struct service_settings),
};

static const struct tunable_table system_memory_table = {
	.name = "vmcompute.system-memory",
	.owner = "vmcompute.exe",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management",
	.section = "1.13",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = system_memory_rows,
	.count = ARRAY_SIZE(system_memory_rows),
};

static const struct tunable_table *const tables[] = {
	&vml_vmcompute_table,
	&vml_vmcompute_levels_table,
	&containers_table,
	&containers_vmcompute[0],
	&containers_vmcompute[1],
	&containers_vmcompute[2],
	&containers_vmcompute[3],
	&containers_vmcompute[4],
	&service_table,
	&system_memory_table,
};

/* --- Templates
 * ------------------------------------------------------------------------------------ */

/* The templates that are ready, the oldest first. */
struct vmcompute {
	char templates[TEMPLATES_MAX][GUID_TEXT_SIZE];
	size_t count;
	size_t taken;
};

static void
fill_pool(const struct module_object *object, struct vmcompute *vmcompute)
{
	const struct containers_settings *settings = module_state(object, &containers_table);
	uint64_t wanted = number_or(settings->template_vm_count, 0);

	while (vmcompute->count < wanted && vmcompute->count < TEMPLATES_MAX &&
	       lstatus_ok(registry_new_guid(
	           object->registry, "template", vmcompute->templates[vmcompute->count]))) {
		vml_trace(object, VML_CHANNEL_OPERATIONS, VML_VERBOSE, "template %s is ready",
		    vmcompute->templates[vmcompute->count]);
		vmcompute->count++;
	}
	vml_trace(object, VML_CHANNEL_SETTINGS, VML_INFORMATION, "%zu templates are ready",
	    vmcompute->count);
}

/* Make a utility virtual machine of the oldest template, and another template in its place. */
static ntstatus
take_template(struct module_object *object, const char *argument, json_t *result)
{
	struct vmcompute *vmcompute = object->extension;
	const struct containers_settings *settings = module_state(object, &containers_table);

	if (argument[0] == '\0')
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	if (vmcompute->count == 0)
		return NTSTATUS(STATUS_NOT_FOUND);
	json_object_set_new(result, "template", json_string(vmcompute->templates[0]));
	json_object_set_new(result, "processors", number_json(settings->processor_count));
	json_object_set_new(
	    result, "shared_memory_mb", number_json(settings->shared_memory_size_mb));
	json_object_set_new(
	    result, "direct_map_mb", number_json(settings->direct_map_range_size_mb));
	vml_trace(object, VML_CHANNEL_OPERATIONS, VML_INFORMATION, "template %s goes to %s",
	    vmcompute->templates[0], argument);
	vmcompute->count--;
	vmcompute->taken++;
	memmove(vmcompute->templates[0], vmcompute->templates[1],
	    vmcompute->count * sizeof(vmcompute->templates[0]));
	fill_pool(object, vmcompute);
	return NTSTATUS(STATUS_SUCCESS);
}

/* --- Life
 * ----------------------------------------------------------------------------------------- */

static ntstatus
vmcompute_entry(struct module_object *object)
{
	static const struct tunable_table *const read_here[] = { &containers_table, &service_table,
		&system_memory_table };
	struct vmcompute *vmcompute;
	ntstatus status = Vml_load(object, &vml_vmcompute);

	for (size_t i = 0; i < ARRAY_SIZE(read_here) && ntstatus_ok(status); i++)
		status = module_load(object, read_here[i], NULL);
	if (ntstatus_ok(status))
		status = containers_load(object, containers_vmcompute);
	if (!ntstatus_ok(status))
		return status;
	vmcompute = calloc(1, sizeof(*vmcompute));
	if (vmcompute == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	fill_pool(object, vmcompute);
	object->extension = vmcompute;
	return status;
}

static void
vmcompute_unload(struct module_object *object)
{
	free(object->extension);
	object->extension = NULL;
}

static void
vmcompute_status(const struct module_object *object, json_t *state)
{
	const struct vmcompute *vmcompute = object->extension;
	const struct containers_settings *settings = module_state(object, &containers_table);
	const struct service_settings *service = module_state(object, &service_table);
	json_t *ready = json_array();

	for (size_t i = 0; i < vmcompute->count; i++)
		json_array_append_new(ready, json_string(vmcompute->templates[i]));
	json_object_set_new(state, "server", text_json(service->server_executable));
	json_object_set_new(state, "templates",
	    json_pack("{s:I, s:I, s:o}", "count", (json_int_t)vmcompute->count, "taken",
	        (json_int_t)vmcompute->taken, "ready", ready));
	json_object_set_new(state, "utility_vm",
	    json_pack("{s:o, s:o, s:o}", "processors", number_json(settings->processor_count),
	        "shared_memory_mb", number_json(settings->shared_memory_size_mb), "direct_map_mb",
	        number_json(settings->direct_map_range_size_mb)));
	containers_status(object, containers_vmcompute, state);
	vml_status(object, state);
}

static const struct module_operation operations[] = {
	{ "take-template", "make a utility virtual machine of a template, under the given name",
	    take_template },
	{ 0 },
};

const struct module vmcompute_module = {
	.name = "vmcompute",
	.image = "vmcompute.exe",
	.service = "vmcompute",
	.doc = "Host Compute Service.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmcompute_entry,
	.unload = vmcompute_unload,
	.status = vmcompute_status,
	.operations = operations,
};
