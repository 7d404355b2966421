/*
 * What a handle of the library holds (vmms/hvemu.h): hvctl, which is a part of it, has one too.
 */
#ifndef VMMS_LIBRARY_H
#define VMMS_LIBRARY_H

#include "vmms/hvemu.h"
#include "vmms/processes.h"

#define HOST_SERVICES_MAX 256

struct hvemu {
	struct tunable_catalog catalog;
	const char *services[HOST_SERVICES_MAX]; /* ends with NULL */
};

#endif
