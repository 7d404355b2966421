/*
 * The directory of virtual devices, and that of components (reference 1.6).
 *
 * When the service starts it reads every class of the directory: the inventory of what a virtual
 * machine can have.
 */
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/tunable/view.h"
#include "vmms/internal.h"

#define DIRECTORY VIRTUALIZATION_KEY "\\VirtualDeviceDirectory\\<CLSID>"

struct device_class {
	struct tunable_text name;
	struct tunable_text additional_class_names;
	struct tunable_text root_device_type;
	struct tunable_text supported_resource_types;
	struct tunable_text supported_resource_type;
	struct tunable_text wmi_factory_clsid;
	struct tunable_text wmi_component_clsid;
	struct tunable_number type;
	struct tunable_text supported_sub_types;
	struct tunable_text hot_add_supported_sub_types;
	struct tunable_text hot_remove_supported_sub_types;
	struct tunable_text vm_version_introduced;
	struct tunable_number is_present_by_default;
	struct tunable_number max_parent_pools;
};

struct component_directory {
	struct tunable_bytes context;
	struct tunable_number flags;
	struct tunable_text servicing_version;
};

/* The reading becomes this text or list, of the row `from` or (NULL) its own. */
static void
take(struct tunable_reading *reading, const struct tunable_raw *raw,
    const struct tunable_entry *from, enum tunable_verdict verdict)
{
	reading->kind = KIND_BYTES;
	reading->type = raw->type;
	reading->data = raw->data;
	reading->size = raw->size;
	reading->text = NULL;
	reading->source = reading->judged_in = SOURCE_REGISTRY;
	reading->from = reading->judged_from = from;
	reading->judged = *raw;
	reading->verdict = verdict;
}

/*
 * Where there is a list of resource types, it wins over the single one. Its type is another, which
 * the column `preferred` does not know: it would take a text in the list's place, but no list.
 */
static void
settle_resource_type(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable_entry *list = reading->entry->preferred;
	const struct tunable_raw own = reading->raw;
	struct tunable_raw raw = { 0 };

	if (given->raw != NULL && list != NULL)
		raw = given->raw(given, list);
	if (!raw.present)
		return;
	if (raw.type == list->row->type) {
		take(reading, &raw, list, own.present ? VERDICT_SHADOWED : VERDICT_APPLIED);
	} else if (own.present && own.type == reading->entry->row->type) {
		take(reading, &own, NULL, VERDICT_APPLIED);
	} else {
		reading->kind = KIND_ABSENT;
		reading->source = SOURCE_NONE;
		reading->from = NULL;
		reading->verdict = own.present ? VERDICT_IGNORED_TYPE : VERDICT_DEFAULT_ABSENT;
	}
}

static const struct tunable device_rows[] = {
	{
	    .name = "Name",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct device_class, name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Name of the device as it is shown.",
	},
	{
	    .name = "AdditionalClassNames",
	    .type = REG_MULTI_SZ,
	    .into = TEXT_FIELD(struct device_class, additional_class_names),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Further names of the class.",
	},
	{
	    .name = "RootDeviceType",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct device_class, root_device_type),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Type of the root device.",
	},
	{
	    .name = "SupportedResourceTypes",
	    .type = REG_MULTI_SZ,
	    .into = TEXT_FIELD(struct device_class, supported_resource_types),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "CIM resource types that the device can be.",
	},
	{
	    .name = "SupportedResourceType",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct device_class, supported_resource_type),
	    .preferred = "SupportedResourceTypes",
	    .settle = settle_resource_type,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_RULE,
	    .doc = "The one CIM resource type that the device can be.",
	    .note = "The list SupportedResourceTypes wins where there is one; the order is not "
	            "stated.",
	},
	{
	    .name = "WmiFactoryCLSID",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct device_class, wmi_factory_clsid),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Class of the factory of its WMI objects.",
	},
	{
	    .name = "WmiComponentCLSID",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct device_class, wmi_component_clsid),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Class of its WMI component.",
	},
	{
	    .name = "Type",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct device_class, type),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Type of the device.",
	    .note = "The numbers are not listed.",
	},
	{
	    .name = "SupportedSubTypes",
	    .type = REG_MULTI_SZ,
	    .into = TEXT_FIELD(struct device_class, supported_sub_types),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Subtypes that the device can be.",
	},
	{
	    .name = "HotAddSupportedSubTypes",
	    .type = REG_MULTI_SZ,
	    .into = TEXT_FIELD(struct device_class, hot_add_supported_sub_types),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Subtypes that can be added while the machine runs.",
	},
	{
	    .name = "HotRemoveSupportedSubTypes",
	    .type = REG_MULTI_SZ,
	    .into = TEXT_FIELD(struct device_class, hot_remove_supported_sub_types),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Subtypes that can be removed while the machine runs.",
	},
	{
	    .name = "VMVersionIntroduced",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct device_class, vm_version_introduced),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "First version of virtual machines that can have the device.",
	},
	{
	    .name = "IsPresentByDefault",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct device_class, is_present_by_default),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "A new machine has the device.",
	},
	{
	    .name = "MaxParentPools",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct device_class, max_parent_pools),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Parent pools that a pool of the device can have.",
	},
};

static const struct tunable component_rows[] = {
	{
	    .name = "Context",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct component_directory, context),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Context of the components.",
	    .note = "No subkey for each component is shown: the values are read directly.",
	},
	{
	    .name = "Flags",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct component_directory, flags),
	    .shape = SHAPE_BITMASK,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "Flags of the components.",
	    .note = "The bits are not listed.",
	},
	{
	    .name = "ServicingVersion",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct component_directory, servicing_version),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Version of the components' servicing.",
	},
};

