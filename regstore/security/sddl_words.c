/*
 * SDDL's words: MS-DTYP 2.5.1.1, sddl.h.
 */
#include "regstore/security/sddl_words.h"

#include <strings.h>

#include "regstore/security/access.h"
#include "regstore/security/rights.h"

const struct sddl_word sddl_types[] = {
	{ "A", ACCESS_ALLOWED_ACE_TYPE },
	{ "D", ACCESS_DENIED_ACE_TYPE },
	{ "AU", SYSTEM_AUDIT_ACE_TYPE },
	{ "AL", SYSTEM_ALARM_ACE_TYPE },
	{ "OA", ACCESS_ALLOWED_OBJECT_ACE_TYPE },
	{ "OD", ACCESS_DENIED_OBJECT_ACE_TYPE },
	{ "OU", SYSTEM_AUDIT_OBJECT_ACE_TYPE },
	{ "OL", SYSTEM_ALARM_OBJECT_ACE_TYPE },
	{ "ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE },
	{ "SP", SYSTEM_SCOPED_POLICY_ID_ACE_TYPE },
	{ "XA", ACCESS_ALLOWED_CALLBACK_ACE_TYPE },
	{ "XD", ACCESS_DENIED_CALLBACK_ACE_TYPE },
	{ "XU", SYSTEM_AUDIT_CALLBACK_ACE_TYPE },
	{ "ZA", ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE },
	{ "RA", SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE },
	{ "", 0 },
};

const struct sddl_word sddl_flags[] = {
	{ "OI", OBJECT_INHERIT_ACE },
	{ "CI", CONTAINER_INHERIT_ACE },
	{ "NP", NO_PROPAGATE_INHERIT_ACE },
	{ "IO", INHERIT_ONLY_ACE },
	{ "ID", INHERITED_ACE },
	{ "CR", CRITICAL_ACE_FLAG },
	{ "SA", SUCCESSFUL_ACCESS_ACE_FLAG },
	{ "FA", FAILED_ACCESS_ACE_FLAG },
	{ "", 0 },
};

const struct sddl_word sddl_rights[] = {
	{ "CC", 0x00000001 },
	{ "DC", 0x00000002 },
	{ "LC", 0x00000004 },
	{ "SW", 0x00000008 },
	{ "RP", 0x00000010 },
	{ "WP", 0x00000020 },
	{ "DT", 0x00000040 },
	{ "LO", 0x00000080 },
	{ "CR", 0x00000100 },
	{ "SD", ACCESS_DELETE },
	{ "RC", READ_CONTROL },
	{ "WD", WRITE_DAC },
	{ "WO", WRITE_OWNER },
	{ "GA", GENERIC_ALL },
	{ "GR", GENERIC_READ },
	{ "GW", GENERIC_WRITE },
	{ "GX", GENERIC_EXECUTE },
	{ "", 0 },
};

/* KX is KR: the mask of both is one. */
const struct sddl_word sddl_masks[] = {
	{ "KA", KEY_ALL_ACCESS },
	{ "KR", KEY_READ },
	{ "KX", KEY_EXECUTE },
	{ "KW", KEY_WRITE },
	{ "FA", 0x001f01ff },
	{ "FR", 0x00120089 },
	{ "FW", 0x00120116 },
	{ "FX", 0x001200a0 },
	{ "", 0 },
};

const struct sddl_word sddl_labels[] = {
	{ "NW", 1 },
	{ "NR", 2 },
	{ "NX", 4 },
	{ "", 0 },
};

const struct sddl_word *
sddl_word_named(const struct sddl_word *words, const char *letters)
{
	for (; words->letters[0] != '\0'; words++) {
		if (strcasecmp(words->letters, letters) == 0)
			return words;
	}
	return NULL;
}

const struct sddl_word *
sddl_word_valued(const struct sddl_word *words, uint32_t value)
{
	for (; words->letters[0] != '\0'; words++) {
		if (words->value == value)
			return words;
	}
	return NULL;
}
