/*
 * Vector files: every form of a case, and what is said of a malformed one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/tunable/vector.h"
#include "regstore/tunable/vector_case.h"

#define KEY        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Sample\\Parameters"
#define OTHER_KEY  "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Other\\Parameters"
#define OPEN_KEY   "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Sample\\Properties"
#define HEADER     "id\tkey\tvalue\tgiven\texpect\twhy\n"
#define ROW        .basis = BASIS_DOCUMENTED, .doc = "A row of the test."
#define INPUT_HELP "expected absent, dword:, qword:, sz:, expand_sz:, multi_sz:, binary: or none:"

static const struct tunable sample_rows[] = {
	{ ROW, .name = "Number", .type = REG_DWORD, DEFAULT(7), RANGE(1, 100), OUTSIDE(OOB_RESET) },
	{ ROW, .name = "Wide", .type = REG_QWORD },
	{ ROW, .name = "Text", .type = REG_SZ },
	{ ROW, .name = "Expand", .type = REG_EXPAND_SZ },
	{ ROW, .name = "List", .type = REG_MULTI_SZ },
	{ ROW, .name = "Bytes", .type = REG_BINARY },
	{ ROW, .name = "Any", .type = TYPE_ANY },
	{ ROW, .name = "Two Words", .type = REG_DWORD },
	{ ROW, .name = "Shared", .type = REG_DWORD, DEFAULT(1) },
	{ ROW, .name = "Gated", .type = REG_DWORD,
	    .gates = { { .name = "Number", .test = GATE_AT_LEAST, .number = 10 } } },
	{ ROW, .name = "Booted", .type = REG_DWORD, .bcd = "option" },
	{ ROW, .name = "Limited", .type = REG_DWORD, .max_from = "SampleLimit",
	    .above = OOB_CLAMP },
};
static const struct tunable other_rows[] = {
	{ ROW, .name = "Shared", .type = REG_DWORD, DEFAULT(2) },
	{ ROW, .name = "Far", .type = REG_DWORD, .fallback = "Sample\\Parameters\\Number" },
};
static const struct tunable twin_rows[] = {
	{ ROW, .name = "Number", .type = REG_DWORD, DEFAULT(7), RANGE(1, 50), OUTSIDE(OOB_CLAMP) },
};
static const struct tunable open_rows[] = { { ROW, .name = "*", .type = TYPE_ANY } };

#define TABLE(stem, who, path)                                                                     \
	static const struct tunable_table stem##_table = {                                         \
		.name = "test." #stem,                                                             \
		.owner = (who),                                                                    \
		.key = (path),                                                                     \
		.section = "0",                                                                    \
		.apply = APPLY_RELOAD,                                                             \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
	}

TABLE(sample, "sample.sys", KEY);
TABLE(other, "other.sys", OTHER_KEY);
TABLE(twin, "twin.sys", "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Twin\\<n>");
TABLE(open, "sample.sys", OPEN_KEY);

/* Read by two components: the twin reads the sample's key too. */
static const struct tunable_table shared_table = {
	.name = "test.shared",
	.owner = "shared.sys",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Twin\\<n>",
	.section = "0",
	.apply = APPLY_RELOAD,
	.rows = sample_rows,
	.count = 1,
};

static struct tunable_catalog catalog;

static int
make_catalog(void **state UNUSED)
{
	const struct tunable_table *tables[] = { &sample_table, &other_table, &twin_table,
		&open_table, &shared_table };
	struct buf error = { 0 };
	bool ok = tunable_catalog_init(tables, ARRAY_SIZE(tables), &catalog, &error);

	if (!ok)
		print_error("%s\n", buf_text(&error));
	buf_release(&error);
	return ok ? 0 : -1;
}

static int
drop_catalog(void **state UNUSED)
{
	tunable_catalog_release(&catalog);
	return 0;
}

/* What was reported of a file: the last case in full, and all cases' ids. */
struct report {
	unsigned calls;
	size_t line;
	bool passed;
	bool has_reading;
	char id[80];
	char got[400];
	char why[80];
	char ids[200];
};

