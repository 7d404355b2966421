/*
 * The management service over a true registry: what it reads when, and what it does with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/module.h"
#include "vmms/internal.h"
#include "vmms/modules.h"

#define POLICY     "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\HyperV"
#define GUID_A     "AAAAAAAA-0000-0000-0000-000000000001"
#define GUID_B     "BBBBBBBB-0000-0000-0000-000000000002"
#define NETWORKS   MIGRATION_KEY "\\Networks\\"
#define SERVICES   "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define INTERFACES "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Network\\Interfaces\\"
#define NIC        INTERFACES "{" GUID_A "}\\Configuration"

/* What the module logged, all lines. */
static char logged[4096];

static void
keep_log(void *context, const char *format, va_list arguments)
{
	size_t used = strlen(logged);
	int written = vsnprintf(logged + used, sizeof(logged) - used, format, arguments);

	(void)context;
	assert_true(written >= 0 && (size_t)written < sizeof(logged) - used);
}

static void
boot_service(struct fixture *fixture)
{
	logged[0] = '\0';
	boot(fixture, &vmms_module);
	fixture->object.log = keep_log;
}

static void
set_strings(
    struct fixture *fixture, const char *path, const char *name, const char *strings, size_t size)
{
	uint8_t data[256];

	assert_true(2 * size <= sizeof(data));
	for (size_t i = 0; i < size; i++) {
		data[2 * i] = (uint8_t)strings[i];
		data[2 * i + 1] = 0;
	}
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
	char got[256] = "none";
	char *text;

	assert_ntstatus(call(fixture, operation, argument, result), STATUS_SUCCESS);
	text = json_dumps(json_object_get(result, name), JSON_ENCODE_ANY);
	if (text != NULL)
		snprintf(got, sizeof(got), "%s", text);
	free(text);
	json_decref(result);
	if (strcmp(got, expected) == 0)
		return;
	print_error("%s %s: expected %s, got %s\n", operation, argument, expected, got);
	_fail(file, line);
}

/* --- Settings
 * ------------------------------------------------------------------------------------- */

static void
the_hosts_settings_are_read_at_the_start_of_the_service(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	derives(fixture, "host.gpu_overcommit", "false");
	derives(fixture, "host.unbuffered_copy", "true");
	derives(fixture, "host.metrics", "true");
	derives(fixture, "host_update.features", "[0, 1, 2, 12]");
	derives(fixture, "access_check.flags", "[]");
	derives(fixture, "versions.vm", "null");
	set_number(fixture, VIRTUALIZATION_KEY, "EnableGPUOvercommit", 7);
	set_number(fixture, VIRTUALIZATION_KEY, "DisableNonBufferedCopyWithFileFlush", 1);
	set_number(fixture, VIRTUALIZATION_KEY, "SkipMetrics", 1);
	set_number(fixture, VIRTUALIZATION_KEY, "VmPhuFeatures", 0x80000000);
	set_number(fixture, VIRTUALIZATION_KEY, "AccessCheckFlags", 0x6);
	set_text(fixture, VIRTUALIZATION_KEY, "CurrentVmVersion", "12.0");
	shows(fixture, VIRTUALIZATION_KEY, "VmPhuFeatures", NULL, "4103", "service-start");
	derives(fixture, "host.gpu_overcommit", "false");
	restart(fixture);
	shows(fixture, VIRTUALIZATION_KEY, "VmPhuFeatures", NULL, "2147483648", NULL);
	derives(fixture, "host.gpu_overcommit", "true");
	derives(fixture, "host.unbuffered_copy", "false");
	derives(fixture, "host.metrics", "false");
	derives(fixture, "host_update.features", "[31]");
	derives(fixture, "access_check.flags", "[1, 2]");
	derives(fixture, "versions.vm", "12.0");
}

