/*
 * A report's findings, and the documents that are made of them.
 */
#ifndef REGSTORE_LINT_DOCUMENTS_H
#define REGSTORE_LINT_DOCUMENTS_H

#include "regstore/lint/report.h"

struct lint_report {
	json_t *findings; /* as lint_finding_json makes them */
	bool failed;      /* memory ran out */
};

/* A SARIF 2.1.0 log of one run. NULL without memory. The caller owns it. */
json_t *lint_sarif(const struct lint_report *report);

/* JUnit's XML: a suite a file, a test case a finding. False if it cannot be written. */
bool lint_junit(const struct lint_report *report, FILE *file);

#endif
