/*
 * Finding rows by key and name, and the self-check of rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regstore/tunable/view.h"
#include "vmms/processes.h"

#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define ROW      .basis = BASIS_DOCUMENTED, .doc = "A row of the test."

static const struct tunable first_rows[] = {
	{ ROW, .name = "Count", .type = REG_DWORD },
	{ ROW, .name = "Shared", .type = REG_DWORD },
};
static const struct tunable same_key_rows[] = {
	{ ROW, .name = "Shared", .type = REG_DWORD },
	{ ROW, .name = "Extra", .type = REG_DWORD },
};
static const struct tunable port_rows[] = { { ROW, .name = "Speed", .type = REG_DWORD } };
static const struct tunable parser_rows[] = { { ROW, .name = "Service", .type = REG_SZ } };
static const struct tunable map_rows[] = { { ROW, .name = "Service", .type = REG_SZ } };
static const struct tunable property_rows[] = { { ROW, .name = "*", .type = TYPE_ANY } };
static const struct tunable class_rows[] = { { ROW, .name = "Vlan", .type = REG_DWORD } };
static const struct tunable other_rows[] = { { ROW, .name = "Count", .type = REG_DWORD } };

#define TABLE(stem, who, path, stands)                                                             \
	static const struct tunable_table stem##_table = {                                         \
		.name = "test." #stem,                                                             \
		.owner = (who),                                                                    \
		.key = (path),                                                                     \
		.opens = (stands),                                                                 \
		.section = "0",                                                                    \
		.apply = APPLY_RELOAD,                                                             \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
	}

TABLE(first, "one.sys", SERVICES "One\\Parameters", NULL);
TABLE(same_key, "two.sys", SERVICES "One\\Parameters", NULL);
TABLE(port, "one.sys", SERVICES "One\\Parameters\\Ports\\<VM-GUID>\\<n>", NULL);
TABLE(parser, "one.sys", SERVICES "One\\Parsers\\{GUID}", NULL);
TABLE(map, "one.sys", "HKLM\\SYSTEM\\CurrentControlSet\\Control\\One\\Parsers\\{GUID}", NULL);
TABLE(property, "one.sys", SERVICES "One\\Switches\\<id>\\Properties", NULL);
TABLE(class, "one.sys", "<device key>", SERVICES "Class\\{4d36e972-e325-11ce}\\<n>");
TABLE(other, "two.sys", SERVICES "Two", NULL);

static struct tunable_catalog catalog;

static int
make_catalog(void **state UNUSED)
{
	const struct tunable_table *tables[] = { &first_table, &same_key_table, &port_table,
		&parser_table, &map_table, &property_table, &class_table, &other_table };
	struct buf error = { 0 };
	bool ok = tunable_catalog_init(tables, ARRAY_SIZE(tables), &catalog, &error);

	if (!ok)
		print_error("%s\n", buf_text(&error));
	buf_release(&error);
	return ok ? 0 : -1;
}

static int
drop_catalog(void **state UNUSED)
{
	tunable_catalog_release(&catalog);
	return 0;
}

/* The tables in which a value is found, in order: "one.first two.same". */
static const char *
found(const char *key, const char *name)
{
	static char tables[256];
	const struct tunable_entry *entry = NULL;
	size_t length = 0;

	tables[0] = '\0';
	while (
	    (entry = tunable_find(&catalog, key, strlen(key), name, strlen(name), entry)) != NULL)
		length += (size_t)snprintf(tables + length, sizeof(tables) - length, "%s%s",
		    length > 0 ? " " : "", strchr(entry->table->name, '.') + 1);
	return tables;
}

static const char *
found_name(const char *text)
{
	static char tables[256];
	const struct tunable_entry *entry = NULL;
	size_t length = 0;

	tables[0] = '\0';
	while ((entry = tunable_find_name(&catalog, text, entry)) != NULL)
		length += (size_t)snprintf(tables + length, sizeof(tables) - length, "%s%s",
		    length > 0 ? " " : "", strchr(entry->table->name, '.') + 1);
	return tables;
}

/* --- Look-up by key and name --------------------------------------------------------------------
 */

static void
a_value_is_found_by_its_key_and_name_without_case(void **state UNUSED)
{
	assert_string_equal(found(SERVICES "One\\Parameters", "Count"), "first");
	assert_string_equal(
	    found("hklm\\system\\currentcontrolset\\services\\ONE\\parameters", "cOUNT"), "first");
	assert_string_equal(found(SERVICES "Two", "Count"), "other");
}

static void
every_reader_of_a_value_is_found(void **state UNUSED)
{
	assert_string_equal(found(SERVICES "One\\Parameters", "Shared"), "first same_key");
}

