/*
 * The life of drivers over a true registry: when each value is read, and what is pending until
 * then.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/tables.h"
#include "regstore/base/clock.h"
#include "tests/lib/module.h"

#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define VHDMP    SERVICES "vhdmp\\Parameters"
#define STORVSP  SERVICES "storvsp"
#define VMSWITCH SERVICES "VmsMp\\Parameters"
#define PARSERS  STORVSP "\\Parameters\\Parsers\\"
#define MAP      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\StorVSP\\Parsers\\"
#define NET_CLASS                                                                                  \
	"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}"  \
	"\\"
#define GUID_A    "{aaaaaaaa-0000-0000-0000-000000000001}"
#define GUID_B    "{bbbbbbbb-0000-0000-0000-000000000002}"
#define GUID_C    "{cccccccc-0000-0000-0000-000000000003}"
#define WAIT_MS   10000
#define PATH_SIZE (sizeof(((struct host *)NULL)->root) + 64)

/* --- Apply classes ------------------------------------------------------------------------------
 */

static void
a_boot_static_value_waits_for_the_next_boot(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vhdmp_driver);
	shows(fixture, VHDMP, "SurfaceTimeout", NULL, "300", NULL);
	set_number(fixture, VHDMP, "SurfaceTimeout", 5);
	shows(fixture, VHDMP, "SurfaceTimeout", NULL, "300", "boot");
	reload(fixture);
	shows(fixture, VHDMP, "SurfaceTimeout", NULL, "300", "boot");
	restart(fixture);
	shows(fixture, VHDMP, "SurfaceTimeout", NULL, "300", "boot");
	derives(fixture, "surface.timeout_s", "300");
	boot(fixture, &vhdmp_driver);
	shows(fixture, VHDMP, "SurfaceTimeout", NULL, "5", NULL);
	derives(fixture, "surface.timeout_s", "5");
}

static void
a_boot_static_value_is_shown_while_the_driver_is_stopped(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vhdmp_driver);
	module_stop(&fixture->object);
	set_number(fixture, VHDMP, "SurfaceTimeout", 5);
	set_number(fixture, VHDMP, "CacheNodeQuota", 5);
	shows(fixture, VHDMP, "SurfaceTimeout", NULL, "300", "boot");
	/* What is read at entry is not read now: it would be, and nothing waits. */
	shows(fixture, VHDMP, "CacheNodeQuota", NULL, "5", NULL);
}

static void
a_reload_safe_value_waits_for_the_reload(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vhdmp_driver);
	set_number(fixture, VHDMP, "CacheNodeQuota", 5);
	shows(fixture, VHDMP, "CacheNodeQuota", NULL, "256", "reload");
	derives(fixture, "cache.node_quota", "256");
	reload(fixture);
	shows(fixture, VHDMP, "CacheNodeQuota", NULL, "5", NULL);
	derives(fixture, "cache.node_quota", "5");
	assert_int_equal(fixture->object.reloads, 1);
	delete_value(fixture, VHDMP, "CacheNodeQuota");
	shows(fixture, VHDMP, "CacheNodeQuota", NULL, "5", "reload");
	reload(fixture);
	shows(fixture, VHDMP, "CacheNodeQuota", NULL, "256", NULL);
}

static void
a_driver_entry_value_waits_for_a_restart(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, NET_CLASS "0001", "VlanID", 1);
	boot(fixture, &vmswitch_driver);
	set_number(fixture, VMSWITCH, "VmsFatalOidErrorMode", 1);
	set_number(fixture, VMSWITCH, "VmsVmBatchCopyOnStackBatchSize", 9);
	shows(fixture, VMSWITCH, "VmsFatalOidErrorMode", NULL, "0", "driver-entry");
	shows(fixture, VMSWITCH, "VmsVmBatchCopyOnStackBatchSize", NULL, "null", "reload");
	assert_ntstatus(module_add_device(&fixture->object, NET_CLASS "0001"), STATUS_SUCCESS);
	shows(fixture, VMSWITCH, "VmsVmBatchCopyOnStackBatchSize", NULL, "null", "reload");
	reload(fixture);
	shows(fixture, VMSWITCH, "VmsVmBatchCopyOnStackBatchSize", NULL, "9", NULL);
	shows(fixture, VMSWITCH, "VmsFatalOidErrorMode", NULL, "0", "driver-entry");
	derives(fixture, "fatal_oid", "ignore");
	restart(fixture);
	shows(fixture, VMSWITCH, "VmsFatalOidErrorMode", NULL, "1", NULL);
	derives(fixture, "fatal_oid", "bugcheck");
	assert_int_equal(fixture->object.entries, 2);
}

static void
a_value_whose_class_is_unknown_waits_for_the_assumed_event(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &storvsp_driver);
	set_number(fixture, STORVSP, "NominalIoTimeout", 3);
	shows(fixture, STORVSP, "NominalIoTimeout", NULL, "10", "driver-entry");
	restart(fixture);
	shows(fixture, STORVSP, "NominalIoTimeout", NULL, "3", NULL);
}

