/*
 * What the files of store/ share: the connection and its prepared statements.
 */
#ifndef REGSTORE_STORE_INTERNAL_H
#define REGSTORE_STORE_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "regstore/store/bell.h"
#include "regstore/store/changes.h"
#include "regstore/store/check.h"
#include "regstore/store/clock.h"
#include "regstore/store/store.h"

#define VALUE_ROW     "(?, ?, ?, ?, ?, ?, ?)"
#define VALUE_ROWS_4  VALUE_ROW ", " VALUE_ROW ", " VALUE_ROW ", " VALUE_ROW
#define VALUE_ROWS_16 VALUE_ROWS_4 ", " VALUE_ROWS_4 ", " VALUE_ROWS_4 ", " VALUE_ROWS_4

/*
 * Every statement is prepared once a connection, at its first use. Those that may write several
 * rows do so OR FAIL: what fails dooms the transaction (store_fail), so that SQLite need not keep
 * every page as it was before the statement.
 */
#define STATEMENTS(X)                                                                              \
	X(BEGIN, "BEGIN IMMEDIATE")                                                                \
	X(COMMIT, "COMMIT")                                                                        \
	X(ROLLBACK, "ROLLBACK")                                                                    \
	X(MOMENT, "SELECT 1 FROM meta")                                                            \
	X(USER_VERSION, "PRAGMA user_version")                                                     \
	X(META_GET, "SELECT value FROM meta WHERE name = ?1")                                      \
	X(META_SET, "INSERT INTO meta (name, value) VALUES (?1, ?2) "                              \
	            "ON CONFLICT (name) DO UPDATE SET value = excluded.value")                     \
	X(META_DELETE, "DELETE FROM meta WHERE name = ?1")                                         \
	X(TX_LAST, "SELECT last FROM tx ORDER BY first DESC LIMIT 1")                              \
	X(TX_INSERT, "INSERT INTO tx (first, last, wall, virtual, actor, channel, comment, "       \
	             "changes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                           \
	X(TX_FIND, "SELECT first, last, wall, virtual, actor, channel, comment FROM tx "           \
	           "WHERE first <= ?1 ORDER BY first DESC LIMIT 1")                                \
	X(LOG_NEXT, "SELECT first, last, wall, virtual, actor, channel, comment, changes FROM tx " \
	            "WHERE first >= coalesce((SELECT max(first) FROM tx WHERE first <= ?1), 0) "   \
	            "AND last >= ?1 ORDER BY first LIMIT 1")                                       \
	X(LOG_BACK, "SELECT first, last, wall, virtual, actor, channel, comment, changes FROM tx " \
	            "WHERE first <= ?1 ORDER BY first DESC LIMIT 1")                               \
	X(SNAPSHOT_INSERT, "INSERT OR IGNORE INTO snapshot (name, number, wall, virtual, "         \
	                   "comment) VALUES (?1, ?2, ?3, ?4, ?5)")                                 \
	X(SNAPSHOT_DELETE, "DELETE FROM snapshot WHERE name = ?1")                                 \
	X(SNAPSHOT_LIST, "SELECT name, number, wall, virtual, comment FROM snapshot "              \
	                 "ORDER BY number DESC, wall DESC")                                        \
	X(TX_PENDING, "SELECT first, changes FROM tx WHERE first >= ?1 ORDER BY first")            \
	/* A clock that was set back for a while makes nothing old that was written before. */     \
	X(PRUNE_DAYS, "WITH some AS (SELECT first, last, wall FROM tx WHERE first > ?1 "           \
	              "ORDER BY first LIMIT 1024) SELECT max(last) FROM some WHERE wall < ?2 "     \
	              "AND first < coalesce((SELECT min(first) FROM some "                         \
	              "WHERE wall BETWEEN ?2 AND ?3), 9223372036854775807)")                       \
	X(KEY_AT, "SELECT id, parent, security, last_write, flags, name, class FROM main.key "     \
	          "WHERE id = ?1 AND since <= ?2 UNION ALL "                                       \
	          "SELECT id, parent, security, 0, flags, name, class FROM main.key_past "         \
	          "WHERE id = ?1 AND until > ?2 AND since <= ?2")                                  \
	X(TX_AT_WALL, "SELECT last FROM tx WHERE wall <= ?1 ORDER BY first DESC LIMIT 1")          \
	X(TX_AT_VIRTUAL, "SELECT last FROM tx WHERE virtual <= ?1 ORDER BY first DESC LIMIT 1")    \
	X(KEY_FIND, "SELECT id, parent, security, last_write, flags FROM key WHERE path = ?1")     \
	X(KEY_GET, "SELECT id, parent, security, last_write, flags, path, name FROM key "          \
	           "WHERE id = ?1")                                                                \
	X(KEY_INSERT, "INSERT INTO key (id, parent, path, name, flags, security, last_write, "     \
	              "since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?1) ON CONFLICT DO NOTHING")     \
	/* On a clock that was set back, a key still is not written before it was made. */         \
	X(KEY_TOUCH, "UPDATE key SET last_write = CASE WHEN last_write <= ?2 THEN ?2 ELSE "        \
	             "max(?2, coalesce((SELECT virtual FROM tx WHERE first <= ?1 "                 \
	             "ORDER BY first DESC LIMIT 1), 0)) END WHERE id = ?1")                        \
	X(KEY_HAS_CHILD, "SELECT 1 FROM key WHERE parent = ?1 LIMIT 1")                            \
	X(KEY_BELOW, "SELECT id, flags, path FROM key WHERE path >= ?1 AND path < ?2 "             \
	             "ORDER BY path DESC")                                                         \
	X(KEY_RESTORE, "INSERT OR FAIL INTO key (id, parent, path, name, class, flags, security, " \
	               "last_write, since) SELECT id, parent, ?3, name, class, flags, security, "  \
	               "?4, ?5 FROM key_past WHERE id = ?1 AND until > ?2 AND since <= ?2")        \
	X(KEY_TO_PAST,                                                                             \
	    "INSERT OR FAIL INTO key_past (until, id, parent, name, class, flags, security, "      \
	    "since) SELECT ?2, id, parent, name, class, flags, security, since "                   \
	    "FROM key WHERE id = ?1")                                                              \
	X(KEY_DELETE, "DELETE FROM key WHERE id = ?1")                                             \
	X(KEY_EXTRA, "SELECT class, descriptor FROM key JOIN security "                            \
	             "ON security.id = key.security WHERE key.id = ?1")                            \
	X(KEY_RENAME, "UPDATE key SET path = ?2, name = ?3, since = ?4 WHERE id = ?1")             \
	X(KEY_MOVE_BELOW, "UPDATE OR FAIL key SET path = ?3 || substr(path, length(?4) + 1) "      \
	                  "WHERE path >= ?1 AND path < ?2")                                        \
	X(KEY_SET_CLASS, "UPDATE key SET class = ?2, since = ?3 WHERE id = ?1")                    \
	X(KEY_SET_FLAGS, "UPDATE key SET flags = (flags & ~?2) | ?3, since = ?4 WHERE id = ?1")    \
	X(KEY_SET_SECURITY, "UPDATE key SET security = ?2, since = ?3 WHERE id = ?1")              \
	X(SECURITY_GET, "SELECT descriptor FROM security WHERE id = ?1")                           \
	X(SECURITY_BELOW, "SELECT DISTINCT security FROM key WHERE path >= ?1 AND path < ?2")      \
	X(SECURITY_FIND, "SELECT id FROM security WHERE descriptor = ?1")                          \
	X(SECURITY_INSERT, "INSERT INTO security (descriptor) VALUES (?1)")                        \
	X(KEY_VOLATILE, "SELECT id FROM key WHERE flags & 1 ORDER BY id")                          \
	X(KEY_CHILDREN, "SELECT id, parent, security, last_write, flags, name FROM key "           \
	                "WHERE parent = ?1 ORDER BY path")                                         \
	/* From here on: of values. What was set and is in the batch is written before these run.  \
	 */                                                                                        \
	X(VALUE_AT, "SELECT type, since, created, data, name FROM main.value "                     \
	            "WHERE key = ?1 AND folded = ?2 AND since <= ?3 UNION ALL "                    \
	            "SELECT type, since, created, data, name FROM main.value_past "                \
	            "WHERE key = ?1 AND folded = ?2 AND until > ?3 AND since <= ?3")               \
	X(KEY_LINKS, "SELECT key.id, key.path, value.type, value.data FROM key LEFT JOIN value "   \
	             "ON value.key = key.id AND value.folded = 'SYMBOLICLINKVALUE' "               \
	             "WHERE key.flags & 2")                                                        \
	X(VALUE_FIND, "SELECT type, since, created, data FROM value "                              \
	              "WHERE key = ?1 AND folded = ?2")                                            \
	X(VALUE_INSERT, "INSERT INTO value (key, folded, name, type, data, created, since) "       \
	                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT DO NOTHING")              \
	/* With ON CONFLICT, SQLite would be ready to take back what it did of it. */              \
	X(VALUE_INSERT_BATCH,                                                                      \
	    "INSERT OR IGNORE INTO value (key, folded, name, type, data, created, since) "         \
	    "VALUES " VALUE_ROWS_16)                                                               \
	X(VALUE_TO_PAST,                                                                           \
	    "INSERT OR FAIL INTO value_past (until, key, folded, name, type, data, created, "      \
	    "since) SELECT ?3, key, folded, name, type, data, created, since "                     \
	    "FROM value WHERE key = ?1 AND folded = ?2")                                           \
	X(VALUE_UPDATE, "UPDATE value SET type = ?3, data = ?4, since = ?5 "                       \
	                "WHERE key = ?1 AND folded = ?2")                                          \
	X(VALUE_DELETE, "DELETE FROM value WHERE key = ?1 AND folded = ?2")                        \
	X(VALUE_NAMES, "SELECT folded FROM value WHERE key = ?1")                                  \
	X(VALUE_LIST, "SELECT created, type, name, "                                               \
	              "CASE WHEN length(data) <= 4096 THEN data END FROM value WHERE key = ?1")

