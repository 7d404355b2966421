/*
 * What must hold in a store beyond SQLite's own checks, each as a query for what breaks it, with
 * what mends it.
 */
#include "regstore/store/check.h"

#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/security/descriptor.h"
#include "regstore/store/internal.h"

/* Numbers beyond this one are damage, not writes. */
#define BEYOND "9007199254740992"

/* The path above a key's own, and above a lost parent's. */
#define ABOVE_KEY  "rtrim(rtrim(key.path, replace(key.path, char(1), '')), char(1))"
#define ABOVE_LOST "rtrim(rtrim(lost.path, replace(lost.path, char(1), '')), char(1))"

/* Where each key that can be reached belongs; of two with one path, the one that was there stays.
 */
#define REPLANT                                                                                    \
	"CREATE TEMP TABLE place (id INTEGER PRIMARY KEY, path TEXT);"                             \
	"INSERT INTO place WITH RECURSIVE tree (id, path) AS (SELECT 1, '' UNION ALL "             \
	"SELECT key.id, CASE tree.path WHEN '' THEN '' ELSE tree.path || char(1) END || "          \
	"name_fold(key.name) FROM tree JOIN key ON key.parent = tree.id WHERE key.id > 1) "        \
	"SELECT id, path FROM tree;"                                                               \
	"DELETE FROM key WHERE id NOT IN (SELECT id FROM place);"                                  \
	"DELETE FROM key WHERE id IN (SELECT id FROM (SELECT key.id, row_number() OVER "           \
	"(PARTITION BY place.path ORDER BY key.path <> place.path, key.id) AS rank "               \
	"FROM key JOIN place USING (id)) WHERE rank > 1);"                                         \
	"DELETE FROM place WHERE id NOT IN (SELECT id FROM key) OR "                               \
	"path = (SELECT path FROM key WHERE key.id = place.id);"                                   \
	"UPDATE key SET path = char(2) || id WHERE id IN (SELECT id FROM place);"                  \
	"UPDATE key SET path = (SELECT path FROM place WHERE place.id = key.id) "                  \
	"WHERE id IN (SELECT id FROM place);"                                                      \
	"DROP TABLE place;"

/* A parent that is lost is made anew from the path below it, as long as there is one above it. */
static const char reattach[] =
    "UPDATE key SET parent = (SELECT id FROM key AS above WHERE above.path = " ABOVE_KEY ") "
    "WHERE id > 1 AND parent NOT IN (SELECT id FROM key) AND " ABOVE_KEY
    " IN (SELECT path FROM key);"
    "WITH lost (id, path) AS (SELECT parent, " ABOVE_KEY " FROM key "
    "WHERE id > 1 AND parent > 0 AND parent NOT IN (SELECT id FROM key) GROUP BY parent) "
    "INSERT OR IGNORE INTO key (id, parent, path, name, flags, security, last_write, since) "
    "SELECT lost.id, above.id, lost.path, "
    "ltrim(substr(lost.path, length(above.path) + 1), char(1)), 0, 0, 0, lost.id "
    "FROM lost JOIN key AS above ON above.path = " ABOVE_LOST " WHERE lost.path <> '';" REPLANT;

/* The log goes on to the last number in use, or new writes would take it again. */
static const char lengthen_log[] =
    "INSERT INTO tx (first, last, wall, virtual, actor, channel, comment) "
    "SELECT end + 1, used, wall, virtual, 'repair', 'hvctl', 'lost from the write log' FROM "
    "(SELECT coalesce(max(last), 0) AS end, coalesce(max(wall), 0) AS wall, "
    "coalesce(max(virtual), 0) AS virtual FROM tx), "
    "(SELECT max(number) AS used FROM (SELECT max(id) AS number FROM key WHERE id < " BEYOND
    " UNION ALL SELECT max(since) FROM key WHERE since < " BEYOND
    " UNION ALL SELECT max(since) FROM value WHERE since < " BEYOND
    " UNION ALL SELECT max(until) FROM key_past WHERE until < " BEYOND
    " UNION ALL SELECT max(until) FROM value_past WHERE until < " BEYOND ")) WHERE used > end;"
    "UPDATE key SET since = (SELECT max(last) FROM tx) WHERE since > (SELECT max(last) FROM tx);"
    "UPDATE value SET since = (SELECT max(last) FROM tx) WHERE since > (SELECT max(last) FROM tx);"
    "DELETE FROM key WHERE id > (SELECT max(last) FROM tx);"
    "DELETE FROM key_past WHERE until > (SELECT max(last) FROM tx);"
    "DELETE FROM value_past WHERE until > (SELECT max(last) FROM tx);";