static void
an_unknown_key_or_name_is_not_found(void **state UNUSED)
{
	assert_string_equal(found(SERVICES "One\\Parameters", "Counts"), "");
	assert_string_equal(found(SERVICES "One\\Parameters", "Coun"), "");
	assert_string_equal(found(SERVICES "One\\Parameters", ""), "");
	assert_string_equal(found(SERVICES "One", "Count"), "");
	assert_string_equal(found(SERVICES "One\\Parameters\\More", "Count"), "");
	assert_string_equal(found("", "Count"), "");
	assert_string_equal(found("HKLM", "Count"), "");
}

static void
long_names_of_roots_and_control_sets_mean_the_short_ones(void **state UNUSED)
{
	assert_string_equal(
	    found("HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Two", "Count"),
	    "other");
	assert_string_equal(found("HKLM\\SYSTEM\\ControlSet001\\Services\\Two", "Count"), "other");
	assert_string_equal(found("HKLM\\SYSTEM\\controlset042\\Services\\Two", "Count"), "other");
	assert_string_equal(found("HKLM\\SYSTEM\\ControlSet01\\Services\\Two", "Count"), "");
	assert_string_equal(found("HKLM\\SYSTEM\\ControlSet00x\\Services\\Two", "Count"), "");
	assert_string_equal(found("HKLM\\SYSTEM\\ControlSet0001\\Services\\Two", "Count"), "");
	assert_string_equal(found("HKCU\\SYSTEM\\CurrentControlSet\\Services\\Two", "Count"), "");
}

static void
placeholders_stand_for_one_component_each(void **state UNUSED)
{
	assert_string_equal(found(SERVICES "One\\Parameters\\Ports\\any\\1", "Speed"), "port");
	assert_string_equal(
	    found(SERVICES "One\\Parameters\\Ports\\<VM-GUID>\\<n>", "Speed"), "port");
	assert_string_equal(
	    found(SERVICES "One\\Parsers\\{01234567-89ab-cdef-0123-456789abcdef}", "Service"),
	    "parser");
	assert_string_equal(found(SERVICES "One\\Parsers\\{GUID}", "Service"), "parser");
	assert_string_equal(found(SERVICES "One\\Parameters\\Ports\\any", "Speed"), "");
	assert_string_equal(found(SERVICES "One\\Parameters\\Ports\\any\\1\\2", "Speed"), "");
	assert_string_equal(found(SERVICES "One\\Parameters\\Ports\\\\1", "Speed"), "");
}

static void
a_guid_in_a_key_is_no_placeholder(void **state UNUSED)
{
	assert_true(tunable_key_matches("HKLM\\{GUID}", "HKLM\\x", 6));
	assert_false(tunable_key_matches("HKLM\\{4d36e972-e325-11ce}", "HKLM\\x", 6));
	assert_true(tunable_key_matches("HKLM\\{4d36e972-e325-11ce}", "HKLM\\{4D36E972-E325-11CE}",
	    strlen("HKLM\\{4D36E972-E325-11CE}")));
}

static void
an_unresolved_key_is_found_by_its_text_and_by_what_stands_for_it(void **state UNUSED)
{
	assert_string_equal(found("<device key>", "Vlan"), "class");
	assert_string_equal(found(SERVICES "Class\\{4d36e972-e325-11ce}\\0001", "Vlan"), "class");
	assert_string_equal(found(SERVICES "Class\\{4d36e972-e325-11cf}\\0001", "Vlan"), "");
}

static void
a_table_without_fixed_names_takes_every_name_of_its_key(void **state UNUSED)
{
	const char *key = SERVICES "One\\Switches\\a\\Properties";

	assert_string_equal(found(key, "anything"), "property");
	assert_string_equal(found(key, "Count"), "property");
	assert_string_equal(found(key, "*"), "property");
	assert_string_equal(found(key, ""), "property");
	assert_string_equal(found(SERVICES "One\\Switches\\a", "anything"), "");
}

/* --- Look-up by name ----------------------------------------------------------------------------
 */

static void
a_name_alone_finds_every_row_of_that_name(void **state UNUSED)
{
	assert_string_equal(found_name("count"), "first other");
	assert_string_equal(found_name("Service"), "parser map");
	assert_string_equal(found_name("nothing"), "");
	assert_string_equal(found_name(""), "");
}

static void
a_name_with_the_last_keys_finds_the_rows_below_them(void **state UNUSED)
{
	assert_string_equal(found_name("Two\\Count"), "other");
	assert_string_equal(found_name("parameters\\Count"), "first");
	assert_string_equal(found_name("Parsers\\{GUID}\\Service"), "parser map");
	assert_string_equal(found_name("Control\\One\\Parsers\\{GUID}\\Service"), "map");
	assert_string_equal(found_name("Control\\One\\Parsers\\{1-2}\\Service"), "map");
	assert_string_equal(found_name(SERVICES "Two\\Count"), "other");
	assert_string_equal(
	    found_name("HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Two\\Count"), "other");
	assert_string_equal(found_name("Three\\Count"), "");
	assert_string_equal(found_name("\\Count"), "");
	assert_string_equal(found_name("X\\" SERVICES "Two\\Count"), "");
}

