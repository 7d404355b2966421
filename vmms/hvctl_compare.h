/*
 * Views of two moments or two hosts beside each other.
 */
#ifndef VMMS_HVCTL_COMPARE_H
#define VMMS_HVCTL_COMPARE_H

#include "vmms/hvctl.h"

/* The views as an object by hvctl_view_id. The caller releases it. */
json_t *views_by_id(const json_t *views);

/*
 * What differs between two lists of views, as an array: the facts of the value, "before" and
 * "after" (raw, effective, verdict, reason; null where its key is not there), and
 * "effective_changes". A value that is absent from a key that only one list has is no difference.
 * The caller releases the result.
 */
json_t *views_compare(const json_t *before, const json_t *after);

/* Give a difference another "before": what a view shows. */
void views_set_before(json_t *difference, const json_t *view);

/* Print the key of a difference, unless it is that of `last` (or NULL). */
void views_print_heading(const struct hvctl *hvctl, const json_t *last, const json_t *difference);

/* Print a difference as lines for people. */
void views_print_change(const struct hvctl *hvctl, const json_t *difference);

#endif
