/*
 * A registry and Registry.pol: import with its directives, and export.
 */
#include "regstore/formats/pol.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"

/* --- Import ----------------------------------------------------------------------------- */

struct import {
	struct registry *registry;
	const char *root;
	struct reg_pol_result *result;
	struct buf path;  /* of the record's key */
	char failed[160]; /* what the registry refused; "" if the file was wrong */
};

static lstatus
refused(struct import *import, lstatus status, const char *action, const char *name)
{
	if (!lstatus_ok(status))
		snprintf(import->failed, sizeof(import->failed), "cannot %s \"%.80s%s\": ", action,
		    name, strlen(name) > 80 ? "..." : "");
	return status;
}

static lstatus
set_value(struct import *import, const struct reg_pol_record *record, const char *name, bool soft)
{
	reg_key key;
	lstatus status =
	    registry_create_key(import->registry, NULL, buf_text(&import->path), 0, &key, NULL);

	if (!lstatus_ok(status))
		return refused(import, status, "make the key", buf_text(&import->path));
	if (name == NULL)
		return status;
	if (soft && lstatus_ok(registry_query_value(import->registry, key, name, NULL, NULL)))
		return status;
	status = registry_set_value(
	    import->registry, key, name, record->type, record->data, record->size);
	if (lstatus_ok(status))
		import->result->values++;
	return refused(import, status, "set the value", name);
}

static lstatus
delete_value(struct import *import, reg_key key, const char *name)
{
	lstatus status = registry_delete_value(import->registry, key, name);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return LSTATUS(ERROR_SUCCESS);
	if (lstatus_ok(status))
		import->result->deletions++;
	return refused(import, status, "delete the value", name);
}

static lstatus
delete_subkey(struct import *import, reg_key key, const char *name)
{
	reg_key subkey;
	lstatus status =
	    registry_open_key(import->registry, &key, name, REGISTRY_OPEN_LINK, &subkey);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return LSTATUS(ERROR_SUCCESS);
	if (lstatus_ok(status))
		status = registry_delete_tree(import->registry, subkey);
	if (lstatus_ok(status))
		import->result->deletions++;
	return refused(import, status, "delete the key", name);
}

static lstatus
delete_all_values(struct import *import, reg_key key)
{
	struct reg_value_list values;
	lstatus status = registry_list_values(import->registry, key, &values);

	if (!lstatus_ok(status))
		return status;
	for (size_t i = 0; i < values.count && lstatus_ok(status); i++)
		status = delete_value(import, key, values.entries[i].name);
	reg_value_list_release(&values);
	return status;
}

