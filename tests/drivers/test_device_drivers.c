/*
 * The drivers of assigned PCI functions, of the display and of containers over a true registry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/tables.h"
#include "tests/lib/module.h"

#define CONTROL_SET  "HKLM\\SYSTEM\\CurrentControlSet\\"
#define SYSTEM_CLASS CONTROL_SET "Control\\Class\\{4d36e97d-e325-11ce-bfc1-08002be10318}\\"
#define VIDEO        CONTROL_SET "Services\\Video\\Virtualization"
#define WCIFS        CONTROL_SET "Services\\wcifs\\Parameters"
#define BOOT         CONTROL_SET "Control\\BootConfiguration"
#define GUID_A       "{aaaaaaaa-0000-0000-0000-000000000001}"

/* --- pcip.sys
 * ------------------------------------------------------------------------------------- */

static void
each_function_has_its_own_properties(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, SYSTEM_CLASS "0001", "SupportedDevice", 1);
	set_number(fixture, SYSTEM_CLASS "0001", "PCIPHackFlags", 6);
	set_number(fixture, SYSTEM_CLASS "0002", "HotRemoveSafe", 1);
	set_number(fixture, SYSTEM_CLASS "0002", "DisablePowerManagement", 1);
	set_number(fixture, SYSTEM_CLASS "Properties", "SupportedDevice", 1);
	boot(fixture, &pcip_driver);
	derives(fixture, "devices.0.device", "{4d36e97d-e325-11ce-bfc1-08002be10318}\\0001");
	derives(fixture, "devices.0.assignable", "true");
	derives(fixture, "devices.0.hot_remove", "false");
	derives(fixture, "devices.0.power_management", "true");
	derives(fixture, "devices.0.mitigations", "altered");
	derives(fixture, "devices.0.hack_flags", "[1, 2]");
	derives(fixture, "devices.1.assignable", "false");
	derives(fixture, "devices.1.hot_remove", "true");
	derives(fixture, "devices.1.power_management", "false");
	derives(fixture, "devices.1.mitigations", "all");
	derives(fixture, "devices.1.hack_flags", "[]");
	derives(fixture, "devices.2", "none");
}

static void
a_functions_values_wait_until_it_is_added_again(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, SYSTEM_CLASS "0001", "PCIPHackFlags", 1);
	boot(fixture, &pcip_driver);
	set_number(fixture, SYSTEM_CLASS "0001", "PCIPHackFlags", 2);
	set_number(fixture, SYSTEM_CLASS "0001", "SupportedDevice", 1);
	shows(fixture, SYSTEM_CLASS "0001", "PCIPHackFlags", NULL, "1", "device-add");
	shows(fixture, SYSTEM_CLASS "0001", "SupportedDevice", NULL, "0", "device-add");
	assert_ntstatus(module_add_device(&fixture->object, SYSTEM_CLASS "0001"), STATUS_SUCCESS);
	shows(fixture, SYSTEM_CLASS "0001", "PCIPHackFlags", NULL, "2", NULL);
	derives(fixture, "devices.0.hack_flags", "[1]");
	derives(fixture, "devices.0.assignable", "true");
	assert_ntstatus(
	    module_add_device(&fixture->object, SYSTEM_CLASS "0002"), STATUS_NO_SUCH_DEVICE);
}

/* --- HyperVideo.sys
 * ------------------------------------------------------------------------------- */

static void
an_adapter_without_a_key_has_one_display(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &hypervideo_driver);
	derives(fixture, "mode", "single");
	derives(fixture, "monitors.0.name", "primary");
	derives(fixture, "monitors.0.width", "1024");
	derives(fixture, "monitors.0.height", "768");
	derives(fixture, "monitors.0.width_cm", "null");
	derives(fixture, "monitors.1", "none");
	derives(fixture, "span", "1024");
	derives(fixture, "mask_width", "null");
	derives(fixture, "internal", "false");
	derives(fixture, "virtual_modes", "false");
}

