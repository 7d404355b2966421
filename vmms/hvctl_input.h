/*
 * Files that hold values of a registry, of whatever kind, and their import: what `plan` and `diff`
 * take.
 */
#ifndef VMMS_HVCTL_INPUT_H
#define VMMS_HVCTL_INPUT_H

#include "vmms/hvctl.h"

enum input_kind { INPUT_REG, INPUT_POL, INPUT_HIVE, INPUT_BCD };

struct input {
	const char *file;
	const char *into; /* the key that a hive or a policy goes below; NULL: not said */
	enum input_kind kind;
	uint64_t values;    /* that it sets */
	uint64_t deletions; /* keys and values that were there and are deleted */
	uint64_t unread;    /* of the values: those that no reader knows */
	struct buf lost;    /* what was not carried over, one line each */
};

/*
 * Import a file in the open transaction, and fill what is not set before. The kind is found by the
 * file's first bytes: a .reg file goes where its lines say, a Registry.pol below `into` (else
 * HKLM), a hive into `into`, as RegRestoreKey puts it there; a hive for which nothing is said must
 * be boot configuration, and takes the place of the host's. False after it was told what is wrong;
 * the transaction can only be rolled back then.
 */
bool input_import(const struct hvctl *hvctl, struct registry *registry, struct input *input);

/* The kind in a word: "reg", "pol", "hive", "bcd". */
const char *input_kind_name(enum input_kind kind);

void input_release(struct input *input);

#endif
