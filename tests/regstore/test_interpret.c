/*
 * The judgement of one value: every verdict, source, shape and rule, on rows made for the test.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/tunable/vector.h"

#define OWN_KEY       "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Sample\\Parameters"
#define POLICY_KEY    "HKLM\\SOFTWARE\\Policies\\Sample"
#define PREFERRED_KEY "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Sample"
#define GUID_TEXT     "{01234567-89AB-cdef-0123-456789abcdef}"

#define ROW .basis = BASIS_DOCUMENTED, .doc = "A row of the test."

static const struct tunable_word mode_words[] = { { 0, "none" }, { 2, "some" }, { 0 } };
static const struct tunable_word flag_words[] = { { 1, "first" }, { 8, "second" }, { 0 } };

/* Numbers above 8 are forced down to 8. */
static void
settle_at_8(const struct tunable_case *given UNUSED, struct tunable_reading *reading)
{
	if (reading->kind != KIND_NUMBER || reading->number <= 8)
		return;
	reading->number = 8;
	reading->source = SOURCE_FORCED;
	reading->verdict = VERDICT_COERCED;
}

static const struct tunable own_rows[] = {
	{ ROW, .name = "Plain", .type = REG_DWORD },
	{ ROW, .name = "Timeout", .type = REG_DWORD, DEFAULT(7), .unit = "ms" },
	{ ROW, .name = "Assumed", .type = REG_DWORD, DEFAULT(7), .assumed = FACT_DEFAULT },
	{ ROW, .name = "Clamped", .type = REG_DWORD, DEFAULT(10), RANGE(5, 20), OUTSIDE(OOB_CLAMP),
	    .unit = "s" },
	{ ROW, .name = "Low", .type = REG_DWORD, AT_LEAST(5), .below = OOB_CLAMP },
	{ ROW, .name = "High", .type = REG_DWORD, AT_MOST(20), .above = OOB_CLAMP },
	{ ROW, .name = "Mixed", .type = REG_DWORD, DEFAULT(7), RANGE(5, 20), .below = OOB_RESET,
	    .above = OOB_CLAMP },
	{ ROW, .name = "Reset", .type = REG_DWORD, DEFAULT(10), RANGE(5, 20), OUTSIDE(OOB_RESET) },
	{ ROW, .name = "ResetBare", .type = REG_DWORD, RANGE(5, 20), OUTSIDE(OOB_RESET) },
	{ ROW, .name = "Rejected", .type = REG_DWORD, DEFAULT(10), RANGE(5, 20),
	    OUTSIDE(OOB_REJECT), .assumed = FACT_JUDGEMENT },
	{ ROW, .name = "RejectedBare", .type = REG_DWORD, RANGE(5, 20), OUTSIDE(OOB_REJECT) },
	{ ROW, .name = "Unstated", .type = REG_DWORD, DEFAULT(10), RANGE(5, 20), .note = "open" },
	{ ROW, .name = "Zero", .type = REG_DWORD, DEFAULT(9), RANGE(1, 20), OUTSIDE(OOB_CLAMP),
	    .zero_is_default = true },
	{ ROW, .name = "Switch", .type = REG_DWORD, DEFAULT(0), .shape = SHAPE_BOOL },
	{ ROW, .name = "Mode", .type = REG_DWORD, DEFAULT(2), .shape = SHAPE_ENUM,
	    .words = mode_words, .misshapen = OOB_RESET },
	{ ROW, .name = "ModeBare", .type = REG_DWORD, .shape = SHAPE_ENUM, .words = mode_words },
	{ ROW, .name = "Flags", .type = REG_DWORD, .shape = SHAPE_BITMASK, .words = flag_words },
	{ ROW, .name = "Power", .type = REG_DWORD, DEFAULT(128), .shape = SHAPE_POWER_OF_TWO,
	    .misshapen = OOB_RESET, AT_MOST(1024), .above = OOB_CLAMP },
	{ ROW, .name = "Even", .type = REG_DWORD, DEFAULT(4), .shape = SHAPE_EVEN,
	    .misshapen = OOB_REJECT },
	{ ROW, .name = "Guid", .type = REG_SZ, .shape = SHAPE_GUID },
	{ ROW, .name = "GuidReset", .type = REG_SZ, .def_text = GUID_TEXT, .shape = SHAPE_GUID,
	    .misshapen = OOB_RESET },
	{ ROW, .name = "Mac", .type = REG_BINARY, .shape = SHAPE_MAC },
	{ ROW, .name = "Name", .type = REG_SZ, .def_text = "nobody" },
	{ ROW, .name = "NameBare", .type = REG_SZ },
	{ ROW, .name = "List", .type = REG_MULTI_SZ },
	{ ROW, .name = "Wide", .type = REG_QWORD, DEFAULT(UINT64_C(1) << 33),
	    AT_MOST(UINT64_C(1) << 40), .above = OOB_CLAMP },
	{ ROW, .name = "Either", .type = REG_SZ, .type_also = REG_DWORD },
	{ ROW, .name = "Anything", .type = TYPE_ANY },
	/* Gates. */
	{ ROW, .name = "Master", .type = REG_DWORD, DEFAULT(0) },
	{ ROW, .name = "WhenOn", .type = REG_DWORD, DEFAULT(3),
	    .gates = { { .name = "Master", .test = GATE_NONZERO } } },
	{ ROW, .name = "WhenOff", .type = REG_DWORD, DEFAULT(3),
	    .gates = { { .name = "Master", .test = GATE_ZERO } } },
	{ ROW, .name = "WhenTwo", .type = REG_DWORD, DEFAULT(3),
	    .gates = { { .name = "Master", .test = GATE_EQUALS, .number = 2 } } },
	{ ROW, .name = "WhenThree", .type = REG_DWORD, DEFAULT(3),
	    .gates = { { .name = "Master", .test = GATE_AT_LEAST, .number = 3 } } },
	{ ROW, .name = "WhenShielded", .type = REG_DWORD, DEFAULT(3),
	    .gates = { { .state = "vm", .test = GATE_EQUALS, .word = "shielded" } } },
	{ ROW, .name = "WhenScheduled", .type = REG_DWORD, DEFAULT(3),
	    .gates = { { .state = "scheduler", .test = GATE_EQUALS, .number = 4 } } },
	{ ROW, .name = "WhenBoth", .type = REG_DWORD, DEFAULT(3), .assumed = FACT_RULE,
	    .gates = { { .name = "Master", .test = GATE_NONZERO },
	        { .state = "vm", .test = GATE_EQUALS, .word = "shielded" } } },
	{ ROW, .name = "WhenOpen", .type = REG_DWORD, DEFAULT(3),
	    .gates = { { .name = "WhenOn", .test = GATE_NONZERO } } },
	/* Other places. */
	{ ROW, .name = "Older", .type = REG_DWORD },
	{ ROW, .name = "Newer", .type = REG_DWORD, DEFAULT(4), RANGE(1, 50), OUTSIDE(OOB_CLAMP),
	    .fallback = "Older" },
	{ ROW, .name = "Contested", .type = REG_DWORD, DEFAULT(1), RANGE(0, 100),
	    OUTSIDE(OOB_CLAMP), .policy = "ContestedPolicy", .bcd = "contested",
	    .preferred = "Control\\Sample\\Contested", .fallback = "ContestedOld", .unit = "s" },
	{ ROW, .name = "ContestedOld", .type = REG_DWORD },
	{ ROW, .name = "Enforced", .type = REG_DWORD, DEFAULT(6), RANGE(5, 9), OUTSIDE(OOB_RESET),
	    .policy = "EnforcedPolicy" },
	/* Bounds that others set. */
	{ ROW, .name = "Bound", .type = REG_DWORD },
	{ ROW, .name = "Bounded", .type = REG_DWORD, DEFAULT(50), RANGE(10, 90),
	    .max_from = "Bound", OUTSIDE(OOB_CLAMP) },
	{ ROW, .name = "BoundedZero", .type = REG_DWORD, DEFAULT(50), .max_from = "Bound",
	    .above = OOB_RESET, .zero_is_default = true },
	{ ROW, .name = "BoundedUnstated", .type = REG_DWORD, RANGE(10, 90), .max_from = "Bound",
	    .above = OOB_CLAMP, .note = "open" },
	{ ROW, .name = "StateBound", .type = REG_DWORD, DEFAULT(70), AT_MOST(80),
	    .max_from = "SampleLimit", .above = OOB_CLAMP },
	/* The rest. */
	{ ROW, .name = "Wait", .type = REG_DWORD, DEFAULT(300), .variant_state = "vm",
	    .variant_word = "shielded", .variant_def = 600 },
	{ ROW, .name = "Settled", .type = REG_DWORD, DEFAULT(9), .settle = settle_at_8 },
	{ ROW, .name = "SettledGated", .type = REG_DWORD, .settle = settle_at_8,
	    .gates = { { .name = "Master", .test = GATE_NONZERO } } },
};

