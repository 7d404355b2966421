/*
 * bcdedit: shows and changes boot configuration with the syntax, output and exit status of Windows'
 * bcdedit.exe, in the host's own store (HKLM\BCD00000000) or, with /store, in a hive file.
 *
 * A file is loaded into a store of its own for the moment, changed there, and replaced whole or not
 * at all. Messages are those that public transcripts of bcdedit.exe have; where none has one it is
 * worded here.
 */
#include "hvloader/bcdedit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "regstore/registry/security.h"
#include "regstore/security/rights.h"
#include "regstore/security/token.h"

/* --- What is printed
 * ------------------------------------------------------------------------------ */

int
bcdedit_refuse(const char *first, const char *second, const char *third)
{
	printf("%s\n", first);
	if (second != NULL)
		printf("%s\n", second);
	if (third != NULL)
		printf("%s\n", third);
	return 1;
}

int
bcdedit_misused(const char *command)
{
	char line[96];

	snprintf(line, sizeof(line), "The %s command specified is not valid.", command);
	return bcdedit_refuse(line, BCDEDIT_ASSISTANCE, BCDEDIT_PARAMETER);
}

int
bcdedit_no_entry(void)
{
	return bcdedit_refuse(
	    "An error occurred while attempting to reference the specified entry.",
	    lstatus_text(LSTATUS(ERROR_FILE_NOT_FOUND)), NULL);
}

int
bcdedit_bad_identifier(void)
{
	return bcdedit_refuse(
	    "The entry identifier specified is not valid.", BCDEDIT_ASSISTANCE, BCDEDIT_PARAMETER);
}

int
bcdedit_failed(const char *what, lstatus status)
{
	return bcdedit_refuse(what, lstatus_text(status), NULL);
}

int
bcdedit_done(void)
{
	printf("The operation completed successfully.\n");
	return 0;
}

bool
bcdedit_is_word(const char *text, const char *word)
{
	if (text == NULL)
		return false;
	if (word[0] == '/' && text[0] == '-')
		return strcasecmp(text + 1, word + 1) == 0;
	return strcasecmp(text, word) == 0;
}

/* --- Stores
 * --------------------------------------------------------------------------------------- */

lstatus
bcdedit_open_scratch(struct bcdedit *bcdedit)
{
	lstatus status = scratch_open("bcdedit", &bcdedit->scratch);

	bcdedit->root = BCDEDIT_FILE_ROOT;
	bcdedit->registry = bcdedit->scratch.registry;
	return status;
}

void
bcdedit_close(struct bcdedit *bcdedit)
{
	if (bcdedit->scratch.registry == NULL)
		registry_close(bcdedit->registry);
	scratch_close(&bcdedit->scratch);
	bcdedit->registry = NULL;
}

static lstatus
open_host(struct bcdedit *bcdedit, const char *host)
{
	struct registry_options options = { .mode = REGISTRY_OPEN, .channel = "bcdedit" };
	struct buf root = { 0 };
	struct token token;
	lstatus status;

	if (!token_current(&token))
		return LSTATUS(ERROR_INVALID_PARAMETER);
	if (host != NULL)
		buf_append_text(&root, host);
	else
		registry_default_root(&root);
	bcdedit->root = BCD_ROOT;
	status = registry_open(buf_text(&root), &options, &bcdedit->registry);
	if (lstatus_ok(status))
		registry_act_for(bcdedit->registry, &token);
	buf_release(&root);
	return status;
}

static lstatus
open_store(struct bcdedit *bcdedit, const char *host)
{
	lstatus status;

	if (bcdedit->store != NULL) {
		status = bcdedit_open_scratch(bcdedit);
		if (lstatus_ok(status))
			status = bcdedit_load(bcdedit, bcdedit->store, BCDEDIT_FILE_ROOT);
	} else {
		status = open_host(bcdedit, host);
	}
	if (lstatus_ok(status))
		status = bcd_open(bcdedit->registry, bcdedit->root, &bcdedit->bcd);
	/* As on Windows: who may not change the store does not see it either. */
	return lstatus_ok(status)
	           ? registry_may(bcdedit->registry, bcdedit->bcd.objects, KEY_READ | KEY_WRITE)
	           : status;
}

