/*
 * From changes to steps: when each value is read again, and what stands for what.
 */
#include "vmms/hvctl_steps.h"

#include <string.h>
#include <strings.h>

#include "drivers/protocol.h"
#include "hvloader/protocol.h"
#include "regstore/base/guid.h"
#include "vmms/protocol.h"
#include "vmwp/protocol.h"

/* The driver whose partitions the machines have: they do not outlive it. */
#define PARTITIONS_DRIVER "vid"

/* In the order in which they are taken. */
static const char *const actions[] = { "boot", "restart-driver", "reload", "add-device",
	"restart-service", "restart-vm", "start-vm" };

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

bool
steps_init(struct steps *steps, const struct hvctl *hvctl, struct registry *registry, bool up)
{
	*steps = (struct steps){ .hvctl = hvctl, .registry = registry, .up = up };
	steps->list = json_array();
	/* Without vmms nobody knows of machines; what their workers need is theirs to say. */
	return !up ||
	       hvctl_ask(hvctl, VMMS_NAME, "vm-list", NULL, &steps->machines) != ASKED_FAILED;
}

void
steps_release(struct steps *steps)
{
	json_decref(steps->machines);
	json_decref(steps->list);
}

/* --- One change
 * ----------------------------------------------------------------------------------- */

/* The name of the machine with this GUID that runs; NULL if none does. */
static const char *
running_machine(const struct steps *steps, const char *guid)
{
	json_t *machine;
	size_t index;

	json_array_foreach(steps->machines, index, machine)
	{
		if (strcasecmp(text_of(machine, "guid"), guid) == 0 &&
		    strcmp(text_of(machine, "state"), "running") == 0)
			return text_of(machine, "name");
	}
	return NULL;
}

static json_t *
make_step(const char *action, const char *target, const char *key)
{
	json_t *step =
	    json_pack("{s:s, s:s, s:s?}", "action", action, "target", target, "key", key);
	struct buf command = { 0 };

	if (strcmp(action, "boot") == 0)
		buf_append_text(&command, "hvctl reboot");
	else if (strcmp(action, "reload") == 0)
		buf_printf(&command, "hvctl reload %s", target);
	else if (strcmp(action, "add-device") == 0)
		buf_printf(&command, "hvctl add-device %s '%s'", target, key);
	else if (strcmp(action, "restart-vm") == 0)
		buf_printf(&command, "hvctl vm stop '%s' && hvctl vm start '%s'", target, target);
	else if (strcmp(action, "start-vm") == 0)
		buf_printf(&command, "hvctl vm start '%s'", target);
	else
		buf_printf(&command, "hvctl restart %s", target);
	json_object_set_new(step, "command", tunable_json_take(&command));
	json_object_set_new(step, "for", json_array());
	return step;
}

/* The device whose addition makes the module read a key; false if there is no such device. */
static bool
find_device(
    const struct steps *steps, const struct module *module, const json_t *change, struct buf *out)
{
	const char *key = text_of(change, "key");
	struct buf keys = { 0 };
	struct buf own = { 0 };

	if (module->add_device == NULL || module->devices == NULL ||
	    !lstatus_ok(tunable_instances(steps->registry, module->devices, &keys)))
		return false;
	for (size_t at = 0; at < keys.size; at += strlen((const char *)keys.data + at) + 1) {
		const char *device = (const char *)keys.data + at;

		/* What is read with any device (an interface's key) is read with the first. */
		if (out->size == 0 || strcasecmp(device, key) == 0) {
			buf_clear(out);
			buf_append_text(out, device);
		}
	}
	/* A device's own key is read when that device is added, and no other. */
	if (tunable_instance_key(module->devices, key, &own) &&
	    strcasecmp(buf_text(out), buf_text(&own)) != 0)
		buf_clear(out);
	buf_release(&own);
	buf_release(&keys);
	return out->size > 0;
}

static json_t *
device_step(const struct steps *steps, const json_t *change)
{
	const struct module *module = host_module_find(text_of(change, "module"), NULL);
	struct buf device = { 0 };
	json_t *step;

	if (module != NULL && find_device(steps, module, change, &device))
		step = make_step("add-device", module->name, buf_text(&device));
	else
		step = make_step("restart-driver", text_of(change, "module"), NULL);
	buf_release(&device);
	return step;
}

