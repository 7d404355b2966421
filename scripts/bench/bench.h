/*
 * What the parts of bench-store share.
 */
#ifndef SCRIPTS_BENCH_BENCH_H
#define SCRIPTS_BENCH_BENCH_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* One row of the table: the median of ours and of what it is compared with. */
void bench_report(const char *name, const char *unit, double ours, double other);

/* The median; sorts the samples. */
double bench_median(double *samples, size_t count);

/* End the program with SQLite's text unless the code is one of success. */
void bench_check(sqlite3 *db, int code);

/* Step a statement that gives no row, and reset it. */
void bench_run(sqlite3_stmt *statement);

sqlite3_stmt *bench_prepare(sqlite3 *db, const char *sql);

/* Opening, import and renaming with one index over the path, against a walk of the components. */
void bench_schema(const char *folder);

#endif
