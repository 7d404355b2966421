/*
 * Findings as documents: JSON, SARIF 2.1.0 and JUnit's XML.
 *
 * A report keeps the findings that it is given, in words, until it is written.
 */
#ifndef REGSTORE_LINT_REPORT_H
#define REGSTORE_LINT_REPORT_H

#include <jansson.h>

#include "regstore/lint/lint.h"

struct lint_report;

/* NULL without memory. The caller frees it. */
struct lint_report *lint_report_new(void);
void lint_report_free(struct lint_report *report);

/*
 * Keep a finding, as lint_finding_json makes it; the report's, to which members may be added. NULL
 * without memory, which is told when the report is written.
 */
json_t *lint_report_add(struct lint_report *report, const struct lint_finding *finding);

/*
 * One finding as an object: code rule severity message file line offset key name raw effective
 * verdict owner reader range section basis apply effect remedy suppressed (an object, kind and
 * reason) and, where another line wins, other. What a finding has not is null. NULL without memory.
 * The caller owns the result.
 */
json_t *lint_finding_json(const struct lint_finding *finding);

/* The findings and the summary as one object. False, with errno, if it cannot be written. */
bool
lint_report_json(const struct lint_report *report, const struct lint_summary *summary, FILE *file);

enum lint_document { LINT_SARIF, LINT_JUNIT };

/* Write a document to a file of this name, or to standard output for "-". As above. */
bool
lint_report_to(const struct lint_report *report, enum lint_document document, const char *name);

#endif
