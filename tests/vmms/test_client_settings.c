/*
 * The client's user.config, the environment that it lies in, and the pages of its dialog.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/formats/out_file.h"
#include "tests/lib/host.h"
#include "vmms/client_settings.h"
#include "vmms/file_surfaces.h"
#include "vmwp/environment.h"

static void
write_config(const struct host *host, const char *text)
{
	struct buf path = { 0 };
	FILE *file;

	client_settings_path(host->registry, host->root, &path);
	assert_true(lstatus_ok(out_file_folders(buf_text(&path))));
	file = fopen(buf_text(&path), "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	buf_release(&path);
}

static void
settings_are(const struct host *host, bool summary, bool highlights)
{
	bool values[2] = { !summary, !highlights };
	struct buf error = { 0 };

	assert_true(client_settings_read(host->registry, host->root, values, &error));
	assert_int_equal(values[0], summary);
	assert_int_equal(values[1], highlights);
	buf_release(&error);
}

static void
both_settings_are_true_without_a_file(void **state)
{
	settings_are(*state, true, true);
}

static void
what_is_written_reads_back_and_leaves_the_rest(void **state)
{
	struct host *host = *state;
	struct buf path = { 0 };
	struct buf error = { 0 };
	char text[4096] = "";
	FILE *file;

	write_config(host, "<configuration><userSettings><Other.Options><setting name='x'><value>1"
	                   "</value></setting></Other.Options></userSettings></configuration>");
	settings_are(host, true, true);
	assert_true(
	    client_settings_write(host->registry, host->root, &client_settings[1], false, &error));
	settings_are(host, true, false);
	assert_true(
	    client_settings_write(host->registry, host->root, &client_settings[0], false, &error));
	assert_true(
	    client_settings_write(host->registry, host->root, &client_settings[1], true, &error));
	settings_are(host, false, true);
	client_settings_path(host->registry, host->root, &path);
	file = fopen(buf_text(&path), "re");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_non_null(strstr(text, "Other.Options"));
	assert_non_null(strstr(text, "serializeAs=\"String\""));
	buf_release(&path);
	buf_release(&error);
}

static void
text_that_is_no_boolean_gives_the_default(void **state)
{
	write_config(*state,
	    "<configuration><userSettings>"
	    "<Microsoft.Virtualization.Client.Settings.SettingsConfigurationOptions>"
	    "<setting name='ShowSettingsSummary'><value>maybe</value></setting>"
	    "<setting name='ShowSettingsHighlights'><value>FALSE</value></setting>"
	    "</Microsoft.Virtualization.Client.Settings.SettingsConfigurationOptions>"
	    "</userSettings></configuration>");
	settings_are(*state, true, false);
}

static void
a_file_that_is_no_such_document_is_an_error_that_names_it(void **state)
{
	struct host *host = *state;
	bool values[2];
	struct buf error = { 0 };

	write_config(host, "<configuration><userSettings>");
	assert_false(client_settings_read(host->registry, host->root, values, &error));
	assert_non_null(strstr(buf_text(&error), "user.config"));
	buf_clear(&error);
	assert_false(
	    client_settings_write(host->registry, host->root, &client_settings[0], false, &error));
	assert_non_null(strstr(buf_text(&error), "user.config"));
	buf_release(&error);
}

static void
each_page_of_the_reference_is_there_once(void **state UNUSED)
{
	size_t count = 0;

	for (const struct setting_page *at = setting_pages; at->id != NULL; at++, count++) {
		for (const struct setting_page *other = at + 1; other->id != NULL; other++)
			assert_string_not_equal(at->id, other->id);
		for (const char *class = at->classes; *class != '\0';
		     class += strcspn(class, " ") + (class[strcspn(class, " ")] == ' '))
			assert_memory_equal(class, "Msvm_", 5);
	}
	assert_int_equal(count, 52);
}

static void
variables_lead_into_the_host(void **state)
{
	struct host *host = *state;
	struct buf out = { 0 };
	char wanted[4200];
	reg_key key;

	assert_true(environment_get(host->registry, host->root, "PROGRAMDATA", &out));
	snprintf(wanted, sizeof(wanted), "%s/ProgramData", host->root);
	assert_string_equal(buf_text(&out), wanted);
	buf_clear(&out);
	environment_path(host->registry, host->root, "%ProgramData%\\a\\%NoSuchName%\\50%", &out);
	snprintf(wanted, sizeof(wanted), "%s/ProgramData/a/%%NoSuchName%%/50%%", host->root);
	assert_string_equal(buf_text(&out), wanted);
	buf_clear(&out);
	assert_false(environment_get(host->registry, host->root, "NoSuchName", &out));
	assert_int_equal(out.size, 0);
	key = host_key(host->registry, "HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\"
	                               "ComputerName");
	assert_lstatus(
	    registry_set_text(host->registry, key, "ComputerName", REG_SZ, "NODE7"), ERROR_SUCCESS);
	assert_true(environment_get(host->registry, host->root, "ComputerName", &out));
	assert_string_equal(buf_text(&out), "NODE7");
	buf_clear(&out);
	key = host_key(host->registry,
	    "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment");
	assert_lstatus(
	    registry_set_text(host->registry, key, "VM_CONFIGURATION_SERVER", REG_SZ, "far"),
	    ERROR_SUCCESS);
	environment_expand(
	    host->registry, host->root, "x%VM_CONFIGURATION_SERVER%%COMPUTERNAME%y", &out);
	assert_string_equal(buf_text(&out), "xfarNODE7y");
	buf_release(&out);
}

static void
each_variable_and_file_says_whose_it_is(void **state UNUSED)
{
	size_t variables = 0;
	size_t files = 0;

	for (; environment_variables[variables].name != NULL; variables++)
		assert_true(strlen(environment_variables[variables].consumers) > 0);
	for (; file_surfaces[files].name != NULL; files++) {
		assert_true(strlen(file_surfaces[files].owner) > 0);
		assert_true(strlen(file_surfaces[files].here) > 0);
	}
	assert_int_equal(variables, 7);
	assert_int_equal(files, 14);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(both_settings_are_true_without_a_file),
		HOST_TEST(what_is_written_reads_back_and_leaves_the_rest),
		HOST_TEST(text_that_is_no_boolean_gives_the_default),
		HOST_TEST(a_file_that_is_no_such_document_is_an_error_that_names_it),
		cmocka_unit_test(each_page_of_the_reference_is_there_once),
		HOST_TEST(variables_lead_into_the_host),
		cmocka_unit_test(each_variable_and_file_says_whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
