/*
 * What a connection keeps of what it read: repeated reads make no query, and no commit by anybody
 * is missed. The truth to compare with is what a connection reads within a transaction, where
 * nothing is kept. HVEMU_CACHE_ROUNDS says how many random writes are compared (1000).
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"
#include "regstore/store/internal.h"
#include "tests/lib/host.h"

#define KEY "HKLM\\SOFTWARE\\Test"

/* How many statements the connection has run so far. */
static int
count_queries(const struct registry *registry)
{
	int runs = 0;

	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		if (registry->store->statements[i] != NULL)
			runs += sqlite3_stmt_status(
			    registry->store->statements[i], SQLITE_STMTSTATUS_RUN, 0);
	}
	return runs;
}

/* --- One question after the other ------------------------------------------------------------- */

/* All that can be asked of a path and a value name there, as text. */
static void
describe(struct registry *registry, const char *path, const char *name, struct buf *out)
{
	struct reg_value_list values = { 0 };
	struct reg_key_list keys = { 0 };
	struct reg_key_info info = { 0 };
	struct buf data = { 0 };
	uint32_t type = 0;
	reg_key key = { 0 };
	lstatus status = registry_open_key(registry, NULL, path, 0, &key);

	buf_printf(out, "%s: %s %lld %lld\n", path, lstatus_name(status), (long long)key.id,
	    (long long)key.below);
	if (!lstatus_ok(status))
		return;
	for (int i = 0; i < 2; i++) {
		const char *asked = i == 0 ? name : "W";

		buf_clear(&data);
		status = registry_query_value(registry, key, asked, &type, &data);
		buf_printf(out, "%s: %s %u %zu ", asked, lstatus_name(status), type, data.size);
		buf_append(out, data.data, data.size);
	}
	status = registry_list_values(registry, key, &values);
	buf_printf(out, "\nvalues: %s", lstatus_name(status));
	for (size_t i = 0; i < values.count; i++) {
		buf_printf(out, " %s/%u/", values.entries[i].name, values.entries[i].type);
		buf_append(out, values.entries[i].data, values.entries[i].size);
	}
	status = registry_list_keys(registry, key, &keys);
	buf_printf(out, "\nkeys: %s", lstatus_name(status));
	for (size_t i = 0; i < keys.count; i++)
		buf_printf(out, " %s/%lld/%lld/%u/%lld", keys.entries[i].name,
		    (long long)keys.entries[i].key.id, (long long)keys.entries[i].key.below,
		    keys.entries[i].flags, (long long)keys.entries[i].last_write);
	status = registry_query_info(registry, key, &info);
	buf_printf(out, "\ninfo: %s %u %u %u %lld %u %u %u %u\n", lstatus_name(status),
	    info.subkeys, info.values, info.flags, (long long)info.last_write,
	    info.max_subkey_units, info.max_value_units, info.max_class_size, info.max_data_size);
	reg_value_list_release(&values);
	reg_key_list_release(&keys);
	buf_release(&data);
}

/* What `registry` says, having kept what it kept, is what `truth` reads in a transaction. */
static void
assert_true_at(
    struct registry *registry, struct registry *truth, const char *path, const char *name)
{
	struct buf kept = { 0 };
	struct buf read = { 0 };

	describe(registry, path, name, &kept);
	assert_lstatus(registry_begin(truth, NULL), ERROR_SUCCESS);
	describe(truth, path, name, &read);
	registry_rollback(truth);
	if (kept.size != read.size || memcmp(kept.data, read.data, kept.size) != 0)
		print_message("kept:\n%s\nread:\n%s\n", buf_text(&kept), buf_text(&read));
	assert_int_equal(kept.size, read.size);
	assert_memory_equal(kept.data, read.data, kept.size);
	buf_release(&kept);
	buf_release(&read);
}

static void
a_repeated_read_makes_no_query(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	reg_key key = host_key(registry, KEY "\\Sub");
	struct buf text = { 0 };
	int before;

	registry_set_dword(registry, key, "v", 1);
	for (int round = 0; round < 2; round++) {
		before = count_queries(registry);
		describe(registry, KEY "\\Sub", "v", &text);
		describe(registry, KEY, "none", &text);
		describe(registry, KEY "\\None", "v", &text);
		describe(registry, "HKCR\\None", "v", &text);
		describe(registry, "HKLM\\SYSTEM\\CurrentControlSet\\Services", "v", &text);
		if (round == 0)
			assert_true(count_queries(registry) > before);
		else
			assert_int_equal(count_queries(registry), before);
	}
	buf_release(&text);
}

