/*
 * Change notification across processes.
 *
 * A writer rings before its commit returns. So whether a watcher was woken is decided the moment
 * that the commit has returned, and no test here waits for something not to happen.
 */
#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/store/internal.h"
#include "tests/lib/host.h"

#define KEY         "HKLM\\SOFTWARE\\Test"
#define OTHER       "HKLM\\SOFTWARE\\Other"
#define WATCHES     8
#define SLOTS       4096  /* watches that one host takes */
#define LIMIT_MS    10000 /* for what must happen */
#define HISTORIES   4000
#define RACE_ROUNDS 300

/* --- A watcher in a process of its own -------------------------------------------------------- */

enum order { ORDER_WATCH, ORDER_DRAIN, ORDER_WAIT, ORDER_STOP };

struct ask {
	enum order order;
	uint32_t slot;
	uint32_t filter;
	bool subtree;
	char path[256];
};

struct reply {
	uint32_t code;  /* of watching */
	bool readable;  /* the descriptor, before draining */
	bool drained;   /* what draining said */
	uint32_t taken; /* a bit for each watch */
};

struct watcher {
	pid_t process;
	int socket;
};

static void
look(struct registry *registry, struct reg_watch **watches, int limit, struct reply *reply)
{
	struct pollfd poll_ = { .fd = registry_watch_fd(registry), .events = POLLIN };

	reply->readable = poll(&poll_, 1, limit) == 1;
	reply->drained = registry_watch_drain(registry);
	for (uint32_t i = 0; i < WATCHES; i++) {
		if (watches[i] != NULL && registry_watch_taken(watches[i]))
			reply->taken |= 1u << i;
	}
}

static _Noreturn void
serve(const char *root, int socket)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;
	struct reg_watch *watches[WATCHES] = { NULL };
	struct ask ask;

	if (!lstatus_ok(registry_open(root, &options, &registry)))
		_exit(1);
	while (recv(socket, &ask, sizeof(ask), 0) == sizeof(ask) && ask.order != ORDER_STOP) {
		struct reply reply = { 0 };

		if (ask.order == ORDER_WATCH) {
			registry_unwatch(registry, watches[ask.slot]);
			watches[ask.slot] = NULL;
			reply.code = registry_watch(
			    registry, ask.path, ask.subtree, ask.filter, &watches[ask.slot])
			                 .code;
		} else {
			look(registry, watches, ask.order == ORDER_WAIT ? LIMIT_MS : 0, &reply);
		}
		if (send(socket, &reply, sizeof(reply), 0) != sizeof(reply))
			_exit(2);
	}
	registry_close(registry);
	_exit(0);
}

static struct watcher
start_watcher(const struct host *host)
{
	struct watcher watcher;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	watcher.process = fork();
	if (watcher.process == 0) {
		close(pair[0]);
		serve(host->root, pair[1]);
	}
	close(pair[1]);
	watcher.socket = pair[0];
	return watcher;
}

static void
stop_watcher(struct watcher *watcher)
{
	struct ask ask = { .order = ORDER_STOP };

	assert_int_equal(send(watcher->socket, &ask, sizeof(ask), 0), sizeof(ask));
	close(watcher->socket);
	assert_int_equal(host_wait(watcher->process), 0);
}

static struct reply
order(struct watcher *watcher, const struct ask *ask)
{
	struct reply reply = { .code = 0xdeadbeef };

	assert_int_equal(send(watcher->socket, ask, sizeof(*ask), 0), sizeof(*ask));
	assert_int_equal(recv(watcher->socket, &reply, sizeof(reply), 0), sizeof(reply));
	return reply;
}

static void
watch(struct watcher *watcher, uint32_t slot, const char *path, bool subtree, uint32_t filter)
{
	struct ask ask = {
		.order = ORDER_WATCH, .slot = slot, .filter = filter, .subtree = subtree
	};

	snprintf(ask.path, sizeof(ask.path), "%s", path);
	assert_int_equal(order(watcher, &ask).code, ERROR_SUCCESS);
}

/* Which watches are marked now; the descriptor must say the same. */
static uint32_t
drain(struct watcher *watcher)
{
	struct ask ask = { .order = ORDER_DRAIN };
	struct reply reply = order(watcher, &ask);

	assert_int_equal(reply.readable, reply.taken != 0);
	assert_int_equal(reply.drained, reply.taken != 0);
	return reply.taken;
}

/* --- What wakes ------------------------------------------------------------------------------- */

