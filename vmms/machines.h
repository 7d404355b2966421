/*
 * The virtual machines that a host has, whether they run or not.
 *
 * A machine is a configuration file in the folder "Virtual Machines" of the host's
 * ProgramData\Microsoft\Windows\Hyper-V, in the form of before version 8 of the virtual machines
 * (<GUID>.xml, reference 7.2; what is in it beside the GUID and the name is assumed), which vmms
 * finds at its start, and the key <GUID> below the Virtualization key with the machine's
 * ElementName and Description (1.1).
 */
#ifndef VMMS_MACHINES_H
#define VMMS_MACHINES_H

#include <stdbool.h>
#include <stddef.h>

#include "regstore/base/buf.h"
#include "regstore/base/guid.h"
#include "regstore/registry/registry.h"

struct machine {
	char guid[GUID_TEXT_SIZE]; /* upper case, without braces */
	char *name;
	bool shielded;
};

struct machines {
	struct machine *list;
	size_t count;
};

/*
 * Find the machines of the host in folder `root`. A file that is no configuration is left out, with
 * a line in `faults`. False without memory. The caller releases *ret_machines.
 */
bool machines_find(const char *root, struct machines *ret_machines, struct buf *faults);
void machines_release(struct machines *machines);

/* The machine of a name or a GUID, without case; NULL if there is none. */
const struct machine *machines_get(const struct machines *machines, const char *word);

/*
 * Make a machine: its file, whole or not at all, and its key. False with a sentence in `error`. Its
 * GUID goes to ret_guid.
 */
bool machine_create(struct registry *registry, const char *root, const char *name, bool shielded,
    char ret_guid[GUID_TEXT_SIZE], struct buf *error);

/* Remove a machine's file and key. False with a sentence in `error`. */
bool machine_delete(
    struct registry *registry, const char *root, const struct machine *machine, struct buf *error);

#endif
