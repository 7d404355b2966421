/*
 * Single reads and writes, lists, and 100,000 new values set through the registry's own calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/clock.h"
#include "scripts/bench/bench.h"

#define VALUES     100  /* a key */
#define WIDE       1000 /* values of the key that is listed */
#define IMPORTS    3
#define ROUNDS_MAX 15

static char value_names[VALUES][16];  /* as ours takes them */
static char folded_names[VALUES][16]; /* as they are found in the store */

/* --- Filling ---------------------------------------------------------------------------------- */

static double
fill_ours(struct side *side, uint32_t keys, uint32_t round)
{
	reg_key key = { 0 };
	int64_t start = clock_monotonic_ns();

	bench_need(registry_begin(side->registry, NULL), "begin");
	for (uint32_t i = 0; i < keys; i++) {
		snprintf(side->paths[i], sizeof(side->paths[i]), "HKLM\\SOFTWARE\\Bench%u\\Key%03u",
		    round, i);
		bench_need(registry_create_key(side->registry, NULL, side->paths[i], 0, &key, NULL),
		    "create");
		side->keys[i] = key.id;
		for (uint32_t j = 0; j < VALUES; j++)
			bench_need(
			    registry_set_dword(side->registry, key, value_names[j], j), "set");
	}
	bench_need(registry_commit(side->registry), "commit");
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

static double
fill_other(struct side *side, uint32_t keys, uint32_t round)
{
	struct raw *raw = &side->raw;
	int64_t start = clock_monotonic_ns();
	int64_t first = raw_begin(raw) + 1;
	int64_t number = first - 1;
	char path[64];
	char name[32];
	int64_t parent;

	snprintf(path, sizeof(path),
	    "MACHINE\x01SOFTWARE\x01"
	    "BENCH%u",
	    round);
	parent = raw_key(raw, &number, raw_find(raw, "MACHINE\x01SOFTWARE"), path, "Bench");
	for (uint32_t i = 0; i < keys; i++) {
		snprintf(side->paths[i], sizeof(side->paths[i]),
		    "MACHINE\x01SOFTWARE\x01"
		    "BENCH%u\x01KEY%03u",
		    round, i);
		snprintf(name, sizeof(name), "Key%03u", i);
		side->keys[i] = raw_key(raw, &number, parent, side->paths[i], name);
		for (uint32_t j = 0; j < VALUES; j++)
			raw_insert(raw, &number, side->keys[i], folded_names[j], value_names[j],
			    REG_DWORD, "\x01\x02\x03\x04", 4);
	}
	raw_commit(raw, first, number);
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

void
bench_fill(struct bench *bench, uint32_t number, double *ret_ours, double *ret_theirs)
{
	for (uint32_t j = 0; j < VALUES; j++) {
		snprintf(value_names[j], sizeof(value_names[j]), "Value%02u", j);
		snprintf(folded_names[j], sizeof(folded_names[j]), "VALUE%02u", j);
	}
	*ret_ours = fill_ours(&bench->ours, bench->size->rows, number);
	*ret_theirs = fill_other(&bench->other, bench->size->rows, number);
}

/* A key of 1,000 values in both. */
static void
fill_wide(struct bench *bench)
{
	struct raw *raw = &bench->other.raw;
	int64_t first = raw_begin(raw) + 1;
	int64_t number = first - 1;
	reg_key key = { 0 };

	bench_need(registry_begin(bench->ours.registry, NULL), "begin");
	bench_need(
	    registry_create_key(bench->ours.registry, NULL, "HKLM\\SOFTWARE\\Wide", 0, &key, NULL),
	    "create");
	bench->ours.wide = key.id;
	bench->other.wide = raw_key(raw, &number, raw_find(raw, "MACHINE\x01SOFTWARE"),
	    "MACHINE\x01SOFTWARE\x01WIDE", "Wide");
	for (uint32_t i = 0; i < WIDE; i++) {
		char name[32];

		snprintf(name, sizeof(name), "VALUE%u", i);
		bench_need(registry_set_dword(bench->ours.registry, key, name, i), "set");
		raw_insert(
		    raw, &number, bench->other.wide, name, name, REG_DWORD, "\x01\x02\x03\x04", 4);
	}
	raw_commit(raw, first, number);
	bench_need(registry_commit(bench->ours.registry), "commit");
}

/* --- Operations, one of each kind ------------------------------------------------------------- */

/* The key and the value of the i-th time, in an order that jumps about. */
static uint32_t
key_of(const struct bench *bench, uint32_t i)
{
	return i * 7919 % bench->size->rows;
}

static void
ours_open_query(struct bench *bench, uint32_t i)
{
	struct side *side = &bench->ours;
	struct buf data = { 0 };
	reg_key key = { 0 };

	bench_need(registry_open_key(side->registry, NULL, side->paths[key_of(bench, i)], 0, &key),
	    "open");
	bench_need(registry_query_value(side->registry, key, value_names[i % VALUES], NULL, &data),
	    "query");
	buf_release(&data);
}

static void
other_open_query(struct bench *bench, uint32_t i)
{
	struct side *side = &bench->other;
	struct buf data = { 0 };

	raw_query(&side->raw, raw_find(&side->raw, side->paths[key_of(bench, i)]),
	    folded_names[i % VALUES], &data);
	buf_release(&data);
}

static void
ours_query(struct bench *bench, uint32_t i)
{
	struct side *side = &bench->ours;
	struct buf data = { 0 };

	bench_need(
	    registry_query_value(side->registry, (reg_key){ .id = side->keys[key_of(bench, i)] },
	        value_names[i % VALUES], NULL, &data),
	    "query");
	buf_release(&data);
}

static void
other_query(struct bench *bench, uint32_t i)
{
	struct side *side = &bench->other;
	struct buf data = { 0 };

	raw_query(&side->raw, side->keys[key_of(bench, i)], folded_names[i % VALUES], &data);
	buf_release(&data);
}

/* A value of each key, which was not read before: of the first keys, the second, and so on. */
static void
ours_first_query(struct bench *bench, uint32_t i)
{
	struct side *side = &bench->ours;
	struct buf data = { 0 };

	bench_need(registry_query_value(side->registry,
	               (reg_key){ .id = side->keys[i % bench->size->rows] },
	               value_names[i / bench->size->rows % VALUES], NULL, &data),
	    "query");
	buf_release(&data);
}

static void
other_first_query(struct bench *bench, uint32_t i)
{
	struct side *side = &bench->other;
	struct buf data = { 0 };

	raw_query(&side->raw, side->keys[i % bench->size->rows],
	    folded_names[i / bench->size->rows % VALUES], &data);
	buf_release(&data);
}

static void
ours_set(struct bench *bench, uint32_t i)
{
	struct side *side = &bench->ours;

	bench_need(
	    registry_set_dword(side->registry, (reg_key){ .id = side->keys[i % bench->size->rows] },
	        value_names[i % VALUES], i),
	    "set");
}

static void
other_set(struct bench *bench, uint32_t i)
{
	struct side *side = &bench->other;

	raw_set(
	    &side->raw, side->keys[i % bench->size->rows], folded_names[i % VALUES], &i, sizeof(i));
}

static void
ours_list(struct bench *bench, uint32_t i UNUSED)
{
	struct reg_value_list list;

	bench_need(
	    registry_list_values(bench->ours.registry, (reg_key){ .id = bench->ours.wide }, &list),
	    "list");
	if (list.count != WIDE)
		bench_die("not all values listed");
	reg_value_list_release(&list);
}

static void
other_list(struct bench *bench, uint32_t i UNUSED)
{
	if (raw_list(&bench->other.raw, bench->other.wide) != WIDE)
		bench_die("not all values listed");
}

typedef void operation(struct bench *bench, uint32_t i);

static double
time_batch(operation *run, struct bench *bench, uint32_t batch, uint32_t round)
{
	int64_t start = clock_monotonic_ns();

	for (uint32_t i = 0; i < batch; i++)
		run(bench, round * batch + i);
	return (double)(clock_monotonic_ns() - start) / 1e3 / batch;
}

static void
compare(struct bench *bench, const char *name, operation *ours, operation *other, uint32_t batch)
{
	double mine[ROUNDS_MAX];
	double theirs[ROUNDS_MAX];
	uint32_t rounds = bench->size->rounds;

	time_batch(ours, bench, batch, 0);
	time_batch(other, bench, batch, 0);
	for (uint32_t i = 0; i < rounds; i++) {
		mine[i] = time_batch(ours, bench, batch, i);
		theirs[i] = time_batch(other, bench, batch, i);
	}
	bench_report(
	    name, "us", "raw SQLite", bench_median(mine, rounds), bench_median(theirs, rounds));
}

static void
compare_fills(struct bench *bench)
{
	double ours[IMPORTS];
	double other[IMPORTS];
	char name[64];

	for (uint32_t i = IMPORTS; i-- > 0;)
		bench_fill(bench, i, &ours[i], &other[i]);
	snprintf(
	    name, sizeof(name), "set %u new values, one transaction", bench->size->rows * VALUES);
	bench_report(
	    name, "ms", "raw SQLite", bench_median(ours, IMPORTS), bench_median(other, IMPORTS));
}

void
bench_rows(const struct bench_size *size, const char *folder)
{
	struct bench bench;
	double times[2];

	bench_open(&bench, size, folder, true);
	compare_fills(&bench);
	fill_wide(&bench);
	compare(&bench, "first read of a value by key handle", ours_first_query, other_first_query,
	    size->rows);
	compare(&bench, "read a value by path", ours_open_query, other_open_query, 2000);
	compare(&bench, "read a value by key handle", ours_query, other_query, 2000);
	compare(&bench, "list a key of 1,000 values", ours_list, other_list, 50);
	compare(&bench, "set a value, relaxed host", ours_set, other_set, 1000);
	bench_close(&bench);
	bench_open(&bench, size, folder, false);
	bench_fill(&bench, 0, &times[0], &times[1]);
	compare(&bench, "set a value, durable", ours_set, other_set, 100);
	bench_close(&bench);
}
