/*
 * What the last commits set, in the bell's shared page.
 *
 * Who is woken by a change reads the new value from here, without asking SQLite, whose pages a
 * foreign commit has made stale. A writer puts a value here between its COMMIT and the moment that
 * its stamps are settled, with the number that the stamp of its key then gets: as long as the stamp
 * is that number, nobody has changed the key since. A slot that a writer was killed in is odd, and
 * is nobody's until it is written again; one that was not reached tells of an older stamp.
 *
 * Only transactions that do nothing but set a few small values leave them here, and only while
 * somebody watches the host. What was committed before a connection was opened is not taken from
 * here: the database may have been replaced since, by who had the host to himself.
 */
#ifndef REGSTORE_STORE_RECENT_H
#define REGSTORE_STORE_RECENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECENT_SLOTS  64u
#define RECENT_NAME   64u  /* bytes of the folded name */
#define RECENT_DATA   128u /* bytes */
#define RECENT_VALUES 4u   /* of one transaction */

/* A value: how it is found, and what it is. In the shared page it is copied word by word. */
struct recent_value {
	uint64_t stamp;      /* of the key's tag, with which it is true */
	uint64_t generation; /* of the bell, in the commit */
	int64_t key;
	uint32_t type;
	uint16_t length; /* of the folded name */
	uint16_t size;
	uint8_t bytes[RECENT_NAME + RECENT_DATA]; /* the name, then the data */
};

#define RECENT_WORDS (sizeof(struct recent_value) / sizeof(uint64_t))

struct recent_slot {
	_Atomic uint64_t turn; /* odd: it is being written */
	_Atomic uint64_t words[RECENT_WORDS];
};

/* What the open transaction has set so far. */
struct recent {
	struct recent_value values[RECENT_VALUES];
	uint32_t count; /* how many it has set: more than there is room for do not matter */
};

struct store;

/* A value was set in the open transaction. */
void recent_note(struct store *store, int64_t key, const char *folded, size_t length, uint32_t type,
    const void *data, size_t size);

/* The transaction is committed, its stamps still odd: show what it set, if that is all it did. */
void recent_show(struct store *store);

#endif
