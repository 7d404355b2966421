/*
 * Goals: each answer is one that the interpreter gives, and where there is none, none is.
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

#include "regstore/tunable/matrix.h"
#include "regstore/tunable/solve.h"
#include "regstore/tunable/vector.h"
#include "vmms/processes.h"

#define VIRTUALIZATION "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization"
#define SERVICES       "HKLM\\SYSTEM\\CurrentControlSet\\Services"

static struct tunable_catalog catalog;
static const struct tunable_case nothing = { 0 };

static int
make_catalog(void **state UNUSED)
{
	struct buf error = { 0 };

	return host_catalog_init(&catalog, &error) ? 0 : -1;
}

static int
drop_catalog(void **state UNUSED)
{
	tunable_catalog_release(&catalog);
	return 0;
}

/* --- Answers as inputs of vectors --------------------------------------------------------------
 */

/* "A=dword:1; state.vm=shielded": an answer as a vector's `given`. */
static void
append_given(const struct solve_answer *answer, const struct tunable_entry *entry, struct buf *out)
{
	for (size_t i = 0; i < answer->change_count; i++) {
		const struct solve_change *change = &answer->changes[i];
		struct tunable_raw raw = vector_raw(&change->data, &answer->bytes);

		if (change->entry == NULL)
			buf_printf(out, "bcd.%s=", change->option);
		else if (change->entry == entry)
			buf_printf(out, "%s=", entry->row->name);
		else
			buf_printf(
			    out, "%s\\%s=", change->entry->table->key, change->entry->row->name);
		if (change->entry != NULL && change->entry->row->shape == SHAPE_SUBKEY)
			buf_append_text(out, "subkey:present");
		else
			tunable_raw_text(&raw, out);
		buf_append_text(out, "; ");
	}
	for (size_t i = 0; i < answer->condition_count; i++)
		buf_printf(
		    out, "state.%s=%s; ", answer->conditions[i].name, answer->conditions[i].word);
	if (out->size == 0)
		buf_append_text(out, "absent");
}

struct judged {
	struct buf text;
	enum tunable_kind kind;
};

static void
take(void *context, const struct tunable_reading *reading)
{
	struct judged *judged = context;

	buf_clear(&judged->text);
	judged->kind = reading->kind;
	tunable_effective(reading, &judged->text);
}

/* What a case comes to; false for one that cannot be judged. */
static bool
judge(const struct tunable_entry *entry, const char *given, struct judged *judged)
{
	struct buf error = { 0 };
	bool ok = vector_judge(&catalog, entry, given, take, judged, &error);

	buf_release(&error);
	return ok;
}

static void
solve_for(const struct tunable_entry *entry, const char *goal, struct solve_answer *ret_answer)
{
	const struct solve_reader reader = { entry, &nothing };
	const struct solve_question question = { &reader, 1, goal, true, true };

	assert_true(solve(&question, ret_answer));
}

/* --- Answers by example -------------------------------------------------------------------------
 */

static const struct tunable_entry *
find(const char *key, const char *name)
{
	const struct tunable_entry *entry =
	    tunable_find(&catalog, key, strlen(key), name, strlen(name), NULL);

	if (entry == NULL)
		fail_msg("there is no %s", name);
	return entry;
}

static void
gives(const char *key, const char *name, const char *goal, const char *expected)
{
	const struct tunable_entry *entry = find(key, name);
	struct solve_answer answer;
	struct buf given = { 0 };

	solve_for(entry, goal, &answer);
	assert_true(answer.found);
	append_given(&answer, entry, &given);
	assert_string_equal(buf_text(&given), expected);
	buf_release(&given);
	solve_answer_release(&answer);
}

static void
a_value_that_is_taken_is_written_alone(void **state UNUSED)
{
	gives(SERVICES "\\vhdmp\\Parameters", "SmbResiliencyTimeoutMs", "50000",
	    "SmbResiliencyTimeoutMs=dword:50000; ");
	gives(SERVICES "\\vhdmp\\Parameters", "SmbResiliencyTimeoutMs", "0xC350",
	    "SmbResiliencyTimeoutMs=dword:50000; ");
	gives(VIRTUALIZATION, "Firmware Version", "\"absent\"", "Firmware Version=sz:absent; ");
}

