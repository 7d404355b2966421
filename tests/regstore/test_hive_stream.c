/*
 * Large hives: what is kept in memory does not grow with the file, when it is written and when it
 * is read. A child process does either with less memory to be had than the file is long.
 */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "regstore/base/macro.h"
#include "regstore/formats/hive.h"
#include "regstore/formats/hive_image.h"
#include "tests/lib/host.h"
#include "tests/lib/tree.h"

#if defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) /* gcc */
#define SANITIZED 1
#endif

#ifdef SANITIZED
enum { LIMITS_WORK = 0, KEYS = 1000, WIDE_VALUES = 20 };
#else
enum { LIMITS_WORK = 1, KEYS = 20000, WIDE_VALUES = 500 };
#endif

#define TOP "HKLM\\SOFTWARE\\Top"

enum {
	GROUP = 1000, /* keys side by side */
	DATA_SIZE = 700,
	VALUES = 4,
	WIDE_SIZE = 60000,
	FILE_MIN = 64 << 20,     /* what the tree makes at least */
	MEMORY_MAX = 16 << 20,   /* that a child may take in addition to what it begins with */
	DATABASE_MAX = 4 << 20,  /* of it for SQLite, whose cache is larger than this otherwise */
	FILE_SIZE_MAX = 1 << 20, /* where a file may not be as long as it would be */
};

/* Results of a child. */
enum {
	CHILD_OK,
	CHILD_FAILED,
	CHILD_NO_LIMIT, /* the limit is not in force here */
};

static void
file_in(const struct host *host, const char *name, char *ret_path, size_t size)
{
	snprintf(ret_path, size, "%s/%s", host->root, name);
}

/* --- Children --------------------------------------------------------------------------- */

/* What the process has of private memory, as RLIMIT_DATA counts it; 0 if that is not known. */
static size_t
data_size(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[256];

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "VmData:", 7) == 0)
			kib = strtoul(line + 7, NULL, 10);
	}
	fclose(file);
	return kib * 1024;
}

/* Let the process have so much memory more. False if it then has more all the same. */
static bool
limit_memory(size_t more)
{
	size_t limit = data_size() + more;
	struct rlimit data = { .rlim_cur = limit, .rlim_max = limit };
	void *all;

	if (limit == more || setrlimit(RLIMIT_DATA, &data) != 0)
		return false;
	sqlite3_soft_heap_limit64(DATABASE_MAX);
	all = malloc(more);
	free(all);
	return all == NULL;
}

/* Run in a child, which has its own connection to the host; the exit status. */
static int
in_child(const struct host *host, int (*run)(const struct host *host, struct registry *registry))
{
	struct registry_options options = { .mode = REGISTRY_OPEN, .actor = "child" };
	struct registry *registry = NULL;
	pid_t child = fork();
	int code = CHILD_FAILED;

	assert_true(child >= 0);
	if (child > 0)
		return host_wait(child);
	if (lstatus_ok(registry_open(host->root, &options, &registry)))
		code = run(host, registry);
	registry_close(registry);
	fflush(stdout);
	_exit(code);
}

/* As the tests' assertions, which cannot be used in a child. */
static bool
succeeded(lstatus status, const struct reg_hive_report *report)
{
	if (!lstatus_ok(status))
		print_error("%s: %s\n", lstatus_name(status), report->message);
	return lstatus_ok(status);
}

/* --- A large tree ----------------------------------------------------------------------- */

static lstatus
fill_key(
    struct registry *registry, reg_key key, uint32_t seed, int count, uint8_t *data, size_t size)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (int i = 0; i < count && lstatus_ok(status); i++) {
		char name[32];

		snprintf(name, sizeof(name), "Value %d", i);
		for (size_t at = 0; at + 4 <= size; at += 4)
			hive_put32(data + at, tree_random(&seed));
		status = registry_set_value(registry, key, name, REG_BINARY, data, size);
	}
	return status;
}

/* Many keys of small values, and one whose values alone would be too much for a child. */
static int
build(const struct host *host UNUSED, struct registry *registry)
{
	uint8_t *data = malloc(WIDE_SIZE);
	lstatus status = registry_begin(registry, NULL);
	reg_key key;

	for (uint32_t i = 1; i <= KEYS && data != NULL && lstatus_ok(status); i++) {
		char path[128];

		snprintf(path, sizeof(path), TOP "\\From\\Group %u\\Key %u", i / GROUP, i);
		status = registry_create_key(registry, NULL, path, 0, &key, NULL);
		if (lstatus_ok(status))
			status = fill_key(registry, key, i, VALUES, data, DATA_SIZE);
	}
	if (lstatus_ok(status))
		status = registry_create_key(registry, NULL, TOP "\\From\\Wide", 0, &key, NULL);
	if (data != NULL && lstatus_ok(status))
		status = fill_key(registry, key, 7, WIDE_VALUES, data, WIDE_SIZE);
	if (lstatus_ok(status))
		status = registry_commit(registry);
	free(data);
	return data != NULL && lstatus_ok(status) ? CHILD_OK : CHILD_FAILED;
}

