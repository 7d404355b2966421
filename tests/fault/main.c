/*
 * The runner of the fault scenarios: each in a process of its own, several at a time, and a table
 * of what they found.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "tests/fault/fault.h"

#define DEFAULT_SEED 20250901u
#define ROOM_WANTED  (512ull << 20) /* free bytes below which memory is no place for hosts */
#define PROGRESS_MS  200
#define MEMORY_KEPT  (64 << 20)

#define SCENARIOS_MAX 64

static const struct fault_scenario *const groups[] = {
	kill_scenarios,
	power_scenarios,
	point_scenarios,
	full_scenarios,
	clock_scenarios,
	race_scenarios,
	notify_scenarios,
	daemon_scenarios,
	salvage_scenarios,
	migrate_scenarios,
};

struct options {
	bool thorough;
	bool json;
	uint64_t rounds; /* 0: the scenario's own */
	uint64_t seed;
	uint64_t jobs; /* scenarios that run at a time */
	char **names;
};

struct run {
	const struct fault_scenario *scenario;
	struct fault *fault; /* in memory that is shared with the process */
	pid_t process;
	int64_t begin;
	double seconds; /* that it took, once it ended */
	bool ended;
};

struct runs {
	struct run all[SCENARIOS_MAX];
	size_t count;
	size_t begun;
	size_t running;
	size_t printed; /* rows */
	bool good;
};

static const char usage[] =
    "usage: fault [--long] [--rounds N] [--seed N] [--jobs N] [--json] [--list] [NAME...]\n"
    "Run the fault scenarios whose names begin with NAME (all without one) and print a table.\n"
    "  --long      the long run: many rounds, and every point of failure\n"
    "  --rounds N  so many rounds of each\n"
    "  --seed N    another sequence of faults\n"
    "  --jobs N    so many scenarios at a time; the number of processors without it\n"
    "  --json      one JSON object a line\n"
    "  --list      the scenarios\n"
    "Exit status: 0 if nothing was lost, damaged, torn or otherwise wrong; 1 if something was.\n";

static bool
is_wanted(const struct options *options, const char *name)
{
	if (options->names[0] == NULL)
		return true;
	for (char **wanted = options->names; *wanted != NULL; wanted++) {
		if (strncmp(name, *wanted, strlen(*wanted)) == 0)
			return true;
	}
	return false;
}

/* --- One scenario -------------------------------------------------------------------------------
 */

/* Where hosts are made: $TMPDIR, else in memory if there is room, as thousands are made. */
static void
make_folder(struct fault *fault)
{
	const char *base = getenv("TMPDIR");
	struct statvfs room;

	if (base == NULL || base[0] == '\0')
		base = statvfs("/dev/shm", &room) == 0 && access("/dev/shm", W_OK) == 0 &&
		               room.f_bavail * room.f_frsize >= ROOM_WANTED
		           ? "/dev/shm"
		           : "/tmp";
	snprintf(fault->folder, sizeof(fault->folder), "%s/hvemu-fault-XXXXXX", base);
	fault_need(mkdtemp(fault->folder) != NULL);
}