static void
a_name_with_its_key_finds_a_row_without_a_fixed_name(void **state UNUSED)
{
	assert_string_equal(found_name("Properties\\anything"), "property");
	assert_string_equal(found_name(SERVICES "One\\Switches\\a\\Properties\\x"), "property");
	assert_string_equal(found_name("anything"), "");
}

static const char *
sibling_of(const char *key, const char *name, const char *sibling)
{
	const struct tunable_entry *from =
	    tunable_find(&catalog, key, strlen(key), name, strlen(name), NULL);
	const struct tunable_entry *entry;

	assert_non_null(from);
	entry = tunable_sibling(&catalog, from, sibling, strlen(sibling));
	return entry != NULL ? entry->table->name : "";
}

static void
a_sibling_is_of_the_same_key_then_of_the_owner_then_anybodys(void **state UNUSED)
{
	const char *one = SERVICES "One\\Parameters";
	const char *two = SERVICES "Two";

	assert_string_equal(sibling_of(one, "Count", "Shared"), "test.first");
	assert_string_equal(sibling_of(one, "Extra", "Shared"), "test.same_key");
	assert_string_equal(sibling_of(one, "Extra", "Count"), "test.first");
	assert_string_equal(sibling_of(two, "Count", "Shared"), "test.same_key");
	assert_string_equal(sibling_of(two, "Count", "Speed"), "test.port");
	assert_string_equal(
	    sibling_of(two, "Count", "Control\\One\\Parsers\\{GUID}\\Service"), "test.map");
	assert_string_equal(sibling_of(two, "Count", "nothing"), "");
	assert_string_equal(sibling_of(two, "Count", "Nowhere\\Shared"), "");
}

/* --- Building -----------------------------------------------------------------------------------
 */

static const struct tunable_table one_table = {
	.name = "test.one",
	.owner = "one.sys",
	.key = SERVICES "One",
	.section = "0",
	.apply = APPLY_RELOAD,
};

/* Index rows that cannot be indexed, and compare what is said of them. */
static void
assert_refused(const struct tunable *rows, size_t count, const char *sentence)
{
	struct tunable_table table = one_table;
	const struct tunable_table *tables[] = { &table };
	struct tunable_catalog refused = { .count = 77 };
	struct buf error = { 0 };

	table.rows = rows;
	table.count = count;
	assert_false(tunable_catalog_init(tables, 1, &refused, &error));
	assert_string_equal(buf_text(&error), sentence);
	assert_int_equal(refused.count, 77);
	buf_release(&error);
}

static void
a_row_that_refers_to_no_row_is_named(void **state UNUSED)
{
	const struct tunable gate[] = { { ROW, .name = "A", .type = REG_DWORD,
	    .gates = { { 0 }, { .name = "None", .test = GATE_ZERO } } } };
	const struct tunable fallback[] = { { ROW, .name = "A", .fallback = "None" } };
	const struct tunable policy[] = { { ROW, .name = "A", .policy = "Key\\None" } };
	const struct tunable preferred[] = { { ROW, .name = "A", .preferred = "None" } };
	const struct tunable itself[] = { { ROW, .name = "A", .fallback = "A" } };

	assert_refused(gate, 1, SERVICES "One!A: gate names None, which no table has");
	assert_refused(fallback, 1, SERVICES "One!A: fallback names None, which no table has");
	assert_refused(policy, 1, SERVICES "One!A: policy names Key\\None, which no table has");
	assert_refused(preferred, 1, SERVICES "One!A: preferred names None, which no table has");
	assert_refused(itself, 1, SERVICES "One!A: fallback names A, which no table has");
}

static void
gates_and_bounds_in_a_circle_are_refused(void **state UNUSED)
{
	const struct tunable self[] = { { ROW, .name = "A", .max_from = "A" } };
	const struct tunable pair[] = {
		{ ROW, .name = "A", .gates = { { .name = "B", .test = GATE_NONZERO } } },
		{ ROW, .name = "B", .max_from = "C" },
		{ ROW, .name = "C", .gates = { { 0 }, { .name = "A", .test = GATE_ZERO } } },
	};
	const struct tunable tail[] = {
		{ ROW, .name = "A", .max_from = "B" },
		{ ROW, .name = "B", .gates = { { .name = "C", .test = GATE_ZERO } } },
		{ ROW, .name = "C", .max_from = "B" },
	};

	assert_refused(self, 1, SERVICES "One!A: gates or bounds go round in a circle");
	assert_refused(
	    pair, ARRAY_SIZE(pair), SERVICES "One!A: gates or bounds go round in a circle");
	assert_refused(
	    tail, ARRAY_SIZE(tail), SERVICES "One!A: gates or bounds go round in a circle");
}