/* The log begins after what was pruned away. */
#define PRUNED "coalesce((SELECT value FROM meta WHERE name = '" STORE_META_PRUNED "'), 0)"

/* A row that neither follows another nor is the first. */
#define AFTER_A_GAP                                                                                \
	"FROM tx AS at WHERE first > " PRUNED " + 1 AND NOT EXISTS "                               \
	"(SELECT 1 FROM tx WHERE last = at.first - 1)"

static const char close_log[] =
    "DELETE FROM tx WHERE last >= " BEYOND ";"
    "UPDATE tx SET last = max(first, min(last, coalesce((SELECT min(first) FROM tx AS next "
    "WHERE next.first > tx.first) - 1, last)));"
    "INSERT INTO tx (first, last, wall, virtual, actor, channel, comment) "
    "SELECT coalesce((SELECT max(last) FROM tx AS before WHERE before.first < at.first), " PRUNED
    ") + 1, at.first - 1, at.wall, at.virtual, 'repair', 'hvctl', "
    "'lost from the write log' " AFTER_A_GAP ";";

/* A row of more numbers than this, which none of ours has, is not worth a list of them. */
#define LISTED "16777216"

#define BAD_LIST "changes IS NOT NULL AND list_length(changes) IS NOT last - first + 1"

/* What was pruned came to nothing. */
static const char list_anew[] =
    CHANGE_LIST_TELL "UPDATE tx SET changes = CASE WHEN last - first < " LISTED
                     " THEN " CHANGE_LIST_OF_ROW " END WHERE " BAD_LIST ";"
                     "DROP TABLE told;";

#define DAMAGED_KEY                                                                                \
	"typeof(name) <> 'text' OR typeof(path) <> 'text' OR typeof(parent) <> 'integer' OR "      \
	"typeof(flags) <> 'integer' OR typeof(security) <> 'integer' OR "                          \
	"typeof(last_write) <> 'integer' OR typeof(since) <> 'integer' OR name_fold(name) IS NULL"
#define DAMAGED_VALUE                                                                              \
	"typeof(name) <> 'text' OR typeof(folded) <> 'text' OR typeof(key) <> 'integer' OR "       \
	"typeof(type) <> 'integer' OR typeof(data) <> 'blob' OR typeof(created) <> 'integer' OR "  \
	"typeof(since) <> 'integer' OR name_fold(name) IS NULL"
#define DAMAGED_PAST_KEY                                                                           \
	"typeof(name) <> 'text' OR typeof(id) <> 'integer' OR typeof(parent) <> 'integer' OR "     \
	"typeof(flags) <> 'integer' OR typeof(security) <> 'integer' OR "                          \
	"typeof(since) <> 'integer' OR name_fold(name) IS NULL"
#define DAMAGED_TX                                                                                 \
	"typeof(last) <> 'integer' OR last >= " BEYOND " OR typeof(wall) <> 'integer' OR "         \
	"typeof(virtual) <> 'integer' OR typeof(actor) <> 'text' OR typeof(channel) <> 'text'"

