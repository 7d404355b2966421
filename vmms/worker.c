/*
 * The life of worker processes.
 */
#include "vmms/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/protocol.h"
#include "regstore/svc/child.h"
#include "regstore/svc/client.h"
#include "vmms/internal.h"
#include "vmms/machines.h"
#include "vmwp/protocol.h"

#define KERNEL_TIMEOUT_MS 30000
#define STOP_TIMEOUT_MS   10000 /* until a worker that was asked to end is killed; assumed */

enum worker_state { WORKER_PARTITION, WORKER_STARTING, WORKER_RUNNING, WORKER_STOPPING };

static const char *const state_names[] = { "starting", "starting", "running", "stopping" };

/* A machine that runs, or is on its way up or down. */
struct worker {
	struct worker *next;
	char guid[GUID_TEXT_SIZE];
	char *name;
	bool shielded;
	enum worker_state state;
	struct svc_child child;
	uint64_t timeout_s;      /* StartupWaitTimeout, as it was read for this start */
	json_t *configuration;   /* for the worker process */
	uv_work_t work;          /* a call of the kernel */
	bool called;             /* it is under way */
	bool over;               /* all that is left is to wait for it */
	struct buf fault;        /* why it does not start */
	struct svc_later *start; /* who waits for its start */
	struct svc_later *stop;  /* and for its end */
};

struct workers {
	struct process *process;
	struct worker *first;
	struct svc_later *shutdown; /* who waits for the end of all */
	bool closing;               /* vmms ends: the workers go on without it */
};

static struct workers workers;

static struct module_object *
vmms_object(void)
{
	return process_module(workers.process, "vmms");
}

static struct module_object *
vmwpctrl_object(void)
{
	return process_module(workers.process, "vmwpctrl");
}

static struct worker *
find_worker(const char *guid)
{
	struct worker *worker = workers.first;

	while (worker != NULL && strcmp(worker->guid, guid) != 0)
		worker = worker->next;
	return worker;
}

static json_t *
worker_json(const struct worker *worker)
{
	return json_pack("{s:s, s:s, s:s, s:i}", "guid", worker->guid, "name", worker->name,
	    "state", state_names[worker->state], "pid", (int)worker->child.pid);
}

/* --- The end
 * -------------------------------------------------------------------------------------- */

static void
forget_worker(struct worker *worker)
{
	struct worker **at = &workers.first;

	while (*at != worker)
		at = &(*at)->next;
	*at = worker->next;
	free(worker->name);
	json_decref(worker->configuration);
	buf_release(&worker->fault);
	free(worker);
	if (workers.first == NULL && workers.shutdown != NULL) {
		svc_answer(workers.shutdown, json_object());
		workers.shutdown = NULL;
	}
}

/* All is closed and the partition is gone: tell who waits, and forget. */
static void
settle_end(struct worker *worker)
{
	svc_log(workers.process->svc, "%s: %s is off", worker->guid, worker->name);
	if (worker->start != NULL)
		svc_answer_error(worker->start, SVC_FAILED, "%s does not start: %s", worker->name,
		    worker->fault.size > 0 ? buf_text(&worker->fault) : "it was stopped");
	if (worker->stop != NULL)
		svc_answer(worker->stop, worker_json(worker));
	forget_worker(worker);
}

/* Have vid do something with the machine's partition; false with a sentence in `error`. */
static bool
call_vid(const struct worker *worker, const char *operation, struct buf *error)
{
	json_t *params = json_pack(
	    "{s:s, s:s, s:s}", "module", "vid", "operation", operation, "argument", worker->guid);
	json_t *result = NULL;
	bool done = svc_client_call(workers.process->svc->root, KERNEL_NAME, "call", params,
	                KERNEL_TIMEOUT_MS, &result, error) == SVC_CLIENT_OK;

	json_decref(params);
	json_decref(result);
	return done;
}

/* Why there is no partition: without a hypervisor there can be none. */
static void
explain_partition(struct worker *worker)
{
	json_t *params = json_pack("{s:s}", "module", "winhvr");
	json_t *result = NULL;
	struct buf error = { 0 };

	if (svc_client_call(workers.process->svc->root, KERNEL_NAME, "modules", params,
	        KERNEL_TIMEOUT_MS, &result, &error) == SVC_CLIENT_OK &&
	    json_is_false(json_object_get(result, "running"))) {
		buf_clear(&worker->fault);
		buf_printf(&worker->fault,
		    "Virtual machine '%s' could not be started because the hypervisor is not "
		    "running.",
		    worker->name);
	}
	json_decref(params);
	json_decref(result);
	buf_release(&error);
}

/* Where there is none to delete, nothing is amiss. */
static void
delete_partition(uv_work_t *work)
{
	struct buf error = { 0 };

	call_vid(work->data, "delete-partition", &error);
	buf_release(&error);
}

