/*
 * Tokens, the access check, and the descriptors of new keys.
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
#include "regstore/security/access.h"
#include "regstore/security/descriptor.h"
#include "regstore/security/rights.h"
#include "regstore/security/sddl.h"
#include "tests/lib/host.h"

static void
parse(const char *text, struct buf *out)
{
	struct sddl_error error = { 0 };

	if (!lstatus_ok(sddl_parse(text, out, &error)))
		fail_msg("%s: at %zu: %s", text, error.position, error.message);
}

static struct token
token_of(const char *name)
{
	struct token token;

	if (!token_named(name, &token))
		fail_msg("%s names no token", name);
	return token;
}

/* What the token is granted by an SDDL text; 0 for nothing. */
static uint32_t
granted(const char *sddl, const char *name, uint32_t desired)
{
	struct token token = token_of(name);
	struct buf descriptor = { 0 };
	uint32_t rights = 0xdeadbeef;
	lstatus status;

	parse(sddl, &descriptor);
	status = security_access_check(descriptor.data, descriptor.size, &token, desired, &rights);
	buf_release(&descriptor);
	if (lstatus_ok(status))
		return rights;
	assert_lstatus(status, ERROR_ACCESS_DENIED);
	assert_int_equal(rights, 0xdeadbeef);
	return 0;
}

/* --- Tokens -------------------------------------------------------------------------------------
 */

static bool
member(const struct token *token, const char *text)
{
	struct sid sid;

	assert_true(sid_parse(text, &sid));
	return token_has(token, &sid);
}

static void
each_named_token_has_its_groups_and_privileges(void **state)
{
	struct token token = token_of("system");

	(void)state;
	assert_true(sid_is(&token.user, SID_SYSTEM));
	assert_true(sid_is(&token.owner, SID_ADMINISTRATORS));
	assert_true(sid_is(&token.primary_group, SID_SYSTEM));
	assert_true(member(&token, SID_ADMINISTRATORS));
	assert_true(member(&token, SID_EVERYONE));
	assert_false(member(&token, SID_USERS));
	assert_int_equal(token.privileges, PRIVILEGE_ALL);
	token = token_of("Administrator");
	assert_true(sid_is(&token.user, REGISTRY_USER_SID));
	assert_true(sid_is(&token.owner, SID_ADMINISTRATORS));
	assert_true(sid_is(&token.primary_group, SID_MACHINE_USERS));
	assert_int_equal(token.privileges, PRIVILEGE_ALL);
	token = token_of("hyperv-administrator");
	assert_true(member(&token, SID_HYPER_V_ADMINS));
	assert_false(member(&token, SID_ADMINISTRATORS));
	assert_true(sid_equal(&token.user, &token.owner));
	assert_int_equal(token.privileges, 0);
	token = token_of("user");
	assert_true(member(&token, SID_USERS));
	assert_true(member(&token, SID_AUTHENTICATED_USERS));
	assert_false(member(&token, SID_HYPER_V_ADMINS));
}

static void
a_list_makes_a_token_and_nonsense_none(void **state)
{
	static const char *const wrong[] = { "", " ,", "root", "S-1-5", "ZZ", "BA,SeNothing",
		"SeBackupPrivilege" };
	struct token token = token_of("S-1-5-21-1-2-3-1000, BU SeBackupPrivilege");
	struct buf many = { 0 };

	(void)state;
	assert_true(sid_is(&token.user, "S-1-5-21-1-2-3-1000"));
	assert_true(member(&token, SID_USERS));
	assert_int_equal(token.privileges, PRIVILEGE_BACKUP);
	assert_false(member(&(struct token){ .user = token.user }, SID_USERS));
	token = token_of("AN");
	assert_true(member(&token, SID_EVERYONE));
	assert_false(member(&token, SID_AUTHENTICATED_USERS));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (token_named(wrong[i], &token))
			fail_msg("\"%s\" names a token", wrong[i]);
	}
	buf_append_text(&many, "S-1-5-1000");
	for (size_t i = 0; i < TOKEN_GROUPS_MAX + 1; i++)
		buf_printf(&many, ",S-1-5-%zu", 2000 + i);
	assert_false(token_named(buf_text(&many), &token));
	buf_release(&many);
}

