/*
 * vmwp GUID: the worker process of one virtual machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/guid.h"
#include "regstore/svc/process.h"
#include "vmwp/modules.h"
#include "vmwp/protocol.h"

#define EXIT_USAGE 2

int
main(int argc, char **argv)
{
	struct process worker = {
		.doc = "GUID: the worker process of one virtual machine",
		.modules = vmwp_modules,
	};
	char name[64] = WORKER_PROGRAM;

	worker.name = name;
	if (argc < 2 || argv[1][0] == '-')
		return process_main(&worker, argc, argv);
	if (!guid_is_text(argv[1], strlen(argv[1])) || argv[1][0] == '{') {
		fprintf(stderr, "%s: expected a GUID without braces, found \"%s\"\n",
		    WORKER_PROGRAM, argv[1]);
		return EXIT_USAGE;
	}
	snprintf(name, sizeof(name), "%s%s", WORKER_PREFIX, argv[1]);
	argv[1] = argv[0];
	return process_main(&worker, argc - 1, argv + 1);
}
