/*
 * Double entry: the drivers' tables against a list that was written from the reference, both ways.
 *
 * rows.tsv is not made from the tables; a slip in one shows against the other.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/tables.h"

enum column { KEY, VALUE, TYPE, DEFAULT_COLUMN, MIN, MAX, APPLY, READER, COLUMNS };

static const char *const column_names[COLUMNS] = { "key", "value", "type", "default", "min", "max",
	"apply", "reader" };

#define LISTED_MAX 512u

struct listed {
	char *line;
	char *fields[COLUMNS];
	size_t number;
};

static struct listed listed[LISTED_MAX];
static size_t listed_count;
static struct tunable_catalog catalog;
static unsigned differences;

static void
cut(char *line, struct listed *row)
{
	row->line = line;
	for (size_t i = 0; i < COLUMNS; i++) {
		row->fields[i] = strsep(&line, "\t");
		if (row->fields[i] == NULL)
			fail_msg("line %zu has %zu fields", row->number, i);
	}
	if (line != NULL)
		fail_msg("line %zu has too many fields", row->number);
}

static void
read_lines(FILE *file)
{
	struct listed header = { 0 };
	char *line = NULL;
	size_t capacity = 0;
	size_t number = 0;

	while (getline(&line, &capacity, file) > 0) {
		struct listed *row = header.line != NULL ? &listed[listed_count++] : &header;

		number++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0') {
			listed_count -= header.line != NULL;
			continue;
		}
		assert_true(listed_count < LISTED_MAX);
		row->number = number;
		cut(line, row);
		line = NULL;
		capacity = 0;
	}
	free(line);
	assert_non_null(header.line);
	for (size_t i = 0; i < COLUMNS; i++)
		assert_string_equal(header.fields[i], column_names[i]);
	free(header.line);
}

static int
read_both(void **state UNUSED)
{
	const char *source = getenv("HVEMU_SOURCE");
	struct buf path = { 0 };
	struct buf error = { 0 };
	FILE *file;

	if (source == NULL) {
		print_error("HVEMU_SOURCE is not set\n");
		return -1;
	}
	buf_printf(&path, "%s/tests/drivers/rows.tsv", source);
	file = fopen(buf_text(&path), "re");
	buf_release(&path);
	if (file == NULL || !driver_catalog_init(&catalog, &error)) {
		print_error("no list, or no catalog: %s\n", buf_text(&error));
		return -1;
	}
	read_lines(file);
	fclose(file);
	return 0;
}

static int
drop_both(void **state UNUSED)
{
	for (size_t i = 0; i < listed_count; i++)
		free(listed[i].line);
	tunable_catalog_release(&catalog);
	return 0;
}

static void
compare(const struct listed *row, enum column column, const char *ours)
{
	if (strcmp(row->fields[column], ours) == 0)
		return;
	print_error("line %zu, %s\\%s: %s is \"%s\" in the list and \"%s\" in the table\n",
	    row->number, row->fields[KEY], row->fields[VALUE], column_names[column],
	    row->fields[column], ours);
	differences++;
}

static void
compare_number(const struct listed *row, enum column column, bool known, uint64_t number)
{
	char text[24] = "";

	if (known)
		snprintf(text, sizeof(text), "%" PRIu64, number);
	compare(row, column, text);
}

/* A type that the reference does not state is assumed and said to be, or is any type. */
static void
compare_type(const struct listed *row, const struct tunable *tunable)
{
	if (strcmp(row->fields[TYPE], "?") != 0)
		compare(row, TYPE, reg_type_name(tunable->type));
	else if (tunable->type != TYPE_ANY && (tunable->assumed & FACT_TYPE) == 0)
		compare(row, TYPE, reg_type_name(tunable->type));
}

