/*
 * Saving a key and all below it as a hive.
 *
 * libhivex reads hives but is no way to write a large one: each subkey that it takes in leaves a
 * copy of the list behind, so that 5,000 of them make a file of 110 MB. So the cells are laid out
 * here, one after the other, each once: a key, its values, its subkeys, the list of these. They go
 * to the file as they come; what a key's cell says of what comes after it is patched in.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/hive_file.h"
#include "regstore/formats/hive_image.h"
#include "regstore/formats/out_file.h"

enum {
	CELL_DATA_MAX = 999996, /* what libhivex and others read in one cell */
	LEAF_MAX = 500,         /* subkeys of one leaf; more make a list of leaves */
	CLASS_MAX = 65534,      /* bytes */
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
	NK = 0x6b6e,
	VK = 0x6b76,
	SK = 0x6b73,
	LH = 0x686c,
	RI = 0x6972,
	DB = 0x6264,
};

/* A security descriptor that keys have: equal ones are one cell. */
struct descriptor {
	uint32_t cell;
	uint32_t users;
	uint32_t hash;
	size_t at; /* in the writer's descriptor_bytes */
	size_t size;
};

struct writer {
	struct registry *registry;
	const char *file_name;
	struct reg_hive_report *report;
	struct hive_file file;
	uint32_t minor;   /* version that is written */
	bool needs_large; /* data came that only HIVE_MINOR_LARGE holds */
	struct descriptor *descriptors;
	size_t descriptor_count;
	size_t descriptor_capacity;
	struct buf descriptor_bytes;
	struct buf path; /* of the key at hand, below the top key */
};

/* A key's cell that is not complete: it is in the file, and patched when all below it is. */
struct key_cell {
	uint32_t cell;
	uint8_t fixed[HIVE_NK_SIZE]; /* by the fields' places; without the cell's size */
};

struct list_entry {
	uint32_t cell;
	uint32_t hash;
};

static lstatus write_key(struct writer *writer, const struct reg_key_entry *entry,
    struct key_cell *parent, uint32_t flags, uint32_t *ret_cell);

/* --- Names ------------------------------------------------------------------------------ */

/*
 * Whether others read such a name: neither a NUL unit (C0 80) nor a lone surrogate (ED A0..). A
 * key's U+0001 (C0 81) is left out too: the store sorts it elsewhere than a hive has it.
 */
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

/* Keep the largest of a field's numbers. The top key has no parent to keep one of it. */
static void
raise_field(struct key_cell *key, size_t field, size_t number)
{
	if (key != NULL && hive_get32(key->fixed + field) < number)
		hive_put32(key->fixed + field, (uint32_t)number);
}

/* --- Values ----------------------------------------------------------------------------- */

/* The values of one key. */
struct value_writer {
	struct writer *writer;
	struct key_cell *key;
	struct buf cells; /* the offset of each */
	lstatus status;
};

static lstatus
write_data_cell(struct writer *writer, const void *data, size_t size, uint32_t *ret_cell)
{
	return hive_file_cell(&writer->file, data, size, NULL, 0, ret_cell);
}

/* Data in segments, their list, and what leads to it. */
static lstatus
write_segments(struct writer *writer, const uint8_t *data, size_t size, uint32_t *ret_cell)
{
	size_t count = (size + HIVE_SEGMENT_MAX - 1) / HIVE_SEGMENT_MAX;
	uint8_t head[HIVE_DB_SIZE - 4] = { 0 };
	struct buf cells = { 0 };
	uint32_t list = 0;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t at = 0; at < size && lstatus_ok(status); at += HIVE_SEGMENT_MAX) {
		size_t part = size - at < HIVE_SEGMENT_MAX ? size - at : HIVE_SEGMENT_MAX;
		uint8_t offset[4];
		uint32_t segment = 0;

		/* libhivex leaves out the last four bytes of each segment's cell. */
		status = hive_file_cell(&writer->file, data + at, part, NULL, 4, &segment);
		hive_put32(offset, segment);
		buf_append(&cells, offset, sizeof(offset));
	}
	if (cells.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		status = write_data_cell(writer, cells.data, cells.size, &list);
	hive_put16(head, DB);
	hive_put16(head + HIVE_DB_COUNT - 4, (uint32_t)count);
	hive_put32(head + HIVE_DB_LIST - 4, list);
	if (lstatus_ok(status))
		status = write_data_cell(writer, head, sizeof(head), ret_cell);
	buf_release(&cells);
	return status;
}

