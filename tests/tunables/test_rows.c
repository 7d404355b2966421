/*
 * Double entry: every table of every process against a list that was written from the reference,
 * both ways, and against the vectors.
 *
 * rows.tsv is not made from the tables; a slip in one shows against the other. All differences are
 * printed in one run. HVEMU_ROWS_OWNER=vid.sys looks at the rows of that owner alone.
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

#include "tests/lib/cases.h"
#include "vmms/processes.h"

/* Owners whose tables are still to be written; NULL ends. Once one has a table the test says so. */
static const char *const expected_absent_owners[] = { NULL };

enum column {
	SECTION,
	KEY,
	VALUE,
	OWNER,
	TYPE,
	DEFAULT_COLUMN,
	MIN,
	MAX,
	JUDGEMENT,
	ASSUMED,
	APPLY,
	READER,
	UNIT,
	COLUMNS
};

static const char *const column_names[COLUMNS] = { "section", "key", "value", "owner", "type",
	"default", "min", "max", "judgement", "assumed", "apply", "reader", "unit" };

#define LISTED_MAX    1024u
#define LISTED_LEAST  550u /* the reference gives at least this many */
#define VECTORS_LEAST 600u

struct listed {
	char *line;
	char *fields[COLUMNS];
	size_t number;
};

static struct listed listed[LISTED_MAX];
static size_t listed_count;
static struct tunable_catalog catalog;
static struct test_cases vectors;
static const char *only_owner; /* or NULL */
static unsigned differences;

/* --- The list -----------------------------------------------------------------------------------
 */

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
		struct listed *row = header.line != NULL ? &listed[listed_count] : &header;

		number++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		assert_true(listed_count < LISTED_MAX);
		listed_count += header.line != NULL;
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
read_all(void **state UNUSED)
{
	const char *source = getenv("HVEMU_SOURCE");
	struct buf path = { 0 };
	struct buf error = { 0 };
	FILE *file;

	if (source == NULL) {
		print_error("HVEMU_SOURCE is not set\n");
		return -1;
	}
	only_owner = getenv("HVEMU_ROWS_OWNER");
	buf_printf(&path, "%s/tests/tunables/rows.tsv", source);
	file = fopen(buf_text(&path), "re");
	buf_release(&path);
	if (file == NULL || !host_catalog_init(&catalog, &error)) {
		print_error("no list, or no catalog: %s\n", buf_text(&error));
		return -1;
	}
	read_lines(file);
	fclose(file);
	cases_read(&vectors);
	return 0;
}

static int
drop_all(void **state UNUSED)
{
	for (size_t i = 0; i < listed_count; i++)
		free(listed[i].line);
	cases_release(&vectors);
	tunable_catalog_release(&catalog);
	return 0;
}

static bool
is_looked_at(const char *owner)
{
	return only_owner == NULL || strcmp(only_owner, owner) == 0;
}

static bool
is_expected_absent(const char *owner)
{
	for (const char *const *at = expected_absent_owners; *at != NULL; at++) {
		if (strcmp(*at, owner) == 0)
			return true;
	}
	return false;
}

static bool
owner_is_there(const char *owner)
{
	for (size_t i = 0; i < catalog.count; i++) {
		if (strcmp(catalog.entries[i].table->owner, owner) == 0)
			return true;
	}
	return false;
}

/* The entry of a line: of its key, its name and its owner, as they are written. */
static const struct tunable_entry *
entry_of(const struct listed *row)
{
	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_entry *entry = &catalog.entries[i];

		if (strcmp(entry->table->owner, row->fields[OWNER]) == 0 &&
		    strcmp(entry->table->key, row->fields[KEY]) == 0 &&
		    strcmp(entry->row->name, row->fields[VALUE]) == 0)
			return entry;
	}
	return NULL;
}

/* Whether a line is of a boot option that wins over a value of the registry, in that value's row.
 */
