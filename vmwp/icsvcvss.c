/*
 * icsvcvss.dll: the integration service for backups (reference 1.11).
 *
 * VssClientBase::ChangeRegistryValuesForPlannedShutdown tags a shutdown as planned: it writes
 * Comment, ReasonCode and Timestamp, the last as a copy of the system's LastAliveStamp.
 */
#include "regstore/base/utf16.h"
#include "vmwp/internal.h"
#include "vmwp/lists.h"
#include "vmwp/modules.h"

#define RELIABILITY_KEY "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Reliability"
#define SHUTDOWN_KEY    RELIABILITY_KEY "\\Shutdown"
#define TAGGER          "VssClientBase::ChangeRegistryValuesForPlannedShutdown"
#define REASON_PLANNED  0x80000000u /* reason.h: SHTDN_REASON_FLAG_PLANNED, no other reason */

static const struct tunable writer_rows[] = {
	{
	    .name = "ExcludedWriters",
	    .type = REG_MULTI_SZ,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "VSS writers that a backup from the host leaves out.",
	},
};

static const struct tunable shutdown_rows[] = {
	{
	    .name = "Comment",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Comment of a planned shutdown; written, not read.",
	    .note = "The type is not stated; a REG_SZ is written.",
	},
	{
	    .name = "ReasonCode",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Reason of a planned shutdown; written, not read.",
	    .note = "The type is not stated; a REG_DWORD is written.",
	},
	{
	    .name = "Timestamp",
	    .type = TYPE_ANY,
	    .fallback = "Reliability\\LastAliveStamp",
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Time of a planned shutdown; written, not read.",
	    .note = "Read as the copy of LastAliveStamp, with its type.",
	},
};

static const struct tunable alive_rows[] = {
	{
	    .name = "LastAliveStamp",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "When the system was last known to be alive; copied to Timestamp.",
	    .note = "The type is not stated.",
	},
};

#define ICSVCVSS_TABLE(stem, path, function)                                                       \
	static const struct tunable_table stem##_table = {                                         \
		.name = "icsvcvss." #stem,                                                         \
		.owner = "icsvcvss.dll",                                                           \
		.key = (path),                                                                     \
		.section = "1.11",                                                                 \
		.reader = (function),                                                              \
		.apply = APPLY_OPERATION,                                                          \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
	}

ICSVCVSS_TABLE(writer, "HKLM\\SOFTWARE\\Microsoft\\Virtualization\\ExcludedVssWriters", NULL);
ICSVCVSS_TABLE(shutdown, SHUTDOWN_KEY, TAGGER);
ICSVCVSS_TABLE(alive, RELIABILITY_KEY, TAGGER);

static const struct tunable_table *const tables[] = { &writer_table, &shutdown_table,
	&alive_table };

static ntstatus
icsvcvss_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

static ntstatus
is_writer_excluded(struct module_object *object, const char *argument, json_t *result)
{
	return lists_operation(object, &writer_table, argument, "excluded", result);
}

/* Within a transaction: the stamp and its copy. Without a stamp an older copy must not stay. */
static lstatus
copy_stamp(struct registry *registry, reg_key shutdown, bool *ret_copied)
{
	struct buf stamp = { 0 };
	uint32_t type = 0;
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, RELIABILITY_KEY, 0, &key);

	*ret_copied = false;
	if (lstatus_ok(status))
		status = registry_query_value(registry, key, "LastAliveStamp", &type, &stamp);
	if (lstatus_ok(status)) {
		status = registry_set_value(
		    registry, shutdown, "Timestamp", type, stamp.data, stamp.size);
		*ret_copied = lstatus_ok(status);
	} else if (lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
		status = registry_delete_value(registry, shutdown, "Timestamp");
		if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
			status = LSTATUS(ERROR_SUCCESS);
	}
	buf_release(&stamp);
	return status;
}

static lstatus
tag_shutdown(struct registry *registry, const char *comment, bool *ret_copied)
{
	reg_key key;
	lstatus status = registry_create_key(registry, NULL, SHUTDOWN_KEY, 0, &key, NULL);

	if (lstatus_ok(status))
		status = registry_set_text(registry, key, "Comment", REG_SZ, comment);
	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "ReasonCode", REASON_PLANNED);
	if (lstatus_ok(status))
		status = copy_stamp(registry, key, ret_copied);
	return status;
}

static ntstatus
VssClientBase_ChangeRegistryValuesForPlannedShutdown(
    struct module_object *object, const char *comment, json_t *result)
{
	bool copied = false;
	lstatus status = registry_begin(object->registry, "icsvcvss: planned shutdown");

	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	status = tag_shutdown(object->registry, comment, &copied);
	if (lstatus_ok(status))
		status = registry_commit(object->registry);
	else
		registry_rollback(object->registry);
	if (lstatus_ok(status)) {
		json_object_set_new(result, "reason", json_integer(REASON_PLANNED));
		json_object_set_new(result, "stamped", json_boolean(copied));
	}
	return ntstatus_from_lstatus(status);
}

static const struct module_operation operations[] = {
	{ "is-writer-excluded", "whether a backup leaves out the VSS writer of a GUID",
	    is_writer_excluded },
	{ "planned-shutdown", "tag a shutdown as planned; with a comment",
	    VssClientBase_ChangeRegistryValuesForPlannedShutdown },
	{ 0 },
};

const struct module icsvcvss_module = {
	.name = "icsvcvss",
	.image = "icsvcvss.dll",
	.doc = "Integration service for backups.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = icsvcvss_entry,
	.operations = operations,
};
