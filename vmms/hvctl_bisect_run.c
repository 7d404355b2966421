/*
 * bisect --run: the first write after which a command fails.
 *
 * The command is run over and over with a host of its own, a copy of this one as it was after the
 * write at hand. It says by its exit status what it found: 0 good, 125 it cannot be told here, 1 to
 * 124 bad; anything else ends the search.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/unix.h"
#include "vmms/hvctl_history.h"

#define STATUS_SKIP 125
#define STATUS_BAD  124 /* the highest */

enum probe_result { PROBE_GOOD, PROBE_BAD, PROBE_SKIPPED, PROBE_FAILED };

struct search {
	const struct hvctl *hvctl;
	struct registry *registry;
	char **command;
	char folder[4096]; /* of the copies */
	uint64_t *skipped;
	size_t skipped_count;
	size_t probes;
};

/* --- One probe ---------------------------------------------------------------------------------
 */

/* What it prints goes to standard error: standard output has the answer alone. */
static _Noreturn void
become(char **command, const char *root)
{
	setenv("HVEMU_ROOT", root, 1);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(command[0], command);
	fprintf(stderr, "hvctl: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

static enum probe_result
run_command(const struct search *search, const char *root)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		become(search->command, root);
	if (child < 0 || waitpid(child, &status, 0) != child) {
		hvctl_fail(search->hvctl, "%s: %s", search->command[0], strerror(errno));
		return PROBE_FAILED;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return PROBE_GOOD;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= STATUS_BAD)
		return PROBE_BAD;
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SKIP)
		return PROBE_SKIPPED;
	hvctl_fail(search->hvctl, "\"%s\" ended by %s %d: the search ends", search->command[0],
	    WIFEXITED(status) ? "status" : "signal",
	    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return PROBE_FAILED;
}

static enum probe_result
probe(struct search *search, uint64_t number)
{
	static const char *const words[] = { "good", "bad", "skipped", "failed" };
	struct buf root = { 0 };
	struct buf error = { 0 };
	enum probe_result result = PROBE_FAILED;

	search->probes++;
	buf_printf(&root, "%s/host", search->folder);
	if (hvctl_copy_host(
	        search->registry, search->hvctl->root, buf_text(&root), &number, &error))
		result = run_command(search, buf_text(&root));
	else
		hvctl_fail(search->hvctl, "%s", buf_text(&error));
	unix_remove_tree(buf_text(&root));
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "write %llu: %s\n", (unsigned long long)number, words[result]);
	buf_release(&root);
	buf_release(&error);
	return result;
}

/* --- The search --------------------------------------------------------------------------------
 */

static bool
is_skipped(const struct search *search, uint64_t number)
{
	for (size_t i = 0; i < search->skipped_count; i++) {
		if (search->skipped[i] == number)
			return true;
	}
	return false;
}

static bool
skip(struct search *search, uint64_t number)
{
	uint64_t *skipped =
	    realloc(search->skipped, (search->skipped_count + 1) * sizeof(*skipped));

	if (skipped == NULL)
		return false;
	search->skipped = skipped;
	skipped[search->skipped_count++] = number;
	return true;
}

/* The number nearest to the middle that was not skipped; 0 if there is none between. */
static uint64_t
next_number(const struct search *search, uint64_t low, uint64_t high)
{
	uint64_t middle = low + (high - low) / 2;

	for (uint64_t away = 0; away <= high - low; away++) {
		if (middle + away < high && !is_skipped(search, middle + away))
			return middle + away;
		if (middle > low + away && !is_skipped(search, middle - away))
			return middle - away;
	}
	return 0;
}

/* It is good at `low` and bad at `high`: narrow that. False after it was told what is wrong. */
static bool
narrow(struct search *search, uint64_t *low, uint64_t *high)
{
	uint64_t number;

	while (*high - *low > 1 && (number = next_number(search, *low, *high)) != 0) {
		switch (probe(search, number)) {
		case PROBE_GOOD:
			*low = number;
			break;
		case PROBE_BAD:
			*high = number;
			break;
		case PROBE_SKIPPED:
			if (!skip(search, number))
				return false;
			break;
		default:
			return false;
		}
	}
	return true;
}