static void
partition_deleted(uv_work_t *work, int status UNUSED)
{
	settle_end(work->data);
}

/* Nothing of the machine runs: its partition goes, and it is off. */
static void
end_worker(struct worker *worker)
{
	worker->over = true;
	if (worker->called)
		return;
	vmms_forget_machine(vmms_object(), worker->guid);
	VmWpCtrl_forget(vmwpctrl_object(), worker->guid);
	worker->work.data = worker;
	if (workers.closing || uv_queue_work(workers.process->svc->loop, &worker->work,
	                           delete_partition, partition_deleted) != 0)
		settle_end(worker);
}

static void
child_ended(struct svc_child *child)
{
	struct worker *worker = child->self;

	if (!child->let_go)
		svc_log(workers.process->svc, "%s: its process ended with status %d, signal %d",
		    worker->guid, child->status, child->signal);
	if (worker->fault.size == 0)
		buf_append_text(&worker->fault, child->fault);
	end_worker(worker);
}

static void
kill_worker(struct svc_child *child)
{
	const struct worker *worker = child->self;

	svc_log(workers.process->svc, "%s: process %d does not end, and is killed", worker->guid,
	    (int)child->pid);
	svc_child_kill(child, SIGKILL);
}

static void
stop_worker(struct worker *worker, uint64_t timeout_ms)
{
	worker->state = WORKER_STOPPING;
	if (worker->child.pid <= 0)
		return;
	svc_child_kill(&worker->child, SIGTERM);
	svc_child_set_timer(&worker->child, timeout_ms, kill_worker);
}

/* --- The start
 * ------------------------------------------------------------------------------------ */

static void
child_ready(struct svc_child *child)
{
	struct worker *worker = child->self;

	if (worker->state != WORKER_STARTING)
		return; /* it was told to end meanwhile */
	svc_child_set_timer(child, 0, NULL);
	worker->state = WORKER_RUNNING;
	svc_log(workers.process->svc, "%s: %s runs in process %d", worker->guid, worker->name,
	    (int)child->pid);
	if (worker->start != NULL)
		svc_answer(worker->start, worker_json(worker));
	worker->start = NULL;
}

static struct worker *
new_worker(const struct machine *machine)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL)
		return NULL;
	worker->name = strdup(machine->name);
	if (worker->name == NULL) {
		free(worker);
		return NULL;
	}
	memcpy(worker->guid, machine->guid, sizeof(worker->guid));
	worker->shielded = machine->shielded;
	worker->next = workers.first;
	workers.first = worker;
	worker->child.self = worker;
	worker->child.ready = child_ready;
	worker->child.ended = child_ended;
	return worker;
}

static void
startup_timed_out(struct svc_child *child)
{
	struct worker *worker = child->self;

	buf_printf(&worker->fault,
	    "its worker process was not ready in %llu s (StartupWaitTimeout)",
	    (unsigned long long)worker->timeout_s);
	svc_child_kill(child, SIGKILL);
}

static void
start_process(struct worker *worker)
{
	char *configuration = json_dumps(worker->configuration, JSON_COMPACT);
	const char *arguments[] = { worker->guid, NULL };
	const char *environment[] = { NULL, NULL };
	struct buf text = { 0 };

	buf_printf(
	    &text, "%s=%s", WORKER_CONFIGURATION, configuration != NULL ? configuration : "");
	environment[0] = buf_text(&text);
	worker->state = WORKER_STARTING;
	if (svc_child_start(
	        workers.process->svc, &worker->child, WORKER_PROGRAM, arguments, environment))
		svc_child_set_timer(&worker->child, worker->timeout_s * 1000, startup_timed_out);
	free(configuration);
	buf_release(&text);
}

static void
create_partition(uv_work_t *work)
{
	struct worker *worker = work->data;

	if (!call_vid(worker, "create-partition", &worker->fault))
		explain_partition(worker);
}

static void
partition_created(uv_work_t *work, int status UNUSED)
{
	struct worker *worker = work->data;

	worker->called = false;
	if (!worker->over && worker->fault.size == 0 && worker->state == WORKER_PARTITION)
		start_process(worker);
	else
		end_worker(worker);
}

/* Read what is read at a VM start. */
static ntstatus
read_settings(struct worker *worker)
{
	struct module_object *object = vmms_object();
	ntstatus status = VmmsVirtualMachine_CreateInitContext(
	    object, worker->guid, worker->shielded, &worker->timeout_s);

	worker->configuration = json_object();
	if (ntstatus_ok(status))
		status = CreateConfigurationForWorkerProcess(
		    object, worker->guid, worker->shielded, worker->configuration);
	if (ntstatus_ok(status))
		status = VmWpCtrl_LoadWorkerAppContainerPolicy(
		    vmwpctrl_object(), worker->guid, worker->configuration);
	json_object_set_new(worker->configuration, "shielded", json_boolean(worker->shielded));
	return status;
}

