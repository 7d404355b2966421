/*
 * The Host Compute Service and the services in svchost over a true registry.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/module.h"
#include "vmcompute/modules.h"

#define BASE       "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization"
#define CONTAINERS BASE "\\Containers"
#define SYSTEM     "HKLM\\SYSTEM\\CurrentControlSet\\"
#define MEMORY     SYSTEM "Control\\Session Manager\\Memory Management"
#define PREFIXES   SYSTEM "Control\\StorVSP\\PrefixMap"
#define IDENTITY   SYSTEM "Services\\W32Time\\TimeProviders\\VMICTimeProvider\\Parameters\\IPC"
#define HGS        "HKLM\\SOFTWARE\\Microsoft\\HgsClient"
#define FALLBACK   "{f916c826-f0f5-4cd9-be68-4fd638cf9a53}"
#define GUID_A     "{aaaaaaaa-0000-0000-0000-000000000001}"

/* A member of what an operation answers, as JSON without the quotes of a text. */
static void
answers(struct fixture *fixture, const char *operation, const char *argument, const char *name,
    const char *expected)
{
	json_t *result = json_object();
	const json_t *found;
	char *text;

	assert_ntstatus(call(fixture, operation, argument, result), STATUS_SUCCESS);
	found = json_object_get(result, name);
	text = json_is_string(found) ? strdup(json_string_value(found))
	                             : json_dumps(found, JSON_ENCODE_ANY);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	json_decref(result);
}

/* --- vmcompute.exe
 * -------------------------------------------------------------------------------- */

static void
the_pool_holds_as_many_templates_as_it_is_told(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmcompute_module);
	derives(fixture, "templates.count", "0");
	set_number(fixture, CONTAINERS, "TemplateVmCount", 3);
	shows(fixture, CONTAINERS, "TemplateVmCount", NULL, "null", "service-start");
	derives(fixture, "templates.count", "0");
	restart(fixture);
	derives(fixture, "templates.count", "3");
	shows(fixture, CONTAINERS, "TemplateVmCount", NULL, "3", NULL);
	set_number(fixture, CONTAINERS, "TemplateVmCount", 4000000000u);
	restart(fixture);
	derives(fixture, "templates.count", "64");
}

/* The ready template at a place. */
static void
ready_template(const struct fixture *fixture, size_t index, char ret_text[64])
{
	json_t *state = json_object();
	const json_t *templates;

	fixture->object.module->status(&fixture->object, state);
	templates = json_object_get(json_object_get(state, "templates"), "ready");
	snprintf(ret_text, 64, "%s", json_string_value(json_array_get(templates, index)));
	json_decref(state);
}

static void
a_template_that_is_taken_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	char first[64];
	char second[64];

	set_number(fixture, CONTAINERS, "TemplateVmCount", 2);
	set_number(fixture, CONTAINERS, "ProcessorCount", 4);
	boot(fixture, &vmcompute_module);
	ready_template(fixture, 0, first);
	ready_template(fixture, 1, second);
	assert_string_not_equal(first, second);
	answers(fixture, "take-template", "one", "template", first);
	derives(fixture, "templates.count", "2");
	derives(fixture, "templates.taken", "1");
	derives(fixture, "templates.ready.0", second);
	answers(fixture, "take-template", "two", "processors", "4");
	derives(fixture, "templates.taken", "2");
	assert_ntstatus(run(fixture, "take-template", ""), STATUS_INVALID_PARAMETER);
}

static void
an_empty_pool_gives_none(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmcompute_module);
	assert_ntstatus(run(fixture, "take-template", "one"), STATUS_NOT_FOUND);
}

static void
a_utility_machine_is_as_configured(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, CONTAINERS, "SharedMemorySizeMB", 64);
	set_text(fixture, CONTAINERS, "DirectMapRangeSizeMB", "1024");
	set_text(fixture, BASE, "ServerExecutable", "C:\\server.exe");
	boot(fixture, &vmcompute_module);
	derives(fixture, "utility_vm.processors", "null");
	derives(fixture, "utility_vm.shared_memory_mb", "64");
	derives(fixture, "utility_vm.direct_map_mb", "null");
	derives(fixture, "server", "C:\\server.exe");
}

