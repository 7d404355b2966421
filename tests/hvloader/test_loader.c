/*
 * The loader: control sets, failure actions, the order of services, the machine, the launch block.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hvloader/control_set.h"
#include "hvloader/hvloader.h"
#include "hvloader/machine.h"
#include "hvloader/services.h"
#include "regstore/bcd/bcd.h"
#include "tests/lib/module.h"

#define CONTROL "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor"
#define SELECT  "HKLM\\SYSTEM\\Select"

/* The services that the methods are about; none is called here. */
static struct services services;

struct services *
services_of(struct svc *svc UNUSED)
{
	return &services;
}

/* --- Failure actions
 * ------------------------------------------------------------------------------ */

static void
failure_actions_read_back(void **state UNUSED)
{
	const struct failure_actions actions = { .reset_s = 86400,
		.count = 2,
		.actions = { { SC_ACTION_RESTART, 1000 }, { SC_ACTION_REBOOT, 60000 } } };
	static const uint8_t bytes[] = { 0x80, 0x51, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 20,
		0, 0, 0, 1, 0, 0, 0, 0xe8, 3, 0, 0, 2, 0, 0, 0, 0x60, 0xea, 0, 0 };
	struct failure_actions found = { 0 };
	struct buf data = { 0 };

	failure_actions_encode(&actions, &data);
	assert_int_equal(data.size, sizeof(bytes));
	assert_memory_equal(data.data, bytes, sizeof(bytes));
	assert_true(failure_actions_decode(data.data, data.size, &found));
	assert_memory_equal(&found, &actions, sizeof(found));
	buf_release(&data);
}

static void
malformed_failure_actions_are_none(void **state UNUSED)
{
	uint8_t bytes[28] = { 0 };
	struct failure_actions found = { .count = 77 };

	assert_false(failure_actions_decode(bytes, 19, &found));
	bytes[12] = 2; /* two actions in the room of one */
	assert_false(failure_actions_decode(bytes, sizeof(bytes), &found));
	bytes[12] = 0xff;
	bytes[15] = 0xff;
	assert_false(failure_actions_decode(bytes, sizeof(bytes), &found));
	assert_int_equal(found.count, 77);
}

static void
more_actions_than_are_kept_are_cut(void **state UNUSED)
{
	uint8_t bytes[20 + 8 * 40] = { 0 };
	struct failure_actions found;

	bytes[12] = 40;
	assert_true(failure_actions_decode(bytes, sizeof(bytes), &found));
	assert_int_equal(found.count, SERVICE_ACTIONS_MAX);
}

/* --- Control sets
 * --------------------------------------------------------------------------------- */

static void
select_is(
    const struct host *host, uint32_t current, uint32_t standard, uint32_t failed, uint32_t good)
{
	reg_key key = host_key(host->registry, SELECT);

	assert_int_equal(host_dword(host->registry, key, "Current"), current);
	assert_int_equal(host_dword(host->registry, key, "Default"), standard);
	assert_int_equal(host_dword(host->registry, key, "Failed"), failed);
	assert_int_equal(host_dword(host->registry, key, "LastKnownGood"), good);
}

static uint64_t
writes(const struct host *host)
{
	uint64_t number = 0;

	assert_lstatus(registry_write_number(host->registry, &number), ERROR_SUCCESS);
	return number;
}

