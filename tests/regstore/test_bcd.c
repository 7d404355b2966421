/*
 * Boot configuration: objects, elements and their encodings, identifiers, inheritance, options.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/bcd/bcd.h"
#include "tests/lib/host.h"

#define OBJECT "{0a1b2c3d-1111-2222-3333-444455556666}"

static struct bcd
new_store(const struct host *host)
{
	struct bcd bcd;

	assert_lstatus(bcd_install(host->registry), ERROR_SUCCESS);
	assert_lstatus(bcd_open(host->registry, BCD_ROOT, &bcd), ERROR_SUCCESS);
	return bcd;
}

/* Encode text, compare the bytes, and print them again. */
static void
encodes(const struct bcd *bcd, uint32_t id, const char *text, const void *bytes, size_t size,
    const char *printed)
{
	struct buf data = { 0 };
	struct buf out = { 0 };
	struct buf error = { 0 };

	assert_true(bcd_parse_data(bcd, id, BCD_OSLOADER, text, &data, &error));
	assert_int_equal(data.size, size);
	assert_memory_equal(data.data, bytes, size);
	bcd_format_data(bcd, id, BCD_OSLOADER, data.data, data.size, false, &out);
	assert_string_equal(buf_text(&out), printed);
	buf_release(&data);
	buf_release(&out);
	buf_release(&error);
}

static void
refuses(const struct bcd *bcd, uint32_t id, const char *text)
{
	struct buf data = { 0 };
	struct buf error = { 0 };

	assert_false(bcd_parse_data(bcd, id, BCD_OSLOADER, text, &data, &error));
	assert_true(error.size > 0);
	buf_release(&data);
	buf_release(&error);
}

static void
data_are_encoded_as_real_stores_have_them(void **state)
{
	struct bcd bcd = new_store(*state);

	encodes(&bcd, 0x250000f5, "115200", "\x00\xc2\x01\0\0\0\0\0", 8, "115200");
	encodes(&bcd, 0x250000f5, "0x10", "\x10\0\0\0\0\0\0\0", 8, "16");
	encodes(&bcd, 0x250000f0, "aUTO", "\x01\0\0\0\0\0\0\0", 8, "Auto");
	encodes(&bcd, 0x250000f0, "7", "\x07\0\0\0\0\0\0\0", 8, "7");
	encodes(&bcd, 0x250000fd, "192.168.1.2", "\x02\x01\xa8\xc0\0\0\0\0", 8, "192.168.1.2");
	encodes(&bcd, 0x260000f2, "on", "\x01", 1, "Yes");
	encodes(&bcd, 0x260000f2, "FALSE", "\0", 1, "No");
	encodes(&bcd, 0x12000004, "ab", "a\0b\0\0\0", 6, "ab");
	encodes(&bcd, 0x17000077, "0x15000075 2", "\x75\0\0\x15\0\0\0\0\x02\0\0\0\0\0\0\0", 16,
	    "0x15000075\n0x2");
	refuses(&bcd, 0x250000f5, "fast");
	refuses(&bcd, 0x250000f5, "");
	refuses(&bcd, 0x250000f5, "99999999999999999999");
	refuses(&bcd, 0x250000fd, "1.2.3.256");
	refuses(&bcd, 0x260000f2, "maybe");
	refuses(&bcd, 0x23000003, "{nosuch}");
	refuses(&bcd, 0x24000001, "");
	refuses(&bcd, 0x11000001, "partition=CC:");
	refuses(&bcd, 0x28000001, "binary");
	refuses(&bcd, 0x12000004, "a\xff");
}

