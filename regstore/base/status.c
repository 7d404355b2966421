/*
 * Names and texts of status codes, and the crossings between the families (MS-ERREF).
 */
#include "regstore/base/status.h"

#include <errno.h>
#include <stddef.h>

#include "regstore/base/macro.h"

struct code_row {
	uint32_t code;
	const char *name;
	const char *text;
};

#define X(name, number, text) { (uint32_t)(number), #name, text },
static const struct code_row win32_rows[] = {
#include "regstore/base/win32.def"
};
static const struct code_row ntstatus_rows[] = {
#include "regstore/base/ntstatus.def"
};
#undef X

/* Where a code stands twice, its first row is the way over and the others lead back only. */
static const struct {
	uint32_t nt;
	uint32_t win32;
} crossings[] = {
	{ (uint32_t)STATUS_SUCCESS, ERROR_SUCCESS },
	{ (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND, ERROR_FILE_NOT_FOUND },
	{ (uint32_t)STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER },
	{ (uint32_t)STATUS_OBJECT_NAME_INVALID, ERROR_INVALID_NAME },
	{ (uint32_t)STATUS_OBJECT_NAME_COLLISION, ERROR_ALREADY_EXISTS },
	{ (uint32_t)STATUS_ACCESS_DENIED, ERROR_ACCESS_DENIED },
	{ (uint32_t)STATUS_BUFFER_TOO_SMALL, ERROR_INSUFFICIENT_BUFFER },
	{ (uint32_t)STATUS_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY },
	{ (uint32_t)STATUS_KEY_DELETED, ERROR_KEY_DELETED },
	{ (uint32_t)STATUS_REGISTRY_CORRUPT, ERROR_BADDB },
	{ (uint32_t)STATUS_REGISTRY_CORRUPT, ERROR_REGISTRY_CORRUPT },
	{ (uint32_t)STATUS_REGISTRY_IO_FAILED, ERROR_REGISTRY_IO_FAILED },
	{ (uint32_t)STATUS_DISK_FULL, ERROR_DISK_FULL },
	{ (uint32_t)STATUS_NOT_SUPPORTED, ERROR_NOT_SUPPORTED },
	{ (uint32_t)STATUS_DEVICE_NOT_READY, ERROR_NOT_READY },
	{ (uint32_t)STATUS_IO_TIMEOUT, ERROR_SEM_TIMEOUT },
	{ (uint32_t)STATUS_IO_TIMEOUT, ERROR_TIMEOUT },
	{ (uint32_t)STATUS_OBJECT_TYPE_MISMATCH, ERROR_INVALID_HANDLE },
	{ (uint32_t)STATUS_OBJECT_TYPE_MISMATCH, ERROR_INVALID_DATA },
	{ (uint32_t)STATUS_OBJECT_PATH_NOT_FOUND, ERROR_PATH_NOT_FOUND },
	{ (uint32_t)STATUS_OBJECT_PATH_SYNTAX_BAD, ERROR_BAD_PATHNAME },
	{ (uint32_t)STATUS_CHILD_MUST_BE_VOLATILE, ERROR_CHILD_MUST_BE_VOLATILE },
};

static const struct code_row *
find_code(const struct code_row *rows, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].code == code)
			return &rows[i];
	}
	return NULL;
}

const char *
lstatus_name(lstatus status)
{
	const struct code_row *row = find_code(win32_rows, ARRAY_SIZE(win32_rows), status.code);

	return row != NULL ? row->name : "unknown error";
}

const char *
lstatus_text(lstatus status)
{
	const struct code_row *row = find_code(win32_rows, ARRAY_SIZE(win32_rows), status.code);

	return row != NULL ? row->text : "Unknown error.";
}

const char *
ntstatus_name(ntstatus status)
{
	const struct code_row *row =
	    find_code(ntstatus_rows, ARRAY_SIZE(ntstatus_rows), status.code);

	return row != NULL ? row->name : "unknown status";
}

const char *
ntstatus_text(ntstatus status)
{
	const struct code_row *row =
	    find_code(ntstatus_rows, ARRAY_SIZE(ntstatus_rows), status.code);

	return row != NULL ? row->text : "Unknown status.";
}

lstatus
lstatus_from_ntstatus(ntstatus status)
{
	for (size_t i = 0; i < ARRAY_SIZE(crossings); i++) {
		if (crossings[i].nt == status.code)
			return LSTATUS(crossings[i].win32);
	}
	return LSTATUS(ERROR_INVALID_FUNCTION);
}

ntstatus
ntstatus_from_lstatus(lstatus status)
{
	for (size_t i = 0; i < ARRAY_SIZE(crossings); i++) {
		if (crossings[i].win32 == status.code)
			return (ntstatus){ crossings[i].nt };
	}
	return NTSTATUS(STATUS_UNSUCCESSFUL);
}

lstatus
lstatus_from_errno(int error)
{
	switch (error) {
	case 0:
		return LSTATUS(ERROR_SUCCESS);
	case ENOENT:
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	case ENOTDIR:
		return LSTATUS(ERROR_PATH_NOT_FOUND);
	case EACCES:
	case EPERM:
	case EROFS:
		return LSTATUS(ERROR_ACCESS_DENIED);
	case ENOMEM:
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	case EEXIST:
		return LSTATUS(ERROR_ALREADY_EXISTS);
	case ENOSPC:
	case EDQUOT:
		return LSTATUS(ERROR_DISK_FULL);
	case ENAMETOOLONG:
	case EINVAL:
		return LSTATUS(ERROR_INVALID_PARAMETER);
	default:
		return LSTATUS(ERROR_REGISTRY_IO_FAILED);
	}
}
