/*
 * The judgements of rows: which there are, and which step is which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/tunable/coverage.h"
#include "regstore/tunable/matrix.h"
#include "regstore/tunable/vector.h"
#include "vmms/processes.h"

#define OWN_KEY "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Sample\\Parameters"
#define ROW     .basis = BASIS_DOCUMENTED, .doc = "A row of the test."

static const struct tunable_word mode_words[] = { { 0, "none" }, { 2, "some" }, { 0 } };
static const struct tunable_outcome outcome = { "blocked", "allowed", NULL, NULL };

static const struct tunable rows[] = {
	{ ROW, .name = "Plain", .type = REG_DWORD },
	{ ROW, .name = "Ranged", .type = REG_DWORD, DEFAULT(9), RANGE(1, 20), OUTSIDE(OOB_CLAMP),
	    .zero_is_default = true },
	{ ROW, .name = "Whole", .type = REG_DWORD, DEFAULT(9), RANGE(0, UINT32_MAX) },
	{ ROW, .name = "Power", .type = REG_DWORD, DEFAULT(8), RANGE(6, 100),
	    .shape = SHAPE_POWER_OF_TWO, OUTSIDE(OOB_CLAMP) },
	{ ROW, .name = "Mode", .type = REG_DWORD, DEFAULT(2), .shape = SHAPE_ENUM,
	    .words = mode_words },
	{ ROW, .name = "Switch", .type = REG_DWORD, .shape = SHAPE_BOOL, .outcome = &outcome },
	{ ROW, .name = "Text", .type = REG_SZ, .def_text = "nobody", .fallback = "Other" },
	{ ROW, .name = "Other", .type = REG_SZ },
	{ ROW, .name = "Gated", .type = TYPE_ANY,
	    .gates = { { .name = "Switch", .test = GATE_NONZERO } } },
	{ ROW, .name = "Bounded", .type = REG_DWORD, DEFAULT(50), .max_from = "Plain",
	    .above = OOB_CLAMP, .variant_state = "vm", .variant_word = "shielded",
	    .variant_def = 60 },
};

static const struct tunable_table table = {
	.name = "sample.own",
	.owner = "sample.sys",
	.key = OWN_KEY,
	.section = "4.2",
	.apply = APPLY_DRIVER_ENTRY,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
};

static struct tunable_catalog catalog;
static struct coverage coverage;

static int
make_coverage(void **state UNUSED)
{
	const struct tunable_table *tables[] = { &table };
	struct buf error = { 0 };

	return tunable_catalog_init(tables, 1, &catalog, &error) &&
	               coverage_init(&catalog, &coverage)
	           ? 0
	           : -1;
}

static int
drop_coverage(void **state UNUSED)
{
	coverage_release(&coverage);
	tunable_catalog_release(&catalog);
	return 0;
}

static const struct tunable_entry *
find(const char *name)
{
	return tunable_find(&catalog, OWN_KEY, strlen(OWN_KEY), name, strlen(name), NULL);
}

/* The judgements of a row that have (or have not) a hit, separated by "; ". */
static void
list(const char *name, bool hit, struct buf *out)
{
	const struct tunable_entry *entry = find(name);

	assert_non_null(entry);
	for (size_t i = coverage.first[entry->index]; i < coverage.first[entry->index + 1]; i++) {
		if ((coverage.points[i].hits > 0) != hit)
			continue;
		if (out->size > 0)
			buf_append_text(out, "; ");
		coverage_point_text(&coverage.points[i], out);
	}
}

static void
has(const char *name, const char *expected)
{
	struct buf got = { 0 };

	list(name, false, &got);
	assert_string_equal(buf_text(&got), expected);
	buf_release(&got);
}

static void
a_row_has_the_judgements_that_its_columns_give(void **state UNUSED)
{
	has("Plain", "absent; taken; a wrong type; a wrong size; no value and no default");
	has("Mode", "absent; taken; a wrong type; a wrong size; the default; 0 none; 2 some; a "
	            "number that is not listed");
	has("Switch",
	    "absent; taken; a wrong type; a wrong size; no value and no default; off; on; "
	    "on by another number; outcome blocked; outcome allowed");
	has("Text", "absent; taken; a wrong type; the fallback is taken; the default");
	has("Gated",
	    "gate Switch open; gate Switch closed; absent; taken; no value and no default");
	has("Bounded",
	    "absent; taken; a wrong type; a wrong size; the default; the second default; "
	    "the default brought down to the bound; under the upper bound; at the upper "
	    "bound; above the upper bound; a bound that another value sets");
}

static void
what_no_number_can_bring_about_is_no_judgement(void **state UNUSED)
{
	has("Ranged",
	    "absent; taken; a wrong type; a wrong size; the default; 0 means the default; "
	    "at the lower bound; over the lower bound; under the upper bound; at the upper "
	    "bound; above the upper bound");
	has("Whole",
	    "absent; taken; a wrong type; a wrong size; the default; at the lower bound; over "
	    "the lower bound; under the upper bound; at the upper bound");
	has("Power",
	    "absent; taken; a wrong type; a wrong size; the default; of the shape; not of "
	    "the shape; below the lower bound; over the lower bound; under the upper bound; "
	    "above the upper bound");
}