static void
a_device_keeps_its_letter_and_foreign_bytes_are_unknown(void **state)
{
	struct bcd bcd = new_store(*state);
	struct buf data = { 0 };
	struct buf error = { 0 };
	struct buf out = { 0 };

	assert_true(bcd_parse_data(&bcd, 0x11000001, BCD_OSLOADER, "partition=d:", &data, &error));
	assert_int_equal(data.size, 88);
	bcd_format_data(&bcd, 0x11000001, BCD_OSLOADER, data.data, data.size, false, &out);
	assert_string_equal(buf_text(&out), "partition=D:");
	for (size_t size = 0; size < 88; size++) {
		buf_clear(&out);
		bcd_format_data(&bcd, 0x11000001, BCD_OSLOADER, data.data, size, false, &out);
		assert_string_equal(buf_text(&out), "unknown");
	}
	buf_release(&data);
	buf_release(&error);
	buf_release(&out);
}

static void
names_belong_to_kinds_of_objects(void **state UNUSED)
{
	assert_int_equal(bcd_element_named("RESUMEOBJECT", BCD_BOOTMGR)->id, 0x23000006);
	assert_int_equal(bcd_element_named("resumeobject", BCD_OSLOADER)->id, 0x23000003);
	assert_string_equal(bcd_element_of(0x26000004, BCD_RESUME)->name, "pae");
	assert_string_equal(bcd_element_of(0x26000004, BCD_OSLOADER)->name, "stampdisks");
	assert_null(bcd_element_named("displayorder", BCD_OSLOADER));
	assert_int_equal(bcd_element_named("xsavedisable", BCD_OSLOADER)->id, 0x2500012b);
	assert_int_equal(bcd_element_named("kerneldebugtype", BCD_OSLOADER)->id, 0x2500012c);
	assert_int_equal(bcd_element_named("kernelbaudrate", BCD_OSLOADER)->id, 0x25000139);
	assert_int_equal(bcd_element_named("cacheenable", BCD_MEMDIAG)->id, 0x26000003);
	assert_int_equal(bcd_element_named("testmix", 0x20200005)->id, 0x25000002);
	assert_int_equal(bcd_element_named("pxesoftreboot", BCD_STARTUP)->id, 0x26000001);
	assert_int_equal(bcd_element_named("ramdisksdipath", BCD_DEVICE_OPTIONS)->id, 0x32000004);
	assert_null(bcd_element_named("nosuch", BCD_OSLOADER));
	assert_int_equal(bcd_element_named("hypervisorscheduler", BCD_OSLOADER)->id, 0x2500011a);
	assert_int_equal(
	    bcd_element_named("hypervisorserialdebugport", BCD_OSLOADER)->id, 0x250000f4);
	assert_int_equal(
	    bcd_element_named("hypervisorusevapic", BCD_INHERIT_OSLOADER)->id, 0x26000116);
}

static void
no_two_elements_of_a_kind_share_an_id_or_a_name(void **state UNUSED)
{
	for (const struct bcd_element *at = bcd_elements; at->name != NULL; at++) {
		assert_in_range(bcd_format(at->id), BCD_DEVICE, BCD_BINARY);
		for (const struct bcd_element *other = at + 1; other->name != NULL; other++) {
			assert_true(other->id >= at->id);
			if (at->belongs == other->belongs) {
				assert_int_not_equal(at->id, other->id);
				assert_string_not_equal(at->name, other->name);
			}
		}
	}
}

static void
a_new_host_has_a_loader_that_boots(void **state)
{
	struct host *host = *state;
	struct bcd bcd = new_store(host);
	char guid[BCD_GUID_SIZE];
	char current[BCD_GUID_SIZE];
	struct bcd_objects objects;
	uint32_t type;

	assert_lstatus(bcd_install(host->registry), ERROR_SUCCESS); /* changes nothing */
	assert_lstatus(bcd_list(&bcd, &objects), ERROR_SUCCESS);
	assert_int_equal(objects.count, 11);
	bcd_objects_release(&objects);
	assert_true(bcd_resolve(&bcd, "{Default}", guid));
	assert_true(bcd_resolve(&bcd, "{current}", current));
	assert_string_equal(guid, current);
	assert_lstatus(bcd_type(&bcd, guid, &type), ERROR_SUCCESS);
	assert_int_equal(type, BCD_OSLOADER);
	assert_false(bcd_resolve(&bcd, "{nothing}", guid));
	assert_true(bcd_resolve(&bcd, "9DEA862C-5CDD-4E70-ACC1-F32B344D4795", guid));
	assert_string_equal(guid, BCD_GUID_BOOTMGR);
}

