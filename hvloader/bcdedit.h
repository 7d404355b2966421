/*
 * The parts of bcdedit: what its commands share.
 */
#ifndef HVLOADER_BCDEDIT_H
#define HVLOADER_BCDEDIT_H

#include <stdbool.h>

#include "regstore/bcd/bcd.h"
#include "regstore/registry/scratch.h"

#define BCDEDIT_ARGUMENTS_MAX 32

/* The store of a file, while it is in a registry of its own; the key's name becomes the hive's. */
#define BCDEDIT_HIVE_ROOT "NewStoreRoot"
#define BCDEDIT_FILE_ROOT "HKLM\\SOFTWARE\\" BCDEDIT_HIVE_ROOT

#define BCDEDIT_ASSISTANCE "Run \"bcdedit /?\" for command line assistance."
#define BCDEDIT_PARAMETER  "The parameter is incorrect."

struct bcdedit {
	struct registry *registry;
	struct bcd bcd;
	const char *root;  /* of the store */
	const char *store; /* a file, or NULL */
	struct scratch scratch;
	bool verbose;
	bool changed;
	const char
	    *words[BCDEDIT_ARGUMENTS_MAX]; /* of the command, without what all commands take */
	int count;
};

/* What a command needs before it runs. */
enum bcdedit_needs {
	BCDEDIT_READS,
	BCDEDIT_CHANGES,  /* the store, and one transaction around the command */
	BCDEDIT_REPLACES, /* the store, with a transaction of the command's own */
	BCDEDIT_MAKES,    /* no store: an empty scratch registry */
	BCDEDIT_NOTHING,
};

struct bcdedit_command {
	const char *name;
	int (*run)(struct bcdedit *bcdedit);
	enum bcdedit_needs needs;
	const char *options; /* the options it takes, each with a blank behind; NULL: any text */
	const char *arguments;
	const char *doc;
	const char *more; /* of its own help, or NULL */
};

extern const struct bcdedit_command bcdedit_commands[]; /* ends with name NULL */

/* The program: all but main. */
int bcdedit_run(int argc, char **argv);

/* --- What is printed and how words compare (bcdedit.c) --- */

/* Lines of an error, as Windows prints them: on standard output. Returns exit status 1. */
int bcdedit_refuse(const char *first, const char *second, const char *third);
int bcdedit_misused(const char *command);
int bcdedit_no_entry(void);
int bcdedit_bad_identifier(void);
int bcdedit_failed(const char *what, lstatus status);

/* Say that the command is done; exit status 0. */
int bcdedit_done(void);

/* In either case of letters; an option begins with a slash or a hyphen. */
bool bcdedit_is_word(const char *text, const char *word);

/* A registry of a file's own, in a folder that goes when the program ends. */
lstatus bcdedit_open_scratch(struct bcdedit *bcdedit);

/* Close the registry, a host's or a file's own. */
void bcdedit_close(struct bcdedit *bcdedit);

/* --- enum (bcdedit_enum.c) --- */

void
bcdedit_print_element(const struct bcdedit *bcdedit, const struct bcd_object *object, uint32_t id);
int bcdedit_enum(struct bcdedit *bcdedit);

/* --- Elements (bcdedit_set.c) --- */

/*
 * Take an identifier off the front of the words, if there are more words than `wanted` or it begins
 * with a brace; else it is the entry that boots. False if it is no identifier.
 */
bool bcdedit_take_identifier(struct bcdedit *bcdedit, int wanted, char ret_guid[BCD_GUID_SIZE]);

/* Set an element, or one that is a list, of an entry from the words from `first` on. */
int bcdedit_set_element(
    struct bcdedit *bcdedit, const char *guid, uint32_t type, uint32_t id, int first);
int bcdedit_set_list(struct bcdedit *bcdedit, const char *guid, uint32_t id, int first);

/* Put texts, each with its NUL, to the front or the end of a list ("/addfirst", "/addlast"). */
lstatus bcdedit_change_list(struct bcdedit *bcdedit, const char *guid, uint32_t id, const char *how,
    const struct buf *given);

int bcdedit_set(struct bcdedit *bcdedit);
int bcdedit_deletevalue(struct bcdedit *bcdedit);
int bcdedit_ems(struct bcdedit *bcdedit);
int bcdedit_bootems(struct bcdedit *bcdedit);
int bcdedit_debug(struct bcdedit *bcdedit);
int bcdedit_bootdebug(struct bcdedit *bcdedit);

/* --- Entries and the boot manager (bcdedit_entry.c) --- */

int bcdedit_create(struct bcdedit *bcdedit);
int bcdedit_copy(struct bcdedit *bcdedit);
int bcdedit_delete(struct bcdedit *bcdedit);
int bcdedit_default(struct bcdedit *bcdedit);
int bcdedit_timeout(struct bcdedit *bcdedit);
int bcdedit_displayorder(struct bcdedit *bcdedit);
int bcdedit_bootsequence(struct bcdedit *bcdedit);
int bcdedit_toolsdisplayorder(struct bcdedit *bcdedit);

/* --- Debuggers (bcdedit_debug.c) --- */

int bcdedit_hypervisorsettings(struct bcdedit *bcdedit);
int bcdedit_dbgsettings(struct bcdedit *bcdedit);
int bcdedit_emssettings(struct bcdedit *bcdedit);

/* --- Files (bcdedit_file.c) --- */

/* Write the store to a hive file; take one from a file to a key, in place of what is there. */
lstatus bcdedit_save(struct bcdedit *bcdedit, const char *file);
lstatus bcdedit_load(struct bcdedit *bcdedit, const char *file, const char *root);

int bcdedit_export(struct bcdedit *bcdedit);
int bcdedit_import(struct bcdedit *bcdedit);
int bcdedit_createstore(struct bcdedit *bcdedit);
int bcdedit_sysstore(struct bcdedit *bcdedit);

#endif
