/*
 * bcdedit: shows and changes boot configuration with the syntax, output and exit status of Windows'
 * bcdedit.exe, in the host's own store (HKLM\BCD00000000) or, with /store, in a hive file.
 *
 * A file is loaded into a store of its own for the moment, changed there, and replaced whole or not
 * at all.
 */
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "regstore/base/guid.h"
#include "regstore/bcd/bcd.h"
#include "regstore/formats/hive.h"
#include "regstore/registry/security.h"
#include "regstore/security/rights.h"
#include "regstore/security/token.h"

#define ARGUMENTS_MAX 32
#define FILE_ROOT     "HKLM\\SOFTWARE\\BCD"
#define ASSISTANCE    "Run \"bcdedit /?\" for command line assistance."
#define PARAMETER     "The parameter is incorrect."
#define DONE          "The operation completed successfully."

struct bcdedit {
	struct registry *registry;
	struct bcd bcd;
	const char *root;  /* of the store */
	const char *store; /* a file, or NULL */
	char scratch[4096];
	bool verbose;
	bool changed;
	const char *words[ARGUMENTS_MAX]; /* of the command, without what all commands take */
	int count;
};

/* Lines of an error, as Windows prints them: on standard output, exit status 1. */
static int
refuse(const char *first, const char *second, const char *third)
{
	printf("%s\n", first);
	if (second != NULL)
		printf("%s\n", second);
	if (third != NULL)
		printf("%s\n", third);
	return 1;
}

static int
misused(const char *command)
{
	char line[96];

	snprintf(line, sizeof(line), "The %s command specified is not valid.", command);
	return refuse(line, ASSISTANCE, PARAMETER);
}

static int
no_entry(void)
{
	return refuse("An error occurred while attempting to reference the specified entry.",
	    lstatus_text(LSTATUS(ERROR_FILE_NOT_FOUND)), NULL);
}

static int
failed(const char *what, lstatus status)
{
	return refuse(what, lstatus_text(status), NULL);
}

static int
done(void)
{
	printf("%s\n", DONE);
	return 0;
}

static bool
is_word(const char *text, const char *word)
{
	return text != NULL && strcasecmp(text, word) == 0;
}

/* --- enum
 * ----------------------------------------------------------------------------------------- */

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

static void
print_element(const struct bcdedit *bcdedit, const struct bcd_object *object, uint32_t id)
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

/* Elements in the order in which bcdedit shows them: the library's first, inherit among them. */
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
		for (size_t i = 0; i < count; i++)
			print_element(bcdedit, object, ids[i]);
	}
	free(ids);
}

enum selection { SELECT_ONE, SELECT_TYPE, SELECT_ACTIVE, SELECT_ALL };

static const struct {
	const char *word;
	enum selection selection;
	uint32_t type;
} selections[] = {
	{ "ACTIVE", SELECT_ACTIVE, 0 },
	{ "ALL", SELECT_ALL, 0 },
	{ "BOOTMGR", SELECT_TYPE, BCD_BOOTMGR },
	{ "FIRMWARE", SELECT_TYPE, BCD_FWBOOTMGR },
	{ "BOOTAPP", SELECT_TYPE, BCD_MEMDIAG },
	{ "OSLOADER", SELECT_TYPE, BCD_OSLOADER },
	{ "RESUME", SELECT_TYPE, BCD_RESUME },
	{ "INHERIT", SELECT_TYPE, 0x20000000u },
};

/* Whether the boot manager's order names an object. */
static bool
is_displayed(const struct bcdedit *bcdedit, const char *guid)
{
	struct buf texts = { 0 };
	bool found = false;

	bcd_get_texts(&bcdedit->bcd, BCD_GUID_BOOTMGR, BCD_DISPLAY_ORDER, &texts);
	for (size_t at = 0; at < texts.size; at += strlen((const char *)texts.data + at) + 1)
		found = found || strcasecmp((const char *)texts.data + at, guid) == 0;
	buf_release(&texts);
	return found;
}

static bool
is_selected(const struct bcdedit *bcdedit, const struct bcd_object *object,
    enum selection selection, uint32_t type, const char *guid)
{
	switch (selection) {
	case SELECT_ONE:
		return strcmp(object->guid, guid) == 0;
	case SELECT_TYPE:
		return type == 0x20000000u ? object->type >> 28 == 2 : object->type == type;
	case SELECT_ACTIVE:
		return object->type == BCD_BOOTMGR || object->type == BCD_FWBOOTMGR ||
		       (object->type == BCD_OSLOADER && is_displayed(bcdedit, object->guid));
	default:
		return true;
	}
}