static void
values_of_the_subkeys_are_read_by_whatever_name(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, CONTAINERS "\\UtilityVm", "Some", 1);
	set_text(fixture, CONTAINERS "\\UtilityVm\\Memory Management", "Other", "x");
	set_bytes(fixture, CONTAINERS "\\Credentials", "account", REG_BINARY, "\1\2", 2);
	set_number(fixture, MEMORY, "LargeSystemCache", 1);
	boot(fixture, &vmcompute_module);
	shows(fixture, CONTAINERS "\\UtilityVm", "Some", NULL, "1", NULL);
	shows(fixture, CONTAINERS "\\UtilityVm\\Memory Management", "Other", NULL, "x", NULL);
	shows(fixture, CONTAINERS "\\Credentials", "account", NULL, "0102", NULL);
	shows(fixture, MEMORY, "LargeSystemCache", NULL, "1", NULL);
	derives(fixture, "subkeys.UtilityVm.0", "Some");
	derives(fixture, "subkeys.Credentials.0", "account");
	set_number(fixture, CONTAINERS "\\Debug", "New", 1);
	shows(fixture, CONTAINERS "\\Debug", "New", NULL, "null", "service-start");
	derives(fixture, "subkeys.Debug.0", "none");
	boot(fixture, &vmusrv_module);
	shows(fixture, CONTAINERS "\\Debug", "New", NULL, "1", NULL);
	derives(fixture, "subkeys.Debug.0", "New");
}

/* --- vmusrv.dll
 * ----------------------------------------------------------------------------------- */

/* The threads of this process. */
static size_t
threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	size_t count = 0;

	assert_non_null(tasks);
	for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(tasks);
	return count;
}

static void
there_are_as_many_workers_as_it_is_told(void **state)
{
	struct fixture *fixture = *state;
	size_t before = threads();

	set_number(fixture, CONTAINERS, "VSmbWorkerCpus", 7);
	boot(fixture, &vmusrv_module);
	assert_int_equal(threads(), before + 7);
	derives(fixture, "workers.threads", "7");
	derives(fixture, "workers.count_assumed", "false");
	set_number(fixture, CONTAINERS, "VSmbWorkerCpus", 0);
	restart(fixture);
	assert_int_equal(threads(), before);
	delete_value(fixture, CONTAINERS, "VSmbWorkerCpus");
	restart(fixture);
	derives(fixture, "workers.threads", "4");
	derives(fixture, "workers.count_assumed", "true");
	set_number(fixture, CONTAINERS, "VSmbWorkerCpus", 100000);
	restart(fixture);
	derives(fixture, "workers.threads", "256");
	module_stop(&fixture->object);
	assert_int_equal(threads(), before);
}

static void
oplocks_follow_their_switches(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmusrv_module);
	derives(fixture, "oplocks.levels", "all");
	derives(fixture, "oplocks.pseudo", "true");
	derives(fixture, "test_shares", "false");
	set_number(fixture, CONTAINERS, "VSmbForceLevelIIOplocks", 1);
	set_number(fixture, CONTAINERS, "VSmbDisablePseudoOplocks", 5);
	set_number(fixture, CONTAINERS, "VSmbEnableTestShares", 1);
	restart(fixture);
	derives(fixture, "oplocks.levels", "level II");
	derives(fixture, "oplocks.pseudo", "false");
	derives(fixture, "test_shares", "true");
	set_number(fixture, CONTAINERS, "VSmbDisableOplocks", 1);
	restart(fixture);
	derives(fixture, "oplocks.levels", "none");
}

static void
a_session_has_no_more_credits_than_its_ceiling(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, CONTAINERS, "VSmbMaxCredits", 10);
	boot(fixture, &vmusrv_module);
	derives(fixture, "session.credits_at_most", "10");
	answers(fixture, "request-credits", "8", "granted", "8");
	answers(fixture, "request-credits", "8", "granted", "2");
	answers(fixture, "request-credits", "1", "granted", "0");
	derives(fixture, "session.credits", "10");
	assert_ntstatus(run(fixture, "request-credits", ""), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "request-credits", "many"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "request-credits", "-1"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "request-credits", "65536"), STATUS_INVALID_PARAMETER);
	delete_value(fixture, CONTAINERS, "VSmbMaxCredits");
	restart(fixture);
	derives(fixture, "session.credits_at_most", "null");
	answers(fixture, "request-credits", "65535", "granted", "65535");
}

/* --- computecore.dll
 * ------------------------------------------------------------------------------ */

