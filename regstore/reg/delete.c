/*
 * reg delete: deletes a key with its subtree, one value, or all values of a key.
 */
#include <stdio.h>

#include "regstore/reg/reg.h"
#include "regstore/registry/security.h"
#include "regstore/security/rights.h"

/* Ask what is about to go. reg.exe puts an empty line after the answer. */
static bool
confirm(const struct reg_arguments *arguments, const char *path, int *ret_exit)
{
	bool yes;

	if (arguments->force)
		return true;
	if (arguments->value != NULL || arguments->default_value) {
		yes = reg_confirm(ret_exit, "Delete the registry value %s (Yes/No)? ",
		    arguments->default_value ? "(Default)" : arguments->value);
	} else if (arguments->all_values) {
		yes = reg_confirm(ret_exit,
		    "Permanently delete all values under the registry key %s (Yes/No)? ", path);
	} else {
		yes = reg_confirm(
		    ret_exit, "Permanently delete the registry key %s (Yes/No)? ", path);
	}
	if (yes)
		printf("\n");
	return yes;
}

static lstatus
delete_all_values(struct registry *registry, reg_key key)
{
	struct reg_value_list values;
	lstatus status;

	status = registry_begin(registry, NULL);
	if (!lstatus_ok(status))
		return status;
	status = registry_list_values(registry, key, &values);
	if (lstatus_ok(status)) {
		for (size_t i = 0; i < values.count && lstatus_ok(status); i++)
			status = registry_delete_value(registry, key, values.entries[i].name);
		reg_value_list_release(&values);
	}
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

static int
delete_from(struct registry *registry, const struct reg_arguments *arguments)
{
	const char *path = (const char *)arguments->key.data;
	const char *name = arguments->default_value ? "" : arguments->value;
	reg_key key;
	lstatus status;
	int code = EXIT_OK;

	status = registry_open_key(registry, NULL, path, arguments->view, &key);
	if (lstatus_ok(status))
		status = name != NULL || arguments->all_values
		             ? registry_may(registry, key, KEY_SET_VALUE)
		             : registry_may_tree(registry, key, ACCESS_DELETE);
	if (lstatus_ok(status) && name != NULL)
		status = registry_query_value(registry, key, name, NULL, NULL);
	if (!lstatus_ok(status))
		return reg_fail_status(arguments->verb, status);
	if (!confirm(arguments, path, &code))
		return code;
	if (name != NULL)
		status = registry_delete_value(registry, key, name);
	else if (arguments->all_values)
		status = delete_all_values(registry, key);
	else
		status = registry_delete_tree(registry, key);
	return lstatus_ok(status) ? reg_succeed() : reg_fail_status(arguments->verb, status);
}

int
reg_delete(const struct reg_arguments *arguments)
{
	struct registry *registry = reg_open_host(REGISTRY_OPEN);
	int code = EXIT_FAILED;

	if (registry != NULL)
		code = delete_from(registry, arguments);
	registry_close(registry);
	return code;
}
