/*
 * The services of a host.
 */
#include "hvloader/services.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/svc/client.h"

#define SERVICES_KEY  "HKLM\\SYSTEM\\CurrentControlSet\\Services"
#define STOP_MS       20000 /* until a service that was told to stop is killed; assumed */
#define SHUTDOWN_MS   600000
#define MS_PER_SECOND 1000

static const char *const state_names[] = { "stopped", "start-pending", "running", "stop-pending" };

/* --- Reading
 * -------------------------------------------------------------------------------------- */

static uint32_t
read_number(struct registry *registry, reg_key key, const char *name, uint32_t otherwise)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	uint32_t number = otherwise;

	if (lstatus_ok(registry_query_value(registry, key, name, &type, &data)) &&
	    type == REG_DWORD && data.size == 4)
		number = (uint32_t)data.data[0] | (uint32_t)data.data[1] << 8 |
		         (uint32_t)data.data[2] << 16 | (uint32_t)data.data[3] << 24;
	buf_release(&data);
	return number;
}

/* A value's text; the caller frees it. NULL if there is none. */
static char *
read_text(struct registry *registry, reg_key key, const char *name)
{
	struct buf data = { 0 };
	struct buf text = { 0 };
	uint32_t type = 0;
	char *copy = NULL;

	if (lstatus_ok(registry_query_value(registry, key, name, &type, &data)) &&
	    (type == REG_SZ || type == REG_EXPAND_SZ)) {
		utf16_to_utf8(data.data, data.size, true, &text);
		copy = strdup(buf_text(&text));
	}
	buf_release(&data);
	buf_release(&text);
	return copy;
}

/* The strings of a REG_MULTI_SZ, ends with NULL; NULL without memory. */
static char **
read_list(struct registry *registry, reg_key key, const char *name)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	size_t count = 0;
	char **list = calloc(1, sizeof(*list));

	if (!lstatus_ok(registry_query_value(registry, key, name, &type, &data)) ||
	    type != REG_MULTI_SZ)
		data.size = 0;
	for (size_t at = 0; at + 1 < data.size && list != NULL;) {
		struct buf text = { 0 };
		size_t size = 0;
		char **more;

		while (at + size + 1 < data.size &&
		       (data.data[at + size] != 0 || data.data[at + size + 1] != 0))
			size += 2;
		if (size == 0)
			break;
		utf16_to_utf8(data.data + at, size, true, &text);
		more = realloc(list, (count + 2) * sizeof(*list));
		if (more != NULL) {
			list = more;
			list[count++] = strdup(buf_text(&text));
			list[count] = NULL;
		}
		buf_release(&text);
		at += size + 2;
	}
	buf_release(&data);
	return list;
}

/* "%SystemRoot%\System32\svchost.exe -k netsvcs": "svchost". The caller frees it. */
static char *
program_of(const char *image_path)
{
	size_t length = strlen(image_path);
	const char *end = image_path + length;
	const char *exe = strcasestr(image_path, ".exe");
	const char *from;

	if (exe != NULL)
		end = exe;
	for (from = end;
	     from > image_path && from[-1] != '\\' && from[-1] != '/' && from[-1] != '"'; from--)
		;
	return strndup(from, (size_t)(end - from));
}

static struct service_process *
process_of_program(struct services *services, const char *program)
{
	struct service_process *process;

	for (size_t i = 0; i < services->process_count; i++) {
		if (strcasecmp(services->processes[i].program, program) == 0)
			return &services->processes[i];
	}
	process = &services->processes[services->process_count];
	*process = (struct service_process){ .program = strdup(program) };
	if (process->program == NULL)
		return NULL;
	services->process_count++;
	return process;
}

static void
read_failure(struct registry *registry, reg_key key, struct failure_actions *ret_actions)
{
	struct buf data = { 0 };
	uint32_t type = 0;

	if (lstatus_ok(registry_query_value(registry, key, "FailureActions", &type, &data)) &&
	    type == REG_BINARY)
		failure_actions_decode(data.data, data.size, ret_actions);
	buf_release(&data);
}

