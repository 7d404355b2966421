/*
 * Registry hives (regf files): a key and all below it, to a file and back.
 *
 * Read through libhivex, after a check of the file's bins and cells. Written here, cell by cell:
 * libhivex only edits hives, knows no classes and no descriptors of new keys, and leaves a copy of
 * the list behind with each subkey that it takes in, so that 5,000 make a file of 110 MB.
 *
 * Both ways the file streams; it is not in memory. What is there beside SQLite's page cache (up to
 * 8 MiB a connection):
 *
 *   written   a window of 256 KiB, the data of one value, the distinct security descriptors, and
 *             for each level of the key at hand its list of subkeys (of the values 4 bytes each)
 *   read      libhivex' bitmap, 1 byte for 32 of the file (16 MiB of 512), the data of one value,
 *             and for each level lists of 8 bytes a subkey or value. Of a file over 256 KiB a copy
 *             on disk is mapped: its pages count as the process's while there is room for them.
 *             With REG_HIVE_REPLACE 8 bytes for each key that is deleted
 *   reports   a line for each loss
 *
 * A file is written in version 1.3, the standard format of RegSaveKey, where data are one cell of
 * up to 999,996 bytes. If any data are longer it is version 1.5, with all data over 16,344 bytes in
 * segments ("db"): libhivex reads 8,000,000 of them, reglookup 1,048,576, this reader all. What a
 * conversion cannot keep is said in the report, one line each:
 *
 *   written   left out: volatile keys and symbolic links below the top key (CurrentControlSet is
 *             one), names that are no well-formed text or hold a NUL, keys' names with U+0001
 *   read      left out: such names, keys where the registry has a link, malformed security
 *             descriptors; keys begin with the time of the load, of which the report says nothing
 *
 * Transaction logs (.LOG1, .LOG2) are neither written nor replayed; the report says so of a hive
 * that needs them.
 */
#ifndef REGSTORE_FORMATS_HIVE_H
#define REGSTORE_FORMATS_HIVE_H

#include <stddef.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"
#include "regstore/registry/registry.h"

#define REG_HIVE_MESSAGE_MAX 768u

/* What became of a conversion. Begin with all members zero; release it in every case. */
struct reg_hive_report {
	struct buf lost; /* what could not be kept, one line each: "SYSTEM\\Select: ..." */
	size_t keys;     /* that were carried over, without the top key */
	size_t values;
	char message[REG_HIVE_MESSAGE_MAX]; /* of a failure: "f.hiv: at 0x1020: expected ..." */
};

void reg_hive_report_release(struct reg_hive_report *report);

/*
 * Save a key and all below it (RegSaveKey, RegSaveKeyEx in REG_STANDARD_FORMAT). The hive is
 * written beside `file_name`, flushed, and renamed to it: readers of the file see the old or the
 * whole new one. An existing file is replaced; whether that is wanted is the caller's question.
 *
 * Returns the registry's error, ERROR_NOT_SUPPORTED (more than a hive can hold), or the status of a
 * write error; there is no new file then. `report` may be NULL.
 */
lstatus reg_hive_save(
    struct registry *registry, reg_key key, const char *file_name, struct reg_hive_report *report);

/* The same, with another name of the hive's top key than the key's own. */
lstatus reg_hive_save_as(struct registry *registry, reg_key key, const char *root_name,
    const char *file_name, struct reg_hive_report *report);

/* Flags of load. */
#define REG_HIVE_REPLACE 1u /* what `into` has goes first (RegRestoreKey); links in it stay */

/*
 * Load a hive's contents into a key, in one transaction: all of it or nothing; in the caller's, if
 * one is open (see registry_enter). Without REG_HIVE_REPLACE what the key has stays where the hive
 * says nothing else, and keys that are there keep their security descriptors and classes.
 *
 * A SYSTEM hive holds ControlSetNNN and Select; the link CurrentControlSet that the registry has
 * beside them is not touched, also by a key of that name in the hive.
 *
 * Returns ERROR_FILE_NOT_FOUND and the like, ERROR_NOT_REGISTRY_FILE (no hive, or none of version
 * 1.x), ERROR_BADDB (a damaged one), or the registry's error;
 * report->message then names the file, the offset where known, and what was expected there.
 */
lstatus reg_hive_load(struct registry *registry, const char *file_name, reg_key into,
    unsigned flags, struct reg_hive_report *report);

/* What a walk calls, in the hive's order; a status other than ERROR_SUCCESS ends the walk. */
struct reg_hive_visitor {
	/* `path` is below the top key, for which it is "". `offset` is the key's in the file. */
	lstatus (*key)(void *self, uint64_t offset, const char *path);
	/* A value of the last key. Name and data live until the call returns. */
	lstatus (*value)(void *self, uint64_t offset, const char *name, uint32_t type,
	    const void *data, size_t size);
};

/*
 * Visit every key of a hive file and its values, without a registry. Names that are no well-formed
 * text are left out, with a line in report->lost. Returns what reg_hive_load returns for a file,
 * or what the visitor returned.
 */
lstatus reg_hive_walk(const char *file_name, const struct reg_hive_visitor *visitor, void *self,
    struct reg_hive_report *report);

/*
 * Mount a hive file as "HKLM\\NAME" or "HKU\\NAME" (RegLoadKey): its contents are there from now
 * on, and reg_hive_unmount writes them back to the file. A file that is not there is made, empty,
 * as RegLoadKey does. The file is free to be read meanwhile; it is not locked.
 *
 * Returns what reg_hive_load and registry_mount return.
 */
lstatus reg_hive_mount(struct registry *registry, const char *root_path, const char *file_name,
    struct reg_hive_report *report);

/*
 * Write a mounted hive back to its file, and take it out of the registry (RegUnLoadKey). If the
 * file cannot be written the hive stays mounted. Returns what reg_hive_save and registry_unmount
 * return, and ERROR_BUSY if a transaction is open.
 */
lstatus
reg_hive_unmount(struct registry *registry, const char *root_path, struct reg_hive_report *report);

#endif
