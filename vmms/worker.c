/*
 * The life of worker processes.
 */
#include "vmms/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drivers/protocol.h"
#include "regstore/svc/client.h"
#include "vmms/internal.h"
#include "vmms/machines.h"
#include "vmwp/protocol.h"

#define KERNEL_TIMEOUT_MS 30000
#define READY_FD          3 /* of the readiness pipe in the worker */
#define READY_LINE_MAX    600u
#define WAITERS_MAX       64u
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
	pid_t pid;
	uint64_t timeout_s;    /* StartupWaitTimeout, as it was read for this start */
	json_t *configuration; /* for the worker process */
	uv_work_t work;        /* a call of the kernel */
	uv_process_t process;
	uv_pipe_t ready; /* of a worker that we start */
	int pidfd;       /* of one that we took over, or -1 */
	uv_poll_t gone;  /* of one that we took over: its pidfd */
	uv_timer_t timer;
	unsigned open; /* handles, and calls under way */
	bool ended;    /* the process is gone */
	char line[READY_LINE_MAX];
	size_t line_size;
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
	    "state", state_names[worker->state], "pid", (int)worker->pid);
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
	if (worker->pidfd >= 0)
		close(worker->pidfd);
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

static void
call_vid(struct worker *worker, const char *operation)
{
	json_t *params = json_pack(
	    "{s:s, s:s, s:s}", "module", "vid", "operation", operation, "argument", worker->guid);
	json_t *result = NULL;
	struct buf error = { 0 };

	if (svc_client_call(workers.process->svc->root, KERNEL_NAME, "call", params,
	        KERNEL_TIMEOUT_MS, &result, &error) != SVC_CLIENT_OK)
		buf_append_text(&worker->fault, buf_text(&error));
	json_decref(params);
	json_decref(result);
	buf_release(&error);
}

static void
delete_partition(uv_work_t *work)
{
	call_vid(work->data, "delete-partition");
}

static void
partition_deleted(uv_work_t *work, int status UNUSED)
{
	settle_end(work->data);
}

/* A handle is closed, or a call is over: when it was the last one of a dead worker, it is off. */
static void
release_one(struct worker *worker)
{
	if (--worker->open > 0 || !worker->ended)
		return;
	vmms_forget_machine(vmms_object(), worker->guid);
	worker->work.data = worker;
	if (workers.closing || uv_queue_work(workers.process->svc->loop, &worker->work,
	                           delete_partition, partition_deleted) != 0)
		settle_end(worker);
}

static void
handle_closed(uv_handle_t *handle)
{
	release_one(handle->data);
}

static void
close_handle(struct worker *worker, uv_handle_t *handle)
{
	if (handle->data == worker && !uv_is_closing(handle))
		uv_close(handle, handle_closed);
}

static void
close_all(struct worker *worker)
{
	close_handle(worker, (uv_handle_t *)&worker->timer);
	close_handle(worker, (uv_handle_t *)&worker->ready);
	close_handle(worker, (uv_handle_t *)&worker->process);
	close_handle(worker, (uv_handle_t *)&worker->gone);
}

static void
worker_ended(struct worker *worker)
{
	if (worker->ended)
		return;
	worker->ended = true;
	worker->open++;
	close_all(worker);
	release_one(worker);
}

static void
process_exited(uv_process_t *process, int64_t status, int term_signal)
{
	struct worker *worker = process->data;

	svc_log(workers.process->svc, "%s: process %d ended with status %d, signal %d",
	    worker->guid, (int)worker->pid, (int)status, term_signal);
	if (worker->state == WORKER_STARTING && worker->fault.size == 0)
		buf_printf(&worker->fault, "its worker process ended with status %d, signal %d",
		    (int)status, term_signal);
	worker_ended(worker);
}

static void
pidfd_ready(uv_poll_t *poll, int status UNUSED, int events UNUSED)
{
	struct worker *worker = poll->data;

	svc_log(workers.process->svc, "%s: process %d ended", worker->guid, (int)worker->pid);
	worker_ended(worker);
}

static void
kill_worker(uv_timer_t *timer)
{
	struct worker *worker = timer->data;

	svc_log(workers.process->svc, "%s: process %d does not end, and is killed", worker->guid,
	    (int)worker->pid);
	kill(worker->pid, SIGKILL);
}