static void
a_devices_value_waits_until_that_device_is_added(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, NET_CLASS "0001", "VlanID", 1);
	set_number(fixture, NET_CLASS "0002", "VlanID", 2);
	boot(fixture, &vmswitch_driver);
	shows(fixture, NET_CLASS "0001", "VlanID", NULL, "1", NULL);
	set_number(fixture, NET_CLASS "0001", "VlanID", 11);
	set_number(fixture, NET_CLASS "0002", "VlanID", 22);
	reload(fixture);
	shows(fixture, NET_CLASS "0001", "VlanID", NULL, "1", "device-add");
	assert_ntstatus(module_add_device(&fixture->object, NET_CLASS "0001"), STATUS_SUCCESS);
	shows(fixture, NET_CLASS "0001", "VlanID", NULL, "11", NULL);
	shows(fixture, NET_CLASS "0002", "VlanID", NULL, "2", "device-add");
	restart(fixture);
	shows(fixture, NET_CLASS "0002", "VlanID", NULL, "22", NULL);
}

static void
a_new_device_is_read_when_it_is_added(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmswitch_driver);
	set_number(fixture, NET_CLASS "0003", "VlanID", 3);
	shows(fixture, NET_CLASS "0003", "VlanID", NULL, "null", "device-add");
	assert_ntstatus(module_add_device(&fixture->object,
	                    "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Class\\"
	                    "{4D36E972-E325-11CE-BFC1-08002BE10318}\\0003"),
	    STATUS_SUCCESS);
	shows(fixture, NET_CLASS "0003", "VlanID", NULL, "3", NULL);
}

static void
a_key_that_no_device_has_is_not_added(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, NET_CLASS "Properties", "VlanID", 3);
	boot(fixture, &vmswitch_driver);
	shows(fixture, NULL, "VlanID", NULL, NULL, NULL);
	assert_ntstatus(
	    module_add_device(&fixture->object, NET_CLASS "0009"), STATUS_NO_SUCH_DEVICE);
	assert_ntstatus(
	    module_add_device(&fixture->object, NET_CLASS "Properties"), STATUS_NO_SUCH_DEVICE);
	assert_ntstatus(module_add_device(&fixture->object, VMSWITCH), STATUS_OBJECT_NAME_INVALID);
	shows(fixture, NULL, "VlanID", NULL, NULL, NULL);
	module_stop(&fixture->object);
	assert_ntstatus(
	    module_add_device(&fixture->object, NET_CLASS "0009"), STATUS_DEVICE_NOT_READY);
	boot(fixture, &vhdmp_driver);
	assert_ntstatus(
	    module_add_device(&fixture->object, NET_CLASS "0009"), STATUS_INVALID_DEVICE_REQUEST);
}

/* --- Attaching ----------------------------------------------------------------------------------
 */

/* Make a file of the host's folder with these bytes, `at` bytes from its beginning. */
static void
make_file(const struct fixture *fixture, const char *name, size_t at, const char *bytes,
    size_t size, char *ret_path)
{
	int fd;

	snprintf(ret_path, PATH_SIZE, "%s/%s", fixture->host.root, name);
	fd = open(ret_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, strlen(bytes), (off_t)at), strlen(bytes));
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

static void
each_disk_keeps_the_trace_settings_of_its_attach(void **state)
{
	struct fixture *fixture = *state;
	char first[PATH_SIZE];
	char second[PATH_SIZE];

	make_file(fixture, "first.vhdx", 0, "vhdxfile", 8, first);
	make_file(fixture, "second.vhd", 1024, "conectix", 1536, second);
	boot(fixture, &vhdmp_driver);
	set_number(fixture, VHDMP, "CTTraceFlags", 1);
	shows(fixture, VHDMP, "CTTraceFlags", NULL, "1", NULL);
	assert_ntstatus(run(fixture, "attach", first), STATUS_SUCCESS);
	set_number(fixture, VHDMP, "CTTraceFlags", 2);
	reload(fixture);
	shows(fixture, VHDMP, "CTTraceFlags", first, "1", "attach");
	assert_ntstatus(run(fixture, "attach", second), STATUS_SUCCESS);
	shows(fixture, VHDMP, "CTTraceFlags", first, "1", "attach");
	shows(fixture, VHDMP, "CTTraceFlags", second, "2", NULL);
	assert_ntstatus(run(fixture, "detach", first), STATUS_SUCCESS);
	shows(fixture, VHDMP, "CTTraceFlags", first, NULL, NULL);
	assert_ntstatus(run(fixture, "attach", first), STATUS_SUCCESS);
	shows(fixture, VHDMP, "CTTraceFlags", first, "2", NULL);
	restart(fixture);
	shows(fixture, VHDMP, "CTTraceFlags", first, NULL, NULL);
	shows(fixture, VHDMP, "CTTraceFlags", NULL, "2", NULL);
}