static void
a_watcher_is_woken_by_the_commit_and_not_before(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct watcher watcher = start_watcher(host);

	watch(&watcher, 0, KEY, false, REGISTRY_NOTIFY_ALL);
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(drain(&watcher), 0);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	assert_int_equal(drain(&watcher), 1);
	assert_int_equal(drain(&watcher), 0);
	/* It stays armed. */
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(drain(&watcher), 1);
	stop_watcher(&watcher);
}

static void
a_sleeping_watcher_wakes(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct watcher watcher = start_watcher(host);
	struct ask ask = { .order = ORDER_WAIT };
	struct reply reply = { 0 };

	watch(&watcher, 0, KEY, false, REGISTRY_NOTIFY_ALL);
	assert_int_equal(send(watcher.socket, &ask, sizeof(ask), 0), sizeof(ask));
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(recv(watcher.socket, &reply, sizeof(reply), 0), sizeof(reply));
	assert_true(reply.readable);
	assert_int_equal(reply.taken, 1);
	stop_watcher(&watcher);
}

static void
a_rollback_wakes_nobody(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct watcher watcher = start_watcher(host);

	watch(&watcher, 0, "HKLM", true, REGISTRY_NOTIFY_ALL);
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	registry_set_dword(host->registry, key, "v", 1);
	host_key(host->registry, KEY "\\Sub");
	registry_rollback(host->registry);
	assert_int_equal(drain(&watcher), 0);
	/* Nor does the next transaction ring for what was rolled back. */
	key = host_key(host->registry, OTHER);
	assert_int_equal(drain(&watcher), 1);
	watch(&watcher, 0, KEY, true, REGISTRY_NOTIFY_ALL);
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(drain(&watcher), 0);
	stop_watcher(&watcher);
}

static void
an_empty_transaction_wakes_nobody(void **state)
{
	struct host *host = *state;
	struct watcher watcher = start_watcher(host);
	uint64_t before = UINT64_MAX;
	uint64_t after = 0;

	watch(&watcher, 0, "HKLM", true, REGISTRY_NOTIFY_ALL);
	registry_write_number(host->registry, &before);
	assert_lstatus(registry_begin(host->registry, "nothing"), ERROR_SUCCESS);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	registry_write_number(host->registry, &after);
	assert_int_equal(drain(&watcher), 0);
	assert_int_equal(before, after);
	stop_watcher(&watcher);
}

static void
the_filter_tells_values_from_subkeys(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	reg_key sub = { .id = -1 };
	struct watcher watcher = start_watcher(host);

	watch(&watcher, 0, KEY, false, REGISTRY_NOTIFY_NAME);
	watch(&watcher, 1, KEY, false, REGISTRY_NOTIFY_LAST_SET);
	watch(&watcher, 2, KEY, false, REGISTRY_NOTIFY_SECURITY);
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(drain(&watcher), 2);
	registry_delete_value(host->registry, key, "v");
	assert_int_equal(drain(&watcher), 2);
	registry_delete_value(host->registry, key, "v");
	assert_int_equal(drain(&watcher), 0);
	sub = host_key(host->registry, KEY "\\Sub");
	assert_int_equal(drain(&watcher), 1);
	registry_delete_key(host->registry, sub);
	assert_int_equal(drain(&watcher), 1);
	stop_watcher(&watcher);
}

static void
a_subtree_watch_sees_below_and_a_plain_one_does_not(void **state)
{
	struct host *host = *state;
	reg_key sub = host_key(host->registry, KEY "\\a\\b");
	reg_key alike = host_key(host->registry, KEY "2");
	struct watcher watcher = start_watcher(host);

	watch(&watcher, 0, KEY, false, REGISTRY_NOTIFY_ALL);
	watch(&watcher, 1, KEY, true, REGISTRY_NOTIFY_ALL);
	watch(&watcher, 2, "\\Registry", true, REGISTRY_NOTIFY_ALL);
	registry_set_dword(host->registry, sub, "v", 1);
	assert_int_equal(drain(&watcher), 2 | 4);
	registry_set_dword(host->registry, alike, "v", 1);
	assert_int_equal(drain(&watcher), 4);
	host_key(host->registry, KEY "\\c");
	assert_int_equal(drain(&watcher), 1 | 2 | 4);
	stop_watcher(&watcher);
}