static void
the_pool_has_as_many_threads_as_configured(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	derives(fixture, "vss.count_assumed", "true");
	derives(fixture, "vss.threads", "4");
	set_number(fixture, VIRTUALIZATION_KEY, "VssThreadPoolSize", 7);
	restart(fixture);
	derives(fixture, "vss.threads", "7");
	derives(fixture, "vss.count_assumed", "false");
	set_number(fixture, VIRTUALIZATION_KEY, "VssThreadPoolSize", 0);
	restart(fixture);
	derives(fixture, "vss.threads", "0");
	set_number(fixture, VIRTUALIZATION_KEY, "VssThreadPoolSize", UINT32_MAX);
	restart(fixture);
	derives(fixture, "vss.threads", "256");
}

static void
a_machines_start_reads_its_own_timeout(void **state)
{
	struct fixture *fixture = *state;
	uint64_t timeout_s = 0;

	boot_service(fixture);
	assert_ntstatus(
	    VmmsVirtualMachine_CreateInitContext(&fixture->object, GUID_A, false, &timeout_s),
	    STATUS_SUCCESS);
	assert_int_equal(timeout_s, 300);
	assert_ntstatus(
	    VmmsVirtualMachine_CreateInitContext(&fixture->object, GUID_B, true, &timeout_s),
	    STATUS_SUCCESS);
	assert_int_equal(timeout_s, 600);
	shows(fixture, VIRTUALIZATION_KEY, "StartupWaitTimeout", GUID_A, "300", NULL);
	shows(fixture, VIRTUALIZATION_KEY, "StartupWaitTimeout", GUID_B, "600", NULL);
	set_number(fixture, VIRTUALIZATION_KEY, "StartupWaitTimeout", 45);
	shows(fixture, VIRTUALIZATION_KEY, "StartupWaitTimeout", GUID_A, "300", "vm-start");
	shows(fixture, VIRTUALIZATION_KEY, "StartupWaitTimeout", GUID_B, "600", "vm-start");
	vmms_forget_machine(&fixture->object, GUID_A);
	shows(fixture, VIRTUALIZATION_KEY, "StartupWaitTimeout", GUID_A, NULL, NULL);
	assert_ntstatus(
	    VmmsVirtualMachine_CreateInitContext(&fixture->object, GUID_B, true, &timeout_s),
	    STATUS_SUCCESS);
	assert_int_equal(timeout_s, 45);
	shows(fixture, VIRTUALIZATION_KEY, "StartupWaitTimeout", GUID_B, "45", NULL);
	vmms_forget_machine(&fixture->object, GUID_B);
	shows(fixture, VIRTUALIZATION_KEY, "StartupWaitTimeout", NULL, "45", NULL);
}

static void
a_worker_is_told_its_configuration(void **state)
{
	struct fixture *fixture = *state;
	json_t *configuration = json_object();

	boot_service(fixture);
	assert_ntstatus(
	    CreateConfigurationForWorkerProcess(&fixture->object, GUID_A, false, configuration),
	    STATUS_SUCCESS);
	assert_int_equal(
	    json_integer_value(json_object_get(configuration, "management_vtl_dump_mb")), 512);
	assert_true(json_is_false(json_object_get(configuration, "bios_network_media_state")));
	assert_true(json_is_false(json_object_get(configuration, "force_smt")));
	set_number(fixture, VIRTUALIZATION_KEY, "ManagementVtlDumpSizeOverrideMb", 64);
	set_number(fixture, VIRTUALIZATION_KEY, "BiosEnableNetworkMediaState", 1);
	set_number(fixture, VIRTUALIZATION_KEY, "ForceSmtEnablement", 1);
	shows(fixture, VIRTUALIZATION_KEY, "BiosEnableNetworkMediaState", GUID_A, "0", "vm-start");
	assert_ntstatus(
	    CreateConfigurationForWorkerProcess(&fixture->object, GUID_A, false, configuration),
	    STATUS_SUCCESS);
	assert_int_equal(
	    json_integer_value(json_object_get(configuration, "management_vtl_dump_mb")), 64);
	assert_true(json_is_true(json_object_get(configuration, "bios_network_media_state")));
	/* That one is read when the service starts. */
	assert_true(json_is_false(json_object_get(configuration, "force_smt")));
	restart(fixture);
	assert_ntstatus(
	    CreateConfigurationForWorkerProcess(&fixture->object, GUID_A, false, configuration),
	    STATUS_SUCCESS);
	assert_true(json_is_true(json_object_get(configuration, "force_smt")));
	json_decref(configuration);
}

