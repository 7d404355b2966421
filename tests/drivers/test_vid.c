/*
 * vid.sys over a true registry: when each of its values is read, the flag words of partitions, and
 * what is worked out of the host's memory.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/tables.h"
#include "tests/lib/module.h"

#define VID        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vid\\Parameters"
#define RESERVE    VID "\\MemoryReserve\\"
#define HYPERVISOR "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor"
#define GUID_A     "AAAAAAAA-0000-0000-0000-000000000001"
#define GUID_B     "BBBBBBBB-0000-0000-0000-000000000002"
#define WAIT_MS    10000

static void
set_long(struct fixture *fixture, const char *path, const char *name, uint64_t number)
{
	uint8_t data[8];

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(number >> (8 * i));
	set_bytes(fixture, path, name, REG_QWORD, data, sizeof(data));
}

/* What a host says of its conditions: pairs of name and word. */
static const char *
host_word(void *context, const char *name)
{
	for (const char *const *at = context; *at != NULL; at += 2) {
		if (strcasecmp(at[0], name) == 0)
			return at[1];
	}
	return NULL;
}

static void
say(struct fixture *fixture, const char *const *words)
{
	fixture->object.state = host_word;
	fixture->object.state_context = (void *)(uintptr_t)words;
}

/* --- The device
 * ----------------------------------------------------------------------------------- */

static void
the_device_is_set_up_each_time_it_is_added(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vid_driver);
	shows(fixture, VID, "SkipSmallLocalAllocations", NULL, "1", NULL);
	derives(fixture, "device.mbp_array_from", "region");
	derives(fixture, "device.freeze_time_in_standby", "true");
	set_number(fixture, VID, "UsePoolForMbpArray", 1);
	shows(fixture, VID, "UsePoolForMbpArray", NULL, "0", "device-add");
	derives(fixture, "device.mbp_array_from", "region");
	assert_ntstatus(module_add_device(&fixture->object, VID), STATUS_SUCCESS);
	shows(fixture, VID, "UsePoolForMbpArray", NULL, "1", NULL);
	derives(fixture, "device.mbp_array_from", "pool");
	set_number(fixture, VID, "UsePoolForMbpArray", 0);
	restart(fixture);
	shows(fixture, VID, "UsePoolForMbpArray", NULL, "0", NULL);
}

static void
take_change(struct fixture *fixture)
{
	struct pollfd poll_fd = { .fd = registry_watch_fd(fixture->host.registry),
		.events = POLLIN };

	assert_true(poll_fd.fd >= 0);
	assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
	assert_true(registry_watch_drain(fixture->host.registry));
	module_notify(&fixture->object);
}

static void
the_exo_device_follows_the_registry_at_once(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VID, "ExoDeviceEnabledClient", 1);
	boot(fixture, &vid_driver);
	derives(fixture, "exo.exposed", "false");
	/* Clients have nothing to open without the device. */
	shows(fixture, VID, "ExoDeviceEnabledClient", NULL, "1", NULL);
	derives(fixture, "exo.clients", "false");
	set_number(fixture, VID, "ExoDeviceEnabled", 1);
	shows(fixture, VID, "ExoDeviceEnabled", NULL, "0", "notification");
	take_change(fixture);
	shows(fixture, VID, "ExoDeviceEnabled", NULL, "1", NULL);
	derives(fixture, "exo.exposed", "true");
	derives(fixture, "exo.clients", "true");
	set_number(fixture, VID, "ExoDeviceEnabledClient", 0);
	take_change(fixture);
	derives(fixture, "exo.exposed", "true");
	derives(fixture, "exo.clients", "false");
	/* The same change is none for what is read at another time. */
	set_number(fixture, VID, "PageCombiningInterval", 60);
	take_change(fixture);
	shows(fixture, VID, "PageCombiningInterval", NULL, "0", "driver-entry");
	delete_value(fixture, VID, "ExoDeviceEnabled");
	take_change(fixture);
	derives(fixture, "exo.exposed", "false");
}

/* The watch stands before the key does. */
static void
the_exo_device_appears_with_its_key(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vid_driver);
	derives(fixture, "exo.exposed", "false");
	set_number(fixture, VID, "ExoDeviceEnabled", 2);
	take_change(fixture);
	derives(fixture, "exo.exposed", "true");
	derives(fixture, "exo.clients", "false");
}