static json_t *
start_machine(struct svc_call *call, const struct machine *machine)
{
	struct worker *worker = new_worker(machine);
	ntstatus status;

	if (worker == NULL)
		return svc_error(call, SVC_FAILED, "not enough memory");
	status = read_settings(worker);
	if (!ntstatus_ok(status)) {
		buf_printf(
		    &worker->fault, "its settings cannot be read: %s", ntstatus_name(status));
		end_worker(worker);
		return svc_error(call, SVC_FAILED, "%s: %s", machine->name, ntstatus_name(status));
	}
	worker->start = svc_defer(workers.process->svc, call);
	worker->work.data = worker;
	worker->called = uv_queue_work(workers.process->svc->loop, &worker->work, create_partition,
	                     partition_created) == 0;
	if (!worker->called)
		end_worker(worker);
	return NULL;
}

/* --- Taking over
 * ---------------------------------------------------------------------------------- */

/* Watch a worker that another vmms started. */
static void
take_over(const struct machine *machine, pid_t pid)
{
	struct worker *worker = new_worker(machine);

	if (worker == NULL)
		return;
	if (!svc_child_take_over(workers.process->svc, &worker->child, pid)) {
		forget_worker(worker);
		return;
	}
	worker->state = WORKER_RUNNING;
	/* What holds for the machine was read when it started; what is known now is the nearest. */
	read_settings(worker);
	svc_log(workers.process->svc, "%s: taken over in process %d", worker->guid, (int)pid);
}

static bool
find_machines(struct machines *ret_machines)
{
	struct buf faults = { 0 };
	bool ok = machines_find(workers.process->svc->root, ret_machines, &faults);

	if (faults.size > 0)
		svc_log(workers.process->svc, "%s", buf_text(&faults));
	buf_release(&faults);
	return ok;
}

bool
workers_up(struct svc *svc)
{
	struct machines machines;

	workers = (struct workers){ .process = process_of(svc) };
	if (!find_machines(&machines)) {
		svc_failed(svc, "not enough memory");
		return false;
	}
	for (size_t i = 0; i < machines.count; i++) {
		char name[sizeof(WORKER_PREFIX) + GUID_TEXT_SIZE];
		struct buf error = { 0 };
		json_t *status = NULL;

		snprintf(name, sizeof(name), "%s%s", WORKER_PREFIX, machines.list[i].guid);
		if (svc_client_call(svc->root, name, "status", NULL, KERNEL_TIMEOUT_MS, &status,
		        &error) == SVC_CLIENT_OK)
			take_over(&machines.list[i],
			    (pid_t)json_integer_value(json_object_get(status, "pid")));
		json_decref(status);
		buf_release(&error);
	}
	machines_release(&machines);
	return true;
}

/* The workers go on; only what this process has of them ends. */
void
workers_down(struct svc *svc)
{
	workers.closing = true;
	for (struct worker *worker = workers.first; worker != NULL;) {
		struct worker *next = worker->next;

		if (worker->child.pid > 0)
			svc_child_let_go(&worker->child);
		else if (!worker->over)
			worker->state = WORKER_STOPPING;
		worker = next;
	}
	while (workers.first != NULL)
		uv_run(svc->loop, UV_RUN_ONCE);
}

/* --- Methods
 * -------------------------------------------------------------------------------------- */