static int
save_large(const struct host *host, struct registry *registry)
{
	struct reg_hive_report report = { 0 };
	char path[8192];
	reg_key key;
	bool done = false;

	file_in(host, "large.hiv", path, sizeof(path));
	if (lstatus_ok(registry_open_key(registry, NULL, TOP "\\From", 0, &key)))
		done = succeeded(reg_hive_save(registry, key, path, &report), &report);
	reg_hive_report_release(&report);
	return done ? CHILD_OK : CHILD_FAILED;
}

static int
load_large(const struct host *host, struct registry *registry)
{
	struct reg_hive_report report = { 0 };
	char path[8192];
	reg_key key;
	bool done = false;

	file_in(host, "large.hiv", path, sizeof(path));
	if (lstatus_ok(registry_create_key(registry, NULL, TOP "\\To", 0, &key, NULL)))
		done = succeeded(
		    reg_hive_load(registry, path, key, REG_HIVE_REPLACE, &report), &report);
	done = done && report.values == (size_t)KEYS * VALUES + WIDE_VALUES;
	reg_hive_report_release(&report);
	return done ? CHILD_OK : CHILD_FAILED;
}

static int
save_with_little(const struct host *host, struct registry *registry)
{
	return limit_memory(MEMORY_MAX) ? save_large(host, registry) : CHILD_NO_LIMIT;
}

static int
load_with_little(const struct host *host, struct registry *registry)
{
	return limit_memory(MEMORY_MAX) ? load_large(host, registry) : CHILD_NO_LIMIT;
}

/* The tree is built once; the tests run in this order. */
static int
setup_tree(void **state)
{
	if (host_setup(state) != 0)
		return -1;
	return in_child(*state, build) == CHILD_OK ? 0 : -1;
}

/* --- Tests ------------------------------------------------------------------------------ */

static void
a_large_hive_is_written_with_little_memory(void **state)
{
	const struct host *host = *state;
	struct stat info;
	char path[8192];
	int code = in_child(host, LIMITS_WORK ? save_with_little : save_large);

	if (code == CHILD_NO_LIMIT) {
		assert_int_equal(in_child(host, save_large), CHILD_OK);
		skip();
	}
	assert_int_equal(code, CHILD_OK);
	file_in(host, "large.hiv", path, sizeof(path));
	assert_int_equal(stat(path, &info), 0);
	assert_true(!LIMITS_WORK || info.st_size > FILE_MIN);
}

static void
a_large_hive_is_read_with_little_memory(void **state)
{
	const struct host *host = *state;
	int code = in_child(host, LIMITS_WORK ? load_with_little : load_large);

	if (code == CHILD_NO_LIMIT)
		skip();
	assert_int_equal(code, CHILD_OK);
	/* Within a transaction SQLite does not lock the file for each of so many reads. */
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	tree_assert_same(host->registry, host_key(host->registry, TOP "\\From"), host->registry,
	    host_key(host->registry, TOP "\\To"));
	registry_rollback(host->registry);
}

/* Memory that is shared counts for no limit of a process: so the image itself is looked at. */
static void
the_image_of_a_large_hive_is_a_file(void **state)
{
	struct reg_hive_report report = { 0 };
	struct hive_image image;
	char path[8192];
	char target[256] = "";

	file_in(*state, "large.hiv", path, sizeof(path));
	assert_lstatus(hive_image_open(&image, path, &report), ERROR_SUCCESS);
	assert_true(readlink(image.path, target, sizeof(target) - 1) > 0);
	if (strncmp(target, "/memfd:", 7) == 0)
		fail_msg("the image is %s", target);
	assert_non_null(strstr(target, " (deleted)"));
	hive_image_release(&image);
	reg_hive_report_release(&report);
}

/* Fails in the midst: the file may not be as long as it would be. */
static int
save_too_long(const struct host *host, struct registry *registry)
{
	struct rlimit limit = { .rlim_cur = FILE_SIZE_MAX, .rlim_max = FILE_SIZE_MAX };
	struct reg_hive_report report = { 0 };
	char path[8192];
	reg_key key;
	bool failed = false;

	file_in(host, "old.hiv", path, sizeof(path));
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return CHILD_FAILED;
	if (lstatus_ok(registry_open_key(registry, NULL, TOP "\\From", 0, &key)))
		failed = !lstatus_ok(reg_hive_save(registry, key, path, &report)) &&
		         report.message[0] != '\0' && report.values == 0;
	reg_hive_report_release(&report);
	return failed ? CHILD_OK : CHILD_FAILED;
}

static void
a_save_that_fails_in_the_midst_leaves_nothing(void **state)
{
	const struct host *host = *state;
	const struct dirent *entry;
	DIR *folder = opendir(host->root);
	struct stat info;
	char path[8192];
	FILE *file;

	assert_non_null(folder);
	file_in(host, "old.hiv", path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("old", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(in_child(host, save_too_long), CHILD_OK);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_size, 3);
	while ((entry = readdir(folder)) != NULL) {
		if (strncmp(entry->d_name, "old.hiv", 7) == 0)
			assert_string_equal(entry->d_name, "old.hiv");
	}
	closedir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_hive_is_written_with_little_memory),
		cmocka_unit_test(a_large_hive_is_read_with_little_memory),
		cmocka_unit_test(the_image_of_a_large_hive_is_a_file),
		cmocka_unit_test(a_save_that_fails_in_the_midst_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, setup_tree, host_teardown);
}
