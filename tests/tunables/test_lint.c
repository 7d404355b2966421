/*
 * Lint over the host's own catalog: each rule's example, each kind of input, suppressions.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/hive.h"
#include "regstore/formats/pol.h"
#include "regstore/lint/lint.h"
#include "tests/lib/host.h"
#include "vmms/processes.h"

#define REG5  "Windows Registry Editor Version 5.00\n\n"
#define VHDMP "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\vhdmp\\Parameters]\n"
#define MIGRATION                                                                                  \
	"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization"     \
	"\\Migration]\n"
#define LOADER "Windows Boot Loader\n-------------------\nidentifier              {current}\n"

static struct tunable_catalog catalog;

/* --- Running
 * -------------------------------------------------------------------------------------- */

struct run {
	struct lint_options options;
	struct lint_summary summary;
	struct buf lines;  /* "CODE LINE NAME OWNER: message (other line)" for each finding */
	struct buf hidden; /* the codes of suppressed ones */
};

static void
take(void *context, const struct lint_finding *finding)
{
	struct run *run = context;

	if (finding->suppressed != NULL) {
		buf_printf(&run->hidden, "%s %s\n", finding->rule->code, finding->suppressed);
		return;
	}
	buf_printf(&run->lines, "%s %llu %s %s: ", finding->rule->code,
	    (unsigned long long)(finding->place.line != 0 ? finding->place.line
	                                                  : finding->place.offset),
	    finding->name != NULL ? finding->name : "-",
	    finding->entry != NULL ? finding->entry->table->owner : "-");
	lint_message(finding, &run->lines);
	buf_append_byte(&run->lines, '\n');
}

static void
begin(struct run *run)
{
	*run = (struct run){ .options = {
		                 .catalog = &catalog,
		                 .today = "2026-11-29",
		                 .finding = take,
		                 .context = run,
		             } };
}

static void
lint_bytes(struct run *run, const void *data, size_t size)
{
	struct lint *lint = lint_new(&run->options);

	assert_non_null(lint);
	assert_true(lstatus_ok(lint_add_memory(lint, data, size, "a.txt")));
	assert_true(lstatus_ok(lint_finish(lint, &run->summary)));
	lint_free(lint);
}

static void
end(struct run *run)
{
	buf_release(&run->lines);
	buf_release(&run->hidden);
}

static bool
has(struct run *run, const char *text)
{
	return strstr(buf_text(&run->lines), text) != NULL;
}

/* The text has this finding, and the one that is right has not. */
static void
finds(const char *text, const char *expected)
{
	struct run run;

	begin(&run);
	lint_bytes(&run, text, strlen(text));
	if (!has(&run, expected))
		fail_msg("expected \"%s\" in:\n%s", expected, buf_text(&run.lines));
	end(&run);
}

static void
lacks(const char *text, const char *unexpected)
{
	struct run run;

	begin(&run);
	lint_bytes(&run, text, strlen(text));
	if (has(&run, unexpected))
		fail_msg("did not expect \"%s\" in:\n%s", unexpected, buf_text(&run.lines));
	end(&run);
}

static int
make_catalog(void **state)
{
	struct buf error = { 0 };

	(void)state;
	return host_catalog_init(&catalog, &error) ? 0 : -1;
}

static int
release_catalog(void **state)
{
	(void)state;
	tunable_catalog_release(&catalog);
	return 0;
}

/* --- Rules
 * ---------------------------------------------------------------------------------------- */

static void
every_rule_has_the_finding_of_its_example(void **state)
{
	size_t examples = 0;
	size_t missing = 0;

	(void)state;
	for (const struct lint_rule *at = lint_rules; at->code != NULL; at++) {
		char expected[16];
		struct run run;

		if (at->example == NULL)
			continue;
		snprintf(expected, sizeof(expected), "%s ", at->code);
		begin(&run);
		lint_bytes(&run, at->example, strlen(at->example));
		if (!has(&run, expected))
			print_error("%s: %s\n", at->code, buf_text(&run.lines));
		missing += !has(&run, expected);
		end(&run);
		examples++;
	}
	assert_int_equal(missing, 0);
	assert_true(examples > 30);
}

