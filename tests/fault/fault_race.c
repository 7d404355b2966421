/*
 * Racing writers and readers of one store: what they saw has to be possible if every operation
 * happened at one moment between its call and its return.
 *
 * Each value is a register that is only ever given numbers that no other write gives. For such
 * histories this is decided value by value (Gibbons and Korach, Testing Shared Memories): with the
 * write of a number and the reads that found it go a zone, from the first return to the last call
 * of them. If the zone is forward (it ends after it begins) the value held the number throughout.
 * Two forward zones may not overlap, no zone that is not forward lies within one that is, and no
 * read returns before its write was called.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "tests/fault/fault.h"

#define WRITERS     8
#define READERS     8
#define RACERS      (WRITERS + READERS)
#define KEYS        16
#define WRITE_SHARE 8 /* readers do so many times as much */
#define INITIAL     0u
#define TOP         "HKLM\\SOFTWARE\\Race"

struct operation_record {
	int64_t called;
	int64_t returned;
	uint32_t number;
	uint16_t key;
	bool write;
};

/* One racer's, in memory that all processes share. */
struct racer {
	const char *root;
	struct operation_record *records;
	uint64_t count; /* to do */
	uint64_t seed;
	int index;
	uint64_t torn;
	uint64_t refused; /* operations that failed, and how the last did */
	uint32_t code;
	_Atomic uint64_t done;
};

/* --- Racing -------------------------------------------------------------------------------------
 */

static uint32_t
roll(struct racer *racer, uint32_t sides)
{
	racer->seed = racer->seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(racer->seed >> 33) % sides;
}

/* Both values of the key become the number, in one transaction. */
static lstatus
write_pair(struct registry *registry, reg_key key, uint32_t number)
{
	lstatus status = registry_begin(registry, NULL);

	if (!lstatus_ok(status))
		return status;
	status = registry_set_dword(registry, key, "a", number);
	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "b", number);
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

/* Both values as one listing shows them. */
static lstatus
read_pair(struct registry *registry, reg_key key, uint32_t *ret_number, bool *ret_torn)
{
	struct reg_value_list list = { 0 };
	uint32_t numbers[2] = { 0 };
	lstatus status = registry_list_values(registry, key, &list);

	if (!lstatus_ok(status))
		return status;
	for (size_t i = 0; i < list.count && i < 2; i++)
		memcpy(&numbers[i], list.entries[i].data, sizeof(numbers[i]));
	*ret_number = numbers[0];
	*ret_torn = list.count != 2 || numbers[0] != numbers[1];
	reg_value_list_release(&list);
	return status;
}

static lstatus
read_one(struct registry *registry, reg_key key, uint32_t *ret_number)
{
	struct buf data = { 0 };
	lstatus status = registry_query_value(registry, key, "a", NULL, &data);

	if (lstatus_ok(status))
		memcpy(ret_number, data.data, sizeof(*ret_number));
	buf_release(&data);
	return status;
}

static void
operate(struct racer *racer, struct registry *registry, const reg_key keys[KEYS], uint64_t at)
{
	struct operation_record *record = &racer->records[at];
	bool torn = false;
	lstatus status;

	record->key = (uint16_t)roll(racer, KEYS);
	record->write = racer->index < WRITERS;
	record->number = (uint32_t)(at * WRITERS + (uint64_t)racer->index + 1);
	record->called = clock_monotonic_ns();
	if (record->write)
		status = write_pair(registry, keys[record->key], record->number);
	else if (roll(racer, 2) == 0)
		status = read_one(registry, keys[record->key], &record->number);
	else
		status = read_pair(registry, keys[record->key], &record->number, &torn);
	record->returned = clock_monotonic_ns();
	racer->torn += torn;
	if (!lstatus_ok(status)) {
		racer->refused++;
		racer->code = status.code;
	}
}

static void *
race(void *argument)
{
	struct racer *racer = argument;
	struct registry *registry = fault_open(racer->root, true);
	reg_key keys[KEYS];

	for (int i = 0; i < KEYS; i++) {
		char path[64];

		snprintf(path, sizeof(path), TOP "\\%d", i);
		fault_need(lstatus_ok(registry_open_key(registry, NULL, path, 0, &keys[i])));
	}
	for (uint64_t at = 0; at < racer->count; at++) {
		operate(racer, registry, keys, at);
		atomic_fetch_add_explicit(&racer->done, 1, memory_order_relaxed);
	}
	registry_close(registry);
	return NULL;
}

/* --- Judging ------------------------------------------------------------------------------------
 */

/* A number's write and the reads that found it. */
struct zone {
	uint32_t number;
	int64_t begin;   /* the first return */
	int64_t end;     /* the last call */
	int64_t written; /* the write's call; INT64_MAX: there is none */
	int64_t read;    /* the first return of a read */
};

static int
by_key_and_number(const void *left, const void *right)
{
	const struct operation_record *a = left;
	const struct operation_record *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static int64_t
lower_end(const struct zone *zone)
{
	return zone->begin < zone->end ? zone->begin : zone->end;
}

static int
by_lower_end(const void *left, const void *right)
{
	int64_t a = lower_end(left);
	int64_t b = lower_end(right);

	return a < b ? -1 : a > b;
}

static void
add_to_zone(struct zone *zone, const struct operation_record *record)
{
	if (record->returned < zone->begin)
		zone->begin = record->returned;
	if (record->called > zone->end)
		zone->end = record->called;
	if (record->write)
		zone->written = record->called;
	else if (record->returned < zone->read)
		zone->read = record->returned;
}

/* The zones of one key, from its records, which are sorted by number. */
static size_t
make_zones(const struct operation_record *records, size_t count, struct zone *zones)
{
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		if (made == 0 || zones[made - 1].number != records[i].number) {
			zones[made] = (struct zone){ records[i].number, INT64_MAX, INT64_MIN,
				INT64_MAX, INT64_MAX };
			/* Every value held its first number before the race. */
			if (records[i].number == INITIAL)
				zones[made].written = zones[made].begin = 0;
			made++;
		}
		add_to_zone(&zones[made - 1], &records[i]);
	}
	return made;
}

