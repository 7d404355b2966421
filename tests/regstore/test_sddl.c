/*
 * SIDs, descriptors and SDDL: what is read, what is written, what is refused and where.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/macro.h"
#include "regstore/security/descriptor.h"
#include "regstore/security/rights.h"
#include "regstore/security/sddl.h"
#include "tests/lib/host.h"

#define ALL_PARTS 15u

/* A text's descriptor; fails the test if it has none. */
static void
parse(const char *text, struct buf *out)
{
	struct sddl_error error = { 0 };

	if (!lstatus_ok(sddl_parse(text, out, &error)))
		fail_msg("%s: at %zu: %s", text, error.position, error.message);
}

static void
assert_text(const struct buf *descriptor, const char *expected)
{
	struct buf text = { 0 };

	assert_lstatus(
	    sddl_format(descriptor->data, descriptor->size, ALL_PARTS, &text), ERROR_SUCCESS);
	assert_string_equal(buf_text(&text), expected);
	buf_release(&text);
}

/* --- SIDs ---------------------------------------------------------------------------------------
 */

static void
a_sid_is_read_and_written_as_windows_does(void **state)
{
	static const char *const texts[] = { SID_EVERYONE, SID_SYSTEM, SID_ADMINISTRATORS,
		SID_HYPER_V_ADMINS, SID_ALL_APP_PACKAGES, SID_ADMINISTRATOR, "S-1-22-2-50133",
		"S-1-0x123456789ABC-1-4294967295", "S-1-4294967295-0",
		"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf text = { 0 };
		struct sid sid;
		struct sid again;

		assert_true(sid_parse(texts[i], &sid));
		sid_format(&sid, &text);
		assert_string_equal(buf_text(&text), texts[i]);
		assert_true(sid_read(sid.bytes, sid_size(&sid), &again));
		assert_true(sid_equal(&sid, &again));
		assert_false(sid_read(sid.bytes, sid_size(&sid) - 1, &again));
		buf_release(&text);
	}
}

static void
what_is_no_sid_is_refused(void **state)
{
	static const char *const texts[] = { "", "S", "S-1", "S-1-", "S-1-5", "S-2-5-18", "S-1-5-",
		"S-1-5-4294967296", "S-1-281474976710656-1", "S-1-0x1000000000000-1", "S-1-5-18x",
		"S-1-5--18", "S-1-5-+1", "S-1-5-18 ",
		"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16" };
	struct sid sid;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (sid_parse(texts[i], &sid))
			fail_msg("%s was taken for a SID", texts[i]);
	}
}

static void
a_sid_s_letters_and_its_text_mean_the_same(void **state)
{
	static const char *const rows[][2] = { { "SY", SID_SYSTEM }, { "BA", SID_ADMINISTRATORS },
		{ "BU", SID_USERS }, { "HA", "S-1-5-32-578" }, { "WD", SID_EVERYONE },
		{ "CO", SID_CREATOR_OWNER }, { "AU", SID_AUTHENTICATED_USERS },
		{ "NS", SID_NETWORK_SERVICE }, { "LS", SID_LOCAL_SERVICE },
		{ "RC", SID_RESTRICTED }, { "AC", SID_ALL_APP_PACKAGES },
		{ "LA", REGISTRY_USER_SID }, { "ER", "S-1-5-32-573" }, { "OW", SID_OWNER_RIGHTS } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sid sid;
		struct sid named;

		assert_true(sid_parse(rows[i][1], &sid));
		assert_true(sid_from_alias(rows[i][0], &named));
		assert_true(sid_equal(&sid, &named));
		assert_string_equal(sid_alias(&sid), rows[i][0]);
	}
}

/* --- Text there and back ------------------------------------------------------------------------
 */