static void
what_holds_already_takes_nothing(void **state UNUSED)
{
	gives(SERVICES "\\vhdmp\\Parameters", "SmbResiliencyTimeoutMs", "60000", "absent");
	gives(VIRTUALIZATION, "Firmware Version", "absent", "absent");
}

static void
words_of_enumerations_and_booleans_are_numbers(void **state UNUSED)
{
	gives(SERVICES "\\VmsMp\\Parameters", "VmsQueueSchedulingMode", "HYBRID",
	    "VmsQueueSchedulingMode=dword:2; ");
	gives(
	    VIRTUALIZATION, "NoAutomaticSmtEnablement", "on", "NoAutomaticSmtEnablement=dword:1; ");
	gives(VIRTUALIZATION, "NoAutomaticSmtEnablement", "false",
	    "NoAutomaticSmtEnablement=dword:0; ");
}

static void
a_closed_gate_is_opened(void **state UNUSED)
{
	gives(SERVICES "\\storvsp", "AffinitizeThreads", "0",
	    "AffinitizeThreads=dword:0; " SERVICES "\\storvsp\\SpreadWork=dword:1; ");
}

static void
a_boot_option_is_set_where_there_is_nothing_else(void **state UNUSED)
{
	gives("{hypervisorsettings}", "hypervisorscheduler", "core",
	    "bcd.hypervisorscheduler=dword:2; ");
}

/* What no setting is, is a condition. */
static void
a_state_that_must_be_so_is_a_condition(void **state UNUSED)
{
	gives("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor", "DfssEnabled", "0",
	    SERVICES "\\winhvr\\Parameters\\DisableDynamicFairShareScheduler=dword:1; "
	             "state.scheduler=4; ");
}

static void
an_unreachable_value_is_told_with_the_reason_and_the_nearest(void **state UNUSED)
{
	struct solve_answer answer;

	solve_for(find(VIRTUALIZATION "\\Migration", "MaximumActiveTransfers"), "3", &answer);
	assert_false(answer.found);
	assert_string_equal(buf_text(&answer.instead), "6 (reset: 3 is below 6: reset to 6)");
	assert_false(answer.has_below);
	assert_true(answer.has_above);
	assert_int_equal(answer.above, 6);
	solve_answer_release(&answer);
	solve_for(find(SERVICES "\\vhdmp\\Parameters", "IoSubTrackerCount"), "100", &answer);
	assert_false(answer.found);
	assert_true(answer.has_below);
	assert_int_equal(answer.below, 64);
	assert_int_equal(answer.above, 128);
	solve_answer_release(&answer);
	solve_for(find(VIRTUALIZATION, "StartupWaitTimeout"), "4294967296", &answer);
	assert_false(answer.found);
	assert_int_equal(answer.instead.size, 0);
	solve_answer_release(&answer);
}

static void
what_may_not_be_changed_is_not(void **state UNUSED)
{
	const struct solve_reader reader = {
		find("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor", "HypervisorUseVapic"),
		&nothing
	};
	struct solve_question question = { &reader, 1, "1", true, false };
	struct solve_answer answer;

	assert_true(solve(&question, &answer));
	assert_true(answer.found);
	assert_non_null(answer.changes[0].entry);
	solve_answer_release(&answer);
	question.registry = false;
	question.options = true;
	assert_true(solve(&question, &answer));
	assert_true(answer.found);
	assert_string_equal(answer.changes[0].option, "hypervisorusevapic");
	solve_answer_release(&answer);
}

/* --- From what a host holds ---------------------------------------------------------------------
 */

/* A host on which one value of each of two rows is set. */
struct set_case {
	struct tunable_case given; /* first: the solver hands this back */
	const struct tunable_entry *entries[2];
	uint8_t bytes[2];
};

