/*
 * Operations of the kernel face. Compiled with -fshort-wchar.
 */
#include <stddef.h>
#include <stdint.h>

#include "tests/fault/operations.h"

#include "regstore/ntreg/ntreg.h"

#define KEY_PATH L"\\Registry\\Machine\\SOFTWARE\\T"

static lstatus
status_of(NTSTATUS status)
{
	if (NT_SUCCESS(status))
		return LSTATUS(ERROR_SUCCESS);
	return status == STATUS_INSUFFICIENT_RESOURCES || status == STATUS_NO_MEMORY
	           ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	           : LSTATUS(ERROR_REGISTRY_IO_FAILED);
}

static NTSTATUS
open_or_make(PCWSTR path, PHANDLE key)
{
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING name;

	RtlInitUnicodeString(&name, path);
	InitializeObjectAttributes(
	    &attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
	return ZwCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
}

lstatus
operation_ntreg_write(struct registry *registry, const char *root UNUSED)
{
	struct registry *before = ntreg_attach(registry);
	UNICODE_STRING name;
	ULONG number = 5;
	HANDLE key = NULL;
	NTSTATUS status = open_or_make(KEY_PATH L"\\a", &key);

	if (NT_SUCCESS(status)) {
		RtlInitUnicodeString(&name, L"number");
		status = ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof(number));
		ZwClose(key);
	}
	ntreg_attach(before);
	return status_of(status);
}

static NTSTATUS
read_key(HANDLE key)
{
	union {
		KEY_BASIC_INFORMATION key;
		KEY_VALUE_PARTIAL_INFORMATION value;
		UCHAR bytes[256];
	} out;
	UNICODE_STRING name;
	ULONG size = 0;
	NTSTATUS status = ZwEnumerateKey(key, 1, KeyBasicInformation, &out, sizeof(out), &size);

	RtlInitUnicodeString(&name, L"d");
	if (NT_SUCCESS(status))
		status = ZwQueryValueKey(
		    key, &name, KeyValuePartialInformation, &out, sizeof(out), &size);
	if (NT_SUCCESS(status) && (out.value.Type != REG_DWORD || out.value.Data[0] != 7))
		status = STATUS_UNSUCCESSFUL;
	return status;
}

lstatus
operation_ntreg_read(struct registry *registry, const char *root UNUSED)
{
	struct registry *before = ntreg_attach(registry);
	HANDLE key = NULL;
	NTSTATUS status = open_or_make(KEY_PATH, &key);

	if (NT_SUCCESS(status)) {
		status = read_key(key);
		ZwClose(key);
	}
	ntreg_attach(before);
	return status_of(status);
}