static void
codes_are_in_order_and_unique(void **state)
{
	(void)state;
	for (const struct lint_rule *at = lint_rules; at[1].code != NULL; at++)
		assert_true(strcmp(at[0].code, at[1].code) < 0);
	assert_ptr_equal(lint_rule_find("hv1105"), lint_rule_find("HV1105"));
	assert_null(lint_rule_find("HV9999"));
}

static void
every_page_has_a_rule(void)
{
	char name[4096];
	struct dirent *entry;
	DIR *folder;

	snprintf(name, sizeof(name), "%s/docs/findings", getenv("HVEMU_SOURCE"));
	folder = opendir(name);
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		char *dot = strchr(entry->d_name, '.');

		if (dot == entry->d_name || dot == NULL)
			continue;
		*dot = '\0';
		if (lint_rule_find(entry->d_name) == NULL)
			fail_msg("docs/findings/%s.md has no rule", entry->d_name);
	}
	closedir(folder);
}

/* docs/findings is made of the table: hvctl lint --explain CODE > docs/findings/CODE.md */
static void
every_rule_has_its_page_and_every_page_its_rule(void **state)
{
	(void)state;
	for (const struct lint_rule *at = lint_rules; at->code != NULL; at++) {
		char name[4096];
		char page[8192];
		struct buf expected = { 0 };
		size_t length;
		FILE *file;

		snprintf(
		    name, sizeof(name), "%s/docs/findings/%s.md", getenv("HVEMU_SOURCE"), at->code);
		file = fopen(name, "re");
		if (file == NULL)
			fail_msg("there is no %s: write it with hvctl lint --explain", name);
		length = fread(page, 1, sizeof(page) - 1, file);
		page[length] = '\0';
		fclose(file);
		lint_rule_page(at, &expected);
		assert_string_equal(page, buf_text(&expected));
		buf_release(&expected);
	}
	every_page_has_a_rule();
}

/* --- Values
 * --------------------------------------------------------------------------------------- */

static void
each_owner_of_a_value_judges_it(void **state)
{
	(void)state;
	finds(REG5 MIGRATION "\"MemoryWalkerCount\"=dword:81\n",
	    "HV1105 4 MemoryWalkerCount vmms.exe");
	finds(REG5 MIGRATION "\"MemoryWalkerCount\"=dword:81\n",
	    "HV1105 4 MemoryWalkerCount vmwp.exe");
}

static void
a_value_within_its_range_is_no_warning(void **state)
{
	struct run run;
	static const char text[] = REG5 VHDMP "\"SmbResiliencyTimeoutMs\"=dword:7530\n";

	(void)state;
	begin(&run);
	lint_bytes(&run, text, strlen(text));
	assert_true(has(&run, "HV1101 4 SmbResiliencyTimeoutMs vhdmp.sys"));
	assert_int_equal(run.summary.findings[LINT_WARNING], 0);
	assert_int_equal(run.summary.values, 1);
	assert_int_equal(run.summary.known, 1);
	end(&run);
}

static void
a_closed_gate_is_named_and_an_open_one_is_none(void **state)
{
#define STORVSP "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\storvsp]\n"
	(void)state;
	finds(REG5 STORVSP "\"SpreadWork\"=dword:0\n\"AffinitizeThreads\"=dword:1\n",
	    "SpreadWork must be");
	lacks(REG5 STORVSP "\"SpreadWork\"=dword:1\n\"AffinitizeThreads\"=dword:1\n", "HV1203");
}

static void
a_state_that_is_given_opens_or_closes_a_gate(void **state)
{
	static const struct lint_state amd = { "cpuvendor", "AuthenticAMD" };
	static const struct lint_state intel = { "cpuvendor", "GenuineIntel" };
	static const char text[] =
	    REG5 "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor]\n"
	         "\"EnableSevSnp\"=dword:1\n";
	struct run run;

	(void)state;
	begin(&run);
	run.options.states = &amd;
	run.options.state_count = 1;
	lint_bytes(&run, text, strlen(text));
	assert_true(has(&run, "HV1101 4 EnableSevSnp"));
	end(&run);
	begin(&run);
	run.options.states = &intel;
	run.options.state_count = 1;
	lint_bytes(&run, text, strlen(text));
	assert_true(has(&run, "HV1203 4 EnableSevSnp"));
	end(&run);
	finds(text, "HV1209 4 EnableSevSnp");
}

