/*
 * hvloader: boots a host, and keeps it up: the control set, the launch block, the kernel, the
 * services. What ends it shuts the host down.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "drivers/protocol.h"
#include "hvloader/control_set.h"
#include "hvloader/hvloader.h"
#include "hvloader/machine.h"
#include "hvloader/services.h"
#include "regstore/base/clock.h"
#include "regstore/bcd/bcd.h"
#include "regstore/formats/out_file.h"
#include "regstore/store/keeper.h"
#include "regstore/svc/events.h"
#include "regstore/svc/process.h"

#define STOP_MS 20000 /* until the kernel or a service is killed on the way down; assumed */

#define PROVIDER_HYPERVISOR "Microsoft-Windows-Hyper-V-Hypervisor"
#define PROVIDER_POWER      "Microsoft-Windows-Kernel-Power"
#define PROVIDER_EVENTLOG   "EventLog"
#define PROVIDER_SERVICES   "Service Control Manager"

/* Asks the next boot of this process for the last known good control set. */
#define BOOT_VARIABLE "HVEMU_BOOT"
#define BOOT_GOOD     "last-known-good"

struct loader {
	struct process process;
	struct machine_facts facts;
	struct launch_block block;
	struct svc_child kernel;
	struct services services;
	struct store_keeper *keeper;
	uint32_t control_set;
	int64_t began_ns;
	double boot_ms;
	bool up;      /* all stages are */
	bool reboots; /* when it has ended */
	bool last_known_good;
};

static struct loader loader;

struct services *
services_of(struct svc *svc UNUSED)
{
	return &loader.services;
}

static const char *
loader_state(struct process *process UNUSED, const char *name)
{
	return machine_fact(&loader.facts, name);
}

/* --- Before anything is read
 * ---------------------------------------------------------------------- */

/* What is missing can be put back, and the check names it. */
static const char *
advice(lstatus status)
{
	return lstatus_is(status, ERROR_FILE_NOT_FOUND)
	           ? "; \"hvctl host check\" tells what is missing, with --repair it is put back"
	           : "";
}

static bool
choose_control_set(struct svc *svc)
{
	const char *boot = getenv(BOOT_VARIABLE);
	bool good = boot != NULL && strcmp(boot, BOOT_GOOD) == 0;
	const char *key = "HKLM\\SYSTEM\\Select: ";
	lstatus status = control_set_choose(svc->registry, good, &loader.control_set);

	loader.last_known_good = good;
	unsetenv(BOOT_VARIABLE);
	if (lstatus_ok(status)) {
		key = "";
		status = registry_boot(svc->registry);
	}
	if (!lstatus_ok(status)) {
		svc_failed(svc, "the registry does not boot: %s%s%s", key, lstatus_text(status),
		    advice(status));
		return false;
	}
	machine_facts_read(svc->registry, &loader.facts);
	svc_log(svc, "control set %u%s", loader.control_set, good ? " (last known good)" : "");
	return true;
}

/* While the host is up no writer waits for the write-ahead log. */
static bool
start_keeper(struct svc *svc)
{
	lstatus status = store_keeper_start(svc->root, &loader.keeper);

	if (!lstatus_ok(status))
		svc_failed(svc, "the write-ahead log has no keeper: %s", lstatus_text(status));
	return lstatus_ok(status);
}

static void
stop_keeper(struct svc *svc UNUSED)
{
	store_keeper_stop(loader.keeper);
}

/* --- The launch block
 * ----------------------------------------------------------------------------- */

static void
block_path(const struct svc *svc, struct buf *out)
{
	buf_printf(out, "%s/run/launch-block", svc->root);
}

static bool
write_block(struct svc *svc, const char *path)
{
	struct out_file out;
	lstatus status = out_file_begin(&out, path);

	if (lstatus_ok(status)) {
		if (fwrite(&loader.block, sizeof(loader.block), 1, out.file) != 1)
			status = LSTATUS(ERROR_WRITE_FAULT);
		status = out_file_end(&out, status);
	}
	if (!lstatus_ok(status))
		svc_failed(svc, "%s cannot be written: %s", path, lstatus_text(status));
	return lstatus_ok(status);
}