/* Sorted by their lower ends: who begins within the forward zone before it must not be in it. */
static void
judge_zones(struct fault *fault, int key, struct zone *zones, size_t count)
{
	int64_t held_until = INT64_MIN; /* the end of the last forward zone */

	qsort(zones, count, sizeof(*zones), by_lower_end);
	for (size_t i = 0; i < count; i++) {
		const struct zone *zone = &zones[i];
		bool forward = zone->begin < zone->end;
		int64_t high = forward ? zone->end : zone->begin;

		if (zone->read < zone->written)
			fault_failed(fault, "value %d: %u was read before it was written", key,
			    zone->number);
		if (forward ? lower_end(zone) < held_until : high < held_until)
			fault_lost(fault, "value %d: %u was seen while another number was held",
			    key, zone->number);
		if (forward && zone->end > held_until)
			held_until = zone->end;
	}
}

static void
judge(struct fault *fault, struct racer racers[RACERS])
{
	uint64_t total = 0;
	uint64_t at = 0;
	struct operation_record *all;
	struct zone *zones;

	for (int i = 0; i < RACERS; i++)
		total += racers[i].count;
	all = calloc(total, sizeof(*all));
	zones = calloc(total, sizeof(*zones));
	fault_need(all != NULL && zones != NULL);
	for (int i = 0; i < RACERS; i++) {
		memcpy(all + at, racers[i].records, racers[i].count * sizeof(*all));
		at += racers[i].count;
	}
	qsort(all, total, sizeof(*all), by_key_and_number);
	for (uint64_t begin = 0; begin < total;) {
		uint64_t end = begin;

		while (end < total && all[end].key == all[begin].key)
			end++;
		judge_zones(
		    fault, all[begin].key, zones, make_zones(all + begin, end - begin, zones));
		begin = end;
	}
	free(all);
	free(zones);
}

/* --- The race -----------------------------------------------------------------------------------
 */

static void
make_keys(const char *root)
{
	struct registry *registry = fault_open(root, true);

	for (int i = 0; i < KEYS; i++) {
		char path[64];
		reg_key key;

		snprintf(path, sizeof(path), TOP "\\%d", i);
		fault_need(lstatus_ok(registry_create_key(registry, NULL, path, 0, &key, NULL)) &&
		           lstatus_ok(write_pair(registry, key, INITIAL)));
	}
	registry_close(registry);
}

static void *
shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	fault_need(memory != MAP_FAILED);
	return memory;
}

static void
run_processes(struct racer racers[RACERS])
{
	pid_t children[RACERS];

	for (int i = 0; i < RACERS; i++) {
		children[i] = fork();
		fault_need(children[i] >= 0);
		if (children[i] == 0) {
			race(&racers[i]);
			_exit(0);
		}
	}
	for (int i = 0; i < RACERS; i++) {
		int status = 0;

		fault_need(waitpid(children[i], &status, 0) == children[i]);
		if (status != 0)
			racers[i].refused++;
	}
}

static void
run_threads(struct racer racers[RACERS])
{
	pthread_t threads[RACERS];

	for (int i = 0; i < RACERS; i++)
		fault_need(pthread_create(&threads[i], NULL, race, &racers[i]) == 0);
	for (int i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
}

static void
run_race(struct fault *fault, void (*run)(struct racer racers[RACERS]))
{
	struct racer *racers = shared_memory(RACERS * sizeof(*racers));
	uint64_t part = fault->rounds / (WRITERS + READERS * WRITE_SHARE) + 1;
	char root[4200];
	pid_t maker;

	fault_path(fault, "host", root);
	/* In a child: the racers are forked, and SQLite is not used on both sides of a fork. */
	maker = fork();
	fault_need(maker >= 0);
	if (maker == 0) {
		make_keys(root);
		_exit(0);
	}
	fault_need(waitpid(maker, NULL, 0) == maker);
	for (int i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){ .root = root,
			.index = i,
			.seed = fault->seed + (uint64_t)i,
			.count = i < WRITERS ? part : part * WRITE_SHARE };
		racers[i].records = shared_memory(racers[i].count * sizeof(*racers[i].records));
	}
	run(racers);
	for (int i = 0; i < RACERS; i++) {
		fault->done += racers[i].done;
		fault->acknowledged += i < WRITERS ? racers[i].done : 0;
		if (racers[i].torn > 0)
			fault_torn(fault, "racer %d saw %llu halves", i,
			    (unsigned long long)racers[i].torn);
		if (racers[i].refused > 0)
			fault_failed(fault, "racer %d: %llu operations failed, the last with %s", i,
			    (unsigned long long)racers[i].refused,
			    lstatus_name(LSTATUS(racers[i].code)));
	}
	judge(fault, racers);
	fault_check_host(fault, root);
}

static void
race_processes(struct fault *fault)
{
	run_race(fault, run_processes);
}

static void
race_threads(struct fault *fault)
{
	run_race(fault, run_threads);
}

const struct fault_scenario race_scenarios[] = {
	{ "race", "8 writers and readers race", 15000, 1000000, race_processes },
	{ "race-threads", "8 the same as threads of one process", 5000, 100000, race_threads },
	{ 0 },
};