/* The queries that it takes to ask a key for so many values, one by one; it has `count`. */
static int
count_reads(struct registry *registry, reg_key key, uint32_t count, uint32_t asked)
{
	int before = count_queries(registry);

	for (uint32_t i = 0; i < asked; i++) {
		struct buf data = { 0 };
		char name[16];

		/* In the other case than they were set in. */
		snprintf(name, sizeof(name), "VALUE%u", i);
		assert_lstatus(registry_query_value(registry, key, name, NULL, &data),
		    i < count ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND);
		if (i < count)
			assert_memory_equal(data.data, &i, sizeof(i));
		buf_release(&data);
	}
	return count_queries(registry) - before;
}

static reg_key
make_values(struct registry *registry, const char *path, uint32_t count)
{
	reg_key key = host_key(registry, path);
	char name[16];

	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "value%u", i);
		assert_lstatus(registry_set_dword(registry, key, name, i), ERROR_SUCCESS);
	}
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
	return key;
}

static void
the_values_of_a_key_are_read_together_when_a_second_is_asked_for(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key first = make_values(other, KEY "\\First", 20);
	reg_key second = make_values(other, KEY "\\Second", 20);
	struct reg_value_list list;
	int before;

	/* One value, then the list; of the next key the list, which tells of what is absent too. */
	assert_int_equal(count_reads(host->registry, first, 20, 1), 1);
	assert_int_equal(count_reads(host->registry, first, 20, 20), 1);
	assert_int_equal(count_reads(host->registry, second, 20, 30), 1);
	assert_int_equal(count_reads(host->registry, second, 20, 30), 0);
	before = count_queries(host->registry);
	assert_lstatus(registry_list_values(host->registry, second, &list), ERROR_SUCCESS);
	assert_int_equal(list.count, 20);
	assert_int_equal(count_queries(host->registry), before);
	reg_value_list_release(&list);
	/* What was committed since is read. */
	assert_lstatus(registry_set_dword(other, second, "value7", 7777), ERROR_SUCCESS);
	assert_int_equal(host_dword(host->registry, second, "value7"), 7777);
	assert_lstatus(registry_delete_value(other, second, "value8"), ERROR_SUCCESS);
	assert_lstatus(registry_query_value(host->registry, second, "value8", NULL, NULL),
	    ERROR_FILE_NOT_FOUND);
	registry_close(other);
}

static void
single_values_of_many_keys_are_read_alone(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key keys[30];
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		snprintf(path, sizeof(path), KEY "\\Key%zu", i);
		keys[i] = make_values(other, path, 5);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		count_reads(host->registry, keys[i], 5, 1);
	assert_int_equal(host->registry->ahead.read_on, false);
	assert_int_equal(sqlite3_stmt_status(store_statement(host->registry->store, SQL_VALUE_LIST),
	                     SQLITE_STMTSTATUS_RUN, 0),
	    0);
	registry_close(other);
}

static void
the_values_of_a_large_key_are_read_alone(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key many = make_values(other, KEY "\\Many", STORE_SMALL_VALUES + 1);
	reg_key most = make_values(other, KEY "\\Most", STORE_SMALL_VALUES);
	reg_key large = make_values(other, KEY "\\Large", 20);
	static const uint8_t data[5000];

	assert_lstatus(registry_set_value(other, large, "data", REG_BINARY, data, sizeof(data)),
	    ERROR_SUCCESS);
	/* It is tried once, which begins one query more. */
	assert_int_equal(count_reads(host->registry, many, STORE_SMALL_VALUES + 1, 20), 21);
	assert_int_equal(count_reads(host->registry, most, STORE_SMALL_VALUES, 20), 1);
	assert_int_equal(count_reads(host->registry, large, 20, 20), 21);
	registry_close(other);
}

