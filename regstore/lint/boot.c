/*
 * Boot configuration: what the loader finds for an option, and elements that it does not find.
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

/* An object's type: what the configuration says, else what well-known objects have. */
static uint32_t
object_type(struct lint *lint, uint32_t object)
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

/* The object and the element's id of a value; false for one that is no element. */
static bool
element_of(
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
		    object_type(lint, i) != BCD_OSLOADER)
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
		    !element_of(lint, write, &object, &id))
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

/* The write that the loader finds for an element; NULL. */
static const struct lint_write *
effective_write(struct lint *lint, uint32_t id)
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

/* Whether data are what the loader takes for an element. */
static bool
data_fit(uint32_t id, const struct lint_write *write)
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

	if (!data_fit(id, write))
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
		write = effective_write(lint, element->id);
	return write != NULL ? option_raw(lint, element->id, write) : (struct tunable_raw){ 0 };
}

/* --- One element
 * ---------------------------------------------------------------------------------- */

/* An element at hand. */
struct boot_write {
	struct lint *lint;
	const struct lint_write *write;
	uint32_t object;
	uint32_t type; /* of the object */
	uint32_t id;
	const struct bcd_element *element; /* NULL: none of the object's */
	const char *name;
	char custom[24];
	struct buf key;
};

static bool
emit(struct boot_write *boot, const char *code, const struct tunable_entry *entry,
    const char *detail, const struct lint_write *other)
{
	struct lint_finding finding =
	    lint_finding_of(boot->lint, code, boot->write, buf_text(&boot->key), boot->name);

	finding.entry = entry;
	finding.detail = detail;
	if (other != NULL)
		finding.other = lint_place_of(boot->lint, other);
	lint_emit(boot->lint, boot->write, &finding);
	return true;
}

/* The next row that is about an element. */
static const struct tunable_entry *
row_of_element(const struct lint *lint, uint32_t id, const struct tunable_entry *after)
{
	const struct tunable_catalog *catalog = lint->options.catalog;

	for (size_t i = after != NULL ? after->index + 1 : 0; i < catalog->count; i++) {
		const char *option = catalog->entries[i].row->bcd;
		const struct bcd_element *element =
		    option != NULL ? bcd_element_named(option, BCD_OSLOADER) : NULL;

		if (element != NULL && element->id == id)
			return &catalog->entries[i];
	}
	return NULL;
}

static bool
is_in_chain(const struct lint *lint, uint32_t object)
{
	for (size_t i = 0; i < lint->chain_count; i++) {
		if (lint->chain[i] == object)
			return true;
	}
	return false;
}

/* What an object of another type would have under this id; NULL. */
static const struct bcd_element *
element_elsewhere(uint32_t id)
{
	for (const struct bcd_element *at = bcd_elements; at->name != NULL; at++) {
		if (at->id == id)
			return at;
	}
	return NULL;
}

static bool
is_about_hypervisor(const struct boot_write *boot)
{
	return strcasecmp(lint_node_text(boot->lint, boot->object), BCD_GUID_HYPERVISOR) == 0 ||
	       (boot->element != NULL && strncmp(boot->element->name, "hypervisor", 10) == 0);
}

/* An element that no object of this type has. */
static bool
judge_foreign(struct boot_write *boot)
{
	const struct bcd_element *elsewhere = element_elsewhere(boot->id);

	if (elsewhere != NULL)
		boot->name = elsewhere->name;
	if (elsewhere != NULL && row_of_element(boot->lint, boot->id, NULL) != NULL)
		return emit(boot, "HV1501", row_of_element(boot->lint, boot->id, NULL),
		    bcd_alias_of(BCD_GUID_HYPERVISOR), NULL);
	if (!is_about_hypervisor(boot))
		return false;
	return emit(boot, elsewhere != NULL ? "HV1501" : "HV1502", NULL, NULL, NULL);
}

/* Where the reference's name or numbers are not those of public tables. */
static void
note_difference(struct boot_write *boot, const struct tunable_entry *entry)
{
	for (const struct bcd_difference *at = bcd_differences; at->name != NULL; at++) {
		if (strcasecmp(at->element, boot->element->name) == 0)
			emit(boot, "HV1507", entry, at->note, NULL);
	}
}

