/*
 * Whether the vectors would notice: each fact of each row is changed in turn, and the vectors that
 * have to do with the row are judged against the changed one. A change that all of them pass has
 * survived, and fails the test.
 *
 * Not made are the changes that no reading could show; is_shown and the makers say which these are.
 * A change that the rows' self-check finds counts as noticed. HVEMU_ROWS_OWNER=vid.sys looks at the
 * rows of that owner alone.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "regstore/tunable/vector.h"
#include "tests/lib/cases.h"
#include "vmms/processes.h"

#define WORDS_MAX  64u
#define TABLES_MAX 512u
#define STATES_MAX 64u

/* The product's tables, with rows that can be changed, and the catalog of them. */
struct copy {
	struct tunable_table table;
	struct tunable *rows;
};

static struct copy *copies;
static size_t copy_count;
/* Rows of the test's own that name each state, so that a vector may name it whatever changes. */
static struct tunable state_rows[STATES_MAX];
static struct tunable_table state_table = {
	.name = "test.states",
	.owner = "test",
	.key = "HKLM\\SOFTWARE\\Test\\States",
	.section = "0",
	.apply = APPLY_BOOT,
	.rows = state_rows,
};
static struct tunable_catalog catalog;
static struct test_cases vectors;
static const char *only_owner; /* or NULL */

/* The row that is changed, and what the vectors made of the changes. */
struct run {
	struct tunable_entry *entry;
	struct tunable_entry plain_entry; /* as it was */
	struct tunable *row;
	struct tunable plain; /* as it was */
	struct tunable_word words[WORDS_MAX];
	struct buf cases; /* the vectors that have to do with the row */
	size_t case_count;
	unsigned made;
	unsigned found_by_check;
	unsigned caught;
};

/* --- Which vectors have to do with a row --------------------------------------------------------
 */

/* Whether judging `entry` asks for `other`. */
static bool
asks_for(const struct tunable_entry *entry, const struct tunable_entry *other, unsigned depth)
{
	if (entry == NULL || depth == 0)
		return false;
	if (entry == other || entry->fallback == other || entry->policy == other ||
	    entry->preferred == other)
		return true;
	for (unsigned i = 0; i < TUNABLE_GATES; i++) {
		if (asks_for(entry->gates[i], other, depth - 1))
			return true;
	}
	for (unsigned i = 0; i < TUNABLE_SEES; i++) {
		if (asks_for(entry->sees[i], other, depth - 1))
			return true;
	}
	return asks_for(entry->max_from, other, depth - 1);
}

/* A vector is about the row, about one that asks for it, or it gives the row's value. */
static bool
concerns(const struct test_case *at, const struct tunable_entry *entry)
{
	const struct tunable_entry *found = NULL;

	while ((found = tunable_find(&catalog, at->key, strlen(at->key), at->value,
	            strlen(at->value), found)) != NULL) {
		if (asks_for(found, entry, 4))
			return true;
		if (found->row->settle != NULL && strstr(at->given, entry->row->name) != NULL)
			return true;
	}
	return false;
}

static void
gather_cases(struct run *run)
{
	run->case_count = 0;
	buf_clear(&run->cases);
	buf_append_text(&run->cases, "id\tkey\tvalue\tgiven\texpect\n");
	for (size_t i = 0; i < vectors.count; i++) {
		const struct test_case *at = &vectors.cases[i];

		if (!concerns(at, run->entry))
			continue;
		run->case_count++;
		buf_printf(&run->cases, "%s\t%s\t%s\t%s\t%s\n", at->id, at->key, at->value,
		    at->given, at->expect);
	}
	assert_false(run->cases.failed);
}

/* A vector that could not even be judged has noticed nothing. */
static void
count_failure(void *context, const struct vector_result *result)
{
	size_t *count = context;

	*count += !result->passed && result->reading != NULL;
}

/* How many of the gathered vectors do not hold. */
static size_t
failures(struct run *run)
{
	size_t failed = 0;
	const struct vector_sink sink = { .result = count_failure, .context = &failed };
	struct vector_count count = { 0 };
	struct buf error = { 0 };
	FILE *file = fmemopen(run->cases.data, run->cases.size, "r");

	assert_non_null(file);
	assert_true(vector_run(&catalog, file, "mutant", &sink, &count, &error));
	fclose(file);
	buf_release(&error);
	return failed;
}

/*
 * Whether the gathered vectors notice. A settle rule may need the reference that a change drops:
 * then the process of its own comes to grief, which is noticed too.
 */
