/*
 * The drivers of the VMBus over a true registry: devices, interfaces, and what they derive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/tables.h"
#include "tests/lib/module.h"

#define CONTROL_SET "HKLM\\SYSTEM\\CurrentControlSet\\"
#define VMBUS       CONTROL_SET "Services\\vmbus\\Parameters"
#define KMCL        CONTROL_SET "Services\\vmbkmcl"
#define KMCLR       CONTROL_SET "Services\\vmbkmclr\\Parameters"
#define BASE        "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization"
#define NETWORK                                                                                    \
	"VMBUS\\{f8615163-df3e-46c5-913f-f2d2f965ed0e}\\{00000000-0000-0000-0000-00000000000a}"
#define STORAGE                                                                                    \
	"VMBUS\\{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}\\{00000000-0000-0000-0000-00000000000b}"
#define DEVICE(id) CONTROL_SET "Enum\\" id "\\Device Parameters"
#define CLASS      "{999e53d4-3d5c-4c3e-8779-bed06ec056e1}"
#define INTERFACE                                                                                  \
	CONTROL_SET "Control\\DeviceClasses\\" CLASS "\\##?#ACPI#VMBus#0#" CLASS                   \
	            "\\#\\Device Parameters"
#define GUID_A "{aaaaaaaa-0000-0000-0000-000000000001}"
#define GUID_B "{bbbbbbbb-0000-0000-0000-000000000002}"

static void
set_path(struct fixture *fixture, const char *path, const char *text)
{
	assert_lstatus(registry_set_text(fixture->writer, host_key(fixture->writer, path),
	                   "ImagePath", REG_EXPAND_SZ, text),
	    ERROR_SUCCESS);
}

/* --- vmbus.sys
 * ------------------------------------------------------------------------------------ */

static void
the_devices_of_an_isolated_partition_are_read_at_entry(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmbus_driver);
	shows(fixture, VMBUS, "AllowedDevicesWhenIsolated", NULL, "0", NULL);
	derives(fixture, "when_isolated.allowed_classes", "[]");
	set_number(fixture, VMBUS, "AllowedDevicesWhenIsolated", 0x80000005);
	shows(fixture, VMBUS, "AllowedDevicesWhenIsolated", NULL, "0", "driver-entry");
	restart(fixture);
	shows(fixture, VMBUS, "AllowedDevicesWhenIsolated", NULL, "2147483653", NULL);
	derives(fixture, "when_isolated.allowed_mask", "2147483653");
	derives(fixture, "when_isolated.allowed_classes.0", "0");
	derives(fixture, "when_isolated.allowed_classes.1", "2");
	derives(fixture, "when_isolated.allowed_classes.2", "31");
	derives(fixture, "when_isolated.allowed_classes.3", "none");
}

/* Both buses read a channel's device when it is added, each for itself. */
static void
a_channel_is_set_up_when_its_device_is_added(void **state)
{
	const struct module *const buses[] = { &vmbus_driver, &vmbusr_driver };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		set_number(fixture, DEVICE(NETWORK), "DedicatedProcessor", 3);
		boot(fixture, buses[i]);
		shows(fixture, DEVICE(NETWORK), "DedicatedProcessor", NULL, "3", NULL);
		derives(fixture, "channels.0.device", NETWORK);
		derives(fixture, "channels.0.dedicated_processor", "3");
		set_number(fixture, DEVICE(NETWORK), "DedicatedProcessor", 5);
		shows(fixture, DEVICE(NETWORK), "DedicatedProcessor", NULL, "3", "device-add");
		set_number(fixture, DEVICE(STORAGE), "Other", 1);
		assert_ntstatus(
		    module_add_device(&fixture->object, DEVICE(STORAGE)), STATUS_SUCCESS);
		shows(fixture, DEVICE(STORAGE), "DedicatedProcessor", NULL, "null", NULL);
		shows(fixture, DEVICE(NETWORK), "DedicatedProcessor", NULL, "3", "device-add");
		assert_ntstatus(
		    module_add_device(&fixture->object, DEVICE(NETWORK)), STATUS_SUCCESS);
		derives(fixture, "channels.0.dedicated_processor", "5");
		derives(fixture, "channels.1.dedicated_processor", "null");
		delete_tree(fixture, CONTROL_SET "Enum\\VMBUS");
	}
}