static void
rows_that_share_a_bound_or_fall_back_on_each_other_are_no_circle(void **state UNUSED)
{
	const struct tunable rows[] = {
		{ ROW, .name = "A", .max_from = "C", .fallback = "B",
		    .gates = { { .name = "B", .test = GATE_ZERO } } },
		{ ROW, .name = "B", .max_from = "C", .fallback = "A" },
		{ ROW, .name = "C", .max_from = "SomeState" },
	};
	struct tunable_table table = one_table;
	const struct tunable_table *tables[] = { &table };
	struct tunable_catalog indexed = { 0 };
	struct buf error = { 0 };

	table.rows = rows;
	table.count = ARRAY_SIZE(rows);
	assert_true(tunable_catalog_init(tables, 1, &indexed, &error));
	assert_int_equal(error.size, 0);
	assert_int_equal(indexed.count, ARRAY_SIZE(rows));
	assert_ptr_equal(indexed.entries[0].max_from, &indexed.entries[2]);
	assert_ptr_equal(indexed.entries[0].fallback, &indexed.entries[1]);
	assert_ptr_equal(indexed.entries[0].gates[0], &indexed.entries[1]);
	assert_null(indexed.entries[2].max_from);
	tunable_catalog_release(&indexed);
	buf_release(&error);
}

static void
a_catalog_without_rows_finds_nothing(void **state UNUSED)
{
	struct tunable_catalog empty;
	struct buf error = { 0 };
	struct buf faults = { 0 };

	memset(&empty, 0xa5, sizeof(empty));
	assert_true(tunable_catalog_init(NULL, 0, &empty, &error));
	assert_int_equal(empty.count, 0);
	assert_null(tunable_find(&empty, "HKLM", 4, "x", 1, NULL));
	assert_null(tunable_find_name(&empty, "x", NULL));
	assert_int_equal(tunable_catalog_check(&empty, &faults), 0);
	tunable_catalog_release(&empty);
}

/* --- The self-check -----------------------------------------------------------------------------
 */

struct state {
	struct tunable_number number;
	struct tunable_text text;
};

static const struct tunable_word words[] = { { 1, "one" }, { 2, "two" }, { 0 } };

/* Check one row (in a table of its own); `fault` NULL: there is none. */
#define check_row(table, row, fault) check_row_at(table, row, fault, __FILE__, __LINE__)

static void
check_row_at(const struct tunable_table *given, const struct tunable *row, const char *fault,
    const char *file, int line)
{
	struct tunable_table table = *given;
	const struct tunable_table *tables[] = { &table };
	struct tunable_catalog checked;
	struct buf error = { 0 };
	struct buf faults = { 0 };
	char expected[200] = "";
	size_t count;

	table.rows = row;
	table.count = 1;
	table.state_size = sizeof(struct state);
	if (!tunable_catalog_init(tables, 1, &checked, &error)) {
		print_error("%s\n", buf_text(&error));
		_fail(file, line);
	}
	if (fault != NULL)
		snprintf(expected, sizeof(expected), SERVICES "One!%s: %s\n", row->name, fault);
	count = tunable_catalog_check(&checked, &faults);
	if (count != (fault != NULL) || strcmp(buf_text(&faults), expected) != 0) {
		print_error("expected \"%s\", got \"%s\"\n", expected, buf_text(&faults));
		_fail(file, line);
	}
	tunable_catalog_release(&checked);
	buf_release(&faults);
	buf_release(&error);
}

/* A good DWORD row named A, with further columns. */
#define A_ROW(...)  (&(const struct tunable){ ROW, .name = "A", .type = REG_DWORD, __VA_ARGS__ })
#define BARE(...)   (&(const struct tunable){ .name = "A", __VA_ARGS__ })
#define A_TEXT(...) (&(const struct tunable){ ROW, .name = "A", .type = REG_SZ, __VA_ARGS__ })

static void
a_good_row_has_no_fault(void **state UNUSED)
{
	check_row(&one_table, A_ROW(.unit = "ms"), NULL);
	check_row(&one_table, A_ROW(DEFAULT(5), RANGE(5, 5), OUTSIDE(OOB_CLAMP)), NULL);
	check_row(
	    &one_table, A_TEXT(.def_text = "x", .into = TEXT_FIELD(struct state, text)), NULL);
	check_row(&one_table, A_ROW(.into = NUMBER_FIELD(struct state, number)), NULL);
}

