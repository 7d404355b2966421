/*
 * Control sets.
 */
#include "hvloader/control_set.h"

#include <stdio.h>
#include <string.h>

#define SELECT  "HKLM\\SYSTEM\\Select"
#define SET_MAX 999u

static uint32_t
read_number(struct registry *registry, reg_key select, const char *name)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	uint32_t number = 0;

	if (lstatus_ok(registry_query_value(registry, select, name, &type, &data)) &&
	    type == REG_DWORD && data.size == 4)
		number = (uint32_t)data.data[0] | (uint32_t)data.data[1] << 8 |
		         (uint32_t)data.data[2] << 16 | (uint32_t)data.data[3] << 24;
	buf_release(&data);
	return number;
}

static lstatus
open_set(struct registry *registry, uint32_t number, reg_key *ret_key)
{
	char path[64];

	if (number == 0 || number > SET_MAX)
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	snprintf(path, sizeof(path), "HKLM\\SYSTEM\\ControlSet%03u", number);
	return registry_open_key(registry, NULL, path, 0, ret_key);
}

static bool
set_exists(struct registry *registry, uint32_t number)
{
	reg_key key;

	return lstatus_ok(open_set(registry, number, &key));
}

/* Set a number if it is another. */
static lstatus
set_number(struct registry *registry, reg_key select, const char *name, uint32_t number)
{
	if (read_number(registry, select, name) == number)
		return LSTATUS(ERROR_SUCCESS);
	return registry_set_dword(registry, select, name, number);
}

static lstatus
choose(struct registry *registry, reg_key select, bool last_known_good, uint32_t *ret_number)
{
	uint32_t standard = read_number(registry, select, "Default");
	uint32_t good = read_number(registry, select, "LastKnownGood");
	uint32_t number = standard;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (last_known_good && good != standard && set_exists(registry, good)) {
		status = set_number(registry, select, "Failed", standard);
		if (lstatus_ok(status))
			status = set_number(registry, select, "Default", good);
		number = good;
	}
	if (!set_exists(registry, number))
		number = read_number(registry, select, "Current");
	if (lstatus_ok(status))
		status = set_number(registry, select, "Current", number);
	*ret_number = number;
	return status;
}

lstatus
control_set_choose(struct registry *registry, bool last_known_good, uint32_t *ret_number)
{
	reg_key select;
	lstatus status = registry_begin(registry, "control set of the boot");

	if (!lstatus_ok(status))
		return status;
	status = registry_open_key(registry, NULL, SELECT, 0, &select);
	if (lstatus_ok(status))
		status = choose(registry, select, last_known_good, ret_number);
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

/* --- The last known good
 * -------------------------------------------------------------------------- */

static bool
same_values(struct registry *registry, reg_key left, reg_key right)
{
	struct reg_value_list one = { 0 };
	struct reg_value_list other = { 0 };
	bool same = lstatus_ok(registry_list_values(registry, left, &one)) &&
	            lstatus_ok(registry_list_values(registry, right, &other)) &&
	            one.count == other.count;

	for (size_t i = 0; i < one.count && same; i++) {
		const struct reg_value_entry *a = &one.entries[i];
		const struct reg_value_entry *b = &other.entries[i];

		same = strcmp(a->name, b->name) == 0 && a->type == b->type && a->size == b->size &&
		       (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
	}
	reg_value_list_release(&one);
	reg_value_list_release(&other);
	return same;
}

/* Whether two keys hold the same; the depth is that of keys, which the registry bounds. */
static bool
same_tree(struct registry *registry, reg_key left, reg_key right)
{
	struct reg_key_list one = { 0 };
	struct reg_key_list other = { 0 };
	bool same = same_values(registry, left, right) &&
	            lstatus_ok(registry_list_keys(registry, left, &one)) &&
	            lstatus_ok(registry_list_keys(registry, right, &other)) &&
	            one.count == other.count;

	for (size_t i = 0; i < one.count && same; i++)
		same = strcmp(one.entries[i].name, other.entries[i].name) == 0 &&
		       same_tree(registry, one.entries[i].key, other.entries[i].key);
	reg_key_list_release(&one);
	reg_key_list_release(&other);
	return same;
}

/* A number that neither Current, Default nor Failed has. */
static uint32_t
free_number(struct registry *registry, reg_key select)
{
	uint32_t number = 1;

	while (number == read_number(registry, select, "Current") ||
	       number == read_number(registry, select, "Default") ||
	       number == read_number(registry, select, "Failed"))
		number++;
	return number;
}

static lstatus
copy_set(struct registry *registry, reg_key from, uint32_t number)
{
	char path[64];
	reg_key to;
	lstatus status = open_set(registry, number, &to);

	if (lstatus_ok(status))
		status = registry_delete_tree(registry, to);
	else if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = LSTATUS(ERROR_SUCCESS);
	snprintf(path, sizeof(path), "HKLM\\SYSTEM\\ControlSet%03u", number);
	if (lstatus_ok(status))
		status = registry_create_key(registry, NULL, path, 0, &to, NULL);
	return lstatus_ok(status) ? registry_copy_tree(registry, from, to) : status;
}

static lstatus
renew(struct registry *registry, reg_key select)
{
	uint32_t current = read_number(registry, select, "Current");
	uint32_t good = read_number(registry, select, "LastKnownGood");
	reg_key from;
	reg_key kept;
	lstatus status = open_set(registry, current, &from);

	if (!lstatus_ok(status))
		return status;
	if (good != current && lstatus_ok(open_set(registry, good, &kept)) &&
	    same_tree(registry, from, kept))
		return status;
	if (good == current || good == 0 || good > SET_MAX ||
	    good == read_number(registry, select, "Failed"))
		good = free_number(registry, select);
	status = copy_set(registry, from, good);
	return lstatus_ok(status) ? set_number(registry, select, "LastKnownGood", good) : status;
}

lstatus
control_set_good(struct registry *registry)
{
	reg_key select;
	lstatus status = registry_begin(registry, "last known good control set");

	if (!lstatus_ok(status))
		return status;
	status = registry_open_key(registry, NULL, SELECT, 0, &select);
	if (lstatus_ok(status))
		status = renew(registry, select);
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}
