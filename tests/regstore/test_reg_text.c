/*
 * The .reg parser and writer: every form of an entry, malformed input with its line and message,
 * and the round trip of arbitrary names, types and bytes. No registry is needed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/base/macro.h"
#include "regstore/base/utf16.h"
#include "regstore/formats/reg_text.h"

#define V5  "Windows Registry Editor Version 5.00\r\n\r\n"
#define KEY "[HKEY_LOCAL_MACHINE\\K]\r\n"

enum { RANDOM_VALUES = 3000, RANDOM_DATA_MAX = 200 };

/* --- What a parse calls, as text --------------------------------------------------------- */

struct record {
	struct buf text;
	lstatus answer; /* what the handler returns */
};

static lstatus
record_key(void *self, uint64_t line, const char *path)
{
	struct record *record = self;

	buf_printf(&record->text, "%llu key %s\n", (unsigned long long)line, path);
	return record->answer;
}

static lstatus
record_delete_key(void *self, uint64_t line, const char *path)
{
	struct record *record = self;

	buf_printf(&record->text, "%llu delete-key %s\n", (unsigned long long)line, path);
	return record->answer;
}

static lstatus
record_value(
    void *self, uint64_t line, const char *name, uint32_t type, const void *data, size_t size)
{
	struct record *record = self;
	const uint8_t *bytes = data;

	buf_printf(&record->text, "%llu value %s %x:", (unsigned long long)line, name, type);
	for (size_t i = 0; i < size; i++)
		buf_printf(&record->text, "%02x", bytes[i]);
	buf_append_byte(&record->text, '\n');
	return record->answer;
}

static lstatus
record_delete_value(void *self, uint64_t line, const char *name)
{
	struct record *record = self;

	buf_printf(&record->text, "%llu delete-value %s\n", (unsigned long long)line, name);
	return record->answer;
}

static const struct reg_text_handler record_handler = {
	.create_key = record_key,
	.delete_key = record_delete_key,
	.set_value = record_value,
	.delete_value = record_delete_value,
};

static lstatus
record_fault(void *self, const struct reg_text_error *error)
{
	struct record *record = self;

	buf_printf(&record->text, "%llu fault\n", (unsigned long long)error->line);
	return record->answer;
}

static const struct reg_text_handler patient_handler = {
	.create_key = record_key,
	.delete_key = record_delete_key,
	.set_value = record_value,
	.delete_value = record_delete_value,
	.fault = record_fault,
};

static void
expect_bytes(const void *data, size_t size, const char *expected)
{
	struct record record = { .answer = LSTATUS(ERROR_SUCCESS) };
	struct reg_text_error error = { .line = 77, .message = "untouched" };
	lstatus status;

	status = reg_text_parse_memory(data, size, &record_handler, &record, &error);
	if (!lstatus_ok(status))
		print_error("%llu: %s\n", (unsigned long long)error.line, error.message);
	assert_int_equal(status.code, ERROR_SUCCESS);
	assert_int_equal(error.line, 77);
	assert_string_equal(error.message, "untouched");
	assert_string_equal(buf_text(&record.text), expected);
	buf_release(&record.text);
}

static void
expect(const char *text, const char *expected)
{
	expect_bytes(text, strlen(text), expected);
}

/* One entry below a key; the expectation is without the line number, "value " and the name n. */
static void
expect_data(const char *data, const char *expected)
{
	struct buf text = { 0 };
	struct buf full = { 0 };

	buf_printf(&text, V5 KEY "\"n\"=%s\r\n", data);
	buf_printf(&full, "3 key HKEY_LOCAL_MACHINE\\K\n4 value n %s\n", expected);
	expect(buf_text(&text), buf_text(&full));
	buf_release(&text);
	buf_release(&full);
}

static void
expect_error_bytes(
    const void *data, size_t size, enum win32_code code, uint64_t line, const char *message)
{
	struct record record = { .answer = LSTATUS(ERROR_SUCCESS) };
	struct reg_text_error error = { 0 };
	lstatus status;

	status = reg_text_parse_memory(data, size, &record_handler, &record, &error);
	assert_int_equal(status.code, code);
	assert_string_equal(error.message, message);
	assert_int_equal(error.line, line);
	buf_release(&record.text);
}

static void
expect_error(const char *text, uint64_t line, const char *message)
{
	expect_error_bytes(text, strlen(text), ERROR_INVALID_DATA, line, message);
}

static void
expect_data_error(const char *data, uint64_t line, const char *message)
{
	struct buf text = { 0 };

	buf_printf(&text, V5 KEY "\"n\"=%s\r\n\"m\"=\"x\"\r\n", data);
	expect_error(buf_text(&text), line, message);
	buf_release(&text);
}

