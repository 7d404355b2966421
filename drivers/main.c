/*
 * ntoskrnl: the kernel of a host, with all its drivers.
 *
 * The loader leaves the launch block in a file that the environment names; a kernel that is started
 * without one knows nothing of a hypervisor's configuration, and boots the registry by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drivers/protocol.h"
#include "drivers/tables.h"
#include "hvloader/protocol.h"
#include "regstore/svc/process.h"

struct kernel {
	bool launched; /* there is a launch block */
	struct launch_block block;
	struct launch_word words[LAUNCH_WORDS];
};

static const char *
kernel_state(struct process *process, const char *name)
{
	const struct kernel *kernel = process->self;

	for (size_t i = 0; kernel->launched && i < LAUNCH_WORDS; i++) {
		if (strcasecmp(kernel->words[i].name, name) == 0)
			return kernel->words[i].word;
	}
	return NULL;
}

/* A block of another version, or cut off, is none. */
static bool
take_block(struct kernel *kernel, const char *path)
{
	FILE *file = fopen(path, "re");
	size_t size = file != NULL ? fread(&kernel->block, 1, sizeof(kernel->block), file) : 0;

	if (file != NULL)
		fclose(file);
	return size == sizeof(kernel->block) && kernel->block.magic == LAUNCH_BLOCK_MAGIC &&
	       kernel->block.version == LAUNCH_BLOCK_VERSION && kernel->block.size == size &&
	       memchr(kernel->block.cpu_vendor, 0, sizeof(kernel->block.cpu_vendor)) != NULL &&
	       memchr(kernel->block.backing, 0, sizeof(kernel->block.backing)) != NULL;
}

static bool
boot_registry(struct svc *svc)
{
	struct kernel *kernel = process_of(svc)->self;
	const char *path = getenv(LAUNCH_BLOCK_VARIABLE);
	lstatus status;

	if (path != NULL && !take_block(kernel, path)) {
		svc_failed(svc, "%s is no launch block of this version", path);
		return false;
	}
	if (path != NULL) {
		kernel->launched = true;
		launch_block_words(&kernel->block, kernel->words);
		return true;
	}
	status = registry_boot(svc->registry);
	if (!lstatus_ok(status))
		svc_failed(svc, "the registry does not boot: %s", lstatus_text(status));
	return lstatus_ok(status);
}

static const struct svc_stage before[] = {
	{ "registry", boot_registry, NULL },
	{ 0 },
};

int
main(int argc, char **argv)
{
	struct kernel kernel = { 0 };
	struct process process = {
		.name = KERNEL_NAME,
		.doc = "the kernel of a host: its drivers and what they make of their tunables",
		.modules = drivers,
		.before = before,
		.drivers = true,
		.state = kernel_state,
		.self = &kernel,
	};

	return process_main(&process, argc, argv);
}
