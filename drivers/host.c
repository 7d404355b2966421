/*
 * The kernel process.
 */
#include "drivers/host.h"

#include <stdlib.h>
#include <string.h>

#include "regstore/svc/svc.h"

#define DRIVERS_MAX      128u
#define TABLES_MAX       512u
#define SERVICE_DISABLED 4u /* winnt.h */

struct kernel {
	struct driver_object objects[DRIVERS_MAX];
	size_t count;
};

static struct kernel *
kernel_of(struct svc *svc)
{
	return svc->self;
}

static void
log_line(void *context, const char *format, va_list arguments)
{
	struct buf line = { 0 };

	buf_vprintf(&line, format, arguments);
	svc_log(context, "%s", buf_text(&line));
	buf_release(&line);
}

/* --- Stages
 * --------------------------------------------------------------------------------------- */

static bool
boot_registry(struct svc *svc)
{
	lstatus status = registry_boot(svc->registry);

	if (!lstatus_ok(status))
		svc_failed(svc, "the registry does not boot: %s", lstatus_text(status));
	return lstatus_ok(status);
}

/* Services\<name>\Start says that the driver is not to be loaded. */
static bool
is_disabled(struct svc *svc, const struct driver *driver)
{
	struct buf path = { 0 };
	struct buf data = { 0 };
	uint32_t type = 0;
	reg_key key;
	bool disabled = false;

	buf_printf(&path, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\%s", driver->service);
	if (lstatus_ok(registry_open_key(svc->registry, NULL, buf_text(&path), 0, &key)) &&
	    lstatus_ok(registry_query_value(svc->registry, key, "Start", &type, &data)))
		disabled = type == REG_DWORD && data.size == 4 &&
		           data.data[0] == SERVICE_DISABLED && data.data[1] == 0 &&
		           data.data[2] == 0 && data.data[3] == 0;
	buf_release(&path);
	buf_release(&data);
	return disabled;
}

static bool
start_drivers(struct svc *svc)
{
	struct kernel *kernel = kernel_of(svc);

	for (size_t i = 0; i < kernel->count; i++) {
		struct driver_object *object = &kernel->objects[i];
		ntstatus status;

		object->registry = svc->registry;
		object->catalog = &svc->catalog;
		object->log = log_line;
		object->log_context = svc;
		if (is_disabled(svc, object->driver)) {
			svc_log(svc, "%s: disabled by its service key", object->driver->name);
			continue;
		}
		status = driver_start(object);
		/* As on Windows: a driver that does not load leaves the others alone. */
		if (!ntstatus_ok(status))
			svc_log(
			    svc, "%s: not loaded: %s", object->driver->name, ntstatus_name(status));
	}
	if (registry_watch_fd(svc->registry) >= 0)
		return svc_watch_registry(svc);
	return true;
}

static void
stop_drivers(struct svc *svc)
{
	struct kernel *kernel = kernel_of(svc);

	for (size_t i = kernel->count; i-- > 0;)
		driver_release(&kernel->objects[i]);
}

static const struct svc_stage stages[] = {
	{ "registry", boot_registry, NULL },
	{ "drivers", start_drivers, stop_drivers },
	{ 0 },
};

static void
reload_all(struct svc *svc)
{
	struct kernel *kernel = kernel_of(svc);

	for (size_t i = 0; i < kernel->count; i++) {
		if (kernel->objects[i].running && kernel->objects[i].driver->reload != NULL)
			driver_reload(&kernel->objects[i]);
	}
}

static void
notify_all(struct svc *svc)
{
	struct kernel *kernel = kernel_of(svc);

	for (size_t i = 0; i < kernel->count; i++)
		driver_notify(&kernel->objects[i]);
}

/* --- Methods
 * -------------------------------------------------------------------------------------- */

static const char *
text_param(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

/* The driver that `params` names; NULL after an error was set. */
static struct driver_object *
find_object(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct kernel *kernel = kernel_of(svc);
	const char *name = text_param(params, "driver");

	if (name == NULL) {
		svc_error(call, SVC_INVALID_PARAMS, "expected the parameter \"driver\"");
		return NULL;
	}
	for (size_t i = 0; i < kernel->count; i++) {
		const struct driver *driver = kernel->objects[i].driver;

		if (strcasecmp(driver->name, name) == 0 || strcasecmp(driver->image, name) == 0 ||
		    strcasecmp(driver->service, name) == 0)
			return &kernel->objects[i];
	}
	svc_error(call, SVC_INVALID_PARAMS, "there is no driver \"%s\"", name);
	return NULL;
}

static json_t *
answer(struct svc_call *call, const struct driver_object *object, ntstatus status)
{
	if (!ntstatus_ok(status))
		return svc_error(call, SVC_FAILED, "%s: %s %s", object->driver->name,
		    ntstatus_name(status), ntstatus_text(status));
	return json_pack("{s:s, s:b}", "driver", object->driver->name, "running", object->running);
}

static json_t *
object_json(const struct driver_object *object)
{
	json_t *state = json_object();
	json_t *json;

	if (object->running && object->driver->status != NULL)
		object->driver->status(object, state);
	json = json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:o}", "name", object->driver->name,
	    "image", object->driver->image, "service", object->driver->service, "purpose",
	    object->driver->doc, "running", object->running, "entries", (int)object->entries,
	    "reloads", (int)object->reloads, "state", state);
	return json;
}

static json_t *
call_drivers(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct kernel *kernel = kernel_of(svc);
	json_t *list;

	if (text_param(params, "driver") != NULL) {
		struct driver_object *object = find_object(svc, params, call);

		return object != NULL ? object_json(object) : NULL;
	}
	list = json_array();
	for (size_t i = 0; i < kernel->count; i++)
		json_array_append_new(list, object_json(&kernel->objects[i]));
	return list;
}

