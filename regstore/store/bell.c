/*
 * Waking the watchers of other processes through a shared table and datagram sockets.
 *
 * A wake-up too many is possible when a watch is dropped at the moment that a commit rings for it;
 * one too few is not.
 */
#include "regstore/store/bell.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "regstore/base/buf.h"
#include "regstore/base/macro.h"
#include "regstore/base/unix.h"
#include "regstore/store/store.h"

#define BELL_FILE    "bell-5" /* a new layout takes a new name: no two layouts share a table */
#define BELL_SLOTS   4096u
#define BELL_DRAINED 16u   /* bytes taken at once */
#define BELL_NOTES   1024u /* changed paths remembered a transaction; beyond, all are woken */

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
	_Atomic uint64_t place; /* the path's hash: see place_word */
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

/* --- Opening ------------------------------------------------------------------------------------
 */

lstatus
bell_open(int run, bell_find *find, struct store *store, struct bell **ret_bell)
{
	struct bell *bell = calloc(1, sizeof(*bell));
	void *shared = NULL;
	lstatus status;

	if (bell == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	bell->find = find;
	bell->store = store;
	bell->run = run;
	bell->process = unix_process();
	bell->socket = -1;
	bell->sender = -1;
	/* A new file is all zero, which is an empty table. */
	status = unix_map_file(run, BELL_FILE, sizeof(*bell->shared), &shared);
	if (!lstatus_ok(status)) {
		free(bell);
		return status;
	}
	bell->shared = shared;
	*ret_bell = bell;
	return LSTATUS(ERROR_SUCCESS);
}

/* The address of a socket by its number; `name` takes its file name. */
static socklen_t
socket_address(
    const struct bell *bell, uint32_t number, char name[static 24], struct sockaddr_un *ret_address)
{
	snprintf(name, 24, "bell.%u", number);
	return unix_address(bell->run, name, ret_address);
}

static void
remove_socket(const struct bell *bell, uint32_t number)
{
	struct sockaddr_un address;
	char name[24];

	socket_address(bell, number, name, &address);
	unlinkat(bell->run, name, 0);
}

static void
forget_keeper(struct bell *bell, uint32_t number)
{
	atomic_compare_exchange_strong(&bell->shared->keeper, &number, 0);
}

void
bell_close(struct bell *bell)
{
	if (bell == NULL)
		return;
	while (bell->watches != NULL)
		bell_unwatch(bell, bell->watches);
	if (bell->socket >= 0) {
		if (bell->process == unix_process()) {
			forget_keeper(bell, bell->number);
			remove_socket(bell, bell->number);
		}
		close(bell->socket);
	}
	if (bell->sender >= 0)
		close(bell->sender);
	munmap(bell->shared, sizeof(*bell->shared));
	free(bell->notes);
	buf_release(&bell->hashes);
	free(bell);
}

uint64_t
bell_generation(const struct bell *bell)
{
	return atomic_load_explicit(&bell->shared->generation, memory_order_acquire);
}

struct bell_line *
bell_line(struct bell *bell)
{
	return &bell->shared->line;
}

struct recent_slot *
bell_recent(struct bell *bell)
{
	return bell->shared->recent;
}

struct bell_wal *
bell_wal(struct bell *bell)
{
	return &bell->shared->wal;
}

/* --- Stamps ------------------------------------------------------------------------------------
 */

/* FNV-1a, continued: the hash of a prefix is the start of the longer one's. */
#define HASH_START 0xcbf29ce484222325ull

static uint64_t
hash_step(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * 0x100000001b3ull;
}

uint64_t
bell_hash(const char *path, size_t length)
{
	uint64_t hash = HASH_START;

	for (size_t i = 0; i < length; i++)
		hash = hash_step(hash, (uint8_t)path[i]);
	return hash;
}

uint32_t
bell_stamp_of(uint64_t tag)
{
	uint64_t mixed = (tag ^ tag >> 32) * 0x9e3779b97f4a7c15ull;

	return tag == 0 ? 0 : 1 + (uint32_t)((mixed >> 32) % (BELL_STAMPS - 1));
}

uint64_t
bell_stamp(const struct bell *bell, uint32_t stamp)
{
	return atomic_load_explicit(&bell->shared->stamps[stamp], memory_order_acquire);
}

void
bell_stamp_changes(struct bell *bell, uint64_t tag)
{
	uint32_t stamp = bell_stamp_of(tag);

	bell->changing[stamp / 64] |= 1ull << stamp % 64;
}

void
bell_stamps_change(struct bell *bell)
{
	memset(bell->changing, 0xff, sizeof(bell->changing));
}

/* Move the stamps of this transaction on by one: to odd before its COMMIT, to even after it. */
static void
move_stamps(struct bell *bell)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(bell->changing); i++) {
		for (uint64_t bits = bell->changing[i]; bits != 0; bits &= bits - 1) {
			uint32_t stamp = i * 64 + (uint32_t)__builtin_ctzll(bits);

			atomic_fetch_add(&bell->shared->stamps[stamp], 1);
		}
	}
}

