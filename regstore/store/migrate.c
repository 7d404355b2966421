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

const char *const store_migrations[STORE_SCHEMA_VERSION] = {
	NULL, /* there was no version 0 */
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
