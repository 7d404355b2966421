/*
 * Windows' status codes, one type a family.
 *
 * A registry function returns lstatus (Win32), a kernel-style reader ntstatus. Each is a structure
 * of one member, so that mixing the families does not compile; crossing is by a named function
 * only. Numbers, names and texts come from one list a family (win32.def, ntstatus.def).
 */
#ifndef REGSTORE_BASE_STATUS_H
#define REGSTORE_BASE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum win32_code {
#define X(name, number, text) name = number,
#include "regstore/base/win32.def"
#undef X
};

#define X(name, number, text) name = (int32_t)(number),
enum ntstatus_code {
#include "regstore/base/ntstatus.def"
};
#undef X

typedef struct lstatus {
	uint32_t code; /* an ERROR_ number */
} lstatus;

typedef struct ntstatus {
	uint32_t code; /* a STATUS_ number */
} ntstatus;

#define LSTATUS(win32_code) ((lstatus){ (uint32_t)(win32_code) })
#define NTSTATUS(nt_code)   ((ntstatus){ (uint32_t)(nt_code) })

static inline bool
lstatus_ok(lstatus status)
{
	return status.code == ERROR_SUCCESS;
}

static inline bool
lstatus_is(lstatus status, enum win32_code code)
{
	return status.code == (uint32_t)code;
}

/* True for success and informational codes (NT_SUCCESS). */
static inline bool
ntstatus_ok(ntstatus status)
{
	return (int32_t)status.code >= 0;
}

/* The code's name ("ERROR_FILE_NOT_FOUND"), or "unknown error" for a number that the list lacks. */
const char *lstatus_name(lstatus status);

/* The code's text as Windows prints it, with its full stop. */
const char *lstatus_text(lstatus status);

const char *ntstatus_name(ntstatus status);
const char *ntstatus_text(ntstatus status);

/* RtlNtStatusToDosError for the codes in the lists; ERROR_INVALID_FUNCTION for others. */
lstatus lstatus_from_ntstatus(ntstatus status);

/* The NTSTATUS that the kernel returns where the Win32 layer shows this code. */
ntstatus ntstatus_from_lstatus(lstatus status);

/* The Win32 code that stands for an errno of a host system call. */
lstatus lstatus_from_errno(int error);

#endif