static void
report_one(void *context, const struct vector_result *result)
{
	struct report *report = context;
	size_t used;

	assert_string_equal(result->file, "test.tsv");
	report->calls++;
	report->line = result->line;
	report->passed = result->passed;
	report->has_reading = result->reading != NULL;
	assert_true(strlen(result->id) < sizeof(report->id));
	assert_true(strlen(result->got) < sizeof(report->got));
	assert_true(strlen(result->why) < sizeof(report->why));
	snprintf(report->id, sizeof(report->id), "%s", result->id);
	snprintf(report->got, sizeof(report->got), "%s", result->got);
	snprintf(report->why, sizeof(report->why), "%s", result->why);
	used = strlen(report->ids);
	assert_true(used + strlen(result->id) + 2 < sizeof(report->ids));
	snprintf(report->ids + used, sizeof(report->ids) - used, "%s%s", result->id,
	    result->passed ? "+" : "-");
}

/* Run a file of these bytes; returns whether it could be run. */
static bool
run_bytes(const void *data, size_t size, struct report *report, struct vector_count *count,
    char *ret_error)
{
	const struct vector_sink sink = { .result = report_one, .context = report };
	struct buf error = { 0 };
	FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
	bool ok;

	assert_non_null(file);
	memset(report, 0xa5, sizeof(*report));
	report->calls = 0;
	report->ids[0] = '\0';
	*count = (struct vector_count){ 0 };
	ok = vector_run(&catalog, file, "test.tsv", &sink, count, &error);
	assert_true(error.size < 200);
	snprintf(ret_error, 200, "%s", buf_text(&error));
	buf_release(&error);
	fclose(file);
	assert_int_equal(count->passed + count->failed, report->calls);
	return ok;
}

static struct report
run(const char *text)
{
	struct report report;
	struct vector_count count;
	char error[200];

	if (!run_bytes(text, strlen(text), &report, &count, error))
		fail_msg("%s", error);
	assert_string_equal(error, "");
	return report;
}

/* A file that is no vector file, and what is said of it. */
static void
assert_refused(const char *text, const char *sentence)
{
	struct report report;
	struct vector_count count;
	char error[200];

	assert_false(run_bytes(text, strlen(text), &report, &count, error));
	assert_string_equal(error, sentence);
	assert_int_equal(report.calls, 0);
}

/* Run one case of the sample's key. */
static struct report
run_case(const char *value, const char *given, const char *expect)
{
	char text[1024];
	int length = snprintf(
	    text, sizeof(text), HEADER "one\t" KEY "\t%s\t%s\t%s\twhy not\n", value, given, expect);
	struct report report;

	assert_true(length > 0 && (size_t)length < sizeof(text));
	report = run(text);
	assert_int_equal(report.calls, 1);
	assert_int_equal(report.line, 2);
	assert_string_equal(report.id, "one");
	assert_string_equal(report.why, "why not");
	return report;
}

#define passes(value, given, expect) passes_at(value, given, expect, __FILE__, __LINE__)

static void
passes_at(const char *value, const char *given, const char *expect, const char *file, int line)
{
	struct report report = run_case(value, given, expect);

	if (!report.passed || report.got[0] != '\0' || !report.has_reading) {
		print_error("%s given %s: expected %s, got %s\n", value, given, expect, report.got);
		_fail(file, line);
	}
}

/* The case was judged, and came to something else. */
#define differs(value, given, expect) differs_at(value, given, expect, __FILE__, __LINE__)

static void
differs_at(const char *value, const char *given, const char *expect, const char *file, int line)
{
	struct report report = run_case(value, given, expect);

	if (report.passed || report.got[0] == '\0' || !report.has_reading) {
		print_error("%s given %s: passed as %s (%s)\n", value, given, expect, report.got);
		_fail(file, line);
	}
}

/* The case could not be judged. */
#define malformed(value, given, expect, got)                                                       \
	malformed_at(value, given, expect, got, __FILE__, __LINE__)

