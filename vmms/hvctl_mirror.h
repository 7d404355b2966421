/*
 * What each reader of a host would make of its registry, as one connection sees that: within an
 * open transaction, what it would make of writes that nobody else knows of yet.
 *
 * A mirror holds each process's modules with the conditions and the instances that the process has,
 * if it runs, so that a reading here is what a reading there would be.
 */
#ifndef VMMS_HVCTL_MIRROR_H
#define VMMS_HVCTL_MIRROR_H

#include "vmms/hvctl.h"

struct mirror;

/*
 * Mirror the processes of a host. With `asks` those of the host that `hvctl` names are asked what
 * they read: they may wait for a writer, so no transaction may be open. Otherwise none counts as
 * running. The registry must outlive the mirror. NULL after it was told what is wrong; the caller
 * frees the mirror.
 */
struct mirror *mirror_new(const struct hvctl *hvctl, struct registry *registry, bool asks);
void mirror_free(struct mirror *mirror);

/* Whether the host is up: its kernel runs. */
bool mirror_is_up(const struct mirror *mirror);

/* What has effect in the processes that run: their views. The mirror's. */
const json_t *mirror_in_effect(const struct mirror *mirror);

/*
 * A view (see module_view) of every tunable as the registry is now, and of what a boot reads beside
 * them (see boot_values_view). With `boots` the kernel's
 * conditions are those that a boot would find, and not those of this boot. NULL after it was told
 * what is wrong. The caller releases the result.
 */
json_t *mirror_views(struct mirror *mirror, bool boots);

/* The conditions that a boot would find now, as {name: word}. NULL as above. */
json_t *mirror_conditions(const struct mirror *mirror);

#endif
