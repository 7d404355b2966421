/*
 * reg flags: a key's virtualization flags.
 *
 * As with reg.exe a key has them in HKLM\SOFTWARE only, and the path must be written so: HKCR,
 * which lies there too, is refused. The syntax in reg.exe's help has no /s; an example there has
 * it, with SET, for the key and all its subkeys.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/macro.h"
#include "regstore/reg/reg.h"
#include "regstore/registry/security.h"
#include "regstore/security/rights.h"

static const struct {
	const char *name;
	uint32_t flag;
} flag_words[] = {
	{ "DONT_VIRTUALIZE", REGISTRY_KEY_DONT_VIRTUALIZE },
	{ "DONT_SILENT_FAIL", REGISTRY_KEY_DONT_SILENT_FAIL },
	{ "RECURSE_FLAG", REGISTRY_KEY_RECURSE_FLAG },
};

static uint32_t
find_flag(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		if (strcasecmp(word, flag_words[i].name) == 0)
			return flag_words[i].flag;
	}
	return 0;
}

/* What follows the key: nothing, QUERY, or SET and flags, each once. */
static bool
parse_words(const struct reg_arguments *arguments, bool *ret_set, uint32_t *ret_flags)
{
	*ret_set = false;
	*ret_flags = 0;
	if (arguments->word_count == 0)
		return true;
	if (strcasecmp(arguments->words[0], "QUERY") == 0)
		return arguments->word_count == 1;
	if (strcasecmp(arguments->words[0], "SET") != 0)
		return false;
	*ret_set = true;
	for (int i = 1; i < arguments->word_count; i++) {
		uint32_t flag = find_flag(arguments->words[i]);

		if (flag == 0 || (*ret_flags & flag) != 0)
			return false;
		*ret_flags |= flag;
	}
	return true;
}

static bool
in_software(const char *path)
{
	static const char software[] = "HKEY_LOCAL_MACHINE\\SOFTWARE";
	size_t length = sizeof(software) - 1;

	return strncasecmp(path, software, length) == 0 &&
	       (path[length] == '\0' || path[length] == '\\');
}

static void
print_flags(const char *path, uint32_t flags)
{
	printf("\n%s\n\n", path);
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		printf("\tREG_KEY_%s: %s\n", flag_words[i].name,
		    (flags & flag_words[i].flag) != 0 ? "SET" : "CLEAR");
	}
	printf("\n");
}

static lstatus
set_below(struct registry *registry, reg_key key, uint32_t flags)
{
	struct reg_key_list keys = { 0 };
	lstatus status = registry_set_flags(registry, key, flags);

	if (lstatus_ok(status))
		status = registry_list_keys(registry, key, &keys);
	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++) {
		if ((keys.entries[i].flags & REGISTRY_CREATE_LINK) == 0)
			status = set_below(registry, keys.entries[i].key, flags);
	}
	reg_key_list_release(&keys);
	return status;
}

/* Set the flags of a key and of all below it, or of none. */
static lstatus
set_tree(struct registry *registry, reg_key key, uint32_t flags)
{
	lstatus status = registry_may_tree(registry, key, KEY_READ | KEY_SET_VALUE);

	if (lstatus_ok(status))
		status = registry_begin(registry, NULL);
	if (!lstatus_ok(status))
		return status;
	status = set_below(registry, key, flags);
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

static lstatus
set_one(struct registry *registry, reg_key key, uint32_t flags)
{
	lstatus status = registry_may(registry, key, KEY_SET_VALUE);

	return lstatus_ok(status) ? registry_set_flags(registry, key, flags) : status;
}

static lstatus
print_one(struct registry *registry, reg_key key, const char *path)
{
	uint32_t flags = 0;
	lstatus status = registry_may(registry, key, KEY_READ);

	if (lstatus_ok(status))
		status = registry_query_flags(registry, key, &flags);
	if (lstatus_ok(status))
		print_flags(path, flags);
	return status;
}

static int
flags_in(struct registry *registry, const struct reg_arguments *arguments, bool set, uint32_t flags)
{
	const char *path = (const char *)arguments->key.data;
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, path, arguments->view, &key);

	if (lstatus_ok(status) && !set)
		status = print_one(registry, key, path);
	else if (lstatus_ok(status) && arguments->recurse)
		status = set_tree(registry, key, flags);
	else if (lstatus_ok(status))
		status = set_one(registry, key, flags);
	return lstatus_ok(status) ? reg_succeed() : reg_fail_status(arguments->verb, status);
}

int
reg_flags(const struct reg_arguments *arguments)
{
	struct registry *registry;
	uint32_t flags;
	bool set;
	int code = EXIT_FAILED;

	if (!parse_words(arguments, &set, &flags) || (arguments->recurse && !set))
		return reg_fail_syntax(arguments->verb);
	if (!in_software((const char *)arguments->key.data))
		return reg_fail_key_name(arguments->verb);
	registry = reg_open_host(REGISTRY_OPEN);
	if (registry != NULL)
		code = flags_in(registry, arguments, set, flags);
	registry_close(registry);
	return code;
}
