/*
 * What a run of vectors covered, for verify.
 */
#ifndef VMMS_HVCTL_COVERAGE_H
#define VMMS_HVCTL_COVERAGE_H

#include <jansson.h>

#include "regstore/tunable/coverage.h"

/* Print how much of each owner's judgements was hit, and each that was not, as comments of TAP. */
void hvctl_coverage_print(const struct coverage *coverage);

/* The same as an object: judgements hit by_owner list. NULL without memory. */
json_t *hvctl_coverage_json(const struct coverage *coverage);

/* Write a line for each judgement, with its hits, tab-separated. On failure errno says why. */
bool hvctl_coverage_write(const struct coverage *coverage, const char *name);

#endif