static lstatus
write_data(struct writer *writer, const void *data, size_t size, uint32_t *ret_cell)
{
	if (writer->minor >= HIVE_MINOR_LARGE && size > HIVE_SEGMENT_MAX)
		return write_segments(writer, data, size, ret_cell);
	if (size <= CELL_DATA_MAX)
		return write_data_cell(writer, data, size, ret_cell);
	writer->needs_large = true;
	return LSTATUS(ERROR_NOT_SUPPORTED);
}

static lstatus
write_value(struct value_writer *values, const char *text, uint32_t type, const void *data,
    size_t size, uint32_t *ret_cell)
{
	struct writer *writer = values->writer;
	uint8_t head[HIVE_VK_SIZE - 4] = { 0 };
	bool inside = size <= 4; /* in place of the offset */
	struct buf name = { 0 };
	uint32_t offset = 0;
	uint32_t hash;
	bool narrow;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	encode_name(text, &name, &narrow, &hash);
	if (name.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && !inside)
		status = write_data(writer, data, size, &offset);
	hive_put16(head, VK);
	hive_put16(head + 2, (uint32_t)name.size);
	hive_put32(head + HIVE_VK_DATA_SIZE - 4, (uint32_t)size | (inside ? 0x80000000u : 0u));
	hive_put32(head + HIVE_VK_DATA - 4, offset);
	if (inside && size > 0)
		memcpy(head + HIVE_VK_DATA - 4, data, size);
	hive_put32(head + 12, type);
	hive_put16(head + 16, narrow && name.size > 0 ? 1 : 0);
	if (lstatus_ok(status))
		status = hive_file_cell(
		    &writer->file, head, sizeof(head), name.data, name.size, ret_cell);
	raise_field(values->key, NK_MAX_VALUE_NAME, narrow ? name.size * 2 : name.size);
	raise_field(values->key, NK_MAX_VALUE_NAME + 4, size);
	buf_release(&name);
	return status;
}

static bool
write_one_value(void *context, const char *name, uint32_t type, const void *data, size_t size)
{
	struct value_writer *values = context;
	struct writer *writer = values->writer;
	uint8_t offset[4];
	uint32_t cell = HIVE_NONE;

	if (!is_plain_name(name)) {
		hive_lose(writer->report, &writer->path,
		    "value \"%s\" is left out: its name is no well-formed text", name);
		return true;
	}
	values->status = write_value(values, name, type, data, size, &cell);
	hive_put32(offset, cell);
	buf_append(&values->cells, offset, sizeof(offset));
	writer->report->values++;
	return lstatus_ok(values->status);
}

static lstatus
write_values(struct writer *writer, reg_key key, struct key_cell *cell)
{
	struct value_writer values = { .writer = writer, .key = cell };
	uint32_t list = HIVE_NONE;
	lstatus status = registry_each_value(writer->registry, key, write_one_value, &values);

	if (!lstatus_ok(values.status))
		status = values.status;
	if (values.cells.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && values.cells.size > 0)
		status = write_data_cell(writer, values.cells.data, values.cells.size, &list);
	hive_put32(cell->fixed + NK_VALUES, (uint32_t)(values.cells.size / 4));
	hive_put32(cell->fixed + NK_VALUES + 4, list);
	buf_release(&values.cells);
	return status;
}

/* --- Descriptors and classes ------------------------------------------------------------ */

static uint32_t
hash_bytes(const uint8_t *bytes, size_t size)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

static lstatus
add_descriptor(
    struct writer *writer, const struct buf *bytes, uint32_t hash, struct descriptor **ret_found)
{
	uint8_t head[HIVE_SK_DATA - 4] = { 0 };
	struct descriptor added = {
		.hash = hash, .at = writer->descriptor_bytes.size, .size = bytes->size
	};
	lstatus status;

