/*
 * reg add: makes a key and sets one value, in one transaction.
 */
#include "regstore/reg/reg.h"
#include "regstore/registry/security.h"
#include "regstore/security/rights.h"

/* The value to set: its name (NULL for none), type and bytes. */
struct addition {
	const char *name;
	uint32_t type;
	struct buf data;
};

/* Read the switches. Data without a name are the default value's. */
static int
parse_addition(const struct reg_arguments *arguments, struct addition *addition)
{
	addition->type = REG_SZ;
	if (arguments->type != NULL && !reg_data_type(arguments->type, &addition->type))
		return reg_fail_syntax(arguments->verb);
	if (arguments->value != NULL)
		addition->name = arguments->value;
	else if (arguments->default_value || arguments->data != NULL)
		addition->name = "";
	else
		return EXIT_OK;
	if (!reg_data_parse(addition->type, arguments->data, arguments->separator, &addition->data))
		return reg_fail_syntax(arguments->verb);
	if (addition->data.failed)
		return reg_fail_status(arguments->verb, LSTATUS(ERROR_NOT_ENOUGH_MEMORY));
	return EXIT_OK;
}

/* Whether the value is there already. */
static bool
value_exists(struct registry *registry, const struct reg_arguments *arguments, const char *name)
{
	reg_key key;

	return lstatus_ok(registry_open_key(
	           registry, NULL, (const char *)arguments->key.data, arguments->view, &key)) &&
	       lstatus_ok(registry_query_value(registry, key, name, NULL, NULL));
}

static lstatus
write_addition(struct registry *registry, const struct reg_arguments *arguments,
    const struct addition *addition)
{
	reg_key key;
	bool created;
	lstatus status;

	status = registry_begin(registry, NULL);
	if (!lstatus_ok(status))
		return status;
	status = registry_create_key(
	    registry, NULL, (const char *)arguments->key.data, arguments->view, &key, &created);
	if (lstatus_ok(status) && !created)
		status = registry_may(registry, key, KEY_SET_VALUE);
	if (lstatus_ok(status) && addition->name != NULL) {
		status = registry_set_value(registry, key, addition->name, addition->type,
		    addition->data.data, addition->data.size);
	}
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

static int
add_to(struct registry *registry, const struct reg_arguments *arguments,
    const struct addition *addition)
{
	lstatus status;
	int code = EXIT_OK;

	if (addition->name != NULL && !arguments->force &&
	    value_exists(registry, arguments, addition->name) &&
	    !reg_confirm(&code, "Value %s exists, overwrite(Yes/No)? ",
	        addition->name[0] != '\0' ? addition->name : "(Default)"))
		return code;
	status = write_addition(registry, arguments, addition);
	return lstatus_ok(status) ? reg_succeed() : reg_fail_status(arguments->verb, status);
}

int
reg_add(const struct reg_arguments *arguments)
{
	struct addition addition = { 0 };
	struct registry *registry = NULL;
	int code;

	code = parse_addition(arguments, &addition);
	if (code == EXIT_OK) {
		registry = reg_open_host(REGISTRY_CREATE);
		code = registry != NULL ? add_to(registry, arguments, &addition) : EXIT_FAILED;
	}
	registry_close(registry);
	buf_release(&addition.data);
	return code;
}
