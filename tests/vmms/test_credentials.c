/*
 * The lists of services to which credentials may be delegated, and what the client reads beside
 * them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/base/utf16.h"
#include "tests/lib/module.h"
#include "vmms/modules.h"
#include "vmwp/shared.h"

#define DELEGATION "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\CredentialsDelegation"
#define FRESH      DELEGATION "\\AllowFreshCredentials"
#define NTLM       DELEGATION "\\AllowFreshCredentialsWhenNTLMOnly"
#define SERVICE    "Microsoft Virtual System Migration Service/"
#define SYSTEM     "HKLM\\SYSTEM\\CurrentControlSet\\"
#define NAME_KEY   SYSTEM "Control\\ComputerName\\ComputerName"
#define TCPIP_KEY  SYSTEM "Services\\Tcpip\\Parameters"

/* An entry of a list; NULL: there is none. */
#define holds(fixture, path, name, expected)                                                       \
	holds_at(fixture, path, name, expected, __FILE__, __LINE__)

static void
holds_at(struct fixture *fixture, const char *path, const char *name, const char *expected,
    const char *file, int line)
{
	struct buf data = { 0 };
	struct buf text = { 0 };
	uint32_t type = 0;
	reg_key key;
	lstatus status = registry_open_key(fixture->writer, NULL, path, 0, &key);
	bool same;

	if (lstatus_ok(status))
		status = registry_query_value(fixture->writer, key, name, &type, &data);
	utf16_to_utf8(data.data, data.size, true, &text);
	same = lstatus_ok(status)
	           ? expected != NULL && type == REG_SZ && strcmp(buf_text(&text), expected) == 0
	           : expected == NULL;
	if (!same)
		print_error("%s: expected %s, got \"%s\"\n", name,
		    expected != NULL ? expected : "none", buf_text(&text));
	buf_release(&data);
	buf_release(&text);
	if (!same)
		_fail(file, line);
}

static uint64_t
writes(const struct fixture *fixture)
{
	uint64_t number = 0;

	assert_lstatus(registry_write_number(fixture->writer, &number), ERROR_SUCCESS);
	return number;
}

static int
setup_named(void **state)
{
	if (fixture_setup(state) != 0)
		return -1;
	unsetenv("COMPUTERNAME");
	set_text(*state, NAME_KEY, "ComputerName", "HV01");
	return 0;
}

static void
enable_migration(struct fixture *fixture, uint32_t authentication)
{
	set_number(fixture, MIGRATION_KEY, "EnableVirtualSystemMigration", 1);
	set_number(fixture, MIGRATION_KEY, "AuthenticationType", authentication);
}

static void
a_host_that_migrates_by_credssp_lists_itself(void **state)
{
	struct fixture *fixture = *state;

	enable_migration(fixture, 0);
	boot(fixture, &vmms_module);
	holds(fixture, FRESH, "1", SERVICE "HV01");
	holds(fixture, FRESH, "2", NULL);
	holds(fixture, NTLM, "1", SERVICE "HV01");
	derives(fixture, "credentials_delegation.fresh.0", SERVICE "HV01");
	derives(fixture, "credentials_delegation.fresh_ntlm.0", SERVICE "HV01");
}

static void
other_hosts_write_nothing_at_their_start(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmms_module);
	set_number(fixture, MIGRATION_KEY, "EnableVirtualSystemMigration", 1);
	restart(fixture);
	enable_migration(fixture, 1);
	restart(fixture);
	enable_migration(fixture, 0);
	set_number(fixture, MIGRATION_KEY, "EnableVirtualSystemMigration", 0);
	restart(fixture);
	holds(fixture, FRESH, "1", NULL);
	holds(fixture, NTLM, "1", NULL);
	derives(fixture, "credentials_delegation.fresh", "[]");
}

static void
what_is_listed_is_not_listed_again(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before;

	set_text(fixture, FRESH, "7", "microsoft virtual system migration service/hv01");
	boot(fixture, &vmms_module);
	assert_ntstatus(run(fixture, "register-spn", ""), STATUS_SUCCESS);
	holds(fixture, FRESH, "1", NULL);
	holds(fixture, FRESH, "7", "microsoft virtual system migration service/hv01");
	holds(fixture, NTLM, "1", SERVICE "HV01");
	enable_migration(fixture, 0);
	before = writes(fixture);
	assert_ntstatus(run(fixture, "register-spn", ""), STATUS_SUCCESS);
	restart(fixture);
	assert_int_equal(writes(fixture), before);
}