const struct store_rule store_rules[] = {
	{ "SELECT 'key ' || id || ': its row is damaged' FROM key WHERE " DAMAGED_KEY,
	    "it is removed, with all below it", "DELETE FROM key WHERE " DAMAGED_KEY },
	{ "SELECT 'a value of key ' || key || ': its row is damaged' FROM value "
	  "WHERE " DAMAGED_VALUE,
	    "it is removed", "DELETE FROM value WHERE " DAMAGED_VALUE },
	{ "SELECT 'the past of key ' || id || ': its row is damaged' FROM key_past "
	  "WHERE " DAMAGED_PAST_KEY,
	    "it is forgotten", "DELETE FROM key_past WHERE " DAMAGED_PAST_KEY },
	{ "SELECT 'the past of a value of key ' || key || ': its row is damaged' FROM value_past "
	  "WHERE " DAMAGED_VALUE,
	    "it is forgotten", "DELETE FROM value_past WHERE " DAMAGED_VALUE },
	{ "SELECT 'the write log: the row of ' || first || ' is damaged' FROM tx WHERE " DAMAGED_TX,
	    "it is removed", "DELETE FROM tx WHERE " DAMAGED_TX },
	{ "SELECT 'the root \"' || column1 || '\" is missing' FROM (VALUES (''), ('MACHINE'), "
	  "('USER')) WHERE column1 NOT IN (SELECT path FROM key)",
	    "it is made",
	    "INSERT INTO key (id, parent, path, name, flags, security, last_write, since) "
	    "VALUES (1, 0, '', 'REGISTRY', 0, 1, 0, 1) ON CONFLICT (id) DO UPDATE "
	    "SET parent = 0, path = '', name = 'REGISTRY';"
	    "INSERT INTO key (id, parent, path, name, flags, security, last_write, since) "
	    "SELECT column1, 1, column2, column2, 0, 1, 0, column1 "
	    "FROM (VALUES (2, 'MACHINE'), (3, 'USER')) WHERE column2 NOT IN (SELECT path FROM key) "
	    "ON CONFLICT (id) DO UPDATE "
	    "SET parent = 1, path = excluded.path, name = excluded.name" },
	{ "SELECT 'key ' || id || ' \"' || name || '\": its parent ' || parent || ' is missing' "
	  "FROM key WHERE id > 1 AND parent NOT IN (SELECT id FROM key)",
	    "it is put where its path says, or removed with all below it", reattach },
	{ "SELECT 'key ' || key.id || ' \"' || key.name || '\": its path does not follow from its "
	  "name and its parent' FROM key JOIN key AS above ON above.id = key.parent "
	  "WHERE key.path <> CASE above.path WHEN '' THEN '' ELSE above.path || char(1) END || "
	  "name_fold(key.name)",
	    "the path is made anew, or the key removed if there is another one", REPLANT },
	{ "SELECT 'security descriptor ' || id || ' is damaged' FROM security "
	  "WHERE NOT is_descriptor(descriptor)",
	    "its keys get the default one",
	    "DELETE FROM security WHERE NOT is_descriptor(descriptor)" },
	{ "SELECT 'key ' || id || ' \"' || name || '\": its security descriptor ' || security || "
	  "' is missing' FROM key WHERE security NOT IN (SELECT id FROM security)",
	    "it gets the default one",
	    "INSERT OR IGNORE INTO security (descriptor) VALUES (default_descriptor());"
	    "UPDATE key SET security = (SELECT id FROM security "
	    "WHERE descriptor = default_descriptor()) "
	    "WHERE security NOT IN (SELECT id FROM security)" },
	{ "SELECT 'value \"' || name || '\": its key ' || key || ' is missing' FROM value "
	  "WHERE key NOT IN (SELECT id FROM key)",
	    "it is removed", "DELETE FROM value WHERE key NOT IN (SELECT id FROM key)" },
	{ "SELECT 'value \"' || name || '\" of key ' || key || "
	  "': its folded name is another one''s' FROM value WHERE folded <> name_fold(name)",
	    "the folded name is made anew, or the value removed if there is another one",
	    "UPDATE OR IGNORE value SET folded = name_fold(name) WHERE folded <> name_fold(name);"
	    "DELETE FROM value WHERE folded <> name_fold(name)" },
	{ "SELECT 'the write log: ' || first || ' to ' || last || ' ends before it begins' FROM tx "
	  "WHERE last < first",
	    "the log is closed", close_log },
	{ "SELECT 'the write log: nothing ends before ' || first " AFTER_A_GAP, "the log is closed",
	    close_log },
	{ "SELECT 'key ' || id || ' \"' || name || '\": write ' || max(id, since) || "
	  "' is not in the log' FROM key "
	  "WHERE max(id, since) > (SELECT coalesce(max(last), 0) FROM tx)",
	    "the log is lengthened", lengthen_log },
	{ "SELECT 'value \"' || name || '\" of key ' || key || ': write ' || since || "
	  "' is not in the log' FROM value WHERE since > (SELECT coalesce(max(last), 0) FROM tx)",
	    "the log is lengthened", lengthen_log },
	{ "SELECT 'the past of key ' || id || ': write ' || until || ' is not in the log' "
	  "FROM key_past WHERE until > (SELECT coalesce(max(last), 0) FROM tx)",
	    "the log is lengthened", lengthen_log },
	{ "SELECT 'the past of value \"' || name || '\" of key ' || key || ': write ' || until || "
	  "' is not in the log' FROM value_past "
	  "WHERE until > (SELECT coalesce(max(last), 0) FROM tx)",
	    "the log is lengthened", lengthen_log },
	{ "SELECT 'the past of key ' || id || ': it ended with ' || until || ' before ' || since "
	  "FROM key_past WHERE until <= since",
	    "it is forgotten", "DELETE FROM key_past WHERE until <= since" },
	{ "SELECT 'the past of value \"' || name || '\" of key ' || key || ': it ended with ' || "
	  "until || ' before ' || since FROM value_past WHERE until <= since",
	    "it is forgotten", "DELETE FROM value_past WHERE until <= since" },
	{ "SELECT 'the write log: the list of ' || first || ' to ' || last || "
	  "coalesce(' has ' || list_length(changes) || ' entries', ' cannot be read') FROM tx "
	  "WHERE " BAD_LIST,
	    "it is made anew from the rows", list_anew },
	{ NULL, NULL, NULL },
};