static void
a_device_without_parameters_has_no_channel(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, CONTROL_SET "Enum\\" NETWORK, "Capabilities", 0);
	boot(fixture, &vmbus_driver);
	derives(fixture, "channels", "[]");
	assert_ntstatus(
	    module_add_device(&fixture->object, DEVICE(NETWORK)), STATUS_NO_SUCH_DEVICE);
	assert_ntstatus(module_add_device(&fixture->object, VMBUS), STATUS_OBJECT_NAME_INVALID);
}

static void
interfaces_are_enumerated_at_entry_and_with_each_device(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, INTERFACE, "InstanceGuid", GUID_A);
	set_number(fixture, DEVICE(NETWORK), "Other", 1);
	boot(fixture, &vmbus_driver);
	shows(fixture, INTERFACE, "InstanceGuid", NULL, GUID_A, NULL);
	derives(fixture, "interfaces.0.class", CLASS);
	derives(fixture, "interfaces.0.instance", GUID_A);
	derives(fixture, "interfaces.0.user_defined", "null");
	set_text(fixture, INTERFACE, "UserDefined", "data");
	shows(fixture, INTERFACE, "UserDefined", NULL, "null", "device-add");
	assert_ntstatus(module_add_device(&fixture->object, DEVICE(NETWORK)), STATUS_SUCCESS);
	derives(fixture, "interfaces.0.user_defined", "data");
}

/* Other drivers' interfaces lie in the same place. */
static void
an_interface_without_such_values_is_not_the_bus_s(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, INTERFACE, "Other", 1);
	boot(fixture, &vmbus_driver);
	derives(fixture, "interfaces", "[]");
	boot(fixture, &hvsocket_driver);
	derives(fixture, "providers", "[]");
}

/* --- vmbusr.sys
 * ----------------------------------------------------------------------------------- */

/* Post a message that is refused so often; how often it was posted. */
static json_int_t
post(struct fixture *fixture, const char *refusals, enum ntstatus_code status)
{
	json_t *result = json_object();
	json_int_t posts;

	assert_ntstatus(call(fixture, "post-message", refusals, result), status);
	posts = json_integer_value(json_object_get(result, "posts"));
	json_decref(result);
	return posts;
}

static void
a_message_is_posted_again_as_often_as_configured(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VMBUS, "RetryPostMessage", 3);
	boot(fixture, &vmbusr_driver);
	derives(fixture, "post_message.retries", "3");
	derives(fixture, "post_message.retries_assumed", "false");
	assert_int_equal(post(fixture, "0", STATUS_SUCCESS), 1);
	assert_int_equal(post(fixture, "3", STATUS_SUCCESS), 4);
	assert_int_equal(post(fixture, "4", STATUS_INSUFFICIENT_RESOURCES), 4);
	assert_int_equal(post(fixture, "18446744073709551615", STATUS_INSUFFICIENT_RESOURCES), 4);
	set_number(fixture, VMBUS, "RetryPostMessage", 0);
	shows(fixture, VMBUS, "RetryPostMessage", NULL, "3", "driver-entry");
	assert_int_equal(post(fixture, "1", STATUS_SUCCESS), 2);
	restart(fixture);
	assert_int_equal(post(fixture, "1", STATUS_INSUFFICIENT_RESOURCES), 1);
	delete_value(fixture, VMBUS, "RetryPostMessage");
	restart(fixture);
	derives(fixture, "post_message.retries_assumed", "true");
	assert_int_equal(post(fixture, "1", STATUS_INSUFFICIENT_RESOURCES), 1);
}

static void
a_number_of_refusals_is_a_number(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmbusr_driver);
	assert_ntstatus(run(fixture, "post-message", ""), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "post-message", "-1"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "post-message", "1x"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(
	    run(fixture, "post-message", "18446744073709551616"), STATUS_INVALID_PARAMETER);
}

