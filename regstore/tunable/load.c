/*
 * Reading rows from the registry.
 *
 * All reading is done first: the table's own rows and the rows that these refer to. The judgement
 * then works on what was read.
 */
#include "regstore/tunable/load.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"

/* What the BCD store was asked for. */
struct bcd_slot {
	struct bcd_slot *next;
	const char *option;
	bool present;
	uint32_t type;
	struct buf data;
};

/* The word of a state that was asked for. */
struct word_slot {
	struct word_slot *next;
	char *name;
	char *word; /* or NULL */
};

/* What was read for one entry; its bytes lie in the snapshot's data. */
struct raw_slot {
	const struct tunable_entry *entry;
	bool present;
	uint32_t type;
	size_t offset;
	size_t size;
};

/* Subkeys that every service key may have and that are no instance of anything. */
static const char *const service_subkeys[] = { "Enum", "Instances", "Linkage", "Parameters",
	"Performance", "Security", "TriggerInfo" };

/* The service control manager's values. */
static const char *const service_values[] = { "BootFlags", "DependOnGroup", "DependOnService",
	"Description", "DisplayName", "ErrorControl", "FailureActions", "Group", "ImagePath",
	"NdisMajorVersion", "NdisMinorVersion", "ObjectName", "Owners", "RequiredPrivileges",
	"Start", "SupportedFeatures", "Tag", "Type", "WOW64" };

bool
tunable_is_service_value(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(service_values); i++) {
		if (strcasecmp(service_values[i], name) == 0)
			return true;
	}
	return false;
}

ntstatus
tunable_read_value(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	lstatus status = registry_query_value(registry, key, row->name, ret_type, data);

	return ntstatus_from_lstatus(status);
}

const char *
tunable_table_key(const struct tunable_table *table)
{
	return table->opens != NULL ? table->opens : table->key;
}

ntstatus
tunable_read_nothing(struct registry *registry UNUSED, reg_key key UNUSED,
    const struct tunable *row UNUSED, uint32_t *ret_type UNUSED, struct buf *data UNUSED)
{
	return NTSTATUS(STATUS_OBJECT_NAME_NOT_FOUND);
}

/* --- Placeholders
 * --------------------------------------------------------------------------------- */

/* The next placeholder of a key from `at` on; NULL if there is none. */
static const char *
find_placeholder(const char *at, size_t *ret_length)
{
	while (*at != '\0') {
		size_t length = (size_t)(strchrnul(at, '\\') - at);

		if (tunable_is_placeholder(at, length)) {
			*ret_length = length;
			return at;
		}
		at += length + (at[length] == '\\');
	}
	return NULL;
}

bool
tunable_table_has_instances(const struct tunable_table *table)
{
	size_t length;

	return tunable_name_is_open(table->rows[0].name) ||
	       find_placeholder(tunable_table_key(table), &length) != NULL;
}

/* The n-th component of a key. */
static const char *
component_at(const char *key, size_t index, size_t *ret_length)
{
	for (; index > 0 && *key != '\0'; index--) {
		key = strchrnul(key, '\\');
		key += *key == '\\';
	}
	*ret_length = (size_t)(strchrnul(key, '\\') - key);
	return key;
}

/* The n-th placeholder's value in a concrete key of a pattern. */
static bool
instance_part(const char *pattern, const char *instance, size_t which, const char **ret_text,
    size_t *ret_length)
{
	const char *at = pattern;
	size_t index = 0;

	for (; *at != '\0'; index++) {
		size_t length = (size_t)(strchrnul(at, '\\') - at);

		if (tunable_is_placeholder(at, length) && which-- == 0) {
			*ret_text = component_at(instance, index, ret_length);
			return *ret_length > 0;
		}
		at += length + (at[length] == '\\');
	}
	return false;
}

bool
tunable_related_key(const struct tunable_table *table, const struct tunable_table *of,
    const char *instance, struct buf *out)
{
	const char *at = tunable_table_key(table);
	size_t which = 0;

	while (*at != '\0') {
		size_t length = (size_t)(strchrnul(at, '\\') - at);
		const char *text = at;
		size_t text_length = length;

		if (tunable_is_placeholder(at, length) &&
		    !instance_part(tunable_table_key(of), instance, which++, &text, &text_length))
			return false;
		if (out->size > 0)
			buf_append_byte(out, '\\');
		buf_append(out, text, text_length);
		at += length + (at[length] == '\\');
	}
	return true;
}

