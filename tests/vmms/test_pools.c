/*
 * The pools of addresses: MAC addresses for two libraries in any number of processes, and port
 * names of Fibre Channel.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/lib/module.h"
#include "vmms/modules.h"
#include "vmwp/modules.h"
#include "vmwp/shared.h"

#define NICS      "HKLM\\SYSTEM\\CurrentControlSet\\Services\\VmsMp\\Parameters\\Nics\\"
#define NAME_KEY  "HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName"
#define FC        WORKER_KEY "\\Fc\\"
#define SWITCHES  TUNABLE_SWITCH_KEY
#define PROCESSES 8u
#define EACH      50u
#define MAC_SIZE  6u
#define MAC_TEXT  17u
#define WWN_SIZE  8u

/* --- What the tests write and look at
 * ------------------------------------------------------------- */

static void
set_address(
    struct fixture *fixture, const char *path, const char *name, uint64_t address, size_t size)
{
	uint8_t data[WWN_SIZE];

	for (size_t i = size; i-- > 0; address >>= 8)
		data[i] = (uint8_t)(address & 0xffu);
	set_bytes(fixture, path, name, REG_BINARY, data, size);
}

static void
set_pool(struct fixture *fixture, uint64_t minimum, uint64_t maximum)
{
	set_address(fixture, VIRTUALIZATION_KEY, "MinimumMacAddress", minimum, MAC_SIZE);
	set_address(fixture, VIRTUALIZATION_KEY, "MaximumMacAddress", maximum, MAC_SIZE);
}

static void
set_cursor(struct fixture *fixture, uint64_t current)
{
	set_address(fixture, WORKER_KEY, "CurrentMacAddress", current, MAC_SIZE);
}

/* The stored cursor; 0 without one. */
static uint64_t
cursor(struct fixture *fixture)
{
	struct buf data = { 0 };
	uint64_t address = 0;
	uint32_t type = 0;

	if (lstatus_ok(registry_query_value(fixture->writer, host_key(fixture->writer, WORKER_KEY),
	        "CurrentMacAddress", &type, &data))) {
		assert_int_equal(type, REG_BINARY);
		assert_int_equal(data.size, MAC_SIZE);
	}
	for (size_t i = 0; i < data.size; i++)
		address = address << 8 | data.data[i];
	buf_release(&data);
	return address;
}

/* The strings of a member of what an operation answers, with blanks between them. */
#define gives(fixture, operation, argument, name, expected)                                        \
	gives_at(fixture, operation, argument, name, expected, __FILE__, __LINE__)

static void
gives_at(struct fixture *fixture, const char *operation, const char *argument, const char *name,
    const char *expected, const char *file, int line)
{
	json_t *result = json_object();
	const json_t *at;
	struct buf got = { 0 };
	ntstatus status = call(fixture, operation, argument, result);
	const json_t *list = json_object_get(result, name);
	size_t index;
	bool same;

	json_array_foreach(list, index, at)
	{
		buf_printf(&got, "%s%s", index > 0 ? " " : "", json_string_value(at));
	}
	same = ntstatus_ok(status) && strcmp(buf_text(&got), expected) == 0;
	if (!same)
		print_error(
		    "expected %s, got %s: %s\n", expected, ntstatus_name(status), buf_text(&got));
	buf_release(&got);
	json_decref(result);
	if (!same)
		_fail(file, line);
}

/* --- One process
 * ---------------------------------------------------------------------------------- */

static void
addresses_follow_the_cursor(void **state)
{
	struct fixture *fixture = *state;

	set_pool(fixture, 0x00155d010200, 0x00155d0102ff);
	set_cursor(fixture, 0x00155d010207);
	boot(fixture, &netmgmtif_module);
	gives(fixture, "allocate-mac", "", "addresses", "00-15-5D-01-02-08");
	gives(fixture, "allocate-mac", "2", "addresses", "00-15-5D-01-02-09 00-15-5D-01-02-0A");
	assert_int_equal(cursor(fixture), 0x00155d01020a);
}

