/*
 * Fuzz target: a hive file, its checksum put right, loaded into a registry and rolled back.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "regstore/formats/hive_image.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct registry *registry;
static reg_key top;
static char root[] = "/tmp/hvemu-fuzz-XXXXXX";

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = true };

	if (mkdtemp(root) == NULL || !lstatus_ok(registry_open(root, &options, &registry)) ||
	    !lstatus_ok(registry_create_key(registry, NULL, "HKLM\\SOFTWARE\\T", 0, &top, NULL)))
		abort();
	return 0;
}

/* A file in memory; -1 if there cannot be one. */
static int
make_file(const uint8_t *data, size_t size)
{
	uint8_t base[HIVE_BASE_SIZE];
	size_t head = size < sizeof(base) ? size : sizeof(base);
	int file = memfd_create("hive", MFD_CLOEXEC);

	if (file < 0)
		return -1;
	memcpy(base, data, head);
	if (head == sizeof(base))
		hive_put32(base + HIVE_CHECKSUM_AT, hive_checksum(base));
	if (write(file, base, head) != (ssize_t)head ||
	    write(file, data + head, size - head) != (ssize_t)(size - head)) {
		close(file);
		return -1;
	}
	return file;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reg_hive_report report = { 0 };
	int file = make_file(data, size);
	char name[64];
	lstatus status;

	if (file < 0)
		return 0;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
	if (!lstatus_ok(registry_begin(registry, NULL)))
		abort();
	status = hive_load(registry, name, top, REG_HIVE_REPLACE, &report);
	if (lstatus_ok(status) != (report.message[0] == '\0'))
		abort();
	registry_rollback(registry);
	reg_hive_report_release(&report);
	close(file);
	return 0;
}
