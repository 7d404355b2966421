/*
 * The other host of a comparison: the store's own rows, by prepared statements and nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "regstore/base/clock.h"
#include "scripts/bench/bench.h"

#define PRAGMAS "; PRAGMA journal_size_limit = 16777216"

static const struct {
	size_t offset;
	const char *sql;
} statements[] = {
	{ offsetof(struct raw, begin), "BEGIN IMMEDIATE" },
	{ offsetof(struct raw, commit), "COMMIT" },
	{ offsetof(struct raw, last), "SELECT last FROM tx ORDER BY first DESC LIMIT 1" },
	{ offsetof(struct raw, tx), "INSERT INTO tx (first, last, wall, virtual, actor, channel) "
	                            "VALUES (?1, ?2, 1, 1, 'raw', 'raw')" },
	{ offsetof(struct raw, find), "SELECT id FROM key WHERE path = ?1" },
	{ offsetof(struct raw, touch), "UPDATE key SET last_write = ?2 WHERE id = ?1" },
	{ offsetof(struct raw, insert_key),
	    "INSERT INTO key (id, parent, path, name, flags, security, last_write, since) "
	    "VALUES (?1, ?2, ?3, ?4, 0, 1, 1, ?1)" },
	{ offsetof(struct raw, insert),
	    "INSERT INTO value (key, folded, name, type, data, created, since) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)" },
	{ offsetof(struct raw, past),
	    "INSERT INTO value_past (until, key, folded, name, type, data, created, since) SELECT "
	    "?3, key, folded, name, type, data, created, since FROM value WHERE key = ?1 AND "
	    "folded = ?2" },
	{ offsetof(struct raw, update),
	    "UPDATE value SET data = ?3, since = ?4 WHERE key = ?1 AND folded = ?2" },
	{ offsetof(struct raw, query),
	    "SELECT type, data FROM value WHERE key = ?1 AND folded = ?2" },
	{ offsetof(struct raw, list),
	    "SELECT name, type, data FROM value WHERE key = ?1 ORDER BY created" },
	{ offsetof(struct raw, walk),
	    "SELECT id, parent, security, last_write, flags, name, path FROM key "
	    "WHERE path > ?1 AND path < ?2 ORDER BY path" },
	{ offsetof(struct raw, rename),
	    "UPDATE key SET path = ?2, name = ?3, since = ?4 WHERE id = ?1" },
	{ offsetof(struct raw, move), "UPDATE key SET path = ?3 || substr(path, length(?4) + 1) "
	                              "WHERE path > ?1 AND path < ?2" },
};

static sqlite3_stmt **
statement_at(struct raw *raw, size_t i)
{
	return (sqlite3_stmt **)(void *)((char *)raw + statements[i].offset);
}

static void
open_file(struct raw *raw, const char *root, bool relaxed)
{
	char file[600];

	*raw = (struct raw){ 0 };
	snprintf(file, sizeof(file), "%s/registry.db", root);
	bench_check(NULL,
	    sqlite3_open_v2(file, &raw->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	bench_check(raw->db, sqlite3_exec(raw->db,
	                         relaxed ? "PRAGMA synchronous = NORMAL" PRAGMAS
	                                 : "PRAGMA synchronous = FULL" PRAGMAS,
	                         NULL, NULL, NULL));
}

void
raw_open(struct raw *raw, const char *root, bool relaxed)
{
	open_file(raw, root, relaxed);
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		*statement_at(raw, i) = bench_prepare(raw->db, statements[i].sql);
}

void
raw_open_to_read(struct raw *raw, const char *root)
{
	open_file(raw, root, true);
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
		if (statements[i].offset == offsetof(struct raw, find) ||
		    statements[i].offset == offsetof(struct raw, query))
			*statement_at(raw, i) = bench_prepare(raw->db, statements[i].sql);
	}
}

void
raw_close(struct raw *raw)
{
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		sqlite3_finalize(*statement_at(raw, i));
	bench_check(NULL, sqlite3_close(raw->db));
}

int64_t
raw_begin(struct raw *raw)
{
	int64_t last = 0;

	bench_run(raw->begin);
	if (sqlite3_step(raw->last) == SQLITE_ROW)
		last = sqlite3_column_int64(raw->last, 0);
	sqlite3_reset(raw->last);
	return last;
}

void
raw_commit(struct raw *raw, int64_t first, int64_t last)
{
	sqlite3_bind_int64(raw->tx, 1, first);
	sqlite3_bind_int64(raw->tx, 2, last);
	bench_run(raw->tx);
	bench_run(raw->commit);
}

int64_t
raw_find(struct raw *raw, const char *path)
{
	int64_t id = -1;

	sqlite3_bind_text(raw->find, 1, path, -1, SQLITE_STATIC);
	if (sqlite3_step(raw->find) == SQLITE_ROW)
		id = sqlite3_column_int64(raw->find, 0);
	sqlite3_reset(raw->find);
	return id;
}

int64_t
raw_key(struct raw *raw, int64_t *number, int64_t parent, const char *path, const char *name)
{
	++*number;
	sqlite3_bind_int64(raw->insert_key, 1, *number);
	sqlite3_bind_int64(raw->insert_key, 2, parent);
	sqlite3_bind_text(raw->insert_key, 3, path, -1, SQLITE_STATIC);
	sqlite3_bind_text(raw->insert_key, 4, name, -1, SQLITE_STATIC);
	bench_run(raw->insert_key);
	return *number;
}

void
raw_insert(struct raw *raw, int64_t *number, int64_t key, const char *folded, const char *name,
    uint32_t type, const void *data, int size)
{
	sqlite3_bind_int64(raw->insert, 1, key);
	sqlite3_bind_text(raw->insert, 2, folded, -1, SQLITE_STATIC);
	sqlite3_bind_text(raw->insert, 3, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(raw->insert, 4, type);
	sqlite3_bind_blob(raw->insert, 5, data, size, SQLITE_STATIC);
	sqlite3_bind_int64(raw->insert, 6, ++*number);
	bench_run(raw->insert);
}

void
raw_query(struct raw *raw, int64_t key, const char *folded, struct buf *data)
{
	sqlite3_bind_int64(raw->query, 1, key);
	sqlite3_bind_text(raw->query, 2, folded, -1, SQLITE_STATIC);
	if (sqlite3_step(raw->query) != SQLITE_ROW)
		bench_die("value not found");
	buf_append(
	    data, sqlite3_column_blob(raw->query, 1), (size_t)sqlite3_column_bytes(raw->query, 1));
	sqlite3_reset(raw->query);
}

void
raw_touch(struct raw *raw, int64_t key)
{
	sqlite3_bind_int64(raw->touch, 1, key);
	sqlite3_bind_int64(raw->touch, 2, clock_wall());
	bench_run(raw->touch);
}

void
raw_update(
    struct raw *raw, int64_t *number, int64_t key, const char *folded, const void *data, int size)
{
	++*number;
	sqlite3_bind_int64(raw->past, 1, key);
	sqlite3_bind_text(raw->past, 2, folded, -1, SQLITE_STATIC);
	sqlite3_bind_int64(raw->past, 3, *number);
	bench_run(raw->past);
	sqlite3_bind_int64(raw->update, 1, key);
	sqlite3_bind_text(raw->update, 2, folded, -1, SQLITE_STATIC);
	sqlite3_bind_blob(raw->update, 3, data, size, SQLITE_STATIC);
	sqlite3_bind_int64(raw->update, 4, *number);
	bench_run(raw->update);
}

void
raw_set(struct raw *raw, int64_t key, const char *folded, const void *data, int size)
{
	int64_t number = raw_begin(raw);

	raw_touch(raw, key);
	raw_update(raw, &number, key, folded, data, size);
	raw_commit(raw, number, number);
}

uint32_t
raw_list(struct raw *raw, int64_t key)
{
	uint32_t rows = 0;

	sqlite3_bind_int64(raw->list, 1, key);
	while (sqlite3_step(raw->list) == SQLITE_ROW)
		rows += sqlite3_column_text(raw->list, 0) != NULL &&
		        sqlite3_column_blob(raw->list, 2) != NULL;
	sqlite3_reset(raw->list);
	return rows;
}