/* The machine that a change is about: its worker's process says it, or the instance. */
static const char *
machine_of(const struct steps *steps, const json_t *change)
{
	const char *process = text_of(change, "process");

	if (strncmp(process, WORKER_PREFIX, strlen(WORKER_PREFIX)) == 0)
		return running_machine(steps, process + strlen(WORKER_PREFIX));
	return running_machine(steps, text_of(change, "instance"));
}

/* What makes a change effective; NULL with the reason in *ret_when where nothing need be done. */
static json_t *
step_of(const struct steps *steps, const json_t *change, const char **ret_when)
{
	const char *event = text_of(change, "read_at");
	const char *process = text_of(change, "process");
	const char *machine = machine_of(steps, change);

	if (strcmp(event, "per-operation") == 0)
		*ret_when = "the next operation reads it";
	else if (strcmp(event, "attach") == 0)
		*ret_when = json_object_get(change, "instance") != NULL
		                ? "this disk keeps what it has until it is attached again"
		                : "the next attach reads it";
	else if (strcmp(event, "last-known-good") == 0)
		*ret_when = "only a boot of the last known good reads it";
	else if (strcmp(event, "never") == 0)
		*ret_when = "the next boot writes it anew";
	else if (!steps->up)
		*ret_when = "the host is down: its next boot reads it";
	else if (strcmp(event, "boot") == 0)
		return make_step("boot", "host", NULL);
	else if (machine != NULL)
		return make_step("restart-vm", machine, NULL);
	else if (strcmp(event, "vm-start") == 0)
		*ret_when = "the next start of a virtual machine reads it";
	else if (!json_is_true(json_object_get(change, "running")))
		*ret_when = "it is not loaded: its next start reads it";
	else if (strcmp(event, "notification") == 0)
		*ret_when = "at once: the change is notified";
	else if (strcmp(event, "service-start") == 0)
		return make_step("restart-service", process, NULL);
	else if (strcmp(event, "reload") == 0)
		return make_step("reload", text_of(change, "module"), NULL);
	else if (strcmp(event, "device-add") == 0)
		return device_step(steps, change);
	else
		return make_step("restart-driver", text_of(change, "module"), NULL);
	return NULL;
}

bool
steps_is_boot(const struct steps *steps, const json_t *change)
{
	return steps->up && json_is_true(json_object_get(change, "effective_changes")) &&
	       strcmp(text_of(change, "read_at"), "boot") == 0;
}

/* --- The smallest set
 * ----------------------------------------------------------------------------- */

static bool
same_step(const json_t *step, const char *action, const char *target)
{
	return strcmp(text_of(step, "action"), action) == 0 &&
	       strcmp(text_of(step, "target"), target) == 0;
}

static json_t *
find_step(const json_t *steps, const char *action, const char *target)
{
	json_t *step;
	size_t index;

	json_array_foreach(steps, index, step)
	{
		if (same_step(step, action, target))
			return step;
	}
	return NULL;
}

static json_t *
find_command(const json_t *steps, const json_t *wanted)
{
	json_t *step;
	size_t index;

	json_array_foreach(steps, index, step)
	{
		if (strcmp(text_of(step, "command"), text_of(wanted, "command")) == 0)
			return step;
	}
	return NULL;
}

/* The step among `all` that stands for this one: a boot, a restart, or itself. */
static json_t *
stands_for(const json_t *all, const json_t *step)
{
	json_t *other = find_step(all, "boot", "host");

	if (other != NULL)
		return other;
	if (same_step(step, "reload", text_of(step, "target")) ||
	    same_step(step, "add-device", text_of(step, "target")))
		other = find_step(all, "restart-driver", text_of(step, "target"));
	return other != NULL ? other : find_command(all, step);
}

static void
add_for(json_t *step, const json_t *change)
{
	json_t *names = json_object_get(step, "for");
	json_t *name;
	size_t index;

	json_array_foreach(names, index, name)
	{
		if (json_equal(name, json_object_get(change, "name")))
			return;
	}
	json_array_append(names, json_object_get(change, "name"));
}

