/*
 * The catalog: finding rows by key and name, and checking the rows themselves.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/tunable/tunable.h"

static int
fold_ascii(char c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : (unsigned char)c;
}

static bool
same_name(const char *left, size_t left_length, const char *right, size_t right_length)
{
	if (left_length != right_length)
		return false;
	for (size_t i = 0; i < left_length; i++) {
		if (fold_ascii(left[i]) != fold_ascii(right[i]))
			return false;
	}
	return true;
}

static uint32_t
hash_name(const char *name, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint32_t)fold_ascii(name[i])) * 16777619u;
	return hash;
}

/* --- Keys ---------------------------------------------------------------------------------------
 */

struct component {
	const char *text;
	size_t length;
};

static struct component
next_component(const char **at, const char *end)
{
	const char *stop = memchr(*at, '\\', (size_t)(end - *at));
	struct component component;

	if (stop == NULL)
		stop = end;
	component = (struct component){ *at, (size_t)(stop - *at) };
	*at = stop < end ? stop + 1 : end;
	return component;
}

bool
tunable_is_placeholder(const char *part, size_t length)
{
	if (length < 3)
		return false;
	return (part[0] == '<' && part[length - 1] == '>') ||
	       (part[0] == '{' && part[length - 1] == '}' && memchr(part, '-', length) == NULL);
}

static bool
component_is(struct component part, const char *text)
{
	return same_name(part.text, part.length, text, strlen(text));
}

static bool
is_numbered_control_set(struct component part)
{
	static const char stem[] = "ControlSet";

	if (part.length != strlen(stem) + 3 ||
	    !same_name(part.text, strlen(stem), stem, strlen(stem)))
		return false;
	for (size_t i = strlen(stem); i < part.length; i++) {
		if (part.text[i] < '0' || part.text[i] > '9')
			return false;
	}
	return true;
}

/* What may stand in a placeholder's place; NULL: anything. */
typedef bool instance_test(const char *part, size_t length);

static bool
components_match(struct component pattern, struct component part, instance_test *is_instance)
{
	if (same_name(pattern.text, pattern.length, part.text, part.length))
		return true;
	if (tunable_is_placeholder(pattern.text, pattern.length))
		return part.length > 0 &&
		       (is_instance == NULL || is_instance(part.text, part.length));
	if (component_is(pattern, "HKLM"))
		return component_is(part, "HKEY_LOCAL_MACHINE");
	if (component_is(pattern, "CurrentControlSet"))
		return is_numbered_control_set(part);
	return false;
}

static struct component
last_component(const char *text, size_t length)
{
	const char *slash = memrchr(text, '\\', length);
	const char *from = slash != NULL ? slash + 1 : text;

	return (struct component){ from, length - (size_t)(from - text) };
}

static bool
keys_match(const char *pattern, const char *key, size_t key_length, instance_test *is_instance)
{
	size_t length = strlen(pattern);
	const char *pattern_end = pattern + length;
	const char *key_end = key + key_length;

	/* Keys begin alike; where they differ, they mostly end differently. */
	if (!components_match(
	        last_component(pattern, length), last_component(key, key_length), is_instance))
		return false;
	while (pattern < pattern_end && key < key_end) {
		struct component expected = next_component(&pattern, pattern_end);

		if (!components_match(expected, next_component(&key, key_end), is_instance))
			return false;
	}
	return pattern == pattern_end && key == key_end;
}

bool
tunable_key_matches(const char *pattern, const char *key, size_t key_length)
{
	return keys_match(pattern, key, key_length, NULL);
}

bool
tunable_table_takes(const struct tunable_table *table, const char *key, size_t key_length)
{
	return keys_match(table->key, key, key_length, table->is_instance) ||
	       (table->opens != NULL &&
	           keys_match(table->opens, key, key_length, table->is_instance));
}

/* Whether the last components of the table's key are those of `tail`. */
static bool
tail_matches(const struct tunable_table *table, const char *tail, size_t tail_length)
{
	const char *pattern = table->key;
	size_t wanted = 1;
	size_t have = 1;

	for (size_t i = 0; i < tail_length; i++)
		wanted += tail[i] == '\\';
	for (const char *at = pattern; *at != '\0'; at++)
		have += *at == '\\';
	for (; have > wanted; have--)
		pattern = strchr(pattern, '\\') + 1;
	return keys_match(pattern, tail, tail_length, table->is_instance);
}

