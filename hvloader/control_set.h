/*
 * Which control set a host boots from, and the last known good one.
 *
 * SYSTEM\Select names four sets by number: Default is what the next boot takes, Current what this
 * boot took, Failed the one that a boot from LastKnownGood left behind, LastKnownGood a copy of the
 * set of the last boot after which all services were up (Microsoft's documentation of the Select
 * key).
 */
#ifndef HVLOADER_CONTROL_SET_H
#define HVLOADER_CONTROL_SET_H

#include "regstore/registry/registry.h"

/*
 * Set Current for this boot: Default, or with `last_known_good` LastKnownGood, which becomes the
 * Default while the former Default becomes Failed. A number whose key is not there is not taken:
 * then the set that was Current stays. One transaction.
 */
lstatus control_set_choose(struct registry *registry, bool last_known_good, uint32_t *ret_number);

/*
 * The boot was good: LastKnownGood becomes a copy of the current set, if it is not one already. One
 * transaction.
 */
lstatus control_set_good(struct registry *registry);

#endif