static void
a_commit_elsewhere_costs_no_query_here(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key key = host_key(host->registry, KEY);
	reg_key elsewhere = host_key(host->registry, "HKLM\\SOFTWARE\\Elsewhere");
	struct buf text = { 0 };
	int queries = 0;
	int before;

	registry_set_dword(host->registry, key, "v", 1);
	describe(host->registry, KEY, "v", &text);
	before = count_queries(host->registry);
	for (uint32_t i = 0; i < 100; i++) {
		assert_lstatus(registry_set_dword(other, elsewhere, "v", i), ERROR_SUCCESS);
		assert_int_equal(host_dword(host->registry, key, "v"), 1);
		assert_true(host_key(host->registry, KEY).id == key.id);
	}
	/* Two things can share a stamp; then each of these commits would cost a query. */
	queries = count_queries(host->registry) - before;
	assert_true(queries == 0 || queries >= 100);
	buf_release(&text);
	registry_close(other);
}

static void
a_commit_here_and_elsewhere_is_seen_at_once(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key key = host_key(host->registry, KEY);

	for (uint32_t i = 0; i < 10; i++) {
		registry_set_dword(i % 2 == 0 ? other : host->registry, key, "v", i);
		assert_int_equal(host_dword(host->registry, key, "v"), i);
		assert_int_equal(host_dword(other, key, "v"), i);
	}
	registry_close(other);
}

static void
a_transaction_sees_its_own_writes_and_a_rollback_leaves_none(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	reg_key key = host_key(registry, KEY);
	reg_key gone = { .id = -1 };

	registry_set_dword(registry, key, "v", 1);
	assert_int_equal(host_dword(registry, key, "v"), 1);
	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	registry_set_dword(registry, key, "v", 2);
	assert_int_equal(host_dword(registry, key, "v"), 2);
	gone = host_key(registry, KEY "\\Gone");
	registry_set_dword(registry, gone, "v", 3);
	assert_int_equal(host_dword(registry, gone, "v"), 3);
	registry_rollback(registry);
	assert_int_equal(host_dword(registry, key, "v"), 1);
	assert_lstatus(
	    registry_open_key(registry, NULL, KEY "\\Gone", 0, &key), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_query_value(registry, gone, "v", NULL, NULL), ERROR_KEY_DELETED);
	/* The number of the key that was rolled back is another key's now. */
	gone = host_key(registry, KEY "\\New");
	assert_lstatus(registry_query_value(registry, gone, "v", NULL, NULL), ERROR_FILE_NOT_FOUND);
}

/* What is read beside rows that are being read is of their moment, which others have left behind.
 */
static void
what_is_read_during_a_walk_is_not_kept(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key key = host_key(host->registry, KEY "\\a");
	struct store_walk *walk = NULL;
	struct store_walk_row row;

	registry_set_dword(other, key, "v", 1);
	assert_lstatus(
	    store_walk_begin(host->registry->store, host_key(host->registry, KEY).id, &walk),
	    ERROR_SUCCESS);
	assert_lstatus(store_walk_next(walk, &row), ERROR_SUCCESS);
	registry_set_dword(other, key, "v", 2);
	assert_int_equal(host_dword(host->registry, key, "v"), 1);
	store_walk_end(walk);
	assert_int_equal(host_dword(host->registry, key, "v"), 2);
	registry_close(other);
}

static void
a_turned_link_leads_elsewhere_at_once(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	reg_key link = { .id = -1 };
	reg_key found = { .id = -1 };
	reg_key targets[2];
	const char *paths[] = { KEY "\\a", KEY "\\b" };

	for (size_t i = 0; i < 2; i++)
		targets[i] = host_key(host->registry, paths[i]);
	assert_lstatus(
	    registry_create_key(other, NULL, KEY "\\Link", REGISTRY_CREATE_LINK, &link, NULL),
	    ERROR_SUCCESS);
	for (size_t i = 0; i < 6; i++) {
		registry_set_text(other, link, "SymbolicLinkValue", REG_LINK,
		    i % 2 == 0 ? "\\Registry\\Machine\\SOFTWARE\\Test\\a"
		               : "\\Registry\\Machine\\SOFTWARE\\Test\\b");
		assert_lstatus(registry_open_key(host->registry, NULL, KEY "\\Link", 0, &found),
		    ERROR_SUCCESS);
		assert_int_equal(found.id, targets[i % 2].id);
	}
	assert_lstatus(registry_delete_key(other, link), ERROR_SUCCESS);
	assert_lstatus(
	    registry_open_key(host->registry, NULL, KEY "\\Link", 0, &found), ERROR_FILE_NOT_FOUND);
	registry_close(other);
}

