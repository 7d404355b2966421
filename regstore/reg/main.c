/*
 * reg: reads and changes a host's registry with the syntax, output and exit status of Windows'
 * reg.exe. One table holds the verbs: what each takes, what it says of itself, and what runs it.
 *
 * Not here: other machines' registries (\\MACHINE\...).
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/macro.h"
#include "regstore/reg/reg.h"

#define FIELD(member) offsetof(struct reg_arguments, member)

/* clang-format off */
#define VIEW_SWITCHES                                                                              \
	{ "reg:32", SWITCH_FLAG, FIELD(view_32) },                                                 \
	{ "reg:64", SWITCH_FLAG, FIELD(view_64) },                                                 \
	{ NULL, SWITCH_FLAG, 0 }
/* clang-format on */

static const struct reg_switch query_switches[] = {
	{ "v", SWITCH_OPTIONAL_TEXT, FIELD(value) },
	{ "ve", SWITCH_FLAG, FIELD(default_value) },
	{ "s", SWITCH_FLAG, FIELD(recurse) },
	{ "se", SWITCH_TEXT, FIELD(separator) },
	{ "f", SWITCH_TEXT, FIELD(pattern) },
	{ "k", SWITCH_FLAG, FIELD(in_keys) },
	{ "d", SWITCH_FLAG, FIELD(in_data) },
	{ "c", SWITCH_FLAG, FIELD(match_case) },
	{ "e", SWITCH_FLAG, FIELD(exact) },
	{ "t", SWITCH_TEXT, FIELD(type) },
	{ "z", SWITCH_FLAG, FIELD(type_numbers) },
	VIEW_SWITCHES,
};

static const struct reg_switch add_switches[] = {
	{ "v", SWITCH_TEXT, FIELD(value) },
	{ "ve", SWITCH_FLAG, FIELD(default_value) },
	{ "t", SWITCH_TEXT, FIELD(type) },
	{ "s", SWITCH_TEXT, FIELD(separator) },
	{ "d", SWITCH_TEXT, FIELD(data) },
	{ "f", SWITCH_FLAG, FIELD(force) },
	VIEW_SWITCHES,
};

static const struct reg_switch delete_switches[] = {
	{ "v", SWITCH_TEXT, FIELD(value) },
	{ "ve", SWITCH_FLAG, FIELD(default_value) },
	{ "va", SWITCH_FLAG, FIELD(all_values) },
	{ "f", SWITCH_FLAG, FIELD(force) },
	VIEW_SWITCHES,
};

static const struct reg_switch save_switches[] = {
	{ "y", SWITCH_FLAG, FIELD(force) },
	VIEW_SWITCHES,
};

static const struct reg_switch view_switches[] = {
	VIEW_SWITCHES,
};

static const struct reg_switch unload_switches[] = {
	{ NULL, SWITCH_FLAG, 0 },
};

static const struct reg_switch copy_switches[] = {
	{ "s", SWITCH_FLAG, FIELD(recurse) },
	{ "f", SWITCH_FLAG, FIELD(force) },
	VIEW_SWITCHES,
};

static const struct reg_switch flags_switches[] = {
	{ "s", SWITCH_FLAG, FIELD(recurse) },
	VIEW_SWITCHES,
};

static const struct reg_switch compare_switches[] = {
	{ "v", SWITCH_TEXT, FIELD(value) },
	{ "ve", SWITCH_FLAG, FIELD(default_value) },
	{ "s", SWITCH_FLAG, FIELD(recurse) },
	{ "oa", SWITCH_FLAG, FIELD(show_all) },
	{ "od", SWITCH_FLAG, FIELD(show_different) },
	{ "os", SWITCH_FLAG, FIELD(show_same) },
	{ "on", SWITCH_FLAG, FIELD(show_none) },
	VIEW_SWITCHES,
};

static const char key_help[] =
    "  KEY       ROOT\\SUBKEY, where ROOT is HKLM, HKCU, HKCR, HKU or HKCC, or one of their long\n"
    "            names (HKEY_LOCAL_MACHINE, ...).\n";

static const char view_help[] =
    "  /reg:32   In HKLM\\SOFTWARE, the keys that 32-bit programs see. /reg:64 is the default.\n";

