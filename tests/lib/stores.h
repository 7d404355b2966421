/*
 * Stores as programs of each version of the schema made them. Frozen.
 */
#ifndef TESTS_LIB_STORES_H
#define TESTS_LIB_STORES_H

#include "regstore/store/store.h"

/*
 * The SQL that makes the tables of each version (index 0: none) in an empty file. The texts of the
 * tables are what SQLite keeps, so they can be compared.
 */
extern const char *const stores_schemas[STORE_SCHEMA_VERSION + 1];

/* What fills them: a key that is gone, a value that changed, a volatile key; the same in all. */
extern const char *const stores_contents[STORE_SCHEMA_VERSION + 1];

/* What is in a store of any version, in the order of each query. */
#define STORES_ROWS 7
extern const char *const stores_rows[STORES_ROWS];

#endif
