/*
 * What a plan is made of: a mirror of what readers make of the registry, and the fewest steps that
 * make changes effective. No daemon runs; tests/e2e/test_plan.sh has the true ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/host.h"
#include "vmms/hvctl_boot_values.h"
#include "vmms/hvctl_compare.h"
#include "vmms/hvctl_mirror.h"
#include "vmms/hvctl_steps.h"

#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define VHDMP    SERVICES "vhdmp\\Parameters"

static struct hvemu *hvemu;
static struct hvctl hvctl;

static int
open_library(void **state UNUSED)
{
	hvctl.hvemu = NULL;
	if (hvemu_open(&hvemu, NULL) != HVEMU_OK)
		return -1;
	hvctl.hvemu = hvemu;
	return 0;
}

static int
close_library(void **state UNUSED)
{
	hvemu_close(hvemu);
	return 0;
}

/* --- Steps
 * ---------------------------------------------------------------------------------------- */

/* A change of what is read at an event in a process that runs. */
static json_t *
change_of(const char *module, const char *name, const char *read_at)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "process", "ntoskrnl",
	    "module", module, "owner", module, "key", VHDMP, "name", name, "read_at", read_at,
	    "running", 1, "effective_changes", 1);
}

/* A host that is up, with one machine that runs and one that does not. */
static void
begin(struct steps *steps)
{
	*steps = (struct steps){ .hvctl = &hvctl, .up = true, .list = json_array() };
	steps->machines = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "name", "one", "guid",
	    "{11111111-0000-0000-0000-000000000000}", "state", "running", "name", "two", "guid",
	    "{22222222-0000-0000-0000-000000000000}", "state", "off");
}

/* The commands, in their order, are these; `changes` and the steps are released. */
static void
commands_are(struct steps *steps, json_t *changes, const char *expected)
{
	struct buf commands = { 0 };
	json_t *step;
	size_t index;

	steps_find(steps, changes);
	json_array_foreach(steps->list, index, step)
	{
		buf_printf(&commands, "%s%s", index > 0 ? "; " : "",
		    json_string_value(json_object_get(step, "command")));
	}
	assert_string_equal(buf_text(&commands), expected);
	buf_release(&commands);
	json_decref(changes);
	steps_release(steps);
}

static void
a_boot_stands_for_all_else_but_the_machines_that_ran(void **state UNUSED)
{
	struct steps steps;
	json_t *changes = json_pack("[o, o, o]", change_of("vhdmp", "A", "reload"),
	    change_of("vhdmp", "B", "boot"), change_of("storvsp", "C", "driver-entry"));

	begin(&steps);
	assert_true(steps_is_boot(&steps, json_array_get(changes, 1)));
	assert_false(steps_is_boot(&steps, json_array_get(changes, 0)));
	json_incref(changes);
	commands_are(&steps, changes, "hvctl reboot; hvctl vm start 'one'");
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(
		    json_string_value(json_object_get(json_array_get(changes, i), "needs")),
		    "hvctl reboot");
	json_decref(changes);
}

static void
a_drivers_restart_stands_for_its_own_reload_only(void **state UNUSED)
{
	struct steps steps;

	begin(&steps);
	commands_are(&steps,
	    json_pack("[o, o, o]", change_of("vhdmp", "A", "reload"),
	        change_of("vhdmp", "B", "driver-entry"), change_of("vmswitch", "C", "reload")),
	    "hvctl restart vhdmp; hvctl reload vmswitch");
	/* And one reload is for all that it makes effective. */
	begin(&steps);
	commands_are(&steps,
	    json_pack(
	        "[o, o]", change_of("vhdmp", "A", "reload"), change_of("vhdmp", "B", "reload")),
	    "hvctl reload vhdmp");
}

static void
machines_restart_with_the_driver_that_holds_their_partitions(void **state UNUSED)
{
	struct steps steps;

	begin(&steps);
	commands_are(&steps, json_pack("[o]", change_of("vid", "A", "driver-entry")),
	    "hvctl restart vid; hvctl vm stop 'one' && hvctl vm start 'one'");
}

static void
what_nobody_has_to_do_anything_for_says_why(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "per-operation", "the next operation reads it" },
		{ "attach", "the next attach reads it" },
		{ "notification", "at once: the change is notified" },
		{ "vm-start", "the next start of a virtual machine reads it" },
		{ "last-known-good", "only a boot of the last known good reads it" },
		{ "never", "the next boot writes it anew" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *changes = json_pack("[o]", change_of("vhdmp", "A", cases[i][0]));
		json_t *change = json_incref(json_array_get(changes, 0));
		struct steps steps;

		begin(&steps);
		commands_are(&steps, changes, "");
		assert_true(json_is_null(json_object_get(change, "needs")));
		assert_string_equal(
		    json_string_value(json_object_get(change, "when")), cases[i][1]);
		json_decref(change);
	}
}

static void
what_keeps_its_effect_and_what_does_not_run_needs_no_step(void **state UNUSED)
{
	json_t *same = change_of("vhdmp", "A", "boot");
	json_t *idle = change_of("vhdmp", "A", "reload");
	struct steps steps;

	json_object_set_new(same, "effective_changes", json_false());
	json_object_set_new(idle, "running", json_false());
	begin(&steps);
	assert_false(steps_is_boot(&steps, same));
	commands_are(&steps, json_pack("[o, o]", same, idle), "");
	/* A host that is down is asked for nothing. */
	begin(&steps);
	steps.up = false;
	commands_are(&steps, json_pack("[o]", change_of("vhdmp", "A", "reload")), "");
}

