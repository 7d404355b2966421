/*
 * bcdedit's commands that change elements.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hvloader/bcdedit.h"

bool
bcdedit_take_identifier(struct bcdedit *bcdedit, int wanted, char ret_guid[BCD_GUID_SIZE])
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

	if (element != NULL)
		return element->id;
	if (strncasecmp(name, "custom:", 7) != 0)
		return 0;
	name += strncasecmp(name + 7, "0x", 2) == 0 ? 9 : 7;
	if (strlen(name) != 8 || strspn(name, "0123456789abcdefABCDEF") != 8)
		return 0;
	return (uint32_t)strtoul(name, NULL, 16);
}

static int
unknown_element(void)
{
	return bcdedit_refuse(
	    "The element data type specified is not recognized, or does not apply to the\n"
	    "specified entry.",
	    BCDEDIT_ASSISTANCE, "Element not found.");
}

static int
bad_data(uint32_t id)
{
	static const char *const names[] = { "element", "", "string", "object", "object list",
		"integer", "boolean", "integer list", "binary" };
	char line[64];

	if (bcd_format(id) == BCD_DEVICE)
		return bcdedit_refuse(
		    "The device is not valid as specified.", BCDEDIT_ASSISTANCE, BCDEDIT_PARAMETER);
	snprintf(line, sizeof(line), "The %s data is not valid as specified.",
	    bcd_format(id) < ARRAY_SIZE(names) ? names[bcd_format(id)] : "element");
	return bcdedit_refuse(line, BCDEDIT_ASSISTANCE, BCDEDIT_PARAMETER);
}

/* Join the words from `first` on with blanks, as a list is given. */
static void
join_words(const struct bcdedit *bcdedit, int first, struct buf *out)
{
	for (int i = first; i < bcdedit->count; i++)
		buf_printf(out, "%s%s", i > first ? " " : "", bcdedit->words[i]);
}

/* Change a list: the objects given go to its front or end, or out of it. */
lstatus
bcdedit_change_list(struct bcdedit *bcdedit, const char *guid, uint32_t id, const char *how,
    const struct buf *given)
{
	struct buf old = { 0 };
	struct buf merged = { 0 };
	lstatus status;

	bcd_get_texts(&bcdedit->bcd, guid, id, &old);
	if (bcdedit_is_word(how, "/addfirst"))
		buf_append(&merged, given->data, given->size);
	for (size_t at = 0; at < old.size; at += strlen((const char *)old.data + at) + 1) {
		const char *text = (const char *)old.data + at;
		bool in = false;

		for (size_t i = 0; i < given->size; i += strlen((const char *)given->data + i) + 1)
			in = in || strcasecmp((const char *)given->data + i, text) == 0;
		if (!in)
			buf_append(&merged, text, strlen(text) + 1);
	}
	if (bcdedit_is_word(how, "/addlast"))
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
int
bcdedit_set_list(struct bcdedit *bcdedit, const char *guid, uint32_t id, int first)
{
	const char *how = bcdedit->words[bcdedit->count - 1];
	bool merges = bcdedit_is_word(how, "/addfirst") || bcdedit_is_word(how, "/addlast") ||
	              bcdedit_is_word(how, "/remove");
	struct buf texts = { 0 };
	lstatus status;

	if (!resolve_words(bcdedit, first, bcdedit->count - merges, &texts) || texts.size == 0) {
		buf_release(&texts);
		return bad_data(id);
	}
	if (merges)
		status = bcdedit_change_list(bcdedit, guid, id, how, &texts);
	else
		status = bcd_set_texts(&bcdedit->bcd, guid, id, &texts);
	buf_release(&texts);
	bcdedit->changed = lstatus_ok(status);
	return lstatus_ok(status)
	           ? bcdedit_done()
	           : bcdedit_failed("An error has occurred setting the element data.", status);
}

int
bcdedit_set_element(
    struct bcdedit *bcdedit, const char *guid, uint32_t type, uint32_t id, int first)
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
	           ? bcdedit_done()
	           : bcdedit_failed("An error has occurred setting the element data.", status);
}

int
bcdedit_set(struct bcdedit *bcdedit)
{
	char guid[BCD_GUID_SIZE];
	uint32_t type;
	uint32_t id;

	if (bcdedit->count < 2)
		return bcdedit_misused("set");
	if (!bcdedit_take_identifier(bcdedit, BCDEDIT_ARGUMENTS_MAX, guid))
		return bcdedit_bad_identifier();
	if (!lstatus_ok(bcd_type(&bcdedit->bcd, guid, &type)))
		return bcdedit_no_entry();
	if (bcdedit->count < 2)
		return bcdedit_misused("set");
	id = element_id(bcdedit->words[0], type);
	if (id == 0)
		return unknown_element();
	if (bcd_format(id) == BCD_OBJECT_LIST)
		return bcdedit_set_list(bcdedit, guid, id, 1);
	return bcdedit_set_element(bcdedit, guid, type, id, 1);
}

int
bcdedit_deletevalue(struct bcdedit *bcdedit)
{
	char guid[BCD_GUID_SIZE];
	uint32_t type;
	uint32_t id;
	lstatus status;

	if (bcdedit->count < 1 || bcdedit->count > 2)
		return bcdedit_misused("deletevalue");
	if (!bcdedit_take_identifier(bcdedit, 1, guid))
		return bcdedit_bad_identifier();
	if (!lstatus_ok(bcd_type(&bcdedit->bcd, guid, &type)))
		return bcdedit_no_entry();
	id = bcdedit->count == 1 ? element_id(bcdedit->words[0], type) : 0;
	if (id == 0)
		return unknown_element();
	status = bcd_unset(&bcdedit->bcd, guid, id);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return bcdedit_refuse(
		    "An error occurred while attempting to delete the specified data element.",
		    "Element not found.", NULL);
	bcdedit->changed = lstatus_ok(status);
	return lstatus_ok(status)
	           ? bcdedit_done()
	           : bcdedit_failed("An error occurred while attempting to delete the "
	                            "specified data element.",
	                 status);
}

/* --- Switches with a command of their own
 * --------------------------------------------------------- */

/* [ID] ON | OFF */
static int
turn(struct bcdedit *bcdedit, const char *command, uint32_t id)
{
	char guid[BCD_GUID_SIZE];
	uint32_t type;

	if (bcdedit->count < 1 || bcdedit->count > 2)
		return bcdedit_misused(command);
	if (!bcdedit_take_identifier(bcdedit, 1, guid))
		return bcdedit_bad_identifier();
	if (!lstatus_ok(bcd_type(&bcdedit->bcd, guid, &type)))
		return bcdedit_no_entry();
	if (bcdedit->count != 1 || (!bcdedit_is_word(bcdedit->words[0], "ON") &&
	                               !bcdedit_is_word(bcdedit->words[0], "OFF")))
		return bcdedit_misused(command);
	if (bcd_element_of(id, type) == NULL)
		return unknown_element();
	return bcdedit_set_element(bcdedit, guid, type, id, 0);
}

int
bcdedit_ems(struct bcdedit *bcdedit)
{
	return turn(bcdedit, "ems", 0x260000b0);
}

int
bcdedit_bootems(struct bcdedit *bcdedit)
{
	return turn(bcdedit, "bootems", 0x16000020);
}

int
bcdedit_debug(struct bcdedit *bcdedit)
{
	return turn(bcdedit, "debug", 0x260000a0);
}

int
bcdedit_bootdebug(struct bcdedit *bcdedit)
{
	return turn(bcdedit, "bootdebug", 0x16000010);
}