static void
objects_are_made_copied_and_removed(void **state)
{
	struct bcd bcd = new_store(*state);
	char copy[BCD_GUID_SIZE];
	uint64_t number = 0;
	uint32_t type;

	assert_lstatus(bcd_create(&bcd, OBJECT, BCD_OSLOADER), ERROR_SUCCESS);
	assert_lstatus(bcd_create(&bcd, OBJECT, BCD_OSLOADER), ERROR_ALREADY_EXISTS);
	assert_lstatus(bcd_set_integer(&bcd, OBJECT, 0x250000fa, 6), ERROR_SUCCESS);
	assert_true(bcd_resolve(&bcd, "99999999-1111-2222-3333-444455556666", copy));
	assert_lstatus(bcd_copy(&bcd, OBJECT, copy), ERROR_SUCCESS);
	assert_lstatus(bcd_get_integer(&bcd, copy, 0x250000fa, &number), ERROR_SUCCESS);
	assert_int_equal(number, 6);
	assert_lstatus(bcd_delete(&bcd, OBJECT), ERROR_SUCCESS);
	assert_lstatus(bcd_delete(&bcd, OBJECT), ERROR_FILE_NOT_FOUND);
	assert_lstatus(bcd_type(&bcd, OBJECT, &type), ERROR_FILE_NOT_FOUND);
	assert_lstatus(bcd_copy(&bcd, OBJECT, copy), ERROR_FILE_NOT_FOUND);
	assert_lstatus(bcd_set_integer(&bcd, OBJECT, 0x250000fa, 6), ERROR_FILE_NOT_FOUND);
	assert_lstatus(bcd_unset(&bcd, copy, 0x250000fa), ERROR_SUCCESS);
	assert_lstatus(bcd_unset(&bcd, copy, 0x250000fa), ERROR_FILE_NOT_FOUND);
}

static void
elements_are_inherited_by_the_nearest_and_circles_end(void **state)
{
	struct bcd bcd = new_store(*state);
	char entry[BCD_GUID_SIZE];
	char from[BCD_GUID_SIZE];

	assert_true(bcd_resolve(&bcd, "{current}", entry));
	assert_lstatus(bcd_effective(&bcd, entry, 0x250000f5, from), ERROR_SUCCESS);
	assert_string_equal(from, BCD_GUID_HYPERVISOR);
	assert_lstatus(bcd_set_integer(&bcd, entry, 0x250000f5, 9600), ERROR_SUCCESS);
	assert_lstatus(bcd_effective(&bcd, entry, 0x250000f5, from), ERROR_SUCCESS);
	assert_string_equal(from, entry);
	assert_lstatus(bcd_set_text(&bcd, BCD_GUID_HYPERVISOR, BCD_INHERIT, entry), ERROR_SUCCESS);
	assert_lstatus(bcd_effective(&bcd, entry, 0x250000fa, from), ERROR_FILE_NOT_FOUND);
}

/* Objects that all inherit each other have more ways through than a look-up could try. */
static void
an_object_is_asked_once(void **state)
{
	enum { OBJECTS = 12 };
	struct bcd bcd = new_store(*state);
	struct buf all = { 0 };
	char guids[OBJECTS][BCD_GUID_SIZE];
	char from[BCD_GUID_SIZE];

	for (unsigned i = 0; i < OBJECTS; i++) {
		snprintf(guids[i], sizeof(guids[i]), "{00000000-1111-2222-3333-%012x}", i);
		buf_append(&all, guids[i], BCD_GUID_SIZE);
		assert_lstatus(bcd_create(&bcd, guids[i], BCD_INHERIT_ANY), ERROR_SUCCESS);
	}
	for (unsigned i = 0; i < OBJECTS; i++)
		assert_lstatus(bcd_set_texts(&bcd, guids[i], BCD_INHERIT, &all), ERROR_SUCCESS);
	assert_lstatus(bcd_effective(&bcd, guids[0], 0x250000fa, from), ERROR_FILE_NOT_FOUND);
	assert_lstatus(bcd_set_integer(&bcd, guids[OBJECTS - 1], 0x250000fa, 1), ERROR_SUCCESS);
	assert_lstatus(bcd_effective(&bcd, guids[0], 0x250000fa, from), ERROR_SUCCESS);
	assert_string_equal(from, guids[OBJECTS - 1]);
	buf_release(&all);
}

