/*
 * SDDL to a descriptor. Spaces may stand between the parts and around the fields of an entry;
 * letters count without case, as Windows reads them.
 */
#include "regstore/security/sddl.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/guid.h"
#include "regstore/security/descriptor.h"
#include "regstore/security/sddl_words.h"

struct parser {
	const char *text;
	const char *at;
	struct sddl_error *error;
	lstatus status; /* the first fault */
};

static bool
fail(struct parser *parser, enum win32_code code, const char *message)
{
	if (!lstatus_ok(parser->status))
		return false;
	parser->status = LSTATUS(code);
	if (parser->error != NULL) {
		parser->error->position = (size_t)(parser->at - parser->text);
		snprintf(parser->error->message, sizeof(parser->error->message), "%s", message);
	}
	return false;
}

static bool
expected(struct parser *parser, const char *what)
{
	char message[96];

	snprintf(message, sizeof(message), "expected %s", what);
	return fail(parser, ERROR_INVALID_PARAMETER, message);
}

static void
skip_space(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static bool
take(struct parser *parser, char wanted, const char *what)
{
	skip_space(parser);
	if (*parser->at != wanted)
		return expected(parser, what);
	parser->at++;
	skip_space(parser);
	return true;
}

/* Two letters, of which the second may be missing; not consumed. */
static void
peek_letters(const struct parser *parser, char letters[3])
{
	size_t length = 0;

	memset(letters, 0, 3);
	while (length < 2 && isalpha((unsigned char)parser->at[length])) {
		letters[length] = parser->at[length];
		length++;
	}
}

/* "S-1-..." or two letters. */
static bool
parse_sid(struct parser *parser, struct sid *ret_sid)
{
	const char *end = parser->at;
	char letters[3];

	if ((end[0] == 'S' || end[0] == 's') && end[1] == '-') {
		end += 2;
		while (isdigit((unsigned char)*end) || *end == '-' || *end == 'x' || *end == 'X' ||
		       (isxdigit((unsigned char)*end) && end[1] != ':'))
			end++;
		if (!sid_parse_n(parser->at, (size_t)(end - parser->at), ret_sid))
			return expected(parser, "a SID: S-1- and up to 16 numbers");
	} else {
		peek_letters(parser, letters);
		if (letters[1] == '\0' || !sid_from_alias(letters, ret_sid))
			return expected(parser, "a SID: S-1-... or two letters that name one");
		end += 2;
	}
	parser->at = end;
	return true;
}

/* --- Entries ------------------------------------------------------------------------------------
 */

static bool
parse_type(struct parser *parser, uint8_t *ret_type)
{
	char letters[3];
	const struct sddl_word *word;

	peek_letters(parser, letters);
	word = sddl_word_named(sddl_types, letters);
	if (word == NULL)
		return expected(parser, "an entry's type: A, D, AU, AL, OA, OD, OU, OL, ML or SP");
	if (word->letters[0] == 'X' || word->letters[0] == 'Z')
		return fail(
		    parser, ERROR_NOT_SUPPORTED, "entries with a condition are not supported");
	if (word->value == SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE)
		return fail(parser, ERROR_NOT_SUPPORTED, "resource attributes are not supported");
	parser->at += strlen(letters);
	*ret_type = (uint8_t)word->value;
	return true;
}

static bool
parse_flags(struct parser *parser, uint8_t *ret_flags)
{
	while (*parser->at != ';' && !isspace((unsigned char)*parser->at)) {
		char letters[3];
		const struct sddl_word *word;

		peek_letters(parser, letters);
		word = sddl_word_named(sddl_flags, letters);
		if (word == NULL)
			return expected(
			    parser, "an entry's flags: CI, OI, NP, IO, ID, SA, FA, or \";\"");
		*ret_flags |= (uint8_t)word->value;
		parser->at += 2;
	}
	return true;
}

/* A mask in digits: decimal, 0x and hexadecimal, 0 and octal. */
static bool
parse_mask(struct parser *parser, uint32_t *ret_mask)
{
	char *end = NULL;
	unsigned long long mask;

	errno = 0;
	mask = strtoull(parser->at, &end, 0);
	if (errno != 0 || mask > UINT32_MAX || end == parser->at)
		return expected(parser, "rights of at most 32 bits");
	parser->at = end;
	*ret_mask = (uint32_t)mask;
	return true;
}

static bool
parse_rights(struct parser *parser, uint8_t type, uint32_t *ret_mask)
{
	if (isdigit((unsigned char)*parser->at))
		return parse_mask(parser, ret_mask);
	while (*parser->at != ';' && !isspace((unsigned char)*parser->at)) {
		char letters[3];
		const struct sddl_word *word = NULL;

		peek_letters(parser, letters);
		if (type == SYSTEM_MANDATORY_LABEL_ACE_TYPE)
			word = sddl_word_named(sddl_labels, letters);
		if (word == NULL)
			word = sddl_word_named(sddl_rights, letters);
		if (word == NULL)
			word = sddl_word_named(sddl_masks, letters);
		if (word == NULL)
			return expected(
			    parser, "rights: 0x and digits, or KA, KR, KW, GA, GR, RC, SD, ...");
		*ret_mask |= word->value;
		parser->at += 2;
	}
	return true;
}

/* The bytes of a GUID's text, whose first three fields are little-endian. */
static void
read_guid(const char *text, uint8_t guid[16])
{
	static const uint8_t places[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < 16; i++) {
		char digits[3] = { 0 };

		text += *text == '-';
		memcpy(digits, text, 2);
		guid[places[i]] = (uint8_t)strtoul(digits, NULL, 16);
		text += 2;
	}
}

/* A GUID or nothing, as an object entry's field. */
static bool
parse_guid(struct parser *parser, struct ace *ace, uint32_t bit, uint8_t guid[16])
{
	size_t length = strcspn(parser->at, "; \t\n)");

	if (length == 0)
		return true;
	if (!guid_is_text(parser->at, length) || *parser->at == '{')
		return expected(parser, "a GUID or \";\"");
	if (ace->type < ACCESS_ALLOWED_OBJECT_ACE_TYPE || ace->type > SYSTEM_ALARM_OBJECT_ACE_TYPE)
		return expected(parser, "\";\": only object entries have a GUID");
	ace->object_flags |= bit;
	read_guid(parser->at, guid);
	parser->at += length;
	return true;
}

static bool
parse_ace(struct parser *parser, struct acl_builder *acl)
{
	struct ace ace = { .known = true };

	if (!take(parser, '(', "\"(\"") || !parse_type(parser, &ace.type) ||
	    !take(parser, ';', "\";\" after the type") || !parse_flags(parser, &ace.flags) ||
	    !take(parser, ';', "\";\" after the flags") ||
	    !parse_rights(parser, ace.type, &ace.mask) ||
	    !take(parser, ';', "\";\" after the rights") ||
	    !parse_guid(parser, &ace, ACE_OBJECT_TYPE_PRESENT, ace.object_type) ||
	    !take(parser, ';', "\";\" after the object's type") ||
	    !parse_guid(
	        parser, &ace, ACE_INHERITED_OBJECT_TYPE_PRESENT, ace.inherited_object_type) ||
	    !take(parser, ';', "\";\" after the inheriting object's type") ||
	    !parse_sid(parser, &ace.sid))
		return false;
	skip_space(parser);
	if (*parser->at == ';')
		return fail(parser, ERROR_NOT_SUPPORTED,
		    "conditions and attributes after the SID are not supported");
	if (!take(parser, ')', "\")\" after the SID"))
		return false;
	acl_add(acl, &ace);
	if (acl->entries.size > ACL_SIZE_MAX)
		return fail(parser, ERROR_INVALID_PARAMETER, "the list is longer than 64 KiB");
	return true;
}

/* --- Lists --------------------------------------------------------------------------------------
 */

#define NULL_LIST "NO_ACCESS_CONTROL"

/* The flags of a whole list. For a SACL the bits are those of a DACL, one to the left. */
static void
parse_acl_flags(struct parser *parser, unsigned shift, struct acl_builder *acl, uint16_t *control)
{
	for (;; skip_space(parser)) {
		uint32_t bit;

		if (strncasecmp(parser->at, "AI", 2) == 0) {
			bit = SE_DACL_AUTO_INHERITED;
			parser->at += 2;
		} else if (strncasecmp(parser->at, "AR", 2) == 0) {
			bit = SE_DACL_AUTO_INHERIT_REQ;
			parser->at += 2;
		} else if (strncasecmp(parser->at, "P", 1) == 0) {
			bit = SE_DACL_PROTECTED;
			parser->at++;
		} else if (strncasecmp(parser->at, NULL_LIST, strlen(NULL_LIST)) == 0) {
			bit = 0;
			acl->null = true;
			parser->at += strlen(NULL_LIST);
		} else {
			return;
		}
		*control |= (uint16_t)(bit << shift);
	}
}

static bool
parse_acl(struct parser *parser, unsigned shift, struct acl_builder *acl, uint16_t *control)
{
	if (acl->present)
		return expected(parser, "each part once");
	acl->present = true;
	parse_acl_flags(parser, shift, acl, control);
	while (*parser->at == '(') {
		if (acl->null)
			return expected(parser, "no entries after " NULL_LIST);
		if (!parse_ace(parser, acl))
			return false;
	}
	return true;
}

static bool
parse_owner(struct parser *parser, bool *has, struct sid *sid)
{
	if (*has)
		return expected(parser, "each part once");
	*has = true;
	return parse_sid(parser, sid);
}

static bool
parse_part(struct parser *parser, struct descriptor_builder *builder)
{
	static const char parts[] = "O:, G:, D: or S:";
	char part = (char)toupper((unsigned char)*parser->at);

	if (part == '\0' || strchr("OGDS", part) == NULL || parser->at[1] != ':')
		return expected(parser, parts);
	parser->at += 2;
	skip_space(parser);
	switch (part) {
	case 'O':
		return parse_owner(parser, &builder->has_owner, &builder->owner);
	case 'G':
		return parse_owner(parser, &builder->has_group, &builder->group);
	case 'D':
		return parse_acl(parser, 0, &builder->dacl, &builder->control);
	default:
		return parse_acl(parser, 1, &builder->sacl, &builder->control);
	}
}

lstatus
sddl_parse(const char *text, struct buf *out, struct sddl_error *error)
{
	struct parser parser = { .text = text, .at = text, .error = error };
	struct descriptor_builder builder = { 0 };

	skip_space(&parser);
	while (*parser.at != '\0' && parse_part(&parser, &builder))
		skip_space(&parser);
	if (lstatus_ok(parser.status))
		parser.status = descriptor_build(&builder, out);
	descriptor_builder_release(&builder);
	return parser.status;
}