static void
page_combining_has_its_interval_from_the_entry_on(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vid_driver);
	derives(fixture, "page_combining.scan", "off");
	set_number(fixture, VID, "PageCombiningInterval", 300);
	derives(fixture, "page_combining.scan", "off");
	restart(fixture);
	derives(fixture, "page_combining.scan", "on");
	derives(fixture, "page_combining.interval_s", "300");
}

static void
a_regular_file_backs_a_dax_block_where_that_is_allowed(void **state)
{
	struct fixture *fixture = *state;
	char path[sizeof(fixture->host.root) + 16];
	int fd;

	boot(fixture, &vid_driver);
	snprintf(path, sizeof(path), "%s/block", fixture->host.root);
	assert_ntstatus(run(fixture, "lock-dax-file", path), STATUS_OBJECT_NAME_NOT_FOUND);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_ntstatus(run(fixture, "lock-dax-file", path), STATUS_NOT_SUPPORTED);
	set_number(fixture, VID, "DaxRegularFileBackedEnabled", 1);
	shows(fixture, VID, "DaxRegularFileBackedEnabled", NULL, "1", NULL);
	assert_ntstatus(run(fixture, "lock-dax-file", path), STATUS_SUCCESS);
	set_number(fixture, VID, "DaxRegularFileBackedEnabled", 0);
	assert_ntstatus(run(fixture, "lock-dax-file", path), STATUS_NOT_SUPPORTED);
	assert_ntstatus(
	    run(fixture, "lock-dax-file", fixture->host.root), STATUS_INVALID_PARAMETER);
}

/* --- Partitions of virtual machines
 * --------------------------------------------------------------- */

struct flags_case {
	const char *names[3]; /* values that are set; NULL ends them */
	uint32_t numbers[3];
	const char *flags;
	const char *backing;
	const char *mapping;
};

static const struct flags_case flags_cases[] = {
	{ { NULL }, { 0 }, "0x00000000", "4K", "4K" },
	{ { "PageBackingSize" }, { 1 }, "0x00000001", "2M", "4K" },
	{ { "PageBackingSize" }, { 2 }, "0x00000002", "1G", "4K" },
	{ { "PageBackingSize" }, { 3 }, "0x00000000", "4K", "4K" },
	{ { "ForcePageBackingSizeRequired" }, { 1 }, "0x00000004", "4K", "4K" },
	{ { "ForcePageBackingSizeRequired" }, { 9 }, "0x00000004", "4K", "4K" },
	{ { "PageMappingSize" }, { 1 }, "0x00000008", "4K", "2M" },
	{ { "PageMappingSize" }, { 2 }, "0x00000010", "4K", "1G" },
	{ { "PageMappingSize" }, { 4 }, "0x00000000", "4K", "4K" },
	{ { "FaultClusterSizeShift" }, { 1 }, "0x00000200", "4K", "4K" },
	{ { "FaultClusterSizeShift" }, { 15 }, "0x00001e00", "4K", "4K" },
	{ { "FaultClusterSizeShift" }, { 16 }, "0x00000000", "4K", "4K" },
	{ { "DirectMapFaultClusterSizeShift" }, { 1 }, "0x00002000", "4K", "4K" },
	{ { "DirectMapFaultClusterSizeShift" }, { 15 }, "0x0001e000", "4K", "4K" },
	{ { "PageBackingSize", "PageMappingSize", "FaultClusterSizeShift" }, { 2, 1, 9 },
	    "0x0000120a", "1G", "2M" },
	/* The switches win; they have no bits of their own. */
	{ { "ForceSmallPages", "PageBackingSize", "PageMappingSize" }, { 1, 2, 2 }, "0x00000010",
	    "4K", "1G" },
	{ { "ForceSmallGpaMappings", "PageBackingSize", "PageMappingSize" }, { 1, 2, 2 },
	    "0x00000002", "1G", "4K" },
	{ { "ForceSmallPages", "ForcePageBackingSizeRequired", "PageBackingSize" }, { 1, 1, 2 },
	    "0x00000004", "4K", "4K" },
	{ { "ForceDeferredCommit", "ForcePinBackingPages" }, { 1, 1 }, "0x00000000", "4K", "4K" },
};

