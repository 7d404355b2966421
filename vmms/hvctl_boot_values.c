/*
 * The loader's own reading, as views.
 */
#include "vmms/hvctl_boot_values.h"

#include <string.h>

#include "hvloader/protocol.h"
#include "hvloader/services.h"

#define SELECT   "HKLM\\SYSTEM\\Select"
#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services"

/* A value that the loader reads, and when that is (see step_of). */
struct boot_value {
	const char *name;
	const char *read_at;
};

static const struct boot_value service_values[] = {
	{ "Start", "boot" },
	{ "Type", "boot" },
	{ "ImagePath", "boot" },
	{ "DependOnService", "boot" },
	{ "FailureActions", "boot" },
	{ 0 },
};

static const struct boot_value select_values[] = {
	{ "Default", "boot" },
	{ "LastKnownGood", "last-known-good" },
	{ "Current", "never" },
	{ "Failed", "never" },
	{ 0 },
};

/* "dword:4 (disabled)" */
static void
append_effective(const char *name, const struct tunable_raw *raw, struct buf *out)
{
	static const char *const starts[] = {
		[SERVICE_BOOT_START] = "boot",
		[SERVICE_SYSTEM_START] = "system",
		[SERVICE_AUTO_START] = "auto",
		[SERVICE_DEMAND_START] = "demand",
		[SERVICE_DISABLED] = "disabled",
	};

	tunable_raw_text(raw, out);
	if (strcmp(name, "Start") == 0 && raw->type == REG_DWORD && raw->size == 4 &&
	    raw->data[0] < ARRAY_SIZE(starts))
		buf_printf(out, " (%s)", starts[raw->data[0]]);
}

static bool
add_view(struct registry *registry, reg_key key, const char *path, const struct boot_value *value,
    json_t *views)
{
	struct tunable_raw raw = { .present = true };
	struct buf data = { 0 };
	struct buf text = { 0 };
	json_t *view = NULL;
	lstatus status = registry_query_value(registry, key, value->name, &raw.type, &data);

	if (lstatus_ok(status)) {
		raw.data = data.data;
		raw.size = data.size;
		view = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:o}", "process",
		    HVLOADER_NAME, "module", HVLOADER_NAME, "owner", HVLOADER_NAME, "table", "boot",
		    "key", tunable_json_text(path), "name", value->name, "read_at", value->read_at,
		    "apply", value->read_at, "raw", tunable_json_raw(&raw));
		append_effective(value->name, &raw, &text);
		json_object_set_new(view, "effective", tunable_json_take(&text));
		json_object_set_new(view, "verdict", json_string("applied"));
		json_object_set_new(view, "reason", json_string("taken as it is"));
	}
	buf_release(&data);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return true;
	return view != NULL && json_array_append_new(views, view) == 0;
}

static bool
add_values(
    struct registry *registry, const char *path, const struct boot_value *values, json_t *views)
{
	bool ok = true;
	reg_key key;

	/* A link that leads nowhere is no service. */
	if (!lstatus_ok(registry_open_key(registry, NULL, path, 0, &key)))
		return true;
	for (; values->name != NULL && ok; values++)
		ok = add_view(registry, key, path, values, views);
	return ok;
}

bool
boot_values_view(struct registry *registry, json_t *views)
{
	struct reg_key_list keys = { 0 };
	struct buf path = { 0 };
	reg_key services;
	bool ok = lstatus_ok(registry_open_key(registry, NULL, SERVICES, 0, &services)) &&
	          lstatus_ok(registry_list_keys(registry, services, &keys)) &&
	          add_values(registry, SELECT, select_values, views);

	for (size_t i = 0; i < keys.count && ok; i++) {
		buf_clear(&path);
		buf_printf(&path, SERVICES "\\%s", keys.entries[i].name);
		ok = add_values(registry, buf_text(&path), service_values, views);
	}
	buf_release(&path);
	reg_key_list_release(&keys);
	return ok;
}
