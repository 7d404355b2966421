/*
 * Watches against the model: every change that concerns one marks it, and nothing else does.
 */
#include <poll.h>
#include <stdio.h>

#include "tests/fault/notify_model.h"

#define WATCHES 12
#define STEPS   40 /* of a history */

struct watched {
	struct reg_watch *watch; /* NULL: none */
	int path;
	bool subtree;
	uint32_t filter;
	bool due; /* concerned by a change that was not asked for yet */
};

static void
watch_something(struct fault *fault, struct registry *registry, struct watched *watched)
{
	char text[64];

	*watched = (struct watched){
		.path = (int)fault_roll(fault, MODEL_PATHS),
		.subtree = fault_roll(fault, 2) == 0,
		.filter = 1 + fault_roll(fault, REGISTRY_NOTIFY_ALL),
	};
	model_path(watched->path, text);
	fault_need(lstatus_ok(
	    registry_watch(registry, text, watched->subtree, watched->filter, &watched->watch)));
}

/* Arm a watch where there is none, or drop one. */
static void
turn_one(struct fault *fault, struct registry *registry, struct watched list[WATCHES])
{
	struct watched *watched = &list[fault_roll(fault, WATCHES)];

	if (watched->watch == NULL) {
		watch_something(fault, registry, watched);
		return;
	}
	registry_unwatch(registry, watched->watch);
	watched->watch = NULL;
}

static bool
is_readable(const struct registry *registry)
{
	struct pollfd wait = { .fd = registry_watch_fd(registry), .events = POLLIN };

	return wait.fd >= 0 && poll(&wait, 1, 0) == 1;
}

/* Ask some of the watches; those that are not asked keep their marks. */
static void
compare(struct fault *fault, struct registry *registry, struct watched list[WATCHES], bool fresh)
{
	bool readable = is_readable(registry);
	bool any = registry_watch_drain(registry);
	bool due = false;

	for (int i = 0; i < WATCHES; i++)
		due = due || (list[i].watch != NULL && list[i].due);
	if (fresh && !readable)
		fault_lost(fault, "the descriptor does not tell of a change");
	if (any != due)
		fault_failed(fault, "draining says %d, %d was to be", any, due);
	for (int i = 0; i < WATCHES; i++) {
		struct watched *watched = &list[i];
		char text[64];
		bool taken;

		if (watched->watch == NULL || fault_roll(fault, 4) == 0)
			continue;
		model_path(watched->path, text);
		taken = registry_watch_taken(watched->watch);
		if (watched->due && !taken)
			fault_lost(fault, "%s%s, filter %u: a change was missed", text,
			    watched->subtree ? " and below" : "", watched->filter);
		else if (taken && !watched->due)
			fault_failed(fault, "%s%s, filter %u: a change was made up", text,
			    watched->subtree ? " and below" : "", watched->filter);
		fault->acknowledged += watched->due;
		watched->due = false;
	}
}

static void
run_history(struct model *model, struct registry *registry)
{
	struct fault *fault = model->fault;
	struct watched list[WATCHES] = { 0 };

	for (int step = 0; step < STEPS; step++) {
		bool fresh = false;

		turn_one(fault, registry, list);
		model_change(model);
		for (int i = 0; i < WATCHES; i++) {
			struct watched *at = &list[i];

			if (at->watch == NULL ||
			    !model_wakes(model, at->path, at->subtree, at->filter))
				continue;
			at->due = true;
			fresh = true;
		}
		compare(fault, registry, list, fresh);
	}
	for (int i = 0; i < WATCHES; i++)
		registry_unwatch(registry, list[i].watch);
}

static void
notify_native(struct fault *fault)
{
	struct model model = { .fault = fault };
	struct registry *registry;
	char root[4200];

	fault_path(fault, "host", root);
	model.registry = fault_open(root, true);
	registry = fault_open(root, true);
	model_begin(&model);
	for (fault->done = 0; fault->done < fault->rounds; fault->done++)
		run_history(&model, fault->done % 2 == 0 ? registry : model.registry);
	registry_close(registry);
	registry_close(model.registry);
	fault_check_host(fault, root);
}

const struct fault_scenario notify_scenarios[] = {
	{ "notify", "9 watches against a model", 200, 7000, notify_native },
	{ "notify-winreg", "9 RegNotifyChangeKeyValue against a model", 300, 3000, notify_winreg },
	{ 0 },
};
