/*
 * What every host has in its registry: whether what a boot needs is there, and how what was lost is
 * put back.
 */
#ifndef VMMS_HOST_REPAIR_H
#define VMMS_HOST_REPAIR_H

#include "regstore/registry/registry.h"
#include "regstore/store/check.h"

/*
 * Whether a boot finds what it needs: the hives, Select and the control sets that it names, the
 * link CurrentControlSet, the services, an entry of the boot configuration. `each` is called for
 * every fault, with what host_mend does about it. Returns an error where the registry cannot be
 * read.
 */
lstatus host_check(struct registry *registry, store_fault *each, void *context);

/*
 * Mend what host_check finds, and put back what a new host has and this one lacks, as it is on a
 * new one: keys, values, links, and security descriptors that the repair of the store replaced by
 * the default one. What is there stays as it is. `each` is called for every key and value that is
 * put back. The host must be down: as at a boot, volatile keys go. Writes as everybody does, so the
 * write log has it.
 */
lstatus host_mend(struct registry *registry, store_fault *each, void *context);

#endif
