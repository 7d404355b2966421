/*
 * Keys: create, open, delete, rename.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/ntreg/internal.h"

#define KERNEL_ROOT "\\REGISTRY"

#define OPEN_OPTIONS   (REG_OPTION_BACKUP_RESTORE | REG_OPTION_OPEN_LINK)
#define CREATE_OPTIONS (OPEN_OPTIONS | REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK)

/* Where a path leads: a registry, and in it a path below a key or from the root. */
struct place {
	struct registry *registry;
	reg_key parent;
	bool relative;
	const char *path;
};

/* What the object manager says of a name that is not the registry's. */
static NTSTATUS
check_absolute(const char *path)
{
	size_t root = strlen(KERNEL_ROOT);

	if (path[0] != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	if (strncasecmp(path, KERNEL_ROOT, root) == 0 && (path[root] == '\\' || path[root] == '\0'))
		return STATUS_SUCCESS;
	return strchr(path + 1, '\\') != NULL ? STATUS_OBJECT_PATH_NOT_FOUND
	                                      : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS
find_place(HANDLE root, const char *path, struct place *place)
{
	struct object *object;
	NTSTATUS status;

	*place = (struct place){ .path = path, .relative = root != NULL };
	if (root == NULL) {
		status = check_absolute(path);
		if (!NT_SUCCESS(status))
			return status;
		place->registry = nt_attached();
		return place->registry != NULL ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY;
	}
	status = nt_handle_find_key(root, 0, &object);
	if (!NT_SUCCESS(status))
		return status;
	if (path[0] == '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	place->registry = object->registry;
	place->parent = object->key;
	return STATUS_SUCCESS;
}

static NTSTATUS
open_place(const struct place *place, const char *path, uint32_t flags, reg_key *ret_key)
{
	return nt_status(registry_open_key(
	    place->registry, place->relative ? &place->parent : NULL, path, flags, ret_key));
}

/*
 * Make the last component of a path, in a text that this may cut. The engine would make every
 * missing component; the kernel's call does not.
 */
static NTSTATUS
create_leaf(const struct place *place, char *path, uint32_t flags, reg_key *ret_key)
{
	size_t length = strlen(path);
	struct place parent = *place;
	bool created;
	char *leaf;
	NTSTATUS status;

	if (length > 0 && path[length - 1] == '\\')
		path[length - 1] = '\0';
	leaf = strrchr(path, '\\');
	if (leaf != NULL) {
		*leaf++ = '\0';
		status = open_place(place, path, 0, &parent.parent);
		if (!NT_SUCCESS(status))
			return status;
	} else {
		leaf = path;
	}
	return nt_status(
	    registry_create_key(place->registry, &parent.parent, leaf, flags, ret_key, &created));
}

/* Open a key, or make it; *ret_created says which. */
static NTSTATUS
open_or_create(const struct place *place, ULONG options, reg_key *ret_key, bool *ret_created)
{
	bool link = (options & REG_OPTION_CREATE_LINK) != 0;
	bool as_link = link || (options & REG_OPTION_OPEN_LINK) != 0;
	uint32_t flags = ((options & REG_OPTION_VOLATILE) != 0 ? REGISTRY_VOLATILE : 0) |
	                 (link ? REGISTRY_CREATE_LINK : 0);
	NTSTATUS status = open_place(place, place->path, as_link ? REGISTRY_OPEN_LINK : 0, ret_key);
	char *path;

	*ret_created = false;
	if (NT_SUCCESS(status) && link)
		return STATUS_OBJECT_NAME_COLLISION;
	if (status != STATUS_OBJECT_NAME_NOT_FOUND)
		return status;
	path = strdup(place->path);
	if (path == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = create_leaf(place, path, flags, ret_key);
	free(path);
	*ret_created = NT_SUCCESS(status);
	return status;
}

/* The same with the class that a new key gets, in one transaction. */
static NTSTATUS
create_key(const struct place *place, PCUNICODE_STRING class, ULONG options, reg_key *ret_key,
    bool *ret_created)
{
	bool own;
	NTSTATUS status;

	if (class == NULL || class->Length == 0)
		return open_or_create(place, options, ret_key, ret_created);
	own = lstatus_ok(registry_begin(place->registry, NULL)); /* else in the caller's */
	status = open_or_create(place, options, ret_key, ret_created);
	if (NT_SUCCESS(status) && *ret_created)
		status = nt_status(
		    registry_set_class(place->registry, *ret_key, class->Buffer, class->Length));
	if (own && NT_SUCCESS(status))
		status = nt_status(registry_commit(place->registry));
	else if (own)
		registry_rollback(place->registry);
	return status;
}

/* --- The calls' parameters ----------------------------------------------------------------------
 */

/* The name in the attributes, as UTF-8 appended to `path`. */
static NTSTATUS
check_attributes(const OBJECT_ATTRIBUTES *attributes, struct buf *path)
{
	if (attributes == NULL)
		return STATUS_ACCESS_VIOLATION;
	if (attributes->Length != sizeof(*attributes) ||
	    (attributes->Attributes & ~OBJ_VALID_ATTRIBUTES) != 0)
		return STATUS_INVALID_PARAMETER;
	return nt_name_to_utf8(attributes->ObjectName, path);
}

NTSTATUS
ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition)
{
	struct buf path = { 0 };
	struct place place;
	reg_key key;
	bool created = false;
	NTSTATUS status;

	UNREFERENCED_PARAMETER(TitleIndex);
	if (KeyHandle == NULL)
		return STATUS_ACCESS_VIOLATION;
	if ((CreateOptions & ~CREATE_OPTIONS) != 0)
		return STATUS_INVALID_PARAMETER;
	status = check_attributes(ObjectAttributes, &path);
	if (NT_SUCCESS(status) && (ObjectAttributes->Attributes & OBJ_OPENLINK) != 0)
		CreateOptions |= REG_OPTION_OPEN_LINK;
	if (NT_SUCCESS(status))
		status = find_place(ObjectAttributes->RootDirectory, buf_text(&path), &place);
	if (NT_SUCCESS(status))
		status = create_key(&place, Class, CreateOptions, &key, &created);
	if (NT_SUCCESS(status))
		status = nt_handle_open_key(place.registry, key, DesiredAccess, KeyHandle);
	if (NT_SUCCESS(status) && Disposition != NULL)
		*Disposition = created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
	buf_release(&path);
	return status;
}

NTSTATUS
ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    ULONG OpenOptions)
{
	struct buf path = { 0 };
	struct place place;
	uint32_t flags = 0;
	reg_key key;
	NTSTATUS status;

	if (KeyHandle == NULL)
		return STATUS_ACCESS_VIOLATION;
	if ((OpenOptions & ~OPEN_OPTIONS) != 0)
		return STATUS_INVALID_PARAMETER;
	status = check_attributes(ObjectAttributes, &path);
	if (NT_SUCCESS(status) && ((ObjectAttributes->Attributes & OBJ_OPENLINK) != 0 ||
	                              (OpenOptions & REG_OPTION_OPEN_LINK) != 0))
		flags = REGISTRY_OPEN_LINK;
	if (NT_SUCCESS(status))
		status = find_place(ObjectAttributes->RootDirectory, buf_text(&path), &place);
	if (NT_SUCCESS(status))
		status = open_place(&place, place.path, flags, &key);
	if (NT_SUCCESS(status))
		status = nt_handle_open_key(place.registry, key, DesiredAccess, KeyHandle);
	buf_release(&path);
	return status;
}

NTSTATUS
ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
	return ZwOpenKeyEx(KeyHandle, DesiredAccess, ObjectAttributes, 0);
}

NTSTATUS
nt_key_open_path(HANDLE root, const char *path, bool create, ACCESS_MASK desired,
    PULONG ret_disposition, HANDLE *ret_handle)
{
	struct place place;
	reg_key key;
	bool created = false;
	NTSTATUS status = find_place(root, path, &place);

	if (NT_SUCCESS(status))
		status = create ? open_or_create(&place, 0, &key, &created)
		                : open_place(&place, place.path, 0, &key);
	if (NT_SUCCESS(status))
		status = nt_handle_open_key(place.registry, key, desired, ret_handle);
	if (NT_SUCCESS(status) && ret_disposition != NULL)
		*ret_disposition = created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
	return status;
}

/* --- Delete, rename -----------------------------------------------------------------------------
 */

NTSTATUS
ZwDeleteKey(HANDLE KeyHandle)
{
	struct object *object;
	NTSTATUS status = nt_handle_find_key(KeyHandle, DELETE, &object);

	if (!NT_SUCCESS(status))
		return status;
	status = nt_status(registry_delete_key(object->registry, object->key));
	return status == STATUS_ACCESS_DENIED ? STATUS_CANNOT_DELETE : status;
}

NTSTATUS
ZwRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName)
{
	struct buf name = { 0 };
	struct object *object;
	NTSTATUS status = nt_handle_find_key(KeyHandle, KEY_WRITE, &object);

	if (!NT_SUCCESS(status))
		return status;
	status = NewName != NULL ? nt_name_to_utf8(NewName, &name) : STATUS_ACCESS_VIOLATION;
	if (NT_SUCCESS(status))
		status =
		    nt_status(registry_rename_key(object->registry, object->key, buf_text(&name)));
	buf_release(&name);
	return status;
}

NTSTATUS
ZwFlushKey(HANDLE KeyHandle)
{
	struct reg_key_info info;
	struct object *object;
	NTSTATUS status = nt_handle_find_key(KeyHandle, 0, &object);

	/* Committed writes are on disk; what is left to say is whether the key is still there. */
	if (NT_SUCCESS(status))
		status = nt_status(registry_query_info(object->registry, object->key, &info));
	return status;
}