/* A table may have two readers: "A / B". */
static void
compare_reader(const struct listed *row, const char *reader)
{
	const char *wanted = row->fields[READER];
	const char *at = reader != NULL ? reader : "";
	size_t length = strlen(wanted);

	while (length > 0 && (at = strstr(at, wanted)) != NULL) {
		if ((at == reader || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
			return;
		at += length;
	}
	compare(row, READER, reader != NULL ? reader : "");
}

static void
compare_row(struct listed *row, const struct tunable_entry *entry)
{
	const struct tunable *tunable = entry->row;

	compare(row, VALUE, tunable->name);
	compare_type(row, tunable);
	if (tunable->def_text != NULL)
		compare(row, DEFAULT_COLUMN, tunable->def_text);
	else
		compare_number(row, DEFAULT_COLUMN, tunable->has_default, tunable->def);
	compare_number(row, MIN, tunable->has_min, tunable->min);
	compare_number(row, MAX, tunable->has_max, tunable->max);
	compare(row, APPLY, tunable_apply_name(tunable_apply_class(entry)));
	compare_reader(row, entry->table->reader);
}

static void
the_list_is_not_empty(void **state UNUSED)
{
	assert_true(listed_count > 100);
}

static void
every_row_of_the_list_is_in_a_table_and_says_the_same(void **state UNUSED)
{
	differences = 0;
	for (size_t i = 0; i < listed_count; i++) {
		struct listed *row = &listed[i];
		const struct tunable_entry *entry = tunable_find(&catalog, row->fields[KEY],
		    strlen(row->fields[KEY]), row->fields[VALUE], strlen(row->fields[VALUE]), NULL);

		if (entry == NULL) {
			print_error("line %zu: no table has %s\\%s\n", row->number,
			    row->fields[KEY], row->fields[VALUE]);
			differences++;
			continue;
		}
		compare_row(row, entry);
	}
	assert_int_equal(differences, 0);
}

static void
every_row_of_a_table_is_in_the_list_once(void **state UNUSED)
{
	differences = 0;
	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_entry *entry = &catalog.entries[i];
		unsigned met = 0;

		for (size_t at = 0; at < listed_count; at++)
			met += strcmp(listed[at].fields[KEY], entry->table->key) == 0 &&
			       strcmp(listed[at].fields[VALUE], entry->row->name) == 0;
		if (met == 1)
			continue;
		print_error(
		    "the list has %s\\%s %u times\n", entry->table->key, entry->row->name, met);
		differences++;
	}
	assert_int_equal(differences, 0);
	assert_int_equal(catalog.count, listed_count);
}

static void
no_value_has_two_rows_of_one_component(void **state UNUSED)
{
	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_entry *entry = &catalog.entries[i];
		const char *key = entry->table->key;
		const struct tunable_entry *found = NULL;
		unsigned count = 0;

		while ((found = tunable_find(&catalog, key, strlen(key), entry->row->name,
		            strlen(entry->row->name), found)) != NULL)
			count += found->table->owner == entry->table->owner ||
			         strcmp(found->table->owner, entry->table->owner) == 0;
		if (count != 1)
			fail_msg("%s\\%s has %u rows", key, entry->row->name, count);
	}
}

static void
every_driver_is_found_by_its_name_image_and_service(void **state UNUSED)
{
	for (const struct module *const *driver = drivers; *driver != NULL; driver++) {
		assert_ptr_equal(driver_find((*driver)->name), *driver);
		assert_ptr_equal(driver_find((*driver)->image), *driver);
		assert_ptr_equal(driver_find((*driver)->service), *driver);
		for (size_t i = 0; i < (*driver)->table_count; i++)
			assert_string_equal((*driver)->tables[i]->owner, (*driver)->image);
	}
	assert_ptr_equal(driver_find("VHDMP.SYS"), &vhdmp_driver);
	assert_ptr_equal(driver_find("vmsmp"), &vmswitch_driver);
	assert_null(driver_find("vhdm"));
	assert_null(driver_find(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_not_empty),
		cmocka_unit_test(every_row_of_the_list_is_in_a_table_and_says_the_same),
		cmocka_unit_test(every_row_of_a_table_is_in_the_list_once),
		cmocka_unit_test(no_value_has_two_rows_of_one_component),
		cmocka_unit_test(every_driver_is_found_by_its_name_image_and_service),
	};

	return cmocka_run_group_tests(tests, read_both, drop_both);
}