static void
a_disk_is_known_by_its_signature(void **state)
{
	struct fixture *fixture = *state;
	char path[PATH_SIZE];

	boot(fixture, &vhdmp_driver);
	make_file(fixture, "a", 0, "vhdxfile", 8, path);
	assert_ntstatus(run(fixture, "attach", path), STATUS_SUCCESS);
	derives(fixture, "disks.0.format", "VHDX");
	assert_ntstatus(run(fixture, "attach", path), STATUS_OBJECT_NAME_COLLISION);
	assert_ntstatus(run(fixture, "detach", path), STATUS_SUCCESS);
	assert_ntstatus(run(fixture, "detach", path), STATUS_NO_SUCH_DEVICE);
	make_file(fixture, "b", 0, "conectix", 512, path);
	assert_ntstatus(run(fixture, "attach", path), STATUS_SUCCESS);
	derives(fixture, "disks.0.format", "VHD");
	derives(fixture, "disks.1", "none");
}

static void
what_is_no_disk_is_not_attached(void **state)
{
	struct fixture *fixture = *state;
	char path[PATH_SIZE];

	boot(fixture, &vhdmp_driver);
	make_file(fixture, "short", 0, "vhdxfil", 7, path);
	assert_ntstatus(run(fixture, "attach", path), STATUS_NOT_SUPPORTED);
	make_file(fixture, "early", 0, "conectix", 513, path);
	assert_ntstatus(run(fixture, "attach", path), STATUS_NOT_SUPPORTED);
	make_file(fixture, "small", 0, "conectix", 511, path);
	assert_ntstatus(run(fixture, "attach", path), STATUS_NOT_SUPPORTED);
	make_file(fixture, "empty", 0, "", 0, path);
	assert_ntstatus(run(fixture, "attach", path), STATUS_NOT_SUPPORTED);
	assert_ntstatus(run(fixture, "attach", fixture->host.root), STATUS_NOT_SUPPORTED);
	snprintf(path, sizeof(path), "%s/none", fixture->host.root);
	assert_ntstatus(run(fixture, "attach", path), STATUS_OBJECT_NAME_NOT_FOUND);
	/* Opening a pipe that nobody writes to must not stop the kernel. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_ntstatus(run(fixture, "attach", path), STATUS_NOT_SUPPORTED);
	derives(fixture, "disks", "[]");
}

/* --- Parsers ------------------------------------------------------------------------------------
 */

/* Load a parser and compare what was found. */
static void
assert_parser(struct fixture *fixture, const char *guid, const char *parser, const char *service)
{
	json_t *result = json_object();

	assert_ntstatus(call(fixture, "load-parser", guid, result), STATUS_SUCCESS);
	assert_string_equal(member(result, "parser"), parser);
	assert_string_equal(member(result, "service"), service);
	json_decref(result);
}

static void
a_parser_is_looked_up_at_each_operation(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &storvsp_driver);
	assert_ntstatus(run(fixture, "load-parser", GUID_A), STATUS_OBJECT_NAME_NOT_FOUND);
	set_text(fixture, PARSERS GUID_A, "ServiceName", "first");
	assert_parser(fixture, GUID_A, GUID_A, "first");
	shows(fixture, PARSERS GUID_A, "ServiceName", NULL, "first", NULL);
	set_text(fixture, PARSERS GUID_A, "ServiceName", "second");
	shows(fixture, PARSERS GUID_A, "ServiceName", NULL, "second", NULL);
	assert_parser(fixture, GUID_A, GUID_A, "second");
	delete_tree(fixture, PARSERS GUID_A);
	assert_ntstatus(run(fixture, "load-parser", GUID_A), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void
the_parser_map_is_second_to_the_registration(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &storvsp_driver);
	set_text(fixture, MAP GUID_A, "ServiceName", "mapped");
	assert_parser(fixture, GUID_A, GUID_A, "mapped");
	shows(fixture, MAP GUID_A, "ServiceName", NULL, "mapped", NULL);
	set_text(fixture, PARSERS GUID_A, "ServiceName", "registered");
	assert_parser(fixture, GUID_A, GUID_A, "registered");
	/* The map's row shows what its reader works with: the registration hides it. */
	shows(fixture, MAP GUID_A, "ServiceName", NULL, "registered", NULL);
}

static void
overrides_are_followed_to_the_last_parser(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &storvsp_driver);
	set_text(fixture, PARSERS GUID_A, "OverrideParser", GUID_B);
	set_text(fixture, MAP GUID_B, "OverrideParser", GUID_C);
	set_text(fixture, PARSERS GUID_C, "ServiceName", "last");
	assert_parser(fixture, GUID_A, GUID_C, "last");
	set_text(fixture, PARSERS GUID_C, "OverrideParser", GUID_C);
	assert_parser(fixture, GUID_A, GUID_C, "last");
	/* Text that is no GUID overrides nothing. */
	set_text(fixture, PARSERS GUID_C, "OverrideParser", "none");
	assert_parser(fixture, GUID_A, GUID_C, "last");
}

