/*
 * Keys and their descriptors: the hives', those of new keys, and the `reg` command's obedience.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/base/macro.h"
#include "regstore/registry/security.h"
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

/* --- Keys of a host -----------------------------------------------------------------------------
 */

static void
assert_security(struct registry *registry, reg_key key, const char *expected)
{
	struct buf descriptor = { 0 };
	struct buf text = { 0 };

	assert_lstatus(registry_query_security(registry, key, &descriptor), ERROR_SUCCESS);
	assert_lstatus(sddl_format(descriptor.data, descriptor.size, 15, &text), ERROR_SUCCESS);
	assert_string_equal(buf_text(&text), expected);
	buf_release(&descriptor);
	buf_release(&text);
}

static void
set_security(struct registry *registry, reg_key key, const char *sddl)
{
	struct buf descriptor = { 0 };

	parse(sddl, &descriptor);
	assert_lstatus(
	    registry_set_security(registry, key, descriptor.data, descriptor.size), ERROR_SUCCESS);
	buf_release(&descriptor);
}

static void
the_hives_let_in_whom_windows_lets_in(void **state)
{
	/* What each role may at most: 0 nothing, r read, f full. */
	static const struct {
		const char *path;
		const char *expected; /* system, administrator, user, local service */
	} rows[] = {
		{ "HKLM\\SOFTWARE", "ffrr" },
		{ "HKLM\\SYSTEM", "ffrr" },
		{ "HKLM\\SYSTEM\\CurrentControlSet\\Services", "ffrr" },
		{ "HKLM\\HARDWARE", "ffrr" },
		{ "HKLM\\SAM", "f000" },
		{ "HKLM\\SECURITY", "f000" },
		{ "HKLM\\BCD00000000", "ff00" },
		{ "HKU\\.DEFAULT", "ffrr" },
		{ "HKU\\S-1-5-19", "ff0f" },
		{ "HKU\\S-1-5-20", "ff00" },
		{ "HKCU\\Software", "ff00" },
	};
	static const char *const roles[] = { "system", "administrator", "user", "local-service" };
	struct host *host = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		reg_key key = host_key(host->registry, rows[i].path);

		for (size_t j = 0; j < ARRAY_SIZE(roles); j++) {
			struct token token = token_of(roles[j]);
			char found = '0';

			if (lstatus_ok(
			        registry_check_access(host->registry, key, &token, KEY_READ, NULL)))
				found = 'r';
			if (lstatus_ok(registry_check_access(
			        host->registry, key, &token, KEY_ALL_ACCESS, NULL)))
				found = 'f';
			if (found != rows[i].expected[j])
				fail_msg("%s, %s: %c, expected %c", rows[i].path, roles[j], found,
				    rows[i].expected[j]);
		}
	}
}

static void
new_keys_inherit_and_share_their_descriptor(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	reg_key top = host_key(registry, "HKLM\\SOFTWARE\\Top");

	assert_security(registry, top,
	    "O:BAG:SYD:AI(A;CIID;KA;;;SY)(A;CIID;KA;;;BA)(A;ID;KA;;;BA)(A;CIIOID;KA;;;CO)"
	    "(A;CIID;KR;;;BU)(A;CIID;KR;;;AC)");
	set_security(registry, top, "O:SYG:SYD:P(A;CI;KA;;;SY)(A;CINP;KR;;;HA)");
	assert_security(
	    registry, host_key(registry, "HKLM\\SOFTWARE\\Top\\a\\b"), "O:BAG:SYD:(A;CI;KA;;;SY)");
	assert_security(registry, host_key(registry, "HKLM\\SOFTWARE\\Top\\a"),
	    "O:BAG:SYD:(A;CI;KA;;;SY)(A;;KR;;;HA)");
	/* The key's descriptor changed: what is made from now on follows the new one. */
	set_security(registry, top, "O:SYG:SYD:PAI(A;CI;KA;;;BA)");
	assert_security(
	    registry, host_key(registry, "HKLM\\SOFTWARE\\Top\\c"), "O:BAG:SYD:AI(A;CIID;KA;;;BA)");
}