static void
without_a_cursor_the_first_address_is_next(void **state)
{
	struct fixture *fixture = *state;

	set_pool(fixture, 0x00155d010200, 0x00155d0102ff);
	boot(fixture, &netmgmtif_module);
	derives(fixture, "mac_pool.current", "null");
	derives(fixture, "mac_pool.next", "00-15-5D-01-02-00");
	derives(fixture, "mac_pool.addresses", "256");
	derives(fixture, "mac_pool.assumed", "false");
	gives(fixture, "allocate-mac", "1", "addresses", "00-15-5D-01-02-00");
	derives(fixture, "mac_pool.current", "00-15-5D-01-02-00");
	derives(fixture, "mac_pool.next", "00-15-5D-01-02-01");
}

static void
after_the_last_address_the_first_follows(void **state)
{
	struct fixture *fixture = *state;

	set_pool(fixture, 0x00155d0102fe, 0x00155d010300);
	set_cursor(fixture, 0x00155d0102fe);
	boot(fixture, &netmgmtif_module);
	gives(fixture, "allocate-mac", "3", "addresses",
	    "00-15-5D-01-02-FF 00-15-5D-01-03-00 00-15-5D-01-02-FE");
}

static void
a_cursor_outside_of_the_pool_begins_it_again(void **state)
{
	struct fixture *fixture = *state;

	set_pool(fixture, 0x00155d010200, 0x00155d0102ff);
	boot(fixture, &netmgmtif_module);
	set_cursor(fixture, 0x00155d0101ff);
	gives(fixture, "allocate-mac", "", "addresses", "00-15-5D-01-02-00");
	set_cursor(fixture, 0xffffffffffff);
	gives(fixture, "allocate-mac", "", "addresses", "00-15-5D-01-02-00");
	set_bytes(fixture, WORKER_KEY, "CurrentMacAddress", REG_BINARY, "\1\2", 2);
	gives(fixture, "allocate-mac", "", "addresses", "00-15-5D-01-02-00");
}

static void
a_pool_of_one_address_gives_it_each_time(void **state)
{
	struct fixture *fixture = *state;

	set_pool(fixture, 0xffffffffffff, 0xffffffffffff);
	boot(fixture, &netmgmtif_module);
	gives(fixture, "allocate-mac", "", "addresses", "FF-FF-FF-FF-FF-FF");
	gives(fixture, "allocate-mac", "", "addresses", "FF-FF-FF-FF-FF-FF");
	assert_ntstatus(run(fixture, "allocate-mac", "2"), STATUS_INSUFFICIENT_RESOURCES);
}

static void
an_address_that_an_adapter_has_is_passed_over(void **state)
{
	struct fixture *fixture = *state;

	set_pool(fixture, 0x00155d010200, 0x00155d010203);
	set_address(fixture, NICS "one", "NicCurrentMacAddress", 0x00155d010200, MAC_SIZE);
	set_address(fixture, NICS "two", "NicPermanentMacAddress", 0x00155d010202, MAC_SIZE);
	set_bytes(fixture, NICS "bad", "NicCurrentMacAddress", REG_BINARY, "\0", 1);
	boot(fixture, &vmsynthnic_module);
	derives(fixture, "mac_pool.next", "00-15-5D-01-02-01");
	gives(fixture, "allocate-mac", "2", "addresses", "00-15-5D-01-02-01 00-15-5D-01-02-03");
}