static const char *
text_param(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

static json_t *
machine_json(const struct machine *machine)
{
	const struct worker *worker = find_worker(machine->guid);
	json_t *json = json_pack("{s:s, s:s, s:b, s:s}", "guid", machine->guid, "name",
	    machine->name, "shielded", machine->shielded, "state",
	    worker != NULL ? state_names[worker->state] : "off");

	if (worker != NULL && worker->child.pid > 0)
		json_object_set_new(json, "pid", json_integer(worker->child.pid));
	return json;
}

static json_t *
call_list(struct svc *svc UNUSED, const json_t *params UNUSED, struct svc_call *call)
{
	struct machines machines;
	json_t *list;

	if (!find_machines(&machines))
		return svc_error(call, SVC_FAILED, "not enough memory");
	list = json_array();
	for (size_t i = 0; i < machines.count; i++)
		json_array_append_new(list, machine_json(&machines.list[i]));
	machines_release(&machines);
	return list;
}

static json_t *
call_create(struct svc *svc, const json_t *params, struct svc_call *call)
{
	const char *name = text_param(params, "name");
	bool shielded = json_is_true(json_object_get(params, "shielded"));
	struct machines machines;
	struct buf error = { 0 };
	char guid[GUID_TEXT_SIZE];
	json_t *result = NULL;

	if (name == NULL)
		return svc_error(call, SVC_INVALID_PARAMS, "expected the parameter \"name\"");
	if (!find_machines(&machines))
		return svc_error(call, SVC_FAILED, "not enough memory");
	if (machines_get(&machines, name) != NULL)
		buf_printf(&error, "there is a virtual machine \"%s\" already", name);
	else if (machine_create(svc->registry, svc->root, name, shielded, guid, &error))
		result =
		    json_pack("{s:s, s:s, s:b}", "guid", guid, "name", name, "shielded", shielded);
	if (result == NULL)
		svc_error(call, SVC_FAILED, "%s", buf_text(&error));
	machines_release(&machines);
	buf_release(&error);
	return result;
}

/* Call `act` with the machine that the parameter "vm" names. */
static json_t *
with_machine(const json_t *params, struct svc_call *call,
    json_t *(*act)(struct svc_call *call, const struct machine *machine))
{
	const char *word = text_param(params, "vm");
	const struct machine *machine;
	struct machines machines;
	json_t *result = NULL;

	if (word == NULL)
		return svc_error(call, SVC_INVALID_PARAMS, "expected the parameter \"vm\"");
	if (!find_machines(&machines))
		return svc_error(call, SVC_FAILED, "not enough memory");
	machine = machines_get(&machines, word);
	if (machine != NULL)
		result = act(call, machine);
	else
		svc_error(call, SVC_INVALID_PARAMS, "there is no virtual machine \"%s\"", word);
	machines_release(&machines);
	return result;
}

static json_t *
delete_one(struct svc_call *call, const struct machine *machine)
{
	struct svc *svc = workers.process->svc;
	struct buf error = { 0 };
	json_t *result = NULL;

	if (find_worker(machine->guid) != NULL)
		buf_printf(&error, "%s is not off", machine->name);
	else if (machine_delete(svc->registry, svc->root, machine, &error))
		result = json_pack("{s:s}", "guid", machine->guid);
	if (result == NULL)
		svc_error(call, SVC_FAILED, "%s", buf_text(&error));
	buf_release(&error);
	return result;
}

static json_t *
start_one(struct svc_call *call, const struct machine *machine)
{
	const struct worker *worker = find_worker(machine->guid);

	if (worker != NULL)
		return svc_error(call, SVC_FAILED, "%s is %s already", machine->name,
		    state_names[worker->state]);
	if (workers.shutdown != NULL)
		return svc_error(call, SVC_FAILED, "the host shuts down");
	return start_machine(call, machine);
}

static json_t *
stop_one(struct svc_call *call, const struct machine *machine)
{
	struct worker *worker = find_worker(machine->guid);

	if (worker == NULL)
		return svc_error(call, SVC_FAILED, "%s is off", machine->name);
	if (worker->stop != NULL)
		return svc_error(call, SVC_FAILED, "%s is stopping already", machine->name);
	worker->stop = svc_defer(workers.process->svc, call);
	stop_worker(worker, STOP_TIMEOUT_MS);
	return NULL;
}

static json_t *
call_delete(struct svc *svc UNUSED, const json_t *params, struct svc_call *call)
{
	return with_machine(params, call, delete_one);
}

static json_t *
call_start(struct svc *svc UNUSED, const json_t *params, struct svc_call *call)
{
	return with_machine(params, call, start_one);
}

static json_t *
call_stop(struct svc *svc UNUSED, const json_t *params, struct svc_call *call)
{
	return with_machine(params, call, stop_one);
}

/* The host shuts down: all machines go off, in ShutdownTimeout at most. */
static json_t *
call_shutdown(struct svc *svc, const json_t *params UNUSED, struct svc_call *call)
{
	uint64_t timeout_ms = vmms_shutdown_timeout_ms(vmms_object());

	if (workers.shutdown != NULL)
		return svc_error(call, SVC_FAILED, "the host shuts down already");
	if (workers.first == NULL)
		return json_object();
	workers.shutdown = svc_defer(svc, call);
	for (struct worker *worker = workers.first; worker != NULL; worker = worker->next)
		stop_worker(worker, timeout_ms);
	return NULL;
}

const struct svc_method worker_methods[] = {
	{ "vm-list", call_list, "the virtual machines" },
	{ "vm-create", call_create, "make a virtual machine: {name, shielded}" },
	{ "vm-delete", call_delete, "remove a virtual machine that is off: {vm}" },
	{ "vm-start", call_start, "start a virtual machine: {vm}" },
	{ "vm-stop", call_stop, "turn a virtual machine off: {vm}" },
	{ "shutdown", call_shutdown, "turn all virtual machines off: the host shuts down" },
	{ 0 },
};
