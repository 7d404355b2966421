/*
 * Buffers, text, folding, status codes, GUIDs and clocks.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/base/buf.h"
#include "regstore/base/clock.h"
#include "regstore/base/guid.h"
#include "regstore/base/status.h"
#include "regstore/base/unix.h"
#include "regstore/base/utf16.h"

/* --- buf -------------------------------------------------------------------------------------- */

static void
an_empty_buffer_reads_as_empty_text(void **state UNUSED)
{
	struct buf buf = { 0 };

	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf.size, 0);
	buf_release(&buf);
	buf_release(&buf);
}

static void
appended_bytes_follow_one_another(void **state UNUSED)
{
	struct buf buf = { 0 };

	for (int i = 0; i < 1000; i++)
		buf_append_byte(&buf, (uint8_t)i);
	assert_int_equal(buf.size, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf.data[i], (uint8_t)i);
	buf_truncate(&buf, 2000);
	assert_int_equal(buf.size, 1000);
	buf_truncate(&buf, 3);
	assert_int_equal(buf.size, 3);
	buf_release(&buf);
}

static void
formatted_text_longer_than_the_buffer_is_whole(void **state UNUSED)
{
	struct buf buf = { 0 };

	buf_append_text(&buf, "<");
	buf_printf(&buf, "%0300d|%s", 7, "end");
	assert_int_equal(buf.size, 1 + 300 + 4);
	assert_int_equal(buf.data[300], '7');
	assert_string_equal(buf_text(&buf) + 301, "|end");
	buf_release(&buf);
}

static void
a_buffer_that_failed_ignores_what_follows_until_cleared(void **state UNUSED)
{
	struct buf buf = { 0 };

	buf_append_text(&buf, "kept");
	assert_false(buf_reserve(&buf, SIZE_MAX / 2));
	assert_true(buf.failed);
	buf_append_text(&buf, "lost");
	buf_append_byte(&buf, '!');
	buf_printf(&buf, "%d", 1);
	assert_int_equal(buf.size, 4);
	assert_string_equal(buf_text(&buf), "");
	buf_clear(&buf);
	buf_append_text(&buf, "anew");
	assert_string_equal(buf_text(&buf), "anew");
	buf_release(&buf);
}

/* --- utf16 ------------------------------------------------------------------------------------ */

static void
assert_units(const char *text, const uint16_t *units, size_t count)
{
	struct buf out = { 0 };
	struct buf back = { 0 };

	assert_true(utf16_from_utf8(text, strlen(text), &out));
	assert_int_equal(out.size, count * 2);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(out.data[2 * i] | out.data[2 * i + 1] << 8, units[i]);
	assert_int_equal(utf16_units(text), count);
	utf16_to_utf8(out.data, out.size, false, &back);
	assert_string_equal(buf_text(&back), text);
	buf_release(&out);
	buf_release(&back);
}

static void
text_goes_to_utf16_and_back(void **state UNUSED)
{
	const uint16_t units[] = { 'A', 0xe9, 0x20ac, 0xd83d, 0xde00, 0xffff };

	assert_units("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf", units, 6);
	assert_units("", units, 0);
}

static void
lone_surrogates_go_to_utf8_and_back(void **state UNUSED)
{
	const uint16_t high[] = { 0xd800, 'x', 0xdbff };
	const uint16_t low[] = { 0xdc00, 0xd800 };

	assert_units("\xed\xa0\x80x\xed\xaf\xbf", high, 3);
	assert_units("\xed\xb0\x80\xed\xa0\x80", low, 2);
}

static void
nul_units_go_to_utf8_and_back(void **state UNUSED)
{
	const uint16_t units[] = { 'a', 0, 'b', 0 };

	assert_units("a\xc0\x80"
	             "b\xc0\x80",
	    units, 4);
}