/* The files of a host's folder. */
#define STORE_DATABASE "registry.db"
#define STORE_LOCK     "registry.lock"

/* Modes of what is made in a host's folder. */
#define STORE_DIRECTORY_MODE 0700
#define STORE_FILE_MODE      0600

#define STORE_PROGRESS_STEP 1024u /* rows between two words of progress */

#define STORE_META_PRUNED "pruned" /* the last number that was pruned away */

enum statement {
#define X(name, sql) SQL_##name,
	STATEMENTS(X)
#undef X
	    STATEMENT_COUNT
};

/* Who holds the write lock of a host, as far as this process knows. */
struct lock_holder {
	dev_t device; /* of the lock file */
	ino_t inode;
	pthread_t thread;
	struct lock_holder *next;
};

#define STORE_TOUCHED     64u
#define STORE_BATCH       16u
#define STORE_BATCH_BYTES 8192u

/* A value that is to be written. */
struct value_row {
	int64_t key;
	const char *folded;
	size_t length;
	const char *name;
	size_t name_length;
	uint32_t type;
	const void *data;
	size_t size;
	uint64_t number; /* of the write */
};

/* The values of a key as they are listed. */
struct value_listing {
	struct buf values; /* struct listed each: see values.c */
	struct buf bytes;
	bool sorted; /* they came in the order of creation */
};

