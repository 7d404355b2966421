/*
 * The access check: rights are collected from the entries in their order, once decided they stay.
 *
 * Left out: integrity levels, restricted tokens, conditions. A condition counts as one that cannot
 * be evaluated: such an entry does not allow, and does deny.
 */
#include "regstore/security/access.h"
#include "regstore/security/rights.h"

uint32_t
security_map_generic(uint32_t mask)
{
	static const struct {
		uint32_t generic;
		uint32_t rights;
	} mapping[] = {
		{ GENERIC_READ, KEY_READ },
		{ GENERIC_WRITE, KEY_WRITE },
		{ GENERIC_EXECUTE, KEY_EXECUTE },
		{ GENERIC_ALL, KEY_ALL_ACCESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(mapping); i++) {
		if ((mask & mapping[i].generic) != 0)
			mask = (mask & ~mapping[i].generic) | mapping[i].rights;
	}
	return mask;
}

/* What is known while the entries are walked. */
struct check {
	const struct token *token;
	bool owns; /* the token has the descriptor's owner */
	uint32_t allowed;
	uint32_t denied;
};

static bool
applies(const struct check *check, const struct ace *ace)
{
	if (!ace->known || (ace->flags & INHERIT_ONLY_ACE) != 0)
		return false;
	if (sid_is(&ace->sid, SID_OWNER_RIGHTS))
		return check->owns;
	return token_has(check->token, &ace->sid);
}

static void
count_entry(struct check *check, const struct ace *ace)
{
	uint32_t mask = security_map_generic(ace->mask);

	switch (ace->type) {
	case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
		if ((ace->object_flags & ACE_OBJECT_TYPE_PRESENT) != 0)
			return;
		/* fall through */
	case ACCESS_ALLOWED_ACE_TYPE:
		if (applies(check, ace))
			check->allowed |= mask & ~check->denied;
		return;
	case ACCESS_DENIED_OBJECT_ACE_TYPE:
		if ((ace->object_flags & ACE_OBJECT_TYPE_PRESENT) != 0)
			return;
		/* fall through */
	case ACCESS_DENIED_ACE_TYPE:
	case ACCESS_DENIED_CALLBACK_ACE_TYPE:
		if (applies(check, ace))
			check->denied |= mask & ~check->allowed;
		return;
	default:
		return;
	}
}

/* Whether entries for Owner Rights stand in the place of what an owner has. */
static bool
has_owner_rights(const struct acl *acl)
{
	size_t position = 0;
	struct ace ace;

	while (acl_next(acl, &position, &ace)) {
		if (ace.known && (ace.flags & INHERIT_ONLY_ACE) == 0 &&
		    sid_is(&ace.sid, SID_OWNER_RIGHTS))
			return true;
	}
	return false;
}

/* Every right that the token has. */
static uint32_t
rights_of(const struct descriptor *descriptor, const struct token *token)
{
	struct check check = { .token = token };
	size_t position = 0;
	struct ace ace;

	if ((descriptor->control & SE_DACL_PRESENT) == 0 || descriptor->dacl.data == NULL)
		check.allowed = KEY_ALL_ACCESS | SYNCHRONIZE;
	check.owns = descriptor->has_owner && token_has(token, &descriptor->owner);
	if (check.owns && !has_owner_rights(&descriptor->dacl))
		check.allowed |= READ_CONTROL | WRITE_DAC;
	if ((token->privileges & PRIVILEGE_TAKE_OWNERSHIP) != 0)
		check.allowed |= WRITE_OWNER;
	while (acl_next(&descriptor->dacl, &position, &ace))
		count_entry(&check, &ace);
	check.allowed &= ~(uint32_t)(ACCESS_SYSTEM_SECURITY | MAXIMUM_ALLOWED);
	if ((token->privileges & PRIVILEGE_SECURITY) != 0)
		check.allowed |= ACCESS_SYSTEM_SECURITY;
	return check.allowed;
}

/* Bits that name a view and no right. */
#define VIEW_BITS (KEY_WOW64_64KEY | KEY_WOW64_32KEY)

lstatus
security_access_check(const void *descriptor, size_t size, const struct token *token,
    uint32_t desired, uint32_t *ret_granted)
{
	struct descriptor parts;
	uint32_t wanted = security_map_generic(desired) & ~(uint32_t)(MAXIMUM_ALLOWED | VIEW_BITS);
	uint32_t rights;

	if (!descriptor_read(descriptor, size, &parts))
		return LSTATUS(ERROR_INVALID_SECURITY_DESCR);
	rights = rights_of(&parts, token);
	/* Nobody is granted the system list without asking for it. */
	if ((wanted & ACCESS_SYSTEM_SECURITY) == 0)
		rights &= ~(uint32_t)ACCESS_SYSTEM_SECURITY;
	if ((wanted & ~rights) != 0)
		return LSTATUS(ERROR_ACCESS_DENIED);
	if ((desired & MAXIMUM_ALLOWED) == 0)
		rights = wanted;
	if (rights == 0)
		return LSTATUS(ERROR_ACCESS_DENIED);
	if (ret_granted != NULL)
		*ret_granted = rights;
	return LSTATUS(ERROR_SUCCESS);
}

uint32_t
token_backup_rights(const struct token *token)
{
	uint32_t rights = 0;

	if ((token->privileges & PRIVILEGE_BACKUP) != 0)
		rights |= KEY_READ | ACCESS_SYSTEM_SECURITY;
	if ((token->privileges & PRIVILEGE_RESTORE) != 0)
		rights |=
		    KEY_WRITE | ACCESS_DELETE | WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY;
	return rights;
}
