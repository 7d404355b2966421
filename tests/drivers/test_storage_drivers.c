/*
 * The storage drivers beside vhdmp and storvsp over a true registry, and the rival readings of the
 * values that have one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/tables.h"
#include "tests/lib/module.h"

#define CONTROL_SET "HKLM\\SYSTEM\\CurrentControlSet\\"
#define SERVICES    CONTROL_SET "Services\\"
#define STORVSC     SERVICES "storvsc\\Parameters\\Device"
#define CRASH       CONTROL_SET "Control\\CrashControl"
#define VHDPARSER   SERVICES "vhdparser\\Parameters"
#define PVHDPARSER  SERVICES "pvhdparser\\Parameters"
#define COMPUTER    CONTROL_SET "Control\\ComputerName\\ComputerName"
#define VMSTORFL    SERVICES "vmstorfl\\Parameters"
#define FS_DEPENDS  SERVICES "vdrvroot\\Parameters\\FsDepends"
#define VHDMP       SERVICES "vhdmp\\Parameters"
#define VMSWITCH    SERVICES "VmsMp\\Parameters"

/* --- storvsc.sys
 * ---------------------------------------------------------------------------------- */

static void
the_client_has_as_many_channels_as_it_may(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &storvsc_driver);
	derives(fixture, "channels.count", "null");
	set_number(fixture, STORVSC, "ChannelCount", 65);
	shows(fixture, STORVSC, "ChannelCount", NULL, "null", "driver-entry");
	restart(fixture);
	derives(fixture, "channels.count", "64");
	set_number(fixture, STORVSC, "ChannelCount", 0);
	restart(fixture);
	derives(fixture, "channels.count", "1");
}

static void
a_mask_names_the_channels_processors(void **state)
{
	static const uint8_t mask[] = { 0x81, 0x00, 0x02 };
	static const uint8_t long_mask[300] = { [0] = 1, [255] = 0x80, [256] = 1 };
	struct fixture *fixture = *state;

	boot(fixture, &storvsc_driver);
	derives(fixture, "channels.processors", "null");
	set_bytes(fixture, STORVSC, "ChannelMask", REG_BINARY, mask, sizeof(mask));
	restart(fixture);
	derives(fixture, "channels.processors", "[0, 7, 17]");
	/* There are no more than 2048 processors, however long the mask is. */
	set_bytes(fixture, STORVSC, "ChannelMask", REG_BINARY, long_mask, sizeof(long_mask));
	restart(fixture);
	derives(fixture, "channels.processors", "[0, 2047]");
	set_bytes(fixture, STORVSC, "ChannelMask", REG_BINARY, mask, 0);
	restart(fixture);
	derives(fixture, "channels.processors", "[]");
}

static void
the_client_resumes_and_dumps_as_configured(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &storvsc_driver);
	derives(fixture, "resume", "single-phase");
	derives(fixture, "dump_maximum_transfer", "null");
	set_number(fixture, STORVSC, "MultiPhaseResumeEnabled", 1);
	set_number(fixture, CRASH, "MaximumTransferSize", 65536);
	shows(fixture, CRASH, "MaximumTransferSize", NULL, "null", "driver-entry");
	restart(fixture);
	derives(fixture, "resume", "multi-phase");
	derives(fixture, "dump_maximum_transfer", "65536");
}

/* --- Parsers and filters
 * -------------------------------------------------------------------------- */

static void
the_parser_uses_vhdop_if_told(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vhdparser_driver);
	derives(fixture, "vhdop", "false");
	set_number(fixture, VHDPARSER, "EnableVhdopDriver", 1);
	shows(fixture, VHDPARSER, "EnableVhdopDriver", NULL, "null", "driver-entry");
	restart(fixture);
	derives(fixture, "vhdop", "true");
}