static void
a_subtree_watch_sees_however_deep_it_is(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_watch *shallow = NULL;
	struct reg_watch *deep = NULL;
	struct buf path = { 0 };
	reg_key key;

	buf_append_text(&path, KEY);
	for (int i = 0; i < 100; i++)
		buf_append_text(&path, "\\d");
	host_key(registry, buf_text(&path));
	assert_lstatus(registry_watch(registry, KEY, true, 15, &shallow), ERROR_SUCCESS);
	assert_lstatus(registry_watch(registry, buf_text(&path), true, 15, &deep), ERROR_SUCCESS);
	for (int i = 0; i < 100; i++)
		buf_append_text(&path, "\\e");
	key = host_key(registry, buf_text(&path));
	assert_true(registry_watch_taken(shallow));
	assert_true(registry_watch_taken(deep));
	registry_set_dword(registry, key, "v", 1);
	assert_true(registry_watch_taken(shallow));
	assert_true(registry_watch_taken(deep));
	buf_release(&path);
}

static void
a_watch_on_a_key_that_is_not_there_sees_it_come_and_go(void **state)
{
	struct host *host = *state;
	struct watcher watcher = start_watcher(host);
	reg_key key;

	watch(&watcher, 0, KEY "\\Not\\Yet", false, REGISTRY_NOTIFY_ALL);
	host_key(host->registry, KEY "\\Not");
	assert_int_equal(drain(&watcher), 0);
	key = host_key(host->registry, KEY "\\not\\YET");
	assert_int_equal(drain(&watcher), 1);
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(drain(&watcher), 1);
	registry_delete_tree(host->registry, host_key(host->registry, KEY));
	assert_int_equal(drain(&watcher), 1);
	stop_watcher(&watcher);
}

/* Whether a byte waits for who watches: it was sent within the commit. */
static bool
is_woken(const struct registry *registry)
{
	struct pollfd wait = { .fd = registry_watch_fd(registry), .events = POLLIN };

	return poll(&wait, 1, 0) == 1;
}

static void
a_write_wakes_none_of_a_hundred_who_watch_elsewhere(void **state)
{
	struct host *host = *state;
	struct registry *watchers[100];
	reg_key keys[ARRAY_SIZE(watchers)];
	reg_key other = host_key(host->registry, KEY "\\Other");
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(watchers); i++) {
		struct reg_watch *watch = NULL;

		snprintf(path, sizeof(path), KEY "\\Watched%zu", i);
		keys[i] = host_key(host->registry, path);
		watchers[i] = host_connect(host);
		assert_lstatus(registry_watch(watchers[i], path, true, REGISTRY_NOTIFY_ALL, &watch),
		    ERROR_SUCCESS);
	}
	for (uint32_t i = 0; i < 10; i++)
		assert_lstatus(registry_set_dword(host->registry, other, "v", i), ERROR_SUCCESS);
	for (size_t i = 0; i < ARRAY_SIZE(watchers); i++)
		assert_false(is_woken(watchers[i]));
	assert_lstatus(registry_set_dword(host->registry, keys[42], "v", 1), ERROR_SUCCESS);
	for (size_t i = 0; i < ARRAY_SIZE(watchers); i++) {
		assert_int_equal(is_woken(watchers[i]), i == 42);
		registry_close(watchers[i]);
	}
}

/* Keys below a renamed one leave their paths and come to others. */
static void
a_rename_is_a_change_of_the_paths_below_the_key(void **state)
{
	struct host *host = *state;
	struct watcher watcher = start_watcher(host);
	reg_key key = host_key(host->registry, KEY "\\Old");

	host_key(host->registry, KEY "\\Old\\a\\b");
	watch(&watcher, 0, KEY "\\Old\\a\\b", false, REGISTRY_NOTIFY_NAME);
	watch(&watcher, 1, KEY "\\New\\a\\b", false, REGISTRY_NOTIFY_NAME);
	watch(&watcher, 2, KEY "\\New\\a\\c", true, REGISTRY_NOTIFY_ALL);
	assert_lstatus(registry_rename_key(host->registry, key, "New"), ERROR_SUCCESS);
	assert_int_equal(drain(&watcher), 3);
	stop_watcher(&watcher);
}