static void
the_flag_word_has_each_value_in_its_bits(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(flags_cases); i++) {
		const struct flags_case *at = &flags_cases[i];

		for (size_t n = 0; n < ARRAY_SIZE(at->names) && at->names[n] != NULL; n++)
			set_number(fixture, VID, at->names[n], at->numbers[n]);
		boot(fixture, &vid_driver);
		assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_SUCCESS);
		derives(fixture, "partitions.0.flags", at->flags);
		derives(fixture, "partitions.0.backing", at->backing);
		derives(fixture, "partitions.0.mapping", at->mapping);
		for (size_t n = 0; n < ARRAY_SIZE(at->names) && at->names[n] != NULL; n++)
			delete_value(fixture, VID, at->names[n]);
	}
}

static void
the_rival_reading_masks_to_the_field(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, TUNABLE_SWITCH_KEY, "VidPartitionRange", "mask");
	set_number(fixture, VID, "FaultClusterSizeShift", 0x15);
	set_number(fixture, VID, "PageBackingSize", 7);
	boot(fixture, &vid_driver);
	assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_SUCCESS);
	derives(fixture, "partitions.0.flags", "0x00000a03");
	derives(fixture, "partitions.0.fault_cluster_pages", "32");
	derives(fixture, "partitions.0.backing", "none");
}

static void
each_partition_keeps_what_was_read_at_its_start(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vid_driver);
	shows(fixture, VID, "PageMappingSize", NULL, "0", NULL);
	assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_SUCCESS);
	set_number(fixture, VID, "PageMappingSize", 2);
	set_number(fixture, VID, "ForcePinBackingPages", 1);
	shows(fixture, VID, "PageMappingSize", GUID_A, "0", "vm-start");
	assert_ntstatus(run(fixture, "create-partition", GUID_B), STATUS_SUCCESS);
	shows(fixture, VID, "PageMappingSize", GUID_A, "0", "vm-start");
	shows(fixture, VID, "PageMappingSize", GUID_B, "2", NULL);
	derives(fixture, "partitions.0.mapping", "4K");
	derives(fixture, "partitions.0.pinned", "false");
	derives(fixture, "partitions.1.mapping", "1G");
	derives(fixture, "partitions.1.pinned", "true");
	assert_ntstatus(run(fixture, "delete-partition", GUID_A), STATUS_SUCCESS);
	shows(fixture, VID, "PageMappingSize", GUID_A, NULL, NULL);
	assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_SUCCESS);
	shows(fixture, VID, "PageMappingSize", GUID_A, "2", NULL);
}

static void
a_partition_is_known_by_its_guid_in_either_form(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vid_driver);
	assert_ntstatus(run(fixture, "create-partition", "{aaaaaaaa-0000-0000-0000-000000000001}"),
	    STATUS_SUCCESS);
	derives(fixture, "partitions.0.partition", GUID_A);
	set_number(fixture, VID, "PageMappingSize", 1);
	assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_SUCCESS);
	derives(fixture, "partitions.0.mapping", "2M");
	derives(fixture, "partitions.1", "none");
	assert_ntstatus(run(fixture, "delete-partition", GUID_B), STATUS_NOT_FOUND);
	assert_ntstatus(run(fixture, "delete-partition", GUID_A), STATUS_SUCCESS);
	assert_ntstatus(run(fixture, "delete-partition", GUID_A), STATUS_NOT_FOUND);
	assert_ntstatus(run(fixture, "create-partition", "vm"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "create-partition", ""), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "delete-partition", "vm"), STATUS_INVALID_PARAMETER);
	derives(fixture, "partitions", "[]");
}