static void
canonical_text_comes_back_the_same(void **state)
{
	static const char *const texts[] = {
		"",
		"O:BA",
		"D:",
		"D:P",
		"D:NO_ACCESS_CONTROL",
		"D:PNO_ACCESS_CONTROL",
		"S:AI",
		"O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;ER)S:P(AU;FA;GA;;;WD)(AU;SA;GWGX;;;WD)",
		"O:BAG:SYD:(A;;KR;;;WD)(A;;KA;;;BA)(A;;KA;;;SY)",
		"D:(A;;CCLCRPRC;;;WD)(A;;KA;;;BA)",
		"D:(A;;CCRPWPRC;;;WD)(A;;KA;;;BA)(A;;KA;;;AO)",
		"D:(A;;CCRPWPRC;;;WD)(A;;KA;;;S-1-5-21-1069531106-184984463-4116541046-512)",
		"O:S-1-5-21-536441700-3718478525-2547843259-1000G:S-1-22-2-50133"
		"D:(A;;0x1f019f;;;S-1-22-2-50133)(A;;0x1f019f;;;WD)(A;;KA;;;SY)",
		"O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CIIO;KA;;;CO)(A;CI;KR;;;AC)",
		"D:PARAI(A;OICINPIOID;KW;;;HA)S:PARAI(AU;OICISAFA;SDRCWDWO;;;WD)(AL;FA;KR;;;WD)",
		"D:(OA;CI;CR;00299570-246d-11d0-a768-00aa006e0529;"
		"bf967aba-0de6-11d0-a285-00aa003049e2;SY)(OD;;RP;;bf967aba-0de6-11d0-a285-"
		"00aa003049e2;WD)(OA;;WP;;;BA)",
		"S:(OU;SA;CC;;;WD)(OL;FA;DC;;;WD)(ML;CI;NWNR;;;HI)(SP;;;;;S-1-17-1)",
		"D:(D;;FA;;;AN)(A;;FR;;;BU)(A;;FW;;;BU)(A;;FX;;;BU)",
		"D:(A;;;;;WD)",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf descriptor = { 0 };

		parse(texts[i], &descriptor);
		assert_int_equal(
		    descriptor_size(descriptor.data, descriptor.size), descriptor.size);
		assert_text(&descriptor, texts[i]);
		buf_release(&descriptor);
	}
}