/* Start the scenario's process. */
static void
start(struct run *run, const struct options *options)
{
	run->fault = mmap(
	    NULL, sizeof(*run->fault), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fault_need(run->fault != MAP_FAILED);
	*run->fault = (struct fault){
		.name = run->scenario->name,
		.rounds = options->rounds != 0 ? options->rounds
		          : options->thorough  ? run->scenario->long_rounds
		                               : run->scenario->short_rounds,
		.seed = options->seed,
		.thorough = options->thorough,
	};
	make_folder(run->fault);
	fflush(stdout);
	run->begin = clock_monotonic_ns();
	run->process = fork();
	fault_need(run->process >= 0);
	if (run->process == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		run->scenario->run(run->fault);
		exit(0);
	}
}

/* Its process ended, with this status of waitpid. */
static void
finish(struct run *run, int status)
{
	run->seconds = (double)(clock_monotonic_ns() - run->begin) / 1e9;
	run->ended = true;
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: ended by signal %d (%s)\n", run->scenario->name,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		run->fault->failed++;
	fault_remove(run->fault->folder);
}

/* --- The table ----------------------------------------------------------------------------------
 */

static bool
is_good(const struct fault *fault)
{
	return fault->lost + fault->corrupt + fault->torn + fault->failed == 0;
}

static void
print_head(void)
{
	printf("%-44s %8s %12s %5s %7s %5s %6s %10s %7s\n", "scenario", "rounds", "acknowledged",
	    "lost", "corrupt", "torn", "failed", "restart ms", "s");
}

static void
print_row(const struct run *run)
{
	const struct fault *fault = run->fault;

	if (fault->skipped[0] != '\0') {
		printf("%-44s skipped: %s\n", run->scenario->title, fault->skipped);
		return;
	}
	printf("%-44s %8llu %12llu %5llu %7llu %5llu %6llu %10.1f %7.1f\n", run->scenario->title,
	    (unsigned long long)fault->done, (unsigned long long)fault->acknowledged,
	    (unsigned long long)fault->lost, (unsigned long long)fault->corrupt,
	    (unsigned long long)fault->torn, (unsigned long long)fault->failed, fault->restart_ms,
	    run->seconds);
}

static void
print_json(const struct run *run, uint64_t seed)
{
	const struct fault_scenario *scenario = run->scenario;
	const struct fault *fault = run->fault;

	printf("{\"scenario\": \"%s\", \"title\": \"%s\", \"seed\": %llu, \"rounds\": %llu, "
	       "\"acknowledged\": %llu, \"lost\": %llu, \"corrupt\": %llu, \"torn\": %llu, "
	       "\"failed\": %llu, \"worst_restart_ms\": %.1f, \"seconds\": %.1f, "
	       "\"skipped\": \"%s\"}\n",
	    scenario->name, scenario->title, (unsigned long long)seed,
	    (unsigned long long)fault->done, (unsigned long long)fault->acknowledged,
	    (unsigned long long)fault->lost, (unsigned long long)fault->corrupt,
	    (unsigned long long)fault->torn, (unsigned long long)fault->failed, fault->restart_ms,
	    run->seconds, fault->skipped);
}

/* --- All of them --------------------------------------------------------------------------------
 */

/* The rows of those that ended, in the scenarios' order. */
static void
print_ended(const struct options *options, struct runs *runs)
{
	while (runs->printed < runs->count && runs->all[runs->printed].ended) {
		const struct run *run = &runs->all[runs->printed++];

		if (options->json)
			print_json(run, options->seed);
		else
			print_row(run);
		fflush(stdout);
		runs->good = runs->good && is_good(run->fault);
	}
}

/* On a terminal: how far those are that run. */
static void
show_progress(const struct runs *runs)
{
	const char *between = "\r";

	if (!isatty(STDERR_FILENO))
		return;
	for (size_t i = 0; i < runs->begun; i++) {
		const struct run *run = &runs->all[i];

		if (run->ended)
			continue;
		fprintf(stderr, "%s%s %llu", between, run->scenario->name,
		    (unsigned long long)run->fault->done);
		if (run->fault->rounds > run->fault->done)
			fprintf(stderr, " of %llu", (unsigned long long)run->fault->rounds);
		between = ", ";
	}
	fputs("\033[K", stderr);
}

static void
hide_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* Wait a moment, and take in those that ended. */
static void
await(struct runs *runs)
{
	const struct timespec pause = { .tv_nsec = PROGRESS_MS * 1000000l };
	sigset_t ended;
	pid_t process;
	int status;

	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	sigtimedwait(&ended, NULL, &pause);
	while ((process = waitpid(-1, &status, WNOHANG)) > 0) {
		hide_progress();
		for (size_t i = 0; i < runs->begun; i++) {
			if (runs->all[i].process != process || runs->all[i].ended)
				continue;
			finish(&runs->all[i], status);
			runs->running--;
		}
	}
}

static int
run_all(const struct options *options)
{
	struct runs runs = { .good = true };

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		for (const struct fault_scenario *at = groups[i]; at->name != NULL; at++) {
			if (!is_wanted(options, at->name))
				continue;
			fault_need(runs.count < ARRAY_SIZE(runs.all));
			runs.all[runs.count++].scenario = at;
		}
	}
	if (!options->json)
		print_head();
	while (runs.printed < runs.count) {
		while (runs.running < options->jobs && runs.begun < runs.count) {
			start(&runs.all[runs.begun++], options);
			runs.running++;
		}
		show_progress(&runs);
		await(&runs);
		print_ended(options, &runs);
	}
	if (runs.count == 0)
		fprintf(stderr, "fault: no scenario of that name; fault --list names them\n");
	if (!options->json)
		printf("seed %llu\n", (unsigned long long)options->seed);
	return runs.count != 0 && runs.good ? 0 : 1;
}

static int
list_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		for (const struct fault_scenario *at = groups[i]; at->name != NULL; at++)
			printf("%-24s %s\n", at->name, at->title);
	}
	return 0;
}

static bool
parse_number(const char *text, uint64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *ret_number != 0;
}

int
main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "long", no_argument, NULL, 'l' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ "jobs", required_argument, NULL, 'J' },
		{ "json", no_argument, NULL, 'j' },
		{ "list", no_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options options = {
		.seed = DEFAULT_SEED,
		.jobs = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN),
	};
	sigset_t child_ended;
	int option;

	while ((option = getopt_long(argc, argv, "h", table, NULL)) != -1) {
		bool good = true;

		switch (option) {
		case 'l':
			options.thorough = true;
			break;
		case 'r':
			good = parse_number(optarg, &options.rounds);
			break;
		case 's':
			good = parse_number(optarg, &options.seed);
			break;
		case 'J':
			good = parse_number(optarg, &options.jobs);
			break;
		case 'j':
			options.json = true;
			break;
		case 'L':
			return list_all();
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			good = false;
			break;
		}
		if (!good) {
			fputs(usage, stderr);
			return 2;
		}
	}
	options.names = argv + optind;
	/* Hosts are opened by the thousand: memory that was given back to the system comes dear. */
	mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
	mallopt(M_TOP_PAD, MEMORY_KEPT / 16);
	/* Its arrival ends a pause. */
	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ended, NULL);
	return run_all(&options);
}