/* Values that are not written yet, each another one. */
struct value_batch {
	struct value_row rows[STORE_BATCH]; /* what they point to lies in `bytes`, in their order */
	size_t count;
	uint8_t bytes[STORE_BATCH_BYTES];
	size_t used;
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct bell *bell;
	struct clock_page *clock;
	int root; /* the host's folder */
	int run;
	int lock;    /* the file that writers queue on */
	char *actor; /* NULL until it is needed */
	char *channel;
	char *comment;    /* of the open transaction, or NULL */
	unsigned process; /* that opened the store: a forked child may only close it */
	bool takes_over;  /* pages of the write-ahead log, at this moment */
	bool making;      /* the schema is being made or changed: the tables are not to be used */
	lstatus failure;  /* the last of the host (SQLite, system) */
	bool writes;      /* this connection has written, or tried to: it is set up for it */
	bool in_transaction;
	unsigned moments; /* store_read_begin without its end */
	lstatus doomed;   /* a failure in the midst of a write: it can only be rolled back */
	uint64_t number;  /* of the last write, while in a transaction */
	uint64_t first;   /* number of the transaction's first write */
	uint64_t listed;  /* number of the first write in `changes`: those before have their row */
	struct change_list changes; /* what its writes are about */
	struct value_batch batch;   /* what it set last */
	int64_t virtual_time;       /* of it, 0 until it is asked for */
	int64_t wall_time;
	bool clock_changed; /* in this transaction: */
	struct clock_state clock_next;
	/* Keys whose last_write was set in this transaction, each in the place of its id. */
	int64_t touched[STORE_TOUCHED];
	struct store_key parent; /* below which a key was made last: new itself, or its id is 0 */
	struct buf parent_path;
	int64_t noted; /* the key that a change was noted of last in this transaction */
	uint32_t noted_kind;
	uint64_t rollbacks; /* how often a transaction was rolled back */
	uint32_t wal_pages; /* of the write-ahead log after the last commit here */
	uint64_t as_of;     /* the write whose state is shown; 0: the present */
	uint64_t opened;    /* the bell's generation then */
	struct recent recent;
	void (*progress)(void *context, uint64_t count); /* or NULL: see store_set_progress */
	void *progress_context;
	struct value_listing listing; /* memory for the next one; none while one is in use */
	struct buf error;
	struct lock_holder holder;
};

