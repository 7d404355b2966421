/*
 * Worker processes: one vmwp for each virtual machine that runs, started, watched and ended by
 * vmms.
 *
 * A start reads what is read at VM start (CreateInitContext, CreateConfigurationForWorkerProcess),
 * has the kernel make the partition, starts vmwp and waits for it at most StartupWaitTimeout.
 * Workers outlive vmms, as on Windows: the next vmms takes them over.
 */
#ifndef VMMS_WORKER_H
#define VMMS_WORKER_H

#include "regstore/svc/process.h"

/* The stage of vmms that finds the machines and takes over what runs. */
bool workers_up(struct svc *svc);
void workers_down(struct svc *svc);

/* Methods of vmms: vm-list, vm-create, vm-delete, vm-start, vm-stop, shutdown. Ends with name NULL.
 */
extern const struct svc_method worker_methods[];

#endif
