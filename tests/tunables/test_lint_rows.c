/*
 * Lint and the interpreter: every row at its bounds is found as it is judged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/bcd/bcd.h"
#include "regstore/lint/lint.h"
#include "regstore/tunable/load.h"
#include "regstore/tunable/vector.h"
#include "vmms/processes.h"

#define REG5 "Windows Registry Editor Version 5.00\n\n"

static struct tunable_catalog catalog;

static int
make_catalog(void **state)
{
	struct buf error = { 0 };

	(void)state;
	return host_catalog_init(&catalog, &error) ? 0 : -1;
}

static int
release_catalog(void **state)
{
	(void)state;
	tunable_catalog_release(&catalog);
	return 0;
}

/* --- Every row
 * ------------------------------------------------------------------------------------ */

/* A key of the table, with all its placeholders filled; false if none is known. */
static bool
instance_of(const struct tunable_table *table, struct buf *out)
{
	static const char *const parts[] = { "{11111111-2222-3333-4444-555555555555}", "0", "Node0",
		"Other" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *at = tunable_table_key(table);

		buf_clear(out);
		while (*at != '\0') {
			size_t length = strcspn(at, "\\");

			if (out->size > 0)
				buf_append_byte(out, '\\');
			if (tunable_is_placeholder(at, length))
				buf_append_text(out, parts[i]);
			else
				buf_append(out, at, length);
			at += length + (at[length] == '\\');
		}
		if (tunable_table_takes(table, buf_text(out), out->size))
			return true;
	}
	return false;
}

/* The finding about one row. */
struct row_run {
	struct lint_options options;
	const struct tunable_entry *entry;
	char code[16]; /* "" for none */
	char effective[64];
};

static void
take_of_row(void *context, const struct lint_finding *finding)
{
	struct row_run *run = context;
	struct buf text = { 0 };

	if (finding->entry != run->entry || finding->reading == NULL)
		return;
	assert_string_equal(run->code, "");
	snprintf(run->code, sizeof(run->code), "%s", finding->rule->code);
	tunable_effective(finding->reading, &text);
	snprintf(run->effective, sizeof(run->effective), "%s", buf_text(&text));
	buf_release(&text);
}

/* What the interpreter makes of the value alone, and which findings say that. */
struct judged {
	enum tunable_verdict verdict;
	char effective[64];
};

static void
note_judged(void *context, const struct tunable_reading *reading)
{
	struct judged *judged = context;
	struct buf text = { 0 };

	judged->verdict = reading->verdict;
	tunable_effective(reading, &text);
	snprintf(judged->effective, sizeof(judged->effective), "%s", buf_text(&text));
	buf_release(&text);
}

static bool
says(const char *code, enum tunable_verdict verdict)
{
	static const char *const codes[VERDICT_COUNT] = {
		[VERDICT_APPLIED] = "HV1101 HV1102 HV1208 HV1308",
		[VERDICT_DEFAULT_ABSENT] = "HV1101 HV1102",
		[VERDICT_DEFAULT_ZERO] = "HV1103",
		[VERDICT_CAPPED] = "HV1105",
		[VERDICT_RAISED] = "HV1106",
		[VERDICT_RESET] = "HV1107",
		[VERDICT_REJECTED] = "HV1108",
		[VERDICT_COERCED] = "HV1104",
		[VERDICT_IGNORED_TYPE] = "HV1201 HV1202",
		[VERDICT_IGNORED_GATED] = "HV1203 HV1209",
		[VERDICT_SHADOWED] = "HV1204 HV1205 HV1206 HV1208",
		[VERDICT_UNSTATED] = "HV1109",
	};

	return code[0] != '\0' && strstr(codes[verdict], code) != NULL;
}

/* Lint one value and judge it; `given` is as in vectors, `data` as in .reg files. */
static void
compare_row(const struct tunable_entry *entry, const char *key, const char *given, const char *data)
{
	struct row_run run = { .entry = entry };
	struct judged judged = { 0 };
	struct lint_summary summary;
	struct buf text = { 0 };
	struct buf error = { 0 };
	struct lint *lint;

	run.options = (struct lint_options){
		.catalog = &catalog,
		.today = "2026-11-29",
		.finding = take_of_row,
		.context = &run,
	};
	lint = lint_new(&run.options);
	assert_non_null(lint);
	buf_printf(&text, REG5 "[%s]\n\"%s\"=%s\n", key, entry->row->name, data);
	assert_true(lstatus_ok(lint_add_memory(lint, text.data, text.size, "a.reg")));
	assert_true(lstatus_ok(lint_finish(lint, &summary)));
	lint_free(lint);
	assert_true(vector_judge(&catalog, entry, given, note_judged, &judged, &error));
	if (!says(run.code, judged.verdict) || strcmp(run.effective, judged.effective) != 0)
		fail_msg("%s!%s = %s: \"%s\" and %s, but the verdict is %s and %s", key,
		    entry->row->name, given, run.code, run.effective,
		    tunable_verdict_name(judged.verdict), judged.effective);
	buf_release(&text);
	buf_release(&error);
}

