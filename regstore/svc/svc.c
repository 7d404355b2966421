/*
 * A daemon's main: the command line, the stages up and down, the loop, signals, registry watches.
 */
#include "regstore/svc/svc.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/svc/internal.h"
#include "regstore/tunable/view.h"

#define EXIT_USAGE 2

/* --- The command line ------------------------------------------------------------------------- */

enum mode {
	MODE_RUN,
	MODE_DESCRIBE,
	MODE_CHECK,
	MODE_HELP,
	MODE_VERSION,
	MODE_USAGE,
};

static enum mode
parse(struct svc *svc, int argc, char **argv, const char **ret_root)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "describe", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	enum mode mode = MODE_RUN;
	int option;

	while ((option = getopt_long(argc, argv, "n", options, NULL)) != -1) {
		switch (option) {
		case 'r':
			*ret_root = optarg;
			break;
		case 'f':
			svc->private->foreground = true;
			break;
		case 'd':
			mode = MODE_DESCRIBE;
			break;
		case 'n':
			mode = MODE_CHECK;
			break;
		case 'h':
			return MODE_HELP;
		case 'v':
			return MODE_VERSION;
		default:
			return MODE_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument \"%s\"\n", svc->name, argv[optind]);
		return MODE_USAGE;
	}
	return mode;
}

static void
print_help(const struct svc *svc)
{
	printf(
	    "Usage: %s [--root DIR] [--foreground] [--describe | -n]\n"
	    "%s\n\n"
	    "  --root DIR    the host's folder (else $HVEMU_ROOT, else the user's default host)\n"
	    "  --foreground  print the log to standard error too\n"
	    "  --describe    print the tunables as JSON and exit\n"
	    "  -n            open the registry, check the tunables and exit\n"
	    "  --help        print this and exit\n"
	    "  --version     print the version and exit\n",
	    svc->name, svc->doc != NULL ? svc->doc : "");
}

/* Make the root absolute, so that nothing depends on the current folder. */
static bool
set_root(struct svc *svc, const char *given)
{
	struct svc_private *own = svc->private;
	struct buf path = { 0 };
	char resolved[PATH_MAX];
	bool fits;

	if (given != NULL)
		buf_append_text(&path, given);
	else
		registry_default_root(&path);
	given = buf_text(&path);
	if (realpath(given, resolved) != NULL)
		given = resolved;
	fits = !path.failed && strlen(given) < sizeof(own->root);
	if (fits)
		memcpy(own->root, given, strlen(given) + 1);
	else
		svc_failed(svc, "The path of the root is too long.");
	buf_release(&path);
	svc->root = own->root;
	return fits;
}

/* --- Opening ---------------------------------------------------------------------------------- */

void
svc_failed(struct svc *svc, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(svc->private->reason, sizeof(svc->private->reason), format, arguments);
	va_end(arguments);
}

static bool
open_catalog(struct svc *svc)
{
	struct buf error = { 0 };
	bool done = tunable_catalog_init(svc->tables, svc->table_count, &svc->catalog, &error);

	if (!done)
		svc_failed(svc, "%s", buf_text(&error));
	buf_release(&error);
	return done;
}

static bool
open_registry(struct svc *svc)
{
	struct buf error = { 0 };
	struct registry_options options = {
		.mode = REGISTRY_OPEN,
		.channel = svc->name,
		.error = &error,
	};
	lstatus status = registry_open(svc->root, &options, &svc->registry);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		svc_failed(svc, "There is no host in %s.", svc->root);
	else if (!lstatus_ok(status))
		svc_failed(
		    svc, "The registry of %s cannot be opened: %s", svc->root, buf_text(&error));
	buf_release(&error);
	return lstatus_ok(status);
}

