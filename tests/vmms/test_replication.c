/*
 * Hyper-V Replica's settings and limits, and the directory of virtual devices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/module.h"
#include "vmms/modules.h"
#include "vmwp/shared.h"

#define REPLICATION VIRTUALIZATION_KEY "\\Replication"
#define DIRECTORY   VIRTUALIZATION_KEY "\\VirtualDeviceDirectory\\"
#define COMPONENTS  VIRTUALIZATION_KEY "\\ComponentDirectory"
#define CLASS_A     "{aaaaaaaa-0000-0000-0000-000000000001}"
#define CLASS_B     "{bbbbbbbb-0000-0000-0000-000000000002}"

/* A list of strings, given as they lie in C: "one\0two\0". */
#define set_list(fixture, path, name, strings)                                                     \
	set_list_of(fixture, path, name, strings, sizeof(strings))

static void
set_list_of(
    struct fixture *fixture, const char *path, const char *name, const char *strings, size_t size)
{
	uint8_t data[256] = { 0 };

	assert_true(2 * size <= sizeof(data));
	for (size_t i = 0; i < size; i++)
		data[2 * i] = (uint8_t)strings[i];
	set_bytes(fixture, path, name, REG_MULTI_SZ, data, 2 * size);
}

/* One member of what an operation answers, as JSON. */
#define answers(fixture, operation, argument, name, expected)                                      \
	answers_at(fixture, operation, argument, name, expected, __FILE__, __LINE__)

static void
answers_at(struct fixture *fixture, const char *operation, const char *argument, const char *name,
    const char *expected, const char *file, int line)
{
	json_t *result = json_object();
	ntstatus status = call(fixture, operation, argument, result);
	char *text = json_dumps(json_object_get(result, name), JSON_ENCODE_ANY | JSON_COMPACT);
	bool same = ntstatus_ok(status) && text != NULL && strcmp(text, expected) == 0;

	if (!same)
		print_error("%s: expected %s, got %s: %s\n", name, expected, ntstatus_name(status),
		    text != NULL ? text : "none");
	free(text);
	json_decref(result);
	if (!same)
		_fail(file, line);
}

/* --- Replication
 * ---------------------------------------------------------------------------------- */

static void
a_limit_is_read_for_each_log(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmms_module);
	answers(fixture, "apply-log", "3", "queue", "{\"limit\":4,\"count\":3,\"room\":true}");
	answers(fixture, "apply-log", "4", "queue", "{\"limit\":4,\"count\":4,\"room\":false}");
	set_number(fixture, REPLICATION, "ApplyChangeReplicaDiskThrottle", 16);
	shows(fixture, REPLICATION, "ApplyChangeReplicaDiskThrottle", NULL, "16", NULL);
	answers(fixture, "apply-log", "4", "queue", "{\"limit\":16,\"count\":4,\"room\":true}");
	set_number(fixture, REPLICATION, "ApplyChangeReplicaDiskThrottle", 0);
	answers(fixture, "apply-log", "", "queue", "{\"limit\":0,\"count\":0,\"room\":false}");
	derives(fixture, "replication.apply_throttle.logs_per_disk", "0");
}

static void
without_a_limit_there_is_always_room(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmms_module);
	answers(fixture, "apply-log", "0,99,99", "disks",
	    "{\"limit\":null,\"count\":99,\"room\":true}");
	answers(fixture, "apply-log", "0,99,99", "machines",
	    "{\"limit\":null,\"count\":99,\"room\":true}");
	set_number(fixture, REPLICATION, "ApplyVHDLimit", 2);
	set_number(fixture, REPLICATION, "ApplyVMLimit", 3);
	answers(fixture, "apply-log", "0,2,2", "disks", "{\"limit\":2,\"count\":2,\"room\":false}");
	answers(
	    fixture, "apply-log", "0,2,2", "machines", "{\"limit\":3,\"count\":2,\"room\":true}");
	answers(fixture, "apply-log", "0", "first_log_checked", "false");
	set_number(fixture, REPLICATION, "EnableFirstApplyLogFileCheck", 2);
	answers(fixture, "apply-log", "0", "first_log_checked", "true");
	assert_ntstatus(run(fixture, "apply-log", "1,2,3,4"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "apply-log", "many"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(
	    run(fixture, "apply-log", "99999999999999999999"), STATUS_INVALID_PARAMETER);
}

static void
a_block_stage_that_takes_too_long_times_out(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmms_module);
	answers(fixture, "block-stage", "600", "timed_out", "false");
	answers(fixture, "block-stage", "601", "timed_out", "true");
	set_number(fixture, REPLICATION, "CTBlockStageClientTimeoutMs", 1000);
	answers(fixture, "block-stage", "601", "timed_out", "false");
	answers(fixture, "block-stage", "", "timeout_ms", "1000");
}