	if (!array_room(&writer->descriptors, &writer->descriptor_capacity,
	        writer->descriptor_count, sizeof(added)))
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_append(&writer->descriptor_bytes, bytes->data, bytes->size);
	if (writer->descriptor_bytes.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	hive_put16(head, SK);
	hive_put32(head + HIVE_SK_SIZE - 4, (uint32_t)bytes->size);
	status = hive_file_cell(
	    &writer->file, head, sizeof(head), bytes->data, bytes->size, &added.cell);
	writer->descriptors[writer->descriptor_count] = added;
	*ret_found = &writer->descriptors[writer->descriptor_count++];
	return status;
}

/* The descriptor with these bytes: one that is there, or a new one. */
static lstatus
find_descriptor(struct writer *writer, const struct buf *bytes, struct descriptor **ret_found)
{
	uint32_t hash = hash_bytes(bytes->data, bytes->size);

	/* The last one first: most keys have their parent's. */
	for (size_t i = writer->descriptor_count; i-- > 0;) {
		struct descriptor *known = &writer->descriptors[i];

		if (known->hash == hash && known->size == bytes->size &&
		    (bytes->size == 0 || memcmp(writer->descriptor_bytes.data + known->at,
		                             bytes->data, bytes->size) == 0)) {
			*ret_found = known;
			return LSTATUS(ERROR_SUCCESS);
		}
	}
	return add_descriptor(writer, bytes, hash, ret_found);
}

static lstatus
write_security(struct writer *writer, reg_key key, struct key_cell *cell)
{
	struct buf bytes = { 0 };
	struct descriptor *found = NULL;
	lstatus status = registry_query_security(writer->registry, key, &bytes);

	if (lstatus_ok(status))
		status = find_descriptor(writer, &bytes, &found);
	if (lstatus_ok(status)) {
		found->users++;
		hive_put32(cell->fixed + HIVE_NK_SECURITY, found->cell);
	}
	buf_release(&bytes);
	return status;
}

static lstatus
write_class(struct writer *writer, reg_key key, struct key_cell *parent, struct key_cell *cell)
{
	struct buf class = { 0 };
	uint32_t data = HIVE_NONE;
	lstatus status = registry_query_class(writer->registry, key, &class);

	if (lstatus_ok(status) && class.size > 0 && class.size <= CLASS_MAX) {
		status = write_data_cell(writer, class.data, class.size, &data);
		hive_put16(cell->fixed + HIVE_NK_CLASS_SIZE, (uint32_t) class.size);
		raise_field(parent, HIVE_NK_MAX_CLASS, class.size);
	}
	hive_put32(cell->fixed + HIVE_NK_CLASS, data);
	buf_release(&class);
	return status;
}

/* Link the descriptors' cells to a ring, and say how many keys have each. */
static void
link_descriptors(struct writer *writer)
{
	const struct descriptor *all = writer->descriptors;
	size_t count = writer->descriptor_count;

	for (size_t i = 0; i < count; i++) {
		uint8_t fields[HIVE_SK_SIZE - HIVE_SK_NEXT];

		hive_put32(fields, all[i + 1 < count ? i + 1 : 0].cell);
		hive_put32(
		    fields + HIVE_SK_PREVIOUS - HIVE_SK_NEXT, all[i > 0 ? i - 1 : count - 1].cell);
		hive_put32(fields + HIVE_SK_USERS - HIVE_SK_NEXT, all[i].users);
		hive_file_patch(&writer->file, all[i].cell, HIVE_SK_NEXT, fields, sizeof(fields));
	}
}

/* --- Lists of subkeys ------------------------------------------------------------------- */

static lstatus
write_leaf(
    struct writer *writer, const struct list_entry *entries, size_t count, uint32_t *ret_cell)
{
	uint8_t leaf[4 + 8 * LEAF_MAX];

	hive_put16(leaf, LH);
	hive_put16(leaf + 2, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		hive_put32(leaf + 4 + 8 * i, entries[i].cell);
		hive_put32(leaf + 8 + 8 * i, entries[i].hash);
	}
	return write_data_cell(writer, leaf, 4 + 8 * count, ret_cell);
}

static lstatus
write_list(
    struct writer *writer, const struct list_entry *entries, size_t count, uint32_t *ret_cell)
{
	size_t leaves = (count + LEAF_MAX - 1) / LEAF_MAX;
	struct buf cells = { 0 };
	uint8_t head[4];
	lstatus status;

