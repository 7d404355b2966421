/*
 * Random changes, and whom they concern.
 */
#include "tests/fault/notify_model.h"

#include <stdio.h>
#include <string.h>

#define NAMES  3
#define VALUES 3

/* Paths are numbered as a tree of three children each is. */
static int
parent_of(int path)
{
	return (path - 1) / NAMES;
}

static bool
is_below(int path, int top)
{
	while (path > top)
		path = parent_of(path);
	return path == top;
}

void
model_path(int path, char text[static 64])
{
	char rest[64];

	if (path == 0) {
		snprintf(text, 64, "%s", MODEL_TOP);
		return;
	}
	model_path(parent_of(path), rest);
	snprintf(text, 64, "%.50s\\%c", rest, 'a' + (path - 1) % NAMES);
}

static bool
find(const struct model *model, int path, reg_key *ret_key)
{
	char text[64];

	model_path(path, text);
	return lstatus_ok(registry_open_key(model->registry, NULL, text, 0, ret_key));
}

bool
model_exists(const struct model *model, int path)
{
	reg_key key;

	return find(model, path, &key);
}

static void
note_event(struct model *model, struct model_event event)
{
	fault_need(model->count < ARRAY_SIZE(model->events));
	model->events[model->count++] = event;
}

static void
note(struct model *model, int path, uint32_t kind)
{
	note_event(model, (struct model_event){ .path = path, .kind = kind });
}

/* The key came or went. */
static void
note_name(struct model *model, int path)
{
	note(model, path, REGISTRY_NOTIFY_NAME);
	if (path > 0)
		note(model, parent_of(path), REGISTRY_NOTIFY_NAME);
}

void
model_begin(struct model *model)
{
	reg_key key;

	fault_need(
	    lstatus_ok(registry_create_key(model->registry, NULL, MODEL_TOP, 0, &key, NULL)));
}

/* --- Changes ------------------------------------------------------------------------------------
 */

static void
create_key(struct model *model, int path)
{
	char text[64];
	reg_key key;

	for (int at = path; at > 0; at = parent_of(at)) {
		if (!model_exists(model, at))
			note_name(model, at);
	}
	model_path(path, text);
	fault_need(lstatus_ok(registry_create_key(model->registry, NULL, text, 0, &key, NULL)));
}

static void
set_value(struct model *model, int path, reg_key key)
{
	char name[2] = { (char)('0' + fault_roll(model->fault, VALUES)), '\0' };

	fault_need(lstatus_ok(
	    registry_set_dword(model->registry, key, name, fault_roll(model->fault, 5))));
	note(model, path, REGISTRY_NOTIFY_LAST_SET);
}

static void
delete_value(struct model *model, int path, reg_key key)
{
	char name[2] = { (char)('0' + fault_roll(model->fault, VALUES)), '\0' };

	if (lstatus_ok(registry_delete_value(model->registry, key, name)))
		note(model, path, REGISTRY_NOTIFY_LAST_SET);
}

static void
set_security(struct model *model, int path, reg_key key)
{
	struct buf descriptor = { 0 };

	fault_need(lstatus_ok(registry_query_security(model->registry, key, &descriptor)));
	fault_need(lstatus_ok(
	    registry_set_security(model->registry, key, descriptor.data, descriptor.size)));
	note(model, path, REGISTRY_NOTIFY_SECURITY);
	buf_release(&descriptor);
}

static void
set_flags(struct model *model, int path, reg_key key)
{
	fault_need(
	    lstatus_ok(registry_set_flags(model->registry, key, REGISTRY_KEY_DONT_VIRTUALIZE)));
	note(model, path, REGISTRY_NOTIFY_ATTRIBUTES);
}

static void
delete_tree(struct model *model, int path, reg_key key)
{
	for (int at = path; at < MODEL_PATHS; at++) {
		struct reg_key_info info = { 0 };
		reg_key below;

		if (!is_below(at, path) || !find(model, at, &below))
			continue;
		note_name(model, at);
		fault_need(lstatus_ok(registry_query_info(model->registry, below, &info)));
		if (info.values > 0)
			note(model, at, REGISTRY_NOTIFY_LAST_SET);
		note_event(model, (struct model_event){ .path = at, .to = MODEL_GONE });
	}
	fault_need(lstatus_ok(registry_delete_tree(model->registry, key)));
}

/* A key leaves its path for another: the one that is renamed, or one below it. */
static void
note_one_move(struct model *model, int path, int to, bool carried)
{
	if (carried) {
		note_event(model, (struct model_event){ path, REGISTRY_NOTIFY_NAME, 0, true });
		note_event(model, (struct model_event){ to, REGISTRY_NOTIFY_NAME, 0, true });
	} else {
		note_name(model, path);
		note_name(model, to);
	}
	note_event(model, (struct model_event){ .path = path, .to = to });
}

/* The paths that keys leave, and those that they come to. */
static void
note_move(struct model *model, int from, int to)
{
	for (int at = from; at < MODEL_PATHS; at++) {
		reg_key key;

		if (!is_below(at, from) || !find(model, at, &key))
			continue;
		/* The same place below `to`: each level's offset grows threefold. */
		for (int up = at, scale = 1;; up = parent_of(up), scale *= NAMES) {
			if (up == from) {
				note_one_move(model, at, at + (to - from) * scale, at != from);
				break;
			}
		}
	}
}

static void
rename_key(struct model *model, int path, reg_key key)
{
	int first = parent_of(path) * NAMES + 1;
	int to = first + (int)fault_roll(model->fault, NAMES);
	char name[2] = { (char)('a' + (to - first)), '\0' };

	if (to == path || model_exists(model, to))
		return;
	note_move(model, path, to);
	fault_need(lstatus_ok(registry_rename_key(model->registry, key, name)));
}

static void
change_one(struct model *model)
{
	static void (*const changes[])(struct model * model, int path, reg_key key) = { set_value,
		set_value, set_value, delete_value, set_security, set_flags, delete_tree,
		rename_key };
	int path = 1 + (int)fault_roll(model->fault, MODEL_PATHS - 1);
	reg_key key;

	if (!find(model, path, &key))
		create_key(model, path);
	else
		changes[fault_roll(model->fault, ARRAY_SIZE(changes))](model, path, key);
}

void
model_change(struct model *model)
{
	uint32_t steps = 1 + fault_roll(model->fault, 4);

	model->count = 0;
	if (steps == 1) {
		change_one(model);
		return;
	}
	fault_need(lstatus_ok(registry_begin(model->registry, NULL)));
	for (uint32_t i = 0; i < steps; i++)
		change_one(model);
	if (fault_roll(model->fault, 5) != 0) {
		fault_need(lstatus_ok(registry_commit(model->registry)));
		return;
	}
	registry_rollback(model->registry);
	model->count = 0;
}

bool
model_wakes(const struct model *model, int path, bool subtree, uint32_t filter)
{
	for (size_t i = 0; i < model->count; i++) {
		const struct model_event *event = &model->events[i];

		if ((event->kind & filter) != 0 &&
		    (event->path == path || (subtree && is_below(event->path, path))))
			return true;
	}
	return false;
}

bool
model_wakes_key(const struct model *model, int *path, bool subtree, uint32_t filter)
{
	bool wakes = false;

	for (size_t i = 0; i < model->count && *path != MODEL_GONE; i++) {
		const struct model_event *event = &model->events[i];

		if (event->kind == 0 && event->path == *path)
			*path = event->to;
		else if ((event->kind & filter) != 0 && !event->carried &&
		         (event->path == *path || (subtree && is_below(event->path, *path))))
			wakes = true;
	}
	return wakes;
}
