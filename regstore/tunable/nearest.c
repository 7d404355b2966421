/*
 * The nearest name: bounds that cost little, then the distance by bits (Myers, Hyyrö).
 */
#include "regstore/tunable/nearest.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64u

/* Longer names are compared by the same rows of numbers, but not beyond this. */
#define LENGTH_MAX 255u

static uint8_t
fold(char c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void
count_letters(const char *name, size_t length, uint8_t letters[NEAREST_LETTERS])
{
	memset(letters, 0, NEAREST_LETTERS);
	for (size_t i = 0; i < length && i < LENGTH_MAX; i++)
		letters[fold(name[i]) % NEAREST_LETTERS]++;
}

/* An edit changes the counts of at most two letters by one, and of one only with the length. */
static size_t
least_distance(const uint8_t left[NEAREST_LETTERS], const uint8_t right[NEAREST_LETTERS],
    size_t length_difference)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < NEAREST_LETTERS; i++)
		sum += (unsigned)abs((int)left[i] - (int)right[i]);
	return (sum + length_difference) / 2;
}

static size_t
difference(size_t left, size_t right)
{
	return left < right ? right - left : left - right;
}

/* --- The distance
 * --------------------------------------------------------------------------------- */

/* For each letter the places where the pattern has it, as bits. */
struct pattern {
	uint64_t places[256];
	size_t length; /* 1 to 64 */
};

static void
pattern_init(struct pattern *pattern, const char *text, size_t length)
{
	memset(pattern->places, 0, sizeof(pattern->places));
	for (size_t i = 0; i < length; i++)
		pattern->places[fold(text[i])] |= (uint64_t)1 << i;
	pattern->length = length;
}

/* One column of the table of distances is two words: where it grows and where it shrinks. */
static size_t
pattern_distance(const struct pattern *pattern, const char *text, size_t length)
{
	uint64_t grows = UINT64_MAX;
	uint64_t shrinks = 0;
	uint64_t last = (uint64_t)1 << (pattern->length - 1);
	size_t distance = pattern->length;

	for (size_t i = 0; i < length; i++) {
		uint64_t same = pattern->places[fold(text[i])];
		uint64_t diagonal = (((same & grows) + grows) ^ grows) | same | shrinks;
		uint64_t right_grows = shrinks | ~(diagonal | grows);
		uint64_t right_shrinks = grows & diagonal;

		distance += (right_grows & last) != 0;
		distance -= (right_shrinks & last) != 0;
		right_grows = right_grows << 1 | 1;
		right_shrinks <<= 1;
		grows = right_shrinks | ~(diagonal | right_grows);
		shrinks = right_grows & diagonal;
	}
	return distance;
}

/* The table of distances row by row, for names that are longer than a word has bits. */
static size_t
long_distance(const char *left, size_t left_length, const char *right, size_t right_length)
{
	size_t row[LENGTH_MAX + 1];

	for (size_t i = 0; i <= right_length; i++)
		row[i] = i;
	for (size_t at = 0; at < left_length; at++) {
		size_t diagonal = row[0];

		row[0] = at + 1;
		for (size_t i = 0; i < right_length; i++) {
			size_t cost = diagonal + (fold(left[at]) != fold(right[i]));

			diagonal = row[i + 1];
			if (diagonal + 1 < cost)
				cost = diagonal + 1;
			if (row[i] + 1 < cost)
				cost = row[i] + 1;
			row[i + 1] = cost;
		}
	}
	return row[right_length];
}

size_t
nearest_distance(
    const char *left, size_t left_length, const char *right, size_t right_length, size_t limit)
{
	struct pattern pattern;
	size_t distance;

	if (difference(left_length, right_length) > limit || left_length > LENGTH_MAX ||
	    right_length > LENGTH_MAX)
		return SIZE_MAX;
	if (left_length == 0 || right_length == 0) {
		distance = left_length + right_length;
	} else if (left_length <= WORD_BITS) {
		pattern_init(&pattern, left, left_length);
		distance = pattern_distance(&pattern, right, right_length);
	} else {
		distance = long_distance(left, left_length, right, right_length);
	}
	return distance <= limit ? distance : SIZE_MAX;
}

/* --- The index
 * ------------------------------------------------------------------------------------ */

