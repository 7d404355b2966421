/*
 * The configuration: what the files write, in their order, and what is there in the end.
 *
 * Reading only notes writes. Which of them are the last is settled once all are there, as only then
 * the current control set is known, whose two names are one key.
 */
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/lint/internal.h"

#define FIRST_BUCKETS 1024u

bool
lint_no_memory(struct lint *lint)
{
	lint->no_memory = true;
	return false;
}

const char *
lint_text(const struct lint *lint, uint32_t text)
{
	return (const char *)lint->text.data + text;
}

const char *
lint_node_text(const struct lint *lint, uint32_t node)
{
	return lint_text(lint, lint->nodes[node].text);
}

/* Keep a text with its NUL; false without memory, or when offsets no longer reach. */
static bool
keep_text(struct lint *lint, const char *text, size_t length, uint32_t *ret_text)
{
	size_t at = lint->text.size;

	buf_append(&lint->text, text, length);
	buf_append_byte(&lint->text, 0);
	if (lint->text.failed || lint->text.size > UINT32_MAX)
		return lint_no_memory(lint);
	*ret_text = (uint32_t)at;
	return true;
}

/* --- Hashes
 * --------------------------------------------------------------------------------------- */

static uint32_t
hash_bytes(uint32_t hash, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

/* Of a name without case, below a node. */
static uint32_t
hash_name(struct lint *lint, uint32_t node, const char *name, size_t length)
{
	uint32_t hash = (node + 1) * 2654435761u;
	bool ascii = true;

	for (size_t i = 0; i < length && ascii; i++) {
		uint8_t c = (uint8_t)name[i];

		ascii = c < 0x80;
		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		hash = (hash ^ c) * 16777619u;
	}
	if (ascii)
		return hash;
	buf_clear(&lint->folded);
	name_fold(name, length, &lint->folded);
	return hash_bytes((node + 1) * 2654435761u, lint->folded.data, lint->folded.size);
}

/* Whether a text (NUL-terminated) is a name, without case. */
static bool
same_name(const char *text, const char *name, size_t length)
{
	struct buf copy = { 0 };
	bool ascii = true;
	bool same;

	if (strncasecmp(text, name, length) == 0 && text[length] == '\0')
		return true;
	for (size_t i = 0; i < length && ascii; i++)
		ascii = (uint8_t)name[i] < 0x80;
	if (ascii)
		return false;
	buf_append(&copy, name, length);
	same = name_compare(text, buf_text(&copy)) == 0;
	buf_release(&copy);
	return same;
}

static bool
grow_buckets(uint32_t **buckets, size_t *bucket_count, size_t count)
{
	size_t more = *bucket_count == 0 ? FIRST_BUCKETS : *bucket_count * 2;
	uint32_t *grown;

	if (count < *bucket_count)
		return true;
	while (more <= count)
		more *= 2;
	grown = calloc(more, sizeof(*grown));
	if (grown == NULL)
		return false;
	free(*buckets);
	*buckets = grown;
	*bucket_count = more;
	return true;
}

static bool
make_node_room(struct lint *lint)
{
	size_t before = lint->node_bucket_count;

	if (lint->node_count >= UINT32_MAX - 1 ||
	    !array_room(
	        &lint->nodes, &lint->node_capacity, lint->node_count, sizeof(*lint->nodes)) ||
	    !grow_buckets(&lint->node_buckets, &lint->node_bucket_count, lint->node_count))
		return lint_no_memory(lint);
	for (uint32_t i = 0; before != lint->node_bucket_count && i < lint->node_count; i++) {
		uint32_t *at =
		    &lint->node_buckets[lint->nodes[i].hash & (lint->node_bucket_count - 1)];

		lint->nodes[i].next = *at;
		*at = i + 1;
	}
	return true;
}

static bool
make_value_room(struct lint *lint)
{
	size_t before = lint->value_bucket_count;

	if (!array_room(
	        &lint->values, &lint->value_capacity, lint->value_count, sizeof(*lint->values)) ||
	    !grow_buckets(&lint->value_buckets, &lint->value_bucket_count, lint->value_count))
		return lint_no_memory(lint);
	for (uint32_t i = 0; before != lint->value_bucket_count && i < lint->value_count; i++) {
		uint32_t *at =
		    &lint->value_buckets[lint->values[i].hash & (lint->value_bucket_count - 1)];

		lint->values[i].next = *at;
		*at = i + 1;
	}
	return true;
}

/* --- Keys
 * ----------------------------------------------------------------------------------------- */

uint32_t
lint_child(struct lint *lint, uint32_t parent, const char *name, size_t length, bool make)
{
	uint32_t hash = hash_name(lint, parent, name, length);
	struct lint_node node = { .parent = parent, .length = (uint32_t)length, .hash = hash };
	uint32_t *bucket;

	if (lint->node_bucket_count > 0) {
		bucket = &lint->node_buckets[hash & (lint->node_bucket_count - 1)];
		for (uint32_t at = *bucket; at != 0; at = lint->nodes[at - 1].next) {
			const struct lint_node *there = &lint->nodes[at - 1];

			if (there->hash == hash && there->parent == parent &&
			    same_name(lint_text(lint, there->text), name, length))
				return at - 1;
		}
	}
	if (!make || !make_node_room(lint) || !keep_text(lint, name, length, &node.text))
		return LINT_NONE;
	bucket = &lint->node_buckets[hash & (lint->node_bucket_count - 1)];
	node.next = *bucket;
	node.canonical = (uint32_t)lint->node_count;
	lint->nodes[lint->node_count++] = node;
	*bucket = (uint32_t)lint->node_count;
	return (uint32_t)lint->node_count - 1;
}

/* A root by its short name, in whichever way the path begins. */
static const char *
root_name(const char *path, size_t *length)
{
	static const struct {
		const char *name;
		const char *root;
	} roots[] = {
		{ "HKEY_LOCAL_MACHINE", "HKLM" },
		{ "HKEY_USERS", "HKU" },
		{ "HKEY_CURRENT_USER", "HKCU" },
		{ "HKEY_CLASSES_ROOT", "HKCR" },
		{ "HKEY_CURRENT_CONFIG", "HKCC" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		if (strlen(roots[i].name) == *length &&
		    strncasecmp(roots[i].name, path, *length) == 0) {
			*length = strlen(roots[i].root);
			return roots[i].root;
		}
	}
	return path;
}

/* The nodes of a path. What is deeper than keys go is left in one piece: no reader has it. */
static uint32_t
walk(struct lint *lint, const char *path, bool make)
{
	uint32_t node = LINT_NONE;
	size_t depth = 0;

	do {
		size_t length = depth++ < REG_DEPTH_MAX ? strcspn(path, "\\") : strlen(path);
		size_t name_length = length;
		const char *name = node == LINT_NONE ? root_name(path, &name_length) : path;

		if (length > 0)
			node = lint_child(lint, node, name, name_length, make);
		if (length > 0 && node == LINT_NONE)
			return LINT_NONE;
		path += length + (path[length] == '\\');
	} while (*path != '\0');
	return node == LINT_NONE && make ? lint_child(lint, LINT_NONE, "", 0, true) : node;
}

uint32_t
lint_node(struct lint *lint, const char *path)
{
	return walk(lint, path, true);
}

uint32_t
lint_node_find(struct lint *lint, const char *path)
{
	uint32_t node = walk(lint, path, false);

	return node != LINT_NONE ? lint->nodes[node].canonical : LINT_NONE;
}

void
lint_path(const struct lint *lint, uint32_t node, struct buf *out)
{
	const struct lint_node *at = &lint->nodes[node];

	if (at->parent != LINT_NONE) {
		lint_path(lint, at->parent, out);
		buf_append_byte(out, '\\');
	}
	buf_append(out, lint_text(lint, at->text), at->length);
}

static const char *
keep_path(const struct lint *lint, uint32_t node, struct buf *path, uint32_t *path_node)
{
	if (path->size == 0 || *path_node != node) {
		buf_clear(path);
		lint_path(lint, node, path);
		*path_node = node;
	}
	return buf_text(path);
}

const char *
lint_path_of(struct lint *lint, const struct lint_write *write)
{
	return keep_path(lint, lint->nodes[write->node].canonical, &lint->path, &lint->path_node);
}

const char *
lint_key_of(struct lint *lint, const struct lint_write *write)
{
	return keep_path(lint, write->node, &lint->key, &lint->key_node);
}

/* --- Writes
 * --------------------------------------------------------------------------------------- */

struct lint_write *
lint_add(struct lint *lint, enum lint_write_kind kind, uint32_t file, uint64_t at, uint32_t node,
    const char *name, uint32_t type, const void *data, size_t size)
{
	struct lint_write write = { .kind = kind,
		.file = file,
		.at = at,
		.node = node,
		.type = type,
		.data = lint->data.size,
		.size = size };

	buf_append(&lint->data, data, size);
	if (lint->data.failed || lint->write_count >= UINT32_MAX - 1 ||
	    !array_room(
	        &lint->writes, &lint->write_capacity, lint->write_count, sizeof(*lint->writes)) ||
	    !keep_text(lint, name, strlen(name), &write.name)) {
		lint_no_memory(lint);
		return NULL;
	}
	lint->writes[lint->write_count] = write;
	return &lint->writes[lint->write_count++];
}

struct tunable_raw
lint_raw(const struct lint *lint, const struct lint_write *write)
{
	return (struct tunable_raw){
		.present = true,
		.type = write->type,
		.data = lint->data.data + write->data,
		.size = write->size,
	};
}

struct lint_place
lint_place_of(const struct lint *lint, const struct lint_write *write)
{
	const struct lint_file *file = &lint->files[write->file];

	return (struct lint_place){
		.file = file->name,
		.line = file->binary ? 0 : write->at,
		.offset = file->binary ? write->at : 0,
	};
}

/* --- In the end
 * ----------------------------------------------------------------------------------- */

/* The number of the current control set: what HKLM\SYSTEM\Select says, else 1. */
static uint32_t
current_control_set(struct lint *lint)
{
	uint32_t select = lint_node_find(lint, "HKLM\\SYSTEM\\Select");
	uint32_t number = 1;

	for (size_t i = 0; i < lint->write_count && select != LINT_NONE; i++) {
		const struct lint_write *write = &lint->writes[i];

		if (write->node == select && write->kind == WRITE_SET && write->type == REG_DWORD &&
		    write->size == 4 && strcasecmp(lint_text(lint, write->name), "Current") == 0)
			memcpy(&number, lint->data.data + write->data, 4);
	}
	return number;
}

/* Give each key the node that holds its values: below CurrentControlSet for the current one. */
static bool
settle_nodes(struct lint *lint)
{
	uint32_t system = lint_node_find(lint, "HKLM\\SYSTEM");
	struct buf name = { 0 }; /* a copy, as what it is of moves when a node is made */
	char current[32];
	bool ok = true;

	lint->control_set = current_control_set(lint);
	snprintf(current, sizeof(current), "ControlSet%03u", (unsigned)lint->control_set);
	for (uint32_t i = 0; i < lint->node_count && ok; i++) {
		uint32_t parent = lint->nodes[i].parent;
		uint32_t above = parent != LINT_NONE ? lint->nodes[parent].canonical : LINT_NONE;
		uint32_t canonical = i;

		if (system != LINT_NONE && parent == system &&
		    strcasecmp(lint_node_text(lint, i), current) == 0)
			canonical = lint_child(
			    lint, system, "CurrentControlSet", strlen("CurrentControlSet"), true);
		else if (above != parent) {
			buf_clear(&name);
			buf_append(&name, lint_node_text(lint, i), lint->nodes[i].length);
			canonical = name.failed
			                ? LINT_NONE
			                : lint_child(lint, above, buf_text(&name), name.size, true);
		}
		ok = canonical != LINT_NONE;
		lint->nodes[i].canonical = canonical;
	}
	buf_release(&name);
	return ok || lint_no_memory(lint);
}

static struct lint_value *
find_value(struct lint *lint, uint32_t node, const char *name, size_t length, uint32_t hash)
{
	uint32_t at = lint->value_bucket_count == 0
	                  ? 0
	                  : lint->value_buckets[hash & (lint->value_bucket_count - 1)];

	for (; at != 0; at = lint->values[at - 1].next) {
		struct lint_value *value = &lint->values[at - 1];

		if (value->hash == hash && value->node == node &&
		    same_name(lint_text(lint, lint->writes[value->last].name), name, length))
			return value;
	}
	return NULL;
}

/* Whether what a write did is undone by one of a key. */
static uint32_t
undone_by(const struct lint *lint, uint32_t index)
{
	uint32_t node = lint->nodes[lint->writes[index].node].canonical;
	uint32_t by = lint->nodes[node].emptied;

	for (; node != LINT_NONE; node = lint->nodes[node].parent) {
		if (lint->nodes[node].deleted > by)
			by = lint->nodes[node].deleted;
	}
	return by > index + 1 ? by : 0;
}

static bool
settle_value(struct lint *lint, uint32_t index)
{
	struct lint_write *write = &lint->writes[index];
	uint32_t node = lint->nodes[write->node].canonical;
	const char *name = lint_text(lint, write->name);
	size_t length = strlen(name);
	uint32_t hash = hash_name(lint, node, name, length);
	struct lint_value *value = find_value(lint, node, name, length, hash);
	uint32_t *bucket;

	if (value != NULL) {
		if (write->kind == WRITE_SET_IF_ABSENT &&
		    lint->writes[value->last].kind != WRITE_DELETE &&
		    undone_by(lint, value->last) == 0) {
			write->later = value->last + 1;
			return true;
		}
		lint->writes[value->last].later = index + 1;
		value->last = index;
		return true;
	}
	if (!make_value_room(lint))
		return false;
	bucket = &lint->value_buckets[hash & (lint->value_bucket_count - 1)];
	lint->values[lint->value_count] =
	    (struct lint_value){ .hash = hash, .node = node, .last = index, .next = *bucket };
	*bucket = (uint32_t)++lint->value_count;
	return true;
}

/* A key is there from now on, with all above it. */
static void
make_key(struct lint *lint, uint32_t node, uint32_t index)
{
	for (; node != LINT_NONE; node = lint->nodes[node].parent)
		lint->nodes[node].made = index + 1;
}

static bool
settle_write(struct lint *lint, uint32_t index)
{
	const struct lint_write *write = &lint->writes[index];
	uint32_t node = write->node != LINT_NONE ? lint->nodes[write->node].canonical : LINT_NONE;

	switch (write->kind) {
	case WRITE_SET:
	case WRITE_SET_IF_ABSENT:
	case WRITE_FACT:
		make_key(lint, node, index);
		return settle_value(lint, index);
	case WRITE_DELETE:
		return settle_value(lint, index);
	case WRITE_DELETE_VALUES:
		lint->nodes[node].emptied = index + 1;
		return true;
	case WRITE_CREATE_KEY:
		make_key(lint, node, index);
		return true;
	case WRITE_DELETE_KEY:
		lint->nodes[node].deleted = index + 1;
		return true;
	default:
		return true;
	}
}

bool
lint_settle_writes(struct lint *lint)
{
	if (!settle_nodes(lint))
		return false;
	for (uint32_t i = 0; i < lint->write_count; i++) {
		if (!settle_write(lint, i))
			return false;
	}
	return true;
}

const struct lint_write *
lint_value(struct lint *lint, uint32_t node, const char *name)
{
	size_t length = strlen(name);
	const struct lint_value *value =
	    find_value(lint, node, name, length, hash_name(lint, node, name, length));

	if (value == NULL || lint->writes[value->last].kind == WRITE_DELETE ||
	    undone_by(lint, value->last) != 0)
		return NULL;
	return &lint->writes[value->last];
}

const struct lint_write *
lint_deletion(const struct lint *lint, const struct lint_write *write)
{
	uint32_t by = undone_by(lint, (uint32_t)(write - lint->writes));

	return by != 0 ? &lint->writes[by - 1] : NULL;
}

bool
lint_key_is_there(const struct lint *lint, uint32_t node)
{
	uint32_t made = lint->nodes[node].made;

	for (; node != LINT_NONE; node = lint->nodes[node].parent) {
		if (lint->nodes[node].deleted > made)
			return false;
	}
	return made != 0;
}
