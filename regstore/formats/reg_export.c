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
	lstatus status;
};

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

static bool
write_value(void *context, const char *name, uint32_t type, const void *data, size_t size)
{
	struct export *export = context;

	reg_text_write_value(&export->writer, name, type, data, size);
	note_loss(export, name);
	return lstatus_ok(export->writer.status);
}

/* Write a key's own line and its values. */
static lstatus
write_key(struct export *export, reg_key key)
{
	lstatus status;

	reg_text_write_key(&export->writer, buf_text(&export->path));
	note_loss(export, NULL);
	status = registry_each_value(export->registry, key, write_value, export);
	if (lstatus_ok(status))
		status = export->writer.status;
	if (export->path.failed || (export->lost != NULL && export->lost->failed))
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return status;
}

static enum reg_walk_step
write_below(void *context, const struct reg_walk_key *key)
{
	struct export *export = context;
	size_t length = export->path.size;

	if ((key->flags & REGISTRY_CREATE_LINK) != 0)
		return REG_WALK_PAST;
	buf_append_byte(&export->path, '\\');
	buf_append_text(&export->path, key->path);
	export->status = write_key(export, key->key);
	buf_truncate(&export->path, length);
	return lstatus_ok(export->status) ? REG_WALK_ON : REG_WALK_STOP;
}

static lstatus
export_key(struct export *export, reg_key key)
{
	lstatus status = write_key(export, key);

	if (lstatus_ok(status))
		status = registry_walk(export->registry, key, write_below, export);
	return lstatus_ok(status) ? export->status : status;
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
		status = export_key(export, keys[i]);
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