static void
the_current_token_comes_from_the_environment(void **state)
{
	struct token token;

	(void)state;
	unsetenv("HVEMU_TOKEN");
	assert_true(token_current(&token));
	assert_true(sid_is(&token.user, SID_SYSTEM));
	setenv("HVEMU_TOKEN", "user", 1);
	assert_true(token_current(&token));
	assert_true(sid_is(&token.user, TOKEN_PLAIN_USER));
	setenv("HVEMU_TOKEN", "nobody at all", 1);
	assert_false(token_current(&token));
	assert_true(sid_is(&token.user, SID_ANONYMOUS));
	unsetenv("HVEMU_TOKEN");
}

/* --- The access check ---------------------------------------------------------------------------
 */

#define SOFTWARE                                                                                   \
	"O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CIIO;KA;;;CO)(A;CI;KR;;;BU)(A;CI;KR;;;AC)"
#define SECRET "O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CI;RCWD;;;BA)"

static void
each_role_has_the_rights_that_each_descriptor_gives(void **state)
{
	static const char *const roles[] = { "system", "administrator", "hyperv-administrator",
		"user", "local-service", "AN" };
	static const uint32_t rights[] = { KEY_QUERY_VALUE, KEY_SET_VALUE, KEY_CREATE_SUB_KEY,
		KEY_ENUMERATE_SUB_KEYS, KEY_READ, KEY_WRITE, KEY_ALL_ACCESS, READ_CONTROL,
		WRITE_DAC, ACCESS_DELETE };
	/* Of each role, in that order: which of the rights. */
	static const struct {
		const char *sddl;
		const char *expected[ARRAY_SIZE(roles)];
	} rows[] = {
		{ SOFTWARE, { "1111111111", "1111111111", "1001100100", "1001100100", "1001100100",
		                "0000000000" } },
		{ SECRET, { "1111111111", "0000000110", "0000000000", "0000000000", "0000000000",
		              "0000000000" } },
		{ "O:SYD:(A;;KA;;;HA)", { "0000000110", "0000000000", "1111111111", "0000000000",
		                            "0000000000", "0000000000" } },
		{ "O:BAD:(D;;KW;;;BU)(A;;KA;;;WD)",
		    { "1111111111", "1001100111", "1001000011", "1001000011", "1001000011",
		        "1111111111" } },
		{ "O:BAD:(A;;KA;;;WD)(D;;KA;;;WD)",
		    { "1111111111", "1111111111", "1111111111", "1111111111", "1111111111",
		        "1111111111" } },
		{ "O:BAD:", { "0000000110", "0000000110", "0000000000", "0000000000", "0000000000",
		                "0000000000" } },
		{ "O:BAD:NO_ACCESS_CONTROL", { "1111111111", "1111111111", "1111111111",
		                                 "1111111111", "1111111111", "1111111111" } },
		{ "O:BA", { "1111111111", "1111111111", "1111111111", "1111111111", "1111111111",
		              "1111111111" } },
		{ "O:BAD:(A;;GR;;;WD)(A;;GW;;;HA)(A;;GX;;;BU)(A;;GA;;;SY)",
		    { "1111111111", "1001100110", "1111110100", "1001100100", "1001100100",
		        "1001100100" } },
		{ "O:BAD:(A;;KR;;;OW)(A;;KA;;;SY)",
		    { "1111111111", "1001100100", "0000000000", "0000000000", "0000000000",
		        "0000000000" } },
		{ "O:BAD:(A;IO;KA;;;WD)(D;IO;KA;;;SY)(A;;KR;;;SY)",
		    { "1001100110", "0000000110", "0000000000", "0000000000", "0000000000",
		        "0000000000" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(roles); j++) {
			char found[ARRAY_SIZE(rights) + 1] = { 0 };

			for (size_t k = 0; k < ARRAY_SIZE(rights); k++)
				found[k] = granted(rows[i].sddl, roles[j], rights[k]) == rights[k]
				               ? '1'
				               : '0';
			if (strcmp(found, rows[i].expected[j]) != 0)
				fail_msg("%s, %s: %s, expected %s", rows[i].sddl, roles[j], found,
				    rows[i].expected[j]);
		}
	}
}

static void
maximum_allowed_gives_all_that_there_is(void **state)
{
	(void)state;
	assert_int_equal(granted(SOFTWARE, "user", MAXIMUM_ALLOWED), KEY_READ);
	assert_int_equal(granted(SECRET, "AN", MAXIMUM_ALLOWED), 0);
	/* The owner through a group, and the privilege to take ownership. */
	assert_int_equal(
	    granted(SECRET, "S-1-5-1000,BA", MAXIMUM_ALLOWED), READ_CONTROL | WRITE_DAC);
	assert_int_equal(granted(SECRET, "administrator", MAXIMUM_ALLOWED),
	    READ_CONTROL | WRITE_DAC | WRITE_OWNER);
	assert_int_equal(granted(SOFTWARE, "user", MAXIMUM_ALLOWED | KEY_QUERY_VALUE), KEY_READ);
	assert_int_equal(granted(SOFTWARE, "user", MAXIMUM_ALLOWED | KEY_SET_VALUE), 0);
	assert_int_equal(
	    granted("D:NO_ACCESS_CONTROL", "user", MAXIMUM_ALLOWED), KEY_ALL_ACCESS | SYNCHRONIZE);
}

static void
generic_rights_are_those_of_keys(void **state)
{
	(void)state;
	assert_int_equal(security_map_generic(GENERIC_READ), KEY_READ);
	assert_int_equal(security_map_generic(GENERIC_WRITE), KEY_WRITE);
	assert_int_equal(security_map_generic(GENERIC_EXECUTE), KEY_EXECUTE);
	assert_int_equal(security_map_generic(GENERIC_ALL), KEY_ALL_ACCESS);
	assert_int_equal(
	    security_map_generic(GENERIC_READ | ACCESS_DELETE), KEY_READ | ACCESS_DELETE);
	assert_int_equal(granted(SOFTWARE, "user", GENERIC_READ), KEY_READ);
	assert_int_equal(granted(SOFTWARE, "user", GENERIC_WRITE), 0);
	assert_int_equal(granted(SOFTWARE, "user", GENERIC_READ | KEY_WOW64_32KEY), KEY_READ);
	assert_int_equal(granted(SOFTWARE, "system", 0), 0);
}

static void
privileges_give_what_entries_cannot(void **state)
{
	struct token token = token_of("system");

	(void)state;
	assert_int_equal(granted(SECRET, "BU,SeTakeOwnershipPrivilege", WRITE_OWNER), WRITE_OWNER);
	assert_int_equal(granted(SECRET, "BU", WRITE_OWNER), 0);
	assert_int_equal(granted("D:(A;;0x1000000;;;WD)", "user", ACCESS_SYSTEM_SECURITY), 0);
	assert_int_equal(granted("D:", "BU,SeSecurityPrivilege", ACCESS_SYSTEM_SECURITY),
	    ACCESS_SYSTEM_SECURITY);
	assert_int_equal(granted("D:", "BU,SeSecurityPrivilege", MAXIMUM_ALLOWED), 0);
	assert_int_equal(granted("D:", "BU,SeBackupPrivilege,SeRestorePrivilege", KEY_READ), 0);
	assert_int_equal(token_backup_rights(&token) & (KEY_READ | KEY_WRITE | ACCESS_DELETE),
	    KEY_READ | KEY_WRITE | ACCESS_DELETE);
	token = token_of("user");
	assert_int_equal(token_backup_rights(&token), 0);
	token = token_of("BU,SeBackupPrivilege");
	assert_int_equal(token_backup_rights(&token), KEY_READ | ACCESS_SYSTEM_SECURITY);
}

static void
object_entries_count_only_without_a_type(void **state)
{
	static const char typed[] = "D:(OA;;KA;00299570-246d-11d0-a768-00aa006e0529;;WD)";

	(void)state;
	assert_int_equal(granted(typed, "user", KEY_READ), 0);
	assert_int_equal(granted("D:(OA;;KA;;;WD)", "user", KEY_READ), KEY_READ);
	assert_int_equal(granted("D:(OD;;KW;;;WD)(A;;KA;;;WD)", "user", KEY_SET_VALUE), 0);
}

/* An entry with a condition, which SDDL's reader does not take. */
static void
a_condition_never_allows_and_always_denies(void **state)
{
	static const uint8_t condition[] = { 'a', 'r', 't', 'x' };
	struct token token = token_of("user");

	(void)state;
	for (int deny = 0; deny < 2; deny++) {
		struct descriptor_builder builder = { 0 };
		struct buf out = { 0 };
		struct ace ace = {
			.type = deny ? ACCESS_DENIED_CALLBACK_ACE_TYPE
			             : ACCESS_ALLOWED_CALLBACK_ACE_TYPE,
			.known = true,
			.mask = KEY_SET_VALUE,
			.extra = condition,
			.extra_size = sizeof(condition),
		};

		assert_true(sid_parse(SID_USERS, &ace.sid));
		acl_add(&builder.dacl, &ace);
		ace.type = ACCESS_ALLOWED_ACE_TYPE;
		ace.mask = deny ? KEY_WRITE : KEY_CREATE_SUB_KEY;
		ace.extra_size = 0;
		acl_add(&builder.dacl, &ace);
		assert_lstatus(descriptor_build(&builder, &out), ERROR_SUCCESS);
		assert_lstatus(
		    security_access_check(out.data, out.size, &token, KEY_SET_VALUE, NULL),
		    ERROR_ACCESS_DENIED);
		assert_lstatus(
		    security_access_check(out.data, out.size, &token, KEY_CREATE_SUB_KEY, NULL),
		    ERROR_SUCCESS);
		buf_clear(&out);
		descriptor_builder_release(&builder);
		buf_release(&out);
	}
}

static void
a_malformed_descriptor_allows_nothing(void **state)
{
	struct token token = token_of("system");
	struct buf descriptor = { 0 };
	uint32_t rights = 7;

	(void)state;
	parse(SOFTWARE, &descriptor);
	for (size_t size = 0; size < descriptor.size; size++)
		assert_lstatus(
		    security_access_check(descriptor.data, size, &token, KEY_READ, &rights),
		    ERROR_INVALID_SECURITY_DESCR);
	assert_int_equal(rights, 7);
	buf_release(&descriptor);
}

/* --- Inheritance --------------------------------------------------------------------------------
 */

static void
a_new_key_s_descriptor_follows_from_parent_creator_and_token(void **state)
{
	static const struct {
		const char *parent;  /* NULL: none */
		const char *creator; /* NULL: none */
		const char *token;
		const char *expected;
	} rows[] = {
		/* What comes down is marked so, and is not protected any more. */
		{ "O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CI;KR;;;BU)", NULL, "system",
		    "O:BAG:SYD:AI(A;CIID;KA;;;SY)(A;CIID;KR;;;BU)" },
		/* ... and so it stays one level down. */
		{ "O:BAG:SYD:AI(A;CIID;KA;;;SY)(A;CIID;KR;;;BU)", NULL, "system",
		    "O:BAG:SYD:AI(A;CIID;KA;;;SY)(A;CIID;KR;;;BU)" },
		/* A list of the old kind hands its entries on without a mark. */
		{ "O:BAG:SYD:(A;CI;KA;;;SY)", NULL, "system", "O:BAG:SYD:(A;CI;KA;;;SY)" },
		/* Owner and group are the token's. */
		{ "O:BAG:SYD:AI(A;CI;KA;;;SY)", NULL, "S-1-5-21-1-2-3-1000",
		    "O:S-1-5-21-1-2-3-1000G:S-1-5-21-1-2-3-1000D:AI(A;CIID;KA;;;SY)" },
		/* Not inheritable, for other objects, for this level, for the next. */
		{ "D:AI(A;;KA;;;SY)(A;CI;KR;;;BU)", NULL, "system",
		    "O:BAG:SYD:AI(A;CIID;KR;;;BU)" },
		{ "D:AI(A;OI;KA;;;SY)(A;CI;KR;;;BU)", NULL, "system",
		    "O:BAG:SYD:AI(A;OIIOID;KA;;;SY)(A;CIID;KR;;;BU)" },
		{ "D:AI(A;OINP;KA;;;SY)(A;CI;KR;;;BU)", NULL, "system",
		    "O:BAG:SYD:AI(A;CIID;KR;;;BU)" },
		{ "D:AI(A;CINP;KA;;;SY)", NULL, "system", "O:BAG:SYD:AI(A;ID;KA;;;SY)" },
		{ "D:AI(A;OICINP;KA;;;SY)", NULL, "system", "O:BAG:SYD:AI(A;ID;KA;;;SY)" },
		{ "D:AI(A;CIIO;KA;;;SY)", NULL, "system", "O:BAG:SYD:AI(A;CIID;KA;;;SY)" },
		{ "D:AI(A;OICI;KA;;;SY)", NULL, "system", "O:BAG:SYD:AI(A;OICIID;KA;;;SY)" },
		/* Creator Owner and Creator Group. */
		{ "D:AI(A;CIIO;KA;;;CO)", NULL, "system",
		    "O:BAG:SYD:AI(A;ID;KA;;;BA)(A;CIIOID;KA;;;CO)" },
		{ "D:AI(A;CIIO;KR;;;CG)", NULL, "system",
		    "O:BAG:SYD:AI(A;ID;KR;;;SY)(A;CIIOID;KR;;;CG)" },
		{ "D:AI(A;CINP;KA;;;CO)", NULL, "system", "O:BAG:SYD:AI(A;ID;KA;;;BA)" },
		{ "D:AI(A;CIIO;KA;;;CO)", "O:LAG:BU", "system",
		    "O:LAG:BUD:AI(A;ID;KA;;;LA)(A;CIIOID;KA;;;CO)" },
		/* Generic rights. */
		{ "D:AI(A;CI;GA;;;SY)", NULL, "system",
		    "O:BAG:SYD:AI(A;ID;KA;;;SY)(A;CIIOID;GA;;;SY)" },
		{ "D:AI(D;CINP;GW;;;BU)", NULL, "system", "O:BAG:SYD:AI(D;ID;KW;;;BU)" },
		/* Nothing comes down: the token's own list. */
		{ "O:BAG:SYD:AI(A;;KA;;;SY)", NULL, "system",
		    "O:BAG:SYD:(A;;KA;;;SY)(A;;KR;;;BA)" },
		{ NULL, NULL, "administrator", "O:BAG:DUD:(A;;KA;;;BA)(A;;KA;;;SY)" },
		{ "D:NO_ACCESS_CONTROL", NULL, "BU", "O:BUG:BUD:(A;;KA;;;BU)(A;;KA;;;SY)" },
		/* The creator's list, before what comes down; its inherited entries are made anew.
		 */
		{ "D:AI(A;CI;KA;;;SY)", "D:(A;;KR;;;WD)", "system",
		    "O:BAG:SYD:AI(A;;KR;;;WD)(A;CIID;KA;;;SY)" },
		{ "D:AI(A;CI;KA;;;SY)", "D:AI(A;;KR;;;WD)(A;ID;KA;;;BU)", "system",
		    "O:BAG:SYD:AI(A;;KR;;;WD)(A;CIID;KA;;;SY)" },
		{ "D:AI(A;CI;KA;;;SY)", "D:P(A;;KR;;;WD)(A;ID;KR;;;BU)", "system",
		    "O:BAG:SYD:PAI(A;;KR;;;WD)(A;;KR;;;BU)" },
		{ "D:(A;CI;KA;;;SY)", "D:(A;;KR;;;WD)", "system", "O:BAG:SYD:(A;;KR;;;WD)" },
		{ "D:(A;CI;KA;;;SY)", "D:AR(A;;KR;;;WD)", "system",
		    "O:BAG:SYD:AI(A;;KR;;;WD)(A;CIID;KA;;;SY)" },
		{ "D:AI(A;CI;KA;;;SY)", "D:NO_ACCESS_CONTROL", "system",
		    "O:BAG:SYD:AINO_ACCESS_CONTROL" },
		{ NULL, "D:", "system", "O:BAG:SYD:" },
		{ NULL, "D:(A;CI;GA;;;CO)(A;;GR;;;CG)(A;CIIO;GW;;;WD)", "system",
		    "O:BAG:SYD:(A;;KA;;;BA)(A;CIIO;GA;;;CO)(A;;KR;;;SY)(A;CIIO;GW;;;WD)" },
		/* The system list goes its own way. */
		{ "D:AI(A;CI;KA;;;SY)S:AI(AU;CISA;KA;;;WD)(AU;FA;KA;;;WD)", NULL, "system",
		    "O:BAG:SYD:AI(A;CIID;KA;;;SY)S:AI(AU;CIIDSA;KA;;;WD)" },
		{ "D:AI(A;CI;KA;;;SY)S:AI(AU;CISA;KA;;;WD)", "S:P(AU;FA;KR;;;BU)", "system",
		    "O:BAG:SYD:AI(A;CIID;KA;;;SY)S:PAI(AU;FA;KR;;;BU)" },
		/* An entry for objects of another type only comes along. */
		{ "D:AI(OA;CI;KA;;bf967aba-0de6-11d0-a285-00aa003049e2;SY)(A;CI;KR;;;BU)", NULL,
		    "system",
		    "O:BAG:SYD:AI(OA;CIIOID;KA;;bf967aba-0de6-11d0-a285-00aa003049e2;SY)"
		    "(A;CIID;KR;;;BU)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct token token = token_of(rows[i].token);
		struct buf parent = { 0 };
		struct buf creator = { 0 };
		struct buf made = { 0 };
		struct buf text = { 0 };

		if (rows[i].parent != NULL)
			parse(rows[i].parent, &parent);
		if (rows[i].creator != NULL)
			parse(rows[i].creator, &creator);
		assert_lstatus(security_inherit(parent.data, parent.size, creator.data,
		                   creator.size, &token, &made),
		    ERROR_SUCCESS);
		assert_lstatus(sddl_format(made.data, made.size, 15, &text), ERROR_SUCCESS);
		if (strcmp(buf_text(&text), rows[i].expected) != 0)
			fail_msg("row %zu: %s, expected %s", i, buf_text(&text), rows[i].expected);
		buf_release(&parent);
		buf_release(&creator);
		buf_release(&made);
		buf_release(&text);
	}
}

static void
a_malformed_parent_or_creator_is_refused(void **state)
{
	struct token token = token_of("system");
	struct buf good = { 0 };
	struct buf out = { 0 };

	(void)state;
	parse(SOFTWARE, &good);
	assert_lstatus(
	    security_inherit(good.data, 8, NULL, 0, &token, &out), ERROR_INVALID_SECURITY_DESCR);
	assert_lstatus(security_inherit(good.data, good.size, "abc", 3, &token, &out),
	    ERROR_INVALID_SECURITY_DESCR);
	assert_int_equal(out.size, 0);
	buf_release(&good);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_named_token_has_its_groups_and_privileges),
		cmocka_unit_test(a_list_makes_a_token_and_nonsense_none),
		cmocka_unit_test(the_current_token_comes_from_the_environment),
		cmocka_unit_test(each_role_has_the_rights_that_each_descriptor_gives),
		cmocka_unit_test(maximum_allowed_gives_all_that_there_is),
		cmocka_unit_test(generic_rights_are_those_of_keys),
		cmocka_unit_test(privileges_give_what_entries_cannot),
		cmocka_unit_test(object_entries_count_only_without_a_type),
		cmocka_unit_test(a_condition_never_allows_and_always_denies),
		cmocka_unit_test(a_malformed_descriptor_allows_nothing),
		cmocka_unit_test(a_new_key_s_descriptor_follows_from_parent_creator_and_token),
		cmocka_unit_test(a_malformed_parent_or_creator_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
