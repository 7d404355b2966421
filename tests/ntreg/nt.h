/*
 * What the tests of the kernel face share.
 */
#ifndef TESTS_NTREG_NT_H
#define TESTS_NTREG_NT_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/host.h"

#include "regstore/ntreg/ntreg.h"

#define POISON   0xa5
#define KEY_PATH u"\\Registry\\Machine\\Software\\Acme\\Driver"

#define W(literal) ((PWSTR)(literal))

/* A counted string of a literal, whose NULs inside count. */
#define US(literal)                                                                                \
	(&(UNICODE_STRING){ sizeof(literal) - sizeof(WCHAR), sizeof(literal), W(literal) })

#define assert_status(actual, expected)                                                            \
	assert_status_at((actual), (expected), #actual, __FILE__, __LINE__)

static inline void
assert_status_at(NTSTATUS actual, NTSTATUS expected, const char *what, const char *file, int line)
{
	if (actual == expected)
		return;
	print_error("%s: expected %08x, got %08x\n", what, (unsigned)expected, (unsigned)actual);
	_fail(file, line);
}

/* A host with KEY_PATH in it, attached. */
static inline int
nt_setup(void **state)
{
	if (host_setup(state) != 0)
		return -1;
	ntreg_attach(((struct host *)*state)->registry);
	return host_key(((struct host *)*state)->registry, "HKLM\\SOFTWARE\\Acme\\Driver").id > 0
	           ? 0
	           : -1;
}

static inline int
nt_teardown(void **state)
{
	ntreg_detach(((struct host *)*state)->registry);
	return host_teardown(state);
}

static inline NTSTATUS
nt_open(HANDLE root, PUNICODE_STRING name, ACCESS_MASK access, PHANDLE key)
{
	OBJECT_ATTRIBUTES attributes;

	InitializeObjectAttributes(
	    &attributes, name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
	return ZwOpenKey(key, access, &attributes);
}

/* The key of the tests, with these rights. */
static inline HANDLE
nt_key(ACCESS_MASK access)
{
	HANDLE key = NULL;

	assert_status(nt_open(NULL, US(KEY_PATH), access, &key), STATUS_SUCCESS);
	return key;
}

static inline void
nt_set(HANDLE key, PUNICODE_STRING name, ULONG type, const void *data, ULONG size)
{
	assert_status(ZwSetValueKey(key, name, 0, type, (PVOID)data, size), STATUS_SUCCESS);
}

#endif
