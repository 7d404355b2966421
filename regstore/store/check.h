/*
 * Whether a store is whole.
 */
#ifndef REGSTORE_STORE_CHECK_H
#define REGSTORE_STORE_CHECK_H

#include "regstore/store/store.h"

/* A fault, as a sentence, and what repair does about it. */
typedef void store_fault(void *context, const char *fault, const char *remedy);

/*
 * Check the database as SQLite does, and what must hold of keys, values and the write log. `each`
 * is called for every fault; it may not use the store. Takes as long as reading all. Others may
 * read and write meanwhile. Not within a transaction.
 *
 * Returns ERROR_SUCCESS when all was looked at, whatever was found; ERROR_REGISTRY_CORRUPT and the
 * like where the damage does not let it.
 */
lstatus store_check(struct store *store, store_fault *each, void *context);

/* Whether a descriptor is the one that a repair gives to keys that have lost theirs. */
bool store_is_default_descriptor(const void *data, size_t size);

#define STORE_TABLES 8

/* What was saved of a table of a database that was damaged itself. */
struct store_saved {
	const char *table;
	int64_t rows;
	int64_t lost; /* -1: nobody knows */
};

struct store_repair {
	bool changed;      /* something was mended or saved; else there is no backup */
	bool salvaged;     /* into a new database, and `saved` tells what */
	struct buf backup; /* the path of the copy of what was there before */
	struct store_saved saved[STORE_TABLES];
};

/*
 * Repair the store of the host in folder `root`, which nobody may have open. A copy of the database
 * is kept beside it. Where SQLite's check finds it whole, what breaks a rule is mended in one
 * transaction; else what can be read is written to a new database, mended, flushed, and put in the
 * place of the old one. `each` is called for every fault that is mended.
 *
 * Returns ERROR_BUSY if somebody has the store open; ERROR_NOT_REGISTRY_FILE if the file is none,
 * or of another version; ERROR_REGISTRY_CORRUPT if too little can be read of it. Nothing is changed
 * then, and `error` takes the reason. The caller releases ret_repair->backup.
 */
lstatus store_repair(const char *root, store_fault *each, void *context,
    struct store_repair *ret_repair, struct buf *error);

#endif