/* The boot managers come first, then the loaders, as bcdedit shows them. */
static int
compare_objects(const void *left, const void *right)
{
	static const uint32_t order[] = { BCD_FWBOOTMGR, BCD_BOOTMGR, BCD_OSLOADER, BCD_RESUME,
		BCD_MEMDIAG };
	const struct bcd_object *one = left;
	const struct bcd_object *other = right;
	size_t first = 0;
	size_t second = 0;

	while (first < ARRAY_SIZE(order) && order[first] != one->type)
		first++;
	while (second < ARRAY_SIZE(order) && order[second] != other->type)
		second++;
	return first != second ? (first < second ? -1 : 1) : strcmp(one->guid, other->guid);
}

static int
run_enum(struct bcdedit *bcdedit)
{
	const char *word = bcdedit->count > 0 ? bcdedit->words[0] : "ACTIVE";
	enum selection selection = SELECT_ONE;
	char guid[BCD_GUID_SIZE] = "";
	struct bcd_objects objects;
	uint32_t type = 0;
	size_t shown = 0;
	lstatus status;

	for (size_t i = 0; i < ARRAY_SIZE(selections); i++) {
		if (is_word(word, selections[i].word)) {
			selection = selections[i].selection;
			type = selections[i].type;
		}
	}
	if (bcdedit->count > 1)
		return misused("enum");
	if (selection == SELECT_ONE && !bcd_resolve(&bcdedit->bcd, word, guid))
		return refuse("The specified entry type is invalid.", ASSISTANCE, PARAMETER);
	status = bcd_list(&bcdedit->bcd, &objects);
	if (!lstatus_ok(status))
		return failed("The boot configuration data store could not be opened.", status);
	if (objects.count > 0)
		qsort(objects.list, objects.count, sizeof(*objects.list), compare_objects);
	for (size_t i = 0; i < objects.count; i++) {
		if (!is_selected(bcdedit, &objects.list[i], selection, type, guid))
			continue;
		print_object(bcdedit, &objects.list[i]);
		shown++;
	}
	bcd_objects_release(&objects);
	if (shown > 0)
		return 0;
	if (selection == SELECT_ONE)
		return no_entry();
	printf("There are no matching objects or the store is empty.\n");
	return 0;
}

/* --- set, deletevalue
 * ----------------------------------------------------------------------------- */

/* Take an identifier off the front of the words if there is one; else {current} (or {default}). */
static bool
take_identifier(struct bcdedit *bcdedit, int wanted, char ret_guid[BCD_GUID_SIZE])
{
	const char *text = bcdedit->store != NULL ? "{default}" : "{current}";

	if (bcdedit->count > wanted || (bcdedit->count > 0 && bcdedit->words[0][0] == '{')) {
		text = bcdedit->words[0];
		bcdedit->count--;
		memmove(bcdedit->words, bcdedit->words + 1,
		    (size_t)bcdedit->count * sizeof(bcdedit->words[0]));
	}
	return bcd_resolve(&bcdedit->bcd, text, ret_guid);
}

/* The id that a name means for an object: a known name, or "custom:XXXXXXXX"; 0 for none. */
static uint32_t
element_id(const char *name, uint32_t type)
{
	const struct bcd_element *element = bcd_element_named(name, type);
	char *end = NULL;
	unsigned long id;

	if (element != NULL)
		return element->id;
	if (strncasecmp(name, "custom:", 7) != 0)
		return 0;
	name += strncasecmp(name + 7, "0x", 2) == 0 ? 9 : 7;
	id = strtoul(name, &end, 16);
	return *name != '\0' && *end == '\0' && strlen(name) == 8 ? (uint32_t)id : 0;
}

static int
unknown_element(void)
{
	return refuse(
	    "The element data type specified is not recognized, or does not apply to the\n"
	    "specified entry.",
	    ASSISTANCE, "Element not found.");
}

static int
bad_data(uint32_t id)
{
	static const char *const names[] = { "", "device", "string", "object", "object list",
		"integer", "boolean", "integer list", "binary" };
	char line[64];

	snprintf(line, sizeof(line), "The %s data is not valid as specified.",
	    bcd_format(id) < ARRAY_SIZE(names) ? names[bcd_format(id)] : "element");
	return refuse(line, ASSISTANCE, PARAMETER);
}