static void
overrides_in_a_circle_end(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &storvsp_driver);
	set_text(fixture, PARSERS GUID_A, "OverrideParser", GUID_B);
	set_text(fixture, PARSERS GUID_B, "OverrideParser", GUID_A);
	set_text(fixture, PARSERS GUID_A, "ServiceName", "never");
	assert_ntstatus(run(fixture, "load-parser", GUID_A), STATUS_UNSUCCESSFUL);
}

static void
a_parser_is_named_by_its_guid_with_or_without_braces(void **state)
{
	struct fixture *fixture = *state;
	const char *bare = "AAAAAAAA-0000-0000-0000-000000000001";

	boot(fixture, &storvsp_driver);
	set_text(fixture, PARSERS GUID_A, "ServiceName", "found");
	assert_parser(fixture, bare, bare, "found");
	assert_ntstatus(run(fixture, "load-parser", "none"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "load-parser", ""), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "load-parser", GUID_A "\\x"), STATUS_INVALID_PARAMETER);
}

/* --- Workers ------------------------------------------------------------------------------------
 */

static size_t
count_threads(void)
{
	DIR *folder = opendir("/proc/self/task");
	size_t count = 0;
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

/* A thread that was joined may stand in /proc for a moment yet. */
static void
assert_threads(size_t wanted)
{
	int64_t end = clock_monotonic_ns() + INT64_C(1000000) * WAIT_MS;

	while (count_threads() != wanted && clock_monotonic_ns() < end)
		sched_yield();
	assert_int_equal(count_threads(), wanted);
}

static void
storvsp_has_as_many_workers_as_configured(void **state)
{
	struct fixture *fixture = *state;
	size_t before = count_threads();

	set_number(fixture, STORVSP, "WorkerCount", 7);
	boot(fixture, &storvsp_driver);
	assert_threads(before + 7);
	derives(fixture, "workers.threads", "7");
	set_number(fixture, STORVSP, "WorkerCount", 2);
	assert_threads(before + 7);
	restart(fixture);
	assert_threads(before + 2);
	module_stop(&fixture->object);
	assert_threads(before);
}

static void
the_number_of_workers_has_a_limit_and_an_assumed_default(void **state)
{
	struct fixture *fixture = *state;
	size_t before = count_threads();

	boot(fixture, &storvsp_driver);
	assert_threads(before + 4);
	derives(fixture, "workers.count_assumed", "true");
	set_number(fixture, STORVSP, "WorkerCount", 0);
	restart(fixture);
	assert_threads(before);
	derives(fixture, "workers.count_assumed", "false");
	set_number(fixture, STORVSP, "WorkerCount", UINT32_MAX);
	restart(fixture);
	assert_threads(before + 256);
}

/* --- Instances ----------------------------------------------------------------------------------
 */

static void
an_instance_that_appears_waits_and_one_that_vanishes_is_still_known(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, VMSWITCH "\\Nics\\old", "FriendlyName", "Old");
	boot(fixture, &vmswitch_driver);
	shows(fixture, VMSWITCH "\\Nics\\old", "FriendlyName", NULL, "Old", NULL);
	set_text(fixture, VMSWITCH "\\Nics\\new", "FriendlyName", "New");
	shows(fixture, VMSWITCH "\\Nics\\new", "FriendlyName", NULL, "null", "driver-entry");
	delete_tree(fixture, VMSWITCH "\\Nics\\old");
	shows(fixture, VMSWITCH "\\Nics\\old", "FriendlyName", NULL, "Old", "driver-entry");
	derives(fixture, "nics.0.name", "Old");
	derives(fixture, "nics.1", "none");
	restart(fixture);
	shows(fixture, VMSWITCH "\\Nics\\old", "FriendlyName", NULL, NULL, NULL);
	shows(fixture, VMSWITCH "\\Nics\\new", "FriendlyName", NULL, "New", NULL);
	derives(fixture, "nics.0.name", "New");
	derives(fixture, "nics.1", "none");
}

static void
values_without_fixed_names_appear_and_vanish_with_the_event(void **state)
{
	struct fixture *fixture = *state;
	const char *path = VMSWITCH "\\Switches\\s\\Properties";

	set_text(fixture, path, "Old", "o");
	boot(fixture, &vmswitch_driver);
	shows(fixture, path, "Old", NULL, "o", NULL);
	set_text(fixture, path, "New", "n");
	delete_value(fixture, path, "Old");
	shows(fixture, path, "New", NULL, "null", "driver-entry");
	shows(fixture, path, "Old", NULL, "o", "driver-entry");
	restart(fixture);
	shows(fixture, path, "New", NULL, "n", NULL);
	shows(fixture, path, "Old", NULL, NULL, NULL);
	delete_tree(fixture, path);
	shows(fixture, path, "New", NULL, "n", "driver-entry");
	restart(fixture);
	shows(fixture, path, "New", NULL, NULL, NULL);
}

