/*
 * SDDL's words, for its reader and its writer.
 */
#ifndef REGSTORE_SECURITY_SDDL_WORDS_H
#define REGSTORE_SECURITY_SDDL_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct sddl_word {
	char letters[3];
	uint32_t value;
};

extern const struct sddl_word sddl_types[];  /* of entries */
extern const struct sddl_word sddl_flags[];  /* of entries, in the order of writing */
extern const struct sddl_word sddl_rights[]; /* single rights, in the order of writing */
extern const struct sddl_word sddl_masks[];  /* of several rights; the first that fits is written */
extern const struct sddl_word sddl_labels[]; /* rights of a mandatory label */

/* Each list ends with empty letters. The word with these letters or this value; NULL for none. */
const struct sddl_word *sddl_word_named(const struct sddl_word *words, const char *letters);
const struct sddl_word *sddl_word_valued(const struct sddl_word *words, uint32_t value);

#endif
