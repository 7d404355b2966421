/*
 * The keys that tables read, as a tree of components, and the keys of a configuration against it.
 *
 * A key is matched along with the key above it, so that whatever is not near anything that a table
 * reads costs one look. A component may be misspelt once on the way.
 */
#include <string.h>
#include <strings.h>

#include "regstore/lint/internal.h"
#include "regstore/tunable/load.h"

/* --- Building
 * ------------------------------------------------------------------------------------- */

static uint32_t
add_child(struct lint *lint, uint32_t parent, const char *text, size_t length)
{
	struct lint_pattern pattern = {
		.text = text,
		.length = length,
		.placeholder = tunable_is_placeholder(text, length),
	};

	for (uint32_t at = lint->patterns[parent].child; at != 0;
	     at = lint->patterns[at - 1].sibling) {
		const struct lint_pattern *there = &lint->patterns[at - 1];

		if (there->length == length && strncasecmp(there->text, text, length) == 0)
			return at - 1;
	}
	if (!array_room(&lint->patterns, &lint->pattern_capacity, lint->pattern_count,
	        sizeof(*lint->patterns)) ||
	    (!pattern.placeholder && !nearest_add(&lint->patterns[parent].near, text, length,
	                                 (uint32_t)lint->pattern_count))) {
		lint_no_memory(lint);
		return LINT_NONE;
	}
	pattern.sibling = lint->patterns[parent].child;
	lint->patterns[lint->pattern_count++] = pattern;
	lint->patterns[parent].child = (uint32_t)lint->pattern_count;
	return (uint32_t)lint->pattern_count - 1;
}

/* A key that begins with a placeholder is not known: what stands for it counts. */
static bool
add_key(struct lint *lint, const struct tunable_entry *entries, const char *key)
{
	uint32_t pattern = 0;

	if (tunable_is_placeholder(key, strcspn(key, "\\")))
		return true;
	while (*key != '\0') {
		size_t length = strcspn(key, "\\");

		pattern = add_child(lint, pattern, key, length);
		if (pattern == LINT_NONE)
			return false;
		key += length + (key[length] == '\\');
	}
	if (!array_room(
	        &lint->tables, &lint->table_capacity, lint->table_count, sizeof(*lint->tables)))
		return lint_no_memory(lint);
	lint->tables[lint->table_count] = (struct lint_table){
		.table = entries->table,
		.entries = entries,
		.next = lint->patterns[pattern].table,
	};
	lint->patterns[pattern].table = (uint32_t)++lint->table_count;
	return true;
}

/* Whether a service's key, or one below it, belongs to the component that reads it. */
static bool
is_own_service(const struct tunable_table *table)
{
	const char *at = strcasestr(table->key, "\\Services\\");
	size_t stem = strcspn(table->owner, ".");

	return at != NULL && strncasecmp(at + strlen("\\Services\\"), table->owner, stem) == 0;
}

/* A key that Windows has anyway is known by one value, and is no key of a reader's own service. */
static void
mark_shared(struct lint *lint, struct lint_pattern *pattern)
{
	size_t rows = 0;
	bool own = false;

	for (uint32_t at = pattern->table; at != 0; at = lint->tables[at - 1].next) {
		rows += lint->tables[at - 1].table->count;
		own = own || is_own_service(lint->tables[at - 1].table);
	}
	pattern->shared = rows <= 2 && !own;
}

bool
lint_keys_init(struct lint *lint)
{
	const struct tunable_catalog *catalog = lint->options.catalog;
	const struct tunable_table *last = NULL;

	if (!array_room(&lint->patterns, &lint->pattern_capacity, 0, sizeof(*lint->patterns)))
		return lint_no_memory(lint);
	lint->patterns[lint->pattern_count++] = (struct lint_pattern){ .text = "" };
	for (size_t i = 0; i < catalog->count; i++) {
		const struct tunable_entry *entry = &catalog->entries[i];

		if (entry->table == last)
			continue;
		last = entry->table;
		if (!add_key(lint, entry, last->key) ||
		    (last->opens != NULL && !add_key(lint, entry, last->opens)))
			return false;
	}
	for (size_t i = 0; i < lint->pattern_count; i++)
		mark_shared(lint, &lint->patterns[i]);
	return true;
}

