/*
 * Registry.pol: records, directives, round trips, and malformed files with their offset; and the
 * .reg files of version 4, which have the same trees to carry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/base/macro.h"
#include "regstore/base/utf16.h"
#include "regstore/formats/pol.h"
#include "regstore/formats/reg_text.h"
#include "tests/lib/host.h"
#include "tests/lib/tree.h"

#define TOP "HKLM\\SOFTWARE\\Top"

enum { RANDOM_TREES = 24 };

static FILE *
open_bytes(const void *data, size_t size)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	rewind(file);
	return file;
}

static lstatus
import_bytes(
    struct host *host, const struct buf *bytes, const char *root, struct reg_pol_result *result)
{
	FILE *file = open_bytes(bytes->data, bytes->size);
	lstatus status = reg_pol_import(host->registry, file, "Registry.pol", root, NULL, result);

	fclose(file);
	return status;
}

/* A file of one record whose data are text. */
static void
import_text(struct host *host, const char *name, const char *text, struct reg_pol_result *result)
{
	struct buf bytes = { 0 };
	struct buf data = { 0 };

	assert_true(utf16_from_utf8(text, strlen(text) + 1, &data));
	reg_pol_write_begin(&bytes);
	reg_pol_write(&bytes, "SOFTWARE\\Top", name, REG_SZ, data.data, data.size);
	assert_lstatus(import_bytes(host, &bytes, "HKLM", result), ERROR_SUCCESS);
	buf_release(&bytes);
	buf_release(&data);
}

static bool
has_value(struct host *host, const char *path, const char *name)
{
	return lstatus_ok(
	    registry_query_value(host->registry, host_key(host->registry, path), name, NULL, NULL));
}

static bool
has_key(struct host *host, const char *path)
{
	reg_key key;

	return lstatus_ok(registry_open_key(host->registry, NULL, path, 0, &key));
}

/* --- There and back --------------------------------------------------------------------- */

static void
random_trees_come_back(void **state)
{
	struct host *host = *state;
	uint32_t seed = 77;

	for (int i = 0; i < RANDOM_TREES; i++) {
		struct reg_pol_result result;
		struct buf lost = { 0 };
		FILE *file = tmpfile();
		char from[64];
		char to[64];

		assert_non_null(file);
		snprintf(from, sizeof(from), "%s\\From%d\\Tree", TOP, i);
		snprintf(to, sizeof(to), "%s\\To%d", TOP, i);
		assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
		tree_fill(host->registry, host_key(host->registry, from), &seed, 3, 0);
		assert_lstatus(registry_commit(host->registry), ERROR_SUCCESS);
		assert_lstatus(reg_pol_export(host->registry, host_key(host->registry, from),
		                   "Tree", file, &lost),
		    ERROR_SUCCESS);
		rewind(file);
		assert_lstatus(reg_pol_import(host->registry, file, "r.pol", to, NULL, &result),
		    ERROR_SUCCESS);
		snprintf(to, sizeof(to), "%s\\To%d\\Tree", TOP, i);
		if (lost.size == 0)
			tree_assert_same(host->registry, host_key(host->registry, from),
			    host->registry, host_key(host->registry, to));
		else
			assert_non_null(strstr(buf_text(&lost), "default value is left out"));
		fclose(file);
		buf_release(&lost);
		reg_pol_result_release(&result);
	}
}

static lstatus
copy_record(void *self, const struct reg_pol_record *record)
{
	reg_pol_write(self, record->key, record->name, record->type, record->data, record->size);
	return LSTATUS(ERROR_SUCCESS);
}