static void
a_trace_flag_turns_on_lines_of_the_log(void **state)
{
	struct fixture *fixture = *state;
	uint64_t timeout_s;

	boot_service(fixture);
	VmmsVirtualMachine_CreateInitContext(&fixture->object, GUID_A, false, &timeout_s);
	vmms_forget_machine(&fixture->object, GUID_A);
	assert_false(vmms_traces_workers(&fixture->object));
	assert_string_equal(logged, "");
	set_number(fixture, VIRTUALIZATION_KEY, "TraceVmmsWorkerManagerWPTracking", 1);
	restart(fixture);
	assert_true(vmms_traces_workers(&fixture->object));
	VmmsVirtualMachine_CreateInitContext(&fixture->object, GUID_A, false, &timeout_s);
	assert_non_null(strstr(logged, "worker manager: " GUID_A ": a worker within 300 s"));
	vmms_forget_machine(&fixture->object, GUID_A);
	assert_non_null(strstr(logged, "worker manager: " GUID_A ": no worker any more"));
}

static void
the_timeouts_of_a_stop_are_read_at_the_stop(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	assert_int_equal(vmms_shutdown_timeout_ms(&fixture->object), 20000);
	set_number(fixture, VIRTUALIZATION_KEY, "ShutdownTimeout", 3);
	set_number(fixture, VIRTUALIZATION_KEY, "FhrTaskDrainTimeoutMs", 1234);
	shows(fixture, VIRTUALIZATION_KEY, "ShutdownTimeout", NULL, "3", NULL);
	shows(fixture, VIRTUALIZATION_KEY, "FhrTaskDrainTimeoutMs", NULL, "1234", NULL);
	assert_int_equal(vmms_shutdown_timeout_ms(&fixture->object), 3000);
	set_number(fixture, VIRTUALIZATION_KEY, "ShutdownTimeout", UINT32_MAX);
	assert_int_equal(vmms_shutdown_timeout_ms(&fixture->object), 4294967295000);
	module_stop(&fixture->object);
	assert_non_null(strstr(logged, "1234 ms"));
}

static void
a_checkpoint_reads_what_it_validates(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	answers(fixture, "checkpoint", GUID_A, "validates_perfmon_pebs", "false");
	set_number(fixture, VIRTUALIZATION_KEY, "CheckpointValidatePerfmonPebs", 1);
	answers(fixture, "checkpoint", GUID_A, "validates_perfmon_pebs", "true");
	shows(fixture, VIRTUALIZATION_KEY, "CheckpointValidatePerfmonPebs", NULL, "1", NULL);
	assert_ntstatus(run(fixture, "checkpoint", "nothing"), STATUS_INVALID_PARAMETER);
}

static void
a_machines_name_is_known_as_it_is(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	set_text(fixture, VIRTUALIZATION_KEY "\\" GUID_A, "ElementName", "web");
	shows(fixture, VIRTUALIZATION_KEY "\\" GUID_A, "ElementName", NULL, "web", NULL);
	set_text(fixture, VIRTUALIZATION_KEY "\\Worker", "ElementName", "none");
	shows(fixture, VIRTUALIZATION_KEY "\\Worker", "ElementName", NULL, NULL, NULL);
}

/* --- The Worker key
 * ------------------------------------------------------------------------------- */

