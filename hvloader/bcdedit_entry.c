/*
 * bcdedit's commands that make, copy and remove entries, and those that set the boot manager's.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hvloader/bcdedit.h"
#include "regstore/base/guid.h"

/* The word after an option; NULL if the option is not there. */
static const char *
option_of(const struct bcdedit *bcdedit, const char *option)
{
	for (int i = 0; i + 1 < bcdedit->count; i++) {
		if (bcdedit_is_word(bcdedit->words[i], option))
			return bcdedit->words[i + 1];
	}
	return NULL;
}

static bool
has_option(const struct bcdedit *bcdedit, const char *option)
{
	for (int i = 0; i < bcdedit->count; i++) {
		if (bcdedit_is_word(bcdedit->words[i], option))
			return true;
	}
	return false;
}

/* What /application and /inherit take ("BCD Objects" of Geoff Chappell's notes). */
static const struct {
	const char *word;
	uint32_t application; /* 0: none is made of this kind */
	uint32_t inherit;
} kinds[] = {
	{ "OSLOADER", BCD_OSLOADER, BCD_INHERIT_OSLOADER },
	{ "RESUME", BCD_RESUME, BCD_INHERIT_RESUME },
	{ "BOOTSECTOR", BCD_BOOTSECTOR, 0x20200008u },
	{ "STARTUP", BCD_STARTUP, 0x20200009u },
	{ "BOOTAPP", BCD_BOOTAPP, 0 },
	{ "BOOTMGR", 0, 0x20200002u },
	{ "FWBOOTMGR", 0, 0x20200001u },
	{ "MEMDIAG", 0, 0x20200005u },
	{ "NTLDR", 0, 0x20200006u },
	{ "SETUPLDR", 0, 0x20200007u },
	{ "DEVICE", 0, 0x20300000u },
};

/* The type of a new entry: a well-known one has its own, another is told. 0: it is not. */
static uint32_t
type_of_words(const struct bcdedit *bcdedit, const char *guid)
{
	const char *application = option_of(bcdedit, "/application");
	const char *inherit = option_of(bcdedit, "/inherit");

	for (const struct bcd_known *at = bcd_known; at->alias != NULL; at++) {
		if (at->type != 0 && strcmp(at->guid, guid) == 0)
			return at->type;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (bcdedit_is_word(application, kinds[i].word))
			return kinds[i].application;
		if (bcdedit_is_word(inherit, kinds[i].word))
			return kinds[i].inherit;
	}
	if (application != NULL || has_option(bcdedit, "/application"))
		return 0;
	if (has_option(bcdedit, "/device"))
		return BCD_DEVICE_OPTIONS;
	if (has_option(bcdedit, "/inherit") && (inherit == NULL || inherit[0] == '/'))
		return BCD_INHERIT_ANY;
	return 0;
}

static lstatus
new_guid(struct bcdedit *bcdedit, char ret_guid[BCD_GUID_SIZE])
{
	char text[GUID_TEXT_SIZE];
	lstatus status = registry_new_guid(bcdedit->registry, "boot entry", text);

	if (lstatus_ok(status))
		bcd_resolve(&bcdedit->bcd, text, ret_guid);
	return status;
}

int
bcdedit_create(struct bcdedit *bcdedit)
{
	const char *description = option_of(bcdedit, "/d");
	char guid[BCD_GUID_SIZE];
	lstatus status = LSTATUS(ERROR_SUCCESS);
	uint32_t type;

	if (bcdedit->count == 0 || (description == NULL && has_option(bcdedit, "/d")))
		return bcdedit_misused("create");
	if (bcdedit->words[0][0] != '{')
		status = new_guid(bcdedit, guid);
	else if (!bcd_resolve(&bcdedit->bcd, bcdedit->words[0], guid))
		return bcdedit_bad_identifier();
	type = type_of_words(bcdedit, guid);
	if (type == 0)
		return bcdedit_misused("create");
	if (lstatus_ok(status))
		status = bcd_create(&bcdedit->bcd, guid, type);
	if (lstatus_ok(status) && description != NULL)
		status = bcd_set_text(&bcdedit->bcd, guid, BCD_DESCRIPTION, description);
	if (!lstatus_ok(status))
		return bcdedit_failed(
		    "An error occurred while attempting to create the entry.", status);
	bcdedit->changed = true;
	printf("The entry %s was successfully created.\n",
	    bcdedit->words[0][0] == '{' ? bcdedit->words[0] : guid);
	return 0;
}

