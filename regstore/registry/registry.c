/*
 * Opening a host's registry, its transactions, and the keys that every host has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"
#include "regstore/security/sddl.h"
#include "regstore/store/clock.h"

void
registry_default_root(struct buf *out)
{
	const char *root = getenv("HVEMU_ROOT");
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (root != NULL && root[0] != '\0')
		buf_append_text(out, root);
	else if (data != NULL && data[0] == '/')
		buf_printf(out, "%s/hvemu/default", data);
	else
		buf_printf(out, "%s/.local/share/hvemu/default", home != NULL ? home : "");
}

/* Say why opening failed: Windows' text, what the host's machinery said, and what to do next. */
static void
explain_failure(const struct registry_options *options, lstatus status, struct buf *words)
{
	if (options->error != NULL) {
		buf_append_text(options->error, lstatus_text(status));
		if (words->size > 0)
			buf_printf(options->error, " (%s)", buf_text(words));
		if (lstatus_is(status, ERROR_REGISTRY_CORRUPT))
			buf_append_text(
			    options->error, "; \"hvctl host check --repair\" saves what it can");
	}
	buf_release(words);
}

lstatus
registry_open(
    const char *root, const struct registry_options *options, struct registry **ret_registry)
{
	struct registry *registry = calloc(1, sizeof(*registry));
	struct buf words = { 0 };
	struct store_options store_options = {
		.create = options->mode == REGISTRY_CREATE,
		.relaxed = options->relaxed,
		.random_seed = options->random_seed,
		.actor = options->actor,
		.channel = options->channel,
		.error = &words,
	};
	lstatus status;

	if (registry == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	registry->links_stale = true;
	(void)token_current(&registry->token);
	status = store_open(root, &store_options, &registry->store);
	if (lstatus_ok(status) && store_meta_number(registry->store, "seeded", 0) == 0)
		status = registry_seed(registry);
	if (!lstatus_ok(status)) {
		if (registry->store != NULL)
			buf_append_text(&words, registry_error(registry));
		explain_failure(options, status, &words);
		registry_close(registry);
		return status;
	}
	*ret_registry = registry;
	return status;
}

void
registry_close(struct registry *registry)
{
	if (registry == NULL)
		return;
	while (registry->watches != NULL)
		registry_unwatch(registry, registry->watches);
	links_release(registry);
	cache_release(&registry->cache);
	store_close(registry->store);
	free(registry);
}

const char *
registry_error(const struct registry *registry)
{
	return store_error(registry->store);
}

struct store *
registry_store(struct registry *registry)
{
	return registry->store;
}

lstatus
registry_new_guid(struct registry *registry, const char *stream, char ret_text[GUID_TEXT_SIZE])
{
	uint8_t bytes[16];
	lstatus status = store_random(registry->store, stream, bytes, sizeof(bytes));

	if (lstatus_ok(status))
		guid_make(bytes, ret_text);
	return status;
}

lstatus
registry_write_ahead(struct registry *registry, struct reg_write_ahead *ret_log)
{
	struct store_wal wal;
	lstatus status = store_wal_state(registry->store, &wal);

	if (lstatus_ok(status))
		*ret_log = (struct reg_write_ahead){ wal.bytes, wal.kept_back };
	return status;
}

lstatus
registry_read_begin(struct registry *registry)
{
	return store_read_begin(registry->store);
}

void
registry_read_end(struct registry *registry)
{
	store_read_end(registry->store);
}

lstatus
registry_begin(struct registry *registry, const char *comment)
{
	return store_begin(registry->store, comment);
}

lstatus
registry_commit(struct registry *registry)
{
	lstatus status = store_commit(registry->store);

	/* The links may have been read in the midst of what is rolled back now. */
	if (!lstatus_ok(status))
		registry->links_stale = true;
	return status;
}

void
registry_rollback(struct registry *registry)
{
	registry->links_stale = true;
	store_rollback(registry->store);
}

void
registry_set_progress(
    struct registry *registry, void (*each)(void *context, uint64_t count), void *context)
{
	store_set_progress(registry->store, each, context);
}

lstatus
registry_enter(struct registry *registry, const char *comment, bool *ret_own)
{
	bool own = !store_in_transaction(registry->store);
	lstatus status = own ? store_begin(registry->store, comment) : LSTATUS(ERROR_SUCCESS);

	*ret_own = own && lstatus_ok(status);
	return status;
}

lstatus
registry_leave(struct registry *registry, bool own, lstatus status)
{
	if (!own) {
		store_note_memory(registry->store, status);
		return status;
	}
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

lstatus
registry_doom(struct registry *registry, lstatus status)
{
	return store_doom(registry->store, status);
}

/* --- What every host has -----------------------------------------------------------------------
 */

/*
 * What everybody's descriptors have in common: the system and the administrators may do all. Known
 * from Windows: HKLM's SOFTWARE and SYSTEM let users read, SAM and SECURITY let administrators see
 * and change the descriptor only, a user's hive is the user's. Assumed: the others' readers, the
 * order of the entries, the owners, and that application packages stand beside the users.
 */
#define OWNED   "O:BAG:SYD:PAI"
#define FULL    "(A;CI;KA;;;SY)(A;CI;KA;;;BA)"
#define READERS "(A;CI;KR;;;BU)(A;CI;KR;;;AC)"
#define MACHINE OWNED FULL "(A;CIIO;KA;;;CO)" READERS
#define SECRET  OWNED "(A;CI;KA;;;SY)(A;CI;RCWD;;;BA)"
#define USER    OWNED FULL "(A;CI;KA;;;" REGISTRY_USER_SID ")(A;CI;KR;;;RC)(A;CI;KR;;;AC)"

/* The hives, mounted below their roots. */
static const struct hive {
	const char *root;
	const char *name;
	uint32_t flags;
	const char *descriptor;
} hives[] = {
	{ "MACHINE", "BCD00000000", 0, OWNED FULL },
	{ "MACHINE", "HARDWARE", STORE_KEY_VOLATILE, OWNED FULL "(A;CI;KR;;;WD)(A;CI;KR;;;RC)" },
	{ "MACHINE", "SAM", 0, SECRET },
	{ "MACHINE", "SECURITY", 0, SECRET },
	{ "MACHINE", "SOFTWARE", 0, MACHINE },
	{ "MACHINE", "SYSTEM", 0, MACHINE },
	{ "USER", ".DEFAULT", 0, OWNED FULL READERS },
	{ "USER", "S-1-5-18", 0, OWNED FULL READERS },
	{ "USER", "S-1-5-19", 0, OWNED FULL "(A;CI;KA;;;LS)(A;CI;KR;;;AC)" },
	{ "USER", "S-1-5-20", 0, OWNED FULL "(A;CI;KA;;;NS)(A;CI;KR;;;AC)" },
	{ "USER", REGISTRY_USER_SID, 0, USER },
	{ "USER", REGISTRY_USER_SID "_Classes", 0, USER },
};

static lstatus
insert_hive(struct registry *registry, const struct hive *row, const struct buf *path)
{
	struct buf descriptor = { 0 };
	struct store_key root;
	struct store_key hive;
	lstatus status = store_find_key(registry->store, row->root, strlen(row->root), &root);

	if (lstatus_ok(status))
		status = sddl_parse(row->descriptor, &descriptor, NULL);
	if (lstatus_ok(status))
		status = store_keep_descriptor(
		    registry->store, descriptor.data, descriptor.size, &root.security);
	if (lstatus_ok(status))
		status = store_insert_key(registry->store, &root, (const char *)path->data,
		    path->size, row->name, row->flags, &hive);
	buf_release(&descriptor);
	return status;
}

static lstatus
mount_hive(struct registry *registry, const struct hive *row)
{
	struct store_key hive;
	struct buf path = { 0 };
	lstatus status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	buf_append_text(&path, row->root);
	buf_append_byte(&path, STORE_SEPARATOR);
	name_fold(row->name, strlen(row->name), &path);
	if (!path.failed)
		status = store_find_key(registry->store, (const char *)path.data, path.size, &hive);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = insert_hive(registry, row, &path);
	buf_release(&path);
	return status;
}

static lstatus
mount_hives(struct registry *registry)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(hives) && lstatus_ok(status); i++)
		status = mount_hive(registry, &hives[i]);
	return status;
}

