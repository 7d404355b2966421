/*
 * What differs between two registries: keys and values, in the order of a walk through both; and
 * the .reg file that makes the one like the other.
 *
 * Compared are the keys that a boot leaves there, and their values by type and data; names without
 * case. What a .reg file cannot say is not: classes, security descriptors, the order of values, and
 * the keys below a symbolic link, which are compared where they are.
 */
#ifndef REGSTORE_FORMATS_REG_DIFF_H
#define REGSTORE_FORMATS_REG_DIFF_H

#include "regstore/formats/reg_text.h"

struct reg_diff_side {
	bool present;
	uint32_t type;
	const uint8_t *data;
	size_t size;
};

struct reg_difference {
	const char *path;           /* "HKEY_LOCAL_MACHINE\\..." */
	const char *name;           /* of a value; NULL: the key is on one side only */
	struct reg_diff_side left;  /* of a key only whether it is there */
	struct reg_diff_side right; /* the same */
	bool within; /* in a key that only the left side has, which was told before */
};

/*
 * Call `each` for every difference below HKEY_LOCAL_MACHINE and HKEY_USERS: a key that one side has
 * first, then what is in it. What it points to lives until it returns; a status other than
 * ERROR_SUCCESS ends the walk. Returns that, or a registry's error.
 */
lstatus reg_diff(struct registry *left, struct registry *right,
    lstatus (*each)(void *context, const struct reg_difference *difference), void *context);

/* Writes differences as the .reg file that makes the left side like the right one. */
struct reg_diff_writer {
	struct reg_text_writer text; /* begun with reg_text_write_begin */
	struct buf path;             /* of the key that the last line is in */
};

/* One difference, in the order in which reg_diff tells them; for `each`. */
lstatus reg_diff_write(void *writer, const struct reg_difference *difference);

/* Write the last line. Returns the first error; releases the writer. */
lstatus reg_diff_write_end(struct reg_diff_writer *writer);

#endif
