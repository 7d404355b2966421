/*
 * Opening and closing the store.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/unix.h"
#include "regstore/store/internal.h"

#define BUSY_TIMEOUT 10000 /* ms; only recovery and checkpoints can make one wait */

static lstatus
open_lock(struct store *store)
{
	struct stat stat;

	store->lock =
	    openat(store->root, STORE_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, STORE_FILE_MODE);
	if (store->lock < 0 || fstat(store->lock, &stat) != 0)
		return store_fail_errno(store, STORE_LOCK);
	store->holder.device = stat.st_dev;
	store->holder.inode = stat.st_ino;
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
open_files(struct store *store, const char *root, bool create)
{
	store->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->root < 0)
		return store_fail_errno(store, root);
	if (create) {
		lstatus status = store_make_file(store);

		if (!lstatus_ok(status))
			return status;
	}
	if (faccessat(store->root, STORE_DATABASE, R_OK | W_OK, AT_EACCESS) != 0)
		return store_fail_errno(store, STORE_DATABASE);
	if (mkdirat(store->root, "run", STORE_DIRECTORY_MODE) != 0 && errno != EEXIST)
		return store_fail_errno(store, "run");
	store->run = openat(store->root, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->run < 0)
		return store_fail_errno(store, "run");
	return open_lock(store);
}

static lstatus
open_database(struct store *store, const char *root, const struct store_options *options)
{
	struct buf path = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int64_t version = STORE_SCHEMA_VERSION;
	bool wal;
	int code;

	buf_printf(&path, "%s/" STORE_DATABASE, root);
	code = sqlite3_open_v2(buf_text(&path), &store->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (path.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else if (code != SQLITE_OK)
		status = store_fail(store, code);
	buf_release(&path);
	if (lstatus_ok(status))
		status = fork_enter(store);
	if (!lstatus_ok(status))
		return status;
	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT);
	store_watch_wal(store);
	status = store_check_schema(store, &version, &wal);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) && options->create)
		status = store_make_schema(store, options);
	else if (lstatus_ok(status) && !wal)
		status = store_give_journal(store);
	if (lstatus_ok(status) && version < STORE_SCHEMA_VERSION)
		status = store_migrate(store, store_migrations, STORE_SCHEMA_VERSION);
	return status;
}

/* For the bell. While the schema is made or changed, keys cannot be asked for. */
static lstatus
find_path(struct store *store, int64_t key, struct buf *path)
{
	struct store_key row;

	return store->making ? LSTATUS(ERROR_NOT_READY)
	                     : store_get_key(store, key, &row, path, NULL);
}

/* The first to open the host since run/ was made fills the clock's page. */
static lstatus
show_clock(struct store *store)
{
	lstatus status;

	if (clock_is_there(store->clock))
		return LSTATUS(ERROR_SUCCESS);
	status = store_lock(store);
	if (!lstatus_ok(status))
		return status;
	if (!clock_is_there(store->clock))
		status = clock_load(store);
	store_unlock(store);
	return status;
}

/* A writer may have died before it woke anybody; who opens the host next does it in its place. */
static void
repair_bell(struct store *store)
{
	if ((bell_generation(store->bell) & 1) != 0 && store_try_lock(store)) {
		if (lstatus_ok(store_catch_up(store)))
			bell_repair(store->bell);
		store_unlock(store);
	}
}

/*
 * SQLite counts the bytes that it allocates, under a lock, for whoever may ask: nobody does. It is
 * too late for that in a program that has used SQLite itself, and no harm.
 */
static void
configure_sqlite(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

lstatus
store_open(const char *root, const struct store_options *options, struct store **ret_store)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct store *store = calloc(1, sizeof(*store));
	lstatus status = LSTATUS(ERROR_SUCCESS);

	pthread_once(&once, configure_sqlite);
	if (store == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	store->root = store->run = store->lock = -1;
	store->process = unix_process();
	store->actor = options->actor != NULL ? strdup(options->actor) : NULL;
	store->channel = strdup(options->channel != NULL ? options->channel : "api");
	if (store->channel == NULL || (store->actor == NULL && options->actor != NULL))
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && options->create)
		status = store_make_folders(root);
	if (lstatus_ok(status))
		status = open_files(store, root, options->create);
	if (lstatus_ok(status))
		status = bell_open(store->run, find_path, store, &store->bell);
	if (lstatus_ok(status))
		status = clock_open(store->run, &store->clock);
	if (lstatus_ok(status))
		status = open_database(store, root, options);
	if (lstatus_ok(status))
		status = show_clock(store);
	if (!lstatus_ok(status)) {
		if (options->error != NULL)
			buf_append(options->error, store->error.data, store->error.size);
		store_close(store);
		return status;
	}
	repair_bell(store);
	store->opened = bell_generation(store->bell);
	*ret_store = store;
	return status;
}

/* Not in a forked child: the connection and its transaction are the parent's. */
static void
close_database(struct store *store)
{
	if (store->in_transaction)
		store_rollback(store);
	store_forget_statements(store);
	sqlite3_close(store->db);
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	if (store->process == unix_process())
		close_database(store);
	fork_leave(store);
	bell_close(store->bell);
	clock_close(store->clock);
	if (store->lock >= 0)
		close(store->lock);
	if (store->run >= 0)
		close(store->run);
	if (store->root >= 0)
		close(store->root);
	free(store->actor);
	free(store->channel);
	free(store->comment);
	buf_release(&store->error);
	buf_release(&store->changes.bytes);
	store_release_listing(&store->listing);
	buf_release(&store->parent_path);
	free(store);
}
