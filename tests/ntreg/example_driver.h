/*
 * What the example driver tells its test.
 */
#ifndef TESTS_NTREG_EXAMPLE_DRIVER_H
#define TESTS_NTREG_EXAMPLE_DRIVER_H

#include "regstore/ntreg/ntreg.h"

typedef struct _EXAMPLE_SETTINGS {
	ULONG QueueDepth;
	ULONG Flags;
	UNICODE_STRING FriendlyName;
	ULONG Ranges;     /* strings of the REG_MULTI_SZ "Ranges" */
	ULONG BootCount;  /* what was stored, before it was raised */
	ULONG PortNumber; /* of the device */
} EXAMPLE_SETTINGS, *PEXAMPLE_SETTINGS;

extern EXAMPLE_SETTINGS ExampleSettings;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
VOID DriverUnload(PDRIVER_OBJECT DriverObject);
NTSTATUS AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject);

#endif
