/*
 * A failure at each point of each operation: the caller is told, nothing of the operation is left,
 * and it succeeds once the failure is over.
 *
 * How many points an operation has is counted by a run without a failure. The short run takes a
 * sample of them, the long one all.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fault/inject.h"
#include "tests/fault/operations.h"

/* In memory that the runner and the process of the attempt share. */
struct attempt {
	struct fault *fault;
	const struct operation *operation;
	char root[4200];
	enum inject_kind kind;
	uint64_t at; /* the point; UINT64_MAX: count them */
	bool lasting;

	lstatus status;   /* of the operation */
	lstatus again;    /* of running it once more after a failure */
	uint64_t calls;   /* of the kind that it made */
	uint64_t remains; /* the host's print after the failure */
	uint64_t end;     /* and at the end */
};

/* --- What an operation leaves -------------------------------------------------------------------
 */

/* The names and sizes of the files beside the host's own. */
static uint64_t
print_files(const char *root)
{
	DIR *folder = opendir(root);
	struct dirent *entry;
	uint64_t print = 0;

	fault_need(folder != NULL);
	while ((entry = readdir(folder)) != NULL) {
		uint64_t one = 0xcbf29ce484222325ull;
		char path[4600];
		struct stat info;

		if (strncmp(entry->d_name, "registry.", 9) == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", root, entry->d_name);
		if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
			continue;
		for (const char *at = entry->d_name; *at != '\0'; at++)
			one = (one ^ (uint8_t)*at) * 0x100000001b3ull;
		print += (one ^ (uint64_t)info.st_size) * 0x100000001b3ull;
	}
	closedir(folder);
	return print;
}

static uint64_t
print_host(struct fault *fault, const char *root)
{
	struct registry *registry = fault_open(root, false);
	uint64_t print = 0;

	if (!fault_fingerprint(registry, &print))
		fault_corrupt(fault, "the host cannot be read");
	registry_close(registry);
	return print ^ print_files(root);
}

/* --- One attempt --------------------------------------------------------------------------------
 */

/* The host is only ever opened in children: SQLite is not to be used on both sides of a fork. */
static bool
in_child(void (*work)(struct attempt *attempt), struct attempt *attempt)
{
	pid_t child = fork();
	int status = 0;

	fault_need(child >= 0);
	if (child == 0) {
		work(attempt);
		exit(0);
	}
	fault_need(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
prepare(struct attempt *attempt)
{
	operations_prepare(attempt->root);
	attempt->end = print_host(attempt->fault, attempt->root);
}

static void
check(struct attempt *attempt)
{
	fault_check_host(attempt->fault, attempt->root);
}

static void
run(struct attempt *attempt)
{
	const struct operation *operation = attempt->operation;
	struct registry *registry = operation->opens ? NULL : fault_open(attempt->root, false);

	inject_arm(attempt->kind, attempt->at, attempt->lasting);
	attempt->status = operation->run(registry, attempt->root);
	attempt->calls = inject_disarm();
	attempt->again = attempt->status;
	if (!lstatus_ok(attempt->status)) {
		attempt->remains = print_host(attempt->fault, attempt->root);
		attempt->again = operation->run(registry, attempt->root);
	}
	registry_close(registry);
	attempt->end = print_host(attempt->fault, attempt->root);
}

/* False if it did not come to an end. */
static bool
try(struct attempt *attempt, const char *template)
{
	fault_copy(template, attempt->root);
	if (in_child(run, attempt))
		return true;
	fault_failed(attempt->fault, "%s, failure at %llu, %s: the program died",
	    attempt->operation->name, (unsigned long long)attempt->at,
	    attempt->lasting ? "lasting" : "once");
	return false;
}

/* Whether the failure is called what it is. */
static bool
is_honest(const struct attempt *attempt)
{
	static const enum win32_code lies[] = { ERROR_FILE_NOT_FOUND, ERROR_BUSY,
		ERROR_INVALID_DATA, ERROR_INVALID_FUNCTION, ERROR_NOT_ENOUGH_MEMORY,
		ERROR_NOT_REGISTRY_FILE, ERROR_REGISTRY_CORRUPT, ERROR_BADDB };

	if (attempt->kind == INJECT_MEMORY)
		return lstatus_is(attempt->status, ERROR_NOT_ENOUGH_MEMORY);
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		if (lstatus_is(attempt->status, lies[i]))
			return false;
	}
	return true;
}

/* Compare with the host as it was, and as it is where nothing fails. */
static void
judge(const struct attempt *attempt, uint64_t before, uint64_t after)
{
	struct fault *fault = attempt->fault;
	const char *status = lstatus_name(attempt->status);
	char where[96];

	snprintf(where, sizeof(where), "%s, failure at %llu, %s", attempt->operation->name,
	    (unsigned long long)attempt->at, attempt->lasting ? "lasting" : "once");
	if (lstatus_ok(attempt->status)) {
		fault->acknowledged++;
		if (attempt->end != after && !attempt->operation->random)
			fault_lost(fault, "%s: success, but not all is there", where);
		return;
	}
	if (!is_honest(attempt))
		fault_failed(fault, "%s: the caller got %s", where, status);
	if (attempt->remains != before)
		fault_torn(fault, "%s: %s, but something changed", where, status);
	if (!lstatus_ok(attempt->again))
		fault_failed(fault, "%s: %s, and without a failure still %s", where, status,
		    lstatus_name(attempt->again));
	else if (attempt->end != after && !attempt->operation->random)
		fault_torn(fault, "%s: %s, and what came after it is not whole", where, status);
}

/* --- All points of an operation ----------------------------------------------------------------
 */

/* Run it without a failure: how many points there are, and what it leaves. */
static bool
measure(struct attempt *attempt, const char *template, uint64_t *ret_after)
{
	attempt->at = UINT64_MAX;
	if (!try(attempt, template))
		return false;
	if (!lstatus_ok(attempt->status)) {
		fault_failed(attempt->fault, "%s: %s where nothing fails", attempt->operation->name,
		    lstatus_name(attempt->status));
		return false;
	}
	*ret_after = attempt->end;
	return true;
}

static void
fail_operation(struct attempt *attempt, const char *template, uint64_t before)
{
	struct fault *fault = attempt->fault;
	const char *only = getenv("HVEMU_FAULT_AT");
	uint64_t after = 0;
	uint64_t count;
	uint64_t step;

	if (!measure(attempt, template, &after))
		return;
	count = attempt->calls;
	step = fault->thorough || count <= fault->rounds ? 1 : count / fault->rounds;
	attempt->at = 1 + fault_roll(fault, (uint32_t)step);
	if (only != NULL)
		attempt->at = count = strtoull(only, NULL, 10);
	for (; attempt->at <= count; attempt->at += step) {
		if (try(attempt, template))
			judge(attempt, before, after);
		fault->done++;
	}
	in_child(check, attempt);
}

static void
fail_operations(struct fault *fault, enum inject_kind kind, bool lasting)
{
	const char *only = getenv("HVEMU_FAULT_OPERATION");
	struct attempt *attempt =
	    mmap(NULL, sizeof(*attempt), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char template[4200];
	uint64_t before;

	fault_need(attempt != MAP_FAILED);
	inject_install();
	*attempt = (struct attempt){ .fault = fault, .kind = kind, .lasting = lasting };
	fault_path(fault, "template", template);
	fault_path(fault, "template", attempt->root);
	fault_need(in_child(prepare, attempt));
	before = attempt->end;
	fault_path(fault, "work", attempt->root);
	/* The Win32 face finds the process's host there. */
	setenv("HVEMU_ROOT", attempt->root, 1);
	for (attempt->operation = operations; attempt->operation->name != NULL;
	     attempt->operation++) {
		if (only == NULL || strcmp(only, attempt->operation->name) == 0)
			fail_operation(attempt, template, before);
	}
}

static void
files_once(struct fault *fault)
{
	fail_operations(fault, INJECT_FILES, false);
}

static void
files_lasting(struct fault *fault)
{
	fail_operations(fault, INJECT_FILES, true);
}

static void
memory_once(struct fault *fault)
{
	fail_operations(fault, INJECT_MEMORY, false);
}

static void
memory_lasting(struct fault *fault)
{
	fail_operations(fault, INJECT_MEMORY, true);
}

const struct fault_scenario point_scenarios[] = {
	{ "io-once", "3 one failure of reading or writing", 12, 12, files_once },
	{ "io-lasting", "3 reading and writing fail from a point on", 12, 12, files_lasting },
	{ "memory-once", "4 one failed allocation", 12, 12, memory_once },
	{ "memory-lasting", "4 no memory from a point on", 12, 12, memory_lasting },
	{ 0 },
};
