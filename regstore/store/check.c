/*
 * What must hold in a store beyond SQLite's own checks, each as a query for what breaks it.
 */
#include "regstore/store/check.h"
#include "regstore/base/utf16.h"
#include "regstore/store/internal.h"

static const char *const queries[] = {
	"SELECT integrity_check FROM pragma_integrity_check(100) WHERE integrity_check <> 'ok'",
	"SELECT 'the root \"' || column1 || '\" is missing' FROM (VALUES (''), ('MACHINE'), "
	"('USER')) WHERE column1 NOT IN (SELECT path FROM key)",
	"SELECT 'key ' || id || ' \"' || name || '\": its parent ' || parent || ' is missing' "
	"FROM key WHERE id > 1 AND parent NOT IN (SELECT id FROM key)",
	"SELECT 'key ' || key.id || ' \"' || key.name || '\": its path does not follow from its "
	"name "
	"and its parent' FROM key JOIN key AS above ON above.id = key.parent "
	"WHERE key.path <> CASE above.path WHEN '' THEN '' ELSE above.path || char(1) END || "
	"name_fold(key.name)",
	"SELECT 'key ' || id || ' \"' || name || '\": its security descriptor ' || security || "
	"' is missing' FROM key WHERE security NOT IN (SELECT id FROM security)",
	"SELECT 'value \"' || name || '\": its key ' || key || ' is missing' FROM value "
	"WHERE key NOT IN (SELECT id FROM key)",
	"SELECT 'value \"' || name || '\" of key ' || key || ': its folded name is another one''s' "
	"FROM value WHERE folded <> name_fold(name)",
	"SELECT 'key ' || id || ' \"' || name || '\": write ' || since || ' is not in the log' "
	"FROM key WHERE since > (SELECT max(last) FROM tx)",
	"SELECT 'value \"' || name || '\" of key ' || key || ': write ' || since || "
	"' is not in the log' FROM value WHERE since > (SELECT max(last) FROM tx)",
	"SELECT 'the write log: ' || first || ' to ' || last || ' ends before it begins' FROM tx "
	"WHERE last < first",
	"SELECT 'the write log: nothing ends before ' || first FROM tx AS at "
	"WHERE first > (SELECT min(first) FROM tx) AND NOT EXISTS "
	"(SELECT 1 FROM tx WHERE last = at.first - 1)",
	"SELECT 'the past of key ' || id || ': it ended with ' || until || ' before ' || since "
	"FROM key_past WHERE until <= since",
	"SELECT 'the past of value \"' || name || '\" of key ' || key || ': it ended with ' || "
	"until || ' before ' || since FROM value_past WHERE until <= since",
};

static void
fold(sqlite3_context *context, int count UNUSED, sqlite3_value **arguments)
{
	const char *name = (const char *)sqlite3_value_text(arguments[0]);
	struct buf folded = { 0 };

	if (name != NULL)
		(void)name_fold(name, (size_t)sqlite3_value_bytes(arguments[0]), &folded);
	if (folded.failed)
		sqlite3_result_error_nomem(context);
	else
		sqlite3_result_text(
		    context, (const char *)folded.data, (int)folded.size, SQLITE_TRANSIENT);
	buf_release(&folded);
}

static lstatus
run_query(struct store *store, const char *sql, void (*each)(void *context, const char *fault),
    void *context)
{
	sqlite3_stmt *statement = NULL;
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

	if (code == SQLITE_OK) {
		while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
			const char *text = (const char *)sqlite3_column_text(statement, 0);

			each(context, text != NULL ? text : "a row that is none");
		}
	}
	if (code != SQLITE_DONE)
		status = store_fail(store, code);
	sqlite3_finalize(statement);
	return status;
}

lstatus
store_check(struct store *store, void (*each)(void *context, const char *fault), void *context)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code = sqlite3_create_function(
	    store->db, "name_fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, fold, NULL, NULL);

	if (code != SQLITE_OK)
		return store_fail(store, code);
	/* One state of the host for all: who writes meanwhile breaks nothing. */
	status = store_execute(store, "BEGIN");
	for (size_t i = 0; i < ARRAY_SIZE(queries) && lstatus_ok(status); i++)
		status = run_query(store, queries[i], each, context);
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}
