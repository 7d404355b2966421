/*
 * The nearest name: the same distance as by the plain table, and the same name as by comparing all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "regstore/tunable/nearest.h"

#define LONGEST 90u

/* Levenshtein's distance as it is defined. */
static size_t
plain_distance(const char *left, const char *right)
{
	size_t width = strlen(right);
	size_t row[LONGEST + 1];

	for (size_t i = 0; i <= width; i++)
		row[i] = i;
	for (size_t at = 0; left[at] != '\0'; at++) {
		size_t diagonal = row[0];

		row[0] = at + 1;
		for (size_t i = 0; i < width; i++) {
			size_t cost = diagonal + (strncasecmp(left + at, right + i, 1) != 0);

			diagonal = row[i + 1];
			cost = diagonal + 1 < cost ? diagonal + 1 : cost;
			cost = row[i] + 1 < cost ? row[i] + 1 : cost;
			row[i + 1] = cost;
		}
	}
	return row[width];
}

/* The same numbers at each run. */
static uint32_t
next_number(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* A text of few letters, so that many are near each other. */
static void
random_text(uint32_t *state, char *text, size_t longest)
{
	size_t length = next_number(state) % (longest + 1);

	for (size_t i = 0; i < length; i++)
		text[i] = "abcABC_"[next_number(state) % 7];
	text[length] = '\0';
}

static void
distances_are_levenshteins(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char left[LONGEST + 1];
		char right[LONGEST + 1];
		size_t limit = next_number(&seed) % 40;
		size_t distance;

		random_text(&seed, left, i % 2 == 0 ? 12 : LONGEST);
		random_text(&seed, right, i % 3 == 0 ? 12 : LONGEST);
		distance = plain_distance(left, right);
		assert_int_equal(nearest_distance(left, strlen(left), right, strlen(right), limit),
		    distance <= limit ? distance : SIZE_MAX);
	}
}

static void
the_index_finds_what_comparing_all_finds(void **state)
{
	enum { NAMES = 300 };
	static char names[NAMES][LONGEST + 1];
	struct nearest index = { 0 };
	uint32_t seed = 2;
	size_t found = 0;

	(void)state;
	for (uint32_t i = 0; i < NAMES; i++) {
		random_text(&seed, names[i], i % 5 == 0 ? LONGEST : 14);
		assert_true(nearest_add(&index, names[i], strlen(names[i]), i));
	}
	for (int i = 0; i < 3000; i++) {
		char name[LONGEST + 1];
		size_t limit = next_number(&seed) % 6;
		size_t best = limit + 1;
		uint32_t expected = UINT32_MAX;
		uint32_t tag = UINT32_MAX;

		random_text(&seed, name, i % 7 == 0 ? LONGEST : 14);
		for (uint32_t at = 0; at < NAMES; at++) {
			size_t distance = plain_distance(name, names[at]);

			if (distance < best) {
				best = distance;
				expected = at;
			}
		}
		assert_int_equal(
		    nearest_find(&index, name, strlen(name), limit, &tag), expected != UINT32_MAX);
		assert_int_equal(tag, expected);
		found += expected != UINT32_MAX;
	}
	assert_in_range(found, 300, 2900);
	nearest_release(&index);
}

static void
a_name_that_is_too_long_is_near_nothing(void **state)
{
	struct nearest index = { 0 };
	char name[600];
	uint32_t tag = 7;

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_true(nearest_add(&index, name, sizeof(name), 1));
	assert_false(nearest_find(&index, name, sizeof(name), 5, &tag));
	assert_int_equal(tag, 7);
	assert_int_equal(nearest_distance(name, 600, name, 600, 0), SIZE_MAX);
	nearest_release(&index);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_levenshteins),
		cmocka_unit_test(the_index_finds_what_comparing_all_finds),
		cmocka_unit_test(a_name_that_is_too_long_is_near_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
