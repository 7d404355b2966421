/*
 * The host's pool of MAC addresses, from which synthetic network adapters get theirs (reference
 * 1.9).
 *
 * Two libraries read it, VmSynthNic.dll in the worker processes and NetMgmtIF.dll in vmms, each
 * with tables of its own over the rows below. An address is given in one transaction of the
 * registry, which other processes wait for: the pool and the cursor are read, the cursor is moved
 * and written. So no two processes give the same address, and one that dies has given none.
 */
#ifndef VMWP_MAC_POOL_H
#define VMWP_MAC_POOL_H

#include "regstore/tunable/module.h"

#define MAC_RANGE_ROWS  2u
#define MAC_CURSOR_ROWS 1u

/* The pool's ends, MinimumMacAddress and MaximumMacAddress. */
struct mac_range {
	struct tunable_bytes minimum;
	struct tunable_bytes maximum;
};

/* The cursor, CurrentMacAddress: the address that was given last. */
struct mac_cursor {
	struct tunable_bytes current;
};

extern const struct tunable mac_range_rows[MAC_RANGE_ROWS];
extern const struct tunable mac_cursor_rows[MAC_CURSOR_ROWS];

/* The tables of one library. */
struct mac_tables {
	const struct tunable_table *range;
	const struct tunable_table *cursor;
};

/*
 * The operation "allocate-mac": give as many addresses as `argument` says (empty: one). All or
 * none: STATUS_INSUFFICIENT_RESOURCES if the pool has too few that are free, STATUS_NOT_FOUND if
 * its ends are the wrong way round, so that it has none; the log says which.
 */
ntstatus mac_pool_allocate(struct module_object *object, const struct mac_tables *tables,
    const char *argument, json_t *result);

/* Add the pool as it is now to what `status` prints. */
void
mac_pool_status(const struct module_object *object, const struct mac_tables *tables, json_t *state);

#endif
