/*
 * The drivers of the hypervisor's interface, the keyboard, and those with no settings of their own,
 * over a true registry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "drivers/tables.h"
#include "tests/lib/module.h"

#define SERVICES   "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define WINHVR     SERVICES "winhvr\\Parameters"
#define HVSERVICE  SERVICES "hvservice"
#define HVCRASH    SERVICES "hvcrash\\Parameters"
#define CRASHDUMP  SERVICES "hyperkbd\\Parameters\\crashdump"
#define KBDCLASS   SERVICES "kbdclass\\Parameters"
#define HYPERVISOR "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor"
#define CLASS      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\"
#define DISKS      CLASS "{4d36e967-e325-11ce-bfc1-08002be10318}\\Properties"
#define SYSTEM     CLASS "{4d36e97d-e325-11ce-bfc1-08002be10318}\\Properties"
#define NETS       CLASS "{4d36e972-e325-11ce-bfc1-08002be10318}"

/* --- winhvr.sys
 * ----------------------------------------------------------------------------------- */

/* The active scheduler's type; the context is its word. */
static const char *
scheduler_word(void *context, const char *name)
{
	return strcasecmp(name, "scheduler") == 0 ? context : NULL;
}

static void
boot_under(struct fixture *fixture, const char *scheduler)
{
	boot(fixture, &winhvr_driver);
	module_release(&fixture->object);
	fixture->object.state = scheduler_word;
	fixture->object.state_context = (void *)(uintptr_t)scheduler;
	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
}

static void
fair_share_is_turned_off_under_the_root_scheduler_only(void **state)
{
	struct fixture *fixture = *state;

	boot_under(fixture, "4");
	derives(fixture, "scheduler", "4");
	derives(fixture, "root_scheduler", "true");
	derives(fixture, "WinHvpDfssEnabled", "true");
	set_number(fixture, WINHVR, "DisableDynamicFairShareScheduler", 1);
	boot_under(fixture, "4");
	derives(fixture, "WinHvpDfssEnabled", "false");
	shows(fixture, WINHVR, "DisableDynamicFairShareScheduler", NULL, "1", NULL);
	shows(fixture, HYPERVISOR, "DfssEnabled", NULL, "0", NULL);
	for (const char *const *at = (const char *const[]){ "1", "2", "3", NULL }; *at != NULL;
	     at++) {
		boot_under(fixture, *at);
		derives(fixture, "root_scheduler", "false");
		derives(fixture, "WinHvpDfssEnabled", "true");
		shows(fixture, WINHVR, "DisableDynamicFairShareScheduler", NULL, "not-consulted",
		    NULL);
	}
	boot(fixture, &winhvr_driver);
	derives(fixture, "scheduler", "null");
	derives(fixture, "WinHvpDfssEnabled", "true");
}

static void
the_scheduler_is_settled_once_a_boot(void **state)
{
	struct fixture *fixture = *state;

	boot_under(fixture, "4");
	set_number(fixture, WINHVR, "DisableDynamicFairShareScheduler", 1);
	shows(fixture, WINHVR, "DisableDynamicFairShareScheduler", NULL, "0", "boot");
	restart(fixture);
	shows(fixture, WINHVR, "DisableDynamicFairShareScheduler", NULL, "0", "boot");
	derives(fixture, "WinHvpDfssEnabled", "true");
	boot_under(fixture, "4");
	derives(fixture, "WinHvpDfssEnabled", "false");
}

static void
a_value_under_the_flags_name_counts_in_the_rival_reading(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, HYPERVISOR, "DfssEnabled", 0);
	boot_under(fixture, "4");
	derives(fixture, "WinHvpDfssEnabled", "true");
	set_text(fixture, TUNABLE_SWITCH_KEY, "DfssEnabledValue", "read");
	boot_under(fixture, "4");
	derives(fixture, "WinHvpDfssEnabled", "false");
	set_number(fixture, HYPERVISOR, "DfssEnabled", 1);
	boot_under(fixture, "4");
	derives(fixture, "WinHvpDfssEnabled", "true");
	set_number(fixture, WINHVR, "DisableDynamicFairShareScheduler", 1);
	boot_under(fixture, "4");
	derives(fixture, "WinHvpDfssEnabled", "false");
}

/* --- hvservice.sys, hvcrash.sys
 * ------------------------------------------------------------------- */

static void
binary_lists_are_event_sources_and_service_values_are_none(void **state)
{
	struct fixture *fixture = *state;

	assert_lstatus(driver_install_services(fixture->host.registry), ERROR_SUCCESS);
	boot(fixture, &hvservice_driver);
	derives(fixture, "event_sources", "[]");
	shows(fixture, HVSERVICE, "ImagePath", NULL, NULL, NULL);
	set_bytes(fixture, HVSERVICE "\\Parameters", "First", REG_BINARY, "\1\0\0\0", 4);
	set_bytes(fixture, HVSERVICE "\\Parameters", "Second", REG_BINARY, "\2", 1);
	set_number(fixture, HVSERVICE "\\Parameters", "Level", 3);
	shows(fixture, HVSERVICE "\\Parameters", "First", NULL, "null", "driver-entry");
	restart(fixture);
	shows(fixture, HVSERVICE "\\Parameters", "First", NULL, "01000000", NULL);
	shows(fixture, HVSERVICE "\\Parameters", "Level", NULL, "null", NULL);
	derives(fixture, "event_sources.0.value", "First");
	derives(fixture, "event_sources.0.bytes", "4");
	derives(fixture, "event_sources.1.value", "Second");
	derives(fixture, "event_sources.2", "none");
}

