/*
 * How others reach the kernel process: its name, and its control socket's methods.
 *
 * run/ntoskrnl.sock speaks JSON-RPC 2.0, one object a line. Beside the methods of every daemon it
 * has drivers, tunables, start, stop-driver, restart, reload, add-device and call; the method
 * `methods` lists them with their parameters.
 */
#ifndef DRIVERS_PROTOCOL_H
#define DRIVERS_PROTOCOL_H

#define KERNEL_NAME "ntoskrnl" /* the process's name, and its socket's */

#endif