static void
a_subkey_named_like_a_placeholder_is_an_instance_like_others(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, STORVSP "\\<device>", "FcVportRescanInterval", 5);
	set_number(fixture, STORVSP "\\{x}", "FcVportRescanInterval", 6);
	set_number(fixture, STORVSP "\\Parameters", "FcVportRescanInterval", 7);
	boot(fixture, &storvsp_driver);
	shows(fixture, STORVSP "\\<device>", "FcVportRescanInterval", NULL, "5", NULL);
	shows(fixture, STORVSP "\\{x}", "FcVportRescanInterval", NULL, "6", NULL);
	/* Windows' own subkeys of a service are no devices. */
	shows(fixture, STORVSP "\\Parameters", "FcVportRescanInterval", NULL, NULL, NULL);
	set_text(fixture, VMSWITCH "\\Nics\\<id>", "FriendlyName", "Odd");
	set_text(fixture, VMSWITCH "\\Nics\\Parameters", "FriendlyName", "Even");
	boot(fixture, &vmswitch_driver);
	shows(fixture, VMSWITCH "\\Nics\\<id>", "FriendlyName", NULL, "Odd", NULL);
	shows(fixture, VMSWITCH "\\Nics\\Parameters", "FriendlyName", NULL, "Even", NULL);
}

static void
a_link_that_goes_round_is_no_instance(void **state)
{
	struct fixture *fixture = *state;
	const char *target = "\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Services\\VmsMp\\"
	                     "Parameters\\Nics\\round";
	struct buf data = { 0 };
	reg_key key;

	for (const char *at = target; *at != '\0'; at++) {
		buf_append_byte(&data, (uint8_t)*at);
		buf_append_byte(&data, 0);
	}
	set_text(fixture, VMSWITCH "\\Nics\\good", "FriendlyName", "Good");
	assert_lstatus(registry_create_key(fixture->writer, NULL, VMSWITCH "\\Nics\\round",
	                   REGISTRY_CREATE_LINK | REGISTRY_VOLATILE, &key, NULL),
	    ERROR_SUCCESS);
	assert_lstatus(registry_set_value(fixture->writer, key, "SymbolicLinkValue", REG_LINK,
	                   data.data, data.size),
	    ERROR_SUCCESS);
	buf_release(&data);
	boot(fixture, &vmswitch_driver);
	shows(fixture, VMSWITCH "\\Nics\\good", "FriendlyName", NULL, "Good", NULL);
	derives(fixture, "nics.0.name", "Good");
	derives(fixture, "nics.1", "none");
}

static void
names_that_json_cannot_hold_are_shown_with_a_replacement(void **state)
{
	struct fixture *fixture = *state;
	const uint8_t surrogate[] = { 'N', 0, 0x00, 0xd8, 'x', 0, 0, 0 };

	set_bytes(
	    fixture, VMSWITCH "\\Nics\\one", "FriendlyName", REG_SZ, surrogate, sizeof(surrogate));
	set_text(fixture, VMSWITCH "\\Switches\\s\\Properties", "P\xed\xa0\x80", "v");
	boot(fixture, &vmswitch_driver);
	shows(fixture, NULL, "FriendlyName", NULL, "N\xef\xbf\xbdx", NULL);
	shows(fixture, NULL, "P\xef\xbf\xbd", NULL, "v", NULL);
	derives(fixture, "nics.0.name", "N\xef\xbf\xbdx");
	derives(fixture, "nics.1", "none");
}

/* --- Life ---------------------------------------------------------------------------------------
 */

static void
a_driver_starts_and_stops_once(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vhdmp_driver);
	assert_int_equal(fixture->object.entries, 1);
	assert_ntstatus(module_start(&fixture->object), STATUS_INVALID_DEVICE_REQUEST);
	assert_int_equal(fixture->object.entries, 1);
	module_stop(&fixture->object);
	module_stop(&fixture->object);
	assert_ntstatus(module_reload(&fixture->object), STATUS_DEVICE_NOT_READY);
	assert_int_equal(fixture->object.reloads, 0);
	assert_null(fixture->object.extension);
}

static void
a_driver_without_a_reload_signal_refuses_one(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &storvsp_driver);
	assert_ntstatus(module_reload(&fixture->object), STATUS_INVALID_DEVICE_REQUEST);
	assert_int_equal(fixture->object.reloads, 0);
}

static void
a_stopped_driver_shows_what_it_would_read_and_nothing_waits(void **state)
{
	struct fixture *fixture = *state;
	json_t *views;
	json_t *view;
	size_t index;

	set_number(fixture, VHDMP, "SmbResiliencyTimeoutMs", 300001);
	fixture->object = (struct module_object){ .module = &vhdmp_driver,
		.registry = fixture->host.registry,
		.catalog = &fixture->catalog };
	shows(fixture, VHDMP, "SmbResiliencyTimeoutMs", NULL, "60000", NULL);
	views = view_all(fixture);
	assert_true(json_array_size(views) > 30);
	json_array_foreach(views, index, view)
	{
		assert_false(json_is_true(json_object_get(view, "pending")));
		assert_false(json_is_true(json_object_get(view, "running")));
		assert_true(member(view, "reason")[0] != '\0');
	}
	json_decref(views);
}

