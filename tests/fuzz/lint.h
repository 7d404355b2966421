/*
 * What the fuzz targets of lint share: the host's catalog, and a look at every word of a finding.
 */
#ifndef TESTS_FUZZ_LINT_H
#define TESTS_FUZZ_LINT_H

#include <stdlib.h>
#include <string.h>

#include "regstore/lint/report.h"
#include "vmms/processes.h"

static struct tunable_catalog catalog;
static volatile size_t sink;

static inline void
need(bool promise)
{
	if (!promise)
		abort();
}

static inline void
make_catalog(void)
{
	struct buf error = { 0 };

	need(host_catalog_init(&catalog, &error));
}

static inline void
touch_finding(void *context, const struct lint_finding *finding)
{
	struct buf words = { 0 };
	json_t *json = lint_finding_json(finding);

	(*(size_t *)context)++;
	need(json_is_string(json_object_get(json, "message")));
	need(finding->place.file != NULL);
	json_decref(json);
	lint_place_text(&finding->place, &words);
	lint_remedy(finding, &words);
	sink = words.size;
	buf_release(&words);
}

static inline struct lint *
fuzz_lint(struct lint_options *options, size_t *findings)
{
	*options = (struct lint_options){
		.catalog = &catalog,
		.all = true,
		.today = "2026-11-29",
		.finding = touch_finding,
		.context = findings,
	};
	return lint_new(options);
}

#endif