static void
malformed_at(const char *value, const char *given, const char *expect, const char *got,
    const char *file, int line)
{
	struct report report = run_case(value, given, expect);

	if (report.passed || report.has_reading || strcmp(report.got, got) != 0) {
		print_error(
		    "%s given %s: expected \"%s\", got \"%s\"\n", value, given, got, report.got);
		_fail(file, line);
	}
}

/* --- Inputs -------------------------------------------------------------------------------------
 */

static void
a_number_is_decimal_or_hexadecimal(void **state UNUSED)
{
	passes("Number", "dword:42", "42 applied");
	passes("Number", "dword:0x2A", "42 applied");
	passes("Number", "dword:0X2a", "42 applied");
	passes("Any", "dword:4294967295", "4294967295");
	passes("Any", "dword:0xffffffff", "4294967295");
	passes("Wide", "qword:18446744073709551615", "18446744073709551615");
	passes("Wide", "qword:0xffffffffffffffff", "18446744073709551615");
}

static void
a_number_that_does_not_fit_is_malformed(void **state UNUSED)
{
	malformed("Any", "dword:4294967296", "1", "malformed data: \"dword:4294967296\"");
	malformed("Any", "dword:0x100000000", "1", "malformed data: \"dword:0x100000000\"");
	malformed("Any", "qword:18446744073709551616", "1",
	    "malformed data: \"qword:18446744073709551616\"");
	malformed("Any", "dword:", "1", "malformed data: \"dword:\"");
	malformed("Any", "dword:0x", "1", "malformed data: \"dword:0x\"");
	malformed("Any", "dword:-1", "1", "malformed data: \"dword:-1\"");
	malformed("Any", "dword:1a", "1", "malformed data: \"dword:1a\"");
	malformed("Any", "dword:0xg", "1", "malformed data: \"dword:0xg\"");
	malformed("Any", "dword: 1", "1", "malformed data: \"dword: 1\"");
}

