/*
 * Fuzz target: lint over any file, whose format is found by its contents.
 */
#include "tests/fuzz/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	make_catalog();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lint_options options;
	struct lint_summary summary;
	size_t findings = 0;
	struct lint *lint = fuzz_lint(&options, &findings);

	need(lint != NULL);
	need(lstatus_ok(lint_add_memory(lint, data, size, "fuzz")));
	need(lstatus_ok(lint_finish(lint, &summary)));
	need(findings == summary.findings[LINT_NOTE] + summary.findings[LINT_WARNING] +
	                     summary.findings[LINT_ERROR] + summary.suppressed);
	need(summary.known <= summary.values);
	lint_free(lint);
	return 0;
}
