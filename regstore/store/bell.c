/*
 * Waking the watchers of other processes through a shared table and datagram sockets.
 */
#include "regstore/store/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/macro.h"
#include "regstore/base/unix.h"
#include "regstore/store/store.h"

#define BELL_MAGIC   0x4c4c4542u /* "BELL" */
#define BELL_VERSION 1u
#define BELL_SLOTS   4096u
#define BELL_NOTES   1024u /* changed paths remembered a transaction; beyond, all are woken */
#define BELL_DEPTH   64u   /* components of a path that subtree watches can match */

struct slot {
	_Atomic int32_t pid;    /* owner; 0 = free, -1 = being filled */
	_Atomic uint32_t armed; /* 1 once the fields below are set */
	uint32_t socket;        /* the owner's bell.<pid>.<socket> */
	uint32_t filter;
	uint32_t subtree;
	_Atomic uint32_t fired;
	uint64_t hash;
};

struct shared {
	uint32_t magic;
	uint32_t version;
	_Atomic uint64_t generation;
	_Atomic uint32_t high; /* slots ever used: the scan's end */
	struct slot slots[BELL_SLOTS];
};

struct note {
	uint32_t kind;
	uint32_t depth;
	uint64_t hashes[BELL_DEPTH]; /* of the path's first 1, 2, ... depth components */
};

struct store_watch {
	struct slot *slot;
	struct store_watch *next;
};

struct bell {
	int run;
	int socket; /* bound while something is watched; else -1 */
	int sender; /* unbound, for ringing; -1 until the first ring */
	int32_t owner;
	uint32_t number; /* of our socket */
	struct shared *shared;
	struct store_watch *watches;
	struct note *notes;
	size_t note_count;
	bool overflow; /* more changed than is remembered: wake everybody */
	bool skipped;  /* changes were not noted as nobody watched; somebody may by now */
};

static _Atomic uint32_t next_socket = 1;

/* FNV-1a, continued: the hash of a prefix is the start of the longer one's. */
static uint64_t
hash_step(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * 0x100000001b3ull;
}

#define HASH_START 0xcbf29ce484222325ull

static uint64_t
hash_path(const char *path, size_t length)
{
	uint64_t hash = HASH_START;

	for (size_t i = 0; i < length; i++)
		hash = hash_step(hash, (uint8_t)path[i]);
	return hash;
}

