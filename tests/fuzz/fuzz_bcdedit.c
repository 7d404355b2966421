/*
 * Fuzz target: bcdedit's command line, one argument a line, upon a host of the target's own.
 * Whatever comes, the store stays one that can be listed.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hvloader/bcdedit.h"

#define FUZZ_ARGUMENTS_MAX 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/fuzz-bcdedit.XXXXXX";
static char root[64];

static int
remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
	(void)status;
	(void)flag;
	(void)walk;
	return remove(path);
}

static void
clean(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A host in a folder of its own. */
static void
prepare(void)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = true };
	struct registry *registry = NULL;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (mkdtemp(folder) == NULL || null < 0 || dup2(null, 1) < 0)
		abort();
	close(null);
	snprintf(root, sizeof(root), "%s/host", folder);
	if (!lstatus_ok(registry_open(root, &options, &registry)) ||
	    !lstatus_ok(bcd_install(registry)))
		abort();
	registry_close(registry);
	setenv("HVEMU_ROOT", root, 1);
	atexit(clean);
}

static void
check_store(void)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;
	struct bcd_objects objects;
	struct bcd bcd;

	if (!lstatus_ok(registry_open(root, &options, &registry)) ||
	    !lstatus_ok(bcd_open(registry, BCD_ROOT, &bcd)) ||
	    !lstatus_ok(bcd_list(&bcd, &objects)))
		abort();
	bcd_objects_release(&objects);
	registry_close(registry);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool prepared;
	char program[] = "bcdedit";
	char *arguments[FUZZ_ARGUMENTS_MAX + 2] = { program };
	struct buf text = { 0 };
	char *at;
	int count = 1;

	if (!prepared)
		prepare();
	prepared = true;
	buf_append(&text, data, size);
	buf_append_byte(&text, 0);
	at = (char *)text.data;
	/* Files are the hive target's; another host is none of this one's. */
	if (text.failed || strcasestr(at, "export") != NULL || strcasestr(at, "import") != NULL ||
	    strcasestr(at, "store") != NULL || strstr(at, "--root") != NULL) {
		buf_release(&text);
		return 0;
	}
	while (*at != '\0' && count <= FUZZ_ARGUMENTS_MAX) {
		char *end = strchrnul(at, '\n');
		bool more = *end != '\0';

		*end = '\0';
		arguments[count++] = at;
		at = end + more;
	}
	bcdedit_run(count, arguments);
	check_store();
	buf_release(&text);
	return 0;
}