/* The copy of a loader that the menu has comes last in the menu. */
static lstatus
show_copy(struct bcdedit *bcdedit, const char *from, const char *to)
{
	struct buf order = { 0 };
	struct buf added = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);
	bool shown = false;
	uint32_t type;

	bcd_get_texts(&bcdedit->bcd, BCD_GUID_BOOTMGR, BCD_DISPLAY_ORDER, &order);
	for (size_t at = 0; at < order.size; at += strlen((const char *)order.data + at) + 1)
		shown = shown || strcasecmp((const char *)order.data + at, from) == 0;
	buf_append(&added, to, strlen(to) + 1);
	if (shown && lstatus_ok(bcd_type(&bcdedit->bcd, to, &type)) && type == BCD_OSLOADER)
		status = bcdedit_change_list(
		    bcdedit, BCD_GUID_BOOTMGR, BCD_DISPLAY_ORDER, "/addlast", &added);
	buf_release(&order);
	buf_release(&added);
	return status;
}

int
bcdedit_copy(struct bcdedit *bcdedit)
{
	const char *description = option_of(bcdedit, "/d");
	char from[BCD_GUID_SIZE];
	char to[BCD_GUID_SIZE];
	lstatus status;

	if (bcdedit->count != 3 || description == NULL)
		return bcdedit_misused("copy");
	if (!bcd_resolve(&bcdedit->bcd, bcdedit->words[0], from))
		return bcdedit_bad_identifier();
	status = new_guid(bcdedit, to);
	if (lstatus_ok(status))
		status = bcd_copy(&bcdedit->bcd, from, to);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return bcdedit_no_entry();
	if (lstatus_ok(status))
		status = bcd_set_text(&bcdedit->bcd, to, BCD_DESCRIPTION, description);
	if (lstatus_ok(status))
		status = show_copy(bcdedit, from, to);
	if (!lstatus_ok(status))
		return bcdedit_failed(
		    "An error occurred while attempting to copy the entry.", status);
	bcdedit->changed = true;
	printf("The entry was successfully copied to %s.\n", to);
	return 0;
}

/* Whether a loader names this entry to resume with. */
static bool
is_resumed_with(const struct bcdedit *bcdedit, const char *guid)
{
	struct bcd_objects objects = { 0 };
	bool found = false;

	if (!lstatus_ok(bcd_list(&bcdedit->bcd, &objects)))
		return true;
	for (size_t i = 0; i < objects.count && !found; i++) {
		struct buf text = { 0 };

		if (objects.list[i].type == BCD_OSLOADER &&
		    lstatus_ok(bcd_get_texts(
		        &bcdedit->bcd, objects.list[i].guid, BCD_RESUME_OBJECT, &text)) &&
		    text.size > 0)
			found = strcasecmp((const char *)text.data, guid) == 0;
		buf_release(&text);
	}
	bcd_objects_release(&objects);
	return found;
}

/* The entry that a loader resumes with; false if there is none of that kind. */
static bool
resume_entry(const struct bcdedit *bcdedit, const char *guid, char ret_guid[BCD_GUID_SIZE])
{
	struct buf text = { 0 };
	uint32_t type;
	bool found = lstatus_ok(bcd_type(&bcdedit->bcd, guid, &type)) && type == BCD_OSLOADER &&
	             lstatus_ok(bcd_get_texts(&bcdedit->bcd, guid, BCD_RESUME_OBJECT, &text)) &&
	             text.size > 0 &&
	             bcd_resolve(&bcdedit->bcd, (const char *)text.data, ret_guid) &&
	             lstatus_ok(bcd_type(&bcdedit->bcd, ret_guid, &type)) && type == BCD_RESUME;

	buf_release(&text);
	return found;
}

