/*
 * Opening the store, its transactions and its locks.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/store/internal.h"

#include "schema_sql.h"

#define APPLICATION_ID 0x48564d55 /* "HVMU" */
#define BUSY_TIMEOUT   10000      /* ms; only recovery and checkpoints can make one wait */
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
static const uint8_t default_descriptor[] = {
	0x01,
	0x00,
	0x04,
	0x94,
	0x14,
	0,
	0,
	0,
	0x24,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x30,
	0,
	0,
	0,
	/* owner S-1-5-32-544 */
	0x01,
	0x02,
	0,
	0,
	0,
	0,
	0,
	0x05,
	0x20,
	0,
	0,
	0,
	0x20,
	0x02,
	0,
	0,
	/* group S-1-5-18 */
	0x01,
	0x01,
	0,
	0,
	0,
	0,
	0,
	0x05,
	0x12,
	0,
	0,
	0,
	/* three entries */
	0x02,
	0,
	0x4c,
	0,
	0x03,
	0,
	0,
	0,
	0,
	0x02,
	0x14,
	0,
	0x3f,
	0,
	0x0f,
	0,
	0x01,
	0x01,
	0,
	0,
	0,
	0,
	0,
	0x05,
	0x12,
	0,
	0,
	0,
	0,
	0x02,
	0x18,
	0,
	0x3f,
	0,
	0x0f,
	0,
	0x01,
	0x02,
	0,
	0,
	0,
	0,
	0,
	0x05,
	0x20,
	0,
	0,
	0,
	0x20,
	0x02,
	0,
	0,
	0,
	0x02,
	0x18,
	0,
	0x19,
	0,
	0x02,
	0,
	0x01,
	0x02,
	0,
	0,
	0,
	0,
	0,
	0x05,
	0x20,
	0,
	0,
	0,
	0x21,
	0x02,
	0,
	0,
};