static void
a_forgotten_object_leaves_all_elements(void **state)
{
	struct bcd bcd = new_store(*state);
	struct buf texts = { 0 };
	char entry[BCD_GUID_SIZE];

	assert_true(bcd_resolve(&bcd, "{current}", entry));
	assert_lstatus(bcd_forget(&bcd, BCD_GUID_HYPERVISOR), ERROR_SUCCESS);
	assert_lstatus(
	    bcd_get_texts(&bcd, "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}", BCD_INHERIT, &texts),
	    ERROR_SUCCESS);
	assert_string_equal((const char *)texts.data, "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}");
	assert_int_equal(texts.size, BCD_GUID_SIZE);
	/* What is empty then is gone. */
	assert_lstatus(bcd_forget(&bcd, entry), ERROR_SUCCESS);
	buf_clear(&texts);
	assert_lstatus(
	    bcd_get_texts(&bcd, BCD_GUID_BOOTMGR, BCD_DISPLAY_ORDER, &texts), ERROR_FILE_NOT_FOUND);
	assert_lstatus(
	    bcd_get_texts(&bcd, BCD_GUID_BOOTMGR, BCD_DEFAULT, &texts), ERROR_FILE_NOT_FOUND);
	assert_false(bcd_resolve(&bcd, "{current}", entry));
	buf_release(&texts);
}

static void
a_boot_takes_the_sequence_once_and_leaves_what_is_current(void **state)
{
	struct host *host = *state;
	struct bcd bcd;
	char standard[BCD_GUID_SIZE];
	char guid[BCD_GUID_SIZE];
	struct buf texts = { 0 };

	assert_lstatus(bcd_boot(host->registry), ERROR_FILE_NOT_FOUND);
	bcd = new_store(host);
	assert_true(bcd_resolve(&bcd, "{default}", standard));
	assert_lstatus(bcd_copy(&bcd, standard, OBJECT), ERROR_SUCCESS);
	/* What is not there is passed over. */
	buf_append(&texts, "{99999999-1111-2222-3333-444455556666}", BCD_GUID_SIZE);
	buf_append(&texts, OBJECT, BCD_GUID_SIZE);
	assert_lstatus(
	    bcd_set_texts(&bcd, BCD_GUID_BOOTMGR, BCD_BOOT_SEQUENCE, &texts), ERROR_SUCCESS);
	assert_true(bcd_next(&bcd, guid));
	assert_string_equal(guid, OBJECT);
	assert_lstatus(bcd_boot(host->registry), ERROR_SUCCESS);
	assert_true(bcd_resolve(&bcd, "{current}", guid));
	assert_string_equal(guid, OBJECT);
	assert_true(bcd_next(&bcd, guid));
	assert_string_equal(guid, standard);
	/* An entry that is gone is not the current one. */
	assert_lstatus(bcd_delete(&bcd, OBJECT), ERROR_SUCCESS);
	assert_true(bcd_resolve(&bcd, "{current}", guid));
	assert_string_equal(guid, standard);
	assert_lstatus(bcd_create(&bcd, OBJECT, BCD_OSLOADER), ERROR_SUCCESS);
	/* A sequence that persists is for all boots. */
	assert_lstatus(
	    bcd_set_text(&bcd, BCD_GUID_BOOTMGR, BCD_BOOT_SEQUENCE, OBJECT), ERROR_SUCCESS);
	assert_lstatus(bcd_set_integer(&bcd, BCD_GUID_BOOTMGR, 0x26000031, 1), ERROR_SUCCESS);
	assert_lstatus(bcd_boot(host->registry), ERROR_SUCCESS);
	assert_true(bcd_next(&bcd, guid));
	assert_string_equal(guid, OBJECT);
	/* The default that another takes over is so from the next boot on. */
	assert_lstatus(bcd_unset(&bcd, BCD_GUID_BOOTMGR, BCD_BOOT_SEQUENCE), ERROR_SUCCESS);
	assert_lstatus(bcd_boot(host->registry), ERROR_SUCCESS);
	assert_lstatus(bcd_set_text(&bcd, BCD_GUID_BOOTMGR, BCD_DEFAULT, OBJECT), ERROR_SUCCESS);
	assert_true(bcd_resolve(&bcd, "{current}", guid));
	assert_string_equal(guid, standard);
	assert_true(bcd_resolve(&bcd, "{default}", guid));
	assert_string_equal(guid, OBJECT);
	buf_release(&texts);
}

