/*
 * Whether a store is whole.
 */
#ifndef REGSTORE_STORE_CHECK_H
#define REGSTORE_STORE_CHECK_H

#include "regstore/store/store.h"

/*
 * Check the database as SQLite does, and what must hold of keys, values and the write log. `each`
 * is called for every fault with a sentence; it may not use the store. Takes as long as reading
 * all. Others may read and write meanwhile. Not within a transaction.
 *
 * Returns ERROR_SUCCESS when all was looked at, whatever was found; ERROR_REGISTRY_CORRUPT and the
 * like where the damage does not let it.
 */
lstatus
store_check(struct store *store, void (*each)(void *context, const char *fault), void *context);

#endif