/* --- Look-up ------------------------------------------------------------------------------------
 */

bool
tunable_name_is_open(const char *name)
{
	return strcmp(name, "*") == 0 || strchr(name, '<') != NULL;
}

static bool
is_wildcard(const struct tunable_entry *entry)
{
	return tunable_name_is_open(entry->row->name);
}

/* "Trace<N>": the text before, a decimal number, the text after. */
static bool
pattern_matches(const char *pattern, const char *name, size_t length)
{
	const char *open = strchr(pattern, '<');
	size_t before = (size_t)(open - pattern);
	const char *after = strchrnul(open, '>');
	size_t after_length = strlen(after) - (*after == '>');
	size_t digits = length - before - after_length;

	if (length <= before + after_length || !same_name(pattern, before, name, before) ||
	    !same_name(
	        after + (*after == '>'), after_length, name + length - after_length, after_length))
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (name[before + i] < '0' || name[before + i] > '9')
			return false;
	}
	return true;
}

bool
tunable_name_matches(const struct tunable *row, const char *name, size_t length)
{
	if (same_name(row->name, strlen(row->name), name, length))
		return true;
	if (strcmp(row->name, "*") == 0)
		return true;
	return tunable_name_is_open(row->name) && pattern_matches(row->name, name, length);
}

const struct tunable_entry *
tunable_find_fixed(const struct tunable_catalog *catalog, const char *name, size_t length,
    const struct tunable_entry *after)
{
	uint32_t at = after != NULL
	                  ? after->next
	                  : catalog->buckets[hash_name(name, length) % catalog->bucket_count];

	for (; at != 0; at = catalog->entries[at - 1].next) {
		const struct tunable_entry *entry = &catalog->entries[at - 1];

		if (same_name(entry->row->name, strlen(entry->row->name), name, length))
			return entry;
	}
	return NULL;
}

static bool
entry_in_key(const struct tunable_entry *entry, const char *key, size_t length)
{
	return tunable_table_takes(entry->table, key, length);
}

/* The same, where the path may be the last components only. */
static bool
entry_in_path(const struct tunable_entry *entry, const char *path, size_t length)
{
	return entry_in_key(entry, path, length) || tail_matches(entry->table, path, length);
}

/* The next entry whose name is open. They share one bucket list, by the hash of "*". */
static const struct tunable_entry *
next_open(const struct tunable_catalog *catalog, const struct tunable_entry *after)
{
	uint32_t at = after != NULL && is_wildcard(after)
	                  ? after->next
	                  : catalog->buckets[hash_name("*", 1) % catalog->bucket_count];

	for (; at != 0; at = catalog->entries[at - 1].next) {
		if (is_wildcard(&catalog->entries[at - 1]))
			return &catalog->entries[at - 1];
	}
	return NULL;
}

bool
tunable_entry_takes(const struct tunable_catalog *catalog, const struct tunable_entry *entry,
    const char *name, size_t length)
{
	const struct tunable_entry *other = NULL;

	if (!tunable_name_matches(entry->row, name, length))
		return false;
	if (!is_wildcard(entry))
		return true;
	while ((other = tunable_find_fixed(catalog, name, length, other)) != NULL) {
		if (other != entry && strcmp(other->table->owner, entry->table->owner) == 0 &&
		    strcasecmp(other->table->key, entry->table->key) == 0)
			return false;
	}
	return true;
}

const struct tunable_entry *
tunable_find(const struct tunable_catalog *catalog, const char *key, size_t key_length,
    const char *name, size_t name_length, const struct tunable_entry *after)
{
	const struct tunable_entry *entry = after;

	if (after == NULL || !is_wildcard(after)) {
		while ((entry = tunable_find_fixed(catalog, name, name_length, entry)) != NULL) {
			if (entry_in_key(entry, key, key_length))
				return entry;
		}
	}
	/* A table whose names are not fixed takes the other names of its key. */
	while ((entry = next_open(catalog, entry)) != NULL) {
		if (entry_in_key(entry, key, key_length) &&
		    tunable_entry_takes(catalog, entry, name, name_length))
			return entry;
	}
	return NULL;
}

