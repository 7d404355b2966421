/*
 * Files of each format, as writes.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/pol.h"
#include "regstore/formats/reg_text.h"
#include "regstore/lint/bcdedit_text.h"
#include "regstore/lint/internal.h"

/* As far into a file its format shows. */
#define DETECT_MAX (1u << 16)

struct reader {
	struct lint *lint;
	uint32_t file;
	uint32_t node;    /* the key at hand */
	const char *root; /* that a file's paths are below; NULL: none */
	struct buf path;  /* of a record's key */
	uint32_t quiet;   /* suppressions of the next entry, plus one */
	uint32_t of_key;  /* those of the key at hand, plus one */
};

static bool
add_error(struct lint *lint, uint32_t file, uint64_t at, const char *message)
{
	return lint_add(lint, WRITE_ERROR, file, at, LINT_NONE, message, REG_NONE, NULL, 0) != NULL;
}

static lstatus
added(const struct lint_write *write)
{
	return LSTATUS(write != NULL ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY);
}

/* --- .reg
 * ----------------------------------------------------------------------------------------- */

static lstatus
add_key(struct reader *reader, enum lint_write_kind kind, uint64_t line, const char *path)
{
	struct lint_write *write;

	reader->node = lint_node(reader->lint, path);
	if (reader->node == LINT_NONE)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	write =
	    lint_add(reader->lint, kind, reader->file, line, reader->node, "", REG_NONE, NULL, 0);
	if (write != NULL)
		write->quiet = reader->quiet;
	reader->of_key = reader->quiet;
	reader->quiet = 0;
	return added(write);
}

static lstatus
reg_create_key(void *self, uint64_t line, const char *path)
{
	return add_key(self, WRITE_CREATE_KEY, line, path);
}

static lstatus
reg_delete_key(void *self, uint64_t line, const char *path)
{
	return add_key(self, WRITE_DELETE_KEY, line, path);
}

/* A value's own suppressions, then those of its key. */
static uint32_t
quiet_of_value(struct reader *reader)
{
	struct lint_suppression *suppressions = reader->lint->suppressions;
	uint32_t last = reader->quiet;

	if (last == 0)
		return reader->of_key;
	while (suppressions[last - 1].next != 0)
		last = suppressions[last - 1].next;
	suppressions[last - 1].next = reader->of_key;
	return reader->quiet;
}

static lstatus
add_value(struct reader *reader, enum lint_write_kind kind, uint64_t line, const char *name,
    uint32_t type, const void *data, size_t size)
{
	struct lint_write *write =
	    lint_add(reader->lint, kind, reader->file, line, reader->node, name, type, data, size);

	if (write != NULL)
		write->quiet = quiet_of_value(reader);
	reader->quiet = 0;
	return added(write);
}

static lstatus
reg_set_value(
    void *self, uint64_t line, const char *name, uint32_t type, const void *data, size_t size)
{
	return add_value(self, WRITE_SET, line, name, type, data, size);
}

static lstatus
reg_delete_value(void *self, uint64_t line, const char *name)
{
	return add_value(self, WRITE_DELETE, line, name, REG_NONE, NULL, 0);
}

