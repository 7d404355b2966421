/*
 * The daemon skeleton and its client, by way of testd (its path is in HVEMU_TESTD): readiness,
 * stages, the lock, signals, the control socket's protocol and limits, wake-ups by the registry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/unix.h"
#include "regstore/svc/client.h"
#include "regstore/svc/svc.h"

#define LIMIT_MS 10000 /* of anything that should come at once */
#define WATCHED  "HKEY_LOCAL_MACHINE\\SOFTWARE\\Testd"

#if defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) /* gcc */
#define SANITIZED 1
#endif

/* A host of its own for each test, and the daemon on it. */
struct host {
	char folder[4096]; /* removed at the end */
	char root[4096];
	pid_t pid; /* 0: none */
	struct buf error;
};

/* --- The fixture ------------------------------------------------------------------------------ */

static int
remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void
make_host(const char *root)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = true };
	struct registry *registry = NULL;

	assert_int_equal(registry_open(root, &options, &registry).code, ERROR_SUCCESS);
	registry_close(registry);
}

static int
setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));
	const char *temporary = getenv("TMPDIR");

	assert_non_null(host);
	snprintf(host->folder, sizeof(host->folder), "%s/hvemu-svc-XXXXXX",
	    temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(host->folder));
	snprintf(host->root, sizeof(host->root), "%.4000s/host", host->folder);
	make_host(host->root);
	*state = host;
	return 0;
}

