/*
 * hvservice.sys: hypervisor services for the host (reference 2.2).
 *
 * HbEvtpSetLocalDiagnosticsEventSources reads two binary arrays, the first and the second list of
 * event sources, and hands them on with WinHvSetEventLogGranularSources. Neither their names nor
 * the subkey that holds them are resolved in the reference.
 */
#include <string.h>

#include "drivers/tables.h"
#include "regstore/tunable/view.h"

#define SERVICE "HKLM\\SYSTEM\\CurrentControlSet\\Services\\hvservice"

/* Of the arrays, in the order of their names. */
#define ARRAYS 2u

static const struct tunable source_rows[] = {
	{
	    .name = "*",
	    .type = REG_BINARY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "List of hypervisor event sources to be logged.",
	    .note = "Two arrays; their names, their layout and the subkey are not resolved. The "
	            "subkey is taken to be Parameters, as for other drivers, so that the values of "
	            "the service key itself are none of them.",
	},
};

static const struct tunable_table source_table = {
	.name = "hvservice.sources",
	.owner = "hvservice.sys",
	.key = SERVICE,
	.opens = SERVICE "\\Parameters",
	.section = "2.2",
	.reader = "HbEvtpSetLocalDiagnosticsEventSources / WinHvSetEventLogGranularSources",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = source_rows,
	.count = ARRAY_SIZE(source_rows),
};

static const struct tunable_table *const tables[] = { &source_table };

static ntstatus
HbEvtpSetLocalDiagnosticsEventSources(struct module_object *object)
{
	return module_load(object, &source_table, tunable_read_value);
}

static const struct tunable_snapshot *
sources_of(const struct module_object *object)
{
	for (size_t i = 0; i < object->snapshot_count; i++) {
		if (object->snapshots[i].snapshot->table == &source_table)
			return object->snapshots[i].snapshot;
	}
	return NULL;
}

/* What is handed on: the binary values, by name; there are no more than two. */
static json_t *
WinHvSetEventLogGranularSources(const struct tunable_snapshot *sources)
{
	json_t *arrays = json_array();

	for (size_t i = 0; sources != NULL && i < sources->count; i++) {
		const struct tunable_reading *reading = &sources->readings[i];

		if (reading->kind != KIND_BYTES || json_array_size(arrays) == ARRAYS)
			continue;
		json_array_append_new(
		    arrays, json_pack("{s:o, s:I}", "value",
		                tunable_json_text(tunable_snapshot_name(sources, i)), "bytes",
		                (json_int_t)reading->size));
	}
	return arrays;
}

static void
hvservice_status(const struct module_object *object, json_t *state)
{
	json_object_set_new(
	    state, "event_sources", WinHvSetEventLogGranularSources(sources_of(object)));
}

const struct module hvservice_driver = {
	.name = "hvservice",
	.image = "hvservice.sys",
	.service = "hvservice",
	.doc = "Hypervisor services for the host: sources of its event log.",
	.requires = { "hypervisor", "on" }, /* assumed: its work is to talk to it */
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = HbEvtpSetLocalDiagnosticsEventSources,
	.status = hvservice_status,
};