static void
count(void *context, const struct tunable_step *step)
{
	const struct tunable_entry *judged = context;

	if (step->entry == judged && !coverage_hit(&coverage, step))
		fail_msg("%s has a judgement that is not on its list", judged->row->name);
}

static void
ignore(void *context UNUSED, const struct tunable_reading *reading UNUSED)
{
}

static void
judge(const char *name, const char *given)
{
	const struct tunable_entry *entry = find(name);
	struct buf error = { 0 };

	if (!vector_explain(
	        &catalog, entry, given, count, ignore, (void *)(uintptr_t)entry, &error))
		fail_msg("%s: %s", given, buf_text(&error));
	buf_release(&error);
}

static void
hits(const char *name, const char *given, const char *expected)
{
	struct buf got = { 0 };

	for (size_t i = 0; i < coverage.count; i++)
		coverage.points[i].hits = 0;
	judge(name, given);
	list(name, true, &got);
	assert_string_equal(buf_text(&got), expected);
	buf_release(&got);
}

static void
a_case_hits_what_the_interpreter_did(void **state UNUSED)
{
	hits("Plain", "dword:1", "taken");
	hits("Plain", "sz:1", "a wrong type; no value and no default");
	hits("Plain", "hex(4):01", "a wrong size; no value and no default");
	hits("Ranged", "dword:0", "taken; the default; 0 means the default");
	hits("Ranged", "dword:1", "taken; at the lower bound; under the upper bound");
	hits("Ranged", "dword:21", "taken; above the upper bound");
	hits("Power", "dword:4",
	    "taken; of the shape; below the lower bound; under the upper bound");
	hits("Mode", "dword:2", "taken; 2 some");
	hits("Mode", "dword:1", "taken; a number that is not listed");
	hits("Switch", "dword:5", "taken; on by another number; outcome blocked");
	hits("Text", "Other=sz:x", "absent; the fallback is taken");
	hits("Gated", "Switch=dword:0", "gate Switch closed");
	hits("Bounded", "Plain=dword:5; state.vm=shielded",
	    "absent; the second default; the default brought down to the bound");
	hits("Bounded", "Bounded=dword:6; Plain=dword:5",
	    "taken; above the upper bound; a bound that another value sets");
}

/* The steps of siblings are no judgements of theirs: nothing was expected of them. */
static void
only_the_judged_row_counts(void **state UNUSED)
{
	struct buf got = { 0 };

	hits("Gated", "Switch=dword:1; Gated=sz:x", "gate Switch open; taken");
	list("Switch", true, &got);
	assert_int_equal(got.size, 0);
	buf_release(&got);
}

static void
the_total_is_that_of_an_owner_or_of_all(void **state UNUSED)
{
	size_t hit = 0;

	hits("Plain", "dword:1", "taken");
	assert_int_equal(coverage_total(&coverage, "other.sys", &hit), 0);
	assert_int_equal(hit, 0);
	assert_int_equal(coverage_total(&coverage, "sample.sys", &hit), coverage.count);
	assert_int_equal(hit, 1);
}

/* The list and the interpreter agree: no input of any row's matrix does what its list has not. */
static void
no_row_of_the_product_does_what_is_not_on_its_list(void **state UNUSED)
{
	struct tunable_catalog plain = catalog;
	struct coverage plain_coverage = coverage;
	struct buf error = { 0 };

	assert_true(host_catalog_init(&catalog, &error));
	assert_true(coverage_init(&catalog, &coverage));
	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_entry *entry = &catalog.entries[i];
		struct buf inputs = { 0 };

		if (!tunable_in_registry(entry->table))
			continue;
		tunable_matrix(entry->row, &inputs);
		assert_false(inputs.failed);
		for (size_t at = 0; at < inputs.size; at += strlen((char *)inputs.data + at) + 1) {
			const char *given = (const char *)inputs.data + at;

			if (!vector_explain(&catalog, entry, given, count, ignore,
			        (void *)(uintptr_t)entry, &error))
				fail_msg("%s %s: %s", entry->row->name, given, buf_text(&error));
		}
		buf_release(&inputs);
	}
	coverage_release(&coverage);
	tunable_catalog_release(&catalog);
	catalog = plain;
	coverage = plain_coverage;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_the_judgements_that_its_columns_give),
		cmocka_unit_test(what_no_number_can_bring_about_is_no_judgement),
		cmocka_unit_test(a_case_hits_what_the_interpreter_did),
		cmocka_unit_test(only_the_judged_row_counts),
		cmocka_unit_test(the_total_is_that_of_an_owner_or_of_all),
		cmocka_unit_test(no_row_of_the_product_does_what_is_not_on_its_list),
	};

	return cmocka_run_group_tests(tests, make_coverage, drop_coverage);
}