/* --- Reading ----------------------------------------------------------------------------- */

static void
keys_are_made_and_deleted(void **state)
{
	(void)state;
	expect(V5 "[HKEY_LOCAL_MACHINE\\A B\\C]\r\n[-HKEY_USERS\\X]\r\n",
	    "3 key HKEY_LOCAL_MACHINE\\A B\\C\n4 delete-key HKEY_USERS\\X\n");
}

static void
a_key_ends_at_the_last_bracket_of_its_line(void **state)
{
	(void)state;
	expect(V5 "[HKLM\\a]b]\r\n[HKLM\\c] \t; comment\r\n", "3 key HKLM\\a]b\n4 key HKLM\\c\n");
}

static void
every_form_of_data_is_read(void **state)
{
	(void)state;
	expect_data("\"\"", "1:0000");
	expect_data("\"ab\"", "1:610062000000");
	expect_data("\"a\\\\b\\\"c\"", "1:61005c0062002200630000"
	                               "00");
	expect_data("dword:1f", "4:1f000000");
	expect_data("dword:DEADbeef", "4:efbeadde");
	expect_data("hex:", "3:");
	expect_data("hex:1,02,aB", "3:0102ab");
	expect_data("hex:01,02,", "3:0102");
	expect_data("hex(0):", "0:");
	expect_data("hex(1):61", "1:61");
	expect_data("hex(2):25,00,00,00", "2:25000000");
	expect_data("hex(7):61,00,00,00,00,00", "7:610000000000");
	expect_data("hex(b):01,00,00,00,00,00,00,00", "b:0100000000000000");
	expect_data("hex(4):01", "4:01");
	expect_data("hex(FFFF0012):01", "ffff0012:01");
}

static void
the_default_value_and_deletions_are_read(void **state)
{
	(void)state;
	expect(V5 KEY "@=\"x\"\r\n@=-\r\n\"n\"=-\r\n\"\"=dword:0\r\n",
	    "3 key HKEY_LOCAL_MACHINE\\K\n4 value  1:78000000\n5 delete-value \n"
	    "6 delete-value n\n7 value  4:00000000\n");
}

static void
hexadecimal_data_continue_on_the_next_line(void **state)
{
	(void)state;
	expect_data("hex:01,\\\r\n  02,\\\r\n\t03", "3:010203");
	expect_data("hex:01,\\  \r\n02", "3:0102");
	expect_data("hex:\\\r\n  01", "3:01");
	expect_data("hex:01,\\ ; why\r\n ; and a line\r\n\r\n  02", "3:0102");
	expect(V5 KEY "\"a\"=hex:01,\\\r\n  02\r\n\"b\"=dword:1\r\n",
	    "3 key HKEY_LOCAL_MACHINE\\K\n4 value a 3:0102\n6 value b 4:01000000\n");
}

static void
blanks_and_comments_are_skipped(void **state)
{
	(void)state;
	expect("Windows Registry Editor Version 5.00  \n; one\n# two\n\n  [HKLM\\K]  \n"
	       " \"n\" = dword:1 ; three\n\"s\"=\"a;b\";four\n\t\n@ =\t-\t;\n",
	    "5 key HKLM\\K\n6 value n 4:01000000\n7 value s 1:61003b0062000000\n"
	    "9 delete-value \n");
}

static void
the_last_line_need_not_end(void **state)
{
	(void)state;
	expect(V5 KEY "\"n\"=dword:1", "3 key HKEY_LOCAL_MACHINE\\K\n4 value n 4:01000000\n");
	expect(V5 KEY "\"n\"=\"a\"", "3 key HKEY_LOCAL_MACHINE\\K\n4 value n 1:61000000\n");
	expect(V5 "[HKLM\\K]", "3 key HKLM\\K\n");
	expect("Windows Registry Editor Version 5.00", "");
}

static void
text_may_hold_line_ends(void **state)
{
	(void)state;
	expect(V5 KEY "\"n\"=\"a\r\nb\"\r\n\"m\"=-\r\n",
	    "3 key HKEY_LOCAL_MACHINE\\K\n4 value n 1:61000d000a0062000000\n6 delete-value m\n");
}

