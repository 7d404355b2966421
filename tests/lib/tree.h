/*
 * Trees of keys for tests of what carries them over: made at random, and compared.
 */
#ifndef TESTS_LIB_TREE_H
#define TESTS_LIB_TREE_H

#include <stdint.h>

#include "regstore/registry/registry.h"

/* Numbers that are the same for the same seed; not 0 to begin with. */
uint32_t tree_random(uint32_t *seed);

/*
 * Fill a key: subkeys to so many levels, values of all types and of 0 to 70,001 bytes, and, unless
 * `plain`, names beyond ASCII.
 */
void tree_fill(struct registry *registry, reg_key key, uint32_t *seed, int levels, int plain);

/* Assert that both keys hold the same, names' case and the values' order included. */
void tree_assert_same(
    struct registry *left, reg_key left_key, struct registry *right, reg_key right_key);

#endif
