/*
 * winhv.sys: the hypervisor interface of a child partition (reference 2.2).
 *
 * It passes hypercalls on and reads nothing; in the root partition winhvr.sys has what there is to
 * be set.
 */
#include "drivers/tables.h"

static ntstatus
winhv_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

static void
winhv_status(const struct module_object *object UNUSED, json_t *state)
{
	json_object_set_new(state, "configuration",
	    json_string("none: it passes hypercalls on; winhvr.sys has the settings"));
}

const struct module winhv_driver = {
	.name = "winhv",
	.image = "winhv.sys",
	.service = "winhv",
	.doc = "Hypervisor interface of a child partition; reads nothing.",
	.entry = winhv_entry,
	.status = winhv_status,
};
