/*
 * The boundary matrix: numbers, then the inputs of all types.
 */
#include "regstore/tunable/matrix.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- Numbers
 * -------------------------------------------------------------------------------------- */

static bool
takes_type(const struct tunable *row, uint32_t type)
{
	return row->type == TYPE_ANY || row->type == type ||
	       (row->type_also != 0 && row->type_also == type);
}

uint64_t
tunable_largest(const struct tunable *row)
{
	if (takes_type(row, REG_QWORD))
		return UINT64_MAX;
	return takes_type(row, REG_DWORD) ? UINT32_MAX : 0;
}

void
tunable_add_number(const struct tunable *row, uint64_t number, struct tunable_numbers *numbers)
{
	size_t at = 0;

	while (at < numbers->count && numbers->numbers[at] < number)
		at++;
	if (number > tunable_largest(row) || numbers->count == TUNABLE_NUMBERS ||
	    (at < numbers->count && numbers->numbers[at] == number))
		return;
	memmove(&numbers->numbers[at + 1], &numbers->numbers[at],
	    (numbers->count - at) * sizeof(numbers->numbers[0]));
	numbers->numbers[at] = number;
	numbers->count++;
}

void
tunable_add_about(const struct tunable *row, uint64_t number, struct tunable_numbers *numbers)
{
	uint64_t power = 1;

	tunable_add_number(row, number, numbers);
	if (number > 0)
		tunable_add_number(row, number - 1, numbers);
	if (number < UINT64_MAX)
		tunable_add_number(row, number + 1, numbers);
	if (row->shape == SHAPE_EVEN && number < UINT64_MAX - 1)
		tunable_add_number(row, number + 2, numbers);
	if (row->shape == SHAPE_EVEN && number > 1)
		tunable_add_number(row, number - 2, numbers);
	if (row->shape != SHAPE_POWER_OF_TWO)
		return;
	while (power <= number / 2)
		power *= 2;
	tunable_add_number(row, power, numbers); /* the highest that is not above it */
	if (power > 1)
		tunable_add_number(row, power / 2, numbers);
	if (power <= UINT64_MAX / 2)
		tunable_add_number(row, power * 2, numbers);
}

static void
add_words(const struct tunable *row, struct tunable_numbers *numbers)
{
	uint64_t none = 0; /* the lowest number without a word */
	bool found = true;

	for (const struct tunable_word *at = row->words; at != NULL && at->word != NULL; at++)
		tunable_add_number(row, at->number, numbers);
	while (found) {
		found = false;
		for (const struct tunable_word *at = row->words; at != NULL && at->word != NULL;
		     at++)
			found = found || at->number == none;
		none += found;
	}
	tunable_add_number(row, none, numbers);
}

void
tunable_numbers(const struct tunable *row, struct tunable_numbers *ret_numbers)
{
	struct tunable_numbers numbers = { 0 };

	if (tunable_takes_number(row)) {
		tunable_add_about(row, 1, &numbers);
		if (row->has_min)
			tunable_add_about(row, row->min, &numbers);
		if (row->has_max)
			tunable_add_about(row, row->max, &numbers);
		if (row->has_default)
			tunable_add_about(row, row->def, &numbers);
		if (row->variant_word != NULL)
			tunable_add_number(row, row->variant_def, &numbers);
		add_words(row, &numbers);
		tunable_add_number(row, INT32_MAX, &numbers);
		tunable_add_number(row, UINT64_C(1) << 31, &numbers);
		tunable_add_number(row, UINT32_MAX, &numbers);
		tunable_add_number(row, UINT64_C(1) << 32, &numbers);
		tunable_add_number(row, UINT64_MAX, &numbers);
	}
	*ret_numbers = numbers;
}

bool
tunable_reaches_bounds(const struct tunable *row, uint64_t number)
{
	if (row->zero_is_default && number == 0)
		return false;
	switch (row->shape) {
	case SHAPE_BOOL:
		return number <= 1;
	case SHAPE_ENUM:
		return false;
	case SHAPE_POWER_OF_TWO:
		return number != 0 && (number & (number - 1)) == 0;
	case SHAPE_EVEN:
		return number % 2 == 0;
	default:
		return true;
	}
}

/* --- Inputs
 * --------------------------------------------------------------------------------------- */

static void
add_input(struct buf *inputs, const char *text)
{
	buf_append(inputs, text, strlen(text) + 1);
}

static void
add_inputs(struct buf *inputs, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		add_input(inputs, *texts);
}