static void
a_storage_migration_reads_how_it_copies(void **state)
{
	static const char list[] = "ReFS\0CSVFS\0";
	struct fixture *fixture = *state;

	boot_service(fixture);
	answers(fixture, "migrate-storage", "NTFS", "copy_api", "null");
	answers(fixture, "migrate-storage", "ReFS", "parent_path", "\"rewritten\"");
	set_number(fixture, WORKER_KEY, "CopyFileApiConfig", 2);
	set_strings(
	    fixture, WORKER_KEY, "FileSystemsToSkipParentPathTransformation", list, sizeof(list));
	answers(fixture, "migrate-storage", "NTFS", "copy_api", "2");
	answers(fixture, "migrate-storage", "refs", "parent_path", "\"kept\"");
	answers(fixture, "migrate-storage", "CSVFS", "parent_path", "\"kept\"");
	answers(fixture, "migrate-storage", "NTFS", "parent_path", "\"rewritten\"");
	answers(fixture, "migrate-storage", "CSV", "parent_path", "\"rewritten\"");
	answers(fixture, "migrate-storage", "ReFS|CSVFS", "parent_path", "\"rewritten\"");
	assert_ntstatus(run(fixture, "migrate-storage", ""), STATUS_INVALID_PARAMETER);
}

static void
what_the_worker_reads_too_is_read_at_the_start_of_the_service(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	derives(fixture, "workers.pending_operation_wait_s", "null");
	derives(fixture, "workers.fc_wmi_query_retries", "null");
	set_number(fixture, WORKER_KEY, "PendingOperationWaitSeconds", 9);
	set_number(fixture, WORKER_KEY, "FcWMIQueryRetryCount", 5);
	set_number(fixture, WORKER_KEY, "IncludeFixingRealizedVhdAcls", 1);
	shows(fixture, WORKER_KEY, "PendingOperationWaitSeconds", NULL, "null", "service-start");
	shows(fixture, WORKER_KEY, "IncludeFixingRealizedVhdAcls", NULL, "1", NULL);
	restart(fixture);
	derives(fixture, "workers.pending_operation_wait_s", "9");
	derives(fixture, "workers.fc_wmi_query_retries", "5");
}

/* --- Migration
 * ------------------------------------------------------------------------------------ */

static void
migration_settings_are_read_at_the_start_of_the_service(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, MIGRATION_KEY, "AuthenticationType", 2);
	boot_service(fixture);
	derives(fixture, "migration.authentication", "null");
	derives(fixture, "migration.machines_at_once", "2");
	derives(fixture, "migration.transfers_at_once", "6");
	derives(fixture, "migration.networks", "[]");
	set_number(fixture, MIGRATION_KEY, "AuthenticationType", 1);
	set_number(fixture, MIGRATION_KEY, "MaximumActiveVmMigrationCount", 0);
	set_number(fixture, MIGRATION_KEY, "MaximumActiveTransfers", 1007);
	set_number(fixture, MIGRATION_KEY, "MemoryWalkerCount", 129);
	set_text(fixture, NETWORKS "0", "SubnetNumber", "10.0.0.0");
	set_number(fixture, NETWORKS "0", "PrefixLength", 24);
	shows(fixture, MIGRATION_KEY, "MemoryWalkerCount", NULL, "4", "service-start");
	shows(fixture, NETWORKS "0", "PrefixLength", NULL, "null", "service-start");
	restart(fixture);
	derives(fixture, "migration.authentication", "Kerberos");
	derives(fixture, "migration.machines_at_once", "0");
	derives(fixture, "migration.transfers_at_once", "6");
	derives(fixture, "migration.transfer.memory_walkers", "128");
	derives(fixture, "migration.networks.0.subnet", "10.0.0.0");
	derives(fixture, "migration.networks.0.prefix_length", "24");
}

static void
the_compressor_follows_the_load(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	answers(fixture, "monitor-compressor", "69", "compressor", "\"scales-up\"");
	answers(fixture, "monitor-compressor", "70", "compressor", "\"stays\"");
	answers(fixture, "monitor-compressor", "85", "compressor", "\"stays\"");
	answers(fixture, "monitor-compressor", "86", "compressor", "\"throttles-down\"");
	set_number(fixture, MIGRATION_KEY, "CompressorLpUtilizationHighThreshold", 50);
	answers(fixture, "monitor-compressor", "60", "low", "50");
	answers(fixture, "monitor-compressor", "60", "compressor", "\"throttles-down\"");
	assert_ntstatus(run(fixture, "monitor-compressor", "101"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "monitor-compressor", ""), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "monitor-compressor", "-1"), STATUS_INVALID_PARAMETER);
}