/* --- The client libraries
 * ------------------------------------------------------------------------- */

static void
both_libraries_report_for_the_image_of_the_one_service(void **state)
{
	const struct module *const libraries[] = { &vmbkmcl_driver, &vmbkmclr_driver };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++) {
		boot(fixture, libraries[i]);
		derives(fixture, "telemetry.image", "null");
		derives(fixture, "telemetry.component", "null");
		set_path(fixture, KMCL, "\\SystemRoot\\System32\\drivers\\vmbkmcl.sys");
		shows(fixture, KMCL, "ImagePath", NULL, "null", "driver-entry");
		restart(fixture);
		derives(fixture, "telemetry.image", "\\SystemRoot\\System32\\drivers\\vmbkmcl.sys");
		derives(fixture, "telemetry.component", "vmbkmcl.sys");
		set_path(fixture, KMCL, "plain.sys");
		restart(fixture);
		derives(fixture, "telemetry.component", "plain.sys");
		delete_value(fixture, KMCL, "ImagePath");
	}
}

static void
installed_services_say_where_the_image_is(void **state)
{
	struct fixture *fixture = *state;

	assert_lstatus(driver_install_services(fixture->writer), ERROR_SUCCESS);
	boot(fixture, &vmbkmclr_driver);
	derives(fixture, "telemetry.component", "vmbkmcl.sys");
}

static void
a_threshold_turns_the_trace_of_delays_on(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmbkmclr_driver);
	derives(fixture, "packet_delay_trace.on", "false");
	set_number(fixture, KMCLR, "TraceLogPacketDelayThresholdSec", 30);
	shows(fixture, KMCLR, "TraceLogPacketDelayThresholdSec", NULL, "0", "driver-entry");
	restart(fixture);
	derives(fixture, "packet_delay_trace.on", "true");
	derives(fixture, "packet_delay_trace.threshold_s", "30");
}

/* --- hvsocket.sys
 * --------------------------------------------------------------------------------- */

static void
the_socket_provider_has_a_switch_and_addresses(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &hvsocket_driver);
	derives(fixture, "azure_features", "false");
	set_number(fixture, BASE, "AzureFeatureSet", 2);
	set_text(fixture, INTERFACE, "LocalAddress", GUID_A);
	set_text(fixture, INTERFACE, "ParentAddress", GUID_B);
	shows(fixture, BASE, "AzureFeatureSet", NULL, "null", "driver-entry");
	shows(fixture, INTERFACE, "LocalAddress", NULL, "null", "device-add");
	assert_ntstatus(module_add_device(&fixture->object, INTERFACE), STATUS_SUCCESS);
	shows(fixture, INTERFACE, "LocalAddress", NULL, GUID_A, NULL);
	derives(fixture, "azure_features", "false");
	derives(fixture, "providers.0.class", CLASS);
	derives(fixture, "providers.0.local", GUID_A);
	derives(fixture, "providers.0.parent", GUID_B);
	restart(fixture);
	derives(fixture, "azure_features", "true");
	derives(fixture, "providers.0.local", GUID_A);
	derives(fixture, "providers.1", "none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(the_devices_of_an_isolated_partition_are_read_at_entry),
		FIXTURE_TEST(a_channel_is_set_up_when_its_device_is_added),
		FIXTURE_TEST(a_device_without_parameters_has_no_channel),
		FIXTURE_TEST(interfaces_are_enumerated_at_entry_and_with_each_device),
		FIXTURE_TEST(an_interface_without_such_values_is_not_the_bus_s),
		FIXTURE_TEST(a_message_is_posted_again_as_often_as_configured),
		FIXTURE_TEST(a_number_of_refusals_is_a_number),
		FIXTURE_TEST(both_libraries_report_for_the_image_of_the_one_service),
		FIXTURE_TEST(installed_services_say_where_the_image_is),
		FIXTURE_TEST(a_threshold_turns_the_trace_of_delays_on),
		FIXTURE_TEST(the_socket_provider_has_a_switch_and_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