static bool
is_noticed(struct run *run)
{
	int status = 0;
	pid_t child;

	if (run->plain.settle == NULL)
		return failures(run) > 0;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL); /* not cmocka's, which would go on with the test */
		close(STDERR_FILENO);     /* nor is there anything to say about it */
		_exit(failures(run) > 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* --- Changing -----------------------------------------------------------------------------------
 */

/* Whether the self-check of the rows finds the change by itself. */
static bool
check_finds(const struct run *run)
{
	struct tunable_catalog one = { .entries = run->entry, .count = 1 };
	struct buf faults = { 0 };
	size_t count = tunable_catalog_check(&one, &faults);

	buf_release(&faults);
	return count > 0;
}

static void
restore(struct run *run)
{
	*run->entry = run->plain_entry;
	*run->row = run->plain;
}

/* Begin a change: the row as it is. */
static struct tunable *
change(struct run *run)
{
	restore(run);
	return run->row;
}

/* End it: judge, and put the row back. */
static void
judge(struct run *run, const char *what)
{
	run->made++;
	if (check_finds(run))
		run->found_by_check++;
	else if (is_noticed(run))
		run->caught++;
	else if (run->case_count > 0)
		print_error("%s %s %s: %s\n", run->entry->table->owner, run->entry->table->key,
		    run->plain.name, what);
	restore(run);
}

static void
judge_number(struct run *run, const char *what, uint64_t number)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s %" PRIu64, what, number);
	judge(run, buf_text(&text));
	buf_release(&text);
}

static bool
takes_number(const struct tunable *row)
{
	return row->type == REG_DWORD || row->type == REG_QWORD || row->type == TYPE_ANY ||
	       row->type_also == REG_DWORD || row->type_also == REG_QWORD;
}

static uint64_t
largest(const struct tunable *row)
{
	return row->type == REG_DWORD && row->type_also != REG_QWORD ? UINT32_MAX : UINT64_MAX;
}

/* --- Defaults -----------------------------------------------------------------------------------
 */

static void
change_default(struct run *run)
{
	const struct tunable *row = &run->plain;

	if (row->def_text != NULL) {
		change(run)->def_text = NULL;
		judge(run, "default removed");
		change(run)->def_text = "another";
		judge(run, "default changed");
		return;
	}
	if (!takes_number(row)) {
		change(run)->def_text = "another";
		judge(run, "default added");
		return;
	}
	change(run)->has_default = !row->has_default;
	judge(run, row->has_default ? "default removed" : "default added");
	if (!row->has_default)
		return;
	change(run)->def = row->shape == SHAPE_BOOL ? 1 - row->def : row->def + 1;
	judge(run, "default changed");
	if (row->shape == SHAPE_ENUM) {
		for (const struct tunable_word *at = row->words; at->word != NULL; at++) {
			if (at->number == row->def)
				continue;
			change(run)->def = at->number;
			judge_number(run, "default is", at->number);
		}
	}
}

static void
change_variant(struct run *run)
{
	if (run->plain.variant_state == NULL)
		return;
	change(run)->variant_def++;
	judge(run, "second default changed");
	change(run)->variant_word = "another";
	judge(run, "second default of another word");
	change(run)->variant_state = NULL;
	run->row->variant_word = NULL;
	judge(run, "second default removed");
}

static void
change_zero(struct run *run)
{
	const struct tunable *row = &run->plain;

	if (!takes_number(row))
		return;
	change(run)->zero_is_default = !row->zero_is_default;
	judge(run, row->zero_is_default ? "0 is no default" : "0 is the default");
}

/* --- Bounds -------------------------------------------------------------------------------------
 */

static bool
has_shape(const struct tunable *row, uint64_t number)
{
	if (row->shape == SHAPE_POWER_OF_TWO)
		return number != 0 && (number & (number - 1)) == 0;
	if (row->shape == SHAPE_EVEN)
		return number % 2 == 0;
	return true;
}

/*
 * Whether a bound's move that changes the fate of one number shows: that number must come as far as
 * the bounds, and a bound to which others are brought shows in any case.
 */
static bool
is_shown(const struct tunable *row, uint64_t number, enum tunable_oob judgement)
{
	if (row->zero_is_default && number == 0)
		return false;
	return has_shape(row, number) || judgement == OOB_CLAMP;
}

/* The lowest number that is judged at the bounds: zero may be taken before, or have no shape. */
static uint64_t
lowest(const struct tunable *row)
{
	return row->zero_is_default || row->shape == SHAPE_POWER_OF_TWO ? 1 : 0;
}