char *
tunable_table_root(const struct tunable_table *table)
{
	const char *key = tunable_table_key(table);
	size_t length;
	const char *at = find_placeholder(key, &length);

	if (at == NULL)
		return strdup(key);
	return strndup(key, at > key ? (size_t)(at - key) - 1 : 0);
}

bool
tunable_instance_key(const struct tunable_table *table, const char *key, struct buf *out)
{
	return tunable_key_matches(tunable_table_key(table), key, strlen(key)) &&
	       tunable_table_takes(table, key, strlen(key)) &&
	       tunable_related_key(table, table, key, out);
}

/* Whether a subkey can be what a placeholder of the table's key stands for. */
static bool
is_instance(const struct tunable_table *table, const char *parent, const char *placeholder,
    size_t length, const char *name)
{
	static const char services[] = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\<service>";

	if (table->is_instance != NULL && !table->is_instance(name, strlen(name)))
		return false;
	/* Numbered keys stand beside others, such as the Properties of a device class. */
	if (length == strlen("<n>") && memcmp(placeholder, "<n>", length) == 0)
		return name[strspn(name, "0123456789")] == '\0';
	if (!tunable_key_matches(services, parent, strlen(parent)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(service_subkeys); i++) {
		if (strcasecmp(name, service_subkeys[i]) == 0)
			return false;
	}
	return true;
}

/* A key that is not there, or went while it was read, or is a link that leads nowhere. */
static bool
is_missing(lstatus status)
{
	return lstatus_is(status, ERROR_FILE_NOT_FOUND) || lstatus_is(status, ERROR_KEY_DELETED) ||
	       lstatus_is(status, ERROR_CANT_RESOLVE_FILENAME);
}

/* The instance itself, if it exists: all placeholders of its key are filled. */
static lstatus
add_instance(struct registry *registry, const char *key, struct buf *keys)
{
	reg_key opened;
	lstatus status = registry_open_key(registry, NULL, key, 0, &opened);

	if (lstatus_ok(status))
		buf_append(keys, key, strlen(key) + 1);
	return is_missing(status) ? LSTATUS(ERROR_SUCCESS) : status;
}

static lstatus
list_subkeys(struct registry *registry, const char *path, struct reg_key_list *list)
{
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, path, 0, &key);

	if (lstatus_ok(status))
		status = registry_list_keys(registry, key, list);
	return is_missing(status) ? LSTATUS(ERROR_SUCCESS) : status;
}

/*
 * Fill the placeholders of a key from byte `from` on; what is before that is concrete, even where a
 * subkey has a name like a placeholder's.
 */
static lstatus
expand(struct registry *registry, const struct tunable_table *table, const char *pattern,
    size_t from, struct buf *keys)
{
	struct reg_key_list list = { 0 };
	struct buf parent = { 0 };
	size_t length;
	const char *at = find_placeholder(pattern + from, &length);
	lstatus status;

	if (at == NULL)
		return add_instance(registry, pattern, keys);
	if (at == pattern)
		return LSTATUS(ERROR_SUCCESS); /* an unresolved key with nothing to stand for it */
	buf_append(&parent, pattern, (size_t)(at - pattern) - 1);
	status = list_subkeys(registry, buf_text(&parent), &list);
	for (size_t i = 0; i < list.count && lstatus_ok(status); i++) {
		const char *name = list.entries[i].name;
		struct buf one = { 0 };

		if (!is_instance(table, buf_text(&parent), at, length, name))
			continue;
		buf_printf(&one, "%s\\%s%s", buf_text(&parent), name, at + length);
		status = one.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
		                    : expand(registry, table, buf_text(&one),
		                          (size_t)(at - pattern) + strlen(name), keys);
		buf_release(&one);
	}
	reg_key_list_release(&list);
	buf_release(&parent);
	return status;
}

lstatus
tunable_instances(
    struct registry *registry, const struct tunable_table *table, struct buf *ret_keys)
{
	lstatus status = expand(registry, table, tunable_table_key(table), 0, ret_keys);