static void
what_is_kept_has_a_limit(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	static uint8_t data[60000];
	char name[16];

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	for (uint32_t i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "%u", i);
		registry_set_value(host->registry, key, name, REG_BINARY, data, sizeof(data));
	}
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	for (uint32_t i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "%u", i);
		registry_query_value(host->registry, key, name, NULL, NULL);
		assert_true(host->registry->cache.bytes <= 4u << 20);
	}
	assert_true(host->registry->cache.bytes > 3u << 20);
	/* The last are there, and right. */
	assert_lstatus(
	    registry_query_value(host->registry, key, "399", NULL, NULL), ERROR_FILE_NOT_FOUND);
	assert_lstatus(registry_query_value(host->registry, key, "199", NULL, NULL), ERROR_SUCCESS);
}

/* --- A writer that dies ----------------------------------------------------------------------- */

/* Make the first change odd, commit or not, and die before the bell is rung. */
static _Noreturn void
die_in_doubt(const struct host *host, reg_key key, bool commits)
{
	struct registry *registry = host_connect(host);
	struct store *store = registry->store;

	if (lstatus_ok(registry_begin(registry, NULL)) &&
	    lstatus_ok(registry_set_dword(registry, key, "v", 2))) {
		bell_doubt(store->bell);
		if (commits)
			sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	}
	raise(SIGKILL);
	_exit(0);
}

static void
a_writer_that_dies_in_doubt_leaves_readers_slow_and_right(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, KEY);
	reg_key other = host_key(host->registry, "HKLM\\SOFTWARE\\Other");
	int before;

	for (int commits = 0; commits < 2; commits++) {
		pid_t child;

		registry_set_dword(host->registry, key, "v", 1);
		assert_int_equal(host_dword(host->registry, key, "v"), 1);
		child = fork();
		if (child == 0)
			die_in_doubt(host, key, commits != 0);
		assert_int_equal(host_wait(child), -1);
		for (int i = 0; i < 2; i++) {
			before = count_queries(host->registry);
			assert_int_equal(host_dword(host->registry, key, "v"), 1 + commits);
			assert_true(count_queries(host->registry) > before);
		}
		/* The next writer brings it into order. */
		registry_set_dword(host->registry, other, "x", 1);
		assert_int_equal(host_dword(host->registry, key, "v"), 1 + commits);
		before = count_queries(host->registry);
		assert_int_equal(host_dword(host->registry, key, "v"), 1 + commits);
		assert_int_equal(count_queries(host->registry), before);
	}
}

/* --- Random writes ---------------------------------------------------------------------------- */

static uint64_t seed = 7;

static uint32_t
roll(uint32_t sides)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % sides;
}

/* One of few paths, so that they meet: of a view of two keys, through links, in either case. */
static void
roll_path(char path[128])
{
	static const char *const tops[] = { KEY, "HKCR\\Test", "HKLM\\SOFTWARE\\Classes\\Test",
		"HKU\\" REGISTRY_USER_SID "_Classes\\Test", "HKLM\\SYSTEM\\CurrentControlSet\\Test",
		KEY "\\Link", KEY "\\Link\\a" };
	static const char *const names[] = { "a", "B", "A", "c" };
	size_t length = (size_t)snprintf(path, 128, "%s", tops[roll(ARRAY_SIZE(tops))]);

	for (uint32_t depth = roll(4); depth > 0; depth--)
		length += (size_t)snprintf(
		    path + length, 128 - length, "\\%s", names[roll(ARRAY_SIZE(names))]);
}

static const char *
roll_name(void)
{
	static const char *const names[] = { "", "v", "V", "w" };

	return names[roll(ARRAY_SIZE(names))];
}

