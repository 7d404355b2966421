/*
 * vmms.exe: what it reads of the Worker key (reference 1.2): what the worker reads too, and how
 * storage migration copies files.
 */
#include <string.h>
#include <strings.h>

#include "vmms/internal.h"
#include "vmwp/rows.h"

struct vmms_copy {
	struct tunable_number copy_file_api_config;
};

struct vmms_parent_path {
	struct tunable_text file_systems_to_skip_parent_path_transformation;
};

static const struct tunable copy_rows[] = {
	{
	    NUMBER_ROW(struct vmms_copy, "CopyFileApiConfig", copy_file_api_config,
	        "Variant of the file copy interface that storage migration calls."),
	    .note = "The variants are not listed.",
	},
};

static const struct tunable parent_path_rows[] = {
	{ TEXT_ROW(struct vmms_parent_path, "FileSystemsToSkipParentPathTransformation",
	    REG_MULTI_SZ, file_systems_to_skip_parent_path_transformation,
	    "File systems on which a disk's path to its parent is not rewritten.") },
};

/* A table of the Worker key. */
#define TABLE(stem, row_list, row_count, state, function, when, assumed_when)                      \
	const struct tunable_table vmms_##stem##_table = {                                         \
		.name = "vmms." #stem,                                                             \
		.owner = "vmms.exe",                                                               \
		.key = WORKER_KEY,                                                                 \
		.section = "1.2",                                                                  \
		.reader = (function),                                                              \
		.apply = (when),                                                                   \
		.assumed_apply = (assumed_when),                                                   \
		.rows = (row_list),                                                                \
		.count = (row_count),                                                              \
		.state_size = sizeof(struct state),                                                \
	}

TABLE(worker, shared_worker_rows, SHARED_WORKER_ROWS, shared_worker, NULL, APPLY_UNKNOWN,
    APPLY_SERVICE_START);
TABLE(realize, shared_realize_rows, SHARED_REALIZE_ROWS, shared_realize, NULL, APPLY_OPERATION,
    APPLY_FORGOTTEN);
TABLE(copy, copy_rows, ARRAY_SIZE(copy_rows), vmms_copy, "StorageMigrationBase::CopyFileW",
    APPLY_OPERATION, APPLY_FORGOTTEN);
TABLE(parent_path, parent_path_rows, ARRAY_SIZE(parent_path_rows), vmms_parent_path,
    "StorageMigrationBase::GetParentPath", APPLY_OPERATION, APPLY_FORGOTTEN);

static ntstatus
worker_entry(struct module_object *object)
{
	return module_load(object, &vmms_worker_table, tunable_read_value);
}

/* --- Storage migration
 * ---------------------------------------------------------------------------- */

/* Whether a list, joined with '|', has a word; without case. */
static bool
has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (list != NULL) {
		size_t at = strcspn(list, "|");

		if (at == length && strncasecmp(list, word, length) == 0)
			return true;
		list = list[at] == '|' ? list + at + 1 : NULL;
	}
	return false;
}

/* How a disk's file is copied. */
static ntstatus
StorageMigrationBase_CopyFileW(struct module_object *object, json_t *result)
{
	const struct vmms_copy *copy;
	ntstatus status = module_load(object, &vmms_copy_table, tunable_read_value);

	if (!ntstatus_ok(status))
		return status;
	copy = module_state(object, &vmms_copy_table);
	json_object_set_new(result, "copy_api", vmms_number(copy->copy_file_api_config));
	module_forget(object, &vmms_copy_table, NULL);
	return status;
}

/* Whether the copy's path to its parent disk is rewritten. */
static ntstatus
StorageMigrationBase_GetParentPath(
    struct module_object *object, const char *file_system, json_t *result)
{
	const struct vmms_parent_path *path;
	ntstatus status = module_load(object, &vmms_parent_path_table, tunable_read_value);
	bool kept;

	if (!ntstatus_ok(status))
		return status;
	path = module_state(object, &vmms_parent_path_table);
	kept = has_word(path->file_systems_to_skip_parent_path_transformation.text, file_system);
	json_object_set_new(result, "parent_path", json_string(kept ? "kept" : "rewritten"));
	module_forget(object, &vmms_parent_path_table, NULL);
	return status;
}

ntstatus
vmms_migrate_storage(struct module_object *object, const char *file_system, json_t *result)
{
	ntstatus status;

	if (file_system[0] == '\0')
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = StorageMigrationBase_CopyFileW(object, result);
	if (ntstatus_ok(status))
		status = StorageMigrationBase_GetParentPath(object, file_system, result);
	return status;
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

static void
worker_status(const struct module_object *object, json_t *state)
{
	const struct shared_worker *worker = module_state(object, &vmms_worker_table);

	json_object_set_new(state, "workers",
	    json_pack("{s:o, s:o, s:b, s:b, s:b, s:b, s:o, s:o}", "pending_operation_wait_s",
	        vmms_number(worker->pending_operation_wait_seconds), "progress_interval_s",
	        vmms_number(worker->event_log_progress_interval_sec), "early_realize",
	        vmms_on(worker->allow_early_realize), "validates_perfmon",
	        vmms_on(worker->validate_perfmon), "validates_perfmon_pebs",
	        vmms_on(worker->validate_perfmon_pebs), "validates_perfmon_ipt",
	        vmms_on(worker->validate_perfmon_ipt), "fc_wmi_query_retries",
	        vmms_number(worker->fc_wmi_query_retry_count), "hba_lun_timeout",
	        vmms_number(worker->hba_lun_timeout)));
}

const struct vmms_part vmms_worker_settings_part = {
	.entry = worker_entry,
	.status = worker_status,
};