static int
report(const struct search *search, uint64_t low, uint64_t high)
{
	const struct hvctl *hvctl = search->hvctl;
	struct reg_log_query query = { .first = low + 1, .last = high };
	struct reg_change change = { 0 };
	struct reg_log *log = NULL;

	if (hvctl->json)
		return hvctl_print_json(
		    hvctl, json_pack("{s:I, s:I, s:I, s:o}", "good", (json_int_t)low, "bad",
		               (json_int_t)high, "probes", (json_int_t)search->probes, "write",
		               hvctl_write_json(search->registry, high)));
	if (high - low == 1)
		printf("\"%s\" fails since\n", search->command[0]);
	else
		printf("\"%s\" fails since one of\n", search->command[0]);
	if (lstatus_ok(registry_log_open(search->registry, &query, &log))) {
		while (lstatus_ok(registry_log_next(log, &change)))
			hvctl_print_change(hvctl, &change, false, 0);
	}
	registry_log_close(log);
	reg_change_release(&change);
	return EXIT_SUCCESS;
}

static int
search_host(struct search *search, uint64_t low, uint64_t high)
{
	const struct hvctl *hvctl = search->hvctl;
	enum probe_result at_low = probe(search, low);
	enum probe_result at_high;

	if (at_low == PROBE_FAILED)
		return EXIT_FAILURE;
	if (at_low != PROBE_GOOD)
		return hvctl_fail(hvctl,
		    "\"%s\" does not succeed at write %llu, where the search begins",
		    search->command[0], (unsigned long long)low);
	at_high = probe(search, high);
	if (at_high == PROBE_FAILED)
		return EXIT_FAILURE;
	if (at_high != PROBE_BAD)
		return hvctl_fail(hvctl,
		    "\"%s\" does not fail at write %llu, where the search ends", search->command[0],
		    (unsigned long long)high);
	return narrow(search, &low, &high) ? report(search, low, high) : EXIT_FAILURE;
}

/*
 * Where a search that ends at `high` begins by itself: with the host as it was made, or with what
 * is kept of its past.
 */
static bool
find_beginning(struct registry *registry, uint64_t high, uint64_t *ret_number)
{
	struct reg_snapshot made = { 0 };
	uint64_t roots = hvctl_roots(registry);

	if (!lstatus_ok(registry_first_number(registry, ret_number)))
		return false;
	if (*ret_number < roots)
		*ret_number = roots;
	if (lstatus_ok(registry_snapshot_find(registry, "created", &made)) &&
	    made.number > *ret_number && made.number < high)
		*ret_number = made.number;
	reg_snapshot_release(&made);
	return true;
}

int
hvctl_bisect_run(struct hvctl *hvctl, const char *from, const char *to, char **command)
{
	struct search search = { .hvctl = hvctl, .command = command };
	const char *top = getenv("TMPDIR");
	uint64_t low = 0;
	uint64_t high = 0;
	int status = EXIT_FAILURE;

	search.registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (search.registry == NULL)
		return EXIT_FAILURE;
	snprintf(search.folder, sizeof(search.folder), "%s/hvemu-bisect.XXXXXX",
	    top != NULL ? top : "/tmp");
	if (!hvctl_moments(hvctl, search.registry, from, to, &low, &high) ||
	    (from == NULL && !find_beginning(search.registry, high, &low))) {
		status = EXIT_FAILURE;
	} else if (mkdtemp(search.folder) == NULL) {
		hvctl_fail(hvctl, "%s: %s", search.folder, strerror(errno));
	} else {
		status = search_host(&search, low, high);
		unix_remove_tree(search.folder);
	}
	free(search.skipped);
	registry_close(search.registry);
	return status;
}