static bool
is_in_a_values_row(const struct listed *row)
{
	if (row->fields[KEY][0] != '{')
		return false;
	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_entry *entry = &catalog.entries[i];

		if (strcmp(entry->table->owner, row->fields[OWNER]) == 0 &&
		    entry->row->bcd != NULL && strcmp(entry->row->bcd, row->fields[VALUE]) == 0 &&
		    strcmp(entry->table->key, row->fields[KEY]) != 0)
			return true;
	}
	return false;
}

static bool
is_missing(const struct listed *row)
{
	return entry_of(row) == NULL && !is_in_a_values_row(row);
}

/* --- Facts --------------------------------------------------------------------------------------
 */

static void
differ(const struct listed *row, enum column column, const char *ours)
{
	print_error("line %zu: %s %s\\%s: %s is \"%s\" in the list and \"%s\" in the table\n",
	    row->number, row->fields[OWNER], row->fields[KEY], row->fields[VALUE],
	    column_names[column], row->fields[column], ours);
	differences++;
}

static void
compare(const struct listed *row, enum column column, const char *ours)
{
	if (strcmp(row->fields[column], ours) != 0)
		differ(row, column, ours);
}

static void
compare_number(const struct listed *row, enum column column, bool known, uint64_t number)
{
	char text[24] = "";

	if (known)
		snprintf(text, sizeof(text), "%" PRIu64, number);
	compare(row, column, text);
}

/* One of "A, B" (or of the types "A / B"), where "A*" is whatever begins so. */
static bool
is_one_of(const char *list, const char *separator, const char *text)
{
	while (*list != '\0') {
		const char *end = strstr(list, separator);
		size_t length = end != NULL ? (size_t)(end - list) : strlen(list);
		bool open = length > 0 && list[length - 1] == '*';

		if (open ? strncmp(list, text, length - 1) == 0
		         : strlen(text) == length && strncmp(list, text, length) == 0)
			return true;
		list += length + (end != NULL ? strlen(separator) : 0);
	}
	return false;
}

/* Boot options have no registry type: the document's word says which it stands for. */
static bool
stands_for(const char *word, uint32_t type)
{
	if (strcmp(word, "string") == 0)
		return type == REG_SZ;
	return (strcmp(word, "int") == 0 || strcmp(word, "bool") == 0 ||
	           strcmp(word, "enum") == 0) &&
	       (type == REG_DWORD || type == REG_QWORD);
}

/* A type that the reference does not state is assumed and said to be, or is any type. */
static void
compare_type(const struct listed *row, const struct tunable *tunable)
{
	const char *name = tunable->type == TYPE_ANY ? "?" : reg_type_name(tunable->type);
	const char *also = tunable->type_also != 0 ? reg_type_name(tunable->type_also) : NULL;
	bool two = strstr(row->fields[TYPE], " / ") != NULL;

	if (stands_for(row->fields[TYPE], tunable->type))
		return;
	if (strcmp(row->fields[TYPE], "?") == 0) {
		if (tunable->type != TYPE_ANY && (tunable->assumed & FACT_TYPE) == 0)
			differ(row, TYPE, name);
		return;
	}
	if (!is_one_of(row->fields[TYPE], " / ", name))
		differ(row, TYPE, name);
	if (two ? also == NULL || !is_one_of(row->fields[TYPE], " / ", also) : also != NULL)
		differ(row, TYPE, also != NULL ? also : name);
}

static void
compare_default(const struct listed *row, const struct tunable *tunable)
{
	const struct tunable_outcome *outcome = tunable->outcome;

	/* A word for absence is an outcome, not a value. */
	if (strcmp(row->fields[DEFAULT_COLUMN], "not-present") == 0 && outcome != NULL &&
	    outcome->no != NULL && !tunable->has_default && tunable->def_text == NULL)
		compare(row, DEFAULT_COLUMN, outcome->no);
	else if (tunable->def_text != NULL)
		compare(row, DEFAULT_COLUMN, tunable->def_text);
	else if (!tunable->has_default || (tunable->assumed & FACT_DEFAULT) == 0 ||
	         row->fields[DEFAULT_COLUMN][0] != '\0')
		compare_number(row, DEFAULT_COLUMN, tunable->has_default, tunable->def);
}

