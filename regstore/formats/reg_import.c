/*
 * Import of a .reg file into a registry: one transaction, all of it or nothing.
 */
#include "regstore/formats/reg_text.h"

#include <inttypes.h>
#include <string.h>

#include "regstore/registry/security.h"
#include "regstore/security/rights.h"

struct import {
	struct registry *registry;
	uint32_t view;
	struct reg_import_result *result;
	reg_key key;      /* where values go */
	char failed[128]; /* what the registry refused; "" if the text was wrong */
};

static lstatus
import_failure(struct import *import, lstatus status, const char *action, const char *name)
{
	snprintf(import->failed, sizeof(import->failed), "%s \"%.80s%s\"", action, name,
	    strlen(name) > 80 ? "..." : "");
	return status;
}

static lstatus
import_create_key(void *self, uint64_t line, const char *path)
{
	struct import *import = self;
	bool created;
	lstatus status;

	(void)line;
	status =
	    registry_create_key(import->registry, NULL, path, import->view, &import->key, &created);
	if (lstatus_ok(status) && !created)
		status = registry_may(import->registry, import->key, KEY_SET_VALUE);
	if (!lstatus_ok(status))
		return import_failure(import, status, "cannot create the key", path);
	import->result->keys++;
	return status;
}

static lstatus
import_delete_key(void *self, uint64_t line, const char *path)
{
	struct import *import = self;
	reg_key key;
	lstatus status;

	(void)line;
	status = registry_open_key(import->registry, NULL, path, import->view, &key);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return LSTATUS(ERROR_SUCCESS);
	if (lstatus_ok(status))
		status = registry_may_tree(import->registry, key, ACCESS_DELETE);
	if (lstatus_ok(status))
		status = registry_delete_tree(import->registry, key);
	if (!lstatus_ok(status))
		return import_failure(import, status, "cannot delete the key", path);
	import->result->deletions++;
	return status;
}

static lstatus
import_set_value(
    void *self, uint64_t line, const char *name, uint32_t type, const void *data, size_t size)
{
	struct import *import = self;
	lstatus status;

	(void)line;
	status = registry_set_value(import->registry, import->key, name, type, data, size);
	if (!lstatus_ok(status))
		return import_failure(import, status, "cannot set the value", name);
	import->result->values++;
	return status;
}

static lstatus
import_delete_value(void *self, uint64_t line, const char *name)
{
	struct import *import = self;
	lstatus status;

	(void)line;
	status = registry_delete_value(import->registry, import->key, name);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return LSTATUS(ERROR_SUCCESS);
	if (!lstatus_ok(status))
		return import_failure(import, status, "cannot delete the value", name);
	import->result->deletions++;
	return status;
}

static const struct reg_text_handler import_handler = {
	.create_key = import_create_key,
	.delete_key = import_delete_key,
	.set_value = import_set_value,
	.delete_value = import_delete_value,
};

static void
describe_failure(
    const struct import *import, const char *file_name, const struct reg_text_error *error)
{
	struct reg_import_result *result = import->result;

	memset(result, 0, sizeof(*result));
	result->line = error->line;
	snprintf(result->message, sizeof(result->message), "%.200s:%" PRIu64 ": %s%s%s", file_name,
	    error->line, import->failed, import->failed[0] != '\0' ? ": " : "", error->message);
}

lstatus
reg_import(struct registry *registry, FILE *file, uint32_t view, const char *file_name,
    const char *comment, struct reg_import_result *ret_result)
{
	struct import import = { .registry = registry, .view = view, .result = ret_result };
	struct reg_text_error error = { 0 };
	bool own;
	lstatus status;

	memset(ret_result, 0, sizeof(*ret_result));
	status = registry_enter(registry, comment, &own);
	if (lstatus_ok(status))
		status = registry_leave(
		    registry, own, reg_text_parse(file, &import_handler, &import, &error));
	if (lstatus_ok(status))
		return status;
	if (error.message[0] != '\0') {
		describe_failure(&import, file_name, &error);
		return status;
	}
	memset(ret_result, 0, sizeof(*ret_result));
	snprintf(ret_result->message, sizeof(ret_result->message), "%.200s: %s", file_name,
	    lstatus_text(status));
	return status;
}