/* --- Commands
 * ------------------------------------------------------------------------------------- */

#define LIST_OPTIONS "/addfirst /addlast /remove "

static int print_help(struct bcdedit *bcdedit);

const struct bcdedit_command bcdedit_commands[] = {
	{ "enum", bcdedit_enum, BCDEDIT_READS, "", "[TYPE | ID]",
	    "list entries: ACTIVE, ALL, BOOTMGR, OSLOADER, ...",
	    "ACTIVE    the boot manager and what its menu has (the default)\n"
	    "ALL       all entries\n"
	    "FIRMWARE  what the firmware starts\n"
	    "BOOTAPP   applications that run before an operating system does\n"
	    "BOOTMGR   the boot manager\n"
	    "OSLOADER  the loaders of operating systems\n"
	    "RESUME    what resumes from hibernation\n"
	    "INHERIT   the settings that others inherit\n"
	    "With /v identifiers are shown in full.\n" },
	{ "set", bcdedit_set, BCDEDIT_CHANGES, NULL, "[ID] NAME VALUE [/addfirst|/addlast|/remove]",
	    "set an element of an entry",
	    "Without ID it is {current}, in a file {default}. NAME is an element's name, or\n"
	    "custom:XXXXXXXX with its id. VALUE by its format:\n"
	    "  boolean  on, yes, true, 1, off, no, false, 0\n"
	    "  integer  one of its words, a decimal number, or 0x and a hexadecimal one\n"
	    "  device   boot, or partition=C:\n"
	    "  object   an identifier; a list takes several, and /addfirst, /addlast, /remove\n" },
	{ "deletevalue", bcdedit_deletevalue, BCDEDIT_CHANGES, "", "[ID] NAME",
	    "delete an element of an entry", NULL },
	{ "create", bcdedit_create, BCDEDIT_CHANGES, "/d /application /inherit /device ",
	    "[ID] [/d TEXT] [/application TYPE | /inherit [TYPE] | /device]", "create an entry",
	    "A well-known identifier has its type; else one is told.\n"
	    "/application  BOOTAPP, BOOTSECTOR, OSLOADER, RESUME, STARTUP\n"
	    "/inherit      BOOTMGR, BOOTSECTOR, DEVICE, FWBOOTMGR, MEMDIAG, NTLDR, OSLOADER, "
	    "RESUME,\n              SETUPLDR, STARTUP\n" },
	{ "copy", bcdedit_copy, BCDEDIT_CHANGES, "/d ", "ID /d TEXT", "copy an entry",
	    "The copy of a loader that is in the boot menu comes last in the menu.\n" },
	{ "delete", bcdedit_delete, BCDEDIT_CHANGES, "/f /cleanup /nocleanup ",
	    "ID [/f] [/cleanup | /nocleanup]", "delete an entry",
	    "/f          also a well-known one\n"
	    "/cleanup    and what refers to it; the default without /f\n"
	    "/nocleanup  references stay\n" },
	{ "default", bcdedit_default, BCDEDIT_CHANGES, "", "ID", "set the entry that boots", NULL },
	{ "displayorder", bcdedit_displayorder, BCDEDIT_CHANGES, LIST_OPTIONS,
	    "ID ... [/addfirst | /addlast | /remove]", "set the order of the boot menu", NULL },
	{ "bootsequence", bcdedit_bootsequence, BCDEDIT_CHANGES, LIST_OPTIONS,
	    "ID ... [/addfirst | /addlast | /remove]", "set what the next boot takes", NULL },
	{ "toolsdisplayorder", bcdedit_toolsdisplayorder, BCDEDIT_CHANGES, LIST_OPTIONS,
	    "ID ... [/addfirst | /addlast | /remove]", "set the order of the tools menu", NULL },
	{ "timeout", bcdedit_timeout, BCDEDIT_CHANGES, "", "SECONDS",
	    "set how long the boot menu waits", NULL },
	{ "ems", bcdedit_ems, BCDEDIT_CHANGES, "", "[ID] ON | OFF",
	    "emergency management for an operating system", NULL },
	{ "bootems", bcdedit_bootems, BCDEDIT_CHANGES, "", "[ID] ON | OFF",
	    "emergency management for a boot application", NULL },
	{ "emssettings", bcdedit_emssettings, BCDEDIT_CHANGES, "",
	    "[BIOS | EMSPORT:N [EMSBAUDRATE:N]]", "show or set emergency management", NULL },
	{ "debug", bcdedit_debug, BCDEDIT_CHANGES, "", "[ID] ON | OFF",
	    "the debugger of an operating system", NULL },
	{ "bootdebug", bcdedit_bootdebug, BCDEDIT_CHANGES, "", "[ID] ON | OFF",
	    "the debugger of a boot application", NULL },
	{ "dbgsettings", bcdedit_dbgsettings, BCDEDIT_CHANGES, "/start /noumex ",
	    "[TYPE [NAME:VALUE ...]] [/start POLICY] [/noumex]", "show or set the debugger",
	    "SERIAL  DEBUGPORT: BAUDRATE:\n"
	    "1394    CHANNEL:\n"
	    "USB     TARGETNAME:\n"
	    "NET     HOSTIP: PORT: KEY: NEWKEY NODHCP BUSPARAMS:\n"
	    "LOCAL\n" },
	{ "hypervisorsettings", bcdedit_hypervisorsettings, BCDEDIT_CHANGES, "",
	    "[TYPE [NAME:VALUE ...]]", "show or set the hypervisor's debugger",
	    "SERIAL  DEBUGPORT: BAUDRATE:\n"
	    "1394    CHANNEL:\n"
	    "NET     HOSTIP: PORT: KEY: NEWKEY NODHCP BUSPARAMS:\n" },
	{ "export", bcdedit_export, BCDEDIT_READS, NULL, "FILE", "write the store to a file",
	    NULL },
	{ "import", bcdedit_import, BCDEDIT_REPLACES, NULL, "FILE [/clean]",
	    "take the store from a file",
	    "What the store has goes. /clean changes nothing here: "
	    "there is no firmware.\n" },
	{ "createstore", bcdedit_createstore, BCDEDIT_MAKES, NULL, "FILE",
	    "make an empty store in a file", NULL },
	{ "sysstore", bcdedit_sysstore, BCDEDIT_READS, NULL, "PARTITION",
	    "set the store's device: refused, a host has one store", NULL },
	{ "?", print_help, BCDEDIT_NOTHING, NULL, "[COMMAND]", "this help, or a command's", NULL },
	{ 0 },
};

