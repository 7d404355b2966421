/*
 * What the parts of bench-store share.
 */
#ifndef SCRIPTS_BENCH_BENCH_H
#define SCRIPTS_BENCH_BENCH_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"
#include "regstore/base/macro.h"
#include "regstore/registry/registry.h"

/* How much is done: small numbers show that everything still works, not how long it takes. */
struct bench_size {
	uint32_t rounds;
	uint32_t values; /* of the tree that is imported, exported, walked; ten a key */
	uint32_t rows;   /* keys with 100 values each, of the hosts whose values are read and set */
	uint32_t below;  /* keys below the one that is renamed */
	uint32_t watchers;
};

/* Print one row: the operation, its unit, the peer, the median of ours and of the peer's. */
void bench_report(const char *name, const char *unit, const char *peer, double ours, double theirs);

/* The same of what has no peer. */
void bench_report_alone(const char *name, const char *unit, double ours);

/*
 * Before something that writes is timed: what was written earlier goes to the disk, so that it is
 * not flushed in the midst of what is measured. Returns the time when that is done, in ns.
 */
int64_t bench_settle(void);

/* The median; sorts the samples. */
double bench_median(double *samples, size_t count);

_Noreturn void bench_die(const char *what);

/* End the program, saying what failed, unless the status is one of success. */
void bench_need(lstatus status, const char *what);

/* End the program with SQLite's text unless the code is one of success. */
void bench_check(sqlite3 *db, int code);

/* Step a statement that gives no row, and reset it. */
void bench_run(sqlite3_stmt *statement);

sqlite3_stmt *bench_prepare(sqlite3 *db, const char *sql);

/* A host used by SQL statements that are prepared here: what the store's rows cost without it. */
struct raw {
	sqlite3 *db;
	sqlite3_stmt *begin;
	sqlite3_stmt *commit;
	sqlite3_stmt *last;
	sqlite3_stmt *tx;
	sqlite3_stmt *find;
	sqlite3_stmt *touch;
	sqlite3_stmt *insert_key;
	sqlite3_stmt *insert;
	sqlite3_stmt *past;
	sqlite3_stmt *update;
	sqlite3_stmt *query;
	sqlite3_stmt *list;
	sqlite3_stmt *walk;
	sqlite3_stmt *rename;
	sqlite3_stmt *move;
};

/* Open the store of the host in this folder, which is there. */
void raw_open(struct raw *raw, const char *root, bool relaxed);
/* The same for a process that only asks raw_find and raw_query. */
void raw_open_to_read(struct raw *raw, const char *root);
void raw_close(struct raw *raw);

/* Begin a transaction; returns the number of the last write. Commit one that made these numbers. */
int64_t raw_begin(struct raw *raw);
void raw_commit(struct raw *raw, int64_t first, int64_t last);

/* The id of a key by its folded path; -1 if there is none. */
int64_t raw_find(struct raw *raw, const char *path);

/* Insert a key or a value; *number is the last write's. */
int64_t
raw_key(struct raw *raw, int64_t *number, int64_t parent, const char *path, const char *name);
void raw_insert(struct raw *raw, int64_t *number, int64_t key, const char *folded, const char *name,
    uint32_t type, const void *data, int size);

/* Append a value's data. */
void raw_query(struct raw *raw, int64_t key, const char *folded, struct buf *data);

/* Set a key's time; and a new version of a value, as the store writes it. */
void raw_touch(struct raw *raw, int64_t key);
void raw_update(
    struct raw *raw, int64_t *number, int64_t key, const char *folded, const void *data, int size);

/* Both, in a transaction of their own. */
void raw_set(struct raw *raw, int64_t key, const char *folded, const void *data, int size);

/* Count the values of a key, each read. */
uint32_t raw_list(struct raw *raw, int64_t key);

/* The two hosts of a comparison, with the same contents. */
struct side {
	char root[512];
	struct registry *registry; /* ours */
	struct raw raw;            /* or the other */
	int64_t *keys;             /* size->rows of them, and their paths as this side finds them */
	char (*paths)[64];
	int64_t wide;
};

struct bench {
	const struct bench_size *size;
	struct side ours;
	struct side other;
};

/* Make both hosts in the folder and open them; close them, and remove them from the disk. */
void
bench_open(struct bench *bench, const struct bench_size *size, const char *folder, bool relaxed);
void bench_close(struct bench *bench);

/* The groups of operations, each in hosts of its own below `folder`. */
void bench_rows(const struct bench_size *size, const char *folder);
void bench_write(const struct bench_size *size, const char *folder);
void bench_notify(const struct bench_size *size, const char *folder);
void bench_bulk(const struct bench_size *size, const char *folder);
void bench_cold(const struct bench_size *size, const char *folder);
void bench_schema(const struct bench_size *size, const char *folder);

/* Write a .reg file with so many values, ten a key, a hundred keys below another. */
int bench_write_tree(uint32_t count, const char *file_name);

/* What the new process of bench_cold does; `root` is the host's folder. */
int bench_cold_process(const char *side, const char *root, int reads);

/* Fill both hosts with size->rows keys of 100 values below HKLM\SOFTWARE\BenchN; the times in ms.
 */
void bench_fill(struct bench *bench, uint32_t number, double *ret_ours, double *ret_theirs);

#endif
