/*
 * Environment variables of a host (reference, section 6): a host is a folder, and the variables
 * that its components read lead into it.
 *
 * ProgramData, USERPROFILE, APPDATA and LOCALAPPDATA name folders of the host; that these are
 * <root>/ProgramData, <root>/Users/<user> and so on follows Windows' layout. COMPUTERNAME is what
 * Control\ComputerName\ComputerName holds, else the machine's own name (assumed). Any other
 * variable is taken from the host's Control\Session Manager\Environment, where Windows keeps those
 * of the system, else from the caller's own environment.
 */
#ifndef VMWP_ENVIRONMENT_H
#define VMWP_ENVIRONMENT_H

#include <stdbool.h>

#include "regstore/base/buf.h"
#include "regstore/registry/registry.h"

/* A variable that the reference names. */
struct environment_variable {
	const char *name;
	const char *consumers; /* the images that read it */
	const char *section;
	const char *doc;
};

extern const struct environment_variable environment_variables[]; /* ends with name NULL */

/*
 * Append a variable's value on the host in folder `root`; names are without case. False, with
 * nothing appended, if it is not set.
 */
bool
environment_get(struct registry *registry, const char *root, const char *name, struct buf *out);

/* Append text with each %NAME% replaced by its value; one that is not set stays, as on Windows. */
void
environment_expand(struct registry *registry, const char *root, const char *text, struct buf *out);

/* The same for a path: expanded, its backslashes made slashes, but for those of `root` itself. */
void
environment_path(struct registry *registry, const char *root, const char *text, struct buf *out);

#endif