/* Take one key if it is a service's; false without memory. */
static bool
read_service(struct services *services, reg_key key, const char *name)
{
	struct registry *registry = services->svc->registry;
	struct service *service = &services->list[services->count];
	uint32_t type = read_number(registry, key, "Type", 0);
	char *image;
	char *program;

	if ((type & (SERVICE_WIN32_OWN_PROCESS | SERVICE_WIN32_SHARE_PROCESS)) == 0 ||
	    services->count == SERVICES_MAX)
		return true;
	image = read_text(registry, key, "ImagePath");
	program = image != NULL ? program_of(image) : strdup(name);
	*service = (struct service){
		.name = strdup(name),
		.display_name = read_text(registry, key, "DisplayName"),
		.depends = read_list(registry, key, "DependOnService"),
		.type = type,
		.start = read_number(registry, key, "Start", SERVICE_DEMAND_START),
	};
	services->count++;
	read_failure(registry, key, &service->failure);
	if (program != NULL)
		service->process = process_of_program(services, program);
	free(image);
	free(program);
	return service->name != NULL && service->depends != NULL && service->process != NULL;
}

static struct service *
find_service(struct services *services, const char *name)
{
	for (size_t i = 0; i < services->count; i++) {
		if (strcasecmp(services->list[i].name, name) == 0)
			return &services->list[i];
	}
	return NULL;
}

/* Put a service into the order, after those that it depends on. */
static void
order_service(struct services *services, struct service *service, size_t *count)
{
	if (service->visited)
		return;
	service->visited = true;
	for (char **name = service->depends; *name != NULL; name++) {
		struct service *other = find_service(services, *name);

		if (other != NULL)
			order_service(services, other, count);
	}
	services->order[(*count)++] = (size_t)(service - services->list);
}

bool
services_read(struct services *services)
{
	struct registry *registry = services->svc->registry;
	struct reg_key_list keys = { 0 };
	size_t ordered = 0;
	reg_key key;
	bool ok = true;
	lstatus status = registry_open_key(registry, NULL, SERVICES_KEY, 0, &key);

	if (lstatus_ok(status))
		status = registry_list_keys(registry, key, &keys);
	for (size_t i = 0; i < keys.count && ok; i++)
		ok = read_service(services, keys.entries[i].key, keys.entries[i].name);
	reg_key_list_release(&keys);
	if (!lstatus_ok(status) || !ok) {
		svc_failed(services->svc, "%s cannot be read: %s%s", SERVICES_KEY,
		    ok ? lstatus_text(status) : "not enough memory",
		    lstatus_is(status, ERROR_FILE_NOT_FOUND)
		        ? "; \"hvctl host check --repair\" puts back what is missing"
		        : "");
		return false;
	}
	for (size_t i = 0; i < services->count; i++)
		order_service(services, &services->list[i], &ordered);
	return true;
}

void
services_release(struct services *services)
{
	for (size_t i = 0; i < services->count; i++) {
		struct service *service = &services->list[i];

		for (char **name = service->depends; name != NULL && *name != NULL; name++)
			free(*name);
		free(service->depends);
		free(service->name);
		free(service->display_name);
	}
	for (size_t i = 0; i < services->process_count; i++)
		free(services->processes[i].program);
	services->count = services->process_count = 0;
}

/* --- Processes
 * ------------------------------------------------------------------------------------ */

static json_t *service_json(const struct service *service);

/* The first service of a process: its failure actions are those of the process. */
static const struct service *
first_service(const struct services *services, const struct service_process *process)
{
	for (size_t i = 0; i < services->count; i++) {
		if (services->list[i].process == process)
			return &services->list[i];
	}
	return NULL;
}

static struct services *
services_of_child(const struct svc_child *child)
{
	return services_of(child->svc);
}

/* Answer who waits for what was pending. */
static void
answer(struct service_process *process, bool done, const char *why)
{
	struct svc_later *waiting = process->waiting;

	process->waiting = NULL;
	if (waiting == NULL)
		return;
	if (done)
		svc_answer(waiting, service_json(process->asked));
	else
		svc_answer_error(
		    waiting, SVC_FAILED, "%s does not start: %s", process->program, why);
}

static void
child_ready(struct svc_child *child)
{
	struct service_process *process = child->self;

	if (process->state == SERVICE_START_PENDING)
		process->state = SERVICE_RUNNING;
	svc_log(child->svc, "%s runs in process %d", process->program, (int)child->pid);
	answer(process, true, "");
}

static bool start_process(struct services *services, struct service_process *process);

static void
restart_due(struct svc_timer *timer)
{
	struct service_process *process = timer->self;
	struct services *services = services_of(process->child.svc);

	if (services->closing || process->state != SERVICE_STOPPED)
		return;
	process->restarts++;
	start_process(services, process);
}