lstatus
store_fail(struct store *store, int code)
{
	buf_clear(&store->error);
	buf_append_text(
	    &store->error, store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));
	switch (code & 0xff) {
	case SQLITE_FULL:
		return LSTATUS(ERROR_DISK_FULL);
	case SQLITE_NOMEM:
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	case SQLITE_CORRUPT:
		return LSTATUS(ERROR_REGISTRY_CORRUPT);
	case SQLITE_NOTADB:
		return LSTATUS(ERROR_NOT_REGISTRY_FILE);
	case SQLITE_CANTOPEN:
		return LSTATUS(ERROR_FILE_NOT_FOUND);
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
fail_errno(struct store *store, const char *what)
{
	int error = errno;

	buf_clear(&store->error);
	buf_printf(&store->error, "%s: %s", what, strerror(error));
	return lstatus_from_errno(error);
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

lstatus
store_run(struct store *store, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (code != SQLITE_DONE && code != SQLITE_ROW)
		status = store_fail(store, code);
	sqlite3_reset(statement);
	return status;
}

static lstatus
execute(struct store *store, const char *sql)
{
	int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? LSTATUS(ERROR_SUCCESS) : store_fail(store, code);
}

static lstatus
query_number(struct store *store, const char *sql, int64_t *ret_number)
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

/* --- Making a host ------------------------------------------------------------------------------
 */

static lstatus
make_folders(const char *root)
{
	char *path = strdup(root);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (path == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	for (char *at = path + 1; lstatus_ok(status); at++) {
		char kept = *at;

		if (kept != '/' && kept != '\0')
			continue;
		*at = '\0';
		if (mkdir(path, DIRECTORY_MODE) != 0 && errno != EEXIST)
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

static lstatus
create_schema(struct store *store, bool relaxed)
{
	static const char insert[] = "INSERT INTO security (id, descriptor) VALUES (1, ?1)";
	sqlite3_stmt *statement = NULL;
	char pragmas[96];
	lstatus status;
	int code;

	snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    APPLICATION_ID, STORE_SCHEMA_VERSION);
	status = execute(store, pragmas);
	if (lstatus_ok(status))
		status = execute(store, schema_sql);
	if (!lstatus_ok(status))
		return status;
	code = sqlite3_prepare_v2(store->db, insert, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return store_fail(store, code);
	sqlite3_bind_blob(
	    statement, 1, default_descriptor, sizeof(default_descriptor), SQLITE_STATIC);
	status = store_run(store, statement);
	sqlite3_finalize(statement);
	if (lstatus_ok(status))
		status = store_set_meta_number(store, "relaxed", relaxed);
	if (lstatus_ok(status))
		status = insert_roots(store);
	return status;
}

/* Check that the file is ours, or make the schema in an empty one; the write lock decides who. */
static lstatus
check_schema(struct store *store, const struct store_options *options)
{
	int64_t id = 0;
	int64_t version = 0;
	lstatus status = query_number(store, "PRAGMA application_id", &id);

	if (lstatus_ok(status))
		status = query_number(store, "PRAGMA user_version", &version);
	if (!lstatus_ok(status))
		return status;
	if (id == 0 && version == 0 && options->create) {
		status = store_begin(store, "host created");
		if (!lstatus_ok(status))
			return status;
		status = query_number(store, "PRAGMA application_id", &id);
		if (lstatus_ok(status) && id == 0)
			status = create_schema(store, options->relaxed);
		return store_leave(store, true, status);
	}
	if (id != APPLICATION_ID || version < 1 || version > STORE_SCHEMA_VERSION) {
		buf_clear(&store->error);
		if (id == APPLICATION_ID)
			buf_printf(&store->error, "schema version %d; this program knows up to %d",
			    (int)version, STORE_SCHEMA_VERSION);
		else
			buf_append_text(&store->error, "not a registry store");
		return LSTATUS(ERROR_NOT_REGISTRY_FILE);
	}
	return LSTATUS(ERROR_SUCCESS);
}

/* --- Opening ------------------------------------------------------------------------------------
 */

static lstatus
open_files(struct store *store, const char *root, bool create)
{
	store->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->root < 0)
		return fail_errno(store, root);
	if (!create && faccessat(store->root, "registry.db", F_OK, 0) != 0)
		return fail_errno(store, "registry.db");
	if (mkdirat(store->root, "run", DIRECTORY_MODE) != 0 && errno != EEXIST)
		return fail_errno(store, "run");
	store->run = openat(store->root, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->run < 0)
		return fail_errno(store, "run");
	store->lock = openat(store->root, "registry.lock", O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (store->lock < 0)
		return fail_errno(store, "registry.lock");
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
open_database(struct store *store, const char *root, const struct store_options *options)
{
	struct buf path = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code;

	buf_printf(&path, "%s/registry.db", root);
	code = sqlite3_open_v2(buf_text(&path), &store->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
	        (options->create ? SQLITE_OPEN_CREATE : 0),
	    NULL);
	if (code != SQLITE_OK)
		status = store_fail(store, code);
	buf_release(&path);
	if (!lstatus_ok(status))
		return status;
	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT);
	status = execute(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
	if (lstatus_ok(status))
		status = check_schema(store, options);
	if (lstatus_ok(status) && store_meta_number(store, "relaxed", 0) != 0)
		status = execute(store, "PRAGMA synchronous = OFF");
	return status;
}

static char *
login_name(void)
{
	struct passwd *entry = getpwuid(geteuid());
	char number[24];

	if (entry != NULL)
		return strdup(entry->pw_name);
	snprintf(number, sizeof(number), "%u", (unsigned)geteuid());
	return strdup(number);
}

lstatus
store_open(const char *root, const struct store_options *options, struct store **ret_store)
{
	struct store *store = calloc(1, sizeof(*store));
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (store == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	store->root = store->run = store->lock = -1;
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
		status = open_database(store, root, options);
	if (!lstatus_ok(status)) {
		store_close(store);
		return status;
	}
	*ret_store = store;
	return status;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	if (store->in_transaction)
		store_rollback(store);
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	bell_close(store->bell);
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
	free(store);
}

/* --- Transactions -------------------------------------------------------------------------------
 */

static void
end_transaction(struct store *store)
{
	store->in_transaction = false;
	free(store->comment);
	store->comment = NULL;
	flock(store->lock, LOCK_UN);
}

lstatus
store_begin(struct store *store, const char *comment)
{
	sqlite3_stmt *statement;
	lstatus status;

	if (store->in_transaction)
		return LSTATUS(ERROR_BUSY);
	while (flock(store->lock, LOCK_EX) != 0) {
		if (errno != EINTR)
			return fail_errno(store, "registry.lock");
	}
	statement = store_statement(store, SQL_BEGIN);
	status =
	    statement != NULL ? store_run(store, statement) : LSTATUS(ERROR_REGISTRY_IO_FAILED);
	if (!lstatus_ok(status)) {
		flock(store->lock, LOCK_UN);
		return status;
	}
	store->in_transaction = true;
	store->number = 0;
	/* While the schema is being made there is no table to ask. */
	if (sqlite3_table_column_metadata(
	        store->db, NULL, "tx", NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK)
		status = store_last_number(store, &store->number);
	store->first = store->number + 1;
	store->touched = 0;
	store->virtual_time = 0;
	store->comment = comment != NULL ? strdup(comment) : NULL;
	if (lstatus_ok(status) && comment != NULL && store->comment == NULL)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (!lstatus_ok(status))
		store_rollback(store);
	return status;
}

static lstatus
insert_tx(struct store *store)
{
	sqlite3_stmt *statement = store_statement(store, SQL_TX_INSERT);

	if (statement == NULL)
		return LSTATUS(ERROR_REGISTRY_IO_FAILED);
	sqlite3_bind_int64(statement, 1, (int64_t)store->first);
	sqlite3_bind_int64(statement, 2, (int64_t)store->number);
	sqlite3_bind_int64(statement, 3, clock_wall());
	sqlite3_bind_int64(statement, 4, store_virtual_now(store));
	sqlite3_bind_text(statement, 5, store->actor, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 6, store->channel, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 7, store->comment, -1, SQLITE_STATIC);
	return store_run(store, statement);
}

lstatus
store_commit(struct store *store)
{
	bool changed = store->number >= store->first;
	sqlite3_stmt *statement = store_statement(store, SQL_COMMIT);
	lstatus status = LSTATUS(ERROR_REGISTRY_IO_FAILED);

	if (!store->in_transaction)
		return LSTATUS(ERROR_INVALID_FUNCTION);
	if (statement != NULL)
		status = changed ? insert_tx(store) : LSTATUS(ERROR_SUCCESS);
	if (lstatus_ok(status))
		status = store_run(store, statement);
	if (!lstatus_ok(status)) {
		store_rollback(store);
		return status;
	}
	if (changed)
		bell_ring(store->bell);
	else
		bell_forget(store->bell);
	end_transaction(store);
	return status;
}

void
store_rollback(struct store *store)
{
	sqlite3_stmt *statement = store_statement(store, SQL_ROLLBACK);

	if (!store->in_transaction)
		return;
	/* SQLite may have rolled back by itself (disk full): then there is nothing left to do. */
	if (statement != NULL && sqlite3_get_autocommit(store->db) == 0) {
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

lstatus
store_enter(struct store *store, bool *ret_own)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	bool own = !store->in_transaction;

	if (own)
		status = store_begin(store, NULL);
	*ret_own = own && lstatus_ok(status);
	return status;
}

lstatus
store_leave(struct store *store, bool own, lstatus status)
{
	if (!own)
		return status;
	if (lstatus_ok(status))
		return store_commit(store);
	store_rollback(store);
	return status;
}

uint64_t
store_generation(const struct store *store)
{
	return bell_generation(store->bell);
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