static void
all_encodings_give_the_same(void **state)
{
	static const char text[] = V5 KEY "\"\xc3\xa4\xf0\x9f\x98\x80\"=\"\xe2\x82\xac\"\r\n";
	static const char expected[] =
	    "3 key HKEY_LOCAL_MACHINE\\K\n4 value \xc3\xa4\xf0\x9f\x98\x80 1:ac200000\n";
	struct buf marked = { 0 };
	struct buf wide = { 0 };

	(void)state;
	expect(text, expected);
	buf_append_text(&marked, "\xef\xbb\xbf");
	buf_append_text(&marked, text);
	expect_bytes(marked.data, marked.size, expected);
	buf_append_text(&wide, "\xff\xfe");
	assert_true(utf16_from_utf8(text, strlen(text), &wide));
	expect_bytes(wide.data, wide.size, expected);
	expect_bytes(wide.data + 2, wide.size - 2, expected);
	buf_release(&marked);
	buf_release(&wide);
}

static void
version_4_is_ansi_and_its_text_in_hexadecimal_is_widened(void **state)
{
	(void)state;
	expect("REGEDIT4\n\n[HKLM\\K]\n\"\xe4\"=\"\x80\"\n\"x\"=hex(2):25,80,00\n"
	       "\"m\"=hex(7):61,00,00\n\"b\"=hex:80\n\"q\"=hex(b):01\n",
	    "3 key HKLM\\K\n4 value \xc3\xa4 1:ac200000\n5 value x 2:2500ac200000\n"
	    "6 value m 7:610000000000\n7 value b 3:80\n8 value q b:01\n");
}

static void
characters_across_blocks_are_whole(void **state)
{
	struct buf text = { 0 };
	struct buf expected = { 0 };

	(void)state;
	buf_append_text(&text, V5 KEY);
	buf_append_text(&expected, "3 key HKEY_LOCAL_MACHINE\\K\n");
	for (int i = 0; i < 20000; i++) {
		buf_printf(&text, "\"%d\"=\"%.*s\xf0\x9f\x98\x80\"\r\n", i, i % 7, "xxxxxxx");
		buf_printf(&expected, "%d value %d 1:%.*s3dd800de0000\n", i + 4, i, i % 7 * 4,
		    "7800780078007800780078007800");
	}
	expect_bytes(text.data, text.size, buf_text(&expected));
	buf_release(&text);
	buf_release(&expected);
}

static void
a_file_reads_as_memory_does(void **state)
{
	static const char text[] = V5 KEY "\"n\"=dword:1\r\n";
	struct record record = { .answer = LSTATUS(ERROR_SUCCESS) };
	struct reg_text_error error;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	rewind(file);
	assert_true(lstatus_ok(reg_text_parse(file, &record_handler, &record, &error)));
	assert_string_equal(
	    buf_text(&record.text), "3 key HKEY_LOCAL_MACHINE\\K\n4 value n 4:01000000\n");
	fclose(file);
	buf_release(&record.text);
}

/* --- Malformed input --------------------------------------------------------------------- */

static void
another_header_is_refused(void **state)
{
	static const char *const headers[] = { "REGEDIT", "REGEDIT3", "regedit4", "REGEDIT4 FOO",
		"Windows Registry Editor Version 4.00", "windows registry editor version 5.00",
		"[HKLM\\K]" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		struct buf message = { 0 };

		buf_printf(&message,
		    "expected \"Windows Registry Editor Version 5.00\" or \"REGEDIT4\" as the "
		    "first line, found \"%s\"",
		    headers[i]);
		expect_error_bytes(
		    headers[i], strlen(headers[i]), ERROR_NOT_REGISTRY_FILE, 1, buf_text(&message));
		buf_release(&message);
	}
	expect_error_bytes("", 0, ERROR_NOT_REGISTRY_FILE, 1,
	    "expected \"Windows Registry Editor Version 5.00\" or \"REGEDIT4\" as the first line, "
	    "found \"\"");
	expect_error_bytes("\xfe\xff\0W", 4, ERROR_NOT_REGISTRY_FILE, 1,
	    "the file is UTF-16 in big-endian order; expected little-endian or UTF-8");
}

static void
malformed_lines_are_named(void **state)
{
	(void)state;
	expect_error(V5 "nonsense here\r\n", 3,
	    "expected \"[key]\", a value or a comment, found \"nonsense\"");
	expect_error(V5 "\"n\"=\"x\"\r\n", 3, "expected a \"[key]\" line before the first value");
	expect_error(V5 "[-HKLM\\K]\r\n\"n\"=-\r\n", 4,
	    "expected a \"[key]\" line, found a value below a key that is deleted");
	expect_error(V5 "[HKLM\\K\r\n", 3, "expected \"]\" at the end of the key's line");
	expect_error(V5 "[HKLM\\K] x\r\n", 3, "expected \"]\" at the end of the key's line");
	expect_error(V5 "[]\r\n", 3, "expected a key's path in \"[]\"");
	expect_error(V5 "[-]\r\n", 3, "expected a key's path in \"[]\"");
	expect_error(V5 KEY "\"n\"\r\n", 4,
	    "expected \"=\" after the value's name, found the end of the line");
	expect_error(V5 KEY "@x=1\r\n", 4, "expected \"=\" after the value's name, found \"x=1\"");
	expect_error(
	    V5 KEY "\"n=1", 4, "expected '\"' at the end of the text, found the end of the file");
}

