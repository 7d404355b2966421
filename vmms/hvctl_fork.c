/*
 * hvctl fork: another host that is a copy of this one.
 *
 * The copy is made beside its place and then renamed: the target is whole or not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/base/unix.h"
#include "regstore/store/store.h"
#include "vmms/host_files.h"
#include "vmms/hvctl_history.h"

#define DATABASE "registry.db"

/* --- Files ------------------------------------------------------------------------------------ */

/* What belongs to the running host, or is copied otherwise. */
static bool
is_left_out(const char *name)
{
	return strcmp(name, "run") == 0 || strcmp(name, "log") == 0 ||
	       strncmp(name, "registry.", strlen("registry.")) == 0;
}

static bool
copy_files(const char *root, const char *target, struct buf *error)
{
	int from = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int to = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = from >= 0 && to >= 0;

	if (done)
		done = host_files_copy(from, to, is_left_out, error);
	else
		buf_printf(error, "%s: %s", from < 0 ? root : target, strerror(errno));

	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return done;
}

/* --- The copy --------------------------------------------------------------------------------- */

/* Bring the copy back to what it was after a write: by new writes in it, as revert does. */
static bool
go_back(const char *folder, uint64_t number, struct buf *error)
{
	struct registry_options options = {
		.mode = REGISTRY_OPEN, .channel = "hvctl", .error = error
	};
	struct reg_revert revert = { .first = number + 1, .comment = "fork" };
	struct buf conflicts = { 0 };
	struct registry *registry = NULL;
	const char *text;
	lstatus status = registry_open(folder, &options, &registry);

	if (!lstatus_ok(status))
		return false;
	registry_write_number(registry, &revert.last);
	if (revert.last >= revert.first)
		status = registry_revert(registry, &revert, NULL, NULL, &conflicts);
	text = hvctl_roots_text(registry, &revert, status);
	if (text != NULL)
		buf_append_text(error, text);
	else if (!lstatus_ok(status))
		buf_printf(error, "%s %s", lstatus_text(status), registry_error(registry));
	buf_release(&conflicts);
	registry_close(registry);
	return lstatus_ok(status);
}

/* Fill the new folder. `at` NULL: as it is now. */
static bool
fill(struct registry *registry, const char *root, const char *folder, const uint64_t *at,
    struct buf *error)
{
	struct buf path = { 0 };
	lstatus status;

	buf_printf(&path, "%s/" DATABASE, folder);
	status = path.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                     : store_copy(registry_store(registry), buf_text(&path));
	buf_release(&path);
	if (!lstatus_ok(status)) {
		buf_printf(error, "%s %s", lstatus_text(status), registry_error(registry));
		return false;
	}
	return copy_files(root, folder, error) && (at == NULL || go_back(folder, *at, error));
}

/* Whether the target lies in the host that it is to be a copy of. */
static bool
is_within(const char *root, const char *target)
{
	char *copy = strdup(target);
	char *slash = copy != NULL ? strrchr(copy, '/') : NULL;
	char from[PATH_MAX];
	char to[PATH_MAX];
	bool within;

	if (slash != NULL)
		slash[slash == copy] = '\0';
	within = realpath(root, from) != NULL && realpath(slash != NULL ? copy : ".", to) != NULL &&
	         strncmp(from, to, strlen(from)) == 0 &&
	         (to[strlen(from)] == '/' || to[strlen(from)] == '\0');
	free(copy);
	return within;
}

bool
hvctl_copy_host(struct registry *registry, const char *root, const char *target, const uint64_t *at,
    struct buf *error)
{
	struct buf folder = { 0 };
	bool made = false;
	bool done = false;

	buf_printf(&folder, "%s.XXXXXX", target);
	if (!folder.failed)
		made = mkdtemp((char *)(uintptr_t)buf_text(&folder)) != NULL;
	if (!made)
		buf_printf(error, "%s: %s", target, strerror(errno));
	else if (fill(registry, root, buf_text(&folder), at, error)) {
		done =
		    renameat2(AT_FDCWD, buf_text(&folder), AT_FDCWD, target, RENAME_NOREPLACE) == 0;
		if (!done)
			buf_printf(error, "%s: %s", target, strerror(errno));
	}
	if (made && !done)
		unix_remove_tree(buf_text(&folder));
	buf_release(&folder);
	return done;
}

/* --- The command ------------------------------------------------------------------------------ */

static int
fork_host(struct hvctl *hvctl, struct registry *registry, const char *target, const char *moment)
{
	int64_t begin = clock_monotonic_ns();
	struct buf error = { 0 };
	uint64_t number = 0;
	bool done = true;
	double ms;

	if (moment != NULL)
		done = lstatus_ok(registry_find_moment(registry, moment, &number, &error));
	done = done && hvctl_copy_host(
	                   registry, hvctl->root, target, moment != NULL ? &number : NULL, &error);
	ms = (double)(clock_monotonic_ns() - begin) / 1e6;
	if (!done)
		hvctl_fail(hvctl, "%s", buf_text(&error));
	buf_release(&error);
	if (!done)
		return EXIT_FAILURE;
	if (hvctl->json)
		return hvctl_print_json(hvctl,
		    json_pack("{s:s, s:s, s:o, s:f}", "root", target, "from", hvctl->root, "at",
		        moment != NULL ? json_integer((json_int_t)number) : json_null(), "ms", ms));
	printf("The host in %s is a copy of this one. Boot it with \"hvctl --root %s up\".\n",
	    target, target);
	return EXIT_SUCCESS;
}

int
hvctl_fork(struct hvctl *hvctl, int argc, char **argv)
{
	const char *target = NULL;
	const char *moment = NULL;
	struct registry *registry;
	struct stat stat;
	int result;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--at") == 0 && i + 1 < argc)
			moment = argv[++i];
		else if (argv[i][0] != '-' && target == NULL)
			target = argv[i];
		else
			return hvctl_misused(hvctl, "expected a folder, and --at with a moment");
	}
	if (target == NULL || target[0] == '\0')
		return hvctl_misused(hvctl, "expected the folder of the new host");
	if (lstat(target, &stat) == 0)
		return hvctl_fail(hvctl, "%s is there already; name a folder that is not", target);
	if (is_within(hvctl->root, target))
		return hvctl_fail(hvctl, "%s lies within the host itself", target);
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	result = fork_host(hvctl, registry, target, moment);
	registry_close(registry);
	return result;
}
