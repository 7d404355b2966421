/*
 * Export of a key and its subtree to a .reg file, in the order in which Windows enumerates.
 */
#include "regstore/formats/reg_text.h"

#include <stdbool.h>

#include "regstore/base/macro.h"

struct export
{
	struct registry *registry;
	struct reg_text_writer writer;
	struct buf path; /* of the key that is being written */
	struct buf *lost;
};

/* Links hold one REG_LINK value; a key that has one may still be no link, so ask it. */
static lstatus
is_link(struct export *export, reg_key key, const struct reg_value_list *values, bool *ret_link)
{
	struct reg_key_info info;
	lstatus status;

	if (values->count != 1 || values->entries[0].type != REG_LINK) {
		*ret_link = false;
		return LSTATUS(ERROR_SUCCESS);
	}
	status = registry_query_info(export->registry, key, &info);
	if (lstatus_ok(status))
		*ret_link = (info.flags & REGISTRY_CREATE_LINK) != 0;
	return status;
}

static lstatus export_key(struct export *export, reg_key key, bool top);

/* List what the writer could not write as it is since this was last asked. */
static void
note_loss(struct export *export, const char *value)
{
	if (export->writer.lossy && export->lost != NULL) {
		buf_append_text(export->lost, buf_text(&export->path));
		if (value != NULL)
			buf_printf(
			    export->lost, ": value \"%s\"", value[0] != '\0' ? value : "(Default)");
		buf_append_text(export->lost, ": not all characters are in Windows-1252\n");
	}
	export->writer.lossy = false;
}

/* Write a key's own line and its values. */
static lstatus
write_key(struct export *export, const struct reg_value_list *values)
{
	reg_text_write_key(&export->writer, buf_text(&export->path));
	note_loss(export, NULL);
	for (size_t i = 0; i < values->count; i++) {
		const struct reg_value_entry *value = &values->entries[i];

		reg_text_write_value(
		    &export->writer, value->name, value->type, value->data, value->size);
		note_loss(export, value->name);
	}
	return export->writer.status;
}

static lstatus
export_subkeys(struct export *export, reg_key key)
{
	struct reg_key_list subkeys;
	size_t length = export->path.size;
	lstatus status;

	status = registry_list_keys(export->registry, key, &subkeys);
	if (!lstatus_ok(status))
		return status;
	for (size_t i = 0; i < subkeys.count && lstatus_ok(status); i++) {
		buf_append_byte(&export->path, '\\');
		buf_append_text(&export->path, subkeys.entries[i].name);
		status = export_key(export, subkeys.entries[i].key, false);
		/* Another program may delete a key while this one writes: it is gone then. */
		if (lstatus_is(status, ERROR_KEY_DELETED))
			status = LSTATUS(ERROR_SUCCESS);
		buf_truncate(&export->path, length);
	}
	reg_key_list_release(&subkeys);
	return status;
}

static lstatus
export_key(struct export *export, reg_key key, bool top)
{
	struct reg_value_list values;
	bool link = false;
	lstatus status;

	status = registry_list_values(export->registry, key, &values);
	if (!lstatus_ok(status))
		return status;
	if (!top)
		status = is_link(export, key, &values, &link);
	if (lstatus_ok(status) && !link)
		status = write_key(export, &values);
	reg_value_list_release(&values);
	if (lstatus_ok(status) &&
	    (export->path.failed || (export->lost != NULL && export->lost->failed)))
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && !link)
		status = export_subkeys(export, key);
	return status;
}

/* Write the keys at these paths, which are their names in the file as well. */
static lstatus
export_paths(struct export *export, const reg_key *keys, const char *const *paths, size_t count)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	reg_text_write_begin(&export->writer);
	for (size_t i = 0; i < count && lstatus_ok(status); i++) {
		buf_clear(&export->path);
		buf_append_text(&export->path, paths[i]);
		status = export_key(export, keys[i], true);
	}
	if (lstatus_ok(status))
		status = reg_text_write_end(&export->writer);
	reg_text_writer_release(&export->writer);
	buf_release(&export->path);
	return status;
}

lstatus
reg_export(struct registry *registry, reg_key key, const char *path, FILE *file,
    enum reg_text_format format, struct buf *lost)
{
	struct export export = {
		.registry = registry,
		.writer = { .file = file, .format = format },
		.lost = lost,
	};

	return export_paths(&export, &key, &path, 1);
}

lstatus
reg_export_all(struct registry *registry, FILE *file, enum reg_text_format format, struct buf *lost)
{
	static const char *const paths[] = { "HKEY_LOCAL_MACHINE", "HKEY_USERS" };
	struct export export = {
		.registry = registry,
		.writer = { .file = file, .format = format },
		.lost = lost,
	};
	reg_key keys[ARRAY_SIZE(paths)];
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(paths) && lstatus_ok(status); i++)
		status = registry_open_key(registry, NULL, paths[i], 0, &keys[i]);
	return lstatus_ok(status) ? export_paths(&export, keys, paths, ARRAY_SIZE(paths)) : status;
}