static void
a_host_chooses_what_the_low_threshold_is_compared_with(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	set_number(fixture, MIGRATION_KEY, "CompressorLpUtilizationHighThreshold", 200);
	set_number(fixture, MIGRATION_KEY, "CompressorLpUtilizationLowThreshold", 150);
	answers(fixture, "monitor-compressor", "60", "low", "100");
	set_text(fixture, TUNABLE_SWITCH_KEY, "CompressorThresholdOrder", "raw");
	answers(fixture, "monitor-compressor", "60", "low", "150");
	answers(fixture, "monitor-compressor", "60", "high", "100");
	set_text(fixture, TUNABLE_SWITCH_KEY, "CompressorThresholdOrder", "cap-first");
	answers(fixture, "monitor-compressor", "60", "low", "100");
}

static void
a_share_has_as_many_uses_as_configured(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	answers(fixture, "create-share", "memory", "max_uses", "null");
	answers(fixture, "create-share", "storage", "max_uses", "3");
	set_number(fixture, MIGRATION_KEY, "MemoryTransferSMBShareMaxUses", 5);
	set_number(fixture, MIGRATION_KEY, "StorageMigrationSMBShareMaxUses", 6);
	answers(fixture, "create-share", "memory", "max_uses", "5");
	answers(fixture, "create-share", "storage", "max_uses", "6");
	assert_ntstatus(run(fixture, "create-share", "other"), STATUS_INVALID_PARAMETER);
}

static void
a_compressed_transfer_sends_fewer_pages(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	answers(fixture, "send-pages", "uncompressed", "pages", "256");
	answers(fixture, "send-pages", "compressed", "pages", "64");
	set_number(fixture, MIGRATION_KEY, "SmbTransportMaximumPagesPerSendIo", 100);
	answers(fixture, "send-pages", "uncompressed", "pages", "100");
	answers(fixture, "send-pages", "compressed", "pages", "100");
	assert_ntstatus(run(fixture, "send-pages", "other"), STATUS_INVALID_PARAMETER);
}

/* --- Assignment
 * ----------------------------------------------------------------------------------- */

static void
is_blocked(struct fixture *fixture, const char *words, const char *error)
{
	json_t *result = json_object();

	assert_ntstatus(call(fixture, "assign-device", words, result), STATUS_ACCESS_DENIED);
	assert_string_equal(json_string_value(json_object_get(result, "error")), error);
	json_decref(result);
}

#define SECURE_ERROR                                                                               \
	"Device is not compliant with HyperV\\RequireSecureDeviceAssignment group policy."
#define SUPPORTED_ERROR                                                                            \
	"Device is not compliant with HyperV\\RequireSupportedDeviceAssignment group policy."

static void
a_device_is_assigned_unless_a_requirement_blocks_it(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	answers(fixture, "assign-device", "not-dma-remap-secure,not-on-supported-list", "device",
	    "\"allowed\"");
	set_number(fixture, VIRTUALIZATION_KEY, "RequireSupportedDeviceAssignment", 1);
	is_blocked(fixture, "not-dma-remap-secure,not-on-supported-list", SUPPORTED_ERROR);
	answers(fixture, "assign-device", "not-dma-remap-secure,on-supported-list", "device",
	    "\"allowed\"");
	set_number(fixture, VIRTUALIZATION_KEY, "RequireSecureDeviceAssignment", 2);
	is_blocked(fixture, "not-dma-remap-secure,not-on-supported-list", SECURE_ERROR);
	is_blocked(fixture, "not-on-supported-list", SUPPORTED_ERROR);
	answers(fixture, "assign-device", "dma-remap-secure,on-supported-list", "device",
	    "\"allowed\"");
	assert_ntstatus(run(fixture, "assign-device", "green"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "assign-device", ""), STATUS_INVALID_PARAMETER);
	assert_ntstatus(
	    run(fixture, "assign-device", "not-on-supported-list,green"), STATUS_INVALID_PARAMETER);
}