static void
a_view_names_the_last_writer(void **state)
{
	struct fixture *fixture = *state;
	json_t *views;
	const json_t *write;

	boot(fixture, &vhdmp_driver);
	set_number(fixture, VHDMP, "SectorSize", 512);
	views = view_all(fixture);
	write = json_object_get(find_view(views, VHDMP, "SectorSize", NULL), "last_write");
	assert_string_equal(member(write, "actor"), "tester");
	write = json_object_get(find_view(views, VHDMP, "SurfaceTimeout", NULL), "last_write");
	assert_true(json_is_null(write));
	json_decref(views);
}

/* --- A driver of the test's own -----------------------------------------------------------------
 */

#define FOLLOWED SERVICES "Follower\\Parameters"

struct follower_state {
	struct tunable_number level;
};

static const struct tunable follower_rows[] = {
	{ .basis = BASIS_DOCUMENTED,
	    .doc = "A row of the test.",
	    .name = "Level",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct follower_state, level),
	    DEFAULT(1) },
};

static const struct tunable follower_device_rows[] = {
	{ .basis = BASIS_DOCUMENTED,
	    .doc = "A row of the test.",
	    .name = "Port",
	    .type = REG_DWORD },
};

static const struct tunable_table follower_table = {
	.name = "follower.all",
	.owner = "follower.sys",
	.key = FOLLOWED,
	.section = "0",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_CHANGE_NOTIFICATION,
	.rows = follower_rows,
	.count = ARRAY_SIZE(follower_rows),
	.state_size = sizeof(struct follower_state),
};

static const struct tunable_table follower_device_table = {
	.name = "follower.device",
	.owner = "follower.sys",
	.key = SERVICES "Follower\\Devices\\<device>",
	.section = "0",
	.apply = APPLY_CHANGE_NOTIFICATION,
	.rows = follower_device_rows,
	.count = ARRAY_SIZE(follower_device_rows),
};

static const struct tunable_table *const follower_tables[] = { &follower_table,
	&follower_device_table };

static struct {
	unsigned entries;
	unsigned unloads;
	unsigned changes;
	unsigned devices;
	bool entry_fails;
	bool device_fails;
} follower;

static ntstatus
follower_read(struct module_object *object)
{
	ntstatus status = module_load(object, &follower_table, NULL);

	return ntstatus_ok(status) ? module_load_instances(object, &follower_device_table, NULL)
	                           : status;
}

static ntstatus
follower_entry(struct module_object *object)
{
	ntstatus status = follower_read(object);

	follower.entries++;
	return follower.entry_fails ? NTSTATUS(STATUS_INSUFFICIENT_RESOURCES) : status;
}

static ntstatus
follower_changed(struct module_object *object)
{
	follower.changes++;
	return follower_read(object);
}

static void
follower_unload(struct module_object *object UNUSED)
{
	follower.unloads++;
}

static ntstatus
follower_add_device(struct module_object *object UNUSED, const char *key UNUSED)
{
	follower.devices++;
	return NTSTATUS(follower.device_fails ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
}

static const struct module follower_driver = {
	.name = "follower",
	.image = "follower.sys",
	.service = "Follower",
	.doc = "A driver of the test.",
	.tables = follower_tables,
	.table_count = ARRAY_SIZE(follower_tables),
	.entry = follower_entry,
	.unload = follower_unload,
	.changed = follower_changed,
	.add_device = follower_add_device,
	.devices = &follower_device_table,
};

/* As setup, with the test's own driver; it is not started. */
static int
setup_follower(void **state)
{
	struct fixture *fixture;
	struct buf error = { 0 };

	if (fixture_setup(state) != 0)
		return -1;
	fixture = *state;
	memset(&follower, 0, sizeof(follower));
	tunable_catalog_release(&fixture->catalog);
	fixture->object = (struct module_object){ .module = &follower_driver,
		.registry = fixture->host.registry,
		.catalog = &fixture->catalog };
	return tunable_catalog_init(
	           follower_tables, ARRAY_SIZE(follower_tables), &fixture->catalog, &error)
	           ? 0
	           : -1;
}

/* Wait until the kernel's connection has a wake-up, and hand it to the driver. */
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
a_followed_value_changes_at_once(void **state)
{
	struct fixture *fixture = *state;

	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
	shows(fixture, FOLLOWED, "Level", NULL, "1", NULL);
	set_number(fixture, FOLLOWED, "Level", 5);
	shows(fixture, FOLLOWED, "Level", NULL, "1", "notification");
	take_change(fixture);
	assert_int_equal(follower.changes, 1);
	shows(fixture, FOLLOWED, "Level", NULL, "5", NULL);
	delete_value(fixture, FOLLOWED, "Level");
	take_change(fixture);
	assert_int_equal(follower.changes, 2);
	shows(fixture, FOLLOWED, "Level", NULL, "1", NULL);
}

static void
a_write_of_another_process_is_followed(void **state)
{
	struct fixture *fixture = *state;
	pid_t child;

	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		const struct registry_options options = { .mode = REGISTRY_OPEN };
		struct registry *registry = NULL;
		reg_key key;
		bool ok =
		    lstatus_ok(registry_open(fixture->host.root, &options, &registry)) &&
		    lstatus_ok(registry_create_key(registry, NULL, FOLLOWED, 0, &key, NULL)) &&
		    lstatus_ok(registry_set_dword(registry, key, "Level", 9));

		_exit(ok ? 0 : 1);
	}
	assert_int_equal(host_wait(child), 0);
	take_change(fixture);
	shows(fixture, FOLLOWED, "Level", NULL, "9", NULL);
}