/* --- The mirror
 * ----------------------------------------------------------------------------------- */

static int
make_host(void **state)
{
	int failed = host_setup(state);
	struct host *host = *state;

	if (failed == 0)
		hvctl.root = host->root;
	return failed != 0 || !lstatus_ok(host_install(host->registry));
}

static void
set_dword(struct host *host, const char *path, const char *name, uint32_t number)
{
	assert_lstatus(
	    registry_set_dword(host->registry, host_key(host->registry, path), name, number),
	    ERROR_SUCCESS);
}

static void
set_text(struct host *host, const char *path, const char *name, const char *text)
{
	assert_lstatus(
	    registry_set_text(host->registry, host_key(host->registry, path), name, REG_SZ, text),
	    ERROR_SUCCESS);
}

/* The difference of a value's name between two lists of views; NULL if there is none. */
static json_t *
difference_of(const json_t *before, const json_t *after, const char *name)
{
	json_t *differences = views_compare(before, after);
	json_t *found = NULL;
	json_t *difference;
	size_t index;

	json_array_foreach(differences, index, difference)
	{
		if (found == NULL &&
		    strcmp(json_string_value(json_object_get(difference, "name")), name) == 0)
			found = json_incref(difference);
	}
	json_decref(differences);
	return found;
}

static void
a_mirror_reads_what_the_open_transaction_wrote_and_nobody_else_knows(void **state)
{
	struct host *host = *state;
	struct mirror *mirror = mirror_new(&hvctl, host->registry, false);
	json_t *before = mirror_views(mirror, false);
	json_t *within;
	json_t *after;
	json_t *change;

	assert_false(mirror_is_up(mirror));
	assert_int_equal(json_array_size(mirror_in_effect(mirror)), 0);
	assert_lstatus(registry_begin(host->registry, NULL), ERROR_SUCCESS);
	set_dword(host, VHDMP, "MirrorBlockSize", 0x100000);
	within = mirror_views(mirror, false);
	registry_rollback(host->registry);
	after = mirror_views(mirror, false);
	change = difference_of(before, within, "MirrorBlockSize");
	assert_non_null(change);
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(change, "after"), "effective")),
	    0x100000);
	assert_true(json_is_true(json_object_get(change, "effective_changes")));
	assert_null(difference_of(before, after, "MirrorBlockSize"));
	json_decref(change);
	json_decref(before);
	json_decref(within);
	json_decref(after);
	mirror_free(mirror);
}

static void
conditions_are_those_that_a_boot_would_find(void **state)
{
	struct host *host = *state;
	struct mirror *mirror = mirror_new(&hvctl, host->registry, false);
	json_t *before = mirror_conditions(mirror);
	json_t *after;

	set_text(host, "HKLM\\SOFTWARE\\hvemu\\Machine", "cpuvendor", "GenuineIntel");
	set_text(host, "HKLM\\SOFTWARE\\hvemu\\Machine", "processors", "3");
	after = mirror_conditions(mirror);
	assert_false(json_equal(before, after));
	assert_string_equal(json_string_value(json_object_get(after, "cpuvendor")), "GenuineIntel");
	assert_string_equal(json_string_value(json_object_get(after, "processors")), "3");
	json_decref(before);
	json_decref(after);
	mirror_free(mirror);
}

static void
how_a_service_starts_and_the_control_set_are_read_at_boot(void **state)
{
	struct host *host = *state;
	json_t *before = json_array();
	json_t *after = json_array();
	json_t *change;
	struct steps steps;

	set_dword(host, "HKLM\\SYSTEM\\Select", "Default", 1);
	set_dword(host, SERVICES "vhdmp", "Start", 3);
	assert_true(boot_values_view(host->registry, before));
	set_dword(host, "HKLM\\SYSTEM\\Select", "Default", 2);
	set_dword(host, SERVICES "vhdmp", "Start", 4);
	assert_true(boot_values_view(host->registry, after));
	change = difference_of(before, after, "Start");
	assert_non_null(change);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(change, "after"), "effective")),
	    "dword:4 (disabled)");
	begin(&steps);
	assert_true(steps_is_boot(&steps, change));
	commands_are(&steps, json_pack("[o, o]", change, difference_of(before, after, "Default")),
	    "hvctl reboot; hvctl vm start 'one'");
	json_decref(before);
	json_decref(after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boot_stands_for_all_else_but_the_machines_that_ran),
		cmocka_unit_test(a_drivers_restart_stands_for_its_own_reload_only),
		cmocka_unit_test(machines_restart_with_the_driver_that_holds_their_partitions),
		cmocka_unit_test(what_nobody_has_to_do_anything_for_says_why),
		cmocka_unit_test(what_keeps_its_effect_and_what_does_not_run_needs_no_step),
		cmocka_unit_test_setup_teardown(
		    a_mirror_reads_what_the_open_transaction_wrote_and_nobody_else_knows, make_host,
		    host_teardown),
		cmocka_unit_test_setup_teardown(
		    conditions_are_those_that_a_boot_would_find, make_host, host_teardown),
		cmocka_unit_test_setup_teardown(
		    how_a_service_starts_and_the_control_set_are_read_at_boot, make_host,
		    host_teardown),
	};

	return cmocka_run_group_tests(tests, open_library, close_library);
}