/* The command of a word, with or without what options begin with; the last for none. */
static const struct bcdedit_command *
find_command(const char *word, bool bare)
{
	const struct bcdedit_command *at = bcdedit_commands;

	if (word[0] == '/' || word[0] == '-')
		word++;
	else if (!bare)
		word = "";
	while (at->name != NULL && strcasecmp(at->name, word) != 0)
		at++;
	return at;
}

static int
print_help(struct bcdedit *bcdedit)
{
	const struct bcdedit_command *command = NULL;

	if (bcdedit->count > 0)
		command = find_command(bcdedit->words[0], true);
	if (command != NULL && command->name != NULL) {
		printf("\nbcdedit [/store FILE] /%s %s\n\n%s\n", command->name, command->arguments,
		    command->doc);
		if (command->more != NULL)
			printf("\n%s", command->more);
		return 0;
	}
	printf("\nBCDEDIT - Boot Configuration Data Store Editor\n\n"
	       "BCDEDIT [/store FILE] [/v] [/command [arguments]]\n\n");
	for (const struct bcdedit_command *at = bcdedit_commands; at->name != NULL; at++)
		printf("/%-19s %s\n%21s%s\n", at->name, at->arguments, "", at->doc);
	printf("\nWithout a command: /enum ACTIVE. /v shows identifiers in full. /store takes a "
	       "file\ninstead of the host's own store; --root DIR names the host.\n");
	return 0;
}

