/*
 * Generated vectors: all hold as the tables are, and the matrix of each row is in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/tunable/generate.h"
#include "regstore/tunable/vector.h"
#include "vmms/processes.h"

#define VHDMP "HKLM\\SYSTEM\\CurrentControlSet\\Services\\vhdmp\\Parameters"

static struct tunable_catalog catalog;

static int
make_catalog(void **state UNUSED)
{
	struct buf error = { 0 };

	return host_catalog_init(&catalog, &error) ? 0 : -1;
}

static int
drop_catalog(void **state UNUSED)
{
	tunable_catalog_release(&catalog);
	return 0;
}

static void
print_failure(void *context UNUSED, const struct vector_result *result)
{
	if (!result->passed)
		print_error("%s given %s: expected %s, got %s\n", result->id, result->given,
		    result->expect, result->got);
}

/* Judge a text of vectors; returns how many there are. */
static size_t
run(struct buf *text)
{
	const struct vector_sink sink = { .result = print_failure };
	struct vector_count count = { 0 };
	struct buf error = { 0 };
	FILE *file = fmemopen(text->data, text->size, "r");

	assert_non_null(file);
	assert_true(vector_run(&catalog, file, "generated", &sink, &count, &error));
	assert_int_equal(count.failed, 0);
	fclose(file);
	return count.passed;
}

static void
the_vectors_of_every_row_hold(void **state UNUSED)
{
	size_t total = 0;

	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_entry *entry = &catalog.entries[i];
		struct buf text = { 0 };
		size_t count;

		generate_header(&text);
		assert_true(generate_vectors(&catalog, entry, &text));
		count = run(&text);
		if (count < 2)
			fail_msg(
			    "%s!%s has %zu vectors", entry->table->key, entry->row->name, count);
		total += count;
		buf_release(&text);
	}
	print_message("%zu vectors of %zu rows\n", total, catalog.count);
}

/* The same again is the same text: a difference between two versions of the tables shows. */
static void
generation_is_repeatable(void **state UNUSED)
{
	struct buf first = { 0 };
	struct buf second = { 0 };

	for (size_t i = 0; i < catalog.count; i += 50) {
		assert_true(generate_vectors(&catalog, &catalog.entries[i], &first));
		assert_true(generate_vectors(&catalog, &catalog.entries[i], &second));
	}
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
	buf_release(&first);
	buf_release(&second);
}

static void
generate_one(const char *key, const char *name, struct buf *text)
{
	const struct tunable_entry *entry =
	    tunable_find(&catalog, key, strlen(key), name, strlen(name), NULL);

	assert_non_null(entry);
	generate_header(text);
	assert_true(generate_vectors(&catalog, entry, text));
	assert_true(run(text) > 0);
}

static void
has(struct buf *text, const char *given, const char *expect)
{
	struct buf line = { 0 };

	buf_printf(&line, "\t%s\t%s\t", given, expect);
	if (strstr(buf_text(text), buf_text(&line)) == NULL)
		fail_msg("no %s -> %s in\n%s", given, expect, buf_text(text));
	buf_release(&line);
}

static void
a_number_has_its_boundary_matrix(void **state UNUSED)
{
	struct buf text = { 0 };

	generate_one(VHDMP, "SmbResiliencyTimeoutMs", &text);
	assert_non_null(strstr(buf_text(&text), "no proof against the reference"));
	has(&text, "absent", "60000 default-absent");
	has(&text, "dword:0", "60000 reset");
	has(&text, "dword:300000", "300000 applied");
	has(&text, "dword:300001", "60000 reset");
	has(&text, "dword:2147483648", "60000 reset");
	has(&text, "dword:4294967295", "60000 reset");
	has(&text, "sz:1", "60000 ignored-type");
	has(&text, "qword:1", "60000 ignored-type");
	has(&text, "none:01", "60000 ignored-type");
	has(&text, "hex(4):010000", "60000 ignored-type");
	has(&text, "hex(4):0100000000", "60000 ignored-type");
	buf_release(&text);
}

static void
gates_stand_open_and_closed(void **state UNUSED)
{
	static const char storvsp[] = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\storvsp";
	struct buf text = { 0 };

	generate_one(storvsp, "AffinitizeThreads", &text);
	has(&text,
	    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\storvsp\\SpreadWork=dword:0; "
	    "AffinitizeThreads=absent",
	    "not-consulted ignored-gated");
	has(&text,
	    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\storvsp\\SpreadWork=dword:1; "
	    "AffinitizeThreads=dword:0",
	    "0 applied");
	buf_release(&text);
}

static void
words_wide_numbers_and_addresses_are_in_it(void **state UNUSED)
{
	struct buf text = { 0 };

	generate_one("HKLM\\SYSTEM\\CurrentControlSet\\Services\\VmsMp\\Parameters",
	    "VmsQueueSchedulingMode", &text);
	has(&text, "dword:2", "2 applied");
	has(&text, "dword:3", "absent reset");
	buf_clear(&text);
	generate_one("HKLM\\SYSTEM\\CurrentControlSet\\Services\\vid\\Parameters\\MemoryReserve\\0",
	    "SizeInMB", &text);
	has(&text, "qword:4294967296", "4294967296 applied");
	has(&text, "qword:18446744073709551615", "18446744073709551615 applied");
	buf_clear(&text);
	generate_one("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization",
	    "MinimumMacAddress", &text);
	has(&text, "binary:00155d000001", "\"00155d000001\" applied");
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_every_row_hold),
		cmocka_unit_test(generation_is_repeatable),
		cmocka_unit_test(a_number_has_its_boundary_matrix),
		cmocka_unit_test(gates_stand_open_and_closed),
		cmocka_unit_test(words_wide_numbers_and_addresses_are_in_it),
	};

	return cmocka_run_group_tests(tests, make_catalog, drop_catalog);
}
