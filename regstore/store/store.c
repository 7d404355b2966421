/*
 * Opening the store, its transactions and its locks.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/base/unix.h"
#include "regstore/store/internal.h"

#include "schema_sql.h"

#define APPLICATION_ID 0x48564d55 /* "HVMU" */
#define BUSY_TIMEOUT   10000      /* ms; only recovery and checkpoints can make one wait */
/* Limits, in KiB and bytes: pages kept in memory, and what a big transaction leaves of the log. */
#define PRAGMAS "PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 16777216"

#define DIRECTORY_MODE 0700
#define FILE_MODE      0600

static const char *const statement_sql[STATEMENT_COUNT] = {
#define X(name, sql) [SQL_##name] = sql,
	STATEMENTS(X)
#undef X
};

/*
 * O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;BU), self-relative: what the roots get and
 * every key below inherits.
 */
/* clang-format off */
const uint8_t store_default_descriptor[STORE_DEFAULT_DESCRIPTOR_SIZE] = {
	0x01, 0x00, 0x04, 0x94, 0x14, 0, 0, 0, 0x24, 0, 0, 0, 0, 0, 0, 0, 0x30, 0, 0, 0,
	/* owner S-1-5-32-544 */
	0x01, 0x02, 0, 0, 0, 0, 0, 0x05, 0x20, 0, 0, 0, 0x20, 0x02, 0, 0,
	/* group S-1-5-18 */
	0x01, 0x01, 0, 0, 0, 0, 0, 0x05, 0x12, 0, 0, 0,
	/* three entries */
	0x02, 0, 0x4c, 0, 0x03, 0, 0, 0,
	0, 0x02, 0x14, 0, 0x3f, 0, 0x0f, 0,
	0x01, 0x01, 0, 0, 0, 0, 0, 0x05, 0x12, 0, 0, 0,
	0, 0x02, 0x18, 0, 0x3f, 0, 0x0f, 0,
	0x01, 0x02, 0, 0, 0, 0, 0, 0x05, 0x20, 0, 0, 0, 0x20, 0x02, 0, 0,
	0, 0x02, 0x18, 0, 0x19, 0, 0x02, 0,
	0x01, 0x02, 0, 0, 0, 0, 0, 0x05, 0x20, 0, 0, 0, 0x21, 0x02, 0, 0,
};
/* clang-format on */

static lstatus
status_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return LSTATUS(ERROR_DISK_FULL);
	case SQLITE_NOMEM:
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	case SQLITE_CORRUPT:
		return LSTATUS(ERROR_REGISTRY_CORRUPT);
	case SQLITE_NOTADB:
		return LSTATUS(ERROR_NOT_REGISTRY_FILE);
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return LSTATUS(ERROR_ACCESS_DENIED);
	case SQLITE_BUSY:
		return LSTATUS(ERROR_BUSY);
	case SQLITE_TOOBIG:
		return LSTATUS(ERROR_INVALID_PARAMETER);
	default:
		return LSTATUS(ERROR_REGISTRY_IO_FAILED);
	}
}

static lstatus
note_failure(struct store *store, lstatus status)
{
	store->failure = status;
	if (store->in_transaction && lstatus_ok(store->doomed))
		store->doomed = status;
	return status;
}

lstatus
store_fail(struct store *store, int code)
{
	buf_clear(&store->error);
	buf_append_text(
	    &store->error, store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));
	return note_failure(store, status_of(code));
}

lstatus
store_fail_errno(struct store *store, const char *what)
{
	int error = errno;

	buf_clear(&store->error);
	buf_printf(&store->error, "%s: %s", what, strerror(error));
	return note_failure(store, lstatus_from_errno(error));
}

const char *
store_error(const struct store *store)
{
	/* buf_text may add the terminating NUL: the text itself stays as it is. */
	return buf_text((struct buf *)&store->error);
}

sqlite3_stmt *
store_statement(struct store *store, enum statement which)
{
	if (store->statements[which] == NULL) {
		int code = sqlite3_prepare_v3(store->db, statement_sql[which], -1,
		    SQLITE_PREPARE_PERSISTENT, &store->statements[which], NULL);

		if (code != SQLITE_OK) {
			store_fail(store, code);
			return NULL;
		}
	}
	return store->statements[which];
}

void
store_forget_statements(struct store *store)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
}