void
lint_keys_release(struct lint *lint)
{
	for (size_t i = 0; i < lint->pattern_count; i++)
		nearest_release(&lint->patterns[i].near);
	free(lint->patterns);
	free(lint->tables);
}

/* --- Matching
 * ------------------------------------------------------------------------------------- */

static bool
add_match(struct lint *lint, uint32_t node, struct lint_match match)
{
	if (!array_room(
	        &lint->matches, &lint->match_capacity, lint->match_count, sizeof(*lint->matches)))
		return lint_no_memory(lint);
	lint->matches[lint->match_count++] = match;
	lint->nodes[node].match_count++;
	return true;
}

/* One step: the patterns below `above` that the node's component is, or was meant to be. */
static bool
step(struct lint *lint, uint32_t node, struct lint_match above)
{
	struct lint_pattern *pattern = &lint->patterns[above.pattern];
	const char *text = lint_node_text(lint, node);
	size_t length = lint->nodes[node].length;
	bool exact = false;
	uint32_t near;

	for (uint32_t at = pattern->child; at != 0; at = lint->patterns[at - 1].sibling) {
		const struct lint_pattern *child = &lint->patterns[at - 1];
		bool same = child->length == length && strncasecmp(child->text, text, length) == 0;

		exact = exact || same;
		if ((same || child->placeholder) &&
		    !add_match(
		        lint, node, (struct lint_match){ at - 1, above.misspelt, above.meant }))
			return false;
	}
	/*
	 * One edit more than for a value: the rest of the key and the name must then be right. No
	 * root is near another one.
	 */
	if (exact || above.pattern == 0 || above.misspelt != LINT_NONE ||
	    !nearest_find(&pattern->near, text, length, nearest_limit(length) + 1, &near))
		return true;
	return add_match(lint, node, (struct lint_match){ near, node, near });
}

bool
lint_match(struct lint *lint, uint32_t node)
{
	uint32_t parent = lint->nodes[node].parent;
	uint32_t first;
	uint32_t count;

	if (lint->nodes[node].matched)
		return true;
	if (parent != LINT_NONE && !lint_match(lint, parent))
		return false;
	lint->nodes[node].matched = true;
	lint->nodes[node].match = (uint32_t)lint->match_count;
	if (parent == LINT_NONE)
		return step(lint, node, (struct lint_match){ 0, LINT_NONE, LINT_NONE });
	first = lint->nodes[parent].match;
	count = lint->nodes[parent].match_count;
	for (uint32_t i = 0; i < count; i++) {
		if (!step(lint, node, lint->matches[first + i]))
			return false;
	}
	return true;
}

/* Note the tables of a pattern that take a key. */
static bool
add_readers(struct lint *lint, uint32_t node, const struct lint_pattern *pattern, const char *path)
{
	for (uint32_t at = pattern->table; at != 0; at = lint->tables[at - 1].next) {
		if (!tunable_table_takes(lint->tables[at - 1].table, path, strlen(path)))
			continue;
		if (!array_room(&lint->readers, &lint->reader_capacity, lint->reader_count,
		        sizeof(*lint->readers)))
			return lint_no_memory(lint);
		lint->readers[lint->reader_count++] = at - 1;
		lint->nodes[node].shared = lint->nodes[node].shared && pattern->shared;
		lint->nodes[node].table_count++;
	}
	return true;
}