static void
malformed_data_are_named(void **state)
{
	static const char forms[] = "expected text in quotes, \"dword:\", \"hex:\", \"hex(n):\" or "
	                            "\"-\" after \"=\", found ";
	struct buf message = { 0 };

	(void)state;
	buf_printf(&message, "%s\"dwrd:1\"", forms);
	expect_data_error("dwrd:1", 4, buf_text(&message));
	buf_clear(&message);
	buf_printf(&message, "%s\"DWORD:1\"", forms);
	expect_data_error("DWORD:1", 4, buf_text(&message));
	buf_clear(&message);
	buf_printf(&message, "%sthe end of the line", forms);
	expect_data_error("", 4, buf_text(&message));
	buf_release(&message);

	expect_data_error(
	    "dword:xyz", 4, "expected a hexadecimal digit after \"dword:\", found \"xyz\"");
	expect_data_error("dword:", 4,
	    "expected a hexadecimal digit after \"dword:\", found the end of the line");
	expect_data_error("dword:123456789", 4,
	    "expected at most 8 hexadecimal digits after \"dword:\", found \"9\"");
	expect_data_error(
	    "dword:12g4", 4, "expected a hexadecimal digit or the end of the line, found \"g4\"");
	expect_data_error(
	    "hex:0g", 4, "expected \",\" between the bytes or the end of the line, found \"g\"");
	expect_data_error(
	    "hex:001", 4, "expected \",\" between the bytes or the end of the line, found \"1\"");
	expect_data_error("hex:00,,01", 4,
	    "expected a byte in hexadecimal or the end of the line, found \",01\"");
	expect_data_error(
	    "hex(g):01", 4, "expected a hexadecimal digit after \"hex(\", found \"g):01\"");
	expect_data_error("hex(1:01", 4, "expected \")\" after the type's number, found \":01\"");
	expect_data_error("hex(1)01", 4, "expected \":\" before the bytes, found \"01\"");
	expect_data_error("\"a\"b", 4, "expected the end of the line, found \"b\"");
	expect_data_error("-x", 4, "expected the end of the line after \"-\", found \"x\"");
	expect_data_error("\"a\\nb\"", 4, "expected \"\\\\\" or '\\\"' in text, found \"\\nb\"\"");
}

static void
malformed_continuations_name_their_own_line(void **state)
{
	(void)state;
	expect_data_error("hex:01,\\\r\n  zz", 5,
	    "expected a byte in hexadecimal or the end of the line, found \"zz\"");
	expect_data_error(
	    "hex:01,\\ 02", 4, "expected the end of the line after \"\\\", found \"\\02\"");
	expect_error(V5 KEY "\"n\"=hex:01,\\\r\n", 5,
	    "expected the bytes that \"\\\" promises, found the end of the file");
	expect_error(V5 KEY "\"n\"=hex:01,\\\r\n[HKLM\\L]\r\n", 5,
	    "expected a byte in hexadecimal or the end of the line, found \"[HKLM\\L]\"");
}

static void
a_missing_quote_is_blamed_where_the_text_begins(void **state)
{
	static const char message[] =
	    "expected '\"' at the end of the text, found the end of the line";

	(void)state;
	expect_data_error("\"abc", 4, message);
	expect_error(V5 KEY "\"n\"=\"abc\r\n@=\"\"\r\n", 4, message);
	expect_error(V5 KEY "\"n\"=\"abc\r\n[HKLM\\L]\r\n\"m\"=\"a\"\r\n", 4, message);
	expect_error(V5 KEY "\"n=1\r\n\"m\"=\"a\"\r\n", 4, message);
	expect_error(V5 KEY "\"n\"=\"abc\r\n", 4, message);
	expect_error(V5 KEY "\"n\"=\"abc", 4,
	    "expected '\"' at the end of the text, found the end of the file");
}

/* Faults are told, and what the patient handler gets of the rest is this. */
static void
expect_rest(const void *data, size_t size, const char *expected)
{
	struct record record = { .answer = LSTATUS(ERROR_SUCCESS) };
	struct reg_text_error error = { 0 };

	assert_true(
	    lstatus_ok(reg_text_parse_memory(data, size, &patient_handler, &record, &error)));
	assert_string_equal(buf_text(&record.text), expected);
	buf_release(&record.text);
}

