/*
 * Tokens by name. Which groups and privileges Windows gives to whom: the well-known SIDs of MS-DTYP
 * 2.4.2.4 and the default user rights of a server; integrity levels and restricted SIDs are left
 * out.
 */
#include "regstore/security/token.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	const char *list;
} named[] = {
	{ "system", "SY,BA,SeBackupPrivilege,SeRestorePrivilege,SeTakeOwnershipPrivilege,"
	            "SeSecurityPrivilege" },
	{ "administrator", "LA,DU,BA,BU,IU,LOCAL,SeBackupPrivilege,SeRestorePrivilege,"
	                   "SeTakeOwnershipPrivilege,SeSecurityPrivilege" },
	{ "hyperv-administrator", TOKEN_HYPER_V_USER ",DU,HA,BU,IU,LOCAL" },
	{ "user", TOKEN_PLAIN_USER ",DU,BU,IU,LOCAL" },
	{ "local-service", "LS,SU,BU" },
	{ "network-service", "NS,SU,BU" },
};

static const struct {
	const char *name;
	uint32_t bit;
} privileges[] = {
	{ "SeBackupPrivilege", PRIVILEGE_BACKUP },
	{ "SeRestorePrivilege", PRIVILEGE_RESTORE },
	{ "SeTakeOwnershipPrivilege", PRIVILEGE_TAKE_OWNERSHIP },
	{ "SeSecurityPrivilege", PRIVILEGE_SECURITY },
};

bool
token_has(const struct token *token, const struct sid *sid)
{
	if (sid_equal(&token->user, sid))
		return true;
	for (size_t i = 0; i < token->group_count; i++) {
		if (sid_equal(&token->groups[i], sid))
			return true;
	}
	return false;
}

static bool
add_group(struct token *token, const struct sid *sid)
{
	if (token_has(token, sid))
		return true;
	if (token->group_count == TOKEN_GROUPS_MAX)
		return false;
	token->groups[token->group_count++] = *sid;
	return true;
}

static bool
add_group_text(struct token *token, const char *text)
{
	struct sid sid;

	return sid_parse(text, &sid) && add_group(token, &sid);
}

static bool
read_member(const char *word, size_t length, struct sid *ret_sid)
{
	if (length == 2)
		return sid_from_alias(word, ret_sid);
	if (length == 5 && strncasecmp(word, "LOCAL", length) == 0)
		return sid_parse(SID_LOCAL, ret_sid);
	return sid_parse_n(word, length, ret_sid);
}

/* One word of a list after the user: a privilege's name or a group's SID. */
static bool
add_word(struct token *token, const char *word, size_t length)
{
	struct sid sid;

	for (size_t i = 0; i < ARRAY_SIZE(privileges); i++) {
		if (strlen(privileges[i].name) == length &&
		    strncasecmp(word, privileges[i].name, length) == 0) {
			token->privileges |= privileges[i].bit;
			return true;
		}
	}
	return read_member(word, length, &sid) && add_group(token, &sid);
}

/*
 * Whom new objects belong to. A member of Administrators leaves what it makes to the group, as a
 * server does by default; the primary group is the user's own for services, as seen on Windows.
 */
static bool
settle(struct token *token)
{
	struct sid administrators;
	struct sid machine_users;

	if (!sid_parse(SID_ADMINISTRATORS, &administrators) ||
	    !sid_parse(SID_MACHINE_USERS, &machine_users))
		return false;
	token->owner = token_has(token, &administrators) ? administrators : token->user;
	token->primary_group = token_has(token, &machine_users) ? machine_users : token->user;
	if (!add_group_text(token, SID_EVERYONE))
		return false;
	return sid_is(&token->user, SID_ANONYMOUS) ||
	       add_group_text(token, SID_AUTHENTICATED_USERS);
}

static bool
read_list(const char *list, struct token *ret_token)
{
	static const char separators[] = ", \t";
	struct token token = { 0 };
	bool first = true;

	for (list += strspn(list, separators); *list != '\0'; list += strspn(list, separators)) {
		size_t length = strcspn(list, separators);

		if (first ? !read_member(list, length, &token.user)
		          : !add_word(&token, list, length))
			return false;
		first = false;
		list += length;
	}
	if (first || !settle(&token))
		return false;
	*ret_token = token;
	return true;
}

bool
token_named(const char *name, struct token *ret_token)
{
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		if (strcasecmp(name, named[i].name) == 0)
			return read_list(named[i].list, ret_token);
	}
	return read_list(name, ret_token);
}

/* The last text that this thread had made a token of, and the token. */
static _Thread_local struct {
	char text[256];
	struct token token;
	bool valid; /* the text names one */
} last;

static bool
make_token(const char *name, struct token *ret_token)
{
	if (token_named(name, ret_token))
		return true;
	memset(ret_token, 0, sizeof(*ret_token));
	(void)read_list("AN", ret_token);
	return false;
}

bool
token_current(struct token *ret_token)
{
	const char *name = getenv("HVEMU_TOKEN");
	size_t size;

	if (name == NULL || name[0] == '\0')
		name = "system";
	size = strlen(name) + 1;
	if (size > sizeof(last.text))
		return make_token(name, ret_token);
	if (strcmp(name, last.text) != 0) {
		last.valid = make_token(name, &last.token);
		memcpy(last.text, name, size);
	}
	*ret_token = last.token;
	return last.valid;
}
