/*
 * Fuzz target: goals of any text, for any row. An answer stays within its bounds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/tunable/solve.h"
#include "vmms/processes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct tunable_catalog catalog;

static void
need(bool promise)
{
	if (!promise)
		abort();
}

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	struct buf error = { 0 };

	need(host_catalog_init(&catalog, &error));
	return 0;
}

/* Two bytes choose the row, the rest is the goal. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tunable_case nothing = { 0 };
	struct solve_reader reader = { .given = &nothing };
	struct solve_question question = { &reader, 1, NULL, true, true };
	struct solve_answer answer;
	struct buf goal = { 0 };

	if (size < 2)
		return 0;
	reader.entry = &catalog.entries[(data[0] | (size_t)data[1] << 8) % catalog.count];
	buf_append(&goal, data + 2, size - 2);
	question.goal = buf_text(&goal);
	need(solve(&question, &answer));
	need(answer.change_count + answer.condition_count <= SOLVE_CHANGES);
	need(answer.found || answer.change_count == 0);
	for (size_t i = 0; i < answer.change_count; i++) {
		const struct solve_change *change = &answer.changes[i];

		need((change->entry == NULL) == (change->option != NULL));
		need(change->data.offset + change->data.size <= answer.bytes.size);
	}
	need(!answer.has_below || !answer.has_above || answer.below < answer.above);
	solve_answer_release(&answer);
	buf_release(&goal);
	return 0;
}
