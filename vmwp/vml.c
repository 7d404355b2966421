/*
 * The Virtualization Management Library's values and its tracing (reference 1.3).
 */
#include "vmwp/vml.h"

#include <stdarg.h>
#include <stdio.h>

#include "vmwp/shared.h"

#define VML_KEY    VIRTUALIZATION_KEY "\\VML"
#define LEVELS_KEY VML_KEY "\\TraceLevelsEnabled"

struct vml_settings {
	struct tunable_number leak_wait_seconds;
	struct tunable_number trace_flags;
	struct tunable_number stop_level;
	struct tunable_number debug_break_enabled;
	struct tunable_number trace_level;
	struct tunable_number client_assert_mask;
};

static const struct tunable settings_rows[] = {
	{
	    .name = "LeakWaitSeconds",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vml_settings, leak_wait_seconds),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "s",
	    .doc = "How long the leak detection waits.",
	    .note = "The unit is that of the name.",
	},
	{
	    .name = "TraceFlags",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vml_settings, trace_flags),
	    .shape = SHAPE_BITMASK,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "Tracing flags.",
	    .note = "The reference does not name the bits.",
	},
	{
	    .name = "StopLevel",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vml_settings, stop_level),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "level",
	    .doc = "Level at which the debugger is stopped in.",
	},
	{
	    .name = "DebugBreakEnabled",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vml_settings, debug_break_enabled),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Break into the debugger.",
	},
	{
	    .name = "TraceLevel",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vml_settings, trace_level),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "level",
	    .doc = "Trace level of the channels that have none of their own.",
	    .note =
	        "That a line passes at its own level and above is assumed; without a value none "
	        "passes.",
	},
	{
	    .name = "ClientAssertMask",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vml_settings, client_assert_mask),
	    .shape = SHAPE_BITMASK,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "How failed assertions of the owner are handled.",
	    .note = "The reference does not name the bits.",
	},
};

static const struct tunable levels_rows[] = {
	{
	    .name = "Trace<N>",
	    .type = REG_QWORD,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "level",
	    .doc = "Trace level of channel N.",
	    .note = "That it wins over TraceLevel for its channel is assumed.",
	},
};

/* The pair of one owner, and the tables by their names for the owner's list. */
#define VML_TABLES(stem, image)                                                                    \
	const struct tunable_table vml_##stem##_table = {                                          \
		.name = #stem ".vml",                                                              \
		.owner = (image),                                                                  \
		.key = VML_KEY,                                                                    \
		.section = "1.3",                                                                  \
		.apply = APPLY_UNKNOWN,                                                            \
		.assumed_apply = APPLY_SERVICE_START,                                              \
		.rows = settings_rows,                                                             \
		.count = ARRAY_SIZE(settings_rows),                                                \
		.state_size = sizeof(struct vml_settings),                                         \
	};                                                                                         \
	const struct tunable_table vml_##stem##_levels_table = {                                   \
		.name = #stem ".vml-levels",                                                       \
		.owner = (image),                                                                  \
		.key = LEVELS_KEY,                                                                 \
		.section = "1.3",                                                                  \
		.apply = APPLY_UNKNOWN,                                                            \
		.assumed_apply = APPLY_SERVICE_START,                                              \
		.rows = levels_rows,                                                               \
		.count = ARRAY_SIZE(levels_rows),                                                  \
	};                                                                                         \
	const struct vml_tables vml_##stem = { &vml_##stem##_table, &vml_##stem##_levels_table }

VML_TABLES(vmms, "vmms.exe");
VML_TABLES(vmcompute, "vmcompute.exe");
VML_TABLES(computecore, "computecore.dll");

/* --- Reading
 * -------------------------------------------------------------------------------------- */

ntstatus
Vml_load(struct module_object *object, const struct vml_tables *tables)
{
	ntstatus status = module_load(object, tables->settings, NULL);

	if (ntstatus_ok(status))
		status = module_load(object, tables->levels, NULL);
	if (ntstatus_ok(status))
		vml_trace(
		    object, VML_CHANNEL_SETTINGS, VML_VERBOSE, "the library's values are read");
	return status;
}

/* The owner's pair: the one that it has loaded. */
static const struct vml_tables *
tables_of(const struct module_object *object)
{
	static const struct vml_tables *const all[] = { &vml_vmms, &vml_vmcompute,
		&vml_computecore };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (module_state(object, all[i]->settings) != NULL)
			return all[i];
	}
	return NULL;
}

static const struct tunable_snapshot *
levels_of(const struct module_object *object, const struct vml_tables *tables)
{
	for (size_t i = 0; i < object->snapshot_count; i++) {
		if (object->snapshots[i].snapshot->table == tables->levels)
			return object->snapshots[i].snapshot;
	}
	return NULL;
}

/* --- Tracing
 * -------------------------------------------------------------------------------------- */

/* The level that holds for a channel. */
static uint64_t
channel_level(const struct module_object *object, const struct vml_tables *tables, unsigned channel)
{
	const struct vml_settings *settings = module_state(object, tables->settings);
	const struct tunable_snapshot *levels = levels_of(object, tables);
	const struct tunable_reading *own = NULL;
	char name[24];

	snprintf(name, sizeof(name), "Trace%u", channel);
	if (levels != NULL)
		own = tunable_snapshot_find(levels, name);
	if (own != NULL && own->kind == KIND_NUMBER)
		return own->number;
	return number_or(settings->trace_level, 0);
}

bool
vml_traces(const struct module_object *object, unsigned channel, uint64_t level)
{
	const struct vml_tables *tables = tables_of(object);

	return tables != NULL && channel_level(object, tables, channel) >= level;
}

void
vml_trace(const struct module_object *object, enum vml_channel channel, enum vml_level level,
    const char *format, ...)
{
	struct buf line = { 0 };
	va_list arguments;

	if (!vml_traces(object, channel, level))
		return;
	va_start(arguments, format);
	buf_vprintf(&line, format, arguments);
	va_end(arguments);
	module_log(object, "%s: trace %d.%d: %s", object->module->name, (int)channel, (int)level,
	    buf_text(&line));
	buf_release(&line);
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

static json_t *
number_json(struct tunable_number number)
{
	return number.set ? json_integer((json_int_t)number.value) : json_null();
}

void
vml_status(const struct module_object *object, json_t *state)
{
	const struct vml_tables *tables = tables_of(object);
	const struct vml_settings *settings;
	bool breaks;

	if (tables == NULL)
		return;
	settings = module_state(object, tables->settings);
	breaks = number_or(settings->debug_break_enabled, 0) != 0;
	json_object_set_new(state, "vml",
	    json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "settings_level",
	        (json_int_t)channel_level(object, tables, VML_CHANNEL_SETTINGS), "operations_level",
	        (json_int_t)channel_level(object, tables, VML_CHANNEL_OPERATIONS), "flags",
	        number_json(settings->trace_flags), "assert_mask",
	        number_json(settings->client_assert_mask), "leak_wait_s",
	        number_json(settings->leak_wait_seconds), "break_level",
	        breaks ? number_json(settings->stop_level) : json_null()));
}
