/*
 * What every host has. A new host, made for the length of the repair, is what it is compared with.
 */
#include "vmms/host_repair.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "regstore/base/macro.h"
#include "regstore/bcd/bcd.h"
#include "regstore/registry/scratch.h"
#include "vmms/processes.h"

#define SYSTEM   "HKLM\\SYSTEM"
#define SELECT   SYSTEM "\\Select"
#define CURRENT  SYSTEM "\\CurrentControlSet"
#define SERVICES CURRENT "\\Services"
#define SET_MAX  999u

#define PUT_BACK "it is put back as a new host has it"

struct repair {
	struct registry *registry;
	struct registry *fresh; /* the new host */
	const char *root;       /* "HKLM": of the keys that are walked over */
	bool mends;
	store_fault *each;
	void *context;
	lstatus status;
};

static void
    PRINTF_LIKE(3, 4) tell(const struct repair *repair, const char *remedy, const char *format, ...)
{
	struct buf text = { 0 };
	va_list arguments;

	va_start(arguments, format);
	buf_vprintf(&text, format, arguments);
	va_end(arguments);
	repair->each(repair->context, buf_text(&text), remedy);
	buf_release(&text);
}

static bool
is_there(struct registry *registry, const char *path, uint32_t flags)
{
	reg_key key;

	return lstatus_ok(registry_open_key(registry, NULL, path, flags, &key));
}

/* --- The control sets ---------------------------------------------------------------------------
 */

static void
set_path(uint32_t number, char path[64])
{
	snprintf(path, 64, SYSTEM "\\ControlSet%03u", number);
}

static bool
set_exists(struct registry *registry, uint32_t number)
{
	char path[64];

	set_path(number, path);
	return number >= 1 && number <= SET_MAX && is_there(registry, path, 0);
}

/* A number of Select; false if there is none. */
static bool
read_select(struct registry *registry, const char *name, uint32_t *ret_number)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	reg_key key;
	bool found = lstatus_ok(registry_open_key(registry, NULL, SELECT, 0, &key)) &&
	             lstatus_ok(registry_query_value(registry, key, name, &type, &data)) &&
	             type == REG_DWORD && data.size == 4;

	if (found)
		*ret_number = (uint32_t)data.data[0] | (uint32_t)data.data[1] << 8 |
		              (uint32_t)data.data[2] << 16 | (uint32_t)data.data[3] << 24;
	buf_release(&data);
	return found;
}

/* In the order in which they are asked for a set that is there. */
static const char *const selected[] = { "Current", "Default", "LastKnownGood" };

static uint32_t
usable_set(struct registry *registry)
{
	uint32_t number;

	for (size_t i = 0; i < ARRAY_SIZE(selected); i++) {
		if (read_select(registry, selected[i], &number) && set_exists(registry, number))
			return number;
	}
	for (number = 1; number <= SET_MAX; number++) {
		if (set_exists(registry, number))
			return number;
	}
	return 1;
}

static void
select_set(struct repair *repair, const char *name, uint32_t number)
{
	reg_key key;

	if (lstatus_ok(repair->status))
		repair->status = registry_create_key(repair->registry, NULL, SELECT, 0, &key, NULL);
	if (lstatus_ok(repair->status))
		repair->status = registry_set_dword(repair->registry, key, name, number);
}

/* What Select names is there. Without a last known good set its number is 0. */
static void
repair_select(struct repair *repair)
{
	uint32_t usable = usable_set(repair->registry);
	char remedy[64];

	snprintf(remedy, sizeof(remedy), "it becomes %u", usable);
	for (size_t i = 0; i < ARRAY_SIZE(selected); i++) {
		const char *name = selected[i];
		uint32_t number = 0;

		if (!read_select(repair->registry, name, &number))
			tell(repair, remedy, "value %s\\%s: it is missing", SELECT, name);
		else if (!set_exists(repair->registry, number) && (i < 2 || number != 0))
			tell(repair, remedy, "value %s\\%s: there is no control set %u", SELECT,
			    name, number);
		else
			continue;
		if (repair->mends)
			select_set(repair, name, usable);
	}
}

/* Out of a key that stands where the link belongs, into the control set. */
static void
make_way(struct repair *repair, reg_key key)
{
	char path[64];
	reg_key set;

	set_path(usable_set(repair->registry), path);
	repair->status = registry_create_key(repair->registry, NULL, path, 0, &set, NULL);
	if (lstatus_ok(repair->status))
		repair->status = registry_copy_tree(repair->registry, key, set);
	if (lstatus_ok(repair->status))
		repair->status = registry_delete_tree(repair->registry, key);
}