static void
the_persistent_parser_has_four_switches(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &pvhdparser_driver);
	derives(fixture, "disk.pause", "normal");
	derives(fixture, "disk.close", "normal");
	derives(fixture, "disk.flushes", "passed on");
	derives(fixture, "rdssd_to_abc", "false");
	derives(fixture, "computer_name", "null");
	set_number(fixture, PVHDPARSER, "FastPause", 1);
	set_number(fixture, PVHDPARSER, "IgnoreFlushes", 2);
	set_text(fixture, COMPUTER, "ComputerName", "HOST-1");
	shows(fixture, COMPUTER, "ComputerName", NULL, "null", "driver-entry");
	restart(fixture);
	derives(fixture, "disk.pause", "fast");
	derives(fixture, "disk.close", "normal");
	derives(fixture, "disk.flushes", "ignored");
	derives(fixture, "computer_name", "HOST-1");
	set_number(fixture, PVHDPARSER, "FastClose", 1);
	set_number(fixture, PVHDPARSER, "RdssdToAbcMigration", 1);
	restart(fixture);
	derives(fixture, "disk.close", "fast");
	derives(fixture, "rdssd_to_abc", "true");
}

static void
the_filter_is_active_if_enabled(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmstorfl_driver);
	derives(fixture, "filter", "inactive");
	set_number(fixture, VMSTORFL, "Enabled", 1);
	derives(fixture, "filter", "inactive");
	restart(fixture);
	derives(fixture, "filter", "active");
	set_number(fixture, VMSTORFL, "Enabled", 0);
	restart(fixture);
	derives(fixture, "filter", "inactive");
}

static void
the_presence_of_a_subkey_registers_the_dependency(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vdrvroot_driver);
	derives(fixture, "file_system_dependency", "not-registered");
	host_key(fixture->writer, FS_DEPENDS);
	shows(fixture, FS_DEPENDS, "(subkey)", NULL, "0", "driver-entry");
	restart(fixture);
	derives(fixture, "file_system_dependency", "registered");
	shows(fixture, FS_DEPENDS, "(subkey)", NULL, "1", NULL);
	delete_tree(fixture, FS_DEPENDS);
	shows(fixture, FS_DEPENDS, "(subkey)", NULL, "1", "driver-entry");
	derives(fixture, "file_system_dependency", "registered");
	restart(fixture);
	derives(fixture, "file_system_dependency", "not-registered");
}

/* --- Rival readings
 * ------------------------------------------------------------------------------- */

static void
a_host_chooses_how_a_page_priority_out_of_range_is_read(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VHDMP, "CachePagePriority", 9);
	boot(fixture, &vhdmp_driver);
	derives(fixture, "cache.page_priority", "5");
	set_text(fixture, TUNABLE_SWITCH_KEY, "CachePagePriorityRange", "cap");
	boot(fixture, &vhdmp_driver);
	derives(fixture, "cache.page_priority", "7");
	set_text(fixture, TUNABLE_SWITCH_KEY, "CachePagePriorityRange", "nonsense");
	boot(fixture, &vhdmp_driver);
	derives(fixture, "cache.page_priority", "5");
}

static void
a_host_chooses_when_the_older_scheduler_value_stands_in(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VMSWITCH, "VmsQueueSchedulingMode", 7);
	set_number(fixture, VMSWITCH, "VmsVmqMode", 2);
	boot(fixture, &vmswitch_driver);
	derives(fixture, "vrss.scheduler", "null");
	set_text(fixture, TUNABLE_SWITCH_KEY, "VmsVmqModeFallback", "absent-or-invalid");
	restart(fixture);
	derives(fixture, "vrss.scheduler", "hybrid");
	delete_value(fixture, VMSWITCH, "VmsQueueSchedulingMode");
	delete_value(fixture, TUNABLE_SWITCH_KEY, "VmsVmqModeFallback");
	restart(fixture);
	derives(fixture, "vrss.scheduler", "hybrid");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(the_client_has_as_many_channels_as_it_may),
		FIXTURE_TEST(a_mask_names_the_channels_processors),
		FIXTURE_TEST(the_client_resumes_and_dumps_as_configured),
		FIXTURE_TEST(the_parser_uses_vhdop_if_told),
		FIXTURE_TEST(the_persistent_parser_has_four_switches),
		FIXTURE_TEST(the_filter_is_active_if_enabled),
		FIXTURE_TEST(the_presence_of_a_subkey_registers_the_dependency),
		FIXTURE_TEST(a_host_chooses_how_a_page_priority_out_of_range_is_read),
		FIXTURE_TEST(a_host_chooses_when_the_older_scheduler_value_stands_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