static void
a_forgotten_basis_apply_class_or_doc_is_a_fault(void **state UNUSED)
{
	struct tunable_table table = one_table;
	char doc[102];

	check_row(&one_table, BARE(.doc = "x", .basis = BASIS_FORGOTTEN), "no basis");
	check_row(&one_table, BARE(.doc = "x", .basis = BASIS_PUBLIC),
	    "a public basis without its source");
	check_row(
	    &one_table, BARE(.doc = "x", .basis = BASIS_PUBLIC, .public_source = "winnt.h"), NULL);
	check_row(&one_table, BARE(.basis = BASIS_DOCUMENTED, .doc = NULL),
	    "no doc, or one over 100 characters");
	check_row(&one_table, BARE(.basis = BASIS_DOCUMENTED, .doc = ""),
	    "no doc, or one over 100 characters");
	memset(doc, 'x', sizeof(doc));
	doc[101] = '\0';
	check_row(&one_table, BARE(.basis = BASIS_DOCUMENTED, .doc = doc),
	    "no doc, or one over 100 characters");
	doc[100] = '\0';
	check_row(&one_table, BARE(.basis = BASIS_DOCUMENTED, .doc = doc), NULL);
	table.apply = APPLY_FORGOTTEN;
	check_row(&table, A_ROW(.unit = "ms"), "no apply class");
	table.apply = APPLY_UNKNOWN;
	check_row(&table, A_ROW(.unit = "ms"), "an unknown apply class without the assumed one");
	table.assumed_apply = APPLY_UNKNOWN;
	check_row(&table, A_ROW(.unit = "ms"), "an unknown apply class without the assumed one");
	table.assumed_apply = APPLY_RELOAD;
	check_row(&table, A_ROW(.unit = "ms"), NULL);
	table.section = NULL;
	check_row(&table, A_ROW(.unit = "ms"), "no owner or section");
}

static void
a_range_that_makes_no_sense_is_a_fault(void **state UNUSED)
{
	check_row(&one_table, A_ROW(RANGE(6, 5), OUTSIDE(OOB_CLAMP)), "minimum above maximum");
	check_row(&one_table, A_ROW(RANGE(1, UINT64_C(1) << 32), OUTSIDE(OOB_CLAMP)),
	    "a bound over 32 bits");
	check_row(&one_table,
	    BARE(ROW, .type = REG_QWORD, RANGE(1, UINT64_C(1) << 32), OUTSIDE(OOB_CLAMP)), NULL);
	check_row(&one_table, A_ROW(.shape = SHAPE_ENUM), "an enumeration without words");
}

static void
a_forgotten_judgement_is_a_fault(void **state UNUSED)
{
	static const char both[] = "a bound with neither a judgement nor a note";

	check_row(&one_table, A_ROW(AT_LEAST(1)), both);
	check_row(&one_table, A_ROW(AT_MOST(1)), both);
	check_row(&one_table, A_ROW(RANGE(1, 5), .above = OOB_CLAMP), both);
	check_row(&one_table, A_ROW(RANGE(1, 5), .below = OOB_CLAMP), both);
	check_row(&one_table, A_ROW(.max_from = "SomeState"), both);
	check_row(&one_table, A_ROW(AT_LEAST(0)), NULL);
	check_row(&one_table, A_ROW(RANGE(1, 5), .note = "not stated"), NULL);
	check_row(&one_table, A_ROW(.below = OOB_CLAMP), "a judgement without a bound");
	check_row(&one_table, A_ROW(.above = OOB_CLAMP), "a judgement without a bound");
	check_row(&one_table, A_ROW(.misshapen = OOB_RESET), "a judgement without a shape");
	check_row(&one_table, A_ROW(.misshapen = OOB_RESET, .shape = SHAPE_EVEN), NULL);
}

static void
a_default_of_the_wrong_kind_range_or_shape_is_a_fault(void **state UNUSED)
{
	check_row(
	    &one_table, A_ROW(DEFAULT(6), RANGE(1, 5), OUTSIDE(OOB_CLAMP)), "default out of range");
	check_row(
	    &one_table, A_ROW(DEFAULT(0), RANGE(1, 5), OUTSIDE(OOB_CLAMP)), "default out of range");
	check_row(&one_table, A_ROW(DEFAULT(UINT64_C(1) << 32)), "default over 32 bits");
	check_row(&one_table, BARE(ROW, .type = REG_QWORD, DEFAULT(UINT64_C(1) << 32)), NULL);
	check_row(&one_table, A_TEXT(DEFAULT(1)), "a number as default of a row that is no number");
	check_row(
	    &one_table, A_ROW(.def_text = "x"), "a text as default of a row that is a number");
	check_row(&one_table, A_ROW(.type_also = REG_SZ, .def_text = "x"), NULL);
	check_row(&one_table, A_ROW(DEFAULT(2), .shape = SHAPE_BOOL), "default of the wrong shape");
	check_row(&one_table, A_ROW(DEFAULT(6), .shape = SHAPE_POWER_OF_TWO),
	    "default of the wrong shape");
	check_row(&one_table, A_ROW(DEFAULT(0), .shape = SHAPE_POWER_OF_TWO),
	    "default of the wrong shape");
	check_row(&one_table, A_ROW(DEFAULT(3), .shape = SHAPE_EVEN), "default of the wrong shape");
	check_row(&one_table, A_ROW(DEFAULT(3), .shape = SHAPE_ENUM, .words = words),
	    "default of the wrong shape");
	check_row(&one_table, A_ROW(DEFAULT(2), .shape = SHAPE_ENUM, .words = words), NULL);
	check_row(
	    &one_table, A_ROW(.zero_is_default = true), "zero means a default that there is not");
}

