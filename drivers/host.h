/*
 * The kernel process: it holds the drivers of a host, and answers for them on run/ntoskrnl.sock.
 *
 * Methods beside those of every daemon: drivers, tunables, start, stop-driver, restart, reload,
 * add-device, call; `methods` lists them with their parameters.
 */
#ifndef DRIVERS_HOST_H
#define DRIVERS_HOST_H

#include "drivers/driver.h"

#define KERNEL_NAME "ntoskrnl" /* the process's name, and its socket's */

/* The kernel's main with these drivers (ends with NULL). Returns the exit status. */
int kernel_main(int argc, char **argv, const struct driver *const *loaded);

#endif