bool
lint_is_known_key(struct lint *lint, uint32_t node)
{
	struct buf path = { 0 };
	bool ok = true;

	if (lint->nodes[node].known)
		return lint->nodes[node].table_count > 0;
	if (!lint_match(lint, node))
		return false;
	lint->nodes[node].known = true;
	lint->nodes[node].shared = true;
	lint->nodes[node].table = (uint32_t)lint->reader_count;
	if (lint->nodes[node].match_count > 0)
		lint_path(lint, node, &path);
	for (uint32_t i = 0; i < lint->nodes[node].match_count && ok; i++) {
		const struct lint_match *match = &lint->matches[lint->nodes[node].match + i];

		if (match->misspelt == LINT_NONE)
			ok = add_readers(
			    lint, node, &lint->patterns[match->pattern], buf_text(&path));
	}
	buf_release(&path);
	return ok && lint->nodes[node].table_count > 0;
}

/* Whether a table reads a node's key. */
static bool
has_reader(const struct lint *lint, uint32_t node, const struct tunable_table *table)
{
	for (uint32_t i = 0; i < lint->nodes[node].table_count; i++) {
		if (lint->tables[lint->readers[lint->nodes[node].table + i]].table == table)
			return true;
	}
	return false;
}

/* The next table of a node that fixes no names, and takes this one. */
static const struct tunable_entry *
next_open_row(struct lint *lint, uint32_t node, const char *name, size_t length,
    const struct tunable_entry *after)
{
	bool passed = after == NULL || !tunable_name_is_open(after->row->name);

	for (uint32_t i = 0; i < lint->nodes[node].table_count; i++) {
		const struct tunable_entry *entry =
		    lint->tables[lint->readers[lint->nodes[node].table + i]].entries;

		if (passed && tunable_name_is_open(entry->row->name) &&
		    tunable_entry_takes(lint->options.catalog, entry, name, length))
			return entry;
		passed = passed || entry == after;
	}
	return NULL;
}

const struct tunable_entry *
lint_row(struct lint *lint, uint32_t node, const char *name, size_t length,
    const struct tunable_entry *after)
{
	const struct tunable_entry *entry = after;

	if (!lint_is_known_key(lint, node))
		return NULL;
	if (after == NULL || !tunable_name_is_open(after->row->name)) {
		while ((entry = tunable_find_fixed(lint->options.catalog, name, length, entry)) !=
		       NULL) {
			if (has_reader(lint, node, entry->table))
				return entry;
		}
	}
	return next_open_row(lint, node, name, length, after);
}

/* The path of a node with one component put right. */
static void
mended_path(const struct lint *lint, uint32_t node, const struct lint_match *match, struct buf *out)
{
	const struct lint_node *at = &lint->nodes[node];

	if (at->parent != LINT_NONE) {
		mended_path(lint, at->parent, match, out);
		buf_append_byte(out, '\\');
	}
	if (node == match->misspelt)
		buf_append(
		    out, lint->patterns[match->meant].text, lint->patterns[match->meant].length);
	else
		buf_append(out, lint_text(lint, at->text), at->length);
}

static bool
table_has_row(const struct tunable_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (!tunable_name_is_open(table->rows[i].name) &&
		    strcasecmp(table->rows[i].name, name) == 0)
			return true;
	}
	return false;
}

const struct tunable_table *
lint_misspelt_table(struct lint *lint, uint32_t node, const char *name, struct buf *ret_key)
{
	if (!lint_match(lint, node))
		return NULL;
	for (uint32_t i = 0; i < lint->nodes[node].match_count; i++) {
		const struct lint_match *match = &lint->matches[lint->nodes[node].match + i];
		uint32_t at = lint->patterns[match->pattern].table;

		if (match->misspelt == LINT_NONE)
			continue;
		for (; at != 0; at = lint->tables[at - 1].next) {
			if (!table_has_row(lint->tables[at - 1].table, name))
				continue;
			mended_path(lint, node, match, ret_key);
			return lint->tables[at - 1].table;
		}
	}
	return NULL;
}