static const char query_help[] =
    "REG QUERY KEY [/v [NAME] | /ve] [/s] [/f PATTERN [/k] [/d] [/c] [/e]]\n"
    "          [/t TYPE] [/z] [/se SEPARATOR] [/reg:32|/reg:64]\n"
    "\n"
    "Prints a key's values and the paths of its subkeys.\n"
    "\n"
    "  /v NAME   Only the value NAME. Without a name, with /f: search in value names only.\n"
    "  /ve       Only the default value.\n"
    "  /s        The subkeys too, at every level.\n"
    "  /f        Search for PATTERN, in which * stands for any text and ? for one character,\n"
    "            in the names of keys and values and in data.\n"
    "  /k        Search in the names of keys only.\n"
    "  /d        Search in data only.\n"
    "  /c        Distinguish upper and lower case in the search.\n"
    "  /e        Find only what matches as a whole.\n"
    "  /t        Only values of this type (REG_SZ, REG_DWORD, ...).\n"
    "  /z        Print the number of a value's type after its name.\n"
    "  /se       The character between the strings of a REG_MULTI_SZ; \\0 if not given.\n"
    "\n"
    "A search ends with the number of matches; the exit status is 1 if there are none.\n";

static const char add_help[] =
    "REG ADD KEY [/v NAME | /ve] [/t TYPE] [/s SEPARATOR] [/d DATA] [/f] [/reg:32|/reg:64]\n"
    "\n"
    "Makes a key, and sets one of its values.\n"
    "\n"
    "  /v        The value's name.\n"
    "  /ve       The default value.\n"
    "  /t        REG_SZ (if not given), REG_EXPAND_SZ, REG_MULTI_SZ, REG_DWORD, REG_QWORD,\n"
    "            REG_BINARY, REG_NONE, REG_DWORD_BIG_ENDIAN, ...\n"
    "  /s        The character between the strings of a REG_MULTI_SZ in DATA; \\0 if not given.\n"
    "  /d        The data: text; a number, decimal or 0x and hexadecimal; or hexadecimal digits.\n"
    "  /f        Overwrite an existing value without asking.\n";

static const char delete_help[] = "REG DELETE KEY [/v NAME | /ve | /va] [/f] [/reg:32|/reg:64]\n"
                                  "\n"
                                  "Deletes a key with all below it, or values of a key.\n"
                                  "\n"
                                  "  /v        The value NAME.\n"
                                  "  /ve       The default value.\n"
                                  "  /va       All values; the subkeys stay.\n"
                                  "  /f        Do not ask.\n";

static const char import_help[] =
    "REG IMPORT FILE [/reg:32|/reg:64]\n"
    "\n"
    "Carries out what a .reg file says: all of it, or nothing if a line is wrong.\n"
    "\n"
    "  FILE      Version 5 in UTF-16 or UTF-8, or version 4 (REGEDIT4).\n";

static const char export_help[] = "REG EXPORT KEY FILE [/y] [/reg:32|/reg:64]\n"
                                  "\n"
                                  "Writes a key with all below it to a .reg file.\n"
                                  "\n"
                                  "  /y        Overwrite an existing file without asking.\n";

static const char save_help[] =
    "REG SAVE KEY FILE [/y] [/reg:32|/reg:64]\n"
    "\n"
    "Writes a key with all below it to a hive file. What a hive cannot hold is named.\n"
    "\n"
    "  /y        Overwrite an existing file without asking.\n";

static const char restore_help[] =
    "REG RESTORE KEY FILE [/reg:32|/reg:64]\n"
    "\n"
    "Replaces what a key holds by what a hive file holds: all of it, or nothing.\n";

static const char load_help[] =
    "REG LOAD KEY FILE [/reg:32|/reg:64]\n"
    "\n"
    "Mounts a hive file as KEY, which is HKLM\\NAME or HKU\\NAME and not there yet.\n";

static const char unload_help[] =
    "REG UNLOAD KEY\n"
    "\n"
    "Writes a mounted hive back to its file and takes it out of the registry.\n";

static const char copy_help[] =
    "REG COPY KEY TARGET [/s] [/f] [/reg:32|/reg:64]\n"
    "\n"
    "Copies a key's values into the key TARGET, which is made if it is not there.\n"
    "\n"
    "  /s        The subkeys too, at every level.\n"
    "  /f        Overwrite without asking, and copy all or nothing.\n";

static const char compare_help[] =
    "REG COMPARE KEY OTHER [/v NAME | /ve | /s] [/oa | /od | /os | /on] [/reg:32|/reg:64]\n"
    "\n"
    "Compares the values of two keys. The exit status is 0 for alike, 2 for different.\n"
    "\n"
    "  /v NAME   Only this value.\n"
    "  /ve       Only the default value.\n"
    "  /s        The subkeys too, at every level.\n"
    "  /oa       Print what is alike and what is different.\n"
    "  /od       Print what is different; so it is without a switch.\n"
    "  /os       Print what is alike.\n"
    "  /on       Print the result only.\n";