static void
a_policy_in_another_file_hides_a_value(void **state)
{
	static const char text[] =
	    REG5 "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
	         "\\Virtualization]\n\"RequireSecureDeviceAssignment\"=dword:0\n";
	struct buf pol = { 0 };
	struct lint *lint;
	struct run run;

	(void)state;
	reg_pol_write_begin(&pol);
	reg_pol_write(&pol, "SOFTWARE\\Policies\\Microsoft\\Windows\\HyperV",
	    "RequireSecureDeviceAssignment", REG_DWORD, "\1\0\0\0", 4);
	begin(&run);
	lint = lint_new(&run.options);
	assert_non_null(lint);
	assert_true(lstatus_ok(lint_add_memory(lint, text, strlen(text), "a.reg")));
	assert_true(lstatus_ok(lint_add_memory(lint, pol.data, pol.size, "Registry.pol")));
	assert_true(lstatus_ok(lint_finish(lint, &run.summary)));
	lint_free(lint);
	assert_true(has(&run, "HV1204 4 RequireSecureDeviceAssignment"));
	assert_true(has(&run, "set at Registry.pol:0x8"));
	buf_release(&pol);
	end(&run);
}

static void
a_fallback_is_said_to_be_idle_only_where_it_is(void **state)
{
#define VIRTUALIZATION                                                                             \
	"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization]\n"
#define POLICY "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\HyperV]\n"
	static const char hidden[] =
	    REG5 VIRTUALIZATION "\"RequireSecureDeviceAssignment\"=dword:0\n" POLICY
	                        "\"RequireSecureDeviceAssignment\"=dword:1\n";
	static const char taken[] =
	    REG5 VIRTUALIZATION "\"RequireSecureDeviceAssignment\"=dword:0\n" POLICY
	                        "\"RequireSecureDeviceAssignment\"=\"x\"\n";

	(void)state;
	/* Of what a policy hides that is all there is to say. */
	finds(hidden, "HV1204 4 RequireSecureDeviceAssignment");
	lacks(hidden, "HV1207");
	/* A policy of another type counts as absent: then the fallback is what is used. */
	finds(taken, "HV1201 6 RequireSecureDeviceAssignment");
	lacks(taken, "HV1207");
}

static void
a_malformed_line_is_one_error_and_the_rest_is_judged(void **state)
{
	static const char text[] =
	    REG5 VHDMP "\"SurfaceTimeout\"=dword:x\n"
	               "; hvlint: HV1301 until=2027-01-01 reason=\"of the next\"\n"
	               "\"MirorBlockSize\"=\"open\n"
	               "\"SmbResiliencyTimeoutMs\"=dword:000493e1\n"
	               "\"MirorBlockSize\"=dword:1\n";
	struct run run;

	(void)state;
	begin(&run);
	lint_bytes(&run, text, strlen(text));
	assert_true(has(&run, "HV1001 4 "));
	assert_true(has(&run, "HV1001 6 "));
	assert_true(has(&run, "HV1107 7 SmbResiliencyTimeoutMs"));
	/* The comment is about the line that could not be read. */
	assert_true(has(&run, "HV1301 8 MirorBlockSize"));
	assert_int_equal(run.summary.findings[LINT_ERROR], 2);
	assert_int_equal(run.summary.values, 2);
	assert_true(run.summary.failed);
	end(&run);
}

static void
a_lint_that_is_cleared_knows_nothing_of_what_it_had(void **state)
{
	static const char first[] = REG5 VHDMP "\"MirorBlockSize\"=dword:1\n";
	static const char second[] = REG5 VHDMP "\"MirrorBlockSize\"=dword:00100000\n"
	                                        "\"SurfaceTimout\"=dword:1\n";
	struct run run;
	struct run fresh;
	struct lint *lint;

	(void)state;
	begin(&run);
	lint = lint_new(&run.options);
	assert_true(lstatus_ok(lint_add_memory(lint, first, strlen(first), "a.txt")));
	assert_true(lstatus_ok(lint_finish(lint, &run.summary)));
	assert_true(has(&run, "HV1301 4 MirorBlockSize"));
	buf_clear(&run.lines);
	lint_clear(lint, &run.options);
	assert_true(lstatus_ok(lint_add_memory(lint, second, strlen(second), "a.txt")));
	assert_true(lstatus_ok(lint_finish(lint, &run.summary)));
	lint_free(lint);
	begin(&fresh);
	lint_bytes(&fresh, second, strlen(second));
	assert_string_equal(buf_text(&run.lines), buf_text(&fresh.lines));
	assert_memory_equal(&run.summary, &fresh.summary, sizeof(run.summary));
	end(&run);
	end(&fresh);
}

