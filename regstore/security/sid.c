/*
 * SIDs as bytes and as text (MS-DTYP 2.4.2), and SDDL's two letters for well-known ones (2.5.1.1).
 */
#include "regstore/security/sid.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define REVISION      1u
#define AUTHORITY_MAX 0xffffffffffffull

size_t
sid_size(const struct sid *sid)
{
	return SID_SIZE_MIN + 4u * (size_t)sid->bytes[1];
}

bool
sid_read(const void *data, size_t size, struct sid *ret_sid)
{
	const uint8_t *bytes = data;
	size_t needed;

	if (size < SID_SIZE_MIN || bytes[0] != REVISION || bytes[1] > SID_AUTHORITIES_MAX)
		return false;
	needed = SID_SIZE_MIN + 4u * (size_t)bytes[1];
	if (needed > size)
		return false;
	memset(ret_sid, 0, sizeof(*ret_sid));
	memcpy(ret_sid->bytes, bytes, needed);
	return true;
}

/* A decimal number, or a hexadecimal one after 0x; moves *text behind it. */
static bool
read_number(const char **text, const char *end, uint64_t max, uint64_t *ret_number)
{
	const char *at = *text;
	unsigned base = 10;
	uint64_t number = 0;
	const char *first;

	if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
		base = 16;
		at += 2;
	}
	for (first = at; at < end && isxdigit((unsigned char)*at); at++) {
		unsigned digit = isdigit((unsigned char)*at)
		                     ? (unsigned)(*at - '0')
		                     : (unsigned)(tolower((unsigned char)*at) - 'a') + 10;

		if (digit >= base)
			break;
		number = number * base + digit;
		if (number > max)
			return false;
	}
	if (at == first)
		return false;
	*text = at;
	*ret_number = number;
	return true;
}

bool
sid_parse_n(const char *text, size_t length, struct sid *ret_sid)
{
	const char *end = text + length;
	struct sid sid = { { REVISION } };
	uint64_t number = 0;

	if (length < 4 || strncasecmp(text, "S-1-", 4) != 0)
		return false;
	text += 4;
	if (!read_number(&text, end, AUTHORITY_MAX, &number))
		return false;
	for (unsigned i = 0; i < 6; i++)
		sid.bytes[2 + i] = (uint8_t)(number >> (8 * (5 - i)));
	while (text < end) {
		uint8_t *at = sid.bytes + sid_size(&sid);

		if (*text++ != '-' || sid.bytes[1] == SID_AUTHORITIES_MAX ||
		    !read_number(&text, end, UINT32_MAX, &number))
			return false;
		for (unsigned i = 0; i < 4; i++)
			at[i] = (uint8_t)(number >> (8 * i));
		sid.bytes[1]++;
	}
	/* A SID without any sub-authority is none that Windows would read. */
	if (sid.bytes[1] == 0)
		return false;
	*ret_sid = sid;
	return true;
}

bool
sid_parse(const char *text, struct sid *ret_sid)
{
	return sid_parse_n(text, strlen(text), ret_sid);
}

void
sid_format(const struct sid *sid, struct buf *out)
{
	const uint8_t *at = sid->bytes + SID_SIZE_MIN;
	uint64_t authority = 0;

	for (unsigned i = 0; i < 6; i++)
		authority = authority << 8 | sid->bytes[2 + i];
	if (authority > UINT32_MAX)
		buf_printf(out, "S-%u-0x%llX", sid->bytes[0], (unsigned long long)authority);
	else
		buf_printf(out, "S-%u-%llu", sid->bytes[0], (unsigned long long)authority);
	for (unsigned i = 0; i < sid->bytes[1]; i++, at += 4) {
		uint32_t number = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
		                  (uint32_t)at[3] << 24;

		buf_printf(out, "-%u", (unsigned)number);
	}
}

bool
sid_equal(const struct sid *left, const struct sid *right)
{
	return memcmp(left->bytes, right->bytes, sid_size(left)) == 0;
}