static void
change_min(struct run *run)
{
	const struct tunable *row = &run->plain;
	static const enum tunable_oob judgements[] = { OOB_UNSTATED, OOB_CLAMP, OOB_RESET,
		OOB_REJECT };
	static const char *const names[] = { "below: unstated", "below: clamp", "below: reset",
		"below: reject" };

	if (!row->has_min)
		return;
	if (is_shown(row, row->min, row->below)) {
		change(run)->min++;
		judge(run, "minimum + 1");
	}
	if (row->min <= lowest(row))
		return;
	if (is_shown(row, row->min - 1, row->below)) {
		change(run)->min--;
		judge(run, "minimum - 1");
	}
	change(run)->has_min = false;
	run->row->below = OOB_UNSTATED;
	judge(run, "minimum removed");
	for (size_t i = 0; i < ARRAY_SIZE(judgements); i++) {
		if (judgements[i] == row->below)
			continue;
		change(run)->below = judgements[i];
		judge(run, names[i]);
	}
}

/* Whether the row's own maximum is asked for: not where its bound comes from a row with a default.
 */
static bool
own_max_counts(const struct tunable_entry *entry)
{
	const struct tunable_entry *from = entry->max_from;

	return entry->row->has_max && entry->row->max < largest(entry->row) &&
	       (from == NULL || !from->row->has_default || from->row->gates[0].test != GATE_NONE);
}

static void
change_max(struct run *run)
{
	const struct tunable *row = &run->plain;
	static const enum tunable_oob judgements[] = { OOB_UNSTATED, OOB_CLAMP, OOB_RESET,
		OOB_REJECT };
	static const char *const names[] = { "above: unstated", "above: clamp", "above: reset",
		"above: reject" };

	if (own_max_counts(&run->plain_entry)) {
		if (is_shown(row, row->max, row->above)) {
			change(run)->max--;
			judge(run, "maximum - 1");
		}
		if (is_shown(row, row->max + 1, row->above)) {
			change(run)->max++;
			judge(run, "maximum + 1");
		}
		change(run)->has_max = false;
		run->row->above = row->max_from != NULL ? row->above : OOB_UNSTATED;
		judge(run, "maximum removed");
	}
	if (!row->has_max && row->max_from == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(judgements); i++) {
		if (judgements[i] == row->above)
			continue;
		change(run)->above = judgements[i];
		judge(run, names[i]);
	}
}

/* --- Shapes -------------------------------------------------------------------------------------
 */

/* All words but one, and one more that stands behind the highest. */
static void
change_words(struct run *run)
{
	const struct tunable *row = &run->plain;
	size_t count = 0;
	uint64_t highest = 0;

	while (row->words[count].word != NULL) {
		highest = row->words[count].number > highest ? row->words[count].number : highest;
		count++;
	}
	assert_true(count + 2 < WORDS_MAX);
	for (size_t gone = 0; gone < count; gone++) {
		size_t left = 0;

		for (size_t i = 0; i < count; i++) {
			if (i != gone)
				run->words[left++] = row->words[i];
		}
		run->words[left] = (struct tunable_word){ 0 };
		change(run)->words = run->words;
		judge_number(run, "without the word of", row->words[gone].number);
	}
	memcpy(run->words, row->words, count * sizeof(*run->words));
	run->words[count] = (struct tunable_word){ highest + 1, "one more" };
	run->words[count + 1] = (struct tunable_word){ 0 };
	change(run)->words = run->words;
	judge_number(run, "with a word for", highest + 1);
}

/* Clamping is nothing that a shape can do: it is as if the judgement were not stated. */
static void
change_misshapen(struct run *run)
{
	const struct tunable *row = &run->plain;
	static const enum tunable_oob judgements[] = { OOB_UNSTATED, OOB_RESET, OOB_REJECT };
	static const char *const names[] = { "misshapen: unstated", "misshapen: reset",
		"misshapen: reject" };

	for (size_t i = 0; i < ARRAY_SIZE(judgements); i++) {
		if (judgements[i] == row->misshapen ||
		    (judgements[i] == OOB_UNSTATED && row->misshapen == OOB_CLAMP))
			continue;
		change(run)->misshapen = judgements[i];
		judge(run, names[i]);
	}
}

/* A mask's words are names only: whether there is a mask shows in no reading. */
static void
change_shape(struct run *run)
{
	const struct tunable *row = &run->plain;

	switch (row->shape) {
	case SHAPE_ANY:
	case SHAPE_BITMASK:
		if (takes_number(row)) {
			change(run)->shape = SHAPE_BOOL;
			judge(run, "boolean");
		}
		return;
	case SHAPE_ENUM:
		change_words(run);
		break;
	default:
		break;
	}
	change(run)->shape = SHAPE_ANY;
	run->row->misshapen = OOB_UNSTATED;
	judge(run, "no shape");
	if (row->shape != SHAPE_BOOL && row->shape != SHAPE_SUBKEY)
		change_misshapen(run);
}

