/*
 * The kernel process: it holds the drivers of a host, and answers for them.
 */
#ifndef DRIVERS_HOST_H
#define DRIVERS_HOST_H

#include "drivers/driver.h"
#include "drivers/protocol.h"

/* The kernel's main with these drivers (ends with NULL). Returns the exit status. */
int kernel_main(int argc, char **argv, const struct driver *const *loaded);

#endif
