/*
 * A copy of the database while others read and write it: SQLite's backup, in one go.
 */
#include <fcntl.h>
#include <unistd.h>

#include "regstore/store/internal.h"

/* What was written to a new file is on the disk when this returns. */
static lstatus
flush(struct store *store, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;
	lstatus status = done ? LSTATUS(ERROR_SUCCESS) : store_fail_errno(store, path);

	if (fd >= 0)
		close(fd);
	return status;
}

/* SQLite's words about a failure are the copy's, not the store's. */
static lstatus
fail_copy(struct store *store, sqlite3 *copy, int code)
{
	lstatus status = store_fail(store, code);

	buf_clear(&store->error);
	buf_append_text(&store->error, copy != NULL ? sqlite3_errmsg(copy) : sqlite3_errstr(code));
	return status;
}

/* A file that is made here has no reader: it needs no journal, and is flushed once, at the end. */
static lstatus
back_up(struct store *store, sqlite3 *copy)
{
	int code = sqlite3_exec(copy, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	sqlite3_backup *backup =
	    code == SQLITE_OK ? sqlite3_backup_init(copy, "main", store->db, "main") : NULL;

	if (backup == NULL)
		return fail_copy(store, copy, code != SQLITE_OK ? code : sqlite3_errcode(copy));
	sqlite3_backup_step(backup, -1);
	code = sqlite3_backup_finish(backup);
	return code == SQLITE_OK ? LSTATUS(ERROR_SUCCESS) : fail_copy(store, copy, code);
}

lstatus
store_copy(struct store *store, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	sqlite3 *copy = NULL;
	lstatus status;
	int code;

	if (fd < 0)
		return store_fail_errno(store, path);
	close(fd);
	code = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL);
	status = code == SQLITE_OK ? back_up(store, copy) : fail_copy(store, copy, code);
	sqlite3_close(copy);
	if (lstatus_ok(status) && store_meta_number(store, "relaxed", 0) == 0)
		status = flush(store, path);
	if (!lstatus_ok(status))
		unlink(path);
	return status;
}
