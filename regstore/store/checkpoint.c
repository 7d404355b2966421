/*
 * Bringing the write-ahead log back into the database.
 *
 * SQLite would do it in a commit of some writer, who then waits for it. Here a writer whose commit
 * made the log long asks the host's keeper, which does it beside the writers; without a keeper, or
 * with one that does not come (a stopped process), the writer does it itself, when it has given the
 * lock back. It takes frames over as far as readers let it, which holds nobody up. Only of a log
 * that grows on all the same, since writers never pause, the last few frames are taken over with
 * the write lock held, so that the next writer begins it anew.
 *
 * Who begins the log anew flushes its header, a relaxed host's writer too, and so waits for the
 * disk. A keeper therefore lets the log become longer than a writer would, who has to do the work.
 *
 * A reader that does not end (a stopped process) keeps the log growing. It is tried again when the
 * log has grown by half: what is tried in vain costs little, however long the log is.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/store/internal.h"
#include "regstore/store/keeper.h"

#define SHORT_REST 200u /* frames that are taken over while writers pause, if it can be had */
#define PASSES     4    /* to come so far */

#define PIECE (1 << 20) /* bytes that are flushed at once */

/* Pages of a log that is brought back, and of one that writers have to pause for. */
struct pace {
	uint32_t log;
	uint32_t pause;
};

static const struct pace kept = { .log = 5000, .pause = 10000 };
static const struct pace unkept = { .log = 1000, .pause = 4000 };

struct frames {
	uint32_t all;
	uint32_t done;
};

/* Take over what readers and writers let one; false when that failed (it is tried again later). */
static bool
take_over(struct store *store, struct frames *frames)
{
	int all = 0;
	int done = 0;
	int code;

	store->takes_over = true;
	code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &all, &done);
	store->takes_over = false;
	if (code != SQLITE_OK || all < 0 || done < 0)
		return false;
	*frames = (struct frames){ (uint32_t)all, (uint32_t)done };
	return true;
}

/* How much longer the log is by now. */
static uint32_t
rest_of(const struct bell_wal *wal, const struct frames *frames)
{
	uint32_t pages = atomic_load(&wal->pages);

	return pages > frames->done ? pages - frames->done : 0;
}

/* Come so close to the end that a pause of the writers is short, and then take it. */
static bool
take_over_rest(struct store *store, struct frames *frames)
{
	const struct bell_wal *wal = bell_wal(store->bell);
	uint32_t before = 0;
	bool ok = true;

	for (int i = 0; i < PASSES && ok && frames->done > before; i++) {
		if (rest_of(wal, frames) < SHORT_REST)
			break;
		before = frames->done;
		ok = take_over(store, frames);
	}
	if (!ok || !lstatus_ok(store_lock(store)))
		return false;
	ok = take_over(store, frames);
	store_unlock(store);
	return ok;
}

/*
 * A log goes to the disk piece by piece before it is taken over: a writer that must read or flush
 * something meanwhile waits for one piece, and not for all.
 */
