/*
 * Whether a token has rights on a registry key (MS-DTYP 2.5.3.2, the access check), and what a new
 * key's descriptor is (2.5.3.4). The rights are those of regstore/security/rights.h.
 */
#ifndef REGSTORE_SECURITY_ACCESS_H
#define REGSTORE_SECURITY_ACCESS_H

#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"
#include "regstore/security/descriptor.h"
#include "regstore/security/token.h"

/* The rights that a mask with generic ones means for a key. */
uint32_t security_map_generic(uint32_t mask);

/*
 * Whether the token has the desired rights by the descriptor; *ret_granted (may be NULL) says
 * which: those desired, or with MAXIMUM_ALLOWED every right that it has.
 *
 * Entries count in their order; inherit-only ones are passed over, those for an object type too.
 * Without a DACL everything is allowed; an empty one allows nothing. The owner has READ_CONTROL and
 * WRITE_DAC, unless entries for Owner Rights say otherwise. PRIVILEGE_TAKE_OWNERSHIP gives
 * WRITE_OWNER; ACCESS_SYSTEM_SECURITY takes PRIVILEGE_SECURITY and nothing else gives it. Backup
 * and restore count for nothing here: see token_backup_rights.
 *
 * Returns ERROR_SUCCESS, ERROR_ACCESS_DENIED (also if no right is desired), or
 * ERROR_INVALID_SECURITY_DESCR.
 */
lstatus security_access_check(const void *descriptor, size_t size, const struct token *token,
    uint32_t desired, uint32_t *ret_granted);

/* What REG_OPTION_BACKUP_RESTORE opens a key with, whatever its descriptor; 0 for no privilege. */
uint32_t token_backup_rights(const struct token *token);

/*
 * Append the descriptor of a new key (MS-DTYP 2.5.3.4) to `out`: from its parent's, from the one
 * that its creator gave, and from the creator's token, which says whose the key is.
 *
 * Either descriptor may be NULL. Inheritable entries of the parent come down with Creator Owner and
 * Creator Group made the key's own and generic rights mapped; with a creator's DACL they follow its
 * entries if the parent's list is of the automatic kind and the creator's is not protected.
 * Without either, the DACL is the token's default.
 *
 * Returns ERROR_INVALID_SECURITY_DESCR, ERROR_INVALID_PARAMETER (a list too long),
 * ERROR_NOT_ENOUGH_MEMORY.
 */
lstatus security_inherit(const void *parent, size_t parent_size, const void *creator,
    size_t creator_size, const struct token *token, struct buf *out);

#endif