static void
every_unit_goes_to_utf8_and_back(void **state UNUSED)
{
	struct buf text = { 0 };
	struct buf back = { 0 };

	for (uint32_t unit = 0; unit < 0x10000; unit++) {
		uint8_t data[2] = { (uint8_t)unit, (uint8_t)(unit >> 8) };

		buf_clear(&text);
		buf_clear(&back);
		utf16_to_utf8(data, sizeof(data), false, &text);
		assert_true(utf16_from_utf8((const char *)text.data, text.size, &back));
		assert_int_equal(back.size, 2);
		assert_memory_equal(back.data, data, 2);
	}
	buf_release(&text);
	buf_release(&back);
}

static void
an_odd_last_byte_is_left_out(void **state UNUSED)
{
	struct buf out = { 0 };

	utf16_to_utf8("a\0b", 3, false, &out);
	assert_string_equal(buf_text(&out), "a");
	buf_clear(&out);
	utf16_to_utf8("\x3d\xd8\x00", 3, false, &out);
	assert_string_equal(buf_text(&out), "\xed\xa0\xbd");
	buf_release(&out);
}

static void
decoding_stops_at_the_first_nul_when_asked_to(void **state UNUSED)
{
	struct buf out = { 0 };

	utf16_to_utf8("a\0b\0\0\0c\0", 8, true, &out);
	assert_string_equal(buf_text(&out), "ab");
	buf_release(&out);
}

static void
malformed_utf8_is_refused(void **state UNUSED)
{
	static const char *const texts[] = { "\x80", "\xc0\x82", "\xc1\xbf", "\xc3", "\xe2\x82",
		"\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
		"a\xc3(", "\xe2(\xa1" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf out = { 0 };

		assert_false(utf16_from_utf8(texts[i], strlen(texts[i]), &out));
		assert_int_equal(utf16_units(texts[i]), SIZE_MAX);
		buf_clear(&out);
		assert_false(name_fold(texts[i], strlen(texts[i]), &out));
		buf_release(&out);
	}
}

/* --- folding ---------------------------------------------------------------------------------- */

static void
units_are_upper_cased_one_to_one(void **state UNUSED)
{
	static const uint16_t pairs[][2] = { { 'a', 'A' }, { 'z', 'Z' }, { '{', '{' }, { '@', '@' },
		{ 0xe9, 0xc9 }, { 0xf7, 0xf7 }, { 0xff, 0x178 }, { 0x3b1, 0x391 }, { 0x3c2, 0x3a3 },
		{ 0x44f, 0x42f }, { 0x1f71, 0x1fbb }, { 0x24d0, 0x24b6 }, { 0xff5a, 0xff3a } };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		assert_int_equal(utf16_upcase(pairs[i][0]), pairs[i][1]);
}

static void
units_that_windows_leaves_alone_are_left_alone(void **state UNUSED)
{
	static const uint16_t units[] = { 0xb5, 0xdf, 0x131, 0x17f, 0x1c5, 0x345, 0x3d0, 0x10d0,
		0x1e9b, 0x1fbe, 0xd801, 0xdc28, 0xffff };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		assert_int_equal(utf16_upcase(units[i]), units[i]);
}

static void
folding_what_is_folded_changes_nothing(void **state UNUSED)
{
	for (uint32_t unit = 0; unit < 0x10000; unit++) {
		uint16_t upper = utf16_upcase((uint16_t)unit);

		assert_int_equal(utf16_upcase(upper), upper);
		assert_true(unit < 0x80 || upper >= 0x80);
	}
}

static void
names_compare_without_case(void **state UNUSED)
{
	assert_int_equal(name_compare("VmmsParameters", "vmMSpARAMETERS"), 0);
	assert_int_equal(name_compare("\xc3\x9c"
	                              "ber",
	                     "\xc3\xbc"
	                     "BER"),
	    0);
	assert_true(name_compare("stra\xc3\x9f"
	                         "e",
	                "strasse") != 0);
	assert_true(name_compare("a", "ab") < 0);
	assert_true(name_compare("", "a") < 0);
	assert_int_equal(name_compare("", ""), 0);
}