static void
settle_stamps(struct bell *bell)
{
	if (bell->doubt)
		move_stamps(bell);
	memset(bell->changing, 0, sizeof(bell->changing));
}

/* Those that a writer left odd, who died. */
static void
repair_stamps(struct bell *bell)
{
	for (uint32_t i = 0; i < BELL_STAMPS; i++)
		bell->changing[i / 64] |= (bell_stamp(bell, i) & 1) << i % 64;
}

/* --- Watching ----------------------------------------------------------------------------------
 */

static int
new_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static lstatus
bind_socket(struct bell *bell)
{
	int fd = new_socket();
	uint32_t number;
	int result;

	if (fd < 0)
		return lstatus_from_errno(errno);
	/* A number that is taken was given out before the table was made anew. */
	do {
		struct sockaddr_un address;
		char name[24];
		socklen_t length;

		number = atomic_fetch_add(&bell->shared->sockets, 1) + 1;
		length = socket_address(bell, number, name, &address);
		result = bind(fd, (struct sockaddr *)&address, length);
	} while (number == 0 || (result != 0 && errno == EADDRINUSE));
	if (result != 0) {
		lstatus status = lstatus_from_errno(errno);

		close(fd);
		return status;
	}
	bell->number = number;
	bell->socket = fd;
	return LSTATUS(ERROR_SUCCESS);
}

/* The process behind the socket is gone: clear its watches and the socket file. */
static void
bury(struct bell *bell, uint32_t number)
{
	for (uint32_t i = 0; i < BELL_SLOTS; i++) {
		uint32_t owner = number;

		atomic_compare_exchange_strong(&bell->shared->slots[i].owner, &owner, 0);
	}
	forget_keeper(bell, number);
	remove_socket(bell, number);
}

/* Whether somebody holds the socket open. In doubt, yes. */
static bool
is_alive(const struct bell *bell, uint32_t number)
{
	struct sockaddr_un address;
	char name[24];
	socklen_t length = socket_address(bell, number, name, &address);
	int probe = new_socket();
	bool alive = true;

	if (probe < 0)
		return true;
	if (connect(probe, (struct sockaddr *)&address, length) != 0)
		alive = errno != ECONNREFUSED && errno != ENOENT;
	close(probe);
	return alive;
}

/* Take a free slot, or one whose process is gone. */
static struct slot *
take_slot(struct bell *bell)
{
	struct shared *shared = bell->shared;
	uint32_t alive = bell->number; /* a run of slots of one owner is asked for once */

	for (uint32_t i = 0; i < BELL_SLOTS; i++) {
		struct slot *slot = &shared->slots[i];
		uint32_t owner = atomic_load(&slot->owner);
		uint32_t high = atomic_load(&shared->high);

		if (owner != 0 && owner != alive && !is_alive(bell, owner)) {
			bury(bell, owner);
			owner = 0;
		} else if (owner != 0) {
			alive = owner;
			continue;
		}
		if (!atomic_compare_exchange_strong(&slot->owner, &owner, bell->number))
			continue;
		while (high < i + 1 && !atomic_compare_exchange_weak(&shared->high, &high, i + 1))
			;
		return slot;
	}
	return NULL;
}

/*
 * The word of a key with this hash, or the hash of a key with this word. No two keys have the same
 * words, so that a writer who exchanges the one that it has read moves no slot that was given to
 * another watch since.
 */
static uint64_t
place_word(uint64_t key, uint64_t hash)
{
	return hash ^ key * 0x9e3779b97f4a7c15ull;
}

