/*
 * Boot configuration: the entry that boots, and what the loader finds for an option.
 *
 * The loader looks in the entry that boots and in what that inherits. Which entry boots is what the
 * boot manager's default says; without it {current}, {default}, or the only loader that there is.
 * An object whose inheritance the configuration does not give inherits what setup lets it inherit.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/lint/internal.h"

#define LOADERS "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
#define GLOBAL  "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
#define MEMORY  "{5189b25c-5558-4bf2-bca4-289b11bd29e2}"

/* --- Objects and elements
 * ------------------------------------------------------------------------- */

bool
lint_is_boot(const struct lint *lint, uint32_t node)
{
	for (; node != LINT_NONE && lint->boot_root != LINT_NONE; node = lint->nodes[node].parent) {
		if (node == lint->boot_root)
			return true;
	}
	return false;
}

static uint32_t
find_child(struct lint *lint, uint32_t node, const char *name)
{
	return node != LINT_NONE ? lint_child(lint, node, name, strlen(name), false) : LINT_NONE;
}

static const struct lint_write *
element_write(struct lint *lint, uint32_t object, uint32_t id)
{
	uint32_t elements = find_child(lint, object, "Elements");
	uint32_t node;
	char name[16];

	snprintf(name, sizeof(name), "%08x", (unsigned)id);
	node = find_child(lint, elements, name);
	return node != LINT_NONE ? lint_value(lint, node, "Element") : NULL;
}

uint32_t
lint_boot_type(struct lint *lint, uint32_t object)
{
	uint32_t description = find_child(lint, object, "Description");
	const struct lint_write *write =
	    description != LINT_NONE ? lint_value(lint, description, "Type") : NULL;
	uint32_t type;

	if (write != NULL && write->type == REG_DWORD && write->size == 4) {
		memcpy(&type, lint->data.data + write->data, 4);
		return type;
	}
	for (const struct bcd_known *at = bcd_known; at->alias != NULL; at++) {
		if (at->type != 0 && strcasecmp(at->guid, lint_node_text(lint, object)) == 0)
			return at->type;
	}
	return BCD_OSLOADER;
}

/* The id that an element's key has; false for another key. */
static bool
parse_id(const char *text, uint32_t *ret_id)
{
	if (strlen(text) != 8 || strspn(text, "0123456789abcdefABCDEF") != 8)
		return false;
	*ret_id = (uint32_t)strtoul(text, NULL, 16);
	return true;
}

bool
lint_boot_element(
    const struct lint *lint, const struct lint_write *write, uint32_t *ret_object, uint32_t *ret_id)
{
	uint32_t node = lint->nodes[write->node].canonical;
	uint32_t elements = lint->nodes[node].parent;
	uint32_t object = elements != LINT_NONE ? lint->nodes[elements].parent : LINT_NONE;

	if (object == LINT_NONE || lint->nodes[object].parent != lint->boot_objects ||
	    strcasecmp(lint_node_text(lint, elements), "Elements") != 0 ||
	    strcasecmp(lint_text(lint, write->name), "Element") != 0 ||
	    !parse_id(lint_node_text(lint, node), ret_id))
		return false;
	*ret_object = object;
	return true;
}

/* --- The entry that boots
 * ------------------------------------------------------------------------- */

/* The next of the texts that an element has, from byte *at on. */
static void
next_text(const struct lint *lint, const struct lint_write *write, size_t *at, struct buf *out)
{
	const uint8_t *data = lint->data.data + write->data;
	size_t start = *at;

	while (*at + 1 < write->size && (data[*at] != 0 || data[*at + 1] != 0))
		*at += 2;
	buf_clear(out);
	utf16_to_utf8(data + start, *at - start, true, out);
	*at += 2;
}

static uint32_t
only_loader(struct lint *lint)
{
	uint32_t loader = LINT_NONE;

	for (uint32_t i = 0; i < lint->node_count; i++) {
		if (lint->nodes[i].parent != lint->boot_objects ||
		    lint_boot_type(lint, i) != BCD_OSLOADER)
			continue;
		if (loader != LINT_NONE)
			return LINT_NONE;
		loader = i;
	}
	return loader;
}

static uint32_t
boot_entry(struct lint *lint)
{
	uint32_t manager = find_child(lint, lint->boot_objects, BCD_GUID_BOOTMGR);
	const struct lint_write *write = element_write(lint, manager, BCD_DEFAULT);
	uint32_t entry = LINT_NONE;
	struct buf text = { 0 };
	size_t at = 0;

	if (write != NULL) {
		next_text(lint, write, &at, &text);
		entry = find_child(lint, lint->boot_objects, buf_text(&text));
	}
	buf_release(&text);
	if (entry == LINT_NONE)
		entry = find_child(lint, lint->boot_objects, BCD_GUID_CURRENT);
	if (entry == LINT_NONE)
		entry = find_child(lint, lint->boot_objects, BCD_GUID_DEFAULT);
	return entry != LINT_NONE ? entry : only_loader(lint);
}

static void add_to_chain(struct lint *lint, const char *guid, unsigned depth);