static bool
has_word(const char *list, const char *word)
{
	return is_one_of(list, ",", word);
}

/*
 * What the list calls a choice must be marked as one. A shape or a judgement that the list has from
 * the reference must not.
 */
static void
compare_assumed(const struct listed *row, const struct tunable *tunable)
{
	static const struct {
		const char *word;
		uint32_t fact;
		bool both_ways;
	} facts[] = {
		{ "type", FACT_TYPE, false },
		{ "default", FACT_DEFAULT, false },
		{ "range", FACT_RANGE, false },
		{ "judgement", FACT_JUDGEMENT, true },
		{ "shape", FACT_SHAPE, true },
		{ "rule", FACT_RULE, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		bool listed_so = has_word(row->fields[ASSUMED], facts[i].word);
		bool ours = (tunable->assumed & facts[i].fact) != 0;
		struct buf text = { 0 };

		if (ours == listed_so || (ours && !facts[i].both_ways))
			continue;
		buf_printf(&text, "%s%s", ours ? "" : "not ", facts[i].word);
		differ(row, ASSUMED, buf_text(&text));
		buf_release(&text);
	}
}

/* A table may have two readers: "A / B". One of the list's functions is enough. */
static void
compare_reader(const struct listed *row, const char *reader)
{
	const char *at = reader != NULL ? reader : "";
	char one[256];

	if (strcmp(row->fields[READER], at) == 0)
		return;
	while (*at != '\0') {
		const char *end = strstr(at, " / ");
		size_t length = end != NULL ? (size_t)(end - at) : strlen(at);

		snprintf(one, sizeof(one), "%.*s", (int)length, at);
		if (is_one_of(row->fields[READER], ", ", one))
			return;
		at += length + (end != NULL ? strlen(" / ") : 0);
	}
	differ(row, READER, reader != NULL ? reader : "");
}

static void
compare_row(const struct listed *row, const struct tunable_entry *entry)
{
	const struct tunable *tunable = entry->row;
	struct buf judgement = { 0 };

	compare(row, SECTION, entry->table->section);
	compare_type(row, tunable);
	compare_default(row, tunable);
	compare_number(row, MIN, tunable->has_min, tunable->min);
	compare_number(row, MAX, tunable->has_max, tunable->max);
	tunable_judgement(tunable, &judgement);
	compare(row, JUDGEMENT, buf_text(&judgement));
	buf_release(&judgement);
	compare_assumed(row, tunable);
	compare(row, APPLY, tunable_apply_name(tunable_apply_class(entry)));
	compare_reader(row, entry->table->reader);
	compare(row, UNIT, tunable->unit != NULL ? tunable->unit : "");
}

/* --- Tests --------------------------------------------------------------------------------------
 */

static void
the_list_is_whole(void **state UNUSED)
{
	static const enum column always[] = { SECTION, KEY, VALUE, OWNER, TYPE, JUDGEMENT, APPLY };

	assert_true(listed_count > LISTED_LEAST);
	for (size_t i = 0; i < listed_count; i++) {
		for (size_t at = 0; at < ARRAY_SIZE(always); at++)
			assert_true(listed[i].fields[always[at]][0] != '\0');
	}
}

static void
owners_that_are_expected_to_be_absent_are(void **state UNUSED)
{
	for (const char *const *at = expected_absent_owners; *at != NULL; at++) {
		if (owner_is_there(*at))
			fail_msg("%s has tables now: take it off the list at the top", *at);
	}
}

/* The lines of one owner that no table has, as one block. */
static void
report_missing(size_t first)
{
	const char *owner = listed[first].fields[OWNER];
	unsigned missing = 0;
	unsigned count = 0;

	for (size_t i = first; i < listed_count; i++) {
		if (strcmp(listed[i].fields[OWNER], owner) != 0)
			continue;
		count++;
		missing += is_missing(&listed[i]);
	}
	if (missing == 0)
		return;
	differences += missing;
	print_error("%s: no table has %u of its %u rows\n", owner, missing, count);
	for (size_t i = first; i < listed_count && missing < count; i++) {
		if (strcmp(listed[i].fields[OWNER], owner) == 0 && is_missing(&listed[i]))
			print_error("    line %zu: %s %s\\%s\n", listed[i].number,
			    listed[i].fields[SECTION], listed[i].fields[KEY],
			    listed[i].fields[VALUE]);
	}
}

static void
every_row_of_the_list_is_in_a_table(void **state UNUSED)
{
	differences = 0;
	for (size_t i = 0; i < listed_count; i++) {
		const char *owner = listed[i].fields[OWNER];
		bool seen = false;

		for (size_t at = 0; at < i && !seen; at++)
			seen = strcmp(listed[at].fields[OWNER], owner) == 0;
		if (!seen && is_looked_at(owner) && !is_expected_absent(owner))
			report_missing(i);
	}
	assert_int_equal(differences, 0);
}

static void
every_table_says_what_the_list_says(void **state UNUSED)
{
	differences = 0;
	for (size_t i = 0; i < listed_count; i++) {
		const struct tunable_entry *entry = entry_of(&listed[i]);

		if (entry != NULL && is_looked_at(listed[i].fields[OWNER]))
			compare_row(&listed[i], entry);
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

		if (!is_looked_at(entry->table->owner))
			continue;
		for (size_t at = 0; at < listed_count; at++)
			met += entry_of(&listed[at]) == entry;
		if (met == 1)
			continue;
		print_error("the list has %s %s\\%s %u times\n", entry->table->owner,
		    entry->table->key, entry->row->name, met);
		differences++;
	}
	assert_int_equal(differences, 0);
}

static void
no_value_has_two_rows_of_one_component(void **state UNUSED)
{
	differences = 0;
	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_entry *entry = &catalog.entries[i];
		const char *key = entry->table->key;
		const struct tunable_entry *found = NULL;
		unsigned count = 0;

		while ((found = tunable_find(&catalog, key, strlen(key), entry->row->name,
		            strlen(entry->row->name), found)) != NULL)
			count += strcmp(found->table->key, key) == 0 &&
			         strcmp(found->table->owner, entry->table->owner) == 0;
		if (count == 1 || !is_looked_at(entry->table->owner))
			continue;
		print_error(
		    "%s %s\\%s has %u rows\n", entry->table->owner, key, entry->row->name, count);
		differences++;
	}
	assert_int_equal(differences, 0);
}