static const struct tunable policy_rows[] = {
	{ ROW, .name = "ContestedPolicy", .type = REG_DWORD },
	{ ROW, .name = "EnforcedPolicy", .type = REG_DWORD },
};

static const struct tunable preferred_rows[] = {
	{ ROW, .name = "Contested", .type = REG_DWORD },
};

#define TABLE(stem, path)                                                                          \
	static const struct tunable_table stem##_table = {                                         \
		.name = "sample." #stem,                                                           \
		.owner = "sample.sys",                                                             \
		.key = (path),                                                                     \
		.section = "0",                                                                    \
		.apply = APPLY_DRIVER_ENTRY,                                                       \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
	}

TABLE(own, OWN_KEY);
TABLE(policy, POLICY_KEY);
TABLE(preferred, PREFERRED_KEY);

static struct tunable_catalog catalog;

static int
make_catalog(void **state UNUSED)
{
	const struct tunable_table *tables[] = { &own_table, &policy_table, &preferred_table };
	struct buf error = { 0 };
	struct buf faults = { 0 };
	bool ok = tunable_catalog_init(tables, ARRAY_SIZE(tables), &catalog, &error) &&
	          tunable_catalog_check(&catalog, &faults) == 0;

	if (!ok)
		print_error("%s%s\n", buf_text(&error), buf_text(&faults));
	buf_release(&error);
	buf_release(&faults);
	return ok ? 0 : -1;
}

static int
drop_catalog(void **state UNUSED)
{
	tunable_catalog_release(&catalog);
	return 0;
}

static const struct tunable_entry *
find_own(const char *name)
{
	const struct tunable_entry *entry =
	    tunable_find(&catalog, OWN_KEY, strlen(OWN_KEY), name, strlen(name), NULL);

	if (entry == NULL)
		fail_msg("there is no row %s", name);
	return entry;
}

/* What a judgement came to, in words. */
struct seen {
	unsigned calls;
	enum tunable_verdict verdict;
	char effective[160];
	char source[160];
	char reason[240];
};

static void
copy_text(struct buf *text, char *out, size_t size)
{
	assert_true(text->size < size);
	snprintf(out, size, "%s", buf_text(text));
	buf_release(text);
}

static void
see(void *context, const struct tunable_reading *reading)
{
	struct seen *seen = context;
	struct buf effective = { 0 };
	struct buf source = { 0 };
	struct buf reason = { 0 };

	seen->calls++;
	seen->verdict = reading->verdict;
	tunable_effective(reading, &effective);
	tunable_source_text(reading, &source);
	tunable_reason(reading, &reason);
	copy_text(&effective, seen->effective, sizeof(seen->effective));
	copy_text(&source, seen->source, sizeof(seen->source));
	copy_text(&reason, seen->reason, sizeof(seen->reason));
}

/* Judge a row of the own key and compare all that is told of the judgement. */
#define judge(name, given, effective, verdict, source, reason)                                     \
	judge_at(name, given, effective, verdict, source, reason, __FILE__, __LINE__)

static void
judge_at(const char *name, const char *given, const char *effective, enum tunable_verdict verdict,
    const char *source, const char *reason, const char *file, int line)
{
	struct seen seen;
	struct buf error = { 0 };

	memset(&seen, 0xa5, sizeof(seen));
	seen.calls = 0;
	if (!vector_judge(&catalog, find_own(name), given, see, &seen, &error)) {
		print_error("%s given %s: %s\n", name, given, buf_text(&error));
		_fail(file, line);
	}
	buf_release(&error);
	if (seen.calls == 1 && seen.verdict == verdict && strcmp(seen.effective, effective) == 0 &&
	    strcmp(seen.source, source) == 0 && strcmp(seen.reason, reason) == 0)
		return;
	print_error("%s given %s:\n  expected %s %s, %s: %s\n  got      %s %s, %s: %s\n", name,
	    given, effective, tunable_verdict_name(verdict), source, reason, seen.effective,
	    tunable_verdict_name(seen.verdict), seen.source, seen.reason);
	_fail(file, line);
}

/* --- Verdicts and ranges ------------------------------------------------------------------------
 */

static void
a_value_within_its_range_is_applied(void **state UNUSED)
{
	judge("Plain", "dword:4294967295", "4294967295", VERDICT_APPLIED, "registry",
	    "taken as it is");
	judge("Clamped", "dword:5", "5", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Clamped", "dword:20", "20", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Clamped", "dword:10", "10", VERDICT_APPLIED, "registry", "taken as it is");
}