static void
values_that_go_with_their_key_are_a_change_of_values(void **state)
{
	struct host *host = *state;
	reg_key with = host_key(host->registry, KEY "\\With");
	struct watcher watcher = start_watcher(host);

	registry_set_dword(host->registry, with, "v", 1);
	host_key(host->registry, KEY "\\Without");
	watch(&watcher, 0, KEY "\\With", false, REGISTRY_NOTIFY_LAST_SET);
	watch(&watcher, 1, KEY "\\Without", false, REGISTRY_NOTIFY_LAST_SET);
	registry_delete_tree(host->registry, host_key(host->registry, KEY));
	assert_int_equal(drain(&watcher), 1);
	stop_watcher(&watcher);
}

static void
a_watch_through_a_link_sees_the_target(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, "HKLM\\SYSTEM\\ControlSet001\\Services\\x");
	struct watcher watcher = start_watcher(host);

	watch(&watcher, 0, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x", false, 15);
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(drain(&watcher), 1);
	key = host_key(host->registry, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x");
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(drain(&watcher), 1);
	stop_watcher(&watcher);
}

static void
only_the_watchers_concerned_are_woken(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct watcher concerned = start_watcher(host);
	struct watcher other = start_watcher(host);

	watch(&concerned, 3, KEY, false, REGISTRY_NOTIFY_ALL);
	watch(&concerned, 5, OTHER, false, REGISTRY_NOTIFY_ALL);
	watch(&other, 0, OTHER, true, REGISTRY_NOTIFY_ALL);
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(drain(&concerned), 1u << 3);
	assert_int_equal(drain(&other), 0);
	stop_watcher(&concerned);
	stop_watcher(&other);
}

static void
a_process_is_woken_by_its_own_writes_and_not_after_it_stopped_watching(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct reg_watch *first = NULL;
	struct reg_watch *second = NULL;

	assert_int_equal(registry_watch_fd(host->registry), -1);
	assert_false(registry_watch_drain(host->registry));
	assert_lstatus(registry_watch(host->registry, KEY, false, 15, &first), ERROR_SUCCESS);
	assert_lstatus(registry_watch(host->registry, KEY, false, 15, &second), ERROR_SUCCESS);
	registry_set_dword(host->registry, key, "v", 1);
	assert_true(registry_watch_drain(host->registry));
	assert_true(registry_watch_taken(first));
	assert_true(registry_watch_taken(second));
	registry_unwatch(host->registry, first);
	registry_set_dword(host->registry, key, "v", 1);
	assert_true(registry_watch_taken(second));
	registry_unwatch(host->registry, second);
	assert_int_equal(registry_watch_fd(host->registry), -1);
	assert_lstatus(
	    registry_watch(host->registry, "nowhere", false, 15, &first), ERROR_BAD_PATHNAME);
	assert_int_equal(registry_watch_fd(host->registry), -1);
}

/* --- Many changes ----------------------------------------------------------------------------- */

/* One transaction that makes `keys` keys and sets `values` values in each. */
static void
write_much(struct registry *registry, uint32_t keys, uint32_t values)
{
	char name[64];

	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	for (uint32_t i = 0; i < keys; i++) {
		reg_key key;

		snprintf(name, sizeof(name), KEY "\\Much\\%u", i);
		key = host_key(registry, name);
		for (uint32_t j = 0; j < values; j++) {
			snprintf(name, sizeof(name), "%u", j);
			assert_lstatus(registry_set_dword(registry, key, name, j), ERROR_SUCCESS);
		}
	}
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
}

static void
a_transaction_of_many_changes_wakes_whom_it_concerns_alone(void **state)
{
	struct host *host = *state;
	struct watcher watcher = start_watcher(host);

	watch(&watcher, 0, KEY "\\Much\\0", false, REGISTRY_NOTIFY_LAST_SET);
	watch(&watcher, 1, KEY "\\Much\\249", false, REGISTRY_NOTIFY_LAST_SET);
	watch(&watcher, 2, OTHER, true, REGISTRY_NOTIFY_ALL);
	write_much(host->registry, 250, 2);
	assert_int_equal(drain(&watcher), 1 | 2);
	stop_watcher(&watcher);
}

static void
a_transaction_of_more_changes_than_are_remembered_wakes_everybody(void **state)
{
	struct host *host = *state;
	struct watcher watcher = start_watcher(host);

	watch(&watcher, 0, KEY "\\Much\\1999", false, REGISTRY_NOTIFY_LAST_SET);
	watch(&watcher, 1, OTHER, false, REGISTRY_NOTIFY_ALL);
	write_much(host->registry, 2000, 1);
	assert_int_equal(drain(&watcher), 1 | 2);
	/* And the next one is back to normal. */
	registry_set_dword(host->registry, host_key(host->registry, KEY), "v", 1);
	assert_int_equal(drain(&watcher), 0);
	stop_watcher(&watcher);
}

static void
an_import_into_one_key_is_one_change(void **state)
{
	struct host *host = *state;
	struct watcher watcher = start_watcher(host);

	watch(&watcher, 0, KEY "\\Much\\0", false, REGISTRY_NOTIFY_ALL);
	watch(&watcher, 1, OTHER, true, REGISTRY_NOTIFY_ALL);
	write_much(host->registry, 1, 20000);
	assert_int_equal(drain(&watcher), 1);
	stop_watcher(&watcher);
}

static void
watchers_that_never_look_do_not_keep_others_asleep(void **state)
{
	struct host *host = *state;
	struct registry *lazy[60];
	reg_key key = host_key(host->registry, KEY);
	struct watcher watcher = start_watcher(host);
	struct reg_watch *ignored = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(lazy); i++) {
		lazy[i] = host_connect(host);
		assert_lstatus(registry_watch(lazy[i], KEY, true, 15, &ignored), ERROR_SUCCESS);
	}
	for (uint32_t i = 0; i < 30; i++)
		registry_set_dword(host->registry, key, "v", i);
	watch(&watcher, 0, KEY, false, 15);
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(drain(&watcher), 1);
	for (size_t i = 0; i < ARRAY_SIZE(lazy); i++)
		registry_close(lazy[i]);
	stop_watcher(&watcher);
}