static lstatus
reg_comment(void *self, uint64_t line, const char *text)
{
	struct reader *reader = self;
	struct lint *lint = reader->lint;
	struct lint_place place = { .file = lint->files[reader->file].name, .line = line };
	uint32_t suppression = lint_suppression_comment(lint, text, &place);

	if (suppression != 0) {
		lint->suppressions[suppression - 1].next = reader->quiet;
		reader->quiet = suppression;
	}
	return LSTATUS(lint->no_memory ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
}

/* What stands above a line that cannot be read is about that one. */
static lstatus
reg_fault(void *self, const struct reg_text_error *error)
{
	struct reader *reader = self;

	reader->quiet = 0;
	return LSTATUS(add_error(reader->lint, reader->file, error->line, error->message)
	                   ? ERROR_SUCCESS
	                   : ERROR_NOT_ENOUGH_MEMORY);
}

static bool
read_reg(struct lint *lint, uint32_t file, const void *data, size_t size)
{
	static const struct reg_text_handler handler = {
		.create_key = reg_create_key,
		.delete_key = reg_delete_key,
		.set_value = reg_set_value,
		.delete_value = reg_delete_value,
		.comment = reg_comment,
		.fault = reg_fault,
	};
	struct reader reader = { .lint = lint, .file = file, .node = LINT_NONE };
	struct reg_text_error error;
	lstatus status = reg_text_parse_memory(data, size, &handler, &reader, &error);

	if (lstatus_ok(status))
		return true;
	if (lstatus_is(status, ERROR_NOT_ENOUGH_MEMORY))
		return lint_no_memory(lint);
	return add_error(lint, file, error.line, error.message);
}

/* --- Registry.pol
 * --------------------------------------------------------------------------------- */

static lstatus
pol_names(struct reader *reader, const struct reg_pol_record *record, bool keys)
{
	struct buf names = { 0 };
	bool ok = true;

	reg_pol_names(record, &names);
	for (size_t at = 0; at < names.size && ok;) {
		const char *name = (const char *)names.data + at;
		uint32_t node = reader->node;

		if (keys)
			node = lint_child(reader->lint, node, name, strlen(name), true);
		ok = node != LINT_NONE &&
		     lint_add(reader->lint, keys ? WRITE_DELETE_KEY : WRITE_DELETE, reader->file,
		         record->offset, node, keys ? "" : name, REG_NONE, NULL, 0) != NULL;
		at += strlen(name) + 1;
	}
	ok = ok && !names.failed;
	buf_release(&names);
	return LSTATUS(ok ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY);
}

static lstatus
pol_record(void *self, const struct reg_pol_record *record)
{
	static const enum lint_write_kind kinds[] = {
		[REG_POL_SET] = WRITE_SET,
		[REG_POL_SET_IF_ABSENT] = WRITE_SET_IF_ABSENT,
		[REG_POL_CREATE_KEY] = WRITE_CREATE_KEY,
		[REG_POL_DELETE] = WRITE_DELETE,
		[REG_POL_DELETE_ALL_VALUES] = WRITE_DELETE_VALUES,
		[REG_POL_KEPT] = WRITE_KEPT,
	};
	struct reader *reader = self;
	const char *name = record->name;
	enum reg_pol_action action = reg_pol_action(record, &name);

	buf_clear(&reader->path);
	buf_printf(&reader->path, "%s\\%s", reader->root, record->key);
	reader->node = lint_node(reader->lint, buf_text(&reader->path));
	if (reader->node == LINT_NONE)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (action == REG_POL_DELETE_VALUES || action == REG_POL_DELETE_KEYS)
		return pol_names(reader, record, action == REG_POL_DELETE_KEYS);
	return added(lint_add(reader->lint, kinds[action], reader->file, record->offset,
	    reader->node, name, record->type, record->data, record->size));
}

/* A user's file lies in a folder of that name, as the group policy lays them out. */
static bool
is_user_file(const char *name)
{
	const char *slash = strpbrk(name, "/\\");
	const char *folder = name;

	while (slash != NULL) {
		if ((size_t)(slash - folder) == strlen("User") &&
		    strncasecmp(folder, "User", strlen("User")) == 0)
			return true;
		folder = slash + 1;
		slash = strpbrk(folder, "/\\");
	}
	return false;
}

static bool
read_pol(struct lint *lint, uint32_t file, const void *data, size_t size)
{
	bool user = lint->options.user || is_user_file(lint->files[file].name);
	struct reader reader = {
		.lint = lint,
		.file = file,
		.root = user ? "HKCU" : "HKLM",
	};
	struct reg_pol_error error;
	lstatus status = reg_pol_parse_memory(data, size, pol_record, &reader, &error);

	buf_release(&reader.path);
	if (lstatus_ok(status))
		return true;
	if (lstatus_is(status, ERROR_NOT_ENOUGH_MEMORY))
		return lint_no_memory(lint);
	return add_error(lint, file, error.offset, error.message);
}

/* --- Text
 * ----------------------------------------------------------------------------------------- */

static bool
begins(const void *data, size_t size, const char *with)
{
	return size >= strlen(with) && memcmp(data, with, strlen(with)) == 0;
}

/* Text of any encoding that a console or a redirection writes, as UTF-8. */
static void
decode(const void *data, size_t size, struct buf *out)
{
	const uint8_t *bytes = data;

	if (begins(data, size, "\xff\xfe")) {
		utf16_to_utf8(bytes + 2, size - 2, false, out);
	} else if (size >= 2 && bytes[0] != 0 && bytes[1] == 0) {
		utf16_to_utf8(bytes, size, false, out);
	} else if (begins(data, size, "\xef\xbb\xbf")) {
		buf_append(out, bytes + 3, size - 3);
	} else {
		buf_append(out, bytes, size);
	}
	/* Descriptions in a console's code page: no element is told apart by them. */
	if (utf16_units(buf_text(out)) == SIZE_MAX) {
		for (size_t i = 0; i < out->size; i++)
			out->data[i] = out->data[i] < 0x80 ? out->data[i] : '?';
	}
}

static bool
read_text(struct lint *lint, uint32_t file, const void *data, size_t size)
{
	struct buf text = { 0 };
	bool ok;

	decode(data, size, &text);
	ok = !text.failed && lint_read_bcdedit(lint, file, buf_text(&text), text.size);
	buf_release(&text);
	return ok || lint_no_memory(lint);
}

/* The format of what begins so; LINT_DETECT if it is none. */
static enum lint_format
detect(const void *data, size_t size)
{
	struct buf text = { 0 };
	enum lint_format format = LINT_DETECT;

	if (begins(data, size, "regf"))
		return LINT_HIVE;
	if (begins(data, size, "PReg"))
		return LINT_POL;
	decode(data, size < DETECT_MAX ? size : DETECT_MAX, &text);
	if (begins(text.data, text.size, "Windows Registry Editor") ||
	    begins(text.data, text.size, "REGEDIT"))
		format = LINT_REG;
	else if (text.size > 0 && (bcdedit_text_is(buf_text(&text), text.size) ||
	                              lint_bcdedit_settings(buf_text(&text), text.size) != NULL))
		format = LINT_BCDEDIT;
	buf_release(&text);
	return format;
}

bool
lint_read(struct lint *lint, const void *data, size_t size, const char *name)
{
	enum lint_format format = lint->options.format;
	uint32_t file;

	if (format == LINT_DETECT)
		format = detect(data, size);
	if (!lint_begin_file(lint, name, format == LINT_POL || format == LINT_HIVE, &file))
		return false;
	switch (format) {
	case LINT_REG:
		return read_reg(lint, file, data, size);
	case LINT_POL:
		return read_pol(lint, file, data, size);
	case LINT_HIVE:
		return lint_read_hive(lint, file, data, size);
	case LINT_BCDEDIT:
		return read_text(lint, file, data, size);
	default:
		return add_error(lint, file, 1,
		    "expected a .reg file, a Registry.pol, a hive or what bcdedit /enum prints, "
		    "with "
		    "its titles");
	}
}