/* A process ended without being told to: what its service's failure actions say. */
static void
act_on_failure(struct services *services, struct service_process *process)
{
	const struct service *service = first_service(services, process);
	const struct failure_actions *failure = &service->failure;
	int64_t now = svc_passed_ms(services->svc);
	const struct failure_action *action;

	if (failure->reset_s != UINT32_MAX && process->failures > 0 &&
	    now - process->failed_ms >= (int64_t)failure->reset_s * MS_PER_SECOND)
		process->failures = 0;
	process->failed_ms = now;
	process->failures++;
	if (failure->count == 0)
		return;
	/* The last action holds for all further failures. */
	action = &failure->actions[process->failures > failure->count ? failure->count - 1
	                                                              : process->failures - 1];
	svc_log(services->svc, "%s: failure %u: action %u in %u ms", process->program,
	    process->failures, action->type, action->delay_ms);
	if (action->type == SC_ACTION_RESTART)
		svc_timer_start(services->svc, &process->restart, action->delay_ms, restart_due);
	else if (action->type == SC_ACTION_REBOOT && services->reboot != NULL)
		services->reboot(services);
}

static void
child_ended(struct svc_child *child)
{
	struct service_process *process = child->self;
	struct services *services = services_of_child(child);
	bool was_running = child->is_ready;
	bool failed = !process->stop_asked && (child->signal != 0 || child->status != 0);

	process->state = SERVICE_STOPPED;
	svc_log(child->svc, "%s ended with status %d, signal %d%s%s", process->program,
	    child->status, child->signal, child->fault[0] != '\0' ? ": " : "", child->fault);
	if (services->closing)
		return;
	if (process->start_again) {
		process->start_again = false;
		start_process(services, process);
		return;
	}
	answer(process, process->stop_asked, child->fault);
	if (failed && was_running)
		act_on_failure(services, process);
}

static bool
start_process(struct services *services, struct service_process *process)
{
	process->state = SERVICE_START_PENDING;
	process->stop_asked = false;
	process->restart.self = process;
	process->child.self = process;
	process->child.ready = child_ready;
	process->child.ended = child_ended;
	return svc_child_start(services->svc, &process->child, process->program, NULL, NULL);
}

static void
kill_process(struct svc_child *child)
{
	struct service_process *process = child->self;

	svc_log(child->svc, "%s does not end, and is killed", process->program);
	svc_child_kill(child, SIGKILL);
}

static void
stop_process(struct service_process *process, uint64_t timeout_ms)
{
	process->stop_asked = true;
	if (process->state == SERVICE_STOPPED)
		return;
	process->state = SERVICE_STOP_PENDING;
	svc_child_kill(&process->child, SIGTERM);
	svc_child_set_timer(&process->child, timeout_ms, kill_process);
}

/* --- All
 * ------------------------------------------------------------------------------------------ */

bool
services_start_all(struct services *services)
{
	for (size_t i = 0; i < services->count; i++) {
		struct service *service = &services->list[services->order[i]];
		struct service_process *process = service->process;

		if (service->start != SERVICE_AUTO_START)
			continue;
		service->active = true;
		if (process->state != SERVICE_STOPPED)
			continue;
		start_process(services, process);
		while (process->state == SERVICE_START_PENDING)
			uv_run(services->svc->loop, UV_RUN_ONCE);
		/* As on Windows: a service that fails leaves the others to start. */
		if (process->state != SERVICE_RUNNING)
			svc_log(services->svc, "%s does not start", service->name);
	}
	return true;
}

/* Let a process that knows how bring its work to an end. */
static void
ask_shutdown(struct services *services, const struct service_process *process)
{
	json_t *result = NULL;
	struct buf error = { 0 };

	svc_client_call(
	    services->svc->root, process->program, "shutdown", NULL, SHUTDOWN_MS, &result, &error);
	json_decref(result);
	buf_release(&error);
}

void
services_stop_all(struct services *services, uint64_t timeout_ms)
{
	services->closing = true;
	for (size_t i = services->count; i-- > 0;) {
		struct service_process *process = services->list[services->order[i]].process;

		svc_timer_stop(&process->restart);
		if (process->state == SERVICE_RUNNING)
			ask_shutdown(services, process);
		stop_process(process, timeout_ms);
		while (process->state != SERVICE_STOPPED)
			uv_run(services->svc->loop, UV_RUN_ONCE);
	}
}

/* --- Methods
 * -------------------------------------------------------------------------------------- */

static enum service_state
state_of(const struct service *service)
{
	return service->active ? service->process->state : SERVICE_STOPPED;
}