	if (leaves == 1)
		return write_leaf(writer, entries, count, ret_cell);
	if (leaves > UINT16_MAX)
		return LSTATUS(ERROR_NOT_SUPPORTED);
	hive_put16(head, RI);
	hive_put16(head + 2, (uint32_t)leaves);
	status = hive_file_cell(&writer->file, head, sizeof(head), NULL, 4 * leaves, ret_cell);
	for (size_t first = 0; first < count && lstatus_ok(status); first += LEAF_MAX) {
		size_t size = count - first < LEAF_MAX ? count - first : LEAF_MAX;
		uint8_t offset[4];
		uint32_t leaf = HIVE_NONE;

		status = write_leaf(writer, entries + first, size, &leaf);
		hive_put32(offset, leaf);
		buf_append(&cells, offset, sizeof(offset));
	}
	if (cells.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		hive_file_patch(&writer->file, *ret_cell, 8, cells.data, cells.size);
	buf_release(&cells);
	return status;
}

/* --- Keys ------------------------------------------------------------------------------- */

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
write_subkey(struct writer *writer, const struct reg_key_entry *entry, struct key_cell *parent,
    struct buf *entries)
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
			raise_field(parent, NK_MAX_NAME, narrow ? name.size * 2 : name.size);
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
write_subkeys(struct writer *writer, reg_key key, struct key_cell *cell)
{
	struct reg_key_list keys = { 0 };
	struct buf entries = { 0 };
	uint32_t list = HIVE_NONE;
	size_t count;
	lstatus status = registry_list_keys(writer->registry, key, &keys);

	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++)
		status = write_subkey(writer, &keys.entries[i], cell, &entries);
	if (entries.failed || writer->path.failed || writer->report->lost.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	count = entries.size / sizeof(struct list_entry);
	if (lstatus_ok(status) && count > 0)
		status = write_list(writer, (const void *)entries.data, count, &list);
	hive_put32(cell->fixed + NK_SUBKEYS, (uint32_t)count);
	hive_put32(cell->fixed + HIVE_NK_LIST, list);
	buf_release(&entries);
	reg_key_list_release(&keys);
	return status;
}

/* The key's own cell, without what other cells hold. */
static lstatus
begin_key(struct writer *writer, const struct reg_key_entry *entry, const struct key_cell *parent,
    uint32_t flags, struct key_cell *cell)
{
	struct buf name = { 0 };
	uint32_t hash;
	bool narrow;
	lstatus status;

	*cell = (struct key_cell){ 0 };
	encode_name(entry->name, &name, &narrow, &hash);
	hive_put16(cell->fixed + 4, NK);
	hive_put16(cell->fixed + 6, flags | (narrow ? NARROW : 0));
	hive_put64(cell->fixed + HIVE_NK_TIME, (uint64_t)entry->last_write);
	hive_put32(cell->fixed + HIVE_NK_PARENT, parent != NULL ? parent->cell : HIVE_NONE);
	hive_put32(cell->fixed + HIVE_NK_LIST + 4, HIVE_NONE); /* of volatile subkeys */
	hive_put16(cell->fixed + NK_NAME_SIZE, (uint32_t)name.size);
	status = name.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                     : hive_file_cell(&writer->file, NULL, HIVE_NK_SIZE - 4, name.data,
	                           name.size, &cell->cell);
	buf_release(&name);
	return status;
}

static lstatus
write_key(struct writer *writer, const struct reg_key_entry *entry, struct key_cell *parent,
    uint32_t flags, uint32_t *ret_cell)
{
	struct key_cell cell;
	lstatus status = begin_key(writer, entry, parent, flags, &cell);

	if (lstatus_ok(status))
		status = write_security(writer, entry->key, &cell);
	if (lstatus_ok(status))
		status = write_class(writer, entry->key, parent, &cell);
	if (lstatus_ok(status))
		status = write_values(writer, entry->key, &cell);
	if (lstatus_ok(status))
		status = write_subkeys(writer, entry->key, &cell);
	if (lstatus_ok(status))
		hive_file_patch(
		    &writer->file, cell.cell, 4, cell.fixed + 4, sizeof(cell.fixed) - 4);
	*ret_cell = cell.cell;
	return status;
}

/* --- The whole -------------------------------------------------------------------------- */

static void
fill_base(const struct writer *writer, uint8_t *base, uint32_t root, size_t bins_size)
{
	struct buf path = { 0 };
	size_t skip;

	hive_put32(base, REGF);
	hive_put32(base + 4, 1);
	hive_put32(base + 8, 1);
	hive_put64(base + HIVE_TIME_AT, (uint64_t)writer->file.time);
	hive_put32(base + HIVE_MAJOR_AT, 1);
	hive_put32(base + HIVE_MINOR_AT, writer->minor);
	hive_put32(base + HIVE_FORMAT_AT, 1);
	hive_put32(base + HIVE_ROOT_AT, root);
	hive_put32(base + HIVE_BINS_AT, (uint32_t)bins_size);
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

/* The top key as its parent would list it, by this name if not NULL. The caller frees the name. */
static lstatus
describe_top(
    struct registry *registry, reg_key key, const char *name, struct reg_key_entry *ret_entry)
{
	struct reg_key_info info;
	struct buf path = { 0 };
	const char *last;
	lstatus status = registry_query_info(registry, key, &info);

	if (lstatus_ok(status))
		status = registry_key_path(registry, key, &path);
	if (lstatus_ok(status)) {
		last = strrchr(buf_text(&path), '\\');
		if (name == NULL)
			name = last != NULL ? last + 1 : buf_text(&path);
		*ret_entry = (struct reg_key_entry){
			.key = key, .name = strdup(name), .last_write = info.last_write
		};
		if (path.failed || ret_entry->name == NULL)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	buf_release(&path);
	return status;
}

static lstatus
write_hive(struct writer *writer, const struct reg_key_entry *top, int descriptor)
{
	uint8_t base[HIVE_BASE_SIZE] = { 0 };
	uint32_t root = 0;
	lstatus status = hive_file_begin(&writer->file, descriptor, top->last_write);

	if (lstatus_ok(status))
		status = write_key(writer, top, NULL, ROOT_FLAGS, &root);
	if (lstatus_ok(status)) {
		link_descriptors(writer);
		fill_base(writer, base, root, hive_file_close_bins(&writer->file));
		status = hive_file_end(&writer->file, base);
	}
	hive_file_release(&writer->file);
	return status;
}

/* Save in one version; *ret_needs_large: it cannot hold all data. */
static lstatus
save_version(const struct writer *plan, const struct reg_key_entry *top, bool *ret_needs_large)
{
	struct writer writer = *plan;
	struct out_file out;
	lstatus status = out_file_begin(&out, writer.file_name);

	if (!lstatus_ok(status))
		return status;
	status = write_hive(&writer, top, fileno(out.file));
	status = out_file_end(&out, status);
	*ret_needs_large = writer.needs_large;
	free(writer.descriptors);
	buf_release(&writer.descriptor_bytes);
	buf_release(&writer.path);
	return status;
}

/* In the version that other programs know best, if it can hold all data. */
static lstatus
save(struct writer *plan, reg_key key, const char *root_name)
{
	struct reg_key_entry top = { 0 };
	bool needs_large = false;
	lstatus status = describe_top(plan->registry, key, root_name, &top);

	if (lstatus_ok(status))
		status = save_version(plan, &top, &needs_large);
	if (needs_large) {
		plan->minor = HIVE_MINOR_LARGE;
		buf_clear(&plan->report->lost);
		plan->report->keys = 0;
		plan->report->values = 0;
		status = save_version(plan, &top, &needs_large);
	}
	free(top.name);
	return status;
}

lstatus
hive_save(struct registry *registry, reg_key key, const char *root_name, const char *file_name,
    struct reg_hive_report *report)
{
	struct writer plan = {
		.registry = registry, .file_name = file_name, .report = report, .minor = HIVE_MINOR
	};
	lstatus status = registry_read_begin(registry);

	if (lstatus_ok(status)) {
		status = save(&plan, key, root_name);
		registry_read_end(registry);
	}
	if (!lstatus_ok(status) && report->message[0] == '\0')
		hive_fail(report, status, file_name, SIZE_MAX, "%s", lstatus_text(status));
	return status;
}