static void
text_is_checked_for_its_end(void **state)
{
	static const char whole[] =
	    REG5 "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
	         "\\Virtualization]\n\"ServerExecutable\"=\"D:\\\\\"\n";

	(void)state;
	lacks(whole, "HV1210");
	lacks(whole, "HV1211");
}

/* --- Hives
 * ---------------------------------------------------------------------------------------- */

/* A hive of one value below keys of these names, as bytes. */
static void
make_hive(const char *const *keys, const char *path, const char *name, struct buf *ret_hive)
{
	struct host host;
	struct buf file = { 0 };
	reg_key top;
	reg_key key;
	FILE *in;
	int c;

	host_init(&host);
	host_open(&host);
	buf_printf(&file, "%s/hive", host.root);
	assert_lstatus(
	    registry_create_key(host.registry, NULL, "HKLM\\SOFTWARE\\Top", 0, &top, NULL),
	    ERROR_SUCCESS);
	for (; *keys != NULL; keys++)
		assert_lstatus(
		    registry_create_key(host.registry, &top, *keys, 0, &key, NULL), ERROR_SUCCESS);
	assert_lstatus(
	    registry_create_key(host.registry, &top, path, 0, &key, NULL), ERROR_SUCCESS);
	assert_lstatus(registry_set_dword(host.registry, key, name, 129), ERROR_SUCCESS);
	assert_lstatus(reg_hive_save(host.registry, top, buf_text(&file), NULL), ERROR_SUCCESS);
	in = fopen(buf_text(&file), "re");
	assert_non_null(in);
	while ((c = getc(in)) != EOF)
		buf_append_byte(ret_hive, (uint8_t)c);
	fclose(in);
	buf_release(&file);
	host_release(&host);
}

static void
a_hive_is_found_where_it_is_mounted(void **state)
{
	static const char *const software[] = { "Microsoft", "Classes", NULL };
	static const char *const system[] = { "Select", "ControlSet001", NULL };
	static const char *const none[] = { NULL };
	struct buf hive = { 0 };
	struct run run;

	(void)state;
	make_hive(software, "Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Migration",
	    "MemoryWalkerCount", &hive);
	begin(&run);
	lint_bytes(&run, hive.data, hive.size);
	assert_true(has(&run, "HV1105"));
	assert_true(has(&run, "MemoryWalkerCount vmwp.exe"));
	end(&run);
	buf_clear(&hive);
	make_hive(system, "ControlSet001\\Services\\vhdmp\\Parameters", "MirrorBlockSize", &hive);
	begin(&run);
	lint_bytes(&run, hive.data, hive.size);
	assert_true(has(&run, "MirrorBlockSize vhdmp.sys"));
	end(&run);
	buf_clear(&hive);
	make_hive(none, "Migration", "MemoryWalkerCount", &hive);
	begin(&run);
	lint_bytes(&run, hive.data, hive.size);
	assert_true(has(&run, "--at"));
	assert_true(run.summary.failed);
	end(&run);
	begin(&run);
	run.options.at = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization";
	lint_bytes(&run, hive.data, hive.size);
	assert_true(has(&run, "HV1105"));
	end(&run);
	/* A damaged one is an error, not a crash. */
	hive.data[4100] ^= 0xff;
	begin(&run);
	lint_bytes(&run, hive.data, hive.size);
	assert_true(run.summary.failed);
	end(&run);
	buf_release(&hive);
}

/* --- Names and keys
 * ------------------------------------------------------------------------------- */

static void
a_name_that_is_near_one_of_another_key_names_that_key(void **state)
{
	(void)state;
	finds(REG5 MIGRATION "\"SmbResilencyTimeoutMs\"=dword:1\n",
	    "did you mean \"HKLM\\SYSTEM\\CurrentControlSet\\Services\\vhdmp\\Parameters"
	    "\\SmbResiliencyTimeoutMs\"");
}

