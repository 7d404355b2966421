/*
 * lint: what a host would make of each line of a configuration. Needs no host.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/lint/lint.h"
#include "regstore/lint/report.h"
#include "vmms/hvctl.h"

#define OUTPUT_BUFFER (1u << 16)
#define STATES_MAX    32
#define SUPPRESSIONS  ".hvlint"

struct request {
	struct hvctl *hvctl;
	struct lint_options options;
	struct lint_state states[STATES_MAX];
	enum lint_severity threshold;
	const char *suppressions; /* NULL: SUPPRESSIONS, if there is one */
	const char *sarif;
	const char *junit;
	const char *explain;
	bool quiet;
	bool each;
	int file_count;
	/* While it runs. */
	struct lint_report *report; /* what --json, --sarif and --junit print; or NULL */
	struct buf line;
	char **row_lines; /* by the row's index: what is said of it each time; or NULL */
	struct lint_summary total;
};

/* --- Text
 * ----------------------------------------------------------------------------------------- */

static const char *
colour_of(const struct request *request, enum lint_severity severity)
{
	return severity == LINT_NOTE ? hvctl_bold(request->hvctl) : hvctl_warn(request->hvctl);
}

/* Where the rule is known from: "vhdmp.sys VhdmpiGetPolicyDWORD, section 2.3, documented". */
static void
add_origin(const struct tunable_entry *entry, struct buf *out)
{
	buf_append_text(out, entry->table->owner);
	if (entry->table->reader != NULL) {
		buf_append_byte(out, ' ');
		buf_append_text(out, entry->table->reader);
	}
	buf_append_text(out, ", section ");
	buf_append_text(out, entry->table->section);
	buf_append_text(out, ", ");
	buf_append_text(out, tunable_basis_name(tunable_row_basis(entry->row)));
}

/* The lines about a row: its rule, and when it has effect. */
static const char *
row_lines(struct request *request, const struct tunable_entry *entry)
{
	char **lines = &request->row_lines[entry->index];
	struct buf text = { 0 };
	struct buf command = { 0 };

	if (*lines == NULL) {
		buf_append_text(&text, "    rule: ");
		lint_row_words(entry, &text);
		buf_append_text(&text, " (");
		add_origin(entry, &text);
		buf_append_text(&text, ")\n    effect: ");
		lint_effect(entry, &text);
		hvctl_event_command(tunable_apply_event(entry), entry->table->owner, &command);
		if (command.size > 0)
			buf_printf(&text, " (%s)", buf_text(&command));
		buf_append_byte(&text, '\n');
		buf_release(&command);
		*lines = strdup(buf_text(&text));
		buf_release(&text);
	}
	return *lines != NULL ? *lines : "";
}

/* The lines below a finding: about the row, and what to do. */
static void
add_details(struct request *request, const struct lint_finding *finding, struct buf *out)
{
	size_t start;

	if (finding->entry != NULL)
		buf_append_text(out, row_lines(request, finding->entry));
	start = out->size;
	buf_append_text(out, "    ");
	lint_remedy(finding, out);
	if (out->size == start + 4)
		buf_truncate(out, start);
	else
		buf_append_byte(out, '\n');
}

static void
print_finding(struct request *request, const struct lint_finding *finding)
{
	struct buf *line = &request->line;

	if (finding->suppressed != NULL ||
	    (request->quiet && finding->severity < request->threshold))
		return;
	buf_clear(line);
	lint_place_text(&finding->place, line);
	buf_append_text(line, ": ");
	buf_append_text(line, colour_of(request, finding->severity));
	buf_append_text(line, lint_severity_name(finding->severity));
	buf_append_text(line, hvctl_plain(request->hvctl));
	buf_append_text(line, ": ");
	lint_message(finding, line);
	buf_append_text(line, " [");
	buf_append_text(line, finding->rule->code);
	buf_append_text(line, "]\n");
	if (finding->severity > LINT_NOTE)
		add_details(request, finding, line);
	fwrite(line->data, 1, line->size, stdout);
}

/* Keep a finding for the reports, with the command that gives its value effect here. */
static void
report_finding(struct request *request, const struct lint_finding *finding)
{
	json_t *kept = lint_report_add(request->report, finding);
	const struct tunable_entry *entry = finding->entry;
	struct buf command = { 0 };

	if (entry != NULL)
		hvctl_event_command(tunable_apply_event(entry), entry->table->owner, &command);
	json_object_set_new(
	    kept, "command", command.size > 0 ? json_string(buf_text(&command)) : json_null());
	buf_release(&command);
}

static void
take_finding(void *context, const struct lint_finding *finding)
{
	struct request *request = context;

	if (request->report != NULL)
		report_finding(request, finding);
	if (!request->hvctl->json)
		print_finding(request, finding);
}

