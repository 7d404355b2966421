/*
 * Hive files: what goes out comes back, what cannot is said, a malformed file writes nothing and
 * says why, and mounts. That other programs read the files is tests/e2e/test_judges.sh.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/base/macro.h"
#include "regstore/formats/hive.h"
#include "regstore/formats/hive_image.h"
#include "regstore/formats/out_file.h"
#include "tests/lib/host.h"
#include "tests/lib/tree.h"

#define TOP "HKLM\\SOFTWARE\\Top"

enum {
	RANDOM_TREES = 24,
	MANY = 1300,
	SUBKEYS_BEYOND = 70100, /* libhivex reads 70,000 subkeys and 110,000 values of a key */
	VALUES_BEYOND = 110100,
	BETWEEN = 200, /* keys */
	SAVES = 8,
};

static const char *
file_in(const struct host *host, const char *name)
{
	static char path[2][8192];
	static int which;

	which ^= 1;
	snprintf(path[which], sizeof(path[which]), "%s/%s", host->root, name);
	return path[which];
}

static void
save(struct host *host, const char *path, const char *name, struct reg_hive_report *report)
{
	assert_lstatus(reg_hive_save(host->registry, host_key(host->registry, path),
	                   file_in(host, name), report),
	    ERROR_SUCCESS);
	assert_string_equal(report->message, "");
}

static lstatus
load(struct host *host, const char *name, const char *path, unsigned flags,
    struct reg_hive_report *report)
{
	return reg_hive_load(
	    host->registry, file_in(host, name), host_key(host->registry, path), flags, report);
}

static struct buf
read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct buf bytes = { 0 };
	int byte;

	assert_non_null(file);
	while ((byte = getc(file)) != EOF)
		buf_append_byte(&bytes, (uint8_t)byte);
	fclose(file);
	assert_false(bytes.failed);
	if (bytes.data == NULL)
		abort(); /* as assert_non_null, but the analyzer knows it */
	return bytes;
}

