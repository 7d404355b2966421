/*
 * vmwp GUID: the worker process of one virtual machine.
 *
 * What vmms decided for this start comes as a JSON object in HVEMU_WORKER_CONFIGURATION.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/guid.h"
#include "regstore/svc/process.h"
#include "vmwp/modules.h"
#include "vmwp/protocol.h"

#define EXIT_USAGE 2

static json_t *
configuration(void)
{
	const char *text = getenv("HVEMU_WORKER_CONFIGURATION");
	json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL;

	return json_is_object(json) ? json : json_object();
}

/* The conditions that a worker knows of its own machine. */
static const char *
worker_state(struct process *process, const char *name)
{
	const json_t *given = process->self;

	if (strcasecmp(name, "vm") != 0)
		return NULL;
	return json_is_true(json_object_get(given, "shielded")) ? "shielded" : "normal";
}

static json_t *
call_configuration(struct svc *svc, const json_t *params UNUSED, struct svc_call *call UNUSED)
{
	json_t *given = process_of(svc)->self;

	return json_incref(given);
}

static const struct svc_method methods[] = {
	{ "configuration", call_configuration, "what vmms decided for this start" },
	{ 0 },
};

int
main(int argc, char **argv)
{
	struct process worker = {
		.doc = "GUID: the worker process of one virtual machine",
		.modules = vmwp_modules,
		.methods = methods,
		.state = worker_state,
		.self = configuration(),
	};
	char name[64] = WORKER_PROGRAM;
	int status = EXIT_USAGE;

	worker.name = name;
	if (argc < 2 || argv[1][0] == '-') {
		status = process_main(&worker, argc, argv);
	} else if (!guid_is_text(argv[1], strlen(argv[1])) || argv[1][0] == '{') {
		fprintf(stderr, "%s: expected a GUID without braces, found \"%s\"\n",
		    WORKER_PROGRAM, argv[1]);
	} else {
		snprintf(name, sizeof(name), "%s%s", WORKER_PREFIX, argv[1]);
		argv[1] = argv[0];
		status = process_main(&worker, argc - 1, argv + 1);
	}
	json_decref(worker.self);
	return status;
}
