/*
 * The worker process over a true registry: what it reads when its machine starts, what at each
 * operation, and what the operations make of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/lib/module.h"
#include "vmwp/internal.h"
#include "vmwp/modules.h"

#define GUID    "11111111-2222-3333-4444-555555555555"
#define OTHER   "99999999-2222-3333-4444-555555555555"
#define CLASS_A "{aaaaaaaa-0000-0000-0000-000000000001}"

/* The words of a worker whose host forces nothing. */
static const char *
word_of(void *context, const char *name)
{
	struct fixture *fixture = context;

	if (strcasecmp(name, WORD_VM_GUID) == 0)
		return GUID;
	return strcasecmp(name, WORD_HOST_ROOT) == 0 ? fixture->host.root : NULL;
}

/* And of one whose host forces SMT on. */
static const char *
forced_word_of(void *context, const char *name)
{
	if (strcasecmp(name, WORD_CONFIGURATION) == 0)
		return "{\"force_smt\": true, \"shielded\": false}";
	return word_of(context, name);
}

/* The start of the machine, with the words that its worker knows. */
static void
start_with(struct fixture *fixture, const char *(*words)(void *context, const char *name))
{
	module_release(&fixture->object);
	fixture->object = (struct module_object){
		.module = &vmwp_module,
		.registry = fixture->host.registry,
		.catalog = &fixture->catalog,
		.state = words,
		.state_context = fixture,
	};
	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
}

static void
start(struct fixture *fixture)
{
	start_with(fixture, word_of);
}

/* Call an operation, and compare one member of its result. */
#define gives(fixture, operation, argument, name, expected)                                        \
	gives_at(fixture, operation, argument, name, expected, __FILE__, __LINE__)

static void
gives_at(struct fixture *fixture, const char *operation, const char *argument, const char *name,
    const char *expected, const char *file, int line)
{
	json_t *result = json_object();
	ntstatus status = call(fixture, operation, argument, result);
	const json_t *at = json_object_get(result, name);
	char *text = at != NULL ? json_dumps(at, JSON_ENCODE_ANY) : strdup("nothing");
	bool good = ntstatus_ok(status) && text != NULL && strcmp(text, expected) == 0;

	if (!good)
		print_error("%s %s: %s, %s is %s, not %s\n", operation, argument,
		    ntstatus_name(status), name, text, expected);
	free(text);
	json_decref(result);
	if (!good)
		_fail(file, line);
}

/* --- When things are read
 * ------------------------------------------------------------------------- */

static void
a_running_machine_keeps_what_its_start_read(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, WORKER_KEY, "MaxNestedTlbSize", 7);
	start(fixture);
	derives(fixture, "processor.nested_tlb", "7");
	set_number(fixture, WORKER_KEY, "MaxNestedTlbSize", 11);
	shows(fixture, WORKER_KEY, "MaxNestedTlbSize", NULL, "7", "vm-start");
	derives(fixture, "processor.nested_tlb", "7");
	start(fixture);
	shows(fixture, WORKER_KEY, "MaxNestedTlbSize", NULL, "0", NULL);
	derives(fixture, "processor.nested_tlb", "off");
}

static void
what_an_operation_reads_is_never_pending(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	assert_ntstatus(run(fixture, "ram-op", "1"), STATUS_SUCCESS);
	set_number(fixture, WORKER_KEY, "RamOpConcurrencyMax", 2);
	shows(fixture, WORKER_KEY, "RamOpConcurrencyMax", NULL, "2", NULL);
	shows(fixture, WORKER_KEY, "RamOpConcurrencyMin", NULL, "2", NULL);
	gives(fixture, "ram-op", "1", "threads", "2");
}

static void
a_machine_reads_its_own_key(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, VIRTUALIZATION_KEY "\\" GUID, "ElementName", "web-2");
	set_text(fixture, VIRTUALIZATION_KEY "\\" OTHER, "ElementName", "web-9");
	set_text(fixture, WORKER_KEY, "ElementName", "no machine");
	start(fixture);
	derives(fixture, "machine.guid", GUID);
	derives(fixture, "machine.name", "web-2");
	shows(fixture, WORKER_KEY, "ElementName", NULL, NULL, NULL);
}

static void
a_worker_of_no_machine_has_none(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmwp_module);
	derives(fixture, "machine", "null");
	assert_ntstatus(run(fixture, "guest-crash", "bugcheck"), STATUS_DEVICE_NOT_READY);
}