/*
 * The prepared statement, reset; NULL (with the error kept) if it cannot be prepared. For one of
 * values, what the batch holds is written first.
 */
sqlite3_stmt *store_statement(struct store *store, enum statement which);

/* Finalize all prepared statements; they are prepared anew when they are used. */
void store_forget_statements(struct store *store);

/* Run SQL without parameters. */
lstatus store_execute(struct store *store, const char *sql);

/* For queries over names and into temporary tables: folded(name), which is name_fold. */
lstatus store_add_functions(struct store *store);

/*
 * Run a statement that is needed once, with two numbers as ?1 and ?2 and, if it is not NULL, a text
 * as the last parameter.
 */
lstatus store_run_with(struct store *store, const char *sql, int64_t first, int64_t last,
    const char *text, size_t length);

/*
 * Fill the temporary table `wanted` (id) with the keys that ever had this path, and with all that
 * was ever below one (`subtree`). store_add_functions comes first.
 */
lstatus store_want(struct store *store, const char *path, size_t length, bool subtree);

/*
 * Put a key back that was there at write `number` and is gone, under this path. A transaction is
 * open.
 */
lstatus store_restore_key(struct store *store, const struct store_key *key, uint64_t number,
    const char *path, size_t length);

/*
 * Fill the temporary tables `touched_key` (id) and `touched` (key, folded, moved) with what the
 * writes to be undone were about, below the revert's path. `moved` is the `until` of the row that a
 * value had before the first of them, NULL if it had none. store_add_functions comes first.
 */
lstatus store_find_touched(struct store *store, const struct store_revert *revert);

/*
 * A value is about to be written: touch its key, note the change, and get the write's number. A
 * transaction is open.
 */
lstatus store_value_changes(
    struct store *store, int64_t key, const char *folded, size_t length, uint64_t *ret_number);

/*
 * Fill the temporary table `found` (number, key, folded) with the writes from `first` to `last`
 * that were about keys that ever had this path (`subtree`: and all that was ever below one), and
 * about the values of one name only if `folded` is not NULL.
 */