/* NULL for a malformed name, which no key or value can have. */
static void
fold(sqlite3_context *context, int count UNUSED, sqlite3_value **arguments)
{
	const char *name = (const char *)sqlite3_value_text(arguments[0]);
	struct buf folded = { 0 };

	if (name != NULL && name_fold(name, (size_t)sqlite3_value_bytes(arguments[0]), &folded)) {
		if (folded.failed)
			sqlite3_result_error_nomem(context);
		else
			sqlite3_result_text(
			    context, buf_text(&folded), (int)folded.size, SQLITE_TRANSIENT);
	}
	buf_release(&folded);
}

static void
default_descriptor(sqlite3_context *context, int count UNUSED, sqlite3_value **arguments UNUSED)
{
	sqlite3_result_blob(
	    context, store_default_descriptor, STORE_DEFAULT_DESCRIPTOR_SIZE, SQLITE_STATIC);
}

bool
store_is_default_descriptor(const void *data, size_t size)
{
	return size == STORE_DEFAULT_DESCRIPTOR_SIZE &&
	       memcmp(data, store_default_descriptor, size) == 0;
}

static void
is_descriptor(sqlite3_context *context, int count UNUSED, sqlite3_value **arguments)
{
	const void *data = sqlite3_value_blob(arguments[0]);
	struct descriptor descriptor;

	sqlite3_result_int(context,
	    data != NULL &&
	        descriptor_read(data, (size_t)sqlite3_value_bytes(arguments[0]), &descriptor));
}

lstatus
store_prepare_rules(struct store *store)
{
	int code = sqlite3_create_function(
	    store->db, "name_fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, fold, NULL, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_create_function(store->db, "default_descriptor", 0, SQLITE_UTF8,
		    NULL, default_descriptor, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_create_function(store->db, "is_descriptor", 1,
		    SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, is_descriptor, NULL, NULL);
	if (code == SQLITE_OK)
		code = change_list_register(store->db);
	return code == SQLITE_OK ? LSTATUS(ERROR_SUCCESS) : store_fail(store, code);
}

lstatus
store_check_rule(struct store *store, const struct store_rule *rule, store_fault *each,
    void *context, size_t *count)
{
	sqlite3_stmt *statement = NULL;
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int code = sqlite3_prepare_v2(store->db, rule->find, -1, &statement, NULL);

	if (code == SQLITE_OK) {
		while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
			const char *text = (const char *)sqlite3_column_text(statement, 0);

			each(context, text != NULL ? text : "a row that is none", rule->remedy);
			++*count;
		}
	}
	if (code != SQLITE_DONE)
		status = store_fail(store, code);
	sqlite3_finalize(statement);
	return status;
}

lstatus
store_check_file(struct store *store, store_fault *each, void *context, size_t *count)
{
	static const struct store_rule whole = { "SELECT integrity_check FROM "
		                                 "pragma_integrity_check(100) WHERE "
		                                 "integrity_check <> 'ok'",
		"what can be read goes into a new database", NULL };
	lstatus status = store_check_rule(store, &whole, each, context, count);

	/* The header may say that a later SQLite is needed to write: known once it was read. */
	if (lstatus_ok(status) && sqlite3_db_readonly(store->db, "main") == 1) {
		each(context, "the header of the database lets nobody write", whole.remedy);
		++*count;
	}
	return status;
}

lstatus
store_check(struct store *store, store_fault *each, void *context)
{
	lstatus status = store_prepare_rules(store);
	size_t count = 0;

	if (!lstatus_ok(status))
		return status;
	/* One state of the host for all: who writes meanwhile breaks nothing. */
	status = store_execute(store, "BEGIN");
	if (lstatus_ok(status))
		status = store_check_file(store, each, context, &count);
	for (const struct store_rule *at = store_rules; at->find != NULL && lstatus_ok(status);
	     at++)
		status = store_check_rule(store, at, each, context, &count);
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}
