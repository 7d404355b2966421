/*
 * Repair of a store: what breaks a rule is mended, what is left of a damaged file is saved.
 *
 * The database is copied first. A whole one is then mended in place, in one transaction. What can
 * be read of a damaged one (salvage.c) goes into a new database, which is mended, flushed, and
 * renamed over the old one.
 *
 * Nobody else has the store open meanwhile: the write lock keeps writers out, and SQLite's
 * exclusive lock all others.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "regstore/base/unix.h"
#include "regstore/store/internal.h"

#define NEW_DATABASE STORE_DATABASE "-new"
#define BACKUPS      10000
#define ROUNDS       64 /* what is mended may break another rule */

struct repair {
	struct store from; /* the database as it is: no more of a store than its connection */
	struct store to;   /* the new one */
	int folder;
	int lock;
	const char *root;
	store_fault *each;
	void *context;
	struct store_repair result;
	struct buf *error;
};

static lstatus
fail(struct repair *repair, const char *what)
{
	int error = errno;

	buf_printf(repair->error, "%s: %s", what, strerror(error));
	return lstatus_from_errno(error);
}

/* Take over what SQLite said. */
static lstatus
pass(struct repair *repair, const struct store *store, lstatus status)
{
	if (!lstatus_ok(status))
		buf_append_text(repair->error, store_error(store));
	return status;
}

/* --- The copy -----------------------------------------------------------------------------------
 */

