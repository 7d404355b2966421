/*
 * Opening a host's registry, its transactions, and the keys that every host has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"

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

lstatus
registry_open(
    const char *root, const struct registry_options *options, struct registry **ret_registry)
{
	struct registry *registry = calloc(1, sizeof(*registry));
	struct store_options store_options = {
		.create = options->mode == REGISTRY_CREATE,
		.relaxed = options->relaxed,
		.actor = options->actor,
		.channel = options->channel,
	};
	lstatus status;

	if (registry == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	registry->links_stale = true;
	status = store_open(root, &store_options, &registry->store);
	if (lstatus_ok(status) && store_meta_number(registry->store, "seeded", 0) == 0)
		status = registry_seed(registry);
	if (!lstatus_ok(status)) {
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
	store_close(registry->store);
	free(registry);
}

const char *
registry_error(const struct registry *registry)
{
	return store_error(registry->store);
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

lstatus
registry_enter(struct registry *registry, bool *ret_own)
{
	bool own = !store_in_transaction(registry->store);
	lstatus status = own ? store_begin(registry->store, NULL) : LSTATUS(ERROR_SUCCESS);

	*ret_own = own && lstatus_ok(status);
	return status;
}

lstatus
registry_leave(struct registry *registry, bool own, lstatus status)
{
	if (!own)
		return status;
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

/* --- What every host has -----------------------------------------------------------------------
 */

/* The hives, mounted below their roots. */
static const struct {
	const char *root;
	const char *name;
	uint32_t flags;
} hives[] = {
	{ "MACHINE", "BCD00000000", 0 },
	{ "MACHINE", "HARDWARE", STORE_KEY_VOLATILE },
	{ "MACHINE", "SAM", 0 },
	{ "MACHINE", "SECURITY", 0 },
	{ "MACHINE", "SOFTWARE", 0 },
	{ "MACHINE", "SYSTEM", 0 },
	{ "USER", ".DEFAULT", 0 },
	{ "USER", "S-1-5-18", 0 },
	{ "USER", "S-1-5-19", 0 },
	{ "USER", "S-1-5-20", 0 },
	{ "USER", REGISTRY_USER_SID, 0 },
	{ "USER", REGISTRY_USER_SID "_Classes", 0 },
};

static lstatus
mount_hives(struct registry *registry)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(hives) && lstatus_ok(status); i++) {
		struct store_key root;
		struct store_key hive;
		char path[96];
		int length = snprintf(
		    path, sizeof(path), "%s%c%s", hives[i].root, STORE_SEPARATOR, hives[i].name);

		status = store_find_key(registry->store, path, (size_t)length, &hive);
		if (!lstatus_is(status, ERROR_FILE_NOT_FOUND))
			continue;
		status =
		    store_find_key(registry->store, hives[i].root, strlen(hives[i].root), &root);
		if (lstatus_ok(status))
			status = store_insert_key(registry->store, &root, path, (size_t)length,
			    hives[i].name, hives[i].flags, &hive);
	}
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

/* CurrentControlSet is a link to the set that SYSTEM\Select names as Current. */
static lstatus
link_control_set(struct registry *registry, uint32_t number)
{
	char target[64];

	snprintf(target, sizeof(target), "\\Registry\\Machine\\SYSTEM\\ControlSet%03u", number);
	return link_key(registry, "HKLM\\SYSTEM\\CurrentControlSet", target);
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
		status = registry_set_dword(registry, key, select[i].name, select[i].number);
	if (lstatus_ok(status))
		status = link_control_set(registry, 1);
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
