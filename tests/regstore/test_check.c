/*
 * The check of a store: a whole one has no fault, and each kind of fault is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/registry/history.h"
#include "regstore/store/check.h"
#include "regstore/store/internal.h"
#include "tests/lib/host.h"

static void
take(void *context, const char *fault, const char *remedy UNUSED)
{
	buf_printf(context, "%s\n", fault);
}

static void
check(const struct host *host, struct buf *faults)
{
	buf_clear(faults);
	assert_lstatus(store_check(registry_store(host->registry), take, faults), ERROR_SUCCESS);
}

static void
a_host_that_was_used_is_whole(void **state)
{
	const struct host *host = *state;
	struct registry *registry = host->registry;
	struct buf faults = { 0 };
	reg_key key = host_key(registry, "HKLM\\SOFTWARE\\Stra\xc3\x9f"
	                                 "e\\Below");

	registry_set_dword(registry, key,
	    "gr\xc3\xb6\xc3\x9f"
	    "e",
	    1);
	registry_set_dword(registry, key, "", 2);
	registry_delete_value(registry, key, "");
	registry_delete_key(registry, host_key(registry, "HKLM\\SOFTWARE\\Gone"));
	check(host, &faults);
	assert_string_equal(buf_text(&faults), "");
	buf_release(&faults);
}

/* SQLite's own check begins a file of temporary tables, which a revert has in memory. */
static void
who_has_checked_a_host_can_undo_writes(void **state)
{
	const struct host *host = *state;
	struct reg_revert revert = { 0 };
	struct buf text = { 0 };

	check(host, &text);
	host_key(host->registry, "HKLM\\SOFTWARE\\New");
	assert_lstatus(registry_write_number(host->registry, &revert.last), ERROR_SUCCESS);
	revert.first = revert.last;
	assert_lstatus(registry_revert(host->registry, &revert, NULL, NULL, &text), ERROR_SUCCESS);
	buf_release(&text);
}

/* What breaks a store, and how check says so. */
static const struct {
	const char *sql;
	const char *fault;
} cases[] = {
	{ "DELETE FROM key WHERE path = 'USER'", "the root \"USER\" is missing" },
	{ "UPDATE key SET path = path || 'X' WHERE name = 'B'", "\"B\": its path does not follow" },
	{ "UPDATE key SET security = 999999 WHERE name = 'B'",
	    "\"B\": its security descriptor 999999 is missing" },
	{ "UPDATE value SET key = 999999 WHERE name = 'v'",
	    "value \"v\": its key 999999 is missing" },
	{ "UPDATE value SET folded = 'W' WHERE name = 'v'", "its folded name is" },
	{ "UPDATE value SET since = 999999 WHERE name = 'v'", "write 999999 is not in the log" },
	{ "UPDATE key SET since = 9999999 WHERE name = 'B'", "write 9999999 is not in the log" },
	{ "UPDATE tx SET last = first - 1 WHERE first = 1", "ends before it begins" },
	{ "DELETE FROM tx WHERE first = (SELECT max(first) FROM tx WHERE first < "
	  "(SELECT max(first) FROM tx))",
	    "the write log: nothing ends before" },
	{ "UPDATE value_past SET since = until", "the past of value \"v\"" },
	{ "UPDATE key_past SET since = until + 1", "the past of key" },
	{ "UPDATE key_past SET name = x'ff'", ": its row is damaged" },
	{ "UPDATE value_past SET name = CAST(x'ff' AS TEXT)", "the past of a value of key " },
	{ "UPDATE tx SET changes = x'ff' WHERE first = (SELECT max(first) FROM tx)",
	    "the write log: the list of " },
	{ "UPDATE tx SET changes = CAST(changes || x'0202' AS BLOB) "
	  "WHERE first = (SELECT max(first) FROM tx)",
	    " has 3 entries" },
	{ "UPDATE tx SET changes = CAST(changes || x'03' AS BLOB) "
	  "WHERE first = (SELECT max(first) FROM tx)",
	    " cannot be read" },
	{ "UPDATE key SET name = 'C' WHERE name = 'B'", "\"C\": its path does not follow" },
	{ "UPDATE key SET parent = 999999 WHERE name = 'C'",
	    "\"C\": its parent 999999 is missing" },
};