static void
write_file(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static bool
key_exists(struct registry *registry, const char *path)
{
	reg_key key;

	return lstatus_ok(registry_open_key(registry, NULL, path, 0, &key));
}

/* --- There and back --------------------------------------------------------------------- */

static void
random_trees_come_back(void **state)
{
	struct host *host = *state;
	uint32_t seed = 20250101;

	for (int i = 0; i < RANDOM_TREES; i++) {
		struct reg_hive_report report = { 0 };
		char from[64];
		char to[64];
		size_t keys;
		size_t values;

		snprintf(from, sizeof(from), "%s\\From%d", TOP, i);
		snprintf(to, sizeof(to), "%s\\To%d", TOP, i);
		assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
		tree_fill(host->registry, host_key(host->registry, from), &seed, 3, 0);
		assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
		save(host, from, "random.hiv", &report);
		assert_string_equal(buf_text(&report.lost), "");
		keys = report.keys;
		values = report.values;
		assert_lstatus(load(host, "random.hiv", to, 0, &report), ERROR_SUCCESS);
		assert_int_equal(report.keys, keys);
		assert_int_equal(report.values, values);
		tree_assert_same(host->registry, host_key(host->registry, from), host->registry,
		    host_key(host->registry, to));
		reg_hive_report_release(&report);
	}
}

static void
many_subkeys_come_back(void **state)
{
	struct host *host = *state;
	struct reg_hive_report report = { 0 };

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	for (int i = 0; i < MANY; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s\\From\\Key %d", TOP, i * 7919 % MANY);
		host_key(host->registry, path);
	}
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	save(host, TOP "\\From", "many.hiv", &report);
	assert_lstatus(load(host, "many.hiv", TOP "\\To", 0, &report), ERROR_SUCCESS);
	assert_int_equal(report.keys, MANY);
	tree_assert_same(host->registry, host_key(host->registry, TOP "\\From"), host->registry,
	    host_key(host->registry, TOP "\\To"));
	reg_hive_report_release(&report);
}

static void
more_than_libhivex_reads_comes_back(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	reg_key from = host_key(registry, TOP "\\From");
	char name[32];
	reg_key key;

	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	for (uint32_t i = 0; i < VALUES_BEYOND; i++) {
		snprintf(name, sizeof(name), "%u", i * 7919 % VALUES_BEYOND);
		assert_lstatus(registry_set_dword(registry, from, name, i), ERROR_SUCCESS);
		if (i < SUBKEYS_BEYOND)
			assert_lstatus(registry_create_key(registry, &from, name, 0, &key, NULL),
			    ERROR_SUCCESS);
	}
	assert_lstatus(registry_commit(registry), ERROR_SUCCESS);
	save(host, TOP "\\From", "beyond.hiv", &report);
	assert_lstatus(load(host, "beyond.hiv", TOP "\\To", 0, &report), ERROR_SUCCESS);
	assert_int_equal(report.keys, SUBKEYS_BEYOND);
	assert_int_equal(report.values, VALUES_BEYOND);
	/* Within a transaction SQLite does not lock the file for each of so many reads. */
	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	tree_assert_same(registry, from, registry, host_key(registry, TOP "\\To"));
	registry_rollback(registry);
	reg_hive_report_release(&report);
}

/* A key's numbers of subkeys and values do not go beyond its lists. */
static void
long_lists_that_are_not_there_are_an_error(void **state)
{
	static const struct {
		int field;
		const char *message;
	} cases[] = { { 24, "expected a list of subkeys" }, { 40, "expected a list of values" } };
	struct host *host = *state;
	struct reg_hive_report report = { 0 };
	struct buf bytes;
	uint8_t *key;

	registry_set_dword(host->registry, host_key(host->registry, TOP "\\From\\A"), "v", 1);
	registry_set_dword(host->registry, host_key(host->registry, TOP "\\From"), "v", 1);
	save(host, TOP "\\From", "lists.hiv", &report);
	bytes = read_file(file_in(host, "lists.hiv"));
	key = bytes.data + HIVE_BASE_SIZE + hive_get32(bytes.data + HIVE_ROOT_AT);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		hive_put32(key + cases[i].field, 200000);
		write_file(file_in(host, "bad.hiv"), bytes.data, bytes.size);
		hive_put32(key + cases[i].field, 1);
		assert_lstatus(load(host, "bad.hiv", TOP "\\To", 0, &report), ERROR_BADDB);
		if (strstr(report.message, cases[i].message) == NULL)
			fail_msg("%s\n(expected: %s)", report.message, cases[i].message);
	}
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

/* Set data of a size that say where they are cut and put together wrongly. */
static void
set_large(struct registry *registry, reg_key key, size_t size)
{
	uint8_t *data = malloc(size);
	uint32_t seed = (uint32_t)size + 1;
	char name[32];

	assert_non_null(data);
	for (size_t at = 0; at < size; at++)
		data[at] = (uint8_t)tree_random(&seed);
	snprintf(name, sizeof(name), "%zu", size);
	assert_lstatus(
	    registry_set_value(registry, key, name, REG_BINARY, data, size), ERROR_SUCCESS);
	free(data);
}

/* The minor version of a hive file. */
static int
version_of(const char *path)
{
	FILE *file = fopen(path, "rb");
	int minor;

	assert_non_null(file);
	assert_int_equal(fseek(file, HIVE_MINOR_AT, SEEK_SET), 0);
	minor = getc(file);
	fclose(file);
	return minor;
}

/* Beyond what one cell of version 1.3 holds, data go to segments of 16,344 bytes. */
static void
large_data_come_back(void **state)
{
	static const size_t sizes[] = { 4, 5, 16343, 16344, 16345, 16348, 2 * 16344 - 4, 2 * 16344,
		2 * 16344 + 1, 2 * 16344 + 4, 2 * 16344 + 8, 999996 };
	/* libhivex reads 8,000,000. */
	static const size_t larger[] = { 999997, 1048576, 8000000, 8000001, 20000003 };
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	reg_key key = host_key(registry, TOP "\\From\\Sub");

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		set_large(registry, key, sizes[i]);
	save(host, TOP "\\From", "large.hiv", &report);
	assert_int_equal(version_of(file_in(host, "large.hiv")), 3);
	for (size_t i = 0; i < ARRAY_SIZE(larger); i++)
		set_large(registry, key, larger[i]);
	registry_create_key(registry, &key, "Gone", REGISTRY_VOLATILE, &key, NULL);
	save(host, TOP "\\From", "large.hiv", &report);
	assert_int_equal(version_of(file_in(host, "large.hiv")), 5);
	assert_string_equal(buf_text(&report.lost), "Sub\\Gone: the volatile key is left out\n");
	assert_int_equal(report.keys, 1);
	assert_int_equal(report.values, ARRAY_SIZE(sizes) + ARRAY_SIZE(larger));
	assert_lstatus(registry_delete_key(registry, key), ERROR_SUCCESS);
	assert_lstatus(load(host, "large.hiv", TOP "\\To", 0, &report), ERROR_SUCCESS);
	assert_string_equal(buf_text(&report.lost), "");
	tree_assert_same(
	    registry, host_key(registry, TOP "\\From"), registry, host_key(registry, TOP "\\To"));
	reg_hive_report_release(&report);
}

/* Take the eight bytes that are to spare off the last segment of each value's data. */
static unsigned
tighten_segments(struct buf *hive)
{
	unsigned count = 0;

	for (size_t at = HIVE_BASE_SIZE; at + 16 <= hive->size; at += 8) {
		uint8_t *cell = hive->data + at;
		uint8_t *list;
		uint8_t *last;
		uint32_t size;

		if (hive_get32(cell) != 0u - 16 || memcmp(cell + 4, "db", 2) != 0)
			continue;
		list = hive->data + HIVE_BASE_SIZE + hive_get32(cell + HIVE_DB_LIST);
		last = list + 4 * hive_get16(cell + HIVE_DB_COUNT); /* the cell's size is before */
		last = hive->data + HIVE_BASE_SIZE + hive_get32(last);
		size = 0u - hive_get32(last) - 8;
		hive_put32(last, 0u - size);
		hive_put32(last + size, 8);
		count++;
	}
	return count;
}

static lstatus
walked_key(void *self UNUSED, uint64_t offset UNUSED, const char *path UNUSED)
{
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
walked_value(void *self, uint64_t offset UNUSED, const char *name, uint32_t type UNUSED,
    const void *data UNUSED, size_t size)
{
	assert_int_equal(strtoul(name, NULL, 10), size);
	++*(unsigned *)self;
	return LSTATUS(ERROR_SUCCESS);
}

/* libhivex takes the last four bytes of a segment's cell for no data, also where they are some. */
static void
segments_may_fill_their_cells(void **state)
{
	static const size_t sizes[] = { 16344 + 4, 16344 + 12, 2 * 16344 + 4, 61 * 16344 + 3020 };
	static const struct reg_hive_visitor visitor = { walked_key, walked_value };
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	reg_key key = host_key(registry, TOP "\\From");
	unsigned walked = 0;
	struct buf bytes;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		set_large(registry, key, sizes[i]);
	save(host, TOP "\\From", "large.hiv", &report);
	bytes = read_file(file_in(host, "large.hiv"));
	assert_int_equal(tighten_segments(&bytes), ARRAY_SIZE(sizes));
	write_file(file_in(host, "tight.hiv"), bytes.data, bytes.size);
	assert_lstatus(load(host, "tight.hiv", TOP "\\To", 0, &report), ERROR_SUCCESS);
	tree_assert_same(
	    registry, host_key(registry, TOP "\\From"), registry, host_key(registry, TOP "\\To"));
	assert_lstatus(
	    reg_hive_walk(file_in(host, "tight.hiv"), &visitor, &walked, &report), ERROR_SUCCESS);
	assert_int_equal(walked, ARRAY_SIZE(sizes));
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

/* Data that end before they should: in the list of segments, or in a segment. */
static void
segments_that_are_not_there_are_an_error(void **state)
{
	static const struct {
		size_t at; /* from the cell's signature on */
		uint8_t byte;
	} cases[] = { { 0, 'x' }, { 3, 1 }, { 2, 1 }, { 7, 0x7f }, { 6, 0xff } };
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	struct buf bytes;
	uint8_t *cell;

	set_large(registry, host_key(registry, TOP "\\From"), 9000000);
	save(host, TOP "\\From", "large.hiv", &report);
	bytes = read_file(file_in(host, "large.hiv"));
	cell = bytes.data + bytes.size - 4;
	while (memcmp(cell, "db", 2) != 0 || hive_get16(cell + 2) != 9000000 / 16344 + 1 ||
	       hive_get32(cell - 4) != 0u - 16)
		cell -= 4;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t byte = cell[cases[i].at];

		cell[cases[i].at] = cases[i].byte;
		write_file(file_in(host, "bad.hiv"), bytes.data, bytes.size);
		cell[cases[i].at] = byte;
		assert_lstatus(load(host, "bad.hiv", TOP "\\To", 0, &report), ERROR_BADDB);
		assert_non_null(strstr(report.message, "expected a value's cell with its data"));
	}
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

static void
two_saves_are_alike(void **state)
{
	struct host *host = *state;
	struct reg_hive_report report = { 0 };
	uint32_t seed = 77;
	struct buf first;
	struct buf second;

	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	tree_fill(host->registry, host_key(host->registry, TOP "\\From"), &seed, 3, 0);
	assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
	save(host, TOP "\\From", "alike.hiv", &report);
	first = read_file(file_in(host, "alike.hiv"));
	save(host, TOP "\\From", "alike.hiv", &report);
	second = read_file(file_in(host, "alike.hiv"));
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
	buf_release(&first);
	buf_release(&second);
	reg_hive_report_release(&report);
}

static void
what_a_hive_cannot_hold_is_named(void **state)
{
	struct host *host = *state;
	struct reg_hive_report report = { 0 };
	reg_key key = host_key(host->registry, TOP "\\From");
	reg_key child;

	assert_lstatus(
	    registry_create_key(host->registry, &key, "Gone", REGISTRY_VOLATILE, &child, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(
	    registry_create_key(host->registry, &key, "Link", REGISTRY_CREATE_LINK, &child, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(
	    registry_create_key(host->registry, &key, "Lone\xed\xa0\x80", 0, &child, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, key, "a\xc0\x80z", 1), ERROR_SUCCESS);
	save(host, TOP "\\From", "lossy.hiv", &report);
	assert_string_equal(buf_text(&report.lost),
	    "(top key): value \"a\xc0\x80z\" is left out: its name is no well-formed text\n"
	    "Gone: the volatile key is left out\n"
	    "Link: the symbolic link is left out\n"
	    "Lone\xed\xa0\x80: the key is left out: its name is no well-formed text\n");
	assert_int_equal(report.keys, 0);
	reg_hive_report_release(&report);
}

/* A descriptor of owner and group alone: Everyone, with a last sub-authority of one's choice. */
static void
set_owner(struct registry *registry, const char *path, uint8_t last)
{
	uint8_t descriptor[44] = { 1, 0, 0, 0x80, 20, 0, 0, 0,
		32, [20] = 1, [21] = 1, [27] = 1, [32] = 1, [33] = 1, [39] = 1 };

	descriptor[28] = last;
	assert_lstatus(registry_set_security(
	                   registry, host_key(registry, path), descriptor, sizeof(descriptor)),
	    ERROR_SUCCESS);
}

static void
assert_same_extras(struct registry *registry, const char *left, const char *right)
{
	struct buf a = { 0 };
	struct buf b = { 0 };

	assert_lstatus(
	    registry_query_security(registry, host_key(registry, left), &a), ERROR_SUCCESS);
	assert_lstatus(
	    registry_query_security(registry, host_key(registry, right), &b), ERROR_SUCCESS);
	assert_lstatus(registry_query_class(registry, host_key(registry, left), &a), ERROR_SUCCESS);
	assert_lstatus(
	    registry_query_class(registry, host_key(registry, right), &b), ERROR_SUCCESS);
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.data, b.data, a.size);
	buf_release(&a);
	buf_release(&b);
}

static void
classes_and_descriptors_come_back(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };

	set_owner(registry, TOP "\\From", 0);
	set_owner(registry, TOP "\\From\\A", 1);
	set_owner(registry, TOP "\\From\\A\\B", 0);
	set_owner(registry, TOP "\\From\\C", 1);
	registry_set_class(registry, host_key(registry, TOP "\\From"), "t\0", 2);
	registry_set_class(registry, host_key(registry, TOP "\\From\\C"), "c\0l\0a\0", 6);
	save(host, TOP "\\From", "extras.hiv", &report);
	assert_string_equal(buf_text(&report.lost), "");
	assert_lstatus(
	    load(host, "extras.hiv", TOP "\\To", REG_HIVE_REPLACE, &report), ERROR_SUCCESS);
	assert_string_equal(buf_text(&report.lost), "");
	assert_same_extras(registry, TOP "\\From", TOP "\\To");
	assert_same_extras(registry, TOP "\\From\\A", TOP "\\To\\A");
	assert_same_extras(registry, TOP "\\From\\A\\B", TOP "\\To\\A\\B");
	assert_same_extras(registry, TOP "\\From\\C", TOP "\\To\\C");
	reg_hive_report_release(&report);
}

static void
load_adds_and_replace_replaces(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	reg_key to = host_key(registry, TOP "\\To");

	registry_set_dword(registry, host_key(registry, TOP "\\From\\A"), "v", 1);
	save(host, TOP "\\From", "a.hiv", &report);
	host_key(registry, TOP "\\To\\Old\\Deep");
	registry_set_dword(registry, to, "old", 1);
	assert_lstatus(load(host, "a.hiv", TOP "\\To", 0, &report), ERROR_SUCCESS);
	assert_true(key_exists(registry, TOP "\\To\\Old\\Deep"));
	assert_int_equal(host_dword(registry, host_key(registry, TOP "\\To\\A"), "v"), 1);
	assert_lstatus(load(host, "a.hiv", TOP "\\To", REG_HIVE_REPLACE, &report), ERROR_SUCCESS);
	assert_false(key_exists(registry, TOP "\\To\\Old"));
	assert_lstatus(registry_query_value(registry, to, "old", NULL, NULL), ERROR_FILE_NOT_FOUND);
	tree_assert_same(registry, host_key(registry, TOP "\\From"), registry, to);
	reg_hive_report_release(&report);
}

static void
the_current_control_set_stays_a_link(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	struct reg_key_info info;
	reg_key link;

	registry_set_dword(
	    registry, host_key(registry, "HKLM\\SYSTEM\\CurrentControlSet\\Control"), "v", 5);
	save(host, "HKLM\\SYSTEM", "system.hiv", &report);
	assert_string_equal(
	    buf_text(&report.lost), "CurrentControlSet: the symbolic link is left out\n");
	registry_set_dword(
	    registry, host_key(registry, "HKLM\\SYSTEM\\CurrentControlSet\\Control"), "v", 6);
	assert_lstatus(
	    load(host, "system.hiv", "HKLM\\SYSTEM", REG_HIVE_REPLACE, &report), ERROR_SUCCESS);
	assert_int_equal(host_dword(registry,
	                     host_key(registry, "HKLM\\SYSTEM\\CurrentControlSet\\Control"), "v"),
	    5);
	assert_lstatus(registry_open_key(registry, NULL, "HKLM\\SYSTEM\\CurrentControlSet",
	                   REGISTRY_OPEN_LINK, &link),
	    ERROR_SUCCESS);
	assert_lstatus(registry_query_info(registry, link, &info), ERROR_SUCCESS);
	assert_int_equal(info.flags, REGISTRY_CREATE_LINK);

	/* A key of that name in a hive does not reach through the link. */
	registry_set_dword(
	    registry, host_key(registry, TOP "\\From\\CurrentControlSet\\Control"), "v", 7);
	save(host, TOP "\\From", "key.hiv", &report);
	assert_lstatus(load(host, "key.hiv", "HKLM\\SYSTEM", 0, &report), ERROR_SUCCESS);
	assert_non_null(strstr(buf_text(&report.lost),
	    "CurrentControlSet: the key is left out: the registry has a link of that name\n"));
	assert_int_equal(
	    host_dword(registry, host_key(registry, "HKLM\\SYSTEM\\ControlSet001\\Control"), "v"),
	    5);
	reg_hive_report_release(&report);
}

/* --- The file --------------------------------------------------------------------------- */

static void
a_failed_save_leaves_the_old_file(void **state)
{
	struct host *host = *state;
	struct reg_hive_report report = { 0 };
	reg_key key = host_key(host->registry, TOP);
	struct stat info;

	assert_lstatus(reg_hive_save(host->registry, key, file_in(host, "no/a.hiv"), &report),
	    ERROR_FILE_NOT_FOUND);
	assert_non_null(strstr(report.message, "no/a.hiv: "));
	save(host, TOP, "a.hiv", &report);
	assert_lstatus(registry_delete_tree(host->registry, key), ERROR_SUCCESS);
	assert_lstatus(
	    reg_hive_save(host->registry, key, file_in(host, "a.hiv"), &report), ERROR_KEY_DELETED);
	assert_int_equal(stat(file_in(host, "a.hiv"), &info), 0);
	assert_int_equal(info.st_size, 8192);
	assert_lstatus(
	    reg_hive_save(host->registry, key, file_in(host, "a.hiv"), NULL), ERROR_KEY_DELETED);
	reg_hive_report_release(&report);
}

/* The time of a key's cell, the first after `at` that bears the name. */
static void
times_are_in_the_file(void **state)
{
	struct host *host = *state;
	struct reg_hive_report report = { 0 };
	struct reg_key_info info;
	struct buf bytes;
	uint64_t time = 0;
	uint8_t *at;

	host_key(host->registry, TOP "\\From\\Later");
	save(host, TOP "\\From", "time.hiv", &report);
	assert_lstatus(registry_query_info(
	                   host->registry, host_key(host->registry, TOP "\\From\\Later"), &info),
	    ERROR_SUCCESS);
	bytes = read_file(file_in(host, "time.hiv"));
	at = memmem(bytes.data, bytes.size, "Later", 5);
	assert_non_null(at);
	for (int i = 7; i >= 0; i--)
		time = time << 8 | at[8 - 80 + i];
	assert_true((int64_t)time == info.last_write);
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

/* Lists are in the order of upper-cased units, with Windows' hash of them. */
static void
lists_beyond_ascii_are_windows_lists(void **state)
{
	struct host *host = *state;
	struct reg_hive_report report = { 0 };
	struct buf bytes;
	uint8_t *list;
	/* Ä 0xc4, ä folds to it; U+FF21 sorts after the surrogates of U+1F600. */
	static const uint32_t hashes[] = { 'Z', 0xc4 * 37 + 'B', 0xd83d * 37u + 0xde00, 0xff21 };

	host_key(host->registry, TOP "\\From\\z");
	host_key(host->registry, TOP "\\From\\äb");
	host_key(host->registry, TOP "\\From\\\xf0\x9f\x98\x80");
	host_key(host->registry, TOP "\\From\\\xef\xbd\x81");
	save(host, TOP "\\From", "list.hiv", &report);
	bytes = read_file(file_in(host, "list.hiv"));
	list = memmem(bytes.data, bytes.size, "lh\4\0", 4);
	assert_non_null(list);
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		uint32_t hash;

		memcpy(&hash, list + 8 + 8 * i, sizeof(hash));
		assert_int_equal(hash, hashes[i]);
	}
	assert_lstatus(load(host, "list.hiv", TOP "\\To", 0, &report), ERROR_SUCCESS);
	tree_assert_same(host->registry, host_key(host->registry, TOP "\\From"), host->registry,
	    host_key(host->registry, TOP "\\To"));
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

/* --- Malformed files -------------------------------------------------------------------- */

static void
seal(struct buf *bytes)
{
	uint32_t sum = 0;
	uint32_t word;

	for (size_t at = 0; at < 508; at += 4) {
		memcpy(&word, bytes->data + at, sizeof(word));
		sum ^= word;
	}
	memcpy(bytes->data + 508, &sum, sizeof(sum));
}

static void
bad_files_are_named_with_their_offset(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		enum win32_code code;
		const char *message;
	} cases[] = {
		{ 0, 'R', ERROR_NOT_REGISTRY_FILE, "at 0x0: expected the signature \"regf\"" },
		{ 20, 2, ERROR_NOT_REGISTRY_FILE, "at 0x14: expected version 1, found 2" },
		{ 24, 7, ERROR_NOT_REGISTRY_FILE,
		    "at 0x18: expected version 1.3 to 1.6, found 1.7" },
		{ 28, 6, ERROR_NOT_REGISTRY_FILE, "at 0x1c: expected the file type 0 (a hive)" },
		{ 36, 0x28, ERROR_BADDB, "at 0x24: expected the offset of the top key's cell" },
		{ 41, 0x01, ERROR_BADDB, "at 0x28: expected the size of the bins" },
		{ 4096, 'H', ERROR_BADDB, "at 0x1000: expected the signature \"hbin\" of a bin" },
		{ 4100, 1, ERROR_BADDB, "at 0x1004: expected the bin's own offset 0x0, found 0x1" },
		{ 4105, 0x11, ERROR_BADDB, "at 0x1008: expected the bin's size" },
		{ 4128, 1, ERROR_BADDB, "at 0x1020: expected a cell's size" },
	};
	struct host *host = *state;
	struct reg_hive_report report = { 0 };
	struct buf bytes;

	host_key(host->registry, TOP "\\From\\A");
	save(host, TOP "\\From", "good.hiv", &report);
	bytes = read_file(file_in(host, "good.hiv"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t byte = bytes.data[cases[i].at];

		bytes.data[cases[i].at] = cases[i].byte;
		seal(&bytes);
		write_file(file_in(host, "bad.hiv"), bytes.data, bytes.size);
		assert_lstatus(load(host, "bad.hiv", TOP "\\To", 0, &report), cases[i].code);
		if (strstr(report.message, cases[i].message) == NULL ||
		    strstr(report.message, "bad.hiv: ") == NULL)
			fail_msg("%s\n(expected: %s)", report.message, cases[i].message);
		bytes.data[cases[i].at] = byte;
	}
	bytes.data[508] ^= 1;
	write_file(file_in(host, "bad.hiv"), bytes.data, bytes.size);
	assert_lstatus(load(host, "bad.hiv", TOP "\\To", 0, &report), ERROR_BADDB);
	assert_non_null(strstr(report.message, "at 0x1fc: expected the checksum 0x"));
	assert_lstatus(load(host, "none.hiv", TOP "\\To", 0, &report), ERROR_FILE_NOT_FOUND);
	assert_lstatus(load(host, ".", TOP "\\To", 0, &report), ERROR_NOT_REGISTRY_FILE);
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

static void
a_bad_hive_writes_nothing(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	struct buf bytes;
	uint8_t *at;

	host_key(registry, TOP "\\From\\First");
	host_key(registry, TOP "\\From\\Second");
	save(host, TOP "\\From", "good.hiv", &report);
	bytes = read_file(file_in(host, "good.hiv"));
	at = memmem(bytes.data, bytes.size, "Second", 6);
	assert_non_null(at);
	at[8 - 80 - 4] = 'X'; /* its "nk" */
	write_file(file_in(host, "bad.hiv"), bytes.data, bytes.size);
	registry_set_dword(registry, host_key(registry, TOP "\\To"), "mine", 1);
	assert_lstatus(load(host, "bad.hiv", TOP "\\To", REG_HIVE_REPLACE, &report), ERROR_BADDB);
	assert_non_null(strstr(report.message, "expected a list of subkeys"));
	assert_false(key_exists(registry, TOP "\\To\\First"));
	assert_int_equal(host_dword(registry, host_key(registry, TOP "\\To"), "mine"), 1);
	assert_string_equal(buf_text(&report.lost), "");
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

/* A hive of one bin with what a hive can hold: links between cells are all within reach. */
static struct buf
small_hive(struct host *host)
{
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	reg_key key = host_key(registry, TOP "\\Small\\Ä");

	registry_set_dword(registry, key, "dword", 7);
	registry_set_text(registry, key, "text", REG_SZ, "some text");
	registry_set_text(registry, host_key(registry, TOP "\\Small\\B\\C"), "", REG_SZ, "d");
	save(host, TOP "\\Small", "small.hiv", &report);
	reg_hive_report_release(&report);
	return read_file(file_in(host, "small.hiv"));
}

/* Load and roll back; whatever the answer, there is one. */
static void
try_load(struct host *host, const struct buf *bytes, size_t size)
{
	struct reg_hive_report report = { 0 };
	reg_key into = host_key(host->registry, TOP "\\Try");
	lstatus status;

	write_file(file_in(host, "try.hiv"), bytes->data, size);
	status = reg_hive_load(
	    host->registry, file_in(host, "try.hiv"), into, REG_HIVE_REPLACE, &report);
	assert_true(lstatus_ok(status) == (report.message[0] == '\0'));
	reg_hive_report_release(&report);
}

static void
truncations_are_errors(void **state)
{
	struct host *host = *state;
	struct buf bytes = small_hive(host);

	for (size_t size = 0; size < bytes.size; size += size < 600 ? 1 : 61) {
		struct reg_hive_report report = { 0 };

		write_file(file_in(host, "cut.hiv"), bytes.data, size);
		assert_lstatus(load(host, "cut.hiv", TOP "\\Try", 0, &report),
		    size < 4 ? ERROR_NOT_REGISTRY_FILE : ERROR_BADDB);
		reg_hive_report_release(&report);
	}
	buf_release(&bytes);
}

static void
flipped_bytes_do_no_harm(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	struct host *host = *state;
	struct buf bytes = small_hive(host);

	for (size_t at = 0; at < bytes.size; at++) {
		if (at == 200)
			at = 500; /* nobody reads what is between */
		if (at == 512)
			at = 4096;
		if (at >= 4096 && bytes.data[at] == 0 && at > 5200)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
			bytes.data[at] ^= masks[i];
			if (at < 508)
				seal(&bytes);
			try_load(host, &bytes, bytes.size);
			bytes.data[at] ^= masks[i];
			seal(&bytes);
		}
	}
	buf_release(&bytes);
}

static void
a_hive_in_a_circle_is_an_error(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	struct buf bytes;
	uint8_t *first;
	uint8_t *list;

	host_key(registry, TOP "\\From\\First\\Second");
	save(host, TOP "\\From", "circle.hiv", &report);
	bytes = read_file(file_in(host, "circle.hiv"));
	first = memmem(bytes.data, bytes.size, "First", 5);
	assert_non_null(first);
	/* The key's own list names the key itself. */
	list = first - 80 + 32;
	list = bytes.data + 4096 + (list[0] | list[1] << 8);
	list[8] = (uint8_t)(first - 80 - bytes.data - 4096);
	list[9] = (uint8_t)((first - 80 - bytes.data - 4096) >> 8);
	write_file(file_in(host, "circle.hiv"), bytes.data, bytes.size);
	assert_lstatus(load(host, "circle.hiv", TOP "\\To", 0, &report), ERROR_BADDB);
	assert_non_null(strstr(report.message, "no more keys than fit into the hive"));
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

static void
a_key_of_a_links_name_goes_nowhere_else(void **state)
{
	static const char link[] = "HKLM\\SOFTWARE\\Top\\From\\Link";
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	struct buf bytes;
	uint8_t *name;

	host_key(registry, TOP "\\Elsewhere");
	assert_lstatus(registry_set_text(registry, host_key(registry, link), "SymbolicLinkValue",
	                   REG_LINK, "\\Registry\\Machine\\SOFTWARE\\Top\\Elsewhere"),
	    ERROR_SUCCESS);
	registry_set_dword(registry, host_key(registry, TOP "\\From\\Lynk"), "v", 1);
	save(host, TOP "\\From", "twice.hiv", &report);
	bytes = read_file(file_in(host, "twice.hiv"));
	name = memmem(bytes.data, bytes.size, "Lynk", 4);
	assert_non_null(name);
	name[1] = 'I';
	write_file(file_in(host, "twice.hiv"), bytes.data, bytes.size);
	assert_lstatus(load(host, "twice.hiv", TOP "\\To", 0, &report), ERROR_SUCCESS);
	assert_string_equal(buf_text(&report.lost),
	    "LInk: the key is left out: the registry has a link of that name\n");
	assert_lstatus(
	    registry_query_value(registry, host_key(registry, TOP "\\Elsewhere"), "v", NULL, NULL),
	    ERROR_FILE_NOT_FOUND);
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

static void
a_malformed_descriptor_is_left_out(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	struct buf before = { 0 };
	struct buf after = { 0 };
	struct buf bytes;
	uint8_t *cell;

	set_owner(registry, TOP "\\From", 77);
	save(host, TOP "\\From", "sk.hiv", &report);
	bytes = read_file(file_in(host, "sk.hiv"));
	cell = memmem(bytes.data, bytes.size, "sk\0\0", 4);
	assert_non_null(cell);
	cell[20] = 9; /* the descriptor's revision */
	write_file(file_in(host, "sk.hiv"), bytes.data, bytes.size);
	assert_lstatus(registry_query_security(registry, host_key(registry, TOP "\\To"), &before),
	    ERROR_SUCCESS);
	assert_lstatus(load(host, "sk.hiv", TOP "\\To", REG_HIVE_REPLACE, &report), ERROR_SUCCESS);
	assert_string_equal(
	    buf_text(&report.lost), "(top key): its security descriptor is malformed\n");
	assert_lstatus(registry_query_security(registry, host_key(registry, TOP "\\To"), &after),
	    ERROR_SUCCESS);
	assert_int_equal(after.size, before.size);
	assert_memory_equal(after.data, before.data, before.size);
	buf_release(&before);
	buf_release(&after);
	buf_release(&bytes);
	reg_hive_report_release(&report);
}

/* --- Files -------------------------------------------------------------------------------- */

static void *
make_files(void *target)
{
	for (int i = 0; i < 300; i++) {
		struct out_file out;

		if (!lstatus_ok(out_file_begin(&out, target)))
			return target;
		(void)out_file_end(&out, LSTATUS(ERROR_INVALID_DATA));
	}
	return NULL;
}

static void
the_umask_stays_while_threads_write(void **state)
{
	mode_t before = umask(027);
	struct reg_hive_report report = { 0 };
	char target[8192];
	pthread_t threads[4];
	struct stat info;

	snprintf(target, sizeof(target), "%s", file_in(*state, "masked.hiv"));
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_files, target), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	save(*state, "HKLM\\SOFTWARE", "masked.hiv", &report);
	reg_hive_report_release(&report);
	assert_int_equal(umask(before), 027);
	assert_int_equal(stat(target, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0640);
}

/* Writes the same number to the first and the last key, in one transaction, until it is told. */
struct pair_writer {
	struct registry *registry;
	reg_key first;
	reg_key last;
	atomic_bool ends;
	lstatus status;
};

static void *
write_pairs(void *context)
{
	struct pair_writer *writer = context;

	for (uint32_t i = 1; lstatus_ok(writer->status) && !writer->ends; i++) {
		writer->status = registry_begin(writer->registry, NULL);
		if (!lstatus_ok(writer->status))
			break;
		(void)registry_set_dword(writer->registry, writer->first, "v", i);
		(void)registry_set_dword(writer->registry, writer->last, "v", i);
		writer->status = registry_commit(writer->registry);
	}
	return NULL;
}

static void
a_save_beside_a_writer_is_of_one_moment(void **state)
{
	struct host *host = *state;
	struct reg_hive_report report = { 0 };
	struct pair_writer writer = { .registry = host_connect(host) };
	pthread_t thread;

	writer.first = host_key(writer.registry, TOP "\\From\\A");
	writer.last = host_key(writer.registry, TOP "\\From\\Z");
	for (int i = 0; i < BETWEEN; i++) {
		char path[64];

		snprintf(path, sizeof(path), TOP "\\From\\M%d", i);
		host_key(host->registry, path);
	}
	assert_lstatus(registry_set_dword(host->registry, writer.first, "v", 0), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, writer.last, "v", 0), ERROR_SUCCESS);
	assert_int_equal(pthread_create(&thread, NULL, write_pairs, &writer), 0);
	for (int i = 0; i < SAVES; i++) {
		save(host, TOP "\\From", "pair.hiv", &report);
		assert_lstatus(
		    load(host, "pair.hiv", TOP "\\To", REG_HIVE_REPLACE, &report), ERROR_SUCCESS);
		assert_int_equal(
		    host_dword(host->registry, host_key(host->registry, TOP "\\To\\A"), "v"),
		    host_dword(host->registry, host_key(host->registry, TOP "\\To\\Z"), "v"));
	}
	writer.ends = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_lstatus(writer.status, ERROR_SUCCESS);
	registry_close(writer.registry);
	reg_hive_report_release(&report);
}

/* --- Mounts ----------------------------------------------------------------------------- */

static void
a_hive_is_mounted_and_written_back(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	reg_key key;

	registry_set_dword(registry, host_key(registry, TOP "\\From\\A"), "v", 1);
	save(host, TOP "\\From", "m.hiv", &report);
	assert_lstatus(reg_hive_mount(registry, "HKLM\\Offline", file_in(host, "m.hiv"), &report),
	    ERROR_SUCCESS);
	key = host_key(registry, "HKLM\\offline\\A");
	assert_int_equal(host_dword(registry, key, "v"), 1);
	assert_lstatus(reg_hive_mount(registry, "HKLM\\OFFLINE", file_in(host, "m.hiv"), &report),
	    ERROR_ALREADY_EXISTS);
	registry_set_dword(registry, key, "v", 2);
	assert_lstatus(reg_hive_unmount(registry, "HKLM\\Offline", &report), ERROR_SUCCESS);
	assert_false(key_exists(registry, "HKLM\\Offline"));
	assert_lstatus(reg_hive_unmount(registry, "HKLM\\Offline", &report), ERROR_FILE_NOT_FOUND);
	assert_lstatus(load(host, "m.hiv", TOP "\\To", 0, &report), ERROR_SUCCESS);
	assert_int_equal(host_dword(registry, host_key(registry, TOP "\\To\\A"), "v"), 2);
	reg_hive_report_release(&report);
}

static void
a_mount_of_a_new_file_makes_it(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;

	assert_lstatus(
	    reg_hive_mount(registry, "HKU\\New", file_in(host, "new.hiv"), NULL), ERROR_SUCCESS);
	assert_int_equal(access(file_in(host, "new.hiv"), R_OK), 0);
	host_key(registry, "HKU\\New\\Sub");
	assert_lstatus(reg_hive_unmount(registry, "HKU\\New", NULL), ERROR_SUCCESS);
	assert_lstatus(
	    reg_hive_mount(registry, "HKU\\Again", file_in(host, "new.hiv"), NULL), ERROR_SUCCESS);
	assert_true(key_exists(registry, "HKU\\Again\\Sub"));
}

static void
only_children_of_two_roots_are_mounts(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct reg_hive_report report = { 0 };
	static const char *const paths[] = { "HKLM", "HKLM\\SOFTWARE\\X", "HKCU\\X",
		"HKLM\\SYSTEM\\CurrentControlSet" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_lstatus(reg_hive_mount(registry, paths[i], file_in(host, "x.hiv"), &report),
		    ERROR_INVALID_PARAMETER);
		assert_lstatus(
		    reg_hive_unmount(registry, paths[i], &report), ERROR_INVALID_PARAMETER);
	}
	assert_lstatus(reg_hive_mount(registry, "HKLM\\SOFTWARE", file_in(host, "x.hiv"), &report),
	    ERROR_ALREADY_EXISTS);
	assert_lstatus(
	    reg_hive_unmount(registry, "HKLM\\SOFTWARE", &report), ERROR_INVALID_PARAMETER);
	assert_int_equal(access(file_in(host, "x.hiv"), F_OK), -1);
	reg_hive_report_release(&report);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
	const struct CMUnitTest tests[] = {
		TEST(random_trees_come_back),
		TEST(many_subkeys_come_back),
		TEST(more_than_libhivex_reads_comes_back),
		TEST(long_lists_that_are_not_there_are_an_error),
		TEST(large_data_come_back),
		TEST(segments_may_fill_their_cells),
		TEST(segments_that_are_not_there_are_an_error),
		TEST(two_saves_are_alike),
		TEST(what_a_hive_cannot_hold_is_named),
		TEST(classes_and_descriptors_come_back),
		TEST(load_adds_and_replace_replaces),
		TEST(the_current_control_set_stays_a_link),
		TEST(a_failed_save_leaves_the_old_file),
		TEST(times_are_in_the_file),
		TEST(lists_beyond_ascii_are_windows_lists),
		TEST(bad_files_are_named_with_their_offset),
		TEST(a_bad_hive_writes_nothing),
		TEST(truncations_are_errors),
		TEST(flipped_bytes_do_no_harm),
		TEST(a_hive_in_a_circle_is_an_error),
		TEST(a_key_of_a_links_name_goes_nowhere_else),
		TEST(a_malformed_descriptor_is_left_out),
		TEST(the_umask_stays_while_threads_write),
		TEST(a_save_beside_a_writer_is_of_one_moment),
		TEST(a_hive_is_mounted_and_written_back),
		TEST(a_mount_of_a_new_file_makes_it),
		TEST(only_children_of_two_roots_are_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