static void
the_policy_wins_over_the_hosts_own_requirement(void **state)
{
	struct fixture *fixture = *state;

	boot_service(fixture);
	set_number(fixture, VIRTUALIZATION_KEY, "RequireSecureDeviceAssignment", 1);
	set_number(fixture, POLICY, "RequireSecureDeviceAssignment", 0);
	shows(fixture, VIRTUALIZATION_KEY, "RequireSecureDeviceAssignment", NULL, "0", NULL);
	answers(fixture, "assign-device", "not-dma-remap-secure", "device", "\"allowed\"");
	set_number(fixture, VIRTUALIZATION_KEY, "RequireSecureDeviceAssignment", 0);
	set_number(fixture, POLICY, "RequireSecureDeviceAssignment", 1);
	is_blocked(fixture, "not-dma-remap-secure", SECURE_ERROR);
	delete_value(fixture, POLICY, "RequireSecureDeviceAssignment");
	answers(fixture, "assign-device", "not-dma-remap-secure", "device", "\"allowed\"");
}

/* --- Network
 * -------------------------------------------------------------------------------------- */

static void
interfaces_are_read_at_the_start_of_the_service(void **state)
{
	static const uint8_t data[] = { 1, 2 };
	struct fixture *fixture = *state;

	boot_service(fixture);
	derives(fixture, "network.switch_adapters", "0");
	derives(fixture, "network.http_max_connections", "null");
	set_bytes(fixture, NIC, "Options", REG_BINARY, data, sizeof(data));
	set_number(fixture, SERVICES "HTTP\\Parameters", "MaxConnections", 500);
	set_number(
	    fixture, SERVICES "Tcpip\\Parameters\\Interfaces\\{" GUID_A "}", "EnableDHCP", 1);
	shows(fixture, NIC, "Options", NULL, "null", "service-start");
	restart(fixture);
	shows(fixture, NIC, "Options", NULL, "0102", NULL);
	derives(fixture, "network.switch_adapters", "1");
	derives(fixture, "network.ip_interfaces", "1");
	derives(fixture, "network.netbt_interfaces", "0");
	derives(fixture, "network.http_max_connections", "500");
}

#define SERVICE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVICE_TEST(the_hosts_settings_are_read_at_the_start_of_the_service),
		SERVICE_TEST(the_pool_has_as_many_threads_as_configured),
		SERVICE_TEST(a_machines_start_reads_its_own_timeout),
		SERVICE_TEST(a_worker_is_told_its_configuration),
		SERVICE_TEST(a_trace_flag_turns_on_lines_of_the_log),
		SERVICE_TEST(the_timeouts_of_a_stop_are_read_at_the_stop),
		SERVICE_TEST(a_checkpoint_reads_what_it_validates),
		SERVICE_TEST(a_machines_name_is_known_as_it_is),
		SERVICE_TEST(a_storage_migration_reads_how_it_copies),
		SERVICE_TEST(what_the_worker_reads_too_is_read_at_the_start_of_the_service),
		SERVICE_TEST(migration_settings_are_read_at_the_start_of_the_service),
		SERVICE_TEST(the_compressor_follows_the_load),
		SERVICE_TEST(a_host_chooses_what_the_low_threshold_is_compared_with),
		SERVICE_TEST(a_share_has_as_many_uses_as_configured),
		SERVICE_TEST(a_compressed_transfer_sends_fewer_pages),
		SERVICE_TEST(a_device_is_assigned_unless_a_requirement_blocks_it),
		SERVICE_TEST(the_policy_wins_over_the_hosts_own_requirement),
		SERVICE_TEST(interfaces_are_read_at_the_start_of_the_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
