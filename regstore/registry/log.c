/*
 * The write log as its readers know it: each write with what it found and what it left.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/history.h"
#include "regstore/registry/internal.h"

static const char *const kind_names[] = {
	[REG_CHANGE_SET] = "set",
	[REG_CHANGE_DELETE] = "delete",
	[REG_CHANGE_KEY_CREATE] = "key-create",
	[REG_CHANGE_KEY_DELETE] = "key-delete",
	[REG_CHANGE_KEY_RENAME] = "key-rename",
	[REG_CHANGE_KEY_CLASS] = "key-class",
	[REG_CHANGE_KEY_FLAGS] = "key-flags",
	[REG_CHANGE_KEY_SECURITY] = "key-security",
};

struct reg_log {
	struct registry *registry;
	struct store_log *log;
	bool subtree;
	bool by_path;     /* what had the path at the time: to be compared for each write */
	struct buf path;  /* folded, if by_path */
	struct buf value; /* folded, if by_path and one value is asked for */
	bool one_value;
	char *actor;
	char *channel;
	struct reg_write write;
	int64_t last_key; /* whose path `last_path` is, if the write before was about its value */
	uint64_t last_number;
	struct buf last_path;
};

const char *
reg_change_kind_name(enum reg_change_kind kind)
{
	return kind_names[kind];
}

void
reg_change_release(struct reg_change *change)
{
	buf_release(&change->path);
	buf_release(&change->new_path);
	buf_release(&change->name);
	buf_release(&change->old_data);
	buf_release(&change->new_data);
}

static void
clear(struct reg_change *change)
{
	buf_clear(&change->path);
	buf_clear(&change->new_path);
	buf_clear(&change->name);
	buf_clear(&change->old_data);
	buf_clear(&change->new_data);
	change->was = change->is = false;
	change->old_type = change->new_type = 0;
}

/* --- Opening ------------------------------------------------------------------------------------
 */

static lstatus
open_key_log(struct registry *registry, const struct reg_log_query *query, struct reg_log *log)
{
	struct path path = { 0 };
	lstatus status = path_resolve(registry, NULL, query->key, REGISTRY_OPEN_LINK, &path);

	log->one_value = query->value != NULL;
	if (lstatus_ok(status) && log->one_value)
		status = value_name_fold(query->value, &log->value);
	/* The empty name of the default value is a text too. */
	if (lstatus_ok(status) && log->one_value)
		buf_text(&log->value);
	if (lstatus_ok(status) && query->newest_first)
		status = store_log_open_key(registry->store, (const char *)path.folded.data,
		    path.folded.size, query->subtree, log->one_value ? buf_text(&log->value) : NULL,
		    log->value.size, query->first, query->last, &log->log);
	else if (lstatus_ok(status))
		status =
		    store_log_open(registry->store, query->first, query->last, false, &log->log);
	log->by_path = !query->newest_first;
	log->path = path.folded;
	buf_release(&path.text);
	return status;
}

lstatus
registry_log_open(
    struct registry *registry, const struct reg_log_query *query, struct reg_log **ret_log)
{
	struct reg_log *log = calloc(1, sizeof(*log));
	lstatus status;

