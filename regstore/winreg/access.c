/*
 * Rights: what a caller asks for, and what it is granted by the process's token (HVEMU_TOKEN).
 */
#include "regstore/security/access.h"
#include "regstore/registry/security.h"

#include "regstore/winreg/internal.h"

REGSAM
access_map(REGSAM sam)
{
	return security_map_generic(sam) & ~(REGSAM)KEY_WOW64_RES;
}

lstatus
access_check(struct registry *registry, reg_key key, REGSAM sam, REGSAM *ret_granted)
{
	struct token token;

	token_current(&token);
	return registry_check_access(registry, key, &token, sam, ret_granted);
}

lstatus
access_check_tree(struct registry *registry, reg_key key, REGSAM sam)
{
	struct token token;

	token_current(&token);
	return registry_check_tree(registry, key, &token, sam);
}

lstatus
access_check_create(struct call *call, const char *path, uint32_t flags, REGSAM sam)
{
	struct token token;

	token_current(&token);
	return registry_check_create(
	    call->registry, &call->key->id, path, flags, &token, sam & ~(REGSAM)KEY_WOW64_RES);
}

lstatus
access_backup(REGSAM *ret_granted)
{
	struct token token;

	token_current(&token);
	*ret_granted = token_backup_rights(&token);
	return *ret_granted != 0 ? LSTATUS(ERROR_SUCCESS) : LSTATUS(ERROR_ACCESS_DENIED);
}
