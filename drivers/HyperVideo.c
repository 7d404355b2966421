/*
 * HyperVideo.sys: the synthetic display adapter (reference 2.7).
 *
 * HvdDdiAddDevice reads everything, by RtlQueryRegistryValuesEx. MonitorCount says which of the
 * other values count: the mask between displays from two on, the auxiliary display for three.
 */
#include <string.h>

#include "drivers/status.h"
#include "drivers/tables.h"

#define VIRTUALIZATION "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Video\\Virtualization"

/* What MonitorCount says. */
#define MONITORS_SINGLE    1u
#define MONITORS_DUAL      2u
#define MONITORS_AUXILIARY 3u

struct hypervideo_display {
	struct tunable_number monitor_count;
	struct tunable_number horizontal_size_in_cm;
	struct tunable_number vertical_size_in_cm;
	struct tunable_number internal_display;
	struct tunable_number virtual_mode_support;
	struct tunable_number horizontal_resolution;
	struct tunable_number vertical_resolution;
	struct tunable_number mask_width;
	struct tunable_number horizontal_resolution_auxiliary;
	struct tunable_number vertical_resolution_auxiliary;
};

static const struct tunable_word monitor_words[] = {
	{ MONITORS_SINGLE, "single" },
	{ MONITORS_DUAL, "dual" },
	{ MONITORS_AUXILIARY, "auxiliary" },
	{ 0 },
};

/* The entry of another row of the same table: a table's entries lie together in the catalog. */
static const struct tunable_entry *
row_beside(const struct tunable_entry *entry, const char *name)
{
	const struct tunable_table *table = entry->table;
	const struct tunable_entry *first = entry - (entry->row - table->rows);

	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->rows[i].name, name) == 0)
			return &first[i];
	}
	return NULL;
}

/* With two displays or more there are virtual modes, and the value is not asked for. */
static void
settle_virtual_modes(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable_entry *entry = row_beside(reading->entry, "MonitorCount");
	struct tunable_reading count;

	tunable_interpret(entry, given, &count);
	if (count.kind != KIND_NUMBER || count.number < MONITORS_DUAL)
		return;
	reading->kind = KIND_NUMBER;
	reading->number = 1;
	reading->source = SOURCE_FORCED;
	reading->from = NULL;
	reading->verdict = VERDICT_IGNORED_GATED;
}

static const struct tunable display_rows[] = {
	{
	    .name = "MonitorCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, monitor_count),
	    DEFAULT(MONITORS_SINGLE),
	    RANGE(1, 3),
	    .shape = SHAPE_ENUM,
	    .words = monitor_words,
	    .misshapen = OOB_RESET,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .doc = "Displays of the adapter, which says what other values count.",
	    .note = "Other numbers are not covered; they act as the default.",
	},
	{
	    .name = "HorizontalSizeInCm",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, horizontal_size_in_cm),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "cm",
	    .doc = "Width of the physical monitor.",
	},
	{
	    .name = "VerticalSizeInCm",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, vertical_size_in_cm),
	    DEFAULT(0),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "cm",
	    .doc = "Height of the physical monitor.",
	},
	{
	    .name = "InternalDisplay",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, internal_display),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "The display is an internal one, for brightness and DDC.",
	},
	{
	    .name = "VirtualModeSupport",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, virtual_mode_support),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .settle = settle_virtual_modes,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_DEFAULT | FACT_SHAPE | FACT_RULE,
	    .doc = "Offer virtual modes, which need no EDID.",
	    .note = "Gated by MonitorCount 1, and 1 for 2 and more: read only for 1, where the "
	            "default is not stated and 0 is assumed; else 1.",
	},
	{
	    .name = "HorizontalResolution",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, horizontal_resolution),
	    DEFAULT(1024),
	    AT_LEAST(100),
	    .below = OOB_RESET,
	    .shape = SHAPE_EVEN,
	    .misshapen = OOB_RESET,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "px",
	    .doc = "Width of the primary display; even.",
	    .note = "What smaller or odd numbers do is not stated; they act as the default.",
	},
	{
	    .name = "VerticalResolution",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, vertical_resolution),
	    DEFAULT(768),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "px",
	    .doc = "Height of the primary display.",
	},
	{
	    .name = "MaskWidth",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, mask_width),
	    .gates = { { .name = "MonitorCount", .test = GATE_AT_LEAST, .number = MONITORS_DUAL } },
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Width of the mask, or bezel, between two displays.",
	},
	{
	    .name = "HorizontalResolutionAuxiliary",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, horizontal_resolution_auxiliary),
	    DEFAULT(1024),
	    AT_LEAST(100),
	    .below = OOB_RESET,
	    .gates = { { .name = "MonitorCount",
	        .test = GATE_EQUALS,
	        .number = MONITORS_AUXILIARY } },
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "px",
	    .doc = "Width of the auxiliary display.",
	    .note = "What smaller numbers do is not stated; they act as the default. Unlike the "
	            "primary width it may be odd.",
	},
	{
	    .name = "VerticalResolutionAuxiliary",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hypervideo_display, vertical_resolution_auxiliary),
	    .gates = { { .name = "MonitorCount",
	        .test = GATE_EQUALS,
	        .number = MONITORS_AUXILIARY } },
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_RULE,
	    .unit = "px",
	    .doc = "Height of the auxiliary display.",
	    .note = "No gate of its own is stated; that of the auxiliary width is assumed.",
	},
};

