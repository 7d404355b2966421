/*
 * What every host has: what a boot needs and does not find is named, and is put back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/bcd/bcd.h"
#include "regstore/store/internal.h"
#include "tests/lib/host.h"
#include "vmms/host_repair.h"
#include "vmms/processes.h"

#define SELECT  "HKLM\\SYSTEM\\Select"
#define CURRENT "HKLM\\SYSTEM\\CurrentControlSet"
#define VHDMP   CURRENT "\\Services\\vhdmp"

static int
setup(void **state)
{
	int failed = host_setup(state);
	const struct host *host = *state;

	return failed != 0 || !lstatus_ok(host_install(host->registry));
}

static void
take(void *context, const char *fault, const char *remedy)
{
	buf_printf(context, "%s: %s\n", fault, remedy);
}

static void
check(const struct host *host, struct buf *faults)
{
	buf_clear(faults);
	assert_lstatus(host_check(host->registry, take, faults), ERROR_SUCCESS);
}

static void
mend(const struct host *host, struct buf *faults)
{
	buf_clear(faults);
	assert_lstatus(host_mend(host->registry, take, faults), ERROR_SUCCESS);
}

static reg_key
open_key(const struct host *host, const char *path, uint32_t flags)
{
	reg_key key;

	assert_lstatus(registry_open_key(host->registry, NULL, path, flags, &key), ERROR_SUCCESS);
	return key;
}

static void
delete_tree(const struct host *host, const char *path)
{
	assert_lstatus(
	    registry_delete_tree(host->registry, open_key(host, path, REGISTRY_OPEN_LINK)),
	    ERROR_SUCCESS);
}

static void
a_new_host_has_all_of_it(void **state)
{
	const struct host *host = *state;
	struct buf faults = { 0 };

	check(host, &faults);
	mend(host, &faults);
	assert_string_equal(buf_text(&faults), "");
	buf_release(&faults);
}

/* --- What breaks a host, and how that is said --------------------------------------------------
 */

static void
lose_select(const struct host *host)
{
	delete_tree(host, SELECT);
}

static void
lose_default(const struct host *host)
{
	registry_delete_value(host->registry, open_key(host, SELECT, 0), "Default");
}

static void
select_absent_set(const struct host *host)
{
	registry_set_dword(host->registry, open_key(host, SELECT, 0), "Current", 7);
}

static void
select_absent_good_set(const struct host *host)
{
	registry_set_dword(host->registry, open_key(host, SELECT, 0), "LastKnownGood", 9);
}

static void
lose_link(const struct host *host)
{
	delete_tree(host, CURRENT);
}

static void
make_link_a_key(const struct host *host)
{
	lose_link(host);
	registry_set_dword(host->registry, host_key(host->registry, CURRENT "\\Control"), "v", 5);
}

static void
lose_set(const struct host *host)
{
	delete_tree(host, "HKLM\\SYSTEM\\ControlSet001");
}

static void
lose_services(const struct host *host)
{
	delete_tree(host, CURRENT "\\Services");
}

static void
lose_system(const struct host *host)
{
	assert_lstatus(store_execute(registry_store(host->registry),
	                   "DELETE FROM key WHERE path GLOB 'MACHINE' || char(1) || 'SYSTEM*'"),
	    ERROR_SUCCESS);
}

static void
lose_boot_configuration(const struct host *host)
{
	delete_tree(host, BCD_ROOT "\\Objects");
}

static void
lose_entry(const struct host *host)
{
	char guid[BCD_GUID_SIZE];
	struct bcd bcd;

	assert_lstatus(bcd_open(host->registry, BCD_ROOT, &bcd), ERROR_SUCCESS);
	assert_true(bcd_next(&bcd, guid));
	assert_lstatus(bcd_delete(&bcd, guid), ERROR_SUCCESS);
}

static void
lose_boot_manager(const struct host *host)
{
	delete_tree(host, BCD_ROOT "\\Objects\\" BCD_GUID_BOOTMGR);
}

