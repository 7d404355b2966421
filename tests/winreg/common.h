/*
 * What the tests of the Win32 face share: a host of their own, and a key in it for each test.
 *
 * Compiled with -fshort-wchar: L"..." has 16-bit units, as on Windows.
 */
#ifndef TESTS_WINREG_COMMON_H
#define TESTS_WINREG_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/host.h"

#include "regstore/winreg/windows.h"

#define OK(call)          assert_int_equal(call, ERROR_SUCCESS)
#define FAILS(code, call) assert_int_equal(call, code)

#define POISON_BYTE   0xCC
#define POISON_NUMBER 0xCCCCCCCCu
#define POISON_KEY    ((HKEY)(ULONG_PTR)0xCCCCCCCC)

#define TEST_PATH L"SOFTWARE\\Test"

/* A buffer for data, poisoned, with what functions say about it. */
struct out {
	DWORD type;
	DWORD size;
	BYTE data[512];
};

static inline struct out
poisoned(DWORD size)
{
	struct out out;

	memset(&out, POISON_BYTE, sizeof(out));
	out.size = size;
	return out;
}

/* Whether no byte from `at` on was written to. */
static inline void
assert_poison(const struct out *out, size_t at)
{
	for (; at < sizeof(out->data); at++)
		assert_int_equal(out->data[at], POISON_BYTE);
}

/* The process's host, made at the group's start; the functions open it by HVEMU_ROOT. */
int winreg_group_setup(void **state);
int winreg_group_teardown(void **state);

/* The test's state is an open HKEY of HKLM\TEST_PATH, empty. */
int winreg_setup(void **state);
int winreg_teardown(void **state);

/* Set a value; fails the test on an error. */
void set_bytes(HKEY key, const WCHAR *name, DWORD type, const void *data, size_t size);
#define set_wide(key, name, type, text) set_bytes(key, name, type, text, sizeof(text))
void set_dword(HKEY key, const WCHAR *name, DWORD number);

/* Make or open a subkey with all rights; fails the test on an error. */
HKEY subkey(HKEY key, const WCHAR *path);

#endif