/* A boot makes the link, and points it where Select says. */
static void
repair_link(struct repair *repair)
{
	struct reg_key_info info;
	reg_key key;

	if (!lstatus_ok(repair->status))
		return;
	if (!lstatus_ok(
	        registry_open_key(repair->registry, NULL, CURRENT, REGISTRY_OPEN_LINK, &key)) ||
	    !lstatus_ok(registry_query_info(repair->registry, key, &info))) {
		tell(repair, "it is made", "link %s: it is missing", CURRENT);
	} else if ((info.flags & REGISTRY_CREATE_LINK) == 0) {
		tell(repair, "what it holds goes to the control set, and the link is made",
		    "link %s: it is a key", CURRENT);
		if (repair->mends)
			make_way(repair, key);
	} else if (!is_there(repair->registry, CURRENT, 0)) {
		tell(repair, "it leads to the current control set", "link %s: it leads nowhere",
		    CURRENT);
	}
}

/* --- What a boot needs --------------------------------------------------------------------------
 */

static void
check_boot_entry(const struct repair *repair)
{
	char guid[BCD_GUID_SIZE];
	uint32_t type;
	struct bcd bcd;

	if (!lstatus_ok(bcd_open(repair->registry, BCD_ROOT, &bcd)))
		tell(repair, PUT_BACK, "the boot configuration: it is missing");
	else if (!bcd_next(&bcd, guid))
		tell(repair, PUT_BACK, "the boot configuration: it names no entry to boot");
	else if (!lstatus_ok(bcd_type(&bcd, guid, &type)))
		tell(repair, PUT_BACK, "the boot configuration: there is no entry %s", guid);
}

lstatus
host_check(struct registry *registry, store_fault *each, void *context)
{
	struct repair repair = { .registry = registry, .each = each, .context = context };

	if (!is_there(registry, SYSTEM, 0)) {
		tell(&repair, PUT_BACK, "key " SYSTEM ": it is missing");
	} else {
		repair_select(&repair);
		repair_link(&repair);
		if (!is_there(registry, SERVICES, 0))
			tell(&repair, PUT_BACK, "key " SERVICES ": it is missing");
	}
	check_boot_entry(&repair);
	return repair.status;
}

/* --- What a new host has ------------------------------------------------------------------------
 */

/* The path of a new host's key here: its one control set is the current one. */
static void
path_here(const struct repair *repair, const char *path, struct buf *out)
{
	static const char set[] = "SYSTEM\\ControlSet001";
	size_t length = sizeof(set) - 1;

	buf_printf(out, "%s\\", repair->root);
	if (strcmp(repair->root, "HKLM") == 0 && strncmp(path, set, length) == 0 &&
	    (path[length] == '\\' || path[length] == '\0'))
		buf_printf(out, "SYSTEM\\CurrentControlSet%s", path + length);
	else
		buf_append_text(out, path);
}

/* Whether its descriptor is the one that the repair of the store gives, and a new host's is not. */
static bool
lost_security(struct repair *repair, reg_key key, const struct buf *wanted)
{
	struct buf found = { 0 };
	bool lost = lstatus_ok(registry_query_security(repair->registry, key, &found)) &&
	            store_is_default_descriptor(found.data, found.size) &&
	            !store_is_default_descriptor(wanted->data, wanted->size);

	buf_release(&found);
	return lost;
}

static void
put_back_security(struct repair *repair, const char *path, reg_key from, reg_key to, bool created)
{
	struct buf wanted = { 0 };

	repair->status = registry_query_security(repair->fresh, from, &wanted);
	if (lstatus_ok(repair->status) && (created || lost_security(repair, to, &wanted))) {
		repair->status =
		    registry_set_security(repair->registry, to, wanted.data, wanted.size);
		if (!created)
			tell(repair, PUT_BACK, "key %s: its security descriptor is lost", path);
	}
	buf_release(&wanted);
}