	return ret_keys->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

/* --- Reading
 * -------------------------------------------------------------------------------------- */

/* Note an entry to be read, once. */
static bool
want(struct tunable_snapshot *snapshot, const struct tunable_entry *entry, size_t *capacity)
{
	if (entry == NULL)
		return true;
	for (size_t i = 0; i < snapshot->slot_count; i++) {
		if (snapshot->slots[i].entry == entry)
			return true;
	}
	if (snapshot->slot_count == *capacity) {
		size_t more = *capacity == 0 ? 32 : *capacity * 2;
		struct raw_slot *slots = realloc(snapshot->slots, more * sizeof(*slots));

		if (slots == NULL)
			return false;
		snapshot->slots = slots;
		*capacity = more;
	}
	snapshot->slots[snapshot->slot_count++] = (struct raw_slot){ .entry = entry };
	return true;
}

/* The table's own rows, then what they refer to, then what those refer to. */
static bool
want_all(struct tunable_snapshot *snapshot, const struct tunable_entry *first)
{
	size_t capacity = 0;
	bool ok = true;

	for (size_t i = 0; i < snapshot->table->count && ok; i++)
		ok = want(snapshot, &first[i], &capacity);
	for (size_t i = 0; i < snapshot->slot_count && ok; i++) {
		const struct tunable_entry *entry = snapshot->slots[i].entry;

		for (unsigned gate = 0; gate < TUNABLE_GATES && ok; gate++)
			ok = want(snapshot, entry->gates[gate], &capacity);
		for (unsigned at = 0; at < TUNABLE_SEES && ok; at++)
			ok = want(snapshot, entry->sees[at], &capacity);
		ok = ok && want(snapshot, entry->fallback, &capacity) &&
		     want(snapshot, entry->policy, &capacity) &&
		     want(snapshot, entry->preferred, &capacity) &&
		     want(snapshot, entry->max_from, &capacity);
	}
	return ok;
}

static lstatus
open_slot_key(const struct tunable_loader *loader, const struct tunable_snapshot *snapshot,
    const struct tunable_table *table, reg_key *ret_key)
{
	struct buf path = { 0 };
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);

	if (table == snapshot->table)
		status = registry_open_key(loader->registry, NULL, snapshot->key, 0, ret_key);
	else if (tunable_related_key(table, snapshot->table, snapshot->key, &path))
		status = registry_open_key(loader->registry, NULL, buf_text(&path), 0, ret_key);
	buf_release(&path);
	return status;
}

static lstatus
read_slot(const struct tunable_loader *loader, struct tunable_snapshot *snapshot, reg_key key,
    struct raw_slot *slot)
{
	tunable_reader *reader = loader->reader != NULL ? loader->reader : tunable_read_value;
	size_t offset = snapshot->data.size;
	uint32_t type = 0;
	lstatus status;

	if (slot->entry->row->shape == SHAPE_SUBKEY) {
		slot->present = reader != tunable_read_nothing;
		return LSTATUS(ERROR_SUCCESS);
	}
	status = lstatus_from_ntstatus(
	    reader(loader->registry, key, slot->entry->row, &type, &snapshot->data));

	if (lstatus_ok(status)) {
		slot->present = true;
		slot->type = type;
		slot->offset = offset;
		slot->size = snapshot->data.size - offset;
	}
	return is_missing(status) ? LSTATUS(ERROR_SUCCESS) : status;
}