static void
the_rest_is_read_after_a_line_that_cannot_be(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{ V5 KEY "\"a\"=dword:x\r\n\"b\"=dword:1\r\n",
		    "3 key HKEY_LOCAL_MACHINE\\K\n4 fault\n5 value b 4:01000000\n" },
		/* A quote that is open does not swallow the next value. */
		{ V5 KEY "\"a\"=\"open\r\n\"b\"=dword:1\r\n",
		    "3 key HKEY_LOCAL_MACHINE\\K\n4 fault\n5 value b 4:01000000\n" },
		{ V5 KEY "\"a\"=\"open\r\n", "3 key HKEY_LOCAL_MACHINE\\K\n4 fault\n" },
		/* What a faulty value goes on with is no further fault. */
		{ V5 KEY "\"a\"=hex:zz,\\\r\n  01,02,\\\r\n  ; note\r\n  03\r\n@=-\r\n",
		    "3 key HKEY_LOCAL_MACHINE\\K\n4 fault\n8 delete-value \n" },
		{ V5 KEY "\"a\"=hex:01,\\\r\n  zz\r\n\"b\"=-\r\n",
		    "3 key HKEY_LOCAL_MACHINE\\K\n5 fault\n6 delete-value b\n" },
		/* Whose value it is matters: those of a key that is not known are none. */
		{ V5 KEY "[HKEY_LOCAL_MACHINE\\L\r\n\"a\"=dword:1\r\n\"b\"=dword:y\r\n" KEY
		         "\"c\"=-\r\n",
		    "3 key HKEY_LOCAL_MACHINE\\K\n4 fault\n7 key HKEY_LOCAL_MACHINE\\K\n"
		    "8 delete-value c\n" },
		{ V5 "\"a\"=-\r\n\"b\"=-\r\n" KEY, "3 fault\n5 key HKEY_LOCAL_MACHINE\\K\n" },
		{ V5 "[-HKEY_LOCAL_MACHINE\\K]\r\n\"a\"=-\r\n\"b\"=-\r\n" KEY,
		    "3 delete-key HKEY_LOCAL_MACHINE\\K\n4 fault\n"
		    "6 key HKEY_LOCAL_MACHINE\\K\n" },
		{ V5 KEY "words\r\nmore\r\n\"b\"=-\r\nwords\r\n",
		    "3 key HKEY_LOCAL_MACHINE\\K\n4 fault\n6 delete-value b\n7 fault\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_rest(cases[i].text, strlen(cases[i].text), cases[i].expected);
}

/* Wherever a block of the file ends within the entry that cannot be read. */
static void
faults_across_blocks_lose_nothing(void **state)
{
	static const char entry[] = "\"a\"=\"open\r\nand more\r\n\"b\"=dword:1\r\n";
	enum { BLOCK = 32768 };

	(void)state;
	for (size_t back = 0; back < sizeof(entry) + 2; back++) {
		for (unsigned wide = 0; wide < 2; wide++) {
			struct buf text = { 0 };
			struct buf units = { 0 };
			size_t end = BLOCK / (wide + 1) - back;

			buf_append_text(&text, V5 KEY ";");
			while (text.size < end - wide - 2)
				buf_append_byte(&text, 'x');
			buf_append_text(&text, "\r\n");
			buf_append_text(&text, entry);
			if (wide != 0) {
				buf_append(&units, "\xff\xfe", 2);
				utf16_from_utf8(buf_text(&text), text.size, &units);
			} else {
				buf_append(&units, text.data, text.size);
			}
			expect_rest(units.data, units.size,
			    "3 key HKEY_LOCAL_MACHINE\\K\n5 fault\n7 value b 4:01000000\n");
			buf_release(&units);
			buf_release(&text);
		}
	}
}

static void
what_is_no_text_ends_the_parse_all_the_same(void **state)
{
	static const char text[] = V5 KEY "\"a\"=dword:x\r\n\"b\"=-\r\n\xff\r\n\"c\"=-\r\n";
	struct record record = { .answer = LSTATUS(ERROR_SUCCESS) };
	struct reg_text_error error = { 0 };

	(void)state;
	assert_int_equal(
	    reg_text_parse_memory(text, strlen(text), &patient_handler, &record, &error).code,
	    ERROR_INVALID_DATA);
	assert_null(strstr(buf_text(&record.text), "delete-value c"));
	buf_clear(&record.text);
	record.answer = LSTATUS(ERROR_INVALID_DATA);
	assert_int_equal(
	    reg_text_parse_memory(V5 KEY KEY, strlen(V5 KEY KEY), &patient_handler, &record, &error)
	        .code,
	    ERROR_INVALID_DATA);
	assert_string_equal(buf_text(&record.text), "3 key HKEY_LOCAL_MACHINE\\K\n");
	buf_release(&record.text);
}

static void
malformed_characters_are_refused(void **state)
{
	static const char half[] = "\xff\xfeW\0i";

	(void)state;
	expect_error(V5 KEY "\"n\"=\"\xff\"\r\n", 4, "expected UTF-8, found bytes that are none");
	expect_error(V5 KEY "; \xc3(\r\n", 4, "expected UTF-8, found bytes that are none");
	expect_error(V5 KEY "; \xe2\x82", 4, "expected UTF-8, found bytes that are none");
	expect_error_bytes(half, sizeof(half) - 1, ERROR_INVALID_DATA, 1,
	    "the file ends within a 16-bit character");
}

static void
limits_are_kept(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_append_text(&text, V5 KEY "\"");
	for (unsigned i = 0; i < REG_VALUE_NAME_MAX + 1; i++)
		buf_append_byte(&text, 'n');
	buf_append_text(&text, "\"=-\r\n");
	expect_error(buf_text(&text), 4, "the text is longer than 16383 characters");
	buf_release(&text);
}

static void
a_handler_ends_the_parse(void **state)
{
	static const char text[] = V5 KEY "\"n\"=dword:1\r\n";
	struct record record = { .answer = LSTATUS(ERROR_DISK_FULL) };
	struct reg_text_error error = { 0 };
	lstatus status;

	(void)state;
	status = reg_text_parse_memory(text, strlen(text), &record_handler, &record, &error);
	assert_int_equal(status.code, ERROR_DISK_FULL);
	assert_int_equal(error.line, 3);
	assert_string_equal(error.message, "There is not enough space on the disk.");
	assert_string_equal(buf_text(&record.text), "3 key HKEY_LOCAL_MACHINE\\K\n");
	buf_release(&record.text);
}

/* --- Writing ----------------------------------------------------------------------------- */

/* Write one value and compare its line or lines, in UTF-8. */
static void
expect_written(const char *name, uint32_t type, const void *data, size_t size, const char *expected)
{
	struct reg_text_writer writer = { 0 };
	struct buf text = { 0 };

	reg_text_write_value(&writer, name, type, data, size);
	assert_true(lstatus_ok(writer.status));
	utf16_to_utf8(writer.text.data, writer.text.size, false, &text);
	assert_string_equal(buf_text(&text), expected);
	buf_release(&text);
	reg_text_writer_release(&writer);
}

static void
a_file_has_regedits_frame(void **state)
{
	struct reg_text_writer writer = { 0 };
	struct buf text = { 0 };

	(void)state;
	reg_text_write_begin(&writer);
	reg_text_write_key(&writer, "HKEY_LOCAL_MACHINE\\K");
	reg_text_write_value(&writer, "n", REG_DWORD, "\1\0\0\0", 4);
	reg_text_write_key(&writer, "HKEY_LOCAL_MACHINE\\K\\L");
	assert_true(lstatus_ok(reg_text_write_end(&writer)));
	assert_memory_equal(writer.text.data, "\xff\xfeW\0", 4);
	utf16_to_utf8(writer.text.data + 2, writer.text.size - 2, false, &text);
	assert_string_equal(buf_text(&text),
	    V5 KEY "\"n\"=dword:00000001\r\n\r\n[HKEY_LOCAL_MACHINE\\K\\L]\r\n\r\n");
	buf_release(&text);
	reg_text_writer_release(&writer);
}

static void
every_type_is_written_in_its_form(void **state)
{
	(void)state;
	expect_written("n", REG_SZ, "a\0\\\0\"\0\0", 8, "\"n\"=\"a\\\\\\\"\"\r\n");
	expect_written("", REG_SZ, "\0", 2, "@=\"\"\r\n");
	expect_written("a\"b\\", REG_DWORD, "\1\2\3\xff", 4, "\"a\\\"b\\\\\"=dword:ff030201\r\n");
	expect_written("n", REG_BINARY, "\x0a\xff", 2, "\"n\"=hex:0a,ff\r\n");
	expect_written("n", REG_BINARY, NULL, 0, "\"n\"=hex:\r\n");
	expect_written("n", REG_NONE, NULL, 0, "\"n\"=hex(0):\r\n");
	expect_written("n", REG_EXPAND_SZ, "%\0\0", 4, "\"n\"=hex(2):25,00,00,00\r\n");
	expect_written("n", REG_MULTI_SZ, "\0", 2, "\"n\"=hex(7):00,00\r\n");
	expect_written(
	    "n", REG_QWORD, "\1\0\0\0\0\0\0\0", 8, "\"n\"=hex(b):01,00,00,00,00,00,00,00\r\n");
	expect_written("n", 0xffff0012, "\1", 1, "\"n\"=hex(ffff0012):01\r\n");
}

static void
data_that_would_not_come_back_are_written_in_hexadecimal(void **state)
{
	(void)state;
	expect_written("n", REG_SZ, NULL, 0, "\"n\"=hex(1):\r\n");
	expect_written("n", REG_SZ, "a\0", 2, "\"n\"=hex(1):61,00\r\n");
	expect_written("n", REG_SZ, "a\0\0", 3, "\"n\"=hex(1):61,00,00\r\n");
	expect_written("n", REG_SZ, "\0\0\0", 4, "\"n\"=hex(1):00,00,00,00\r\n");
	expect_written("n", REG_SZ, "\n\0\0", 4, "\"n\"=hex(1):0a,00,00,00\r\n");
	expect_written("n", REG_SZ, "\r\0\0", 4, "\"n\"=hex(1):0d,00,00,00\r\n");
	expect_written("n", REG_SZ, "\0\xd8\0", 4, "\"n\"=hex(1):00,d8,00,00\r\n");
	expect_written("n", REG_SZ, "\0\xdc\0\xd8\0", 6, "\"n\"=hex(1):00,dc,00,d8,00,00\r\n");
	expect_written("n", REG_SZ, "=\xd8\0\xde\0", 6, "\"n\"=\"\xf0\x9f\x98\x80\"\r\n");
	expect_written("n", REG_DWORD, "\1\0\0", 3, "\"n\"=hex(4):01,00,00\r\n");
	expect_written("n", REG_DWORD, "\1\0\0\0", 5, "\"n\"=hex(4):01,00,00,00,00\r\n");
}

/* The lines of a real export: 23 units of name, then 18 bytes; later lines hold 25. */
static void
hexadecimal_lines_break_at_column_77(void **state)
{
	uint8_t zeros[44] = { 0 };

	(void)state;
	expect_written("DigitalProductId", REG_BINARY, zeros, sizeof(zeros),
	    "\"DigitalProductId\"=hex:00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,\\\r\n"
	    "  00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,\\\r\n"
	    "  00\r\n");
	expect_written("DigitalProductId", REG_BINARY, zeros, 18,
	    "\"DigitalProductId\"=hex:00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00\r\n");
}

static void
a_path_with_a_line_end_cannot_be_written(void **state)
{
	struct reg_text_writer writer = { 0 };

	(void)state;
	reg_text_write_begin(&writer);
	reg_text_write_key(&writer, "HKEY_LOCAL_MACHINE\\a\nb");
	assert_int_equal(reg_text_write_end(&writer).code, ERROR_INVALID_NAME);
	reg_text_writer_release(&writer);
}

static void
a_full_disk_is_reported(void **state)
{
	struct reg_text_writer writer = { 0 };
	uint8_t zeros[100000] = { 0 };

	(void)state;
	writer.file = fopen("/dev/full", "wb");
	if (writer.file == NULL)
		skip();
	setvbuf(writer.file, NULL, _IONBF, 0);
	reg_text_write_begin(&writer);
	reg_text_write_value(&writer, "n", REG_BINARY, zeros, sizeof(zeros));
	assert_int_equal(reg_text_write_end(&writer).code, ERROR_DISK_FULL);
	reg_text_writer_release(&writer);
	fclose(writer.file);
}

/* --- Round trip -------------------------------------------------------------------------- */

static uint32_t
next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Text-like bytes as often as arbitrary ones, of any length, with and without a terminator. */
static void
random_data(uint64_t *seed, struct buf *out)
{
	static const uint8_t likely[] = { 'a', '\\', '"', 0, '\r', '\n', ';', ' ', 0xd8, 0xdc };
	size_t size = next_random(seed) % RANDOM_DATA_MAX;
	bool text = next_random(seed) % 2 == 0;

	if (next_random(seed) % 4 == 0)
		size = next_random(seed) % 6;
	for (size_t i = 0; i < size; i++) {
		if (!text)
			buf_append_byte(out, (uint8_t)next_random(seed));
		else if (i % 2 == 1)
			buf_append_byte(out, next_random(seed) % 16 == 0 ? 0xd8 : 0);
		else
			buf_append_byte(out, likely[next_random(seed) % sizeof(likely)]);
	}
	if (text && next_random(seed) % 2 == 0)
		buf_append(out, "\0", 2);
}

/* Any units but the pairs that UTF-8 joins; line ends and NUL included. */
static void
random_name(uint64_t *seed, struct buf *out)
{
	static const char *const parts[] = { "a", "\\", "\"", "=", "@", "\r", "\n", ";", "\xc3\xa4",
		"\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xc0\x80", "]", " " };
	size_t count = next_random(seed) % 8;

	for (size_t i = 0; i < count; i++)
		buf_append_text(out, parts[next_random(seed) % ARRAY_SIZE(parts)]);
}

static uint32_t
random_type(uint64_t *seed)
{
	return next_random(seed) % 8 == 0 ? next_random(seed) : next_random(seed) % 12;
}

/* The line ends (LF, CR LF, a lone CR) of UTF-16LE text from *counted on. */
static uint64_t
line_ends(const struct buf *text, size_t *counted)
{
	uint64_t count = 0;

	for (; *counted < text->size; *counted += 2) {
		const uint8_t *at = text->data + *counted;

		if (at[1] != 0)
			continue;
		count += at[0] == '\n' || (at[0] == '\r' && !(at[2] == '\n' && at[3] == 0));
	}
	return count;
}

static void
every_byte_of_every_type_survives_the_round_trip(void **state)
{
	struct reg_text_writer writer = { 0 };
	struct record expected = { .answer = LSTATUS(ERROR_SUCCESS) };
	struct record found = { .answer = LSTATUS(ERROR_SUCCESS) };
	struct reg_text_error error = { 0 };
	uint64_t seed = 20260107;
	uint64_t line = 1;
	size_t counted = 0;
	lstatus status;

	(void)state;
	reg_text_write_begin(&writer);
	reg_text_write_key(&writer, "HKEY_LOCAL_MACHINE\\a]b;\xc3\xa4");
	record_key(&expected, 3, "HKEY_LOCAL_MACHINE\\a]b;\xc3\xa4");
	for (int i = 0; i < RANDOM_VALUES; i++) {
		struct buf name = { 0 };
		struct buf data = { 0 };
		uint32_t type = random_type(&seed);

		random_name(&seed, &name);
		random_data(&seed, &data);
		line += line_ends(&writer.text, &counted);
		reg_text_write_value(&writer, buf_text(&name), type, data.data, data.size);
		record_value(&expected, line, buf_text(&name), type, data.data, data.size);
		buf_release(&name);
		buf_release(&data);
	}
	assert_true(lstatus_ok(reg_text_write_end(&writer)));
	status = reg_text_parse_memory(
	    writer.text.data, writer.text.size, &record_handler, &found, &error);
	assert_string_equal(error.message, "");
	assert_true(lstatus_ok(status));
	assert_true(found.text.size == expected.text.size);
	assert_memory_equal(found.text.data, expected.text.data, found.text.size);
	reg_text_writer_release(&writer);
	buf_release(&expected.text);
	buf_release(&found.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_made_and_deleted),
		cmocka_unit_test(a_key_ends_at_the_last_bracket_of_its_line),
		cmocka_unit_test(every_form_of_data_is_read),
		cmocka_unit_test(the_default_value_and_deletions_are_read),
		cmocka_unit_test(hexadecimal_data_continue_on_the_next_line),
		cmocka_unit_test(blanks_and_comments_are_skipped),
		cmocka_unit_test(the_last_line_need_not_end),
		cmocka_unit_test(text_may_hold_line_ends),
		cmocka_unit_test(all_encodings_give_the_same),
		cmocka_unit_test(version_4_is_ansi_and_its_text_in_hexadecimal_is_widened),
		cmocka_unit_test(characters_across_blocks_are_whole),
		cmocka_unit_test(a_file_reads_as_memory_does),
		cmocka_unit_test(another_header_is_refused),
		cmocka_unit_test(malformed_lines_are_named),
		cmocka_unit_test(malformed_data_are_named),
		cmocka_unit_test(malformed_continuations_name_their_own_line),
		cmocka_unit_test(a_missing_quote_is_blamed_where_the_text_begins),
		cmocka_unit_test(the_rest_is_read_after_a_line_that_cannot_be),
		cmocka_unit_test(faults_across_blocks_lose_nothing),
		cmocka_unit_test(what_is_no_text_ends_the_parse_all_the_same),
		cmocka_unit_test(malformed_characters_are_refused),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(a_handler_ends_the_parse),
		cmocka_unit_test(a_file_has_regedits_frame),
		cmocka_unit_test(every_type_is_written_in_its_form),
		cmocka_unit_test(data_that_would_not_come_back_are_written_in_hexadecimal),
		cmocka_unit_test(hexadecimal_lines_break_at_column_77),
		cmocka_unit_test(a_path_with_a_line_end_cannot_be_written),
		cmocka_unit_test(a_full_disk_is_reported),
		cmocka_unit_test(every_byte_of_every_type_survives_the_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