static void
print_summary(const struct lint_summary *total)
{
	size_t other = total->values - total->known;

	printf("%zu file%s, %zu value%s: %zu error%s, %zu warning%s, %zu note%s", total->files,
	    total->files == 1 ? "" : "s", total->values, total->values == 1 ? "" : "s",
	    total->findings[LINT_ERROR], total->findings[LINT_ERROR] == 1 ? "" : "s",
	    total->findings[LINT_WARNING], total->findings[LINT_WARNING] == 1 ? "" : "s",
	    total->findings[LINT_NOTE], total->findings[LINT_NOTE] == 1 ? "" : "s");
	if (total->suppressed > 0)
		printf(", %zu suppressed", total->suppressed);
	if (other > 0)
		printf("; %zu value%s not about Hyper-V", other, other == 1 ? " is" : "s are");
	putchar('\n');
}

/* --- Files
 * ---------------------------------------------------------------------------------------- */

static bool
read_error(const struct request *request, const char *name, lstatus status)
{
	hvctl_fail(request->hvctl, "%s: %s", name, lstatus_text(status));
	return false;
}

static bool
add_file(struct request *request, struct lint *lint, const char *name)
{
	bool standard = strcmp(name, "-") == 0;
	FILE *file = standard ? stdin : fopen(name, "re");
	lstatus status;

	if (file == NULL) {
		hvctl_fail(request->hvctl, "%s: %s", name, strerror(errno));
		return false;
	}
	status = lint_add_file(lint, file, standard ? "(standard input)" : name);
	if (!standard)
		fclose(file);
	return lstatus_ok(status) || read_error(request, name, status);
}

/* The suppressions' file: one that is named must be there. */
static bool
add_suppressions(struct request *request, struct lint *lint)
{
	const char *name = request->suppressions != NULL ? request->suppressions : SUPPRESSIONS;
	FILE *file = fopen(name, "re");
	lstatus status;

	if (file == NULL && errno == ENOENT && request->suppressions == NULL)
		return true;
	if (file == NULL) {
		hvctl_fail(request->hvctl, "%s: %s", name, strerror(errno));
		return false;
	}
	status = lint_add_suppressions(lint, file, name);
	fclose(file);
	return lstatus_ok(status) || read_error(request, name, status);
}

static void
add_summary(struct lint_summary *total, const struct lint_summary *one)
{
	total->files += one->files;
	total->values += one->values;
	total->known += one->known;
	for (size_t i = 0; i <= LINT_ERROR; i++)
		total->findings[i] += one->findings[i];
	total->suppressed += one->suppressed;
	total->failed = total->failed || one->failed;
}

/* Judge files as one configuration. False if it could not be done. */
static bool
lint_files(struct request *request, struct lint *lint, char **files, int count)
{
	struct lint_summary summary = { 0 };
	bool ok = add_suppressions(request, lint);

	for (int i = 0; i < count && ok; i++)
		ok = add_file(request, lint, files[i]);
	if (ok) {
		lstatus status = lint_finish(lint, &summary);

		ok = lstatus_ok(status) || read_error(request, files[0], status);
	}
	add_summary(&request->total, &summary);
	return ok;
}

/* --- Explaining
 * ----------------------------------------------------------------------------------- */

/* The rule, or all of them without one. */
static int
explain_json(const struct hvctl *hvctl, const struct lint_rule *rule)
{
	json_t *list = json_array();

	for (const struct lint_rule *at = lint_rules; at->code != NULL; at++) {
		if (rule == NULL || rule == at)
			json_array_append_new(list,
			    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s}", "code", at->code,
			        "name", at->name, "severity", lint_severity_name(at->severity),
			        "title", at->title, "meaning", at->meaning, "example", at->example,
			        "host", at->host, "mend", at->mend));
	}
	return hvctl_print_json(hvctl, list);
}

static int
explain(const struct request *request)
{
	const struct lint_rule *rule = lint_rule_find(request->explain);
	struct buf page = { 0 };

	if (rule == NULL && strcmp(request->explain, "all") != 0)
		return hvctl_misused(request->hvctl,
		    "there is no finding \"%s\"; --explain all lists them", request->explain);
	if (request->hvctl->json)
		return explain_json(request->hvctl, rule);
	for (const struct lint_rule *at = lint_rules; rule == NULL && at->code != NULL; at++)
		printf("%s  %-7s  %s\n", at->code, lint_severity_name(at->severity), at->title);
	if (rule != NULL) {
		lint_rule_page(rule, &page);
		fputs(buf_text(&page), stdout);
	}
	buf_release(&page);
	return EXIT_SUCCESS;
}

/* --- Arguments
 * ------------------------------------------------------------------------------------ */

static bool
add_state(struct request *request, char *text)
{
	char *equals = strchr(text, '=');
	size_t at = request->options.state_count;

	if (equals == NULL || at == STATES_MAX)
		return false;
	*equals = '\0';
	request->states[at] = (struct lint_state){ text, equals + 1 };
	request->options.state_count++;
	return tunable_state_is_known(&request->hvctl->hvemu->catalog, text);
}

