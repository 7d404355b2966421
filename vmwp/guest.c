/*
 * A guest that does not answer, and one that crashes (reference 1.1, 1.2).
 *
 * No guest is there, so none answers the handshake: its timeout is reported, not waited for. A
 * crash is told to the worker by an operation; where it saves the state, it writes a file that says
 * whose and why. Its name after a bugcheck is that of 7.3; where it lies is assumed.
 */
#include <errno.h>
#include <string.h>

#include "regstore/formats/out_file.h"
#include "vmwp/internal.h"

#define STATE_FOLDER "ProgramData/Microsoft/Windows/Hyper-V/Virtual Machines"

struct vmwp_guest_control {
	struct tunable_number guest_control_timeout_in_milliseconds;
};

struct vmwp_bugcheck {
	struct tunable_number save_vm_on_bugcheck;
};

struct vmwp_triple_fault {
	struct tunable_text save_vm_on_triple_fault_file;
};

static const struct tunable guest_control_rows[] = {
	{
	    NUMBER_ROW(struct vmwp_guest_control, "GuestControlTimeoutInMilliseconds",
	        guest_control_timeout_in_milliseconds,
	        "How long the handshake that starts guest control is waited for."),
	    DEFAULT(5000),
	    .unit = "ms",
	},
};

static const struct tunable bugcheck_rows[] = {
	{
	    SWITCH_ROW(struct vmwp_bugcheck, "SaveVmOnBugcheck", save_vm_on_bugcheck,
	        "Save a machine whose guest bugchecks, in place of resetting it."),
	    DEFAULT(0),
	},
};

static const struct tunable triple_fault_rows[] = {
	{
	    TEXT_ROW(struct vmwp_triple_fault, "SaveVmOnTripleFaultFile", REG_SZ,
	        save_vm_on_triple_fault_file,
	        "File that the state is saved to when the guest has a triple fault."),
	    .unit = "path",
	},
};

#define GUEST_TABLE(stem, of_section, path, function)                                              \
	const struct tunable_table vmwp_##stem##_table = {                                         \
		.name = "vmwp." #stem,                                                             \
		.owner = "vmwp.exe",                                                               \
		.key = (path),                                                                     \
		.section = (of_section),                                                           \
		.reader = (function),                                                              \
		.apply = APPLY_OPERATION,                                                          \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
		.state_size = sizeof(struct vmwp_##stem),                                          \
	}

GUEST_TABLE(guest_control, "1.1", VIRTUALIZATION_KEY, "VirtualMachine::GuestControlStart");
GUEST_TABLE(bugcheck, "1.2", WORKER_KEY, "WorkerConfiguration::SaveVmOnGuestBugcheck");
GUEST_TABLE(triple_fault, "1.2", WORKER_KEY, "GuestErrorSaveStateFile");

/* --- Guest control
 * -------------------------------------------------------------------------------- */

static ntstatus
VirtualMachine_GuestControlStart(struct module_object *object, struct tunable_number *ret_timeout)
{
	ntstatus status = module_load(object, &vmwp_guest_control_table, NULL);
	const struct vmwp_guest_control *control;

	if (!ntstatus_ok(status))
		return status;
	control = module_state(object, &vmwp_guest_control_table);
	*ret_timeout = control->guest_control_timeout_in_milliseconds;
	module_forget(object, &vmwp_guest_control_table, NULL);
	return status;
}

ntstatus
vmwp_guest_control_start(struct module_object *object, const char *argument UNUSED, json_t *result)
{
	struct tunable_number timeout = { 0 };
	ntstatus status = VirtualMachine_GuestControlStart(object, &timeout);

	if (!ntstatus_ok(status))
		return status;
	json_object_set_new(result, "timeout_ms", vmwp_number(timeout));
	json_object_set_new(result, "waited", json_false());
	json_object_set_new(
	    result, "outcome", json_string(ntstatus_name(NTSTATUS(STATUS_IO_TIMEOUT))));
	return status;
}

/* --- Crashes
 * -------------------------------------------------------------------------------------- */

