/*
 * The facade over the host-wide settings: each Get reads what is there now, each Set is a write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/module.h"
#include "vmwp/modules.h"
#include "vmwp/vsconfig.h"

#define BASE "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization"

/* The facade of a fixture's host. */
static struct settings_store
store_of(const struct fixture *fixture)
{
	return (struct settings_store){
		.registry = fixture->host.registry,
		.catalog = &fixture->catalog,
		.root = fixture->host.root,
	};
}

static void
nothing_is_there_at_first(void **state)
{
	struct settings_store store = store_of(*state);
	struct buf text = { 0 };
	uint64_t number;
	uint32_t type;
	bool flag;

	assert_ntstatus(
	    VirtualizationSettings_GetNumaSpanning(&store, &flag), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_ntstatus(
	    VirtualizationSettings_GetEnhancedMode(&store, &number), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_ntstatus(VirtualizationSettings_GetDefaultVmVersion(&store, &text),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_ntstatus(VirtualizationSettings_GetAllowedHashAlgorithms(&store, &type, &text),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_ntstatus(VirtualizationSettings_GetAuthCertificateHash(&store, &text),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(text.size, 0);
}

static void
a_set_is_what_the_next_get_reads(void **state)
{
	struct settings_store store = store_of(*state);
	struct buf text = { 0 };
	uint64_t number;
	bool flag = false;

	assert_ntstatus(VirtualizationSettings_SetNumaSpanning(&store, true), STATUS_SUCCESS);
	assert_ntstatus(VirtualizationSettings_GetNumaSpanning(&store, &flag), STATUS_SUCCESS);
	assert_true(flag);
	assert_ntstatus(VirtualizationSettings_SetNumaSpanning(&store, false), STATUS_SUCCESS);
	assert_ntstatus(VirtualizationSettings_GetNumaSpanning(&store, &flag), STATUS_SUCCESS);
	assert_false(flag);
	assert_ntstatus(VirtualizationSettings_SetMaximumPressureLevelVmStartup(&store, UINT32_MAX),
	    STATUS_SUCCESS);
	assert_ntstatus(VirtualizationSettings_GetMaximumPressureLevelVmStartup(&store, &number),
	    STATUS_SUCCESS);
	assert_int_equal(number, UINT32_MAX);
	assert_ntstatus(
	    VirtualizationSettings_SetServicingVmVersion(&store, "254.0"), STATUS_SUCCESS);
	assert_ntstatus(
	    VirtualizationSettings_GetServicingVmVersion(&store, &text), STATUS_SUCCESS);
	assert_string_equal(buf_text(&text), "254.0");
	buf_release(&text);
}

static void
what_others_write_is_read_too(void **state)
{
	struct fixture *fixture = *state;
	struct settings_store store = store_of(fixture);
	uint64_t number;
	bool flag = false;

	set_number(fixture, BASE, "NumaSpanning", 7);
	assert_ntstatus(VirtualizationSettings_GetNumaSpanning(&store, &flag), STATUS_SUCCESS);
	assert_true(flag);
	set_text(fixture, BASE, "MetricsFlushInterval", "60");
	assert_ntstatus(VirtualizationSettings_GetMetricsFlushInterval(&store, &number),
	    STATUS_OBJECT_NAME_NOT_FOUND);
	set_number(fixture, BASE, "MetricsFlushInterval", 60);
	assert_ntstatus(
	    VirtualizationSettings_GetMetricsFlushInterval(&store, &number), STATUS_SUCCESS);
	assert_int_equal(number, 60);
	delete_value(fixture, BASE, "MetricsFlushInterval");
	assert_ntstatus(VirtualizationSettings_GetMetricsFlushInterval(&store, &number),
	    STATUS_OBJECT_NAME_NOT_FOUND);
}

static void
a_set_that_does_not_fit_writes_nothing(void **state)
{
	struct settings_store store = store_of(*state);
	uint64_t before;
	uint64_t after;

	assert_lstatus(registry_write_number(store.registry, &before), ERROR_SUCCESS);
	assert_ntstatus(VirtualizationSettings_SetEnhancedMode(&store, (uint64_t)UINT32_MAX + 1),
	    STATUS_INVALID_PARAMETER);
	assert_ntstatus(
	    VirtualizationSettings_SetDefaultVmVersion(&store, "\xff"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(
	    VirtualizationSettings_AddTrustedIssuerCertificateHash(&store, "not a hash"),
	    STATUS_INVALID_PARAMETER);
	assert_ntstatus(VirtualizationSettings_AddTrustedIssuerCertificateHash(&store, ""),
	    STATUS_INVALID_PARAMETER);
	assert_ntstatus(VirtualizationSettings_AddTrustedIssuerCertificateHash(&store, "abc"),
	    STATUS_INVALID_PARAMETER);
	assert_lstatus(registry_write_number(store.registry, &after), ERROR_SUCCESS);
	assert_int_equal(before, after);
}

static void
the_write_log_names_the_method(void **state)
{
	struct fixture *fixture = *state;
	struct settings_store store = store_of(fixture);
	struct reg_write write = { 0 };

	assert_ntstatus(VirtualizationSettings_SetEnhancedMode(&store, 2), STATUS_SUCCESS);
	assert_lstatus(registry_last_write(fixture->writer, host_key(fixture->writer, BASE),
	                   "EnhancedMode", &write),
	    ERROR_SUCCESS);
	assert_string_equal(write.comment, "VirtualizationSettings::SetEnhancedMode");
	reg_write_release(&write);
}

static void
data_of_any_type_stay_as_they_are(void **state)
{
	struct settings_store store = store_of(*state);
	struct buf data = { 0 };
	uint32_t type = 0;

	assert_ntstatus(
	    VirtualizationSettings_SetAllowedHashAlgorithms(&store, REG_BINARY, "\1\2\3", 3),
	    STATUS_SUCCESS);
	assert_ntstatus(
	    VirtualizationSettings_GetAllowedHashAlgorithms(&store, &type, &data), STATUS_SUCCESS);
	assert_int_equal(type, REG_BINARY);
	assert_int_equal(data.size, 3);
	assert_memory_equal(data.data, "\1\2\3", 3);
	buf_release(&data);
}

static void
the_store_path_lies_in_the_host(void **state)
{
	struct fixture *fixture = *state;
	struct settings_store store = store_of(fixture);
	struct buf path = { 0 };
	struct buf expected = { 0 };

	buf_printf(&expected, "%s/ProgramData/Microsoft/Windows/Hyper-V", fixture->host.root);
	assert_ntstatus(
	    VirtualizationSettings_GetConfigurationStorePath(&store, &path), STATUS_SUCCESS);
	assert_string_equal(buf_text(&path), buf_text(&expected));
	buf_clear(&path);
	store.root = NULL;
	assert_ntstatus(
	    VirtualizationSettings_GetConfigurationStorePath(&store, &path), STATUS_SUCCESS);
	assert_string_equal(buf_text(&path), "%ProgramData%\\Microsoft\\Windows\\Hyper-V");
	buf_clear(&path);
	assert_ntstatus(VirtualizationSettings_SetConfigurationStorePath(&store, "D:\\Machines"),
	    STATUS_SUCCESS);
	assert_ntstatus(
	    VirtualizationSettings_GetConfigurationStorePath(&store, &path), STATUS_SUCCESS);
	assert_string_equal(buf_text(&path), "D:\\Machines");
	buf_release(&path);
	buf_release(&expected);
}

static void
an_issuer_is_added_once(void **state)
{
	struct fixture *fixture = *state;
	struct settings_store store = store_of(fixture);
	struct buf data = { 0 };
	uint32_t type = 0;
	static const char expected[] = "A\0A\0\0\0B\0B\0\0\0\0";

	assert_ntstatus(
	    VirtualizationSettings_AddTrustedIssuerCertificateHash(&store, "AA"), STATUS_SUCCESS);
	assert_ntstatus(
	    VirtualizationSettings_AddTrustedIssuerCertificateHash(&store, "BB"), STATUS_SUCCESS);
	assert_ntstatus(
	    VirtualizationSettings_AddTrustedIssuerCertificateHash(&store, "aa"), STATUS_SUCCESS);
	assert_lstatus(registry_query_value(fixture->writer, host_key(fixture->writer, BASE),
	                   "AddTrustedIssuerCertificateHash", &type, &data),
	    ERROR_SUCCESS);
	assert_int_equal(type, REG_MULTI_SZ);
	assert_int_equal(data.size, sizeof(expected));
	assert_memory_equal(data.data, expected, sizeof(expected));
	buf_release(&data);
}

static void
a_list_of_another_type_is_begun_anew(void **state)
{
	struct fixture *fixture = *state;
	struct settings_store store = store_of(fixture);

	set_number(fixture, BASE, "AddTrustedIssuerCertificateHash", 5);
	boot(fixture, &vsconfig_module);
	shows(fixture, BASE, "AddTrustedIssuerCertificateHash", NULL, "null", NULL);
	assert_ntstatus(
	    VirtualizationSettings_AddTrustedIssuerCertificateHash(&store, "AA"), STATUS_SUCCESS);
	shows(fixture, BASE, "AddTrustedIssuerCertificateHash", NULL, "AA", NULL);
}

static void
the_certificates_hash_is_read(void **state)
{
	struct fixture *fixture = *state;
	struct settings_store store = store_of(fixture);
	struct buf hash = { 0 };

	set_bytes(fixture, BASE, "GetAuthCertificateHash", REG_BINARY, "\xa0\x36", 2);
	assert_ntstatus(
	    VirtualizationSettings_GetAuthCertificateHash(&store, &hash), STATUS_SUCCESS);
	assert_int_equal(hash.size, 2);
	assert_memory_equal(hash.data, "\xa0\x36", 2);
	buf_release(&hash);
}

/* --- Through the module
 * --------------------------------------------------------------------------- */

static void
every_property_has_its_row(void **state)
{
	struct fixture *fixture = *state;
	static const char *const names[] = {
#define X(kind, name) #name,
		VIRTUALIZATION_SETTINGS(X)
#undef X
	};

	boot(fixture, &vsconfig_module);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		json_t *views = view_all(fixture);

		assert_non_null(find_view(views, BASE, names[i], NULL));
		json_decref(views);
		assert_ntstatus(run(fixture, "get", names[i]), STATUS_SUCCESS);
	}
}

/* What the operation "get" answers for a property, as JSON. */
static void
says(struct fixture *fixture, const char *property, const char *expected)
{
	json_t *result = json_object();
	char *text;

	assert_ntstatus(call(fixture, "get", property, result), STATUS_SUCCESS);
	text = json_dumps(json_object_get(result, property), JSON_ENCODE_ANY);
	assert_string_equal(text, expected);
	free(text);
	json_decref(result);
}

static void
the_operations_write_and_read(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vsconfig_module);
	says(fixture, "NumaSpanning", "null");
	assert_ntstatus(run(fixture, "set", "numaspanning=1"), STATUS_SUCCESS);
	says(fixture, "NumaSpanning", "true");
	derives(fixture, "NumaSpanning", "true");
	derives(fixture, "EnhancedMode", "none");
	assert_ntstatus(run(fixture, "set", "EnhancedMode=0x10"), STATUS_SUCCESS);
	says(fixture, "EnhancedMode", "16");
	assert_ntstatus(run(fixture, "set", "DefaultVmVersion=12.0"), STATUS_SUCCESS);
	says(fixture, "DefaultVmVersion", "\"12.0\"");
	assert_ntstatus(run(fixture, "set", "AllowedHashAlgorithms=3"), STATUS_SUCCESS);
	says(fixture, "AllowedHashAlgorithms", "3");
	assert_ntstatus(run(fixture, "set", "AllowedHashAlgorithms=SHA256"), STATUS_SUCCESS);
	says(fixture, "AllowedHashAlgorithms", "\"SHA256\"");
	assert_ntstatus(run(fixture, "add-trusted-issuer", "AABB"), STATUS_SUCCESS);
	shows(fixture, BASE, "AddTrustedIssuerCertificateHash", NULL, "AABB", NULL);
}

static void
the_operations_refuse_what_is_no_property(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vsconfig_module);
	assert_ntstatus(run(fixture, "get", "Numa"), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_ntstatus(run(fixture, "get", ""), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_ntstatus(run(fixture, "set", "Numa=1"), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_ntstatus(run(fixture, "set", "NumaSpanning"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "set", "NumaSpanning=2"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "set", "NumaSpanning=yes"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "set", "EnhancedMode=-1"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "set", "EnhancedMode=1x"), STATUS_INVALID_PARAMETER);
	assert_ntstatus(run(fixture, "set", "EnhancedMode=4294967296"), STATUS_INVALID_PARAMETER);
}

static void
a_property_is_never_pending(void **state)
{
	struct fixture *fixture = *state;

	boot(fixture, &vsconfig_module);
	set_number(fixture, BASE, "NumaSpanning", 1);
	shows(fixture, BASE, "NumaSpanning", NULL, "1", NULL);
	set_number(fixture, BASE, "MaximumPressureLevelVmStartup", 80);
	shows(fixture, BASE, "MaximumPressureLevelVmStartup", NULL, "80", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(nothing_is_there_at_first),
		FIXTURE_TEST(a_set_is_what_the_next_get_reads),
		FIXTURE_TEST(what_others_write_is_read_too),
		FIXTURE_TEST(a_set_that_does_not_fit_writes_nothing),
		FIXTURE_TEST(the_write_log_names_the_method),
		FIXTURE_TEST(data_of_any_type_stay_as_they_are),
		FIXTURE_TEST(the_store_path_lies_in_the_host),
		FIXTURE_TEST(an_issuer_is_added_once),
		FIXTURE_TEST(a_list_of_another_type_is_begun_anew),
		FIXTURE_TEST(the_certificates_hash_is_read),
		FIXTURE_TEST(every_property_has_its_row),
		FIXTURE_TEST(the_operations_write_and_read),
		FIXTURE_TEST(the_operations_refuse_what_is_no_property),
		FIXTURE_TEST(a_property_is_never_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