bool
sid_is(const struct sid *sid, const char *text)
{
	struct sid other;

	return sid_parse(text, &other) && sid_equal(sid, &other);
}

/* SDDL's letters. Where two rows have one SID, the first is the one that is written. */
static const struct {
	char letters[3];
	const char *text;
} aliases[] = {
	{ "AA", "S-1-5-32-579" },
	{ "AC", SID_ALL_APP_PACKAGES },
	{ "AN", SID_ANONYMOUS },
	{ "AO", "S-1-5-32-548" },
	{ "AP", SID_MACHINE "-525" },
	{ "AS", "S-1-18-1" },
	{ "AU", SID_AUTHENTICATED_USERS },
	{ "BA", SID_ADMINISTRATORS },
	{ "BG", "S-1-5-32-546" },
	{ "BO", "S-1-5-32-551" },
	{ "BU", SID_USERS },
	{ "CA", SID_MACHINE "-517" },
	{ "CD", "S-1-5-32-574" },
	{ "CG", SID_CREATOR_GROUP },
	{ "CN", SID_MACHINE "-522" },
	{ "CO", SID_CREATOR_OWNER },
	{ "CY", "S-1-5-32-569" },
	{ "DA", SID_MACHINE "-512" },
	{ "DC", SID_MACHINE "-515" },
	{ "DD", SID_MACHINE "-516" },
	{ "DG", SID_MACHINE "-514" },
	{ "DU", SID_MACHINE_USERS },
	{ "EA", SID_MACHINE "-519" },
	{ "ED", "S-1-5-9" },
	{ "EK", SID_MACHINE "-527" },
	{ "ER", "S-1-5-32-573" },
	{ "ES", "S-1-5-32-576" },
	{ "HA", SID_HYPER_V_ADMINS },
	{ "HI", "S-1-16-12288" },
	{ "IS", "S-1-5-32-568" },
	{ "IU", SID_INTERACTIVE },
	{ "KA", SID_MACHINE "-526" },
	{ "LA", SID_ADMINISTRATOR },
	{ "LG", SID_MACHINE "-501" },
	{ "LS", SID_LOCAL_SERVICE },
	{ "LU", "S-1-5-32-559" },
	{ "LW", "S-1-16-4096" },
	{ "ME", "S-1-16-8192" },
	{ "MP", "S-1-16-8448" },
	{ "MS", "S-1-5-32-577" },
	{ "MU", "S-1-5-32-558" },
	{ "NO", "S-1-5-32-556" },
	{ "NS", SID_NETWORK_SERVICE },
	{ "NU", SID_NETWORK },
	{ "OW", SID_OWNER_RIGHTS },
	{ "PA", SID_MACHINE "-520" },
	{ "PO", "S-1-5-32-550" },
	{ "PS", "S-1-5-10" },
	{ "PU", "S-1-5-32-547" },
	{ "RA", "S-1-5-32-575" },
	{ "RC", SID_RESTRICTED },
	{ "RD", "S-1-5-32-555" },
	{ "RE", "S-1-5-32-552" },
	{ "RM", "S-1-5-32-580" },
	{ "RO", SID_MACHINE "-498" },
	{ "RS", SID_MACHINE "-553" },
	{ "RU", "S-1-5-32-554" },
	{ "SA", SID_MACHINE "-518" },
	{ "SI", "S-1-16-16384" },
	{ "SO", "S-1-5-32-549" },
	{ "SS", "S-1-18-2" },
	{ "SU", "S-1-5-6" },
	{ "SY", SID_SYSTEM },
	{ "UD", "S-1-5-84-0-0-0-0-0" },
	{ "WD", SID_EVERYONE },
	{ "WR", "S-1-5-33" },
};

bool
sid_from_alias(const char *letters, struct sid *ret_sid)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strncasecmp(letters, aliases[i].letters, 2) == 0)
			return sid_parse(aliases[i].text, ret_sid);
	}
	return false;
}

const char *
sid_alias(const struct sid *sid)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (sid_is(sid, aliases[i].text))
			return aliases[i].letters;
	}
	return NULL;
}