static void
other_spellings_are_read_and_written_canonically(void **state)
{
	static const char *const rows[][2] = {
		{ " O:ba g:sy d:pai ( a ; ci ; ka ; ; ; sy ) ", "O:BAG:SYD:PAI(A;CI;KA;;;SY)" },
		{ "D:(A;;KX;;;WD)", "D:(A;;KR;;;WD)" },
		{ "D:(A;;0xf003f;;;S-1-5-18)", "D:(A;;KA;;;SY)" },
		{ "D:(A;;983103;;;SY)", "D:(A;;KA;;;SY)" },
		{ "D:(A;;01;;;SY)", "D:(A;;CC;;;SY)" },
		{ "D:(A;IOCI;KRSD;;;SY)", "D:(A;CIIO;CCSWRPSDRC;;;SY)" },
		{ "S:(AU;FASA;KA;;;WD)D:AIP(A;;KA;;;SY)G:BAO:SY",
		    "O:SYG:BAD:PAI(A;;KA;;;SY)S:(AU;SAFA;KA;;;WD)" },
		{ "D:(A;;GXGWGRGA;;;SY)", "D:(A;;GAGRGWGX;;;SY)" },
		{ "O:S-1-5-18D:(A;;KA;;;S-1-5-32-544)", "O:SYD:(A;;KA;;;BA)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf descriptor = { 0 };

		parse(rows[i][0], &descriptor);
		assert_text(&descriptor, rows[i][1]);
		buf_release(&descriptor);
	}
}

/* The bytes are Windows': lists first, then owner and group. */
static void
a_descriptor_s_bytes_are_windows_own(void **state)
{
	static const uint8_t expected[] = { 1, 0, 4, 0x80, 0x5c, 0, 0, 0, 0x6c, 0, 0, 0, 0, 0, 0, 0,
		20, 0, 0, 0, 2, 0, 72, 0, 3, 0, 0, 0, 0, 0, 20, 0, 25, 0, 2, 0, 1, 1, 0, 0, 0, 0, 0,
		1, 0, 0, 0, 0, 0, 0, 24, 0, 63, 0, 15, 0, 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32,
		2, 0, 0, 0, 0, 20, 0, 63, 0, 15, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, 1, 2, 0, 0,
		0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0 };
	struct buf descriptor = { 0 };

	(void)state;
	parse("O:BAG:SYD:(A;;KR;;;WD)(A;;KA;;;BA)(A;;KA;;;SY)", &descriptor);
	assert_int_equal(descriptor.size, sizeof(expected));
	assert_memory_equal(descriptor.data, expected, sizeof(expected));
	buf_release(&descriptor);
}

static void
malformed_text_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text;
		enum win32_code code;
		size_t position;
	} rows[] = {
		{ "X:BA", ERROR_INVALID_PARAMETER, 0 },
		{ "O:", ERROR_INVALID_PARAMETER, 2 },
		{ "O:ZZ", ERROR_INVALID_PARAMETER, 2 },
		{ "O:BAO:BA", ERROR_INVALID_PARAMETER, 6 },
		{ "O:S-1-5", ERROR_INVALID_PARAMETER, 2 },
		{ "D:Q", ERROR_INVALID_PARAMETER, 2 },
		{ "D:D:", ERROR_INVALID_PARAMETER, 4 },
		{ "D:(", ERROR_INVALID_PARAMETER, 3 },
		{ "D:()", ERROR_INVALID_PARAMETER, 3 },
		{ "D:(Q;;KA;;;SY)", ERROR_INVALID_PARAMETER, 3 },
		{ "D:(A;ZZ;KA;;;SY)", ERROR_INVALID_PARAMETER, 5 },
		{ "D:(A;C;KA;;;SY)", ERROR_INVALID_PARAMETER, 5 },
		{ "D:(A;;ZZ;;;SY)", ERROR_INVALID_PARAMETER, 6 },
		{ "D:(A;;KAK;;;SY)", ERROR_INVALID_PARAMETER, 8 },
		{ "D:(A;;0x100000000;;;SY)", ERROR_INVALID_PARAMETER, 6 },
		{ "D:(A;;-1;;;SY)", ERROR_INVALID_PARAMETER, 6 },
		{ "D:(A;;KA;;SY)", ERROR_INVALID_PARAMETER, 10 },
		{ "D:(A;;KA;;;)", ERROR_INVALID_PARAMETER, 11 },
		{ "D:(A;;KA;;;SY", ERROR_INVALID_PARAMETER, 13 },
		{ "D:(A;;KA;;;SY))", ERROR_INVALID_PARAMETER, 14 },
		{ "D:(OA;;KA;1234;;SY)", ERROR_INVALID_PARAMETER, 10 },
		{ "D:(A;;KA;00299570-246d-11d0-a768-00aa006e0529;;SY)", ERROR_INVALID_PARAMETER,
		    9 },
		{ "D:NO_ACCESS_CONTROL(A;;KA;;;SY)", ERROR_INVALID_PARAMETER, 19 },
		{ "D:(XA;;KA;;;WD;(Member_of {SID(BA)}))", ERROR_NOT_SUPPORTED, 3 },
		{ "D:(XD;;KA;;;WD;(a))", ERROR_NOT_SUPPORTED, 3 },
		{ "S:(XU;SA;KA;;;WD;(a))", ERROR_NOT_SUPPORTED, 3 },
		{ "D:(ZA;;KA;;;WD;(a))", ERROR_NOT_SUPPORTED, 3 },
		{ "S:(RA;CI;;;;WD;(\"a\",TS,0,\"b\"))", ERROR_NOT_SUPPORTED, 3 },
		{ "D:(A;;KA;;;WD;(a))", ERROR_NOT_SUPPORTED, 13 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sddl_error error = { 0 };
		struct buf out = { 0 };

		assert_lstatus(sddl_parse(rows[i].text, &out, &error), rows[i].code);
		if (error.position != rows[i].position || error.message[0] == '\0')
			fail_msg("%s: at %zu: %s; expected at %zu", rows[i].text, error.position,
			    error.message, rows[i].position);
		assert_int_equal(out.size, 0);
		assert_lstatus(sddl_parse(rows[i].text, &out, NULL), rows[i].code);
		buf_release(&out);
	}
}

static void
a_list_over_64_kib_is_refused(void **state)
{
	struct buf text = { 0 };
	struct buf out = { 0 };
	struct sddl_error error = { 0 };

	(void)state;
	buf_append_text(&text, "D:");
	for (size_t i = 0; i < 3276; i++)
		buf_append_text(&text, "(A;;KA;;;SY)");
	parse(buf_text(&text), &out); /* 3,276 entries of 20 bytes and the header: 65,528 */
	buf_append_text(&text, "(A;;KA;;;SY)");
	assert_lstatus(sddl_parse(buf_text(&text), &out, &error), ERROR_INVALID_PARAMETER);
	buf_release(&text);
	buf_release(&out);
}

/* --- Random descriptors -------------------------------------------------------------------------
 */

static uint32_t seed = 2463534242u;

static uint32_t
random_number(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return below > 0 ? seed % below : 0;
}

