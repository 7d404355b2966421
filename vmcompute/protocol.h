/*
 * How others reach the Host Compute Service and the services in svchost: the names of the processes
 * and of their sockets, run/vmcompute.sock and run/svchost.sock. The method `methods` lists what
 * each takes.
 */
#ifndef VMCOMPUTE_PROTOCOL_H
#define VMCOMPUTE_PROTOCOL_H

#define COMPUTE_NAME "vmcompute"
#define SVCHOST_NAME "svchost"

#endif