static void
option_is(const struct host *host, const char *name, uint32_t type, const void *bytes, size_t size)
{
	struct buf data = { 0 };
	uint32_t found = 0;
	lstatus status = bcd_option(host->registry, name, &found, &data);

	if (bytes == NULL) {
		assert_false(lstatus_ok(status));
	} else {
		assert_lstatus(status, ERROR_SUCCESS);
		assert_int_equal(found, type);
		assert_int_equal(data.size, size);
		assert_memory_equal(data.data, bytes, size);
	}
	buf_release(&data);
}

static void
an_option_is_what_the_loader_finds(void **state)
{
	struct host *host = *state;
	struct bcd bcd;
	char entry[BCD_GUID_SIZE];

	option_is(host, "hypervisorlaunchtype", 0, NULL, 0); /* no store */
	bcd = new_store(host);
	assert_true(bcd_resolve(&bcd, "{current}", entry));
	option_is(host, "hypervisorlaunchtype", REG_DWORD, "\x01\0\0\0", 4);
	option_is(host, "hypervisornumproc", 0, NULL, 0);
	option_is(host, "nosuch", 0, NULL, 0);
	assert_lstatus(bcd_set_integer(&bcd, entry, 0x26000116, 1), ERROR_SUCCESS);
	option_is(host, "HypervisorUseVapic", REG_DWORD, "\x01\0\0\0", 4);
	assert_lstatus(bcd_set_integer(&bcd, entry, 0x250000fa, 1ull << 40), ERROR_SUCCESS);
	option_is(host, "hypervisornumproc", REG_QWORD, "\0\0\0\0\0\x01\0\0", 8);
	assert_lstatus(bcd_set_text(&bcd, entry, 0x22000117, "A"), ERROR_SUCCESS);
	option_is(host, "hypervisorloadoptions", REG_SZ, "A\0\0\0", 4);
	/* Data of another kind than the format says are no option. */
	assert_lstatus(bcd_set(&bcd, entry, 0x250000fa, "123456789", 9), ERROR_SUCCESS);
	option_is(host, "hypervisornumproc", 0, NULL, 0);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(data_are_encoded_as_real_stores_have_them),
		HOST_TEST(a_device_keeps_its_letter_and_foreign_bytes_are_unknown),
		cmocka_unit_test(names_belong_to_kinds_of_objects),
		cmocka_unit_test(no_two_elements_of_a_kind_share_an_id_or_a_name),
		HOST_TEST(a_new_host_has_a_loader_that_boots),
		HOST_TEST(objects_are_made_copied_and_removed),
		HOST_TEST(elements_are_inherited_by_the_nearest_and_circles_end),
		HOST_TEST(an_object_is_asked_once),
		HOST_TEST(a_forgotten_object_leaves_all_elements),
		HOST_TEST(a_boot_takes_the_sequence_once_and_leaves_what_is_current),
		HOST_TEST(an_option_is_what_the_loader_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