static void
put_back_values(struct repair *repair, const char *path, reg_key from, reg_key to, bool created)
{
	struct reg_value_list values = { 0 };

	if (lstatus_ok(repair->status))
		repair->status = registry_list_values(repair->fresh, from, &values);
	for (size_t i = 0; i < values.count && lstatus_ok(repair->status); i++) {
		const struct reg_value_entry *value = &values.entries[i];

		repair->status =
		    registry_query_value(repair->registry, to, value->name, NULL, NULL);
		if (!lstatus_is(repair->status, ERROR_FILE_NOT_FOUND))
			continue;
		repair->status = registry_set_value(
		    repair->registry, to, value->name, value->type, value->data, value->size);
		if (!created)
			tell(repair, PUT_BACK, "value %s\\%s: it is missing", path, value->name);
	}
	reg_value_list_release(&values);
}

static enum reg_walk_step
put_back_key(void *context, const struct reg_walk_key *key)
{
	struct repair *repair = context;
	bool is_link = (key->flags & REGISTRY_CREATE_LINK) != 0;
	bool created = false;
	struct buf path = { 0 };
	reg_key here;

	if ((key->flags & REGISTRY_VOLATILE) != 0)
		return REG_WALK_PAST;
	path_here(repair, key->path, &path);
	repair->status = registry_open_key(
	    repair->registry, NULL, buf_text(&path), is_link ? REGISTRY_OPEN_LINK : 0, &here);
	if (lstatus_is(repair->status, ERROR_FILE_NOT_FOUND)) {
		tell(repair, PUT_BACK, "key %s: it is missing", buf_text(&path));
		created = true;
		repair->status = registry_create_key(repair->registry, NULL, buf_text(&path),
		    is_link ? REGISTRY_CREATE_LINK : 0, &here, NULL);
	}
	if (lstatus_ok(repair->status))
		put_back_security(repair, buf_text(&path), key->key, here, created);
	put_back_values(repair, buf_text(&path), key->key, here, created);
	buf_release(&path);
	return lstatus_ok(repair->status) ? REG_WALK_ON : REG_WALK_STOP;
}

/* A boot mounts the hives that are missing. */
static enum reg_walk_step
tell_hive(void *context, const struct reg_walk_key *key)
{
	struct repair *repair = context;
	struct buf path = { 0 };

	path_here(repair, key->path, &path);
	if ((key->flags & REGISTRY_VOLATILE) == 0 &&
	    !is_there(repair->registry, buf_text(&path), 0))
		tell(repair, PUT_BACK, "key %s: it is missing", buf_text(&path));
	buf_release(&path);
	return REG_WALK_PAST;
}

static void
walk_fresh(struct repair *repair,
    enum reg_walk_step (*each)(void *context, const struct reg_walk_key *key))
{
	static const char *const roots[] = { "HKLM", "HKU" };

	for (size_t i = 0; i < ARRAY_SIZE(roots) && lstatus_ok(repair->status); i++) {
		reg_key key;

		repair->root = roots[i];
		repair->status = registry_open_key(repair->fresh, NULL, roots[i], 0, &key);
		if (lstatus_ok(repair->status)) {
			lstatus walked = registry_walk(repair->fresh, key, each, repair);

			repair->status = lstatus_ok(repair->status) ? walked : repair->status;
		}
	}
}

/* Make the new host, with this host's names for its entries of the boot configuration. */
static lstatus
make_fresh(struct registry *registry, struct scratch *scratch)
{
	struct bcd_entries entries;
	lstatus status = scratch_open("hvctl", scratch);

	bcd_find_entries(registry, &entries);
	if (lstatus_ok(status))
		status = bcd_install_entries(scratch->registry, &entries);
	return lstatus_ok(status) ? host_install(scratch->registry) : status;
}

lstatus
host_mend(struct registry *registry, store_fault *each, void *context)
{
	struct repair repair = {
		.registry = registry, .mends = true, .each = each, .context = context
	};
	struct scratch scratch = { 0 };

	repair.status = make_fresh(registry, &scratch);
	repair.fresh = scratch.registry;
	walk_fresh(&repair, tell_hive);
	if (lstatus_ok(repair.status) && is_there(registry, SYSTEM, 0)) {
		repair_select(&repair);
		repair_link(&repair);
	}
	if (lstatus_ok(repair.status))
		repair.status = registry_boot(registry);
	if (lstatus_ok(repair.status))
		repair.status = registry_begin(registry, "what every host has, put back");
	if (lstatus_ok(repair.status)) {
		walk_fresh(&repair, put_back_key);
		if (lstatus_ok(repair.status))
			repair.status = registry_commit(registry);
		else
			registry_rollback(registry);
	}
	scratch_close(&scratch);
	return repair.status;
}