/*
 * Append the host's file of a Windows path with a drive: C:\a\b lies in the host's folder as a/b,
 * as ProgramData does. False for any other path, and for one that leads out of the folder.
 */
static bool
host_file(const char *root, const char *path, struct buf *out)
{
	size_t length = strlen(path);

	if (length < 4 || path[1] != ':' || path[2] != '\\')
		return false;
	buf_append_text(out, root);
	for (const char *at = path + 2; *at != '\0';) {
		size_t part = strcspn(++at, "\\/");

		if (part == 0 || (part <= 2 && memcmp(at, "..", part) == 0))
			return false;
		buf_append_byte(out, '/');
		buf_append(out, at, part);
		at += part;
	}
	return true;
}

/* Write what there is of the state: whose it is, and why it was saved. */
static ntstatus
save_state(const char *file, const char *guid, const char *cause)
{
	struct out_file out = { 0 };
	lstatus status = out_file_begin(&out, file);

	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	if (fprintf(out.file, "{\"machine\": \"%s\", \"saved_on\": \"%s\"}\n", guid, cause) < 0)
		status = lstatus_from_errno(errno);
	return ntstatus_from_lstatus(out_file_end(&out, status));
}

static ntstatus
WorkerConfiguration_SaveVmOnGuestBugcheck(
    struct module_object *object, const char *root, const char *guid, struct buf *file)
{
	ntstatus status = module_load(object, &vmwp_bugcheck_table, NULL);
	const struct vmwp_bugcheck *bugcheck;

	if (!ntstatus_ok(status))
		return status;
	bugcheck = module_state(object, &vmwp_bugcheck_table);
	if (bugcheck->save_vm_on_bugcheck.value != 0)
		buf_printf(file, "%s/%s/Bugcheck_%s.vmrs", root, STATE_FOLDER, guid);
	module_forget(object, &vmwp_bugcheck_table, NULL);
	return status;
}

static ntstatus
GuestErrorSaveStateFile(struct module_object *object, const char *root, struct buf *file)
{
	ntstatus status = module_load(object, &vmwp_triple_fault_table, NULL);
	const struct vmwp_triple_fault *fault;

	if (!ntstatus_ok(status))
		return status;
	fault = module_state(object, &vmwp_triple_fault_table);
	if (fault->save_vm_on_triple_fault_file.text != NULL &&
	    fault->save_vm_on_triple_fault_file.text[0] != '\0' &&
	    !host_file(root, fault->save_vm_on_triple_fault_file.text, file))
		status = NTSTATUS(STATUS_OBJECT_NAME_INVALID);
	module_forget(object, &vmwp_triple_fault_table, NULL);
	return status;
}

ntstatus
vmwp_guest_crash(struct module_object *object, const char *argument, json_t *result)
{
	const char *root = module_word(object, WORD_HOST_ROOT);
	const char *guid = module_word(object, WORD_VM_GUID);
	struct buf file = { 0 };
	ntstatus status = NTSTATUS(STATUS_INVALID_PARAMETER);

	if (root == NULL || guid == NULL)
		return NTSTATUS(STATUS_DEVICE_NOT_READY);
	if (strcmp(argument, "bugcheck") == 0)
		status = WorkerConfiguration_SaveVmOnGuestBugcheck(object, root, guid, &file);
	else if (strcmp(argument, "triple-fault") == 0)
		status = GuestErrorSaveStateFile(object, root, &file);
	if (ntstatus_ok(status) && file.failed)
		status = NTSTATUS(STATUS_NO_MEMORY);
	if (ntstatus_ok(status) && file.size > 0)
		status = save_state(buf_text(&file), guid, argument);
	if (ntstatus_ok(status)) {
		json_object_set_new(
		    result, "action", json_string(file.size > 0 ? "save" : "reset"));
		if (file.size > 0)
			json_object_set_new(result, "file", tunable_json_text(buf_text(&file)));
		module_log(object, "%s: guest %s: %s", object->module->name, argument,
		    file.size > 0 ? buf_text(&file) : "reset");
	}
	buf_release(&file);
	return status;
}