/* The rows that the loader gives the element to. */
static void
judge_rows(struct boot_write *boot)
{
	const struct tunable_entry *entry = NULL;

	while ((entry = row_of_element(boot->lint, boot->id, entry)) != NULL) {
		struct tunable_reading reading;
		struct lint_case given;

		lint_case_init(&given, boot->lint, entry, LINT_NONE, NULL);
		lint_judge(&given, &reading);
		lint_emit_reading(
		    boot->lint, boot->write, buf_text(&boot->key), boot->name, &given, &reading);
	}
}

static bool
judge_element(struct boot_write *boot)
{
	struct lint *lint = boot->lint;
	const struct lint_write *effective = effective_write(lint, boot->id);
	const struct tunable_entry *entry = row_of_element(lint, boot->id, NULL);

	if (boot->element == NULL)
		return judge_foreign(boot);
	if (entry == NULL)
		return is_about_hypervisor(boot) && emit(boot, "HV1503", NULL, NULL, NULL);
	if (boot->write->kind == WRITE_DELETE)
		return emit(boot, "HV1110", entry, NULL, NULL);
	if (lint_check_undone(lint, boot->write, buf_text(&boot->key), boot->name))
		return true;
	if (!is_in_chain(lint, boot->object))
		return emit(boot, boot->type == BCD_OSLOADER ? "HV1504" : "HV1501", entry,
		    bcd_alias_of(BCD_GUID_HYPERVISOR), NULL);
	if (!data_fit(boot->id, boot->write))
		return emit(boot, "HV1506", entry, "data of the element's format", NULL);
	if (effective != boot->write)
		return emit(boot, "HV1505", entry, NULL, effective);
	judge_rows(boot);
	note_difference(boot, entry);
	return true;
}

/* An element that bcdedit's output names and no table has, or whose text is none of its format. */
static bool
judge_text_element(struct boot_write *boot)
{
	struct lint *lint = boot->lint;
	const char *text = lint_text(lint, boot->write->name);
	const struct bcd_element *elsewhere = NULL;
	const struct tunable_entry *entry;

	boot->name = text;
	for (const struct bcd_element *at = bcd_elements; at->name != NULL; at++) {
		if (strcasecmp(at->name, text) == 0)
			elsewhere = at;
	}
	if (elsewhere == NULL) {
		struct nearest names = { 0 };
		uint32_t near = LINT_NONE;

		for (uint32_t i = 0; bcd_elements[i].name != NULL; i++)
			nearest_add(&names, bcd_elements[i].name, strlen(bcd_elements[i].name), i);
		nearest_find(&names, text, strlen(text), nearest_limit(strlen(text)), &near);
		nearest_release(&names);
		return emit(
		    boot, "HV1502", NULL, near != LINT_NONE ? bcd_elements[near].name : NULL, NULL);
	}
	entry = row_of_element(lint, elsewhere->id, NULL);
	if (entry == NULL)
		return false;
	if (boot->write->kind == WRITE_BAD_ELEMENT)
		return emit(
		    boot, "HV1506", entry, (const char *)lint->data.data + boot->write->data, NULL);
	return emit(boot, "HV1501", entry, bcd_alias_of(BCD_GUID_HYPERVISOR), NULL);
}

/* An object is called by its alias where it has one and the file is text for people. */
static void
name_object(struct boot_write *boot)
{
	const char *guid = lint_node_text(boot->lint, boot->object);
	const char *alias = bcd_alias_of(guid);

	if (strcasecmp(guid, BCD_GUID_CURRENT) == 0)
		alias = "{current}";
	else if (strcasecmp(guid, BCD_GUID_DEFAULT) == 0)
		alias = "{default}";
	buf_append_text(&boot->key, alias != NULL ? alias : guid);
}

bool
lint_judge_boot(struct lint *lint, const struct lint_write *write)
{
	struct boot_write boot = { .lint = lint, .write = write };
	bool about = false;

	if (write->kind == WRITE_ELEMENT || write->kind == WRITE_BAD_ELEMENT) {
		boot.object = write->node;
		name_object(&boot);
		about = judge_text_element(&boot);
	} else if (element_of(lint, write, &boot.object, &boot.id)) {
		name_object(&boot);
		boot.type = object_type(lint, boot.object);
		boot.element = bcd_element_of(boot.id, boot.type);
		snprintf(boot.custom, sizeof(boot.custom), "custom:%08x", (unsigned)boot.id);
		boot.name = boot.element != NULL ? boot.element->name : boot.custom;
		about = judge_element(&boot);
	}
	buf_release(&boot.key);
	return about;
}