static void
no_more_than_two_lists_are_handed_on(void **state)
{
	struct fixture *fixture = *state;

	set_bytes(fixture, HVSERVICE "\\Parameters", "A", REG_BINARY, "1", 1);
	set_bytes(fixture, HVSERVICE "\\Parameters", "B", REG_BINARY, "1", 1);
	set_bytes(fixture, HVSERVICE "\\Parameters", "C", REG_BINARY, "1", 1);
	boot(fixture, &hvservice_driver);
	derives(fixture, "event_sources.1.value", "B");
	derives(fixture, "event_sources.2", "none");
}

static void
debug_flags_are_two_bits(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &hvcrash_driver);
	derives(fixture, "DbgPrintOnError", "false");
	derives(fixture, "DbgBreakOnError", "false");
	set_number(fixture, HVCRASH, "DebugFlags", 0xfffffffe);
	shows(fixture, HVCRASH, "DebugFlags", NULL, "0", "driver-entry");
	restart(fixture);
	derives(fixture, "DbgPrintOnError", "false");
	derives(fixture, "DbgBreakOnError", "true");
	set_number(fixture, HVCRASH, "DebugFlags", 1);
	restart(fixture);
	derives(fixture, "DbgPrintOnError", "true");
	derives(fixture, "DbgBreakOnError", "false");
}

/* --- hyperkbd.sys
 * --------------------------------------------------------------------------------- */

static void
the_keyboards_keys_are_shown_and_decide_nothing(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, CRASHDUMP, "KbdConnectData", 7);
	set_number(fixture, CRASHDUMP, "Dump1Keys", 2);
	set_number(fixture, KBDCLASS, "KeyboardDataQueueSize", 100);
	boot(fixture, &hyperkbd_driver);
	shows(fixture, CRASHDUMP, "KbdConnectData", NULL, "7", NULL);
	shows(fixture, CRASHDUMP, "Dump1Keys", NULL, "2", NULL);
	shows(fixture, KBDCLASS, "KeyboardDataQueueSize", NULL, "100", NULL);
	derives(fixture, "configuration", "none: the driver makes no registry query of its own");
	set_number(fixture, CRASHDUMP, "KbdConnectData", 8);
	shows(fixture, CRASHDUMP, "KbdConnectData", NULL, "7", "driver-entry");
}

/* --- Drivers without settings
 * --------------------------------------------------------------------- */

static void
the_settings_of_a_class_are_read_when_its_device_is_added(void **state)
{
	const struct module *const modules[] = { &ramparser_driver, &vmbusproxy_driver };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		set_number(fixture, DISKS, "DeviceType", 7);
		set_number(fixture, DISKS, "DeviceCharacteristics", 0x100);
		set_number(fixture, NETS, "DeviceType", 9);
		boot(fixture, modules[i]);
		shows(fixture, DISKS, "DeviceType", NULL, "7", NULL);
		shows(fixture, NETS, "DeviceType", NULL, NULL, NULL);
		derives(fixture, "device_objects.0.type", "7");
		derives(fixture, "device_objects.0.characteristics", "256");
		derives(fixture, "device_objects.0.exclusive", "false");
		derives(fixture, "device_objects.0.security", "default");
		derives(fixture, "device_objects.1", "none");
		set_number(fixture, DISKS, "Exclusive", 1);
		set_bytes(fixture, DISKS, "Security", REG_BINARY, "\1\0\4\200", 4);
		shows(fixture, DISKS, "Exclusive", NULL, "null", "device-add");
		set_text(fixture, SYSTEM, "Security", "D:P(A;;GA;;;SY)");
		assert_ntstatus(module_add_device(&fixture->object, DISKS), STATUS_SUCCESS);
		assert_ntstatus(module_add_device(&fixture->object, SYSTEM), STATUS_SUCCESS);
		derives(fixture, "device_objects.0.exclusive", "true");
		derives(fixture, "device_objects.0.security", "set");
		derives(fixture, "device_objects.1.type", "null");
		derives(fixture, "device_objects.1.security", "set");
		assert_ntstatus(
		    module_add_device(&fixture->object, NETS), STATUS_OBJECT_NAME_INVALID);
		assert_ntstatus(module_add_device(&fixture->object, NETS "\\Properties"),
		    STATUS_NO_SUCH_DEVICE);
		delete_tree(fixture, "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class");
	}
}

/* winhv and the drivers of the list read nothing, whatever is in their keys. */
static void
the_other_drivers_read_nothing_and_say_so(void **state)
{
	const struct module *modules[UNCONFIGURED_COUNT + 1] = { &winhv_driver };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < UNCONFIGURED_COUNT; i++)
		modules[i + 1] = &unconfigured_drivers[i];
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		json_t *derived = json_object();
		json_t *views;

		boot(fixture, modules[i]);
		views = view_all(fixture);
		assert_int_equal(json_array_size(views), 0);
		json_decref(views);
		modules[i]->status(&fixture->object, derived);
		assert_memory_equal(member(derived, "configuration"), "none: ", 6);
		json_decref(derived);
		assert_int_equal(fixture->object.snapshot_count, 0);
		assert_true(module_is(modules[i], modules[i]->image));
	}
}

#define DRIVER_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DRIVER_TEST(fair_share_is_turned_off_under_the_root_scheduler_only),
		DRIVER_TEST(the_scheduler_is_settled_once_a_boot),
		DRIVER_TEST(a_value_under_the_flags_name_counts_in_the_rival_reading),
		DRIVER_TEST(binary_lists_are_event_sources_and_service_values_are_none),
		DRIVER_TEST(no_more_than_two_lists_are_handed_on),
		DRIVER_TEST(debug_flags_are_two_bits),
		DRIVER_TEST(the_keyboards_keys_are_shown_and_decide_nothing),
		DRIVER_TEST(the_settings_of_a_class_are_read_when_its_device_is_added),
		DRIVER_TEST(the_other_drivers_read_nothing_and_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
