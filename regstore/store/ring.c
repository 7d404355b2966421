/*
 * What a transaction changed, and whom its commit wakes.
 *
 * A wake-up too many is possible when a watch is dropped at the moment that a commit rings for it;
 * one too few is not.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "regstore/store/bell_table.h"
#include "regstore/store/store.h"

#define BELL_NOTES 1024u /* changed paths remembered a transaction; beyond, all are woken */

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
	uint64_t hash = BELL_HASH_START;

	note->at = bell->hashes.size / sizeof(hash);
	note->depth = length > 0 ? 1 : 0;
	buf_append(&bell->hashes, &hash, sizeof(hash)); /* of \REGISTRY itself */
	for (size_t i = 0; i < length; i++) {
		if (path[i] == STORE_SEPARATOR) {
			buf_append(&bell->hashes, &hash, sizeof(hash));
			note->depth++;
		}
		hash = bell_hash_step(hash, (uint8_t)path[i]);
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
		bell->sender = bell_new_socket();
	return bell->sender < 0 && atomic_load(&bell->shared->high) != 0 ? lstatus_from_errno(errno)
	                                                                 : LSTATUS(ERROR_SUCCESS);
}

void
bell_doubt(struct bell *bell)
{
	/* First: who finds it odd looks for odd stamps. */
	atomic_fetch_add(&bell->shared->generation, 1);
	bell_move_stamps(bell);
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
	bell_repair_stamps(bell);
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
			    &slot->place, &word, bell_place_word(key, find_place(bell, key)));
	}
}

void
bell_forget(struct bell *bell)
{
	bell_settle_stamps(bell);
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
 * nothing is known here. The end of a key is told whatever the filter: nothing comes after it.
 */
static bool
is_concerned(const struct bell *bell, struct slot *slot)
{
	uint64_t key = atomic_load(&slot->key);
	uint64_t word = atomic_load(&slot->place);
	uint64_t was = bell_place_word(key, word);
	bool concerned = matches(bell, slot, key, was);
	uint64_t is;

	if (key == 0 || !may_have_moved(bell, atomic_load(&slot->depth), was))
		return concerned;
	is = find_place(bell, key);
	if (is == was)
		return concerned;
	atomic_compare_exchange_strong(&slot->place, &word, bell_place_word(key, is));
	return concerned || is == PLACE_GONE || matches(bell, slot, key, is) ||
	       bell->renames + (was == PLACE_GONE || is == PLACE_GONE) > 1;
}

static bool
ring_once(struct bell *bell, uint32_t number)
{
	struct sockaddr_un address;
	char name[24];
	socklen_t length = bell_socket_address(bell, number, name, &address);

	if (sendto(bell->sender, "", 1, MSG_NOSIGNAL, (struct sockaddr *)&address, length) >= 0)
		return true;
	if (errno == EAGAIN)
		return false;
	if (errno == ECONNREFUSED || errno == ENOENT)
		bell_bury(bell, number);
	return true;
}

static void
ring_socket(struct bell *bell, uint32_t number)
{
	int fresh;

	if (bell->sender < 0)
		bell->sender = bell_new_socket();
	if (bell->sender < 0 || ring_once(bell, number))
		return;
	/*
	 * Either bytes wait there already, and that is enough; or those that wait elsewhere fill
	 * our sender's share, and a new sender has one of its own.
	 */
	fresh = bell_new_socket();
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

	bell_settle_stamps(bell);
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
	lstatus status = bell->socket < 0 ? bell_bind_socket(bell) : LSTATUS(ERROR_SUCCESS);

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