static struct tunable_raw
set_raw(const struct tunable_case *given, const struct tunable_entry *entry)
{
	static uint8_t dwords[2][4];
	const struct set_case *set = (const struct set_case *)(const void *)given;

	for (size_t i = 0; i < 2; i++) {
		dwords[i][0] = set->bytes[i];
		if (set->entries[i] == entry)
			return (struct tunable_raw){ true, REG_DWORD, dwords[i], 4 };
	}
	return (struct tunable_raw){ 0 };
}

static void
a_policy_that_is_set_is_what_must_change(void **state UNUSED)
{
	const struct tunable_entry *entry = find(VIRTUALIZATION, "RequireSecureDeviceAssignment");
	struct set_case set = {
		.given.raw = set_raw, .entries = { entry, entry->policy }, .bytes = { 0, 1 }
	};
	const struct solve_reader reader = { entry, &set.given };
	const struct solve_question question = { &reader, 1, "0", true, true };
	struct solve_answer answer;

	assert_true(solve(&question, &answer));
	assert_true(answer.found);
	assert_int_equal(answer.change_count, 1);
	assert_ptr_equal(answer.changes[0].entry, entry->policy);
	solve_answer_release(&answer);
}

static void
a_value_that_stands_in_the_way_is_deleted(void **state UNUSED)
{
	const struct tunable_entry *entry = find(VIRTUALIZATION, "Firmware Version");
	struct set_case set = {
		.given.raw = set_raw, .entries = { entry, NULL }, .bytes = { 5, 0 }
	};
	const struct tunable_entry *numbered = find(VIRTUALIZATION, "AllowGen1VmScaleUp");
	const struct solve_reader reader = { numbered, &set.given };
	const struct solve_question question = { &reader, 1, "absent", true, true };
	struct solve_answer answer;

	set.entries[0] = numbered;
	assert_true(solve(&question, &answer));
	assert_true(answer.found);
	assert_int_equal(answer.change_count, 1);
	assert_true(answer.changes[0].deletes);
	solve_answer_release(&answer);
}

/* --- All rows -----------------------------------------------------------------------------------
 */

static unsigned solved;
static unsigned unreachable;

/* Whether a text comes through a vector's line and back as it is. */
static bool
is_plain(const char *text)
{
	return strstr(text, "\xef\xbf\xbd") == NULL && strpbrk(text, ";\"") == NULL;
}

static void
prove(const struct tunable_entry *entry, const char *goal, const char *effective,
    const struct solve_answer *answer)
{
	struct buf given = { 0 };
	struct judged judged = { 0 };

	append_given(answer, entry, &given);
	if (!judge(entry, buf_text(&given), &judged) ||
	    strcmp(buf_text(&judged.text), effective) != 0)
		fail_msg("%s!%s=%s: %s gives %s", entry->table->key, entry->row->name, goal,
		    buf_text(&given), buf_text(&judged.text));
	solved++;
	buf_release(&given);
	buf_release(&judged.text);
}

/* What any input of the row's own matrix comes to is found, and proven. */
static void
reachable_is_found(const struct tunable_entry *entry)
{
	struct buf inputs = { 0 };
	struct judged judged = { 0 };

	tunable_matrix(entry->row, &inputs);
	for (size_t at = 0; at < inputs.size; at += strlen((char *)inputs.data + at) + 1) {
		const char *given = (const char *)inputs.data + at;
		struct solve_answer answer;
		struct buf goal = { 0 };

		assert_true(judge(entry, given, &judged));
		if (judged.kind == KIND_NOT_CONSULTED || !is_plain(buf_text(&judged.text)))
			continue;
		buf_printf(
		    &goal, judged.kind == KIND_BYTES ? "\"%s\"" : "%s", buf_text(&judged.text));
		solve_for(entry, buf_text(&goal), &answer);
		if (!answer.found)
			fail_msg("%s!%s: %s gives %s, which is not found", entry->table->key,
			    entry->row->name, given, buf_text(&judged.text));
		prove(entry, buf_text(&goal), buf_text(&judged.text), &answer);
		solve_answer_release(&answer);
		buf_release(&goal);
	}
	buf_release(&inputs);
	buf_release(&judged.text);
}

