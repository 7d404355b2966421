/*
 * solve: what its parts share. hvctl_solve.c asks, hvctl_answer.c prints.
 */
#ifndef VMMS_HVCTL_SOLVE_H
#define VMMS_HVCTL_SOLVE_H

#include "vmms/hvctl.h"
#include "vmms/solve_task.h"

/* Print the answer: a .reg file, or commands of bcdedit. Returns the exit status. */
int hvctl_answer_print(struct solve_task *task);

/* Say on standard error that there is none, and why. Returns 1. */
int hvctl_answer_none(struct solve_task *task);

#endif
