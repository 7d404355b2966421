/*
 * The bell's parts: bell.c has the table, its stamps and who watches, ring.c what a transaction
 * changed and who is woken for it.
 */
#ifndef HVEMU_STORE_BELL_TABLE_H
#define HVEMU_STORE_BELL_TABLE_H

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "regstore/base/buf.h"
#include "regstore/store/bell.h"

#define BELL_SLOTS 4096u

/*
 * `owner` is the number of the owner's socket, 0 for a free slot. Numbers are never used twice, so
 * a slot is taken and given back by one exchange of this word. The slot counts once `armed` is the
 * owner too.
 */
struct slot {
	_Atomic uint32_t owner;
	_Atomic uint32_t armed;
	_Atomic uint32_t fired;
	_Atomic uint32_t filter;
	_Atomic uint32_t subtree;
	_Atomic uint32_t depth; /* components of the path, however a key above is called */
	_Atomic uint64_t key;   /* that is watched, wherever it goes; 0: the path is */
	_Atomic uint64_t place; /* the path's hash: see bell_place_word */
};

/* In place of a hash, of a key: */
#define PLACE_LOST 0u /* where it is could not be told: everything may concern it */
#define PLACE_GONE 1u

struct shared {
	_Atomic uint64_t generation;
	_Atomic uint32_t sockets; /* numbers given out */
	_Atomic uint32_t high;    /* slots ever used: the scan's end */
	struct slot slots[BELL_SLOTS];
	_Atomic uint64_t stamps[BELL_STAMPS];
	struct bell_line line;
	struct bell_wal wal;
	_Atomic uint32_t keeper; /* number of its socket, 0: none */
	_Atomic uint32_t asked;  /* the keeper was asked and has not come yet */
	struct recent_slot recent[RECENT_SLOTS];
};

struct note {
	uint32_t kind;
	uint32_t depth;
	size_t at; /* in `hashes`: of the path's first 0, 1, ... depth components */
};

struct store_watch {
	struct slot *slot;
	struct store_watch *next;
};

struct bell {
	bell_find *find;
	struct store *store;
	int run;
	unsigned process;
	int socket;      /* bound while something is watched; else -1 */
	int sender;      /* unbound, for ringing; -1 until it is needed */
	uint32_t number; /* of our socket */
	struct shared *shared;
	struct store_watch *watches;
	struct note *notes;
	size_t note_count;
	struct buf hashes; /* uint64_t each */
	bool overflow;     /* more changed than is remembered: wake everybody */
	bool skipped;      /* changes were not noted as nobody watched; somebody may by now */
	uint32_t renames;  /* of this transaction, noted or not */
	bool restored;     /* it put keys back */
	bool doubt;        /* we made the generation odd */
	uint64_t changing[BELL_STAMPS / 64]; /* a bit for each stamp that this transaction moves */
};

/* FNV-1a, continued: the hash of a prefix is the start of the longer one's. */
#define BELL_HASH_START 0xcbf29ce484222325ull

static inline uint64_t
bell_hash_step(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * 0x100000001b3ull;
}

/*
 * The word of a key with this hash, or the hash of a key with this word. No two keys have the same
 * words, so that a writer who exchanges the one that it has read moves no slot that was given to
 * another watch since.
 */
static inline uint64_t
bell_place_word(uint64_t key, uint64_t hash)
{
	return hash ^ key * 0x9e3779b97f4a7c15ull;
}

/* The stamps that this transaction moves: to odd before its COMMIT, to even after it. */
void bell_move_stamps(struct bell *bell);
void bell_settle_stamps(struct bell *bell);
/* Those that a writer left odd, who died. */
void bell_repair_stamps(struct bell *bell);

/* An unbound socket; or -1 with errno. */
int bell_new_socket(void);

/* Give the bell a socket of its own, with a number that nobody had. */
lstatus bell_bind_socket(struct bell *bell);

/* The address of a socket by its number; `name` takes its file name. */
socklen_t bell_socket_address(const struct bell *bell, uint32_t number, char name[static 24],
    struct sockaddr_un *ret_address);

/* The process behind the socket is gone: clear its watches and the socket file. */
void bell_bury(struct bell *bell, uint32_t number);

#endif
