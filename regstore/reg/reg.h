/*
 * The `reg` command's own parts: its arguments, its messages, and data as its users type and read
 * them.
 *
 * Verbs return the process's exit status: 0 for success, 1 for failure, 2 for a difference.
 */
#ifndef REGSTORE_REG_REG_H
#define REGSTORE_REG_REG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"
#include "regstore/registry/registry.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_DIFFERENT = 2 };

/* --- Arguments --------------------------------------------------------------------------- */

/* A command line after parsing. Texts are argv's, except `key`. */
struct reg_arguments {
	const char *verb; /* upper case */
	struct buf key;   /* the key's path with the root's long name, the rest as typed */
	struct buf other; /* copy, compare: the second key's path */
	const char *file;
	char **words; /* flags: what follows the key */
	int word_count;
	const char *value;     /* /v; reg_any_value for /v without a name */
	bool default_value;    /* /ve */
	bool all_values;       /* /va */
	const char *type;      /* /t */
	const char *data;      /* add: /d */
	const char *pattern;   /* query: /f */
	const char *separator; /* add: /s; query: /se */
	bool recurse;          /* query, copy, compare, flags: /s */
	bool force;            /* add, copy, delete: /f; export, save: /y */
	bool in_keys;          /* query: /k */
	bool in_data;          /* query: /d */
	bool match_case;       /* query: /c */
	bool exact;            /* query: /e */
	bool type_numbers;     /* query: /z */
	bool show_all;         /* compare: /oa, and so on */
	bool show_different;
	bool show_same;
	bool show_none;
	bool view_32;
	bool view_64;
	uint32_t view; /* REGISTRY_WOW64_32 or 0, for opening and creating keys */
};

/* What `value` points to for "/v" that names no value: query then searches in names. */
extern const char reg_any_value[];

struct reg_switch {
	const char *name; /* without the slash */
	enum {
		SWITCH_FLAG,
		SWITCH_TEXT,
		SWITCH_OPTIONAL_TEXT,
	} kind;
	size_t offset; /* of the bool or text in struct reg_arguments */
};

/* What follows the verb before its switches. */
enum reg_operands {
	OPERAND_KEY,
	OPERAND_FILE,
	OPERAND_KEY_AND_FILE,
	OPERAND_TWO_KEYS,
	OPERAND_KEY_AND_WORDS, /* all up to the first switch */
};

struct reg_verb {
	const char *name; /* upper case */
	const char *summary;
	const char *help;
	enum reg_operands operands;
	const struct reg_switch *switches; /* ends with a NULL name */
	int (*run)(const struct reg_arguments *arguments);
};

/*
 * Parse what follows the verb. Returns EXIT_OK, or EXIT_FAILED after an error message. The caller
 * releases *arguments in both cases.
 */
int reg_arguments_parse(
    const struct reg_verb *verb, int count, char **words, struct reg_arguments *arguments);
void reg_arguments_release(struct reg_arguments *arguments);

/* --- Messages ---------------------------------------------------------------------------- */

/* Each prints to standard error and returns EXIT_FAILED. */
int reg_fail_syntax(const char *verb);
int reg_fail_key_name(const char *verb);
int reg_fail_status(const char *verb, lstatus status);
int reg_fail(const char *format, ...) PRINTF_LIKE(1, 2);

/* "The operation completed successfully." on standard output. */
int reg_succeed(void);

/*
 * Ask a question on standard output until standard input says yes or no. Returns true for yes.
 * Otherwise prints that the operation was canceled and sets *ret_exit: EXIT_OK for a no,
 * EXIT_FAILED if no answer came.
 */
bool reg_confirm(int *ret_exit, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * The same with "all" as a further answer, which sets *all.
 */
bool reg_confirm_all(bool *all, int *ret_exit, const char *format, ...) PRINTF_LIKE(3, 4);

/*
 * Whether a file may be written: it is not there, or no regular file, or may be overwritten, which
 * is asked unless the arguments say so.
 */
bool reg_may_write(const struct reg_arguments *arguments, int *ret_exit);

/* "Error opening the file. ..." */
int reg_fail_file(void);

/* Open the host's registry; prints the reason and returns NULL if that fails. */
struct registry *reg_open_host(enum registry_mode mode);

/*
 * Reading many keys for print: of one moment, up to where enough is printed to be handed on. Begin
 * before anything is printed; call next after each key; end in any case, also after a failure.
 */
struct reg_moment {
	struct registry *registry;
	size_t full; /* bytes of output with which the moment ends */
	bool held;
};

lstatus reg_moment_begin(struct reg_moment *moment, struct registry *registry);
lstatus reg_moment_next(struct reg_moment *moment);
void reg_moment_end(struct reg_moment *moment);

/* Show on a terminal how far the program is with what it reads or writes; end before messages. */
void reg_begin_progress(struct registry *registry, const char *what);
void reg_end_progress(void);

/* What the write log calls this program: "reg" unless it says otherwise. */
extern const char *reg_channel;

/* --- Data -------------------------------------------------------------------------------- */

/* A type's number from its name; knows REG_DWORD_LITTLE_ENDIAN as well. */
bool reg_data_type(const char *name, uint32_t *ret_type);

/* Turn /d's text (NULL: none given) into a value's bytes. False if the text does not fit the type.
 */
bool reg_data_parse(uint32_t type, const char *text, const char *separator, struct buf *out);

/* Append a value's data as query prints them. */
void reg_data_format(
    uint32_t type, const void *data, size_t size, const char *separator, struct buf *out);

/*
 * Whether a text matches a search pattern, in which * stands for any text and ? for one character:
 * anywhere in the text, or with `exact` as a whole.
 */
bool reg_pattern_matches(const char *pattern, const char *text, bool exact, bool match_case);

/* --- Verbs ------------------------------------------------------------------------------- */

int reg_add(const struct reg_arguments *arguments);
int reg_delete(const struct reg_arguments *arguments);
int reg_query(const struct reg_arguments *arguments);
int reg_import_file(const struct reg_arguments *arguments);
int reg_export_file(const struct reg_arguments *arguments);
int reg_save(const struct reg_arguments *arguments);
int reg_restore(const struct reg_arguments *arguments);
int reg_load(const struct reg_arguments *arguments);
int reg_unload(const struct reg_arguments *arguments);
int reg_copy(const struct reg_arguments *arguments);
int reg_compare(const struct reg_arguments *arguments);
int reg_flags(const struct reg_arguments *arguments);

#endif