	if (log == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	log->registry = registry;
	log->subtree = query->subtree;
	if (query->actor != NULL)
		log->actor = strdup(query->actor);
	if (query->channel != NULL)
		log->channel = strdup(query->channel);
	if ((query->actor != NULL && log->actor == NULL) ||
	    (query->channel != NULL && log->channel == NULL))
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else if (query->key != NULL)
		status = open_key_log(registry, query, log);
	else
		status = store_log_open(
		    registry->store, query->first, query->last, query->newest_first, &log->log);
	if (!lstatus_ok(status)) {
		registry_log_close(log);
		return status;
	}
	*ret_log = log;
	return status;
}

void
registry_log_close(struct reg_log *log)
{
	if (log == NULL)
		return;
	store_log_close(log->log);
	buf_release(&log->path);
	buf_release(&log->value);
	buf_release(&log->last_path);
	free(log->actor);
	free(log->channel);
	free(log);
}

lstatus
registry_first_number(struct registry *registry, uint64_t *ret_number)
{
	return store_first_number(registry->store, ret_number);
}

/* --- Paths as of a write ------------------------------------------------------------------------
 */

static void
prepend(struct buf *path, const struct buf *name)
{
	struct buf whole = { 0 };

	buf_append(&whole, name->data, name->size);
	if (path->size > 0) {
		buf_append_byte(&whole, STORE_SEPARATOR);
		buf_append(&whole, path->data, path->size);
	}
	whole.failed = whole.failed || path->failed || name->failed;
	buf_release(path);
	*path = whole;
}

/* A key's components, joined by the separator, as write `number` left them. */
static lstatus
components_at(struct registry *registry, int64_t id, uint64_t number, struct buf *ret_path)
{
	struct buf name = { 0 };
	struct store_key key = { .parent = id };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	buf_clear(ret_path);
	while (key.parent > STORE_ROOT_ID && lstatus_ok(status)) {
		buf_clear(&name);
		status = store_key_at(registry->store, key.parent, number, &key, &name, NULL);
		if (lstatus_ok(status))
			prepend(ret_path, &name);
	}
	if (ret_path->failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&name);
	return status;
}

/* The path as people know it. */
static void
append_path(const struct buf *components, struct buf *out)
{
	static const struct {
		const char *component;
		const char *root;
	} roots[] = { { "MACHINE", "HKEY_LOCAL_MACHINE" }, { "USER", "HKEY_USERS" } };
	const char *text = (const char *)components->data;
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(roots) && at == 0; i++) {
		size_t length = strlen(roots[i].component);

		if (components->size < length || memcmp(text, roots[i].component, length) != 0 ||
		    (components->size > length && text[length] != STORE_SEPARATOR))
			continue;
		buf_append_text(out, roots[i].root);
		at = length;
	}
	if (at == 0)
		buf_append_text(out, components->size > 0 ? "\\REGISTRY\\" : "\\REGISTRY");
	for (; at < components->size; at++)
		buf_append_byte(out, text[at] == STORE_SEPARATOR ? '\\' : (uint8_t)text[at]);
}

/* --- What a write did ---------------------------------------------------------------------------
 */

static void
append_flags(uint32_t stored, struct buf *out)
{
	uint32_t flags = (stored & STORE_KEY_VIRTUAL_MASK) >> STORE_KEY_VIRTUAL_SHIFT;

	for (unsigned shift = 0; shift < 32; shift += 8)
		buf_append_byte(out, (uint8_t)(flags >> shift));
}

static bool
same_bytes(const struct buf *left, const struct buf *right)
{
	return left->size == right->size &&
	       (left->size == 0 || memcmp(left->data, right->data, left->size) == 0);
}

/* What of a key changed from `old` to `new`, whose names are given and whose classes are data. */
static lstatus
compare_keys(struct registry *registry, const struct store_key *old, const struct buf *old_name,
    const struct store_key *new, const struct buf *new_name, struct reg_change *change)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (!same_bytes(old_name, new_name)) {
		change->kind = REG_CHANGE_KEY_RENAME;
	} else if (!same_bytes(&change->old_data, &change->new_data)) {
		change->kind = REG_CHANGE_KEY_CLASS;
		return status;
	} else if (old->security != new->security) {
		change->kind = REG_CHANGE_KEY_SECURITY;
	} else {
		change->kind = REG_CHANGE_KEY_FLAGS;
	}
	buf_clear(&change->old_data);
	buf_clear(&change->new_data);
	if (change->kind == REG_CHANGE_KEY_FLAGS) {
		append_flags(old->flags, &change->old_data);
		append_flags(new->flags, &change->new_data);
	} else if (change->kind == REG_CHANGE_KEY_SECURITY) {
		status = store_get_descriptor(registry->store, old->security, &change->old_data);
		if (lstatus_ok(status))
			status =
			    store_get_descriptor(registry->store, new->security, &change->new_data);
	}
	return status;
}

