/*
 * The processes of a host and their modules: what the host's commands walk over.
 */
#ifndef VMMS_PROCESSES_H
#define VMMS_PROCESSES_H

#include "hvloader/protocol.h"
#include "regstore/tunable/module.h"

struct host_process {
	const char *name;    /* "ntoskrnl": of its socket; the prefix of workers' names for vmwp */
	const char *program; /* that is started; NULL: not a process of its own */
	const char *doc;
	const struct module *const *modules; /* ends with NULL */
	bool boots;                          /* "hvctl up" starts it */
	bool workers;                        /* there is one for each virtual machine that runs */
};

extern const struct host_process host_processes[]; /* in the order of their start; name NULL ends */

/* Index every table of every module, each once. As tunable_catalog_init. */
bool host_catalog_init(struct tunable_catalog *ret_catalog, struct buf *error);

/* The process that a word names, without case; NULL if there is none. */
const struct host_process *host_process_find(const char *word);

/*
 * The module that a word names (see module_is); NULL if there is none. *ret_process (or NULL): the
 * first process that has it.
 */
const struct module *host_module_find(const char *word, const struct host_process **ret_process);

/*
 * What a boot would find now: the words of the conditions that the boot configuration, the registry
 * and the machine decide together. The loader's own merge, without a boot.
 */
struct host_conditions {
	struct launch_word words[LAUNCH_WORDS];
};

ntstatus host_conditions_read(struct registry *registry, const struct tunable_catalog *catalog,
    struct host_conditions *ret_conditions);

/* The word of a condition, without case; NULL if it is none of those. */
const char *host_condition(const struct host_conditions *conditions, const char *name);

/*
 * The services of all modules, for those without one the module's name: at most `max - 1`; the list
 * ends with NULL.
 */
void host_services(const char **ret_services, size_t max);

/* Make the keys that Windows' setup makes: those of the services. */
lstatus host_install(struct registry *registry);

#endif