static void
a_file_parses_to_itself(void **state)
{
	static const char bytes[] = "PReg\1\0\0\0[\0K\0\\\0\xe9\0\0\0;\0v\0\0\0;\0\4\0\0\0;\0"
	                            "\4\0\0\0;\0;\0]\0]\0[\0K\0\0\0;\0\0\0;\0\0\0\0\0;\0"
	                            "\0\0\0\0;\0]";
	struct reg_pol_error error;
	struct buf copy = { 0 };

	(void)state;
	reg_pol_write_begin(&copy);
	assert_lstatus(
	    reg_pol_parse_memory(bytes, sizeof(bytes), copy_record, &copy, &error), ERROR_SUCCESS);
	assert_int_equal(copy.size, sizeof(bytes));
	assert_memory_equal(copy.data, bytes, sizeof(bytes));
	buf_release(&copy);
}

static void
what_a_file_cannot_hold_is_named(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, TOP);
	reg_key link;
	FILE *file = tmpfile();
	struct buf lost = { 0 };

	assert_non_null(file);
	registry_set_value(host->registry, key, "", REG_NONE, "", 0);
	registry_set_dword(host->registry, key, "**Del.x", 1);
	registry_set_dword(host->registry, key, "a\xc0\x80z", 1);
	assert_lstatus(
	    registry_create_key(host->registry, &key, "Link", REGISTRY_CREATE_LINK, &link, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(
	    reg_pol_export(host->registry, key, "Software\\Top", file, &lost), ERROR_SUCCESS);
	assert_string_equal(buf_text(&lost),
	    "Software\\Top: the default value is left out: it reads as the key itself\n"
	    "Software\\Top: value \"**Del.x\" is left out: its name reads as a directive\n"
	    "Software\\Top: value \"a\xc0\x80z\" is left out: its name has a NUL\n"
	    "Software\\Top\\Link: the symbolic link is left out\n");
	fclose(file);
	buf_release(&lost);
}

/* Samba's own reader takes a file of ours, and its writer makes the same bytes of it. */
static void
samba_reads_what_is_written(void **state)
{
	static const char program[] =
	    "import sys\n"
	    "try:\n"
	    "    from samba.ndr import ndr_pack, ndr_unpack\n"
	    "    from samba.dcerpc import preg\n"
	    "except ImportError:\n"
	    "    sys.exit(77)\n"
	    "data = open(sys.argv[1], 'rb').read()\n"
	    "file = ndr_unpack(preg.file, data)\n"
	    "text = [(e.keyname, e.valuename, e.type) for e in file.entries]\n"
	    "assert ('Top', 'dword', 4) in text and ('Top\\\\Sub', 'sz', 1) in text, text\n"
	    "assert ndr_pack(file) == data\n";
	struct host *host = *state;
	char path[4200];
	FILE *file;
	int status;
	int child;

	snprintf(path, sizeof(path), "%s/samba.pol", host->root);
	file = fopen(path, "wb");
	assert_non_null(file);
	registry_set_dword(host->registry, host_key(host->registry, TOP), "dword", 7);
	registry_set_text(
	    host->registry, host_key(host->registry, TOP "\\Sub"), "sz", REG_SZ, "text");
	assert_lstatus(
	    reg_pol_export(host->registry, host_key(host->registry, TOP), "Top", file, NULL),
	    ERROR_SUCCESS);
	assert_int_equal(fclose(file), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execl("/usr/bin/python3", "python3", "-c", program, path, (char *)NULL);
		_exit(77);
	}
	status = host_wait(child);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

/* --- Directives ------------------------------------------------------------------------- */

static void
directives_delete_and_set(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, TOP);
	struct reg_pol_result result;

	for (const char *name = "a\0b\0c\0d\0e\0"; *name != '\0'; name += 2)
		registry_set_dword(host->registry, key, name, 1);
	host_key(host->registry, TOP "\\One\\Deep");
	host_key(host->registry, TOP "\\Two");
	host_key(host->registry, TOP "\\Three");
	import_text(host, "**del.A", " ", &result);
	assert_false(has_value(host, TOP, "a"));
	assert_int_equal(result.deletions, 1);
	import_text(host, "**DeleteValues", "b;nope;C", &result);
	assert_false(has_value(host, TOP, "b"));
	assert_false(has_value(host, TOP, "c"));
	assert_true(has_value(host, TOP, "d"));
	import_text(host, "**DeleteKeys", "one;Nope;TWO", &result);
	assert_false(has_key(host, TOP "\\One"));
	assert_false(has_key(host, TOP "\\Two"));
	assert_true(has_key(host, TOP "\\Three"));
	import_text(host, "**soft.d", "x", &result);
	assert_int_equal(host_dword(host->registry, key, "d"), 1);
	import_text(host, "**soft.new", "x", &result);
	assert_true(has_value(host, TOP, "new"));
	import_text(host, "**delvals.", " ", &result);
	assert_false(has_value(host, TOP, "d"));
	assert_false(has_value(host, TOP, "new"));
	import_text(host, "**SecureKey", "x", &result);
	assert_string_equal(
	    buf_text(&result.kept), "SOFTWARE\\Top: **SecureKey is not carried out\n");
	assert_false(has_value(host, TOP, "**SecureKey"));
	reg_pol_result_release(&result);
}

static void
deletions_make_no_key(void **state)
{
	struct host *host = *state;
	struct reg_pol_result result;

	import_text(host, "**Del.a", " ", &result);
	import_text(host, "**DelVals.", " ", &result);
	import_text(host, "**DeleteKeys", "a", &result);
	assert_false(has_key(host, TOP));
	import_text(host, "", "default", &result);
	assert_true(has_value(host, TOP, ""));
}

static void
a_users_policy_goes_to_the_user(void **state)
{
	struct host *host = *state;
	struct reg_pol_result result;
	struct buf bytes = { 0 };

	reg_pol_write_begin(&bytes);
	reg_pol_write(&bytes, "Software\\Policies\\X", "v", REG_DWORD, "\1\0\0\0", 4);
	assert_lstatus(import_bytes(host, &bytes, "HKCU", &result), ERROR_SUCCESS);
	assert_true(has_value(host, "HKU\\" REGISTRY_USER_SID "\\Software\\Policies\\X", "v"));
	assert_int_equal(result.values, 1);
	buf_release(&bytes);
}

/* --- Malformed files -------------------------------------------------------------------- */

static struct buf
small_file(void)
{
	struct buf bytes = { 0 };

	reg_pol_write_begin(&bytes);
	reg_pol_write(&bytes, "SOFTWARE\\Top", "first", REG_DWORD, "\1\0\0\0", 4);
	reg_pol_write(&bytes, "SOFTWARE\\Top\\Ä", "", REG_NONE, NULL, 0);
	reg_pol_write(&bytes, "SOFTWARE\\Top", "second", REG_BINARY, ";\0]\0", 4);
	assert_false(bytes.failed);
	return bytes;
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
		{ 0, 'p', ERROR_NOT_REGISTRY_FILE,
		    "Registry.pol: at 0x0: expected the signature \"PReg\" and a version" },
		{ 4, 2, ERROR_NOT_REGISTRY_FILE,
		    "Registry.pol: at 0x4: expected version 1, found 00000002" },
		{ 8, '(', ERROR_INVALID_DATA,
		    "Registry.pol: at 0x8: expected \"[\" or the end of the file" },
		{ 36, ':', ERROR_INVALID_DATA,
		    "Registry.pol: at 0x24: expected \";\" after the key, found 0x003a" },
		{ 10, 0, ERROR_INVALID_DATA,
		    "Registry.pol: at 0xa: expected a key's path, found an empty one" },
		{ 61, 0x80, ERROR_INVALID_DATA,
		    "Registry.pol: at 0x3a: expected a size of at most 67108864, found "
		    "2147483652" },
		{ 58, 3, ERROR_INVALID_DATA,
		    "Registry.pol: at 0x43: expected \"]\" after the data, found 0x5d00" },
		{ 59, 3, ERROR_INVALID_DATA,
		    "Registry.pol: at 0xba: expected data, found the end of the file" },
		{ 22, '\\', ERROR_BAD_PATHNAME,
		    "Registry.pol: at 0x8: cannot make the key \"HKLM\\SOFTWA\\E\\Top\": The "
		    "parameter is incorrect." },
	};
	struct host *host = *state;
	struct buf bytes = small_file();

	for (size_t i = 0; i < ARRAY_SIZE(cases) - 1; i++) {
		struct reg_pol_result result;
		uint8_t byte = bytes.data[cases[i].at];

		bytes.data[cases[i].at] = cases[i].byte;
		if (cases[i].at == 10)
			bytes.data[11] = 0;
		assert_lstatus(import_bytes(host, &bytes, "HKLM", &result), cases[i].code);
		assert_string_equal(result.message, cases[i].message);
		assert_false(has_key(host, TOP));
		bytes.data[cases[i].at] = byte;
		reg_pol_result_release(&result);
	}
	buf_release(&bytes);
}