const struct tunable_entry *
tunable_find_name(
    const struct tunable_catalog *catalog, const char *text, const struct tunable_entry *after)
{
	const char *slash = strrchr(text, '\\');
	const char *name = slash != NULL ? slash + 1 : text;
	size_t length = slash != NULL ? (size_t)(slash - text) : 0;
	const struct tunable_entry *entry = after;

	if (after == NULL || !is_wildcard(after)) {
		while ((entry = tunable_find_fixed(catalog, name, strlen(name), entry)) != NULL) {
			if (slash == NULL || entry_in_path(entry, text, length))
				return entry;
		}
	}
	while ((entry = next_open(catalog, entry)) != NULL) {
		/* Without a key only a pattern says which row is meant. */
		if (slash == NULL ? strcmp(entry->row->name, "*") != 0
		                  : entry_in_path(entry, text, length)) {
			if (tunable_entry_takes(catalog, entry, name, strlen(name)))
				return entry;
		}
	}
	return NULL;
}

/* How near a row is to another: the same key, the same component, anything. */
static int
nearness(const struct tunable_entry *from, const struct tunable_entry *entry)
{
	bool same_owner = strcmp(from->table->owner, entry->table->owner) == 0;

	if (strcmp(from->table->key, entry->table->key) == 0)
		return same_owner ? 3 : 2;
	return same_owner ? 1 : 0;
}

const struct tunable_entry *
tunable_sibling(const struct tunable_catalog *catalog, const struct tunable_entry *from,
    const char *name, size_t length)
{
	const char *slash = memrchr(name, '\\', length);
	const char *last = slash != NULL ? slash + 1 : name;
	size_t last_length = length - (size_t)(last - name);
	const struct tunable_entry *best = NULL;
	const struct tunable_entry *entry = NULL;

	while ((entry = tunable_find_fixed(catalog, last, last_length, entry)) != NULL) {
		if (slash != NULL && !tail_matches(entry->table, name, (size_t)(slash - name)))
			continue;
		if (best == NULL || nearness(from, entry) > nearness(from, best))
			best = entry;
	}
	return best;
}

/* --- States ------------------------------------------------------------------------------------
 */

/* States that rules beyond the columns ask for, beside those that some row names. */
static const char *const known_states[] = { "vm", "transfer", "cpuvendor", "scheduler", "backing",
	"device", "VmsMaxSafeHeaderSize" };

bool
tunable_state_is_known(const struct tunable_catalog *catalog, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_states); i++) {
		if (strcasecmp(known_states[i], name) == 0)
			return true;
	}
	if (tunable_switch_find(catalog, name) != NULL)
		return true;
	for (size_t i = 0; i < catalog->count; i++) {
		const struct tunable *row = catalog->entries[i].row;

		if ((row->variant_state != NULL && strcasecmp(row->variant_state, name) == 0) ||
		    (row->max_from != NULL && strcasecmp(row->max_from, name) == 0))
			return true;
		for (unsigned gate = 0; gate < TUNABLE_GATES; gate++) {
			const char *state = row->gates[gate].state;

			if (state != NULL && strcasecmp(state, name) == 0)
				return true;
		}
	}
	return false;
}

bool
tunable_in_registry(const struct tunable_table *table)
{
	return table->key[0] != '{'; /* as {hypervisorsettings} */
}

/* --- Building -----------------------------------------------------------------------------------
 */

static bool
resolve_one(const struct tunable_catalog *catalog, const struct tunable_entry *entry,
    const char *column, const char *name, const struct tunable_entry **ret_entry, struct buf *error)
{
	if (name == NULL)
		return true;
	*ret_entry = tunable_sibling(catalog, entry, name, strlen(name));
	if (*ret_entry != NULL && *ret_entry != entry)
		return true;
	buf_printf(error, "%s!%s: %s names %s, which no table has", entry->table->key,
	    entry->row->name, column, name);
	return false;
}