static void
each_kind_of_fault_is_found(void **state)
{
	const struct host *host = *state;
	struct store *store = registry_store(host->registry);
	reg_key key = host_key(host->registry, "HKLM\\SOFTWARE\\A\\B");
	struct buf faults = { 0 };

	registry_set_dword(host->registry, key, "v", 1);
	registry_set_dword(host->registry, key, "v", 2);
	registry_delete_key(host->registry, host_key(host->registry, "HKLM\\SOFTWARE\\Gone"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_lstatus(store_execute(store, "SAVEPOINT fault"), ERROR_SUCCESS);
		assert_lstatus(store_execute(store, cases[i].sql), ERROR_SUCCESS);
		assert_lstatus(store_execute(store, "RELEASE fault"), ERROR_SUCCESS);
		check(host, &faults);
		if (strstr(buf_text(&faults), cases[i].fault) == NULL)
			fail_msg("%s: %s", cases[i].sql, buf_text(&faults));
	}
	buf_release(&faults);
}

/* --- Repair ------------------------------------------------------------------------------------
 */

/* What each case breaks. */
static void
make_past(const struct host *host)
{
	struct registry *registry = host->registry;
	reg_key key = host_key(registry, "HKLM\\SOFTWARE\\A\\B");

	registry_set_dword(registry, key, "v", 1);
	registry_set_dword(registry, key, "v", 2);
	registry_delete_key(registry, host_key(registry, "HKLM\\SOFTWARE\\Gone"));
}

/* A small host with a past. */
static void
fill(const struct host *host)
{
	struct registry *registry = host->registry;
	char name[32];
	reg_key key;

	make_past(host);
	for (uint32_t i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "HKLM\\SOFTWARE\\K\\%u", i);
		key = host_key(registry, name);
		registry_set_dword(registry, key, "first", i);
		registry_set_dword(registry, key, "second", i);
	}
}

static lstatus
repair(const struct host *host, struct store_repair *result, struct buf *faults)
{
	struct buf error = { 0 };
	lstatus status = store_repair(host->root, take, faults, result, &error);

	/* Who is refused is told why. */
	assert_true(lstatus_ok(status) || error.size > 0);
	buf_release(&error);
	buf_release(&result->backup);
	return status;
}

static void
each_kind_of_fault_is_mended(void **state)
{
	struct host *host = *state;
	struct store_repair result;
	struct buf faults = { 0 };

	fill(host);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_past(host);
		assert_lstatus(
		    store_execute(registry_store(host->registry), cases[i].sql), ERROR_SUCCESS);
		check(host, &faults);
		host_close(host);
		assert_lstatus(repair(host, &result, &faults), ERROR_SUCCESS);
		if (!result.changed)
			fail_msg("%s: nothing was mended", cases[i].sql);
		assert_false(result.salvaged);
		host_open(host);
		check(host, &faults);
		if (faults.size > 0)
			fail_msg("%s: %s", cases[i].sql, buf_text(&faults));
	}
	assert_int_equal(
	    host_dword(host->registry, host_key(host->registry, "HKLM\\SOFTWARE\\K\\7"), "first"),
	    7);
	buf_release(&faults);
}

static void
a_lost_parent_is_made_anew_from_the_path_below_it(void **state)
{
	struct host *host = *state;
	struct store_repair result;
	struct buf faults = { 0 };

	fill(host);
	assert_lstatus(store_execute(registry_store(host->registry),
	                   "DELETE FROM key WHERE name IN ('SOFTWARE', 'K')"),
	    ERROR_SUCCESS);
	host_close(host);
	assert_lstatus(repair(host, &result, &faults), ERROR_SUCCESS);
	host_open(host);
	assert_int_equal(
	    host_dword(host->registry, host_key(host->registry, "HKLM\\SOFTWARE\\A\\B"), "v"), 2);
	buf_release(&faults);
}

/* All that the write log says, in a line for each write. */
static void
tell_log(const struct host *host, struct buf *lines)
{
	struct store_change change;
	struct store_log *log = NULL;
	lstatus status = store_log_open(registry_store(host->registry), 0, UINT64_MAX, false, &log);

	buf_clear(lines);
	while (lstatus_ok(status)) {
		status = store_log_next(log, &change);
		if (lstatus_ok(status))
			buf_printf(lines, "%llu %lld %.*s\n", (unsigned long long)change.number,
			    (long long)change.key, (int)change.length,
			    change.folded != NULL ? change.folded : "");
	}
	assert_lstatus(status, ERROR_NO_MORE_ITEMS);
	store_log_close(log);
}

/* What the write log says before its rows are damaged by `sql`, and after the repair. */
static void
repair_log(struct host *host, const char *sql, struct buf *before, struct buf *after)
{
	struct store_repair result;
	struct buf faults = { 0 };

	fill(host);
	tell_log(host, before);
	assert_lstatus(store_execute(registry_store(host->registry), sql), ERROR_SUCCESS);
	host_close(host);
	assert_lstatus(repair(host, &result, &faults), ERROR_SUCCESS);
	assert_true(result.changed);
	buf_release(&faults);
	host_open(host);
	tell_log(host, after);
}