/* --- Rules between values -----------------------------------------------------------------------
 */

static void
change_gate(struct run *run, unsigned which)
{
	const struct tunable_gate *gate = &run->plain.gates[which];
	char what[64];

	if (gate->test == GATE_NONE)
		return;
	snprintf(what, sizeof(what), "gate %u dropped", which);
	change(run)->gates[which] = (struct tunable_gate){ 0 };
	judge(run, what);
	snprintf(what, sizeof(what), "gate %u compares with another", which);
	if (gate->word != NULL) {
		change(run)->gates[which].word = "another";
		judge(run, what);
	} else if (gate->test == GATE_EQUALS || gate->test == GATE_AT_LEAST) {
		change(run)->gates[which].number++;
		judge(run, what);
		change(run)->gates[which].number--;
		judge(run, what);
	} else {
		change(run)->gates[which].test = gate->test == GATE_ZERO ? GATE_NONZERO : GATE_ZERO;
		judge(run, what);
	}
}

static void
change_references(struct run *run)
{
	const struct tunable *row = &run->plain;

	if (row->fallback != NULL) {
		change(run)->fallback = NULL;
		run->entry->fallback = NULL;
		judge(run, "fallback dropped");
	}
	if (row->policy != NULL) {
		change(run)->policy = NULL;
		run->entry->policy = NULL;
		judge(run, "policy dropped");
	}
	if (row->preferred != NULL) {
		change(run)->preferred = NULL;
		run->entry->preferred = NULL;
		judge(run, "preferred dropped");
	}
	/* A zero that is no number for this row is not taken from the preferred place anyway. */
	if (row->preferred != NULL && takes_number(row)) {
		change(run)->preferred_nonzero = !row->preferred_nonzero;
		judge(run, "preferred_nonzero flipped");
	}
	if (row->bcd != NULL) {
		change(run)->bcd = NULL;
		judge(run, "boot option dropped");
	}
	if (row->max_from != NULL) {
		change(run)->max_from = NULL;
		run->entry->max_from = NULL;
		judge(run, "max_from dropped");
	}
	if (row->settle != NULL) {
		change(run)->settle = NULL;
		judge(run, "settle removed");
	}
}

static void
change_outcome(struct run *run)
{
	const struct tunable_outcome *outcome = run->plain.outcome;
	struct tunable_outcome changed;

	if (outcome == NULL)
		return;
	changed = *outcome;
	changed.yes = outcome->no;
	changed.no = outcome->yes;
	change(run)->outcome = &changed;
	judge(run, "outcome's words swapped");
	if (outcome->state == NULL)
		return;
	changed = *outcome;
	changed.state = NULL;
	change(run)->outcome = &changed;
	judge(run, "outcome without its state");
	changed = *outcome;
	changed.word = "another";
	change(run)->outcome = &changed;
	judge(run, "outcome of another word");
}

/* --- Types --------------------------------------------------------------------------------------
 */

static void
change_type(struct run *run)
{
	const struct tunable *row = &run->plain;

	change(run)->type = row->type == REG_DWORD ? REG_QWORD : REG_DWORD;
	judge(run, "another type");
	if (row->type != TYPE_ANY) {
		change(run)->type = TYPE_ANY;
		judge(run, "any type");
	}
	if (row->type_also != 0) {
		change(run)->type_also = 0;
		judge(run, "second type dropped");
	}
}

/* --- The run ------------------------------------------------------------------------------------
 */

/* Of a row that asks for its key alone, only shape and gates count; of an enumeration no bounds. */
static void
change_all(struct run *run)
{
	const struct tunable *row = &run->plain;

	change_shape(run);
	for (unsigned i = 0; i < TUNABLE_GATES; i++)
		change_gate(run, i);
	change_outcome(run);
	if (row->shape == SHAPE_SUBKEY)
		return;
	change_type(run);
	change_default(run);
	change_variant(run);
	change_zero(run);
	change_references(run);
	if (row->shape != SHAPE_ENUM) {
		change_min(run);
		change_max(run);
	}
}

