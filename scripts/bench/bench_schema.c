/*
 * The schema experiment: keys found by their whole folded path (`path`, ours), against keys found
 * one component after the other (`walk`). Both hold the same keys and values.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "regstore/base/clock.h"
#include "regstore/base/macro.h"
#include "scripts/bench/bench.h"

#define LEVELS       6    /* components of a path */
#define FANOUT       10   /* children of the three lower levels; the upper ones have one */
#define VALUES       10   /* of every key */
#define OPENS        2000 /* a round */
#define ROUNDS       9
#define IMPORTS      3
#define SEPARATOR    '\x01'
#define PATH_MAX_LEN 128

struct tree {
	sqlite3 *db;
	sqlite3_stmt *begin;
	sqlite3_stmt *commit;
	sqlite3_stmt *insert;
	sqlite3_stmt *value;
	sqlite3_stmt *find;
	int64_t last; /* id */
};

static const char common_sql[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;"
    "CREATE TABLE value (key INTEGER NOT NULL, folded TEXT NOT NULL, name TEXT NOT NULL, data BLOB "
    "NOT NULL, PRIMARY KEY (key, folded)) WITHOUT ROWID;";
static const char path_sql[] =
    "CREATE TABLE key (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, path TEXT NOT NULL UNIQUE, "
    "name TEXT NOT NULL); CREATE INDEX key_child ON key (parent)";
static const char walk_sql[] =
    "CREATE TABLE key (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, folded TEXT NOT NULL, "
    "name TEXT NOT NULL, UNIQUE (parent, folded))";

static void
open_side(struct tree *side, const char *folder, const char *name, const char *schema)
{
	char file[512];

	snprintf(file, sizeof(file), "%s/%s.db", folder, name);
	bench_check(NULL, sqlite3_open(file, &side->db));
	bench_check(side->db, sqlite3_exec(side->db, common_sql, NULL, NULL, NULL));
	bench_check(side->db, sqlite3_exec(side->db, schema, NULL, NULL, NULL));
	side->begin = bench_prepare(side->db, "BEGIN IMMEDIATE");
	side->commit = bench_prepare(side->db, "COMMIT");
	side->insert = bench_prepare(side->db, "INSERT INTO key VALUES (?1, ?2, ?3, ?4)");
	side->value = bench_prepare(side->db, "INSERT INTO value VALUES (?1, ?2, ?3, ?4)");
	side->last = 0;
}

static void
close_side(struct tree *side)
{
	sqlite3_finalize(side->begin);
	sqlite3_finalize(side->commit);
	sqlite3_finalize(side->insert);
	sqlite3_finalize(side->value);
	sqlite3_finalize(side->find);
	sqlite3_close(side->db);
}

static int64_t
insert_key(struct tree *side, int64_t parent, const char *text, const char *name)
{
	side->last++;
	sqlite3_bind_int64(side->insert, 1, side->last);
	sqlite3_bind_int64(side->insert, 2, parent);
	sqlite3_bind_text(side->insert, 3, text, -1, SQLITE_STATIC);
	sqlite3_bind_text(side->insert, 4, name, -1, SQLITE_STATIC);
	bench_run(side->insert);
	for (int i = 0; i < VALUES; i++) {
		char value[16];

		snprintf(value, sizeof(value), "VALUE%d", i);
		sqlite3_bind_int64(side->value, 1, side->last);
		sqlite3_bind_text(side->value, 2, value, -1, SQLITE_STATIC);
		sqlite3_bind_text(side->value, 3, value, -1, SQLITE_STATIC);
		sqlite3_bind_blob(side->value, 4, "\x01\x02\x03\x04", 4, SQLITE_STATIC);
		bench_run(side->value);
	}
	return side->last;
}

/* The n-th child's folded name on a level. */
static void
component(int level, int child, char name[24])
{
	snprintf(name, 24, "COMPONENT%d-%d", level, child);
}

/* Insert everything below a key, by path if `path` is not NULL. */
static void
insert_below(struct tree *side, int64_t parent, char *path, size_t length, int level)
{
	int children = level < LEVELS - 4 ? 1 : FANOUT;

	for (int i = 0; i < children && level < LEVELS; i++) {
		char name[24];
		size_t end = length;
		int64_t id;

		component(level, i, name);
		if (path != NULL)
			end += (size_t)snprintf(path + length, PATH_MAX_LEN - length, "%s%s",
			    length > 0 ? "\x01" : "", name);
		id = insert_key(side, parent, path != NULL ? path : name, name);
		insert_below(side, id, path, end, level + 1);
	}
}

static double
import(struct tree *side, bool by_path)
{
	char path[PATH_MAX_LEN] = "";
	int64_t start = clock_monotonic_ns();

	bench_run(side->begin);
	insert_below(side, 0, by_path ? path : NULL, 0, 0);
	bench_run(side->commit);
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

/* The n-th of all the deepest keys, as the children to take. */
static void
choose(uint32_t n, int children[LEVELS])
{
	for (int i = 0; i < LEVELS; i++) {
		children[i] = i < LEVELS - 4 ? 0 : (int)(n % FANOUT);
		n = i < LEVELS - 4 ? n : n / FANOUT;
	}
}

static int64_t
open_by_path(struct tree *side, const int children[LEVELS])
{
	char path[PATH_MAX_LEN];
	size_t length = 0;
	int64_t id = -1;

	for (int i = 0; i < LEVELS; i++) {
		char name[24];

		component(i, children[i], name);
		length += (size_t)snprintf(
		    path + length, sizeof(path) - length, "%s%s", i > 0 ? "\x01" : "", name);
	}
	sqlite3_bind_text(side->find, 1, path, (int)length, SQLITE_STATIC);
	if (sqlite3_step(side->find) == SQLITE_ROW)
		id = sqlite3_column_int64(side->find, 0);
	sqlite3_reset(side->find);
	return id;
}

static int64_t
open_by_walk(struct tree *side, const int children[LEVELS])
{
	int64_t id = 0;

	for (int i = 0; i < LEVELS; i++) {
		char name[24];

		component(i, children[i], name);
		sqlite3_bind_int64(side->find, 1, id);
		sqlite3_bind_text(side->find, 2, name, -1, SQLITE_STATIC);
		id = -1;
		if (sqlite3_step(side->find) == SQLITE_ROW)
			id = sqlite3_column_int64(side->find, 0);
		sqlite3_reset(side->find);
	}
	return id;
}

static double
time_opens(struct tree *side, int64_t (*find)(struct tree *, const int[LEVELS]), uint32_t round)
{
	int64_t start = clock_monotonic_ns();

	for (uint32_t i = 0; i < OPENS; i++) {
		int children[LEVELS];

		choose(i * 7919 + round, children);
		if (find(side, children) < 0)
			bench_check(side->db, SQLITE_CORRUPT);
	}
	return (double)(clock_monotonic_ns() - start) / 1e3 / OPENS;
}

/* Rename a key with 1,110 keys below it: one row by walk, and all those paths by path. */
static double
rename_key(struct tree *side, bool by_path, uint32_t round)
{
	int64_t start = clock_monotonic_ns();
	char sql[1024];
	char from[PATH_MAX_LEN];
	char to[PATH_MAX_LEN];

	snprintf(from, sizeof(from),
	    "COMPONENT0-0\x01"
	    "COMPONENT1-0\x01"
	    "%s2-%u",
	    round % 2 == 0 ? "COMPONENT" : "RENAMED", 0u);
	snprintf(to, sizeof(to),
	    "COMPONENT0-0\x01"
	    "COMPONENT1-0\x01"
	    "%s2-%u",
	    round % 2 == 0 ? "RENAMED" : "COMPONENT", 0u);
	if (by_path)
		snprintf(sql, sizeof(sql),
		    "UPDATE key SET path = '%s' || substr(path, %zu) WHERE path = '%s' OR "
		    "(path >= '%s\x01' AND path < '%s\x02')",
		    to, strlen(from) + 1, from, from, from);
	else
		snprintf(sql, sizeof(sql),
		    "UPDATE key SET folded = '%s' WHERE parent = 2 AND folded = '%s'",
		    strrchr(to, SEPARATOR) + 1, strrchr(from, SEPARATOR) + 1);
	bench_check(side->db, sqlite3_exec(side->db, sql, NULL, NULL, NULL));
	if (sqlite3_changes(side->db) == 0)
		bench_check(side->db, SQLITE_CORRUPT);
	return (double)(clock_monotonic_ns() - start) / 1e3;
}

static void
compare_imports(struct tree *path, struct tree *walk, const char *folder)
{
	double by_path[IMPORTS];
	double by_walk[IMPORTS];

	for (int i = 0; i < IMPORTS; i++) {
		char name[24];

		if (i > 0) {
			close_side(path);
			close_side(walk);
		}
		memset(path, 0, sizeof(*path));
		memset(walk, 0, sizeof(*walk));
		snprintf(name, sizeof(name), "path%d", i);
		open_side(path, folder, name, path_sql);
		snprintf(name, sizeof(name), "walk%d", i);
		open_side(walk, folder, name, walk_sql);
		by_path[i] = import(path, true);
		by_walk[i] = import(walk, false);
	}
	bench_report("schema: import of 11,112 keys, 111,120 values", "ms", "component index",
	    bench_median(by_path, IMPORTS), bench_median(by_walk, IMPORTS));
}

void
bench_schema(const struct bench_size *size UNUSED, const char *folder)
{
	struct tree path;
	struct tree walk;
	double by_path[ROUNDS];
	double by_walk[ROUNDS];

	compare_imports(&path, &walk, folder);
	path.find = bench_prepare(path.db, "SELECT id FROM key WHERE path = ?1");
	walk.find = bench_prepare(walk.db, "SELECT id FROM key WHERE parent = ?1 AND folded = ?2");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		by_path[i] = time_opens(&path, open_by_path, i);
		by_walk[i] = time_opens(&walk, open_by_walk, i);
	}
	bench_report("schema: open, 6 components", "us", "component index",
	    bench_median(by_path, ROUNDS), bench_median(by_walk, ROUNDS));
	for (uint32_t i = 0; i < ROUNDS; i++) {
		by_path[i] = rename_key(&path, true, i);
		by_walk[i] = rename_key(&walk, false, i);
	}
	bench_report("schema: rename a key with 1,110 below it", "us", "component index",
	    bench_median(by_path, ROUNDS), bench_median(by_walk, ROUNDS));
	close_side(&path);
	close_side(&walk);
}