/* --- Deaths ----------------------------------------------------------------------------------- */

static size_t
count_sockets(const struct host *host)
{
	char path[4200];
	size_t count = 0;
	DIR *folder;
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/run", host->root);
	folder = opendir(path);
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		count += strncmp(entry->d_name, "bell.", 5) == 0;
	closedir(folder);
	return count;
}

static void
kill_watcher(struct watcher *watcher)
{
	kill(watcher->process, SIGKILL);
	assert_int_equal(host_wait(watcher->process), -1);
	close(watcher->socket);
}

static void
a_dead_watcher_is_cleared_away_by_the_next_ring(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct watcher dead = start_watcher(host);
	struct watcher alive = start_watcher(host);

	watch(&dead, 0, KEY, false, 15);
	watch(&alive, 0, KEY, false, 15);
	assert_int_equal(count_sockets(host), 2);
	kill_watcher(&dead);
	assert_int_equal(count_sockets(host), 2);
	registry_set_dword(host->registry, key, "v", 1);
	assert_int_equal(count_sockets(host), 1);
	assert_int_equal(drain(&alive), 1);
	stop_watcher(&alive);
	assert_int_equal(count_sockets(host), 0);
}

static void
the_watches_of_the_dead_are_free_for_the_living(void **state)
{
	struct host *host = *state;
	struct watcher dead = start_watcher(host);
	struct reg_watch *watch_ = NULL;
	reg_key key = host_key(host->registry, KEY);

	for (uint32_t i = 0; i < WATCHES; i++)
		watch(&dead, i, KEY, false, 15);
	kill_watcher(&dead);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_lstatus(
		    registry_watch(host->registry, KEY, false, 15, &watch_), ERROR_SUCCESS);
	assert_lstatus(registry_watch(host->registry, KEY, false, 15, &watch_), ERROR_NO_LOG_SPACE);
	registry_set_dword(host->registry, key, "v", 1);
	assert_true(registry_watch_taken(watch_));
}

static _Noreturn void
die_in_doubt(const struct host *host)
{
	struct store_options options = { .create = false };
	struct store *store = NULL;

	if (lstatus_ok(store_open(host->root, &options, &store)) &&
	    lstatus_ok(store_begin(store, NULL)))
		bell_doubt(store->bell);
	raise(SIGKILL);
	_exit(0);
}

static void
who_comes_next_rings_for_a_writer_that_died_before_it_could(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	struct watcher watcher = start_watcher(host);
	struct registry *next;
	pid_t child;

	watch(&watcher, 0, OTHER, false, 15);
	for (int round = 0; round < 2; round++) {
		child = fork();
		if (child == 0)
			die_in_doubt(host);
		assert_int_equal(host_wait(child), -1);
		assert_int_equal(drain(&watcher), 0);
		/* Who opens the host; and who writes to it. */
		if (round == 0) {
			next = host_connect(host);
			registry_close(next);
		} else {
			registry_set_dword(host->registry, key, "v", 1);
		}
		assert_int_equal(drain(&watcher), 1);
		registry_set_dword(host->registry, key, "v", 1);
		assert_int_equal(drain(&watcher), 0);
	}
	stop_watcher(&watcher);
}

