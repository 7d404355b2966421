/*
 * How others reach a worker process.
 *
 * run/vmwp-<GUID>.sock speaks JSON-RPC 2.0, one object a line; the method `methods` lists what it
 * takes. <GUID> is the virtual machine's, in upper case without braces.
 */
#ifndef VMWP_PROTOCOL_H
#define VMWP_PROTOCOL_H

#define WORKER_PROGRAM "vmwp"
#define WORKER_PREFIX  "vmwp-" /* of the process's name */

/* The environment variable in which a worker gets its configuration, a JSON object, from vmms. */
#define WORKER_CONFIGURATION "HVEMU_WORKER_CONFIGURATION"

#endif