static void
a_path_of_very_many_names_is_read(void **state)
{
	struct buf text = { 0 };
	struct run run;

	(void)state;
	buf_append_text(&text, REG5 "[HKLM");
	for (int i = 0; i < 60000; i++)
		buf_append_text(&text, "\\a");
	buf_append_text(&text, "]\n\"x\"=dword:1\n");
	begin(&run);
	lint_bytes(&run, text.data, text.size);
	assert_int_equal(run.summary.values, 1);
	assert_int_equal(run.summary.known, 0);
	buf_release(&text);
	end(&run);
}

static void
a_service_value_of_a_stranger_is_not_about_hyper_v(void **state)
{
	static const char text[] =
	    REG5 "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Spooler]\n"
	         "\"Start\"=dword:2\n\"Enabled\"=dword:1\n\"Name\"=\"x\"\n";
	struct run run;

	(void)state;
	begin(&run);
	lint_bytes(&run, text, strlen(text));
	assert_string_equal(buf_text(&run.lines), "");
	assert_int_equal(run.summary.values, 3);
	assert_int_equal(run.summary.known, 0);
	end(&run);
}

static void
every_spelling_of_the_key_is_the_same_key(void **state)
{
	(void)state;
	finds(REG5 "[HKLM\\system\\CONTROLSET001\\services\\VHDMP\\parameters]\n"
	           "\"smbresiliencytimeoutms\"=dword:0\n",
	    "HV1107 4");
	finds(REG5 "[HKLM\\SYSTEM\\ControlSet001\\Services\\vhdmp\\Parameters]\n"
	           "\"SmbResiliencyTimeoutMs\"=dword:1\n" VHDMP
	           "\"SmbResiliencyTimeoutMs\"=dword:2\n",
	    "HV1401 4");
}

static void
the_control_set_that_select_names_is_the_current_one(void **state)
{
	(void)state;
	finds(REG5 "[HKLM\\SYSTEM\\ControlSet002\\Services\\vhdmp\\Parameters]\n"
	           "\"SmbResiliencyTimeoutMs\"=dword:1\n"
	           "[HKLM\\SYSTEM\\Select]\n\"Current\"=dword:2\n",
	    "HV1101 4");
	finds(REG5 "[HKLM\\SYSTEM\\ControlSet001\\Services\\vhdmp\\Parameters]\n"
	           "\"SmbResiliencyTimeoutMs\"=dword:1\n"
	           "[HKLM\\SYSTEM\\Select]\n\"Current\"=dword:2\n",
	    "HV1305 4");
}

static void
a_deleted_key_takes_its_values_along(void **state)
{
	static const char text[] =
	    REG5 VHDMP "\"SmbResiliencyTimeoutMs\"=dword:1\n"
	               "[-HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\vhdmp]\n";

	(void)state;
	finds(text, "HV1403 4");
	finds(text, "HV1111 5");
	lacks(REG5 "[-HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\vhdmp]\n" VHDMP
	           "\"SmbResiliencyTimeoutMs\"=dword:1\n",
	    "HV1403");
}

/* --- Boot configuration
 * --------------------------------------------------------------------------- */

static void
boot_options_are_judged_in_any_encoding(void **state)
{
	static const char text[] = LOADER "hypervisorlaunchtype    Off\n";
	struct buf wide = { 0 };
	struct buf dos = { 0 };
	struct run run;

	(void)state;
	finds(text,
	    "HV1101 4 hypervisorlaunchtype hvloader.dll: hypervisorlaunchtype: takes effect: 0");
	buf_append(&wide, "\xff\xfe", 2);
	utf16_from_utf8(text, strlen(text), &wide);
	begin(&run);
	lint_bytes(&run, wide.data, wide.size);
	assert_true(has(&run, "HV1101 4 hypervisorlaunchtype"));
	end(&run);
	buf_append_text(&dos, "C:\\>bcdedit /enum\r\n\r\nWindows-Startladeprogramm\r\n------\r\n"
	                      "Bezeichner              {current}\r\n"
	                      "description             f\xfcr alle\r\n"
	                      "hypervisorlaunchtype    Off\r\n\r\nC:\\>\r\n");
	begin(&run);
	lint_bytes(&run, dos.data, dos.size);
	assert_true(has(&run, "HV1101 7 hypervisorlaunchtype"));
	end(&run);
	buf_release(&wide);
	buf_release(&dos);
}

