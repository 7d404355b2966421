/*
 * JSON-RPC 2.0: from a request line to its answer, without any socket, and the methods that every
 * daemon has. A line holds one request object; batches and parameters by position are refused.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/svc/internal.h"

/* An answer that is owed; on the list of its daemon. */
struct svc_later {
	struct svc *svc;
	struct client *client; /* NULL: gone */
	json_t *id;            /* NULL: a notification */
	struct svc_later *next;
	struct svc_later **link; /* what points here */
};

/* --- Answers ---------------------------------------------------------------------------------- */

/* A JSON string of a text that may have been cut in the middle of a character. */
static json_t *
text_json(const char *text)
{
	json_t *json = json_string(text);
	char *copy;

	if (json != NULL)
		return json;
	copy = strdup(text);
	if (copy == NULL)
		return NULL;
	for (char *at = copy; *at != '\0'; at++) {
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	}
	json = json_string(copy);
	free(copy);
	return json;
}

json_t *
rpc_error(json_t *id, int code, const char *text)
{
	return json_pack("{s:s, s:O, s:{s:i, s:o}}", "jsonrpc", "2.0", "id",
	    id != NULL ? id : json_null(), "error", "code", code, "message", text_json(text));
}

/* The answer with a result, which is taken; NULL without memory. */
static json_t *
rpc_result(json_t *id, json_t *result)
{
	return json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", result);
}

json_t *
svc_error(struct svc_call *call, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(call->text, sizeof(call->text), format, arguments);
	va_end(arguments);
	call->code = code;
	return NULL;
}

/* --- Answers that come later ------------------------------------------------------------------ */

struct svc_later *
svc_defer(struct svc *svc, struct svc_call *call)
{
	struct svc_later *later = calloc(1, sizeof(*later));

	if (later == NULL) {
		svc_error(call, SVC_INTERNAL_ERROR, "There is not enough memory.");
		return NULL;
	}
	if (!control_hold(call->client)) {
		free(later);
		svc_error(call, SVC_FAILED, "More than %u calls of this client are waiting.",
		    SVC_DEFERRED_MAX);
		return NULL;
	}
	later->svc = svc;
	later->client = call->client;
	later->id = json_incref(call->id);
	later->next = svc->private->laters;
	later->link = &svc->private->laters;
	if (later->next != NULL)
		later->next->link = &later->next;
	svc->private->laters = later;
	call->later = later;
	return later;
}

/* Send the answer (taken; may be NULL) of a deferred call and free the call. */
static void
settle(struct svc_later *later, json_t *answer)
{
	if (later->client != NULL) {
		control_unhold(later->client);
		if (later->id != NULL)
			control_send(later->client, json_incref(answer));
	}
	json_decref(answer);
	*later->link = later->next;
	if (later->next != NULL)
		later->next->link = later->link;
	json_decref(later->id);
	free(later);
}

void
svc_answer(struct svc_later *later, json_t *result)
{
	json_t *answer = NULL;

	if (result == NULL)
		answer = rpc_error(later->id, SVC_INTERNAL_ERROR, "There is not enough memory.");
	else if (later->id != NULL)
		answer = rpc_result(later->id, result);
	else
		json_decref(result);
	settle(later, answer);
}

void
svc_answer_error(struct svc_later *later, int code, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	settle(later, rpc_error(later->id, code, text));
}

void
rpc_forget(struct svc *svc, const struct client *client)
{
	for (struct svc_later *later = svc->private->laters; later != NULL; later = later->next) {
		if (later->client == client)
			later->client = NULL;
	}
}

void
rpc_give_up(struct svc *svc)
{
	while (svc->private->laters != NULL)
		svc_answer_error(svc->private->laters, SVC_FAILED, "%s stops.", svc->name);
}

/* --- The methods of every daemon -------------------------------------------------------------- */

static long
resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static json_t *
call_status(struct svc *svc, const json_t *params, struct svc_call *call)
{
	int64_t uptime = clock_monotonic_ns() - svc->private->started;

	(void)params;
	(void)call;
	return json_pack("{s:s, s:i, s:s, s:I, s:I, s:o}", "name", svc->name, "pid", (int)getpid(),
	    "version", HVEMU_VERSION, "uptime_ms", (json_int_t)(uptime / 1000000), "resident_kib",
	    (json_int_t)resident_kib(), "root", text_json(svc->root));
}

static json_t *
call_stop(struct svc *svc, const json_t *params, struct svc_call *call)
{
	(void)params;
	(void)call;
	svc_stop(svc);
	return json_true();
}

static json_t *
call_reload(struct svc *svc, const json_t *params, struct svc_call *call)
{
	(void)params;
	(void)call;
	svc->reload(svc);
	return json_true();
}

static json_t *
call_clock(struct svc *svc, const json_t *params UNUSED, struct svc_call *call UNUSED)
{
	timers_fire(svc);
	return timers_json(svc);
}

static json_t *call_methods(struct svc *svc, const json_t *params, struct svc_call *call);

