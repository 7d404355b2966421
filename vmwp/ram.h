/*
 * A guest's memory that stands in for the one that is not there: every RAM_ZERO_RUN + 1 pages one
 * that holds something, the others are zero.
 */
#ifndef VMWP_RAM_H
#define VMWP_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/status.h"

#define RAM_PAGE       4096u
#define RAM_ZERO_RUN   7u
#define RAM_MEGABYTE   (1024u * 1024u)
#define RAM_MAX_MB     256u
#define RAM_ASSUMED_MB 64u

struct ram {
	uint8_t *bytes;
	size_t pages;
	unsigned megabytes;
};

/*
 * Make a memory of as many megabytes as `argument` says, 1 to RAM_MAX_MB; "" means
 * RAM_ASSUMED_MB. STATUS_INVALID_PARAMETER for anything else. The caller releases *ret_ram.
 */
ntstatus ram_make(const char *argument, struct ram *ret_ram);
void ram_release(struct ram *ram);

/* Whether a page is zero throughout. */
bool ram_is_zero(const struct ram *ram, size_t page);

#endif
