/*
 * Changes at random, and the state of a registry as text: for tests of the registry through time.
 */
#ifndef TESTS_LIB_CHANGES_H
#define TESTS_LIB_CHANGES_H

#include <stdint.h>

#include "regstore/registry/registry.h"

#define CHANGES_ROOT "HKLM\\SOFTWARE\\Changes" /* below which all changes are */

/*
 * Do one thing: set or delete a value, make, delete or rename a key, change its class, flags or
 * descriptor. Names are few, so that things are made again where others were. What cannot be done
 * (rename to a name that is taken) is left.
 */
void change_one(struct registry *registry, uint32_t *seed);

/* One to eight such things in a transaction. Fails the test if it cannot be committed. */
void change_some(struct registry *registry, uint32_t *seed);

/*
 * Append all that a key and its subkeys hold as text: names, flags, classes, descriptors, and the
 * values in their order.
 */
void changes_print(struct registry *registry, const char *path, struct buf *out);

#endif
