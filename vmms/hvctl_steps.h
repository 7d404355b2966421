/*
 * What makes changes effective on a host that is up: reloads and restarts, as few as will do.
 */
#ifndef VMMS_HVCTL_STEPS_H
#define VMMS_HVCTL_STEPS_H

#include "vmms/hvctl.h"

struct steps {
	const struct hvctl *hvctl;
	struct registry *registry; /* as it is after the changes */
	json_t *machines;          /* the virtual machines, as vmms lists them; or NULL */
	bool up;
	bool boot;    /* whatever else changes, only a boot makes it effective */
	json_t *list; /* of the steps, in their order */
};

/* Note the virtual machines of a host that is up. False after it was told what is wrong. */
bool steps_init(struct steps *steps, const struct hvctl *hvctl, struct registry *registry, bool up);
void steps_release(struct steps *steps);

/* Whether a change (a view with "before") of what is read at boot needs one. */
bool steps_is_boot(const struct steps *steps, const json_t *change);

/*
 * Say in each change what makes it effective: "needs", a command, or null with the reason in
 * "when"; and collect the smallest set of steps in `steps->list`, in the order in which they are to
 * be taken: {action, target, key, command, for: [name]}. A boot stands for all others but the
 * starts of machines that ran, and a driver's restart for its reload and its devices.
 */
void steps_find(struct steps *steps, json_t *changes);

/* Take a step of a list; false after it was told what is wrong. */
bool step_take(const struct hvctl *hvctl, const json_t *step);

#endif