static bool
open_run(struct svc *svc)
{
	int home = open(svc->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (home >= 0 && (mkdirat(home, "run", 0700) == 0 || errno == EEXIST))
		svc->private->run = openat(home, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (svc->private->run < 0)
		svc_failed(
		    svc, "The folder %s/run cannot be opened: %s.", svc->root, strerror(errno));
	if (home >= 0)
		close(home);
	return svc->private->run >= 0;
}

/* Lock run/<name>.lock and put our pid there. The lock, not the file, says that we live. */
static bool
take_lock(struct svc *svc)
{
	char name[64];
	char pid[16] = "";
	ssize_t length;
	int fd;

	snprintf(name, sizeof(name), "%s.lock", svc->name);
	fd = openat(svc->private->run, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		svc_failed(svc, "The file run/%s cannot be opened: %s.", name, strerror(errno));
		return false;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		length = pread(fd, pid, sizeof(pid) - 1, 0);
		pid[length > 0 ? (size_t)length : 0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		svc_failed(svc, "%s runs already on this host (process %s).", svc->name,
		    pid[0] != '\0' ? pid : "unknown");
		close(fd);
		return false;
	}
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, strlen(pid), 0) != (ssize_t)strlen(pid)) {
		svc_failed(svc, "The file run/%s cannot be written: %s.", name, strerror(errno));
		close(fd);
		return false;
	}
	svc->private->lock = fd;
	return true;
}

static void
reload(struct svc *svc)
{
	svc_log(svc, "reload");
	if (!log_open(svc))
		svc_log(svc, "%s", svc->private->reason);
	if (svc->reload != NULL)
		svc->reload(svc);
}

static void
on_signal(uv_signal_t *signal, int number)
{
	struct svc *svc = signal->data;

	if (svc->private->stopping)
		return;
	svc_log(svc, "signal %d (%s)", number, strsignal(number));
	if (number == SIGHUP)
		reload(svc);
	else
		svc_stop(svc);
}

static bool
open_loop(struct svc *svc)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	struct svc_private *own = svc->private;
	int error = uv_loop_init(&own->loop);

	own->loop_open = error == 0;
	svc->loop = &own->loop;
	for (size_t i = 0; i < ARRAY_SIZE(numbers) && error == 0; i++) {
		error = uv_signal_init(svc->loop, &own->signals[i]);
		own->signals[i].data = svc;
		if (error == 0)
			error = uv_signal_start(&own->signals[i], on_signal, numbers[i]);
	}
	if (error != 0)
		svc_failed(svc, "The event loop cannot be made: %s.", uv_strerror(error));
	return error == 0;
}

/* --- Up and down ------------------------------------------------------------------------------ */

static bool
stages_up(struct svc *svc)
{
	struct svc_private *own = svc->private;
	const struct svc_stage *stage = svc->stages;

	for (; stage != NULL && stage->name != NULL; stage++) {
		char why[sizeof(own->reason)];

		own->reason[0] = '\0';
		if (stage->up != NULL && !stage->up(svc)) {
			memcpy(why, own->reason, sizeof(why));
			svc_failed(svc, "The stage \"%s\" failed: %.*s", stage->name,
			    (int)sizeof(why) - 64, why[0] != '\0' ? why : "no reason given.");
			return false;
		}
		own->stages_up++;
		svc_log(svc, "up: %s", stage->name);
	}
	return true;
}

static void
stages_down(struct svc *svc)
{
	while (svc->private->stages_up > 0) {
		const struct svc_stage *stage = &svc->stages[--svc->private->stages_up];

		if (stage->down != NULL)
			stage->down(svc);
		svc_log(svc, "down: %s", stage->name);
	}
}

static bool
up(struct svc *svc)
{
	return open_registry(svc) && open_run(svc) && take_lock(svc) && log_open(svc) &&
	       open_catalog(svc) && open_loop(svc) && timers_open(svc) && stages_up(svc) &&
	       control_open(svc);
}

