/*
 * The keeper of a host's write-ahead log: a thread that brings the log back into the database, so
 * that no writer has to. One process of a host that is up has it; writers wake it when the log has
 * grown, and do its work themselves when there is none.
 */
#ifndef REGSTORE_STORE_KEEPER_H
#define REGSTORE_STORE_KEEPER_H

#include "regstore/base/status.h"

struct store_keeper;

/*
 * Start the keeper of the host in folder `root`, with a connection of its own. Errors as
 * store_open's. The caller owns *ret_keeper and stops it.
 */
lstatus store_keeper_start(const char *root, struct store_keeper **ret_keeper);

/* Stop: what it was asked for by now is done first. Takes NULL. */
void store_keeper_stop(struct store_keeper *keeper);

#endif