/* Join the words from `first` on with blanks, as a list is given. */
static void
join_words(const struct bcdedit *bcdedit, int first, struct buf *out)
{
	for (int i = first; i < bcdedit->count; i++)
		buf_printf(out, "%s%s", i > first ? " " : "", bcdedit->words[i]);
}

/* Change a list: the objects given go to its front or end, or out of it. */
static lstatus
change_list(struct bcdedit *bcdedit, const char *guid, uint32_t id, const char *how,
    const struct buf *given)
{
	struct buf old = { 0 };
	struct buf merged = { 0 };
	lstatus status;

	bcd_get_texts(&bcdedit->bcd, guid, id, &old);
	if (is_word(how, "/addfirst"))
		buf_append(&merged, given->data, given->size);
	for (size_t at = 0; at < old.size; at += strlen((const char *)old.data + at) + 1) {
		const char *text = (const char *)old.data + at;
		bool in = false;

		for (size_t i = 0; i < given->size; i += strlen((const char *)given->data + i) + 1)
			in = in || strcasecmp((const char *)given->data + i, text) == 0;
		if (!in)
			buf_append(&merged, text, strlen(text) + 1);
	}
	if (is_word(how, "/addlast"))
		buf_append(&merged, given->data, given->size);
	status = old.failed || merged.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	         : merged.size > 0           ? bcd_set_texts(&bcdedit->bcd, guid, id, &merged)
	                                     : bcd_unset(&bcdedit->bcd, guid, id);
	buf_release(&old);
	buf_release(&merged);
	return status;
}

/* The GUIDs of identifiers, each with its NUL; false if one is none. */
static bool
resolve_words(const struct bcdedit *bcdedit, int first, int last, struct buf *out)
{
	for (int i = first; i < last; i++) {
		char guid[BCD_GUID_SIZE];

		if (!bcd_resolve(&bcdedit->bcd, bcdedit->words[i], guid))
			return false;
		buf_append(out, guid, strlen(guid) + 1);
	}
	return true;
}

/* Set a list of objects of an entry from words[first..], with /addfirst, /addlast or /remove last.
 */
static int
set_list(struct bcdedit *bcdedit, const char *guid, uint32_t id, int first)
{
	const char *how = bcdedit->words[bcdedit->count - 1];
	bool merges =
	    is_word(how, "/addfirst") || is_word(how, "/addlast") || is_word(how, "/remove");
	struct buf texts = { 0 };
	lstatus status;

	if (!resolve_words(bcdedit, first, bcdedit->count - merges, &texts)) {
		buf_release(&texts);
		return bad_data(id);
	}
	if (merges)
		status = change_list(bcdedit, guid, id, how, &texts);
	else
		status = bcd_set_texts(&bcdedit->bcd, guid, id, &texts);
	buf_release(&texts);
	bcdedit->changed = lstatus_ok(status);
	return lstatus_ok(status)
	           ? done()
	           : failed("An error occurred while attempting to set element data.", status);
}

static int
set_element(struct bcdedit *bcdedit, const char *guid, uint32_t type, uint32_t id, int first)
{
	struct buf text = { 0 };
	struct buf data = { 0 };
	struct buf error = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);
	bool valid;

	join_words(bcdedit, first, &text);
	valid =
	    bcd_parse_data(&bcdedit->bcd, id, type, buf_text(&text), &data, &error) && !data.failed;
	if (valid)
		status = bcd_set(&bcdedit->bcd, guid, id, data.data, data.size);
	buf_release(&text);
	buf_release(&data);
	buf_release(&error);
	if (!valid)
		return bad_data(id);
	bcdedit->changed = lstatus_ok(status);
	return lstatus_ok(status)
	           ? done()
	           : failed("An error occurred while attempting to set element data.", status);
}

static int
run_set(struct bcdedit *bcdedit)
{
	char guid[BCD_GUID_SIZE];
	uint32_t type;
	uint32_t id;

	if (bcdedit->count < 2)
		return misused("set");
	if (!take_identifier(bcdedit, bcdedit->words[0][0] == '{' ? 0 : ARGUMENTS_MAX, guid) ||
	    !lstatus_ok(bcd_type(&bcdedit->bcd, guid, &type)))
		return no_entry();
	if (bcdedit->count < 2)
		return misused("set");
	id = element_id(bcdedit->words[0], type);
	if (id == 0)
		return unknown_element();
	if (bcd_format(id) == BCD_OBJECT_LIST)
		return set_list(bcdedit, guid, id, 1);
	return set_element(bcdedit, guid, type, id, 1);
}