static void
what_the_registry_refuses_is_named(void **state)
{
	struct host *host = *state;
	struct reg_pol_result result;
	struct buf bytes = { 0 };

	reg_pol_write_begin(&bytes);
	reg_pol_write(&bytes, "SOFTWARE\\Top", "v", REG_DWORD, "\1\0\0\0", 4);
	reg_pol_write(&bytes, "New", "v", REG_DWORD, "\1\0\0\0", 4);
	assert_lstatus(import_bytes(host, &bytes, "HKLM", &result), ERROR_INVALID_PARAMETER);
	assert_string_equal(result.message, "Registry.pol: at 0x3e: cannot make the key "
	                                    "\"HKLM\\New\": The parameter is incorrect.");
	assert_false(has_key(host, TOP));
	buf_release(&bytes);
}

static void
truncations_are_errors(void **state)
{
	struct host *host = *state;
	struct buf bytes = small_file();
	size_t whole = 0;

	for (size_t size = 0; size < bytes.size; size++) {
		struct reg_pol_result result;
		struct buf cut = { .data = bytes.data, .size = size };
		lstatus status = import_bytes(host, &cut, "HKLM", &result);

		/* Between two records is an end as well. */
		whole += lstatus_ok(status);
		assert_true(lstatus_ok(status) == (result.message[0] == '\0'));
		reg_pol_result_release(&result);
	}
	assert_int_equal(whole, 3);
	buf_release(&bytes);
}