static lstatus
copy_file(struct repair *repair, const char *name, const char *copy)
{
	int from = openat(repair->folder, name, O_RDONLY | O_CLOEXEC);
	int to = from < 0
	             ? -1
	             : openat(repair->folder, copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool done = to >= 0 && unix_copy_bytes(from, to) && fsync(to) == 0;
	lstatus status = done ? LSTATUS(ERROR_SUCCESS) : fail(repair, copy);

	if (to >= 0)
		close(to);
	if (from >= 0)
		close(from);
	return status;
}

static void
remove_backup(struct repair *repair)
{
	buf_append_text(&repair->result.backup, "-wal");
	(void)unlink(buf_text(&repair->result.backup));
	repair->result.backup.size -= strlen("-wal");
	(void)unlink(buf_text(&repair->result.backup));
	buf_clear(&repair->result.backup);
}

/*
 * The log first: who takes its pages back into the database meanwhile breaks nothing. SQLite does
 * not have the file open here yet, so no lock of its is lost.
 */
static lstatus
back_up(struct repair *repair)
{
	char name[48];
	char log[64];
	lstatus status = LSTATUS(ERROR_SUCCESS);
	unsigned number = 1;

	do
		snprintf(name, sizeof(name), STORE_DATABASE ".backup-%u", number);
	while (faccessat(repair->folder, name, F_OK, 0) == 0 && ++number < BACKUPS);
	snprintf(log, sizeof(log), "%s-wal", name);
	buf_printf(&repair->result.backup, "%s/%s", repair->root, name);
	if (faccessat(repair->folder, STORE_DATABASE "-wal", F_OK, 0) == 0)
		status = copy_file(repair, STORE_DATABASE "-wal", log);
	if (lstatus_ok(status))
		status = copy_file(repair, STORE_DATABASE, name);
	if (repair->result.backup.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	unix_flush_folder(buf_text(&repair->result.backup));
	return status;
}

/* --- Opening ------------------------------------------------------------------------------------
 */

static lstatus
open_database(struct repair *repair, const char *name, int flags, struct store *store)
{
	struct buf path = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	buf_printf(&path, "%s/%s", repair->root, name);
	code = sqlite3_open_v2(buf_text(&path), &store->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | flags, NULL);
	if (path.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else if (code != SQLITE_OK)
		status = store_fail(store, code);
	buf_release(&path);
	if (lstatus_ok(status))
		status = store_prepare_rules(store);
	if (lstatus_ok(status))
		status = store_execute(
		    store, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY");
	return status;
}

/* Whether it is a store of this program's version, and nobody else has it open. */
static lstatus
open_old(struct repair *repair)
{
	struct store *store = &repair->from;
	int64_t version = 0;
	bool wal;
	lstatus status = open_database(repair, STORE_DATABASE, 0, store);

	if (lstatus_ok(status))
		status = store_check_schema(store, &version, &wal);
	if (lstatus_ok(status) && version != STORE_SCHEMA_VERSION)
		status = store_fail_version(store, version);
	if (!lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return pass(repair, store, status);
	buf_append_text(repair->error, "nothing is in the database");
	return LSTATUS(ERROR_REGISTRY_CORRUPT);
}

static lstatus
open_folder(struct repair *repair)
{
	repair->folder = open(repair->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (repair->folder < 0)
		return fail(repair, repair->root);
	if (faccessat(repair->folder, STORE_DATABASE, R_OK | W_OK, AT_EACCESS) != 0)
		return fail(repair, STORE_DATABASE);
	repair->lock = openat(repair->folder, STORE_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (repair->lock < 0)
		return fail(repair, STORE_LOCK);
	if (flock(repair->lock, LOCK_EX | LOCK_NB) == 0)
		return LSTATUS(ERROR_SUCCESS);
	if (errno != EWOULDBLOCK)
		return fail(repair, STORE_LOCK);
	buf_append_text(repair->error, "somebody writes to the registry");
	return LSTATUS(ERROR_BUSY);
}

/* --- Mending ------------------------------------------------------------------------------------
 */

static lstatus
mend_rule(struct repair *repair, struct store *store, const struct store_rule *rule, size_t *faults)
{
	size_t found = 0;
	lstatus status = store_check_rule(store, rule, repair->each, repair->context, &found);

	*faults += found;
	return lstatus_ok(status) && found > 0 ? store_execute(store, rule->mend) : status;
}

/* Until a round finds nothing. A transaction is open. */
static lstatus
mend(struct repair *repair, struct store *store)
{
	size_t faults = 1;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (int round = 0; round < ROUNDS && faults > 0 && lstatus_ok(status); round++) {
		faults = 0;
		for (const struct store_rule *at = store_rules;
		     at->find != NULL && lstatus_ok(status); at++)
			status = mend_rule(repair, store, at, &faults);
		repair->result.changed |= faults > 0;
	}
	if (lstatus_ok(status) && faults > 0) {
		buf_clear(&store->error);
		buf_append_text(&store->error, "what is damaged cannot be mended");
		return LSTATUS(ERROR_REGISTRY_CORRUPT);
	}
	return status;
}

static lstatus
mend_all(struct repair *repair, struct store *store)
{
	lstatus status = store_execute(store, "BEGIN IMMEDIATE");

	if (lstatus_ok(status))
		status = mend(repair, store);
	if (lstatus_ok(status))
		status = store_forget_restored(store);
	if (lstatus_ok(status))
		status = store_execute(store, "COMMIT");
	if (!lstatus_ok(status))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return pass(repair, store, status);
}

/* --- Salvage ----------------------------------------------------------------------------------
 */

static lstatus
fill_new(struct repair *repair)
{
	struct store *store = &repair->to;
	int64_t keys = 0;
	size_t faults = 0;
	lstatus status = store_execute(store, "PRAGMA synchronous = OFF; BEGIN IMMEDIATE");

	if (lstatus_ok(status))
		status = store_make_tables(store);
	if (lstatus_ok(status))
		status = store_salvage(&repair->from, store, repair->result.saved);
	if (lstatus_ok(status))
		status = store_query_number(store, "SELECT count(*) FROM key", &keys);
	if (lstatus_ok(status) && keys == 0) {
		buf_append_text(repair->error, "none of its keys can be read");
		return LSTATUS(ERROR_REGISTRY_CORRUPT);
	}
	if (lstatus_ok(status))
		status = store_execute(store, "COMMIT");
	if (!lstatus_ok(status))
		return pass(repair, store, status);
	status = mend_all(repair, store);
	if (lstatus_ok(status))
		status = pass(
		    repair, store, store_check_file(store, repair->each, repair->context, &faults));
	return lstatus_ok(status) && faults > 0 ? LSTATUS(ERROR_REGISTRY_CORRUPT) : status;
}

/*
 * The old write-ahead log is gone before the new database is there, which would take its pages in;
 * the old one has taken them in by then, as well as it can.
 */
static lstatus
put_in_place(struct repair *repair)
{
	int fd = openat(repair->folder, NEW_DATABASE, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	if (!done)
		return fail(repair, NEW_DATABASE);
	sqlite3_wal_checkpoint_v2(repair->from.db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)unlinkat(repair->folder, STORE_DATABASE "-wal", 0);
	(void)unlinkat(repair->folder, STORE_DATABASE "-shm", 0);
	unix_flush_folder(buf_text(&repair->result.backup));
	if (renameat(repair->folder, NEW_DATABASE, repair->folder, STORE_DATABASE) != 0)
		return fail(repair, STORE_DATABASE);
	unix_flush_folder(buf_text(&repair->result.backup));
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
salvage(struct repair *repair)
{
	lstatus status;

	/* The old connection, closed after the new file is there, must not touch the log. */
	sqlite3_db_config(repair->from.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)unlinkat(repair->folder, NEW_DATABASE, 0);
	status = pass(repair, &repair->to,
	    open_database(repair, NEW_DATABASE, SQLITE_OPEN_CREATE, &repair->to));
	if (lstatus_ok(status))
		status = fill_new(repair);
	sqlite3_close(repair->to.db);
	if (lstatus_ok(status))
		status = put_in_place(repair);
	if (!lstatus_ok(status))
		(void)unlinkat(repair->folder, NEW_DATABASE, 0);
	repair->result.salvaged = repair->result.changed = lstatus_ok(status);
	return status;
}

/* --- The repair ---------------------------------------------------------------------------------
 */

static lstatus
repair_database(struct repair *repair)
{
	size_t faults = 0;
	lstatus status = open_old(repair);

	if (!lstatus_ok(status) && !lstatus_is(status, ERROR_REGISTRY_CORRUPT))
		return status;
	if (lstatus_ok(status))
		status = store_check_file(&repair->from, repair->each, repair->context, &faults);
	if (lstatus_ok(status) && faults == 0)
		return mend_all(repair, &repair->from);
	if (!lstatus_ok(status) && !lstatus_is(status, ERROR_REGISTRY_CORRUPT))
		return pass(repair, &repair->from, status);
	buf_clear(repair->error);
	return salvage(repair);
}

lstatus
store_repair(const char *root, store_fault *each, void *context, struct store_repair *ret_repair,
    struct buf *error)
{
	struct repair repair = { .folder = -1,
		.lock = -1,
		.root = root,
		.each = each,
		.context = context,
		.error = error };
	lstatus status = open_folder(&repair);

	if (lstatus_ok(status))
		status = back_up(&repair);
	if (lstatus_ok(status))
		status = repair_database(&repair);
	sqlite3_close(repair.from.db);
	repair.result.changed &= lstatus_ok(status);
	if (!repair.result.changed && repair.result.backup.size > 0)
		remove_backup(&repair);
	if (repair.lock >= 0)
		close(repair.lock);
	if (repair.folder >= 0)
		close(repair.folder);
	buf_release(&repair.from.error);
	buf_release(&repair.to.error);
	*ret_repair = repair.result;
	return status;
}