static void
the_rows_themselves_have_no_fault(void **state UNUSED)
{
	struct buf faults = { 0 };
	size_t count = tunable_catalog_check(&catalog, &faults);

	if (count > 0)
		print_error("%s", buf_text(&faults));
	buf_release(&faults);
	assert_int_equal(count, 0);
}

/* The first line of a key and value that a table has; the others are of other owners. */
static bool
is_first_of_value(size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(listed[i].fields[KEY], listed[index].fields[KEY]) == 0 &&
		    strcmp(listed[i].fields[VALUE], listed[index].fields[VALUE]) == 0 &&
		    entry_of(&listed[i]) != NULL && is_looked_at(listed[i].fields[OWNER]))
			return false;
	}
	return true;
}

/* What the vectors must have of a row: any, and numbers at or beyond each of its bounds. */
static void
check_vectors(const struct listed *row, const struct tunable_entry *entry)
{
	uint64_t max = strtoull(row->fields[MAX], NULL, 10);
	uint64_t min = strtoull(row->fields[MIN], NULL, 10);
	bool at_max = row->fields[MAX][0] == '\0';
	bool at_min = row->fields[MIN][0] == '\0';
	bool any = at_max && at_min && row->fields[DEFAULT_COLUMN][0] == '\0';

	for (size_t i = 0; i < vectors.count; i++) {
		uint64_t number;

		if (!case_is_about(&vectors.cases[i], row->fields[KEY], entry->row))
			continue;
		any = true;
		if (!case_number(&vectors.cases[i], &number))
			continue;
		at_max = at_max || number >= max;
		at_min = at_min || number <= min;
	}
	if (any && at_max && at_min)
		return;
	print_error("%s %s\\%s has no vector%s\n", row->fields[OWNER], row->fields[KEY],
	    row->fields[VALUE],
	    !any      ? ""
	    : !at_max ? " at or above its upper bound"
	              : " at or below its lower bound");
	differences++;
}