static void
a_pool_with_too_few_free_addresses_gives_none(void **state)
{
	struct fixture *fixture = *state;

	set_pool(fixture, 0x00155d010200, 0x00155d010203);
	set_cursor(fixture, 0x00155d010202);
	boot(fixture, &netmgmtif_module);
	assert_ntstatus(run(fixture, "allocate-mac", "5"), STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(cursor(fixture), 0x00155d010202);
	for (uint64_t i = 0; i < 4; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s%d", NICS, (int)i);
		set_address(fixture, path, "NicCurrentMacAddress", 0x00155d010200 + i, MAC_SIZE);
	}
	assert_ntstatus(run(fixture, "allocate-mac", ""), STATUS_INSUFFICIENT_RESOURCES);
	derives(fixture, "mac_pool.next", "null");
	/* The transaction is over: others may write. */
	set_cursor(fixture, 0x00155d010203);
}

static void
an_inverted_pool_is_empty(void **state)
{
	struct fixture *fixture = *state;

	set_pool(fixture, 0x00155d0102ff, 0x00155d010200);
	boot(fixture, &netmgmtif_module);
	assert_ntstatus(run(fixture, "allocate-mac", ""), STATUS_NOT_FOUND);
	derives(fixture, "mac_pool.addresses", "0");
	derives(fixture, "mac_pool.next", "null");
	assert_int_equal(cursor(fixture), 0);
}

static void
a_host_without_a_pool_has_microsofts_family(void **state)
{
	struct fixture *fixture = *state;
	json_t *result = json_object();
	const char *address;
	char of_one[MAC_TEXT + 1];

	set_text(fixture, NAME_KEY, "ComputerName", "HV01");
	boot(fixture, &netmgmtif_module);
	derives(fixture, "mac_pool.assumed", "true");
	derives(fixture, "mac_pool.addresses", "256");
	assert_ntstatus(call(fixture, "allocate-mac", "", result), STATUS_SUCCESS);
	address = json_string_value(json_array_get(json_object_get(result, "addresses"), 0));
	assert_int_equal(strlen(address), MAC_TEXT);
	assert_memory_equal(address, "00-15-5D-", 9);
	assert_string_equal(address + 14, "-00");
	snprintf(of_one, sizeof(of_one), "%s", address);
	json_decref(result);
	/* The same host has the same pool; another host another. */
	set_text(fixture, NAME_KEY, "ComputerName", "hv01");
	derives(fixture, "mac_pool.minimum", of_one);
	set_text(fixture, NAME_KEY, "ComputerName", "HV02");
	boot(fixture, &netmgmtif_module);
	derives(fixture, "mac_pool.current", of_one);
	result = json_object();
	assert_ntstatus(call(fixture, "allocate-mac", "", result), STATUS_SUCCESS);
	address = json_string_value(json_array_get(json_object_get(result, "addresses"), 0));
	assert_string_not_equal(address, of_one);
	json_decref(result);
}

static void
half_a_pool_is_none(void **state)
{
	struct fixture *fixture = *state;

	set_address(fixture, VIRTUALIZATION_KEY, "MinimumMacAddress", 0x00155d010200, MAC_SIZE);
	boot(fixture, &netmgmtif_module);
	derives(fixture, "mac_pool.assumed", "true");
	set_bytes(fixture, VIRTUALIZATION_KEY, "MaximumMacAddress", REG_BINARY, "\0\1\2\3\4", 5);
	derives(fixture, "mac_pool.assumed", "true");
	set_address(fixture, VIRTUALIZATION_KEY, "MaximumMacAddress", 0x00155d0102ff, MAC_SIZE);
	derives(fixture, "mac_pool.assumed", "false");
}

static void
a_number_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "0", "-1", "one", "1 ", "1025", "18446744073709551617" };
	struct fixture *fixture = *state;

	boot(fixture, &vmsynthnic_module);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_ntstatus(run(fixture, "allocate-mac", bad[i]), STATUS_INVALID_PARAMETER);
	assert_int_equal(cursor(fixture), 0);
}

static void
what_is_read_each_time_is_never_pending(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmsynthnic_module);
	shows(fixture, WORKER_KEY, "CurrentMacAddress", NULL, "null", NULL);
	set_cursor(fixture, 0x00155d010203);
	shows(fixture, WORKER_KEY, "CurrentMacAddress", NULL, "00155d010203", NULL);
	set_pool(fixture, 0x00155d010200, 0x00155d0102ff);
	shows(fixture, VIRTUALIZATION_KEY, "MaximumMacAddress", NULL, "00155d0102ff", NULL);
}

/* --- Many processes
 * ------------------------------------------------------------------------------- */

/* Write one address after the other to a pipe, until there were `count`. Runs in a child. */
static int
allocate_many(const struct fixture *fixture, const struct module *module, int fd, unsigned count)
{
	const struct registry_options options = { .mode = REGISTRY_OPEN };
	struct module_object object = { .module = module, .catalog = &fixture->catalog };
	const char *address;

	if (!lstatus_ok(registry_open(fixture->host.root, &options, &object.registry)) ||
	    !ntstatus_ok(module_start(&object)))
		return 1;
	for (unsigned i = 0; i < count; i++) {
		json_t *result = json_object();

		if (!ntstatus_ok(module->operations[0].call(&object, "", result)))
			return 2;
		address =
		    json_string_value(json_array_get(json_object_get(result, "addresses"), 0));
		if (write(fd, address, MAC_TEXT) != MAC_TEXT)
			return 3;
		json_decref(result);
	}
	module_release(&object);
	registry_close(object.registry);
	return 0;
}

