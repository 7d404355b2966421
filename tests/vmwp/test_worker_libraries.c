/*
 * The libraries in a worker process over a true registry: what they read, and what they keep there.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "tests/lib/module.h"
#include "vmwp/internal.h"
#include "vmwp/modules.h"

#define FLEXIOV   VIRTUALIZATION_KEY "\\FlexIOV"
#define FC        VIRTUALIZATION_KEY "\\FibreChannel"
#define TIME_SYNC VIRTUALIZATION_KEY "\\TimeSync"
#define TRACING   VIRTUALIZATION_KEY "\\PerformanceTracing"
#define IPC                                                                                        \
	"HKLM\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\TimeProviders\\VMICTimeProvider\\"    \
	"Parameters\\IPC"
#define ENDPOINTS   "HKLM\\SYSTEM\\CurrentControlSet\\Services\\VmHostAgent\\Parameters\\VMEndpoints"
#define WRITERS     "HKLM\\SOFTWARE\\Microsoft\\Virtualization\\ExcludedVssWriters"
#define RELIABILITY "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Reliability"
#define SHUTDOWN    RELIABILITY "\\Shutdown"

#define VM       "11111111-2222-3333-4444-555555555555"
#define OTHER_VM "99999999-2222-3333-4444-555555555555"
#define DEVICE_A "aaaaaaaa-0000-0000-0000-000000000001"
#define DEVICE_B "bbbbbbbb-0000-0000-0000-000000000002"
#define PAIRS    8 /* workers that start at once */

static const char *
word_of(void *context UNUSED, const char *name)
{
	return strcasecmp(name, WORD_VM_GUID) == 0 ? VM : NULL;
}

static void
start(struct fixture *fixture, const struct module *module)
{
	module_release(&fixture->object);
	fixture->object = (struct module_object){
		.module = module,
		.registry = fixture->host.registry,
		.catalog = &fixture->catalog,
		.state = word_of,
	};
	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
}

/* Set a list of the texts, which end with NULL. */
static void
set_list(struct fixture *fixture, const char *path, const char *name, const char *const *texts)
{
	struct buf data = { 0 };

	for (; *texts != NULL; texts++) {
		for (const char *at = *texts; *at != '\0'; at++) {
			buf_append_byte(&data, (uint8_t)*at);
			buf_append_byte(&data, 0);
		}
		buf_append(&data, "\0", 2);
	}
	buf_append(&data, "\0", 2);
	set_bytes(fixture, path, name, REG_MULTI_SZ, data.data, data.size);
	buf_release(&data);
}

static bool
says(struct fixture *fixture, const char *operation, const char *argument, const char *name)
{
	json_t *result = json_object();
	bool yes;

	assert_ntstatus(call(fixture, operation, argument, result), STATUS_SUCCESS);
	yes = json_is_true(json_object_get(result, name));
	json_decref(result);
	return yes;
}

/* --- Lists of devices
 * ----------------------------------------------------------------------------- */

static void
disabled_devices(struct fixture *fixture, const struct module *module, const char *path)
{
	static const char *const first[] = { "{" DEVICE_A "}", "no guid", NULL };
	static const char *const second[] = { "BBBBBBBB-0000-0000-0000-000000000002", NULL };

	start(fixture, module);
	assert_false(says(fixture, "is-device-disabled", DEVICE_A, "disabled"));
	set_list(fixture, path, "Some", first);
	assert_true(says(fixture, "is-device-disabled", DEVICE_A, "disabled"));
	assert_true(says(fixture, "is-device-disabled", "{" DEVICE_A "}", "disabled"));
	assert_false(says(fixture, "is-device-disabled", DEVICE_B, "disabled"));
	set_list(fixture, path, "Others", second);
	assert_true(says(fixture, "is-device-disabled", "{" DEVICE_B "}", "disabled"));
	set_text(fixture, path, "Others", "{" DEVICE_B "}");
	assert_false(says(fixture, "is-device-disabled", DEVICE_B, "disabled"));
	assert_ntstatus(run(fixture, "is-device-disabled", "no guid"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "is-device-disabled", ""), STATUS_INVALID_PARAMETER);
}

static void
flexible_devices_can_be_disabled(void **state)
{
	disabled_devices(*state, &vmflexio_module, FLEXIOV);
}

static void
fibre_channel_devices_can_be_disabled(void **state)
{
	disabled_devices(*state, &vmsynthfcvdev_module, FC);
}

static void
an_unknown_error_action_logs(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, FLEXIOV, "Vtl2CommunicationErrorAction", 2);
	start(fixture, &vmflexio_module);
	derives(fixture, "vtl2_error", "bugcheck");
	set_number(fixture, FLEXIOV, "Vtl2CommunicationErrorAction", 3);
	shows(fixture, FLEXIOV, "Vtl2CommunicationErrorAction", NULL, "2", "vm-start");
	start(fixture, &vmflexio_module);
	derives(fixture, "vtl2_error", "log");
	derives(fixture, "vtl2_binding_s", "60");
}