static int
run_deletevalue(struct bcdedit *bcdedit)
{
	char guid[BCD_GUID_SIZE];
	uint32_t type;
	uint32_t id;
	lstatus status;

	if (bcdedit->count < 1 || bcdedit->count > 2)
		return misused("deletevalue");
	if (!take_identifier(bcdedit, 1, guid) || !lstatus_ok(bcd_type(&bcdedit->bcd, guid, &type)))
		return no_entry();
	id = bcdedit->count == 1 ? element_id(bcdedit->words[0], type) : 0;
	if (id == 0)
		return unknown_element();
	status = bcd_unset(&bcdedit->bcd, guid, id);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return refuse(
		    "An error occurred while attempting to delete the specified data element.",
		    "Element not found.", NULL);
	bcdedit->changed = lstatus_ok(status);
	return lstatus_ok(status) ? done()
	                          : failed("An error occurred while attempting to delete the "
	                                   "specified data element.",
	                                status);
}

/* --- create, copy, delete
 * ------------------------------------------------------------------------- */

/* The word after an option; NULL if the option is not there. */
static const char *
option_of(const struct bcdedit *bcdedit, const char *option)
{
	for (int i = 0; i + 1 < bcdedit->count; i++) {
		if (is_word(bcdedit->words[i], option))
			return bcdedit->words[i + 1];
	}
	return NULL;
}

static uint32_t
type_of_words(const struct bcdedit *bcdedit, const char *guid)
{
	static const struct {
		const char *word;
		uint32_t application;
		uint32_t inherit;
	} types[] = { { "OSLOADER", BCD_OSLOADER, BCD_INHERIT_OSLOADER },
		{ "RESUME", BCD_RESUME, BCD_INHERIT_RESUME },
		{ "BOOTMGR", BCD_BOOTMGR, 0x20200002u },
		{ "BOOTSECTOR", BCD_BOOTSECTOR, 0x20200008u },
		{ "STARTUP", 0x10400009u, 0x20200009u } };
	const char *application = option_of(bcdedit, "/application");
	const char *inherit = option_of(bcdedit, "/inherit");

	for (const struct bcd_known *at = bcd_known; at->alias != NULL; at++) {
		if (at->type != 0 && strcmp(at->guid, guid) == 0)
			return at->type;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (is_word(application, types[i].word))
			return types[i].application;
		if (is_word(inherit, types[i].word))
			return types[i].inherit;
	}
	for (int i = 0; i < bcdedit->count; i++) {
		if (is_word(bcdedit->words[i], "/device"))
			return BCD_DEVICE_OPTIONS;
		if (is_word(bcdedit->words[i], "/inherit"))
			return BCD_INHERIT_ANY;
	}
	return 0;
}

static void
new_guid(struct bcdedit *bcdedit, char ret_guid[BCD_GUID_SIZE])
{
	char text[GUID_TEXT_SIZE];

	guid_random(text);
	bcd_resolve(&bcdedit->bcd, text, ret_guid);
}

static int
run_create(struct bcdedit *bcdedit)
{
	const char *description = option_of(bcdedit, "/d");
	char guid[BCD_GUID_SIZE];
	uint32_t type;
	lstatus status;

	if (bcdedit->count == 0)
		return misused("create");
	if (bcdedit->words[0][0] != '{')
		new_guid(bcdedit, guid);
	else if (!bcd_resolve(&bcdedit->bcd, bcdedit->words[0], guid))
		return no_entry();
	type = type_of_words(bcdedit, guid);
	if (type == 0)
		return misused("create");
	status = bcd_create(&bcdedit->bcd, guid, type);
	if (lstatus_ok(status) && description != NULL)
		status = bcd_set_text(&bcdedit->bcd, guid, BCD_DESCRIPTION, description);
	if (!lstatus_ok(status))
		return failed("An error occurred while attempting to create the entry.", status);
	bcdedit->changed = true;
	printf("The entry %s was successfully created.\n",
	    bcdedit->words[0][0] == '{' ? bcdedit->words[0] : guid);
	return 0;
}

