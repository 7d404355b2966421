/*
 * Making, booting and shutting down a host.
 */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/protocol.h"
#include "hvloader/protocol.h"
#include "regstore/base/clock.h"
#include "regstore/registry/history.h"
#include "regstore/svc/client.h"
#include "vmms/hvctl_history.h"

#define CALL_TIMEOUT_MS 30000
#define STOP_TIMEOUT_MS 600000 /* the machines of a host may take their time */

static struct registry *
open_with(const struct hvctl *hvctl, struct registry_options options)
{
	struct registry *registry = NULL;
	struct buf error = { 0 };
	lstatus status;

	options.error = &error;
	status = registry_open(hvctl->root, &options, &registry);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		hvctl_fail(hvctl, "there is no host in %s; make one with \"hvctl host create\"",
		    hvctl->root);
	else if (!lstatus_ok(status))
		hvctl_fail(hvctl, "%s: %s", hvctl->root, buf_text(&error));
	buf_release(&error);
	return registry;
}

bool
hvctl_moment(
    const struct hvctl *hvctl, struct registry *registry, const char *text, uint64_t *ret_number)
{
	struct buf error = { 0 };
	lstatus status = registry_find_moment(registry, text, ret_number, &error);

	if (!lstatus_ok(status))
		hvctl_fail(hvctl, "%s", error.size > 0 ? buf_text(&error) : lstatus_text(status));
	buf_release(&error);
	return lstatus_ok(status);
}

struct registry *
hvctl_open(const struct hvctl *hvctl, enum registry_mode mode)
{
	struct registry_options options = { .mode = mode, .channel = "hvctl" };
	struct registry *registry = open_with(hvctl, options);
	uint64_t number;
	lstatus status;

	if (registry == NULL || hvctl->as_of == NULL)
		return registry;
	if (hvctl_moment(hvctl, registry, hvctl->as_of, &number)) {
		status = registry_go_back(registry, number);
		if (lstatus_ok(status))
			return registry;
		hvctl_fail(
		    hvctl, "the registry cannot be shown as it was: %s", lstatus_text(status));
	}
	registry_close(registry);
	return NULL;
}

int
hvctl_no_path(const struct hvctl *hvctl, const char *path)
{
	return hvctl_fail(hvctl,
	    "\"%s\" is no key: a key is HKLM, HKCU, HKCR, HKU or HKCC, then a backslash before "
	    "each "
	    "subkey's name",
	    path);
}

bool
hvctl_open_key(const struct hvctl *hvctl, struct registry *registry, const char *path,
    uint32_t flags, reg_key *ret_key)
{
	lstatus status = registry_open_key(registry, NULL, path, flags, ret_key);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		hvctl_fail(hvctl, "there is no key %s%s%s", path,
		    hvctl->as_of != NULL ? " as of " : "",
		    hvctl->as_of != NULL ? hvctl->as_of : "");
	else if (lstatus_is(status, ERROR_BAD_PATHNAME))
		hvctl_no_path(hvctl, path);
	else if (!lstatus_ok(status))
		hvctl_fail(hvctl, "%s: %s", path, lstatus_text(status));
	return lstatus_ok(status);
}

enum hvctl_asked
hvctl_ask(const struct hvctl *hvctl, const char *process, const char *method, json_t *params,
    json_t **ret_result)
{
	struct buf error = { 0 };
	enum hvctl_asked asked = ASKED_FAILED;

	switch (svc_client_call(
	    hvctl->root, process, method, params, CALL_TIMEOUT_MS, ret_result, &error)) {
	case SVC_CLIENT_OK:
		asked = ASKED_OK;
		break;
	case SVC_CLIENT_NOT_RUNNING:
		asked = ASKED_DOWN;
		break;
	default:
		hvctl_fail(hvctl, "%s", buf_text(&error));
		break;
	}
	json_decref(params);
	buf_release(&error);
	return asked;
}

int
hvctl_down_error(const struct hvctl *hvctl)
{
	return hvctl_fail(hvctl, "the host in %s is down; boot it with \"hvctl up\"", hvctl->root);
}

json_t *
hvctl_sockets(const struct hvctl *hvctl, const struct host_process *process)
{
	static const char suffix[] = ".sock";
	const char *prefix = process != NULL ? process->name : "";
	json_t *names = json_array();
	struct buf path = { 0 };
	struct dirent *at;
	DIR *run;

	if (process != NULL && !process->workers) {
		if (process->program != NULL)
			json_array_append_new(names, json_string(process->name));
		return names;
	}
	buf_printf(&path, "%s/run", hvctl->root);
	run = opendir(buf_text(&path));
	buf_release(&path);
	while (run != NULL && (at = readdir(run)) != NULL) {
		size_t length = strlen(at->d_name);

		if (strncmp(at->d_name, prefix, strlen(prefix)) == 0 && length > strlen(suffix) &&
		    strcmp(at->d_name + length - strlen(suffix), suffix) == 0)
			json_array_append_new(
			    names, json_stringn(at->d_name, length - strlen(suffix)));
	}
	if (run != NULL)
		closedir(run);
	return names;
}

