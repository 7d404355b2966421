/*
 * Who may do what with a key. The engine itself asks nobody: it is the machine. Whoever acts for
 * somebody (the Win32 face, the `reg` command) asks here before it calls the engine. The rights are
 * those of regstore/security/rights.h.
 */
#ifndef REGSTORE_REGISTRY_SECURITY_H
#define REGSTORE_REGISTRY_SECURITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/registry/registry.h"
#include "regstore/security/token.h"

/*
 * Whether the token has the desired rights (KEY_*, standard, generic, MAXIMUM_ALLOWED) on a key;
 * *ret_granted (may be NULL) as security_access_check gives it. Bits for a view (KEY_WOW64_*) are
 * left out. Of a key that is two, the upper one counts. Returns ERROR_SUCCESS, ERROR_ACCESS_DENIED,
 * ERROR_KEY_DELETED, ERROR_INVALID_SECURITY_DESCR, or a failure of the host.
 */
lstatus registry_check_access(struct registry *registry, reg_key key, const struct token *token,
    uint32_t desired, uint32_t *ret_granted);

/* The same for a key and all below it, in one look at the store. */
lstatus registry_check_tree(
    struct registry *registry, reg_key key, const struct token *token, uint32_t desired);

/*
 * Whether the token may have registry_create_key make a path: the desired rights on the key if it
 * is there, else KEY_CREATE_SUB_KEY (for a link KEY_CREATE_LINK too) on the nearest key above that
 * is. `flags` are registry_create_key's. Errors also as registry_open_key's.
 */
lstatus registry_check_create(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, const struct token *token, uint32_t desired);

/*
 * Have this connection act for a token (NULL: for nobody, as it begins): what it makes is the
 * token's, registry_create_key needs KEY_CREATE_SUB_KEY on the nearest key that is there, and the
 * two calls below ask. Everything else stays unchecked: whoever acts for somebody asks first.
 */
void registry_act_for(struct registry *registry, const struct token *token);

/* registry_check_access and registry_check_tree for whom it acts; success for nobody. */
lstatus registry_may(struct registry *registry, reg_key key, uint32_t desired);
lstatus registry_may_tree(struct registry *registry, reg_key key, uint32_t desired);

/* ERROR_PRIVILEGE_NOT_HELD if whom it acts for lacks one of the privileges. */
lstatus registry_may_use(struct registry *registry, uint32_t privileges);

/*
 * registry_create_key on behalf of a token, with the descriptor that the creator gave for the last
 * key of the path (NULL: none). It counts for a key that is made, not for one that is there.
 * Whether the token may is not asked. Returns also ERROR_INVALID_SECURITY_DESCR.
 */
lstatus registry_create_key_as(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, const struct token *token, const void *descriptor, size_t size,
    reg_key *ret_key, bool *ret_created);

#endif
