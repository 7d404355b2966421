/*
 * vmictimeprovider.dll: the time provider that the Windows Time service loads (reference 1.11).
 *
 * The time synchronisation of the integration services (icsvc.dll) writes the identity under which
 * it speaks; ICTimeSyncIpc::Get* reads it here to know whether who speaks is the one. It is taken
 * to be read each time, as it is written while this service runs.
 */
#include <stdlib.h>
#include <strings.h>

#include "vmcompute/internal.h"
#include "vmcompute/modules.h"

struct identity {
	struct tunable_text unique_id;
};

static const struct tunable identity_rows[] = {
	{
	    .name = "UniqueId",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct identity, unique_id),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Identity of the time provider.",
	    .note = "Written by icsvc.dll.",
	},
};

static const struct tunable_table identity_table = {
	.name = "vmictimeprovider.identity",
	.owner = "vmictimeprovider.dll",
	.key =
	    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\TimeProviders\\VMICTimeProvider\\"
	    "Parameters\\IPC",
	.section = "1.11",
	.reader = "ICTimeSyncIpc::Get*",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = identity_rows,
	.count = ARRAY_SIZE(identity_rows),
	.state_size = sizeof(struct identity),
};

static const struct tunable_table *const tables[] = { &identity_table };

/* How those who spoke were judged. */
struct timeprovider {
	uint64_t matched;
	uint64_t refused;
};

static ntstatus
timeprovider_entry(struct module_object *object)
{
	object->extension = calloc(1, sizeof(struct timeprovider));
	return object->extension != NULL ? NTSTATUS(STATUS_SUCCESS) : NTSTATUS(STATUS_NO_MEMORY);
}

static void
timeprovider_unload(struct module_object *object)
{
	free(object->extension);
	object->extension = NULL;
}

static ntstatus
ICTimeSyncIpc_GetUniqueId(
    const struct module_object *object, struct tunable_snapshot **ret_snapshot)
{
	struct tunable_loader loader = { .catalog = object->catalog, .registry = object->registry };

	return ntstatus_from_lstatus(tunable_load(&loader, &identity_table, NULL, ret_snapshot));
}

/* Whether an identity is the one that was written. Without one nobody is. */
static ntstatus
match_identity(struct module_object *object, const char *argument, json_t *result)
{
	struct timeprovider *timeprovider = object->extension;
	struct tunable_snapshot *snapshot;
	const struct identity *identity;
	ntstatus status = ICTimeSyncIpc_GetUniqueId(object, &snapshot);
	bool matched;

	if (!ntstatus_ok(status))
		return status;
	identity = snapshot->state;
	matched =
	    identity->unique_id.text != NULL && strcasecmp(identity->unique_id.text, argument) == 0;
	if (matched)
		timeprovider->matched++;
	else
		timeprovider->refused++;
	json_object_set_new(result, "unique_id", text_json(identity->unique_id));
	json_object_set_new(result, "matched", json_boolean(matched));
	tunable_snapshot_free(snapshot);
	return status;
}

static const struct module_operation operations[] = {
	{ "match", "whether an identity is the one that icsvc.dll wrote", match_identity },
	{ 0 },
};

static void
timeprovider_status(const struct module_object *object, json_t *state)
{
	const struct timeprovider *timeprovider = object->extension;

	json_object_set_new(state, "identities",
	    json_pack("{s:I, s:I}", "matched", (json_int_t)timeprovider->matched, "refused",
	        (json_int_t)timeprovider->refused));
}

const struct module vmictimeprovider_module = {
	.name = "vmictimeprovider",
	.image = "vmictimeprovider.dll",
	.doc = "Time provider of the integration services.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = timeprovider_entry,
	.unload = timeprovider_unload,
	.status = timeprovider_status,
	.operations = operations,
};