static void
flipped_bits_do_no_harm(void **state)
{
	struct host *host = *state;
	struct buf bytes = small_file();

	for (size_t at = 0; at < bytes.size; at++) {
		for (int bit = 0; bit < 8; bit++) {
			struct reg_pol_result result;
			lstatus status;

			bytes.data[at] ^= (uint8_t)(1 << bit);
			status = import_bytes(host, &bytes, TOP, &result);
			assert_true(lstatus_ok(status) == (result.message[0] == '\0'));
			bytes.data[at] ^= (uint8_t)(1 << bit);
			reg_pol_result_release(&result);
		}
	}
	buf_release(&bytes);
}

/* --- .reg version 4 --------------------------------------------------------------------- */

static void
export_v4(struct host *host, const char *path, FILE *file, struct buf *lost)
{
	assert_lstatus(reg_export(host->registry, host_key(host->registry, path),
	                   "HKEY_LOCAL_MACHINE\\SOFTWARE\\Top", file, REG_TEXT_V4, lost),
	    ERROR_SUCCESS);
	rewind(file);
}

static void
ansi_files_come_back(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, TOP);
	struct reg_import_result result;
	struct buf lost = { 0 };
	struct reg_value_list values;
	struct reg_value_list again;
	FILE *file = tmpfile();
	char text[512] = "";
	size_t size;

	assert_non_null(file);
	registry_set_text(host->registry, key, "Ünï €", REG_SZ, "a\\b \"ÿ\" „“");
	registry_set_text(host->registry, key, "exp", REG_EXPAND_SZ, "%a% ž");
	registry_set_value(host->registry, key, "multi", REG_MULTI_SZ, "a\0\0\0b\0\0\0\0\0", 10);
	registry_set_value(host->registry, key, "lines", REG_SZ, "a\0\n\0", 4);
	registry_set_value(host->registry, key, "bin", REG_BINARY, "\1\2\3", 3);
	registry_set_value(host->registry, key, "odd", REG_RESOURCE_LIST, "\1\2\3", 3);
	registry_set_dword(host->registry, key, "", 0x1234);
	assert_lstatus(registry_list_values(host->registry, key, &values), ERROR_SUCCESS);
	export_v4(host, TOP, file, &lost);
	assert_int_equal(lost.size, 0);
	size = fread(text, 1, sizeof(text) - 1, file);
	assert_true(
	    size > 0 && strstr(text, "REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Top]\r\n"
	                             "\"\xdcn\xef \x80\"=\"a\\\\b \\\"\xff\\\" "
	                             "\x84\x93\"\r\n\"exp\"=hex(2):25,61,25,20,9e,00\r\n"
	                             "\"multi\"=hex(7):61,00,62,00,00\r\n"
	                             "\"lines\"=hex(1):61,0a\r\n") == text);
	rewind(file);
	assert_lstatus(registry_delete_tree(host->registry, key), ERROR_SUCCESS);
	assert_lstatus(reg_import(host->registry, file, 0, "a.reg", NULL, &result), ERROR_SUCCESS);
	assert_lstatus(registry_list_values(host->registry, host_key(host->registry, TOP), &again),
	    ERROR_SUCCESS);
	assert_int_equal(again.count, values.count);
	for (size_t i = 0; i < values.count; i++) {
		assert_string_equal(again.entries[i].name, values.entries[i].name);
		assert_int_equal(again.entries[i].size, values.entries[i].size);
		assert_memory_equal(
		    again.entries[i].data, values.entries[i].data, values.entries[i].size);
	}
	reg_value_list_release(&values);
	reg_value_list_release(&again);
	fclose(file);
}