static bool
launch(struct svc *svc)
{
	struct module_object *object = process_module(process_of(svc), "hvloader");
	ntstatus status = HvlLoadHypervisor(object, &loader.block);
	struct buf path = { 0 };
	lstatus booted;
	bool done;

	if (!ntstatus_ok(status)) {
		svc_failed(svc, "the launch block cannot be made: %s", ntstatus_name(status));
		return false;
	}
	block_path(svc, &path);
	done = write_block(svc, buf_text(&path));
	buf_release(&path);
	if (!done)
		return false;
	booted = bcd_boot(svc->registry);
	if (!lstatus_ok(booted))
		svc_log(svc, "the booted entry is not known: %s", lstatus_text(booted));
	if (loader.block.hypervisor != 0)
		event_write(svc->registry, svc->root, PROVIDER_HYPERVISOR, 2, EVENT_INFORMATION,
		    json_pack("{s:i}", "SchedulerType", (int)loader.block.scheduler),
		    "Hypervisor scheduler type is 0x%x.", loader.block.scheduler);
	return true;
}

static void
remove_block(struct svc *svc)
{
	struct buf path = { 0 };

	block_path(svc, &path);
	unlink(buf_text(&path));
	buf_release(&path);
}

/* --- The kernel
 * ----------------------------------------------------------------------------------- */

static void
kernel_ready(struct svc_child *child UNUSED)
{
}

/* What CrashControl\AutoReboot says; without it the host stays down. */
static bool
reboots_by_itself(struct registry *registry)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	reg_key key;
	bool on = lstatus_ok(registry_open_key(registry, NULL,
	              "HKLM\\SYSTEM\\CurrentControlSet\\Control\\CrashControl", 0, &key)) &&
	          lstatus_ok(registry_query_value(registry, key, "AutoReboot", &type, &data)) &&
	          type == REG_DWORD && data.size == 4 && data.data[0] != 0;

	buf_release(&data);
	return on;
}

static void
kernel_ended(struct svc_child *child)
{
	if (!loader.up || loader.services.closing)
		return;
	event_write(child->svc->registry, child->svc->root, PROVIDER_POWER, 41, EVENT_CRITICAL,
	    NULL, "The system has rebooted without cleanly shutting down first.");
	svc_log(child->svc, "the kernel ended with status %d, signal %d: the host goes down",
	    child->status, child->signal);
	loader.reboots = reboots_by_itself(child->svc->registry);
	svc_stop(child->svc);
}

static bool
start_kernel(struct svc *svc)
{
	struct buf path = { 0 };
	struct buf variable = { 0 };
	const char *environment[2] = { 0 };

	block_path(svc, &path);
	buf_printf(&variable, "%s=%s", LAUNCH_BLOCK_VARIABLE, buf_text(&path));
	environment[0] = buf_text(&variable);
	loader.kernel.ready = kernel_ready;
	loader.kernel.ended = kernel_ended;
	svc_child_start(svc, &loader.kernel, KERNEL_NAME, NULL, environment);
	buf_release(&path);
	buf_release(&variable);
	while (loader.kernel.pid > 0 && !loader.kernel.is_ready)
		uv_run(svc->loop, UV_RUN_ONCE);
	if (!loader.kernel.is_ready)
		svc_failed(svc, "%s does not start: %s", KERNEL_NAME, loader.kernel.fault);
	return loader.kernel.is_ready;
}

static void
kill_kernel(struct svc_child *child)
{
	svc_log(child->svc, "the kernel does not end, and is killed");
	svc_child_kill(child, SIGKILL);
}

static void
stop_kernel(struct svc *svc)
{
	loader.services.closing = true;
	svc_child_kill(&loader.kernel, SIGTERM);
	svc_child_set_timer(&loader.kernel, STOP_MS, kill_kernel);
	while (loader.kernel.pid > 0)
		uv_run(svc->loop, UV_RUN_ONCE);
	remove_block(svc);
}