static json_t *
service_json(const struct service *service)
{
	static const char *const starts[] = { "boot", "system", "auto", "demand", "disabled" };
	const struct service_process *process = service->process;
	json_t *depends = json_array();

	for (char **name = service->depends; *name != NULL; name++)
		json_array_append_new(depends, json_string(*name));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:o}", "name", service->name,
	    "display_name", service->display_name != NULL ? service->display_name : service->name,
	    "program", process->program, "start",
	    service->start < ARRAY_SIZE(starts) ? starts[service->start] : "unknown", "state",
	    state_names[state_of(service)], "pid",
	    state_of(service) != SERVICE_STOPPED ? (int)process->child.pid : 0, "failures",
	    (int)process->failures, "restarts", (int)process->restarts, "depends", depends);
}

static json_t *
call_services(struct svc *svc, const json_t *params UNUSED, struct svc_call *call UNUSED)
{
	struct services *services = services_of(svc);
	json_t *list = json_array();

	for (size_t i = 0; i < services->count; i++)
		json_array_append_new(list, service_json(&services->list[i]));
	return list;
}

/*
 * A service by its program's name: of several in one process one that is active, for what happens
 * to the process happens to that.
 */
static struct service *
find_by_program(struct services *services, const char *program)
{
	struct service *found = NULL;

	for (size_t i = 0; i < services->count; i++) {
		struct service *service = &services->list[i];

		if (strcasecmp(service->process->program, program) == 0 &&
		    (found == NULL || (service->active && !found->active)))
			found = service;
	}
	return found;
}

/* The service that `params` names by its name or its program; NULL after the error was set. */
static struct service *
named_service(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct services *services = services_of(svc);
	const char *name = json_string_value(json_object_get(params, "service"));
	struct service *service = name != NULL ? find_service(services, name) : NULL;

	if (service == NULL && name != NULL)
		service = find_by_program(services, name);
	if (service == NULL)
		svc_error(call, SVC_INVALID_PARAMS, "there is no service \"%s\"",
		    name != NULL ? name : "");
	else if (service->process->waiting != NULL) {
		svc_error(call, SVC_FAILED, "%s is %s", service->name,
		    state_names[service->process->state]);
		service = NULL;
	}
	return service;
}

static json_t *
call_start(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct service *service = named_service(svc, params, call);

	if (service == NULL)
		return NULL;
	if (state_of(service) != SERVICE_STOPPED)
		return svc_error(call, SVC_FAILED, "%s is %s already", service->name,
		    state_names[state_of(service)]);
	if (service->start == SERVICE_DISABLED)
		return svc_error(call, SVC_FAILED, "%s is disabled: Start is 4 in Services\\%s",
		    service->name, service->name);
	service->active = true;
	if (service->process->state == SERVICE_RUNNING)
		return service_json(service);
	service->process->waiting = svc_defer(svc, call);
	service->process->asked = service;
	start_process(services_of(svc), service->process);
	return NULL;
}

/* Whether another service of the same process is active. */
static bool
is_shared(const struct services *services, const struct service *service)
{
	for (size_t i = 0; i < services->count; i++) {
		const struct service *other = &services->list[i];

		if (other != service && other->process == service->process && other->active)
			return true;
	}
	return false;
}

static json_t *
stop_or_restart(struct svc *svc, const json_t *params, struct svc_call *call, bool again)
{
	struct service *service = named_service(svc, params, call);

	if (service == NULL)
		return NULL;
	if (state_of(service) != SERVICE_RUNNING) {
		if (again && state_of(service) == SERVICE_STOPPED)
			return call_start(svc, params, call);
		return svc_error(
		    call, SVC_FAILED, "%s is %s", service->name, state_names[state_of(service)]);
	}
	service->active = again;
	if (!again && is_shared(services_of(svc), service))
		return service_json(service);
	service->process->waiting = svc_defer(svc, call);
	service->process->asked = service;
	service->process->start_again = again;
	stop_process(service->process, STOP_MS);
	return NULL;
}

static json_t *
call_stop(struct svc *svc, const json_t *params, struct svc_call *call)
{
	return stop_or_restart(svc, params, call, false);
}

static json_t *
call_restart(struct svc *svc, const json_t *params, struct svc_call *call)
{
	return stop_or_restart(svc, params, call, true);
}

const struct svc_method service_methods[] = {
	{ "services", call_services, "the services and their state" },
	{ "start-service", call_start, "start a service: {service}" },
	{ "stop-service", call_stop, "stop a service: {service}" },
	{ "restart-service", call_restart, "stop and start a service: {service}" },
	{ 0 },
};
