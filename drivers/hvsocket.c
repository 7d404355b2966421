/*
 * hvsocket.sys: the provider of Hyper-V sockets (reference 2.3).
 *
 * It reads a switch at the base key of Hyper-V, and for each device interface of a provider the two
 * addresses. Where the interfaces' keys lie is assumed.
 */
#include "drivers/status.h"
#include "drivers/tables.h"
#include "drivers/vmbus.h"

struct hvsocket_features {
	struct tunable_number azure_feature_set;
};

struct hvsocket_provider {
	struct tunable_text local_address;
	struct tunable_text parent_address;
};

static const struct tunable feature_rows[] = {
	{
	    .name = "AzureFeatureSet",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hvsocket_features, azure_feature_set),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Enable the Azure feature set.",
	    .note = "Another value than AzureFeatureSetEnabled of the same key.",
	},
};

static const struct tunable provider_rows[] = {
	{
	    .name = "LocalAddress",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct hvsocket_provider, local_address),
	    .shape = SHAPE_GUID,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "GUID",
	    .doc = "Local address of the provider.",
	    .note = "Where the interface's key lies is not stated; the one below DeviceClasses is "
	            "assumed.",
	},
	{
	    .name = "ParentAddress",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct hvsocket_provider, parent_address),
	    .shape = SHAPE_GUID,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "GUID",
	    .doc = "Parent's address of the provider.",
	    .note = "Where the interface's key lies is not stated; the one below DeviceClasses is "
	            "assumed.",
	},
};

static const struct tunable_table feature_table = {
	.name = "hvsocket.features",
	.owner = "hvsocket.sys",
	.key = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization",
	.section = "2.3",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = feature_rows,
	.count = ARRAY_SIZE(feature_rows),
	.state_size = sizeof(struct hvsocket_features),
};

static const struct tunable_table provider_table = {
	.name = "hvsocket.provider",
	.owner = "hvsocket.sys",
	.key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\hvsocket\\<device interface>",
	.opens = VMBUS_DEVICE_INTERFACE,
	.section = "2.3",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DEVICE_ADD,
	.rows = provider_rows,
	.count = ARRAY_SIZE(provider_rows),
	.state_size = sizeof(struct hvsocket_provider),
};

static const struct tunable_table *const tables[] = { &feature_table, &provider_table };

static ntstatus
hvsocket_entry(struct module_object *object)
{
	return module_load(object, &feature_table, NULL);
}

static ntstatus
hvsocket_add_device(struct module_object *object, const char *key)
{
	return module_load_instance(object, &provider_table, key, NULL, NULL);
}

static void
hvsocket_status(const struct module_object *object, json_t *state)
{
	const struct hvsocket_features *features = module_state(object, &feature_table);
	json_t *providers = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;
		const struct hvsocket_provider *provider = snapshot->state;

		if (snapshot->table != &provider_table ||
		    (provider->local_address.text == NULL && provider->parent_address.text == NULL))
			continue;
		json_array_append_new(
		    providers, json_pack("{s:o, s:o, s:o}", "class",
		                   status_key_part(snapshot->key, VMBUS_INTERFACE_CLASS, 1),
		                   "local", status_text(provider->local_address), "parent",
		                   status_text(provider->parent_address)));
	}
	json_object_set_new(
	    state, "azure_features", json_boolean(number_or(features->azure_feature_set, 0) != 0));
	json_object_set_new(state, "providers", providers);
}

const struct module hvsocket_driver = {
	.name = "hvsocket",
	.image = "hvsocket.sys",
	.service = "hvsocket",
	.doc = "Provider of Hyper-V sockets.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = hvsocket_entry,
	.add_device = hvsocket_add_device,
	.devices = &provider_table,
	.status = hvsocket_status,
};