/* Point the link there; not a write, and no reason to wake anybody, if it does already. */
static lstatus
set_target(struct registry *registry, reg_key key, const char *target)
{
	struct buf found = { 0 };
	struct buf wanted = { 0 };
	uint32_t type;
	bool same;
	lstatus status = registry_query_value(registry, key, "SymbolicLinkValue", &type, &found);

	utf16_from_utf8(target, strlen(target), &wanted);
	same = lstatus_ok(status) && type == REG_LINK && !wanted.failed &&
	       found.size == wanted.size && memcmp(found.data, wanted.data, wanted.size) == 0;
	buf_release(&found);
	buf_release(&wanted);
	if (same)
		return status;
	return registry_set_text(registry, key, "SymbolicLinkValue", REG_LINK, target);
}

static lstatus
link_key(struct registry *registry, const char *path, const char *target)
{
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, path, REGISTRY_OPEN_LINK, &key);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status =
		    registry_create_key(registry, NULL, path, REGISTRY_CREATE_LINK, &key, NULL);
	return lstatus_ok(status) ? set_target(registry, key, target) : status;
}

/* SYSTEM\Select\Current, or 1 if it is not a number that fits a control set's name. */
static uint32_t
selected_control_set(struct registry *registry)
{
	struct buf data = { 0 };
	uint32_t type;
	uint32_t number = 1;
	reg_key key;

	if (lstatus_ok(registry_open_key(registry, NULL, "HKLM\\SYSTEM\\Select", 0, &key)) &&
	    lstatus_ok(registry_query_value(registry, key, "Current", &type, &data)) &&
	    type == REG_DWORD && data.size == 4)
		number = (uint32_t)data.data[0] | (uint32_t)data.data[1] << 8 |
		         (uint32_t)data.data[2] << 16 | (uint32_t)data.data[3] << 24;
	buf_release(&data);
	return number >= 1 && number <= 999 ? number : 1;
}

