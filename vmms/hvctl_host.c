/*
 * Making, booting and shutting down a host.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/protocol.h"
#include "regstore/base/clock.h"
#include "regstore/svc/client.h"
#include "vmms/hvctl.h"

#define CALL_TIMEOUT_MS 30000
#define STOP_TIMEOUT_MS 30000

static struct registry *
open_with(const struct hvctl *hvctl, const struct registry_options *options)
{
	struct registry *registry = NULL;
	lstatus status = registry_open(hvctl->root, options, &registry);

	if (lstatus_ok(status))
		return registry;
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		hvctl_fail(hvctl, "there is no host in %s; make one with \"hvctl host create\"",
		    hvctl->root);
	else
		hvctl_fail(
		    hvctl, "%s: %s (%s)", hvctl->root, lstatus_text(status), lstatus_name(status));
	return NULL;
}

struct registry *
hvctl_open(const struct hvctl *hvctl, enum registry_mode mode)
{
	struct registry_options options = { .mode = mode, .channel = "hvctl" };

	return open_with(hvctl, &options);
}

enum hvctl_asked
hvctl_ask(const struct hvctl *hvctl, const char *method, json_t *params, json_t **ret_result)
{
	struct buf error = { 0 };
	enum hvctl_asked asked = ASKED_FAILED;

	switch (svc_client_call(
	    hvctl->root, KERNEL_NAME, method, params, CALL_TIMEOUT_MS, ret_result, &error)) {
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

/* --- host
 * ----------------------------------------------------------------------------------------- */

static int
create_host(struct hvctl *hvctl, bool relaxed)
{
	struct registry_options options = {
		.mode = REGISTRY_CREATE, .relaxed = relaxed, .channel = "hvctl"
	};
	struct registry *registry = open_with(hvctl, &options);
	lstatus status;

	if (registry == NULL)
		return EXIT_FAILURE;
	status = driver_install_services(registry);
	registry_close(registry);
	if (!lstatus_ok(status))
		return hvctl_fail(hvctl, "%s: %s", hvctl->root, lstatus_text(status));
	if (hvctl->json)
		return hvctl_print_json(hvctl, json_pack("{s:s}", "root", hvctl->root));
	printf("The host in %s is ready. Boot it with \"hvctl up\".\n", hvctl->root);
	return EXIT_SUCCESS;
}

static int
show_host(struct hvctl *hvctl)
{
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	uint64_t number = 0;
	json_t *result = NULL;
	enum hvctl_asked asked;

	if (registry == NULL)
		return EXIT_FAILURE;
	registry_write_number(registry, &number);
	registry_close(registry);
	asked = hvctl_ask(hvctl, "status", NULL, &result);
	json_decref(result);
	if (asked == ASKED_FAILED)
		return EXIT_FAILURE;
	result = json_pack("{s:s, s:b, s:I}", "root", hvctl->root, "up", asked == ASKED_OK,
	    "last_write", (json_int_t)number);
	if (hvctl->json)
		return hvctl_print_json(hvctl, result);
	hvctl_print_tree(result, 0);
	json_decref(result);
	return EXIT_SUCCESS;
}

int
hvctl_host(struct hvctl *hvctl, int argc, char **argv)
{
	bool relaxed = argc == 3 && strcmp(argv[2], "--relaxed") == 0;

	if (argc >= 2 && strcmp(argv[1], "create") == 0 && (argc == 2 || relaxed))
		return create_host(hvctl, relaxed);
	if (argc == 2 && strcmp(argv[1], "show") == 0)
		return show_host(hvctl);
	return hvctl_misused(hvctl, "expected \"host create\" or \"host show\"");
}

/* --- up and down
 * ---------------------------------------------------------------------------------- */

static int
report_up(struct hvctl *hvctl, pid_t pid, double milliseconds, bool already)
{
	if (hvctl->json)
		return hvctl_print_json(
		    hvctl, json_pack("{s:s, s:b, s:b, s:i, s:f}", "root", hvctl->root, "up", true,
		               "already", already, "pid", (int)pid, "boot_ms", milliseconds));
	if (already)
		printf("The host in %s is up already.\n", hvctl->root);
	else
		printf("The host in %s is up: %s is process %d, ready in %.0f ms.\n", hvctl->root,
		    KERNEL_NAME, (int)pid, milliseconds);
	return EXIT_SUCCESS;
}

int
hvctl_up(struct hvctl *hvctl, int argc, char **argv UNUSED)
{
	struct registry *registry;
	struct buf program = { 0 };
	struct buf error = { 0 };
	json_t *status = NULL;
	int64_t start = clock_monotonic_ns();
	lstatus installed;
	pid_t pid = 0;
	bool up;

	if (argc != 1)
		return hvctl_misused(hvctl, "\"up\" takes no argument");
	if (svc_client_call(hvctl->root, KERNEL_NAME, "status", NULL, CALL_TIMEOUT_MS, &status,
	        &error) == SVC_CLIENT_OK) {
		pid = (pid_t)json_integer_value(json_object_get(status, "pid"));
		json_decref(status);
		buf_release(&error);
		return report_up(hvctl, pid, 0, true);
	}
	buf_release(&error);
	registry = hvctl_open(hvctl, REGISTRY_CREATE);
	if (registry == NULL)
		return EXIT_FAILURE;
	installed = driver_install_services(registry);
	registry_close(registry);
	if (!lstatus_ok(installed))
		return hvctl_fail(hvctl, "%s: %s", hvctl->root, lstatus_text(installed));
	svc_client_program(KERNEL_NAME, &program);
	up = svc_client_start(buf_text(&program), hvctl->root, &pid, &error);
	if (!up)
		hvctl_fail(hvctl, "the host does not boot: %s", buf_text(&error));
	buf_release(&program);
	buf_release(&error);
	if (!up)
		return EXIT_FAILURE;
	return report_up(hvctl, pid, (double)(clock_monotonic_ns() - start) / 1e6, false);
}

int
hvctl_down(struct hvctl *hvctl, int argc, char **argv UNUSED)
{
	json_t *result = NULL;
	enum hvctl_asked asked;
	pid_t pid;

	if (argc != 1)
		return hvctl_misused(hvctl, "\"down\" takes no argument");
	asked = hvctl_ask(hvctl, "status", NULL, &result);
	if (asked == ASKED_FAILED)
		return EXIT_FAILURE;
	if (asked == ASKED_OK) {
		pid = (pid_t)json_integer_value(json_object_get(result, "pid"));
		json_decref(result);
		result = NULL;
		if (hvctl_ask(hvctl, "stop", NULL, &result) == ASKED_FAILED)
			return EXIT_FAILURE;
		json_decref(result);
		if (!svc_client_wait_gone(pid, STOP_TIMEOUT_MS))
			return hvctl_fail(hvctl, "process %d does not end", (int)pid);
	}
	if (hvctl->json)
		return hvctl_print_json(
		    hvctl, json_pack("{s:s, s:b}", "root", hvctl->root, "up", false));
	printf("The host in %s is down.\n", hvctl->root);
	return EXIT_SUCCESS;
}