/* What setup lets an object inherit, where the configuration does not say. */
static void
add_usual_parents(struct lint *lint, const char *guid, unsigned depth)
{
	if (strcasecmp(guid, LOADERS) == 0) {
		add_to_chain(lint, GLOBAL, depth);
		add_to_chain(lint, BCD_GUID_HYPERVISOR, depth);
	} else if (strcasecmp(guid, GLOBAL) == 0) {
		add_to_chain(lint, BCD_GUID_DEBUGGER, depth);
		add_to_chain(lint, BCD_GUID_EMS, depth);
		add_to_chain(lint, MEMORY, depth);
	} else if (depth == 1) {
		add_to_chain(lint, LOADERS, depth);
	}
}

static void
add_parents(struct lint *lint, uint32_t object, const char *guid, unsigned depth)
{
	const struct lint_write *write =
	    object != LINT_NONE ? element_write(lint, object, BCD_INHERIT) : NULL;
	struct buf text = { 0 };
	size_t at = 0;

	if (write == NULL) {
		add_usual_parents(lint, guid, depth);
		return;
	}
	while (at < write->size) {
		next_text(lint, write, &at, &text);
		/* What is not in the configuration can still lead to what is. */
		if (text.size > 0)
			add_to_chain(lint, buf_text(&text), depth);
	}
	buf_release(&text);
}

static void
add_to_chain(struct lint *lint, const char *guid, unsigned depth)
{
	uint32_t object = find_child(lint, lint->boot_objects, guid);

	for (size_t i = 0; i < lint->chain_count && object != LINT_NONE; i++) {
		if (lint->chain[i] == object)
			return;
	}
	if (depth > BCD_DEPTH_MAX || lint->chain_count == LINT_CHAIN_MAX)
		return;
	if (object != LINT_NONE)
		lint->chain[lint->chain_count++] = object;
	add_parents(lint, object, guid, depth + 1);
}

/* A number takes eight bytes, however few are written, so that its bytes are a registry value's. */
static bool
pad_numbers(struct lint *lint)
{
	static const uint8_t zeros[8];

	for (size_t i = 0; i < lint->write_count; i++) {
		struct lint_write *write = &lint->writes[i];
		uint32_t object;
		uint32_t id;

		if (write->node == LINT_NONE || write->size >= 8 || write->kind != WRITE_SET ||
		    !lint_boot_element(lint, write, &object, &id))
			continue;
		if (!buf_reserve(&lint->data, 8))
			return lint_no_memory(lint);
		buf_append(&lint->data, lint->data.data + write->data, write->size);
		write->data = lint->data.size - write->size;
		buf_append(&lint->data, zeros, 8 - write->size);
	}
	return true;
}

bool
lint_boot_init(struct lint *lint)
{
	uint32_t entry;

	lint->boot_root = lint_node_find(lint, BCD_ROOT);
	lint->boot_objects = find_child(lint, lint->boot_root, "Objects");
	if (lint->boot_objects == LINT_NONE)
		return true;
	if (!pad_numbers(lint))
		return false;
	entry = boot_entry(lint);
	add_to_chain(lint, entry != LINT_NONE ? lint_node_text(lint, entry) : BCD_GUID_CURRENT, 0);
	return true;
}

/* --- Options
 * -------------------------------------------------------------------------------------- */

const struct lint_write *
lint_boot_effective(struct lint *lint, uint32_t id)
{
	const struct lint_write *write = NULL;

	for (size_t i = 0; i < lint->chain_count && write == NULL; i++)
		write = element_write(lint, lint->chain[i], id);
	return write;
}

static bool
is_number_format(uint32_t id)
{
	return bcd_format(id) == BCD_INTEGER || bcd_format(id) == BCD_BOOLEAN;
}

bool
lint_boot_data_fit(uint32_t id, const struct lint_write *write)
{
	switch (bcd_format(id)) {
	case BCD_STRING:
	case BCD_OBJECT:
		return write->type == REG_SZ;
	case BCD_OBJECT_LIST:
		return write->type == REG_MULTI_SZ;
	case BCD_INTEGER:
	case BCD_BOOLEAN:
		return write->type == REG_BINARY && write->size > 0 && write->size <= 8;
	default:
		return write->type == REG_BINARY;
	}
}

static struct tunable_raw
option_raw(const struct lint *lint, uint32_t id, const struct lint_write *write)
{
	struct tunable_raw raw = lint_raw(lint, write);

	if (!lint_boot_data_fit(id, write))
		return (struct tunable_raw){ 0 };
	if (is_number_format(id)) {
		static const uint8_t zeros[4];

		raw.type = memcmp(raw.data + 4, zeros, 4) == 0 ? REG_DWORD : REG_QWORD;
		raw.size = raw.type == REG_DWORD ? 4 : 8;
	}
	return raw;
}

struct tunable_raw
lint_boot_option(struct lint *lint, const char *option)
{
	const struct bcd_element *element = bcd_element_named(option, BCD_OSLOADER);
	const struct lint_write *write = NULL;

	if (element != NULL)
		write = lint_boot_effective(lint, element->id);
	return write != NULL ? option_raw(lint, element->id, write) : (struct tunable_raw){ 0 };
}