static void
each_class_of_devices_has_its_interfaces(void **state)
{
	static const uint8_t list[] = { 'a', 0, 0, 0, 'b', 0, 0, 0, 0, 0 };
	struct fixture *fixture = *state;

	set_bytes(fixture, VIRTUALIZATION_KEY "\\VirtualDeviceDirectory\\" CLASS_A, "Interfaces",
	    REG_MULTI_SZ, list, sizeof(list));
	start(fixture);
	derives(fixture, "devices." CLASS_A, "a|b");
}

static void
forced_smt_is_stronger_than_the_workers_refusal(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	derives(fixture, "processor.smt", "automatic");
	set_number(fixture, VIRTUALIZATION_KEY, "NoAutomaticSmtEnablement", 1);
	start(fixture);
	derives(fixture, "processor.smt", "not-automatic");
	start_with(fixture, forced_word_of);
	derives(fixture, "processor.smt", "forced");
	derives(fixture, "configuration.force_smt", "true");
	shows(fixture, VIRTUALIZATION_KEY, "NoAutomaticSmtEnablement", NULL, "not-consulted", NULL);
}

static void
the_trackers_bitmap_is_rounded_up_to_bytes(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	derives(fixture, "access_tracker.bitmap_bytes", "null");
	set_number(fixture, VIRTUALIZATION_KEY, "InitialBufferSizeInBits", 65);
	set_number(fixture, VIRTUALIZATION_KEY "\\GpaAccessTracker", "Enabled", 1);
	start(fixture);
	derives(fixture, "access_tracker.bitmap_bytes", "9");
	derives(fixture, "access_tracker.enabled", "true");
}

/* --- Operations over the memory
 * ------------------------------------------------------------------ */

static void
the_memory_scale_lies_within_the_bounds(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	gives(fixture, "ram-op", "12", "threads", "16");
	set_number(fixture, WORKER_KEY, "RamOpConcurrencyMemScale", 2);
	gives(fixture, "ram-op", "12", "threads", "6");
	gives(fixture, "ram-op", "13", "threads", "7");
	gives(fixture, "ram-op", "1", "threads", "4");
	gives(fixture, "ram-op", "64", "threads", "16");
	set_number(fixture, WORKER_KEY, "RamOpConcurrencyMax", 0);
	gives(fixture, "ram-op", "12", "threads", "1");
}

static void
the_order_of_min_and_max_is_a_choice(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, WORKER_KEY, "RamOpConcurrencyMin", 9);
	set_number(fixture, WORKER_KEY, "RamOpConcurrencyMax", 3);
	start(fixture);
	gives(fixture, "ram-op", "1", "threads", "3");
	set_text(fixture, TUNABLE_SWITCH_KEY, "RamOpConcurrencyOrder", "swap");
	gives(fixture, "ram-op", "1", "threads", "9");
	shows(fixture, WORKER_KEY, "RamOpConcurrencyMin", NULL, "3", NULL);
	set_text(fixture, TUNABLE_SWITCH_KEY, "RamOpConcurrencyOrder", "defaults");
	gives(fixture, "ram-op", "1", "threads", "16");
	shows(fixture, WORKER_KEY, "RamOpConcurrencyMin", NULL, "4", NULL);
}

static void
runs_of_zero_pages_are_merged_unless_that_is_off(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	gives(fixture, "ram-op", "1", "pages", "256");
	gives(fixture, "ram-op", "1", "zero_pages", "224");
	gives(fixture, "ram-op", "1", "zero_records", "32");
	set_number(fixture, WORKER_KEY, "RamOpCompressDisableMergePageRuns", 1);
	gives(fixture, "ram-op", "1", "zero_records", "224");
}

static void
a_restore_writes_zero_pages_only_if_asked(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	gives(fixture, "restore", "1", "written_pages", "32");
	set_number(fixture, VIRTUALIZATION_KEY, "EnableAllZeroBufferWrite", 1);
	gives(fixture, "restore", "1", "written_pages", "256");
}

static void
a_memory_has_1_to_256_megabytes(void **state)
{
	static const char *const wrong[] = { "0", "257", "-1", "x", "1x", " 1",
		"99999999999999999999" };
	struct fixture *fixture = *state;

	start(fixture);
	gives(fixture, "ram-op", "", "pages", "16384");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_ntstatus(run(fixture, "ram-op", wrong[i]), STATUS_INVALID_PARAMETER);
		assert_ntstatus(run(fixture, "restore", wrong[i]), STATUS_INVALID_PARAMETER);
		assert_ntstatus(run(fixture, "migrate-memory", wrong[i]), STATUS_INVALID_PARAMETER);
	}
}

/* --- Migration
 * ------------------------------------------------------------------------------------ */

