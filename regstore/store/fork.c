/*
 * Connections across fork.
 *
 * SQLite keeps one list of open files for all connections of a process, with the locks that each
 * file has. A forked child inherits the list, but not the locks: those are its parent's. What the
 * child opens itself then counts as locked where it is not, and when the parent closes, nothing
 * keeps it from removing a write-ahead log into which the child goes on to commit. So a child that
 * opens a file of an inherited connection first takes the locks that the list says it has: the one
 * that all who have the database open hold on it, and the one on the shared index of the log. With
 * a connection that was in the midst of something at the fork, the list says more than that, and
 * where all have closed the database since, the index that the child inherited is gone: no second
 * connection can be had then.
 *
 * Locks are a process's, whatever descriptor they are taken through, and are lost with the first
 * descriptor of the file that is closed. SQLite closes none while its list has a lock on the file,
 * and here they stay open as long as the child has the database open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/unix.h"
#include "regstore/store/internal.h"

/* SQLite's locks ("File locking and concurrency"; the shared index in its WAL format). */
#define SHARED_FIRST  0x40000002
#define SHARED_SIZE   510
#define DEAD_MAN_LOCK 128

/* A connection of this process, or of one that it descends from. */
struct connection {
	struct connection *next;
	sqlite3 *db;
	struct store *store; /* NULL once it is closed in a child; SQLite's list has it still */
	unsigned process;
	dev_t device; /* of the host's lock file, which tells hosts apart */
	ino_t inode;
	ino_t index; /* of the log's shared index at the last fork; 0: there was none */
};

/* The locks of a child on a host of which it inherited connections. */
struct guard {
	struct guard *next;
	dev_t device;
	ino_t inode;
	unsigned process;
	unsigned users; /* connections that this process opened */
	int database;
	int index;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct connection *connections;
static struct guard *guards;

/* The child finds the lists whole. */
static void
before_fork(void)
{
	struct stat info;

	pthread_mutex_lock(&mutex);
	for (struct connection *at = connections; at != NULL; at = at->next) {
		if (at->process == unix_process())
			at->index = fstatat(at->store->root, STORE_DATABASE "-shm", &info, 0) == 0
			                ? info.st_ino
			                : 0;
	}
}

static void
after_fork(void)
{
	pthread_mutex_unlock(&mutex);
}

static void
prepare(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

static bool
is_on(const struct connection *connection, const struct store *store)
{
	return connection->inode == store->holder.inode &&
	       connection->device == store->holder.device;
}

/* --- The locks ----------------------------------------------------------------------------------
 */

static int
lock_part(int folder, const char *name, off_t from, off_t size)
{
	struct flock lock = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = size
	};
	int fd = openat(folder, name, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_SETLKW, &lock) == 0)
		return fd;
	close(fd);
	return -1;
}

static struct guard *
find_guard(const struct store *store)
{
	for (struct guard *at = guards; at != NULL; at = at->next) {
		if (at->inode == store->holder.inode && at->device == store->holder.device &&
		    at->process == unix_process())
			return at;
	}
	return NULL;
}

static void
close_guard(struct guard *guard)
{
	if (guard->database >= 0)
		close(guard->database);
	if (guard->index >= 0)
		close(guard->index);
	free(guard);
}

static lstatus
refuse(struct store *store, const char *when)
{
	buf_clear(&store->error);
	buf_printf(&store->error,
	    "this process was forked from one that %s; open the registry before such a fork, or "
	    "after exec",
	    when);
	return LSTATUS(ERROR_BUSY);
}

static lstatus
add_guard(struct store *store, ino_t index)
{
	struct guard *guard = calloc(1, sizeof(*guard));
	struct stat info = { 0 };

	if (guard == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	*guard = (struct guard){ .next = guards,
		.device = store->holder.device,
		.inode = store->holder.inode,
		.process = unix_process(),
		.users = 1 };
	guard->database = lock_part(store->root, STORE_DATABASE, SHARED_FIRST, SHARED_SIZE);
	guard->index =
	    index == 0 ? -1 : lock_part(store->root, STORE_DATABASE "-shm", DEAD_MAN_LOCK, 1);
	if (guard->database < 0) {
		lstatus status = store_fail_errno(store, STORE_DATABASE);

		close_guard(guard);
		return status;
	}
	if (index != 0 &&
	    (guard->index < 0 || fstat(guard->index, &info) != 0 || info.st_ino != index)) {
		close_guard(guard);
		return refuse(store, "had the registry open and has closed it since");
	}
	guards = guard;
	return LSTATUS(ERROR_SUCCESS);
}

static void
leave_guard(const struct store *store)
{
	struct guard *guard = find_guard(store);
	struct guard **link = &guards;

	if (guard == NULL || --guard->users > 0)
		return;
	while (*link != guard)
		link = &(*link)->next;
	*link = guard->next;
	close_guard(guard);
}

/* --- Opening and closing ------------------------------------------------------------------------
 */

/* Whether another process's connection was reading, writing or taking over the log at the fork. */
static bool
was_at_work(const struct connection *connection)
{
	return sqlite3_txn_state(connection->db, NULL) != SQLITE_TXN_NONE ||
	       (connection->store != NULL && connection->store->takes_over);
}

/* Find a connection to the host that was inherited; ERROR_BUSY if one was at work. */
static lstatus
find_inherited(struct store *store, const struct connection **ret_connection)
{
	for (const struct connection *at = connections; at != NULL; at = at->next) {
		if (at->process == unix_process() || !is_on(at, store))
			continue;
		if (was_at_work(at))
			return refuse(store, "was in the midst of a transaction");
		*ret_connection = at;
	}
	return LSTATUS(ERROR_SUCCESS);
}

lstatus
fork_enter(struct store *store)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	const struct connection *inherited = NULL;
	struct guard *guard;
	lstatus status;

	if (connection == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	pthread_once(&once, prepare);
	pthread_mutex_lock(&mutex);
	status = find_inherited(store, &inherited);
	guard = find_guard(store);
	if (lstatus_ok(status) && guard != NULL)
		guard->users++;
	else if (lstatus_ok(status) && inherited != NULL)
		status = add_guard(store, inherited->index);
	if (lstatus_ok(status)) {
		*connection = (struct connection){ .next = connections,
			.db = store->db,
			.store = store,
			.process = unix_process(),
			.device = store->holder.device,
			.inode = store->holder.inode };
		connections = connection;
	} else {
		free(connection);
	}
	pthread_mutex_unlock(&mutex);
	return status;
}

void
fork_leave(struct store *store)
{
	struct connection **link = &connections;
	struct connection *connection;

	pthread_mutex_lock(&mutex);
	while (*link != NULL && (*link)->store != store)
		link = &(*link)->next;
	connection = *link;
	if (connection != NULL && connection->process == unix_process()) {
		*link = connection->next;
		free(connection);
		leave_guard(store);
	} else if (connection != NULL) {
		connection->store = NULL;
	}
	pthread_mutex_unlock(&mutex);
}