static void
write_key(struct registry *registry, reg_key key)
{
	static const char *const names[] = { "a", "b", "c" };

	switch (roll(8)) {
	case 0:
		registry_delete_key(registry, key);
		break;
	case 1:
		registry_delete_tree(registry, key);
		break;
	case 2:
		registry_rename_key(registry, key, names[roll(3)]);
		break;
	case 3:
		registry_set_class(registry, key, "class of the key", 2 * roll(8));
		break;
	case 4:
		registry_delete_value(registry, key, roll_name());
		break;
	default:
		registry_set_dword(registry, key, roll_name(), roll(1000));
		break;
	}
}

static void
turn_link(struct registry *registry, const char *path)
{
	struct buf target = { 0 };
	reg_key link = { 0 };

	if (!lstatus_ok(registry_open_key(registry, NULL, KEY "\\Link", REGISTRY_OPEN_LINK, &link)))
		registry_create_key(
		    registry, NULL, KEY "\\Link", REGISTRY_CREATE_LINK, &link, NULL);
	if (strncmp(path, "HKLM\\", 5) != 0)
		return;
	buf_printf(&target, "\\Registry\\Machine\\%s", path + 5);
	registry_set_text(registry, link, "SymbolicLinkValue", REG_LINK, buf_text(&target));
	buf_release(&target);
}

static void
write_randomly(struct registry *registry)
{
	char path[128];
	reg_key key = { 0 };

	roll_path(path);
	if (roll(12) == 0)
		turn_link(registry, path);
	else if (roll(3) == 0)
		registry_create_key(registry, NULL, path, 0, &key, NULL);
	else if (lstatus_ok(registry_open_key(
	             registry, NULL, path, roll(4) == 0 ? REGISTRY_OPEN_LINK : 0, &key)))
		write_key(registry, key);
}

static void
random_writes_are_never_missed(void **state)
{
	const char *setting = getenv("HVEMU_CACHE_ROUNDS");
	long rounds = setting != NULL ? strtol(setting, NULL, 10) : 1000;
	struct host *host = *state;
	struct registry *writer = host_connect(host);
	struct registry *truth = host_connect(host);
	struct reg_watch *watch = NULL;
	char path[128];

	for (long round = 0; round < rounds; round++) {
		struct registry *who = roll(3) == 0 ? host->registry : writer;
		uint32_t how = roll(8);

		/* What is committed while somebody watches is told through the shared page too. */
		if (round == rounds / 4)
			registry_watch(truth, "HKLM", true, REGISTRY_NOTIFY_LAST_SET, &watch);
		if (how < 3)
			registry_begin(who, NULL);
		for (uint32_t writes = how < 3 ? roll(5) : 1; writes > 0; writes--)
			write_randomly(who);
		if (how == 0)
			registry_rollback(who);
		else if (how < 3)
			assert_lstatus(registry_commit(who), ERROR_SUCCESS);
		for (int i = 0; i < 3; i++) {
			roll_path(path);
			assert_true_at(host->registry, truth, path, roll_name());
		}
	}
	registry_close(writer);
	registry_close(truth);
}

/* --- Many at once ----------------------------------------------------------------------------- */

#define WRITERS 3
#define READERS 3
#define COUNTS  400

/* What each writer was told is committed, for all to see. */
struct board {
	_Atomic uint32_t committed[WRITERS];
	_Atomic uint32_t wrong;
};

static void
counter_path(int writer, char path[64])
{
	snprintf(path, 64, KEY "\\Counter%d", writer);
}

static void
count_up(struct registry *registry, int writer, struct board *board)
{
	char path[64];
	reg_key key = { 0 };

	counter_path(writer, path);
	if (!lstatus_ok(registry_create_key(registry, NULL, path, 0, &key, NULL)))
		atomic_fetch_add(&board->wrong, 1);
	for (uint32_t i = 1; i <= COUNTS; i++) {
		/* Some are rolled back, with a number that nobody may ever see. */
		if (i % 8 == 0 && lstatus_ok(registry_begin(registry, NULL))) {
			registry_set_dword(registry, key, "count", UINT32_MAX);
			registry_rollback(registry);
		}
		if (!lstatus_ok(registry_set_dword(registry, key, "count", i)))
			atomic_fetch_add(&board->wrong, 1);
		atomic_store(&board->committed[writer], i);
	}
}