static void
an_instance_of_a_followed_key_is_followed_from_its_making(void **state)
{
	struct fixture *fixture = *state;
	const char *device = SERVICES "Follower\\Devices\\one";

	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
	shows(fixture, device, "Port", NULL, NULL, NULL);
	set_number(fixture, device, "Port", 3);
	shows(fixture, device, "Port", NULL, "null", "notification");
	take_change(fixture);
	shows(fixture, device, "Port", NULL, "3", NULL);
	delete_tree(fixture, device);
	take_change(fixture);
	shows(fixture, device, "Port", NULL, NULL, NULL);
}

static void
a_change_elsewhere_is_not_told(void **state)
{
	struct fixture *fixture = *state;

	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
	set_number(fixture, VHDMP, "SurfaceTimeout", 5);
	registry_watch_drain(fixture->host.registry);
	module_notify(&fixture->object);
	assert_int_equal(follower.changes, 0);
	set_number(fixture, FOLLOWED, "Level", 5);
	take_change(fixture);
	assert_int_equal(follower.changes, 1);
	module_notify(&fixture->object);
	assert_int_equal(follower.changes, 1);
}

static void
a_stopped_driver_is_told_of_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
	module_stop(&fixture->object);
	assert_int_equal(follower.unloads, 1);
	assert_int_equal(fixture->object.watch_count, 0);
	set_number(fixture, FOLLOWED, "Level", 5);
	module_notify(&fixture->object);
	assert_int_equal(follower.changes, 0);
	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
	shows(fixture, FOLLOWED, "Level", NULL, "5", NULL);
}

static void
a_failed_entry_leaves_the_driver_as_before(void **state)
{
	struct fixture *fixture = *state;

	follower.entry_fails = true;
	assert_ntstatus(module_start(&fixture->object), STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(follower.entries, 1);
	assert_int_equal(follower.unloads, 0);
	assert_false(fixture->object.running);
	assert_int_equal(fixture->object.watch_count, 0);
	assert_int_equal(fixture->object.snapshot_count, 0);
	follower.entry_fails = false;
	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
}

static void
a_device_that_fails_at_the_start_unloads_the_driver(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, SERVICES "Follower\\Devices\\one", "Port", 3);
	follower.device_fails = true;
	assert_ntstatus(module_start(&fixture->object), STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(follower.devices, 1);
	assert_int_equal(follower.unloads, 1);
	assert_false(fixture->object.running);
	assert_int_equal(fixture->object.snapshot_count, 0);
}

/* --- What is disabled ---------------------------------------------------------------------------
 */

static void
disabled_resiliency_has_no_timeouts(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vhdmp_driver);
	derives(fixture, "resiliency.data", "on");
	derives(fixture, "resiliency.metadata", "on");
	derives(fixture, "resiliency.smb_timeout_ms", "60000");
	set_number(fixture, VHDMP, "DisableVhdxMetadataResiliency", 1);
	boot(fixture, &vhdmp_driver);
	derives(fixture, "resiliency.data", "on");
	derives(fixture, "resiliency.metadata", "off");
	set_number(fixture, VHDMP, "DisableVhdxMetadataResiliency", 0);
	set_number(fixture, VHDMP, "DisableResiliency", 2);
	boot(fixture, &vhdmp_driver);
	derives(fixture, "resiliency.data", "off");
	derives(fixture, "resiliency.metadata", "off");
	derives(fixture, "resiliency.smb_timeout_ms", "0");
	derives(fixture, "resiliency.csv_timeout_ms", "0");
}