/* Copy the tables of a catalog, each once; its entries stand together. */
static void
copy_tables(const struct tunable_catalog *product)
{
	for (size_t i = 0; i < product->count; i += product->entries[i].table->count) {
		const struct tunable_table *table = product->entries[i].table;
		struct copy *copy = &copies[copy_count++];

		copy->rows = calloc(table->count, sizeof(*copy->rows));
		assert_non_null(copy->rows);
		memcpy(copy->rows, table->rows, table->count * sizeof(*copy->rows));
		copy->table = *table;
		copy->table.rows = copy->rows;
	}
}

static void
add_state(const char *name)
{
	struct tunable *row = &state_rows[state_table.count];

	for (size_t i = 0; name != NULL && i < state_table.count; i++) {
		if (strcmp(state_rows[i].gates[0].state, name) == 0)
			return;
	}
	if (name == NULL)
		return;
	assert_true(state_table.count < STATES_MAX);
	*row = (struct tunable){
		.name = "(state)",
		.type = REG_DWORD,
		.gates = { { .state = name, .test = GATE_NONZERO } },
	};
	state_table.count++;
}

static void
add_states(const struct tunable_catalog *product)
{
	for (size_t i = 0; i < product->count; i++) {
		const struct tunable_entry *entry = &product->entries[i];

		add_state(entry->row->variant_state);
		if (entry->max_from == NULL)
			add_state(entry->row->max_from);
		for (unsigned gate = 0; gate < TUNABLE_GATES; gate++)
			add_state(entry->row->gates[gate].state);
	}
}

static void
copy_catalog(const struct tunable_catalog *product)
{
	const struct tunable_table *tables[TABLES_MAX];
	struct buf error = { 0 };

	copies = calloc(product->count, sizeof(*copies));
	assert_non_null(copies);
	copy_tables(product);
	assert_true(copy_count < TABLES_MAX);
	for (size_t i = 0; i < copy_count; i++)
		tables[i] = &copies[i].table;
	add_states(product);
	tables[copy_count] = &state_table;
	assert_true(tunable_catalog_init(tables, copy_count + 1, &catalog, &error));
}

static int
read_all(void **state UNUSED)
{
	struct tunable_catalog product;
	struct buf error = { 0 };

	only_owner = getenv("HVEMU_ROWS_OWNER");
	if (!host_catalog_init(&product, &error)) {
		print_error("no catalog: %s\n", buf_text(&error));
		buf_release(&error);
		return -1;
	}
	copy_catalog(&product);
	tunable_catalog_release(&product);
	cases_read(&vectors);
	return 0;
}

static int
drop_all(void **state UNUSED)
{
	cases_release(&vectors);
	tunable_catalog_release(&catalog);
	for (size_t i = 0; i < copy_count; i++)
		free(copies[i].rows);
	free(copies);
	return 0;
}

/* The row that can be changed of an entry. */
static struct tunable *
row_of(const struct tunable_entry *entry)
{
	for (size_t i = 0; i < copy_count; i++) {
		if (entry->table == &copies[i].table)
			return &copies[i].rows[entry->row - entry->table->rows];
	}
	return NULL;
}

/* Make all changes of one row; false if its vectors do not even hold as it is. */
static bool
run_row(struct run *run, struct tunable_entry *entry)
{
	const struct tunable_table *table = entry->table;

	run->entry = entry;
	run->plain_entry = *entry;
	run->row = row_of(entry);
	assert_non_null(run->row);
	run->plain = *run->row;
	gather_cases(run);
	if (failures(run) > 0) {
		print_error("%s %s %s: its vectors do not hold as it is\n", table->owner,
		    table->key, run->plain.name);
		return false;
	}
	if (run->case_count == 0)
		print_error("%s %s %s: no vector has to do with it\n", table->owner, table->key,
		    run->plain.name);
	change_all(run);
	return true;
}

static void
no_change_of_a_fact_survives_the_vectors(void **state UNUSED)
{
	struct run run = { 0 };
	unsigned wrong = 0;
	unsigned survived;

	for (size_t i = 0; i < catalog.count; i++) {
		struct tunable_entry *entry = &catalog.entries[i];

		if (entry->table == &state_table)
			continue;
		if (only_owner == NULL || strcmp(only_owner, entry->table->owner) == 0)
			wrong += !run_row(&run, entry);
	}
	survived = run.made - run.caught - run.found_by_check;
	print_message("%u mutants: %u caught by the vectors, %u by the self-check, %u survived\n",
	    run.made, run.caught, run.found_by_check, survived);
	buf_release(&run.cases);
	assert_int_equal(wrong, 0);
	assert_int_equal(survived, 0);
	assert_true(run.made > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_change_of_a_fact_survives_the_vectors),
	};

	return cmocka_run_group_tests(tests, read_all, drop_all);
}