static void
add_numbers(const struct tunable *row, struct buf *inputs)
{
	static const char *const dword_sizes[] = { "hex(4):", "hex(4):01", "hex(4):010000",
		"hex(4):0100000000", NULL };
	static const char *const qword_sizes[] = { "hex(b):", "hex(b):01000000",
		"hex(b):010000000000000000", NULL };
	struct tunable_numbers numbers;
	char text[40];

	tunable_numbers(row, &numbers);
	for (size_t i = 0; i < numbers.count && takes_type(row, REG_DWORD); i++) {
		snprintf(text, sizeof(text), "dword:%" PRIu64, numbers.numbers[i]);
		if (numbers.numbers[i] <= UINT32_MAX)
			add_input(inputs, text);
	}
	for (size_t i = 0; i < numbers.count && takes_type(row, REG_QWORD); i++) {
		snprintf(text, sizeof(text), "qword:%" PRIu64, numbers.numbers[i]);
		add_input(inputs, text);
	}
	if (takes_type(row, REG_DWORD))
		add_inputs(inputs, dword_sizes);
	if (takes_type(row, REG_QWORD))
		add_inputs(inputs, qword_sizes);
}

static void
add_texts(const struct tunable *row, struct buf *inputs)
{
	/* Without a terminator, and half a unit. */
	static const char *const plain[] = { "sz:", "sz:text", "hex(1):", "hex(1):4100",
		"hex(1):410000", NULL };
	static const char *const guids[] = { "sz:{01234567-89ab-cdef-0123-456789abcdef}",
		"sz:01234567-89ab-cdef-0123-456789abcdef",
		"sz:{01234567-89ab-cdef-0123-456789abcde}", NULL };
	static const char *const expands[] = { "expand_sz:", "expand_sz:%SystemRoot%\\text", NULL };
	static const char *const lists[] = { "multi_sz:", "multi_sz:one", "multi_sz:one|two",
		"hex(7):", NULL };

	if (takes_type(row, REG_SZ))
		add_inputs(inputs, plain);
	if (takes_type(row, REG_SZ) && row->shape == SHAPE_GUID)
		add_inputs(inputs, guids);
	if (takes_type(row, REG_EXPAND_SZ))
		add_inputs(inputs, expands);
	if (takes_type(row, REG_MULTI_SZ))
		add_inputs(inputs, lists);
}

static void
add_bytes(const struct tunable *row, struct buf *inputs)
{
	static const char *const plain[] = { "binary:", "binary:00", "binary:0102030405060708",
		NULL };
	static const char *const addresses[] = { "binary:00155d000001", "binary:00155d0000",
		"binary:00155d00000102", NULL };

	if (takes_type(row, REG_BINARY))
		add_inputs(inputs, plain);
	if (takes_type(row, REG_BINARY) && row->shape == SHAPE_MAC)
		add_inputs(inputs, addresses);
}

/* One value of each type of Windows that the reader does not take. */
static void
add_wrong_types(const struct tunable *row, struct buf *inputs)
{
	static const struct {
		uint32_t type;
		const char *input;
	} types[] = {
		{ REG_NONE, "none:01" },
		{ REG_SZ, "sz:1" },
		{ REG_EXPAND_SZ, "expand_sz:1" },
		{ REG_BINARY, "binary:01000000" },
		{ REG_DWORD, "dword:1" },
		{ REG_DWORD_BIG_ENDIAN, "hex(5):00000001" },
		{ REG_LINK, "hex(6):3100" },
		{ REG_MULTI_SZ, "multi_sz:1" },
		{ REG_RESOURCE_LIST, "hex(8):01" },
		{ REG_FULL_RESOURCE_DESCRIPTOR, "hex(9):01" },
		{ REG_RESOURCE_REQUIREMENTS_LIST, "hex(a):01" },
		{ REG_QWORD, "qword:1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (row->type == TYPE_ANY || !takes_type(row, types[i].type))
			add_input(inputs, types[i].input);
	}
}

void
tunable_matrix(const struct tunable *row, struct buf *ret_inputs)
{
	add_input(ret_inputs, "absent");
	if (row->shape == SHAPE_SUBKEY) {
		add_input(ret_inputs, "subkey:present");
		return;
	}
	if (tunable_takes_number(row))
		add_numbers(row, ret_inputs);
	add_texts(row, ret_inputs);
	add_bytes(row, ret_inputs);
	add_wrong_types(row, ret_inputs);
}
