/*
 * Lint: what the readers of a host would make of each line of a configuration.
 *
 * The registry takes any bytes, and each reader judges what it finds. A lint takes files as one
 * configuration, imported in the order given, and asks the interpreter (regstore/tunable) what each
 * reader makes of each value. It needs no host: what the configuration does not set is absent, as
 * on a host where nobody set it.
 *
 *     struct lint *lint = lint_new(&options);
 *     lint_add_file(lint, file, "host.reg");
 *     lint_finish(lint, &summary);          calls options.finding for each finding
 *     lint_free(lint);
 *
 * Read are .reg files, Registry.pol, hives (regf) and what "bcdedit /enum" prints.
 */
#ifndef REGSTORE_LINT_LINT_H
#define REGSTORE_LINT_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"
#include "regstore/tunable/tunable.h"

/* --- Rules (rules.c)
 * ------------------------------------------------------------------------------ */

enum lint_severity {
	LINT_NOTE,    /* it is so; nothing to mend */
	LINT_WARNING, /* it has not the effect that it looks like */
	LINT_ERROR,   /* it could not be read */
};

/* One kind of finding. Codes are stable: a code never changes its meaning. */
struct lint_rule {
	const char *code; /* "HV1105" */
	const char *name; /* "capped-to-maximum" */
	enum lint_severity severity;
	const char *title;   /* one line */
	const char *meaning; /* what the finding says */
	const char *example; /* input that has it: a .reg file or bcdedit's output; or NULL */
	const char *host;    /* what the host does */
	const char *mend;    /* what to do about it */
};

extern const struct lint_rule lint_rules[]; /* by code; ends with code NULL */

/* The rule of a code, without case; NULL if there is none. */
const struct lint_rule *lint_rule_find(const char *code);

/* Append a rule's page as Markdown: docs/findings/<CODE>.md, and what --explain prints. */
void lint_rule_page(const struct lint_rule *rule, struct buf *out);

/* "note", "warning", "error"; and the other way round, false for another word. */
const char *lint_severity_name(enum lint_severity severity);
bool lint_severity_parse(const char *name, enum lint_severity *ret_severity);

/* --- Findings
 * ------------------------------------------------------------------------------------- */

/* Where something stands in a file. */
struct lint_place {
	const char *file; /* NULL: nowhere */
	uint64_t line;    /* from 1; 0 in a binary file */
	uint64_t offset;  /* in a binary file */
};

/*
 * Facts; the words are made of them on demand, by the functions below. All that a finding points to
 * lives until the callback returns, but for rule, entry and the files' names.
 */
struct lint_finding {
	const struct lint_rule *rule;
	enum lint_severity severity;
	struct lint_place place;
	const char *key;        /* as the file has it; NULL for a finding about a file */
	const char *name;       /* the value's, or the element's; NULL for one about a key */
	struct tunable_raw raw; /* what is written; not present for deletions and keys */
	const struct tunable_entry *entry;     /* the row that reads it; or NULL */
	const struct tunable_reading *reading; /* what that makes of it; or NULL */
	const char *detail;        /* by the rule: the right name or key, what was expected, ... */
	struct lint_place other;   /* by the rule: the line that wins */
	const char *suppressed;    /* the reason for which it is not to count; or NULL */
	bool suppressed_in_source; /* by a comment in the file itself */
};

/* Append the finding in a sentence without a full stop. */
void lint_message(const struct lint_finding *finding, struct buf *out);

/* Append the rule of the row: "range 1 to 128, default 4, clamp"; nothing without a row. */
void lint_row_words(const struct tunable_entry *entry, struct buf *out);

/*
 * Append when a change of the row's value has its effect, and what that needs on Windows: "when the
 * driver is loaded: restart the host, or the driver". Nothing without a row.
 */
void lint_effect(const struct tunable_entry *entry, struct buf *out);

/* Append what to do, in a sentence with its full stop; nothing for a finding that needs nothing. */
void lint_remedy(const struct lint_finding *finding, struct buf *out);

/* Append "host.reg:14", or "NTUSER.DAT:0x1020" for a place in a binary file. */
void lint_place_text(const struct lint_place *place, struct buf *out);

/* --- A run
 * ---------------------------------------------------------------------------------------- */

enum lint_format {
	LINT_DETECT, /* by the contents */
	LINT_REG,
	LINT_POL,
	LINT_HIVE,
	LINT_BCDEDIT,
};

/* "reg", "pol", "hive", "bcdedit"; false for another word. */
bool lint_format_parse(const char *name, enum lint_format *ret_format);

/* What is said of the files of suppressions themselves; of those in comments all is said. */
enum lint_about {
	LINT_ABOUT_ALL,
	LINT_ABOUT_FAULTS, /* not that one hides nothing: other runs use them too */
	LINT_ABOUT_NONE,   /* an earlier run has said it */
};

/* A condition that is no registry value, and its word: { "cpuvendor", "AuthenticAMD" }. */
struct lint_state {
	const char *name;
	const char *word;
};

/* What a run needs; all of it must live as long as the run. */
struct lint_options {
	const struct tunable_catalog *catalog;
	const char *const *services; /* whose control values are no unknown ones; ends with NULL */
	const struct lint_state *states;
	size_t state_count;
	enum lint_format format;
	const char *at; /* the key that hives are mounted at; NULL: by their contents */
	bool user;      /* a Registry.pol is a user's, not the machine's */
	bool all;       /* a finding for each line that is not about the catalog, too */
	enum lint_about about_suppressions;
	const char *today; /* "2026-11-29": what suppressions' dates are compared with; NULL: now */
	void (*finding)(void *context, const struct lint_finding *finding);
	void *context;
};

struct lint_summary {
	size_t files;
	size_t values;                   /* that the files set or delete */
	size_t known;                    /* of these about the catalog */
	size_t findings[LINT_ERROR + 1]; /* by severity, without the suppressed ones */
	size_t suppressed;
	bool failed; /* a file or a suppression could not be read */
};

struct lint;

/* NULL without memory. The caller frees it. */
struct lint *lint_new(const struct lint_options *options);
void lint_free(struct lint *lint);

/*
 * Forget all that was added and judged, for another configuration. The options hold for that; their
 * catalog is the same, and is not indexed again.
 */
void lint_clear(struct lint *lint, const struct lint_options *options);

/*
 * Add a file, from its current position to its end; `name` is what findings call it. That it is
 * malformed is a finding, not an error; what stands before the fault counts. Returns
 * ERROR_NOT_ENOUGH_MEMORY or the status of a read error.
 */
lstatus lint_add_file(struct lint *lint, FILE *file, const char *name);

/* The same over `size` bytes of memory, which need to live only until the call returns. */
lstatus lint_add_memory(struct lint *lint, const void *data, size_t size, const char *name);

/*
 * Add a file of suppressions, one a line:
 *
 *     HV1105 key=*\vhdmp\Parameters name=SmbResiliencyTimeoutMs until=2027-01-31 reason="..."
 *
 * That one is malformed is a finding. Returns as lint_add_file.
 */
lstatus lint_add_suppressions(struct lint *lint, FILE *file, const char *name);

/* Judge all that was added, once. Returns ERROR_NOT_ENOUGH_MEMORY, or success. */
lstatus lint_finish(struct lint *lint, struct lint_summary *ret_summary);

#endif