static void
the_first_free_number_is_taken_and_nothing_else_touched(void **state)
{
	struct fixture *fixture = *state;

	set_text(fixture, FRESH, "1", "WSMAN/*");
	set_number(fixture, FRESH, "2", 5);
	set_text(fixture, FRESH, "4", "TERMSRV/*");
	set_text(fixture, TCPIP_KEY, "Domain", "contoso.local");
	boot(fixture, &vmms_module);
	assert_ntstatus(run(fixture, "register-spn", ""), STATUS_SUCCESS);
	holds(fixture, FRESH, "1", "WSMAN/*");
	assert_int_equal(host_dword(fixture->writer, host_key(fixture->writer, FRESH), "2"), 5);
	holds(fixture, FRESH, "3", SERVICE "HV01");
	holds(fixture, FRESH, "4", "TERMSRV/*");
	holds(fixture, FRESH, "5", SERVICE "HV01.contoso.local");
	holds(fixture, FRESH, "6", NULL);
	holds(fixture, NTLM, "2", SERVICE "HV01.contoso.local");
}

static void
another_host_can_be_named(void **state)
{
	static const char *const bad[] = { "a/b", "two words", "a;b", "*" };
	struct fixture *fixture = *state;

	boot(fixture, &vmms_module);
	assert_ntstatus(run(fixture, "register-spn", "hv-02.contoso.local"), STATUS_SUCCESS);
	holds(fixture, FRESH, "1", SERVICE "hv-02.contoso.local");
	holds(fixture, NTLM, "1", SERVICE "hv-02.contoso.local");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_ntstatus(run(fixture, "register-spn", bad[i]), STATUS_INVALID_PARAMETER);
	holds(fixture, FRESH, "2", NULL);
}

static void
a_host_without_a_name_lists_nothing(void **state)
{
	struct fixture *fixture = *state;

	delete_value(fixture, NAME_KEY, "ComputerName");
	enable_migration(fixture, 0);
	boot(fixture, &vmms_module);
	assert_ntstatus(run(fixture, "register-spn", ""), STATUS_NOT_FOUND);
	holds(fixture, FRESH, "1", NULL);
	assert_int_equal(setenv("COMPUTERNAME", "FROMOUTSIDE", 1), 0);
	assert_ntstatus(run(fixture, "register-spn", ""), STATUS_SUCCESS);
	unsetenv("COMPUTERNAME");
	holds(fixture, FRESH, "1", SERVICE "FROMOUTSIDE");
}

static void
the_lists_are_in_the_view_and_never_pending(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmms_module);
	shows(fixture, FRESH, "1", NULL, NULL, NULL);
	set_text(fixture, FRESH, "1", "WSMAN/*");
	shows(fixture, FRESH, "1", NULL, "WSMAN/*", NULL);
}

static void
services_that_start_at_once_list_the_host_once(void **state)
{
	enum { PROCESSES = 4 };

	struct fixture *fixture = *state;
	pid_t children[PROCESSES];

	enable_migration(fixture, 0);
	for (unsigned i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			const struct registry_options options = { .mode = REGISTRY_OPEN };
			struct module_object object = { .module = &vmms_module,
				.catalog = &fixture->catalog };
			bool ok = lstatus_ok(registry_open(
			              fixture->host.root, &options, &object.registry)) &&
			          ntstatus_ok(module_start(&object));

			_exit(ok ? 0 : 1);
		}
	}
	for (unsigned i = 0; i < PROCESSES; i++)
		assert_int_equal(host_wait(children[i]), 0);
	holds(fixture, FRESH, "1", SERVICE "HV01");
	holds(fixture, FRESH, "2", NULL);
	holds(fixture, NTLM, "2", NULL);
}

static void
the_client_reads_its_policy_when_it_needs_it(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &client_module);
	shows(fixture, DELEGATION, "RestrictedRemoteAdministration", NULL, "null", NULL);
	set_number(fixture, DELEGATION, "RestrictedRemoteAdministration", 1);
	shows(fixture, DELEGATION, "RestrictedRemoteAdministration", NULL, "1", NULL);
}

#define CREDENTIALS_TEST(name) cmocka_unit_test_setup_teardown(name, setup_named, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CREDENTIALS_TEST(a_host_that_migrates_by_credssp_lists_itself),
		CREDENTIALS_TEST(other_hosts_write_nothing_at_their_start),
		CREDENTIALS_TEST(what_is_listed_is_not_listed_again),
		CREDENTIALS_TEST(the_first_free_number_is_taken_and_nothing_else_touched),
		CREDENTIALS_TEST(another_host_can_be_named),
		CREDENTIALS_TEST(a_host_without_a_name_lists_nothing),
		CREDENTIALS_TEST(the_lists_are_in_the_view_and_never_pending),
		CREDENTIALS_TEST(services_that_start_at_once_list_the_host_once),
		CREDENTIALS_TEST(the_client_reads_its_policy_when_it_needs_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