/* ForceSmallPages is the device's: what was written since it was added is not in force yet. */
static void
a_switch_of_the_device_holds_as_the_device_read_it(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VID, "PageBackingSize", 1);
	boot(fixture, &vid_driver);
	set_number(fixture, VID, "ForceSmallPages", 1);
	assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_SUCCESS);
	shows(fixture, VID, "PageBackingSize", GUID_A, "1", NULL);
	derives(fixture, "partitions.0.flags", "0x00000001");
	assert_ntstatus(module_add_device(&fixture->object, VID), STATUS_SUCCESS);
	derives(fixture, "partitions.0.flags", "0x00000001");
	assert_ntstatus(run(fixture, "create-partition", GUID_B), STATUS_SUCCESS);
	shows(fixture, VID, "PageBackingSize", GUID_B, "0", NULL);
	derives(fixture, "partitions.1.flags", "0x00000000");
	set_number(fixture, VID, "ForceSmallPages", 0);
	assert_ntstatus(run(fixture, "delete-partition", GUID_B), STATUS_SUCCESS);
	assert_ntstatus(run(fixture, "create-partition", GUID_B), STATUS_SUCCESS);
	derives(fixture, "partitions.1.flags", "0x00000000");
	set_number(fixture, VID, "PageBackingSize", 9);
	set_number(fixture, VID, "ForceSmallPages", 1);
	restart(fixture);
	set_number(fixture, VID, "ForceSmallPages", 0);
	assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_SUCCESS);
	shows(fixture, VID, "PageBackingSize", GUID_A, "0", NULL);
}

static void
a_required_class_that_cannot_be_had_fails_the_start(void **state)
{
	static const char *const unavailable[] = { "backing", "unavailable", NULL };
	static const char *const available[] = { "backing", "available", NULL };
	struct fixture *fixture = *state;

	set_number(fixture, VID, "PageBackingSize", 2);
	boot(fixture, &vid_driver);
	say(fixture, unavailable);
	assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_SUCCESS);
	assert_ntstatus(run(fixture, "delete-partition", GUID_A), STATUS_SUCCESS);
	set_number(fixture, VID, "ForcePageBackingSizeRequired", 1);
	assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_INSUFFICIENT_RESOURCES);
	derives(fixture, "partitions", "[]");
	say(fixture, available);
	assert_ntstatus(run(fixture, "create-partition", GUID_A), STATUS_SUCCESS);
	derives(fixture, "partitions.0.flags", "0x00000006");
	derives(fixture, "partitions.0.backing_required", "true");
	/* Pages of 4K are always there, asked for or forced. */
	say(fixture, unavailable);
	set_number(fixture, VID, "PageBackingSize", 0);
	assert_ntstatus(run(fixture, "create-partition", GUID_B), STATUS_SUCCESS);
	assert_ntstatus(run(fixture, "delete-partition", GUID_B), STATUS_SUCCESS);
	set_number(fixture, VID, "PageBackingSize", 1);
	assert_ntstatus(run(fixture, "create-partition", GUID_B), STATUS_INSUFFICIENT_RESOURCES);
	set_number(fixture, VID, "ForceSmallPages", 1);
	assert_ntstatus(module_add_device(&fixture->object, VID), STATUS_SUCCESS);
	assert_ntstatus(run(fixture, "create-partition", GUID_B), STATUS_SUCCESS);
}

/* --- The host's memory
 * ---------------------------------------------------------------------------- */

static void
pages_are_deposited_by_the_hosts_size(void **state)
{
	static const char *const host[] = { "memory_gb", "100", "processors", "8", "numa_nodes",
		"1", NULL };
	struct fixture *fixture = *state;

	boot(fixture, &vid_driver);
	derives(fixture, "host.assumed", "true");
	say(fixture, host);
	derives(fixture, "host.assumed", "false");
	derives(fixture, "pre_deposit.pages", "59160"); /* 590 * 100 + 20 * 8 */
	set_long(fixture, VID, "HvPreDepositPagesPerVp", 100);
	shows(fixture, VID, "HvPreDepositPagesPerVp", NULL, "20", "driver-entry");
	restart(fixture);
	derives(fixture, "pre_deposit.pages", "59800");
	set_long(fixture, VID, "HvPreDepositPagesPerGbMemory", UINT64_MAX);
	restart(fixture);
	derives(fixture, "pre_deposit.pages", "9223372036854775807");
}

