/*
 * icsvc.dll: the integration services on the host's side (reference 1.9, TimeSync and VmSession;
 * 1.11).
 *
 * ICTimeSyncIpc::PersistUniqueId writes the name by which vmictimeprovider.dll, in W32Time's
 * process, knows the time synchronisation: a fresh GUID where there is none. All workers of a host
 * do so in one transaction each, so that they agree on one.
 */
#include "regstore/base/guid.h"
#include "regstore/base/utf16.h"
#include "vmwp/internal.h"
#include "vmwp/modules.h"

#define IPC_KEY                                                                                    \
	"HKLM\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\TimeProviders\\VMICTimeProvider\\"    \
	"Parameters\\IPC"
#define UNIQUE_ID "UniqueId"

struct icsvc_time_sync {
	struct tunable_number time_sample_window_in_microseconds;
	struct tunable_number time_sample_window;
};

struct icsvc_vm_session {
	struct tunable_number require_ps_direct_authentication;
};

struct icsvc_ipc {
	struct tunable_text unique_id;
};

static const struct tunable time_sync_rows[] = {
	{
	    NUMBER_ROW(struct icsvc_time_sync, "TimeSampleWindowInMicroseconds",
	        time_sample_window_in_microseconds,
	        "Window in which samples of the time are taken."),
	    .fallback = "TimeSampleWindow",
	    .unit = "us",
	},
	{
	    NUMBER_ROW(struct icsvc_time_sync, "TimeSampleWindow", time_sample_window,
	        "The same window, by its older name."),
	    .preferred = "TimeSampleWindowInMicroseconds",
	    .unit = "us",
	    .note = "\"Legacy form in microseconds\": the unit is the same.",
	},
};

static const struct tunable vm_session_rows[] = {
	{ SWITCH_ROW(struct icsvc_vm_session, "RequirePsDirectAuthentication",
	    require_ps_direct_authentication, "Sessions of PowerShell Direct must authenticate.") },
};

static const struct tunable ipc_rows[] = {
	{ TEXT_ROW(struct icsvc_ipc, UNIQUE_ID, REG_SZ, unique_id,
	      "By what the host's time provider is known."),
	    .note = "Kept by the library itself; that it is a GUID is assumed." },
};

#define ICSVC_TABLE(stem, of_section, path, function)                                              \
	static const struct tunable_table stem##_table = {                                         \
		.name = "icsvc." #stem,                                                            \
		.owner = "icsvc.dll",                                                              \
		.key = (path),                                                                     \
		.section = (of_section),                                                           \
		.reader = (function),                                                              \
		.apply = APPLY_UNKNOWN,                                                            \
		.assumed_apply = APPLY_VM_START,                                                   \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
		.state_size = sizeof(struct icsvc_##stem),                                         \
	}

ICSVC_TABLE(time_sync, "1.9", VIRTUALIZATION_KEY "\\TimeSync", NULL);
ICSVC_TABLE(vm_session, "1.9", VIRTUALIZATION_KEY "\\VmSession", NULL);
ICSVC_TABLE(ipc, "1.11", IPC_KEY, "ICTimeSyncIpc::PersistUniqueId");

static const struct tunable_table *const tables[] = { &time_sync_table, &vm_session_table,
	&ipc_table };

/* Within a transaction: give the key its name, unless it has one. */
static lstatus
persist(struct registry *registry)
{
	char guid[GUID_TEXT_SIZE];
	struct buf text = { 0 };
	uint32_t type = 0;
	reg_key key;
	lstatus status = registry_create_key(registry, NULL, IPC_KEY, 0, &key, NULL);

	if (!lstatus_ok(status))
		return status;
	status = registry_query_value(registry, key, UNIQUE_ID, &type, NULL);
	if (lstatus_ok(status) && type == REG_SZ)
		return status;
	if (!lstatus_ok(status) && !lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return status;
	status = registry_new_guid(registry, "icsvc", guid);
	if (!lstatus_ok(status))
		return status;
	buf_printf(&text, "{%s}", guid);
	status = registry_set_text(registry, key, UNIQUE_ID, REG_SZ, buf_text(&text));
	buf_release(&text);
	return status;
}

static ntstatus
ICTimeSyncIpc_PersistUniqueId(struct module_object *object)
{
	lstatus status = registry_begin(object->registry, "icsvc: persist the unique id");

	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	status = persist(object->registry);
	if (lstatus_ok(status))
		status = registry_commit(object->registry);
	else
		registry_rollback(object->registry);
	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	return module_load(object, &ipc_table, NULL);
}

static ntstatus
icsvc_entry(struct module_object *object)
{
	ntstatus status = module_load(object, &time_sync_table, NULL);

	if (ntstatus_ok(status))
		status = module_load(object, &vm_session_table, NULL);
	if (ntstatus_ok(status))
		status = ICTimeSyncIpc_PersistUniqueId(object);
	return status;
}

static void
icsvc_status(const struct module_object *object, json_t *state)
{
	const struct icsvc_time_sync *time_sync = module_state(object, &time_sync_table);
	const struct icsvc_vm_session *session = module_state(object, &vm_session_table);
	const struct icsvc_ipc *ipc = module_state(object, &ipc_table);

	json_object_set_new(state, "time_sample_window_us",
	    vmwp_number(time_sync->time_sample_window_in_microseconds));
	json_object_set_new(state, "ps_direct_authentication",
	    vmwp_switch(session->require_ps_direct_authentication));
	json_object_set_new(state, "unique_id", vmwp_text(ipc->unique_id));
}

const struct module icsvc_module = {
	.name = "icsvc",
	.image = "icsvc.dll",
	.doc = "Integration services, on the host's side.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = icsvc_entry,
	.status = icsvc_status,
};