static void
lists_that_are_damaged_are_made_anew_from_the_rows(void **state)
{
	struct buf before = { 0 };
	struct buf after = { 0 };

	repair_log(*state, "UPDATE tx SET changes = substr(changes, 2)", &before, &after);
	assert_string_equal(buf_text(&after), buf_text(&before));
	buf_release(&before);
	buf_release(&after);
}

/* A row that a repair has put in the place of lost ones has no list. */
static void
read_past_lost(struct host *host, const char *lose)
{
	struct buf before = { 0 };
	struct buf after = { 0 };

	repair_log(host, lose, &before, &after);
	assert_true(after.size > before.size / 2);
	assert_true(after.size < before.size);
	buf_release(&before);
	buf_release(&after);
}

static void
the_write_log_can_be_read_past_what_was_lost(void **state)
{
	read_past_lost(*state, "DELETE FROM tx WHERE first = (SELECT max(first) FROM tx "
	                       "WHERE first < (SELECT max(first) FROM tx))");
}

static void
the_write_log_can_be_read_where_its_beginning_was_lost(void **state)
{
	read_past_lost(*state, "DELETE FROM tx WHERE first = 1");
}

static void
a_whole_host_is_not_changed(void **state)
{
	struct host *host = *state;
	struct store_repair result;
	struct buf faults = { 0 };

	host_close(host);
	assert_lstatus(repair(host, &result, &faults), ERROR_SUCCESS);
	assert_false(result.changed);
	assert_int_equal(faults.size, 0);
	buf_release(&faults);
}

static void
a_host_that_is_open_is_not_repaired(void **state)
{
	const struct host *host = *state;
	struct store_repair result;
	struct buf faults = { 0 };

	assert_lstatus(repair(host, &result, &faults), ERROR_BUSY);
	buf_release(&faults);
}

static void
a_file_that_is_no_database_stays_as_it_is(void **state)
{
	struct host *host = *state;
	struct store_repair result;
	struct buf faults = { 0 };
	char path[sizeof(host->root) + 16];
	char text[16] = { 0 };
	FILE *file;

	host_close(host);
	snprintf(path, sizeof(path), "%s/registry.db", host->root);
	file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fwrite("not a database..", 1, 16, file), 16);
	fclose(file);
	assert_lstatus(repair(host, &result, &faults), ERROR_NOT_REGISTRY_FILE);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, 16, file), 16);
	fclose(file);
	assert_memory_equal(text, "not a database..", 16);
	buf_release(&faults);
}

/* --- Damage ------------------------------------------------------------------------------------
 */

#define DAMAGES 60

static uint32_t
draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
write_file(const char *path, const struct buf *bytes)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
	fclose(file);
}

static void
read_file(const char *path, struct buf *bytes)
{
	char chunk[4096];
	size_t size;
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_append(bytes, chunk, size);
	fclose(file);
}

/* Cut the file, flip bytes anywhere or in the header, or fill a piece of it. */
static void
damage(struct buf *bytes, uint32_t *seed)
{
	uint32_t kind = draw(seed) % 4;
	uint32_t count = 1 + draw(seed) % 16;
	size_t end = kind == 1 ? 100 : bytes->size;
	size_t at;

	if (bytes->size == 0)
		return;
	if (kind == 0) {
		bytes->size = draw(seed) % bytes->size;
	} else if (kind == 3) {
		at = draw(seed) % bytes->size;
		memset(bytes->data + at, (int)draw(seed),
		    bytes->size - at < 4096 ? bytes->size - at : 4096);
	} else {
		for (uint32_t i = 0; i < count; i++)
			bytes->data[draw(seed) % (end < bytes->size ? end : bytes->size)] ^=
			    (uint8_t)(1u << draw(seed) % 8);
	}
}

/* Whatever a damaged host is asked, it answers or fails. */
static void
use_damaged(struct host *host)
{
	struct registry_options options = { .mode = REGISTRY_OPEN, .actor = "tester" };
	struct buf faults = { 0 };
	reg_key key;

	if (!lstatus_ok(registry_open(host->root, &options, &host->registry))) {
		host->registry = NULL;
		return;
	}
	(void)registry_open_key(host->registry, NULL, "HKLM\\SOFTWARE\\K\\7", 0, &key);
	(void)store_check(registry_store(host->registry), take, &faults);
	host_close(host);
	buf_release(&faults);
}

#define HOST_PATH (sizeof(((struct host *)NULL)->root) + 16)

/* The files of the host before the damage; the log is one that a killed writer leaves. */
struct files {
	char database[HOST_PATH];
	char log[HOST_PATH];
	struct buf database_bytes;
	struct buf log_bytes;
};

