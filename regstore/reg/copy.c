/*
 * reg copy: a key's values, and with /s its subkeys, into another key.
 *
 * With /f it is one transaction. Without it each value that is in the way is asked for, and what
 * was copied before an answer is there, as with reg.exe.
 */
#include <stdio.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/reg/reg.h"
#include "regstore/registry/security.h"
#include "regstore/security/rights.h"

struct copy {
	struct registry *registry;
	const struct reg_arguments *arguments;
	bool all;        /* overwrite without asking */
	int code;        /* of a question that was not answered */
	struct buf path; /* of the key that is written to */
};

static lstatus
copy_value(struct copy *copy, const struct reg_value_entry *value, reg_key to)
{
	if (!copy->all &&
	    lstatus_ok(registry_query_value(copy->registry, to, value->name, NULL, NULL)) &&
	    !reg_confirm_all(&copy->all, &copy->code,
	        "Value %s\\%s exists, overwrite(Yes/No/All)? ", buf_text(&copy->path),
	        value->name[0] != '\0' ? value->name : "(Default)"))
		return LSTATUS(ERROR_SUCCESS);
	return registry_set_value(
	    copy->registry, to, value->name, value->type, value->data, value->size);
}

static lstatus
copy_values(struct copy *copy, reg_key from, reg_key to)
{
	struct reg_value_list values;
	lstatus status = registry_list_values(copy->registry, from, &values);

	if (!lstatus_ok(status))
		return status;
	for (size_t i = 0; i < values.count && lstatus_ok(status) && copy->code == EXIT_OK; i++)
		status = copy_value(copy, &values.entries[i], to);
	reg_value_list_release(&values);
	return status;
}

static lstatus copy_key(struct copy *copy, reg_key from, reg_key to, reg_key top);

static lstatus
copy_subkey(struct copy *copy, const struct reg_key_entry *from, reg_key to, reg_key top)
{
	size_t length = copy->path.size;
	bool created;
	reg_key made;
	lstatus status;

	/* The copy does not go into itself. */
	if (from->key.id == top.id)
		return LSTATUS(ERROR_SUCCESS);
	status = registry_create_key(copy->registry, &to, from->name, 0, &made, &created);
	if (lstatus_ok(status) && !created)
		status = registry_may(copy->registry, made, KEY_SET_VALUE);
	if (!lstatus_ok(status))
		return status;
	buf_printf(&copy->path, "\\%s", from->name);
	status = copy_key(copy, from->key, made, top);
	buf_truncate(&copy->path, length);
	return status;
}

/* `top` is the key that was asked for as the target. */
static lstatus
copy_key(struct copy *copy, reg_key from, reg_key to, reg_key top)
{
	struct reg_key_list keys = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	/* The list is taken before anything is made. */
	if (copy->arguments->recurse)
		status = registry_list_keys(copy->registry, from, &keys);
	if (lstatus_ok(status))
		status = copy_values(copy, from, to);
	for (size_t i = 0; i < keys.count && lstatus_ok(status) && copy->code == EXIT_OK; i++)
		status = copy_subkey(copy, &keys.entries[i], to, top);
	reg_key_list_release(&keys);
	return status;
}

static lstatus
copy_all(struct copy *copy, reg_key from)
{
	const struct reg_arguments *arguments = copy->arguments;
	bool whole = arguments->force;
	bool created;
	reg_key to;
	lstatus status = whole ? registry_begin(copy->registry, NULL) : LSTATUS(ERROR_SUCCESS);

	if (!lstatus_ok(status))
		return status;
	status = registry_create_key(copy->registry, NULL, (const char *)arguments->other.data,
	    arguments->view, &to, &created);
	if (lstatus_ok(status) && !created)
		status = registry_may(copy->registry, to, KEY_SET_VALUE);
	if (lstatus_ok(status))
		status = copy_key(copy, from, to, to);
	if (whole && lstatus_ok(status))
		status = registry_commit(copy->registry);
	else if (whole)
		registry_rollback(copy->registry);
	return status;
}

static int
copy_in(struct registry *registry, const struct reg_arguments *arguments)
{
	struct copy copy = {
		.registry = registry, .arguments = arguments, .all = arguments->force
	};
	reg_key from;
	reg_key to;
	lstatus status;

	status = registry_open_key(
	    registry, NULL, (const char *)arguments->key.data, arguments->view, &from);
	if (lstatus_ok(status))
		status = registry_may_tree(registry, from, KEY_READ);
	if (!lstatus_ok(status))
		return reg_fail_status(arguments->verb, status);
	if (lstatus_ok(registry_open_key(
	        registry, NULL, (const char *)arguments->other.data, arguments->view, &to)) &&
	    to.id == from.id)
		return reg_fail("The registry entry cannot be copied onto itself.");
	buf_append(&copy.path, arguments->other.data, arguments->other.size);
	status = copy_all(&copy, from);
	buf_release(&copy.path);
	if (!lstatus_ok(status))
		return reg_fail_status(arguments->verb, status);
	return copy.code == EXIT_OK ? reg_succeed() : copy.code;
}

int
reg_copy(const struct reg_arguments *arguments)
{
	struct registry *registry = reg_open_host(REGISTRY_OPEN);
	int code = registry != NULL ? copy_in(registry, arguments) : EXIT_FAILED;

	registry_close(registry);
	return code;
}
