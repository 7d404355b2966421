/*
 * Numbered transactions, and what tells whether one is there, in part, or not.
 *
 * A writer's transaction n makes both its values "first" and "second" n, writes data that follow
 * from n, replaces its key "n - 1" by "n", and moves the tree below its key "tree" along.
 */
#ifndef TESTS_FAULT_WORKLOAD_H
#define TESTS_FAULT_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/fault/fault.h"

/* Make transaction `number`; `size`: of its data in bytes. False if anything failed. */
bool workload_write(struct registry *registry, int writer, uint32_t number, uint32_t size);

/* The number of the last transaction that is there; 0 for none. False if it cannot be read. */
bool workload_number(struct registry *registry, int writer, uint32_t *ret_number);

/*
 * Compare what is there with the last number that was acknowledged; the next one may be there too.
 * `lossy`: an earlier one may be, as after a power cut on a relaxed host. Returns what is there.
 */
uint32_t workload_check(
    struct fault *fault, struct registry *registry, int writer, uint32_t acknowledged, bool lossy);

#endif
