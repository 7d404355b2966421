/*
 * The check of a store: a whole one has no fault, and each kind of fault is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/store/check.h"
#include "regstore/store/internal.h"
#include "tests/lib/host.h"

static void
take(void *context, const char *fault)
{
	buf_printf(context, "%s\n", fault);
}

static void
check(const struct host *host, struct buf *faults)
{
	buf_clear(faults);
	assert_lstatus(store_check(registry_store(host->registry), take, faults), ERROR_SUCCESS);
}

static void
a_host_that_was_used_is_whole(void **state)
{
	const struct host *host = *state;
	struct registry *registry = host->registry;
	struct buf faults = { 0 };
	reg_key key = host_key(registry, "HKLM\\SOFTWARE\\Stra\xc3\x9f"
	                                 "e\\Below");

	registry_set_dword(registry, key,
	    "gr\xc3\xb6\xc3\x9f"
	    "e",
	    1);
	registry_set_dword(registry, key, "", 2);
	registry_delete_value(registry, key, "");
	registry_delete_key(registry, host_key(registry, "HKLM\\SOFTWARE\\Gone"));
	check(host, &faults);
	assert_string_equal(buf_text(&faults), "");
	buf_release(&faults);
}

static void
each_kind_of_fault_is_found(void **state)
{
	static const struct {
		const char *sql;
		const char *fault;
	} cases[] = {
		{ "DELETE FROM key WHERE path = 'USER'", "the root \"USER\" is missing" },
		{ "UPDATE key SET path = path || 'X' WHERE name = 'B'",
		    "\"B\": its path does not follow" },
		{ "UPDATE key SET security = 999999 WHERE name = 'B'",
		    "\"B\": its security descriptor 999999 is missing" },
		{ "UPDATE value SET key = 999999 WHERE name = 'v'",
		    "value \"v\": its key 999999 is missing" },
		{ "UPDATE value SET folded = 'W' WHERE name = 'v'", "its folded name is" },
		{ "UPDATE value SET since = 999999 WHERE name = 'v'",
		    "write 999999 is not in the log" },
		{ "UPDATE key SET since = 999999 WHERE name = 'B'",
		    "write 999999 is not in the log" },
		{ "UPDATE tx SET last = first - 1 WHERE first = 1", "ends before it begins" },
		{ "DELETE FROM tx WHERE first = (SELECT max(first) FROM tx WHERE first < "
		  "(SELECT max(first) FROM tx))",
		    "the write log: nothing ends before" },
		{ "UPDATE value_past SET since = until", "the past of value \"v\"" },
		{ "UPDATE key_past SET since = until + 1", "the past of key" },
		{ "UPDATE key SET name = 'C' WHERE name = 'B'", "\"C\": its path does not follow" },
		{ "UPDATE key SET parent = 999999 WHERE name = 'C'",
		    "\"C\": its parent 999999 is missing" },
	};
	const struct host *host = *state;
	struct store *store = registry_store(host->registry);
	reg_key key = host_key(host->registry, "HKLM\\SOFTWARE\\A\\B");
	struct buf faults = { 0 };

	registry_set_dword(host->registry, key, "v", 1);
	registry_set_dword(host->registry, key, "v", 2);
	registry_delete_key(host->registry, host_key(host->registry, "HKLM\\SOFTWARE\\Gone"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_lstatus(store_execute(store, "SAVEPOINT fault"), ERROR_SUCCESS);
		assert_lstatus(store_execute(store, cases[i].sql), ERROR_SUCCESS);
		assert_lstatus(store_execute(store, "RELEASE fault"), ERROR_SUCCESS);
		check(host, &faults);
		if (strstr(buf_text(&faults), cases[i].fault) == NULL)
			fail_msg("%s: %s", cases[i].sql, buf_text(&faults));
	}
	buf_release(&faults);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(a_host_that_was_used_is_whole),
		HOST_TEST(each_kind_of_fault_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