static int
run_copy(struct bcdedit *bcdedit)
{
	const char *description = option_of(bcdedit, "/d");
	char from[BCD_GUID_SIZE];
	char to[BCD_GUID_SIZE];
	lstatus status;

	if (bcdedit->count != 3 || description == NULL)
		return misused("copy");
	if (!bcd_resolve(&bcdedit->bcd, bcdedit->words[0], from))
		return no_entry();
	new_guid(bcdedit, to);
	status = bcd_copy(&bcdedit->bcd, from, to);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return no_entry();
	if (lstatus_ok(status))
		status = bcd_set_text(&bcdedit->bcd, to, BCD_DESCRIPTION, description);
	if (!lstatus_ok(status))
		return failed("An error occurred while attempting to copy the entry.", status);
	bcdedit->changed = true;
	printf("The entry was successfully copied to %s.\n", to);
	return 0;
}

/* An entry that is gone leaves the boot manager's lists, unless it is asked to stay there. */
static void
clean_lists(struct bcdedit *bcdedit, const char *guid)
{
	static const uint32_t lists[] = { BCD_DISPLAY_ORDER, BCD_BOOT_SEQUENCE, BCD_TOOLS_ORDER };
	struct buf texts = { 0 };

	buf_append(&texts, guid, strlen(guid) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		change_list(bcdedit, BCD_GUID_BOOTMGR, lists[i], "/remove", &texts);
	buf_release(&texts);
}

static int
run_delete(struct bcdedit *bcdedit)
{
	const char *last = bcdedit->count > 0 ? bcdedit->words[bcdedit->count - 1] : NULL;
	bool forced = bcdedit->count > 1 && is_word(bcdedit->words[1], "/f");
	char guid[BCD_GUID_SIZE];
	lstatus status;

	if (bcdedit->count == 0 || bcdedit->count > 3)
		return misused("delete");
	if (!bcd_resolve(&bcdedit->bcd, bcdedit->words[0], guid))
		return no_entry();
	if (bcd_alias_of(guid) != NULL && !forced)
		return refuse(
		    "The specified entry cannot be deleted: it is well known. /f deletes it.",
		    ASSISTANCE, PARAMETER);
	status = bcd_delete(&bcdedit->bcd, guid);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return refuse("An error occurred while attempting to delete the specified entry.",
		    lstatus_text(status), NULL);
	if (lstatus_ok(status) && !is_word(last, "/nocleanup"))
		clean_lists(bcdedit, guid);
	bcdedit->changed = lstatus_ok(status);
	return lstatus_ok(status)
	           ? done()
	           : failed("An error occurred while attempting to delete the specified entry.",
	                 status);
}

/* --- The boot manager
 * ----------------------------------------------------------------------------- */

static int
set_bootmgr_list(struct bcdedit *bcdedit, uint32_t id, const char *command)
{
	if (bcdedit->count == 0)
		return misused(command);
	return set_list(bcdedit, BCD_GUID_BOOTMGR, id, 0);
}

static int
run_displayorder(struct bcdedit *bcdedit)
{
	return set_bootmgr_list(bcdedit, BCD_DISPLAY_ORDER, "displayorder");
}

static int
run_bootsequence(struct bcdedit *bcdedit)
{
	return set_bootmgr_list(bcdedit, BCD_BOOT_SEQUENCE, "bootsequence");
}

static int
run_toolsdisplayorder(struct bcdedit *bcdedit)
{
	return set_bootmgr_list(bcdedit, BCD_TOOLS_ORDER, "toolsdisplayorder");
}

static int
run_default(struct bcdedit *bcdedit)
{
	char guid[BCD_GUID_SIZE];
	uint32_t type;

	if (bcdedit->count != 1)
		return misused("default");
	if (!bcd_resolve(&bcdedit->bcd, bcdedit->words[0], guid) ||
	    !lstatus_ok(bcd_type(&bcdedit->bcd, guid, &type)))
		return no_entry();
	bcdedit->words[0] = guid;
	return set_element(bcdedit, BCD_GUID_BOOTMGR, BCD_BOOTMGR, BCD_DEFAULT, 0);
}

static int
run_timeout(struct bcdedit *bcdedit)
{
	if (bcdedit->count != 1)
		return misused("timeout");
	return set_element(bcdedit, BCD_GUID_BOOTMGR, BCD_BOOTMGR, BCD_TIMEOUT, 0);
}

/* --- Debugger settings
 * ---------------------------------------------------------------------------- */

struct setting {
	const char *prefix; /* "DEBUGPORT:" */
	uint32_t id;
};

/* Print, or set from TYPE NAME:VALUE words, the settings of a debugger. */
static int
debugger_settings(struct bcdedit *bcdedit, const char *guid, uint32_t owner, uint32_t type_id,
    const struct setting *settings, size_t count)
{
	uint32_t type;

	if (!lstatus_ok(bcd_type(&bcdedit->bcd, guid, &type)))
		return no_entry();
	if (bcdedit->count == 0) {
		struct bcd_object object = { .type = owner };
		uint32_t *ids = NULL;
		size_t found = 0;

		snprintf(object.guid, sizeof(object.guid), "%s", guid);
		bcd_ids(&bcdedit->bcd, guid, &ids, &found);
		for (size_t i = 0; i < found; i++)
			print_element(bcdedit, &object, ids[i]);
		free(ids);
		return done();
	}
	for (int i = 0; i < bcdedit->count; i++) {
		const char *word = bcdedit->words[i];
		uint32_t id = i == 0 ? type_id : 0;
		struct buf data = { 0 };
		struct buf error = { 0 };
		lstatus status = LSTATUS(ERROR_INVALID_PARAMETER);

		for (size_t at = 0; at < count && i > 0; at++) {
			if (strncasecmp(word, settings[at].prefix, strlen(settings[at].prefix)) ==
			    0) {
				id = settings[at].id;
				word += strlen(settings[at].prefix);
				break;
			}
		}
		if (id != 0 && bcd_parse_data(&bcdedit->bcd, id, owner, word, &data, &error))
			status = bcd_set(&bcdedit->bcd, guid, id, data.data, data.size);
		buf_release(&data);
		buf_release(&error);
		if (!lstatus_ok(status))
			return refuse("The debugger settings are not valid as specified.",
			    ASSISTANCE, lstatus_text(status));
	}
	bcdedit->changed = true;
	return done();
}

static int
run_hypervisorsettings(struct bcdedit *bcdedit)
{
	static const struct setting settings[] = {
		{ "DEBUGPORT:", 0x250000f4 },
		{ "BAUDRATE:", 0x250000f5 },
		{ "CHANNEL:", 0x250000f6 },
		{ "HOSTIP:", 0x250000fd },
		{ "PORT:", 0x250000fe },
		{ "KEY:", 0x22000110 },
		{ "BUSPARAMS:", 0x220000f9 },
	};

	return debugger_settings(bcdedit, BCD_GUID_HYPERVISOR, BCD_INHERIT_OSLOADER, 0x250000f3,
	    settings, ARRAY_SIZE(settings));
}

static int
run_dbgsettings(struct bcdedit *bcdedit)
{
	static const struct setting settings[] = {
		{ "DEBUGPORT:", 0x15000013 },
		{ "BAUDRATE:", 0x15000014 },
		{ "CHANNEL:", 0x15000015 },
		{ "TARGETNAME:", 0x12000016 },
		{ "HOSTIP:", 0x1500001a },
		{ "PORT:", 0x1500001b },
		{ "KEY:", 0x1200001d },
		{ "BUSPARAMS:", 0x12000019 },
	};

	return debugger_settings(bcdedit, "{4636856e-540f-4170-a130-a84776f4c654}", BCD_INHERIT_ANY,
	    0x15000011, settings, ARRAY_SIZE(settings));
}

/* --- Files
 * ---------------------------------------------------------------------------------------- */

static lstatus
save(struct bcdedit *bcdedit, const char *file)
{
	struct reg_hive_report report = { 0 };
	reg_key root;
	lstatus status = registry_open_key(bcdedit->registry, NULL, bcdedit->root, 0, &root);

	if (lstatus_ok(status))
		status = reg_hive_save(bcdedit->registry, root, file, &report);
	reg_hive_report_release(&report);
	return status;
}

static lstatus
load(struct bcdedit *bcdedit, const char *file, const char *root)
{
	struct reg_hive_report report = { 0 };
	reg_key key;
	lstatus status = registry_create_key(bcdedit->registry, NULL, root, 0, &key, NULL);

	if (lstatus_ok(status))
		status = reg_hive_load(bcdedit->registry, file, key, REG_HIVE_REPLACE, &report);
	/* What is wrong with a file, and where, Windows does not tell. */
	if (!lstatus_ok(status) && !lstatus_is(status, ERROR_FILE_NOT_FOUND))
		fprintf(stderr, "bcdedit: %s\n", report.message);
	reg_hive_report_release(&report);
	return status;
}

static int
run_export(struct bcdedit *bcdedit)
{
	lstatus status;

	if (bcdedit->count != 1)
		return misused("export");
	status = save(bcdedit, bcdedit->words[0]);
	return lstatus_ok(status) ? done()
	                          : failed("The store export operation has failed.", status);
}

static int
run_import(struct bcdedit *bcdedit)
{
	lstatus status;

	if (bcdedit->count < 1 || bcdedit->count > 2 ||
	    (bcdedit->count == 2 && !is_word(bcdedit->words[1], "/clean")))
		return misused("import");
	status = load(bcdedit, bcdedit->words[0], bcdedit->root);
	return lstatus_ok(status) ? done()
	                          : failed("The store import operation has failed.", status);
}

static int
run_createstore(struct bcdedit *bcdedit)
{
	struct bcdedit made = { .registry = bcdedit->registry, .root = FILE_ROOT };
	lstatus status;

	if (bcdedit->count != 1)
		return misused("createstore");
	status = bcd_make(bcdedit->registry, FILE_ROOT);
	if (lstatus_ok(status))
		status = save(&made, bcdedit->words[0]);
	return lstatus_ok(status) ? done()
	                          : failed("The store creation operation has failed.", status);
}

/* --- Main
 * ----------------------------------------------------------------------------------------- */

static const struct command {
	const char *name;
	int (*run)(struct bcdedit *bcdedit);
	bool changes; /* one transaction around it */
	const char *arguments;
	const char *doc;
} commands[] = {
	{ "enum", run_enum, false, "[TYPE | ID]",
	    "list entries: ACTIVE, ALL, BOOTMGR, OSLOADER, ..." },
	{ "set", run_set, true, "[ID] NAME VALUE", "set an element of an entry" },
	{ "deletevalue", run_deletevalue, true, "[ID] NAME", "delete an element of an entry" },
	{ "create", run_create, true,
	    "[ID] [/d TEXT] [/application TYPE | /inherit [TYPE] | /device]", "create an entry" },
	{ "copy", run_copy, true, "ID /d TEXT", "copy an entry" },
	{ "delete", run_delete, true, "ID [/f] [/cleanup | /nocleanup]", "delete an entry" },
	{ "default", run_default, true, "ID", "set the entry that boots" },
	{ "displayorder", run_displayorder, true, "ID ... [/addfirst | /addlast | /remove]",
	    "set the order of the boot menu" },
	{ "bootsequence", run_bootsequence, true, "ID ... [/addfirst | /addlast | /remove]",
	    "set what the next boot takes" },
	{ "toolsdisplayorder", run_toolsdisplayorder, true,
	    "ID ... [/addfirst | /addlast | /remove]", "set the order of the tools menu" },
	{ "timeout", run_timeout, true, "SECONDS", "set how long the boot menu waits" },
	{ "hypervisorsettings", run_hypervisorsettings, true, "[TYPE [NAME:VALUE ...]]",
	    "show or set the hypervisor's debugger" },
	{ "dbgsettings", run_dbgsettings, true, "[TYPE [NAME:VALUE ...]]",
	    "show or set the debugger" },
	{ "export", run_export, false, "FILE", "write the store to a file" },
	{ "import", run_import, false, "FILE [/clean]", "take the store from a file" },
	{ "createstore", run_createstore, false, "FILE", "make an empty store in a file" },
	{ 0 },
};

static int
print_help(void)
{
	printf("\nBCDEDIT - Boot Configuration Data Store Editor\n\n"
	       "BCDEDIT [/store FILE] [/v] [/command [arguments]]\n\n");
	for (const struct command *at = commands; at->name != NULL; at++)
		printf("/%-19s %s\n%21s%s\n", at->name, at->arguments, "", at->doc);
	printf("\nWithout a command: /enum ACTIVE. /v shows identifiers in full. /store takes a "
	       "file\ninstead of the host's own store; --root DIR names the host.\n");
	return 0;
}

static int
remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
	(void)status;
	(void)flag;
	(void)walk;
	return remove(path);
}