/* No input of the matrix comes to a goal for which there was no answer, whatever a sibling holds.
 */
static void
nothing_reaches(const struct tunable_entry *entry, const char *goal)
{
	const struct tunable_entry *siblings[] = { entry->gates[0], entry->gates[1],
		entry->max_from, entry->fallback, entry->policy, entry->preferred };
	struct buf inputs = { 0 };
	struct judged judged = { 0 };

	tunable_matrix(entry->row, &inputs);
	for (size_t at = 0; at < inputs.size; at += strlen((char *)inputs.data + at) + 1) {
		const char *given = (const char *)inputs.data + at;

		assert_true(judge(entry, given, &judged));
		assert_string_not_equal(buf_text(&judged.text), goal);
		for (size_t i = 0; i < ARRAY_SIZE(siblings); i++) {
			struct tunable_numbers numbers;

			if (siblings[i] == NULL || strchr(given, ';') != NULL)
				continue;
			tunable_numbers(siblings[i]->row, &numbers);
			for (size_t n = 0; n < numbers.count; n++) {
				struct buf both = { 0 };

				buf_printf(&both, "%s=%s; %s\\%s=%s:%" PRIu64, entry->row->name,
				    given, siblings[i]->table->key, siblings[i]->row->name,
				    siblings[i]->row->type == REG_QWORD ? "qword" : "dword",
				    numbers.numbers[n]);
				if (judge(entry, buf_text(&both), &judged))
					assert_string_not_equal(buf_text(&judged.text), goal);
				buf_release(&both);
			}
		}
	}
	buf_release(&inputs);
	buf_release(&judged.text);
}

/* The numbers of the matrix as goals: found and proven, or out of anything's reach. */
static void
numbers_are_found_or_out_of_reach(const struct tunable_entry *entry)
{
	struct tunable_numbers numbers;

	tunable_numbers(entry->row, &numbers);
	for (size_t i = 0; i < numbers.count; i++) {
		struct solve_answer answer;
		char goal[24];

		snprintf(goal, sizeof(goal), "%" PRIu64, numbers.numbers[i]);
		solve_for(entry, goal, &answer);
		if (answer.found) {
			prove(entry, goal, goal, &answer);
		} else {
			nothing_reaches(entry, goal);
			unreachable++;
		}
		if (!answer.found && answer.instead.size == 0 &&
		    entry->row->shape != SHAPE_SUBKEY && numbers.numbers[i] <= UINT32_MAX &&
		    tunable_in_registry(entry->table))
			fail_msg("%s!%s=%s: what it becomes is not said", entry->table->key,
			    entry->row->name, goal);
		solve_answer_release(&answer);
	}
}

static void
every_row_can_be_solved_backwards(void **state UNUSED)
{
	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_entry *entry = &catalog.entries[i];

		if (tunable_in_registry(entry->table))
			reachable_is_found(entry);
		numbers_are_found_or_out_of_reach(entry);
	}
	print_message("%u goals solved and proven, %u out of reach\n", solved, unreachable);
	assert_true(solved > catalog.count);
	assert_true(unreachable > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_that_is_taken_is_written_alone),
		cmocka_unit_test(what_holds_already_takes_nothing),
		cmocka_unit_test(words_of_enumerations_and_booleans_are_numbers),
		cmocka_unit_test(a_closed_gate_is_opened),
		cmocka_unit_test(a_boot_option_is_set_where_there_is_nothing_else),
		cmocka_unit_test(a_state_that_must_be_so_is_a_condition),
		cmocka_unit_test(an_unreachable_value_is_told_with_the_reason_and_the_nearest),
		cmocka_unit_test(what_may_not_be_changed_is_not),
		cmocka_unit_test(a_policy_that_is_set_is_what_must_change),
		cmocka_unit_test(a_value_that_stands_in_the_way_is_deleted),
		cmocka_unit_test(every_row_can_be_solved_backwards),
	};

	return cmocka_run_group_tests(tests, make_catalog, drop_catalog);
}