static void
random_sid(struct sid *sid)
{
	struct buf text = { 0 };

	buf_printf(&text, "S-1-%u", random_number(3) == 0 ? random_number(1000000) : 5);
	for (uint32_t i = 1 + random_number(SID_AUTHORITIES_MAX); i > 0; i--)
		buf_printf(&text, "-%u", random_number(2) != 0 ? random_number(600) : seed);
	assert_true(sid_parse(buf_text(&text), sid));
	buf_release(&text);
}

static void
random_list(struct acl_builder *acl)
{
	static const uint8_t types[] = { 0, 0, 1, 2, 3, 5, 6, 7, 8, 0x11, 0x13 };
	static const uint32_t masks[] = { KEY_READ, KEY_WRITE, KEY_ALL_ACCESS, 0, 0x1f019f };

	acl->present = random_number(4) != 0;
	acl->null = acl->present && random_number(8) == 0;
	for (uint32_t i = random_number(6); acl->present && !acl->null && i > 0; i--) {
		struct ace ace = { .known = true };

		ace.type = types[random_number(ARRAY_SIZE(types))];
		ace.flags = (uint8_t)random_number(256);
		ace.mask = random_number(2) != 0 ? masks[random_number(ARRAY_SIZE(masks))]
		                                 : random_number(UINT32_MAX);
		if (ace.type >= 5 && ace.type <= 8)
			ace.object_flags = random_number(4);
		for (size_t j = 0; j < 16; j++) {
			if ((ace.object_flags & ACE_OBJECT_TYPE_PRESENT) != 0)
				ace.object_type[j] = (uint8_t)random_number(256);
			if ((ace.object_flags & ACE_INHERITED_OBJECT_TYPE_PRESENT) != 0)
				ace.inherited_object_type[j] = (uint8_t)random_number(256);
		}
		random_sid(&ace.sid);
		acl_add(acl, &ace);
	}
}

static void
random_descriptor(struct buf *out)
{
	struct descriptor_builder builder = { 0 };

	builder.has_owner = random_number(4) != 0;
	builder.has_group = random_number(4) != 0;
	random_sid(&builder.owner);
	random_sid(&builder.group);
	random_list(&builder.dacl);
	random_list(&builder.sacl);
	/* Without a list its flags have no place in the text. */
	if (builder.dacl.present)
		builder.control |= (uint16_t)(random_number(65536) & 0x1500);
	if (builder.sacl.present)
		builder.control |= (uint16_t)(random_number(65536) & 0x2a00);
	assert_lstatus(descriptor_build(&builder, out), ERROR_SUCCESS);
	descriptor_builder_release(&builder);
}

static void
random_descriptors_survive_their_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		struct buf descriptor = { 0 };
		struct buf again = { 0 };
		struct buf text = { 0 };

		random_descriptor(&descriptor);
		assert_lstatus(
		    sddl_format(descriptor.data, descriptor.size, ALL_PARTS, &text), ERROR_SUCCESS);
		parse(buf_text(&text), &again);
		if (again.size != descriptor.size ||
		    memcmp(again.data, descriptor.data, again.size) != 0)
			fail_msg("%s does not come back", buf_text(&text));
		buf_release(&descriptor);
		buf_release(&again);
		buf_release(&text);
	}
}

/* Read every entry, as an access check does. */
static void
walk(const uint8_t *data, size_t size)
{
	struct descriptor descriptor;
	struct buf text = { 0 };
	struct ace ace;

	if (descriptor_read(data, size, &descriptor)) {
		for (size_t at = 0; acl_next(&descriptor.dacl, &at, &ace);)
			assert_true(ace.extra_size <= size);
		for (size_t at = 0; acl_next(&descriptor.sacl, &at, &ace);)
			assert_true(ace.extra_size <= size);
		assert_true(descriptor_size(data, size) <= size);
	}
	(void)sddl_format(data, size, ALL_PARTS, &text);
	buf_release(&text);
}

/* In a block of its own size, so that a read beyond it is seen by the sanitizers. */
static void
walk_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	assert_non_null(copy);
	memcpy(copy, data, size);
	walk(copy, size);
	free(copy);
}

static void
damaged_descriptors_are_refused_or_read_within_their_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < 300; i++) {
		struct buf descriptor = { 0 };

		random_descriptor(&descriptor);
		for (size_t size = 0; size < descriptor.size; size++)
			walk_copy(descriptor.data, size);
		for (size_t j = 0; j < 200; j++) {
			size_t at = random_number((uint32_t)descriptor.size);
			uint8_t before = descriptor.data[at];

			descriptor.data[at] = (uint8_t)random_number(256);
			walk_copy(descriptor.data, descriptor.size);
			if (random_number(2) == 0)
				descriptor.data[at] = before;
		}
		buf_release(&descriptor);
	}
}