static void
text_is_kept_with_its_terminator(void **state UNUSED)
{
	passes("Text", "sz:abc", "abc applied");
	passes("Text", "sz:", "\"\" applied");
	passes("Text", "sz:a:b=c", "a:b=c");
	passes("Text", "sz:\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	passes("Expand", "expand_sz:%SystemRoot%\\x", "%SystemRoot%\\x applied");
	differs("Text", "expand_sz:x", "x");
	malformed("Text", "sz:\xc3", "x", "malformed data: \"sz:\xc3\"");
}

static void
quotes_keep_blanks_and_semicolons(void **state UNUSED)
{
	passes("Text", "sz:\" a \"", "\" a \"");
	passes("Text", "sz:\"a;b\"", "a;b");
	passes("Text", "Text=sz:\"a; Number=dword:1\"; Number=dword:5", "a; Number=dword:1");
	passes("Text", "sz:\"\"", "\"\"");
	passes("Text", "sz:\"", "\"");
	passes("Text", "sz:\"\"\"", "\"\"\"");
	differs("Text", "sz:\" a\"", "a");
}

static void
a_list_is_cut_at_its_bars(void **state UNUSED)
{
	passes("List", "multi_sz:a|b c|d", "a|b c|d applied");
	passes("List", "multi_sz:", "\"\" applied");
	passes("List", "multi_sz:one", "one");
	passes("List", "multi_sz:\"a; b|c\"", "a; b|c");
	malformed("List", "multi_sz:a|\xff", "a", "malformed data: \"multi_sz:a|\xff\"");
}

static void
bytes_are_pairs_of_digits(void **state UNUSED)
{
	passes("Bytes", "binary:00Ff10", "00ff10 applied");
	passes("Bytes", "binary:", "\"\" applied");
	passes("Any", "none:0102", "0102");
	malformed("Bytes", "binary:0", "1", "malformed data: \"binary:0\"");
	malformed("Bytes", "binary:000", "1", "malformed data: \"binary:000\"");
	malformed("Bytes", "binary:0g", "1", "malformed data: \"binary:0g\"");
	malformed("Bytes", "binary:0x01", "1", "malformed data: \"binary:0x01\"");
}

static void
bytes_may_have_any_type_number(void **state UNUSED)
{
	passes("Number", "hex(4):2a000000", "42 applied");
	passes("Number", "hex(4):2a", "verdict:ignored-type");
	passes("Wide", "hex(B):0500000000000000", "5");
	passes("Any", "hex(ffffffff):07", "07");
	passes("Text", "hex(1):6100", "a");
	malformed("Any", "hex(100000000):07", "07", INPUT_HELP ": \"hex(100000000):07\"");
	malformed("Any", "hex():07", "07", INPUT_HELP ": \"hex():07\"");
	malformed("Any", "hex( 4):07", "07", INPUT_HELP ": \"hex( 4):07\"");
	malformed("Any", "hex(-1):07", "07", INPUT_HELP ": \"hex(-1):07\"");
	malformed("Any", "hex(4)07", "07", INPUT_HELP ": \"hex(4)07\"");
	malformed("Any", "hex(4):0", "07", INPUT_HELP ": \"hex(4):0\"");
}

static void
absent_and_present_need_no_data(void **state UNUSED)
{
	passes("Number", "absent", "7 default-absent");
	passes("Number", " absent ", "7 default-absent");
	passes("Wide", "absent", "absent default-absent");
	passes("Any", "subkey:present", "verdict:applied");
}

static void
an_input_of_no_known_form_is_malformed(void **state UNUSED)
{
	malformed("Number", "", "7", INPUT_HELP ": \"\"");
	malformed("Number", "42", "7", INPUT_HELP ": \"42\"");
	malformed("Number", "Absent", "7", INPUT_HELP ": \"Absent\"");
	malformed("Number", "DWORD:1", "7", INPUT_HELP ": \"DWORD:1\"");
	malformed("Number", "subkey:absent", "7", INPUT_HELP ": \"subkey:absent\"");
}

/* --- Lists of inputs ----------------------------------------------------------------------------
 */

static void
a_list_names_what_the_store_holds(void **state UNUSED)
{
	passes("Gated", "Gated=dword:5; Number=dword:10", "5 applied");
	passes("Gated", "Gated=dword:5;Number=dword:10;", "5 applied");
	passes("Gated", " gated = dword:5 ;  NUMBER = dword:10 ", "5 applied");
	passes("Gated", "Gated=dword:5; Number=absent", "not-consulted ignored-gated");
	passes("Number", "Number=dword:5", "5 applied");
	passes("Two Words", "Two Words=dword:5", "5 applied");
	passes("Two Words", "\"Two Words\"=dword:5", "5 applied");
}

static void
what_a_list_does_not_name_is_absent(void **state UNUSED)
{
	passes("Gated", "dword:5", "not-consulted");
	passes("Number", "Gated=dword:5", "7 default-absent");
}

static void
a_name_with_its_last_key_is_a_value_of_another_key(void **state UNUSED)
{
	const char *text = HEADER
	    "1\t" OTHER_KEY "\tFar\tSample\\Parameters\\Number=dword:5\t5 "
	    "applied\t\n"
	    "2\t" OTHER_KEY "\tFar\tNumber=dword:5\t5 applied\t\n"
	    "3\t" OTHER_KEY "\tShared\tShared=dword:5\t5 applied\t\n"
	    "4\t" OTHER_KEY "\tShared\tSample\\Parameters\\Shared=dword:5\t2 default-absent\t\n";

	assert_string_equal(run(text).ids, "1+2+3+4+");
}

static void
states_and_boot_options_have_their_prefixes(void **state UNUSED)
{
	passes("Limited", "Limited=dword:9; state.SampleLimit=5", "5 capped");
	passes("Limited", "Limited=dword:9; STATE.samplelimit=5", "5 capped");
	passes("Limited", "Limited=dword:9; state.SampleLimit=\"5\"", "5 capped");
	passes("Limited", "Limited=dword:9; state.SampleLimit=absent", "9 applied");
	passes("Limited", "Limited=dword:9; state.vm=shielded", "9 applied");
	passes("Booted", "Booted=dword:9; bcd.option=dword:5", "5 shadowed");
	passes("Booted", "Booted=dword:9; BCD.OPTION=dword:5", "5 shadowed");
	passes("Booted", "Booted=dword:9; bcd.option=absent", "9 applied");
	passes("Booted", "Booted=dword:9; bcd.other=dword:5", "9 applied");
}

static void
unknown_names_and_states_fail(void **state UNUSED)
{
	malformed("Number", "Nothing=dword:5", "7", "unknown name: \"Nothing\"");
	malformed("Number", "Nowhere\\Shared=dword:5", "7", "unknown name: \"Nowhere\\Shared\"");
	malformed("Number", "Number=dword:5; state.colour=red", "5", "unknown state: \"colour\"");
}

static void
a_malformed_part_of_a_list_fails(void **state UNUSED)
{
	malformed("Number", "Number=dword:5; Gated", "5", "expected NAME=INPUT: \"Gated\"");
	malformed("Number", "Number=dword:5; Gated=5", "5", INPUT_HELP ": \"5\"");
	malformed("Number", "Number=dword:5; Gated=dword:x", "5", "malformed data: \"dword:x\"");
	malformed("Number", "Number=dword:5; bcd.option=x", "5", INPUT_HELP ": \"x\"");
}

static void
naming_a_thing_twice_fails(void **state UNUSED)
{
	malformed("Number", "Number=dword:5; number=dword:6", "5", "named twice: \"number\"");
	malformed("Limited", "state.vm=normal; state.VM=shielded", "absent", "named twice: \"VM\"");
	malformed(
	    "Booted", "bcd.option=dword:1; bcd.Option=dword:1", "1", "named twice: \"bcd.Option\"");
	passes("Booted", "bcd.option=dword:1; state.vm=normal; Booted=absent", "1 applied");
}

static void
a_case_has_up_to_32_inputs(void **state UNUSED)
{
	char given[1024] = "Number=dword:5";
	size_t length = strlen(given);

	for (unsigned i = 1; i < VECTOR_INPUTS; i++)
		length += (size_t)snprintf(
		    given + length, sizeof(given) - length, "; bcd.o%u=dword:1", i);
	passes("Number", given, "5 applied");
	snprintf(given + length, sizeof(given) - length, "; bcd.more=dword:1");
	malformed("Number", given, "5 applied", "too many inputs in one case: \"\"");
}

/* --- Expectations -------------------------------------------------------------------------------
 */

static void
a_value_alone_does_not_ask_for_the_verdict(void **state UNUSED)
{
	passes("Number", "dword:101", "7");
	passes("Number", "absent", "7");
	differs("Number", "dword:8", "7");
	differs("Number", "dword:7", "07");
	differs("Number", "dword:7", "70");
}

static void
a_verdict_after_the_value_must_hold_too(void **state UNUSED)
{
	passes("Number", "dword:101", "7 reset");
	differs("Number", "dword:101", "7 applied");
	differs("Number", "dword:101", "8 reset");
	passes("Text", "sz:\"x applied\"", "x applied applied");
	passes("Text", "sz:\"x applied\"", "\"x applied\"");
	differs("Text", "sz:\"x applied\"", "x applied");
}

static void
a_verdict_alone_takes_any_value(void **state UNUSED)
{
	passes("Number", "dword:101", "verdict:reset");
	passes("Number", "dword:5", "verdict:applied");
	differs("Number", "dword:5", "verdict:reset");
	malformed("Number", "dword:5", "verdict:resett", "unknown verdict: \"resett\"");
	malformed("Number", "dword:5", "verdict:", "unknown verdict: \"\"");
}

static void
not_takes_anything_else(void **state UNUSED)
{
	passes("Number", "dword:5", "not:7");
	differs("Number", "absent", "not:7");
	passes("Number", "dword:5", "not:7 applied");
	differs("Number", "dword:5", "not:7 reset");
	differs("Number", "dword:5", "not:5 applied");
	passes("Text", "sz:x", "not:\"a b\"");
	differs("Text", "sz:\"a b\"", "not:\"a b\"");
	malformed("Number", "dword:5", "not:7 resett",
	    "unknown verdict, or text without quotes: \"not:7 resett\"");
}

static void
absent_and_not_consulted_are_no_texts(void **state UNUSED)
{
	passes("Wide", "absent", "absent");
	differs("Text", "sz:absent", "absent");
	passes("Text", "sz:absent", "\"absent\"");
	differs("Wide", "absent", "\"absent\"");
	passes("Gated", "absent", "not-consulted");
	differs("Text", "sz:not-consulted", "not-consulted");
	passes("Text", "sz:not-consulted", "\"not-consulted\"");
	differs("Wide", "absent", "not-consulted");
	differs("Gated", "absent", "absent");
	passes("Number", "dword:5", "not:absent");
	differs("Wide", "absent", "not:absent");
}

static void
bytes_compare_without_case_and_text_with_it(void **state UNUSED)
{
	passes("Bytes", "binary:ab", "AB");
	passes("Bytes", "binary:AB", "aB");
	differs("Text", "sz:ab", "AB");
	differs("List", "multi_sz:ab", "AB");
}

static void
a_failed_case_says_what_it_got(void **state UNUSED)
{
	struct report report = run_case("Number", "dword:101", "5");

	assert_false(report.passed);
	assert_string_equal(report.got, "7 reset: 101 is above 100: reset to 7");
}

static void
a_line_without_an_expectation_fails(void **state UNUSED)
{
	struct report report = run(HEADER "1\t" KEY "\tNumber\tdword:5\n"
	                                  "2\t" KEY "\tNumber\tdword:5\t\twhy\n"
	                                  "3\t" KEY "\tNumber\tdword:5\t \twhy\n");

	assert_string_equal(report.ids, "1-2-3-");
	assert_string_equal(report.got, "the line has no expectation");
}

/* --- Keys and names -----------------------------------------------------------------------------
 */

static void
an_unknown_key_or_name_fails_and_says_so(void **state UNUSED)
{
	malformed("Nothing", "dword:5", "5", "unknown key or name: \"Nothing\"");
	assert_string_equal(run(HEADER "1\tHKLM\\None\tNumber\tdword:5\t5\t\n").got,
	    "unknown key or name: \"Number\"");
	assert_string_equal(run(HEADER "1\t\t\t\tabsent\t\n").got, "unknown key or name: \"\"");
}

static void
a_case_must_hold_for_every_reader(void **state UNUSED)
{
	const char *key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Twin\\<n>";
	char text[512];

	snprintf(text, sizeof(text),
	    HEADER "1\t%s\tNumber\tdword:50\t50 applied\t\n"
	           "2\t%s\tNumber\tdword:51\t51 applied\t\n"
	           "3\t%s\tNumber\tdword:51\t50 capped\t\n"
	           "4\t%s\tNumber\tabsent\t7\t\n",
	    key, key, key, key);
	assert_string_equal(run(text).ids, "1+2-3-4+");
}

static void
a_key_without_fixed_names_takes_every_name(void **state UNUSED)
{
	assert_string_equal(run(HEADER "1\t" OPEN_KEY "\tAnything\tdword:5\t5 applied\t\n"
	                               "2\t" OPEN_KEY "\tAnything\tAnything=sz:x\tx applied\t\n"
	                               "3\t" OPEN_KEY "\tAnything\tElse=sz:x\tabsent\t\n")
	                        .ids,
	    "1+2+3-");
}

/* --- Files --------------------------------------------------------------------------------------
 */

static void
columns_come_in_any_order_and_further_ones_are_ignored(void **state UNUSED)
{
	struct report report =
	    run("expect\tnote\twhy\tvalue\tkey\tgiven\tid\tmore\n"
	        "5 applied\tx\tbecause\tNumber\t" KEY "\tdword:5\tfirst\ty\tz\n");

	assert_true(report.passed);
	assert_string_equal(report.id, "first");
	assert_string_equal(report.why, "because");
}

static void
the_column_why_may_be_missing(void **state UNUSED)
{
	struct report report =
	    run("id\tkey\tvalue\tgiven\texpect\n1\t" KEY "\tNumber\tdword:5\t5\n");

	assert_true(report.passed);
	assert_string_equal(report.why, "");
}

static void
a_missing_column_is_named(void **state UNUSED)
{
	assert_refused(
	    "key\tvalue\tgiven\texpect\n", "expected a header row with the column \"id\"");
	assert_refused(
	    "id\tvalue\tgiven\texpect\n", "expected a header row with the column \"key\"");
	assert_refused(
	    "id\tkey\tgiven\texpect\n", "expected a header row with the column \"value\"");
	assert_refused(
	    "id\tkey\tvalue\texpect\n", "expected a header row with the column \"given\"");
	assert_refused(
	    "id\tkey\tvalue\tgiven\n", "expected a header row with the column \"expect\"");
	assert_refused(
	    "1\t" KEY "\tNumber\tdword:5\t5\n", "expected a header row with the column \"id\"");
}

static void
a_file_without_a_header_is_no_vector_file(void **state UNUSED)
{
	assert_refused("\n", "expected a header row, found an empty file");
	assert_refused(
	    "# id\tkey\tvalue\tgiven\texpect\n\r\n", "expected a header row, found an empty file");
}

static void
a_file_without_cases_counts_none(void **state UNUSED)
{
	assert_int_equal(run(HEADER).calls, 0);
	assert_int_equal(run("# only\n\n" HEADER "\n# this\n").calls, 0);
}

static void
crlf_files_read_as_lf_files(void **state UNUSED)
{
	struct report report =
	    run("# note\r\n\r\nid\tkey\tvalue\tgiven\texpect\r\n1\t" KEY
	        "\tNumber\tdword:5\t5 applied\r\n\r\n2\t" KEY "\tText\tsz:x\tx\r\n");

	assert_string_equal(report.ids, "1+2+");
	assert_int_equal(report.line, 6);
}

static void
a_byte_order_mark_and_a_missing_last_line_end_do_not_matter(void **state UNUSED)
{
	struct report report = run("\xef\xbb\xbf" HEADER "1\t" KEY "\tNumber\tdword:5\t5");

	assert_string_equal(report.ids, "1+");
	assert_refused("\xef\xbb\xbf", "expected a header row, found an empty file");
}

static void
comments_and_empty_lines_are_skipped_and_counted(void **state UNUSED)
{
	struct report report = run("# a\n\n" HEADER "# b\n\n1\t" KEY "\tNumber\tdword:5\t5\t\n");

	assert_int_equal(report.calls, 1);
	assert_int_equal(report.line, 6);
}

static void
a_file_with_a_nul_is_no_text(void **state UNUSED)
{
	static const char text[] = HEADER "1\t" KEY "\tNumber\tdword:5\t5\t\n"
	                                  "2\t" KEY "\tNumber\tdword:5\t5\0 reset\t\n";
	struct report report;
	struct vector_count count;
	char error[200];

	assert_false(run_bytes(text, sizeof(text) - 1, &report, &count, error));
	assert_string_equal(error, "line 3 holds a NUL: this is no text");
	assert_string_equal(report.ids, "1+");
}

static void
a_file_that_cannot_be_read_is_said_to_be_so(void **state UNUSED)
{
	const struct vector_sink sink = { .result = report_one };
	struct vector_count count = { 0 };
	struct buf error = { 0 };
	FILE *folder = fopen("/", "re");

	assert_non_null(folder);
	assert_false(vector_run(&catalog, folder, "test.tsv", &sink, &count, &error));
	assert_string_equal(buf_text(&error), "the file cannot be read");
	buf_release(&error);
	fclose(folder);
}

static void
passed_and_failed_cases_are_counted_on(void **state UNUSED)
{
	const char *text = HEADER "1\t" KEY "\tNumber\tdword:5\t5\t\n"
	                          "2\t" KEY "\tNumber\tdword:5\t6\t\n"
	                          "3\t" KEY "\tNothing\tdword:5\t6\t\n";
	struct report report = { 0 };
	const struct vector_sink sink = { .result = report_one, .context = &report };
	struct vector_count count = { .passed = 10, .failed = 20 };
	struct buf error = { 0 };
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	assert_true(vector_run(&catalog, file, "test.tsv", &sink, &count, &error));
	assert_int_equal(count.passed, 11);
	assert_int_equal(count.failed, 22);
	assert_string_equal(report.ids, "1+2-3-");
	buf_release(&error);
	fclose(file);
}

/* --- One judgement ------------------------------------------------------------------------------
 */

static void
see(void *context, const struct tunable_reading *reading)
{
	*(uint64_t *)context = reading->number;
}

static void
one_input_can_be_judged_without_a_file(void **state UNUSED)
{
	const struct tunable_entry *entry =
	    tunable_find_name(&catalog, "Sample\\Parameters\\Number", NULL);
	uint64_t number = UINT64_MAX;
	struct buf error = { 0 };

	assert_non_null(entry);
	assert_true(vector_judge(&catalog, entry, "Number=dword:5", see, &number, &error));
	assert_int_equal(number, 5);
	assert_int_equal(error.size, 0);
	number = UINT64_MAX;
	assert_false(vector_judge(&catalog, entry, "dword:x", see, &number, &error));
	assert_string_equal(buf_text(&error), "malformed data: \"dword:x\"");
	assert_int_equal(number, UINT64_MAX);
	buf_release(&error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_decimal_or_hexadecimal),
		cmocka_unit_test(a_number_that_does_not_fit_is_malformed),
		cmocka_unit_test(text_is_kept_with_its_terminator),
		cmocka_unit_test(quotes_keep_blanks_and_semicolons),
		cmocka_unit_test(a_list_is_cut_at_its_bars),
		cmocka_unit_test(bytes_are_pairs_of_digits),
		cmocka_unit_test(bytes_may_have_any_type_number),
		cmocka_unit_test(absent_and_present_need_no_data),
		cmocka_unit_test(an_input_of_no_known_form_is_malformed),
		cmocka_unit_test(a_list_names_what_the_store_holds),
		cmocka_unit_test(what_a_list_does_not_name_is_absent),
		cmocka_unit_test(a_name_with_its_last_key_is_a_value_of_another_key),
		cmocka_unit_test(states_and_boot_options_have_their_prefixes),
		cmocka_unit_test(unknown_names_and_states_fail),
		cmocka_unit_test(a_malformed_part_of_a_list_fails),
		cmocka_unit_test(naming_a_thing_twice_fails),
		cmocka_unit_test(a_case_has_up_to_32_inputs),
		cmocka_unit_test(a_value_alone_does_not_ask_for_the_verdict),
		cmocka_unit_test(a_verdict_after_the_value_must_hold_too),
		cmocka_unit_test(a_verdict_alone_takes_any_value),
		cmocka_unit_test(not_takes_anything_else),
		cmocka_unit_test(absent_and_not_consulted_are_no_texts),
		cmocka_unit_test(bytes_compare_without_case_and_text_with_it),
		cmocka_unit_test(a_failed_case_says_what_it_got),
		cmocka_unit_test(a_line_without_an_expectation_fails),
		cmocka_unit_test(an_unknown_key_or_name_fails_and_says_so),
		cmocka_unit_test(a_case_must_hold_for_every_reader),
		cmocka_unit_test(a_key_without_fixed_names_takes_every_name),
		cmocka_unit_test(columns_come_in_any_order_and_further_ones_are_ignored),
		cmocka_unit_test(the_column_why_may_be_missing),
		cmocka_unit_test(a_missing_column_is_named),
		cmocka_unit_test(a_file_without_a_header_is_no_vector_file),
		cmocka_unit_test(a_file_without_cases_counts_none),
		cmocka_unit_test(crlf_files_read_as_lf_files),
		cmocka_unit_test(a_byte_order_mark_and_a_missing_last_line_end_do_not_matter),
		cmocka_unit_test(comments_and_empty_lines_are_skipped_and_counted),
		cmocka_unit_test(a_file_with_a_nul_is_no_text),
		cmocka_unit_test(a_file_that_cannot_be_read_is_said_to_be_so),
		cmocka_unit_test(passed_and_failed_cases_are_counted_on),
		cmocka_unit_test(one_input_can_be_judged_without_a_file),
	};

	return cmocka_run_group_tests(tests, make_catalog, drop_catalog);
}