/* Start a process that allocates; what it gave can be read from *ret_fd. */
static pid_t
start_allocator(struct fixture *fixture, const struct module *module, unsigned count, int *ret_fd)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		_exit(allocate_many(fixture, module, ends[1], count));
	}
	close(ends[1]);
	*ret_fd = ends[0];
	return child;
}

/* Read addresses until there are `count` or the pipe ends. Returns how many came. */
static size_t
read_addresses(int fd, char (*ret_addresses)[MAC_TEXT], size_t count)
{
	size_t size = 0;
	ssize_t got;

	while (size < count * MAC_TEXT &&
	       (got = read(fd, (char *)ret_addresses + size, count * MAC_TEXT - size)) > 0)
		size += (size_t)got;
	assert_int_equal(size % MAC_TEXT, 0);
	return size / MAC_TEXT;
}

static int
compare_addresses(const void *left, const void *right)
{
	return memcmp(left, right, MAC_TEXT);
}

static void
assert_distinct(char (*addresses)[MAC_TEXT], size_t count)
{
	qsort(addresses, count, MAC_TEXT, compare_addresses);
	for (size_t i = 1; i < count; i++) {
		if (memcmp(addresses[i - 1], addresses[i], MAC_TEXT) == 0)
			fail_msg("%.*s was given twice", (int)MAC_TEXT, addresses[i]);
	}
}

static void
processes_at_the_same_time_get_different_addresses(void **state)
{
	static char addresses[PROCESSES * EACH][MAC_TEXT];
	struct fixture *fixture = *state;
	pid_t children[PROCESSES];
	int fds[PROCESSES];
	size_t count = 0;

	set_pool(fixture, 0x00155d010000, 0x00155d01ffff);
	for (unsigned i = 0; i < PROCESSES; i++)
		children[i] = start_allocator(
		    fixture, i % 2 == 0 ? &vmsynthnic_module : &netmgmtif_module, EACH, &fds[i]);
	for (unsigned i = 0; i < PROCESSES; i++) {
		count += read_addresses(fds[i], addresses + count, EACH);
		close(fds[i]);
		assert_int_equal(host_wait(children[i]), 0);
	}
	assert_int_equal(count, PROCESSES * EACH);
	assert_distinct(addresses, count);
	/* None was left out either. */
	assert_int_equal(cursor(fixture), 0x00155d010000 + PROCESSES * EACH - 1);
}

static void
a_killed_process_spoils_no_address(void **state)
{
	enum { BEFORE = 5, ROUNDS = 5, MOST = 4096 };

	static char addresses[ROUNDS * MOST][MAC_TEXT];
	struct fixture *fixture = *state;
	size_t count = 0;

	set_pool(fixture, 0x00155d000000, 0x00155dffffff);
	for (unsigned round = 0; round < ROUNDS; round++) {
		int fd;
		pid_t child = start_allocator(fixture, &netmgmtif_module, UINT32_MAX, &fd);

		count += read_addresses(fd, addresses + count, BEFORE);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(host_wait(child), -1);
		count += read_addresses(fd, addresses + count, MOST - BEFORE);
		close(fd);
	}
	assert_true(count >= (size_t)ROUNDS * BEFORE);
	assert_distinct(addresses, count);
	/* At most the address that was on its way to the pipe is lost in a round. */
	assert_in_range(
	    cursor(fixture), 0x00155d000000 + count - 1, 0x00155d000000 + count - 1 + ROUNDS);
	boot(fixture, &netmgmtif_module);
	assert_ntstatus(run(fixture, "allocate-mac", ""), STATUS_SUCCESS);
}

