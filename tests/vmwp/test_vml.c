/*
 * The management library's tracing: which lines reach the owner's log, by the values that it read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/module.h"
#include "vmcompute/modules.h"
#include "vmms/modules.h"
#include "vmwp/vml.h"

#define VML    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\VML"
#define LEVELS VML "\\TraceLevelsEnabled"

/* What a module logged since it was last asked. */
static struct buf logged;

static void
take_line(void *context UNUSED, const char *format, va_list arguments)
{
	buf_vprintf(&logged, format, arguments);
	buf_append_byte(&logged, '\n');
}

static bool
was_logged(const char *text)
{
	bool found = strstr(buf_text(&logged), text) != NULL;

	buf_clear(&logged);
	return found;
}

static void
set_level(struct fixture *fixture, const char *name, uint8_t level)
{
	const uint8_t bytes[8] = { level };

	set_bytes(fixture, LEVELS, name, REG_QWORD, bytes, sizeof(bytes));
}

/* Start the owner with a log. */
static void
boot_logged(struct fixture *fixture, const struct module *module)
{
	boot(fixture, module);
	fixture->object.log = take_line;
	restart(fixture);
	buf_clear(&logged);
}

static int
setup(void **state)
{
	return fixture_setup(state);
}

static int
teardown(void **state)
{
	int status = fixture_teardown(state);

	buf_release(&logged);
	return status;
}

static void
without_values_nothing_is_traced(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmcompute_module);
	assert_false(vml_traces(&fixture->object, VML_CHANNEL_OPERATIONS, VML_CRITICAL));
	derives(fixture, "vml.operations_level", "0");
	derives(fixture, "vml.flags", "null");
	derives(fixture, "vml.break_level", "null");
}

static void
the_level_holds_for_all_channels(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VML, "TraceLevel", 4);
	boot(fixture, &vmcompute_module);
	assert_true(vml_traces(&fixture->object, 0, 4));
	assert_false(vml_traces(&fixture->object, 0, 5));
	assert_true(vml_traces(&fixture->object, 77, 4));
	assert_false(vml_traces(&fixture->object, 77, 5));
}

static void
a_channels_own_level_wins(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VML, "TraceLevel", 3);
	set_level(fixture, "Trace1", 5);
	set_level(fixture, "Trace2", 0);
	boot(fixture, &vmcompute_module);
	assert_true(vml_traces(&fixture->object, 0, 3));
	assert_false(vml_traces(&fixture->object, 0, 4));
	assert_true(vml_traces(&fixture->object, 1, 5));
	assert_false(vml_traces(&fixture->object, 2, 1));
	derives(fixture, "vml.settings_level", "3");
	derives(fixture, "vml.operations_level", "5");
}

static void
a_level_of_a_wrong_type_is_none(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VML, "TraceLevel", 2);
	set_number(fixture, LEVELS, "Trace0", 5);
	boot(fixture, &vmcompute_module);
	assert_true(vml_traces(&fixture->object, 0, 2));
	assert_false(vml_traces(&fixture->object, 0, 3));
}

static void
raising_the_level_makes_more_lines(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture,
	    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Containers",
	    "TemplateVmCount", 1);
	boot_logged(fixture, &vmcompute_module);
	assert_ntstatus(run(fixture, "take-template", "one"), STATUS_SUCCESS);
	assert_false(was_logged("goes to one"));
	set_number(fixture, VML, "TraceLevel", VML_INFORMATION);
	shows(fixture, VML, "TraceLevel", NULL, "null", "service-start");
	assert_ntstatus(run(fixture, "take-template", "two"), STATUS_SUCCESS);
	assert_false(was_logged("goes to two"));
	restart(fixture);
	buf_clear(&logged);
	assert_ntstatus(run(fixture, "take-template", "three"), STATUS_SUCCESS);
	assert_true(was_logged("goes to three"));
	assert_ntstatus(run(fixture, "take-template", "four"), STATUS_SUCCESS);
	assert_false(was_logged("is ready"));
	set_level(fixture, "Trace1", VML_VERBOSE);
	restart(fixture);
	buf_clear(&logged);
	assert_ntstatus(run(fixture, "take-template", "five"), STATUS_SUCCESS);
	assert_true(was_logged("is ready"));
}

static void
each_owner_reads_for_itself(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VML, "TraceLevel", 1);
	boot(fixture, &computecore_module);
	shows(fixture, VML, "TraceLevel", NULL, "1", NULL);
	assert_true(vml_traces(&fixture->object, 0, 1));
	boot(fixture, &vmms_module);
	shows(fixture, VML, "TraceLevel", NULL, "1", NULL);
	assert_true(vml_traces(&fixture->object, 0, 1));
	derives(fixture, "vml.settings_level", "1");
	boot(fixture, &vmusrv_module);
	assert_false(vml_traces(&fixture->object, 0, 1));
}

static void
the_break_level_needs_the_switch(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VML, "StopLevel", 2);
	boot(fixture, &computecore_module);
	derives(fixture, "vml.break_level", "null");
	set_number(fixture, VML, "DebugBreakEnabled", 9);
	set_number(fixture, VML, "LeakWaitSeconds", 30);
	set_number(fixture, VML, "ClientAssertMask", 6);
	set_number(fixture, VML, "TraceFlags", 255);
	restart(fixture);
	derives(fixture, "vml.break_level", "2");
	derives(fixture, "vml.leak_wait_s", "30");
	derives(fixture, "vml.assert_mask", "6");
	derives(fixture, "vml.flags", "255");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_values_nothing_is_traced, setup, teardown),
		cmocka_unit_test_setup_teardown(the_level_holds_for_all_channels, setup, teardown),
		cmocka_unit_test_setup_teardown(a_channels_own_level_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(a_level_of_a_wrong_type_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    raising_the_level_makes_more_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(each_owner_reads_for_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(the_break_level_needs_the_switch, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