/* An option with an argument; false if it is none, or the argument is not one of its. */
static bool
take_argument(struct request *request, const char *option, char *argument)
{
	if (strcmp(option, "--format") == 0)
		return lint_format_parse(argument, &request->options.format);
	if (strcmp(option, "--severity") == 0)
		return lint_severity_parse(argument, &request->threshold);
	if (strcmp(option, "--state") == 0)
		return add_state(request, argument);
	if (strcmp(option, "--at") == 0)
		request->options.at = argument;
	else if (strcmp(option, "--suppressions") == 0)
		request->suppressions = argument;
	else if (strcmp(option, "--sarif") == 0)
		request->sarif = argument;
	else if (strcmp(option, "--junit") == 0)
		request->junit = argument;
	else if (strcmp(option, "--today") == 0)
		request->options.today = argument;
	else if (strcmp(option, "--explain") == 0)
		request->explain = argument;
	else
		return false;
	return true;
}

static bool
take_switch(struct request *request, const char *option)
{
	if (strcmp(option, "--each") == 0)
		request->each = true;
	else if (strcmp(option, "--all") == 0)
		request->options.all = true;
	else if (strcmp(option, "--user") == 0)
		request->options.user = true;
	else if (strcmp(option, "--quiet") == 0)
		request->quiet = true;
	else
		return false;
	return true;
}

/* Read the arguments; the files come to stand from argv[1] on. NULL, or what is wrong. */
static const char *
parse_arguments(struct request *request, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			argv[++request->file_count] = argv[i];
		else if (take_switch(request, argv[i]))
			continue;
		else if (i + 1 == argc || !take_argument(request, argv[i], argv[i + 1]))
			return argv[i];
		else
			i++;
	}
	return NULL;
}

/* --- The whole
 * ------------------------------------------------------------------------------------ */

static bool
judge_each(struct request *request, struct lint *lint, char **files)
{
	bool ok = true;

	for (int i = 0; i < request->file_count; i++) {
		lint_clear(lint, &request->options);
		ok = lint_files(request, lint, files + i, 1) && ok;
		request->options.about_suppressions = LINT_ABOUT_NONE;
	}
	return ok;
}

static bool
judge_all(struct request *request, char **files)
{
	struct lint *lint;
	bool ok;

	if (request->each)
		request->options.about_suppressions = LINT_ABOUT_FAULTS;
	lint = lint_new(&request->options);
	if (lint == NULL)
		return hvctl_fail(request->hvctl, "not enough memory") == EXIT_SUCCESS;
	ok = request->each ? judge_each(request, lint, files)
	                   : lint_files(request, lint, files, request->file_count);
	lint_free(lint);
	return ok;
}

static bool
write_reports(struct request *request)
{
	bool ok = true;

	if (request->hvctl->json)
		ok = lint_report_json(request->report, &request->total, stdout);
	if (request->sarif != NULL)
		ok = lint_report_to(request->report, LINT_SARIF, request->sarif) && ok;
	if (request->junit != NULL)
		ok = lint_report_to(request->report, LINT_JUNIT, request->junit) && ok;
	return ok;
}

static int
run(struct request *request, char **files)
{
	bool ok = true;
	size_t counted = 0;

	setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	ok = judge_all(request, files);
	if (request->report != NULL && !write_reports(request))
		ok = hvctl_fail(request->hvctl, "a report cannot be written: %s",
		         strerror(errno)) == EXIT_SUCCESS;
	if (!request->hvctl->json && ok && !request->quiet)
		print_summary(&request->total);
	for (int i = (int)request->threshold; i <= LINT_ERROR; i++)
		counted += request->total.findings[i];
	if (!ok || request->total.failed)
		return EXIT_USAGE;
	return counted > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
hvctl_lint(struct hvctl *hvctl, int argc, char **argv)
{
	struct request request = { .hvctl = hvctl, .threshold = LINT_WARNING };
	const char *wrong;
	int status;

	request.options = (struct lint_options){
		.catalog = &hvctl->hvemu->catalog,
		.services = hvctl->hvemu->services,
		.states = request.states,
		.finding = take_finding,
		.context = &request,
	};
	wrong = parse_arguments(&request, argc, argv);
	if (wrong != NULL && strcmp(wrong, "--state") == 0)
		return hvctl_misused(hvctl,
		    "--state takes NAME=WORD of a state that there is, such as "
		    "cpuvendor=AuthenticAMD or vm=shielded");
	if (wrong != NULL)
		return hvctl_misused(hvctl, "unknown option, or not its argument: %s", wrong);
	if (request.explain != NULL)
		return explain(&request);
	if (request.file_count == 0)
		return hvctl_misused(
		    hvctl, "\"lint\" takes at least one file, or - for standard input");
	if (hvctl->json || request.sarif != NULL || request.junit != NULL) {
		request.report = lint_report_new();
		if (request.report == NULL)
			return hvctl_fail(hvctl, "not enough memory");
	}
	request.row_lines = calloc(hvctl->hvemu->catalog.count + 1, sizeof(char *));
	status = request.row_lines != NULL ? run(&request, argv + 1)
	                                   : hvctl_fail(hvctl, "not enough memory");
	for (size_t i = 0; request.row_lines != NULL && i < hvctl->hvemu->catalog.count; i++)
		free(request.row_lines[i]);
	free(request.row_lines);
	lint_report_free(request.report);
	buf_release(&request.line);
	return status;
}
