/*
 * How others reach the management service: run/vmms.sock speaks JSON-RPC 2.0, one object a line;
 * the method `methods` lists what it takes.
 */
#ifndef VMMS_PROTOCOL_H
#define VMMS_PROTOCOL_H

#define VMMS_NAME "vmms"

#endif