static void
a_process_killed_in_its_transaction_has_given_nothing(void **state)
{
	struct fixture *fixture = *state;
	int ends[2];
	pid_t child;
	char byte;

	set_pool(fixture, 0x00155d010200, 0x00155d0102ff);
	set_cursor(fixture, 0x00155d010207);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct registry *registry = host_connect(&fixture->host);
		reg_key key = host_key(registry, WORKER_KEY);

		if (!lstatus_ok(registry_begin(registry, NULL)) ||
		    !lstatus_ok(registry_set_value(registry, key, "CurrentMacAddress", REG_BINARY,
		        "\0\x15\x5d\1\2\x99", MAC_SIZE)) ||
		    write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(host_wait(child), -1);
	close(ends[0]);
	close(ends[1]);
	boot(fixture, &netmgmtif_module);
	gives(fixture, "allocate-mac", "", "addresses", "00-15-5D-01-02-08");
}

/* --- Fibre Channel
 * -------------------------------------------------------------------------------- */

static void
set_names(struct fixture *fixture, const char *path, uint64_t minimum, uint64_t maximum)
{
	set_address(fixture, path, "MinimumWWPNAddress", minimum, WWN_SIZE);
	set_address(fixture, path, "MaximumWWPNAddress", maximum, WWN_SIZE);
}

static void
an_adapter_gets_two_port_names(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, FC "p1", "PortFriendlyName", "Port 1");
	set_names(fixture, FC "p1\\Fabric", 0xc003ff1111110000, 0xc003ff1111110005);
	set_address(fixture, FC "p1\\Fabric", "CurrentWWNNAddress", 0xc003ff0000ffff00, WWN_SIZE);
	boot(fixture, &vmms_module);
	derives(fixture, "fibre_channel.0.port", "p1");
	derives(fixture, "fibre_channel.0.name", "Port 1");
	derives(fixture, "fibre_channel.0.pool.node", "c0:03:ff:00:00:ff:ff:00");
	derives(fixture, "fibre_channel.0.pool.next", "c0:03:ff:11:11:11:00:00");
	gives(fixture, "allocate-wwpn", "p1", "wwpn",
	    "c0:03:ff:11:11:11:00:00 c0:03:ff:11:11:11:00:01");
	/* The cursor is what is given next, as GetCurrentWwpnFromGenerator tells. */
	shows(fixture, FC "p1\\Fabric", "CurrentWWPNAddress", NULL, "c003ff1111110002", NULL);
	derives(fixture, "fibre_channel.0.pool.next", "c0:03:ff:11:11:11:00:02");
}

static void
a_used_up_pool_gives_zeros_and_does_not_begin_again(void **state)
{
	struct fixture *fixture = *state;

	set_names(fixture, FC "p1\\Fabric", 0xc003ff1111110000, 0xc003ff1111110002);
	boot(fixture, &vmms_module);
	gives(fixture, "allocate-wwpn", "p1", "wwpn",
	    "c0:03:ff:11:11:11:00:00 c0:03:ff:11:11:11:00:01");
	gives(fixture, "allocate-wwpn", "p1", "wwpn",
	    "c0:03:ff:11:11:11:00:02 00:00:00:00:00:00:00:00");
	derives(fixture, "fibre_channel.0.pool.next", "null");
	gives(fixture, "allocate-wwpn", "p1", "wwpn",
	    "00:00:00:00:00:00:00:00 00:00:00:00:00:00:00:00");
	shows(fixture, FC "p1\\Fabric", "CurrentWWPNAddress", NULL, "c003ff1111110003", NULL);
	/* A larger pool goes on where it was. */
	set_names(fixture, FC "p1\\Fabric", 0xc003ff1111110000, 0xc003ff11111100ff);
	gives(fixture, "allocate-wwpn", "p1", "wwpn",
	    "c0:03:ff:11:11:11:00:03 c0:03:ff:11:11:11:00:04");
}

static void
the_last_of_all_names_ends_a_pool_too(void **state)
{
	struct fixture *fixture = *state;

	set_names(fixture, FC "p1\\Fabric", 0xfffffffffffffffe, 0xffffffffffffffff);
	boot(fixture, &vmms_module);
	gives(fixture, "allocate-wwpn", "p1", "wwpn",
	    "ff:ff:ff:ff:ff:ff:ff:fe ff:ff:ff:ff:ff:ff:ff:ff");
	gives(fixture, "allocate-wwpn", "p1", "wwpn",
	    "00:00:00:00:00:00:00:00 00:00:00:00:00:00:00:00");
}

