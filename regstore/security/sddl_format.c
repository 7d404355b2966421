/*
 * A descriptor to SDDL, in Windows' order and with its words.
 */
#include <stdio.h>
#include <string.h>

#include "regstore/security/descriptor.h"
#include "regstore/security/sddl.h"
#include "regstore/security/sddl_words.h"

/* A SID that is an authority alone has no text that could be read. */
static bool
format_sid(const struct sid *sid, struct buf *out)
{
	const char *alias = sid_alias(sid);

	if (sid_size(sid) == SID_SIZE_MIN)
		return false;
	if (alias != NULL)
		buf_append_text(out, alias);
	else
		sid_format(sid, out);
	return true;
}

/* Append the words of all bits; false, with nothing appended, if one has none. */
static bool
format_bits(const struct sddl_word *words, uint32_t bits, struct buf *out)
{
	uint32_t named = 0;

	for (const struct sddl_word *word = words; word->letters[0] != '\0'; word++)
		named |= word->value;
	if ((bits & ~named) != 0)
		return false;
	for (const struct sddl_word *word = words; word->letters[0] != '\0'; word++) {
		if ((bits & word->value) != 0)
			buf_append_text(out, word->letters);
	}
	return true;
}

static void
format_rights(const struct ace *ace, struct buf *out)
{
	const struct sddl_word *mask = sddl_word_valued(sddl_masks, ace->mask);

	if (ace->type == SYSTEM_MANDATORY_LABEL_ACE_TYPE &&
	    format_bits(sddl_labels, ace->mask, out))
		return;
	if (mask != NULL)
		buf_append_text(out, mask->letters);
	else if (!format_bits(sddl_rights, ace->mask, out))
		buf_printf(out, "0x%x", (unsigned)ace->mask);
}

static void
format_guid(bool present, const uint8_t guid[16], struct buf *out)
{
	static const uint8_t places[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < 16 && present; i++)
		buf_printf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		    guid[places[i]]);
	buf_append_byte(out, ';');
}

static bool
has_form(const struct ace *ace, const struct sddl_word *type)
{
	uint32_t guids = ACE_OBJECT_TYPE_PRESENT | ACE_INHERITED_OBJECT_TYPE_PRESENT;

	return ace->known && type != NULL && type->letters[0] != 'X' && type->letters[0] != 'Z' &&
	       type->value != SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE && ace->extra_size == 0 &&
	       (ace->object_flags & ~guids) == 0;
}

static bool
format_ace(const struct ace *ace, struct buf *out)
{
	const struct sddl_word *type = sddl_word_valued(sddl_types, ace->type);

	if (!has_form(ace, type))
		return false;
	buf_printf(out, "(%s;", type->letters);
	if (!format_bits(sddl_flags, ace->flags, out))
		return false;
	buf_append_byte(out, ';');
	format_rights(ace, out);
	buf_append_byte(out, ';');
	format_guid((ace->object_flags & ACE_OBJECT_TYPE_PRESENT) != 0, ace->object_type, out);
	format_guid((ace->object_flags & ACE_INHERITED_OBJECT_TYPE_PRESENT) != 0,
	    ace->inherited_object_type, out);
	if (!format_sid(&ace->sid, out))
		return false;
	buf_append_byte(out, ')');
	return true;
}

/* A list of a DACL's control bits; a SACL's come shifted to them. */
static bool
format_acl(char part, const struct acl *acl, uint32_t control, struct buf *out)
{
	size_t position = 0;
	struct ace ace;

	if ((control & SE_DACL_PRESENT) == 0)
		return true;
	buf_printf(out, "%c:", part);
	if ((control & SE_DACL_PROTECTED) != 0)
		buf_append_text(out, "P");
	if ((control & SE_DACL_AUTO_INHERIT_REQ) != 0)
		buf_append_text(out, "AR");
	if ((control & SE_DACL_AUTO_INHERITED) != 0)
		buf_append_text(out, "AI");
	if (acl->data == NULL)
		buf_append_text(out, "NO_ACCESS_CONTROL");
	while (acl_next(acl, &position, &ace)) {
		if (!format_ace(&ace, out))
			return false;
	}
	return true;
}

/* The SACL's bits in the places of the DACL's. */
static uint32_t
sacl_control(uint32_t control)
{
	uint32_t bits =
	    control >> 1 & (SE_DACL_PROTECTED | SE_DACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED);

	return bits | ((control & SE_SACL_PRESENT) != 0 ? SE_DACL_PRESENT : 0);
}

lstatus
sddl_format(const void *descriptor, size_t size, uint32_t information, struct buf *out)
{
	struct descriptor parts;
	size_t start = out->size;
	bool complete = true;

	if (!descriptor_read(descriptor, size, &parts))
		return LSTATUS(ERROR_INVALID_SECURITY_DESCR);
	if ((information & OWNER_SECURITY_INFORMATION) != 0 && parts.has_owner) {
		buf_append_text(out, "O:");
		complete = format_sid(&parts.owner, out);
	}
	if ((information & GROUP_SECURITY_INFORMATION) != 0 && parts.has_group) {
		buf_append_text(out, "G:");
		complete = format_sid(&parts.group, out) && complete;
	}
	if ((information & DACL_SECURITY_INFORMATION) != 0 && complete)
		complete = format_acl('D', &parts.dacl, parts.control, out);
	if ((information & SACL_SECURITY_INFORMATION) != 0 && complete)
		complete = format_acl('S', &parts.sacl, sacl_control(parts.control), out);
	if (complete && !out->failed)
		return LSTATUS(ERROR_SUCCESS);
	buf_truncate(out, start);
	return LSTATUS(out->failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_NOT_SUPPORTED);
}
