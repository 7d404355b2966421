/*
 * The list of processes, and what follows from it.
 */
#include "vmms/processes.h"

#include <string.h>
#include <strings.h>

#include "drivers/protocol.h"
#include "drivers/tables.h"
#include "vmcompute/modules.h"
#include "vmcompute/protocol.h"
#include "vmms/modules.h"
#include "vmms/protocol.h"
#include "vmwp/modules.h"
#include "vmwp/protocol.h"

const struct host_process host_processes[] = {
	{
	    .name = KERNEL_NAME,
	    .program = KERNEL_NAME,
	    .doc = "the kernel and its drivers",
	    .modules = drivers,
	    .boots = true,
	},
	{
	    .name = COMPUTE_NAME,
	    .program = COMPUTE_NAME,
	    .doc = "the Host Compute Service",
	    .modules = vmcompute_modules,
	    .boots = true,
	},
	{
	    .name = SVCHOST_NAME,
	    .program = SVCHOST_NAME,
	    .doc = "services that are libraries",
	    .modules = svchost_modules,
	    .boots = true,
	},
	{
	    .name = VMMS_NAME,
	    .program = VMMS_NAME,
	    .doc = "the virtual machine management service",
	    .modules = vmms_modules,
	    .boots = true,
	},
	{
	    .name = WORKER_PREFIX,
	    .program = WORKER_PROGRAM,
	    .doc = "the worker process of a virtual machine",
	    .modules = vmwp_modules,
	    .workers = true,
	},
	{
	    .name = "client",
	    .doc = "the management client, which reads what it needs when it needs it",
	    .modules = client_modules,
	},
	{ 0 },
};

#define TABLES_MAX 512u

static bool
has_table(
    const struct tunable_table *const *tables, size_t count, const struct tunable_table *table)
{
	for (size_t i = 0; i < count; i++) {
		if (tables[i] == table)
			return true;
	}
	return false;
}

/* Add a module's tables that are not there yet; false if there are too many. */
static bool
add_tables(const struct tunable_table **tables, size_t *count, const struct module *module)
{
	for (size_t i = 0; i < module->table_count; i++) {
		if (has_table(tables, *count, module->tables[i]))
			continue;
		if (*count == TABLES_MAX)
			return false;
		tables[(*count)++] = module->tables[i];
	}
	return true;
}

bool
host_catalog_init(struct tunable_catalog *ret_catalog, struct buf *error)
{
	const struct tunable_table *tables[TABLES_MAX];
	size_t count = 0;

	for (const struct host_process *process = host_processes; process->name != NULL;
	     process++) {
		for (const struct module *const *module = process->modules; *module != NULL;
		     module++) {
			if (!add_tables(tables, &count, *module)) {
				buf_append_text(error, "the host has too many tables");
				return false;
			}
		}
	}
	return tunable_catalog_init(tables, count, ret_catalog, error);
}

const struct host_process *
host_process_find(const char *word)
{
	for (const struct host_process *process = host_processes; process->name != NULL;
	     process++) {
		if (process->program != NULL && strcasecmp(process->program, word) == 0)
			return process;
	}
	return NULL;
}

const struct module *
host_module_find(const char *word, const struct host_process **ret_process)
{
	for (const struct host_process *process = host_processes; process->name != NULL;
	     process++) {
		for (const struct module *const *module = process->modules; *module != NULL;
		     module++) {
			if (!module_is(*module, word))
				continue;
			if (ret_process != NULL)
				*ret_process = process;
			return *module;
		}
	}
	return NULL;
}

lstatus
host_install(struct registry *registry)
{
	return driver_install_services(registry);
}