static void
a_boot_takes_the_default_set_and_keeps_a_copy_of_a_good_one(void **state)
{
	struct host *host = *state;
	uint32_t number = 0;
	uint64_t before;
	reg_key key = host_key(host->registry, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x");

	registry_set_dword(host->registry, key, "v", 1);
	assert_lstatus(control_set_choose(host->registry, false, &number), ERROR_SUCCESS);
	assert_int_equal(number, 1);
	assert_lstatus(control_set_good(host->registry), ERROR_SUCCESS);
	select_is(host, 1, 1, 0, 2);
	key = host_key(host->registry, "HKLM\\SYSTEM\\ControlSet002\\Services\\x");
	assert_int_equal(host_dword(host->registry, key, "v"), 1);
	/* A good boot of an unchanged set writes nothing. */
	before = writes(host);
	assert_lstatus(control_set_good(host->registry), ERROR_SUCCESS);
	assert_int_equal(writes(host), before);
}

static void
the_last_known_good_set_brings_the_old_values_back(void **state)
{
	struct host *host = *state;
	uint32_t number = 0;
	reg_key key = host_key(host->registry, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x");

	registry_set_dword(host->registry, key, "v", 1);
	assert_lstatus(control_set_good(host->registry), ERROR_SUCCESS);
	registry_set_dword(host->registry, key, "v", 2);
	assert_lstatus(control_set_choose(host->registry, true, &number), ERROR_SUCCESS);
	assert_int_equal(number, 2);
	select_is(host, 2, 2, 1, 2);
	assert_lstatus(registry_boot(host->registry), ERROR_SUCCESS);
	key = host_key(host->registry, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x");
	assert_int_equal(host_dword(host->registry, key, "v"), 1);
	/* The next good boot makes a copy anew, and leaves the failed set alone. */
	assert_lstatus(control_set_good(host->registry), ERROR_SUCCESS);
	select_is(host, 2, 2, 1, 3);
	key = host_key(host->registry, "HKLM\\SYSTEM\\ControlSet001\\Services\\x");
	assert_int_equal(host_dword(host->registry, key, "v"), 2);
}

static void
a_set_that_is_not_there_is_not_taken(void **state)
{
	struct host *host = *state;
	uint32_t number = 0;
	reg_key key = host_key(host->registry, SELECT);

	registry_set_dword(host->registry, key, "Default", 7);
	registry_set_dword(host->registry, key, "LastKnownGood", 9);
	assert_lstatus(control_set_choose(host->registry, true, &number), ERROR_SUCCESS);
	assert_int_equal(number, 1);
	select_is(host, 1, 7, 0, 9);
}

/* --- Services
 * ------------------------------------------------------------------------------------- */

static void
add_service(const struct host *host, const char *name, uint32_t type, const char *image,
    const char *depends)
{
	char path[200];
	reg_key key;
	struct buf data = { 0 };

	snprintf(path, sizeof(path), "HKLM\\SYSTEM\\CurrentControlSet\\Services\\%s", name);
	key = host_key(host->registry, path);
	registry_set_dword(host->registry, key, "Type", type);
	registry_set_dword(host->registry, key, "Start", SERVICE_AUTO_START);
	if (image != NULL)
		registry_set_text(host->registry, key, "ImagePath", REG_EXPAND_SZ, image);
	for (const char *at = depends; at != NULL && *at != '\0'; at++) {
		const char unit[] = { *at == '|' ? '\0' : *at, '\0' };

		buf_append(&data, unit, 2);
	}
	buf_append(&data, "\0\0\0\0", 4);
	if (depends != NULL)
		registry_set_value(
		    host->registry, key, "DependOnService", REG_MULTI_SZ, data.data, data.size);
	buf_release(&data);
}

static size_t
place_of(const char *name)
{
	for (size_t i = 0; i < services.count; i++) {
		if (strcmp(services.list[services.order[i]].name, name) == 0)
			return i;
	}
	fail_msg("there is no service %s", name);
	return 0;
}

static const struct service *
service_named(const char *name)
{
	return &services.list[services.order[place_of(name)]];
}

static void
services_come_after_what_they_depend_on(void **state)
{
	struct host *host = *state;
	struct svc svc = { .registry = host->registry };

	add_service(host, "a", 0x10, "\"C:\\Program Files\\x\\first.exe\" -k y", "b|none|c");
	add_service(host, "b", 0x20, "%SystemRoot%\\System32\\svchost.exe -k g", "c");
	add_service(host, "c", 0x20, "c:/windows/SVCHOST.EXE", NULL);
	add_service(host, "d", 0x10, "plain", "e");
	add_service(host, "e", 0x10, NULL, "d");
	add_service(host, "driver", 1, "x.sys", NULL);
	services = (struct services){ .svc = &svc };
	assert_true(services_read(&services));
	assert_int_equal(services.count, 5);
	assert_true(place_of("c") < place_of("b"));
	assert_true(place_of("b") < place_of("a"));
	assert_string_equal(service_named("a")->process->program, "first");
	assert_string_equal(service_named("d")->process->program, "plain");
	assert_string_equal(service_named("e")->process->program, "e");
	assert_ptr_equal(service_named("b")->process, service_named("c")->process);
	services_release(&services);
}

/* --- The machine and the launch block
 * ------------------------------------------------------------- */

static void
the_machine_is_what_the_host_says_or_assumed(void **state)
{
	struct host *host = *state;
	struct machine_facts facts;
	reg_key key;

	machine_facts_read(host->registry, &facts);
	assert_string_equal(machine_fact(&facts, "Processors"), "16");
	assert_string_equal(machine_fact(&facts, "backing"), "available");
	assert_true(strlen(machine_fact(&facts, "cpuvendor")) > 0);
	assert_null(machine_fact(&facts, "scheduler"));
	key = host_key(host->registry, MACHINE_KEY);
	registry_set_text(host->registry, key, "cpuvendor", REG_SZ, "AuthenticAMD");
	registry_set_text(host->registry, key, "memory_gb", REG_SZ, "a text that is too long");
	machine_facts_read(host->registry, &facts);
	assert_string_equal(machine_fact(&facts, "cpuvendor"), "AuthenticAMD");
	assert_string_equal(machine_fact(&facts, "memory_gb"), "64");
}

static const char *
amd(void *context UNUSED, const char *name)
{
	return strcmp(name, "cpuvendor") == 0 ? "AuthenticAMD" : NULL;
}

static struct launch_block
launch(struct fixture *fixture)
{
	struct launch_block block = { 0 };

	boot(fixture, &hvloader_module);
	fixture->object.state = amd;
	assert_ntstatus(HvlLoadHypervisor(&fixture->object, &block), STATUS_SUCCESS);
	return block;
}

static void
set_option(struct fixture *fixture, const char *object, const char *name, const char *text)
{
	const struct bcd_element *element = bcd_element_named(name, BCD_OSLOADER);
	struct buf data = { 0 };
	struct buf error = { 0 };
	char guid[BCD_GUID_SIZE];
	struct bcd bcd;

	assert_non_null(element);
	assert_lstatus(bcd_install(fixture->writer), ERROR_SUCCESS);
	assert_lstatus(bcd_open(fixture->writer, BCD_ROOT, &bcd), ERROR_SUCCESS);
	assert_true(bcd_resolve(&bcd, object, guid));
	assert_true(bcd_parse_data(&bcd, element->id, BCD_OSLOADER, text, &data, &error));
	assert_lstatus(bcd_set(&bcd, guid, element->id, data.data, data.size), ERROR_SUCCESS);
	buf_release(&data);
	buf_release(&error);
}

static void
a_host_without_configuration_boots_a_hypervisor_with_defaults(void **state)
{
	struct launch_block block = launch(*state);

	assert_int_equal(block.magic, LAUNCH_BLOCK_MAGIC);
	assert_int_equal(block.size, sizeof(block));
	assert_int_equal(block.hypervisor, 1);
	assert_int_equal(block.scheduler, SCHEDULER_CORE);
	assert_int_equal(block.set, 0);
	assert_int_equal(block.flags, 0);
	assert_int_equal(block.numa_policy, 2);
	assert_string_equal(block.cpu_vendor, "AuthenticAMD");
}

static void
boot_configuration_wins_over_the_registry(void **state)
{
	struct fixture *fixture = *state;
	struct launch_block block;

	set_number(fixture, CONTROL, "HypervisorUseVapic", 1);
	set_text(fixture, CONTROL, "hypervisorperfmon", "system");
	set_text(fixture, CONTROL, "Hypervisorloadoptions", "ENABLEHARDWAREISOLATION");
	block = launch(fixture);
	assert_int_equal(block.flags, LAUNCH_USE_VAPIC | LAUNCH_PERFMON_SYSTEM);
	assert_int_equal(block.hardware_isolation, 1);
	set_option(fixture, "{hypervisorsettings}", "hypervisorusevapic", "no");
	set_option(fixture, "{current}", "hypervisorperfmon", "Hypervisor");
	set_option(fixture, "{current}", "hypervisorloadoptions", "x NUMADISTRIBUTED");
	block = launch(fixture);
	assert_int_equal(block.flags, LAUNCH_PERFMON_HYPERVISOR);
	assert_int_equal(block.hardware_isolation, 0);
	assert_int_equal(block.numa_policy, 1);
	assert_string_equal(block.load_options, "x NUMADISTRIBUTED");
}

static void
an_option_without_a_registry_form_has_no_fallback(void **state)
{
	struct fixture *fixture = *state;
	struct launch_block block;

	set_number(fixture, CONTROL, "hypervisornumproc", 3);
	set_number(fixture, CONTROL, "hypervisorlaunchtype", 0);
	block = launch(fixture);
	assert_int_equal(block.num_proc, 0);
	assert_int_equal(block.hypervisor, 1);
}

static void
the_loaders_own_element_wins_over_what_it_inherits(void **state)
{
	struct fixture *fixture = *state;
	struct launch_block block;

	set_option(fixture, "{hypervisorsettings}", "hypervisornumproc", "4");
	set_option(fixture, "{hypervisorsettings}", "hypervisorlaunchtype", "Auto");
	set_option(fixture, "{current}", "hypervisorlaunchtype", "Off");
	set_option(fixture, "{current}", "hypervisorscheduler", "Root");
	block = launch(fixture);
	assert_int_equal(block.num_proc, 4);
	assert_int_equal(block.hypervisor, 0);
	assert_int_equal(block.scheduler, SCHEDULER_ROOT);
	/* An element of an object that the entry does not inherit is none. */
	set_option(fixture, "{resumeloadersettings}", "hypervisorrootproc", "2");
	block = launch(fixture);
	assert_int_equal(block.root_proc, 0);
}

static void
each_scheduler_setting_has_its_active_type(void **state)
{
	static const struct {
		const char *setting;
		uint32_t type;
	} cases[] = { { "Classic", SCHEDULER_CLASSIC }, { "Core", SCHEDULER_CORE },
		{ "3", SCHEDULER_ROOT }, { "4", SCHEDULER_ROOT }, { "9", SCHEDULER_CORE } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_option(*state, "{current}", "hypervisorschedulertype", cases[i].setting);
		assert_int_equal(launch(*state).scheduler, cases[i].type);
	}
}

static void
each_field_of_the_block_is_explained(void **state)
{
	struct fixture *fixture = *state;
	struct launch_block block;
	json_t *list;
	json_t *field;
	size_t index;

	set_option(fixture, "{current}", "hypervisorbaudrate", "9600");
	block = launch(fixture);
	list = launch_explain(&fixture->object, &block);
	assert_int_equal(json_array_size(list), 33);
	json_array_foreach(list, index, field)
	{
		assert_non_null(json_object_get(field, "value"));
		assert_true(strlen(json_string_value(json_object_get(field, "from"))) > 0);
		if (strcmp(json_string_value(json_object_get(field, "field")), "baud_rate") == 0) {
			assert_string_equal(
			    json_string_value(json_object_get(field, "from")), "bcd");
			assert_int_equal(json_integer_value(json_object_get(field, "value")), 9600);
		}
	}
	json_decref(list);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failure_actions_read_back),
		cmocka_unit_test(malformed_failure_actions_are_none),
		cmocka_unit_test(more_actions_than_are_kept_are_cut),
		HOST_TEST(a_boot_takes_the_default_set_and_keeps_a_copy_of_a_good_one),
		HOST_TEST(the_last_known_good_set_brings_the_old_values_back),
		HOST_TEST(a_set_that_is_not_there_is_not_taken),
		HOST_TEST(services_come_after_what_they_depend_on),
		HOST_TEST(the_machine_is_what_the_host_says_or_assumed),
		FIXTURE_TEST(a_host_without_configuration_boots_a_hypervisor_with_defaults),
		FIXTURE_TEST(boot_configuration_wins_over_the_registry),
		FIXTURE_TEST(an_option_without_a_registry_form_has_no_fallback),
		FIXTURE_TEST(the_loaders_own_element_wins_over_what_it_inherits),
		FIXTURE_TEST(each_scheduler_setting_has_its_active_type),
		FIXTURE_TEST(each_field_of_the_block_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