/* --- Time
 * ----------------------------------------------------------------------------------------- */

static void
the_older_window_stands_in(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &icsvc_module);
	derives(fixture, "time_sample_window_us", "null");
	set_number(fixture, TIME_SYNC, "TimeSampleWindow", 70);
	start(fixture, &icsvc_module);
	derives(fixture, "time_sample_window_us", "70");
	set_number(fixture, TIME_SYNC, "TimeSampleWindowInMicroseconds", 0);
	start(fixture, &icsvc_module);
	derives(fixture, "time_sample_window_us", "0");
}

static void
read_id(struct fixture *fixture, struct buf *data)
{
	uint32_t type = 0;

	buf_clear(data);
	assert_lstatus(registry_query_value(fixture->writer, host_key(fixture->writer, IPC),
	                   "UniqueId", &type, data),
	    ERROR_SUCCESS);
	assert_int_equal(type, REG_SZ);
}

static void
the_unique_id_is_made_once(void **state)
{
	struct fixture *fixture = *state;
	struct buf first = { 0 };
	struct buf again = { 0 };

	start(fixture, &icsvc_module);
	read_id(fixture, &first);
	assert_int_equal(first.size, 2 * (38 + 1));
	start(fixture, &icsvc_module);
	read_id(fixture, &again);
	assert_int_equal(again.size, first.size);
	assert_memory_equal(first.data, again.data, first.size);
	set_text(fixture, IPC, "UniqueId", "mine");
	start(fixture, &icsvc_module);
	derives(fixture, "unique_id", "mine");
	set_number(fixture, IPC, "UniqueId", 1);
	start(fixture, &icsvc_module);
	read_id(fixture, &again);
	assert_int_equal(again.size, first.size);
	assert_memory_not_equal(first.data, again.data, first.size);
	buf_release(&first);
	buf_release(&again);
}

/* One of several workers that start at once, each with its own connection. */
struct racer {
	struct module_object object;
	ntstatus status;
	pthread_t thread;
};

static void *
race(void *argument)
{
	struct racer *racer = argument;

	racer->status = module_start(&racer->object);
	return NULL;
}

static void
workers_that_start_at_once_agree_on_the_unique_id(void **state)
{
	struct fixture *fixture = *state;
	struct racer racers[PAIRS] = { 0 };
	json_t *status[PAIRS];

	for (size_t i = 0; i < PAIRS; i++) {
		racers[i].object = (struct module_object){ .module = &icsvc_module,
			.registry = host_connect(&fixture->host),
			.catalog = &fixture->catalog };
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < PAIRS; i++) {
		pthread_join(racers[i].thread, NULL);
		assert_ntstatus(racers[i].status, STATUS_SUCCESS);
		status[i] = json_object();
		icsvc_module.status(&racers[i].object, status[i]);
		assert_true(json_equal(status[i], status[0]));
	}
	for (size_t i = 0; i < PAIRS; i++) {
		json_decref(status[i]);
		module_release(&racers[i].object);
		registry_close(racers[i].object.registry);
	}
}

/* --- Backups
 * -------------------------------------------------------------------------------------- */

static void
a_backup_leaves_out_the_listed_writers(void **state)
{
	static const char *const writers[] = { "{" DEVICE_A "}", "{" DEVICE_B "}", NULL };
	struct fixture *fixture = *state;

	start(fixture, &icsvcvss_module);
	assert_false(says(fixture, "is-writer-excluded", DEVICE_B, "excluded"));
	set_list(fixture, WRITERS, "ExcludedWriters", writers);
	assert_true(says(fixture, "is-writer-excluded", DEVICE_B, "excluded"));
	shows(fixture, WRITERS, "ExcludedWriters", NULL, "{" DEVICE_A "}|{" DEVICE_B "}", NULL);
}

static void
a_planned_shutdown_is_tagged(void **state)
{
	static const uint8_t stamp[] = { 0xe9, 7, 11, 0, 23, 0 };
	struct fixture *fixture = *state;
	struct buf data = { 0 };
	uint32_t type = 0;

	start(fixture, &icsvcvss_module);
	assert_false(says(fixture, "planned-shutdown", "no stamp yet", "stamped"));
	shows(fixture, SHUTDOWN, "Comment", NULL, "no stamp yet", NULL);
	shows(fixture, SHUTDOWN, "ReasonCode", NULL, "2147483648", NULL);
	set_bytes(fixture, RELIABILITY, "LastAliveStamp", REG_BINARY, stamp, sizeof(stamp));
	assert_true(says(fixture, "planned-shutdown", "", "stamped"));
	assert_lstatus(registry_query_value(fixture->writer, host_key(fixture->writer, SHUTDOWN),
	                   "Timestamp", &type, &data),
	    ERROR_SUCCESS);
	assert_int_equal(type, REG_BINARY);
	assert_int_equal(data.size, sizeof(stamp));
	assert_memory_equal(data.data, stamp, sizeof(stamp));
	/* An older stamp does not stay. */
	delete_value(fixture, RELIABILITY, "LastAliveStamp");
	assert_false(says(fixture, "planned-shutdown", "again", "stamped"));
	assert_lstatus(registry_query_value(fixture->writer, host_key(fixture->writer, SHUTDOWN),
	                   "Timestamp", NULL, NULL),
	    ERROR_FILE_NOT_FOUND);
	buf_release(&data);
}