static bool
resolve(struct tunable_catalog *catalog, struct tunable_entry *entry, struct buf *error)
{
	const struct tunable *row = entry->row;

	for (unsigned i = 0; i < TUNABLE_GATES; i++) {
		if (!resolve_one(
		        catalog, entry, "gate", row->gates[i].name, &entry->gates[i], error))
			return false;
	}
	for (unsigned i = 0; i < TUNABLE_SEES; i++) {
		if (!resolve_one(catalog, entry, "sees", row->sees[i], &entry->sees[i], error))
			return false;
	}
	/* An upper bound may come from a state that is no value: then there is no sibling. */
	if (row->max_from != NULL)
		entry->max_from =
		    tunable_sibling(catalog, entry, row->max_from, strlen(row->max_from));
	return resolve_one(catalog, entry, "fallback", row->fallback, &entry->fallback, error) &&
	       resolve_one(catalog, entry, "policy", row->policy, &entry->policy, error) &&
	       resolve_one(catalog, entry, "preferred", row->preferred, &entry->preferred, error);
}

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

/* Whether judging an entry would come back to it: its gates and its bound are judged first. */
static bool
is_circular(const struct tunable_entry *entry, uint8_t *marks)
{
	bool circular;

	if (entry == NULL || marks[entry->index] == MARK_DONE)
		return false;
	if (marks[entry->index] == MARK_OPEN)
		return true;
	marks[entry->index] = MARK_OPEN;
	circular = is_circular(entry->max_from, marks);
	for (unsigned i = 0; i < TUNABLE_GATES; i++)
		circular = is_circular(entry->gates[i], marks) || circular;
	for (unsigned i = 0; i < TUNABLE_SEES; i++)
		circular = is_circular(entry->sees[i], marks) || circular;
	marks[entry->index] = MARK_DONE;
	return circular;
}

static bool
check_circles(const struct tunable_catalog *catalog, struct buf *error)
{
	uint8_t *marks = calloc(catalog->count + 1, sizeof(*marks));
	bool ok = marks != NULL;

	if (marks == NULL)
		buf_append_text(error, "not enough memory");
	for (size_t i = 0; i < catalog->count && ok; i++) {
		const struct tunable_entry *entry = &catalog->entries[i];

		ok = !is_circular(entry, marks);
		if (!ok)
			buf_printf(error, "%s!%s: gates or bounds go round in a circle",
			    entry->table->key, entry->row->name);
	}
	free(marks);
	return ok;
}

static void
insert(
    struct tunable_catalog *catalog, const struct tunable_table *table, const struct tunable *row)
{
	struct tunable_entry *entry = &catalog->entries[catalog->count];
	const char *name = tunable_name_is_open(row->name) ? "*" : row->name;
	uint32_t *at = &catalog->buckets[hash_name(name, strlen(name)) % catalog->bucket_count];

	*entry =
	    (struct tunable_entry){ .table = table, .row = row, .index = (uint32_t)catalog->count };
	while (*at != 0)
		at = &catalog->entries[*at - 1].next;
	*at = ++catalog->count > UINT32_MAX ? 0 : (uint32_t)catalog->count;
}

bool
tunable_catalog_init(const struct tunable_table *const *tables, size_t count,
    struct tunable_catalog *ret_catalog, struct buf *error)
{
	struct tunable_catalog catalog = { 0 };
	size_t rows = 0;

	for (size_t i = 0; i < count; i++)
		rows += tables[i]->count;
	catalog.bucket_count = rows * 2 + 1;
	catalog.entries = calloc(rows + 1, sizeof(*catalog.entries));
	catalog.buckets = calloc(catalog.bucket_count, sizeof(*catalog.buckets));
	if (catalog.entries == NULL || catalog.buckets == NULL) {
		buf_append_text(error, "not enough memory");
		tunable_catalog_release(&catalog);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t at = 0; at < tables[i]->count; at++)
			insert(&catalog, tables[i], &tables[i]->rows[at]);
	}
	for (size_t i = 0; i < catalog.count; i++) {
		if (!resolve(&catalog, &catalog.entries[i], error)) {
			tunable_catalog_release(&catalog);
			return false;
		}
	}
	if (!check_circles(&catalog, error)) {
		tunable_catalog_release(&catalog);
		return false;
	}
	*ret_catalog = catalog;
	return true;
}

void
tunable_catalog_release(struct tunable_catalog *catalog)
{
	free(catalog->entries);
	free(catalog->buckets);
	*catalog = (struct tunable_catalog){ 0 };
}

/* --- Switches
 * ------------------------------------------------------------------------------------- */

