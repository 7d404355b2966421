/*
 * Security identifiers (SIDs): who a security descriptor speaks of.
 *
 * A SID is kept as Windows stores it, so that two are the same if their bytes are. Its text is
 * "S-1-5-32-544", or where SDDL is read and written one of SDDL's two letters ("BA").
 */
#ifndef REGSTORE_SECURITY_SID_H
#define REGSTORE_SECURITY_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"

/* The machine's own number, which accounts' SIDs begin with. Our choice. */
#define SID_MACHINE "S-1-5-21-2025000001-2025000002-2025000003"

/* Well-known SIDs, by the names of winnt.h's WELL_KNOWN_SID_TYPE where it has one. */
#define SID_EVERYONE            "S-1-1-0"
#define SID_LOCAL               "S-1-2-0"
#define SID_CREATOR_OWNER       "S-1-3-0"
#define SID_CREATOR_GROUP       "S-1-3-1"
#define SID_OWNER_RIGHTS        "S-1-3-4"
#define SID_NETWORK             "S-1-5-2"
#define SID_INTERACTIVE         "S-1-5-4"
#define SID_ANONYMOUS           "S-1-5-7"
#define SID_AUTHENTICATED_USERS "S-1-5-11"
#define SID_RESTRICTED          "S-1-5-12"
#define SID_SYSTEM              "S-1-5-18"
#define SID_LOCAL_SERVICE       "S-1-5-19"
#define SID_NETWORK_SERVICE     "S-1-5-20"
#define SID_ADMINISTRATORS      "S-1-5-32-544"
#define SID_USERS               "S-1-5-32-545"
#define SID_HYPER_V_ADMINS      "S-1-5-32-578"
#define SID_ALL_APP_PACKAGES    "S-1-15-2-1"
#define SID_ADMINISTRATOR       SID_MACHINE "-500"
#define SID_MACHINE_USERS       SID_MACHINE "-513" /* the group "None" of a machine's accounts */

#define SID_AUTHORITIES_MAX 15u
#define SID_SIZE_MIN        8u
#define SID_SIZE_MAX        (SID_SIZE_MIN + 4u * SID_AUTHORITIES_MAX)

/* A SID in Windows' binary form; what follows its own size is zero. */
struct sid {
	uint8_t bytes[SID_SIZE_MAX];
};

/* The bytes that the SID takes in its binary form. */
size_t sid_size(const struct sid *sid);

/* Read a SID at the beginning of `size` bytes; false if there is no whole one. */
bool sid_read(const void *data, size_t size, struct sid *ret_sid);

/* Read the text "S-1-..." (numbers decimal, an authority over 32 bits 0x and hexadecimal). */
bool sid_parse(const char *text, struct sid *ret_sid);

/* The same for `length` bytes of text. */
bool sid_parse_n(const char *text, size_t length, struct sid *ret_sid);

/* Append "S-1-...". */
void sid_format(const struct sid *sid, struct buf *out);

bool sid_equal(const struct sid *left, const struct sid *right);

/* Whether the SID is the one of this text, one of the names above. */
bool sid_is(const struct sid *sid, const char *text);

/* The SID of SDDL's two letters, in either case; those of a domain are the machine's here. */
bool sid_from_alias(const char *letters, struct sid *ret_sid);

/* SDDL's two letters for the SID; NULL if it has none. */
const char *sid_alias(const struct sid *sid);

#endif