static void
names_order_by_upper_cased_unit(void **state UNUSED)
{
	/* '_' lies between the capitals and the small letters: it follows z, as z counts as Z. */
	assert_true(name_compare("z", "_") < 0);
	assert_true(name_compare("a_", "ab") > 0);
	/* U+10000 is D800 DC00 as units, below U+E000. */
	assert_true(name_compare("\xf0\x90\x80\x80", "\xee\x80\x80") < 0);
	assert_true(name_compare("Z", "\xc3\xa9") < 0);
}

/* --- status ----------------------------------------------------------------------------------- */

static void
codes_have_names_and_texts(void **state UNUSED)
{
	assert_string_equal(lstatus_name(LSTATUS(2)), "ERROR_FILE_NOT_FOUND");
	assert_string_equal(lstatus_text(LSTATUS(2)), "The system cannot find the file specified.");
	assert_string_equal(lstatus_name(LSTATUS(999999)), "unknown error");
	assert_string_equal(
	    ntstatus_name((ntstatus){ 0xc0000034u }), "STATUS_OBJECT_NAME_NOT_FOUND");
	assert_string_equal(ntstatus_text((ntstatus){ 0xdeadbeefu }), "Unknown status.");
}

static void
codes_cross_between_the_families(void **state UNUSED)
{
	static const struct {
		uint32_t nt;
		uint32_t win32;
	} rows[] = { { 0, 0 }, { 0xc000000d, 87 }, { 0xc0000017, 8 }, { 0xc0000022, 5 },
		{ 0xc0000023, 122 }, { 0xc0000024, 6 }, { 0xc0000034, 2 }, { 0xc0000035, 183 },
		{ 0xc000003b, 161 }, { 0xc000007f, 112 }, { 0xc00000b5, 121 }, { 0xc000014c, 1009 },
		{ 0xc000014d, 1016 }, { 0xc000017c, 1018 }, { 0xc0000181, 1021 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(
		    lstatus_from_ntstatus((ntstatus){ rows[i].nt }).code, rows[i].win32);
		assert_int_equal(
		    ntstatus_from_lstatus((lstatus){ rows[i].win32 }).code, rows[i].nt);
	}
}

static void
codes_without_a_counterpart_cross_to_a_general_one(void **state UNUSED)
{
	assert_int_equal(lstatus_from_ntstatus((ntstatus){ 0xdeadbeefu }).code, 1);
	assert_int_equal(ntstatus_from_lstatus(LSTATUS(999999)).code, 0xc0000001u);
	assert_int_equal(ntstatus_from_lstatus(LSTATUS(1015)).code, 0xc000014cu);
}

static void
only_negative_statuses_are_failures(void **state UNUSED)
{
	assert_true(ntstatus_ok((ntstatus){ 0 }));
	assert_true(ntstatus_ok((ntstatus){ 0x40000000u }));
	assert_false(ntstatus_ok((ntstatus){ 0x80000005u }));
	assert_false(ntstatus_ok((ntstatus){ 0xc0000001u }));
}

static void
errno_values_map_to_their_win32_kin(void **state UNUSED)
{
	assert_int_equal(lstatus_from_errno(0).code, 0);
	assert_int_equal(lstatus_from_errno(ENOENT).code, 2);
	assert_int_equal(lstatus_from_errno(EROFS).code, 5);
	assert_int_equal(lstatus_from_errno(ENOMEM).code, 8);
	assert_int_equal(lstatus_from_errno(ENOSPC).code, 112);
	assert_int_equal(lstatus_from_errno(EIO).code, 1016);
}

/* --- guid, clock ------------------------------------------------------------------------------ */

static bool
is_guid(const char *text)
{
	return guid_is_text(text, strlen(text));
}

static void
guids_are_told_from_other_text(void **state UNUSED)
{
	assert_true(is_guid("01234567-89ab-CDEF-0123-456789abcdef"));
	assert_true(is_guid("{01234567-89AB-cdef-0123-456789ABCDEF}"));
	assert_false(is_guid(""));
	assert_false(is_guid("{}"));
	assert_false(is_guid("{01234567-89ab-cdef-0123-456789abcdef"));
	assert_false(is_guid("01234567-89ab-cdef-0123-456789abcdef}"));
	assert_false(is_guid("0123456789ab-cdef-0123-456789abcdef-"));
	assert_false(is_guid("01234567-89ab-cdef-0123-456789abcdeg"));
	assert_false(is_guid("((01234567-89ab-cdef-0123-456789abcdef"));
}

static void
assert_time(int64_t filetime, const char *text)
{
	struct buf out = { 0 };

	clock_format(filetime, &out);
	assert_string_equal(buf_text(&out), text);
	buf_release(&out);
}

static void
filetimes_print_as_iso_8601(void **state UNUSED)
{
	assert_time(0, "1601-01-01T00:00:00.0000000Z");
	assert_time(1, "1601-01-01T00:00:00.0000001Z");
	assert_time(-5, "1601-01-01T00:00:00.0000000Z");
	assert_time(116444736000000000ll, "1970-01-01T00:00:00.0000000Z");
	assert_time(125911584000000000ll + 9999999, "2000-01-01T00:00:00.9999999Z");
}

static void
the_wall_clock_is_in_this_century_and_the_monotonic_one_goes_on(void **state UNUSED)
{
	int64_t before = clock_monotonic_ns();

	assert_in_range(clock_wall(), 125911584000000000ll, 157469184000000000ll);
	assert_true(clock_monotonic_ns() >= before);
}

/* 0 if a child, and a child of that one, each see that they are another process. */
static int
count_generations(unsigned inherited, int generations)
{
	pid_t child = fork();
	int status = 1;

	if (child == 0)
		_exit(unix_process() == inherited ||
		      (generations > 1 && count_generations(unix_process(), generations - 1) != 0));
	waitpid(child, &status, 0);
	return status;
}

static void
a_forked_child_is_told_from_those_it_descends_from(void **state UNUSED)
{
	unsigned process = unix_process();

	assert_int_equal(count_generations(process, 2), 0);
	assert_int_equal(unix_process(), process);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_reads_as_empty_text),
		cmocka_unit_test(appended_bytes_follow_one_another),
		cmocka_unit_test(formatted_text_longer_than_the_buffer_is_whole),
		cmocka_unit_test(a_buffer_that_failed_ignores_what_follows_until_cleared),
		cmocka_unit_test(text_goes_to_utf16_and_back),
		cmocka_unit_test(lone_surrogates_go_to_utf8_and_back),
		cmocka_unit_test(nul_units_go_to_utf8_and_back),
		cmocka_unit_test(every_unit_goes_to_utf8_and_back),
		cmocka_unit_test(an_odd_last_byte_is_left_out),
		cmocka_unit_test(decoding_stops_at_the_first_nul_when_asked_to),
		cmocka_unit_test(malformed_utf8_is_refused),
		cmocka_unit_test(units_are_upper_cased_one_to_one),
		cmocka_unit_test(units_that_windows_leaves_alone_are_left_alone),
		cmocka_unit_test(folding_what_is_folded_changes_nothing),
		cmocka_unit_test(names_compare_without_case),
		cmocka_unit_test(names_order_by_upper_cased_unit),
		cmocka_unit_test(codes_have_names_and_texts),
		cmocka_unit_test(codes_cross_between_the_families),
		cmocka_unit_test(codes_without_a_counterpart_cross_to_a_general_one),
		cmocka_unit_test(only_negative_statuses_are_failures),
		cmocka_unit_test(errno_values_map_to_their_win32_kin),
		cmocka_unit_test(guids_are_told_from_other_text),
		cmocka_unit_test(filetimes_print_as_iso_8601),
		cmocka_unit_test(a_forked_child_is_told_from_those_it_descends_from),
		cmocka_unit_test(the_wall_clock_is_in_this_century_and_the_monotonic_one_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
