/*
 * verify and resolve: judging without a host.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/tunable/vector.h"
#include "vmms/hvctl.h"
#include "vmms/hvctl_coverage.h"

#define OUTPUT_BUFFER (1u << 16)

/* --- verify
 * --------------------------------------------------------------------------------------- */

struct report {
	size_t number;
	FILE *tap;    /* or NULL */
	FILE *junit;  /* the test cases, to be framed; or NULL */
	json_t *json; /* or NULL */
	struct coverage coverage;
};

/* What the command's arguments ask for. */
struct wanted {
	const char *junit;    /* a file's name; or NULL */
	const char *coverage; /* a file's name; or NULL */
	bool covers;          /* coverage is asked for in any way */
	bool requires;        /* all of it */
	char **files;
	int file_count;
};

/* A text inside of one line of TAP: what would end the line or begin a directive is escaped. */
static void
print_tap_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '#' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
}

static void
print_yaml(FILE *out, const char *name, const char *text)
{
	fprintf(out, "  %s: '", name);
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			putc('\'', out);
		putc(*text, out);
	}
	fputs("'\n", out);
}

static void
report_tap(FILE *out, size_t number, const struct vector_result *result)
{
	fprintf(out, "%s %zu - ", result->passed ? "ok" : "not ok", number);
	print_tap_text(out, result->id);
	putc('\n', out);
	if (result->passed)
		return;
	fputs("  ---\n", out);
	fprintf(out, "  at: '%s:%zu'\n", result->file, result->line);
	print_yaml(out, "key", result->key);
	print_yaml(out, "value", result->value);
	print_yaml(out, "given", result->given);
	print_yaml(out, "expect", result->expect);
	print_yaml(out, "got", result->got);
	print_yaml(out, "why", result->why);
	fputs("  ...\n", out);
}

static void
report_junit(FILE *out, const struct vector_result *result)
{
	fputs("    <testcase classname=\"", out);
	tunable_print_xml(out, result->file);
	fputs("\" name=\"", out);
	tunable_print_xml(out, result->id);
	if (result->passed) {
		fputs("\"/>\n", out);
		return;
	}
	fputs("\">\n      <failure message=\"expected ", out);
	tunable_print_xml(out, result->expect);
	fputs(", got ", out);
	tunable_print_xml(out, result->got);
	fprintf(out, "\">line %zu: ", result->line);
	tunable_print_xml(out, result->key);
	fputs("\\", out);
	tunable_print_xml(out, result->value);
	fputs(" given ", out);
	tunable_print_xml(out, result->given);
	fputs("</failure>\n    </testcase>\n", out);
}

static void
report_result(void *context, const struct vector_result *result)
{
	struct report *report = context;

	report->number++;
	if (report->tap != NULL)
		report_tap(report->tap, report->number, result);
	if (report->junit != NULL)
		report_junit(report->junit, result);
	if (report->json != NULL)
		json_array_append_new(report->json, tunable_vector_json(result));
}

static void
count_step(void *context, const struct tunable_step *step)
{
	struct report *report = context;

	coverage_hit(&report->coverage, step);
}

static bool
verify_file(struct hvctl *hvctl, const char *name, bool covers, struct report *report,
    struct vector_count *count)
{
	struct vector_sink sink = {
		.result = report_result, .step = covers ? count_step : NULL, .context = report
	};
	bool standard = strcmp(name, "-") == 0;
	FILE *file = standard ? stdin : fopen(name, "re");
	struct buf error = { 0 };
	bool ok = false;

	if (file == NULL) {
		hvctl_fail(hvctl, "%s: %s", name, strerror(errno));
		return false;
	}
	ok = vector_run(&hvctl->hvemu->catalog, file, name, &sink, count, &error);
	if (!ok)
		hvctl_fail(hvctl, "%s: %s", name, buf_text(&error));
	buf_release(&error);
	if (!standard)
		fclose(file);
	return ok;
}

/* The cases were written to a temporary file, as their number stands at the head. */
static bool
write_junit(const char *name, FILE *cases, const struct vector_count *count)
{
	FILE *out = fopen(name, "we");
	char block[4096];
	size_t length;
	bool ok;

	if (out == NULL)
		return false;
	fprintf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	    "  <testsuite name=\"hvctl verify\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
	    "skipped=\"0\">\n",
	    count->passed + count->failed, count->failed);
	rewind(cases);
	while ((length = fread(block, 1, sizeof(block), cases)) > 0)
		fwrite(block, 1, length, out);
	fputs("  </testsuite>\n</testsuites>\n", out);
	ok = ferror(out) == 0;
	return fclose(out) == 0 && ok;
}

static json_t *
verify_json(struct report *report, const struct wanted *wanted, const struct vector_count *count)
{
	json_t *json = json_pack("{s:I, s:I, s:O}", "passed", (json_int_t)count->passed, "failed",
	    (json_int_t)count->failed, "cases", report->json);

	if (wanted->covers)
		json_object_set_new(json, "coverage", hvctl_coverage_json(&report->coverage));
	return json;
}

