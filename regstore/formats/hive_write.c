/*
 * Saving a key and all below it as a hive of version 1.3.
 *
 * libhivex reads hives but is no way to write a large one: each subkey that it takes in leaves a
 * copy of the list behind, so that 5,000 of them make a file of 110 MB. So the cells are laid out
 * here, one after the other, each once: a key, its values, its subkeys, the list of these.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/hive_image.h"
#include "regstore/formats/out_file.h"

enum {
	DATA_MAX = 999996, /* what libhivex and others read in one cell */
	LEAF_MAX = 500,    /* subkeys of one leaf; more make a list of leaves */
	CLASS_MAX = 65534, /* bytes */
	BIN_TIME_AT = 20,
	NK_SUBKEYS = 24,
	NK_VALUES = 40,
	NK_MAX_NAME = 56,
	NK_MAX_VALUE_NAME = 64,
	NK_NAME_SIZE = 76,
	NARROW = 0x20,     /* flag of a key whose name has one byte a character */
	ROOT_FLAGS = 0x0c, /* top key, not to be deleted */
};

/* Signatures, their first letter in the lowest byte. */
enum {
	REGF = 0x66676572,
	HBIN = 0x6e696268,
	NK = 0x6b6e,
	VK = 0x6b76,
	SK = 0x6b73,
	LH = 0x686c,
	RI = 0x6972,
};

#define BINS_MAX 0x7fff0000u /* that offsets in a hive reach */

struct writer {
	struct registry *registry;
	const char *file_name;
	struct reg_hive_report *report;
	struct buf bins;     /* all bins, the last one up to its last cell */
	size_t bin_end;      /* where the last bin ends */
	struct buf security; /* uint32_t offsets of the descriptors' cells */
	struct buf path;     /* of the key at hand, below the top key */
};

struct list_entry {
	uint32_t cell;
	uint32_t hash;
};

static lstatus write_key(struct writer *writer, const struct reg_key_entry *entry, uint32_t parent,
    uint32_t flags, uint32_t *ret_cell);

/* --- Cells
 * ---------------------------------------------------------------------------------------- */

static void
append_zeros(struct buf *out, size_t size)
{
	if (size == 0 || !buf_reserve(out, size))
		return;
	memset(out->data + out->size, 0, size);
	out->size += size;
}

/* What is left of the last bin becomes one free cell. */
static void
close_bin(struct writer *writer)
{
	size_t at = writer->bins.size;
	size_t rest = writer->bin_end - at;

	append_zeros(&writer->bins, rest);
	if (rest > 0 && !writer->bins.failed)
		hive_put32(writer->bins.data + at, (uint32_t)rest);
}

static void
begin_bin(struct writer *writer, size_t need)
{
	size_t at = writer->bins.size;
	size_t size = hive_round_up(HIVE_BIN_HEADER_SIZE + need, HIVE_PAGE);

	append_zeros(&writer->bins, HIVE_BIN_HEADER_SIZE);
	if (writer->bins.failed)
		return;
	hive_put32(writer->bins.data + at, HBIN);
	hive_put32(writer->bins.data + at + 4, (uint32_t)at);
	hive_put32(writer->bins.data + at + 8, (uint32_t)size);
	writer->bin_end = at + size;
}

