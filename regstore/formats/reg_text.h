/*
 * The .reg text format, both ways, and a registry's import and export in it.
 *
 * Read: version 5 ("Windows Registry Editor Version 5.00") in UTF-16LE with a byte order mark or in
 * UTF-8, and version 4 ("REGEDIT4") in Windows-1252, whose hex(1), hex(2) and hex(7) bytes are
 * widened to UTF-16. Lines end with CR LF or LF; the last one need not end.
 *
 *     [path]                 make the key; what follows goes there
 *     [-path]                delete the key and all below it
 *     "name"="text"          REG_SZ; \\ and \" are escapes, a line end may stand in the text
 *     "name"=dword:1f        REG_DWORD, up to eight hexadecimal digits
 *     "name"=hex:01,02       REG_BINARY; a \ at the end of a line continues it on the next
 *     "name"=hex(7):61,00    any type by its number, in hexadecimal
 *     "name"=-               delete the value
 *     @=...                  the default value
 *     ; comment              on a line of its own (# too), or after a value
 *
 * regedit skips a line that it cannot read. Here it is an error that names the line and what was
 * expected, and an import then writes nothing at all.
 */
#ifndef REGSTORE_FORMATS_REG_TEXT_H
#define REGSTORE_FORMATS_REG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"
#include "regstore/registry/registry.h"

#define REG_TEXT_MESSAGE_MAX 512u

/* --- Reading --------------------------------------------------------------------------- */

/* Where and why a line could not be read. */
struct reg_text_error {
	uint64_t line;
	char message[REG_TEXT_MESSAGE_MAX]; /* UTF-8, cut off if need be; no line end */
};

/*
 * What a parser calls, in the order of the file. `line` is the line that the entry begins on;
 * names, paths and data belong to the parser and live until the call returns. Paths are as written.
 * A value belongs to the last key made; a value before the first key or after a deleted one is an
 * error that the parser finds. A status other than ERROR_SUCCESS ends the parsing.
 */
struct reg_text_handler {
	lstatus (*create_key)(void *self, uint64_t line, const char *path);
	lstatus (*delete_key)(void *self, uint64_t line, const char *path);
	lstatus (*set_value)(void *self, uint64_t line, const char *name, uint32_t type,
	    const void *data, size_t size);
	lstatus (*delete_value)(void *self, uint64_t line, const char *name);
	/*
	 * A comment, from its ; or # on; NULL for no such calls. One that stands behind an entry
	 * comes before it, as those do that stand above it. Within a value's lines they are left
	 * out.
	 */
	lstatus (*comment)(void *self, uint64_t line, const char *text);
	/*
	 * A line that is not as above, for those who want to know what else is in the file; NULL:
	 * it ends the parsing. Goes on with the next line that begins a key or a value; the values
	 * of a key that could not be read are left out. Malformed characters end the parsing all
	 * the same.
	 */
	lstatus (*fault)(void *self, const struct reg_text_error *error);
};

/*
 * Parse a file from its current position to its end. Memory stays bounded by the longest value, at
 * most REG_DATA_MAX.
 *
 * Returns ERROR_SUCCESS, ERROR_NOT_REGISTRY_FILE (another first line), ERROR_INVALID_DATA (a line
 * that is not as above, or malformed characters), ERROR_NOT_ENOUGH_MEMORY, the status of a read
 * error, or what a handler returned. On failure *ret_error says where; it is untouched otherwise.
 */
lstatus reg_text_parse(FILE *file, const struct reg_text_handler *handler, void *self,
    struct reg_text_error *ret_error);

/* The same over `size` bytes of memory. */
lstatus reg_text_parse_memory(const void *data, size_t size, const struct reg_text_handler *handler,
    void *self, struct reg_text_error *ret_error);

/* --- Writing --------------------------------------------------------------------------- */

enum reg_text_format {
	REG_TEXT_V5, /* UTF-16LE with a mark */
	REG_TEXT_V4, /* Windows-1252; the data of REG_SZ, REG_EXPAND_SZ and REG_MULTI_SZ too */
};

/*
 * Writes as regedit does: CR LF, hexadecimal lines broken at column 77. With `file` the text goes
 * there in large pieces, otherwise all of it gathers in `text`. Begin with all members zero but
 * `file` and `format`; errors are sticky and come from reg_text_write_end.
 *
 * Version 4 cannot hold everything: a character that Windows-1252 lacks is written as "?", and the
 * odd last byte of a text's data is left out. `lossy` is set then, and stays until it is cleared.
 */
struct reg_text_writer {
	FILE *file; /* or NULL */
	enum reg_text_format format;
	struct buf text;
	struct buf units; /* of the name or path at hand */
	size_t column;    /* characters on the current line */
	bool lossy;
	lstatus status;
};

void reg_text_write_begin(struct reg_text_writer *writer);

/* A path that holds a line end cannot be written and fails with ERROR_INVALID_NAME. */
void reg_text_write_key(struct reg_text_writer *writer, const char *path);

/*
 * Data go out so that they come back byte for byte: as text only a REG_SZ of well-formed UTF-16
 * with one NUL, its last unit, and without CR and LF; as dword: only four bytes.
 */
void reg_text_write_value(
    struct reg_text_writer *writer, const char *name, uint32_t type, const void *data, size_t size);

/* The lines that delete a key with all below it, and a value of the last key. */
void reg_text_write_deleted_key(struct reg_text_writer *writer, const char *path);
void reg_text_write_deleted_value(struct reg_text_writer *writer, const char *name);

/* Write the last line and hand all to the file. Returns the first error. */
lstatus reg_text_write_end(struct reg_text_writer *writer);

void reg_text_writer_release(struct reg_text_writer *writer);

/* --- A registry ------------------------------------------------------------------------ */

struct reg_import_result {
	uint64_t keys;      /* "[path]" entries carried out */
	uint64_t values;    /* values set */
	uint64_t deletions; /* keys and values that were there and are deleted */
	uint64_t line;      /* of the failure; 0 if no line is to blame */
	char message[REG_TEXT_MESSAGE_MAX + 512u]; /* "host.reg:14: expected ..."; "" on success */
};

/*
 * Import a file in one transaction: all of it or nothing. (If one is open already, in that: a
 * failure then leaves the rollback to its owner.) `view` is 0 or REGISTRY_WOW64_32; `file_name` is
 * what the message calls the file; `comment` (or NULL) goes to the write log.
 *
 * Deleting what is not there is no error, as in regedit. Returns what reg_text_parse returns, or
 * the registry's error. *ret_result is always filled.
 */
lstatus reg_import(struct registry *registry, FILE *file, uint32_t view, const char *file_name,
    const char *comment, struct reg_import_result *ret_result);

/*
 * Export a key and all below it, in the order of enumeration. `path` is how the file calls the key.
 *
 * What version 4 cannot keep is listed in `lost` (or NULL), one line each: "path: what".
 *
 * A symbolic link below the key is left out with what it leads to: regedit writes the target's keys
 * a second time under the link's name, and an import of that would make a key where the link
 * belongs. Returns ERROR_INVALID_NAME for a key whose name holds a line end, the registry's error,
 * or the status of a write error; the file is then incomplete. The caller closes the file.
 */
lstatus reg_export(struct registry *registry, reg_key key, const char *path, FILE *file,
    enum reg_text_format format, struct buf *lost);

/* The same for HKEY_LOCAL_MACHINE and HKEY_USERS, which hold everything. */
lstatus reg_export_all(
    struct registry *registry, FILE *file, enum reg_text_format format, struct buf *lost);

#endif