static void
what_a_rollback_took_is_computed_again(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct registry *other = host_connect(host);
	reg_key top = host_key(registry, "HKLM\\SOFTWARE\\Top");

	set_security(registry, top, "D:AI(A;CI;KA;;;SY)(A;CI;KR;;;HA)");
	assert_lstatus(registry_begin(registry, NULL), ERROR_SUCCESS);
	host_key(registry, "HKLM\\SOFTWARE\\Top\\a");
	registry_rollback(registry);
	/* Another descriptor takes the number that the first one had. */
	set_security(other, host_key(other, "HKLM\\SOFTWARE\\Else"), "D:(A;CI;KR;;;WD)");
	assert_security(registry, host_key(registry, "HKLM\\SOFTWARE\\Top\\a"),
	    "O:BAG:SYD:AI(A;CIID;KA;;;SY)(A;CIID;KR;;;HA)");
	registry_close(other);
}

static void
what_cannot_be_read_is_passed_on_as_it_is(void **state)
{
	struct host *host = *state;
	reg_key top = host_key(host->registry, "HKLM\\SOFTWARE\\Top");
	struct token token = token_of("system");
	struct buf found = { 0 };
	reg_key below;

	assert_lstatus(registry_set_security(host->registry, top, "junk", 4), ERROR_SUCCESS);
	below = host_key(host->registry, "HKLM\\SOFTWARE\\Top\\a");
	assert_lstatus(registry_query_security(host->registry, below, &found), ERROR_SUCCESS);
	assert_int_equal(found.size, 4);
	assert_lstatus(registry_check_access(host->registry, below, &token, KEY_READ, NULL),
	    ERROR_INVALID_SECURITY_DESCR);
	buf_release(&found);
}

static void
a_creator_s_descriptor_and_token_make_the_key(void **state)
{
	struct host *host = *state;
	struct token token = token_of("user");
	struct buf given = { 0 };
	bool created = false;
	reg_key key;

	parse("D:P(A;CI;KA;;;CO)(A;;KR;;;HA)", &given);
	assert_lstatus(registry_create_key_as(host->registry, NULL, "HKLM\\SOFTWARE\\x\\y", 0,
	                   &token, given.data, given.size, &key, &created),
	    ERROR_SUCCESS);
	assert_true(created);
	assert_security(host->registry, key,
	    "O:" TOKEN_PLAIN_USER "G:DUD:PAI(A;;KA;;;" TOKEN_PLAIN_USER
	    ")(A;CIIO;KA;;;CO)(A;;KR;;;HA)");
	/* Not for the keys on the way, nor for what others make. */
	assert_security(host->registry, host_key(host->registry, "HKLM\\SOFTWARE\\x"),
	    "O:" TOKEN_PLAIN_USER
	    "G:DUD:AI(A;CIID;KA;;;SY)(A;CIID;KA;;;BA)(A;ID;KA;;;" TOKEN_PLAIN_USER
	    ")(A;CIIOID;KA;;;CO)(A;CIID;KR;;;BU)(A;CIID;KR;;;AC)");
	assert_lstatus(registry_create_key_as(host->registry, NULL, "HKLM\\SOFTWARE\\z", 0, &token,
	                   "junk", 4, &key, NULL),
	    ERROR_INVALID_SECURITY_DESCR);
	buf_release(&given);
}

