/*
 * The list of processes, and what follows from it.
 */
#include "vmms/processes.h"

#include <string.h>
#include <strings.h>

#include "drivers/protocol.h"
#include "drivers/tables.h"
#include "hvloader/hvloader.h"
#include "hvloader/machine.h"
#include "hvloader/services.h"
#include "regstore/base/utf16.h"
#include "regstore/bcd/bcd.h"
#include "vmcompute/modules.h"
#include "vmcompute/protocol.h"
#include "vmms/modules.h"
#include "vmms/protocol.h"
#include "vmwp/modules.h"
#include "vmwp/protocol.h"

const struct host_process host_processes[] = {
	{
	    .name = HVLOADER_NAME,
	    .program = HVLOADER_NAME,
	    .doc = "the loader, which boots the host and keeps it up",
	    .modules = hvloader_modules,
	    .boots = true,
	},
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

void
host_services(const char **ret_services, size_t max)
{
	size_t count = 0;

	for (const struct host_process *process = host_processes; process->name != NULL;
	     process++) {
		for (const struct module *const *at = process->modules;
		     *at != NULL && count + 1 < max; at++)
			ret_services[count++] =
			    (*at)->service != NULL ? (*at)->service : (*at)->name;
	}
	ret_services[count] = NULL;
}

/* --- Conditions
 * ----------------------------------------------------------------------------------- */

static const char *
fact_of(void *context, const char *name)
{
	return machine_fact(context, name);
}

ntstatus
host_conditions_read(struct registry *registry, const struct tunable_catalog *catalog,
    struct host_conditions *ret_conditions)
{
	struct machine_facts facts;
	struct module_object object = {
		.module = &hvloader_module,
		.registry = registry,
		.catalog = catalog,
		.state = fact_of,
		.state_context = &facts,
	};
	struct launch_block block;
	ntstatus status;

	machine_facts_read(registry, &facts);
	status = HvlLoadHypervisor(&object, &block);
	module_release(&object);
	if (ntstatus_ok(status))
		launch_block_words(&block, ret_conditions->words);
	return status;
}

const char *
host_condition(const struct host_conditions *conditions, const char *name)
{
	for (size_t i = 0; i < LAUNCH_WORDS; i++) {
		if (strcasecmp(conditions->words[i].name, name) == 0)
			return conditions->words[i].word;
	}
	return NULL;
}

/* --- Setup
 * ---------------------------------------------------------------------------------------- */

/* What setup writes of a service. Starts and dependencies are Windows'; failure actions are
 * assumed: again after a second, twice within a day. */
static const struct {
	const char *name;
	const char *display_name;
	const char *image;
	uint32_t type;
	uint32_t start;
	const char *depends;
} services[] = {
	{ "vmms", "Hyper-V Virtual Machine Management", "%systemroot%\\system32\\vmms.exe",
	    SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, "vmcompute" },
	{ "vmcompute", "Hyper-V Host Compute Service", "%systemroot%\\system32\\vmcompute.exe",
	    SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, NULL },
	{ "HgClientService", "Host Guardian Client Service",
	    "%systemroot%\\system32\\svchost.exe -k LocalServiceNetworkRestricted -p",
	    SERVICE_WIN32_SHARE_PROCESS, SERVICE_DEMAND_START, NULL },
	{ "W32Time", "Windows Time", "%SystemRoot%\\system32\\svchost.exe -k LocalService",
	    SERVICE_WIN32_SHARE_PROCESS, SERVICE_AUTO_START, NULL },
};

static lstatus
set_failure_actions(struct registry *registry, reg_key key)
{
	static const struct failure_actions actions = {
		.reset_s = 86400,
		.count = 3,
		.actions = { { SC_ACTION_RESTART, 1000 }, { SC_ACTION_RESTART, 1000 },
		    { SC_ACTION_NONE, 0 } },
	};
	struct buf data = { 0 };
	lstatus status;

	failure_actions_encode(&actions, &data);
	status = data.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                     : registry_set_value(registry, key, "FailureActions", REG_BINARY,
	                           data.data, data.size);
	buf_release(&data);
	return status;
}

static lstatus
set_depends(struct registry *registry, reg_key key, const char *name)
{
	struct buf data = { 0 };
	lstatus status;

	if (name == NULL)
		return LSTATUS(ERROR_SUCCESS);
	utf16_from_utf8(name, strlen(name), &data);
	buf_append(&data, "\0\0\0\0", 4);
	status = data.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                     : registry_set_value(registry, key, "DependOnService", REG_MULTI_SZ,
	                           data.data, data.size);
	buf_release(&data);
	return status;
}

static lstatus
install_service(struct registry *registry, size_t index)
{
	struct buf path = { 0 };
	bool created = false;
	reg_key key;
	lstatus status;

	buf_printf(&path, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\%s", services[index].name);
	status = registry_create_key(registry, NULL, buf_text(&path), 0, &key, &created);
	buf_release(&path);
	/* A key may be there for what is below it; then it is no service yet. */
	if (lstatus_ok(status) && !created &&
	    lstatus_ok(registry_query_value(registry, key, "ImagePath", NULL, NULL)))
		return status;
	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "Type", services[index].type);
	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "Start", services[index].start);
	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "ErrorControl", 1);
	if (lstatus_ok(status))
		status = registry_set_text(
		    registry, key, "ImagePath", REG_EXPAND_SZ, services[index].image);
	if (lstatus_ok(status))
		status = registry_set_text(
		    registry, key, "DisplayName", REG_SZ, services[index].display_name);
	if (lstatus_ok(status))
		status = set_depends(registry, key, services[index].depends);
	return lstatus_ok(status) ? set_failure_actions(registry, key) : status;
}

lstatus
host_install(struct registry *registry)
{
	lstatus status = driver_install_services(registry);

	if (lstatus_ok(status))
		status = bcd_install(registry);
	if (lstatus_ok(status))
		status = registry_begin(registry, "services of the host");
	if (!lstatus_ok(status))
		return status;
	for (size_t i = 0; i < ARRAY_SIZE(services) && lstatus_ok(status); i++)
		status = install_service(registry, i);
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}