static void
disabled_thin_provisioning_takes_trim_along(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VHDMP, "ForceEnableMegaTrim", 1);
	boot(fixture, &vhdmp_driver);
	derives(fixture, "offload.trim", "on");
	derives(fixture, "offload.mega_trim", "on");
	derives(fixture, "offload.odx", "on");
	set_number(fixture, VHDMP, "ForceDisableTpSupport", 1);
	set_number(fixture, VHDMP, "ForceDisableODX", 1);
	boot(fixture, &vhdmp_driver);
	derives(fixture, "offload.thin_provisioning", "off");
	derives(fixture, "offload.trim", "off");
	derives(fixture, "offload.mega_trim", "off");
	derives(fixture, "offload.odx", "off");
}

static void
numbers_of_any_size_keep_the_derived_state_sane(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, VHDMP, "MirrorBlockSize", UINT32_MAX);
	set_number(fixture, VHDMP, "InternalConcurrentMirrorThreadCount", UINT32_MAX);
	boot(fixture, &vhdmp_driver);
	derives(fixture, "mirror.buffer_bytes", "9223372036854775807");
	set_number(fixture, VHDMP, "MirrorBlockSize", 0);
	reload(fixture);
	derives(fixture, "mirror.buffer_bytes", "0");
}

static void
installing_the_services_again_keeps_what_was_set(void **state)
{
	struct fixture *fixture = *state;
	reg_key key;

	assert_lstatus(driver_install_services(fixture->host.registry), ERROR_SUCCESS);
	key = host_key(fixture->writer, SERVICES "VmsMp");
	assert_int_equal(host_dword(fixture->writer, key, "Start"), 3);
	assert_int_equal(host_dword(fixture->writer, key, "Type"), 1);
	set_number(fixture, SERVICES "VmsMp", "Start", 4);
	assert_lstatus(driver_install_services(fixture->host.registry), ERROR_SUCCESS);
	assert_int_equal(host_dword(fixture->writer, key, "Start"), 4);
}

#define FOLLOWER_TEST(name) cmocka_unit_test_setup_teardown(name, setup_follower, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(a_boot_static_value_waits_for_the_next_boot),
		FIXTURE_TEST(a_boot_static_value_is_shown_while_the_driver_is_stopped),
		FIXTURE_TEST(a_reload_safe_value_waits_for_the_reload),
		FIXTURE_TEST(a_driver_entry_value_waits_for_a_restart),
		FIXTURE_TEST(a_value_whose_class_is_unknown_waits_for_the_assumed_event),
		FIXTURE_TEST(a_devices_value_waits_until_that_device_is_added),
		FIXTURE_TEST(a_new_device_is_read_when_it_is_added),
		FIXTURE_TEST(a_key_that_no_device_has_is_not_added),
		FIXTURE_TEST(each_disk_keeps_the_trace_settings_of_its_attach),
		FIXTURE_TEST(a_disk_is_known_by_its_signature),
		FIXTURE_TEST(what_is_no_disk_is_not_attached),
		FIXTURE_TEST(a_parser_is_looked_up_at_each_operation),
		FIXTURE_TEST(the_parser_map_is_second_to_the_registration),
		FIXTURE_TEST(overrides_are_followed_to_the_last_parser),
		FIXTURE_TEST(overrides_in_a_circle_end),
		FIXTURE_TEST(a_parser_is_named_by_its_guid_with_or_without_braces),
		FIXTURE_TEST(storvsp_has_as_many_workers_as_configured),
		FIXTURE_TEST(the_number_of_workers_has_a_limit_and_an_assumed_default),
		FIXTURE_TEST(an_instance_that_appears_waits_and_one_that_vanishes_is_still_known),
		FIXTURE_TEST(values_without_fixed_names_appear_and_vanish_with_the_event),
		FIXTURE_TEST(a_subkey_named_like_a_placeholder_is_an_instance_like_others),
		FIXTURE_TEST(a_link_that_goes_round_is_no_instance),
		FIXTURE_TEST(names_that_json_cannot_hold_are_shown_with_a_replacement),
		FIXTURE_TEST(a_driver_starts_and_stops_once),
		FIXTURE_TEST(a_driver_without_a_reload_signal_refuses_one),
		FIXTURE_TEST(a_stopped_driver_shows_what_it_would_read_and_nothing_waits),
		FIXTURE_TEST(a_view_names_the_last_writer),
		FOLLOWER_TEST(a_followed_value_changes_at_once),
		FOLLOWER_TEST(a_write_of_another_process_is_followed),
		FOLLOWER_TEST(an_instance_of_a_followed_key_is_followed_from_its_making),
		FOLLOWER_TEST(a_change_elsewhere_is_not_told),
		FOLLOWER_TEST(a_stopped_driver_is_told_of_nothing),
		FOLLOWER_TEST(a_failed_entry_leaves_the_driver_as_before),
		FOLLOWER_TEST(a_device_that_fails_at_the_start_unloads_the_driver),
		FIXTURE_TEST(disabled_resiliency_has_no_timeouts),
		FIXTURE_TEST(disabled_thin_provisioning_takes_trim_along),
		FIXTURE_TEST(numbers_of_any_size_keep_the_derived_state_sane),
		FIXTURE_TEST(installing_the_services_again_keeps_what_was_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