/* Make a cell for `size` bytes and say where it is; its contents are zero. */
static lstatus
new_cell(struct writer *writer, size_t size, uint32_t *ret_cell)
{
	size_t whole = hive_round_up(size + 4, 8);

	if (size > BINS_MAX)
		return LSTATUS(ERROR_NOT_SUPPORTED);
	if (writer->bin_end - writer->bins.size < whole) {
		close_bin(writer);
		begin_bin(writer, whole);
	}
	*ret_cell = (uint32_t)writer->bins.size;
	append_zeros(&writer->bins, whole);
	if (writer->bins.failed || writer->bins.data == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (writer->bins.size > BINS_MAX)
		return LSTATUS(ERROR_NOT_SUPPORTED);
	hive_put32(writer->bins.data + *ret_cell, 0u - (uint32_t)whole);
	return LSTATUS(ERROR_SUCCESS);
}

/* A cell's bytes, its size first; until the next cell is made. */
static uint8_t *
cell_at(const struct writer *writer, uint32_t cell)
{
	return writer->bins.data + cell;
}

static lstatus
new_data_cell(struct writer *writer, const void *data, size_t size, uint32_t *ret_cell)
{
	lstatus status = new_cell(writer, size, ret_cell);

	if (lstatus_ok(status) && size > 0)
		memcpy(cell_at(writer, *ret_cell) + 4, data, size);
	return status;
}

/* --- Names
 * ---------------------------------------------------------------------------------------- */

/* Whether others read such a name: neither a NUL unit (C0 80) nor a lone surrogate (ED A0..). */
static bool
is_plain_name(const char *name)
{
	for (const uint8_t *at = (const uint8_t *)name; *at != 0; at++) {
		if (*at == 0xc0 || (*at == 0xed && at[1] >= 0xa0))
			return false;
	}
	return true;
}

/* A name as a hive stores it: one byte a unit if all fit, which *ret_narrow says. */
static void
encode_name(const char *name, struct buf *out, bool *ret_narrow, uint32_t *ret_hash)
{
	struct buf units = { 0 };

	*ret_narrow = true;
	*ret_hash = 0;
	if (!utf16_from_utf8(name, strlen(name), &units))
		buf_clear(&units);
	for (size_t at = 0; at + 1 < units.size; at += 2) {
		*ret_narrow = *ret_narrow && units.data[at + 1] == 0;
		*ret_hash = *ret_hash * 37 + utf16_upcase((uint16_t)hive_get16(units.data + at));
	}
	for (size_t at = 0; at < units.size; at += *ret_narrow ? 2 : 1)
		buf_append_byte(out, units.data[at]);
	out->failed = out->failed || units.failed;
	buf_release(&units);
}

/* Keep the largest of a field's numbers. */
static void
raise_field(const struct writer *writer, uint32_t cell, size_t field, size_t number)
{
	uint8_t *at = cell_at(writer, cell) + field;

	if (hive_get32(at) < number)
		hive_put32(at, (uint32_t)number);
}

/* --- Values
 * --------------------------------------------------------------------------------------- */

static bool
is_left_out(struct writer *writer, const struct reg_value_entry *value)
{
	if (!is_plain_name(value->name))
		hive_lose(writer->report, &writer->path,
		    "value \"%s\" is left out: its name is no well-formed text", value->name);
	else if (value->size > DATA_MAX)
		hive_lose(writer->report, &writer->path,
		    "value \"%s\" is left out: %zu bytes, a hive takes %d", value->name,
		    value->size, (int)DATA_MAX);
	else
		return false;
	return true;
}

static lstatus
write_value(
    struct writer *writer, const struct reg_value_entry *value, uint32_t key, uint32_t *ret_cell)
{
	struct buf name = { 0 };
	uint32_t data = 0;
	uint32_t hash;
	bool narrow;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	encode_name(value->name, &name, &narrow, &hash);
	if (name.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && value->size > 4)
		status = new_data_cell(writer, value->data, value->size, &data);
	if (lstatus_ok(status))
		status = new_cell(writer, HIVE_VK_SIZE - 4 + name.size, ret_cell);
	if (lstatus_ok(status)) {
		uint8_t *cell = cell_at(writer, *ret_cell);
		bool inside = value->size <= 4; /* in place of the offset */

		hive_put16(cell + 4, VK);
		hive_put16(cell + 6, (uint32_t)name.size);
		hive_put32(cell + 8, (uint32_t)value->size | (inside ? 0x80000000u : 0u));
		hive_put32(cell + 12, data);
		if (inside && value->size > 0)
			memcpy(cell + 12, value->data, value->size);
		hive_put32(cell + 16, value->type);
		hive_put16(cell + 20, narrow && name.size > 0 ? 1 : 0);
		if (name.size > 0)
			memcpy(cell + HIVE_VK_SIZE, name.data, name.size);
		raise_field(writer, key, NK_MAX_VALUE_NAME, narrow ? name.size * 2 : name.size);
		raise_field(writer, key, NK_MAX_VALUE_NAME + 4, value->size);
	}
	buf_release(&name);
	return status;
}

static lstatus
write_values(struct writer *writer, reg_key key, uint32_t cell)
{
	struct reg_value_list values = { 0 };
	struct buf cells = { 0 };
	uint32_t list = HIVE_NONE;
	lstatus status = registry_list_values(writer->registry, key, &values);

	for (size_t i = 0; i < values.count && lstatus_ok(status); i++) {
		uint8_t offset[4];
		uint32_t value = HIVE_NONE;

		if (is_left_out(writer, &values.entries[i]))
			continue;
		status = write_value(writer, &values.entries[i], cell, &value);
		hive_put32(offset, value);
		buf_append(&cells, offset, sizeof(offset));
		writer->report->values++;
	}
	if (cells.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && cells.size > 0)
		status = new_data_cell(writer, cells.data, cells.size, &list);
	if (lstatus_ok(status)) {
		hive_put32(cell_at(writer, cell) + NK_VALUES, (uint32_t)(cells.size / 4));
		hive_put32(cell_at(writer, cell) + NK_VALUES + 4, list);
	}
	buf_release(&cells);
	reg_value_list_release(&values);
	return status;
}

/* --- Descriptors and classes
 * ---------------------------------------------------------------------- */

/* The cell of a security descriptor: an equal one that is there, or a new one. */
static lstatus
find_security(struct writer *writer, const struct buf *descriptor, uint32_t *ret_cell)
{
	const uint32_t *known = (const void *)writer->security.data;
	lstatus status;

	/* The last one first: most keys have their parent's. */
	for (size_t i = writer->security.size / sizeof(*known); i-- > 0;) {
		const uint8_t *cell = cell_at(writer, known[i]);

		if (hive_get32(cell + HIVE_SK_SIZE) == descriptor->size &&
		    (descriptor->size == 0 ||
		        memcmp(cell + HIVE_SK_DATA, descriptor->data, descriptor->size) == 0)) {
			*ret_cell = known[i];
			return LSTATUS(ERROR_SUCCESS);
		}
	}
	status = new_cell(writer, HIVE_SK_DATA - 4 + descriptor->size, ret_cell);
	if (!lstatus_ok(status))
		return status;
	hive_put16(cell_at(writer, *ret_cell) + 4, SK);
	hive_put32(cell_at(writer, *ret_cell) + HIVE_SK_SIZE, (uint32_t)descriptor->size);
	if (descriptor->size > 0)
		memcpy(
		    cell_at(writer, *ret_cell) + HIVE_SK_DATA, descriptor->data, descriptor->size);
	buf_append(&writer->security, ret_cell, sizeof(*ret_cell));
	return writer->security.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

static lstatus
write_security(struct writer *writer, reg_key key, uint32_t cell)
{
	struct buf descriptor = { 0 };
	uint32_t security = 0;
	lstatus status = registry_query_security(writer->registry, key, &descriptor);

	if (lstatus_ok(status))
		status = find_security(writer, &descriptor, &security);
	if (lstatus_ok(status)) {
		uint8_t *users = cell_at(writer, security) + HIVE_SK_USERS;

		hive_put32(users, hive_get32(users) + 1);
		hive_put32(cell_at(writer, cell) + HIVE_NK_SECURITY, security);
	}
	buf_release(&descriptor);
	return status;
}

static lstatus
write_class(struct writer *writer, reg_key key, uint32_t parent, uint32_t cell)
{
	struct buf class = { 0 };
	uint32_t data = HIVE_NONE;
	lstatus status = registry_query_class(writer->registry, key, &class);

	if (lstatus_ok(status) && class.size > 0 && class.size <= CLASS_MAX) {
		status = new_data_cell(writer, class.data, class.size, &data);
		if (lstatus_ok(status)) {
			hive_put16(
			    cell_at(writer, cell) + HIVE_NK_CLASS_SIZE, (uint32_t) class.size);
			if (parent != HIVE_NONE)
				raise_field(writer, parent, HIVE_NK_MAX_CLASS, class.size);
		}
	}
	if (lstatus_ok(status))
		hive_put32(cell_at(writer, cell) + HIVE_NK_CLASS, data);
	buf_release(&class);
	return status;
}

/* --- Lists of subkeys
 * ----------------------------------------------------------------------------- */

static lstatus
write_leaf(
    struct writer *writer, const struct list_entry *entries, size_t count, uint32_t *ret_cell)
{
	lstatus status = new_cell(writer, 4 + 8 * count, ret_cell);
	uint8_t *cell;

	if (!lstatus_ok(status))
		return status;
	cell = cell_at(writer, *ret_cell);
	hive_put16(cell + 4, LH);
	hive_put16(cell + 6, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		hive_put32(cell + 8 + 8 * i, entries[i].cell);
		hive_put32(cell + 12 + 8 * i, entries[i].hash);
	}
	return status;
}

static lstatus
write_list(
    struct writer *writer, const struct list_entry *entries, size_t count, uint32_t *ret_cell)
{
	size_t leaves = (count + LEAF_MAX - 1) / LEAF_MAX;
	lstatus status;

	if (leaves == 1)
		return write_leaf(writer, entries, count, ret_cell);
	if (leaves > UINT16_MAX)
		return LSTATUS(ERROR_NOT_SUPPORTED);
	status = new_cell(writer, 4 + 4 * leaves, ret_cell);
	for (size_t i = 0; i < leaves && lstatus_ok(status); i++) {
		size_t first = i * LEAF_MAX;
		size_t size = count - first < LEAF_MAX ? count - first : LEAF_MAX;
		uint32_t leaf;

		status = write_leaf(writer, entries + first, size, &leaf);
		if (lstatus_ok(status))
			hive_put32(cell_at(writer, *ret_cell) + 8 + 4 * i, leaf);
	}
	if (lstatus_ok(status)) {
		hive_put16(cell_at(writer, *ret_cell) + 4, RI);
		hive_put16(cell_at(writer, *ret_cell) + 6, (uint32_t)leaves);
	}
	return status;
}

/* --- Keys
 * ----------------------------------------------------------------------------------------- */

/* Why a subkey is left out; NULL if it is not. */
static const char *
why_left_out(const struct reg_key_entry *entry)
{
	if ((entry->flags & REGISTRY_CREATE_LINK) != 0)
		return "the symbolic link is left out";
	if ((entry->flags & REGISTRY_VOLATILE) != 0)
		return "the volatile key is left out";
	if (!is_plain_name(entry->name))
		return "the key is left out: its name is no well-formed text";
	return NULL;
}

static lstatus
write_subkey(
    struct writer *writer, const struct reg_key_entry *entry, uint32_t parent, struct buf *entries)
{
	const char *reason = why_left_out(entry);
	size_t length = writer->path.size;
	struct list_entry item = { 0 };
	struct buf name = { 0 };
	bool narrow;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	buf_printf(&writer->path, "%s%s", length > 0 ? "\\" : "", entry->name);
	if (reason != NULL) {
		hive_lose(writer->report, &writer->path, "%s", reason);
	} else {
		encode_name(entry->name, &name, &narrow, &item.hash);
		status = write_key(writer, entry, parent, 0, &item.cell);
		if (lstatus_ok(status)) {
			buf_append(entries, &item, sizeof(item));
			raise_field(
			    writer, parent, NK_MAX_NAME, narrow ? name.size * 2 : name.size);
			writer->report->keys++;
		} else if (lstatus_is(status, ERROR_KEY_DELETED)) {
			/* Another program may delete a key while this one writes. */
			hive_lose(writer->report, &writer->path, "deleted while it was saved");
			status = LSTATUS(ERROR_SUCCESS);
		}
	}
	buf_truncate(&writer->path, length);
	buf_release(&name);
	return status;
}

static lstatus
write_subkeys(struct writer *writer, reg_key key, uint32_t cell)
{
	struct reg_key_list keys = { 0 };
	struct buf entries = { 0 };
	uint32_t list = HIVE_NONE;
	size_t count;
	lstatus status = registry_list_keys(writer->registry, key, &keys);

	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++)
		status = write_subkey(writer, &keys.entries[i], cell, &entries);
	if (entries.failed || writer->path.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	count = entries.size / sizeof(struct list_entry);
	if (lstatus_ok(status) && count > 0)
		status = write_list(writer, (const void *)entries.data, count, &list);
	if (lstatus_ok(status)) {
		hive_put32(cell_at(writer, cell) + NK_SUBKEYS, (uint32_t)count);
		hive_put32(cell_at(writer, cell) + HIVE_NK_LIST, list);
	}
	buf_release(&entries);
	reg_key_list_release(&keys);
	return status;
}

/* The key's own cell, without what other cells hold. */
static lstatus
begin_key(struct writer *writer, const struct reg_key_entry *entry, uint32_t parent, uint32_t flags,
    uint32_t *ret_cell)
{
	struct buf name = { 0 };
	uint32_t hash;
	bool narrow;
	lstatus status;

	encode_name(entry->name, &name, &narrow, &hash);
	status = name.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                     : new_cell(writer, HIVE_NK_SIZE - 4 + name.size, ret_cell);
	if (lstatus_ok(status)) {
		uint8_t *cell = cell_at(writer, *ret_cell);

		hive_put16(cell + 4, NK);
		hive_put16(cell + 6, flags | (narrow ? NARROW : 0));
		hive_put64(cell + HIVE_NK_TIME, (uint64_t)entry->last_write);
		hive_put32(cell + HIVE_NK_PARENT, parent);
		hive_put32(cell + HIVE_NK_LIST + 4, HIVE_NONE); /* of volatile subkeys */
		hive_put16(cell + NK_NAME_SIZE, (uint32_t)name.size);
		if (name.size > 0)
			memcpy(cell + HIVE_NK_SIZE, name.data, name.size);
	}
	buf_release(&name);
	return status;
}

static lstatus
write_key(struct writer *writer, const struct reg_key_entry *entry, uint32_t parent, uint32_t flags,
    uint32_t *ret_cell)
{
	lstatus status = begin_key(writer, entry, parent, flags, ret_cell);

	if (lstatus_ok(status))
		status = write_security(writer, entry->key, *ret_cell);
	if (lstatus_ok(status))
		status = write_class(writer, entry->key, parent, *ret_cell);
	if (lstatus_ok(status))
		status = write_values(writer, entry->key, *ret_cell);
	if (lstatus_ok(status))
		status = write_subkeys(writer, entry->key, *ret_cell);
	return status;
}

/* --- The whole
 * ------------------------------------------------------------------------------------ */

/* Link the descriptors' cells to a ring. */
static void
link_security(struct writer *writer)
{
	const uint32_t *cells = (const void *)writer->security.data;
	size_t count = writer->security.size / sizeof(*cells);

	for (size_t i = 0; i < count; i++) {
		uint8_t *cell = cell_at(writer, cells[i]);

		hive_put32(cell + HIVE_SK_NEXT, cells[i + 1 < count ? i + 1 : 0]);
		hive_put32(cell + HIVE_SK_PREVIOUS, cells[i > 0 ? i - 1 : count - 1]);
	}
}

static void
fill_base(const struct writer *writer, uint8_t *base, uint32_t root, int64_t time)
{
	struct buf path = { 0 };
	size_t skip;

	hive_put32(base, REGF);
	hive_put32(base + 4, 1);
	hive_put32(base + 8, 1);
	hive_put64(base + HIVE_TIME_AT, (uint64_t)time);
	hive_put32(base + HIVE_MAJOR_AT, 1);
	hive_put32(base + HIVE_MINOR_AT, HIVE_MINOR);
	hive_put32(base + HIVE_FORMAT_AT, 1);
	hive_put32(base + HIVE_ROOT_AT, root);
	hive_put32(base + HIVE_BINS_AT, (uint32_t)writer->bins.size);
	hive_put32(base + HIVE_CLUSTERING_AT, 1);
	/* The end of the file's name, with a NUL. */
	if (utf16_from_utf8(writer->file_name, strlen(writer->file_name), &path) && !path.failed) {
		skip = path.size > HIVE_PATH_SIZE - 2 ? path.size - (HIVE_PATH_SIZE - 2) : 0;
		if (path.size > skip)
			memcpy(base + HIVE_PATH_AT, path.data + skip, path.size - skip);
	}
	buf_release(&path);
	hive_put32(base + HIVE_CHECKSUM_AT, hive_checksum(base));
}

static lstatus
write_file(const struct writer *writer, uint32_t root, int64_t time)
{
	uint8_t base[HIVE_BASE_SIZE] = { 0 };
	struct out_file out;
	lstatus status = out_file_begin(&out, writer->file_name);

	if (!lstatus_ok(status))
		return status;
	fill_base(writer, base, root, time);
	if (fwrite(base, 1, sizeof(base), out.file) != sizeof(base) ||
	    fwrite(writer->bins.data, 1, writer->bins.size, out.file) != writer->bins.size)
		status = lstatus_from_errno(errno);
	return out_file_end(&out, status);
}

/* The top key as its parent would list it. The caller frees the name. */
static lstatus
describe_top(struct registry *registry, reg_key key, struct reg_key_entry *ret_entry)
{
	struct reg_key_info info;
	struct buf path = { 0 };
	const char *last;
	lstatus status = registry_query_info(registry, key, &info);

	if (lstatus_ok(status))
		status = registry_key_path(registry, key, &path);
	if (lstatus_ok(status)) {
		last = strrchr(buf_text(&path), '\\');
		*ret_entry = (struct reg_key_entry){ .key = key,
			.name = strdup(last != NULL ? last + 1 : buf_text(&path)),
			.last_write = info.last_write };
		if (path.failed || ret_entry->name == NULL)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	buf_release(&path);
	return status;
}

lstatus
hive_save(
    struct registry *registry, reg_key key, const char *file_name, struct reg_hive_report *report)
{
	struct writer writer = { .registry = registry, .file_name = file_name, .report = report };
	struct reg_key_entry top = { 0 };
	uint32_t root = 0;
	lstatus status = describe_top(registry, key, &top);

	if (lstatus_ok(status))
		status = write_key(&writer, &top, HIVE_NONE, ROOT_FLAGS, &root);
	if (lstatus_ok(status)) {
		close_bin(&writer);
		if (writer.bins.failed || report->lost.failed)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	if (lstatus_ok(status)) {
		link_security(&writer);
		hive_put64(writer.bins.data + BIN_TIME_AT, (uint64_t)top.last_write);
		status = write_file(&writer, root, top.last_write);
	}
	if (!lstatus_ok(status) && report->message[0] == '\0')
		hive_fail(report, status, file_name, SIZE_MAX, "%s", lstatus_text(status));
	free(top.name);
	buf_release(&writer.bins);
	buf_release(&writer.security);
	buf_release(&writer.path);
	return status;
}