/* --- The services
 * --------------------------------------------------------------------------------- */

/* A service's failure action asks for it. */
static void
reboot_host(struct services *services)
{
	loader.reboots = true;
	svc_stop(services->svc);
}

static bool
start_services(struct svc *svc)
{
	loader.services.svc = svc;
	loader.services.reboot = reboot_host;
	return services_read(&loader.services) && services_start_all(&loader.services);
}

static void
stop_services(struct svc *svc)
{
	services_stop_all(&loader.services, STOP_MS);
	services_release(&loader.services);
	event_write(svc->registry, svc->root, PROVIDER_EVENTLOG, 6006, EVENT_INFORMATION, NULL,
	    "The Event log service was stopped.");
}

/* All is up: journal the boot, and keep its control set as the last known good one. */
static bool
boot_is_good(struct svc *svc)
{
	lstatus status = control_set_good(svc->registry);

	if (!lstatus_ok(status))
		svc_log(svc, "no last known good control set: %s", lstatus_text(status));
	loader.up = true;
	loader.boot_ms = (double)(clock_monotonic_ns() - loader.began_ns) / 1e6;
	event_write(svc->registry, svc->root, PROVIDER_EVENTLOG, 6005, EVENT_INFORMATION, NULL,
	    "The Event log service was started.");
	return true;
}

/* --- Methods
 * -------------------------------------------------------------------------------------- */

static json_t *
call_boot(struct svc *svc, const json_t *params UNUSED, struct svc_call *call UNUSED)
{
	struct module_object *object = process_module(process_of(svc), "hvloader");

	return json_pack("{s:i, s:b, s:f, s:i, s:b, s:i, s:o}", "control_set",
	    (int)loader.control_set, "last_known_good", loader.last_known_good, "boot_ms",
	    loader.boot_ms, "kernel_pid", (int)loader.kernel.pid, "hypervisor",
	    loader.block.hypervisor != 0, "scheduler", (int)loader.block.scheduler, "launch_block",
	    launch_explain(object, &loader.block));
}

static json_t *
call_reboot(struct svc *svc, const json_t *params, struct svc_call *call UNUSED)
{
	loader.reboots = true;
	if (json_is_true(json_object_get(params, "last_known_good")))
		setenv(BOOT_VARIABLE, BOOT_GOOD, 1);
	svc_stop(svc);
	return json_object();
}

static const struct svc_method own_methods[] = {
	{ "boot", call_boot,
	    "this boot: its control set, and where each field of the launch block "
	    "comes from" },
	{ "reboot", call_reboot, "shut the host down and boot it again; {last_known_good}" },
	{ 0 },
};

static const struct svc_stage before[] = {
	{ "log keeper", start_keeper, stop_keeper },
	{ "control set", choose_control_set, NULL },
	{ 0 },
};

static const struct svc_stage after[] = {
	{ "launch", launch, NULL },
	{ "kernel", start_kernel, stop_kernel },
	{ "services", start_services, stop_services },
	{ "boot", boot_is_good, NULL },
	{ 0 },
};

/* Become the next boot of the same host. */
static int
boot_again(char **argv)
{
	execv("/proc/self/exe", argv);
	return EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct svc_method methods[8] = { 0 };
	size_t count = 0;
	int status;

	for (const struct svc_method *at = own_methods; at->name != NULL; at++)
		methods[count++] = *at;
	for (const struct svc_method *at = service_methods; at->name != NULL; at++)
		methods[count++] = *at;
	loader.began_ns = clock_monotonic_ns();
	loader.process = (struct process){
		.name = HVLOADER_NAME,
		.doc = "boots a host and keeps it up: the kernel, then the services",
		.modules = hvloader_modules,
		.before = before,
		.after = after,
		.methods = methods,
		.state = loader_state,
		.self = &loader,
	};
	status = process_main(&loader.process, argc, argv);
	return loader.reboots && status == EXIT_SUCCESS ? boot_again(argv) : status;
}
