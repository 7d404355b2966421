/*
 * What a line of boot configuration comes to: whether the loader finds it, and what rows make of
 * it.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "regstore/lint/internal.h"

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
	const struct lint_write *effective = lint_boot_effective(lint, boot->id);
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
	if (!lint_boot_data_fit(boot->id, boot->write))
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
	} else if (lint_boot_element(lint, write, &boot.object, &boot.id)) {
		name_object(&boot);
		boot.type = lint_boot_type(lint, boot.object);
		boot.element = bcd_element_of(boot.id, boot.type);
		snprintf(boot.custom, sizeof(boot.custom), "custom:%08x", (unsigned)boot.id);
		boot.name = boot.element != NULL ? boot.element->name : boot.custom;
		about = judge_element(&boot);
	}
	buf_release(&boot.key);
	return about;
}