/* Machines that run end with a boot, and their partitions with the driver that holds them. */
static void
add_machines(const struct steps *steps, json_t *all)
{
	bool boots = find_step(all, "boot", "host") != NULL;
	json_t *machine;
	size_t index;

	if (!boots && find_step(all, "restart-driver", PARTITIONS_DRIVER) == NULL)
		return;
	json_array_foreach(steps->machines, index, machine)
	{
		const char *name = text_of(machine, "name");

		if (strcmp(text_of(machine, "state"), "running") != 0)
			continue;
		if (boots)
			json_array_append_new(all, make_step("start-vm", name, NULL));
		else if (find_step(all, "restart-vm", name) == NULL)
			json_array_append_new(all, make_step("restart-vm", name, NULL));
	}
}

/* What each change asks for by itself, as pairs of step and change. */
static json_t *
wanted_steps(const struct steps *steps, json_t *changes)
{
	json_t *wanted = json_array();
	json_t *change;
	size_t index;

	if (steps->boot && steps->up)
		json_array_append_new(wanted, make_step("boot", "host", NULL));
	json_array_foreach(changes, index, change)
	{
		bool effective = json_is_true(json_object_get(change, "effective_changes"));
		const char *when = "the effective value stays as it is";
		json_t *step = effective ? step_of(steps, change, &when) : NULL;

		json_object_set_new(change, "needs", json_null());
		json_object_set_new(change, "when", step == NULL ? json_string(when) : json_null());
		if (step == NULL)
			continue;
		json_object_set(change, "step", step);
		json_array_append_new(wanted, step);
	}
	return wanted;
}

void
steps_find(struct steps *steps, json_t *changes)
{
	json_t *wanted = wanted_steps(steps, changes);
	json_t *all = json_array();
	json_t *change;
	json_t *step;
	size_t index;

	json_array_foreach(wanted, index, step)
	{
		json_t *taken = stands_for(wanted, step);

		if (find_command(all, taken) == NULL)
			json_array_append(all, taken);
	}
	json_array_foreach(changes, index, change)
	{
		json_t *own = json_object_get(change, "step");
		json_t *taken = own != NULL ? stands_for(wanted, own) : NULL;

		if (taken == NULL)
			continue;
		json_object_set(change, "needs", json_object_get(taken, "command"));
		add_for(taken, change);
		json_object_del(change, "step");
	}
	add_machines(steps, all);
	for (size_t rank = 0; rank < ARRAY_SIZE(actions); rank++) {
		json_array_foreach(all, index, step)
		{
			if (strcmp(text_of(step, "action"), actions[rank]) == 0)
				json_array_append(steps->list, step);
		}
	}
	json_decref(all);
	json_decref(wanted);
}

/* --- Taking a step
 * -------------------------------------------------------------------------------- */

static bool
call(const struct hvctl *hvctl, const char *process, const char *method, json_t *params)
{
	json_t *result = NULL;
	enum hvctl_asked asked = hvctl_ask(hvctl, process, method, params, &result);

	json_decref(result);
	if (asked == ASKED_DOWN)
		hvctl_fail(hvctl, "%s does not run any more", process);
	return asked == ASKED_OK;
}

bool
step_take(const struct hvctl *hvctl, const json_t *step)
{
	const char *action = text_of(step, "action");
	const char *target = text_of(step, "target");

	if (strcmp(action, "boot") == 0)
		return hvctl_boot_again(hvctl);
	if (strcmp(action, "restart-driver") == 0)
		return call(hvctl, KERNEL_NAME, "restart", json_pack("{s:s}", "module", target));
	if (strcmp(action, "reload") == 0)
		return call(hvctl, KERNEL_NAME, "reload", json_pack("{s:s}", "module", target));
	if (strcmp(action, "add-device") == 0)
		return call(hvctl, KERNEL_NAME, "add-device",
		    json_pack("{s:s, s:s}", "module", target, "key", text_of(step, "key")));
	if (strcmp(action, "restart-service") == 0)
		return call(
		    hvctl, HVLOADER_NAME, "restart-service", json_pack("{s:s}", "service", target));
	if (strcmp(action, "restart-vm") == 0 &&
	    !call(hvctl, VMMS_NAME, "vm-stop", json_pack("{s:s}", "vm", target)))
		return false;
	return call(hvctl, VMMS_NAME, "vm-start", json_pack("{s:s}", "vm", target));
}
