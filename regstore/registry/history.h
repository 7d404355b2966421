/*
 * The registry through time: moments, and the state at one.
 *
 * Every write of a host has a number (see regstore/store/schema.sql); the state after each is kept.
 * A *moment* is what a person calls one of these states: a number, or a time.
 */
#ifndef REGSTORE_REGISTRY_HISTORY_H
#define REGSTORE_REGISTRY_HISTORY_H

#include "regstore/registry/registry.h"

/*
 * Find the number of the write whose state a moment means: a number; "now"; a time as clock_parse
 * reads it, by the machine's clock, or by the host's own behind "virtual:" (the state after the
 * last write at that time or before it). On failure a text for people is appended to `error`:
 * ERROR_INVALID_PARAMETER (no such number, no moment at all), ERROR_FILE_NOT_FOUND (a time before
 * the first write).
 */
lstatus registry_find_moment(
    struct registry *registry, const char *text, uint64_t *ret_number, struct buf *error);

/*
 * Show the host as write `number` left it, on this connection, from now on: all that reads works
 * unchanged, all that writes returns ERROR_WRITE_PROTECT. Costs as much as keys (not values)
 * changed since. The connection holds a read transaction until it is closed: use it for one
 * command, not for keeps. ERROR_INVALID_PARAMETER for a number that no write has, ERROR_BUSY within
 * a transaction or a second time.
 *
 * Tables beside the keys and values (the files of mounted hives) show what is true now.
 */
lstatus registry_go_back(struct registry *registry, uint64_t number);

#endif