/* --- host
 * ----------------------------------------------------------------------------------------- */

/* Whether there is no host yet. */
static bool
is_new(const struct hvctl *hvctl)
{
	struct buf path = { 0 };
	bool new;

	buf_printf(&path, "%s/registry.db", hvctl->root);
	new = access(buf_text(&path), F_OK) != 0;
	buf_release(&path);
	return new;
}

/*
 * Put in what a host's setup leaves behind, and close the registry. A host that was `made` just now
 * gets its first snapshot, which `reset` goes back to as long as there is no other.
 */
static bool
install_in(const struct hvctl *hvctl, struct registry *registry, bool made)
{
	lstatus status = host_install(registry);
	bool ok = lstatus_ok(status);

	if (!ok)
		hvctl_fail(hvctl, "%s: %s", hvctl->root, lstatus_text(status));
	else if (made)
		ok = hvctl_take_snapshot(hvctl, registry, "created", "the host as it was made");
	registry_close(registry);
	return ok;
}

static int
create_host(struct hvctl *hvctl, int argc, char **argv)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .channel = "hvctl" };
	int64_t seed;
	struct registry *registry;
	bool made = is_new(hvctl);

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--relaxed") == 0)
			options.relaxed = true;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc &&
		         hvctl_parse_seed(argv[++i], &seed))
			options.random_seed = &seed;
		else
			return hvctl_misused(hvctl, "expected --relaxed or --seed with a number");
	}
	registry = open_with(hvctl, options);
	if (registry == NULL || !install_in(hvctl, registry, made))
		return EXIT_FAILURE;
	if (hvctl->json)
		return hvctl_print_json(
		    hvctl, json_pack("{s:s, s:b}", "root", hvctl->root, "made", made));
	printf(made ? "The host in %s is ready. Boot it with \"hvctl up\".\n"
	            : "The host in %s is there already; its seed, and how it is written, stay.\n",
	    hvctl->root);
	return EXIT_SUCCESS;
}

#define KEPT_BACK 4000u /* pages of the write-ahead log for which a reader is worth a word */

static int
show_host(struct hvctl *hvctl)
{
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	struct reg_write_ahead log = { 0 };
	uint64_t number = 0;
	json_t *result = NULL;
	enum hvctl_asked asked;

	if (registry == NULL)
		return EXIT_FAILURE;
	registry_write_number(registry, &number);
	registry_write_ahead(registry, &log);
	registry_close(registry);
	asked = hvctl_ask(hvctl, KERNEL_NAME, "status", NULL, &result);
	json_decref(result);
	if (asked == ASKED_FAILED)
		return EXIT_FAILURE;
	result = json_pack("{s:s, s:b, s:I, s:I, s:I}", "root", hvctl->root, "up",
	    asked == ASKED_OK, "last_write", (json_int_t)number, "write_ahead_log_bytes",
	    (json_int_t)log.bytes, "write_ahead_log_kept_back", (json_int_t)log.kept_back);
	if (hvctl->json)
		return hvctl_print_json(hvctl, result);
	hvctl_print_tree(result, 0);
	json_decref(result);
	if (log.kept_back >= KEPT_BACK)
		printf("A process that does not end its reading keeps the write-ahead log growing; "
		       "\"fuser %s/registry.db\" shows who has it open.\n",
		    hvctl->root);
	return EXIT_SUCCESS;
}

int
hvctl_host(struct hvctl *hvctl, int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "create") == 0)
		return create_host(hvctl, argc, argv);
	if (argc == 2 && strcmp(argv[1], "show") == 0)
		return show_host(hvctl);
	if (argc >= 2 && strcmp(argv[1], "check") == 0)
		return hvctl_check_host(hvctl, argc, argv);
	return hvctl_misused(hvctl, "expected \"host create\", \"host show\" or \"host check\"");
}

/* --- up and down
 * ---------------------------------------------------------------------------------- */

bool
hvctl_start(const struct hvctl *hvctl, const struct host_process *process, pid_t *ret_pid)
{
	struct buf program = { 0 };
	struct buf error = { 0 };
	bool up;

	svc_client_program(process->program, &program);
	up = svc_client_start(buf_text(&program), hvctl->root, ret_pid, &error);
	if (!up)
		hvctl_fail(hvctl, "%s does not start: %s", process->name, buf_text(&error));
	buf_release(&program);
	buf_release(&error);
	return up;
}

/* The pid of a process that runs; 0 if it does not, -1 if it does not answer (which was told). */
static pid_t
pid_of(const struct hvctl *hvctl, const struct host_process *process)
{
	json_t *status = NULL;
	pid_t pid;

	switch (hvctl_ask(hvctl, process->name, "status", NULL, &status)) {
	case ASKED_DOWN:
		return 0;
	case ASKED_FAILED:
		return -1;
	default:
		break;
	}
	pid = (pid_t)json_integer_value(json_object_get(status, "pid"));
	json_decref(status);
	return pid;
}