static lstatus
map_shared(int run, struct shared **ret_shared)
{
	int fd = openat(run, "bell", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct shared *shared;

	if (fd < 0)
		return lstatus_from_errno(errno);
	if (ftruncate(fd, (off_t)sizeof(*shared)) != 0) {
		lstatus status = lstatus_from_errno(errno);

		close(fd);
		return status;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (shared == MAP_FAILED)
		return lstatus_from_errno(errno);
	/* A new file is all zero, which is an empty table: every opener writes the same two words.
	 */
	shared->magic = BELL_MAGIC;
	shared->version = BELL_VERSION;
	*ret_shared = shared;
	return LSTATUS(ERROR_SUCCESS);
}

lstatus
bell_open(int run, struct bell **ret_bell)
{
	struct bell *bell = calloc(1, sizeof(*bell));
	lstatus status;

	if (bell == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	bell->run = run;
	bell->socket = -1;
	bell->sender = -1;
	status = map_shared(run, &bell->shared);
	if (!lstatus_ok(status)) {
		free(bell);
		return status;
	}
	*ret_bell = bell;
	return LSTATUS(ERROR_SUCCESS);
}

static void
socket_name(int32_t pid, uint32_t number, char *name, size_t size)
{
	snprintf(name, size, "bell.%d.%u", (int)pid, number);
}

void
bell_close(struct bell *bell)
{
	if (bell == NULL)
		return;
	while (bell->watches != NULL)
		bell_unwatch(bell, bell->watches);
	if (bell->socket >= 0) {
		char name[48];

		socket_name(bell->owner, bell->number, name, sizeof(name));
		unlinkat(bell->run, name, 0);
		close(bell->socket);
	}
	if (bell->sender >= 0)
		close(bell->sender);
	munmap(bell->shared, sizeof(*bell->shared));
	free(bell->notes);
	free(bell);
}

uint64_t
bell_generation(const struct bell *bell)
{
	return atomic_load_explicit(&bell->shared->generation, memory_order_acquire);
}

static lstatus
bind_socket(struct bell *bell)
{
	struct sockaddr_un address;
	char name[48];
	socklen_t length;
	int fd;

	bell->owner = getpid();
	bell->number = atomic_fetch_add(&next_socket, 1);
	socket_name(bell->owner, bell->number, name, sizeof(name));
	length = unix_address(bell->run, name, &address);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return lstatus_from_errno(errno);
	unlinkat(bell->run, name, 0); /* left by a dead process of the same number */
	if (bind(fd, (struct sockaddr *)&address, length) != 0) {
		lstatus status = lstatus_from_errno(errno);

		close(fd);
		return status;
	}
	bell->socket = fd;
	return LSTATUS(ERROR_SUCCESS);
}

static void
free_slot(struct slot *slot)
{
	atomic_store(&slot->armed, 0);
	atomic_store(&slot->pid, 0);
}

/* Take a free slot, or one whose process is gone. */
static struct slot *
take_slot(struct shared *shared)
{
	for (uint32_t i = 0; i < BELL_SLOTS; i++) {
		struct slot *slot = &shared->slots[i];
		int32_t pid = atomic_load(&slot->pid);

		if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) {
			/* Only one taker wins the exchange below. */
			atomic_store(&slot->armed, 0);
		} else if (pid != 0) {
			continue;
		}
		if (atomic_compare_exchange_strong(&slot->pid, &pid, -1)) {
			uint32_t high = atomic_load(&shared->high);

			while (high < i + 1 &&
			       !atomic_compare_exchange_weak(&shared->high, &high, i + 1))
				;
			return slot;
		}
	}
	return NULL;
}

lstatus
bell_watch(struct bell *bell, const char *path, size_t length, bool subtree, uint32_t filter,
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
	watch->slot = take_slot(bell->shared);
	if (watch->slot == NULL) {
		free(watch);
		return LSTATUS(ERROR_NO_LOG_SPACE);
	}
	watch->slot->socket = bell->number;
	watch->slot->filter = filter;
	watch->slot->subtree = subtree;
	watch->slot->hash = hash_path(path, length);
	atomic_store(&watch->slot->fired, 0);
	atomic_store(&watch->slot->pid, bell->owner);
	atomic_store(&watch->slot->armed, 1);
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
	free_slot(watch->slot);
	free(watch);
}

int
bell_fd(const struct bell *bell)
{
	return bell->socket;
}

bool
bell_drain(struct bell *bell)
{
	char byte;

	if (bell->socket < 0)
		return false;
	while (recv(bell->socket, &byte, sizeof(byte), 0) >= 0)
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

bool
bell_wants_notes(struct bell *bell)
{
	if (atomic_load(&bell->shared->high) == 0)
		bell->skipped = true;
	return !bell->overflow && !bell->skipped;
}

void
bell_changed(struct bell *bell, const char *path, size_t length, uint32_t kind)
{
	struct note *note;
	uint64_t hash = HASH_START;

	if (!bell_wants_notes(bell))
		return;
	if (bell->notes == NULL)
		bell->notes = calloc(BELL_NOTES, sizeof(*bell->notes));
	if (bell->notes == NULL || bell->note_count == BELL_NOTES) {
		bell->overflow = true;
		return;
	}
	note = &bell->notes[bell->note_count];
	note->kind = kind;
	note->depth = 0;
	for (size_t i = 0; i < length; i++) {
		if (path[i] == STORE_SEPARATOR && note->depth < BELL_DEPTH - 1)
			note->hashes[note->depth++] = hash;
		hash = hash_step(hash, (uint8_t)path[i]);
	}
	note->hashes[note->depth++] = hash;
	/* Many values of one key, one after the other, are one note. */
	if (bell->note_count > 0 && note[-1].kind == kind && note[-1].depth == note->depth &&
	    note[-1].hashes[note->depth - 1] == hash)
		return;
	bell->note_count++;
}

void
bell_forget(struct bell *bell)
{
	bell->note_count = 0;
	bell->overflow = false;
	bell->skipped = false;
}

static bool
matches(const struct bell *bell, const struct slot *slot)
{
	if (bell->overflow)
		return true;
	for (size_t i = 0; i < bell->note_count; i++) {
		const struct note *note = &bell->notes[i];

		if ((note->kind & slot->filter) == 0)
			continue;
		if (note->hashes[note->depth - 1] == slot->hash)
			return true;
		for (uint32_t at = 0; slot->subtree != 0 && at + 1 < note->depth; at++) {
			if (note->hashes[at] == slot->hash)
				return true;
		}
	}
	return false;
}

/* The process behind the socket is gone: clear its watches and the socket file. */
static void
bury(struct bell *bell, int32_t pid, uint32_t number, const char *name)
{
	for (uint32_t i = 0; i < BELL_SLOTS; i++) {
		struct slot *slot = &bell->shared->slots[i];

		if (atomic_load(&slot->pid) == pid && slot->socket == number)
			free_slot(slot);
	}
	unlinkat(bell->run, name, 0);
}

static void
ring_socket(struct bell *bell, int32_t pid, uint32_t number)
{
	struct sockaddr_un address;
	char name[48];
	socklen_t length;

	socket_name(pid, number, name, sizeof(name));
	length = unix_address(bell->run, name, &address);
	if (bell->sender < 0)
		bell->sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bell->sender < 0)
		return;
	if (sendto(bell->sender, "", 1, MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0 &&
	    (errno == ECONNREFUSED || errno == ENOENT))
		bury(bell, pid, number, name); /* EAGAIN: a wake-up is waiting there already */
}

void
bell_ring(struct bell *bell)
{
	uint32_t high = atomic_load(&bell->shared->high);
	int32_t rung_pid = 0;
	uint32_t rung_socket = 0;

	bell->overflow = bell->overflow || bell->skipped;
	atomic_fetch_add(&bell->shared->generation, 1);
	for (uint32_t i = 0; i < high && (bell->note_count > 0 || bell->overflow); i++) {
		struct slot *slot = &bell->shared->slots[i];
		int32_t pid = atomic_load(&slot->pid);

		if (pid <= 0 || atomic_load(&slot->armed) == 0 || !matches(bell, slot))
			continue;
		atomic_store(&slot->fired, 1);
		if (pid != rung_pid || slot->socket != rung_socket)
			ring_socket(bell, pid, slot->socket);
		rung_pid = pid;
		rung_socket = slot->socket;
	}
	bell_forget(bell);
}