/* Nodes and partitions lie beside each other; a name that is a number is a node's. */
static void
nodes_are_told_from_partitions(void **state)
{
	static const char *const host[] = { "memory_gb", "64", "processors", "8", "numa_nodes", "2",
		NULL };
	struct fixture *fixture = *state;

	set_number(fixture, VID, "MemoryReservePercentage", 10);
	set_long(fixture, RESERVE "0", "SizeInMB", 1000);
	set_number(fixture, RESERVE "0", "Percentage", 50);
	set_long(fixture, RESERVE "0", "TargetSizeInMB", 7);
	set_long(fixture, RESERVE "1", "IoSpaceSizeInMB", 64);
	set_long(fixture, RESERVE "Guests", "TargetSizeInMB", 5000);
	set_number(fixture, RESERVE "Guests", "HugePagesOnly", 1);
	set_number(fixture, RESERVE "Guests", "Percentage", 50);
	set_bytes(fixture, RESERVE "Primary", "NumaIoSpaceDemotionCounts", REG_BINARY, "\1\2", 2);
	boot(fixture, &vid_driver);
	say(fixture, host);
	shows(fixture, RESERVE "0", "SizeInMB", NULL, "1000", NULL);
	shows(fixture, RESERVE "0", "Percentage", NULL, "not-consulted", NULL);
	shows(fixture, RESERVE "0", "TargetSizeInMB", NULL, NULL, NULL);
	shows(fixture, RESERVE "1", "Percentage", NULL, "10", NULL);
	shows(fixture, RESERVE "Guests", "TargetSizeInMB", NULL, "5000", NULL);
	shows(fixture, RESERVE "Guests", "Percentage", NULL, NULL, NULL);
	shows(fixture, RESERVE "Primary", "NumaIoSpaceDemotionCounts", NULL, "0102", NULL);
	derives(fixture, "reserve.nodes.0.node", "0");
	derives(fixture, "reserve.nodes.0.memory_mb", "32768");
	derives(fixture, "reserve.nodes.0.reserve_mb", "1000");
	derives(fixture, "reserve.nodes.1.reserve_mb", "3276");
	derives(fixture, "reserve.nodes.1.io_space_mb", "64");
	derives(fixture, "reserve.nodes.2", "none");
	derives(fixture, "reserve.partitions.0.partition", "Guests");
	derives(fixture, "reserve.partitions.0.system", "false");
	derives(fixture, "reserve.partitions.0.reserve_mb", "4096");
	derives(fixture, "reserve.partitions.1.partition", "Primary");
	derives(fixture, "reserve.partitions.1.system", "true");
	derives(fixture, "reserve.partitions.2", "none");
	derives(fixture, "reserve.demotion_count_bytes", "2");
}

/* The name of the table that has a value; "" for none. */
static const char *
found_in(const struct fixture *fixture, const char *key, const char *name)
{
	const struct tunable_entry *entry =
	    tunable_find(&fixture->catalog, key, strlen(key), name, strlen(name), NULL);

	return entry != NULL ? entry->table->name : "";
}

static void
a_nodes_key_has_no_values_of_a_partition(void **state)
{
	const struct fixture *fixture = *state;

	assert_string_equal(found_in(fixture, RESERVE "0", "SizeInMB"), "vid.reserve-node");
	assert_string_equal(found_in(fixture, RESERVE "17", "Percentage"), "vid.reserve-node");
	assert_string_equal(found_in(fixture, RESERVE "0", "TargetSizeInMB"), "");
	assert_string_equal(found_in(fixture, RESERVE "Guests", "SizeInMB"), "");
	assert_string_equal(
	    found_in(fixture, RESERVE "Guests", "TargetSizeInMB"), "vid.reserve-partition");
	assert_string_equal(found_in(fixture, RESERVE "0x1", "SizeInMB"), "");
	assert_string_equal(found_in(fixture, RESERVE "<NUMA>", "SizeInMB"), "vid.reserve-node");
	assert_string_equal(
	    found_in(fixture, RESERVE "<partition>", "TargetSizeInMB"), "vid.reserve-partition");
	assert_string_equal(found_in(fixture, RESERVE "Primary", "NumaIoSpaceDemotionCounts"),
	    "vid.reserve-primary");
	assert_string_equal(found_in(fixture, RESERVE "Guests", "NumaIoSpaceDemotionCounts"), "");
}