static bool
survives(struct host *host, const struct files *files, uint32_t seed)
{
	struct buf database = { 0 };
	struct buf log = { 0 };
	struct buf faults = { 0 };
	struct store_repair result;
	reg_key software;
	bool repaired;

	buf_append(&database, files->database_bytes.data, files->database_bytes.size);
	buf_append(&log, files->log_bytes.data, files->log_bytes.size);
	damage(seed % 4 == 0 ? &log : &database, &seed);
	write_file(files->database, &database);
	write_file(files->log, &log);
	use_damaged(host);
	write_file(files->database, &database);
	write_file(files->log, &log);
	repaired = lstatus_ok(repair(host, &result, &faults));
	if (repaired) {
		host_open(host);
		check(host, &faults);
		if (faults.size > 0)
			fail_msg("seed %u: %s", seed, buf_text(&faults));
		/* What a new key would be made in may be lost. */
		if (lstatus_ok(
		        registry_open_key(host->registry, NULL, "HKLM\\SOFTWARE", 0, &software)))
			host_key(host->registry, "HKLM\\SOFTWARE\\New");
		host_close(host);
	}
	buf_release(&database);
	buf_release(&log);
	buf_release(&faults);
	return repaired;
}

static void
a_damaged_host_is_repaired_or_left(void **state)
{
	struct host *host = *state;
	struct files files = { 0 };
	int repaired = 0;

	snprintf(files.database, sizeof(files.database), "%s/registry.db", host->root);
	snprintf(files.log, sizeof(files.log), "%s/registry.db-wal", host->root);
	fill(host);
	store_checkpoint(registry_store(host->registry));
	host_key(host->registry, "HKLM\\SOFTWARE\\Late");
	read_file(files.database, &files.database_bytes);
	read_file(files.log, &files.log_bytes);
	host_close(host);
	for (uint32_t seed = 1; seed <= DAMAGES; seed++)
		repaired += survives(host, &files, seed);
	/* Most damage leaves something to save. */
	assert_true(repaired > DAMAGES / 2);
	buf_release(&files.database_bytes);
	buf_release(&files.log_bytes);
}

/* Keys whose rows are lost are known by their paths still; their values are theirs. */
static void
keys_are_saved_from_the_index_of_their_paths(void **state)
{
	struct host *host = *state;
	struct buf bytes = { 0 };
	struct buf faults = { 0 };
	struct store_repair result;
	struct reg_key_info info;
	char path[sizeof(host->root) + 16];
	int64_t root = 0;
	reg_key key;

	fill(host);
	assert_lstatus(store_query_number(registry_store(host->registry),
	                   "SELECT rootpage FROM sqlite_schema WHERE name = 'key'", &root),
	    ERROR_SUCCESS);
	host_close(host);
	snprintf(path, sizeof(path), "%s/registry.db", host->root);
	read_file(path, &bytes);
	assert_true(bytes.size >= (size_t)root * 4096);
	for (size_t i = 0; i < 4096 && bytes.data != NULL; i++)
		bytes.data[(size_t)(root - 1) * 4096 + i] = 0x5a;
	write_file(path, &bytes);
	assert_lstatus(repair(host, &result, &faults), ERROR_SUCCESS);
	assert_true(result.salvaged);
	host_open(host);
	check(host, &faults);
	assert_string_equal(buf_text(&faults), "");
	for (uint32_t i = 0; i < 200; i++) {
		char name[32];

		snprintf(name, sizeof(name), "HKLM\\SOFTWARE\\K\\%u", i);
		assert_lstatus(
		    registry_open_key(host->registry, NULL, name, 0, &key), ERROR_SUCCESS);
		assert_int_equal(host_dword(host->registry, key, "second"), i);
	}
	assert_lstatus(registry_open_key(host->registry, NULL, "HKLM\\SYSTEM\\CurrentControlSet",
	                   REGISTRY_OPEN_LINK, &key),
	    ERROR_SUCCESS);
	assert_lstatus(registry_query_info(host->registry, key, &info), ERROR_SUCCESS);
	assert_int_equal(info.flags, REGISTRY_CREATE_LINK);
	buf_release(&bytes);
	buf_release(&faults);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_host_that_was_used_is_whole),
		HOST_TEST(who_has_checked_a_host_can_undo_writes),
		HOST_TEST(each_kind_of_fault_is_found),
		HOST_TEST(each_kind_of_fault_is_mended),
		HOST_TEST(a_lost_parent_is_made_anew_from_the_path_below_it),
		HOST_TEST(lists_that_are_damaged_are_made_anew_from_the_rows),
		HOST_TEST(the_write_log_can_be_read_past_what_was_lost),
		HOST_TEST(the_write_log_can_be_read_where_its_beginning_was_lost),
		HOST_TEST(a_whole_host_is_not_changed),
		HOST_TEST(a_host_that_is_open_is_not_repaired),
		HOST_TEST(a_file_that_is_no_database_stays_as_it_is),
		HOST_TEST(keys_are_saved_from_the_index_of_their_paths),
		HOST_TEST(a_damaged_host_is_repaired_or_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