static void
every_stated_default_and_bound_has_a_vector(void **state UNUSED)
{
	differences = 0;
	for (size_t i = 0; i < listed_count; i++) {
		const struct tunable_entry *entry = entry_of(&listed[i]);

		if (entry != NULL && is_looked_at(listed[i].fields[OWNER]) && is_first_of_value(i))
			check_vectors(&listed[i], entry);
	}
	assert_int_equal(differences, 0);
	assert_true(vectors.count >= VECTORS_LEAST);
}

/* Whether a vector sets a switch to this word. */
static bool
is_switched(const char *name, const char *word)
{
	struct buf wanted = { 0 };
	bool found = false;

	buf_printf(&wanted, "state.%s=%s", name, word);
	for (size_t i = 0; i < vectors.count && !found; i++)
		found = strstr(vectors.cases[i].given, buf_text(&wanted)) != NULL;
	buf_release(&wanted);
	return found;
}

/* The first word of a switch holds without it, so that it needs no vector of its own. */
static void
every_other_reading_has_a_vector(void **state UNUSED)
{
	differences = 0;
	for (size_t i = 0; i < catalog.count; i++) {
		const struct tunable_table *table = catalog.entries[i].table;
		const struct tunable_switch *at = table->switches;

		if (!is_looked_at(table->owner) || (i > 0 && catalog.entries[i - 1].table == table))
			continue;
		for (; at != NULL && at->name != NULL; at++) {
			for (const char *const *word = at->words + 1; *word != NULL; word++) {
				if (is_switched(at->name, *word))
					continue;
				print_error(
				    "%s: no vector sets %s to %s\n", table->owner, at->name, *word);
				differences++;
			}
		}
	}
	assert_int_equal(differences, 0);
}

static void
every_module_is_found_by_its_name_image_and_service(void **state UNUSED)
{
	for (const struct host_process *process = host_processes; process->name != NULL;
	     process++) {
		for (const struct module *const *at = process->modules; *at != NULL; at++) {
			const struct module *module = *at;

			assert_ptr_equal(host_module_find(module->name, NULL), module);
			assert_ptr_equal(host_module_find(module->image, NULL), module);
			if (module->service != NULL)
				assert_non_null(host_module_find(module->service, NULL));
			for (size_t i = 0; i < module->table_count; i++)
				assert_string_equal(module->tables[i]->owner, module->image);
		}
	}
	assert_non_null(host_module_find("VHDMP.SYS", NULL));
	assert_string_equal(host_module_find("vmsmp", NULL)->name, "vmswitch");
	assert_null(host_module_find("vhdm", NULL));
	assert_null(host_module_find("", NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_whole),
		cmocka_unit_test(owners_that_are_expected_to_be_absent_are),
		cmocka_unit_test(every_row_of_the_list_is_in_a_table),
		cmocka_unit_test(every_table_says_what_the_list_says),
		cmocka_unit_test(every_row_of_a_table_is_in_the_list_once),
		cmocka_unit_test(no_value_has_two_rows_of_one_component),
		cmocka_unit_test(the_rows_themselves_have_no_fault),
		cmocka_unit_test(every_stated_default_and_bound_has_a_vector),
		cmocka_unit_test(every_other_reading_has_a_vector),
		cmocka_unit_test(every_module_is_found_by_its_name_image_and_service),
	};

	return cmocka_run_group_tests(tests, read_all, drop_all);
}