static void
inherited_options_are_found_and_strangers_are_not(void **state)
{
	(void)state;
	finds("Hypervisor Settings\n---\nidentifier {hypervisorsettings}\n"
	      "hypervisorschedulertype Core\n",
	    "HV1101 4 hypervisorschedulertype");
	finds("Windows Boot Manager\n---\nidentifier {bootmgr}\ndefault {current}\n\n" LOADER
	      "inherit                 {globalsettings}\n\n"
	      "Hypervisor Settings\n---\nidentifier {hypervisorsettings}\nhypervisornumproc 4\n",
	    "HV1501 14 hypervisornumproc");
}

static void
malformed_output_of_bcdedit_is_an_error_of_its_line(void **state)
{
	struct run run;
	static const char text[] = "Windows Boot Loader\n----\nno identifier here\n";

	(void)state;
	begin(&run);
	lint_bytes(&run, text, strlen(text));
	assert_true(has(&run, "HV1001 3 "));
	assert_true(run.summary.failed);
	end(&run);
}

static void
elements_without_a_title_are_of_the_object_that_all_are_of(void **state)
{
	static const char mixed[] = "hypervisordebugtype     Serial\nbaudrate                5\n";

	(void)state;
	finds("C:\\>bcdedit /hypervisorsettings\r\nhypervisordebugtype     Serial\r\n"
	      "hypervisorbaudrate      9600\r\nThe operation completed successfully.\r\n",
	    "HV1101 3 hypervisorbaudrate hvloader.dll: hypervisorbaudrate: takes effect: 9600");
	finds("hypervisorbaudrate      9600\nhypervisorbaudrat       9600\n",
	    "HV1502 2 hypervisorbaudrat");
	lacks("debugtype               Serial\ndebugport               1\n", "HV1001");
	lacks("bootems                 Yes\nemsport                 1\n", "HV1001");
	finds(mixed, "HV1001 1 ");
	finds("some words      that are none\n", "HV1001 1 ");
}

/* --- Suppressions
 * --------------------------------------------------------------------------------- */

static void
a_suppression_in_a_comment_hides_its_lines_findings_only(void **state)
{
	static const char text[] = REG5 MIGRATION
	    "\"MemoryWalkerCount\"=dword:81 ; hvlint: HV1105 until=2027-01-01 reason=\"measured\"\n"
	    "\"NetworkBufferCount\"=dword:fff\n";
	struct run run;

	(void)state;
	begin(&run);
	lint_bytes(&run, text, strlen(text));
	assert_string_equal(buf_text(&run.hidden), "HV1105 measured\nHV1105 measured\n");
	assert_int_equal(run.summary.suppressed, 2);
	assert_true(has(&run, "HV1105 5 NetworkBufferCount"));
	assert_false(has(&run, "HV1902"));
	end(&run);
}

static void
a_comment_before_a_key_holds_for_all_of_it(void **state)
{
	static const char text[] =
	    REG5 "; hvlint: HV1105 until=2027-01-01 reason=\"measured\"\n" MIGRATION
	         "\"MemoryWalkerCount\"=dword:81\n\"NetworkBufferCount\"=dword:fff\n" VHDMP
	         "\"SmbResiliencyTimeoutMs\"=dword:0\n";
	struct run run;

	(void)state;
	begin(&run);
	lint_bytes(&run, text, strlen(text));
	assert_false(has(&run, "HV1105"));
	assert_true(has(&run, "HV1107"));
	end(&run);
}

static void
lint_with(struct run *run, const char *text, const char *suppressions)
{
	struct lint *lint = lint_new(&run->options);
	FILE *file = fmemopen((void *)(uintptr_t)suppressions, strlen(suppressions), "r");

	assert_non_null(lint);
	assert_non_null(file);
	assert_true(lstatus_ok(lint_add_suppressions(lint, file, ".hvlint")));
	fclose(file);
	assert_true(lstatus_ok(lint_add_memory(lint, text, strlen(text), "a.reg")));
	assert_true(lstatus_ok(lint_finish(lint, &run->summary)));
	lint_free(lint);
}