bool
nearest_add(struct nearest *index, const char *name, size_t length, uint32_t tag)
{
	struct nearest_name *added;

	if (!array_room(&index->names, &index->capacity, index->count, sizeof(*index->names)))
		return false;
	added = &index->names[index->count++];
	*added = (struct nearest_name){ .text = name, .length = length, .tag = tag };
	count_letters(name, length, added->letters);
	index->sorted = false;
	return true;
}

void
nearest_release(struct nearest *index)
{
	free(index->names);
	*index = (struct nearest){ 0 };
}

static int
compare_lengths(const void *left, const void *right)
{
	const struct nearest_name *one = left;
	const struct nearest_name *other = right;

	if (one->length != other->length)
		return one->length < other->length ? -1 : 1;
	return one->tag < other->tag ? -1 : one->tag > other->tag;
}

static void
sort(struct nearest *index)
{
	if (!index->sorted && index->count > 1)
		qsort(index->names, index->count, sizeof(*index->names), compare_lengths);
	index->sorted = true;
}

/* The first name that is at least so long. */
static size_t
first_of_length(const struct nearest *index, size_t length)
{
	size_t low = 0;
	size_t high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->names[middle].length < length)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What is looked for, and what was found so far. */
struct search {
	const char *name;
	size_t length;
	uint8_t letters[NEAREST_LETTERS];
	struct pattern pattern; /* for a length of 1 to WORD_BITS */
	size_t limit;
	bool found;
	uint32_t tag;
};

static void
compare(struct search *search, const struct nearest_name *at)
{
	size_t distance =
	    least_distance(search->letters, at->letters, difference(search->length, at->length));

	if (distance > search->limit ||
	    (search->found && distance == search->limit && at->tag > search->tag))
		return;
	if (search->length > 0 && search->length <= WORD_BITS)
		distance = pattern_distance(&search->pattern, at->text, at->length);
	else
		distance = nearest_distance(
		    search->name, search->length, at->text, at->length, search->limit);
	if (distance > search->limit ||
	    (search->found && distance == search->limit && at->tag > search->tag))
		return;
	search->found = true;
	search->limit = distance;
	search->tag = at->tag;
}

bool
nearest_find(
    struct nearest *index, const char *name, size_t length, size_t limit, uint32_t *ret_tag)
{
	struct search search = { .name = name, .length = length, .limit = limit };
	size_t above;
	size_t below;

	if (length > LENGTH_MAX)
		return false;
	sort(index);
	count_letters(name, length, search.letters);
	if (length > 0 && length <= WORD_BITS)
		pattern_init(&search.pattern, name, length);
	/* From the same length outward: what is found early spares what is longer or shorter. */
	above = below = first_of_length(index, length);
	for (;;) {
		size_t up = above < index->count ? index->names[above].length - length : SIZE_MAX;
		size_t down = below > 0 ? length - index->names[below - 1].length : SIZE_MAX;

		if (up > search.limit && down > search.limit)
			break;
		compare(&search, &index->names[up <= down ? above++ : --below]);
	}
	if (search.found)
		*ret_tag = search.tag;
	return search.found;
}

const struct tunable_entry *
tunable_nearest(const struct tunable_catalog *catalog, const char *text)
{
	const char *slash = strrchr(text, '\\');
	const char *name = slash != NULL ? slash + 1 : text;
	size_t length = strlen(name);
	size_t limit = nearest_limit(length);
	const struct tunable_entry *best = NULL;

	for (size_t i = 0; i < catalog->count; i++) {
		const struct tunable_entry *entry = &catalog->entries[i];
		size_t distance = nearest_distance(
		    name, length, entry->row->name, strlen(entry->row->name), limit);

		if (distance == SIZE_MAX || (best != NULL && distance == limit))
			continue;
		best = entry;
		limit = distance;
	}
	return best;
}

bool
tunable_unknown_name(const struct tunable_catalog *catalog, const char *text, struct buf *out)
{
	const struct tunable_entry *near = tunable_nearest(catalog, text);

	buf_printf(out, "no reader knows \"%s\"", text);
	if (near != NULL)
		buf_printf(out, "; did you mean \"%s\" (%s)?", near->row->name, near->table->owner);
	return near != NULL;
}
