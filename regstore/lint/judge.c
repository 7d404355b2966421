/*
 * What the rows of a value's key make of it.
 */
#include <string.h>
#include <strings.h>

#include "regstore/lint/internal.h"
#include "regstore/tunable/load.h"

/* --- What the interpreter asks
 * -------------------------------------------------------------------- */

uint32_t
lint_sibling_node(struct lint_case *given, const struct tunable_table *table)
{
	const struct tunable_table *own = given->entry->table;
	struct buf path = { 0 };
	uint32_t node = LINT_NONE;

	if (table == own || strcasecmp(table->key, own->key) == 0)
		return given->node;
	if (tunable_related_key(table, own, given->path != NULL ? given->path : "", &path))
		node = lint_node_find(given->lint, buf_text(&path));
	buf_release(&path);
	return node;
}

static struct tunable_raw
case_raw(const struct tunable_case *asked, const struct tunable_entry *entry)
{
	struct lint_case *given = (struct lint_case *)(void *)(uintptr_t)asked;
	const struct lint_write *write;
	uint32_t node;

	if (entry == given->entry)
		return given->write != NULL ? lint_raw(given->lint, given->write)
		                            : (struct tunable_raw){ 0 };
	node = lint_sibling_node(given, entry->table);
	if (node == LINT_NONE)
		return (struct tunable_raw){ 0 };
	if (entry->row->shape == SHAPE_SUBKEY)
		return (struct tunable_raw){ .present = lint_key_is_there(given->lint, node) };
	write = lint_value(given->lint, node, entry->row->name);
	return write != NULL ? lint_raw(given->lint, write) : (struct tunable_raw){ 0 };
}

static const char *
case_state(const struct tunable_case *asked, const char *name)
{
	struct lint_case *given = (struct lint_case *)(void *)(uintptr_t)asked;
	const struct lint_options *options = &given->lint->options;

	for (size_t i = 0; i < options->state_count; i++) {
		if (strcasecmp(options->states[i].name, name) == 0)
			return options->states[i].word;
	}
	given->missing = name;
	return NULL;
}

static struct tunable_raw
case_bcd(const struct tunable_case *asked, const char *option)
{
	const struct lint_case *given = (const struct lint_case *)(const void *)asked;

	return lint_boot_option(given->lint, option);
}

void
lint_case_init(struct lint_case *given, struct lint *lint, const struct tunable_entry *entry,
    uint32_t node, const char *path)
{
	*given = (struct lint_case){
		.given = { .raw = case_raw, .state = case_state, .bcd = case_bcd },
		.lint = lint,
		.entry = entry,
		.node = node,
		.path = path,
	};
}

void
lint_judge(struct lint_case *given, struct tunable_reading *ret_reading)
{
	given->missing = NULL;
	tunable_interpret(given->entry, &given->given, ret_reading);
}

/* --- Emitting
 * ------------------------------------------------------------------------------------- */

struct lint_finding
lint_finding_of(struct lint *lint, const char *code, const struct lint_write *write,
    const char *key, const char *name)
{
	const struct lint_rule *rule = lint_rule_find(code);
	struct lint_finding finding = {
		.rule = rule,
		.severity = rule->severity,
		.place = lint_place_of(lint, write),
		.key = key,
		.name = name,
	};

	if (write->kind == WRITE_SET || write->kind == WRITE_SET_IF_ABSENT)
		finding.raw = lint_raw(lint, write);
	return finding;
}

void
lint_emit(struct lint *lint, const struct lint_write *write, struct lint_finding *finding)
{
	struct lint_suppression *suppression = lint_suppression_for(lint, write, finding);

	if (suppression != NULL) {
		suppression->used = true;
		finding->suppressed = suppression->reason;
		finding->suppressed_in_source = suppression->in_comment;
		lint->summary.suppressed++;
	} else {
		lint->summary.findings[finding->severity]++;
	}
	if (lint->options.finding != NULL)
		lint->options.finding(lint->options.context, finding);
}

/* --- Text that is malformed
 * ----------------------------------------------------------------------- */

static bool
ends_with_nul(const struct tunable_raw *raw)
{
	return raw->size >= 2 && raw->data[raw->size - 1] == 0 && raw->data[raw->size - 2] == 0;
}