/* Write the files that were asked for; false, with a message, if one cannot be. */
static bool
write_files(struct hvctl *hvctl, struct report *report, const struct wanted *wanted,
    const struct vector_count *count)
{
	if (wanted->junit != NULL && !write_junit(wanted->junit, report->junit, count)) {
		hvctl_fail(hvctl, "%s: %s", wanted->junit, strerror(errno));
		return false;
	}
	if (wanted->coverage != NULL &&
	    !hvctl_coverage_write(&report->coverage, wanted->coverage)) {
		hvctl_fail(hvctl, "%s: %s", wanted->coverage, strerror(errno));
		return false;
	}
	return true;
}

static int
finish(struct hvctl *hvctl, struct report *report, const struct wanted *wanted,
    const struct vector_count *count, bool could_run)
{
	size_t total = count->passed + count->failed;
	size_t hit = 0;
	bool covered = !wanted->requires || coverage_total(&report->coverage, NULL, &hit) == hit;

	if (report->tap != NULL)
		fprintf(report->tap, "1..%zu\n# %zu passed, %zu failed\n", total, count->passed,
		    count->failed);
	if (report->tap != NULL && wanted->covers)
		hvctl_coverage_print(&report->coverage);
	if (report->json != NULL)
		hvctl_print_json(hvctl, verify_json(report, wanted, count));
	could_run = write_files(hvctl, report, wanted, count) && could_run;
	if (could_run && total == 0) {
		hvctl_fail(hvctl, "there is no case in these files");
		could_run = false;
	}
	if (!could_run)
		return EXIT_USAGE;
	if (!covered)
		hvctl_fail(hvctl, "some judgements have no case: see \"never\" above");
	return count->failed == 0 && covered ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
verify(struct hvctl *hvctl, const struct wanted *wanted, struct report *report)
{
	struct vector_count count = { 0 };
	bool could_run = true;

	if (wanted->covers && !coverage_init(&hvctl->hvemu->catalog, &report->coverage))
		return hvctl_fail(hvctl, "not enough memory");
	setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	if (hvctl->json)
		report->json = json_array();
	else
		report->tap = stdout;
	if (report->tap != NULL)
		fputs("TAP version 13\n", report->tap);
	report->junit = wanted->junit != NULL ? tmpfile() : NULL;
	if (wanted->junit != NULL && report->junit == NULL) {
		hvctl_fail(hvctl, "no temporary file: %s", strerror(errno));
		return EXIT_USAGE;
	}
	for (int i = 0; i < wanted->file_count; i++)
		could_run = verify_file(hvctl, wanted->files[i], wanted->covers, report, &count) &&
		            could_run;
	return finish(hvctl, report, wanted, &count, could_run);
}

/* False for a word that is no option of verify's. */
static bool
take_option(struct wanted *wanted, const char *word)
{
	if (strcmp(word, "--coverage") == 0) {
		wanted->covers = true;
	} else if (strncmp(word, "--coverage=", 11) == 0 && word[11] != '\0') {
		wanted->covers = true;
		wanted->coverage = word + 11;
	} else if (strcmp(word, "--require-coverage") == 0) {
		wanted->covers = wanted->requires = true;
	} else {
		return false;
	}
	return true;
}

int
hvctl_verify(struct hvctl *hvctl, int argc, char **argv)
{
	struct report report = { 0 };
	struct wanted wanted = { .files = argv };
	int status;

	if (argc > 1 && strcmp(argv[1], "--generate") == 0)
		return hvctl_generate(hvctl, argc - 1, argv + 1);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--junit") == 0 && i + 1 < argc)
			wanted.junit = argv[++i];
		else if (argv[i][0] != '-' || argv[i][1] == '\0')
			argv[wanted.file_count++] = argv[i];
		else if (!take_option(&wanted, argv[i]))
			return hvctl_misused(hvctl, "unknown option or no argument: %s", argv[i]);
	}
	if (wanted.file_count == 0)
		return hvctl_misused(hvctl, "\"verify\" takes at least one file");
	status = verify(hvctl, &wanted, &report);
	if (report.junit != NULL)
		fclose(report.junit);
	json_decref(report.json);
	coverage_release(&report.coverage);
	return status;
}

/* --- resolve
 * -------------------------------------------------------------------------------------- */

int
hvctl_resolve(struct hvctl *hvctl, int argc, char **argv)
{
	enum hvemu_status status;
	char *error = NULL;
	char *text = NULL;
	json_t *views;
	json_t *view;
	size_t index;
	int code;

	if (argc == 2)
		return hvctl_tunables(hvctl, argc, argv);
	if (argc != 3)
		return hvctl_misused(hvctl, "\"resolve\" takes a name and an input");
	status = hvemu_resolve(hvctl->hvemu, argv[1], argv[2], &text, &error);
	views = hvctl_take_answer(hvctl, status, text, error, &code);
	if (views == NULL)
		return code;
	if (hvctl->json)
		return hvctl_print_json(hvctl, views);
	json_array_foreach(views, index, view) hvctl_print_view(hvctl, view);
	json_decref(views);
	return EXIT_SUCCESS;
}