lstatus store_find_changes(struct store *store, const char *path, size_t length, bool subtree,
    const char *folded, size_t folded_length, uint64_t first, uint64_t last);

/* A row of id, parent, security, last_write, flags, ... */
struct store_key store_read_key(sqlite3_stmt *statement);

/* A row of first, last, wall, virtual, actor, channel, comment, ... */
lstatus store_read_tx(sqlite3_stmt *statement, struct store_tx *ret_tx);

/* Append a column's bytes where `out` is not NULL. */
void store_append_column(sqlite3_stmt *statement, int column, struct buf *out);

/* Step a statement that returns no row, and reset it. */
lstatus store_run(struct store *store, sqlite3_stmt *statement);

/*
 * Keep SQLite's error text and return the Win32 code that fits. An open transaction is doomed: what
 * failed may have been done in part.
 */
lstatus store_fail(struct store *store, int code);

/* The same for errno after a system call on `what`. */
lstatus store_fail_errno(struct store *store, const char *what);

/* The failure of a store whose schema's version this program does not know. */
lstatus store_fail_version(struct store *store, int64_t version);

/* The number that a query returns. */
lstatus store_query_number(struct store *store, const char *sql, int64_t *ret_number);

/*
 * The write lock: every writer of a host waits its turn on the lock file. ERROR_BUSY when this very
 * thread holds it through another connection, for which it would wait forever.
 */
lstatus store_lock(struct store *store);
void store_unlock(struct store *store);

/* Whether the lock was free and is taken now. */
bool store_try_lock(struct store *store);

/* Begin a transaction with the write lock held; it is given back on failure. */
lstatus store_begin_locked(struct store *store, const char *comment);

/*
 * A writer may have died before it showed the clock that it set; it rang nobody either. Show it,
 * with the write lock held.
 */
lstatus store_catch_up(struct store *store);

/*
 * Making a host: the folder and those above it; its database, empty, unless there is one; the
 * schema in it, unless another process is faster.
 */
lstatus store_make_folders(const char *root);
lstatus store_make_file(struct store *store);
lstatus store_make_schema(struct store *store, const struct store_options *options);

/* Turn the write-ahead log on in a store that came without: VACUUM INTO makes such copies. */
lstatus store_give_journal(struct store *store);

/*
 * Note a connection for the children that this process may fork; in such a child, with connections
 * to the same host inherited, take the locks that SQLite believes to have (fork.c). After the
 * connection was made and before it is used. ERROR_BUSY: the fork came within a transaction.
 * fork_leave after it was closed, also in a child.
 */
lstatus fork_enter(struct store *store);
void fork_leave(struct store *store);

/* What the roots get and every key below inherits. */
#define STORE_DEFAULT_DESCRIPTOR_SIZE 124
extern const uint8_t store_default_descriptor[STORE_DEFAULT_DESCRIPTOR_SIZE];

/* Make the tables in an empty file: no row is in them. */
lstatus store_make_tables(struct store *store);

/*
 * Write to the empty tables of `to` what can be read of `from`, in the open transaction, and tell
 * of each table how much that is. Damage of `from` is no error.
 */
lstatus store_salvage(struct store *from, struct store *to, struct store_saved saved[STORE_TABLES]);

/* What must hold of all rows: a query for what breaks it, and the SQL that mends it. */
struct store_rule {
	const char *find;
	const char *remedy; /* the same for people */
	const char *mend;
};

extern const struct store_rule store_rules[]; /* ends with `find` NULL */

/* The functions that rules use; and a look for what breaks one, added to *count. */
lstatus store_prepare_rules(struct store *store);
lstatus store_check_rule(struct store *store, const struct store_rule *rule, store_fault *each,
    void *context, size_t *count);

/* SQLite's own check: what it finds, no SQL mends. */
lstatus store_check_file(struct store *store, store_fault *each, void *context, size_t *count);