static lstatus
open_scratch(struct bcdedit *bcdedit)
{
	struct registry_options options = {
		.mode = REGISTRY_CREATE, .relaxed = true, .channel = "bcdedit"
	};
	const char *top = getenv("TMPDIR");

	snprintf(bcdedit->scratch, sizeof(bcdedit->scratch), "%s/bcdedit.XXXXXX",
	    top != NULL ? top : "/tmp");
	if (mkdtemp(bcdedit->scratch) == NULL) {
		bcdedit->scratch[0] = '\0';
		return LSTATUS(ERROR_PATH_NOT_FOUND);
	}
	bcdedit->root = FILE_ROOT;
	return registry_open(bcdedit->scratch, &options, &bcdedit->registry);
}

static lstatus
open_store(struct bcdedit *bcdedit, const char *host)
{
	struct registry_options options = { .mode = REGISTRY_OPEN, .channel = "bcdedit" };
	struct buf root = { 0 };
	struct token token;
	lstatus status;

	if (bcdedit->store != NULL) {
		status = open_scratch(bcdedit);
		if (lstatus_ok(status))
			status = load(bcdedit, bcdedit->store, FILE_ROOT);
	} else {
		if (!token_current(&token))
			return LSTATUS(ERROR_INVALID_PARAMETER);
		if (host != NULL)
			buf_append_text(&root, host);
		else
			registry_default_root(&root);
		bcdedit->root = BCD_ROOT;
		status = registry_open(buf_text(&root), &options, &bcdedit->registry);
		if (lstatus_ok(status))
			registry_act_for(bcdedit->registry, &token);
		buf_release(&root);
	}
	if (lstatus_ok(status))
		status = bcd_open(bcdedit->registry, bcdedit->root, &bcdedit->bcd);
	/* As on Windows: who may not change the store does not see it either. */
	return lstatus_ok(status)
	           ? registry_may(bcdedit->registry, bcdedit->bcd.objects, KEY_READ | KEY_WRITE)
	           : status;
}