/* Each of the names in a record's data. */
static lstatus
delete_list(struct import *import, const struct reg_pol_record *record, reg_key key,
    lstatus (*delete_one)(struct import *import, reg_key key, const char *name))
{
	struct buf names = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	reg_pol_names(record, &names);
	if (names.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	for (size_t at = 0; at < names.size && lstatus_ok(status);
	     at += strlen((const char *)names.data + at) + 1)
		status = delete_one(import, key, (const char *)names.data + at);
	buf_release(&names);
	return status;
}

static lstatus
carry_out_deletion(struct import *import, const struct reg_pol_record *record,
    enum reg_pol_action action, const char *name)
{
	reg_key key;
	lstatus status =
	    registry_open_key(import->registry, NULL, buf_text(&import->path), 0, &key);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return LSTATUS(ERROR_SUCCESS);
	if (!lstatus_ok(status))
		return refused(import, status, "open the key", buf_text(&import->path));
	switch (action) {
	case REG_POL_DELETE_ALL_VALUES:
		return delete_all_values(import, key);
	case REG_POL_DELETE_VALUES:
		return delete_list(import, record, key, delete_value);
	case REG_POL_DELETE_KEYS:
		return delete_list(import, record, key, delete_subkey);
	default:
		return delete_value(import, key, name);
	}
}

static lstatus
carry_out(void *self, const struct reg_pol_record *record)
{
	struct import *import = self;
	const char *name = NULL;
	enum reg_pol_action action = reg_pol_action(record, &name);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	buf_clear(&import->path);
	buf_printf(&import->path, "%s\\%s", import->root, record->key);
	switch (action) {
	case REG_POL_SET:
	case REG_POL_SET_IF_ABSENT:
	case REG_POL_CREATE_KEY:
		status = set_value(import, record, name, action == REG_POL_SET_IF_ABSENT);
		break;
	case REG_POL_KEPT:
		buf_printf(&import->result->kept, "%s: %s is not carried out\n", record->key,
		    record->name);
		break;
	default:
		status = carry_out_deletion(import, record, action, name);
		break;
	}
	if (import->path.failed || import->result->kept.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	import->result->records++;
	return status;
}

void
reg_pol_result_release(struct reg_pol_result *result)
{
	buf_release(&result->kept);
}

lstatus
reg_pol_import(struct registry *registry, FILE *file, const char *file_name, const char *root,
    const char *comment, struct reg_pol_result *ret_result)
{
	struct import import = { .registry = registry, .root = root, .result = ret_result };
	struct reg_pol_error error = { 0 };
	bool own;
	lstatus status;

	*ret_result = (struct reg_pol_result){ 0 };
	status = registry_enter(registry, comment, &own);
	if (lstatus_ok(status))
		status =
		    registry_leave(registry, own, reg_pol_parse(file, carry_out, &import, &error));
	buf_release(&import.path);
	if (lstatus_ok(status))
		return status;
	buf_release(&ret_result->kept);
	*ret_result = (struct reg_pol_result){ .offset = error.offset };
	snprintf(ret_result->message, sizeof(ret_result->message), "%.200s: at 0x%" PRIx64 ": %s%s",
	    file_name, error.offset, import.failed,
	    error.message[0] != '\0' ? error.message : lstatus_text(status));
	return status;
}

/* --- Export ----------------------------------------------------------------------------- */

enum { FLUSH_SIZE = 64 * 1024 };

struct export
{
	struct registry *registry;
	FILE *file;
	struct buf bytes; /* not written yet */
	struct buf path;  /* of the key at hand */
	struct buf *lost;
};

static void PRINTF_LIKE(2, 3) lose(struct export *export, const char *format, ...)
{
	va_list arguments;

	if (export->lost == NULL)
		return;
	buf_printf(export->lost, "%s: ", buf_text(&export->path));
	va_start(arguments, format);
	buf_vprintf(export->lost, format, arguments);
	va_end(arguments);
	buf_append_byte(export->lost, '\n');
}

static lstatus
flush(struct export *export, size_t more_than)
{
	if (export->bytes.failed || export->path.failed ||
	    (export->lost != NULL && export->lost->failed))
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (export->bytes.size <= more_than)
		return LSTATUS(ERROR_SUCCESS);
	errno = 0;
	if (fwrite(export->bytes.data, 1, export->bytes.size, export->file) != export->bytes.size)
		return lstatus_from_errno(errno != 0 ? errno : EIO);
	buf_clear(&export->bytes);
	return LSTATUS(ERROR_SUCCESS);
}

/* A NUL unit ends a name in this format. */
static bool
has_nul(const char *name)
{
	return strstr(name, "\xc0\x80") != NULL;
}

static size_t
export_values(struct export *export, const struct reg_value_list *values)
{
	size_t count = 0;

	for (size_t i = 0; i < values->count; i++) {
		const struct reg_value_entry *value = &values->entries[i];

		if (has_nul(value->name)) {
			lose(export, "value \"%s\" is left out: its name has a NUL", value->name);
		} else if (strncmp(value->name, "**", 2) == 0) {
			lose(export, "value \"%s\" is left out: its name reads as a directive",
			    value->name);
		} else if (value->name[0] == '\0' && value->type == REG_NONE && value->size == 0) {
			lose(export, "the default value is left out: it reads as the key itself");
		} else {
			reg_pol_write(&export->bytes, buf_text(&export->path), value->name,
			    value->type, value->data, value->size);
			count++;
		}
	}
	return count;
}

static lstatus export_key(struct export *export, reg_key key);

static lstatus
export_subkeys(struct export *export, const struct reg_key_list *keys)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < keys->count && lstatus_ok(status); i++) {
		const struct reg_key_entry *entry = &keys->entries[i];
		size_t length = export->path.size;

		buf_printf(&export->path, "\\%s", entry->name);
		if ((entry->flags & REGISTRY_CREATE_LINK) != 0)
			lose(export, "the symbolic link is left out");
		else if (has_nul(entry->name))
			lose(export, "the key is left out: its name has a NUL");
		else
			status = export_key(export, entry->key);
		/* Another program may delete a key while this one writes: it is gone then. */
		if (lstatus_is(status, ERROR_KEY_DELETED))
			status = LSTATUS(ERROR_SUCCESS);
		buf_truncate(&export->path, length);
	}
	return status;
}

static lstatus
export_key(struct export *export, reg_key key)
{
	struct reg_value_list values = { 0 };
	struct reg_key_list keys = { 0 };
	lstatus status = registry_list_values(export->registry, key, &values);

	if (lstatus_ok(status))
		status = registry_list_keys(export->registry, key, &keys);
	if (lstatus_ok(status) && export_values(export, &values) == 0)
		reg_pol_write(&export->bytes, buf_text(&export->path), "", REG_NONE, NULL, 0);
	reg_value_list_release(&values);
	if (lstatus_ok(status))
		status = flush(export, FLUSH_SIZE);
	if (lstatus_ok(status))
		status = export_subkeys(export, &keys);
	reg_key_list_release(&keys);
	return status;
}

lstatus
reg_pol_export(
    struct registry *registry, reg_key key, const char *path, FILE *file, struct buf *lost)
{
	struct export export = { .registry = registry, .file = file, .lost = lost };
	lstatus status;

	buf_append_text(&export.path, path);
	reg_pol_write_begin(&export.bytes);
	status = export_key(&export, key);
	if (lstatus_ok(status))
		status = flush(&export, 0);
	buf_release(&export.bytes);
	buf_release(&export.path);
	return status;
}