static void
creating_needs_the_right_on_the_nearest_key_that_is_there(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct token user = token_of("user");
	struct token machine = token_of("system");
	reg_key top = host_key(registry, "HKLM\\SOFTWARE\\Top");

	set_security(registry, top, "D:(A;;KR;;;BU)(A;;KA;;;SY)");
	assert_lstatus(registry_check_create(
	                   registry, NULL, "HKLM\\SOFTWARE\\Top\\a\\b", 0, &user, KEY_SET_VALUE),
	    ERROR_ACCESS_DENIED);
	assert_lstatus(registry_check_create(registry, &top, "a\\b", 0, &user, KEY_SET_VALUE),
	    ERROR_ACCESS_DENIED);
	assert_lstatus(registry_check_create(registry, &top, "a\\b", 0, &machine, KEY_SET_VALUE),
	    ERROR_SUCCESS);
	assert_lstatus(registry_check_create(registry, &top, "", 0, &user, KEY_SET_VALUE),
	    ERROR_ACCESS_DENIED);
	assert_lstatus(
	    registry_check_create(registry, &top, "", 0, &user, KEY_READ), ERROR_SUCCESS);
	set_security(registry, top, "D:(A;;LC;;;BU)");
	assert_lstatus(
	    registry_check_create(registry, &top, "a", 0, &user, KEY_ALL_ACCESS), ERROR_SUCCESS);
	assert_lstatus(
	    registry_check_create(registry, &top, "a", REGISTRY_CREATE_LINK, &user, KEY_ALL_ACCESS),
	    ERROR_ACCESS_DENIED);
	assert_lstatus(registry_check_create(registry, NULL, "HKXX\\a", 0, &user, KEY_READ),
	    ERROR_BAD_PATHNAME);
}

static void
a_connection_acts_for_a_token(void **state)
{
	struct host *host = *state;
	struct registry *registry = host->registry;
	struct token user = token_of("user");
	reg_key top = host_key(registry, "HKLM\\SOFTWARE\\Top");
	reg_key own;
	reg_key key;

	registry_act_for(registry, &user);
	assert_lstatus(registry_may(registry, top, KEY_READ), ERROR_SUCCESS);
	assert_lstatus(registry_may(registry, top, KEY_READ), ERROR_SUCCESS);
	assert_lstatus(registry_may(registry, top, KEY_SET_VALUE), ERROR_ACCESS_DENIED);
	assert_lstatus(registry_may_use(registry, PRIVILEGE_BACKUP), ERROR_PRIVILEGE_NOT_HELD);
	assert_lstatus(
	    registry_create_key(registry, &top, "a", 0, &key, NULL), ERROR_ACCESS_DENIED);
	registry_act_for(registry, NULL);
	assert_lstatus(registry_may(registry, top, KEY_SET_VALUE), ERROR_SUCCESS);
	assert_lstatus(registry_may_use(registry, PRIVILEGE_ALL), ERROR_SUCCESS);
	own = host_key(registry, "HKLM\\SOFTWARE\\Top\\own");
	set_security(registry, own, "D:AI(A;CI;KA;;;BU)");
	registry_act_for(registry, &user);
	assert_lstatus(registry_create_key(registry, &own, "a\\b", 0, &key, NULL), ERROR_SUCCESS);
	assert_security(registry, key, "O:" TOKEN_PLAIN_USER "G:DUD:AI(A;CIID;KA;;;BU)");
	assert_lstatus(registry_may_tree(registry, own, ACCESS_DELETE), ERROR_SUCCESS);
	set_security(registry, key, "D:(A;;KA;;;SY)");
	assert_lstatus(registry_may_tree(registry, own, ACCESS_DELETE), ERROR_ACCESS_DENIED);
	assert_lstatus(
	    registry_check_tree(registry, (reg_key){ 1, 0 }, &user, KEY_READ), ERROR_ACCESS_DENIED);
	user = token_of("SY,BA,BU");
	set_security(registry, key, "D:(A;;KA;;;BA)");
	assert_lstatus(
	    registry_check_tree(registry, (reg_key){ 1, 0 }, &user, KEY_READ), ERROR_SUCCESS);
}

/* --- The reg command ----------------------------------------------------------------------------
 */

struct run {
	int code;
	char output[4096]; /* both streams */
};

static struct run
reg(const struct host *host, const char *token, const char *const arguments[])
{
	struct run run = { 0 };
	char program[4096];
	size_t used = 0;
	ssize_t got;
	int ends[2];
	pid_t child;

	host_program("reg", program, sizeof(program));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setenv("HVEMU_ROOT", host->root, 1);
		setenv("HVEMU_TOKEN", token, 1);
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		execv(program, (char *const *)arguments);
		_exit(127);
	}
	close(ends[1]);
	while (used + 1 < sizeof(run.output) &&
	       (got = read(ends[0], run.output + used, sizeof(run.output) - 1 - used)) > 0)
		used += (size_t)got;
	close(ends[0]);
	run.code = host_wait(child);
	return run;
}