static void
an_absent_value_gives_the_default(void **state UNUSED)
{
	judge("Timeout", "absent", "7", VERDICT_DEFAULT_ABSENT, "default", "absent: default 7 ms");
	judge("Assumed", "absent", "7", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 7 (assumed)");
	judge("Name", "absent", "nobody", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default nobody");
}

static void
an_absent_value_without_a_default_is_absent(void **state UNUSED)
{
	judge("Plain", "absent", "absent", VERDICT_DEFAULT_ABSENT, "none",
	    "absent: no value and no default");
	judge("NameBare", "absent", "absent", VERDICT_DEFAULT_ABSENT, "none",
	    "absent: no value and no default");
}

static void
a_clamped_value_is_brought_to_the_nearest_bound(void **state UNUSED)
{
	judge(
	    "Clamped", "dword:4", "5", VERDICT_RAISED, "registry", "4 s is below 5: raised to 5 s");
	judge(
	    "Clamped", "dword:0", "5", VERDICT_RAISED, "registry", "0 s is below 5: raised to 5 s");
	judge("Clamped", "dword:21", "20", VERDICT_CAPPED, "registry",
	    "21 s is above 20: capped to 20 s");
	judge("Clamped", "dword:0xffffffff", "20", VERDICT_CAPPED, "registry",
	    "4294967295 s is above 20: capped to 20 s");
}

static void
one_bound_alone_holds_on_its_side_only(void **state UNUSED)
{
	judge("Low", "dword:4", "5", VERDICT_RAISED, "registry", "4 is below 5: raised to 5");
	judge(
	    "Low", "dword:4294967295", "4294967295", VERDICT_APPLIED, "registry", "taken as it is");
	judge("High", "dword:21", "20", VERDICT_CAPPED, "registry", "21 is above 20: capped to 20");
	judge("High", "dword:0", "0", VERDICT_APPLIED, "registry", "taken as it is");
}

static void
the_two_sides_of_a_range_may_be_judged_differently(void **state UNUSED)
{
	judge("Mixed", "dword:4", "7", VERDICT_RESET, "default", "4 is below 5: reset to 7");
	judge(
	    "Mixed", "dword:21", "20", VERDICT_CAPPED, "registry", "21 is above 20: capped to 20");
}

static void
a_value_that_resets_gives_the_default_and_no_bound(void **state UNUSED)
{
	judge("Reset", "dword:4", "10", VERDICT_RESET, "default", "4 is below 5: reset to 10");
	judge("Reset", "dword:21", "10", VERDICT_RESET, "default", "21 is above 20: reset to 10");
	judge("ResetBare", "dword:21", "absent", VERDICT_RESET, "none",
	    "21 is above 20: reset to no value and no default");
}

static void
a_rejected_value_leaves_the_default(void **state UNUSED)
{
	judge("Rejected", "dword:21", "10", VERDICT_REJECTED, "default",
	    "21 is above 20: rejected, 10 (assumed)");
	judge("RejectedBare", "dword:4", "absent", VERDICT_REJECTED, "none",
	    "4 is below 5: rejected, no value and no default");
}

static void
a_value_whose_judgement_is_not_stated_is_taken_and_said(void **state UNUSED)
{
	judge("Unstated", "dword:21", "21", VERDICT_UNSTATED, "registry",
	    "21 is above 20; what then is not stated: taken as it is");
	judge("Unstated", "dword:4", "4", VERDICT_UNSTATED, "registry",
	    "4 is below 5; what then is not stated: taken as it is");
	judge("Unstated", "dword:5", "5", VERDICT_APPLIED, "registry", "taken as it is");
}

static void
zero_means_the_default_before_any_bound(void **state UNUSED)
{
	judge("Zero", "dword:0", "9", VERDICT_DEFAULT_ZERO, "default", "0 means the default: 9");
	judge("Zero", "dword:1", "1", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Zero", "dword:21", "20", VERDICT_CAPPED, "registry", "21 is above 20: capped to 20");
}

/* --- Types and shapes ---------------------------------------------------------------------------
 */

static void
a_value_of_the_wrong_type_counts_as_absent(void **state UNUSED)
{
	judge("Timeout", "sz:9", "7", VERDICT_IGNORED_TYPE, "default",
	    "REG_SZ where REG_DWORD is read counts as absent (assumed): default 7 ms");
	judge("Timeout", "qword:9", "7", VERDICT_IGNORED_TYPE, "default",
	    "REG_QWORD where REG_DWORD is read counts as absent (assumed): default 7 ms");
	judge("Timeout", "binary:09000000", "7", VERDICT_IGNORED_TYPE, "default",
	    "REG_BINARY where REG_DWORD is read counts as absent (assumed): default 7 ms");
	judge("Plain", "hex(1234):00", "absent", VERDICT_IGNORED_TYPE, "none",
	    "type 4660 where REG_DWORD is read counts as absent (assumed): "
	    "no value and no default");
	judge("Name", "dword:1", "nobody", VERDICT_IGNORED_TYPE, "default",
	    "REG_DWORD where REG_SZ is read counts as absent (assumed): default nobody");
}

static void
dword_data_of_another_length_counts_as_absent(void **state UNUSED)
{
	judge("Timeout", "hex(4):090000", "7", VERDICT_IGNORED_TYPE, "default",
	    "REG_DWORD of 3 bytes counts as absent (assumed): default 7 ms");
	judge("Timeout", "hex(4):0900000000", "7", VERDICT_IGNORED_TYPE, "default",
	    "REG_DWORD of 5 bytes counts as absent (assumed): default 7 ms");
	judge("Timeout", "hex(4):", "7", VERDICT_IGNORED_TYPE, "default",
	    "REG_DWORD of 0 bytes counts as absent (assumed): default 7 ms");
	judge("Timeout", "hex(4):09000000", "9", VERDICT_APPLIED, "registry", "taken as it is");
}

static void
a_qword_row_reads_64_bits(void **state UNUSED)
{
	judge("Wide", "qword:0xfffffffff", "68719476735", VERDICT_APPLIED, "registry",
	    "taken as it is");
	judge("Wide", "qword:0xffffffffffffffff", "1099511627776", VERDICT_CAPPED, "registry",
	    "18446744073709551615 is above 1099511627776: capped to 1099511627776");
	judge("Wide", "absent", "8589934592", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 8589934592");
	judge("Wide", "dword:5", "8589934592", VERDICT_IGNORED_TYPE, "default",
	    "REG_DWORD where REG_QWORD is read counts as absent (assumed): default 8589934592");
	judge("Wide", "hex(b):0500000000", "8589934592", VERDICT_IGNORED_TYPE, "default",
	    "REG_QWORD of 5 bytes counts as absent (assumed): default 8589934592");
}

static void
a_row_of_two_types_takes_either(void **state UNUSED)
{
	judge("Either", "sz:5", "5", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Either", "dword:5", "5", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Either", "qword:5", "absent", VERDICT_IGNORED_TYPE, "none",
	    "REG_QWORD where REG_SZ is read counts as absent (assumed): no value and no default");
	judge("Either", "hex(4):05", "absent", VERDICT_IGNORED_TYPE, "none",
	    "REG_DWORD of 1 bytes counts as absent (assumed): no value and no default");
}

static void
a_row_of_any_type_takes_everything(void **state UNUSED)
{
	judge("Anything", "sz:x", "x", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Anything", "dword:5", "5", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Anything", "hex(77):0102", "0102", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Anything", "hex(4):0102", "0102", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Anything", "none:", "", VERDICT_APPLIED, "registry", "taken as it is");
}

static void
any_number_but_zero_is_on(void **state UNUSED)
{
	judge("Switch", "dword:0", "0", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Switch", "dword:1", "1", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Switch", "dword:2", "1", VERDICT_COERCED, "registry", "any number but 0 is on: 1");
	judge("Switch", "dword:4294967295", "1", VERDICT_COERCED, "registry",
	    "any number but 0 is on: 1");
}

static void
an_enumeration_takes_its_numbers_only(void **state UNUSED)
{
	judge("Mode", "dword:0", "0", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Mode", "dword:1", "2", VERDICT_RESET, "default",
	    "1 is not a listed number: reset to 2");
	judge("ModeBare", "dword:3", "3", VERDICT_UNSTATED, "registry",
	    "3 is not a listed number; what then is not stated: taken as it is");
}

static void
a_bit_mask_takes_every_bit(void **state UNUSED)
{
	judge("Flags", "dword:9", "9", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Flags", "dword:0x80000000", "2147483648", VERDICT_APPLIED, "registry",
	    "taken as it is");
}

static void
a_power_of_two_has_one_bit_set(void **state UNUSED)
{
	judge("Power", "dword:1", "1", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Power", "dword:1024", "1024", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Power", "dword:0", "128", VERDICT_RESET, "default",
	    "0 is no power of two: reset to 128");
	judge("Power", "dword:96", "128", VERDICT_RESET, "default",
	    "96 is no power of two: reset to 128");
	judge("Power", "dword:2048", "1024", VERDICT_CAPPED, "registry",
	    "2048 is above 1024: capped to 1024");
}

static void
an_odd_number_is_not_even(void **state UNUSED)
{
	judge("Even", "dword:0", "0", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Even", "dword:6", "6", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Even", "dword:7", "4", VERDICT_REJECTED, "default",
	    "7 has not the stated shape: rejected, 4");
}

static void
the_text_of_a_guid_has_its_shape(void **state UNUSED)
{
	judge("Guid", "sz:" GUID_TEXT, GUID_TEXT, VERDICT_APPLIED, "registry", "taken as it is");
	judge("Guid", "sz:none", "none", VERDICT_UNSTATED, "registry",
	    "sz:none has not the stated shape; what then is not stated: taken as it is");
	judge("Guid", "sz:\"\"", "", VERDICT_UNSTATED, "registry",
	    "sz: has not the stated shape; what then is not stated: taken as it is");
	judge("GuidReset", "sz:01234567-89ab-cdef-0123-456789abcdeg", GUID_TEXT, VERDICT_RESET,
	    "default",
	    "sz:01234567-89ab-cdef-0123-456789abcdeg has not the stated shape: reset "
	    "to " GUID_TEXT);
	judge("Guid", "hex(1):7b00300031", "{0", VERDICT_UNSTATED, "registry",
	    "sz:{0 has not the stated shape; what then is not stated: taken as it is");
}

static void
a_mac_address_has_six_bytes(void **state UNUSED)
{
	judge("Mac", "binary:00155d010203", "00155d010203", VERDICT_APPLIED, "registry",
	    "taken as it is");
	judge("Mac", "binary:00155d0102030405aa", "00155d0102030405aa", VERDICT_UNSTATED,
	    "registry",
	    "binary:00155d0102030405aa has not the stated shape; what then is not stated: taken "
	    "as it is");
	judge("Mac", "binary:", "", VERDICT_UNSTATED, "registry",
	    "binary: has not the stated shape; what then is not stated: taken as it is");
}

static void
text_ends_at_its_terminator_or_at_its_end(void **state UNUSED)
{
	judge("NameBare", "sz:\"a b\"", "a b", VERDICT_APPLIED, "registry", "taken as it is");
	judge("NameBare", "hex(1):6100620000006300", "ab", VERDICT_APPLIED, "registry",
	    "taken as it is");
	judge("NameBare", "hex(1):61006200", "ab", VERDICT_APPLIED, "registry", "taken as it is");
	judge("NameBare", "hex(1):610062", "a", VERDICT_APPLIED, "registry", "taken as it is");
	judge("NameBare", "hex(1):", "", VERDICT_APPLIED, "registry", "taken as it is");
	judge("NameBare", "sz:\"\"", "", VERDICT_APPLIED, "registry", "taken as it is");
	judge("NameBare", "hex(1):e400", "\xc3\xa4", VERDICT_APPLIED, "registry", "taken as it is");
}

static void
the_strings_of_a_list_are_joined_with_bars(void **state UNUSED)
{
	judge("List", "multi_sz:a|b|c", "a|b|c", VERDICT_APPLIED, "registry", "taken as it is");
	judge("List", "multi_sz:a", "a", VERDICT_APPLIED, "registry", "taken as it is");
	judge("List", "multi_sz:", "", VERDICT_APPLIED, "registry", "taken as it is");
	judge(
	    "List", "hex(7):61000000620000", "a|b", VERDICT_APPLIED, "registry", "taken as it is");
	judge("List", "hex(7):610000000000620000000000", "a||b", VERDICT_APPLIED, "registry",
	    "taken as it is");
	judge("List", "hex(7):6100000062", "a", VERDICT_APPLIED, "registry", "taken as it is");
	judge("List", "hex(7):", "", VERDICT_APPLIED, "registry", "taken as it is");
}

/* --- Gates --------------------------------------------------------------------------------------
 */

static void
a_closed_gate_keeps_the_value_from_being_read(void **state UNUSED)
{
	judge("WhenOn", "WhenOn=dword:5; Master=dword:0", "not-consulted", VERDICT_IGNORED_GATED,
	    "none", "not consulted: Master must be other than 0");
	judge("WhenOn", "dword:5", "not-consulted", VERDICT_IGNORED_GATED, "none",
	    "not consulted: Master must be other than 0");
	judge("WhenOff", "WhenOff=dword:5; Master=dword:1", "not-consulted", VERDICT_IGNORED_GATED,
	    "none", "not consulted: Master must be 0");
	judge("WhenTwo", "Master=dword:3", "not-consulted", VERDICT_IGNORED_GATED, "none",
	    "not consulted: Master must be 2");
	judge("WhenThree", "Master=dword:2", "not-consulted", VERDICT_IGNORED_GATED, "none",
	    "not consulted: Master must be at least 3");
}

static void
an_open_gate_lets_the_value_or_its_default_through(void **state UNUSED)
{
	judge("WhenOn", "WhenOn=dword:5; Master=dword:7", "5", VERDICT_APPLIED, "registry",
	    "taken as it is");
	judge("WhenOn", "Master=dword:1", "3", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 3");
	judge("WhenOff", "dword:5", "5", VERDICT_APPLIED, "registry", "taken as it is");
	judge("WhenTwo", "WhenTwo=dword:5; Master=dword:2", "5", VERDICT_APPLIED, "registry",
	    "taken as it is");
	judge("WhenThree", "WhenThree=dword:5; Master=dword:3", "5", VERDICT_APPLIED, "registry",
	    "taken as it is");
}

static void
a_gate_asks_for_the_effective_value_of_its_sibling(void **state UNUSED)
{
	judge("WhenOn", "WhenOn=dword:5; Master=sz:1", "not-consulted", VERDICT_IGNORED_GATED,
	    "none", "not consulted: Master must be other than 0");
	judge("WhenOpen", "WhenOpen=dword:5; WhenOn=dword:1; Master=dword:0", "not-consulted",
	    VERDICT_IGNORED_GATED, "none", "not consulted: WhenOn must be other than 0");
	judge("WhenOpen", "WhenOpen=dword:5; Master=dword:1", "5", VERDICT_APPLIED, "registry",
	    "taken as it is");
}

static void
a_gate_may_ask_for_a_state(void **state UNUSED)
{
	judge("WhenShielded", "WhenShielded=dword:5; state.vm=Shielded", "5", VERDICT_APPLIED,
	    "registry", "taken as it is");
	judge("WhenShielded", "WhenShielded=dword:5; state.vm=normal", "not-consulted",
	    VERDICT_IGNORED_GATED, "none", "not consulted: vm must be shielded");
	judge("WhenShielded", "dword:5", "not-consulted", VERDICT_IGNORED_GATED, "none",
	    "not consulted: vm must be shielded");
	judge("WhenScheduled", "WhenScheduled=dword:5; state.scheduler=4", "5", VERDICT_APPLIED,
	    "registry", "taken as it is");
	judge("WhenScheduled", "WhenScheduled=dword:5; state.scheduler=3", "not-consulted",
	    VERDICT_IGNORED_GATED, "none", "not consulted: scheduler must be 4");
	/* 2^64 + 4 is not 4. */
	judge("WhenScheduled", "WhenScheduled=dword:5; state.scheduler=18446744073709551620",
	    "not-consulted", VERDICT_IGNORED_GATED, "none", "not consulted: scheduler must be 4");
}

static void
all_gates_must_be_open_and_the_closed_one_is_named(void **state UNUSED)
{
	judge("WhenBoth", "WhenBoth=dword:5; Master=dword:1; state.vm=shielded", "5",
	    VERDICT_APPLIED, "registry", "taken as it is");
	judge("WhenBoth", "WhenBoth=dword:5; Master=dword:1", "not-consulted",
	    VERDICT_IGNORED_GATED, "none", "not consulted: vm must be shielded (assumed)");
	judge("WhenBoth", "WhenBoth=dword:5; state.vm=shielded", "not-consulted",
	    VERDICT_IGNORED_GATED, "none", "not consulted: Master must be other than 0 (assumed)");
}

/* --- Precedence ---------------------------------------------------------------------------------
 */

#define OLD    "ContestedOld=dword:11"
#define OWN    "Contested=dword:22"
#define BEFORE "Control\\Sample\\Contested=dword:33"
#define BOOT   "bcd.contested=dword:44"
#define POLICY "ContestedPolicy=dword:55"

static void
policy_wins_over_boot_over_preferred_over_own_over_fallback_over_default(void **state UNUSED)
{
	judge("Contested", OLD "; " OWN "; " BEFORE "; " BOOT "; " POLICY, "55", VERDICT_SHADOWED,
	    "policy", "hidden by policy ContestedPolicy: 55 s");
	judge("Contested", OLD "; " OWN "; " BEFORE "; " BOOT, "44", VERDICT_SHADOWED, "bcd",
	    "hidden by bcd contested: 44 s");
	judge("Contested", OLD "; " OWN "; " BEFORE, "33", VERDICT_SHADOWED,
	    "registry " PREFERRED_KEY, "hidden by " PREFERRED_KEY ": 33 s");
	judge("Contested", OLD "; " OWN, "22", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Contested", OLD, "11", VERDICT_APPLIED, "fallback ContestedOld",
	    "absent: ContestedOld gives 11 s");
	judge("Contested", "absent", "1", VERDICT_DEFAULT_ABSENT, "default", "absent: default 1 s");
}

static void
a_place_that_wins_over_nothing_is_applied_and_named(void **state UNUSED)
{
	judge("Contested", OLD "; " POLICY, "55", VERDICT_APPLIED, "policy",
	    "absent: policy ContestedPolicy gives 55 s");
	judge("Contested", OLD "; " BOOT, "44", VERDICT_APPLIED, "bcd",
	    "absent: bcd contested gives 44 s");
	judge("Contested", OLD "; " BEFORE, "33", VERDICT_APPLIED, "registry " PREFERRED_KEY,
	    "absent: " PREFERRED_KEY " gives 33 s");
}

static void
a_place_that_holds_another_type_does_not_win(void **state UNUSED)
{
	judge("Contested",
	    OWN "; ContestedPolicy=sz:1; bcd.contested=sz:1; "
	        "Control\\Sample\\Contested=hex(4):00",
	    "22", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Contested", "ContestedOld=sz:1", "1", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 1 s");
}

static void
what_another_place_holds_is_judged_by_this_row(void **state UNUSED)
{
	judge("Contested", "ContestedPolicy=dword:500", "100", VERDICT_CAPPED, "policy",
	    "policy ContestedPolicy: 500 s is above 100: capped to 100 s");
	judge("Contested", "ContestedOld=dword:101", "100", VERDICT_CAPPED, "fallback ContestedOld",
	    "ContestedOld: 101 s is above 100: capped to 100 s");
	judge("Newer", "Older=dword:0", "1", VERDICT_RAISED, "fallback Older",
	    "Older: 0 is below 1: raised to 1");
	judge("Newer", "Older=dword:7", "7", VERDICT_APPLIED, "fallback Older",
	    "absent: Older gives 7");
}

static void
a_policy_that_resets_still_hides_the_own_value(void **state UNUSED)
{
	judge("Enforced", "Enforced=dword:8; EnforcedPolicy=dword:10", "6", VERDICT_SHADOWED,
	    "default", "hidden by policy EnforcedPolicy: 6");
	judge("Enforced", "EnforcedPolicy=dword:10", "6", VERDICT_RESET, "default",
	    "policy EnforcedPolicy: 10 is above 9: reset to 6");
}

static void
the_fallback_stands_in_for_a_value_of_the_wrong_type(void **state UNUSED)
{
	judge("Newer", "Newer=sz:x; Older=dword:7", "7", VERDICT_IGNORED_TYPE, "fallback Older",
	    "REG_SZ where REG_DWORD is read counts as absent (assumed): Older gives 7");
	judge("Newer", "Newer=sz:x; Older=sz:y", "4", VERDICT_IGNORED_TYPE, "default",
	    "REG_SZ where REG_DWORD is read counts as absent (assumed): default 4");
}

/* --- Bounds that others set ---------------------------------------------------------------------
 */

static void
a_sibling_sets_the_upper_bound(void **state UNUSED)
{
	judge("Bounded", "Bounded=dword:60; Bound=dword:55", "55", VERDICT_CAPPED, "registry",
	    "60 is above 55: capped to 55");
	judge("Bounded", "Bounded=dword:200; Bound=dword:150", "150", VERDICT_CAPPED, "registry",
	    "200 is above 150: capped to 150");
	judge("Bounded", "Bounded=dword:150; Bound=dword:150", "150", VERDICT_APPLIED, "registry",
	    "taken as it is");
}

static void
the_rows_own_bound_holds_while_the_sibling_has_no_number(void **state UNUSED)
{
	judge("Bounded", "dword:91", "90", VERDICT_CAPPED, "registry",
	    "91 is above 90: capped to 90");
	judge("Bounded", "Bounded=dword:91; Bound=sz:100", "90", VERDICT_CAPPED, "registry",
	    "91 is above 90: capped to 90");
}

static void
a_state_sets_the_upper_bound(void **state UNUSED)
{
	judge("StateBound", "StateBound=dword:60; state.SampleLimit=55", "55", VERDICT_CAPPED,
	    "registry", "60 is above 55: capped to 55");
	judge("StateBound", "StateBound=dword:99; state.SampleLimit=absent", "80", VERDICT_CAPPED,
	    "registry", "99 is above 80: capped to 80");
	judge("StateBound", "StateBound=dword:99; state.SampleLimit=many", "80", VERDICT_CAPPED,
	    "registry", "99 is above 80: capped to 80");
	judge("StateBound", "state.SampleLimit=55", "55", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 55");
}

static void
a_bound_that_a_sibling_sets_holds_for_the_default(void **state UNUSED)
{
	judge("Bounded", "Bound=dword:40", "40", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 40");
	judge("Bounded", "Bound=dword:60", "50", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 50");
	judge("BoundedZero", "BoundedZero=dword:0; Bound=dword:40", "40", VERDICT_DEFAULT_ZERO,
	    "default", "0 means the default: 40");
	judge("BoundedZero", "BoundedZero=dword:41; Bound=dword:40", "40", VERDICT_RESET, "default",
	    "41 is above 40: reset to 40");
}

static void
where_the_bounds_cross_the_lower_one_wins(void **state UNUSED)
{
	judge("Bounded", "Bounded=dword:60; Bound=dword:5", "10", VERDICT_CAPPED, "registry",
	    "60 is above 10: capped to 10");
	judge("Bounded", "Bounded=dword:7; Bound=dword:5", "10", VERDICT_RAISED, "registry",
	    "7 is below 10: raised to 10");
	judge("Bounded", "Bounded=dword:3; Bound=dword:5", "10", VERDICT_RAISED, "registry",
	    "3 is below 10: raised to 10");
	judge("Bounded", "Bounded=dword:10; Bound=dword:5", "10", VERDICT_APPLIED, "registry",
	    "taken as it is");
	judge("Bounded", "Bound=dword:5", "10", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 10");
}

static void
an_unstated_lower_bound_raises_nothing_where_the_bounds_cross(void **state UNUSED)
{
	judge("BoundedUnstated", "BoundedUnstated=dword:60; Bound=dword:5", "5", VERDICT_CAPPED,
	    "registry", "60 is above 5: capped to 5");
	judge("BoundedUnstated", "BoundedUnstated=dword:7; Bound=dword:5", "7", VERDICT_UNSTATED,
	    "registry", "7 is below 10; what then is not stated: taken as it is");
}

/* --- The rest -----------------------------------------------------------------------------------
 */

static void
a_state_chooses_the_second_default(void **state UNUSED)
{
	judge("Wait", "state.vm=shielded", "600", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 600");
	judge("Wait", "state.vm=normal", "300", VERDICT_DEFAULT_ABSENT, "default",
	    "absent: default 300");
	judge("Wait", "absent", "300", VERDICT_DEFAULT_ABSENT, "default", "absent: default 300");
	judge("Wait", "Wait=dword:5; state.vm=shielded", "5", VERDICT_APPLIED, "registry",
	    "taken as it is");
}

static void
the_settle_rule_runs_last(void **state UNUSED)
{
	judge("Settled", "dword:5", "5", VERDICT_APPLIED, "registry", "taken as it is");
	judge("Settled", "dword:12", "8", VERDICT_COERCED, "forced",
	    "forced by a rule between values: 8");
	judge("Settled", "absent", "8", VERDICT_COERCED, "forced",
	    "forced by a rule between values: 8");
	judge("SettledGated", "dword:12", "not-consulted", VERDICT_IGNORED_GATED, "none",
	    "not consulted: Master must be other than 0");
}

static void
a_case_without_functions_answers_absent(void **state UNUSED)
{
	const struct tunable_case nothing = { 0 };
	struct tunable_reading reading;

	memset(&reading, 0xa5, sizeof(reading));
	tunable_interpret(find_own("Contested"), &nothing, &reading);
	assert_int_equal(reading.verdict, VERDICT_DEFAULT_ABSENT);
	assert_int_equal(reading.kind, KIND_NUMBER);
	assert_int_equal(reading.number, 1);
	assert_false(reading.raw.present);
	memset(&reading, 0xa5, sizeof(reading));
	tunable_interpret(find_own("WhenOn"), &nothing, &reading);
	assert_int_equal(reading.verdict, VERDICT_IGNORED_GATED);
	assert_int_equal(reading.kind, KIND_NOT_CONSULTED);
}

static void
readings_are_the_same_if_raw_and_effective_value_are(void **state UNUSED)
{
	const struct tunable_case nothing = { 0 };
	const uint8_t five[] = { 5, 0, 0, 0 };
	const uint8_t six[] = { 6, 0, 0, 0 };
	struct tunable_reading absent;
	struct tunable_reading left;
	struct tunable_reading right;

	tunable_interpret(find_own("Timeout"), &nothing, &absent);
	assert_true(tunable_same(&absent, &absent));
	left = absent;
	left.raw = (struct tunable_raw){ true, REG_DWORD, five, sizeof(five) };
	left.number = 5;
	assert_false(tunable_same(&absent, &left));
	right = left;
	assert_true(tunable_same(&left, &right));
	right.raw.data = six;
	assert_false(tunable_same(&left, &right));
	right = left;
	right.raw.size = 3;
	assert_false(tunable_same(&left, &right));
	right = left;
	right.raw.type = REG_BINARY;
	assert_false(tunable_same(&left, &right));
	right = left;
	right.number = 6;
	assert_false(tunable_same(&left, &right));
	right = left;
	right.kind = KIND_ABSENT;
	assert_false(tunable_same(&left, &right));
}

static void
every_verdict_has_a_name_that_is_read_back(void **state UNUSED)
{
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		const char *name = tunable_verdict_name((enum tunable_verdict)i);
		enum tunable_verdict verdict = VERDICT_COUNT;

		assert_true(tunable_verdict_parse(name, strlen(name), &verdict));
		assert_int_equal(verdict, i);
		verdict = VERDICT_COUNT;
		assert_false(tunable_verdict_parse(name, strlen(name) - 1, &verdict));
		assert_int_equal(verdict, VERDICT_COUNT);
	}
}

/* --- Properties ---------------------------------------------------------------------------------
 */

#define CASES      200000u
#define CASES_ROWS 50u /* cases with the same rows */
#define ROWS       6u  /* the judged one, and what it may refer to */

enum role { JUDGED, BOUND, GATE, FALLBACK, POLICY_ROLE, PREFERRED };

static const char *const role_names[ROWS] = { "Judged", "Bound", "Gate", "Fallback", "Policy",
	"Preferred" };

/* xorshift64*: the same numbers in every run. */
static uint64_t
draw(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(2685821657736338717);
}

static uint64_t
draw_below(uint64_t *seed, uint64_t bound)
{
	return (draw(seed) >> 33) % bound;
}

static bool
draw_bool(uint64_t *seed)
{
	return draw_below(seed, 2) == 0;
}

/* Small numbers mostly, so that they meet the bounds. */
static uint64_t
draw_number(uint64_t *seed)
{
	return draw_below(seed, 8) == 0 ? draw(seed) >> draw_below(seed, 64) : draw_below(seed, 40);
}

static struct tunable
draw_row(uint64_t *seed, const char *name)
{
	static const uint32_t types[] = { REG_DWORD, REG_DWORD, REG_DWORD, REG_QWORD, REG_SZ,
		REG_BINARY, REG_MULTI_SZ, TYPE_ANY };
	struct tunable row = { ROW, .name = name, .words = mode_words };

	row.type = types[draw_below(seed, ARRAY_SIZE(types))];
	row.shape = (enum tunable_shape)draw_below(seed, SHAPE_MAC + 1);
	row.misshapen = (enum tunable_oob)draw_below(seed, OOB_REJECT + 1);
	row.has_min = draw_bool(seed);
	row.min = row.has_min ? draw_below(seed, 20) : 0;
	row.has_max = draw_bool(seed);
	row.max = row.has_max ? row.min + draw_below(seed, 20) : 0;
	row.below = (enum tunable_oob)draw_below(seed, OOB_REJECT + 1);
	row.above = (enum tunable_oob)draw_below(seed, OOB_REJECT + 1);
	row.zero_is_default = draw_below(seed, 4) == 0;
	row.has_default = draw_bool(seed);
	if (row.has_default)
		row.def = row.has_max ? row.max : row.min + draw_below(seed, 10);
	if (draw_below(seed, 6) == 0)
		row.def_text = "default";
	return row;
}

static void
draw_rows(uint64_t *seed, struct tunable *rows)
{
	for (unsigned i = 0; i < ROWS; i++)
		rows[i] = draw_row(seed, role_names[i]);
	if (draw_below(seed, 3) == 0)
		rows[JUDGED].max_from = role_names[BOUND];
	if (draw_below(seed, 3) == 0) {
		rows[JUDGED].gates[draw_below(seed, TUNABLE_GATES)] = (struct tunable_gate){
			.name = role_names[GATE],
			.test = (enum tunable_gate_test)(1 + draw_below(seed, GATE_AT_LEAST)),
			.number = draw_below(seed, 20),
		};
	}
	if (draw_below(seed, 3) == 0)
		rows[JUDGED].fallback = role_names[FALLBACK];
	if (draw_below(seed, 3) == 0)
		rows[JUDGED].policy = role_names[POLICY_ROLE];
	if (draw_below(seed, 3) == 0)
		rows[JUDGED].preferred = role_names[PREFERRED];
}

struct random_case {
	struct tunable_case given; /* first */
	struct tunable_raw raws[ROWS];
	uint8_t bytes[ROWS][24];
};

static struct tunable_raw
random_raw(const struct tunable_case *given, const struct tunable_entry *entry)
{
	return ((const struct random_case *)(const void *)given)->raws[entry->index];
}

static void
draw_case(uint64_t *seed, const struct tunable *rows, struct random_case *random)
{
	random->given = (struct tunable_case){ .raw = random_raw };
	for (unsigned i = 0; i < ROWS; i++) {
		struct tunable_raw *raw = &random->raws[i];
		uint64_t number = draw_number(seed);

		*raw = (struct tunable_raw){ .present = draw_below(seed, 4) != 0 };
		if (!raw->present)
			continue;
		raw->type = draw_below(seed, 4) == 0 || rows[i].type == TYPE_ANY
		                ? (uint32_t)draw_below(seed, 13)
		                : rows[i].type;
		raw->size = raw->type == REG_DWORD && draw_below(seed, 8) != 0 ? 4
		            : raw->type == REG_QWORD && draw_below(seed, 8) != 0
		                ? 8
		                : draw_below(seed, 24);
		for (unsigned at = 0; at < sizeof(random->bytes[i]); at++)
			random->bytes[i][at] = (uint8_t)(at < 8 ? number >> (8 * at) : draw(seed));
		raw->data = random->bytes[i];
	}
}

static uint64_t
number_of(const struct tunable_raw *raw)
{
	uint64_t number = 0;

	for (size_t i = 0; i < raw->size && i < 8; i++)
		number |= (uint64_t)raw->data[i] << (8 * i);
	return number;
}

/* Say which case it is and fail. */
#define hold(condition, number)                                                                    \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("case %u: %s", number, #condition);                               \
	} while (0)

static void
check_bounds(const struct tunable_entry *entry, const struct random_case *random,
    const struct tunable_reading *reading, unsigned at)
{
	const struct tunable *row = entry->row;
	bool decided = reading->verdict == VERDICT_APPLIED || reading->verdict == VERDICT_CAPPED ||
	               reading->verdict == VERDICT_RAISED;
	uint64_t max = row->max;
	bool bounded = row->has_max;
	struct tunable_reading bound;

	if (reading->kind != KIND_NUMBER || !decided || row->shape == SHAPE_ENUM)
		return;
	if (entry->max_from != NULL) {
		tunable_interpret(entry->max_from, &random->given, &bound);
		if (bound.kind == KIND_NUMBER) {
			max = bound.number;
			bounded = true;
		}
	}
	if (row->has_min && row->below == OOB_CLAMP)
		hold(reading->number >= row->min, at);
	if (bounded && row->above == OOB_CLAMP && (!row->has_min || row->min <= max))
		hold(reading->number <= max, at);
}

static bool
is_of_type(const struct tunable *row, const struct tunable_raw *raw)
{
	if (row->type == TYPE_ANY)
		return true;
	if (raw->type == REG_DWORD || raw->type == REG_QWORD)
		return raw->type == row->type && raw->size == (raw->type == REG_DWORD ? 4 : 8);
	return raw->type == row->type;
}

static void
check_verdict(const struct tunable_entry *entry, const struct random_case *random,
    const struct tunable_reading *reading, unsigned at)
{
	const struct tunable_raw *own = &random->raws[entry->index];
	uint64_t judged = number_of(&reading->judged);
	bool number = reading->kind == KIND_NUMBER;

	hold((unsigned)reading->verdict < VERDICT_COUNT, at);
	hold(reading->raw.present == own->present, at);
	hold((reading->verdict == VERDICT_IGNORED_GATED) == (reading->kind == KIND_NOT_CONSULTED),
	    at);
	switch (reading->verdict) {
	case VERDICT_APPLIED:
	case VERDICT_UNSTATED:
		hold(reading->judged.present, at);
		hold(!number || reading->number == judged, at);
		hold(number || reading->data == reading->judged.data, at);
		break;
	case VERDICT_CAPPED:
		hold(number && reading->bound_known && reading->number < judged, at);
		break;
	case VERDICT_RAISED:
		hold(number && reading->bound_known && reading->number > judged, at);
		break;
	case VERDICT_COERCED:
		hold(number && entry->row->shape == SHAPE_BOOL && reading->number == 1, at);
		break;
	case VERDICT_DEFAULT_ABSENT:
		hold(!own->present && !reading->judged.present, at);
		break;
	case VERDICT_DEFAULT_ZERO:
		hold(entry->row->zero_is_default && judged == 0, at);
		break;
	case VERDICT_IGNORED_TYPE:
		hold(own->present && !is_of_type(entry->row, own), at);
		break;
	case VERDICT_SHADOWED:
		hold(own->present && reading->judged.present, at);
		hold(reading->judged_from != NULL && reading->judged_in != SOURCE_FALLBACK, at);
		break;
	case VERDICT_RESET:
	case VERDICT_REJECTED:
		hold(reading->source == SOURCE_DEFAULT || reading->source == SOURCE_NONE, at);
		break;
	default:
		break;
	}
	hold((reading->source == SOURCE_NONE) ==
	         (reading->kind == KIND_ABSENT || reading->kind == KIND_NOT_CONSULTED),
	    at);
}

static void
check_case(const struct tunable_entry *entry, const struct random_case *random, unsigned at,
    unsigned *counts)
{
	struct tunable_reading first;
	struct tunable_reading again;
	struct buf reason = { 0 };
	struct buf reason_again = { 0 };

	memset(&first, 0xa5, sizeof(first));
	memset(&again, 0x5a, sizeof(again));
	tunable_interpret(entry, &random->given, &first);
	tunable_interpret(entry, &random->given, &again);
	tunable_reason(&first, &reason);
	tunable_reason(&again, &reason_again);
	hold(reason.size > 0, at);
	hold(strcmp(buf_text(&reason), buf_text(&reason_again)) == 0, at);
	buf_release(&reason);
	buf_release(&reason_again);
	hold(tunable_same(&first, &again), at);
	hold(first.verdict == again.verdict && first.source == again.source &&
	         first.from == again.from,
	    at);
	check_verdict(entry, random, &first, at);
	check_bounds(entry, random, &first, at);
	counts[first.verdict]++;
}

static void
random_rows_and_inputs_keep_the_promises(void **state UNUSED)
{
	uint64_t seed = UINT64_C(20250722);
	unsigned counts[VERDICT_COUNT] = { 0 };
	struct tunable rows[ROWS];
	struct tunable_table table = own_table;
	const struct tunable_table *tables[] = { &table };
	struct random_case random;

	table.rows = rows;
	table.count = ROWS;
	for (unsigned at = 0; at < CASES; at += CASES_ROWS) {
		struct tunable_catalog drawn;
		struct buf error = { 0 };

		draw_rows(&seed, rows);
		assert_true(tunable_catalog_init(tables, 1, &drawn, &error));
		for (unsigned i = 0; i < CASES_ROWS; i++) {
			draw_case(&seed, rows, &random);
			check_case(&drawn.entries[JUDGED], &random, at + i, counts);
		}
		tunable_catalog_release(&drawn);
		buf_release(&error);
	}
	/* The draw must not miss what is to be tested. */
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		if (counts[i] < CASES / 1000)
			fail_msg("%s came %u times only",
			    tunable_verdict_name((enum tunable_verdict)i), counts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_within_its_range_is_applied),
		cmocka_unit_test(an_absent_value_gives_the_default),
		cmocka_unit_test(an_absent_value_without_a_default_is_absent),
		cmocka_unit_test(a_clamped_value_is_brought_to_the_nearest_bound),
		cmocka_unit_test(one_bound_alone_holds_on_its_side_only),
		cmocka_unit_test(the_two_sides_of_a_range_may_be_judged_differently),
		cmocka_unit_test(a_value_that_resets_gives_the_default_and_no_bound),
		cmocka_unit_test(a_rejected_value_leaves_the_default),
		cmocka_unit_test(a_value_whose_judgement_is_not_stated_is_taken_and_said),
		cmocka_unit_test(zero_means_the_default_before_any_bound),
		cmocka_unit_test(a_value_of_the_wrong_type_counts_as_absent),
		cmocka_unit_test(dword_data_of_another_length_counts_as_absent),
		cmocka_unit_test(a_qword_row_reads_64_bits),
		cmocka_unit_test(a_row_of_two_types_takes_either),
		cmocka_unit_test(a_row_of_any_type_takes_everything),
		cmocka_unit_test(any_number_but_zero_is_on),
		cmocka_unit_test(an_enumeration_takes_its_numbers_only),
		cmocka_unit_test(a_bit_mask_takes_every_bit),
		cmocka_unit_test(a_power_of_two_has_one_bit_set),
		cmocka_unit_test(an_odd_number_is_not_even),
		cmocka_unit_test(the_text_of_a_guid_has_its_shape),
		cmocka_unit_test(a_mac_address_has_six_bytes),
		cmocka_unit_test(text_ends_at_its_terminator_or_at_its_end),
		cmocka_unit_test(the_strings_of_a_list_are_joined_with_bars),
		cmocka_unit_test(a_closed_gate_keeps_the_value_from_being_read),
		cmocka_unit_test(an_open_gate_lets_the_value_or_its_default_through),
		cmocka_unit_test(a_gate_asks_for_the_effective_value_of_its_sibling),
		cmocka_unit_test(a_gate_may_ask_for_a_state),
		cmocka_unit_test(all_gates_must_be_open_and_the_closed_one_is_named),
		cmocka_unit_test(
		    policy_wins_over_boot_over_preferred_over_own_over_fallback_over_default),
		cmocka_unit_test(a_place_that_wins_over_nothing_is_applied_and_named),
		cmocka_unit_test(a_place_that_holds_another_type_does_not_win),
		cmocka_unit_test(what_another_place_holds_is_judged_by_this_row),
		cmocka_unit_test(a_policy_that_resets_still_hides_the_own_value),
		cmocka_unit_test(the_fallback_stands_in_for_a_value_of_the_wrong_type),
		cmocka_unit_test(a_sibling_sets_the_upper_bound),
		cmocka_unit_test(the_rows_own_bound_holds_while_the_sibling_has_no_number),
		cmocka_unit_test(a_state_sets_the_upper_bound),
		cmocka_unit_test(a_bound_that_a_sibling_sets_holds_for_the_default),
		cmocka_unit_test(where_the_bounds_cross_the_lower_one_wins),
		cmocka_unit_test(an_unstated_lower_bound_raises_nothing_where_the_bounds_cross),
		cmocka_unit_test(a_state_chooses_the_second_default),
		cmocka_unit_test(the_settle_rule_runs_last),
		cmocka_unit_test(a_case_without_functions_answers_absent),
		cmocka_unit_test(readings_are_the_same_if_raw_and_effective_value_are),
		cmocka_unit_test(every_verdict_has_a_name_that_is_read_back),
		cmocka_unit_test(random_rows_and_inputs_keep_the_promises),
	};

	return cmocka_run_group_tests(tests, make_catalog, drop_catalog);
}
