/*
 * The name of the host, as the registry has it.
 */
#ifndef VMWP_HOST_NAME_H
#define VMWP_HOST_NAME_H

#include "regstore/registry/registry.h"

/*
 * Append the computer's name: Control\ComputerName's ComputerName, else the environment's
 * COMPUTERNAME, which is assumed. Nothing where there is neither. What fails is the registry or the
 * memory.
 */
lstatus host_name_append(struct registry *registry, struct buf *name);

/* Append its DNS name: with the primary domain of Tcpip\Parameters. Nothing without a domain. */
lstatus host_dns_name_append(struct registry *registry, struct buf *name);

/*
 * A number that is the same on every run of a host and differs between hosts of different names,
 * for pools of addresses that Windows' setup would have made.
 */
lstatus host_name_number(struct registry *registry, uint32_t *ret_number);

#endif