#define REG(host, token, ...) reg(host, token, (const char *[]){ "reg", __VA_ARGS__, NULL })
#define KEY                   "HKLM\\SOFTWARE\\Top"
#define DENIED                "ERROR: Access is denied.\n"

static void
assert_denied(struct run run)
{
	assert_int_equal(run.code, 1);
	assert_string_equal(run.output, DENIED);
}

static void
the_reg_command_obeys_the_descriptors(void **state)
{
	struct host *host = *state;
	reg_key top = host_key(host->registry, KEY);
	char file[4200];

	snprintf(file, sizeof(file), "%s/out.reg", host->root);
	host_key(host->registry, KEY "\\a");
	assert_int_equal(REG(host, "user", "query", KEY).code, 0);
	assert_int_equal(REG(host, "user", "export", KEY, file).code, 0);
	assert_denied(REG(host, "user", "add", KEY, "/v", "x", "/d", "1", "/f"));
	assert_denied(REG(host, "user", "add", KEY "\\b", "/f"));
	assert_denied(REG(host, "user", "delete", KEY, "/f"));
	assert_denied(REG(host, "user", "delete", KEY, "/va", "/f"));
	assert_denied(REG(host, "administrator", "query", "HKLM\\SECURITY"));
	assert_int_equal(REG(host, "system", "query", "HKLM\\SECURITY").code, 0);
	assert_int_equal(
	    REG(host, "administrator", "add", KEY, "/v", "x", "/d", "1", "/f").code, 0);
	assert_int_equal(REG(host, "user", "import", file).code, 1);
	assert_int_equal(REG(host, "administrator", "import", file).code, 0);
	assert_int_equal(REG(host, "no such user", "query", KEY).code, 1);
	set_security(host->registry, top, "D:(A;;KW;;;BU)");
	assert_denied(REG(host, "user", "query", KEY));
	assert_denied(REG(host, "user", "export", KEY, file, "/y"));
	assert_int_equal(REG(host, "user", "add", KEY, "/v", "y", "/d", "1", "/f").code, 0);
	assert_int_equal(REG(host, "user", "add", KEY "\\b", "/f").code, 0);
	assert_int_equal(REG(host, "user", "delete", KEY, "/v", "y", "/f").code, 0);
}

static void
a_subkey_that_may_not_be_read_does_not_end_the_query(void **state)
{
	struct host *host = *state;
	struct run run;

	set_security(host->registry, host_key(host->registry, KEY "\\a"), "D:(A;;KA;;;SY)");
	assert_lstatus(
	    registry_set_dword(host->registry, host_key(host->registry, KEY "\\b"), "Value", 7),
	    ERROR_SUCCESS);
	run = REG(host, "user", "query", KEY, "/s");
	assert_int_equal(run.code, 0);
	assert_non_null(strstr(run.output, DENIED));
	assert_non_null(strstr(run.output, "Value    REG_DWORD    0x7"));
	assert_denied(REG(host, "user", "export", KEY, "/dev/null"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_hives_let_in_whom_windows_lets_in, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(
		    new_keys_inherit_and_share_their_descriptor, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(
		    what_a_rollback_took_is_computed_again, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(
		    what_cannot_be_read_is_passed_on_as_it_is, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(
		    a_creator_s_descriptor_and_token_make_the_key, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(
		    creating_needs_the_right_on_the_nearest_key_that_is_there, host_setup,
		    host_teardown),
		cmocka_unit_test_setup_teardown(
		    a_connection_acts_for_a_token, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(
		    the_reg_command_obeys_the_descriptors, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(
		    a_subkey_that_may_not_be_read_does_not_end_the_query, host_setup,
		    host_teardown),
	};

	/* The machine's own, whatever the environment says. */
	unsetenv("HVEMU_TOKEN");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