static void
close_handle(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
close_loop(struct svc *svc)
{
	struct svc_private *own = svc->private;

	if (!own->loop_open)
		return;
	control_drain(svc);
	uv_walk(svc->loop, close_handle, NULL);
	while (uv_loop_close(svc->loop) == UV_EBUSY)
		uv_run(svc->loop, UV_RUN_DEFAULT);
	own->loop_open = false;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Undo whatever is up; the lock goes last, so that a successor finds nothing of us. */
static void
down(struct svc *svc)
{
	struct svc_private *own = svc->private;

	own->stopping = true;
	if (own->watching)
		uv_poll_stop(&own->watch);
	control_close(svc);
	stages_down(svc);
	if (svc->registry != NULL)
		timers_close(svc);
	close_loop(svc);
	tunable_catalog_release(&svc->catalog);
	registry_close(svc->registry);
	svc->registry = NULL;
	if (own->lock >= 0)
		svc_log(svc, "ended");
	log_close(svc);
	close_fd(&own->run);
	if (own->lock >= 0)
		(void)!ftruncate(own->lock, 0); /* an old pid would do no harm */
	close_fd(&own->lock);
}

void
svc_stop(struct svc *svc)
{
	if (svc->private->stopping)
		return;
	svc->private->stopping = true;
	uv_stop(svc->loop);
}

/* --- Registry watches ------------------------------------------------------------------------- */

static void
on_registry(uv_poll_t *poll, int status, int events)
{
	struct svc *svc = poll->data;

	(void)events;
	if (status < 0) {
		svc_log(svc, "registry watch: %s", uv_strerror(status));
		return;
	}
	if (!registry_watch_drain(svc->registry))
		return;
	timers_woken(svc);
	if (svc->changed != NULL)
		svc->changed(svc);
}

bool
svc_watch_registry(struct svc *svc)
{
	struct svc_private *own = svc->private;
	int error;

	if (own->watching)
		return true;
	error = uv_poll_init(svc->loop, &own->watch, registry_watch_fd(svc->registry));
	if (error == 0) {
		own->watch.data = svc;
		own->watching = true;
		error = uv_poll_start(&own->watch, UV_READABLE, on_registry);
		/* To be woken is nothing to stay up for. */
		uv_unref((uv_handle_t *)&own->watch);
	}
	if (error != 0)
		svc_failed(svc, "The registry cannot be watched: %s.", uv_strerror(error));
	return error == 0;
}

/* --- Main ------------------------------------------------------------------------------------- */

static int
run(struct svc *svc)
{
	char pid[16];
	bool is_up;

	signal(SIGPIPE, SIG_IGN);
	svc->private->started = clock_monotonic_ns();
	is_up = svc->private->reason[0] == '\0' && up(svc);
	if (is_up) {
		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		svc_log(svc, "ready: process %s, version " HVEMU_VERSION, pid);
		ready_say(svc, "ready", pid);
		if (!svc->private->stopping)
			uv_run(svc->loop, UV_RUN_DEFAULT);
	} else {
		svc_log(svc, "failed: %s", svc->private->reason);
		if (!svc->private->foreground)
			fprintf(stderr, "%s: %s\n", svc->name, svc->private->reason);
		ready_say(svc, "failed", svc->private->reason);
	}
	down(svc);
	return is_up ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
describe(struct svc *svc)
{
	json_t *rows = NULL;
	int status = EXIT_FAILURE;

	if (!open_catalog(svc)) {
		fprintf(stderr, "%s: %s\n", svc->name, svc->private->reason);
		return EXIT_FAILURE;
	}
	rows = tunable_describe(&svc->catalog, NULL);
	if (rows != NULL && json_dumpf(rows, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF &&
	    fflush(stdout) == 0)
		status = EXIT_SUCCESS;
	else
		fprintf(stderr, "%s: the tunables cannot be printed\n", svc->name);
	json_decref(rows);
	tunable_catalog_release(&svc->catalog);
	return status;
}

static int
check(struct svc *svc)
{
	struct buf faults = { 0 };
	int status = EXIT_FAILURE;

	if (svc->private->reason[0] != '\0' || !open_registry(svc) || !open_catalog(svc)) {
		fprintf(stderr, "%s: %s\n", svc->name, svc->private->reason);
	} else if (tunable_catalog_check(&svc->catalog, &faults) > 0) {
		fprintf(stderr, "%s", buf_text(&faults));
	} else {
		printf("%s: the registry opens and %zu tunables are in order\n", svc->name,
		    svc->catalog.count);
		status = EXIT_SUCCESS;
	}
	buf_release(&faults);
	tunable_catalog_release(&svc->catalog);
	registry_close(svc->registry);
	return status;
}

int
svc_main(struct svc *svc, int argc, char **argv)
{
	struct svc_private private = {
		.run = -1, .lock = -1, .log = -1, .log_home = -1, .ready = -1
	};
	const char *root = NULL;
	enum mode mode;

	svc->private = &private;
	svc->catalog = (struct tunable_catalog){ 0 };
	mode = parse(svc, argc, argv, &root);
	ready_take(svc);
	if (mode <= MODE_CHECK)
		set_root(svc, root);
	switch (mode) {
	case MODE_RUN:
		return run(svc);
	case MODE_DESCRIBE:
		return describe(svc);
	case MODE_CHECK:
		return check(svc);
	case MODE_HELP:
		print_help(svc);
		return EXIT_SUCCESS;
	case MODE_VERSION:
		printf("%s (hvemu) %s\n", svc->name, HVEMU_VERSION);
		return EXIT_SUCCESS;
	case MODE_USAGE:
		break;
	}
	fprintf(stderr, "Try \"%s --help\".\n", svc->name);
	return EXIT_USAGE;
}
