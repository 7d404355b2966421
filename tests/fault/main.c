/*
 * The runner of the fault scenarios: each in a process of its own, a table of what they found.
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
	char **names;
};

static const char usage[] =
    "usage: fault [--long] [--rounds N] [--seed N] [--json] [--list] [NAME...]\n"
    "Run the fault scenarios whose names begin with NAME (all without one) and print a table.\n"
    "  --long      the long run: many rounds, and every point of failure\n"
    "  --rounds N  so many rounds of each\n"
    "  --seed N    another sequence of faults\n"
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

static void
show_progress(const struct fault_scenario *scenario, const struct fault *fault)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%-24s %llu of %llu\033[K", scenario->name,
		    (unsigned long long)fault->done, (unsigned long long)fault->rounds);
}

/* Wait for the scenario's process; true if it came to its end. */
static bool
await(pid_t child, const struct fault_scenario *scenario, const struct fault *fault)
{
	const struct timespec pause = { .tv_nsec = PROGRESS_MS * 1000000l };
	sigset_t ended;
	int status = 0;

	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	while (waitpid(child, &status, WNOHANG) == 0) {
		sigtimedwait(&ended, NULL, &pause);
		show_progress(scenario, fault);
	}
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: ended by signal %d (%s)\n", scenario->name, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
run_scenario(const struct fault_scenario *scenario, struct fault *fault)
{
	pid_t child;

	make_folder(fault);
	fflush(stdout);
	child = fork();
	fault_need(child >= 0);
	if (child == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		scenario->run(fault);
		exit(0);
	}
	if (!await(child, scenario, fault))
		fault->failed++;
	fault_remove(fault->folder);
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
print_row(const struct fault_scenario *scenario, const struct fault *fault, double seconds)
{
	if (fault->skipped[0] != '\0') {
		printf("%-44s skipped: %s\n", scenario->title, fault->skipped);
		return;
	}
	printf("%-44s %8llu %12llu %5llu %7llu %5llu %6llu %10.1f %7.1f\n", scenario->title,
	    (unsigned long long)fault->done, (unsigned long long)fault->acknowledged,
	    (unsigned long long)fault->lost, (unsigned long long)fault->corrupt,
	    (unsigned long long)fault->torn, (unsigned long long)fault->failed, fault->restart_ms,
	    seconds);
}

static void
print_json(
    const struct fault_scenario *scenario, const struct fault *fault, uint64_t seed, double seconds)
{
	printf("{\"scenario\": \"%s\", \"title\": \"%s\", \"seed\": %llu, \"rounds\": %llu, "
	       "\"acknowledged\": %llu, \"lost\": %llu, \"corrupt\": %llu, \"torn\": %llu, "
	       "\"failed\": %llu, \"worst_restart_ms\": %.1f, \"seconds\": %.1f, "
	       "\"skipped\": \"%s\"}\n",
	    scenario->name, scenario->title, (unsigned long long)seed,
	    (unsigned long long)fault->done, (unsigned long long)fault->acknowledged,
	    (unsigned long long)fault->lost, (unsigned long long)fault->corrupt,
	    (unsigned long long)fault->torn, (unsigned long long)fault->failed, fault->restart_ms,
	    seconds, fault->skipped);
}

/* Run it and print its row; whether all was well. */
static bool
report_scenario(const struct options *options, const struct fault_scenario *scenario)
{
	struct fault *fault =
	    mmap(NULL, sizeof(*fault), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t begin = clock_monotonic_ns();
	double seconds;
	bool good;

	fault_need(fault != MAP_FAILED);
	*fault = (struct fault){
		.rounds = options->rounds != 0 ? options->rounds
		          : options->thorough  ? scenario->long_rounds
		                               : scenario->short_rounds,
		.seed = options->seed,
		.thorough = options->thorough,
	};
	run_scenario(scenario, fault);
	seconds = (double)(clock_monotonic_ns() - begin) / 1e9;
	if (options->json)
		print_json(scenario, fault, options->seed, seconds);
	else
		print_row(scenario, fault, seconds);
	fflush(stdout);
	good = is_good(fault);
	munmap(fault, sizeof(*fault));
	return good;
}

static int
run_all(const struct options *options)
{
	bool good = true;
	bool any = false;

	if (!options->json)
		print_head();
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		for (const struct fault_scenario *at = groups[i]; at->name != NULL; at++) {
			if (!is_wanted(options, at->name))
				continue;
			any = true;
			good = report_scenario(options, at) && good;
		}
	}
	if (!any)
		fprintf(stderr, "fault: no scenario of that name; fault --list names them\n");
	if (!options->json)
		printf("seed %llu\n", (unsigned long long)options->seed);
	return any && good ? 0 : 1;
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
		{ "json", no_argument, NULL, 'j' },
		{ "list", no_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options options = { .seed = DEFAULT_SEED };
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