static int
teardown(void **state)
{
	struct host *host = *state;

	unsetenv("TESTD_FAIL");
	unsetenv("TESTD_DIE");
	if (host->pid > 0) {
		kill(host->pid, SIGKILL);
		svc_client_wait_gone(host->pid, LIMIT_MS);
	}
	nftw(host->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	buf_release(&host->error);
	free(host);
	return 0;
}

/* --- Helpers ---------------------------------------------------------------------------------- */

static const char *
testd(void)
{
	const char *program = getenv("HVEMU_TESTD");

	if (program == NULL)
		fail_msg("HVEMU_TESTD does not name the test daemon");
	return program;
}

static void
start(struct host *host)
{
	host->pid = 0;
	if (!svc_client_start(testd(), host->root, &host->pid, &host->error))
		fail_msg("not started: %s", buf_text(&host->error));
	assert_true(host->pid > 0);
	assert_int_equal(kill(host->pid, 0), 0);
}

static void
refuses_to_start(struct host *host)
{
	pid_t pid = -77;

	buf_clear(&host->error);
	assert_false(svc_client_start(testd(), host->root, &pid, &host->error));
	assert_int_equal(pid, -77);
}

static void
gone(struct host *host)
{
	assert_true(svc_client_wait_gone(host->pid, LIMIT_MS));
	host->pid = 0;
}

static enum svc_client_status
try_call(struct host *host, const char *method, const json_t *params, json_t **ret_result)
{
	buf_clear(&host->error);
	return svc_client_call(
	    host->root, "testd", method, params, LIMIT_MS, ret_result, &host->error);
}

static json_t *
call(struct host *host, const char *method, json_t *params)
{
	json_t *result = NULL;

	if (try_call(host, method, params, &result) != SVC_CLIENT_OK)
		fail_msg("%s: %s", method, buf_text(&host->error));
	json_decref(params);
	return result;
}

static json_int_t
call_integer(struct host *host, const char *method, json_t *params)
{
	json_t *result = call(host, method, params);
	json_int_t number = json_integer_value(result);

	assert_true(json_is_integer(result));
	json_decref(result);
	return number;
}

static void
stop(struct host *host)
{
	json_decref(call(host, "stop", NULL));
	gone(host);
}

/* A connection without the client's help. */
struct line {
	int fd;
	struct buf in;
};

static struct line
dial(const struct host *host)
{
	struct line line = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	struct timeval limit = { .tv_sec = LIMIT_MS / 1000 };
	struct sockaddr_un address;
	char path[4200];
	socklen_t length;
	int run;

	snprintf(path, sizeof(path), "%s/run", host->root);
	run = open(path, O_PATH | O_CLOEXEC);
	assert_true(run >= 0);
	length = unix_address(run, "testd.sock", &address);
	setsockopt(line.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(line.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(line.fd, (struct sockaddr *)&address, length), 0);
	close(run);
	return line;
}

static void
hang_up(struct line *line)
{
	close(line->fd);
	buf_release(&line->in);
}

static void
say(struct line *line, const char *text)
{
	size_t size = strlen(text);

	assert_int_equal(send(line->fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* The next line as JSON; NULL at the connection's end. */
static json_t *
hear(struct line *line)
{
	for (;;) {
		uint8_t *newline =
		    line->in.size > 0 ? memchr(line->in.data, '\n', line->in.size) : NULL;
		ssize_t size;

		if (newline != NULL) {
			size_t length = (size_t)(newline - line->in.data) + 1;
			json_t *json = json_loadb((const char *)line->in.data, length, 0, NULL);

			assert_non_null(json);
			memmove(line->in.data, line->in.data + length, line->in.size - length);
			line->in.size -= length;
			return json;
		}
		assert_true(buf_reserve(&line->in, 65536));
		size = recv(line->fd, line->in.data + line->in.size, 65536, 0);
		if (size < 0)
			assert_int_equal(errno, ECONNRESET);
		if (size <= 0)
			return NULL;
		line->in.size += (size_t)size;
	}
}

static void
hears_end(struct line *line)
{
	assert_null(hear(line));
}

/* The next line is an error with this code; its id is `id`, -1 for null. */
static void
hears_error(struct line *line, int code, int id)
{
	json_t *answer = hear(line);
	const json_t *error = json_object_get(answer, "error");

	assert_non_null(answer);
	assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
	assert_true(json_is_string(json_object_get(error, "message")));
	if (id < 0)
		assert_true(json_is_null(json_object_get(answer, "id")));
	else
		assert_int_equal(json_integer_value(json_object_get(answer, "id")), id);
	assert_null(json_object_get(answer, "result"));
	json_decref(answer);
}

/* The next line is a result for this id. */
static void
hears_result(struct line *line, int id)
{
	json_t *answer = hear(line);

	assert_non_null(answer);
	assert_string_equal(json_string_value(json_object_get(answer, "jsonrpc")), "2.0");
	assert_int_equal(json_integer_value(json_object_get(answer, "id")), id);
	assert_non_null(json_object_get(answer, "result"));
	assert_null(json_object_get(answer, "error"));
	json_decref(answer);
}

static void
asks_and_hears(struct line *line, const char *text, int code, int id)
{
	say(line, text);
	hears_error(line, code, id);
}

static void
read_file(const struct host *host, const char *name, struct buf *out)
{
	char path[4200];
	char chunk[4096];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", host->root, name);
	file = fopen(path, "re");
	assert_non_null(file);
	while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_append(out, chunk, size);
	fclose(file);
}

/* Run testd as a child with its output in a pipe; returns its exit status (256 + signal). */
static int
run_testd(const char *option, const char *root, struct buf *output)
{
	char chunk[4096];
	ssize_t size;
	int streams[2];
	int status = 0;
	pid_t pid;

	assert_int_equal(pipe2(streams, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(streams[1], STDOUT_FILENO);
		dup2(streams[1], STDERR_FILENO);
		execl(testd(), testd(), "--root", root, option, (char *)NULL);
		_exit(127);
	}
	close(streams[1]);
	while ((size = read(streams[0], chunk, sizeof(chunk))) > 0)
		buf_append(output, chunk, (size_t)size);
	close(streams[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void
set_value(const struct host *host, uint32_t number)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;
	reg_key key;

	assert_int_equal(registry_open(host->root, &options, &registry).code, ERROR_SUCCESS);
	assert_int_equal(
	    registry_create_key(registry, NULL, WATCHED, 0, &key, NULL).code, ERROR_SUCCESS);
	assert_int_equal(
	    registry_set_value(registry, key, "Patience", REG_DWORD, &number, sizeof(number)).code,
	    ERROR_SUCCESS);
	registry_close(registry);
}

/* --- Starting --------------------------------------------------------------------------------- */

static void
a_daemon_that_is_ready_answers_status(void **state)
{
	struct host *host = *state;
	json_t *status;

	start(host);
	status = call(host, "status", NULL);
	assert_string_equal(json_string_value(json_object_get(status, "name")), "testd");
	assert_int_equal(json_integer_value(json_object_get(status, "pid")), host->pid);
	assert_string_equal(json_string_value(json_object_get(status, "root")), host->root);
	assert_true(json_is_string(json_object_get(status, "version")));
	assert_true(json_is_integer(json_object_get(status, "uptime_ms")));
	assert_true(json_integer_value(json_object_get(status, "resident_kib")) > 0);
#ifndef SANITIZED
	assert_true(json_integer_value(json_object_get(status, "resident_kib")) < 8192);
#endif
	json_decref(status);
	stop(host);
}

static void
a_failed_stage_says_why_and_takes_down_what_is_up_in_reverse(void **state)
{
	struct host *host = *state;
	struct buf log = { 0 };
	const char *first, *second, *failed, *down_second, *down_first;

	setenv("TESTD_FAIL", "third", 1);
	refuses_to_start(host);
	assert_string_equal(buf_text(&host->error), "The stage \"third\" failed: It was told to.");
	read_file(host, "log/testd.log", &log);
	first = strstr(buf_text(&log), "Z up: first\n");
	second = strstr(buf_text(&log), "Z up: second\n");
	failed = strstr(buf_text(&log), "Z failed: The stage \"third\" failed: It was told to.\n");
	down_second = strstr(buf_text(&log), "Z down: second\n");
	down_first = strstr(buf_text(&log), "Z down: first\n");
	assert_non_null(first);
	assert_true(second > first && failed > second);
	assert_true(down_second > failed && down_first > down_second);
	assert_null(strstr(buf_text(&log), "down: third"));
	buf_release(&log);
	unsetenv("TESTD_FAIL");
	start(host);
	stop(host);
}

static void
a_failure_of_the_first_stage_takes_nothing_down(void **state)
{
	struct host *host = *state;
	struct buf log = { 0 };

	setenv("TESTD_FAIL", "first", 1);
	refuses_to_start(host);
	read_file(host, "log/testd.log", &log);
	assert_null(strstr(buf_text(&log), "down:"));
	buf_release(&log);
}

static void
a_daemon_that_dies_while_starting_is_reported_with_its_status(void **state)
{
	struct host *host = *state;

	setenv("TESTD_DIE", "second", 1);
	refuses_to_start(host);
	assert_string_equal(buf_text(&host->error), "It ended with status 7 before it was ready.");
}

static void
a_missing_program_is_reported(void **state)
{
	struct host *host = *state;
	pid_t pid = -77;

	assert_false(svc_client_start("/nowhere/testd", host->root, &pid, &host->error));
	assert_non_null(strstr(buf_text(&host->error), "There is no program"));
	buf_clear(&host->error);
	assert_false(svc_client_start("/dev/null", host->root, &pid, &host->error));
	assert_non_null(strstr(buf_text(&host->error), "cannot be started"));
	assert_int_equal(pid, -77);
}

static void
a_folder_without_a_host_is_refused(void **state)
{
	struct host *host = *state;

	snprintf(host->root, sizeof(host->root), "%.4000s/empty", host->folder);
	assert_int_equal(mkdir(host->root, 0700), 0);
	refuses_to_start(host);
	assert_non_null(strstr(buf_text(&host->error), "There is no host in"));
	assert_int_equal(rmdir(host->root), 0); /* and nothing was made in it */
}

static void
a_second_instance_is_refused_and_the_first_goes_on(void **state)
{
	struct host *host = *state;
	char expected[128];

	start(host);
	snprintf(expected, sizeof(expected), "testd runs already on this host (process %d).",
	    (int)host->pid);
	refuses_to_start(host);
	assert_string_equal(buf_text(&host->error), expected);
	json_decref(call(host, "status", NULL));
	stop(host);
}

static void
a_new_daemon_follows_one_that_was_killed(void **state)
{
	struct host *host = *state;
	json_t *result = NULL;
	char path[4200];

	start(host);
	assert_int_equal(kill(host->pid, SIGKILL), 0);
	gone(host);
	snprintf(path, sizeof(path), "%s/run/testd.sock", host->root);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(try_call(host, "status", NULL, &result), SVC_CLIENT_NOT_RUNNING);
	start(host);
	json_decref(call(host, "status", NULL));
	stop(host);
}

static void
a_root_deeper_than_a_socket_address_works(void **state)
{
	struct host *host = *state;

	snprintf(host->root, sizeof(host->root), "%.3000s/%0*d/%0*d", host->folder, 90, 1, 90, 2);
	make_host(host->root);
	start(host);
	json_decref(call(host, "status", NULL));
	stop(host);
}

static void
the_socket_is_only_the_users(void **state)
{
	struct host *host = *state;
	struct stat info;
	char path[4200];

	start(host);
	snprintf(path, sizeof(path), "%s/run/testd.sock", host->root);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	stop(host);
}

/* --- The command line ------------------------------------------------------------------------- */

static void
the_command_line_has_its_exit_statuses(void **state)
{
	struct host *host = *state;
	struct buf output = { 0 };
	json_t *rows;

	assert_int_equal(run_testd("--nonsense", host->root, &output), 2);
	assert_int_equal(run_testd("word", host->root, &output), 2);
	assert_int_equal(run_testd("-n", "/nowhere", &output), 1);
	assert_int_equal(run_testd("-n", host->root, &output), 0);
	assert_int_equal(run_testd("--version", host->root, &output), 0);
	buf_clear(&output);
	assert_int_equal(run_testd("--help", host->root, &output), 0);
	assert_non_null(strstr(buf_text(&output), "Usage: testd"));
	buf_clear(&output);
	assert_int_equal(run_testd("--describe", host->root, &output), 0);
	rows = json_loads(buf_text(&output), 0, NULL);
	assert_int_equal(json_array_size(rows), 1);
	json_decref(rows);
	buf_release(&output);
}

/* --- Stopping and signals --------------------------------------------------------------------- */

static void
a_stopped_daemon_is_gone_with_its_socket(void **state)
{
	struct host *host = *state;
	json_t *result = NULL;
	char path[4200];

	start(host);
	stop(host);
	assert_int_equal(try_call(host, "status", NULL, &result), SVC_CLIENT_NOT_RUNNING);
	assert_string_equal(buf_text(&host->error), "testd is not running.");
	assert_null(result);
	snprintf(path, sizeof(path), "%s/run/testd.sock", host->root);
	assert_int_equal(access(path, F_OK), -1);
}

/* As a child, so that its exit status is seen: a sanitizer's complaint is one. */
static void
sigterm_ends_a_daemon_with_status_0(void **state)
{
	struct host *host = *state;
	struct line idle;
	char ready[64] = "";
	int pipe_fds[2];
	int status = 0;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char number[16];

		snprintf(number, sizeof(number), "%d", pipe_fds[1]);
		setenv("HVEMU_READY_FD", number, 1);
		execl(testd(), testd(), "--root", host->root, (char *)NULL);
		_exit(127);
	}
	close(pipe_fds[1]);
	assert_true(read(pipe_fds[0], ready, sizeof(ready) - 1) > 0);
	assert_int_equal(strtol(ready + strlen("ready "), NULL, 10), pid);
	assert_int_equal(read(pipe_fds[0], ready, sizeof(ready)), 0);
	close(pipe_fds[0]);
	idle = dial(host);
	say(&idle, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"wait\"}\n"
	           "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"echo\"}\n{\"json");
	hears_result(&idle, 2);
	assert_int_equal(kill(pid, SIGTERM), 0);
	hears_error(&idle, SVC_FAILED, 1);
	hears_end(&idle);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	hang_up(&idle);
}

static void
answers_that_are_queued_are_flushed_on_stop(void **state)
{
	struct host *host = *state;
	struct line line;

	start(host);
	line = dial(host);
	for (int id = 1; id <= 3; id++) {
		char text[128];

		snprintf(text, sizeof(text),
		    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"fill\","
		    "\"params\":{\"size\":300000}}\n",
		    id);
		say(&line, text);
	}
	say(&line, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"stop\"}\n");
	for (int id = 1; id <= 4; id++)
		hears_result(&line, id);
	hears_end(&line);
	hang_up(&line);
	gone(host);
}

static void
sighup_reloads(void **state)
{
	struct host *host = *state;

	start(host);
	assert_int_equal(kill(host->pid, SIGHUP), 0);
	assert_int_equal(call_integer(host, "wait", json_pack("{s:s}", "what", "reloads")), 1);
	json_decref(call(host, "reload", NULL));
	assert_int_equal(
	    call_integer(host, "wait", json_pack("{s:s, s:i}", "what", "reloads", "seen", 1)), 2);
	stop(host);
}

/* --- The protocol ----------------------------------------------------------------------------- */

static void
errors_have_their_codes_and_the_connection_goes_on(void **state)
{
	struct host *host = *state;
	struct line line;

	start(host);
	line = dial(host);
	asks_and_hears(&line, "nonsense\n", SVC_PARSE_ERROR, -1);
	asks_and_hears(&line, "{\"jsonrpc\":\"2.0\",\n", SVC_PARSE_ERROR, -1);
	asks_and_hears(&line, "\xff\xfe\n", SVC_PARSE_ERROR, -1);
	asks_and_hears(&line, "7\n", SVC_INVALID_REQUEST, -1);
	asks_and_hears(&line, "[]\n", SVC_INVALID_REQUEST, -1);
	asks_and_hears(&line, "{\"id\":1,\"method\":\"echo\"}\n", SVC_INVALID_REQUEST, 1);
	asks_and_hears(
	    &line, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":7}\n", SVC_INVALID_REQUEST, 2);
	asks_and_hears(&line, "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"echo\"}\n",
	    SVC_INVALID_REQUEST, -1);
	asks_and_hears(
	    &line, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"none\"}\n", SVC_METHOD_NOT_FOUND, 3);
	asks_and_hears(&line, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"echo\",\"params\":[1]}\n",
	    SVC_INVALID_PARAMS, 4);
	asks_and_hears(
	    &line, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"fail\"}\n", SVC_FAILED, 5);
	say(&line, "\n\r\n{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"echo\"}\r\n");
	hears_result(&line, 6);
	hang_up(&line);
	stop(host);
}

static void
a_notification_gets_no_answer(void **state)
{
	struct host *host = *state;
	struct line line;

	start(host);
	line = dial(host);
	say(&line, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}\n"
	           "{\"jsonrpc\":\"2.0\",\"method\":\"none\"}\n"
	           "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"echo\"}\n");
	hears_result(&line, 9);
	hang_up(&line);
	stop(host);
}

static void
the_client_tells_an_error_and_a_result(void **state)
{
	struct host *host = *state;
	json_t *params = json_pack("{s:s}", "word", "gr\xc3\xbc\xc3\x9f");
	json_t *result = NULL;

	start(host);
	assert_int_equal(try_call(host, "fail", NULL, &result), SVC_CLIENT_ERROR);
	assert_string_equal(buf_text(&host->error), "This method fails.");
	assert_null(result);
	assert_int_equal(try_call(host, "echo", params, &result), SVC_CLIENT_OK);
	assert_true(json_equal(result, params));
	json_decref(result);
	json_decref(params);
	stop(host);
}

static void
a_call_that_is_not_answered_in_time_is_broken(void **state)
{
	struct host *host = *state;
	json_t *result = NULL;

	start(host);
	assert_int_equal(
	    svc_client_call(host->root, "testd", "wait", NULL, 20, &result, &host->error),
	    SVC_CLIENT_BROKEN);
	assert_string_equal(buf_text(&host->error), "testd did not answer in time.");
	stop(host);
}

static void
methods_lists_own_and_built_in_ones_with_their_doc(void **state)
{
	struct host *host = *state;
	json_t *list;
	json_t *item;
	size_t index;
	unsigned found = 0;

	start(host);
	list = call(host, "methods", NULL);
	json_array_foreach(list, index, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));

		assert_true(strlen(json_string_value(json_object_get(item, "doc"))) > 0);
		found += strcmp(name, "echo") == 0 || strcmp(name, "status") == 0 ||
		         strcmp(name, "reload") == 0 || strcmp(name, "stop") == 0;
	}
	assert_int_equal(found, 4);
	json_decref(list);
	stop(host);
}

/* --- Limits ----------------------------------------------------------------------------------- */

static void
an_over_long_line_is_refused_and_closed(void **state)
{
	struct host *host = *state;
	struct line line;
	size_t size = SVC_LINE_MAX + 1;
	char *text = malloc(size);

	start(host);
	line = dial(host);
	assert_non_null(text);
	memset(text, ' ', size);
	/* The daemon may close before it has taken all. */
	(void)!send(line.fd, text, size, MSG_NOSIGNAL);
	hears_error(&line, SVC_INVALID_REQUEST, -1);
	hears_end(&line);
	hang_up(&line);
	free(text);
	json_decref(call(host, "status", NULL));
	stop(host);
}

static void
a_line_of_the_greatest_length_is_taken(void **state)
{
	static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}";
	struct host *host = *state;
	struct line line;
	size_t size = SVC_LINE_MAX + 1;
	char *text = malloc(size + 1);

	start(host);
	line = dial(host);
	assert_non_null(text);
	memset(text, ' ', size);
	memcpy(text, head, sizeof(head) - 1);
	text[size - 1] = '\n';
	text[size] = '\0';
	for (int i = 0; i < 2; i++) {
		say(&line, text);
		hears_result(&line, 1);
	}
	hang_up(&line);
	free(text);
	stop(host);
}

static void
the_client_hears_why_its_request_is_too_long(void **state)
{
	struct host *host = *state;
	size_t size = SVC_LINE_MAX * 2;
	char *text = malloc(size);
	json_t *params;
	json_t *result = NULL;

	assert_non_null(text);
	memset(text, 'x', size);
	params = json_pack("{s:s#}", "text", text, (int)size);
	start(host);
	assert_int_equal(try_call(host, "echo", params, &result), SVC_CLIENT_ERROR);
	assert_non_null(strstr(buf_text(&host->error), "too long"));
	json_decref(params);
	free(text);
	stop(host);
}

static void
one_client_too_many_is_refused_until_another_leaves(void **state)
{
	struct host *host = *state;
	struct line lines[SVC_CLIENTS_MAX];
	struct line extra;

	start(host);
	for (size_t i = 0; i < SVC_CLIENTS_MAX; i++) {
		lines[i] = dial(host);
		say(&lines[i], "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}\n");
		hears_result(&lines[i], 1);
	}
	extra = dial(host);
	hears_error(&extra, SVC_INVALID_REQUEST, -1);
	hears_end(&extra);
	hang_up(&extra);
	shutdown(lines[0].fd, SHUT_WR);
	hears_end(&lines[0]);
	extra = dial(host);
	say(&extra, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}\n");
	hears_result(&extra, 1);
	hang_up(&extra);
	for (size_t i = 0; i < SVC_CLIENTS_MAX; i++)
		hang_up(&lines[i]);
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	gone(host);
}

static void
half_a_line_and_a_close_harm_nobody(void **state)
{
	struct host *host = *state;
	struct line line;

	start(host);
	for (int i = 0; i < 3; i++) {
		line = dial(host);
		say(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"meth");
		hang_up(&line);
	}
	line = dial(host);
	say(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"meth");
	json_decref(call(host, "status", NULL));
	say(&line, "od\":\"echo\"}\n");
	hears_result(&line, 1);
	hang_up(&line);
	stop(host);
}

/* 400 answers of 100 KB are asked for before the first is taken: they wait as requests. */
static void
a_slow_reader_gets_all_answers_and_costs_little(void **state)
{
	enum { REQUESTS = 400 };
	struct host *host = *state;
	struct buf requests = { 0 };
	struct line line;
	json_t *status;

	start(host);
	line = dial(host);
	for (int id = 1; id <= REQUESTS; id++)
		buf_printf(&requests,
		    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"fill\","
		    "\"params\":{\"size\":100000}}\n",
		    id);
	say(&line, buf_text(&requests)); /* in one piece, which the socket holds */
	buf_release(&requests);
	status = call(host, "status", NULL);
#ifndef SANITIZED
	assert_true(json_integer_value(json_object_get(status, "resident_kib")) < 12288);
#endif
	json_decref(status);
	for (int id = 1; id <= REQUESTS; id++)
		hears_result(&line, id);
	hang_up(&line);
	stop(host);
}

static void
a_client_has_a_limit_of_calls_that_wait(void **state)
{
	struct host *host = *state;
	struct line line;

	start(host);
	line = dial(host);
	for (unsigned i = 0; i < SVC_DEFERRED_MAX; i++)
		say(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"wait\"}\n");
	asks_and_hears(
	    &line, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"wait\"}\n", SVC_FAILED, 2);
	set_value(host, 5);
	for (unsigned i = 0; i < SVC_DEFERRED_MAX; i++)
		hears_result(&line, 1);
	hang_up(&line);
	stop(host);
}

/* --- The registry ----------------------------------------------------------------------------- */

static void
a_registry_change_wakes_the_daemon(void **state)
{
	struct host *host = *state;
	struct line line;

	start(host);
	assert_int_equal(call_integer(host, "count-wakeups", NULL), 0);
	line = dial(host);
	say(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"wait\"}\n"
	           "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"echo\"}\n");
	hears_result(&line, 2); /* so the wait is taken, and it waits */
	set_value(host, 5);
	hears_result(&line, 1);
	hang_up(&line);
	assert_true(call_integer(host, "count-wakeups", NULL) >= 1);
	stop(host);
}

static void
a_waiting_client_that_leaves_is_forgotten(void **state)
{
	struct host *host = *state;
	struct line line;

	start(host);
	line = dial(host);
	say(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"wait\"}\n");
	shutdown(line.fd, SHUT_WR);
	hears_end(&line);
	hang_up(&line);
	set_value(host, 5);
	assert_true(call_integer(host, "wait", NULL) >= 1);
	stop(host);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_daemon_that_is_ready_answers_status),
		TEST(a_failed_stage_says_why_and_takes_down_what_is_up_in_reverse),
		TEST(a_failure_of_the_first_stage_takes_nothing_down),
		TEST(a_daemon_that_dies_while_starting_is_reported_with_its_status),
		TEST(a_missing_program_is_reported),
		TEST(a_folder_without_a_host_is_refused),
		TEST(a_second_instance_is_refused_and_the_first_goes_on),
		TEST(a_new_daemon_follows_one_that_was_killed),
		TEST(a_root_deeper_than_a_socket_address_works),
		TEST(the_socket_is_only_the_users),
		TEST(the_command_line_has_its_exit_statuses),
		TEST(a_stopped_daemon_is_gone_with_its_socket),
		TEST(sigterm_ends_a_daemon_with_status_0),
		TEST(answers_that_are_queued_are_flushed_on_stop),
		TEST(sighup_reloads),
		TEST(errors_have_their_codes_and_the_connection_goes_on),
		TEST(a_notification_gets_no_answer),
		TEST(the_client_tells_an_error_and_a_result),
		TEST(a_call_that_is_not_answered_in_time_is_broken),
		TEST(methods_lists_own_and_built_in_ones_with_their_doc),
		TEST(an_over_long_line_is_refused_and_closed),
		TEST(a_line_of_the_greatest_length_is_taken),
		TEST(the_client_hears_why_its_request_is_too_long),
		TEST(one_client_too_many_is_refused_until_another_leaves),
		TEST(half_a_line_and_a_close_harm_nobody),
		TEST(a_slow_reader_gets_all_answers_and_costs_little),
		TEST(a_client_has_a_limit_of_calls_that_wait),
		TEST(a_registry_change_wakes_the_daemon),
		TEST(a_waiting_client_that_leaves_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