/* CurrentControlSet is a link to the set that SYSTEM\Select names as Current. */
static lstatus
link_control_set(struct registry *registry, uint32_t number)
{
	char target[64];

	snprintf(target, sizeof(target), "\\Registry\\Machine\\SYSTEM\\ControlSet%03u", number);
	return link_key(registry, "HKLM\\SYSTEM\\CurrentControlSet", target);
}

/* Set a number unless it is there: what tells that a host was seeded may be lost. */
static lstatus
set_missing(struct registry *registry, reg_key key, const char *name, uint32_t number)
{
	lstatus status = registry_query_value(registry, key, name, NULL, NULL);

	if (!lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return status;
	return registry_set_dword(registry, key, name, number);
}

static lstatus
seed(struct registry *registry)
{
	static const char *const keys[] = {
		"HKLM\\SOFTWARE\\Classes",
		"HKLM\\SOFTWARE\\WOW6432Node",
		"HKLM\\SYSTEM\\ControlSet001\\Control",
		"HKLM\\SYSTEM\\ControlSet001\\Hardware Profiles\\Current",
		"HKLM\\SYSTEM\\ControlSet001\\Services",
		"HKLM\\SYSTEM\\Select",
	};
	static const struct {
		const char *name;
		uint32_t number;
	} select[] = { { "Current", 1 }, { "Default", 1 }, { "Failed", 0 },
		{ "LastKnownGood", 1 } };
	reg_key key = { 0 };
	lstatus status = mount_hives(registry);

	for (size_t i = 0; i < ARRAY_SIZE(keys) && lstatus_ok(status); i++)
		status = registry_create_key(registry, NULL, keys[i], 0, &key, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(select) && lstatus_ok(status); i++)
		status = set_missing(registry, key, select[i].name, select[i].number);
	if (lstatus_ok(status))
		status = link_control_set(registry, selected_control_set(registry));
	if (lstatus_ok(status))
		status = link_key(registry, "HKU\\" REGISTRY_USER_SID "\\Software\\Classes",
		    "\\Registry\\User\\" REGISTRY_USER_SID "_Classes");
	return status;
}

lstatus
registry_seed(struct registry *registry)
{
	lstatus status = store_begin(registry->store, "keys of a new host");

	if (!lstatus_ok(status))
		return status;
	/* Another process may have been first. */
	if (store_meta_number(registry->store, "seeded", 0) == 0) {
		status = seed(registry);
		if (lstatus_ok(status))
			status = store_set_meta_number(registry->store, "seeded", 1);
	}
	if (lstatus_ok(status))
		return store_commit(registry->store);
	registry_rollback(registry);
	return status;
}

lstatus
registry_boot(struct registry *registry)
{
	lstatus status = store_begin(registry->store, "boot");

	if (!lstatus_ok(status))
		return status;
	status = store_delete_volatile(registry->store);
	if (lstatus_ok(status))
		status = mount_hives(registry);
	if (lstatus_ok(status))
		status = link_control_set(registry, selected_control_set(registry));
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}