static const struct {
	void (*lose)(const struct host *host);
	const char *fault;
} cases[] = {
	{ lose_select, "value " SELECT "\\Current: it is missing: it becomes 1" },
	{ lose_default, "value " SELECT "\\Default: it is missing: it becomes 1" },
	{ select_absent_set, "value " SELECT "\\Current: there is no control set 7: it becomes 1" },
	{ select_absent_good_set,
	    "value " SELECT "\\LastKnownGood: there is no control set 9: it becomes 1" },
	{ lose_link, "link " CURRENT ": it is missing: it is made" },
	{ make_link_a_key, "link " CURRENT ": it is a key: what it holds goes to" },
	{ lose_set, "link " CURRENT ": it leads nowhere" },
	{ lose_services, "key " CURRENT "\\Services: it is missing" },
	{ lose_system, "key HKLM\\SYSTEM: it is missing" },
	{ lose_boot_configuration, "the boot configuration: it is missing" },
	{ lose_entry, "the boot configuration: there is no entry {" },
	{ lose_boot_manager, "the boot configuration: it names no entry" },
};

static void
each_fault_is_named_and_mended(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf faults = { 0 };
		void *made = NULL;
		struct host *host;
		reg_key key;

		assert_int_equal(setup(&made), 0);
		host = made;
		cases[i].lose(host);
		host_close(host); /* rows were deleted below the registry */
		host_open(host);
		check(host, &faults);
		if (strstr(buf_text(&faults), cases[i].fault) == NULL)
			fail_msg("%s: %s", cases[i].fault, buf_text(&faults));
		mend(host, &faults);
		assert_true(faults.size > 0);
		check(host, &faults);
		if (faults.size > 0)
			fail_msg("%s: still %s", cases[i].fault, buf_text(&faults));
		mend(host, &faults);
		assert_string_equal(buf_text(&faults), "");
		if (cases[i].lose == make_link_a_key)
			assert_int_equal(
			    host_dword(host->registry, open_key(host, CURRENT "\\Control", 0), "v"),
			    5);
		key = open_key(host, VHDMP, 0);
		assert_int_equal(host_dword(host->registry, key, "Start"), 3);
		buf_release(&faults);
		host_teardown(&made);
	}
}

static void
what_is_there_stays_as_it_is(void **state)
{
	const struct host *host = *state;
	struct buf faults = { 0 };
	reg_key key = open_key(host, VHDMP, 0);

	registry_set_dword(host->registry, key, "Start", 4);
	registry_set_dword(host->registry, key, "Own", 5);
	registry_delete_value(host->registry, key, "ImagePath");
	mend(host, &faults);
	assert_string_equal(buf_text(&faults),
	    "value " VHDMP "\\ImagePath: it is missing: it is put back as a new host has it\n");
	assert_int_equal(host_dword(host->registry, key, "Start"), 4);
	assert_int_equal(host_dword(host->registry, key, "Own"), 5);
	assert_lstatus(
	    registry_query_value(host->registry, key, "ImagePath", NULL, NULL), ERROR_SUCCESS);
	buf_release(&faults);
}

static void
a_lost_descriptor_is_put_back(void **state)
{
	struct host *host = *state;
	struct buf faults = { 0 };
	struct buf before = { 0 };
	struct buf after = { 0 };

	registry_query_security(host->registry, open_key(host, "HKLM\\SAM", 0), &before);
	assert_lstatus(store_execute(registry_store(host->registry),
	                   "UPDATE key SET security = 1 WHERE name = 'SAM'"),
	    ERROR_SUCCESS);
	host_close(host);
	host_open(host);
	mend(host, &faults);
	assert_string_equal(buf_text(&faults), "key HKLM\\SAM: its security descriptor is lost: "
	                                       "it is put back as a new host has it\n");
	registry_query_security(host->registry, open_key(host, "HKLM\\SAM", 0), &after);
	assert_int_equal(after.size, before.size);
	assert_memory_equal(after.data, before.data, before.size);
	buf_release(&faults);
	buf_release(&before);
	buf_release(&after);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_new_host_has_all_of_it),
		cmocka_unit_test(each_fault_is_named_and_mended),
		HOST_TEST(what_is_there_stays_as_it_is),
		HOST_TEST(a_lost_descriptor_is_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
