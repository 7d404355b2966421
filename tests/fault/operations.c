/*
 * The operations on a host.
 */
#include "tests/fault/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIG    70000u
#define BLOCK  1000000u /* of each of the checkpoint's values */
#define BLOCKS 5

lstatus
operation_open_key(struct registry *registry, const char *path, reg_key *ret_key)
{
	return registry_open_key(registry, NULL, path, 0, ret_key);
}

lstatus
operation_end(struct registry *registry, lstatus status)
{
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

/* --- The host itself ----------------------------------------------------------------------------
 */

static lstatus
open_host(struct registry *unused UNUSED, const char *root)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;
	lstatus status = registry_open(root, &options, &registry);

	registry_close(registry);
	return status;
}

static lstatus
make_host(struct registry *unused UNUSED, const char *root)
{
	struct registry_options options = { .mode = REGISTRY_CREATE };
	struct registry *registry = NULL;
	char path[4300];
	lstatus status;

	snprintf(path, sizeof(path), "%s/new/host", root);
	status = registry_open(path, &options, &registry);
	registry_close(registry);
	return status;
}

static lstatus
boot(struct registry *registry, const char *root UNUSED)
{
	return registry_boot(registry);
}

/* One commit of more than the log is let grow to: it is copied to the database then. */
static lstatus
checkpoint(struct registry *registry, const char *root UNUSED)
{
	uint8_t *data = calloc(1, BLOCK);
	reg_key key = { 0 };
	lstatus status = data != NULL ? operation_open_key(registry, OPERATIONS_TOP, &key)
	                              : LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	THEN(status, registry_begin(registry, "checkpoint"));
	if (!lstatus_ok(status)) {
		free(data);
		return status;
	}
	for (char name[] = "blockA"; name[5] < 'A' + BLOCKS && lstatus_ok(status); name[5]++) {
		data[0] = (uint8_t)name[5];
		status = registry_set_value(registry, key, name, REG_BINARY, data, BLOCK);
	}
	free(data);
	return operation_end(registry, status);
}

/* --- Writes -------------------------------------------------------------------------------------
 */

static lstatus
create_key(struct registry *registry, const char *root UNUSED)
{
	reg_key key;

	return registry_create_key(
	    registry, NULL, OPERATIONS_TOP "\\new\\one\\Two\\three", 0, &key, NULL);
}

static lstatus
create_link(struct registry *registry, const char *root UNUSED)
{
	reg_key key;
	lstatus status = registry_begin(registry, NULL);

	if (!lstatus_ok(status))
		return status;
	status = registry_create_key(
	    registry, NULL, OPERATIONS_TOP "\\link", REGISTRY_CREATE_LINK, &key, NULL);
	THEN(status, registry_set_text(registry, key, "SymbolicLinkValue", REG_LINK,
	                 "\\Registry\\Machine\\SOFTWARE\\T\\a"));
	THEN(status, operation_open_key(registry, OPERATIONS_TOP "\\link\\b", &key));
	return operation_end(registry, status);
}

static lstatus
set_new_value(struct registry *registry, const char *root UNUSED)
{
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP "\\a", &key);

	THEN(status, registry_set_text(registry, key, "a new value", REG_SZ, "its text"));
	return status;
}

static lstatus
replace_value(struct registry *registry, const char *root UNUSED)
{
	uint8_t *data = calloc(1, BIG);
	reg_key key;
	lstatus status = data != NULL ? operation_open_key(registry, OPERATIONS_TOP, &key)
	                              : LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	THEN(status, registry_set_value(registry, key, "big", REG_BINARY, data, BIG));
	free(data);
	return status;
}

static lstatus
delete_value(struct registry *registry, const char *root UNUSED)
{
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP, &key);

	THEN(status, registry_delete_value(registry, key, "big"));
	return status;
}

static lstatus
delete_key(struct registry *registry, const char *root UNUSED)
{
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP "\\a\\d", &key);

	THEN(status, registry_delete_key(registry, key));
	return status;
}

