/*
 * The memory that stands in for a guest's.
 */
#include "vmwp/ram.h"

#include <stdlib.h>
#include <string.h>

/* The whole text as a number of megabytes; 0 if it is none. */
static unsigned
parse_megabytes(const char *text)
{
	char *end;
	unsigned long number;

	if (*text == '\0')
		return RAM_ASSUMED_MB;
	if (*text < '0' || *text > '9')
		return 0;
	number = strtoul(text, &end, 10);
	return *end == '\0' && number <= RAM_MAX_MB ? (unsigned)number : 0;
}

ntstatus
ram_make(const char *argument, struct ram *ret_ram)
{
	struct ram ram = { .megabytes = parse_megabytes(argument) };

	if (ram.megabytes == 0)
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	ram.pages = (size_t)ram.megabytes * (RAM_MEGABYTE / RAM_PAGE);
	ram.bytes = calloc(ram.pages, RAM_PAGE);
	if (ram.bytes == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	for (size_t page = 0; page < ram.pages; page += RAM_ZERO_RUN + 1)
		ram.bytes[page * RAM_PAGE] = 1;
	*ret_ram = ram;
	return NTSTATUS(STATUS_SUCCESS);
}

void
ram_release(struct ram *ram)
{
	free(ram->bytes);
	*ram = (struct ram){ 0 };
}

bool
ram_is_zero(const struct ram *ram, size_t page)
{
	static const uint8_t zero[RAM_PAGE];

	return memcmp(ram->bytes + page * RAM_PAGE, zero, RAM_PAGE) == 0;
}