static void
the_adapters_values_wait_until_it_is_added(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &hypervideo_driver);
	set_number(fixture, VIDEO, "HorizontalResolution", 1920);
	set_number(fixture, VIDEO, "HorizontalSizeInCm", 52);
	set_number(fixture, VIDEO, "VerticalSizeInCm", 32);
	set_number(fixture, VIDEO, "InternalDisplay", 1);
	shows(fixture, VIDEO, "HorizontalResolution", NULL, "1024", "device-add");
	derives(fixture, "monitors.0.width", "1024");
	assert_ntstatus(module_add_device(&fixture->object, VIDEO), STATUS_SUCCESS);
	shows(fixture, VIDEO, "HorizontalResolution", NULL, "1920", NULL);
	derives(fixture, "monitors.0.width", "1920");
	derives(fixture, "monitors.0.width_cm", "52");
	derives(fixture, "monitors.0.height_cm", "32");
	derives(fixture, "internal", "true");
	/* A number that is no width, written later, waits too. */
	set_number(fixture, VIDEO, "HorizontalResolution", 1919);
	shows(fixture, VIDEO, "HorizontalResolution", NULL, "1920", "device-add");
	restart(fixture);
	derives(fixture, "monitors.0.width", "1024");
}

static void
two_displays_are_alike_with_a_mask_between(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VIDEO, "MonitorCount", 2);
	set_number(fixture, VIDEO, "HorizontalResolution", 1280);
	set_number(fixture, VIDEO, "VerticalResolution", 1024);
	set_number(fixture, VIDEO, "MaskWidth", 40);
	set_number(fixture, VIDEO, "HorizontalResolutionAuxiliary", 800);
	set_number(fixture, VIDEO, "VirtualModeSupport", 0);
	boot(fixture, &hypervideo_driver);
	derives(fixture, "mode", "dual");
	derives(fixture, "monitors.1.name", "secondary");
	derives(fixture, "monitors.1.width", "1280");
	derives(fixture, "monitors.1.height", "1024");
	derives(fixture, "monitors.2", "none");
	derives(fixture, "span", "2600");
	derives(fixture, "virtual_modes", "true");
	shows(fixture, VIDEO, "VirtualModeSupport", NULL, "1", NULL);
}

static void
an_auxiliary_display_has_a_size_of_its_own(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VIDEO, "MonitorCount", 3);
	set_number(fixture, VIDEO, "HorizontalResolutionAuxiliary", 801);
	boot(fixture, &hypervideo_driver);
	derives(fixture, "mode", "auxiliary");
	derives(fixture, "monitors.1.name", "auxiliary");
	derives(fixture, "monitors.1.width", "801");
	derives(fixture, "monitors.1.height", "768");
	derives(fixture, "span", "1825");
	set_number(fixture, VIDEO, "VerticalResolutionAuxiliary", 600);
	set_number(fixture, VIDEO, "HorizontalResolutionAuxiliary", 99);
	assert_ntstatus(module_add_device(&fixture->object, VIDEO), STATUS_SUCCESS);
	derives(fixture, "monitors.1.width", "1024");
	derives(fixture, "monitors.1.height", "600");
}

/* The count decides what is read, and waits for the same event as what it decides on. */
static void
fewer_displays_take_the_others_values_out_of_use(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VIDEO, "MonitorCount", 2);
	set_number(fixture, VIDEO, "MaskWidth", 40);
	boot(fixture, &hypervideo_driver);
	derives(fixture, "mask_width", "40");
	set_number(fixture, VIDEO, "MonitorCount", 4);
	shows(fixture, VIDEO, "MaskWidth", NULL, "40", "device-add");
	assert_ntstatus(module_add_device(&fixture->object, VIDEO), STATUS_SUCCESS);
	derives(fixture, "mode", "single");
	derives(fixture, "mask_width", "null");
	derives(fixture, "monitors.1", "none");
	derives(fixture, "virtual_modes", "false");
}