/*
 * Remove an entry; with `clean` also what refers to it, and the entry that it resumed with, if no
 * other loader does.
 */
static lstatus
delete_entry(struct bcdedit *bcdedit, const char *guid, bool clean)
{
	char resume[BCD_GUID_SIZE];
	bool resumes = clean && resume_entry(bcdedit, guid, resume);
	lstatus status = bcd_delete(&bcdedit->bcd, guid);

	if (lstatus_ok(status) && clean)
		status = bcd_forget(&bcdedit->bcd, guid);
	if (!lstatus_ok(status) || !resumes || is_resumed_with(bcdedit, resume))
		return status;
	status = bcd_delete(&bcdedit->bcd, resume);
	return lstatus_ok(status) ? bcd_forget(&bcdedit->bcd, resume) : status;
}

int
bcdedit_delete(struct bcdedit *bcdedit)
{
	bool forced = has_option(bcdedit, "/f");
	bool cleans = has_option(bcdedit, "/cleanup");
	bool keeps = has_option(bcdedit, "/nocleanup");
	char guid[BCD_GUID_SIZE];
	lstatus status;

	if (bcdedit->count == 0 || bcdedit->count != 1 + forced + (cleans || keeps) ||
	    (cleans && keeps))
		return bcdedit_misused("delete");
	if (!bcd_resolve(&bcdedit->bcd, bcdedit->words[0], guid))
		return bcdedit_bad_identifier();
	if (bcd_alias_of(guid) != NULL && !forced)
		return bcdedit_refuse("The entry is well known, and is deleted with /f only.",
		    BCDEDIT_ASSISTANCE, BCDEDIT_PARAMETER);
	status = delete_entry(bcdedit, guid, cleans || (!forced && !keeps));
	bcdedit->changed = lstatus_ok(status);
	return lstatus_ok(status)
	           ? bcdedit_done()
	           : bcdedit_failed(
	                 "An error occurred while attempting to delete the specified entry.",
	                 status);
}

/* --- The boot manager
 * ----------------------------------------------------------------------------- */

static int
set_bootmgr_list(struct bcdedit *bcdedit, uint32_t id, const char *command)
{
	if (bcdedit->count == 0)
		return bcdedit_misused(command);
	return bcdedit_set_list(bcdedit, BCD_GUID_BOOTMGR, id, 0);
}

int
bcdedit_displayorder(struct bcdedit *bcdedit)
{
	return set_bootmgr_list(bcdedit, BCD_DISPLAY_ORDER, "displayorder");
}

int
bcdedit_bootsequence(struct bcdedit *bcdedit)
{
	return set_bootmgr_list(bcdedit, BCD_BOOT_SEQUENCE, "bootsequence");
}

int
bcdedit_toolsdisplayorder(struct bcdedit *bcdedit)
{
	return set_bootmgr_list(bcdedit, BCD_TOOLS_ORDER, "toolsdisplayorder");
}

int
bcdedit_default(struct bcdedit *bcdedit)
{
	char guid[BCD_GUID_SIZE];
	uint32_t type;

	if (bcdedit->count != 1)
		return bcdedit_misused("default");
	if (!bcd_resolve(&bcdedit->bcd, bcdedit->words[0], guid))
		return bcdedit_bad_identifier();
	if (!lstatus_ok(bcd_type(&bcdedit->bcd, guid, &type)))
		return bcdedit_no_entry();
	bcdedit->words[0] = guid;
	return bcdedit_set_element(bcdedit, BCD_GUID_BOOTMGR, BCD_BOOTMGR, BCD_DEFAULT, 0);
}

int
bcdedit_timeout(struct bcdedit *bcdedit)
{
	if (bcdedit->count != 1)
		return bcdedit_misused("timeout");
	return bcdedit_set_element(bcdedit, BCD_GUID_BOOTMGR, BCD_BOOTMGR, BCD_TIMEOUT, 0);
}
