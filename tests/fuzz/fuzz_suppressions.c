/*
 * Fuzz target: a file of suppressions, over a configuration that has findings to hide.
 */
#include "tests/fuzz/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char text[] =
    "Windows Registry Editor Version 5.00\n\n"
    "[HKLM\\SYSTEM\\CurrentControlSet\\Services\\vhdmp\\Parameters]\n"
    "\"SmbResiliencyTimeoutMs\"=dword:0\n\"MirrorBlockSize\"=\"x\"\n\"MirorBlockSize\"=dword:1\n";

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
	struct lint *lint;
	FILE *file = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;

	if (file == NULL)
		return 0;
	lint = fuzz_lint(&options, &findings);
	need(lint != NULL);
	need(lstatus_ok(lint_add_suppressions(lint, file, ".hvlint")));
	fclose(file);
	need(lstatus_ok(lint_add_memory(lint, text, strlen(text), "fuzz.reg")));
	need(lstatus_ok(lint_finish(lint, &summary)));
	/* The three lines' findings are there, hidden or not. */
	need(summary.findings[LINT_WARNING] + summary.suppressed >= 3);
	lint_free(lint);
	return 0;
}
