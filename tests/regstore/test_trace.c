/*
 * The steps of a judgement: each that is made is told, in order, and none that is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/tunable/trace.h"
#include "regstore/tunable/vector.h"
#include "tests/lib/host.h"

#define OWN_KEY    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Sample\\Parameters"
#define POLICY_KEY "HKLM\\SOFTWARE\\Policies\\Sample"

#define ROW .basis = BASIS_DOCUMENTED, .doc = "A row of the test."

static const struct tunable_word mode_words[] = { { 0, "none" }, { 2, "some" }, { 0 } };

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
	{ ROW, .name = "Wait", .type = REG_DWORD, DEFAULT(300), RANGE(10, 900), .above = OOB_RESET,
	    .below = OOB_CLAMP, .unit = "s", .zero_is_default = true, .assumed = FACT_DEFAULT,
	    .variant_state = "vm", .variant_word = "shielded", .variant_def = 600 },
	{ ROW, .name = "Switch", .type = REG_DWORD, DEFAULT(0), .shape = SHAPE_BOOL },
	{ ROW, .name = "Mode", .type = REG_DWORD, DEFAULT(2), .shape = SHAPE_ENUM,
	    .words = mode_words },
	{ ROW, .name = "Guid", .type = REG_SZ, .shape = SHAPE_GUID, .misshapen = OOB_REJECT },
	{ ROW, .name = "Older", .type = REG_DWORD },
	{ ROW, .name = "Newer", .type = REG_DWORD, .fallback = "Older", .policy = "Forced" },
	{ ROW, .name = "Gated", .type = REG_DWORD, DEFAULT(3), .assumed = FACT_RULE,
	    .gates = { { .name = "Switch", .test = GATE_NONZERO },
	        { .state = "vm", .test = GATE_EQUALS, .word = "shielded" } } },
	{ ROW, .name = "Bounded", .type = REG_DWORD, DEFAULT(50), .max_from = "Plain",
	    .above = OOB_CLAMP },
	{ ROW, .name = "Settled", .type = REG_DWORD, .settle = settle_at_8 },
};

static const struct tunable policy_rows[] = { { ROW, .name = "Forced", .type = REG_DWORD } };

static const struct tunable_table own_table = {
	.name = "sample.own",
	.owner = "sample.sys",
	.key = OWN_KEY,
	.section = "4.2",
	.apply = APPLY_DRIVER_ENTRY,
	.rows = own_rows,
	.count = ARRAY_SIZE(own_rows),
};

static const struct tunable_table policy_table = {
	.name = "sample.policy",
	.owner = "sample.sys",
	.key = POLICY_KEY,
	.section = "4.3",
	.apply = APPLY_DRIVER_ENTRY,
	.rows = policy_rows,
	.count = ARRAY_SIZE(policy_rows),
};

static struct tunable_catalog catalog;

static int
make_catalog(void **state UNUSED)
{
	const struct tunable_table *tables[] = { &own_table, &policy_table };
	struct buf error = { 0 };

	return tunable_catalog_init(tables, ARRAY_SIZE(tables), &catalog, &error) ? 0 : -1;
}

static int
drop_catalog(void **state UNUSED)
{
	tunable_catalog_release(&catalog);
	return 0;
}

static void
take(void *context, const struct tunable_step *step)
{
	tunable_trace_add(context, step);
}

static void
ignore(void *context UNUSED, const struct tunable_reading *reading UNUSED)
{
}

/* The steps of a case: their texts, a line each, with section and basis behind. */
static void
texts(json_t *steps, struct buf *out)
{
	json_t *step;
	size_t index;

	json_array_foreach(steps, index, step)
	    buf_printf(out, "%s (%s, %s)\n", json_string_value(json_object_get(step, "text")),
	        json_string_value(json_object_get(step, "section")),
	        json_string_value(json_object_get(step, "basis")));
}

static void
explain(const char *name, const char *given, const char *expected)
{
	struct tunable_trace trace = { .name = name, .steps = json_array() };
	struct buf error = { 0 };
	struct buf got = { 0 };

	trace.entry = tunable_find(&catalog, OWN_KEY, strlen(OWN_KEY), name, strlen(name), NULL);
	assert_non_null(trace.entry);
	if (!vector_explain(&catalog, trace.entry, given, take, ignore, &trace, &error))
		fail_msg("%s", buf_text(&error));
	texts(trace.steps, &got);
	assert_string_equal(buf_text(&got), expected);
	json_decref(trace.steps);
	buf_release(&got);
	buf_release(&error);
}