static lstatus
delete_tree(struct registry *registry, const char *root UNUSED)
{
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP, &key);

	THEN(status, registry_delete_tree(registry, key));
	return status;
}

static lstatus
rename_key(struct registry *registry, const char *root UNUSED)
{
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP "\\a", &key);

	THEN(status, registry_rename_key(registry, key, "Another Name"));
	return status;
}

static lstatus
copy_tree(struct registry *registry, const char *root UNUSED)
{
	reg_key from;
	reg_key to;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP "\\a", &from);

	THEN(status, operation_open_key(registry, OPERATIONS_TOP "\\target", &to));
	THEN(status, registry_copy_tree(registry, from, to));
	return status;
}

static lstatus
set_security(struct registry *registry, const char *root UNUSED)
{
	struct buf descriptor = { 0 };
	reg_key key;
	lstatus status = operation_open_key(registry, "HKLM\\SECURITY", &key);

	THEN(status, registry_query_security(registry, key, &descriptor));
	THEN(status, operation_open_key(registry, OPERATIONS_TOP, &key));
	THEN(status, registry_set_security(registry, key, descriptor.data, descriptor.size));
	buf_release(&descriptor);
	return status;
}

static lstatus
set_class(struct registry *registry, const char *root UNUSED)
{
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP "\\a\\b", &key);

	THEN(status, registry_set_class(registry, key, "c\0l\0s\0", 6));
	return status;
}

static lstatus
set_flags(struct registry *registry, const char *root UNUSED)
{
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP "\\a\\b", &key);

	THEN(status, registry_set_flags(registry, key, REGISTRY_KEY_DONT_VIRTUALIZE));
	return status;
}

static lstatus
transaction(struct registry *registry, const char *root UNUSED)
{
	reg_key key = { 0 };
	lstatus status = registry_begin(registry, "several");

	if (!lstatus_ok(status))
		return status;
	status = registry_create_key(registry, NULL, OPERATIONS_TOP "\\t\\x", 0, &key, NULL);
	for (uint32_t i = 0; i < 5; i++)
		THEN(status, registry_set_dword(
		                 registry, key, (const char[]){ 'v', (char)('0' + i), 0 }, i));
	THEN(status, operation_open_key(registry, OPERATIONS_TOP "\\a", &key));
	THEN(status, registry_delete_tree(registry, key));
	return operation_end(registry, status);
}

/* Who goes on after a failure gets the same answer from the commit, and nothing is written. */
static lstatus
careless_transaction(struct registry *registry, const char *root UNUSED)
{
	reg_key key = { 0 };
	reg_key sub = { 0 };
	lstatus first = registry_begin(registry, "several");
	lstatus status;

	if (!lstatus_ok(first))
		return first;
	first = registry_create_key(registry, NULL, OPERATIONS_TOP "\\careless", 0, &key, NULL);
	if (!lstatus_ok(first)) {
		registry_rollback(registry);
		return first;
	}
	for (uint32_t i = 0; i < 5; i++) {
		status =
		    registry_set_dword(registry, key, (const char[]){ 'v', (char)('0' + i), 0 }, i);
		first = lstatus_ok(first) ? status : first;
	}
	status = registry_create_key(registry, &key, "sub", 0, &sub, NULL);
	first = lstatus_ok(first) ? status : first;
	status = registry_commit(registry);
	if (lstatus_ok(status) && !lstatus_ok(first))
		return LSTATUS(ERROR_INVALID_FUNCTION);
	return lstatus_ok(first) ? status : first;
}

/* --- Reads --------------------------------------------------------------------------------------
 */

static lstatus
list_keys(struct registry *registry, const char *root UNUSED)
{
	struct reg_key_list list = { 0 };
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP "\\many", &key);

	THEN(status, registry_list_keys(registry, key, &list));
	if (lstatus_ok(status) && list.count != 20)
		status = LSTATUS(ERROR_INVALID_DATA);
	reg_key_list_release(&list);
	return status;
}

