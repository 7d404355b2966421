/*
 * Children of a daemon: their start, their end, time, taking over and letting go. The children are
 * testd, which lies beside this test, and scripts.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/store/clock.h"
#include "regstore/svc/child.h"
#include "regstore/svc/client.h"
#include "tests/lib/daemon.h"

#define LIMIT_MS 10000

/* A parent with a host, one child, and what happened to it. */
struct parent {
	struct daemon daemon;
	struct svc_child child;
	pid_t pid; /* that the child had when it was ready */
	unsigned ready;
	unsigned ended;
	unsigned timed_out;
	void (*when_ready)(struct svc_child *child);
	void (*when_ended)(struct svc_child *child);
};

/* --- The fixture ------------------------------------------------------------------------------ */

static void
note_ready(struct svc_child *child)
{
	struct parent *parent = child->self;

	parent->ready++;
	parent->pid = child->pid;
	if (parent->when_ready != NULL)
		parent->when_ready(child);
}

static void
note_ended(struct svc_child *child)
{
	struct parent *parent = child->self;

	parent->ended++;
	assert_int_equal(child->pid, 0);
	if (parent->when_ended != NULL)
		parent->when_ended(child);
}

static int
setup(void **state)
{
	struct parent *parent = calloc(1, sizeof(*parent));

	assert_non_null(parent);
	unsetenv("HVEMU_LIBEXEC");
	daemon_init(&parent->daemon);
	parent->child =
	    (struct svc_child){ .self = parent, .ready = note_ready, .ended = note_ended };
	*state = parent;
	return 0;
}

static int
teardown(void **state)
{
	struct parent *parent = *state;

	unsetenv("HVEMU_LIBEXEC");
	daemon_release(&parent->daemon);
	free(parent);
	return 0;
}

/* Let all happen that is to happen; nothing of the child is left on the loop then. */
static void
run(struct parent *parent)
{
	daemon_run(&parent->daemon);
}

static void
start(struct parent *parent, const char *program, const char *const *environment)
{
	assert_true(
	    svc_child_start(&parent->daemon.svc, &parent->child, program, NULL, environment));
	assert_true(parent->child.pid > 0);
}