/* --- wcifs.sys
 * ------------------------------------------------------------------------------------ */

static void
a_host_was_not_booted_in_a_container(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &wcifs_driver);
	derives(fixture, "boot_container.id", "host");
	derives(fixture, "boot_container.sub_hive", "null");
	derives(fixture, "boot_container.isolation", "process");
	derives(fixture, "boot_container.layering_mode", "0");
	derives(fixture, "boot_container.instance", "null");
	derives(fixture, "reparse_tag.tag", "0x8000001B");
	derives(fixture, "reparse_tag.microsoft", "true");
	derives(fixture, "debug_options", "0");
}

static void
the_boot_container_is_read_at_entry(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &wcifs_driver);
	set_text(fixture, BOOT, "BootContainer", "base");
	set_text(fixture, BOOT, "BootContainerGuid", GUID_A);
	set_text(fixture, BOOT, "InstanceName", "wcifs Instance");
	set_number(fixture, BOOT, "WCIFSContainerMode", 2);
	set_number(fixture, BOOT, "ReparseTag", 0x12);
	set_number(fixture, WCIFS, "DebugOptions", 5);
	shows(fixture, BOOT, "BootContainer", NULL, "null", "driver-entry");
	shows(fixture, WCIFS, "DebugOptions", NULL, "0", "driver-entry");
	restart(fixture);
	derives(fixture, "boot_container.id", "base");
	derives(fixture, "boot_container.sub_hive", GUID_A);
	derives(fixture, "boot_container.layering_mode", "2");
	derives(fixture, "boot_container.instance", "wcifs Instance");
	derives(fixture, "reparse_tag.tag", "0x00000012");
	derives(fixture, "reparse_tag.microsoft", "false");
	derives(fixture, "debug_options", "5");
}

static void
a_boot_container_may_be_given_as_bytes(void **state)
{
	static const uint8_t bytes[] = { 0x0b, 0xad };
	struct fixture *fixture = *state;

	set_bytes(fixture, BOOT, "BootContainer", REG_BINARY, bytes, sizeof(bytes));
	boot(fixture, &wcifs_driver);
	derives(fixture, "boot_container.id", "0bad");
}

static void
isolation_is_a_number_or_a_text(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, BOOT, "Hvsi", 2);
	boot(fixture, &wcifs_driver);
	derives(fixture, "boot_container.isolation", "hyper-v");
	set_number(fixture, BOOT, "Hvsi", 0);
	restart(fixture);
	derives(fixture, "boot_container.isolation", "process");
	set_text(fixture, BOOT, "Hvsi", "1");
	restart(fixture);
	derives(fixture, "boot_container.isolation", "hyper-v");
	set_text(fixture, BOOT, "Hvsi", "0");
	restart(fixture);
	derives(fixture, "boot_container.isolation", "process");
	set_text(fixture, BOOT, "Hvsi", "");
	restart(fixture);
	derives(fixture, "boot_container.isolation", "process");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(each_function_has_its_own_properties),
		FIXTURE_TEST(a_functions_values_wait_until_it_is_added_again),
		FIXTURE_TEST(an_adapter_without_a_key_has_one_display),
		FIXTURE_TEST(the_adapters_values_wait_until_it_is_added),
		FIXTURE_TEST(two_displays_are_alike_with_a_mask_between),
		FIXTURE_TEST(an_auxiliary_display_has_a_size_of_its_own),
		FIXTURE_TEST(fewer_displays_take_the_others_values_out_of_use),
		FIXTURE_TEST(a_host_was_not_booted_in_a_container),
		FIXTURE_TEST(the_boot_container_is_read_at_entry),
		FIXTURE_TEST(a_boot_container_may_be_given_as_bytes),
		FIXTURE_TEST(isolation_is_a_number_or_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