static lstatus
list_values(struct registry *registry, const char *root UNUSED)
{
	struct reg_value_list list = { 0 };
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP, &key);

	THEN(status, registry_list_values(registry, key, &list));
	if (lstatus_ok(status) && list.count != 3)
		status = LSTATUS(ERROR_INVALID_DATA);
	reg_value_list_release(&list);
	return status;
}

static lstatus
query_value(struct registry *registry, const char *root UNUSED)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP, &key);

	THEN(status, registry_query_value(registry, key, "BIG", &type, &data));
	if (lstatus_ok(status) && (data.size != BIG || type != REG_BINARY))
		status = LSTATUS(ERROR_INVALID_DATA);
	buf_release(&data);
	return status;
}

static lstatus
query_info(struct registry *registry, const char *root UNUSED)
{
	struct reg_key_info info = { 0 };
	struct buf path = { 0 };
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP, &key);

	THEN(status, registry_query_info(registry, key, &info));
	if (lstatus_ok(status) && (info.values != 3 || info.max_data_size != BIG))
		status = LSTATUS(ERROR_INVALID_DATA);
	THEN(status, registry_key_path(registry, key, &path));
	if (lstatus_ok(status) && strcmp(buf_text(&path), "HKEY_LOCAL_MACHINE\\SOFTWARE\\T") != 0)
		status = LSTATUS(path.failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_DATA);
	buf_release(&path);
	return status;
}

static lstatus
query_class_key(struct registry *registry, const char *root UNUSED)
{
	struct reg_value_list list = { 0 };
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, "HKCR\\T.Class", 0, &key);

	THEN(status, registry_list_values(registry, key, &list));
	if (lstatus_ok(status) && list.count != 2)
		status = LSTATUS(ERROR_INVALID_DATA);
	reg_value_list_release(&list);
	return status;
}

static lstatus
last_write(struct registry *registry, const char *root UNUSED)
{
	struct reg_write write = { 0 };
	reg_key key;
	lstatus status = operation_open_key(registry, OPERATIONS_TOP, &key);

	THEN(status, registry_last_write(registry, key, "big", &write));
	if (lstatus_ok(status) && (write.actor == NULL || strcmp(write.actor, "tester") != 0))
		status = LSTATUS(ERROR_INVALID_DATA);
	reg_write_release(&write);
	return status;
}

/* A watch sees its write; a watch that could not be armed said so. */
static lstatus
notify(struct registry *registry, const char *root UNUSED)
{
	struct reg_watch *watch = NULL;
	reg_key key;
	lstatus status =
	    registry_watch(registry, OPERATIONS_TOP "\\a", true, REGISTRY_NOTIFY_ALL, &watch);

	THEN(status, operation_open_key(registry, OPERATIONS_TOP "\\a\\b", &key));
	THEN(status, registry_set_dword(registry, key, "noticed", 1));
	if (lstatus_ok(status) && (!registry_watch_drain(registry) || !registry_watch_taken(watch)))
		status = LSTATUS(ERROR_INVALID_DATA);
	registry_unwatch(registry, watch);
	return status;
}

/* --- The table ----------------------------------------------------------------------------------
 */

