/*
 * Registry.pol, the file of a group policy's registry settings (PReg, version 1; MS-GPREG), both
 * ways.
 *
 * After the signature "PReg" and the number 1 come records of 16-bit units and raw numbers:
 *
 *     [ key NUL ; name NUL ; type ; size ; data ]
 *
 * The key is a path below a root that the file does not name: HKEY_LOCAL_MACHINE for a machine's
 * policy, HKEY_CURRENT_USER for a user's. Names that begin with ** are directives.
 */
#ifndef REGSTORE_FORMATS_POL_H
#define REGSTORE_FORMATS_POL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"
#include "regstore/registry/registry.h"

#define REG_POL_MESSAGE_MAX 768u

/* --- Records ---------------------------------------------------------------------------- */

struct reg_pol_record {
	uint64_t offset; /* of its "[" in the file */
	const char *key;
	const char *name;
	uint32_t type;
	const void *data;
	size_t size;
};

/* Where and why a parse ended early. */
struct reg_pol_error {
	uint64_t offset;
	char message[REG_POL_MESSAGE_MAX / 2];
};

/*
 * Read a file from its current position on, a record at a time. `each` is called in the file's
 * order; what the record points to lives until it returns, and a status other than ERROR_SUCCESS
 * ends the parsing. Memory stays bounded by the longest record, at most REG_DATA_MAX.
 *
 * Returns ERROR_SUCCESS, ERROR_NOT_REGISTRY_FILE (another signature or version),
 * ERROR_INVALID_DATA (not a record), ERROR_NOT_ENOUGH_MEMORY, the status of a read error, or what
 * `each` returned. On failure *ret_error says where and what was expected.
 */
lstatus reg_pol_parse(FILE *file, lstatus (*each)(void *self, const struct reg_pol_record *record),
    void *self, struct reg_pol_error *ret_error);

/* The same over `size` bytes of memory. */
lstatus reg_pol_parse_memory(const void *data, size_t size,
    lstatus (*each)(void *self, const struct reg_pol_record *record), void *self,
    struct reg_pol_error *ret_error);

/* What a record asks for; names that begin with ** are directives. */
enum reg_pol_action {
	REG_POL_SET,
	REG_POL_SET_IF_ABSENT,     /* **soft.NAME */
	REG_POL_CREATE_KEY,        /* an empty name, and no data */
	REG_POL_DELETE,            /* **Del.NAME */
	REG_POL_DELETE_ALL_VALUES, /* **DelVals. */
	REG_POL_DELETE_VALUES,     /* **DeleteValues: the names in the data */
	REG_POL_DELETE_KEYS,       /* **DeleteKeys: the subkeys in the data */
	REG_POL_KEPT,              /* **SecureKey, and other ** names: not carried out */
};

/* What a record asks for. *ret_name: the name of the value, for the first two and REG_POL_DELETE.
 */
enum reg_pol_action reg_pol_action(const struct reg_pol_record *record, const char **ret_name);

/* Append the names in a record's data, which semicolons separate: each with a NUL, none empty. */
void reg_pol_names(const struct reg_pol_record *record, struct buf *out);

/* The beginning of a file, and one record of it. Names must be well-formed and without a NUL. */
void reg_pol_write_begin(struct buf *out);
void reg_pol_write(struct buf *out, const char *key, const char *name, uint32_t type,
    const void *data, size_t size);

/* --- A registry ------------------------------------------------------------------------- */

struct reg_pol_result {
	uint64_t records;                  /* carried out */
	uint64_t values;                   /* values set */
	uint64_t deletions;                /* keys and values that were there and are deleted */
	struct buf kept;                   /* directives that were not carried out, one line each */
	uint64_t offset;                   /* of the failure */
	char message[REG_POL_MESSAGE_MAX]; /* "Registry.pol: at 0x8: expected ..."; "" on success */
};

void reg_pol_result_release(struct reg_pol_result *result);

/*
 * Carry out a file below `root` ("HKLM", "HKCU", or any key's path) in one transaction: all of it
 * or nothing; in the caller's, if one is open (see registry_enter).
 *
 *     **Del.NAME            delete the value NAME
 *     **DelVals.            delete all values of the key
 *     **DeleteValues        delete the values in the data, separated by ;
 *     **DeleteKeys          delete the subkeys in the data, separated by ;
 *     **soft.NAME           set the value NAME if it is not there
 *     **SecureKey           is not carried out, but listed in `kept`; other ** names too
 *     an empty name         make the key; with data of a type, its default value
 *
 * Deleting what is not there is no error and makes no key. Returns what reg_pol_parse returns, or
 * the registry's error. *ret_result is always filled; the caller releases it.
 */
lstatus reg_pol_import(struct registry *registry, FILE *file, const char *file_name,
    const char *root, const char *comment, struct reg_pol_result *ret_result);

/*
 * Write a key and all below it; `path` is how the file calls the key (its path below HKLM or HKCU,
 * not empty). What the format cannot hold is left out and listed in `lost` (or NULL), one line
 * each: names with a NUL, values whose name begins with **, an empty REG_NONE default value, and
 * symbolic links. Returns the registry's error or the status of a write error. The caller closes
 * the file.
 */
lstatus reg_pol_export(
    struct registry *registry, reg_key key, const char *path, FILE *file, struct buf *lost);

#endif