static void
a_prefix_without_a_class_has_the_fallback(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &computecore_module);
	answers(fixture, "prefix", "scsi", "class", FALLBACK);
	set_text(fixture, PREFIXES, "scsi", GUID_A);
	answers(fixture, "prefix", "SCSI", "class", GUID_A);
	answers(fixture, "prefix", "nvme", "class", FALLBACK);
	set_number(fixture, PREFIXES, "scsi", 1);
	answers(fixture, "prefix", "scsi", "class", FALLBACK);
	shows(fixture, PREFIXES, "scsi", NULL, FALLBACK, NULL);
}

/* --- hgclientservice.dll
 * -------------------------------------------------------------------------- */

static void
the_client_of_the_guardian_plans_its_calls(void **state)
{
	struct fixture *fixture = *state;
	static const char services[] = "h\0t\0t\0p\0:\0/\0/\0a\0\0\0h\0t\0t\0p\0:\0/\0/\0b\0\0\0\0";

	boot(fixture, &hgclientservice_module);
	derives(fixture, "mode", "null");
	derives(fixture, "local_authority", "false");
	derives(fixture, "call.longest_ms", "null");
	derives(fixture, "fallback_services.0", "none");
	set_text(fixture, HGS, "Mode", "Local");
	set_number(fixture, HGS, "LocalCACertSupported", 1);
	set_number(fixture, HGS, "MaxRetries", 2);
	set_number(fixture, HGS, "RequestTimeout", 1000);
	set_bytes(fixture, HGS, "FallbackService", REG_MULTI_SZ, services, sizeof(services));
	shows(fixture, HGS, "Mode", NULL, "null", "service-start");
	derives(fixture, "mode", "null");
	restart(fixture);
	derives(fixture, "mode", "Local");
	derives(fixture, "local_authority", "true");
	derives(fixture, "call.longest_ms", "3000");
	derives(fixture, "fallback_services.0", "http://a");
	derives(fixture, "fallback_services.1", "http://b");
	derives(fixture, "fallback_services.2", "none");
	set_number(fixture, HGS, "OperationTimeout", 2500);
	restart(fixture);
	derives(fixture, "call.longest_ms", "2500");
	delete_value(fixture, HGS, "MaxRetries");
	set_number(fixture, HGS, "OperationTimeout", 9000);
	restart(fixture);
	derives(fixture, "call.longest_ms", "9000");
}

static void
timeouts_as_large_as_they_can_be_still_count(void **state)
{
	struct fixture *fixture = *state;

	set_number(fixture, HGS, "MaxRetries", UINT32_MAX);
	set_number(fixture, HGS, "RequestTimeout", UINT32_MAX);
	boot(fixture, &hgclientservice_module);
	derives(fixture, "call.longest_ms", "9223372036854775807");
}

/* --- vmictimeprovider.dll
 * ------------------------------------------------------------------------- */

static void
an_identity_matches_what_was_persisted(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vmictimeprovider_module);
	answers(fixture, "match", GUID_A, "matched", "false");
	set_text(fixture, IDENTITY, "UniqueId", GUID_A);
	shows(fixture, IDENTITY, "UniqueId", NULL, GUID_A, NULL);
	answers(fixture, "match", GUID_A, "matched", "true");
	answers(fixture, "match", "{AAAAAAAA-0000-0000-0000-000000000001}", "matched", "true");
	answers(fixture, "match", FALLBACK, "matched", "false");
	derives(fixture, "identities.matched", "2");
	derives(fixture, "identities.refused", "2");
	set_number(fixture, IDENTITY, "UniqueId", 1);
	answers(fixture, "match", GUID_A, "matched", "false");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(the_pool_holds_as_many_templates_as_it_is_told),
		FIXTURE_TEST(a_template_that_is_taken_is_replaced),
		FIXTURE_TEST(an_empty_pool_gives_none),
		FIXTURE_TEST(a_utility_machine_is_as_configured),
		FIXTURE_TEST(values_of_the_subkeys_are_read_by_whatever_name),
		FIXTURE_TEST(there_are_as_many_workers_as_it_is_told),
		FIXTURE_TEST(oplocks_follow_their_switches),
		FIXTURE_TEST(a_session_has_no_more_credits_than_its_ceiling),
		FIXTURE_TEST(a_prefix_without_a_class_has_the_fallback),
		FIXTURE_TEST(the_client_of_the_guardian_plans_its_calls),
		FIXTURE_TEST(timeouts_as_large_as_they_can_be_still_count),
		FIXTURE_TEST(an_identity_matches_what_was_persisted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
