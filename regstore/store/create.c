/*
 * Making a host's store, and telling one from other files.
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

#include "schema_sql.h"

#define APPLICATION_ID 0x48564d55 /* "HVMU" */

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

lstatus
store_make_folders(const char *root)
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
		if (mkdir(path, STORE_DIRECTORY_MODE) == 0)
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

/*
 * Only a file that is not there yet is opened here: closing any descriptor of the database would
 * drop the locks that SQLite holds on it through this process's other connections.
 */
lstatus
store_make_file(struct store *store)
{
	int fd = openat(
	    store->root, STORE_DATABASE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, STORE_FILE_MODE);

	if (fd < 0)
		return errno == EEXIST ? LSTATUS(ERROR_SUCCESS)
		                       : store_fail_errno(store, STORE_DATABASE);
	close(fd);
	return LSTATUS(ERROR_SUCCESS);
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
	bool empty;
};

/* A file that is nobody's by its numbers may be empty, or somebody's all the same. */
static lstatus
read_identity(struct store *store, struct identity *identity)
{
	int64_t tables = 0;
	lstatus status = store_query_number(store, "PRAGMA application_id", &identity->id);

	if (lstatus_ok(status))
		status = store_query_number(store, "PRAGMA user_version", &identity->version);
	if (!lstatus_ok(status) || identity->id != 0 || identity->version != 0)
		return status;
	status = store_query_number(store, "SELECT count(*) FROM sqlite_schema", &tables);
	identity->empty = tables == 0;
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

lstatus
store_give_journal(struct store *store)
{
	lstatus status = store_lock(store);

	if (!lstatus_ok(status))
		return status;
	status = set_journal(store);
	store_unlock(store);
	return status;
}

static lstatus
check_identity(struct store *store, const struct identity *identity)
{
	if (identity->empty)
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	return identity->id == APPLICATION_ID && identity->version >= 1 &&
	               identity->version <= STORE_SCHEMA_VERSION
	           ? LSTATUS(ERROR_SUCCESS)
	           : fail_foreign(store, identity);
}

/* In one transaction: the host may be being made this very moment. */
lstatus
store_check_schema(struct store *store, int64_t *ret_version, bool *ret_wal)
{
	struct identity identity = { 0 };
	bool wal = false;
	lstatus status = store_execute(store, "BEGIN");

	if (!lstatus_ok(status))
		return status;
	status = read_identity(store, &identity);
	if (lstatus_ok(status))
		status = query_journal(store, "PRAGMA journal_mode", &wal);
	if (lstatus_ok(status))
		status = store_execute(store, "ROLLBACK");
	else
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	if (lstatus_ok(status))
		status = check_identity(store, &identity);
	if (!lstatus_ok(status))
		return status;
	*ret_version = identity.version;
	*ret_wal = wal;
	return status;
}

/* The write lock decides who of several makes it. */
lstatus
store_make_schema(struct store *store, const struct store_options *options)
{
	lstatus status = store_lock(store);
	int64_t version;
	bool wal;

	if (!lstatus_ok(status))
		return status;
	status = store_check_schema(store, &version, &wal);
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