/* --- The rest
 * ------------------------------------------------------------------------------------- */

static void
the_subkey_alone_turns_tracing_on(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &vmdynmem_module);
	derives(fixture, "performance_tracing", "false");
	host_key(fixture->writer, TRACING);
	derives(fixture, "performance_tracing", "false");
	start(fixture, &vmdynmem_module);
	derives(fixture, "performance_tracing", "true");
	delete_tree(fixture, TRACING);
	start(fixture, &vmdynmem_module);
	derives(fixture, "performance_tracing", "false");
}

static void
a_machines_endpoint_is_kept(void **state)
{
	static const uint8_t other[] = { 9 };
	struct fixture *fixture = *state;

	set_bytes(fixture, ENDPOINTS, OTHER_VM, REG_BINARY, other, sizeof(other));
	start(fixture, &vmicrdv_module);
	derives(fixture, "endpoint", "null");
	assert_ntstatus(run(fixture, "persist-endpoint", "010aFf"), STATUS_SUCCESS);
	derives(fixture, "endpoint", "010aff");
	start(fixture, &vmicrdv_module);
	derives(fixture, "endpoint", "010aff");
	assert_ntstatus(run(fixture, "persist-endpoint", "01f"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "persist-endpoint", "0x01"), STATUS_INVALID_PARAMETER);
	derives(fixture, "endpoint", "010aff");
	set_bytes(fixture, ENDPOINTS, VM, REG_BINARY, other, sizeof(other));
	derives(fixture, "endpoint", "010aff");
	start(fixture, &vmicrdv_module);
	derives(fixture, "endpoint", "09");
	set_number(fixture, ENDPOINTS, VM, 5);
	start(fixture, &vmicrdv_module);
	derives(fixture, "endpoint", "null");
	boot(fixture, &vmicrdv_module);
	derives(fixture, "endpoint", "null");
	assert_ntstatus(run(fixture, "persist-endpoint", "01"), STATUS_DEVICE_NOT_READY);
}

/* The class of a prefix, and whether it is the fallback. */
static void
expect_class(struct fixture *fixture, const char *prefix, const char *wanted, bool fallback)
{
	json_t *result = json_object();

	assert_ntstatus(call(fixture, "prefix", prefix, result), STATUS_SUCCESS);
	assert_string_equal(member(result, "class"), wanted);
	assert_int_equal(json_is_true(json_object_get(result, "fallback")), fallback);
	json_decref(result);
}

static void
a_prefix_without_a_class_has_the_fallback(void **state)
{
	static const struct module *const modules[] = { &vmchipset_module, &vmsynthstor_module };
	struct fixture *fixture = *state;

	set_text(fixture, PREFIX_MAP_KEY, "nvme", "{" DEVICE_A "}");
	set_number(fixture, PREFIX_MAP_KEY, "ide", 1);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		start(fixture, modules[i]);
		expect_class(fixture, "NVMe", "{" DEVICE_A "}", false);
		expect_class(fixture, "scsi", PREFIX_CLASS, true);
		expect_class(fixture, "ide", PREFIX_CLASS, true);
		assert_ntstatus(run(fixture, "prefix", ""), STATUS_INVALID_PARAMETER);
	}
	delete_tree(fixture, PREFIX_MAP_KEY);
	expect_class(fixture, "nvme", PREFIX_CLASS, true);
}

#define LIBRARY_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIBRARY_TEST(flexible_devices_can_be_disabled),
		LIBRARY_TEST(fibre_channel_devices_can_be_disabled),
		LIBRARY_TEST(an_unknown_error_action_logs),
		LIBRARY_TEST(the_older_window_stands_in),
		LIBRARY_TEST(the_unique_id_is_made_once),
		LIBRARY_TEST(workers_that_start_at_once_agree_on_the_unique_id),
		LIBRARY_TEST(a_backup_leaves_out_the_listed_writers),
		LIBRARY_TEST(a_planned_shutdown_is_tagged),
		LIBRARY_TEST(the_subkey_alone_turns_tracing_on),
		LIBRARY_TEST(a_machines_endpoint_is_kept),
		LIBRARY_TEST(a_prefix_without_a_class_has_the_fallback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