/* A list ends with an empty string, and has none before: readers stop there. */
static bool
is_list(const struct tunable_raw *raw)
{
	size_t start = 0;

	for (size_t at = 0; at + 1 < raw->size; at += 2) {
		if (raw->data[at] != 0 || raw->data[at + 1] != 0)
			continue;
		if (at == start)
			return at + 2 == raw->size;
		start = at + 2;
	}
	return false;
}

static void
check_text(struct lint *lint, const struct lint_write *write, const char *key, const char *name,
    const struct tunable_entry *entry)
{
	struct tunable_raw raw = lint_raw(lint, write);
	const char *code = NULL;
	struct lint_finding finding;

	if (raw.type != REG_SZ && raw.type != REG_EXPAND_SZ && raw.type != REG_MULTI_SZ)
		return;
	if (raw.size % 2 != 0)
		code = "HV1211";
	else if (raw.type == REG_MULTI_SZ && !is_list(&raw))
		code = "HV1212";
	else if (raw.type != REG_MULTI_SZ && !ends_with_nul(&raw))
		code = "HV1210";
	if (code == NULL)
		return;
	finding = lint_finding_of(lint, code, write, key, name);
	finding.entry = entry;
	lint_emit(lint, write, &finding);
}

/* --- One write
 * ------------------------------------------------------------------------------------ */

/* The value that a row finds as its own, and takes; NULL: none, or one that counts as none. */
static const struct lint_write *
own_value(struct lint *lint, struct lint_case *given, const struct tunable_entry *entry)
{
	uint32_t node = lint_sibling_node(given, entry->table);
	const struct lint_write *own =
	    node != LINT_NONE ? lint_value(lint, node, entry->row->name) : NULL;
	struct tunable_reading reading;
	struct lint_case other;
	struct buf path = { 0 };

	if (own == NULL)
		return NULL;
	lint_path(lint, node, &path);
	lint_case_init(&other, lint, entry, node, buf_text(&path));
	other.write = own;
	lint_judge(&other, &reading);
	buf_release(&path);
	if (reading.verdict == VERDICT_IGNORED_TYPE || reading.source == SOURCE_FALLBACK)
		return NULL;
	return own;
}

/* Say which other rows would take this value where their own is absent, and have their own. */
static void
check_fallbacks(struct lint *lint, const struct lint_write *write, const char *key,
    const char *name, struct lint_case *given)
{
	for (const struct tunable_entry *const *at = lint->substituted; *at != NULL; at++) {
		const struct lint_write *own;
		struct lint_finding finding;

		if ((*at)->fallback != given->entry)
			continue;
		own = own_value(lint, given, *at);
		if (own == NULL)
			continue;
		finding = lint_finding_of(lint, "HV1207", write, key, name);
		finding.entry = *at;
		finding.other = lint_place_of(lint, own);
		lint_emit(lint, write, &finding);
	}
}

/* A value that is replaced or deleted later has no effect, whoever reads it. */
bool
lint_check_undone(
    struct lint *lint, const struct lint_write *write, const char *key, const char *name)
{
	const struct lint_write *later = write->later != 0 ? &lint->writes[write->later - 1] : NULL;
	const struct lint_write *deletion = lint_deletion(lint, write);
	struct lint_finding finding;
	const char *code = "HV1401";

	if (later == NULL || (deletion != NULL && deletion < later))
		later = deletion;
	if (later == NULL)
		return false;
	if (later->kind != WRITE_SET && later->kind != WRITE_SET_IF_ABSENT)
		code = "HV1403";
	else if (later < write)
		code = "HV1404";
	else if (later->type == write->type && later->size == write->size &&
	         memcmp(lint->data.data + later->data, lint->data.data + write->data,
	             write->size) == 0)
		code = "HV1402";
	finding = lint_finding_of(lint, code, write, key, name);
	finding.other = lint_place_of(lint, later);
	lint_emit(lint, write, &finding);
	return true;
}

/* A value that is deleted: what then holds. */
static void
judge_deletion(struct lint *lint, const struct lint_write *write, const char *key, const char *name,
    struct lint_case *given)
{
	struct tunable_reading reading;
	struct lint_finding finding;

	if (write->later != 0)
		return;
	given->write = NULL;
	lint_judge(given, &reading);
	finding = lint_finding_of(lint, "HV1110", write, key, name);
	finding.entry = given->entry;
	finding.reading = &reading;
	lint_emit(lint, write, &finding);
}