const struct tunable_switch *
tunable_switch_find(const struct tunable_catalog *catalog, const char *name)
{
	for (size_t i = 0; i < catalog->count; i += catalog->entries[i].table->count) {
		const struct tunable_switch *at = catalog->entries[i].table->switches;

		for (; at != NULL && at->name != NULL; at++) {
			if (strcasecmp(at->name, name) == 0)
				return at;
		}
	}
	return NULL;
}

/* The switch's own word for a text, the first if it is none of them. */
static const char *
switch_word(const struct tunable_switch *found, const char *text)
{
	for (const char *const *at = found->words; *at != NULL; at++) {
		if (strcasecmp(*at, text) == 0)
			return *at;
	}
	return found->words[0];
}

const char *
tunable_switch_word(
    const struct tunable_catalog *catalog, struct registry *registry, const char *name)
{
	const struct tunable_switch *found = tunable_switch_find(catalog, name);
	struct buf data = { 0 };
	struct buf text = { 0 };
	uint32_t type = 0;
	reg_key key;

	if (found == NULL)
		return NULL;
	if (registry != NULL &&
	    lstatus_ok(registry_open_key(registry, NULL, TUNABLE_SWITCH_KEY, 0, &key)) &&
	    lstatus_ok(registry_query_value(registry, key, found->name, &type, &data)) &&
	    type == REG_SZ)
		utf16_to_utf8(data.data, data.size, true, &text);
	name = switch_word(found, buf_text(&text));
	buf_release(&data);
	buf_release(&text);
	return name;
}

/* --- The rows themselves
 * -------------------------------------------------------------------------- */

bool
tunable_takes_number(const struct tunable *row)
{
	return row->type == REG_DWORD || row->type == REG_QWORD || row->type == TYPE_ANY ||
	       row->type_also == REG_DWORD || row->type_also == REG_QWORD;
}

static bool
takes_bytes(const struct tunable *row)
{
	return (row->type != REG_DWORD && row->type != REG_QWORD) ||
	       (row->type_also != 0 && row->type_also != REG_DWORD && row->type_also != REG_QWORD);
}

static const char *
basis_fault(const struct tunable_table *table, const struct tunable *row)
{
	if (row->basis == BASIS_FORGOTTEN)
		return "no basis";
	if (row->basis == BASIS_PUBLIC && row->public_source == NULL)
		return "a public basis without its source";
	if (table->apply == APPLY_FORGOTTEN)
		return "no apply class";
	if (table->apply == APPLY_UNKNOWN &&
	    (table->assumed_apply == APPLY_FORGOTTEN || table->assumed_apply == APPLY_UNKNOWN))
		return "an unknown apply class without the assumed one";
	if (table->owner == NULL || table->section == NULL)
		return "no owner or section";
	if (row->doc == NULL || row->doc[0] == '\0' || strlen(row->doc) > 100)
		return "no doc, or one over 100 characters";
	return NULL;
}

static const char *
range_fault(const struct tunable *row)
{
	bool bounded_above = row->has_max || row->max_from != NULL;
	bool silent_below = row->has_min && row->min > 0 && row->below == OOB_UNSTATED;
	bool silent_above = bounded_above && row->above == OOB_UNSTATED;

	if (row->has_min && row->has_max && row->min > row->max)
		return "minimum above maximum";
	if ((row->below != OOB_UNSTATED && !row->has_min) ||
	    (row->above != OOB_UNSTATED && !bounded_above))
		return "a judgement without a bound";
	if ((silent_below || silent_above) && row->shape != SHAPE_ENUM && row->note == NULL)
		return "a bound with neither a judgement nor a note";
	if (row->shape == SHAPE_ENUM && row->words == NULL)
		return "an enumeration without words";
	if (row->misshapen != OOB_UNSTATED && (row->shape == SHAPE_ANY || row->shape == SHAPE_BOOL))
		return "a judgement without a shape";
	if (row->type == REG_DWORD && row->type_also != REG_QWORD &&
	    ((row->has_min && row->min > UINT32_MAX) || (row->has_max && row->max > UINT32_MAX)))
		return "a bound over 32 bits";
	return NULL;
}

