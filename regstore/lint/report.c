/*
 * Findings as JSON, and where documents go.
 */
#include "regstore/lint/report.h"

#include <errno.h>
#include <string.h>

#include "regstore/lint/documents.h"
#include "regstore/tunable/view.h"

struct lint_report *
lint_report_new(void)
{
	struct lint_report *report = calloc(1, sizeof(*report));

	if (report == NULL)
		return NULL;
	report->findings = json_array();
	if (report->findings != NULL)
		return report;
	free(report);
	return NULL;
}

void
lint_report_free(struct lint_report *report)
{
	if (report == NULL)
		return;
	json_decref(report->findings);
	free(report);
}

json_t *
lint_report_add(struct lint_report *report, const struct lint_finding *finding)
{
	json_t *json = lint_finding_json(finding);

	if (json_array_append_new(report->findings, json) == 0)
		return json;
	report->failed = true;
	return NULL;
}

/* --- One finding
 * ---------------------------------------------------------------------------------- */

/* The text of a buffer, which is released; null for an empty one. */
static json_t *
take_text(struct buf *text)
{
	bool empty = text->size == 0 && !text->failed;
	json_t *json = tunable_json_take(text);

	if (!empty)
		return json;
	json_decref(json);
	return json_null();
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? tunable_json_text(text) : json_null();
}

static json_t *
place_json(const struct lint_place *place)
{
	if (place->file == NULL)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "file", tunable_json_text(place->file), "line",
	    place->line != 0 ? json_integer((json_int_t)place->line) : json_null(), "offset",
	    place->line == 0 ? json_integer((json_int_t)place->offset) : json_null());
}

static json_t *
effective_json(const struct tunable_reading *reading)
{
	struct buf text = { 0 };

	if (reading == NULL || reading->kind == KIND_ABSENT || reading->kind == KIND_NOT_CONSULTED)
		return json_null();
	if (reading->kind == KIND_NUMBER && reading->number <= INT64_MAX)
		return json_integer((json_int_t)reading->number);
	tunable_effective(reading, &text);
	return text.size > 0 ? take_text(&text) : json_string("");
}

/* Kinds as in SARIF. */
static json_t *
suppression_json(const struct lint_finding *finding)
{
	if (finding->suppressed == NULL)
		return json_null();
	return json_pack("{s:s, s:o}", "kind",
	    finding->suppressed_in_source ? "inSource" : "external", "reason",
	    tunable_json_text(finding->suppressed));
}

/* What the row says, added to a finding. */
static bool
add_row(json_t *json, const struct tunable_entry *entry)
{
	struct buf range = { 0 };
	struct buf effect = { 0 };
	json_t *row;
	bool ok;

	if (entry == NULL) {
		row = json_pack("{s:n, s:n, s:n, s:n, s:n, s:n, s:n}", "owner", "reader", "section",
		    "basis", "range", "apply", "effect");
	} else {
		lint_row_words(entry, &range);
		lint_effect(entry, &effect);
		row =
		    json_pack("{s:s, s:s?, s:s, s:s, s:o, s:s, s:o}", "owner", entry->table->owner,
		        "reader", entry->table->reader, "section", entry->table->section, "basis",
		        tunable_basis_name(tunable_row_basis(entry->row)), "range",
		        take_text(&range), "apply", tunable_apply_name(tunable_apply_event(entry)),
		        "effect", take_text(&effect));
	}
	ok = row != NULL && json_object_update(json, row) == 0;
	json_decref(row);
	return ok;
}

json_t *
lint_finding_json(const struct lint_finding *finding)
{
	const struct tunable_reading *reading = finding->reading;
	struct buf message = { 0 };
	struct buf remedy = { 0 };
	json_t *json = place_json(&finding->place);
	json_t *facts;
	bool ok;

	lint_message(finding, &message);
	lint_remedy(finding, &remedy);
	facts = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s?, s:o, s:o, s:o}", "code",
	    finding->rule->code, "rule", finding->rule->name, "severity",
	    lint_severity_name(finding->severity), "message", take_text(&message), "key",
	    text_or_null(finding->key), "name", text_or_null(finding->name), "raw",
	    tunable_json_raw(&finding->raw), "effective", effective_json(reading), "verdict",
	    reading != NULL ? tunable_verdict_name(reading->verdict) : NULL, "remedy",
	    take_text(&remedy), "suppressed", suppression_json(finding), "other",
	    place_json(&finding->other));
	ok = json != NULL && facts != NULL && json_object_update(json, facts) == 0 &&
	     add_row(json, finding->entry);
	json_decref(facts);
	if (!ok) {
		json_decref(json);
		json = NULL;
	}
	return json;
}

/* --- Documents
 * ------------------------------------------------------------------------------------ */

/* Write JSON and a newline; it is released. */
static bool
dump(json_t *json, FILE *file)
{
	bool ok =
	    json != NULL && json_dumpf(json, file, JSON_INDENT(2)) == 0 && fputc('\n', file) != EOF;

	if (json == NULL)
		errno = ENOMEM;
	json_decref(json);
	return ok;
}

bool
lint_report_json(const struct lint_report *report, const struct lint_summary *summary, FILE *file)
{
	json_t *json = json_pack("{s:O, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}}", "findings",
	    report->findings, "summary", "files", (json_int_t)summary->files, "values",
	    (json_int_t)summary->values, "known", (json_int_t)summary->known, "errors",
	    (json_int_t)summary->findings[LINT_ERROR], "warnings",
	    (json_int_t)summary->findings[LINT_WARNING], "notes",
	    (json_int_t)summary->findings[LINT_NOTE], "suppressed", (json_int_t)summary->suppressed,
	    "failed", summary->failed);

	if (report->failed) {
		json_decref(json);
		json = NULL;
	}
	return dump(json, file);
}

bool
lint_report_to(const struct lint_report *report, enum lint_document document, const char *name)
{
	bool standard = strcmp(name, "-") == 0;
	FILE *file = standard ? stdout : fopen(name, "we");
	bool ok;

	if (file == NULL)
		return false;
	if (report->failed) {
		errno = ENOMEM;
		ok = false;
	} else if (document == LINT_SARIF) {
		ok = dump(lint_sarif(report), file);
	} else {
		ok = lint_junit(report, file);
	}
	ok = ferror(file) == 0 && ok;
	if (!standard)
		ok = fclose(file) == 0 && ok;
	return ok;
}