static void
a_file_of_suppressions_hides_by_patterns(void **state)
{
	static const char text[] = REG5 MIGRATION "\"MemoryWalkerCount\"=dword:81\n";
	struct run run;

	(void)state;
	begin(&run);
	lint_with(&run, text,
	    "# accepted\r\n\r\nHV1106,HV1105 key=*\\Migration name=memorywalker* file=*.reg "
	    "until=2026-11-29 reason=\"until today\"\r\n");
	assert_int_equal(run.summary.suppressed, 2);
	assert_int_equal(run.summary.findings[LINT_WARNING], 0);
	end(&run);
	begin(&run);
	lint_with(&run, text, "HV1105 name=Other until=2026-12-31 reason=x\n");
	assert_int_equal(run.summary.findings[LINT_WARNING], 2);
	assert_true(has(&run, "HV1902 1"));
	end(&run);
	begin(&run);
	lint_with(&run, text, "HV1105 until=2026-11-28 reason=x\n");
	assert_true(has(&run, "HV1901 1"));
	assert_int_equal(run.summary.findings[LINT_WARNING], 3);
	end(&run);
}

static void
malformed_suppressions_say_what_was_expected(void **state)
{
	static const struct {
		const char *line;
		const char *expected;
	} cases[] = {
		{ "HV1105 until=2026-12-31", "expected reason=" },
		{ "HV1105 until=2026-12-31 reason=\"\"", "expected reason=" },
		{ "HV1105 reason=x", "expected until=YYYY-MM-DD" },
		{ "HV1105 reason=x until=2026-13-01", "expected until=YYYY-MM-DD" },
		{ "HV1105 reason=x until=2026-02-31", "expected until=YYYY-MM-DD" },
		{ "HV1105 reason=x until=tomorrow", "expected until=YYYY-MM-DD" },
		{ "HV9999 reason=x until=2026-12-31", "expected a finding's code" },
		{ "reason=x until=2026-12-31", "expected a finding's code" },
		{ "HV1105 reason=\"x until=2026-12-31", "expected a closing quote" },
		{ "HV1105 reason=x reason=y until=2026-12-31", "expected each field once" },
		{ "HV1105 because=x until=2026-12-31", "expected file=" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run;

		begin(&run);
		lint_with(&run, REG5, cases[i].line);
		if (!has(&run, cases[i].expected) || !has(&run, "HV1903 1") || !run.summary.failed)
			fail_msg("%s: %s", cases[i].line, buf_text(&run.lines));
		end(&run);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_has_the_finding_of_its_example),
		cmocka_unit_test(codes_are_in_order_and_unique),
		cmocka_unit_test(every_rule_has_its_page_and_every_page_its_rule),
		cmocka_unit_test(each_owner_of_a_value_judges_it),
		cmocka_unit_test(a_value_within_its_range_is_no_warning),
		cmocka_unit_test(a_closed_gate_is_named_and_an_open_one_is_none),
		cmocka_unit_test(a_state_that_is_given_opens_or_closes_a_gate),
		cmocka_unit_test(a_policy_in_another_file_hides_a_value),
		cmocka_unit_test(a_fallback_is_said_to_be_idle_only_where_it_is),
		cmocka_unit_test(a_malformed_line_is_one_error_and_the_rest_is_judged),
		cmocka_unit_test(a_lint_that_is_cleared_knows_nothing_of_what_it_had),
		cmocka_unit_test(text_is_checked_for_its_end),
		cmocka_unit_test(a_hive_is_found_where_it_is_mounted),
		cmocka_unit_test(a_name_that_is_near_one_of_another_key_names_that_key),
		cmocka_unit_test(a_path_of_very_many_names_is_read),
		cmocka_unit_test(a_service_value_of_a_stranger_is_not_about_hyper_v),
		cmocka_unit_test(every_spelling_of_the_key_is_the_same_key),
		cmocka_unit_test(the_control_set_that_select_names_is_the_current_one),
		cmocka_unit_test(a_deleted_key_takes_its_values_along),
		cmocka_unit_test(boot_options_are_judged_in_any_encoding),
		cmocka_unit_test(inherited_options_are_found_and_strangers_are_not),
		cmocka_unit_test(malformed_output_of_bcdedit_is_an_error_of_its_line),
		cmocka_unit_test(elements_without_a_title_are_of_the_object_that_all_are_of),
		cmocka_unit_test(a_suppression_in_a_comment_hides_its_lines_findings_only),
		cmocka_unit_test(a_comment_before_a_key_holds_for_all_of_it),
		cmocka_unit_test(a_file_of_suppressions_hides_by_patterns),
		cmocka_unit_test(malformed_suppressions_say_what_was_expected),
	};

	return cmocka_run_group_tests(tests, make_catalog, release_catalog);
}