/* --- A model ---------------------------------------------------------------------------------- */

/*
 * The model's keys: below KEY, three names a level, four levels. Node 0 is KEY itself, the children
 * of n are 3n+1 to 3n+3.
 */
#define NODES 121

struct model {
	bool exists[NODES];
	uint32_t values[NODES]; /* a bit for each of the names "0" and "1" */
	uint32_t events[NODES]; /* of the open transaction: REGISTRY_NOTIFY_ bits */
	struct model_watch {
		size_t node;
		bool subtree;
		uint32_t filter; /* 0: none */
	} watches[2][WATCHES];
};

static uint64_t seed;

static uint32_t
roll(uint32_t sides)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % sides;
}

static void
node_path(size_t node, char *path, size_t size)
{
	char parent[128] = KEY;

	if (node > 0) {
		node_path((node - 1) / 3, parent, sizeof(parent));
		snprintf(path, size, "%.120s\\%c", parent, "aBc"[(node - 1) % 3]);
	} else {
		snprintf(path, size, "%s", parent);
	}
}

static bool
is_below(size_t node, size_t above)
{
	while (node > above)
		node = (node - 1) / 3;
	return node == above;
}

static void
model_create(struct model *model, size_t node)
{
	if (model->exists[node])
		return;
	model->exists[node] = true;
	model->values[node] = 0;
	model->events[node] |= REGISTRY_NOTIFY_NAME;
	if (node > 0) {
		model_create(model, (node - 1) / 3);
		model->events[(node - 1) / 3] |= REGISTRY_NOTIFY_NAME;
	}
}

static void
model_delete(struct model *model, size_t node)
{
	for (size_t i = node; i < NODES; i++) {
		if (!model->exists[i] || !is_below(i, node))
			continue;
		model->exists[i] = false;
		model->events[i] |= REGISTRY_NOTIFY_NAME;
		if (model->values[i] != 0)
			model->events[i] |= REGISTRY_NOTIFY_LAST_SET;
	}
	if (node > 0)
		model->events[(node - 1) / 3] |= REGISTRY_NOTIFY_NAME;
}

static bool
model_fires(const struct model *model, const struct model_watch *watch_)
{
	for (size_t i = 0; i < NODES; i++) {
		if ((model->events[i] & watch_->filter) != 0 &&
		    (i == watch_->node || (watch_->subtree && is_below(i, watch_->node))))
			return true;
	}
	return false;
}

/* One random write, in the registry and in the model. */
static void
write_randomly(struct registry *registry, struct model *model)
{
	size_t node = roll(2) == 0 ? roll(13) : roll(NODES);
	uint32_t value = roll(2);
	uint32_t what = roll(8);
	char path[128];
	reg_key key = { .id = -1 };

	node_path(node, path, sizeof(path));
	if (what < 2) {
		host_key(registry, path);
		model_create(model, node);
		return;
	}
	assert_lstatus(registry_open_key(registry, NULL, path, 0, &key),
	    model->exists[node] ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND);
	if (!model->exists[node])
		return;
	if (what == 2) {
		assert_lstatus(registry_delete_tree(registry, key), ERROR_SUCCESS);
		model_delete(model, node);
	} else if (what < 5) {
		bool there = (model->values[node] & 1u << value) != 0;

		assert_lstatus(registry_delete_value(registry, key, value == 0 ? "0" : "1"),
		    there ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND);
		model->values[node] &= ~(1u << value);
		model->events[node] |= there ? REGISTRY_NOTIFY_LAST_SET : 0;
	} else {
		assert_lstatus(
		    registry_set_dword(registry, key, value == 0 ? "0" : "1", what), ERROR_SUCCESS);
		model->values[node] |= 1u << value;
		model->events[node] |= REGISTRY_NOTIFY_LAST_SET;
	}
}