static void
compare_number(const struct tunable_entry *entry, const char *key, uint64_t number)
{
	bool wide = entry->row->type == REG_QWORD;
	char given[64];
	char data[64];
	int length = snprintf(data, sizeof(data), wide ? "hex(b):" : "hex(4):");

	if (!wide && number > UINT32_MAX)
		return;
	snprintf(
	    given, sizeof(given), "%s:%llu", wide ? "qword" : "dword", (unsigned long long)number);
	for (unsigned i = 0; i < (wide ? 8u : 4u); i++)
		length += snprintf(data + length, sizeof(data) - (size_t)length, "%s%02x",
		    i > 0 ? "," : "", (unsigned)(number >> 8 * i & 0xff));
	compare_row(entry, key, given, data);
}

/* Each bound, one beyond, and what numbers often are. */
static void
compare_numbers(const struct tunable_entry *entry, const char *key)
{
	const struct tunable *row = entry->row;
	const uint64_t numbers[] = { 0, 1, 2, 3, row->def, row->def + 1, row->min, row->min - 1,
		row->min + 1, row->max, row->max - 1, row->max + 1, INT32_MAX, UINT32_MAX,
		UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		compare_number(entry, key, numbers[i]);
}

static void
every_row_at_its_bounds_is_found_as_it_is_judged(void **state)
{
	struct buf key = { 0 };
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_entry *entry = &catalog.entries[i];

		/* Boot options are in no registry value; open names have no key without one. */
		if (entry->table->key[0] == '{' || tunable_name_is_open(entry->row->name) ||
		    entry->row->shape == SHAPE_SUBKEY || !instance_of(entry->table, &key))
			continue;
		rows++;
		compare_numbers(entry, buf_text(&key));
		compare_row(entry, buf_text(&key), "binary:010203", "hex:01,02,03");
		compare_row(entry, buf_text(&key), "sz:x", "\"x\"");
		compare_row(entry, buf_text(&key), "hex(4):0100", "hex(4):01,00");
	}
	assert_true(rows > 450);
	buf_release(&key);
}

/* A number in {hypervisorsettings}, as a store has it. */
static void
compare_option(
    const struct tunable_entry *entry, const struct bcd_element *element, uint64_t number)
{
	struct row_run run = { .entry = entry };
	struct judged judged = { 0 };
	struct lint_summary summary;
	struct buf text = { 0 };
	struct buf error = { 0 };
	struct lint *lint;
	char given[96];

	run.options = (struct lint_options){
		.catalog = &catalog,
		.finding = take_of_row,
		.context = &run,
	};
	lint = lint_new(&run.options);
	assert_non_null(lint);
	buf_printf(&text, REG5 "[%s\\Objects\\%s\\Elements\\%08x]\n\"Element\"=hex:", BCD_ROOT,
	    BCD_GUID_HYPERVISOR, (unsigned)element->id);
	for (unsigned i = 0; i < (bcd_format(element->id) == BCD_BOOLEAN ? 1u : 8u); i++)
		buf_printf(&text, "%s%02x", i > 0 ? "," : "", (unsigned)(number >> 8 * i & 0xff));
	buf_append_byte(&text, '\n');
	assert_true(lstatus_ok(lint_add_memory(lint, text.data, text.size, "a.reg")));
	assert_true(lstatus_ok(lint_finish(lint, &summary)));
	lint_free(lint);
	snprintf(given, sizeof(given), "bcd.%s=%s:%llu", entry->row->bcd,
	    number > UINT32_MAX ? "qword" : "dword", (unsigned long long)number);
	assert_true(vector_judge(&catalog, entry, given, note_judged, &judged, &error));
	if (!says(run.code, judged.verdict) || strcmp(run.effective, judged.effective) != 0)
		fail_msg("%s: \"%s\" and %s, but the verdict is %s and %s", given, run.code,
		    run.effective, tunable_verdict_name(judged.verdict), judged.effective);
	buf_release(&text);
	buf_release(&error);
}

static void
every_boot_option_is_found_as_it_is_judged(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 2, 3, 4, 5, 62, 63, 115200, UINT32_MAX,
		(uint64_t)UINT32_MAX + 1 };
	size_t options = 0;

	(void)state;
	for (size_t i = 0; i < catalog.count; i++) {
		const char *name = catalog.entries[i].row->bcd;
		const struct bcd_element *element =
		    name != NULL ? bcd_element_named(name, BCD_OSLOADER) : NULL;

		if (element == NULL || bcd_format(element->id) == BCD_STRING)
			continue;
		options++;
		for (size_t at = 0; at < ARRAY_SIZE(numbers); at++) {
			if (bcd_format(element->id) != BCD_BOOLEAN || numbers[at] <= UINT8_MAX)
				compare_option(&catalog.entries[i], element, numbers[at]);
		}
	}
	assert_true(options > 15);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_at_its_bounds_is_found_as_it_is_judged),
		cmocka_unit_test(every_boot_option_is_found_as_it_is_judged),
	};

	return cmocka_run_group_tests(tests, make_catalog, release_catalog);
}
