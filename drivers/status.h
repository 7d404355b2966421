/*
 * Pieces of the derived state that drivers show.
 */
#ifndef DRIVERS_STATUS_H
#define DRIVERS_STATUS_H

#include "regstore/tunable/module.h"

/* The number, or null. */
json_t *status_number(struct tunable_number number);

/* Text from the registry, or null. */
json_t *status_text(struct tunable_text text);

/* The word of a number, "unknown" if it has none. */
const char *status_word(const struct tunable_word *words, uint64_t number);

/*
 * The numbers of the bits that are set in a mask of bytes, low byte first, up to `limit` bits. Null
 * without data.
 */
json_t *status_bits(const uint8_t *data, size_t size, size_t limit);

/*
 * What stands for `count` components of a concrete key, from its component `first` on; joined with
 * '\'. The caller owns the result.
 */
json_t *status_key_part(const char *key, size_t first, size_t count);

#endif