static void
watch_randomly(struct watcher *watcher, struct model_watch *watches)
{
	static const uint32_t filters[] = { REGISTRY_NOTIFY_NAME, REGISTRY_NOTIFY_LAST_SET,
		REGISTRY_NOTIFY_NAME | REGISTRY_NOTIFY_LAST_SET, REGISTRY_NOTIFY_ALL,
		REGISTRY_NOTIFY_SECURITY };
	uint32_t slot = roll(WATCHES);
	char path[128];

	watches[slot] = (struct model_watch){
		.node = roll(3) == 0 ? roll(NODES) : roll(13),
		.subtree = roll(2) == 0,
		.filter = filters[roll(ARRAY_SIZE(filters))],
	};
	node_path(watches[slot].node, path, sizeof(path));
	watch(watcher, slot, path, watches[slot].subtree, watches[slot].filter);
}

static void
check_history(const struct model *model, struct watcher *watchers, uint32_t history)
{
	for (size_t i = 0; i < 2; i++) {
		uint32_t expected = 0;
		uint32_t got = drain(&watchers[i]);

		for (size_t j = 0; j < WATCHES; j++)
			expected |= (uint32_t)model_fires(model, &model->watches[i][j]) << j;
		if (expected != got)
			fail_msg("history %u, watcher %zu: expected %#x, got %#x", history, i,
			    expected, got);
	}
}

static void
random_histories_wake_as_the_model_says(void **state UNUSED)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = true };
	struct host host;
	struct watcher watchers[2];
	struct model model = { .exists = { false } };
	struct model before;

	seed = 20260131;
	host_init(&host);
	assert_lstatus(registry_open(host.root, &options, &host.registry), ERROR_SUCCESS);
	for (size_t i = 0; i < 2; i++)
		watchers[i] = start_watcher(&host);
	for (uint32_t history = 0; history < HISTORIES; history++) {
		uint32_t writes = 1 + roll(6);

		watch_randomly(&watchers[history % 2], model.watches[history % 2]);
		memset(model.events, 0, sizeof(model.events));
		before = model;
		assert_lstatus(registry_begin(host.registry, NULL), ERROR_SUCCESS);
		for (uint32_t i = 0; i < writes; i++)
			write_randomly(host.registry, &model);
		if (roll(5) == 0) {
			registry_rollback(host.registry);
			model = before;
		} else {
			assert_lstatus(registry_commit(host.registry), ERROR_SUCCESS);
		}
		check_history(&model, watchers, history);
	}
	for (size_t i = 0; i < 2; i++)
		stop_watcher(&watchers[i]);
	host_release(&host);
}

/* --- Races ------------------------------------------------------------------------------------ */

/* Count a value of its own key up to RACE_ROUNDS. */
static int
race_writer(const struct host *host, const char *path)
{
	struct registry *registry = host_connect(host);
	reg_key key = host_key(registry, path);

	for (uint32_t i = 1; i <= RACE_ROUNDS; i++) {
		if (!lstatus_ok(registry_set_dword(registry, key, "n", i)))
			return 1;
	}
	registry_close(registry);
	return 0;
}

/*
 * Watch both keys with one connection and read a key only when its watch was marked: a lost mark or
 * wake-up ends in the poll's limit.
 */
static int
race_watcher(const struct host *host, int ready)
{
	static const char *const paths[] = { KEY, OTHER };
	struct registry *registry = host_connect(host);
	struct reg_watch *watches[2];
	uint32_t seen[2] = { 0, 0 };

	for (size_t i = 0; i < 2; i++) {
		if (!lstatus_ok(registry_watch(registry, paths[i], false, 4, &watches[i])))
			return 1;
	}
	if (write(ready, "", 1) != 1)
		return 2;
	while (seen[0] < RACE_ROUNDS || seen[1] < RACE_ROUNDS) {
		struct pollfd poll_ = { .fd = registry_watch_fd(registry), .events = POLLIN };

		if (poll(&poll_, 1, LIMIT_MS) != 1)
			return 3;
		registry_watch_drain(registry);
		for (size_t i = 0; i < 2; i++) {
			if (registry_watch_taken(watches[i]))
				seen[i] = host_dword(registry, host_key(registry, paths[i]), "n");
		}
	}
	registry_close(registry);
	return 0;
}