static void
flush_log(const struct store *store)
{
	int fd = openat(store->root, "registry.db-wal", O_RDONLY | O_CLOEXEC);
	off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;

	for (off_t at = 0; at < end; at += PIECE)
		(void)sync_file_range(
		    fd, at, PIECE, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
	if (fd >= 0)
		close(fd);
}

static void
bring_back(struct store *store, const struct pace *pace)
{
	struct bell_wal *wal = bell_wal(store->bell);
	struct frames frames = { 0 };
	bool ok = take_over(store, &frames);
	uint32_t kept_back;

	if (ok && atomic_load(&wal->pages) >= pace->pause && rest_of(wal, &frames) > 0)
		ok = take_over_rest(store, &frames);
	/* Another may be at it: who asked has set when it is tried again. */
	if (!ok)
		return;
	kept_back = frames.all - frames.done;
	atomic_store(&wal->kept_back, kept_back);
	if (kept_back < SHORT_REST || frames.all < 2 * pace->log)
		atomic_store(&wal->limit, frames.all + pace->log);
	else
		atomic_store(&wal->limit, frames.all + frames.all / 2);
}

void
store_checkpoint(struct store *store)
{
	bring_back(store, &unkept);
}

/* SQLite tells how long the log is after a commit. */
static int
note_length(void *context, sqlite3 *db UNUSED, const char *name UNUSED, int pages)
{
	struct store *store = context;

	store->wal_pages = pages > 0 ? (uint32_t)pages : 0;
	return SQLITE_OK;
}

void
store_watch_wal(struct store *store)
{
	sqlite3_wal_hook(store->db, note_length, store);
}

void
store_tend_wal(struct store *store)
{
	struct bell_wal *wal = bell_wal(store->bell);
	const struct pace *pace = bell_has_keeper(store->bell) ? &kept : &unkept;
	uint32_t pages = store->wal_pages;
	uint32_t limit = atomic_load(&wal->limit);

	atomic_store(&wal->pages, pages);
	if (pages < unkept.log) {
		/* It was begun anew. */
		if (limit != pace->log)
			atomic_store(&wal->limit, pace->log);
		return;
	}
	/* One asks; who asks next finds out whether the keeper has come since. */
	if (pages < limit ||
	    !atomic_compare_exchange_strong(&wal->limit, &limit, pages + pace->log))
		return;
	if (!bell_ask_keeper(store->bell))
		store_checkpoint(store);
}

lstatus
store_wal_state(struct store *store, struct store_wal *ret_wal)
{
	struct stat stat;

	if (fstatat(store->root, "registry.db-wal", &stat, 0) != 0)
		return store_fail_errno(store, "registry.db-wal");
	*ret_wal = (struct store_wal){ .bytes = (uint64_t)stat.st_size,
		.kept_back = atomic_load(&bell_wal(store->bell)->kept_back) };
	return LSTATUS(ERROR_SUCCESS);
}

/* --- The keeper ---------------------------------------------------------------------------------
 */

struct store_keeper {
	struct store *store;
	pthread_t thread;
	int asked; /* the bell's socket */
	int stop;
};

static void *
keep(void *context)
{
	struct store_keeper *keeper = context;
	struct pollfd polls[] = { { .fd = keeper->asked, .events = POLLIN },
		{ .fd = keeper->stop, .events = POLLIN } };

	while (poll(polls, ARRAY_SIZE(polls), -1) >= 0 || errno == EINTR) {
		if (polls[0].revents != 0) {
			bell_keeper_comes(keeper->store->bell);
			flush_log(keeper->store);
			bring_back(keeper->store, &kept);
		} else if (polls[1].revents != 0) {
			break;
		}
	}
	return NULL;
}

/* The thread takes no signals: they are the process's other threads'. */
static int
start_thread(struct store_keeper *keeper)
{
	sigset_t all;
	sigset_t before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&keeper->thread, NULL, keep, keeper);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void
release(struct store_keeper *keeper)
{
	store_close(keeper->store);
	if (keeper->stop >= 0)
		close(keeper->stop);
	free(keeper);
}

lstatus
store_keeper_start(const char *root, struct store_keeper **ret_keeper)
{
	struct store_options options = { .channel = "keeper" };
	struct store_keeper *keeper = calloc(1, sizeof(*keeper));
	lstatus status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	if (keeper == NULL)
		return status;
	keeper->stop = eventfd(0, EFD_CLOEXEC);
	if (keeper->stop >= 0)
		status = store_open(root, &options, &keeper->store);
	if (lstatus_ok(status))
		status = bell_keep(keeper->store->bell, &keeper->asked);
	if (lstatus_ok(status)) {
		int error = start_thread(keeper);

		if (error != 0)
			status = lstatus_from_errno(error);
	}
	if (!lstatus_ok(status)) {
		release(keeper);
		return status;
	}
	*ret_keeper = keeper;
	return status;
}

void
store_keeper_stop(struct store_keeper *keeper)
{
	uint64_t one = 1;

	if (keeper == NULL)
		return;
	while (write(keeper->stop, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(keeper->thread, NULL);
	release(keeper);
}
