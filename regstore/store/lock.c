/*
 * The line that writers wait in, and the lock at its end: an flock on a file of our own.
 *
 * The kernel gives the lock back when its holder dies, but to whoever asks first: a writer that
 * asks again and again can keep others out. So writers take tickets. Whose turn it is waits for the
 * lock; who has got it lets the next one come to it; the others sleep, each to be woken by its
 * turn. The tickets only order: that one writes at a time is the lock's doing alone. So a ticket
 * whose owner died or was stopped harms nobody. Who waits behind it looks now and then, in
 * intervals that grow with its waiting, whether the lock is free all the same, and then passes.
 *
 * A list of this process's holders tells when a thread would wait for itself.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "regstore/base/unix.h"
#include "regstore/store/internal.h"

#define PATIENCE_MS 20 /* the first look whether the line stands still */

static pthread_mutex_t holders_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct lock_holder *holders;
static unsigned holders_process; /* a forked child holds nothing of its parent's */

static void
lock_holders(void)
{
	pthread_mutex_lock(&holders_mutex);
	if (holders_process != unix_process())
		holders = NULL;
	holders_process = unix_process();
}

static bool
is_mine(const struct lock_holder *holder)
{
	bool mine = false;

	lock_holders();
	for (const struct lock_holder *at = holders; at != NULL; at = at->next) {
		if (at->inode == holder->inode && at->device == holder->device &&
		    pthread_equal(at->thread, pthread_self()))
			mine = true;
	}
	pthread_mutex_unlock(&holders_mutex);
	return mine;
}

static void
add_holder(struct lock_holder *holder)
{
	lock_holders();
	holder->thread = pthread_self();
	holder->next = holders;
	holders = holder;
	pthread_mutex_unlock(&holders_mutex);
}

/* --- The line -----------------------------------------------------------------------------------
 */

/* Sleepers are told apart by a bit of their tickets: a wake-up is meant for few others. */
static uint32_t
ticket_bit(uint32_t ticket)
{
	return 1u << ticket % 32;
}

static bool
is_over(uint32_t ticket, uint32_t turn)
{
	return (int32_t)(turn - ticket) >= 0;
}

/* Sleep until the turn is another; false when that takes longer than the time. */
static bool
sleep_in_line(struct bell_line *line, uint32_t ticket, uint32_t turn, int64_t milliseconds)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += milliseconds / 1000;
	end.tv_nsec += milliseconds % 1000 * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	return syscall(SYS_futex, &line->turn, FUTEX_WAIT_BITSET, turn, &end, NULL,
	           ticket_bit(ticket)) == 0 ||
	       errno != ETIMEDOUT;
}

/* Let whoever is behind this ticket come to the lock. */
static void
let_next(struct bell_line *line, uint32_t ticket)
{
	uint32_t next = ticket + 1;
	uint32_t turn = atomic_load(&line->turn);

	while (!is_over(next, turn) && !atomic_compare_exchange_weak(&line->turn, &turn, next))
		;
	if (atomic_load(&line->next) != next)
		syscall(SYS_futex, &line->turn, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL,
		    ticket_bit(next));
}

/* Wait for the ticket's turn; true if the lock was taken over the heads of those before it. */
static bool
wait_for_turn(struct store *store, struct bell_line *line, uint32_t ticket)
{
	int64_t patience = PATIENCE_MS;
	uint32_t turn;

	while (!is_over(ticket, turn = atomic_load(&line->turn))) {
		if (sleep_in_line(line, ticket, turn, patience))
			continue;
		if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
			return true;
		patience *= 2;
	}
	return false;
}

static lstatus
wait_in_line(struct store *store)
{
	struct bell_line *line = bell_line(store->bell);
	uint32_t ticket = atomic_fetch_add(&line->next, 1);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (!wait_for_turn(store, line, ticket)) {
		while (lstatus_ok(status) && flock(store->lock, LOCK_EX) != 0) {
			if (errno != EINTR)
				status = store_fail_errno(store, "registry.lock");
		}
	}
	let_next(line, ticket);
	return status;
}

/* --- The lock -----------------------------------------------------------------------------------
 */

lstatus
store_lock(struct store *store)
{
	lstatus status;

	if (store->process != unix_process())
		return LSTATUS(ERROR_INVALID_HANDLE);
	if (is_mine(&store->holder)) {
		buf_clear(&store->error);
		buf_append_text(&store->error, "this thread has a transaction open already");
		return LSTATUS(ERROR_BUSY);
	}
	status = wait_in_line(store);
	if (lstatus_ok(status))
		add_holder(&store->holder);
	return status;
}

bool
store_try_lock(struct store *store)
{
	if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
		return false;
	add_holder(&store->holder);
	return true;
}

void
store_unlock(struct store *store)
{
	struct lock_holder **at = &holders;

	lock_holders();
	while (*at != NULL && *at != &store->holder)
		at = &(*at)->next;
	if (*at != NULL)
		*at = store->holder.next;
	pthread_mutex_unlock(&holders_mutex);
	flock(store->lock, LOCK_UN);
}
