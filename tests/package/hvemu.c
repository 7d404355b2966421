/*
 * A program of somebody else's that knows nothing but hvemu.h: describe, resolve, why, solve, lint,
 * verify, and failures.
 */
#include <stdio.h>
#include <string.h>

#include <hvemu.h>

static const char reg[] = "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\"
                          "CurrentVersion\\Virtualization\\Migration]\n"
                          "\"MemoryWalkerCount\"=dword:000000c8\n";
static const char suppressions[] = "HV1105 until=2999-01-01 reason=\"measured\"\n";
static const char vectors[] =
    "id\tkey\tvalue\tgiven\texpect\twhy\n"
    "one\tHKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Migration\t"
    "MemoryWalkerCount\tdword:200\t128\tcapped\n";

static int failures;

/* Check that a call gave JSON that has a text. */
static void
expect(const char *call, enum hvemu_status status, char *json, const char *text)
{
	if (status != HVEMU_OK || strstr(json, text) == NULL) {
		printf("not ok: %s: %s\n", call, hvemu_status_text(status));
		failures++;
	}
	hvemu_free(json);
}

static void
expect_failures(struct hvemu *hvemu)
{
	char *json = NULL;
	char *error = NULL;

	if (hvemu_resolve(hvemu, "NoSuchValue", "absent", &json, &error) != HVEMU_UNKNOWN_NAME ||
	    json != NULL || strcmp(error, "no reader knows \"NoSuchValue\"") != 0)
		failures++;
	hvemu_free(error);
	error = NULL;
	if (hvemu_resolve(hvemu, "MemoryWalkerCount", "dwxrd", &json, &error) != HVEMU_BAD_INPUT ||
	    json != NULL || error == NULL)
		failures++;
	hvemu_free(error);
	if (hvemu_solve(hvemu, "MaximumActiveTransfers", "8", "dwxrd", &json, NULL) !=
	    HVEMU_BAD_INPUT)
		failures++;
	if (hvemu_describe(hvemu, "NoSuchValue", &json, NULL) != HVEMU_UNKNOWN_NAME)
		failures++;
}

int
main(void)
{
	struct hvemu_file lint = { "host.reg", reg, sizeof(reg) - 1 };
	struct hvemu_file verify = { "host.tsv", vectors, sizeof(vectors) - 1 };
	struct hvemu_file accepted = { ".hvlint", suppressions, sizeof(suppressions) - 1 };
	struct hvemu_lint_options options = { .format = "reg", .suppressions = &accepted };
	enum hvemu_status status;
	struct hvemu *hvemu;
	char *json = NULL;

	if (hvemu_open(&hvemu, NULL) != HVEMU_OK)
		return 1;
	status = hvemu_describe(hvemu, NULL, &json, NULL);
	expect("describe", status, json, "\"MirrorBlockSize\"");
	status = hvemu_resolve(hvemu, "MemoryWalkerCount", "dword:200", &json, NULL);
	expect("resolve", status, json, "\"effective\":128");
	status = hvemu_why(hvemu, "MemoryWalkerCount", "dword:200", &json, NULL);
	expect("why", status, json, "\"steps\":[");
	status = hvemu_solve(hvemu, "MaximumActiveTransfers", "3", NULL, &json, NULL);
	expect("solve", status, json, "it becomes 6 (reset: 3 is below 6: reset to 6)");
	status = hvemu_solve(hvemu, "MaximumActiveTransfers", "8", "dword:7", &json, NULL);
	expect("solve", status, json, "\"data\":\"dword:8\"");
	status = hvemu_lint(hvemu, &lint, 1, NULL, &json, NULL);
	expect("lint", status, json, "MemoryWalkerCount");
	status = hvemu_lint(hvemu, &lint, 1, &options, &json, NULL);
	expect("lint with options", status, json, "\"reason\"");
	status = hvemu_verify(hvemu, &verify, &json, NULL);
	expect("verify", status, json, "\"passed\":1");
	expect_failures(hvemu);
	hvemu_close(hvemu);
	hvemu_close(NULL);
	printf("%s %s\n", failures == 0 ? "ok" : "not ok", hvemu_version());
	return failures == 0 ? 0 : 1;
}