/*
 * Check that the file is ours and tell its schema's version; ERROR_FILE_NOT_FOUND for one without
 * any schema, which is all that is there when a host is being made. Nothing is written to a file
 * that is somebody else's. *ret_wal: it has a write-ahead log.
 */
lstatus store_check_schema(struct store *store, int64_t *ret_version, bool *ret_wal);

/* What makes a schema of version N + 1 of one of version N, by N: SQL, from version 1 on. */
extern const char *const store_migrations[];

/*
 * Bring the schema to `version`, one transaction a step; another process may do so at the same
 * time. Killed or failing at any moment, the store is of one of the versions in between, whole.
 */
lstatus store_migrate(struct store *store, const char *const *migrations, int64_t version);

/*
 * The write-ahead log: note its length after each commit of this connection; see to it, after a
 * commit, when the write lock is given back; bring it back into the database now.
 */
void store_watch_wal(struct store *store);
void store_tend_wal(struct store *store);
void store_checkpoint(struct store *store);

/*
 * The number of the next write of the open transaction, which is about this value of the key;
 * `folded` is NULL if it is about the key itself, `key` 0 for one that the write makes.
 */
uint64_t store_next_number(struct store *store, int64_t key, const char *folded, size_t length);

/* Spend a number on a write that is about no key: the clock's. */
void store_spend_number(struct store *store);

/* Add a row to the write log for the writes of the open transaction that have none yet. */
lstatus store_log_writes(struct store *store);

/* Set the key's last-write time, which a transaction does once as long as it is remembered. */
lstatus store_touch_key(struct store *store, int64_t key);

/* Remember no key as touched, nor as a parent: one of them may be gone, or another. */
void store_forget_touched(struct store *store);

/* Open a transaction for one write if none is open; and end it after that write. */
lstatus store_enter(struct store *store, bool *ret_own);
lstatus store_leave(struct store *store, bool own, lstatus status);

/*
 * Write a value whose write is noted and numbered: a new row, or a new version of the one that is
 * there.
 */
lstatus store_write_value(struct store *store, const struct value_row *row);

/*
 * The same at some later time, with others, if the batch takes the value: of a key that this
 * transaction made, which has most likely no value of that name. Whoever asks for values finds it
 * written.
 */
bool store_batch_takes(const struct store *store, const struct value_row *row);
lstatus store_batch_value(struct store *store, const struct value_row *row);

/* Bind a value's data: of no bytes, they are not NULL. */
void store_bind_data(sqlite3_stmt *statement, int index, const void *data, size_t size);

/* Give the memory of a listing back. */
void store_release_listing(struct value_listing *listing);

/* Write what is in the batch. A failure dooms the transaction. */
lstatus store_write_batch(struct store *store);

/* Delete all values of a key, into the past. */
lstatus store_delete_all_values(struct store *store, int64_t key);

/*
 * Note, for who keeps what was read, that a key's row changes; that a path begins or ends to lead
 * to a key, which is a link or not. Every write of rows notes what it changes, or that anything
 * may.
 */
void store_key_changes(struct store *store, int64_t id, int64_t parent);
void store_path_changes(struct store *store, const char *path, size_t length, uint32_t flags);

/* Note a change on the key with this id, for the bell. */
void store_changed(struct store *store, int64_t key, uint32_t kind);

/* Forget some of what the host's limit wants forgotten: the open transaction will be committed. */
lstatus store_keep_limit(struct store *store);

/*
 * The last write up to which all that came after a snapshot's write was undone, so that its state
 * is the snapshot's: a revert to that goes back to this one as well. The snapshot's own number if
 * there is none whose state is whole. To be noted in the transaction that makes it; forgotten where
 * rows change without a write.
 */
uint64_t store_restored(struct store *store, uint64_t number);
lstatus store_set_restored(struct store *store, uint64_t number, uint64_t by);
lstatus store_forget_restored(struct store *store);

/* A snapshot was deleted: forget what it alone kept. */
lstatus store_forget_snapshot(struct store *store);

#endif
