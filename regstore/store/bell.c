/*
 * Waking the watchers of other processes through a shared table and datagram sockets: the table,
 * its stamps, and who watches.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "regstore/base/macro.h"
#include "regstore/base/unix.h"
#include "regstore/store/bell_table.h"
#include "regstore/store/store.h"

#define BELL_FILE    "bell-5" /* a new layout takes a new name: no two layouts share a table */
#define BELL_DRAINED 16u      /* bytes taken at once */

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

socklen_t
bell_socket_address(
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

	bell_socket_address(bell, number, name, &address);
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

uint64_t
bell_hash(const char *path, size_t length)
{
	uint64_t hash = BELL_HASH_START;

	for (size_t i = 0; i < length; i++)
		hash = bell_hash_step(hash, (uint8_t)path[i]);
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

void
bell_move_stamps(struct bell *bell)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(bell->changing); i++) {
		for (uint64_t bits = bell->changing[i]; bits != 0; bits &= bits - 1) {
			uint32_t stamp = i * 64 + (uint32_t)__builtin_ctzll(bits);

			atomic_fetch_add(&bell->shared->stamps[stamp], 1);
		}
	}
}

void
bell_settle_stamps(struct bell *bell)
{
	if (bell->doubt)
		bell_move_stamps(bell);
	memset(bell->changing, 0, sizeof(bell->changing));
}

void
bell_repair_stamps(struct bell *bell)
{
	for (uint32_t i = 0; i < BELL_STAMPS; i++)
		bell->changing[i / 64] |= (bell_stamp(bell, i) & 1) << i % 64;
}

/* --- Watching ----------------------------------------------------------------------------------
 */

int
bell_new_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

lstatus
bell_bind_socket(struct bell *bell)
{
	int fd = bell_new_socket();
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
		length = bell_socket_address(bell, number, name, &address);
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

void
bell_bury(struct bell *bell, uint32_t number)
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
	socklen_t length = bell_socket_address(bell, number, name, &address);
	int probe = bell_new_socket();
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
			bell_bury(bell, owner);
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
	atomic_store(&slot->place, bell_place_word(key, bell_hash(place->path, place->length)));
	atomic_store(&slot->fired, 0);
}

lstatus
bell_watch(struct bell *bell, const struct bell_place *place, bool subtree, uint32_t filter,
    struct store_watch **ret_watch)
{
	struct store_watch *watch;

	if (bell->socket < 0) {
		lstatus status = bell_bind_socket(bell);

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
