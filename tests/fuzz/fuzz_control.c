/*
 * Fuzz target: one request line of the control socket, over a daemon without sockets.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "regstore/svc/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *
call_echo(struct svc *svc, const json_t *params, struct svc_call *call)
{
	(void)svc;
	(void)call;
	return params != NULL ? json_deep_copy(params) : json_null();
}

static json_t *
call_fail(struct svc *svc, const json_t *params, struct svc_call *call)
{
	const char *text = json_string_value(json_object_get(params, "text"));

	(void)svc;
	return svc_error(call, SVC_FAILED, "It fails: %s", text != NULL ? text : "");
}

static json_t *
call_defer(struct svc *svc, const json_t *params, struct svc_call *call)
{
	(void)params;
	svc_defer(svc, call);
	return NULL;
}

static void
reload(struct svc *svc)
{
	(void)svc;
}

static const struct svc_method methods[] = {
	{ "echo", call_echo, "the parameters" },
	{ "fail", call_fail, "an error" },
	{ "defer", call_defer, "an answer that comes later" },
	{ NULL, NULL, NULL },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct svc_private private = { .stopping = true, .log = -1 };
	struct svc svc = {
		.name = "fuzz",
		.methods = methods,
		.reload = reload,
		.root = "/",
		.private = &private,
	};
	json_t *answer;

	if (!rpc_handle(&svc, NULL, (const char *)data, size, &answer))
		abort(); /* there is memory, so every request has its answer */
	if (answer != NULL && (!json_is_object(answer) || json_object_size(answer) != 3))
		abort();
	json_decref(answer);
	rpc_give_up(&svc);
	return 0;
}