static const struct svc_method builtin_methods[] = {
	{ "status", call_status, "who this is, since when, and how much memory it holds" },
	{ "methods", call_methods, "this list" },
	{ "clock", call_clock, "fire the timers that are due, and tell when the next one is" },
	{ "reload", call_reload, "read the configuration again" },
	{ "stop", call_stop, "drain and end" },
	{ NULL, NULL, NULL },
};

static const struct svc_method *
find_in(const struct svc_method *methods, const char *name)
{
	for (; methods != NULL && methods->name != NULL; methods++) {
		if (strcmp(methods->name, name) == 0)
			return methods;
	}
	return NULL;
}

/* A built-in method, if this daemon has it and does not have its own. */
static bool
builtin_counts(const struct svc *svc, const struct svc_method *method)
{
	if (method->call == call_reload && svc->reload == NULL)
		return false;
	return find_in(svc->methods, method->name) == NULL;
}

static const struct svc_method *
find_method(const struct svc *svc, const char *name)
{
	const struct svc_method *method = find_in(svc->methods, name);

	if (method != NULL)
		return method;
	method = find_in(builtin_methods, name);
	return method != NULL && builtin_counts(svc, method) ? method : NULL;
}

static int
add_method(json_t *list, const struct svc_method *method)
{
	return json_array_append_new(list, json_pack("{s:s, s:s}", "name", method->name, "doc",
	                                       method->doc != NULL ? method->doc : ""));
}

static json_t *
call_methods(struct svc *svc, const json_t *params, struct svc_call *call)
{
	json_t *list = json_array();
	int failed = 0;

	(void)params;
	(void)call;
	for (const struct svc_method *m = svc->methods; m != NULL && m->name != NULL; m++)
		failed |= add_method(list, m);
	for (const struct svc_method *m = builtin_methods; m->name != NULL; m++) {
		if (builtin_counts(svc, m))
			failed |= add_method(list, m);
	}
	if (failed != 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* --- Requests --------------------------------------------------------------------------------- */

/*
 * Check a request's form: fills in the call's id and, on failure, its error. Returns the method's
 * name. A request whose form is wrong is answered even without an id.
 */
static const char *
check_request(const json_t *request, struct svc_call *call)
{
	const char *version = json_string_value(json_object_get(request, "jsonrpc"));
	const char *method = json_string_value(json_object_get(request, "method"));
	json_t *id = json_object_get(request, "id");

	call->id = json_null();
	if (json_is_array(request)) {
		svc_error(call, SVC_INVALID_REQUEST, "Batches are not supported.");
		return NULL;
	}
	if (!json_is_object(request)) {
		svc_error(call, SVC_INVALID_REQUEST, "The request is not an object.");
		return NULL;
	}
	if (id != NULL && !json_is_string(id) && !json_is_number(id) && !json_is_null(id)) {
		svc_error(call, SVC_INVALID_REQUEST, "The id is not a string, number or null.");
		return NULL;
	}
	if (id != NULL)
		call->id = id;
	if (version == NULL || strcmp(version, "2.0") != 0) {
		svc_error(call, SVC_INVALID_REQUEST, "The member jsonrpc is not \"2.0\".");
		return NULL;
	}
	if (method == NULL) {
		svc_error(call, SVC_INVALID_REQUEST, "The member method is not a string.");
		return NULL;
	}
	call->id = id;
	return method;
}

/* Run a request's method. Returns the result, or NULL (the call says why). */
static json_t *
run_method(struct svc *svc, const json_t *request, const char *name, struct svc_call *call)
{
	const json_t *params = json_object_get(request, "params");
	const struct svc_method *method = find_method(svc, name);
	json_t *result;

	if (method == NULL)
		return svc_error(
		    call, SVC_METHOD_NOT_FOUND, "%s has no method \"%s\".", svc->name, name);
	if (params != NULL && !json_is_object(params))
		return svc_error(call, SVC_INVALID_PARAMS, "The parameters are not an object.");
	result = method->call(svc, params, call);
	assert(result == NULL || (call->code == 0 && call->later == NULL));
	if (result == NULL && call->code == 0 && call->later == NULL)
		svc_error(call, SVC_INTERNAL_ERROR, "There is not enough memory.");
	return result;
}

bool
rpc_handle(
    struct svc *svc, struct client *client, const char *line, size_t length, json_t **ret_answer)
{
	struct svc_call call = { .client = client };
	json_t *result = NULL;
	json_error_t error;
	bool due;
	json_t *request =
	    json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (request == NULL) {
		call.id = json_null();
		svc_error(&call, SVC_PARSE_ERROR, "This is not JSON: %s.", error.text);
	} else {
		const char *name = check_request(request, &call);

		if (name != NULL)
			result = run_method(svc, request, name, &call);
	}
	*ret_answer = NULL;
	due = call.id != NULL && call.later == NULL;
	if (due && result != NULL)
		*ret_answer = rpc_result(call.id, json_incref(result));
	else if (due)
		*ret_answer = rpc_error(call.id, call.code, call.text);
	json_decref(result);
	json_decref(request);
	return !due || *ret_answer != NULL;
}