static void
settings_wait_for_the_services_start(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmms_module);
	derives(fixture, "replication.authentication", "null");
	derives(fixture, "replication.broker.optional", "false");
	set_number(fixture, REPLICATION, "AllowedAuthenticationType", 3);
	set_number(fixture, REPLICATION, "IsBrokerOptional", 1);
	set_text(fixture, REPLICATION, "ReplicaStorageLocation", "D:\\Replicas");
	shows(fixture, REPLICATION, "AllowedAuthenticationType", NULL, "null", "service-start");
	shows(fixture, REPLICATION, "IsBrokerOptional", NULL, "0", "service-start");
	restart(fixture);
	shows(fixture, REPLICATION, "AllowedAuthenticationType", NULL, "3", NULL);
	derives(fixture, "replication.authentication.kerberos", "true");
	derives(fixture, "replication.authentication.certificate", "true");
	derives(fixture, "replication.broker.optional", "true");
	derives(fixture, "replication.storage", "D:\\Replicas");
}

static void
an_authentication_that_is_not_listed_is_none(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, REPLICATION, "AllowedAuthenticationType", 2);
	boot(fixture, &vmms_module);
	derives(fixture, "replication.authentication.kerberos", "false");
	derives(fixture, "replication.authentication.certificate", "true");
	set_number(fixture, REPLICATION, "AllowedAuthenticationType", 4);
	restart(fixture);
	derives(fixture, "replication.authentication", "null");
}

static void
certificates_are_checked_unless_that_is_disabled(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmms_module);
	derives(fixture, "replication.certificates.revocation_check", "true");
	derives(fixture, "replication.certificates.untrusted_root_allowed", "false");
	derives(fixture, "replication.recovery_server", "false");
	set_number(fixture, REPLICATION, "DisableCertRevocationCheck", 1);
	set_number(fixture, REPLICATION, "AllowUntrustedRootCAOnReplica", 1);
	set_number(fixture, REPLICATION, "RecoveryServerEnabled", 1);
	set_number(fixture, REPLICATION "\\CTDiagnostics", "CTTraceFlags", 5);
	set_bytes(fixture, REPLICATION "\\ReferencePoint", "CDPReferencePointAgeingTimeoutInHours",
	    REG_QWORD, "\0\0\0\0\1\0\0\0", 8);
	restart(fixture);
	derives(fixture, "replication.certificates.revocation_check", "false");
	derives(fixture, "replication.certificates.untrusted_root_allowed", "true");
	derives(fixture, "replication.recovery_server", "true");
	derives(fixture, "replication.tracing.change_tracking", "5");
	derives(fixture, "replication.reference_points.ageing_h", "4294967296");
}

/* --- Devices
 * -------------------------------------------------------------------------------------- */