static void
each_malformed_place_is_refused(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t byte;
	} rows[] = {
		{ "revision", 0, 2 },
		{ "not self-relative", 3, 0 },
		{ "owner inside the header", 4, 4 },
		{ "owner beyond the end", 5, 0xff },
		{ "group beyond the end", 11, 0x7f },
		{ "list inside the header", 16, 8 },
		{ "list beyond the end", 17, 1 },
		{ "list's revision", 20, 1 },
		{ "list's revision", 20, 5 },
		{ "list's size under its header", 22, 4 },
		{ "list's size beyond the end", 23, 1 },
		{ "more entries than fit", 24, 9 },
		{ "entry's size 0", 30, 0 },
		{ "entry's size odd", 30, 21 },
		{ "entry's size under its SID", 30, 16 },
		{ "entry's size beyond the list", 30, 200 },
		{ "entry's SID revision", 36, 2 },
		{ "entry's SID too long", 37, 16 },
		{ "entry's SID longer than the entry", 37, 2 },
	};
	struct descriptor parts;
	struct buf good = { 0 };
	struct buf out = { 0 };

	(void)state;
	parse("O:BAG:SYD:(A;;KR;;;WD)(A;;KA;;;BA)", &good);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t before = good.data[rows[i].at];

		good.data[rows[i].at] = rows[i].byte;
		if (descriptor_read(good.data, good.size, &parts))
			fail_msg("taken in spite of: %s", rows[i].what);
		assert_lstatus(sddl_format(good.data, good.size, ALL_PARTS, &out),
		    ERROR_INVALID_SECURITY_DESCR);
		good.data[rows[i].at] = before;
	}
	assert_true(descriptor_read(good.data, good.size, &parts));
	buf_release(&good);
	buf_release(&out);
}

static void
parts_are_taken_out_and_put_in(void **state)
{
	struct buf whole = { 0 };
	struct buf other = { 0 };
	struct buf part = { 0 };

	(void)state;
	parse("O:BAG:SYD:P(A;;KA;;;SY)S:AI(AU;SA;KA;;;WD)", &whole);
	parse("O:LAG:BUD:AI(A;;KR;;;BU)", &other);
	assert_lstatus(descriptor_extract(whole.data, whole.size,
	                   OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &part),
	    ERROR_SUCCESS);
	assert_text(&part, "O:BAD:P(A;;KA;;;SY)");
	buf_clear(&part);
	assert_lstatus(descriptor_replace(whole.data, whole.size, other.data, other.size,
	                   GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &part),
	    ERROR_SUCCESS);
	assert_text(&part, "O:BAG:BUD:AI(A;;KR;;;BU)S:AI(AU;SA;KA;;;WD)");
	buf_clear(&part);
	assert_lstatus(descriptor_replace(whole.data, whole.size, other.data, other.size,
	                   SACL_SECURITY_INFORMATION, &part),
	    ERROR_SUCCESS);
	assert_text(&part, "O:BAG:SYD:P(A;;KA;;;SY)");
	buf_clear(&part);
	assert_lstatus(
	    descriptor_extract(whole.data, 10, ALL_PARTS, &part), ERROR_INVALID_SECURITY_DESCR);
	buf_release(&whole);
	buf_release(&other);
	buf_release(&part);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sid_is_read_and_written_as_windows_does),
		cmocka_unit_test(what_is_no_sid_is_refused),
		cmocka_unit_test(a_sid_s_letters_and_its_text_mean_the_same),
		cmocka_unit_test(canonical_text_comes_back_the_same),
		cmocka_unit_test(other_spellings_are_read_and_written_canonically),
		cmocka_unit_test(a_descriptor_s_bytes_are_windows_own),
		cmocka_unit_test(malformed_text_is_refused_with_its_place),
		cmocka_unit_test(a_list_over_64_kib_is_refused),
		cmocka_unit_test(random_descriptors_survive_their_text),
		cmocka_unit_test(damaged_descriptors_are_refused_or_read_within_their_bounds),
		cmocka_unit_test(each_malformed_place_is_refused),
		cmocka_unit_test(parts_are_taken_out_and_put_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