lstatus
store_run(struct store *store, sqlite3_stmt *statement)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	/*
	 * A statement that failed, a read too, may have made SQLite roll back by itself: what
	 * follows would be no part of any transaction.
	 */
	if (store->in_transaction && sqlite3_get_autocommit(store->db) != 0)
		return lstatus_ok(store->doomed)
		           ? note_failure(store, LSTATUS(ERROR_REGISTRY_IO_FAILED))
		           : store->doomed;
	code = sqlite3_step(statement);
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		status = store_fail(store, code);
	sqlite3_reset(statement);
	return status;
}

lstatus
store_execute(struct store *store, const char *sql)
{
	int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? LSTATUS(ERROR_SUCCESS) : store_fail(store, code);
}

lstatus
store_query_number(struct store *store, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? LSTATUS(ERROR_SUCCESS) : store_fail(store, code);
}

/* --- Beginning ----------------------------------------------------------------------------------
 */

static void
end_transaction(struct store *store)
{
	store->in_transaction = false;
	store->clock_changed = false;
	store->doomed = LSTATUS(ERROR_SUCCESS);
	free(store->comment);
	store->comment = NULL;
	store_unlock(store);
}

/* A program that knows only an older schema may run on while another program migrates the store. */
static lstatus
check_version(struct store *store)
{
	sqlite3_stmt *statement = store_statement(store, SQL_USER_VERSION);
	int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;
	int64_t version = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;

	if (statement == NULL)
		return store->failure;
	sqlite3_reset(statement);
	if (code != SQLITE_ROW)
		return store_fail(store, code);
	return version == STORE_SCHEMA_VERSION ? LSTATUS(ERROR_SUCCESS)
	                                       : store_fail_version(store, version);
}

/* A writer may have died before it showed the clock that it set; it rang nobody either. */
static lstatus
catch_up(struct store *store)
{
	return !store->making && (bell_generation(store->bell) & 1) != 0 ? clock_load(store)
	                                                                 : LSTATUS(ERROR_SUCCESS);
}

lstatus
store_begin_locked(struct store *store, const char *comment)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	/* What ends the transaction is prepared before it begins: that cannot fail then. */
	if (store_statement(store, SQL_BEGIN) == NULL ||
	    store_statement(store, SQL_COMMIT) == NULL ||
	    store_statement(store, SQL_ROLLBACK) == NULL)
		status = store->failure;
	if (lstatus_ok(status))
		status = catch_up(store);
	if (lstatus_ok(status))
		status = bell_begin(store->bell);
	if (lstatus_ok(status))
		status = store_run(store, store->statements[SQL_BEGIN]);
	if (!lstatus_ok(status)) {
		store_unlock(store);
		return status;
	}
	store->in_transaction = true;
	store->number = 0;
	if (!store->making)
		status = check_version(store);
	if (!store->making && lstatus_ok(status))
		status = store_last_number(store, &store->number);
	store->first = store->number + 1;
	change_list_clear(&store->changes);
	store_forget_touched(store);
	store->noted = 0;
	store->virtual_time = 0;
	store->comment = comment != NULL ? strdup(comment) : NULL;
	if (lstatus_ok(status) && comment != NULL && store->comment == NULL)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (!lstatus_ok(status))
		store_rollback(store);
	return status;
}

lstatus
store_begin(struct store *store, const char *comment)
{
	lstatus status;

	if (store->in_transaction)
		return LSTATUS(ERROR_BUSY);
	if (store->as_of != 0)
		return LSTATUS(ERROR_WRITE_PROTECT);
	status = store_lock(store);
	return lstatus_ok(status) ? store_begin_locked(store, comment) : status;
}

/* --- Making a host ------------------------------------------------------------------------------
 */

static lstatus
make_folders(const char *root)
{
	char *path = strdup(root);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (root[0] == '\0') {
		free(path);
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	}
	if (path == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	for (char *at = path + 1; lstatus_ok(status); at++) {
		char kept = *at;

		if (kept != '/' && kept != '\0')
			continue;
		*at = '\0';
		if (mkdir(path, DIRECTORY_MODE) == 0)
			unix_flush_folder(path);
		else if (errno != EEXIST)
			status = lstatus_from_errno(errno);
		*at = kept;
		if (kept == '\0')
			break;
	}
	free(path);
	return status;
}

/* The rows that every host starts with: the three keys above all hives. */
static lstatus
insert_roots(struct store *store)
{
	static const struct {
		const char *path;
		const char *name;
	} roots[] = {
		{ "MACHINE", "MACHINE" },
		{ "USER", "USER" },
	};
	struct store_key top = { .id = 0, .security = 1 };
	struct store_key registry;
	lstatus status = store_insert_key(store, &top, "", 0, "REGISTRY", 0, &registry);

	for (size_t i = 0; i < ARRAY_SIZE(roots) && lstatus_ok(status); i++) {
		struct store_key key;

		status = store_insert_key(
		    store, &registry, roots[i].path, strlen(roots[i].path), roots[i].name, 0, &key);
	}
	return status;
}

lstatus
store_make_tables(struct store *store)
{
	char pragmas[96];
	lstatus status;

	snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    APPLICATION_ID, STORE_SCHEMA_VERSION);
	status = store_execute(store, pragmas);
	return lstatus_ok(status) ? store_execute(store, schema_sql) : status;
}

