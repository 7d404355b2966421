/*
 * Access tokens: on whose behalf something is done.
 */
#ifndef REGSTORE_SECURITY_TOKEN_H
#define REGSTORE_SECURITY_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/security/sid.h"

#define TOKEN_GROUPS_MAX 32u

/* Privileges, as bits. */
#define PRIVILEGE_BACKUP         1u /* SeBackupPrivilege */
#define PRIVILEGE_RESTORE        2u
#define PRIVILEGE_TAKE_OWNERSHIP 4u
#define PRIVILEGE_SECURITY       8u
#define PRIVILEGE_ALL            15u

struct token {
	struct sid user;
	struct sid owner;         /* of what is made with the token: the user, or Administrators */
	struct sid primary_group; /* the group of what is made */
	struct sid groups[TOKEN_GROUPS_MAX];
	size_t group_count;
	uint32_t privileges;
};

/* The accounts of the machine that have no number of their own in Windows. Our choice. */
#define TOKEN_HYPER_V_USER SID_MACHINE "-1001"
#define TOKEN_PLAIN_USER   SID_MACHINE "-1002"

/*
 * Make the token that a name stands for: "system" (with Administrators), "administrator" (the
 * machine's, elevated), "hyperv-administrator", "user", "local-service", "network-service", or a
 * list between commas or spaces: the user's SID, then groups' SIDs and privileges' names. A SID is
 * "S-1-..." or SDDL's two letters. Everyone and Authenticated Users are in every token, except that
 * Anonymous (AN) gets Everyone alone. False if the text is none of these.
 */
bool token_named(const char *name, struct token *ret_token);

/*
 * The token of this process: what HVEMU_TOKEN names, "system" without it. A text that names none
 * gives Anonymous, who may do next to nothing, and false.
 */
bool token_current(struct token *ret_token);

/* Whether the SID is the token's user or one of its groups. */
bool token_has(const struct token *token, const struct sid *sid);

#endif