static json_t *
call_tunables(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct kernel *kernel = kernel_of(svc);
	struct driver_object *only = NULL;
	json_t *views;

	if (text_param(params, "driver") != NULL) {
		only = find_object(svc, params, call);
		if (only == NULL)
			return NULL;
	}
	views = json_array();
	for (size_t i = 0; i < kernel->count; i++) {
		if (only != NULL && only != &kernel->objects[i])
			continue;
		if (!driver_view(&kernel->objects[i], views)) {
			json_decref(views);
			return svc_error(call, SVC_FAILED, "the registry cannot be read");
		}
	}
	return views;
}

static json_t *
call_start(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct driver_object *object = find_object(svc, params, call);
	json_t *result;

	if (object == NULL)
		return NULL;
	if (object->running)
		return svc_error(call, SVC_FAILED, "%s runs already", object->driver->name);
	if (is_disabled(svc, object->driver))
		return svc_error(call, SVC_FAILED, "%s is disabled: Start is 4 in Services\\%s",
		    object->driver->name, object->driver->service);
	result = answer(call, object, driver_start(object));
	if (registry_watch_fd(svc->registry) >= 0)
		svc_watch_registry(svc);
	return result;
}

static json_t *
call_stop(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct driver_object *object = find_object(svc, params, call);

	if (object == NULL)
		return NULL;
	if (!object->running)
		return svc_error(call, SVC_FAILED, "%s does not run", object->driver->name);
	driver_stop(object);
	return answer(call, object, NTSTATUS(STATUS_SUCCESS));
}

static json_t *
call_restart(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct driver_object *object = find_object(svc, params, call);

	if (object == NULL)
		return NULL;
	if (object->running)
		driver_stop(object);
	return call_start(svc, params, call);
}

static json_t *
call_reload(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct driver_object *object;

	if (text_param(params, "driver") == NULL) {
		reload_all(svc);
		return json_object();
	}
	object = find_object(svc, params, call);
	if (object == NULL)
		return NULL;
	if (object->driver->reload == NULL)
		return svc_error(call, SVC_FAILED,
		    "%s has no reload signal; \"hvctl restart %s\" makes it read again",
		    object->driver->name, object->driver->name);
	if (!object->running)
		return svc_error(call, SVC_FAILED, "%s does not run", object->driver->name);
	return answer(call, object, driver_reload(object));
}

static json_t *
call_add_device(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct driver_object *object = find_object(svc, params, call);
	const char *key = text_param(params, "key");

	if (object == NULL)
		return NULL;
	if (key == NULL)
		return svc_error(call, SVC_INVALID_PARAMS, "expected the parameter \"key\"");
	if (object->driver->devices == NULL ||
	    !tunable_key_matches(tunable_table_key(object->driver->devices), key, strlen(key)))
		return svc_error(call, SVC_INVALID_PARAMS, "%s has no device with the key %s",
		    object->driver->name, key);
	return answer(call, object, driver_add_device(object, key));
}

static json_t *
call_operation(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct driver_object *object = find_object(svc, params, call);
	const char *name = text_param(params, "operation");
	const char *argument = text_param(params, "argument");
	const struct driver_operation *operation;
	json_t *result;
	ntstatus status;

	if (object == NULL)
		return NULL;
	if (name == NULL || argument == NULL)
		return svc_error(call, SVC_INVALID_PARAMS,
		    "expected the parameters \"operation\" and \"argument\"");
	for (operation = object->driver->operations;
	     operation != NULL && operation->name != NULL && strcmp(operation->name, name) != 0;
	     operation++)
		;
	if (operation == NULL || operation->name == NULL)
		return svc_error(call, SVC_INVALID_PARAMS, "%s has no operation \"%s\"",
		    object->driver->name, name);
	if (!object->running)
		return svc_error(call, SVC_FAILED, "%s does not run", object->driver->name);
	result = json_object();
	status = operation->call(object, argument, result);
	if (ntstatus_ok(status))
		return result;
	json_decref(result);
	return answer(call, object, status);
}

static const struct svc_method methods[] = {
	{ "drivers", call_drivers, "the drivers and their state; one with {driver}" },
	{ "tunables", call_tunables, "what each reader made of each value; {driver} optional" },
	{ "start", call_start, "load a driver: {driver}" },
	{ "stop-driver", call_stop, "unload a driver: {driver}" },
	{ "restart", call_restart, "unload and load a driver: {driver}" },
	{ "reload", call_reload, "send the reload signal to {driver}, or to all that have one" },
	{ "add-device", call_add_device, "add a device: {driver, key}" },
	{ "call", call_operation, "a driver's own operation: {driver, operation, argument}" },
	{ 0 },
};

int
kernel_main(int argc, char **argv, const struct driver *const *loaded)
{
	static const struct tunable_table *tables[TABLES_MAX];
	struct kernel kernel = { 0 };
	struct svc svc = {
		.name = KERNEL_NAME,
		.doc = "the kernel of a host: its drivers and what they make of their tunables",
		.stages = stages,
		.methods = methods,
		.tables = tables,
		.reload = reload_all,
		.changed = notify_all,
		.self = &kernel,
	};

	for (; *loaded != NULL && kernel.count < DRIVERS_MAX; loaded++) {
		kernel.objects[kernel.count++].driver = *loaded;
		for (size_t i = 0; i < (*loaded)->table_count && svc.table_count < TABLES_MAX; i++)
			tables[svc.table_count++] = (*loaded)->tables[i];
	}
	return svc_main(&svc, argc, argv);
}
