/*
 * libhvemu: the tables of a Hyper-V host, their interpreter and the linter, for other programs.
 *
 *     struct hvemu *hvemu;
 *     char *error = NULL;
 *     char *json = NULL;
 *
 *     if (hvemu_open(&hvemu, &error) != HVEMU_OK) ...
 *     if (hvemu_resolve(hvemu, "MemoryWalkerCount", "dword:200", &json, &error) == HVEMU_OK)
 *             puts(json);
 *     hvemu_free(json);
 *     hvemu_close(hvemu);
 *
 * No host is needed and nothing is written. Results are JSON in UTF-8, with the members that hvctl
 * prints with --json. What a function gives through ret_json is the caller's and freed with
 * hvemu_free; it is untouched on failure. ret_error (or NULL) then gets a sentence that says what
 * is wrong, which is freed the same way; without memory it gets NULL.
 *
 * A handle may be used by one thread at a time; handles do not know of each other.
 */
#ifndef VMMS_HVEMU_H
#define VMMS_HVEMU_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hvemu_status {
	HVEMU_OK = 0,
	HVEMU_NO_MEMORY = 1,
	HVEMU_UNKNOWN_NAME = 2, /* no reader knows a value of this name */
	HVEMU_BAD_INPUT = 3,    /* the input is not of the form that is described */
	HVEMU_FAILED = 4,       /* a fault of the library's own */
};

struct hvemu;

/* The version of the library, "0.1.0". */
const char *hvemu_version(void);

/* A status in words. */
const char *hvemu_status_text(enum hvemu_status status);

/* Index all tables. HVEMU_NO_MEMORY, HVEMU_FAILED. The caller closes *ret_hvemu. */
enum hvemu_status hvemu_open(struct hvemu **ret_hvemu, char **ret_error);
void hvemu_close(struct hvemu *hvemu); /* takes NULL */

/* Free a text that a function gave. Takes NULL. */
void hvemu_free(char *text);

/*
 * The rows of a value ("MemoryWalkerCount", or "KEY\NAME" with the last components of its key), of
 * a module ("vhdmp", "vhdmp.sys"), or with NULL all: an array of objects, as `hvctl describe`.
 * HVEMU_UNKNOWN_NAME, HVEMU_NO_MEMORY.
 */
enum hvemu_status
hvemu_describe(const struct hvemu *hvemu, const char *name, char **ret_json, char **ret_error);

/*
 * What each reader of a value makes of an input: an array of objects, as `hvctl resolve`. `given`
 * is written as in vectors: "absent", "dword:5", "sz:text", "A=dword:1; B=absent; state.vm=
 * shielded". HVEMU_UNKNOWN_NAME, HVEMU_BAD_INPUT, HVEMU_NO_MEMORY.
 */
enum hvemu_status hvemu_resolve(const struct hvemu *hvemu, const char *name, const char *given,
    char **ret_json, char **ret_error);

/* The same, with the `steps` by which each came about, as `hvctl why NAME INPUT`. */
enum hvemu_status hvemu_why(const struct hvemu *hvemu, const char *name, const char *given,
    char **ret_json, char **ret_error);

/*
 * The settings that make a value the effective one: an object, as `hvctl solve` without a host.
 * `found` says whether there are any; if not, `reason` says why. `goal` is a number, a word of the
 * value's, text, hexadecimal bytes or "absent"; `given` what holds already, as for resolve, and
 * NULL nothing. HVEMU_UNKNOWN_NAME; HVEMU_BAD_INPUT, also where the name is that of several values
 * or of several instances of a key; HVEMU_NO_MEMORY.
 */
enum hvemu_status hvemu_solve(const struct hvemu *hvemu, const char *name, const char *goal,
    const char *given, char **ret_json, char **ret_error);

/* One file of a configuration, in memory. */
struct hvemu_file {
	const char *name; /* what findings call it */
	const void *data;
	size_t size;
};

/* How files are linted, as the options of `hvctl lint`. All members zero: as without any. */
struct hvemu_lint_options {
	const char *format;        /* "reg", "pol", "hive", "bcdedit"; NULL: by contents */
	const char *at;            /* the key that a hive is of; NULL: by contents */
	const char *const *states; /* "cpuvendor=AuthenticAMD", ...; ends with NULL */
	const struct hvemu_file *suppressions; /* accepted findings; NULL: none */
	int user;                              /* a Registry.pol is a user's */
	int all;                               /* also lines that are not about Hyper-V */
};

/*
 * Lint files (.reg, Registry.pol, hive, what "bcdedit /enum" prints) as one configuration, imported
 * in the order given: an object with `findings` and a summary, as `hvctl lint`. That a file is
 * malformed is a finding. `options` is NULL or how. HVEMU_BAD_INPUT for an option that is none,
 * HVEMU_NO_MEMORY.
 */
enum hvemu_status hvemu_lint(const struct hvemu *hvemu, const struct hvemu_file *files,
    size_t count, const struct hvemu_lint_options *options, char **ret_json, char **ret_error);

/*
 * Judge the vectors of a file (docs/vectors.md): an object with `passed`, `failed` and `cases`, as
 * `hvctl verify`. HVEMU_BAD_INPUT if it is no file of vectors, HVEMU_NO_MEMORY.
 */
enum hvemu_status hvemu_verify(
    const struct hvemu *hvemu, const struct hvemu_file *file, char **ret_json, char **ret_error);

#ifdef __cplusplus
}
#endif

#endif
