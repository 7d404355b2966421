/*
 * A process of modules: a daemon that loads a list of modules at its start and answers for them.
 *
 * Its control socket has, beside the daemon's own methods (svc.h) and those of the process:
 * modules, tunables, conditions, load, unload, restart, reload, add-device and call; the method
 * `methods` lists them with their parameters.
 */
#ifndef REGSTORE_SVC_PROCESS_H
#define REGSTORE_SVC_PROCESS_H

#include "regstore/svc/svc.h"
#include "regstore/tunable/module.h"

#define PROCESS_MODULES_MAX 128u

#define PROCESS_HOST_ROOT "host-root" /* the condition whose word is the host's folder */

struct process {
	/* Set before process_main. */
	const char *name; /* "vmms": of the socket and the log; also as in `tunables` */
	const char *doc;  /* one line for --help */
	const struct module *const *modules; /* loaded in this order; ends with NULL */
	const struct svc_stage
	    *before;                   /* stages before the modules; ends with name NULL; or NULL */
	const struct svc_stage *after; /* and after them */
	const struct svc_method *methods; /* beside the common ones; ends with name NULL; or NULL */
	bool drivers; /* modules can be loaded and unloaded while the process runs */
	/* The word of a condition of the host, as in struct module_object; or NULL. */
	const char *(*state)(struct process *process, const char *name);
	void (*changed)(struct process *process); /* some registry watch was marked; or NULL */
	void *self;                               /* the process's own state */

	/* Valid from the first stage on. */
	struct svc *svc;
	struct module_object *objects;
	size_t count;
};

/* The process's main. Returns the exit status. */
int process_main(struct process *process, int argc, char **argv);

/* The process that a daemon is. */
struct process *process_of(struct svc *svc);

/* The module of a name ("vhdmp", "vhdmp.sys", its service), without case; NULL if there is none. */
struct module_object *process_module(struct process *process, const char *name);

#endif
