/*
 * reg flags: a key's virtualization flags.
 *
 * As with reg.exe a key has them in HKLM\SOFTWARE only, and the path must be written so: HKCR,
 * which lies there too, is refused.
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

static int
flags_in(struct registry *registry, const struct reg_arguments *arguments, bool set, uint32_t flags)
{
	const char *path = (const char *)arguments->key.data;
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, path, arguments->view, &key);

	if (lstatus_ok(status))
		status = registry_may(registry, key, set ? KEY_SET_VALUE : KEY_READ);
	if (lstatus_ok(status))
		status = set ? registry_set_flags(registry, key, flags)
		             : registry_query_flags(registry, key, &flags);
	if (!lstatus_ok(status))
		return reg_fail_status(arguments->verb, status);
	if (!set)
		print_flags(path, flags);
	return reg_succeed();
}

int
reg_flags(const struct reg_arguments *arguments)
{
	struct registry *registry;
	uint32_t flags;
	bool set;
	int code = EXIT_FAILED;

	if (!parse_words(arguments, &set, &flags))
		return reg_fail_syntax(arguments->verb);
	if (!in_software((const char *)arguments->key.data))
		return reg_fail_key_name(arguments->verb);
	registry = reg_open_host(REGISTRY_OPEN);
	if (registry != NULL)
		code = flags_in(registry, arguments, set, flags);
	registry_close(registry);
	return code;
}
