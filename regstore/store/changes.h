/*
 * What the writes of a transaction are about: a list in its row of the write log, or in each of its
 * rows.
 *
 * The numbers of a row follow each other, so the n-th entry is about its n-th number: a key
 * itself, or a value of a key by its folded name. An entry is a byte of flags, then the key's id
 * and the name with its length where the flags say so; ids and lengths are in groups of seven bits,
 * the low ones first, with the high bit set in all but the last. A run of values of one key names
 * the key once.
 */
#ifndef REGSTORE_STORE_CHANGES_H
#define REGSTORE_STORE_CHANGES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"

/* A list that is being written, or read; all zero to begin with. */
struct change_list {
	struct buf bytes;
	int64_t key; /* of the last entry */
};

/* Append an entry; `folded` is NULL for the key itself. */
void change_list_append(struct change_list *list, int64_t key, const char *folded, size_t length);
void change_list_clear(struct change_list *list);

/* An entry that was read. */
struct change_entry {
	int64_t key;        /* 0: the number came to nothing */
	const char *folded; /* NULL: the key itself; points into the list, not terminated */
	size_t length;
};

/* Where a reader of a list stands. */
struct change_cursor {
	const uint8_t *at;
	const uint8_t *end;
	int64_t key;
};

/* Read the next entry; false at the end, or (before it) where the list makes no sense. */
bool change_cursor_next(struct change_cursor *cursor, struct change_entry *ret_entry);

/*
 * For the migration of stores without lists, and for the repair of lists: SQL functions.
 * list_changes(first, number, key, folded) is an aggregate over rows in the order of their numbers
 * that makes a list; the last row has no key, its number is the first that is not of the list.
 * list_length(list) is the number of entries, NULL if the list makes no sense.
 */
int change_list_register(sqlite3 *db);

/*
 * What a write is about is told by the row that it made or ended; numbers are unique, but a value
 * that is set ends one row and makes another. CHANGE_LIST_OF_ROW is the list of a row of `tx` then.
 */
#define CHANGE_LIST_TELL                                                                           \
	"CREATE TEMP TABLE told (number INTEGER PRIMARY KEY, key INTEGER, folded TEXT);"           \
	"INSERT OR IGNORE INTO told SELECT since, key, folded FROM value;"                         \
	"INSERT OR IGNORE INTO told SELECT since, key, folded FROM value_past;"                    \
	"INSERT OR IGNORE INTO told SELECT until, key, folded FROM value_past;"                    \
	"INSERT OR IGNORE INTO told SELECT since, id, NULL FROM key;"                              \
	"INSERT OR IGNORE INTO told SELECT since, id, NULL FROM key_past;"                         \
	"INSERT OR IGNORE INTO told SELECT until, id, NULL FROM key_past;"
#define CHANGE_LIST_OF_ROW                                                                         \
	"(SELECT list_changes(first, number, key, folded) FROM (SELECT number, key, folded "       \
	"FROM told WHERE number BETWEEN first AND last "                                           \
	"UNION ALL SELECT last + 1, NULL, NULL ORDER BY number))"

#endif
