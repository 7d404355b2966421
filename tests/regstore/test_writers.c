/*
 * The line of writers: who comes first is served first, and nobody in it holds the others up by
 * dying or standing still.
 */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/registry/internal.h"
#include "regstore/store/internal.h"
#include "tests/lib/host.h"

#define KEY    "HKLM\\SOFTWARE\\Test"
#define IN_ROW 4
#define ROUNDS 40

static struct bell_line *
line_of(const struct host *host)
{
	return bell_line(host->registry->store->bell);
}

/* Write one letter behind those that others wrote; the transaction is open. */
static bool
sign(struct registry *registry, char letter)
{
	struct buf data = { 0 };
	reg_key key = { 0 };
	bool ok = lstatus_ok(registry_create_key(registry, NULL, KEY, 0, &key, NULL));

	registry_query_value(registry, key, "order", NULL, &data);
	buf_append_byte(&data, (uint8_t)letter);
	ok = ok && lstatus_ok(registry_set_value(
	               registry, key, "order", REG_BINARY, data.data, data.size));
	buf_release(&data);
	return ok && lstatus_ok(registry_commit(registry));
}

/* A process that waits for a byte, then takes its place in the line, and signs in its turn. */
struct writer {
	pid_t process;
	int go;
};

static _Noreturn void
write_once(const struct host *host, int go, char letter)
{
	struct registry *registry = host_connect(host);
	char byte;
	bool ok = read(go, &byte, 1) == 1 && lstatus_ok(registry_begin(registry, NULL)) &&
	          sign(registry, letter);

	registry_close(registry);
	_exit(ok ? 0 : 1);
}

/* While a transaction is open here no process can be forked that uses SQLite. */
static void
start_writers(const struct host *host, struct writer writers[IN_ROW])
{
	for (int i = 0; i < IN_ROW; i++) {
		int pipes[2];

		assert_int_equal(pipe(pipes), 0);
		writers[i].process = fork();
		if (writers[i].process == 0)
			write_once(host, pipes[0], (char)('a' + i));
		close(pipes[0]);
		writers[i].go = pipes[1];
	}
}

/* Let it take its place, which is seen to. */
static void
let_go(const struct host *host, struct writer *writer)
{
	uint32_t before = atomic_load(&line_of(host)->next);

	assert_int_equal(write(writer->go, "x", 1), 1);
	close(writer->go);
	while (atomic_load(&line_of(host)->next) == before)
		sched_yield();
}

/* Who signed, in order; the slate is clean then. */
static void
take_order(const struct host *host, char order[16])
{
	reg_key key = host_key(host->registry, KEY);
	struct buf data = { 0 };

	assert_lstatus(
	    registry_query_value(host->registry, key, "order", NULL, &data), ERROR_SUCCESS);
	snprintf(order, 16, "%s", buf_text(&data));
	buf_release(&data);
	assert_lstatus(registry_delete_value(host->registry, key, "order"), ERROR_SUCCESS);
}

/* Who looks whether the line stands still may pass when the machine is slow: that is rare. */
static void
writers_come_in_the_order_in_which_they_asked(void **state)
{
	struct host *host = *state;
	int in_order = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct writer writers[IN_ROW];
		char order[16];

		start_writers(host, writers);
		assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
		for (int i = 0; i < IN_ROW; i++)
			let_go(host, &writers[i]);
		assert_true(sign(host->registry, '1'));
		/* Who asks again at once is behind all who asked before. */
		assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
		assert_true(sign(host->registry, '2'));
		for (int i = 0; i < IN_ROW; i++)
			assert_int_equal(host_wait(writers[i].process), 0);
		take_order(host, order);
		assert_int_equal(strlen(order), IN_ROW + 2);
		in_order += strcmp(order, "1abcd2") == 0;
	}
	assert_true(in_order * 2 > ROUNDS);
}

static void
who_dies_in_the_line_is_passed(void **state)
{
	struct host *host = *state;
	struct writer writers[IN_ROW];
	char order[16];

	start_writers(host, writers);
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	for (int i = 0; i < IN_ROW; i++)
		let_go(host, &writers[i]);
	for (int i = 0; i < IN_ROW - 1; i++) {
		kill(writers[i].process, SIGKILL);
		assert_int_equal(host_wait(writers[i].process), -1);
	}
	assert_true(sign(host->registry, '1'));
	assert_int_equal(host_wait(writers[IN_ROW - 1].process), 0);
	take_order(host, order);
	assert_string_equal(order, "1d");
}

static void
who_is_stopped_in_the_line_is_passed_and_has_its_turn_later(void **state)
{
	struct host *host = *state;
	struct writer writers[IN_ROW];
	char order[16];

	start_writers(host, writers);
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	for (int i = 0; i < IN_ROW; i++)
		let_go(host, &writers[i]);
	kill(writers[0].process, SIGSTOP);
	assert_int_equal(waitpid(writers[0].process, NULL, WUNTRACED), writers[0].process);
	assert_true(sign(host->registry, '1'));
	for (int i = 1; i < IN_ROW; i++)
		assert_int_equal(host_wait(writers[i].process), 0);
	kill(writers[0].process, SIGCONT);
	assert_int_equal(host_wait(writers[0].process), 0);
	take_order(host, order);
	assert_int_equal(strlen(order), IN_ROW + 1);
	assert_int_equal(order[IN_ROW], 'a');
}

/* Hold the lock, say so, and be killed. */
static _Noreturn void
hold(const struct host *host, int said)
{
	struct registry *registry = host_connect(host);

	if (lstatus_ok(registry_begin(registry, NULL)) && write(said, "x", 1) == 1)
		pause();
	_exit(1);
}

static void
who_dies_with_the_lock_gives_it_back(void **state)
{
	struct host *host = *state;
	struct writer writers[IN_ROW];
	char order[16];
	int said[2];
	char byte;
	pid_t holder;

	start_writers(host, writers);
	assert_int_equal(pipe(said), 0);
	holder = fork();
	if (holder == 0)
		hold(host, said[1]);
	assert_int_equal(read(said[0], &byte, 1), 1);
	for (int i = 0; i < IN_ROW; i++)
		let_go(host, &writers[i]);
	kill(holder, SIGKILL);
	assert_int_equal(host_wait(holder), -1);
	for (int i = 0; i < IN_ROW; i++)
		assert_int_equal(host_wait(writers[i].process), 0);
	take_order(host, order);
	assert_int_equal(strlen(order), IN_ROW);
	close(said[0]);
	close(said[1]);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(writers_come_in_the_order_in_which_they_asked),
		HOST_TEST(who_dies_in_the_line_is_passed),
		HOST_TEST(who_is_stopped_in_the_line_is_passed_and_has_its_turn_later),
		HOST_TEST(who_dies_with_the_lock_gives_it_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