const struct operation operations[] = {
	{ .name = "open", .run = open_host, .opens = true },
	{ .name = "make", .run = make_host, .opens = true },
	{ .name = "boot", .run = boot },
	{ .name = "checkpoint", .run = checkpoint },
	{ .name = "create-key", .run = create_key },
	{ .name = "create-link", .run = create_link },
	{ .name = "set-value", .run = set_new_value },
	{ .name = "replace-value", .run = replace_value },
	{ .name = "delete-value", .run = delete_value },
	{ .name = "delete-key", .run = delete_key },
	{ .name = "delete-tree", .run = delete_tree },
	{ .name = "rename-key", .run = rename_key },
	{ .name = "copy-tree", .run = copy_tree },
	{ .name = "set-security", .run = set_security },
	{ .name = "set-class", .run = set_class },
	{ .name = "set-flags", .run = set_flags },
	{ .name = "transaction", .run = transaction },
	{ .name = "careless", .run = careless_transaction },
	{ .name = "list-keys", .run = list_keys },
	{ .name = "list-values", .run = list_values },
	{ .name = "query-value", .run = query_value },
	{ .name = "query-info", .run = query_info },
	{ .name = "query-class-key", .run = query_class_key },
	{ .name = "last-write", .run = last_write },
	{ .name = "notify", .run = notify },
	{ .name = "import-text", .run = operation_import_text },
	{ .name = "export-text", .run = operation_export_text },
	{ .name = "save-hive", .run = operation_save_hive },
	{ .name = "load-hive", .run = operation_load_hive },
	{ .name = "mount-hive", .run = operation_mount_hive },
	{ .name = "unmount-hive", .run = operation_unmount_hive },
	{ .name = "import-policy", .run = operation_import_policy },
	{ .name = "export-policy", .run = operation_export_policy },
	{ .name = "set-profile", .run = operation_set_profile },
	{ .name = "install-bcd", .run = operation_install_bcd, .random = true },
	{ .name = "set-bcd", .run = operation_set_bcd },
	{ .name = "winreg-create", .run = operation_winreg_create, .opens = true },
	{ .name = "winreg-set", .run = operation_winreg_set, .opens = true },
	{ .name = "winreg-delete", .run = operation_winreg_delete, .opens = true },
	{ .name = "winreg-read", .run = operation_winreg_read, .opens = true },
	{ .name = "winreg-notify", .run = operation_winreg_notify, .opens = true },
	{ .name = "winreg-transaction", .run = operation_winreg_transaction, .opens = true },
	{ .name = "ntreg-write", .run = operation_ntreg_write },
	{ .name = "ntreg-read", .run = operation_ntreg_read },
	{ 0 },
};

/* --- The host that they work on -----------------------------------------------------------------
 */

reg_key
operation_made(struct registry *registry, const char *path, uint32_t flags)
{
	reg_key key;

	fault_need(lstatus_ok(registry_create_key(registry, NULL, path, flags, &key, NULL)));
	return key;
}

static void
prepare_keys(struct registry *registry)
{
	static uint8_t data[BIG] = { 1, 2, 3 };
	reg_key key = operation_made(registry, OPERATIONS_TOP, 0);

	fault_need(lstatus_ok(registry_set_dword(registry, key, "d", 7)));
	fault_need(lstatus_ok(registry_set_text(registry, key, "s", REG_SZ, "text")));
	fault_need(lstatus_ok(registry_set_value(registry, key, "big", REG_BINARY, data, BIG)));
	operation_made(registry, OPERATIONS_TOP "\\a\\d", 0);
	key = operation_made(registry, OPERATIONS_TOP "\\a\\b\\c", 0);
	fault_need(lstatus_ok(registry_set_dword(registry, key, "d", 7)));
	operation_made(registry, OPERATIONS_TOP "\\target\\old", 0);
	operation_made(registry, OPERATIONS_TOP "\\fleeting", REGISTRY_VOLATILE);
	for (int i = 0; i < 20; i++) {
		char path[64];

		snprintf(path, sizeof(path), OPERATIONS_TOP "\\many\\%d", i);
		operation_made(registry, path, 0);
	}
	key = operation_made(registry, "HKLM\\SOFTWARE\\Classes\\T.Class", 0);
	fault_need(lstatus_ok(registry_set_dword(registry, key, "machine", 1)));
	key = operation_made(registry, "HKCU\\Software\\Classes\\T.Class", 0);
	fault_need(lstatus_ok(registry_set_dword(registry, key, "user", 1)));
}

void
operations_prepare(const char *root)
{
	struct registry *registry = fault_open(root, false);

	prepare_keys(registry);
	operations_prepare_files(registry, root);
	registry_close(registry);
}