static lstatus
ok_if_absent(lstatus status, bool *ret_present)
{
	*ret_present = lstatus_ok(status);
	return lstatus_is(status, ERROR_FILE_NOT_FOUND) ? LSTATUS(ERROR_SUCCESS) : status;
}

static lstatus
describe_key(struct registry *registry, struct reg_change *change)
{
	struct store_key old = { 0 };
	struct store_key new = { 0 };
	struct buf old_name = { 0 };
	struct buf new_name = { 0 };
	lstatus status = ok_if_absent(store_key_at(registry->store, change->key.id,
	                                  change->number - 1, &old, &old_name, &change->old_data),
	    &change->was);

	if (lstatus_ok(status))
		status = ok_if_absent(store_key_at(registry->store, change->key.id, change->number,
		                          &new, &new_name, &change->new_data),
		    &change->is);
	if (lstatus_ok(status) && change->was && change->is)
		status = compare_keys(registry, &old, &old_name, &new, &new_name, change);
	else
		change->kind = change->is ? REG_CHANGE_KEY_CREATE : REG_CHANGE_KEY_DELETE;
	buf_release(&old_name);
	buf_release(&new_name);
	return status;
}

static lstatus
describe_value(
    struct registry *registry, const struct store_change *entry, struct reg_change *change)
{
	struct store_value old = { 0 };
	struct store_value new = { 0 };
	lstatus status =
	    ok_if_absent(store_value_at(registry->store, entry->key, entry->folded, entry->length,
	                     entry->number, &new, &change->name, &change->new_data),
	        &change->is);

	if (lstatus_ok(status))
		status = ok_if_absent(store_value_at(registry->store, entry->key, entry->folded,
		                          entry->length, entry->number - 1, &old,
		                          change->is ? NULL : &change->name, &change->old_data),
		    &change->was);
	change->kind = change->is ? REG_CHANGE_SET : REG_CHANGE_DELETE;
	change->old_type = old.type;
	change->new_type = new.type;
	return status;
}

/* The paths of a change's key, and whether the log is about them. */
static lstatus
find_paths(struct reg_log *log, const struct store_change *entry, struct reg_change *change,
    struct buf *components)
{
	uint64_t at = change->kind == REG_CHANGE_KEY_CREATE ? entry->number : entry->number - 1;
	bool run = entry->folded != NULL && log->last_key == entry->key &&
	           (entry->number == log->last_number + 1 || entry->number + 1 == log->last_number);
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (!run)
		status = components_at(log->registry, entry->key, at, &log->last_path);
	if (!lstatus_ok(status))
		return status;
	log->last_key = entry->folded != NULL ? entry->key : 0;
	log->last_number = entry->number;
	append_path(&log->last_path, &change->path);
	if (change->kind == REG_CHANGE_KEY_RENAME) {
		status = components_at(log->registry, entry->key, entry->number, components);
		append_path(components, &change->new_path);
	}
	return status;
}

/* --- Choosing -----------------------------------------------------------------------------------
 */

static bool
path_is_below(const struct reg_log *log, const struct buf *components)
{
	struct buf folded = { 0 };
	bool below;

	if (!name_fold((const char *)components->data, components->size, &folded)) {
		buf_release(&folded);
		return false;
	}
	below = folded.size >= log->path.size &&
	        (log->path.size == 0 || memcmp(folded.data, log->path.data, log->path.size) == 0) &&
	        (folded.size == log->path.size ||
	            (log->subtree &&
	                (log->path.size == 0 || folded.data[log->path.size] == STORE_SEPARATOR)));
	buf_release(&folded);
	return below;
}

/* Of the write alone: what it did need not be looked up for that. */
static bool
is_by_who_is_asked_for(const struct reg_log *log)
{
	return (log->actor == NULL || strcmp(log->actor, log->write.actor) == 0) &&
	       (log->channel == NULL || strcmp(log->channel, log->write.channel) == 0);
}

