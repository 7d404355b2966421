/*
 * The inventory of virtual machines: files that are configurations, and files that are not.
 */
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

#include "regstore/formats/out_file.h"
#include "tests/lib/host.h"
#include "vmms/machines.h"

#define FOLDER "ProgramData/Microsoft/Windows/Hyper-V/Virtual Machines"
#define GUID   "11111111-2222-3333-4444-55555555abcd"

static void
write_file(const struct host *host, const char *name, const char *text)
{
	char path[5000];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", host->root, FOLDER, name);
	assert_true(lstatus_ok(out_file_folders(path)));
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void
finds(const struct host *host, size_t count, size_t faults)
{
	struct machines machines;
	struct buf lines = { 0 };
	size_t found = 0;

	assert_true(machines_find(host->root, &machines, &lines));
	for (size_t i = 0; i < lines.size; i++)
		found += lines.data[i] == '\n';
	assert_int_equal(machines.count, count);
	assert_int_equal(found, faults);
	machines_release(&machines);
	buf_release(&lines);
}

static void
a_host_without_the_folder_has_none(void **state)
{
	finds(*state, 0, 0);
}

static void
a_machine_is_made_found_and_removed(void **state)
{
	struct host *host = *state;
	struct buf error = { 0 };
	struct machines machines;
	const struct machine *machine;
	char guid[GUID_TEXT_SIZE];
	char key_path[256];
	reg_key key;

	assert_true(
	    machine_create(host->registry, host->root, "Caf\xc3\xa9 <1>", true, guid, &error));
	assert_true(machine_create(host->registry, host->root, "second", false, guid, &error));
	assert_true(machines_find(host->root, &machines, &error));
	assert_int_equal(machines.count, 2);
	machine = machines_get(&machines, "CAF\xc3\x89 <1>");
	assert_non_null(machine);
	assert_true(machine->shielded);
	machine = machines_get(&machines, guid);
	assert_non_null(machine);
	assert_string_equal(machine->name, "second");
	assert_false(machine->shielded);
	assert_null(machines_get(&machines, "third"));
	snprintf(key_path, sizeof(key_path),
	    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\%s", guid);
	assert_true(lstatus_ok(registry_open_key(host->registry, NULL, key_path, 0, &key)));
	assert_true(machine_delete(host->registry, host->root, machine, &error));
	assert_lstatus(
	    registry_open_key(host->registry, NULL, key_path, 0, &key), ERROR_FILE_NOT_FOUND);
	machines_release(&machines);
	finds(host, 1, 0);
	assert_int_equal(error.size, 0);
	buf_release(&error);
}

static void
a_name_has_1_to_100_characters(void **state)
{
	struct host *host = *state;
	struct buf error = { 0 };
	char name[102];
	char guid[GUID_TEXT_SIZE];

	memset(name, 'n', sizeof(name));
	name[101] = '\0';
	assert_false(machine_create(host->registry, host->root, name, false, guid, &error));
	assert_true(error.size > 0);
	buf_clear(&error);
	assert_false(machine_create(host->registry, host->root, "", false, guid, &error));
	buf_clear(&error);
	name[100] = '\0';
	assert_true(machine_create(host->registry, host->root, name, false, guid, &error));
	buf_release(&error);
}

static void
a_configuration_that_others_wrote_is_a_machine(void **state)
{
	struct host *host = *state;

	write_file(host, "other.XML",
	    "<configuration><x/><properties><name type='string'>n</name><global_id>" GUID
	    "</global_id></properties></configuration>");
	finds(host, 1, 0);
}

static void
files_that_are_no_configuration_are_told(void **state)
{
	struct host *host = *state;

	write_file(host, "empty.xml", "");
	write_file(host, "broken.xml", "<configuration><properties>");
	write_file(host, "foreign.xml", "<other/>");
	write_file(host, "noname.xml",
	    "<configuration><properties><global_id>" GUID
	    "</global_id></properties></configuration>");
	write_file(host, "noguid.xml",
	    "<configuration><properties><name>n</name><global_id>no</global_id></properties>"
	    "</configuration>");
	write_file(host, "notes.txt", "no xml");
	write_file(host, GUID "_ir.xml", "what is left of an import");
	write_file(host, ".xml", "hidden");
	finds(host, 0, 5);
}

static void
entities_neither_grow_nor_read_files(void **state)
{
	struct host *host = *state;

	write_file(host, "bomb.xml",
	    "<!DOCTYPE c [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
	    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'>"
	    "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;'>"
	    "<!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;'><!ENTITY h '&g;&g;&g;&g;&g;&g;&g;&g;'>]>"
	    "<configuration><properties><name>&h;</name><global_id>" GUID
	    "</global_id></properties></configuration>");
	write_file(host, "outside.xml",
	    "<!DOCTYPE c [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
	    "<configuration><properties><name>n&x;</name><global_id>" GUID
	    "</global_id></properties></configuration>");
	{
		struct machines machines;
		struct buf faults = { 0 };

		assert_true(machines_find(host->root, &machines, &faults));
		for (size_t i = 0; i < machines.count; i++) {
			assert_true(strlen(machines.list[i].name) <= 100);
			assert_null(strstr(machines.list[i].name, "root:"));
		}
		machines_release(&machines);
		buf_release(&faults);
	}
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_host_without_the_folder_has_none),
		HOST_TEST(a_machine_is_made_found_and_removed),
		HOST_TEST(a_name_has_1_to_100_characters),
		HOST_TEST(a_configuration_that_others_wrote_is_a_machine),
		HOST_TEST(files_that_are_no_configuration_are_told),
		HOST_TEST(entities_neither_grow_nor_read_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
