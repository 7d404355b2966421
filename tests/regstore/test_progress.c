/*
 * Progress of long work: who is told, and what is seen of it on a terminal.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/base/clock.h"
#include "regstore/base/progress.h"
#include "tests/lib/host.h"

#define KEYS 5000u

static void
count_up(void *context, uint64_t count)
{
	uint64_t *last = context;

	assert_true(count > *last);
	*last = count;
}

static enum reg_walk_step
walk_on(void *context UNUSED, const struct reg_walk_key *key UNUSED)
{
	return REG_WALK_ON;
}

static void
long_writes_and_walks_tell_how_far_they_are(void **state)
{
	struct host *host = *state;
	uint64_t last = 0;
	reg_key key;

	registry_set_progress(host->registry, count_up, &last);
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	key = host_key(host->registry, "HKLM\\SOFTWARE\\Many");
	for (uint32_t i = 0; i < KEYS; i++) {
		char path[64];

		snprintf(path, sizeof(path), "HKLM\\SOFTWARE\\Many\\%u", i);
		host_key(host->registry, path);
	}
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	assert_in_range(last, KEYS / 2, KEYS + 1);
	last = 0;
	assert_lstatus(registry_walk(host->registry, key, walk_on, NULL), ERROR_SUCCESS);
	assert_in_range(last, KEYS / 2, KEYS);
	registry_set_progress(host->registry, NULL, NULL);
	assert_lstatus(registry_walk(host->registry, key, walk_on, NULL), ERROR_SUCCESS);
	assert_in_range(last, KEYS / 2, KEYS);
}

/* Work in a child whose standard error is `path`; `begun_long_ago`: it takes long already. */
static int
show_in_child(const char *path, bool begun_long_ago)
{
	pid_t child = fork();

	if (child == 0) {
		struct progress progress;
		int terminal = open(path, O_RDWR | O_NOCTTY | O_CREAT, 0600);

		if (terminal < 0 || dup2(terminal, STDERR_FILENO) < 0)
			_exit(1);
		progress_begin(&progress, "reg import");
		if (begun_long_ago && progress.next != INT64_MAX)
			progress.next = clock_monotonic_ns();
		progress_tell(&progress, 1234567);
		progress_end(&progress);
		_exit(0);
	}
	return host_wait(child);
}

/* What comes out of a terminal when work was shown on it and then "." was written. */
static void
show(bool begun_long_ago, char *seen, size_t size)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	const char *path;
	int end;
	ssize_t count = 0;

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd) | unlockpt(fd), 0);
	path = ptsname(fd);
	assert_non_null(path);
	end = open(path, O_RDWR | O_NOCTTY);
	assert_true(end >= 0);
	assert_int_equal(show_in_child(path, begun_long_ago), 0);
	assert_int_equal(write(end, ".", 1), 1);
	do {
		ssize_t more = read(fd, seen + count, size - 1 - (size_t)count);

		assert_true(more > 0);
		count += more;
	} while (seen[count - 1] != '.');
	seen[count] = '\0';
	close(end);
	close(fd);
}

static void
a_terminal_shows_a_line_that_is_wiped_away(void **state UNUSED)
{
	char seen[256];

	show(true, seen, sizeof(seen));
	assert_string_equal(seen, "\rreg import: 1,234,567 done\033[K\r\033[K.");
}

static void
work_that_is_done_soon_shows_nothing(void **state UNUSED)
{
	char seen[256];

	show(false, seen, sizeof(seen));
	assert_string_equal(seen, ".");
}

static void
a_file_gets_nothing(void **state)
{
	struct host *host = *state;
	char path[4200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/said", host->root);
	assert_int_equal(show_in_child(path, true), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(long_writes_and_walks_tell_how_far_they_are),
		cmocka_unit_test(a_terminal_shows_a_line_that_is_wiped_away),
		cmocka_unit_test(work_that_is_done_soon_shows_nothing),
		HOST_TEST(a_file_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
