/*
 * JUnit's XML, as build servers read it: a suite for each file, a test case for each finding.
 *
 * Warnings and errors are failures; notes passed; what is suppressed was skipped.
 */
#include <string.h>

#include "regstore/lint/documents.h"
#include "regstore/tunable/view.h"

static const char *
member(const json_t *finding, const char *name)
{
	const char *text = json_string_value(json_object_get(finding, name));

	return text != NULL ? text : "";
}

static bool
is_skipped(const json_t *finding)
{
	return json_is_object(json_object_get(finding, "suppressed"));
}

static bool
is_failure(const json_t *finding)
{
	return !is_skipped(finding) && strcmp(member(finding, "severity"), "note") != 0;
}

static void
print_place(FILE *out, const json_t *finding)
{
	const json_t *line = json_object_get(finding, "line");

	if (json_is_integer(line))
		fprintf(out, "line %" JSON_INTEGER_FORMAT, json_integer_value(line));
	else
		fprintf(out, "offset %" JSON_INTEGER_FORMAT,
		    json_integer_value(json_object_get(finding, "offset")));
}

static void
print_case(FILE *out, const json_t *finding)
{
	fputs("    <testcase classname=\"", out);
	tunable_print_xml(out, member(finding, "file"));
	fprintf(out, "\" name=\"%s ", member(finding, "code"));
	print_place(out, finding);
	fputs(": ", out);
	tunable_print_xml(out, member(finding, "name"));
	fputs("\" time=\"0\"", out);
	if (is_skipped(finding)) {
		fputs("><skipped>", out);
		tunable_print_xml(out, member(json_object_get(finding, "suppressed"), "reason"));
		fputs("</skipped></testcase>\n", out);
	} else if (is_failure(finding)) {
		fprintf(out, "><failure type=\"%s\" message=\"", member(finding, "rule"));
		tunable_print_xml(out, member(finding, "message"));
		fputs("\">", out);
		tunable_print_xml(out, member(finding, "key"));
		fputs("\n", out);
		tunable_print_xml(out, member(finding, "remedy"));
		fputs("</failure></testcase>\n", out);
	} else {
		fputs("/>\n", out);
	}
}

/* The cases of one file, from `first` on; the index after them. */
static size_t
print_suite(FILE *out, const json_t *findings, size_t first)
{
	const char *file = member(json_array_get(findings, first), "file");
	size_t end = first;
	size_t failures = 0;
	size_t skipped = 0;

	while (end < json_array_size(findings) &&
	       strcmp(member(json_array_get(findings, end), "file"), file) == 0) {
		failures += is_failure(json_array_get(findings, end));
		skipped += is_skipped(json_array_get(findings, end));
		end++;
	}
	fputs("  <testsuite name=\"", out);
	tunable_print_xml(out, file);
	fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\">\n",
	    end - first, failures, skipped);
	for (size_t i = first; i < end; i++)
		print_case(out, json_array_get(findings, i));
	fputs("  </testsuite>\n", out);
	return end;
}

bool
lint_junit(const struct lint_report *report, FILE *file)
{
	size_t at = 0;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", file);
	while (at < json_array_size(report->findings))
		at = print_suite(file, report->findings, at);
	fputs("</testsuites>\n", file);
	return ferror(file) == 0;
}
