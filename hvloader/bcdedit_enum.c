/*
 * bcdedit /enum: entries and their elements, laid out as Windows does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvloader/bcdedit.h"

#define CLASS_HIDDEN 4u /* of elements, bits 28 to 31: shown by /v only */

/* "name" padded to a column, then the value; further lines of it below each other. */
static void
print_line(const char *name, const char *value)
{
	size_t length;

	printf("%-23s ", name);
	for (; value[length = strcspn(value, "\n")] == '\n'; value += length + 1)
		printf("%.*s\n%24s", (int)length, value, "");
	printf("%s\n", value);
}

/* An object as it is called: by its alias, or as the entry that boots. */
static void
print_identifier(const struct bcdedit *bcdedit, const char *guid)
{
	struct buf text = { 0 };
	struct buf data = { 0 };
	struct buf error = { 0 };

	bcd_parse_data(&bcdedit->bcd, BCD_DEFAULT, BCD_BOOTMGR, guid, &data, &error);
	bcd_format_data(
	    &bcdedit->bcd, BCD_DEFAULT, BCD_BOOTMGR, data.data, data.size, bcdedit->verbose, &text);
	print_line("identifier", buf_text(&text));
	buf_release(&text);
	buf_release(&data);
	buf_release(&error);
}

void
bcdedit_print_element(const struct bcdedit *bcdedit, const struct bcd_object *object, uint32_t id)
{
	const struct bcd_element *element = bcd_element_of(id, object->type);
	struct buf data = { 0 };
	struct buf text = { 0 };
	char custom[24];
	uint32_t type;

	snprintf(custom, sizeof(custom), "custom:%08x", id);
	if (lstatus_ok(bcd_get(&bcdedit->bcd, object->guid, id, &type, &data))) {
		bcd_format_data(
		    &bcdedit->bcd, id, object->type, data.data, data.size, bcdedit->verbose, &text);
		print_line(element != NULL ? element->name : custom, buf_text(&text));
	}
	buf_release(&data);
	buf_release(&text);
}

/* Elements in the order of their ids: the library's first, inherit among them. */
static void
print_object(const struct bcdedit *bcdedit, const struct bcd_object *object)
{
	const char *title = bcd_title(object->guid, object->type);
	uint32_t *ids = NULL;
	size_t count = 0;

	printf("\n%s\n", title);
	for (size_t i = 0; i < strlen(title); i++)
		putchar('-');
	putchar('\n');
	print_identifier(bcdedit, object->guid);
	if (lstatus_ok(bcd_ids(&bcdedit->bcd, object->guid, &ids, &count))) {
		for (size_t i = 0; i < count; i++) {
			if (ids[i] >> 28 != CLASS_HIDDEN || bcdedit->verbose)
				bcdedit_print_element(bcdedit, object, ids[i]);
		}
	}
	free(ids);
}

/* Which entries /enum shows: those whose type, under a mask, is this. */
static const struct selection {
	const char *word;
	uint32_t mask;
	uint32_t type;
} selections[] = {
	{ "ALL", 0, 0 },
	{ "FIRMWARE", 0xfff00000u, 0x10100000u },
	{ "BOOTAPP", 0xfff00000u, 0x10200000u },
	{ "BOOTMGR", UINT32_MAX, BCD_BOOTMGR },
	{ "OSLOADER", UINT32_MAX, BCD_OSLOADER },
	{ "RESUME", UINT32_MAX, BCD_RESUME },
	{ "INHERIT", 0xf0000000u, 0x20000000u },
};

/* By type, then by GUID: so the boot managers come first, then loaders, and settings last. */
static int
compare_objects(const void *left, const void *right)
{
	const struct bcd_object *one = left;
	const struct bcd_object *other = right;

	if (one->type != other->type)
		return one->type < other->type ? -1 : 1;
	return strcmp(one->guid, other->guid);
}

static int
report_nothing(void)
{
	printf("There are no matching objects or the store is empty.\n");
	return 0;
}

static bool
show_object(const struct bcdedit *bcdedit, const char *guid)
{
	struct bcd_object object;

	snprintf(object.guid, sizeof(object.guid), "%s", guid);
	if (!lstatus_ok(bcd_type(&bcdedit->bcd, guid, &object.type)))
		return false;
	print_object(bcdedit, &object);
	return true;
}

/*
 * The boot manager, then what its menu has, in the menu's order; but the entry that the host booted
 * from comes first, as in transcripts where the menu has it second.
 */
static int
show_active(const struct bcdedit *bcdedit)
{
	bool shown = show_object(bcdedit, BCD_GUID_BOOTMGR);
	char current[BCD_GUID_SIZE] = "";
	struct buf order = { 0 };

	if (bcdedit->bcd.live)
		bcd_resolve(&bcdedit->bcd, "{current}", current);
	bcd_get_texts(&bcdedit->bcd, BCD_GUID_BOOTMGR, BCD_DISPLAY_ORDER, &order);
	for (int round = 0; round < 2; round++) {
		for (size_t at = 0; at < order.size;
		     at += strlen((const char *)order.data + at) + 1) {
			char guid[BCD_GUID_SIZE];

			if (bcd_resolve(&bcdedit->bcd, (const char *)order.data + at, guid) &&
			    (strcmp(guid, current) == 0) == (round == 0))
				shown = show_object(bcdedit, guid) || shown;
		}
	}
	buf_release(&order);
	return shown ? 0 : report_nothing();
}

/* The templates that setup makes loaders from; shown by /v only. */
static bool
is_template(const char *guid)
{
	return strcmp(guid, "{a1943bbc-ea85-487c-97c7-c9ede908a38a}") == 0 ||
	       strcmp(guid, "{b012b84d-c47c-4ed5-b722-c0c42163e569}") == 0;
}

static int
show_selected(const struct bcdedit *bcdedit, const struct selection *selection)
{
	struct bcd_objects objects;
	size_t shown = 0;
	lstatus status = bcd_list(&bcdedit->bcd, &objects);

	if (!lstatus_ok(status))
		return bcdedit_failed(
		    "The boot configuration data store could not be opened.", status);
	if (objects.count > 0)
		qsort(objects.list, objects.count, sizeof(*objects.list), compare_objects);
	for (size_t i = 0; i < objects.count; i++) {
		if ((objects.list[i].type & selection->mask) != selection->type ||
		    (is_template(objects.list[i].guid) && !bcdedit->verbose))
			continue;
		print_object(bcdedit, &objects.list[i]);
		shown++;
	}
	bcd_objects_release(&objects);
	return shown > 0 ? 0 : report_nothing();
}

int
bcdedit_enum(struct bcdedit *bcdedit)
{
	const char *word = bcdedit->count > 0 ? bcdedit->words[0] : "ACTIVE";
	char guid[BCD_GUID_SIZE];

	if (bcdedit->count > 1)
		return bcdedit_misused("enum");
	if (bcdedit_is_word(word, "ACTIVE"))
		return show_active(bcdedit);
	for (size_t i = 0; i < ARRAY_SIZE(selections); i++) {
		if (bcdedit_is_word(word, selections[i].word))
			return show_selected(bcdedit, &selections[i]);
	}
	if (!bcd_resolve(&bcdedit->bcd, word, guid))
		return bcdedit_refuse(
		    "The specified entry type is invalid.", BCDEDIT_ASSISTANCE, BCDEDIT_PARAMETER);
	if (show_object(bcdedit, guid))
		return 0;
	report_nothing();
	return 1;
}