static void
no_wake_up_is_lost_while_writers_race(void **state)
{
	struct host *host = *state;
	pid_t children[6];
	int ready[2];
	char byte;

	registry_set_dword(host->registry, host_key(host->registry, KEY), "n", 0);
	registry_set_dword(host->registry, host_key(host->registry, OTHER), "n", 0);
	assert_int_equal(pipe(ready), 0);
	for (size_t i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(race_watcher(host, ready[1]));
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(read(ready[0], &byte, 1), 1);
	for (size_t i = 4; i < 6; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(race_writer(host, i == 4 ? KEY : OTHER));
	}
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(host_wait(children[i]), 0);
	close(ready[0]);
	close(ready[1]);
}

/*
 * Watch two keys, with many watches between them in the table, and answer each wake-up with a byte
 * for each of the two that was marked.
 */
static int
answer_marks(const struct host *host, int answers)
{
	struct registry *registry = host_connect(host);
	struct reg_watch *first = NULL;
	struct reg_watch *last = NULL;
	bool ok = lstatus_ok(registry_watch(registry, KEY, false, 15, &first));

	for (int i = 0; i < SLOTS - 2; i++)
		ok = ok && lstatus_ok(registry_watch(registry, KEY "\\x", false, 15, &last));
	ok = ok && lstatus_ok(registry_watch(registry, OTHER, false, 15, &last)) &&
	     write(answers, "r", 1) == 1;
	for (int marks = 0; ok && marks < 2 * RACE_ROUNDS;) {
		struct pollfd poll_ = { .fd = registry_watch_fd(registry), .events = POLLIN };

		ok = poll(&poll_, 1, LIMIT_MS) == 1;
		registry_watch_drain(registry);
		if (registry_watch_taken(first))
			ok = ok && ++marks > 0 && write(answers, "f", 1) == 1;
		if (registry_watch_taken(last))
			ok = ok && ++marks > 0 && write(answers, "l", 1) == 1;
	}
	registry_close(registry);
	return ok ? 0 : 1;
}

static void
who_is_woken_finds_all_the_marks_of_the_commit(void **state)
{
	struct host *host = *state;
	reg_key first = host_key(host->registry, KEY);
	reg_key last = host_key(host->registry, OTHER);
	int answers[2];
	char bytes[2];
	pid_t child;

	assert_int_equal(pipe(answers), 0);
	child = fork();
	if (child == 0)
		_exit(answer_marks(host, answers[1]));
	close(answers[1]);
	assert_int_equal(read(answers[0], bytes, 1), 1);
	for (uint32_t i = 0; i < RACE_ROUNDS; i++) {
		assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
		registry_set_dword(host->registry, first, "v", i);
		registry_set_dword(host->registry, last, "v", i);
		assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
		assert_int_equal(read(answers[0], &bytes[0], 1), 1);
		assert_int_equal(read(answers[0], &bytes[1], 1), 1);
		assert_memory_equal(bytes, "fl", 2);
	}
	close(answers[0]);
	assert_int_equal(host_wait(child), 0);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_watcher_is_woken_by_the_commit_and_not_before),
		HOST_TEST(a_sleeping_watcher_wakes),
		HOST_TEST(a_rollback_wakes_nobody),
		HOST_TEST(an_empty_transaction_wakes_nobody),
		HOST_TEST(the_filter_tells_values_from_subkeys),
		HOST_TEST(a_subtree_watch_sees_below_and_a_plain_one_does_not),
		HOST_TEST(a_subtree_watch_sees_however_deep_it_is),
		HOST_TEST(a_watch_on_a_key_that_is_not_there_sees_it_come_and_go),
		HOST_TEST(a_write_wakes_none_of_a_hundred_who_watch_elsewhere),
		HOST_TEST(a_rename_is_a_change_of_the_paths_below_the_key),
		HOST_TEST(values_that_go_with_their_key_are_a_change_of_values),
		HOST_TEST(a_watch_through_a_link_sees_the_target),
		HOST_TEST(only_the_watchers_concerned_are_woken),
		HOST_TEST(a_process_is_woken_by_its_own_writes_and_not_after_it_stopped_watching),
		HOST_TEST(a_transaction_of_many_changes_wakes_whom_it_concerns_alone),
		HOST_TEST(a_transaction_of_more_changes_than_are_remembered_wakes_everybody),
		HOST_TEST(an_import_into_one_key_is_one_change),
		HOST_TEST(watchers_that_never_look_do_not_keep_others_asleep),
		HOST_TEST(a_dead_watcher_is_cleared_away_by_the_next_ring),
		HOST_TEST(the_watches_of_the_dead_are_free_for_the_living),
		HOST_TEST(who_comes_next_rings_for_a_writer_that_died_before_it_could),
		cmocka_unit_test(random_histories_wake_as_the_model_says),
		HOST_TEST(no_wake_up_is_lost_while_writers_race),
		HOST_TEST(who_is_woken_finds_all_the_marks_of_the_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
