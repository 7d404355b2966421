/*
 * RegNotifyChangeKeyValue against the model: a call tells of one change, then the next call is
 * needed; what came between two calls is told by the next; closing the key ends a call. A handle is
 * watched where its key is, however that is called by then. Compiled with -fshort-wchar.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/notify_model.h"

#include "regstore/winreg/windows.h"

#define HANDLES 8
#define STEPS   30

struct handle {
	HKEY key; /* NULL: none */
	int64_t id;
	HANDLE event;
	int path;
	BOOL subtree; /* of the first call, as the filter */
	DWORD filter;
	bool watched; /* a call was made */
	bool armed;   /* one waits */
	bool changed; /* while none waited */
	bool unsure;  /* or not: the next call may tell of a change, and need not */
};

static int64_t
id_of(const struct model *model, int path)
{
	char text[64];
	reg_key key;

	model_path(path, text);
	return lstatus_ok(registry_open_key(model->registry, NULL, text, 0, &key)) ? key.id : -1;
}

static void
open_one(struct model *model, struct handle *handle)
{
	int path = (int)fault_roll(model->fault, MODEL_PATHS);
	char text[64];

	if (!model_exists(model, path))
		return;
	*handle = (struct handle){ .path = path, .id = id_of(model, path) };
	model_path(path, text);
	handle->event = CreateEventA(NULL, TRUE, FALSE, NULL);
	fault_need(handle->event != NULL);
	fault_need(RegOpenKeyExA(HKEY_LOCAL_MACHINE, text + strlen("HKLM\\"), 0, KEY_READ,
	               &handle->key) == ERROR_SUCCESS);
}

static bool
is_signalled(const struct handle *handle)
{
	return WaitForSingleObject(handle->event, 0) == WAIT_OBJECT_0;
}

static void
expect(struct fault *fault, const struct handle *handle, bool signalled, const char *when)
{
	bool got = is_signalled(handle);
	char text[64];

	if (got == signalled)
		return;
	model_path(handle->path, text);
	if (signalled)
		fault_lost(fault, "%s%s, filter %u: %s missed", text,
		    handle->subtree ? " and below" : "", (unsigned)handle->filter, when);
	else
		fault_failed(fault, "%s%s, filter %u: %s made up", text,
		    handle->subtree ? " and below" : "", (unsigned)handle->filter, when);
}

static void
close_one(struct fault *fault, struct handle *handle)
{
	bool was = handle->armed || (handle->watched && is_signalled(handle));

	RegCloseKey(handle->key);
	if (handle->watched)
		expect(fault, handle, was, "the end");
	CloseHandle(handle->event);
	handle->key = NULL;
}

/* Call for the next change. All calls but the first say nothing new about what is watched. */
static void
call_one(struct fault *fault, struct handle *handle)
{
	BOOL subtree = fault_roll(fault, 2) == 0;
	DWORD filter = 1 + fault_roll(fault, REGISTRY_NOTIFY_ALL);

	if (!handle->watched) {
		handle->subtree = subtree;
		handle->filter = filter;
	}
	fault_need(RegNotifyChangeKeyValue(handle->key, subtree,
	               filter | REG_NOTIFY_THREAD_AGNOSTIC, handle->event, TRUE) == ERROR_SUCCESS);
	handle->watched = true;
	if (handle->unsure)
		handle->changed = is_signalled(handle);
	expect(fault, handle, handle->changed, "a change between calls");
	handle->armed = !handle->changed;
	handle->changed = false;
	handle->unsure = false;
}

static void
turn_one(struct model *model, struct handle handles[HANDLES])
{
	struct handle *handle = &handles[fault_roll(model->fault, HANDLES)];

	if (handle->key == NULL)
		open_one(model, handle);
	else if (fault_roll(model->fault, 5) == 0)
		close_one(model->fault, handle);
	else if (!handle->armed)
		call_one(model->fault, handle);
}

static void
compare_one(struct model *model, struct handle *handle)
{
	int was = handle->path;
	bool wakes = model_wakes_key(model, &handle->path, handle->subtree, handle->filter) &&
	             handle->watched;
	bool unsure = handle->watched && handle->path != was && !wakes;

	if (handle->armed && unsure) {
		handle->armed = !is_signalled(handle);
	} else if (handle->armed) {
		expect(model->fault, handle, wakes, "a change");
		model->fault->acknowledged += wakes;
		handle->armed = !wakes;
	} else {
		handle->changed = handle->changed || wakes;
		handle->unsure = !handle->changed && (handle->unsure || unsure);
	}
	/* A handle of a key that is gone has no use any more. */
	if (handle->path == MODEL_GONE) {
		handle->path = was;
		close_one(model->fault, handle);
	} else if (id_of(model, handle->path) != handle->id) {
		fault_failed(model->fault, "the model has lost a key");
	}
}

static void
run_history(struct model *model)
{
	struct handle handles[HANDLES] = { 0 };

	for (int step = 0; step < STEPS; step++) {
		turn_one(model, handles);
		turn_one(model, handles);
		model_change(model);
		for (int i = 0; i < HANDLES; i++) {
			if (handles[i].key != NULL)
				compare_one(model, &handles[i]);
		}
	}
	for (int i = 0; i < HANDLES; i++) {
		if (handles[i].key != NULL)
			close_one(model->fault, &handles[i]);
	}
}

void
notify_winreg(struct fault *fault)
{
	struct model model = { .fault = fault };
	char root[4200];

	fault_path(fault, "host", root);
	setenv("HVEMU_ROOT", root, 1);
	model.registry = fault_open(root, true);
	model_begin(&model);
	for (fault->done = 0; fault->done < fault->rounds; fault->done++)
		run_history(&model);
	registry_close(model.registry);
}