static void
stop_worker(struct worker *worker, uint64_t timeout_ms)
{
	worker->state = WORKER_STOPPING;
	if (worker->pid > 0 && !worker->ended) {
		kill(worker->pid, SIGTERM);
		uv_timer_start(&worker->timer, kill_worker, timeout_ms, 0);
	}
}

/* --- The start
 * ------------------------------------------------------------------------------------ */

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
	worker->pidfd = -1;
	memcpy(worker->guid, machine->guid, sizeof(worker->guid));
	worker->shielded = machine->shielded;
	worker->next = workers.first;
	workers.first = worker;
	uv_timer_init(workers.process->svc->loop, &worker->timer);
	worker->timer.data = worker;
	worker->open++;
	return worker;
}

static void
startup_timed_out(uv_timer_t *timer)
{
	struct worker *worker = timer->data;

	buf_printf(&worker->fault,
	    "its worker process was not ready in %llu s (StartupWaitTimeout)",
	    (unsigned long long)worker->timeout_s);
	kill(worker->pid, SIGKILL);
}

static void
worker_ready(struct worker *worker)
{
	uv_timer_stop(&worker->timer);
	worker->state = WORKER_RUNNING;
	svc_log(workers.process->svc, "%s: %s runs in process %d", worker->guid, worker->name,
	    (int)worker->pid);
	if (worker->start != NULL)
		svc_answer(worker->start, worker_json(worker));
	worker->start = NULL;
}

/* The worker says "ready PID" or "failed SENTENCE" on one line. */
static void
take_line(struct worker *worker)
{
	char *end = memchr(worker->line, '\n', worker->line_size);

	if (end == NULL || worker->state != WORKER_STARTING)
		return;
	*end = '\0';
	if (strncmp(worker->line, "ready ", 6) == 0)
		worker_ready(worker);
	else
		buf_printf(&worker->fault, "%s",
		    strncmp(worker->line, "failed ", 7) == 0 ? worker->line + 7 : worker->line);
}

static void
give_room(uv_handle_t *handle, size_t suggested UNUSED, uv_buf_t *buf)
{
	struct worker *worker = handle->data;

	buf->base = worker->line + worker->line_size;
	buf->len = sizeof(worker->line) - worker->line_size;
}

static void
ready_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf UNUSED)
{
	struct worker *worker = stream->data;

	if (size < 0) {
		close_handle(worker, (uv_handle_t *)stream);
		return;
	}
	worker->line_size += (size_t)size;
	take_line(worker);
}

/* The environment of the worker: ours, with its readiness pipe and its configuration. */
static char **
worker_environment(const char *configuration)
{
	size_t count = 0;
	char **environment;
	struct buf text = { 0 };

	while (environ[count] != NULL)
		count++;
	environment = calloc(count + 3, sizeof(*environment));
	buf_printf(&text, "HVEMU_WORKER_CONFIGURATION=%s", configuration);
	if (environment == NULL || text.failed) {
		buf_release(&text);
		free(environment);
		return NULL;
	}
	environment[0] = strdup("HVEMU_READY_FD=3");
	environment[1] = strdup(buf_text(&text));
	buf_release(&text);
	count = 2;
	for (char **at = environ; *at != NULL; at++) {
		if (strncmp(*at, "HVEMU_READY_FD=", 15) != 0 &&
		    strncmp(*at, "HVEMU_WORKER_CONFIGURATION=", 27) != 0)
			environment[count++] = *at;
	}
	return environment;
}

static int
spawn(struct worker *worker, const char *program, char **environment)
{
	struct svc *svc = workers.process->svc;
	char *arguments[] = { (char *)(uintptr_t)program, worker->guid,
		(char *)(uintptr_t) "--root", (char *)(uintptr_t)svc->root, NULL };
	uv_stdio_container_t stdio[READY_FD + 1] = { 0 };
	uv_process_options_t options = {
		.exit_cb = process_exited,
		.file = program,
		.args = arguments,
		.env = environment,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = READY_FD + 1,
		.stdio = stdio,
	};

	uv_pipe_init(svc->loop, &worker->ready, 0);
	worker->ready.data = worker;
	worker->open++;
	stdio[READY_FD].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
	stdio[READY_FD].data.stream = (uv_stream_t *)&worker->ready;
	worker->process.data = worker;
	worker->open++;
	return uv_spawn(svc->loop, &worker->process, &options);
}

