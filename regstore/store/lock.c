/*
 * The line that writers wait in: an flock on a file of our own.
 *
 * The kernel gives the lock back when its holder dies. A list of this process's holders tells when
 * a thread would wait for itself.
 */
#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

#include "regstore/store/internal.h"

static pthread_mutex_t holders_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct lock_holder *holders;
static pid_t holders_process; /* a forked child holds nothing of its parent's */

static void
lock_holders(void)
{
	pthread_mutex_lock(&holders_mutex);
	if (holders_process != getpid())
		holders = NULL;
	holders_process = getpid();
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

lstatus
store_lock(struct store *store)
{
	if (store->process != getpid())
		return LSTATUS(ERROR_INVALID_HANDLE);
	if (is_mine(&store->holder)) {
		buf_clear(&store->error);
		buf_append_text(&store->error, "this thread has a transaction open already");
		return LSTATUS(ERROR_BUSY);
	}
	while (flock(store->lock, LOCK_EX) != 0) {
		if (errno != EINTR)
			return store_fail_errno(store, "registry.lock");
	}
	add_holder(&store->holder);
	return LSTATUS(ERROR_SUCCESS);
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