static void
a_value_that_is_taken_has_one_step(void **state UNUSED)
{
	explain("Plain", "dword:5",
	    OWN_KEY "\\Plain holds dword:5, which is judged (4.2, documented)\n");
}

static void
a_default_says_whose_word_chose_it_and_that_it_is_assumed(void **state UNUSED)
{
	explain("Wait", "absent",
	    OWN_KEY "\\Wait is absent (4.2, documented)\n"
	            "the default is 300 s (4.2, assumed)\n");
	explain("Wait", "Wait=absent; state.vm=shielded",
	    OWN_KEY "\\Wait is absent (4.2, documented)\n"
	            "the default while vm is shielded is 600 s (4.2, assumed)\n");
	explain("Plain", "absent",
	    OWN_KEY "\\Plain is absent (4.2, documented)\n"
	            "there is no default: no value (4.2, documented)\n");
}

static void
zero_comes_before_the_bounds(void **state UNUSED)
{
	explain("Wait", "dword:0",
	    OWN_KEY "\\Wait holds dword:0, which is judged (4.2, documented)\n"
	            "0 means the default (4.2, assumed)\n"
	            "the default is 300 s (4.2, assumed)\n");
}

static void
each_bound_is_a_step_until_one_does_not_hold(void **state UNUSED)
{
	explain("Wait", "dword:10",
	    OWN_KEY "\\Wait holds dword:10, which is judged (4.2, documented)\n"
	            "10 s is not above the highest, 900 s (4.2, documented)\n"
	            "10 s is not below the lowest, 10 s (4.2, documented)\n");
	explain("Wait", "dword:9",
	    OWN_KEY "\\Wait holds dword:9, which is judged (4.2, documented)\n"
	            "9 s is not above the highest, 900 s (4.2, documented)\n"
	            "9 s is below the lowest, 10 s: brought to it (4.2, documented)\n");
	explain("Wait", "dword:901",
	    OWN_KEY "\\Wait holds dword:901, which is judged (4.2, documented)\n"
	            "901 s is above the highest, 900 s: reset to the default (4.2, documented)\n"
	            "the default is 300 s (4.2, assumed)\n");
}

static void
shapes_are_named(void **state UNUSED)
{
	explain("Switch", "dword:7",
	    OWN_KEY "\\Switch holds dword:7, which is judged (4.2, documented)\n"
	            "7: any number but 0 is on (4.2, documented)\n");
	explain("Mode", "dword:1",
	    OWN_KEY "\\Mode holds dword:1, which is judged (4.2, documented)\n"
	            "1 is none of the listed numbers: 0 none, 2 some: what then is not stated, it "
	            "is taken as it is (4.2, documented)\n");
	explain("Guid", "sz:none",
	    OWN_KEY "\\Guid holds sz:none, which is judged (4.2, documented)\n"
	            "the text is not that of a GUID: discarded, as if it were not there (4.2, "
	            "documented)\n"
	            "there is no default: no value (4.2, documented)\n");
}

static void
what_the_reader_does_not_take_is_said_and_passed_over(void **state UNUSED)
{
	explain("Plain", "sz:5",
	    OWN_KEY "\\Plain holds sz:5, but the reader takes REG_DWORD: it counts as absent (4.2, "
	            "assumed)\n"
	            "there is no default: no value (4.2, documented)\n");
	explain("Plain", "hex(4):0500",
	    OWN_KEY
	    "\\Plain holds hex(4):0500, 2 bytes, which is no REG_DWORD: it counts as absent "
	    "(4.2, assumed)\n"
	    "there is no default: no value (4.2, documented)\n");
}

static void
places_are_asked_in_order_until_one_is_taken(void **state UNUSED)
{
	explain("Newer", "Newer=dword:1; Forced=dword:2; Older=dword:3",
	    "policy " POLICY_KEY
	    "\\Forced, which is asked first, holds dword:2, which is judged in "
	    "place of the value's own (4.2, documented)\n");
	explain("Newer", "Older=dword:3",
	    "policy " POLICY_KEY
	    "\\Forced, which is asked first, is absent (4.2, documented)\n" OWN_KEY
	    "\\Newer is absent (4.2, documented)\n" OWN_KEY
	    "\\Older, which stands in for it, holds dword:3, which is judged in place of the "
	    "value's "
	    "own (4.2, documented)\n");
}