static void
start_process(struct worker *worker)
{
	char *configuration = json_dumps(worker->configuration, JSON_COMPACT);
	char **environment = worker_environment(configuration != NULL ? configuration : "{}");
	struct buf program = { 0 };
	int status = UV_ENOMEM;

	svc_client_program(WORKER_PROGRAM, &program);
	worker->state = WORKER_STARTING;
	if (environment != NULL)
		status = spawn(worker, buf_text(&program), environment);
	if (status == 0) {
		worker->pid = worker->process.pid;
		uv_timer_start(&worker->timer, startup_timed_out, worker->timeout_s * 1000, 0);
		uv_read_start((uv_stream_t *)&worker->ready, give_room, ready_read);
	} else {
		buf_printf(&worker->fault, "%s: %s", buf_text(&program), uv_strerror(status));
		worker_ended(worker);
	}
	if (environment != NULL) {
		free(environment[0]);
		free(environment[1]);
	}
	free(environment);
	free(configuration);
	buf_release(&program);
}

static void
create_partition(uv_work_t *work)
{
	call_vid(work->data, "create-partition");
}

static void
partition_created(uv_work_t *work, int status UNUSED)
{
	struct worker *worker = work->data;

	if (!worker->ended && worker->fault.size == 0 && worker->state == WORKER_PARTITION)
		start_process(worker);
	else
		worker_ended(worker);
	release_one(worker);
}

static json_t *
start_machine(struct svc_call *call, const struct machine *machine)
{
	struct worker *worker = new_worker(machine);
	struct module_object *object = vmms_object();
	ntstatus status;

	if (worker == NULL)
		return svc_error(call, SVC_FAILED, "not enough memory");
	worker->configuration = json_object();
	status = VmmsVirtualMachine_CreateInitContext(
	    object, worker->guid, worker->shielded, &worker->timeout_s);
	if (ntstatus_ok(status))
		status = CreateConfigurationForWorkerProcess(
		    object, worker->guid, worker->shielded, worker->configuration);
	json_object_set_new(worker->configuration, "shielded", json_boolean(worker->shielded));
	if (!ntstatus_ok(status)) {
		buf_printf(
		    &worker->fault, "its settings cannot be read: %s", ntstatus_name(status));
		worker_ended(worker);
		return svc_error(call, SVC_FAILED, "%s: %s", machine->name, ntstatus_name(status));
	}
	worker->start = svc_defer(workers.process->svc, call);
	worker->work.data = worker;
	worker->open++;
	if (uv_queue_work(workers.process->svc->loop, &worker->work, create_partition,
	        partition_created) != 0) {
		worker->open--;
		worker_ended(worker);
	}
	return NULL;
}

/* --- Taking over
 * ---------------------------------------------------------------------------------- */

/* Watch a worker that another vmms started. */
static void
take_over(const struct machine *machine, pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct worker *worker = pidfd >= 0 ? new_worker(machine) : NULL;
	uint64_t timeout_s;

	if (worker == NULL) {
		if (pidfd >= 0)
			close(pidfd);
		return;
	}
	worker->pidfd = pidfd;
	worker->state = WORKER_RUNNING;
	worker->pid = pid;
	worker->configuration = json_object();
	/* What holds for the machine was read when it started; what is known now is the nearest. */
	VmmsVirtualMachine_CreateInitContext(
	    vmms_object(), worker->guid, worker->shielded, &timeout_s);
	CreateConfigurationForWorkerProcess(
	    vmms_object(), worker->guid, worker->shielded, worker->configuration);
	uv_poll_init(workers.process->svc->loop, &worker->gone, pidfd);
	worker->gone.data = worker;
	worker->open++;
	uv_poll_start(&worker->gone, UV_READABLE, pidfd_ready);
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

		worker_ended(worker);
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

	if (worker != NULL && worker->pid > 0)
		json_object_set_new(json, "pid", json_integer(worker->pid));
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
