/*
 * The reference that the rows make: a manual page, and pages of Markdown.
 */
#ifndef VMMS_HVCTL_REFERENCE_H
#define VMMS_HVCTL_REFERENCE_H

#include "vmms/hvctl.h"

/* Write hvemu-tunables(7) to standard output. Returns the exit status. */
int reference_man(const struct hvctl *hvctl);

/*
 * Write a page for each owner, and README.md, which lists them, into a folder, which is made if it
 * is not there. Returns the exit status.
 */
int reference_markdown(const struct hvctl *hvctl, const char *folder);

#endif
