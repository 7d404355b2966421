/*
 * What the fault scenarios share: one run's settings and counts, random numbers, and the checks of
 * a host that every scenario ends with.
 *
 * A scenario runs in a process of its own. Its `struct fault` lies in memory that it shares with
 * the runner, so what it had found is told also if it dies. The same seed makes the same faults.
 */
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "regstore/base/macro.h"
#include "regstore/registry/registry.h"

struct fault {
	const char *name;  /* the scenario's */
	char folder[4096]; /* for the scenario's hosts; empty when it starts */
	uint64_t rounds;   /* to run */
	uint64_t seed;     /* of `fault_roll`: it changes with each roll */
	bool thorough;     /* every point, not a sample */

	uint64_t done;         /* rounds */
	uint64_t acknowledged; /* writes that were reported as done */
	uint64_t lost;         /* of them, those that were gone afterwards */
	uint64_t corrupt;      /* hosts that were damaged */
	uint64_t torn;         /* transactions that were there in part */
	uint64_t failed;       /* everything else that was not as it has to be */
	double restart_ms;     /* the longest that opening a host again took */
	char skipped[128];     /* why it did not run; "" if it did */
};

struct fault_scenario {
	const char *name;
	const char *title;
	uint64_t short_rounds; /* in scripts/test */
	uint64_t long_rounds;  /* in scripts/fault */
	void (*run)(struct fault *fault);
};

/* The scenarios of each file; a nameless one ends them. */
extern const struct fault_scenario kill_scenarios[];
extern const struct fault_scenario power_scenarios[];
extern const struct fault_scenario point_scenarios[];
extern const struct fault_scenario race_scenarios[];
extern const struct fault_scenario notify_scenarios[];
extern const struct fault_scenario full_scenarios[];
extern const struct fault_scenario clock_scenarios[];
extern const struct fault_scenario daemon_scenarios[];
extern const struct fault_scenario salvage_scenarios[];
extern const struct fault_scenario migrate_scenarios[];

/* A scenario of notify_scenarios in a file of its own, for it sees Windows' headers. */
void notify_winreg(struct fault *fault);

/* Count a failure of the given kind (a member of the struct) and say on stderr what it was. */
#define fault_lost(fault, ...)    fault_count((fault), &(fault)->lost, __VA_ARGS__)
#define fault_corrupt(fault, ...) fault_count((fault), &(fault)->corrupt, __VA_ARGS__)
#define fault_torn(fault, ...)    fault_count((fault), &(fault)->torn, __VA_ARGS__)
#define fault_failed(fault, ...)  fault_count((fault), &(fault)->failed, __VA_ARGS__)
void fault_count(struct fault *fault, uint64_t *count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* End the scenario: what it stands on is not there. */
#define fault_need(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fault_give_up(__FILE__, __LINE__, #condition);                             \
	} while (0)
_Noreturn void fault_give_up(const char *file, int line, const char *what);

/* A number below `sides`. */
uint32_t fault_roll(struct fault *fault, uint32_t sides);

/* Busy for a random time of at most so many microseconds. */
void fault_linger(struct fault *fault, uint32_t most_us);

/* "FOLDER/name", for the scenario's folder. */
void fault_path(const struct fault *fault, const char *name, char path[static 4200]);

/* Open a host, made if it is not there, as the scenario's own. */
struct registry *fault_open(const char *root, bool relaxed);

/*
 * Prepare for the true programs, which are in $HVEMU_BIN: `root` is the folder of their host. False
 * if they are not there; the scenario is skipped then.
 */
bool fault_programs(struct fault *fault, char root[static 4200]);

/* Run a program with these arguments (NULL ends them) and wait; whether it exited with 0. */
bool fault_run(const char *name, ...) __attribute__((sentinel));

/* Remove a folder with all that is in it; copy one's plain files to another, which is made anew. */
void fault_remove(const char *folder);
void fault_copy(const char *from, const char *to);

/* Ends a child, and waits for it. */
void fault_kill(pid_t child);

/*
 * Check a host that nobody has open: the database's own check, write numbers without a gap, no key
 * without its parent, the write lock free. Counts what is wrong as corrupt.
 */
void fault_check_host(struct fault *fault, const char *root);

/* A number made of all that the registry holds, times and write numbers aside. False on an error.
 */
bool fault_fingerprint(struct registry *registry, uint64_t *ret_print);

#endif