static lstatus
create_schema(struct store *store, const struct store_options *options)
{
	static const char insert[] = "INSERT INTO security (id, descriptor) VALUES (1, ?1)";
	sqlite3_stmt *statement = NULL;
	lstatus status = store_make_tables(store);
	int code;

	if (!lstatus_ok(status))
		return status;
	code = sqlite3_prepare_v2(store->db, insert, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return store_fail(store, code);
	sqlite3_bind_blob(statement, 1, store_default_descriptor, sizeof(store_default_descriptor),
	    SQLITE_STATIC);
	status = store_run(store, statement);
	sqlite3_finalize(statement);
	if (lstatus_ok(status))
		status = store_set_meta_number(store, "relaxed", options->relaxed);
	if (lstatus_ok(status) && options->random_seed != NULL)
		status = store_set_random_seed(store, options->random_seed);
	if (lstatus_ok(status))
		status = insert_roots(store);
	return status;
}

/* What tells whose the file is. */
struct identity {
	int64_t id;
	int64_t version;
	int64_t tables;
};

/* Read it in one transaction: the host may be being made this very moment. */
static lstatus
read_identity(struct store *store, struct identity *identity)
{
	lstatus status = store_execute(store, "BEGIN");

	if (!lstatus_ok(status))
		return status;
	status = store_query_number(store, "PRAGMA application_id", &identity->id);
	if (lstatus_ok(status))
		status = store_query_number(store, "PRAGMA user_version", &identity->version);
	if (lstatus_ok(status))
		status = store_query_number(
		    store, "SELECT count(*) FROM sqlite_schema", &identity->tables);
	if (lstatus_ok(status))
		return store_execute(store, "ROLLBACK");
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

static lstatus
fail_foreign(struct store *store, const struct identity *identity)
{
	if (identity->id == APPLICATION_ID)
		return store_fail_version(store, identity->version);
	buf_clear(&store->error);
	buf_append_text(&store->error, "not a registry store");
	return LSTATUS(ERROR_NOT_REGISTRY_FILE);
}

lstatus
store_check_schema(struct store *store, int64_t *ret_version)
{
	struct identity identity = { 0 };
	lstatus status = read_identity(store, &identity);

	if (!lstatus_ok(status))
		return status;
	if (identity.id == 0 && identity.version == 0 && identity.tables == 0)
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	if (identity.id != APPLICATION_ID || identity.version < 1 ||
	    identity.version > STORE_SCHEMA_VERSION)
		return fail_foreign(store, &identity);
	*ret_version = identity.version;
	return status;
}

static lstatus
query_journal(struct store *store, const char *sql, bool *ret_wal)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	const char *mode;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	mode = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	if (mode != NULL)
		*ret_wal = strcmp(mode, "wal") == 0;
	else
		status = store_fail(store, code == SQLITE_ROW ? SQLITE_NOMEM : code);
	sqlite3_finalize(statement);
	return status;
}

/* Turn the write-ahead log on; the write lock is held. */
static lstatus
set_journal(struct store *store)
{
	bool wal = false;
	lstatus status = query_journal(store, "PRAGMA journal_mode = WAL", &wal);

	if (!lstatus_ok(status) || wal)
		return status;
	buf_clear(&store->error);
	buf_append_text(&store->error, "the file system does not allow a write-ahead log");
	return LSTATUS(ERROR_NOT_SUPPORTED);
}

/* A store that was copied by VACUUM INTO comes without a write-ahead log. */
static lstatus
check_journal(struct store *store)
{
	bool wal = false;
	lstatus status = query_journal(store, "PRAGMA journal_mode", &wal);

	if (!lstatus_ok(status) || wal)
		return status;
	status = store_lock(store);
	if (!lstatus_ok(status))
		return status;
	status = set_journal(store);
	store_unlock(store);
	return status;
}

/* Make the schema in an empty file. The write lock decides who of several does. */
static lstatus
make_schema(struct store *store, const struct store_options *options)
{
	lstatus status = store_lock(store);
	int64_t version;

	if (!lstatus_ok(status))
		return status;
	status = store_check_schema(store, &version);
	if (!lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
		store_unlock(store);
		return status;
	}
	status = set_journal(store);
	if (!lstatus_ok(status)) {
		store_unlock(store);
		return status;
	}
	store->making = true;
	status = store_begin_locked(store, "host created");
	if (lstatus_ok(status))
		status = store_leave(store, true, create_schema(store, options));
	store->making = false;
	return status;
}

/* --- Opening ------------------------------------------------------------------------------------
 */

/*
 * Only a file that is not there yet is opened here: closing any descriptor of the database would
 * drop the locks that SQLite holds on it through this process's other connections.
 */
static lstatus
create_file(struct store *store)
{
	int fd =
	    openat(store->root, STORE_DATABASE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return errno == EEXIST ? LSTATUS(ERROR_SUCCESS)
		                       : store_fail_errno(store, STORE_DATABASE);
	close(fd);
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
open_lock(struct store *store)
{
	struct stat stat;

	store->lock = openat(store->root, STORE_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
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
		lstatus status = create_file(store);

		if (!lstatus_ok(status))
			return status;
	}
	if (faccessat(store->root, STORE_DATABASE, R_OK | W_OK, AT_EACCESS) != 0)
		return store_fail_errno(store, STORE_DATABASE);
	if (mkdirat(store->root, "run", DIRECTORY_MODE) != 0 && errno != EEXIST)
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
	int code;

	buf_printf(&path, "%s/" STORE_DATABASE, root);
	code = sqlite3_open_v2(buf_text(&path), &store->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (path.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else if (code != SQLITE_OK)
		status = store_fail(store, code);
	buf_release(&path);
	if (!lstatus_ok(status))
		return status;
	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT);
	store_watch_wal(store);
	status = store_check_schema(store, &version);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) && options->create)
		status = make_schema(store, options);
	if (lstatus_ok(status))
		status = check_journal(store);
	if (lstatus_ok(status) && version < STORE_SCHEMA_VERSION)
		status = store_migrate(store, store_migrations, STORE_SCHEMA_VERSION);
	if (!lstatus_ok(status))
		return status;
	return store_execute(store, store_meta_number(store, "relaxed", 0) != 0
	                                ? "PRAGMA synchronous = NORMAL; " PRAGMAS
	                                : "PRAGMA synchronous = FULL; " PRAGMAS);
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
		if (lstatus_ok(catch_up(store)))
			bell_repair(store->bell);
		store_unlock(store);
	}
}

static char *
login_name(void)
{
	struct passwd *entry = NULL;
	struct passwd storage;
	char text[1024];

	if (getpwuid_r(geteuid(), &storage, text, sizeof(text), &entry) == 0 && entry != NULL)
		return strdup(entry->pw_name);
	snprintf(text, sizeof(text), "%u", (unsigned)geteuid());
	return strdup(text);
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
	store->process = getpid();
	store->actor = options->actor != NULL ? strdup(options->actor) : login_name();
	store->channel = strdup(options->channel != NULL ? options->channel : "api");
	if (store->actor == NULL || store->channel == NULL)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && options->create)
		status = make_folders(root);
	if (lstatus_ok(status))
		status = open_files(store, root, options->create);
	if (lstatus_ok(status))
		status = bell_open(store->run, &store->bell);
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
	if (store->process == getpid())
		close_database(store);
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
	free(store);
}