/* A command that changes the store changes it whole or not at all. */
static int
run_command(struct bcdedit *bcdedit, const struct command *command)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	int result;

	if (command->changes)
		status = registry_begin(bcdedit->registry, command->name);
	if (!lstatus_ok(status))
		return failed("The boot configuration data store could not be opened.", status);
	result = command->run(bcdedit);
	if (command->changes && (result != 0 || !bcdedit->changed))
		registry_rollback(bcdedit->registry);
	else if (command->changes)
		status = registry_commit(bcdedit->registry);
	if (lstatus_ok(status) && result == 0 && bcdedit->store != NULL &&
	    (bcdedit->changed || command->run == run_import))
		status = save(bcdedit, bcdedit->store);
	return lstatus_ok(status)
	           ? result
	           : failed("The boot configuration data store could not be written.", status);
}

/* Take apart the line: what all commands take, the command, the rest. NULL: a wrong line. */
static const struct command *
parse(struct bcdedit *bcdedit, int argc, char **argv, const char **ret_host)
{
	const struct command *command = NULL;

	for (int i = 1; i < argc; i++) {
		if (is_word(argv[i], "/v")) {
			bcdedit->verbose = true;
		} else if (is_word(argv[i], "/store") && i + 1 < argc) {
			bcdedit->store = argv[++i];
		} else if (strcmp(argv[i], "--root") == 0 && i + 1 < argc) {
			*ret_host = argv[++i];
		} else if (command == NULL) {
			for (command = commands; command->name != NULL; command++) {
				if (argv[i][0] == '/' && is_word(argv[i] + 1, command->name))
					break;
			}
			if (command->name == NULL) {
				printf("Invalid command line switch: %s\n%s\n%s\n", argv[i],
				    ASSISTANCE, PARAMETER);
				return NULL;
			}
		} else if (bcdedit->count < ARGUMENTS_MAX) {
			bcdedit->words[bcdedit->count++] = argv[i];
		} else {
			misused(command->name);
			return NULL;
		}
	}
	return command != NULL ? command : commands;
}

int
main(int argc, char **argv)
{
	struct bcdedit bcdedit = { 0 };
	const struct command *command;
	const char *host = NULL;
	lstatus status;
	int result;

	if (argc > 1 &&
	    (is_word(argv[1], "/?") || is_word(argv[1], "/help") || strcmp(argv[1], "--help") == 0))
		return print_help();
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("bcdedit (hvemu) %s\n", HVEMU_VERSION);
		return 0;
	}
	command = parse(&bcdedit, argc, argv, &host);
	if (command == NULL)
		return 1;
	if (command->run == run_createstore) {
		status = open_scratch(&bcdedit);
	} else {
		status = open_store(&bcdedit, host);
	}
	result = lstatus_ok(status)
	             ? run_command(&bcdedit, command)
	             : failed("The boot configuration data store could not be opened.", status);
	registry_close(bcdedit.registry);
	if (bcdedit.scratch[0] != '\0')
		nftw(bcdedit.scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (fflush(stdout) != 0)
		return 1;
	return result;
}