const struct tunable_table vmms_device_table = {
	.name = "vmms.device-directory",
	.owner = "vmms.exe",
	.key = DIRECTORY,
	.section = "1.6",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = device_rows,
	.count = ARRAY_SIZE(device_rows),
	.state_size = sizeof(struct device_class),
};

const struct tunable_table vmms_component_table = {
	.name = "vmms.component-directory",
	.owner = "vmms.exe",
	.key = VIRTUALIZATION_KEY "\\ComponentDirectory",
	.section = "1.6",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = component_rows,
	.count = ARRAY_SIZE(component_rows),
	.state_size = sizeof(struct component_directory),
};

static ntstatus
devices_entry(struct module_object *object)
{
	ntstatus status = module_load_instances(object, &vmms_device_table, NULL);

	return ntstatus_ok(status) ? module_load(object, &vmms_component_table, NULL) : status;
}

/* --- The inventory
 * -------------------------------------------------------------------------------- */

/* The class's identifier: the last part of its key. */
static const char *
class_id(const struct tunable_snapshot *snapshot)
{
	return strrchr(snapshot->key, '\\') + 1;
}

/* The resource types of a class: the list, or else the one. */
static const char *
resource_types(const struct device_class *class)
{
	return class->supported_resource_types.text != NULL ? class->supported_resource_types.text
	                                                    : class->supported_resource_type.text;
}

/* The next of the strings of a list, which bars separate. */
static bool
next_word(const char **at, struct buf *word)
{
	size_t length;

	if (*at == NULL || **at == '\0')
		return false;
	length = strcspn(*at, "|");
	buf_clear(word);
	buf_append(word, *at, length);
	*at += length + ((*at)[length] == '|');
	return !word->failed;
}

static json_t *
list_json(const char *list)
{
	json_t *words = json_array();
	struct buf word = { 0 };

	while (next_word(&list, &word))
		json_array_append_new(words, tunable_json_text(buf_text(&word)));
	buf_release(&word);
	return words;
}

static bool
list_has(const char *list, const char *wanted)
{
	struct buf word = { 0 };
	bool found = false;

	while (!found && next_word(&list, &word))
		found = name_compare(buf_text(&word), wanted) == 0;
	buf_release(&word);
	return found;
}

static json_t *
text_json(struct tunable_text text)
{
	return text.text != NULL ? tunable_json_text(text.text) : json_null();
}

static json_t *
class_json(const struct tunable_snapshot *snapshot)
{
	const struct device_class *class = snapshot->state;
	json_t *view = json_object();

	json_object_set_new(view, "clsid", tunable_json_text(class_id(snapshot)));
	json_object_set_new(view, "name", text_json(class->name));
	json_object_set_new(view, "class_names", list_json(class->additional_class_names.text));
	json_object_set_new(view, "root_device_type", text_json(class->root_device_type));
	json_object_set_new(view, "type", vmms_number(class->type));
	json_object_set_new(view, "resource_types", list_json(resource_types(class)));
	json_object_set_new(view, "subtypes", list_json(class->supported_sub_types.text));
	json_object_set_new(view, "hot_add", list_json(class->hot_add_supported_sub_types.text));
	json_object_set_new(
	    view, "hot_remove", list_json(class->hot_remove_supported_sub_types.text));
	json_object_set_new(view, "since_vm_version", text_json(class->vm_version_introduced));
	json_object_set_new(
	    view, "present_by_default", json_boolean(vmms_on(class->is_present_by_default)));
	json_object_set_new(view, "max_parent_pools", vmms_number(class->max_parent_pools));
	json_object_set_new(view, "wmi_factory", text_json(class->wmi_factory_clsid));
	json_object_set_new(view, "wmi_component", text_json(class->wmi_component_clsid));
	return view;
}

/* Whether a word means a class: its identifier, one of its names or of its resource types. */
static bool
class_is(const struct tunable_snapshot *snapshot, const char *word)
{
	const struct device_class *class = snapshot->state;

	return name_compare(class_id(snapshot), word) == 0 ||
	       (class->name.text != NULL && name_compare(class->name.text, word) == 0) ||
	       list_has(class->additional_class_names.text, word) ||
	       list_has(resource_types(class), word);
}

/* The classes that a word means; NULL: all. */
static json_t *
inventory(const struct module_object *object, const char *word)
{
	json_t *classes = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;

		if (snapshot->table == &vmms_device_table &&
		    (word == NULL || class_is(snapshot, word)))
			json_array_append_new(classes, class_json(snapshot));
	}
	return classes;
}

ntstatus
vmms_find_device(struct module_object *object, const char *argument, json_t *result)
{
	json_t *classes = inventory(object, argument);
	size_t count = json_array_size(classes);

	json_object_set_new(result, "devices", classes);
	return NTSTATUS(count > 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND);
}

static void
devices_status(const struct module_object *object, json_t *state)
{
	const struct component_directory *components = module_state(object, &vmms_component_table);

	json_object_set_new(state, "devices", inventory(object, NULL));
	json_object_set_new(state, "components",
	    json_pack("{s:o, s:o, s:I}", "servicing_version",
	        text_json(components->servicing_version), "flags", vmms_number(components->flags),
	        "context_bytes", (json_int_t)components->context.size));
}

const struct vmms_part vmms_devices_part = {
	.entry = devices_entry,
	.status = devices_status,
};