static void
a_reserve_is_no_larger_than_the_memory(void **state)
{
	static const char *const host[] = { "memory_gb", "8", "processors", "8", NULL };
	struct fixture *fixture = *state;

	set_number(fixture, RESERVE "0", "Percentage", 300);
	set_long(fixture, RESERVE "1", "SizeInMB", UINT64_MAX);
	set_long(fixture, RESERVE "Guests", "TargetSizeInMB", 100000);
	set_number(fixture, VID, "MemoryReserveAbove4GBOnly", 1);
	boot(fixture, &vid_driver);
	say(fixture, host);
	derives(fixture, "reserve.nodes.0.reserve_mb", "8192");
	derives(fixture, "reserve.nodes.1.reserve_mb", "8192");
	derives(fixture, "reserve.partitions.0.reserve_mb", "4096");
	set_number(fixture, RESERVE "Guests", "Above4GBOnly", 0);
	restart(fixture);
	derives(fixture, "reserve.partitions.0.reserve_mb", "8192");
}

static void
after_a_soft_restart_a_partition_needs_leave_to_be_made(void **state)
{
	struct fixture *fixture = *state;

	set_long(fixture, RESERVE "Guests", "TargetSizeInMB", 100);
	set_number(fixture, RESERVE "Guests", "AllowPostKsrCreate", 0);
	boot(fixture, &vid_driver);
	derives(fixture, "reserve.partitions.0.created", "true");
	set_long(fixture, VID, "SoftRestartCount", 1);
	restart(fixture);
	derives(fixture, "soft_restart_generation", "1");
	derives(fixture, "reserve.partitions.0.created", "false");
	derives(fixture, "reserve.partitions.0.reserve_mb", "0");
	delete_value(fixture, RESERVE "Guests", "AllowPostKsrCreate");
	restart(fixture);
	derives(fixture, "reserve.partitions.0.created", "true");
}

static void
ignored_memory_partitions_are_so_until_the_next_boot(void **state)
{
	struct fixture *fixture = *state;

	set_long(fixture, RESERVE "0", "SizeInMB", 1000);
	boot(fixture, &vid_driver);
	derives(fixture, "reserve.ignored", "false");
	set_number(fixture, HYPERVISOR, "IgnoreMemPart", 1);
	shows(fixture, HYPERVISOR, "IgnoreMemPart", NULL, "0", "boot");
	restart(fixture);
	derives(fixture, "reserve.ignored", "false");
	boot(fixture, &vid_driver);
	derives(fixture, "reserve.ignored", "true");
	derives(fixture, "reserve.nodes.0.reserve_mb", "0");
	shows(fixture, VID, "IgnoreMemPart", NULL, "1", NULL);
	set_number(fixture, HYPERVISOR, "IgnoreMemPart", 0);
	set_number(fixture, VID, "IgnoreMemPart", 1);
	boot(fixture, &vid_driver);
	derives(fixture, "reserve.ignored", "true");
	set_text(fixture, TUNABLE_SWITCH_KEY, "IgnoreMemPartZero", "overrides");
	boot(fixture, &vid_driver);
	derives(fixture, "reserve.ignored", "false");
}

#define VID_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VID_TEST(the_device_is_set_up_each_time_it_is_added),
		VID_TEST(the_exo_device_follows_the_registry_at_once),
		VID_TEST(the_exo_device_appears_with_its_key),
		VID_TEST(page_combining_has_its_interval_from_the_entry_on),
		VID_TEST(a_regular_file_backs_a_dax_block_where_that_is_allowed),
		VID_TEST(the_flag_word_has_each_value_in_its_bits),
		VID_TEST(the_rival_reading_masks_to_the_field),
		VID_TEST(each_partition_keeps_what_was_read_at_its_start),
		VID_TEST(a_partition_is_known_by_its_guid_in_either_form),
		VID_TEST(a_switch_of_the_device_holds_as_the_device_read_it),
		VID_TEST(a_required_class_that_cannot_be_had_fails_the_start),
		VID_TEST(pages_are_deposited_by_the_hosts_size),
		VID_TEST(nodes_are_told_from_partitions),
		VID_TEST(a_nodes_key_has_no_values_of_a_partition),
		VID_TEST(a_reserve_is_no_larger_than_the_memory),
		VID_TEST(after_a_soft_restart_a_partition_needs_leave_to_be_made),
		VID_TEST(ignored_memory_partitions_are_so_until_the_next_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