static void
each_port_has_a_pool_and_a_port_must_be_there(void **state)
{
	struct fixture *fixture = *state;

	set_names(fixture, FC "p1\\Fabric", 0x10, 0x1f);
	set_names(fixture, FC "p2\\Fabric", 0x2f, 0x20);
	set_address(fixture, FC "p1\\Fabric", "CurrentWWPNAddress", 0x99, WWN_SIZE);
	boot(fixture, &vmms_module);
	gives(fixture, "allocate-wwpn", "P1", "wwpn",
	    "00:00:00:00:00:00:00:10 00:00:00:00:00:00:00:11");
	/* An inverted pool is empty. */
	gives(fixture, "allocate-wwpn", "p2", "wwpn",
	    "00:00:00:00:00:00:00:00 00:00:00:00:00:00:00:00");
	assert_ntstatus(run(fixture, "allocate-wwpn", "p3"), STATUS_NO_SUCH_DEVICE);
	assert_ntstatus(run(fixture, "allocate-wwpn", ""), STATUS_NO_SUCH_DEVICE);
	assert_ntstatus(run(fixture, "allocate-wwpn", "p1\\Fabric"), STATUS_NO_SUCH_DEVICE);
	assert_ntstatus(run(fixture, "allocate-wwpn", "p1"), STATUS_SUCCESS);
}

static void
by_the_other_reading_the_host_has_one_pool(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, FC "p1", "PortFriendlyName", "Port 1");
	set_text(fixture, FC "p2", "PortFriendlyName", "Port 2");
	set_names(fixture, FC "Fabric", 0x10, 0x1f);
	set_text(fixture, SWITCHES, "FcFabricParent", "host");
	boot(fixture, &vmms_module);
	gives(fixture, "allocate-wwpn", "p1", "wwpn",
	    "00:00:00:00:00:00:00:10 00:00:00:00:00:00:00:11");
	gives(fixture, "allocate-wwpn", "p2", "wwpn",
	    "00:00:00:00:00:00:00:12 00:00:00:00:00:00:00:13");
	derives(fixture, "fibre_channel.1.port", "p2");
	derives(fixture, "fibre_channel.2", "none");
	set_text(fixture, SWITCHES, "FcFabricParent", "port");
	derives(fixture, "fibre_channel.0.pool.assumed", "true");
	assert_ntstatus(run(fixture, "allocate-wwpn", "p1"), STATUS_SUCCESS);
	derives(fixture, "fibre_channel.0.pool.assumed", "true");
}

#define POOL_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(addresses_follow_the_cursor),
		POOL_TEST(without_a_cursor_the_first_address_is_next),
		POOL_TEST(after_the_last_address_the_first_follows),
		POOL_TEST(a_cursor_outside_of_the_pool_begins_it_again),
		POOL_TEST(a_pool_of_one_address_gives_it_each_time),
		POOL_TEST(an_address_that_an_adapter_has_is_passed_over),
		POOL_TEST(a_pool_with_too_few_free_addresses_gives_none),
		POOL_TEST(an_inverted_pool_is_empty),
		POOL_TEST(a_host_without_a_pool_has_microsofts_family),
		POOL_TEST(half_a_pool_is_none),
		POOL_TEST(a_number_that_is_none_is_refused),
		POOL_TEST(what_is_read_each_time_is_never_pending),
		POOL_TEST(processes_at_the_same_time_get_different_addresses),
		POOL_TEST(a_killed_process_spoils_no_address),
		POOL_TEST(a_process_killed_in_its_transaction_has_given_nothing),
		POOL_TEST(an_adapter_gets_two_port_names),
		POOL_TEST(a_used_up_pool_gives_zeros_and_does_not_begin_again),
		POOL_TEST(the_last_of_all_names_ends_a_pool_too),
		POOL_TEST(each_port_has_a_pool_and_a_port_must_be_there),
		POOL_TEST(by_the_other_reading_the_host_has_one_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