static void
fill_slot(struct slot *slot, const struct bell_place *place, bool subtree, uint32_t filter)
{
	uint64_t key = (uint64_t)place->key;
	uint32_t depth = place->length > 0 ? 1 : 0;

	for (size_t i = 0; i < place->length; i++)
		depth += place->path[i] == STORE_SEPARATOR;
	atomic_store(&slot->filter, filter);
	atomic_store(&slot->subtree, subtree);
	atomic_store(&slot->depth, depth);
	atomic_store(&slot->key, key);
	atomic_store(&slot->place, place_word(key, bell_hash(place->path, place->length)));
	atomic_store(&slot->fired, 0);
}

lstatus
bell_watch(struct bell *bell, const struct bell_place *place, bool subtree, uint32_t filter,
    struct store_watch **ret_watch)
{
	struct store_watch *watch;

	if (bell->socket < 0) {
		lstatus status = bind_socket(bell);

		if (!lstatus_ok(status))
			return status;
	}
	watch = calloc(1, sizeof(*watch));
	if (watch == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	watch->slot = take_slot(bell);
	if (watch->slot == NULL) {
		free(watch);
		return LSTATUS(ERROR_NO_LOG_SPACE);
	}
	fill_slot(watch->slot, place, subtree, filter);
	atomic_store(&watch->slot->armed, bell->number);
	watch->next = bell->watches;
	bell->watches = watch;
	*ret_watch = watch;
	return LSTATUS(ERROR_SUCCESS);
}

void
bell_unwatch(struct bell *bell, struct store_watch *watch)
{
	struct store_watch **at = &bell->watches;

	if (watch == NULL)
		return;
	while (*at != NULL && *at != watch)
		at = &(*at)->next;
	if (*at == watch)
		*at = watch->next;
	/* In a forked child the slot is still the parent's. */
	if (bell->process == unix_process()) {
		atomic_store(&watch->slot->armed, 0);
		atomic_store(&watch->slot->owner, 0);
	}
	free(watch);
}

int
bell_fd(const struct bell *bell)
{
	return bell->watches != NULL ? bell->socket : -1;
}

bool
bell_drain(struct bell *bell)
{
	struct mmsghdr messages[BELL_DRAINED] = { 0 };

	if (bell->socket < 0)
		return false;
	/* Of what comes meanwhile it is told again. */
	while (recvmmsg(bell->socket, messages, BELL_DRAINED, 0, NULL) == (int)BELL_DRAINED)
		;
	for (struct store_watch *watch = bell->watches; watch != NULL; watch = watch->next) {
		if (atomic_load(&watch->slot->fired) != 0)
			return true;
	}
	return false;
}

bool
bell_taken(struct store_watch *watch)
{
	return atomic_exchange(&watch->slot->fired, 0) != 0;
}

/* --- Noting changes ----------------------------------------------------------------------------
 */

bool
bell_wants_notes(struct bell *bell)
{
	if (atomic_load(&bell->shared->high) == 0)
		bell->skipped = true;
	return !bell->overflow && !bell->skipped;
}

void
bell_changed_unknown(struct bell *bell)
{
	bell->overflow = true;
}

/* Fill the note with the hashes of all the path's prefixes that are keys. */
static void
hash_note(struct bell *bell, struct note *note, const char *path, size_t length)
{
	uint64_t hash = HASH_START;

	note->at = bell->hashes.size / sizeof(hash);
	note->depth = length > 0 ? 1 : 0;
	buf_append(&bell->hashes, &hash, sizeof(hash)); /* of \REGISTRY itself */
	for (size_t i = 0; i < length; i++) {
		if (path[i] == STORE_SEPARATOR) {
			buf_append(&bell->hashes, &hash, sizeof(hash));
			note->depth++;
		}
		hash = hash_step(hash, (uint8_t)path[i]);
	}
	if (length > 0)
		buf_append(&bell->hashes, &hash, sizeof(hash));
}

static const uint64_t *
note_hashes(const struct bell *bell, const struct note *note)
{
	return (const uint64_t *)(const void *)bell->hashes.data + note->at;
}

void
bell_changed(struct bell *bell, const char *path, size_t length, uint32_t kind)
{
	struct note *note;

	bell->renames += (kind & BELL_RENAMED) != 0;
	bell->restored = bell->restored || (kind & BELL_RESTORED) != 0;
	if (!bell_wants_notes(bell))
		return;
	if (bell->notes == NULL)
		bell->notes = calloc(BELL_NOTES, sizeof(*bell->notes));
	if (bell->notes == NULL || bell->note_count == BELL_NOTES) {
		bell_changed_unknown(bell);
		return;
	}
	note = &bell->notes[bell->note_count];
	note->kind = kind;
	hash_note(bell, note, path, length);
	if (bell->hashes.failed) {
		bell_changed_unknown(bell);
		return;
	}
	/* Many values of one key, one after the other, are one note. */
	if (bell->note_count > 0 && note[-1].kind == kind && note[-1].depth == note->depth &&
	    note_hashes(bell, note - 1)[note->depth] == note_hashes(bell, note)[note->depth]) {
		buf_truncate(&bell->hashes, note->at * sizeof(uint64_t));
		return;
	}
	bell->note_count++;
}

/* --- Ringing ------------------------------------------------------------------------------------
 */

lstatus
bell_begin(struct bell *bell)
{
	bell_repair(bell);
	if (bell->sender < 0 && atomic_load(&bell->shared->high) != 0)
		bell->sender = new_socket();
	return bell->sender < 0 && atomic_load(&bell->shared->high) != 0 ? lstatus_from_errno(errno)
	                                                                 : LSTATUS(ERROR_SUCCESS);
}

void
bell_doubt(struct bell *bell)
{
	/* First: who finds it odd looks for odd stamps. */
	atomic_fetch_add(&bell->shared->generation, 1);
	move_stamps(bell);
	bell->doubt = true;
}

static void
settle(struct bell *bell)
{
	if (bell->doubt)
		atomic_fetch_add(&bell->shared->generation, 1);
	bell->doubt = false;
}

void
bell_repair(struct bell *bell)
{
	if ((bell_generation(bell) & 1) == 0)
		return;
	bell->doubt = true;
	repair_stamps(bell);
	bell_changed_unknown(bell);
	bell_ring(bell);
}

static void
clear_notes(struct bell *bell)
{
	bell->note_count = 0;
	bell->overflow = false;
	bell->skipped = false;
	bell->renames = 0;
	bell->restored = false;
	buf_clear(&bell->hashes);
}

/* --- Keys that are followed ---------------------------------------------------------------------
 */

/* The hash of the path that the key has now, or what stands in its place. */
static uint64_t
find_place(const struct bell *bell, uint64_t key)
{
	struct buf path = { 0 };
	lstatus status = bell->find(bell->store, (int64_t)key, &path);
	uint64_t hash = PLACE_LOST;

	if (lstatus_is(status, ERROR_KEY_DELETED))
		hash = PLACE_GONE;
	else if (lstatus_ok(status) && !path.failed)
		hash = bell_hash((const char *)path.data, path.size);
	buf_release(&path);
	return hash;
}

/* A watch may have been armed by who saw the transaction's names, which nobody will see again. */
static void
place_all(struct bell *bell)
{
	uint32_t high = atomic_load(&bell->shared->high);

	for (uint32_t i = 0; i < high; i++) {
		struct slot *slot = &bell->shared->slots[i];
		uint64_t key = atomic_load(&slot->key);
		uint64_t word = atomic_load(&slot->place);

		if (key != 0 && atomic_load(&slot->owner) != 0)
			atomic_compare_exchange_strong(
			    &slot->place, &word, place_word(key, find_place(bell, key)));
	}
}

void
bell_forget(struct bell *bell)
{
	settle_stamps(bell);
	settle(bell);
	if (bell->renames > 0)
		place_all(bell);
	clear_notes(bell);
}

/* Whether a key that had a path with this hash may have none or another now. */
static bool
may_have_moved(const struct bell *bell, uint32_t depth, uint64_t hash)
{
	if (bell->overflow || hash == PLACE_LOST || (hash == PLACE_GONE && bell->restored))
		return true;
	for (size_t i = 0; i < bell->note_count; i++) {
		const struct note *note = &bell->notes[i];

		if ((note->kind & (BELL_DELETED | BELL_RENAMED | BELL_CARRIED)) != 0 &&
		    note->depth == depth && note_hashes(bell, note)[depth] == hash)
			return true;
	}
	return false;
}

/* Whether what was noted concerns a watch of this place. */
static bool
matches(const struct bell *bell, struct slot *slot, uint64_t key, uint64_t hash)
{
	uint32_t filter = atomic_load(&slot->filter);
	uint32_t depth = atomic_load(&slot->depth);
	bool subtree = atomic_load(&slot->subtree) != 0;

	if (bell->overflow || (key != 0 && hash == PLACE_LOST))
		return true;
	for (size_t i = 0; i < bell->note_count; i++) {
		const struct note *note = &bell->notes[i];

		if ((note->kind & filter) != 0 && (key == 0 || (note->kind & BELL_CARRIED) == 0) &&
		    (note->depth == depth || (subtree && note->depth > depth)) &&
		    note_hashes(bell, note)[depth] == hash)
			return true;
	}
	return false;
}

/*
 * Whether a watch is concerned. One of a key is moved to where the key is now: what was noted
 * concerns it under either path. A key that has moved twice had a third path in between, of which
 * nothing is known here.
 */
static bool
is_concerned(const struct bell *bell, struct slot *slot)
{
	uint64_t key = atomic_load(&slot->key);
	uint64_t word = atomic_load(&slot->place);
	uint64_t was = place_word(key, word);
	bool concerned = matches(bell, slot, key, was);
	uint64_t is;

	if (key == 0 || !may_have_moved(bell, atomic_load(&slot->depth), was))
		return concerned;
	is = find_place(bell, key);
	if (is == was)
		return concerned;
	atomic_compare_exchange_strong(&slot->place, &word, place_word(key, is));
	return concerned || matches(bell, slot, key, is) ||
	       bell->renames + (was == PLACE_GONE || is == PLACE_GONE) > 1;
}

static bool
ring_once(struct bell *bell, uint32_t number)
{
	struct sockaddr_un address;
	char name[24];
	socklen_t length = socket_address(bell, number, name, &address);

	if (sendto(bell->sender, "", 1, MSG_NOSIGNAL, (struct sockaddr *)&address, length) >= 0)
		return true;
	if (errno == EAGAIN)
		return false;
	if (errno == ECONNREFUSED || errno == ENOENT)
		bury(bell, number);
	return true;
}

static void
ring_socket(struct bell *bell, uint32_t number)
{
	int fresh;

	if (bell->sender < 0)
		bell->sender = new_socket();
	if (bell->sender < 0 || ring_once(bell, number))
		return;
	/*
	 * Either bytes wait there already, and that is enough; or those that wait elsewhere fill
	 * our sender's share, and a new sender has one of its own.
	 */
	fresh = new_socket();
	if (fresh < 0)
		return;
	close(bell->sender);
	bell->sender = fresh;
	ring_once(bell, number);
}

void
bell_ring(struct bell *bell)
{
	uint32_t rung[BELL_SLOTS];
	uint32_t high = atomic_load(&bell->shared->high);
	size_t count = 0;

	settle_stamps(bell);
	bell->overflow = bell->overflow || bell->skipped;
	for (uint32_t i = 0; i < high && (bell->note_count > 0 || bell->overflow); i++) {
		struct slot *slot = &bell->shared->slots[i];
		uint32_t owner = atomic_load(&slot->owner);

		if (owner == 0 || atomic_load(&slot->armed) != owner || !is_concerned(bell, slot))
			continue;
		atomic_store(&slot->fired, 1);
		if (count == 0 || rung[count - 1] != owner)
			rung[count++] = owner;
	}
	/* All are marked by now: who is woken by the first byte finds every mark of this commit. */
	for (size_t i = 0; i < count; i++)
		ring_socket(bell, rung[i]);
	settle(bell);
	clear_notes(bell);
}

/* --- The keeper ---------------------------------------------------------------------------------
 */

lstatus
bell_keep(struct bell *bell, int *ret_fd)
{
	lstatus status = bell->socket < 0 ? bind_socket(bell) : LSTATUS(ERROR_SUCCESS);

	if (!lstatus_ok(status))
		return status;
	atomic_store(&bell->shared->asked, 0);
	atomic_store(&bell->shared->keeper, bell->number);
	*ret_fd = bell->socket;
	return status;
}

void
bell_keeper_comes(struct bell *bell)
{
	bell_drain(bell);
	atomic_store(&bell->shared->asked, 0);
}

bool
bell_has_keeper(const struct bell *bell)
{
	return atomic_load(&bell->shared->keeper) != 0;
}

bool
bell_ask_keeper(struct bell *bell)
{
	uint32_t number = atomic_load(&bell->shared->keeper);

	if (number == 0 || atomic_exchange(&bell->shared->asked, 1) != 0)
		return false;
	ring_socket(bell, number);
	/* One who is dead has been forgotten by now. */
	return atomic_load(&bell->shared->keeper) == number;
}
