/*
 * A program of somebody else's: a driver's write and read of a value of its service's.
 */
#include <stdio.h>

#include "regstore/registry/registry.h"

#include "regstore/ntreg/ntreg.h"

static NTSTATUS
write_and_read(ULONG *number)
{
	ULONG answer = 42;
	RTL_QUERY_REGISTRY_TABLE table[2] = { {
	    .Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK,
	    .Name = (PWSTR)u"ANSWER",
	    .EntryContext = number,
	    .DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT,
	} };
	NTSTATUS status = RtlWriteRegistryValue(
	    RTL_REGISTRY_SERVICES, u"test", u"Answer", REG_DWORD, &answer, sizeof(answer));

	if (NT_SUCCESS(status))
		status = RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, u"test", table, NULL, NULL);
	return status;
}

int
main(int argc, char **argv)
{
	static const struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = true };
	struct registry *registry;
	ULONG number = 0;
	NTSTATUS status;

	if (argc != 2 || !lstatus_ok(registry_open(argv[1], &options, &registry)))
		return 1;
	ntreg_attach(registry);
	status = write_and_read(&number);
	ntreg_detach(registry);
	registry_close(registry);
	printf("%s\n", number == 42 ? "ok" : "not ok");
	return NT_SUCCESS(status) && number == 42 ? 0 : 1;
}