static void
a_migration_walks_the_memory_in_chunks(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, MIGRATION_KEY, "MemoryWalkerCount", 0);
	start(fixture);
	gives(fixture, "migrate-memory", "65", "walkers", "4");
	gives(fixture, "migrate-memory", "65", "chunks", "2");
	gives(fixture, "migrate-memory", "65", "sends", "9");
	set_number(fixture, MIGRATION_KEY, "LmMemoryChunkPageCount", 256);
	gives(fixture, "migrate-memory", "65", "chunks", "65");
	gives(fixture, "migrate-memory", "65", "zero_pages", "14560");
	set_number(fixture, MIGRATION_KEY, "SmbTransportMaximumPagesPerSendIo", 16);
	gives(fixture, "migrate-memory", "65", "sends", "130");
	set_number(fixture, MIGRATION_KEY, "SmbTransportMaximumPagesPerSendIo", 0);
	gives(fixture, "migrate-memory", "65", "sends", "2080");
	set_number(fixture, MIGRATION_KEY, "MemoryWalkerCount", 129);
	shows(fixture, MIGRATION_KEY, "MemoryWalkerCount", NULL, "4", "vm-start");
	gives(fixture, "migrate-memory", "1", "walkers", "4");
	start(fixture);
	gives(fixture, "migrate-memory", "1", "walkers", "128");
}

static void
a_compressed_migration_sends_less_at_a_time(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, MIGRATION_KEY, "VplessNodeCompressorVpCount", 65);
	set_number(fixture, MIGRATION_KEY, "ExtraCompressorBufferCount", 3);
	start(fixture);
	gives(fixture, "migrate-memory", "1", "pages_per_send", "256");
	gives(fixture, "migrate-memory", "1", "compressor_workers", "0");
	set_number(fixture, MIGRATION_KEY, "EnableCompression", 1);
	start(fixture);
	gives(fixture, "migrate-memory", "1", "pages_per_send", "64");
	gives(fixture, "migrate-memory", "1", "compressor_workers", "64");
	gives(fixture, "migrate-memory", "1", "compressor_buffers", "67");
	set_number(fixture, MIGRATION_KEY, "SmbTransportMaximumPagesPerSendIo", 99);
	gives(fixture, "migrate-memory", "1", "pages_per_send", "99");
}

static void
migration_can_be_off(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, MIGRATION_KEY, "EnableVirtualSystemMigration", 0);
	start(fixture);
	assert_ntstatus(run(fixture, "migrate-memory", "1"), STATUS_NOT_SUPPORTED);
	set_number(fixture, MIGRATION_KEY, "EnableVirtualSystemMigration", 1);
	assert_ntstatus(run(fixture, "migrate-memory", "1"), STATUS_NOT_SUPPORTED);
	start(fixture);
	assert_ntstatus(run(fixture, "migrate-memory", "1"), STATUS_SUCCESS);
}

static void
the_networks_of_a_migration_are_listed(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, MIGRATION_KEY "\\Networks\\0", "SubnetNumber", "10.0.0.0");
	set_number(fixture, MIGRATION_KEY "\\Networks\\0", "PrefixLength", 8);
	set_text(fixture, MIGRATION_KEY "\\Networks\\Other", "SubnetNumber", "10.9.0.0");
	start(fixture);
	derives(fixture, "migration.networks.0.subnet", "10.0.0.0");
	derives(fixture, "migration.networks.0.prefix", "8");
	derives(fixture, "migration.networks.1", "none");
	derives(fixture, "migration.authentication", "null");
}

static void
the_policies_of_devices_are_read_for_each_migration(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	gives(fixture, "migrate-device", "", "error_action", "0");
	set_number(fixture, VIRTUALIZATION_KEY, "ErrorAction", 3);
	gives(fixture, "migrate-device", "", "error_action", "3");
}

/* --- The guest
 * ------------------------------------------------------------------------------------ */

static void
the_guests_handshake_is_not_waited_for(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	gives(fixture, "guest-control-start", "", "timeout_ms", "5000");
	set_number(fixture, VIRTUALIZATION_KEY, "GuestControlTimeoutInMilliseconds", 40);
	gives(fixture, "guest-control-start", "", "timeout_ms", "40");
	gives(fixture, "guest-control-start", "", "outcome", "\"STATUS_IO_TIMEOUT\"");
}

static bool
exists(const struct fixture *fixture, const char *file)
{
	char path[sizeof(fixture->host.root) + 256];

	snprintf(path, sizeof(path), "%s/%s", fixture->host.root, file);
	return access(path, F_OK) == 0;
}