/* Judge one row; `first` tells the findings that are about the value, not about the row. */
static bool
judge_row(struct lint *lint, const struct lint_write *write, const char *key, const char *path,
    const struct tunable_entry *entry, bool first)
{
	const char *name = lint_text(lint, write->name);
	struct tunable_reading reading;
	struct lint_case given;

	lint_case_init(&given, lint, entry, lint->nodes[write->node].canonical, path);
	if (write->kind == WRITE_DELETE) {
		judge_deletion(lint, write, key, name, &given);
		return true;
	}
	if (first && lint_check_undone(lint, write, key, name))
		return false;
	given.write = write;
	lint_judge(&given, &reading);
	lint_emit_reading(lint, write, key, name, &given, &reading);
	if (first)
		check_text(lint, write, key, name, entry);
	if (reading.verdict != VERDICT_SHADOWED)
		check_fallbacks(lint, write, key, name, &given);
	return true;
}

/* A row that takes any name stands for values that the reference does not name. */
static bool
is_unnamed(const struct tunable_entry *entry)
{
	return entry->row->type == TYPE_ANY && strcmp(entry->row->name, "*") == 0;
}

bool
lint_judge_write(struct lint *lint, const struct lint_write *write)
{
	uint32_t node = lint->nodes[write->node].canonical;
	const char *name = lint_text(lint, write->name);
	const struct tunable_entry *entry = NULL;
	bool first = true;

	if (lint_is_boot(lint, node))
		return lint_judge_boot(lint, write);
	while ((entry = lint_row(lint, node, name, strlen(name), entry)) != NULL) {
		if (is_unnamed(entry) && first && lint_judge_misspelt(lint, write))
			return true;
		if (!judge_row(lint, write, lint_key_of(lint, write), lint_path_of(lint, write),
		        entry, first))
			return true;
		first = false;
	}
	return !first || lint_judge_unread(lint, write);
}

/* --- Keys
 * ----------------------------------------------------------------------------------------- */

/* Whether a table reads this key or one below it. */
static bool
leads_to_table(struct lint *lint, uint32_t node)
{
	if (!lint_match(lint, node))
		return false;
	for (uint32_t i = 0; i < lint->nodes[node].match_count; i++) {
		if (lint->matches[lint->nodes[node].match + i].misspelt == LINT_NONE)
			return true;
	}
	return false;
}

/* A row of which only whether its key is there counts. */
static void
judge_presence(struct lint *lint, const struct lint_write *write, const char *key)
{
	static const char name[] = "(subkey)";
	uint32_t node = lint->nodes[write->node].canonical;
	const struct tunable_entry *entry = NULL;

	while ((entry = tunable_find(
	            lint->options.catalog, key, strlen(key), name, strlen(name), entry)) != NULL) {
		struct tunable_reading reading;
		struct lint_case given;

		if (entry->row->shape != SHAPE_SUBKEY)
			continue;
		lint_case_init(&given, lint, entry, node, key);
		given.write = lint_key_is_there(lint, node) ? write : NULL;
		lint_judge(&given, &reading);
		lint_emit_reading(lint, write, key, NULL, &given, &reading);
	}
}

/* A key that no registry can have, as its path begins with none of the roots. */
static bool
check_root(struct lint *lint, const struct lint_write *write)
{
	static const char *const roots[] = { "HKLM", "HKU", "HKCU", "HKCR", "HKCC" };
	uint32_t root = write->node;
	struct lint_finding finding;

	while (lint->nodes[root].parent != LINT_NONE)
		root = lint->nodes[root].parent;
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		if (strcasecmp(lint_node_text(lint, root), roots[i]) == 0)
			return true;
	}
	finding = lint_finding_of(lint, "HV1310", write, lint_key_of(lint, write), NULL);
	finding.detail = lint_node_text(lint, root);
	lint_emit(lint, write, &finding);
	return false;
}

void
lint_judge_key(struct lint *lint, const struct lint_write *write)
{
	uint32_t node = lint->nodes[write->node].canonical;
	struct lint_finding finding;

	if (!check_root(lint, write) || lint_is_boot(lint, node))
		return;
	if (write->kind == WRITE_CREATE_KEY) {
		judge_presence(lint, write, lint_path_of(lint, write));
	} else if (leads_to_table(lint, node)) {
		finding = lint_finding_of(lint, "HV1111", write, lint_key_of(lint, write), NULL);
		lint_emit(lint, write, &finding);
	}
}