static lstatus
read_slots(const struct tunable_loader *loader, struct tunable_snapshot *snapshot)
{
	const struct tunable_table *table = NULL;
	bool present = false;
	reg_key key = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	buf_reserve(&snapshot->data, 1); /* so that an empty value has an address */
	for (size_t i = 0; i < snapshot->slot_count && lstatus_ok(status); i++) {
		struct raw_slot *slot = &snapshot->slots[i];

		if (slot->entry->table != table) {
			table = slot->entry->table;
			status = open_slot_key(loader, snapshot, table, &key);
			present = lstatus_ok(status);
			if (table == snapshot->table)
				snapshot->key_present = present;
			if (is_missing(status))
				status = LSTATUS(ERROR_SUCCESS);
		}
		if (present)
			status = read_slot(loader, snapshot, key, slot);
	}
	if (snapshot->data.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return status;
}

/* --- Judging
 * -------------------------------------------------------------------------------------- */

static struct tunable_raw
slot_raw(const struct tunable_snapshot *snapshot, const struct raw_slot *slot)
{
	return (struct tunable_raw){
		.present = slot->present,
		.type = slot->type,
		.data = snapshot->data.data + slot->offset,
		.size = slot->size,
	};
}

static const struct tunable_snapshot_case *
case_of(const struct tunable_case *given)
{
	return (const struct tunable_snapshot_case *)(const void *)given;
}

static struct tunable_raw
case_raw(const struct tunable_case *given, const struct tunable_entry *entry)
{
	const struct tunable_snapshot *snapshot = case_of(given)->snapshot;
	const struct raw_slot *value = case_of(given)->value;

	if (value != NULL && value->entry == entry)
		return slot_raw(snapshot, value);
	for (size_t i = 0; i < snapshot->slot_count; i++) {
		if (snapshot->slots[i].entry == entry && snapshot->slots[i].present)
			return slot_raw(snapshot, &snapshot->slots[i]);
	}
	return (struct tunable_raw){ 0 };
}

static struct bcd_slot *
find_option(const struct tunable_snapshot *snapshot, const char *option)
{
	struct bcd_slot *slot = snapshot->bcd;

	while (slot != NULL && strcasecmp(slot->option, option) != 0)
		slot = slot->next;
	return slot;
}

static struct tunable_raw
case_bcd(const struct tunable_case *given, const char *option)
{
	const struct bcd_slot *slot = find_option(case_of(given)->snapshot, option);

	if (slot == NULL)
		return (struct tunable_raw){ 0 };
	return (struct tunable_raw){
		.present = slot->present && !slot->data.failed,
		.type = slot->type,
		.data = slot->data.data,
		.size = slot->data.size,
	};
}

static struct word_slot *
find_word(const struct tunable_snapshot *snapshot, const char *name)
{
	struct word_slot *slot = snapshot->words;

	while (slot != NULL && strcasecmp(slot->name, name) != 0)
		slot = slot->next;
	return slot;
}

static const char *
case_state(const struct tunable_case *given, const char *name)
{
	const struct word_slot *slot = find_word(case_of(given)->snapshot, name);

	return slot != NULL ? slot->word : NULL;
}

void
tunable_snapshot_case(
    const struct tunable_snapshot *snapshot, size_t index, struct tunable_snapshot_case *ret_case)
{
	*ret_case = (struct tunable_snapshot_case){
		.given = { .raw = case_raw, .state = case_state, .bcd = case_bcd },
		.snapshot = snapshot,
		.value = snapshot->names != NULL ? &snapshot->slots[index] : NULL,
	};
}

/* --- Judging what is loaded: what a rule asks for first is asked of the loader, and kept. */

struct load_case {
	struct tunable_snapshot_case at; /* first */
	const struct tunable_loader *loader;
	struct tunable_snapshot *snapshot;
};

static const struct load_case *
load_case_of(const struct tunable_case *given)
{
	return (const struct load_case *)(const void *)given;
}

static struct tunable_raw
load_bcd(const struct tunable_case *given, const char *option)
{
	const struct tunable_loader *loader = load_case_of(given)->loader;
	struct tunable_snapshot *snapshot = load_case_of(given)->snapshot;
	struct bcd_slot *slot;

	if (find_option(snapshot, option) == NULL && (slot = calloc(1, sizeof(*slot))) != NULL) {
		slot->option = option;
		slot->next = snapshot->bcd;
		snapshot->bcd = slot;
		buf_reserve(&slot->data, 1); /* so that an empty value has an address */
		slot->present =
		    lstatus_ok(loader->bcd(loader->registry, option, &slot->type, &slot->data));
	}
	return case_bcd(given, option);
}

static const char *
load_state(const struct tunable_case *given, const char *name)
{
	struct tunable_snapshot *snapshot = load_case_of(given)->snapshot;
	const char *word;
	struct word_slot *slot;

	if (find_word(snapshot, name) != NULL)
		return case_state(given, name);
	word = load_case_of(given)->loader->state(given, name);
	slot = calloc(1, sizeof(*slot));
	if (slot == NULL)
		return word;
	*slot =
	    (struct word_slot){ snapshot->words, strdup(name), word != NULL ? strdup(word) : NULL };
	if (slot->name == NULL || (word != NULL && slot->word == NULL)) {
		free(slot->name);
		free(slot);
		return word;
	}
	snapshot->words = slot;
	return slot->word;
}

static bool
store_text(const struct tunable_reading *reading, void *field)
{
	struct tunable_text *text = field;
	struct buf value = { 0 };

	if (reading->kind != KIND_BYTES)
		return true;
	tunable_effective(reading, &value);
	text->text = strdup(buf_text(&value));
	buf_release(&value);
	return text->text != NULL;
}

static bool
store_bytes(const struct tunable_reading *reading, void *field)
{
	struct tunable_bytes *bytes = field;

	if (reading->kind != KIND_BYTES || reading->data == NULL)
		return true;
	bytes->data = malloc(reading->size + 1);
	if (bytes->data == NULL)
		return false;
	memcpy(bytes->data, reading->data, reading->size);
	bytes->size = reading->size;
	return true;
}

static bool
store_field(const struct tunable_reading *reading, uint8_t *state)
{
	const struct tunable_field *into = &reading->entry->row->into;
	void *field = state + into->offset;

	switch (into->kind) {
	case FIELD_NUMBER:
		((struct tunable_number *)field)->set = reading->kind == KIND_NUMBER;
		((struct tunable_number *)field)->value =
		    reading->kind == KIND_NUMBER ? reading->number : 0;
		return true;
	case FIELD_TEXT:
		return store_text(reading, field);
	case FIELD_BYTES:
		return store_bytes(reading, field);
	default:
		return true;
	}
}

static const struct tunable_entry *
first_entry(const struct tunable_catalog *catalog, const struct tunable_table *table)
{
	for (size_t i = 0; i < catalog->count; i += catalog->entries[i].table->count) {
		if (catalog->entries[i].table == table)
			return &catalog->entries[i];
	}
	return NULL;
}

static bool
judge_rows(const struct tunable_loader *loader, struct tunable_snapshot *snapshot,
    const struct tunable_entry *first)
{
	bool asks_bcd = loader->bcd != NULL && loader->reader != tunable_read_nothing;
	struct load_case load_case = {
		.loader = loader,
		.snapshot = snapshot,
	};

	snapshot->readings = calloc(snapshot->count + 1, sizeof(*snapshot->readings));
	if (snapshot->readings == NULL)
		return false;
	for (size_t i = 0; i < snapshot->count; i++) {
		struct tunable_reading *reading = &snapshot->readings[i];
		bool any_name = snapshot->names != NULL;

		tunable_snapshot_case(snapshot, i, &load_case.at);
		load_case.at.given.state = loader->state != NULL ? load_state : NULL;
		load_case.at.given.bcd = asks_bcd ? load_bcd : NULL;
		load_case.at.given.context = loader->context;
		tunable_interpret(any_name ? first : &first[i], &load_case.at.given, reading);
		if (snapshot->state != NULL && !store_field(reading, snapshot->state))
			return false;
	}
	return true;
}

static lstatus
take_values(const struct tunable_loader *loader, struct tunable_snapshot *snapshot,
    const struct tunable_entry *entry, const struct reg_value_list *list)
{
	size_t count = 0;

	snapshot->names = calloc(list->count + 1, sizeof(*snapshot->names));
	snapshot->slots = calloc(list->count + 1, sizeof(*snapshot->slots));
	buf_reserve(&snapshot->data, 1); /* so that an empty value has an address */
	if (snapshot->names == NULL || snapshot->slots == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	for (size_t i = 0; i < list->count; i++) {
		const struct reg_value_entry *value = &list->entries[i];

		if (!tunable_entry_takes(loader->catalog, entry, value->name, strlen(value->name)))
			continue;
		snapshot->slots[count] = (struct raw_slot){ .entry = entry,
			.present = true,
			.type = value->type,
			.offset = snapshot->data.size,
			.size = value->size };
		buf_append(&snapshot->data, value->data, value->size);
		snapshot->names[count] = strdup(value->name);
		if (snapshot->names[count] == NULL)
			return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		snapshot->count = snapshot->slot_count = ++count;
	}
	return LSTATUS(snapshot->data.failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
}

/* A table that fixes no names: every value of the key is one of its rows. */
static lstatus
read_any_names(const struct tunable_loader *loader, struct tunable_snapshot *snapshot,
    const struct tunable_entry *entry)
{
	struct reg_value_list list = { 0 };
	reg_key key;
	lstatus status = registry_open_key(loader->registry, NULL, snapshot->key, 0, &key);

	if (lstatus_ok(status) && loader->reader != tunable_read_nothing)
		status = registry_list_values(loader->registry, key, &list);
	snapshot->key_present = lstatus_ok(status);
	if (lstatus_ok(status) || is_missing(status))
		status = take_values(loader, snapshot, entry, &list);
	reg_value_list_release(&list);
	return status;
}

static lstatus
read_rows(const struct tunable_loader *loader, struct tunable_snapshot *snapshot,
    const struct tunable_entry *first)
{
	if (tunable_name_is_open(first->row->name))
		return read_any_names(loader, snapshot, first);
	snapshot->count = snapshot->table->count;
	if (!want_all(snapshot, first))
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return read_slots(loader, snapshot);
}

lstatus
tunable_load(const struct tunable_loader *loader, const struct tunable_table *table,
    const char *instance, struct tunable_snapshot **ret_snapshot)
{
	const struct tunable_entry *first = first_entry(loader->catalog, table);
	struct tunable_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	lstatus status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	if (snapshot == NULL)
		return status;
	if (first == NULL) {
		free(snapshot);
		return LSTATUS(ERROR_INVALID_PARAMETER); /* no table of the catalog */
	}
	snapshot->table = table;
	snapshot->key = strdup(instance != NULL ? instance : tunable_table_key(table));
	snapshot->state = table->state_size > 0 ? calloc(1, table->state_size) : NULL;
	if (snapshot->key != NULL && (table->state_size == 0 || snapshot->state != NULL))
		status = read_rows(loader, snapshot, first);
	if (lstatus_ok(status) && !judge_rows(loader, snapshot, first))
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (!lstatus_ok(status)) {
		tunable_snapshot_free(snapshot);
		return status;
	}
	*ret_snapshot = snapshot;
	return status;
}

static void
release_field(const struct tunable_field *into, uint8_t *state)
{
	if (into->kind == FIELD_TEXT)
		free(((struct tunable_text *)(void *)(state + into->offset))->text);
	else if (into->kind == FIELD_BYTES)
		free(((struct tunable_bytes *)(void *)(state + into->offset))->data);
}

void
tunable_snapshot_free(struct tunable_snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	for (size_t i = 0; snapshot->state != NULL && i < snapshot->table->count; i++)
		release_field(&snapshot->table->rows[i].into, snapshot->state);
	for (size_t i = 0; snapshot->names != NULL && i < snapshot->count; i++)
		free(snapshot->names[i]);
	free(snapshot->names);
	free(snapshot->state);
	free(snapshot->readings);
	free(snapshot->slots);
	while (snapshot->bcd != NULL) {
		struct bcd_slot *next = snapshot->bcd->next;

		buf_release(&snapshot->bcd->data);
		free(snapshot->bcd);
		snapshot->bcd = next;
	}
	while (snapshot->words != NULL) {
		struct word_slot *next = snapshot->words->next;

		free(snapshot->words->name);
		free(snapshot->words->word);
		free(snapshot->words);
		snapshot->words = next;
	}
	free(snapshot->key);
	buf_release(&snapshot->data);
	free(snapshot);
}

const char *
tunable_snapshot_name(const struct tunable_snapshot *snapshot, size_t index)
{
	return snapshot->names != NULL ? snapshot->names[index] : snapshot->table->rows[index].name;
}

const struct tunable_reading *
tunable_snapshot_find(const struct tunable_snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		if (name_compare(tunable_snapshot_name(snapshot, i), name) == 0)
			return &snapshot->readings[i];
	}
	return NULL;
}