static void
what_ansi_cannot_hold_is_named(void **state)
{
	struct host *host = *state;
	reg_key key = host_key(host->registry, TOP);
	struct buf lost = { 0 };
	FILE *file = tmpfile();

	assert_non_null(file);
	registry_set_text(host->registry, key, "fine", REG_SZ, "é");
	registry_set_text(host->registry, key, "Ω", REG_SZ, "x");
	registry_set_text(host->registry, key, "", REG_SZ, "漢");
	registry_set_value(host->registry, key, "odd", REG_MULTI_SZ, "a\0b", 3);
	host_key(host->registry, TOP "\\жж");
	export_v4(host, TOP, file, &lost);
	assert_string_equal(buf_text(&lost),
	    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Top: value \"Ω\": not all characters are in "
	    "Windows-1252\n"
	    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Top: value \"(Default)\": not all characters are in "
	    "Windows-1252\n"
	    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Top: value \"odd\": not all characters are in "
	    "Windows-1252\n"
	    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Top\\жж: not all characters are in Windows-1252\n");
	fclose(file);
	buf_release(&lost);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
	const struct CMUnitTest tests[] = {
		TEST(random_trees_come_back),
		TEST(a_file_parses_to_itself),
		TEST(what_a_file_cannot_hold_is_named),
		TEST(samba_reads_what_is_written),
		TEST(directives_delete_and_set),
		TEST(deletions_make_no_key),
		TEST(a_users_policy_goes_to_the_user),
		TEST(bad_files_are_named_with_their_offset),
		TEST(what_the_registry_refuses_is_named),
		TEST(truncations_are_errors),
		TEST(flipped_bits_do_no_harm),
		TEST(ansi_files_come_back),
		TEST(what_ansi_cannot_hold_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
