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

/* Read the next entry; false at the end, or where the list makes no sense. */
bool change_cursor_next(struct change_cursor *cursor, struct change_entry *ret_entry);

/*
 * For the migration of stores without lists: an SQL aggregate list_changes(first, number, key,
 * folded) over rows in the order of their numbers.
 */
int change_list_register(sqlite3 *db);

#endif