bool
hvctl_end(const struct hvctl *hvctl, const struct host_process *process)
{
	json_t *result = NULL;
	pid_t pid = pid_of(hvctl, process);

	if (pid <= 0)
		return pid == 0;
	if (hvctl_ask(hvctl, process->name, "stop", NULL, &result) == ASKED_FAILED)
		return false;
	json_decref(result);
	if (svc_client_wait_gone(pid, STOP_TIMEOUT_MS))
		return true;
	hvctl_fail(hvctl, "%s (process %d) does not end", process->name, (int)pid);
	return false;
}

/* End what a loader that died has left behind; false after it was told what does not end. */
static bool
end_strays(const struct hvctl *hvctl)
{
	bool ended = true;
	size_t count = 0;

	while (host_processes[count].name != NULL)
		count++;
	while (count-- > 0)
		ended =
		    (!host_processes[count].boots || hvctl_end(hvctl, &host_processes[count])) &&
		    ended;
	return ended;
}

/* The processes of a host that is up, by name. */
static json_t *
running_processes(const struct hvctl *hvctl)
{
	json_t *list = json_object();

	for (const struct host_process *at = host_processes; at->name != NULL; at++) {
		pid_t pid = at->boots ? pid_of(hvctl, at) : 0;

		if (pid > 0)
			json_object_set_new(list, at->name, json_integer(pid));
	}
	return list;
}

static int
report_up(struct hvctl *hvctl, json_t *started, double milliseconds, bool already)
{
	const char *name;
	json_t *pid;

	if (hvctl->json)
		return hvctl_print_json(
		    hvctl, json_pack("{s:s, s:b, s:b, s:o, s:f}", "root", hvctl->root, "up", true,
		               "already", already, "processes", started, "boot_ms", milliseconds));
	if (already)
		printf("The host in %s is up already.\n", hvctl->root);
	else
		printf("The host in %s is up, ready in %.0f ms:", hvctl->root, milliseconds);
	json_object_foreach(started, name, pid)
	{
		if (!already)
			printf(" %s (%d)", name, (int)json_integer_value(pid));
	}
	if (!already)
		putchar('\n');
	json_decref(started);
	return EXIT_SUCCESS;
}

/* Make the host if there is none, and what its setup leaves behind. */
static bool
install(const struct hvctl *hvctl)
{
	bool made = is_new(hvctl);
	struct registry *registry = hvctl_open(hvctl, REGISTRY_CREATE);

	return registry != NULL && install_in(hvctl, registry, made);
}

/* Boot a host whose loader does not run. */
static bool
boot(const struct hvctl *hvctl)
{
	pid_t pid = 0;

	return end_strays(hvctl) && install(hvctl) &&
	       hvctl_start(hvctl, host_process_find(HVLOADER_NAME), &pid);
}

bool
hvctl_boot_again(const struct hvctl *hvctl)
{
	return hvctl_end(hvctl, host_process_find(HVLOADER_NAME)) && boot(hvctl);
}

int
hvctl_boot_host(struct hvctl *hvctl)
{
	int64_t start = clock_monotonic_ns();
	bool already = pid_of(hvctl, host_process_find(HVLOADER_NAME)) > 0 &&
	               pid_of(hvctl, host_process_find(KERNEL_NAME)) > 0;

	if (!already && !boot(hvctl))
		return EXIT_FAILURE;
	return report_up(
	    hvctl, running_processes(hvctl), (double)(clock_monotonic_ns() - start) / 1e6, already);
}

int
hvctl_up(struct hvctl *hvctl, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--last-known-good") == 0)
		setenv("HVEMU_BOOT", "last-known-good", 1);
	else if (argc != 1)
		return hvctl_misused(hvctl, "\"up\" takes no argument but --last-known-good");
	return hvctl_boot_host(hvctl);
}

int
hvctl_down(struct hvctl *hvctl, int argc, char **argv UNUSED)
{
	if (argc != 1)
		return hvctl_misused(hvctl, "\"down\" takes no argument");
	if (!hvctl_end(hvctl, host_process_find(HVLOADER_NAME)) || !end_strays(hvctl))
		return EXIT_FAILURE;
	if (hvctl->json)
		return hvctl_print_json(
		    hvctl, json_pack("{s:s, s:b}", "root", hvctl->root, "up", false));
	printf("The host in %s is down.\n", hvctl->root);
	return EXIT_SUCCESS;
}

int
hvctl_reboot(struct hvctl *hvctl, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--last-known-good") == 0)
		setenv("HVEMU_BOOT", "last-known-good", 1);
	else if (argc != 1)
		return hvctl_misused(hvctl, "\"reboot\" takes no argument but --last-known-good");
	if (pid_of(hvctl, host_process_find(HVLOADER_NAME)) == 0)
		return hvctl_down_error(hvctl);
	if (!hvctl_end(hvctl, host_process_find(HVLOADER_NAME)))
		return EXIT_FAILURE;
	return hvctl_boot_host(hvctl);
}