/* A script in the host's folder, which is where programs are found then. */
static void
write_script(struct parent *parent, const char *name, const char *text)
{
	char path[4200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", parent->daemon.host.root, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(setenv("HVEMU_LIBEXEC", parent->daemon.host.root, 1), 0);
}

static void
end_by_request(struct svc_child *child)
{
	svc_child_kill(child, SIGTERM);
}

static void
end_by_force(struct svc_child *child)
{
	svc_child_kill(child, SIGKILL);
}

/* --- Start and end ---------------------------------------------------------------------------- */

static void
a_child_gets_ready_and_ends(void **state)
{
	struct parent *parent = *state;

	parent->when_ready = end_by_request;
	start(parent, "testd", NULL);
	assert_false(parent->child.is_ready);
	run(parent);
	assert_int_equal(parent->ready, 1);
	assert_int_equal(parent->ended, 1);
	assert_true(parent->child.is_ready);
	assert_int_equal(parent->child.status, 0);
	assert_int_equal(parent->child.signal, 0);
	assert_false(parent->child.let_go);
	assert_string_equal(parent->child.fault, "");
}

static void
a_signal_that_ends_it_is_told(void **state)
{
	struct parent *parent = *state;

	parent->when_ready = end_by_force;
	start(parent, "testd", NULL);
	run(parent);
	assert_int_equal(parent->child.status, -1);
	assert_int_equal(parent->child.signal, SIGKILL);
	assert_string_equal(parent->child.fault, "");
}

static void
a_child_that_fails_says_why(void **state)
{
	struct parent *parent = *state;
	static const char *const environment[] = { "TESTD_FAIL=third", NULL };

	start(parent, "testd", environment);
	run(parent);
	assert_int_equal(parent->ready, 0);
	assert_int_equal(parent->ended, 1);
	assert_false(parent->child.is_ready);
	assert_int_equal(parent->child.status, 1);
	assert_non_null(strstr(parent->child.fault, "It was told to."));
}

static void
a_child_that_dies_unready_has_its_status_told(void **state)
{
	struct parent *parent = *state;
	static const char *const environment[] = { "TESTD_DIE=second", NULL };

	start(parent, "testd", environment);
	run(parent);
	assert_int_equal(parent->ready, 0);
	assert_int_equal(parent->ended, 1);
	assert_int_equal(parent->child.status, 7);
	assert_non_null(strstr(parent->child.fault, "status 7"));
}

static void
a_program_that_is_not_there_is_named_and_ends(void **state)
{
	struct parent *parent = *state;

	assert_false(
	    svc_child_start(&parent->daemon.svc, &parent->child, "no-such-program", NULL, NULL));
	assert_non_null(strstr(parent->child.fault, "no-such-program"));
	assert_int_equal(parent->ended, 0);
	run(parent);
	assert_int_equal(parent->ended, 1);
	assert_int_equal(parent->ready, 0);
}

static void
arguments_and_environment_reach_it(void **state)
{
	struct parent *parent = *state;
	static const char *const arguments[] = { "--vm", "two words", NULL };
	static const char *const environment[] = { "CHILD_OWN=ours", "CHILD_BOTH=ours", NULL };
	char wanted[4400];

	setenv("CHILD_BOTH", "parents", 1);
	setenv("CHILD_PARENT", "parents", 1);
	setenv("HVEMU_READY_FD", "9", 1);
	/* The sentence is cut where there is no room for it; a folder's name fits in here. */
	write_script(parent, "says",
	    "echo \"failed $#,$1,$2,$3,$CHILD_OWN,$CHILD_BOTH,$CHILD_PARENT,$HVEMU_READY_FD,$4\" "
	    ">&3");
	assert_true(
	    svc_child_start(&parent->daemon.svc, &parent->child, "says", arguments, environment));
	run(parent);
	snprintf(wanted, sizeof(wanted), "4,--vm,two words,--root,ours,ours,parents,3,%s",
	    parent->daemon.host.root);
	assert_string_equal(parent->child.fault, wanted);
	unsetenv("CHILD_BOTH");
	unsetenv("CHILD_PARENT");
	unsetenv("HVEMU_READY_FD");
}

static void
what_no_daemon_would_say_makes_it_not_ready(void **state)
{
	struct parent *parent = *state;

	write_script(parent, "babbles", "echo 'good morning' >&3; echo 'ready 1' >&3; exit 3");
	start(parent, "babbles", NULL);
	run(parent);
	assert_int_equal(parent->ready, 0);
	assert_int_equal(parent->child.status, 3);
	assert_string_equal(parent->child.fault, "good morning");
}

static void
a_line_without_end_is_not_taken(void **state)
{
	struct parent *parent = *state;

	write_script(parent, "floods", "head -c 100000 /dev/zero | tr '\\0' x >&3; exit 4");
	start(parent, "floods", NULL);
	run(parent);
	assert_int_equal(parent->ready, 0);
	assert_int_equal(parent->ended, 1);
	assert_int_equal(parent->child.status, 4);
	assert_non_null(strstr(parent->child.fault, "status 4"));
}

/* --- Again ------------------------------------------------------------------------------------ */

static void
start_again(struct svc_child *child)
{
	struct parent *parent = child->self;

	if (parent->ended < 3)
		start(parent, "testd", NULL);
}

static void
its_memory_serves_for_the_next(void **state)
{
	struct parent *parent = *state;

	parent->when_ready = end_by_request;
	parent->when_ended = start_again;
	start(parent, "testd", NULL);
	run(parent);
	assert_int_equal(parent->ready, 3);
	assert_int_equal(parent->ended, 3);
}

/* --- Time ------------------------------------------------------------------------------------- */

static void
give_up(struct svc_child *child)
{
	((struct parent *)child->self)->timed_out++;
	end_by_force(child);
}

static void
must_not_fire(struct svc_child *child)
{
	(void)child;
	fail_msg("a timer fired that was not to");
}

/* For a machine's worker it is 300 s: they pass at once, on the host's clock. */
static void
a_child_that_never_gets_ready_is_given_up(void **state)
{
	struct parent *parent = *state;
	struct store *store = registry_store(parent->daemon.svc.registry);

	write_script(parent, "hangs", "exec tail -f /dev/null");
	start(parent, "hangs", NULL);
	assert_lstatus(store_clock_pause(store), ERROR_SUCCESS);
	svc_child_set_timer(&parent->child, 300000, give_up);
	assert_lstatus(store_clock_step(store, 299 * FILETIME_PER_SECOND), ERROR_SUCCESS);
	timers_fire(&parent->daemon.svc);
	assert_int_equal(parent->timed_out, 0);
	assert_lstatus(store_clock_step(store, 1 * FILETIME_PER_SECOND), ERROR_SUCCESS);
	timers_fire(&parent->daemon.svc);
	assert_int_equal(parent->timed_out, 1);
	run(parent);
	assert_int_equal(parent->timed_out, 1);
	assert_int_equal(parent->ready, 0);
	assert_int_equal(parent->child.signal, SIGKILL);
	assert_non_null(strstr(parent->child.fault, "signal 9"));
}

static void
wait_for_another(struct svc_child *child)
{
	svc_child_set_timer(child, 1, must_not_fire);
	svc_child_set_timer(child, 0, NULL);
	svc_child_set_timer(child, 5, must_not_fire);
	svc_child_set_timer(child, 10, give_up);
}

static void
a_timer_is_set_anew_and_taken_away(void **state)
{
	struct parent *parent = *state;

	parent->when_ready = wait_for_another;
	start(parent, "testd", NULL);
	run(parent);
	assert_int_equal(parent->timed_out, 1);
}

static void
end_before_the_time(struct svc_child *child)
{
	svc_child_set_timer(child, LIMIT_MS * 100, must_not_fire);
	end_by_request(child);
}

static void
the_end_takes_the_timer_away(void **state)
{
	struct parent *parent = *state;

	parent->when_ready = end_before_the_time;
	start(parent, "testd", NULL);
	run(parent);
	assert_int_equal(parent->ended, 1);
	svc_child_set_timer(&parent->child, 1, must_not_fire); /* is over: does nothing */
	svc_child_kill(&parent->child, SIGTERM);
}

/* --- Taking over, letting go ------------------------------------------------------------------ */

static void
let_go(struct svc_child *child)
{
	svc_child_let_go(child);
}

static void
a_child_that_is_let_go_goes_on(void **state)
{
	struct parent *parent = *state;

	parent->when_ready = let_go;
	start(parent, "testd", NULL);
	run(parent);
	assert_int_equal(parent->ended, 1);
	assert_true(parent->child.let_go);
	assert_int_equal(kill(parent->pid, SIGTERM), 0);
	assert_int_equal(host_wait(parent->pid), 0);
}

static void
one_that_another_started_is_taken_over(void **state)
{
	struct parent *parent = *state;
	struct buf program = { 0 };
	struct buf error = { 0 };
	pid_t pid = 0;

	svc_client_program("testd", &program);
	assert_true(svc_client_start(buf_text(&program), parent->daemon.host.root, &pid, &error));
	assert_true(svc_child_take_over(&parent->daemon.svc, &parent->child, pid));
	assert_true(parent->child.is_ready);
	assert_int_equal(parent->child.pid, pid);
	svc_child_set_timer(&parent->child, 1, give_up);
	run(parent);
	assert_int_equal(parent->timed_out, 1);
	assert_int_equal(parent->ended, 1);
	assert_int_equal(parent->ready, 0);
	assert_int_equal(parent->child.status, -1);
	assert_int_equal(parent->child.signal, 0); /* only its parent could know */
	assert_false(parent->child.let_go);
	buf_release(&program);
	buf_release(&error);
}

static void
one_that_is_gone_is_not_taken_over(void **state)
{
	struct parent *parent = *state;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_true(pid > 0);
	assert_int_equal(host_wait(pid), 0);
	assert_false(svc_child_take_over(&parent->daemon.svc, &parent->child, pid));
	assert_false(svc_child_take_over(&parent->daemon.svc, &parent->child, 0));
	run(parent);
	assert_int_equal(parent->ended, 0);
}

#define CHILD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHILD_TEST(a_child_gets_ready_and_ends),
		CHILD_TEST(a_signal_that_ends_it_is_told),
		CHILD_TEST(a_child_that_fails_says_why),
		CHILD_TEST(a_child_that_dies_unready_has_its_status_told),
		CHILD_TEST(a_program_that_is_not_there_is_named_and_ends),
		CHILD_TEST(arguments_and_environment_reach_it),
		CHILD_TEST(what_no_daemon_would_say_makes_it_not_ready),
		CHILD_TEST(a_line_without_end_is_not_taken),
		CHILD_TEST(its_memory_serves_for_the_next),
		CHILD_TEST(a_child_that_never_gets_ready_is_given_up),
		CHILD_TEST(a_timer_is_set_anew_and_taken_away),
		CHILD_TEST(the_end_takes_the_timer_away),
		CHILD_TEST(a_child_that_is_let_go_goes_on),
		CHILD_TEST(one_that_another_started_is_taken_over),
		CHILD_TEST(one_that_is_gone_is_not_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