static void
an_incomplete_rule_is_a_fault(void **state UNUSED)
{
	check_row(
	    &one_table, A_ROW(.variant_state = "vm"), "a second default without its state or word");
	check_row(&one_table, A_ROW(.variant_word = "shielded"),
	    "a second default without its state or word");
	check_row(
	    &one_table, A_ROW(.gates = { { .state = "vm" } }), "a gate without its name or test");
	check_row(&one_table, A_ROW(.gates = { { .test = GATE_ZERO } }),
	    "a gate without its name or test");
	check_row(&one_table, A_ROW(.gates = { { 0 }, { .state = "vm" } }),
	    "a gate without its name or test");
	check_row(&one_table,
	    A_ROW(.gates = { { .state = "vm", .test = GATE_EQUALS, .word = "x" } }), NULL);
}

static void
a_field_of_the_wrong_kind_or_place_is_a_fault(void **state UNUSED)
{
	check_row(&one_table, A_TEXT(.into = NUMBER_FIELD(struct state, number)),
	    "a number field for a row that is no number");
	check_row(&one_table, A_ROW(.into = TEXT_FIELD(struct state, text)),
	    "a field of bytes for a row that is a number");
	check_row(&one_table, A_ROW(.into = { FIELD_NUMBER, sizeof(struct state) }),
	    "a field outside of the state");
	check_row(&one_table,
	    A_ROW(.into = { FIELD_NUMBER,
	              sizeof(struct state) - sizeof(struct tunable_number) + 1 }),
	    "a field outside of the state");
}

static void
two_rows_with_one_name_or_field_are_a_fault(void **state UNUSED)
{
	const struct tunable names[] = { { ROW, .name = "A", .type = REG_DWORD },
		{ ROW, .name = "a", .type = REG_DWORD } };
	const struct tunable fields[] = {
		{ ROW, .name = "A", .type = REG_DWORD, .into = NUMBER_FIELD(struct state, number) },
		{ ROW, .name = "B", .type = REG_DWORD, .into = NUMBER_FIELD(struct state, number) },
	};
	struct tunable_table table = one_table;
	const struct tunable_table *tables[] = { &table };
	struct tunable_catalog checked;
	struct buf text = { 0 };

	table.rows = names;
	table.count = ARRAY_SIZE(names);
	table.state_size = sizeof(struct state);
	assert_true(tunable_catalog_init(tables, 1, &checked, &text));
	assert_int_equal(tunable_catalog_check(&checked, &text), 1);
	assert_string_equal(
	    buf_text(&text), SERVICES "One!a: a name that another row of the table has\n");
	tunable_catalog_release(&checked);
	buf_clear(&text);
	table.rows = fields;
	assert_true(tunable_catalog_init(tables, 1, &checked, &text));
	assert_int_equal(tunable_catalog_check(&checked, &text), 1);
	assert_string_equal(buf_text(&text), SERVICES "One!B: a field that another row fills\n");
	tunable_catalog_release(&checked);
	buf_release(&text);
}

static void
every_fault_has_its_line(void **state UNUSED)
{
	const struct tunable rows[] = { { .name = "A" }, { .name = "B" },
		{ ROW, .name = "C", .type = REG_DWORD } };
	struct tunable_table table = one_table;
	const struct tunable_table *tables[] = { &table };
	struct tunable_catalog checked;
	struct buf text = { 0 };

	table.rows = rows;
	table.count = ARRAY_SIZE(rows);
	assert_true(tunable_catalog_init(tables, 1, &checked, &text));
	assert_int_equal(tunable_catalog_check(&checked, &text), 2);
	assert_string_equal(
	    buf_text(&text), SERVICES "One!A: no basis\n" SERVICES "One!B: no basis\n");
	tunable_catalog_release(&checked);
	buf_release(&text);
}

static void
the_products_own_tables_have_no_fault(void **state UNUSED)
{
	struct tunable_catalog product;
	struct buf text = { 0 };

	assert_true(host_catalog_init(&product, &text));
	assert_true(product.count > 100);
	if (tunable_catalog_check(&product, &text) != 0)
		fail_msg("%s", buf_text(&text));
	for (size_t i = 0; i < product.count; i++) {
		const struct tunable_entry *entry = &product.entries[i];
		const char *key = entry->table->key;
		const struct tunable_entry *again = NULL;

		assert_int_equal(entry->index, i);
		while ((again = tunable_find(&product, key, strlen(key), entry->row->name,
		            strlen(entry->row->name), again)) != NULL &&
		       again != entry)
			;
		assert_ptr_equal(again, entry);
	}
	tunable_catalog_release(&product);
	buf_release(&text);
}