static void
a_gate_comes_after_the_judgement_of_the_sibling_that_it_asks(void **state UNUSED)
{
	explain("Gated", "absent",
	    OWN_KEY
	    "\\Switch is absent (4.2, documented)\n"
	    "Switch: the default is 0 (4.2, documented)\n"
	    "Gated is asked for only while Switch is other than 0; it is 0: it is not asked "
	    "for (4.2, assumed)\n");
	explain("Gated", "Gated=dword:4; Switch=dword:1; state.vm=normal",
	    OWN_KEY
	    "\\Switch holds dword:1, which is judged (4.2, documented)\n"
	    "Switch: 1 is 0 (off) or 1 (on) (4.2, documented)\n"
	    "Gated is asked for only while Switch is other than 0; it is 1: it is asked for "
	    "(4.2, assumed)\n"
	    "Gated is asked for only while the state vm is shielded; it is normal: it is not "
	    "asked for (4.2, assumed)\n");
}

static void
a_bound_says_who_sets_it_for_the_default_too(void **state UNUSED)
{
	explain("Bounded", "Plain=dword:9",
	    OWN_KEY
	    "\\Bounded is absent (4.2, documented)\n"
	    "the default is 50 (4.2, documented)\n" OWN_KEY
	    "\\Plain holds dword:9, which is judged (4.2, documented)\n"
	    "the default 50 is above the highest, 9 (which Plain sets): brought to it (4.2, "
	    "documented)\n");
}

static void
a_rule_between_values_says_what_it_made_of_what(void **state UNUSED)
{
	explain("Settled", "dword:9",
	    OWN_KEY "\\Settled holds dword:9, which is judged (4.2, documented)\n"
	            "the rule between values makes of 9 (applied) 8 (coerced) (4.2, documented)\n");
	explain("Settled", "dword:8",
	    OWN_KEY "\\Settled holds dword:8, which is judged (4.2, documented)\n"
	            "the rule between values leaves it as it is: 8 (4.2, documented)\n");
}

/* --- Snapshots ----------------------------------------------------------------------------------
 */

static unsigned asked;

static const char *
word_of(const struct tunable_case *given UNUSED, const char *name)
{
	return strcmp(name, "vm") == 0 && asked++ == 0 ? "shielded" : NULL;
}

/* What was read and the words of then count, whatever has become of them. */
static void
a_snapshot_explains_itself_from_what_it_was_read_from(void **state)
{
	struct host *host = *state;
	const struct tunable_loader loader = {
		.catalog = &catalog, .registry = host->registry, .state = word_of
	};
	struct tunable_snapshot *snapshot;
	struct buf got = { 0 };
	json_t *steps;
	reg_key key = host_key(host->registry, OWN_KEY);

	asked = 0;
	assert_lstatus(registry_set_dword(host->registry, key, "Wait", 0), ERROR_SUCCESS);
	assert_lstatus(tunable_load(&loader, &own_table, NULL, &snapshot), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host->registry, key, "Wait", 5), ERROR_SUCCESS);
	steps = tunable_snapshot_steps(snapshot, 1);
	texts(steps, &got);
	assert_string_equal(buf_text(&got),
	    OWN_KEY "\\Wait holds dword:0, which is judged (4.2, documented)\n"
	            "0 means the default (4.2, assumed)\n"
	            "the default while vm is shielded is 600 s (4.2, assumed)\n");
	assert_int_equal(asked, 1);
	json_decref(steps);
	buf_release(&got);
	tunable_snapshot_free(snapshot);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_that_is_taken_has_one_step),
		cmocka_unit_test(a_default_says_whose_word_chose_it_and_that_it_is_assumed),
		cmocka_unit_test(zero_comes_before_the_bounds),
		cmocka_unit_test(each_bound_is_a_step_until_one_does_not_hold),
		cmocka_unit_test(shapes_are_named),
		cmocka_unit_test(what_the_reader_does_not_take_is_said_and_passed_over),
		cmocka_unit_test(places_are_asked_in_order_until_one_is_taken),
		cmocka_unit_test(a_gate_comes_after_the_judgement_of_the_sibling_that_it_asks),
		cmocka_unit_test(a_bound_says_who_sets_it_for_the_default_too),
		cmocka_unit_test(a_rule_between_values_says_what_it_made_of_what),
		cmocka_unit_test_setup_teardown(
		    a_snapshot_explains_itself_from_what_it_was_read_from, host_setup,
		    host_teardown),
	};

	return cmocka_run_group_tests(tests, make_catalog, drop_catalog);
}