/* The count by path, handle or list; 0 if there is none yet. */
static uint32_t
read_count(struct registry *registry, int writer, uint32_t how)
{
	struct reg_value_list list = { 0 };
	struct buf data = { 0 };
	uint32_t count = 0;
	reg_key key = { 0 };
	char path[64];

	counter_path(writer, path);
	if (!lstatus_ok(registry_open_key(registry, NULL, path, 0, &key)))
		return 0;
	if (how % 2 == 0) {
		if (lstatus_ok(registry_query_value(registry, key, "count", NULL, &data)))
			memcpy(&count, data.data, sizeof(count));
		buf_release(&data);
	} else {
		if (lstatus_ok(registry_list_values(registry, key, &list)) && list.count > 0)
			memcpy(&count, list.entries[0].data, sizeof(count));
		reg_value_list_release(&list);
	}
	return count;
}

static void
read_counts(struct registry *registry, struct board *board)
{
	uint32_t seen[WRITERS] = { 0 };
	bool done = false;

	for (uint32_t round = 0; !done; round++) {
		done = true;
		for (int i = 0; i < WRITERS; i++) {
			uint32_t known = atomic_load(&board->committed[i]);
			uint32_t count = read_count(registry, i, round);

			if (count < known || count < seen[i] || count > COUNTS)
				atomic_fetch_add(&board->wrong, 1);
			seen[i] = count;
			done = done && known == COUNTS;
		}
	}
}

static void
take_part(const struct host *host, int who, struct board *board)
{
	struct registry *registry = host_connect(host);
	struct reg_watch *watch = NULL;

	/* Every other watches: then what is committed is told through the shared page too. */
	if (who % 2 == 0)
		registry_watch(registry, KEY, true, REGISTRY_NOTIFY_LAST_SET, &watch);
	if (who < WRITERS)
		count_up(registry, who, board);
	else
		read_counts(registry, board);
	registry_close(registry);
}

static void
no_process_reads_what_is_older_than_a_commit_it_knows_of(void **state)
{
	struct host *host = *state;
	struct board *board =
	    mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[WRITERS + READERS];

	assert_true(board != MAP_FAILED);
	for (int i = 0; i < WRITERS + READERS; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			take_part(host, i, board);
			_exit(0);
		}
	}
	for (int i = 0; i < WRITERS + READERS; i++)
		assert_int_equal(host_wait(children[i]), 0);
	assert_int_equal(atomic_load(&board->wrong), 0);
	munmap(board, sizeof(*board));
}

struct thread {
	const struct host *host;
	struct board *board;
	int who;
	pthread_t thread;
};

static void *
run_thread(void *context)
{
	struct thread *thread = context;

	take_part(thread->host, thread->who, thread->board);
	return NULL;
}

static void
no_thread_reads_what_is_older_than_a_commit_it_knows_of(void **state)
{
	struct board board = { 0 };
	struct thread threads[WRITERS + READERS];

	for (int i = 0; i < WRITERS + READERS; i++) {
		threads[i] = (struct thread){ .host = *state, .board = &board, .who = i };
		assert_int_equal(
		    pthread_create(&threads[i].thread, NULL, run_thread, &threads[i]), 0);
	}
	for (int i = 0; i < WRITERS + READERS; i++)
		pthread_join(threads[i].thread, NULL);
	assert_int_equal(atomic_load(&board.wrong), 0);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_repeated_read_makes_no_query),
		HOST_TEST(the_values_of_a_key_are_read_together_when_a_second_is_asked_for),
		HOST_TEST(single_values_of_many_keys_are_read_alone),
		HOST_TEST(the_values_of_a_large_key_are_read_alone),
		HOST_TEST(a_commit_elsewhere_costs_no_query_here),
		HOST_TEST(a_commit_here_and_elsewhere_is_seen_at_once),
		HOST_TEST(a_transaction_sees_its_own_writes_and_a_rollback_leaves_none),
		HOST_TEST(what_is_read_during_a_walk_is_not_kept),
		HOST_TEST(a_turned_link_leads_elsewhere_at_once),
		HOST_TEST(what_is_kept_has_a_limit),
		HOST_TEST(a_writer_that_dies_in_doubt_leaves_readers_slow_and_right),
		HOST_TEST(random_writes_are_never_missed),
		HOST_TEST(no_process_reads_what_is_older_than_a_commit_it_knows_of),
		HOST_TEST(no_thread_reads_what_is_older_than_a_commit_it_knows_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