static void
every_class_is_read_when_the_service_starts(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, DIRECTORY CLASS_A, "Name", "Synthetic Ethernet Port");
	set_list(fixture, DIRECTORY CLASS_A, "SupportedSubTypes", "A\0B\0");
	set_number(fixture, DIRECTORY CLASS_A, "IsPresentByDefault", 1);
	boot(fixture, &vmms_module);
	derives(fixture, "devices.0.clsid", CLASS_A);
	derives(fixture, "devices.0.name", "Synthetic Ethernet Port");
	derives(fixture, "devices.0.subtypes.1", "B");
	derives(fixture, "devices.0.present_by_default", "true");
	derives(fixture, "devices.1", "none");
	set_text(fixture, DIRECTORY CLASS_B, "Name", "Synthetic Disk");
	shows(fixture, DIRECTORY CLASS_B, "Name", NULL, "null", "service-start");
	derives(fixture, "devices.1", "none");
	restart(fixture);
	derives(fixture, "devices.1.name", "Synthetic Disk");
	derives(fixture, "devices.1.present_by_default", "false");
}

static void
a_list_of_resource_types_wins_over_the_single_one(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, DIRECTORY CLASS_A, "SupportedResourceType", "10");
	boot(fixture, &vmms_module);
	derives(fixture, "devices.0.resource_types", "[\"10\"]");
	set_list(fixture, DIRECTORY CLASS_A, "SupportedResourceTypes", "5\0006\0");
	shows(fixture, DIRECTORY CLASS_A, "SupportedResourceType", NULL, "10", "service-start");
	restart(fixture);
	derives(fixture, "devices.0.resource_types", "[\"5\", \"6\"]");
	set_text(fixture, DIRECTORY CLASS_A, "SupportedResourceTypes", "5");
	restart(fixture);
	derives(fixture, "devices.0.resource_types", "[\"10\"]");
}

static void
a_device_is_found_by_what_it_is_called(void **state)
{
	static const char *const words[] = { CLASS_A, "synthetic ethernet port", "Msvm_Port",
		"33" };
	struct fixture *fixture = *state;

	set_text(fixture, DIRECTORY CLASS_A, "Name", "Synthetic Ethernet Port");
	set_list(fixture, DIRECTORY CLASS_A, "AdditionalClassNames", "Msvm_Nic\0Msvm_Port\0");
	set_list(fixture, DIRECTORY CLASS_A, "SupportedResourceTypes", "10\00033\0");
	set_text(fixture, DIRECTORY CLASS_B, "SupportedResourceType", "30");
	boot(fixture, &vmms_module);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		json_t *result = json_object();
		const json_t *devices;

		assert_ntstatus(call(fixture, "find-device", words[i], result), STATUS_SUCCESS);
		devices = json_object_get(result, "devices");
		assert_int_equal(json_array_size(devices), 1);
		assert_string_equal(member(json_array_get(devices, 0), "clsid"), CLASS_A);
		json_decref(result);
	}
	assert_ntstatus(run(fixture, "find-device", "30"), STATUS_SUCCESS);
	assert_ntstatus(run(fixture, "find-device", "3"), STATUS_NOT_FOUND);
	assert_ntstatus(run(fixture, "find-device", ""), STATUS_NOT_FOUND);
}

static void
the_component_directory_is_read_directly(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, COMPONENTS, "ServicingVersion", "10.0.26100.1");
	set_number(fixture, COMPONENTS, "Flags", 3);
	set_bytes(fixture, COMPONENTS, "Context", REG_BINARY, "\1\2\3", 3);
	boot(fixture, &vmms_module);
	derives(fixture, "components.servicing_version", "10.0.26100.1");
	derives(fixture, "components.flags", "3");
	derives(fixture, "components.context_bytes", "3");
}

#define SERVICE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVICE_TEST(a_limit_is_read_for_each_log),
		SERVICE_TEST(without_a_limit_there_is_always_room),
		SERVICE_TEST(a_block_stage_that_takes_too_long_times_out),
		SERVICE_TEST(settings_wait_for_the_services_start),
		SERVICE_TEST(an_authentication_that_is_not_listed_is_none),
		SERVICE_TEST(certificates_are_checked_unless_that_is_disabled),
		SERVICE_TEST(every_class_is_read_when_the_service_starts),
		SERVICE_TEST(a_list_of_resource_types_wins_over_the_single_one),
		SERVICE_TEST(a_device_is_found_by_what_it_is_called),
		SERVICE_TEST(the_component_directory_is_read_directly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