static const char flags_help[] =
    "REG FLAGS KEY [QUERY | SET [DONT_VIRTUALIZE] [DONT_SILENT_FAIL] [RECURSE_FLAG]]\n"
    "          [/s] [/reg:32|/reg:64]\n"
    "\n"
    "Prints or sets a key's virtualization flags. KEY is HKLM\\SOFTWARE or below it.\n"
    "\n"
    "  QUERY     Print the flags; so it is without a word.\n"
    "  SET       Set the flags that are named, and clear the others.\n"
    "  /s        With SET: of all subkeys too, at every level.\n"
    "\n"
    "New subkeys of a key with RECURSE_FLAG get its flags. Nothing is virtualized.\n";

static const struct reg_verb verbs[] = {
	{ "QUERY", "print keys and values, search", query_help, OPERAND_KEY, query_switches,
	    reg_query },
	{ "ADD", "make a key, set a value", add_help, OPERAND_KEY, add_switches, reg_add },
	{ "DELETE", "delete a key or values", delete_help, OPERAND_KEY, delete_switches,
	    reg_delete },
	{ "COPY", "copy values and subkeys", copy_help, OPERAND_TWO_KEYS, copy_switches, reg_copy },
	{ "SAVE", "write a key to a hive file", save_help, OPERAND_KEY_AND_FILE, save_switches,
	    reg_save },
	{ "RESTORE", "replace a key by a hive file", restore_help, OPERAND_KEY_AND_FILE,
	    view_switches, reg_restore },
	{ "LOAD", "mount a hive file", load_help, OPERAND_KEY_AND_FILE, view_switches, reg_load },
	{ "UNLOAD", "unmount a hive file", unload_help, OPERAND_KEY, unload_switches, reg_unload },
	{ "COMPARE", "compare two keys", compare_help, OPERAND_TWO_KEYS, compare_switches,
	    reg_compare },
	{ "IMPORT", "carry out a .reg file", import_help, OPERAND_FILE, view_switches,
	    reg_import_file },
	{ "EXPORT", "write a key to a .reg file", export_help, OPERAND_KEY_AND_FILE, save_switches,
	    reg_export_file },
	{ "FLAGS", "print or set virtualization flags", flags_help, OPERAND_KEY_AND_WORDS,
	    flags_switches, reg_flags },
};

static bool
asks_help(const char *word)
{
	return strcmp(word, "/?") == 0 || strcmp(word, "-?") == 0 || strcmp(word, "--help") == 0;
}

static int
print_usage(void)
{
	printf("REG OPERATION [ARGUMENTS]\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-8s  %s\n", verbs[i].name, verbs[i].summary);
	printf("\nThe host is the folder in HVEMU_ROOT. Exit status: 0 success, 1 failure, 2 a "
	       "difference.\n"
	       "Type \"REG OPERATION /?\" for an operation's arguments.\n");
	return EXIT_OK;
}

static int
print_help(const struct reg_verb *verb)
{
	printf("%s", verb->help);
	printf("%s%s", verb->operands != OPERAND_FILE ? "\n" : "",
	    verb->operands != OPERAND_FILE ? key_help : "");
	printf("%s", verb->switches != unload_switches ? view_help : "");
	return EXIT_OK;
}

static int
run_verb(const struct reg_verb *verb, int count, char **words)
{
	struct reg_arguments arguments = { 0 };
	int code;

	code = reg_arguments_parse(verb, count, words, &arguments);
	if (code == EXIT_OK)
		code = verb->run(&arguments);
	reg_arguments_release(&arguments);
	return code;
}

static int
dispatch(int count, char **words)
{
	if (count == 0)
		return reg_fail_syntax(NULL);
	if (asks_help(words[0]))
		return print_usage();
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcasecmp(words[0], verbs[i].name) != 0)
			continue;
		/* "/?" counts only alone: it can be a value's name or data too. */
		if (count == 2 && asks_help(words[1]))
			return print_help(&verbs[i]);
		return run_verb(&verbs[i], count - 1, words + 1);
	}
	return reg_fail_syntax(NULL);
}

int
main(int argc, char **argv)
{
	int code = dispatch(argc - 1, argv + 1);

	/* What could not be printed was not answered. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("ERROR: standard output");
		return EXIT_FAILED;
	}
	return code;
}