static void
make_folder(const struct fixture *fixture, const char *folder)
{
	char path[sizeof(fixture->host.root) + 256];

	snprintf(path, sizeof(path), "%s/%s", fixture->host.root, folder);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void
a_bugcheck_resets_or_saves(void **state)
{
	static const char *const folders[] = { "ProgramData", "ProgramData/Microsoft",
		"ProgramData/Microsoft/Windows", "ProgramData/Microsoft/Windows/Hyper-V",
		"ProgramData/Microsoft/Windows/Hyper-V/Virtual Machines" };
	struct fixture *fixture = *state;

	start(fixture);
	gives(fixture, "guest-crash", "bugcheck", "action", "\"reset\"");
	set_number(fixture, WORKER_KEY, "SaveVmOnBugcheck", 1);
	assert_false(ntstatus_ok(run(fixture, "guest-crash", "bugcheck")));
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		make_folder(fixture, folders[i]);
	gives(fixture, "guest-crash", "bugcheck", "action", "\"save\"");
	assert_true(exists(fixture,
	    "ProgramData/Microsoft/Windows/Hyper-V/Virtual Machines/Bugcheck_" GUID ".vmrs"));
	gives(fixture, "guest-crash", "triple-fault", "action", "\"reset\"");
	assert_ntstatus(run(fixture, "guest-crash", "other"), STATUS_INVALID_PARAMETER);
}

static void
a_triple_fault_saves_to_the_file_that_is_named(void **state)
{
	static const char *const wrong[] = { "vm.vmrs", "C:vm.vmrs", "C:\\", "C:\\..\\vm.vmrs",
		"C:\\Crash\\..\\..\\vm.vmrs", "C:\\\\vm.vmrs", "C:\\Crash/../../vm.vmrs",
		"\\\\server\\share\\vm.vmrs", "C:\\.\\vm.vmrs" };
	struct fixture *fixture = *state;

	start(fixture);
	make_folder(fixture, "Crash");
	set_text(fixture, WORKER_KEY, "SaveVmOnTripleFaultFile", "C:\\Crash\\vm.vmrs");
	gives(fixture, "guest-crash", "triple-fault", "action", "\"save\"");
	assert_true(exists(fixture, "Crash/vm.vmrs"));
	set_text(fixture, WORKER_KEY, "SaveVmOnTripleFaultFile", "C:\\None\\vm.vmrs");
	assert_false(ntstatus_ok(run(fixture, "guest-crash", "triple-fault")));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		set_text(fixture, WORKER_KEY, "SaveVmOnTripleFaultFile", wrong[i]);
		assert_ntstatus(
		    run(fixture, "guest-crash", "triple-fault"), STATUS_OBJECT_NAME_INVALID);
	}
}

static void
realizing_a_disk_may_mend_its_access_list(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	gives(fixture, "realize-disk", "", "fixes_acls", "null");
	set_number(fixture, WORKER_KEY, "IncludeFixingRealizedVhdAcls", 1);
	gives(fixture, "realize-disk", "", "fixes_acls", "true");
}

#define WORKER_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORKER_TEST(a_running_machine_keeps_what_its_start_read),
		WORKER_TEST(what_an_operation_reads_is_never_pending),
		WORKER_TEST(a_machine_reads_its_own_key),
		WORKER_TEST(a_worker_of_no_machine_has_none),
		WORKER_TEST(each_class_of_devices_has_its_interfaces),
		WORKER_TEST(forced_smt_is_stronger_than_the_workers_refusal),
		WORKER_TEST(the_trackers_bitmap_is_rounded_up_to_bytes),
		WORKER_TEST(the_memory_scale_lies_within_the_bounds),
		WORKER_TEST(the_order_of_min_and_max_is_a_choice),
		WORKER_TEST(runs_of_zero_pages_are_merged_unless_that_is_off),
		WORKER_TEST(a_restore_writes_zero_pages_only_if_asked),
		WORKER_TEST(a_memory_has_1_to_256_megabytes),
		WORKER_TEST(a_migration_walks_the_memory_in_chunks),
		WORKER_TEST(a_compressed_migration_sends_less_at_a_time),
		WORKER_TEST(migration_can_be_off),
		WORKER_TEST(the_networks_of_a_migration_are_listed),
		WORKER_TEST(the_policies_of_devices_are_read_for_each_migration),
		WORKER_TEST(the_guests_handshake_is_not_waited_for),
		WORKER_TEST(a_bugcheck_resets_or_saves),
		WORKER_TEST(a_triple_fault_saves_to_the_file_that_is_named),
		WORKER_TEST(realizing_a_disk_may_mend_its_access_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
