/*
 * A process of modules: its stages and the methods of its control socket.
 */
#include "regstore/svc/process.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/tunable/view.h"

#define TABLES_MAX       512u
#define STAGES_MAX       16u
#define METHODS_MAX      48u
#define SERVICE_DISABLED 4u /* winnt.h */

struct process *
process_of(struct svc *svc)
{
	return svc->self;
}

struct module_object *
process_module(struct process *process, const char *name)
{
	for (size_t i = 0; i < process->count; i++) {
		if (module_is(process->objects[i].module, name))
			return &process->objects[i];
	}
	return NULL;
}

static void
log_line(void *context, const char *format, va_list arguments)
{
	struct buf line = { 0 };

	buf_vprintf(&line, format, arguments);
	svc_log(context, "%s", buf_text(&line));
	buf_release(&line);
}

static const char *
host_state(void *context, const char *name)
{
	struct process *process = context;

	if (strcasecmp(name, PROCESS_HOST_ROOT) == 0)
		return process->svc->root;
	return process->state != NULL ? process->state(process, name) : NULL;
}

/* --- Stages
 * --------------------------------------------------------------------------------------- */

/* Services\<name>\Start says that the module is not to be loaded. */
static bool
is_disabled(struct svc *svc, const struct module *module)
{
	struct buf path = { 0 };
	struct buf data = { 0 };
	uint32_t type = 0;
	reg_key key;
	bool disabled = false;

	if (module->service == NULL)
		return false;
	buf_printf(&path, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\%s", module->service);
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
start_modules(struct svc *svc)
{
	struct process *process = process_of(svc);

	for (size_t i = 0; i < process->count; i++) {
		struct module_object *object = &process->objects[i];
		ntstatus status;

		object->registry = svc->registry;
		object->catalog = &svc->catalog;
		object->log = log_line;
		object->log_context = svc;
		object->state = host_state;
		object->state_context = process;
		if (is_disabled(svc, object->module)) {
			svc_log(svc, "%s: disabled by its service key", object->module->name);
			continue;
		}
		status = module_start(object);
		/* As on Windows: a driver that does not load leaves the others alone. */
		if (!ntstatus_ok(status))
			svc_log(
			    svc, "%s: not loaded: %s", object->module->name, ntstatus_name(status));
		if (!ntstatus_ok(status) && !process->drivers) {
			svc_failed(svc, "%s does not load: %s", object->module->image,
			    ntstatus_name(status));
			return false;
		}
	}
	if (registry_watch_fd(svc->registry) >= 0)
		return svc_watch_registry(svc);
	return true;
}

static void
stop_modules(struct svc *svc)
{
	struct process *process = process_of(svc);

	for (size_t i = process->count; i-- > 0;)
		module_release(&process->objects[i]);
}

static void
reload_all(struct svc *svc)
{
	struct process *process = process_of(svc);

	for (size_t i = 0; i < process->count; i++) {
		if (process->objects[i].running && process->objects[i].module->reload != NULL)
			module_reload(&process->objects[i]);
	}
}

static void
notify_all(struct svc *svc)
{
	struct process *process = process_of(svc);

	for (size_t i = 0; i < process->count; i++)
		module_notify(&process->objects[i]);
	if (process->changed != NULL)
		process->changed(process);
}

/* --- Methods
 * -------------------------------------------------------------------------------------- */

static const char *
text_param(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

/* The module that `params` names; NULL after an error was set. */
static struct module_object *
find_object(struct svc *svc, const json_t *params, struct svc_call *call)
{
	const char *name = text_param(params, "module");
	struct module_object *object;

	if (name == NULL) {
		svc_error(call, SVC_INVALID_PARAMS, "expected the parameter \"module\"");
		return NULL;
	}
	object = process_module(process_of(svc), name);
	if (object == NULL)
		svc_error(call, SVC_INVALID_PARAMS, "%s has no module \"%s\"", svc->name, name);
	return object;
}

/* The same, of a module that can be loaded and unloaded by itself. */
static struct module_object *
find_driver(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct module_object *object = find_object(svc, params, call);

	if (object == NULL || process_of(svc)->drivers)
		return object;
	svc_error(call, SVC_FAILED, "%s lives and ends with %s", object->module->image, svc->name);
	return NULL;
}

static json_t *
answer(struct svc_call *call, const struct module_object *object, ntstatus status)
{
	if (!ntstatus_ok(status))
		return svc_error(call, SVC_FAILED, "%s: %s %s", object->module->name,
		    ntstatus_name(status), ntstatus_text(status));
	return json_pack("{s:s, s:b}", "module", object->module->name, "running", object->running);
}

static json_t *
object_json(const struct module_object *object)
{
	json_t *state = json_object();
	json_t *json;

	if (object->running && object->module->status != NULL)
		object->module->status(object, state);
	json = json_pack("{s:s, s:s, s:s?, s:s, s:b, s:i, s:i, s:o}", "name", object->module->name,
	    "image", object->module->image, "service", object->module->service, "purpose",
	    object->module->doc, "running", object->running, "entries", (int)object->entries,
	    "reloads", (int)object->reloads, "state", state);
	return json;
}

static json_t *
call_modules(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct process *process = process_of(svc);
	json_t *list;

	if (text_param(params, "module") != NULL) {
		struct module_object *object = find_object(svc, params, call);

		return object != NULL ? object_json(object) : NULL;
	}
	list = json_array();
	for (size_t i = 0; i < process->count; i++)
		json_array_append_new(list, object_json(&process->objects[i]));
	return list;
}

static json_t *
call_tunables(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct process *process = process_of(svc);
	struct module_object *only = NULL;
	json_t *views;
	json_t *view;
	size_t index;

	if (text_param(params, "module") != NULL) {
		only = find_object(svc, params, call);
		if (only == NULL)
			return NULL;
	}
	views = json_array();
	for (size_t i = 0; i < process->count; i++) {
		if (only != NULL && only != &process->objects[i])
			continue;
		if (!module_view(&process->objects[i], text_param(params, "name"), views)) {
			json_decref(views);
			return svc_error(call, SVC_FAILED, "the registry cannot be read");
		}
	}
	json_array_foreach(views, index, view)
	    json_object_set_new(view, "process", json_string(svc->name));
	return views;
}

static json_t *
call_load(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct module_object *object = find_driver(svc, params, call);
	json_t *result;

	if (object == NULL)
		return NULL;
	if (object->running)
		return svc_error(call, SVC_FAILED, "%s runs already", object->module->name);
	if (is_disabled(svc, object->module))
		return svc_error(call, SVC_FAILED, "%s is disabled: Start is 4 in Services\\%s",
		    object->module->name, object->module->service);
	result = answer(call, object, module_start(object));
	if (registry_watch_fd(svc->registry) >= 0)
		svc_watch_registry(svc);
	return result;
}

static json_t *
call_unload(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct module_object *object = find_driver(svc, params, call);

	if (object == NULL)
		return NULL;
	if (!object->running)
		return svc_error(call, SVC_FAILED, "%s does not run", object->module->name);
	module_stop(object);
	return answer(call, object, NTSTATUS(STATUS_SUCCESS));
}

static json_t *
call_restart(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct module_object *object = find_driver(svc, params, call);

	if (object == NULL)
		return NULL;
	if (object->running)
		module_stop(object);
	return call_load(svc, params, call);
}

static json_t *
call_reload(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct module_object *object;

	if (text_param(params, "module") == NULL) {
		reload_all(svc);
		return json_object();
	}
	object = find_object(svc, params, call);
	if (object == NULL)
		return NULL;
	if (object->module->reload == NULL)
		return svc_error(call, SVC_FAILED,
		    "%s has no reload signal; \"hvctl restart %s\" makes it read again",
		    object->module->name, object->module->name);
	if (!object->running)
		return svc_error(call, SVC_FAILED, "%s does not run", object->module->name);
	return answer(call, object, module_reload(object));
}

static json_t *
call_add_device(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct module_object *object = find_object(svc, params, call);
	const char *key = text_param(params, "key");

	if (object == NULL)
		return NULL;
	if (key == NULL)
		return svc_error(call, SVC_INVALID_PARAMS, "expected the parameter \"key\"");
	if (object->module->devices == NULL ||
	    !tunable_key_matches(tunable_table_key(object->module->devices), key, strlen(key)))
		return svc_error(call, SVC_INVALID_PARAMS, "%s has no device with the key %s",
		    object->module->name, key);
	return answer(call, object, module_add_device(object, key));
}

/* Tell which operations the module has. */
static json_t *
no_operation(const struct module *module, const char *name, struct svc_call *call)
{
	struct buf list = { 0 };

	for (const struct module_operation *at = module->operations; at != NULL && at->name != NULL;
	     at++)
		buf_printf(&list, "%s%s", list.size > 0 ? ", " : ": it has ", at->name);
	svc_error(call, SVC_INVALID_PARAMS, "%s has no operation \"%s\"%s", module->name, name,
	    list.size > 0 ? buf_text(&list) : ", and no other");
	buf_release(&list);
	return NULL;
}

static json_t *
call_operation(struct svc *svc, const json_t *params, struct svc_call *call)
{
	struct module_object *object = find_object(svc, params, call);
	const char *name = text_param(params, "operation");
	const char *argument = text_param(params, "argument");
	const struct module_operation *operation;
	const char *text;
	json_t *result;
	ntstatus status;

	if (object == NULL)
		return NULL;
	if (name == NULL || argument == NULL)
		return svc_error(call, SVC_INVALID_PARAMS,
		    "expected the parameters \"operation\" and \"argument\"");
	for (operation = object->module->operations;
	     operation != NULL && operation->name != NULL && strcmp(operation->name, name) != 0;
	     operation++)
		;
	if (operation == NULL || operation->name == NULL)
		return no_operation(object->module, name, call);
	if (!object->running)
		return svc_error(call, SVC_FAILED, "%s does not run", object->module->name);
	result = json_object();
	status = operation->call(object, argument, result);
	if (ntstatus_ok(status))
		return result;
	/* An operation may say more than its status does. */
	text = json_string_value(json_object_get(result, "error"));
	if (text != NULL)
		svc_error(call, SVC_FAILED, "%s", text);
	else
		answer(call, object, status);
	json_decref(result);
	return NULL;
}

/* The words of conditions under which the process reads; null for one that it does not know. */
static json_t *
call_conditions(struct svc *svc, const json_t *params, struct svc_call *call)
{
	const json_t *names = json_object_get(params, "names");
	json_t *words = json_object();
	json_t *name;
	size_t index;

	json_array_foreach(names, index, name)
	{
		const char *text = json_string_value(name);
		const char *word = text != NULL ? host_state(process_of(svc), text) : NULL;

		if (text != NULL)
			json_object_set_new(
			    words, text, word != NULL ? tunable_json_text(word) : json_null());
	}
	if (json_is_array(names))
		return words;
	json_decref(words);
	return svc_error(call, SVC_INVALID_PARAMS, "expected the parameter \"names\"");
}

static const struct svc_method common_methods[] = {
	{ "modules", call_modules, "the modules and their state; one with {module}" },
	{ "tunables", call_tunables,
	    "what each reader made of each value; {module}, {name} optional" },
	{ "conditions", call_conditions, "the words of the conditions {names}" },
	{ "load", call_load, "load a driver: {module}" },
	{ "unload", call_unload, "unload a driver: {module}" },
	{ "restart", call_restart, "unload and load a driver: {module}" },
	{ "reload", call_reload, "send the reload signal to {module}, or to all that have one" },
	{ "add-device", call_add_device, "add a device: {module, key}" },
	{ "call", call_operation, "a module's own operation: {module, operation, argument}" },
	{ 0 },
};

/* --- Main
 * ----------------------------------------------------------------------------------------- */

/* Append a list that ends with a name of NULL to one of `max` places, the last of which stays
 * empty.
 */
#define APPEND_NAMED(list, count, max, more)                                                       \
	for (size_t append_at = 0;                                                                 \
	     (more) != NULL && (more)[append_at].name != NULL && (count) + 1 < (max); append_at++) \
	(list)[(count)++] = (more)[append_at]

static bool
has_table(
    const struct tunable_table *const *tables, size_t count, const struct tunable_table *table)
{
	for (size_t i = 0; i < count; i++) {
		if (tables[i] == table)
			return true;
	}
	return false;
}

static void
add_tables(struct svc *svc, const struct tunable_table **tables, const struct module *module)
{
	for (size_t i = 0; i < module->table_count && svc->table_count < TABLES_MAX; i++) {
		if (!has_table(tables, svc->table_count, module->tables[i]))
			tables[svc->table_count++] = module->tables[i];
	}
}

int
process_main(struct process *process, int argc, char **argv)
{
	static const struct svc_stage modules_stage[] = {
		{ "modules", start_modules, stop_modules },
		{ 0 },
	};
	const struct tunable_table *tables[TABLES_MAX];
	struct svc_stage stages[STAGES_MAX] = { 0 };
	struct svc_method methods[METHODS_MAX] = { 0 };
	struct module_object objects[PROCESS_MODULES_MAX] = { 0 };
	size_t stage_count = 0;
	size_t method_count = 0;
	struct svc svc = {
		.name = process->name,
		.doc = process->doc,
		.stages = stages,
		.methods = methods,
		.tables = tables,
		.reload = reload_all,
		.changed = notify_all,
		.self = process,
	};

	APPEND_NAMED(stages, stage_count, STAGES_MAX, process->before);
	APPEND_NAMED(stages, stage_count, STAGES_MAX, modules_stage);
	APPEND_NAMED(stages, stage_count, STAGES_MAX, process->after);
	APPEND_NAMED(methods, method_count, METHODS_MAX, common_methods);
	APPEND_NAMED(methods, method_count, METHODS_MAX, process->methods);
	process->svc = &svc;
	process->objects = objects;
	for (const struct module *const *module = process->modules;
	     *module != NULL && process->count < PROCESS_MODULES_MAX; module++) {
		objects[process->count++].module = *module;
		add_tables(&svc, tables, *module);
	}
	return svc_main(&svc, argc, argv);
}