/* --- Ending a transaction -----------------------------------------------------------------------
 */

static lstatus
insert_tx(struct store *store)
{
	sqlite3_stmt *statement = store_statement(store, SQL_TX_INSERT);

	if (statement == NULL)
		return store->failure;
	sqlite3_bind_int64(statement, 1, (int64_t)store->first);
	sqlite3_bind_int64(statement, 2, (int64_t)store->number);
	sqlite3_bind_int64(statement, 3, clock_wall());
	sqlite3_bind_int64(statement, 4, store_virtual_now(store));
	sqlite3_bind_text(statement, 5, store->actor, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 6, store->channel, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 7, store->comment, -1, SQLITE_STATIC);
	if (store->changes.bytes.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	sqlite3_bind_blob64(
	    statement, 8, store->changes.bytes.data, store->changes.bytes.size, SQLITE_STATIC);
	return store_run(store, statement);
}

static lstatus
commit(struct store *store, bool changed)
{
	lstatus status = store->doomed;

	/* SQLite ends a transaction by itself after some failures. */
	if (lstatus_ok(status) && sqlite3_get_autocommit(store->db) != 0)
		status = LSTATUS(ERROR_REGISTRY_IO_FAILED);
	if (lstatus_ok(status) && changed)
		status = insert_tx(store);
	if (lstatus_ok(status) && changed && !store->making)
		status = store_keep_limit(store);
	if (!lstatus_ok(status))
		return status;
	if (changed)
		bell_doubt(store->bell);
	return store_run(store, store->statements[SQL_COMMIT]);
}

lstatus
store_commit(struct store *store)
{
	bool changed = store->number >= store->first;
	lstatus status;

	if (!store->in_transaction)
		return LSTATUS(ERROR_INVALID_FUNCTION);
	status = commit(store, changed);
	if (!lstatus_ok(status)) {
		store_rollback(store);
		return status;
	}
	if (store->clock_changed)
		clock_publish(store->clock, &store->clock_next);
	if (changed)
		bell_ring(store->bell);
	else
		bell_forget(store->bell);
	end_transaction(store);
	store_tend_wal(store);
	return status;
}

void
store_rollback(struct store *store)
{
	if (!store->in_transaction)
		return;
	store->rollbacks++;
	/* SQLite may have rolled back by itself (disk full): then there is nothing left to do. */
	if (sqlite3_get_autocommit(store->db) == 0) {
		sqlite3_stmt *statement = store->statements[SQL_ROLLBACK];

		sqlite3_step(statement);
		sqlite3_reset(statement);
	}
	bell_forget(store->bell);
	end_transaction(store);
}

bool
store_in_transaction(const struct store *store)
{
	return store->in_transaction;
}

void
store_note_memory(struct store *store, lstatus status)
{
	if (lstatus_is(status, ERROR_NOT_ENOUGH_MEMORY))
		note_failure(store, status);
}

lstatus
store_enter(struct store *store, bool *ret_own)
{
	lstatus status = store->doomed;
	bool own = !store->in_transaction;

	if (own)
		status = store_begin(store, NULL);
	*ret_own = own && lstatus_ok(status);
	return status;
}

lstatus
store_leave(struct store *store, bool own, lstatus status)
{
	if (!own) {
		store_note_memory(store, status);
		return status;
	}
	if (lstatus_ok(status))
		return store_commit(store);
	store_rollback(store);
	return status;
}

/* --- Marks --------------------------------------------------------------------------------------
 */

uint64_t
store_tag_path(const char *path, size_t length)
{
	return bell_hash(path, length) | 1;
}

uint64_t
store_tag_key(int64_t id)
{
	return (uint64_t)id * 4 + 2;
}

uint64_t
store_tag_subkeys(int64_t id)
{
	return (uint64_t)id * 4 + 4;
}

/* A statement in the midst of its rows holds a state that may be past by now. */
static bool
reads_past(const struct store *store)
{
	return sqlite3_txn_state(store->db, NULL) == SQLITE_TXN_READ;
}

void
store_mark_add(const struct store *store, struct store_mark *mark, uint64_t tag)
{
	uint32_t stamp = bell_stamp_of(tag);
	uint64_t number = bell_stamp(store->bell, stamp);

	if (mark->count == STORE_MARK_TAGS || (number & 1) != 0 ||
	    (reads_past(store) && store->as_of == 0)) {
		mark->doubtful = true;
		return;
	}
	mark->stamps[mark->count++] = (uint16_t)stamp;
	mark->sum += number;
}

bool
store_mark_holds(const struct store *store, const struct store_mark *mark)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < mark->count; i++)
		sum += bell_stamp(store->bell, mark->stamps[i]);
	return sum == mark->sum && !mark->doubtful;
}

bool
store_reads_latest(const struct store *store)
{
	return sqlite3_get_autocommit(store->db) != 0 && !reads_past(store);
}

/* --- Watches ------------------------------------------------------------------------------------
 */

lstatus
store_watch(struct store *store, const char *path, size_t length, bool subtree, uint32_t filter,
    struct store_watch **ret_watch)
{
	return bell_watch(store->bell, path, length, subtree, filter, ret_watch);
}

void
store_unwatch(struct store *store, struct store_watch *watch)
{
	bell_unwatch(store->bell, watch);
}

int
store_watch_fd(const struct store *store)
{
	return bell_fd(store->bell);
}

bool
store_watch_drain(struct store *store)
{
	return bell_drain(store->bell);
}

bool
store_watch_taken(struct store_watch *watch)
{
	return bell_taken(watch);
}