static bool
is_asked_for(const struct reg_log *log, const struct store_change *entry,
    const struct reg_change *change, const struct buf *new_components)
{
	if (!log->by_path)
		return true;
	if (log->one_value &&
	    (entry->folded == NULL || entry->length != log->value.size ||
	        (entry->length > 0 && memcmp(entry->folded, log->value.data, entry->length) != 0)))
		return false;
	return path_is_below(log, &log->last_path) ||
	       (change->kind == REG_CHANGE_KEY_RENAME && path_is_below(log, new_components));
}

static void
set_write(struct reg_log *log, uint64_t number)
{
	const struct store_tx *tx = store_log_tx(log->log);

	log->write = (struct reg_write){
		.number = number,
		.wall = tx->wall,
		.virtual_time = tx->virtual_time,
		.actor = tx->actor,
		.channel = tx->channel,
		.comment = tx->comment,
	};
}

/* What was pruned away since the log came to it cannot be told: its rows are gone. */
static lstatus
check_kept(struct reg_log *log, uint64_t number)
{
	uint64_t first = 0;
	lstatus status = store_first_number(log->registry->store, &first);

	return lstatus_ok(status) && number < first ? LSTATUS(ERROR_JOURNAL_ENTRY_DELETED) : status;
}

/* Fill the change from the log's entry; *ret_wanted: it is one that was asked for. */
static lstatus
describe(struct reg_log *log, const struct store_change *entry, struct reg_change *change,
    bool *ret_wanted)
{
	struct buf components = { 0 };
	lstatus status;

	clear(change);
	change->number = entry->number;
	change->key = (reg_key){ .id = entry->key };
	change->write = &log->write;
	set_write(log, entry->number);
	*ret_wanted = false;
	if (!is_by_who_is_asked_for(log))
		return LSTATUS(ERROR_SUCCESS);
	status = check_kept(log, entry->number);
	if (!lstatus_ok(status))
		return status;
	status = entry->folded != NULL ? describe_value(log->registry, entry, change)
	                               : describe_key(log->registry, change);
	*ret_wanted = change->was || change->is; /* else the write came to nothing */
	if (lstatus_ok(status) && *ret_wanted)
		status = find_paths(log, entry, change, &components);
	if (lstatus_ok(status) && *ret_wanted)
		*ret_wanted = is_asked_for(log, entry, change, &components);
	buf_release(&components);
	if (change->path.failed || change->name.failed || change->old_data.failed ||
	    change->new_data.failed || change->new_path.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return status;
}

/* The same, all of it read at one moment. */
static lstatus
describe_at_one_moment(struct reg_log *log, const struct store_change *entry,
    struct reg_change *change, bool *ret_wanted)
{
	struct store *store = log->registry->store;
	lstatus status = store_read_begin(store);

	if (!lstatus_ok(status))
		return status;
	status = describe(log, entry, change, ret_wanted);
	store_read_end(store);
	return status;
}

lstatus
registry_describe(
    struct registry *registry, const struct store_change *entry, struct reg_change *change)
{
	struct reg_log log = { .registry = registry };
	struct buf components = { 0 };
	lstatus status;

	clear(change);
	change->number = entry->number;
	change->key = (reg_key){ .id = entry->key };
	status = entry->folded != NULL ? describe_value(registry, entry, change)
	                               : describe_key(registry, change);
	if (lstatus_ok(status) && (change->was || change->is))
		status = find_paths(&log, entry, change, &components);
	buf_release(&components);
	buf_release(&log.last_path);
	return status;
}

lstatus
registry_log_next(struct reg_log *log, struct reg_change *change)
{
	struct store_change entry;
	bool wanted = false;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	while (lstatus_ok(status) && !wanted) {
		status = store_log_next(log->log, &entry);
		if (lstatus_ok(status))
			status = describe_at_one_moment(log, &entry, change, &wanted);
	}
	return status;
}