static const struct tunable_table display_table = {
	.name = "HyperVideo.display",
	.owner = "HyperVideo.sys",
	.key = VIRTUALIZATION,
	.section = "2.7",
	.reader = "HvdDdiAddDevice",
	.helper = "RtlQueryRegistryValuesEx",
	.apply = APPLY_DEVICE_ADD,
	.rows = display_rows,
	.count = ARRAY_SIZE(display_rows),
	.state_size = sizeof(struct hypervideo_display),
};

static const struct tunable_table *const tables[] = { &display_table };

static ntstatus
RtlQueryRegistryValuesEx(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

/* --- Life
 * ----------------------------------------------------------------------------------------- */

static ntstatus
HvdDdiAddDevice(struct module_object *object, const char *key UNUSED)
{
	return module_load(object, &display_table, RtlQueryRegistryValuesEx);
}

/* The one adapter is always there; where the key is, it is added as other devices are. */
static ntstatus
hypervideo_entry(struct module_object *object)
{
	reg_key key;

	if (lstatus_ok(registry_open_key(object->registry, NULL, VIRTUALIZATION, 0, &key)))
		return NTSTATUS(STATUS_SUCCESS);
	return HvdDdiAddDevice(object, VIRTUALIZATION);
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

static json_t *
monitor(const struct hypervideo_display *display, const char *name, uint64_t width, uint64_t height)
{
	uint64_t width_cm = display->horizontal_size_in_cm.value;
	uint64_t height_cm = display->vertical_size_in_cm.value;
	bool sized = width_cm != 0 && height_cm != 0;

	return json_pack("{s:s, s:I, s:I, s:o, s:o}", "name", name, "width", (json_int_t)width,
	    "height", (json_int_t)height, "width_cm",
	    sized ? json_integer((json_int_t)width_cm) : json_null(), "height_cm",
	    sized ? json_integer((json_int_t)height_cm) : json_null());
}

/* The displays from left to right. The second has its own size only if it is an auxiliary one. */
static json_t *
monitors(const struct hypervideo_display *display)
{
	uint64_t count = display->monitor_count.value;
	uint64_t width = display->horizontal_resolution.value;
	uint64_t height = display->vertical_resolution.value;
	json_t *list = json_array();

	json_array_append_new(list, monitor(display, "primary", width, height));
	if (count == MONITORS_DUAL)
		json_array_append_new(list, monitor(display, "secondary", width, height));
	if (count == MONITORS_AUXILIARY)
		json_array_append_new(list,
		    monitor(display, "auxiliary", display->horizontal_resolution_auxiliary.value,
		        number_or(display->vertical_resolution_auxiliary, height)));
	return list;
}

/* The width of all displays side by side, with what the mask hides between them. */
static uint64_t
span(const struct hypervideo_display *display)
{
	uint64_t width = display->horizontal_resolution.value;
	uint64_t mask = number_or(display->mask_width, 0);

	if (display->monitor_count.value == MONITORS_DUAL)
		return 2 * width + mask;
	if (display->monitor_count.value == MONITORS_AUXILIARY)
		return width + mask + display->horizontal_resolution_auxiliary.value;
	return width;
}

static void
hypervideo_status(const struct module_object *object, json_t *state)
{
	const struct hypervideo_display *display = module_state(object, &display_table);

	if (display == NULL)
		return; /* the adapter is not added yet */
	json_object_set_new(
	    state, "mode", json_string(status_word(monitor_words, display->monitor_count.value)));
	json_object_set_new(state, "monitors", monitors(display));
	json_object_set_new(state, "span", json_integer((json_int_t)span(display)));
	json_object_set_new(state, "mask_width", status_number(display->mask_width));
	json_object_set_new(state, "internal", json_boolean(display->internal_display.value != 0));
	json_object_set_new(
	    state, "virtual_modes", json_boolean(display->virtual_mode_support.value != 0));
}

const struct module hypervideo_driver = {
	.name = "HyperVideo",
	.image = "HyperVideo.sys",
	.service = "HyperVideo",
	.doc = "Synthetic display adapter.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = hypervideo_entry,
	.add_device = HvdDdiAddDevice,
	.devices = &display_table,
	.status = hypervideo_status,
};