/* --- The catalog in numbers
 * ----------------------------------------------------------------------- */

static const struct tunable counted_rows[] = {
	{ ROW, .name = "Plain", .type = REG_DWORD, DEFAULT(1) },
	{ ROW, .name = "Chosen", .type = REG_DWORD, .assumed = FACT_SHAPE },
	{ ROW, .name = "Text", .type = REG_SZ, .def_text = "x" },
};
static const struct tunable found_rows[] = {
	{ .name = "Named", .type = REG_DWORD, .basis = BASIS_PUBLIC, .public_source = "a book" },
	{ .name = "Ours", .type = REG_DWORD, .basis = BASIS_ASSUMED, .assumed = FACT_TYPE },
};

#define COUNTED(stem, who, function, when)                                                         \
	{                                                                                          \
		.name = "counted", .owner = (who), .key = SERVICES "One", .section = "0",          \
		.reader = (function), .apply = (when), .rows = stem##_rows,                        \
		.count = ARRAY_SIZE(stem##_rows)                                                   \
	}

/* The number at "basis/public", a path of names. */
static json_int_t
number_at(const json_t *object, const char *path)
{
	char copy[128];
	char *rest = copy;
	const char *name;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((name = strsep(&rest, "/")) != NULL)
		object = json_object_get(object, name);
	assert_true(json_is_integer(object));
	return json_integer_value(object);
}

static void
a_summary_counts_rows_tables_readers_and_owners(void **state UNUSED)
{
	static const struct tunable_table counted[] = {
		COUNTED(counted, "one.sys", "ReadAll", APPLY_BOOT),
		COUNTED(found, "one.sys", "ReadAll / ReadMore", APPLY_RELOAD),
		COUNTED(counted, "two.sys", "ReadAll", APPLY_RELOAD),
		COUNTED(found, "two.sysx", NULL, APPLY_RELOAD),
	};
	static const struct {
		const char *path;
		json_int_t number;
	} expected[] = {
		{ "rows", 10 },
		{ "tables", 4 },
		{ "readers", 3 },
		{ "owners", 3 },
		{ "without_default", 6 },
		{ "basis/documented", 4 },
		{ "basis/documented_in_part", 2 },
		{ "basis/public", 2 },
		{ "basis/assumed", 2 },
		{ "apply/boot", 3 },
		{ "apply/reload", 7 },
		{ "by_owner/one.sys/rows", 5 },
		{ "by_owner/one.sys/tables", 2 },
		{ "by_owner/one.sys/readers", 2 },
		{ "by_owner/two.sys/rows", 3 },
		{ "by_owner/two.sys/readers", 1 },
		{ "by_owner/two.sysx/readers", 0 },
	};
	const struct tunable_table *tables[] = { &counted[0], &counted[1], &counted[2],
		&counted[3] };
	struct tunable_catalog numbers;
	struct buf error = { 0 };
	json_t *summary;

	assert_true(tunable_catalog_init(tables, ARRAY_SIZE(tables), &numbers, &error));
	summary = tunable_summary(&numbers);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(number_at(summary, expected[i].path), expected[i].number);
	json_decref(summary);
	tunable_catalog_release(&numbers);
}

static void
a_summary_of_no_rows_is_all_zero(void **state UNUSED)
{
	struct tunable_catalog none;
	struct buf error = { 0 };
	json_t *summary;

	assert_true(tunable_catalog_init(NULL, 0, &none, &error));
	summary = tunable_summary(&none);
	assert_int_equal(number_at(summary, "rows"), 0);
	assert_int_equal(number_at(summary, "readers"), 0);
	assert_int_equal(number_at(summary, "basis/documented"), 0);
	json_decref(summary);
	tunable_catalog_release(&none);
}

/* --- A row's judgement in words
 * ------------------------------------------------------------------- */

static void
settle_nothing(const struct tunable_case *given UNUSED, struct tunable_reading *reading UNUSED)
{
}

static void
a_judgement_is_told_in_words(void **state UNUSED)
{
	static const struct tunable_outcome blocked = { "blocked", "allowed", "device", "x" };
	static const struct tunable_outcome plain = { .yes = "on", .no = "off" };
	static const struct {
		struct tunable row;
		const char *words;
	} told[] = {
		{ { .shape = SHAPE_ANY }, "none" },
		{ { .shape = SHAPE_BOOL }, "bool" },
		{ { .shape = SHAPE_BITMASK }, "bitmask" },
		{ { .shape = SHAPE_SUBKEY }, "none" },
		{ { .shape = SHAPE_ENUM, RANGE(1, 2), .misshapen = OOB_RESET },
		    "enum+reset-default" },
		{ { .shape = SHAPE_ENUM, .misshapen = OOB_REJECT }, "enum+reject" },
		{ { .shape = SHAPE_EVEN,
		      AT_LEAST(100),
		      .below = OOB_RESET,
		      .misshapen = OOB_RESET },
		    "even+reset-default" },
		{ { .shape = SHAPE_POWER_OF_TWO,
		      AT_LEAST(1),
		      .below = OOB_RESET,
		      .misshapen = OOB_RESET },
		    "power-of-two+reset-default" },
		{ { RANGE(1, 9), OUTSIDE(OOB_CLAMP) }, "clamp" },
		{ { RANGE(0, 9), OUTSIDE(OOB_CLAMP) }, "clamp-high" },
		{ { RANGE(1, 9), .above = OOB_CLAMP }, "clamp-high+unstated" },
		{ { RANGE(1, 9), .above = OOB_CLAMP, .zero_is_default = true },
		    "clamp-high+zero-means-default" },
		{ { AT_LEAST(1), .below = OOB_CLAMP }, "clamp-low" },
		{ { AT_MOST(1), .above = OOB_REJECT }, "reject" },
		{ { RANGE(6, 9), OUTSIDE(OOB_RESET) }, "reset-default" },
		{ { RANGE(6, 9) }, "unstated" },
		{ { .max_from = "Other", .above = OOB_CLAMP }, "clamp-high+cross" },
		{ { .shape = SHAPE_BOOL, .policy = "Other" }, "bool+policy" },
		{ { .fallback = "Other" }, "cross" },
		{ { .preferred = "Other" }, "cross" },
		{ { .bcd = "other" }, "cross" },
		{ { .settle = settle_nothing }, "cross" },
		{ { .variant_state = "vm", .variant_word = "x" }, "cross" },
		{ { .gates = { { .name = "Other", .test = GATE_ZERO } } }, "cross" },
		{ { .outcome = &blocked }, "cross" },
		{ { .outcome = &plain }, "none" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		struct buf text = { 0 };

		tunable_judgement(&told[i].row, &text);
		assert_string_equal(buf_text(&text), told[i].words);
		buf_release(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_found_by_its_key_and_name_without_case),
		cmocka_unit_test(every_reader_of_a_value_is_found),
		cmocka_unit_test(an_unknown_key_or_name_is_not_found),
		cmocka_unit_test(long_names_of_roots_and_control_sets_mean_the_short_ones),
		cmocka_unit_test(placeholders_stand_for_one_component_each),
		cmocka_unit_test(a_guid_in_a_key_is_no_placeholder),
		cmocka_unit_test(an_unresolved_key_is_found_by_its_text_and_by_what_stands_for_it),
		cmocka_unit_test(a_table_without_fixed_names_takes_every_name_of_its_key),
		cmocka_unit_test(a_name_alone_finds_every_row_of_that_name),
		cmocka_unit_test(a_name_with_the_last_keys_finds_the_rows_below_them),
		cmocka_unit_test(a_name_with_its_key_finds_a_row_without_a_fixed_name),
		cmocka_unit_test(a_sibling_is_of_the_same_key_then_of_the_owner_then_anybodys),
		cmocka_unit_test(a_row_that_refers_to_no_row_is_named),
		cmocka_unit_test(gates_and_bounds_in_a_circle_are_refused),
		cmocka_unit_test(rows_that_share_a_bound_or_fall_back_on_each_other_are_no_circle),
		cmocka_unit_test(a_catalog_without_rows_finds_nothing),
		cmocka_unit_test(a_good_row_has_no_fault),
		cmocka_unit_test(a_forgotten_basis_apply_class_or_doc_is_a_fault),
		cmocka_unit_test(a_range_that_makes_no_sense_is_a_fault),
		cmocka_unit_test(a_forgotten_judgement_is_a_fault),
		cmocka_unit_test(a_default_of_the_wrong_kind_range_or_shape_is_a_fault),
		cmocka_unit_test(an_incomplete_rule_is_a_fault),
		cmocka_unit_test(a_field_of_the_wrong_kind_or_place_is_a_fault),
		cmocka_unit_test(two_rows_with_one_name_or_field_are_a_fault),
		cmocka_unit_test(every_fault_has_its_line),
		cmocka_unit_test(the_products_own_tables_have_no_fault),
		cmocka_unit_test(a_summary_counts_rows_tables_readers_and_owners),
		cmocka_unit_test(a_summary_of_no_rows_is_all_zero),
		cmocka_unit_test(a_judgement_is_told_in_words),
	};

	return cmocka_run_group_tests(tests, make_catalog, drop_catalog);
}