/* A command that changes the store changes it whole or not at all. */
static int
run_command(struct bcdedit *bcdedit, const struct bcdedit_command *command)
{
	bool changes = command->needs == BCDEDIT_CHANGES;
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int result;

	if (changes)
		status = registry_begin(bcdedit->registry, command->name);
	if (!lstatus_ok(status))
		return bcdedit_failed(
		    "The boot configuration data store could not be opened.", status);
	result = command->run(bcdedit);
	if (changes && (result != 0 || !bcdedit->changed))
		registry_rollback(bcdedit->registry);
	else if (changes)
		status = registry_commit(bcdedit->registry);
	if (lstatus_ok(status) && result == 0 && bcdedit->store != NULL && bcdedit->changed)
		status = bcdedit_save(bcdedit, bcdedit->store);
	return lstatus_ok(status)
	           ? result
	           : bcdedit_failed(
	                 "The boot configuration data store could not be written.", status);
}

/* --- The line
 * ------------------------------------------------------------------------------------- */

/* What comes before and among a command's words. */
struct line {
	const char *host;
	const struct bcdedit_command *command;
};

/* Whether a word that looks like an option is one of the command's. */
static bool
is_option(const struct bcdedit_command *command, const char *word)
{
	size_t length = strlen(word) - 1;
	const char *at = command->options;

	while ((at = strchr(at, '/')) != NULL) {
		at++;
		if (strncasecmp(at, word + 1, length) == 0 && at[length] == ' ')
			return true;
	}
	return false;
}

static bool
check_options(const struct bcdedit *bcdedit, const struct bcdedit_command *command)
{
	for (int i = 0; i < bcdedit->count && command->options != NULL; i++) {
		const char *word = bcdedit->words[i];

		if ((word[0] != '/' && word[0] != '-') || word[1] == '\0' ||
		    (i > 0 && bcdedit_is_word(bcdedit->words[i - 1], "/d")))
			continue;
		if (is_option(command, word))
			continue;
		printf("Invalid command line switch: /%s\n%s\n%s\n", word + 1, BCDEDIT_ASSISTANCE,
		    BCDEDIT_PARAMETER);
		return false;
	}
	return true;
}

/* One word: what all commands take, the command, or what it is given. */
static bool
take_word(struct bcdedit *bcdedit, struct line *line, const char *word)
{
	if (bcdedit_is_word(word, "/v")) {
		bcdedit->verbose = true;
		return true;
	}
	if (line->command != NULL && bcdedit_is_word(word, "/?")) {
		bcdedit->words[0] = line->command->name;
		bcdedit->count = 1;
		line->command = find_command("/?", false);
		return true;
	}
	if (line->command == NULL) {
		line->command = find_command(word, false);
		if (line->command->name != NULL)
			return true;
		bcdedit_refuse("An unknown command was specified.", BCDEDIT_ASSISTANCE, NULL);
		return false;
	}
	if (bcdedit->count < BCDEDIT_ARGUMENTS_MAX) {
		bcdedit->words[bcdedit->count++] = word;
		return true;
	}
	bcdedit_misused(line->command->name);
	return false;
}

/* Take apart the line; false if it is wrong, which has been said. */
static bool
take_line(struct bcdedit *bcdedit, int argc, char **argv, struct line *line)
{
	for (int i = 1; i < argc; i++) {
		if (bcdedit_is_word(argv[i], "/store") && i + 1 < argc)
			bcdedit->store = argv[++i];
		else if (strcmp(argv[i], "--root") == 0 && i + 1 < argc)
			line->host = argv[++i];
		else if (strcmp(argv[i], "--help") == 0)
			line->command = find_command("/?", false);
		else if (!take_word(bcdedit, line, argv[i]))
			return false;
	}
	if (line->command == NULL)
		line->command = bcdedit_commands;
	return check_options(bcdedit, line->command);
}

int
bcdedit_run(int argc, char **argv)
{
	struct bcdedit bcdedit = { 0 };
	struct line line = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int result = 1;

	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("bcdedit (hvemu) %s\n", HVEMU_VERSION);
		return 0;
	}
	if (take_line(&bcdedit, argc, argv, &line)) {
		if (line.command->needs == BCDEDIT_MAKES)
			status = bcdedit_open_scratch(&bcdedit);
		else if (line.command->needs != BCDEDIT_NOTHING)
			status = open_store(&bcdedit, line.host);
		result =
		    lstatus_ok(status)
		        ? run_command(&bcdedit, line.command)
		        : bcdedit_failed(
		              "The boot configuration data store could not be opened.", status);
		bcdedit_close(&bcdedit);
	}
	return fflush(stdout) == 0 ? result : 1;
}
