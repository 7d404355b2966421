/*
 * Private profiles: reading by Windows' rules, and changes that leave all else as it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/formats/profile.h"
#include "tests/lib/host.h"

static char folder[4096];
static char path[4200];

static int
make_folder(void **state UNUSED)
{
	const char *top = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/profile.XXXXXX", top != NULL ? top : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/test.ini", folder);
	return 0;
}

static int
remove_folder(void **state UNUSED)
{
	unlink(path);
	return rmdir(folder);
}

static void
write_bytes(const void *data, size_t size)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void
write_text(const char *text)
{
	write_bytes(text, strlen(text));
}

static void
file_is(const char *text)
{
	char found[4096] = "";
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(found, text);
}

static void
gives(const char *section, const char *key, const char *value)
{
	struct buf out = { 0 };
	lstatus status = profile_get(path, section, key, &out);

	if (value == NULL) {
		assert_lstatus(status, ERROR_FILE_NOT_FOUND);
		assert_int_equal(out.size, 0);
	} else {
		assert_lstatus(status, ERROR_SUCCESS);
		assert_string_equal(buf_text(&out), value);
	}
	buf_release(&out);
}

static void
names_blanks_quotes_and_comments_are_read_by_windows_rules(void **state UNUSED)
{
	write_text("; comment\r\n"
	           "stray=1\r\n"
	           "[ First ]\r\n"
	           "  Key = value with blanks  \r\n"
	           "QUOTED=\"  kept  \"\r\n"
	           "single='it is'\r\n"
	           "open=\"half\r\n"
	           ";key2=commented\r\n"
	           "empty=\r\n"
	           "equals=a=b;c\r\n"
	           "[second]\r\n"
	           "key=two\r\n"
	           "key=never\r\n"
	           "[FIRST]\r\n"
	           "late=1\r\n");
	gives("first", "key", "value with blanks");
	gives("FIRST", "quoted", "  kept  ");
	gives("first", "single", "it is");
	gives("first", "open", "\"half");
	gives("first", "empty", "");
	gives("first", "equals", "a=b;c");
	gives("second", "Key", "two");
	gives("first", "key2", NULL);
	gives("first", ";key2", NULL);
	gives("first", "stray", NULL);
	gives("first", "late", NULL);
	gives("third", "key", NULL);
}

static void
what_is_malformed_is_no_setting(void **state UNUSED)
{
	write_text("[open\nkey=1\n[]\nkey=2\n=3\nno equals\n[a]b]\nk=4");
	gives("open", "key", "1");
	gives("", "key", "2");
	gives("a", "k", "4");
	write_text("");
	gives("a", "k", NULL);
	write_bytes("[a]\nk\0k=1\nj=2", 13);
	gives("a", "j", "2");
}

static void
a_file_that_is_not_there_has_nothing(void **state UNUSED)
{
	struct buf out = { 0 };

	unlink(path);
	gives("a", "k", NULL);
	assert_lstatus(profile_list(path, NULL, &out), ERROR_FILE_NOT_FOUND);
	write_text("");
}

static void
lists_name_sections_and_keys(void **state UNUSED)
{
	struct buf out = { 0 };

	write_text("[One]\na=1\n;b=2\nC=3\n[two]\nd=4\n");
	assert_lstatus(profile_list(path, NULL, &out), ERROR_SUCCESS);
	assert_int_equal(out.size, 8);
	assert_memory_equal(out.data, "One\0two", 8);
	buf_clear(&out);
	assert_lstatus(profile_list(path, "ONE", &out), ERROR_SUCCESS);
	assert_int_equal(out.size, 4);
	assert_memory_equal(out.data, "a\0C", 4);
	buf_clear(&out);
	assert_lstatus(profile_list(path, "three", &out), ERROR_FILE_NOT_FOUND);
	buf_release(&out);
}

static void
a_change_keeps_all_other_lines(void **state UNUSED)
{
	write_text("; head\r\n[a]\r\nx=1\r\n\r\n; between\r\n[b]\r\ny=2");
	assert_lstatus(profile_set(path, "A", "X", "9"), ERROR_SUCCESS);
	file_is("; head\r\n[a]\r\nX=9\r\n\r\n; between\r\n[b]\r\ny=2");
	assert_lstatus(profile_set(path, "a", "new", "n"), ERROR_SUCCESS);
	file_is("; head\r\n[a]\r\nX=9\r\nnew=n\r\n\r\n; between\r\n[b]\r\ny=2");
	assert_lstatus(profile_set(path, "b", "z", "3"), ERROR_SUCCESS);
	file_is("; head\r\n[a]\r\nX=9\r\nnew=n\r\n\r\n; between\r\n[b]\r\ny=2\r\nz=3\r\n");
	assert_lstatus(profile_set(path, "a", "x", NULL), ERROR_SUCCESS);
	assert_lstatus(profile_set(path, "b", NULL, NULL), ERROR_SUCCESS);
	file_is("; head\r\n[a]\r\nnew=n\r\n\r\n; between\r\n");
	assert_lstatus(profile_set(path, "c", "k", "v"), ERROR_SUCCESS);
	file_is("; head\r\n[a]\r\nnew=n\r\n\r\n; between\r\n[c]\r\nk=v\r\n");
}

static void
what_is_set_reads_back(void **state UNUSED)
{
	static const char *const values[] = { "", "plain", "  blanks  ", "\"quoted\"", "'q'", "a=b",
		";no comment", "[no section]", "\"", "caf\xc3\xa9" };

	unlink(path);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		assert_lstatus(profile_set(path, "s", "k", values[i]), ERROR_SUCCESS);
		gives("s", "k", values[i]);
	}
}

static void
what_could_not_be_read_back_is_refused(void **state UNUSED)
{
	write_text("[a]\nk=1\n");
	assert_lstatus(profile_set(path, "a]", "k", "v"), ERROR_INVALID_PARAMETER);
	assert_lstatus(profile_set(path, "", "k", "v"), ERROR_INVALID_PARAMETER);
	assert_lstatus(profile_set(path, "a", "k=", "v"), ERROR_INVALID_PARAMETER);
	assert_lstatus(profile_set(path, "a", ";k", "v"), ERROR_INVALID_PARAMETER);
	assert_lstatus(profile_set(path, "a", "[k", "v"), ERROR_INVALID_PARAMETER);
	assert_lstatus(profile_set(path, "a", " k", "v"), ERROR_INVALID_PARAMETER);
	assert_lstatus(profile_set(path, "a", "", "v"), ERROR_INVALID_PARAMETER);
	assert_lstatus(profile_set(path, "a", "k", "v\nw=1"), ERROR_INVALID_PARAMETER);
	assert_lstatus(profile_set(path, "a", NULL, "v"), ERROR_INVALID_PARAMETER);
	file_is("[a]\nk=1\n");
}

static void
a_utf16_file_stays_one(void **state UNUSED)
{
	static const uint8_t file[] = { 0xff, 0xfe, '[', 0, 's', 0, ']', 0, '\n', 0, 'k', 0, '=', 0,
		0xe9, 0, '\n', 0 };
	uint8_t found[64] = { 0 };
	FILE *stream;

	write_bytes(file, sizeof(file));
	gives("s", "k", "\xc3\xa9");
	assert_lstatus(profile_set(path, "s", "k", "x"), ERROR_SUCCESS);
	stream = fopen(path, "re");
	assert_non_null(stream);
	assert_int_equal(fread(found, 1, sizeof(found), stream), 20);
	fclose(stream);
	assert_memory_equal(found, file, 14);
	gives("s", "k", "x");
}

static void
a_file_above_the_limit_is_refused(void **state UNUSED)
{
	struct buf out = { 0 };

	write_text("[a]\nk=1\n");
	assert_int_equal(truncate(path, PROFILE_MAX + 1), 0);
	assert_lstatus(profile_get(path, "a", "k", &out), ERROR_FILE_TOO_LARGE);
	assert_lstatus(profile_set(path, "a", "k", "2"), ERROR_FILE_TOO_LARGE);
	buf_release(&out);
	write_text("");
}

/* A file that cannot be opened is not one that is not there. */
static void
what_cannot_be_read_is_not_written_over(void **state UNUSED)
{
	char circle[sizeof(path) + 8];
	struct buf out = { 0 };

	snprintf(circle, sizeof(circle), "%s.link", path);
	assert_int_equal(symlink(circle, circle), 0);
	assert_lstatus(profile_set(circle, "a", "k", "2"), ERROR_REGISTRY_IO_FAILED);
	assert_lstatus(profile_get(circle, "a", "k", &out), ERROR_REGISTRY_IO_FAILED);
	assert_int_equal(unlink(circle), 0);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_blanks_quotes_and_comments_are_read_by_windows_rules),
		cmocka_unit_test(what_is_malformed_is_no_setting),
		cmocka_unit_test(a_file_that_is_not_there_has_nothing),
		cmocka_unit_test(lists_name_sections_and_keys),
		cmocka_unit_test(a_change_keeps_all_other_lines),
		cmocka_unit_test(what_is_set_reads_back),
		cmocka_unit_test(what_could_not_be_read_back_is_refused),
		cmocka_unit_test(a_utf16_file_stays_one),
		cmocka_unit_test(a_file_above_the_limit_is_refused),
		cmocka_unit_test(what_cannot_be_read_is_not_written_over),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