static bool
default_has_shape(const struct tunable *row)
{
	const struct tunable_word *word = row->words;

	switch (row->shape) {
	case SHAPE_BOOL:
		return row->def <= 1;
	case SHAPE_ENUM:
		while (word != NULL && word->word != NULL && word->number != row->def)
			word++;
		return word != NULL && word->word != NULL;
	case SHAPE_POWER_OF_TWO:
		return row->def != 0 && (row->def & (row->def - 1)) == 0;
	case SHAPE_EVEN:
		return row->def % 2 == 0;
	default:
		return true;
	}
}

static const char *
default_fault(const struct tunable *row)
{
	bool narrow = row->type == REG_DWORD && row->type_also != REG_QWORD;

	if (row->has_default && !tunable_takes_number(row))
		return "a number as default of a row that is no number";
	if (row->def_text != NULL && !takes_bytes(row))
		return "a text as default of a row that is a number";
	if (row->has_default && row->shape != SHAPE_ENUM &&
	    ((row->has_min && row->def < row->min) || (row->has_max && row->def > row->max)))
		return "default out of range";
	if (row->has_default && !default_has_shape(row))
		return "default of the wrong shape";
	if (narrow &&
	    ((row->has_default && row->def > UINT32_MAX) || row->variant_def > UINT32_MAX))
		return "default over 32 bits";
	if (row->zero_is_default && !row->has_default && row->def_text == NULL)
		return "zero means a default that there is not";
	return NULL;
}

static const char *
rule_fault(const struct tunable *row)
{
	if ((row->variant_state == NULL) != (row->variant_word == NULL))
		return "a second default without its state or word";
	for (unsigned i = 0; i < TUNABLE_GATES; i++) {
		const struct tunable_gate *gate = &row->gates[i];
		bool asks = gate->name != NULL || gate->state != NULL;

		if (asks != (gate->test != GATE_NONE))
			return "a gate without its name or test";
		if (gate->word != NULL && gate->state == NULL)
			return "a gate that compares a word, without a state";
	}
	return NULL;
}

static size_t
field_size(enum tunable_field_kind kind)
{
	switch (kind) {
	case FIELD_NUMBER:
		return sizeof(struct tunable_number);
	case FIELD_TEXT:
		return sizeof(struct tunable_text);
	case FIELD_BYTES:
		return sizeof(struct tunable_bytes);
	default:
		return 0;
	}
}

static const char *
field_fault(const struct tunable_table *table, const struct tunable *row)
{
	size_t size = field_size(row->into.kind);

	if (row->into.kind == FIELD_NUMBER && !tunable_takes_number(row))
		return "a number field for a row that is no number";
	if (row->into.kind != FIELD_NONE && row->into.kind != FIELD_NUMBER && !takes_bytes(row))
		return "a field of bytes for a row that is a number";
	if (size > table->state_size || row->into.offset > table->state_size - size)
		return "a field outside of the state";
	return NULL;
}

/* What a row has in common with one before it and must not. */
static const char *
twin_fault(const struct tunable_table *table, const struct tunable *row)
{
	for (const struct tunable *other = table->rows; other < row; other++) {
		if (same_name(other->name, strlen(other->name), row->name, strlen(row->name)))
			return "a name that another row of the table has";
		if (row->into.kind != FIELD_NONE && other->into.kind != FIELD_NONE &&
		    row->into.offset < other->into.offset + field_size(other->into.kind) &&
		    other->into.offset < row->into.offset + field_size(row->into.kind))
			return "a field that another row fills";
	}
	return NULL;
}

static const char *
row_fault(const struct tunable_table *table, const struct tunable *row)
{
	const char *fault = basis_fault(table, row);

	if (fault == NULL)
		fault = range_fault(row);
	if (fault == NULL)
		fault = default_fault(row);
	if (fault == NULL)
		fault = rule_fault(row);
	if (fault == NULL)
		fault = field_fault(table, row);
	if (fault == NULL)
		fault = twin_fault(table, row);
	return fault;
}

size_t
tunable_catalog_check(const struct tunable_catalog *catalog, struct buf *faults)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->count; i++) {
		const struct tunable_entry *entry = &catalog->entries[i];
		const char *fault = row_fault(entry->table, entry->row);

		if (fault == NULL)
			continue;
		buf_printf(faults, "%s!%s: %s\n", entry->table->key, entry->row->name, fault);
		count++;
	}
	return count;
}
