/*
 * Versions of the schema: how a store that an older program made becomes one of this program's.
 *
 * PRAGMA user_version names the version. A step to the next one is a transaction under the write
 * lock: of several processes that open an old store, each finds what the others did. Nobody writes
 * with another version's program: store_begin asks for the version anew (a process may be running
 * since before the step), and who knows only older ones is refused.
 *
 * A new version changes schema.sql, STORE_SCHEMA_VERSION, and adds a step here that makes the same
 * of an old store: test_migrate compares the two.
 */
#include <stdio.h>

#include "regstore/store/internal.h"

static const char to_version_2[] = CHANGE_LIST_TELL
    "ALTER TABLE tx RENAME TO tx_1;"
    "CREATE TABLE tx (\n\tfirst INTEGER PRIMARY KEY,\n\tlast INTEGER NOT NULL,\n"
    "\twall INTEGER NOT NULL,\n\tvirtual INTEGER NOT NULL,\n\tactor TEXT NOT NULL,\n"
    "\tchannel TEXT NOT NULL,\n\tcomment TEXT,\n\tchanges BLOB\n);"
    "INSERT INTO tx SELECT first, last, wall, virtual, actor, channel, comment, " CHANGE_LIST_OF_ROW
    " FROM tx_1;"
    "DROP TABLE tx_1;"
    "DROP TABLE told;"
    "DROP INDEX key_past_id;"
    "CREATE INDEX key_past_id ON key_past (id);"
    "CREATE INDEX key_past_child ON key_past (parent);"
    "DROP INDEX value_past_key;"
    "CREATE INDEX value_past_key ON value_past (key, folded);"
    "CREATE TABLE snapshot (\n\tname TEXT PRIMARY KEY COLLATE NOCASE,\n"
    "\tnumber INTEGER NOT NULL,\n\twall INTEGER NOT NULL,\n\tvirtual INTEGER NOT NULL,\n"
    "\tcomment TEXT\n) WITHOUT ROWID;";

const char *const store_migrations[STORE_SCHEMA_VERSION] = {
	NULL, /* there was no version 0 */
	to_version_2,
};

lstatus
store_fail_version(struct store *store, int64_t version)
{
	buf_clear(&store->error);
	buf_printf(&store->error, "schema version %lld; this program knows up to %d",
	    (long long)version, STORE_SCHEMA_VERSION);
	return LSTATUS(ERROR_NOT_REGISTRY_FILE);
}

/* Take the step that is next, in the open transaction; *version is what it leads to. */
static lstatus
take_step(struct store *store, const char *const *migrations, int64_t wanted, int64_t *version)
{
	char pragma[64];
	lstatus status = store_query_number(store, "PRAGMA user_version", version);

	if (!lstatus_ok(status) || *version == wanted)
		return status;
	if (*version < 1 || *version > wanted)
		return store_fail_version(store, *version);
	status = store_execute(store, migrations[*version]);
	++*version;
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", (int)*version);
	return lstatus_ok(status) ? store_execute(store, pragma) : status;
}

lstatus
store_migrate(struct store *store, const char *const *migrations, int64_t version)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (change_list_register(store->db) != SQLITE_OK)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	store->making = true;
	for (int64_t at = 0; at != version && lstatus_ok(status);) {
		status = store_lock(store);
		if (lstatus_ok(status))
			status = store_begin_locked(store, NULL);
		if (lstatus_ok(status))
			status =
			    store_leave(store, true, take_step(store, migrations, version, &at));
	}
	store->making = false;
	return status;
}
