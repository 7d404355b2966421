/*
 * vmwp GUID: the worker process of one virtual machine.
 *
 * What vmms decided for this start comes as a JSON object in the environment
 * (WORKER_CONFIGURATION).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/guid.h"
#include "regstore/svc/process.h"
#include "vmwp/internal.h"
#include "vmwp/modules.h"
#include "vmwp/protocol.h"

#define EXIT_USAGE 2

/* One machine's worker. */
struct worker {
	char name[64];    /* of the process */
	const char *guid; /* of the machine; NULL: none was given */
	char *text;       /* what vmms decided, as JSON; NULL: nothing */
	json_t *decided;  /* the same, parsed */
};

/* The conditions that a worker knows of its own machine. */
static const char *
worker_state(struct process *process, const char *name)
{
	const struct worker *worker = process->self;

	if (strcasecmp(name, "vm") == 0)
		return json_is_true(json_object_get(worker->decided, "shielded")) ? "shielded"
		                                                                  : "normal";
	if (strcasecmp(name, WORD_VM_GUID) == 0)
		return worker->guid;
	if (strcasecmp(name, WORD_CONFIGURATION) == 0)
		return worker->text;
	return NULL;
}

static void
take_configuration(struct worker *worker)
{
	const char *text = getenv(WORKER_CONFIGURATION);

	worker->decided = text != NULL ? json_loads(text, 0, NULL) : NULL;
	if (json_is_object(worker->decided))
		worker->text = json_dumps(worker->decided, JSON_COMPACT);
}

int
main(int argc, char **argv)
{
	struct worker worker = { .name = WORKER_PROGRAM };
	struct process process = {
		.name = worker.name,
		.doc = "GUID: the worker process of one virtual machine",
		.modules = vmwp_modules,
		.state = worker_state,
		.self = &worker,
	};
	int status = EXIT_USAGE;

	take_configuration(&worker);
	if (argc < 2 || argv[1][0] == '-') {
		status = process_main(&process, argc, argv);
	} else if (!guid_is_text(argv[1], strlen(argv[1])) || argv[1][0] == '{') {
		fprintf(stderr, "%s: expected a GUID without braces, found \"%s\"\n",
		    WORKER_PROGRAM, argv[1]);
	} else {
		worker.guid = argv[1];
		snprintf(worker.name, sizeof(worker.name), "%s%s", WORKER_PREFIX, argv[1]);
		argv[1] = argv[0];
		status = process_main(&process, argc - 1, argv + 1);
	}
	json_decref(worker.decided);
	free(worker.text);
	return status;
}
